#!/usr/bin/perl
# CalDAV against a server that lies, stalls, cuts, floods and forgets: each
# trouble gets a sentence, nothing incomplete is taken for the truth, nothing
# is written twice.
use strict;
use warnings;
use CaldavProbe;
use FaultServer;
use Radicale;
use Test::More;
use Time::HiRes qw(time);

my $server = FaultServer->start;
my $cal = '/cal/anna/work/';
my $home = $server->url . '/cal/anna/';
my $probe = CaldavProbe->new(url => $server->url, args => ['--home', $home, '--total', 4]);
my $fresh = CaldavProbe->new(url => $server->url, args => ['--total', 4]);
sub ics { return Radicale->event("u$_[0]", $_[1] // "Event $_[0]", '20260102T100000Z', @_[2 .. $#_]) }
sub href { return "${cal}e$_[0].ics" }
$server->seed(map { (href($_) => ics($_)) } 1 .. 7);

sub changes { return $probe->run('changes', [$cal, @_]) }
sub ids { return [sort map { $_->{id} } @{ $_[0]{ok}{items} }] }
my $all = [map { href($_) } 1 .. 7];

is_deeply ids(changes()), $all, 'the calm server lists seven';
is $fresh->run('discover')->{ok}{account}, 'anna@example.com', 'and names the account by its mail address';
is $fresh->run('collections')->{ok}[0]{name}, 'Work', 'a propstat of 404 does not wipe the name';

# ---- troubles of any answer: kind, words; never an empty list ----
my $page = '<!DOCTYPE html><html><body>Welcome</body></html>';
my $good = '<?xml version="1.0"?><multistatus xmlns="DAV:"><sync-token>urn:fault:99</sync-token></multistatus>';
my $bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><multistatus xmlns="DAV:">&b;</multistatus>';
my $file = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><multistatus xmlns="DAV:"><response><href>&a;</href></response></multistatus>';
my $deep = '<?xml version="1.0"?><multistatus xmlns="DAV:">' . '<a>' x 400 . '</a>' x 400 . '</multistatus>';
my @troubles = (
	['a web page', { status => 200, body => $page, headers => { 'Content-Type' => 'text/html' } }, 'upstream', qr/web page/],
	['a web page as 207', { status => 207, body => $page }, 'upstream', qr/web page/],
	['JSON', { status => 207, body => '{"error":1}' }, 'upstream', qr/not calendar data/],
	['nothing as 207', { status => 207, body => '' }, 'upstream', qr/not calendar data|damaged/],
	['an entity bomb', { status => 207, body => $bomb }, 'upstream', qr/document type/],
	['a file entity', { status => 207, body => $file }, 'upstream', qr/document type/],
	['an unknown entity', { status => 207, body => $good =~ s/99/&nbsp;/r }, 'upstream', qr/damaged/],
	['deep nesting', { status => 207, body => $deep }, 'upstream', qr/deep/],
	['a cut body', { cut => 200 }, 'upstream', qr/broke off/],
	['a cut chunked body', { cut => 200, chunked => 1 }, 'upstream', qr/broke off/],
	['noise', { status => 207, garbage => 5000 }, 'upstream', qr/not calendar data|damaged/],
	['broken gzip', { status => 207, body => 'no gzip', headers => { 'Content-Encoding' => 'gzip' } }, 'upstream', qr/compress/],
	['60 MB', { status => 207, body => $good =~ s/<sync.*//sr . '<!-- ' . 'x' x 1000 . ' -->' x 1, repeat => 60_000 }, 'upstream', qr/larger than|damaged/],
	['60 MB of blanks', { status => 207, body => ' ' x 1_000_000, repeat => 60 }, 'upstream', qr/larger than|never ends|not calendar/],
	['a gzip of 60 MB', { status => 207, body => ' ' x 1_000_000, repeat => 60, gzip => 1 }, 'upstream', qr/larger than|never ends|not calendar/],
	['a page of 60 MB', { status => 404, body => 'x' x 1_000_000, repeat => 60 }, 'upstream', qr/larger than/],
	['a body without end', { status => 207, body => "<?xml version='1.0'?><multistatus xmlns='DAV:'><response>" . '<x/>' x 5000, endless => 1 }, 'upstream', qr/./],
	['a drip without end', { status => 207, body => ' ', endless => 1, piece => 1, piece_ms => 50 }, 'timeout', qr/too slow/],
	['a late answer', { delay_ms => 8000 }, 'timeout', qr/too slow/],
	['no answer', { close => 'before' }, 'upstream', qr/without an answer/],
	['401', { status => 401 }, 'reconnect', qr/login or the password/],
	['429', { status => 429, headers => { 'Retry-After' => 17 } }, 'limit', qr/asked for a pause/, 17],
	['503 with a time', { status => 503, headers => { 'Retry-After' => 'Fri, 31 Dec 2999 23:59:59 GMT' } }, 'limit', qr/busy/, 86400],
	['503', { status => 503 }, 'upstream', qr/503/],
	['500', { status => 500 }, 'upstream', qr/500/],
	['502', { status => 502, body => $page }, 'upstream', qr/502/],
	['404', { status => 404 }, 'not_found', qr/404/],
	['403', { status => 403 }, 'forbidden', qr/403/],
	['circles', { status => 302, headers => { Location => '/round/' } }, 'upstream', qr/circles/],
	['no Location', { status => 302 }, 'upstream', qr/cannot be read/],
	['an entry without address', { status => 207, body => $good =~ s{<sync}{<response><status>HTTP/1.1 404 X</status></response><sync}r }, 'upstream', qr/no address/],
	['a listing of nothing', { status => 207, body => $good =~ s{<sync-token>.*</sync-token>}{}r, method => 'PROPFIND|REPORT' }, 'upstream', qr/incomplete/],
);
my $token = changes()->{ok}{cursor};
for my $t (@troubles) {
	my ($name, $rule, $kind, $words, $wait) = @$t;
	$server->calm;
	$server->rule({ times => -1, %$rule });
	my $start = time;
	for my $op ([changes => [$cal]], [changes => [$cal, $token]], [fetch => [$cal, href(1), href(2)]], ['discover']) {
		next if $op->[0] eq 'discover' && $kind =~ /not_found|forbidden/;	# told as "no calendars here"
		next if $name eq 'a listing of nothing' && $op->[1] && ($op->[1][1] || $op->[0] eq 'fetch');
		next if $name eq 'a listing of nothing' && $op->[0] eq 'discover';
		next if $op->[0] eq 'fetch' && ($kind =~ /not_found|forbidden/ || ($rule->{status} // 0) =~ /^20/);
		next if $name =~ /cut|without address/ && $op->[0] ne 'changes';
		my $r = $probe->run(@$op);
		my $what = "$name: $op->[0]" . ($op->[1] && $op->[1][1] ? ' since' : '');
		is $r->{err}{kind}, $kind, $what or diag explain $r;
		like $r->{err}{msg} // '', $words, "$what says so" if $op->[0] eq 'changes' && !$op->[1][1];
		is $r->{err}{retry_after}, $wait, "$what: when to come back" if $wait;
		cmp_ok $r->{rss_kb}, '<', 400_000, "$what: memory bounded (ASan counted)";
	}
	cmp_ok time - $start, '<', 40, "$name: in bounded time";
}
$server->calm;
is_deeply ids(changes()), $all, 'afterwards all is as it was';
is_deeply $server->ledger, [], 'and nothing was written';

# ---- cut at every byte: never a shorter list ----
$server->options(no_sync => 1);
my @raw = (changes())[0];
my ($whole, $short) = (0, 0);
for my $n (map { $_ * 37 } 0 .. 60) {
	$server->calm;
	$server->rule({ method => 'PROPFIND', body_match => 'getcontenttype', cut => $n, headers => { Connection => 'close' } });
	my $r = changes();
	$r->{err} ? $short++ : $whole++;
	fail "cut at $n gave a list of " . @{ ids($r) } if !$r->{err} && @{ ids($r) } != 7;
}
is $whole, 0, "a listing cut in $short places was never taken";

# ---- every fallback of reading ----
$server->calm;
my $r = changes();
like $r->{ok}{cursor}, qr/^c:/, 'without sync-collection: a tag of the whole';
is_deeply ids($r), $all, 'and a listing';
my $ctag = $r->{ok}{cursor};
$r = changes($ctag);
ok $r->{ok}{complete} && !$r->{ok}{listing} && !@{ $r->{ok}{items} }, 'the same tag: nothing to do';
$server->seed(href(8) => ics(8));
$r = changes($ctag);
ok $r->{ok}{listing}, 'another tag: a listing';
is scalar @{ ids($r) }, 8, 'of all';
$server->options(no_sync => 1, no_ctag => 1);
is changes()->{ok}{cursor}, undef, 'no tag at all: no cursor';
is scalar @{ ids(changes()) }, 8, 'a listing each time';
$server->options(page => 3);
my ($page_cursor, @seen, $pages) = (undef);
do {
	$r = changes('', $page_cursor // '');
	push @seen, @{ ids($r) };
	ok $r->{ok}{listing}, 'a page of a listing';
	$page_cursor = $r->{ok}{page_cursor};
} while ($page_cursor && ++$pages < 9);
is_deeply [sort @seen], [map { href($_) } 1 .. 8], '507 pages: all entries, none twice';
ok $r->{ok}{complete} && $r->{ok}{cursor}, 'the last page has the cursor';
is_deeply ids(changes($r->{ok}{cursor})), [], 'which is up to date';
$server->rule({ method => 'REPORT', replace => ['urn:fault:\d+', 'urn:fault:1'], times => -1 });
like changes('', 'L1:urn:fault:1')->{err}{msg}, qr/again and again/, 'a page that repeats itself is noticed';
$server->calm;
$server->options(expire_tokens => 1);
is changes($token)->{err}{kind}, 'gone', 'an expired token';
is changes('', "D2:urn:fault:1")->{err}{kind}, 'gone', 'also in the middle of pages';
for my $status (400, 409, 410, 412, 415, 418, 500) {
	$server->options(bad_token_status => $status);
	is changes('t:nonsense')->{err}{kind}, 'gone', "a bad token told by $status";
}
$server->options;
for my $status (400, 403, 500, 501, 507) {
	$server->calm;
	$server->rule({ method => 'REPORT', body_match => 'sync-token></', status => $status, times => -1 });
	is scalar @{ ids(changes()) }, 8, "an empty token refused with $status: listed instead";
}
$server->calm;
my $before = changes()->{ok}{cursor};
$server->rule({ method => 'REPORT|PROPFIND', status => 500, times => -1 });
is changes($before)->{err}{kind}, 'upstream', 'a server in trouble is no lost token';
$server->calm;
$server->seed(href(1) => undef, href(2) => ics(2, 'New words'));
$r = changes($before);
is_deeply [map { "$_->{id} $_->{gone}" } sort { $a->{id} cmp $b->{id} } @{ $r->{ok}{items} }],
	[href(1) . ' 1', href(2) . ' 0'], 'a delta: one gone, one changed, the collection itself not among them';
$server->options(etag => 'none');
is changes()->{ok}{items}[0]{version}, undef, 'no tags: entries are listed all the same';
is scalar @{ ids(changes()) }, 7, 'all of them';
$server->options;

# ---- fetching ----
sub fetch { return $probe->run('fetch', [$cal, @_]) }
sub uids { return [map { $_->{event}{uid} // ($_->{gone} ? 'gone' : $_->{err}{kind}) } @{ $_[0]{ok} }] }
is_deeply uids(fetch(href(2), href(1), href(3))), ['u2', 'gone', 'u3'], 'multiget in the order asked';
$server->options(no_multiget => 1);
is_deeply uids(fetch(href(2), href(1), href(3))), ['u2', 'gone', 'u3'], 'without multiget: one by one';
$server->options;
for my $t (['an empty href', ['<href>/cal/anna/work/e2.ics', '<href>']], ['another href', ['e2\.ics', 'zz.ics']],
	['no body', ['<c:calendar-data>.*?</c:calendar-data>', '']], ['an empty body', ['(?s)<c:calendar-data>.*?</c:calendar-data>', '<c:calendar-data/>']],
	['a damaged answer', ['</multistatus>', '']]) {
	$server->calm;
	$server->rule({ method => 'REPORT', replace => $t->[1], times => -1 });
	is_deeply uids(fetch(href(2), href(3))), ['u2', 'u3'], "multiget with $t->[0]: read one by one";
}
$server->calm;
$server->rule({ method => 'REPORT', status => 501, times => -1 }, { method => 'GET', path => 'e2', status => 500, times => -1 });
is_deeply uids(fetch(href(2), href(3))), ['upstream', 'u3'], 'one that cannot be read does not stop the rest';
$server->calm;
$server->seed("${cal}big.ics" => ics(90, 'Big', 'DESCRIPTION:' . 'x' x 2_000_000), "${cal}todo.ics" => ics(91) =~ s/VEVENT/VTODO/gr, "${cal}junk.ics" => "UID:junk\r\n");
is_deeply uids(fetch("${cal}big.ics", href(2), "${cal}todo.ics", "${cal}junk.ics")), ['input', 'u2', 'input', 'input'], 'a 2 MB entry, a to-do and junk are set aside';
like fetch("${cal}big.ics")->{ok}[0]{err}{msg}, qr/larger than 1 MB/, 'with the reason';
$server->seed("${cal}$_.ics" => undef) for qw(big todo junk);
$server->seed("${cal}a\@b.ics" => ics(95));
$server->rule({ method => 'REPORT', status => 501, times => -1 });
is_deeply uids(fetch("${cal}a%40b.ics")), ['u95'], '%40 is tried as @';
$server->seed("${cal}a\@b.ics" => undef);
my $icloud = CaldavProbe->new(url => $server->url, args => ['--home', $home, '--provider', 'icloud']);
$server->calm;
is_deeply uids($icloud->run('fetch', [$cal, href(2), href(3)])), ['u2', 'u3'], 'iCloud: read';
ok !(grep { $_->{method} eq 'REPORT' } @{ $server->requests }), 'by GET alone';
$server->rule({ method => 'REPORT', piece => 1, piece_ms => 0 });
is_deeply uids(fetch(href(2))), ['u2'], 'a byte at a time reads the same';
$server->rule({ method => 'REPORT', gzip => 1 }, { method => 'REPORT', chunked => 1 });
is_deeply uids(fetch(href(2))), ['u2'], 'so does gzip';
is_deeply uids(fetch(href(2))), ['u2'], 'and chunks';

done_testing;
