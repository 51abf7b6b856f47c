#!/usr/bin/env python3
"""Counts the armv8 instructions of an inference: count.py PLUGIN [MODEL ...]; see armv8_counts.sh."""
import os
import re
import shutil
import sys

from compare import HERE, Entry, entries, macs

import numpy as np
import onnxruntime

import generated
from generated import Failure, execute, one_line
from targets import TARGETS

DEFAULT = ("micro-kws-fp32", "ultraface-rfb-320", "resnet18")


def output_bytes(entry):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(entry.path, options, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    return [np.asarray(v).nbytes for v in session.run(None, dict(zip(names, entry.inputs)))]


def count(entry: Entry, plugin, target):
    folder = os.path.join(generated.work_folder(), "counts", entry.name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    generated.compile_model(entry.path, folder, "m", target, entry.dims)
    with open(os.path.join(folder, "call.c"), "w", encoding="utf-8") as f:
        f.write(generated.Prototype(os.path.join(folder, "m.h"), "m").caller())
    program = os.path.join(folder, "program")
    code, text = execute([target.cc, *target.cflags.split(), "-I", folder, "-o", program, *generated.sources(folder, "m"),
                          os.path.join(folder, "call.c"), os.path.join(HERE, "marked.c"), *target.ldflags.split()], 600)
    if code != 0:
        raise Failure("cc", one_line(text))
    inputs = []
    for k, value in enumerate(entry.inputs):
        inputs.append(os.path.join(folder, f"input_{k}.bin"))
        np.ascontiguousarray(value).tofile(inputs[-1])
    counts = os.path.join(folder, "counts.txt")
    code, text = execute([*target.runner.split(), "-plugin", plugin, "-d", "plugin", "-D", counts, program, *inputs,
                          *map(str, output_bytes(entry))], 600)
    if code != 0:
        raise Failure("run", f"status {code}: {one_line(text)}")
    with open(counts, encoding="utf-8") as f:
        match = re.search(r"region \d+ insns (\d+)", f.read())
    if not match:
        raise Failure("run", "the plugin reported no region")
    return int(match[1])


def main():
    plugin, names = os.path.abspath(sys.argv[1]), tuple(sys.argv[2:]) or DEFAULT
    target, failed = TARGETS["armv8"], []
    print(f"{target.cc} {target.cflags}, {target.runner}, one warm inference\n")
    print("| model | MMAC | million instructions | per MAC |\n|---|---:|---:|---:|", flush=True)
    for entry in entries(names):
        try:
            n = count(entry, plugin, target)
        except Failure as e:
            failed.append(f"{entry.name}: {e.kind}: {e}")
            continue
        work = macs(entry.path)
        print(f"| {entry.name} | {work:.2f} | {n / 1e6:.3f} | {n / 1e6 / work:.3f} |" if work else
              f"| {entry.name} | 0 | {n / 1e6:.3f} | |", flush=True)
    for line in failed:
        print(f"not counted: {line}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
