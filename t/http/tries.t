#!/usr/bin/perl
# How often a person may try an account at a provider: ten times in ten minutes,
# each in an organisation of their own; then a sentence says when to come back.
# The operator's command line is not held up.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;
use WebTest;

my $radicale = Radicale->start(anna => 'secret');
$radicale->calendar('anna', 'work', 'Work');
my $w = WebTest->new(conf => { net => ['allow_origins = ' . $radicale->url] });
my $db = $w->db;
my %browser;
for my $email ('ana@a.example', 'mia@a.example', 'both@ab.example') {
	$browser{$email} = $w->browser;
	$browser{$email}->sign_in($email);
}
sub add {
	my ($email, $password) = @_;
	return $browser{$email}->post('/settings/ask/connect/caldav',
		{ url => $radicale->url, login => 'anna', password => $password, name => 'Work' });
}
sub connections { return ($db->sql('SELECT COUNT(*) FROM connection'))[0][0] }

my $r = $browser{'ana@a.example'}->post('/settings/ask/connect/caldav', { url => $radicale->url, login => 'anna', password => '', name => '' });
is($r->{status}, 422, 'what is not asked of the provider');
my @status = map { add('ana@a.example', "wrong$_")->{status} } 1 .. 10;
is("@status", join(' ', (422) x 10), 'ten tries are answered by the provider');
$r = add('ana@a.example', 'secret');
is($r->{status}, 429, 'the eleventh is not asked, right or wrong');
like($r->{content}, qr/Those were many tries in a short time\. Try again in (?:10|9) minutes\./, 'it says when');
like($r->{headers}{'retry-after'} // '', qr/^(?:600|5\d\d)$/, 'to programs too');
like($r->{content}, qr/name="url" value="\Q@{[$radicale->url]}\E"/, 'the form keeps what was typed');
unlike($r->{content}, qr/secret/, 'but the password');
is(connections(), 0, 'nothing was saved');

like(add('mia@a.example', 'secret')->{headers}{location} // '', qr/connections/, 'another person is not held up');
my $mine = ($db->sql('SELECT id FROM connection'))[0][0];
is($browser{'mia@a.example'}->post("/settings/ask/connections/$mine/rescan")->{status}, 303, 'looking for calendars counts too');
$browser{'mia@a.example'}->post("/settings/ask/connections/$mine/reconnect", { login => 'anna', password => 'wrong' }) for 1 .. 8;
is($browser{'mia@a.example'}->post("/settings/ask/connections/$mine/reconnect", { login => 'anna', password => 'secret' })->{status}, 429, 'so does a new password');
is($browser{'mia@a.example'}->post("/settings/ask/connections/$mine/rescan")->{status}, 429, 'and looking again');

add('both@ab.example', 'wrong') for 1 .. 11;
is(add('both@ab.example', 'wrong')->{status}, 429, 'one person');
my ($b) = $db->sql("SELECT id FROM org WHERE name = 'B'");
my $moved = $browser{'both@ab.example'}->post('/login/org', { org => $b->[0] });
my ($now) = $db->sql("SELECT COUNT(*) FROM session s JOIN user u ON u.id = s.user_id WHERE u.email = 'both\@ab.example' AND s.org_id = $b->[0]");
SKIP: {
	skip 'the session did not move', 1 if !$now->[0];
	is(add('both@ab.example', 'wrong')->{status}, 422, 'in another organisation starts anew');
}

for my $try (1 .. 11) {
	$db->hawser(\"wrong$try", qw(connection add caldav --org A --user ana@a.example --url), $radicale->url, qw(--login anna --password-stdin));
}
is($db->hawser(\'secret', qw(connection add caldav --org A --user ana@a.example --url), $radicale->url, qw(--login anna --password-stdin)), 0,
	'the operator is not held up') or diag $db->{err};

$db->sql('UPDATE login_throttle SET window_start = window_start - INTERVAL 601 SECOND');
is(add('both@ab.example', 'wrong')->{status}, 422, 'ten minutes later the provider is asked again');
my ($key) = $db->sql("SELECT COUNT(*) FROM login_throttle WHERE failures > 10");
like(($db->try_as('web', 'CALL hawser_web.probe_begin(10, 600)'))[1], qr/denied/, 'it is the hooks account alone that counts');
my ($rows) = $db->try_as('hooks', 'CALL hawser_web.probe_begin(10, 600)');
is(scalar @{ $rows || [1] }, 0, 'and without a session it counts nobody');

# ---- who asked, as the history tells it ----
is($db->hawser('connection', 'sync', $mine), 0, 'the operator asks for a sync') or diag $db->{err};
is(($db->sql("SELECT CONCAT_WS('/', cause, asked_by) FROM job WHERE kind = 1 AND connection_id = $mine"))[0][0], '4', 'a command');
$db->hawser('collection', 'select', decode_json(do { $db->hawser('collection', 'list', $mine, '--json'); $db->{out} })->[0]{id});
sub run {
	local $ENV{HAWSER_CONF} = $db->conf;
	system("'@{[DbTest::build()]}/hawser-sync' --once 2>>'@{[$w->dir]}/sync.err'") == 0 or diag DbTest::tail($w->dir . '/sync.err');
	$db->hawser('run', 'list', '--org', 'A', '--json');
	return (grep { $_->{connection} == $mine } @{ decode_json($db->{out}) })[0]{cause};
}
is(run(), 'command', 'the run says so');
$browser{'mia@a.example'}->post("/settings/connections/$mine/sync");
is(run(), 'person', 'a person in the page: by hand');
my $calendar = ($db->sql("SELECT calendar_id FROM binding WHERE connection_id = $mine"))[0][0];
is($db->hawser('event', 'add', '--org', 'A', '--calendar', $calendar, '--title', 'New', '--start', '2026-12-01T10:00', '--end', '2026-12-01T11:00'), 0, 'an event') or diag $db->{err};
is(run(), 'change', 'a change here');
$db->sql("UPDATE job SET wanted_at = now(6) - INTERVAL 1 HOUR, due = now(6) WHERE kind = 1");
is(run(), 'schedule', 'and the schedule');
like($browser{'mia@a.example'}->get("/settings/connections/$mine")->{content}, qr/by hand.*command|command.*by hand/s, 'the page tells them apart');
done_testing;
