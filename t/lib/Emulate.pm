package Emulate;
# Another program that plays Google: the npm package emulate, for its OAuth. On
# a free port, ended with the test.
#
#	my $e = Emulate->start(redirects => [...]) or plan skip_all => ...;
#	$e->url;
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX ();
use Sandbox;
use Time::HiRes qw(sleep time);

my $module = abs_path(dirname(__FILE__) . '/..') . '/node_modules/emulate/dist/index.js';
sub is_installed { return -e $module }

sub start {
	my ($class, %o) = @_;
	my $dir = tempdir('hawser-emulate-XXXXXX', TMPDIR => 1, CLEANUP => 1);
	my $self = bless { owner => $$, dir => $dir }, $class;
	Sandbox::put("$dir/seed.yaml", "google:\n  users:\n    - email: anna\@example.com\n      name: Anna Berger\n  oauth_clients:\n    - client_id: @{[Sandbox::CLIENT]}\n"
		. "      client_secret: @{[Sandbox::SECRET]}\n      redirect_uris:\n" . join '', map { "        - $_\n" } @{ $o{redirects} });
	my $port = $self->{port} = do { my $p = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die $!; $p->sockport };
	my $pid = $self->{pid} = fork // die "fork: $!";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$dir/log";
		open STDERR, '>&', \*STDOUT;
		chdir $dir;
		{ no warnings 'exec'; exec 'node', $module, 'start', '--service', 'google', '--port', $port, '--seed', "$dir/seed.yaml"; }
		POSIX::_exit(127);
	}
	my $until = time + 30;
	until (IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)) {
		die 'emulate does not start: ' . $self->log if time > $until;
		sleep 0.1;
	}
	return $self;
}

sub url { return "http://127.0.0.1:$_[0]{port}" }
sub log { my ($self) = @_; open my $f, '<', "$self->{dir}/log" or return ''; local $/; return <$f> // '' }
sub stop {
	my ($self) = @_;
	return if $self->{owner} != $$ || !$self->{pid};
	local $?;
	kill 'TERM', $self->{pid};
	waitpid delete $self->{pid}, 0;
}
sub DESTROY { local ($?, $@, $!); $_[0]->stop }

1;
