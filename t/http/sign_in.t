#!/usr/bin/perl
# Signing in and out, cookies, the choice of an organisation, throttling, and
# where a sign-in may lead.
use strict;
use warnings;
use Test::More;
use WebTest;

my $w = WebTest->new;
my $db = $w->db;

sub cpu_ms {		# what the workers have used so far
	my $ns = 0;
	for my $pid ($w->workers) {
		open my $f, '<', "/proc/$pid/schedstat" or next;
		$ns += (split ' ', readline $f)[0];
	}
	die "this kernel does not count a process's work\n" if !$ns;
	return $ns / 1e6;
}

# ---- in and out ----
my $b = $w->browser;
my $r = $b->get('/settings/account?x=1&y=a%20b');
is($r->{status}, 303, 'a page for members asks to sign in');
is($r->{headers}{location}, '/login?next=%2Fsettings%2Faccount%3Fx%3D1%26y%3Da%2520b', 'and remembers where to go');
$r = $b->get($r->{headers}{location});
like($r->{content}, qr/<h1>Sign in/, 'the sign-in page');
my $visitor = $b->{cookies}{hawser_visitor};
$r = $b->sign_in('ANA@a.example ', undef, next => '/settings/account?x=1');
is($r->{status}, 303, 'signed in, whatever the case of the e-mail');
is($r->{headers}{location}, '/settings/account?x=1', 'and there');
my ($cookie) = grep { /^hawser=/ } ref $r->{headers}{'set-cookie'} ? @{ $r->{headers}{'set-cookie'} } : $r->{headers}{'set-cookie'};
like($cookie, qr/^hawser=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax$/, 'the cookie: 256 bits, HttpOnly, Lax');
my $token = $b->{cookies}{hawser};
isnt($token, $visitor, 'a new one');
$r = $b->get('/settings/account');
like($r->{content}, qr/ana\@a\.example/, 'the page knows who');
like($r->{headers}{'cache-control'}, qr/no-store/, 'and is kept by nobody');
is($b->get('/login')->{status}, 303, 'the sign-in page leads on');

my $second = $w->browser;
$second->sign_in('ana@a.example');
isnt($second->{cookies}{hawser}, $token, 'another sign-in, another id');
$r = $b->post('/logout');
is($r->{headers}{location}, '/login?notice=signed-out', 'out');
ok(!exists $b->{cookies}{hawser}, 'the cookie is taken away');
like($b->get('/login?notice=signed-out')->{content}, qr/You are signed out/, 'and it is said');
unlike($b->get('/login?notice=nonsense%3Cb%3E')->{content}, qr/nonsense/, 'no notice of a stranger');
my $thief = $w->browser;
$thief->{cookies}{hawser} = $token;
is($thief->get('/settings/account')->{status}, 303, 'the old id is dead');
is($second->get('/settings/account')->{status}, 200, 'the other session lives');
is(($db->sql("SELECT COUNT(*) FROM hawser.session WHERE LENGTH(token_hash) = 32"))[0][0], 1, 'only hashes are stored');

# ---- membership counts on the very next request ----
my $mia = $w->browser;
$mia->sign_in('mia@a.example');
is($mia->get('/settings/account')->{status}, 200, 'a member');
$db->sql("UPDATE hawser.user SET disabled_at = NOW() WHERE email = 'mia\@a.example'");
is($mia->get('/settings/account')->{status}, 303, 'and not any more');
isnt($mia->sign_in('mia@a.example')->{status}, 303, 'nor again');

