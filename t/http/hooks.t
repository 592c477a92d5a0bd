# Messages of providers: those that are good make one job, however often they
# come; all others make none, and are told in the audit.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use GoogleTest;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

my $w = WebTest->new(conf => { sync => ['workers = 1'], web => ['hooks_workers = 2'] });
my $db = $w->db;
my $http = HTTP::Tiny->new(timeout => 30, agent => 'APIs-Google', keep_alive => 1);
my %token = map { $_ => "token-of-$_" . 'x' x 30 } qw(a b);
my %org = map { $_ => $db->one("SELECT id FROM org WHERE name = '" . uc($_) . "'") } qw(a b);
my %channel = map { $_ => "h$org{$_}-" . ($_ x 32) } qw(a b);

# A connection of each organisation, with a channel that lives. Paused, so that
# the worker leaves the jobs of these alone.
for my $of (qw(a b)) {
	$db->sql("INSERT INTO connection (org_id, id, user_id, provider, name, account, login, base_url, state, created_at)
		SELECT org_id, $org{$of} + 70, user_id, 'google', 'G', 'g', 'g', '', 2, now(6) FROM membership WHERE org_id = $org{$of} AND role = 3 LIMIT 1");
}
sub channel {
	my ($of, %with) = @_;
	$db->sql("DELETE FROM watch WHERE channel_id = '$channel{$of}'");
	$db->sql("INSERT INTO watch (org_id, connection_id, collection_id, channel_id, token_hash, resource_id, state, created_at, expires_at, renew_at)
		VALUES ($org{$of}, $org{$of} + 70, 1, '$channel{$of}', UNHEX('" . sha256_hex($token{$of}) . "'), 'res', 2, now(6), now(6) + INTERVAL 7 DAY, now(6) + INTERVAL 4 DAY)");
	$db->sql("UPDATE watch SET $with{set} WHERE channel_id = '$channel{$of}'") if $with{set};
	$db->sql('DELETE FROM job WHERE kind IN (1, 6, 7)');
}
my $number = 1;
sub good { my ($of) = @_; return ('X-Goog-Channel-ID' => $channel{$of}, 'X-Goog-Channel-Token' => $token{$of}, 'X-Goog-Resource-ID' => 'res', 'X-Goog-Resource-State' => 'exists', 'X-Goog-Message-Number' => ++$number, 'X-Goog-Resource-URI' => 'https://x.example/?alt=json') }
sub message {
	my ($headers, %o) = @_;
	my $r = $http->request($o{method} || 'POST', $w->url . ($o{path} || '/hooks/google'), { headers => { %$headers }, content => $o{content} // '' });
	return $r->{status};
}
sub jobs { my ($kind) = @_; return join ' ', map { "$_->[0]/$_->[1]" } $db->sql("SELECT org_id, connection_id FROM job WHERE kind = $kind ORDER BY 1, 2") }
sub told { return $db->one("SELECT COUNT(*) FROM audit WHERE JSON_VALUE(body, '\$.action') = 'watch.misused' AND org_id = $org{$_[0]}") }
sub last_told { return $db->one("SELECT JSON_VALUE(body, '\$.detail') FROM audit WHERE JSON_VALUE(body, '\$.action') = 'watch.misused' ORDER BY org_id, seq DESC LIMIT 1") }
sub once { my $out = `HAWSER_CONF='@{[$db->conf]}' '@{[GoogleTest::sync_program()]}' --once 2>&1`; is $?, 0, 'the worker runs' or diag $out }

# ---- a good one ----
channel('a');
is message({ good('a') }), 204, 'a message is taken';
is jobs(1), "$org{a}/" . ($org{a} + 70), 'and its connection has a job';
is $db->one("SELECT due <= now(6) FROM job WHERE kind = 1"), 1, 'that is due';
is $db->one("SELECT CONCAT(last_number, ' ', last_message_at IS NOT NULL) FROM watch"), "$number 1", 'noted';
$db->sql('UPDATE job SET due = now(6) + INTERVAL 1 HOUR WHERE kind = 1');
is message({ good('a'), 'X-Goog-Resource-State' => 'not_exists' }, content => '{"evil":1}'), 415, 'one with a strange body is not taken';
is message({ good('a'), 'Content-Type' => 'application/json' }, content => '{"evil":1}'), 204, 'a body that can be read is not looked at';
is $db->one("SELECT due <= now(6) FROM job WHERE kind = 1"), 1, 'and pulls the job forward';

# ---- the first, and one without a number ----
channel('a', set => 'state = 1, resource_id = NULL');
is message({ good('a'), 'X-Goog-Resource-State' => 'sync' }), 204, 'the first one, before its answer';
is jobs(1), '', 'says nothing of a change';
is $db->one('SELECT resource_id FROM watch'), 'res', 'but what to stop it by';
is message({ good('a'), 'X-Goog-Message-Number' => '' }), 204, 'one without a number';
is jobs(1), "$org{a}/" . ($org{a} + 70), 'counts';

# ---- a thousand times the same ----
channel('a');
my %same = good('a');
my @status;
my $begun = time;
$status[message(\%same)]++ for 1 .. 1000;
is $status[204], 1000, '1,000 times the same one: each answered';
diag sprintf 'each in %.1f ms', time - $begun;
is jobs(1), "$org{a}/" . ($org{a} + 70), 'one job';
is jobs(6), "$org{a}/0", 'and it is to be told';
my $before = told('a');
once();
is told('a'), $before + 1, 'as one entry';
like last_told(), qr/had come before, 999 times/, 'that says how often';
is $db->one('SELECT MAX(repeated) FROM watch'), 0, 'once';
channel('a');
message({ good('a') }) for 1 .. 3;
$number -= 3;
is message({ good('a') }), 204, 'a late one, whose change has been seen';
is $db->one('SELECT repeated FROM watch'), 1, 'is no news';
$number += 3;

# ---- none of ours ----
my %org_of = (a => 'b', b => 'a');
my $n = 0;
for my $case (
	['another token', { 'X-Goog-Channel-Token' => 'token-of-nobody' }, 1],
	["another channel's token", { 'X-Goog-Channel-Token' => $token{b} }, 1],
	['another resource', { 'X-Goog-Resource-ID' => 'other' }, 1],
	['an unknown channel', { 'X-Goog-Channel-ID' => "h$org{a}-" . 'c' x 32 }],
	["a channel in another's name", { 'X-Goog-Channel-ID' => "h$org{b}-" . 'a' x 32 }],
	['an organisation that is none', { 'X-Goog-Channel-ID' => 'h99999999-' . 'a' x 32 }],
	['a channel id that is none', { 'X-Goog-Channel-ID' => 'a' x 32 }],
	['no number in it', { 'X-Goog-Channel-ID' => 'h-' . 'a' x 32 }],
	['a long channel id', { 'X-Goog-Channel-ID' => $channel{a} . 'a' x 64 }],
	['a long token', { 'X-Goog-Channel-Token' => 'x' x 4000 }],
	['a token with a blank', { 'X-Goog-Channel-Token' => 'x y' }],
	(map { my $h = $_; ["no $h", { $h => '' }] } qw(X-Goog-Channel-ID X-Goog-Channel-Token X-Goog-Resource-ID X-Goog-Resource-State)),
) {
	my ($name, $change, $counted) = @$case;
	channel($_) for qw(a b);
	is message({ good('a'), %$change }), 404, "$name: refused";
	is jobs(1), '', "$name: no job";
	is $db->one('SELECT SUM(misused) FROM watch'), $counted ? 1 : 0, "$name: " . ($counted ? 'counted' : 'nobody to tell');
	is jobs(6), $counted ? "$org{a}/0" : '', "$name: and told" if $counted;
}
channel($_) for qw(a b);
is message({ good('a'), 'X-Goog-Channel-ID' => $channel{b} }), 404, "one organisation's token for another's channel";
is jobs(1), '', 'no job';
$before = told('b');
once();
is told('b'), $before + 1, 'is told to whom the channel is';
channel('a');
message({ good('a'), 'X-Goog-Channel-Token' => 'forged' }) for 1 .. 50;
is jobs(1), '', 'fifty forged ones: no job';
$before = told('a');
once();
is told('a'), $before + 1, 'one entry';
like last_told(), qr/not its provider's.* 50 times\. Nothing was done/, 'that says how many';

# ---- of one that has ended ----
for my $case (['expired', "expires_at = now(6) - INTERVAL 1 SECOND", 1], ['over, long ago', "state = 5, ended_at = now(6) - INTERVAL 2 HOUR", 1],
	['over, a moment ago', 'state = 5, ended_at = now(6)', 0], ['being stopped', 'state = 3', 0], ['only tried', 'state = 6, due = now(6)', 0]) {
	my ($name, $set, $counted) = @$case;
	channel('a', set => $set);
	is message({ good('a') }), 404, "$name: refused";
	is jobs(1), '', "$name: no job";
	is $db->one('SELECT SUM(misused) FROM watch'), $counted, "$name: " . ($counted ? 'counted' : 'may come late');
}
channel('a', set => 'state = 4, resource_id = NULL');
is message({ good('a') }), 404, 'one that nobody knew of';
is $db->one("SELECT CONCAT(state, resource_id) FROM watch WHERE channel_id = '$channel{a}'"), '3res', 'is to be stopped';
is jobs(7), "$org{a}/" . ($org{a} + 70), 'by the job that does';

# ---- what is no message at all ----
channel('a');
is message({ good('a') }, method => 'GET'), 405, 'GET';
is message({ good('a') }, method => 'PUT'), 405, 'PUT';
is message({ good('a') }, path => '/hooks/github'), 404, 'a provider that sends none';
is message({ good('a') }, path => '/hooks/google/'), 404, 'another path';
is message({ good('a'), 'Content-Type' => 'application/json' }, content => ' ' x 2_000_000), 413, 'a huge body';
my $raw = sub { my ($extra) = @_; my %h = good('a'); return $w->raw(join "\r\n", 'POST /hooks/google HTTP/1.1', 'Host: x', 'Connection: close', 'Content-Length: 0', (map { "$_: $h{$_}" } sort keys %h), @$extra, '', '') };
like $raw->(['X-Goog-Channel-Token: other']), qr{^HTTP/1.1 404}, 'a header twice';
like $raw->(["X-Goog-Channel-ID: $channel{a}"]), qr{^HTTP/1.1 404}, 'even if both say the same';
like $raw->(['X_Goog_Channel_Token: other']), qr{^HTTP/1.1 204}, 'one that is only spelt alike is none';
is jobs(1), "$org{a}/" . ($org{a} + 70), 'that one was good';
channel('a');
like $raw->(['Cookie: hawser=' . 'A' x 43, 'Origin: https://evil.example', 'Sec-Fetch-Site: cross-site']), qr{^HTTP/1.1 204}, 'no cookie is looked at';

# ---- the database is away ----
$db->kill_server;
is message({ good('a') }), 503, 'the database is away: to be sent again';
unlike $w->log_text('web.log'), qr/token-of-|ERROR: |Sanitizer/, 'no token stands in the log';
done_testing;
