# No path of somebody's machine, and nothing left to do, is written anywhere.
use strict;
use warnings;
use Lint;

my $path = qr{(?<![\w./~:\-])/(?:wor[k]|roo[t]|Use[r]s)(?:/|\b(?![/\w]))|(?<![\w./~:\-])/hom[e]/\w+/(?:src|git|work|hawser)\b};
my $todo = qr{\b(?:TO[D]O|FIX[M]E|XX[X])\b};

sub rule {
	my ($top) = @_;
	my @bad;
	my @all = (map({ files($top, $_, qr/./) }
	    qw(src sql templates t static nginx .ci)),
	    map { substr $_, length($top) + 1 } grep { -f && !m{/(?:configure|aclocal\.m4|Makefile\.in|config\.h\.in|[^/]*~)$} } glob("$top/*"));
	for my $file (@all) {
		next if $file =~ m{(?:^|/)package-lock\.json$} || -B "$top/$file";
		my $n = 0;
		for my $line (split /\n/, Lint::slurp("$top/$file")) {
			$n++;
			push @bad, "$file:$n: a path of one machine" if $line =~ $path;
			push @bad, "$file:$n: something is left to do" if $line =~ $todo;
		}
	}
	return @bad;
}

lint('no machine paths, nothing left to do', \&rule,
	[ 'src/util/x.c', "open(\"/wor" . "k/main/x\");\n", qr{x\.c:1: a path} ],
	[ 't/unit/x.t', "\nmy \$d = '/roo" . "t/x';\n", qr{x\.t:2: a path} ],
	[ 'README.md', "cd /hom" . "e/me/src/x\n", qr{README\.md:\d+: a path} ],
	[ 'src/util/x.h', "/* TO" . "DO: later */\n", qr{x\.h:1: something} ],
);
