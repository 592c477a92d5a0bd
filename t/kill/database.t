#!/usr/bin/perl
# The database is killed while hawser-sync works, at a random moment, again and
# again: a transaction is whole or absent, and one run more brings both sides
# together with nothing lost and nothing doubled.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use DbTest;
use Radicale;

my $rounds = ($ENV{HAWSER_FULL} // '') eq 'yes' ? 200 : 12;
my $seed = $ENV{HAWSER_SEED} // time;
srand $seed;
diag "seed $seed";

my $radicale = Radicale->start;
my $path = $radicale->calendar('anna', 'work', 'Work');
my $db = DbTest->new(conf_lines => {
	net => ['allow_origins = ' . $radicale->url],
	sync => ['workers = 1'],
});
$ENV{HAWSER_CONF} = $db->conf;
my $sync = DbTest::build() . '/hawser-sync';

sub one { return (($db->sql($_[0]))[0] // [])->[0] }
sub hawser { $db->hawser(@_) == 0 or BAIL_OUT($db->{err}) }
sub put_there {
	my ($uid, $title) = @_;
	$radicale->put('anna', "$path$uid.ics", Radicale->event($uid, $title, '20261120T090000Z'));
}
sub begin {
	my $pid = fork // die;
	return $pid if $pid;
	open STDOUT, '>', '/dev/null';
	open STDERR, '>', '/dev/null';
	{ exec $sync, @_ }
	POSIX::_exit(127);
}
sub sync_json { return decode_json(`$sync --connection $_[0] --json 2>>$db->{dir}/sync.err` || '{}') }

# Both sides as text; an object that is there twice shows twice.
sub here {
	return join ' ', sort map { "$_->[0]=$_->[1]" }
		$db->sql('SELECT uid, summary FROM event WHERE deleted_at IS NULL');
}
sub there {
	my @all;
	for my $href ($radicale->list('anna', $path)) {
		my $text = $radicale->get('anna', $href)->{content};
		push @all, join '=', map { $text =~ /^$_:(.*?)\r?$/m } qw(UID SUMMARY);
	}
	return join ' ', sort @all;
}

hawser('org', 'add', 'Acme');
hawser(\"correct horse battery\n", 'user', 'add', 'o@example.org', '--org', 'Acme', '--role', 'owner', '--password-stdin');
put_there($_, "$_ 0") for qw(a b c);
hawser(\"secret\n", 'connection', 'add', 'caldav', '--org', 'Acme', '--user', 'o@example.org',
	'--url', $radicale->url . '/', '--login', 'anna', '--password-stdin');
hawser('collection', 'select', one('SELECT id FROM collection'));
my $id = one('SELECT id FROM connection');
my $calendar = one('SELECT calendar_id FROM binding');
my $took = time;
sync_json($id);
$took = time - $took;	# how long a run takes on this machine, about

my ($struck, @bad) = (0);
for my $n (1 .. $rounds) {
	put_there('a', "a $n");
	put_there("there$n", 'new there');
	$db->sql("UPDATE event SET summary = 'b $n' WHERE uid = 'b'");
	$db->sql("INSERT INTO event (org_id, calendar_id, uid, summary, start_wall, end_wall, zone_kind)"
		. " SELECT org_id, id, 'here$n', 'new here', '2026-11-22 09:00', '2026-11-22 10:00', 1"
		. " FROM calendar WHERE id = $calendar");
	my $pid = begin('--connection', $id);
	sleep(rand 0.8 * $took);
	$db->kill_server;
	waitpid $pid, 0;
	$struck++ if $?;
	$db->start;
	sync_json($id);
	my ($here, $there) = (here(), there());
	push @bad, "round $n:\nhere  $here\nthere $there"
		if $here ne $there || $here !~ /a=a $n b=b $n / || $here !~ /here$n=new here/ || $here !~ /there$n=new there/;
	my $again = sync_json($id);
	push @bad, "round $n: the next run plans $again->{planned}" if $again->{planned} // 1;
}
is_deeply(\@bad, [], "$rounds rounds: nothing lost, nothing doubled");
cmp_ok($struck, '>', $rounds / 4, "$struck runs were struck");
is(one("SELECT COUNT(*) FROM lease WHERE owner <> ''"), 0, 'no lease is left');
is(one('SELECT COUNT(*) FROM sync_run WHERE state IN (1, 2)'), 0, 'no run is left open');
is(one('SELECT COUNT(*) FROM dead_letter'), 0, 'nothing was set aside');
done_testing;
