// SPDX-License-Identifier: MIT
//
// Figures that go along an axis, a line a peer on logarithmic scales: how a row grows from 1e3 to
// 1e7, and how long pauses are from the median to the longest. And histograms of pauses.

import { h, legend } from "./dom.js";
import { amount, decade, number, tick as tickText, unitName } from "./format.js";
import { binsOf } from "./model.js";
import { plot } from "./plot.js";

const PERCENTILES = [["p50", "half"], ["p90", "90 %"], ["p99", "99 %"], ["p999", "99.9 %"],
    ["max", "longest"]];
const COLOUR = { field: "colour", type: "nominal", scale: null };

// Powers of ten within a domain, or 1, 2 and 5 of each where there are few.
function logTicks([low, high]) {
    const ticks = [];
    const few = Math.log10(high / low) < 2.4;
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
        for (const digit of few ? [1, 2, 5] : [1]) {
            const tick = digit * 10 ** power;
            if (tick >= low && tick <= high) ticks.push(tick);
        }
    }
    return ticks;
}

// Ticks with our texts: what an axis shows is looked up by the interpreter as any other datum.
function axisTexts(ticks, field, texts, mark, encoding) {
    return {
        data: { values: ticks.map((tick, i) => ({ [field]: tick, text: texts[i] })) },
        mark: { type: "text", fontSize: 11.5, color: "var(--soft)", aria: false, ...mark },
        encoding: { ...encoding, text: { field: "text" } },
    };
}

// Lines through `points`, [{ peer, x, y, low, high, tip }]; x is placed by `xScale`, whose ticks
// and their texts are given.
function linesSpec(model, points, { xScale, xTicks, xTexts, xTitle, unit, width, description }) {
    const dressed = points.map((point) => {
        const { colour, shape } = model.peer(point.peer);
        return { ...point, colour, shape };
    });
    const values = dressed.flatMap(({ y, low, high }) => [y, low, high]);
    const domain = [Math.min(...values) / 1.25, Math.max(...values) * 1.25];
    const height = Math.max(200, Math.min(300, width * 0.62));
    const left = 58, right = width - 16;
    const x = { field: "x", type: "quantitative", axis: null,
        scale: { ...xScale, range: [left + 10, right - 6] } };
    const y = (field) => ({ field, type: "quantitative", axis: null,
        scale: { type: "log", domain, range: [height, 0] } });
    const yTicks = logTicks(domain);
    const group = { field: "peer", type: "nominal" };
    const banded = dressed.filter(({ low, high }) => low !== high);
    const bySide = [dressed.filter(({ peer }) => peer !== "weft"),
        dressed.filter(({ peer }) => peer === "weft")];      // weft's on top of all
    return {
        width, height, padding: { left: 0, right: 0, top: 10, bottom: 38 }, description,
        layer: [
            { data: { values: yTicks.map((tick) => ({ y: tick })) }, name: "grid",
                mark: { type: "rule", color: "var(--line)", aria: false },
                encoding: { y: y("y"), x: { value: left }, x2: { value: right } } },
            axisTexts(yTicks, "y", yTicks.map((tick) => tickText(tick, unit)),
                { align: "right", baseline: "middle", x: left - 7 }, { y: y("y") }),
            axisTexts(xTicks, "x", xTexts, { baseline: "top", y: height + 8 }, { x }),
            { data: { values: [{ text: xTitle }] },
                mark: { type: "text", align: "right", baseline: "top", x: right, y: height + 24,
                    fontSize: 11.5, color: "var(--soft)", aria: false },
                encoding: { text: { field: "text" } } },
            { data: { values: banded }, name: "band",
                mark: { type: "area", opacity: 0.18, aria: false },
                encoding: { x, y: y("low"), y2: { field: "high" }, color: COLOUR,
                    detail: group } },
            ...bySide.flatMap((side, i) => [
                { data: { values: side }, name: i ? "weft_line" : "line",
                    mark: { type: "line", strokeWidth: i ? 3.2 : 1.7, aria: false },
                    encoding: { x, y: y("y"), color: COLOUR, detail: group } },
                { data: { values: side }, name: i ? "weft_points" : "points",
                    mark: { type: "point", filled: true, opacity: 1, size: i ? 80 : 60,
                        stroke: "var(--paper)", strokeWidth: 1 },
                    encoding: { x, y: y("y"), fill: COLOUR,
                        shape: { field: "shape", type: "nominal", scale: null },
                        tooltip: { field: "tip" }, description: { field: "tip" } } },
            ]),
        ],
    };
}

// A plot with a heading, and a legend that follows the choice of peers.
function figure(model, choice, title, which, peers, makeSpec) {
    const signs = h("div", {});
    const sign = () => signs.replaceChildren(legend(model.peers
        .filter(({ name }) => name in peers && choice.has(name))));
    choice.onChange(sign);
    sign();
    return h("article", { class: "card lines" }, h("h4", {}, title),
        h("p", { class: "which" }, which), signs,
        plot(h("div", { class: "lines-plot" }), makeSpec));
}

function curvePoints(model, choice, { peers, unit }) {
    return Object.entries(peers).filter(([peer]) => choice.has(peer))
        .flatMap(([peer, points]) => points
            .filter(({ n, median }) => n > 0 && median > 0)
            .map(({ n, median, low, high }) => ({
                peer, x: n, y: median, low: low > 0 ? low : median, high: high ?? median,
                tip: `${model.peer(peer).title}\n${number(n)}: ${amount(median, unit)}` +
                    (low != null && high != null
                        ? `\nquartiles ${amount(low, unit)} to ${amount(high, unit)}` : ""),
            })));
}

