# "Google's" calendar changed by hand, on the sandbox's own page: what the API,
# the ledger and watchers see of it.
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
$s->control(clock => { now => '2026-12-01T08:00:00Z' });

sub page { my ($path) = @_; return $s->{http}->get($s->url . $path) }
sub save {		# the form as it stands, with some fields changed
	my ($path, %change) = @_;
	my $html = page($path)->{content};
	my ($form) = $html =~ m{(<form class="panel" method="post" action="/save">.*?</form>)}s or die "$path: $html";
	my %in;
	$in{$1} = $2 while $form =~ /<input[^>]*\bname="(\w+)" value="([^"]*)"(?! ?checked)/g;
	delete $in{all_day} if $form !~ /name="all_day" value="1" checked/;
	$in{repeat} = $1 if $form =~ /<option value="(\w+)" selected/;
	$in{notes} = $1 if $form =~ m{<textarea[^>]*>(.*?)</textarea>}s;
	s/&amp;/&/g, s/&quot;/"/g, s/&lt;/</g, s/&gt;/>/g, s/&#39;/'/g for values %in;
	%in = (%in, %change);
	defined $in{$_} or delete $in{$_} for keys %in;
	return $s->form('/save', map { ($_ => $in{$_}) } sort keys %in);
}
sub changed { my ($token) = @_; my $r = $s->call($t, GET => "$E?syncToken=$$token"); $$token = $r->{json}{nextSyncToken}; return @{ $r->{json}{items} } }
my $token = $s->call($t, GET => $E)->{json}{nextSyncToken};
$s->call($t, POST => "$E/watch", { id => 'one', type => 'web_hook', address => $h->url });
$h->wait(1);

my $r = page('/');
is($r->{status}, 200, 'a page');
like($r->{content}, qr/This is not Google/, 'which says what it is');
like($r->{content}, qr/Nothing is planned here/, 'and that nothing is there');
is($s->{http}->get($s->url . '/static/sandbox.css')->{status}, 200, 'with its style');
unlike($r->{content}, qr/<script|style=/, 'and no script');

my $new = '/event?account=anna%40example.com&calendar=anna%40example.com';
$r = save($new, title => 'Tea & <cake>', start_day => '2026-12-02', start_time => '15:00', end_day => '2026-12-02', end_time => '16:30', place => 'Here', notes => "a\nb");
is($r->{status}, 303, 'an event is added') or diag $r->{content};
my ($e) = changed(\$token);
is_deeply([@$e{qw(summary location description)}, $e->{start}{dateTime}, $e->{end}{dateTime}], ['Tea & <cake>', 'Here', "a\nb", '2026-12-02T15:00:00+01:00', '2026-12-02T16:30:00+01:00'], 'which the API shows');
is($h->wait(1) ? 'told' : '', 'told', 'and watchers are told');
like(page($r->{headers}{location})->{content}, qr/Wed 2 Dec 2026, 15:00 to 16:30.*Tea &amp; &lt;cake&gt;/s, 'and the page');
$r = save("$new&id=$e->{id}", title => 'Coffee');
my ($f) = changed(\$token);
is($f->{summary}, 'Coffee', 'changed');
isnt($f->{etag}, $e->{etag}, 'with another etag');
is($f->{sequence}, 0, 'the same time is the same sequence');
is_deeply($f->{start}, $e->{start}, 'nothing else is');
is(save("$new&id=$e->{id}", end_time => '14:00')->{status}, 400, 'an end before its start');
like(save("$new&id=$e->{id}", end_time => '14:00')->{content}, qr/role="alert">The specified time range is empty/, 'is told');
is(save("$new&id=$e->{id}", all_day => 1)->{status}, 303, 'made a whole day');
($f) = changed(\$token);
is_deeply([$f->{start}, $f->{end}, $f->{sequence}], [{ date => '2026-12-02' }, { date => '2026-12-03' }, 1], 'its last day is within it');

save($new, title => 'Weekly', start_day => '2026-12-01', end_day => '2026-12-01', repeat => 'weekly');
my ($w) = changed(\$token);
is_deeply($w->{recurrence}, ['RRULE:FREQ=WEEKLY'], 'a series');
$r = page('/calendar?account=anna%40example.com&calendar=anna%40example.com');
is(() = $r->{content} =~ /Edit all dates/g, 9, 'its dates are listed');
save("$new&id=$w->{id}_20261208T080000Z", title => 'Once');
($f) = changed(\$token);
is("$f->{summary} $f->{recurringEventId} $f->{originalStartTime}{dateTime}", "Once $w->{id} 2026-12-08T09:00:00+01:00", 'one date is changed');
$s->form('/delete', account => 'anna@example.com', calendar => 'anna@example.com', id => "$w->{id}_20261215T080000Z");
($f) = changed(\$token);
is("$f->{id} $f->{status}", "$w->{id}_20261215T080000Z cancelled", 'one is cancelled');
save("$new&id=$w->{id}", title => 'Each week');
($f) = changed(\$token);
is("$f->{id} $f->{summary} @{$f->{recurrence}}", "$w->{id} Each week RRULE:FREQ=WEEKLY", 'all of it is changed');
$s->call($t, PATCH => "$E/$w->{id}", { recurrence => ['RRULE:FREQ=WEEKLY;COUNT=9'] });
save("$new&id=$w->{id}", title => 'Each');
is_deeply($s->call($t, GET => "$E/$w->{id}")->{json}{recurrence}, ['RRULE:FREQ=WEEKLY;COUNT=9'], 'a rule that the page does not know stays');
$s->form('/delete', account => 'anna@example.com', calendar => 'anna@example.com', id => $w->{id});
is($s->call($t, GET => "$E/$w->{id}")->{json}{status}, 'cancelled', 'all of it is deleted');
is(page("$new&id=nothing00")->{status}, 404, 'no event, no page');
is_deeply([map { "$_->{verb} $_->{by}" } $s->ledger], ['insert hand', 'patch hand', 'patch hand', 'insert hand', 'patch hand', 'delete hand', 'patch hand', 'patch api', 'patch hand', 'delete hand'], 'the ledger knows which hand it was');
is((grep { $_->{could_mail} } $s->ledger), 0, 'and nobody was written to');
done_testing;
