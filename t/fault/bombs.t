#!/usr/bin/perl
# Repetition rules that are traps, by import, by pull and by form: each event is
# settled in time, no page waits for it, the event says what is wrong in plain
# words; and a series begun long ago shows its dates like any other.
use strict;
use warnings;
use DbTest;
use FaultServer;
use JSON::PP qw(decode_json);
use POSIX ();
use Radicale;
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

my $server = FaultServer->start;
my $cal = '/cal/anna/work/';
my $w = WebTest->new(conf => { net => ['allow_origins = ' . $server->url], sync => ['workers = 1'], web => ['workers = 1'] });
my $db = $w->db;
my $bin = DbTest::build();
$ENV{HAWSER_CONF} = $db->conf;
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
sub one { return $db->one($_[0]) }
sub median { my @s = sort { $a <=> $b } @_; return $s[@s / 2] }
sub cpu_secs { my (undef, undef, $user, $system) = POSIX::times(); return ($user + $system) / POSIX::sysconf(POSIX::_SC_CLK_TCK()) }

# ---- the traps: rule, and what becomes of it. refused: not taken, with a
# sentence; flagged: taken, too hard, only its first date; fine: shown ----
my @traps = (
	['FREQ=SECONDLY', 'refused'], ['FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30', 'refused'], ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'refused'],
	['FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=31', 'refused'], ['FREQ=MONTHLY;BYMONTH=4,6,9,11;BYMONTHDAY=31', 'refused'],
	['FREQ=DAILY;COUNT=2147483647', 'refused'], ['FREQ=YEARLY;INTERVAL=999999999', 'refused'], ['FREQ=DAILY;BYSETPOS=366;BYHOUR=25', 'refused'],
	['FREQ=WEEKLY;BYDAY=5MO', 'refused'], ['FREQ=DAILY;BYWEEKNO=53', 'refused'], ['FREQ=DAILY;UNTIL=99999999', 'refused'],
	['FREQ=DAILY;BYMONTHDAY=' . join(',', (31) x 70), 'refused'], ['FREQ=DAILY;INTERVAL=0', 'refused'], ['FREQ=DAILY;COUNT=-1', 'refused'],
	['FREQ=HOURLY;BYYEARDAY=366;BYMONTH=1', 'any'], ['FREQ=MINUTELY;BYYEARDAY=366;BYMONTH=1;BYSETPOS=300', 'any'],
	['FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYHOUR=3', 'any'], ['FREQ=HOURLY;INTERVAL=24;BYHOUR=1', 'any'],
	['FREQ=MINUTELY;INTERVAL=1440;BYHOUR=3;BYMINUTE=7', 'any'], ['FREQ=HOURLY;BYMONTHDAY=31;BYMONTH=2,12;BYDAY=MO;BYHOUR=2;BYSETPOS=366', 'any'],
	['FREQ=MINUTELY;BYDAY=MO;BYMONTHDAY=13;BYMONTH=2;BYHOUR=4;BYMINUTE=59;COUNT=900000', 'any'], ['FREQ=MINUTELY;BYHOUR=1;COUNT=999999', 'any'],
	['FREQ=MINUTELY;BYSECOND=' . join(',', 0 .. 59), 'any'], ['FREQ=MINUTELY;INTERVAL=10000;BYMINUTE=1', 'any'], ['FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6', 'any'],
	['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300', 'any'], ['FREQ=DAILY;BYMONTHDAY=31;BYYEARDAY=1', 'refused'], ['FREQ=YEARLY;BYYEARDAY=366;BYDAY=MO;BYMONTH=1', 'any'],
	['FREQ=YEARLY;BYDAY=53MO;BYMONTH=2', 'any'], ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYSETPOS=2', 'any'],
	['FREQ=YEARLY;BYMONTH=' . join(',', 1 .. 12) . ';BYMONTHDAY=' . join(',', 1 .. 31) . ';BYHOUR=' . join(',', 0 .. 23) . ';BYMINUTE=' . join(',', 0 .. 59) . ';BYSECOND=' . join(',', 0 .. 59) . ';BYSETPOS=-366', 'any'],
	['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=' . join(',', 0 .. 23) . ';BYMINUTE=' . join(',', 0 .. 59), 'any'],
	['FREQ=DAILY;UNTIL=99991231T235959Z', 'fine'], ['FREQ=MINUTELY', 'fine'], ['FREQ=DAILY;COUNT=999999', 'fine'], ['FREQ=HOURLY', 'fine'],
);
cmp_ok scalar @traps, '>=', 30, scalar(@traps) . ' traps';
sub ics { my ($uid, $rule, $start) = @_; return Radicale->event($uid, "Trap $uid", $start // '19990131T101500Z', "RRULE:$rule") }
my $zone = join "\r\n", 'BEGIN:VTIMEZONE', 'TZID:Trap', 'BEGIN:STANDARD', 'DTSTART:16010101T000000', 'RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30',
	'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200', 'END:STANDARD', 'END:VTIMEZONE', 'BEGIN:VEVENT';
my $zoned = Radicale->event('zone', 'Trap zone', '20261122T100000Z') =~ s/DTSTART:\d+T\d+Z/DTSTART;TZID=Trap:20261122T100000/r =~ s/DTEND.*\r\n//r =~ s/BEGIN:VEVENT/$zone/r;

# ---- while other requests are timed: a single worker serves them all ----
my $parent = $$;
my $pid = fork // die $!;
if (!$pid) {
	$SIG{TERM} = sub { POSIX::_exit(0) };
	open my $log, '>', $w->dir . '/pages' or POSIX::_exit(1);
	$log->autoflush;
	my $mia = $w->browser;
	$mia->sign_in('mia@a.example');
	while (getppid == $parent) {
		my $start = time;
		my $r = $mia->get('/settings/agenda');
		printf $log "%.3f %d\n", time - $start, $r->{status};
		sleep 0.05;
	}
	POSIX::_exit(0);
}

# ---- by import ----
my $mine = one("SELECT c.id FROM calendar c JOIN user u ON u.id = c.user_id WHERE u.email = 'ana\@a.example'");
if (!$mine) {
	is $db->hawser('calendar', 'add', 'Mine', '--org', 'A', '--user', 'ana@a.example'), 0, 'a calendar' or diag $db->{err};
	$mine = one('SELECT MAX(id) FROM calendar');
}
sub import_ics {
	my ($text) = @_;
	open my $f, '>', $w->dir . '/trap.ics' or die $!;
	print $f $text;
	close $f or die $!;
	my $start = time;
	my $code = $db->hawser('event', 'import', $w->dir . '/trap.ics', '--org', 'A', '--calendar', $mine, '--json');
	my $took = time - $start;
	my $out = $db->{out} =~ /^\{/ ? decode_json($db->{out}) : {};
	return ($code, $took, $out->{refused} && @{ $out->{refused} } ? $out->{refused}[0]{reason} : $db->{err});
}
my @plain = map { (import_ics(Radicale->event("plain$_", 'Plain', '20261120T100000Z')))[1] } 1 .. 5;
my @took;
for my $i (0 .. $#traps) {
	my ($rule, $fate) = @{ $traps[$i] };
	my ($code, $took, $told) = import_ics(ics("i$i", $rule));
	push @took, $took;
	my $name = substr $rule, 0, 60;
	is $code, $fate eq 'refused' ? 1 : 0, "import: $name: $fate" or diag $told;
	like $told, qr/[A-Z].*repetition rule cannot be used.*\./, "import: $name: in words" if $fate eq 'refused';
}
push @took, (import_ics($zoned))[1];
is one("SELECT COUNT(*) FROM event WHERE uid = 'zone'"), 1, 'an event in a zone that is a trap is taken';
my ($quick, $most) = (median(@plain), (sort { $b <=> $a } @took)[0]);
note sprintf 'import: plain %.0f ms, traps median %.0f ms, max %.0f ms', 1000 * $quick, 1000 * median(@took), 1000 * $most;
cmp_ok median(@took), '<', 0.25 + 2 * $quick, 'importing a trap takes no longer than another event';

# ---- by pull ----
is $db->hawser(\'secret', 'connection', 'add', 'caldav', '--org', 'A', '--user', 'ana@a.example', '--url', $server->url, '--login', 'anna',
	'--password-stdin', '--json'), 0, 'connected' or BAIL_OUT($db->{err});
$db->hawser('collection', 'select', one('SELECT id FROM collection')) == 0 or diag $db->{err};
$server->seed((map { ("${cal}p$_.ics" => ics("p$_", $traps[$_][0])) } 0 .. $#traps), "${cal}pz.ics" => $zoned =~ s/UID:zone/UID:pzone/r);
my $behind = one('SELECT COUNT(*) FROM event WHERE behind = 1');
my $refused = grep { $_->[1] eq 'refused' } @traps;
is $behind, @traps - $refused + 1, 'the import left all occurrences to the job';
my ($cpu, $wall) = (cpu_secs(), time);
is system("'$bin/hawser-sync' --once 2>>'" . $w->dir . "/sync.err'"), 0, 'the pull, and the occurrences of both';
($cpu, $wall) = (cpu_secs() - $cpu, time - $wall);
is one("SELECT COUNT(*) FROM dead_letter WHERE reason LIKE '%repetition rule cannot be used%'"), $refused, "the $refused that cannot be are set aside, each with its reason";
is one("SELECT COUNT(*) FROM event WHERE uid LIKE 'p%' AND uid NOT LIKE 'plain%'"), @traps - $refused + 1, 'all others are here';
$behind *= 2;
note sprintf '%d traps: %.2f s of CPU (%.0f ms each), %.2f s by the clock (%.0f ms each)', $behind, $cpu, 1000 * $cpu / $behind, $wall, 1000 * $wall / $behind;
cmp_ok $cpu / $behind, '<=', 0.25, 'at most 250 ms for each';
is one('SELECT COUNT(*) FROM event WHERE behind = 1'), 0, 'none is left';
my @flagged = map { $_->[0] } $db->sql("SELECT CONCAT(uid, ': ', rule_problem) FROM event WHERE rule_problem IS NOT NULL");
cmp_ok scalar @flagged, '>=', 6, scalar(@flagged) . ' are flagged';
is scalar(grep { !/: [A-Z].*(?:takes too long|cannot be worked out).*\. Only its first date is shown\.$/ } @flagged), 0, 'in plain words' or diag join "\n", @flagged;
is one('SELECT COUNT(*) FROM event e WHERE rule_problem IS NOT NULL AND (SELECT COUNT(*) FROM event_instance i WHERE i.event_id = e.id) <> 1'), 0, 'each with its first date';
is one('SELECT COUNT(*) FROM event_instance GROUP BY event_id ORDER BY 1 DESC LIMIT 1') <= 1000, 1, 'no series has more than a thousand dates';

# ---- the pages of the hardest ----
# A page reads what is written ahead: no process that serves pages works a rule
# out, nor has a child that does (faults of children that ended count with it).
sub children {
	my $n = 0;
	for my $pid ($w->workers) {
		open my $f, '<', "/proc/$pid/stat" or next;
		$n += (split / /, <$f> =~ s/^.*\) //r)[8];
	}
	return $n;
}
my $children = children();
$ana->get("/settings/events/$_->[0]?date=20301111T101500Z") for my @every = $db->sql('SELECT id FROM event WHERE recurrence IS NOT NULL');
is children(), $children, 'a date nobody knows, of each of ' . @every . ': no rule is worked out';
for my $id (map { $_->[0] } $db->sql('SELECT id FROM event WHERE rule_problem IS NOT NULL AND recurrence IS NOT NULL')) {
	my $r = $ana->get("/settings/events/$id");
	ok $r->{content} =~ m{(?:takes too long to work out|cannot be worked out).*Only its first date is shown}s, 'its page says so';
	my $t = time;
	$r = $ana->get("/settings/events/$id?date=20301111T101500Z");
	note sprintf 'a date nobody knows: %d in %.0f ms', $r->{status}, 1000 * (time - $t);
	is $r->{status}, 404, 'a date nobody knows is not there';
	for my $path ('edit?', 'edit?scope=following&', 'delete?') {
		$r = $ana->get("/settings/events/$id/${path}date=19990131T101500Z");
		like $r->{status}, qr/^(?:200|409)$/, "$path of the date that is shown";
	}
	$r = $ana->get("/settings/events/$id?date=19990131T101500Z");
	is $r->{status}, 200, 'the date that is shown has its page' or diag substr $r->{content}, 0, 2000;
}
is children(), $children, 'and for none of them, of none of the forms was a rule worked out';
# Before the job has been there: what is not written is said to be under way.
my $fresh = (import_ics(ics('fresh', 'FREQ=HOURLY;BYYEARDAY=366;BYMONTH=1')))[0];
my $fresh_id = one("SELECT id FROM event WHERE uid = 'fresh'");
for my $path ("$fresh_id?date=20001231T101500Z", "$fresh_id/edit?date=20001231T101500Z", "$fresh_id/edit?date=20001231T101500Z&scope=following", "$fresh_id/delete?date=20001231T101500Z") {
	my $r = $ana->get("/settings/events/$path");
	is $r->{status}, 409, "$path: not yet";
	like $r->{content}, qr/are being worked out just now\. Look again in a moment/, 'it says so';
}
is children(), $children, 'and no process of the pages works them out';
is system("'$bin/hawser-sync' --once 2>>'" . $w->dir . "/sync.err'"), 0, 'the job does';
# Ever so many dates: dividing such a series ends in time.
my @dense = import_ics(ics('dense', 'FREQ=MINUTELY;COUNT=900000', '20260101T000000Z'));
is $dense[0], 0, 'a dense one' or diag $dense[2];
is system("'$bin/hawser-sync' --once 2>>'" . $w->dir . "/sync.err'"), 0, 'and its dates';
my ($dense, $dense_at) = @{ ($db->sql("SELECT e.id, MAX(recurrence_id) FROM event e JOIN event_instance i ON i.event_id = e.id WHERE e.uid = 'dense' GROUP BY e.id"))[0] };
my $t0 = time;
is $ana->get("/settings/events/$dense/edit?date=$dense_at&scope=following")->{status}, 409, 'it cannot be divided while one waits';
cmp_ok time - $t0, '<', 4, sprintf 'which is said after %.1f s', time - $t0;
is $db->hawser('event', 'show', one("SELECT id FROM event WHERE rule_problem IS NOT NULL LIMIT 1")), 0, 'the command';
like $db->{out}, qr{takes too long|cannot be worked out}, 'says so too';

# ---- by form: what a form can say at its worst ----
my %form = (calendar => $mine, summary => 'By form', start_day => '1999-01-31', start_time => '10:15', end_day => '1999-01-31', end_time => '11:15',
	zone => 'Europe/Berlin', location => '', description => '', repeat => 'daily', interval => 1, until => '', count => '', rev => '', date => '');
for my $t ([repeat => 'daily', count => 9999], [repeat => 'daily', interval => 999, until => '9999-12-31'], [repeat => 'yearly', interval => 999], [repeat => 'daily', interval => 0],
	[repeat => 'secondly'], [repeat => 'daily', count => 2147483647], [repeat => 'monthly', interval => 7, start_day => '1904-02-29', end_day => '1904-02-29']) {
	my $t0 = time;
	my $r = $ana->post('/settings/events', { %form, @$t });
	my $secs = time - $t0;
	like $r->{status}, qr/^(?:303|422)$/, "form @$t: $r->{status}";
	note sprintf 'form @%s: %.0f ms', join(',', @$t), 1000 * $secs;
}
is system("'$bin/hawser-sync' --once 2>>'" . $w->dir . "/sync.err'"), 0, 'their occurrences';
# a trap that is edited: the rule stays, the title changes; then it is mended
my ($id, $rev) = @{ ($db->sql("SELECT id, rev FROM event WHERE rule_problem IS NOT NULL AND uid LIKE 'i%' LIMIT 1"))[0] };
my $page = $ana->get("/settings/events/$id/edit")->{content};
my %values = (%form, (map { $_ => $page =~ /name="$_" value="([^"]*)"|name="$_"[^>]*value="([^"]*)"/ ? $1 // $2 : '' } qw(start_day start_time end_day end_time zone rev)),
	repeat => 'other', summary => 'Mended');
delete $values{calendar};
my $r = $ana->post("/settings/events/$id", \%values);
is $r->{status}, 303, 'its title can be changed' or diag substr $r->{content}, 0, 3000;
$page = $ana->get("/settings/events/$id/edit")->{content};
($values{rev}) = $page =~ /name="rev" value="(\d+)"/;
$r = $ana->post("/settings/events/$id", { %values, repeat => 'weekly' });
is $r->{status}, 303, 'and its rule mended';
is system("'$bin/hawser-sync' --once 2>>'" . $w->dir . "/sync.err'"), 0, 'the job';
is one("SELECT rule_problem FROM event WHERE id = $id"), undef, 'then nothing is wrong with it any more';
cmp_ok one("SELECT COUNT(*) FROM event_instance WHERE event_id = $id"), '>', 50, 'and its dates are here';

# ---- long ago, and still here ----
for my $t (['FREQ=HOURLY', '20160105T083000Z'], ['FREQ=HOURLY;COUNT=999999', '20160105T083000Z'], ['FREQ=MINUTELY;INTERVAL=30', '20110105T083000Z'],
	['FREQ=HOURLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,10,11', '20120105T093000Z'], ['FREQ=DAILY;COUNT=99999', '19200105T083000Z'], ['FREQ=MINUTELY;INTERVAL=7', '19700101T000000Z']) {
	my ($code, undef, $told) = import_ics(ics("old-$t->[0]", @$t));
	is $code, 0, "$t->[0] since $t->[1]" or diag $told;
}
($cpu) = (cpu_secs());
is system("'$bin/hawser-sync' --once 2>>'" . $w->dir . "/sync.err'"), 0, 'the job';
note sprintf '%.0f ms of CPU for six', 1000 * (cpu_secs() - $cpu);
is_deeply [$db->sql("SELECT uid, rule_problem FROM event WHERE uid LIKE 'old-%' AND rule_problem IS NOT NULL")], [], 'none is too hard';
is one("SELECT COUNT(*) FROM event e WHERE uid LIKE 'old-%' AND EXISTS (SELECT 1 FROM event_instance i WHERE i.event_id = e.id AND i.starts_at BETWEEN NOW() AND NOW() + INTERVAL 4 DAY)"),
	6, 'all show dates of these days';

# ---- what the others saw meanwhile ----
kill 'TERM', $pid;
waitpid $pid, 0;
$? = 0;
my @pages = map { [split] } split /\n/, $w->log_text('pages');
my @times = sort { $a <=> $b } map { $_->[0] } @pages;
note sprintf '%d pages meanwhile: median %.0f ms, max %.0f ms', scalar @times, 1000 * median(@times), 1000 * $times[-1];
is_deeply [grep { $_->[1] != 200 } @pages], [], scalar(@pages) . ' pages meanwhile, all answered';
cmp_ok $times[@times * 0.95], '<', 0.5 + 5 * median(@times), 'and none waited for a rule';
is $db->hawser('audit', 'verify', '--org', 'A'), 0, 'the audit verifies' or diag $db->{err};
done_testing;
