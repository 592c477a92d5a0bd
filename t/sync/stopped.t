#!/usr/bin/perl
# The program itself, stopped in the middle of its work: told to end, it finishes
# its batch and gives everything back; frozen past its lease it overwrites
# nothing when it wakes; eight at once double nothing.
use strict;
use warnings;
use DbTest;
use File::Basename qw(dirname);
use JSON::PP qw(decode_json);
use POSIX qw(WNOHANG);
use Radicale;
use Test::More;
use Time::HiRes qw(sleep time);

my $radicale = Radicale->start(anna => 'secret');
my $path = $radicale->calendar('anna', 'work', 'Work');
$radicale->put('anna', "${path}e$_.ics", Radicale->event("e$_", "Event $_", '20261120T090000Z')) for 1 .. 120;
my $proxy_pid = open my $proxy, '-|', $^X, dirname(__FILE__) . '/../lib/delay-proxy.pl',
	"127.0.0.1:$radicale->{port}", 110 or die "delay-proxy.pl: $!";
my %child;
# Naming $proxy here keeps it open until now: closing it waits for its process.
END {
	local $?;
	kill 'KILL', keys %child if %child;
	if ($proxy_pid) {
		kill 'KILL', $proxy_pid;
		close $proxy;
	}
}
chomp(my $port = <$proxy>);
my $url = "http://127.0.0.1:$port";
my $db = DbTest->new(conf_lines => { net => ["allow_origins = $url"], sync => ['lease_secs = 10', 'workers = 1'] });
$ENV{HAWSER_CONF} = $db->conf;

sub begin {
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDOUT, '>>', "$db->{dir}/sync.log";
		open STDERR, '>>', "$db->{dir}/sync.log";
		{ exec DbTest::build() . '/hawser-sync', @_ }
		POSIX::_exit(127);
	}
	$child{$pid} = 1;
	return $pid;
}
sub ended {
	my ($pid) = @_;
	for (1 .. 400) {
		if (waitpid($pid, WNOHANG) == $pid) { delete $child{$pid}; return $? }
		sleep 0.05;
	}
	return -1;
}
sub one { return $db->one($_[0]) }
sub until_true { my ($what) = @_; for (1 .. 300) { return 1 if $what->(); sleep 0.03 } return 0 }
sub there { return scalar(my @all = $radicale->list('anna', $path)) }
sub here { return one('SELECT COUNT(*) FROM event WHERE deleted_at IS NULL') }

$db->hawser('org', 'add', 'One') == 0 or die $db->{err};
$db->hawser(\'pass-word-1', 'user', 'add', 'a@example.org', '--org', 'One', '--role', 'owner', '--password-stdin') == 0 or die $db->{err};
$db->hawser(\'secret', 'connection', 'add', 'caldav', '--user', 'a@example.org', '--url', $url, '--login', 'anna', '--password-stdin', '--json') == 0 or die $db->{err};
my $id = decode_json($db->{out})->{id};
$db->hawser('collection', 'list', $id, '--json');
$db->hawser('collection', 'select', decode_json($db->{out})->[0]{id}) == 0 or die $db->{err};

# ---- told to end ----
my $first = begin('--linger', 60);
ok(until_true(sub { one('SELECT COUNT(*) FROM sync_run WHERE state = 2') > 0 }), 'in the middle of a pull');
kill 'TERM', $first;
is(ended($first), 0, 'SIGTERM ends it well');
my $links = one('SELECT COUNT(*) FROM link');
is($links, 100, "with what it had read: $links of 120");
is(one("SELECT COUNT(*) FROM lease WHERE owner <> ''"), 0, 'the lease is given back');
is(one("SELECT COUNT(*) FROM duty WHERE owner <> ''"), 0, 'and the duty');
my $second = begin('--linger', 60);
ok(until_true(sub { one('SELECT COUNT(*) FROM link') == 120 }), 'the next one goes on at once');
is(one('SELECT COUNT(*) FROM sync_run WHERE planned > 0'), 1, 'with the same run');
is(here(), 120, 'nothing is doubled');
kill 'TERM', $second;
is(ended($second), 0, 'it ends too');

# ---- frozen past its lease ----
my $caught = 0;
for my $wait (0.05, 0.15, 0.3) {
	$db->sql("UPDATE event SET summary = 'frozen $wait' WHERE uid = 'e1'");
	my $frozen = begin('--connection', $id);
	until_true(sub { one('SELECT COUNT(*) FROM lease WHERE until > now(6) AND owner <> ""') > 0 });
	sleep $wait;
	my $over = waitpid($frozen, WNOHANG) != 0;	# done before it froze
	$caught += !$over;
	kill 'STOP', $frozen if !$over;
	$db->sql('UPDATE lease SET until = now(6) - INTERVAL 1 SECOND WHERE owner <> ""');
	is(ended(begin('--connection', $id)), 0, "frozen after $wait s, another takes over");
	$db->sql("UPDATE event SET summary = 'later $wait' WHERE uid = 'e1'");
	is(ended(begin('--connection', $id)), 0, 'and does what came since');
	kill 'CONT', $frozen if !$over;
	ok($over || ended($frozen) != -1, 'the frozen one ends');
	is(ended(begin('--connection', $id)), 0, 'one more');
	my ($text) = grep { /UID:e1\r?\n/ } map { $radicale->get('anna', $_)->{content} } "${path}e1.ics";
	like($text, qr/SUMMARY:later $wait/, 'it overwrote nothing there');
	is(one("SELECT summary FROM event WHERE uid = 'e1'"), "later $wait", 'nor here');
	is(there() . '/' . here(), '120/120', 'nothing is doubled');
	my $out = `'@{[DbTest::build()]}/hawser-sync' --connection $id --json 2>>'$db->{dir}/sync.log'`;
	is(decode_json($out)->{planned}, 0, 'the next run does nothing');
}

cmp_ok($caught, '>=', 1, 'they were frozen at work');

# ---- eight at once ----
for my $round (1 .. 20) {
	$radicale->put('anna', "${path}r$round.ics", Radicale->event("r$round", "Round $round", '20261120T090000Z'));
	$db->sql("UPDATE event SET summary = 'round $round' WHERE uid = 'e3'");
	ended($_) for map { begin('--connection', $id) } 1 .. 8;
}
is(ended(begin('--connection', $id)), 0, 'eight at once, twenty times, and one more');
is(there() . '/' . here(), '140/140', 'nothing is doubled or lost');
is(one('SELECT COUNT(*) - COUNT(DISTINCT uid) FROM event WHERE deleted_at IS NULL'), 0, 'each once');
like($radicale->get('anna', "${path}e3.ics")->{content}, qr/SUMMARY:round 20/, 'the last change is there');
my $out = `'@{[DbTest::build()]}/hawser-sync' --connection $id --json 2>>'$db->{dir}/sync.log'`;
is(decode_json($out)->{planned}, 0, 'the next run does nothing');
done_testing;
