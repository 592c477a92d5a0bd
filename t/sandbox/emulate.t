# The same OAuth sequence at the sandbox and at another program that plays
# Google, emulate: the same statuses, the same members. Where the two differ, the
# difference is known and has its reason.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA qw(sha256);
use Emulate;
use HTTP::Tiny;
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use Sandbox;
use Test::More;

plan skip_all => 'the npm packages of t/ are not installed' if !Emulate::is_installed();
my $s = Sandbox->start;

my $emulate = Emulate->start(redirects => [$s->{redirect}]);

# ---- one sequence, two programs ----
my $http = HTTP::Tiny->new(max_redirect => 0, timeout => 30);
my %where = (
	sandbox => { auth => '/google/o/oauth2/v2/auth', token => '/google/token', revoke => '/google/revoke', user => '/google/v1/userinfo', known => '/google/.well-known/openid-configuration', at => $s->url },
	emulate => { auth => '/o/oauth2/v2/auth', token => '/oauth2/token', revoke => '/oauth2/revoke', user => '/oauth2/v2/userinfo', known => '/.well-known/openid-configuration', at => $emulate->url },
);

sub allow {		# the code that somebody's consent gives
	my ($name, %q) = @_;
	my $w = $where{$name};
	my $r = $name eq 'sandbox'
		? $http->post_form("$w->{at}$w->{auth}?" . $s->encode(map { ($_ => $q{$_}) } sort keys %q), [account => 'anna@example.com', answer => 'allow'])
		: $http->post_form("$w->{at}$w->{auth}/callback", [email => 'anna@example.com', map { ($_ => $q{$_}) } sort keys %q]);
	return ($r, Sandbox::back($r));
}

sub sequence {
	my ($name) = @_;
	my $w = $where{$name};
	my @steps;
	my $step = sub {
		my ($what, $r) = @_;
		my $json = eval { decode_json($r->{content}) };
		push @steps, { what => $what, status => $r->{status}, error => ref $json eq 'HASH' && $json->{error} ? "$json->{error}" : '', members => ref $json eq 'HASH' ? join(' ', sort keys %$json) : '', json => $json };
		return $json;
	};
	my %ask = (client_id => Sandbox::CLIENT, redirect_uri => $s->{redirect}, response_type => 'code', scope => 'openid email profile', state => 'a b&c', access_type => 'offline', prompt => 'consent');
	my %redeem = (client_id => Sandbox::CLIENT, client_secret => Sandbox::SECRET, redirect_uri => $s->{redirect}, grant_type => 'authorization_code');
	my $get = sub { my (%q) = (%ask, @_); $http->get("$w->{at}$w->{auth}?" . $s->encode(map { ($_ => $q{$_}) } sort keys %q)) };
	my $post = sub { my (%q) = @_; $http->post_form("$w->{at}$w->{token}", [map { ($_ => $q{$_}) } sort keys %q]) };
	my $user = sub { $http->get("$w->{at}$w->{user}", { headers => { Authorization => "Bearer $_[0]" } }) };
	$step->('the page', $get->());
	$step->('another client', $get->(client_id => 'x'));
	$step->('another redirect', $get->(redirect_uri => 'http://127.0.0.1:1/x'));
	my ($r, $back) = allow($name, %ask);
	$step->('consent', { %$r, content => '' });
	push @steps, { what => 'state', status => $back->{state}, error => '', members => '' };
	$step->('a wrong secret', $post->(%redeem, code => $back->{code}, client_secret => 'x'));
	$step->('a wrong client', $post->(%redeem, code => $back->{code}, client_id => 'x'));
	$step->('another grant', $post->(%redeem, grant_type => 'password'));
	$step->('no such code', $post->(%redeem, code => 'x'));
	my $t = $step->('the code', $post->(%redeem, code => $back->{code}));
	$step->('userinfo', $user->($t->{access_token}));
	$step->('a bad token', $user->('x'));
	my $new = $step->('refresh', $post->(%redeem, grant_type => 'refresh_token', refresh_token => $t->{refresh_token}));
	$step->('no such refresh token', $post->(%redeem, grant_type => 'refresh_token', refresh_token => 'x'));
	$step->('revoke', $http->post_form("$w->{at}$w->{revoke}", [token => $t->{refresh_token}]));
	$step->('refresh after that', $post->(%redeem, grant_type => 'refresh_token', refresh_token => $t->{refresh_token}));
	my $verifier = 'v' x 64;
	for my $case ([wrong => code_verifier => 'w' x 64], ['no'], [right => code_verifier => $verifier]) {
		my ($word, @with) = @$case;
		(undef, $back) = allow($name, %ask, code_challenge => encode_base64url(sha256($verifier)), code_challenge_method => 'S256');
		$step->("the $word verifier", $post->(%redeem, code => $back->{code}, @with));
	}
	$step->('the code again', $post->(%redeem, code => $back->{code}, code_verifier => $verifier));
	$step->('it describes itself', $http->get("$w->{at}$w->{known}"));
	return @steps;
}

# [emulate, sandbox] and why the sandbox is right.
my %differ = (
	'another client' => { status => [400, 401, 'Google shows "Error 401: invalid_client"'] },
	'consent' => { status => [302, 303, 'either is a redirect; 303 is what a POST should get'] },
	'userinfo' => { members => ['email email_verified family_name given_name hd locale name picture sub', 'email email_verified name sub', 'the accounts here have one name and no picture; "every claim except sub may be missing"'] },
	'a bad token' => { status => [200, 401, 'emulate takes any bearer for its first account'], error => ['', qr/^HASH/, 'the same'], members => [qr/^email /, 'error', 'the same'] },
	'refresh' => { members => ['access_token expires_in scope token_type', 'access_token expires_in id_token scope token_type', 'with openid Google gives an id_token anew'] },
	'revoke' => { members => ['', '', 'an empty object here, nothing there'] },
	'it describes itself' => { members => [qr/\bjwks_uri\b/, qr/\brevocation_endpoint\b/, 'HS256 here needs no keys'] },
);
my %got = map { $_ => [sequence($_)] } qw(sandbox emulate);
is(scalar @{ $got{sandbox} }, scalar @{ $got{emulate} }, 'the same number of steps');
for my $i (0 .. $#{ $got{sandbox} }) {
	my ($ours, $theirs) = ($got{sandbox}[$i], $got{emulate}[$i]);
	for my $part (qw(status error members)) {
		my $known = ($differ{ $ours->{what} } || {})->{$part};
		if (!$known) {
			is($ours->{$part}, $theirs->{$part}, "$ours->{what}: the same $part");
			next;
		}
		my ($e, $o, $why) = @$known;
		my $fits = sub { my ($is, $want) = @_; ref $want ? $is =~ $want : $is eq $want };
		ok($fits->($theirs->{$part}, $e) || $theirs->{$part} eq $ours->{$part}, "$ours->{what}: emulate's $part is as known ($why)") or diag $theirs->{$part};
		ok($fits->($ours->{$part}, $o), "$ours->{what}: and so is ours") or diag $ours->{$part};
	}
}
done_testing;
