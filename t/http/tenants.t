#!/usr/bin/perl
# Every route of the table x every method x ids of somebody else, asked by the
# owner of another organisation, by a colleague, and by an admin about private
# calendars: no byte of theirs is told, no row is changed, and what is foreign
# answers as what never was.
use strict;
use warnings;
use Test::More;
use WebTest;

my $w = WebTest->new;
my $db = $w->db;
my @routes = $w->routes;
my $canary = 'Canary7391';

# Ana's rows: one in every table of organisation A, the canary in every text.
# Ids are wide apart from those of others, so that a hit is no accident.
my $FIRST = 70001;
my %real = (provider => "'caldav'", state => 1, tzid => "'UTC'", end_tzid => "'UTC'", status => 'NULL', transp => 'NULL', duration => 'NULL',
	recurrence => 'NULL', extra => "''", zones => "''", zone_kind => 2, recurrence_id => "''", color => "'#0b5f85'", time_zone => "'UTC'",
	deleted_at => 'NULL', removed_at => 'NULL', missing_since => 'NULL', restored_at => 'NULL', resolved_at => 'NULL', finished_at => 'NULL',
	wait_until => 'NULL', shared => 0, guard => 1, guard_count => 5, guard_known => 9, removing => 0, paused => 0, read_only => 0, all_day => 0, is_override => 0,
	listing => 0, direction => 1, policy => 1, cause => 1, phase => 4, kind => 1);
my %of = ('event.kind' => "'event'", 'event_override.recurrence_id' => "'20261120T090000'", 'connection.base_url' => "'https://$canary.example/'",
	'connection.home_url' => "'https://$canary.example/'", 'sync_action.kind' => 2, 'sync_run.state' => 3);
my $text = "'hawser-event 1\\nuid a\\nkind event\\nzones \\nmaster\\nstart 20261120T090000\\nend 20261120T100000\\nzone utc\\nsummary $canary\\nlocation $canary\\nextra \\n'";
$of{$_} = $text for qw(conflict.base conflict.local conflict.remote link.base before_image.body);

my ($org, $ana) = @{ ($db->sql("SELECT m.org_id, u.id FROM hawser.user u JOIN hawser.membership m ON m.user_id = u.id WHERE u.email = 'ana\@a.example'"))[0] };
my %columns;
push @{ $columns{ $_->[0] } }, $_ for $db->sql("SELECT c.table_name, c.column_name, c.data_type, COALESCE(c.character_maximum_length, 0), c.extra
	FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
	WHERE c.table_schema = 'hawser' AND t.table_type = 'BASE TABLE' AND c.extra NOT LIKE '%GENERATED%' ORDER BY c.table_name, c.ordinal_position");
my @seeded;
for my $table (sort keys %columns) {
	next if $table =~ /^(user|org|membership|session|audit|audit_head|data_key|schema_migration|lease|job|pending)$/;
	next if !grep { $_->[1] eq 'org_id' } @{ $columns{$table} };
	my (@names, @values);
	for my $column (@{ $columns{$table} }) {
		my (undef, $name, $type, $length) = @$column;
		push @names, "`$name`";
		push @values, $name eq 'org_id' ? $org : $name =~ /^(user_id|asked_by)$/ ? $ana : $name eq 'id' || $name =~ /_id$/ && $type eq 'bigint' ? $FIRST
			: $of{"$table.$name"} // $real{$name} // ($type =~ /date/ ? "'2026-11-20 09:00:00'" : $type eq 'binary' ? "REPEAT('x', $length)"
			: $type =~ /char|text|blob/ ? "LEFT('$canary $table $name', $length)" : 1);
	}
	$db->sql("SET foreign_key_checks = 0; SET \@hawser_quiet = 0; INSERT INTO hawser.`$table` (" . join(', ', @names) . ') VALUES (' . join(', ', @values) . ')');
	push @seeded, $table;
}
ok(@seeded > 10, "rows in @seeded");

