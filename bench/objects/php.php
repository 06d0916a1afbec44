<?php
// SPDX-License-Identifier: MIT
//
// PHP in the rows of weft.c: it counts references. An object has one
// WeakReference at most, which all share who ask for one; a callback is a
// destructor. The collector of rings is off. Arguments: workloads.
require __DIR__ . '/../bench.php';
gc_disable();

final class Node
{
    public $left = null;
    public $right = null;
}

final class Told
{
    public $left = null;
    public $right = null;

    function __destruct()
    {
        global $calls;
        $calls++;
    }
}

final class Tree
{
    public $kid = [null, null, null, null, null, null, null, null];
    public $parent = null;
}

function nodes(int $count): array
{
    $made = [];
    for ($i = 0; $i < $count; $i++)
        $made[] = new Node;
    return $made;
}

function shuffled_nodes(): array
{
    $made = nodes(MILLION);
    shuffle($made);
    return $made;
}

function measure_new(): void
{
    measure('W1_alloc_free', 'hot', MILLION, function () {
        $start = now();
        for ($i = 0; $i < MILLION; $i++)
            $made = new Node;
        return now() - $start;
    });
}

function make(array &$all): float
{
    $start = now();
    for ($i = 0; $i < MILLION; $i++)
        $all[$i] = new Node;
    return now() - $start;
}

function forget(array &$all, array $order): float
{
    $start = now();
    foreach ($order as $i)
        $all[$i] = null;
    return now() - $start;
}

function measure_bulk(): void
{
    $order = shuffled(MILLION);
    $all = array_fill(0, MILLION, null);
    print_row('W2_bulk', 'alloc_1e6_fresh', 'ns', [make($all) / MILLION]);
    print_row('W2_bulk', 'free_random_1e6_fresh', 'ns',
        [forget($all, $order) / MILLION]);
    measure('W2_bulk', 'alloc_1e6', MILLION, function () use (&$all, $order) {
        $ns = make($all);
        forget($all, $order);
        return $ns;
    });
    measure('W2_bulk', 'free_random_1e6', MILLION,
        function () use (&$all, $order) {
            make($all);
            return forget($all, $order);
        });
}

function measure_references(): void
{
    $node = new Node;
    measure('W3_refcount', 'hot', MILLION, function () use ($node) {
        $start = now();
        for ($i = 0; $i < MILLION; $i++) {
            $held = $node;
            $held = null;
        }
        return now() - $start;
    });
    $all = shuffled_nodes();
    $held = array_fill(0, MILLION, null);
    measure('W3_refcount', 'random_1e6', MILLION,
        function () use ($all, &$held) {
            $start = now();
            for ($i = 0; $i < MILLION; $i++)
                $held[$i] = $all[$i];
            for ($i = 0; $i < MILLION; $i++)
                $held[$i] = null;
            return now() - $start;
        });
}

function measure_take(): void
{
    $node = new Node;
    $take = function () use ($node) {
        $start = now();
        for ($i = 0; $i < MILLION; $i++) {
            $weak = WeakReference::create($node);
            $weak = null;
        }
        return now() - $start;
    };
    measure('W5_weak_create', 'first', MILLION, $take);
    $other = WeakReference::create($node);
    measure('W5_weak_create', 'second', MILLION, $take);
    check($other->get() === $node);
    measure('W5_weak_create', 'first_1e5', HUNDRED_THOUSAND, function () {
        $all = nodes(HUNDRED_THOUSAND);
        $handles = array_fill(0, HUNDRED_THOUSAND, null);
        $start = now();
        for ($i = 0; $i < HUNDRED_THOUSAND; $i++)
            $handles[$i] = WeakReference::create($all[$i]);
        $ns = now() - $start;
        check($handles[7]->get() === $all[7]);
        return $ns;
    });
}

function measure_get(): void
{
    $node = new Node;
    $weak = WeakReference::create($node);
    measure('W6_weak_upgrade', 'hot', MILLION, function () use ($weak) {
        $found = 0;
        $start = now();
        for ($i = 0; $i < MILLION; $i++)
            if ($weak->get() !== null)
                $found++;
        $ns = now() - $start;
        check($found === MILLION);
        return $ns;
    });
    $all = shuffled_nodes();
    $handles = array_map(fn($node) => WeakReference::create($node), $all);
    measure('W6_weak_upgrade', 'random_1e6', MILLION,
        function () use ($handles) {
            $found = 0;
            $start = now();
            foreach ($handles as $weak)
                if ($weak->get()->left === null)
                    $found++;
            $ns = now() - $start;
            check($found === MILLION);
            return $ns;
        });
}

function measure_get_dead(): void
{
    $weak = WeakReference::create(new Node);
    measure('W7_weak_dead', 'hot', MILLION, function () use ($weak) {
        $dead = 0;
        $start = now();
        for ($i = 0; $i < MILLION; $i++)
            if ($weak->get() === null)
                $dead++;
        $ns = now() - $start;
        check($dead === MILLION);
        return $ns;
    });
}

