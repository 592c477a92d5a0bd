# Google's OAuth as the sandbox plays it: consent, codes, PKCE, tokens, scopes,
# revocation, and each way of saying no.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA qw(sha256 hmac_sha256);
use JSON::PP;
use MIME::Base64 qw(decode_base64url encode_base64url encode_base64);
use Sandbox;
use Test::More;

my $s = Sandbox->start(state => 1);
my $G = 'https://www.googleapis.com/auth/';
my $events = "${G}calendar.events";
my $list = "${G}calendar.calendarlist.readonly";
my $all = "openid email profile $events $list";

sub page { my ($path) = @_; return $s->{http}->get($s->url . $path) }
sub is_error {
	my ($r, $status, $error, $what) = @_;
	is("$r->{status} " . ($r->{json}{error} // $r->{content}), "$status $error", $what);
}

# ---- what is wrong is shown, and never sent back ----
for my $case (
	['redirect_uri_mismatch', 400, redirect_uri => 'http://127.0.0.1:1/oauth/google/callback/'],
	['redirect_uri_mismatch', 400, redirect_uri => undef],
	['invalid_client', 401, client_id => 'other'],
	['invalid_request', 400, client_id => undef],
	['invalid_request', 400, response_type => 'token'],
	['invalid_request', 400, response_type => undef],
	['invalid_request', 400, scope => undef],
	['invalid_request', 400, prompt => 'none consent'],
	['invalid_request', 400, access_type => 'always'],
	['invalid_request', 400, code_challenge => 'x' x 43, code_challenge_method => 's256'],
	['invalid_request', 400, code_challenge => 'short'],
) {
	my ($code, $status, @args) = @$case;
	for my $r (page($s->auth_path(@args)), $s->form($s->auth_path(@args), account => 'anna@example.com', answer => 'allow')) {
		is($r->{status}, $status, "$code: @{[map { $_ // 'none' } @args]}");
		like($r->{content}, qr/$code/, 'is named');
		is($r->{headers}{location}, undef, 'and goes nowhere');
	}
}

# ---- the page ----
my $r = page($s->auth_path(scope => $all, login_hint => 'ben@example.com'));
is(() = $r->{content} =~ /type="checkbox" name="scope" value="[^"]+" checked/g, 2, 'a tick box for each scope but those of signing in');
like($r->{content}, qr/value="ben\@example.com" checked/, 'the hint chooses the account');
like($r->{content}, qr/This is not Google/, 'it says what it is');
is($r->{headers}{'cross-origin-opener-policy'}, 'same-origin', 'the opener is cut off');
$s->control(coop => { value => 'unsafe-none' });
is(page($s->auth_path)->{headers}{'cross-origin-opener-policy'}, 'unsafe-none', 'or not');
is(() = page($s->auth_path(scope => "openid $events"))->{content} =~ /checkbox/g, 0, 'one scope has no tick box');

is_deeply($s->consent(answer => 'deny'), { error => 'access_denied', state => 'st/1 +' }, 'cancelled');
my $back = $s->consent(scope => $all);
is($back->{state}, 'st/1 +', 'the state is given back');
is($back->{iss}, $s->url . '/google', 'and who answers');
ok($back->{code}, 'and a code');

# ---- the code ----
is_error($s->redeem($back->{code}, client_secret => 'x'), 401, 'invalid_client', 'a wrong secret');
is_error($s->redeem($back->{code}, client_secret => undef), 401, 'invalid_client', 'no secret');
is_error($s->redeem($back->{code}, client_id => 'x'), 401, 'invalid_client', 'a wrong client');
is_error($s->redeem($back->{code}, grant_type => 'password'), 400, 'unsupported_grant_type', 'another grant');
is_error($s->redeem(undef), 400, 'invalid_request', 'no code');
is_error($s->redeem($back->{code}, redirect_uri => 'http://127.0.0.1:1/'), 400, 'invalid_grant', 'another redirect');
is_error($s->redeem('4/nothing'), 400, 'invalid_grant', 'no such code');
my $t = $s->redeem($back->{code});
is($t->{status}, 200, 'the code is redeemed');
$t = $t->{json};
is_deeply([sort keys %$t], [qw(access_token expires_in id_token refresh_token scope token_type)], 'members');
is($t->{expires_in}, 3599, 'expires_in');
is($t->{token_type}, 'Bearer', 'Bearer');
is_deeply([sort split / /, $t->{scope}], [sort 'openid', "${G}userinfo.email", "${G}userinfo.profile", $events, $list], 'scopes by their long names');
isnt($t->{scope}, join(' ', 'openid', "${G}userinfo.email", "${G}userinfo.profile", $events, $list), 'in another order');
my ($head, $body, $mac) = split /\./, $t->{id_token};
is($mac, encode_base64url(hmac_sha256("$head.$body", Sandbox::SECRET)), 'the id token is signed');
my $claims = decode_json(decode_base64url($body));
is_deeply([@$claims{qw(iss aud email)}], [$s->url . '/google', Sandbox::CLIENT, 'anna@example.com'], 'and says who');
my $user = $s->call($t, GET => '/google/v1/userinfo')->{json};
is_deeply($user, { sub => $claims->{sub}, email => 'anna@example.com', email_verified => JSON::PP::true, name => 'Anna Berger' }, 'userinfo');
is_deeply([sort keys %{ $s->call($t, GET => '/google/oauth2/v2/userinfo')->{json} }], [qw(email id name verified_email)], 'and the old one');
is_error($s->redeem($back->{code}), 400, 'invalid_grant', 'a code twice');
is($s->call($t, GET => '/google/v1/userinfo')->{status}, 401, 'ends its access token');
is_error($s->refresh($t->{refresh_token}), 400, 'invalid_grant', 'and its refresh token');

# basic authentication
$back = $s->consent(scope => $all, prompt => 'consent');
$r = $s->form('/google/token', { Authorization => 'Basic ' . encode_base64(Sandbox::CLIENT . ':' . Sandbox::SECRET, '') },
	grant_type => 'authorization_code', code => $back->{code}, redirect_uri => $s->{redirect});
is($r->{status}, 200, 'the client may authenticate by Basic');
my $first = $r->{json};

# ---- refresh tokens ----
ok($first->{refresh_token}, 'prompt=consent gives one again');
is($s->redeem($s->consent(scope => $all)->{code})->{json}{refresh_token}, undef, 'a second consent gives none');
is($s->redeem($s->consent(scope => $all, access_type => undef, account => 'ben@example.com')->{code})->{json}{refresh_token}, undef, 'online gives none');
$r = $s->refresh($first->{refresh_token})->{json};
is_deeply([sort keys %$r], [qw(access_token expires_in id_token scope token_type)], 'a refresh answers without one');
is($s->call($r, GET => 'users/me/calendarList')->{status}, 200, 'the new access token is good');
$s->control(clock => { advance_secs => 3600 });
is($s->call($r, GET => 'users/me/calendarList')->{status}, 401, 'for an hour');
$s->restart;
is($s->refresh($first->{refresh_token})->{status}, 200, 'a restart keeps tokens');
is_error($s->refresh('1//nothing'), 400, 'invalid_grant', 'no such refresh token');
$back = $s->consent;
$s->control(clock => { advance_secs => 601 });
is_error($s->redeem($back->{code}), 400, 'invalid_grant', 'a code lives ten minutes');

# ---- PKCE ----
my $verifier = 'v' x 64;
my $challenge = encode_base64url(sha256($verifier));
for my $case ([S256 => $challenge], [plain => $verifier], [undef, $verifier]) {
	my ($method, $value) = @$case;
	my %ask = (code_challenge => $value, code_challenge_method => $method);
	my $name = $method // 'no method';
	my $code = $s->consent(%ask)->{code};
	is_error($s->redeem($code), 400, 'invalid_grant', "$name: no verifier");
	is_error($s->redeem($code, code_verifier => 'w' x 64), 400, 'invalid_grant', "$name: a wrong verifier");
	is($s->redeem($code, code_verifier => $verifier)->{status}, 200, "$name: the right one");
}

# ---- part of what was asked ----
$t = $s->redeem($s->consent(scope => $all, ticked => [$events])->{code})->{json};
unlike($t->{scope}, qr/calendarlist/, 'what is not ticked is not granted');
$r = $s->call($t, GET => 'users/me/calendarList');
is($r->{status}, 403, 'and not served');
is($r->{json}{error}{errors}[0]{reason}, 'insufficientPermissions', 'for this reason');
is($r->{json}{error}{details}[0]{reason}, 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'and by the new name');
$t = $s->redeem($s->consent(scope => 'openid', include_granted_scopes => 'true')->{code})->{json};
like($t->{scope}, qr/\Q$list\E/, 'include_granted_scopes brings the earlier ones');
is_deeply($s->consent(scope => "$events $list", ticked => []), { error => 'access_denied', state => 'st/1 +' }, 'nothing ticked is a no');

# ---- prompt=none ----
my $silent = sub { Sandbox::back(page($s->auth_path(prompt => 'none', @_))) };
is($silent->(scope => $all)->{error}, 'interaction_required', 'prompt=none: who?');
ok($silent->(scope => $all, login_hint => 'anna@example.com')->{code}, 'granted before: a code');
is($silent->(scope => "${G}contacts", login_hint => 'anna@example.com')->{error}, 'consent_required', 'not granted: an error');

# ---- the end of tokens ----
$t = $s->redeem($s->consent(scope => $all, prompt => 'consent')->{code})->{json};
is($s->form('/google/revoke', token => $t->{access_token})->{status}, 200, 'an access token is revoked');
is_error($s->refresh($t->{refresh_token}), 400, 'invalid_grant', 'with its refresh token');
is_error($s->form('/google/revoke', token => $t->{access_token}), 400, 'invalid_token', 'once');
is_error($s->form('/google/revoke'), 400, 'invalid_request', 'which?');
ok($s->redeem($s->consent(scope => $all)->{code})->{json}{refresh_token}, 'then consent is a first one again');
my @r = map { $s->redeem($s->consent(scope => 'openid', prompt => 'consent', account => 'ben@example.com')->{code})->{json}{refresh_token} } 1 .. 101;
is_error($s->refresh($r[0]), 400, 'invalid_grant', 'the 101st refresh token ends the first');
is($s->refresh($r[1])->{status}, 200, 'and no other');
$t = $s->token('anna@example.com', 'calendar', 'calendar.events');
$s->control(scopes => { account => 'anna@example.com', scopes => ["${G}calendar"] });
is($s->call($t, GET => 'users/me/calendarList')->{status}, 403, 'scopes are taken away');
$s->control(revoke => { account => 'anna@example.com' });
is($s->call($t, GET => 'users/me/calendarList')->{status}, 401, 'access is withdrawn');
$s->control(testing => { on => JSON::PP::true });
$t = $s->redeem($s->consent(scope => $all)->{code})->{json};
is($t->{refresh_token_expires_in}, 604799, 'an app in testing gets a week');
is($s->redeem($s->consent(scope => 'openid email', prompt => 'consent')->{code})->{json}{refresh_token_expires_in}, undef, 'but for signing in alone');
$s->control(clock => { advance_secs => 604801 });
is_error($s->refresh($t->{refresh_token}), 400, 'invalid_grant', 'then it ends');
$s->control(testing => { on => JSON::PP::false });
$s->control(rotate => { on => JSON::PP::true });
$t = $s->redeem($s->consent(scope => $all, prompt => 'consent')->{code})->{json};
my $next = $s->refresh($t->{refresh_token})->{json};
isnt($next->{refresh_token} // $t->{refresh_token}, $t->{refresh_token}, 'rotation gives another');
is_error($s->refresh($t->{refresh_token}), 400, 'invalid_grant', 'the old one is no good');
is_error($s->refresh($next->{refresh_token}), 400, 'invalid_grant', 'and has ended the new one');

# ---- the sandbox itself ----
unlike(join("\n", map { $_ // '' } $s->log('sandbox'), $s->{http}->get($s->url . '/control/grants')->{content}, do { open my $f, '<', "$s->{dir}/state" or die; local $/; <$f> }), qr/ya29|1\/\/0sandbox|4\/0A/, 'no token in logs, lists and the state');
is($s->{http}->get($s->url . '/google/.well-known/openid-configuration')->{status}, 200, 'it describes itself');
$s->control(down => { on => JSON::PP::true });
is($s->{http}->get($s->url . '/google/.well-known/openid-configuration')->{status}, 503, 'down');
$s->control('reset');
is($s->{http}->get($s->url . '/google/.well-known/openid-configuration')->{status}, 200, 'a reset ends that');
is($s->ask('grants')->{count}, 0, 'and all grants');
$r = $s->{http}->post($s->url . '/control/latency', { content => '{"mss": 1}' });
is("$r->{status} $r->{content}", qq(400 {"error":"There is no member \\"mss\\" here; there are: ms."}\n), 'an unknown member is refused');
done_testing;
