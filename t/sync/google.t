#!/usr/bin/perl
# Google Calendar both ways, against the sandbox: first listing, delta, series
# with their exceptions, writes that arrive once and mail nobody, tokens that
# run out, cursors that are lost.
use strict;
use warnings;
use GoogleTest;
use JSON::PP;
use Test::More;

my $g = GoogleTest->new(conf => { sync => ['guard_min_deletes = 10'] });
my ($w, $s) = ($g->{w}, $g->{s});
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $id = $g->connect($ana);
my $t = $s->token('anna@example.com', 'calendar');
sub titles { return $g->one("SELECT COALESCE(GROUP_CONCAT(summary ORDER BY summary SEPARATOR ' | '), '') FROM event WHERE deleted_at IS NULL") }
sub sync_now { my ($code, $out) = $g->sync('--connection', $id, @_); return "$code $out" }
sub put { my ($method, $path, $body, %h) = @_; my $r = $s->call($t, $method, $path, $body, %h); die "$method $path: $r->{status} $r->{content}" if $r->{status} >= 300; return $r->{json} }
sub hawser { my $code = $g->db->hawser(@_); die "hawser @_: $g->{w}{db}{err}$g->{w}{db}{out}" if $code; return $g->db->{out} }
my $cal = 'calendars/primary/events';

# ---- first listing ----
put(POST => $cal, { summary => "Event $_", start => { dateTime => sprintf('2026-12-%02dT10:00:00+01:00', $_), timeZone => 'Europe/Berlin' },
	end => { dateTime => sprintf('2026-12-%02dT11:00:00+01:00', $_), timeZone => 'Europe/Berlin' } }) for 1 .. 5;
put(POST => $cal, { summary => 'Day', start => { date => '2026-12-24' }, end => { date => '2026-12-25' } });
my $series = put(POST => $cal, { summary => 'Weekly', recurrence => ['RRULE:FREQ=WEEKLY;COUNT=6'],
	start => { dateTime => '2026-12-02T09:00:00', timeZone => 'Europe/Berlin' }, end => { dateTime => '2026-12-02T09:30:00', timeZone => 'Europe/Berlin' } });
my $list = put(GET => "$cal/$series->{id}/instances");
my @at = map { $_->{id} } @{ $list->{items} };
put(PATCH => "$cal/$at[1]", { summary => 'Weekly, moved', start => { dateTime => '2026-12-09T14:00:00+01:00' }, end => { dateTime => '2026-12-09T14:30:00+01:00' } });
put(DELETE => "$cal/$at[2]");
my ($collection) = $g->one("SELECT id FROM collection WHERE connection_id = $id AND name = 'anna\@example.com'");
hawser('collection', 'select', $collection);
like sync_now(), qr/^0 done: 7 in, 0 out/, 'the first listing';
is titles(), 'Day | Event 1 | Event 2 | Event 3 | Event 4 | Event 5 | Weekly', 'all of it';
is $g->one("SELECT COUNT(*) FROM event_override"), 1, 'with the changed date';
like $g->one("SELECT recurrence FROM event WHERE summary = 'Weekly'"), qr/EXDATE/, 'and without the cancelled one';
$s->control('requests/reset');
like sync_now(), qr/^0 done: 0 in, 0 out/, 'nothing changed';
is_deeply $s->requests->{requests}, { 'events.list' => 1 }, 'one request' or diag explain $s->requests;

