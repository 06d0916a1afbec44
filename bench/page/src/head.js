// SPDX-License-Identifier: MIT
//
// The top of the page: what was measured and where, how to read it, and the budgets: how many are
// met, and by name those that are not.

import { h, verdict } from "./dom.js";
import { amount, plural } from "./format.js";
import { standings } from "./model.js";

function words(value) {
    return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

function definitions(title, entries) {
    const list = Object.entries(entries ?? {});
    return list.length === 0 ? null : h("div", {}, h("h3", {}, title),
        h("dl", {}, list.map(([name, value]) =>
            h("div", {}, h("dt", {}, name), h("dd", {}, words(value))))));
}

export function masthead(model) {
    const { data } = model;
    const { cpu, cores } = data.machine;
    const facts = [data.weft ? `weft ${data.weft}` : null, cpu ?? null,
        typeof cores === "number" ? plural(cores, "core") : null, data.made,
        typeof data.rounds === "number" ? plural(data.rounds, "round") : null];
    return h("header", { class: "masthead" },
        h("h1", {}, h("span", { class: "weft-name" }, "weft"), " beside its peers"),
        data.title ? h("p", { class: "subtitle" }, data.title) : null,
        h("p", { class: "lead" }, "weft gives C programs Python's memory model: reference counts, ",
            "weak references, and a collector for rings. This is what it costs, measured beside ",
            "other ways to the same."),
        h("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
        data.quick ? h("p", { class: "notice" },
            "A quick run: fewer repetitions, so its figures are rougher than those of a full one.")
            : null,
        h("details", {}, h("summary", {}, "The machine, versions, and what was compared"),
            h("div", { class: "about" },
                definitions("Machine", data.machine),
                definitions("Versions", { ...(data.weft ? { weft: data.weft } : {}),
                    ...data.versions }),
                definitions("Compared", Object.fromEntries(model.peers.map((peer) =>
                    [peer.name, peer.title]))),
                definitions("Not measured here", data.missing))));
}

// The budgets of a row that are missed, and by how much where their texts do not say it.
function missedRow(row) {
    const texts = row.budgets.filter(({ met }) => met === false).map(({ text }) => (
        /\(is /.test(text) ? text : `${text} (is ${amount(row.weft.median, row.unit)})`));
    return h("li", {}, verdict(false), " ", h("a", { href: `#${row.id}` }, row.title),
        texts.map((text) => h("span", { class: "wanted" }, `budget ${text}`)),
        h("span", { class: "which" }, `${row.workload} ${row.param}`));
}

function tile(count, name, kind) {
    return h("div", { class: `tile ${kind}` }, h("b", {}, String(count)), h("span", {}, name));
}

export function verdicts(model, choice) {
    const { met, missed, open } = model.budgets;
    const all = met.length + missed.length + open.length;
    const { better, even, worse } = standings(model.rows,
        new Set(choice.peers.map(({ name }) => name)));
    return h("section", { id: "budgets", "aria-labelledby": "budgets-title" },
        h("h2", { id: "budgets-title" }, "In short"),
        h("div", { class: "tiles" },
            tile(met.length, `of ${plural(all, "budget")} met`, "met"),
            tile(missed.length, "missed", "missed"),
            open.length > 0 ? tile(open.length, "not decided", "open") : null,
            tile(better, "rows ahead of the best peer", ""),
            tile(even, "level with it, within 3 %", ""),
            tile(worse, "rows behind it", "")),
        h("p", {}, "A budget is what weft means to stay within: a figure, or so many times what a ",
            "peer or the bare machine takes. The best peer is the best of all that ",
            "have the row, whatever else it does or does not do."),
        missed.length > 0 ? [h("h3", {}, `Missed: ${plural(missed.length, "budget")}`),
            h("ul", { class: "missed-list" }, model.rows.filter((row) => row.missed)
                .map(missedRow))] : null);
}

export function reading() {
    return h("section", { id: "reading", "aria-labelledby": "reading-title" },
        h("h2", { id: "reading-title" }, "How to read it"),
        h("p", {}, "Less is better, unless a row says otherwise. A figure is the median of all ",
            "repetitions; the line through the end of a bar goes from the first quartile to the ",
            "third. The ", h("i", {}, "limit"), " is what the machine or malloc allows with no ",
            "library in between. Programs took turns on one processor, so ratios mean more than ",
            "nanoseconds. Point at a mark for its figures; the table at the end has them all."));
}
