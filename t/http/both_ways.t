#!/usr/bin/perl
# What a person does in the pages goes to a real Radicale, and what happens there
# comes back: an event made, changed, deleted on either side, one date of a
# series, a merge, a conflict and the other choice; the badge tells each state.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;
use WebTest;

my $radicale = Radicale->start(anna => 'secret');
my $home = $radicale->calendar('anna', 'work', 'Work');
my $w = WebTest->new(conf => { net => ['allow_origins = ' . $radicale->url] });
my $db = $w->db;
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
$db->sql("UPDATE user SET time_zone = 'Europe/Berlin'");

sub one { return $db->one($_[0]) }
sub page { return decode_utf8($ana->get($_[0])->{content}) }
sub hawser { my @args = @_; is($db->hawser(@args, '--json'), 0, 'hawser ' . join ' ', grep { !ref } @args[0 .. 2]) or diag $db->{err}; return decode_json($db->{out} || 'null') }

my $connection = hawser(\'secret', qw(connection add caldav --org A --user ana@a.example --url), $radicale->url, qw(--login anna --password-stdin))->{id};
my ($collection) = map { $_->{id} } @{ hawser('collection', 'list', $connection) };
hawser('collection', 'select', $collection);
my $calendar = one('SELECT calendar_id FROM binding');

