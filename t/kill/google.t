# Killed while something travels to or from Google; by its ledger nothing is
# lost and nothing doubled.
use strict;
use warnings;
use KillGoogle;
use Test::More;

KillSweep::run('create here', seed => ['a'], here => sub { KillSweep::add_here($_[0], 'new', 'Made here') },
	want => sub { like($_[0]{there}, qr/Made here/, 'it arrives there') });
KillSweep::run('create there', seed => ['a'],
	there => sub { KillSweep::put_there($_[0], 'new', 'DTSTART:20261205T100000Z', 'DTEND:20261205T110000Z', 'SUMMARY:Made there') },
	want => sub { like($_[0]{here}, qr/Made there/, 'it arrives here') });
KillSweep::run('change on both sides', seed => ['a', 'b'], here => sub { KillSweep::edit_here($_[0], 'a', "summary = 'Changed here'"); KillSweep::delete_here($_[0], 'b') },
	there => sub { KillSweep::put_there($_[0], 'a', 'DTSTART:20261201T090000Z', 'DTEND:20261201T100000Z', 'SUMMARY:Seed a', 'LOCATION:Room 9') },
	want => sub { like($_[0]{there}, qr/Changed here Room 9/, 'both changes are there'); unlike($_[0]{there}, qr/Seed b/, 'what was deleted is gone') });
KillSweep::run('a date of a series', seed => ['series'], here => sub { KillSweep::override_here($_[0], 'series', '20261208T090000Z', 'Moved date') },
	there => sub { KillGoogle::call($_[0], DELETE => '/' . KillGoogle::instance($_[0], 'series', 2)) },
	want => sub { like($_[0]{there}, qr/Moved date/, 'it arrives there'); like($_[0]{here}, qr/EXDATE/, 'the cancelled one here') });
KillSweep::run('while the token is renewed', seed => ['a'], here => sub {
		KillSweep::edit_here($_[0], 'a', "summary = 'With a new token'");
		KillSweep::sql("UPDATE hawser.oauth_grant SET expires_at = now(6) WHERE connection_id = $_[0]{connection}");
	}, want => sub { like($_[0]{there}, qr/With a new token/, 'it arrives there') });
is(KillGoogle::ledger_is_clean(), '', 'by the ledger nothing was made twice, and nothing could mail');
KillSweep::finish();
