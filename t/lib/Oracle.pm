package Oracle;
# What must hold after any fault, in one place: both sides are the same and as
# they should be, nothing is left of a run, the audit verifies, and the next run
# finds nothing to do and writes nothing.
#
#	my $o = Oracle->new(db => $db, connection => $id, there => sub { [text, ...] });
#	is($o->wrong, undef, 'after the fault');
#	is($o->wrong(events => { uid => 'title' }), undef, 'as expected');
#
# there: the bodies of all objects at the server, read without Hawser. wrong()
# makes one run to bring both sides together (run => 0: it was made) and one more.
use strict;
use warnings;
use DbTest;
use JSON::PP qw(decode_json);

# In words => how many: of one connection, with its organisation.
my %LEFT = (
	'open runs' => 'SELECT COUNT(*) FROM sync_run WHERE org_id = %1$d AND connection_id = %2$d AND state IN (1, 2)',
	'unfinished actions' => 'SELECT COUNT(*) FROM sync_action a JOIN sync_run r ON r.org_id = a.org_id AND r.id = a.run_id'
		. ' WHERE r.org_id = %1$d AND r.connection_id = %2$d AND a.phase IN (1, 2)',
	'pending rows' => 'SELECT COUNT(*) FROM pending p JOIN binding b ON b.org_id = p.org_id AND b.id = p.binding_id'
		. ' WHERE b.org_id = %1$d AND b.connection_id = %2$d',
	'live leases' => q{SELECT COUNT(*) FROM lease WHERE org_id = %1$d AND connection_id = %2$d AND owner <> '' AND until > NOW(6)},
	'dead letters' => 'SELECT COUNT(*) FROM dead_letter d JOIN binding b ON b.org_id = d.org_id AND b.id = d.binding_id'
		. ' WHERE b.org_id = %1$d AND b.connection_id = %2$d',
	'doubled links' => 'SELECT COUNT(*) - COUNT(DISTINCT l.event_id) FROM link l JOIN binding b ON b.org_id = l.org_id AND b.id = l.binding_id'
		. ' WHERE b.org_id = %1$d AND b.connection_id = %2$d',
	'links to nothing' => 'SELECT COUNT(*) FROM link l JOIN binding b ON b.org_id = l.org_id AND b.id = l.binding_id'
		. ' LEFT JOIN event e ON e.org_id = l.org_id AND e.id = l.event_id WHERE b.org_id = %1$d AND b.connection_id = %2$d AND e.id IS NULL',
);

sub new {
	my ($class, %o) = @_;
	return bless {%o}, $class;
}

# What a run left behind, in words; '' = nothing.
sub leftovers {
	my ($db, $connection) = @_;
	my $org = $db->one("SELECT org_id FROM connection WHERE id = $connection");
	return join ', ', map { my $n = $db->one(sprintf $LEFT{$_}, $org, $connection); $n ? "$n $_" : () } sort keys %LEFT;
}

# Every organisation's chain: '' = all verify.
sub audit {
	my ($db) = @_;
	return join ' ', map { $db->hawser('audit', 'verify', '--org', $_->[0]) == 0 ? () : "$_->[0]: $db->{out}$db->{err}" }
		$db->sql('SELECT name FROM hawser.org ORDER BY id');
}

sub here {
	my ($self) = @_;
	return join "\n", sort map { "$_->[0]=$_->[1]" } $self->{db}->sql(
		'SELECT e.uid, e.summary FROM hawser.event e JOIN hawser.binding b ON b.org_id = e.org_id AND b.calendar_id = e.calendar_id'
		. " WHERE b.connection_id = $self->{connection} AND e.deleted_at IS NULL");
}

sub there {
	my ($self) = @_;
	return join "\n", sort map { my $text = $_; join '=', map { $text =~ /^$_:(.*?)\r?$/m } qw(UID SUMMARY) } @{ $self->{there}->() };
}

# One run; what it says, or undef with {log} telling why.
sub run {
	my ($self) = @_;
	my $log = $self->{db}->dir . '/oracle.log';
	local $ENV{HAWSER_CONF} = $self->{db}->conf;
	my $out = `'@{[DbTest::build()]}/hawser-sync' --connection $self->{connection} --json 2>>'$log'`;
	$self->{log} = "status $?: " . DbTest::tail($log);
	return $? == 0 ? decode_json($out) : undef;
}

# undef = all is well, else what is not.
sub wrong {
	my ($self, %o) = @_;
	if ($o{run} // 1) {
		my $r = $self->run or return "the run after it failed: $self->{log}";
		return "the run after it ended: $r->{end} $r->{message}" if $r->{end} ne 'done';
	}
	my ($here, $there) = ($self->here, $self->there);
	return "here:\n$here\nthere:\n$there" if $here ne $there;
	if ($o{events}) {
		my $want = join "\n", sort map { "$_=$o{events}{$_}" } keys %{ $o{events} };
		return "both sides:\n$here\ninstead of:\n$want" if $here ne $want;
	}
	my $left = leftovers($self->{db}, $self->{connection});
	return "left behind: $left" if $left;
	my $before = join "\n", sort @{ $self->{there}->() };
	my $again = $self->run or return "the run after that failed: $self->{log}";
	return "the run after that plans $again->{planned}" if $again->{planned};
	return 'the run after that wrote there' if $before ne join "\n", sort @{ $self->{there}->() };
	my $audit = audit($self->{db});
	return "the audit: $audit" if $audit;
	return;
}

1;
