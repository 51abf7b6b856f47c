#!/usr/bin/env python3
"""Quantised models give the same bytes on every target as the generic C on this machine.

    same_bytes.py [--target T] [NAME ...]       without names all that the target's bound allows (bounds.py)
    same_bytes.py --random 1000 --target cortex-m4 --with gcc-Os --with clang-O3 mlperf-tiny-kws-int8

--random N: beside the cases of a model, N inputs at random over the range of its first case's, in one start of the
emulator; to the first of them the evaluator of tests/oracle has its say. --with: a compiler, gcc for the target's own,
and a level; the generic C is gcc -O2's.
"""
import functools
import os
import shutil
import zlib

import numpy as np

import bounds
import built
import cases
import check
import generated
import on_target
from generated import Failure, execute, one_line
from targets import TARGETS

CLANG = "clang-14"
CALLS_AT_ONCE = 100  # of --random: what they take lies in a file that the emulated program reads


def random_inputs(model, count):
    """Integers over all that their type holds, floats a tenth beyond what the first case has."""
    rng = np.random.default_rng(zlib.crc32(model.name.encode()))
    for _ in range(count):
        yield [rng.integers(np.iinfo(x.dtype).min, np.iinfo(x.dtype).max, x.shape, x.dtype, endpoint=True)
               if x.dtype.kind in "iu" else
               (x.mean() + (rng.random(x.shape) - 0.5) * 1.1 * max(np.ptp(x), 1)).astype(x.dtype)
               for x in model.case(0)[0]]


@functools.cache
def headers(target):
    """Where the C library's headers are that the target's gcc takes: clang does not know."""
    code, text = execute([*target.compiler(), *target.cflags.split(), "-xc", "-E", "-Wp,-v", os.devnull], 60)
    if code != 0:
        raise Failure("cc", one_line(text))
    return [w for line in text.splitlines() if line.startswith(" /") for w in ("-isystem", line.strip())]


def clang_object(folder, target, flags):
    """The model by clang. Linked by gcc with what the test calls it by."""
    triple = "riscv32-unknown-elf" if target.name.startswith("rv32") else "arm-none-eabi"
    path = os.path.join(folder, "m.o")
    code, text = execute([CLANG, f"--target={triple}", *target.cflags.split(), *flags.split(), "-std=gnu11", "-fshort-enums",
                          "-ffp-contract=off", "-Wno-unused-command-line-argument", *headers(target), "-c", "-o", path,
                          os.path.join(folder, "m.c")], 600)
    if code != 0:
        raise Failure("cc", f"{CLANG}: {one_line(text)}")
    os.remove(os.path.join(folder, "m.c"))  # what is left is built with the header alone
    return path


def program(model, target, folder, compiler="gcc", flags=""):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    generated.compile_model(model.path, folder, "m", target, model.dims)
    if compiler == "gcc":
        return built.build(folder, "m", target, flags)
    return generated.build(folder, "m", target, flags, more=(clang_object(folder, target, flags),))


def outputs(made, all_calls, timeout):
    for at in range(0, len(all_calls), CALLS_AT_ONCE):
        for answer in made.run(all_calls[at:at + CALLS_AT_ONCE], timeout):
            if answer.status:
                raise Failure("wrong", f"{made.target.name}: the function returned {answer.status}")
            yield answer.outputs


def compare(here, there, what):
    for k, (a, b) in enumerate(zip(there, here, strict=True)):
        for difference in filter(None, map(check.same_bits, a, b)):
            raise Failure("wrong", f"{what}: call {k}: {difference}")


def check_model(model, target, a, report):
    folder = os.path.join(generated.work_folder(), f"bytes-{target.name}", model.name)
    more = [cases.call_of(x, model.case(0)[1]) for x in random_inputs(model, a.random)]
    timeout = 300 if not a.random else 3600
    try:
        here = list(outputs(program(model, TARGETS["generic"], folder + "-generic"), check.calls(model) + more, timeout))
        if more:
            compare([check.by_integers(model.load(), more[0].inputs)], [here[model.n_cases]], "generic against the oracle")
    except Failure as e:
        report.failed(model.name, f"{e.kind}: {e}")
        return
    for way in a.ways or ["gcc"]:
        compiler, _, level = way.partition("-")
        name = model.name + (f"/{way}" if a.ways else "")
        try:
            made = program(model, target, f"{folder}-{way}", compiler, level and f"-{level}")
            compare(here, outputs(made, check.calls(model) + more, timeout), f"{target.name} against generic")
            report.ok(name, f"{len(here)} inputs, {sum(o.nbytes for answer in here for o in answer)} bytes")
        except Failure as e:
            report.failed(name, f"{e.kind}: {e}")


def main():
    p = on_target.parser(__doc__, "cortex-m4")
    p.add_argument("--random", type=int, default=0)
    p.add_argument("--with", dest="ways", action="append")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "same-bytes")
    for model in cases.models(report, a.names, ("qdq",), bounds.of_target(target)):
        check_model(model, target, a, report)
    report.exit()


if __name__ == "__main__":
    main()
