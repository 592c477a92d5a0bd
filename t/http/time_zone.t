#!/usr/bin/perl
# A person's own time zone on the account page: hostile input first, then what
# it changes, for whom, and what the audit says.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use Test::More;
use WebTest;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $w = WebTest->new;
my $db = $w->db;
my ($both, $mia) = map { my $b = $w->browser; $b->sign_in($_); $b } qw(both@ab.example mia@a.example);
sub one { return $db->one($_[0]) }
sub zone { return one("SELECT time_zone FROM user WHERE email = '$_[0]'") }
my $account = '/settings/account';
$db->sql("UPDATE user SET time_zone = 'Europe/Berlin'");

# ---- hostile ----
for my $bad (['', 'nothing'], ['Mars/Base', 'no such zone'], ['europe/berlin', 'another spelling'], ['Europe', 'a part of one'], ['Europe/Berlin/', 'one behind'],
	['../../../etc/passwd', 'a path'], ['/usr/share/zoneinfo/UTC', 'a whole path'], ['posixrules', 'a rule file'], ['zone1970.tab', 'the list itself'], ["UTC\r\nX: y", 'lines'],
	['<b>UTC</b>', 'a tag'], ["' OR 1=1 -- ", 'SQL'], ['A' x 65, 'too long'], ["UTC\0", 'a NUL']) {
	my $r = $both->post($account, { zone => $bad->[0] });
	like($r->{status}, qr/^4(?:00|22)$/, "refused: $bad->[1]");
	like(decode_utf8($r->{content}), qr/field-bad.*<span class="wrong">Time zone[^<]*(?:Choose one|fill this in|one line|at most 64)[^<]*</s, 'beside the field') if $r->{status} == 422;
	unlike($r->{content}, qr{<b>UTC</b>}, 'and nothing of it as markup');
}
is($both->post($account, { zone => 'UTC', user => 1 })->{status}, 422, 'nothing but the zone');
is($both->post($account, {})->{status}, 422, 'no field at all');
is($both->post($account, { zone => 'UTC' }, { csrf => undef })->{status}, 403, 'not without the token');
isnt($w->browser->post($account, { zone => 'UTC' }, { csrf => 'x' })->{status}, 200, 'nor by a stranger');
is(zone('both@ab.example'), 'Europe/Berlin', 'nothing was written');
my $told = "FROM audit WHERE body LIKE '%user.time_zone%'";
is(one("SELECT COUNT(*) $told"), 0, 'nor told');

# ---- chosen ----
my $page = decode_utf8($both->get($account)->{content});
like($page, qr{<select id="f-zone".*<option value="Europe/Berlin" selected>.*<option value="UTC">}s, 'all zones, with the own one chosen');
my $r = $both->post($account, { zone => 'Asia/Tokyo' });
is($r->{status}, 303, 'saved');
is(zone('both@ab.example'), 'Asia/Tokyo', 'written');
is(zone('mia@a.example'), 'Europe/Berlin', 'for nobody else');
my $hour = (gmtime(time + 9 * 3600))[2];
like(decode_utf8($both->get("$account?notice=saved")->{content}), qr/By this one it is (?:0?$hour|0?@{[($hour + 23) % 24]}):\d\d now/, 'the next page tells the time by it');
$db->sql("INSERT INTO calendar (org_id, user_id, name, color, created_at) SELECT m.org_id, u.id, 'Mine', '#336699', now(6) FROM user u JOIN membership m ON m.user_id = u.id WHERE u.email = 'both\@ab.example'");
like(decode_utf8($both->get('/settings/agenda?view=week')->{content}), qr{Times in Asia/Tokyo}, 'and so does the agenda');
like(one("SELECT body $told"), qr{Asia/Tokyo}, 'which one is in the audit');
my $other = one("SELECT m.org_id FROM membership m JOIN user u ON u.id = m.user_id WHERE u.email = 'both\@ab.example' AND m.org_id <> (SELECT org_id $told)");
is($both->post('/login/org', { org => $other, next => '' })->{status}, 303, 'in the other organisation');
like(decode_utf8($both->get($account)->{content}), qr{value="Asia/Tokyo" selected}, 'it is the same person');

# One that the list leaves out, as an import or a command may have given.
$db->sql("UPDATE user SET time_zone = 'Europe/Kiev' WHERE email = 'mia\@a.example'");
like(decode_utf8($mia->get($account)->{content}), qr{<option value="Europe/Kiev" selected>}, 'an old name is offered to whoever has it');
is($mia->post($account, { zone => 'Europe/Kiev' })->{status}, 303, 'and can be kept');

# A session that is over changes nothing.
$db->sql('UPDATE session SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND');
is($both->post($account, { zone => 'UTC' })->{status}, 401, 'signed out meanwhile: asked to sign in');
is(zone('both@ab.example'), 'Asia/Tokyo', 'and it stays');
done_testing;
