#!/usr/bin/env python3
"""Counts the instructions of one warm inference: count.py PLUGIN [options] [MODEL ...]; see counts.sh.

A program of tests/python/runner.c, whose calls go through bench/marked.c, runs under the target's emulator with the
counting plugin; what the host runs itself goes through qemu's user mode.
"""
import argparse
import os
import shutil
import sys

from compare import HERE, KINDS, Notes, entries, macs

import bounds
import generated
from cases import call_of
from generated import Failure
from targets import TARGETS, missing

DEFAULT = ("micro-kws-fp32", "ultraface-rfb-320", "resnet18")
LIMIT = 1.02  # of an accepted change


def counting(target, plugin):
    """The target with a runner that writes counts.txt."""
    emulator, *rest = target.runner.split() or [f"qemu-{os.uname().machine}", "-cpu", "max"]
    return target._replace(runner=" ".join([emulator, "-plugin", plugin, "-d", "plugin", "-D", "counts.txt", *rest]))


def compiled(entry, target, nnc, what):
    """A folder with the C that this compiler makes of the model."""
    folder = os.path.join(generated.work_folder(), "counts", target.name, entry.name, what)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    generated.compile_model(entry.path, folder, "m", target, entry.dims, nnc=nnc)
    return folder


def text_of(folder):
    """The C without what names the compiler."""
    lines = []
    for path in generated.sources(folder, "m"):
        with open(path, encoding="utf-8") as f:
            lines += [line for line in f if "by nnc" not in line and "#error" not in line]
    return lines


def count(entry, target, folder, objects=()):
    """Instructions of one warm inference of the C in a folder, or of its objects where another compiler made them."""
    wrap = (os.path.join(HERE, "marked.c"), "-Wl,--wrap=nnc_call")
    program = generated.build(folder, "m", target, warnings="", more=(*wrap, *objects))
    answer, = program.run([call_of(entry.inputs, entry.outputs)], timeout=600)
    if answer.status:
        raise Failure("run", f"m_run returned {answer.status}")
    with open(os.path.join(folder, "counts.txt"), encoding="utf-8") as f:
        words = next((line.split() for line in f if line.startswith("region")), None)
    if not words:
        raise Failure("run", "the plugin reported no region")
    return int(words[3])


def row(entry, target, before):
    """A line of the table, and after over before."""
    folder = compiled(entry, target, generated.NNC, "after")
    n, work = count(entry, target, folder), macs(entry.path)
    cells, ratio = [entry.name, f"{work:.2f}", f"{n / 1e6:.3f}", f"{n / 1e6 / work:.3f}" if work else ""], 1
    if before:
        other = compiled(entry, target, before, "before")
        was = n if text_of(other) == text_of(folder) else count(entry, target, other)
        ratio = n / was
        cells += [f"{was / 1e6:.3f}", f"{ratio:.3f}"]
    return f"| {' | '.join(cells)} |", ratio


def table(target, a):
    """Prints what one target takes; returns what is to be told below."""
    heads = ["model", "MMAC", "million instructions", "per MAC"] + (["before", "ratio"] if a.before else [])
    notes, n_worse, names = Notes(), 0, a.names or (() if a.kind else DEFAULT)
    print(f"\n{target.name}: {target.cc} {target.cflags}, one warm inference\n")
    print(f"| {' | '.join(heads)} |\n|---{'|---:' * (len(heads) - 1)}|", flush=True)
    for entry in entries(names, a.kind or KINDS, notes, bounds.of_target(target)):
        try:
            line, ratio = row(entry, target, a.before)
        except Failure as e:
            notes.failed(entry.name, f"{e.kind}: {e}")
            continue
        print(line, flush=True)
        notes.ok(entry.name)
        if ratio > LIMIT:
            notes.failed(entry.name, f"takes {ratio:.3f} times the instructions of before")
    for line in notes.lines:
        print(f"{target.name}: {line}", flush=True)
    return notes.counts["not ok"] == 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("plugin")
    p.add_argument("--target", action="append")
    p.add_argument("--before", metavar="NNC", help="another compiler; a model that takes 2 %% more than there fails")
    p.add_argument("--kind", action="append", choices=KINDS, help="all models of a kind that the target's tests take")
    p.add_argument("names", nargs="*")
    a = p.parse_intermixed_args()
    good = True
    for name in a.target or ["armv8"]:
        target = counting(TARGETS[name], os.path.abspath(a.plugin))
        reason = missing(target._replace(lacking=()))
        if reason:
            sys.exit(f"counts: {name}: {reason}")
        good = table(target, a) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
