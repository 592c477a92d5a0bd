#!/usr/bin/perl
# Sweeps over every route that hawser-web has: tokens on whatever changes
# something, and security headers on every answer, nginx's own included. A new
# page is swept without a line here.
use strict;
use warnings;
use Test::More;
use WebTest;

my $w = WebTest->new;
my $db = $w->db;
my @routes = $w->routes;
ok(@routes > 5, 'the table is told: ' . @routes . ' routes');

# All tables but those that signing in itself moves.
sub state_of { return $db->checksum($db->tables(qw(session login_throttle duty))) }

# ---- headers ----
my %must = (
	'content-security-policy' => qr/^default-src 'none'; style-src 'self'; script-src 'self';.*form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
	'x-content-type-options' => qr/^nosniff$/,
	'x-frame-options' => qr/^DENY$/,
	'referrer-policy' => qr/^same-origin$/,
	'cross-origin-opener-policy' => qr/^same-origin-allow-popups$/,
	'cross-origin-resource-policy' => qr/^same-origin$/,
	'permissions-policy' => qr/camera=\(\)/,
	'cache-control' => qr/^(?:private, )?no-(store|cache)$/,
	'x-request-id' => qr/^[0-9a-f]{32}$/,
);
my ($seen, @poor) = (0);
sub look {
	my ($what, $r) = @_;
	$seen++;
	for my $name (sort keys %must) {
		my $value = $r->{headers}{$name};
		push @poor, "$what ($r->{status}): $name is " . (ref $value ? 'doubled' : $value // 'missing')
			if !defined $value || ref $value || $value !~ $must{$name};
	}
	push @poor, "$what: inline script or style" if ($r->{headers}{'content-type'} // '') =~ /html/ &&
		($r->{content} // '') =~ /<script(?![^>]* src=)|<style|<[^>]*\s(on[a-z]+|style)=/;
	return $r;
}

my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $ben = $w->browser;
$ben->sign_in('ben@b.example');
my $out = $w->browser;

my %first;
for my $route (@routes) {
	my $path = WebTest::path_of($route);
	next if $first{$path}++;
	for my $who ([ana => $ana], [nobody => $out]) {
		for my $method (qw(GET HEAD PUT PATCH DELETE TRACE OPTIONS)) {
			my $r = look("$who->[0] $method $path", $who->[1]->request($method, $path));
			push @poor, "$method $path answers $r->{status}" if $r->{status} >= 500 && $method ne 'TRACE';
			push @poor, "HEAD $path has a body" if $method eq 'HEAD' && length($r->{content} // '');
			push @poor, "$method $path is not 405 with Allow but $r->{status}"
				if $method =~ /PUT|DELETE/ && !($r->{status} == 405 && $r->{headers}{allow});
		}
	}
}
is_deeply(\@poor, [], "headers on $seen answers of every route and method");
@poor = ();

my %odd = (
	'an unknown page' => [404, $ana->get('/nothing/here')],
	'an unknown page for nobody' => [404, $out->get('/nothing')],
	'a slash too many' => [303, $ana->get('/settings/account/')],
	'dots' => [400, $ana->get('/a/%2e%2e%2fb')],
	'a static file' => [200, $out->get('/static/app.css')],
	'the script' => [200, $out->get('/static/app.js')],
	'no such static file' => [404, $out->get('/static/nothing.css')],
	'a static file written' => [403, $out->request('POST', '/static/app.css', content => 'x')],
	'the error pages themselves' => [404, $out->get('/errors/down.html')],
	'out of static' => [400, $out->get('/static/..%2f..%2f..%2fetc/passwd')],
	'a long address' => [414, $out->get('/' . 'a' x 40000)],
	'a big body' => [413, $ana->request('POST', '/login', content => 'a=' . 'x' x 1200000, headers => { 'Content-Type' => 'application/x-www-form-urlencoded' })],
	'a type of its own' => [415, $ana->request('POST', '/logout', content => 'csrf=x', headers => { 'Content-Type' => 'text/plain' })],
	'much of it, unread' => [415, $ana->request('POST', '/logout', content => 'x' x 900000, headers => { 'Content-Type' => 'text/plain' })],
	'bytes that are no text' => [400, $ana->request('POST', '/logout', content => 'csrf=%ff', headers => { 'Content-Type' => 'application/x-www-form-urlencoded' })],
	'alive' => [200, $out->get('/healthz')],
	'ready' => [200, $out->get('/readyz')],
);
for my $name (sort keys %odd) {
	my ($status, $r) = @{ $odd{$name} };
	look($name, $r);
	is($r->{status}, $status, "$name: $status");
}
like($ana->get('/nothing')->{content}, qr/Integrations.*Nothing here.*request [0-9a-f]{32}/s, 'a 404 in the frame, with the request id');
sub parse {
	my ($text) = @_;
	my ($head, $body) = split /\r\n\r\n/, $text, 2;
	my ($status) = $head =~ /^HTTP\/1.1 (\d+)/;
	my %h;
	push @{ $h{lc $1} }, $2 while $head =~ /^([A-Za-z-]+): (.*?)\r?$/mg;
	return { status => $status, content => $body, headers => { map { $_ => @{ $h{$_} } > 1 ? $h{$_} : $h{$_}[0] } keys %h } };
}
for my $case (['no host', "GET / HTTP/1.1\r\n\r\n"],
	['two lengths', "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
	['a broken chunk', "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
	['length and chunks', "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
	['a long header', "GET / HTTP/1.1\r\nHost: x\r\nX: " . 'a' x 40000 . "\r\n\r\n"]) {
	my $r = look($case->[0], parse($w->raw($case->[1])));
	is($r->{status} - $r->{status} % 100, 400, "$case->[0]: $r->{status}");
}
is_deeply(\@poor, [], 'headers on those too');
@poor = ();

# ---- what a client says about itself is not believed ----
my $r = $w->browser->get('/login', headers => { 'Request-Id' => 'f' x 32, 'X-Request-Id' => 'e' x 32, 'X-Forwarded-Proto' => 'https',
	'X-Forwarded-For' => '198.51.100.9', Proxy => 'http://evil.example' });
unlike($r->{headers}{'x-request-id'}, qr/^(f{32}|e{32})$/, 'the request id is ours');
unlike($r->{headers}{'set-cookie'}, qr/Secure/, 'nor a header that claims https');

# ---- CSRF ----
my $old = $ana->token;
$ana->post('/logout', {}, { csrf => $old });
$ana->sign_in('ana@a.example');
my $foreign = $ben->token;
my $before = state_of();
my $changing = 0;
for my $route (grep { $_->{method} ne 'GET' && $_->{access} ne 'message' } @routes) {	# messages of machines: hooks.t
	my $path = WebTest::path_of($route);
	my $good = $ana->token;
	my %try = (
		'no token' => [undef, {}],
		'an empty token' => ['', {}],
		'a token of another user' => [$foreign, {}],
		'a token of an old session' => [$old, {}],
		'a cut token' => [substr($good, 0, 40), {}],
		'Origin null' => [$good, { Origin => 'null' }],
		'a foreign Origin' => [$good, { Origin => 'https://evil.example' }],
		'an Origin that begins like ours' => [$good, { Origin => $w->url . '.evil.example' }],
		'Sec-Fetch-Site cross-site' => [$good, { 'Sec-Fetch-Site' => 'cross-site' }],
		'Sec-Fetch-Site same-site' => [$good, { 'Sec-Fetch-Site' => 'same-site' }],
	);
	my @passed;
	for my $name (sort keys %try) {
		my ($token, $headers) = @{ $try{$name} };
		my $r = look("$path $name", $ana->post($path, {}, { csrf => $token, headers => $headers, method => $route->{method} }));
		push @passed, "$name: $r->{status}" if $r->{status} != 403 || $r->{content} !~ /nothing was done/;
	}
	my $plain = $ana->request($route->{method}, $path, content => "csrf=$good", headers => { 'Content-Type' => 'text/plain' });
	push @passed, "text/plain: $plain->{status}" if $plain->{status} != 415;
	my $got = $ana->get("$path?csrf=" . WebTest::Browser::escape($good));
	push @passed, "GET: $got->{status}" if $got->{status} == 303 && $route->{path} ne '/login';
	is_deeply(\@passed, [], "$route->{method} $path refuses what it must");
	$changing++;
}
is(state_of(), $before, "and $changing routes changed nothing");
my $fresh = $w->browser;
my $token = $w->browser->token;
my %form = (email => 'ana@a.example', password => WebTest::PASSWORD, next => '');
is($fresh->post('/login', \%form, { csrf => $token })->{status}, 403, "signing in with another visitor's token");
is($fresh->post('/login', \%form, { csrf => undef })->{status}, 403, 'signing in without');
is($fresh->sign_in('ana@a.example')->{status}, 303, 'and with the right one');
is($ana->post('/logout', {}, { headers => { Origin => $w->url, 'Sec-Fetch-Site' => 'same-origin' } })->{status}, 303, 'the right token and our own origin');
is($out->post('/logout', {}, { csrf => $out->token })->{status}, 401, 'nobody is signed out: 401');
is_deeply(\@poor, [], 'headers on the refusals');

# ---- https: the site's own address says so, whatever the socket ----
$w->set_base_url('https://app.example.com');
my ($first_pid) = $w->workers;
kill 'HUP', $w->{pids}{web};
WebTest::wait_for(10, 'the roll', sub { !grep { $_ == $first_pid } $w->workers });
sleep 1;
my $s = $w->browser;
$r = $s->get('/login');
like($r->{headers}{'set-cookie'}, qr/^__Host-hawser_visitor=\S+; Path=\/; HttpOnly; SameSite=Lax; Secure$/, 'https: the visitor cookie');
like($r->{headers}{'strict-transport-security'}, qr/max-age=31536000/, 'HSTS for a year');
$token = $s->token;
is($s->post('/login', \%form, { csrf => $token, headers => { Origin => $w->url } })->{status}, 403, 'the plain origin is a foreign one now');
$r = $s->post('/login', \%form, { csrf => $token, headers => { Origin => 'https://app.example.com' } });
is($r->{status}, 303, 'signed in');
like($r->{headers}{'set-cookie'}, qr/^__Host-hawser=\S+; Path=\/; HttpOnly; SameSite=Lax; Secure$/, 'a cookie that no sibling site can set');
done_testing;
