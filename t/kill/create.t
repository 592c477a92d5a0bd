# Killed while something new travels, in either direction.
use strict;
use warnings;
use KillSweep;
use Test::More;

KillSweep::run('create here', seed => ['a'], here => sub { KillSweep::add_here($_[0], 'new', 'Made here') },
	want => sub { like($_[0]{there}, qr/Made here/, 'it arrives there') });
KillSweep::run('create there', seed => ['a'],
	there => sub { KillSweep::put_there($_[0], 'new', 'DTSTART:20261205T100000Z', 'DTEND:20261205T110000Z', 'SUMMARY:Made there') },
	want => sub { like($_[0]{here}, qr/Made there/, 'it arrives here') });
KillSweep::finish();
