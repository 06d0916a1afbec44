// SPDX-License-Identifier: MIT
//
// All rows at a glance: weft is the line at 1, a peer the dot at how many times as long it takes
// (or as much as it needs). A dot on the left of the line is a peer that is better.

import { h, legend } from "./dom.js";
import { amount, number, round, times } from "./format.js";
import { standings } from "./model.js";
import { plot } from "./plot.js";

const EDGE = 92;            // pixels on the right, for crashes
const TICKS = [1, 2, 5].flatMap((digit) =>
    Array.from({ length: 17 }, (_, i) => digit * 10 ** (i - 6)));

function tip(model, row, { peer, figure, ratio }) {
    const other = figure.param && figure.param !== row.param ? ` (${figure.param})` : "";
    return `${model.peer(peer).title}${other}\n${row.title}\n` +
        `${amount(figure.median, row.unit)}; weft ${amount(row.weft.median, row.unit)}\n` +
        (Math.abs(ratio - 1) < 0.005 ? "the same"
            : ratio > 1 ? `weft is ${times(ratio)} better` : `weft is ${times(1 / ratio)} worse`);
}

// The dots, crashes and titles of a group's rows.
function marks(model, choice, rows) {
    const dots = [], crashes = [], titles = [];
    rows.forEach((row, index) => {
        titles.push({ index, title: row.title, tip: `${row.title}\n${row.workload} ${row.param}`,
            link: `#${row.id}` });
        for (const one of row.ratios.filter(({ peer }) => choice.has(peer))) {
            const { colour, shape } = model.peer(one.peer);
            dots.push({ index, ratio: one.ratio, colour, shape, peer: one.peer,
                tip: tip(model, row, one) });
        }
        const crashed = row.crashes.filter((peer) => choice.has(peer));
        if (crashed.length > 0) {
            crashes.push({ index,
                text: `✕ ${crashed.length} crash${crashed.length > 1 ? "" : "es"}`,
                tip: `crash: ${crashed.map((peer) => model.peer(peer).title).join(", ")}` });
        }
    });
    return { dots, crashes, titles };
}

function domainOf(dots) {
    const ratios = dots.map(({ ratio }) => ratio);
    return [Math.min(1 / 3, ...ratios) / 1.15, Math.max(10, ...ratios) * 1.15];
}

function ticksOf([low, high], width) {
    const decades = Math.log10(high / low);
    const room = width / decades;
    const fits = (tick) => tick >= low && tick <= high;
    const tens = TICKS.filter((tick) => fits(tick) && Math.log10(tick) % 1 === 0);
    return room > 150 ? TICKS.filter(fits) : room > 45 ? tens
        : tens.filter((tick) => Math.log10(tick) % 2 === 0);
}

// A plot's layers share these scales: x is a ratio, y pixels.
function scales(domain, range) {
    return {
        x: { field: "ratio", type: "quantitative", scale: { type: "log", domain, range },
            axis: null },
        y: (field) => ({ field, type: "quantitative", axis: null,
            scale: { domain: [0, 1], range: [0, 1] } }),
    };
}

