#!/usr/bin/perl
# An upgrade, and the way back, while everything runs: programs that were started
# before go on with pages, forms and syncs while hawser migrate brings a newer
# schema in, killed at each of its statements and run again; the newer programs
# take their place; started anew, the older ones work with the newer schema too.
# Nobody gets an error.
#
# The newer schema is today's and one migration more, with a statement of each
# form that t/lint/migrations.t lets one have. Or, run by people with
# HAWSER_OLD=DIR, a built tree of an older version: its programs and its schema,
# and what this tree has become since.
use strict;
use warnings;
use File::Copy qw(copy);
use Migration;
use Pair;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

plan skip_all => 'strace is not there' if !`sh -c 'command -v strace'`;
my $old = $ENV{HAWSER_OLD};
my $today = DbTest::build();
local $ENV{HAWSER_ASAN} = '';
local @ENV{qw(HAWSER_BUILD HAWSER_TEST_SQL)} = ("$old/build", "$old/sql") if $old;
my $p = Pair->new(web => 1, install => !$old, conf => { web => ['workers = 3', 'hooks_workers = 2'] });
my ($w, $db) = ($p->{web}, $p->db);
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $token = $ana->token;
my %mine = (calendar => $p->own_calendar);
$ana->post('/settings/events', $p->event_form('Before', %mine), { csrf => $token });
my $event = $db->one(q{SELECT MAX(id) FROM hawser.event WHERE summary = 'Before'}) or die 'no event';

