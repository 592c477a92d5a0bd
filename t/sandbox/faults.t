# What tests order to go wrong goes wrong, so often and there; and the ledger
# tells what was really done.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::INET;
use JSON::PP;
use Sandbox;
use POSIX ();
use Test::More;
use Time::HiRes qw(time);

my $s = Sandbox->start(state => 1);
my $t = $s->token('anna@example.com', 'calendar');
my $b = $s->token('ben@example.com', 'calendar');
my $E = 'calendars/primary/events';
$s->{unchecked} = 1;	# cut and garbled answers are nobody's
my $n = 0;
sub body { return { id => sprintf('fault%04d', $n++), start => { date => '2026-12-01' }, end => { date => '2026-12-02' }, @_ } }
sub insert { my ($body) = @_; return $s->call($t, POST => $E, $body) }

# ---- a status, before anything is done ----
$s->fault(match => 'events.insert', after => 1, times => 2, action => 'status', status => 403, reason => 'rateLimitExceeded', retry_after => 7);
my @r = map { insert(body()) } 1 .. 4;
is(join(' ', map { $_->{status} } @r), '200 403 403 200', 'after one call, two times');
is($r[1]{json}{error}{errors}[0]{reason}, 'rateLimitExceeded', 'with its reason');
is($r[1]{json}{error}{errors}[0]{domain}, 'usageLimits', 'and domain');
is($r[1]{headers}{'retry-after'}, 7, 'and Retry-After');
is(scalar(() = $s->ledger), 2, 'nothing was written then');
is($s->ask('faults')->[0]{struck}, 2, 'the list tells how often it struck');
$s->calm;
$s->fault(match => { operation => 'events.list', account => 'ben@example.com' }, times => -1, action => 'status', status => 500, reason => 'backendError');
is(join(' ', map { $_->{status} } $s->call($t, GET => $E), map { $s->call($b, GET => $E) } 1 .. 3), '200 500 500 500', 'one account, for ever');
$s->fault(match => { operation => 'events.list', calendar => 'family@group.calendar.google.com' }, action => 'status', status => 404, reason => 'notFound');
is(join(' ', map { $_->{status} } $s->call($t, GET => $E), $s->call($t, GET => 'calendars/family@group.calendar.google.com/events'), $s->call($t, GET => 'calendars/family@group.calendar.google.com/events')), '200 404 200', 'one calendar, once');
$s->calm;
is($s->call($b, GET => $E)->{status}, 200, 'cleared');
$s->fault(match => 'token', action => 'status', status => 503, reason => 'internal_failure');
is(join(' ', map { $_->{status} } map { $s->refresh($t->{refresh_token}) } 1, 2), '503 200', 'the token endpoint');
$s->fault(match => 'token', action => 'status', status => 400, reason => 'invalid_grant');
is($s->refresh($t->{refresh_token})->{json}{error}, 'invalid_grant', 'invalid_grant on command');

# ---- answers that are lost, cut, garbled, late ----
my $before = () = $s->ledger;
$s->fault(match => 'events.insert', action => 'lose_answer');
my $lost = body();
is(insert($lost)->{status}, 502, 'the answer is lost');
is_deeply([map { "$_->{verb} $_->{event}" } $s->ledger($before)], ["insert $lost->{id}"], 'but it was done');
is(insert($lost)->{status}, 409, 'as the second try shows');
$s->fault(match => 'events.list', action => 'cut');
my $raw = '';
{
	my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $s->{port}) or die;
	print $c "GET /google/calendar/v3/$E HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $t->{access_token}\r\n\r\n";
	local $SIG{ALRM} = sub { die "the connection stays open\n" };
	alarm 10;
	while (sysread $c, $raw, 65536, length $raw) { }
	alarm 0;
}
my ($head, $content) = split /\r\n\r\n/, $raw, 2;
my ($length) = $head =~ /^Content-Length: (\d+)/mi;
like($head, qr{^HTTP/1.1 200}, 'the answer begins well');
ok($length && length($content) < $length && length $content > 0, "but ends after " . length($content) . " of $length bytes");
$s->fault(match => 'events.list', action => 'garbage');
my $r = $s->call($t, GET => $E);
ok($r->{status} == 200 && !defined $r->{json}, 'garbage');
$s->fault(match => 'events.list', action => 'delay', delay_ms => 600);
my $at = time;
my $pid = fork // die;
if (!$pid) { POSIX::_exit($s->call($t, GET => $E)->{status} == 200 ? 0 : 1) } else {
	Time::HiRes::sleep(0.15);
	my $quick = time;
	$s->call($t, GET => "$E/fault0000");
	cmp_ok(time - $quick, '<', 0.4, 'a slow answer does not hold up others');
	waitpid $pid, 0;
	is($?, 0, 'and comes in the end');
	cmp_ok(time - $at, '>', 0.55, 'late');
}
$s->control(latency => { ms => 300 });
$at = time;
$s->call($t, GET => $E);
cmp_ok(time - $at, '>', 0.28, 'latency');
$s->control(latency => { ms => 0 });

