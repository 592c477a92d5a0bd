#!/usr/bin/perl
# Whole-process figures (fork to reap) against the replay server, as min /
# median / max, with the ratio to vdirsyncer and to a bare curl of the same
# exchange in the same run. usage: run [EVENTS [ROUNDS]]
use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;

my ($count, $rounds) = (shift // 10_000, shift // 3);
my $bin = $ENV{BENCH_BIN};
my $tmp = tempdir('hawser-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($server, %figure);

END { if ($server) { kill 'TERM', $server; waitpid $server, 0; } }
$SIG{INT} = $SIG{TERM} = sub { exit 1 };

sub free_port {
	my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die $!;
	return $s->sockport;
}

my $port = free_port();
my $base = "http://127.0.0.1:$port";

sub start_replay {
	if ($server) { kill 'TERM', $server; waitpid $server, 0; }
	$server = fork // die $!;
	if (!$server) { exec "$bin/replay", $port, $count or die $!; }
	for (1 .. 200) {
		return if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
		select undef, undef, undef, 0.05;
	}
	die "the replay server did not start\n";
}

# Runs a command, keeps its figures under a name; its output on failure.
sub measured {
	my ($name, @cmd) = @_;
	my $pid = fork // die $!;
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$tmp/out";
		open STDERR, '>', "$tmp/err";
		exec "$bin/measure", "$tmp/m", @cmd or die $!;
	}
	waitpid $pid, 0;
	open my $f, '<', "$tmp/m" or die "no figures for $name\n";
	my ($wall, $user, $sys, $rss, $rc) = split ' ', <$f>;
	if ($rc) {
		open my $e, '<', "$tmp/err";
		local $/;
		die "$name: exit $rc: @cmd\n" . substr(<$e> // '', -2000);
	}
	push @{ $figure{$name} }, { wall => $wall, cpu => $user + $sys, rss => $rss / 1024 };
}

sub run {
	my ($input, @cmd) = @_;
	open my $f, '>', "$tmp/in" or die $!;
	print $f $input;
	close $f;
	my $pid = open(my $p, '-|') // die $!;
	if (!$pid) { open STDIN, '<', "$tmp/in"; exec @cmd or die $!; }
	local $/;
	my $out = <$p>;
	close $p or die "@cmd failed\n";
	return $out;
}

sub spread {
	my ($name, $what) = @_;
	my @v = sort { $a <=> $b } map { $_->{$what} } @{ $figure{$name} };
	return ($v[0], $v[@v / 2], $v[-1]);
}

# ---- ours: a new organisation each round, so that each pull is a first one
my $conf = do { open my $f, '<', $ENV{HAWSER_CONF} or die $!; local $/; <$f> };
$conf =~ s/^\s*allow_origins\s*=.*\n//mg;
$conf =~ s/^\[net\]\n//mg;
$conf .= "\n[net]\nallow_origins = $base\n";
(my $dir = $ENV{HAWSER_CONF}) =~ s{/[^/]*$}{};
open my $cf, '>', "$dir/bench.conf" or die $!;
print $cf $conf;
close $cf;
$ENV{HAWSER_CONF} = "$dir/bench.conf";

sub connect_org {
	my $n = shift;
	run('', 'hawser', 'org', 'add', "Bench $n");
	run("bench password\n", 'hawser', 'user', 'add', "bench$n\@example.com", '--org', "Bench $n", '--role', 'owner', '--password-stdin');
	my $c = decode_json(run("p\n", 'hawser', 'connection', 'add', 'caldav', '--org', "Bench $n", '--user', "bench$n\@example.com",
		'--url', "$base/u/", '--login', 'u', '--password-stdin', '--json'));
	my $id = $c->{id} // $c->{connection}{id} // die "no connection id\n";
	my $l = decode_json(run('', 'hawser', 'collection', 'list', $id, '--json'));
	$l = $l->{collections} if ref $l eq 'HASH';
	run('', 'hawser', 'collection', 'select', $l->[0]{id});
	return $id;
}

sub change { run('', 'curl', '-fsS', '-X', 'POST', '-o', '/dev/null', "$base/change?n=" . int($count / 100)); }

# ---- theirs
sub vdirsyncer_config {
	my $d = shift;
	mkdir $d or die $!;
	open my $f, '>', "$d/config" or die $!;
	print $f <<"CONF";
[general]
status_path = "$d/status"
[pair p]
a = "L"
b = "R"
collections = null
[storage L]
type = "filesystem"
path = "$d/local"
fileext = ".ics"
[storage R]
type = "caldav"
url = "$base/u/cal/"
username = "u"
password = "p"
CONF
	close $f;
	mkdir "$d/local";
	run("y\n" x 20, 'sh', '-c', "vdirsyncer -c $d/config discover >/dev/null 2>&1");
	return ('vdirsyncer', '-c', "$d/config", 'sync');
}

my @curl = ('curl', '-sS', '-u', 'u:p', '-H', 'Content-Type: application/xml; charset=utf-8', '-H', 'Expect:', '-o', "$tmp/answer");
sub write_file { my ($path, $text) = @_; open my $f, '>', $path or die $!; print $f $text; close $f; }
write_file("$tmp/sync", '<?xml version="1.0"?><d:sync-collection xmlns:d="DAV:"><d:sync-token/><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>');

sub curl_pull {
	my $round = shift;
	measured('curl list', @curl, '-X', 'REPORT', '-H', 'Depth: 0', '--data-binary', "\@$tmp/sync", "$base/u/cal/");
	my $xml = do { open my $f, '<', "$tmp/answer" or die $!; local $/; <$f> };
	my @href = $xml =~ m{<href>([^<]+\.ics)</href>}g;
	my ($token) = $xml =~ m{<sync-token>([^<]+)<};
	write_file("$tmp/multiget", '<?xml version="1.0"?><c:calendar-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><d:getetag/><c:calendar-data/></d:prop>'
		. join('', map { "<d:href>$_</d:href>" } @href) . '</c:calendar-multiget>');
	measured('curl get', @curl, '-X', 'REPORT', '-H', 'Depth: 1', '--data-binary', "\@$tmp/multiget", "$base/u/cal/");
	write_file("$tmp/delta", "<?xml version=\"1.0\"?><d:sync-collection xmlns:d=\"DAV:\"><d:sync-token>$token</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>");
	measured('curl no change', @curl, '-X', 'REPORT', '-H', 'Depth: 0', '--data-binary', "\@$tmp/delta", "$base/u/cal/");
}

for my $round (1 .. $rounds) {	# in turn, so that drift hits all alike
	start_replay();
	my $id = connect_org($round);
	measured('hawser pull', 'hawser-sync', '--once', '--connection', $id);
	measured('hawser occurrences', 'hawser-sync', '--once');
	measured('hawser no change', 'hawser-sync', '--once', '--connection', $id);
	my @v = vdirsyncer_config("$tmp/v$round");
	measured('vdirsyncer pull', @v);
	measured('vdirsyncer no change', @v);
	curl_pull($round);
	change();
	measured('hawser 1 % remote', 'hawser-sync', '--once', '--connection', $id);
	measured('vdirsyncer 1 % remote', @v);
	measured('hawser idle', 'hawser-sync', '--once');
}

printf "%d events, %d rounds; min / median / max\n", $count, $rounds;
printf "%-24s %-26s %-26s %s\n", 'whole process', 'wall s', 'cpu s', 'peak RSS MiB';
for my $name (map { my $op = $_; map { "$_ $op" } qw(hawser vdirsyncer) } 'pull', 'no change', '1 % remote') {
	row($name);
}
row($_) for 'hawser occurrences', 'hawser idle', 'curl list', 'curl get', 'curl no change';

sub row {
	my $name = shift;
	printf "%-24s %-26s %-26s %.1f\n", $name,
		(map { my $w = $_; join ' / ', map { sprintf '%.3f', $_ } spread($name, $w) } qw(wall cpu)),
		(spread($name, 'rss'))[2];
}

sub median { return (spread(@_))[1]; }
printf "\nratio of medians (wall)\n";
printf "  pull         %.3f of vdirsyncer, %.1f x curl (list + get)\n", median('hawser pull', 'wall') / median('vdirsyncer pull', 'wall'),
	median('hawser pull', 'wall') / (median('curl list', 'wall') + median('curl get', 'wall'));
printf "  no change    %.3f of vdirsyncer, %.1f x curl\n", median('hawser no change', 'wall') / median('vdirsyncer no change', 'wall'),
	median('hawser no change', 'wall') / median('curl no change', 'wall');
printf "  1 %% remote   %.3f of vdirsyncer\n", median('hawser 1 % remote', 'wall') / median('vdirsyncer 1 % remote', 'wall');
printf "  client cpu   %.3f s per 1,000 events pulled (vdirsyncer %.3f)\n", median('hawser pull', 'cpu') * 1000 / $count,
	median('vdirsyncer pull', 'cpu') * 1000 / $count;
