# Killed while both sides changed the same event: merged, clashing, deleted on
# one side.
use strict;
use warnings;
use KillSweep;
use Test::More;

sub there_says {
	my ($title, $place) = @_;
	return sub { KillSweep::put_there($_[0], 'a', 'DTSTART:20261201T090000Z', 'DTEND:20261201T100000Z', "SUMMARY:$title", "LOCATION:$place") };
}

KillSweep::run('merge', seed => [qw(a b)], here => sub { KillSweep::edit_here($_[0], 'a', "summary = 'Title of here'") },
	there => there_says('Seed a', 'Place of there'),
	want => sub {
		like($_[0]{$_}, qr/Title of here/, "$_: the title of here") for qw(here there);
		like($_[0]{$_}, qr/Place of there/, "$_: the place of there") for qw(here there);
	});
KillSweep::run('clash', seed => [qw(a b)], here => sub { KillSweep::edit_here($_[0], 'a', "summary = 'Title of here'") },
	there => there_says('Title of there', 'Room 1'),
	want => sub {
		like($_[0]{$_}, qr/Title of there/, "$_: there wins") for qw(here there);
		is($_[0]{conflicts}, 1, 'and a conflict keeps both');
	});
KillSweep::run('deleted here, edited there', seed => [qw(a b)], here => sub { KillSweep::delete_here($_[0], 'a') },
	there => there_says('Still wanted', 'Room 1'),
	want => sub { like($_[0]{here}, qr/Still wanted/, 'it comes back here') });
KillSweep::run('edited here, deleted there', seed => [qw(a b)], here => sub { KillSweep::edit_here($_[0], 'a', "summary = 'Edited'") },
	there => sub { KillSweep::delete_there($_[0], 'a') });
KillSweep::finish();
