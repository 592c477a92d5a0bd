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
use Migration;

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

my $db = DbTest->new(migrate => 0);
my $migration = Migration->new(db => $db);
sub strace { return $migration->run($_[1]) }

sub fresh {
	my ($db) = @_;
	$db->sql('DROP DATABASE hawser; DROP DATABASE hawser_web', db => '');
	$db->sql("CREATE DATABASE hawser CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
		CREATE DATABASE hawser_web CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
		DELETE FROM mysql.tables_priv WHERE db LIKE 'hawser%'; DELETE FROM mysql.procs_priv WHERE db LIKE 'hawser%';
		DELETE FROM mysql.columns_priv WHERE db LIKE 'hawser%';
		FLUSH PRIVILEGES", db => '');
}

my ($end, @sends) = strace($db, 0);
is($end, 0, 'an undisturbed run');
cmp_ok(scalar @sends, '>', 200, scalar(@sends) . ' sends');
my $want = shape($db);
my ($total) = map { $_->[0] } $db->sql('SELECT SUM(done) FROM schema_migration');
is($db->hawser('migrate'), 0, 'run again');
is(shape($db), $want, 'changes nothing');

# ---- killed ----
# One database is led through all statements. At each of them the run is killed
# before it is recorded and before what follows (with --full also when it is
# announced and before it is sent); the next run goes on from there and is killed one send later.
# Offsets count from the announcement; in a transaction the note of what is done
# is one send instead of two.
my $full = ($ENV{HAWSER_FULL} || '') eq 'yes';
my @offsets = $full ? (1 .. 5) : (4, 5);

fresh($db);
my ($at, $killed, $runs, @bad) = (4, 0, 0);
for my $statement (1 .. $total) {
	$at = $migration->announced($at);
	if ($at < 1) { push @bad, "statement $statement does not begin"; last }
	for my $offset (@offsets) {
		my ($end, @sends) = strace($db, $at + $offset - ($migration->{in_transaction} && $offset > 2));
		$killed += $end eq 'killed';
		$runs++;
		my $done = $migration->progress;
		my $should = $offset == 5 ? $statement : $statement - 1;
		push @bad, "statement $statement, $offset sends on: $end, $done done: $sends[-1]" if $end ne 'killed' || $done != $should;
	}
}
is_deeply(\@bad, [], 'killed at each statement, the next run goes on where it was');
is($killed, $runs, "$killed were really killed");
cmp_ok($runs, '>=', @offsets * 44, 'each of the statements, several times');
is($migration->announced($at), 0, 'none is left');

# The views and rights behind them are made again each time.
($killed, $runs) = (0, 0);
my $first = (grep { $sends[$_] =~ /information_schema/ } 0 .. $#sends)[0];
my $length = @sends - $first;
for (my $n = 20; $n < $length; $n += $full ? 1 : 25) {
	($end) = strace($db, $n);
	$killed += $end eq 'killed';
	$runs++;
}
is($killed, $runs, "$killed killed while views and rights are made");
is($db->hawser('migrate'), 0, 'run again, it finishes') or diag $db->{err};
my %want = map { $_ => 1 } split /\n/, $want;
is(join('; ', grep { !$want{$_} } split /\n/, shape($db)), '', 'with nothing else');
is(shape($db), $want, 'as if nobody had disturbed it');

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

# ---- killed while the server still works at the statement ----
fresh($db);
open $f, '>', "$sql/9002_slow.sql" or die;
print $f "CREATE TABLE org_slow AS SELECT SLEEP(1.5) AS x;\nDROP TABLE org_slow;\n";
close $f;
my $slow = fork // die;
if (!$slow) { $db->{owner} = 0; $ENV{HAWSER_CONF} = $conf; exec "exec $hawser migrate >/dev/null 2>&1" }
for (1 .. 1000) {
	last if $db->sql("SELECT 1 FROM information_schema.processlist WHERE info LIKE 'CREATE TABLE org_slow%'");
	select undef, undef, undef, 0.02;
}
kill 'KILL', $slow;
waitpid $slow, 0;
is($? & 127, 9, 'killed in the middle of a slow statement');
is_deeply([ map { "@$_" } $db->sql("SELECT done, doing FROM schema_migration WHERE name = '9002_slow.sql'") ], ['0 1'], 'which was announced');
is($db->hawser('migrate'), 0, 'the next one waits for it and goes on') or diag $db->{err};
is_deeply([ map { "@$_" } $db->sql("SELECT done, doing FROM schema_migration WHERE name = '9002_slow.sql'") ], ['2 0'], 'to the end');

# ---- data that must not be changed twice, killed at each send ----
unlink "$sql/9002_slow.sql";
$db->sql("DELETE FROM schema_migration WHERE name LIKE '900%'");
open $f, '>', "$sql/9003_data.sql" or die;
print $f "UPDATE one SET x = x + 1;\nUPDATE one SET x = x * 2;\n";
close $f;
my $n = $migration->announced(4);
cmp_ok($n, '>', 0, 'killed where it begins');
for my $send (1 .. 12) {
	($end, @sends) = strace($db, $n);
	my ($x) = map { $_->[0] } $db->sql('SELECT x FROM one');
	my $done = $migration->progress - $total;
	is("$end $x", 'killed ' . ($done == 0 ? 1 : $done == 1 ? 2 : 4), "send $n, $done done: as much is changed");
	last if $done == 2;
	$n++;
}
is($db->hawser('migrate'), 0, 'run again');
is(($db->sql('SELECT x FROM one'))[0][0], 4, 'each is done once');

# ---- what is there but was not made by this migration ----
open $f, '>', "$sql/9004_clash.sql" or die;
print $f "CREATE TABLE org (x INT);\n";
close $f;
is($db->hawser('migrate'), 1, 'a table of that name is an error');
like($db->{err}, qr/9004_clash\.sql, line 1: .*exists/, 'and not taken for done');
unlink glob "$sql/900*.sql";

# ---- two at once, and a server that is not there ----
fresh($db);
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
