// SPDX-License-Identifier: MIT
//
// Puts the page together, from the results which the document has in it.

import { cards } from "./bars.js";
import { Choice, chooser } from "./choice.js";
import { h } from "./dom.js";
import { plural } from "./format.js";
import { masthead, reading, verdicts } from "./head.js";
import { curves, pauses } from "./lines.js";
import { prepare } from "./model.js";
import { overview } from "./overview.js";
import { redraw } from "./plot.js";
import { table } from "./table.js";

const OWN_SECTION = { Growth: "growth", Pauses: "pauses", Memory: "memory" };

function section(id, title, words, ...content) {
    return h("section", { id, "aria-labelledby": `${id}-title` },
        h("h2", { id: `${id}-title` }, title), words ? h("p", {}, words) : null, content);
}

function rowsOf(model, name) {
    return model.groups.find((group) => group.name === name)?.rows ?? [];
}

function figures(model, choice) {
    return model.groups.filter(({ name }) => !(name in OWN_SECTION)).map(({ name, rows }) =>
        fold(`${name}, ${plural(rows.length, "row")}`, cards(model, choice, rows)));
}

// Cards are many: where the screen is small they wait to be asked for.
function fold(title, content) {
    return h("details", { class: "group", open: matchMedia("(min-width: 40rem)").matches },
        h("summary", {}, h("h3", {}, title)), content);
}

function foldRows(model, choice, rows) {
    return rows.length === 0 ? null
        : fold(plural(rows.length, "row"), cards(model, choice, rows));
}

function sections(model, choice) {
    const found = [
        section("overview", "At a glance", "weft is the line at 1. A dot is a peer, at how many " +
            "times as much as weft it takes: right of the line weft is better, left of it (the " +
            "tinted part) the peer is. The scale is logarithmic, and each group has its own.",
        overview(model, choice)),
        section("figures", "Row by row", "Medians from zero, each row on its own scale; numbers " +
            "are beside the bars.", figures(model, choice)),
    ];
    const growth = rowsOf(model, "Growth");
    if (model.curves.length > 0 || growth.length > 0) {
        found.push(section("growth", "Growth", "What one operation takes when there are more and " +
            "more objects. Both scales are logarithmic; the band goes from quartile to quartile.",
        curves(model, choice), foldRows(model, choice, growth)));
    }
    const waits = rowsOf(model, "Pauses");
    if (model.pauses.length > 0 || waits.length > 0) {
        found.push(section("pauses", "Pauses", "How long a program waits for a collector: what " +
            "half of the pauses stay below, and so on to the longest. Logarithmic: a step up is " +
            "ten times as long.", pauses(model, choice), foldRows(model, choice, waits)));
    }
    const memory = rowsOf(model, "Memory");
    if (memory.length > 0) {
        found.push(section("memory", "Memory", "Bytes, everything included.",
            foldRows(model, choice, memory)));
    }
    return found;
}

function navigation(parts, choice, model) {
    const peers = h("details", { class: "peers" }, h("summary", {}, "Peers"),
        chooser(choice, model.peer("weft")));
    const summary = peers.querySelector("summary");
    choice.onChange(() => {
        const { size } = choice.names;
        summary.textContent = size === choice.peers.length ? "Peers" : `Peers (${size})`;
        redraw();
    });
    document.addEventListener("click", (event) => {
        if (!peers.contains(event.target)) peers.open = false;
    });
    peers.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
            peers.open = false;
            summary.focus();
        }
    });
    return h("nav", { "aria-label": "Parts of the page" },
        h("ul", {}, parts.map((part) => h("li", {},
            h("a", { href: `#${part.id}` }, part.querySelector("h2").textContent)))), peers);
}

function footer() {
    const texts = document.getElementById("licences")?.textContent.trim();
    return h("footer", {},
        h("p", {}, "Drawn with Vega-Lite. The page needs no network."),
        texts ? h("details", {}, h("summary", {}, "Licences of what this page contains"),
            h("pre", {}, texts)) : null);
}

function show() {
    const model = prepare(JSON.parse(document.getElementById("results").textContent));
    const choice = new Choice(model);
    const all = table(model, choice);
    const parts = [verdicts(model, choice), ...sections(model, choice),
        section("table", "All figures", null, all.element())];
    document.body.append(
        h("a", { class: "skip", href: "#table" }, "To the table"),
        masthead(model), navigation(parts, choice, model),
        h("main", {}, parts[0], reading(), parts.slice(1)), footer());
    window.addEventListener("beforeprint", () => {
        document.querySelectorAll("details.group").forEach((one) => { one.open = true; });
    });
    if (location.hash) {
        document.getElementById(location.hash.slice(1))?.scrollIntoView();
        all.goTo();
    }
}

try {
    show();
} catch (error) {
    console.error(error);
    document.body.append(h("p", { class: "notice", role: "alert" },
        `This page could not be drawn: ${error.message}`));
}
