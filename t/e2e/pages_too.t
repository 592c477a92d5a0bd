#!/usr/bin/perl
# The other half of pages.t.
use strict;
use warnings;
use FindBin;
do "$FindBin::Bin/pages.t" or die $@ || $!;
