# Every .c includes util/banned.h, as its last include.
use strict;
use warnings;
use Lint;

sub rule {
	my ($top) = @_;
	my @bad;
	for my $path (files($top, 'src', qr/\.c$/)) {
		my $code = code(Lint::slurp("$top/$path"));
		my @headers = $code =~ /^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]/mg;
		push @bad, "$path: does not include util/banned.h last"
		    unless @headers && $headers[-1] eq 'util/banned.h';
	}
	return @bad;
}

lint('util/banned.h comes last in every .c', \&rule,
	[ 'src/util/x.c', "#include <string.h>\n", qr{x\.c: does not} ],
	[ 'src/util/x.c', "#include \"util/banned.h\"\n#include <string.h>\n", qr{x\.c: does not} ],
	[ 'src/util/x.c', "/*\n#include \"util/banned.h\"\n*/\n", qr{x\.c: does not} ],
	[ 'src/util/x.c', '', qr{x\.c: does not} ],
);
