#!/usr/bin/perl
# Addresses that lead inside, through every way in: the command and the page
# that connect, and the sync of a connected calendar. A canary listens on all
# addresses of this machine, IPv4 and IPv6, and must not hear a thing; a second
# server, allowed for others, must never see this account's password. What the
# client does below all this stands in addresses.t.
use strict;
use warnings;
use Canary;
use FaultServer;
use IO::Socket::INET;
use Radicale;
use Test::More;
use WebTest;

my $canary = Canary->start;
my ($server, $second) = (FaultServer->start, FaultServer->start);
my $p = $canary->{port};
my $named = "http://cal.example.com:$server->{port}";
my $w = WebTest->new(conf => { sync => ['workers = 1'], web => ['workers = 1'], net => ['connect_timeout_secs = 2', 'total_timeout_secs = 3',
	'allow_origins = ' . join ' ', $server->url, $second->url, $named] });
my ($db, $dir, $bin) = ($w->db, $w->dir, DbTest::build());
$ENV{HAWSER_CONF} = $db->conf;
my $cal = '/cal/anna/work/';
$server->seed(map { ("${cal}e$_.ics" => Radicale->event("e$_", "Event $_", '20261120T090000Z')) } 1 .. 12);
sub one { return $db->one($_[0]) }

# The canary works: it hears both families.
IO::Socket::INET->new(PeerAddr => "127.0.0.1:$p") or die "no canary: $!";
is scalar(wait_hits(1)), 1, 'the canary hears IPv4';
if ($canary->{six}) {
	require IO::Socket::IP;
	my $six = IO::Socket::IP->new(PeerHost => '::1', PeerPort => $p);
	is scalar(wait_hits($six ? 2 : 1)), $six ? 2 : 1, 'and IPv6' . ($six ? '' : ' (there is none here)');
}
sub wait_hits { my ($n) = @_; for (1 .. 200) { return $canary->hits if $canary->hits >= $n; select undef, undef, undef, 0.02 } return $canary->hits }
my $known = () = $canary->hits;

my $vectors = 0;
my %by;			# way in => vectors
sub heard {		# way in, vector
	my ($way, $what) = @_;
	$vectors++;
	$by{$way}++;
	return if $canary->hits == $known;
	fail "$way: $what reached the canary: " . ($canary->hits)[-1];
	$known = () = $canary->hits;
	return;
}

