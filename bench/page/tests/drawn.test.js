// SPDX-License-Identifier: MIT
//
// What is drawn, counted and measured against the data.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build, close, drawn, fine, fixture, marks, open } from "./browser.js";

const DATA = fixture();
const peersOf = (row) => Object.entries(row.peers ?? {});
let built, shared;

before(async () => {
    built = build(DATA);
    shared = await open(built);
});
after(close);

const sum = (list, count) => list.reduce((all, one) => all + count(one), 0);

test("at a glance: a dot a peer and a row, on the right side of weft's line", async () => {
    const wanted = sum(DATA.rows, (row) => peersOf(row).filter(([, one]) => one.median > 0).length +
        (row.limit ? 1 : 0));
    assert.equal(await marks(shared.page, "#overview", "dots"), wanted);
    const groups = await shared.page.evaluate(() =>
        [...document.querySelectorAll("#overview .overview-group")].map((group) => {
            const middle = (one) => {
                const { left, right, top, bottom } = one.getBoundingClientRect();
                return { x: (left + right) / 2, y: (top + bottom) / 2 };
            };
            const box = group.querySelector(".plot svg").getBoundingClientRect();
            return {
                name: group.querySelector("h3").textContent, height: box.height, top: box.top,
                line: middle(group.querySelector(".weft_marks > *")).x,
                dots: [...group.querySelectorAll(".dots_marks > *")].map((dot) =>
                    ({ ...middle(dot), text: dot.getAttribute("aria-label") })),
            };
        }));
    for (const { name, line, dots, top, height } of groups) {
        assert.ok(dots.length > 0, name);
        for (const { x, y, text } of dots) {
            const better = /weft is [\d.\s]+× better/.test(text);
            assert.equal(x > line, better, `${name}: ${text}`);
            assert.ok(y > top && y < top + height, `${name}: ${text}`);
        }
    }
    assert.equal(await marks(shared.page, "#overview", "crashes"), 1);
});

test("row by row: bars as long as the figures, crashes as text, limits and budgets", async () => {
    const cards = await shared.page.evaluate(() =>
        [...document.querySelectorAll(".bars-plot")].map((plot) => ({
            title: plot.parentElement.querySelector("h4").textContent,
            bars: [...plot.querySelectorAll(".bars_marks > *")].map((bar) => ({
                text: bar.getAttribute("aria-label"), width: bar.getBBox().width })),
            crashes: [...plot.querySelectorAll(".crashed_marks text")].map((one) =>
                one.textContent),
            spread: plot.querySelectorAll(".spread_marks > *").length,
            limit: plot.querySelectorAll(".limit_marks > *").length,
            budget: plot.querySelectorAll(".budget_marks > *").length,
        })));
    assert.equal(cards.length, DATA.rows.length);
    for (const row of DATA.rows) {
        const card = cards.find(({ title }) => title === row.title);
        const figures = [row.weft, ...peersOf(row).map(([, one]) => one)];
        const medians = figures.filter(({ crash }) => !crash).map(({ median }) => median);
        assert.equal(card.bars.length, medians.length, row.title);
        assert.equal(card.spread, medians.length, row.title);
        const scale = card.bars[0].width / medians[0];
        card.bars.forEach(({ width, text }, i) => assert.ok(
            Math.abs(width / scale - medians[i]) <= 0.02 * medians[i], `${row.title}: ${text}`));
        assert.deepEqual(card.crashes, figures.filter(({ crash }) => crash).map(() => "crash"));
        assert.equal(card.limit, row.limit ? 1 : 0, row.title);
        assert.equal(card.budget, row.budgets.filter(({ text }) => !/boehm/.test(text)).length);
    }
});

test("growth: a point a size, from left to right, a band where there are quartiles", async () => {
    const { page } = shared;
    const points = Object.entries(DATA.curves[0].peers);
    const count = (list) => sum(list, ([, one]) => one.length);
    const own = points.filter(([name]) => name === "weft");
    assert.equal(await marks(page, "#growth", "weft_points"), count(own));
    assert.equal(await marks(page, "#growth", "points"), count(points) - count(own));
    assert.equal(await page.locator("#growth svg .weft_line_marks path").count(), 1);
    assert.equal(await page.locator("#growth svg .mark-line path").count(), points.length);
    assert.equal(await page.locator("#growth svg .mark-area path").count(), points.length);
    const places = await page.evaluate(() =>
        [...document.querySelectorAll("#growth .weft_points_marks > *")].map((point) => {
            const { left, top } = point.getBoundingClientRect();
            return [left, top];
        }));
    const step = places[1][0] - places[0][0];
    assert.ok(step > 20);
    places.slice(1).forEach(([x, y], i) => {
        assert.ok(Math.abs(x - places[i][0] - step) < 1, "decades are equally far apart");
        assert.ok(y < places[i][1], "more takes longer");
    });
});

test("pauses: a point a percentile, a bar a bin", async () => {
    const [{ peers }] = DATA.pauses;
    const names = ["p50", "p90", "p99", "p999", "max"];
    const count = ({ ...entry }) => names.filter((name) => entry[name] !== undefined).length;
    assert.equal(await marks(shared.page, "#pauses", "weft_points"), count(peers.weft));
    assert.equal(await marks(shared.page, "#pauses", "points"),
        count(peers.cpython) + count(peers.boehm));
    assert.equal(await marks(shared.page, "#pauses", "bins"), sum(Object.values(peers),
        ({ counts = [] }) => counts.filter(([, n]) => n > 0).length));
});

test("peers can be left out, of all plots and of the table, and come back", async () => {
    const { page } = shared;
    const dots = await marks(page, "#overview", "dots");
    await page.click(".peers > summary");
    await page.uncheck('.chooser input[value="cpython"]');
    await drawn(page);
    assert.equal(await marks(page, "#overview", "dots"),
        dots - DATA.rows.filter(({ peers }) => peers.cpython).length);
    assert.equal(await page.locator("#growth svg .mark-line path").count(), 3);
    assert.equal(await page.locator('#table button[data-name="cpython"]').count(), 0);
    await page.click(".chooser button:text-is('none')");
    await drawn(page);
    assert.equal(await marks(page, "#overview", "dots"), 0);
    assert.equal(await marks(page, "#figures", "bars"),
        await page.locator("#figures .card").count());
    await page.click(".chooser button:text-is('all')");
    await drawn(page);
    assert.equal(await marks(page, "#overview", "dots"), dots);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".peers").evaluate((one) => one.open), false);
    fine(shared);
});

test("a mark says its figures when it is pointed at", async () => {
    const { page } = shared;
    const bar = page.locator(".bars_marks > *").nth(1);
    await bar.scrollIntoViewIfNeeded();
    await bar.hover({ force: true, position: { x: 3, y: 6 } });
    await page.locator(".tooltip").waitFor();
    assert.equal(await page.locator(".tooltip").innerText(),
        "C++ shared_ptr, one thread\n12.0\u00a0ns\nquartiles 11.6\u00a0ns to 12.7\u00a0ns\n" +
            "9 samples");
});

test("texts of a plot stay inside of it", async () => {
    const outside = await shared.page.evaluate(() =>
        [...document.querySelectorAll(".plot svg")].flatMap((svg) => {
            const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll("text")].filter((text) => {
                const { left, right, width } = text.getBoundingClientRect();
                return width > 0 && (left < box.left - 1 || right > box.right + 1);
            }).map((text) => text.textContent);
        }));
    assert.deepEqual(outside, []);
});

