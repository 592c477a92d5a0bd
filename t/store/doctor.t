#!/usr/bin/perl
# hawser doctor names each thing that is wrong, with a remedy, and nothing else.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib";
use DbTest;

my $db = DbTest->new;
my $dir = $db->dir;

sub slurp { open my $f, '<', $_[0] or die "$_[0]: $!"; local $/; scalar <$f> }
sub put { my ($path, $text) = @_; open my $f, '>', $path or die $!; print $f $text; close $f or die $!; chmod 0600, $path }
sub run { system('sh', '-c', @_) == 0 or die "@_\n" }

# Exactly these lines are wrong: what => pattern.
sub wrong {
	my ($name, %want) = @_;
	my $code = $db->hawser('doctor');
	my %is;
	for (split /\n/, $db->{out}) {
		next if !/^WRONG ([^:]*): (.*)/;
		$is{$1} = ($is{$1} ? "$is{$1}\n" : '') . $2;
	}
	is_deeply([ sort keys %is ], [ sort keys %want ], "$name: that is told, and nothing else") or diag $db->{out};
	like($is{$_}, $want{$_}, "$name: $_") for sort keys %want;
	unlike($is{$_}, qr/\n|hawser doctor/, "$name: once, and without sending one here again") for sort keys %want;
	is($code, %want ? 1 : 0, "$name: exit status");
	my $count = keys %want;
	like($db->{err}, qr/\b$count things? to put right/, "$name: counted") if $count;
}

# ---- all is well ----
wrong('all is well');
for my $what ('configuration', 'key file', 'run directory', 'sql directory', 'migrations', 'tables and views', 'stored keys',
	(map { "password of $_" } qw(web hooks sync admin)), (map { "database account $_" } qw(web hooks sync admin)), 'work', 'libraries') {
	like($db->{out}, qr/^ok    \Q$what\E: ./m, "$what is looked at");
}
is($db->hawser('doctor', '--json'), 0, 'as JSON');
my $list = decode_json($db->{out});
is(scalar(grep { !$_->{ok} } @$list), 0, 'all ok there, too');
cmp_ok(scalar @$list, '>=', 15, 'the same checks');

# ---- work that nobody does ----
my $late = "INSERT INTO hawser.job (org_id, connection_id, kind, due, wanted_at, tries) VALUES (1, 1, 1, now(6) - INTERVAL %d MINUTE, now(6), 0)";
$db->sql(sprintf $late, 5);
wrong('work that is due');
like($db->{out}, qr/^ok    work: nothing waits for long/m, 'is no trouble yet');
$db->sql('UPDATE hawser.job SET due = now(6) - INTERVAL 20 MINUTE');
wrong('work that waits', work => qr/due since 20\d\d-\d\d-\d\dT.*no hawser-sync takes it.*cron/);
$db->sql('DELETE FROM hawser.job');

# ---- files ----
my $kek = slurp("$dir/keys/kek");
unlink "$dir/keys/kek";
wrong('no key file', 'key file' => qr/keys\/kek: No such file.*Make the file/);
is($db->hawser('doctor', '--json'), 1, 'as JSON, too');
is_deeply([ map { $_->{check} } grep { !$_->{ok} } @{ decode_json($db->{out}) } ], ['key file'], 'told there');
put("$dir/keys/kek", $kek);
chmod 0644, "$dir/keys/kek";
wrong('a key file that others read', 'key file' => qr/can be read by others \(mode 0644\).*chmod 0600 \S+keys\/kek/);
chmod 0640, "$dir/keys/kek";
wrong('a key file that the group reads', 'key file' => qr/read by others.*chmod 0600/);
put("$dir/keys/kek", "no key at all\n");
wrong('a key file with something else', 'key file' => qr/Line 1 of the key file .* is not 32 bytes in base64url.*from your copy/);
put("$dir/keys/kek", '');
wrong('an empty key file', 'key file' => qr/The input is empty.*from your copy/);
unlink "$dir/keys/kek";
mkdir "$dir/keys/kek";
wrong('a directory for a key file', 'key file' => qr/is not a file/);
rmdir "$dir/keys/kek";
put("$dir/keys/kek", $kek);

