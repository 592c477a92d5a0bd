#!/usr/bin/perl
# What waits for a provider: a server that drips costs one process for a bounded
# time, and one session holds two processes at most, so that others get through.
use strict;
use warnings;
use FaultServer;
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

my $server = FaultServer->start;
my $w = WebTest->new(conf => { net => ['allow_origins = ' . $server->url, 'connect_timeout_secs = 4', 'total_timeout_secs = 8'] });
$server->rule({ times => -1, path => '^/slow|well-known', status => 207, body => ' ', endless => 1, piece => 1, piece_ms => 40 });
my ($ana, $ben) = map { my $b = $w->browser; $b->sign_in($_); $b } 'ana@a.example', 'ben@b.example';
my $token = $ana->token;
my %form = (url => $server->url . '/slow', login => 'anna', password => 'secret');
my @children;
for my $n (1 .. 5) {
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		my $start = time;
		my $r = $ana->post('/settings/ask/connect/caldav', { %form, name => "N$n" }, { csrf => $token });
		open my $f, '>', $w->dir . "/slow.$n";
		printf $f "%d %.1f", $r->{status}, time - $start;
		close $f;
		POSIX::_exit(0);
	}
	push @children, $pid;
}
sleep 0.6;
my $start = time;
my $r = $ben->post('/settings/ask/connect/caldav', { %form, url => $server->url, name => 'Mine' });
is $r->{status}, 303, 'somebody else connects meanwhile';
cmp_ok time - $start, '<', 6, 'without waiting for them';
is $ben->get('/settings/integrations')->{status}, 200, 'pages are not concerned';
waitpid $_, 0 for @children;
my @slow = sort map { $w->log_text("slow.$_") } 1 .. 5;
is scalar(grep { /^429 / } @slow), 3, 'of five at once by one session, three are told to wait' or diag "@slow";
my (undef, $second) = grep { /^422 / } @slow;
ok $second, 'two are tried, and the form says why it failed';
cmp_ok((split ' ', $second // '422 99')[1], '<', 12, 'the tries of one form together keep to the time of one');
$r = $ana->post('/settings/ask/connect/caldav', { %form, url => $server->url, name => 'Now' });
is $r->{status}, 303, 'afterwards the session may ask again';
done_testing;
