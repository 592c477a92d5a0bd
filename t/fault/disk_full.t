#!/usr/bin/perl
# The disk is full: the database's, then that of logs and uploads, each a small
# file system of its own, filled at a random point. What writes is refused with a
# sentence, what reads goes on; within a minute of space all is well again, no
# row is broken, nothing is half done and the audit verifies.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Pair;
use Test::More;
use Time::HiRes qw(sleep time);
use WebTest;

my $full = ($ENV{HAWSER_FULL} // '') eq 'yes';
my $seed = $ENV{HAWSER_SEED} // time;
srand $seed;
note "seed $seed";

my ($base, @mounted) = (tempdir('hawser-disk-XXXXXX', TMPDIR => 1, CLEANUP => 1));
sub unmount { while (my $dir = pop @mounted) { system('umount', '-l', $dir) } }

sub disk {		# a file system of so many megabytes; undef: not permitted here
	my ($name, $mb) = @_;
	my $dir = "$base/$name";
	mkdir $dir or die $!;
	system("truncate -s ${mb}M '$base/$name.img' && mkfs.ext4 -q -F -m 0 '$base/$name.img' >'$base/why' 2>&1"
		. " && mount -o loop '$base/$name.img' '$dir' >>'$base/why' 2>&1") == 0 or return;
	push @mounted, $dir;
	return $dir;
}
sub fill {		# all but what was in use; how much it was
	my ($disk) = @_;
	system("dd if=/dev/zero of='$disk/filler' bs=64k 2>/dev/null; dd if=/dev/zero of='$disk/filler2' bs=512 2>/dev/null");
}
sub free { my ($disk) = @_; unlink "$disk/filler", "$disk/filler2" }

my $disk = $> == 0 ? disk('db', 240) : undef;
plan skip_all => 'no file system may be mounted here: ' . ($> ? 'not root' : DbTest::tail("$base/why")) if !$disk;
my ($p, $w, $db);
END {
	local $?;
	$p->stop if $p;
	unmount();
}

local $ENV{HAWSER_ASAN} = '';
my $spool = disk('spool', 16);
$p = Pair->new(web => 1, conf => { paths => ["log_dir = $spool"], web => ['workers = 2'] });
($w, $db) = ($p->{web}, $p->db);
my $data = $db->dir . '/data';
DbTest::end_server($db->{pid});
system("cp -a --sparse=never '$data' '$disk/' && rm -rf '$data' && ln -s '$disk/data' '$data'") == 0 or die 'cp failed';
$db->start;
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my %mine = (calendar => $p->own_calendar);
my ($serial, %status) = (0);

# MariaDB 10.11 ends itself where a long value can not be rolled back for want of
# space; whatever keeps a database running starts it again, as here.
my $restarts = 0;
sub keep_up {
	return if waitpid($db->{pid}, POSIX::WNOHANG()) != $db->{pid};
	$restarts++;
	return if eval { $db->start; 1 };
	die $@ if !-e "$disk/filler";
	free($disk);	# it may not even start without some space
	$db->start;
	fill($disk);
}

sub make {		# an event of 4 KB by page: the answer
	my $title = 'Large ' . ++$serial;
	my $r = $ana->post('/settings/events', $p->event_form($title, %mine, description => join ' ', map { rand } 1 .. 200));
	$status{$title} = $r->{status};
	keep_up();
	return $r;
}
sub broken {
	return join ', ', map { $_->[3] eq 'OK' ? () : "@$_" }
		$db->sql(join ';', map { "CHECK TABLE `$_->[0]`" } $db->sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'hawser' AND table_type = 'BASE TABLE'"));
}

my ($refused, @back) = (0);
for my $round (1 .. ($full ? 10 : 2)) {
	make() for 0 .. rand 20;
	$p->change;
	fill($disk);
	my $r;
	for (1 .. 4000) {
		$r = make();
		# A database that ended for want of space has been started again.
		last if $r->{status} != 303 && $r->{content} !~ /database is not reachable/;
	}
	is($r->{status}, 503, "round $round: the database's disk is full: an event is refused") or diag $r->{content};
	like($r->{content}, qr/disk of the database is full/, 'in a sentence');
	$db->try_sql('UPDATE session SET seen_at = seen_at - INTERVAL 5 MINUTE');
	is($ana->get($_)->{status}, 200, "$_ is still read") for '/settings/integrations', '/settings/agenda', '/settings/account';
	$p->run;
	keep_up();
	free($disk);
	my $freed = time;
	sleep 0.2 until make()->{status} == 303 || time > $freed + 90;
	push @back, time - $freed;
	is($p->wrong, undef, 'space again: both sides are the same');
	is(broken(), '', 'no table is broken');
}
cmp_ok((sort { $b <=> $a } @back)[0], '<=', 60, sprintf 'back after %.1f s', (sort { $b <=> $a } @back)[0]);
my %there = map { @$_ } $db->sql("SELECT summary, COUNT(*) FROM event WHERE summary LIKE 'Large %' GROUP BY summary");
is_deeply([grep { ($there{$_} // 0) != ($status{$_} == 303) } sort keys %status], [], "each of $serial events is there once if the page said so, else not at all");
my $done = grep { $_ == 303 } values %status;
is($db->one(q{SELECT COUNT(*) FROM audit WHERE body LIKE '%"event.create"%'}), $done, 'and so is its entry in the audit');

note "the database was started again $restarts times";

# ---- logs and uploads ----
$w->end('web');
$w->end('nginx');
system("rm -rf '@{[$w->dir]}/nginx' && mkdir '$spool/nginx' && ln -s '$spool/nginx' '@{[$w->dir]}/nginx'") == 0 or die 'ln failed';
$w->start_web;
$w->start_nginx;
is($ana->get('/settings/account')->{status}, 200, 'logs and uploads on another disk');
fill($spool);
is((grep { $ana->get('/settings/account')->{status} != 200 } 1 .. 20), 0, 'it is full: pages are read');
is(make()->{status}, 303, 'and what is small is saved');
my $r = $ana->post('/settings/events', $p->event_form('Too long', %mine, description => 'x' x 300_000));
ok($r->{status} == 500 || $r->{status} == 507 || $r->{status} == 503, "what nginx has to spool is refused: $r->{status}");
like($r->{content}, qr/<\/html>/, 'with a page');
$p->change;
is($p->run, 0, 'a sync run does its work');
free($spool);
$r = $ana->post('/settings/events', $p->event_form('Too long', %mine, description => 'x' x 300_000));
ok($r->{status} < 500, "space again: it is read, and answered $r->{status}");
is($p->wrong, undef, 'both sides are the same');
like(DbTest::tail("$spool/web.log"), qr/"request"/, 'and the log goes on') if -e "$spool/web.log";
done_testing;
