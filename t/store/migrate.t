#!/usr/bin/perl
# Migrations: killed at every statement they finish when run again, and end
# where an undisturbed run ends; a changed file is refused.
use strict;
use warnings;
use File::Path qw(make_path);
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib";
use DbTest;

my $hawser = DbTest::build() . '/hawser';

sub shape {	# everything the database says of itself, and the data of a fresh one
	my ($db) = @_;
	my @lines;
	for my $sql (
		"SELECT table_schema, table_name, column_name, column_type, is_nullable, column_default, extra, collation_name
		 FROM information_schema.columns WHERE table_schema IN ('hawser', 'hawser_web') ORDER BY 1, 2, ordinal_position",
		"SELECT table_name, index_name, non_unique, seq_in_index, column_name FROM information_schema.statistics
		 WHERE table_schema = 'hawser' ORDER BY 1, 2, 4",
		"SELECT constraint_name, table_name, column_name, referenced_table_name FROM information_schema.key_column_usage
		 WHERE table_schema = 'hawser' ORDER BY 1, 2, ordinal_position",
		"SELECT routine_schema, routine_name, definer, MD5(routine_definition) FROM information_schema.routines
		 WHERE routine_schema IN ('hawser', 'hawser_web') ORDER BY 1, 2",
		"SELECT trigger_name, definer, MD5(action_statement) FROM information_schema.triggers WHERE trigger_schema = 'hawser' ORDER BY 1",
		"SELECT table_name, MD5(view_definition), definer FROM information_schema.views WHERE table_schema = 'hawser_web' ORDER BY 1",
		"SELECT grantee, table_schema, table_name, privilege_type FROM information_schema.table_privileges ORDER BY 1, 2, 3, 4",
		"SELECT name, HEX(checksum), done, doing, finished_at IS NOT NULL FROM schema_migration ORDER BY 1",
		'SELECT * FROM one', 'SELECT * FROM duty',
	) {
		push @lines, map { join '|', map { $_ // 'NULL' } @$_ } $db->sql($sql);
	}
	return join "\n", sort @lines;
}

# Statements are what goes over the socket: KILL strikes before the n-th send,
# or, on the n-th receive, when the server has it already.
sub strace {
	my ($db, $call, $n) = @_;
	local $ENV{HAWSER_CONF} = $db->conf;
	my $inject = $n ? "-e inject=$call:signal=KILL:when=$n" : '';
	system("strace -qq -f -s 40 -o '$db->{dir}/trace' -e trace=sendto,recvfrom $inject '$hawser' migrate >'$db->{dir}/out' 2>&1");
	return $? & 127 || $? >> 8 == 137 ? 'killed' : $? >> 8;
}

sub fresh {
	my ($db) = @_;
	$db->sql('DROP DATABASE hawser; DROP DATABASE hawser_web', db => '');
	$db->sql("CREATE DATABASE hawser CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
		CREATE DATABASE hawser_web CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
		DELETE FROM mysql.tables_priv WHERE db LIKE 'hawser%'; DELETE FROM mysql.procs_priv WHERE db LIKE 'hawser%';
		DELETE FROM mysql.columns_priv WHERE db LIKE 'hawser%';
		FLUSH PRIVILEGES", db => '');
}

my $db = DbTest->new(migrate => 0);
is(strace($db, 'sendto', 0), 0, 'an undisturbed run');
my $want = shape($db);
# Where the statements of the files are sent and answered (each of them, which
# is what is killed), and a few of the views and rights behind them.
my %at = (sendto => [], recvfrom => []);
my ($sends, $receives, $others, $statement) = (0, 0, 0, 0);
open my $t, '<', "$db->{dir}/trace" or die;
while (<$t>) {
	if (/sendto\(/) {
		$sends++;
		$statement = /\\3(CREATE (TABLE|OR REPLACE DEFINER)|INSERT)/ || (/\\3(CREATE|GRANT|REVOKE)/ && $others++ % 25 == 0);
		push @{ $at{sendto} }, $sends if $statement;
	} elsif (/recvfrom\(/) {
		$receives++;
		push @{ $at{recvfrom} }, $receives if $statement;
		$statement = 0;
	}
}
close $t;
cmp_ok($sends, '>', 200, "$sends sends");
my ($total) = map { $_->[0] } $db->sql('SELECT SUM(done) FROM schema_migration');
cmp_ok(scalar @{ $at{sendto} }, '>=', $total, "among them all $total statements of the files");
is($db->hawser('migrate'), 0, 'run again');
is(shape($db), $want, 'changes nothing');

sub differs {
	my ($is) = @_;
	my %want = map { $_ => 1 } split /\n/, $want;
	return join '; ', grep { !$want{$_} } split /\n/, $is;
}
for my $call (qw(sendto recvfrom)) {
	my ($killed, @bad) = (0);
	my @all = @{ $at{$call} };	# a third of the answers, but for a full check
	my @n = $call eq 'sendto' || ($ENV{HAWSER_FULL} || '') eq 'yes' ? @all : @all[grep { $_ % 3 == 0 } 0 .. $#all];
	for my $n (@n) {
		fresh($db);
		my $end = strace($db, $call, $n);
		$killed++ if $end eq 'killed';
		my $code = $db->hawser('migrate');
		my $is = shape($db);
		push @bad, "$call $n: $end, then $code: $db->{err}" . differs($is) if $code || $is ne $want;
	}
	is_deeply(\@bad, [], "killed at each statement, $call: finishes when run again, and is the same");
	is($killed, scalar @n, "$killed were really killed");
}

# ---- files that changed, are missing, or wrong ----
is($db->hawser('migrate'), 0, 'whole');
my $sql = "$db->{dir}/sql";
make_path($sql);
system("cp '" . DbTest::top() . "'/sql/0*.sql '$sql/'");
my $conf = $db->conf;
system("sed -i 's#^sql_dir = .*#sql_dir = $sql#' '$conf'");
is($db->hawser('migrate'), 0, 'the same files elsewhere');
open my $f, '>>', "$sql/0001_base.sql" or die;
print $f "-- a word more\n";
close $f;
is($db->hawser('migrate'), 1, 'a file changed after it was applied is refused');
like($db->{err}, qr/0001_base\.sql is not the file that was applied/, 'and named');
system("cp '" . DbTest::top() . "'/sql/0001_base.sql '$sql/'");

open $f, '>', "$sql/9001_more.sql" or die;
print $f <<'SQL';
-- Quotes, comments and delimiters; data in one transaction with its record.
ALTER TABLE org ADD COLUMN note VARCHAR(40) NOT NULL DEFAULT 'a;b -- c';	# yes
DELIMITER //
CREATE OR REPLACE PROCEDURE fill () BEGIN INSERT INTO org (name, created_at) VALUES ('one', NOW()); /* ; */ SELECT ";"; END //
DELIMITER ;
CALL fill();
INSERT INTO org (name, created_at, note) VALUES ('two', NOW(), 'it''s "{db}" \';');
DROP PROCEDURE fill;
UPDATE org SET nonsense = 1;
SQL
close $f;
is($db->hawser('migrate'), 1, 'a statement that fails stops there');
like($db->{err}, qr/9001_more\.sql, line 9: .*nonsense/, 'told with file, line and reason');
is_deeply([ map { $_->[0] } $db->sql('SELECT name FROM org ORDER BY name') ], [qw(one two)], 'what came before is done');
is(($db->sql("SELECT note FROM org WHERE name = 'two'"))[0][0], "it's \"{db}\" ';", 'quoted text is left alone');
is(($db->sql("SELECT note FROM org WHERE name = 'one'"))[0][0], 'a;b -- c', 'a comment in quotes is none');
is($db->hawser('migrate'), 1, 'and again');
is(($db->sql('SELECT COUNT(*) FROM org'))[0][0], 2, 'nothing is done twice');
unlink "$sql/9001_more.sql";
is($db->hawser('migrate'), 1, 'a database ahead of the program is left alone');
like($db->{err}, qr/newer version/, 'with the remedy');

# ---- two at once, and a server that is not there ----
fresh($db);
unlink "$sql/9001_more.sql";
my @pids = map {
	my $pid = fork // die;
	if (!$pid) { $db->{owner} = 0; $ENV{HAWSER_CONF} = $conf; exec "$hawser migrate >/dev/null 2>&1" }
	$pid;
} 1 .. 3;
my $failed = 0;
for (@pids) { waitpid $_, 0; $failed++ if $? }
is($failed, 0, 'three at once all succeed');
is(shape($db), $want, 'and do it once');
$db->kill_server;
is($db->hawser('migrate'), 1, 'without a server');
like($db->{err}, qr/The database is not reachable/, 'a sentence says so');

done_testing;
