#!/usr/bin/perl
# Canaries: passwords that appear nowhere else are typed, used, refused, changed
# and thrown away through the whole product, with everything logged that can be
# logged. Then all of it is searched: logs, the database's own log and dumps,
# command lines and environments while they ran, pages and headers, core files,
# and the memory of processes that have nothing to do any more.
use strict;
use warnings;
use DbTest;
use File::Find qw(find);
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use POSIX ();
use Spellings;
use Stage;
use Test::More;
use Time::HiRes qw(sleep);

$ENV{HAWSER_ASAN} = '';		# the programs as they are installed
sub random { open my $f, '<', '/dev/urandom' or die $!; read $f, my $b, 9; return unpack 'H*', $b }
my %canary = map { $_ => "Canary/$_+" . random() . '&q?~' } qw(first second wrong again user user2 command);
my $stage = Stage->new(people => { anna => $canary{first}, carl => $canary{command} });
my $w = $stage->web;
my ($db, $dir) = ($w->db, $w->dir);
my $radicale = $stage->radicale;
for my $login (qw(anna carl)) {
	$radicale->calendar($login, 'work', 'Work');
	$radicale->put($login, "/$login/work/one.ics", Radicale->event("one-$login", 'First', '20261120T090000Z'));
}

# ---- everything is logged ----
$db->sql("SET GLOBAL general_log_file = '$dir/general.log'; SET GLOBAL general_log = ON");
my $browser = $w->browser;
my @pages;
{
	no warnings 'redefine';
	my $request = \&WebTest::Browser::request;
	*WebTest::Browser::request = sub {
		my $r = $request->(@_);
		push @pages, join "\n", $r->{content}, map { my $v = $r->{headers}{$_}; "$_: " . (ref $v ? "@$v" : $v) } sort keys %{ $r->{headers} };
		return $r;
	};
}
# Command lines and environments of all processes, again and again; but not of
# htpasswd, which makes Radicale's passwords.
pipe my $stop_read, my $stop or die $!;
my $watcher = fork // die $!;
if (!$watcher) {
	close $stop;
	my %seen;
	my $ready = '';
	vec($ready, fileno $stop_read, 1) = 1;
	do {
		for my $file (glob '/proc/[0-9]*/cmdline /proc/[0-9]*/environ') {
			open my $f, '<', $file or next;
			local $/;
			my $text = <$f> // '';
			$seen{$text} = 1 if $text !~ /^htpasswd\0/;
		}
	} until select my $r = $ready, undef, undef, 0.02;
	open my $out, '>', "$dir/processes" or die $!;
	print $out join "\n", keys %seen;
	close $out or die $!;
	POSIX::_exit(0);
}
close $stop_read;

# ---- through the whole product ----
$db->hawser(\$canary{user}, 'user', 'add', 'eve@a.example', '--org', 'A', '--role', 'owner', '--password-stdin') == 0 or die $db->{err};
is($browser->sign_in('eve@a.example', $canary{wrong})->{status}, 422, 'a wrong password');
is($browser->sign_in('eve@a.example', $canary{user})->{status}, 303, 'signed in');
$stage->sync_on;
sub one { return $db->one($_[0]) }
sub connect_with { return $browser->post('/settings/ask/connect/caldav', { url => $radicale->url, login => 'anna', password => $_[0], name => '' }) }
is(connect_with($canary{wrong})->{status}, 422, 'connecting with a wrong password');
is(connect_with($canary{first})->{status}, 303, 'with the right one');
my $c = one('SELECT MAX(id) FROM connection');
my $collection = one("SELECT id FROM collection WHERE connection_id = $c");
$browser->get("/settings/connections/$c/calendars");
is($browser->post("/settings/connections/$c/calendars", { collection => $collection, "direction_$collection" => 'both' })->{status}, 303, 'a calendar chosen');
WebTest::wait_for(30, 'the first event', sub { one('SELECT COUNT(*) FROM event') });
pass('synced');
sub stopped { one("SELECT state FROM connection WHERE id = $c") == 3 }
$radicale->stop;
unlink "$radicale->{dir}/users";
$radicale->user('anna', $canary{second});
$radicale->user('carl', $canary{command});
my $port = $radicale->{port};
{	# on the same port, for the address stays
	my $pid = fork // die $!;
	if (!$pid) {
		open STDOUT, '>>', "$radicale->{dir}/log";
		open STDERR, '>&', \*STDOUT;
		{ exec 'radicale', '-C', "$radicale->{dir}/config" }
		POSIX::_exit(127);
	}
	$radicale->{pid} = $pid;
	WebTest::wait_for(20, 'radicale', sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) });
}
$browser->post("/settings/connections/$c/sync", {});
WebTest::wait_for(30, 'the failed sync', \&stopped);
pass('the password changed there: the sync failed');
is($browser->post("/settings/ask/connections/$c/reconnect", { login => 'anna', password => $canary{again} })->{status}, 422, 'a wrong new one');
is($browser->post("/settings/ask/connections/$c/reconnect", { login => 'anna', password => $canary{second} })->{status}, 303, 'the right new one');
WebTest::wait_for(30, 'the sync after it', sub { one("SELECT COUNT(*) FROM sync_run WHERE connection_id = $c AND state = 3 AND cause > 0") > 1 });
is($browser->post('/settings/account/password', { old => $canary{user}, fresh => $canary{user2} })->{status}, 303, 'an account\'s own password');
$browser->sign_in('eve@a.example', $canary{user2});
$db->hawser(\$canary{command}, qw(connection add caldav --org A --user eve@a.example --url), $radicale->url, qw(--login carl --password-stdin)) == 0 or diag $db->{err};
$db->hawser('keys', 'rotate', '--all') == 0 or diag $db->{err};
$db->hawser('keys', 'rotate') == 0 or diag $db->{err};
$browser->get($_) for '/settings/integrations', "/settings/connections/$c", '/settings/activity', '/settings/audit', '/settings/audit/export', '/nothing';

