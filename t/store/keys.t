#!/usr/bin/perl
# Keys replaced under load: nothing fails meanwhile, killed at any commit and at
# any change of the key file it is finished by the next call, and a key that is
# still needed cannot be dropped.
use strict;
use warnings;
use DbTest;
use JSON::PP qw(decode_json);
use POSIX ();
use Test::More;

my $db = DbTest->new;
my $dir = $db->dir;
my $build = DbTest::build();
my $helper = ($ENV{HAWSER_ASAN} || die "HAWSER_ASAN is not set\n") . '/t/lib/credentials';
$ENV{HAWSER_CONF} = $db->conf;
my $count = 250;

sub slurp { open my $f, '<', $_[0] or return ''; local $/; return scalar <$f> }
sub one { return $db->one($_[0]) }
sub keys_list { $db->hawser('keys', 'list', '--json') == 0 or die $db->{err}; return decode_json($db->{out}) }
sub state_of {		# of the key file: "active:1 decrypt-only:0 ..."
	return join ' ', map { "$_->{state}:$_->{wraps}" . ($_->{in_file} ? '' : ' missing') } @{ keys_list()->{key_file} };
}
sub org_keys { return join ' ', map { "$_->{state}:$_->{credentials}" } grep { $_->{org} eq 'One' } @{ keys_list()->{organisations} } }
sub opened { my $out = `'$helper' check 2>'$dir/check.err'`; chomp $out; return $out }
sub rotate { my (@args) = @_; my $code = $db->hawser('keys', 'rotate', @args, '--json'); diag $db->{err} if $code; return $code ? undef : decode_json($db->{out})->[0] }
sub ids { my ($state) = @_; return map { $_->{key} } grep { $_->{state} eq $state } @{ keys_list()->{key_file} } }

for my $org (qw(One Two)) {
	$db->hawser('org', 'add', $org) == 0 or die $db->{err};
	$db->hawser(\"pass-word-1", 'user', 'add', lc "$org\@example.org", '--org', $org, '--role', 'owner', '--password-stdin') == 0 or die $db->{err};
}
is(state_of(), 'unused:0', 'before the first password the database knows no key');
system($helper, 'fill', 'One', 'one@example.org', $count) == 0 or die;
system($helper, 'fill', 'Two', 'two@example.org', 3) == 0 or die;
my $all = $count + 3;
is(opened(), "$all 0", "$all passwords");
is(state_of(), 'active:2', 'the first line of the key file wraps');
is(org_keys(), "active:$count", 'one key seals them');

# ---- nothing in use is dropped ----
my ($first) = ids('active');
is($db->hawser('keys', 'drop', $first), 1, 'the key in use is not dropped');
like($db->{err}, qr/still wraps 2 keys.*hawser keys rotate/, 'and says what needs it and what to do');
my ($one) = grep { $_->{org} eq 'One' } @{ keys_list()->{organisations} };
is($db->hawser('keys', 'drop', $one->{key}), 1, "nor an organisation's");
like($db->{err}, qr/in use.*rotate --org/, 'and says so');
is($db->hawser('keys', 'drop', 'ffffffffffffffff'), 1, 'nor one that is not there');
like($db->{err}, qr/no key ffffffffffffffff.*keys list/, 'and says so');
like(($db->try_sql("DELETE FROM kek"))[1], qr/foreign key/, 'the database itself refuses');
like(($db->try_sql("DELETE FROM data_key"))[1], qr/foreign key/, 'for both');
is($db->hawser('keys', 'rotate', '--all', '--prepare'), 2, 'options that exclude each other');
is($db->hawser('keys', 'rotate', '--org', 'Three'), 1, 'no such organisation');

