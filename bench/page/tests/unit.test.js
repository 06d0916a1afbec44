// SPDX-License-Identifier: MIT
//
// What the page computes, without a browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inert } from "../build.js";
import { amount, decade, number, tick } from "../src/format.js";
import { binsOf, budgetAt, dress, prepare, rowId, standing } from "../src/model.js";
import { narrowed, sorted } from "../src/table.js";
import { parse, validate } from "../src/validate.js";

const TEXT = readFileSync(new URL("../fixture.json", import.meta.url), "utf8");
const fresh = () => JSON.parse(TEXT);

// The fixture with something done to it.
function changed(change) {
    const data = fresh();
    change(data);
    return data;
}

test("figures have three digits and a unit in which they are short", () => {
    assert.equal(number(0.805), "0.81");
    assert.equal(number(9.996), "10.0");
    assert.equal(number(12345.6), "12\u2009346");
    assert.equal(number(0), "0");
    assert.equal(amount(5.6, "ns"), "5.60\u00a0ns");
    assert.equal(amount(2700000, "us"), "2.70\u00a0s");
    assert.equal(amount(300, "us"), "300\u00a0µs");
    assert.equal(amount(24, "B"), "24\u00a0B");
    assert.equal(amount(7250000, "B"), "7.25\u00a0MB");
    assert.equal(amount(99, "%"), "99.0\u00a0%");
    assert.equal(tick(10000, "ns"), "10\u00a0µs");
    assert.equal(decade(1e6), "10⁶");
});

test("a fixture is right, and may lack what it may lack", () => {
    assert.deepEqual(validate(fresh()), []);
    assert.deepEqual(validate(changed((data) => {
        delete data.curves;
        delete data.pauses;
        delete data.versions;
        data.rows[0].limit = null;
        data.rows[0].best = null;
        data.rows[0].weft = { median: 1 };
        delete data.rows[1].budgets;
        delete data.rows[2].peers;
        data.rows[3].limit = { crash: true };
    })), []);
});

test("what is wrong is said with its place", () => {
    const says = (change, pattern) => {
        const errors = validate(changed(change));
        assert.ok(errors.some((error) => pattern.test(error)), `${errors} ${pattern}`);
    };
    says((data) => { delete data.rows; }, /^rows: a list is wanted, there is nothing$/);
    says((data) => { data.rows = []; }, /^rows: at least one row/);
    says((data) => { delete data.rows[2].weft; }, /^rows\[2\]\.weft: an object/);
    says((data) => { data.rows[1].weft.median = "fast"; },
        /^rows\[1\]\.weft\.median: a number.*"fast"/);
    says((data) => { data.rows[1].peers["cxx-st"].median = -1; },
        /^rows\[1\]\.peers\.cxx-st\.median: .* there is -1/);
    says((data) => { data.rows[0].weft.low = 9; }, /^rows\[0\]\.weft: low at most/);
    says((data) => { data.rows[0].budgets[0].met = "yes"; }, /budgets\[0\]\.met: true, false/);
    says((data) => { data.rows[3] = data.rows[0]; }, /^rows\[3\]: a row that was not there/);
    says((data) => { data.peers[2].name = "weft"; }, /^peers\[2\]\.name: a name of its own/);
    says((data) => { data.curves[0].peers.weft[1].n = 9; },
        /^curves\[0\]\.peers\.weft\[1\]\.n: more than before/);
    says((data) => { data.pauses[0].peers.weft.counts[1] = [4]; }, /counts\[1\]: a pair/);
    says((data) => { data.pauses[0].peers.weft.p99 = null; data.pauses = {}; }, /^pauses: a list/);
    assert.match(validate([])[0], /^the file: an object/);
});

test("a syntax error is said with its line", () => {
    const { errors } = parse('{\n"made": 1,\n"rows": NaN }');
    assert.match(errors[0], /^not JSON: .*line 3 column 9/);
    assert.match(parse('{\n"made": 1\n"rows": 2 }').errors[0], /line 3 column 1/);
    assert.equal(parse(TEXT).errors.length, 0);
});

test("a ratio is above 1 where weft is better", () => {
    const { rows } = prepare(fresh());
    const ratio = (row, peer) => rows.find(({ id }) => id === row).ratios
        .find((one) => one.peer === peer).ratio;
    assert.equal(ratio("W1_alloc_free-hot", "rust-rc"), 2);
    assert.equal(ratio("W1_alloc_free-hot", "limit"), 1.6);
    assert.equal(ratio("W3_refcount-hot", "cpython"), 0.6 / 0.8);
    // More hits are better: 80 of weft's beside 60.
    assert.equal(ratio("W19_cache-zipf_hits", "cxx-st"), 80 / 60);
});

