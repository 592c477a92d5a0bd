# Push: messages arrive, again after 503, late, doubled; channels end.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Hook;
use JSON::PP;
use Sandbox;
use Test::More;

my $h = Hook->start;
my $s = Sandbox->start(hooks => [$h->url]);
my $t = $s->token('anna@example.com', 'calendar');
my $E = 'calendars/primary/events';
my $n = 0;
sub refused { my ($r, $status, $reason, $what) = @_; is("$r->{status} " . ($r->{json}{error}{errors}[0]{reason} // ''), "$status $reason", $what) }
sub touch { my $r = $s->call($t, POST => $E, { summary => "n" . $n++, start => { date => '2026-12-01' }, end => { date => '2026-12-02' } }); is($r->{status}, 200, 'something changes'); return $r->{json}{id} }
sub watch { my ($id, %more) = @_; return $s->call($t, POST => ($more{path} ? delete $more{path} : "$E/watch"), { id => $id, type => 'web_hook', address => $h->url . '/hook', %more }) }

my $now = time;
my $r = watch('one', token => 'secret=1');
is($r->{status}, 200, 'watched');
my $c = $r->{json};
is_deeply([sort keys %$c], [qw(expiration id kind resourceId resourceUri token)], 'the channel');
ok(abs($c->{expiration} / 1000 - $now - 604800) < 30, 'lives a week');
my ($m) = $h->wait(1);
is($m->{line}, 'POST /hook HTTP/1.1', 'a message');
is_deeply([@$m{qw(x-goog-channel-id x-goog-message-number x-goog-resource-id x-goog-resource-state x-goog-resource-uri x-goog-channel-token content-length)}, $m->{body}],
	['one', 1, $c->{resourceId}, 'sync', $c->{resourceUri}, 'secret=1', 0, ''], 'the first says sync');
like($m->{'x-goog-channel-expiration'}, qr/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/, 'and when it ends');
is($m->{'content-type'}, undef, 'it has no type');
my $last = 1;
for (1 .. 3) {
	touch();
	($m) = $h->wait(1);
	is($m->{'x-goog-resource-state'}, 'exists', 'exists');
	cmp_ok($m->{'x-goog-message-number'}, '>', $last, "numbers grow: $m->{'x-goog-message-number'}");
	$last = $m->{'x-goog-message-number'};
}
$s->call($t, POST => 'calendars/family@group.calendar.google.com/events', { start => { date => '2026-12-01' }, end => { date => '2026-12-02' } });
ok($h->none, 'another calendar is another matter');

# ---- what comes back ----
$h->answers(503, 500, 204);
touch();
my @m = $h->wait(3);
is(scalar @m, 3, 'after 503 and 500 it is sent again');
is($m[0]{'x-goog-message-number'}, $m[2]{'x-goog-message-number'}, 'the same message');
cmp_ok($m[2]{at} - $m[1]{at}, '>', $m[1]{at} - $m[0]{at}, 'and ever later');
$h->answers(404);
touch();
is(scalar(() = $h->wait(1)), 1, 'after 404');
ok($h->none(0.8), 'it is not');
my ($channel) = @{ $s->ask('channels') };
is($channel->{post}{failed}, 1, 'the list of channels says so');
ok(!exists $channel->{token}, 'without its token');

# ---- orders ----
$s->control(push => { mode => 'late', delay_ms => 700 });
my $before = Time::HiRes::time();
touch();
($m) = $h->wait(1);
cmp_ok($m->{at} - $before, '>', 0.6, 'late');
$s->control(push => { mode => 'duplicate', copies => 3 });
touch();
is(scalar(@{ [$h->wait(3)] }), 3, 'three times');
$s->control(push => { mode => 'off' });
touch();
ok($h->none, 'not at all');
$s->control(push => { mode => 'on' });

# ---- refused ----
refused(watch('one'), 400, 'channelIdNotUnique', 'an id twice');
refused(watch(''), 400, 'invalid', 'no id');
refused(watch('x' x 65), 400, 'invalid', 'a long id');
refused(watch('two', type => 'mail'), 400, 'invalid', 'another type');
refused(watch('two', token => 'x' x 257), 400, 'invalid', 'a long token');
refused(watch('two', address => 'http://127.0.0.1:9/hook'), 400, 'push.webhookUrlNotHttps', 'not https');
refused(watch('two', address => $h->url . '0/hook'), 400, 'push.webhookUrlNotHttps', 'nor an origin that only begins so');
refused(watch('two', expiration => '1000'), 400, 'invalid', 'in the past');
refused(watch('two', path => 'calendars/holidays@group.v.calendar.google.com/events/watch'), 400, 'pushNotSupportedForRequestedResource', 'a calendar that is polled');
refused(watch('two', path => 'calendars/nothing@example.com/events/watch'), 404, 'notFound', 'no calendar');
ok($h->none, 'nobody was told');

# ---- ends ----
$r = watch('two', params => { ttl => '60' });
ok(abs($r->{json}{expiration} / 1000 - time - 60) < 30, 'a short life');
is(watch('three', expiration => (time + 9e6) . '000')->{json}{expiration} <= (time + 604830) * 1000, 1, 'never more than a week');
is(scalar(@{ [$h->wait(2)] }), 2, 'both begin');
$s->control(clock => { advance_secs => 61 });
touch();
is(join(' ', sort map { $_->{'x-goog-channel-id'} } $h->wait(2)), 'one three', 'the short one has ended');
refused($s->call($t, POST => 'channels/stop', { id => 'one', resourceId => 'x' }), 404, 'notFound', 'another resource');
refused($s->call($s->token('ben@example.com', 'calendar'), POST => 'channels/stop', { id => 'one', resourceId => $c->{resourceId} }), 404, 'notFound', 'another account');
is($s->call($t, POST => 'channels/stop', { id => 'one', resourceId => $c->{resourceId} })->{status}, 204, 'stopped');
refused($s->call($t, POST => 'channels/stop', { id => 'one', resourceId => $c->{resourceId} }), 404, 'notFound', 'once');
touch();
is(join(' ', map { $_->{'x-goog-channel-id'} } $h->wait(1)), 'three', 'and says no more');
ok($h->none, 'nothing');
refused(watch('one'), 400, 'channelIdNotUnique', 'its id stays taken');
is(watch('list', path => 'users/me/calendarList/watch')->{status}, 200, 'the list of calendars');
is(scalar(() = $h->wait(1)), 1, "sync");
$s->control(calendars => { account => 'anna@example.com', add => { summary => 'New' } });
is(join(' ', map { "$_->{'x-goog-channel-id'} $_->{'x-goog-resource-state'}" } $h->wait(1)), 'list exists', 'a new calendar is told');
done_testing;
