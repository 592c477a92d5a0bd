#!/usr/bin/perl
# Series at Google over both changes of the clock: born on either
# side, then "this one", moved, cancelled and restored dates, "this and
# following", from either side. After one run each way both sides have the same
# dates, to the second.
use strict;
use warnings;
use GoogleTest;
use JSON::PP qw(decode_json);
use Test::More;
use Time::Local qw(timegm);

my $g = GoogleTest->new;
my ($w, $s, $db) = ($g->{w}, $g->{s}, $g->db);
$ENV{HAWSER_CONF} = $db->conf;
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $id = $g->connect($ana);
my $t = $s->token('anna@example.com', 'calendar');
sub hawser { my (@args) = @_; $db->hawser(@args) == 0 or die "hawser @args: $db->{err}"; return $db->{out} }
sub json { return decode_json(hawser(@_, '--json')) }
sub google { my ($method, $path, $body) = @_; my $r = $s->call($t, $method, "calendars/primary/events$path", $body); die "$method $path: $r->{status} $r->{content}" if $r->{status} >= 300; return $r->{json} }
hawser('collection', 'select', $g->one("SELECT id FROM collection WHERE connection_id = $id AND name = 'anna\@example.com'"));
my ($code, $out) = $g->sync;
my $calendar = $g->one("SELECT calendar_id FROM binding WHERE connection_id = $id");

