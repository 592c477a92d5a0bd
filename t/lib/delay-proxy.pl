#!/usr/bin/perl
# A TCP proxy that holds each request back for a while:
#	delay-proxy.pl HOST:PORT MILLISECONDS
# prints its port and serves on 127.0.0.1 until it is ended.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

my ($to, $delay_ms) = @ARGV;
die "usage: delay-proxy.pl HOST:PORT MILLISECONDS\n" if !defined $delay_ms;
$SIG{PIPE} = 'IGNORE';
$| = 1;
my $front = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 64) or die "listen: $!";
print $front->sockport, "\n";

my %pairs;	# fileno of either end -> {client, server, out => {}, due, idle}

sub drop {
	my ($p) = @_;
	delete @pairs{ fileno $p->{client}, fileno $p->{server} };
	close $p->{$_} for qw(client server);
	return;
}

sub send_all {
	my ($p, $fh, $bytes) = @_;
	while (length $bytes) {
		my $n = syswrite $fh, $bytes;
		return drop($p) if !defined $n;
		substr($bytes, 0, $n) = '';
	}
	return;
}

while (1) {
	my $wait = 5;
	for my $p (values %pairs) {
		next if !defined $p->{held};
		my $left = $p->{due} - time;
		$wait = $left > 0 ? $left : 0 if $left < $wait;
	}
	for my $fh (IO::Select->new($front, map { ($_->{client}, $_->{server}) } values %pairs)->can_read($wait)) {
		if ($fh == $front) {
			my $client = $front->accept or next;
			my $server = IO::Socket::INET->new(PeerAddr => $to) or next;
			my $p = { client => $client, server => $server, idle => 1 };
			@pairs{ fileno $client, fileno $server } = ($p, $p);
			next;
		}
		my $p = $pairs{ fileno $fh // -1 } or next;
		my $n = sysread $fh, my $bytes, 65536;
		if (!$n) {
			drop($p);
		} elsif ($fh == $p->{server}) {
			$p->{idle} = 1;
			send_all($p, $p->{client}, $bytes);
		} elsif ($p->{idle}) {	# a new request: hold it
			$p->{idle} = 0;
			$p->{held} = $bytes;
			$p->{due} = time + $delay_ms / 1000;
		} elsif (defined $p->{held}) {
			$p->{held} .= $bytes;
		} else {
			send_all($p, $p->{server}, $bytes);
		}
	}
	for my $p (values %pairs) {
		next if !defined $p->{held} || time < $p->{due};
		my $bytes = delete $p->{held};
		send_all($p, $p->{server}, $bytes);
	}
}
