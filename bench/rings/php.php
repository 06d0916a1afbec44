<?php
// SPDX-License-Identifier: MIT
//
// PHP's collector of rings in the workloads of gc.h: counts, and trial deletion
// from candidates (after Bacon and Rajan), each of which is traced as far as it
// reaches. It runs by itself when there are 10 000 candidates, or more where it
// found little. It looks at nothing else, so a full collection is given a
// candidate that reaches all of the graph. Arguments: workloads.
require __DIR__ . '/../bench.php';
const WINDOW = 20000;
const LONG_NS = 5000;

final class Node
{
    public $left = null;
    public $right = null;
}

final class Item
{
    public $next = null;
    public $last = null;
    public $above = null;
}

function make_graph(int $live): array
{
    gc_disable();
    $graph = [];
    for ($i = 0; $i < $live; $i++)
        $graph[] = new Node;
    for ($i = 0; $i < $live; $i++) {
        $graph[$i]->left = $graph[mt_rand(0, $live - 1)];
        $graph[$i]->right = $graph[mt_rand(0, $live - 1)];
    }
    gc_enable();
    gc_collect_cycles();
    return $graph;
}

function ring(int $length): Node
{
    $first = $last = new Node;
    for ($i = 1; $i < $length; $i++)
        $last = $last->left = new Node;
    $last->left = $first;
    return $first;
}

function drop_rings(int $length): float
{
    $start = now();
    for ($i = 0; $i < MILLION / $length; $i++)
        ring($length);
    return now() - $start;
}

function rings(int $live): void
{
    $graph = make_graph($live);
    measure('W12_rings', 'pairs' . suffix($live), MILLION,
        fn() => drop_rings(2));
    measure('W12_rings', 'ring40' . suffix($live), MILLION,
        fn() => drop_rings(40));
    $window = [];
    for ($i = 0; $i < WINDOW; $i++)
        $window[] = ring(2);
    $at = 0;
    measure('W12_rings', 'old' . suffix($live), MILLION,
        function () use (&$window, &$at) {
            $start = now();
            for ($i = 0; $i < MILLION / 2; $i++) {
                $window[$at] = ring(2);
                $at = ($at + 1) % WINDOW;
            }
            return now() - $start;
        });
    check(count($graph) === $live);
}

// A reference to one of the graph is dropped, which makes it a candidate.
function full(int $live): void
{
    $graph = make_graph($live);
    measure('W13_live', 'full' . suffix($live), 1e6, function () use ($graph) {
        gc_disable();
        for ($i = 0; $i < 1000; $i++)
            ring(2);
        $one = $graph[5];
        $one = null;
        gc_enable();
        $start = now();
        $found = gc_collect_cycles();
        $ns = now() - $start;
        check($found >= 2000);
        return $ns;
    }, 'ms');
}

function entry(int $length): Item
{
    $first = $last = new Item;
    for ($i = 1; $i < $length; $i++) {
        $next = new Item;
        $next->last = $last;
        $last->next = $next;
        $last = $next;
    }
    $last->next = $first;
    return $first;
}

// All in one function: at the end of each that was given the table, the table
// is a candidate, and all that lives is traced. Long operations are noted, in
// us, where they are asked for.
function use_cache(array &$entries, int $length, int $operations,
    ?array &$pauses): void
{
    $found = 0;
    $count = count($entries);
    for ($i = 0; $i < $operations; $i++) {
        for ($k = 0; $k < 9; $k++)
            if ($entries[mt_rand(0, $count - 1)]->next !== null)
                $found++;
        $start = $pauses === null ? 0 : now();
        $entries[mt_rand(0, $count - 1)] = entry($length);
        if ($pauses !== null && now() - $start > LONG_NS)
            $pauses[] = (now() - $start) / 1e3;
    }
    check($found === 9 * $operations);
}

function churn(string $name, int $live, int $length): void
{
    $entries = [];
    for ($i = 0; $i < intdiv($live, $length); $i++)
        $entries[] = entry($length);
    $made = 2 * MILLION;
    $none = null;
    measure('W17_churn', $name . suffix($live) . '_cost', $made,
        function () use (&$entries, $made, $length, &$none) {
            $start = now();
            use_cache($entries, $length, intdiv($made, $length), $none);
            return now() - $start;
        });
    $pauses = [];
    use_cache($entries, $length, intdiv(2 * $made, $length), $pauses);
    print_pauses('W17_churn', $name . suffix($live), $pauses);
}

function build(int $live): void
{
    measure('W18_cost', 'build' . suffix($live), $live,
        function () use ($live) {
            $items = array_fill(0, $live, null);
            $start = now();
            $items[0] = new Item;
            for ($i = 1; $i < $live; $i++) {
                $made = new Item;
                $parent = $items[($i - 1) >> 1];
                $items[$i] = $made;
                $made->above = $parent;
                if ($i & 1)
                    $parent->next = $made;
                else
                    $parent->last = $made;
            }
            return now() - $start;
        });
}

function both(string $workload, callable $work): void
{
    global $is_large;
    if (!wants($workload))
        return;
    $work(MILLION);
    gc_collect_cycles();
    if ($is_large)
        $work(10 * MILLION);
    gc_collect_cycles();
}

if (wants('W12'))
    rings(0);
both('W12', 'rings');
both('W13', 'full');
both('W17', fn($live) => churn('ring4', $live, 4));
both('W17', fn($live) => churn('ring40', $live, 40));
both('W18', 'build');
