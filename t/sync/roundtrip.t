#!/usr/bin/perl
# Every event of the corpus goes the whole way: import, push, a real Radicale,
# pull into another organisation, export. The same canonical hash comes out, and
# every property and component that we do not know. What Radicale itself loses
# is named here one by one.
use strict;
use warnings;
use DbTest;
use IcsLines;
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;

my $top = DbTest::top();
my $bin = DbTest::build();
my $radicale = Radicale->start(anna => 'secret');
my $db = DbTest->new(conf_lines => { net => ['allow_origins = ' . $radicale->url] });
my $dir = $db->dir;
$ENV{HAWSER_CONF} = $db->conf;

sub hawser {
	my ($name, @args) = @_;
	my $code = $db->hawser(@args, '--json');
	is $code, 0, $name or diag $db->{err};
	return $db->{out} eq '' ? undef : decode_json($db->{out});
}
sub slurp { my ($path) = @_; open my $f, '<:raw', $path or die "$path: $!"; local $/; return scalar <$f> }
sub spew { my ($path, $text) = @_; open my $f, '>:raw', $path or die "$path: $!"; print $f $text; close $f or die $!; return $path }
sub rows { return $db->sql($_[0]) }

# Of a file: ({ uid => hash }, [ reasons ], { uid => canonical form }).
sub hashes {
	my ($path) = @_;
	my $tool = ($ENV{HAWSER_ASAN} || "$top/build-asan") . '/t/lib/ical_hash';
	my (%hash, @refused, %form, @order);
	open my $out, '-|', $tool, $path or die "$tool: $!";
	while (my $line = <$out>) {
		my $item = decode_json($line);
		push @refused, $item->{reason} if defined $item->{reason};
		push @order, $item->{uid} // '';
		$hash{ $item->{uid} } = $item->{hash} if defined $item->{hash};
		$form{ $item->{uid} } = $item->{canonical} if defined $item->{hash};
	}
	close $out or die "$tool $path: $?";
	return (\%hash, \@refused, \%form, \@order);
}

# ---- the files, and one of ours with what the corpus has not ----
my $ours = spew("$dir/ours.ics", join "\r\n", 'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN',
	'BEGIN:VEVENT', 'UID:ours-1', 'DTSTAMP:20260101T000000Z', 'DTSTART;TZID=Europe/Berlin:20261120T090000', 'DTEND;TZID=Europe/Berlin:20261120T100000',
	"SUMMARY;LANGUAGE=de:Gr\xc3\xbc\xc3\x9fe\\, \\; \\\\ und \\n Zeile \xf0\x9f\x8e\x89", 'DESCRIPTION:' . 'lang ' x 400,
	'X-PLAIN:a b c', 'X-PARAM;X-A=1;X-B="x;y:z":value', "X-CARET;X-N=a^nb^'c^^d:value", 'X-ESCAPED:one\\, two\\; three\\\\four',
	'X-EMPTY:', 'X-TWICE:1', 'X-TWICE:2',
	'ATTACH;ENCODING=BASE64;VALUE=BINARY:' . 'QUJD' x 60, 'GEO:52.5;13.4', 'CATEGORIES:WORK,PLAY', 'CLASS:PRIVATE', 'PRIORITY:5',
	'CONFERENCE;VALUE=URI;FEATURE=AUDIO;LABEL=Bridge:tel:+49-30-1', 'COMMENT:one', 'COMMENT:two', 'RELATED-TO;RELTYPE=PARENT:ours-0', 'COLOR:red',
	'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER;RELATED=START:-PT15M', 'DESCRIPTION:Soon\\, very', 'X-MOZ-THING:1', 'UID:alarm-1', 'END:VALARM',
	'BEGIN:VALARM', 'ACTION:AUDIO', 'TRIGGER;VALUE=DATE-TIME:20261120T070000Z', 'END:VALARM',
	'END:VEVENT',
	'BEGIN:VEVENT', 'UID:ours/2@x:y', 'DTSTAMP:20260101T000000Z', 'DTSTART;VALUE=DATE:20261120', 'SUMMARY:All day', 'RRULE:FREQ=WEEKLY;COUNT=4', 'EXDATE;VALUE=DATE:20261204',
	'END:VEVENT',
	'BEGIN:VEVENT', 'UID:ours/2@x:y', 'DTSTAMP:20260101T000000Z', 'RECURRENCE-ID;VALUE=DATE:20261127', 'DTSTART;VALUE=DATE:20261128', 'SUMMARY:Moved', 'X-ONLY-HERE:yes', 'END:VEVENT',
	'BEGIN:VEVENT', 'DTSTAMP:20260101T000000Z', 'DTSTART:20261121T100000Z', 'DURATION:PT1H', 'SUMMARY:Without a UID', 'X-MINE:1', 'END:VEVENT',
	'BEGIN:VEVENT', 'UID:ours-loss', 'DTSTAMP:20260101T000000Z', 'DTSTART:20261122T100000Z', 'SUMMARY:Unescaped', 'X-LOSS:v;a,l', 'END:VEVENT',
	'BEGIN:VEVENT', 'UID:ours-place', 'DTSTAMP:20260101T000000Z', 'DTSTART:20261123T100000Z', 'SUMMARY:Somewhere',
	'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="Haus 1, 2":geo:52.5,13.4', 'X-KEPT;VALUE=URI:geo:52.5\\,13.4', 'END:VEVENT',
	'END:VCALENDAR', '');
