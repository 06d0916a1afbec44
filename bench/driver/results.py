# SPDX-License-Identifier: MIT
"""results.json: everything the page shows."""
import json
import os

from .budgets import judge
from .report import best_of, curves_of
from .table import CURVES, HISTOGRAMS, ROWS, params_of
from .tools import BUILD, short

SHARES = ("p50", "p90", "p99", "p999", "max")


def number(value):
    return None if value is None else float(f"{value:.6g}")


def figure_of(figures, key):
    """{"median", "low", "high", "n"}, {"crash": true}, or None."""
    if figures.crashed(key):
        return {"crash": True}
    if not figures.has(key):
        return None
    low, high = figures.quartiles(key)
    return {"median": number(figures.median(key)), "low": number(low),
            "high": number(high), "n": len(figures.samples(key))}


def peers_of(figures, row):
    """Of all but weft and its limit: other limits may be among them."""
    found = {}
    for peer in figures.peers():
        if peer in ("weft", "limit"):
            continue
        key = figures.of_row(peer, row.workload, params_of(row.param)) \
            or (peer, row.workload, row.param)
        figure = figure_of(figures, key)
        if figure is not None:
            found[peer] = figure if "crash" in figure \
                else {**figure, "param": key[2]}
    return found


def row_of(figures, row):
    key = ("weft", row.workload, row.param)
    best = best_of(figures, row)
    return {
        "workload": row.workload, "param": row.param, "group": row.group,
        "title": row.title, "unit": figures.units[key],
        "weft": figure_of(figures, key),
        "limit": figure_of(figures, ("limit", row.workload, row.param)),
        "best": None if best is None else {
            "peer": best[0], "param": best[2],
            "median": number(figures.median(best)),
            "ratio": number(figures.ratio(key, best))},
        "budgets": [{"text": text, "met": met}
                    for text, met in judge(figures, row)],
        "peers": peers_of(figures, row),
    }


def curve_of(figures, workload, name, title):
    curves = curves_of(figures, workload, name)
    units = [figures.units[key] for keys in curves.values()
             for key in keys.values()]
    return units and {
        "name": name, "title": title, "unit": units[0],
        "peers": {peer: [{**figure_of(figures, key), "n": 10 ** exponent}
                         for exponent, key in keys.items()]
                  for peer, keys in curves.items()}}


def pauses_of(figures, workload, name, title):
    peers = {}
    for peer in figures.peers():
        shares = {share: number(figures.median((peer, workload,
                                                f"{name}_{share}")))
                  for share in SHARES}
        if shares["max"] is None:
            continue
        counts = figures.histogram((peer, workload, f"{name}_hist"))
        peers[peer] = {share: value for share, value in shares.items()
                       if value is not None}
        if counts is not None:
            peers[peer]["counts"] = counts
    return peers and {"name": name, "title": title, "unit": "us",
                      "peers": peers}


def peer_list(figures, peers):
    """Those with figures, in the table's order."""
    return [{"name": peer.name, "title": peer.title, "kind": peer.kind,
             "threads": peer.threads}
            for peer in peers if peer.name in figures.peers()]


def write_json(about, figures, peers):
    path = os.path.join(BUILD, "results.json")
    content = {
        **about,
        "peers": peer_list(figures, peers),
        "rows": [row_of(figures, row) for row in ROWS
                 if figures.has(("weft", row.workload, row.param))],
        "curves": list(filter(None, (curve_of(figures, *curve)
                                     for curve in CURVES))),
        "pauses": list(filter(None, (pauses_of(figures, *pauses)
                                     for pauses in HISTOGRAMS))),
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
    return short(path)
