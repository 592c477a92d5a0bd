#!/usr/bin/perl
# A proxy before MariaDB's unix socket that cuts a connection at a COMMIT:
#	cut-proxy.pl FRONT BACK
# serves at FRONT until it is ended. FRONT.cut says what is to be done, once:
#	before N	the N-th COMMIT from now never reaches the server
#	after N		it does, and its answer does not reach the client
#	late N		the client is cut at once, the server gets it 0.4 s later
# and is removed when it is done; with a process id after N, that process (the
# server) is killed at the same moment. FRONT.seen counts the COMMITs so far.
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes qw(sleep);

my ($at, $back) = @ARGV;
die "usage: cut-proxy.pl FRONT BACK\n" if !defined $back;
$SIG{$_} = 'IGNORE' for qw(PIPE CHLD);
unlink $at;
my $front = IO::Socket::UNIX->new(Local => $at, Listen => 64) or die "listen: $!";
chmod 0666, $at;
my $all = IO::Select->new($front);
my (%pairs, $seen);	# fileno of either end -> the pair

sub drop {
	my ($p) = @_;
	delete @pairs{ fileno $p->{client}, fileno $p->{server} };
	$all->remove($_), close $_ for @$p{qw(client server)};
}
sub pass {
	my ($to, $bytes) = @_;
	while (length $bytes) {
		my $n = syswrite $to, $bytes;
		return 0 if !defined $n;
		substr($bytes, 0, $n) = '';
	}
	return 1;
}
sub put_file {
	my ($name, $text) = @_;
	open my $f, '>', "$name.new" or die $!;
	print $f $text;
	close $f;
	rename "$name.new", $name or die $!;
}

# What is to happen to this COMMIT; '' = nothing.
sub verdict {
	put_file("$at.seen", ++$seen);
	open my $f, '<', "$at.cut" or return '';
	my ($how, $n, $pid) = split ' ', <$f> // '';
	close $f;
	return '' if !$n;
	return ($how, $pid) if $n == 1 && unlink "$at.cut";
	put_file("$at.cut", join ' ', $how, $n - 1, $pid // ());
	return '';
}

# A whole packet of the client: commands begin with number 0.
sub packet {
	my ($p, $packet) = @_;
	my ($how, $pid) = $packet =~ /\A...\0\x03COMMIT/s ? verdict() : '';
	kill 'KILL', $pid if $pid && $how eq 'before';
	return 0 if $how eq 'before' || $how eq 'late' && fork;
	if ($how eq 'late') {	# meanwhile the client comes again
		close $p->{client};
		sleep 0.4;
	}
	pass($p->{server}, $packet);
	# Its answer is waited for: then it is done, whatever comes after.
	sysread $p->{server}, my $answer, 65536 if $how;
	kill 'KILL', $pid if $pid;
	POSIX::_exit(0) if $how eq 'late';
	return !$how;
}

while (1) {
	for my $fh ($all->can_read) {
		if ($fh == $front) {
			my $client = $front->accept or next;
			my $server = IO::Socket::UNIX->new(Peer => $back) or next;
			my $p = { client => $client, server => $server, held => '' };
			@pairs{ fileno $client, fileno $server } = ($p, $p);
			$all->add($client, $server);
			next;
		}
		my $p = $pairs{ fileno $fh // -1 } or next;
		if (!sysread $fh, my $bytes, 65536) {
			drop($p);
		} elsif ($fh == $p->{server}) {
			pass($p->{client}, $bytes) or drop($p);
		} else {
			$p->{held} .= $bytes;
			while (length $p->{held} >= 4) {
				my $size = 4 + unpack 'V', substr($p->{held}, 0, 3) . "\0";
				last if length $p->{held} < $size;
				if (!packet($p, substr $p->{held}, 0, $size, '')) {
					drop($p);
					last;
				}
			}
		}
	}
}
