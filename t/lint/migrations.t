# A migration only adds, so that the version before goes on working with it: under
# way, and when an operator goes back. What nobody asks for any more is dropped by
# a later version, behind a line that says which one was the last to ask:
#
#	-- Contract: 0021 was the last to need it.
#
# A binary column may become wider behind a line that says what it was:
#
#	-- Wider: it was 4096.
#
# t/fault/upgrade.t runs older programs on what this allows.
use strict;
use warnings;
use Lint;

# Before there was this rule.
my %before = map { $_ => 1 } '0001' .. '0015';

# [line, text] of each statement; comments are left in.
sub statements {
	my ($text) = @_;
	my (@all, $from);
	my ($delimiter, $now, $n) = (';', '', 0);
	for my $line (split /\n/, $text) {
		$n++;
		if ($line =~ /^DELIMITER (\S+)/) { $delimiter = $1; next }
		$from = $n if $now !~ /\S/;
		$now .= "$line\n";
		my $bare = $line =~ s/\s*--(?:\s.*)?$//r;
		if ($bare =~ /\Q$delimiter\E\s*$/) {
			push @all, [$from, $now];
			$now = '';
		}
	}
	return @all;
}

# The clauses of an ALTER TABLE: split at commas outside parentheses.
sub clauses {
	my ($text) = @_;
	my ($depth, @out) = (0, '');
	for my $c (split //, $text) {
		$depth += $c eq '(' ? 1 : $c eq ')' ? -1 : 0;
		if ($c eq ',' && !$depth) { push @out, '' } else { $out[-1] .= $c }
	}
	return @out;
}

sub is_adding {
	my ($sql) = @_;
	return 1 if $sql =~ /^CREATE TABLE (?!.*\bSELECT\b)/s;
	return 1 if $sql =~ /^CREATE (?:OR REPLACE )?(?:DEFINER = \{owner\} )?(?:SQL SECURITY DEFINER )?(?:TRIGGER|PROCEDURE|FUNCTION|VIEW)\b/;
	return 1 if $sql =~ /^(?:INSERT|UPDATE)\b/;
	return 0 if $sql !~ /^ALTER TABLE \w+\s+(.*)/s;
	for my $clause (clauses($1)) {
		next if $clause =~ /^\s*(?:ADD|DROP) (?:KEY|INDEX)\b/;
		return 0 if $clause !~ /^\s*ADD COLUMN\b/;
		return 0 if $clause =~ /\bNOT NULL\b/ && $clause !~ /\bDEFAULT\b|\bAS\s*\(/;
		return 0 if $clause =~ /\b(?:UNIQUE|PRIMARY)\b/;
	}
	return 1;
}

# Parameters of a procedure: whoever calls it gives as many as ever.
sub parameters {
	my ($text) = @_;
	my %of;
	while ($text =~ /PROCEDURE (\{web\}\.\w+) \(([^()]*(?:\([^()]*\)[^()]*)*)\)/g) {
		my ($name, $list) = ($1, $2);
		$of{$name} = join ' ', split ' ', $list;
	}
	return %of;
}

sub rule {
	my ($top) = @_;
	my (@bad, %known);
	for my $path (Lint::files($top, 'sql', qr{/\d{4}_\w+\.sql$})) {
		my $text = Lint::slurp("$top/$path");
		my ($number) = $path =~ m{/(\d{4})_};
		my %now = parameters($text);
		if (!$before{$number}) {
			for my $s (statements($text)) {
				my ($line, $sql) = @$s;
				my $told = $sql =~ /^-- Contract: \d{4} was the last to need it\.$/m;
				my ($was) = $sql =~ /^-- Wider: it was (\d+)\.$/m;
				$told ||= $was && $sql =~ /^ALTER TABLE \w+ MODIFY COLUMN \w+ VARBINARY\((\d+)\) NOT NULL;$/m && $1 > $was;
				$sql =~ s/^\s*--.*\n//gm;
				$sql =~ s/--\s.*//g;
				$sql =~ s/^\s+//;
				push @bad, "$path line $line: an older version can not go on after this" if !$told && !is_adding($sql);
			}
			for my $name (sort keys %now) {
				push @bad, "$path: $name is called otherwise than before" if defined $known{$name} && $known{$name} ne $now{$name};
			}
		}
		%known = (%known, %now);
	}
	return @bad;
}

my $enter = "DELIMITER //\nCREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.session_enter (\n\tIN p_token VARBINARY(256)) BEGIN END //\n";
lint('migrations only add', \&rule,
	[ 'sql/8001_x.sql', "DROP PROCEDURE {web}.session_enter;\n", qr{line 1: an older} ],
	[ 'sql/8001_x.sql', "-- Words.\nALTER TABLE org ADD COLUMN a INT NULL,\n\tDROP COLUMN name;\n", qr{line 1: an older} ],
	[ 'sql/8001_x.sql', "ALTER TABLE org ADD COLUMN a INT NULL;\nALTER TABLE org ADD COLUMN b INT NOT NULL;\n", qr{line 2: an older} ],
	[ 'sql/8001_x.sql', "ALTER TABLE org ADD UNIQUE KEY org_name (name);\n", qr{an older} ],
	[ 'sql/8001_x.sql', "ALTER TABLE org MODIFY COLUMN name VARCHAR(10);\n", qr{an older} ],
	[ 'sql/8001_x.sql', "-- Wider: it was 90.\nALTER TABLE org MODIFY COLUMN name VARBINARY(80) NOT NULL;\n", qr{an older} ],
	[ 'sql/8001_x.sql', "RENAME TABLE org TO team;\n", qr{an older} ],
	[ 'sql/8001_x.sql', "DELETE FROM org;\n", qr{an older} ],
	[ 'sql/8001_x.sql', $enter, qr{session_enter is called otherwise} ],
	[ 'sql/8001_x.sql', "-- Contract: 0015 was the last to need it.\nDROP TABLE duty;\nDROP TABLE one;\n", qr{line 3: an older} ],
);
