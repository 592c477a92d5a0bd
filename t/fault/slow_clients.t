#!/usr/bin/perl
# A hundred clients at one byte a second, through nginx as we ship it: they drip
# in a head, a form, or take their answer so. Whoever else comes is served as
# ever, hawser-web has a process busy for none of them, and their places are free
# again within a minute.
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

my $MANY = 100;
my $w = WebTest->new(conf => { web => ['workers = 2'] });
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $token = $ana->token;
my $cookie = join '; ', map { "$_=$ana->{cookies}{$_}" } sort keys %{ $ana->{cookies} };
sub median { my @s = sort { $a <=> $b } @_; return $s[@s / 2] }

# Another person, from another address: statuses, and the time of each.
sub others {
	my ($n) = @_;
	my (%count, @secs);
	for my $i (1 .. $n) {
		my $start = time;
		my $r = $i % 5 ? $ana->get('/settings/account') : $ana->post('/logout', {}, { csrf => 'wrong' });
		push @secs, time - $start;
		$count{ $r->{status} }++;
	}
	return (\%count, @secs);
}
my (undef, @idle) = others(40);
my @workers = sort $w->workers;

# Their connections; each is told what to send and how many bytes it reads.
sub attack {
	my ($name, $secs, $text, %o) = @_;
	my (@open, @closed, %said);
	for (1 .. $MANY) {
		my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $w->{port}, LocalAddr => '127.0.0.2', Timeout => 5) or die "connect: $!";
		setsockopt $s, SOL_SOCKET, SO_RCVBUF, 2304 if $o{reads};
		$s->blocking(0);
		syswrite $s, $o{first} if length($o{first} // '');
		push @open, { s => $s, left => $text, got => '' };
	}
	my $pid = open my $out, '-|' // die $!;	# the others, meanwhile
	if (!$pid) {
		sleep 1.5;
		my ($count, @took) = others(60);
		print join(',', %$count), ' ', join ',', @took;
		close STDOUT;
		POSIX::_exit(0);
	}
	local $SIG{PIPE} = 'IGNORE';
	# In bytes sent: a second each, whatever else this machine does.
	for my $second (1 .. $secs) {
		sleep 1;
		@open = grep {
			my $c = $_;
			syswrite $c->{s}, substr $c->{left}, 0, 1, '' if length $c->{left};
			my $n = sysread $c->{s}, $c->{got}, $o{reads} ? 1 : 4096, length $c->{got};
			my $gone = defined $n ? $n == 0 : !$!{EAGAIN};
			push @closed, $second if $gone;
			!$gone;
		} @open;
		last if !@open;
	}
	$said{$_}++ for map { $_->{got} =~ m{^HTTP/1.1 (\d+)} ? $1 : () } @open;
	my ($counts, $took) = split / /, <$out> // '';
	close $out;
	my %count = split /,/, $counts;
	my @took = split /,/, $took;
	is_deeply([sort keys %count], [200, 403], "$name: the others get their pages and answers") or diag explain \%count;
	my $most = (sort { $a <=> $b } @took)[-4];
	cmp_ok($most, '<', 0.5 + 5 * median(@idle), sprintf '%s: as ever (median %.0f ms, idle %.0f ms)', $name, 1000 * median(@took), 1000 * median(@idle));
	note sprintf '%s: %d closed after %d to %d s, %d open', $name, scalar @closed, $closed[0] // 0, $closed[-1] // 0, scalar @open;
	return (\@open, \@closed);
}

my $host = "Host: 127.0.0.1:$w->{port}\r\n";
my ($open, $closed) = attack('heads', 60, "GET /settings/account HTTP/1.1\r\n$host" . 'X-Drip: ' . 'x' x 5000);
is(scalar @$open, 0, 'heads: no place is taken after a minute');
cmp_ok($closed->[-1], '<=', 30, sprintf 'nor after half of it (%.0f s)', $closed->[-1]);

# Those that may stay are a handful, whatever they do; nginx has room for 2000.
my $form = 'csrf=' . 'x' x 5000;
($open, $closed) = attack('forms', 40, $form, first => "POST /logout HTTP/1.1\r\n${host}Cookie: $cookie\r\n"
	. "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " . length($form) . "\r\n\r\n");
cmp_ok(scalar @$open, '<=', 20, 'forms: at most 20 of an address are listened to');
cmp_ok(scalar @$closed, '>=', $MANY - 20, 'the others are sent away');
is(scalar(grep { $_->{got} ne '' } @$open), 0, 'those wait for their own bytes');
close $_->{s} for @$open;

($open, $closed) = attack('readers', 15, '', reads => 1, first => "GET /settings/agenda HTTP/1.1\r\n${host}Cookie: $cookie\r\nConnection: close\r\n\r\n");
my $log = $w->log_text('nginx-access.log');
my @times = $log =~ m{^127\.0\.0\.2 .* GET /settings/agenda 200 \d+ ([\d.]+) }mg;
is(scalar @times, $MANY, 'readers: nginx is done with all of them');
cmp_ok((sort { $a <=> $b } @times)[-1], '<=', 60, 'in time');
my @served = grep { /"route":"\/settings\/agenda"/ } split /\n/, $w->log_text('web.log');
my @ms = sort { $a <=> $b } map { /"ms":(\d+)/ ? $1 : () } @served;
cmp_ok($ms[-4], '<', 2000, "and hawser-web long before (at most $ms[-1] ms)");
is_deeply([sort $w->workers], \@workers, 'by the processes that were there at first');
done_testing;
