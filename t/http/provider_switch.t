#!/usr/bin/perl
# The operator's switch of a provider: cards, forms, acts and the worker obey at
# once, a run under way can commit nothing more, nothing is lost, and switched on
# again everything goes on by itself.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use FaultServer;
use JSON::PP qw(decode_json);
use Radicale;
use Test::More;
use WebTest;

my $radicale = Radicale->start(anna => 'secret', bert => 'secret');
my %home = map { $_ => $radicale->calendar($_, 'work', 'Work') } qw(anna bert);
my $slow = FaultServer->start;
my $w = WebTest->new(conf => { net => ['allow_origins = ' . $radicale->url . ' ' . $slow->url] });
my $db = $w->db;
my ($ana, $ben) = map { my $b = $w->browser; $b->sign_in($_); $b } 'ana@a.example', 'ben@b.example';

sub one { return $db->one($_[0]) }
sub page { my ($who, $path) = @_; return decode_utf8($who->get($path)->{content}) }
sub hawser { my @args = @_; is($db->hawser(@args, '--json'), 0, 'hawser ' . join ' ', grep { defined && !ref } @args[0 .. 2]) or diag $db->{err}; return decode_json($db->{out} || 'null') }
sub sync_due {
	local $ENV{HAWSER_CONF} = $db->conf;
	system("'@{[DbTest::build()]}/hawser-sync' --once >/dev/null 2>>'@{[$w->dir]}/sync.err'");
	is($?, 0, 'what is due') or diag DbTest::tail($w->dir . '/sync.err');
}
sub there { my ($login) = @_; my @objects = $radicale->list($login, $home{$login}); return scalar @objects }

my (%connection, %calendar);
for (['anna', 'A', 'ana@a.example'], ['bert', 'B', 'ben@b.example']) {
	my ($login, $org, $email) = @$_;
	$connection{$org} = hawser(\'secret', qw(connection add caldav --org), $org, '--user', $email, '--url', $radicale->url, '--login', $login, '--password-stdin')->{id};
	my ($collection) = map { $_->{id} } @{ hawser('collection', 'list', $connection{$org}) };
	hawser('collection', 'select', $collection);
	$calendar{$org} = one("SELECT calendar_id FROM binding WHERE connection_id = $connection{$org}");
}
sync_due();
sub add {
	my ($who, $org) = @_;
	return $who->post('/settings/events', { summary => 'Dentist', calendar => $calendar{$org}, start_day => '2026-11-24',
		start_time => '09:30', end_time => '10:15', zone => 'UTC', repeat => 'none' })->{status};
}

