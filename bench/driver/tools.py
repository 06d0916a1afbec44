# SPDX-License-Identifier: MIT
"""Where things are, and how commands are run."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BENCH = os.path.join(ROOT, "bench")
BUILD = os.path.join(ROOT, "build", "bench")

CC = os.environ.get("CC", "gcc")
CXX = os.environ.get("CXX", "g++")
CLANG = os.environ.get("CLANG", "clang")
RUSTC = os.environ.get("RUSTC", "rustc")
NIM = os.environ.get("NIM", "nim")
LUA = os.environ.get("LUA", "lua5.4")
LUAJIT = os.environ.get("LUAJIT", "luajit")
NODE = os.environ.get("NODE", "node")
PHP = os.environ.get("PHP", "php")
JAVA = os.environ.get("JAVA", "java")
JAVAC = os.environ.get("JAVAC", "javac")
QJS = os.environ.get("QJS", "qjs")


def say(text):
    print(text, file=sys.stderr, flush=True)


def shell(command):
    """Runs a line of shell at the project's root; both outputs are one."""
    return subprocess.run(command, shell=True, cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def first_line(command):
    """What a command says first, or None where it fails."""
    result = shell(command)
    lines = result.stdout.strip().splitlines()
    return lines[0].strip() if lines and not result.returncode else None


def short(path):
    """A path as one would type it at the root."""
    return os.path.relpath(path, ROOT)
