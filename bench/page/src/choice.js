// SPDX-License-Identifier: MIT
//
// Which peers are compared: one choice for the whole page. weft always is.

import { h, swatch } from "./dom.js";

export class Choice {
    constructor(model) {
        const figured = new Set(model.rows.flatMap((row) => Object.keys(row.peers)));
        for (const { peers } of [...model.curves, ...model.pauses]) {
            Object.keys(peers).forEach((name) => figured.add(name));
        }
        if (model.rows.some(({ limit }) => limit)) figured.add("limit");
        this.peers = model.peers.filter(({ name }) => name !== "weft" && figured.has(name));
        this.names = new Set(this.peers.map(({ name }) => name));
        this.listeners = [];
    }

    has(name) {
        return name === "weft" || this.names.has(name);
    }

    onChange(listener) {
        this.listeners.push(listener);
    }

    set(names) {
        this.names = new Set(names);
        this.listeners.forEach((listener) => listener());
    }
}

const KINDS = [
    ["counts", "counts references"],
    ["traces", "traces, or collects rings"],
    ["limit", "no library in between"],
];

// A fieldset a kind of peer, and buttons for all and none.
export function chooser(choice, weft) {
    const boxes = new Map();
    const apply = () => choice.set([...boxes].filter(([, box]) => box.checked)
        .map(([name]) => name));
    const tick = (wanted) => {
        for (const [name, box] of boxes) box.checked = wanted(name);
        apply();
    };
    const one = (peer) => {
        const box = h("input", { type: "checkbox", value: peer.name, change: apply });
        box.checked = true;
        boxes.set(peer.name, box);
        return h("label", {}, box, swatch(peer), h("span", {},
            h("b", {}, peer.name), peer.title === peer.name ? null : ` ${peer.title}`));
    };
    const kinds = [...KINDS];
    for (const { kind } of choice.peers) {
        if (!kinds.some(([name]) => name === kind)) kinds.push([kind, kind ?? "others"]);
    }
    const fields = kinds.map(([kind, words]) => {
        const members = choice.peers.filter((peer) => peer.kind === kind);
        return members.length === 0 ? null : h("fieldset", {},
            h("legend", {}, words), members.map(one));
    });
    return h("div", { class: "chooser" },
        h("p", { class: "weft-sign" }, swatch(weft), h("b", {}, "weft"), " is always shown"),
        fields,
        h("p", { class: "buttons" },
            h("button", { type: "button", click: () => tick(() => true) }, "all"),
            h("button", { type: "button", click: () => tick(() => false) }, "none"),
            threadButtons(choice, tick)));
}

// Peers whose counts stand threads, or do not: the fair comparison depends on the program.
function threadButtons(choice, tick) {
    const safe = new Set(choice.peers.filter(({ threads }) => threads).map(({ name }) => name));
    if (safe.size === 0 || safe.size === choice.peers.length) return null;
    return [
        h("button", { type: "button", click: () => tick((name) => safe.has(name)) },
            "those for threads"),
        h("button", { type: "button", click: () => tick((name) => !safe.has(name)) },
            "those for one thread"),
    ];
}
