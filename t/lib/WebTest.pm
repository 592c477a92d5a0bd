package WebTest;
# The real thing for a black-box test: a private database, hawser-web and nginx
# on a free port of the loopback, all in one temporary directory and ended by
# pid; and a browser without eyes: cookies, redirects followed by hand, forms.
#
#	my $w = WebTest->new(conf => { web => ['workers = 2'] });
#	my $b = $w->browser;
#	my $r = $b->get('/login');		# status, headers, content
#	$b->sign_in('ana@a.example');		# password: WebTest::PASSWORD
#	$r = $b->post('/logout');		# with the session's CSRF token
#	$r = $b->post('/x', { a => 1 }, { csrf => undef, headers => {...} });
#	WebTest->new(port => $n)		# one that was free before
#	WebTest->new(prefix => '/apps/x')	# paths given here still begin at "/"
#	WebTest->new(install => 1)		# hawser-web is a copy that may be replaced: install()
#	$w->raw("GET / HTTP/1.1\r\n...")	# bytes in, bytes out
#	$w->routes				# of hawser-web --routes
#	$w->dates				# the worker writes the dates of series ahead
#
# Organisations A (ana@a.example owner, mia@a.example member) and B
# (ben@b.example owner); both@ab.example is a member of both.
use strict;
use warnings;
use DbTest;
use Errno;
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(sleep time);

use constant PASSWORD => 'correct horse battery';

my %live;		# pid -> name, of this process

sub new {
	my ($class, %o) = @_;
	my $self = bless { owner => $$, pids => {}, conf => $o{conf} || {}, https => $o{https}, install => $o{install}, prefix => $o{prefix} // '' }, $class;
	# Told to end, a test still ends what it started.
	$SIG{$_} ||= sub { exit 1 } for qw(INT TERM HUP PIPE);
	$self->{port} = $o{port} || free_port();
	$self->{url} = "http://127.0.0.1:$self->{port}";
	my %lines = map { $_ => [@{ $self->{conf}{$_} }] } keys %{ $self->{conf} };
	push @{ $lines{web} }, "path_prefix = $self->{prefix}" if length $self->{prefix};
	$self->{db} = DbTest->new(conf_lines => \%lines);
	eval {
		$self->set_base_url($self->{url});
		$self->people unless $o{bare};
		$self->start_web;
		$self->start_nginx;
		1;
	} or do { my $why = $@; $self->stop; die $why };
	return $self;
}

sub free_port {
	my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $!";
	return $s->sockport;
}

sub dir { $_[0]{db}->dir }
sub url { $_[0]{url} }
sub db { $_[0]{db} }
sub prefix { $_[0]{prefix} }

sub set_base_url {
	my ($self, $url) = @_;
	$self->{db}->put_conf(qr/^base_url = .*$/m, "base_url = $url");
}

sub people {
	my ($self) = @_;
	my $db = $self->{db};
	my $dir = $self->dir;
	open my $f, '>', "$dir/password" or die $!;
	print $f PASSWORD;
	close $f;
	my $add = sub {
		my ($email, $org, $role, $known) = @_;
		my $in = $known ? '</dev/null' : "--password-stdin <'$dir/password'";
		my $out = `HAWSER_CONF='@{[$db->conf]}' '@{[DbTest::build()]}/hawser' user add '$email' --org $org --role $role $in 2>&1`;
		die "user add $email: $out" if $?;
	};
	$db->hawser('org', 'add', $_) == 0 or die "org add: $db->{out}" for qw(A B);
	$add->('ana@a.example', 'A', 'owner');
	$add->('mia@a.example', 'A', 'member');
	$add->('ben@b.example', 'B', 'owner');
	$add->('both@ab.example', 'A', 'admin');
	$add->('both@ab.example', 'B', 'member', 1);
}

# ---- processes ----

sub spawn {
	my ($self, $name, $log, @command) = @_;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', $log;
		open STDERR, '>>', $log;
		$ENV{HAWSER_CONF} = $self->{db}->conf;
		no warnings 'exec';
		exec { $command[0] } @command;
		POSIX::_exit(127);
	}
	return $self->{pids}{$name} = $pid;
}

sub wait_for {
	my ($secs, $what, $good) = @_;
	my $until = time + $secs;
	until ($good->()) {
		die "waited $secs s for $what\n" if time > $until;
		sleep 0.02;
	}
}

