# The program itself: what it is told, what it says, how it ends.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Test::More;

my $s = Sandbox->start(state => 1);
my $dir = $s->{dir};
my $program = Sandbox::program();
my %good = ('--socket' => "$dir/other.sock", '--origin' => 'http://127.0.0.1:1', '--client' => 'c', '--client-secret-file' => "$dir/secret", '--redirect' => 'http://127.0.0.1:1/x');
sub run { my (@args) = @_; my $out = `'$program' @{[map { "'$_'" } @args]} 2>&1`; return ($? >> 8) . " $out" }
sub with { my (%o) = (%good, @_); return map { ($_, $o{$_}) } grep { defined $o{$_} } sort keys %o }

like(run('--help'), qr/^0 usage: hawser-sandbox --socket PATH.*--state FILE/s, '--help');
like(run(), qr/^2 hawser-sandbox: --socket is missing.*--help/s, 'nothing');
like(run(with($_ => undef)), qr/^2 hawser-sandbox: \Q$_\E is missing/, "no $_") for sort keys %good;
like(run(with('--nothing' => 1)), qr/^2 hawser-sandbox: There is no option --nothing/, 'an unknown option');
like(run('--socket'), qr/^2 .*needs a value: --socket/, 'no value');
like(run(with('--threads' => $_)), qr/^2 .*1 to 64, not $_/, "--threads $_") for 0, 65, 'x';
like(run(with('--origin' => $_)), qr/^2 .*--origin/, "--origin $_") for 'localhost', 'http://127.0.0.1:1/';
like(run(with('--client-secret-file' => "$dir/nothing")), qr/^1 hawser-sandbox: .*nothing/, 'no secret');
like(run(with('--socket' => "$dir/sandbox.sock")), qr/^1 hawser-sandbox: Somebody serves .* already/, 'a socket that is in use');
like(run(with('--socket' => "$dir/no/x.sock")), qr/^1 hawser-sandbox: Cannot listen/, 'no place for a socket');
like(run(with('--socket' => 'x' x 200)), qr/^1 hawser-sandbox: The socket path/, 'a long one');
for my $case (['{', 'cannot be read'], ['{}', 'accounts'], ['{"accounts":[{"mail":"x"}]}', 'mail'], ['{"accounts":[{"email":"a@b","calendars":[{"time_zone":"Mars"}]}]}', 'Mars'],
	['{"accounts":[{"email":"a@b","calendars":[{"events":[{"summary":"x"}]}]}]}', 'Missing start time']) {
	Sandbox::put("$dir/bad.json", $case->[0]);
	like(run(with('--seed' => "$dir/bad.json")), qr/^1 hawser-sandbox: .*\Q$case->[1]\E/, "a seed: $case->[1]");
}

# ---- the state ----
my $t = $s->token('anna@example.com', 'calendar');
my $insert = sub { $s->call($t, POST => 'calendars/primary/events', { id => $_[0], start => { date => '2026-12-01' }, end => { date => '2026-12-02' } })->{status} };
is($insert->("state0$_"), 200, 'written') for 1 .. 3;
kill 'KILL', $s->{pids}{sandbox};
waitpid delete $s->{pids}{sandbox}, 0;
open my $f, '>>', "$dir/state" or die;
print $f '{"p":["accounts","cut';	# a line that was being written
close $f;
$s->start_program;
is(scalar(() = $s->ledger), 3, 'a kill loses nothing');
is($insert->('state01'), 409, 'all is there');
is($insert->('state04'), 200, 'and goes on');
is($s->end('sandbox'), 0, 'told to end it ends well');
ok(!-e "$dir/sandbox.sock", 'its socket is gone');
is(sprintf('%o', (stat "$dir/state")[2] & 0777), '600', 'its state is its owner\'s');
my $lines = () = do { open my $g, '<', "$dir/state" or die; <$g> };
$s->start_program;
cmp_ok(scalar(() = do { open my $g, '<', "$dir/state" or die; <$g> }), '<', $lines, 'a start writes it anew');
$s->end('sandbox');
Sandbox::put("$dir/state", "rubbish\n");
like(run(with('--state' => "$dir/state")), qr/^1 hawser-sandbox: .*state, line 1:.*Remove the file/, 'a state that is none');
unlink "$dir/state";
$s->start_program;
done_testing;
