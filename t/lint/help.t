# The sentences that the help page of messages explains are sentences that the
# program says: each part between its dots stands in a string of src/.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use Lint;

# All strings, adjacent ones joined as the compiler does.
sub sentences {
	my ($top) = @_;
	my $all = '';
	for my $path (files($top, 'src', qr/\.c$/)) {
		my $text = decode_utf8(Lint::slurp("$top/$path"));
		$text =~ s/"\s*\n\s*"//g;
		$text =~ s/"\s+PRI\w+\s+"//g;
		$all .= "$1\n" while $text =~ /"((?:[^"\\\n]|\\.)*)"/g;
	}
	return $all;
}

sub rule {
	my ($top) = @_;
	my $said = sentences($top);
	my $page = decode_utf8(Lint::slurp("$top/templates/help_messages.html"));
	my ($states, $rest) = $page =~ /(.*?)<h2>When connecting(.*)/s or return 'templates/help_messages.html: no messages found';
	my @bad;
	for my $message ($rest =~ m{<dt>(.*?)</dt>}g) {
		for my $part (grep { length > 5 } map { s/^\s+|\s+$//gr } split /…/, $message) {
			push @bad, "templates/help_messages.html: nothing says \"$part\"" if index($said, $part) < 0;
		}
	}
	return @bad;
}

lint('help explains what is really said', \&rule,
	[ 'templates/help_messages.html', '<dt>Your calendar is made of cheese</dt>', qr/made of cheese/ ],
);
