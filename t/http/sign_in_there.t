#!/usr/bin/perl
# Connecting by signing in at the provider: the way there and back, everything
# that may come back which should not, and what a person sees of it.
use strict;
use warnings;
use GoogleTest;
use JSON::PP;
use Test::More;

my $g = GoogleTest->new;
my ($w, $s) = ($g->{w}, $g->{s});
my ($ana, $mia, $ben) = map { my $b = $w->browser; $b->sign_in($_); $b } 'ana@a.example', 'mia@a.example', 'ben@b.example';
sub connections { return $g->one('SELECT COUNT(*) FROM connection') }
sub exchanges { return $s->requests->{requests}{token} // 0 }
sub audits { my ($action) = @_; return $g->one("SELECT COUNT(*) FROM audit WHERE JSON_VALUE(body, '\$.action') = '$action'") }
sub status { my ($b, $flow) = @_; my $r = $b->get("/settings/sign-in/$flow/status"); return $r->{status} == 200 ? decode_json($r->{content}) : { state => $r->{status} } }

# ---- what is asked ----
my $page = $ana->get('/settings/integrations')->{content};
like $page, qr{<form[^>]*action="/oauth/google/start" data-sign-in}, 'the card of Google has its button';
like $ana->get('/settings/connect/google')->{content}, qr{We never see your password}, 'and a page that says what is asked';
my $try = $g->begin($ana);
is $try->{r}{status}, 200, 'a page leads there';
unlike $try->{r}{headers}{'content-security-policy'}, qr/form-action[^;]*google/, 'not as the answer of a form';
is $try->{response_type}, 'code', 'the code flow';
is $try->{code_challenge_method}, 'S256', 'PKCE';
is length $try->{code_challenge}, 43, 'with a challenge';
is length $try->{state}, 43, '256 bits of state';
is $try->{access_type}, 'offline', 'access that lasts';
like $try->{scope}, qr/openid email .*calendar\.events .*calendarlist\.readonly/, 'no more scopes than it takes';
is $try->{redirect_uri}, $w->url . '/oauth/google/calendar/callback', 'back to the path of this provider and kind';
is $g->one("SELECT COUNT(*) FROM oauth_state WHERE state_hash = UNHEX(SHA2('$try->{state}', 256))"), 1, 'the state is kept as its hash';
is status($ana, $try->{flow})->{state}, 'open', 'whoever began it sees how it stands';
is status($mia, $try->{flow})->{state}, 404, 'nobody else does';
is status($ben, $try->{flow})->{state}, 404, 'in no other organisation either';

# ---- all goes well ----
my $back = $g->grant($try);
my $r = $ana->get($back, whole => 1);
is $r->{status}, 303, 'it came back';
is $r->{headers}{location}, "/settings/sign-in/$try->{flow}", 'and the address has nothing of it any more';
$r = $ana->follow($r);
is $r->{status}, 200, 'the calendars';
like $r->{content}, qr/anna\@example\.com.*Family.*Holidays/s, 'to choose from';
is connections(), 1, 'one connection';
my $id = $g->one('SELECT id FROM connection');
is $g->one("SELECT CONCAT(provider, ' ', account, ' ', state) FROM connection WHERE id = $id"), 'google anna@example.com 1', 'of that account';
is $g->one("SELECT CONCAT(generation, ' ', missing) FROM oauth_grant WHERE connection_id = $id"), '1 ', 'with all it takes';
is $g->one("SELECT GROUP_CONCAT(field ORDER BY field) FROM credential WHERE connection_id = $id"), '2,3', 'both tokens are sealed';
is $g->one('SELECT COUNT(*) FROM oauth_verifier'), 0, 'no verifier is left';
is status($ana, $try->{flow})->{state}, 'done', 'the page that waits hears of it';
like status($ana, $try->{flow})->{href}, qr{^/settings/connections/$id/calendars}, 'and where to go';
is exchanges(), 1, 'one exchange';

# ---- what should not come back ----
my $n = 1;
sub refused {
	my ($name, $b, $path, $action, %o) = @_;
	my $before = audits($action);
	my $r = $b->get($path, whole => 1);
	is connections(), $n, "$name: no connection";
	is exchanges(), $o{exchanges} // 1, "$name: no exchange";
	is audits($action), $before + ($o{audited} // 1), "$name: in the audit";
	return $r;
}
$r = refused('used again', $ana, $back, 'oauth.repeated');
is $ana->follow($r)->{status}, 200, 'used again: the person lands where the first one led';
refused('no state', $ana, '/oauth/google/calendar/callback?code=x', 'oauth.refused');
refused('a state of nobody', $ana, '/oauth/google/calendar/callback?code=x&state=' . 'A' x 43, 'oauth.refused');
refused('a state that is none', $ana, '/oauth/google/calendar/callback?code=x&state=' . 'A' x 5000, 'oauth.refused');

$try = $g->begin($ana);
$back = $g->grant($try, account => 'ben@example.com');
$r = refused('of another person', $mia, $back, 'oauth.refused');
is $r->{status}, 403, 'of another person: said so';
$r = refused('and dead for its own', $ana, $back, 'oauth.repeated');
is $g->one('SELECT misused FROM oauth_state ORDER BY id DESC LIMIT 1'), 1, 'the misuse is noted';
my ($code, $out) = $g->sync;
is $code, 0, 'the worker runs' or diag $out;
is audits('oauth.misused'), 1, 'and the organisation hears of it';
is $g->one('SELECT MAX(misused) FROM oauth_state'), 0, 'once';

$try = $g->begin($ana);
$back = $g->grant($try, account => 'ben@example.com');
refused('of another organisation', $ben, $back, 'oauth.refused');
$try = $g->begin($ana);
$back = $g->grant($try, account => 'ben@example.com');
my $nobody = $w->browser;
$r = refused('nobody signed in', $nobody, $back, 'oauth.refused', audited => 0);
is $r->{status}, 401, 'nobody signed in: asked to';
$g->sync;
is audits('oauth.misused'), 3, 'both stand in the audit of the one who began';

$try = $g->begin($ana);
$back = $g->grant($try, account => 'ben@example.com');
$g->db->sql("UPDATE oauth_state SET expires_at = now(6) - INTERVAL 1 SECOND WHERE flow = UNHEX('$try->{flow}')");
$r = $ana->follow(refused('too late', $ana, $back, 'oauth.failed'));
like $r->{content}, qr/longer than 10 minutes/, 'too late: says so';

for my $way (['google/mail', 'of another kind'], ['caldav/calendar', 'of another provider']) {
	$try = $g->begin($ana);
	$back = $g->grant($try, account => 'ben@example.com') =~ s{google/calendar}{$way->[0]}r;
	refused("by the path $way->[1]", $ana, $back, 'oauth.refused');
	is status($ana, $try->{flow})->{state}, 'failed', 'it is over';
}
$try = $g->begin($ana);
$back = $g->grant($try, account => 'ben@example.com');
refused('a doubled parameter', $ana, "$back&code=evil", 'oauth.refused');
$try = $g->begin($ana);
$back = $g->grant($try, account => 'ben@example.com') =~ s/([?&])iss=[^&]*/$1iss=https%3A%2F%2Fevil.example/r;
refused('another issuer', $ana, $back, 'oauth.failed');

$try = $g->begin($ana);
$r = $ana->follow(refused('the person says no', $ana, $g->grant($try, answer => 'deny'), 'oauth.denied'));
is status($ana, $try->{flow})->{state}, 'refused', 'and it ends well';
like $r->{content}, qr/Not connected/, 'in words';
$try = $g->begin($ana);
refused('an error with the state', $ana, "/oauth/google/calendar/callback?error=server_error&state=$try->{state}", 'oauth.failed');

# ---- codes that fail: exchanged, and nothing is connected ----
my $tries = 1;
for my $swap (['swapped', sub { my $other = $g->begin($ana); (GoogleTest::arguments($g->grant($other, account => 'ben@example.com'))->{code}) }], ['made up', sub { 'x' }]) {
	my ($name, $other) = @$swap;
	$try = $g->begin($ana);
	$back = $g->grant($try, account => 'ben@example.com');
	my $code = $other->();
	$back =~ s/([?&])code=[^&]*/"$1code=" . WebTest::Browser::escape($code)/e;
	$ana->get($back, whole => 1);
	is exchanges(), ++$tries, "a code that is $name is refused by Google";
	is connections(), 1, "a code that is $name connects nothing";
	is status($ana, $try->{flow})->{state}, 'failed', 'and that is said';
}
for my $f ([token => 503], [userinfo => 500], ['calendarList.list' => 503]) {
	my ($what, $code) = @$f;
	$s->fault(match => $what, action => 'status', status => $code, times => -1);
	$try = $g->begin($ana);
	$ana->get($g->grant($try, account => 'ben@example.com'), whole => 1);
	is status($ana, $try->{flow})->{state}, 'failed', "$what answers $code: not connected";
	is connections(), 1, 'nothing is half there';
	$s->calm;
}

# ---- given up ----
$try = $g->begin($ana);
is $ana->post("/settings/ask/sign-in/$try->{flow}/cancel")->{status}, 303, 'a person gives up';
is status($ana, $try->{flow})->{state}, 'refused', 'and it is over';
my $count = exchanges();
$ana->get($g->grant($try, account => 'ben@example.com'), whole => 1);
is exchanges(), $count, 'what comes back then is used for nothing';
is connections(), 1, 'nor connected';

# ---- the page on the way there is reloaded ----
my $first = $g->begin($ana);
my $second = $g->begin($ana, flow => $first->{flow});
is $second->{r}{status}, 200, 'sent again, it leads there again';
isnt $second->{state}, $first->{state}, 'with another state';
$count = exchanges();
$ana->get($g->grant($first, account => 'ben@example.com'), whole => 1);
is exchanges(), $count, 'the first one is good for nothing more';
is status($ana, $first->{flow})->{state}, 'open', 'the page waits for the second';
$ana->post("/settings/ask/sign-in/$first->{flow}/cancel");

# ---- some boxes only ----
my $own = $g->connect($mia, account => 'ben@example.com', ticked => [GoogleTest::EVENTS]);
is $g->one("SELECT state FROM connection WHERE id = $own"), 1, 'without the list of calendars it works';
is $g->one("SELECT GROUP_CONCAT(name) FROM collection WHERE connection_id = $own"), 'ben@example.com', 'with the own calendar';
like $g->one("SELECT missing FROM oauth_grant WHERE connection_id = $own"), qr/calendarlist\.readonly$/, 'what is missing is known';
my $again = $g->connect($mia, account => 'ben@example.com', form => { connection => $own });
is $again, $own, 'the rest is granted to the same connection';
is $g->one("SELECT CONCAT(generation, '-', missing) FROM oauth_grant WHERE connection_id = $own"), '2-', 'nothing is missing any more';
my $less = $g->connect($mia, account => 'ben@example.com', ticked => [GoogleTest::LIST]);
is $less, $own, 'the same account once more is the same connection';
like $g->one("SELECT CONCAT(state, ' ', state_reason) FROM connection WHERE id = $own"), qr/^3 .*Grant the rest/, 'without the events it waits for its person';
$g->connect($mia, account => 'ben@example.com', form => { connection => $own });
is $g->one("SELECT state FROM connection WHERE id = $own"), 1, 'who then grants it';

# ---- another account in its place ----
$try = $g->begin($mia, connection => $own);
$mia->get($g->grant($try, account => 'anna@example.com'), whole => 1);
is status($mia, $try->{flow})->{state}, 'failed', 'another account is not taken for the same';
like status($mia, $try->{flow})->{message}, qr/signed in there as anna\@example\.com.*is of ben\@example\.com/, 'both are named';
is $g->one("SELECT account FROM connection WHERE id = $own"), 'ben@example.com', 'it stays what it was';
is $g->begin($ana, connection => $own)->{r}{status}, 403, 'nobody renews what is not theirs';
is $g->begin($ben, connection => $own)->{r}{status}, 404, 'nor sees it from elsewhere';

# ---- disconnected: the access goes back, however long that takes ----
sub live { return scalar grep { $_->{live} } @{ $s->ask('grants')->{grants} } }
is live(), 2, 'two accounts let us in';
$s->control(down => { on => JSON::PP::true });
is $mia->post("/settings/connections/$own/remove", { events => 'keep' })->{status}, 303, 'disconnected while Google is away';
$g->sync for 1, 2;
is $g->one("SELECT COUNT(*) FROM connection WHERE id = $own"), 0, 'it is gone here';
is $g->one('SELECT COUNT(*) FROM outbox'), 1, 'and owed there';
$s->control(down => { on => JSON::PP::false });
$g->db->sql('UPDATE outbox SET due = now(6)');
$g->db->sql('UPDATE job SET due = now(6) WHERE kind = 5');
$g->sync;
is $g->one('SELECT COUNT(*) FROM outbox'), 0, 'until Google confirmed it';
is live(), 1, 'nothing of it lives there';
is audits('connection.revoked'), 1, 'and the audit says so';

# a dead token is one that was revoked
$s->control(revoke => { account => 'anna@example.com' });
$ana->post("/settings/connections/$id/remove", { events => 'keep' });
$g->sync for 1, 2;
is $g->one('SELECT COUNT(*) FROM outbox'), 0, 'a dead token is given back as well';
is audits('connection.not_revoked'), 0, 'nothing was given up';
is $g->one('SELECT COUNT(*) FROM oauth_grant'), 0, 'and nothing is left here';

unlike $w->log_text('web.log'), qr/$try->{state}/, 'no state is in the log';
unlike $w->log_text($_), qr/code=|state=/, "nor anything of an address in $_" for grep { /log/ } map { s{.*/}{}r } glob $w->dir . '/*log*';
done_testing;