# ---- off for all ----
is($db->hawser(qw(provider off caldva)), 1, 'a provider that does not exist is refused');
like($db->{err}, qr/no provider "caldva"/, 'by name');
$db->sql("UPDATE lease SET owner = 'a run under way', until = UTC_TIMESTAMP(6) + INTERVAL 90 SECOND");
my $fence = one("SELECT fence FROM lease WHERE connection_id = $connection{A}");
is(hawser(qw(provider off caldav))->{switch}, 'off', 'caldav is off');
is(one("SELECT CONCAT(fence, owner) FROM lease WHERE connection_id = $connection{A}"), $fence + 1, 'a run under way has lost its lease');
for ([$ana, 'A'], [$ben, 'B']) {
	my ($who, $org) = @$_;
	my $list = page($who, '/settings/integrations');
	like($list, qr/CalDAV is switched off here by the operator/, "$org: the card says so");
	unlike($list, qr{/settings/connect/caldav"}, "$org: it is not offered");
	like($list, qr{/settings/connect/icloud"}, "$org: the other one is");
	is($who->get('/settings/connect/caldav')->{status}, 409, "$org: no form");
	is($who->post('/settings/ask/connect/caldav', { url => $radicale->url, login => 'x', password => 'y' })->{status}, 409, "$org: and none is taken");
	is($who->post("/settings/connections/$connection{$org}/sync")->{status}, 409, "$org: no sync by hand");
	is($who->post("/settings/ask/connections/$connection{$org}/rescan")->{status}, 409, "$org: no new look");
	my $r = $who->post("/settings/ask/connections/$connection{$org}/reconnect", { login => 'x', password => 'y' });
	is($r->{status}, 422, "$org: no new password");
	like($r->{content}, qr/CalDAV is switched off/, "$org: and the form says why");
	is(add($who, $org), 303, "$org: an event is saved all the same");
}
like(page($ana, "/settings/connections/$connection{A}"), qr/Nothing is lost: 1 change waits here/, 'what waits is counted');
my $runs = one('SELECT COUNT(*) FROM sync_run');
sync_due();
is(one('SELECT COUNT(*) FROM sync_run'), $runs, 'no run is begun');
is(there('anna') + there('bert'), 0, 'nothing is sent');
isnt($db->hawser('connection', 'sync', $connection{A}), 0, 'not by command either');
like($db->{err}, qr/switched off/, 'which says why');

# ---- only for one organisation ----
isnt($db->hawser(qw(provider only caldav nobody)), 0, 'an unknown organisation changes nothing');
is(one("SELECT mode FROM provider_switch"), 1, 'it is off still');
is_deeply(hawser(qw(provider only caldav B))->{orgs}, ['B'], 'on for B');
is((grep { $_->{name} eq 'caldav' } @{ hawser(qw(provider list)) })[0]{switch}, 'only', 'the list tells it');
sync_due();
is(there('bert'), 1, 'B goes on by itself');
is(there('anna'), 0, 'A rests');
is($ana->get('/settings/connect/caldav')->{status}, 409, 'A: no form');
is($ben->get('/settings/connect/caldav')->{status}, 200, 'B: a form');

hawser(qw(org add C));
is(one("SELECT COUNT(*) FROM provider_off WHERE org_id = (SELECT id FROM org WHERE name = 'C')"), 1, 'a new organisation begins without it');

# ---- on for all ----
hawser(qw(provider on caldav));
sync_due();
is(there('anna'), 1, 'A goes on by itself');
like(page($ana, '/settings/integrations'), qr{/settings/connect/caldav"}, 'and is offered it again');
is(one("SELECT COUNT(*) FROM event WHERE deleted_at IS NULL"), 2, 'nothing was lost or doubled');
my @audit = map { $_->[0] } $db->sql("SELECT JSON_VALUE(CONVERT(body USING utf8mb4), '\$.action') FROM audit WHERE org_id = (SELECT id FROM org WHERE name = 'A') AND body LIKE '%\"provider.%' ORDER BY seq");
is_deeply(\@audit, ['provider.off', 'provider.on'], 'A: what changed for it is in its audit');
@audit = map { $_->[0] } $db->sql("SELECT JSON_VALUE(CONVERT(body USING utf8mb4), '\$.action') FROM audit WHERE org_id = (SELECT id FROM org WHERE name = 'B') AND body LIKE '%\"provider.%' ORDER BY seq");
is_deeply(\@audit, ['provider.off', 'provider.on'], 'B: once each, and not when nothing changed');

# ---- off while an account is being connected ----
my $token = $ana->token;
my $before = one('SELECT COUNT(*) FROM connection');
$slow->rule({ method => 'PROPFIND', path => '.', delay_ms => 3000 });
pipe my $in, my $out or die $!;
my $pid = fork // die $!;
if (!$pid) {
	my $r = $ana->post('/settings/ask/connect/caldav', { url => $slow->url, login => 'anna', password => 'secret' }, { csrf => $token });
	syswrite $out, $r->{status};
	POSIX::_exit(0);
}
close $out;
WebTest::wait_for(10, 'the server to be asked', sub { @{ $slow->requests } });
hawser(qw(provider off caldav));
is(do { local $/; <$in> }, 422, 'the form is refused');
waitpid $pid, 0;
is(one('SELECT COUNT(*) FROM connection'), $before, 'and nothing is connected');
hawser(qw(provider on caldav));
is($db->hawser(qw(audit verify)), 0, 'the audit holds');
done_testing;
