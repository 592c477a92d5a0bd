# Google Calendar as the sandbox plays it, request by request; each answer is
# held against the discovery document on the way.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Encode ();
use JSON::PP;
use Sandbox;
use Test::More;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $s = Sandbox->start(state => 1);
my $t = $s->token('anna@example.com', 'calendar');
my $E = 'calendars/primary/events';
my $n = 0;

sub ask { my ($method, $path, $body, %headers) = @_; return $s->call($t, $method, $path, $body, %headers) }
sub at { my ($day, $from, $to, %more) = @_; return { start => { dateTime => "2026-12-${day}T$from:00+01:00" }, end => { dateTime => "2026-12-${day}T$to:00+01:00" }, %more } }
sub made { my ($body, $where) = @_; my $r = ask(POST => $where // $E, $body); is($r->{status}, 200, 'inserted') or diag $r->{content}; return $r->{json} }
sub refused { my ($r, $status, $reason, $what) = @_; is("$r->{status} " . ($r->{json}{error}{errors}[0]{reason} // ''), "$status $reason", $what) or diag $r->{content} }
sub arg { my %q = @_; return join '&', map { "$_=" . Sandbox::escape($q{$_}) } sort keys %q }
sub all {		# every page, and the sync token of the last
	my ($path, %q) = @_;
	my (@items, $r, $pages);
	do {
		$r = ask(GET => "$path?" . arg(%q));
		die "$path: $r->{content}" if $r->{status} != 200;
		push @items, @{ $r->{json}{items} };
		$q{pageToken} = $r->{json}{nextPageToken};
		$pages++;
		ok(!($q{pageToken} && $r->{json}{nextSyncToken}), 'one token or the other') if $q{pageToken};
	} while $q{pageToken};
	return (\@items, $r->{json}{nextSyncToken}, $pages);
}
sub ids { return join ' ', map { $_->{id} . ($_->{status} eq 'cancelled' ? '-' : '') } @{ $_[0] } }

# ---- calendars ----
my ($list, $sync, $pages) = all('users/me/calendarList', maxResults => 1);
is_deeply([map { "$_->{id} $_->{accessRole}" } @$list], ['anna@example.com owner', 'family@group.calendar.google.com owner', 'holidays@group.v.calendar.google.com reader'], 'calendars, page by page');
is($pages, 3, 'one at a time');
ok($list->[0]{primary}, 'one is the primary one');
is(ask(GET => 'users/me/calendarList/primary')->{json}{id}, 'anna@example.com', 'primary is a name of it');
is(ask(GET => 'calendars/family%40group.calendar.google.com')->{json}{summary}, 'Family', 'a calendar');
refused(ask(GET => 'calendars/nothing%40example.com'), 404, 'notFound', 'no calendar');
refused(ask(GET => 'calendars/ben%40example.com/events'), 404, 'notFound', 'not shared, not found');
is(@{ (all('users/me/calendarList', minAccessRole => 'writer'))[0] }, 2, 'minAccessRole');
$s->control(calendars => { account => 'anna@example.com', add => { summary => 'Work', time_zone => 'America/New_York' } });
$s->control(calendars => { account => 'anna@example.com', unshare => 'family@group.calendar.google.com' });
($list, my $next) = all('users/me/calendarList', syncToken => $sync);
is(join(' ', sort map { $_->{deleted} ? "-$_->{id}" : $_->{summary} } @$list), '-family@group.calendar.google.com Work', 'what changed among them');
refused(ask(GET => 'users/me/calendarList?' . arg(syncToken => $sync, minAccessRole => 'owner')), 400, 'badRequest', 'minAccessRole does not go with it');
$s->control(calendars => { account => 'anna@example.com', id => 'family@group.calendar.google.com', access_role => 'owner' });

# ---- one event ----
my $e = made({ id => 'abcde12345', summary => 'One', %{ at('01', '10:00', '11:00') }, colorId => '5', location => 'Here', description => '<b>x</b>',
	reminders => { useDefault => $false, overrides => [{ method => 'popup', minutes => 30 }] }, attendees => [{ email => 'x@example.org' }],
	transparency => 'transparent', visibility => 'private', extendedProperties => { private => { a => 'b' }, shared => { c => 'd' } } });
is_deeply([@$e{qw(id status iCalUID sequence eventType)}], ['abcde12345', 'confirmed', 'abcde12345@google.com', 0, 'default'], 'what Google adds');
is_deeply($e->{start}, { dateTime => '2026-12-01T10:00:00+01:00', timeZone => 'Europe/Berlin' }, 'the zone is the calendar\'s');
like($e->{etag}, qr/^"\d+"$/, 'the etag has its quotes');
is_deeply($e->{organizer}, { email => 'anna@example.com', self => $true }, 'organizer');
is($e->{attendees}[0]{responseStatus}, 'needsAction', 'guests have not answered');
refused(ask(POST => $E, { id => 'abcde12345', %{ at('01', '10:00', '11:00') } }), 409, 'duplicate', 'an id twice');
for my $id ('abcd', 'a' x 1025, 'ABCDE', 'wxyz0', 'abc_de') {
	refused(ask(POST => $E, { id => $id, %{ at('01', '10:00', '11:00') } }), 400, 'invalid', 'id ' . substr $id, 0, 8);
}
ok(made({ id => 'v' x 1024, %{ at('01', '10:00', '11:00') } }), 'the longest id');
is(ask(DELETE => "$E/" . 'v' x 1024)->{status}, 204, 'deleted');
refused(ask(GET => "$E/nothing00"), 404, 'notFound', 'no event');
is(ask(GET => "$E/abcde12345?timeZone=Asia/Tokyo")->{json}{start}{dateTime}, '2026-12-01T18:00:00+09:00', 'shown in another zone');

# ---- times ----
my %bad = (
	'no end' => [{ start => { date => '2026-12-01' } }, 'required'], 'no start' => [{ end => { date => '2026-12-01' } }, 'required'],
	'mixed kinds' => [{ start => { date => '2026-12-01' }, end => { dateTime => '2026-12-02T00:00:00Z' } }, 'invalid'],
	'both kinds' => [{ start => { date => '2026-12-01', dateTime => '2026-12-01T00:00:00Z' }, end => { date => '2026-12-02' } }, 'invalid'],
	'end before start' => [at('01', '11:00', '10:00'), 'timeRangeEmpty'],
	'an empty day' => [{ start => { date => '2026-12-01' }, end => { date => '2026-12-01' } }, 'timeRangeEmpty'],
	'no date' => [{ start => { date => '2026-02-30' }, end => { date => '2026-12-01' } }, 'invalid'],
	'no zone' => [{ start => { dateTime => '2026-12-01T10:00:00', timeZone => 'Mars/Base' }, end => { dateTime => '2026-12-01T11:00:00' } }, 'invalid'],
	'a series without a zone' => [{ %{ at('01', '10:00', '11:00') }, recurrence => ['RRULE:FREQ=DAILY'] }, 'required'],
	'a bad rule' => [{ start => { date => '2026-12-01' }, end => { date => '2026-12-02' }, recurrence => ['RRULE:FREQ=NEVER'] }, 'invalid'],
	'DTSTART as a rule' => [{ start => { date => '2026-12-01' }, end => { date => '2026-12-02' }, recurrence => ['DTSTART:20261201'] }, 'invalid'],
	'a number as a title' => [{ %{ at('01', '10:00', '11:00') }, summary => 5 }, 'parseError'],
	'a strange status' => [{ %{ at('01', '10:00', '11:00') }, status => 'firm' }, 'invalid'],
	'a part of a word' => [{ %{ at('01', '10:00', '11:00') }, visibility => 'pub' }, 'invalid'],
	'six reminders' => [{ %{ at('01', '10:00', '11:00') }, reminders => { useDefault => $false, overrides => [map { { method => 'popup', minutes => $_ } } 1 .. 6] } }, 'invalid'],
	'a late reminder' => [{ %{ at('01', '10:00', '11:00') }, reminders => { useDefault => $false, overrides => [{ method => 'popup', minutes => 40321 }] } }, 'invalid'],
	'a guest without an address' => [{ %{ at('01', '10:00', '11:00') }, attendees => [{ displayName => 'X' }] }, 'invalid'],
	'mail made by Google' => [{ %{ at('01', '10:00', '11:00') }, eventType => 'fromGmail' }, 'invalid'],
);
refused(ask(POST => $E, $bad{$_}[0]), 400, $bad{$_}[1], $_) for sort keys %bad;
refused(ask(POST => $E, '{"summary": '), 400, 'parseError', 'no JSON');
is(made({ start => { dateTime => '2026-07-01T10:00:00', timeZone => 'America/New_York' }, end => { dateTime => '2026-07-01T10:00:00', timeZone => 'America/New_York' } })->{start}{dateTime}, '2026-07-01T16:00:00+02:00', 'local time in a zone; no length is a length');

# ---- properties ----
$e = ask(PATCH => "$E/abcde12345", { extendedProperties => { private => { 'k' x 44 => 'kept', 'k' x 45 => 'dropped', long => 'é' x 600 } } })->{json};
is_deeply([sort keys %{ $e->{extendedProperties}{private} }], ['a', 'k' x 44, 'long'], 'a key that is too long is dropped');
ok(length(Encode::encode_utf8($e->{extendedProperties}{private}{long})) == 1024, 'a value that is too long is cut');

# ---- patch, put ----
my $etag = $e->{etag};
refused(ask(PATCH => "$E/abcde12345", { summary => 'x' }, 'If-Match' => '"1"'), 412, 'conditionNotMet', 'a stale etag');
$e = ask(PATCH => "$E/abcde12345", { summary => 'Two', location => undef, extendedProperties => { private => { a => undef } } }, 'If-Match' => $etag);
is($e->{status}, 200, 'a fresh one') or diag $e->{content};
$e = $e->{json};
is($e->{summary}, 'Two', 'changed');
ok(!exists $e->{location}, 'null deletes');
is_deeply([sort keys %{ $e->{extendedProperties}{private} }], ['k' x 44, 'long'], 'within, too');
is($e->{description}, '<b>x</b>', 'what is not sent stays');
is($e->{sequence}, 0, 'a title does not raise the sequence');
is(ask(GET => "$E/abcde12345", undef, 'If-None-Match' => $e->{etag})->{status}, 304, 'not modified');
is(ask(GET => "$E/abcde12345", undef, 'If-None-Match' => $etag)->{status}, 200, 'modified');
is_deeply(ask(PATCH => "$E/abcde12345", { attendees => [{ email => 'y@example.org' }] })->{json}{attendees}, [{ email => 'y@example.org', responseStatus => 'needsAction' }], 'lists are replaced');
refused(ask(PATCH => "$E/abcde12345", { start => { date => '2026-12-01' }, end => { date => '2026-12-02' } }), 400, 'invalid', 'a new kind of time needs null for the old one');
$e = ask(PATCH => "$E/abcde12345", { start => { date => '2026-12-01', dateTime => undef, timeZone => undef }, end => { date => '2026-12-02', dateTime => undef, timeZone => undef } })->{json};
is_deeply($e->{start}, { date => '2026-12-01' }, 'now it is a whole day');
is($e->{sequence}, 1, 'a new time raises the sequence');
refused(ask(PATCH => "$E/abcde12345", { sequence => 0 }), 400, 'invalid', 'and never falls');
my $updated = $e->{updated};
$s->control(clock => { advance_secs => 5 });
$e = ask(PATCH => "$E/abcde12345", { reminders => { useDefault => $true, overrides => undef } })->{json};
is($e->{updated}, $updated, 'reminders do not change "updated"');
$e = ask(PUT => "$E/abcde12345", { %{ at('02', '10:00', '11:00') }, summary => 'Three' })->{json};
is_deeply([grep { exists $e->{$_} } qw(description colorId attendees extendedProperties visibility transparency)], [], 'PUT clears what it does not send');
is_deeply([@$e{qw(id iCalUID summary)}], ['abcde12345', 'abcde12345@google.com', 'Three'], 'but not who it is');
refused(ask(PUT => "$E/abcde12345", { summary => 'x' }), 400, 'required', 'PUT needs its times');

# ---- lists and sync tokens ----
my ($items, $token) = all($E, maxResults => 1);
is(ids($items), join(' ', map { $_->{id} } sort { $a->{created} cmp $b->{created} } @$items), 'page by page');
ok($token, 'a sync token at the end');
is((ask(GET => "$E?" . arg(syncToken => $token)))->{json}{items}[0], undef, 'nothing changed');
my $gone = made(at('03', '10:00', '11:00'))->{id};
is(ask(DELETE => "$E/$gone")->{status}, 204, 'deleted');
refused(ask(DELETE => "$E/$gone"), 410, 'deleted', 'once');
is(ask(GET => "$E/$gone")->{json}{status}, 'cancelled', 'still to be seen by its id');
refused(ask(POST => $E, { id => $gone, %{ at('03', '10:00', '11:00') } }), 409, 'duplicate', 'its id stays taken');
ask(PATCH => "$E/abcde12345", { summary => 'Four' });
($items, my $later) = all($E, syncToken => $token);
is(ids($items), "abcde12345 $gone-", 'what changed since');
is_deeply([sort keys %{ $items->[1] }], [qw(etag id kind status)], 'a deleted one has only what is promised');
is(ids((all($E, syncToken => $later))[0]), '', 'and then nothing');
unlike(ids((all($E))[0]), qr/\Q$gone\E/, 'a full list leaves it out');
like(ids((all($E, showDeleted => 'true'))[0]), qr/$gone-/, 'but for showDeleted');
is(ask(PATCH => "$E/$gone", { status => 'confirmed' })->{json}{status}, 'confirmed', 'it can be revived');
for my $bad (qw(iCalUID orderBy privateExtendedProperty q sharedExtendedProperty timeMin timeMax updatedMin)) {
	my $value = $bad =~ /time|updated/ ? '2026-12-01T00:00:00Z' : $bad eq 'orderBy' ? 'updated' : 'a=b';
	refused(ask(GET => "$E?" . arg(syncToken => $later, $bad => $value)), 400, 'badRequest', "$bad does not go with a sync token");
}
refused(ask(GET => "$E?" . arg(syncToken => $later, showDeleted => 'false')), 400, 'badRequest', 'nor showDeleted=false');
refused(ask(GET => "$E?" . arg(syncToken => $later, singleEvents => 'true')), 400, 'badRequest', 'nor other parameters');
refused(ask(GET => "$E?syncToken=xyz"), 400, 'invalid', 'no token at all');
refused(ask(GET => 'calendars/family@group.calendar.google.com/events?' . arg(syncToken => $later)), 400, 'invalid', 'a token of another calendar');
refused(ask(GET => "$E?maxResults=0"), 400, 'invalid', 'pages of nothing');
refused(ask(GET => "$E?orderBy=startTime"), 400, 'badRequest', 'an order of what has none');
refused(ask(GET => "$E?timeMin=2026-12-01"), 400, 'badRequest', 'a time without an offset');
refused(ask(GET => "$E?updatedMin=2026-01-01T00:00:00Z"), 410, 'updatedMinTooLongAgo', 'too long ago');
$s->control(expire_sync_tokens => { calendar => 'anna@example.com' });
refused(ask(GET => "$E?" . arg(syncToken => $later)), 410, 'fullSyncRequired', 'a token that has run out');
$s->restart;
($items, $token) = all($E);
$s->restart;
is(ask(GET => "$E?" . arg(syncToken => $token))->{status}, 200, 'tokens outlive a restart');
$s->control(empty_pages => { on => $true });
my $r = ask(GET => $E)->{json};
ok(!@{ $r->{items} } && $r->{nextPageToken}, 'a page may be empty');
is(ids((all($E))[0]), ids($items), 'and leads on');
$s->control(empty_pages => { on => $false });
$r = ask(GET => "$E?maxResults=1")->{json};
ask(PATCH => "$E/abcde12345", { summary => 'Five' });
my (undef, $after) = all($E, maxResults => 1, pageToken => $r->{nextPageToken});
like(ids((all($E, syncToken => $after))[0]), qr/abcde12345/, 'what changes while somebody turns pages is not lost');

# ---- filters ----
my $p = made({ %{ at('05', '10:00', '11:00') }, summary => 'Find me', extendedProperties => { private => { hawser => 'op1', x => '1' } } });
is(ids(ask(GET => "$E?q=find%20ME")->{json}{items}), $p->{id}, 'q');
is(ids(ask(GET => "$E?" . arg(privateExtendedProperty => 'hawser=op1'))->{json}{items}), $p->{id}, 'privateExtendedProperty');
is(ids(ask(GET => "$E?" . arg(privateExtendedProperty => 'hawser=op1') . '&' . arg(privateExtendedProperty => 'x=2'))->{json}{items}), '', 'all of them');
is(ids(ask(GET => "$E?" . arg(iCalUID => $p->{iCalUID}))->{json}{items}), $p->{id}, 'iCalUID');
is(ask(GET => "$E?q=find")->{json}{nextSyncToken}, undef, 'a filtered list gives no sync token');
is(ids(ask(GET => "$E?" . arg(timeMin => '2026-12-05T10:59:59+01:00', timeMax => '2026-12-05T11:30:00+01:00'))->{json}{items}), $p->{id}, 'a window touches it');
is(ids(ask(GET => "$E?" . arg(timeMin => '2026-12-05T11:00:00+01:00', timeMax => '2026-12-05T11:30:00+01:00'))->{json}{items}), '', 'the end is not within');
is(ids(ask(GET => "$E?" . arg(timeMin => '2026-12-05T09:00:00+01:00', timeMax => '2026-12-05T10:00:00+01:00'))->{json}{items}), '', 'nor a start at its end');
is(ids(ask(GET => "$E?eventTypes=birthday")->{json}{items}), '', 'eventTypes');

is_deeply(ask(GET => "$E?" . arg(iCalUID => $p->{iCalUID}, fields => 'kind,items(id,start/dateTime),nextSyncToken'))->{json}, { kind => 'calendar#events', items => [{ id => $p->{id}, start => { dateTime => '2026-12-05T10:00:00+01:00' } }] }, 'fields');
is_deeply([sort keys %{ ask(GET => "$E/$p->{id}?fields=id,*")->{json} }], [sort keys %$p], 'all fields');
refused(ask(GET => "$E?fields=items(id"), 400, 'invalidParameter', 'fields that are not well formed');

# ---- series ----
my $w = made({ id => 'repeat00', summary => 'Weekly', recurrence => ['RRULE:FREQ=WEEKLY;COUNT=4'],
	start => { dateTime => '2026-10-20T10:00:00', timeZone => 'Europe/Berlin' }, end => { dateTime => '2026-10-20T11:00:00', timeZone => 'Europe/Berlin' } });
is(ids(ask(GET => "$E/repeat00/instances")->{json}{items}), 'repeat00_20261020T080000Z repeat00_20261027T090000Z repeat00_20261103T090000Z repeat00_20261110T090000Z', 'its dates, over the end of summer time');
$r = ask(GET => "$E/repeat00_20261027T090000Z")->{json};
is_deeply([@$r{qw(recurringEventId etag iCalUID)}, $r->{originalStartTime}{dateTime}, exists $r->{recurrence}], ['repeat00', $w->{etag}, $w->{iCalUID}, '2026-10-27T10:00:00+01:00', ''], 'a date by its id');
refused(ask(GET => "$E/repeat00_20261028T090000Z"), 404, 'notFound', 'a date it has not');
(undef, $token) = all($E);
$r = ask(PATCH => "$E/repeat00_20261027T090000Z", { start => { dateTime => '2026-10-28T15:00:00+01:00' }, end => { dateTime => '2026-10-28T16:00:00+01:00' } })->{json};
is($r->{start}{dateTime} . ' ' . $r->{originalStartTime}{dateTime}, '2026-10-28T15:00:00+01:00 2026-10-27T10:00:00+01:00', 'moved, and where it was');
is($r->{sequence}, 1, 'with a sequence of its own');
is(ask(GET => "$E/repeat00")->{json}{etag}, $w->{etag}, 'the series is as it was');
is(ask(DELETE => "$E/repeat00_20261103T090000Z")->{status}, 204, 'a date is cancelled');
($items, $token) = all($E, syncToken => $token);
is(ids($items), 'repeat00_20261027T090000Z repeat00_20261103T090000Z-', 'both are items of their own');
is_deeply([sort keys %{ $items->[1] }], [qw(etag id kind originalStartTime recurringEventId status)], 'a cancelled date says which');
like(ids((all($E))[0]), qr/repeat00_20261103T090000Z-/, 'and stands in full lists');
is(ids(ask(GET => "$E/repeat00/instances")->{json}{items}), 'repeat00_20261020T080000Z repeat00_20261027T090000Z repeat00_20261110T090000Z', 'dates without it');
is(ids(ask(GET => "$E/repeat00/instances?" . arg(originalStart => '2026-10-27T10:00:00+01:00'))->{json}{items}), 'repeat00_20261027T090000Z', 'by originalStart');
is(ids(ask(GET => "$E?" . arg(singleEvents => 'true', orderBy => 'startTime', timeMin => '2026-10-21T00:00:00Z', timeMax => '2026-11-11T00:00:00Z'))->{json}{items}), 'repeat00_20261027T090000Z repeat00_20261110T090000Z', 'expanded, within a window');
is(ask(PATCH => "$E/repeat00_20261103T090000Z", { status => 'confirmed' })->{json}{status}, 'confirmed', 'a cancelled date comes back');
made({ id => 'leap0000', recurrence => ['RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1', 'EXDATE;VALUE=DATE:20270228', 'RDATE;VALUE=DATE:20270301'], start => { date => '2024-02-29' }, end => { date => '2024-03-01' } });
is(ids(ask(GET => "$E/leap0000/instances?maxResults=5")->{json}{items}), 'leap0000_20240229 leap0000_20250228 leap0000_20260228 leap0000_20270301 leap0000_20280229', 'whole days, with EXDATE and RDATE');
made({ id => 'until000', recurrence => ['RRULE:FREQ=DAILY;UNTIL=20261203T090000Z'], start => { dateTime => '2026-12-01T10:00:00', timeZone => 'Europe/Berlin' }, end => { dateTime => '2026-12-01T10:30:00', timeZone => 'Europe/Berlin' } });
is(ids(ask(GET => "$E/until000/instances")->{json}{items}), 'until000_20261201T090000Z until000_20261202T090000Z until000_20261203T090000Z', 'UNTIL is the last one, in UTC');
is(ask(DELETE => "$E/repeat00")->{status}, 204, 'the series is deleted');
unlike(ids((all($E))[0]), qr/repeat00/, 'with its dates');
refused(ask(GET => "$E/repeat00_20261020T080000Z"), 404, 'notFound', 'and those nobody touched');

# ---- import, move ----
my %imported = (iCalUID => 'uid-1@example.org', %{ at('07', '10:00', '11:00') }, organizer => { email => 'boss@example.org' });
refused(ask(POST => "$E/import", { %{ at('07', '10:00', '11:00') } }), 400, 'required', 'import needs an iCalUID');
refused(ask(POST => "$E/import", \%imported), 400, 'participantIsNeitherOrganizerNorAttendee', 'and somebody who belongs to it');
$imported{attendees} = [{ email => 'anna@example.com', responseStatus => 'accepted' }, { email => 'boss@example.org' }];
my $i = ask(POST => "$E/import", { %imported, sequence => 3 })->{json};
is_deeply([$i->{iCalUID}, $i->{organizer}, $i->{attendees}[0]{self}], ['uid-1@example.org', { email => 'boss@example.org' }, $true], 'a copy of somebody else\'s event');
is(ask(POST => "$E/import", { %imported, sequence => 3, summary => 'again' })->{json}{id}, $i->{id}, 'imported again it is the same');
refused(ask(POST => "$E/import", \%imported), 400, 'invalid', 'an older one is refused');
refused(ask(PATCH => "$E/$i->{id}", { summary => 'mine' }), 403, 'forbiddenForNonOrganizer', 'its title is not ours to change');
is(ask(PATCH => "$E/$i->{id}", { colorId => '3', reminders => { useDefault => $false, overrides => [] } })->{status}, 200, 'its colour is');
refused(ask(PUT => "$E/$i->{id}", at('07', '10:00', '11:00')), 403, 'forbiddenForNonOrganizer', 'with PUT leaving out is changing');
$e = made(at('08', '10:00', '11:00', summary => 'Moves'));
refused(ask(POST => "$E/$e->{id}/move"), 400, 'required', 'where to?');
refused(ask(POST => "$E/$e->{id}/move?destination=holidays\@group.v.calendar.google.com"), 403, 'requiredAccessLevel', 'not where nothing can be written');
$r = ask(POST => "$E/$e->{id}/move?destination=family\@group.calendar.google.com")->{json};
is("$r->{id} $r->{organizer}{email} $r->{iCalUID}", "$e->{id} family\@group.calendar.google.com $e->{iCalUID}", 'moved');
is(ask(GET => "$E/$e->{id}")->{json}{status}, 'cancelled', 'a stub stays');
is(ask(GET => "calendars/family\@group.calendar.google.com/events/$e->{id}")->{json}{summary}, 'Moves', 'and it is there');

made({ id => 'moving00', recurrence => ['RRULE:FREQ=DAILY;COUNT=3'], start => { date => '2026-12-01' }, end => { date => '2026-12-02' } });
ask(PATCH => "$E/moving00_20261202", { summary => 'Second' });
is(ask(POST => "$E/moving00/move?destination=family\@group.calendar.google.com")->{status}, 200, 'a series is moved');
is(ask(GET => 'calendars/family@group.calendar.google.com/events/moving00_20261202')->{json}{summary}, 'Second', 'with its touched dates');
refused(ask(POST => 'calendars/family@group.calendar.google.com/events/moving00_20261202/move?destination=primary'), 400, 'cannotChangeOrganizerOfInstance', 'one date alone is not');

# ---- who may what ----
my $H = 'calendars/holidays@group.v.calendar.google.com/events';
refused(ask(POST => $H, at('01', '10:00', '11:00')), 403, 'requiredAccessLevel', 'a reader writes nothing');
is(ask(GET => $H)->{json}{accessRole}, 'reader', 'but reads');
$s->control(event => { account => 'anna@example.com', calendar => 'holidays@group.v.calendar.google.com', event => { id => 'xmas0', summary => 'Secret', start => { date => '2026-12-25' }, end => { date => '2026-12-26' } } });
$s->control(calendars => { account => 'anna@example.com', id => 'holidays@group.v.calendar.google.com', access_role => 'freeBusyReader' });
is(ask(GET => $H)->{json}{items}[0]{summary}, undef, 'free and busy have no titles');
my %may = ('calendar.events' => [403, 200, 200], 'calendar.readonly' => [200, 200, 403], 'calendar.events.readonly' => [403, 200, 403], 'calendar.calendarlist.readonly' => [200, 403, 403], 'calendar.calendarlist' => [200, 403, 403], 'calendar' => [200, 200, 200], 'contacts' => [403, 403, 403]);
for my $scope (sort keys %may) {
	my $with = $s->token('anna@example.com', $scope);
	is_deeply([map { $_->{status} } $s->call($with, GET => 'users/me/calendarList'), $s->call($with, GET => $E), $s->call($with, POST => $E, at('09', '10:00', '11:00'))], $may{$scope}, "what $scope may");
}
refused($s->call(undef, GET => $E), 401, 'required', 'nobody');
refused($s->call({ access_token => 'x' }, GET => $E), 401, 'authError', 'a bad token');

# ---- kinds of events ----
my $plant = sub { my ($event) = @_; $s->control(event => { account => 'anna@example.com', calendar => 'primary', event => $event }) };
$plant->({ id => 'birth', eventType => 'birthday', summary => 'B', visibility => 'private', transparency => 'transparent', birthdayProperties => { type => 'birthday' }, recurrence => ['RRULE:FREQ=YEARLY'], start => { date => '2026-12-20' }, end => { date => '2026-12-21' } });
refused(ask(PATCH => "$E/birth", { extendedProperties => { private => { hawser => 'x' } } }), 400, 'eventTypeRestriction', 'a birthday takes no properties');
is(ask(PATCH => "$E/birth", { summary => 'C', colorId => '1' })->{status}, 200, 'but a title');
refused(ask(PUT => "$E/birth", { summary => 'C', recurrence => ['RRULE:FREQ=YEARLY'], start => { date => '2026-12-20' }, end => { date => '2026-12-21' } }), 400, 'eventTypeRestriction', 'PUT without eventType changes it');
refused(ask(POST => "$E/birth/move?destination=family\@group.calendar.google.com"), 400, 'eventTypeRestriction', 'it does not move');
$plant->({ id => 'gmail', eventType => 'fromGmail', summary => 'Flight', %{ at('11', '10:00', '11:00') } });
refused(ask(PATCH => "$E/gmail", { summary => 'x' }), 400, 'eventTypeRestriction', 'an event from Gmail keeps its title');
is(ask(PATCH => "$E/gmail", { extendedProperties => { private => { hawser => 'x' } } })->{status}, 200, 'but takes properties');
refused(ask(POST => 'calendars/family@group.calendar.google.com/events', { eventType => 'outOfOffice', outOfOfficeProperties => {}, %{ at('11', '10:00', '11:00') } }), 400, 'invalid', 'out of office is for primary calendars');
is(ask(POST => $E, { eventType => 'workingLocation', workingLocationProperties => { type => 'homeOffice', homeOffice => {} }, visibility => 'public', transparency => 'transparent', start => { date => '2026-12-14' }, end => { date => '2026-12-15' } })->{status}, 200, 'a working location');
$plant->({ id => 'locked', locked => $true, summary => 'L', %{ at('12', '10:00', '11:00') } });
refused(ask(PATCH => "$E/locked", { summary => 'x' }), 403, 'forbidden', 'a locked event');
is(ids(ask(GET => "$E?eventTypes=birthday&eventTypes=fromGmail")->{json}{items}), 'birth gmail', 'lists by type');

cmp_ok($s->{checked}, '>', 150, "$s->{checked} answers were held against the discovery document");
is_deeply([Discovery->check('Event', { id => 1, foo => 'x', start => { date => '1.1.' }, visibility => 'x' })], ['Event.foo is unknown', 'Event.id is integer, not string', "Event.start.date '1.1.' is no date"], 'which would notice');
done_testing;
