# A folder includes only itself and folders below it.
use strict;
use warnings;
use Lint;

# Folders of one level do not include each other; '' is the programs.
my @levels = ([qw(util)], [qw(model)], [qw(store vault net)], [qw(oauth)],
    [qw(providers)], [qw(sync)], [qw(jobs)], [qw(acts)], [qw(serve)],
    [qw(views)], [qw(api sandbox)], [qw(web)], ['']);
my %level;
for my $i (0 .. $#levels) {
	$level{$_} = $i for @{$levels[$i]};
}

# Lower, and yet none of theirs.
my %never = (
	oauth => [qw(store)],
	providers => [qw(store)],
	api => [qw(net oauth providers)],
	web => [qw(net oauth providers sandbox)],
);
my %only = (serve => [qw(util serve)], vault => [qw(util vault)],
    views => [qw(util serve views)],
    sandbox => [qw(util serve views)]);

# "src/x/y.c" => { "z/w.h" => 'why' }: every entry weakens the rule.
my %exception = ();

my %library = (
	'libical/ical.h' => qr{^src/(?:model/recur_(?:walk|lib)\.h|sandbox/sandbox_google_rule\.c)$},
	'curl/curl.h' => qr{^src/(?:net/|sandbox/sandbox_postman\.c$)},
	'mysql.h' => qr{^src/store/},
	'expat.h' => qr{^src/providers/caldav_parser\.h$},
	'ini.h' => qr{^src/util/config\.c$},
	'fcgiapp.h' => qr{^src/(?:serve/|sandbox/sandbox(?:_call)?\.[ch]$)},
);

sub why_not {
	my ($from, $to, $header) = @_;
	return "there is no layer src/$to" unless exists $level{$to};
	return if $from eq $to;
	return "$from may not know $to"
	    if $level{$to} >= $level{$from} ||
	    grep({ $_ eq $to } @{$never{$from} || []}) ||
	    ($only{$from} && !grep { $_ eq $to } @{$only{$from}});
	return 'sync knows providers by provider.h alone'
	    if $from eq 'sync' && $to eq 'providers' &&
	    $header ne 'providers/provider.h';
	return;
}

sub file_violations {
	my ($top, $path) = @_;
	my ($from) = $path =~ m{^src/(?:([^/]+)/)?[^/]+$} or
	    return ("$path: folders are one level deep");
	$from = '' unless defined $from;
	return ("$path: there is no layer src/$from") unless exists $level{$from};
	my $text = Lint::slurp("$top/$path");
	my $code = code($text);
	my @bad;
	while ($code =~ /^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]/mg) {
		my ($kind, $header) = ($1, $2);
		my $where = "$path:" . line_of($code, $-[0]) . ": includes $header";
		if ($kind eq '<' || $header =~ m{^libical/}) {
			for my $name (keys %library) {
				my ($folder) = $name =~ m{^(libical)/};
				next unless $header eq $name ||
				    ($folder && $header =~ m{^libical/}) ||
				    ($name eq 'mysql.h' && $header =~ m{^(?:mysql|mariadb)/});
				push @bad, "$where: not the place for that library"
				    unless $path =~ $library{$name};
			}
			next;
		}
		next if $exception{$path}{$header};
		my ($to) = $header =~ m{^([^/]+)/[^/]+$};
		if (!defined $to) {
			push @bad, "$where: write folder/file.h" if $from ne '';
			next;
		}
		my $why = why_not($from, $to, $header);
		push @bad, "$where: $why" if $why;
	}
	if ($from eq 'sync') {
		for my $s (strings($text)) {
			push @bad, "$path:$s->[0]: names the provider '$s->[1]'"
			    if $s->[1] =~ /^(?:caldav|icloud|google|microsoft|notion|github|cozi)$/i;
		}
	}
	return @bad;
}

sub rule {
	my ($top) = @_;
	return map { file_violations($top, $_) } files($top, 'src', qr/\.[ch]$/);
}

my $end = "\n#include \"util/banned.h\"\n";
lint('every include goes down the layers', \&rule,
	[ 'src/util/pool.c', "#include \"model/event.h\"$end", qr{pool\.c.*util may not know model} ],
	[ 'src/store/x.c', "#include \"net/http.h\"$end", qr{x\.c.*store may not know net} ],
	[ 'src/providers/x.c', " # include \"store/db.h\"$end", qr{x\.c.*providers may not know store} ],
	[ 'src/serve/x.h', "#include \"model/event.h\"$end", qr{x\.h.*serve may not know model} ],
	[ 'src/web/x.c', "#include \"net/http.h\"$end", qr{x\.c.*web may not know net} ],
	[ 'src/sync/x.c', "#include \"providers/caldav.h\"$end", qr{x\.c.*provider\.h alone} ],
	[ 'src/sync/x.c', "const char *a = \"caldav\";\n", qr{x\.c:1: names the provider} ],
	[ 'src/model/x.c', "#include \"event.h\"$end", qr{x\.c.*folder/file\.h} ],
	[ 'src/sandbox/x.c', "#include \"model/event.h\"$end", qr{x\.c.*sandbox may not know model} ],
	[ 'src/web/x.c', "#include \"sandbox/sandbox.h\"$end", qr{x\.c.*web may not know sandbox} ],
	[ 'src/misc/x.c', "$end", qr{no layer src/misc} ],
	[ 'src/util/deep/x.c', "$end", qr{one level} ],
	[ 'src/web/x.c', "#include <libical/ical.h>$end", qr{x\.c:1.*not the place} ],
	[ 'src/acts/x.c', "#include <curl/curl.h>$end", qr{x\.c:1.*not the place} ],
);
