#!/usr/bin/perl
# An address that Google sends nothing to: polled, told by doctor, and not asked
# for again and again.
use strict;
use warnings;
use GoogleTest;
use Test::More;

my $g = GoogleTest->new(sandbox => { hooks => [] }, conf => { sync => ['workers = 1', 'poll_secs = 300'] });
my ($w, $s, $db) = ($g->{w}, $g->{s}, $g->{w}->db);
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $id = $g->connect($ana);
sub asked { return $s->requests->{requests}{'events.watch'} // 0 }
sub once { my ($code, $out) = $g->sync; is $code, 0, 'the worker runs' or diag $out }
sub hawser { my $code = $db->hawser(@_); die "hawser @_: $db->{err}$db->{out}" if $code; return $db->{out} }

unlike hawser('doctor'), qr/push:/, 'doctor says nothing while there is nothing to say';
hawser('collection', 'select', $_) for map { $_->[0] } $db->sql("SELECT id FROM collection WHERE connection_id = $id AND name IN ('Family', 'anna\@example.com')");
once();
is asked(), 1, 'asked for one calendar, the others need not be';
is $db->one('SELECT COUNT(*) FROM watch WHERE state = 6 AND reason = 2'), 2, 'both wait';
is $db->one('SELECT MIN(TIMESTAMPDIFF(HOUR, now(6), due)) BETWEEN 160 AND 168 FROM watch'), 1, 'for a week';
like hawser('doctor'), qr/push: 2 calendars are looked at every 300 s: .*http:\/\/127/, 'doctor says why';
$db->sql('UPDATE job SET due = now(6)');
once();
is asked(), 1, 'not asked for again';
is $db->one('SELECT TIMESTAMPDIFF(SECOND, now(6), due) BETWEEN 250 AND 330 FROM job WHERE kind = 1'), 1, 'polled as ever';
hawser('connection', 'pause', $id);
once();
hawser('connection', 'resume', $id);
once();
is asked(), 2, 'after a pause it is tried';
done_testing;
