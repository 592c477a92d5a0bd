# Batches: parts answered one by one, in any order of execution.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Sandbox;
use Test::More;

my $s = Sandbox->start;
my $t = $s->token('anna@example.com', 'calendar.events');

sub batch {		# [id, request line, body, headers...] ...
	my ($token, @parts) = @_;
	my $body = join('', map {
		my ($id, $line, $json, @headers) = @$_;
		my $content = defined $json ? encode_json($json) : '';
		"--b=x\r\nContent-Type: application/http\r\n" . (defined $id ? "Content-ID: <$id>\r\n" : '') . "\r\n$line HTTP/1.1\r\n" . join('', map { "$_\r\n" } @headers)
			. (length $content ? "Content-Type: application/json\r\nContent-Length: " . length($content) . "\r\n" : '') . "\r\n$content\r\n"
	} @parts) . "--b=x--\r\n";
	my $r = $s->{http}->request('POST', $s->url . '/google/batch/calendar/v3', { content => $body,
		headers => { 'Content-Type' => 'multipart/mixed; boundary="b=x"', $token ? (Authorization => "Bearer $token->{access_token}") : () } });
	return $r if $r->{status} != 200;
	my ($b) = $r->{headers}{'content-type'} =~ m{^multipart/mixed; boundary=(\S+)$} or die $r->{headers}{'content-type'};
	my @out;
	for my $part (grep { length } split /--\Q$b\E(?:--)?\r\n/, $r->{content}) {
		my ($outer, $head, $content) = split /\r\n\r\n/, $part, 3;
		my ($cid) = $outer =~ /^Content-ID: (.*?)\r?$/mi;
		my ($status) = $head =~ m{^HTTP/1\.1 (\d+) \w} or die $head;
		like($outer, qr{^Content-Type: application/http\r?$}m, 'a part is application/http') if !@out;
		my $json = $content =~ /\S/ ? decode_json($content) : undef;
		my ($method, $path) = split / /, $parts[@out][1];
		my @wrong = Discovery->answer($method, $path =~ s{^(?:https?://[^/]+)?(?:/google)?/calendar/v3/}{}r, $status, $json);
		fail("$method $path: @wrong") if @wrong && $path !~ m{/batch/|/gmail/|/watch};
		push @out, { id => $cid, status => $status, json => $json, head => $head };
	}
	return \@out;
}
my $P = '/calendar/v3/calendars/primary/events';
my @new = map { { id => "batch000$_", summary => "$_", start => { date => "2026-12-0$_" }, end => { date => "2026-12-0$_", } } } 1 .. 5;
$_->{end}{date} =~ s/0(\d)$/'0' . ($1 + 1)/e for @new;

my $r = batch($t, (map { ["item$_:x", "POST $P", $new[$_ - 1]] } 1 .. 5));
is_deeply([map { "$_->{id} $_->{status} $_->{json}{id}" } @$r], [map { "<response-item$_:x> 200 batch000$_" } 1 .. 5], 'answers in the order of the parts');
my $etag = $r->[0]{json}{etag};
like($r->[0]{head}, qr/^ETag: \Q$etag\E\r?$/m, 'with their headers');
$r = batch($t, ['a', "POST /google$P", $new[0]], ['b', "PATCH $P/batch0001", { summary => 'x' }, 'If-Match: "1"'], ['c', "PATCH $P/batch0002", { summary => 'y' }],
	['d', "DELETE $P/batch0003"], ['e', "GET $P/nothing00"], [undef, "GET $P/batch0001", undef, "If-None-Match: $etag"],
	['g', 'GET /calendar/v3/users/me/calendarList'], ['h', 'GET /gmail/v1/users/me/messages'], ['i', 'POST /batch/calendar/v3'], ['j', "POST $P/watch", {}],
	['k', 'GET http://www.googleapis.com/calendar/v3/calendars/primary/events/batch0005'],
	['l', "POST $P", { eventType => 'workingLocation', workingLocationProperties => {}, start => { date => '2026-12-01' }, end => { date => '2026-12-02' } }],
	['m', "GET $P/batch0001", undef, 'Authorization: Bearer other']);
is_deeply([map { $_->{status} } @$r], [409, 412, 200, 204, 404, 304, 403, 400, 400, 400, 200, 400, 401], 'each part has its own status');
is($r->[5]{id}, undef, 'no id, none back');
is($s->call($t, GET => 'calendars/primary/events/batch0002')->{json}{summary}, 'y', 'and what could be done is done');

$r = batch($t, map { ["w$_", "PATCH $P/batch0001", { summary => "w$_" }] } 1 .. 3);
is(join(' ', sort map { $_->{status} } @$r), '200 409 409', 'of several writes of one event one is done');
is((grep { $_->{status} == 409 } @$r)[0]{json}{error}{errors}[0]{reason}, 'conflict', 'the others collide');

my $before = () = $s->ledger;
my %orders;
for my $round (1 .. 30) {
	last if keys %orders > 1;
	batch($t, map { ["p$_", "PATCH $P/batch000$_", { summary => "r$round" }] } 1, 2, 4, 5);
	my @new = map { $_->{event} } $s->ledger($before);
	$before += @new;
	$orders{"@new"}++;
}
cmp_ok(scalar keys %orders, '>', 1, 'parts are executed in no order');

is(ref batch($t, map { ["n$_", "GET $P/batch0001"] } 1 .. 50), 'ARRAY', '50 parts are taken');
is(batch($t, map { ["n$_", "GET $P/batch0001"] } 1 .. 51)->{status}, 400, '51 are not');
is(batch($t)->{status}, 400, 'nor none');
is(batch(undef, ['a', "GET $P/batch0001"])->{status}, 401, 'nor from nobody');
is($s->call($t, POST => '/google/batch/calendar/v3', '{}')->{status}, 400, 'nor something else');
my $count = $s->requests;
is($count->{requests}{batch} - 1, scalar(() = 1 .. ($count->{requests}{batch} - 1)), 'batches are counted');
cmp_ok($count->{parts}{'events.get'}, '>=', 51, 'and their parts apart');
is($count->{requests}{'events.get'}, 1, 'from requests');

$s->control(limit => { per_minute => 3 });
$r = batch($t, map { ["n$_", "GET $P/batch0001"] } 1 .. 5);
is(join(' ', sort map { $_->{status} } @$r), '200 200 200 403 403', 'each part counts for the limit');
is((grep { $_->{status} == 403 } @$r)[0]{json}{error}{errors}[0]{reason}, 'rateLimitExceeded', 'and says so');
is($s->call($t, GET => 'calendars/primary/events')->{status}, 403, 'for the account');
$s->control(clock => { advance_secs => 61 });
is($s->call($t, GET => 'calendars/primary/events')->{status}, 200, 'for a minute');
done_testing;
