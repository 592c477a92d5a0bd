#!/usr/bin/perl
# hawser event: import, export, list, show, add, edit, remove, as the operator
# uses them; real files there and back.
use strict;
use warnings;
use Test::More;
use JSON::PP;
use DbTest;

my $db = DbTest->new;
my $ics = DbTest::top() . '/t/data/ics';

sub run_ok { my ($what, @args) = @_; is($db->hawser(@args), 0, $what) or diag $db->{err}; return $db->{out} }
sub refused { my ($says, @args) = @_; is($db->hawser(@args), 1, "refused: @args"); like($db->{err}, $says, 'with a sentence') }
sub misused { my ($says, @args) = @_; is($db->hawser(@args), 2, "misused: @args"); like($db->{err}, $says, 'with a sentence') }
sub json { my ($what, @args) = @_; return decode_json(run_ok($what, @args, '--json')) }
sub file { my ($name, $text) = @_; my $path = $db->dir . "/$name"; open my $f, '>:raw', $path or die $!; print $f $text; close $f; return $path }

run_ok('an organisation', 'org', 'add', $_) for qw(A B);
refused(qr/several|--org/, 'event', 'list');
refused(qr/Nobody owns/, 'event', 'import', "$ics/net-alarm-ALARM3.ics", '--org', 'A');
is($db->hawser(\'a long password', 'user', 'add', "ana\@\L$_.example", '--org', $_, '--role', 'owner', '--password-stdin'), 0, "somebody in $_") for qw(A B);

# ---- every real file in, out, and into another organisation ----
my ($added, $refused) = (0, 0);
for my $file (sort glob "$ics/*.ics") {
	my $code = $db->hawser('event', 'import', $file, '--org', 'A', '--json');
	my $r = eval { decode_json($db->{out}) };
	if (!$r) {
		is($code, 1, "$file is refused whole");
		like($db->{err}, qr/\w+.*\./, "with a sentence: $db->{err}");
		next;
	}
	$added += $r->{added};
	$refused += @{ $r->{refused} };
	like($_->{reason}, qr/^[A-Z].*[.)]$/s, "$_->{reason}") for @{ $r->{refused} };
}
cmp_ok($added, '>=', 36, "$added events taken");
cmp_ok($refused, '>=', 4, "$refused refused, each with its reason");
my $out = run_ok('exported', 'event', 'export', '--org', 'A');
unlike($out, qr/(?<!\r)\n/, 'lines end as they should');
unlike($out, qr/^BEGIN:(VTODO|VFREEBUSY|VJOURNAL)/m, 'events alone');
my $copy = file('copy.ics', $out);
my $r = json('taken by the other organisation', 'event', 'import', $copy, '--org', 'B');
is(scalar @{ $r->{refused} }, 0, 'whole');
is($r->{added}, scalar @{ json('listed', 'event', 'list', '--org', 'A') }, 'every one of them');
is(json('taken again', 'event', 'import', $copy, '--org', $_)->{updated}, 0, "$_: nothing differs, so the hash survives the way out and in") for qw(A B);
my @uids = map { my $org = $_; join "\n", sort map { $_->{uid} } @{ json('listed', 'event', 'list', '--org', $org) } } qw(A B);
is($uids[0], $uids[1], 'the same UIDs in both');
like(run_ok('some properties of others', 'event', 'export', '--org', 'B'), $_, "kept: $_")
	for qr/^X-ALT-DESC/m, qr/^BEGIN:VALARM/m, qr/^X-MICROSOFT-CDO-BUSYSTATUS/m;

# ---- many: by portions, not one by one ----
my $big;
sub many {
	my ($n, $title) = @_;
	my $ics = join '', map { "BEGIN:VEVENT\r\nUID:many-$_\@example.com\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\nSUMMARY:$title\r\nEND:VEVENT\r\n" } 1 .. $n;
	return file('many.ics', "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n${ics}END:VCALENDAR\r\n");
}
sub statements { return ($db->sql("SHOW GLOBAL STATUS LIKE 'Questions'"))[0][1] }
sub cost {	# of an import
	my ($n, $title, $says) = @_;
	my $file = many($n, $title);
	my $before = statements();
	my $r = json("$n imported", 'event', 'import', $file, qw(--org A --calendar), $big);
	is(join(' ', @$r{qw(added updated same)}), $says, "added, updated, as before: $says");
	return statements() - $before;
}
$big = json('listed', 'event', 'list', '--org', 'A')->[0]{calendar_id};
my $one = cost(1, 'One', '1 0 0');
my $thousands = cost(3000, 'One', '2999 0 1');
cmp_ok($thousands - $one, '<=', 3000 / 500, "three thousand cost $thousands statements, one $one");
cost(2, 'Two', '0 2 0');
is(($db->sql("SELECT COUNT(*) FROM event WHERE uid LIKE 'many-%'"))[0][0], 3000, 'each once');
$db->sql("UPDATE event SET deleted_at = now(6) WHERE uid = 'many-7\@example.com'");
cost(10, 'Two', '1 7 2');

