package DbTest;
# A private MariaDB with a migrated Hawser database for one test: started from a
# template data directory on its own unix socket, ended by its pid.
#
#	my $db = DbTest->new;			# started, migrated
#	my $db = DbTest->new(migrate => 0);	# accounts only
#	$ENV{HAWSER_CONF} = $db->conf;
#	$db->sql('SELECT ...')			# as root: rows as lists of columns
#	$db->hawser('org', 'add', 'X')		# exit status; output in $db->{out}
#
# HAWSER_TEST_DB_OPTIONS: more of the server's options, for the bench.
# HAWSER_TEST_SQL: migrations of another version than this tree's.
# The template is made once for each state of sql/ and of the hawser program,
# in HAWSER_TEST_CACHE or the build directory.
use strict;
use warnings;
use Cwd qw(abs_path);
use Digest::SHA;
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use POSIX ();
use Time::HiRes qw(sleep time);

my $top = abs_path(dirname(__FILE__) . '/../..');

sub top { $top }
sub sql_dir { $ENV{HAWSER_TEST_SQL} || "$top/sql" }
sub build {
	my $dir = $ENV{HAWSER_BUILD} || "$top/build";
	return abs_path($dir) || $dir;
}

sub new {
	my ($class, %o) = @_;
	my $migrate = $o{migrate} // 1;
	my $self = bless { owner => $$, %o }, $class;
	my $template = template($migrate);
	$self->{dir} = tempdir('hawser-db-XXXXXX', TMPDIR => 1, CLEANUP => 0);
	eval {
		system('cp', '-a', '--reflink=auto', "$template/.", "$self->{dir}/") == 0
			or die "the template could not be copied\n";
		$self->write_conf;
		$self->start;
		1;
	} or do { my $why = $@; $self->stop; die $why };
	return $self;
}

sub conf { "$_[0]{dir}/hawser.conf" }
sub socket { "$_[0]{dir}/run/db.sock" }
sub dir { $_[0]{dir} }

sub write_conf {
	my ($self) = @_;
	my %lines = (%{ $self->{conf_lines} || {} });
	open my $f, '>', $self->conf or die $!;
	print $f <<"CONF";
[db]
socket = run/db.sock
name = hawser
web_password_file = keys/db_web
hooks_password_file = keys/db_hooks
sync_password_file = keys/db_sync
admin_password_file = keys/db_admin
[paths]
run_dir = run
sql_dir = ${\ sql_dir()}
[keys]
kek_file = keys/kek
[web]
base_url = http://127.0.0.1:8080
CONF
	print $f "$_\n" for map { ("[$_]", @{ $lines{$_} }) } sort keys %lines;
	close $f or die $!;
}

sub put_conf {		# what matches is said otherwise from now on
	my ($self, $pattern, $text) = @_;
	open my $in, '<', $self->conf or die $!;
	my $all = do { local $/; <$in> };
	$all =~ s/$pattern/$text/ or die "$pattern is not in the configuration";
	open my $out, '>', $self->conf or die $!;
	print $out $all;
	close $out or die $!;
}

sub server {	# of a data directory: pid once it answers
	my ($dir) = @_;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$dir/mariadb.log";
		open STDERR, '>&', \*STDOUT;
		no warnings 'exec';
		# Of its own: a server that starts removes every temporary table it finds.
		mkdir "$dir/tmp";
		exec 'mariadbd', '--no-defaults', "--datadir=$dir/data", "--tmpdir=$dir/tmp",
			"--socket=$dir/run/db.sock", "--pid-file=$dir/run/db.pid",
			'--skip-networking', '--character-set-server=utf8mb4',
			'--innodb-buffer-pool-size=24M', '--innodb-log-file-size=8M',
			'--innodb-flush-log-at-trx-commit=2', '--innodb-doublewrite=0',
			'--innodb-use-native-aio=0', '--aria-log-dir-path=' . "$dir/data",
			'--key-buffer-size=1M', '--aria-pagecache-buffer-size=2M',
			'--max-connections=60', '--performance-schema=0',
			# Only the process is killed, never the machine.
			'--debug-no-sync', '--innodb-flush-method=nosync',
			($> == 0 ? '--user=root' : ()),
			split ' ', $ENV{HAWSER_TEST_DB_OPTIONS} // '';
		POSIX::_exit(127);
	}
	for (1 .. 600) {
		return $pid if -S "$dir/run/db.sock" && system(
			"mariadb --no-defaults -uroot -S '$dir/run/db.sock' -e 'DO 1' >/dev/null 2>&1") == 0;
		die "mariadbd ended:\n" . tail("$dir/mariadb.log")
			if waitpid($pid, POSIX::WNOHANG()) == $pid;
		sleep 0.03;
	}
	kill 'KILL', $pid;
	waitpid $pid, 0;
	die "mariadbd did not answer:\n" . tail("$dir/mariadb.log");
}