# ---- a change there ----
my ($one) = grep { ($_->{summary} // '') eq 'Event 1' } @{ put(GET => $cal)->{items} };
put(PATCH => "$cal/$one->{id}", { summary => 'Event one', colorId => '5', attendees => [{ email => 'guest@example.com' }] });
$s->control('requests/reset');
like sync_now(), qr/^0 done: 1 in, 0 out/, 'a change there comes here';
is_deeply $s->requests->{requests}, { 'events.list' => 1 }, 'by one request' or diag explain $s->requests;
like titles(), qr/Event one/, 'as it is there';
put(DELETE => "$cal/" . (grep { ($_->{summary} // '') eq 'Event 5' } @{ put(GET => $cal)->{items} })[0]{id});
like sync_now(), qr/^0 done: 1 in, 0 out/, 'a deleted one goes';
put(PATCH => "$cal/$at[3]", { summary => 'Weekly, fourth' });
$s->control('requests/reset');
like sync_now(), qr/^0 done: 1 in, 0 out/, 'a changed date of the series';
my $n = 0;
$n += $_ for values %{ $s->requests->{requests} };
cmp_ok $n, '<=', 3, 'at most three requests' or diag explain $s->requests;
is $g->one('SELECT COUNT(*) FROM event_override'), 2, 'is a date of the series here';

# ---- a change here ----
sub event { return $g->one("SELECT id FROM event WHERE summary = '$_[0]' AND deleted_at IS NULL") }
sub there { my ($title) = @_; return (grep { ($_->{summary} // '') eq $title } @{ put(GET => "$cal?maxResults=2500")->{items} })[0] }
my $before = $s->ledger;
$g->db->sql("UPDATE event SET summary = 'Event one, from here', location = 'Room 5' WHERE id = " . event('Event one'));
$s->control('requests/reset');
like sync_now(), qr/^0 done: 0 in, 1 out/, 'a change here goes there';
my $there = there('Event one, from here');
is $there->{location}, 'Room 5', 'with its fields';
is $there->{colorId}, '5', 'what we do not know is as it was';
is $there->{attendees}[0]{email}, 'guest@example.com', 'guests, too';
$n = 0;
$n += $_ for values %{ $s->requests->{requests} };
cmp_ok $n, '<=', 3 + 1, 'at most three requests' or diag explain $s->requests;
like sync_now(), qr/^0 done: 0 in, 0 out/, 'and it does not come back';
my @ours = grep { $_->{by} eq 'api' } $s->ledger;
is scalar(grep { $_->{could_mail} && $_->{seq} > $before } @ours), 0, 'nothing we wrote could mail a guest';

my $org_calendar = $g->one("SELECT calendar_id FROM binding WHERE connection_id = $id");
open my $f, '>', $w->dir . '/new.ics' or die $!;
print $f join "\r\n", qw(BEGIN:VCALENDAR VERSION:2.0), 'PRODID:-//t//t//EN', map({ ('BEGIN:VEVENT', "UID:new-$_\@a.example", "SUMMARY:New $_", "DTSTART;TZID=Europe/Berlin:202612${_}T120000",
	"DTEND;TZID=Europe/Berlin:202612${_}T130000", 'END:VEVENT') } 10 .. 29), 'END:VCALENDAR', '';
close $f;
hawser('event', 'import', $w->dir . '/new.ics', '--org', 'A', '--collection', $collection);
$s->control('requests/reset');
like sync_now(), qr/^0 done: 0 in, 20 out/, 'twenty new ones go there';
cmp_ok $s->requests->{requests}{batch} // 0, '<=', 2, 'in two batches' or diag explain $s->requests;
is scalar(grep { ($_->{summary} // '') =~ /^New/ } @{ put(GET => "$cal?maxResults=2500")->{items} }), 20, 'each once';
like sync_now(), qr/^0 done: 0 in, 0 out/, 'and nothing comes back';
$g->db->sql("UPDATE event SET deleted_at = now(6) WHERE id = " . event('New 10'));
like sync_now(), qr/^0 done: 0 in, 1 out/, 'one that is deleted here';
is there('New 10'), undef, 'goes there';
hawser('event', 'restore', $g->one("SELECT id FROM event WHERE summary = 'New 10'"));
like sync_now(), qr/^0 done: 0 in, 1 out/, 'restored here';
ok there('New 10'), 'it is there again, although its id was taken';
like sync_now(), qr/^0 done: 0 in, 0 out/, 'and stays';

# ---- both sides ----
put(PATCH => "$cal/" . there('New 11')->{id}, { description => 'from there' });
$g->db->sql("UPDATE event SET location = 'from here' WHERE id = " . event('New 11'));
like sync_now(), qr/^0 done: 1 in, 1 out/, 'both changed, other fields';
is_deeply [@{ there('New 11') }{qw(description location)}], ['from there', 'from here'], 'both stay';

# ---- tokens ----
$s->control(clock => { advance_secs => 4000 });
$t = $s->token('anna@example.com', 'calendar');
$s->control('requests/reset');
like sync_now(), qr/^0 done: 0 in, 0 out/, 'an access token that has run out there is renewed';
is $s->requests->{requests}{token}, 1, 'once';
is $g->one("SELECT generation FROM oauth_grant WHERE connection_id = $id"), 2, 'a generation more';
$g->db->sql("UPDATE oauth_grant SET expires_at = now(6) WHERE connection_id = $id");
like sync_now(), qr/^0 done/, 'ahead of its end, too';
is $g->one("SELECT generation FROM oauth_grant WHERE connection_id = $id"), 3, 'again one';

# ---- a lost cursor ----
$s->control('expire_sync_tokens', { account => 'anna@example.com' });
put(PATCH => "$cal/" . there('New 12')->{id}, { summary => 'New twelve' });
put(DELETE => "$cal/" . there('New 13')->{id});
like sync_now(), qr/^0 done: 2 in, 0 out/, 'a lost cursor lists everything and changes what changed';
like titles(), qr/New twelve/, 'changed';
unlike titles(), qr/New 13/, 'deleted';

# ---- withdrawn ----
$s->control(revoke => { account => 'anna@example.com' });
like sync_now(), qr/needs to be connected again/, 'access that was withdrawn needs its person';
is $g->one("SELECT state FROM connection WHERE id = $id"), 3, 'and says so';
is $g->connect($ana, form => { connection => $id }), $id, 'who gives it again';
like sync_now(), qr/^done: 0 in, 0 out/m, 'it goes on where it stood';

is scalar(grep { $_->{could_mail} && $_->{by} eq 'api' && ($_->{send_updates} // '') ne 'none' && $_->{op} } $s->ledger), 0, 'nothing in all this could mail a guest';
unlike $w->log_text('web.log'), qr/ERROR|Sanitizer/, 'clean';
done_testing;
