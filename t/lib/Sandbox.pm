package Sandbox;
# A hawser-sandbox behind an nginx of its own, on a free port, in a temporary
# folder; ended and removed with the test.
#
#	my $s = Sandbox->start;			# seed => {...}, state => 1, hooks => [...], redirects => [...]
#	$s->control(latency => { ms => 20 });	# POST /control/latency; what it answers
#	$s->ledger($after); $s->requests;	# what was written, and asked
#	my $t = $s->token('anna@example.com', 'calendar');	# { access_token, refresh_token }
#	my $r = $s->call($t, GET => 'calendars/primary/events?maxResults=2');
#	$r = $s->call($t, PATCH => $path, { summary => 'x' }, 'If-Match' => $etag);
#	$r->{status}; $r->{json}; $r->{headers};	# as HTTP::Tiny's; held against Discovery
#	my $back = $s->consent(scope => '...', ticked => [...], account => ...);	# the redirect's arguments
use strict;
use warnings;
use Cwd qw(abs_path);
use Discovery;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX ();
use Test::More ();
use Time::HiRes qw(sleep time);

use constant { CLIENT => 'sandbox-client.apps.example.com', SECRET => 'sandbox-secret-of-the-tests' };

my $json = JSON::PP->new->utf8->canonical;
my $top = abs_path(dirname(__FILE__) . '/../..');

sub start {
	my ($class, %o) = @_;
	$SIG{$_} ||= sub { exit 1 } for qw(INT TERM HUP PIPE);
	my $dir = tempdir('hawser-sandbox-XXXXXX', TMPDIR => 1, CLEANUP => 1);
	my $self = bless { owner => $$, dir => $dir, pids => {}, o => \%o,
		http => HTTP::Tiny->new(max_redirect => 0, timeout => 60, agent => 'test') }, $class;
	my $probe = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $!";
	$self->{port} = $probe->sockport;
	close $probe;
	$self->{url} = "http://127.0.0.1:$self->{port}";
	$self->{redirect} = ($o{redirects} || ['http://127.0.0.1:1/oauth/google/callback'])->[0];
	put("$dir/secret", SECRET);
	put("$dir/seed.json", $json->encode($o{seed} || seed()));
	$self->start_program;
	$self->start_nginx;
	return $self;
}

sub seed {
	return { accounts => [
		{ email => 'anna@example.com', name => 'Anna Berger', calendars => [
			{ id => 'primary', summary => 'anna@example.com', time_zone => 'Europe/Berlin' },
			{ id => 'family@group.calendar.google.com', summary => 'Family', time_zone => 'Europe/Berlin' },
			{ id => 'holidays@group.v.calendar.google.com', summary => 'Holidays', access_role => 'reader', push => JSON::PP::false } ] },
		{ email => 'ben@example.com', name => 'Ben Okafor' },
	] };
}

sub put {
	my ($path, $text) = @_;
	open my $f, '>', $path or die "$path: $!";
	print $f $text;
	close $f or die $!;
}

sub program {
	my $asan = ($ENV{HAWSER_ASAN} // '') . '/hawser-sandbox';
	return -x $asan ? $asan : ($ENV{HAWSER_BUILD} || "$top/build") . '/hawser-sandbox';
}

sub spawn {
	my ($self, $name, @command) = @_;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$self->{dir}/$name.log";
		open STDERR, '>&', \*STDOUT;
		{ no warnings 'exec'; exec { $command[0] } @command; }
		POSIX::_exit(127);
	}
	return $self->{pids}{$name} = $pid;
}

sub wait_for {
	my ($self, $name, $good) = @_;
	my $until = time + 20;
	until ($good->()) {
		die "$name ended: " . $self->log($name) if waitpid($self->{pids}{$name}, POSIX::WNOHANG()) == $self->{pids}{$name};
		die "waited too long for $name: " . $self->log($name) if time > $until;
		sleep 0.02;
	}
}

