-- SPDX-License-Identifier: MIT
--
-- The timing kit of the programs in Lua 5.4 and in LuaJIT: what bench.h is to
-- those in C, with the same output, arguments and variables. A program begins
--
--     local bench = dofile((arg[0]:match("^.*/") or "") .. "../bench.lua")
--
-- Repetitions return seconds of CPU time; the first one warms up.
local bench = { MILLION = 1000000 }
local wanted = {}
for i = 1, #arg do wanted[arg[i]] = true end
local most = tonumber(os.getenv("BENCH_REPETITIONS") or 9)
local enough = tonumber(os.getenv("BENCH_MILLISECONDS") or 300) / 1000
local clock = os.clock

bench.peer = os.getenv("BENCH_PEER") or (jit and "luajit" or "lua5.4")
bench.most = most
bench.is_large = os.getenv("BENCH_LARGE") ~= "0"

-- Whether the workload "W1" was asked for.
function bench.wants(workload)
    return #arg == 0 or wanted[workload]
end

function bench.print_row(workload, param, unit, samples)
    local texts = {}
    for i = 1, #samples do texts[i] = string.format("%.4f", samples[i]) end
    print(table.concat({ bench.peer, workload, param, unit,
        table.concat(texts, "\t") }, "\t"))
    io.flush()
end

function bench.measure(workload, param, operations, once)
    local samples, start = {}, clock()
    once()
    repeat
        samples[#samples + 1] = once() * 1e9 / operations
    until #samples >= most or #samples >= 3 and clock() - start > enough
    bench.print_row(workload, param, "ns", samples)
end

-- A repetition all of which is timed.
function bench.timed(work)
    return function()
        local start = clock()
        work()
        return clock() - start
    end
end

-- Collects all there is; again for what finalizers kept.
function bench.collect()
    collectgarbage("collect")
    collectgarbage("collect")
end

-- Bytes, as Lua counts them.
function bench.counted()
    bench.collect()
    return collectgarbage("count") * 1024
end

-- 1 to count in random order.
function bench.shuffled(count)
    local order = {}
    for i = 1, count do order[i] = i end
    for i = count, 2, -1 do
        local other = math.random(i)
        order[i], order[other] = order[other], order[i]
    end
    return order
end

-- How long a program waited, us each: "ring4_1e6" gives ring4_1e6_p50 to _max,
-- and _hist, how many were at most so many us: four bounds a doubling.
function bench.print_pauses(workload, name, pauses)
    if #pauses == 0 then return end
    table.sort(pauses)
    for _, row in ipairs({ { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 },
            { "p999", 0.999 }, { "max", 1 } }) do
        local at = math.min(math.floor(#pauses * row[2]) + 1, #pauses)
        bench.print_row(workload, name .. "_" .. row[1], "us", { pauses[at] })
    end
    local line, count = { bench.peer, workload, name .. "_hist", "hist" }, 0
    local upper = 1
    for i = 1, #pauses do
        while pauses[i] > upper do
            if count > 0 then
                line[#line + 1] = string.format("%.3f:%d", upper, count)
            end
            upper, count = upper * 2 ^ 0.25, 0
        end
        count = count + 1
    end
    line[#line + 1] = string.format("%.3f:%d", upper, count)
    print(table.concat(line, "\t"))
end

math.randomseed(7)
return bench
