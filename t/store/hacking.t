#!/usr/bin/perl
# HACKING.md is true: a copy of the tree in which each of its recipes was followed
# word by word builds, passes the lint, and has the page, the table, the provider
# and the setting.
use strict;
use warnings;
use Cwd qw(abs_path);
use DbTest;
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

my $top = abs_path(dirname(__FILE__) . '/../..');
my $copy = tempdir('hawser-hacking-XXXXXX', TMPDIR => 1, CLEANUP => 1);

sub slurp { open my $f, '<', $_[0] or die "$_[0]: $!"; local $/; return <$f> }
sub spew { my ($path, $text) = @_; make_path(dirname($path)); open my $f, '>', $path or die "$path: $!"; print $f $text; close $f or die $! }

# What make knows to be built need not be built again.
my $from = DbTest::build();
system('cp', '-a', (grep { -e } map { "$top/$_" } qw(src templates static sql t nginx docs examples configure configure.ac
	Makefile.am Makefile.in aclocal.m4 config.h.in build-aux README.md ARCHITECTURE.md HACKING.md LICENSE hawser.conf.example up check)), $copy) == 0 or die;
system('cp', '-a', $from, "$copy/build") == 0 or die;
system('rm', '-rf', "$copy/t/node_modules");

my $text = slurp("$top/HACKING.md");
my %steps;
for my $recipe (split /^(?=## )/m, $text) {
	my ($title) = $recipe =~ /^## (.*)/ or next;
	while ($recipe =~ /^(?:New file `([^`]+)`|In `([^`]+)`, after `([^`]+)`):\n\n```\n(.*?)^```$/msg) {
		my ($new, $old, $anchor, $block) = ($1, $2, $3, $4);
		$steps{$title}++;
		if ($new) {
			ok(!-e "$top/$new", "$title: $new is free");
			spew("$copy/$new", $block);
			next;
		}
		my $was = slurp("$copy/$old");
		like($was, qr/^.*\Q$anchor\E/m, "$title: $old has its place");
		my ($line) = $was =~ /^(.*\Q$anchor\E.*\n)/m or next;
		# A row may take several lines: behind the one that ends it.
		($line) = $was =~ /(\Q$line\E(?:[ \t]{5,}.*\n)*)/ if $line =~ /\{ .*[^}],?\n$/ && $line !~ /\},?\n$/;
		$was =~ s/\Q$line\E/$line$block/;
		spew("$copy/$old", $was);
	}
}
is_deeply([ sort keys %steps ], [ 'Add a page', 'Add a provider', 'Add a setting', 'Add a table' ], 'four recipes');

my $out = `cd '$copy/build' && make -s -j2 all 2>&1`;
is($?, 0, 'the tree builds') or diag substr $out, -3000;

{
	local @ENV{qw(HAWSER_TOP HAWSER_BUILD)} = ($copy, "$copy/build");
	for my $lint (qw(layers names size sql templates config banned)) {
		$out = `perl -I'$copy/t/lib' '$copy/t/lint/$lint.t' 2>&1`;
		is($?, 0, "lint: $lint") or diag $out;
	}
}

like(`'$copy/build/hawser-web' --routes`, qr{"/settings/greeting","access":"signed in"}, 'the page has its route');

my $db = DbTest->new(migrate => 0, conf_lines => { web => ['greeting = Ahoy'] });
my $conf = slurp($db->conf) =~ s{^sql_dir = .*}{sql_dir = $copy/sql}mr;
spew($db->conf, $conf);
sub hawser { local $ENV{HAWSER_CONF} = $db->conf; return `'$copy/build/hawser' @_ 2>&1` }
$out = hawser('migrate');
is($?, 0, 'it migrates, and the setting is known') or diag $out;
is_deeply([ $db->sql("SELECT COUNT(*) FROM information_schema.views WHERE table_schema = 'hawser_web' AND table_name = 'greeting'") ], [[1]],
	'the table has its view');
like(hawser('provider list'), qr/^hello .*Hello Calendar/m, 'the provider is listed');
spew($db->conf, $conf =~ s/^greeting/greting/mr);
like(hawser('doctor'), qr/greting.*greeting/s, 'a misspelt setting is refused by name');
done_testing;
