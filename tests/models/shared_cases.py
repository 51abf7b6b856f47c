#!/usr/bin/env python3
"""Small models that went wrong or were refused once: what nnc says of each now, by shared_cases.def.

    shared_cases.py [NAME ...]
"""
import glob
import os
import sys

import cases  # first: it says where the others are
from generated import NNC, execute, one_line
from report import Report

FOLDER = os.path.join(cases.SHARED, "cases")
STATUS = {"right": 0, "runs": 0, "wrong": 1, "later": 3}


def rows():
    with open(os.path.join(cases.HERE, "shared_cases.def"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                yield [part.strip() for part in line.split("|")]


def check(name, outcome, words):
    """None, or what is wrong."""
    folder = os.path.join(FOLDER, name)
    model, inputs = os.path.join(folder, "model.onnx"), sorted(glob.glob(os.path.join(folder, "input_*.npy")))
    command = ["verify", model, "--data", folder] if outcome == "right" else ["run", model, *inputs]
    status, text = execute([NNC, *command], 120)
    if status != STATUS[outcome]:
        return f"status {status}, expected {STATUS[outcome]}: {one_line(text)}"
    if status and words not in text:
        return f"says: {one_line(text)}, expected words: {words}"
    return None


def main():
    report, wanted, known = Report(), sys.argv[1:], list(rows())
    if not os.path.isdir(FOLDER):
        report.skip("cases", "../shared/cases is not there")
        report.exit()
    for name in sorted(set(os.listdir(FOLDER)) - {r[0] for r in known} - {"README.md"}):
        report.failed(name, "has no row in shared_cases.def")
    for name, outcome, words in known:
        if wanted and name not in wanted:
            continue
        wrong = check(name, outcome, words)
        if wrong:
            report.failed(name, wrong)
        else:
            report.ok(name, f"{outcome} {words}".strip())
    report.exit()


if __name__ == "__main__":
    main()
