#!/usr/bin/env python3
"""Models with states, step by step, against onnxruntime with the states fed back by hand.

    streams.py [--target T] [NAME ...]

Each row ties inputs and outputs by --state. A sequence of frames goes through NAME_step(), a second time after
NAME_reset(); an oracle runs the model as it is, frame after frame, and is given the states that it put out. Both
sequences must be the same, and be what run_models.py asks of one run: the bits of integers, the promise of floats.
"""
import os
import re
import shutil

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import cases
import check
import generated
import on_target
import promise
from generated import Call, Failure

FRAMES = 12

# Models of ../shared: name, kind, states, and what they are at first where that is not 0: the zero points of their bytes.
SHARED = [
    ("microwakeword-okay-nabu", "qdq", {f"state{k}": f"state{k}_out" for k in range(6)}, {f"state{k}": -128 for k in range(6)}),
    ("tflm-dtln", "qdq", {f"lstm{k}_{x}": f"lstm{k}_{x}_out" for k in (1, 2) for x in "hc"}, {"lstm2_h": -4}),
    ("dtln-1", "float", {"input_3": "tf_op_layer_stack_2"}, {}),
    ("gtcrn-stream", "float", {f"{x}_cache": f"{x}_cache_out" for x in ("conv", "tra", "inter")}, {}),
]


# ------------------------------------------------------------------------------------------------------- made for the test

