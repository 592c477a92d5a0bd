#!/usr/bin/perl
# What a change of an event sets going by itself: a new rev, a note for every
# binding that has not taken it up, and the jobs. Written in plain SQL, as a
# host application writes it.
use strict;
use warnings;
use Digest::SHA qw(sha256);
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib";
use DbTest;

my $db = DbTest->new;

# Calendar 1: bindings 1 and 2 (connection 1, both active), 3 (paused connection
# 2), 4 (a binding that goes), 5 (pull only, connection 3). Calendar 2: binding 6
# (connection 4). Calendar 3 and organisation 2: another's.
$db->sql(<<'SQL');
INSERT INTO org (id, name, created_at) VALUES (1, 'A', NOW()), (2, 'B', NOW());
INSERT INTO user SELECT seq, CONCAT('u', seq), CONCAT('u', seq), 'U', '*', 'UTC', NOW(), NULL FROM seq_1_to_2;
INSERT INTO membership SELECT seq, seq, 3, NOW() FROM seq_1_to_2;
INSERT INTO connection (org_id, id, user_id, provider, name, account, login, base_url, state, created_at)
	SELECT 1, seq, 1, 'caldav', 'c', 'a', 'l', 'u', IF(seq = 2, 2, 1), NOW() FROM seq_1_to_4
	UNION ALL SELECT 2, 5, 2, 'caldav', 'c', 'a', 'l', 'u', 1, NOW();
INSERT INTO calendar (org_id, id, user_id, name, color, created_at) VALUES
	(1, 1, 1, 'one', '#000000', NOW()), (1, 2, 1, 'two', '#000000', NOW()), (2, 3, 2, 'other', '#000000', NOW());
INSERT INTO collection (org_id, id, connection_id, remote_key, remote_id, name, created_at)
	SELECT IF(seq = 7, 2, 1), seq, ELT(seq, 1, 1, 2, 1, 3, 4, 5), UNHEX(SHA2(seq, 256)), seq, 'c', NOW() FROM seq_1_to_7;
INSERT INTO binding (org_id, id, calendar_id, collection_id, connection_id, direction, policy, removing, created_at)
	SELECT IF(seq = 7, 2, 1), seq, ELT(seq, 1, 1, 1, 1, 1, 2, 3), seq, ELT(seq, 1, 1, 2, 1, 3, 4, 5),
	IF(seq = 5, 2, 1), 1, seq = 4, NOW() FROM seq_1_to_7;
SQL

sub pending { join ' ', map { "$_->[0]:$_->[1]@" . $_->[2] } $db->sql('SELECT binding_id, event_id, rev FROM pending ORDER BY 1, 2') }
sub jobs { join ' ', map { "$_->[0]/$_->[1]" } $db->sql('SELECT connection_id, kind FROM job ORDER BY 1, 2') }
sub rev { ($db->sql("SELECT rev FROM event WHERE id = $_[0]"))[0][0] }
sub clean { $db->sql('DELETE FROM pending; DELETE FROM job') }
sub expanded { $db->sql('UPDATE event SET expanded_rev = rev') }

