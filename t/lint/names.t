# Basenames are unique, and say how the symbols of a file begin.
use strict;
use warnings;
use File::Basename qw(basename);
use Lint;

# Known families that do not carry their file's name.
my %family = (
	'src/util/err.c' => qr/^die$/,
	# An aggregate's file owns its child tables.
	'src/store/store_conflict.c' => qr/^store_(?:dead|image)_/,
	'src/store/store_credential.c' => qr/^store_key_/,
	'src/store/store_cursor.c' => qr/^store_pending_/,
	'src/store/store_run.c' => qr/^store_action_/,
);

sub unique {
	my ($top) = @_;
	my (%seen, @bad);
	for my $path (files($top, 'src', qr/\.[ch]$/)) {
		my $name = basename($path);
		push @bad, "$path: the name $name stands for $seen{$name} already"
		    if $seen{$name};
		$seen{$name} = $path;
	}
	return @bad;
}

# caldav_href.c is a part of caldav: both prefixes are its own. The folder's
# name alone (store_, acts_) is nobody's, unless a file is called so.
sub prefixes {
	my ($top, $path) = @_;
	my ($folder, $name) = $path =~ m{^(.*)/([^/]+)\.c$};
	my @all = ($name);
	while ($name =~ s/_[^_]+$//) {
		push @all, $name if $folder !~ m{/\Q$name\E$} ||
		    -e "$top/$folder/$name.h";
	}
	return @all;
}

# Functions and objects a file gives to others, read off its text: what
# begins at the margin without "static".
sub exported {
	my ($code) = @_;
	my %names;
	$code =~ s/^[ \t]*#(?:[^\n]*\\\n)*[^\n]*//mg;
	$code =~ s/\bstatic\s+(?:const\s+)?(?:struct|union|enum)\s*\w*\s*\{[^{}]*\}/static int/g;
	1 while $code =~ s/\{[^{}]*\}/;/g;	# bodies, innermost first
	for my $part (split /;/, $code) {
		$part =~ s/__attribute__\s*\(\(.*?\)\)//sg;
		$part =~ s/\b(?:ERR_CHECKED|_Noreturn|inline|noreturn)\b//g;
		$part =~ s/^\s*\}//;
		next if $part =~ /^\s*(?:static|typedef|extern)\b/ ||
		    $part !~ /\S/ || $part =~ /^\s*(?:struct|union|enum)\s+\w*\s*$/;
		my $name = $part =~ /^\s*[\w\s*]*?\b(\w+)\s*\(/s ? $1 :
		    $part =~ /^[\w\s*]+?\b(\w+)\s*(?:\[[^\]]*\]\s*)*(?:=.*)?$/s ? $1 : undef;
		$names{$1} = 1 if defined $name && $name =~ /^([A-Za-z]\w*)$/;
	}
	return sort keys %names;
}

sub symbols {
	my ($top) = @_;
	my (@bad, $count);
	for my $path (grep { m{^src/[^/]+/} } files($top, 'src', qr/\.c$/)) {
		my @own = prefixes($top, $path);
		for my $symbol (exported(code(Lint::slurp("$top/$path")))) {
			$count++;
			next if grep { $symbol eq $_ || index($symbol, "${_}_") == 0 } @own;
			next if $family{$path} && $symbol =~ $family{$path};
			push @bad, "$path: $symbol should begin with $own[0]_";
		}
	}
	push @bad, 'no symbols found' unless $count;
	return @bad;
}

sub rule {
	my ($top) = @_;
	return (unique($top), symbols($top));
}

lint('names are unique and prefixed', \&rule,
	[ 'src/model/pool.c', '', qr{util/pool\.c: the name pool\.c stands for src/model} ],
	[ 'src/web/err.h', '', qr{web/err\.h: the name err\.h stands} ],
	[ 'src/util/gizmo.c', "int\nwidget_make(int a)\n{\n\tif (a) { return 1; }\n\treturn 0;\n}\n", qr{gizmo\.c: widget_make} ],
	[ 'src/util/gizmo.c', "struct a { int b; };\nstatic int x;\nconst char *const list[] = { \"a\", \"b\" };\n", qr{gizmo\.c: list should} ],
	[ 'src/util/gizmo.c', "ERR_CHECKED bool gizmo(void)\n{\n}\nint other;\n", qr{gizmo\.c: other should} ],
	[ 'src/store/store_gizmo.c', "void store_widget_do(void)\n{\n}\n", qr{store_gizmo\.c: store_widget_do should} ],
	[ 'src/util/pool_extra.c', "void extra_do(void)\n{\n}\n", qr{pool_extra\.c: extra_do should} ],
);
