#!/usr/bin/perl
# Many at one row: two lots of processes write the same calendar, its events and
# the audit through pages and commands while a third holds locks and makes
# deadlocks. The database refuses many a time, nobody sees an error, and every
# act is there once.
use strict;
use warnings;
use Pair;
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

my $full = ($ENV{HAWSER_FULL} // '') eq 'yes';
my $each = $full ? 200 : 30;
local $ENV{HAWSER_ASAN} = '';
my $p = Pair->new(web => 1, conf => { web => ['workers = 4'] });
my ($w, $db) = ($p->{web}, $p->db);
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my %mine = (calendar => $p->own_calendar);
my $token = $ana->token;
$ana->post('/settings/events', $p->event_form('Hot', %mine), { csrf => $token });
my $hot = $db->one('SELECT MAX(id) FROM event');

# Locks in the wrong order: the head of the audit, then the hot event.
my $org = $db->one("SELECT org_id FROM event WHERE id = $hot");
my $locker = fork // die $!;
if (!$locker) {
	$db->{owner} = 0;
	open my $sql, '|-', "mariadb --no-defaults -uroot -n -f -S '" . $db->socket . "' hawser >/dev/null 2>&1" or POSIX::_exit(1);
	$sql->autoflush(1);
	local $SIG{TERM} = sub { close $sql; POSIX::_exit(0) };
	while (1) {
		print $sql "START TRANSACTION; SELECT seq FROM audit_head WHERE org_id = $org FOR UPDATE; DO SLEEP(0.02);\n"
			. "UPDATE event SET kind = kind WHERE org_id = $org; DO SLEEP(0.01); ROLLBACK;\n"
			. "START TRANSACTION; UPDATE calendar SET name = name WHERE org_id = $org; DO SLEEP(0.02);\n"
			. "SELECT seq FROM audit_head WHERE org_id = $org FOR UPDATE; ROLLBACK;\n";
		sleep 0.1;
	}
}
sub deadlocks { my ($row) = $db->sql("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'"); return $row->[1] }

my $before = deadlocks();
my @people = map {
	my $n = $_;
	my $pid = open my $in, '-|' // die $!;
	if (!$pid) {
		my %count;
		for my $i (1 .. $each) {
			my $r = $ana->post('/settings/events', $p->event_form("New $n $i", %mine), { csrf => $token });
			$count{"made $r->{status}"}++;
			# The version may be an older one: that is the person's to see.
			my $page = $ana->get("/settings/events/$hot/edit")->{content};
			my ($rev) = $page =~ /name="rev" value="(\d+)"/;
			$r = $ana->post("/settings/events/$hot", $p->event_form("Hot $n $i", %mine, rev => $rev, date => ''), { csrf => $token });
			$count{"edited $r->{status}"}++;
		}
		print join ',', %count;
		close STDOUT;
		POSIX::_exit(0);
	}
	$in;
} 1 .. 4;
my %sum;
for my $in (@people) {
	my %count = split /,/, <$in> // '';
	$sum{$_} += $count{$_} for keys %count;
	close $in;
}
kill 'TERM', $locker;
waitpid $locker, 0;
my $deadlocks = deadlocks() - $before;
note join ', ', (map { "$_: $sum{$_}" } sort keys %sum), "deadlocks: $deadlocks";
is_deeply([grep { !/^(?:made 303|edited (?:303|422|409))$/ } sort keys %sum], [], 'nobody sees an error of the database');
is($sum{'made 303'}, 4 * $each, 'every event is made');
cmp_ok($deadlocks, '>', 0, "$deadlocks deadlocks");
is($db->one(q{SELECT COUNT(*) FROM event WHERE summary LIKE 'New %'}), 4 * $each, 'each is there once');
is($db->one(q{SELECT COUNT(*) FROM audit WHERE body LIKE '%"event.edit"%'}), $sum{'edited 303'}, 'each edit that was told is in the audit, and no other');
is($p->wrong, undef, 'and both sides are the same');
done_testing;
