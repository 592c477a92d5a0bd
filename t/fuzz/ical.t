#!/usr/bin/perl
# The calendar reader and writer under libFuzzer, seeded with the corpus.
# HAWSER_FUZZ_SECS (30) says how long.
use strict;
use warnings;
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use Test::More;

my $top = $ENV{HAWSER_TOP} // '.';
my $build = $ENV{HAWSER_BUILD} // "$top/build";
my $secs = $ENV{HAWSER_FUZZ_SECS} // 30;
plan skip_all => 'clang is not installed' if system('clang --version >/dev/null 2>&1');

my $dir = tempdir(CLEANUP => 1);
chomp(my $libs = `pkg-config --libs gnutls libical`);
my @sources = ("$top/t/fuzz/fuzz_ical.c", glob("$top/src/model/[cer]*.c"),
    glob("$top/src/providers/ical_*.c"),
    map { "$top/src/util/$_.c" } qw(pool err str digest wall when zone zone_rule));
is(system('clang', qw(-g -O1 -std=gnu11 -D_GNU_SOURCE
    -fno-sanitize-recover=undefined), '-fsanitize=fuzzer,address,undefined', "-I$top", "-I$top/src",
    "-I$build", '-include', "$build/config.h", @sources, split(' ', $libs),
    '-o', "$dir/fuzz"), 0, 'the fuzzer builds') or BAIL_OUT('no fuzzer');
mkdir "$dir/corpus";
copy($_, "$dir/corpus/") for glob("$top/t/data/ics/*.ics");
my $out = `cd $dir && ./fuzz -max_total_time=$secs -max_len=4096 -timeout=5 -rss_limit_mb=1024 -verbosity=0 corpus 2>&1`;
is($?, 0, "nothing found in $secs seconds") or diag(substr($out, -3000));
done_testing();
