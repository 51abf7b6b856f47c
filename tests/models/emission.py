#!/usr/bin/env python3
"""Emission changes nothing of what it prints: with --cc, which emits a program to measure its stack and then emits it
again, the C of every model that compiles equals that without, but for what is said of the stack.

    emission.py [--target T] [NAME ...]

The measured program is the same text, so that it compiles is seen here too.
"""
import glob
import json
import os
import re
import shutil

import cases
import generated
import on_target
from generated import Failure, ROOT, execute, one_line
from report import Report
from targets import TARGETS

STACK = re.compile(r"^ \*   stack .*\n|^/\* Worst case below \w+_run\(\)(?s:.*?)\*/\n|^#define \w+_STACK_BYTES \d+\n", re.M)
SIZE = 2  # of a dimension that no case fixes


def fixed_dims():
    """Name -> options, of the models that have cases."""
    if not cases.make():
        return {}
    with open(os.path.join(cases.case_folder(), "cases.json"), encoding="utf-8") as f:
        return {e["name"]: e["args"] for e in json.load(f)}


def model_files(names):
    """(name, path, options), of the corpus, its cases, our own models and the examples."""
    fixed = fixed_dims()
    found = glob.glob(os.path.join(cases.SHARED, "*", "*", "model.onnx"))
    found += glob.glob(os.path.join(cases.OWN, "*", "model.onnx"))
    found += glob.glob(os.path.join(ROOT, "examples", "*", "*.onnx"))
    for path in sorted(found):
        name = os.path.basename(os.path.dirname(path)) if path.endswith("model.onnx") else os.path.basename(path)[:-5]
        if not names or name in names:
            yield name, path, fixed.get(name, [])


def compile_to(folder, path, target, options):
    """Status, output, and the options with those dimensions fixed that have to be."""
    options = list(options)
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        code, text = execute([generated.NNC, path, "-o", os.path.join(folder, "m.c"), f"--target={target}", *options], 300)
        missing = re.search(r'symbolic dimension "([^"]*)": give', text)
        if code != 2 or not missing:
            return code, text, options
        options.append(f"--dim={missing[1]}={SIZE}")


def texts(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            yield os.path.basename(path), STACK.sub("", f.read())


def check(path, target, folder, options):
    """None, or why the model says nothing."""
    once, twice = os.path.join(folder, "once"), os.path.join(folder, "twice")
    code, text, options = compile_to(once, path, target, options)
    if code != 0:
        return one_line(text)
    flags = " ".join(("-O0", *generated.intrinsics(TARGETS[target], "-O0", "")))
    code, text, _ = compile_to(twice, path, target, [*options, "--cc=gcc", f"--cflags={flags}"])
    if code != 0:
        raise Failure("cc", one_line(text))
    for (name, a), (_, b) in zip(texts(once), texts(twice), strict=True):
        if a != b:
            lines = zip(a.splitlines(), b.splitlines())
            raise Failure("wrong", f"{name}: " + next((f"{x!r} became {y!r}" for x, y in lines if x != y), "cut short"))
    return None


def main():
    p = on_target.parser(__doc__, "x86-64-v3")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    report = Report()
    for name, path, options in model_files(a.names):
        folder = os.path.join(generated.work_folder(), "emission", name)
        try:
            refused = check(path, a.target, folder, options)
            if refused:
                report.skip(name, refused)
            else:
                report.ok(name)
        except Failure as e:
            report.failed(name, f"{e.kind}: {e}")
        shutil.rmtree(folder, ignore_errors=True)
    report.exit()


if __name__ == "__main__":
    main()
