#!/usr/bin/env python3
"""The integer reading of tests/oracle/integers.py, which nnc must equal to the last bit, against onnxruntime's, group
by group: on the quantised models of models.def and on random sandwiches. tests/oracle/outside.py says what must be
equal.

    against_onnxruntime.py [--turns N] [NAME ...]
"""
import argparse
import collections
import os
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", d) for d in ("python", "oracle", "models")]

import onnx

import cases
import outside
import sandwiches
from report import Report


class Tally:
    def __init__(self):
        self.groups = self.elements = self.unlike = self.steps = self.wrong = self.absent = 0

    def add(self, elements, unlike, steps, wrong):
        self.groups += 1
        self.absent += elements is None
        self.elements += elements or 0
        self.unlike += unlike
        self.steps = max(self.steps, steps)
        self.wrong += wrong

    def __str__(self):
        equal = f"{self.groups} groups, {self.elements} elements"
        parts = [f"{self.unlike} unlike onnxruntime's by up to {self.steps}"] if self.unlike else ["all equal"]
        parts += [f"{self.wrong} of these wrong"] if self.wrong else ["next to a middle"] if self.unlike else []
        parts += [f"{self.absent} groups have no operator in onnxruntime"] if self.absent else []
        return ", ".join([equal, *parts])


def judge(name, tests, report):
    """One line for each kind of group."""
    tallies = collections.defaultdict(Tally)
    for model, inputs in tests:
        for kind, *counts in outside.judge(model, inputs):
            tallies[kind].add(*counts)
    for kind, tally in sorted(tallies.items()):
        if tally.wrong:
            report.failed(f"{name}/{kind}", tally)
        elif not tally.elements:
            report.skip(f"{name}/{kind}", tally)
        else:
            report.ok(f"{name}/{kind}", tally)


def random_tests(kind, turns):
    for turn in range(turns):
        b = sandwiches.Builder(1000 * sandwiches.KINDS.index(kind) + turn)
        yield onnx.shape_inference.infer_shapes(kind(b)), b.arrays


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--turns", type=int, default=30)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    warnings.simplefilter("ignore")
    report = Report()
    for kind in sandwiches.KINDS:
        if not a.names:
            judge(f"sandwich-{kind.__name__}", random_tests(kind, a.turns), report)
    for model in cases.models(report, a.names, ("qdq",)):
        loaded = model.load()
        judge(model.name, [(loaded, model.case(k)[0]) for k in range(model.n_cases)], report)
    report.exit()


if __name__ == "__main__":
    main()
