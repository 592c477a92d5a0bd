#!/usr/bin/perl
# Token and revocation requests against an authorization server that answers,
# refuses, lies, stalls and cuts: what is sent, to the letter; what is an end of
# the grant and what is not; and no secret in any sentence.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use FaultServer;
use IPC::Open3;
use JSON::PP;
use MIME::Base64 qw(decode_base64);
use Test::More;

my $server = FaultServer->start;
my $program = ($ENV{HAWSER_ASAN} || "$ENV{HAWSER_TOP}/build-asan") . '/t/lib/oauth_probe';
my $canary = 'C4nary-' . ('x' x 40);
my @exchange = ('exchange', "code-$canary", "verifier-$canary", 'https://app.example/oauth/example/callback?x=1');
my @refresh = ('refresh', "refresh-$canary");
my @revoke = ('revoke', "revoke-$canary");

sub probe {
	my @args = @_;
	my $pid = open3(my $in, my $out, '>&STDERR', $program, '--url', $server->url, '--total', 3, @args);
	close $in;
	local $/;
	my $text = <$out>;
	waitpid $pid, 0;
	die "oauth_probe ended with status $?" if $?;
	unlike $text, qr/$canary|s\/cr=t|s%2Fcr%3Dt/, 'no secret in the answer';
	return JSON::PP->new->utf8->decode($text);
}
sub answer { my ($status, $body, %more) = @_; $server->calm; $server->rule({ status => $status, body => ref $body ? JSON::PP->new->encode($body) : $body, %more }); return }
sub asked { my ($r) = @{ $server->requests }; return $r }
sub form { my ($r) = @_; return { map { my ($k, $v) = split /=/, $_, 2; s/%(..)/chr hex $1/ge for $k, $v; ($k => $v) } split /&/, $r->{body} } }
my %good = (access_token => 'at', token_type => 'Bearer', expires_in => 3599, refresh_token => 'rt', scope => 'a b');

# ---- what is sent ----
answer(200, \%good);
my $r = probe(@exchange);
is_deeply $r->{ok}, { access => sha256_hex('at'), refresh => sha256_hex('rt'), access_secs => 3599, refresh_secs => 0, scopes => 'a b' }, 'a code becomes tokens';
my $sent = asked();
is "$sent->{method} $sent->{path}", 'POST /token', 'at the token endpoint';
is $sent->{headers}{'content-type'}, 'application/x-www-form-urlencoded', 'as a form';
is $sent->{headers}{accept}, 'application/json', 'answered in JSON';
is $sent->{headers}{authorization}, undef, 'the client signs in the form';
is_deeply form($sent), { grant_type => 'authorization_code', code => $exchange[1], code_verifier => $exchange[2],
	redirect_uri => $exchange[3], client_id => 'client & co', client_secret => 's/cr=t' }, 'RFC 6749 4.1.3 and RFC 7636 4.5';

answer(200, \%good);
probe('--basic', @refresh);
$sent = asked();
is decode_base64($sent->{headers}{authorization} =~ s/^Basic //r), 'client%20%26%20co:s%2Fcr%3Dt', 'or in the header, encoded as RFC 6749 2.3.1 says';
is_deeply form($sent), { grant_type => 'refresh_token', refresh_token => $refresh[1] }, 'and then nowhere else';

answer(200, { %good, refresh_token => undef });
is probe('--public', @refresh)->{ok}{refresh}, undef, 'no new refresh token: the old one stays';
is_deeply form(asked()), { grant_type => 'refresh_token', refresh_token => $refresh[1], client_id => 'client & co' }, 'a public client says who it is';

answer(200, '');
ok probe(@revoke)->{ok}, 'revoked';
$sent = asked();
is "$sent->{method} $sent->{path}", 'POST /revoke', 'at the revocation endpoint';
is_deeply form($sent), { token => $revoke[1], client_id => 'client & co', client_secret => 's/cr=t' }, 'RFC 7009 2.1';

# ---- what ends a grant, and what does not ----
my $html = '<!DOCTYPE html><html><body>Welcome</body></html>';
for my $t (
	['the grant is over', { status => 400, body => '{"error":"invalid_grant","error_description":"Token has been expired or revoked."}' }, 'reconnect', qr/Reconnect/],
	['the client is unknown', { status => 401, body => '{"error":"invalid_client"}' }, 'forbidden', qr/operator/],
	['the request is wrong', { status => 400, body => '{"error":"invalid_request"}' }, 'internal', qr/operator/],
	['500', { status => 500, body => '{"error":"invalid_grant"}' }, 'upstream', qr/500/],
	['429', { status => 429, body => '{"error":"invalid_grant"}', headers => { 'Retry-After' => 17 } }, 'limit', qr/pause/, 17],
	['503', { status => 503, body => '', headers => { 'Retry-After' => 9 } }, 'limit', qr/busy/, 9],
	['a web page', { status => 200, body => $html }, 'upstream', qr/nothing that gives access/],
	['a redirect', { status => 302, body => '', headers => { Location => $server->url . '/elsewhere' } }, 'upstream', qr/no access/],
	['an empty answer', { status => 200, body => '' }, 'upstream', qr/nothing that gives access/],
	['half an answer', { status => 200, body => JSON::PP->new->encode(\%good), cut => 20 }, 'upstream', qr/broke off/],
	['no answer', { close => 'before' }, 'upstream', qr/without an answer/],
	['a late one', { delay_ms => 6000 }, 'timeout|upstream', qr/too slow/],
	['too long', { status => 200, body => ' ' x 1000, repeat => 100 }, 'upstream', qr/larger than|never ends/],
	['noise', { status => 200, garbage => 300 }, 'upstream', qr/nothing that gives access/]) {
	my ($name, $rule, $kind, $says, $after) = @$t;
	$server->calm;
	$server->rule($rule);
	my $e = probe(@refresh)->{err};
	like $e->{kind} // 'none', qr/^(?:$kind)$/, "$name: $kind";
	like $e->{msg} // '', $says, 'in words';
	is $e->{retry_after} // 0, $after // 0, 'and for how long';
	is scalar @{ $server->requests }, 1, 'asked once, and nobody else';
}

# ---- revoking what is dead, what cannot be, what fails for now ----
for my $t ([400, '{"error":"invalid_token"}', undef], [400, '{"error":"invalid_grant"}', undef], [204, '', undef],
	[400, '{"error":"unsupported_token_type"}', 'internal'], [401, '{"error":"invalid_client"}', 'forbidden'], [503, '', 'upstream'], [400, '', 'upstream']) {
	my ($status, $body, $kind) = @$t;
	answer($status, $body);
	is probe(@revoke)->{err}{kind}, $kind, "revoking is answered $status $body: " . ($kind // 'it is dead');
}
is probe('--no-revoke', @revoke)->{err}{kind}, 'unsupported', 'nowhere to revoke';
done_testing;