# ---- one event ----
my ($calendar) = map { $_->{calendar_id} } @{ json('listed', 'event', 'list', '--org', 'A') };
my $e = json('added', qw(event add --org A --calendar), $calendar, qw(--title Team --start 2026-11-23T11:00 --end 2026-11-23T12:00
	--zone Europe/Berlin --repeat weekly --count 5));
is($e->{starts_at}, '2026-11-23T10:00:00Z', 'times are RFC 3339');
like($e->{id}, qr/^\d+$/, 'ids are strings');
is($e->{rev}, 1, 'its first version');
my $id = $e->{id};
$e = json('one date moved', qw(event edit), $id, qw(--occurrence 20261207T110000 --start 2026-12-07T14:00 --title Late));
is($e->{changed_dates}[0]{start}, '2026-12-07T14:00:00', 'that date');
is($e->{changed_dates}[0]{end}, '2026-12-07T15:00:00', 'as long as before');
is($e->{start}, '2026-11-23T11:00:00', 'not the series');
run_ok('one date removed', qw(event remove), $id, qw(--occurrence 20261130T110000));
$e = json('the series an hour earlier', qw(event edit), $id, qw(--start 2026-11-23T10:00));
is_deeply($e->{recurrence}, ['RRULE:FREQ=WEEKLY;COUNT=5', 'EXDATE;TZID=Europe/Berlin:20261130T100000'], 'the removed date moves along');
is($e->{changed_dates}[0]{occurrence}, '20261207T100000', 'so does the changed one');
# A live one is not restored, and that is said; nothing of it changes.
my $rev = $db->one("SELECT rev FROM event WHERE id = $id");
like(run_ok('a live one', qw(event restore), $id), qr/^It is not deleted, so there was nothing to restore\.$/m, 'is called so');
ok(!json('in JSON', qw(event restore), $id)->{restored}, 'in JSON, too');
is($db->one("SELECT CONCAT(rev, deleted_at IS NULL) FROM event WHERE id = $id"), "${rev}1", 'and stays as it was');
is($db->one("SELECT COUNT(*) FROM audit WHERE body LIKE '%event.restore%'"), 0, 'the audit tells of nothing');
run_ok('deleted', qw(event remove), $id);
ok(json('brought back', qw(event restore), $id)->{restored}, 'which is said');
is($db->one("SELECT deleted_at IS NULL FROM event WHERE id = $id"), 1, 'and so');
refused(qr/changed meanwhile/, qw(event edit), $id, qw(--rev 1 --title X));
refused(qr/would not exist/, qw(event edit), $id, qw(--repeat yearly));
refused(qr/no such date/, qw(event remove), $id, qw(--occurrence 20261208T110000));
refused(qr/no such event/, qw(event show 999999));
misused(qr/is not an id/, qw(event show abc));
misused(qr/none, daily/, qw(event edit), $id, qw(--repeat often));
refused(qr/no such calendar/, qw(event add --org B --calendar), $calendar, qw(--title X --start 2026-11-23));
misused(qr/write a day as/, qw(event add --org A --calendar), $calendar, qw(--title X --start tomorrow));
refused(qr/cannot be read/, qw(event import /nonexistent --org A));
refused(qr/\./, qw(event import), file('html.ics', '<html>not a calendar</html>'), qw(--org A));
is($db->hawser(qw(event add --org A)), 2, 'without a start it is no command');
run_ok('removed', qw(event remove), $id);
refused(qr/no such event/, qw(event show), $id);
run_ok('the audit holds', 'audit', 'verify', '--org', 'A');
my ($audits) = map { $_->[0] } $db->sql("SELECT COUNT(*) FROM audit WHERE body LIKE '%event.%' AND body NOT LIKE '%Team%'");
cmp_ok($audits, '>', 5, 'every change is in it, without titles');

done_testing;
