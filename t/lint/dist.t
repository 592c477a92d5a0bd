# make dist takes along every file that the repository knows.
use strict;
use warnings;
use Lint;
use Test::More;

my $top = top();
my $build = build_dir();
plan skip_all => 'not a clone' if !-e "$top/.git";
plan skip_all => 'not configured' if !-e "$build/Makefile";

# What is the repository's own business.
my $own = qr{^(?:\.gitignore|\.gitattributes)$};

sub known { return grep { length && -e "$top/$_" } split /\0/, `git -C '$top' ls-files -z @_` }

sub packed {	# what make would copy, as paths below the top
	my $out = qx{make -s --no-print-directory -C '$build' -o Makefile -o '$top/Makefile.in' --eval='tell-dist: ; \@printf "%s\\\\n" \$(DISTFILES)' tell-dist};
	die "make failed\n" if $?;
	return map { s{^(?:\Q$top\E|\.\.)/}{}r } split /\n/, $out;
}

sub missing {
	my ($known, @packed) = @_;
	my %packed = map { $_ => 1 } @packed;
	return grep { $_ !~ $own && !$packed{$_} } @$known;
}

my @known = known();
my @packed = packed();
cmp_ok(scalar @known, '>', 300, @known . ' files are known');
is_deeply([missing(\@known, @packed)], [], 'make dist takes them all');
is_deeply([missing([@known, 'src/util/fresh.c'], @packed)], ['src/util/fresh.c'], 'one that is not listed is found');
my %known = map { $_ => 1 } known('--cached --others --exclude-standard');
is_deeply([grep { m{^(?:src|t|sql|static|templates|nginx|examples)/} && !-d "$top/$_" && !$known{$_} } @packed], [], 'and nothing that git ignores');
done_testing();
