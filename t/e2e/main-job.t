#!/usr/bin/perl
# The main job from signing in to disconnecting, in Chromium: main-job.js drives,
# this starts the pages, the worker, a CalDAV server and a slow way to it.
use strict;
use warnings;
use FindBin;
use Stage;

my $stage = Stage->new(delay_ms => 350, people => { anna => 'secret', ben => 'hidden' });
my $status = eval {
	my $dav = $stage->radicale;
	my $family = $dav->calendar('anna', 'family', 'Family');
	$dav->calendar('anna', 'other', 'Other');
	my $club = $dav->calendar('ben', 'club', 'Club');
	my ($year, $month) = (gmtime)[5, 4];
	my $next = sprintf '%04d%02d', $month == 11 ? ($year + 1901, 1) : ($year + 1900, $month + 2);
	for my $n (1 .. 120) {
		my $r = $dav->put('anna', sprintf('%sm%03d.ics', $family, $n), Radicale->event(sprintf('m%03d', $n), sprintf('Meeting %03d', $n),
			sprintf('%s%02dT%02d0000Z', $next, 1 + $n % 28, 8 + $n % 10), 'DURATION:PT45M', 'X-KEEP:as it was'));
		die "PUT: $r->{status}" if !$r->{success};
	}
	$dav->put('ben', "${club}match.ics", Radicale->event('match', 'Match', "${next}10T150000Z", 'DURATION:PT2H'));
	$ENV{HAWSER_MONTH} = $next;
	$stage->sync_on;
	$stage->node("$FindBin::Bin/main-job.js");
} // do { print "not ok 1 - the stage\n1..1\n# $@"; 1 };
$status ||= $stage->stop;
exit $status;
