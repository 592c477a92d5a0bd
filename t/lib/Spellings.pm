package Spellings;
# A secret in every spelling that somebody may have left it in.
#
#	Spellings::leaks($text, $secret)	# names of the spellings found, '' = none
#	Spellings::spellings($secret)	# name => text
use strict;
use warnings;
use MIME::Base64 qw(encode_base64);

sub spellings {
	my ($text) = @_;
	my %all = (raw => $text, reversed => scalar reverse($text), hex => unpack('H*', $text), HEX => uc unpack('H*', $text));
	for my $shift (0 .. 2) {	# base64 depends on where the text begins
		my $body = encode_base64(("\0" x $shift) . $text, '');
		$body = substr $body, $shift ? $shift + 1 : 0, int((length($text) - 2) / 3) * 4;
		$all{"base64 $shift"} = $body;
		($all{"base64url $shift"} = $body) =~ tr{+/}{-_};
	}
	($all{url} = $text) =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
	($all{'url small'} = $text) =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02x', ord $1/ge;
	$all{utf16} = join '', map { "$_\0" } split //, $text;
	return %all;
}

sub leaks {
	my ($text, $secret) = @_;
	my %all = spellings($secret);
	return join ', ', sort grep { index($text, $all{$_}) >= 0 } keys %all;
}

1;
