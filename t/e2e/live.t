#!/usr/bin/perl
# Cards that change while they are looked at: live.js drives, a real server and a
# real worker behind them.
use strict;
use warnings;
use FindBin;
use Stage;

my $stage = Stage->new(delay_ms => 120, people => { anna => 'secret' });
my $status = eval {
	my $dav = $stage->radicale;
	my $family = $dav->calendar('anna', 'family', 'Family');
	for my $n (1 .. 60) {
		my $r = $dav->put('anna', sprintf('%sm%03d.ics', $family, $n), Radicale->event("m$n", "Meeting $n", '20270110T090000Z', 'DURATION:PT45M'));
		die "PUT: $r->{status}" if !$r->{success};
	}
	$stage->sync_on;
	$stage->node("$FindBin::Bin/live.js");
} // do { print "not ok 1 - the stage\n1..1\n# $@"; 1 };
$status ||= $stage->stop;
exit $status;
