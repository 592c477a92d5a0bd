package Ring;
# What the parts of the bench share: the replay server, whole-process figures,
# what the database did, organisations tied to the replay server, and rows.
use strict;
use warnings;
use Exporter qw(import);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;

our @EXPORT = qw($tmp slurp spill run measured median spread row replay requests
	control database connect_org rate);
our (%figure, $tmp, %server);
my $bin = $ENV{BENCH_BIN};
my $people = 0;
$tmp = tempdir('hawser-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);

END { local $?; stop($_) for keys %server }
$SIG{INT} = $SIG{TERM} = sub { exit 1 };

sub slurp { open my $f, '<', $_[0] or die "$_[0]: $!\n"; local $/; return <$f> // '' }
sub spill { open my $f, '>', $_[0] or die "$_[0]: $!\n"; print $f $_[1]; close $f or die $! }

# ---- the replay server, by name; a second start is an empty memory

sub stop { my $s = delete $server{$_[0]} or return; kill 'TERM', $s->{pid}; waitpid $s->{pid}, 0 }

my %port;
sub port {
	my $name = shift;
	return $port{$name} if $port{$name};
	my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die $!;
	return $port{$name} = $s->sockport;
}

sub replay {	# base URL of a fresh one that holds so many events
	my ($name, $count) = @_;
	my $port = port($name);
	stop($name);
	my $pid = fork // die $!;
	if (!$pid) { exec "$bin/replay", $port, $count or die $!; }
	$server{$name} = { pid => $pid, base => "http://127.0.0.1:$port" };
	for (1 .. 2000) {
		return $server{$name}{base} if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
		select undef, undef, undef, 0.05;
	}
	die "the replay server did not start\n";
}

sub control {	# POST /touch and the like
	my ($name, $path) = @_;
	return run('', 'curl', '-fsS', '-X', 'POST', "$server{$name}{base}$path");
}

sub requests {	# since last asked: { PUT => 3, ... }, with their sum as total
	my %n = split ' ', control($_[0], '/requests');
	$n{total} = 0;
	$n{total} += $n{$_} for grep { $_ ne 'total' } keys %n;
	return \%n;
}

# ---- running

sub run {
	my ($input, @cmd) = @_;
	spill("$tmp/in", $input);
	my $pid = open(my $p, '-|') // die $!;
	if (!$pid) { open STDIN, '<', "$tmp/in"; exec @cmd or die $!; }
	local $/;
	my $out = <$p>;
	close $p or die "@cmd failed\n";
	return $out;
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
	my ($wall, $user, $sys, $rss, $rc) = split ' ', slurp("$tmp/m");
	die "$name: exit $rc: @cmd\n" . substr(slurp("$tmp/err"), -2000) if $rc;
	push @{ $figure{$name} }, { wall => $wall, cpu => $user + $sys, rss => $rss / 1024 };
}

# ---- what the database did since it was last asked

my %before;
sub database {
	my %now = run('', 'mariadb', '--no-defaults', '-uroot', '-S', "$ENV{HAWSER_TEST_DIR}/run/db.sock", '-NBe',
		"SHOW GLOBAL STATUS WHERE variable_name IN ('Com_commit', 'Questions')")
		=~ /^(\S+)\s+(\d+)$/mg;
	my %did = map { $_ => $now{$_} - ($before{$_} // 0) } keys %now;
	%before = %now;
	# Executes and plain commands: neither prepares nor what triggers do.
	return { statements => $did{Questions} - 1, commits => $did{Com_commit} };
}

# ---- a new organisation, so that each first time is one

sub connect_org {
	my ($base, $org) = @_;
	$org //= 'Bench ' . ++$people;
	my $email = 'bench' . ++$people . '@example.com';
	run('', 'hawser', 'org', 'add', $org);
	run("bench password\n", 'hawser', 'user', 'add', $email, '--org', $org, '--role', 'owner', '--password-stdin');
	my $c = decode_json(run("p\n", 'hawser', 'connection', 'add', 'caldav', '--org', $org, '--user', $email,
		'--url', "$base/u/", '--login', 'u', '--password-stdin', '--json'));
	my $id = $c->{id} // $c->{connection}{id} // die "no connection id\n";
	my $l = decode_json(run('', 'hawser', 'collection', 'list', $id, '--json'));
	$l = $l->{collections} if ref $l eq 'HASH';
	run('', 'hawser', 'collection', 'select', $l->[0]{id});
	return { id => $id, org => $org, collection => $l->[0]{id} };
}

# ---- figures

sub spread {
	my ($name, $what) = @_;
	my @v = sort { $a <=> $b } map { $_->{$what} } @{ $figure{$name} or die "nothing measured: $name\n" };
	return ($v[0], $v[@v / 2], $v[-1]);
}

sub median { return (spread(@_))[1]; }

sub row {
	my $name = shift;
	printf "%-26s %-26s %-26s %.1f\n", $name,
		(map { my $w = $_; join ' / ', map { sprintf '%.3f', $_ } spread($name, $w) } qw(wall cpu)),
		(spread($name, 'rss'))[2];
}

sub rate {	# sum of medians over sum of medians
	my ($ours, $theirs, $what) = @_;
	my ($a, $b) = (0, 0);
	$a += median($_, $what // 'wall') for @$ours;
	$b += median($_, $what // 'wall') for @$theirs;
	return $a / $b;
}

1;