# ---- spellings ----
my @private = qw(127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 0x7f.1 0x7F.0x0.0x0.0x1 127.0.0.1. 127.0.0.2 127.255.255.254
	localhost LOCALHOST localhost. x.localhost 0 0.0.0.0 0x0 00 [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:0:127.0.0.1] [::127.0.0.1] [::7f00:1]
	[0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [64:ff9b::7f00:1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:7f00:0001::1] [fe80::1] [fe80::1%25lo]
	[fe80::1%lo] [fc00::1] [fd12:3456::1] [ff02::1] [2001::1] [2001:db8::1] 169.254.169.254 0xa9fea9fe 2852039166 10.0.0.1 192.168.0.1 172.16.0.1 172.31.255.254 100.64.0.1
	100.127.255.254 192.0.0.1 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 metadata.google.internal printer.local db.lan
	%31%32%37.0.0.1 127%2e0.0.1 127.0.0.1%00.example.com anna@127.0.0.1 good.example.com@127.0.0.1 good.example.com:x@127.0.0.1 127.0.0.1:443@127.0.0.1);
push @private, "127\xe3\x80\x820.0.1", "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1", "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1", "loc\xc2\xadalhost", "127.0.0.1\xe3\x80\x82";
my @schemes = ("ftp://127.0.0.1:$p/", "gopher://127.0.0.1:$p/_GET", 'file:///etc/passwd', "dict://127.0.0.1:$p/x", "ldap://127.0.0.1:$p/", "tftp://127.0.0.1:$p/x",
	"//127.0.0.1:$p/", "127.0.0.1:$p", "https:127.0.0.1:$p", "https:/127.0.0.1:$p/", "https:\\\\127.0.0.1:$p\\", "https://good.example.com\\\@127.0.0.1:$p/",
	"https://good.example.com#\@127.0.0.1:$p/", "https://good.example.com?\@127.0.0.1:$p/", "http://good.example.com:$p/", 'https://good.example.com:22/', 'https://good.example.com:3306/',
	"https://[::1]x:$p/", "https://127.0.0.1:$p:443/", "https://127.0.0.1:0$p/", "https://127.0.0.1:+$p/", "jar:https://127.0.0.1:$p/!/");
my @add = ('connection', 'add', 'caldav', '--org', 'A', '--user', 'ana@a.example', '--login', 'anna', '--password-stdin');
sub by_command {
	my ($way, $url) = @_;
	is $db->hawser(\'secret', @add, '--url', $url), 1, "$way: $url" or diag $db->{out};
	heard($way, $url);
	return;
}
by_command('command', $_) for (map { "https://$_:$p/" } @private), @schemes;

my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $token = $ana->token;
sub by_page {
	my ($way, $url) = @_;
	$db->sql('DELETE FROM login_throttle');
	my $r = $ana->post('/settings/ask/connect/caldav', { login => 'anna', password => 'secret', name => '', url => $url }, { csrf => $token });
	is $r->{status}, 422, "$way: $url" or diag substr $r->{content}, 0, 2000;
	heard($way, $url);
	return;
}
my $n = 0;
by_page('page', $_) for (map { $n++ % 2 ? "https://$_:$p/" : "http://$_:$p/" } @private), @schemes[0 .. 9];
is one('SELECT COUNT(*) FROM connection'), 0, 'none of them is a connection';

# ---- names that lead there, at the first look or only at the second ----
my $so = "$dir/fake_dns.so";
my $shim = system('cc', '-shared', '-fPIC', '-o', $so, "$ENV{HAWSER_TOP}/t/lib/fake_dns.c", '-ldl') == 0;
ok $shim, 'the look-up shim is built';
my @ips = qw(127.0.0.1 127.255.0.1 0.0.0.0 10.1.2.3 100.64.0.1 169.254.169.254 172.16.0.1 192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255
	::1 :: ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: fc00::1 fe80::1);
sub with_names {
	my ($plan, $code) = @_;
	local @ENV{qw(LD_PRELOAD FAKE_DNS)} = ($so, $plan);
	return $code->();
}
for my $plan (@ips, '127.0.0.1,::1', '::1,10.0.0.1,127.0.0.1') {
	with_names($plan, sub { by_command("a name for", "https://cal.example.com:$p/") });
}

# ---- a connected account whose server turns on us ----
is $db->hawser(\'secret', @add, '--url', $server->url, '--json'), 0, 'an honest server is connected' or BAIL_OUT($db->{err});
my $id = one('SELECT MAX(id) FROM connection');
$db->hawser('collection', 'select', one('SELECT id FROM collection')) == 0 or diag $db->{err};
sub sync_run {
	my ($way, $what) = @_;
	$db->sql("UPDATE connection SET wait_until = NULL, wait_tries = 0 WHERE id = $id");
	my $out = `timeout 60 '$bin/hawser-sync' --connection $id @{[$way =~ /list/ ? '--full' : '']} 2>'$dir/sync.err'`;
	heard($way, $what);
	return $? >> 8;
}
is sync_run('before', 'nothing'), 0, 'and synced';
($vectors, %by) = ($vectors - 1, map { $_ => $by{$_} } grep { $_ ne 'before' } keys %by);
my $base = one("SELECT base_url FROM connection WHERE id = $id");
for my $plan ('127.0.0.1', '::1', '169.254.169.254', '::ffff:127.0.0.1', '10.0.0.1') {
	# it was a public host once; now its name leads inside
	$db->sql("UPDATE connection SET base_url = 'https://cal.example.com:$p/', home_url = 'https://cal.example.com:$p/cal/anna/' WHERE id = $id");
	is with_names($plan, sub { sync_run('rebound', $plan) }), 1, "a sync whose server's name leads to $plan now";
}
$db->sql("UPDATE connection SET base_url = '$base', home_url = '" . $server->url . "/cal/anna/' WHERE id = $id");
my @places = ((map { "https://$_:$p/" } grep { !/[^\x21-\x7e]/ } @private[map { 2 * $_ } 0 .. 18]), "http://127.0.0.1:$p/", "http://[::1]:$p/cal/", "//127.0.0.1:$p/x", "//[::1]:$p/x", "ftp://127.0.0.1:$p/", 'file:///etc/passwd',
	"http://anna:secret\@127.0.0.1:$p/", $second->url . '/cal/anna/work/', $second->url . '/', "http://127.0.0.1:$server->{port}\@127.0.0.1:$p/");
my @status = (301, 302, 303, 307, 308);
my ($r, $turn) = (undef, 0);
for my $place (@places) {
	my $status = $status[$turn++ % @status];
	$server->calm;
	$server->rule({ times => -1, method => 'PROPFIND|REPORT|GET', status => $status, headers => { Location => $place } });
	is sync_run("sync, sent by redirect", "$status $place"), 1, "a sync is sent to $place by $status";
	if ($turn % 3 == 0) {
		by_command("command, sent by $status to $place:", $server->url);
	} elsif ($turn % 3 == 1) {
		by_page("page, sent by $status to $place:", $server->url);
	}
	$server->calm;
	$server->rule({ times => -1, method => 'REPORT', replace => ['<href>/cal/anna/work/', "<href>$place"] });
	isnt sync_run('sync, hrefs in the list', $place), 0, "a list whose entries lie at $place";
	if ($turn % 2) {
		$server->calm;
		$server->options($turn % 4 == 1 ? (home => $place) : (principal => $place));
		is $db->hawser(\'secret', @add, '--url', $server->url, '--json'), 1, "a home or principal at $place" or diag $db->{out};
		heard('command, home or principal elsewhere', $place);
		$server->options;
	}
}
# writes and their answers
for my $place ("https://127.0.0.1:$p/x.ics", "http://[::1]:$p/x.ics", $second->url . '/cal/anna/work/x.ics') {
	for my $status (301, 307, 308, 201) {
		$db->sql("UPDATE event SET summary = CONCAT(summary, '.') WHERE uid = 'e1'");
		$server->calm;
		$server->rule({ times => -1, method => 'PUT', status => $status, headers => { Location => $place, 'Content-Location' => $place } });
		sync_run('sync, a write', "$status $place");
	}
}
$server->calm;
$db->sql('DELETE FROM dead_letter');
sync_run('afterwards', 'nothing');

is one('SELECT COUNT(*) FROM event WHERE deleted_at IS NULL'), 12, 'no event was lost by any of it';
is_deeply [map { "$_->{method} $_->{path}" } grep { $_->{headers}{authorization} } @{ $second->requests }], [], 'the second server never saw a password';
my @all = $canary->hits;
is scalar(@all), $known, 'the canary heard nothing' or diag join "\n", @all;
note "$_: $by{$_}" for grep { $by{$_} > 3 } sort keys %by;
cmp_ok $vectors, '>=', 200, "$vectors vectors through the ways in: 0 hits, 0 passwords elsewhere";
done_testing;
