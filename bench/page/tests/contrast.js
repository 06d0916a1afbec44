// SPDX-License-Identifier: MIT
//
// Runs in the page: a list of what is hard to see.

// The contrast of each text with what is behind it, by WCAG's formula; and of signs with paper.
export function lowContrast() {
    const light = (colour) => {
        const [r, g, b] = colour.match(/[\d.]+/g).map(Number).map((value) => value / 255)
            .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
        const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
        return (high + 0.05) / (low + 0.05);
    };
    const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const { backgroundColor } = getComputedStyle(one);
            if (!/rgba\(.*, 0\)|transparent/.test(backgroundColor)) return backgroundColor;
        }
        return "rgb(255, 255, 255)";
    };
    const low = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 &&
            node.textContent.trim() !== "");
        if (!own || element.closest("script, noscript, .behind_marks, .figures_marks")) continue;
        const style = getComputedStyle(element);
        const colour = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
        const ratio = contrast(colour, behind(element));
        if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${element.textContent.slice(0, 30)}`);
    }
    const paper = getComputedStyle(document.body).backgroundColor;
    for (const sign of document.querySelectorAll(".swatch path, .bars_marks > *")) {
        const ratio = contrast(getComputedStyle(sign).fill, paper);
        if (ratio < 3) low.push(`${ratio.toFixed(2)} ${sign.getAttribute("fill")}`);
    }
    return low;
}
