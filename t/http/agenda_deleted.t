#!/usr/bin/perl
# What was deleted, by whom and the way back; the search that tells why an event
# is missing; an event's histories; calendars shared and events moved.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use Test::More;
use WebTest;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $w = WebTest->new;
my $db = $w->db;
my ($ana, $mia, $ben) = map { my $b = $w->browser; $b->sign_in($_); $b } qw(ana@a.example mia@a.example ben@b.example);
$db->sql("UPDATE user SET time_zone = 'Europe/Berlin'");
sub one { return $db->one($_[0]) }
my $org = one("SELECT id FROM org WHERE name = 'A'");
sub page { my ($b, $path) = @_; my $r = $b->get($path); return decode_utf8($r->{content}) }

# ---- calendars: made, shared, private again ----
is($ana->post('/settings/agenda/calendars', $_->[0])->{status}, $_->[1], 'refused: ' . join ' ', %{ $_->[0] })
	for [{ name => '' }, 422], [{ name => '  ' }, 422], [{ name => 'x' x 241 }, 400], [{ name => 'x', foreign => 1 }, 400];
is($ana->post('/settings/agenda/calendars', { name => $_ })->{status}, 303, "made: $_") for 'Mine', 'Second <b>';
my ($mine, $second) = map { $_->[0] } $db->sql('SELECT id FROM calendar ORDER BY id');
is(one("SELECT GROUP_CONCAT(shared) FROM calendar"), '0,0', 'private');
like(page($ana, '/settings/agenda/calendars'), qr/Second &lt;b&gt;/, 'names are escaped');
is($mia->post("/settings/agenda/calendars/$mine", { shared => 1 })->{status}, 404, 'not shared by others');
is($ben->post("/settings/agenda/calendars/$mine", { shared => 1 })->{status}, 404, 'nor by another organisation');
is($ana->post("/settings/agenda/calendars/$mine", { shared => 1 })->{status}, 303, 'shared');
like(page($mia, '/settings/agenda/calendars'), qr/Mine.*of \w+.*Shared/s, 'the others see it');
is($mia->post("/settings/agenda/calendars/$mine", {})->{status}, 403, 'and do not unshare it');
is($ana->post("/settings/agenda/calendars/$mine", {})->{status}, 303, 'private again');
unlike(page($mia, '/settings/agenda/calendars'), qr/Mine/, 'gone for the others');

# ---- events ----
my %new = (location => '', description => '', calendar => $mine, zone => 'Europe/Berlin', start_day => '2027-02-01', start_time => '09:00',
	end_day => '', end_time => '09:15', repeat => 'none', interval => '', until => '', count => '');
sub add { my (%with) = @_; my $r = $ana->post('/settings/events', { %new, %with }); my ($id) = $r->{headers}{location} =~ m{events/(\d+)}; return $id }
sub remove { my ($id, %with) = @_; return $ana->post("/settings/events/$id/delete", { rev => one("SELECT rev FROM event WHERE id = $id"), date => '', %with })->{status} }
my $dentist = add(summary => 'Dentist');
my $team = add(summary => 'Team', repeat => 'weekly', mo => 1, count => 6);
$w->dates;

# ---- moved to another calendar ----
my ($form) = page($ana, "/settings/events/$dentist/edit") =~ /(<select id="f-calendar".*?<\/select>)/s;
like($form, qr/value="$mine" selected/, 'the form says where it lies');
my $foreign = one("INSERT INTO calendar (org_id, user_id, name, color, created_at) SELECT m.org_id, u.id, 'Of Mia', '#336699', now(6)"
	. " FROM user u JOIN membership m ON m.user_id = u.id WHERE u.email = 'mia\@a.example'; SELECT MAX(id) FROM calendar");
my %edit = (%new, summary => 'Dentist', date => '', end_day => '2027-02-01', rev => one("SELECT rev FROM event WHERE id = $dentist"));
is($ana->post("/settings/events/$dentist", { %edit, calendar => $_ })->{status}, 404, "not into calendar $_") for $foreign, 999999;
is(one("SELECT calendar_id FROM event WHERE id = $dentist"), $mine, 'it stays');
is($ana->post("/settings/events/$dentist", { %edit, calendar => $second })->{status}, 303, 'moved');
is(one("SELECT CONCAT(e.calendar_id, '|', i.calendar_id) FROM event e JOIN event_instance i ON i.event_id = e.id WHERE e.id = $dentist"), "$second|$second", 'with what the agenda shows');

