package Stage;
# The whole product for a browser: WebTest's pages, a real Radicale with a
# calendar server's people, the same server behind a delay, a sandbox that plays
# Google, and hawser-sync on duty, as cron keeps it. All on the loopback and ended by pid.
#
#	my $s = Stage->new(delay_ms => 200);
#	$s->web $s->radicale $s->slow_url	# the delayed address
#	$s->sandbox				# see Sandbox.pm
#	$s->env					# for a script of node
#	$s->sync_on; $s->sync_off;
use strict;
use warnings;
use DbTest;
use GoogleTest;
use Radicale;
use Sandbox;
use WebTest;

sub new {
	my ($class, %o) = @_;
	my $self = bless { owner => $$ }, $class;
	$self->{radicale} = Radicale->start(%{ $o{people} || { anna => 'secret' } });
	$self->start_proxy($o{delay_ms} // 200);
	my $port = WebTest::free_port();
	$self->{sandbox} = Sandbox->start(redirects => ["http://127.0.0.1:$port" . ($o{prefix} // '') . '/oauth/google/calendar/callback'],
		hooks => ["http://127.0.0.1:$port"]);
	$self->{web} = WebTest->new(prefix => $o{prefix}, port => $port, conf => {
		%{ $o{conf} || {} },
		google => [GoogleTest::conf($self->{sandbox})],
		net => ['allow_origins = ' . join ' ', $self->{radicale}->url, $self->slow_url, $self->{sandbox}->url],
		sync => ['workers = 2', @{ $o{sync} || [] }],
	});
	return $self;
}

sub web { $_[0]{web} }
sub radicale { $_[0]{radicale} }
sub sandbox { $_[0]{sandbox} }
sub slow_url { "http://127.0.0.1:$_[0]{proxy_port}" }

sub start_proxy {
	my ($self, $ms) = @_;
	$self->{proxy} = open($self->{proxy_out}, '-|', $^X, DbTest::top() . '/t/lib/delay-proxy.pl',
		$self->{radicale}->url =~ s{^http://}{}r, $ms) or die "delay-proxy: $!";
	$self->{proxy_port} = readline($self->{proxy_out}) // die "the proxy did not start\n";
	chomp $self->{proxy_port};
}

sub sync_on {
	my ($self) = @_;
	my $asan = ($ENV{HAWSER_ASAN} // '') . '/hawser-sync';
	$self->{web}->spawn('sync', $self->{web}->dir . '/sync.log', -x $asan ? $asan : DbTest::build() . '/hawser-sync', '--linger', 3600);
}
sub sync_off { my ($self) = @_; return $self->{web}->end('sync') }

sub env {
	my ($self) = @_;
	return (
		HAWSER_URL => $self->{web}->url, HAWSER_PASSWORD => WebTest::PASSWORD,
		HAWSER_CONF => $self->{web}->db->conf, HAWSER_BIN => DbTest::build(),
		SANDBOX_URL => $self->{sandbox}->url,
		DAV_URL => $self->{radicale}->url, DAV_SLOW_URL => $self->slow_url,
	);
}

# Runs a script of node with these; its exit status.
sub node {
	my ($self, $script) = @_;
	local %ENV = (%ENV, $self->env);
	return system('node', $script) ? 1 : 0;
}

sub stop {
	my ($self) = @_;
	return if $self->{owner} != $$;
	local $?;
	$self->sync_off if $self->{web} && $self->{web}{pids}{sync};
	if (my $log = $self->{web} && $self->{web}->log_text('sync.log')) {
		$self->{unclean} = 1, print STDERR $log =~ s/^\{.*\n//gmr if $log =~ /Sanitizer|runtime error/;
	}
	$self->{web}->stop if $self->{web};
	if (my $pid = delete $self->{proxy}) {
		kill 'TERM', $pid;
		close $self->{proxy_out};
	}
	$self->{radicale}->stop;
	$self->{sandbox}->stop;
	return $self->{unclean} ? 1 : 0;
}
sub DESTROY { local ($?, $@, $!); $_[0]->stop }

1;
