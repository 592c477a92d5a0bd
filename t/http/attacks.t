#!/usr/bin/perl
# Attacks that belong to no single page: spellings of paths, heads and bodies at
# the border between nginx and hawser-web, cookies, fields said twice, values that
# fit nowhere, people who lose their rights in the middle of a session, a day with
# ever so many events.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use WebTest;

my $w = WebTest->new(conf => { web => ['workers = 2'] });
my $db = $w->db;
my %org = map { $_->[0] => $_->[1] } $db->sql('SELECT name, id FROM org');
my %user = map { $_->[0] => $_->[1] } $db->sql("SELECT SUBSTRING_INDEX(email, '\@', 1), id FROM user");
my %b = map { my $b = $w->browser; $b->sign_in($_->[1]); ($_->[0] => $b) } [ana => 'ana@a.example'], [mia => 'mia@a.example'], [ben => 'ben@b.example'];
sub cookie { my ($who) = @_; my $c = $b{$who}{cookies}; return join '; ', map { "$_=$c->{$_}" } sort keys %$c }
my ($name) = grep { /hawser$/ } keys %{ $b{ana}{cookies} };
my $host = "127.0.0.1:$w->{port}";
sub head { my ($who, $line, @more) = @_; return join "\r\n", $line, (grep { /^Host:/i } @more) ? () : "Host: $host", 'Cookie: ' . cookie($who), 'Connection: close', @more, '', '' }
sub status { my ($answer) = @_; return $answer =~ m{^HTTP/1\.[01] (\d+)} ? $1 : 'nothing' }
sub calendar {
	my ($who, $org) = @_;
	$db->sql("INSERT INTO calendar (org_id, user_id, name, color, created_at) VALUES ($org{$org}, $user{$who}, 'Of $who', '#0b5f85', UTC_TIMESTAMP(6))");
	return $db->one('SELECT MAX(id) FROM calendar');
}
my %calendar = (ana => calendar('ana', 'A'), ben => calendar('ben', 'B'));
sub event_form {
	my ($title, %with) = @_;
	return { summary => $title, location => '', description => '', calendar => $calendar{ana}, start_day => '2026-12-01', start_time => '09:00', end_day => '', end_time => '10:00',
		zone => 'Europe/Berlin', repeat => 'none', interval => '', until => '', count => '', %with };
}