$db->sql("INSERT INTO hawser.org (id, name, created_at) VALUES (77, 'Other keys', NOW(6));
	INSERT INTO hawser.data_key (org_id, kek_id, wrapped, state, created_at) VALUES (77, 'none', 'none', 1, NOW(6))");
wrong('a key file that is not the one in use', 'stored keys' => qr/Other keys: A stored secret does not open/,
	'keys of the key file' => qr/6e6f6e65, which wraps 1 key, is missing\. Put it back/);
$db->sql('DELETE FROM hawser.data_key WHERE org_id = 77; DELETE FROM hawser.org WHERE id = 77; DELETE FROM hawser.kek');

chmod 0604, "$dir/keys/db_web";
wrong('a password that others read', 'password of web' => qr/mode 0604.*chmod 0600/);
chmod 0600, "$dir/keys/db_web";
my $word = slurp("$dir/keys/db_sync");
put("$dir/keys/db_sync", "wrong\n");
wrong('a wrong password', 'database account sync' => qr/1045: Access denied for user 'hawser_sync'.*Remedy: run sql\/accounts\.sql/);
unlink "$dir/keys/db_sync";
wrong('no password file', 'password of sync' => qr/db_sync: No such file.*Make the file/, 'database account sync' => qr/db_sync.*Remedy/);
put("$dir/keys/db_sync", $word);
wrong('put back');

my $conf = slurp($db->conf);
sub with { my ($from, $to) = @_; (my $new = $conf) =~ s/$from/$to/ or die $from; put($db->conf, $new) }
with(qr/run_dir = run/, 'run_dir = nowhere');
wrong('no run directory', 'run directory' => qr/nowhere: No such file.*Make the directory/);
with(qr/(run_dir = run)/, "run_dir = run\nlog_dir = nolog");
wrong('no log directory', 'log directory' => qr/nolog: No such file.*Make the directory/);
with(qr/sql_dir = .*/, 'sql_dir = nosql');
wrong('no migrations', 'sql directory' => qr/nosql: No such file/, 'migrations' => qr/sql_dir: the directory \S*nosql can not be read/);

# ---- configuration ----
with(qr/socket = /, 'sokcet = ');
wrong('a misspelt key', configuration => qr/line 2: unknown key "sokcet" in \[db\]\. Did you mean "socket"/);
with(qr/\[keys\]/, '[kyes]');
wrong('a misspelt section', configuration => qr/kyes.*Did you mean.*keys/);
unlink $db->conf;
wrong('no configuration', configuration => qr/Cannot open the configuration file .*HAWSER_CONF names it/);
put($db->conf, $conf);

# ---- rights ----
$db->sql("REVOKE SELECT ON hawser_web.event FROM hawser_web\@localhost");
wrong('a right that is missing', 'database account web' =>
	qr/has INSERT, UPDATE, DELETE on hawser_web\.event instead of SELECT, INSERT, UPDATE, DELETE\. Remedy: hawser migrate/);
$db->sql("GRANT SELECT ON hawser.credential TO hawser_web\@localhost");
$db->hawser('migrate');
wrong('a right on a base table', 'database account web' => qr/has SELECT on hawser\.credential, which is not its own.*take it away/);
$db->sql("REVOKE SELECT ON hawser.credential FROM hawser_web\@localhost; GRANT SELECT ON hawser_web.* TO hawser_hooks\@localhost");
wrong('a right on a whole database', 'database account hooks' => qr/rights on whole databases/);
$db->sql("REVOKE SELECT ON hawser_web.* FROM hawser_hooks\@localhost; GRANT DELETE ON hawser.audit TO hawser_sync\@localhost");
wrong('a right too many', 'database account sync' => qr/has SELECT, INSERT, DELETE on hawser\.audit instead of SELECT, INSERT/);
is($db->hawser('migrate'), 0, 'the remedy');
wrong('after the remedy');

# ---- what migrations made ----
$db->sql('DROP VIEW hawser_web.event');
wrong('a view is missing', 'tables and views' => qr/missing: hawser_web\.event\. Remedy: hawser migrate/);
is($db->hawser('migrate'), 0, 'the remedy');
wrong('after the remedy');
my @triggers = map { $_->[0] } $db->sql("SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = 'hawser'");
$db->sql(join ';', map { "DROP TRIGGER hawser.`$_`" } @triggers);
$db->hawser('doctor');
like($db->{out}, qr/^WRONG tables and views: .*hawser\.\Q$_\E\b/m, "without the trigger $_") for @triggers;
my @routines = map { "$_->[0] $_->[1].$_->[2]" } $db->sql("SELECT routine_type, routine_schema, routine_name
	FROM information_schema.routines WHERE routine_schema LIKE 'hawser%'");
cmp_ok(scalar @routines, '>=', 7, 'functions and procedures');
$db->sql(join ';', map { "DROP $_" } @routines);
my @tables = map { $_->[0] } $db->sql("SELECT table_name FROM information_schema.tables
	WHERE table_schema = 'hawser' AND table_type = 'BASE TABLE' AND table_name <> 'schema_migration'");
$db->sql('SET foreign_key_checks = 0;' . join ';', map { "DROP TABLE `$_`" } @tables);
$db->hawser('doctor');
like($db->{out}, qr/^WRONG tables and views: .*\b\Q$_\E\b.*put anything else back from a backup/m, "without $_")
	for (map { (split)[1] } @routines), map { "hawser.$_" } @tables;
$db->sql("UPDATE schema_migration SET finished_at = NULL WHERE name LIKE '0003%'");
wrong('a migration that did not finish', migrations => qr/^1 not applied\. Remedy: hawser migrate/);
$db->sql('DROP TABLE schema_migration');
$db->hawser('doctor');
like($db->{out}, qr/^WRONG migrations: .*Remedy: hawser migrate/m, 'nothing was ever migrated');

# ---- the database ----
my %down = map { ("database account $_" => qr/2002: Can't connect.*Remedy: start MariaDB, or correct socket or hosts/) } qw(web hooks sync admin);
with(qr/socket = .*/, 'socket = run/other.sock');
wrong('another socket', %down);
put($db->conf, $conf);
$db->kill_server;
wrong('the database is down', %down);

done_testing;
