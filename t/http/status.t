#!/usr/bin/perl
# The connections' state as JSON: what it says in each state, whose it is, and
# that nothing is sent again while nothing changed.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use WebTest;

my $w = WebTest->new;
my $db = $w->db;
my %id = map { $_->[0] => $_->[1] } $db->sql("SELECT SUBSTRING_INDEX(email, '\@', 1), id FROM user");
my %org = map { $_->[0] => $_->[1] } $db->sql('SELECT name, id FROM org');
sub add {	# a connection of somebody, in a state
	my ($org, $who, $name, %set) = @_;
	my %row = (state => 1, state_reason => "''", wait_until => 'NULL', last_ok_at => 'UTC_TIMESTAMP(6) - INTERVAL 125 SECOND', %set);
	my $bound = delete $row{bound} // 1;
	my @names = sort keys %row;
	my $new = ($db->sql("INSERT INTO connection (org_id, user_id, provider, name, account, login, base_url, created_at, " . join(', ', @names) . ")
		VALUES ($org{$org}, $id{$who}, 'caldav', '$name', '$name\@example.com', 'x', 'https://dav.example.com/', UTC_TIMESTAMP(6), " . join(', ', @row{@names}) . ");
		SELECT LAST_INSERT_ID()"))[0][0];
	$db->sql("INSERT INTO calendar (org_id, user_id, name, color, created_at) VALUES ($org{$org}, $id{$who}, '$name', '#0b5f85', UTC_TIMESTAMP(6));
		SET \@calendar = LAST_INSERT_ID();
		INSERT INTO collection (org_id, connection_id, remote_key, remote_id, name, created_at) VALUES ($org{$org}, $new, UNHEX(SHA2($new, 256)), '/x/', '$name', UTC_TIMESTAMP(6));
		INSERT INTO binding (org_id, calendar_id, collection_id, connection_id, direction, policy, created_at)
			VALUES ($org{$org}, \@calendar, LAST_INSERT_ID(), $new, 1, 1, UTC_TIMESTAMP(6))") if $bound;
	$db->sql("INSERT INTO job (org_id, connection_id, kind, due, wanted_at) VALUES ($org{$org}, $new, 1, UTC_TIMESTAMP(6) + INTERVAL 520 SECOND, UTC_TIMESTAMP(6))");
	return $new;
}
sub run_of {	# a run of a connection in a state; its id
	my ($org, $connection, %set) = @_;
	my %row = (cause => 1, state => 2, started_at => 'UTC_TIMESTAMP(6)', planned => 120, done => 47, message => "''", %set);
	my @names = sort keys %row;
	return ($db->sql("INSERT INTO sync_run (org_id, connection_id, " . join(', ', @names) . ") VALUES ($org{$org}, $connection, " . join(', ', @row{@names}) . ");
		SELECT LAST_INSERT_ID()"))[0][0];
}

my %c = (
	fine => add('A', 'ana', 'Fine'), busy => add('A', 'ana', 'Busy'), held => add('A', 'ana', 'Held'), failed => add('A', 'ana', 'Failed'),
	choose => add('A', 'ana', 'Choose', bound => 0), off => add('A', 'ana', 'Off', state => 2), removing => add('A', 'ana', 'Removing', state => 4),
	parked => add('A', 'ana', 'Parked', wait_until => 'UTC_TIMESTAMP(6) + INTERVAL 20 MINUTE', state_reason => "'The server asked for a pause.'"),
	refused => add('A', 'ana', 'Refused', state => 3, state_reason => "'The server no longer accepts the password.'"),
	mias => add('A', 'mia', 'Mias'), bens => add('B', 'ben', 'Bens'),
);
my $under_way = run_of('A', $c{busy});
my $broken_off = run_of('A', $c{failed}, state => 4, message => "'The calendar Secret is full.'", finished_at => 'UTC_TIMESTAMP(6)');
my $held = run_of('A', $c{held}, state => 3, guard => 1, guard_count => 80, guard_known => 90, finished_at => 'UTC_TIMESTAMP(6)');
$db->sql("INSERT INTO event (org_id, calendar_id, uid, start_wall) SELECT org_id, calendar_id, 'u', NOW() FROM (SELECT org_id, calendar_id FROM binding WHERE connection_id IN ($c{off}, $c{refused})) b");
$db->sql("INSERT INTO dead_letter (org_id, binding_id, item_key, reason, created_at) SELECT org_id, id, REPEAT('x', 32), 'r', NOW() FROM (SELECT org_id, id FROM binding WHERE connection_id = $c{fine}) b");

my $path = '/settings/integrations/status';
my $b = $w->browser;
is($b->get($path)->{status}, 303, 'a stranger is asked to sign in');
sub status {
	my ($who) = @_;
	my $b = $w->browser;
	$b->sign_in($who);
	my $r = $b->get($path);
	is($r->{status}, 200, "$who asks");
	return ($r, { map { $_->{id} => $_ } @{ decode_json($r->{content})->{connections} } }, $b);
}

my ($r, $ana, $browser) = status('ana@a.example');
is($r->{headers}{'content-type'}, 'application/json', 'JSON');
my $said = sub { my $one = $ana->{ $c{ $_[0] } }; return "$one->{state}: $one->{words}" };
is($said->('fine'), 'up_to_date: Up to date', 'up to date');
is($said->('busy'), 'syncing: Syncing', 'syncing');
is_deeply($ana->{ $c{busy} }{progress}, { done => 47, total => 120, words => '47 of 120' }, 'how far');
is($said->('held'), 'waiting_for_you: Waiting for you', 'a run asks');
is($ana->{ $c{held} }{held_run_id}, "$held", 'this one');
is($said->('failed'), 'not_finished: Not finished', 'a run failed');
is($ana->{ $c{failed} }{error}, 'The calendar Secret is full. It is tried again by itself.', 'why, as a sentence');
is($said->('choose'), 'choose_calendars: Waiting for you', 'calendars are to be chosen');
is($said->('off'), 'off: Off', 'paused by hand');
is($ana->{ $c{off} }{waiting}, 1, 'a change waits');
like($ana->{ $c{off} }{message}, qr/Nothing is lost: 1 change waits here\.$/, 'and is said to');
is($said->('removing'), 'removing: Removing', 'being removed');
like($said->('parked'), qr/^paused: Paused until (?:\d+ \w+, )?\d\d:\d\d$/, 'parked, until when');
is($ana->{ $c{parked} }{error}, 'The server asked for a pause. It goes on by itself.', 'and why');
like($ana->{ $c{parked} }{paused_until}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/, 'exactly');
is($said->('refused'), 'reconnect: Reconnect', 'refused');
is($ana->{ $c{refused} }{error}, 'The server no longer accepts the password. Nothing is lost: 1 change waits here.', 'a sentence that says what to do and what is lost');
is($ana->{ $c{fine} }{last_sync_words}, '2 min ago', 'last sync in words');
is($ana->{ $c{fine} }{next_sync_words}, 'in 8 min', 'next one too');
like($ana->{ $c{fine} }{last_sync}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/, 'and as RFC 3339');
is($ana->{ $c{fine} }{set_aside}, 1, 'one item set aside');
is_deeply([ grep { $ana->{$_}{id} ne $_ || ref $ana->{$_}{id} } keys %$ana ], [], 'ids are');
unlike($r->{content}, qr/"id":\d/, 'strings');
is_deeply([ grep { !/^[a-z][a-z_]*$/ } map { keys %$_ } values %$ana ], [], 'names in snake_case');
for my $one (values %$ana) {	# the page says the same
	my $page = $browser->get('/settings/integrations')->{content};
	my ($card) = $page =~ /(<article[^>]*data-connection="$one->{id}".*?<\/article>)/s;
	like($card, qr/data-version="$one->{version}"/, "$one->{name}: the card has this version");
	like($card, qr/badge-$one->{badge}">\Q$one->{words}\E</, 'and these words');
}

# ---- a run without a plan says why ----
like($browser->get("/settings/runs/$under_way")->{content}, qr/still looking at both sides/, 'one under way has none yet');
like($browser->get("/settings/runs/$broken_off")->{content}, qr/ended before anything was planned/, 'one that failed has none');

# ---- nothing changed ----
my $tag = $r->{headers}{etag};
like($tag, qr/^"[\w-]+"$/, 'a tag');
my $again = $browser->get($path, headers => { 'If-None-Match' => "W/\"other\", $tag" });
is($again->{status}, 304, 'nothing new');
is($again->{content} // q{}, '', 'is not sent');
is($again->{headers}{etag}, $tag, 'but the tag');
$db->sql("UPDATE connection SET state_reason = 'Other words.' WHERE id = $c{refused}");
my $other = $browser->get($path, headers => { 'If-None-Match' => $tag });
is($other->{status}, 200, 'something new is');
isnt($other->{headers}{etag}, $tag, 'with another tag');

# ---- "Sync now" in a pause ----
$db->sql("UPDATE connection SET wait_asked = 1 WHERE id = $c{parked}; UPDATE job SET due = UTC_TIMESTAMP(6) + INTERVAL 1 DAY WHERE connection_id = $c{parked}");
$r = $browser->post("/settings/connections/$c{parked}/sync");
is($r->{status}, 303, 'pressed in a pause that the server asked for');
my $page = $browser->follow($r)->{content};
like($page, qr/The server asked for a pause; the sync waits for its end\./, 'it is said to be queued');
like($page, qr/Paused until (?:\d+ \w+, )?\d\d:\d\d/, 'and until when');
is($db->one("SELECT ABS(TIMESTAMPDIFF(SECOND, c.wait_until, j.due)) <= 2 AND j.asked_by = c.user_id FROM connection c JOIN job j ON j.connection_id = c.id WHERE c.id = $c{parked}"), 1, 'for then, in the name of the person');
$browser->post("/settings/connections/$c{parked}/$_") for qw(pause resume);
is($db->one("SELECT wait_until > UTC_TIMESTAMP(6) + INTERVAL 15 MINUTE FROM connection WHERE id = $c{parked}"), 1, 'pausing and resuming does not cut it short');
for my $t ([45 => qr/4[0-6] seconds/], [4000 => qr/67 minutes/], [5390 => qr/90 minutes/], [5460 => qr/2 hours/], [3 * 3600 => qr/3 hours/], [86400 => qr/24 hours/]) {
	$db->sql("UPDATE connection SET wait_until = UTC_TIMESTAMP(6) + INTERVAL $t->[0] SECOND WHERE id = $c{parked}");
	$r = $browser->post("/settings/ask/connections/$c{parked}/rescan");
	is($r->{status}, 429, "nothing is asked of the server in a pause of $t->[0] s");
	like($r->{content}, qr/asked for a pause and is not asked anything before that is over\. Try again in $t->[1]\./, 'and when it may be, in words');
}
$db->sql("UPDATE connection SET wait_asked = 0 WHERE id = $c{parked}");
$r = $browser->post("/settings/connections/$c{parked}/sync");
like($browser->follow($r)->{content}, qr/starts in a moment/, 'a wait of our own ends at once');
is($db->one("SELECT wait_until FROM connection WHERE id = $c{parked}"), undef, 'and is over');

# ---- what a held run asked, answered: the button's words come back ----
for my $t ([refuse => qr/>The events are kept\./, 'kept the events of a held sync'], [approve => qr/>They are deleted now\./, 'let a held sync delete its events']) {
	my $run = run_of('A', $c{held}, state => 3, guard => 1, guard_count => 80, guard_known => 90, finished_at => 'UTC_TIMESTAMP(6)');
	$db->sql("INSERT INTO sync_action (org_id, run_id, seq, binding_id, op_id, kind, phase, title, updated_at) SELECT $org{A}, $run, 1, id, REPEAT('y', 16), 3, 5, 'One of them', now(6) FROM binding WHERE connection_id = $c{held}");
	my $page = $browser->follow($browser->post("/settings/runs/$run/$t->[0]"))->{content};
	like($page, $t->[1], "$t->[0]: said");
	if ($t->[0] eq 'refuse') {
		$db->sql("UPDATE sync_action SET phase = 6 WHERE run_id = $run");	# as the next run does
		$page .= $browser->get("/settings/runs/$run")->{content};
		like($page, qr/One of them.*>Kept</s, 'and beside each');
	}
	unlike($page, qr/Refused|Approved/, 'in no other words');
	like($browser->get('/settings/audit')->{content}, qr/\Q$t->[2]\E/, 'nor in the audit');
}

# ---- whose ----
my (undef, $mia) = status('mia@a.example');
is_deeply([ keys %$mia ], [ $c{mias} ], 'a member sees the own');
my (undef, $ben) = status('ben@b.example');
is_deeply([ keys %$ben ], [ $c{bens} ], 'another organisation sees its own');
my $both = $w->browser;
$both->sign_in('both@ab.example');
$both->post('/login/org', { org => $org{A}, next => '' });
my $seen = $both->get($path);
like($seen->{content}, qr/"Failed"/, "an admin sees the organisation's");
unlike($seen->{content}, qr/Secret/, 'but no message that may name what is in it');
done_testing;
