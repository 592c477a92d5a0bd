#!/usr/bin/perl
# Deploying under constant load loses nothing: nginx told to read its files
# again, hawser-web replaced by a program that was just installed, single
# processes told to end in the middle of a request, and an upload that lasts
# longer than all of them. Ten thousand requests, a hundred thousand with --full.
use strict;
use warnings;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

my $full = ($ENV{HAWSER_FULL} // '') eq 'yes';
my $requests = $full ? 100_000 : 10_000;
my $seed = $ENV{HAWSER_SEED} // time;
srand $seed;
note "seed $seed";
local $ENV{HAWSER_ASAN} = '';	# as it is deployed: the load is the point
my $w = WebTest->new(install => 1, conf => { web => ['workers = 4', 'max_requests = 5000'] });
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $token = $ana->token;
my $cookie = join '; ', map { "$_=$ana->{cookies}{$_}" } sort keys %{ $ana->{cookies} };

sub load {		# one ab: its pid, writing to a file
	my ($path, $n, $name, @more) = @_;
	my $pid = fork // die $!;
	return $pid if $pid;
	open STDOUT, '>', $w->dir . "/$name" or POSIX::_exit(1);
	open STDERR, '>&', \*STDOUT;
	exec 'ab', '-q', '-l', '-r', '-s', 60, '-n', $n, '-c', 4, '-C', $cookie, @more, $w->url . $path or POSIX::_exit(127);
}

# A form of 600 KB that takes as long as told.
sub upload {
	my ($secs) = @_;
	my $pid = open my $out, '-|' // die $!;
	return $out if $pid;
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $w->{port}) or POSIX::_exit(1);
	my $body = "csrf=$token&start_day=2026-12-01&description=" . 'y' x 600_000;
	print $s "POST /settings/events HTTP/1.1\r\nHost: 127.0.0.1:$w->{port}\r\nOrigin: @{[$w->url]}\r\nCookie: $cookie\r\nConnection: close\r\n"
		. "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " . length($body) . "\r\n\r\n";
	$s->autoflush(1);
	for (my $at = 0; $at < length $body; $at += 20_000) {
		print $s substr $body, $at, 20_000;
		sleep $secs / 30;
	}
	print scalar(<$s>) // "nothing\n";
	close STDOUT;
	POSIX::_exit(0);
}

open my $post, '>', $w->dir . '/post' or die $!;
print $post 'csrf=wrong';
close $post;
my %before = map { $_ => 1 } $w->workers;
my $began = time;
my @loads = (load('/settings/account', $requests * 0.6, 'pages'), load('/settings/integrations', $requests * 0.4, 'more'));
my @uploads = map { upload($_) } 5, 8;
my %done = (nginx => 0, roll => 0, term => 0);
while (@loads) {
	@loads = grep { waitpid($_, POSIX::WNOHANG()) == 0 } @loads;
	sleep 0.1 + rand 0.4;
	my $what = (qw(nginx roll term term))[rand 4];
	if ($what eq 'term') {
		my @pids = $w->workers;
		kill 'TERM', $pids[rand @pids];
	} else {
		$w->install if $what eq 'roll';
		kill 'HUP', $w->{pids}{ $what eq 'nginx' ? 'nginx' : 'web' };
	}
	$done{$what}++;
	die "the load does not end\n" if time > $began + ($full ? 3000 : 160);
}
note sprintf '%d requests in %.0f s; nginx HUP %d, roll %d, TERM %d', $requests, time - $began, @done{qw(nginx roll term)};

my $sum = 0;
for my $name (qw(pages more)) {
	open my $in, '<', $w->dir . "/$name" or die $!;
	my $text = do { local $/; <$in> };
	my ($complete) = $text =~ /^Complete requests:\s+(\d+)/m;
	my ($failed) = $text =~ /^Failed requests:\s+(\d+)/m;
	my ($strange) = $text =~ /^Non-2xx responses:\s+(\d+)/m;
	is(join(' ', $failed // 'none told', $strange // 0), '0 0', "$name: none of " . ($complete // 0) . ' requests failed') or diag $text;
	$sum += $complete // 0;
}
is($sum, $requests, 'all were asked');
cmp_ok($done{$_}, '>=', 2, "$_: $done{$_} times meanwhile") for sort keys %done;
is((grep { $before{$_} } $w->workers), 0, 'every process is another one now');
WebTest::wait_for(20, 'the program that was installed last', sub { $w->runs_installed });
pass('and runs the program that was installed last');
for my $in (@uploads) {
	my $line = <$in> // '';
	like($line, qr{^HTTP/1.1 (?:409|422) }, 'a long upload is answered: ' . $line =~ s/\s+$//r);
	close $in;
}
done_testing;