# ---- down ----
$s->control(down => { on => JSON::PP::true });
is(join(' ', map { $_->{status} } $s->call($t, GET => $E), $s->refresh($t->{refresh_token})), '503 503', 'down is down');
$s->control(down => { on => JSON::PP::false });
is($s->call($t, GET => $E)->{status}, 200, 'and up');

# ---- the ledger ----
$before = ($s->ledger)[-1]{seq};
my $guests = [{ email => 'x@example.org' }];
my @e = map { $s->call($t, POST => "$E$_->[0]", body(attendees => $guests, extendedProperties => { private => { hawser => $_->[1] } }))->{json} } ['?sendUpdates=none', 'op-1'], ['?sendUpdates=all', 'op-2'], ['', 'op-3'];
$s->call($t, POST => $E, body());
my @l = $s->ledger($before);
is_deeply([map { $_->{op} } @l], ['op-1', 'op-2', 'op-3', sprintf 'fault%04d', $n - 1], 'our own property, or the chosen id');
is_deeply([map { ($_->{has_guests} ? 'g' : '-') . ($_->{could_mail} ? 'm' : '-') } @l], ['g-', 'gm', 'gm', '--'], 'who could have got mail');
is($l[1]{send_updates}, 'all', 'sendUpdates');
is_deeply([map { $_->{seq} } @l], [$before + 1 .. $before + 4], 'numbered without gaps');
is_deeply([sort keys %{ $l[1] }], [qw(account at by calendar could_mail event has_guests op send_updates seq verb)], 'members');
insert({ %{ body() }, start => { date => 'x' } });
is(scalar(() = $s->ledger($l[-1]{seq})), 0, 'what is refused is not in it');
$s->restart;
is(scalar(() = $s->ledger), $l[-1]{seq}, 'a restart keeps it');

# ---- orders that are not understood ----
for my $case ([faults => { action => 'explode' }, 'action'], [faults => { action => 'status', status => 200 }, 'status'], [faults => { match => { op => 'x' }, action => 'cut' }, 'op'],
	[clock => { now => 'noon' }, 'now'], [push => { mode => 'sometimes' }, 'mode'], [down => { on => 1 }, 'on'], [accounts => { email => 'x' }, 'email'],
	[calendars => { account => 'nobody@example.com', remove => 'x' }, 'nobody'], [calendars => { account => 'anna@example.com' }, 'add'], [token => { account => 'anna@example.com' }, 'scopes'], [nothing => {}, 'nothing']) {
	my ($name, $in, $word) = @$case;
	$r = $s->{http}->post($s->url . "/control/$name", { content => encode_json($in) });
	ok($r->{status} =~ /^40[04]$/ && $r->{content} =~ /"error":".*\Q$word\E/, "$name: $r->{content}") or diag "$r->{status} $r->{content}";
}
$s->control(accounts => { email => 'cara@example.com', name => 'Cara', calendars => [{ summary => 'Extra' }] });
is(scalar @{ $s->call($s->token('cara@example.com', 'calendar'), GET => 'users/me/calendarList')->{json}{items} }, 2, 'a new account has its calendars');
done_testing;
