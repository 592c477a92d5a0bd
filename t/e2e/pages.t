#!/usr/bin/perl
# Every page and state in Chromium: axe-core, html-validate, reflow, targets and
# the focus ring; and the style sheet under stylelint. pages.js does it; this is
# one half of them, pages_too.t the other. Names of pages: those alone.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use Scene;

my $scene = Scene->new;
$ENV{PAGES} = JSON::PP->new->ascii->encode({ people => \%Scene::people, pages => [$scene->pages], dav => $scene->stage->radicale->url,
	css => "$FindBin::Bin/../../static/app.css", only => [@ARGV],
	half => $0 =~ /too/ ? 1 : 0 });
my $status = $scene->stage->node("$FindBin::Bin/pages.js");
$status ||= $scene->stop;
exit $status;
