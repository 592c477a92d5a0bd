#!/usr/bin/perl
# A backup is put back with the commands of docs/operator.md: nothing is undone at
# the server, what happened there since comes back, and the next run writes
# nothing.
use strict;
use warnings;
use DbTest;
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;

my $radicale = Radicale->start(anna => 'secret');
my $home = $radicale->calendar('anna', 'work', 'Work');
my $db = DbTest->new(conf_lines => { net => ['allow_origins = ' . $radicale->url] });
my $dir = $db->dir;
$ENV{HAWSER_CONF} = $db->conf;

sub hawser { my @args = @_; is($db->hawser(@args, '--json'), 0, 'hawser ' . join ' ', grep { defined && !ref } @args[0 .. 2]) or diag $db->{err}; return decode_json($db->{out} || 'null') }
sub one { return $db->one($_[0]) }
sub sync {
	my (@more) = @_;
	my $out = `'@{[DbTest::build()]}/hawser-sync' --once @more 2>>'$dir/sync.err'`;
	is($?, 0, "hawser-sync --once @more") or diag DbTest::tail("$dir/sync.err");
	return $out;
}
sub there { return { map { my $c = $radicale->get('anna', $_)->{content}; ($c =~ /^SUMMARY:([^\r\n]*)/m)[0] => $_ } $radicale->list('anna', $home) } }
sub titles { return join ' ', sort @_ }
sub here { return titles(map { $_->[0] } $db->sql('SELECT summary FROM event WHERE deleted_at IS NULL')) }
sub shell {	# a command of the guide, here
	my ($command) = @_;
	my $client = "--no-defaults -uroot -S '$dir/run/db.sock'";
	$command =~ s/\s+#.*//;
	$command =~ s/^(mariadb-dump|mariadb)\b/$1 $client/;
	$command =~ s/\bhawser\.sql/'$dir\/hawser.sql'/g;
	$command =~ s{/mnt/safe/}{'$dir'/}g;
	$command =~ s{/etc/hawser/}{'$dir'/keys/}g;
	$command =~ s/^hawser /'@{[DbTest::build()]}\/hawser' /;
	$command =~ s/^hawser-sync /'@{[DbTest::build()]}\/hawser-sync' /;
	my $out = `$command 2>&1`;
	is($?, 0, $command =~ s/'[^']*\/([^'\/]+)'/$1/gr) or diag $out;
	return $out;
}
open my $guide, '<', DbTest::top() . '/docs/operator.md' or die $!;
my $text = do { local $/; <$guide> };
my ($backup) = $text =~ /```\n(hawser audit verify >.*?)```/s or die 'no backup commands';
my ($restore) = $text =~ /```\n(mariadb < .*?)```/s or die 'no restore commands';

hawser(qw(org add A));
hawser(\'correct horse battery', qw(user add ana@a.example --org A --role owner --password-stdin));
my $connection = hawser(\'secret', qw(connection add caldav --org A --user ana@a.example --url), $radicale->url, qw(--login anna --password-stdin))->{id};
hawser('collection', 'select', hawser('collection', 'list', $connection)->[0]{id});
my $calendar = one('SELECT calendar_id FROM binding');
sub add { return hawser('event', 'add', '--calendar', $calendar, '--title', $_[0], '--start', '2026-12-01T10:00', '--zone', 'UTC')->{id} }
my %id = map { $_ => add($_) } qw(kept renamed removed away);
sync();
is(titles(keys %{ there() }), 'away kept removed renamed', 'four events on both sides');

shell($_) for split /\n/, $backup;
open my $head, '<', "$dir/hawser.head" or die $!;
my $noted = do { local $/; <$head> };
ok(-s "$dir/hawser.sql" && !-e "$dir/hawser.sql.new" && -s "$dir/hawser.kek", 'the dump, whole, and the key file');
my ($dump) = $backup =~ /^(mariadb-dump.*)/m;
my $size = -s "$dir/hawser.sql";
{
	local $ENV{PATH} = "$dir/broken:$ENV{PATH}";
	mkdir "$dir/broken";
	open my $fake, '>', "$dir/broken/mariadb-dump" or die $!;
	print $fake "#!/bin/sh\nexit 2\n";
	close $fake;
	chmod 0755, "$dir/broken/mariadb-dump";
	system('sh', '-c', $dump =~ s/\bhawser\.sql/'$dir\/hawser.sql'/gr);
	is(-s "$dir/hawser.sql", $size, 'a dump that fails leaves the last one');
}

# ---- a day goes by: on both sides ----
hawser(qw(event edit), $id{renamed}, '--title', 'renamed2');
hawser(qw(event remove), $id{removed});
add('new-here');
sync();
$radicale->remove('anna', there()->{away});
my $put = there()->{kept};
$radicale->put('anna', $put, $radicale->get('anna', $put)->{content} =~ s/SUMMARY:kept/SUMMARY:kept2/r);
sync();
add('never-sent');
my $before = titles(map { $_ } keys %{ there() });
is($before, 'kept2 new-here renamed2', 'what the server has now');
my %versions = map { $_ => $radicale->get('anna', there()->{$_})->{content} } keys %{ there() };

# ---- the database of yesterday ----
$db->sql('DROP DATABASE hawser; DROP DATABASE hawser_web', db => '');
my ($dry, $verified);
for my $command (split /\n/, $restore) {
	my $out = shell($command);
	$dry = $out if $command =~ /--dry-run/;
	$verified = $out if $command =~ /audit verify/;
}
is(here(), 'away kept removed renamed', 'it is as it was');
is($verified, $noted, 'the heads are the noted ones');
unlike($dry, qr/^ +\d+ +\w+ there/m, 'the dry run sends nothing') or diag $dry;
sync('--connection', $connection);
is(titles(keys %{ there() }), $before, 'nothing was undone at the server');
is_deeply({ map { $_ => $radicale->get('anna', there()->{$_})->{content} } keys %{ there() } }, \%versions, 'not a byte');
is(here(), $before, 'what happened there since is here');
is(one('SELECT COUNT(*) FROM sync_action WHERE kind IN (4, 5, 6, 7, 10)'), one('SELECT COUNT(*) FROM sync_action WHERE kind = 4'), 'nothing but the first creates was ever sent');
my $actions = one('SELECT COUNT(*) FROM sync_action');
sync('--connection', $connection);
is(one('SELECT COUNT(*) FROM sync_action'), $actions, 'and the next run has nothing to do');
is($db->hawser('audit', 'verify'), 0, 'the audit holds');
done_testing;