# ---- under load: four that open and replace, with the key file as it was ----
sub load {
	my ($while) = @_;
	open my $flag, '>', "$dir/load" or die $!;
	close $flag;
	my @pipes;
	for (1 .. 4) {
		open my $out, '-|', "exec '$helper' work '$dir/load' 2>>'$dir/work.err'" or die $!;
		push @pipes, $out;
	}
	my $made = eval { $while->(); 1 };
	my $why = $@;
	unlink "$dir/load";
	my @sum = (0, 0, 0);
	for my $out (@pipes) {
		my @n = split ' ', readline($out) // '0 0 1';
		$sum[$_] += $n[$_] for 0 .. 2;
		close $out;
	}
	die $why if !$made;
	return @sum;
}
my @sum = load(sub {
	for my $round (1 .. 2) {
		my $r = rotate('--org', 'One');
		is($r->{broken}, 0, "round $round: none is left behind");
		cmp_ok($r->{retired}, '>=', 1, 'the old key is retired');
		$r = rotate();
		is($r->{moved} >= 2, 1, 'the key file: every key is wrapped anew');
		is($db->hawser('keys', 'drop', $first), 0, 'the old one is dropped') or diag $db->{err};
		($first) = ids('active');
	}
});
is($sum[2], 0, "$sum[0] opened, $sum[1] replaced meanwhile, none failed") or diag slurp("$dir/work.err");
cmp_ok($sum[0], '>', 50, 'that was a load');
cmp_ok($sum[1], '>', 5, 'of both kinds');
is(opened(), "$all 0", 'all open');
is(state_of(), 'active:' . scalar(@{ keys_list()->{organisations} }), 'one key in the key file');
is(scalar(() = slurp("$dir/keys/kek") =~ /\n/g), 1, 'one line');
is((stat "$dir/keys/kek")[2] & 07777, 0600, 'with its mode');
my ($retired) = map { $_->{key} } grep { $_->{state} eq 'retired' } @{ keys_list()->{organisations} };
is($db->hawser('keys', 'drop', $retired), 0, "a retired key of the organisation is dropped") or diag $db->{err};
is(one("SELECT COUNT(*) FROM data_key WHERE id = $retired"), 0, 'and gone');

