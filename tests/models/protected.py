#!/usr/bin/env python3
"""--protect: outputs to the bit those of the model without it, and a program in which no 16 bytes of any constant are left,
nor in its object a name of a tensor, an operator or the runtime; that the same search finds some of them without --protect is seen, too.

    protected.py [--target T] [NAME ...]
"""
import os
import re
import shutil

import numpy as np
import onnx
from onnx import numpy_helper

import bounds
import built
import cases
import generated
import on_target

from cases import call_of
from generated import Failure, execute, one_line

RUN = 16  # bytes
BOUND = {"macs": 3e6, "constants": 300_000, "code": 150_000}  # of what compiles in a second or two
C_LIBRARY = ("sqrt", "floor", "ceil", "tanh", "round")  # functions that it may call
SEEDS = ("one", "two")


def attributes(graph):
    for node in graph.node:
        for a in node.attribute:
            yield node, a
            if a.type == onnx.AttributeProto.GRAPH:
                yield from attributes(a.g)


def constants(graph):
    tensors = [*graph.initializer, *(a.t for _, a in attributes(graph) if a.type == onnx.AttributeProto.TENSOR)]
    for t in tensors:
        array = numpy_helper.to_array(t)
        if array.dtype.kind in "fiub" and array.dtype != np.int64:  # those are shapes, which code may hold
            yield np.ascontiguousarray(array).tobytes()


def windows(data):
    """Every run of RUN bytes, as one number of 64 bits that two different ones hardly share."""
    bytes = np.frombuffer(data, np.uint8)
    if len(bytes) < RUN:
        return np.zeros(0, np.uint64)
    words = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(bytes, RUN)).view(np.uint64)
    telling = (words.view(np.uint8) != 0).sum(axis=1) > 4  # not one number among zeros,
    words = words[telling & (words[:, 0] != words[:, 1])]  # nor the same again and again
    return np.unique(words[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ words[:, 1])


def found(model, path):
    """How many runs of the model's constants are in the object."""
    with open(path, "rb") as f:
        there = windows(f.read())
    runs = [windows(c) for c in constants(model.graph)]
    return sum(int(np.isin(r, there, assume_unique=True).sum()) for r in runs)


def names(model):
    """What the object must not say: but for the interface, which is the caller's to know."""
    told = {n.op_type for n in model.graph.node} | {n.name for n in model.graph.node} | {t.name for t in model.graph.initializer}
    told |= {o for n in model.graph.node for o in n.output} - {o.name for o in model.graph.output}
    return {n for n in told if len(n) > 3 and n.lower() not in C_LIBRARY} | {"nnrt_"}


def strings(folder, target):
    """What `strings` finds in the object file, in small letters."""
    path = os.path.join(folder, "m.o")
    code, text = execute([*target.compiler(), *target.cflags.split(), "-c", os.path.join(folder, "m.c"), "-o", path], 300)
    if code != 0:
        raise Failure("cc", one_line(text))
    with open(path, "rb") as f:
        return b"\n".join(re.findall(rb"[ -~]{4,}", f.read())).lower()


def compile(model, name, target, options):
    folder = os.path.join(generated.work_folder(), "protected", model.name, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    generated.compile_model(model.path, folder, "m", target, [*model.dims, *options])
    return folder


def run(model, name, target, options):
    """The outputs of all cases, and where the program is."""
    program = built.build(compile(model, name, target, options), "m", target)
    given = [model.case(k) for k in range(model.n_cases)]
    return [o.tobytes() for a in program.run([call_of(*case) for case in given]) for o in a.outputs], program.path


def octal(folder):
    """The lines of constants in the C text."""
    with open(os.path.join(folder, "m.c"), encoding="utf-8") as f:
        return {line for line in f if line.startswith('"')}


def check(model, target):
    """How many runs the search finds without --protect."""
    wanted, plain = run(model, "plain", target, [])
    got, path = run(model, SEEDS[0], target, [f"--protect={SEEDS[0]}"])
    proto = model.load()
    if got != wanted:
        raise Failure("wrong", "other bits")
    if found(proto, path):
        raise Failure("wrong", f"{found(proto, path)} runs of {RUN} bytes of constants are in the program")
    one, two, again = (compile(model, f"text-{k}", target, [f"--protect={seed}"]) for k, seed in enumerate((*SEEDS, SEEDS[0])))
    if octal(one) != octal(again) or octal(one) & octal(two):
        raise Failure("wrong", "the same seed gives other constants, or two seeds the same")
    said = strings(one, target)
    told = [n for n in names(proto) if re.search(rb"(?<![a-z0-9])" + re.escape(n.lower().encode()), said)]
    if told:
        raise Failure("wrong", f"the object says {', '.join(sorted(told)[:5])}")
    return found(proto, plain)


def main():
    parser = on_target.parser(__doc__, "x86-64-v3")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    target, report = on_target.begin(args, "protected")
    visible = 0
    for model in cases.models(report, args.names, bound=bounds.Bound(target, **BOUND)):
        try:
            seen = check(model, target)
            visible += seen
            report.ok(model.name, f"{seen} runs without --protect")
        except Failure as e:
            cases.tell(report, model.name, model, e)
    if not visible:
        report.failed("search", "finds nothing without --protect either")
    report.exit()


if __name__ == "__main__":
    main()