sub sync {
	local $ENV{HAWSER_CONF} = $db->conf;
	my $out = `'@{[DbTest::build()]}/hawser-sync' --once --connection $connection --json 2>>'@{[$w->dir]}/sync.err'`;
	is($?, 0, 'a sync') or diag DbTest::tail($w->dir . '/sync.err');
	# The dates of series come by the queue.
	is(system(DbTest::build() . '/hawser-sync --once 2>>' . $w->dir . '/sync.err'), 0, 'and the queue') if one('SELECT COUNT(*) FROM job WHERE kind = 2');
	return decode_json($out || '{}');
}
sub objects { return map { $radicale->get('anna', $_)->{content} } $radicale->list('anna', $home) }
sub object { my ($like) = @_; my ($o) = grep { $_ =~ $like } objects(); return $o // '' }
sub edit {		# the form as it is, with some fields changed
	my ($path, %change) = @_;
	my $text = page($path . '/edit' . ($change{date} ? "?date=$change{date}" : ''));
	my %form;
	while ($text =~ /<input id="f-[a-z_]+" type="([a-z]+)" name="([a-z_]+)" value="([^"]*)"([^>]*)>/g) {
		$form{$2} = $3 if $1 ne 'checkbox' || $4 =~ /checked/;
	}
	while ($text =~ /<select id="f-[a-z_]+" name="([a-z_]+)".*?<\/select>/gs) {
		my ($name, $options) = ($1, $&);
		($form{$name}) = $options =~ /<option value="([^"]*)" selected/;
	}
	($form{description}) = $text =~ /<textarea[^>]*>\n?(.*?)<\/textarea>/s;
	($form{$_}) = $text =~ /name="$_" value="([^"]*)"/ for qw(rev date);
	return $ana->post($path, { (map { ($_ => $form{$_} // '') } keys %form), %change });
}

# ---- made here ----
my $r = $ana->post('/settings/events', { summary => 'Dentist', location => 'High Street', calendar => $calendar, start_day => '2026-11-24',
	start_time => '09:30', end_time => '10:15', zone => 'Europe/Berlin', repeat => 'none' });
my ($id) = $r->{headers}{location} =~ m{events/(\d+)} or die $r->{status};
my $path = "/settings/events/$id";
like(page($path), qr/Waits to be sent/, 'saved at once, and waits');
is(scalar(objects()), 0, 'saving asked nobody');
sync();
like(object(qr/Dentist/), qr/DTSTART;TZID=Europe\/Berlin:20261124T093000/, 'then it is there');
like(page($path), qr/Both sides agree/, 'and both sides agree');

# ---- changed there, changed here ----
my ($href) = $radicale->list('anna', $home);
my $there = object(qr/Dentist/) =~ s/SUMMARY:Dentist/SUMMARY:Dentist Jonas/r;
like($radicale->put('anna', $href, $there)->{status}, qr/^20/, 'renamed there');
sync();
like(page($path), qr{<h1>Dentist Jonas</h1>}, 'renamed here');
is(edit($path, location => 'Low Street')->{status}, 303, 'moved here');
sync();
like(object(qr/Dentist/), qr/LOCATION:Low Street/, 'moved there');

# ---- both sides, other fields: merged ----
$radicale->put('anna', $href, object(qr/Dentist/) =~ s/SUMMARY:Dentist Jonas/SUMMARY:Dentist both/r);
edit($path, start_time => '09:00', end_time => '09:45');
sync();
like(object(qr/Dentist both/), qr/DTSTART;TZID=Europe\/Berlin:20261124T090000/, 'both changes are there');
like(page($path), qr{<h1>Dentist both</h1>.*09:00 to 09:45}s, 'and here');
is(one('SELECT COUNT(*) FROM conflict'), 0, 'which is no conflict');

# ---- the same field: a conflict, and the other choice ----
$radicale->put('anna', $href, object(qr/Dentist/) =~ s/SUMMARY:Dentist both/SUMMARY:Their name/r);
edit($path, summary => 'Our name', location => 'Side Street');
sync();
like(page($path), qr{<h1>Their name</h1>.*Changed on both sides}s, 'theirs wins, and it is said');
like(object(qr/Their name/), qr/LOCATION:Side Street/, 'what did not clash is merged');
my ($conflict) = page('/settings/conflicts') =~ m{/settings/conflicts/(\d+)"};
my $text = page("/settings/conflicts/$conflict");
like($text, qr{Our name.*Their name}s, 'both versions are kept');
my ($rev) = $text =~ /name="rev" value="(\d+)"/;
is($ana->post("/settings/conflicts/$conflict/here", { rev => $rev })->{status}, 303, 'ours after all');
sync();
like(object(qr/Our name/), qr/LOCATION:Side Street/, 'and it is there');
like(page($path), qr{<h1>Our name</h1>.*Both sides agree}s, 'both sides agree again');

# ---- a series and single dates, from either side ----
$r = $ana->post('/settings/events', { summary => 'Standup', calendar => $calendar, start_day => '2026-11-30', start_time => '09:00', end_time => '09:15',
	zone => 'Europe/Berlin', repeat => 'weekly', mo => 1, count => 4 });
my ($sid) = $r->{headers}{location} =~ m{events/(\d+)};
sync();
my $series = "/settings/events/$sid";
edit($series, date => '20261207T090000', summary => 'Standup late', start_time => '11:00', end_time => '11:15');
sync();
like(object(qr/Standup/), qr/RECURRENCE-ID;TZID=Europe\/Berlin:20261207T090000/, 'one date differs there');
($rev) = page("$series/delete?date=20261214T090000") =~ /name="rev" value="(\d+)"/;
$ana->post("$series/delete", { rev => $rev, date => '20261214T090000' });
sync();
like(object(qr/Standup/), qr/EXDATE;TZID=Europe\/Berlin:20261214T090000/, 'one date is gone there');
{
	local $ENV{HAWSER_CONF} = $db->conf;
	is(system(DbTest::build() . '/hawser-sync', '--once'), 0, 'what else is due: the dates of series');
}
my $dates = join ' ', map { $_->[0] } $db->sql("SELECT start_wall FROM event_instance WHERE event_id = $sid ORDER BY 1");
is($dates, '2026-11-30 09:00:00 2026-12-07 11:00:00 2026-12-21 09:00:00', 'the agenda shows the three that are left');
my ($series_href) = grep { $radicale->get('anna', $_)->{content} =~ /Standup/ } $radicale->list('anna', $home);
$radicale->put('anna', $series_href, object(qr/Standup/) =~ s/SUMMARY:Standup late/SUMMARY:Later still/r);
sync();
like(page("$series?date=20261207T090000"), qr{<h1>Later still</h1>}, 'a date changed there is changed here');

# ---- deleted on either side ----
($rev) = page("$path/delete") =~ /name="rev" value="(\d+)"/;
$ana->post("$path/delete", { rev => $rev, date => '' });
sync();
is(object(qr/Our name/), '', 'deleted there');
$radicale->remove('anna', $series_href);
sync();
is($ana->get($series)->{status}, 404, 'deleted here');
like($ana->get($series)->{content}, qr/ is deleted.*kept for 30 days.*Restore it/s, 'its page says so and offers it back');
is(scalar(objects()), 0, 'nothing is left there');
my $last = sync();
is_deeply([@$last{qw(in out)}], [0, 0], 'and nothing is left to do');

done_testing;
