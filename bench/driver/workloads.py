# SPDX-License-Identifier: MIT
"""The workloads, and the families of programs that have them."""

FAMILIES = {
    "objects": "W1 W2 W3 W5 W6 W7 W8 W14 W15 W16",
    "rings": "W12 W13 W17 W18 W22",
    "weak": "W9 W10 W11 W20 W21 W23",
    "cache": "W19",
    "growth": "W23",
}
WORKLOADS = sorted({workload for workloads in FAMILIES.values()
                    for workload in workloads.split()},
                   key=lambda workload: int(workload[1:]))

# Only the first time of a process sees fresh memory: more processes, where there
# is one round.
AGAIN = {"W2": 3}

# These take peers minutes. They run in the first round only, and repeat less in
# it; weft and the limits run in the first two.
LONG = "W9 W10 W11 W12 W13 W17 W18 W20 W21 W22 W23".split()
LONG_REPETITIONS, LONG_MILLISECONDS = 3, 200

# What a program may take for one workload before it is given up.
MINUTES = {"objects": 5, "rings": 15, "weak": 15, "cache": 5, "growth": 10}


def families_of(workload):
    return [family for family, workloads in FAMILIES.items()
            if workload in workloads.split()]
