#!/usr/bin/perl
# A web process is killed in the middle of a request, at each of its calls to the
# database and before its answer (every one with --full, else each third): one
# person gets one 502 and everybody else their page, what was asked is done once
# or not at all, a new process is there within a second, and asking again with
# the form as it was doubles nothing.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

plan skip_all => 'strace is not there' if !`sh -c 'command -v strace'`;
my $full = ($ENV{HAWSER_FULL} // '') eq 'yes';
local $ENV{HAWSER_ASAN} = '';	# its leak check does not work under strace
my $w = WebTest->new(conf => { web => ['workers = 2'] });
my $db = $w->db;
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $mia = $w->browser;
$mia->sign_in('mia@a.example');
$db->sql('INSERT INTO calendar (org_id, user_id, name, color, shared, created_at)'
	. " SELECT m.org_id, u.id, 'Mine', '#336699', 0, now(6) FROM user u JOIN membership m ON m.user_id = u.id WHERE u.email = 'ana\@a.example'");
sub one { return $db->one($_[0]) }
my %form = (location => '', description => '', calendar => one('SELECT MAX(id) FROM calendar'), start_day => '2026-12-01', start_time => '09:00',
	end_day => '', end_time => '10:00', zone => 'Europe/Berlin', repeat => 'none', interval => '', until => '', count => '');

# Whichever process gets the request dies at its n-th call.
sub watch {
	my ($call, $n, @pids) = @_;
	return map {
		my $target = $_;
		my $pid = open my $out, '-|';
		if (!$pid) {
			open STDERR, '>&', \*STDOUT;
			exec 'strace', '-o', '/dev/null', '-p', $target, '-e', "trace=$call", '-e', "inject=$call:signal=KILL:when=$n" or POSIX::_exit(127);
		}
		scalar <$out>;	# "attached"
		[$pid, $out];
	} @pids;
}
my $processes = () = $w->workers;
my ($struck, @bad, @back) = (0);
CALL: for my $call (qw(sendto recvfrom write)) {
	for (my $n = 1; $n < 200; $n += $full ? 1 : 3) {
		my $token = $ana->token;
		my $new = $ana->get('/settings/events/new')->{content};
		my %hidden = $new =~ /<input type="hidden" name="([a-z_]+)" value="([^"]*)"/g;
		delete $hidden{csrf};
		my $title = "Killed at $call $n";
		my @watchers = watch($call, $n, $w->workers);
		my $r = $ana->post('/settings/events', { %form, %hidden, summary => $title }, { csrf => $token });
		my $struck_now = $r->{status} == 502;
		my $gone = time;
		kill 'TERM', map { $_->[0] } @watchers;
		waitpid $_->[0], 0 for @watchers;
		push @bad, "$title: $r->{status}" if !$struck_now && $r->{status} != 303;
		my $r2 = $mia->get('/settings/account');
		push @bad, "$title: somebody else gets $r2->{status}" if $r2->{status} != 200;
		if ($struck_now) {
			$struck++;
			WebTest::wait_for(10, 'a new process', sub { my @p = $w->workers; @p == $processes });
			push @back, time - $gone;
			my $is = one("SELECT COUNT(*) FROM event WHERE summary = '$title'");
			push @bad, "$title: there $is times" if $is > 1;
			$r = $ana->post('/settings/events', { %form, %hidden, summary => $title }, { csrf => $token });
			push @bad, "$title: asked again: $r->{status}" if $r->{status} != 303;
		}
		my $is = one("SELECT COUNT(*) FROM event WHERE summary = '$title'");
		push @bad, "$title: in the end there $is times" if $is != 1;
		next CALL if !$struck_now;
	}
}
is_deeply(\@bad, [], "killed $struck times: one 502, nothing doubled, asked again it is there once");
cmp_ok($struck, '>=', $full ? 30 : 5, "$struck processes died at work");
@back = sort { $a <=> $b } @back;
cmp_ok($back[-1], '<=', 2, sprintf 'a new process after %.2f s at most, %.2f in the middle', @back[-1, @back / 2]) if @back;
is($db->hawser('audit', 'verify', '--org', 'A'), 0, 'the audit verifies');
done_testing;
