# Killed while a deletion travels, in either direction.
use strict;
use warnings;
use KillSweep;
use Test::More;

KillSweep::run('delete here', seed => [qw(a b c)], here => sub { KillSweep::delete_here($_[0], 'a') },
	want => sub { unlike($_[0]{there}, qr/Seed a/, 'it goes there') });
KillSweep::run('delete there', seed => [qw(a b c)], there => sub { KillSweep::delete_there($_[0], 'a') },
	want => sub { unlike($_[0]{here}, qr/Seed a/, 'it goes here') });
KillSweep::finish();
