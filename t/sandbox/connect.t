#!/usr/bin/perl
# Another authorization server, with nothing but addresses changed: the same
# connecting as at the sandbox. And one that is not honest: it sends the person
# on to another server with our state; no code of one ever reaches the other.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Emulate;
use GoogleTest;
use HTTP::Tiny;
use JSON::PP;
use Sandbox;
use Test::More;
use WebTest;

plan skip_all => 'the npm packages of t/ are not installed' if !Emulate::is_installed();
my $port = WebTest::free_port();
my $redirect = "http://127.0.0.1:$port/oauth/google/calendar/callback";
my $e = Emulate->start(redirects => [$redirect]);
my $s = Sandbox->start(redirects => [$redirect]);
my ($at, $google) = ($e->url, $s->url);
chmod 0600, "$s->{dir}/secret";
# Its calendars are the sandbox's: emulate plays OAuth alone, and its tokens mean nothing there.
my $w = WebTest->new(port => $port, conf => { net => ["allow_origins = $at $google"], google => ['client_id = ' . Sandbox::CLIENT, "client_secret_file = $s->{dir}/secret",
	"auth_url = $at/o/oauth2/v2/auth", "token_url = $at/oauth2/token", "revoke_url = $at/oauth2/revoke", "userinfo_url = $at/oauth2/v2/userinfo", 'issuer =',
	"api_url = $at/calendar/v3/", "batch_url = $at/batch/calendar/v3"] });
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $http = HTTP::Tiny->new(max_redirect => 0);
sub begin {
	my $r = $ana->post('/oauth/google/start', { flow => '', popup => '' });
	my ($url) = ($r->{headers}{refresh} // '') =~ /^0;url=(.+)$/ or die "not on its way: $r->{status} $r->{content}";
	return GoogleTest::arguments($url);
}
sub outcome { return $w->db->one('SELECT CONCAT(outcome, \' \', message) FROM oauth_state ORDER BY id DESC LIMIT 1') }

my $ask = begin();
is $http->get("$at/o/oauth2/v2/auth?" . $s->encode(map { ($_ => $ask->{$_}) } sort keys %$ask))->{status}, 200, 'emulate takes what we ask';
my $r = $http->post_form("$at/o/oauth2/v2/auth/callback", [email => 'anna@example.com', map { ($_ => $ask->{$_}) } sort keys %$ask]);
is $r->{status}, 302, 'and sends the person back' or diag $r->{content};
$r = $ana->get($r->{headers}{location} =~ s{^http://[^/]+}{}r, whole => 1);
is $r->{status}, 303, 'the callback';
like outcome(), qr/^1 /, 'connected' or diag $e->log;
is $w->db->one('SELECT account FROM connection'), 'anna@example.com', 'as who one is there';
my $n = $w->db->one('SELECT COUNT(*) FROM connection');

# ---- a mix-up: our state at another server (RFC 9700 4.4) ----
# The person is sent on from emulate to the sandbox; the code that comes back is
# of the sandbox. It goes to emulate's token endpoint alone, or nowhere.
my $before = $s->requests->{requests}{token} // 0;
$ask = begin();
my %q = (%$ask, client_id => Sandbox::CLIENT);
$r = $s->form('/google/o/oauth2/v2/auth?' . $s->encode(map { ($_ => $q{$_}) } sort keys %q), account => 'anna@example.com', answer => 'allow', map { (scope => $_) } split ' ', $q{scope});
is $r->{status}, 303, 'the other server gives a code';
$ana->get($r->{headers}{location} =~ s{^http://[^/]+}{}r, whole => 1);
is $s->requests->{requests}{token} // 0, $before, 'which is sent to no server but the one that was asked';
like outcome(), qr/^3 /, 'that does not know it';
is $w->db->one('SELECT COUNT(*) FROM connection'), $n, 'nothing is connected';

# Where the issuer is known, it is not even sent there.
$w->db->put_conf(qr/^issuer =.*$/m, "issuer = $at");
$w->end('web', 'TERM');
$w->start_web;
$ask = begin();
%q = (%$ask, client_id => Sandbox::CLIENT);
$r = $s->form('/google/o/oauth2/v2/auth?' . $s->encode(map { ($_ => $q{$_}) } sort keys %q), account => 'anna@example.com', answer => 'allow', map { (scope => $_) } split ' ', $q{scope});
like $r->{headers}{location}, qr/[?&]iss=/, 'it names itself';
my $asked = () = $e->log =~ m{/oauth2/token}g;
$ana->get($r->{headers}{location} =~ s{^http://[^/]+}{}r, whole => 1);
like outcome(), qr/^3 /, 'another issuer than the one that was asked';
is scalar(() = $e->log =~ m{/oauth2/token}g), $asked, 'no code goes anywhere';
is $s->requests->{requests}{token} // 0, $before, 'to neither';
done_testing;
