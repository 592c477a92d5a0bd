#!/usr/bin/perl
# Signing in and out in Chromium: t/e2e/sign_in.js drives, this starts the rest.
use strict;
use warnings;
use FindBin;
use WebTest;

my $w = WebTest->new;
$ENV{HAWSER_URL} = $w->url;
$ENV{HAWSER_PASSWORD} = WebTest::PASSWORD;
my $status = system('node', "$FindBin::Bin/sign_in.js");
$w->stop;
exit($status ? 1 : 0);
