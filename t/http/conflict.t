#!/usr/bin/perl
# Conflicts as a person meets them: the list, one with its versions side by
# side, left as decided or decided otherwise, and what others do not see.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8 encode_utf8);
use Test::More;
use WebTest;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $w = WebTest->new;
my $db = $w->db;
my ($ana, $mia, $ben) = map { my $b = $w->browser; $b->sign_in($_); $b } qw(ana@a.example mia@a.example ben@b.example);
$db->sql("UPDATE user SET time_zone = 'Europe/Berlin'");

sub one { return $db->one($_[0]) }
sub page { return decode_utf8($_[0]->get($_[1])->{content}) }

# ---- an event tied to a remote one, and a conflict about it ----
my $org = one("SELECT id FROM org WHERE name = 'A'");
my $user = one("SELECT id FROM user WHERE email = 'ana\@a.example'");
$db->sql("INSERT INTO calendar (org_id, user_id, name, color, created_at) VALUES ($org, $user, 'Work', '#336699', now(6))");
$db->sql("INSERT INTO connection (org_id, user_id, provider, name, account, login, base_url, state, created_at)"
	. " VALUES ($org, $user, 'caldav', 'Radicale', 'a', 'a', 'https://x.example/', 1, now(6))");
$db->sql("INSERT INTO collection (org_id, connection_id, remote_key, remote_id, name, created_at)"
	. " SELECT org_id, id, UNHEX(SHA2('x', 256)), 'x', 'Work', now(6) FROM connection");
$db->sql("INSERT INTO binding (org_id, calendar_id, collection_id, connection_id, direction, policy, created_at)"
	. " SELECT k.org_id, c.id, k.id, k.connection_id, 1, 1, now(6) FROM collection k JOIN calendar c ON c.org_id = k.org_id");
$db->sql("INSERT INTO sync_run (org_id, connection_id, cause, state, started_at) VALUES ($_->[0], $_->[1], 1, 3, now(6))") for $db->sql('SELECT org_id, id FROM connection');

my $calendar = one('SELECT id FROM calendar');
sub version {
	my (%v) = @_;
	my %is = (summary => 'Team meeting', location => 'Room 2', start => '20261123T110000', end => '20261123T120000', %v);
	return "hawser-event 1\nuid team\@x\nkind event\nzones \nmaster\nstart $is{start}\nend $is{end}\nzone named\n"
		. join('', map { "$_ $is{$_}\n" } grep { defined $is{$_} } qw(summary location)) . "tzid Europe/Berlin\nextra \n";
}
sub hex_of { my ($text) = @_; return defined $text ? "x'" . unpack('H*', encode_utf8($text)) . "'" : 'NULL' }

my $here = version(summary => 'Team meeting (short)', end => '20261123T113000');
my $there = version(summary => 'Team <i>sync</i>', location => 'Room 4, first floor');
sub conflict {
	my ($local, $remote, $winner, @base) = @_;	# base: none = the first version, undef = none was agreed
	@base = version() if !@base;
	my $r = $ana->post('/settings/events', { summary => 'Team <i>sync</i>', location => 'Room 4, first floor', description => '', calendar => $calendar,
		start_day => '2026-11-23', start_time => '11:00', end_time => '11:30', zone => 'Europe/Berlin', repeat => 'none' });
	my ($event) = $r->{headers}{location} =~ m{events/(\d+)} or die $r->{status};
	$db->sql("INSERT INTO conflict (org_id, run_id, binding_id, event_id, fields, winner, base, local, remote, created_at)"
		. " SELECT $org, r.id, b.id, $event, 'title', $winner, " . join(', ', map { hex_of($_) } $base[0], $local, $remote)
		. ", now(6) FROM sync_run r JOIN binding b ON b.org_id = r.org_id");
	return ($event, one('SELECT MAX(id) FROM conflict'));
}

like(page($ana, '/settings/conflicts'), qr/No conflicts.*both versions appear here/s, 'an empty list says what it will hold');
my ($event, $id) = conflict($here, $there, 2);
my $text = page($ana, '/settings/conflicts');
like($text, qr{<a href="/settings/conflicts/$id">Team &lt;i&gt;sync&lt;/i&gt;</a>.*<bdi>Work</bdi> · title.*Waits for you}s, 'the list names it');
like(page($ana, '/settings/account'), qr{Conflicts <span class="count">1<span}, 'every page counts it');
unlike(page($mia, '/settings/account'), qr{class="count"}, 'not for others');
like(page($ana, "/settings/events/$event"), qr{Changed on both sides.*href="/settings/conflicts/$id"}s, 'so does the event');
like(page($ana, '/settings/agenda?month=2026-11'), qr/Changed on both sides/, 'and the agenda');

# ---- side by side ----
$text = page($ana, "/settings/conflicts/$id");
like($text, qr{Last agreed.*Here.*Radicale}s, 'three versions');
like($text, qr{Title</th>\s*<td [^>]*class="lines"><span>Team meeting</span></td>\s*<td [^>]*class="lines"><span>Team meeting <mark>\(short\)</mark></span></td>\s*<td [^>]*class="lines kept"><span>Team <mark>&lt;i&gt;sync&lt;/i&gt;</mark>}s,
	'the title clashes: theirs was taken');
