package FaultServer;
# Starts fault-server.pl for one test and ends it with the test.
use strict;
use warnings;
use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;

sub start {
	my ($class, @args) = @_;
	my $pid = open my $out, '-|', $^X, dirname(__FILE__) . '/fault-server.pl', @args;
	die "fault-server.pl: $!" if !$pid;
	my ($port, $control) = split ' ', <$out> // '';
	die 'fault-server.pl did not start' if !$control;
	return bless { pid => $pid, out => $out, owner => $$, port => $port,
		url => "http://127.0.0.1:$port", control => "http://127.0.0.1:$control",
		http => HTTP::Tiny->new(timeout => 20) }, $class;
}

sub call {
	my ($self, $method, $path, $data) = @_;
	my $r = $self->{http}->request($method, $self->{control} . $path,
		defined $data ? { content => JSON::PP->new->utf8->encode($data) } : {});
	die "control $method $path: $r->{status} $r->{content}" if !$r->{success};
	return JSON::PP->new->utf8->decode($r->{content});
}

sub url { return $_[0]{url} }
sub rule { my ($self, @rules) = @_; return $self->call(POST => '/rules', \@rules) }
sub calm { my ($self) = @_; $self->call(DELETE => '/rules'); return $self->call(DELETE => '/requests') }
sub options { my ($self, %o) = @_; return $self->call(POST => '/options', \%o) }
sub seed { my ($self, %objects) = @_; return $self->call(POST => '/seed', \%objects) }
sub ledger { return $_[0]->call(GET => '/ledger') }
sub store { return $_[0]->call(GET => '/store') }
sub requests { return $_[0]->call(GET => '/requests') }

sub stop {
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;
	return if $self->{owner} != $$;
	kill 'TERM', $pid;
	close $self->{out};
	$? = 0;
	return;
}
sub DESTROY { local ($?, $!, $@); $_[0]->stop; return }

1;
