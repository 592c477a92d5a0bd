#!/usr/bin/perl
# Requests a second of the Integrations page and of the status JSON, with the
# session, the token and all headers, behind nginx as it is installed: Hawser
# beside a bare C program, PHP-FPM and Node behind the same nginx and on the
# same database server. In turn, so that drift hits all alike; min / median /
# max and the ratio. usage: run [ROUNDS [SECONDS [NAME...]]]
use strict;
use warnings;
use Digest::SHA qw(sha256);
use File::Basename qw(dirname);
use HTTP::Tiny;
use MIME::Base64 qw(encode_base64url);
use POSIX ();
use Time::HiRes qw(sleep);
use WebTest;

my ($rounds, $secs, @only) = (shift // 5, shift // 5, @ARGV);
my $here = dirname(__FILE__);
my $orgs = 1000;
my $workers = 4;

my $w = WebTest->new(bare => 1, conf => { web => ["workers = $workers"] });
my ($dir, $socket) = ($w->dir, $w->db->socket);
my %pid = (hawser => [$w->{pids}{web}], nginx => [$w->{pids}{nginx}], database => [$w->db->{pid}]);

sub slurp { my ($path) = @_; open my $f, '<', $path or die "$path: $!"; local $/; return <$f> }
sub spew { my ($path, $text) = @_; open my $f, '>', $path or die "$path: $!"; print $f $text; close $f or die $! }

print "filling two databases\n";
my $now = time;
$w->db->sql(slurp("$here/ours.sql"));
$w->db->sql('CREATE DATABASE peer CHARACTER SET utf8mb4');
$w->db->sql(slurp("$here/schema.sql"), db => 'peer');
printf "filled in %d s\n", time - $now;

# ---- sessions: one of a thousand people at random for each request
my @tokens = map { encode_base64url(sha256("bench $_")) } 1 .. $orgs;
spew("$dir/tokens", join "\n", @tokens, '');
spew("$dir/ask.lua", <<"LUA");
local tokens = {}
for line in io.lines('$dir/tokens') do tokens[#tokens + 1] = line end
local at = 0
function init() local f = io.open('/dev/urandom', 'rb') local b = f:read(4) f:close()
	math.randomseed(b:byte(1) + b:byte(2) * 256 + b:byte(3) * 65536) end
function request() return wrk.format('GET', nil, { Cookie = 'hawser=' .. tokens[math.random(1, $orgs)] }) end
LUA

sub ask {
	my ($url, $token) = @_;
	my $r = HTTP::Tiny->new(max_redirect => 0)->get($url, { headers => { Cookie => 'hawser=' . ($token // $tokens[6]) } });
	return ($r->{status}, length $r->{content}, $r->{content});
}

# ---- the peers, behind the same nginx
my $peers = WebTest::free_port();
my $conf = slurp("$dir/nginx/nginx.conf");
$conf =~ s/\}\s*\z/	server { listen 127.0.0.1:$peers;
		location ~ ^\/floor(\/.*) { fastcgi_pass "unix:$dir\/floor.sock"; include hawser-fastcgi.conf; fastcgi_param REQUEST_URI \$1; }
		location ~ ^\/php(\/.*) { fastcgi_pass "unix:$dir\/php.sock"; include hawser-fastcgi.conf; fastcgi_param REQUEST_URI \$1;
			fastcgi_param SCRIPT_FILENAME "$dir\/peer.php"; }
		location ~ ^\/node(\/.*) { proxy_pass http:\/\/node\$1; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffers 16 16k; proxy_buffer_size 16k; }
	}
	upstream node { server "unix:$dir\/node.sock"; keepalive 32; }
}
/ or die 'no end of nginx.conf';
spew("$dir/nginx/nginx.conf", $conf);
kill 'HUP', $w->{pids}{nginx};

sub peer_start {	# name, command: ended with the rest
	my ($name, @command) = @_;
	$pid{$name} = [$w->spawn($name, "$dir/$name.log", @command)];
	WebTest::wait_for(20, $name, sub { -S "$dir/$name.sock" });
	chmod 0666, "$dir/$name.sock";
}
sub peers_start {
	my ($pad) = @_;
	peer_start('floor', "$ENV{BENCH_BIN}/floor", "$dir/floor.sock", $socket, $workers, $pad);
	system('cp', "$here/peer.php", "$dir/peer.php");
	spew("$dir/fpm.conf", <<"FPM");
[global]
error_log = $dir/fpm.log
daemonize = no
[www]
user = @{[scalar getpwuid $>]}
group = @{[scalar getgrgid $)]}
listen = $dir/php.sock
listen.backlog = 511
pm = static
pm.max_children = $workers
env[DB_SOCKET] = $socket
env[PAD] = $pad
FPM
	peer_start('php', '/usr/sbin/php-fpm8.2', '-R', '-F', '-y', "$dir/fpm.conf", '-d', 'opcache.enable=1', '-d', 'opcache.validate_timestamps=0');
	local $ENV{NODE_ENV} = 'production';
	peer_start('node', 'node', "$ENV{BENCH_BIN}/node/peer.js", "$dir/node.sock", $socket, 2, $pad);
	sleep 1;
}
sub peers_stop {
	for my $name (qw(floor php node)) {
		my @all = tree($pid{$name}[0]);
		$w->end($name);
		kill 'TERM', @all[1 .. $#all];
		unlink "$dir/$name.sock";
	}
}

# ---- whose processes, what they used
sub tree {
	my ($root) = @_;
	my %of;
	for my $stat (glob '/proc/[0-9]*/stat') {
		open my $f, '<', $stat or next;
		my $line = <$f> // next;
		push @{ $of{$2} }, $1 if $line =~ /^(\d+) \(.*\) \S (\d+)/;
	}
	my @all = ($root);
	for (my $i = 0; $i < @all; $i++) { push @all, @{ $of{ $all[$i] } || [] } }
	return @all;
}
sub cpu {
	my ($name) = @_;
	my $ticks = 0;
	for my $p (tree($pid{$name}[0])) {
		open my $f, '<', "/proc/$p/stat" or next;
		my @v = split ' ', (<$f> // '') =~ s/^.*\) //r;
		$ticks += $v[11] + $v[12] + $v[13] + $v[14];	# with those of its that ended
	}
	return $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}
sub pss {
	my ($name) = @_;
	my $kb = 0;
	for my $p (tree($pid{$name}[0])) {
		open my $f, '<', "/proc/$p/smaps_rollup" or next;
		while (<$f>) { $kb += $1 if /^Pss:\s+(\d+)/ }
	}
	return $kb / 1024;
}

sub spread { my @v = sort { $a <=> $b } @_; return ($v[0], $v[@v / 2], $v[-1]) }

sub measure {
	my ($name, $url, $figures, $for) = @_;
	my %before = map { $_ => cpu($_) } $name, qw(nginx database);
	my $out = `wrk -t2 -c32 -d${for}s --latency -s '$dir/ask.lua' '$url' 2>&1`;
	my ($n) = $out =~ /(\d+) requests in/ or die "wrk: $out";
	die "$name: not all answers were good\n$out" if $out =~ /Non-2xx|Socket errors: connect [1-9]/;
	my ($rate) = $out =~ m{Requests/sec:\s+([\d.]+)};
	my ($p99, $unit) = $out =~ /\n\s+99%\s+([\d.]+)(us|ms|s)/;
	push @{ $figures->{$name} }, { rate => $rate, p99 => $p99 * { us => 0.001, ms => 1, s => 1000 }->{$unit},
		map { (($_ eq $name ? 'app' : $_) => (cpu($_) - $before{$_}) / $n * 1e6) } keys %before };
}

sub bench {
	my ($title, $ours, $theirs) = @_;
	my ($status, $bytes) = ask($w->url . $ours);
	die "$ours: $status" if $status != 200;
	peers_start(0);
	my (undef, $bare) = ask("http://127.0.0.1:$peers/floor$theirs");
	peers_stop();
	my $pad = $bytes > $bare ? int(($bytes - $bare) / 10) : 0;
	peers_start($pad);
	my %url = (hawser => $w->url . $ours, map { $_ => "http://127.0.0.1:$peers/$_$theirs" } qw(floor php node));
	my @names = @only ? @only : qw(hawser floor php node);
	for my $name (@names) {
		my ($code, $length) = ask($url{$name});
		printf "%-7s %s: %d, %d bytes, stranger %d\n", $name, $title, $code, $length, (ask($url{$name}, 'x' x 43))[0];
		die "$name answers $code\n" if $code != 200;
	}
	my %figures;
	for my $name (@names) { measure($name, $url{$name}, {}, 1) }
	for my $round (1 .. $rounds) {
		measure($_, $url{$_}, \%figures, $secs) for @names;
	}
	printf "\n%-8s %-26s %-20s %-30s %s\n", $title, 'requests/s min/med/max', 'p99 ms', 'cpu us/request app nginx db', 'PSS MiB';
	for my $name (@names) {
		my $v = $figures{$name};
		printf "%-8s %-26s %-20s %-30s %.1f\n", $name, join(' / ', map { sprintf '%.0f', $_ } spread(map { $_->{rate} } @$v)),
			join(' / ', map { sprintf '%.1f', $_ } spread(map { $_->{p99} } @$v)),
			join(' / ', map { my $k = $_; sprintf '%.0f', (spread(map { $_->{$k} } @$v))[1] } qw(app nginx database)), pss($name);
	}
	for my $name (grep { $_ ne 'hawser' && $figures{hawser} } @names) {
		my @ratio = map { $figures{hawser}[$_]{rate} / $figures{$name}[$_]{rate} } 0 .. $rounds - 1;
		printf "hawser is %s x %s\n", join(' / ', map { sprintf '%.2f', $_ } spread(@ratio)), $name;
	}
	print "\n";
	peers_stop();
}

bench('page', '/settings/integrations', '/page');
bench('status', '/settings/integrations/status', '/status') if (ask($w->url . '/settings/integrations/status'))[0] == 200;