# ---- deleted: by a person, one date, by a sync, by another program ----
is(remove($dentist), 303, 'an event');
is(remove($team, date => '20270208T090000'), 303, 'one date');
is(remove($team, date => '20270222T090000', scope => 'following'), 303, 'this and following');
my $gone = add(summary => 'Gone there');
$db->sql("INSERT INTO connection (org_id, user_id, provider, name, account, login, base_url, state, created_at)"
	. " SELECT $org, id, 'caldav', 'Radicale', 'a', 'a', 'https://x.example/', 1, now(6) FROM user WHERE email = 'ana\@a.example'");
$db->sql("INSERT INTO collection (org_id, connection_id, remote_key, remote_id, name, created_at) SELECT org_id, id, UNHEX(SHA2('x', 256)), 'x', 'Work', now(6) FROM connection");
$db->sql("INSERT INTO binding (org_id, calendar_id, collection_id, connection_id, direction, policy, created_at) SELECT org_id, $second, id, connection_id, 1, 1, now(6) FROM collection");
$db->sql("INSERT INTO sync_run (org_id, connection_id, cause, state, started_at) VALUES ($_->[0], $_->[1], 1, 3, now(6))") for $db->sql('SELECT org_id, id FROM connection');
my $run = one('SELECT id FROM sync_run');
my $binding = one('SELECT id FROM binding');
$db->sql("INSERT INTO sync_action (org_id, run_id, seq, binding_id, kind, phase, op_id, event_id, title, reason, updated_at)"
	. " VALUES ($org, $run, 1, $binding, 3, 3, 'x', $gone, 'Gone there', 'It was deleted there.', now(6))");
$db->sql("UPDATE event SET deleted_at = now(6) WHERE id = $gone");
$db->sql("DELETE FROM event_instance WHERE event_id = $gone");
my $other = add(summary => 'By SQL');
$db->sql("UPDATE event SET deleted_at = now(6) WHERE id = $other");
my $text = page($ana, '/settings/agenda/deleted');
like($text, qr{<b>Dentist</b>.*?by <bdi>ana}si, 'who deleted it');
like($text, qr{<b>Team</b> <span class="quiet">one date: Monday 8 February 2027</span>}, 'a single date');
is(() = $text =~ /<b>Team<\/b>/g, 2, 'and what followed');
like($text, qr{<b>Gone there</b>.*?by <a href="/settings/runs/$run">a sync}s, 'a sync, with its run');
like($text, qr{<b>By SQL</b>.*?by <bdi>another program}s, 'another program');
unlike(page($ana, '/settings/agenda/deleted?by=person'), qr/Gone there|By SQL/, 'by persons alone');
unlike(page($ana, '/settings/agenda/deleted?by=sync'), qr/<b>Dentist/, 'by a sync alone');
like(page($ana, '/settings/agenda/deleted?q=entis'), qr/<b>Dentist/, 'by title');
unlike(page($ana, '/settings/agenda/deleted?q=entis'), qr/Gone there/, 'and no others');
like(page($ana, "/settings/agenda/deleted?q=$_"), qr/Nothing here/, "nothing is found: $_") for 'zzz', "x'%20OR%201=1", '%3Cscript%3E';
like(page($_, '/settings/agenda/deleted'), qr/Nothing here/, 'others see nothing of it') for $mia, $ben;

# ---- and back ----
my ($date) = $text =~ m{action="(/settings/agenda/deleted/\d+/restore)"};
is($_->post($date)->{status}, 404, 'not by others') for $mia, $ben;
is($mia->post("/settings/events/$dentist/restore")->{status}, 404, 'nor the event');
is($ana->post($date)->{status}, 303, 'the date is restored');
unlike(one("SELECT recurrence FROM event WHERE id = $team"), qr/EXDATE/, 'it is no exception any more');
is($ana->post($date)->{status}, 404, 'not twice');
like($ana->post("/settings/events/$dentist/restore")->{headers}{location}, qr/notice=restored$/, 'the event, and that is said');
unlike(page($ana, '/settings/agenda/deleted'), qr/<b>Dentist/, 'it is not in the list any more');
is($ana->post("/settings/events/$gone/restore")->{status}, 303, 'what a sync deleted');
my $twin = add(summary => 'Twin');
$db->sql("UPDATE event SET uid = (SELECT * FROM (SELECT uid FROM event WHERE id = $other) x) WHERE id = $twin");
is($ana->post("/settings/events/$other/restore")->{status}, 409, 'not beside one of the same origin');

