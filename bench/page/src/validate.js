// SPDX-License-Identifier: MIT
//
// Whether a file of results is one: a list of what is wrong with it, each with the place where it
// is. What may be missing, the page leaves out.

const STATISTICS = ["p50", "p90", "p99", "p999", "max"];

function shown(value) {
    if (value === undefined) return "nothing";
    const text = JSON.stringify(value);
    return text.length > 40 ? text.slice(0, 37) + "..." : text;
}

function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Checks of single values; each says what is wrong at `where`.
function checker(errors) {
    const wrong = (where, wanted, value) => {
        errors.push(`${where}: ${wanted} is wanted, there is ${shown(value)}`);
        return false;
    };
    return {
        wrong,
        object: (value, where) => isObject(value) || wrong(where, "an object", value),
        list: (value, where) => Array.isArray(value) || wrong(where, "a list", value),
        text: (value, where) =>
            (typeof value === "string" && value !== "") || wrong(where, "a text", value),
        number: (value, where) =>
            (typeof value === "number" && Number.isFinite(value) && value >= 0) ||
            wrong(where, "a number, not below 0,", value),
    };
}

// { median, low, high, n }: low and high may be missing, or else stand in order.
function checkFigure(check, figure, where) {
    if (!check.object(figure, where)) return;
    if (!check.number(figure.median, `${where}.median`)) return;
    for (const name of ["low", "high"]) {
        if (figure[name] != null) check.number(figure[name], `${where}.${name}`);
    }
    if (figure.low > figure.high) {
        check.wrong(where, "low at most as high as high", { low: figure.low, high: figure.high });
    }
}

function checkPeer(check, peer, where, known) {
    if (!check.object(peer, where)) return;
    if (check.text(peer.name, `${where}.name`)) {
        if (known.has(peer.name)) check.wrong(`${where}.name`, "a name of its own", peer.name);
        known.add(peer.name);
    }
    if (peer.title != null) check.text(peer.title, `${where}.title`);
}

// `entries` is an object, a key a peer; `checkEntry` looks at what it has.
function checkByPeer(check, entries, where, checkEntry) {
    if (!check.object(entries, where)) return;
    for (const [name, entry] of Object.entries(entries)) checkEntry(entry, `${where}.${name}`);
}

function checkFigureOrCrash(check, entry, where) {
    if (!isObject(entry) || entry.crash !== true) checkFigure(check, entry, where);
}

function checkRow(check, row, where) {
    if (!check.object(row, where)) return;
    for (const name of ["workload", "param", "group", "title", "unit"]) {
        check.text(row[name], `${where}.${name}`);
    }
    checkFigure(check, row.weft, `${where}.weft`);
    if (row.limit != null) checkFigureOrCrash(check, row.limit, `${where}.limit`);
    if (row.best != null && check.object(row.best, `${where}.best`)) {
        check.text(row.best.peer, `${where}.best.peer`);
        check.number(row.best.median, `${where}.best.median`);
        if (row.best.ratio != null) check.number(row.best.ratio, `${where}.best.ratio`);
    }
    if (row.budgets != null && check.list(row.budgets, `${where}.budgets`)) {
        row.budgets.forEach((budget, i) => {
            const at = `${where}.budgets[${i}]`;
            if (!check.object(budget, at)) return;
            check.text(budget.text, `${at}.text`);
            if (![true, false, null].includes(budget.met)) {
                check.wrong(`${at}.met`, "true, false or null", budget.met);
            }
        });
    }
    if (row.peers != null) {
        checkByPeer(check, row.peers, `${where}.peers`,
            (entry, at) => checkFigureOrCrash(check, entry, at));
    }
}

