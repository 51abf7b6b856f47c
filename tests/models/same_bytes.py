#!/usr/bin/env python3
"""Quantised models give the same bytes on every target as the generic C on this machine.

    same_bytes.py [--target T] [NAME ...]       without names all that the target's bound allows (bounds.py)
"""
import os
import shutil

import bounds
import built
import cases
import generated
import on_target
from check import calls, same_bits
from generated import Failure
from targets import TARGETS


def outputs(model, target, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    generated.compile_model(model.path, folder, "m", target, model.dims)
    answers = built.build(folder, "m", target).run(calls(model))
    if any(a.status for a in answers):
        raise Failure("wrong", f"{target.name}: the function returned {[a.status for a in answers]}")
    return [o for a in answers for o in a.outputs]


def main():
    p = on_target.parser(__doc__, "cortex-m4")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "same-bytes")
    for model in cases.models(report, a.names, ("qdq",), bounds.of_target(target)):
        folder = os.path.join(generated.work_folder(), f"bytes-{target.name}", model.name)
        try:
            here = outputs(model, TARGETS["generic"], folder + "-generic")
            there = outputs(model, target, folder)
            differences = [d for d in map(same_bits, there, here) if d]
            if differences:
                raise Failure("wrong", f"{target.name} against generic: {differences[0]}")
            report.ok(model.name, f"{sum(o.nbytes for o in here)} bytes")
        except Failure as e:
            report.failed(model.name, f"{e.kind}: {e}")
    report.exit()


if __name__ == "__main__":
    main()
