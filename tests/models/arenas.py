#!/usr/bin/env python3
"""The planner's promise: in a second, an arena as small as the lower bound that it proves, or within 0.2 % of it where
vectors ask for alignment; the arenas of the MLPerf Tiny models as large as the README says; recurrent weights of bytes
stay bytes; code and constants of small models on a microcontroller within what is promised of them."""
import os
import re
import shutil

import cases
import generated
from generated import ROOT, Failure, execute, one_line
from report import Report
from targets import TARGETS, missing

GAPS = {"cortex-m4": 0, "armv8": 0, "x86-64-v4": 0.002}  # of the bound, by target
PLAN_SECONDS = 1
CONSTANTS = {("tflm-dtln", "cortex-m4"): 420_000}  # bytes, at most: other targets widen them
FLASH = {"mlperf-tiny-kws-int8": 40, "mlperf-tiny-vww-int8": 64, "mlperf-tiny-ic-int8": 100, "mlperf-tiny-ad-int8": 282,
         "mcunet-vww": 500}  # KB that code and constants take on the Cortex-M4, at most, by gcc 12 -O2
README = {"keyword spotting": "mlperf-tiny-kws-int8", "visual wake words": "mlperf-tiny-vww-int8",
          "image classification": "mlperf-tiny-ic-int8", "anomaly detection": "mlperf-tiny-ad-int8"}


def facts(model, target):
    """Bytes of the arena, of its lower bound and of constants, and the seconds that the plan took."""
    folder = os.path.join(generated.work_folder(), "arenas", model.name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    command = [generated.NNC, model.path, "-o", os.path.join(folder, "m.c"), f"--target={target}", "-v", *model.dims]
    code, text = execute(command, 120)
    found = [re.search(p, text) for p in (r"plan: arena (\d+) bytes, lower bound (\d+)", r" constants (\d+) bytes",
                                          r"stage plan: (\d+) ms")]
    if code != 0 or not all(found):
        raise Failure("nnc", one_line(text))
    return int(found[0][1]), int(found[0][2]), int(found[1][1]), int(found[2][1]) / 1000


def check(model, report):
    for target, gap in GAPS.items():
        try:
            size, bound, constants, seconds = facts(model, target)
        except Failure as e:
            report.failed(f"{model.name}/{target}", e)
            continue
        if size > bound * (1 + gap):
            report.failed(f"{model.name}/{target}", f"arena of {size} bytes, lower bound {bound}")
        elif seconds > PLAN_SECONDS:
            report.failed(f"{model.name}/{target}", f"the plan took {seconds} s, at most {PLAN_SECONDS} s are allowed")
        elif constants > CONSTANTS.get((model.name, target), constants):
            report.failed(f"{model.name}/{target}", f"{constants} bytes of constants, allowed: {CONSTANTS[model.name, target]}")
        else:
            report.ok(f"{model.name}/{target}", f"{size} bytes")


def flash(model, target):
    """Bytes of code and constants of the model's own object."""
    folder = os.path.join(generated.work_folder(), "flash", model.name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    generated.compile_model(model.path, folder, "m", target, [*model.dims, "--cc", target.cc])
    return generated.object_sizes(folder, target)[0]


def check_flash(report):
    target = TARGETS["cortex-m4"]
    if reason := missing(target):
        report.skip("flash", reason)
        return
    for model in cases.models(report, FLASH):
        try:
            size = flash(model, target)
        except Failure as e:
            report.failed(f"flash/{model.name}", e)
            continue
        if size > FLASH[model.name] * 1024:
            report.failed(f"flash/{model.name}", f"{size} bytes, at most {FLASH[model.name] * 1024} are allowed")
        else:
            report.ok(f"flash/{model.name}", f"{size} bytes")


def readme_figures():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        for line in f:
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if cells[0] in README:
                yield README[cells[0]], int(cells[1].replace(",", ""))


def main():
    report = Report()
    for model in cases.models(report, kinds=("float", "qdq", "other")):
        check(model, report)
    figures = dict(readme_figures())
    if len(figures) != len(README):
        report.failed("readme", f"has figures of {sorted(figures)} alone")
    for model in cases.models(report, figures):
        size, *_ = facts(model, "cortex-m4")
        if size != figures[model.name]:
            report.failed(f"readme/{model.name}", f"says {figures[model.name]} bytes, the arena has {size}")
        else:
            report.ok(f"readme/{model.name}", f"{size} bytes")
    check_flash(report)
    report.exit()


if __name__ == "__main__":
    main()
