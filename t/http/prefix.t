#!/usr/bin/perl
# In the house of a host application: below a path, under its name, with its logo
# and accent. Every link, form, redirect, cookie, static file and error page of
# every page stays below that path.
use strict;
use warnings;
use File::Temp;
use Scene;
use Test::More;

my $prefix = '/apps/calendar-sync';
my $logo = File::Temp->new(SUFFIX => '.svg');
print $logo '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>';
$logo->flush;
my $scene = Scene->new(prefix => $prefix, conf => { brand => ['name = Acme Clinic', "logo_file = $logo", 'accent = #7a1fa2',
	'home_url = /home', 'home_label = Back to the clinic'] });
my $w = $scene->web;
my %browser = ('' => $w->browser);
for my $who (sort keys %Scene::people) {
	$browser{$who} = $w->browser;
	my $r = $browser{$who}->sign_in($Scene::people{$who});
	like($r->{headers}{location}, qr{^\Q$prefix\E/}, "$who is led to a page below the prefix");
	my @cookies = map { ref $_ ? @$_ : $_ } $r->{headers}{'set-cookie'};
	is_deeply([grep { !m{; Path=\Q$prefix\E;} } @cookies], [], 'its cookies are sent nowhere else');
}

my (@bad, %linked, $paths);
sub look {
	my ($what, $text) = @_;
	while ($text =~ m{<(\w+)([^<>]*?)\s([\w-]+)="(/[^"]*)"}g) {
		my ($tag, $before, $name, $path) = ($1, $2, $3, $4);
		next if $name eq 'value';		# the next page, told behind the prefix
		$paths++;
		push @bad, "$what: <$tag $name=\"$path\">" if $path !~ m{^\Q$prefix\E(?:/|$)};
		$linked{$path =~ s/&amp;/&/gr =~ s/#.*//r} //= $what if $name =~ /href|src/;
	}
	return $text;
}
for my $page ($scene->pages) {
	my $r = $browser{$page->{who}}->get($page->{path});
	my $text = look($page->{name}, $r->{content});
	push @bad, "$page->{name}: $r->{status}" if $r->{status} >= 500 || ($r->{status} >= 400 && $page->{name} ne 'not-found');
	push @bad, "$page->{name}: not in the host's dress" if $r->{status} < 300 && ($text !~ m{<title>[^<]* - Acme Clinic</title>} ||
		$text !~ m{<img src="\Q$prefix\E/brand/logo\?v=} || $text !~ m{href="\Q$prefix\E/brand/accent.css\?v=} ||
		$text !~ m{href="\Q@{[$w->url]}\E/home">Back to the clinic<} || $text =~ s{<dt>Hawser only connects }{}r =~ />[^<]*\bHawser\b/);	# help quotes that message
}
is_deeply(\@bad, [], "$paths paths on " . scalar($scene->pages) . ' pages');
@bad = ();
for my $path (sort keys %linked) {
	my $r = $browser{ana}->get($path, whole => 1);
	push @bad, "$path of $linked{$path}: $r->{status}" if $r->{status} >= 400 && $path !~ /nothing/;
	push @bad, "$path leads to $r->{headers}{location}" if $r->{headers}{location} && $r->{headers}{location} !~ m{^\Q$prefix\E/};
}
is_deeply(\@bad, [], scalar(keys %linked) . ' links, style sheets, scripts and pictures lead somewhere');
@bad = ();

my ($id) = map { $_->{path} =~ m{/connections/(\d+)$} ? $1 : () } $scene->pages;
my $r = $browser{ana}->post("/settings/connections/$id/sync");
is($r->{headers}{location}, "$prefix/settings/connections/$id?notice=sync-started", 'a form leads back below the prefix');
like($browser{''}->get('/settings/agenda?view=week')->{headers}{location}, qr{^\Q$prefix\E/login\?next=(?:/|%2F)settings}, 'so does a page that asks to sign in');
$r = $w->browser;
for my $out ('/settings/../../x', '/%2e%2e/%2e%2e/x', '/./..') {
	my $there = $w->browser->sign_in($Scene::people{ana}, undef, next => $out)->{headers}{location};
	like($there, qr{^\Q$prefix\E/settings/integrations$}, "nobody is led out of the prefix: $out");
}
$r = $r->post('/login', { email => $Scene::people{ana}, password => WebTest::PASSWORD, next => '/settings/agenda' });
is($r->{headers}{location}, "$prefix/settings/agenda", 'and the way back from there');
my $css = $browser{''}->get('/brand/accent.css');
like($css->{content}, qr/--accent: #7a1fa2;\s+--accent-text: #ffffff/, 'the accent, and a text that reads on it');
like($css->{headers}{'content-type'}, qr{^text/css}, 'as a style sheet');
like($browser{''}->get('/brand/logo')->{headers}{'content-type'}, qr{^image/svg}, 'the logo');
unlike($browser{''}->get('/static/app.js')->{content} =~ s{^\s*//.*}{}mgr, qr{["'`]/(?:settings|static|login|brand)\b}, 'the script names no path by itself');

# ---- what is not below the prefix is somebody else's ----
for my $path ('/', '/settings/integrations', '/static/app.css', '/login', '/apps/calendar-syncs/login', '/-hawser/login', '/-hawser/static/app.css') {
	is($browser{ana}->get($path, whole => 1)->{status}, 404, "$path is not ours");
}

# ---- nginx's own answers ----
$r = $browser{ana}->request('POST', '/login', content => 'a=' . 'x' x 1200000, headers => { 'Content-Type' => 'application/x-www-form-urlencoded' });
is($r->{status}, 413, 'too much');
like(look('413', $r->{content}), qr{<h1>Too much at once</h1>.*href="\Q$prefix\E/"}s, 'is told in a page of ours');
is($browser{ana}->get('/static/nothing.css')->{status}, 404, 'no such file');
$w->end('web');
$r = $browser{ana}->get('/settings/agenda');
is($r->{status}, 502, 'hawser-web is down');
like(look('502', $r->{content}), qr{<title>Not available at the moment</title>.*href="\Q$prefix\E/static/app.css"}s, 'that too');
is_deeply(\@bad, [], 'with no path outside');
is($scene->stop, 0, 'nothing to complain about');
done_testing();
