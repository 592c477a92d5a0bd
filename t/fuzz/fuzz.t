#!/usr/bin/perl
# Every fuzz entry under libFuzzer with ASan and UBSan, two at a time, for
# HAWSER_FUZZ_SECS (6) each; HAWSER_FUZZ_ONLY names one. HAWSER_FUZZ_SEED (1)
# is where they begin, so that a fresh clone tries what the last one tried;
# 0 begins anywhere: for long runs. The corpora start from
# t/data, t/data/fuzz (one input a line, in hex) and grow in the build
# directory; what crashes is kept there in crashes/, is shown here, and comes
# first the next time.
use strict;
use warnings;
use File::Copy qw(copy);
use File::Path qw(make_path);
use JSON::PP qw(decode_json);
use Test::More;

my $top = $ENV{HAWSER_TOP} // '.';
my $build = $ENV{HAWSER_ASAN} // "$top/build-asan";
my $secs = $ENV{HAWSER_FUZZ_SECS} // 6;
my $seed = $ENV{HAWSER_FUZZ_SEED} // 1;
plan skip_all => 'clang is not installed' if system('clang --version >/dev/null 2>&1');

my @names = qw(ical multistatus rule form event_text contentline http request json google escapes);
@names = ($ENV{HAWSER_FUZZ_ONLY}) if $ENV{HAWSER_FUZZ_ONLY};
my $dir = "$build/fuzz";
make_path("$dir/crashes", "$dir/views");

sub spew { my ($path, $text) = @_; open my $f, '>:raw', $path or die "$path: $!"; print $f $text; close $f or die $!; return }

is(system("$build/tplc", "$top/t/fuzz/escapes.html", "$dir/views"), 0, 'the page of escapes is compiled') or BAIL_OUT('no page');

# ---- build: objects once, anew when a source or any header is newer ----
chomp(my $flags = `pkg-config --cflags --libs gnutls expat jansson libcurl`);
my @sources = (map({ glob "$top/src/$_/*.c" } qw(model net providers)), grep({ !m{/config[^/]*$} } glob "$top/src/util/*.c"), map({ glob "$top/src/serve/$_*.c" } qw(request form csrf route reply)),
	"$top/src/views/view.c", "$dir/views/tpl_escapes.c");
my @cc = (qw(clang -g -O1 -std=gnu11 -D_GNU_SOURCE -DFUZZ_WITH_LIBFUZZER -fno-sanitize-recover=undefined), "-I$top", "-I$top/src",
	"-I$build", "-I$dir", '-include', "$build/config.h", grep { /^-I/ } split ' ', $flags);
