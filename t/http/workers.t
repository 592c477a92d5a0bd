#!/usr/bin/perl
# The workers under load: killed ones lose only their own request, a roll and
# the end of a worker's life lose none, TERM finishes what was begun; and the
# database may be away at the start or go away later.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

my $w = WebTest->new(conf => { web => ['workers = 4', 'max_requests = 100000'] });
my $db = $w->db;
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $account = $ana->get('/settings/account')->{content};
like($account, qr/ana\@a\.example/, 'a page that asks the database');

# Clients that ask until told to stop: { status => count } of all of them.
sub load {
	my ($clients, $while) = @_;
	my @pipes;
	my $flag = $w->dir . '/load';
	open my $f, '>', $flag or die $!;
	close $f;
	for my $n (1 .. $clients) {
		pipe my $in, my $out or die $!;
		my $pid = fork // die $!;
		if (!$pid) {
			my %count;
			while (-e $flag) {
				my $r = $n % 4 == 0 ? $ana->request('POST', '/logout', content => 'csrf=x', headers => { 'Content-Type' => 'application/x-www-form-urlencoded' })
					: $ana->get('/settings/account');
				my $whole = $r->{status} == 403 ? $r->{content} =~ /nothing was done.*<\/html>/s : $r->{content} =~ /ana\@a\.example.*<\/html>/s;
				$count{ $whole || $r->{status} >= 500 ? $r->{status} : "half $r->{status}" }++;
			}
			print $out join ' ', %count;
			close $out;
			POSIX::_exit(0);
		}
		close $out;
		push @pipes, [$pid, $in];
	}
	my $good = eval { $while->(); 1 };
	my $why = $@;
	unlink $flag;
	my %sum;
	for my $p (@pipes) {
		my $in = $p->[1];
		my %count = split ' ', scalar(<$in>) // '';
		waitpid $p->[0], 0;
		$sum{$_} += $count{$_} for keys %count;
	}
	die $why if !$good;
	return \%sum;
}
sub lost { my ($sum) = @_; my $n = 0; $n += $sum->{$_} for grep { !/^(200|403)$/ } keys %$sum; return $n }

# ---- killed ----
my $kills = 0;
my $sum = load(8, sub {
	for (1 .. 20) {
		sleep 0.15;
		my @pids = $w->workers or next;
		$kills += kill 'KILL', $pids[rand @pids];
	}
	sleep 0.3;
});
note join ' ', %$sum;
ok($kills >= 8, "$kills workers killed");
cmp_ok($sum->{200}, '>', 300, "$sum->{200} pages answered meanwhile");
ok(lost($sum) <= $kills, lost($sum) . ' requests lost, no more than workers');
is_deeply([sort grep { !/^(200|403|502)$/ } keys %$sum], [], 'each with a 502, none half');
$w->wait_for_workers(8);
pass('all workers are replaced');

# ---- rolled ----
my %before = map { $_ => 1 } $w->workers;
$sum = load(6, sub {
	for (1 .. 5) {
		kill 'HUP', $w->{pids}{web};
		sleep 0.6;
	}
});
note join ' ', %$sum;
is(lost($sum), 0, "five rolls, none of $sum->{200} + $sum->{403} requests lost");
WebTest::wait_for(20, 'new workers', sub { !grep { $before{$_} } $w->workers });
pass('every worker is new');
$w->wait_for_workers(8);
sub settled {		# as many ends of a roll as beginnings
	my $log = $w->log_text('web.log');
	return (() = $log =~ /"event":"rolling the workers"/g) == (() = $log =~ /"event":"rolled"/g);
}
WebTest::wait_for(20, 'the last roll to end', sub { settled() && do { sleep 1; settled() } });

WebTest::wait_for(30, 'the workers to stay', sub { my $now = join ' ', sort $w->workers; sleep 2; return $now eq join ' ', sort $w->workers });

# A configuration that can not be read stops the roll, not the service.
open my $f, '>>', $db->conf or die $!;
print $f "[web]\nwrokers = 9\n";
close $f;
%before = map { $_ => 1 } $w->workers;
kill 'HUP', $w->{pids}{web};
sleep 0.5;
is_deeply([sort $w->workers], [sort keys %before], 'with a wrong configuration the old workers stay');
is($ana->get('/settings/account')->{status}, 200, 'and serve');
$db->write_conf;
$w->set_base_url($w->url);

