package KillGoogle;
# KillSweep with Google on the other side: each n has an account of its own in
# one sandbox, connected as a person does it. put_there takes the same lines.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use GoogleTest;
use KillSweep;

my ($g, $ana);
END { local $?; undef $KillSweep::db; $g->{w}->stop if $g; $g->{s}->stop if $g }

sub sandbox { return $g->{s} }
sub call {		# the Calendar API as that account
	my ($stage, $method, $path, $body) = @_;
	$stage->{token} ||= $g->{s}->token($stage->{login}, 'calendar');
	my $r = $g->{s}->call($stage->{token}, $method, "calendars/primary/events$path", $body);
	die "$method $path: $r->{status} $r->{content}" if $r->{status} >= 300 && $r->{status} != 410;
	return $r->{json};
}

sub time_of { my ($t) = @_; $t =~ /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/ or die "time $t"; return { dateTime => "$1-$2-$3T$4:$5:$6Z", timeZone => 'UTC' } }
sub body_of {
	my (@lines) = @_;
	my %is = map { /^(\w+):(.*)/ } @lines;
	return { summary => $is{SUMMARY}, $is{LOCATION} ? (location => $is{LOCATION}) : (), start => time_of($is{DTSTART}), end => time_of($is{DTEND}),
		$is{RRULE} ? (recurrence => ["RRULE:$is{RRULE}"]) : () };
}
sub uid { my ($e) = @_; return ($e->{extendedProperties} || {})->{private}{hawserUid} // $e->{iCalUID} }
sub find_there { my ($stage, $name) = @_; my ($e) = grep { uid($_) eq "$name\@example.com" && !$_->{recurringEventId} } @{ call($stage, GET => '?maxResults=2500')->{items} }; return $e->{id} }
sub instance { my ($stage, $name, $nth) = @_; return call($stage, GET => '/' . find_there($stage, $name) . '/instances')->{items}[$nth]{id} }

no warnings 'redefine';
*KillSweep::start = sub {
	$KillSweep::tmp = tempdir('hawser-kill-XXXXXX', DIR => -w '/dev/shm' ? '/dev/shm' : '/tmp', CLEANUP => 1);
	$g = GoogleTest->new(conf => { sync => ['workers = 1'] });
	($KillSweep::db, $KillSweep::org_name, $KillSweep::share) = ($g->db, 'A', 0.2);
	$ENV{HAWSER_CONF} = $g->db->conf;
	$ana = $g->{w}->browser;
	$ana->sign_in('ana@a.example');
};
*KillSweep::put_there = sub {
	my ($stage, $name, @lines) = @_;
	my $id = $stage->{made}{$name};
	return call($stage, PATCH => "/$id", body_of(@lines)) if $id;
	$stage->{made}{$name} = call($stage, POST => '/import', { iCalUID => "$name\@example.com", %{ body_of(@lines) } })->{id};
};
*KillSweep::delete_there = sub { my ($stage, $name) = @_; call($stage, DELETE => "/$stage->{made}{$name}") };
*KillSweep::stage = sub {
	my ($s) = @_;
	my $login = 'k' . ++$KillSweep::serial . '@example.com';
	my $stage = { login => $login };
	$g->{s}->control(accounts => { email => $login, name => $login });
	KillSweep::put_there($stage, $_, 'DTSTART:20261201T090000Z', 'DTEND:20261201T100000Z', "SUMMARY:Seed $_", 'LOCATION:Room 1',
		/^series/ ? 'RRULE:FREQ=WEEKLY;COUNT=4' : ()) for @{ $s->{seed} };
	my $id = $stage->{connection} = $g->connect($ana, account => $login);
	my $collection = $g->one("SELECT id FROM collection WHERE connection_id = $id AND remote_id = '$login'");
	KillSweep::hawser('', 'collection', 'select', $collection) and die "collection select: " . $g->db->{err};
	@$stage{qw(org calendar)} = split / /, $g->one("SELECT CONCAT(org_id, ' ', calendar_id) FROM binding WHERE connection_id = $id");
	KillSweep::sync($stage) == 0 or die 'the first sync failed: ' . DbTest::tail("$KillSweep::tmp/sync.log");
	$s->{here}->($stage) if $s->{here};
	$s->{there}->($stage) if $s->{there};
	return $stage;
};
*KillSweep::there = sub {
	my ($stage) = @_;
	my (%of, %seen);
	for my $e (@{ call($stage, GET => '?maxResults=2500&showDeleted=true')->{items} }) {
		next if $e->{status} eq 'cancelled' && !$e->{recurringEventId};
		my $text = $e->{status} eq 'cancelled' ? "none $e->{originalStartTime}{dateTime}" : join ' ', map { $_ // '' } @$e{qw(summary location)}, $e->{start}{dateTime}, $e->{end}{dateTime},
			join(',', sort @{ $e->{recurrence} || [] }), ($e->{originalStartTime} || {})->{dateTime};
		push @{ $of{ $e->{recurringEventId} // $e->{id} } }, ($e->{recurringEventId} ? 'date ' : uid($e) . ' ') . $text;
	}
	$seen{ join ' / ', sort @$_ }++ for values %of;
	return join "\n", map { "$_ x$seen{$_}" } sort keys %seen;
};
*KillSweep::writes = sub {
	my ($stage) = @_;
	my $revs = $g->one("SELECT COALESCE(SUM(rev), 0) FROM event WHERE org_id = $stage->{org} AND calendar_id = $stage->{calendar}");
	return sha256_hex(join '|', $revs, map { $_->{seq} } grep { $_->{account} eq $stage->{login} } $g->{s}->ledger);
};

# By the ledger of what Google took: no event was made twice, nothing could mail.
sub ledger_is_clean {
	my (%made, @bad);
	for my $w (grep { $_->{by} eq 'api' && $_->{verb} eq 'insert' } $g->{s}->ledger) {
		push @bad, "$w->{event} of $w->{account} twice" if $made{"$w->{account} $w->{event}"}++;
	}
	push @bad, "$_->{event} could mail" for grep { $_->{could_mail} } $g->{s}->ledger;
	return join ', ', @bad;
}

1;