sub dump_of {
	my ($how) = @_;
	my $socket = $db->socket;
	my $text = `mariadb-dump --no-defaults -uroot --socket='$socket' $how --databases hawser hawser_web`;
	die 'mariadb-dump' if $?;
	return $text;
}
my $dump = dump_of('--skip-hex-blob') . dump_of('--hex-blob');
like($dump, qr/INSERT INTO `credential`/, 'the dump holds credentials');

# ---- gone ----
is($browser->post("/settings/connections/$_->[0]/remove", { events => 'delete' })->{status}, 303, 'disconnected') for $db->sql('SELECT id FROM connection');
WebTest::wait_for(30, 'the disconnect', sub { !one('SELECT COUNT(*) FROM connection') });
is(one('SELECT COUNT(*) FROM credential'), 0, 'no credential is left');

# ---- core files, and memory ----
sub memory {		# what a process can write, as far as it has pages there
	no warnings 'portable';
	local $_;
	my ($pid) = @_;
	my $all = '';
	open my $maps, '<', "/proc/$pid/maps" or return '';
	open my $mem, '<:raw', "/proc/$pid/mem" or return '';
	while (<$maps>) {
		my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
		my ($at, $len) = (hex $from, hex($to) - hex $from);
		next if $len > 256 << 20 || !sysseek $mem, $at, 0;
		$all .= $_ for map { my $part = ''; sysread($mem, $part, $len) ? $part : () } 1;
	}
	return $all;
}
my @pids = ($w->workers, $w->{pids}{web}, $w->{pids}{sync});
my $memory = join '', map { memory($_) } @pids;
cmp_ok(length $memory, '>', 1 << 20, 'memory of ' . @pids . ' idle processes');
my @before = glob "$dir/core* /core* /tmp/core*";
my ($worker) = $w->workers;
kill 'ABRT', $worker;
WebTest::wait_for(10, 'the worker to be replaced', sub { !grep { $_ == $worker } $w->workers });
kill 'ABRT', $w->{pids}{sync};
waitpid delete $w->{pids}{sync}, 0;
is($? & 255, 6, 'an aborted process leaves no core file');
is_deeply([glob "$dir/core* /core* /tmp/core*"], \@before, 'nor do workers');

# ---- searched ----
print $stop 'x';
close $stop;
waitpid $watcher, 0;
my %where = (dump => $dump, pages => join("\n", @pages), memory => $memory);
find({ no_chdir => 1, wanted => sub {
	return if !-f $_ || m{/data/|/keys/|/nginx/[^/]*conf$|/stdin$|/password$};
	open my $f, '<:raw', $_ or return;
	local $/;
	$where{ s{^\Q$dir\E/}{}r } = <$f>;
} }, $dir);
my @logs = grep { /log$/ } keys %where;
cmp_ok(scalar @logs, '>=', 4, "logs: @{[sort @logs]}");
like($where{'general.log'}, qr/INSERT INTO credential/, 'the database\'s own log has the statements');
like($where{processes}, qr/hawser-sync/, 'the processes were seen');
like($where{processes}, qr/--password-stdin/, 'commands, too');
my %secret = (%canary, map { ("login of $_->[0]" => encode_base64("$_->[1]:$canary{$_->[2]}", '')) }
	['first', 'anna', 'first'], ['second', 'anna', 'second'], ['command', 'carl', 'command']);
for my $key (qw(kek db_web db_hooks db_sync db_admin)) {
	open my $f, '<', "$dir/keys/$key" or die $!;
	chomp(my @lines = <$f>);
	$secret{"$key line $_"} = $lines[$_ - 1] for 1 .. @lines;
}
my %hits;
for my $name (sort keys %secret) {
	for my $place (sort keys %where) {
		# The key file and its own password are what a process works with.
		next if $place eq 'memory' && $name =~ / line /;
		my $found = Spellings::leaks($where{$place}, $secret{$name});
		$hits{"$name in $place: $found"} = 1 if $found;
	}
}
diag $_ for sort keys %hits;
is_deeply([sort keys %hits], [], scalar(keys %secret) . ' secrets in ' . scalar(keys %where) . ' places: found nowhere');
isnt(Spellings::leaks("$where{pages}$secret{user}", $secret{user}), '', 'one would be found');
is($stage->stop, 0, 'clean');
done_testing;
