-- SPDX-License-Identifier: MIT
--
-- The weak tables of Lua 5.4 and of LuaJIT in the workloads of weak.h. There
-- are no counts: what died is found by the collector, which takes its steps
-- where objects are made; so lengths are not exact, and `churn` and `replace`
-- have its share in them: they are long enough for several of its rounds.
-- Strings are there once, with their hash, so asking with one is asking with an
-- address; those of more than 40 bytes, which Lua 5.4 has more than once, do
-- not occur. Arguments: workloads.
local bench = dofile((arg[0]:match("^.*/") or "") .. "../bench.lua")
local measure, timed, print_row = bench.measure, bench.timed, bench.print_row
local wants, counted = bench.wants, bench.counted
local ASKED = bench.MILLION
local sizes = { { 1000, "1e3" }, { 100000, "1e5" }, { 1000000, "1e6" } }
local clock, floor, random = os.clock, math.floor, math.random
local by_value, by_key = { __mode = "v" }, { __mode = "k" }

local function node() return { false, false } end

-- An odd factor of few bits: all different below 2^30, and exact.
local function number_of(i) return i * 40503 % 1073741824 end
local keys_of = {
    int = number_of,
    str = function(i) return string.format("key:%08x", number_of(i)) end,
    obj = node,
}

-- Different questions come to `asked`, few enough to stay in the caches if the
-- table does; they are asked ASKED times in all.
local function choose(count)
    local chosen = {}
    local asked = count == 1000000 and 1000000 or 100000
    for i = 1, asked do chosen[i] = random(count) end
    return chosen, bench.shuffled(count)
end

local function change_values(kind, map, keys, objects, order)
    local count, replaced = #objects, 0
    measure("W9_weakvalue", "churn_" .. kind, 10 * count, timed(function()
        for _ = 1, 10 do
            for i = 1, count do map[keys[count + i]] = node() end
        end
    end))
    measure("W9_weakvalue", "replace_" .. kind, 10 * count, timed(function()
        for _ = 1, 10 do
            local first = replaced % 2 == 0 and count or 0
            for i = 1, count do
                local at = order[i]
                local made = node()
                objects[at] = made
                map[keys[first + at]] = made
            end
            replaced = replaced + 1
        end
    end))
    local first = replaced % 2 == 1 and count or 0
    for i = 1, count do assert(map[keys[first + i]] == objects[i]) end
end

local function values(kind, count, size)
    local map, keys, objects = setmetatable({}, by_value), {}, {}
    local there, absent, expected = {}, {}, {}
    local chosen, order = choose(count)
    for i = 1, 2 * count do keys[i] = keys_of[kind](i) end
    for i = 1, count do
        objects[i] = node()
        map[keys[i]] = objects[i]
    end
    for i = 1, #chosen do
        there[i] = keys[chosen[i]]
        absent[i] = keys[chosen[i] + count]
        expected[i] = objects[chosen[i]]
    end
    measure("W9_weakvalue", "hit_" .. kind .. "_" .. size, ASKED,
        timed(function()
            local found = 0
            for _ = 1, floor(ASKED / #there) do
                for i = 1, #there do
                    if map[there[i]] == expected[i] then found = found + 1 end
                end
            end
            assert(found == ASKED)
        end))
    measure("W9_weakvalue", "miss_" .. kind .. "_" .. size, ASKED,
        timed(function()
            local missed = 0
            for _ = 1, floor(ASKED / #absent) do
                for i = 1, #absent do
                    if map[absent[i]] == nil then missed = missed + 1 end
                end
            end
            assert(missed == ASKED)
        end))
    if size == "1e5" then change_values(kind, map, keys, objects, order) end
end

local function objects_of(count)
    local objects, there = {}, {}
    local chosen, order = choose(count)
    for i = 1, count do objects[i] = node() end
    for i = 1, #chosen do there[i] = objects[chosen[i]] end
    return objects, there, chosen, order
end

local function keyed(count, size)
    local map = setmetatable({}, by_key)
    local objects, there, chosen = objects_of(count)
    for i = 1, count do map[objects[i]] = i end
    measure("W10_weakkey", "hit_" .. size, ASKED, timed(function()
        local found = 0
        for _ = 1, floor(ASKED / #there) do
            for i = 1, #there do
                if map[there[i]] == chosen[i] then found = found + 1 end
            end
        end
        assert(found == ASKED)
    end))
    if size ~= "1e5" then return end
    measure("W10_weakkey", "churn", 10 * count, timed(function()
        for i = 1, 10 * count do map[node()] = i end
    end))
end

local function members(count, size)
    local objects, there, _, order = objects_of(count)
    local set
    local function add()
        set = setmetatable({}, by_key)
        collectgarbage("collect")
        local start = clock()
        for i = 1, count do set[objects[order[i]]] = true end
        return clock() - start
    end
    add()
    measure("W11_weakset", "contains_" .. size, ASKED, timed(function()
        local found = 0
        for _ = 1, floor(ASKED / #there) do
            for i = 1, #there do
                if set[there[i]] then found = found + 1 end
            end
        end
        assert(found == ASKED)
    end))
    if size ~= "1e5" then return end
    measure("W11_weakset", "iterate_" .. size, count, timed(function()
        local seen = 0
        for _ in pairs(set) do seen = seen + 1 end
        assert(seen == count)
    end))
    measure("W11_weakset", "add_" .. size, count, add)
end

local function weigh(what, kind, mode)
    local objects, keys, count = {}, {}, 1000000
    for i = 1, count do
        objects[i] = node()
        keys[i] = keys_of[kind](i)
    end
    local before, map = counted(), setmetatable({}, mode)
    for i = 1, count do
        if mode == by_value then map[keys[i]] = objects[i]
        else map[objects[i]] = i end
    end
    print_row("W20_weakmemory", what, "B",
        { (counted() - before) / count })
    assert(map[mode == by_value and keys[7] or objects[7]])
end

for _, kind in ipairs{ "int", "str", "obj" } do
    for _, size in ipairs(sizes) do
        collectgarbage("collect")
        if wants("W9") then values(kind, size[1], size[2]) end
    end
end
for _, size in ipairs(sizes) do
    collectgarbage("collect")
    if wants("W10") then keyed(size[1], size[2]) end
    collectgarbage("collect")
    if wants("W11") then members(size[1], size[2]) end
end
if wants("W20") then
    weigh("value_int", "int", by_value)
    weigh("value_str", "str", by_value)
    weigh("key", "int", by_key)
    weigh("set", "int", by_key)
end
