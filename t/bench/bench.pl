#!/usr/bin/perl
# Whole-process figures (fork to reap) against the replay server, as min /
# median / max, with the ratio to vdirsyncer and to a bare curl of the same
# exchange in the same run; requests and statements of each operation.
# usage: run [EVENTS [ROUNDS [SIZES]]]   SIZES: pulled once and then run without change
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Ring;

my ($count, $rounds) = (shift // 10_000, shift // 3);
my @sizes = split /,/, shift // "1000,10000,100000";
my $again = 5;		# short runs, in each round
my %asked;		# operation => requests of one run
my %stated;		# operation => statements of one run
my ($ring, $push, $peer) = map { Ring::port($_) } qw(ring push peer);

my $conf = slurp($ENV{HAWSER_CONF});
$conf .= "\n[net]\nallow_origins = " . join(', ', map { "http://127.0.0.1:$_" } $ring, $push, $peer, map { Ring::port("ring of $_") } @sizes) . "\n";
(my $dir = $ENV{HAWSER_CONF}) =~ s{/[^/]*$}{};
spill("$dir/bench.conf", $conf);
$ENV{HAWSER_CONF} = "$dir/bench.conf";

# One run of ours, with what it asked of the server and of the database.
sub hawser {
	my ($op, $name, @arg) = @_;
	requests($name) if $name;
	database();
	measured("hawser $op", 'hawser-sync', '--once', @arg);
	$stated{$op} = database();
	$asked{$op} = requests($name) if $name;
}

# ---- theirs

sub vdirsyncer_config {
	my ($d, $base) = @_;
	mkdir $d or die $!;
	spill("$d/config", <<"CONF");
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
	mkdir "$d/local";
	run("y\n" x 20, 'sh', '-c', "vdirsyncer -c $d/config discover >/dev/null 2>&1");
	return ('vdirsyncer', '-c', "$d/config", 'sync');
}

my @curl = ('curl', '-sS', '-u', 'u:p', '-H', 'Content-Type: application/xml; charset=utf-8', '-H', 'Expect:', '-o', "$tmp/answer");

sub delta {
	my $token = shift;
	$token = $token ? "<d:sync-token>$token</d:sync-token>" : '<d:sync-token/>';
	spill("$tmp/delta", "<?xml version=\"1.0\"?><d:sync-collection xmlns:d=\"DAV:\">$token<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>");
}

sub multiget {
	my ($file, @href) = @_;
	spill($file, '<?xml version="1.0"?><c:calendar-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><d:getetag/><c:calendar-data/></d:prop>'
		. join('', map { "<d:href>$_</d:href>" } @href) . '</c:calendar-multiget>');
}

# sync-collection since the token of before, then what it named; new token.
sub curl_delta {
	my ($base, $token, $list, $get) = @_;
	delta($token);
	measured("curl $list", @curl, '-X', 'REPORT', '-H', 'Depth: 0', '--data-binary', "\@$tmp/delta", "$base/u/cal/");
	my $xml = slurp("$tmp/answer");
	my @href = $xml =~ m{<href>([^<]+\.ics)</href><propstat>}g;
	my ($new) = $xml =~ m{<sync-token>([^<]+)<};
	if ($get) {
		multiget("$tmp/multiget", @href);
		measured("curl $get", @curl, '-X', 'REPORT', '-H', 'Depth: 1', '--data-binary', "\@$tmp/multiget", "$base/u/cal/");
	}
	return $new;
}

# ---- pull, no change, 1 %

sub pull_round {
	my $round = shift;
	my $base = replay('ring', $count);
	my $c = connect_org($base);
	hawser('pull', 'ring', '--connection', $c->{id});
	hawser('occurrences', undef);
	my @v = vdirsyncer_config("$tmp/v$round", $base);
	measured('vdirsyncer pull', @v);
	my $token = curl_delta($base, undef, 'list', 'get');
	for (1 .. $again) {
		hawser('no change', 'ring', '--connection', $c->{id});
		curl_delta($base, $token, 'no change');
		hawser('idle', undef);
		measured('vdirsyncer start', 'vdirsyncer', '--version');
	}
	measured('vdirsyncer no change', @v);
	control('ring', '/change?n=' . int($count / 100));
	hawser('1 % remote', 'ring', '--connection', $c->{id});
	measured('vdirsyncer 1 % remote', @v);
	curl_delta($base, $token, 'delta', 'get changed');
	hawser('occurrences of 1 %', undef);
	control('ring', '/touch');
	hawser('one edit there', 'ring', '--connection', $c->{id});
	small_edits($c);
}

# Of the event whose summary was found last: edited here, then deleted.
sub small_edits {
	my $c = shift;
	my ($id) = run('', 'hawser', 'event', 'list', '--org', $c->{org}, '--json') =~ /"id":\s*"(\d+)"/ or die "no event\n";
	run('', 'hawser', 'event', 'edit', $id, '--title', 'Edited here');
	hawser('one edit here', 'ring', '--connection', $c->{id});
	run('', 'hawser', 'event', 'remove', $id);
	hawser('one delete here', 'ring', '--connection', $c->{id});
}

# ---- push

my @names;
sub prepare_push {
	mkdir "$tmp/ics" or die $!;
	run('', "$ENV{BENCH_BIN}/replay", '--write', "$tmp/ics", $count);
	spill("$tmp/all.ics", run('', "$ENV{BENCH_BIN}/replay", '--write-one', $count));
	opendir my $d, "$tmp/ics" or die $!;
	@names = sort grep { /\.ics$/ } readdir $d;
}

# The same PUTs, and multigets of as many as ours reads at once.
sub curl_push {
	my $base = replay('peer', 0);
	spill("$tmp/puts", join "next\n", map {
		qq(url = "$base/u/cal/$_"\nupload-file = "$tmp/ics/$_"\nuser = "u:p"\nheader = "Content-Type: text/calendar; charset=utf-8"\n)
		. qq(header = "If-None-Match: *"\nheader = "Expect:"\noutput = "/dev/null"\nsilent\n) } @names);
	measured('curl put', 'curl', '--parallel', '--parallel-max', '8', '-K', "$tmp/puts");
	my ($n, @next) = (100);
	for (my $i = 0; $i < @names; $i += $n) {
		multiget("$tmp/get.$i", map { "/u/cal/$_" } grep { defined } @names[$i .. $i + $n - 1]);
		push @next, qq(url = "$base/u/cal/"\nrequest = "REPORT"\nuser = "u:p"\nheader = "Depth: 1"\nheader = "Content-Type: application/xml; charset=utf-8"\n)
			. qq(header = "Expect:"\ndata-binary = "\@$tmp/get.$i"\noutput = "/dev/null"\nsilent\n);
	}
	spill("$tmp/gets", join "next\n", @next);
	measured('curl read back', 'curl', '-K', "$tmp/gets");
	my $held = run('', 'curl', '-fsS', "$base/count") + 0;
	die "curl put $held of $count\n" if $held != $count;
}

sub push_round {
	my $base = replay('push', 0);
	my $c = connect_org($base);
	run('', 'hawser-sync', '--once');
	run('', 'hawser', 'connection', 'pause', $c->{id});
	database();
	measured('hawser import', 'hawser', 'event', 'import', "$tmp/all.ics", '--org', $c->{org}, '--collection', $c->{collection});
	$stated{import} = database();
	hawser('occurrences', undef);	# the dates, so that they are not in the push
	run('', 'hawser', 'connection', 'resume', $c->{id});
	hawser('push', 'push', '--connection', $c->{id});
	my $held = run('', 'curl', '-fsS', "$base/count") + 0;
	die "pushed $held of $count\n" if $held != $count;
	curl_push();
}

# ---- several sizes: pulled, then the same little work whatever lies there

sub sizes_round {
	my %id = map { $_ => connect_org(replay("ring of $_", $_))->{id} } @sizes;
	for my $n (@sizes) {
		hawser("pull of $n", "ring of $n", '--connection', $id{$n});
		run('', 'hawser-sync', '--once', '--connection', $id{$n});
	}
	for (1 .. 2 * $again) {	# in turn
		hawser("no change of $_", "ring of $_", '--connection', $id{$_}) for @sizes;
	}
}

prepare_push();
for my $round (1 .. $rounds) {	# in turn, so that drift hits all alike
	pull_round($round);
	push_round();
}
sizes_round();

# ---- the report

printf "%d events, %d rounds; min / median / max\n", $count, $rounds;
printf "%-26s %-26s %-26s %s\n", 'whole process', 'wall s', 'cpu s', 'peak RSS MiB';
row($_) for map { my $op = $_; map { "$_ $op" } qw(hawser vdirsyncer) } 'pull', 'no change', '1 % remote';
row($_) for 'hawser push', 'hawser import', 'hawser occurrences', 'hawser idle', 'vdirsyncer start',
	(map { "curl $_" } 'list', 'get', 'no change', 'delta', 'get changed', 'put', 'read back'),
	map { ("hawser pull of $_", "hawser no change of $_") } @sizes;

print "\nratio of medians (wall)                            aim\n";
sub ratio { my ($what, $is, $aim) = @_; printf "  %-36s %8.3f   %s\n", $what, $is, $aim }
ratio('pull / vdirsyncer', rate(['hawser pull'], ['vdirsyncer pull']), '0.100');
ratio('pull / curl list + get', rate(['hawser pull'], ['curl list', 'curl get']), '');
ratio('push / curl put + read back', rate(['hawser push'], ['curl put', 'curl read back']), '2.000');
ratio('1 % remote / curl delta + get', rate(['hawser 1 % remote'], ['curl delta', 'curl get changed']), '2.000');
ratio('1 % remote / vdirsyncer', rate(['hawser 1 % remote'], ['vdirsyncer 1 % remote']), '');
ratio('no change / curl', rate(['hawser no change'], ['curl no change']), '1.500');
ratio('no change / vdirsyncer', rate(['hawser no change'], ['vdirsyncer no change']), '');
ratio('idle / vdirsyncer start', rate(['hawser idle'], ['vdirsyncer start']), '0.125');
ratio("no change, cpu of $sizes[-1] / $sizes[0]", rate(["hawser no change of $sizes[-1]"], ["hawser no change of $sizes[0]"], 'cpu'), '1.0') if @sizes > 1;
printf "  %-36s %8.3f   0.040 (vdirsyncer %.3f)\n", 'cpu s per 1,000 events pulled', median('hawser pull', 'cpu') * 1000 / $count,
	median('vdirsyncer pull', 'cpu') * 1000 / $count;

printf "\n%-22s %8s  %-30s %10s %8s\n", 'one run of', 'requests', '', 'statements', 'commits';
for my $op ('pull', 'no change', '1 % remote', 'push', 'one edit here', 'one edit there', 'one delete here', 'import', 'occurrences', 'idle') {
	my $n = $asked{$op};
	printf "%-22s %8s  %-30s %10d %8d\n", $op, $n ? $n->{total} : '', $n ? join(' ', map { "$_ $n->{$_}" } grep { $_ ne 'total' } sort keys %$n) : '',
		$stated{$op}{statements}, $stated{$op}{commits};
}
