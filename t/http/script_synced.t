#!/usr/bin/perl
# Script tags that come from a calendar server, in the names of calendars and in
# every property of events, stay text on every page, and go back as they came.
use strict;
use warnings;
use Test::More;
use Radicale;
use WebTest;

my $evil = q{"'><script>alert(1)</script><img src=x onerror=alert(2)>};
my $xml = $evil =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr;
my $dav = Radicale->start(anna => 'secret');
my $path = $dav->calendar('anna', 'work', $xml);
my $esc = $evil =~ s/([,;\\])/\\$1/gr;
$dav->put('anna', "${path}a.ics", Radicale->event('<script>uid</script>', "Title $esc", '20261120T090000Z', "LOCATION:Place $esc", "DESCRIPTION:Notes $esc",
	"CATEGORIES:$esc", "COMMENT:$esc", "X-THING:$esc", 'URL:javascript:alert(3)', "ORGANIZER;CN=x:mailto:$esc", 'STATUS:CONFIRMED'));
$dav->put('anna', "${path}b.ics", Radicale->event('series', "Series $esc", '20261117T090000Z', 'RRULE:FREQ=WEEKLY;COUNT=3'));
my $w = WebTest->new(conf => { net => ['allow_origins = ' . $dav->url] });
my $db = $w->db;
my $b = $w->browser;
$b->sign_in('ana@a.example');

my @ran;
sub look {
	my ($path) = @_;
	my $r = $b->get($path);
	push @ran, "$path: $1" if $r->{content} =~ /(<script>.{0,30}|<img src=x.{0,20}|"'>.{0,10}|(?:href|src|action)="javascript:.{0,20})/;
	push @ran, "$path: $r->{status}" if $r->{status} >= 400;
	return $r->{content};
}
my $r = $b->post('/settings/ask/connect/caldav', { url => $dav->url, login => 'anna', password => 'secret', name => $evil });
is($r->{status}, 303, 'connected') or BAIL_OUT($r->{content});
my ($id) = $r->{headers}{location} =~ m{connections/(\d+)};
my $choose = look("/settings/connections/$id/calendars");
like($choose, qr/&lt;script&gt;/, 'the name of the calendar is text');
my ($collection) = $choose =~ /name="collection" value="(\d+)"/;
$b->post("/settings/connections/$id/calendars", { collection => $collection, "direction_$collection" => 'both' });
sub sync { local $ENV{HAWSER_CONF} = $db->conf; is(system(DbTest::build() . "/hawser-sync --once 2>>'$db->{dir}/sync.log'"), 0, 'synced') }
sync();
my %event = map { $_->[0] => $_->[1] } $db->sql('SELECT uid, id FROM event');
is(scalar keys %event, 2, 'both events are here');

# Changed on both sides: a conflict with tags in all its versions.
my $edit = look("/settings/events/$event{series}/edit");
like($edit, qr/value="Series &quot;&#39;&gt;&lt;script|value="Series [^"]*&lt;script/, 'in a form it is text, too');
$db->sql("UPDATE event SET summary = CONCAT('Here ', summary) WHERE uid = 'series'");
$dav->put('anna', "${path}b.ics", Radicale->event('series', "There $esc", '20261117T090000Z', 'RRULE:FREQ=WEEKLY;COUNT=3'));
sync();
my ($conflict) = map { $_->[0] } $db->sql('SELECT id FROM conflict');
my ($run) = map { $_->[0] } $db->sql('SELECT MAX(id) FROM sync_run');
ok($conflict, 'a conflict came of it');
for my $path ('/settings/integrations', "/settings/connections/$id", "/settings/connections/$id/remove", "/settings/connections/$id/reconnect", '/settings/activity',
	"/settings/runs/$run", '/settings/agenda?month=2026-11', '/settings/agenda?month=2026-11&view=list', '/settings/events/new', '/settings/conflicts',
	"/settings/conflicts/$conflict", map { my $e = $_; map { "/settings/events/$e$_" } '', '/edit', '/delete' } values %event) {
	like(look($path), qr/&lt;script&gt;/, "$path shows it, as text");
}
is_deeply(\@ran, [], 'nothing of it runs');

# And it is not lost on the way back.
$db->sql("UPDATE event SET location = CONCAT(location, ' here') WHERE uid <> 'series'");
sync();
my $there = $dav->get('anna', "${path}a.ics")->{content} =~ s/\r?\n[ \t]//gr;
like($there, qr/LOCATION:Place \Q$esc\E here\r?\n/, 'changed there');
like($there, qr/^\Q$_\E/m, "$_ is as it was") for "SUMMARY:Title $esc", "X-THING:$esc", 'URL:javascript:alert(3)';
done_testing;
