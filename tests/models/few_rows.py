#!/usr/bin/env python3
"""--optimize=ram computes the bits that --optimize=speed does, in no larger an arena; and on boards, where the stack is
dear too, both together are no larger.

    few_rows.py [--target T] [NAME ...]       without names all that the target's bound allows (bounds.py)
"""
import os
import re
import shutil

import bounds
import built
import cases
import generated
import on_target
from check import calls, same_bits
from generated import Failure


def run(model, target, folder, optimize):
    """The outputs of all cases, the bytes of the arena, and of the stack, where --cc is asked for it."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    asked = [f"--cc={target.cc}"] if target.name.startswith("cortex-m") else []
    header = generated.compile_model(model.path, folder, "m", target, [*model.dims, f"--optimize={optimize}", *asked])
    with open(header, encoding="utf-8") as f:
        sizes = dict(re.findall(r"define M_(ARENA|STACK)_BYTES (\d+)", f.read()))
    answers = built.build(folder, "m", target).run(calls(model)[:bounds.cases_of(model, target)])
    if any(a.status for a in answers):
        raise Failure("wrong", f"{optimize}: the function returned {[a.status for a in answers]}")
    return [o for a in answers for o in a.outputs], int(sizes["ARENA"]), int(sizes.get("STACK", 0))


def main():
    p = on_target.parser(__doc__, "generic")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "few-rows")
    for model in cases.models(report, a.names, bound=bounds.of_target(target)):
        folder = os.path.join(generated.work_folder(), f"rows-{target.name}", model.name)
        try:
            whole, speed, speed_stack = run(model, target, folder + "-speed", "speed")
            rows, ram, ram_stack = run(model, target, folder + "-ram", "ram")
            differences = [d for d in map(same_bits, whole, rows) if d]
            if differences:
                raise Failure("wrong", f"ram against speed: {differences[0]}")
            if ram > speed:
                raise Failure("wrong", f"arena of {ram} bytes, {speed} for speed")
            if ram + ram_stack > speed + speed_stack:
                raise Failure("wrong", f"arena and stack of {ram} + {ram_stack} bytes, {speed} + {speed_stack} for speed")
            report.ok(model.name, f"arena {speed} -> {ram}, stack {speed_stack} -> {ram_stack}")
        except Failure as e:
            cases.tell(report, model.name, model, e)
    report.exit()


if __name__ == "__main__":
    main()
