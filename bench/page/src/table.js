// SPDX-License-Identifier: MIT
//
// The whole table: sorted by any column, narrowed by a text, or to the rows with a missed budget.
// Each row has an address, #workload-param.

import { h, verdict } from "./dom.js";
import { number, plural, unitName } from "./format.js";

function figure(value) {
    return value == null ? "" : number(value);
}

function cellOf(entry, row) {
    if (!entry) return "";
    if (entry.crash) return h("span", { class: "crash" }, "crash");
    const other = entry.param && entry.param !== row.param;
    return other ? h("abbr", { title: entry.param }, `${number(entry.median)}*`)
        : number(entry.median);
}

// A column: its name, what it shows, by what it sorts, whether it is of numbers.
function columnsOf(model, choice) {
    const state = ({ budgets }) => (budgets.length === 0 ? null
        : Math.min(...budgets.map(({ met }) => (met === false ? 0 : met === null ? 1 : 2))));
    return [
        { name: "row", key: (row) => row.index, head: true,
            cell: (row) => [row.title, h("span", { class: "which" },
                `${row.workload} ${row.param}`)] },
        { name: "unit", key: (row) => row.unit, cell: (row) => unitName(row.unit) },
        { name: "weft", numeric: true, own: true, key: (row) => row.weft.median,
            cell: (row) => figure(row.weft.median) },
        { name: "quartiles", key: (row) => (row.weft.high ?? 0) / row.weft.median,
            cell: ({ weft: { low, high } }) => (low == null || high == null ? ""
                : `${number(low)} to ${number(high)}`) },
        { name: "limit", numeric: true, key: (row) => row.limit?.median,
            cell: (row) => figure(row.limit?.median) },
        { name: "best peer", key: (row) => row.best?.peer, cell: ({ best }) => (!best ? ""
            : `${number(best.median)} ${best.peer}`) },
        { name: "weft / best", numeric: true, key: (row) => row.best?.ratio,
            cell: (row) => figure(row.best?.ratio) },
        { name: "budget", key: state, cell: (row) => row.budgets.map(({ text, met }) =>
            h("div", { class: "budget" }, verdict(met), ` ${text}`)) },
        ...model.peers.filter(({ name }) => name !== "limit" && name !== "weft" &&
            choice.names.has(name))
            .map(({ name, title }) => ({ name, title, numeric: true,
                key: (row) => row.peers[name]?.median,
                cell: (row) => cellOf(row.peers[name], row) })),
    ];
}

// Sorts by what a column says; what has no figure goes last, either way.
export function sorted(rows, key, descending) {
    const order = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
    const missing = (value) => value === null || value === undefined || Number.isNaN(value);
    return [...rows].sort((one, other) => {
        const [a, b] = [key(one), key(other)];
        if (missing(a) || missing(b)) return missing(a) - missing(b);
        return descending ? order(b, a) : order(a, b);
    });
}

// Rows in which each word of `text` is found, in whatever case.
export function narrowed(rows, text, missedOnly) {
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    return rows.filter((row) => {
        const all = [row.title, row.workload, row.param, row.group, row.unit, row.best?.peer,
            ...row.budgets.map((budget) => budget.text)].join(" ").toLowerCase();
        return (!missedOnly || row.missed) && wanted.every((word) => all.includes(word));
    });
}

class Table {
    constructor(model, choice) {
        this.choice = choice;
        this.model = model;
        this.rows = model.rows.map((row, index) => ({ ...row, index }));
        this.sort = { name: "row", descending: false };
        const change = () => this.show();
        this.text = h("input", { type: "search", id: "filter", input: change, size: "24",
            placeholder: "weak, W12, rust, …" });
        this.missed = h("input", { type: "checkbox", id: "missed-only", change });
        this.said = h("p", { class: "said", role: "status" });
        this.head = h("thead");
        this.body = h("tbody");
        choice.onChange(change);
        window.addEventListener("hashchange", () => this.goTo());
        this.show();
    }

    element() {
        return [
            h("div", { class: "filters" },
                h("label", { for: "filter" }, "Find"), this.text,
                h("label", {}, this.missed, " missed budgets only"), this.said),
            h("div", { class: "table-scroll", role: "region", tabindex: "0",
                "aria-label": "All figures, a table that scrolls" },
            h("table", {}, h("caption", {}, "Medians. weft / best: weft's part of what the best ",
                "peer takes; * another way to the same, named where one points at it."),
            this.head, this.body)),
        ];
    }

    sortBy(name) {
        const again = this.sort.name === name;
        this.sort = { name, descending: again && !this.sort.descending };
        this.show();
        [...this.head.querySelectorAll("button")].find((one) => one.dataset.name === name)?.focus();
    }

    headOf(column) {
        const sorts = this.sort.name === column.name;
        const way = this.sort.descending ? "descending" : "ascending";
        return h("th", { scope: "col", "aria-sort": sorts ? way : null,
            class: column.numeric ? "number" : null },
        h("button", { type: "button", "data-name": column.name, title: column.title,
            click: () => this.sortBy(column.name) }, column.name,
        h("span", { class: "arrow", "aria-hidden": "true" },
            sorts ? (this.sort.descending ? "▼" : "▲") : "")));
    }

    lineOf(row, columns) {
        return h("tr", { id: row.id, class: row.missed ? "missed" : null, tabindex: "-1" },
            columns.map((column) => (column.head
                ? h("th", { scope: "row" }, column.cell(row))
                : h("td", { class: [column.numeric ? "number" : "", column.own ? "own" : ""]
                    .join(" ").trim() || null }, column.cell(row)))));
    }

    show() {
        const columns = columnsOf(this.model, this.choice);
        const column = columns.find(({ name }) => name === this.sort.name) ?? columns[0];
        const found = narrowed(this.rows, this.text.value, this.missed.checked);
        const lines = [];
        let group = null;
        for (const row of sorted(found, column.key, this.sort.descending)) {
            if (column.head && row.group !== group) {
                group = row.group;
                lines.push(h("tr", { class: "group" },
                    h("th", { scope: "rowgroup", colspan: columns.length },
                        h("span", {}, group))));
            }
            lines.push(this.lineOf(row, columns));
        }
        this.head.replaceChildren(h("tr", {}, columns.map((one) => this.headOf(one))));
        this.body.replaceChildren(...lines);
        this.said.textContent = `${found.length} of ${plural(this.rows.length, "row")}`;
    }

    // To the row that the address names, even if it was not among those shown.
    goTo() {
        let id = "";
        try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
        if (!this.rows.some((row) => row.id === id)) return;
        if (!document.getElementById(id)) {
            this.text.value = "";
            this.missed.checked = false;
            this.show();
        }
        const line = document.getElementById(id);
        line.scrollIntoView({ block: "center" });
        line.focus({ preventScroll: true });
    }
}

export function table(model, choice) {
    return new Table(model, choice);
}
