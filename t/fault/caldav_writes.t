#!/usr/bin/perl
# Writes against a server in trouble: each ends as written once, refused with a
# reason, or honestly unknown; the ledger of the server is the truth.
use strict;
use warnings;
use CaldavProbe;
use FaultServer;
use Radicale;
use Test::More;

my $server = FaultServer->start;
my $cal = '/cal/anna/work/';
my $probe = CaldavProbe->new(url => $server->url, args => ['--home', $server->url . '/cal/anna/', '--total', 4]);
my $next = 0;
sub ics { return Radicale->event($_[0], $_[1], '20260102T100000Z', @_[2 .. $#_]) }
sub op { return sprintf '%032x', ++$next }
sub push_all { return $probe->run('push', [$cal], [@_])->{ok} }
sub push_one { return push_all({@_})->[0] }
sub kind { return $_[0]{err} ? $_[0]{err}{kind} : 'done' }
sub scope { return $_[0]{err} ? $_[0]{err}{scope} : '-' }
sub writes { return scalar @{ $server->ledger } }

# An event at the server, and what is needed to change it.
sub there {
	my ($uid) = @_;
	my $path = "$cal$uid.ics";
	$server->seed($path => ics($uid, 'Before'));
	my $got = $probe->run('fetch', [$cal, $path])->{ok}[0];
	return (id => $path, version => $got->{version}, base => $got->{raw});
}
sub now { my ($path) = @_; my $o = $server->store->{$path}; return $o ? ($o->{data} =~ /^SUMMARY:(.*?)\r?$/m)[0] : undef }

# ---- lost answers ----
for my $t (['close', { close => 'after' }], ['a cut answer', { cut => 0, headers => { 'Content-Length' => 5 } }],
	['a late answer', { delay_ms => 7000 }], ['502', { status => 502 }], ['500', { status => 500 }], ['close before', { close => 'before' }],
	['a strange 207', { status => 207, body => 'what?' }]) {
	my ($name, $rule) = @$t;
	my $done = $name =~ /^(?:close|a cut answer|a late answer)$/;
	$server->calm;
	my $n = writes();
	my $op = op();
	$server->rule({ method => 'PUT', %$rule });
	my $w = push_one(verb => 'create', op => $op, ics => ics("create-$n", 'After'));
	is kind($w), $done ? 'done' : 'upstream', "create, $name: " . ($done ? 'found at the server' : 'not there, to be tried again');
	is $w->{event}{uid}, "create-$n", 'as we wrote it' if $done;
	is kind(push_one(verb => 'create', op => $op, ics => ics("create-$n", 'After'))), 'done', 'the same create again';
	is writes() - $n, 1, 'one write in the ledger';

	my %event = there("update-$n");
	$server->rule({ method => 'PUT', %$rule });
	$n = writes();
	$w = push_one(verb => 'update', %event, ics => ics($event{id} =~ m{([^/]+)\.ics}, 'After'));
	is kind($w), $done ? 'done' : 'upstream', "update, $name";
	$w = push_one(verb => 'update', %event, ics => ics($event{id} =~ m{([^/]+)\.ics}, 'After'));
	is kind($w), 'done', 'the same update again';
	is now($event{id}), 'After', 'the server has it';
	is writes() - $n, 1, 'one write in the ledger';

	%event = there("remove-$n");
	$server->rule({ method => 'DELETE', %$rule });
	$n = writes();
	$w = push_one(verb => 'remove', %event);
	is kind($w), $done ? 'done' : 'upstream', "remove, $name";
	like kind(push_one(verb => 'remove', %event)), $done ? qr/not_found/ : qr/done/, 'the same remove again';
	is now($event{id}), undef, 'the server has it no more';
	is writes() - $n, 1, 'one write in the ledger';
}

# ---- the answer is lost and the server stays away: honestly unknown ----
$server->calm;
my %event = there('away');
$server->rule({ method => 'PUT', close => 'after' }, { method => 'REPORT|GET', status => 500, times => -1 });
my $w = push_one(verb => 'update', %event, ics => ics('away', 'After'));
is kind($w), 'uncertain', 'no answer and nobody to ask: unknown';
$server->calm;
$server->rule({ method => 'REPORT|GET', status => 500, times => -1 });
is kind(push_one(verb => 'create', op => op(), ics => ics('unread', 'x'))), 'uncertain', 'written, yet not read again: unknown';

# ---- refusals ----
my $E = 'xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"';
for my $t ([401, '', 'reconnect', 'connection'], [429, '', 'limit', 'connection'], [503, '', 'upstream', 'connection'],
	[403, '', 'forbidden', 'item'], [403, '<need-privileges/>', 'forbidden', 'item'], [403, '<c:valid-calendar-data/>', 'input', 'item'],
	[403, '<c:max-resource-size/>', 'input', 'item'], [409, '<c:no-uid-conflict><href>/x</href></c:no-uid-conflict>', 'conflict', 'item'],
	[400, '', 'input', 'item'], [413, '', 'input', 'item'], [415, '', 'input', 'item'], [507, '', 'limit', 'item'],
	[405, '', 'forbidden', 'item'], [410, '', 'not_found', 'item'], [404, '', 'not_found', 'item'], [418, '', 'upstream', 'item']) {
	my ($status, $error, $kind, $scope) = @$t;
	$server->calm;
	%event = there('refused');
	my $n = writes();
	$server->rule({ method => 'PUT', status => $status, body => $error ? "<?xml version='1.0'?><error $E>$error</error>" : '' });
	$w = push_one(verb => 'update', %event, ics => ics('refused', 'After'));
	is kind($w) . ' ' . scope($w), "$kind $scope", "refused with $status $error";
	cmp_ok length $w->{err}{msg}, '>', 25, "as a sentence: $w->{err}{msg}";
	is writes(), $n, 'nothing was written';
}
for my $inner ('HTTP/1.1 412 Precondition Failed', 'HTTP/1.1 403 Forbidden', 'HTTP/1.1 507 Full') {
	$server->calm;
	%event = there('inner');
	$server->rule({ method => 'PUT', status => 207, body => "<?xml version='1.0'?><multistatus $E><response><href>/x</href><status>$inner</status></response></multistatus>" });
	like kind(push_one(verb => 'update', %event, ics => ics('inner', 'After'))), qr/^(?:conflict|forbidden|limit)$/, "207 with $inner inside is no success";
}
$server->calm;
$server->options(read_only => 1);
is kind(push_one(verb => 'create', op => op(), ics => ics('ro', 'x'))), 'forbidden', 'a read-only calendar';
$server->options;

# ---- tags ----
for my $how (qw(weak none)) {
	$server->options(etag => $how);
	%event = there("tag-$how");
	$w = push_one(verb => 'update', %event, ics => ics("tag-$how", 'After'));
	is kind($w), 'done', "$how tags: an update of what did not change";
	is now($event{id}), 'After', 'is written';
	is kind(push_one(verb => 'update', %event, ics => ics("tag-$how", 'Mine'))), 'conflict', 'an update of what did change';
	is now($event{id}), 'After', 'is not';
	is kind(push_one(verb => 'remove', %event)), 'conflict', 'nor a remove';
	%event = (%event, version => $w->{version}, base => $w->{raw});
	is kind(push_one(verb => 'remove', %event)), 'done', 'a remove of what did not change';
}
$server->options(no_put_etag => 1);
%event = there('quiet');
$w = push_one(verb => 'update', %event, ics => ics('quiet', 'After'));
is $w->{version}, $server->store->{ $event{id} }{etag}, 'no tag after PUT: taken from reading again';
$server->options;
# somebody else writes between our PUT and our reading it again
%event = there('race');
$server->calm;
$server->rule({ method => 'PUT', headers => { ETag => '"ours"' } });
$w = push_one(verb => 'update', %event, ics => ics('race', 'Ours'));
is $w->{version}, '"ours"', 'a newer state than ours is left to the next run';
is $w->{event}{summary}, 'Ours', 'as agreed counts what we wrote';

# ---- redirects of writes ----
$server->calm;
$server->rule({ method => 'PUT', status => 307, headers => { Location => "${cal}moved.ics" } });
$w = push_one(verb => 'create', op => op(), ics => ics('moved', 'Moved'));
is $server->store->{"${cal}moved.ics"} ? 'PUT' : 'nothing', 'PUT', 'a 307 keeps the method and the body';
$server->calm;
my $n = writes();
$server->rule({ method => 'PUT', status => 303, headers => { Location => "${cal}other.ics" } });
isnt kind(push_one(verb => 'create', op => op(), ics => ics('see-other', 'x'))), 'done', 'a 303 is no success of a write';
is writes(), $n, 'and not followed';

# ---- guests are never mailed ----
$server->calm;
my @guests = ('ORGANIZER:mailto:anna@example.com', 'ATTENDEE:mailto:bo@example.com');
is kind(push_one(verb => 'create', op => op(), ics => ics('party', 'x', @guests))), 'done', 'guests at a server that mails nobody';
$server->options(schedules => 1);
$n = writes();
my $party = ics('party2', 'x', @guests);
is kind(push_one(verb => 'create', op => op(), ics => $party)), 'unsupported', 'not at one that would invite them';
$server->seed("${cal}p.ics" => $party, "${cal}q.ics" => $party =~ s/party2/party3/r =~ s/anna\@/carl@/r =~ s/bo\@/anna@/r);
my ($p, $q) = @{ $probe->run('fetch', [$cal, "${cal}p.ics", "${cal}q.ics"])->{ok} };
is kind(push_one(verb => 'remove', id => $p->{id}, version => $p->{version}, base => $p->{raw})), 'unsupported', 'nor a cancellation';
is kind(push_one(verb => 'update', id => $p->{id}, version => $p->{version}, base => $p->{raw}, ics => $party)), 'unsupported', 'nor an update';
is writes(), $n, 'nothing was written';
is kind(push_one(verb => 'remove', id => $q->{id}, version => $q->{version}, base => $q->{raw})), 'done', 'a meeting of somebody else may leave my calendar';
is $server->ledger->[-1]{schedule_reply}, 'F', 'quietly';
$server->options;

# ---- one bad item does not stop the rest ----
$server->calm;
$server->rule({ method => 'PUT', path => sprintf('%032x', $next + 3), status => 403, body => "<?xml version='1.0'?><error $E><c:valid-calendar-data/></error>" });
my $all = push_all(map { { verb => 'create', op => op(), ics => ics("batch-$_", "B $_") } } 1 .. 5);
is_deeply [map { kind($_) } @$all], [qw(done done input done done)], 'four of five are written';
my @auth = grep { ($_->{headers}{authorization} // '') !~ /^Basic / } @{ $server->requests };
is scalar @auth, 0, 'every request was signed at once: no second tries';

done_testing;
