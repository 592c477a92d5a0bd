package Radicale;
# A Radicale with htpasswd on a free port, in a temporary folder; ended and
# removed with the test. user() adds people, calendar() makes a collection.
use strict;
use warnings;
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);
use POSIX qw(_exit WNOHANG);
use Time::HiRes qw(sleep);

sub start {
	my ($class, %users) = @_;
	%users = (anna => 'secret') if !%users;
	my $dir = tempdir('radicale-XXXXXX', TMPDIR => 1, CLEANUP => 1);
	my $self = bless { dir => $dir, owner => $$, users => \%users,
		http => HTTP::Tiny->new(timeout => 60, max_redirect => 0) }, $class;
	$self->user($_, $users{$_}) for sort keys %users;
	for my $try (1 .. 3) {
		return $self if $self->launch;
	}
	die "radicale does not start; see $dir/log";
}

sub user {
	my ($self, $login, $password) = @_;
	$self->{users}{$login} = $password;
	open my $hash, '-|', 'htpasswd', '-nbm', $login, $password or die "htpasswd: $!";
	my ($line) = grep { /:/ } <$hash>;
	close $hash or die 'htpasswd failed';
	open my $fh, '>>', "$self->{dir}/users" or die $!;
	print $fh $line;
	close $fh;
	return;
}

sub launch {
	my ($self) = @_;
	my $probe = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1) or die "listen: $!";
	$self->{port} = $probe->sockport;
	close $probe;
	open my $fh, '>', "$self->{dir}/config" or die $!;
	print $fh "[server]\nhosts = 127.0.0.1:$self->{port}\nmax_connections = 40\n",
		"[auth]\ntype = htpasswd\nhtpasswd_filename = $self->{dir}/users\nhtpasswd_encryption = md5\ndelay = 0\n",
		"[storage]\nfilesystem_folder = $self->{dir}/collections\n[logging]\nlevel = warning\n";
	close $fh;
	$self->{pid} = fork // die "fork: $!";
	if (!$self->{pid}) {
		open STDOUT, '>>', "$self->{dir}/log";
		open STDERR, '>&', \*STDOUT;
		open STDIN, '<', '/dev/null';
		{ exec 'radicale', '-C', "$self->{dir}/config" }
		_exit(1);
	}
	for (1 .. 200) {
		return 1 if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port});
		return 0 if waitpid($self->{pid}, WNOHANG) == $self->{pid};
		sleep 0.1;
	}
	$self->stop;
	return 0;
}

sub url { return "http://127.0.0.1:$_[0]{port}" }

# One request as a user; HTTP::Tiny's answer.
sub request {
	my ($self, $login, $method, $path, $body, %headers) = @_;
	return $self->{http}->request($method, $self->url . $path, {
		headers => { Authorization => 'Basic ' . encode_base64("$login:$self->{users}{$login}", ''), %headers },
		defined $body ? (content => $body) : (),
	});
}

sub calendar {
	my ($self, $login, $name, $label) = @_;
	my $r = $self->request($login, 'MKCALENDAR', "/$login/$name/",
		'<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>'
		. '<D:displayname>' . ($label // $name) . '</D:displayname></D:prop></D:set></C:mkcalendar>');
	die "MKCALENDAR: $r->{status}" if $r->{status} != 201;
	return "/$login/$name/";
}

sub put {
	my ($self, $login, $path, $ics, %headers) = @_;
	return $self->request($login, 'PUT', $path, $ics, 'Content-Type' => 'text/calendar; charset=utf-8', %headers);
}
sub get { my ($self, $login, $path) = @_; return $self->request($login, 'GET', $path) }
sub remove { my ($self, $login, $path, %headers) = @_; return $self->request($login, 'DELETE', $path, undef, %headers) }

# Hrefs of a calendar's objects.
sub list {
	my ($self, $login, $path) = @_;
	my $r = $self->request($login, 'PROPFIND', $path,
		'<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>', Depth => 1);
	return sort grep { !m{/$} } $r->{content} =~ m{<href>(.*?)</href>}g;
}

# A small event as text.
sub event {
	my ($class, $uid, $summary, $start, @lines) = @_;
	return join("\r\n", 'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', 'BEGIN:VEVENT', "UID:$uid",
		'DTSTAMP:20260101T000000Z', "DTSTART:$start", "SUMMARY:$summary", @lines, 'END:VEVENT', 'END:VCALENDAR', '');
}

sub stop {
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;
	return if $self->{owner} != $$;
	kill 'TERM', $pid;
	waitpid $pid, 0;
	return;
}
sub DESTROY { local ($?, $!, $@); $_[0]->stop; return }

1;
