package IcsLines;
# The content lines of an iCalendar file as a witness of its own: knows nothing
# of the program's reader. Only what events carry beside the fields that are
# compared by hash, each line in one spelling.
#
#	my $of = IcsLines::read($text);	# { uid => { "X-THING;A=B:v" => count } }
#
# A VEVENT without UID is told under '' and its place. Of several components
# for one occurrence the newest counts (SEQUENCE, DTSTAMP, place in the file).
use strict;
use warnings;

my %field = map { $_ => 1 } qw(UID SUMMARY LOCATION DESCRIPTION STATUS TRANSP DTSTART DTEND DURATION
	RECURRENCE-ID RRULE EXRULE RDATE EXDATE SEQUENCE DTSTAMP LAST-MODIFIED);

sub unfold {
	my ($text) = @_;
	$text =~ s/^\xEF\xBB\xBF//;
	$text =~ s/\r\n?/\n/g;
	$text =~ s/\n[ \t]//g;
	return grep { /\S/ } split /\n/, $text;
}

sub parse {		# "NAME", [params], "value"; nothing for a line that is none
	my ($line) = @_;
	my ($head, $value) = $line =~ /^((?:[^":]|"[^"]*")+):(.*)$/s or return;
	my ($name, @params) = $head =~ /((?:[^";]|"[^"]*")+)/g;
	return (uc $name, [map { my ($n, $v) = split /=/, $_, 2; $v //= ''; $v =~ s/"//g; uc($n) . "=$v" } @params], $value);
}

# One spelling: parameters sorted and without quotes, escapes undone.
sub spell {
	my ($line) = @_;
	my ($name, $params, $value) = parse($line) or return "?? $line";
	$value =~ s/\\([nN])|\\([;,\\])/$1 ? "\x01" : $2/ge;
	return join(';', $name, sort @$params) . ":$value";
}

sub newer {		# a counts, not b
	my ($a, $b) = @_;
	return ($a->{sequence} <=> $b->{sequence} || $a->{stamp} cmp $b->{stamp} || $a->{place} <=> $b->{place}) > 0;
}

sub read {
	my ($text) = @_;
	my (@path, $now, %best, $place);
	for my $line (unfold($text)) {
		my ($name, undef, $value) = parse($line) or next;
		if ($name eq 'BEGIN') {
			push @path, uc $value;
			$now = { place => ++$place, sequence => 0, stamp => '', rid => '', lines => {} } if uc $value eq 'VEVENT';
			$now->{lines}{ join '/', @path[1 .. $#path] }++ if $now && uc $value ne 'VEVENT';
		} elsif ($name eq 'END') {
			my $what = pop @path // '';
			next if $what ne 'VEVENT' || !$now;
			my $key = ($now->{uid} // "\0$now->{place}") . "\0$now->{rid}";
			$best{$key} = $now if !$best{$key} || newer($now, $best{$key});
			undef $now;
		} elsif ($now && $path[-1] eq 'VEVENT' && $field{$name} && !$now->{has}{$name}++) {
			$now->{uid} = $value if $name eq 'UID' && length $value;
			$now->{sequence} = $value =~ /^\d+$/ ? $value : 0 if $name eq 'SEQUENCE';
			$now->{stamp} = $value if $name eq 'DTSTAMP';
			$now->{rid} = $value if $name eq 'RECURRENCE-ID';
		} elsif ($now && !($path[-1] eq 'VEVENT' && $name =~ /^(?:RDATE|EXDATE|RRULE|EXRULE)$/)) {
			my ($from) = grep { $path[$_] eq 'VEVENT' } 0 .. $#path;
			$now->{lines}{ join '/', @path[$from + 1 .. $#path], spell($line) }++;
		}
	}
	my %of;
	for my $part (values %best) {
		my $to = $of{ $part->{uid} // "\0" . sprintf '%04d', $part->{place} } //= {};
		$to->{$_} += $part->{lines}{$_} for keys %{ $part->{lines} };
	}
	return \%of;
}

1;
