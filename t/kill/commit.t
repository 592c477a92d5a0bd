#!/usr/bin/perl
# The answer to a COMMIT is lost: the connection is cut before it reaches the
# database, after it was carried out, or while it is still under way. What was
# written is looked up; nothing is lost and nothing doubled. Every COMMIT of a
# run and of what pages do with --full, else a sample by a printed seed.
use strict;
use warnings;
use Pair;
use Test::More;
use WebTest;

my $full = ($ENV{HAWSER_FULL} // '') eq 'yes';
my $seed = $ENV{HAWSER_SEED} // time;
srand $seed;
note "seed $seed";
my @how = qw(before after late);

# ---- a run ----
{
	my $p = Pair->new(socket => 1);
	my $before = Pair::seen($p->{front});
	$p->change;
	is($p->run, 0, 'through the proxy') or diag $p->log_text;
	my $count = Pair::seen($p->{front}) - $before;
	is($p->wrong(run => 0), undef, "a run has $count commits");
	my ($rounds, @bad) = (0);
	for my $n (1 .. $count) {
		for my $how ($full ? @how : $how[rand @how]) {
			next if !$full && rand() > 0.6;
			$rounds++;
			$p->change;
			Pair::cut($p->{front}, $how, $n);
			$p->run;
			push @bad, "$how $n: not cut" if !Pair::was_cut($p->{front});
			unlink "$p->{front}.cut";
			my $wrong = $p->wrong;
			push @bad, "$how $n: $wrong" if defined $wrong;
		}
	}
	is_deeply(\@bad, [], "cut $rounds times at the $count commits of a run");
}

# ---- pages ----
my $people = Radicale->start(anna => 'secret', ben => 'secret');
$people->calendar('ben', 'home', 'Home');
my $p = Pair->new(web => 1, radicale => $people, conf => { web => ['workers = 1'] });
my ($w, $db, $radicale) = @$p{qw(web db radicale)};
$ENV{HAWSER_CONF} = $db->conf;
my $front = $w->dir . '/run/front.sock';
my $proxy = Pair::start_proxy($front, $db->socket);
END { local $?; if ($proxy) { kill 'TERM', $proxy; waitpid $proxy, 0 } }
$w->end('web');
$db->put_conf(qr/^socket = .*/m, 'socket = run/front.sock');
$w->start_web;
my $ana = $w->browser;
$ana->sign_in('ana@a.example');

sub one { return $db->one($_[0]) }
sub audited { my ($action) = @_; return one("SELECT COUNT(*) FROM audit WHERE body LIKE '%\"$action\"%'") }

my $serial = 0;

# What pages do: how it is asked, how many there are of what it makes, and the
# entry in the audit.
my @acts = (
	['event created', 'event.create', sub {
		$ana->post('/settings/events', $p->event_form('New ' . ++$serial));
	}, sub { one("SELECT COUNT(*) FROM event WHERE summary = 'New $serial'") }],
	['event edited', 'event.edit', sub {
		my $id = one('SELECT MAX(id) FROM event');
		$ana->post("/settings/events/$id", $p->event_form('Edited ' . ++$serial, rev => one("SELECT rev FROM event WHERE id = $id"), date => ''));
	}, sub { one("SELECT COUNT(*) FROM event WHERE summary = 'Edited $serial'") }],
	['event deleted', 'event.remove', sub {
		my ($id, $rev) = @{ ($db->sql('SELECT id, rev FROM event WHERE deleted_at IS NULL ORDER BY id DESC LIMIT 1'))[0] };
		$ana->post("/settings/events/$id/delete", { rev => $rev, date => '' });
	}],
	['event restored', 'event.restore', sub {
		my $id = one('SELECT MAX(id) FROM event WHERE deleted_at IS NOT NULL');
		$ana->post("/settings/events/$id/restore");
	}],
	['connected', 'connection.add', sub {
		$ana->post('/settings/ask/connect/caldav', { url => $radicale->url . '/', login => 'ben', password => 'secret', name => 'N' . ++$serial });
	}, sub { one("SELECT COUNT(*) FROM connection WHERE name = 'N$serial'") . join '', map { one("SELECT COUNT(*) FROM $_ WHERE connection_id = (SELECT MAX(id) FROM connection)") } qw(credential collection) }, '111'],
	['paused', 'connection.pause', sub { $ana->post("/settings/connections/$_[0]/pause") }],
	['resumed', 'connection.resume', sub { $ana->post("/settings/connections/$_[0]/resume") }],
	['disconnected', 'connection.remove', sub { $ana->post("/settings/connections/$_[0]/remove", { events => 'delete' }) },
		sub { one("SELECT COUNT(*) FROM connection WHERE state = 4") }],
);
my ($asked, @bad) = (0);
for my $how (@how) {
	for my $act (@acts) {
		my ($name, $action, $ask, $count, $want) = @$act;
		my $id = one('SELECT MAX(id) FROM connection') // 0;
		my $before = audited($action);
		Pair::cut($front, $how, 1);
		my $r = $ask->($id);
		$asked++;
		push @bad, "$how, $name: not cut" if !Pair::was_cut($front);
		unlink "$front.cut";
		push @bad, "$how, $name: $r->{status} $r->{content}" if $r->{status} != 303;
		push @bad, "$how, $name: " . $count->() . ' of them' if $count && $count->() ne ($want // 1);
		my $times = audited($action) - $before;
		push @bad, "$how, $name: $times times in the audit" if $times != 1;
	}
	system(DbTest::build() . '/hawser-sync --once 2>/dev/null');	# ends the connection
}
is_deeply(\@bad, [], "$asked acts of pages: each is done, once, and says so");

# Where the session itself is made or ended the look-up may have no tenant: then
# the page says so, and doing it again is harmless.
for my $how (@how) {
	Pair::cut($front, $how, 1);
	my $b = $w->browser;
	my $r = $b->sign_in('ana@a.example');
	ok($r->{status} == 303 || $r->{status} == 503 && $r->{content} =~ /lost while\s+saving/, "$how: signing in answers $r->{status}");
	is($b->sign_in('ana@a.example')->{status}, 303, 'again, and it is done') if $r->{status} != 303;
	ok(Pair::was_cut($front), 'cut');
	is($b->get('/settings/account')->{status}, 200, 'signed in');
	Pair::cut($front, $how, 1);
	my $cookies = { %{ $b->{cookies} } };
	$r = $b->post('/logout');
	ok($r->{status} == 303 || $r->{status} == 503, "$how: signing out answers $r->{status}");
	$b->post('/logout') if $r->{status} != 303;
	$b->{cookies} = $cookies;
	is($b->get('/settings/account')->{status}, 303, 'signed out');
	unlink "$front.cut";
}

is(Oracle::audit($db), '', 'the audit verifies');
done_testing;
