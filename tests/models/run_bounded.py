#!/usr/bin/env python3
"""The dynamic models compiled once for bounded dimensions and swept over sizes, against onnxruntime and float64.

    run_bounded.py [--target T] [NAME ...]

Every combination of the sizes in models.def is one call of the same program, so a call must not depend on what an
earlier one left in the arena.
"""
import itertools
import os
import re
import shutil

import numpy as np
import onnx
import onnxruntime

import cases  # first: it says where the others are
import built
import check
import generated
import on_target
from generated import Failure
from promise import fp32_promise


class Bounded:
    """The third column of models.def for one model."""

    def __init__(self, model):
        self.bounds, self.sizes, self.equal = {}, {}, {}
        for part in model.bounded.split():
            name, bound, *sizes = part.split("=")
            self.bounds[name] = bound
            if sizes:
                self.sizes[name] = [int(n) for n in sizes[0].split(",")]
            else:
                self.equal[name] = bound

    def options(self, fixed):
        """--dim of every bounded dimension, and of the fixed ones that are not bounded."""
        given = [f"{n}={b}" for n, b in self.bounds.items()]
        given += [d for d in fixed[1::2] if d.split("=")[0] not in self.bounds]
        return [word for d in given for word in ("--dim", d)]

    def sweep(self):
        """Every combination, as sizes of the dimensions that are parameters and as sizes of all."""
        for sizes in itertools.product(*self.sizes.values()):
            own = dict(zip(self.sizes, sizes))
            yield own, {**own, **{name: own[other] for name, other in self.equal.items()}}


def resized(model, proto, inputs, sizes):
    """The case's inputs, cut or repeated to the sizes of their symbolic dimensions."""
    constant = {t.name for t in proto.graph.initializer}
    out = []
    for info, value in zip([i for i in proto.graph.input if i.name not in constant], inputs):
        for axis, d in enumerate(info.type.tensor_type.shape.dim):
            name = d.dim_param or f"{info.name}.{axis}"
            if name in sizes:
                value = np.take(value, np.arange(sizes[name]) % value.shape[axis], axis)
        out.append(np.ascontiguousarray(value))
    return out


def session(path):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def c_name(name):
    """How a dimension's name reads as a C identifier: C++ keeps names with two underscores in a row for itself."""
    return re.sub(r"\W|_+", "_", name)


def check_call(proto, inputs, plain, answer):
    exact = check.exact(proto, inputs)
    for j, (a, p, e) in enumerate(zip(answer.outputs, plain, exact)):
        difference = fp32_promise(a, p, e)
        if difference:
            raise Failure("wrong", f"output {j}: {difference}")


def run_model(model, target, folder):
    """How many sizes were right."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    bounded, proto, reference = Bounded(model), onnx.load(model.path), session(model.path)
    generated.compile_model(model.path, folder, "m", target, bounded.options(model.dims))
    program = built.build(folder, "m", target)
    names = [i.name for i in reference.get_inputs()]
    sweep, calls, plains = [own for own, _ in bounded.sweep()], [], []
    for sizes, everywhere in bounded.sweep():
        inputs = resized(model, proto, model.case(0)[0], everywhere)
        plains.append(reference.run(None, dict(zip(names, inputs))))
        calls.append(cases.call_of(inputs, plains[-1], {c_name(n): v for n, v in sizes.items()}))
    for sizes, call, plain, answer in zip(sweep, calls, plains, program.run(calls)):
        if answer.status != 0:
            raise Failure("wrong", f"{sizes}: the function returned {answer.status}")
        known = {n for value in plain for n in value.shape}
        if not set(answer.returned.values()) <= known:
            raise Failure("wrong", f"{sizes}: returned {answer.returned}, shapes are {[v.shape for v in plain]}")
        try:
            check_call(proto, call.inputs, plain, answer)
        except Failure as e:
            raise Failure("wrong", f"{sizes}: {e}") from e
    return len(sweep)


def main():
    p = on_target.parser(__doc__, "host")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "bounded")
    for model in cases.models(report, a.names, ("float",)):
        if not model.bounded:
            continue
        folder = os.path.join(generated.work_folder(), f"bounded-{target.name}", model.name)
        try:
            report.ok(model.name, f"{run_model(model, target, folder)} sizes")
        except Failure as e:
            report.failed(model.name, f"{e.kind}: {e}")
    report.exit()


if __name__ == "__main__":
    main()
