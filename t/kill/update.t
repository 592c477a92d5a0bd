# Killed while a change travels, in either direction.
use strict;
use warnings;
use KillSweep;
use Test::More;

KillSweep::run('update here', seed => [qw(a b)], here => sub { KillSweep::edit_here($_[0], 'a', "summary = 'Changed here'") },
	want => sub { like($_[0]{there}, qr/Changed here/, 'it arrives there') });
KillSweep::run('update there', seed => [qw(a b)],
	there => sub { KillSweep::put_there($_[0], 'a', 'DTSTART:20261201T093000Z', 'DTEND:20261201T100000Z', 'SUMMARY:Changed there', 'LOCATION:Room 1') },
	want => sub { like($_[0]{here}, qr/Changed there/, 'it arrives here') });
KillSweep::finish();
