# SPDX-License-Identifier: MIT
"""Builds the programs, those that changed, and finds out which there are."""
import hashlib
import os
import sys

from .tools import BENCH, BUILD, ROOT, first_line, say, shell
from .workloads import FAMILIES

BUILT = os.path.join(BUILD, "built")    # a file for each build: of what it was


def digest(*folders):
    """Of all that the files there say."""
    content = hashlib.sha256()
    for folder in folders:
        for path, folders_there, names in sorted(os.walk(folder)):
            folders_there.sort()
            for name in sorted(names):
                with open(os.path.join(path, name), "rb") as file:
                    content.update(name.encode() + b"\0" + file.read())
    return content.hexdigest()


def digest_of(kind):
    """What weft is built from, or a peer."""
    folders = [os.path.join(BENCH, family) for family in FAMILIES]
    if kind in ("weft", "limit"):
        folders += [os.path.join(ROOT, "src"), os.path.join(ROOT, "include")]
    kits = [os.path.join(BENCH, name) for name in sorted(os.listdir(BENCH))
            if os.path.isfile(os.path.join(BENCH, name))
            and name != "run" and not name.endswith(".md")]
    return digest(*folders) + "".join(
        hashlib.sha256(open(kit, "rb").read()).hexdigest() for kit in kits)


def build_one(command, sources):
    """Builds, unless that was done. The error, or None."""
    mark = os.path.join(BUILT, hashlib.sha256(command.encode()).hexdigest())
    if os.path.exists(mark):
        with open(mark, encoding="utf-8") as file:
            if file.read() == sources:
                return None
        os.remove(mark)
    result = shell(command)
    if result.returncode:
        return result.stdout
    with open(mark, "w", encoding="utf-8") as file:
        file.write(sources)
    return None


def build(peers):
    """Makes them; returns those there are, and why the others are missing."""
    os.makedirs(BUILT, exist_ok=True)
    there, missing, errors, digests = [], {}, {}, {}
    for peer in peers:
        if peer.kind not in digests:
            digests[peer.kind] = digest_of(peer.kind)
        if peer.build not in errors:
            errors[peer.build] = build_one(peer.build, digests[peer.kind])
        error = errors[peer.build]
        if error is None and peer.check:
            result = shell(peer.check)
            error = result.stdout if result.returncode else None
        if error is None:
            there.append(peer)
            continue
        lines = error.strip().splitlines() or ["?"]
        missing[peer.name] = lines[0][:70]
        say(f"missing: {peer.name} ({peer.title}): {missing[peer.name]}")
        if peer.kind == "weft":
            say(error)
            sys.exit(1)
    return there, missing


def versions(peers):
    """Tool: the line in which it says its version."""
    lines = {}
    for peer in peers:
        for tool, command in peer.version.items():
            if tool not in lines:
                lines[tool] = first_line(command) or "?"
    return lines
