#!/usr/bin/perl
# Connecting an account from the command line: what goes wrong gets a sentence
# and stores nothing; what goes well can be chosen, paused, renewed and removed;
# the password is in no dump of the database, in no spelling.
use strict;
use warnings;
use DbTest;
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use POSIX ();
use Radicale;
use Spellings;
use Test::More;

my $password = 'Zauber+Wort/7?q&n5~';
my $radicale = Radicale->start(anna => $password);
$radicale->calendar('anna', 'work', 'Work');
$radicale->calendar('anna', 'home', 'Home');
$radicale->put('anna', '/anna/work/one.ics', Radicale->event('one', 'First', '20261120T090000Z'));

# Answers every request with a page for people.
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 20)
	or die "listen: $!";
my $html_url = 'http://127.0.0.1:' . $listen->sockport;
my $html_pid = fork // die "fork: $!";
if (!$html_pid) {
	while (my $client = $listen->accept) {
		while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n$/ }
		print $client "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 28\r\n"
			. "Connection: close\r\n\r\n<html><h1>Welcome</h1></html>";
		close $client;
	}
	POSIX::_exit(0);
}
close $listen;
my $closed = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1);
my $closed_url = 'http://127.0.0.1:' . $closed->sockport;
close $closed;

my $db = DbTest->new(conf_lines => { net => [ 'allow_origins = '
	. join(', ', $radicale->url, $html_url, $closed_url, 'http://no-such-host.invalid') ] });
END { if ($html_pid) { local $?; kill 'TERM', $html_pid; waitpid $html_pid, 0 } }

sub run_ok {
	my ($name, @args) = @_;
	my $code = $db->hawser(@args);
	is $code, 0, $name or diag $db->{err};
	return $db->{out};
}
sub json { return decode_json(run_ok(@_, '--json')) }

run_ok('an organisation', 'org', 'add', 'One');
run_ok('a member', \'pass-word-1', 'user', 'add', 'anna@example.org', '--org', 'One', '--role', 'owner', '--password-stdin');

# ---- what goes wrong ----

my @tables = qw(connection credential data_key collection job binding calendar);
sub stored { return join ' ', map { ($db->sql("SELECT COUNT(*) FROM $_"))[0][0] } @tables }
my $nothing = stored();
my @add = ('connection', 'add', 'caldav', '--org', 'One', '--user', 'anna@example.org', '--password-stdin');

sub refused {
	my ($name, $pattern, $secret, @args) = @_;
	my $code = $db->hawser(\$secret, @args);
	is $code, 1, "$name: exit 1" or diag $db->{out};
	like $db->{err}, $pattern, "$name: says what to do";
	like $db->{err}, qr/\A(?:hawser: [^\n]+\n){1,2}\z/, "$name: a sentence";
	unlike $db->{err} . $db->{out}, qr/\Q$secret\E/, "$name: not the password" if length $secret;
	is stored(), $nothing, "$name: nothing stored";
	return;
}
sub refused_url {
	my ($name, $url, $pattern) = @_;
	return refused($name, $pattern, $password, @add, '--url', $url, '--login', 'anna');
}
refused_url('nobody listens', $closed_url, qr/\w/);
refused_url('an unknown host', 'http://no-such-host.invalid/', qr/no-such-host\.invalid/);
refused_url('no address', 'https://', qr/address|URL/i);
refused_url('nonsense', 'ht tp://x y', qr/\w/);
refused_url('another scheme', 'ftp://example.org/', qr/https/);
refused_url('plain http', 'http://example.org/', qr/https/);
refused_url('loopback', 'https://127.0.0.1/', qr/private|allow|reach/i);
refused_url('loopback in one number', 'https://2130706433/', qr/number/);
refused_url('a private address', 'https://10.0.0.1/', qr/private|allow|reach/i);
refused_url('the metadata address', 'https://169.254.169.254/', qr/private|allow|reach/i);
refused_url('a name that leads home', 'https://localhost/', qr/full host name/);
refused_url('a login in the address', 'https://anna:x@example.org/', qr/login|password|user/i);
refused_url('an HTML page', $html_url, qr/calendar/i);
refused('a wrong password', qr/password/i, 'wrong' . $password, @add, '--url', $radicale->url, '--login', 'anna');
refused('an unknown login', qr/password/i, $password, @add, '--url', $radicale->url, '--login', 'nobody');
refused('no login', qr/login/i, $password, @add, '--url', $radicale->url, '--login', ' ');
refused('no address given', qr/address/, $password, @add, '--login', 'anna');
refused('no password', qr/empty|missing/, '', @add, '--url', $radicale->url, '--login', 'anna');
refused('an unknown provider', qr/provider/, $password, 'connection', 'add', 'webdav', '--user', 'anna@example.org',
	'--url', $radicale->url, '--login', 'anna', '--password-stdin');