# ---- the own password ----
{
	my ($here, $there) = ($w->browser, $w->browser);
	$_->sign_in('both@ab.example') for $here, $there;
	my $change = sub { my ($old, $fresh) = @_; return $here->post('/settings/account/password', { old => $old, fresh => $fresh }) };
	my $hash = sub { return ($db->sql("SELECT password_hash FROM hawser.user WHERE email = 'both\@ab.example'"))[0][0] };
	my $was = $hash->();
	my $no = $change->('wrong horse battery', 'another horse battery');
	is($no->{status}, 422, 'not with a wrong password');
	like($no->{content}, qr/This is not your password/, 'which is said');
	$no = $change->(WebTest::PASSWORD, 'short');
	is($no->{status}, 422, 'nor to one that is too short');
	unlike($no->{content}, qr/\Q@{[WebTest::PASSWORD]}\E/, 'and nothing typed comes back');
	is($hash->(), $was, 'it is as it was');
	is($there->get('/settings/account')->{status}, 200, 'and nobody was signed out');
	my $yes = $change->(WebTest::PASSWORD, 'another horse battery');
	is($yes->{headers}{location}, '/login?notice=password-changed', 'with the right one it changes');
	is($_->get('/settings/account')->{status}, 303, 'all sessions end') for $here, $there;
	isnt($here->sign_in('both@ab.example')->{status}, 303, 'the old one is dead');
	is($here->sign_in('both@ab.example', 'another horse battery')->{status}, 303, 'the new one signs in');
	is(($db->sql("SELECT COUNT(*) FROM hawser.audit WHERE action = 'user.password'"))[0][0], 1, 'and it is in the audit, once');
	$change->('wrong horse battery', 'a third horse battery') for 1 .. 12;
	is($change->('another horse battery', 'a third horse battery')->{status}, 429, 'guessing is throttled as in signing in');
	my $token = $here->token;
	my $before = cpu_ms();
	$here->post('/settings/account/password', { old => 'wrong horse battery', fresh => 'a third horse battery' }, { csrf => $token }) for 1 .. 80;
	cmp_ok(cpu_ms() - $before, '<', 800, 'for little: nothing is hashed for it');
	$db->sql("DELETE FROM hawser.login_throttle; UPDATE hawser.user SET password_hash = '$was' WHERE email = 'both\@ab.example'");
}

# ---- expiry ----
my $old = $w->browser;
$old->sign_in('ana@a.example');
$db->sql("UPDATE hawser.session SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND");
is($old->get('/settings/account')->{status}, 303, 'an expired session');
$old->sign_in('ana@a.example');
is($old->get('/settings/account')->{status}, 200, 'a fresh one');
$db->sql("UPDATE hawser.session SET seen_at = UTC_TIMESTAMP(6) - INTERVAL 400 DAY");
is($old->get('/settings/account')->{status}, 303, 'an idle one');

# ---- several organisations ----
my $both = $w->browser;
$r = $both->sign_in('both@ab.example', undef, next => '/settings/account');
is($r->{headers}{location}, '/login/org?next=%2Fsettings%2Faccount', 'asked which organisation');
$r = $both->get($r->{headers}{location});
my %org = reverse $r->{content} =~ /name="org" value="(\d+)">.*?hidden"> ([AB])</gs;
is_deeply([sort keys %org], ['A', 'B'], 'both are offered');
my $before = $both->{cookies}{hawser};
my $stale = $both->token;
$r = $both->post('/login/org', { org => $org{B}, next => '/settings/account' });
is($r->{headers}{location}, '/settings/account', 'chosen');
isnt($both->{cookies}{hawser}, $before, 'with a new id');
$r = $both->get('/settings/account');
like($r->{content}, qr/<dd>B</, 'in B');
like($r->{content}, qr/<dd>member</, 'with the role there');
$thief->{cookies}{hawser} = $before;
is($thief->get('/settings/account')->{status}, 303, 'the id before is dead');
is($both->post('/logout', {}, { csrf => $stale })->{status}, 403, 'and so is its token');
my ($c) = map { $_->[0] } $db->sql("SELECT MAX(id) + 1 FROM hawser.org");
for my $id ($c, 0, 'x', '-1', '18446744073709551616') {
	my $r = $both->post('/login/org', { org => $id, next => '' });
	ok($r->{status} == 404 || $r->{status} == 400, "no organisation $id: $r->{status}");
}
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
is($ana->post('/login/org', { org => $org{B}, next => '' })->{status}, 404, 'not into a strange organisation');
is($ana->post('/login/org', { org => $c, next => '' })->{status}, 404, 'which answers like an unknown one');

