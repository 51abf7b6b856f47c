#!/usr/bin/env python3
"""The models of models.def on one target: nnc, the target's C compiler, its runner, the oracle.

    run_models.py [--target T] [--sanitize] [NAME ...]

A model of kind other may be refused with exit 3 (a skip); every other outcome than agreement is a failure. Without names
those are taken that the target's bound allows (bounds.py). --sanitize builds the generated C with the address and
undefined-behaviour sanitizers of the host.
"""
import os
import shutil
import time

import bounds
import built
import cases
import generated
import on_target
from check import calls, check_answer
from generated import Failure

# Every access is there to be checked without optimisation, and gcc takes half the time; reports name lines by -g1.
SANITIZE = "-g1 -O0 -fsanitize=address,undefined -fno-sanitize-recover=all"


def run_model(model, target, folder, flags):
    """Seconds of nnc, of the C compiler and of the cases."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    began = time.monotonic()
    generated.compile_model(model.path, folder, "m", target, model.dims)
    compiled_at = time.monotonic()
    # As in run.sh: under instrumentation gcc warns of paths that cannot be; the plain builds of all targets hold the line.
    program = built.build(folder, "m", target, flags, "-std=c99" if flags else generated.WARNINGS)
    built_at = time.monotonic()
    for k, answer in enumerate(program.run(calls(model)[:bounds.cases_of(model, target)])):
        check_answer(model, k, answer)
    return compiled_at - began, built_at - compiled_at, time.monotonic() - built_at


def main():
    p = on_target.parser(__doc__, "generic")
    p.add_argument("--sanitize", action="store_true")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "models")
    flags = SANITIZE if a.sanitize else ""
    bound = bounds.sanitized(target) if a.sanitize else bounds.of_target(target)
    for model in cases.models(report, a.names, bound=bound):
        folder = os.path.join(generated.work_folder(), f"models-{target.name}{'-sanitized' if a.sanitize else ''}",
                              model.name)
        try:
            times = run_model(model, target, folder, flags)
            report.ok(model.name, "nnc {:.2f} s, C compiler {:.1f} s, cases {:.2f} s".format(*times))
        except Failure as e:
            cases.tell(report, model.name, model, e)
    report.exit()


if __name__ == "__main__":
    main()