function curve(model, choice, one) {
    return figure(model, choice, one.title, `${one.name}, ${unitName(one.unit)}`, one.peers,
        (width) => {
            const points = curvePoints(model, choice, one);
            const sizes = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
            const ends = sizes.length > 0 ? [sizes[0], sizes.at(-1)] : [1, 10];
            const domain = ends[0] < ends[1] ? ends : [ends[0] / 2, ends[0] * 2];
            const ticks = sizes.filter((size) => Math.abs(Math.log10(size) % 1) < 1e-9);
            return linesSpec(model, points.length > 0 ? points : [], {
                xScale: { type: "log", domain }, xTicks: ticks, xTexts: ticks.map(decade),
                xTitle: "objects", unit: one.unit, width,
                description: `${one.title}, against the number of objects`,
            });
        });
}

export function curves(model, choice) {
    return h("div", { class: "cards wide" },
        model.curves.map((one) => curve(model, choice, one)));
}

function pausePoints(model, choice, { peers, unit }) {
    return Object.entries(peers).filter(([peer]) => choice.has(peer))
        .flatMap(([peer, entry]) => PERCENTILES
            .map(([name, words], x) => ({ name, words, x, y: entry[name] }))
            .filter(({ y }) => y > 0)
            .map(({ words, x, y }) => ({ peer, x, y, low: y, high: y,
                tip: `${model.peer(peer).title}\n${words}: ${amount(y, unit)}` })));
}

// `last` is the one below all others, which says for all what the scale is.
function histogramSpec(model, peer, bins, { domain, most, unit, last, width }) {
    const height = 58;
    const { colour, title } = model.peer(peer);
    const left = 42, right = width - 12;
    const scale = (range, type, ends) => ({ type, domain: ends, range });
    const x = (field) => ({ field, type: "quantitative", axis: null,
        scale: scale([left, right], "log", domain) });
    const y = (field) => ({ field, type: "quantitative", axis: null,
        scale: scale([height, 0], "symlog", [0, most]) });
    const ticks = logTicks(domain);
    const shown = ticks.filter((_, i) => i % Math.ceil(ticks.length / ((right - left) / 60)) === 0);
    const tops = [1, 1000, 1e6].filter((top) => top <= most);
    const values = bins.map((bin) => ({ ...bin, zero: 0, tip: `${title}\n` +
        `${number(bin.count)} of ${amount(bin.from, unit)} to ${amount(bin.to, unit)}` }));
    return {
        width, height, padding: { left: 0, right: 0, top: 6, bottom: last ? 24 : 4 },
        description: `How many pauses of ${title} were how long`,
        layer: [
            { data: { values: tops.map((top) => ({ y: top })) }, name: "grid",
                mark: { type: "rule", color: "var(--line)", aria: false },
                encoding: { y: y("y"), x: { value: left }, x2: { value: right } } },
            axisTexts(tops, "y", tops.map(decade),
                { align: "right", baseline: "middle", x: left - 7 }, { y: y("y") }),
            axisTexts(last ? shown : [], "x", shown.map((tick) => tickText(tick, unit)),
                { baseline: "top", y: height + 8 }, { x: x("x") }),
            { data: { values }, name: "bins",
                mark: { type: "rect", color: colour, stroke: "var(--paper)", strokeWidth: 1 },
                encoding: { x: x("from"), x2: { field: "to" }, y: y("count"),
                    y2: { field: "zero" }, tooltip: { field: "tip" },
                    description: { field: "tip" } } },
            { data: { values: [{}] }, name: "ground",
                mark: { type: "rule", color: "var(--soft)", aria: false },
                encoding: { y: { value: height }, x: { value: left }, x2: { value: right } } },
        ],
    };
}

// All histograms of a workload, on one pair of scales.
function histograms(model, choice, one) {
    const found = model.peers.filter(({ name }) => one.peers[name]?.counts?.length > 0)
        .map(({ name }) => ({ name, bins: binsOf(one.peers[name].counts) }))
        .filter(({ bins }) => bins.length > 0);
    if (found.length === 0) return null;
    const bins = found.flatMap((peer) => peer.bins);
    const domain = [Math.min(...bins.map(({ from }) => from)),
        Math.max(...bins.map(({ to }) => to))];
    const most = Math.max(...bins.map(({ count }) => count)) * 1.1;
    const lastShown = () => found.filter(({ name }) => choice.has(name)).at(-1)?.name;
    const parts = found.map(({ name, bins: own }) => {
        const part = h("div", { class: "histogram" },
            h("h5", {}, name === "weft" ? name : model.peer(name).title),
            plot(h("div", { class: "histogram-plot" }),
                (width) => histogramSpec(model, name, own,
                    { domain, most, unit: one.unit, last: name === lastShown(), width })));
        choice.onChange(() => { part.hidden = !choice.has(name); });
        return part;
    });
    return h("article", { class: "card lines" }, h("h4", {}, `How many pauses of which length`),
        h("p", { class: "small" }, `${one.title}; both scales logarithmic`), parts);
}

export function pauses(model, choice) {
    return h("div", { class: "cards wide" }, model.pauses.flatMap((one) => [
        figure(model, choice, one.title, `${one.name}, ${unitName(one.unit)}`,
            one.peers, (width) => linesSpec(model, pausePoints(model, choice, one), {
                xScale: { type: "linear", domain: [0, PERCENTILES.length - 1] },
                xTicks: PERCENTILES.map((_, i) => i),
                xTexts: PERCENTILES.map(([name, words]) => (width < 340 ? name : words)),
                xTitle: "of all pauses are at most so long", unit: one.unit, width,
                description: `${one.title}: percentiles of pauses`,
            })),
        histograms(model, choice, one),
    ].filter((part) => part !== null)));
}