# ---- the newer schema ----
my $sql = $db->dir . '/sql';
mkdir $sql or die $!;
copy($_, $sql) or die "$_: $!" for glob DbTest::top() . '/sql/0*.sql';
sub text_of { my ($path) = @_; open my $f, '<', $path or die "$path: $!"; local $/; return scalar <$f> }
sub latest {		# CREATE OR REPLACE of it, as the last migration has it
	my ($what) = @_;
	my $is;
	for my $file (sort glob "$sql/0*.sql") {
		my $text = text_of($file);
		$is = $1 while $text =~ m{^(CREATE OR REPLACE DEFINER = \{owner\} $what\b.*?) ?//}msg;
	}
	return $is // die "no $what";
}
if (!$old) {
	my ($enter, $trigger) = (latest('PROCEDURE \{web\}\.session_enter'), latest('TRIGGER \{?d?b?\}?\.?event_after_update'));
	$enter =~ s/SELECT s\.user_id,/SELECT 'later' AS later, s.user_id,/ or die 'session_enter has another form';
	open my $f, '>', "$sql/9000_later.sql" or die $!;
	print $f <<"SQL";
-- What a newer version might bring.
ALTER TABLE event ADD COLUMN later VARCHAR(40) NOT NULL DEFAULT '' AFTER summary;
ALTER TABLE connection ADD COLUMN later INT UNSIGNED NULL;
ALTER TABLE user ADD COLUMN later VARCHAR(40) NULL;
UPDATE event SET later = 'yes';
ALTER TABLE event ADD KEY event_later (org_id, later);
ALTER TABLE job DROP KEY IF EXISTS job_later;
DELIMITER //
$enter //
$trigger //
CREATE TRIGGER event_later AFTER UPDATE ON event FOR EACH ROW BEGIN END //
DELIMITER ;
SQL
	close $f or die $!;
}
sub use_sql { my ($dir) = @_; $db->put_conf(qr/^sql_dir = .*$/m, "sql_dir = $dir") }

# ---- what goes on meanwhile: each child counts its answers ----
my $going = $db->dir . '/going';
sub child {
	my ($what, $each) = @_;
	my $pid = open my $out, '-|' // die $!;
	return $out if $pid;
	$SIG{TERM} = $SIG{INT} = 'DEFAULT';
	my %count;
	for (my $n = 1; -e $going; $n++) { $count{"$what " . $each->($n)}++ }
	print join ',', %count;
	close STDOUT;
	POSIX::_exit(0);
}
sub pages {
	my ($n) = @_;
	sleep 0.02;
	my $path = ('/settings/integrations', "/settings/events/$event", '/settings/agenda', '/settings/account', '/settings/integrations/status', '/settings/activity')[$n % 6];
	my $r = $ana->get($path);
	return $r->{status} == 200 && $r->{content} !~ m{</html>\s*$|\}\s*$} ? 'half' : $r->{status};
}
sub forms {
	my ($who, $n) = @_;
	sleep 0.1;
	return $ana->post('/settings/events', $p->event_form("New $who $n", %mine), { csrf => $token })->{status};
}
sub asks { sleep 0.3; return $ana->post('/settings/ask/audit/check', {}, { csrf => $token })->{status} }
sub syncs { sleep 0.2; return $p->run(args => ['--once']) }
my ($made, @children) = (0);
sub begin_load {
	open my $f, '>', $going or die $!;
	close $f;
	my $run = shift;
	@children = ((map { child('page', \&pages) } 1, 2), (map { my $who = "$run$_"; child('form', sub { forms($who, @_) }) } 1, 2), child('ask', \&asks), child('sync', \&syncs));
}
sub end_load {
	unlink $going;
	my %sum;
	for my $in (@children) {
		my %count = split /,/, <$in> // '';
		$sum{$_} += $count{$_} for keys %count;
		close $in;
	}
	return \%sum;
}
sub load_is_fine {
	my ($name) = @_;
	my $sum = end_load();
	my $all = 0;
	$all += $_ for values %$sum;
	note "$name: ", join ', ', map { "$_: $sum->{$_}" } sort keys %$sum;
	is_deeply([grep { !/^(?:page 200|form 303|ask 303|sync 0)$/ } sort keys %$sum], [], "$name: none of $all failed")
		or diag $p->log_text, grep { /"level":"(?:error|warn)/ } split /^/, $w->log_text('web.log');
	cmp_ok($sum->{"$_"} // 0, '>', 0, "$_ among them") for 'page 200', 'form 303', 'ask 303', 'sync 0';
	$made += $sum->{'form 303'} // 0;
	is($db->one(q{SELECT COUNT(*) FROM hawser.event WHERE summary LIKE 'New %'}), $made, 'each form made one event');
}
my $routes = join '|', map { $_->{path} } grep { $_->{method} eq 'GET' && ($_->{path} !~ /\{/ || $_->{path} =~ m{^/settings/events/\{id\}}) } $w->routes;
sub sweep { return { map { my $r = $ana->get(WebTest::path_of({ path => $_ }, $event)); ($_ => $r->{status}) } split /\|/, $routes } }
my $before = sweep();

# ---- upgraded under load ----
begin_load('a');
sleep 1;
use_sql($sql);
my $m = Migration->new(db => $db, hawser => "$today/hawser");
# Four sends to begin with, one for each file that is done.
my ($at, $killed, @bad) = (4 + $db->one('SELECT COUNT(*) FROM hawser.schema_migration'), 0);
my $first = $m->progress;
while (($at = $m->announced($at)) > 0) {
	my $done = $m->progress;
	for my $offset (2, 4, 5) {	# before it is sent, before it is recorded, after
		my ($end) = $m->run($at + $offset - ($m->{in_transaction} && $offset > 2));
		$killed += $end eq 'killed';
		push @bad, "statement $done, $offset: $end" if $end ne 'killed';
	}
	last if $m->progress <= $done;
}
is($at, 0, 'announced to the last');
my $statements = $m->progress - $first;
my (undef, @sends) = $m->run(0);
for (my $n = 20; $n < @sends; $n += @sends / 12) {	# views and rights are made again each time
	my ($end) = $m->run(int $n);
	$killed += $end eq 'killed';
}
is_deeply(\@bad, [], "killed $killed times at $statements statements and at rights and views");
cmp_ok($statements, '>=', $old ? 1 : 9, 'all forms of statements');
is(($m->run(0))[0], 0, 'run again it completes') or diag text_of($db->dir . '/out');
sleep 1;
load_is_fine('the older programs, while the schema grew');
is($p->wrong, undef, 'both sides are the same') if !$old;
is_deeply(sweep(), $before, 'every page answers as before');

# ---- the newer programs take their place ----
if ($old) {
	$w->end('web');		# whose older self may know no way to do that
	@ENV{qw(HAWSER_BUILD HAWSER_TEST_SQL)} = ($today, DbTest::top() . '/sql');
	$w->start_web;
	begin_load('b');
} else {
	begin_load('b');
	$w->install;
	kill 'HUP', $w->{pids}{web};
	WebTest::wait_for(20, 'the newer programs', sub { $w->runs_installed });
}
sleep 2;
load_is_fine('the newer programs');
is($p->wrong, undef, 'both sides are the same');

# ---- and back: started anew on the newer schema ----
if ($old) {
	$w->end('web');
	@ENV{qw(HAWSER_BUILD HAWSER_TEST_SQL)} = ("$old/build", "$old/sql");
	$w->start_web;
} else {
	kill 'HUP', $w->{pids}{web};
}
use_sql(DbTest::sql_dir());
begin_load('c');
sleep 2;
load_is_fine('the older programs again');
is($p->wrong, undef, 'both sides are the same');
is_deeply(sweep(), $before, 'every page answers as before');
isnt($db->hawser('migrate'), 0, 'their hawser migrate');
like($db->{err}, qr/newer version/, 'leaves the newer schema alone');
if (!$old) {
	is($db->hawser('doctor'), 0, 'their hawser doctor') or diag $db->{out};
	like($db->{out}, qr/migrations.*1 of a newer version, which does no harm/, 'sees it and says that it does no harm');
}
done_testing;