# ---- the program replaced, as an upgrade does it ----
$w->stop;
$w = WebTest->new(install => 1, conf => { web => ['workers = 3', 'max_requests = 100000'] });
$db = $w->db;
$ana = $w->browser;
$ana->sign_in('ana@a.example');
ok($w->runs_installed, 'it runs what is installed');
$w->install;
ok(!$w->runs_installed, 'another file takes its place');
my $parent = $w->{pids}{web};
my $began = 0;
$sum = load(6, sub {
	for (1 .. 4) {
		$w->install;
		sleep 0.2;
		kill 'HUP', $parent;
		WebTest::wait_for(20, 'the new program', sub { $w->runs_installed });
		$began++;
	}
});
note join ' ', %$sum;
is(lost($sum), 0, "$began upgrades, none of $sum->{200} + $sum->{403} requests lost");
is($w->{pids}{web}, $parent, 'under the same number');
is(waitpid($parent, POSIX::WNOHANG()), 0, 'which lives');
open my $self, '<', "/proc/$parent/status" or die $!;
my ($filters) = map { /^Seccomp_filters:\s+(\d+)/ } <$self>;
is($filters // 1, 1, 'and gave up programs\' tricks once, not with each upgrade');
$w->wait_for_workers(7);	# and 4 that wait for providers
for my $t (['is no program', "nothing\n"], ['says that it can not start', "#!/bin/sh\nexit 1\n"], ['says nothing', "#!/bin/sh\nkill -9 \$\$\n"], ['is not there', undef]) {
	%before = map { $_ => 1 } $w->workers;
	defined $t->[1] ? $w->install($t->[1]) : unlink $w->{program};
	kill 'HUP', $parent;
	sleep 0.5;
	is_deeply([sort $w->workers], [sort keys %before], "one that $t->[0] is not taken: the old workers stay");
	is($ana->get('/settings/account')->{status}, 200, 'and serve');
}
$w->install;
my $dir = $w->dir;
for my $t (['is not there', "$dir/none"], ['is a file', $db->conf], ['is too long for a socket', $dir . '/run/.' x 16]) {
	$db->put_conf(qr/^run_dir = .*$/m, "run_dir = $t->[1]");
	my $said = `HAWSER_CONF='@{[$db->conf]}' '$w->{program}' --check 2>&1`;
	is($? >> 8, 1, "run_dir $t->[0]: --check says that it can not start");
	like($said, qr/^hawser-web: (?:No socket can be made in|The socket path) .*\Q$t->[1]\E.*\n\z/, 'and why');
	%before = map { $_ => 1 } $w->workers;
	my $no = qr/"event":"the program that is there now can not start/;
	my $was = () = $w->log_text('web.log') =~ /$no/g;
	kill 'HUP', $parent;
	WebTest::wait_for(20, 'the answer', sub { my $is = () = $w->log_text('web.log') =~ /$no/g; $is > $was });
	is_deeply([sort $w->workers], [sort keys %before], 'the old workers stay');
	is($ana->get('/settings/account')->{status}, 200, 'and serve');
}
$db->put_conf(qr/^run_dir = .*$/m, "run_dir = $dir/run");
is(system("HAWSER_CONF='@{[$db->conf]}' '$w->{program}' --check"), 0, 'with its folder it could');
$db->put_conf(qr/^workers = 3$/m, 'workers = 1');
kill 'HUP', $parent;
WebTest::wait_for(20, 'the new program', sub { $w->runs_installed });
$w->wait_for_workers(5);
$db->put_conf(qr/^workers = 1$/m, 'workers = 4');
kill 'HUP', $parent;
$w->wait_for_workers(8);
is($ana->get('/settings/account')->{status}, 200, 'as many workers as the configuration says now');
$w->stop;
$w = WebTest->new(conf => { web => ['workers = 4', 'max_requests = 100000'] });
$db = $w->db;
$ana = $w->browser;
$ana->sign_in('ana@a.example');

# ---- TERM finishes what was begun ----
sub with_lock {		# the session table locked for as long as told
	my ($while) = @_;
	open my $sql, '|-', "mariadb --no-defaults -uroot -n -S '" . $db->socket . "' hawser >/dev/null" or die $!;
	$sql->autoflush(1);
	print $sql "LOCK TABLES session WRITE;\n";
	sleep 0.3;
	$while->();
	print $sql "UNLOCK TABLES;\n";
	close $sql;
}
pipe my $in, my $answer or die $!;
my $client;
with_lock(sub {
	$client = fork // die $!;
	if (!$client) {
		my $r = $ana->get('/settings/account');
		print $answer "$r->{status} " . ($r->{content} =~ /ana\@a\.example.*<\/html>/s ? 'whole' : 'half');
		close $answer;
		POSIX::_exit(0);
	}
	close $answer;
	sleep 0.5;
	kill 'TERM', $w->{pids}{web};
	sleep 0.5;
	ok(kill(0, $w->{pids}{web}), 'told to leave, it waits for the request');
	ok(!-S $w->dir . '/run/web.sock', 'and takes no new ones');
	is($w->browser->get('/login')->{status}, 502, 'which get a page from nginx');
});
is(scalar(<$in>), '200 whole', 'the request is answered');
waitpid $client, 0;
is($w->end('web', 0), 0, 'then all is over, with status 0');

# ---- the database is away ----
$db->kill_server;
$w->start_web;
my $b = $w->browser;
my $r = $b->get('/login');
is($r->{status}, 503, 'no database at the start: 503');
like($r->{content}, qr/database is not reachable.*<\/html>/s, 'in a sentence');
ok($r->{headers}{'retry-after'}, 'and when to come back');
is($b->get('/healthz')->{status}, 200, 'alive');
is($b->get('/readyz')->{status}, 503, 'not ready');
is($ana->get('/nothing')->{status}, 404, 'a 404 needs no database');
$db->start;
is($b->get('/readyz')->{status}, 200, 'it comes, and all is well');
is($b->get('/login')->{status}, 200, 'without a restart');
is($ana->get('/settings/account')->{status}, 200, 'the session is still there');
$b->get('/login') for 1 .. 12;		# every worker has a connection now
$db->kill_server;
is($ana->get('/settings/account')->{status}, 503, 'it goes away: 503') for 1 .. 8;
$db->start;
is($ana->get('/settings/account')->{status}, 200, 'it comes back: 200') for 1 .. 8;
$w->stop;

# ---- a worker's life ends ----
$w = WebTest->new(conf => { web => ['workers = 2', 'max_requests = 100'] });
$ana = $w->browser;
$ana->sign_in('ana@a.example');
%before = map { $_ => 1 } $w->workers;
my %new;			# one may be on its way out at any look
$sum = load(4, sub {
	for (1 .. 100) {	# until each was replaced, or 20 s
		sleep 0.2;
		my @now = $w->workers;
		$new{$_} = 1 for grep { !$before{$_} } @now;
		last if keys %new >= 2 && !grep { $before{$_} } @now;
	}
});
note join ' ', %$sum;
is(lost($sum), 0, "none of $sum->{200} lost");
ok(keys %new >= 2, 'workers were replaced after so many requests');
done_testing;
