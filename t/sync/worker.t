#!/usr/bin/perl
# hawser-sync as cron and people use it, with a real Radicale: a change on either
# side arrives on the other, a second run does nothing, what is wanted is worked,
# the next process takes the duty over without a gap, and a dry run only tells.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(sleep time);
use DbTest;
use Radicale;

my $radicale = Radicale->start;
my $path = $radicale->calendar('anna', 'work', 'Work');
my $db = DbTest->new(conf_lines => {
	net => ['allow_origins = ' . $radicale->url],
	sync => ['workers = 1', 'poll_secs = 300'],
});
$ENV{HAWSER_CONF} = $db->conf;
my $sync = DbTest::build() . '/hawser-sync';

sub hawser {
	my $code = $db->hawser(@_);
	diag("hawser @_[ref $_[0] ? 1 : 0 .. $#_]: $db->{err}") if $code;
	return $db->{out} eq '' ? undef : decode_json($db->{out});
}
sub run_sync {
	my $out = `$sync @_ 2>>$db->{dir}/sync.err`;
	return ($? >> 8, $out);
}
sub one { return $db->one($_[0]) }
sub blank { return (one($_[0]) // '') eq '' }
sub title { return one("SELECT summary FROM event WHERE uid = '$_[0]' AND deleted_at IS NULL") }
sub there {
	my ($uid) = @_;
	for my $href ($radicale->list('anna', $path)) {
		my $r = $radicale->get('anna', $href);
		return $r->{content} if $r->{content} =~ /^UID:\Q$uid\E\r?$/m;
	}
	return '';
}

hawser('org', 'add', 'Acme', '--json');
hawser(\"correct horse battery\n", 'user', 'add', 'o@example.org', '--org', 'Acme',
	'--role', 'owner', '--password-stdin', '--json');
$radicale->put('anna', "${path}one.ics", Radicale->event('one', 'One', '20261120T090000Z', 'X-KEEP:me'));
$radicale->put('anna', "${path}week.ics", Radicale->event('week', 'Weekly', '20261120T090000Z', 'RRULE:FREQ=WEEKLY;COUNT=5'));
hawser(\"secret\n", 'connection', 'add', 'caldav', '--org', 'Acme', '--user', 'o@example.org',
	'--url', $radicale->url . '/', '--login', 'anna', '--password-stdin', '--json');
my $id = one('SELECT id FROM connection');
ok($id, 'connected') or BAIL_OUT($db->{err});
hawser('collection', 'select', one('SELECT id FROM collection'), '--json');

$db->sql('UPDATE job SET cause = 3 WHERE kind = 1');	# as a person does who chooses calendars
my ($code, $out) = run_sync('--once');
is($code, 0, 'what is due is worked') or diag(`cat $db->{dir}/sync.err`);
is(title('one'), 'One', 'an event arrived');
sub causes { return join ' ', map { $_->{cause} } reverse @{ hawser('run', 'list', '--org', 'Acme', '--json') } }
is(causes(), 'first', 'it was the first sync, and says so');
is(one('SELECT COUNT(*) FROM event_instance'), 6, 'and the dates of the series');
is(one('SELECT COUNT(*) FROM job WHERE kind = 1 AND due > utc_timestamp(6)'), 1, 'the next poll is set');
ok(blank('SELECT owner FROM lease'), 'the lease was given back');

$db->sql("UPDATE event SET summary = 'Changed here' WHERE uid = 'one'");
is(one('SELECT COUNT(*) FROM job WHERE kind = 1 AND due <= utc_timestamp(6)'), 1, 'a change here wants a run');
run_sync('--once');
like(there('one'), qr/SUMMARY:Changed here/, 'it arrived there');
is(causes(), 'first change', 'for the change that it was');
like(there('one'), qr/X-KEEP:me/, 'what we do not understand is still there');

my $calendar = one('SELECT id FROM calendar WHERE id = (SELECT calendar_id FROM binding)');
hawser('event', 'add', '--calendar', $calendar, '--title', 'New here', '--start', '2026-12-01T10:00', '--end', '2026-12-01T11:00', '--json');
my $uid = one("SELECT uid FROM event WHERE summary = 'New here'");
run_sync('--once');
like(there($uid), qr/SUMMARY:New here/, 'what is new here is made there');

$radicale->put('anna', "${path}one.ics", Radicale->event('one', 'Changed there', '20261120T090000Z', 'X-KEEP:me'));
($code, $out) = run_sync('--connection', $id, '--dry-run', '--json');
my $plan = decode_json($out || '{}');
is($plan->{actions}[0]{action}, 'change here', 'a dry run says what');
ok($plan->{actions}[0]{reason}, 'and why');
is(title('one'), 'Changed here', 'and does nothing');
($code, $out) = run_sync('--connection', $id, '--json');
my $res = decode_json($out || '{}');
is($res->{in}, 1, 'one change came in');
is(title('one'), 'Changed there', 'it is here');
($code, $out) = run_sync('--connection', $id, '--json');
$res = decode_json($out || '{}');
is($res->{planned}, 0, 'a second run has nothing to do');

$radicale->put('anna', "${path}daily.ics", Radicale->event('daily', 'Daily', '20261120T090000Z', 'RRULE:FREQ=DAILY;COUNT=7'));
run_sync('--once', '--connection', $id);
my $dates = "SELECT COUNT(*) FROM event_instance i JOIN event e ON e.id = i.event_id WHERE e.uid = 'daily'";
is(one($dates), 1, 'the first date of a series that came is there at once');
run_sync('--once');
is(one($dates), 7, 'the others come by the queue');
is(one('SELECT COUNT(*) FROM job WHERE kind = 2'), 0, 'which is empty then');
$radicale->remove('anna', "${path}daily.ics");
$radicale->remove('anna', "${path}week.ics");
run_sync('--connection', $id);
is(title('week'), undef, 'deleted there, deleted here');
$db->sql("UPDATE event SET deleted_at = now(6) WHERE uid = 'one'");
run_sync('--connection', $id);
is(there('one'), '', 'deleted here, deleted there');

# ---- the duty ----
sub begin {
	my $pid = fork // die;
	if (!$pid) {
		open STDERR, '>>', "$db->{dir}/sync.err";
		{ exec $sync, @_ }
		POSIX::_exit(127);
	}
	return $pid;
}
sub until_true {
	my ($what) = @_;
	my $end = time + 15;
	while (time < $end) { return 1 if $what->(); sleep 0.05 }
	return 0;
}
my $first = begin('--linger', 60);
ok(until_true(sub { one('SELECT fence FROM duty') == 1 }), 'the first is on duty');
$radicale->put('anna', "${path}two.ics", Radicale->event('two', 'Two', '20261121T090000Z'));
my $start = time;
hawser('connection', 'sync', $id, '--json');
ok(until_true(sub { (title('two') // '') eq 'Two' }), 'what a person wants is worked');
cmp_ok(time - $start, '<', 5, 'within seconds');
my $second = begin('--linger', 60);
ok(until_true(sub { waitpid($first, WNOHANG) == $first }), 'the first leaves when the second has come');
is(one('SELECT fence FROM duty'), 2, 'the second is on duty');
$db->sql("UPDATE event SET summary = 'Two here' WHERE uid = 'two'");
ok(until_true(sub { there('two') =~ /Two here/ }), 'and works');
kill 'TERM', $second;
ok(until_true(sub { waitpid($second, WNOHANG) == $second }), 'SIGTERM ends it');
is($?, 0, 'well');
ok(blank('SELECT owner FROM duty'), 'the duty was given back');
ok(blank('SELECT owner FROM lease'), 'and the lease');

($code, $out) = run_sync('--once', '--dry-run', '--json');
is($code, 0, 'a dry run of every connection');
is_deeply([ map { $_->{connection} } @{ decode_json($out) } ], [$id], 'tells each one');
is((run_sync('--full'))[0], 2, 'a full listing of nothing is wrong usage');
is((run_sync('--connection', 'x'))[0], 2, 'so is an id that is none');
is((run_sync('--connection', 999))[0], 1, 'an unknown connection');
done_testing;
