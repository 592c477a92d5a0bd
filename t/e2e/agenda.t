#!/usr/bin/perl
# The agenda in Chromium: t/e2e/agenda.js drives, this starts the rest.
use strict;
use warnings;
use FindBin;
use WebTest;

my $w = WebTest->new;
$w->db->sql("INSERT INTO calendar (org_id, user_id, name, color, created_at) SELECT m.org_id, u.id, 'Family', '#2e8b57', now(6)"
	. " FROM user u JOIN membership m ON m.user_id = u.id WHERE u.email = 'ana\@a.example'");
$w->db->sql("UPDATE user SET time_zone = 'Europe/Berlin'");
$ENV{HAWSER_URL} = $w->url;
$ENV{HAWSER_PASSWORD} = WebTest::PASSWORD;
# The dates of series are written by a worker.
$w->spawn('sync', $w->dir . '/sync.log', DbTest::build() . '/hawser-sync', '--linger', 3600);
my $status = system('node', "$FindBin::Bin/agenda.js");
$w->stop;
exit($status ? 1 : 0);
