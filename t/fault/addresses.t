#!/usr/bin/perl
# Nothing private is ever reached: literal addresses, odd spellings, names that
# resolve to private addresses, redirects and hrefs that point at them. A
# canary listens on loopback and must not be touched; a second host must never
# see the password.
use strict;
use warnings;
use CaldavProbe;
use FaultServer;
use File::Temp qw(tempdir);
use Test::More;

my $canary = FaultServer->start;
my $server = FaultServer->start;
my $port = $canary->{port};
my $dir = tempdir(CLEANUP => 1);

sub get {
	my ($url, @allow) = @_;
	return CaldavProbe->new(url => $url, bare => 1, allow => \@allow)->run('get');
}

# ---- literal spellings, plain and with TLS, on the canary's own port ----
my @hosts = ('127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0177.0.0.1', '017700000001',
	'0x7f.1', '127.0.0.1.', 'localhost', 'LOCALHOST', 'localhost.', 'x.localhost', '0', '0.0.0.0', '127.0.0.2',
	'[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b::127.0.0.1]',
	'[2002:7f00:1::]', '[fe80::1]', '[fc00::1]', '169.254.169.254', '10.0.0.1', '192.168.0.1', '172.16.0.1', '100.64.0.1',
	'%31%32%37.0.0.1', "127\xe3\x80\x820.0.1", 'anna@127.0.0.1', 'good.example.com@127.0.0.1', '127.0.0.1%00.example.com');
my $vectors = 0;
for my $host (@hosts) {
	for my $url ("http://$host:$port/", "https://$host:$port/", "https://$host/") {
		my $r = get($url);
		$vectors++;
		is $r->{err}{kind}, 'input', "refused: $url" or diag explain $r;
	}
}
for my $url ("ftp://127.0.0.1:$port/", "gopher://127.0.0.1:$port/", "file:///etc/passwd", "dict://127.0.0.1:$port/x",
	"http://good.example.com:$port/", "https://good.example.com:22/", "//127.0.0.1:$port/", "127.0.0.1:$port",
	"https://good.example.com\\\@127.0.0.1:$port/") {
	$vectors++;
	is get($url)->{err}{kind}, 'input', "refused: $url";
}

# ---- names whose addresses are private: judged at the socket ----
SKIP: {
	my $so = "$dir/fake_dns.so";
	system('cc', '-shared', '-fPIC', '-o', $so, "$ENV{HAWSER_TOP}/t/lib/fake_dns.c", '-ldl') == 0
		or skip 'no compiler for the look-up shim', 1;
	local $ENV{LD_PRELOAD} = $so;
	local $ENV{ASAN_OPTIONS} = 'verify_asan_link_order=0:detect_leaks=0';
	for my $ip (qw(127.0.0.1 127.255.0.1 0.0.0.0 10.1.2.3 100.64.0.1 169.254.169.254 172.16.0.1 192.0.0.1 192.168.1.1 198.18.0.1
		224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::
		2001::1 fc00::1 fd00::1 fe80::1 ff02::1 100::1 2001:db8::1)) {
		for my $p ('', ':8443') {
			local $ENV{FAKE_DNS} = $ip;
			my $r = get("https://cal.example.com$p/");
			$vectors++;
			is $r->{err}{kind}, 'input', "a name that leads to $ip$p";
			like $r->{err}{msg}, qr/private address/, 'is told so' if !$p;
		}
	}
	# an origin that may be plain http does not open the rest of the host
	local $ENV{FAKE_DNS} = '127.0.0.1';
	my $open = "http://cal.example.com:$server->{port}";
	is get("$open/x", $open)->{err}{kind}, 'not_found', 'an allowed origin is reached by its name';
	for my $url ("http://cal.example.com:$port/", "https://cal.example.com:$server->{port}/", "http://other.example.com:$server->{port}/") {
		$vectors++;
		is get($url, $open)->{err}{kind}, 'input', "the allowed origin does not cover $url";
	}
}

# ---- a server that sends us there ----
my $probe = CaldavProbe->new(url => $server->url);
my @places = ("http://127.0.0.1:$port/", "https://127.0.0.1:$port/", "http://localhost:$port/cal/", "http://[::1]:$port/",
	"//127.0.0.1:$port/x", "http://2130706433:$port/", "https://169.254.169.254/latest/meta-data/", "ftp://127.0.0.1:$port/",
	"file:///etc/passwd", "http://anna:secret\@127.0.0.1:$port/", "https://evil.example.net/", "http://127.0.0.1:$server->{port}\@127.0.0.1:$port/");
for my $place (@places) {
	for my $status (301, 302, 303, 307, 308) {
		$server->calm;
		$server->rule({ method => 'PROPFIND|REPORT|GET', status => $status, headers => { Location => $place }, times => -1 });
		my $r = $probe->run('changes', ['/cal/anna/work/']);
		$vectors++;
		ok $r->{err} && $r->{err}{kind} =~ /^(?:upstream|input)$/, "$status to $place is not followed: $r->{err}{msg}";
	}
	$server->calm;
	$server->options(home => $place);
	my $r = $probe->run('discover');
	$vectors++;
	ok $r->{err}, "a home at $place is refused" or diag explain $r;
	$server->options;
	$server->rule({ method => 'REPORT', replace => ['<href>/cal/anna/work/</href>', "<href>$place</href>"], times => -1 });
	$r = $probe->run('changes', ['/cal/anna/work/']);
	$vectors++;
	ok $r->{err}, "an entry at $place spoils the list" or diag explain $r;
	like $r->{err}{msg}, qr/outside of itself/, 'and is told so';
}
# even when the second origin is allowed as a server, it is not this account's
$server->calm;
$server->rule({ status => 307, headers => { Location => $canary->url . '/' }, times => -1 });
my $both = CaldavProbe->new(url => $server->url, allow => [$canary->url]);
my $home = CaldavProbe->new(url => $server->url, allow => [$canary->url], args => ['--home', $server->url . '/cal/anna/']);
like $both->run('discover')->{err}{msg}, qr/sends us to/, 'a redirect to another allowed origin is not followed';
like $home->run('push', ['/cal/anna/work/'], [{ verb => 'remove', id => '/cal/anna/work/x.ics', version => '"1"' }])->{ok}[0]{err}{msg},
	qr/sends us to/, 'nor by a write';
for my $url ($server->url . "/\r\nX-Evil: 1", $server->url . "/%0d%0aX-Evil:1") {
	CaldavProbe->new(url => $url)->run('get');
}
is $both->run('get', ['GET', "a\r\nX-Evil: 1"])->{err}{kind}, 'input', 'a line break in a header is refused';
ok !(grep { $_->{headers}{'x-evil'} } @{ $server->requests }), 'no header was smuggled in';

cmp_ok $vectors, '>=', 200, "$vectors vectors";
is_deeply $canary->requests, [], 'the canary heard nothing';
done_testing;
