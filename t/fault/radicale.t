#!/usr/bin/perl
# The CalDAV operations against a real, strict server.
use strict;
use warnings;
use CaldavProbe;
use Radicale;
use Test::More;

my $radicale = Radicale->start(anna => 'secret', bo => 'other');
my $cal = $radicale->calendar(anna => 'work', 'Work &amp; &lt;Play&gt;');
$radicale->calendar(anna => 'home');
my $probe = CaldavProbe->new(url => $radicale->url);
my $stranger = CaldavProbe->new(url => $radicale->url, password => 'wrong');

# ---- discovery ----
my $r = $probe->run('discover');
is $r->{ok}{home}, $radicale->url . '/anna/', 'the home is found from the bare host';
is $r->{ok}{account}, 'anna', 'and the account named';
is $stranger->run('discover')->{err}{kind}, 'reconnect', 'a wrong password asks to sign in again';
is $stranger->run('changes', [$cal])->{err}{kind}, 'reconnect', 'also in the middle of a sync';
$r = $probe->run('collections');
is_deeply [sort map { $_->{name} } @{ $r->{ok} }], ['Work & <Play>', 'home'], 'both calendars, names unescaped';
ok !(grep { $_->{read_only} } @{ $r->{ok} }), 'both may be written';

# ---- listing and deltas ----
my $put = $radicale->put('anna', "${cal}one%20two.ics", Radicale->event('u1', 'One', '20260102T100000Z'));
is $put->{status}, 201, 'an event with a blank in its name';
$radicale->put('anna', "${cal}b\@c.ics", Radicale->event('u2', 'Two', '20260103T100000Z'));
$r = $probe->run('changes', [$cal]);
is scalar @{ $r->{ok}{items} }, 2, 'an empty cursor lists all';
ok $r->{ok}{listing} && $r->{ok}{complete}, 'as a complete listing';
my $cursor = $r->{ok}{cursor};
my @ids = map { $_->{id} } @{ $r->{ok}{items} };
my $got = $probe->run('fetch', [$cal, @ids, "${cal}none.ics"])->{ok};
is_deeply [sort map { $_->{event}{uid} // 'gone' } @$got], ['gone', 'u1', 'u2'], 'fetched by their hrefs, a missing one is gone';
is $got->[0]{version}, $r->{ok}{items}[0]{version}, 'with the tag of the list';
is_deeply $probe->run('changes', [$cal, $cursor])->{ok}{items}, [], 'nothing new since the cursor';
$radicale->remove('anna', $ids[0]);
$radicale->put('anna', "${cal}three.ics", Radicale->event('u3', 'Three', '20260104T100000Z'));
$r = $probe->run('changes', [$cal, $cursor])->{ok};
is_deeply [map { "$_->{id} " . ($_->{gone} ? 'gone' : 'there') } sort { $a->{gone} <=> $b->{gone} } @{ $r->{items} }],
	["${cal}three.ics there", "$ids[0] gone"], 'a new and a removed one since the cursor';
ok !$r->{listing}, 'as a delta';
$r = $probe->run('changes', [$cal])->{ok};
is_deeply [grep { $_->{gone} } @{ $r->{items} }], [], 'a listing names nothing that is gone';
for my $lost ('t:http://radicale.org/ns/sync/unknown', 't:nonsense <&>', 'x:y', 'c') {
	is_deeply [@{ $probe->run('changes', [$cal, $lost])->{err} }{qw(kind scope)}], ['gone', 'collection'], "a lost cursor: $lost";
}
is_deeply [@{ $probe->run('changes', ['/anna/no/', $cursor])->{err} }{qw(kind scope)}], ['not_found', 'collection'],
	'a calendar that is gone is not an emptied one';
is $probe->run('changes', ['/bo/x/'])->{err}{kind}, 'forbidden', "a stranger's calendar is forbidden";

# ---- writing ----
my $op = 'ab' x 16;
my $ics = Radicale->event('new-1', 'New', '20260105T100000Z', 'X-THING;A=b:kept');
sub push_one { return $probe->run('push', [$cal], [{@_}])->{ok}[0] }
my $w = push_one(verb => 'create', op => $op, ics => $ics);
is $w->{err}, undef, 'a create';
is $w->{id}, "$cal$op.ics", 'is named by its op id';
is $w->{event}{uid}, 'new-1', 'and read again';
my $again = push_one(verb => 'create', op => $op, ics => $ics);
is_deeply [@$again{qw(id version err)}], [@$w{qw(id version err)}], 'the same create again makes nothing new';
is push_one(verb => 'create', op => 'cd' x 16, ics => $ics)->{err}{kind}, 'conflict', 'the same UID elsewhere is a conflict';
my $v2 = $ics =~ s/SUMMARY:New/SUMMARY:Newer/r;
my $u = push_one(verb => 'update', id => $w->{id}, version => $w->{version}, ics => $v2, base => $w->{raw});
is $u->{event}{summary}, 'Newer', 'an update';
like $u->{raw}, qr/X-THING;A=b:kept/, 'keeps what it does not understand';
is push_one(verb => 'update', id => $w->{id}, version => $w->{version}, ics => $ics, base => $w->{raw})->{err}{kind},
	'conflict', 'an update with an old tag';
is push_one(verb => 'remove', id => $w->{id}, version => $w->{version})->{err}{kind}, 'conflict', 'a remove with an old tag';
like $radicale->get('anna', $w->{id})->{content}, qr/SUMMARY:Newer/, 'neither changed a thing';
is push_one(verb => 'remove', id => $w->{id}, version => $u->{version})->{err}, undef, 'a remove';
is $radicale->get('anna', $w->{id})->{status}, 404, 'removes';
is push_one(verb => 'remove', id => $w->{id}, version => $u->{version})->{err}{kind}, 'not_found', 'and again: not there';
is push_one(verb => 'update', id => $w->{id}, version => $u->{version}, ics => $ics)->{err}{kind}, 'not_found', 'an update of what is gone';
my $lost = $probe->run('push', ['/anna/no/'], [{ verb => 'create', op => $op, ics => $ics }])->{ok}[0];
is_deeply [@{ $lost->{err} }{qw(kind scope)}], ['not_found', 'collection'], 'a create in a calendar that is gone';
my @many = map { { verb => 'create', op => sprintf('%032x', $_), ics => Radicale->event("many-$_", "M $_", '20260106T100000Z') } } 1 .. 50;
my $all = $probe->run('push', [$cal], \@many)->{ok};
is_deeply [grep { $_->{err} } @$all], [], 'fifty creates at once';
is_deeply [map { $_->{event}{uid} } @$all], [map { "many-$_" } 1 .. 50], 'answered in their order';
is scalar(grep { m{/0000} } $radicale->list('anna', $cal)), 50, 'all there';

done_testing;
