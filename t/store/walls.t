#!/usr/bin/perl
# What the accounts reach, as the database itself tells: no base table for the
# web, exactly the listed rights for each, keys that begin with the
# organisation, and plans that enter by it.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib";
use DbTest;

my $db = DbTest->new;
my @tables = map { $_->[0] } $db->sql(
	"SELECT table_name FROM information_schema.tables
	 WHERE table_schema = 'hawser' AND table_type = 'BASE TABLE'");
my @views = map { $_->[0] } $db->sql(
	"SELECT table_name FROM information_schema.tables WHERE table_schema = 'hawser_web'");
cmp_ok(scalar @tables, '>', 25, 'there are tables');
cmp_ok(scalar @views, '>', 20, 'and views');

# ---- reach ----
for my $account (qw(web hooks)) {
	my @reached = grep { !($db->try_as($account, "SELECT 1 FROM hawser.`$_` LIMIT 1"))[1] } @tables;
	is_deeply(\@reached, [], "$account reaches no base table");
	my ($rows) = $db->try_as($account, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'hawser'");
	is_deeply($rows, [], "$account does not even see them");
	my ($others) = $db->try_as($account, 'SELECT user FROM mysql.user');
	is($others, undef, "$account does not read the server's accounts");
}
my %right;	# account, table -> rights
for ($db->sql("SELECT grantee, table_schema, table_name, privilege_type FROM information_schema.table_privileges")) {
	my ($who, $base, $table, $right) = @$_;
	next if $who !~ /^'hawser_(web|hooks|sync)'/;
	$right{$1}{"$base.$table"}{$right} = 1;
}
for my $account (qw(web hooks)) {
	my @wrong = grep { /^hawser\./ } keys %{ $right{$account} };
	is_deeply(\@wrong, [], "$account has rights on views only");
	is_deeply([ sort keys %{ $right{$account}{'hawser_web.audit'} } ], [qw(INSERT SELECT)], "$account only adds to the audit");
}
is_deeply([ sort keys %{ $right{sync}{'hawser.audit'} } ], [qw(INSERT SELECT)], 'sync only adds to the audit');
ok(!$right{web}{'hawser_web.credential'} && !$right{web}{'hawser_web.data_key'}, 'web has no right on credentials and keys');
ok($right{hooks}{'hawser_web.credential'}{UPDATE}, 'hooks has');
is_deeply([ map { $right{$_}{ $_ eq 'sync' ? 'hawser.kek' : 'hawser_web.kek' } } qw(web hooks sync) ],
	[ undef, { SELECT => 1 }, { SELECT => 1 } ], 'which key of the key file wraps is read by hooks and sync, and written by neither');
is(scalar(grep { /password_hash/ } map { $_->[0] } $db->sql(
	"SELECT column_name FROM information_schema.columns WHERE table_schema = 'hawser_web'")), 0, 'no view shows a password hash');
like(($db->try_as('sync', 'SELECT password_hash FROM user'))[1], qr/denied/, 'sync does not read it either');
is_deeply([ $db->sql("SELECT grantee, privilege_type FROM information_schema.user_privileges
	WHERE grantee REGEXP 'hawser_(web|hooks|sync|owner)' AND privilege_type <> 'USAGE'") ], [], 'no account has rights on everything');
is_deeply([ $db->sql("SELECT grantee FROM information_schema.schema_privileges
	WHERE grantee REGEXP 'hawser_(web|hooks|sync)'") ], [], 'nor on a whole database');
my ($why) = ($db->try_sql('DO 1', user => 'hawser_owner', db => ''))[1];
like($why, qr/locked|denied/, 'the owner of the views can not log in');

# ---- views ----
for my $view (sort @views) {
	my ($row) = $db->sql("SELECT security_type, check_option, definer, is_updatable, algorithm
		FROM information_schema.views WHERE table_schema = 'hawser_web' AND table_name = '$view'");
	my $check = $view eq 'connection_card' ? 'NONE' : 'CASCADED';	# joined: nobody writes through it
	is("@$row[0, 1, 2, 4]", "DEFINER $check hawser_owner\@localhost MERGE", "view $view: definer, check option, merge");
}

# ---- the function they ask: a constant of the plan, with its owner's rights ----
is_deeply([ map { "@$_" } $db->sql("SELECT is_deterministic, sql_data_access, security_type, definer FROM information_schema.routines
	WHERE routine_schema = 'hawser' AND routine_name = 'tenant'") ], ['YES READS SQL DATA DEFINER hawser_owner@localhost'],
	'tenant() is deterministic and runs as the owner of the views');

# ---- keys ----
my %tenant = map { $_->[0] => 1 } $db->sql(
	"SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'hawser' AND column_name = 'org_id'");
delete $tenant{session};	# found by its token, before a tenant is known
cmp_ok(scalar keys %tenant, '>', 20, 'tenant tables');
my %first;
for ($db->sql("SELECT table_name, index_name, non_unique, GROUP_CONCAT(column_name ORDER BY seq_in_index)
		FROM information_schema.statistics WHERE table_schema = 'hawser' GROUP BY 1, 2, 3")) {
	my ($table, $index, $loose, $columns) = @$_;
	next if !$tenant{$table};
	next if $loose && $columns =~ /^(id|due|user_id|kek_id)$/ && "$table.$index" =~ /_id$|^job\.job_due$|membership_user$|data_key_kek$/;
	like($columns, qr/^org_id/, "$table.$index begins with org_id");
}
for ($db->sql("SELECT constraint_name, table_name, GROUP_CONCAT(column_name ORDER BY ordinal_position), referenced_table_name
		FROM information_schema.key_column_usage
		WHERE table_schema = 'hawser' AND referenced_table_name IS NOT NULL GROUP BY 1, 2, 4")) {
	my ($name, $table, $columns, $to) = @$_;
	next if $name =~ /^(?:membership_user|data_key_kek)$/;	# users and the key file stand above organisations
	like($columns, qr/^org_id/, "foreign key $name of $table includes org_id");
}
is_deeply([ $db->sql("SELECT t.table_name FROM information_schema.tables t
	LEFT JOIN information_schema.table_constraints c ON c.table_schema = t.table_schema
		AND c.table_name = t.table_name AND c.constraint_type = 'PRIMARY KEY'
	WHERE t.table_schema = 'hawser' AND t.table_type = 'BASE TABLE' AND c.table_name IS NULL") ], [], 'every table has a primary key');

# ---- plans, as the owner of the views ----
$db->sql("ALTER USER hawser_owner\@localhost IDENTIFIED BY 'test' ACCOUNT UNLOCK");
$db->sql("GRANT SELECT, UPDATE, DELETE, SHOW VIEW ON hawser_web.* TO hawser_owner\@localhost");
$db->sql("INSERT INTO org (id, name, created_at) VALUES (1, 'A', NOW()), (2, 'B', NOW());
	INSERT INTO user SELECT seq, CONCAT('u', seq, '\@x'), CONCAT('u', seq, '\@x'), 'U', '*', 'UTC', NOW(), NULL FROM seq_1_to_2;
	INSERT INTO membership SELECT seq, seq, 3, NOW() FROM seq_1_to_2;
	INSERT INTO audit_check SELECT seq, NOW(), 0, 0, '' FROM seq_1_to_2;
	INSERT INTO session VALUES (UNHEX(SHA2('secret', 256)), 1, 1, '', NOW(), NOW(), NOW() + INTERVAL 1 DAY);
	INSERT INTO calendar (org_id, user_id, name, color, created_at)
		SELECT 1 + seq % 2, 1 + seq % 2, 'c', '#000000', NOW() FROM seq_1_to_200;
	INSERT INTO audit_head VALUES (1, 0, REPEAT('x', 32));
	INSERT INTO event (org_id, calendar_id, uid, start_wall)
		SELECT org_id, id, CONCAT('u', id), NOW() FROM calendar;
	ANALYZE TABLE hawser.calendar, hawser.event");
# What a plan reads, in its order, without the row that carries the filter's call.
sub plan_tables {
	my ($node) = @_;
	return map { plan_tables($_) } @$node if ref $node eq 'ARRAY';
	return () if ref $node ne 'HASH';
	return map { $_ eq 'table' && ($node->{table}{table_name} || '') ne 'one' ? $node->{table} : plan_tables($node->{$_}) }
		grep { $_ ne 'subqueries' } sort keys %$node;
}
sub plan_of {
	my ($sql) = @_;
	my ($rows, $error) = $db->try_sql("SET \@hawser_secret = 'secret'; EXPLAIN FORMAT=JSON $sql",
		user => 'hawser_owner', password => 'test', db => 'hawser_web');
	is($error, undef, "EXPLAIN $sql");
	my $text = join '', map { $_->[0] } @{ $rows || [] };
	$text =~ s/\\n/\n/g;
	return decode_json($text || '{}');
}
my %below = (user => 'membership');	# a view over another table's org_id
sub enters {	# by the organisation, as a constant, and nothing repeated
	my ($sql, $want) = @_;
	my $plan = plan_of($sql);
	my @tables = plan_tables($plan);
	is_deeply([ sort map { $_->{table_name} || 'none' } @tables ], [ sort @$want ], 'reads ' . join(', ', @$want));
	for my $t (@tables) {
		my $name = $t->{table_name} || next;
		next if $below{$name} && $t->{access_type} eq 'eq_ref';
		my $column = $name eq 'org' ? 'id' : 'org_id';
		is($t->{used_key_parts}[0], $column, "$name: the key $t->{key} begins with $column");
		if ($t->{ref}) {
			is($t->{ref}[0], 'const', "$name: $column is a constant");
		} else {	# updates and deletes tell no ref
			is($t->{access_type}, 'range', "$name: a range of one organisation");
			like($t->{attached_condition}, qr/\borg_id = \(subquery#\d+\)/, "$name: within the filter");
		}
	}
	unlike(JSON::PP->new->canonical->encode($plan), qr/expression_cache|materialized|DEPENDENT/i, 'no dependent subquery, nothing materialised');
}
for my $view (grep { !/^(?:kek|connection_card)$/ } sort @views) {	# kek: nobody's rows, the same for all
	enters("SELECT * FROM `$view`", [ grep { $_ } $below{$view}, $view ]);
}
$db->sql("GRANT SELECT, SHOW VIEW ON hawser.connection_card TO hawser_owner\@localhost");
my @joined = plan_tables(plan_of('SELECT * FROM connection_card'));
is_deeply([ map { "$_->{table_name} $_->{used_key_parts}[0]" } @joined ], ['c org_id', 'j org_id'], 'the cards: two tables, by the organisation');
is($joined[0]{ref}[0], 'const', 'which is a constant');
like(($db->try_as($_, "SET \@hawser_secret = 'secret'; UPDATE connection_card SET name = 'x'"))[1], qr/denied/, "$_ does not write through it") for qw(web hooks sync);
my ($mine) = map { $_->[0] } $db->sql('SELECT MAX(id) FROM event WHERE org_id = 1');
enters('SELECT name FROM calendar WHERE deleted_at IS NULL ORDER BY name', ['calendar']);
enters("SELECT * FROM event WHERE org_id = 1 AND id = $mine", ['event']);
enters('SELECT COUNT(*) FROM event WHERE summary IS NULL', ['event']);
enters('SELECT e.id FROM event e JOIN calendar c ON c.org_id = e.org_id AND c.id = e.calendar_id WHERE c.org_id = 1', [qw(calendar event)]);
enters('UPDATE event SET location = 1 WHERE org_id = 1', ['event']);
enters('DELETE FROM event WHERE org_id = 1 AND summary IS NULL', ['event']);

# One call of tenant() for each view of a statement, however many rows: a copy
# of the function, as the database has it, that counts.
my $create = ($db->sql('SHOW CREATE FUNCTION tenant'))[0][2];
$create =~ s/\\n/\n/g;
$create =~ s/\\t/\t/g;
$create =~ s/^CREATE /CREATE OR REPLACE / or die $create;
$create =~ s/\bRETURN\b(?!S)/SET \@calls = \@calls + 1; RETURN/ or die $create;
$db->sql("DELIMITER //\n$create //\nDELIMITER ;\n");
for (
	[ 1, 'SELECT COUNT(*) FROM event' ],
	[ 1, 'SELECT COUNT(*) FROM user' ],
	[ 1, 'SELECT * FROM connection_card WHERE org_id = 1' ],
	[ 2, 'SELECT COUNT(*) FROM event e JOIN calendar c ON c.org_id = e.org_id AND c.id = e.calendar_id' ],
	[ 1, 'UPDATE event SET location = 1 WHERE org_id = 1' ],
	[ 1, 'DELETE FROM event WHERE org_id = 1 AND location = 1' ],
) {
	my ($want, $sql) = @$_;
	my $calls = ($db->sql("SET \@hawser_secret = 'secret', \@calls = 0; $sql; SELECT \@calls", db => 'hawser_web'))[-1][0];
	is($calls, $want, "$sql: calls of tenant()");
}
like(($db->try_as('web', 'EXPLAIN SELECT * FROM calendar'))[1], qr/1345/, 'the web account is shown no plan');

# ---- made again after somebody's hand ----
$db->sql("GRANT DELETE ON hawser_web.audit TO hawser_web\@localhost");
$db->sql("GRANT SELECT ON hawser.credential TO hawser_sync\@localhost; REVOKE INSERT ON hawser_web.calendar FROM hawser_web\@localhost");
$db->sql("CREATE VIEW hawser_web.leak AS SELECT * FROM hawser.credential");
is($db->hawser('migrate'), 0, 'migrate again');
my %now = map { $_->[0] => 1 } $db->sql("SELECT privilege_type FROM information_schema.table_privileges
	WHERE table_schema = 'hawser_web' AND table_name = 'audit' AND grantee LIKE '\\'hawser_web%'");
is_deeply([ sort keys %now ], [qw(INSERT SELECT)], 'rights that were too many are gone');
is(scalar($db->sql("SELECT 1 FROM information_schema.table_privileges WHERE table_schema = 'hawser_web'
	AND table_name = 'calendar' AND privilege_type = 'INSERT' AND grantee LIKE '\\'hawser_web%'")), 1, 'missing ones are back');
is(scalar($db->sql("SELECT 1 FROM information_schema.views WHERE table_schema = 'hawser_web' AND table_name = 'leak'")), 0,
	'a strange view is dropped');
$db->sql('ALTER TABLE calendar ADD COLUMN more INT NULL');
is($db->hawser('migrate'), 0, 'after a new column');
is(scalar($db->sql("SELECT 1 FROM information_schema.columns WHERE table_schema = 'hawser_web'
	AND table_name = 'calendar' AND column_name = 'more'")), 1, 'the view has it');
$db->sql('CREATE TABLE stray (org_id BIGINT UNSIGNED PRIMARY KEY)');
is($db->hawser('migrate'), 1, 'a table that nobody placed is refused');
like($db->{err}, qr/stray/, 'by name');

done_testing;
