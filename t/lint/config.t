# The table in config.c and hawser.conf.example name the same keys.
use strict;
use warnings;
use Lint;

sub rule {
	my ($top) = @_;
	my (%table, %example, @bad, $section);
	my $text = Lint::slurp("$top/src/util/config.c");
	$table{"[$1] $2"} = 1 while $text =~ /^\t\{ "(\w+)", "(\w+)", CONFIG_/mg;
	for my $line (split /\n/, Lint::slurp("$top/hawser.conf.example")) {
		$section = $1 if $line =~ /^\[(\w+)\]/;
		next unless $line =~ /^;?(\w+)\s*=/;
		my $key = "[" . (defined $section ? $section : '') . "] $1";
		push @bad, "$key stands twice in hawser.conf.example"
		    if $example{$key}++;
	}
	push @bad, 'no keys found in config.c' unless keys %table > 10;
	push @bad, map { "$_ is not in hawser.conf.example" }
	    grep { !$example{$_} } sort keys %table;
	push @bad, map { "$_ is in hawser.conf.example, but not known" }
	    grep { !$table{$_} } sort keys %example;
	return @bad;
}

lint('every configuration key is documented', \&rule,
	[ 'hawser.conf.example', "\n[sync]\n;nosuch = 1\n", qr{nosuch is in .*not known} ],
	[ 'hawser.conf.example', "\n[web]\nbase_url = x\n", qr{base_url stands twice} ],
	[ 'hawser.conf.example', sub { $_[0] =~ s/^;poll_secs.*$//mr }, qr{poll_secs is not in} ],
	[ 'src/util/config.c', "\t{ \"sync\", \"fresh\", CONFIG_INT, 0 },\n", qr{fresh is not in} ],
);
