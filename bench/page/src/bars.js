// SPDX-License-Identifier: MIT
//
// A row by itself: a bar from zero for each of weft and its peers, with a line from the first
// quartile to the third; the limit and the budgets are lines across all bars.

import { h, verdict } from "./dom.js";
import { amount } from "./format.js";
import { plot } from "./plot.js";

const STEP = 21;
const RULES = 5;            // pixels by which the lines across stand out above and below

function tip(title, figure, unit) {
    const lines = [title, amount(figure.median, unit)];
    if (figure.low != null && figure.high != null) {
        lines.push(`quartiles ${amount(figure.low, unit)} to ${amount(figure.high, unit)}`);
    }
    if (figure.n != null) lines.push(`${figure.n} samples`);
    return lines.join("\n");
}

// What there is to draw of a row: bars, crashes and lines across.
export function barsOf(model, choice, row) {
    const bars = [], crashes = [];
    const add = (peer, figure) => {
        const { colour, title } = model.peer(peer);
        const place = { name: peer, index: bars.length + crashes.length, colour };
        const other = figure.param && figure.param !== row.param ? ` (${figure.param})` : "";
        if (figure.crash) {
            crashes.push({ ...place, value: 0, text: "crash", tip: `${title}: crash` });
            return;
        }
        const low = figure.low ?? figure.median, high = figure.high ?? figure.median;
        bars.push({ ...place, value: figure.median, low, high,
            end: Math.max(high, figure.median), weight: peer === "weft" ? "bold" : "normal",
            text: amount(figure.median, row.unit) + (other ? "\u2009*" : ""),
            tip: tip(title + other, figure, row.unit) });
    };
    add("weft", row.weft);
    for (const { name } of model.peers) {
        if (row.peers[name] && choice.has(name)) add(name, row.peers[name]);
    }
    const rules = row.budgets.filter(({ at }) => at !== null).map(({ at, text }) => (
        { value: at, colour: "var(--budget)", tip: `budget: ${text}` }));
    const limit = row.limit && choice.has("limit") ? [{ value: row.limit.median,
        colour: "var(--limit)", tip: tip("limit", row.limit, row.unit) }] : [];
    return { bars, crashes, rules, limit };
}

function barsSpec(model, choice, row, width) {
    const { bars, crashes, rules, limit } = barsOf(model, choice, row);
    const all = [...bars, ...crashes];
    const left = 10 + 7.2 * Math.max(...all.map(({ name }) => Math.min(name.length, 12)));
    const height = all.length * STEP;
    const most = Math.max(...bars.map(({ end }) => end),
        ...[...rules, ...limit].map(({ value }) => value), 1e-9);
    const x = (field) => ({ field, type: "quantitative", axis: null,
        scale: { domain: [0, most], range: [left, width - 74] } });
    const y = { field: "y", type: "quantitative", axis: null,
        scale: { domain: [0, 1], range: [0, 1] } };
    const place = (one) => ({ ...one, y: (one.index + 0.5) * STEP });
    const colour = { field: "colour", type: "nominal", scale: null };
    const said = { tooltip: { field: "tip" }, description: { field: "tip" } };
    const across = (name, values, dash) => ({
        data: { values }, name,
        mark: { type: "rule", strokeWidth: 2, strokeDash: dash },
        encoding: { x: x("value"), y: { value: -RULES }, y2: { value: height + RULES },
            color: colour, ...said },
    });
    const placed = bars.map(place);
    return {
        width, height, padding: { left: 0, right: 0, top: RULES, bottom: RULES },
        description: `${row.title}: ${bars.map(({ name, text }) => `${name} ${text}`).join(", ")}`,
        layer: [
            { data: { values: placed }, name: "bars",
                mark: { type: "bar", height: 13, cornerRadiusEnd: 2 },
                encoding: { x: x("value"), x2: { datum: 0 }, y, color: colour, ...said } },
            { data: { values: placed }, name: "spread",
                mark: { type: "rule", strokeWidth: 1.5, color: "var(--ink)", aria: false },
                encoding: { x: x("low"), x2: { field: "high" }, y } },
            across("limit", limit, [1, 0]),
            across("budget", rules, [5, 3]),
            { data: { values: placed }, name: "figures",
                mark: { type: "text", align: "left", dx: 6, baseline: "middle", aria: false,
                    stroke: "var(--paper)", strokeWidth: 3, strokeJoin: "round" },
                encoding: { x: x("end"), y, text: { field: "text" } } },
            { data: { values: placed }, name: "figures_ink",
                mark: { type: "text", align: "left", dx: 6, baseline: "middle", aria: false,
                    fontWeight: { expr: "datum.weight" } },
                encoding: { x: x("end"), y, text: { field: "text" } } },
            { data: { values: all.map(place) }, name: "names",
                mark: { type: "text", align: "right", baseline: "middle", x: left - 7, limit: left,
                    aria: false, fontWeight: { expr: "datum.weight || 'normal'" } },
                encoding: { y, text: { field: "name" } } },
            { data: { values: crashes.map(place) }, name: "crashed",
                mark: { type: "text", align: "left", baseline: "middle", dx: 3,
                    fontWeight: "bold", color: "var(--bad)" },
                encoding: { x: x("value"), y, text: { field: "text" }, ...said } },
        ],
    };
}

function notes(row) {
    const lines = [];
    if (row.limit) {
        lines.push(h("li", {}, h("span", { class: "rule limit", "aria-hidden": "true" }),
            `limit ${amount(row.limit.median, row.unit)}`));
    }
    for (const { text, met } of row.budgets) {
        lines.push(h("li", {}, h("span", { class: "rule budget", "aria-hidden": "true" }),
            `budget ${text}: `, verdict(met)));
    }
    const others = new Map();
    for (const [name, { param }] of Object.entries(row.peers)) {
        if (param && param !== row.param) others.set(param, [...(others.get(param) ?? []), name]);
    }
    for (const [param, names] of others) {
        lines.push(h("li", {}, `* ${names.join(", ")}: ${param}`));
    }
    return lines.length > 0 ? h("ul", { class: "notes" }, lines) : null;
}

export function card(model, choice, row) {
    return h("article", { class: row.missed ? "card missed" : "card" },
        h("h4", {}, h("a", { href: `#${row.id}` }, row.title)),
        h("p", { class: "which" }, `${row.workload} ${row.param}`,
            row.more ? " · more is better" : ""),
        plot(h("div", { class: "bars-plot" }), (width) => barsSpec(model, choice, row, width)),
        notes(row));
}

export function cards(model, choice, rows) {
    return h("div", { class: "cards" }, rows.map((row) => card(model, choice, row)));
}
