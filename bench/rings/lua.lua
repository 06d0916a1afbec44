-- SPDX-License-Identifier: MIT
--
-- The collectors of Lua 5.4 and of LuaJIT in the workloads of gc.h, as far as
-- they can be said in Lua: both mark and sweep in steps, in proportion to what
-- is allocated. There are no counts: dropping is forgetting. How many objects
-- there are is not known. Arguments: workloads.
local bench = dofile((arg[0]:match("^.*/") or "") .. "../bench.lua")
local measure, timed, print_row = bench.measure, bench.timed, bench.print_row
local MILLION, most, large = bench.MILLION, bench.most, bench.is_large
local clock, floor, random = os.clock, math.floor, math.random

local function suffix(live)
    return live == 0 and "" or live == MILLION and "_1e6" or "_1e7"
end

local function sizes(first)
    local list = { MILLION, large and 10 * MILLION or nil }
    if first then table.insert(list, 1, first) end
    return list
end

-- A random graph; shuffled: half of it is made anew, three times.
local function make_graph(count, shuffled)
    local graph = {}
    collectgarbage("stop")
    for i = 1, count do graph[i] = { false, false } end
    for _ = 1, shuffled and 3 or 0 do
        for _ = 1, floor(count / 2) do graph[random(count)] = false end
        collectgarbage("collect")
        collectgarbage("stop")
        for i = 1, count do graph[i] = graph[i] or { false, false } end
    end
    for i = 1, count do
        graph[i][1] = graph[random(count)]
        graph[i][2] = graph[random(count)]
    end
    collectgarbage("restart")
    collectgarbage("collect")
    return graph
end

local function ring(length)
    local first = { false, false }
    local last = first
    for _ = 2, length do
        local next = { false, false }
        last[1] = next
        last = next
    end
    last[1] = first
    return first
end

local function rings(live)
    local graph = make_graph(live)
    for name, length in pairs({ pairs = 2, ring40 = 40 }) do
        measure("W12_rings", name .. suffix(live), MILLION, timed(function()
            for _ = 1, floor(MILLION / length) do ring(length) end
        end))
    end
    local window, at = {}, 1
    for i = 1, 20000 do window[i] = ring(2) end
    measure("W12_rings", "old" .. suffix(live), MILLION, timed(function()
        for _ = 1, floor(MILLION / 2) do
            window[at] = ring(2)
            at = at % 20000 + 1
        end
    end))
    assert(#graph == live)
end

local function full(live, shuffled)
    local graph, samples = make_graph(live, shuffled), {}
    for i = 1, math.min(most, live > MILLION and 3 or 9) do
        collectgarbage("stop")
        for _ = 1, 1000 do ring(2) end
        collectgarbage("restart")
        local start = clock()
        collectgarbage("collect")
        samples[i] = (clock() - start) * 1e3
    end
    assert(#graph == live)
    print_row("W13_live", "full" .. suffix(live)
        .. (shuffled and "_shuffled" or ""), "ms", samples)
end

local function entry_new(length)
    local first = { false, false, false }
    local last = first
    for _ = 2, length do
        local next = { false, last, false }
        last[1] = next
        last = next
    end
    last[1] = first
    return first
end

local function churn(name, live, length)
    local count, entries, seen = floor(live / length), {}, 0
    for i = 1, count do entries[i] = entry_new(length) end
    local function use(pauses)
        for _ = 1, 9 do
            if entries[random(count)][1] then seen = seen + 1 end
        end
        local start = pauses and clock()
        entries[random(count)] = entry_new(length)
        local seconds = pauses and clock() - start
        if pauses and seconds > 5e-6 then
            pauses[#pauses + 1] = seconds * 1e6
        end
    end
    local made = 2 * MILLION
    measure("W17_churn", name .. suffix(live) .. "_cost", made,
        timed(function() for _ = 1, floor(made / length) do use() end end))
    local pauses = {}
    for _ = 1, floor(2 * made / length) do use(pauses) end
    bench.print_pauses("W17_churn", name .. suffix(live), pauses)
    assert(seen > 0)
end

local function build(live)
    measure("W18_cost", "build" .. suffix(live), live, function()
        collectgarbage("collect")
        local items = {}
        for i = 1, live do items[i] = false end
        local start = clock()
        items[1] = { false, false, false }
        for i = 2, live do
            local parent = items[floor(i / 2)]
            items[i] = { false, false, parent }
            parent[i % 2 + 1] = items[i]
        end
        return clock() - start
    end)
end

-- In an order that lets go of the larger before the next is made.
local function run(workload, work)
    if not bench.wants(workload) then return end
    for _, live in ipairs(sizes(workload == "W12" and 0 or nil)) do
        work(live)
        collectgarbage("collect")
    end
end

run("W12", rings)
run("W13", full)
run("W13", function(live) full(live, true) end)
run("W17", function(live) churn("ring4", live, 4) end)
run("W17", function(live) churn("ring40", live, 40) end)
run("W18", build)