function overviewSpec(model, choice, rows, width) {
    const wide = width >= 640;
    const labels = wide ? Math.min(440, width * 0.36) : 0;
    const step = wide ? 25 : 42;
    const { dots, crashes, titles } = marks(model, choice, rows);
    const left = wide ? labels : 6;
    const range = [left, width - (crashes.length > 0 && wide ? EDGE : 8)];
    const domain = domainOf(dots);
    const height = rows.length * step;
    const { x, y } = scales(domain, range);
    const at = (index) => index * step + (wide ? step / 2 : 29);
    const place = (one) => ({ ...one, y: at(one.index) });
    const ticks = ticksOf(domain, range[1] - range[0])
        .map((ratio) => ({ ratio, text: `${round(number(ratio))}×` }));
    const tickText = (baseline, position) => ({
        data: { values: ticks },
        mark: { type: "text", baseline, fontSize: 11.5, color: "var(--soft)", aria: false },
        encoding: { x, y: { value: position }, text: { field: "text" } },
    });
    const side = (text, align, dx) => ({
        data: { values: [{ ratio: 1, text }] },
        mark: { type: "text", align, dx, baseline: "bottom", fontSize: 12, fontWeight: "bold",
            color: "var(--soft)", aria: false },
        encoding: { x, y: { value: -24 }, text: { field: "text" } },
    });
    const placedTitles = titles.map((one) => (
        { ...one, y: one.index * step + (wide ? step / 2 : 11) }));
    const titleMark = { type: "text", align: wide ? "right" : "left", baseline: "middle",
        limit: wide ? labels - 16 : range[1] - (crashes.length > 0 ? 84 : 0), fontSize: 12.5,
        cursor: "pointer", x: wide ? labels - 14 : 2, aria: false };
    return {
        width, height, padding: { left: 0, right: 0, top: 42, bottom: 22 },
        description: `Ratios of the peers to weft, ${rows.length} rows; all figures are in the ` +
            "table at the end of the page",
        layer: [
            { data: { values: [{ ratio: domain[0], end: 1 }] }, name: "losing",
                mark: { type: "rect", color: "var(--losing)", aria: false },
                encoding: { x, x2: { field: "end" }, y: { value: 0 }, y2: { value: height } } },
            { data: { values: ticks }, name: "grid",
                mark: { type: "rule", color: "var(--line)", aria: false },
                encoding: { x, y: { value: 0 }, y2: { value: height } } },
            tickText("bottom", -6),
            tickText("top", height + 6),
            side(wide ? "◀ peer is better" : "◀ peer", "right", -8),
            side("weft is better ▶", "left", 8),
            { data: { values: rows.map((_, index) => ({ y: index * step })) }, name: "between",
                mark: { type: "rule", color: "var(--line)", aria: false },
                encoding: { y: y("y"), x: { value: 0 }, x2: { value: width } } },
            { data: { values: [{ ratio: 1 }] }, name: "weft",
                mark: { type: "rule", color: "var(--weft)", strokeWidth: 3, aria: false },
                encoding: { x, y: { value: 0 }, y2: { value: height } } },
            { data: { values: wide ? [] : placedTitles }, name: "behind",
                mark: { ...titleMark, stroke: "var(--paper)", strokeWidth: 4,
                    strokeJoin: "round" },
                encoding: { y: y("y"), text: { field: "title" } } },
            { data: { values: placedTitles }, name: "titles", mark: titleMark,
                encoding: { y: y("y"), text: { field: "title" }, tooltip: { field: "tip" },
                    href: { field: "link" } } },
            { data: { values: dots.map(place) }, name: "dots",
                mark: { type: "point", filled: true, size: 85, opacity: 1, stroke: "var(--paper)",
                    strokeWidth: 1 },
                encoding: { x, y: y("y"), fill: { field: "colour", type: "nominal", scale: null },
                    shape: { field: "shape", type: "nominal", scale: null },
                    tooltip: { field: "tip" }, description: { field: "tip" } } },
            { data: { values: crashes.map((one) => (
                { ...one, y: one.index * step + (wide ? step / 2 : 11) })) }, name: "crashes",
                mark: { type: "text", align: "right", baseline: "middle", x: width - 4,
                    fontSize: 11.5, fontWeight: "bold", color: "var(--bad)" },
                encoding: { y: y("y"), text: { field: "text" }, tooltip: { field: "tip" },
                    description: { field: "tip" } } },
        ],
    };
}

function scoreText(rows, choice) {
    const { better, even, worse } = standings(rows, choice.names);
    if (better + even + worse === 0) return "no peer of your choice has these rows";
    return [`weft ahead of the best peer in ${better}`, `level in ${even}`, `behind in ${worse}`]
        .join(", ");
}

function groupPlot(model, choice, group) {
    const score = h("p", { class: "score" }, scoreText(group.rows, choice));
    choice.onChange(() => { score.textContent = scoreText(group.rows, choice); });
    const names = new Set(group.rows.flatMap((row) => row.ratios.map(({ peer }) => peer)));
    const signs = h("div", {});
    const sign = () => signs.replaceChildren(legend(
        model.peers.filter(({ name }) => names.has(name) && choice.has(name))));
    choice.onChange(sign);
    sign();
    return h("article", { class: "overview-group" },
        h("h3", {}, group.name), score, signs,
        plot(h("div", { class: "overview-plot" }),
            (width) => overviewSpec(model, choice, group.rows, width)));
}

export function overview(model, choice) {
    return model.groups.filter(({ rows }) => rows.some(({ ratios }) => ratios.length > 0))
        .map((group) => groupPlot(model, choice, group));
}