my @files = ($ours, sort glob "$top/t/data/ics/*.ics");
cmp_ok scalar @files, '>', 40, scalar(@files) . ' files';

# A UID that is in several files needs a calendar for each.
my (%file, %taken, $calendars);
for my $path (@files) {
	my ($name) = $path =~ m{([^/]+)$};
	my ($hash, $refused, $form, $order) = hashes($path);
	my $n = 0;
	$n++ while grep { $taken{$n}{$_} } keys %$hash;
	$taken{$n}{$_} = 1 for keys %$hash;
	$calendars = $n + 1 if $n >= ($calendars // 0);
	$file{$name} = { path => $path, hash => $hash, refused => $refused, form => $form, order => $order, calendar => $n };
}

# ---- two organisations at one account ----
$radicale->calendar('anna', "c$_", "C$_") for 0 .. $calendars - 1;
my (%connection, %collection);
for my $org (qw(One Two)) {
	hawser("organisation $org", 'org', 'add', $org);
	hawser('its owner', \'correct horse battery', 'user', 'add', lc "$org\@example.org", '--org', $org, '--role', 'owner', '--password-stdin');
	$connection{$org} = hawser('connected', \'secret', 'connection', 'add', 'caldav', '--org', $org, '--user', lc "$org\@example.org",
		'--url', $radicale->url, '--login', 'anna', '--password-stdin')->{id};
	for my $c (@{ hawser('calendars', 'collection', 'list', $connection{$org}) }) {
		hawser("$org: $c->{name} is chosen", 'collection', 'select', $c->{id});
		$collection{$org}[substr $c->{name}, 1] = $c->{id};
	}
}

sub sync_run {
	my ($org) = @_;
	my $out = `'$bin/hawser-sync' --once --connection $connection{$org} --json 2>>'$dir/sync.err'`;
	is $?, 0, "a run of $org" or diag slurp("$dir/sync.err");
	return decode_json($out || '{}');
}

# ---- import ----
my ($events, $refused) = (0, 0);
for my $name (sort keys %file) {
	my $f = $file{$name};
	my @args = ('event', 'import', $f->{path}, '--org', 'One', '--collection', $collection{One}[ $f->{calendar} ], '--json');
	my $code = $db->hawser(@args);
	if (!%{ $f->{hash} } && @{ $f->{refused} }) {
		is $code, 1, "$name: nothing could be taken";
		like $db->{err}, qr/\w.*\.\s*$/s, 'which is said in a sentence';
		unlike $db->{err}, qr/internal|errno|line \d+$/i, 'for people';
	} else {
		is $code, 0, "$name: imported" or diag $db->{err};
	}
	my $res = $db->{out} =~ /^\{/ ? decode_json($db->{out}) : { added => 0, refused => [] };
	is $res->{added}, scalar keys %{ $f->{hash} }, "$name: " . keys(%{ $f->{hash} }) . ' taken';
	is_deeply [sort map { $_->{reason} } @{ $res->{refused} }], [sort @{ $f->{refused} }], "$name: each other one has its reason" if $db->{out} ne '';
	like $_->{reason}, qr/^[A-Z].{15,}\.$/s, "a sentence: $_->{reason}" for @{ $res->{refused} };
	$events += keys %{ $f->{hash} };
	$refused += @{ $f->{refused} };
}
cmp_ok $events, '>=', 44, "$events events were taken";
cmp_ok $refused, '>=', 10, "$refused were refused";

# ---- there and back ----
# What Radicale (3.1.8) does not take at all: UID => why.
my %never = (
	'1961094_636238800000000000' => 'a time zone whose rules begin at a DATE: vobject does not read its own DTSTART;VALUE=DATE',
	'caf9d4d6a4b8ec20454c8b89dadfa3f1@hawser' => 'RDATE;VALUE=PERIOD: vobject takes the start of a period for a date',
);
my $push = sync_run('One');
is $push->{out}, $events - keys %never, 'all are pushed that the server takes' or diag explain $push, [map { "@$_" } rows('SELECT title, reason FROM dead_letter')], slurp("$radicale->{dir}/log");
is_deeply [sort map { $_->[0] } rows('SELECT uid FROM dead_letter d JOIN event e ON e.id = d.event_id')], [sort keys %never], 'the others are set aside';
is scalar(grep { $_->[0] =~ /^127\.0\.0\.1 refuses this event/ } rows('SELECT reason FROM dead_letter')), scalar keys %never, 'with a reason';
is scalar(map { $radicale->list('anna', "/anna/c$_/") } 0 .. $calendars - 1), $push->{out}, 'all are at the server';
my $pull = sync_run('Two');
is $pull->{in}, $push->{out}, 'all arrive in the other organisation' or diag explain $pull, [map { join ' ', map { $_ // '' } @$_ } rows('SELECT remote_id, reason FROM dead_letter')];

# What Radicale itself spells otherwise, with the same meaning and the same
# hash, and what it loses: UID => line that is gone => line in its stead.
# Nothing else may differ.
my %respelt = (
	# a span in its largest units
	'040000008200E00074C5B7101A82E00800000000900AD080B5F2C901000000000000000010000000B29680BF9E5DC246B5EDDE228038E71F' =>
		{ 'VALARM/TRIGGER:-PT1080M' => 'VALARM/TRIGGER:-PT18H' },
	# a parameter that says the default
	'EC9439B1-FF65-11D6-9973-003065F99D04' => { 'VALARM/TRIGGER;VALUE=DURATION:-P1D' => 'VALARM/TRIGGER:-P1D' },
	# a parameter without a value
	'f683404f-aede-43eb-8774-27f62bb27c92' => { 'ORGANIZER;CN=:mailto' => 'ORGANIZER:mailto' },
	# a mark of its own on a CREATED that is not in UTC
	'20240215T101655-b6e4bbe9@192.168.178.100' =>
		{ 'CREATED:20240215T101655' => 'CREATED;X-VOBJ-FLOATINGTIME-ALLOWED=TRUE:20240215T101655' },
);
my $handle = 'CAESARoSCWYTYFhHQBEGfw4hQCIBDQoHRGVubWFyaxJES0hhcHB5dmlsbGUqSGFwcHl2aWxsZTIHSGFwcHl2aWxsZToEMTI3NjRCDQpSb2Fkc3RhcloCMTZi'
	. 'Um9hZHN0YXIgMTYBEU1vcmRvcgENCk1vcmRvcioSUm9hZHN0YXIgMTYyUm9hZHN0YXIgMTYxMjc2NCBIYXBweXZpbGxlMgdEZW5tYXJrOThA=';
my $place = "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS=R\xc3\xb6adstar 16\\n12764 Happyville\\nDenmark;X-APPLE-MAPKIT-HANDLE=$handle"
	. ';X-APPLE-RADIUS=49.91305866584698;X-APPLE-REFERENCEFRAME=1';
my %loss = (
	# the value of an X- property from the first comma that is not escaped
	'ours-loss' => { 'X-LOSS:v;a,l' => 'X-LOSS:v;a' },
	'ours-place' => { 'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=Haus 1, 2:geo:52.5,13.4' =>
		'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=Haus 1, 2:geo:52.5' },
	'BFE33ADD-5553-48B5-B5A5-F9DA5CA4C393' => { "$place;X-TITLE=:geo:52.382762,7.528319" => "$place:geo:52.382762" },
);

for my $name (sort keys %file) {
	my $f = $file{$name};
	next if !%{ $f->{hash} };
	my $export = spew("$dir/out.ics", do {
		$db->hawser('event', 'export', '--org', 'Two', '--collection', $collection{Two}[ $f->{calendar} ]);
		$db->{out};
	});
	my ($hash, $bad, $form) = hashes($export);
	is_deeply $bad, [], "$name: nothing unreadable is written";
	my $was = IcsLines::read(slurp($f->{path}));
	my $is = IcsLines::read($db->{out});
	my %made;
	@made{ grep { !$was->{$_} } @{ $f->{order} } } = grep { /^\0/ } sort keys %$was;
	for my $uid (sort keys %{ $f->{hash} }) {
		if ($never{$uid}) {
			ok !$is->{$uid}, "$name: $uid: $never{$uid}";
			next;
		}
		my $loss = $loss{$uid};
		is $hash->{$uid}, $f->{hash}{$uid}, "$name: $uid: the same hash" or diag "was\n$f->{form}{$uid}is\n" . ($form->{$uid} // 'nothing') if !$loss;
		isnt $hash->{$uid}, $f->{hash}{$uid}, "$name: $uid: loses at the server" if $loss;
		my %want = %{ $was->{$uid} // $was->{ $made{$uid} } };
		my $other = { %{ $loss // {} }, %{ $respelt{$uid} // {} } };
		for my $gone (sort keys %$other) {
			$want{ $other->{$gone} } += delete $want{$gone} // die "no $gone";
		}
		is_deeply $is->{$uid}, \%want, "$name: $uid: every unknown line" or diag explain { was => \%want, is => $is->{$uid} };
	}
}

# ---- nothing more to do: no write on either side ----
sub state_there {
	my $all = `cd '$radicale->{dir}/collections/collection-root' && find . -type f -name '*.ics' -printf '%p %i %T\@ %s\\n' | sort`;
	return $all;
}
sub state_here {
	return join "\n", map { "@$_" } rows('SELECT org_id, COUNT(*), SUM(rev), SUM(id) FROM event GROUP BY org_id'),
		rows('SELECT org_id, COUNT(*), SUM(synced_rev), SUM(CRC32(version)), SUM(CRC32(remote_raw)) FROM link GROUP BY org_id'),
		rows('SELECT COUNT(*) FROM before_image'), rows('SELECT COUNT(*) FROM conflict'), rows('SELECT COUNT(*) FROM pending');
}
my ($there, $here) = (state_there(), state_here());
cmp_ok length $there, '>', 1000, 'there is something to compare';
for my $org (qw(One Two One Two)) {
	my $run = sync_run($org);
	is_deeply [@{$run}{qw(planned in out)}], [0, 0, 0], "$org again: nothing to do" or diag explain $run;
}
is state_there(), $there, 'no file of the server was written';
is state_here(), $here, 'and no row here';
hawser("the audit of $_ verifies", 'audit', 'verify', '--org', $_) for qw(One Two);
done_testing;
