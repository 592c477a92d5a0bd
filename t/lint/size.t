# A file has at most 500 lines, a function at most 60, a line 100 columns.
use strict;
use warnings;
use Lint;

sub functions {		# [name, first line, lines]
	my ($code) = @_;
	my ($depth, $line, $start, $head, @found) = (0, 1, 0, '');
	$code =~ s/^[ \t]*#(?:[^\n]*\\\n)*[^\n]*/"\n" x ($& =~ tr,\n,,)/meg;
	for my $c (split //, $code) {
		if ($c eq '{') {
			if ($depth == 0 && $head =~ /(\w+)\s*\([^;=]*\)\s*$/s) {
				$start = [ $1, $line ];
			}
			$depth++;
		} elsif ($c eq '}') {
			$depth--;
			if ($depth == 0) {
				push @found, [ @$start, $line - $start->[1] + 1 ] if $start;
				$start = 0;
				$head = '';
			}
		} elsif ($depth == 0) {
			$head = $c eq ';' ? '' : $head . $c;
		}
		$line++ if $c eq "\n";
	}
	return @found;
}

sub rule {
	my ($top) = @_;
	my (@bad, $functions);
	for my $path (files($top, 'src', qr/\.[ch]$/)) {
		my $text = Lint::slurp("$top/$path");
		my $lines = $text =~ tr/\n//;
		push @bad, "$path: $lines lines, at most 500" if $lines > 500;
		my $n = 0;
		for my $l (split /\n/, $text) {
			$n++;
			my $wide = $l;
			1 while $wide =~ s/^([^\t]*)\t/$1 . ' ' x (8 - length($1) % 8)/e;
			utf8::decode($wide);
			push @bad, "$path:$n: wider than 100 columns"
			    if length $wide > 100;
		}
		for my $f (functions(code($text))) {
			$functions++;
			push @bad, "$path:$f->[1]: $f->[0] has $f->[2] lines, at most 60"
			    if $f->[2] > 60;
		}
	}
	push @bad, 'no functions found' unless $functions;
	return @bad;
}

lint('files and functions are small', \&rule,
	[ 'src/util/x.c', "int x;\n" x 501, qr{x\.c: 501 lines} ],
	[ 'src/util/x.c', "int\nlong_one(int a)\n{\n" . "\ta++;\n" x 59 . "}\n", qr{x\.c:3: long_one has 61 lines} ],
	[ 'src/util/x.c', "static bool two(struct a *b, void (*c)(int)) {\n" .
	    "\tif (x) { y(); }\n" x 60 . "}\n", qr{x\.c:1: two has 62 lines} ],
	[ 'src/util/x.c', "\t" x 12 . "abcde\n", qr{x\.c:1: wider} ],
);
