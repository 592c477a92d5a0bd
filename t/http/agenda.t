#!/usr/bin/perl
# Agenda and events as a person meets them, without JavaScript: a month and a
# list, made, changed, deleted, one date of a series, two tabs, bad input, and
# what others of the organisation see.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use Test::More;
use WebTest;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $w = WebTest->new;
my $db = $w->db;
my ($ana, $mia, $ben, $both) = map { my $b = $w->browser; $b->sign_in($_); $b }
	qw(ana@a.example mia@a.example ben@b.example both@ab.example);
my ($org) = map { $_->[0] } $db->sql("SELECT id FROM org WHERE name = 'A'");

sub page {
	my ($b, $path) = @_;
	my $r = $b->get($path);
	return decode_utf8($r->{content});
}
sub calendar {
	my ($name, $email, $shared) = @_;
	$db->sql("INSERT INTO calendar (org_id, user_id, name, color, shared, created_at)"
		. " SELECT $org, id, '$name', '#336699', $shared, now(6) FROM user WHERE email = '$email'");
	return one("SELECT MAX(id) FROM calendar");
}
sub one { return $db->one($_[0]) }

# ---- nothing yet ----
like(page($ana, '/settings/agenda'), qr/No calendar yet/, 'an empty agenda is a beginning');
like(page($ana, '/settings/events/new'), qr/There is no calendar yet/, 'no event without a calendar');

my $private = calendar('Mine', 'ana@a.example', 0);
my $shared = calendar('Team', 'ana@a.example', 1);
$db->sql("UPDATE user SET time_zone = 'Europe/Berlin'");

