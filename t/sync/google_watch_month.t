#!/usr/bin/perl
# Thirty days of push channels by a clock that is turned: messages are lost, late
# and doubled, renewals fail, answers are lost, calendars come and go. At no time
# is a calendar neither watched nor polled, and at the end nothing is open at
# Google but what is known here.
use strict;
use warnings;
use File::Temp qw(tempdir);
use GoogleTest;
use JSON::PP;
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep time);

# HAWSER_FULL=yes: all thirty; else four, with each channel's first renewal refused for a day.
use constant { START => 1796083200, DAYS => ($ENV{HAWSER_FULL} // '') eq 'yes' ? 30 : 4, POLL => 7200, SELDOM => 43200 };	# 2026-12-01

my $seed = $ENV{HAWSER_SEED} // 7;
srand $seed;
diag "HAWSER_SEED=$seed";
my $dir = tempdir(CLEANUP => 1);
my $now = START;
sub stamp { return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }
sub put_clock {
	open my $f, '>', "$dir/clock.new" or die $!;
	print $f stamp($now), "\n";
	close $f or die $!;
	rename "$dir/clock.new", "$dir/clock" or die $!;
}
put_clock();
my $g = GoogleTest->new(conf => { test => ["clock_file = $dir/clock"],
	sync => ['workers = 1', 'poll_secs = ' . POLL, 'watched_poll_secs = ' . SELDOM] });
my ($w, $s, $db) = ($g->{w}, $g->{s}, $g->{w}->db);
sub turn { ($now) = @_; put_clock(); $s->control(clock => { now => stamp($now) }) }
turn(START);
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $id = $g->connect($ana);
my %cal = map { $_->[1] => $_->[0] } $db->sql("SELECT id, name FROM collection WHERE connection_id = $id");
sub hawser { my $code = $db->hawser(@_); die "hawser @_: $db->{err}$db->{out}" if $code }
sub seconds { return "TIMESTAMPDIFF(SECOND, '2026-12-01', $_[0]) + " . START }
is $db->one('SELECT ' . seconds("'2026-12-02'")), START + 86400, 'seconds are counted alike';

my (@wrong, $n, %at, $made, $watched_steps, $last);
sub channels { return grep { $_->{open} && $_->{expiration} > $now * 1000 } @{ $s->ask('channels') } }
# Each calendar that is bound: watched, here and there, or polled within the floor.
sub look {
	my ($when) = @_;
	my %there = map { $_->{id} => 1 } channels();
	my ($state, $polled) = @{ ($db->sql("SELECT state, COALESCE(" . seconds('last_started_at') . ", 0) FROM connection WHERE id = $id"))[0] };
	return if $state != 1;
	for my $row ($db->sql("SELECT b.collection_id, " . seconds('b.created_at') . ", COALESCE((SELECT GROUP_CONCAT(w.channel_id) FROM watch w
			WHERE w.collection_id = b.collection_id AND w.state = 2 AND w.expires_at > FROM_UNIXTIME($now)), '') FROM binding b WHERE b.removing = 0")) {
		my ($collection, $since, $ids) = @$row;
		my $watched = grep { $there{$_} } split /,/, $ids;
		my $ago = $now - ($polled > $since ? $polled : $since);
		$watched_steps++ if $watched;
		push @wrong, "$when, day " . int(($now - START) / 86400) . ": calendar $collection is not watched, and was polled $ago s ago" if !$watched && $ago > POLL * 1.06 + 700;
		push @wrong, "$when, day " . int(($now - START) / 86400) . ": calendar $collection was polled $ago s ago" if $ago > SELDOM * 1.06 + 700;
	}
}
sub event {
	my ($cal) = @_;
	my $t = $s->token('anna@example.com', 'calendar');
	my $r = $s->call($t, POST => "calendars/$cal/events", { summary => 'Event ' . ++$made, start => { date => '2026-12-24' }, end => { date => '2026-12-25' } });
	die "event: $r->{status} $r->{content}" if $r->{status} != 200;
}

# ---- what happens when, in hours ----
sub at { my ($hour, $what) = @_; push @{ $at{ START + int($hour * 3600) } }, $what }
sub push_is { my (%how) = @_; return sub { $s->control(push => \%how) } }
at(0, sub { hawser('collection', 'select', $cal{'anna@example.com'}) });
at(5, sub { hawser('collection', 'select', $cal{Family}) });
at(30, sub { hawser('collection', 'select', $cal{Holidays}) });
at(50, sub { hawser('collection', 'unselect', $cal{Holidays}) });
at(50 + rand 400, push_is(mode => 'duplicate', copies => 3)) for 1 .. 2;
at(50 + rand 400, push_is(mode => 'off')) for 1 .. 2;
at(50 + rand 400, push_is(mode => 'on')) for 1 .. 4;
at(70, sub { $s->fault(match => 'events.watch', action => 'status', status => 503, times => -1) });
at(185, sub { $s->calm });		# beyond the end of the channels' lives
at(260, sub { $s->fault(match => 'events.watch', action => 'lose_answer', times => 3) });
at(400, sub { $s->fault(match => 'channels.stop', action => 'status', status => 500, times => 4) });
at(420, sub { hawser('connection', 'pause', $id) });
at(430, sub { hawser('connection', 'resume', $id) });
at(500, sub { hawser('collection', 'unselect', $cal{Family}) });
at(510, sub { hawser('collection', 'select', $cal{Family}) });
at(600, sub { $s->calm; $s->control(push => { mode => 'on' }) });
at(rand 24 * DAYS, sub { event('primary') }) for 1 .. 20;
at(6 + rand(24 * DAYS - 6), sub { event('family@group.calendar.google.com') }) for 1 .. 10;

# ---- from one thing to the next ----
while ($now < START + DAYS * 86400) {
	my ($happens) = sort { $a <=> $b } keys %at;
	my $due = $db->one('SELECT ' . seconds('MIN(due)') . ' FROM job') // $now + SELDOM;
	my $next = $due + 1 > $now ? $due + 1 : $now + 1;
	$next = $happens if defined $happens && $happens < $next;
	turn($next > $now ? $next : $now);
	look('before') if $n++;
	if (defined $happens && $happens <= $now) { $_->() for @{ delete $at{$happens} } }
	my ($code, $out) = $g->sync;
	push @wrong, "day " . int(($now - START) / 86400) . ": hawser-sync: $out" if $code;
	look('after');
	last if @wrong > 5;
}
is_deeply \@wrong, [], "looked at $n times: never neither watched nor polled";
cmp_ok $watched_steps, '>', $n, 'and watched most of the time';
# What was opened in vain was found by its first message, and what came late has come.
sub settled {
	$db->sql('UPDATE job SET due = FROM_UNIXTIME(' . $now . ') WHERE kind IN (1, 7)');
	$g->sync;
	return join(' ', sort map { $_->{id} } channels()) eq join(' ', map { $_->[0] } $db->sql('SELECT channel_id FROM watch WHERE state = 2 ORDER BY 1'));
}
my $until = time + 20;
until (settled() || time > $until) { sleep 0.2 }
is_deeply [sort map { $_->{id} } channels()], [map { $_->[0] } $db->sql('SELECT channel_id FROM watch WHERE state = 2 ORDER BY 1')], 'nothing is open there but what is known here';
is $db->one('SELECT COUNT(*) FROM watch WHERE state = 2'), 2, 'one for each calendar';
is $db->one('SELECT COUNT(*) FROM watch WHERE state IN (1, 3)'), 0, 'nothing is under way';
is $db->one("SELECT COUNT(DISTINCT summary) FROM event WHERE deleted_at IS NULL AND summary LIKE 'Event %'"), $made, 'and every change has come';
cmp_ok $db->one('SELECT COUNT(*) FROM watch'), '<', 40, 'old rows are cleaned away' if DAYS == 30;
diag 'channels in all: ' . scalar(@{ $s->ask('channels') }) . ", looked at $n times";
unlike $w->log_text('web.log'), qr/Sanitizer/, 'clean';
done_testing;
