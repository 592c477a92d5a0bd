package GoogleTest;
# Hawser and a sandbox that plays Google for it, each behind its own nginx.
#
#	my $g = GoogleTest->new(conf => { ... });
#	$g->{w}, $g->{s};			# WebTest, Sandbox
#	my $b = $g->{w}->browser; $b->sign_in('ana@a.example');
#	my $try = $g->begin($b);		# { flow, url, state }: on the way to Google
#	my $back = $g->grant($try, account => ..., ticked => [...], answer => 'deny');
#	my $r = $b->get($back);			# the callback, as a path
#	my $id = $g->connect($b, account => ...);	# all of it; the connection's id
use strict;
use warnings;
use Sandbox;
use WebTest;

use constant { EVENTS => 'https://www.googleapis.com/auth/calendar.events', LIST => 'https://www.googleapis.com/auth/calendar.calendarlist.readonly' };

sub new {
	my ($class, %o) = @_;
	my $self = bless {}, $class;
	my $port = WebTest::free_port();
	my $own = "http://127.0.0.1:$port" . ($o{prefix} // '');
	$self->{s} = Sandbox->start(redirects => ["$own/oauth/google/calendar/callback"], hooks => ["http://127.0.0.1:$port"], %{ $o{sandbox} || {} });
	my %conf = %{ $o{conf} || {} };
	push @{ $conf{net} }, 'allow_origins = ' . $self->{s}->url;
	$conf{google} = [conf($self->{s}), @{ $conf{google} || [] }];
	$self->{w} = WebTest->new(port => $port, conf => \%conf, map { exists $o{$_} ? ($_ => $o{$_}) : () } qw(prefix));
	return $self;
}

sub conf {		# lines of [google] for a sandbox
	my ($s) = @_;
	my ($url, $dir) = ($s->url . '/google', $s->{dir});
	chmod 0600, "$dir/secret";
	return ('client_id = ' . Sandbox::CLIENT, "client_secret_file = $dir/secret", "issuer = $url", map { my ($k, $v) = @$_; "$k = $url/$v" }
		[auth_url => 'o/oauth2/v2/auth'], [token_url => 'token'], [revoke_url => 'revoke'], [userinfo_url => 'v1/userinfo'],
		[api_url => 'calendar/v3/'], [batch_url => 'batch/calendar/v3']);
}

sub db { $_[0]{w}->db }
sub one { my ($self, $sql) = @_; return $self->db->one($sql) }

sub arguments {		# of an address
	my ($url) = @_;
	my (undef, $query) = split /\?/, $url, 2;
	return { map { s/\+/ /gr =~ s/%(..)/chr hex $1/ger } map { my @p = split /=/, $_, 2; ($p[0], $p[1] // '') } split /&/, $query // '' };
}

sub begin {		# connection => id, popup => 1
	my ($self, $b, %form) = @_;
	$self->db->sql('DELETE FROM login_throttle');	# many tries a minute
	my $flow = join '', map { sprintf '%02x', rand 256 } 1 .. 16;
	my $r = $b->post('/oauth/google/start', { flow => $flow, popup => '', %form });
	return { r => $r, flow => $flow } if $r->{status} != 200;
	my ($url) = ($r->{headers}{refresh} // '') =~ /^0;url=(.+)$/ or die "not on its way: $r->{content}";
	return { r => $r, flow => $form{flow} // $flow, url => $url, %{ arguments($url) } };
}

# What a person does at Google; the path that leads back.
sub grant {
	my ($self, $try, %o) = @_;
	my ($path) = $try->{url} =~ m{^http://[^/]+(/.*)$};
	my @pairs = (account => $o{account} // 'anna@example.com', answer => $o{answer} // 'allow', map { (scope => $_) } @{ $o{ticked} || [EVENTS, LIST] });
	my $r = $self->{s}->form($path, @pairs);
	die "consent: $r->{status} $r->{content}" if $r->{status} != 303;
	return $r->{headers}{location} =~ s{^http://[^/]+}{}r;
}

sub connect {
	my ($self, $b, %o) = @_;
	my $try = $self->begin($b, %{ delete $o{form} || {} });
	my $r = $b->follow($b->get($self->grant($try, %o), whole => 1));
	die "not connected: $r->{status} $r->{content}" if $r->{status} != 200;
	return $self->one("SELECT COALESCE(result_id, 0) FROM oauth_state WHERE flow = UNHEX('$try->{flow}')");
}

sub sync {		# once, of a connection or of what is due
	my ($self, @args) = @_;
	@args = ('--once') if !@args;
	my $out = `HAWSER_CONF='@{[$self->db->conf]}' '@{[sync_program()]}' @args 2>&1`;
	return wantarray ? ($?, $out) : $out;
}
sub sync_program {
	my $asan = ($ENV{HAWSER_ASAN} // '') . '/hawser-sync';
	return -x $asan ? $asan : DbTest::build() . '/hawser-sync';
}

1;
