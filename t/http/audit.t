#!/usr/bin/perl
# The audit page: owners only, one organisation only; filters, paging, an export
# that no spreadsheet runs; what was changed behind our back is told, entry by
# entry and of the whole.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use Test::More;
use WebTest;

my $w = WebTest->new;
my $db = $w->db;
$db->sql("UPDATE user SET name = '=HYPERLINK(\"x\")' WHERE email = 'mia\@a.example'");
my %b = map { my $b = $w->browser; $b->sign_in($_ . '.example'); ($_ => $b) } qw(ana@a mia@a ben@b both@ab);
my ($ana, $mia, $ben) = @b{qw(ana@a mia@a ben@b)};
sub one { return $db->one($_[0]) }
sub page { my ($who, $path) = @_; return decode_utf8($who->get($path)->{content}) }
my $org = one("SELECT id FROM org WHERE name = 'A'");
my %id = map { @$_ } $db->sql('SELECT email, id FROM user');

# ---- who may ----
is($_->[0]->get('/settings/audit')->{status}, $_->[2], "$_->[1]: $_->[2]") for [$ana, 'owner', 200], [$mia, 'member', 403], [$b{'both@ab'}, 'admin', 403];
is($mia->get('/settings/audit/export')->{status}, 403, 'nor its export');
is($mia->post('/settings/ask/audit/check')->{status}, 403, 'nor its check');
unlike(page($mia, '/settings/integrations'), qr{/settings/audit}, 'and it is not offered');
like(page($ana, '/settings/integrations'), qr{href="/settings/audit"}, 'to an owner it is');

# ---- what it says ----
my $text = page($ana, '/settings/audit');
like($text, qr/signed in/, 'what was done, in words');
like($text, qr/title="ana\@a\.example">Ana|title="ana\@a\.example"/, 'by whom');
like($text, qr/The operator/, 'also by the operator');
unlike($text, qr/ben\@b\.example/, 'nothing of another organisation');
my @marks = $text =~ /badge-(ok|bad)">(Verified|Changed)/g;
is(scalar(grep { $_ eq 'Changed' } @marks), 0, 'all entries are verified');
like($text, qr/Not checked yet/, 'the whole was never checked');
is($ana->post('/settings/ask/audit/check')->{headers}{location}, '/settings/audit?notice=audit-fits', 'it is checked');
like(page($ana, '/settings/audit'), qr/All \d+ entries fitted together when they were checked just now/, 'and that is told');

# ---- filters ----
is($db->hawser('keys', 'rotate', @$_), 0, "keys rotate @$_") or diag $db->{err} for [qw(--org A)], [], [qw(--org A)];
sub rows { my ($query) = @_; my $t = page($ana, "/settings/audit?$query"); return scalar(() = $t =~ /<td [^>]*class="nowrap">/g) }
my $all = one("SELECT COUNT(*) FROM audit WHERE org_id = $org");
is(rows(''), $all, 'everything');
is(rows("who=$id{'ana@a.example'}"), one("SELECT COUNT(*) FROM audit WHERE org_id = $org AND user_id = $id{'ana@a.example'}"), 'one person');
is(rows('who=operator'), one("SELECT COUNT(*) FROM audit WHERE org_id = $org AND via = 'command'"), 'the operator');
is(rows('what=session'), 3, 'one kind: three signed in');
is(rows('what=key'), one("SELECT COUNT(*) FROM audit WHERE org_id = $org AND action IN ('key.rotate', 'key.retire', 'key_file.rotate')"), 'keys: those of the organisation and those of the key file');
unlike(page($ana, '/settings/audit?what=key'), qr/>\s*key(?:_file)?[.:]|key_file [0-9a-f]/, 'in words, not in codes');
is(rows('what=sess%25'), $all, 'a kind that does not exist is none');
my ($today) = one('SELECT DATE(UTC_TIMESTAMP())');
is(rows("from=$today&to=$today"), $all, 'today');
is(rows('to=2001-01-01'), 0, 'long ago');
like(page($ana, '/settings/audit?to=2001-01-01'), qr/Nothing fits this search/, 'which is said');
like(page($ana, '/settings/audit?from=yesterday'), qr/From is not a date like/, 'a date that is none is named');
is(rows("who=$id{'ben@b.example'}"), 0, 'nobody of another organisation');

