#!/usr/bin/perl
# Three hundred clients at one byte a second, through nginx as we ship it: a
# hundred of one address drip in a head, of another a form, of a third take their
# answer so, all at the same time. Whoever else comes is served as ever,
# hawser-web has a process busy for none of them, and their places are free again
# within a minute.
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

my $host = "Host: 127.0.0.1:$w->{port}\r\n";
my $form = 'csrf=' . 'x' x 5000;
# From where, what is sent at once, what in drips; reads: so is the answer taken.
# secs: so long at most, until no more than those that may stay are left.
my @attacks = (
	{ name => 'heads', from => '127.0.0.2', secs => 60, stay => 0, first => '', text => "GET /settings/account HTTP/1.1\r\n$host" . 'X-Drip: ' . 'x' x 5000 },
	{ name => 'forms', from => '127.0.0.3', secs => 60, stay => 20, text => $form, first => "POST /logout HTTP/1.1\r\n${host}Cookie: $cookie\r\n"
		. "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " . length($form) . "\r\n\r\n" },
	{ name => 'readers', from => '127.0.0.4', secs => 15, stay => 0, text => '', reads => 1,
		first => "GET /settings/agenda HTTP/1.1\r\n${host}Cookie: $cookie\r\nConnection: close\r\n\r\n" },
);
for my $a (@attacks) {
	@$a{qw(open closed)} = ([], []);
	for (1 .. $MANY) {
		my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $w->{port}, LocalAddr => $a->{from}, Timeout => 5) or die "connect: $!";
		setsockopt $s, SOL_SOCKET, SO_RCVBUF, 2304 if $a->{reads};
		$s->blocking(0);
		syswrite $s, $a->{first} if length $a->{first};
		push @{ $a->{open} }, { s => $s, left => $a->{text}, got => '' };
	}
}
my $pid = open my $out, '-|' // die $!;	# the others, meanwhile
if (!$pid) {
	my (%sum, @took);
	for my $pause (1.5, 4, 4) {
		sleep $pause;
		my ($count, @secs) = others(60);
		$sum{$_} += $count->{$_} for keys %$count;
		push @took, @secs;
	}
	print join(',', %sum), ' ', join ',', @took;
	close STDOUT;
	POSIX::_exit(0);
}
$SIG{PIPE} = 'IGNORE';
# In bytes sent: a second each, whatever else this machine does.
for my $second (1 .. 60) {
	my @on = grep { $second <= $_->{secs} && @{ $_->{open} } > $_->{stay} } @attacks or last;
	sleep 1;
	for my $a (@on) {
		@{ $a->{open} } = grep {
			my $c = $_;
			syswrite $c->{s}, substr $c->{left}, 0, 1, '' if length $c->{left};
			my $n = sysread $c->{s}, $c->{got}, $a->{reads} ? 1 : 4096, length $c->{got};
			my $gone = defined $n ? $n == 0 : !$!{EAGAIN};
			push @{ $a->{closed} }, $second if $gone;
			!$gone;
		} @{ $a->{open} };
	}
}
my ($counts, $took) = split / /, <$out> // '';
close $out;
my %count = split /,/, $counts;
my @took = sort { $a <=> $b } split /,/, $took;
is_deeply([sort keys %count], [200, 403], 'the others get their pages and answers') or diag explain \%count;
cmp_ok($took[-8], '<', 0.5 + 5 * median(@idle), sprintf 'as ever (median %.0f ms, idle %.0f ms)', 1000 * median(@took), 1000 * median(@idle));
note sprintf '%s: %d closed after %d to %d s, %d open', $_->{name}, scalar @{ $_->{closed} }, $_->{closed}[0] // 0, $_->{closed}[-1] // 0, scalar @{ $_->{open} } for @attacks;

my ($heads, $forms) = @attacks;
is(scalar @{ $heads->{open} }, 0, 'heads: no place is taken after a minute');
cmp_ok($heads->{closed}[-1] // 99, '<=', 30, sprintf 'nor after half of it (%.0f s)', $heads->{closed}[-1] // 99);
# Those that may stay are a handful, whatever they do; nginx has room for 2000.
cmp_ok(scalar @{ $forms->{open} }, '<=', 20, 'forms: at most 20 of an address are listened to');
cmp_ok(scalar @{ $forms->{closed} }, '>=', $MANY - 20, 'the others are sent away');
is(scalar(grep { $_->{got} ne '' } @{ $forms->{open} }), 0, 'those wait for their own bytes');

my $log = $w->log_text('nginx-access.log');
my @times = $log =~ m{^127\.0\.0\.4 .* GET /settings/agenda 200 \d+ ([\d.]+) }mg;
is(scalar @times, $MANY, 'readers: nginx is done with all of them');
cmp_ok((sort { $a <=> $b } @times)[-1], '<=', 60, 'in time');
my @served = grep { /"route":"\/settings\/agenda"/ } split /\n/, $w->log_text('web.log');
my @ms = sort { $a <=> $b } map { /"ms":(\d+)/ ? $1 : () } @served;
cmp_ok($ms[-4], '<', 2000, "and hawser-web long before (at most $ms[-1] ms)");
is_deeply([sort $w->workers], \@workers, 'by the processes that were there at first');
done_testing;
