#!/usr/bin/perl
# This date, this and following, all: edit and delete of a series on the pages,
# hostile input first.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use Test::More;
use WebTest;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $w = WebTest->new;
my $db = $w->db;
my ($ana, $mia) = map { my $b = $w->browser; $b->sign_in($_); $b } qw(ana@a.example mia@a.example);
$db->sql("UPDATE user SET time_zone = 'Europe/Berlin'");
$db->sql("INSERT INTO calendar (org_id, user_id, name, color, created_at) SELECT m.org_id, u.id, 'Mine', '#336699', now(6)"
	. " FROM user u JOIN membership m ON m.user_id = u.id WHERE u.email = 'ana\@a.example'");
sub one { return $db->one($_[0]) }
my $calendar = one('SELECT id FROM calendar');
sub page { my $r = $ana->get($_[0]); is($r->{status}, 200, $_[0]); return decode_utf8($r->{content}) }
sub fields {	# of the form, as a browser would send them back
	my ($text) = @_;
	my ($form) = $text =~ /(<form class="panel.*?<\/form>)/s;
	my %sent = map { /name="([a-z_]+)" value="([^"]*)"/ ? ($1 => $2) : () } grep { !/checkbox/ } $form =~ /<input[^>]*>/g;
	$sent{$1} = 1 while $form =~ /type="checkbox" name="([a-z_]+)" value="1" checked/g;
	$sent{$1} = $2 while $form =~ /<select id="f-([a-z_]+)".*?<option value="([^"]*)" selected/gs;
	$sent{description} = '';
	delete $sent{csrf};
	return %sent;
}
sub series {
	my ($name) = @_;
	my $r = $ana->post('/settings/events', { summary => $name, location => '', description => '', calendar => $calendar, zone => 'Europe/Berlin',
		start_day => '2027-02-01', start_time => '09:00', end_day => '', end_time => '09:15', repeat => 'weekly', interval => '', mo => 1, until => '', count => 6 });
	my ($id) = $r->{headers}{location} =~ m{events/(\d+)};
	$w->dates;
	return $id;
}
sub state { return join ';', map { join '|', map { $_ // '-' } @$_ } $db->sql('SELECT id, rev, recurrence, deleted_at IS NULL FROM event ORDER BY id') }
my $third = '20270215T090000';

# ---- hostile ----
my $id = series('Standup');
my $was = state();
my %form = fields(page("/settings/events/$id/edit?date=$third&scope=following"));
is($form{scope}, 'following', 'the form knows what it is about');
is($form{count}, 4, 'and what is left of the count');
for my $bad ([{ date => '20270216T090000' }, 404], [{ date => 'x' }, 404], [{ rev => '' }, 422], [{ rev => $form{rev} + 1 }, 422], [{ scope => 'x' x 17 }, 422],
	[{ zone => 'Mars/Base' }, 422], [{ start_day => '2027-02-30' }, 422], [{ repeat => 'hourly' }, 422]) {
	is($ana->post("/settings/events/$id", { %form, %{ $bad->[0] } })->{status}, $bad->[1], 'refused: ' . join ' ', %{ $bad->[0] });
}
is($mia->post("/settings/events/$id", { %form })->{status}, 404, 'nor by others');
is($mia->post("/settings/events/$id/delete", { rev => $form{rev}, date => $third, scope => 'following' })->{status}, 404, 'nor deleted');
is($ana->post("/settings/events/$id/delete", { rev => $form{rev} + 1, date => $third, scope => 'following' })->{status}, 409, 'not a version that one has not seen');
is($ana->post("/settings/events/$id/delete", { rev => $form{rev}, date => 'x', scope => 'following' })->{status}, 404, 'no such date');
is(state(), $was, 'nothing was written');

# ---- this and following, changed ----
my $r = $ana->post("/settings/events/$id", { %form, summary => 'Standup, later', start_time => '10:00', end_time => '10:30' });
is($r->{status}, 303, 'saved');
my ($new) = $r->{headers}{location} =~ m{events/(\d+)\?};
isnt($new, $id, 'it leads to the new series');
is(one("SELECT recurrence FROM event WHERE id = $id"), 'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270214T225959Z', 'the first ends');
is(one("SELECT CONCAT_WS('|', recurrence, summary, start_wall) FROM event WHERE id = $new"), 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4|Standup, later|2027-02-15 10:00:00', 'the second begins');
is(one("SELECT COUNT(*) FROM event_instance WHERE event_id = $id AND recurrence_id >= '$third'"), 0, 'no date stands twice in the agenda');
is(one("SELECT COUNT(*) FROM event_instance WHERE event_id = $new"), 1, 'the first of the new ones stands there at once');
like(page("/settings/events/$new"), qr/Standup, later.*Every week on Monday, 4 times/s, 'and says so');

# ---- at the first date: the whole series ----
$id = series('Whole');
%form = fields(page("/settings/events/$id/edit?date=20270201T090000&scope=following"));
$r = $ana->post("/settings/events/$id", { %form, summary => 'Whole, changed' });
like($r->{headers}{location}, qr{events/$id\?}, 'from the first date on: the same event');
is(one("SELECT CONCAT_WS('|', recurrence, summary) FROM event WHERE id = $id"), 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=6|Whole, changed', 'changed as a whole');

# ---- deleted: three choices ----
$id = series('Deleted');
my $text = page("/settings/events/$id/delete?date=$third");
like($text, qr/name="scope" value="one" checked> Only this one.*value="following"> This one and all following.*value="all"> The whole series/s, 'deleting asks which dates');
my ($rev) = $text =~ /name="rev" value="(\d+)"/;
is($ana->post("/settings/events/$id/delete", { rev => $rev, date => $third, scope => 'following' })->{status}, 303, 'this one and following');
is(one("SELECT CONCAT_WS('|', recurrence, deleted_at IS NULL) FROM event WHERE id = $id"), 'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270214T225959Z|1', 'the series ends before');
is(one("SELECT CONCAT_WS('|', summary, recurrence) FROM event WHERE deleted_at IS NOT NULL"), 'Deleted|RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4', 'what followed is kept');
$rev = one("SELECT rev FROM event WHERE id = $id");
is($ana->post("/settings/events/$id/delete", { rev => $rev, date => '', scope => $_ })->{status}, 400, "no date: $_ is not the whole series") for qw(one following other);
is($ana->get("/settings/events/$id/edit?date=&scope=following")->{status}, 400, 'nor is it when it is edited');
is($ana->post("/settings/events/$id/delete", { rev => $rev, date => '20270208T090000', scope => 'one' })->{status}, 303, 'one');
like(one("SELECT recurrence FROM event WHERE id = $id"), qr/EXDATE;TZID=Europe\/Berlin:20270208T090000/, 'is an exception');
$rev = one("SELECT rev FROM event WHERE id = $id");
is($ana->post("/settings/events/$id/delete", { rev => $rev, date => '20270201T090000', scope => 'all' })->{status}, 303, 'all');
ok(one("SELECT deleted_at FROM event WHERE id = $id"), 'the whole series is deleted');
# ---- the rule has changed, what is written ahead is of the one before ----
$id = series('Moved');
%form = fields(page("/settings/events/$id/edit?date=20270201T090000&scope=all"));
is($ana->post("/settings/events/$id", { %form, start_day => '2027-02-02', end_day => '2027-02-02', mo => '', tu => 1 })->{status}, 303, 'to Tuesdays');
cmp_ok(one("SELECT COUNT(*) FROM event_instance WHERE event_id = $id AND recurrence_id = '$third'"), '>', 0, 'a Monday is still written');
$rev = one("SELECT rev FROM event WHERE id = $id");
%form = fields(page("/settings/events/$id/edit?date=$third"));
like($ana->post("/settings/events/$id", { %form, summary => 'A Monday' })->{status}, qr/^4/, 'but cannot be changed');
like($ana->post("/settings/events/$id/delete", { rev => $rev, date => $third, scope => 'one' })->{status}, qr/^4/, 'nor deleted');
is(one("SELECT CONCAT_WS('|', rev, recurrence) FROM event WHERE id = $id"), "$rev|RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=6", 'the series is as it was');
is(one("SELECT COUNT(*) FROM event_override WHERE event_id = $id"), 0, 'with no date of its own');
is($ana->post("/settings/events/$id", { %form, date => '20270216T090000', summary => 'A Tuesday', start_day => '2027-02-16', end_day => '2027-02-16' })->{status}, 409, 'a date that is not written yet is not there yet');
$w->dates;
is($ana->post("/settings/events/$id", { %form, date => '20270216T090000', summary => 'A Tuesday', start_day => '2027-02-16', end_day => '2027-02-16' })->{status}, 303, 'and is, when it is');
done_testing;