// Of objects of $class, of which some have a weak reference: $total: that goes
// too.
function death(string $class, bool $watched, bool $total): callable
{
    return function () use ($class, $watched, $total) {
        global $calls;
        $calls = 0;
        $all = $handles = array_fill(0, HUNDRED_THOUSAND, null);
        for ($i = 0; $i < HUNDRED_THOUSAND; $i++) {
            $all[$i] = new $class;
            if ($watched)
                $handles[$i] = WeakReference::create($all[$i]);
        }
        $start = now();
        for ($i = 0; $i < HUNDRED_THOUSAND; $i++) {
            $all[$i] = null;
            if ($total)
                $handles[$i] = null;
        }
        $ns = now() - $start;
        check($class !== 'Told' || $calls === HUNDRED_THOUSAND);
        return $ns;
    };
}

function lives(): float
{
    global $calls;
    $calls = 0;
    $start = now();
    for ($i = 0; $i < HUNDRED_THOUSAND; $i++) {
        $made = new Told;
        $weak = WeakReference::create($made);
        $made = null;
    }
    $ns = now() - $start;
    check($calls === HUNDRED_THOUSAND && $weak->get() === null);
    return $ns;
}

function measure_death(): void
{
    $count = HUNDRED_THOUSAND;
    measure('W8_callback', 'death_plain', $count, death('Node', false, false));
    measure('W8_callback', 'death_weak', $count, death('Node', true, false));
    measure('W8_callback', 'death_cb', $count, death('Told', true, false));
    measure('W8_callback', 'death_cb_total', $count,
        death('Told', true, true));
    measure('W8_callback', 'made_fired_gone', $count, 'lives');
}

function chain(int $count): ?Node
{
    $head = null;
    for ($i = 0; $i < $count; $i++) {
        $made = new Node;
        $made->left = $head;
        $head = $made;
    }
    return $head;
}

function measure_chain(string $param, int $count): void
{
    measure('W14_list', $param, $count, function () use ($count) {
        $head = chain($count);
        $start = now();
        $head = null;
        return now() - $start;
    });
}

function measure_chain_by_hand(string $param, int $count): void
{
    measure('W14_list', $param, $count, function () use ($count) {
        $head = chain($count);
        $start = now();
        while ($head !== null) {
            $left = $head->left;
            $head->left = null;
            $head = $left;
        }
        return now() - $start;
    });
}

// In a child: it may run out of stack.
function measure_chains(): void
{
    global $is_large;
    $sizes = $is_large ? ['1e6' => MILLION, '1e7' => 10 * MILLION]
        : ['1e6' => MILLION];
    foreach ($sizes as $param => $count) {
        if (!in_child('natural-chain', $param))
            print_crash('W14_list', $param);
        measure_chain_by_hand("{$param}_by_hand", $count);
    }
}

function measure_tree(): void
{
    measure('W15_tree', 'teardown_1e6', MILLION, function () {
        $all = [];
        for ($i = 0; $i < MILLION; $i++) {
            $all[$i] = $made = new Tree;
            if ($i === 0)
                continue;
            $parent = $all[($i - 1) >> 3];
            $parent->kid[($i - 1) & 7] = $made;
            $made->parent = WeakReference::create($parent);
        }
        $root = $all[0];
        $weak = $all[1]->parent;
        $all = $made = $parent = null;
        check($weak->get() === $root);
        $start = now();
        $root = null;
        $ns = now() - $start;
        check($weak->get() === null);
        return $ns;
    });
}

function weigh(): void
{
    $all = $handles = range(1, MILLION);
    $empty = memory_get_usage();
    for ($i = 0; $i < MILLION; $i++)
        $all[$i] = new Node;
    $made = memory_get_usage();
    for ($i = 0; $i < MILLION; $i++)
        $handles[$i] = WeakReference::create($all[$i]);
    print_row('W16_memory', 'obj', 'B', [($made - $empty) / MILLION]);
    print_row('W16_memory', 'weakref', 'B',
        [(memory_get_usage() - $made) / MILLION]);
    check($handles[7]->get() === $all[7]);
}

if ($wanted !== [] && $wanted[0] === 'natural-chain') {
    measure_chain($wanted[1], $wanted[1] === '1e6' ? MILLION : 10 * MILLION);
    exit(0);
}
$workloads = ['W16' => 'weigh', 'W1' => 'measure_new', 'W2' => 'measure_bulk',
    'W3' => 'measure_references', 'W5' => 'measure_take',
    'W6' => 'measure_get', 'W7' => 'measure_get_dead',
    'W8' => 'measure_death', 'W14' => 'measure_chains',
    'W15' => 'measure_tree'];
foreach ($workloads as $workload => $work)
    if (wants($workload))
        $work();
