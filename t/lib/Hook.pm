package Hook;
# Takes push messages on the loopback and remembers them.
#
#	my $h = Hook->start;
#	$h->url; $h->answers(503, 503, 200);	# the next ones; then 200
#	my @m = $h->wait(2);			# of { lower-case header => value, body }
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

sub start {
	my ($class) = @_;
	my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1', LocalPort => 0) or die "listen: $!";
	return bless { socket => $s, select => IO::Select->new($s), answers => [], got => [] }, $class;
}
sub url { 'http://127.0.0.1:' . $_[0]{socket}->sockport }
sub answers { my ($self, @answers) = @_; $self->{answers} = \@answers }

sub take {		# one message, when one comes in time
	my ($self, $secs) = @_;
	$self->{select}->can_read($secs) or return 0;
	my $c = $self->{socket}->accept or return 0;
	my $head = '';
	while ($head !~ /\r\n\r\n/) { sysread $c, $head, 4096, length $head or last }
	($head, my $body) = split /\r\n\r\n/, $head, 2;
	my ($line, @lines) = split /\r\n/, $head;
	push @{ $self->{got} }, { line => $line, body => $body, at => time, map { my ($k, $v) = split /:\s*/, $_, 2; (lc $k, $v) } @lines };
	my $status = shift @{ $self->{answers} } // 200;
	syswrite $c, "HTTP/1.1 $status X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	close $c;
	return 1;
}

# Messages until there are so many, or, of none more, for a moment.
sub wait {
	my ($self, $n, $secs) = @_;
	my $until = time + ($secs // 10);
	while (@{ $self->{got} } < $n && time < $until) { $self->take($until - time) }
	return splice @{ $self->{got} };
}
sub none { my ($self, $secs) = @_; return !@{ $self->{got} } && !$self->take($secs // 0.3) }

1;
