# SQL stands only in src/store and sql/, there as a named literal.
use strict;
use warnings;
use Lint;

my $sql = qr{\b(?:
	SELECT\s.*?\sFROM\s | SELECT\s+[\w@(]+.*?(?:\(|\bAS\b)
	| INSERT\s+(?:IGNORE\s+)?INTO\s | UPDATE\s+[\w.`]+\s+SET\s
	| DELETE\s+FROM\s | REPLACE\s+INTO\s | CALL\s+[\w.]+\s*\(
	| (?:CREATE|ALTER|DROP|TRUNCATE)\s+(?:OR\s+REPLACE\s+)?(?:TABLE|VIEW|DATABASE|USER|TRIGGER|PROCEDURE|FUNCTION|INDEX)\b
	| SET\s+\@\w+\s*= | START\s+TRANSACTION | LOCK\s+TABLES
)}xs;

# What a private helper calls a statement, or several.
my $named = qr/^(?:sql|statements)$/;
my $parameter = qr/\bconst char (?:\*sql|\*const \*statements)\b/;

# Position of the statement among the arguments, by stmt.h.
sub statement_calls {
	my ($top) = @_;
	my $text = code(Lint::slurp("$top/src/store/stmt.h"));
	my %at;
	while ($text =~ /\b(stmt_\w+)\s*\(([^;]*?)\)\s*;/sg) {
		my ($name, @args) = ($1, split /,/, $2);
		for my $i (0 .. $#args) {
			$at{$name} = $i if $args[$i] =~ /\bsql\s*$/;
		}
	}
	return %at;
}

# The arguments of a call whose '(' is at this place, split at top commas.
sub arguments {
	my ($code, $at) = @_;
	my ($depth, $from, @args) = (0, $at + 1);
	for my $i ($at .. length($code) - 1) {
		my $c = substr $code, $i, 1;
		$depth++ if $c =~ /[(\[{]/;
		$depth-- if $c =~ /[)\]}]/;
		if ($depth == 0 || ($depth == 1 && $c eq ',')) {
			push @args, substr $code, $from, $i - $from;
			$from = $i + 1;
			last if $depth == 0;
		}
	}
	s/^\s+|\s+$//g for @args;
	return @args;
}

# Literals, and what hands a literal on: a parameter named sql of the file.
sub call_violations {
	my ($path, $text, %at) = @_;
	my $code = code($text);
	my %known;
	$known{$1} = 1 while $code =~
	    /^\s*static\s+const\s+char\s+(\w+)\s*\[\s*\]\s*=\s*(?:"|[A-Z])/mg;
	# A list of such literals is as good as one.
	while ($code =~ /^\s*static\s+const\s+char\s*\*\s*const\s+(\w+)\s*\[\s*\w*\s*\]\s*=\s*\{([^{}]*)\}/mg) {
		my ($list, @items) = ($1, grep { /\S/ } split /,/, $2);
		s/^\s*(?:\[\w+\]\s*=)?\s*|\s+$//g for @items;
		$known{$list} = 1 unless grep { !$known{$_} && !/^"\s*"$/ } @items;
	}
	my @bad;
	while ($code =~ /\b(stmt_\w+)\s*\(/g) {
		my ($name, $open, $start) = ($1, $+[0] - 1, $-[0]);
		next unless exists $at{$name};
		my $arg = (arguments($code, $open))[$at{$name}];
		$arg =~ s/\[\w+\]$// if defined $arg;
		next if defined $arg && $known{$arg};
		# A private helper whose callers are held to the same rule.
		next if defined $arg && $arg =~ $named && helper($code, $start);
		push @bad, "$path:" . line_of($code, $start) . ": $name gets '" .
		    (defined $arg ? $arg : '') .
		    "', not a static const char NAME[] of this file";
	}
	push @bad, helper_violations($path, $code, \%known);
	return @bad;
}

# Is this place inside a static function with a parameter "const char *sql"?
sub helper {
	my ($code, $start) = @_;
	my $before = substr $code, 0, $start;
	my $at = rindex $before, "\n}";
	$before = substr $before, $at < 0 ? 0 : $at;
	return $before =~ /^static\b[^;{]*$parameter[^;{]*\)\s*\{/ms;
}

sub helper_violations {
	my ($path, $code, $known) = @_;
	my (%at, @bad);
	while ($code =~ /^static\b[^;{}()]*?\b(\w+)\s*\(([^;{}]*?)\)\s*\{/mg) {
		my ($name, @args) = ($1, split /,/, $2);
		for my $i (0 .. $#args) {
			$at{$name} = $i if $args[$i] =~ /$parameter\s*$/;
		}
	}
	for my $name (keys %at) {
		while ($code =~ /\b\Q$name\E\s*\(/g) {
			my ($open, $start) = ($+[0] - 1, $-[0]);
			my $arg = (arguments($code, $open))[$at{$name}];
			next if $arg =~ /^$parameter$/ || $known->{$arg} ||
			    ($arg =~ $named && helper($code, $start)) ||
			    (!grep { !$known->{$_} } $arg =~ /[?:]\s*([A-Z]\w*)/g) &&
			    $arg =~ /^[^?]+\?\s*[A-Z]\w*\s*:\s*[A-Z]\w*$/;
			push @bad, "$path:" . line_of($code, $start) .
			    ": $name gets '$arg', not a static const char NAME[]";
		}
	}
	return @bad;
}

sub rule {
	my ($top) = @_;
	my %at = statement_calls($top);
	my @bad = keys %at >= 5 ? () : ('stmt.h: no statement functions found');
	for my $path (files($top, 'src', qr/\.[ch]$/)) {
		my $text = Lint::slurp("$top/$path");
		if ($path =~ m{^src/store/}) {
			# stmt hands on; db says session settings and migrate the
			# files of sql/, which cannot be prepared.
			next if $path =~ m{^src/store/(?:stmt|db|migrate|tenant)[^/]*$};
			push @bad, call_violations($path, $text, %at);
			push @bad, "$path: mysql_query takes text; prepare it"
			    if
			    code($text) =~ /\bmysql_(?:real_)?query\s*\(/;
			next;
		}
		for my $s (strings($text)) {
			push @bad, "$path:$s->[0]: SQL outside src/store: $s->[1]"
			    if $s->[1] =~ $sql;
		}
		push @bad, "$path: a statement handle outside src/store"
		    if code($text) =~ /\b(?:stmt|mysql)_\w+\s*\(/;
	}
	return @bad;
}

my $def = "static const char FIND[] =\n    \"SELECT a \" \"FROM b\";\n";
lint('SQL stands in its place, as literals', \&rule,
	[ 'src/acts/x.c', "const char *q = \"SELECT id \"\n\"FROM event\";\n", qr{x\.c:1: SQL outside} ],
	[ 'src/web/x.c', "f(\"DELETE FROM event\");\n", qr{x\.c:1: SQL outside} ],
	[ 'src/util/x.c', "f(\"UPDATE event SET a = 1\");\n", qr{x\.c:1: SQL outside} ],
	[ 'src/web/x.c', "void x(void) { stmt_exec(db, A, B, e); }\n", qr{x\.c: a statement handle} ],
	[ 'src/store/x.c', "void x(void) { stmt_exec(db, text, args, err); }\n", qr{x\.c:1: stmt_exec gets 'text'} ],
	[ 'src/store/x.c', "${def}void x(void) { stmt_find(db, p, pool_printf(p, FIND, a), b, c, d, e); }\n", qr{x\.c:3: stmt_find gets} ],
	[ 'src/store/x.c', "void x(void) { stmt_exec(db, \"SELECT 1\", a, e); }\n", qr{x\.c:1: stmt_exec gets} ],
	[ 'src/store/x.c', "void x(const char *sql) { stmt_exec(db, sql, a, e); }\n", qr{x\.c:1: stmt_exec gets 'sql'} ],
	[ 'src/store/x.c', "static bool one(struct db *db, const char *sql)\n{\n\treturn stmt_exec(db, sql, a, e);\n}\n" .
	    "void x(char *t)\n{\n\tone(db, t);\n}\n", qr{x\.c:7: one gets 't'} ],
	[ 'src/store/x.c', "static const char *const ALL[] = { FIND, text };\nvoid x(void) { stmt_exec(db, ALL[i], a, e); }\n",
	    qr{x\.c:2: stmt_exec gets 'ALL'} ],
	[ 'src/store/x.c', "void x(void) { mysql_query(my, text); }\n", qr{x\.c: mysql_query} ],
);
