#!/usr/bin/perl
# The database is killed: at each COMMIT of a run, and at random moments while
# people use the pages and hawser-sync is on duty. A transaction is whole or
# absent, an act that a page called done is there once, and pages and sync are
# back within ten seconds of the database, without anybody's help.
use strict;
use warnings;
use Pair;
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

my $full = ($ENV{HAWSER_FULL} // '') eq 'yes';
my $seed = $ENV{HAWSER_SEED} // time;
srand $seed;
note "seed $seed";

# ---- at each COMMIT of a run ----
{
	my $p = Pair->new(socket => 1);
	my $before = Pair::seen($p->{front});
	$p->change;
	is($p->run, 0, 'through the proxy') or diag $p->log_text;
	my $count = Pair::seen($p->{front}) - $before;
	my ($rounds, @bad) = (0);
	for my $n (1 .. $count) {
		for my $how ($full ? qw(before after) : rand() < 0.5 ? 'before' : 'after') {
			next if !$full && rand() > 0.5;
			$rounds++;
			$p->change;
			Pair::cut($p->{front}, $how, $n, $p->db->{pid});
			my $pid = $p->begin;
			$p->db->wait_for_end(20) or push @bad, "$how $n: not killed";
			unlink "$p->{front}.cut";
			$p->db->start;
			$p->ended($pid, 30) // push @bad, "$how $n: the run does not end";
			my $wrong = $p->wrong;
			push @bad, "$how $n: $wrong" if defined $wrong;
		}
	}
	is_deeply(\@bad, [], "killed $rounds times at the $count commits of a run");
}

# ---- at random, under load ----
my $p = Pair->new(web => 1);
my ($w, $db) = ($p->{web}, $p->db);
my $ana = $w->browser;
$ana->sign_in('ana@a.example');

# Their own, tied to nothing: the server is slower than they are.
my %mine = (calendar => $p->own_calendar);

# One person who makes events and looks at pages; a line for each event: title,
# status.
sub person {
	my ($n, $file) = @_;
	my $token = $ana->token;
	my $pid = fork // die $!;
	return $pid if $pid;
	open my $out, '>', $file or POSIX::_exit(1);
	$out->autoflush(1);
	my $on = 1;
	local $SIG{TERM} = sub { $on = 0 };
	for (my $i = 1; $on; $i++) {
		my $title = "Person $n event $i";
		my $r = $ana->post('/settings/events', $p->event_form($title, %mine), { csrf => $token });
		my $told = $r->{status} == 303 || $r->{content} =~ /database/;
		print $out "$title\t$r->{status}\t" . ($told ? '' : $r->{content} =~ s/\s+/ /gr) . "\n";
		$ana->get($_) for '/settings/integrations', '/settings/agenda';
		sleep 0.05 if $r->{status} != 303;
	}
	POSIX::_exit(0);
}

my $rounds = $ENV{HAWSER_ROUNDS} // ($full ? 200 : 6);
my (@pages, @syncs, @people);
my $owner = $$;
# They end with the test, however it ends.
END { if (($owner // 0) == $$) { local $?; kill 'KILL', @people if @people } }
$w->spawn('sync', $w->dir . '/sync.log', DbTest::build() . '/hawser-sync', '--linger', 3600);
@people = map { person($_, $w->dir . "/person$_") } 1, 2;
for my $n (1 .. $rounds) {
	$p->there("r$n", "Round $n");
	$p->here("UPDATE event SET summary = 'b $n' WHERE uid = 'b'");
	$p->{events}{b} = "b $n";
	# Everybody's turn: what came there is wanted here.
	$p->here("UPDATE job SET due = now(6), wanted_at = now(6) WHERE connection_id = $p->{id} AND kind = 1");
	sleep rand 0.8;
	$db->kill_server;
	sleep rand 0.5;
	$db->start;
	my $up = time;
	sleep 0.02 until $ana->get('/settings/account')->{status} == 200 || time > $up + 30;
	push @pages, time - $up;
	sleep 0.1 until time > $up + 30
		|| $db->one("SELECT COUNT(*) FROM event WHERE summary = 'Round $n'") == 1;
	push @syncs, time - $up;
}
kill 'TERM', @people;
waitpid $_, 0 for splice @people;
$w->end('sync');

sub figures { my @s = sort { $a <=> $b } @_; return sprintf 'min %.2f, median %.2f, max %.2f s', @s[0, @s / 2, -1] }
note "pages back after ", figures(@pages), "; sync after ", figures(@syncs);
cmp_ok((sort { $b <=> $a } @pages)[0], '<=', 10, "killed $rounds times under load: pages are back within 10 s");
cmp_ok((sort { $b <=> $a } @syncs)[0], '<=', 10, 'and what came there meanwhile is here within 10 s');

my (%count, @bad);
my %there = map { $_->[0] => $_->[1] } $db->sql('SELECT summary, COUNT(*) FROM event WHERE deleted_at IS NULL GROUP BY summary');
for my $n (1, 2) {
	open my $in, '<', $w->dir . "/person$n" or die $!;
	while (<$in>) {
		chomp;
		my ($title, $status, $strange) = split /\t/;
		my $is = $there{$title} // 0;
		$count{$status}++;
		push @bad, "$title: $status, but there $is times" if $is > 1 || $status == 303 && $is != 1;
		push @bad, "$title: $status $strange" if $strange;
	}
}
note join ' ', map { "$_: $count{$_}" } sort keys %count;
is_deeply(\@bad, [], 'every event that a page called saved is there once, no other twice');
cmp_ok($count{303} // 0, '>=', 5 * $rounds, 'people could work');
is($p->wrong, undef, 'and both sides are the same');
done_testing;