sub program {		# as it was built
	my $asan = ($ENV{HAWSER_ASAN} // '') . '/hawser-web';
	return -x $asan ? $asan : DbTest::build() . '/hawser-web';
}

# A new file in its place, as make install puts one: this text, or a copy.
sub install {
	my ($self, $text) = @_;
	my $to = $self->{program} ||= $self->dir . '/hawser-web';
	if (defined $text) {
		open my $f, '>', "$to.new" or die $!;
		print $f $text;
		close $f or die $!;
		chmod 0755, "$to.new";
	} else {
		system('cp', program(), "$to.new") == 0 or die "cp failed\n";
	}
	rename "$to.new", $to or die $!;
}

# Is it that file which they run, the parent and all its workers?
sub runs_installed {
	my ($self) = @_;
	my @is = stat $self->{program};
	for my $pid ($self->{pids}{web}, $self->workers) {
		my @runs = stat "/proc/$pid/exe" or return 0;
		return 0 if "@runs[0, 1]" ne "@is[0, 1]";
	}
	return 1;
}

sub start_web {
	my ($self) = @_;
	my ($dir, $pid) = ($self->dir);
	unlink "$dir/run/web.sock", "$dir/run/hooks.sock";
	$self->install if $self->{install} && !$self->{program};
	$pid = $self->spawn('web', "$dir/web.log", $self->{program} || program());
	wait_for(20, 'hawser-web', sub {
		die "hawser-web ended:\n" . DbTest::tail("$dir/web.log") if waitpid($pid, POSIX::WNOHANG()) == $pid;
		-S "$dir/run/web.sock" && -S "$dir/run/hooks.sock";
	});
}

sub start_nginx {
	my ($self) = @_;
	my ($dir, $top) = ($self->dir, DbTest::top());
	mkdir "$dir/nginx";
	system('cp', glob("$top/nginx/hawser-*.conf"), "$dir/nginx/") == 0 or die "cp failed\n";
	open my $in, '<', "$top/nginx/hawser-up.conf.in" or die $!;
	my $text = do { local $/; <$in> };
	my %is = (VAR => $dir, RUN => "$dir/run", LOG => $dir, TOP => $top, PORT => $self->{port}, USER => scalar getpwuid($>), PREFIX => $self->{prefix});
	$text =~ s/\@([A-Z]+)\@/$is{$1} \/\/ die "no $1"/ge;
	open my $out, '>', "$dir/nginx/nginx.conf" or die $!;
	print $out $text;
	close $out or die $!;
	my $pid = $self->spawn('nginx', "$dir/nginx.log", '/usr/sbin/nginx', '-e', "$dir/nginx-error.log",
		'-p', "$dir/nginx", '-c', "$dir/nginx/nginx.conf");
	wait_for(20, 'nginx', sub {
		die "nginx ended:\n" . DbTest::tail("$dir/nginx.log") . DbTest::tail("$dir/nginx-error.log")
			if waitpid($pid, POSIX::WNOHANG()) == $pid;
		IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port});
	});
}

sub end {		# name, signal: waits; the exit status
	my ($self, $name, $signal) = @_;
	my $pid = delete $self->{pids}{$name} or return;
	kill $signal // 'TERM', $pid;
	my $until = time + 40;
	my $got;
	until (($got = waitpid $pid, POSIX::WNOHANG()) != 0) {
		kill 'KILL', $pid if time > $until;
		sleep 0.02;
	}
	return $?;
}

sub workers {		# pids of hawser-web's children
	my ($self) = @_;
	my @pids;
	for my $stat (glob '/proc/[0-9]*/stat') {
		open my $f, '<', $stat or next;
		my $line = <$f> // next;
		push @pids, $1 if $line =~ /^(\d+) \(.*\) ([A-Z]) (\d+)/ && $2 ne 'Z' && $3 == $self->{pids}{web};
	}
	return sort { $a <=> $b } @pids;
}

sub wait_for_workers {
	my ($self, $n) = @_;
	wait_for(10, "$n workers", sub { my @pids = $self->workers; @pids == $n });
}

sub log_text {
	my ($self, $name) = @_;
	open my $f, '<', $self->dir . "/$name" or return '';
	local $/;
	return <$f>;
}