# ---- where a sign-in may lead ----
my @away = ('//evil.example', '/\\evil.example', '\\\\evil', 'http://evil.example', 'https:evil', '/%2fevil', '/%5cevil',
	"/\tevil", "/a\r\nSet-Cookie: x=1", 'javascript:alert(1)', 'data:text/html,x', 'evil.example', '@evil.example',
	"/\x{3002}/evil", '/' . 'a' x 3000, '///evil', '/.//evil.example', '/login', ' //evil.example', '/%09/evil');
for my $to (@away) {
	my $b = $w->browser;
	my $r = $b->sign_in('ana@a.example', undef, next => $to);
	my $shown = substr($to =~ s/[^ -~]/?/gr, 0, 40);
	my $at = $r->{headers}{location} // '';
	ok($r->{status} == 422 || ($r->{status} == 303 && $at =~ m{^/(?![/\\%])[!-~]*$} && $at !~ m{^/login}), "leads to no other site: $shown")
		or diag "$r->{status} $at";
	ok(!exists $r->{headers}{x}, 'no header of theirs') if $to =~ /Cookie/;
	$r = $b->get('/login?next=' . WebTest::Browser::escape($to));
	unlike($r->{headers}{location} // '', qr{^(//|[^/])}, 'nor when signed in already');
}

# ---- guessing ----
sub answer {
	my ($r) = @_;
	my $text = $r->{content};
	$text =~ s/value="[^"]*"//g;
	return "$r->{status} $text";
}
$db->sql('DELETE FROM hawser.login_throttle');
my $g = $w->browser;
my $known = $g->sign_in('ben@b.example', 'wrong password');
my $unknown = $g->sign_in('nobody@b.example', 'wrong password');
is($known->{status}, 422, 'a wrong password');
is(answer($known), answer($unknown), 'an unknown user gets the same answer');
like($known->{content}, qr/value="ben\@b\.example"/, 'the e-mail is given back');
unlike($known->{content}, qr/wrong password/, 'the password is not');
my %best = map { $_ => 1e9 } qw(both nobody);	# what it costs the workers: a clock would tell of the machine
for (1 .. 8) {
	for my $name (keys %best) {
		my $token = $g->token;
		my $before = cpu_ms();
		$g->post('/login', { email => "$name\@ab.example", password => 'wrong', next => '' }, { csrf => $token });
		my $spent = cpu_ms() - $before;
		$best{$name} = $spent if $spent < $best{$name};
	}
}
note sprintf 'known %.1f ms, unknown %.1f ms', map { $best{$_} } qw(both nobody);
ok($best{nobody} > 0.6 * $best{both} && $best{both} > 0.6 * $best{nobody}, 'for the same work');
for my $who ('ben@b.example', 'nobody@b.example') {
	my ($tries, $r) = (1);
	do { $r = $g->sign_in($who, 'wrong password'); $tries++ } while $r->{status} == 422 && $tries < 30;
	is($r->{status}, 429, "$who: stopped");
	is($tries, 11, 'at the eleventh try');
	ok($r->{headers}{'retry-after'} > 0, 'and told when to come back');
}
is($w->browser->sign_in('ben@b.example')->{status}, 429, 'the right password does not help then');
is($w->browser->sign_in('ana@a.example')->{status}, 303, 'others are not slowed');
$db->sql("UPDATE hawser.login_throttle SET window_start = window_start - INTERVAL 1 HOUR");
is($w->browser->sign_in('ben@b.example')->{status}, 303, 'after the wait it goes on');

# ---- forms that no page of ours sends ----
for my $case (
	['missing', { email => 'ana@a.example' }], ['empty', {}],
	['long', { email => 'a' x 300 . '@a.example', password => 'x', next => '' }],
	['doubled', [email => 'a@b.c', email => 'd@e.f', password => 'x', next => '']],
	['foreign', { email => 'ana@a.example', password => WebTest::PASSWORD, next => '', org_id => 2 }]) {
	my $r = $w->browser->post('/login', $case->[1]);
	is($r->{status}, 422, "$case->[0] fields are refused");
	like($r->{content}, qr/class="wrong"|notice-bad/, 'with a sentence');
}
done_testing;
