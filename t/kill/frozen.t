#!/usr/bin/perl
# A worker is frozen (SIGSTOP) past its lease at each step of its journal and at
# each of its calls to the server, another one does its work and what came since,
# then it goes on: what it writes late is refused here and conditional there.
# Every step with --full, else a sample by a printed seed.
use strict;
use warnings;
use Pair;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'strace is not there' if !`sh -c 'command -v strace'`;
my $full = ($ENV{HAWSER_FULL} // '') eq 'yes';
my $seed = $ENV{HAWSER_SEED} // time;
srand $seed;
note "seed $seed";
my $p = Pair->new(conf => { sync => ['lease_secs = 6'] });
my ($db, $trace) = ($p->db, $p->db->dir . '/trace');

# Sends of an undisturbed run that are a step: the COMMITs and what follows each,
# and requests to the server.
$p->change;
$p->run(before => ['strace', '-f', '-s', '64', '-o', $trace, '-e', 'trace=sendto']);
my ($n, $after, $worker, @steps) = (0);
open my $in, '<', $trace or die $!;
while (<$in>) {
	my ($pid) = /^(\d+)\s+sendto\(/ or next;
	next if $pid != ($worker //= $pid);
	$n++;
	my $kind = /COMMIT/ ? 'commit' : $after ? 'after a commit' : m{"(?:PUT|DELETE|REPORT|GET|PROPFIND) } ? 'request' : '';
	push @steps, [$n, $kind] if $kind;
	$after = $kind eq 'commit';
}
close $in;
is($p->wrong(run => 0), undef, "a run has $n sends, " . @steps . ' of them at a step');

sub child_of {		# strace's own child
	my ($parent) = @_;
	for (1 .. 100) {
		for my $stat (glob '/proc/[0-9]*/stat') {
			open my $f, '<', $stat or next;
			return $1 if (<$f> // '') =~ /^(\d+) \(hawser-sync\) \S $parent /;
		}
		sleep 0.02;
	}
	return;
}
sub frozen {		# T, as strace leaves it, and not merely between two calls
	my ($pid) = @_;
	my $still = 0;
	for (1 .. 1500) {
		return 0 if !-e "/proc/$pid";
		open my $f, '<', "/proc/$pid/status" or return 0;
		my ($state) = map { /^State:\s+(\S)/ } <$f>;
		$still = $state =~ /[tT]/ ? $still + 1 : 0;
		return 1 if $still >= 15;
		sleep 0.01;
	}
	return 0;
}

my ($caught, %of, @bad) = (0);
for my $step (grep { $full || rand() < 8 / @steps } @steps) {
	my ($at, $kind) = @$step;
	$p->change;
	my $tracer = $p->begin(before => ['strace', '-f', '-o', '/dev/null', '-e', 'trace=sendto', '-e', "inject=sendto:signal=STOP:when=$at"]);
	my $pid = child_of($tracer);
	if (!$pid || !frozen($pid)) {	# fewer calls this time
		$p->ended($tracer, 30) // die "$kind $at: neither frozen nor done";
		my $wrong = $p->wrong;
		push @bad, "$kind $at, not reached: $wrong" if defined $wrong;
		next;
	}
	$caught++;
	$of{$kind}++;
	# Past its lease: six seconds, of which an open transaction may last two.
	sleep 2.5;
	$db->sql("UPDATE lease SET until = now(6) - INTERVAL 1 SECOND WHERE owner <> ''");
	my $other = $p->run;
	push @bad, "$kind $at: the other run ended with $other" if $other;
	my $round = $p->{round};
	$p->there('a', "a later $round");
	$p->here("UPDATE event SET summary = 'b later $round' WHERE uid = 'b'");
	$p->{events}{b} = "b later $round";
	$other = $p->run;
	push @bad, "$kind $at: the one after it ended with $other" if $other;
	my @before = sort @{ $p->bodies };
	kill 'CONT', $pid;
	if (!defined $p->ended($tracer, 40)) {
		push @bad, "$kind $at: the frozen one does not end";
		kill 'KILL', $pid;
		waitpid $tracer, 0;
	}
	push @bad, "$kind $at: it wrote there when it woke" if "@before" ne join ' ', sort @{ $p->bodies };
	my $wrong = $p->wrong;
	push @bad, "$kind $at: $wrong" if defined $wrong;
}
is_deeply(\@bad, [], "frozen past its lease at $caught steps: nothing overwritten, nothing doubled");
note join ', ', map { "$_: $of{$_}" } sort keys %of;
cmp_ok($caught, '>=', $full ? @steps * 0.8 : 3, "$caught were caught at work");
done_testing;
