#!/usr/bin/perl
# Push channels at Google: opened, renewed, stopped, refused, lost and found.
# What changes there arrives without a poll while hawser-sync lingers.
use strict;
use warnings;
use GoogleTest;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

my $g = GoogleTest->new(conf => { sync => ['workers = 1', 'poll_secs = 300', 'watched_poll_secs = 3600'] });
my ($w, $s, $db) = ($g->{w}, $g->{s}, $g->{w}->db);
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $id = $g->connect($ana);
my $t = $s->token('anna@example.com', 'calendar');
sub put { my ($method, $path, $body) = @_; my $r = $s->call($t, $method, $path, $body); die "$method $path: $r->{status} $r->{content}" if $r->{status} >= 300; return $r->{json} }
sub hawser { my $code = $db->hawser(@_); die "hawser @_: $db->{err}$db->{out}" if $code; return $db->{out} }
sub once { my ($code, $out) = $g->sync; is $code, 0, 'the worker runs' or diag $out }
sub open_there { my @ids = sort map { $_->{id} } grep { $_->{open} && $_->{expiration} > time * 1000 } @{ $s->ask('channels') }; return @ids }
sub live_here { my @ids = sort map { $_->[0] } $db->sql('SELECT channel_id FROM watch WHERE state = 2'); return @ids }
sub states { return join ' ', map { "$_->[0]" } $db->sql('SELECT state FROM watch ORDER BY id') }
sub same { my ($what) = @_; is_deeply [open_there()], [live_here()], "$what: what is open there is what lives here" }
sub wait_for { my ($secs, $what, $good) = @_; my $until = time + $secs; until ($good->()) { if (time > $until) { fail "$what: waited $secs s"; return } sleep 0.02 } pass $what }
sub job_due_now { my ($kind) = @_; $db->sql("UPDATE job SET due = now(6) WHERE kind = $kind") }
sub collection { my ($name) = @_; return $db->one("SELECT id FROM collection WHERE connection_id = $id AND name = '$name'") }
sub titles { return $db->one("SELECT COALESCE(GROUP_CONCAT(summary ORDER BY summary SEPARATOR ' | '), '') FROM event WHERE deleted_at IS NULL") }
sub event { my ($title, $cal) = @_; return put(POST => 'calendars/' . ($cal // 'primary') . '/events', { summary => $title, start => { date => '2026-12-24' }, end => { date => '2026-12-25' } }) }
my $linger;
sub linger { $linger = $w->spawn('sync', $w->dir . '/sync.log', GoogleTest::sync_program(), '--linger', 120); wait_for(20, 'hawser-sync lingers', sub { -S $w->dir . '/run/sync.sock' }) }
sub end_linger { is $w->end('sync') & 127, 0, 'and leaves' }
my ($main, $family, $holidays) = map { collection($_) } 'anna@example.com', 'Family', 'Holidays';

# ---- opened ----
event('First');
hawser('collection', 'select', $main);
once();
is titles(), 'First', 'the first listing';
is scalar(live_here()), 1, 'and its calendar is watched';
same('opened');
my ($c) = @{ $s->ask('channels') };
is $c->{address} // '', $w->url . '/hooks/google', 'messages go to our address' or diag explain $c;
is $db->one('SELECT renew_at BETWEEN created_at + INTERVAL 84 HOUR - INTERVAL 5 MINUTE AND created_at + INTERVAL 127 HOUR FROM watch WHERE state = 2'), 1, 'to be renewed between half and three quarters of a week';
like $db->one('SELECT channel_id FROM watch WHERE state = 2'), qr/^h\d+-[0-9a-f]{32}$/, 'under a name nobody can guess';
wait_for(10, 'its first message came', sub { $db->one('SELECT last_number FROM watch WHERE state = 2') });
is $db->one('SELECT TIMESTAMPDIFF(SECOND, now(6), due) BETWEEN 3300 AND 3800 FROM job WHERE kind = 1'), 1, 'it is polled seldom now' or diag $db->one('SELECT TIMESTAMPDIFF(SECOND, now(6), due) FROM job WHERE kind = 1');
my $list = decode_json(hawser('collection', 'list', $id, '--json'));
is((grep { $_->{id} == $main } @$list)[0]{watched}, 'live', 'which is told');
is((grep { $_->{id} == $family } @$list)[0]{watched}, undef, 'and of others, that they are not');

like $ana->get("/settings/connections/$id")->{content}, qr/changes there arrive by themselves/, 'a person reads it, too';

# ---- a change there arrives ----
linger();
my @took;
for my $n (1 .. 5) {
	my $begun = time;
	event("Pushed $n");
	wait_for(20, "a change arrives: $n", sub { titles() =~ /Pushed $n/ });
	push @took, time - $begun;
}
diag sprintf 'a change took %s s', join ' ', map { sprintf '%.2f', $_ } sort { $a <=> $b } @took;
$s->control(push => { mode => 'duplicate', copies => 20 });
event('Twenty times');
wait_for(20, 'told twenty times', sub { titles() =~ /Twenty times/ });
$s->control(push => { mode => 'late', delay_ms => 500 });
event('Late');
wait_for(20, 'told late', sub { titles() =~ /Late/ });
$s->control(push => { mode => 'off' });
event('Untold');
$s->control(push => { mode => 'on' });
end_linger();
unlike titles(), qr/Untold/, 'a message that is lost';
job_due_now(1);
once();
like titles(), qr/Untold/, 'is made good by the poll';
is $db->one("SELECT COUNT(*) FROM event WHERE deleted_at IS NULL"), 9, 'each once';

# ---- renewed ----
my ($old) = live_here();
$db->sql('UPDATE watch SET renew_at = now(6) WHERE state = 2');
job_due_now(7);
once();
my ($new) = live_here();
isnt $new, $old, 'another channel';
same('renewed');
is $db->one("SELECT state FROM watch WHERE channel_id = '$old'"), 5, 'the old one was stopped';
# The new one fails: the old one stays.
$db->sql('UPDATE watch SET renew_at = now(6) WHERE state = 2');
$s->fault(match => 'events.watch', action => 'status', status => 503, times => -1);
job_due_now(7);
once();
is_deeply [live_here()], [$new], 'a renewal that fails leaves what works';
same('a failed renewal');
is $db->one('SELECT CONCAT(reason, tries) FROM watch WHERE state = 6'), 31, 'and is tried again';
is $db->one('SELECT TIMESTAMPDIFF(SECOND, now(6), due) BETWEEN 40 AND 70 FROM job WHERE kind = 7'), 1, 'in a minute';
$db->sql('UPDATE watch SET due = now(6) WHERE state = 6');
job_due_now(7);
once();
is $db->one('SELECT TIMESTAMPDIFF(SECOND, now(6), due) BETWEEN 90 AND 130 FROM job WHERE kind = 7'), 1, 'then in two';
$s->calm;
$db->sql('UPDATE watch SET due = now(6) WHERE state = 6');
job_due_now(7);
once();
isnt +(live_here())[0], $new, 'when it works again, it is renewed';
is $db->one('SELECT COUNT(*) FROM watch WHERE state = 6'), 0, 'and that is forgotten';
same('renewed at last');

# ---- cannot be watched ----
hawser('collection', 'select', $holidays);
once();
is $db->one("SELECT reason FROM watch WHERE collection_id = $holidays AND state = 6"), 1, 'a calendar that cannot be watched';
is $db->one("SELECT TIMESTAMPDIFF(HOUR, now(6), due) BETWEEN 160 AND 168 FROM watch WHERE collection_id = $holidays AND state = 6"), 1, 'is asked for again in a week';
$list = decode_json(hawser('collection', 'list', $id, '--json'));
is((grep { $_->{id} == $holidays } @$list)[0]{watched}, 'not_offered', 'which is told');
like $ana->get("/settings/connections/$id")->{content}, qr/nobody is told of its changes/, 'a person, too';
job_due_now(1);
$s->control('requests/reset');
once();
is $db->one('SELECT TIMESTAMPDIFF(SECOND, now(6), due) BETWEEN 250 AND 330 FROM job WHERE kind = 1'), 1, 'and the connection is polled as before';
is $s->requests->{requests}{'events.watch'} // 0, 0, 'nothing is asked for in vain';
hawser('collection', 'unselect', $holidays);
once();
is $db->one("SELECT COUNT(*) FROM watch WHERE collection_id = $holidays"), 0, 'chosen no more, it is forgotten';

# ---- chosen no more ----
hawser('collection', 'select', $family);
once();
is scalar(live_here()), 2, 'two are watched';
same('two');
hawser('collection', 'unselect', $family);
once();
is scalar(live_here()), 1, 'one is not any more';
same('unbound');

# ---- paused ----
hawser('connection', 'pause', $id);
once();
is scalar(live_here()), 0, 'paused: nothing is watched';
same('paused');
hawser('connection', 'resume', $id);
once();
is scalar(live_here()), 1, 'and again';
same('resumed');

# ---- killed between asking and hearing ----
my ($was) = live_here();
$db->sql('UPDATE watch SET renew_at = now(6) WHERE state = 2');
job_due_now(7);
$s->control(latency => { ms => 3000 });
my $pid = $w->spawn('sync', $w->dir . '/sync.log', GoogleTest::sync_program(), '--once');
wait_for(20, 'asked', sub { $db->one('SELECT COUNT(*) FROM watch WHERE state = 1') });
sleep 0.5;
$w->end('sync', 'KILL');
$s->control(latency => { ms => 0 });
wait_for(20, 'it was opened there nevertheless', sub { scalar(open_there()) == 2 });
wait_for(20, 'its first message comes', sub { $db->one('SELECT COUNT(*) FROM watch WHERE state = 1 AND resource_id IS NOT NULL') });
is_deeply [live_here()], [$was], 'the one before goes on';
$db->sql('UPDATE watch SET created_at = created_at - INTERVAL 10 MINUTE WHERE state = 1');
$db->sql('UPDATE job SET due = now(6) WHERE kind = 7');
once();
same('killed');
is scalar(live_here()), 1, 'one is left';
# The same, and its first message comes long after.
$db->sql('UPDATE watch SET renew_at = now(6) WHERE state = 2');
$s->control(push => { mode => 'off' });
$s->fault(match => 'events.watch', action => 'lose_answer', times => 1);
my $lost = $db->one('SELECT COUNT(*) FROM watch WHERE state = 4');
job_due_now(7);
once();
$s->calm;
$s->control(push => { mode => 'on' });
is scalar(open_there()), 2, 'an answer that is lost';
is $db->one('SELECT COUNT(*) FROM watch WHERE state = 4'), $lost + 1, 'leaves a channel nobody knows of';
event('Told by both');
wait_for(20, 'until its first message', sub { $db->one('SELECT COUNT(*) FROM watch WHERE state = 3') });
$db->sql('UPDATE watch SET due = now(6) WHERE state = 6');
job_due_now(7);
once();
same('found by its message');

# ---- withdrawn, and given again ----
$s->control(revoke => { account => 'anna@example.com' });
job_due_now(1);
once();
is $db->one("SELECT state FROM connection WHERE id = $id"), 3, 'access is withdrawn';
once();
is scalar(live_here()), 0, 'nothing lives';
is $g->connect($ana, form => { connection => $id }), $id, 'given again';
once();
is scalar(live_here()), 1, 'and watched again';
same('reconnected');

# ---- disconnected, while Google is away ----
$s->control(down => { on => JSON::PP::true });
is $ana->post("/settings/connections/$id/remove", { events => 'keep' })->{status}, 303, 'disconnected';
once() for 1, 2;
is $db->one('SELECT COUNT(*) FROM connection'), 0, 'the connection is gone';
is $db->one('SELECT COUNT(*) FROM watch WHERE state = 3'), 1, 'its channel is still to be stopped';
is $db->one('SELECT COUNT(*) FROM outbox'), 1, 'by the access that is still to be given back';
$s->control(down => { on => JSON::PP::false });
$db->sql('UPDATE outbox SET due = now(6)');
job_due_now(5);
once();
is $db->one('SELECT COUNT(*) FROM outbox'), 0, 'given back';
is_deeply [open_there()], [], 'and nothing is open there';
unlike $w->log_text('web.log'), qr/Sanitizer/, 'clean';
done_testing;
