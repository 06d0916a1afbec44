// SPDX-License-Identifier: MIT
//
// What the page computes of the results before it draws: ratios to weft, groups of rows, where a
// budget lies on a row's own scale, who wins and who loses, a colour and a shape for each peer.
//
// A ratio is peer / weft: above 1 weft is better. Where more is better (hits of a cache) it is the
// other way round, so that above 1 still means that weft is better.

const SHAPES = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"];
const LIMIT_SHAPE = "M-0.28,-1.1h0.56v2.2h-0.56z";       // a stroke upright, as a path
const COLOURS = 8;

export const SAME = 0.03;       // ratios this near to 1 are called even

// "limit", and others of its kind: what is no peer.
export function isLimit(name) {
    return name.startsWith("limit");
}

export function rowId(row) {
    return `${row.workload}-${row.param}`.replace(/[^\w.-]/g, "_");
}

// A row says `better: "more"`, or is known by its name.
function moreIsBetter(row) {
    return row.better === "more" || /(^|_)hits$/.test(row.param);
}

// Relations share a colour; no two peers share colour and shape, while there are shapes left.
export function dress(peers) {
    const families = [];
    const taken = new Set();
    return peers.map((peer) => {
        const base = { ...peer, title: peer.title ?? peer.name };
        if (peer.name === "weft") return { ...base, colour: "var(--weft)", shape: "circle" };
        if (isLimit(peer.name)) return { ...base, colour: "var(--limit)", shape: LIMIT_SHAPE };
        const family = peer.name.split("-")[0].replace(/^cpython$/, "python");
        if (!families.includes(family)) families.push(family);
        const index = families.indexOf(family);
        const colour = `var(--c${index % COLOURS})`;
        const first = index % SHAPES.length;
        const shape = [...SHAPES.slice(first), ...SHAPES.slice(0, first)]
            .find((one) => !taken.has(colour + one)) ?? SHAPES[first];
        taken.add(colour + shape);
        return { ...base, colour, shape };
    });
}

// Where a budget lies in the row's unit; null where its text does not tell. It is one of
//     6 ns      0.75 x limit (is 0.66)      2 x weft remove_of_1e3      ... or 0.9 ns
export function budgetAt(text, row, byId) {
    const found = /^([\d.e+-]+) (?:x (\S+)(?: (?!\(|or )(\S+))?|(\S+))/.exec(text);
    if (!found) return null;
    const [, factor, peer, param, unit] = found;
    if (unit !== undefined) return unit === row.unit ? Number(factor) : null;
    const other = param === undefined ? row
        : byId.get(rowId({ workload: row.workload, param }));
    const figure = peer === "weft" ? other?.weft
        : peer === "limit" ? other?.limit : other?.peers?.[peer];
    const either = / or ([\d.e+-]+) (\S+)$/.exec(text);
    const most = either && either[2] === row.unit ? Number(either[1]) : null;
    if (figure?.median == null) return most;
    return Math.max(Number(factor) * figure.median, most ?? 0);
}

function ratiosOf(row, more) {
    const others = { ...row.peers };
    delete others.weft;
    delete others.limit;
    if (row.limit) others.limit = row.limit;          // a crash there is no figure
    const found = [];
    for (const [peer, figure] of Object.entries(others)) {
        if (figure.crash || !(figure.median > 0) || !(row.weft.median > 0)) continue;
        const ratio = more ? row.weft.median / figure.median : figure.median / row.weft.median;
        found.push({ peer, figure, ratio });
    }
    return found;
}

function prepareRow(row, byId) {
    const budgets = (row.budgets ?? []).map((budget) => (
        { ...budget, at: budgetAt(budget.text, row, byId) }));
    const peers = { ...row.peers };
    delete peers.weft;
    delete peers.limit;
    const more = moreIsBetter(row);
    return {
        ...row, id: rowId(row), more, budgets, peers,
        limit: row.limit?.median == null ? null : row.limit,
        best: row.best ?? null,
        ratios: ratiosOf(row, more),
        crashes: Object.keys(peers).filter((peer) => peers[peer].crash),
        missed: budgets.some((budget) => budget.met === false),
    };
}

// How weft stands beside the best of the peers named, limits aside: "better", "even", "worse", or
// null where there is none.
export function standing(row, names) {
    const ratios = row.ratios.filter(({ peer }) => !isLimit(peer) && names.has(peer))
        .map(({ ratio }) => ratio);
    if (ratios.length === 0) return null;
    const nearest = Math.min(...ratios);
    return Math.abs(nearest - 1) <= SAME ? "even" : nearest > 1 ? "better" : "worse";
}

export function standings(rows, names) {
    const counts = { better: 0, even: 0, worse: 0, alone: 0 };
    for (const row of rows) counts[standing(row, names) ?? "alone"]++;
    return counts;
}

function countBudgets(rows) {
    const all = rows.flatMap((row) => row.budgets.map((budget) => ({ row, ...budget })));
    return {
        met: all.filter(({ met }) => met === true),
        missed: all.filter(({ met }) => met === false),
        open: all.filter(({ met }) => met === null),
    };
}

// Those that are listed, and then those that only have figures.
function everyPeer(data) {
    const listed = data.peers.map((peer) => (peer.name === "weft"
        ? { ...peer, title: "weft" } : peer));
    const known = new Set(listed.map(({ name }) => name));
    for (const one of [...data.rows, ...(data.curves ?? []), ...(data.pauses ?? [])]) {
        for (const name of [...(one.limit ? ["limit"] : []), ...Object.keys(one.peers ?? {})]) {
            if (!known.has(name)) listed.push({ name, ...(isLimit(name) && { kind: "limit" }) });
            known.add(name);
        }
    }
    return known.has("weft") ? listed : [{ name: "weft", kind: "weft" }, ...listed];
}

// The bins of a histogram: { from, to, count }, without those that are empty.
export function binsOf(counts) {
    const factor = counts.length > 1 && counts[0][0] > 0 ? counts[1][0] / counts[0][0] : 2;
    return counts.map(([to, count], i) => (
        { from: i > 0 ? counts[i - 1][0] : to / factor, to, count }))
        .filter(({ to, count }) => to > 0 && count > 0)
        .map((bin) => ({ ...bin, from: bin.from > 0 ? bin.from : bin.to / factor }));
}

export function prepare(data) {
    const byId = new Map(data.rows.map((row) => [rowId(row), row]));
    const rows = data.rows.map((row) => prepareRow(row, byId));
    const groups = [];
    for (const row of rows) {
        let group = groups.find(({ name }) => name === row.group);
        if (!group) groups.push(group = { name: row.group, rows: [] });
        group.rows.push(row);
    }
    const listed = dress(everyPeer(data));
    const title = new Map(listed.map((peer) => [peer.name, peer]));
    return {
        data, rows, groups, peers: listed,
        peer: (name) => title.get(name) ?? dress([{ name }])[0],
        curves: data.curves ?? [],
        pauses: data.pauses ?? [],
        budgets: countBudgets(rows),
    };
}
