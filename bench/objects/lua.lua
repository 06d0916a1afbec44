-- SPDX-License-Identifier: MIT
--
-- Lua 5.4 and LuaJIT in the rows of weft.c, as far as they have them: objects
-- are tables of two, a weak reference is a slot of a table with weak values.
-- There are no counts. What died is found by the collector: a death is a share
-- of a collection of everything, and callbacks are finalizers, which LuaJIT
-- has in userdata only, so its objects hold one. A list or a tree dies in one
-- collection. What is made is put where it can be seen, or LuaJIT would not
-- make it; loops go round a few objects, or it would ask once.
-- Arguments: workloads.
local bench = dofile((arg[0]:match("^.*/") or "") .. "../bench.lua")
local measure, timed, collect = bench.measure, bench.timed, bench.collect
local MILLION, HUNDRED_THOUSAND, FEW = bench.MILLION, 100000, 64
local clock, floor = os.clock, math.floor
local by_value = { __mode = "v" }
seen = {}                               -- a global: the compiler must write it
local calls = 0

local function node() return { false, false } end

local function nodes(count)
    local made = {}
    for i = 1, count do made[i] = node() end
    return made
end

-- A table with room for `count`, whose values are weak.
local function slots(count)
    local made = setmetatable({}, by_value)
    for i = 1, count do made[i] = false end
    return made
end

local function measure_new()
    measure("W1_alloc_free", "hot", MILLION, timed(function()
        for i = 1, MILLION do seen[i % 8 + 1] = { i, false } end
    end))
end

local function measure_bulk()
    local made = {}
    for i = 1, MILLION do made[i] = false end
    local function make()
        collect()
        collectgarbage("stop")
        local start = clock()
        for i = 1, MILLION do made[i] = { i, false } end
        return clock() - start
    end
    local function forget()
        for i = 1, MILLION do made[i] = false end
        local start = clock()
        collectgarbage("collect")
        return clock() - start
    end
    bench.print_row("W2_bulk", "alloc_1e6_fresh", "ns",
        { make() * 1e9 / MILLION })
    measure("W2_bulk", "alloc_1e6", MILLION, make)
    measure("W2_bulk", "free_by_gc_1e6", MILLION, function()
        make()
        return forget()
    end)
    collectgarbage("restart")
end

local function measure_take()
    local objects, weak = nodes(FEW), slots(FEW)
    measure("W5_weak_create", "first", MILLION, timed(function()
        for i = 1, MILLION do
            local at = i % FEW + 1
            weak[at] = objects[at]
            weak[at] = false
        end
    end))
    local many, places = nodes(HUNDRED_THOUSAND), nil
    measure("W5_weak_create", "first_1e5", HUNDRED_THOUSAND, function()
        places = slots(HUNDRED_THOUSAND)
        local start = clock()
        for i = 1, HUNDRED_THOUSAND do places[i] = many[i] end
        local seconds = clock() - start
        assert(places[7] == many[7])
        return seconds
    end)
end