function checkCurve(check, curve, where) {
    if (!check.object(curve, where)) return;
    for (const name of ["name", "title", "unit"]) check.text(curve[name], `${where}.${name}`);
    checkByPeer(check, curve.peers, `${where}.peers`, (points, at) => {
        if (!check.list(points, at)) return;
        let before = 0;
        points.forEach((point, i) => {
            checkFigureOrCrash(check, point, `${at}[${i}]`);
            if (!isObject(point) || !check.number(point.n, `${at}[${i}].n`)) return;
            if (point.n <= before) check.wrong(`${at}[${i}].n`, "more than before", point.n);
            before = point.n;
        });
    });
}

function checkPause(check, pause, where) {
    if (!check.object(pause, where)) return;
    for (const name of ["name", "title", "unit"]) check.text(pause[name], `${where}.${name}`);
    checkByPeer(check, pause.peers, `${where}.peers`, (entry, at) => {
        if (!check.object(entry, at)) return;
        for (const name of STATISTICS) {
            if (entry[name] != null) check.number(entry[name], `${at}.${name}`);
        }
        if (entry.counts == null || !check.list(entry.counts, `${at}.counts`)) return;
        let before = -1;
        entry.counts.forEach((bin, i) => {
            const spot = `${at}.counts[${i}]`;
            if (!Array.isArray(bin) || bin.length !== 2) {
                check.wrong(spot, "a pair [at most, how many]", bin);
            } else if (check.number(bin[0], spot) && check.number(bin[1], spot)) {
                if (bin[0] <= before) check.wrong(spot, "more than the bin before", bin[0]);
                before = bin[0];
            }
        });
    });
}

function checkList(check, list, name, checkOne) {
    if (list == null || !check.list(list, name)) return;
    list.forEach((one, i) => checkOne(one, `${name}[${i}]`));
}

// All that is wrong with `data`, a line each; nothing where it can be shown.
export function validate(data) {
    const errors = [];
    const check = checker(errors);
    if (!check.object(data, "the file")) return errors;
    const known = new Set();
    check.text(data.made, "made");
    if (data.title != null) check.text(data.title, "title");
    check.object(data.machine, "machine");
    for (const name of ["versions", "missing"]) {
        if (data[name] != null) check.object(data[name], name);
    }
    if (check.list(data.peers, "peers")) {
        data.peers.forEach((peer, i) => checkPeer(check, peer, `peers[${i}]`, known));
    }
    if (check.list(data.rows, "rows")) {
        if (data.rows.length === 0) check.wrong("rows", "at least one row", data.rows);
        const seen = new Set();
        data.rows.forEach((row, i) => {
            checkRow(check, row, `rows[${i}]`);
            const id = JSON.stringify([row?.workload, row?.param]);
            if (seen.has(id)) check.wrong(`rows[${i}]`, "a row that was not there before", id);
            seen.add(id);
        });
    }
    checkList(check, data.curves, "curves", (one, at) => checkCurve(check, one, at));
    checkList(check, data.pauses, "pauses", (one, at) => checkPause(check, one, at));
    return errors;
}

// Reads text: { data, errors }.
export function parse(text) {
    try {
        const data = JSON.parse(text);
        return { data, errors: validate(data) };
    } catch (error) {
        const place = /line \d+/.test(error.message) ? "" : ` (${placeOf(error, text)})`;
        return { data: null, errors: [`not JSON: ${error.message.replace(/\s+/g, " ")}${place}`] };
    }
}

const TOKEN = /\s*("([^"\\]|\\.)*"|[-\d][\d.eE+-]*|true|false|null|[{}[\],:])/y;

// Line and column of a syntax error: where it says it is, or of the first thing that is no token.
function placeOf(error, text) {
    let offset = Number(/position (\d+)/.exec(error.message)?.[1] ?? NaN);
    if (Number.isNaN(offset)) {
        TOKEN.lastIndex = offset = 0;
        while (TOKEN.test(text)) offset = TOKEN.lastIndex;
        offset += /^\s*/.exec(text.slice(offset))[0].length;
    }
    const lines = text.slice(0, offset).split("\n");
    return `line ${lines.length} column ${lines.at(-1).length + 1}`;
}
