package Pair;
# Two sides that are kept the same: a Radicale with one calendar and a private
# database with one organisation whose connection is bound to it. Rounds of
# changes on both sides, what must come of them, and hawser-sync as a process.
#
#	my $p = Pair->new(conf => { sync => ['lease_secs = 10'] }, socket => 1);
#	$p->change;			# on both sides, another time each
#	my $pid = $p->begin;		# hawser-sync --connection ID
#	is($p->wrong, undef, 'after it');	# the Oracle, with what was changed
#
# url: of the calendar server as Hawser sees it (a proxy before it); socket => 1:
# hawser-sync meets the database through cut-proxy.pl, see cut(); web => 1: with
# the pages of WebTest (use it first), the connection is ana's.
use strict;
use warnings;
use DbTest;
use Oracle;
use POSIX ();
use Radicale;
use Time::HiRes qw(sleep time);

sub new {
	my ($class, %o) = @_;
	my $self = bless { owner => $$, round => 0, events => {} }, $class;
	$self->{radicale} = $o{radicale} || Radicale->start;
	my $url = $o{url} || $self->{radicale}->url;
	$self->{path} = $self->{radicale}->calendar('anna', 'work', 'Work');
	$self->there($_, "$_ 0") for qw(a b c gone0);
	my %conf = map { $_ => [@{ $o{conf}{$_} }] } keys %{ $o{conf} || {} };
	push @{ $conf{net} }, "allow_origins = $url";
	push @{ $conf{sync} }, 'workers = 1';
	my ($org, $person) = ('A', 'ana@a.example');
	if ($o{web}) {
		$self->{web} = WebTest->new(conf => \%conf, install => $o{install});
		$self->{db} = $self->{web}->db;
	} else {
		$self->{db} = DbTest->new(conf_lines => \%conf);
		$self->hawser('org', 'add', $org);
		$self->hawser(\"correct horse battery\n", 'user', 'add', $person, '--org', $org, '--role', 'owner', '--password-stdin');
	}
	my $db = $self->{db};
	$self->{conf} = $db->conf;
	$self->hawser(\"secret\n", 'connection', 'add', 'caldav', '--org', $org, '--user', $person,
		'--url', "$url/", '--login', 'anna', '--password-stdin');
	$self->hawser('collection', 'select', $db->one('SELECT id FROM collection'));
	$self->{id} = $db->one('SELECT id FROM connection');
	$self->{calendar} = $db->one('SELECT calendar_id FROM binding');
	$self->{oracle} = Oracle->new(db => $db, connection => $self->{id}, there => sub { $self->bodies });
	my $began = time;
	$self->{oracle}->run or die "the first run failed: $self->{oracle}{log}";
	$self->{took} = time - $began;	# a run on this machine, about
	$self->proxy if $o{socket};
	return $self;
}

sub db { $_[0]{db} }
sub hawser {
	my ($self, @args) = @_;
	$self->{db}->hawser(@args) == 0 or die "hawser @args: $self->{db}{err}";
	return $self->{db}{out};
}
sub bodies {
	my ($self) = @_;
	return [map { $self->{radicale}->get('anna', $_)->{content} } $self->{radicale}->list('anna', $self->{path})];
}

# ---- changes ----

sub there {
	my ($self, $uid, $title) = @_;
	my $r = $self->{radicale}->put('anna', "$self->{path}$uid.ics", Radicale->event($uid, $title, '20261120T090000Z'));
	die "PUT: $r->{status}" if $r->{status} >= 400;
	$self->{events}{$uid} = $title;
}
# As a host application would: after a deadlock once more.
sub here {
	my ($self, $sql) = @_;
	$sql =~ s/\bCALENDAR\b/$self->{calendar}/g;
	for my $try (1 .. 5) {
		my ($rows, $why) = $self->{db}->try_sql($sql);
		return @$rows if defined $rows;
		die "$why\n" if $try == 5 || $why !~ /ERROR (?:1213|1205) /;
	}
}