# ---- what did not get through ----
my $failing = sub { $db->sql("INSERT INTO connection (org_id, user_id, provider, name, account, login, base_url, state, state_reason, created_at)"
	. " SELECT $org, id, 'caldav', '$_[0]', '$_[0]', '$_[0]', 'https://x.example/', 3, 'The password is refused.', now(6) FROM user WHERE email = 'ana\@a.example'") };
unlike(page($ana, '/settings/agenda'), qr/was not synced|were not synced/, 'all did');
$failing->('School');
my $told = page($ana, '/settings/agenda');
like($told, qr/School was not synced: The password is refused\. Nothing is lost: what you change here waits\..*reconnect">Reconnect/s, 'one is told whole');
unlike($told, qr/<details class="notice/, 'and is in nobody\'s way');
$failing->('Club');
like(page($ana, '/settings/agenda'), qr/<summary>2 connections were not synced\. Nothing is lost: what you change here waits\.<\/summary>.*School was not synced: The password is refused\.<.*Club was not synced/s, 'several are folded');
unlike(page($mia, '/settings/agenda'), qr/not synced/, 'others are not told');
$db->sql("DELETE FROM connection WHERE name IN ('School', 'Club')");

# ---- why is it missing ----
$db->sql("INSERT INTO dead_letter (org_id, binding_id, item_key, remote_id, title, reason, tries, created_at)"
	. " VALUES ($org, $binding, UNHEX(SHA2('y', 256)), 'y', 'Broken there', 'Its start cannot be read.', 4, now(6))");
my $dead = one('SELECT id FROM dead_letter');
like(page($ana, '/settings/agenda?view=list'), qr/<form class="filters"[^>]*role="search">.*name="q"/s, 'the list has a search');
like(page($ana, '/settings/agenda?view=list&q=dent'), qr{/settings/events/$dentist">Dentist}, 'an event is found');
my $far = add(summary => 'Far away', zone => 'America/New_York', start_time => '20:00', end_time => '21:00');
like(page($ana, '/settings/agenda?view=list&q=far+away'), qr/Far away.*Tuesday 2 February 2027, 02:00/s, 'by the clock of who looks');
$db->sql("UPDATE event SET tzid = 'Nowhere' WHERE id = $far");
my ($told_there) = page($ana, "/settings/events/$far") =~ />(Monday 1 February 2027, \d\d:\d\d) to /;
$told_there //= 'not told';
like(page($ana, '/settings/agenda?view=list&q=far+away'), qr/Far away.*\Q$told_there\E</s, 'as on its own page, also where the zone is not known');
like(page($ana, '/settings/agenda?view=list&q=By+SQL'), qr/By SQL.*Deleted .* by another program.*action="\/settings\/events\/$other\/restore"/s, 'a deleted one, with the way back');
like(page($ana, '/settings/agenda?view=list&q=broken'), qr/Broken there.*It is not here because: Its start cannot be read\..*action="\/settings\/asides\/$dead\/retry"/s, 'what was set aside, with the reason');
like(page($mia, '/settings/agenda?view=list&q=e'), qr/Not found/, 'others find nothing');
like(page($ana, '/settings/agenda?view=list&q=zzzz'), qr/Not found.*Look at the connections/s, 'what is nowhere is said');

# ---- the histories of an event ----
$db->sql("UPDATE event SET calendar_id = $second WHERE id = $gone");
$db->sql("INSERT INTO dead_letter (org_id, binding_id, item_key, event_id, title, reason, tries, created_at)"
	. " VALUES ($org, $binding, UNHEX(SHA2('event:$gone', 256)), $gone, 'Gone there', 'The server refuses it.', 4, now(6))");
$text = page($ana, "/settings/events/$gone");
like($text, qr/Where it is.*Radicale.*Work.*Set aside: The server refuses it\./s, 'where it is, and why not');
my ($retry) = $text =~ m{action="(/settings/asides/\d+/retry\?back=$gone)"};
ok($retry, 'Retry is one press');
like($text, qr/What syncs did with it.*Deleted here.*It was deleted there\./s, 'what runs did, and why');
is($mia->post($retry)->{status}, 404, 'not by others');
my $r = $ana->post($retry);
like($r->{headers}{location} // '', qr{^/settings/events/$gone\?notice=retrying}, 'tried again, and back at the event');
ok(one("SELECT next_try_at <= now(6) FROM dead_letter WHERE event_id = $gone"), 'it is due now');
like(page($ana, "/settings/events/$dentist"), qr/Waits to be sent since/, 'what waits says so');

# ---- deleted before its calendar was shared: nobody else's ----
my $both = $w->browser;
$both->sign_in('both@ab.example');
$both->post('/login/org', { org => $org, next => '' });
my $third = do { $ana->post('/settings/agenda/calendars', { name => 'Third' }); one('SELECT MAX(id) FROM calendar') };
my $lawyer = add(summary => 'Lawyer', calendar => $third);
my $visits = add(summary => 'Visits', calendar => $third, repeat => 'weekly', mo => 1, count => 6);
$w->dates;
is(remove($lawyer), 303, 'deleted while private');
is(remove($visits, date => '20270208T090000'), 303, 'and a date');
my $visit = one("SELECT id FROM event_removal WHERE event_id = $visits");
$ana->post("/settings/agenda/calendars/$third", { shared => 1 });
for (['a member', $mia], ['an admin', $both]) {
	my ($who, $b) = @$_;
	like(page($b, "/settings/events/$visits"), qr/Visits/, "$who sees what is shared");
	unlike(page($b, $_), qr/Lawyer(?!["&])|one date/i, "$who: nothing on $_")
		for '/settings/agenda/deleted', '/settings/agenda?view=list&q=lawyer', "/settings/events/$lawyer", "/settings/events/$lawyer/deleted";
	is($b->post("/settings/events/$lawyer/restore")->{status}, 404, "$who does not restore it");
	is($b->post("/settings/agenda/deleted/$visit/restore")->{status}, 404, "$who does not restore the date");
}
my $shared = add(summary => 'Offsite', calendar => $third);
is($both->post("/settings/events/$shared/delete", { rev => one("SELECT rev FROM event WHERE id = $shared"), date => '' })->{status}, 303, 'an admin deletes what is shared');
like(page($both, '/settings/agenda/deleted'), qr/<b>Offsite/, 'and finds it again');
unlike(page($mia, '/settings/agenda/deleted'), qr/<b>Offsite/, 'a member who may not restore it does not');
is($both->post("/settings/events/$shared/restore")->{status}, 303, 'and brings it back');
is($ana->post("/settings/events/$lawyer/restore")->{status}, 303, 'the owner brings back the own');

# ---- what is in a colleague's calendar is not taken into a private one ----
my $own = do { $both->post('/settings/agenda/calendars', { name => 'Of an admin' }); one('SELECT MAX(id) FROM calendar') };
my $take = sub { $both->post("/settings/events/$shared", { %new, summary => 'Offsite', date => '', end_day => '2027-02-01', calendar => $own, rev => one("SELECT rev FROM event WHERE id = $shared") }) };
my $refused = $take->();
is($refused->{status}, 422, 'not by an admin');
like(decode_utf8($refused->{content}), qr/can be moved to a shared calendar only/, 'which is said');
is(one("SELECT calendar_id FROM event WHERE id = $shared"), $third, 'it stays');
$both->post("/settings/agenda/calendars/$own", { shared => 1 });
is($take->()->{status}, 303, 'into a shared one it moves');
is(one("SELECT calendar_id FROM event WHERE id = $shared"), $own, 'and its owner still sees it');

# ---- what is searched is no pattern ----
add(summary => $_) for 'Half 50% off', 'a_b', 'a|b', 'back\\slash';
like(page($ana, '/settings/agenda?view=list&q=' . WebTest::Browser::escape($_->[0])), $_->[1], "found: $_->[0]")
	for ['50%', qr/Half 50%/], ['a_b', qr/>a_b</], ['a|b', qr/>a\|b</], ['k\\s', qr/>back\\slash</], ['back\\', qr/>back\\slash</];
unlike(page($ana, '/settings/agenda?view=list&q=' . WebTest::Browser::escape($_->[0])), $_->[1], "not found: $_->[0]")
	for ['%', qr/>Team</], ['_', qr/>Team</], ['a_', qr/>a\|b</], ['L%y', qr/Lawyer</];
done_testing;
