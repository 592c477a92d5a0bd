package KillSweep;
# Kills hawser-sync with SIGKILL at its n-th system call (strace injection), runs
# it once more, and compares both stores, the plan and what is left behind with
# an undisturbed run of the same scenario.
#
#	KillSweep::run('update here', seed => [qw(a b)], here => sub {...},
#	    there => sub {...}, min_writes => 1);
#
# Each n gets a connection and a remote calendar of its own in one database, at
# a real Radicale. HAWSER_FULL=yes sweeps every n; else two thirds of the calls around a
# COMMIT, which is a step of the journal, and 5 % of the others by a printed seed
# (HAWSER_SEED repeats one).
use strict;
use warnings;
use DbTest;
use Digest::SHA qw(sha256_hex);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use Oracle;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my @calls = qw(sendto recvfrom connect write);
our $share = 0.65;	# of the sample, where time is short; all with HAWSER_FULL
our ($db, $tmp, $org_name, $serial) = (undef, undef, 'Kill', 0);	# KillGoogle has its own
my ($dav, $origin);
my $build = DbTest::build();
my $full = ($ENV{HAWSER_FULL} // '') eq 'yes';
my $seed = $ENV{HAWSER_SEED} // (time * 1000) % 1_000_000;

END {
	local $?;
	if ($dav) { kill 'TERM', $dav; waitpid $dav, 0; }
	$db->stop if $db;
	remove_tree($tmp) if $tmp;
}
$SIG{INT} = $SIG{TERM} = sub { exit 1 };

# ---- the stage ----

sub start {
	$tmp = tempdir('hawser-kill-XXXXXX', DIR => -w '/dev/shm' ? '/dev/shm' : '/tmp');
	my $probe = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die $!;
	my $port = $probe->sockport;
	close $probe;
	$origin = "http://127.0.0.1:$port";
	open my $f, '>', "$tmp/radicale.conf" or die $!;
	print $f "[server]\nhosts = 127.0.0.1:$port\n[auth]\ntype = none\n[storage]\n"
		. "filesystem_folder = $tmp/dav\n[logging]\nlevel = error\n";
	close $f;
	$dav = fork // die $!;
	if (!$dav) {
		open STDOUT, '>', "$tmp/radicale.log";
		open STDERR, '>&', \*STDOUT;
		exec 'radicale', '-C', "$tmp/radicale.conf" or POSIX::_exit(127);
	}
	for (1 .. 200) {
		last if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
		sleep 0.05;
	}
	$db = DbTest->new(conf_lines => { net => ["allow_origins = $origin"], sync => ['workers = 1'] });
	$ENV{HAWSER_CONF} = $db->conf;
	hawser('', 'org', 'add', 'Kill') and die "org add: $db->{err}";
	my $word = 'a long password';
	hawser("$word\n", 'user', 'add', 'kill@example.com', '--org', 'Kill', '--role', 'owner', '--password-stdin')
		and die "user add: $db->{err}";
	note "seed $seed";
	srand $seed;
}

sub hawser {
	my ($stdin, @args) = @_;
	return $db->hawser(\$stdin, @args);
}
sub sql { return [$db->sql(@_)] }

sub http {
	my ($stage, $method, $path, $body, $headers) = @_;
	my $h = HTTP::Tiny->new(timeout => 20);
	my $login = "Basic " . MIME::Base64::encode_base64("$stage->{login}:p", '');
	my $r = $h->request($method, "$origin$path", {
		headers => { Authorization => $login, 'Content-Type' => 'text/calendar; charset=utf-8', %{ $headers || {} } },
		defined $body ? (content => $body) : () });
	die "$method $path: $r->{status} $r->{content}" if $r->{status} >= 400;
	return $r;
}

sub ics {
	my ($uid, @lines) = @_;
	return join "\r\n", 'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', @{ event_lines($uid, @lines) }, 'END:VCALENDAR', '';
}
sub event_lines {
	my ($uid, @lines) = @_;
	return ['BEGIN:VEVENT', "UID:$uid", 'DTSTAMP:20260101T000000Z', @lines, 'END:VEVENT'];
}

# What a scenario may do there.
sub put_there {
	my ($stage, $name, @lines) = @_;
	http($stage, 'PUT', "$stage->{path}$name.ics", ics("$name\@example.com", @lines));
}
sub put_raw_there { my ($stage, $name, $text) = @_; http($stage, 'PUT', "$stage->{path}$name.ics", $text); }
sub delete_there { my ($stage, $name) = @_; http($stage, 'DELETE', "$stage->{path}$name.ics"); }

# And here: SQL as a host application writes it, triggers do the rest.
sub where { my ($stage, $name) = @_; return "org_id = $stage->{org} AND calendar_id = $stage->{calendar} AND uid = '$name\@example.com'"; }
sub edit_here { my ($stage, $name, $set) = @_; sql("UPDATE hawser.event SET $set WHERE " . where($stage, $name)); }
sub delete_here { my ($stage, $name) = @_; edit_here($stage, $name, 'deleted_at = NOW(6)'); }
sub add_here {
	my ($stage, $name, $title) = @_;
	sql("INSERT INTO hawser.event (org_id, calendar_id, uid, summary, start_wall, end_wall, zone_kind) VALUES "
		. "($stage->{org}, $stage->{calendar}, '$name\@example.com', '$title', '2026-12-01 10:00', '2026-12-01 11:00', 1)");
}
sub override_here {
	my ($stage, $name, $key, $title) = @_;
	my $id = sql("SELECT id FROM hawser.event WHERE " . where($stage, $name))->[0][0];
	sql("INSERT INTO hawser.event_override (org_id, event_id, recurrence_id, summary, start_wall, end_wall, zone_kind) "
		. "VALUES ($stage->{org}, $id, '$key', '$title', '2026-12-08 15:00', '2026-12-08 16:00', 1)");
}

# A connection with the seeds on both sides and agreed.
sub stage {
	my ($s) = @_;
	my $login = 'k' . ++$serial;
	my $stage = { login => $login, path => "/$login/cal/" };
	http($stage, 'MKCALENDAR', $stage->{path}, '<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
		. '<D:set><D:prop><D:displayname>Kill</D:displayname></D:prop></D:set></C:mkcalendar>', { 'Content-Type' => 'application/xml' });
	put_there($stage, $_, 'DTSTART:20261201T090000Z', 'DTEND:20261201T100000Z', "SUMMARY:Seed $_", 'LOCATION:Room 1',
		/^series/ ? 'RRULE:FREQ=WEEKLY;COUNT=4' : ()) for @{ $s->{seed} };
	hawser("p\n", 'connection', 'add', 'caldav', '--org', 'Kill', '--user', 'kill@example.com', '--url', "$origin/",
		'--login', $login, '--password-stdin', '--json') and die "connection add: $db->{err}";
	my $c = decode_json($db->{out});
	$stage->{connection} = $c->{id} // $c->{connection}{id};
	hawser('', 'collection', 'list', $stage->{connection}, '--json') and die "collection list: $db->{err}";
	my $l = decode_json($db->{out});
	$l = $l->{collections} if ref $l eq 'HASH';
	hawser('', 'collection', 'select', $l->[0]{id}) and die "collection select: $db->{err}";
	($stage->{org}, $stage->{calendar}) = @{ sql("SELECT org_id, calendar_id FROM hawser.binding WHERE connection_id = $stage->{connection}")->[0] };
	sync($stage) == 0 or die "the first sync failed: " . DbTest::tail("$tmp/sync.log");
	$s->{here}->($stage) if $s->{here};
	$s->{there}->($stage) if $s->{there};
	return $stage;
}

# ---- runs ----

sub sync {
	my ($stage, @before) = @_;
	my $pid = fork // die $!;
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$tmp/sync.log";
		open STDERR, '>&', \*STDOUT;
		exec @before, "$build/hawser-sync", '--once', '--connection', $stage->{connection} or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return $?;
}

# Calls of an undisturbed run: (call, n, near a commit?)
sub count_calls {
	my ($stage) = @_;
	sync($stage, 'strace', '-f', '-s', '48', '-o', "$tmp/trace", '-e', 'trace=' . join(',', @calls)) == 0
		or die "the counted run failed: " . DbTest::tail("$tmp/sync.log");
	open my $f, '<', "$tmp/trace" or die $!;
	my (%n, @all, $after, $worker);
	while (<$f>) {
		my ($pid, $call) = /^(\d+)\s+(\w+)\(/ or next;
		$worker //= $pid;	# not a child that works out dates
		next if $pid != $worker || !grep { $_ eq $call } @calls;
		my $commit = $call eq 'sendto' && /COMMIT/;
		push @all, { call => $call, n => ++$n{$call}, journal => $commit || $after };
		$after = $commit;
	}
	$_->{of} = $n{ $_->{call} } for @all;
	return @all;
}

# ---- what there is ----

sub there {
	my ($stage) = @_;
	my %seen;
	for my $file (glob "$tmp/dav/collection-root/$stage->{login}/cal/*.ics") {
		open my $f, '<', $file or die $!;
		local $/;
		(my $text = <$f>) =~ s/\r?\n[ \t]//g;
		$seen{ join ' / ', map { part($_) } $text =~ /BEGIN:VEVENT(.*?)END:VEVENT/gs }++;
	}
	return join "\n", map { "$_ x$seen{$_}" } sort keys %seen;
}
sub part {
	my ($text) = @_;
	return join ' ', sort grep { /^(UID|SUMMARY|LOCATION|DTSTART|DTEND|RRULE|EXDATE|RECURRENCE-ID)\b/ } split /\r?\n/, $text;
}

sub here {
	my ($stage) = @_;
	my $rows = sql("SELECT e.uid, COALESCE(e.summary,''), COALESCE(e.location,''), e.start_wall, COALESCE(e.end_wall,''), COALESCE(e.recurrence,''), "
		. "COALESCE((SELECT GROUP_CONCAT(o.recurrence_id, o.summary, o.start_wall ORDER BY o.recurrence_id) FROM hawser.event_override o "
		. "WHERE o.org_id = e.org_id AND o.event_id = e.id), '') FROM hawser.event e WHERE e.org_id = $stage->{org} "
		. "AND e.calendar_id = $stage->{calendar} AND e.deleted_at IS NULL ORDER BY e.uid, e.id");
	return join "\n", map { join ' ', map { $_ // '' } @$_ } @$rows;
}

# Conflicts told to a person: as many as an undisturbed run tells.
sub conflicts {
	my ($stage) = @_;
	return sql("SELECT COUNT(*) FROM hawser.conflict c JOIN hawser.binding b ON b.org_id = c.org_id AND b.id = c.binding_id "
		. "WHERE b.org_id = $stage->{org} AND b.connection_id = $stage->{connection}")->[0][0];
}

sub writes {	# anything that a run changed on either side
	my ($stage) = @_;
	my $revs = sql("SELECT COALESCE(SUM(rev), 0) FROM hawser.event WHERE org_id = $stage->{org} AND calendar_id = $stage->{calendar}")->[0][0];
	my @stat = map { join ':', (stat $_)[1, 9] } sort glob "$tmp/dav/collection-root/$stage->{login}/cal/*.ics";
	return sha256_hex(join '|', $revs, @stat);
}

# undef = as it should be, else what differs.
sub judge {
	my ($stage, $want) = @_;
	my $left = Oracle::leftovers($db, $stage->{connection});
	return "left behind: $left" if $left;
	for my $side (qw(here there)) {
		my $got = $side eq 'here' ? here($stage) : there($stage);
		return "$side:\n$got\ninstead of\n$want->{$side}" if $got ne $want->{$side};
	}
	my $n = conflicts($stage);
	return "$n conflicts instead of $want->{conflicts}" if $n != $want->{conflicts};
	my $before = writes($stage);
	return 'the run after it failed' if sync($stage) != 0;
	return 'the run after it made writes' if writes($stage) ne $before;
	return;
}

sub one {
	my ($s, $want, $at) = @_;
	for my $try (1, 2) {
		my $stage = stage($s);
		sync($stage, 'strace', '-f', '-o', '/dev/null', '-e', "trace=$at->{call}", '-e', "inject=$at->{call}:signal=KILL:when=$at->{n}");
		my $status = $?;
		if (!($status & 127) && $status >> 8 != 137) {
			# How often a read finds nothing yet differs from run to
			# run: there may be no such call. The others are the same.
			next if $try == 1 || $status;
			return "not killed, although there are $at->{of} such calls"
				if $at->{call} ne 'recvfrom' && $at->{n} < 0.8 * $at->{of};
			$at->{unreached} = 1;
			return judge($stage, $want);
		}
		my $code = sync($stage);
		return 'the run after the kill ended with ' . ($code >> 8) . ': ' . DbTest::tail("$tmp/sync.log") if $code;
		return judge($stage, $want);
	}
	return 'neither killed nor done';
}

sub run {
	my ($name, %s) = @_;
	start() if !$db;
	my $stage = stage(\%s);
	my @all = count_calls($stage);
	my $want = { here => here($stage), there => there($stage), conflicts => conflicts($stage) };
	is(judge($stage, $want), undef, "$name: undisturbed, then nothing more to write");
	$s{want}->($want) if $s{want};
	my @chosen = $full ? @all : grep { rand() < ($_->{journal} ? $share : 0.03 * $share) } @all;
	my ($bad, $reached) = $full ? sweep_all(\%s, $want) : sweep_some(\%s, $want, @chosen);
	ok(!@$bad, sprintf '%s: killed at %d of %d system calls, %d of them around a commit', $name, $reached, scalar @all,
		scalar grep { $_->{journal} } @chosen);
	cmp_ok($reached, '>=', @chosen * 2 / 3, "$name: most of the chosen calls were reached");
	diag("$_") for @$bad > 5 ? @$bad[0 .. 4] : @$bad;
}

sub sweep_some {
	my ($s, $want, @chosen) = @_;
	my @bad;
	for my $at (@chosen) {
		my $why = one($s, $want, $at);
		push @bad, "$at->{call} $at->{n}: $why" if defined $why;
	}
	return (\@bad, scalar grep { !$_->{unreached} } @chosen);
}

# Every n, until the run outlives four of them in a row: there are no more.
sub sweep_all {
	my ($s, $want) = @_;
	my ($reached, @bad) = (0);
	for my $call (@calls) {
		for (my ($n, $missed) = (1, 0); $missed < 4; $n++) {
			my $at = { call => $call, n => $n, of => 0 };
			my $why = one($s, $want, $at);
			push @bad, "$call $n: $why" if defined $why;
			$missed = $at->{unreached} ? $missed + 1 : 0;
			$reached++ if !$at->{unreached};
		}
	}
	return (\@bad, $reached);
}

sub finish {
	is(hawser('', 'audit', 'verify', '--org', $org_name), 0, 'the audit verifies') or diag $db->{err};
	done_testing();
}

require MIME::Base64;
1;