# zone => first dates of a weekly series whose third is behind the change
my %edges = (
	'Europe/Berlin' => ['2027-03-16', '2027-10-19'], 'Asia/Jerusalem' => ['2027-03-15', '2027-10-19'],
	'America/New_York' => ['2027-03-02', '2027-10-26'], 'Australia/Lord_Howe' => ['2027-03-23', '2027-09-21'],
);
# The half hour of Lord Howe and one of the usual; all four with HAWSER_FULL=yes.
delete @edges{'Asia/Jerusalem', 'America/New_York'} if ($ENV{HAWSER_FULL} // '') ne 'yes';
sub day { my ($from, $days) = @_; my ($y, $m, $d) = split /-/, $from; my @t = gmtime(timegm(0, 0, 12, $d, $m - 1, $y) + $days * 86400); return sprintf '%04d-%02d-%02d', $t[5] + 1900, $t[4] + 1, $t[3] }
sub key { return day(@_) =~ s/-//gr . 'T093000' }
my @series;
for my $zone (sort keys %edges) {
	for my $n (0, 1) {
		my $at = { zone => $zone, first => $edges{$zone}[$n], title => "$zone $n", born => $n ? 'there' : 'here' };
		push @series, $at;
		if ($n) {
			google(POST => '', { summary => $at->{title}, recurrence => ['RRULE:FREQ=WEEKLY;COUNT=6'], start => { dateTime => "$at->{first}T09:30:00", timeZone => $zone }, end => { dateTime => "$at->{first}T10:15:00", timeZone => $zone } });
		} else {
			json('event', 'add', '--org', 'A', '--calendar', $calendar, '--title', $at->{title}, '--start', "$at->{first}T09:30", '--end', "$at->{first}T10:15", '--zone', $zone, '--repeat', 'weekly', '--count', 6);
		}
	}
}
sub here {
	return sort map { $_->[0] } $db->sql("SELECT CONCAT(UNIX_TIMESTAMP(i.starts_at), ' ', COALESCE(o.summary, e.summary), ' ', COALESCE(o.location, e.location, '')) FROM hawser.event_instance i
		JOIN hawser.event e ON e.org_id = i.org_id AND e.id = i.event_id LEFT JOIN hawser.event_override o ON o.org_id = i.org_id AND o.event_id = i.event_id AND o.recurrence_id = i.recurrence_id
		WHERE e.calendar_id = $calendar AND e.deleted_at IS NULL");
}
sub epoch { my ($t) = @_; $t =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)(?:Z|([+-])(\d\d):(\d\d))$/ or die $t; return timegm($6, $5, $4, $3, $2 - 1, $1) - (defined $7 ? ($7 eq '-' ? -1 : 1) * ($8 * 3600 + $9 * 60) : 0) }
sub there { return sort map { epoch($_->{start}{dateTime}) . " $_->{summary} " . ($_->{location} // '') } @{ google(GET => '?singleEvents=true&maxResults=2500')->{items} } }
sub agree {
	my ($name, $want) = @_;
	for my $run (1, 2) { my ($code, $out) = $g->sync; is $code, 0, "$name: run $run" or diag $out; $db->sql('UPDATE job SET due = now(6) WHERE kind = 1') }
	my @here = map { s/\.0+//r } here();
	is_deeply \@here, [there()], "$name: both sides have the same dates" or diag join "\n", 'here', here(), 'there', there();
	is scalar @here, $want * @series, "$name: $want of each";
	is $g->one('SELECT COUNT(*) FROM dead_letter'), 0, "$name: nothing was set aside" or diag $g->one('SELECT GROUP_CONCAT(reason) FROM dead_letter');
}
agree('born', 6);

sub event { my ($at) = @_; return $g->one("SELECT id FROM event WHERE summary = '$at->{title}' AND deleted_at IS NULL ORDER BY id LIMIT 1") }
sub master { my ($at) = @_; my ($e) = grep { ($_->{summary} // '') eq $at->{title} && $_->{recurrence} } @{ google(GET => '?maxResults=2500')->{items} }; return $e }
sub instance { my ($at, $nth) = @_; my $m = master($at); my ($i) = grep { $_->{originalStartTime}{dateTime} =~ /^\Q@{[day($at->{first}, 7 * $nth)]}\E/ } @{ google(GET => "/$m->{id}/instances?showDeleted=true")->{items} }; return $i->{id} // die "no date $nth of $at->{title}" }

for my $at (@series) {
	hawser('event', 'edit', event($at), '--occurrence', key($at->{first}, 7), '--title', "$at->{title}, second", '--place', 'Room 2');
	hawser('event', 'remove', event($at), '--occurrence', key($at->{first}, 14));
}
agree('this one, changed and cancelled here', 5);
for my $at (@series) {
	my $fourth = day($at->{first}, 21);
	google(PATCH => '/' . instance($at, 3), { start => { dateTime => "${fourth}T11:00:00", timeZone => $at->{zone} }, end => { dateTime => "${fourth}T11:45:00", timeZone => $at->{zone} } });
	google(DELETE => '/' . instance($at, 4));
}
agree('moved and cancelled there', 4);
hawser('event', 'restore', event($_), '--occurrence', key($_->{first}, 14)) for @series;
agree('restored here', 5);
google(PATCH => '/' . instance($_, 4), { status => 'confirmed' }) for @series;
agree('restored there', 6);
hawser('event', 'edit', event($_), '--occurrence', key($_->{first}, 28), '--following', '--place', 'Room 9') for @series;
agree('this and following, here', 6);
for my $at (@series) {
	my $m = master($at);
	my ($y, $mo, $d) = split /-/, day($at->{first}, 6);
	google(PATCH => "/$m->{id}", { recurrence => ["RRULE:FREQ=WEEKLY;UNTIL=$y$mo${d}T235959Z"] });
	my $second = day($at->{first}, 7);
	google(POST => '', { summary => "$at->{title} from there", recurrence => ['RRULE:FREQ=WEEKLY;COUNT=2'], start => { dateTime => "${second}T16:00:00", timeZone => $at->{zone} }, end => { dateTime => "${second}T17:00:00", timeZone => $at->{zone} } });
}
# One is left of the first part, and the two dates that had been touched, which
# whoever cuts there has left; two of ours from the cut before, two of theirs.
agree('this and following, there', 1 + 2 + 2 + 2);
is scalar(grep { $_->{could_mail} && $_->{by} eq 'api' && $_->{send_updates} ne 'none' } $s->ledger), 0, 'nothing could mail';
done_testing;
