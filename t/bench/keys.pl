#!/usr/bin/perl
# Keys replaced under load, at size: 10,000 passwords, four clients of the pages
# (some of what they ask opens passwords in the hooks pool), hawser-sync at work,
# rotations of both kinds, killed at several commits and finished. Prints figures;
# exits with 1 when one of the promises is broken.
#	./check bench keys [COUNT]
use strict;
use warnings;
use DbTest;
use JSON::PP qw(decode_json);
use POSIX ();
use Radicale;
use Time::HiRes qw(sleep time);
use WebTest;

my $count = shift // 10_000;
my $helper = "$ENV{HAWSER_BUILD}/t/lib/credentials";
$ENV{HAWSER_ASAN} = '';
my $radicale = Radicale->start(anna => 'secret');
$radicale->calendar('anna', 'work', 'Work');
$radicale->put('anna', '/anna/work/one.ics', Radicale->event('one', 'First', '20261120T090000Z'));
my $w = WebTest->new(conf => { net => ['allow_origins = ' . $radicale->url], sync => ['workers = 2', 'poll_secs = 1'] });
my ($db, $dir, $build) = ($w->db, $w->dir, DbTest::build());
$ENV{HAWSER_CONF} = $db->conf;
my $broken = 0;
sub say_line { my ($what, $value) = @_; printf "%-48s %s\n", $what, $value; return }
sub promise { my ($good, $what, $value) = @_; $broken += !$good; return say_line($good ? $what : "BROKEN: $what", $value) }
sub hawser { my (@a) = @_; $db->hawser(@a) == 0 or die "hawser @a: $db->{err}"; return $db->{out} }
sub opened { my $out = `'$helper' check 2>'$dir/check.err'`; chomp $out; return $out }

# People with a real connection each, so that none asks too often.
my @people;
for my $n (1 .. 24) {
	hawser(\WebTest::PASSWORD, 'user', 'add', "p$n\@a.example", '--org', 'A', '--role', 'member', '--password-stdin');
	my $c = decode_json(hawser(\'secret', qw(connection add caldav --org A --user), "p$n\@a.example", '--url', $radicale->url,
		qw(--login anna --password-stdin --json)))->{id};
	hawser('collection', 'select', decode_json(hawser('collection', 'list', $c, '--json'))->[0]{id}) if $n == 1;
	push @people, { email => "p$n\@a.example", connection => $c };
}
# These hold what the real server asks for, the others what the helper checks.
my $real = join ',', map { $_->{connection} } @people;
system($helper, 'fill', 'A', 'ana@a.example', $count) == 0 or die 'fill';
my @browsers = map { my $b = $w->browser; $b->sign_in($_->{email}); $b } @people;
$w->spawn('sync', "$dir/sync.log", "$build/hawser-sync", '--linger', 3600);

sub client {		# of six people in turn: pages, and now and then a new listing
	my ($n, $flag, $out) = @_;
	my (%seen, $turn, %asked);
	while (-e $flag) {
		my $i = ($n * 6 + $turn++ % 6) % @people;
		my $ask = $turn % 25 == 0 && ($asked{$i} // 0) < 8;
		$asked{$i}++ if $ask;
		my $r = $ask ? $browsers[$i]->post("/settings/ask/connections/$people[$i]{connection}/rescan", {})
			: $browsers[$i]->get($turn % 2 ? '/settings/integrations' : '/settings/agenda');
		$seen{ ($ask ? 'ask ' : 'page ') . $r->{status} }++;
		sleep 0.02;
	}
	print $out join "\t", %seen;
	return;
}
sub load {
	my ($while) = @_;
	my ($flag, @pipes, %sum) = ("$dir/load");
	open my $f, '>', $flag or die $!;
	close $f;
	for my $n (0 .. 3) {
		pipe my $in, my $out or die $!;
		my $pid = fork // die $!;
		if (!$pid) { client($n, $flag, $out); close $out; POSIX::_exit(0) }
		close $out;
		push @pipes, [$pid, $in];
	}
	my $good = eval { $while->(); 1 };
	my $why = $@;
	unlink $flag;
	for my $p (@pipes) {
		my $in = $p->[1];
		my %seen = split /\t/, readline($in) // '';
		$sum{$_} += $seen{$_} for keys %seen;
		waitpid $p->[0], 0;
	}
	die $why if !$good;
	return %sum;
}
my (@org, @file);
sub rotate {
	my ($times, @args) = @_;
	my $start = time;
	my ($r) = @{ decode_json(hawser('keys', 'rotate', @args, '--json')) };
	push @$times, time - $start;
	return $r;
}
sub drop { my ($state) = @_; return map { $_->{key} } grep { $_->{state} eq $state } @{ decode_json(hawser('keys', 'list', '--json'))->{key_file} } }

my ($refused, $kills, $finished) = (0, 0, 0);
my %sum = load(sub {
	for (1 .. 3) {
		my $r = rotate(\@org, '--org', 'A');
		promise(0, 'passwords moved', $r->{moved}) if $r->{moved} < $count || $r->{broken};
		rotate(\@file);
		my ($active) = drop('active');
		$refused += $db->hawser('keys', 'drop', $active) == 1;
		hawser('keys', 'drop', $_) for drop('decrypt-only');
	}
	# Killed while it goes on: the database is told at which send.
	system("strace -f -s 30 -o '$dir/trace' -e trace=sendto '$build/hawser' keys rotate --org A >/dev/null 2>&1") == 0 or die 'strace';
	my ($n, @commits) = (0);
	open my $t, '<', "$dir/trace" or die $!;
	while (my $line = <$t>) { next if $line !~ /sendto\(/; $n++; push @commits, $n if $line =~ /COMMIT/ }
	for my $at (map { $commits[$_] } 0, 1, map { int($_ * $#commits / 8) } 1 .. 7) {
		my $status = system("strace -f -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when=$at '$build/hawser' keys rotate --org A >/dev/null 2>&1");
		$kills += ($status & 127) == 9 || $status >> 8 == 137;
		my $r = rotate([], '--org', 'A');
		$finished += $r->{broken} == 0;
	}
});
my $pages = 0;
$pages += $sum{$_} // 0 for 'page 200', 'ask 303';
my @wrong = grep { !/^(page 200|ask 303)$/ } keys %sum;
promise(!@wrong, 'answers during it', join ', ', map { "$sum{$_} x $_" } sort keys %sum);
sub span { my @t = sort { $a <=> $b } @_; return sprintf 'min %.2f / median %.2f / max %.2f s', $t[0], $t[$#t / 2], $t[-1] }
promise((sort { $b <=> $a } @org)[0] < 60, "$count passwords sealed anew under load", span(@org));
say_line('key file under load', span(@file));
promise($kills >= 8 && $finished == $kills, 'killed at a commit, finished by the next call', "$finished of $kills");
promise($refused == 3, 'the key in use was not dropped', "$refused of 3 refused, the old one dropped each time");
$w->end('sync');
$db->sql("DELETE FROM credential WHERE connection_id IN ($real)");
my $now = opened();
promise($now eq "$count 0", 'opened afterwards, and not', $now);
my ($runs) = map { scalar(() = /"event":"sync"/g) } $w->log_text('sync.log');
my $bad = ($db->sql('SELECT COUNT(*) FROM sync_run WHERE state = 4'))[0][0];
my $marked = ($db->sql('SELECT COUNT(*) FROM connection WHERE state = 3'))[0][0];
promise(!$marked && !$bad, 'syncs meanwhile', "$runs done, $bad failed, $marked connections marked");
hawser('audit', 'verify', '--org', 'A');
exit($broken ? 1 : 0);
