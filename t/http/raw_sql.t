#!/usr/bin/perl
# Whoever gets the pages' own database account, but no session: what the list
# of processes shows, what the procedures of signing in give away, and that the
# text of no statement holds a session.
use strict;
use warnings;
use MIME::Base64 qw(decode_base64url);
use Test::More;
use WebTest;

my $w = WebTest->new;
my $db = $w->db;
my $log = $w->dir . '/general.log';
$db->sql("SET GLOBAL general_log_file = '$log'; SET GLOBAL log_output = 'FILE'; SET GLOBAL general_log = 1");
my $b = $w->browser;
$b->sign_in('ben@b.example');
is($b->get('/settings/account')->{status}, 200, 'a page of a member');
is($b->post('/logout')->{status}, 303, 'and out');
$db->sql('SET GLOBAL general_log = 0');

# A text is in the list of processes while it runs; a parameter is not. The log
# tells them apart: "Query" is text, "Execute" came with parameters.
my (@texts, $executed);
for my $line (split /\n/, $w->log_text('general.log')) {
	$executed++ if $line =~ /\bExecute\t.*SET \@hawser_secret = /;
	push @texts, $line if $line =~ /\b(?:Query|Prepare)\t/ && $line =~ /x'[0-9a-f]{32}|[0-9a-f]{64}|hawser_secret = (?!NULL|\?)/i;
}
ok($executed, 'the session was told to the database');
is_deeply(\@texts, [], 'never in the text of a statement');

# ---- without a session ----
for my $account (qw(web hooks)) {
	my @views = map { $_->[0] } $db->sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'hawser_web'");
	my @open = grep { !($db->try_as($account, "SELECT * FROM `$_`"))[1] } @views;
	is_deeply(\@open, [], "$account: no view answers");
	for my $try ("SET \@hawser_secret = ''", "SET \@hawser_secret = 0", "SET \@hawser_secret = REPEAT('x', 32)",
		"SET \@hawser_secret = (SELECT token_hash FROM hawser.session LIMIT 1)") {
		my ($rows, $why) = $db->try_as($account, "$try; SELECT * FROM event");
		like($why // '', qr/no tenant|denied/, "$account: $try");
	}
}

# ---- procedures with odd arguments ----
my $a = $w->browser;
$a->sign_in('ana@a.example');
my @before = $db->sql('SELECT HEX(token_hash), org_id, user_id, HEX(csrf), expires_at FROM session ORDER BY 1');
my $x = "REPEAT('x', 32)";
for my $call ("session_enter($x, 60)", "session_enter('', 4294967295)", 'session_enter(NULL, NULL)', "session_cards($x, 60)", "session_cards('', 4294967295)", 'session_cards(NULL, NULL)', "session_cards('%', 60)", "session_enter('%', 60)", 'session_seen()', 'session_orgs()', 'session_end()',
	"session_move(NULL, 1, $x, $x)", "session_move('', 1, $x, $x)", "session_move('%', 1, $x, $x)", "session_move($x, NULL, NULL, NULL)",
	"login_finish('ana\@a.example', '', NULL, $x, $x, 1, 10)", "login_finish('ana\@a.example', '', '', $x, $x, 1, 10)",
	"login_finish('ana\@a.example', '', '%', $x, $x, 4294967295, 4294967295)", "login_finish(NULL, NULL, NULL, $x, $x, 1, 10)",
	"login_finish('ana\@a.example', '', '*none', $x, $x, 1, 10)") {
	my ($rows) = $db->try_as('web', "CALL $call");
	is_deeply($rows // [], [], "$call gives nothing");
}
is_deeply([$db->sql('SELECT HEX(token_hash), org_id, user_id, HEX(csrf), expires_at FROM session ORDER BY 1')], \@before, 'and no session was made, moved or ended');
is($a->get('/settings/account')->{status}, 200, 'the member is still there');

# ---- with a session of B: nothing of A can be named or taken ----
my $token = decode_base64url($b->sign_in('ben@b.example') && $b->{cookies}{hawser});
my $secret = 'SET @hawser_secret = x\'' . unpack('H*', $token) . "'";
my ($org_a, $org_b) = map { ($db->sql("SELECT id FROM org WHERE name = '$_'"))[0][0] } qw(A B);
my ($ana) = map { $_->[0] } $db->sql("SELECT id FROM user WHERE email = 'ana\@a.example'");
$db->sql("INSERT INTO calendar (org_id, user_id, name, color, created_at) VALUES ($org_a, $ana, 'Secret', '#000000', NOW())");
my ($theirs) = map { $_->[0] } $db->sql("SELECT MAX(id) FROM calendar");
my ($seen) = $db->try_as('web', "$secret; SELECT org_id, COUNT(*) FROM membership GROUP BY 1");
is_deeply($seen, [[$org_b, 2]], 'raw SQL with a session sees its own organisation');
for my $sql ("UPDATE calendar SET org_id = $org_a", "UPDATE calendar SET name = 'Mine' WHERE org_id = $org_a", "DELETE FROM calendar WHERE id = $theirs",
	"INSERT INTO calendar (org_id, user_id, name, color, created_at) VALUES ($org_a, $ana, 'Planted', '#000000', NOW())",
	"INSERT INTO event (org_id, calendar_id, uid, start_wall) VALUES ($org_b, $theirs, 'planted', NOW())",
	"INSERT INTO job (org_id, connection_id, kind, due, wanted_at) VALUES ($org_a, 0, 2, NOW(), NOW())",
	"INSERT INTO audit (org_id, seq, prev_hash, body, hash) VALUES ($org_a, 99, REPEAT('x', 32), '{}', REPEAT('x', 32))",
	"UPDATE audit SET body = '{}'", "DELETE FROM audit", "UPDATE membership SET role = 3", "INSERT INTO membership VALUES ($org_a, 1, 3, NOW())",
	"UPDATE user SET email = 'x'", "SELECT password_hash FROM user", "CALL session_move(x'" . unpack('H*', $token) . "', $org_a, $x, $x)") {
	$db->try_as('web', "$secret; $sql");
}
is_deeply([$db->sql("SELECT id, name FROM calendar WHERE org_id = $org_a")], [[$theirs, 'Secret']], 'A has its calendar');
is(($db->sql("SELECT COUNT(*) FROM event"))[0][0], 0, 'no event was planted');
is(($db->sql("SELECT COUNT(*) FROM job WHERE org_id = $org_a"))[0][0], 0, 'nor a job');
is(($db->sql("SELECT COUNT(*) FROM membership WHERE org_id = $org_a AND user_id NOT IN (SELECT id FROM user WHERE email LIKE '%a.example' OR email LIKE 'both%')"))[0][0], 0, 'nobody joined A');
is(($db->sql("SELECT COUNT(*) FROM session s WHERE org_id = $org_a AND user_id NOT IN (SELECT user_id FROM membership WHERE org_id = $org_a)"))[0][0], 0, 'no session went there');
is($db->hawser('audit', 'verify'), 0, 'the audit is whole');
done_testing;
