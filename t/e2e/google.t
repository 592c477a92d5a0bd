#!/usr/bin/perl
# Connecting Google in Chromium, in a window of its own and without one:
# t/e2e/google.js drives, this starts the rest.
use strict;
use warnings;
use FindBin;
use Stage;

my $stage = Stage->new;
$stage->sync_on;
my $status = $stage->node("$FindBin::Bin/google.js");
$status ||= $stage->stop;
exit $status;
