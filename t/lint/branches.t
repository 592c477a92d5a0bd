#!/usr/bin/perl
# What decides about people's data is pure and tested whole: every branch of
# delta and conflict is taken by their table tests.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $top = abs_path(dirname(__FILE__) . '/../..');
my $build = abs_path($ENV{HAWSER_BUILD} || "$top/build");
plan skip_all => 'gcov is not installed' if !grep { -x "$_/gcov" } split /:/, $ENV{PATH};

$ENV{CCACHE_DISABLE} = 1;	# its objects name another folder's counters
my $dir = tempdir('hawser-branches-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chdir $dir or die $!;
my $libs = `pkg-config --libs libmariadb libcurl gnutls jansson expat inih libcrypt`;
my $flags = `pkg-config --cflags libmariadb gnutls jansson libical`;
chomp($libs, $flags);
my $san = `nm '$build/libhawser.a' 2>/dev/null | grep -c __asan_init` > 0
	? '-fsanitize=address,undefined' : '';

for my $name (qw(delta conflict)) {
	my $cc = "gcc -std=gnu11 -O0 $flags -I'$top/src' -I'$top' -I'$build/src' -include '$build/config.h'";
	is(system("$cc --coverage -c '$top/src/sync/$name.c' -o $name.o"), 0, "$name is built");
	is(system("$cc $san --coverage '$top/t/unit/$name.c' $name.o '$build/libhawser.a' $libs -o t_$name >link.log 2>&1"), 0,
		"its test is linked") or diag `cat link.log`;
	is(system("ASAN_OPTIONS=detect_leaks=0 ./t_$name >$name.tap"), 0, "its test passes");
	my $report = `gcov -b -o . $name.gcda 2>&1`;
	my ($mine) = $report =~ m{(File '\Q$top\E/src/sync/$name\.c'.*?)(?=\nFile |\z)}s;
	my ($lines) = ($mine // '') =~ /Lines executed:([\d.]+)%/;
	my ($taken) = ($mine // '') =~ /Taken at least once:([\d.]+)%/;
	is($lines, '100.00', "$name: every line is run");
	is($taken, '100.00', "$name: every branch is taken") or diag missed("$name.c.gcov");
}

sub missed {
	open my $f, '<', $_[0] or return '';
	my ($line, @out) = ('');
	while (<$f>) {
		$line = $_ if /^\s*[\d#-]+\*?:/;
		push @out, $line if /^branch\s+\d+ (never|taken 0)/ && (!@out || $out[-1] ne $line);
	}
	return join '', @out;
}
done_testing;
