#!/usr/bin/perl
# Week, day and the switch between the views: what stands where by the reader's
# clock, also over midnight, over several days and when clocks change.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use Test::More;
use WebTest;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $w = WebTest->new;
my $db = $w->db;
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
$db->sql("UPDATE user SET time_zone = 'Europe/Berlin'");
$db->sql("INSERT INTO calendar (org_id, user_id, name, color, created_at) SELECT m.org_id, u.id, 'Mine', '#336699', now(6)"
	. " FROM user u JOIN membership m ON m.user_id = u.id WHERE u.email = 'ana\@a.example'");
my ($calendar) = map { $_->[0] } $db->sql('SELECT id FROM calendar');

sub page { my $r = $ana->get($_[0]); is($r->{status}, 200, $_[0]); return decode_utf8($r->{content}) }
sub add {
	my (%with) = @_;
	my $r = $ana->post('/settings/events', { location => '', description => '', calendar => $calendar, zone => 'Europe/Berlin',
		repeat => 'none', interval => '', until => '', count => '', end_day => '', %with });
	is($r->{status}, 303, "made: $with{summary}");
	return $r->{headers}{location} =~ m{events/(\d+)};
}
# Title => [place, time] of a day's chips; what has no place is of the whole day.
sub day {
	my ($text, $id) = @_;
	my ($section) = $text =~ m{<section class="week-day[^>]*aria-labelledby="$id">(.*?)</section>}s;
	my %on;
	$on{$3} = [$1 // '', $2 // ''] while ($section // '') =~ m{<a class="chip(?: block ([^"]*))?"[^>]*>.*?<span class="chip-text" dir="auto">(?:<b class="num">([^<]*)</b> )?([^<]*)</span>}gs;
	return \%on;
}
sub place { return sprintf 'at-%d aq-%d for-%d fq-%d lane-%d of-%d wide-%d', @_ }

# ---- the switch keeps the day ----
my $text = page('/settings/agenda?view=week&day=2026-11-18');
like($text, qr{<h1>16 to 22 November 2026</h1>}, 'a week from Monday');
for my $view (qw(month week day list)) {
	$text = page("/settings/agenda?view=$view&day=2026-11-18");
	like($text, qr{href="/settings/agenda\?view=$_&amp;day=2026-11-18"}, "$view leads to $_ of the same day") for qw(month week day list);
	like($text, qr{day=2026-11-18" data-key="[mwdl]" aria-current="page">\u$view}, 'and says which one it is');
	like($text, qr{href="/settings/events/new\?day=2026-11-18"}, 'a new event begins on it');
}
like(page('/settings/agenda?view=week&day=2026-12-30'), qr{<h1>28 Dec 2026 to 3 Jan 2027</h1>}, 'over the end of the year');
like(page('/settings/agenda?view=month&day=2026-01-31'), qr{day=2026-02-28" title="Next month"}, 'the month after a long one');
like(page('/settings/agenda?view=day&day=2028-02-29'), qr{<h1>Tue 29 February 2028</h1>}, 'a leap day');
my ($today) = map { $_->[0] } $db->sql("SELECT DATE_FORMAT(CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', '+01:00'), '%Y-%m-%d')");
for my $bad ('2026-02-30', '2026-13-01', 'x', '2026-11-18x', "2026-11-18'", '99999-01-01', '0000-00-00', '2026-11-18%00', '2201-01-01') {
	my $r = $ana->get("/settings/agenda?view=week&day=$bad");
	ok($r->{status} == 400 || decode_utf8($r->{content}) =~ /aria-current="date"/, "no such day, $bad: today, or refused");
}
like(page('/settings/agenda?view=year&day=2026-11-18'), qr{<h1>November 2026</h1>}, 'no such view: the month');

# ---- where things stand ----
add(summary => 'Alone', start_day => '2026-11-18', start_time => '09:30', end_time => '10:15');
add(summary => 'First', start_day => '2026-11-19', start_time => '09:00', end_time => '10:00');
add(summary => 'Second', start_day => '2026-11-19', start_time => '09:30', end_time => '11:00');
add(summary => 'Night', start_day => '2026-11-19', start_time => '22:00', end_day => '2026-11-20', end_time => '01:30');
add(summary => 'Until midnight', start_day => '2026-11-17', start_time => '18:00', end_day => '2026-11-18', end_time => '00:00');
add(summary => 'Trip', start_day => '2026-11-18', start_time => '15:00', end_day => '2026-11-20', end_time => '16:00');
add(summary => 'Fair', all_day => 1, start_day => '2026-11-21', end_day => '2026-11-23', start_time => '', end_time => '');
add(summary => 'A moment', start_day => '2026-11-20', start_time => '12:00', end_time => '12:00');
$text = page('/settings/agenda?view=week&day=2026-11-18');
my %day = map { $_ => day($text, "d-2026-11-$_") } 16 .. 22;
is_deeply($day{16}, {}, 'an empty day');
# Night reaches into the first hour: the grid begins at midnight.
is_deeply($day{18}{Alone}, [place(9, 2, 0, 3, 0, 1, 1), '09:30'], 'by the clock');
is_deeply($day{19}{First}, [place(9, 0, 1, 0, 0, 2, 1), '09:00'], 'two at once');
is_deeply($day{19}{Second}, [place(9, 2, 1, 2, 1, 2, 1), '09:30'], 'beside each other');
is_deeply($day{19}{Night}, [place(22, 0, 2, 0, 0, 1, 1), '22:00'], 'to midnight');
is_deeply($day{20}{Night}, [place(0, 0, 1, 2, 0, 1, 1), 'to 01:30'], 'and from there');
ok(!$day{18}{'Until midnight'}, 'what ends at midnight is not there on the next day');
is_deeply($day{17}{'Until midnight'}, [place(18, 0, 6, 0, 0, 1, 1), '18:00'], 'but on its own to the end');
is_deeply([map { $day{$_}{Trip} } 17 .. 21], [undef, ['', '15:00'], ['', ''], ['', ''], undef], 'more than a day: in the row of whole days');
is_deeply([map { $day{$_}{Fair} } 20 .. 22], [undef, ['', ''], ['', '']], 'whole days too');
is_deeply($day{20}{'A moment'}, [place(12, 0, 0, 2, 0, 1, 1), '12:00'], 'a moment is high enough to read');
like($text, qr/Times in Europe\/Berlin\./, 'the zone is told');
$text = page('/settings/agenda?view=week&day=2026-11-10');
like($text, qr{<li class="num">07:00</li>}, 'without such events from the morning');
unlike($text, qr{<li class="num">06:00</li>}, 'not the night');
like(page('/settings/agenda?view=week&day=2026-11-10&hours=all'), qr{<li class="num">00:00</li>.*<li class="num">23:00</li>}s, 'unless asked for');
like($text, qr{href="/settings/events/new\?day=2026-11-10&amp;time=09:00"}, 'an empty hour makes an event there');
like(page('/settings/events/new?day=2026-11-10&time=14:00'), qr/name="start_time" value="14:00".*name="end_time" value="15:00"/s, 'which begins then');
like(page('/settings/events/new?day=2026-11-10&time=23:30'), qr/name="start_time" value="23:30".*name="end_day" value="2026-11-11".*name="end_time" value="00:30"/s, 'also late at night');
like(page("/settings/events/new?day=2026-11-10&time=$_"), qr/name="start_time" value="09:00"/, "no such time: $_") for '25:00', 'x', '9', '09:0';
my @day = page('/settings/agenda?view=day&day=2026-11-19') =~ /<section class="week-day/g;
is(@day, 1, 'a day alone');

# ---- eight at once: six beside each other, the rest is told ----
add(summary => "Many $_", start_day => '2026-12-01', start_time => '10:00', end_time => '11:00') for 1 .. 8;
$text = page('/settings/agenda?view=week&day=2026-12-01');
like($text, qr{<a class="more" href="/settings/agenda\?view=day&amp;day=2026-12-01">2 more at once</a>}, 'too many at once is said');

# ---- clocks change ----
add(summary => 'Through the gap', start_day => '2026-03-29', start_time => '01:30', end_time => '03:30');
add(summary => 'Through the fold', start_day => '2026-10-25', start_time => '01:30', end_time => '03:30');
$text = page('/settings/agenda?view=week&day=2026-03-29');
like($text, qr/Clocks go forward 60 minutes/, 'the short day says so');
is_deeply(day($text, 'd-2026-03-29')->{'Through the gap'}, [place(0, 2, 2, 0, 0, 1, 1), '01:30'], 'by the clock, although it lasts an hour');
$text = page('/settings/agenda?view=week&day=2026-10-25');
like($text, qr/Clocks go back 60 minutes/, 'the long day too');
is_deeply(day($text, 'd-2026-10-25')->{'Through the fold'}, [place(0, 2, 3, 0, 0, 1, 1), '01:30'], 'as long as it lasts');
unlike(page('/settings/agenda?view=week&day=2026-10-20'), qr/Clocks go back.*d-2026-10-24/s, 'other days do not');
# The same instants elsewhere: the day is another one.
$db->sql("UPDATE user SET time_zone = 'Pacific/Auckland'");
$text = page('/settings/agenda?view=week&day=2026-11-20');
is_deeply(day($text, 'd-2026-11-20')->{Night}, [place(10, 0, 3, 2, 0, 1, 1), '10:00'], "the reader's clock decides");
done_testing;