sub start_program {
	my ($self) = @_;
	my ($o, $dir) = ($self->{o}, $self->{dir});
	unlink "$dir/sandbox.sock";
	$self->spawn('sandbox', program(), '--socket', "$dir/sandbox.sock", '--origin', $self->{url}, '--client', CLIENT,
		'--client-secret-file', "$dir/secret", '--seed', "$dir/seed.json", '--threads', 8,
		(map { ('--redirect', $_) } @{ $o->{redirects} || [$self->{redirect}] }),
		(map { ('--hook-origin', $_) } @{ $o->{hooks} || [] }),
		$o->{state} ? ('--state', "$dir/state") : ());
	$self->wait_for(sandbox => sub { IO::Socket::UNIX->new(Peer => "$dir/sandbox.sock") });
}

sub start_nginx {
	my ($self) = @_;
	my $dir = $self->{dir};
	open my $in, '<', "$top/nginx/sandbox.conf.in" or die $!;
	my $text = do { local $/; <$in> };
	my %is = (RUN => $dir, TOP => $top, SANDBOX_PORT => $self->{port});
	$text =~ s/\@([A-Z_]+)\@/$is{$1} \/\/ die "no $1"/ge;
	my $temp = join '', map { "\t${_}_temp_path \"$dir/nginx-$_\";\n" } qw(fastcgi proxy scgi uwsgi);
	my $user = getpwuid $>;
	put("$dir/nginx.conf", "user $user;\ndaemon off;\nworker_processes 1;\npid \"$dir/nginx.pid\";\n"
		. "error_log \"$dir/nginx.log\";\nevents { worker_connections 512; }\nhttp {\n\taccess_log off;\n"
		. "\tclient_body_temp_path \"$dir/nginx-body\";\n$temp$text}\n");
	$self->spawn('nginx', '/usr/sbin/nginx', '-e', "$dir/nginx.log", '-p', $dir, '-c', "$dir/nginx.conf");
	$self->wait_for(nginx => sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}) });
}

sub restart {		# the program alone; with its state when it has one
	my ($self) = @_;
	$self->end('sandbox');
	$self->start_program;
}

