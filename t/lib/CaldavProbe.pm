package CaldavProbe;
# Runs caldav_probe for one server and gives back its answer as a structure.
use strict;
use warnings;
use IPC::Open3;
use JSON::PP;

my $json = JSON::PP->new->utf8->canonical;

sub new {
	my ($class, %o) = @_;
	my $build = $ENV{HAWSER_ASAN} || "$ENV{HAWSER_TOP}/build-asan";
	return bless { program => "$build/t/lib/caldav_probe", login => 'anna', password => 'secret',
		allow => [], args => [], %o }, $class;
}

sub run {
	my ($self, $op, $args, $input) = @_;
	my @command = ($self->{program}, (map { ('--allow', $_) } ($self->{bare} ? () : $self->{url}), @{ $self->{allow} }),
		'--url', $self->{url}, '--login', $self->{login}, '--password', $self->{password},
		@{ $self->{args} }, $op, @{ $args // [] });
	my $pid = open3(my $in, my $out, '>&STDERR', @command);
	print $in $json->encode($input) if defined $input;
	close $in;
	local $/;
	my $text = <$out>;
	waitpid $pid, 0;
	die "caldav_probe $op ended with status $?" if $?;
	return $json->decode($text);
}

1;
