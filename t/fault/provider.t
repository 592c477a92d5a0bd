#!/usr/bin/perl
# A connected calendar whose server has every kind of trouble. After each: the
# oracle - both sides as they should be, nothing left over, the next run writes
# nothing, the audit verifies. Sampled; all of it with ./check fault --full.
use strict;
use warnings;
use DbTest;
use FaultServer;
use JSON::PP qw(decode_json);
use Oracle;
use POSIX ();
use Radicale;
use Test::More;
use Time::HiRes qw(sleep time);

my $full = ($ENV{HAWSER_FULL} // '') eq 'yes';
my $seed = $ENV{HAWSER_SEED} // 20261120;
srand $seed;
note "seed $seed";
my ($server, $calm) = (FaultServer->start, FaultServer->start);
my $cal = '/cal/anna/work/';
my $db = DbTest->new(conf_lines => { sync => ['workers = 2'], net => ['connect_timeout_secs = 2', 'total_timeout_secs = 3',
	'allow_origins = ' . $server->url . ' ' . $calm->url] });
my $dir = $db->dir;
my $bin = DbTest::build();
$ENV{HAWSER_CONF} = $db->conf;

sub one { return $db->one($_[0]) }
sub ics { return Radicale->event("u$_[0]", $_[1] // "Event $_[0]", '20260102T100000Z', @_[2 .. $#_]) }
sub href { return "${cal}e$_[0].ics" }
sub hawser { is $db->hawser(@_), 0, join(' ', 'hawser', grep { defined && !ref } @_[0 .. 3]) or diag $db->{err}; return $db->{out} =~ /^\{/ ? decode_json($db->{out}) : undef }
my %want;		# uid => title, as it should be on both sides
sub change_there {
	my (%objects) = @_;
	$server->seed(map { (href($_) => defined $objects{$_} ? ics($_, $objects{$_}) : undef) } keys %objects);
	for my $n (keys %objects) { defined $objects{$n} ? ($want{"u$n"} = $objects{$n}) : delete $want{"u$n"} }
	return;
}
sub change_here { my ($n, $title) = @_; $db->sql("UPDATE event SET summary = '$title' WHERE uid = 'u$n' AND org_id = 1"); $want{"u$n"} = $title; return }
sub connect_to {	# organisation, server: connection
	my ($org, $s) = @_;
	hawser('org', 'add', $org, '--json');
	hawser(\'pass-word-1', 'user', 'add', lc($org) . '@example.org', '--org', $org, '--role', 'owner', '--password-stdin', '--json');
	hawser(\'secret', 'connection', 'add', 'caldav', '--org', $org, '--user', lc($org) . '@example.org', '--url', $s->url, '--login', 'anna', '--password-stdin', '--json');
	my $c = one('SELECT MAX(id) FROM connection');
	hawser('collection', 'select', one("SELECT id FROM collection WHERE connection_id = $c"));
	return $c;
}
# The fault is over and every wait has passed: of the connection, of items.
sub now_well {
	my ($c) = @_;
	$server->calm;
	$db->sql('UPDATE connection SET wait_until = NULL, wait_tries = 0 WHERE id = ' . ($c // 1) . '; UPDATE dead_letter SET next_try_at = UTC_TIMESTAMP(6) WHERE next_try_at IS NOT NULL');
	return;
}
sub run {
	my ($args, @before) = @_;
	my $start = time;
	my $out = `@before timeout 120 '$bin/hawser-sync' $args --json 2>>'$dir/sync.err'`;
	my $json = $out =~ /^(\{.*\})/s ? eval { decode_json($1) } // {} : {};
	return { end => '', %$json, code => $? >> 8, secs => time - $start };
}
sub cursor { return join ' ', map { join ',', map { $_ // '-' } @$_ } $db->sql('SELECT HEX(cursor_value), HEX(page_cursor) FROM binding WHERE connection_id = 1') }
sub alive { return one('SELECT COUNT(*) FROM event WHERE deleted_at IS NULL AND org_id = 1') }
change_there(map { ($_ => "Event $_") } 1 .. 30);
$calm->seed(map { (href($_) => ics($_)) } 1 .. 5);
is connect_to('One', $server), 1, 'an account';
my $oracle = Oracle->new(db => $db, connection => 1, there => sub { [map { $_->{data} } values %{ $server->store }] });
sub well { my ($what) = @_; now_well(); my $wrong = $oracle->wrong(events => {%want}); return is $wrong, undef, "$what: the oracle" }
is run('--connection 1')->{end}, 'done', 'the first run';
well('at first');

# ---- R4: pieces of one byte, calls that fail ----
my $shape = 'SELECT e.uid, e.summary, e.start_wall, e.end_wall, e.zone_kind, e.extra, HEX(l.base), HEX(l.raw), HEX(l.version), l.remote_id FROM event e'
	. ' JOIN link l ON l.org_id = e.org_id AND l.event_id = e.id WHERE e.org_id = %d ORDER BY e.uid';
my @columns = map { $_->[0] } $db->sql("SELECT column_name FROM information_schema.columns WHERE table_schema = 'hawser' AND table_name = 'link'");
my @kept = grep { /^(?:remote_id|version|raw|base\w*|.*hash)$/ } @columns;
$shape = 'SELECT e.uid, e.summary, e.start_wall, e.end_wall, e.extra, ' . join(', ', map { "HEX(l.$_)" } @kept)
	. ' FROM event e JOIN link l ON l.org_id = e.org_id AND l.event_id = e.id WHERE e.org_id = %d ORDER BY e.uid';
$server->rule({ times => -1, piece => 1, piece_ms => 0 });
my $pieces = connect_to('Pieces', $server);
is run("--connection $pieces")->{end}, 'done', 'a first run by pieces of one byte';
is_deeply [$db->sql(sprintf $shape, 2)], [$db->sql(sprintf $shape, 1)], 'gives the same rows, byte for byte (' . join(' ', @kept) . ')';
$db->hawser('connection', 'remove', $pieces, '--yes');
$db->sql("UPDATE connection SET state = 2 WHERE id = $pieces");
$server->calm;
my @errors = qw(EIO ENOSPC EINTR EAGAIN EMFILE ENOMEM);
my %calls;
SKIP: {
	skip 'strace is not installed', 1 if system('strace -V >/dev/null 2>&1');
	change_there(1 => 'There 0');
	change_here(2, 'Here 0');
	run('--connection 1', "strace -f -qq -o '$dir/trace' -e trace=read,write,recvfrom,sendto,openat,connect,socket");
	open my $f, '<', "$dir/trace" or die $!;
	while (<$f>) { $calls{$1}++ if /^\d+\s+(\w+)\(/ }
	my @all = map { my $call = $_; map { my $n = $_; map { [$call, $n, $_] } @errors } 1 .. $calls{$call} } sort keys %calls;
	my @some = $full ? @all : map { $all[rand @all] } 1 .. 14;
	my ($failed, @bad) = (0);
	for my $at (@some) {
		my ($call, $n, $error) = @$at;
		change_there(1 => "There $call $n $error");
		change_here(2, "Here $call $n $error");
		my $r = run('--connection 1', "strace -f -qq -o /dev/null -e trace=$call -e inject=$call:error=$error:when=$n");
		$failed++ if $r->{code} || $r->{end} ne 'done';
		now_well();
		my $wrong = $oracle->wrong(events => {%want});
		push @bad, "$call $n $error: $wrong" if defined $wrong;
	}
	is_deeply \@bad, [], sprintf 'one call fails: %d of %d (call, time, error), %d runs ended early', scalar @some, scalar @all, $failed;
}

# ---- R5: told to wait ----
sub time_is_over {
	$server->calm;
	$db->sql('UPDATE connection SET wait_until = NOW() WHERE id = 1');
	return $db->sql('UPDATE job SET due = UTC_TIMESTAMP() WHERE connection_id = 1');
}
my $other = connect_to('Other', $calm);
is run("--connection $other")->{end}, 'done', 'another organisation';
for my $t ([429, 90, 90], [503, 90, 90], [429, 'date', 120], [429, 700, 700]) {
	my ($status, $after, $secs) = @$t;
	$after = POSIX::strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime(time + $secs)) if $after eq 'date';
	change_there(3 => "Wait $status $secs");
	$server->calm;
	$server->rule({ times => -1, status => $status, headers => { 'Retry-After' => $after } });
	my $r = run('--connection 1');
	is $r->{end}, 'waits', "$status, Retry-After $after: it waits" or diag explain $r;
	my $left = one('SELECT TIMESTAMPDIFF(SECOND, NOW(), wait_until) FROM connection WHERE id = 1');
	cmp_ok abs($left - $secs), '<=', 20, "for $left of $secs seconds";
	my $asked = @{ $server->requests };
	$calm->seed(href(1) => ics(1, "Other $status $after"));
	$db->sql("UPDATE job SET due = UTC_TIMESTAMP() WHERE connection_id = $other");
	for my $share (0, 0.5) {		# so much of the time has gone by
		$db->sql("UPDATE connection SET wait_until = NOW(6) + INTERVAL @{[int($secs * (1 - $share))]} SECOND WHERE id = 1");
		run('--once');
		# whoever asks: a command, a dry run, pause and resume, a look for new calendars
		is run('--connection 1')->{end}, 'waits', 'by hand it waits too';
		is run('--connection 1 --dry-run')->{end}, 'waits', 'and a dry run';
		$db->hawser('connection', $_, 1) == 0 or diag "$_: $db->{err}" for qw(sync pause resume sync);
		run('--once');
		isnt $db->hawser('connection', 'rescan', 1), 0, 'its calendars are not looked for';
		like $db->{err}, qr/The server asked for a pause.*Try again in \d+ (?:seconds?|minutes|hours)\./, 'it says why, and when';
		isnt $db->hawser(\'secret', 'connection', 'reconnect', 1, '--password-stdin'), 0, 'nor is a password tried';
	}
	is scalar(@{ $server->requests }), $asked, 'nothing is asked before that';
	cmp_ok abs(one('SELECT TIMESTAMPDIFF(SECOND, c.wait_until, j.due) FROM connection c JOIN job j ON j.connection_id = c.id AND j.kind = 1 WHERE c.id = 1')), '<=', 2, 'it is queued for then';
	is one('SELECT cause FROM job WHERE connection_id = 1 AND kind = 1'), one("SELECT cause FROM sync_run WHERE connection_id = $other ORDER BY id LIMIT 1"), 'for whoever asked';
	is one("SELECT summary FROM event WHERE org_id = (SELECT org_id FROM connection WHERE id = $other) AND uid = 'u1'"), "Other $status $after", 'the other organisation is served meanwhile';
	time_is_over();
	run('--once');
	is one("SELECT summary FROM event WHERE org_id = 1 AND uid = 'u3'"), "Wait $status $secs", 'then it goes on by itself';
	well("$status $after");
}

# ---- R6: faults at a rate, and for good ----
my ($good, $tried, $slowest) = (0, $full ? 200 : 12, 0);
my @kinds = ({ status => 500 }, { status => 502 }, { status => 504 }, { close => 'before' }, { close => 'after' }, { cut => 100 });
for my $i (1 .. $tried) {
	change_there(4 => "Rate $i");
	change_here(5, "Rate $i") if $i % 3 == 0;
	$server->calm;
	$server->rule(map { { %$_, times => -1, percent => 5 / @kinds } } @kinds);
	my $r;
	for my $try (1 .. 3) {
		$r = run('--connection 1');
		last if $r->{end} eq 'done';
		$db->sql('UPDATE connection SET wait_until = NULL WHERE id = 1');
	}
	$good++ if $r->{end} eq 'done';
}
cmp_ok $good, '>=', 0.995 * $tried, "5 % of the answers are faults: $good of $tried syncs are good within three tries";
well('5 %');
for my $kind (@kinds) {
	change_there(4 => 'Rate ' . join ' ', %$kind);
	$server->calm;
	$server->rule({ %$kind, times => -1, percent => 30 });
	run('--connection 1');
	well('30 % of ' . join ' ', %$kind);
}
$server->rule({ times => -1, status => 500 });
change_there(6 => 'All broken');
$db->sql("UPDATE connection SET wait_until = NULL, wait_tries = $_ WHERE id = 1"), run('--connection 1') for 2, 3, 4, 9;
my $left = one('SELECT TIMESTAMPDIFF(SECOND, NOW(), wait_until) FROM connection WHERE id = 1');
cmp_ok $left, '<=', 240, "after many tries it waits for $left s: back within 5 minutes with a minute's cron";
cmp_ok $left, '>', 100, 'and does not hammer';
time_is_over();
run('--once');
is one("SELECT summary FROM event WHERE org_id = 1 AND uid = 'u6'"), 'All broken', 'well again: it comes back by itself';
well('100 %');

# ---- R7: answers that are not whole ----
my $tag = 0;
my @lies = ((map { { cut => $_, headers => { Connection => 'close' } } } $full ? 0 .. 700 : map { int rand 700 } 1 .. 6), { headers => { 'Content-Length' => 40 } }, { headers => { 'Content-Length' => 99999 }, cut => 99998 },
	{ status => 207, garbage => 600 }, { status => 200, body => '<html><body>We are down</body></html>' }, { status => 207, body => '{"error":"x"}' }, { status => 207, body => '' },
	{ status => 207, body => '<multistatus xmlns="DAV:"/>' }, { status => 207, body => ' ' x 1_000_000, repeat => 60, gzip => 1 });
for my $lie (@lies) {
	my $what = join ' ', map { ref $lie->{$_} ? "$_ @{[%{ $lie->{$_} }]}" : length $lie->{$_} < 40 ? "$_ $lie->{$_}" : $_ } sort keys %$lie;
	change_there(7 => 'Lie ' . ++$tag);
	my ($cursor, $alive) = (cursor(), alive());
	$server->calm;
	$server->rule({ %$lie, times => -1, method => 'REPORT|PROPFIND' });
	my $r = run('--connection 1' . ($tag % 2 ? ' --full' : ''));
	my $held = cursor() eq $cursor || one("SELECT summary FROM event WHERE org_id = 1 AND uid = 'u7'") eq "Lie $tag";
	is alive(), $alive, "$what: nothing is deleted";
	ok $held, "$what: the cursor stays where it was" or diag explain $r;
	now_well();
}
well('lies');

# ---- R8: an answer of one byte at a time without end ----
change_there(map { ($_ => "Slow $_") } 1 .. 30);
$server->calm;
$server->rule({ times => -1, body_match => 'calendar-multiget', status => 501 }, { times => -1, method => 'GET', body => 'BEGIN:VCALENDAR', endless => 1, piece => 1, piece_ms => 100 });
$calm->seed(href(2) => ics(2, 'Quick'));
$db->sql('UPDATE job SET due = UTC_TIMESTAMP(), wanted_at = UTC_TIMESTAMP()');
my $slow = fork // die $!;
if (!$slow) { my $r = run('--connection 1'); open my $f, '>', "$dir/slow" or die $!; print $f $r->{secs}; close $f; POSIX::_exit(0) }
sleep 1;
my $quick = run("--connection $other");
is $quick->{end}, 'done', sprintf 'another connection is not held up (%.1f s)', $quick->{secs};
waitpid $slow, 0;
$? = 0;
open my $f, '<', "$dir/slow" or die $!;
my $secs = <$f>;
close $f;
cmp_ok $secs, '<', 40, sprintf 'a server that drips 30 entries holds its slot for %.1f s with a limit of 3 s a request', $secs;
well('drips');

# ---- R9: pages that break ----
$server->options(page => 7);
for my $k (0 .. 5) {
	change_there(map { ($_ => "Page $k $_") } 1 .. 30);
	$server->calm;
	$server->options(page => 7);
	$server->rule({ method => 'REPORT', body_match => 'sync-collection', skip => $k, times => 3, status => 500 });
	run('--connection 1 --full');
	$server->options(page => 7);
	well('page ' . ($k + 1) . ' breaks');
}

# ---- R10: a lost cursor: at the start, in mid-page, twice ----
for my $t ([0, 1], [1, 1], [2, 1], [0, 2], [1, 2]) {
	change_there(8 => "Lost @$t");
	change_there((map { ($_ => "Lost @$t $_") } 9 .. 20)) if $t->[0];
	$server->calm;
	$server->rule({ method => 'REPORT', body_match => 'sync-collection', skip => $t->[0], times => $t->[1], status => 403,
		headers => { 'Content-Type' => 'application/xml' }, body => '<?xml version="1.0"?><error xmlns="DAV:"><valid-sync-token/></error>' });
	my $alive = alive();
	run('--connection 1');
	is alive(), $alive, "the cursor is lost after $t->[0] pages, $t->[1] times: merged, not wiped";
	well('a lost cursor');
}
$server->options;

# ---- R11: all gone ----
my $before = alive();
for my $t (['an emptied calendar', sub { $server->seed(map { (href($_) => undef) } 1 .. 30) }], ['a calendar that is not there', sub { $server->rule({ times => -1, path => 'work', status => 404 }) }],
	['one that is forbidden', sub { $server->rule({ times => -1, path => 'work', status => 403 }) }], ['one that is gone', sub { $server->rule({ times => -1, path => 'work', status => 410 }) }],
	['half of it gone', sub { $server->seed(map { (href($_) => undef) } 1 .. 15) }]) {
	my %there = map { ($_ => $want{"u$_"}) } 1 .. 30;
	$server->calm;
	$t->[1]->();
	run('--connection 1' . ($_ ? ' --full' : '')) for 0, 1;
	is alive(), $before, "$t->[0]: nothing is deleted here unasked";
	$server->calm;
	change_there(%there);
	$db->sql('UPDATE connection SET state = 1 WHERE id = 1 AND state <> 1');
	for my $run (map { $_->[0] } $db->sql('SELECT id FROM sync_run WHERE connection_id = 1 AND state IN (1, 2, 3)')) { $db->hawser('run', 'refuse', $run) }
	now_well();
	run('--connection 1 --full');
	is alive(), $before, 'and all are here when it is well again';
}
is_deeply [grep { $_->{method} eq 'DELETE' } @{ $server->ledger }], [], 'nothing was deleted there';

# Another account behind the same address: too few events for the guard.
my $swap = FaultServer->start;
$db->put_conf(qr/^allow_origins = .*$/m, 'allow_origins = ' . join ' ', map { $_->url } $server, $calm, $swap);
$swap->seed(map { (href("s$_") => ics("s$_")) } 1 .. 4);
my $swapped = connect_to('Swap', $swap);
is run("--connection $swapped")->{end}, 'done', 'a small calendar';
sub of_swap { my ($what) = @_; return one("SELECT $what FROM event WHERE org_id = (SELECT org_id FROM connection WHERE id = $swapped)") }
for my $t (['address and home', mail => 'bob@example.com', home => '/cal/bob/'], ['home', home => '/cal/bob/'], ['address', mail => 'bob@example.com']) {
	my ($name, %as) = @$t;
	my $store = $swap->store;
	my %mine = map { $_ => $store->{$_}{data} } keys %$store;
	$swap->seed((map { (href("s$_") => undef) } 1 .. 4), map { (href("bob$_") => ics("bob$_", 'Of somebody else')) } 1 .. 6);
	$swap->options(%as);
	$db->sql("UPDATE event SET summary = 'Mine $name' WHERE uid = 'us1'");
	my $writes = @{ $swap->ledger };
	my $r = run("--connection $swapped");
	is $r->{end}, 'needs to be connected again', "another account ($name): it stops" or diag explain $r;
	like $r->{message}, qr/answers as another account.*Nothing was changed/, 'it says why, and what to do';
	is of_swap('COUNT(deleted_at)'), 0, 'nothing is deleted here';
	is of_swap("SUM(summary = 'Of somebody else')"), 0, 'nothing of theirs has come';
	is scalar(@{ $swap->ledger }), $writes, 'nothing is written or deleted there';
	is one("SELECT state FROM connection WHERE id = $swapped"), 3, 'the connection waits for its person';
	is one("SELECT COUNT(*) FROM sync_run WHERE connection_id = $swapped AND (guard = 1 OR state IN (1, 2))"), 0, 'there is nothing to approve';
	isnt $db->hawser(\'secret', 'connection', 'reconnect', $swapped, '--password-stdin'), 0, 'the same login is refused while they answer';
	like $db->{err}, keys %as == 2 ? qr/belongs to another account/ : qr/Say that it is the same/, 'with what to do';
	$swap->options;
	$swap->seed((map { (href("bob$_") => undef) } 1 .. 6), %mine);
	is $db->hawser(\'secret', 'connection', 'reconnect', $swapped, '--password-stdin'), 0, 'the right one answers again: reconnected' or diag $db->{err};
	run("--connection $swapped");
	is run("--connection $swapped")->{end}, 'done', 'and goes on';
	is of_swap('SUM(deleted_at IS NULL)'), 4, 'with all its events';
	is of_swap("SUM(summary = 'Mine $name')"), 1, 'and what was changed here';
	$db->sql("DELETE FROM $_ WHERE run_id IN (SELECT id FROM sync_run WHERE connection_id = $swapped)") for qw(sync_action before_image);
	$db->sql("DELETE FROM sync_run WHERE connection_id = $swapped");
}
# Its own person empties it: no question.
$swap->seed(map { (href("s$_") => undef) } 1 .. 3);
is run("--connection $swapped")->{end}, 'done', 'emptied by its own person';
is of_swap('COUNT(deleted_at)'), 3, 'is emptied here';
# A server that moved, and its person says so.
$swap->options(home => '/cal/anna-moved/');
is $db->hawser(\'secret', 'connection', 'reconnect', $swapped, '--password-stdin', '--same-account'), 0, 'moved: the same account' or diag $db->{err};
is one("SELECT home_url LIKE '%/anna-moved/' FROM connection WHERE id = $swapped"), 1, 'its new home is known';

# ---- R12: one bad item among many ----
my $many = $full ? 1000 : 200;
for my $place (1, $many / 2, $many) {
	my $good = 'ok' . $place;
	$server->calm;
	$server->seed(map { ("${cal}m$place-" . sprintf('%04d', $_) . '.ics' => $_ == $place ? ics("bad$place") =~ s/DTSTART:.*?\r\n/DTSTART:nonsense\r\n/r : ics("$good-$_")) } 1 .. $many);
	my $cursor = cursor();
	run('--connection 1');
	is one("SELECT COUNT(*) FROM event WHERE org_id = 1 AND uid LIKE 'u$good-%' AND deleted_at IS NULL"), $many - 1, "a bad item at $place of $many: the other @{[$many - 1]} are here";
	isnt cursor(), $cursor, 'the cursor has moved';
	is one('SELECT COUNT(*) FROM dead_letter WHERE org_id = 1'), 1, 'one is set aside';
	like one('SELECT reason FROM dead_letter WHERE org_id = 1') // '', qr/^[A-Z].*\.$/, 'with a sentence';
	run('--connection 1') for 1 .. 7;
	cmp_ok one('SELECT MAX(tries) FROM dead_letter WHERE org_id = 1') // 0, '<=', 5, 'it is not tried for ever';
	$server->seed("${cal}m$place-" . sprintf('%04d', $place) . '.ics' => ics("$good-$place"));
	run('--connection 1');
	is one('SELECT COUNT(*) FROM dead_letter WHERE org_id = 1'), 0, 'mended there, it is here';
	$want{"u$good-$_"} = "Event $good-$_" for 1 .. $many;
	well("a bad item at $place");
}
is_deeply [grep { $_->{method} eq 'DELETE' } @{ $server->ledger }], [], 'still nothing was deleted there';
done_testing;