sub stop {
	my ($self) = @_;
	return if $self->{owner} != $$;
	local $?;
	$self->end($_) for grep { $self->{pids}{$_} } qw(nginx web);
	my $log = $self->{db} ? $self->log_text('web.log') : '';
	$self->{db}->stop if $self->{db};
	return if $log !~ /Sanitizer|runtime error/;
	print STDERR $log =~ s/^\{.*\n//gmr, "not clean\n";
	POSIX::_exit(1);
}
sub DESTROY { local ($?, $@, $!); $_[0]->stop }

# ---- questions ----

sub routes {
	my $out = `'@{[DbTest::build()]}/hawser-web' --routes`;
	die "--routes failed" if $?;
	return @{ decode_json($out) };
}

sub dates {
	my ($self) = @_;
	my $out = `HAWSER_CONF='@{[$self->db->conf]}' '@{[DbTest::build()]}/hawser-sync' --once 2>&1`;
	die "hawser-sync: $out" if $?;
}

sub path_of {		# a path of a route; ids are 1 unless given
	my ($route, $id) = @_;
	my $path = $route->{path};
	$path =~ s/\{provider\}/$id \/\/ 'caldav'/ge;
	$path =~ s/\{[a-z_]+\}/$id \/\/ 1/ge;
	return $path;
}

sub raw {
	my ($self, $bytes) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 5) or die "connect: $!";
	local $SIG{PIPE} = 'IGNORE';
	print $s $bytes;
	my $answer = '';
	local $SIG{ALRM} = sub { die "no answer\n" };
	alarm 20;
	while (sysread $s, my $part, 65536) { $answer .= $part }
	alarm 0;
	return $answer;
}

sub browser { WebTest::Browser->new($_[0]) }

package WebTest::Browser;
use strict;
use warnings;
use Time::HiRes qw(sleep);

sub new {
	my ($class, $test) = @_;
	return bless {
		test => $test, cookies => {}, headers => {},
		http => HTTP::Tiny->new(max_redirect => 0, timeout => 40, agent => 'test', keep_alive => 0),
	}, $class;
}

sub request {
	my ($self, $method, $path, %o) = @_;
	my %headers = (%{ $self->{headers} }, %{ $o{headers} || {} });
	my $cookies = join '; ', map { "$_=$self->{cookies}{$_}" } sort keys %{ $self->{cookies} };
	$headers{Cookie} = $cookies if length $cookies && !exists $headers{Cookie};
	my ($r, $tries) = (undef, 0);
	# nginx counts a request for a moment longer than its answer takes.
	do {
		sleep 0.05 if $tries;
		$r = $self->{http}->request($method, $self->{test}->url . ($o{whole} ? '' : $self->{test}->prefix) . $path,
			{ headers => \%headers, defined $o{content} ? (content => $o{content}) : () });
	} while ($r->{status} == 429 && $path =~ m{^/settings/ask/} && $r->{content} =~ /very often in a short time/ && $tries++ < 10);
	my $set = $r->{headers}{'set-cookie'};
	for my $line (ref $set ? @$set : defined $set ? ($set) : ()) {
		my ($name, $value) = $line =~ /^([^=;]+)=([^;]*)/ or next;
		if ($line =~ /Max-Age=0/) { delete $self->{cookies}{$name} } else { $self->{cookies}{$name} = $value }
	}
	return $r;
}

sub get { my ($self, $path, %o) = @_; return $self->request('GET', $path, %o) }

sub follow {		# 303s, at most five
	my ($self, $r) = @_;
	for (1 .. 5) {
		return $r if $r->{status} != 303;
		$r = $self->get($r->{headers}{location}, whole => 1);
	}
	die 'too many redirects';
}

sub escape { my ($t) = @_; utf8::encode($t) if utf8::is_utf8($t); $t =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge; return $t }
sub encode {		# { name => value or [values] } or [name, value, ...]
	my ($form) = @_;
	my @pairs = ref $form eq 'ARRAY' ? @$form : map { my $k = $_; map { ($k, $_) } ref $form->{$k} ? @{ $form->{$k} } : $form->{$k} } sort keys %$form;
	my @out;
	while (my ($k, $v) = splice @pairs, 0, 2) { push @out, escape($k) . '=' . escape($v) }
	return join '&', @out;
}

sub token {		# of any page of this session
	my ($self, $page) = @_;
	my $r = $self->get($page || '/settings/account');
	$r = $self->get('/login') if $r->{status} == 303;
	my ($token) = $r->{content} =~ /name="csrf" value="([^"]+)"/ or die "no token in $r->{status} $r->{content}";
	return $token;
}

sub post {		# csrf => token, undef = none, absent = a fresh one
	my ($self, $path, $form, $o) = @_;
	my @pairs = ref $form eq 'ARRAY' ? @$form : map { my $k = $_; map { ($k, $_) } ref $form->{$k} ? @{ $form->{$k} } : $form->{$k} } sort keys %{ $form || {} };
	my $token = $o && exists $o->{csrf} ? $o->{csrf} : $self->token;
	unshift @pairs, csrf => $token if defined $token;
	return $self->request($o->{method} || 'POST', $path, content => encode(\@pairs),
		headers => { 'Content-Type' => 'application/x-www-form-urlencoded', %{ $o->{headers} || {} } });
}

sub sign_in {
	my ($self, $email, $password, %form) = @_;
	return $self->post('/login', { email => $email, password => $password // WebTest::PASSWORD, next => '', %form });
}

1;