sub url { $_[0]{url} }
sub api { "$_[0]{url}/google/calendar/v3/" }
sub log { my ($self, $name) = @_; open my $f, '<', "$self->{dir}/$name.log" or return ''; local $/; return <$f> // '' }

# ---- orders ----

sub control {
	my ($self, $name, $in, $method) = @_;
	my $r = $self->{http}->request($method || 'POST', "$self->{url}/control/$name",
		{ headers => { 'Content-Type' => 'application/json' }, content => $json->encode($in || {}) });
	die "control $name: $r->{status} $r->{content}" if !$r->{success};
	return $json->decode($r->{content});
}
sub ask { my ($self, $name) = @_; my $r = $self->{http}->get("$self->{url}/control/$name"); die "control $name: $r->{status} $r->{content}" if !$r->{success}; return $json->decode($r->{content}) }
sub ledger { my ($self, $after) = @_; return @{ $self->ask('ledger?after=' . ($after // 0)) } }
sub requests { $_[0]->ask('requests') }
sub fault { my ($self, %f) = @_; $f{match} = { operation => $f{match} } if $f{match} && !ref $f{match}; return $self->control(faults => \%f) }
sub calm { $_[0]->control(faults => {}, 'DELETE') }

sub token {		# scopes in short or whole
	my ($self, $account, @scopes) = @_;
	return $self->control(token => { account => $account, scopes => [map { /:|^openid$/ ? $_ : "https://www.googleapis.com/auth/$_" } @scopes] });
}

# ---- requests ----

sub answer {
	my ($r) = @_;
	$r->{json} = eval { $json->decode($r->{content}) } if ($r->{headers}{'content-type'} // '') =~ /json/;
	return $r;
}

sub call {		# the Calendar API
	my ($self, $token, $method, $path, $body, %headers) = @_;
	$headers{Authorization} = "Bearer $token->{access_token}" if $token;
	$headers{'Content-Type'} = 'application/json' if defined $body;
	my $r = answer($self->{http}->request($method, $path =~ m{^/} ? $self->{url} . $path : $self->api . $path,
		{ headers => \%headers, defined $body ? (content => ref $body ? $json->encode($body) : $body) : () }));
	if ($path !~ m{^/} && !$self->{unchecked}) {
		my @wrong = Discovery->answer($method, $path, $r->{status}, $r->{json});
		Test::More::fail("$method $path: the answer is Google's: @wrong") if @wrong;
		$self->{checked}++;
	}
	return $r;
}

sub escape { my ($t) = @_; utf8::encode($t) if utf8::is_utf8($t); $t =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge; return $t }
sub encode { my ($self, @pairs) = @_; my @out; while (my ($k, $v) = splice @pairs, 0, 2) { push @out, escape($k) . '=' . escape($v) } return join '&', @out }

sub form {
	my ($self, $path, @pairs) = @_;
	my $headers = ref $pairs[0] ? shift @pairs : {};
	return answer($self->{http}->request('POST', $self->{url} . $path, { content => $self->encode(@pairs),
		headers => { 'Content-Type' => 'application/x-www-form-urlencoded', %$headers } }));
}

sub auth_path {
	my ($self, %o) = @_;
	my %q = (client_id => CLIENT, redirect_uri => $self->{redirect}, response_type => 'code', scope => 'openid email', state => 'st/1 +', access_type => 'offline', %o);
	return '/google/o/oauth2/v2/auth?' . $self->encode(map { ($_ => $q{$_}) } grep { defined $q{$_} } sort keys %q);
}

# Presses Allow (or what answer says); the arguments it comes back with.
sub consent {
	my ($self, %o) = @_;
	my ($ticked, $account, $answer) = (delete $o{ticked}, delete $o{account} // 'anna@example.com', delete $o{answer} // 'allow');
	my $r = $self->form($self->auth_path(%o), account => $account, answer => $answer, map { (scope => $_) } @{ $ticked || [split ' ', $o{scope} // ''] });
	die "consent: $r->{status} $r->{content}" if $r->{status} != 303;
	return back($r);
}
sub back {
	my ($r) = @_;
	my (undef, $query) = split /\?/, $r->{headers}{location} // die "no redirect: $r->{status} $r->{content}";
	return { map { s/\+/ /gr =~ s/%(..)/chr hex $1/ger } map { split /=/, $_, 2 } split /&/, $query };
}
sub redeem {
	my ($self, $code, %o) = @_;
	my %q = (grant_type => 'authorization_code', code => $code, client_id => CLIENT, client_secret => SECRET, redirect_uri => $self->{redirect}, %o);
	return $self->form('/google/token', map { ($_ => $q{$_}) } grep { defined $q{$_} } sort keys %q);
}
sub refresh { my ($self, $token, %o) = @_; return $self->redeem(undef, grant_type => 'refresh_token', refresh_token => $token, redirect_uri => undef, %o) }

# ---- the end ----

sub end {
	my ($self, $name) = @_;
	my $pid = delete $self->{pids}{$name} or return;
	kill 'TERM', $pid;
	my $until = time + 20;
	until (waitpid($pid, POSIX::WNOHANG()) != 0) { kill 'KILL', $pid if time > $until; sleep 0.02 }
	return $?;
}

sub stop {
	my ($self) = @_;
	return if $self->{owner} != $$;
	local $?;
	$self->end('nginx');
	my $status = $self->end('sandbox');
	my $log = $self->log('sandbox');
	return if !$status && $log !~ /Sanitizer|runtime error/;
	print STDERR "hawser-sandbox did not end well\n$log";
	POSIX::_exit(1);
}
sub DESTROY { local ($?, $@, $!); $_[0]->stop }

1;
