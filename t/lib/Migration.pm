package Migration;
# hawser migrate, killed at a send of its choice: everything goes over the socket
# of the database, and KILL strikes before the n-th send.
#
#	my $m = Migration->new(db => $db);	# hawser => the program to run
#	my ($end, @sends) = $m->run(17);	# 'killed' or its status; 0 = let it run
#	my $at = $m->announced($from);		# killed where the next statement is
use strict;
use warnings;
use DbTest;

sub new {
	my ($class, %o) = @_;
	return bless { hawser => DbTest::build() . '/hawser', in_transaction => 0, %o }, $class;
}

sub run {
	my ($self, $n) = @_;
	my $dir = $self->{db}->dir;
	local $ENV{HAWSER_CONF} = $self->{db}->conf;
	my $inject = $n ? "-e inject=sendto:signal=KILL:when=$n" : '';
	system("strace -qq -f -s 60 -o '$dir/trace' -e trace=sendto $inject '$self->{hawser}' migrate >'$dir/out' 2>&1");
	my $end = $? & 127 || $? >> 8 == 137 ? 'killed' : $? >> 8;
	open my $t, '<', "$dir/trace" or die;
	return ($end, grep { /sendto\(/ } <$t>);
}

# How many statements are done.
sub progress { return $_[0]{db}->one('SELECT COALESCE(SUM(done), 0) FROM hawser.schema_migration') }

# The send that announces the next statement, looked for from $from on: 0 = there
# is none left, -1 = it was not killed. When a file was taken up or finished on
# the way, the runs after send less before it: looked for from the start again.
# {in_transaction}: is the statement in one?
sub announced {
	my ($self, $from) = @_;
	for (my $n = $from; ; $n++) {
		my ($end, @sends) = $self->run($n);
		return -1 if $end ne 'killed';
		if (grep { /INSERT INTO schema_migration|SET finished_at/ } @sends[0 .. $#sends - 2]) {
			$n = $from - 1;
			next;
		}
		$self->{in_transaction} = $sends[-1] =~ /START TRANSACTION/ ? 1 : 0;
		return $n if $self->{in_transaction} || $sends[-1] =~ /SET doing = /;
		return 0 if $sends[-1] =~ /information_schema/;
	}
}

1;
