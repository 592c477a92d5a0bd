# Google's own client works with the sandbox (sdk.js), and each answer it got is
# what the discovery document describes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Sandbox;
use Test::More;

plan skip_all => 'the npm packages of t/ are not installed' if !-d "$FindBin::Bin/../node_modules/\@googleapis/calendar";
my $s = Sandbox->start(hooks => ['http://127.0.0.1:1']);
my $t = $s->token('anna@example.com', 'calendar');
my @out = map { decode_json($_) } `node '$FindBin::Bin/sdk.js' '@{[$s->url]}/google/' '$t->{access_token}' http://127.0.0.1:1`;
is($?, 0, 'the client ends well');
my @expected = split /\n/, <<'TXT';
calendarList.list 200
calendarList.get 200
calendars.get 200
events.insert 200
events.insert 409 duplicate
events.get 200
events.patch 200
events.patch 412 conditionNotMet
events.update 200
events.insert 200
events.instances 200
events.delete 204
events.list 200
events.list 200
events.import 200
events.move 200
events.list 200
events.list 400 badRequest
events.delete 204
events.delete 410 deleted
events.get 404 notFound
events.watch 200
calendarList.watch 200
channels.stop 204
channels.stop 404 notFound
events.list 410 fullSyncRequired
TXT
is_deeply([map { my $why = $_->{status} < 400 ? undef : $_->{data}{error}{errors}[0]{reason}; join ' ', $_->{id}, $_->{status}, $why // () } @out], \@expected, 'each call is answered as Google does');
my %response = ('calendarList.list' => 'CalendarList', 'calendarList.get' => 'CalendarListEntry', 'calendars.get' => 'Calendar', 'events.list' => 'Events',
	'events.instances' => 'Events', (map { ("events.$_" => 'Event') } qw(insert get patch update import move)), (map { ("$_.watch" => 'Channel') } qw(events calendarList)));
for my $o (grep { $_->{status} != 204 } @out) {
	my @wrong = $o->{status} == 200 ? Discovery->check($response{ $o->{id} }, $o->{data}) : Discovery->check_error($o->{status}, $o->{data});
	is_deeply(\@wrong, [], "$o->{id} $o->{status}: the answer is described");
}
my ($page, $rest) = grep { $_->{id} eq 'events.list' } @out;
ok($page->{data}{nextPageToken} && !$page->{data}{nextSyncToken}, 'the first page leads on');
ok($rest->{data}{nextSyncToken} && !$rest->{data}{nextPageToken}, 'the last has the sync token');
is_deeply([map { "$_->{verb} $_->{event}" } grep { $_->{verb} ne 'import' } $s->ledger], ['insert fromsdk01', 'patch fromsdk01', 'update fromsdk01', 'insert series01', 'delete series01_20261204T070000Z', 'move fromsdk01', 'delete series01'], 'the ledger has each write once');
done_testing;
