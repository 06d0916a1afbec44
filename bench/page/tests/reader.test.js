// SPDX-License-Identifier: MIT
//
// What a reader can do with the page, on a screen, a phone, paper; and what must not happen.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build, close, drawn, fine, fixture, marks, open, pageText } from "./browser.js";
import { lowContrast } from "./contrast.js";

const DATA = fixture();
let built, shared;

before(async () => {
    built = build(DATA);
    shared = await open(built);
});
after(close);

test("it opens from a file, without complaints and without the network", async () => {
    fine(shared);
    assert.deepEqual(await shared.page.evaluate(() =>
        [...document.querySelectorAll("[src], link, image, use")].map(({ outerHTML }) => outerHTML)
            .filter((text) => !text.includes('href="data:,"'))), []);
});

test("it says what was measured, where, and how, and that this is made up", async () => {
    const text = await shared.page.locator("header.masthead").innerText();
    for (const word of ["made-up figures for the test", "weft 0.0.0", "a made-up processor",
        "2000-01-01 00:00", "2 cores", "A quick run"]) {
        assert.ok(text.includes(word), word);
    }
    await shared.page.click("header.masthead summary");
    const all = await shared.page.locator("header.masthead").innerText();
    assert.ok(all.includes("rustc 0.0, made up") && all.includes("32K L1d"));
});

test("budgets are counted, those missed are named, each once", async () => {
    const tiles = await shared.page.locator(".tile").allInnerTexts();
    assert.ok(tiles.some((text) => /^4\s+of 7 budgets met/.test(text)), tiles.join());
    assert.ok(tiles.some((text) => /^2\s+missed/.test(text)));
    assert.ok(tiles.some((text) => /^1\s+not decided/.test(text)));
    const missed = await shared.page.locator(".missed-list li").allInnerTexts();
    assert.equal(missed.length, 2);
    assert.match(missed[0], /missed a million made\s+budget 4 ns \(is 6\.00.ns\)/);
});

test("the table has each row, with its figures", async () => {
    const { page } = shared;
    assert.equal(await page.locator("#table tbody tr:not(.group)").count(), DATA.rows.length);
    assert.equal(await page.locator("#table tr.group").count(),
        new Set(DATA.rows.map(({ group }) => group)).size);
    const heads = (await page.locator("#table thead button").allInnerTexts())
        .map((text) => text.replace(/[▲▼]/, "").trim());
    const cells = async (id) => {
        const texts = await page.locator(`tr[id="${id}"] > *`).allInnerTexts();
        return Object.fromEntries(heads.map((head, i) => [head, texts[i].trim()]));
    };
    const hot = await cells("W1_alloc_free-hot");
    assert.deepEqual({ ...hot, row: "" }, { row: "", unit: "ns", weft: "5.00",
        quartiles: "4.85 to 5.30", limit: "8.00", "best peer": "10.0 rust-rc",
        "weft / best": "0.50",
        budget: "✓ met 0.75 x limit (is 0.62)".replace(" met", "\u00a0met"), "cxx-st": "12.0",
        "cxx-mt": "14.0", "rust-rc": "10.0", cpython: "25.0", boehm: "" });
    const list = await cells("W14_list-1e7");
    assert.equal(list["cxx-mt"], "crash");
    assert.equal(list["rust-rc"], "8.00*");
    assert.match((await cells("W2_bulk-alloc_1e6")).budget, /✗.missed 4 ns/);
    assert.match((await cells("W3_refcount-hot")).budget, /\?.not decided 0\.1 x boehm/);
});

test("the table sorts, by a click and by a key", async () => {
    const { page } = shared;
    const order = () => page.locator("#table tbody tr:not(.group)").evaluateAll((lines) =>
        lines.map((line) => line.id));
    const medians = [...DATA.rows].sort((a, b) => a.weft.median - b.weft.median)
        .map(({ workload, param }) => `${workload}-${param}`);
    await page.click('#table thead button[data-name="weft"]');
    assert.deepEqual(await order(), medians);
    assert.equal(await page.getAttribute("#table thead th:nth-child(3)", "aria-sort"), "ascending");
    await page.keyboard.press("Enter");
    assert.deepEqual(await order(), medians.reverse());
    assert.equal(await page.getAttribute("#table thead th:nth-child(3)", "aria-sort"),
        "descending");
    await page.click('#table thead button[data-name="row"]');
    assert.equal((await order())[0], "W1_alloc_free-hot");
});

test("the table narrows, and an address brings back what was left out", async () => {
    const { page } = shared;
    const lines = page.locator("#table tbody tr:not(.group)");
    await page.fill("#filter", "w16 ref");
    assert.equal(await lines.count(), 1);
    assert.equal(await page.locator(".said").innerText(), "1 of 9 rows");
    await page.fill("#filter", "");
    await page.check("#missed-only");
    assert.equal(await lines.count(), 2);
    await page.evaluate(() => { location.hash = "#W14_list-1e7"; });
    const line = page.locator("#W14_list-1e7");
    await line.waitFor();
    assert.equal(await lines.count(), DATA.rows.length);
    assert.equal(await page.isChecked("#missed-only"), false);
    assert.equal(await line.evaluate((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight && document.activeElement === one;
    }), true);
});