my $newest = (sort { $b <=> $a } map { (stat)[9] } glob("$top/src/*/*.h $build/config.h"), __FILE__)[0];
sub stale {
	my ($out, $in) = @_;
	my $made = (stat $out)[9] // 0;
	return $made <= $newest || $made <= (stat $in)[9];
}
sub in_parallel {	# two commands at a time; those that failed
	my @todo = @_;
	my (%runs, @bad);
	while (@todo || %runs) {
		if (@todo && keys %runs < 2) {
			my $c = shift @todo;
			my $pid = fork // die $!;
			if (!$pid) {
				open STDOUT, '>', $c->{log};
				open STDERR, '>&', \*STDOUT;
				{ no warnings 'exec'; exec @{ $c->{command} } }
				require POSIX;
				POSIX::_exit(127);
			}
			$runs{$pid} = $c;
			next;
		}
		my $pid = wait;
		my $c = delete $runs{$pid} // next;
		$c->{status} = $?;
		push @bad, $c if $?;
	}
	return @bad;
}
sub text_of { my ($path) = @_; open my $f, '<:raw', $path or return ''; local $/; return scalar(<$f>) // '' }

my (@objects, @compile);
for my $source (@sources, map { "$top/t/fuzz/fuzz_$_.c" } @names) {
	my ($name) = $source =~ m{([^/]+)\.c$};
	my $object = "$dir/$name.o";
	push @objects, $object if $source !~ m{/t/fuzz/};
	push @compile, { log => "$dir/$name.log", command => [@cc, '-fsanitize=fuzzer-no-link,address,undefined', '-c', $source, '-o', $object] }
		if stale($object, $source);
}
my @bad = in_parallel(@compile);
diag(text_of($_->{log})) for @bad;
is(scalar @bad, 0, 'the sources build') or BAIL_OUT('no fuzzer');
@bad = in_parallel(map { { log => "$dir/$_.link", command => ['clang', '-fsanitize=fuzzer,address,undefined', "$dir/fuzz_$_.o", @objects,
	'-o', "$dir/fuzz_$_", grep { /^-l/ } split ' ', $flags] } } @names);
diag(text_of($_->{log})) for @bad;
is(scalar @bad, 0, 'the fuzzers link') or BAIL_OUT('no fuzzer');

# ---- seeds ----
my %seeds;		# name => texts
my $n = 0;
for my $file (glob "$top/t/data/ics/*.ics") {
	my $text = text_of($file);
	push @{ $seeds{ical} }, $text;
	push @{ $seeds{rule} }, $text =~ /^RRULE:(.*?)\r?$/mg;
	push @{ $seeds{event_text} }, map { my $item = decode_json($_); my $t = $item->{text}; utf8::encode($t) if defined $t; $t // () }
		split /\n/, `'$build/t/lib/ical_hash' '$file'`;
}
push @{ $seeds{rule} }, 'FREQ=MONTHLY;BYDAY=2TU,-1FR;BYSETPOS=-1;COUNT=3', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'FREQ=HOURLY;INTERVAL=7;BYHOUR=1,2;UNTIL=20301231T235959Z',
	'FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;WKST=SU', 'FREQ=DAILY;BYYEARDAY=366,-1', 'FREQ=SECONDLY', 'FREQ=MINUTELY;BYSECOND=0,60;BYMINUTE=59';
$seeds{form} = ["/x?a=1&b=%C3%A4\na=1; hawser=abc\nname=+Ann+&notes=a%0d%0ab&email=a%40b.c&password=p&url=https%3A%2F%2Fx.example%2Fdav&zone=Europe%2FBerlin"
	. "&count=-3&calendar=7&picks=1&picks=22&agree=1&colour=green&day=2024-02-29&at=09%3A30",
	"/x\n\nname=Ann&day=2023-02-29", "/%2e%2e/\n;;=\n&&=&name", "/\n\nname=%f0%9f%8e%89&url=https://[::1]:1/"];
$seeds{multistatus} = ["\x05" . '<?xml version="1.0"?><multistatus xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><response><href>/a/b.ics</href><propstat><prop>'
	. '<getetag>"1"</getetag><c:calendar-data><![CDATA[BEGIN:VCALENDAR]]>&amp;&#13;</c:calendar-data><c:calendar-home-set><href>/h/</href></c:calendar-home-set>'
	. '<resourcetype><collection/><c:calendar/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat><error><c:no-uid-conflict/></error></response>'
	. '<sync-token>t:1</sync-token></multistatus>', '<!DOCTYPE html><html>', "<a>\xef\xbb\xbf"];
$seeds{contentline} = [map({ substr $_, 0, 3000 } @{ $seeds{ical} }), "A;B=\"c;d\";E=f^n^'^^:g\\n\\,\\;\\\\\r\n h\r\n", "BEGIN:A\nBEGIN:B\nX:\nEND:B\nEND:A\n", "\xef\xbb\xbfA:b\rC:d"];
$seeds{http} = ["https://cal.example.com/dav/\n/a/../b?c=d\nehttps://p1.cal.example.com/\nf120\nfFri, 31 Dec 2999 23:59:59 GMT\ng1, calendar-auto-schedule\nh\"tag\"",
	"https://[::ffff:127.0.0.1]:443/\n//2130706433/x\n", "https://0x7f.1/\nhttp://user\@host/\n", "https://www.icloud.com/\n../%2e%2e/\\x\nehttps://p42-caldav.icloud.com:443/1/",
	"HTTPS://EXAMPLE.com.:8443?q\n;x=1#y", "https://a.example/\n#ff8800aa"];
$seeds{request} = ["REQUEST_METHOD=POST\nREQUEST_URI=/a/17/b/c?x=%41+1\nHTTP_HOST=app.example.com\nHTTP_ORIGIN=https://app.example.com\nHTTP_COOKIE=hawser=abc; x=\"y\"\n"
	. "CONTENT_TYPE=application/x-www-form-urlencoded\nCONTENT_LENGTH=26\nHTTPS=on\nREMOTE_ADDR=2001:db8::1\nHTTP_SEC_FETCH_SITE=same-origin\n\ncsrf=00112233445566778899&a",
	"REQUEST_METHOD=GET\nREQUEST_URI=/a/18446744073709551616\nHTTP_ACCEPT=*/*\n\n", "REQUEST_METHOD=PUT\nREQUEST_URI=/%2e%2e/a%5cb\nCONTENT_TYPE=application/json; charset=utf-8\nCONTENT_LENGTH=9\n\n{\"a\":[1]}",
	"REQUEST_METHOD=POST\nREQUEST_URI=/\nCONTENT_TYPE=multipart/form-data; boundary=x\nCONTENT_LENGTH=12\n\n--x\r\n\r\na--x--"];
$seeds{json} = ['{"a":"b","n":1,"b":true,"o":{"c":[null,-1.5e3,"\\u00e4\\ud83d\\ude00"]}}', '["x"]', '{"a":{"b":[{"c":"d"}]}}', '{"a":1,"a":2}', '[' x 70 . ']' x 70, '[1e400,99999999999999999999]'];
$seeds{escapes} = ['plain', '<script>alert("1")</script>&amp;', "java\tscript:alert(1)", 'https://cal.example.com/?a=1&b=2', '//evil.example', '/\\evil.example', "\xe2\x80\xa8\xf0\x9f\x8e\x89'\r\nX: y", 'mailto:a@b.example'];
for my $name (@names) {
	push @{ $seeds{$name} }, map { pack 'H*', $_ } split /\n/, text_of("$top/t/data/fuzz/$name.hex");
	make_path("$dir/corpus-$name");
	my $i = 0;
	spew("$dir/corpus-$name/seed-" . $i++, $_) for @{ $seeds{$name} };
	cmp_ok($i, '>', 2, "$name: $i seeds");
}

# ---- run ----
for my $name (@names) {		# what once crashed
	for my $crash (glob "$dir/crashes/$name-*") {
		my $out = `'$dir/fuzz_$name' -timeout=5 '$crash' 2>&1`;
		is($?, 0, "$crash crashes no more") or diag(shown($crash, $out));
	}
}
sub shown {
	my ($file, $out) = @_;
	my $input = substr text_of($file), 0, 2000;
	$input =~ s/([^\x20-\x7e\n])/sprintf '\\x%02x', ord $1/ge;
	$out =~ s/.*?(?=^(?:==\d+==|.*runtime error|hawser))//ms;
	return "$file:\n$input\n----\n" . substr $out, 0, 3000;
}
my @todo = map { { name => $_, log => "$dir/$_.run", command => ["$dir/fuzz_$_", "-max_total_time=$secs", "-seed=$seed", '-max_len=4096', '-timeout=5', '-rss_limit_mb=1024',
	'-print_final_stats=1', '-verbosity=0', "-artifact_prefix=$dir/crashes/$_-", "$dir/corpus-$_"] } } @names;
in_parallel(@todo);
for my $t (@todo) {
	my $log = text_of($t->{log});
	my ($units) = $log =~ /stat::number_of_executed_units: (\d+)/;
	is($t->{status}, 0, "$t->{name}: nothing found in $secs seconds") or diag(map { shown($_, $log) } $log =~ /Test unit written to (\S+)/);
	cmp_ok($units // 0, '>', 100, "$t->{name}: " . ($units // 0) . ' inputs tried') if !$t->{status};
}
done_testing();
