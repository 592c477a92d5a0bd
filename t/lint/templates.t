# Nothing leaves a template unescaped: raw is used 0 times.
use strict;
use warnings;
use Lint;

sub rule {
	my ($top) = @_;
	my @bad;
	for my $path (files($top, 'templates', qr/\.html$/)) {
		my $text = Lint::slurp("$top/$path");
		while ($text =~ /\{([{%])(.*?)[}%]\}/sg) {
			my ($tag, $at) = ($2, $-[0]);
			push @bad, "$path:" . line_of($text, $at) . ": raw"
			    if $tag =~ /^\s*raw\b|\|\s*raw\b/;
		}
	}
	return @bad;
}

lint('templates use raw 0 times', \&rule,
	[ 'templates/x.html', "<p>{{ raw body }}</p>\n", qr{x\.html:1: raw} ],
	[ 'templates/x.html', "<p>\n{{ body | raw }}</p>\n", qr{x\.html:2: raw} ],
	[ 'templates/x.html', "{% raw body %}\n", qr{x\.html:1: raw} ],
);
