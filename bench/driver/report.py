# SPDX-License-Identifier: MIT
"""What is said of the figures on the terminal, and results.tsv."""
import os

from .budgets import judge, sum_up
from .table import CURVES, EXPONENTS, ROWS, params_of
from .tools import BUILD, short
from .workloads import WORKLOADS

MORE_IS_BETTER = {("W19_cache", "zipf_hits")}


def is_peer(name):
    return name != "weft" and not name.startswith("limit")


def best_of(figures, row):
    """The key of the best peer's figure, or None."""
    if (row.workload, row.param) in MORE_IS_BETTER:
        return None
    return figures.best(filter(is_peer, figures.peers()), row.workload,
                        params_of(row.param))


def shown(value):
    if value is None:
        return "-"
    if value >= 100000:
        return f"{value / 1e6:.2f}M"
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}" \
        if value >= 20 else f"{value:.2f}"


def line_of(figures, row):
    key = ("weft", row.workload, row.param)
    low, high = figures.quartiles(key)
    limit = figures.median(("limit", row.workload, row.param))
    best = best_of(figures, row)
    peer, ratio, name = "-", "-", ""
    if best is not None:
        peer = shown(figures.median(best))
        name = best[0] + ("" if best[2] == row.param else f" {best[2]}")
        number = figures.ratio(key, best)
        ratio = "-" if number is None else f"{number:.2f}"
    judged = judge(figures, row)
    met = [{True: "yes", False: "NO", None: "?"}[met] for _, met in judged]
    return (f"{row.workload} {row.param}",
            f"{shown(figures.median(key))} {figures.units[key]}",
            f"[{shown(low)}..{shown(high)}]" if low != high else "",
            shown(limit), peer, name, ratio,
            "; ".join(text for text, _ in judged), " ".join(met))


def print_table(figures):
    lines = [("workload", "weft", "[quartiles]", "limit", "best peer", "",
              "weft/peer", "budget", "met")]
    lines += [line_of(figures, row) for row in ROWS
              if figures.has(("weft", row.workload, row.param))]
    if len(lines) == 1:
        return
    widths = [max(len(line[i]) for line in lines) for i in range(9)]
    for line in lines:
        print("  ".join(cell.rjust(width) if i in (1, 3, 4, 6)
                        else cell.ljust(width)
                        for i, (cell, width) in enumerate(zip(line, widths)))
              .rstrip())
    print()


def curve_of(figures, peer, workload, name):
    """{exponent: key} of what the peer has of a curve."""
    keys = {exponent: (peer, workload, f"{name}_1e{exponent}")
            for exponent in EXPONENTS}
    return {exponent: key for exponent, key in keys.items() if figures.has(key)}


def curves_of(figures, workload, name):
    """{peer: {exponent: key}}, those with two sizes at least."""
    curves = {peer: curve_of(figures, peer, workload, name)
              for peer in figures.peers()}
    return {peer: keys for peer, keys in curves.items() if len(keys) > 1}


def print_curves(figures):
    for workload, name, title in CURVES:
        curves = curves_of(figures, workload, name)
        if not curves:
            continue
        unit = figures.units[next(iter(next(iter(curves.values())).values()))]
        print(f"{title}, {unit}".ljust(50) + "".join(
            f"1e{exponent}".rjust(9) for exponent in EXPONENTS))
        for peer, keys in curves.items():
            print(f"    {peer}".ljust(50) + "".join(
                shown(figures.median(keys[exponent])).rjust(9)
                if exponent in keys else " " * 9 for exponent in EXPONENTS)
                .rstrip())
        print()


def print_peers(figures):
    """Every figure there is, one line a row, one column a peer."""
    peers = figures.peers()
    rows = list(dict.fromkeys(key[1:] for key in figures.rounds))
    rows.sort(key=lambda row: WORKLOADS.index(row[0].split("_")[0]))
    widths = [max(9, len(peer)) + 1 for peer in peers]
    print("".join(["all medians".ljust(40)]
                  + [peer.rjust(width) for peer, width in zip(peers, widths)]))
    for row, param in rows:
        cells = [("crash" if figures.crashed((peer, row, param))
                  else shown(figures.median((peer, row, param)))
                  if figures.has((peer, row, param)) else "").rjust(width)
                 for peer, width in zip(peers, widths)]
        print("".join([f"{row} {param}".ljust(40)] + cells).rstrip())
    print()


def print_sum(figures):
    counts, missed = sum_up(figures, ROWS)
    for line in missed:
        print(f"missed: {line}")
    print(f"budgets: {counts[True]} met, {counts[False]} missed, "
          f"{counts[None]} not measured")


def write_tsv(figures):
    path = os.path.join(BUILD, "results.tsv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("peer\tworkload\tparam\tunit\tmedian\tlow\thigh\tn\n")
        for key in figures.rounds:
            samples = figures.samples(key)
            numbers = ["crash"] * 3
            if samples:
                numbers = [f"{number:.4f}" for number in
                           (figures.median(key), *figures.quartiles(key))]
            file.write("\t".join([*key, figures.units[key], *numbers,
                                  str(len(samples))]) + "\n")
    return short(path)
