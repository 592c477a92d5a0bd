# Killed while one occurrence of a series was changed, in either direction.
use strict;
use warnings;
use KillSweep;
use Test::More;

KillSweep::run('occurrence here', seed => [qw(a series)],
	here => sub { KillSweep::override_here($_[0], 'series', '20261208T090000Z', 'Only this one') },
	want => sub { like($_[0]{there}, qr/Only this one/, 'it arrives there') });
KillSweep::run('occurrence there', seed => [qw(a series)],
	there => sub {
		my @master = ('DTSTART:20261201T090000Z', 'DTEND:20261201T100000Z', 'SUMMARY:Seed series', 'LOCATION:Room 1', 'RRULE:FREQ=WEEKLY;COUNT=4');
		KillSweep::put_raw_there($_[0], 'series', join "\r\n", 'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN',
			@{ KillSweep::event_lines('series@example.com', @master) },
			@{ KillSweep::event_lines('series@example.com', 'RECURRENCE-ID:20261208T090000Z', 'DTSTART:20261208T150000Z', 'DTEND:20261208T160000Z', 'SUMMARY:Only this one') },
			'END:VCALENDAR', '');
	},
	want => sub { like($_[0]{here}, qr/Only this one/, 'it arrives here') });
KillSweep::finish();
