#!/usr/bin/env python3
"""The planner's promise: every arena within 1 % of the lower bound that it proves, and the arenas of the MLPerf Tiny
models as large as the README says."""
import os
import re
import shutil

import cases
import generated
from generated import ROOT, Failure, execute, one_line
from report import Report

TARGETS = ("cortex-m4", "x86-64-v4", "armv8")
README = {"keyword spotting": "mlperf-tiny-kws-int8", "visual wake words": "mlperf-tiny-vww-int8",
          "image classification": "mlperf-tiny-ic-int8", "anomaly detection": "mlperf-tiny-ad-int8"}


def arena(model, target):
    """Bytes of the arena and of its lower bound."""
    folder = os.path.join(generated.work_folder(), "arenas", model.name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    command = [generated.NNC, model.path, "-o", os.path.join(folder, "m.c"), f"--target={target}", "-v", *model.dims]
    code, text = execute(command, 120)
    found = re.search(r"plan: arena (\d+) bytes, lower bound (\d+)", text)
    if code != 0 or not found:
        raise Failure("nnc", one_line(text))
    return int(found[1]), int(found[2])


def check_gap(model, report):
    for target in TARGETS:
        try:
            size, bound = arena(model, target)
        except Failure as e:
            report.failed(f"{model.name}/{target}", e)
            continue
        if size > bound * 1.01:
            report.failed(f"{model.name}/{target}", f"arena of {size} bytes, lower bound {bound}")
        else:
            report.ok(f"{model.name}/{target}", f"{size} bytes")


def readme_figures():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        for line in f:
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if cells[0] in README:
                yield README[cells[0]], int(cells[1].replace(",", ""))


def main():
    report = Report()
    for model in cases.models(report, kinds=("float", "qdq")):
        check_gap(model, report)
    figures = dict(readme_figures())
    if len(figures) != len(README):
        report.failed("readme", f"has figures of {sorted(figures)} alone")
    for model in cases.models(report, figures):
        size, _ = arena(model, "cortex-m4")
        if size != figures[model.name]:
            report.failed(f"readme/{model.name}", f"says {figures[model.name]} bytes, the arena has {size}")
        else:
            report.ok(f"readme/{model.name}", f"{size} bytes")
    report.exit()


if __name__ == "__main__":
    main()