local function measure_get()
    local objects, weak = nodes(FEW), slots(FEW)
    for i = 1, FEW do weak[i] = objects[i] end
    measure("W6_weak_upgrade", "hot", MILLION, timed(function()
        local found = 0
        for i = 1, MILLION do
            local object = weak[i % FEW + 1]
            if object then found = found + 1 end
            seen[1] = object
        end
        assert(found == MILLION)
    end))
    local many, order = nodes(MILLION), bench.shuffled(MILLION)
    local handles = slots(MILLION)
    for i = 1, MILLION do handles[i] = many[order[i]] end
    measure("W6_weak_upgrade", "random_1e6", MILLION, timed(function()
        local found = 0
        for i = 1, MILLION do
            if handles[i][1] == false then found = found + 1 end
        end
        assert(found == MILLION)
    end))
    assert(#many == MILLION and #objects == FEW)
end

local function measure_get_dead()
    local weak = slots(FEW)
    for i = 1, FEW do weak[i] = node() end
    seen = {}
    collect()
    measure("W7_weak_dead", "hot", MILLION, timed(function()
        local dead = 0
        for i = 1, MILLION do
            local object = weak[i % FEW + 1]
            if not object then dead = dead + 1 end
            seen[1] = object
        end
        assert(dead == MILLION)
    end))
end

local function count_call() calls = calls + 1 end

-- An object with a finalizer.
local told
if jit then
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = count_call
    told = function() return { false, false, newproxy(proxy) } end
else
    local finalized = { __gc = count_call }
    told = function() return setmetatable({ false, false }, finalized) end
end

local function death(make, is_watched)
    return function()
        local objects, weak = {}, is_watched and slots(HUNDRED_THOUSAND)
        for i = 1, HUNDRED_THOUSAND do
            objects[i] = make()
            if weak then weak[i] = objects[i] end
        end
        collect()
        calls, objects = 0, nil
        local start = clock()
        collectgarbage("collect")
        if make == told then collectgarbage("collect") end
        local seconds = clock() - start
        assert(not weak or not weak[7])
        assert(make == node or calls == HUNDRED_THOUSAND)
        return seconds
    end
end

-- From making all to the memory of all being free.
local function lives()
    collect()
    calls = 0
    collectgarbage("stop")
    local start = clock()
    for _ = 1, HUNDRED_THOUSAND do told() end
    collect()
    local seconds = clock() - start
    collectgarbage("restart")
    assert(calls == HUNDRED_THOUSAND)
    return seconds
end

local function measure_death()
    local workload, count = "W8_callback", HUNDRED_THOUSAND
    measure(workload, "death_plain", count, death(node, false))
    measure(workload, "death_weak", count, death(node, true))
    measure(workload, "death_cb", count, death(told, true))
    measure(workload, "made_fired_gone", count, lives)
end

local function chain(count)
    return function()
        collectgarbage("stop")
        local head = false
        for _ = 1, count do head = { head, false } end
        assert(head[1])
        head = nil
        collectgarbage("restart")
        local start = clock()
        collectgarbage("collect")
        return clock() - start
    end
end

local function tree()
    collectgarbage("stop")
    local trees = {}
    for i = 1, MILLION do
        local made = { false, false, false, false, false, false, false, false,
            false }
        trees[i] = made
        if i > 1 then
            local above = trees[floor((i - 2) / 8) + 1]
            above[(i - 2) % 8 + 1] = made
            made[9] = setmetatable({ above }, by_value)
        end
    end
    local root = trees[1]
    trees = nil
    collect()
    assert(root[1][9][1] == root)
    root = nil
    local start = clock()
    collectgarbage("collect")
    local seconds = clock() - start
    collectgarbage("restart")
    return seconds
end

local function weigh()
    local objects, weak = {}, setmetatable({}, by_value)
    for i = 1, MILLION do objects[i] = false end
    local empty = bench.counted()
    for i = 1, MILLION do objects[i] = node() end
    local made = bench.counted()
    for i = 1, MILLION do weak[i] = objects[i] end
    bench.print_row("W16_memory", "obj", "B", { (made - empty) / MILLION })
    bench.print_row("W16_memory", "weakref", "B",
        { (bench.counted() - made) / MILLION })
    assert(weak[7] == objects[7])
end

local function run(workload, work)
    if bench.wants(workload) then
        work()
        collect()
    end
end

run("W16", weigh)
run("W1", measure_new)
run("W2", measure_bulk)
run("W5", measure_take)
run("W6", measure_get)
run("W7", measure_get_dead)
run("W8", measure_death)
run("W14", function()
    measure("W14_list", "1e6", MILLION, chain(MILLION))
    collect()
    if bench.is_large then
        measure("W14_list", "1e7", 10 * MILLION, chain(10 * MILLION))
    end
end)
run("W15", function()
    measure("W15_tree", "teardown_1e6", MILLION, tree)
end)