sub tail {
	open my $f, '<', $_[0] or return '';
	my @lines = <$f>;
	return join '', @lines > 20 ? @lines[-20 .. -1] : @lines;
}

sub end_server {
	my ($pid) = @_;
	kill 'TERM', $pid;
	my $until = time + 20;
	while (waitpid($pid, POSIX::WNOHANG()) == 0) {
		kill 'KILL', $pid if time > $until;
		sleep 0.02;
	}
}

sub start {
	my ($self) = @_;
	$self->{pid} = server($self->{dir});
}

sub kill_server {	# as a crash does it
	my ($self) = @_;
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
}

sub wait_for_end {	# somebody else kills it: did it end within so many seconds?
	my ($self, $secs) = @_;
	for (my $until = time + $secs; time < $until; sleep 0.02) {
		next if waitpid($self->{pid}, POSIX::WNOHANG()) != $self->{pid};
		$self->{pid} = 0;
		return 1;
	}
	$self->kill_server;
	return 0;
}

sub stop {
	my ($self) = @_;
	return if $self->{owner} != $$;
	if ($self->{pid}) {
		kill 'KILL', $self->{pid};	# nothing in it is kept
		waitpid $self->{pid}, 0;
		$self->{pid} = 0;
	}
	remove_tree($self->{dir}) if $self->{dir} && !$self->{keep};
}

sub DESTROY { local ($?, $@, $!); $_[0]->stop }

# ---- the template ----

sub fingerprint {
	my ($migrate) = @_;
	my $sha = Digest::SHA->new(256);
	my @files = (sql_dir() . '/accounts.sql', __FILE__, "$top/t/lib/db-accounts");
	push @files, build() . '/hawser', sort glob sql_dir() . '/[0-9]*.sql' if $migrate;
	for my $file (@files) {
		die "$file is missing: build first\n" if !-e $file;
		$sha->addfile($file);
	}
	return ($migrate ? 'full-' : 'bare-') . substr $sha->hexdigest, 0, 16;
}

sub template {
	my ($migrate) = @_;
	my $cache = $ENV{HAWSER_TEST_CACHE} || build() . '/t/template';
	make_path($cache);
	my $dir = "$cache/" . fingerprint($migrate);
	my $bare = $migrate && !-d $dir ? template(0) : undef;
	open my $lock, '>', "$cache/.lock" or die $!;
	flock $lock, LOCK_EX or die $!;
	return $dir if -d $dir;
	my $new = tempdir('hawser-template-XXXXXX', TMPDIR => 1);
	make_template($new, $bare);
	my $kind = $migrate ? 'full' : 'bare';
	remove_tree($_) for glob "$cache/$kind-*";	# one of a kind is enough
	system('cp', '-a', $new, "$dir.new") == 0 or die "cp failed\n";
	rename "$dir.new", $dir or die $!;
	remove_tree($new);
	return $dir;
}

sub install {	# a new data directory and passwords
	my ($dir) = @_;
	make_path("$dir/run", "$dir/keys", "$dir/tmp");
	chmod 0700, "$dir/keys";
	umask 0077;
	for my $key (qw(kek db_web db_hooks db_sync db_admin)) {
		system("head -c 32 /dev/urandom | basenc --base64url | tr -d '=\\n' >'$dir/keys/$key'") == 0 or die;
	}
	umask 0022;
	my $user = $> == 0 ? '--user=root' : '';
	system("mariadb-install-db --no-defaults --datadir='$dir/data' --tmpdir='$dir/tmp' $user"
		. ' --auth-root-authentication-method=normal --skip-test-db'
		. ' --innodb-log-file-size=8M --innodb-buffer-pool-size=24M'
		. " >'$dir/install.log' 2>&1") == 0 or die "mariadb-install-db failed:\n" . tail("$dir/install.log");
}