# ---- an address that names another host ----
for my $line ('GET http://evil.example/settings/account HTTP/1.1', 'GET //evil.example/settings/account HTTP/1.1', 'GET /settings/account/ HTTP/1.1', 'GET http://evil.example/login HTTP/1.1') {
	my $answer = $w->raw(head('ana', $line, 'Host: evil.example', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https', 'Forwarded: host=evil.example'));
	unlike($answer, qr/evil\.example/, "$line: its host is nowhere in the answer");
	like(status($answer), qr/^(?:200|303|400|404)$/, 'which is ' . status($answer));
}

# ---- spellings of a path that mia may not open ----
is($b{mia}->get('/settings/audit')->{status}, 403, 'the audit is not for members');
my @open;
for my $path (qw(/settings/%61udit /settings/audit/ /settings//audit //settings/audit /settings/./audit /settings/x/../audit /settings/audit;x /settings/audit%2f /settings/audit%00 /settings/audit%20
	/SETTINGS/AUDIT /settings/audit. /settings%2faudit /settings/audit%3f /settings/ask/../audit /settings/ask/%2e%2e/audit /-hawser/settings/audit /settings/audit/export/ /settings/%61udit/export)) {
	my $answer = $w->raw(head('mia', "GET $path HTTP/1.1"));
	push @open, "$path: " . status($answer) if status($answer) !~ /^(?:303|400|403|404)$/ || $answer =~ /audit\.csv|class="audit/;
}
is_deeply(\@open, [], 'nor in any other spelling');
for my $path (qw(/-hawser/settings/account /-hawser-errors/bad.html /-hawser/static/app.css /static/errors/bad.html /static/../hawser.conf /static/%2e%2e/sql/0001_base.sql /static../sql/0001_base.sql /static/..%2fsql/0001_base.sql /static/)) {
	my $answer = $w->raw(head('ana', "GET $path HTTP/1.1"));
	like(status($answer), qr/^(?:303|400|403|404)$/, "$path is not there: " . status($answer));
	unlike($answer, qr/CREATE TABLE|password_file/, 'and nothing of it');
}

# ---- methods and lengths ----
my $before = $db->checksum($db->tables('session'));
for my $method (qw(HEAD OPTIONS PUT DELETE PATCH TRACE PROPFIND GET)) {
	my $answer = $w->raw(head('ana', "$method /settings/events HTTP/1.1", 'X-HTTP-Method-Override: POST', 'X-Method-Override: POST', "X-CSRF-Token: @{[$b{ana}->token]}", 'Content-Length: 0'));
	like(status($answer), qr/^(?:400|404|405|411)$/, "$method where only POST is: " . status($answer));
}
my $body = 'csrf=' . $b{ana}->token . '&' . WebTest::Browser::encode(event_form('Smuggled'));
my $post = sub { return $w->raw(head('ana', 'POST /settings/events HTTP/1.1', "Origin: http://$host", 'Content-Type: application/x-www-form-urlencoded', @{ $_[0] }) . $_[1]) };
like(status($post->(['Transfer-Encoding: chunked', 'Content-Length: ' . length $body], sprintf("%x\r\n%s\r\n0\r\n\r\n", length $body, $body))), qr/^400$/, 'two lengths: refused');
like(status($post->(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], "0\r\n\r\n")), qr/^(?:400|501)$/, 'two encodings: refused');
like(status($post->(['Content-Length: 5', 'Content-Length: ' . length $body], $body)), qr/^400$/, 'one length said twice: refused');
like(status($post->(['Content_Length: 5', 'Content-Length: 6'], $body)), qr/^(?:400|403|422)$/, 'an underscore is no hyphen');
is($db->checksum($db->tables('session')), $before, 'and nothing is changed by any of it');
is(status($post->(['Transfer-Encoding: chunked'], sprintf("%x\r\n%s\r\n0\r\n\r\nPOST /logout HTTP/1.1\r\nHost: $host\r\n\r\n", length $body, $body))), 303, 'pieces alone are fine');
is($db->one(q{SELECT COUNT(*) FROM event WHERE summary = 'Smuggled'}), 1, 'and taken once');
is($b{ana}->get('/settings/account')->{status}, 200, 'what follows the end is nobody\'s');

# ---- cookies ----
my ($ana) = $b{ana}{cookies}{$name};
for my $t (['another one behind it', "$name=$ana; $name=$b{ben}{cookies}{$name}"], ['another one before it', "$name=$b{ben}{cookies}{$name}; $name=$ana"]) {
	my $r = $b{ana}->request('GET', '/settings/account', headers => { Cookie => $t->[1] });
	my @who = $r->{content} =~ /(ana\@a\.example|ben\@b\.example)/g;
	is(scalar(keys %{ { map { $_ => 1 } @who } }), $r->{status} == 200 ? 1 : 0, "$t->[0]: one person or nobody, never a mixture ($r->{status})");
	my $token = $b{ana}->token;
	$r = $b{ana}->request('POST', '/settings/events', content => "csrf=$token&" . WebTest::Browser::encode(event_form('Tossed')),
		headers => { Cookie => $t->[1], Origin => "http://$host", 'Content-Type' => 'application/x-www-form-urlencoded' });
	is($db->one(qq{SELECT COUNT(*) FROM event WHERE summary = 'Tossed' AND org_id = $org{B}}), 0, "$t->[0]: ana's form makes nothing of ben's");
}
for my $bad (substr($ana, 0, -1), $ana . 'A', lc $ana, uc $ana, ' ' . $ana, "\"$ana\"", $ana . '%00', $ana =~ tr/A-Za-z/N-ZA-Mn-za-m/r) {
	next if $bad eq $ana;
	my $r = $w->browser->request('GET', '/settings/account', headers => { Cookie => "$name=$bad" });
	isnt($r->{status}, 500, 'a session that is nearly one');
	unlike($r->{content}, qr/ana\@a\.example/, 'is none') if $bad !~ /^[ "]/;
}

# ---- fields said twice: what is checked is what is used ----
for my $order ([$calendar{ana}, $calendar{ben}], [$calendar{ben}, $calendar{ana}]) {
	my $form = event_form('Twice');
	delete $form->{calendar};
	$b{ana}->post('/settings/events', [%$form, map { (calendar => $_) } @$order]);
}
is($db->one(qq{SELECT COUNT(*) FROM event WHERE summary = 'Twice' AND (org_id = $org{B} OR calendar_id = $calendar{ben})}), 0, 'a calendar said twice: nothing in the other organisation');

# ---- much of it ----
for my $t (['half a million fields', 'a&' x 500_000], ['a field without end', 'summary=' . 'x' x 1_000_000], ['half a million escapes', '%41' x 330_000], ['no name', '=' x 1_000_000]) {
	my $start = time;
	my $r = $b{ana}->request('POST', '/settings/events', content => "csrf=x&$t->[1]", headers => { 'Content-Type' => 'application/x-www-form-urlencoded', Origin => "http://$host" });
	like($r->{status}, qr/^(?:400|403|413|422)$/, "$t->[0]: $r->{status}");
	cmp_ok(time - $start, '<', 3, sprintf 'after %.2f s', time - $start);
}
my $start = time;
my $r = $w->browser->sign_in('ana@a.example', 'p' x 900_000);
like($r->{status}, qr/^(?:400|413|422)$/, "a password of 900 KB: $r->{status}");
cmp_ok(time - $start, '<', 3, sprintf 'after %.2f s', time - $start);

# ---- values that fit nowhere, in every address ----
my @values = ('', '0', '-1', '18446744073709551616', '9' x 400, "\x00", "%", "'\"<x>", '{{ 7 }}', '../../etc/passwd', "a\r\nX-Bad: 1", "\xff\xfe", "\x{202e}", '2026-02-30', '9999-12', '0000-00', '2026-W99', '2026-12-01T00:00:00Z', 'A' x 4000);
my @params = qw(date month week day view q notice next scope back before user action from until calendar title show repeat);
my ($newest, @bad) = ($db->one('SELECT MAX(id) FROM event'));
for my $route (grep { $_->{method} eq 'GET' && $_->{pool} ne 'hooks' && $_->{path} !~ /\{topic\}/ } $w->routes) {
	for my $value (@values) {
		my $query = join '&', map { $_ . '=' . WebTest::Browser::escape($value) } @params;
		my $r = $b{ana}->get(WebTest::path_of($route, $newest) . '?' . substr $query, 0, 7000);
		push @bad, "$route->{path} $value: $r->{status}" if $r->{status} >= 500 || $r->{headers}{'x-bad'};
		my $to = $r->{headers}{location} // '/';
		push @bad, "$route->{path} $value: leads to $to" if $to !~ m{^/(?!/|\\)};
	}
}
is_deeply(\@bad, [], 'no value brings a page down, sets a header or leads elsewhere');

# ---- rights that go in the middle of a session ----
$db->sql("UPDATE membership SET role = 1 WHERE user_id = $user{ana} AND org_id = $org{A}");
is($b{ana}->get('/settings/audit')->{status}, 403, 'an owner no more: at once');
$db->sql("UPDATE membership SET role = 3 WHERE user_id = $user{ana} AND org_id = $org{A}");
$db->sql("DELETE FROM membership WHERE user_id = $user{mia} AND org_id = $org{A}");
is($b{mia}->get('/settings/account')->{status}, 303, 'a member no more: at once');
is($b{mia}->request('POST', '/settings/events', content => 'csrf=x', headers => { 'Content-Type' => 'application/x-www-form-urlencoded' })->{status}, 401, 'and forms');

# ---- a day with ever so many events, each with a long title, some without end ----
$db->sql("INSERT INTO event (org_id, calendar_id, uid, summary, start_wall, end_wall, zone_kind) SELECT $org{A}, $calendar{ana}, CONCAT('many', seq), REPEAT('<b>&\"', IF(seq % 20, 200, 8000)), '2027-03-03 09:00', '2027-03-03 10:00', 1 FROM seq_1_to_5000;
	INSERT INTO event_instance (org_id, event_id, recurrence_id, calendar_id, starts_at, ends_at, start_wall, end_wall, all_day, summary, is_override)
	SELECT org_id, id, '20270303T090000', calendar_id, start_wall, end_wall, start_wall, end_wall, 0, REPEAT('<b>&\"', 40), 0 FROM event WHERE uid LIKE 'many%'");
for my $path ('/settings/agenda?month=2027-03', '/settings/agenda?week=2027-W09', '/settings/agenda?view=week&day=2027-03-03', '/settings/agenda?view=day&day=2027-03-03', '/settings/agenda?view=list&day=2027-03-03', '/settings/agenda?q=b') {
	my $start = time;
	my $r = $b{ana}->get($path);
	is($r->{status}, 200, "$path: 5,000 events of a day");
	cmp_ok(length $r->{content}, '<', 8_000_000, sprintf '%d KB in %.2f s', length($r->{content}) / 1024, time - $start);
	cmp_ok(time - $start, '<', 5, 'in time');
}
done_testing;
