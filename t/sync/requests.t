#!/usr/bin/perl
# How many requests each operation costs. The figures are exact: one request
# more anywhere is a failure here, long before it shows in a measurement.
use strict;
use warnings;
use DbTest;
use FaultServer;
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;

my $server = FaultServer->start;
my $cal = '/cal/anna/work/';
my $db = DbTest->new(conf_lines => { net => ['allow_origins = ' . $server->url], sync => ['workers = 1'] });
$ENV{HAWSER_CONF} = $db->conf;
my $sync = DbTest::build() . '/hawser-sync';

sub hawser {
	$db->hawser(@_) == 0 or die "hawser @_[ref $_[0] ? 1 : 0 .. 1]: $db->{err}";
	return $db->{out} eq '' ? undef : decode_json($db->{out});
}
sub one { return $db->one($_[0]) }
sub ics { return Radicale->event("u$_[0]", $_[1] // "Event $_[0]", '20260102T100000Z', @_[2 .. $#_]) }
sub href { return "${cal}e$_[0].ics" }
sub event { return one("SELECT id FROM event WHERE summary = '$_[0]'") }

# Executes and plain commands of everybody so far.
sub statements { return one("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'QUESTIONS'") }
my $stated;

# One run, and what it asked for, in order of the alphabet.
sub costs {
	my ($what, $expected, @args) = @_;
	$server->calm;
	my $before = statements();
	my $out = `$sync --once --connection 1 --json @args 2>>$db->{dir}/sync.err`;
	$stated = statements() - $before;
	is $out && decode_json($out)->{end}, 'done', "$what: done" or diag `tail -3 $db->{dir}/sync.err`;
	my %n;
	$n{ $_->{method} . ($_->{body} =~ /sync-collection/ ? ' list' : $_->{body} =~ /multiget/ ? ' get' : '') }++ for @{ $server->requests };
	return is join(', ', map { "$n{$_} $_" } sort keys %n), $expected, "$what: $expected";
}

$server->seed(map { (href($_) => ics($_)) } 1 .. 250);
hawser('org', 'add', 'One', '--json');
hawser(\'pass-word-1', 'user', 'add', 'anna@example.org', '--org', 'One', '--role', 'owner', '--password-stdin', '--json');
hawser(\'secret', 'connection', 'add', 'caldav', '--user', 'anna@example.org', '--url', $server->url,
	'--login', 'anna', '--password-stdin', '--json');
hawser('collection', 'select', one('SELECT id FROM collection'), '--json');

costs('the first pull of 250', '3 REPORT get, 1 REPORT list');
costs('no change', '1 REPORT list');
cmp_ok $stated, '<=', 25, 'and few words with the database';
costs('no change, all listed', '1 REPORT list', '--full');

$server->seed(href(1) => ics(1, 'Changed there'));
costs('one edit there', '1 REPORT get, 1 REPORT list');
$server->seed(map { (href($_) => ics($_, "Changed there too $_")) } 2 .. 61);
costs('sixty edits there', '1 REPORT get, 1 REPORT list');
cmp_ok $stated, '<=', 60, 'and not a statement for each';
$server->seed(href(2) => undef);
costs('one delete there', '1 REPORT list');

hawser('event', 'edit', event('Changed there'), '--title', 'Edited here', '--json');
costs('one edit here, read back', '1 PUT, 1 REPORT get, 1 REPORT list');
# Our own write comes back by its tag, and is known.
costs('after it', '1 REPORT list');
hawser('event', 'add', '--title', 'New here', '--start', '2026-11-20T09:30', '--zone', 'UTC', '--calendar', one('SELECT id FROM calendar'), '--json');
costs('one new here', '1 PUT, 1 REPORT get, 1 REPORT list');
hawser('event', 'remove', event('New here'), '--json');
costs('one delete here', '1 DELETE, 1 REPORT list');

# Whether the server would mail guests is asked once, however many have some.
open my $f, '>', "$db->{dir}/many.ics" or die $!;
my @many = map { my $t = ics("m$_", "Many $_", 'ATTENDEE:mailto:guest@example.com'); $t =~ s/.*?(BEGIN:VEVENT.*END:VEVENT\r?\n).*/$1/s; $t } 1 .. 80;
print $f "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n", @many, "END:VCALENDAR\r\n";
close $f;
hawser('event', 'import', "$db->{dir}/many.ics", '--calendar', one('SELECT id FROM calendar'), '--json');
costs('eighty new here, in four calls', '1 OPTIONS, 80 PUT, 4 REPORT get, 1 REPORT list');

done_testing;