# ---- made ----
my ($form) = page($ana, '/settings/events/new') =~ /(<form class="panel.*?<\/form>)/s;
my %sent = ((map { /name="([a-z_]+)" value="([^"]*)"/ ? ($1 => $2) : () } grep { !/checkbox/ } $form =~ /<input[^>]*>/g), zone => 'Europe/Berlin', repeat => 'none',
	($form =~ /name="calendar".*?<option value="(\d+)"/s ? (calendar => $1) : ()));
delete $sent{csrf};
is($ana->post('/settings/events', { %sent, summary => 'As it came' })->{status}, 303, 'the form, sent as it came, is taken');
is($ana->post('/settings/events', { %sent, rev => 'x' })->{status}, 422, 'one with a strange hidden field is not');
like(decode_utf8($ana->post('/settings/events', { %sent, rev => 'x' })->{content}), qr/not as we made it/, 'and says so');
$db->sql("UPDATE event SET deleted_at = now(6)");
$db->sql("DELETE FROM event_instance");
my %new = (summary => 'Dentist', location => 'High Street', description => "Bring\nthe card", calendar => $private,
	start_day => '2026-11-24', start_time => '09:30', end_day => '', end_time => '10:15', zone => 'Europe/Berlin',
	repeat => 'none', interval => '', until => '', count => '');
my $r = $ana->post('/settings/events', \%new);
is($r->{status}, 303, 'saved');
my ($id) = $r->{headers}{location} =~ m{^/settings/events/(\d+)\?notice=saved$};
ok($id, 'and shown');
my $text = page($ana, "/settings/events/$id");
like($text, qr{<h1>Dentist</h1>}, 'its title');
like($text, qr/Tuesday 24 November 2026, 09:30 to 10:15/, 'its time in words');
like($text, qr/Only here/, 'its state in words');
$text = page($ana, '/settings/agenda?month=2026-11');
like($text, qr{<b class="num">09:30</b> Dentist}, 'it stands in the month');
$text = page($ana, '/settings/agenda?month=2026-11&view=list');
like($text, qr{Tuesday 24 November 2026.*09:30.*Dentist.*Mine.*no badge: both sides agree, or only here}s, 'and in the list');
unlike($text, qr{<span class="badge}, 'without a badge: nothing is to be told');
unlike(page($ana, '/settings/agenda?month=2026-12&view=list'), qr/Dentist/, 'not in another month');
my $year = (gmtime)[5] + 1900;
for my $view ('', '&view=list') {
	like(page($ana, '/settings/agenda?month=' . ($year + 3) . "-12$view"), qr/Repeating events are shown until \w+day \d+ \w+ \d{4}\./, "too far ahead is said$view");
	like(page($ana, '/settings/agenda?month=' . ($year - 3) . "-01$view"), qr/Repeating events are shown from \w+day \d+ \w+ \d{4}\./, "too far back is said$view");
	unlike(page($ana, "/settings/agenda?$view"), qr/Repeating events are shown/, "the month of today says nothing$view");
}
$db->sql("UPDATE user SET time_zone = 'America/New_York' WHERE email = 'ana\@a.example'");
like(page($ana, '/settings/agenda?month=2026-11'), qr{<b class="num">03:30</b> Dentist}, "times are the reader's");
like(page($ana, "/settings/events/$id"), qr/title="[^"]*09:30 to 10:15, Europe\/Berlin"[^>]*>Tuesday 24 November 2026, 03:30/,
	'with the exact time in its own zone behind');
$db->sql("UPDATE user SET time_zone = 'Europe/Berlin'");

# ---- several days, and days without times ----
$r = $ana->post('/settings/events', { %new, summary => 'Fair', all_day => 1, start_day => '2026-11-10', end_day => '2026-11-12',
	start_time => '', end_time => '' });
is($r->{status}, 303, 'whole days');
is(() = page($ana, '/settings/agenda?month=2026-11') =~ /<span class="chip-text" dir="auto">Fair</g, 3, 'on each of its three days');
like(page($ana, '/settings/agenda?month=2026-11&view=list'), qr/All day.*Fair/s, 'and said so');
$ana->post('/settings/events', { %new, summary => "Many $_", start_day => '2026-11-30', start_time => "1$_:00", end_time => '' }) for 0 .. 5;
like(page($ana, '/settings/agenda?month=2026-11'), qr/4 more/, 'a full day says how many more');

# ---- changed, two tabs ----
$text = page($ana, "/settings/events/$id/edit");
like($text, qr/name="summary" value="Dentist"/, 'the form shows what is');
like($text, qr/>\nBring\nthe card<\/textarea>/, 'line breaks too');
my ($rev) = $text =~ /name="rev" value="(\d+)"/;
my %edit = (%new, rev => $rev, date => '', end_day => '2026-11-24');
delete $edit{calendar};
$r = $ana->post("/settings/events/$id", { %edit, summary => 'Dentist, first tab' });
is($r->{status}, 303, 'the first tab saves');
$r = $ana->post("/settings/events/$id", { %edit, summary => 'Second <b>tab</b>' });
is($r->{status}, 422, 'the second does not overwrite it');
$text = decode_utf8($r->{content});
like($text, qr/changed meanwhile/, 'is told');
like($text, qr/value="Second &lt;b&gt;tab&lt;\/b&gt;"/, 'and keeps what was typed');
is(one("SELECT summary FROM event WHERE id = $id"), 'Dentist, first tab', 'the row is the first one');

# ---- bad input ----
my @bad = (
	[{ start_day => '' }, qr/Start/], [{ start_day => '2026-02-30' }, qr/a day that exists/],
	[{ start_time => '' }, qr/Start time is missing/], [{ end_time => '08:00' }, qr/before the start/],
	[{ zone => 'Mars/Base' }, qr/Mars\/Base.*not known/], [{ repeat => 'hourly' }, qr/choose one from the list/],
	[{ repeat => 'weekly', we => 1 }, qr/starts on a Tuesday/], [{ repeat => 'daily', until => '2026-11-01' }, qr/before the first/],
	[{ repeat => 'daily', until => '2026-12-01', count => 3 }, qr/leave one of them empty/],
	[{ interval => 'x' }, qr/whole number/], [{ summary => 'x' x 501 }, qr/Title/], [{ foreign => 1 }, qr/./],
);
my $before = one('SELECT COUNT(*) FROM event');
for my $bad (@bad) {
	my ($with, $says) = @$bad;
	my $what = join ', ', map { "$_ = " . substr $with->{$_}, 0, 20 } sort keys %$with;
	$r = $ana->post('/settings/events', { %new, %$with });
	is($r->{status}, 422, "refused: $what");
	like(decode_utf8($r->{content}), $says, 'with a sentence');
	like(decode_utf8($r->{content}), qr/value="High Street"/, 'what was typed is kept') if !$with->{foreign};
}
is(one('SELECT COUNT(*) FROM event'), $before, 'nothing was written');

# ---- a series and one date of it ----
$r = $ana->post('/settings/events', { %new, summary => 'Standup', start_day => '2027-02-01', start_time => '09:00', end_time => '09:15',
	repeat => 'weekly', mo => 1, count => 4, calendar => $shared });
is($r->{status}, 303, 'a series');
my ($sid) = $r->{headers}{location} =~ m{events/(\d+)};
my $second = '20270208T090000';
is($ana->get("/settings/events/$sid?date=$second")->{status}, 409, 'its dates are still being worked out');
$w->dates;
$text = page($ana, "/settings/events/$sid?date=$second");
like($text, qr/Monday 8 February 2027, 09:00 to 09:15/, 'its second date');
like($text, qr/Every week/, 'says that it repeats');
like($text, qr{/settings/events/$sid/edit\?date=$second"}, 'and can be changed alone');
$text = page($ana, "/settings/events/$sid/edit?date=$second");
unlike($text, qr/name="repeat"/, 'one date has no repetition of its own');
($rev) = $text =~ /name="rev" value="(\d+)"/;
$r = $ana->post("/settings/events/$sid", { %edit, rev => $rev, date => $second, summary => 'Standup, late', start_day => '2027-02-08',
	start_time => '11:00', end_day => '2027-02-08', end_time => '11:15', zone => 'Europe/Berlin' });
is($r->{status}, 303, 'one date is moved');
like(page($ana, '/settings/agenda?month=2027-02'), qr{<b class="num">11:00</b> Standup, late}, 'and seen at once');
is(one("SELECT recurrence FROM event WHERE id = $sid"), 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4', 'the series is as it was');
is(one("SELECT COUNT(*) FROM event_override WHERE event_id = $sid AND recurrence_id = '$second'"), 1, 'one date differs');
$text = page($ana, "/settings/events/$sid/delete?date=$second");
like($text, qr/You can restore it afterwards\..*Only this one.*This one and all following.*The whole series/s, 'deleting asks which, and says what is lost');
($rev) = $text =~ /name="rev" value="(\d+)"/;
$r = $ana->post("/settings/events/$sid/delete", { rev => $rev, date => $second });
is($r->{status}, 303, 'one date is deleted');
like(one("SELECT recurrence FROM event WHERE id = $sid"), qr/EXDATE;TZID=Europe\/Berlin:$second/, 'as an exception');
unlike(page($ana, '/settings/agenda?month=2027-02'), qr/Standup, late/, 'gone from the agenda');
$w->dates;
is($ana->get("/settings/events/$sid?date=$second")->{status}, 404, 'and has no page');
is($ana->get("/settings/events/$sid?date=$_")->{status}, 404, "no such date: $_") for qw(20270209T090000 rubbish);

# ---- deleted and back ----
$text = page($ana, "/settings/events/$id/delete");
($rev) = $text =~ /name="rev" value="(\d+)"/;
$r = $ana->post("/settings/events/$id/delete", { rev => $rev + 5, date => '' });
is($r->{status}, 409, 'not a version that one has not seen');
$r = $ana->follow($ana->post("/settings/events/$id/delete", { rev => $rev, date => '' }));
like(decode_utf8($r->{content}), qr/is deleted.*Restore it/s, 'deleted, with a way back');
is($ana->get("/settings/events/$id")->{status}, 404, 'its page is gone');
$ana->post("/settings/events/$id/restore");
like(page($ana, "/settings/events/$id"), qr/Dentist, first tab/, 'restored');
like(page($ana, '/settings/agenda?month=2026-11'), qr/Dentist, first tab/, 'in the agenda too');

# ---- others ----
for my $path ("/settings/events/$id", "/settings/events/$id/edit", "/settings/events/$id/delete", "/settings/events/$id/deleted") {
	for my $other ([mia => $mia], [ben => $ben], [both => $both]) {
		my $got = $other->[1]->get($path);
		my $none = $other->[1]->get($path =~ s/\b$id\b/999999/r);
		is($got->{status}, 404, "$other->[0]: $path of a private calendar is not there");
		s/request [0-9a-f]+//g, s/name="csrf" value="[^"]+"//g for $got->{content}, $none->{content};
		is($got->{content}, $none->{content}, 'as if it had never been');
	}
}
unlike(page($mia, '/settings/agenda?month=2026-11'), qr/Dentist|Mine/, 'a private calendar is not in the agenda of others');
unlike(page($mia, "/settings/agenda?view=$_&day=2026-11-20"), qr{/settings/events/new}, "$_: nothing to add where one may only read") for qw(month week day list);
like(page($ana, "/settings/agenda?view=$_&day=2026-11-20"), qr{/settings/events/new}, "$_: else there is") for qw(month week day list);
like(page($mia, "/settings/events/$sid?date=20270201T090000"), qr/Standup.*shared with you to be read/s, 'a shared one is, to be read');
is($mia->get("/settings/events/$sid/edit")->{status}, 403, 'not to be changed');
my $sums = one("SELECT GROUP_CONCAT(rev, deleted_at IS NULL ORDER BY id) FROM event");
for my $other ($mia, $ben) {
	$other->post("/settings/events/$_", { %edit, rev => '', summary => 'Stolen' }) for $id, $sid;
	$other->post("/settings/events/$_/delete", { rev => one("SELECT rev FROM event WHERE id = $_"), date => '' }) for $id, $sid;
	$other->post('/settings/events', { %new, calendar => $_ }) for $private, $shared;
}
is(one("SELECT GROUP_CONCAT(rev, deleted_at IS NULL ORDER BY id) FROM event"), $sums, 'others changed nothing');
$both->post('/login/org', { org => $org, next => '' });
$r = $both->post("/settings/events/$sid", { %edit, rev => one("SELECT rev FROM event WHERE id = $sid"), date => '', summary => 'By an admin', start_day => '2027-02-01', start_time => '09:00',
	end_day => '2027-02-01', end_time => '09:15', repeat => 'weekly', mo => 1, count => 4 });
is($r->{status}, 303, 'an admin changes a shared one');
is($both->get("/settings/events/$id")->{status}, 404, 'but sees no private one');

# ---- what can only be read ----
$db->sql("INSERT INTO connection (org_id, user_id, provider, name, account, login, base_url, state, created_at)"
	. " SELECT $org, id, 'caldav', 'Feed', 'a', 'a', 'https://x.example/', 1, now(6) FROM user WHERE email = 'ana\@a.example'");
$db->sql("INSERT INTO collection (org_id, connection_id, remote_key, remote_id, name, read_only, created_at)"
	. " SELECT org_id, id, UNHEX(SHA2('x', 256)), 'x', 'Feed', 1, now(6) FROM connection WHERE name = 'Feed'");
$db->sql("INSERT INTO binding (org_id, calendar_id, collection_id, connection_id, direction, policy, created_at)"
	. " SELECT org_id, $private, id, connection_id, 2, 1, now(6) FROM collection WHERE name = 'Feed'");
like(page($ana, "/settings/events/$id"), qr/can only be read/, 'an event of a read-only calendar says so');
$r = $ana->post('/settings/events', { %new, summary => 'Into the feed' });
is($r->{status}, 422, 'and takes no new ones');
like(decode_utf8($r->{content}), qr/Choose another calendar/, 'with what to do');
is($ana->post("/settings/events/$id/delete", { rev => 1, date => '' })->{status}, 403, 'nothing is deleted there');

done_testing;
