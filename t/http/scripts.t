#!/usr/bin/perl
# A script tag through every field and parameter of every page, and out of the
# database into every page, stays text. The fields are read off the pages.
use strict;
use warnings;
use Test::More;
use WebTest;

my $w = WebTest->new;
my $db = $w->db;
my @routes = $w->routes;
my $evil = q{"'><script>alert(1)</script><img src=x onerror=alert(2)>};
my $e = WebTest::Browser::escape($evil);
my $quoted = $evil =~ s/'/''/gr;
$db->sql("UPDATE hawser.org SET name = '$quoted' WHERE name = 'A'; UPDATE hawser.user SET name = '$quoted'");

# One row in every table of the organisation, with the tag in every column that
# holds free text; words and numbers that the programs choose are real ones.
my %real = (provider => "'caldav'", kind => 1, state => 1, uid => "'a'", tzid => "'UTC'", end_tzid => "'UTC'", status => 'NULL', transp => 'NULL',
	duration => 'NULL', recurrence => 'NULL', extra => "''", zones => "''", zone_kind => 2, recurrence_id => "''", color => "'#0b5f85'",
	time_zone => "'UTC'", deleted_at => 'NULL', removed_at => 'NULL', missing_since => 'NULL', restored_at => 'NULL', resolved_at => 'NULL',
	finished_at => 'NULL', wait_until => 'NULL', base => "''", extra_json => 'NULL', shared => 0, guard => 1, guard_count => 5, removing => 0,
	paused => 0, read_only => 0, all_day => 0, is_override => 0, listing => 0, direction => 1, policy => 1, cause => 1, phase => 4);
my %of = ('event.kind' => "'event'", 'event_override.recurrence_id' => "'20261120T090000'", 'sync_action.kind' => 2, 'connection.base_url' => "'https://x.example/'",
	'connection.home_url' => "'https://x.example/'", 'membership.role' => 3);
my %text = map { $_ => "'hawser-event 1\\nuid a\\nkind event\\nzones \\nmaster\\nstart 20261120T090000\\nend 20261120T100000\\nzone utc\\nsummary $_ $quoted\\nlocation $quoted\\nextra \\n'" } qw(base local remote);
$of{"conflict.$_"} = $text{$_} for keys %text;
$real{base} = $text{base};
$of{'before_image.body'} = $text{base};
my $user = ($db->sql("SELECT id FROM hawser.user WHERE email = 'ana\@a.example'"))[0][0];
my (%columns, @seeded);
push @{ $columns{ $_->[0] } }, $_ for $db->sql("SELECT c.table_name, c.column_name, c.data_type, COALESCE(c.character_maximum_length, 0)
	FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
	WHERE c.table_schema = 'hawser' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER' ORDER BY c.table_name, c.ordinal_position");
for my $table (sort keys %columns) {
	next if $table =~ /^(user|org|membership|session|audit|audit_head|data_key|credential|schema_migration|lease|job|pending)$/;
	next if !grep { $_->[1] eq 'org_id' } @{ $columns{$table} };
	my (@names, @values);
	for my $column (@{ $columns{$table} }) {
		my (undef, $name, $type, $length) = @$column;
		push @names, "`$name`";
		push @values, $of{"$table.$name"} // $real{$name} // ($name =~ /^(user_id|asked_by)$/ ? $user
			: $type =~ /date/ ? 'UTC_TIMESTAMP()' : $type eq 'binary' ? "REPEAT('x', $length)"
			: $type =~ /char|text|blob/ ? "LEFT('$quoted', $length)" : 1);
	}
	$db->sql("SET foreign_key_checks = 0; SET \@hawser_quiet = 0; INSERT INTO hawser.`$table` (" . join(', ', @names) . ') VALUES (' . join(', ', @values) . ')');
	push @seeded, $table;
}
ok(@seeded > 8, "rows in @seeded");
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $out = $w->browser;
my (@ran, %forms);
my ($pages, $fields) = (0, 0);

sub text_only {
	my ($what, $r) = @_;
	$pages++;
	push @ran, "$what: $1" if ($r->{headers}{'content-type'} // '') =~ /html/ && $r->{content} =~ /(<script>.{0,30}|<img src=x.{0,20}|"'>.{0,10})/;
	push @ran, "$what: header" if grep { /script>/ } map { ref ? @$_ : $_ } values %{ $r->{headers} };
	push @ran, "$what: $r->{status}" if $r->{status} >= 500;
	return $r;
}
sub note_forms {
	my ($r, $path) = @_;
	while ($r->{content} =~ /<form\b([^>]*)>(.*?)<\/form>/gs) {
		my ($head, $inside) = ($1, $2);
		my ($action) = $head =~ /action="([^"]*)"/;
		$forms{$action || $path}{$_} = 1 for grep { $_ ne 'csrf' } $inside =~ /\bname="([^"]+)"/g;
	}
}

for my $route (grep { $_->{method} eq 'GET' } @routes) {
	my $path = WebTest::path_of($route);
	note_forms(text_only("GET $path", $ana->get($path)), $path);
	text_only("GET $path?$_", $ana->get("$path?$_=$e")) for qw(next notice q month from after page id), $e;
	text_only("GET $path behind", $ana->get("$path/$e"));
	text_only("GET $path as id", $ana->get(WebTest::path_of($route, $e)));
}
note_forms(text_only('sign-in', $out->get("/login?next=/$e")), '/login');
text_only('404', $out->get("/$e"));
for my $action (sort keys %forms) {
	next if $action eq '/logout';
	for my $name (sort keys %{ $forms{$action} }) {
		my %form = map { $_ => $_ eq $name ? $evil : 'x' } keys %{ $forms{$action} };
		my $who = $action eq '/login' ? $out : $ana;
		my $r = text_only("POST $action $name", $who->post($action, \%form));
		text_only("after POST $action $name", $who->get($r->{headers}{location})) if $r->{status} == 303;
		$fields++;
	}
}
ok($fields >= 3, "$fields fields found");
is_deeply(\@ran, [], "$pages pages: script tags stay text");
for my $seen (qw(/settings/integrations /settings/connections/1 /settings/connections/1/calendars /settings/agenda /settings/agenda?view=list
	/settings/events/1 /settings/events/1/edit /settings/events/1/delete /settings/conflicts /settings/conflicts/1 /settings/activity /settings/runs/1)) {
	my $r = text_only($seen, $ana->get($seen));
	ok($r->{status} == 200 && $r->{content} =~ /main.*&lt;script&gt;.*main/s, "$seen shows the rows, as text") or diag "$r->{status} " . substr $r->{content}, -900;
}
is_deeply(\@ran, [], 'and nothing of theirs runs');
like($ana->get('/settings/account')->{content}, qr/&lt;script&gt;alert\(1\)/, 'where they are seen as text');
done_testing;