# ---- the owner sees them: the sweep would find what leaks ----
my $owner = $w->browser;
$owner->sign_in('ana@a.example');
my $own = 0;
for my $route (grep { $_->{method} eq 'GET' && $_->{path} =~ /\{id\}/ } @routes) {
	my $r = $owner->get(path($route, $FIRST));
	$own++ if $r->{status} == 200 && $r->{content} =~ /$canary/;
}
cmp_ok($own, '>=', 7, "ana's own pages show the canary: $own");
like($owner->get($_)->{content}, qr/$canary/, "$_, too") for '/settings/agenda?month=2026-11', '/settings/integrations', '/settings/activity', '/settings/conflicts';

sub path {
	my ($route, $id) = @_;
	my $path = $route->{path} =~ s/\{provider\}/caldav/r;
	return $path =~ s/\{[a-z_]+\}/$id/gr;
}

# Rows of all tables; signing in, looking and having one's own audit checked move
# only their own.
my @tables = $db->tables(qw(session login_throttle duty audit_check));
sub rows { return $db->checksum(@tables) }

# What differs between any two answers of the same page.
sub plain {
	my ($r) = @_;
	my $text = $r->{content} // '';
	$text =~ s/[0-9a-f]{32}//g;
	$text =~ s/name="csrf" value="[^"]*"//g;
	$text =~ s/\b(?:$FIRST|79999)\b/ID/g;
	my $where = $r->{headers}{location} // '';
	$where =~ s/\b(?:$FIRST|79999)\b/ID/g;
	return "$r->{status} $where\n$text";
}

