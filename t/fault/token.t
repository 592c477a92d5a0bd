#!/usr/bin/perl
# Fifty processes find the access token at its end: one refreshes, all have the
# same new one. What is trouble of the way ends no access; what is its end asks
# the person, once.
use strict;
use warnings;
use GoogleTest;
use JSON::PP;
use POSIX ();
use Test::More;

my $g = GoogleTest->new;
my $s = $g->{s};
my $ana = $g->{w}->browser;
$ana->sign_in('ana@a.example');
my $id = $g->connect($ana);
my $org = $g->one("SELECT org_id FROM connection WHERE id = $id");
my $probe = (-x "$ENV{HAWSER_ASAN}/t/lib/token_probe" ? $ENV{HAWSER_ASAN} : $ENV{HAWSER_BUILD}) . '/t/lib/token_probe';
$ENV{HAWSER_CONF} = $g->db->conf;
$ENV{ASAN_OPTIONS} = 'detect_leaks=0';

sub start { my (@more) = @_; open my $f, '-|', $probe, $org, $id, @more or die $!; return $f }
sub answers { return map { my $line = readline($_) // "nothing\n"; close $_; chomp $line; $line } @_ }
sub asked { return $s->requests->{requests}{token} // 0 }
sub expire { $g->db->sql("UPDATE oauth_grant SET expires_at = now(6) WHERE connection_id = $id"); $s->control('requests/reset') }
sub generation { return $g->one("SELECT generation FROM oauth_grant WHERE connection_id = $id") }

for my $rotate (0, 1) {
	my $name = $rotate ? 'rotated' : 'kept';
	$s->control(rotate => { on => $rotate ? JSON::PP::true : JSON::PP::false });
	expire();
	my $before = generation();
	my %seen;
	$seen{$_}++ for answers(map { start() } 1 .. 50);
	is(scalar keys %seen, 1, "refresh token $name: fifty have the same one") or diag join "\n", keys %seen;
	like((keys %seen)[0], qr/^ok @{[$before + 1]} /, "refresh token $name: the next generation");
	is(asked(), 1, "refresh token $name: one refresh");
}

# After a 401: whoever was refused asks; the others take what came of it.
$s->control('requests/reset');
my $before = generation();
my %seen;
$seen{$_}++ for answers(map { start('renew') } 1 .. 8);
is(scalar(grep { /^ok/ } keys %seen), scalar keys %seen, 'eight are refused at once: all have another one');
cmp_ok(asked(), '<=', 8, 'none asks twice');

# ---- trouble of the way ----
for my $f ([503, 'upstream|limit'], [429, 'limit'], [500, 'upstream']) {
	expire();
	$s->fault(match => 'token', action => 'status', status => $f->[0], times => 1);
	like((answers(start()))[0], qr/^(?:$f->[1]) /i, "the token endpoint answers $f->[0]: trouble");
	is($g->one("SELECT state FROM connection WHERE id = $id"), 1, 'and no end of the access');
	is($g->one("SELECT COUNT(*) FROM oauth_grant WHERE claimed_by = ''"), 1, 'the claim is given back');
	like((answers(start()))[0], qr/^ok /, 'the next try has it');
	$s->calm;
}
$s->control(rotate => { on => JSON::PP::false });	# else it would be lost with its answer
expire();
$s->fault(match => 'token', action => 'garbage', times => 1);
like((answers(start()))[0], qr/^upstream /i, 'an answer that is none: trouble');
$s->calm;

# A process that dies with the claim does not keep the others waiting.
expire();
$g->db->sql("UPDATE oauth_grant SET claimed_until = now(6) + INTERVAL 1 HOUR, claimed_by = CONCAT('" . do { open my $f, '<', '/proc/sys/kernel/random/boot_id' or die $!; my $b = <$f>; chomp $b; $b } . "', ':99999999:1') WHERE connection_id = $id");
like((answers(start()))[0], qr/^ok /, 'the claim of a dead process is taken');

# ---- its end ----
expire();
$s->control(revoke => { account => 'anna@example.com' });
like((answers(start()))[0], qr/^reconnect .*Reconnect/i, 'access that was withdrawn asks the person');
like(scalar $g->sync('--connection', $id), qr/needs to be connected again/, 'a run says so');
my $n = asked();
$g->sync for 1 .. 3;
is(asked(), $n, 'and nobody asks again and again');
$g->connect($ana, form => { connection => $id });
like((answers(start()))[0], qr/^ok /, 'until the person has signed in again');
done_testing;
