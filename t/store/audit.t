#!/usr/bin/perl
# The audit chain: a changed, cut, reordered or invented entry is found.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use JSON::PP;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib";
use DbTest;

my $db = DbTest->new;
is($db->hawser('org', 'add', 'A'), 0, 'an organisation');
is($db->hawser('org', 'add', 'B'), 0, 'another');
for my $n (1 .. 6) {
	is($db->hawser(\"correct horse $n\n", 'user', 'add', "u$n\@example.com", '--org', 'A', '--password-stdin'), 0, "user $n")
		or diag $db->{err};
}
is($db->hawser('audit', 'verify'), 0, 'an untouched chain verifies');
like($db->{out}, qr/^A: 7 entries in order/m, 'all entries');

# Somebody else can check it with the export alone.
is($db->hawser('audit', 'export', '--org', 'A'), 0, 'export');
my ($prev, $seq) = ('0' x 64, 0);
my @lines = map { decode_json($_) } split /\n/, $db->{out};
is(scalar @lines, 7, 'seven lines');
for my $line (@lines) {
	my $hash = sha256_hex(pack('Q>Q>H*', 1, $line->{seq}, $prev) . $line->{body});
	is("$line->{seq} $line->{prev} $line->{hash}", ++$seq . " $prev $hash", "entry $seq is SHA-256(org, seq, previous, body)");
	$prev = $hash;
}

my %tamper = (
	'a changed body' => "UPDATE audit SET body = REPLACE(body, 'user.add', 'user.adD') WHERE org_id = 1 AND seq = 3",
	'a changed body with a fresh hash' => "UPDATE audit SET body = REPLACE(body, 'user.add', 'user.adD'),
		hash = UNHEX(SHA2(CONCAT(UNHEX(LPAD(HEX(org_id), 16, '0')), UNHEX(LPAD(HEX(seq), 16, '0')), prev_hash, body), 256))
		WHERE org_id = 1 AND seq = 3",
	'a missing entry' => "DELETE FROM audit WHERE org_id = 1 AND seq = 4",
	'a missing first entry' => "DELETE FROM audit WHERE org_id = 1 AND seq = 1",
	'a missing last entry' => "DELETE FROM audit WHERE org_id = 1 AND seq = 7",
	'a missing last entry, numbers healed' => "DELETE FROM audit WHERE org_id = 1 AND seq = 7;
		UPDATE audit_head SET seq = 6 WHERE org_id = 1",
	'two entries in the other order' => "UPDATE audit SET seq = 100 WHERE org_id = 1 AND seq = 2;
		UPDATE audit SET seq = 2 WHERE org_id = 1 AND seq = 3; UPDATE audit SET seq = 3 WHERE org_id = 1 AND seq = 100",
	'a gap closed by renumbering' => "DELETE FROM audit WHERE org_id = 1 AND seq = 4;
		UPDATE audit SET seq = seq - 1 WHERE org_id = 1 AND seq > 4 ORDER BY seq; UPDATE audit_head SET seq = 6 WHERE org_id = 1",
	'an invented entry at the end' => "INSERT INTO audit (org_id, seq, prev_hash, body, hash) SELECT org_id, 8, hash, body, hash FROM audit WHERE org_id = 1 AND seq = 7",
	'an entry of another organisation' => "UPDATE audit a JOIN audit b ON b.org_id = 2 AND b.seq = 1
		SET a.body = b.body, a.hash = b.hash WHERE a.org_id = 1 AND a.seq = 1",
	'a rewound head' => "UPDATE audit_head h JOIN audit a ON a.org_id = 1 AND a.seq = 5 SET h.seq = 5, h.hash = a.hash WHERE h.org_id = 1",
	'a lost head' => "DELETE FROM audit_head WHERE org_id = 1",
	'an emptied chain' => "DELETE FROM audit WHERE org_id = 1",
	'a changed hash at the end' => "UPDATE audit SET hash = REPEAT('x', 32) WHERE org_id = 1 AND seq = 7",
);
$db->sql('CREATE TABLE test.a AS SELECT * FROM hawser.audit', db => '') if $db->sql('CREATE DATABASE test') || 1;
$db->sql('CREATE TABLE test.h AS SELECT * FROM hawser.audit_head');
for my $what (sort keys %tamper) {
	$db->sql($tamper{$what});
	is($db->hawser('audit', 'verify'), 1, "$what is found");
	like($db->{out}, qr/^A: entry \d+ is wrong: \w+/m, 'told in words') and note $db->{out} =~ /^(A: .*)/m;
	like($db->{out}, qr/^B: 1 entries in order/m, 'the other organisation is fine');
	$db->sql('DELETE FROM audit; INSERT INTO audit (org_id, seq, prev_hash, body, hash) SELECT org_id, seq, prev_hash, body, hash FROM test.a;
		DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM test.h');
}
is($db->hawser('audit', 'verify', '--json'), 0, 'put back, it verifies again');
is(decode_json($db->{out})->[0]{head}, $prev, 'with the same head');

# A head that moves between reading and writing it, as on another node: the
# entry and the change it belongs to fail.
my $password = ($db->sql("SELECT password_hash FROM user WHERE email_key = 'u1\@example.com'"))[0][0];
$db->sql("CREATE TRIGGER audit_moves AFTER INSERT ON audit FOR EACH ROW
	UPDATE audit_head SET hash = REPEAT('x', 32) WHERE org_id = NEW.org_id");
is($db->hawser(\"another horse\n", 'user', 'password', 'u1@example.com', '--org', 'A', '--password-stdin'), 1, 'a head that moves meanwhile fails the change');
like($db->{err}, qr/audit of this organisation moved/, 'and says why');
$db->sql('DROP TRIGGER audit_moves');
is(($db->sql("SELECT password_hash FROM user WHERE email_key = 'u1\@example.com'"))[0][0], $password, 'which is undone');
is($db->hawser('audit', 'verify'), 0, 'the chain is as it was');
like($db->{out}, qr/^A: 7 entries in order/m, 'without that entry');

# Writers at the same time, each with a user of its own: no gap, no fork.
my @children;
for my $w (1 .. 4) {
	my $pid = fork // die;
	if (!$pid) {
		$db->{owner} = 0;
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		$ENV{HAWSER_CONF} = $db->conf;
		my $failed = 0;
		for (1 .. 10) {
			open my $h, '|-', DbTest::build() . "/hawser user password u$w\@example.com --org A --password-stdin" or $failed++;
			print $h "correct horse";
			close $h or $failed++;
		}
		require POSIX;
		POSIX::_exit($failed);
	}
	push @children, $pid;
}
my $failed = 0;
for (@children) { waitpid $_, 0; $failed += $? >> 8 }
is($failed, 0, 'forty changes by four processes');
is($db->hawser('audit', 'verify'), 0, 'one chain');
like($db->{out}, qr/^A: 47 entries in order/m, 'without a gap');

done_testing;
