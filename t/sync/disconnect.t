#!/usr/bin/perl
# A connection that is removed while a worker is in the middle of it: the worker
# commits nothing more, and nothing of the connection comes back.
use strict;
use warnings;
use DbTest;
use File::Basename qw(dirname);
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use POSIX qw(WNOHANG);
use Radicale;
use Test::More;
use Time::HiRes qw(sleep);

my $radicale = Radicale->start(anna => 'secret');
$radicale->calendar('anna', 'work', 'Work');
# More than one batch, so that there is a middle; into its folder, for a PUT takes
# the longer the more there are.
use constant EVENTS => 620;
for my $n (1 .. EVENTS) {
	open my $f, '>', "$radicale->{dir}/collections/collection-root/anna/work/e$n.ics" or die "e$n.ics: $!";
	print $f Radicale->event("e$n", "Event $n", '20261120T090000Z');
	close $f or die $!;
}
# It reads them all once and makes a token of them, which takes its time.
$radicale->request('anna', 'PROPFIND', '/anna/work/', '<propfind xmlns="DAV:"><prop><getetag/><sync-token/></prop></propfind>', Depth => $_) for 1, 0;
my $proxy_pid = open my $proxy, '-|', $^X, dirname(__FILE__) . '/../lib/delay-proxy.pl', "127.0.0.1:$radicale->{port}", 150
	or die "delay-proxy.pl: $!";
# Naming $proxy here keeps it open until now: closing it waits for its process.
END {
	if ($proxy_pid) {
		local $?;
		kill 'KILL', $proxy_pid;
		close $proxy;
	}
}
chomp(my $port = <$proxy>);
my $url = "http://127.0.0.1:$port";

my $db = DbTest->new(conf_lines => { net => [ "allow_origins = $url" ] });
$ENV{HAWSER_CONF} = $db->conf;
sub hawser {
	my (@args) = @_;
	$db->hawser(@args) == 0 or die "hawser @args: $db->{err}";
	return $db->{out};
}
sub json { return decode_json(hawser(@_, '--json')) }
sub count { return ($db->sql("SELECT COUNT(*) FROM $_[0]"))[0][0] }

hawser('org', 'add', 'One');
hawser(\'pass-word-1', 'user', 'add', 'anna@example.org', '--org', 'One', '--role', 'owner', '--password-stdin');

my @left = qw(connection credential collection binding link pending lease sync_run sync_action conflict dead_letter before_image);
for my $choice ('--delete-events', '--keep-events') {
	hawser(\'secret', 'connection', 'add', 'caldav', '--user', 'anna@example.org', '--url', $url,
		'--login', 'anna', '--password-stdin', '--json');
	my $id = decode_json($db->{out})->{id};
	hawser('collection', 'select', json('collection', 'list', $id)->[0]{id});
	my $before = count('event WHERE deleted_at IS NULL');
	my $worker = fork // die "fork: $!";
	if (!$worker) {
		open STDERR, '>>', "$db->{dir}/sync.log";
		{ exec DbTest::build() . '/hawser-sync', '--once' }
		POSIX::_exit(127);
	}
	for (1 .. 400) {
		last if count('link') > 0 || waitpid($worker, WNOHANG) == $worker;
		sleep 0.05;
	}
	my $arrived = count('link');
	ok $arrived > 0 && $arrived < EVENTS, "in the middle: $arrived of @{[EVENTS]} have arrived";
	is $db->hawser('connection', 'remove', $id, $choice), 0, "removed, $choice" or diag $db->{err};
	waitpid $worker, 0;
	is join(' ', grep { count($_) > 0 } @left), '', 'nothing is left when the worker has ended';
	is count('job WHERE connection_id > 0'), 0, 'nor a job';
	my $now = count('event WHERE deleted_at IS NULL') - $before;
	$choice eq '--delete-events' ? is($now, 0, 'no event stays') : ok($now >= $arrived && $now < EVENTS, "$now events stay");
	is scalar(my @there = $radicale->list('anna', '/anna/work/')), EVENTS, 'at the provider nothing changed';
}
is $db->hawser('audit', 'verify', '--org', 'One'), 0, 'the audit verifies';
done_testing;
