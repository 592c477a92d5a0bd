package DavStore;
# A small CalDAV server in memory: what the fault server does when no fault is
# asked for. It answers (status, headers, body) and keeps every accepted write
# in a ledger. Options make it odd in the ways real servers are.
use strict;
use warnings;
use Digest::SHA qw(sha1_hex);
use MIME::Base64 qw(encode_base64);

my $ROOT = '/cal/anna/';

sub new {
	my ($class, %o) = @_;
	return bless {
		user => 'anna', password => 'secret', rev => 1, oldest => 0,
		objects => {}, gone => {}, ledger => [], options => {},
		calendars => { "${ROOT}work/" => 'Work' }, %o,
	}, $class;
}

sub xml {
	my ($s) = @_;
	$s =~ s/&/&amp;/g;
	$s =~ s/</&lt;/g;
	$s =~ s/>/&gt;/g;
	return $s;
}

sub multistatus {
	my ($body) = @_;
	return (207, { 'Content-Type' => 'application/xml; charset=utf-8' },
		qq{<?xml version="1.0" encoding="utf-8"?>\n}
		. qq{<multistatus xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"}
		. qq{ xmlns:cs="http://calendarserver.org/ns/">$body</multistatus>});
}

sub error_body {
	my ($status, $name) = @_;
	return ($status, { 'Content-Type' => 'application/xml' },
		qq{<?xml version="1.0"?><error xmlns="DAV:">$name</error>});
}

sub propstat {
	my ($props) = @_;
	return "<propstat><prop>$props</prop><status>HTTP/1.1 200 OK</status></propstat>"
		# what iCloud does: a second one that must not overwrite the first
		. "<propstat><prop><displayname/><cs:getctag/><getetag/></prop>"
		. "<status>HTTP/1.1 404 Not Found</status></propstat>";
}

sub response { return "<response><href>" . xml($_[0]) . "</href>$_[1]</response>" }

sub token { return "urn:fault:$_[1]" }

sub etag {
	my ($self, $path) = @_;
	return $self->{objects}{$path}{etag};
}

sub etag_prop {
	my ($self, $path) = @_;
	my $how = $self->{options}{etag} || 'strong';
	return '' if $how eq 'none';
	return '<getetag>' . ($how eq 'weak' ? 'W/' : '') . xml($self->etag($path)) . '</getetag>';
}

sub etag_header {
	my ($self, $path) = @_;
	my $how = $self->{options}{etag} || 'strong';
	return () if $how eq 'none' || $self->{options}{no_put_etag};
	return (ETag => ($how eq 'weak' ? 'W/' : '') . $self->etag($path));
}

sub members {
	my ($self, $calendar) = @_;
	return grep { index($_, $calendar) == 0 } sort keys %{ $self->{objects} };
}

sub seed {
	my ($self, $path, $data) = @_;
	$self->{rev}++;
	$self->{objects}{$path} = { data => $data, rev => $self->{rev},
		etag => '"' . substr(sha1_hex($data . $self->{rev}), 0, 12) . '"' };
	delete $self->{gone}{$path};
	return;
}

sub unseed {
	my ($self, $path) = @_;
	delete $self->{objects}{$path} or return;
	$self->{gone}{$path} = ++$self->{rev};
	return;
}

sub calendar_props {
	my ($self, $path) = @_;
	my $o = $self->{options};
	my $reports = $o->{no_sync} ? '' : '<supported-report><report><sync-collection/></report></supported-report>';
	return '<resourcetype><collection/><c:calendar/></resourcetype>'
		. '<displayname>' . xml($self->{calendars}{$path}) . '</displayname>'
		. '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
		. ($o->{no_ctag} ? '' : "<cs:getctag>ctag-$self->{rev}</cs:getctag>")
		. ($o->{no_sync} ? '' : '<sync-token>' . $self->token($self->{rev}) . '</sync-token>')
		. ($o->{read_only} ? '<current-user-privilege-set><privilege><read/></privilege></current-user-privilege-set>' : '')
		. "<supported-report-set>$reports</supported-report-set>";
}

sub propfind {
	my ($self, $path, $headers) = @_;
	my $depth = $headers->{depth} // '';
	my $home = $self->{options}{home} || $ROOT;
	return (400, {}, 'depth') if $depth !~ /^[01]$/;
	if ($path eq '/' || $path eq '/principals/anna/') {
		return multistatus(response($path, propstat("<resourcetype><collection/></resourcetype>")))
			if $self->{options}{no_principal};
		return multistatus(response($path, propstat(
			'<current-user-principal><href>' . xml($self->{options}{principal} || '/principals/anna/') . '</href></current-user-principal>'
			. ($path eq '/' ? '' : "<c:calendar-home-set><href>" . xml($home) . "</href></c:calendar-home-set>"
				. '<c:calendar-user-address-set><href>mailto:' . ($self->{options}{mail} || 'anna@example.com') . '</href></c:calendar-user-address-set>'))));
	}
	if ($path eq $ROOT || $path eq $home) {
		my $all = response($path, propstat('<resourcetype><collection/></resourcetype>'));
		$all .= response($_, propstat($self->calendar_props($_)))
			for $depth ? sort keys %{ $self->{calendars} } : ();
		$all .= response("${path}inbox/", propstat('<resourcetype><collection/><c:schedule-inbox/></resourcetype>')) if $depth;
		return multistatus($all);
	}
	return (404, {}, 'no such calendar') if !$self->{calendars}{$path};
	my $all = response($path, propstat($self->calendar_props($path)));
	$all .= response($_, propstat($self->etag_prop($_)
		. '<getcontenttype>text/calendar</getcontenttype><resourcetype/>'))
		for $depth ? $self->members($path) : ();
	return multistatus($all);
}

sub sync {
	my ($self, $path, $body) = @_;
	my $o = $self->{options};
	my ($token) = $body =~ m{<(?:\w+:)?sync-token>(.*?)</}s;
	my $since = -1;
	return (403, {}, 'no sync here') if $o->{no_sync};
	if (length($token // '')) {
		return error_body($o->{bad_token_status} || 403, '<valid-sync-token/>')
			if $token !~ /^urn:fault:(\d+)$/ || $1 < $self->{oldest} || $1 > $self->{rev};
		$since = $1;
	}
	my %rev = map { $_ => $self->{objects}{$_}{rev} } $self->members($path);
	my $gone = $self->{gone};
	$rev{$_} = $gone->{$_} for grep { index($_, $path) == 0 && $since >= 0 } keys %$gone;
	my @changed = sort { $rev{$a} <=> $rev{$b} } grep { $rev{$_} > $since } keys %rev;
	my ($all, $last) = ('', $self->{rev});
	if ($o->{page} && @changed > $o->{page}) {
		@changed = @changed[0 .. $o->{page} - 1];
		$last = $rev{ $changed[-1] };
		$all .= response($path, '<status>HTTP/1.1 507 Insufficient Storage</status>'
			. '<error><number-of-matches-within-limits/></error>');
	}
	$all .= $self->{objects}{$_}
		? response($_, propstat($self->etag_prop($_)))
		: response($_, '<status>HTTP/1.1 404 Not Found</status>') for @changed;
	# the collection itself among its members, as iCloud has it
	$all .= response($path, propstat('<getetag>"self"</getetag>'));
	return multistatus($all . '<sync-token>' . $self->token($last) . '</sync-token>');
}

sub multiget {
	my ($self, $path, $body) = @_;
	my $all = '';
	return (501, {}, 'no multiget') if $self->{options}{no_multiget};
	while ($body =~ m{<(?:\w+:)?href>(.*?)</}sg) {
		my $href = $1;
		$href =~ s/&lt;/</g;
		$href =~ s/&amp;/&/g;
		my $object = $self->{objects}{$href};
		$all .= response($href, $object
			? propstat($self->etag_prop($href) . '<c:calendar-data>' . xml($object->{data}) . '</c:calendar-data>')
			: '<status>HTTP/1.1 404 Not Found</status>');
	}
	return multistatus($all);
}

sub note_write {
	my ($self, $method, $path, $status, $headers) = @_;
	my $object = $self->{objects}{$path};
	my ($uid) = $object ? $object->{data} =~ /^UID:(.*?)\r?$/m : ();
	push @{ $self->{ledger} }, { n => scalar(@{ $self->{ledger} }) + 1,
		method => $method, path => $path, status => $status, uid => $uid,
		if_match => $headers->{'if-match'}, schedule_reply => $headers->{'schedule-reply'} };
	$self->{on_write}->($self->{ledger}[-1]) if $self->{on_write};
	return;
}

sub refused_by_tag {
	my ($self, $path, $headers) = @_;
	my $have = $self->{objects}{$path};
	return 1 if ($headers->{'if-none-match'} // '') eq '*' && $have;
	my $want = $headers->{'if-match'};
	return 0 if !defined $want;
	return !$have || $want ne $have->{etag};
}

sub put {
	my ($self, $path, $headers, $body) = @_;
	my ($calendar) = $path =~ m{^(.*/)[^/]+$};
	return (409, {}, 'no such calendar') if !$calendar || !$self->{calendars}{$calendar};
	return error_body(403, '<need-privileges/>') if $self->{options}{read_only};
	return error_body(412, '') if $self->refused_by_tag($path, $headers);
	my ($uid) = $body =~ /^UID:(.*?)\r?$/m;
	return (400, {}, 'no UID') if !defined $uid;
	for my $other ($self->members($calendar)) {
		return error_body(409, '<no-uid-conflict xmlns="urn:ietf:params:xml:ns:caldav"/>')
			if $other ne $path && $self->{objects}{$other}{data} =~ /^UID:\Q$uid\E\r?$/m;
	}
	my $status = $self->{objects}{$path} ? 204 : 201;
	$self->seed($path, $body);
	$self->note_write('PUT', $path, $status, $headers);
	return ($status, { $self->etag_header($path) }, '');
}

sub delete_object {
	my ($self, $path, $headers) = @_;
	return (404, {}, '') if !$self->{objects}{$path};
	return error_body(403, '<need-privileges/>') if $self->{options}{read_only};
	return error_body(412, '') if $self->refused_by_tag($path, $headers);
	$self->note_write('DELETE', $path, 204, $headers);
	$self->unseed($path);
	return (204, {}, '');
}

# (status, \%headers, body) of a request {method, path, headers, body}.
sub answer {
	my ($self, $r) = @_;
	my ($method, $path, $headers) = @$r{qw(method path headers)};
	my $want = 'Basic ' . encode_base64("$self->{user}:$self->{password}", '');
	return (401, { 'WWW-Authenticate' => 'Basic realm="fault"' }, '')
		if ($headers->{authorization} // '') ne $want && !$self->{options}{no_auth};
	return (301, { Location => '/' }, '') if $path eq '/.well-known/caldav';
	return (200, { DAV => '1, calendar-access' . ($self->{options}{schedules} ? ', calendar-auto-schedule' : '') }, '')
		if $method eq 'OPTIONS';
	return $self->propfind($path, $headers) if $method eq 'PROPFIND';
	if ($method eq 'REPORT') {
		return (404, {}, '') if !$self->{calendars}{$path};
		return $self->sync($path, $r->{body}) if $r->{body} =~ /sync-collection/;
		return $self->multiget($path, $r->{body}) if $r->{body} =~ /calendar-multiget/;
		return (501, {}, '');
	}
	return $self->put($path, $headers, $r->{body}) if $method eq 'PUT';
	return $self->delete_object($path, $headers) if $method eq 'DELETE';
	return (405, {}, '') if $method ne 'GET';
	my $object = $self->{objects}{$path} or return (404, {}, 'not found');
	return (200, { 'Content-Type' => 'text/calendar; charset=utf-8', $self->etag_header($path) }, $object->{data});
}

1;
