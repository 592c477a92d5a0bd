#!/usr/bin/perl
# A hostile or broken CalDAV server against whole runs of hawser-sync: tags and
# addresses that fit nowhere, objects that are listed and not handed out, rules
# that never end, text that wants to be a page. One bad item costs itself alone,
# nothing is deleted unasked, and the run ends in time.
use strict;
use warnings;
use DbTest;
use FaultServer;
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;
use Time::HiRes qw(time);

my $server = FaultServer->start;
my $cal = '/cal/anna/work/';
my $db = DbTest->new(conf_lines => {
	net => ['allow_origins = ' . $server->url, 'connect_timeout_secs = 4', 'total_timeout_secs = 8'], sync => ['workers = 1'] });
$ENV{HAWSER_CONF} = $db->conf;
my $sync = DbTest::build() . '/hawser-sync';

sub hawser {
	is $db->hawser(@_), 0, "hawser @_[ref $_[0] ? 1 : 0 .. 3]" or diag $db->{err};
	return $db->{out} eq '' ? undef : decode_json($db->{out});
}
sub one { return $db->one($_[0]) }
sub run_sync {
	my $start = time;
	my $out = `timeout 100 $sync --connection 1 --json @_ 2>>$db->{dir}/sync.err`;
	return { code => $? >> 8, secs => time - $start, %{ $out ? decode_json($out) : {} } };
}
sub ics { return Radicale->event("u$_[0]", $_[1] // "Event $_[0]", '20260102T100000Z', @_[2 .. $#_]) }
sub href { return "${cal}e$_[0].ics" }
sub alive { return one('SELECT COUNT(*) FROM event WHERE deleted_at IS NULL') }
sub done {
	my ($r, $name) = @_;
	is "$r->{code} $r->{end}", '0 done', $name or diag explain($r), `tail -3 $db->{dir}/sync.err`;
	return cmp_ok $r->{secs}, '<', 30, "$name: in time";
}

$server->seed(map { (href($_) => ics($_)) } 1 .. 40);
hawser('org', 'add', 'One', '--json');
hawser(\'pass-word-1', 'user', 'add', 'anna@example.org', '--org', 'One', '--role', 'owner', '--password-stdin', '--json');
hawser(\'secret', 'connection', 'add', 'caldav', '--user', 'anna@example.org', '--url', $server->url,
	'--login', 'anna', '--password-stdin', '--json');
hawser('collection', 'select', one('SELECT id FROM collection'), '--json');
done(run_sync(), 'the first run');
is alive(), 40, 'all are here';

# ---- tags and addresses that fit nowhere ----

my $long = 'x' x 3000;
sub tag_of { return "e$_[0]\\.ics</href><propstat><prop><getetag>\"" }
$server->seed(href(1) => ics(1, 'Long tag'), href(2) => ics(2, 'Beside it'));
$server->rule({ times => -1, method => 'REPORT', replace => [tag_of(1), "e1.ics</href><propstat><prop><getetag>\"$long"] });
done(run_sync(), 'a tag of 3000 bytes');
is one("SELECT summary FROM event WHERE uid = 'u2'"), 'Beside it', 'the one beside it arrived';
is one("SELECT summary FROM event WHERE uid = 'u1'"), 'Long tag', 'and so did this one: no tag is as good as a long one';
$server->calm;
done(run_sync('--full'), 'the tag as it was');

my %odd = (
	"$cal" . 'y' x 1500 . '.ics' => ics('long-address'),
	"${cal}quote'%22%3C%26.ics" => ics('quote'),
	"${cal}%FF%FE.ics" => ics('bytes'),
	"${cal}a%2Fb.ics" => ics('slash'),
	"${cal}zero%00.ics" => ics('zero'),
	"${cal}twin.ics" => ics(3, 'Same UID'),
	"${cal}uid.ics" => ics('x' x 3000),
	"${cal}wide.ics" => ics('wide', 'W' x 100_000),
	"${cal}note.ics" => ics('note', '<script>alert(1)</script>'),
);
$server->seed(%odd);
done(run_sync(), 'odd addresses, names and sizes');
is one("SELECT COUNT(*) FROM event WHERE uid = '$_'"), 1, "$_ is here" for qw(uquote ubytes uslash unote);
is one("SELECT COUNT(*) FROM event WHERE uid = 'u3'"), 2, 'two objects with one UID are two events';
is_deeply [sort map { $_->[0] } $db->sql('SELECT reason FROM dead_letter')],
	['The UID is longer than 1,000 bytes.', 'The title is longer than 60,000 bytes.'], 'what is too long is set aside with its reason';
my $before = alive();
my $again = run_sync();
is $again->{planned}, 0, 'a second run has nothing to do' or diag explain $again;
$server->seed(map { ($_ => undef) } keys %odd);
$server->seed(href(3) => ics(3, 'Not the twin'));
done(run_sync('--full'), 'and gone again');
is alive(), 40, 'exactly those';

$server->rule({ times => -1, method => 'REPORT', replace => ['<sync-token>urn', '<sync-token>' . 'z' x 4083 . 'urn'] });
$server->seed(href(4) => ics(4, 'Token'));
done(run_sync(), 'a token of 4 KB');
is one("SELECT summary FROM event WHERE uid = 'u4'"), 'Token', 'the change is here';
$server->calm;
done(run_sync(), 'and without');

# ---- titles and names that would steer a terminal ----
my $steer = "\x1b]0;owned\x07\x1b[2J\x9b31m\x{202e}";
utf8::encode($steer);
$server->seed("${cal}steer%1B%5B2J.ics" => ics('steer', "Steer $steer"));
my $told = `timeout 100 $sync --connection 1 --dry-run 2>&1`;
like $told, qr/Steer/, 'a dry run tells of it';
unlike $told, qr/[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae/, 'and steers no terminal';
done(run_sync(), 'it comes');
for my $command (['event', 'list'], ['event', 'show', one("SELECT id FROM event WHERE uid = 'usteer'")], ['run', 'show', one('SELECT MAX(id) FROM sync_run')]) {
	$db->hawser(@$command);
	unlike $db->{out} . $db->{err}, qr/[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae/, "nor does hawser @$command";
}
$server->seed("${cal}steer%1B%5B2J.ics" => undef);
done(run_sync(), 'and goes');

# ---- headers that are not text ----
my $mine = one('SELECT id FROM calendar');
$db->hawser('event', 'add', '--calendar', $mine, '--title', 'New here', '--start', '2026-12-01T10:00', '--end', '2026-12-01T11:00');
$server->rule({ method => 'PUT', status => 201, headers => { Location => "${cal}\xff\xfe.ics", ETag => "\"\xff\xfe\"" } });
my $body = ics('x') =~ s/UID:ux/'UID:' . one("SELECT uid FROM event WHERE summary = 'New here'")/er =~ s/Event x/New here/r;
$server->seed("${cal}%FF%FE.ics" => $body);
done(run_sync(), 'a new address and a tag that are not text');
is one("SELECT COUNT(*) FROM link WHERE remote_id LIKE '%\\%FF\\%FE.ics'"), 1, 'the address is kept as one can send it'
	or diag explain [$db->sql('SELECT remote_id, version FROM link ORDER BY id DESC LIMIT 1')];
$server->calm;
$server->seed("${cal}%FF%FE.ics" => undef);
done(run_sync(), 'and gone');
is alive(), 40, 'all as before';

# ---- contents that wander ----
$server->seed(href(5) => ics(6, 'Six at five'), href(6) => ics(5, 'Five at six'), href(7) => ics('other', 'Another UID'));
done(run_sync(), 'two objects change places, one its UID');
is_deeply [sort map { $_->[0] } $db->sql("SELECT CONCAT(uid, ' ', summary) FROM event WHERE deleted_at IS NULL AND uid IN ('u5', 'u6', 'u7', 'uother')")],
	['u5 Five at six', 'u6 Six at five', 'uother Another UID'], 'here as there';
is run_sync()->{planned}, 0, 'and nothing goes round in circles';
is_deeply $server->ledger, [], 'nothing was written there';
my $twice = '<?xml version="1.0"?><multistatus xmlns="DAV:">' . join('', map { "<response><href>" . href(8) . "</href><propstat><prop><getetag>\"t$_\"</getetag></prop><status>HTTP/1.1 200 OK</status></propstat></response>" } 1 .. 5)
	. '<sync-token>urn:fault:1</sync-token></multistatus>';
$server->rule({ body_match => 'sync-collection', status => 207, body => $twice });
done(run_sync(), 'five times the same entry');
is alive(), 40, 'is one';
done(run_sync('--full'), 'the true listing');
is one("SELECT COUNT(*) FROM event WHERE deleted_at IS NULL AND uid = 'u8'"), 1, 'one it stays';

# ---- every write refused ----
$db->sql("UPDATE event SET summary = 'Edited here' WHERE uid = 'u9'");
$server->rule({ times => -1, method => 'PUT', status => 412 });
done(run_sync(), 'a write that is never taken');
cmp_ok scalar(grep { $_->{method} eq 'PUT' } @{ $server->requests }), '<=', 5, 'is not tried for ever';
$server->calm;
$db->sql('UPDATE dead_letter SET next_try_at = NOW()');
done(run_sync('--full'), 'taken at last');
is scalar(grep { $_->{path} eq href(9) } @{ $server->ledger }), 1, 'once';
is one('SELECT COUNT(*) FROM pending'), 0, 'and nothing waits';

# ---- listed, and not handed out ----
$server->seed(map { (href($_) => ics($_, "Again $_")) } 1 .. 40);
$server->rule({ times => -1, body_match => 'calendar-multiget', status => 207, headers => { 'Content-Type' => 'application/xml' },
	body => '<multistatus xmlns="DAV:">' . join('', map { "<response><href>" . href($_) . "</href><status>HTTP/1.1 404 No</status></response>" } 1 .. 40) . '</multistatus>' },
	{ times => -1, method => 'GET', status => 404 });
my $r = run_sync();
is alive(), 40, 'all are listed as changed, none is handed out: nothing is deleted unasked' or diag explain $r;
$server->calm;
run_sync();
run_sync('--full');
is alive(), 40, 'all are here when the server is well again';

# ---- rules without end ----
my @bombs = ('FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30', 'FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=31', 'FREQ=HOURLY;BYYEARDAY=366;BYMONTH=1',
	'FREQ=SECONDLY', 'FREQ=YEARLY;INTERVAL=999999999', 'FREQ=DAILY;COUNT=2147483647', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
	'FREQ=MINUTELY;INTERVAL=1;BYSECOND=' . join(',', 0 .. 59), 'FREQ=WEEKLY;UNTIL=99991231T235959Z', 'FREQ=DAILY;BYSETPOS=366;BYHOUR=1');
$server->seed(map { ("${cal}bomb$_.ics" => ics("bomb$_", "Bomb $_", "RRULE:$bombs[$_]")) } 0 .. $#bombs);
$server->seed("${cal}rdate.ics" => ics('rdate', 'Many dates', map { 'RDATE:' . join ',', map { sprintf '20%02d0%d%02dT100000Z', $_ % 70 + 26, $_ % 9 + 1, $_ % 28 + 1 } 1 .. 400 } 1 .. 100));
$server->seed("${cal}zone.ics" => ics('zone', 'In a zone') =~ s/DTSTART:\d+T\d+Z/DTSTART;TZID=Bomb:20261122T100000/r =~ s/DTEND.*\r\n//r =~ s/BEGIN:VEVENT/join "\r\n",
	'BEGIN:VTIMEZONE', 'TZID:Bomb', 'BEGIN:STANDARD', 'DTSTART:16010101T000000', 'RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200', 'END:STANDARD', 'END:VTIMEZONE', 'BEGIN:VEVENT'/er);
done(run_sync(), 'rules without end arrive');
my $start = time;
is system("timeout 60 $sync --once 2>>$db->{dir}/sync.err"), 0, 'the occurrences are worked';
cmp_ok time - $start, '<', 30, 'in time';
cmp_ok one('SELECT MAX(n) FROM (SELECT COUNT(*) n FROM event_instance GROUP BY event_id) x'), '<=', 1000, 'no series has more than a thousand dates';
is one("SELECT COUNT(*) FROM dead_letter WHERE reason REGEXP 'rule cannot be used|list of repetitions'"), 7, 'what can not be is set aside';
is one('SELECT COUNT(*) FROM event WHERE behind = 1'), 0, 'and nothing is tried for ever';
is one("SELECT COUNT(*) FROM event_instance i JOIN event e ON e.id = i.event_id WHERE e.uid = 'uzone'"), 1, 'an appointment in a zone without end is shown all the same';
done_testing;
