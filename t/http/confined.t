#!/usr/bin/perl
# The running processes have given up what they do not need, each as much as it
# can; a pool can be served alone; the switch turns it off.
use strict;
use warnings;
use DbTest;
use POSIX ();
use Stage;
use Test::More;
use Time::HiRes qw(sleep);

my $stage = Stage->new;
my $w = $stage->web;
$stage->sync_on;

sub status { my ($pid) = @_; open my $f, '<', "/proc/$pid/status" or return {}; return { map { /^(\w+):\s*(.*)/ ? ($1, $2) : () } <$f> } }
sub core_limit { my ($pid) = @_; open my $f, '<', "/proc/$pid/limits" or return ''; return join '', map { /^Max core file size\s+(\d+)\s+(\d+)/ ? "$1 $2" : () } <$f> }
# Somebody of the same user without the administrator's rights.
sub stranger { return system('setpriv', '--bounding-set=-all', '--inh-caps=-all', @_) }

WebTest::wait_for(20, 'hawser-sync to begin', sub { (status($w->{pids}{sync})->{Seccomp} // 0) == 2 });
for my $p ((map { [worker => $_] } $w->workers), [parent => $w->{pids}{web}], [sync => $w->{pids}{sync}]) {
	my ($name, $pid) = @$p;
	my $s = status($pid);
	is("$s->{Seccomp} $s->{NoNewPrivs}", '2 1', "$name: calls are filtered, no new rights");
	is(core_limit($pid), '0 0', "$name: no core file");
}
for my $pid (($w->workers)[0, -1], $w->{pids}{web}, $w->{pids}{sync}) {
	isnt(stranger('sh', '-c', "head -c 1 /proc/$pid/environ >/dev/null 2>&1"), 0, 'its environment is not for others of its user');
	isnt(stranger('sh', '-c', "head -c 1 /proc/$pid/mem >/dev/null 2>&1"), 0, 'nor its memory');
}
is(stranger('sh', '-c', "head -c 1 /proc/self/environ >/dev/null"), 0, 'one that is not protected is read');

# Everything works so: pages, what waits for a provider, the worker.
my $b = $w->browser;
$b->sign_in('ana@a.example');
is($b->get('/settings/integrations')->{status}, 200, 'a page');
is($b->post('/settings/ask/connections/1/rescan', {})->{status}, 404, 'a page that waits for a provider');

# ---- one pool alone ----
my $dir = $w->dir;
$w->end('web');
my $build = -x "$ENV{HAWSER_ASAN}/hawser-web" ? $ENV{HAWSER_ASAN} : DbTest::build();
for my $pool (qw(web hooks)) {
	$w->spawn($pool, "$dir/$pool.log", "$build/hawser-web", '--pool', $pool);
	WebTest::wait_for(20, "the pool $pool", sub { -S "$dir/run/$pool.sock" });
}
is($b->get('/settings/integrations')->{status}, 200, 'a page from its own tree');
is($b->post('/settings/ask/connections/1/rescan', {})->{status}, 404, 'and one that waits, from the other');
$w->end('hooks');
is($b->get('/settings/integrations')->{status}, 200, 'without the one, the other serves on');
is($b->get('/settings/ask/providers/caldav')->{status} >= 500, 1, 'and only that');
is(system("'$build/hawser-web' --pool nothing >/dev/null 2>&1") >> 8, 2, 'no such pool');
$w->end('web');

# ---- switched off ----
open my $f, '>>', $w->db->conf or die $!;
print $f "[process]\nconfine = 0\n";
close $f or die $!;
$w->start_web;
$w->wait_for_workers(8);
is_deeply([map { status($_)->{Seccomp} } $w->{pids}{web}, $w->workers], [(0) x 9], 'the switch leaves it out');
$stage->stop;
done_testing;
