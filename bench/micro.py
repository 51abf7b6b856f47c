#!/usr/bin/env python3
"""What the small models take on microcontrollers: micro.py PLUGIN [--clang] [--option=OPTION] ... [--target T] ... [MODEL ...]

For each model and core a line: million instructions of one warm inference under the emulator (as count.py counts them); RAM,
which is all data that is written, the stack, and inputs and outputs (they lie in the arena: --io-memory=arena); flash, which
is code and constants of the model's object. The compiler is the target's own at its own flags; with --clang the
instructions are those of clang's object at -O2.
"""
import argparse
import os
import re
import shutil
import sys

from compare import Notes, entries, macs
from count import count, counting
from same_bytes import clang_object

import bounds
import generated
from generated import Failure
from targets import TARGETS, missing

MODELS = ("mlperf-tiny-kws-int8", "mlperf-tiny-vww-int8", "mlperf-tiny-ic-int8", "mlperf-tiny-ad-int8", "mcunet-vww")
CORES = ("cortex-m0", "cortex-m3", "cortex-m4", "cortex-m55")


def compiled(entry, target, options):
    folder = os.path.join(generated.work_folder(), "micro", target.name, entry.name, "".join(options))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    generated.compile_model(entry.path, folder, "m", target, [*entry.dims, *options, "--cc", target.cc])
    return folder


def memory(folder, target):
    """Bytes of data that is written, and of stack."""
    with open(os.path.join(folder, "m.h"), encoding="utf-8") as f:
        stack = int(re.search(r"#define M_STACK_BYTES (\d+)", f.read()).group(1))
    return generated.object_sizes(folder, target)[1], stack


def row(entry, target, options, by_clang):
    folder = compiled(entry, target, options)
    flash, _ = generated.object_sizes(folder, target)
    n = count(entry, target, folder, [clang_object(folder, target, "-O2")] if by_clang else ())
    written, stack = memory(compiled(entry, target, [*options, "--io-memory=arena"]), target)
    cells = [entry.name, target.name, f"{macs(entry.path):.2f}", f"{n / 1e6:.3f}", f"{written:,}", f"{stack:,}",
             f"{written + stack:,}", f"{flash:,}"]
    return f"| {' | '.join(cells)} |"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("plugin")
    p.add_argument("--target", action="append")
    p.add_argument("--clang", action="store_true")
    p.add_argument("--option", action="append", default=[], help="of nnc: --option=--optimize=ram")
    p.add_argument("names", nargs="*")
    a = p.parse_intermixed_args()
    notes, heads = Notes(), ["model", "core", "MMAC", "million instructions", "data", "stack", "RAM", "flash"]
    print(f"| {' | '.join(heads)} |\n|---|---{'|---:' * (len(heads) - 2)}|", flush=True)
    for name in a.target or CORES:
        target = counting(TARGETS[name], os.path.abspath(a.plugin))
        reason = missing(target._replace(lacking=()))
        if reason:
            sys.exit(f"micro: {name}: {reason}")
        for entry in entries(a.names or MODELS, ("qdq", "float", "other"), notes, bounds.of_target(target)):
            try:
                print(row(entry, target, a.option, a.clang), flush=True)
                notes.ok(entry.name)
            except Failure as e:
                notes.failed(entry.name, f"{target.name}: {e.kind}: {e}")
    for line in notes.lines:
        print(line, flush=True)
    sys.exit(notes.counts["not ok"] > 0)


if __name__ == "__main__":
    main()
