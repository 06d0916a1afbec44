// SPDX-License-Identifier: MIT
//
// Elements of the page. Texts become text nodes and nothing else, whatever is in them.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        if (typeof value === "function") node.addEventListener(name, value);
        else node.setAttribute(name, value === true ? "" : String(value));
    }
    node.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined));
    return node;
}

// h("a", { href: "#x", click: f }, "text", h("b", {}, "more"))
export function h(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
}

const PATHS = {
    circle: "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0",
    square: "M-4.5,-4.5h9v9h-9z",
    "triangle-up": "M-5.2,4.2h10.4l-5.2,-9z",
    "triangle-down": "M-5.2,-4.2h10.4l-5.2,9z",
    diamond: "M0,-6l5,6l-5,6l-5,-6z",
    cross: "M-1.8,-5.4h3.6v3.6h3.6v3.6h-3.6v3.6h-3.6v-3.6h-3.6v-3.6h3.6z",
};
const STROKE = "M-1.2,-6h2.4v12h-2.4z";      // the limit's

// The sign of a peer, as in the plots.
export function swatch(peer) {
    return svg("svg", { viewBox: "-7 -7 14 14", class: "swatch", "aria-hidden": "true" },
        svg("path", { d: PATHS[peer.shape] ?? STROKE, fill: peer.colour }));
}

// What the signs of a plot mean.
export function legend(peers) {
    return h("ul", { class: "legend" }, peers.map((peer) =>
        h("li", { title: peer.title }, swatch(peer), peer.name)));
}

export function verdict(met) {
    const [name, sign, word] = met === true ? ["met", "✓", "met"]
        : met === false ? ["missed", "✗", "missed"] : ["open", "?", "not decided"];
    return h("span", { class: `verdict ${name}` },
        h("span", { "aria-hidden": "true" }, `${sign}\u00a0`), word);
}
