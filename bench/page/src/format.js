// SPDX-License-Identifier: MIT
//
// Figures in words: three digits that count, and the unit in which they are short.

const TIMES = ["ns", "us", "ms", "s"];
const SIZES = ["B", "kB", "MB", "GB"];
const SHOWN = { us: "µs" };

// Three significant digits; what is long gets thin spaces.
export function number(value) {
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size >= 99.95) {
        return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, "\u2009");
    }
    if (size >= 9.995) return value.toFixed(1);
    if (size >= 0.01) return value.toFixed(2);
    return value.toPrecision(2);
}

// "5.60 ns", "2.70 s": goes up to the next unit where the number would be long.
export function amount(value, unit) {
    const ladder = [TIMES, SIZES].find((units) => units.includes(unit));
    let step = ladder ? ladder.indexOf(unit) : 0;
    const longest = ladder === SIZES ? 10000 : 1000;
    const exact = ladder === SIZES && Number.isInteger(value) && value < longest;
    while (ladder && Math.abs(value) >= 1000 && step + 1 < ladder.length &&
        (step > 0 || Math.abs(value) >= longest)) {
        value /= 1000;
        step++;
    }
    const name = ladder ? ladder[step] : unit;
    return `${exact ? value : number(value)}\u00a0${SHOWN[name] ?? name}`;
}

// The same for the ticks of an axis, which are round: "10 ns".
export function tick(value, unit) {
    const [digits, ...rest] = amount(value, unit).split("\u00a0");
    return [round(digits), ...rest].join("\u00a0");
}

export function round(digits) {
    return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}

export function unitName(unit) {
    return SHOWN[unit] ?? unit;
}

export function times(ratio) {
    return `${number(ratio)}×`;
}

// 1000 as 10³: for what goes up in decades.
export function decade(value) {
    const power = Math.round(Math.log10(value));
    if (Math.abs(value - 10 ** power) > 1e-9 * value) return number(value);
    const digits = [..."⁰¹²³⁴⁵⁶⁷⁸⁹"];
    return "10" + [...String(power)].map((one) => (one === "-" ? "⁻" : digits[one])).join("");
}

export function plural(count, word) {
    return `${count} ${word}${count === 1 ? "" : "s"}`;
}
