package Scene;
# One organisation with everything in it that a page can show: connections in
# every state, calendars, series, conflicts, a held run, something set aside and
# deleted, long names; and one with nothing. For whatever walks over all pages.
#
#	my $scene = Scene->new;			# options of Stage
#	$scene->stage				# the running product
#	$scene->pages				# { name, who, path, route }, every GET route
#
# who: ana (owner, everything), ben (nothing), both (two organisations), '' (nobody).
use strict;
use warnings;
use DbTest;
use JSON::PP qw(decode_json);
use Stage;
use WebTest;

our %people = (ana => 'ana@a.example', ben => 'ben@b.example', both => 'both@ab.example');

my ($db, $dav);
our $long = 'Elisabeth-Charlotte von Hohenzollern-Sigmaringen, Familie und Verein';
sub one { return $db->one($_[0]) }
sub hawser { $db->hawser(@_) == 0 or die "hawser: $db->{err}"; return $db->{out} =~ /^[\[{]/ ? decode_json($db->{out}) : $db->{out} }
sub sync { local $ENV{HAWSER_CONF} = $db->conf; system(DbTest::build() . "/hawser-sync --once 2>>'$db->{dir}/sync.log'") == 0 or die 'hawser-sync failed' }
sub put { my ($path, @event) = @_; my $r = $dav->put('anna', $path, Radicale->event(@event)); die "PUT $path: $r->{status}" if !$r->{success} }
sub connect_to { return hawser(\"$_[1]", 'connection', 'add', 'caldav', '--org', 'A', '--user', 'ana@a.example', '--url', $dav->url . '/', '--login', $_[0], '--password-stdin', '--json')->{id} }

sub new {
	my ($class, %o) = @_;
	my $self = bless { stage => Stage->new(delay_ms => 0, people => { anna => 'secret', eva => 'hidden' },
		%o, conf => { web => ['components = yes'], %{ $o{conf} || {} } }) }, $class;
	($db, $dav) = ($self->{stage}->web->db, $self->{stage}->radicale);
	$self->fill;
	return $self;
}

sub stage { $_[0]{stage} }
sub web { $_[0]{stage}->web }
sub pages { @{ $_[0]{pages} } }
sub stop { my ($self) = @_; my $stage = delete $self->{stage} or return 0; return $stage->stop }

sub fill {
	my ($self) = @_;
	my ($year, $month) = (gmtime)[5, 4];
	my $now = sprintf '%04d%02d', $year + 1900, $month + 1;

	# ---- the other side ----
	my %calendar = (family => 'Family', work => 'Work', long => $long, feed => 'Holidays in Germany', choir => 'Choir');
	$dav->calendar('anna', $_, $calendar{$_}) for sort keys %calendar;
	put("/anna/family/f$_.ics", "f$_", 'Errand ' . $_, sprintf('%s%02dT%02d3000Z', $now, 1 + $_ % 27, 7 + $_ % 12)) for 1 .. 45;
	my @titles = ('Dentist, Jonas', 'Intake call', 'Review', 'Board', 'Budget', "Grandma\x{2019}s birthday", '1:1 with Dana', $long);
	for my $n (0 .. $#titles) {
		utf8::encode(my $title = $titles[$n]);
		put("/anna/work/w$n.ics", "w$n", $title =~ s/,/\\,/gr, sprintf('%s%02dT%02d0000Z', $now, 2 + 3 * $n, 8 + $n), 'DURATION:PT1H30M', 'LOCATION:Room 2');
	}
	put('/anna/work/team.ics', 'team', 'Team meeting', "${now}03T110000Z", 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;COUNT=8', 'LOCATION:Room 2',
		'DESCRIPTION:Agenda:\n1. what was done\n2. what comes\n\nBring the numbers.');
	$dav->put('anna', '/anna/family/off.ics', Radicale->event('off', 'Days off', 'X') =~ s/DTSTART:X/DTSTART;VALUE=DATE:${now}24\r\nDTEND;VALUE=DATE:${now}28/r);

	# ---- our side ----
	$db->sql("UPDATE user SET name = CASE email WHEN 'ana\@a.example' THEN 'Ana Amsel' WHEN 'ben\@b.example' THEN 'Ben Bussard' ELSE 'Both Sides' END, time_zone = 'Europe/Berlin'");
	my $id = connect_to('anna', 'secret');
	$db->sql("UPDATE connection SET name = 'Radicale at home' WHERE id = $id");
	hawser('collection', 'select', $_->{id}) for grep { $_->{name} !~ /Holidays|Choir/ } @{ hawser('collection', 'list', $id, '--json') };
	sync();

	# Both sides change the same title; others one side each.
	$db->sql("UPDATE event SET summary = 'Team meeting (short)' WHERE uid = 'team'; UPDATE event SET location = 'Kitchen' WHERE uid = 'f1'; UPDATE event SET summary = 'Budget, first draft' WHERE uid = 'w4'");
	put('/anna/work/team.ics', 'team', 'Team sync', "${now}03T110000Z", 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;COUNT=8', 'LOCATION:Room 4\, first floor');
	put('/anna/work/w4.ics', 'w4', 'Budget 2027', "${now}14T120000Z", 'DURATION:PT2H', 'LOCATION:Room 2');
	sync();
	$dav->remove('anna', "/anna/family/f$_.ics") for 10 .. 30;
	$db->sql("UPDATE event SET location = 'Garden' WHERE uid = 'w1'");
	hawser('connection', 'sync', $id);
	sync();
	my $held = one("SELECT MAX(id) FROM sync_run WHERE guard = 2") // one('SELECT MAX(id) FROM sync_run');
	my $plain = one("SELECT MIN(id) FROM sync_run WHERE count_conflicts > 0") // one('SELECT MIN(id) FROM sync_run');
	my $binding = one("SELECT MAX(id) FROM binding WHERE connection_id = $id");
	$db->sql("INSERT INTO dead_letter (org_id, binding_id, item_key, remote_id, title, reason, tries, created_at)
		SELECT org_id, id, UNHEX(SHA2('x', 256)), '/anna/work/retreat.ics', 'Retreat with 40 guests',
		'The server refused it: it is larger than the 1 MB this calendar takes. Shorten its notes, then retry.', 3, now(6) FROM binding WHERE id = $binding");

	# More connections in the states that take a while to come about.
	my %more = (
		reconnect => "name = 'iCloud', provider = 'icloud', account = 'ana.amsel\@icloud.com', state = 3, state_reason = 'iCloud no longer accepts the password. It was changed or withdrawn there.'",
		parked => "name = 'Nextcloud of the school', account = 'amsel', wait_until = now(6) + INTERVAL 25 MINUTE, wait_tries = 3, state_reason = 'The server does not answer (503).'",
		off => "name = 'Old account', account = 'ana\@example.org', state = 2",
		syncing => "name = '$long', account = 'elisabeth-charlotte.von.hohenzollern\@verwaltung.example.org'",
		choose => "name = 'Fastmail', account = 'ana\@fastmail.example'",
		returned => "name = 'Club', account = 'ana\@club.example'",
	);
	my %id;
	for my $name (sort keys %more) {
		$db->sql("INSERT INTO connection (org_id, user_id, provider, name, account, login, base_url, state, created_at)
			SELECT org_id, user_id, 'caldav', '$name', '$name', '$name', 'https://dav.example.org/', 1, now(6) FROM connection WHERE id = $id");
		$id{$name} = one('SELECT MAX(id) FROM connection');
		$db->sql("UPDATE connection SET $more{$name} WHERE id = $id{$name}");
		next if $name eq 'choose';
		$db->sql("INSERT INTO collection (org_id, connection_id, remote_key, remote_id, name, created_at) SELECT org_id, id, UNHEX(SHA2('$name', 256)), 'x', 'Calendar', now(6) FROM connection WHERE id = $id{$name};
			INSERT INTO calendar (org_id, user_id, name, color, created_at) SELECT org_id, user_id, CONCAT('Of ', name), '#7a4f9a', now(6) FROM connection WHERE id = $id{$name};
			INSERT INTO binding (org_id, calendar_id, collection_id, connection_id, direction, policy, created_at)
				SELECT org_id, (SELECT MAX(id) FROM calendar), id, connection_id, 1, 1, now(6) FROM collection WHERE connection_id = $id{$name}");
	}
	$db->sql("INSERT INTO sync_run (org_id, connection_id, cause, state, started_at, planned, done)
			SELECT org_id, connection_id, 1, 2, now(6), 120, 47 FROM binding WHERE connection_id = $id{syncing} LIMIT 1;
		UPDATE connection SET last_run_id = (SELECT MAX(id) FROM sync_run) WHERE id = $id{syncing};
		UPDATE connection SET last_ok_at = now(6) - INTERVAL 2 HOUR WHERE id IN ($id{parked}, $id{reconnect}, $id{off})");

	# One whose password was changed, and whose home is elsewhere since.
	my $moved = connect_to('eva', 'hidden');
	$db->sql("UPDATE connection SET name = 'Calendars of Eva', home_url = CONCAT(home_url, 'old/'), state = 3, state_reason = 'The server no longer accepts the password. It was changed or withdrawn there.' WHERE id = $moved");

	# A calendar that was gone and is there again, one that is gone; a run that
	# ended early, one with rows about which something can be done.
	$db->sql("INSERT INTO collection (org_id, connection_id, remote_key, remote_id, name, missing_since, created_at)
			SELECT org_id, id, UNHEX(SHA2('gone', 256)), 'y', 'Matches', now(6) - INTERVAL 2 DAY, now(6) FROM connection WHERE id = $id{returned};
		INSERT INTO calendar (org_id, user_id, name, color, created_at) SELECT org_id, user_id, 'Matches', '#b3541e', now(6) FROM connection WHERE id = $id{returned};
		INSERT INTO binding (org_id, calendar_id, collection_id, connection_id, direction, policy, created_at)
			SELECT org_id, (SELECT MAX(id) FROM calendar), id, connection_id, 2, 1, now(6) FROM collection WHERE name = 'Matches';
		UPDATE binding SET paused = 1 WHERE connection_id = $id{returned};
		UPDATE event SET deleted_at = now(6) WHERE uid = 'w2'");
	my ($failed, $offers) = map {
		my $org = one("SELECT org_id FROM connection WHERE id = $_->[0]");	# a trigger writes there
		$db->sql("INSERT INTO sync_run (org_id, connection_id, cause, state, started_at, finished_at, message, planned, done, count_in, count_set_aside) VALUES ($org, $_->[0], $_->[1])");
		one('SELECT MAX(id) FROM sync_run');
	} [$id{parked}, "1, 4, now(6) - INTERVAL 1 MINUTE, now(6), 'The server does not answer (503).', 0, 0, 0, 0"],
		[$id, "5, 3, now(6) - INTERVAL 3 DAY, now(6) - INTERVAL 3 DAY + INTERVAL 2 SECOND, '', 2, 2, 1, 1"];
	$db->sql("UPDATE connection SET last_run_id = $failed WHERE id = $id{parked};
		INSERT INTO sync_action (org_id, run_id, seq, binding_id, kind, phase, op_id, event_id, title, reason, updated_at)
			SELECT b.org_id, $offers, 1, b.id, 3, 3, 'x', e.id, 'Review', 'Deleted there.', now(6) FROM binding b JOIN event e ON e.org_id = b.org_id AND e.uid = 'w2' WHERE b.id = $binding;
		INSERT INTO sync_action (org_id, run_id, seq, binding_id, kind, phase, op_id, remote_key, title, reason, message, updated_at)
			SELECT org_id, $offers, 2, id, 5, 4, 'y', UNHEX(SHA2('x', 256)), 'Retreat with 40 guests', 'Changed here.', 'The server refused it: it is larger than the 1 MB this calendar takes.', now(6) FROM binding WHERE id = $binding");

	my $event = one("SELECT id FROM event WHERE uid = 'w1'");
	my $series = one("SELECT id FROM event WHERE uid = 'team'");
	my $long_event = one("SELECT id FROM event WHERE uid = 'w7'");
	my $date = "${now}10T110000Z";
	my $conflict = one('SELECT MIN(id) FROM conflict') // 0;
	my $deleted = one("SELECT id FROM event WHERE uid = 'w2'");
	my $c = '/settings/connections';
	my $day = sprintf '%04d-%02d-10', $year + 1900, $month + 1;
	$self->{pages} = $self->name_pages(
		['login', '', '/login'], ['integrations-empty', 'ben', '/settings/integrations'], ['agenda-empty', 'ben', '/settings/agenda'],
		['conflicts-empty', 'ben', '/settings/conflicts'], ['activity-empty', 'ben', '/settings/activity'],
		['integrations', 'ana', '/settings/integrations'], ['connect-caldav', 'ana', '/settings/connect/caldav'], ['connect-icloud', 'ana', '/settings/connect/icloud'], ['connect-google', 'ana', '/settings/connect/google'],
		['connection', 'ana', "$c/$id"], (map { ["connection-$_", 'ana', "$c/$id{$_}"] } sort keys %id),
		['calendars', 'ana', "$c/$id/calendars"], ['reconnect', 'ana', "$c/$id{reconnect}/reconnect"], ['remove', 'ana', "$c/$id/remove"],
		['run', 'ana', "/settings/runs/$plain"], ['run-held', 'ana', "/settings/runs/$held"], ['run-failed', 'ana', "/settings/runs/$failed"], ['run-offers', 'ana', "/settings/runs/$offers"], ['activity', 'ana', '/settings/activity'],
		(map { ["agenda$_->[0]", 'ana', "/settings/agenda?view=$_->[1]&day=$day"] } ['', 'month'], ['-list', 'list'], ['-week', 'week'], ['-day', 'day']),
		['agenda-deleted', 'ana', '/settings/agenda/deleted'], ['agenda-calendars', 'ana', '/settings/agenda/calendars'],
		['agenda-found', 'ana', '/settings/agenda?view=list&q=e'], ['agenda-not-found', 'ana', '/settings/agenda?view=list&q=zzzz'],
		['event-following', 'ana', "/settings/events/$series/edit?date=$date&scope=following"], ['event-delete-date', 'ana', "/settings/events/$series/delete?date=$date"],
		['event', 'ana', "/settings/events/$event"], ['event-series', 'ana', "/settings/events/$series"], ['event-date', 'ana', "/settings/events/$series?date=$date"],
		['event-long', 'ana', "/settings/events/$long_event"],
		['event-edit-date', 'ana', "/settings/events/$series/edit?date=$date"], ['event-all', 'ana', "/settings/events/$series/edit?date=$date&scope=all"],
		['event-new', 'ana', '/settings/events/new'], ['event-edit', 'ana', "/settings/events/$series/edit"],
		['event-delete', 'ana', "/settings/events/$event/delete"], ['event-deleted', 'ana', "/settings/events/$deleted/deleted"],
		['conflicts', 'ana', '/settings/conflicts'], ['conflict', 'ana', "/settings/conflicts/$conflict"],
		['help', 'ana', '/settings/help'], (map { ["help-$_", 'ana', "/settings/help/$_"] } qw(google icloud nextcloud fastmail caldav faq messages)),
		['account', 'ana', '/settings/account'], ['login-org', 'both', '/login/org'], ['not-found', 'ana', '/settings/nothing'],
	);
}

# Each with its route; then the routes that no page stands for and that need no
# id. One that needs an id and has no page here is an error: add it above.
sub name_pages {
	my ($self, @list) = @_;
	my @routes = grep { $_->{method} eq 'GET' && $_->{path} !~ m{^/(?:healthz|readyz)?$} } $self->web->routes;
	my (@pages, %seen);
	for my $p (@list) {
		my ($name, $who, $path) = @$p;
		my ($bare) = $path =~ /^([^?#]*)/;
		my ($route) = grep { my $like = join '[^/]+', map { quotemeta } split /\{\w+\}/, $_->{path}, -1; $bare =~ /^$like$/ } @routes;
		$route &&= $route->{path};
		$seen{$route}++ if $route;
		push @pages, { name => $name, who => $who, path => $path, route => $route };
	}
	my $ana = $self->web->browser;
	$ana->sign_in($people{ana});
	for my $route (map { $_->{path} } @routes) {
		next if $seen{$route}++ || $route =~ m{^/oauth/|\{flow\}};	# acts.js goes there
		my $r = $route =~ /\{/ ? undef : $ana->get($route);
		next if $r && ($r->{status} != 200 || $r->{headers}{'content-type'} !~ m{^text/html});
		die "no page stands for $route: give it one in t/lib/Scene.pm\n" if $route =~ /\{/;
		push @pages, { name => $route =~ s{^/(?:settings/)?}{}r =~ s{/}{-}gr, who => 'ana', path => $route, route => $route };
	}
	return \@pages;
}

1;
