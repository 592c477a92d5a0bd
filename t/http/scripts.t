#!/usr/bin/perl
# A script tag through every field and parameter of every page, and out of the
# database into every page, stays text. The fields are read off the pages.
use strict;
use warnings;
use Test::More;
use WebTest;

my $w = WebTest->new;
my $db = $w->db;
my @routes = $w->routes;
my $evil = q{"'><script>alert(1)</script><img src=x onerror=alert(2)>};
my $e = WebTest::Browser::escape($evil);
my $quoted = $evil =~ s/'/''/gr;
$db->sql("UPDATE hawser.org SET name = '$quoted' WHERE name = 'A'; UPDATE hawser.user SET name = '$quoted'");
my $ana = $w->browser;
$ana->sign_in('ana@a.example');
my $out = $w->browser;
my (@ran, %forms);
my ($pages, $fields) = (0, 0);

sub text_only {
	my ($what, $r) = @_;
	$pages++;
	push @ran, "$what: $1" if ($r->{headers}{'content-type'} // '') =~ /html/ && $r->{content} =~ /(<script>.{0,30}|<img src=x.{0,20}|"'>.{0,10})/;
	push @ran, "$what: header" if grep { /script>/ } map { ref ? @$_ : $_ } values %{ $r->{headers} };
	push @ran, "$what: $r->{status}" if $r->{status} >= 500;
	return $r;
}
sub note_forms {
	my ($r, $path) = @_;
	while ($r->{content} =~ /<form\b([^>]*)>(.*?)<\/form>/gs) {
		my ($head, $inside) = ($1, $2);
		my ($action) = $head =~ /action="([^"]*)"/;
		$forms{$action || $path}{$_} = 1 for grep { $_ ne 'csrf' } $inside =~ /\bname="([^"]+)"/g;
	}
}

for my $route (grep { $_->{method} eq 'GET' } @routes) {
	my $path = WebTest::path_of($route);
	note_forms(text_only("GET $path", $ana->get($path)), $path);
	text_only("GET $path?$_", $ana->get("$path?$_=$e")) for qw(next notice q month from after page id), $e;
	text_only("GET $path behind", $ana->get("$path/$e"));
	text_only("GET $path as id", $ana->get(WebTest::path_of($route, $e)));
}
note_forms(text_only('sign-in', $out->get("/login?next=/$e")), '/login');
text_only('404', $out->get("/$e"));
for my $action (sort keys %forms) {
	next if $action eq '/logout';
	for my $name (sort keys %{ $forms{$action} }) {
		my %form = map { $_ => $_ eq $name ? $evil : 'x' } keys %{ $forms{$action} };
		my $who = $action eq '/login' ? $out : $ana;
		my $r = text_only("POST $action $name", $who->post($action, \%form));
		text_only("after POST $action $name", $who->get($r->{headers}{location})) if $r->{status} == 303;
		$fields++;
	}
}
ok($fields >= 3, "$fields fields found");
is_deeply(\@ran, [], "$pages pages: script tags stay text");
like($ana->get('/settings/account')->{content}, qr/&lt;script&gt;alert\(1\)/, 'where they are seen as text');
done_testing;
