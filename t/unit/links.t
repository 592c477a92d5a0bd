#!/usr/bin/perl
# What a program loads at its start, which every cron run pays for; and what is
# told where a library that is loaded later is not installed.
use strict;
use warnings;
use Test::More;
use File::Temp;

my $top = $ENV{HAWSER_TOP} // '.';
my $build = $ENV{HAWSER_BUILD} // "$top/build";
my $asan = $ENV{HAWSER_ASAN} // "$top/build-asan";

for my $program (qw(hawser-sync hawser-web hawser)) {
	my $loads = `ldd '$build/$program'`;
	like($loads, qr/libmariadb/, "$program: what it loads is known");
	unlike($loads, qr/lib(?:ical|icu|stdc|xml2)/, "$program: no library for rules, nor what that would bring along");
	unlike($loads, qr/libm\.so/, "$program: no mathematics for a colour");
	my $marks = `readelf -dlW '$build/$program'`;
	like($marks, qr/GNU_RELRO/, "$program: the table of names is read-only");
	like($marks, qr/BIND_NOW|\bNOW\b/, "$program: and whole before the program begins");
}

my ($soname) = do { open my $f, '<', "$build/config.h" or die $!; local $/; <$f> } =~ /HAWSER_ICAL_SONAME "([^"]+)"/;
like($soname, qr/^libical\.so\.\d/, "configure found $soname");
my $dir = File::Temp->newdir;
open my $f, '>', "$dir/$soname" or die $!;
print $f "no library\n";
close $f;
{
	local $ENV{LD_LIBRARY_PATH} = "$dir";
	like(`'$build/hawser-sync' --help 2>&1`, qr/^usage/, 'without it a program starts');
	my $told = `'$asan/t/unit/recur' 2>&1`;
	isnt($?, 0, 'what needs it ends');
	like($told, qr/\Q$soname\E cannot be loaded \(.*\)\. Install libical, in Debian the package libical3\./, 'and says what to install');
	unlike($told, qr/^not ok.*takes too long/m, 'no rule is blamed');
	$told = `HAWSER_CONF=/nonexistent '$build/hawser' doctor 2>&1`;
	like($told, qr/^\S+\s+libraries: \Q$soname\E cannot be loaded/m, 'the doctor says so') or diag $told;
}
like(`HAWSER_CONF=/nonexistent '$build/hawser' doctor 2>&1`, qr/^ok\s+libraries: MariaDB.*, libical \d.*, Expat \d+\.\d+/m, 'with it the doctor tells its version');
done_testing;