# ---- pages ----
$db->sql("SET \@hawser_secret = NULL");
$ana->post('/logout'), $ana->sign_in('ana@a.example') for 1 .. 30;
$text = page($ana, '/settings/audit');
is(scalar(() = $text =~ /<td [^>]*class="nowrap">/g), 50, 'fifty a page');
my ($older) = $text =~ m{<a class="button" href="(/settings/audit[^"]+)">Older};
$older =~ s/&amp;/&/g;
my $rest = page($ana, $older);
is(scalar(() = $rest =~ /<td [^>]*class="nowrap">/g), one("SELECT COUNT(*) FROM audit WHERE org_id = $org") - 50, 'the rest behind Older');
like($rest, qr/>Newest</, 'and a way back');

# ---- export ----
my $r = $ana->get("/settings/audit/export?who=$id{'mia@a.example'}");
is($r->{status}, 200, 'an export');
like($r->{headers}{'content-type'}, qr{^text/csv}, 'as CSV');
like($r->{headers}{'content-disposition'}, qr/^attachment/, 'to be saved');
my @lines = split /\r\n/, $r->{content};
is(scalar(@lines), 1 + one("SELECT COUNT(*) FROM audit WHERE org_id = $org AND user_id = $id{'mia@a.example'}"), 'of the search');
like($lines[1], qr/,"'=HYPERLINK\(""x""\)",/, 'no cell is a formula');
like($lines[1], qr/"verified"$/, 'each entry with its mark');

# ---- changed behind our back ----
my $seq = one("SELECT MIN(seq) FROM audit WHERE org_id = $org AND action = 'session.begin'");
$db->sql("UPDATE audit SET body = REPLACE(body, '\"page\"', '\"pale\"') WHERE org_id = $org AND seq = $seq");
$text = page($ana, '/settings/audit?what=session&before=' . ($seq + 1));
like($text, qr/badge-bad">Changed/, 'the entry is marked at once');
is($ana->post('/settings/ask/audit/check')->{headers}{location}, '/settings/audit?notice=audit-changed', 'the check finds it');
like(page($ana, '/settings/audit'), qr/Entry $seq is wrong: its content was changed/, 'and the page names it');
$db->sql("UPDATE audit SET body = 'x' WHERE org_id = $org AND seq = $seq");
is($ana->get('/settings/audit')->{status}, 200, 'a text that is no JSON breaks nothing');
like($ana->get('/settings/audit/export')->{content}, qr/"The text of this entry can not be read\."[^\r]*"changed"/, 'not even the export');
$db->sql("DELETE FROM audit WHERE org_id = $org AND seq = $seq");
like(page($ana, '/settings/audit?before=' . ($seq + 2)), qr/badge-bad">Changed/, 'an entry whose predecessor is gone is marked');
like(page($ben, '/settings/audit'), qr/Not checked yet/, "nothing of it in another organisation's");

# ---- once a day ----
$db->sql("UPDATE job SET due = UTC_TIMESTAMP(6) WHERE kind = 4");
{
	local $ENV{HAWSER_CONF} = $db->conf;
	system("'@{[DbTest::build()]}/hawser-sync' --once >'@{[$w->dir]}/sync.out' 2>&1");
}
like(page($ben, '/settings/audit'), qr/badge-ok">Verified/, 'the worker checks every chain once a day');
like($w->log_text('sync.out'), qr/the audit was changed from outside/, 'and says in its log what is wrong');

# ---- more than a file can hold ----
my $body = 'CONCAT(\'{"action":"event.edit","object":"event:\', i, \'","via":"page","outcome":"done","detail":"\', REPEAT(\'d\', 580), \'","at":"2026-11-20T10:00:00.000000Z","user":"1"}\')';
$db->sql("SET SESSION max_recursive_iterations = 100000; INSERT INTO audit (org_id, seq, prev_hash, hash, body) WITH RECURSIVE n AS"
	. " (SELECT 100001 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 118000) SELECT $org, i, REPEAT('x', 32), REPEAT('y', 32), $body FROM n");
$r = $ana->get('/settings/audit/export');
is($r->{status}, 200, 'a long audit is exported');
like($r->{content}, qr/\r\n,{8}"Older entries do not fit into this file\. [^"]+",,,\r\n\z/, 'as far as it fits, which the file says');
cmp_ok(length $r->{content}, '>', 7_000_000, 'which is far');
done_testing;