# Forms as a page would send them, so that a request gets as far as it can.
my %form = (
	'/settings/events' => { summary => 'Stolen', calendar => $FIRST, start_day => '2026-12-01', start_time => '09:00', end_time => '10:00', zone => 'UTC', repeat => 'none' },
	'/settings/events/{id}' => { summary => 'Stolen', rev => 1, date => '', start_day => '2026-12-01', start_time => '09:00', end_time => '10:00', zone => 'UTC', repeat => 'none' },
	'/settings/events/{id}/delete' => { rev => 1, date => '' },
	(map { ("/settings/conflicts/{id}/$_" => { rev => 1 }) } qw(keep here there)),
	'/settings/connections/{id}/calendars' => { collection => $FIRST, "direction_$FIRST" => 'both' },
	'/settings/connections/{id}/remove' => { events => 'delete' },
	'/settings/ask/connections/{id}/reconnect' => { login => 'x', password => 'y' },
);
$db->sql("UPDATE hawser.user SET time_zone = 'UTC'");
my $asked = 0;
for my $who ([ben => 'another organisation', 'ben@b.example'], [mia => 'a colleague', 'mia@a.example'], [both => 'an admin', 'both@ab.example']) {
	my ($name, $what, $email) = @$who;
	my $b = $w->browser;
	$b->sign_in($email);
	if ($name eq 'both') {	# of organisation A
		$b->post('/login/org', { org => $org, next => '' });
	}
	my $token = $b->token;
	my $before = rows();
	my (@told, @unlike, @failed);
	my $ask = sub {
		my ($route, $method, $id) = @_;
		my $form = $form{ $route->{path} } || {};
		my %sent = map { my $k = $_ =~ s/$FIRST/$id/r; ($k => ($form->{$_} =~ s/^$FIRST$/$id/r)) } keys %$form;
		$asked++;
		return $method =~ /^(GET|HEAD|OPTIONS|TRACE)$/ ? $b->request($method, path($route, $id)) : $b->post(path($route, $id), \%sent, { csrf => $token, method => $method });
	};
	# An admin sees connections and runs of the organisation, and may stop them;
	# what is in a private calendar stays the person's own.
	my $sees = qr{^/settings/(?:connections|runs|ask/connections|asides|integrations|activity)};
	for my $route (grep { $_->{path} !~ m{/callback$} } @routes) {	# that one has entries in the audit: sign_in_there.t
		next if $route->{path} =~ m{^/(?:logout|login|healthz|readyz)};
		next if $name eq 'both' && $route->{path} =~ $sees;
		for my $method ($route->{path} =~ /\{id\}/ ? qw(GET HEAD POST PUT PATCH DELETE) : $route->{method}) {
			my $foreign = $ask->($route, $method, $FIRST);
			my $line = "$method $route->{path}";
			push @told, $line if join(' ', $foreign->{content} // '', map { ref ? @$_ : $_ // '' } values %{ $foreign->{headers} }) =~ /$canary/;
			push @failed, "$line: $foreign->{status}" if $foreign->{status} >= 500;
			next if $route->{path} !~ /\{id\}/ && !$form{ $route->{path} };
			my $unknown = $ask->($route, $method, 79999);
			push @unlike, "$line: $foreign->{status}, unknown $unknown->{status}" if plain($foreign) ne plain($unknown);
			push @failed, "$line: $foreign->{status}" if $route->{path} =~ /\{id\}/ && $method eq $route->{method} && $foreign->{status} != 404;
		}
	}
	# What an admin does see names the account, and nothing of what it holds.
	for my $route ($name eq 'both' ? grep { $_->{method} eq 'GET' && $_->{path} =~ $sees } @routes : ()) {
		my $r = $b->get(path($route, $FIRST));
		push @told, "$route->{path}: $1" if $r->{content} =~ /$canary( (?!connection )[a-z_]+ ?[a-z_]*|[^. ])/;
	}
	# Nothing leads where only the owner may go, and there it is said so. (The rows
	# above switch the providers off behind the cards' back: no connecting.)
	for my $path ($name eq 'both' ? ('integrations', 'activity', "connections/$FIRST", "runs/$FIRST") : ()) {
		my $r = $b->get("/settings/$path");
		push @failed, "an admin, $path: $r->{status}" if $r->{status} != 200;
		for my $to (grep { !m{^/(?:logout|static|brand|settings/connect/)} } $r->{content} =~ /<a [^>]*href="(\/[^"]*)"/g) {
			my $there = $b->get($to =~ s/&amp;/&/gr);
			push @failed, "an admin, from $path to $to: $there->{status}" if $there->{status} >= 400;
		}
	}
	push @failed, "an admin, $_" for $name eq 'both' ? grep { $b->get("/settings/connections/$FIRST/$_")->{status} != 403 } qw(reconnect calendars) : ();
	for my $path ($name eq 'both' ? ("connections/$FIRST/calendars", "ask/connections/$FIRST/reconnect", "ask/connections/$FIRST/rescan", "asides/$FIRST/retry") : ()) {
		my $r = $b->post("/settings/$path", $form{ '/settings/' . ($path =~ s/$FIRST/{id}/r) } || {}, { csrf => $token });
		push @failed, "an admin, $path: $r->{status}" if $r->{status} !~ /^(?:403|404|422)$/;
	}
	# The same behind parameters and in lists.
	for my $path ((map { "/settings/agenda?month=2026-11$_" } '', '&view=list'), '/settings/conflicts?all=1', '/settings/events/new') {
		push @told, $path if $b->get($path)->{content} =~ /$canary/;
	}
	is_deeply(\@told, [], "$what is told nothing");
	is_deeply(\@unlike, [], 'foreign and unknown ids answer alike');
	is_deeply(\@failed, [], 'with 404 where the page is theirs');
	is(rows(), $before, 'and no row has changed');
}
cmp_ok($asked, '>', 300, "$asked requests");

# ---- the sweep itself finds a leak and a change ----
$db->sql("UPDATE hawser.calendar SET shared = 1 WHERE id = $FIRST");
my $mia = $w->browser;
$mia->sign_in('mia@a.example');
like($mia->get("/settings/events/$FIRST")->{content}, qr/$canary/, 'a shared calendar would be seen');
my $before = rows();
isnt(do { $db->sql("UPDATE hawser.event SET location = 'x' WHERE id = $FIRST"); rows() }, $before, 'a changed row would be seen');
done_testing;
