#!/usr/bin/env python3
"""Random recurrent layers, transposed convolutions and pools against onnxruntime.

    layers.py [--target T] [--turns N] [--first SEED]

Every turn draws sizes, attributes, optional inputs and outputs. What onnxruntime refuses is drawn again; where its
reading differs from the standard's (see the functions) nothing is drawn. Sums of at most 60 products of values about 1
are compared, so 2e-5 of the greatest value leaves room for another order of additions and other polynomials.
"""
import argparse
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "python"))

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import generated
from generated import Call, Failure
from report import Report
from targets import TARGETS, best_host, missing

TOLERANCE = 2e-5
WITH_ALPHA = ("Affine", "LeakyRelu", "ScaledTanh", "HardSigmoid", "Elu")
WITH_BETA = ("Affine", "ScaledTanh", "HardSigmoid")
# ThresholdedRelu: the standard lets x through from alpha on, onnxruntime above it. Softplus: overflows there.
ACTIVATIONS = ("Relu", "Tanh", "Sigmoid", "Softsign") + WITH_ALPHA


class Graph:
    """One operator with its inputs, some of them constants."""

    def __init__(self, numbers):
        self.numbers, self.names, self.inputs, self.constants, self.values = numbers, [], [], [], []

    def add(self, name, shape, constant, present=True):
        if present:
            self.add_value(name, (self.numbers.standard_normal(shape) * 0.5).astype(np.float32), constant)
        else:
            self.names.append("")

    def add_value(self, name, value, constant):
        self.names.append(name)
        if constant:
            self.constants.append(numpy_helper.from_array(value, name))
        else:
            kind = helper.np_dtype_to_tensor_dtype(value.dtype)
            self.inputs.append(helper.make_tensor_value_info(name, kind, value.shape))
            self.values.append(value)

    def model(self, op, outputs, rank, attributes):
        while self.names[-1] == "":
            self.names.pop()
        infos = [helper.make_tensor_value_info(o, TensorProto.FLOAT, [None] * rank[i])
                 for i, o in enumerate(outputs) if o]
        node = helper.make_node(op, self.names, outputs, **attributes)
        graph = helper.make_graph([node], "g", self.inputs, infos, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


def recurrent_attributes(r, op, directions):
    functions = {"RNN": 1, "GRU": 2, "LSTM": 3}[op] * directions
    attributes = {}
    if r.random() < 0.5:
        names = [r.choice(ACTIVATIONS) for _ in range(functions)]
        alphas, betas = (sum(n in those for n in names) for those in (WITH_ALPHA, WITH_BETA))
        attributes["activations"] = names
        if alphas:
            attributes["activation_alpha"] = [r.choice([0.1, 0.3, 0.5]) for _ in range(alphas)]
        if betas:
            attributes["activation_beta"] = [r.choice([0.1, 0.2, 0.6]) for _ in range(betas)]
    if r.random() < 0.3:
        attributes["clip"] = r.choice([0.1, 0.5, 2.0])
    if op == "LSTM" and r.random() < 0.2:
        attributes["input_forget"] = 1
    if op == "GRU" and r.random() < 0.5:
        attributes["linear_before_reset"] = 1
    return attributes


def recurrent(r, numbers):
    op = r.choice(["RNN", "GRU", "LSTM", "LSTM"])
    rows = {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    steps, batch, width, hidden = r.choice([1, 2, 5]), r.choice([1, 2, 3]), r.choice([1, 3, 17]), r.choice([1, 4, 16, 19, 40])
    direction = r.choice(["forward", "reverse", "bidirectional"])
    both = 2 if direction == "bidirectional" else 1
    constant = r.random() < 0.6
    g = Graph(numbers)
    g.add("X", (steps, batch, width), False)
    g.add("W", (both, rows * hidden, width), constant)
    g.add("R", (both, rows * hidden, hidden), constant)
    g.add("B", (both, 2 * rows * hidden), constant, r.random() < 0.7)
    if r.random() < 0.3:
        g.add_value("lens", numbers.integers(1, steps + 1, batch).astype(np.int32), False)
    else:
        g.names.append("")
    g.add("h", (both, batch, hidden), False, r.random() < 0.5)
    if op == "LSTM":
        g.add("c", (both, batch, hidden), False, r.random() < 0.5)
        g.add("P", (both, 3 * hidden), constant, r.random() < 0.3)
    outputs = [name if r.random() < 0.7 else "" for name in ["Y", "Y_h", "Y_c"][:3 if op == "LSTM" else 2]]
    if not any(outputs):
        outputs[0] = "Y"
    attributes = {"hidden_size": hidden, "direction": direction, **recurrent_attributes(r, op, both)}
    return g.model(op, outputs, (4, 3, 3), attributes), g.values


def transposed(r, numbers):
    """auto_pad only with kernels as long as the stride: onnxruntime gives fewer outputs than the standard says else."""
    axes, group = r.choice([1, 2, 2]), r.choice([1, 1, 2, 6])
    channels = 1 if group == 6 else r.choice([1, 3, 17])
    stride = [r.choice([1, 2, 3]) for _ in range(axes)]
    attributes = {"strides": stride, "dilations": [r.choice([1, 1, 2, 3]) for _ in range(axes)], "group": group}
    if r.random() < 0.3:
        kernel = [s + r.choice([0, 1]) for s in stride]
        attributes["auto_pad"] = r.choice(["SAME_UPPER", "SAME_LOWER"])
    else:
        kernel = [r.choice([1, 2, 3, 4]) for _ in range(axes)]
        attributes["pads"] = [r.choice([0, 0, 1, 2]) for _ in range(2 * axes)]
        attributes["output_padding"] = [r.randrange(s) for s in stride]
    g = Graph(numbers)
    g.add("X", [r.choice([1, 2]), 6] + [r.choice([3, 6, 9]) for _ in range(axes)], False)
    g.add("W", [6, channels] + kernel, True)
    g.add("B", [channels * group], True, r.random() < 0.5)
    return g.model("ConvTranspose", ["Y"], (axes + 2,), {"kernel_shape": kernel, **attributes}), g.values


def pool(r, numbers):
    axes, kernel = r.choice([1, 2, 2]), r.choice([2, 3])
    attributes = {"kernel_shape": [kernel] * axes, "strides": [r.choice([1, 2]) for _ in range(axes)],
                  "pads": [r.randrange(kernel) for _ in range(2 * axes)]}
    op = r.choice(["MaxPool", "AveragePool"])
    if op == "AveragePool":
        attributes["count_include_pad"] = r.choice([0, 1])
    g = Graph(numbers)
    g.add("X", [r.choice([1, 2]), r.choice([1, 5, 16, 37])] + [r.choice([3, 6, 9]) for _ in range(axes)], False)
    return g.model(op, ["Y"], (axes + 2,), attributes), g.values


def expected(model, values):
    """onnxruntime's outputs, or None when it refuses the model."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, {i.name: v for i, v in zip(model.graph.input, values)})
    except Exception:  # its exceptions share no class of their own
        return None


def check(model, values, outputs, target, folder):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    generated.compile_model(path, folder, "m", target, [], timeout=30)
    program = generated.build(folder, "m", target)
    answer = program.run([Call(values, [(o.dtype, o.shape) for o in outputs], {})], timeout=60)[0]
    if answer.status != 0:
        raise Failure("wrong", f"m_run returned {answer.status}")
    for k, (actual, wanted) in enumerate(zip(answer.outputs, outputs)):
        difference = np.abs(actual - wanted).max(initial=0.0)
        if not difference <= TOLERANCE * max(1.0, np.abs(wanted).max(initial=0.0)):
            raise Failure("wrong", f"output {k} differs by {difference}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--target", default="host", help="a target, or 'host' for the widest that this processor runs")
    p.add_argument("--turns", type=int, default=20)
    p.add_argument("--first", type=int, default=0)
    a = p.parse_args()
    target = best_host() if a.target == "host" else TARGETS[a.target]
    report = Report()
    if missing(target):
        report.skip(f"lower/{target.name}", missing(target))
        report.exit()
    generated.runner_object(target)
    folder = os.path.join(generated.work_folder(), f"lower-{target.name}")
    for draw in (recurrent, transposed, pool):
        for seed in range(a.first, a.first + a.turns):
            r, numbers, outputs = random.Random(f"{draw.__name__} {seed}"), np.random.default_rng(seed), None
            while outputs is None:
                model, values = draw(r, numbers)
                outputs = expected(model, values)
            name = f"lower/{target.name}/{draw.__name__}/{seed}"
            try:
                check(model, values, outputs, target, folder)
                report.ok(name)
            except Failure as e:
                report.failed(name, f"{e.kind}: {e} in {onnx.printer.to_text(model.graph.node[0])}")
    report.exit()


if __name__ == "__main__":
    main()