like($text, qr{Ends</th>\s*<td [^>]*class="lines"><span>[^<]*12:00</span></td>\s*<td [^>]*class="lines kept"><span>Monday 23 November 2026, <mark>11:30</mark>}s, 'the end was changed here alone');
like($text, qr{Place</th>.*?<span class="quiet">Room 2</span></span></td>\s*<td [^>]*class="lines kept"><span>Room <mark>4, first floor</mark>}s, 'the place there alone');
like($text, qr{Starts</th>\s*<td [^>]*class="lines"><span>Monday 23 November 2026, 11:00</span></td>\s*<td [^>]*class="lines"><span><span class="quiet">}s, 'what is the same is not marked');
like($text, qr/merged\. 1 field clashes: the other side’s was taken/, 'and said in a sentence');

# ---- answers ----
my ($rev) = $text =~ /name="rev" value="(\d+)"/;
is($ana->post("/settings/conflicts/$id/here", { rev => $rev + 7 })->{status}, 409, 'not about an event that changed meanwhile');
is($ana->post("/settings/conflicts/$id/$_->[0]", $_->[1])->{status}, 400, "not without the version that was seen: $_->[0]")
	for map { my $side = $_; map { [$side, $_] } {}, { rev => '' }, { rev => 0 } } qw(here there);
is(one("SELECT CONCAT_WS('|', rev, summary) FROM event WHERE id = $event"), "$rev|" . one("SELECT summary FROM event WHERE id = $event"), 'nothing was written');
ok(!defined one("SELECT resolved_at FROM conflict WHERE id = $id"), 'the conflict is still open');
is($ana->post("/settings/conflicts/$id/here", { rev => $rev, x => 1 })->{status}, 400, 'not with a foreign field');
$db->sql('DELETE FROM pending');
is($ana->post("/settings/conflicts/$id/here", { rev => $rev })->{status}, 303, 'ours is taken');
is(one("SELECT CONCAT_WS('|', summary, location, end_wall) FROM event WHERE id = $event"), 'Team meeting (short)|Room 2|2026-11-23 11:30:00', 'whole');
is(one("SELECT COUNT(*) FROM pending WHERE event_id = $event"), 1, 'and waits to be sent');
ok(one("SELECT resolved_at FROM conflict WHERE id = $id"), 'the conflict is answered');
unlike(page($ana, '/settings/conflicts'), qr{conflicts/$id"}, 'and not in the list of open ones');
like(page($ana, '/settings/conflicts?all=1'), qr{conflicts/$id".*Answered}s, 'but in the whole one');
is($ana->post("/settings/conflicts/$id/there", { rev => $rev })->{status}, 409, 'it is not answered twice');

($event, $id) = conflict($here, $there, 2);
is($ana->post("/settings/conflicts/$id/keep", { rev => '' })->{status}, 303, 'another one is kept as it is');
is(one("SELECT rev FROM event WHERE id = $event"), 1, 'nothing was written');
ok(one("SELECT resolved_at FROM conflict WHERE id = $id"), 'but answered');

($event, $id) = conflict(undef, $there, 2);
like(page($ana, "/settings/conflicts/$id"), qr/Here <span class="quiet">\(deleted\).*deleted on one side.*Delete it, as here/s, 'deleted here, changed there');
is($ana->post("/settings/conflicts/$id/here", { rev => one("SELECT rev FROM event WHERE id = $event") })->{status}, 303, 'deleted after all');
ok(one("SELECT deleted_at FROM event WHERE id = $event"), 'it is');

($event, $id) = conflict($here, undef, 2);
$db->sql("UPDATE event SET deleted_at = now(6) WHERE id = $event");
is($ana->post("/settings/conflicts/$id/here", { rev => one("SELECT rev FROM event WHERE id = $event") })->{status}, 303, 'deleted there, ours back');
is(one("SELECT CONCAT_WS('|', summary, deleted_at IS NULL) FROM event WHERE id = $event"), 'Team meeting (short)|1', 'it is back');

# ---- what differs at a blank: the agreed text is the beginning of the other, or there is none ----
for my $t (['the same word again', 'lunch', 'lunch at lunch', qr{<span>lunch <mark>at lunch</mark></span>}], ['nothing agreed, a blank first', undef, ' lunch', qr{<mark> ?lunch</mark>}],
	['nothing agreed, a blank alone', undef, ' ', qr{Place</th>}], ['an end in a blank', 'lunch', 'lunch ', qr{Place</th>}], ['the agreed one twice', 'a ', 'a a ', qr{<mark>a </mark>}]) {
	my ($name, $base, $text, $is) = @$t;
	($event, $id) = conflict(version(location => 'Here'), version(location => $text), 2, defined $base ? version(location => $base) : undef);
	my $r = $ana->get("/settings/conflicts/$id");
	is($r->{status}, 200, "$name: shown");
	like(decode_utf8($r->{content}), $is, 'and marked');
	$ana->post("/settings/conflicts/$id/keep", {});
}

# ---- others ----
($event, $id) = conflict($here, $there, 2);
for my $other ([mia => $mia], [ben => $ben]) {
	unlike(page($other->[1], '/settings/conflicts?all=1'), qr/Team/, "$other->[0] sees no conflict of a private calendar");
	is($other->[1]->get("/settings/conflicts/$id")->{status}, 404, 'nor its page');
	is($other->[1]->post("/settings/conflicts/$id/$_", { rev => 1 })->{status}, 404, "nor answers it: $_") for qw(keep here there);
}
ok(!defined one("SELECT resolved_at FROM conflict WHERE id = $id"), 'it is still open');
$db->sql("UPDATE calendar SET shared = 1");
is($mia->get("/settings/conflicts/$id")->{status}, 200, 'of a shared calendar it is seen');
is($mia->post("/settings/conflicts/$id/there", { rev => 1 })->{status}, 403, 'but answered by those who may change the event');

done_testing;