refused('an unknown user', qr/member/, $password, 'connection', 'add', 'caldav', '--user', 'nobody@example.org',
	'--url', $radicale->url, '--login', 'anna', '--password-stdin');
is $db->hawser('connection', 'add', 'caldav', '--login', 'anna'), 2, 'missing options are wrong usage';

# ---- what goes well ----

$db->hawser(\$password, @add, '--url', $radicale->url, '--login', 'anna', '--json') == 0 or diag $db->{err};
my $c = decode_json($db->{out});
like $c->{id}, qr/\A\d+\z/, 'an id, as a string';
is $c->{state}, 'active', 'active';
is $c->{collections}, 2, 'two calendars were found';
is $c->{last_sync}, undef, 'not synced yet';
is $db->hawser(\$password, @add, '--url', $radicale->url, '--login', 'anna'), 1, 'the same account again';
like $db->{err}, qr/already/, 'is connected already';
is $db->hawser(\$password, @add, '--url', $radicale->url . '/anna/', '--login', 'anna'), 1, 'by another address';
like $db->{err}, qr/already/, 'as well';
is scalar @{ json('list', 'connection', 'list') }, 1, 'one is listed';

my $found = json('its calendars', 'collection', 'list', $c->{id});
is_deeply [ map { $_->{name} } @$found ], [ 'Home', 'Work' ], 'by name';
my ($work) = grep { $_->{name} eq 'Work' } @$found;
my ($home) = grep { $_->{name} eq 'Home' } @$found;
ok !$work->{selected}, 'none is chosen';
my $chosen = json('choose', 'collection', 'select', $work->{id});
is_deeply [ map { [ @$_ ] } $db->sql("SELECT connection_id, kind FROM job WHERE connection_id > 0") ],
	[ [ $c->{id}, 1 ] ], 'a sync is queued';
my $calendars = json('calendars', 'calendar', 'list', '--org', 'One');
is_deeply [ map { [ $_->{id}, $_->{name} ] } @$calendars ], [ [ $chosen->{calendar}, 'Work' ] ], 'a calendar was made';
json('choose again', 'collection', 'select', $work->{id}, '--direction', 'pull', '--policy', 'newest_wins');
($work) = grep { $_->{name} eq 'Work' } @{ json('look', 'collection', 'list', $c->{id}) };
is "$work->{direction} $work->{policy} $work->{calendar}", "pull newest_wins $chosen->{calendar}", 'as chosen';
is $db->hawser('collection', 'select', $work->{id}, '--direction', 'sideways'), 2, 'no such direction';
is $db->hawser('collection', 'select', '4711'), 1, 'no such collection';

my $mine = json('a calendar', 'calendar', 'add', 'Mine', '--org', 'One', '--user', 'anna@example.org', '--color', '#ABCDEF');
is $mine->{color}, '#abcdef', 'with a colour';
is $db->hawser('calendar', 'add', 'X', '--user', 'anna@example.org', '--color', 'red'), 1, 'not any colour';
ok json('share', 'calendar', 'share', $mine->{id})->{shared}, 'shared';
ok !json('not', 'calendar', 'share', $mine->{id}, '--off')->{shared}, 'and not';
is json('rename', 'calendar', 'rename', $mine->{id}, "N\xc3\xa4me")->{name}, "N\x{e4}me", 'renamed';
json('tie', 'calendar', 'bind', $mine->{id}, $home->{id}, '--direction', 'push');
is $db->hawser('calendar', 'bind', $mine->{id}, $work->{id}), 1, 'a chosen one is not tied elsewhere';
is $db->hawser('calendar', 'remove', $mine->{id}), 1, 'a tied one is not removed';
json('untie', 'collection', 'unselect', $home->{id});
json('remove', 'calendar', 'remove', $mine->{id});

