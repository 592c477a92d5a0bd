# The units: hardened as systemd itself judges it, no key and no network where
# pages are rendered, one user each.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Lint;
use Test::More;

my $top = top();
my $dir = tempdir('hawser-units-XXXXXX', TMPDIR => 1, CLEANUP => 1);

sub unit {
	my ($name, $change) = @_;
	my $text = Lint::slurp("$top/examples/$name.service.in");
	$text =~ s/\@bindir\@/\/bin/g;
	$text =~ s/\@docdir\@/\/usr\/share\/doc\/hawser/g;
	$text = $change->($text) if $change;
	open my $f, '>', "$dir/$name.service" or die $!;
	print $f $text;
	close $f or die $!;
	return $text;
}
sub exposure {
	my ($name) = @_;
	my $out = `systemd-analyze security --offline=true --no-pager '$dir/$name.service' 2>&1`;
	return $out =~ /Overall exposure level for \S+: ([\d.]+)/ ? $1 : diag($out) && 99;
}

my @units = map { m{([^/]+)\.service\.in$} } glob "$top/examples/*.service.in";
is_deeply([sort @units], [qw(hawser-hooks hawser-sync hawser-web)], 'three units');
my %user;
for my $name (@units) {
	my $text = unit($name);
	cmp_ok(exposure($name), '<=', 2.0, "$name: exposure " . exposure($name));
	$user{$1}++ if $text =~ /^User=(\S+)$/m;
	like($text, qr/^$_$/m, "$name: $_") for qw(ProtectSystem=strict PrivateTmp=yes PrivateDevices=yes MemoryDenyWriteExecute=yes
		CapabilityBoundingSet= NoNewPrivileges=yes LimitCORE=0 SystemCallFilter=@system-service);
}
is(scalar keys %user, 3, 'a user each');
my $web = unit('hawser-web');
unlike($web, qr{^[^#\n]*(?:hawser-keys|AF_INET)}m, 'pages: no key, no internet');
like($web, qr/^$_$/m, "pages: $_") for qw(RestrictAddressFamilies=AF_UNIX PrivateNetwork=yes IPAddressDeny=any), 'ExecStart=\S+ --pool web';
my $users = Lint::slurp("$top/examples/hawser.sysusers");
unlike($users, qr/^m hawser-web hawser-keys/m, 'the user of the pages is not in the group of the key file');
like($users, qr/^u $_ /m, "$_ is made") for sort keys %user;

# It would be seen.
unit('hawser-web', sub { my ($t) = @_; $t =~ s/^(?:Protect|Private|Restrict|System|Capability|NoNew|Memory).*\n//mgr });
cmp_ok(exposure('hawser-web'), '>', 5, 'an open unit is seen');
done_testing;
