package Lint;

# A lint test is a rule over a source tree: a function from the tree's top to
# the violations found. lint() runs it over this tree, and over copies with one
# violation planted each, which it has to find.

use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(dirname);
use File::Find ();
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Cwd qw(abs_path);
use Test::More;

our @EXPORT = qw(lint files slurp code strings line_of top build_dir);

sub top { return $ENV{HAWSER_TOP} || abs_path(dirname(__FILE__) . '/../..') }
sub build_dir { return $ENV{HAWSER_BUILD} || top() . '/build' }

sub slurp {
	my ($path) = @_;
	open my $fh, '<:raw', $path or die "cannot read $path: $!\n";
	local $/;
	my $text = <$fh>;
	return defined $text ? $text : '';
}

# Paths below a folder of the tree, relative to the top, sorted.
sub files {
	my ($top, $folder, $pattern) = @_;
	my @found;
	return () unless -d "$top/$folder";
	File::Find::find({ no_chdir => 1, wanted => sub {
		my $name = $File::Find::name;
		if (-d $name && $name =~ m{/(?:node_modules|\.git)$}) {
			$File::Find::prune = 1;
			return;
		}
		return unless -f $name && $name =~ $pattern;
		push @found, substr($name, length($top) + 1);
	} }, "$top/$folder");
	return sort @found;
}

my $token = qr{
	(?<comment> /\*.*?\*/ | //[^\n]* )
	| (?<string> "(?:[^"\\\n]|\\.)*" )
	| (?<char> '(?:[^'\\\n]|\\.)*' )
}xs;

# The copies are read again for each plant: what was read once is kept.
my (%code, %strings);
sub code { my ($text) = @_; return $code{$text} //= blank($text) }
sub strings { my ($text) = @_; return @{$strings{$text} //= [ texts($text) ]} }

# C with comments, texts and characters blanked; lines stay where they are.
# #include lines stay whole.
sub blank {
	my ($text) = @_;
	my $out = '';
	pos($text) = 0;
	while (pos($text) < length $text) {
		if ($text =~ /\G(?:^|(?<=\n))([ \t]*#[ \t]*include[^\n]*)/gc) {
			$out .= $1;
		} elsif ($text =~ /\G$token/gc) {
			my $gone = defined $+{comment} ? $+{comment} :
			    defined $+{string} ? $+{string} : $+{char};
			my $quote = defined $+{comment} ? ' ' : substr $gone, 0, 1;
			$gone =~ s/[^\n]/ /g;
			substr($gone, 0, 1) = substr($gone, -1, 1) = $quote
			    if $quote ne ' ';
			$out .= $gone;
		} else {
			$text =~ /\G(\n|[^\n"'\/]+|.)/gcs and $out .= $1;
		}
	}
	return $out;
}

# [line, text] of every text, neighbours joined; #include lines not counted.
sub texts {
	my ($text) = @_;
	my (@all, $open);
	pos($text) = 0;
	while (pos($text) < length $text) {
		if ($text =~ /\G(?:^|(?<=\n))[ \t]*#[ \t]*include[^\n]*/gc) {
			undef $open;
		} elsif ($text =~ /\G$token/gc) {
			next if defined $+{comment};
			undef $open, next if defined $+{char};
			my $words = substr $+{string}, 1, -1;
			if ($open) {
				$open->[1] .= $words;
			} else {
				$open = [ line_of($text, pos($text) - 1), $words ];
				push @all, $open;
			}
		} elsif ($text =~ /\G\s+/gc) {
			next;
		} else {
			$text =~ /\G./gcs;
			undef $open;
		}
	}
	return @all;
}

sub line_of {
	my ($text, $at) = @_;
	return 1 + (substr($text, 0, $at) =~ tr/\n//);
}

# rule: sub (top) -> violations. plants: [path, text, pattern]; the text makes
# a new file, or is added to the end of one that stands ("prepend" => 1: to
# its begin). A code reference as text changes what stands.
sub lint {
	my ($name, $rule, @plants) = @_;
	my @found = $rule->(top());
	my %known = map { $_ => 1 } @found;

	ok(!@found, $name);
	diag(join "\n", map { "  $_" } @found) if @found;
	my $copy = copy_tree();
	for my $plant (@plants) {
		my ($path, $text, $pattern) = @$plant;
		my $before = -e "$copy/$path" ? slurp("$copy/$path") : undef;
		my $now = ref $text ? $text->($before) :
		    (defined $before ? $before : '') . $text;

		make_path(dirname("$copy/$path"));
		put("$copy/$path", $now);
		my @seen = grep { $_ =~ $pattern && !$known{$_} } $rule->($copy);
		ok(@seen == 1, "finds what is planted in $path: " .
		    (@seen ? $seen[0] : "$pattern")) or
		    diag(join "\n", map { "  $_" } @seen ? @seen : grep { !$known{$_} } $rule->($copy));
		defined $before ? put("$copy/$path", $before) : unlink "$copy/$path";
	}
	done_testing();
}

sub put {
	my ($path, $text) = @_;
	open my $fh, '>:raw', $path or die "cannot write $path: $!\n";
	print $fh $text;
	close $fh or die "cannot write $path: $!\n";
}

sub copy_tree {
	my $copy = tempdir('hawser-lint-XXXXXX', TMPDIR => 1, CLEANUP => 1);
	for my $folder (qw(src sql templates t static nginx)) {
		for my $path (files(top(), $folder, qr/./)) {
			make_path(dirname("$copy/$path"));
			put("$copy/$path", slurp(top() . "/$path"));
		}
	}
	for my $path (grep { -f } glob(top() . '/*')) {
		put("$copy/" . substr($path, length(top()) + 1), slurp($path));
	}
	return $copy;
}

1;
