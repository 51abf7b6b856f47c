#!/usr/bin/env python3
"""Rows of kernels.def for cores without an operating system: the programs that hold them to slow loops, on boards.

    boards.py [TARGET ...]              by default all whose rows no other one has
"""
import argparse
import os
import subprocess

import generated
from generated import one_line
from report import Report
from targets import TARGETS, missing

TESTS = os.path.join(generated.ROOT, "tests")
BUILD = os.path.dirname(os.path.dirname(generated.NNC))
ROWS = {"cortex-m0": ("MULS",), "cortex-m3": ("MLA",), "cortex-m4": ("DSP", "FPU"), "cortex-m55": ("MVE",)}
OF_FLOATS = ("f32",)  # programs that have rows for cores with an FPU alone
TURNS = 40
SKIPPED = 77  # such a core has no row of the program's
PACK = [os.path.join("compiler", "kernels", f) for f in
        ("pack.c", "pack_chains.c", "pack_columns.c", "pack_forms.c", "pack_rows.c", "pack_winograd.c")]
PROGRAMS = {
    "int8": ["tests/integers/test_int8.c", "compiler/lower/requantise.c", *PACK],
    "int8_elements": ["tests/integers/test_int8_elements.c"],
    "soft": ["tests/maths/test_soft.c"],
    "f32": ["tests/kernels/test_f32.c", *PACK],
    "order": ["tests/kernels/test_order.c", *PACK],
}


def built(target, name, sources, folder):
    """The program, or what the compiler said."""
    program = os.path.join(folder, name)
    includes = [f"-I{d}" for d in (generated.ROOT, os.path.join(generated.ROOT, "compiler"), BUILD)]
    run = subprocess.run(
        [target.cc, "-std=gnu11", *target.cflags.split(), "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", *includes,
         f"-DTURNS={TURNS}", f"-DTEST_NEEDS={ROWS[target.name][0]}",
         *(f"-DTEST_ROWS_{row}" for row in ROWS[target.name]), *(os.path.join(generated.ROOT, s) for s in sources),
         os.path.join(TESTS, "kernels", "table.c"), "-o", program, *target.ldflags.split()],
        capture_output=True, text=True, check=False)
    return (program, None) if run.returncode == 0 else (None, one_line(run.stderr))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("targets", nargs="*", default=list(ROWS))
    report = Report()
    for target in map(TARGETS.__getitem__, p.parse_args().targets):
        folder = os.path.join(generated.work_folder(), "boards", target.name)
        os.makedirs(folder, exist_ok=True)
        if reason := missing(target):
            report.skip(f"boards/{target.name}", reason)
            continue
        for name, sources in PROGRAMS.items():
            if name in OF_FLOATS and "FPU" not in ROWS[target.name]:
                continue
            program, reason = built(target, name, sources, folder)
            if program:
                run = subprocess.run([*target.runner.split(), program], stdin=subprocess.DEVNULL, capture_output=True,
                                     text=True, timeout=300, check=False)
                if run.returncode == SKIPPED:
                    continue
                reason = one_line(run.stdout + run.stderr) if run.returncode else None
            if reason:
                report.failed(f"boards/{target.name}/{name}", reason)
            else:
                report.ok(f"boards/{target.name}/{name}")
    report.exit()


if __name__ == "__main__":
    main()