# ---- states ----

$db->sql('DELETE FROM job');
is json('pause', 'connection', 'pause', $c->{id})->{state}, 'paused', 'paused';
is $db->hawser('connection', 'sync', $c->{id}), 1, 'a paused one does not sync';
like $db->{err}, qr/resume/, 'and says what to do';
is json('resume', 'connection', 'resume', $c->{id})->{state}, 'active', 'active again';
isnt json('sync', 'connection', 'sync', $c->{id})->{next_sync}, undef, 'a sync is queued';
is $db->hawser('connection', 'show', '4711'), 1, 'an unknown one';
is $db->hawser('connection', 'show', 'x'), 2, 'not an id';

# ---- the password ----

run_ok('a new listing', 'connection', 'rescan', $c->{id});
is $db->hawser(\'not it', 'connection', 'reconnect', $c->{id}, '--password-stdin'), 1, 'a wrong new password';
run_ok('is not taken: the old one still works', 'connection', 'rescan', $c->{id});
is json('still', 'connection', 'show', $c->{id})->{state}, 'active', 'still active';
$db->sql("UPDATE connection SET state = 3, state_reason = 'No.' WHERE id = $c->{id}");
is $db->hawser('connection', 'resume', $c->{id}), 1, 'a refused one is not resumed';
$db->hawser(\$password, 'connection', 'reconnect', $c->{id}, '--password-stdin', '--json') == 0 or diag $db->{err};
is decode_json($db->{out})->{state}, 'active', 'the right password: active again';
is_deeply [ $db->sql("SELECT COUNT(*) FROM binding WHERE connection_id = $c->{id}") ], [ [1] ], 'with what was chosen';

sub dump_of {
	my ($how) = @_;
	my $socket = $db->socket;
	open my $out, '-|', 'mariadb-dump', '--no-defaults', '-uroot', "--socket=$socket", $how,
		'--databases', 'hawser', 'hawser_web' or die "mariadb-dump: $!";
	binmode $out;
	local $/;
	my $text = <$out>;
	close $out or die "mariadb-dump failed";
	return $text;
}

my $dump = dump_of('--skip-hex-blob') . dump_of('--hex-blob');
like $dump, qr/INSERT INTO `credential`/, 'the dump holds credentials';
isnt Spellings::leaks($dump, 'anna'), '', 'what is stored openly is found';
is Spellings::leaks($dump, $password), '', 'the password is in no spelling';
is Spellings::leaks($dump, 'wrong' . $password), '', 'nor a wrong one that was tried';
my %all = Spellings::spellings($password);
for my $name (sort keys %all) {
	isnt Spellings::leaks("x$all{$name}x", $password), '', "it would be found as $name";
}
my ($kek) = do { open my $f, '<', "$db->{dir}/keys/kek" or die $!; <$f> };
chomp $kek;
is index($dump, $kek), -1, 'nor is the key file in it';

# ---- the end ----

run_ok('remove', 'connection', 'remove', $c->{id}, '--delete-events');
is_deeply [ map { ($db->sql("SELECT COUNT(*) FROM $_"))[0][0] } qw(connection credential collection binding lease link pending) ],
	[ (0) x 7 ], 'really gone';
is_deeply [ $db->sql('SELECT COUNT(*) FROM job WHERE connection_id > 0') ], [ [0] ], 'with its jobs';
is $db->hawser('connection', 'remove', $c->{id}), 1, 'once';
run_ok('the audit verifies', 'audit', 'verify', '--org', 'One');
my @actions = map { $_->[0] } $db->sql("SELECT JSON_VALUE(body, '\$.action') FROM audit ORDER BY seq");
for my $action (qw(connection.add collection.select calendar.add calendar.edit connection.pause connection.resume
	connection.sync connection.reconnect collection.unselect connection.remove connection.removed)) {
	ok scalar(grep { ($_ // '') eq $action } @actions), "the audit has $action";
}
unlike join(' ', map { $_->[0] } $db->sql('SELECT CONVERT(body USING utf8mb4) FROM audit')), qr/Zauber/, 'and no password';
done_testing;
