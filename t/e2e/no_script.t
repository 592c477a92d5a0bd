#!/usr/bin/perl
# Everything without JavaScript: no_script.js opens every page of Scene.pm with
# scripting off and sends every form that changes something.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use Scene;

my $scene = Scene->new;
$ENV{PAGES} = JSON::PP->new->ascii->encode({ people => \%Scene::people, pages => [$scene->pages], dav => $scene->stage->radicale->url,
	posts => [map { $_->{path} } grep { $_->{method} eq 'POST' } $scene->web->routes] });
my $status = $scene->stage->node("$FindBin::Bin/no_script.js");
$status ||= $scene->stop;
exit $status;
