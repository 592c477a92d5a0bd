#!/usr/bin/perl
# What a run's page offers to do about its rows: Restore of what it deleted, Retry
# of what it set aside and of a run that ended early; nothing that would be
# refused, to nobody who may not. And a calendar that was gone and is there again.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use Test::More;
use WebTest;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $w = WebTest->new;
my $db = $w->db;
my ($ana, $mia, $ben, $both) = map { my $b = $w->browser; $b->sign_in($_); $b } qw(ana@a.example mia@a.example ben@b.example both@ab.example);
sub one { return $db->one($_[0]) }
sub add { $db->sql($_[0]); return one('SELECT LAST_INSERT_ID()') // one($_[1]) }
sub page { my ($b, $path) = @_; return decode_utf8($b->get($path)->{content}) }
my $org = one("SELECT id FROM org WHERE name = 'A'");
$both->post('/login/org', { org => $org, next => '' });
my %user = map { $_->[0] => $_->[1] } $db->sql("SELECT SUBSTRING_INDEX(email, '\@', 1), id FROM user");
sub newest { my ($table) = @_; return one("SELECT MAX(id) FROM $table") }
sub calendar { my ($who, $name, $shared) = @_; $db->sql("INSERT INTO calendar (org_id, user_id, name, color, shared, created_at) VALUES ($org, $user{$who}, '$name', '#336699', $shared, now(6))"); return newest('calendar') }
my $mine = calendar('ana', 'Mine', 1);
my $pulled = calendar('ana', 'Pulled', 0);
$db->sql("INSERT INTO connection (org_id, user_id, provider, name, account, login, base_url, state, last_ok_at, created_at)
	VALUES ($org, $user{ana}, 'caldav', 'Radicale', 'a', 'a', 'https://x.example/', 1, now(6), now(6))");
my $connection = newest('connection');
sub bind_to {
	my ($calendar, $key, $direction) = @_;
	$db->sql("INSERT INTO collection (org_id, connection_id, remote_key, remote_id, name, created_at) VALUES ($org, $connection, UNHEX(SHA2('$key', 256)), '$key', 'There $key', now(6))");
	$db->sql("INSERT INTO binding (org_id, calendar_id, collection_id, connection_id, direction, policy, created_at) VALUES ($org, $calendar, @{[newest('collection')]}, $connection, $direction, 1, now(6))");
	return newest('binding');
}
my ($binding, $read) = (bind_to($mine, 'x', 1), bind_to($pulled, 'y', 2));
sub run_of {
	my ($state) = @_;
	$db->sql("INSERT INTO sync_run (org_id, connection_id, cause, state, started_at) VALUES ($org, $connection, 5, 1, now(6))");
	my $new = newest('sync_run');
	$db->sql("UPDATE connection SET last_run_id = $new WHERE id = $connection; UPDATE sync_run SET state = $state, finished_at = now(6) WHERE id = $new");
	return $new;
}
my $run = run_of(3);
my $seq = 0;
sub event {
	my ($title, $calendar, $deleted) = @_;
	$db->sql("INSERT INTO event (org_id, calendar_id, uid, summary, start_wall, deleted_at) VALUES ($org, $calendar, UUID(), '$title', '2027-02-01 09:00:00', " . ($deleted ? 'now(6)' : 'NULL') . ')');
	return newest('event');
}
sub row {
	my ($title, $event, %o) = @_;
	my %row = (binding => $binding, kind => 3, phase => 3, key => 'NULL', %o);
	$seq++;
	$db->sql("INSERT INTO sync_action (org_id, run_id, seq, binding_id, kind, phase, op_id, event_id, remote_key, title, reason, updated_at)
		VALUES ($org, $run, $seq, $row{binding}, $row{kind}, $row{phase}, '$seq', $event, $row{key}, '$title', 'Deleted there.', now(6))");
}
my $gone = event('Gone there', $mine, 1);
row('Gone there', $gone);
my $ours = event('Gone here', $mine, 1);
row('Gone here', $ours, kind => 6);
row('Alive again', event('Alive again', $mine, 0));
row('Read only', event('Read only', $pulled, 1), binding => $read);
row('Not done', event('Not done', $mine, 1), phase => 5);
my $broken = event('Refused', $mine, 0);
row('Refused', $broken, kind => 5, phase => 4);
$db->sql("INSERT INTO dead_letter (org_id, binding_id, item_key, event_id, title, reason, tries, created_at) VALUES ($org, $binding, UNHEX(SHA2('event:$broken', 256)), $broken, 'Refused', 'The server refuses it.', 4, now(6))");
my $dead = newest('dead_letter');
row('Unreadable', 'NULL', kind => 12, phase => 4, key => "UNHEX(SHA2('z', 256))");
$db->sql("INSERT INTO dead_letter (org_id, binding_id, item_key, remote_id, title, reason, tries, created_at) VALUES ($org, $binding, UNHEX(SHA2('z', 256)), 'z', 'Unreadable', 'It cannot be read.', 4, now(6))");
my $unread = newest('dead_letter');
row('Cured', event('Cured', $mine, 0), kind => 5, phase => 4);

# ---- hostile: who may not, what would be refused ----
my $path = "/settings/runs/$run";
is($ben->get($path)->{status}, 404, 'another organisation sees no run');
is($mia->get($path)->{status}, 404, 'nor does a colleague');
for my $b ($mia, $ben, $both) {
	isnt($b->post("/settings/events/$gone/restore?run=$run")->{status}, 303, 'who may not does not restore') if $b != $both;
	is($b->post("/settings/asides/$dead/retry?run=$run")->{status}, 404, 'nor try again');
}
is(one("SELECT deleted_at IS NOT NULL FROM event WHERE id = $gone"), 1, 'it lies deleted');
my $text = page($ana, $path);
my %offer;
while ($text =~ m{<tr role="row">(.*?)</tr>}gs) {
	my $row = $1;
	my ($title) = $row =~ m{class="whole">(?:<a[^>]*>)?([^<]+)};
	$offer{$title} = join ' ', $row =~ m{action="([^"]+)"}g;
}
is_deeply(\%offer, { 'Gone there' => "/settings/events/$gone/restore?run=$run", 'Gone here' => "/settings/events/$ours/restore?run=$run", 'Alive again' => '', 'Read only' => '', 'Not done' => '',
	'Refused' => "/settings/asides/$dead/retry?run=$run", 'Unreadable' => "/settings/asides/$unread/retry?run=$run", 'Cured' => '' }, 'what can be done, and nothing that would be refused');
like(page($ana, '/settings/activity'), qr/the first sync/, 'the first sync is called so');

# ---- done, and back at the run ----
my $r = $ana->post("/settings/events/$gone/restore?run=$run");
like($r->{headers}{location} // '', qr{^/settings/runs/$run\?notice=restored$}, 'restored, and back at the run');
is(one("SELECT deleted_at IS NULL FROM event WHERE id = $gone"), 1, 'it is back');
unlike(page($ana, $path), qr{events/$gone/restore}, 'which is offered no more');
$r = $ana->post("/settings/events/$gone/restore?run=$run");
like($r->{headers}{location} // '', qr{notice=not-deleted$}, 'pressed twice, it says that it was not deleted');
like(page($ana, $r->{headers}{location}), qr/It is not deleted, so there was nothing to restore\./, 'in words');
is($ana->post("/settings/events/$ours/restore?run=$_")->{headers}{location} // '', "/settings/events/$ours?notice=" . ($_ eq 'x' ? 'restored' : 'not-deleted'), "where to is a number or nothing: $_")
	for 'x', '//evil.example', '1/../../x';
$r = $ana->post("/settings/asides/$unread/retry?run=$run");
like($r->{headers}{location} // '', qr{^/settings/runs/$run\?notice=retrying$}, 'tried again, and back at the run');
ok(one("SELECT next_try_at <= now(6) FROM dead_letter WHERE id = $unread"), 'it is due now');

# ---- a colleague in the shared calendar ----
$text = page($mia, "/settings/events/$broken");
like($text, qr/Set aside: The server refuses it\..*Whoever connected its calendar can try it again\./s, 'a colleague sees why, and who can do something');
unlike($text, qr/retry/i, 'and is offered no Retry');
my $found = page($mia, '/settings/agenda?view=list&q=refused');
like($found, qr/Refused.*The server refuses it\./s, 'the search says why, too');
unlike($found, qr/retry/i, 'and offers nothing');
like(page($ana, '/settings/agenda?view=list&q=refused'), qr{asides/$dead/retry}, 'to the owner it does');
$db->sql("INSERT INTO conflict (org_id, run_id, binding_id, event_id, fields, winner, created_at) VALUES ($org, $run, $binding, $broken, 'title', 2, now(6))");
like(page($ana, "/settings/events/$broken"), qr{Look at the versions.*Both changed: title}s, 'the owner is led to both versions');
$text = page($mia, "/settings/events/$broken");
unlike($text, qr{/settings/conflicts/\d|Both changed}, 'a colleague is not led to a page that is not theirs');

# ---- a run that ended early ----
my $failed = run_of(4);
like(page($ana, "/settings/runs/$failed"), qr{action="/settings/connections/$connection/sync".*Retry}s, 'a run that ended early is asked for again');
is($ana->post("/settings/connections/$connection/sync")->{status}, 303, 'with one press');
run_of(3);
unlike(page($ana, "/settings/runs/$failed"), qr{action="/settings/connections/\d+/sync"}, 'not when another ended well since');
unlike(page($ana, $path), qr{action="/settings/connections/\d+/sync"}, 'nor one that ended well');

# ---- a calendar that was gone ----
my ($here, $there) = map { $_->[0] } $db->sql("SELECT collection_id FROM binding WHERE id IN ($binding, $read) ORDER BY id");
$db->sql("UPDATE binding SET paused = 1 WHERE id IN ($binding, $read)");
$db->sql("UPDATE collection SET missing_since = now(6) WHERE id = $here");
$db->sql('DELETE FROM job');
my $again = "/settings/connections/$connection/calendars/%s/again";
$text = page($ana, "/settings/connections/$connection");
like($text, qr/There y.*was gone at the server and is there again.*press Sync it again/s, 'what became of each, and what to press');
like($text, qr/There x.*no longer at the server and is not synced/s, 'and of the other');
unlike($text, qr{calendars/$here/again}, 'nothing to press where there is nothing');
is($ana->post(sprintf $again, $here)->{status}, 409, 'one that is gone is not synced');
is($ana->post(sprintf $again, $_)->{status}, 404, "no such calendar: $_") for 0, 999999, 'x';
is($_->post(sprintf $again, $there)->{status}, $_ == $both ? 403 : 404, 'nobody else says so') for $mia, $ben, $both;
is(one("SELECT SUM(paused) FROM binding"), 2, 'nothing was done');
$r = $ana->post(sprintf $again, $there);
like($r->{headers}{location} // '', qr{/settings/connections/$connection\?notice=sync-started}, 'said so, it goes on');
is(one("SELECT CONCAT(paused, '|', direction, '|', policy) FROM binding WHERE id = $read"), '0|2|1', 'the same way as before');
is(one("SELECT COUNT(*) FROM job WHERE connection_id = $connection AND kind = 1"), 1, 'a sync is asked for');
is($ana->post(sprintf $again, $there)->{status}, 409, 'once is enough');
# The form of all calendars does it, too.
$db->sql("UPDATE binding SET paused = 1 WHERE id = $read");
like(page($ana, "/settings/connections/$connection/calendars"), qr/There y.*was gone at the server and is back; save to sync it again/s, 'the list of calendars says so');
is($ana->post("/settings/connections/$connection/calendars", [collection => $there, "direction_$there" => 'pull', collection => $here, "direction_$here" => 'both'])->{status}, 303, 'saved with it');
is(one("SELECT GROUP_CONCAT(paused ORDER BY id) FROM binding"), '1,0', 'that one goes on, the one that is gone does not');
done_testing;
