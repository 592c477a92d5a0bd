#!/usr/bin/perl
# Clocks that are wrong: an hour before and after, stepping back while a worker
# works, across the change to summer time, on a leap day, and a program whose
# clock and whose database's clock differ. Nobody works twice, nothing runs over
# early or in a loop, and the two sides come to what they always come to.
use strict;
use warnings;
use Pair;
use Test::More;
use Time::HiRes qw(sleep time);

my ($lib) = glob '/usr/lib/*/faketime/libfaketime.so.1';
my $p = Pair->new(conf => { sync => ['lease_secs = 6'] });
my $db = $p->db;

sub under {		# a run whose own clock says otherwise: real and monotonic
	my ($shift, %o) = @_;
	local $ENV{LD_PRELOAD} = $lib;
	local $ENV{FAKETIME} = $shift;
	local $ENV{FAKETIME_DONT_FAKE_MONOTONIC} = $o{monotonic} ? 0 : 1;
	return $p->begin(%o);
}
sub done { my ($pid) = @_; return $p->ended($pid, 60) // 'goes on' }

SKIP: {
	skip 'libfaketime is not there', 2 if !$lib;
	my @bad;
	for my $shift ('-1h', '+1h', '-1d', '@2028-02-29 23:59:58', '@2027-03-28 00:59:58', '@2026-10-25 00:59:58', '+30y') {
		for my $monotonic (0, 1) {
			$p->change;
			my $code = done(under($shift, monotonic => $monotonic));
			push @bad, "$shift: the run ended with $code" if $code;
			my $until = $db->one(q{SELECT COUNT(*) FROM lease WHERE until > now(6) + INTERVAL 10 SECOND});
			push @bad, "$shift: a lease lasts longer than it may" if $until;
			my $wrong = $p->wrong(run => 0);
			push @bad, "$shift: $wrong" if defined $wrong;
		}
	}
	is_deeply(\@bad, [], 'a program with a wrong clock: leases by the clock of the database, the same merge');

	# Six at once, each with another clock, on one connection.
	@bad = ();
	for my $round (1 .. 5) {
		$p->change;
		my @pids = map { under($_) } '-1h', '+1h', '-1d', '+1d', '+0', '@2028-02-29 12:00:00';
		my @codes = map { done($_) } @pids;
		my $wrong = $p->wrong;
		push @bad, "round $round: $wrong" if defined $wrong;
	}
	is_deeply(\@bad, [], 'six at once with clocks that differ: nobody works twice');
}

SKIP: {
	skip 'libfaketime is not there', 1 if !$lib;
	local @ENV{qw(LD_PRELOAD FAKETIME HAWSER_CONF)} = ($lib, '@2028-02-29 12:00:00', '/nowhere');
	like(`@{[DbTest::build()]}/hawser-sync --once 2>&1`, qr/2028-02-29T/, 'their clocks were wrong indeed');
}

# The injected clock: the program's and the database's go together, in steps.
my $clock = $db->dir . '/clock';
sub set_clock { my ($at) = @_; open my $f, '>', "$clock.new" or die $!; print $f $at; close $f; rename "$clock.new", $clock or die $!; }
set_clock('2028-02-28T23:59:59.5Z');
open my $conf, '>>', $db->conf or die $!;
print $conf "[test]\nclock_file = $clock\n";
close $conf;
my @bad;
for my $at ('2028-02-29T00:00:01Z', '2028-02-29T23:59:59.999Z', '2028-03-01T00:00:00Z', '2028-02-28T12:00:00Z', '2027-03-28T00:59:59Z',
	'2027-03-28T01:00:01Z', '2027-10-31T00:59:59Z', '2027-10-31T01:00:00Z', '2027-10-31T00:30:00Z') {
	set_clock($at);
	$p->change;
	my $code = $p->run;
	push @bad, "$at: the run ended with $code" if $code;
	my $wrong = $p->wrong;
	push @bad, "$at: $wrong" if defined $wrong;
}
is_deeply(\@bad, [], 'leap day, summer time, steps back: the same merge each time');

# An hour back while jobs stand for later: they are not done over and over, and
# what a person asks for is done all the same.
set_clock('2027-06-01T12:00:00Z');
$p->run(args => ['--once']);
set_clock('2027-06-01T11:00:00Z');
my $runs = $db->one('SELECT COUNT(*) FROM sync_run');
$p->run(args => ['--once']) for 1 .. 5;
cmp_ok($db->one('SELECT COUNT(*) FROM sync_run') - $runs, '<=', 1, 'an hour back: no loop of runs');
$p->change;
is($p->wrong, undef, 'a run that is asked for is made');
set_clock('2027-06-01T13:00:00Z');
$runs = $db->one('SELECT COUNT(*) FROM sync_run');
$p->run(args => ['--once']) for 1 .. 5;
cmp_ok($db->one('SELECT COUNT(*) FROM sync_run') - $runs, '<=', 2, 'two hours on: what became due is done once');
is($p->wrong, undef, 'both sides are the same');
done_testing;
