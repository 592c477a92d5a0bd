#!/usr/bin/perl
# A scripted HTTP server for the fault tests: DavStore answers, rules laid over
# it make the answers slow, cut, endless, garbled, redirected or absent.
#
#	fault-server.pl [--ledger FILE] [--script FILE]
# prints "PORT CONTROL_PORT" and serves until it is ended.
#
# Control port: POST /rules (one rule or a list), DELETE /rules, POST /seed
# {path: data or null}, POST /options {...}, GET /ledger, GET /requests,
# DELETE /requests, GET /store. A script file holds rules as JSON.
#
# Rule: method, path, body_match (regexes), skip n, percent n (of those that
# fit), times n (default 1, -1 = for ever) and what happens: status, headers, body, repeat n, endless 1 (body
# again and again), garbage n, chunked 1, gzip 1, cut n (close after n bytes of
# the body), delay_ms, piece n + piece_ms (bytes at a time), replace [from, to]
# in the store's own answer, close "before" (not carried out), "after" (carried
# out, no answer). Without status and body the store answers.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use DavStore;
use Getopt::Long;
use IO::Compress::Gzip qw(gzip);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw(time);

GetOptions('ledger=s' => \my $ledger_file, 'script=s' => \my $script) or exit 2;
$SIG{PIPE} = 'IGNORE';
$| = 1;

my $json = JSON::PP->new->canonical->utf8;
my (@rules, @requests, %conns);
my $store = DavStore->new(on_write => sub {
	return if !$ledger_file;
	open my $fh, '>>', $ledger_file or die "$ledger_file: $!";
	print $fh $json->encode($_[0]), "\n";
	close $fh;
});
if ($script) {
	open my $fh, '<', $script or die "$script: $!";
	local $/;
	@rules = @{ $json->decode(<$fh>) };
}

sub listener {
	return IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0,
		Listen => 64, ReuseAddr => 1, Blocking => 0) || die "listen: $!";
}
my ($front, $control) = (listener(), listener());
print $front->sockport, ' ', $control->sockport, "\n";

# ---- what to answer ----

