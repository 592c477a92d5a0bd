# Killed while many new events travel: a batch is on its way while the results of
# the one before, and that the next one is sent, are written.
use strict;
use warnings;
use KillSweep;
use Test::More;

my $many = 23;	# 10, 10 and the rest

sub add_many {
	my ($stage) = @_;
	KillSweep::sql('INSERT INTO hawser.event (org_id, calendar_id, uid, summary, start_wall, end_wall, zone_kind) '
		. "SELECT $stage->{org}, $stage->{calendar}, CONCAT('many', seq, '\@example.com'), CONCAT('Made here ', seq), "
		. "'2026-12-01 10:00', '2026-12-01 11:00', 1 FROM seq_1_to_$many");
}

KillSweep::run('many here', seed => ['a'], here => \&add_many,
	want => sub { is(scalar(() = $_[0]{there} =~ /Made here/g), $many, 'they arrive there') });
KillSweep::finish();