def make(nodes, inputs, outputs, weights=(), opset=17):
    """nodes: operator, inputs, outputs, attributes. inputs and outputs: names and shapes. weights: names and arrays."""
    values = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in v.items()] for v in (inputs, outputs)]
    graph = helper.make_graph([helper.make_node(op, i.split(), o.split(), f"{op.lower()}_{o.split()[-1]}", **(a or {}))
                               for op, i, o, a in nodes], "g", *values,
                              [numpy_helper.from_array(np.asarray(w), n) for n, w in dict(weights).items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    return model


def random(*shape):
    return (np.random.default_rng(sum(shape)).standard_normal(shape) / 2).astype(np.float32)


def recurrent(op, gates, more):
    """A cell with its hidden state, and its inner one, as inputs and outputs."""
    state = {"h": [1, 1, 6], **({"c": [1, 1, 6]} if more else {})}
    return make([(op, "x w r b lens " + " ".join(state),
                  "y " + " ".join(n + "_out" for n in state), {"hidden_size": 6})],
                {"x": [1, 1, 4], **state}, {"y": [1, 1, 1, 6], **{n + "_out": s for n, s in state.items()}},
                {"w": random(1, gates * 6, 4), "r": random(1, gates * 6, 6), "b": random(1, gates * 12),
                 "lens": np.array([1], np.int32)})


def delay_line(perm, back):
    """A convolution over the last five frames, kept channels first or as `perm` has them."""
    shape = [1, 3, 4, 2]
    kept = [shape[p] for p in back] if perm else shape
    nodes = [("Transpose", "s", "past", {"perm": perm})] if perm else [("Identity", "s", "past", None)]
    nodes += [("Concat", "past x", "line", {"axis": 2}), ("Conv", "line w", "y", None),
              ("Slice", "line from to axis", "kept", None)]
    nodes += [("Transpose", "kept", "s_out", {"perm": back}) if perm else ("Identity", "kept", "s_out", None)]
    return make(nodes, {"x": [1, 3, 1, 2], "s": kept}, {"y": [1, 8, 1, 1], "s_out": kept},
                {"w": random(8, 3, 5, 2), "from": np.array([1]), "to": np.array([5]), "axis": np.array([2])})


def lines_of_one():
    """Two delay lines in one Concat, of which only one can lie in it as it moves."""
    return make([("Concat", "a b x", "line", {"axis": 1}), ("MatMul", "line w", "y", None),
                 ("Slice", "line a0 a1 axis", "a_out", None), ("Slice", "line b0 b1 axis", "b_out", None)],
                {"x": [1, 4], "a": [1, 4], "b": [1, 4]}, {"y": [1, 3], "a_out": [1, 4], "b_out": [1, 4]},
                {"w": random(12, 3), "axis": np.array([1]), "a0": np.array([2]), "a1": np.array([6]),
                 "b0": np.array([6]), "b1": np.array([10])})


S4 = {"s": [4], "t": [4], "u": [4]}
STATES = {
    "rnn": (lambda: recurrent("RNN", 1, False), {"h": "h_out"}),
    "gru": (lambda: recurrent("GRU", 3, False), {"h": "h_out"}),
    "lstm": (lambda: recurrent("LSTM", 4, True), {"h": "h_out", "c": "c_out"}),
    "delay-line": (lambda: delay_line(None, None), {"s": "s_out"}),
    "delay-line-transposed": (lambda: delay_line([0, 3, 1, 2], [0, 2, 3, 1]), {"s": "s_out"}),
    "two-lines-of-one": (lines_of_one, {"a": "a_out", "b": "b_out"}),
    # The output is the state as it was; the new one is the input.
    "given-out": (lambda: make([("Identity", "s", "y", None), ("Identity", "x", "s_out", None)],
                               {"x": [4], "s": [4]}, {"y": [4], "s_out": [4]}), {"s": "s_out"}),
    # The output is the new state.
    "output-too": (lambda: make([("Add", "s x", "y", None), ("Identity", "y", "s_out", None)],
                                {"x": [4], "s": [4]}, {"y": [4], "s_out": [4]}), {"s": "s_out"}),
    # Each takes the place of the next.
    "register": (lambda: make([("Identity", "x", "s_out", None), ("Identity", "s", "t_out", None),
                               ("Identity", "t", "u_out", None), ("Add", "s t", "a", None), ("Sub", "a u", "y", None)],
                              {"x": [4], **S4}, {"y": [4], **{n + "_out": s for n, s in S4.items()}}),
                 {n: n + "_out" for n in S4}),
    # Two change places; only one of them is ever anything but zero.
    "exchange": (lambda: make([("Identity", "t", "s_out", None), ("Identity", "s", "t_out", None),
                               ("Add", "u x", "u_out", None), ("Add", "s t", "a", None), ("Add", "a u", "y", None)],
                              {"x": [4], **S4}, {"y": [4], **{n + "_out": s for n, s in S4.items()}}),
                 {n: n + "_out" for n in S4}),
    # What is never changed stays zero.
    "constant": (lambda: make([("Add", "s x", "y", None), ("Identity", "s", "s_out", None)],
                              {"x": [4], "s": [4]}, {"y": [4], "s_out": [4]}), {"s": "s_out"}),
}


# ------------------------------------------------------------------------------------------------------------- running

class Stream:
    def __init__(self, path, kind, states, first):
        self.path, self.kind, self.states, self.first = path, kind, states, first
        self.proto = onnx.load(path)
        graph = self.proto.graph
        inputs = [i for i in graph.input if i.name not in {w.name for w in graph.initializer}]
        self.inputs, self.outputs = [i.name for i in inputs], [o.name for o in graph.output]
        self.types = {i.name: (onnx.helper.tensor_dtype_to_np_dtype(i.type.tensor_type.elem_type),
                               [d.dim_value for d in i.type.tensor_type.shape.dim]) for i in inputs}
        self.frames = [{n: self.draw(n, k) for n in self.inputs if n not in states} for k in range(FRAMES)]

    def draw(self, name, k):
        dtype, shape = self.types[name]
        r = np.random.default_rng([k, len(name)])
        if dtype.kind == "f":
            return r.standard_normal(shape).astype(dtype)
        return r.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype, endpoint=True)

    def start(self):
        return {n: np.full(self.types[n][1], self.first.get(n, 0), self.types[n][0]) for n in self.states}

    def run(self, evaluate):
        """The outputs that are no states, frame by frame, by a function from inputs to outputs, both in order."""
        state, steps = self.start(), []
        for frame in self.frames:
            got = dict(zip(self.outputs, evaluate([{**frame, **state}[n] for n in self.inputs])))
            state = {past: np.asarray(got[present]) for past, present in self.states.items()}
            steps.append([got[n] for n in self.outputs if n not in self.states.values()])
        return steps

    def calls(self):
        session = onnxruntime.InferenceSession(self.path)
        plain = self.run(lambda x: session.run(None, dict(zip(self.inputs, x))))
        return plain, [Call([f[n] for n in self.inputs if n not in self.states],
                            [(np.asarray(o).dtype, np.asarray(o).shape) for o in p], {})
                       for f, p in zip(self.frames, plain)]


def run(stream, target, folder):
    """Says what the states and the arena take."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    ties = [word for pair in stream.states.items() for word in ("--state", "=".join(pair))]
    header = generated.compile_model(stream.path, folder, "m", target, ties)
    program = generated.build(folder, "m", target, f"-O1 -DRESET_EVERY={FRAMES}")
    plain, calls = stream.calls()
    answers = program.run(calls + calls)
    if any(a.status for a in answers):
        raise Failure("wrong", f"the function returned {[a.status for a in answers]}")
    got = [a.outputs for a in answers]
    for k, (one, two) in enumerate(zip(got[:FRAMES], got[FRAMES:])):
        for a, b in zip(one, two):
            if check.same_bits(b, a):
                raise Failure("wrong", f"frame {k} after a reset: {check.same_bits(b, a)}")
    evaluate = check.by_integers if stream.kind == "qdq" else check.exact
    wanted = stream.run(lambda x: evaluate(stream.proto, x))
    for k in range(FRAMES):
        for j, (a, p, w) in enumerate(zip(got[k], plain[k], wanted[k])):
            bad = check.same_bits(a, w) if stream.kind == "qdq" else promise.fp32_promise(a, p, w)
            if bad:
                raise Failure("wrong", f"frame {k}, output {j}: {bad}")
    with open(header, encoding="utf-8") as f:
        sizes = dict(re.findall(r"define M_(ARENA|STATE)_BYTES (\d+)", f.read()))
    return "states of {STATE} bytes in an arena of {ARENA}".format(**sizes)


def subjects(report, names):
    """Name, path and the rest of a row, of all that are there."""
    folder = os.path.join(generated.work_folder(), "streams-made")
    os.makedirs(folder, exist_ok=True)
    for name, (builder, states) in STATES.items():
        if not names or name in names:
            path = os.path.join(folder, name + ".onnx")
            onnx.save(builder(), path)
            yield name, path, "float", states, {}
    for name, *row in SHARED:
        path = os.path.join(cases.SHARED, "models", name, "model.onnx")
        if not names or name in names:
            if os.path.exists(path):
                yield name, path, *row
            else:
                report.skip(name, cases.NOT_THERE)


def main():
    p = on_target.parser(__doc__, "generic")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "streams")
    for name, path, *row in subjects(report, a.names):
        try:
            folder = os.path.join(generated.work_folder(), f"streams-{target.name}", name)
            report.ok(name, run(Stream(path, *row), target, folder))
        except Failure as e:
            report.failed(name, f"{e.kind}: {e}")
    report.exit()


if __name__ == "__main__":
    main()
