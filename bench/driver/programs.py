# SPDX-License-Identifier: MIT
"""The programs that are measured: one entry a peer.

A program belongs to a family, which is a folder of bench/: `objects`, `rings`,
`weak`, `cache`, `growth`. It is called with the name of one workload as its last
argument, and prints a line for each figure, its fields separated by tabs:

    peer  workload  param  unit  sample  sample ...

A sample may be `crash`. Variables of the environment say how much it repeats:
BENCH_REPETITIONS at most, BENCH_MILLISECONDS after which three are enough, and
BENCH_LARGE=0 where ten million objects are too many. See bench.h.
"""
import glob
import os
import shlex
import sys
from dataclasses import dataclass, field

from .tools import (BENCH, BUILD, CC, CLANG, CXX, JAVA, JAVAC, LUA, LUAJIT,
                    NIM, NODE, PHP, QJS, ROOT, RUSTC, first_line)

PHP_JIT = ["-d", "opcache.enable_cli=1", "-d", "opcache.jit=tracing",
           "-d", "opcache.jit_buffer_size=64M"]


@dataclass
class Peer:
    name: str                   # what its programs print
    title: str                  # in words
    kind: str                   # "counts" (an object is freed at once),
                                # "traces" (later), "limit", "weft"
    run: dict                   # family: the command, a list
    build: str = ""             # commands of the shell that make it; all that
                                # share one text are built together
    check: str = ""             # what else must be there: such a command, run
                                # each time
    threads: bool = False       # counts may be changed by several threads
    works: str = ""             # the workloads its programs have; "": ask all
    version: dict = field(default_factory=dict)     # tool: asks its version
    environment: dict = field(default_factory=dict)
    names: dict = None          # what it prints: whose figures these are. All
                                # else it prints is dropped. None: as printed


# The programs' loops begin at multiples of 32 bytes, weft's and the peers'. Where
# they come to lie else makes a loop of a nanosecond take half or twice of that.
ALIGN = "-falign-loops=32"
C_FLAGS = f"-std=gnu11 -O2 {ALIGN}"


def build_weft():
    """libweft.a by plain cc, then the programs."""
    steps = [f"mkdir -p {BUILD}/weft.o", f"rm -f {BUILD}/libweft.a"]
    objects = []
    for source in sorted(glob.glob(os.path.join(ROOT, "src/*/*.c"))):
        source = os.path.relpath(source, ROOT)
        target = f"{BUILD}/weft.o/{source.replace('/', '_')}.o"
        objects.append(target)
        steps.append(f"{CC} -std=c11 -O2 -Iinclude -c {source} -o {target}")
    steps.append(f"ar rcs {BUILD}/libweft.a {' '.join(objects)}")
    steps += [f"{CC} {C_FLAGS} -Wall -Iinclude bench/{family}/weft.c "
              f"{BUILD}/libweft.a -o {BUILD}/weft-{family} -lpthread -lm"
              for family in ("objects", "rings", "weak", "cache", "growth")]
    return " && ".join(steps)


def build_cxx(name, flags):
    return " && ".join(
        f"{CXX} -std=c++17 -O2 {ALIGN} -Wall {flags} bench/{family}/cxx.cc "
        f"-o {BUILD}/{name}-{family} -lpthread"
        for family in ("objects", "weak", "cache", "growth"))


def build_rust():
    return " && ".join(f"{RUSTC} -O -C llvm-args=-align-loops=32 --edition 2021 bench/{family}/rust.rs "
                       f"-o {BUILD}/rust-{family}"
                       for family in ("objects", "weak", "growth"))


def build_glib():
    flags = "$(pkg-config --cflags --libs gobject-2.0)"
    return " && ".join(["pkg-config --exists --print-errors gobject-2.0"] + [
        f"{CC} {C_FLAGS} -Wall bench/{family}/glib.c "
        f"-o {BUILD}/glib-{family} {flags}"
        for family in ("objects", "weak", "growth")])


def python_command():
    """A CPython with headers: the system's, as it was built with more care
    than others usually are, or the one that runs this."""
    for python in ("/usr/bin/python3", sys.executable):
        asked = first_line(
            f"{shlex.quote(python)} -c 'import sysconfig, sys; print(sys."
            "implementation.name, sysconfig.get_paths()[\"include\"])'")
        kind, _, include = (asked or "").partition(" ")
        if kind == "cpython" and os.path.exists(f"{include}/Python.h"):
            return python, include
    return sys.executable, None


def build_cpython(include):
    if include is None:
        return "echo no CPython with Python.h; false"
    return " && ".join(
        f"{CC} {C_FLAGS} -Wall -fPIC -shared -I{shlex.quote(include)} "
        f"bench/{family}/cpython.c -o {BUILD}/{module}.so"
        for family, module in (("objects", "_bench"), ("rings", "_bench_gc"),
                               ("weak", "_bench_weak"),
                               ("growth", "_bench_growth")))


def build_limit():
    return (f"{CC} {C_FLAGS} -Wall bench/growth/limit.c "
            f"-o {BUILD}/limit-growth")


def build_boehm():
    return " && ".join(f"{CC} {C_FLAGS} -Wall bench/{family}/boehm.c "
                       f"-o {BUILD}/boehm-{family} -lgc"
                       for family in ("objects", "rings"))


def build_nim():
    return " && ".join(f"{NIM} c --hints:off -d:release --mm:orc "
                       f"--passC:{ALIGN} "
                       f"--nimcache:{BUILD}/nim-cache-{family} "
                       f"-o:{BUILD}/nim-{family} bench/{family}/nim.nim"
                       for family in ("objects", "rings"))


def build_java():
    return (f"{JAVAC} -d {BUILD}/java bench/Bench.java "
            "bench/objects/Objects.java bench/rings/Rings.java "
            "bench/weak/Weak.java")