# ---- killed ----
# The n-th calls of one kind that a rotation makes: { call => [n ...] }.
sub calls_of {
	my (@args) = @_;
	my @keep = map { [$_, slurp($_)] } "$dir/keys/kek";
	system("strace -f -s 40 -o '$dir/trace' -e trace=sendto,rename,openat,fsync,recvfrom '$build/hawser' keys rotate @args >/dev/null 2>&1") == 0 or die 'strace';
	my (%n, %at);
	my $commit = 0;
	for (split /\n/, slurp("$dir/trace")) {
		my ($call) = /^\d+\s+(\w+)\(/ or next;
		$n{$call}++;
		push @{ $at{$call} }, $n{$call} if $call =~ /^(?:rename|fsync)$/ || /COMMIT/ || ($call eq 'recvfrom' && $commit) || /kek\.new/;
		$commit = /COMMIT/;
	}
	return \%at;
}
sub killed {		# at these; everything opens after it, and the next call finishes
	my ($name, $at, @args) = @_;
	my ($kills, @bad) = (0);
	for my $call (sort keys %$at) {
		for my $n (@{ $at->{$call} }) {
			# An answer may come in fewer pieces than before, so that there is no n-th: again.
			for (1 .. 4) {
				my $status = system("strace -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$n '$build/hawser' keys rotate @args >/dev/null 2>&1");
				$kills++, last if ($status & 127) == 9 || $status >> 8 == 137;
			}
			my $now = opened();
			push @bad, "$call $n: $now" if $now ne "$all 0";
			my $r = rotate(@args);
			push @bad, "$call $n: not finished" if !$r || $r->{broken};
			push @bad, "$call $n: left " . org_keys() if @args && org_keys() !~ /^(?:retired:0 )*active:$count$/;
			push @bad, "$call $n: left " . state_of() if !@args && state_of() =~ /decrypt-only:[1-9]|missing/;
			$db->hawser('keys', 'drop', $_) == 0 or push @bad, "drop $_: $db->{err}" for @args ? () : ids('decrypt-only'), ids('unused');
		}
	}
	is_deeply(\@bad, [], "$name: killed at $kills places, each time everything opens and the next call finishes it");
	return $kills;
}
cmp_ok(killed('organisation', calls_of('--org', 'One'), '--org', 'One'), '>=', 8, 'at each commit, before and after');
cmp_ok(killed('key file', calls_of()), '>=', 6, 'at each commit and each change of the file');
is(opened(), "$all 0", 'all open');

# ---- resumed, told ----
my $trace = calls_of('--org', 'One');
my $n = $trace->{sendto}[2];
system("strace -f -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when=$n '$build/hawser' keys rotate --org One >/dev/null 2>&1");
like(org_keys(), qr/decrypt-only:\d+ active:[1-9]\d*$/, 'killed in the middle: passwords under two keys');
my $half = keys_list()->{organisations};
is($db->hawser('keys', 'rotate', '--org', 'One'), 0, 'rotated again');
like($db->{out}, qr/passwords? moved\. This finished a rotation begun earlier/, 'finishes what was begun, and says so');
is(scalar(@{ keys_list()->{organisations} }), scalar(@$half), 'no further key is made');
is($db->hawser('keys', 'rotate', '--all'), 0, 'all organisations');
like($db->{out}, qr/^One: key \d+ seals now, $count passwords moved\.$/m, 'one line each');

# ---- prepared for several machines ----
is($db->hawser('keys', 'rotate', '--prepare'), 0, 'prepare') or diag $db->{err};
my ($next) = ids('next');
is(scalar(ids('active')), 1, 'the old one stays active');
is($db->hawser('keys', 'rotate', '--prepare'), 1, 'once');
my $with = slurp("$dir/keys/kek");
my $without = join '', map { "$_\n" } (split /\n/, $with)[0];
sub put { my ($text) = @_; open my $f, '>', "$dir/keys/kek" or die $!; print $f $text; close $f }
put($without);
is($db->hawser('keys', 'rotate'), 1, 'a machine without it');
like($db->{err}, qr/$next is not in the key file here\. Copy/, 'says so');
put($with);
is(rotate()->{key}, $next, 'taken into use');
my ($old) = ids('decrypt-only');
like($db->hawser('keys', 'list') . $db->{out}, qr/$old  decrypt-only  wraps nothing; hawser keys drop $old/, 'listed with what to do');
is($db->hawser('keys', 'drop', $old), 0, 'the old one is dropped');

# ---- moved and changed rows are left and told ----
$db->sql("SET \@e = (SELECT envelope FROM credential WHERE org_id = 1 ORDER BY connection_id LIMIT 1);
	UPDATE credential SET envelope = \@e WHERE org_id = 1 ORDER BY connection_id DESC LIMIT 1");
is($db->hawser('keys', 'rotate', '--org', 'One'), 0, 'one row holds what was sealed for another');
like($db->{out}, qr/^1 passwords do not open and were left/m, 'it is told');
like(org_keys(), qr/decrypt-only:1 active:@{[$count - 1]}$/, 'the others moved');
is(one('SELECT COUNT(*) FROM connection WHERE state = 3'), 1, 'its connection asks for the password');
is(one("SELECT COUNT(*) FROM audit WHERE JSON_VALUE(body, '\$.action') = 'credential.broken'"), 1, 'and the audit says so');
my ($stuck) = map { $_->{key} } grep { $_->{state} eq 'decrypt-only' } @{ keys_list()->{organisations} };
is($db->hawser('keys', 'drop', $stuck), 1, 'its key stays');
like($db->{err}, qr/still seals 1 password\b/, 'and says why');

# ---- audit, doctor ----
for my $action (qw(key.rotate key.retire key.drop key_file.rotate key_file.drop)) {
	cmp_ok(one("SELECT COUNT(*) FROM audit WHERE JSON_VALUE(body, '\$.action') = '$action' AND JSON_VALUE(body, '\$.via') = 'command'"), '>', 0, "the audit has $action");
}
is($db->hawser('audit', 'verify', '--org', $_), 0, "the audit of $_ verifies") for qw(One Two);
is($db->hawser('doctor'), 0, 'doctor is content') or diag $db->{out};
like($db->{out}, qr/^ok    keys of the key file: [0-9a-f]{16} active, wraps \d+$/m, 'and says which keys are in use');
rotate();
$db->hawser('doctor');
like($db->{out}, qr/active, wraps \d+; .*decrypt-only, not needed: hawser keys drop [0-9a-f]{16}$|decrypt-only, not needed: hawser keys drop [0-9a-f]{16}; .*active/m, 'which are not needed');
my ($lost) = ids('active');
put($with);
is($db->hawser('doctor'), 1, 'a key file without the key in use');
like($db->{out}, qr/^WRONG keys of the key file: .*$lost, which wraps \d+ keys?, is missing\. Put it back/m, 'is told by name');
done_testing;
