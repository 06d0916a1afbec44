<?php
// SPDX-License-Identifier: MIT
//
// PHP's WeakMap in the workloads of weak.h: weak keys, and sets. There is no
// weak value dictionary. Arguments: workloads.
require __DIR__ . '/../bench.php';
gc_disable();
const ASKED = MILLION;

final class Node
{
    public $left = null;
    public $right = null;
}

function nodes(int $count): array
{
    $made = [];
    for ($i = 0; $i < $count; $i++)
        $made[] = new Node;
    return $made;
}

// Different questions come to this many, few enough to stay in the caches if
// the table does; they are asked ASKED times in all.
function choose(int $count): array
{
    $chosen = [];
    $asked = $count === MILLION ? MILLION : HUNDRED_THOUSAND;
    for ($i = 0; $i < $asked; $i++)
        $chosen[] = mt_rand(0, $count - 1);
    return $chosen;
}

function keyed(int $count, string $size): void
{
    $map = new WeakMap;
    $objects = nodes($count);
    foreach ($objects as $i => $object)
        $map[$object] = $i;
    $object = null;
    $chosen = choose($count);
    $there = array_map(fn($at) => $objects[$at], $chosen);
    measure('W10_weakkey', "hit_$size", ASKED,
        function () use ($map, $there, $chosen) {
            $found = 0;
            $start = now();
            for ($again = 0; $again < ASKED / count($there); $again++)
                foreach ($there as $i => $object)
                    if ($map[$object] === $chosen[$i])
                        $found++;
            $ns = now() - $start;
            check($found === ASKED);
            return $ns;
        });
    if ($size === '1e5')
        measure('W10_weakkey', 'churn', $count, function () use ($map, $count) {
            $start = now();
            for ($i = 0; $i < $count; $i++)
                $map[new Node] = $i;
            $ns = now() - $start;
            check(count($map) === $count);
            return $ns;
        });
}

function fill(array $objects, array $order): WeakMap
{
    $set = new WeakMap;
    foreach ($order as $at)
        $set[$objects[$at]] = true;
    return $set;
}

function measure_iterate(string $param, WeakMap $set): void
{
    measure('W11_weakset', $param, count($set), function () use ($set) {
        $seen = 0;
        $start = now();
        foreach ($set as $object => $is_there)
            if ($object->left === null)
                $seen++;
        $ns = now() - $start;
        check($seen === count($set));
        return $ns;
    });
}

function members(int $count, string $size): void
{
    $objects = nodes($count);
    $order = shuffled($count);
    $there = array_map(fn($at) => $objects[$at], choose($count));
    $set = fill($objects, $order);
    measure('W11_weakset', "contains_$size", ASKED,
        function () use ($set, $there) {
            $found = 0;
            $start = now();
            for ($again = 0; $again < ASKED / count($there); $again++)
                foreach ($there as $object)
                    if (isset($set[$object]))
                        $found++;
            $ns = now() - $start;
            check($found === ASKED);
            return $ns;
        });
    if ($size !== '1e5')
        return;
    measure_iterate("iterate_$size", $set);
    measure_iterate("iterate_born_$size", fill($objects, range(0, $count - 1)));
    measure('W11_weakset', "add_$size", $count,
        function () use ($objects, $order) {
            $start = now();
            $made = fill($objects, $order);
            $ns = now() - $start;
            check(count($made) === count($objects));
            return $ns;
        });
}

function weigh(): void
{
    $objects = nodes(MILLION);
    foreach (['key', 'set'] as $what) {
        $before = memory_get_usage();
        $map = new WeakMap;
        foreach ($objects as $i => $object)
            $map[$object] = $what === 'key' ? $i : true;
        print_row('W20_weakmemory', $what, 'B',
            [(memory_get_usage() - $before) / MILLION]);
        check(count($map) === MILLION);
        $map = null;
    }
}

$sizes = ['1e3' => 1000, '1e5' => HUNDRED_THOUSAND, '1e6' => MILLION];
foreach ($sizes as $size => $count)
    if (wants('W10'))
        keyed($count, (string) $size);
foreach ($sizes as $size => $count)
    if (wants('W11'))
        members($count, (string) $size);
if (wants('W20'))
    weigh();