def other_malloc(name, library, kind, run, steps, threads=False, also="true"):
    """A program there is already, with another malloc put in its place: in the
    rows in which it matters. Were the library missing, the system would only
    say so, and go on without."""
    mine = f"{name}+{library[:2]}"
    preload = f"lib{library}.so.2"
    return Peer(mine, f"{name} on {library}", kind, run, steps,
                check=f"{also} && ! LD_PRELOAD={preload} env true 2>&1 | grep .",
                threads=threads, works="W1 W2 W8 W14 W15 W16 W23",
                environment={"LD_PRELOAD": preload}, names={name: mine})


def programs():
    """All peers, in the order in which they take turns and are shown."""
    python, include = python_command()

    def module(name):
        return [python, "-c", f"import sys, {name}; {name}.main(sys.argv[1:])"]

    def built(name, *families):
        return {family: [f"{BUILD}/{name}-{family}"] for family in families}

    def text(name):
        return os.path.join(BENCH, name)

    def rust(name, *families):
        return {family: [f"{BUILD}/rust-{family}", name]
                for family in families}

    def scripts(ending, *command):
        name = "js" if ending == "mjs" else ending
        return {family: [*command, text(f"{family}/{name}.{ending}")]
                for family in ("objects", "rings", "weak")}

    def java(name):
        return [JAVA, "-XX:+UseSerialGC", "-Xmx8g", "-cp", f"{BUILD}/java",
                name]

    gxx = {"c++": f"{CXX} --version"}
    rustc = {"rustc": f"{RUSTC} --version"}
    asked = {"python": f"{shlex.quote(python)} --version"}
    luajit = {"luajit": f"{LUAJIT} -v"}

    return [
        Peer("weft", "weft", "weft",
             built("weft", "objects", "rings", "weak", "cache", "growth"),
             build_weft(), version={"cc": f"{CC} --version"}),
        Peer("limit", "what the machine allows", "limit",
             built("limit", "growth"),
             build_limit()),
        Peer("cxx-st", "C++ shared_ptr, one thread", "counts",
             built("cxx-st", "objects", "weak", "cache", "growth"),
             build_cxx("cxx-st", ""), version=gxx),
        Peer("cxx-mt", "C++ shared_ptr, with threads", "counts",
             built("cxx-mt", "objects", "weak", "cache", "growth"),
             build_cxx("cxx-mt", "-DTHREADS"), threads=True, version=gxx),
        Peer("rust-rc", "Rust Rc", "counts",
             rust("rust-rc", "objects", "weak", "growth"), build_rust(),
             version=rustc),
        Peer("rust-sip", "Rust Rc, tables with SipHash", "counts",
             rust("rust-sip", "weak"), build_rust()),
        Peer("rust-arc", "Rust Arc", "counts",
             rust("rust-arc", "objects", "growth"), build_rust(), threads=True),
        Peer("glib", "GObject", "counts",
             built("glib", "objects", "weak", "growth"), build_glib(), threads=True,
             version={"glib": "pkg-config --modversion gobject-2.0"}),
        Peer("cpython", "CPython from C", "counts", {
            "objects": module("_bench"), "rings": module("_bench_gc"),
            "weak": module("_bench_weak"),
            "growth": module("_bench_growth")}, build_cpython(include),
             version=asked),
        Peer("python", "Python", "counts",
             {"weak": [python, text("weak/python.py")]},
             f"{shlex.quote(python)} --version"),
        Peer("boehm", "Boehm's collector", "traces",
             built("boehm", "objects", "rings"), build_boehm()),
        Peer("nim", "Nim's ORC", "counts", built("nim", "objects", "rings"),
             build_nim(), version={"nim": f"{NIM} --version"}),
        Peer("objc", "Objective-C with ARC", "counts", built("objc", "objects"),
             f"{CLANG} {C_FLAGS} -fobjc-arc -fobjc-runtime=gnustep-2.0 "
             f"bench/objects/objc.m -o {BUILD}/objc-objects -lobjc 2>/dev/null "
             f"|| {{ echo no {CLANG} with libobjc2; false; }}",
             threads=True),
        Peer("php", "PHP", "counts", scripts("php", PHP, *PHP_JIT),
             f"{PHP} --version", version={"php": f"{PHP} --version"}),
        Peer("quickjs", "QuickJS", "counts", scripts("mjs", QJS, "--std"),
             f"command -v {QJS} || {{ echo no {QJS}; false; }}"),
        Peer("node", "JavaScript, by V8", "traces",
             scripts("mjs", NODE, "--expose-gc"), f"{NODE} --version",
             version={"node": f"{NODE} --version"}),
        Peer("java", "Java", "traces", {
            "objects": java("Objects"), "rings": java("Rings"),
            "weak": java("Weak")}, build_java(),
             version={"java": f"{JAVA} -version"}),
        Peer("lua5.4", "Lua", "traces", scripts("lua", LUA), f"{LUA} -v",
             version={"lua": f"{LUA} -v"}),
        Peer("luajit", "LuaJIT", "traces", scripts("lua", LUAJIT),
             f"{LUAJIT} -v", version=luajit),
        other_malloc("cxx-mt", "mimalloc", "counts",
                     built("cxx-mt", "objects", "growth"),
                     build_cxx("cxx-mt", "-DTHREADS"), threads=True),
        other_malloc("rust-rc", "mimalloc", "counts",
                     rust("rust-rc", "objects", "growth"), build_rust()),
    ] + [other_malloc("limit", library, "limit", {
        "objects": [f"{BUILD}/weft-objects"],
        "growth": [f"{BUILD}/limit-growth"]},
                      build_weft(), also=build_limit())
         for library in ("mimalloc", "jemalloc")]
