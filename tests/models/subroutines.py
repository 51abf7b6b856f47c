#!/usr/bin/env python3
"""Quantised models link no floating-point subroutines and no libm on cores without an FPU: what their objects leave open is
memory functions and integers.

    subroutines.py [--target NAME ...] [MODEL ...]

An object that leaves anything else open fails with each of its functions, the step that it is, and the name.
"""
import argparse
import glob
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import cases
import generated
from generated import Failure, execute, one_line
from report import Report
from targets import TARGETS

DEFAULT_TARGETS = ("cortex-m0", "cortex-m3", "rv32imc", "cortex-m0plus", "cortex-m33+nofp")
ALIKE = ("cortex-m0plus", "cortex-m33+nofp")  # whose kernels others have too: small models show the rest
SMALL = 100_000  # bytes of a model's file
LEVEL = "-Os"  # Arduino's
# Of ../shared/models, beside those of models.def: they have no cases, and need none here.
MORE = ("tflm-hello-world-int8", "tflm-micro-speech", "tflm-person-detect", "tinymaix-cifar10-int8",
        "tinymaix-mbnet128-int8", "tinymaix-mnist-resnet-int8")
# What compilers call for integers that a core's instructions do not do, and for memory.
ALLOWED = re.compile(r"mem(cpy|set|move|cmp)|__aeabi_(mem\w+|u?idiv(mod)?|u?ldivmod|lmul|l(ls[lr]|asr)|u?lcmp)|"
                     r"__c[lt]z[sd]i2|__(u?div|u?mod|mul|ashl|ashr|lshr)[sd]i3|__gnu_thumb1_case_\w+")
FLOAT_LAYERS = re.compile(r"\bnnrt_(lstm|gru|rnn)\w*\(&")


class Uncased(NamedTuple):
    """A model without cases."""
    name: str
    path: str
    dims: tuple = ()


def models(report, names):
    if not names or set(names) - set(MORE):
        yield from cases.models(report, [n for n in names if n not in MORE], ("qdq",))
    for name in (n for n in MORE if not names or n in names):
        if found := glob.glob(os.path.join(cases.SHARED, "models", name, "*.onnx")):
            yield Uncased(name, found[0])
        else:
            report.skip(name, cases.NOT_THERE)


def tool(target, name):
    return re.sub(r"gcc$", name, target.cc)


def users_of(path, target, symbols, text):
    """Which functions of an object with one section for each use the symbols, and what steps these are."""
    _, listing = execute([tool(target, "objdump"), "-r", path], 60)
    steps = {function: what for what, function in re.findall(r"/\* \d+: ([^\n]*?) \*/\nstatic [^\n]*? (\w+_s\d+)\(", text)}
    for section in re.split(r"RELOCATION RECORDS FOR \[", listing)[1:]:
        function = section.split("]")[0].removeprefix(".text.").split(".")[0]  # of its clones too
        if used := sorted(s for s in symbols if re.search(rf"\b{s}\b", section)):
            yield f"{function}{' (' + steps[function] + ')' if function in steps else ''}: {' '.join(used)}"


def check(model, target):
    folder = os.path.join(generated.work_folder(), "subroutines", target.name, model.name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    generated.compile_model(model.path, folder, "m", target, model.dims)
    path = os.path.join(folder, "m.o")
    code, text = execute([*target.compiler(), *target.cflags.split(), LEVEL, "-std=c11", "-ffunction-sections", "-c", "-o", path,
                          os.path.join(folder, "m.c")], 300)
    if code != 0:
        raise Failure("cc", one_line(text))
    code, text = execute([tool(target, "nm"), "-u", path], 60)
    if code != 0:
        raise Failure("nm", one_line(text))
    left_open = text.split()[1::2]
    symbols = [s for s in left_open if not ALLOWED.fullmatch(s)]
    with open(os.path.join(folder, "m.c"), encoding="utf-8") as f:
        text = f.read()
    return left_open, symbols, FLOAT_LAYERS.search(text), list(users_of(path, target, symbols, text)) if symbols else []


def judge(model, target, report):
    name = f"{model.name}/{target.name}"
    try:
        left_open, symbols, layer, users = check(model, target)
    except Failure as e:
        report.failed(name, f"{e.kind}: {e}")
        return
    if symbols and layer:
        report.skip(name, f"has a layer of floats: {layer[0].rstrip('(&')}")
    elif symbols:
        report.failed(name, "; ".join(users) or " ".join(symbols))
    else:
        report.ok(name, f"left open: {' '.join(left_open) or 'nothing'}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--target", action="append")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    report = Report()
    targets = [TARGETS[name] for name in a.target or DEFAULT_TARGETS]
    for target in targets:
        if not shutil.which(target.cc):
            report.skip(target.name, f"{target.cc} is not installed")
    targets = [t for t in targets if shutil.which(t.cc)]
    with ThreadPoolExecutor(2) as pool:
        for model in models(report, a.names):
            is_large = os.path.getsize(model.path) > SMALL and not a.target
            list(pool.map(lambda t, m=model: judge(m, t, report), [t for t in targets if not (is_large and t.name in ALIKE)]))
    report.exit()


if __name__ == "__main__":
    main()
