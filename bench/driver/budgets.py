# SPDX-License-Identifier: MIT
"""Which budgets are kept."""
from .rows import SAME


def judge_one(figures, row, budget, unit):
    """The budget in words; whether it is met, or None where that is not known.
    A budget is met that is exceeded by less than what is shown."""
    key = ("weft", row.workload, row.param)
    value = figures.median(key)
    most, *other = budget
    if not other:
        return f"{most:g} {unit}", round(value, 2) <= most
    peer, param, *or_most = other
    param = row.param if param is SAME else param
    ratio = figures.ratio(key, (peer, row.workload, param))
    text = f"{most:g} x {peer}" + ("" if param == row.param else f" {param}")
    met = None if ratio is None else round(ratio, 2) <= most
    if ratio is not None:
        text += f" (is {ratio:.2f})"
    if or_most:
        text += f" or {or_most[0]:g} {unit}"
        met = True if round(value, 2) <= or_most[0] else met
    return text, met


def judge(figures, row):
    """[(text, met), ...] of all budgets of the row, which has a figure."""
    unit = figures.units["weft", row.workload, row.param]
    return [judge_one(figures, row, budget, unit) for budget in row.budgets]


def sum_up(figures, rows):
    """How many budgets are met, missed, and not measured; the missed ones."""
    counts = {True: 0, False: 0, None: 0}
    missed = []
    for row in rows:
        if not figures.has(("weft", row.workload, row.param)):
            counts[None] += len(row.budgets)
            continue
        for text, met in judge(figures, row):
            counts[met] += 1
            if met is False:
                missed.append(f"{row.workload} {row.param}: {text}")
    return counts, missed
