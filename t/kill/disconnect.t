#!/usr/bin/perl
# A removal that is killed at any of its calls to the database is finished by
# whoever comes next: nothing of the connection is left, and no event is lost
# that was to be kept. Every call with --full, else each eleventh.
use strict;
use warnings;
use DbTest;
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;

plan skip_all => 'strace is not there' if !`sh -c 'command -v strace'`;
my $radicale = Radicale->start(anna => 'secret');
$radicale->calendar('anna', 'work', 'Work');
$radicale->put('anna', "/anna/work/e$_.ics", Radicale->event("e$_", "Event $_", '20261120T090000Z')) for 1 .. 12;

my $db = DbTest->new(conf_lines => { net => [ 'allow_origins = ' . $radicale->url ] });
$ENV{HAWSER_CONF} = $db->conf;
my $bin = DbTest::build();

sub hawser {
	my (@args) = @_;
	$db->hawser(@args) == 0 or die "hawser @args: $db->{err}";
	return $db->{out};
}
sub json { return decode_json(hawser(@_, '--json')) }
sub count { return ($db->sql("SELECT COUNT(*) FROM $_[0]"))[0][0] }
sub worker { return system("$bin/hawser-sync --once 2>>'$db->{dir}/sync.log'") }

hawser('org', 'add', 'One');
hawser(\'pass-word-1', 'user', 'add', 'anna@example.org', '--org', 'One', '--role', 'owner', '--password-stdin');

my @left = qw(connection credential collection binding link pending lease sync_run sync_action conflict dead_letter before_image);
my $stride = ($ENV{HAWSER_FULL} // '') eq 'yes' ? 1 : 11;
my ($killed, $finished, $whole) = (0, 0, 0);
for my $n (map { 9 + $stride * $_ } 0 .. 600) {
	hawser(\'secret', 'connection', 'add', 'caldav', '--user', 'anna@example.org', '--url', $radicale->url,
		'--login', 'anna', '--password-stdin', '--json');
	my $id = decode_json($db->{out})->{id};
	hawser('collection', 'select', json('collection', 'list', $id)->[0]{id});
	worker();
	my $events = count('event WHERE deleted_at IS NULL');
	system("strace -f -o '$db->{dir}/strace' -e trace=sendto -e inject=sendto:signal=KILL:when=$n "
		. "'$bin/hawser' connection remove $id >/dev/null 2>&1");
	if ($? == 0) {
		$whole = 1;
	} else {
		$killed++;
		my ($row) = @{ json('connection', 'list') };
		if (($row // { state => 'removing' })->{state} eq 'removing') {
			$finished++;
			worker();
		} else {	# not begun yet
			hawser('connection', 'remove', $id);
		}
	}
	is join(' ', grep { count($_) > 0 } @left), '', "killed at call $n: nothing is left";
	is count('job WHERE connection_id > 0'), 0, "killed at call $n: no job is left";
	is count('event WHERE deleted_at IS NULL'), $events, "killed at call $n: the events stay";
	last if $whole;
}
ok $killed > 5 && $finished > 3, "killed $killed times, finished by the worker $finished times";
ok $whole, 'up to the end';
is $db->hawser('audit', 'verify', '--org', 'One'), 0, 'the audit verifies';
done_testing;
