#!/usr/bin/perl
# Bad input, all the way through: commands, the worker, pages. Each gets a
# sentence that a person understands and the right exit status or HTTP status,
# and leaves data and cursor as they were. What the layers below do by
# themselves stands in addresses.t, caldav.t and the unit tests.
use strict;
use warnings;
use Encode qw(decode_utf8);
use FaultServer;
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

my $server = FaultServer->start;
my $w = WebTest->new(conf => {
	net => ['allow_origins = ' . $server->url, 'connect_timeout_secs = 2', 'total_timeout_secs = 3'],
	sync => ['workers = 1'], web => ['workers = 2'],
});
my $db = $w->db;
my $dir = $w->dir;
my $bin = DbTest::build();
$ENV{HAWSER_CONF} = $db->conf;
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $cal = '/cal/anna/work/';
sub ics { return Radicale->event($_[0], "Event $_[0]", '20261120T090000Z', @_[1 .. $#_]) }
$server->seed(map { ("${cal}e$_.ics" => ics("e$_")) } 1 .. 5);

# ---- what must not change ----
my @moving = qw(session login_throttle duty);
sub state_of { return $db->checksum(@_ ? @_ : $db->tables(@moving)) }	# of all tables, or of those named
my @data = qw(event event_override event_instance link pending calendar collection credential data_key conflict before_image dead_letter);
sub data_and_cursor {
	return join "\n", state_of(@data), map { join ' ', map { $_ // 'NULL' } @$_ }
		$db->sql('SELECT id, HEX(cursor_value), HEX(page_cursor), HEX(next_cursor), generation, direction, policy, paused FROM binding ORDER BY id');
}
sub one { return $db->one($_[0]) }

# A sentence: begins with a capital, a number or a name, and ends as one; no code.
sub is_sentence {
	my ($text, $name) = @_;
	ok(($text // '') =~ /^(?:[A-Z0-9"]|\/?[a-z0-9-]+[.\/]\S).{10,}[.!]$/s && $text !~ /\b(?:errno|NULL|0x[0-9a-f]+|\w+\.c:\d+|libcurl|curl|mysql|SQLSTATE|nan)\b/i, "$name: a sentence")
		or diag(defined $text ? "[$text]" : 'nothing');
	return;
}
sub command_fails {	# name, what the sentence says, unless it is about the secret: code
	my ($name, $words, @args) = @_;
	my $code = $db->hawser(@args);
	is $code, 1, "$name: exit status 1" or diag $db->{out};
	my ($text) = $db->{err} =~ /\Ahawser: ([^\n]+)\n(?:hawser: [^\n]+\n)?\z/;
	is_sentence($text, $name);
	like $text // '', $words, "$name: says what";
	is $db->{out}, '', "$name: nothing on stdout";
	return;
}
sub told_by {		# a page's sentences about what was wrong
	my ($text) = @_;
	my @told = $text =~ m{<div class="notice notice-bad"[^>]*><p>(.*?)</p>|<span class="wrong">(.*?)</span>}gs;
	return map { s/&quot;/"/gr =~ s/&#39;/'/gr =~ s/&lt;/</gr =~ s/&gt;/>/gr =~ s/&amp;/&/gr } grep { defined } @told;
}
sub page_refuses {	# name, words, path, form
	my ($name, $words, $path, $form) = @_;
	$db->sql('DELETE FROM login_throttle');	# so many tries are counted elsewhere
	my $r = $ana->post($path, $form);
	is $r->{status}, 422, "$name: 422" or diag substr $r->{content}, 0, 300;
	my $text = decode_utf8($r->{content});
	my ($told) = told_by($text);
	is_sentence($told, $name);
	like $told // '', $words, "$name: says what";
	return $text;
}

# ---- connecting: wrong address, wrong password, a server that answers badly ----
my $page = '<!DOCTYPE html><html><body>Welcome</body></html>';
my $xml = '<?xml version="1.0"?><multistatus xmlns="DAV:">';
my @faults = (
	['a web page', { status => 200, body => $page, headers => { 'Content-Type' => 'text/html' } }, qr/web page/],
	['sent elsewhere', { status => 302, headers => { Location => 'https://elsewhere.example/' } }, qr/sends us to|elsewhere/],
	['sent to a private address', { status => 307, headers => { Location => 'http://10.0.0.1/' } }, qr/sends us to|private|https/],
	['a cut answer', { cut => 150 }, qr/broke off|damaged/],
	['an answer without end', { status => 207, body => "$xml<response>" . '<x/>' x 5000, endless => 1 }, qr/never ends|larger than|too large|too slow|limit|damaged/],
	['a document type', { status => 207, body => '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><multistatus xmlns="DAV:">&a;</multistatus>' }, qr/document type/],
	['60 MB', { status => 207, body => $xml . '<!-- ' . 'x' x 1000 . ' -->', repeat => 60_000 }, qr/larger than|damaged|too slow/],
	['no answer in time', { delay_ms => 9000 }, qr/too slow/],
);
my @add = ('connection', 'add', 'caldav', '--org', 'A', '--user', 'ana@a.example', '--login', 'anna', '--password-stdin');
my %form = (login => 'anna', password => 'secret', name => '');
my $before = state_of();
for my $t (@faults) {
	my ($name, $rule, $words) = @$t;
	$server->calm;
	$server->rule({ times => -1, %$rule });
	command_fails("connect, $name", $words, \'secret', @add, '--url', $server->url);
	$server->calm;
	$server->rule({ times => -1, %$rule });
	my $text = page_refuses("the page, $name", $words, '/settings/ask/connect/caldav', { %form, url => $server->url });
	like $text, qr/value="anna"/, 'what was typed is kept';
	unlike $text, qr/value="secret"/, 'but for the password';
}
$server->calm;
for my $t (['nonsense', 'ht tp://x y', qr/\w/], ['no such host', 'https://no-such-host.invalid/', qr/no-such-host\.invalid/],
	['a private address', 'https://10.0.0.1/', qr/private/], ['this machine', 'https://127.0.0.1/', qr/private/],
	['another way', 'ftp://example.org/', qr/https/]) {
	page_refuses("the page, $t->[0]", $t->[2], '/settings/ask/connect/caldav', { %form, url => $t->[1] });
}
page_refuses('the page, a wrong password', qr/password/, '/settings/ask/connect/caldav', { %form, url => $server->url, password => 'wrong' });
is state_of(), $before, 'nothing was stored by any of them';
is_deeply $server->ledger, [], 'nor written there';

# ---- a connected account in the same troubles ----
is $db->hawser(\'secret', @add, '--url', $server->url, '--json'), 0, 'connected' or BAIL_OUT($db->{err});
my $id = decode_json($db->{out})->{id};
$db->hawser('collection', 'select', one('SELECT id FROM collection')) == 0 or diag $db->{err};
sub sync_run {
	my $out = `'$bin/hawser-sync' --once --connection $id --json 2>'$dir/sync.err'`;
	return ($? >> 8, eval { decode_json($out) } // {});
}
my ($code, $run) = sync_run();
is_deeply [$code, $run->{in}], [0, 5], 'five events are here';
$server->seed("${cal}e6.ics" => ics('e6'), "${cal}e1.ics" => undef);
$before = data_and_cursor();
my $whole = state_of(@data);
for my $t (@faults, ['a wrong password', { status => 401 }, qr/login or the password/]) {
	my ($name, $rule, $words) = @$t;
	$server->calm;
	$server->rule({ times => -1, %$rule });
	my $start = time;
	($code, $run) = sync_run();
	is $code, 1, "a run, $name: exit status 1";
	is_sentence($run->{message}, "a run, $name");
	like $run->{message} // '', $words, "a run, $name: says what";
	is data_and_cursor(), $before, "a run, $name: data and cursor as they were";
	cmp_ok time - $start, '<', 30, "a run, $name: in time";
	my $text = decode_utf8($ana->get("/settings/connections/$id")->{content});
	like $text, $words, "a run, $name: the page says so, too";
	if ($name eq 'a wrong password') {
		is $db->hawser(\'secret', 'connection', 'reconnect', $id, '--password-stdin'), 1, 'while refused, the password is not taken';
		$server->calm;
		is $db->hawser(\'secret', 'connection', 'reconnect', $id, '--password-stdin'), 0, 'then it is' or diag $db->{err};
	}
	$db->sql("UPDATE connection SET wait_until = NULL, wait_tries = 0 WHERE id = $id");
}
$server->calm;
($code, $run) = sync_run();
is_deeply [$code, $run->{in}], [0, 2], 'and when the trouble is over, the next run goes on from there' or diag explain $run;
is_deeply [map { $_->[0] } $db->sql('SELECT uid FROM event WHERE deleted_at IS NULL ORDER BY uid')], [qw(e2 e3 e4 e5 e6)], 'with what had changed';
is_deeply $server->ledger, [], 'nothing was ever written there';

# ---- bad events: by pull and by file ----
my @bad = (
	['seconds', qr/second/i, ['RRULE:FREQ=SECONDLY']],
	['never', qr/never|no day|exist/i, ['RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30']],
	['nonsense-rule', qr/repetition/i, ['RRULE:FREQ=SOMETIMES']],
	['zone', qr/Mars\/Base/, ['DTEND;TZID=Mars/Base:20261120T100000']],
	['large', qr/larger than|longer than/, ['DESCRIPTION:' . 'lorem ' x 350_000]],
	['long', qr/description/i, ['DESCRIPTION:' . 'lorem ' x 100_000]],
	['two-uids', qr/UID/, ['END:VEVENT', 'BEGIN:VEVENT', 'UID:other', 'DTSTART:20261120T090000Z']],
);
my %text = map { my $t = $_; $t->[0] => Radicale->event($t->[0], "Bad $t->[0]", '20261120T090000Z', @{ $t->[2] }) } @bad;
$text{zone} =~ s/^DTSTART:.*?$/DTSTART;TZID=Mars\/Base:20261120T090000\r/m;
$text{junk} = "no calendar at all\r\n";
push @bad, ['junk', qr/./];
# one without an end is no fault: it is kept, and expanded within bounds
$text{endless} = Radicale->event('endless', 'Every minute', '20261120T090000Z', 'RRULE:FREQ=MINUTELY');
$server->seed((map { ("$cal$_.ics" => $text{$_}) } keys %text), "${cal}good.ics" => ics('good'));
$before = state_of(qw(event_override conflict before_image calendar collection credential));
my $events = one('SELECT COUNT(*) FROM event');
($code, $run) = sync_run();
is_deeply [$code, @{$run}{qw(in set_aside)}], [0, 2, scalar @bad], 'the good ones arrive, each bad one is set aside' or diag explain $run;
is one('SELECT COUNT(*) FROM event'), $events + 2, 'no bad one is stored';
is state_of(qw(event_override conflict before_image calendar collection credential)), $before, 'and nothing else';
my %reason = map { ($_->[0] =~ m{([^/]+)\.ics$})[0] => $_->[1] } $db->sql('SELECT remote_id, reason FROM dead_letter');
is_deeply [sort keys %reason], [sort map { $_->[0] } @bad], 'each by its name';
my $shown = decode_utf8($ana->get("/settings/connections/$id")->{content});
for my $t (@bad) {
	is_sentence($reason{ $t->[0] }, "pull, $t->[0]");
	like $reason{ $t->[0] }, $t->[1], "pull, $t->[0]: says what";
	my $words = $reason{ $t->[0] };
	$words =~ s/&/&amp;/g; $words =~ s/"/&quot;/g; $words =~ s/'/&#39;/g; $words =~ s/</&lt;/g;
	ok index($shown, $words) >= 0 || index($shown, $reason{ $t->[0] }) >= 0, "pull, $t->[0]: the page says so" or diag $words;
}
is one('SELECT GROUP_CONCAT(title ORDER BY title) FROM dead_letter'), join(',', sort 'junk.ics', 'large.ics', map { "Bad $_" } grep { !/junk|large/ } map { $_->[0] } @bad), 'each has its title, or its file’s name';
like $shown, qr/<h3>Bad zone<\/h3>/, 'the page names it';
system("'$bin/hawser-sync' --once 2>>'$dir/sync.err'");
my $agenda = $ana->get('/settings/agenda?month=2026-11&view=list');
is $agenda->{status}, 200, 'the agenda shows';
like $agenda->{content}, qr/Event good/, 'the good one';
cmp_ok one("SELECT COUNT(*) FROM event_instance i JOIN event e ON e.id = i.event_id WHERE e.uid = 'endless'"), '<=', 1000, 'the endless one has its bound';
cmp_ok one("SELECT COUNT(*) FROM event_instance i JOIN event e ON e.id = i.event_id WHERE e.uid = 'endless'"), '>', 0, 'but is there';
my $cursor = one('SELECT HEX(cursor_value) FROM binding');
($code, $run) = sync_run();
is_deeply [$code, @{$run}{qw(planned in set_aside)}], [0, 0, 0, 0], 'the next run does not try them again' or diag explain $run;
$server->seed("${cal}zone.ics" => ics('zone'));
($code, $run) = sync_run();
is_deeply [$code, $run->{in}], [0, 1], 'but when one is mended there';
is one("SELECT COUNT(*) FROM dead_letter WHERE remote_id LIKE '%zone.ics'"), 0, 'and is no longer set aside';

$before = state_of(@data);
my @import = ('event', 'import', '', '--org', 'A', '--calendar', one('SELECT calendar_id FROM binding'));
for my $t (@bad) {
	next if $t->[0] eq 'two-uids';		# a file may hold many
	$import[2] = "$dir/bad.ics";
	open my $f, '>', $import[2] or die $!;
	print $f $text{ $t->[0] };
	close $f or die $!;
	is $db->hawser(@import, '--json'), 1, "import, $t->[0]: exit status 1";
	my $res = $db->{out} =~ /^\{/ ? decode_json($db->{out}) : {};
	my ($told) = $res->{refused} && @{ $res->{refused} } ? $res->{refused}[0]{reason} : $db->{err} =~ /^hawser: (.*)/;
	is_sentence($told, "import, $t->[0]");
	like $told, $t->[1], "import, $t->[0]: says what";
}
command_fails('import, no such file', qr/cannot be read/, 'event', 'import', "$dir/none.ics", @import[3 .. $#import]);
command_fails('import, a folder', qr/cannot be read/, 'event', 'import', $dir, @import[3 .. $#import]);
is state_of(@data), $before, 'nothing was imported';

# ---- forms: missing, long, doubled and foreign fields, on every route ----
# A button has no fields, nothing is read from it.
my %button = map { $_ => 1 } '/logout', (map { "/settings/connections/{id}/$_" } qw(sync pause resume)), '/settings/ask/connections/{id}/rescan',
	'/settings/asides/{id}/retry', '/settings/events/{id}/restore', '/settings/runs/{id}/approve', '/settings/runs/{id}/refuse',
	'/settings/ask/audit/check', '/settings/agenda/deleted/{id}/restore',
	'/settings/connections/{id}/calendars/{collection}/again', '/settings/ask/sign-in/{flow}/cancel',
	'/hooks/google';	# of programs: hooks.t
my %fields = (		# of each form: name => a good value
	'/login' => { email => 'ana@a.example', password => WebTest::PASSWORD, next => '' },
	'/settings/ask/connect/{provider}' => { %form, url => $server->url },
	'/settings/ask/connections/{id}/reconnect' => { login => 'anna', password => 'secret' },
	'/settings/connections/{id}/remove' => { events => 'keep' },
	'/settings/connections/{id}/calendars' => {},
	'/oauth/{provider}/start' => { flow => '', popup => '' },
	'/login/org' => { org => 1, next => '' },
	'/settings/account' => { zone => 'Europe/Berlin' },
	'/settings/account/password' => { old => 'wrong horse battery', fresh => 'another horse battery' },
	'/settings/agenda/calendars' => { name => 'Team' },
	'/settings/agenda/calendars/{id}' => { name => '' },
	'/settings/events/{id}/delete' => { rev => 1, date => '' },
	(map { ("/settings/conflicts/{id}/$_" => {}) } qw(keep here there)),
	'/settings/events' => { calendar => one('SELECT calendar_id FROM binding'), summary => 'X', start_day => '2026-11-24', start_time => '10:00',
		end_day => '2026-11-24', end_time => '11:00', zone => 'Europe/Berlin', location => '', description => '', repeat => 'none', interval => 1,
		until => '', count => '', rev => '', date => '' },
);
$fields{'/settings/events/{id}'} = { %{ $fields{'/settings/events'} }, rev => 1 };
delete $fields{'/settings/events/{id}'}{calendar};
my $event = one("SELECT id FROM event WHERE uid = 'e2'");
my $at = { events => $event, connections => $id, calendars => one('SELECT calendar_id FROM binding') };
push @moving, qw(audit audit_head audit_check);	# refused sign-ins are told there
$before = state_of();
my $swept = 0;
for my $route (grep { $_->{method} eq 'POST' } $w->routes) {
	my $path = $route->{path};
	$path =~ s/\{provider\}/caldav/;
	my ($noun) = $path =~ m{/(\w+)/\{id\}};
	my $n = $noun ? $at->{$noun} // 4711 : 0;
	$path =~ s/\{id\}/$n/;
	next if $button{ $route->{path} };
	$db->sql('DELETE FROM login_throttle');
	my $good = $fields{ $route->{path} } or fail("$route->{path}: a form nobody told this test of"), next;
	my $who = $path eq '/login' ? $w->browser : $ana;
	my %try = ('a foreign field' => { %$good, zzz => 1 }, 'a foreign field twice' => [%$good, zzz => 1, zzz => 2]);
	for my $name (sort keys %$good) {
		$try{"$name twice"} = [%$good, $name => $good->{$name}];
		$try{"$name too long"} = { %$good, $name => 'x' x 70_000 };
		next if $good->{$name} eq '' || $name =~ /^(?:interval|end_day|end_time|summary|zone|start_time|calendar|repeat)$/;
		my %less = %$good;
		delete $less{$name};
		$try{"$name missing"} = \%less;
	}
	$try{'500 fields'} = [%$good, map { ("f$_" => 1) } 1 .. 500];
	my @wrong;
	for my $what (sort keys %try) {
		my $r = $who->post($path, $try{$what});
		my $fine = $r->{status} =~ /^(?:422|400)$/ || ($n == 4711 && $r->{status} == 404);
		push @wrong, "$what: $r->{status} " . ($r->{headers}{location} // '') if !$fine;
		my $text = decode_utf8($r->{content});
		my @told = $r->{status} == 422 ? told_by($text) : $text =~ m{<section class="panel error">.*?<p>(.*?)</p>}s;
		push @wrong, "$what: [@told] is no sentence" if !@told || grep { !/^[A-Z].{10,}\.$/s } @told;
		$swept++;
	}
	is join("\n", @wrong), '', "$route->{path}: " . keys(%try) . ' bad forms are refused';
}
is state_of(), $before, "and $swept forms changed nothing";

# ---- the configuration ----
open my $f, '<', $db->conf or die $!;
my $conf = do { local $/; <$f> };
close $f;
sub with_conf {
	my ($text, $what) = @_;
	open my $out, '>', "$dir/wrong.conf" or die $!;
	print $out $text;
	close $out or die $!;
	local $ENV{HAWSER_CONF} = "$dir/wrong.conf";
	for my $command ('hawser org list', 'hawser migrate', "hawser-sync --once --connection $id", 'hawser-sync --once', 'hawser-web') {
		my $told = `timeout 20 '$bin/@{[$command =~ s/ /' /r]}@{[$command =~ / / ? '' : "'"]} 2>&1 </dev/null`;
		is $? >> 8, 1, "$what->[0]: $command: exit status 1";
		like $told, $what->[1], "$what->[0]: $command: says where and what";
		is scalar(grep { !/^\{/ } split /\n/, $told), 1, "$what->[0]: $command: in one line" or diag $told;
	}
	return;
}
$before = state_of();
with_conf("$conf\n[sync]\npol_secs = 3\n", ['a misspelt key', qr/wrong\.conf.*line \d+.*pol_secs/]);
with_conf($conf =~ s/^base_url = .*$/base_url = nowhere/mr, ['no address', qr/wrong\.conf.*base_url/]);
is state_of(), $before, 'nothing was done';

# ---- the database goes away in the middle, and is not there ----
$server->seed(map { ("${cal}n$_.ics" => ics("n$_")) } 1 .. 120);
$server->calm;
$server->rule({ method => 'REPORT', body_match => 'multiget', delay_ms => 1500, times => -1 });
$before = join ' ', state_of(@data), one('SELECT HEX(cursor_value) FROM binding');
my $pid = fork // die $!;
if (!$pid) {
	open STDOUT, '>', "$dir/gone.out";
	open STDERR, '>', "$dir/gone.err";
	exec "$bin/hawser-sync", '--once', '--connection', $id or POSIX::_exit(127);
}
WebTest::wait_for(20, 'the first page to be asked for', sub { grep { $_->{body} =~ /multiget/ } @{ $server->requests } });
$db->kill_server;
waitpid $pid, 0;
is $? >> 8, 1, 'a run whose database goes away ends with 1';
my $told = $w->log_text('gone.err');
like $told, qr/database/, 'and says so' or diag $told;
my @told = grep { !/^\{/ } split /\n/, $told;
is_sentence($told[-1] =~ s/^hawser-sync: //r, 'the run') if @told;
ok scalar(@told), 'for people';
command_fails('a command without a database', qr/database/, 'org', 'list');
my $out = `'$bin/hawser-sync' --once 2>&1`;
is $? >> 8, 1, 'the worker without a database: exit status 1';
like $out, qr/database is not reachable|database/, 'says so';
my $r = $ana->get('/settings/agenda');
is $r->{status}, 503, 'a page: 503';
like $r->{content}, qr/database is not reachable/, 'in a sentence';
$r = $ana->request('POST', '/settings/events', content => 'csrf=x', headers => { 'Content-Type' => 'application/x-www-form-urlencoded' });
is $r->{status}, 503, 'a form: 503, not lost in silence';
$db->start;
is join(' ', state_of(@data), one('SELECT HEX(cursor_value) FROM binding')), $before, 'data and cursor are as they were';
is $ana->get('/settings/agenda')->{status}, 200, 'the page is back by itself';
$server->calm;
($code, $run) = sync_run();
is $code, 0, 'the next run takes over' or diag explain $run;
is one("SELECT COUNT(*) FROM event WHERE uid LIKE 'n%' AND deleted_at IS NULL"), 120, 'all arrive, none twice';
($code, $run) = sync_run();
is $run->{planned}, 0, 'and then there is nothing to do';
is $db->hawser('audit', 'verify', '--org', 'A'), 0, 'the audit verifies' or diag $db->{err};
done_testing;
