#!/usr/bin/env python3
"""Every model with symbolic dimensions compiled for small and odd sizes of them: accepted, or refused with the size named.

    run_sizes.py [MODEL ...]

Each dimension takes each of SIZES, in every combination while these are few, else all dimensions the same. Nothing is
built or run: what this holds is that no size brings the compiler down, and that a refusal says which size is in the way.
"""
import argparse
import concurrent.futures
import glob
import itertools
import os
import re
import subprocess
import tempfile

import onnx

import cases
import generated
from report import Report

SIZES = (1, 2, 4, 33)
MOST = 64               # combinations of one model
SECONDS = 120


def paths():
    """The models of ../shared and those in the tree."""
    found = glob.glob(os.path.join(cases.SHARED, "models", "*", "*.onnx"))
    for folder in ("tests", "examples"):
        found += glob.glob(os.path.join(generated.ROOT, folder, "**", "*.onnx"), recursive=True)
    return sorted(found)


def symbolic(path):
    """The names that --dim knows the model's symbolic dimensions by."""
    graph = onnx.load(path, load_external_data=False).graph
    constant, names = {t.name for t in graph.initializer}, []
    for info in graph.input:
        for axis, d in enumerate(info.type.tensor_type.shape.dim):
            if info.name not in constant and not d.HasField("dim_value"):
                names.append(d.dim_param or f"{info.name}.{axis}")
        if info.type.tensor_type.elem_type == onnx.TensorProto.STRING:
            names.append(f"{info.name}.bytes")
    return list(dict.fromkeys(names))


def combinations(names):
    if len(SIZES) ** len(names) <= MOST:
        return itertools.product(SIZES, repeat=len(names))
    return ((size,) * len(names) for size in SIZES)


def compile_for(path, names, sizes):
    """None, what is wrong, or why nothing can be said."""
    options = [word for name, size in zip(names, sizes) for word in ("--dim", f"{name}={size}")]
    with tempfile.TemporaryDirectory() as folder:
        command = [generated.NNC, path, "-o", os.path.join(folder, "m.c"), "--target=generic", *options]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"not compiled after {SECONDS} s"
    message = done.stderr.strip()
    if done.returncode == 0:
        return None
    if done.returncode not in (1, 3) or len(message.splitlines()) > 20:
        return f"status {done.returncode}: {message[-300:]}"
    if "operator not supported" in message or "is of strings" in message:
        raise LookupError(message.splitlines()[0].removeprefix(path)[:200])
    if not re.search(r"\b(axis|elements|dimensions?|size)\b", message) or not re.search(r"\d", message):
        return f"the size is not named: {message[:300]}"
    return None


def sweep(path):
    """(compiled or refused well, [what is wrong], why the model was skipped)."""
    names, count, wrong = symbolic(path), 0, []
    for sizes in combinations(names) if names else ():
        try:
            fault = compile_for(path, names, sizes)
        except LookupError as e:
            return 0, [], str(e)
        if fault:
            wrong.append(" ".join(f"{n}={s}" for n, s in zip(names, sizes)) + ": " + fault)
        count += 1
    return count, wrong, None if names else "no symbolic dimension"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    report = Report()
    names = {path: os.path.splitext(os.path.relpath(path, generated.ROOT))[0] for path in paths()}
    chosen = [path for path in names if not a.names or any(n in path.split(os.sep) for n in a.names)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, (count, wrong, skipped) in zip(chosen, pool.map(sweep, chosen)):
            if skipped == "no symbolic dimension":
                continue
            if skipped:
                report.skip(names[path], skipped)
            elif wrong:
                report.failed(names[path], f"{len(wrong)} of {count} sizes: {wrong[0]}")
            else:
                report.ok(names[path], f"{count} combinations of sizes")
    report.exit()


if __name__ == "__main__":
    main()