# A title changed on each side, something new and something deleted too.
sub change {
	my ($self) = @_;
	my ($n, $e) = (++$self->{round}, $self->{events});
	$self->there('a', "a $n");
	$self->there("there$n", 'new there');
	$self->here("UPDATE event SET summary = 'b $n' WHERE uid = 'b'");
	$self->here('INSERT INTO event (org_id, calendar_id, uid, summary, start_wall, end_wall, zone_kind)'
		. " SELECT org_id, id, 'here$n', 'new here', '2026-11-22 09:00', '2026-11-22 10:00', 1 FROM calendar WHERE id = CALENDAR");
	@$e{'b', "here$n"} = ("b $n", 'new here');
	my $old = $n - 1;
	if ($old == 0) {
		$self->{radicale}->remove('anna', "$self->{path}gone0.ics");
		delete $e->{gone0};
		return $n;
	}
	$self->here("UPDATE event SET deleted_at = NOW(6) WHERE uid = 'there$old'");
	my ($name) = grep { $self->{radicale}->get('anna', $_)->{content} =~ /^UID:here$old\r?$/m } $self->{radicale}->list('anna', $self->{path});
	$self->{radicale}->remove('anna', $name) if $name;
	delete @$e{"there$old", "here$old"};
	return $n;
}

# One more calendar of its owner, tied to nothing: its id.
sub own_calendar {
	my ($self) = @_;
	$self->{db}->sql('INSERT INTO calendar (org_id, user_id, name, color, shared, created_at)'
		. " SELECT org_id, user_id, 'Mine', '#336699', 0, now(6) FROM calendar WHERE id = $self->{calendar}");
	return $self->{db}->one('SELECT MAX(id) FROM calendar');
}

# The form of a new event in this calendar.
sub event_form {
	my ($self, $title, %with) = @_;
	return { summary => $title, location => '', description => '', calendar => $self->{calendar}, start_day => '2026-12-01', start_time => '09:00',
		end_day => '', end_time => '10:00', zone => 'Europe/Berlin', repeat => 'none', interval => '', until => '', count => '', %with };
}

# ---- runs ----

sub begin {		# of hawser-sync; with options or before => [command]
	my ($self, %o) = @_;
	my $pid = fork // die "fork: $!";
	return $pid if $pid;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>>', $self->{db}->dir . '/sync.log';
	open STDERR, '>&', \*STDOUT;
	$ENV{HAWSER_CONF} = $self->{conf};
	{ no warnings; exec @{ $o{before} || [] }, DbTest::build() . '/hawser-sync', @{ $o{args} || ['--connection', $self->{id}] } }
	POSIX::_exit(127);
}
sub run {		# its exit status as $?
	my ($self, %o) = @_;
	waitpid $self->begin(%o), 0;
	return $?;
}
sub ended {		# of begin(): its status; undef = it goes on after that long
	my ($self, $pid, $secs) = @_;
	for (my $until = time + $secs; time < $until; sleep 0.02) {
		return $? if waitpid($pid, POSIX::WNOHANG()) == $pid;
	}
	return;
}
sub wrong {
	my ($self, %o) = @_;
	return $self->{oracle}->wrong(events => $self->{events}, %o);
}
sub log_text {
	my ($self) = @_;
	return DbTest::tail($self->{db}->dir . '/sync.log');
}

# ---- the proxy before the database ----

sub proxy {
	my ($self) = @_;
	my $dir = $self->{db}->dir;
	$self->{front} = "$dir/run/front.sock";
	$self->{proxy_pid} = start_proxy($self->{front}, $self->{db}->socket);
	open my $in, '<', $self->{db}->conf or die $!;
	my $text = do { local $/; <$in> };
	$text =~ s{^socket = .*}{socket = run/front.sock}m or die 'no socket';
	$self->{conf} = "$dir/front.conf";
	open my $out, '>', $self->{conf} or die $!;
	print $out $text;
	close $out or die $!;
}
sub start_proxy {
	my ($front, $back) = @_;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		exec $^X, DbTest::top() . '/t/lib/cut-proxy.pl', $front, $back or POSIX::_exit(127);
	}
	for (1 .. 200) {
		return $pid if -S $front;
		sleep 0.02;
	}
	die 'cut-proxy.pl does not start';
}

# The n-th COMMIT from now is cut off: before, after, late; and a process killed.
sub cut {
	my ($front, $how, $n, $pid) = @_;
	open my $f, '>', "$front.cut.new" or die $!;
	print $f join ' ', $how, $n, $pid // ();
	close $f;
	rename "$front.cut.new", "$front.cut" or die $!;
}
sub seen {
	my ($front) = @_;
	open my $f, '<', "$front.seen" or return 0;
	return <$f> // 0;
}
sub was_cut { my ($front) = @_; return !-e "$front.cut" }

sub stop {
	my ($self) = @_;
	return if $self->{owner} != $$;
	if (my $pid = delete $self->{proxy_pid}) {
		kill 'TERM', $pid;
		waitpid $pid, 0;
	}
	($self->{web} || $self->{db})->stop if $self->{db};
	$self->{radicale}->stop if $self->{radicale};
}
sub DESTROY { local ($?, $@, $!); $_[0]->stop }

1;
