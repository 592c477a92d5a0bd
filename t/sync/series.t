#!/usr/bin/perl
# "This and following" against a real Radicale: one object becomes two, every
# date once, and both go on being kept in step both ways.
use strict;
use warnings;
use DbTest;
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;

my $bin = DbTest::build();
my $radicale = Radicale->start(anna => 'secret');
$radicale->calendar('anna', 'work', 'Work');
my $db = DbTest->new(conf_lines => { net => ['allow_origins = ' . $radicale->url] });
$ENV{HAWSER_CONF} = $db->conf;
sub hawser { my (@args) = @_; $db->hawser(@args) == 0 or die "hawser @args: $db->{err}"; return $db->{out} }
sub json { return decode_json(hawser(@_, '--json')) }
sub sync { is system("$bin/hawser-sync --once 2>>$db->{dir}/sync.log"), 0, $_[0] }
sub there { return { map { $_ => $radicale->get('anna', $_)->{content} } map { m{^/} ? $_ : "/anna/work/$_" } grep { /\.ics$/ } $radicale->list('anna', '/anna/work/') } }
sub with { my ($objects, $re) = @_; return grep { $objects->{$_} =~ $re } sort keys %$objects }

hawser('org', 'add', 'One');
hawser(\'pass-word-1', 'user', 'add', 'anna@example.org', '--org', 'One', '--role', 'owner', '--password-stdin');
hawser(\'secret', 'connection', 'add', 'caldav', '--user', 'anna@example.org', '--url', $radicale->url, '--login', 'anna', '--password-stdin');
my ($connection) = map { $_->{id} } @{ json('connection', 'list') };
hawser('collection', 'select', json('collection', 'list', $connection)->[0]{id});
my ($calendar) = map { $_->{id} } @{ json('calendar', 'list') };
open my $ics, '>', "$db->{dir}/team.ics" or die $!;
print $ics join("\r\n", 'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN',
	'BEGIN:VEVENT', 'UID:team', 'DTSTAMP:20260101T000000Z', 'DTSTART;TZID=Europe/Berlin:20270104T110000', 'DTEND;TZID=Europe/Berlin:20270104T120000',
	'RRULE:FREQ=WEEKLY;COUNT=8', 'EXDATE;TZID=Europe/Berlin:20270111T110000,20270208T110000', 'SUMMARY:Team', 'X-OURS:kept', 'END:VEVENT',
	'BEGIN:VEVENT', 'UID:team', 'DTSTAMP:20260101T000000Z', 'RECURRENCE-ID;TZID=Europe/Berlin:20270201T110000',
	'DTSTART;TZID=Europe/Berlin:20270202T150000', 'DTEND;TZID=Europe/Berlin:20270202T160000', 'SUMMARY:Team\, Tuesday', 'END:VEVENT',
	'END:VCALENDAR', '');
close $ics or die $!;
hawser('event', 'import', "$db->{dir}/team.ics", '--org', 'One');
sync('a series goes there');
is scalar(keys %{ there() }), 1, 'one object';
my ($event) = @{ json('event', 'list') };
ok $event, 'it is here';

# ---- cut: title and place change from the fourth date on ----
my $new = json('event', 'edit', $event->{id}, '--occurrence', '20270125T110000', '--following', '--place', 'Room 9');
isnt $new->{id}, $event->{id}, 'an event of its own';
is $db->hawser('event', 'edit', $event->{id}, '--occurrence', '20270208T110000', '--following', '--place', 'x'), 1, 'what is cancelled is no date to cut at';
sync('it is sent');
my $there = there();
is scalar keys %$there, 2, 'two objects';
my ($first) = with($there, qr/UID:team\r/);
my ($second) = grep { $_ ne $first } keys %$there;
like $there->{$first}, qr/RRULE:FREQ=WEEKLY;UNTIL=20270124T225959Z/, 'the first ends the day before';
like $there->{$first}, qr/EXDATE[^\r]*:20270111T110000\r/, 'with its cancelled date';
unlike $there->{$first}, qr/20270208|20270201/, 'and none of the others';
like $there->{$second}, qr/RRULE:FREQ=WEEKLY;COUNT=5\r/, 'the second has what is left of the count';
like $there->{$second}, qr/DTSTART;TZID=Europe\/Berlin:20270125T110000/, 'begins there';
like $there->{$second}, qr/EXDATE[^\r]*:20270208T110000\r/, 'with the other cancelled date';
like $there->{$second}, qr/RECURRENCE-ID[^\r]*:20270201T110000\r/, 'and the changed one';
like $there->{$second}, qr/LOCATION:Room 9/, 'changed as asked';
like $there->{$second}, qr/X-OURS:kept/, 'what nobody here understands goes along';
my ($uid) = $there->{$second} =~ /UID:([^\r]+)/;
isnt $uid, 'team', 'its UID is fresh';
is_deeply [sort map { $_->{uid} } @{ json('event', 'list') }], [sort 'team', $uid], 'here are the same two';
sync('nothing more is to do');
is_deeply there(), $there, 'nothing is written again';

# ---- each goes on by itself, both ways ----
$radicale->put('anna', $second, $there->{$second} =~ s/LOCATION:Room 9/LOCATION:Room 10/r);
hawser('event', 'edit', $event->{id}, '--title', 'Team, first part');
sync('a change on each side');
is json('event', 'show', $new->{id})->{location} // json('event', 'show', $new->{id})->{place}, 'Room 10', 'from there';
like there()->{$first}, qr/SUMMARY:Team\\, first part/, 'from here';

# ---- this and following, deleted ----
hawser('event', 'remove', $new->{id}, '--occurrence', '20270215T110000', '--following');
sync('the end of the second is deleted');
$there = there();
is scalar keys %$there, 2, 'still two objects: what was deleted was never sent';
like $there->{$second}, qr/UNTIL=20270214T225959Z/, 'the second ends earlier';
my ($gone) = map { $_->[0] } $db->sql("SELECT id FROM event WHERE deleted_at IS NOT NULL");
ok $gone, 'what was deleted is kept';
is scalar(@{[ $db->sql('SELECT 1 FROM pending') ]}), 0, 'nothing waits';

# ---- restored: what was deleted here, one date, and what was deleted there ----
my ($listed) = grep { $_->{id} == $gone } @{ json('event', 'list', '--deleted') };
ok $listed->{by_person}, 'a person deleted it';
hawser('event', 'restore', $gone);
hawser('event', 'remove', $new->{id}, '--occurrence', '20270125T110000');
sync('the rest of the series is back, a date is gone');
$there = there();
is scalar(keys %$there), 3, 'it is an object of its own';
like $there->{$second}, qr/EXDATE[^\r]*:20270125T110000\r/, 'the date is cancelled';
hawser('event', 'restore', $new->{id}, '--occurrence', '20270125T110000');
sync('the date is back');
unlike there()->{$second}, qr/20270125T110000\r\nEXDATE|EXDATE[^\r]*:20270125T110000\r/, 'there too';
$radicale->remove('anna', $second);
hawser('connection', 'sync', $connection);
sync('the second is deleted there');
($listed) = grep { $_->{id} == $new->{id} } @{ json('event', 'list', '--deleted') };
ok $listed->{run_id} && !$listed->{by_person}, 'a sync deleted it here';
hawser('event', 'restore', $new->{id});
sync('it is restored');
my ($again) = with(there(), qr/UID:\Q$uid\E\r/);
ok $again, 'and made there again';
sync('and stays');
is scalar(keys %{ there() }), 3, 'once';
is scalar(@{ json('event', 'list') }), 3, 'here too';
$db->stop;
done_testing;