test("what has no ratio has none: crashes, zeros, nobody", () => {
    const { rows } = prepare(changed((data) => {
        data.rows[0].weft.median = 0;
        data.rows[1].peers["cxx-st"].median = 0;
    }));
    assert.deepEqual(rows[0].ratios, []);
    assert.ok(!rows[1].ratios.some(({ peer }) => peer === "cxx-st"));
    const list = rows.find(({ id }) => id === "W14_list-1e7");
    assert.deepEqual(list.crashes, ["cxx-st", "cxx-mt"]);
    assert.deepEqual(list.ratios.map(({ peer }) => peer), ["rust-rc", "cpython", "limit"]);
    assert.deepEqual(rows.find(({ best }) => best === null).ratios, []);
});

test("weft stands beside the best of those that are chosen, limits aside", () => {
    const { rows } = prepare(fresh());
    const counts = rows.find(({ id }) => id === "W3_refcount-hot");
    assert.equal(standing(counts, new Set(["cpython", "cxx-mt"])), "worse");
    assert.equal(standing(counts, new Set(["cxx-mt", "limit"])), "better");
    assert.equal(standing(counts, new Set(["limit"])), null);
    counts.weft.median = 0.6;
    counts.ratios.find(({ peer }) => peer === "cpython").ratio = 1.02;
    assert.equal(standing(counts, new Set(["cpython"])), "even");
});

test("a budget lies where its text says", () => {
    const row = { workload: "W", param: "p", unit: "ns", weft: { median: 7 },
        limit: { median: 8 }, peers: { "cxx-mt": { median: 50 }, gone: { crash: true } } };
    const other = { ...row, param: "q", weft: { median: 3 } };
    const byId = new Map([[rowId(row), row], [rowId(other), other]]);
    const at = (text) => budgetAt(text, row, byId);
    assert.equal(at("6 ns"), 6);
    assert.equal(at("0.75 x limit (is 0.88)"), 6);
    assert.equal(at("0.75 x limit (is 0.88) or 9 ns"), 9);
    assert.equal(at("0.75 x limit or 0.9 ns"), 6);
    assert.equal(at("0.1 x cxx-mt (is 0.14)"), 5);
    assert.equal(at("2 x weft q (is 2.33)"), 6);
    assert.equal(at("1.05 x limit r (is 2.21)"), null);
    assert.equal(at("1 x boehm"), null);
    assert.equal(at("1 x gone"), null);
    assert.equal(at("6 us"), null);
    assert.equal(at("quick enough"), null);
});

test("budgets are counted one by one", () => {
    const { met, missed, open } = prepare(fresh()).budgets;
    assert.deepEqual([met.length, missed.length, open.length], [4, 2, 1]);
});

test("no two peers have the same sign, weft's colour is its own", () => {
    const names = ["weft", "limit", "cxx-st", "cxx-mt", "cxx-st+mi", "rust-rc", "rust-arc",
        "rust-sip", "glib", "cpython", "python", "boehm", "nim", "luajit", "java", "node", "php",
        "perl", "ocaml"];
    const dressed = dress(names.map((name) => ({ name })));
    const signs = dressed.map(({ colour, shape }) => `${colour} ${shape}`);
    assert.equal(new Set(signs).size, names.length);
    assert.equal(dressed.filter(({ colour }) => colour === "var(--weft)").length, 1);
    assert.equal(dressed[5].colour, dressed[6].colour);
});

test("bins go from one limit to the next; empty ones are left out", () => {
    assert.deepEqual(binsOf([[8, 100], [16, 0], [32, 3]]),
        [{ from: 4, to: 8, count: 100 }, { from: 16, to: 32, count: 3 }]);
    assert.deepEqual(binsOf([[0, 5], [4, 1]]), [{ from: 2, to: 4, count: 1 }]);
    assert.deepEqual(binsOf([[5, 1]]), [{ from: 2.5, to: 5, count: 1 }]);
});

test("rows are sorted by numbers or words, those without at the end", () => {
    const rows = [{ a: 10 }, { a: null }, { a: 9 }, { a: undefined }, { a: 100 }];
    const order = (descending) => sorted(rows, ({ a }) => a, descending).map(({ a }) => a);
    assert.deepEqual(order(false), [9, 10, 100, null, undefined]);
    assert.deepEqual(order(true), [100, 10, 9, null, undefined]);
});

test("each word must be found, in any of a row's texts", () => {
    const { rows } = prepare(fresh());
    const found = (text, missed = false) => narrowed(rows, text, missed).map(({ id }) => id);
    assert.deepEqual(found("MILLION made"), ["W2_bulk-alloc_1e6"]);
    assert.equal(found("").length, rows.length);
    assert.deepEqual(found("w14"), ["W14_list-1e7"]);
    assert.deepEqual(found("nobody"), []);
    assert.deepEqual(found("", true), ["W2_bulk-alloc_1e6", "W16_memory-obj"]);
});

test("data in the page ends no tag, and stays what it was", () => {
    const hostile = { "</script>": "<!-- <script> \u2028 &amp; {{script}} $&" };
    const text = inert(hostile);
    assert.doesNotMatch(text, /[<\u2028]/);
    assert.deepEqual(JSON.parse(text), hostile);
});
