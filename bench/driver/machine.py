# SPDX-License-Identifier: MIT
"""What the figures are of: the machine, and who was compared."""
import glob
import os
import platform
import re
import time

from .building import versions
from .tools import ROOT


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def cpu():
    found = re.search(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo"), re.M)
    return found.group(1) if found else platform.processor() or "?"


def memory():
    found = re.search(r"^MemTotal:\s*(\d+) kB", read("/proc/meminfo"), re.M)
    return f"{int(found.group(1)) / 2 ** 20:.0f} GiB" if found else "?"


def caches():
    """Those of the first processor: "32K L1d, 1024K L2"."""
    words = []
    for folder in sorted(glob.glob("/sys/devices/system/cpu/cpu0/cache/index*")):
        level, kind, size = (read(f"{folder}/{name}").strip()
                             for name in ("level", "type", "size"))
        words.append(f"{size} L{level}{ {'Data': 'd', 'Instruction': 'i'}.get(kind, '') }")
    return ", ".join(words) or "?"


def weft_version():
    found = re.search(r'#define WEFT_VERSION "(.*)"',
                      read(os.path.join(ROOT, "include", "weft.h")))
    return found.group(1) if found else "?"


def about(peers, options):
    return {
        "made": time.strftime("%Y-%m-%d %H:%M"),
        "machine": {
            "cpu": cpu(), "cores": os.cpu_count(), "memory": memory(),
            "system": f"{platform.system()} {platform.release()} "
                      f"{platform.machine()}",
            "caches": caches()},
        "versions": versions(peers),
        "weft": weft_version(),
        "rounds": options.rounds,
        "quick": options.quick,
    }


def line(facts):
    """The same in a line."""
    where = facts["machine"]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (f"weft {facts['weft']}; {where['cpu']}, {where['cores']} processors"
            f" ({where['caches']}), {where['memory']}, {where['system']}, "
            f"load {load}; {facts['made']}")
