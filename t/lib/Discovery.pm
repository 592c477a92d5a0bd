package Discovery;
# Holds answers against Google's own description of its API: unknown members,
# wrong types, formats and enumerations are errors.
#
#	my @wrong = Discovery->answer('GET', $path, $status, $json);	# path behind the base
#	my @wrong = Discovery->check('Event', $json);
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use JSON::PP;

my $doc = do {
	open my $f, '<', abs_path(dirname(__FILE__)) . '/../data/google/calendar-v3.json' or die $!;
	local $/;
	decode_json(<$f>);
};
my @methods;
collect($doc->{resources});

sub collect {
	my ($resources) = @_;
	for my $r (values %$resources) {
		for my $m (values %{ $r->{methods} || {} }) {
			my $pattern = join '', map { /^\{/ ? '[^/]+' : quotemeta } split /(\{\w+\})/, $m->{path};
			push @methods, { id => $m->{id}, verb => $m->{httpMethod}, path => qr/^$pattern$/, fixed => $m->{path} =~ s/\{\w+\}//gr,
				response => $m->{response}{'$ref'} };
		}
		collect($r->{resources}) if $r->{resources};
	}
	# Literal segments win over names.
	@methods = sort { length $b->{fixed} <=> length $a->{fixed} } @methods;
}

sub method {
	my ($class, $verb, $path) = @_;
	my ($m) = grep { $_->{verb} eq $verb && $path =~ $_->{path} } @methods;
	return $m;
}

sub check {
	my ($class, $name, $value) = @_;
	my @wrong;
	walk($doc->{schemas}{$name} || die("no schema $name"), $value, $name, \@wrong);
	return @wrong;
}

my %format = (
	'date-time' => qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
	'date' => qr/^\d{4}-\d\d-\d\d$/,
	'int64' => qr/^-?\d+$/,
	'uint64' => qr/^\d+$/,
);

sub kind {
	my ($v) = @_;
	return 'null' if !defined $v;
	return 'boolean' if JSON::PP::is_bool($v);
	return 'object' if ref $v eq 'HASH';
	return 'array' if ref $v eq 'ARRAY';
	return 'string' if B::svref_2object(\$v)->FLAGS & B::SVf_POK();
	return $v == int $v ? 'integer' : 'number';
}
require B;

sub walk {
	my ($schema, $value, $at, $wrong) = @_;
	$schema = $doc->{schemas}{ $schema->{'$ref'} } if $schema->{'$ref'};
	my ($type, $is) = ($schema->{type} // 'any', kind($value));
	return if $type eq 'any';
	if ($is ne $type && !($type eq 'number' && $is eq 'integer')) {
		push @$wrong, "$at is $is, not $type";
		return;
	}
	if ($type eq 'object') {
		for my $k (sort keys %$value) {
			my $s = ($schema->{properties} || {})->{$k} || $schema->{additionalProperties};
			if ($s) { walk($s, $value->{$k}, "$at.$k", $wrong) } else { push @$wrong, "$at.$k is unknown" }
		}
	} elsif ($type eq 'array') {
		walk($schema->{items}, $value->[$_], "${at}[$_]", $wrong) for 0 .. $#$value;
	} elsif ($type eq 'string') {
		my $re = $format{ $schema->{format} // '' };
		push @$wrong, "$at '$value' is no $schema->{format}" if $re && $value !~ $re;
		push @$wrong, "$at '$value' is not among @{ $schema->{enum} }" if $schema->{enum} && !grep { $_ eq $value } @{ $schema->{enum} };
	}
}

# { error: { code, message, errors: [ { domain, reason, message } ] } }
sub check_error {
	my ($class, $status, $json) = @_;
	my $e = ref $json eq 'HASH' ? $json->{error} : undef;
	return 'no error in it' if ref $e ne 'HASH';
	my @wrong;
	push @wrong, "error.code is not $status" if ($e->{code} // 0) != $status;
	push @wrong, 'error.message is missing' if !length($e->{message} // '');
	push @wrong, 'error.errors is empty' if ref $e->{errors} ne 'ARRAY' || !@{ $e->{errors} };
	for my $one (@{ $e->{errors} || [] }) {
		push @wrong, "error.errors without $_" for grep { !length($one->{$_} // '') } qw(domain reason message);
		push @wrong, map { "error.errors.$_ is unknown" } grep { !/^(?:domain|reason|message|location|locationType)$/ } keys %$one;
	}
	push @wrong, map { "error.$_ is unknown" } grep { !/^(?:code|message|errors|status|details)$/ } keys %$e;
	return @wrong;
}

sub answer {
	my ($class, $verb, $path, $status, $json) = @_;
	my $m = $class->method($verb, $path =~ s/\?.*//r) or return $status == 404 ? $class->check_error($status, $json) : "no method $verb $path";
	return defined $json ? "$m->{id}: a body with $status" : () if $status == 204 || $status == 304;
	my @wrong = $status == 200 ? ($m->{response} ? $class->check($m->{response}, $json) : "$m->{id} answers nothing") : $class->check_error($status, $json);
	push @wrong, "$m->{id}: 204 is expected" if $status == 200 && !$m->{response};
	return map { "$m->{id}: $_" } @wrong;
}

1;