sub find_rule {
	my ($r) = @_;
	for my $rule (@rules) {
		next if defined $rule->{method} && $r->{method} !~ /^(?:$rule->{method})$/;
		next if defined $rule->{path} && $r->{path} !~ /$rule->{path}/;
		next if defined $rule->{body_match} && $r->{body} !~ /$rule->{body_match}/;
		next if ($rule->{times} //= 1) == 0;
		next if ($rule->{skip} // 0) > 0 && $rule->{skip}--;
		next if defined $rule->{percent} && rand(100) >= $rule->{percent};
		$rule->{times}--;
		return $rule;
	}
	return {};
}

sub head {
	my ($status, $headers) = @_;
	return "HTTP/1.1 $status Status\r\n"
		. join('', map { "$_: $headers->{$_}\r\n" } sort keys %$headers) . "\r\n";
}

# What a connection sends: {head, body, endless, cut, ...} read by pump().
sub plan_front {
	my ($r) = @_;
	my $rule = find_rule($r);
	my ($status, $headers, $body);

	return { close => 1, head => '', body => '', wait => $rule->{delay_ms} // 0 } if ($rule->{close} // '') eq 'before';
	if (defined $rule->{status} || defined $rule->{body} || $rule->{garbage}) {
		($status, $headers, $body) = ($rule->{status} // 200, {}, $rule->{body} // '');
	} else {
		($status, $headers, $body) = $store->answer($r);
	}
	return { close => 1, head => '', body => '', wait => $rule->{delay_ms} // 0 } if ($rule->{close} // '') eq 'after';
	utf8::encode($body) if utf8::is_utf8($body);
	%$headers = (%$headers, %{ $rule->{headers} // {} });
	$body =~ s/$rule->{replace}[0]/$rule->{replace}[1]/g if $rule->{replace};
	$body = join '', map { chr(rand 256) } 1 .. $rule->{garbage} if $rule->{garbage};
	$body x= $rule->{repeat} if $rule->{repeat} && !$rule->{gzip};
	if ($rule->{gzip}) {
		my $plain = $body x ($rule->{repeat} || 1);
		gzip(\$plain, \my $packed);
		$body = $packed;
		$headers->{'Content-Encoding'} = 'gzip';
	}
	my $endless = $rule->{endless} ? $body : undef;
	my $close = $endless || defined $rule->{cut};
	if ($endless) {
		$headers->{Connection} = 'close';
	} elsif ($rule->{chunked}) {
		$headers->{'Transfer-Encoding'} = 'chunked';
		$body = join('', map { sprintf("%x\r\n%s\r\n", length $_, $_) } $body =~ /(.{1,1000})/sg) . "0\r\n\r\n";
	} elsif ($status != 204) {
		$headers->{'Content-Length'} //= length $body;
	}
	substr($body, $rule->{cut}) = '' if defined $rule->{cut} && $rule->{cut} < length $body;
	return { head => head($status, $headers), body => $r->{method} eq 'HEAD' ? '' : $body,
		endless => $endless, close => $close, wait => $rule->{delay_ms} // 0,
		piece => $rule->{piece}, piece_ms => $rule->{piece_ms} // 0 };
}

sub plan_control {
	my ($r) = @_;
	my ($what, $out) = ("$r->{method} $r->{path}", {});
	my $in = length $r->{body} ? $json->decode($r->{body}) : undef;

	if ($what eq 'POST /rules') {
		push @rules, ref $in eq 'ARRAY' ? @$in : $in;
	} elsif ($what eq 'DELETE /rules') {
		@rules = ();
	} elsif ($what eq 'POST /options') {
		$store->{options} = $in;
		$store->{oldest} = delete $in->{oldest} if defined $in->{oldest};
		$store->{oldest} = $store->{rev} + 1, $store->{rev}++ if delete $in->{expire_tokens};
	} elsif ($what eq 'POST /seed') {
		defined $in->{$_} ? $store->seed($_, $in->{$_}) : $store->unseed($_) for sort keys %$in;
	} elsif ($what eq 'GET /ledger') {
		$out = $store->{ledger};
	} elsif ($what eq 'GET /store') {
		$out = $store->{objects};
	} elsif ($what eq 'GET /requests') {
		$out = \@requests;
	} elsif ($what eq 'DELETE /requests') {
		@requests = ();
	} else {
		return { head => head(404, { 'Content-Length' => 0 }), body => '' };
	}
	my $body = $json->encode($out);
	return { head => head(200, { 'Content-Length' => length $body }), body => $body };
}

# ---- connections ----

sub parse {
	my ($in) = @_;
	my $end = index $$in, "\r\n\r\n";
	return if $end < 0;
	my ($first, @lines) = split /\r\n/, substr($$in, 0, $end);
	my %headers = map { /^([^:]+):\s*(.*)$/ ? (lc $1 => $2) : () } @lines;
	my $length = $headers{'content-length'} // 0;
	return if length($$in) < $end + 4 + $length;
	my ($method, $path) = split / /, $first;
	my $body = substr $$in, $end + 4, $length;
	substr($$in, 0, $end + 4 + $length) = '';
	return { method => $method, path => $path, headers => \%headers, body => $body };
}

sub drop {
	my ($c) = @_;
	delete $conns{ fileno $c->{fh} };
	close $c->{fh};
	return;
}

sub start_answer {
	my ($c) = @_;
	my $r = parse(\$c->{in}) or return;
	if ($c->{front}) {
		push @requests, { %$r, body => substr($r->{body}, 0, 4000), at => time };
		shift @requests if @requests > 5000;
	}
	my $plan = $c->{front} ? plan_front($r) : plan_control($r);
	$c->{plan} = $plan;
	$c->{out} = $plan->{head} . ($plan->{piece} ? '' : $plan->{body});
	$c->{rest} = $plan->{piece} ? $plan->{body} : '';
	$c->{due} = time + ($plan->{wait} // 0) / 1000;
	return;
}

# Writes what is due; true while there is an answer under way.
sub pump {
	my ($c) = @_;
	my $plan = $c->{plan} or return;
	return if time < $c->{due};
	if (!length $c->{out} && length $c->{rest}) {
		$c->{out} = substr $c->{rest}, 0, $plan->{piece}, '';
		$c->{due} = time + $plan->{piece_ms} / 1000;
	}
	if (!length $c->{out} && defined $plan->{endless}) {
		$c->{out} = $plan->{piece} ? substr($plan->{endless}, 0, $plan->{piece}) : $plan->{endless};
		$c->{due} = time + $plan->{piece_ms} / 1000 if $plan->{piece};
	}
	if (length $c->{out}) {
		my $n = syswrite $c->{fh}, $c->{out};
		return drop($c) if !defined $n && !$!{EAGAIN};
		substr($c->{out}, 0, $n // 0) = '';
	}
	return if length $c->{out} || length $c->{rest} || defined $plan->{endless};
	return drop($c) if $plan->{close};
	delete $c->{plan};
	start_answer($c);
	return;
}

sub accept_all {
	my ($listener, $is_front) = @_;
	while (my $fh = $listener->accept) {
		$fh->blocking(0);
		$conns{ fileno $fh } = { fh => $fh, front => $is_front, in => '', out => '', rest => '', due => 0 };
	}
	return;
}

while (1) {
	my ($read, $write) = (IO::Select->new($front, $control), IO::Select->new);
	my $wait = 5;
	for my $c (values %conns) {
		$read->add($c->{fh});
		next if !$c->{plan};
		my $left = $c->{due} - time;
		$left > 0 ? ($wait = $left < $wait ? $left : $wait) : $write->add($c->{fh});
	}
	my ($r) = IO::Select::select($read, $write, undef, $wait);
	for my $fh (@{ $r // [] }) {
		if ($fh == $front || $fh == $control) {
			accept_all($fh, $fh == $front);
			next;
		}
		my $c = $conns{ fileno $fh } or next;
		my $n = sysread $fh, $c->{in}, 65536, length $c->{in};
		if (!$n) {
			drop($c) if defined $n || !$!{EAGAIN};
			next;
		}
		start_answer($c) if !$c->{plan};
	}
	pump($_) for values %conns;
}
