package Canary;
# Listens on every address of this machine, IPv4 and IPv6, on one port that
# calendar servers use, and counts whoever connects; keeps what they say first.
#
#	my $canary = Canary->start;
#	$canary->{port}; $canary->hits	# lines "FAMILY PEER BYTES"
use strict;
use warnings;
use File::Temp qw(tempfile);
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(AF_INET6 SOCK_STREAM SOL_SOCKET SO_REUSEADDR IPPROTO_IPV6 IPV6_V6ONLY IN6ADDR_ANY pack_sockaddr_in6);

my @ports = (38443, 5232, 5006, 2080, 8843, 5001, 8443);	# of url.c

sub listener6 {
	my ($port) = @_;
	socket my $s, AF_INET6, SOCK_STREAM, 0 or return;
	setsockopt $s, SOL_SOCKET, SO_REUSEADDR, 1;
	setsockopt $s, IPPROTO_IPV6, IPV6_V6ONLY, 1;
	bind $s, pack_sockaddr_in6($port, IN6ADDR_ANY) and listen $s, 64 or return;
	return $s;
}

sub start {
	my ($class) = @_;
	my (undef, $file) = tempfile(UNLINK => 1);
	for my $port (@ports) {
		my $four = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => $port, Listen => 64, ReuseAddr => 1) or next;
		my $six = listener6($port);
		my $pid = fork // die "fork: $!";
		if (!$pid) {
			$SIG{TERM} = 'DEFAULT';
			serve($file, $four, $six);
			POSIX::_exit(0);
		}
		return bless { port => $port, pid => $pid, file => $file, owner => $$, six => defined $six }, $class;
	}
	die 'no port for the canary is free';
}

sub serve {
	my ($file, $four, $six) = @_;
	my $select = IO::Select->new(grep { defined } $four, $six);
	while (1) {
		for my $l ($select->can_read) {
			my $peer = accept my $c, $l or next;
			my $bytes = '';
			sysread $c, $bytes, 2000 if IO::Select->new($c)->can_read(1);
			$bytes =~ s/([^\x21-\x7e])/sprintf '%%%02x', ord $1/ge;
			open my $out, '>>', $file or die $!;
			print $out $l == $four ? 'IPv4 ' : 'IPv6 ', $bytes, "\n";
			close $out;
			close $c;
		}
	}
	return;
}

sub hits {
	my ($self) = @_;
	open my $f, '<', $self->{file} or die $!;
	chomp(my @lines = <$f>);
	return @lines;
}

sub stop {
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;
	return if $self->{owner} != $$;
	kill 'TERM', $pid;
	waitpid $pid, 0;
	$? = 0;
	return;
}
sub DESTROY { local ($?, $!, $@); $_[0]->stop; return }

1;
