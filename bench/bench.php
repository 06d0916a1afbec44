<?php
// SPDX-License-Identifier: MIT
//
// The timing kit of the programs in PHP: what bench.h is to those in C, with
// the same output, arguments and variables. Repetitions return nanoseconds of
// the process's CPU time; the first one warms up.
const MILLION = 1000000;
const HUNDRED_THOUSAND = 100000;
ini_set('memory_limit', '-1');
mt_srand(7);
$wanted = array_slice($argv, 1);
$peer = getenv('BENCH_PEER') ?: 'php';
$most = (int) (getenv('BENCH_REPETITIONS') ?: 9);
$enough = (float) (getenv('BENCH_MILLISECONDS') ?: 300) * 1e6;
$is_large = getenv('BENCH_LARGE') !== '0';

function wants(string $workload): bool
{
    global $wanted;
    return $wanted === [] || in_array($workload, $wanted, true);
}

function check(bool $condition): void
{
    if (!$condition)
        throw new Exception('wrong');
}

// Nanoseconds, of microseconds' grain.
function now(): float
{
    $used = getrusage();
    return ($used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']) * 1e9
        + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) * 1e3;
}

function print_row(string $workload, string $param, string $unit,
    array $samples): void
{
    global $peer;
    $texts = array_map(fn($sample) => sprintf('%.4f', $sample), $samples);
    echo implode("\t", [$peer, $workload, $param, $unit, ...$texts]), "\n";
}

// What crashes prints nothing of itself.
function print_crash(string $workload, string $param): void
{
    global $peer;
    echo "$peer\t$workload\t$param\tns\tcrash\n";
}

function measure(string $workload, string $param, float $operations,
    callable $once, string $unit = 'ns'): void
{
    global $most, $enough;
    $samples = [];
    $once();
    $start = now();
    while (count($samples) < $most
            && (count($samples) < 3 || now() - $start < $enough))
        $samples[] = $once() / $operations;
    print_row($workload, $param, $unit, $samples);
}

function suffix(int $live): string
{
    return $live === 0 ? '' : ($live === MILLION ? '_1e6' : '_1e7');
}

// How long a program waited, us each: "ring4_1e6" gives ring4_1e6_p50 to _max,
// and _hist, how many were at most so many us: four bounds a doubling.
function print_pauses(string $workload, string $name, array $pauses): void
{
    global $peer;
    if ($pauses === [])
        return;
    sort($pauses);
    $shares = ['p50' => 0.5, 'p90' => 0.9, 'p99' => 0.99, 'p999' => 0.999,
        'max' => 1.0];
    foreach ($shares as $what => $share) {
        $at = min((int) (count($pauses) * $share), count($pauses) - 1);
        print_row($workload, "{$name}_$what", 'us', [$pauses[$at]]);
    }
    $counts = [];
    foreach ($pauses as $us) {
        $upper = sprintf('%.3f', 2 ** (max(0, ceil(log($us, 2) * 4)) / 4));
        $counts[$upper] = ($counts[$upper] ?? 0) + 1;
    }
    $line = [$peer, $workload, "{$name}_hist", 'hist'];
    foreach ($counts as $upper => $count)
        $line[] = "$upper:$count";
    echo implode("\t", $line), "\n";
}

// 0 to $count - 1 in random order.
function shuffled(int $count): array
{
    $order = range(0, $count - 1);
    shuffle($order);
    return $order;
}

// Whether this program, called with these arguments, ends well; what it says
// is said.
function in_child(string ...$arguments): bool
{
    global $argv;
    $command = [PHP_BINARY, ...jit_options(), $argv[0], ...$arguments];
    $line = implode(' ', array_map('escapeshellarg', $command));
    passthru("ulimit -c 0; $line 2>/dev/null", $status);
    return $status === 0;
}

function jit_options(): array
{
    $options = [];
    foreach (['enable_cli', 'jit', 'jit_buffer_size'] as $name) {
        $value = ini_get("opcache.$name");
        if ($value !== false)
            array_push($options, '-d', "opcache.$name=$value");
    }
    return $options;
}