# ---- a host application's insert: nothing but what it must say ----
$db->sql("INSERT INTO event (org_id, calendar_id, uid, start_wall) VALUES (1, 1, 'Host-1', '2026-11-20 09:00:00')");
my ($row) = $db->sql("SELECT id, HEX(uid_key), rev, expanded_rev, kind, has_master, all_day, zone_kind, extra, zones,
	created_at > NOW(6) - INTERVAL 1 MINUTE, updated_at > NOW(6) - INTERVAL 1 MINUTE, deleted_at FROM event");
my $id = $row->[0];
is(lc $row->[1], unpack('H*', sha256('Host-1')), 'the key of the UID is filled');
is_deeply([ map { $_ // 'NULL' } @$row[2 .. 12] ], [ 1, 0, 'event', 1, 0, 2, '', '', 1, 1, 'NULL' ], 'and everything else has its default');
is(pending(), "1:$id\@1 2:$id\@1 3:$id\@1 5:$id\@1", 'a note for every binding of the calendar that stays, no other');
is(jobs(), '0/2 1/1 3/1', 'a job for the occurrences and for each active connection, once');
$db->sql("UPDATE event SET uid_key = '' WHERE id = $id");
is(rev($id), 1, 'the key of the UID is no change');
$db->sql("UPDATE event SET uid = 'Host-2' WHERE id = $id");
is(lc +($db->sql("SELECT HEX(uid_key) FROM event WHERE id = $id"))[0][0], unpack('H*', sha256('Host-2')), 'a new UID has a new key');
is(rev($id), 2, 'and is a change');
is(pending(), "1:$id\@2 2:$id\@2 3:$id\@2 5:$id\@2", 'a second change moves the notes on, it makes no second ones');

# ---- every kind of change ----
my %change = (
	summary => "'Title'", location => "'Room'", description => "'Text'", status => "'CONFIRMED'",
	transp => "'OPAQUE'", start_wall => "'2026-11-21 09:00:00'", end_wall => "'2026-11-21 10:00:00'",
	duration => "'PT1H'", all_day => 1, zone_kind => 1, tzid => "'Europe/Berlin'", end_tzid => "'Europe/Paris'",
	recurrence => "'RRULE:FREQ=DAILY'", extra => "'X-A:1'", zones => "'BEGIN:VTIMEZONE'", kind => "'task'",
	has_master => 0, deleted_at => 'NOW()',
);
my %columns = map { $_->[0] => 1 } $db->sql("SELECT column_name FROM information_schema.columns
	WHERE table_schema = 'hawser' AND table_name = 'event' AND generation_expression IS NULL");
delete @columns{qw(org_id id calendar_id uid uid_key rev expanded_rev renew_at rule_problem created_at updated_at)};
is_deeply([ sort keys %change ], [ sort keys %columns ], 'every column that is synced is tried');
for my $column (sort keys %change) {
	clean();
	my $before = rev($id);
	$db->sql("UPDATE event SET updated_at = '2020-01-01' WHERE id = $id");
	is(rev($id), $before, 'updated_at is none') if $column eq 'all_day';
	$db->sql("UPDATE event SET $column = $change{$column} WHERE id = $id");
	is(rev($id), $before + 1, "$column: a new rev");
	is(pending(), join(' ', map { "$_:$id@" . ($before + 1) } 1, 2, 3, 5), "$column: pending everywhere");
	is(jobs(), '0/2 1/1 3/1', "$column: the jobs");
	is(scalar($db->sql("SELECT 1 FROM event WHERE id = $id AND updated_at > NOW(6) - INTERVAL 1 MINUTE")), 1, "$column: a new time");
	clean();
	$db->sql("UPDATE event SET $column = $change{$column} WHERE id = $id") if $column ne 'deleted_at';
	is(rev($id) . pending() . jobs(), $before + 1, "$column: the same value once more is nothing");
}
clean();
my $before = rev($id);
$db->sql("UPDATE event SET summary = 'TITLE' WHERE id = $id");
is(rev($id), $before + 1, 'upper case is a change');
$db->sql("UPDATE event SET summary = 'TITLE ' WHERE id = $id");
is(rev($id), $before + 2, 'a space at the end, too');

# ---- deleted and restored ----
clean();
$before = rev($id);
$db->sql("UPDATE event SET deleted_at = NULL WHERE id = $id");
is(rev($id), $before + 1, 'an event that comes back is a change');
like(pending(), qr/^1:$id\@/, 'and pending');

# ---- expanded_rev wakes nobody ----
clean();
$before = rev($id);
expanded();
is(rev($id) . pending() . jobs(), $before, 'expanded_rev alone wakes nobody');
$db->sql("UPDATE event SET location = 'Hall', expanded_rev = rev + 1 WHERE id = $id");
is(jobs(), '1/1 3/1', 'a change that brings its occurrences along needs no job for them');

# ---- overrides ----
expanded();
my %override = (
	summary => "'T'", location => "'R'", description => "'D'", status => "'CONFIRMED'", transp => "'OPAQUE'",
	start_wall => "'2026-11-22 11:00:00'", end_wall => "'2026-11-22 12:00:00'", duration => "'PT2H'", all_day => 1,
	zone_kind => 1, tzid => "'Europe/Berlin'", end_tzid => "'Europe/Paris'", extra => "'X-B:1'", recurrence_id => "'20261123T090000'",
);
my %synced = map { $_->[0] => 1 } $db->sql("SELECT column_name FROM information_schema.columns
	WHERE table_schema = 'hawser' AND table_name = 'event_override'");
delete @synced{qw(org_id event_id)};
is_deeply([ sort keys %override ], [ sort keys %synced ], 'every column of an override is tried');
sub changes {
	my ($sql, $what) = @_;
	clean();
	my $before = rev($id);
	$db->sql($sql);
	is(rev($id), $before + 1, "$what: a new rev");
	is(pending(), join(' ', map { "$_:$id@" . ($before + 1) } 1, 2, 3, 5), "$what: pending everywhere");
	is(jobs(), '0/2 1/1 3/1', "$what: the jobs");
}
changes("INSERT INTO event_override (org_id, event_id, recurrence_id, start_wall)
	VALUES (1, $id, '20261122T090000', '2026-11-22 10:00:00')", 'an override');
for my $column (sort keys %override) {
	changes("UPDATE event_override SET $column = $override{$column} WHERE event_id = $id", "override's $column");
	clean();
	my $before = rev($id);
	$db->sql("UPDATE event_override SET $column = $override{$column} WHERE event_id = $id");
	is(rev($id) . pending(), $before, "override's $column: the same value once more is nothing");
}
changes("DELETE FROM event_override WHERE event_id = $id", 'an override removed');

# ---- the worker's own binding ----
clean();
$db->sql("SET \@hawser_quiet = 1; UPDATE event SET summary = 'by the worker' WHERE id = $id");
my $rev = rev($id);
is(pending(), join(' ', map { "$_:$id\@$rev" } 2, 3, 5), 'the binding that writes has no note, the others have');
is(jobs(), '0/2 1/1 3/1', 'another binding of its connection wants a run');
clean();
$db->sql("SET \@hawser_quiet = 5; INSERT INTO event_override (org_id, event_id, recurrence_id, start_wall)
	VALUES (1, $id, '20261122T090000', '2026-11-22 10:00:00')");
$rev = rev($id);
is(pending(), join(' ', map { "$_:$id\@$rev" } 1, 2, 3), 'quiet for overrides, too');
is(jobs(), '0/2 1/1', 'no job for the connection that wrote');
clean();
$db->sql("SET \@hawser_quiet = 6; INSERT INTO event (org_id, calendar_id, uid, start_wall, expanded_rev) VALUES (1, 2, 'q', NOW(), 1)");
is(pending() . jobs(), '', 'the only binding of a calendar wakes nobody');

# ---- moved to another calendar ----
clean();
$before = rev($id);
$db->sql("UPDATE event SET calendar_id = 2 WHERE id = $id");
$rev = rev($id);
is($rev, $before + 1, 'an event that moves has a new rev');
is(pending(), join(' ', map { "$_:$id\@$rev" } 1, 2, 3, 5, 6), 'it is news for the bindings of both calendars');
is(jobs(), '0/2 1/1 3/1 4/1', 'and for the connections of both');
$db->sql("UPDATE event SET calendar_id = 1 WHERE id = $id");
$rev = rev($id);
is(pending(), join(' ', map { "$_:$id\@$rev" } 1, 2, 3, 5, 6), 'and back');

# ---- many at once; a job that waits; another organisation ----
clean();
$db->sql("INSERT INTO event (org_id, calendar_id, uid, start_wall) SELECT 1, 2, CONCAT('m', seq), NOW() FROM seq_1_to_500");
is(($db->sql('SELECT COUNT(*), COUNT(DISTINCT event_id), MIN(binding_id), MAX(binding_id) FROM pending'))[0][$_], (500, 500, 6, 6)[$_], 'an array of 500 rows: each is noted')
	for 0 .. 3;
is(jobs(), '0/2 4/1', 'one job for all');
$db->sql("UPDATE event SET summary = uid WHERE calendar_id = 2 AND uid LIKE 'm%'");
is(($db->sql("SELECT COUNT(*) FROM event e JOIN pending p ON p.event_id = e.id WHERE e.uid LIKE 'm%' AND e.rev = 2 AND p.rev = 2"))[0][0], 500, 'updated at once, too');
clean();
$db->sql("INSERT INTO job (org_id, connection_id, kind, due, wanted_at, tries, asked_by) VALUES (1, 1, 1, NOW(6) + INTERVAL 1 HOUR, '2020-01-01', 3, 7), (1, 3, 1, '2020-01-01', '2020-01-01', 0, NULL);
	UPDATE event SET summary = 'soon' WHERE id = $id");
is_deeply([ map { "@$_" } $db->sql('SELECT connection_id, due <= NOW(6), due < NOW() - INTERVAL 1 DAY, wanted_at > NOW(6) - INTERVAL 1 MINUTE, tries, asked_by
	FROM (SELECT connection_id, due, wanted_at, tries, COALESCE(asked_by, 0) AS asked_by FROM job WHERE kind = 1) j ORDER BY 1') ],
	[ '1 1 0 1 3 7', '3 1 1 1 0 0' ], 'a job that waits is drawn forward, one that is due stays first; both are wanted anew');
clean();
$db->sql("INSERT INTO event (org_id, calendar_id, uid, start_wall) VALUES (2, 3, 'x', NOW())");
is_deeply([ map { "@$_" } $db->sql('SELECT org_id, binding_id FROM pending') ], ['2 7'], 'another organisation hears of its own only');
is_deeply([ map { "@$_" } $db->sql('SELECT org_id, connection_id, kind FROM job ORDER BY 2') ], [ '2 0 2', '2 5 1' ], 'also by its jobs');

# ---- gone for good ----
clean();
$db->sql("UPDATE event SET summary = 'last' WHERE id = $id; DELETE FROM event_override WHERE event_id = $id; DELETE FROM event WHERE id = $id");
is(($db->sql("SELECT COUNT(*) FROM pending WHERE event_id = $id"))[0][0], 0, 'an event that is gone leaves no note');

# ---- through the view of the pages' account ----
$db->sql("INSERT INTO session VALUES (UNHEX(SHA2('secret', 256)), 1, 1, '', NOW(), NOW(), NOW() + INTERVAL 1 DAY)");
clean();
my (undef, $error) = $db->try_as('web', "SET \@hawser_secret = 'secret'; INSERT INTO event (org_id, calendar_id, uid, start_wall)
	VALUES (1, 2, 'by the pages', NOW()); UPDATE event SET summary = 'p' WHERE org_id = 1 AND uid = 'by the pages'");
is($error, undef, 'the pages write through the view');
like(pending(), qr/^6:\d+\@2$/, 'and the triggers do their part');
is(jobs(), '0/2 4/1', 'with rights of their own');

done_testing;