test("names and roles: headings, labels, a caption", async () => {
    const { page } = shared;
    const unnamed = await page.evaluate(() =>
        [...document.querySelectorAll("section, nav, input, .table-scroll")].filter((one) =>
            !one.ariaLabel && !document.getElementById(one.getAttribute("aria-labelledby")) &&
            !(one.labels?.length > 0)).map((one) => one.outerHTML.slice(0, 80)));
    assert.deepEqual(unnamed, []);
    assert.equal(await page.locator("h1").count(), 1);
    assert.equal(await page.locator("#table caption").count(), 1);
    const silent = await page.evaluate(() => [...document.querySelectorAll(".plot svg")]
        .filter((svg) => !svg.closest("[aria-label]")?.closest(".plot")).length);
    assert.equal(silent, 0);
    const ids = await page.evaluate(() =>
        [...document.querySelectorAll("[id]")].map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length);
});

async function onPaper(page) {
    await page.emulateMedia({ media: "print" });
    const body = await page.evaluate(() => {
        const { color, backgroundColor } = getComputedStyle(document.body);
        return [color, backgroundColor];
    });
    assert.deepEqual(body, ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]);
    assert.equal(await page.isVisible("nav"), false);
    assert.ok((await page.pdf()).length > 10000);
}

for (const scheme of ["light", "dark"]) {
    test(`contrast is enough, ${scheme}; on paper it is black on white`, async () => {
        const opened = await open(built, { scheme });
        const { page } = opened;
        const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const bright = Number(/\d+/.exec(paper)[0]) > 128;
        assert.equal(bright, scheme === "light", paper);
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => {
            one.open = true;
        }));
        await drawn(page);
        assert.deepEqual([...new Set(await page.evaluate(lowContrast))], []);
        await onPaper(page);
        fine(opened);
        await page.context().close();
    });
}

test("on a phone nothing is wider than the screen", async () => {
    const opened = await open(built, { width: 360, height: 740 });
    const { page } = opened;
    await page.evaluate(() => document.querySelectorAll("main details").forEach((one) => {
        one.open = true;
    }));
    await page.waitForTimeout(200);         // the page looks at its sizes after 120 ms
    await drawn(page);
    assert.equal(await page.locator(".card .bars-plot svg").count(), DATA.rows.length);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 360);
    await page.evaluate(() => scrollTo(100, 0));
    assert.equal(await page.evaluate(() => scrollX), 0);
    fine(opened);
    await page.context().close();
});

test("what is missing breaks nothing", async () => {
    const data = fixture();
    for (const name of ["curves", "pauses", "versions", "weft", "rounds", "quick", "title"]) {
        delete data[name];
    }
    data.machine = {};
    data.rows = data.rows.filter(({ group }) => ["Objects", "Deep structures"].includes(group));
    data.rows[0].peers = {};
    data.rows[0].best = null;
    delete data.rows[0].budgets;
    delete data.rows[1].weft.low;
    delete data.rows[1].weft.high;
    data.rows[1].weft.median = 0;
    data.rows[2].limit = null;
    const opened = await open(data);
    for (const id of ["growth", "pauses", "memory"]) {
        assert.equal(await opened.page.locator(`#${id}`).count(), 0);
    }
    assert.equal(await opened.page.locator("#table tbody tr:not(.group)").count(), 3);
    assert.equal(await marks(opened.page, "#figures", "crashed"), 2);
    fine(opened);
    await opened.page.context().close();
});

test("texts of the file are only ever texts", async () => {
    const bad = `<img src=x onerror="alert(1)"></script><script>alert(2)</script>{{script}}$&'"`;
    const data = fixture();
    const poison = (value) => (typeof value === "string" ? value + bad : Array.isArray(value)
        ? value.map(poison) : value && typeof value === "object"
            ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, poison(one)]))
            : value);
    for (const name of ["title", "made", "weft"]) data[name] += bad;
    data.machine = poison(data.machine);
    data.versions = { [bad]: bad };
    data.peers[2].title = data.peers[3].title = bad;
    data.peers.push({ name: bad, title: bad, kind: bad });
    for (const row of data.rows) {
        for (const name of ["title", "group", "param", "unit"]) row[name] += bad;
        row.budgets = poison(row.budgets);
        row.peers[bad] = { median: 3, param: bad };
        if (row.best) row.best.peer += bad;
    }
    Object.assign(data.curves[0], { title: bad, name: bad, unit: bad });
    Object.assign(data.pauses[0], { title: bad, name: bad, unit: bad });
    data.curves[0].peers[bad] = [{ n: 1000, median: 1 }];
    data.pauses[0].peers[bad] = { p50: 1, counts: [[1, 1]] };
    const opened = await open(data);
    const { page } = opened;
    assert.equal(await page.locator("img").count(), 0);
    assert.equal(await page.locator("script").count(), 3);
    assert.ok((await page.locator(".subtitle").innerText()).includes(bad));
    await page.locator("#overview .dots_marks > *").first().hover({ force: true });
    await page.locator(".tooltip").waitFor();
    assert.equal(await page.locator(".tooltip *").count(), 0);
    assert.equal(await page.locator("#table tbody tr:not(.group)").count(), data.rows.length);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 1200);
    fine(opened);
    await page.context().close();
});

test("a broken file is refused, with what is wrong and where", () => {
    const refused = (data, pattern) => {
        const { status, stderr, out } = build(data);
        assert.equal(status, 1, stderr);
        assert.match(stderr, pattern);
        assert.throws(() => pageText(out), /ENOENT/);
    };
    refused('{ "made": "now", ', /results-\d+\.json: not JSON: .*line 1 column/);
    refused({ ...DATA, rows: undefined }, /results-\d+\.json: rows: a list is wanted/);
    refused({ ...DATA, rows: [{ ...DATA.rows[0], unit: 7 }] }, /rows\[0\]\.unit: a text.* is 7/);
});
