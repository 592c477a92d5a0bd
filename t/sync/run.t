#!/usr/bin/perl
# What the operator asks of runs: which there were, what each did and why, held
# deletes with their answer, conflicts with all versions.
use strict;
use warnings;
use DbTest;
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;

my $radicale = Radicale->start(anna => 'secret');
$radicale->calendar('anna', 'work', 'Work');
sub remote { my ($n, $title) = @_; return $radicale->put('anna', "/anna/work/e$n.ics",
	Radicale->event("e$n", $title // "Event $n", '20261120T090000Z'))->{success} }
remote($_) for 1 .. 24;

my $db = DbTest->new(conf_lines => { net => [ 'allow_origins = ' . $radicale->url ] });
$ENV{HAWSER_CONF} = $db->conf;
my $bin = DbTest::build();

sub hawser {
	my ($name, @args) = @_;
	my $code = $db->hawser(@args);
	is $code, 0, $name or diag $db->{err};
	return $db->{out};
}
sub json { return decode_json(hawser(@_, '--json')) }
sub refused { my ($name, $pattern, @args) = @_; is $db->hawser(@args), 1, $name; return like $db->{err}, $pattern, "$name: why" }
sub count { return ($db->sql("SELECT COUNT(*) FROM $_[0]"))[0][0] }
sub alive { return count('event WHERE deleted_at IS NULL') }
sub sync_now {
	my ($id) = @_;
	hawser('sync now', 'connection', 'sync', $id);
	system("$bin/hawser-sync --once 2>>'$db->{dir}/sync.log'") == 0 or diag 'hawser-sync failed';
	return json('the latest run', 'run', 'list', $id)->[0];
}
hawser('an organisation', 'org', 'add', 'One');
hawser('a member', \'pass-word-1', 'user', 'add', 'anna@example.org', '--org', 'One', '--role', 'owner', '--password-stdin');
$db->hawser(\'secret', 'connection', 'add', 'caldav', '--user', 'anna@example.org', '--url', $radicale->url,
	'--login', 'anna', '--password-stdin', '--json') == 0 or die $db->{err};
my $id = decode_json($db->{out})->{id};
hawser('choose', 'collection', 'select', json('calendars', 'collection', 'list', $id)->[0]{id});

# ---- a run and its rows ----

my $run = sync_now($id);
is "$run->{state} $run->{in} $run->{out} $run->{done}", 'done 24 0 24', 'the first run took all';
my $show = json('show it', 'run', 'show', $run->{id});
is scalar @{ $show->{actions} }, 24, 'a row for each event';
is_deeply [ sort { $a <=> $b } map { $_->{seq} } @{ $show->{actions} } ], [ 1 .. 24 ], 'in order, none twice';
is_deeply { map { ("$_->{kind} $_->{phase}" => 1) } @{ $show->{actions} } }, { 'pull_create done' => 1 }, 'what each did';
ok !(grep { !$_->{reason} || !$_->{title} } @{ $show->{actions} }), 'with a reason and a title';
like hawser('in words', 'run', 'show', $run->{id}), qr/pull_create +done +Event 7: /, 'also for people';
refused('an unknown run', qr/no such run/, 'run', 'show', '4711');
refused('nothing to answer', qr/not waiting/, 'run', 'approve', $run->{id});

# ---- held deletes ----

$radicale->remove('anna', "/anna/work/e$_.ics") for 1 .. 12;
$run = sync_now($id);
is "$run->{guard} $run->{guard_count} $run->{guard_known}", 'held 12 24', 'half of it gone: the run asks';
is alive(), 24, 'and deletes nothing';
is json('card', 'connection', 'show', $id)->{held_run}, $run->{id}, 'the connection says so';
is_deeply { map { ("$_->{kind} $_->{phase}" => 1) } @{ json('rows', 'run', 'show', $run->{id})->{actions} } },
	{ 'pull_delete held' => 1 }, 'its rows are held';
is json('approve', 'run', 'approve', $run->{id})->{guard}, 'approved', 'approved';
refused('answered once', qr/not waiting/, 'run', 'refuse', $run->{id});
sync_now($id);
is alive(), 12, 'now they are deleted';
is json('card', 'connection', 'show', $id)->{held_run}, undef, 'nothing is asked any more';

$radicale->remove('anna', "/anna/work/e$_.ics") for 13 .. 24;
$run = sync_now($id);
is $run->{guard}, 'held', 'emptied: the run asks';
is json('refuse', 'run', 'refuse', $run->{id})->{guard}, 'refused', 'refused';
sync_now($id);
is alive(), 12, 'nothing is deleted here';
my @again = $radicale->list('anna', '/anna/work/');
is scalar @again, 12, 'and it is there again';

# ---- a conflict ----

$db->sql("UPDATE event SET summary = 'Ours' WHERE uid = 'e20'");
my ($href) = grep { $radicale->get('anna', $_)->{content} =~ /^UID:e20\r?$/m } $radicale->list('anna', '/anna/work/');
ok $href && $radicale->put('anna', $href, Radicale->event('e20', 'Theirs', '20261120T090000Z'))->{success},
	'the same field changes on both sides';
$run = sync_now($id);
is $run->{conflicts}, 1, 'a conflict';
my $conflicts = json('conflicts', 'conflict', 'list', $id);
is scalar @$conflicts, 1, 'is listed';
is $conflicts->[0]{winner}, 'remote', 'with its winner';
like $conflicts->[0]{fields}, qr/title/, 'and the field';
my $c = json('show it', 'conflict', 'show', $conflicts->[0]{id});
like $c->{local}, qr/Ours/, 'our version is kept';
like $c->{remote}, qr/Theirs/, 'theirs too';
like $c->{base}, qr/Event 20/, 'and the one before';
like hawser('in words', 'conflict', 'show', $c->{id}), qr/Ours.*Theirs/s, 'for people as well';
refused('an unknown one', qr/no such conflict/, 'conflict', 'show', '4711');
is_deeply json('of the organisation', 'conflict', 'list', '--org', 'One'), $conflicts, 'the same';

hawser('the audit verifies', 'audit', 'verify', '--org', 'One');
done_testing;
