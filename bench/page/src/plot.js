// SPDX-License-Identifier: MIT
//
// Draws plots, when they are needed: those in sight first, all others when there is time. A plot is
// an element and a function which makes a specification for its width; it is drawn again when the
// width or the choice of peers changes.
//
// Colours are CSS variables in the SVG, so dark, light and paper need no other plot. Expressions
// are interpreted, not compiled: the page forbids itself to make code out of text.

import embed from "vega-embed";
import { expressionInterpreter } from "vega-interpreter";

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

const CONFIG = {
    background: null,
    font: FONT,
    view: { stroke: null },
    scale: { continuousPadding: 0 },     // ranges are exact: some are pixels
    axis: {
        labelColor: "var(--soft)", titleColor: "var(--soft)", gridColor: "var(--line)",
        domainColor: "var(--line)", tickColor: "var(--line)", labelFontSize: 11.5,
        titleFontSize: 11.5, titleFontWeight: "normal", labelFont: FONT, titleFont: FONT,
    },
    text: { font: FONT, fontSize: 12, color: "var(--ink)" },
};

const plots = new Map();        // element: { makeSpec, width, view, wanted }
const waiting = new Set();      // elements to be drawn
let working = false;

const tooltip = document.createElement("div");
tooltip.className = "tooltip";
tooltip.setAttribute("role", "tooltip");

// What vega calls when the pointer comes to a mark. Only ever text.
function showTooltip(handler, event, item, value) {
    if (value === null || value === undefined || value === "") {
        tooltip.hidden = true;
        return;
    }
    if (!tooltip.isConnected) document.body.append(tooltip);
    tooltip.textContent = String(value);
    tooltip.hidden = false;
    const { clientWidth, clientHeight } = document.documentElement;
    const x = Math.min(event.clientX + 14, clientWidth - tooltip.offsetWidth - 8);
    const above = event.clientY + 18 + tooltip.offsetHeight > clientHeight;
    const y = above ? event.clientY - tooltip.offsetHeight - 12 : event.clientY + 18;
    tooltip.style.left = `${Math.max(8, x)}px`;
    tooltip.style.top = `${Math.max(8, y)}px`;
}

function say() {
    document.documentElement.dataset.pending = String(waiting.size);
}

async function draw(element) {
    const plot = plots.get(element);
    const width = Math.floor(element.clientWidth);
    plot.width = width;
    if (width === 0) return;            // not shown: drawn when it is
    element.style.minHeight = `${element.offsetHeight}px`;      // nothing jumps meanwhile
    plot.view?.finalize();
    plot.view = null;
    const spec = plot.makeSpec(width);
    const result = await embed(element, { autosize: { type: "none" }, ...spec }, {
        mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false,
        ast: true, expr: expressionInterpreter, tooltip: showTooltip, config: CONFIG,
    });
    plot.view = result.view;
    element.style.minHeight = "";
}

const pause = () => new Promise((done) => setTimeout(done));

async function work() {
    if (working) return;
    working = true;
    while (waiting.size > 0) {
        const next = [...waiting].find((element) => plots.get(element).near) ??
            waiting.values().next().value;
        try {
            await draw(next);
        } catch (error) {
            console.error(error);
            next.textContent = "This plot could not be drawn.";
        }
        waiting.delete(next);
        say();
        await pause();          // the reader's clicks come first
    }
    working = false;
}

const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
        plots.get(target).near = isIntersecting;
    }
}, { rootMargin: "300px" });

let settle = null;

const sizes = new ResizeObserver(() => {
    clearTimeout(settle);
    settle = setTimeout(() => {
        for (const [element, plot] of plots) {
            const width = Math.floor(element.clientWidth);
            if (width !== 0 && plot.width !== undefined && plot.width !== width) {
                waiting.add(element);
            }
        }
        say();
        work();
    }, 120);
});

// `element` will have the plot that `makeSpec(width)` describes.
export function plot(element, makeSpec) {
    element.classList.add("plot");
    plots.set(element, { makeSpec, near: false });
    sight.observe(element);
    sizes.observe(element);
    waiting.add(element);
    say();
    setTimeout(work);
    return element;
}

// Something that all specifications depend on has changed.
export function redraw() {
    for (const element of plots.keys()) waiting.add(element);
    say();
    work();
}