sub make_template {	# the accounts; from a bare one, the tables
	my ($dir, $bare) = @_;
	if ($bare) {
		system('cp', '-a', '--reflink=auto', "$bare/.", "$dir/") == 0 or die "cp failed\n";
	} else {
		install($dir);
	}
	my $pid = server($dir);
	my $good = eval {
		if ($bare) {
			write_conf(bless { dir => $dir, owner => 0 }, 'DbTest');
			local $ENV{HAWSER_CONF} = "$dir/hawser.conf";
			system(build() . "/hawser migrate >'$dir/migrate.log' 2>&1") == 0
				or die "hawser migrate failed:\n" . tail("$dir/migrate.log");
		} else {
			system("'$top/t/lib/db-accounts' '${\ sql_dir()}/accounts.sql' '$dir/keys'"
				. " | mariadb --no-defaults -uroot -S '$dir/run/db.sock'") == 0
				or die "sql/accounts.sql failed\n";
		}
		1;
	};
	my $why = $@;
	end_server($pid);
	die $why if !$good;
	unlink glob "$dir/run/*";
}

# ---- for the tests ----

# Rows as root, each a list of columns; NULL is undef. Dies on an error.
sub sql {
	my ($self, $sql, %o) = @_;
	my ($rows, $why) = $self->try_sql($sql, %o);
	die "$why\n" if !defined $rows;
	return @$rows;
}

# The first column of the first row; undef: no row, or NULL.
sub one {
	my ($self, $sql, %o) = @_;
	my ($row) = $self->sql($sql, %o);
	return $row ? $row->[0] : undef;
}

# (rows, undef) or (undef, "ERROR 1142 (42000) ...").
sub try_sql {
	my ($self, $sql, %o) = @_;
	my $user = $o{user} || 'root';
	my $base = $o{db} // 'hawser';
	my $in = "$self->{dir}/in.sql";
	open my $f, '>', $in or die $!;
	print $f $sql;
	close $f;
	local $ENV{MYSQL_PWD} = $o{password} // '';
	my $out = `mariadb --no-defaults --default-character-set=utf8mb4 -N -B -u$user -S '$self->{dir}/run/db.sock' $base <'$in' 2>'$self->{dir}/err'`;
	my $code = $?;
	if ($code) {
		open my $e, '<', "$self->{dir}/err";
		local $/;
		return (undef, <$e> // "exit $code");
	}
	return ([map { [map { $_ eq 'NULL' ? undef : $_ } split /\t/, $_, -1] } split /\n/, $out], undef);
}

# What tables hold, as text to compare.
sub checksum {
	my ($self, @tables) = @_;
	return join "\n", map { join ' ', map { $_ // 'NULL' } @$_ }
		$self->sql('CHECKSUM TABLE ' . join ', ', map { "hawser.`$_`" } grep { $_ ne 'audit' } @tables),
		# CHECKSUM TABLE is not the same twice where columns are derived.
		(grep { $_ eq 'audit' } @tables) ? $self->sql('SELECT org_id, SUM(CRC32(CONCAT(seq, body, HEX(prev_hash), HEX(hash))))
			FROM hawser.audit GROUP BY org_id ORDER BY org_id') : ();
}
sub tables {		# all base tables but these
	my ($self, @not) = @_;
	my %not = map { $_ => 1 } @not;
	return grep { !$not{$_} } map { $_->[0] } $self->sql("SELECT table_name FROM information_schema.tables
		WHERE table_schema = 'hawser' AND table_type = 'BASE TABLE' ORDER BY 1");
}

sub password {
	my ($self, $account) = @_;
	open my $f, '<', "$self->{dir}/keys/db_$account" or die $!;
	return scalar <$f>;
}

# As one of the accounts: web, hooks, sync, admin.
sub try_as {
	my ($self, $account, $sql) = @_;
	return $self->try_sql($sql, user => "hawser_$account",
		password => $self->password($account),
		db => $account =~ /web|hooks/ ? 'hawser_web' : 'hawser');
}

sub hawser {
	my ($self, @args) = @_;
	my $stdin = ref $args[0] ? ${ shift @args } : '';
	local $ENV{HAWSER_CONF} = $self->conf;
	open my $f, '>', "$self->{dir}/stdin" or die $!;
	print $f $stdin;
	close $f;
	my $quoted = join ' ', map { my $a = $_; $a =~ s/'/'\\''/g; "'$a'" } @args;
	$self->{out} = `'${\ build()}/hawser' $quoted <'$self->{dir}/stdin' 2>'$self->{dir}/stderr'`;
	my $code = $?;
	open my $e, '<', "$self->{dir}/stderr";
	local $/;
	$self->{err} = <$e> // '';
	return $code >> 8 || $code & 127;
}

1;
