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
import window_share
from generated import Call, Failure

FRAMES = 12
MARK = 1.15  # a step's work over its share of new work, in multiply-accumulates and in instructions
LARGE = 20000  # multiply-accumulates of a step from which it is held to that: less is copies for the most part

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
    graph = helper.make_graph([helper.make_node(op, i.split(" "), o.split(" "), op.lower() + "_" + o.split(" ")[-1], **(a or {}))
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


# ------------------------------------------------------------------------------------------- sequences, by --stream

def conv(x, w, y, **attributes):
    return "Conv", f"{x} {w}", y, attributes


def causal():
    """Convolutions with a stride and dilation, a residual, a product a frame."""
    return make([conv("x", "w1", "a", pads=[2, 0]), ("Relu", "a", "b", None),
                 conv("b", "w2", "c", pads=[4, 0], dilations=[2]), ("Add", "a c", "d", None),
                 conv("d", "w3", "e", pads=[2, 0], strides=[2]), ("Transpose", "e", "f", {"perm": [0, 2, 1]}),
                 ("MatMul", "f w4", "g", None), ("Softmax", "g", "y", {"axis": -1})],
                {"x": [1, 4, "T"]}, {"y": [1, "U", 3]},
                {"w1": random(5, 4, 3), "w2": random(5, 5, 3), "w3": random(8, 5, 3), "w4": random(8, 3)})


def images():
    """Rows of images are frames; columns are padded on both sides, pools have strides along both axes."""
    return make([conv("x", "w1", "a", pads=[2, 1, 0, 1]), ("BatchNormalization", "a s s m v", "b", None), ("Relu", "b", "c", None),
                 ("AveragePool", "c", "d", {"kernel_shape": [2, 2], "strides": [2, 2]}),
                 ("Conv", "d w2", "e", {"pads": [4, 1, 0, 1], "dilations": [2, 1], "group": 6}),
                 ("MaxPool", "e", "f", {"kernel_shape": [1, 3], "strides": [1, 3]}),
                 ("Transpose", "f", "g", {"perm": [0, 2, 1, 3]}), ("Reshape", "g shape", "h", None),
                 ("Gemm", "h w3", "y", None)],
                {"x": [1, 2, "T", 12]}, {"y": ["U", 3]},
                {"w1": random(6, 2, 3, 3), "w2": random(6, 1, 3, 3), "w3": random(12, 3), "s": np.abs(random(6)), "m": random(6),
                 "v": np.abs(random(6)) + 1, "shape": np.array([-1, 12])})


def layers():
    """Recurrent layers one behind the other, the last state of one of them an output."""
    return make([("Transpose", "x", "t", {"perm": [1, 0, 2]}), ("LSTM", "t wl rl bl", "l lh", {"hidden_size": 6}),
                 ("Squeeze", "l one", "a", None), ("GRU", "a wg rg bg  zero", "g", {"hidden_size": 5, "linear_before_reset": 1}),
                 ("Squeeze", "g one", "b", None), ("RNN", "b wr rr", "r", {"hidden_size": 4}), ("Squeeze", "r one", "c", None),
                 ("LayerNormalization", "c s", "y", {"axis": -1}), ("Squeeze", "lh zero1", "last", None)],
                {"x": [1, "T", 3]}, {"y": ["T", 1, 4], "last": [1, 6]},
                {"wl": random(1, 24, 3), "rl": random(1, 24, 6), "bl": random(1, 48), "one": np.array([1]),
                 "wg": random(1, 15, 6), "rg": random(1, 15, 5), "bg": random(1, 30), "zero": np.zeros((1, 1, 5), np.float32), "zero1": np.array([0]),
                 "wr": random(1, 4, 5), "rr": random(1, 4, 4), "s": random(4)})


def chomped():
    """As PyTorch's temporal convolutions are exported: padded on both sides and cut at the end."""
    return make([conv("x", "w1", "a", pads=[4, 4], dilations=[2]), ("Slice", "a zero cut two", "b", None), ("Relu", "b", "c", None),
                 ("Pad", "c pads", "d", None), conv("d", "w2", "e"), ("Add", "e x", "y", None)],
                {"x": [1, 4, "T"]}, {"y": [1, 4, "T"]},
                {"w1": random(6, 4, 3), "w2": random(4, 6, 3), "zero": np.array([0]), "cut": np.array([-4]),
                 "two": np.array([2]), "pads": np.array([0, 0, 2, 0, 0, 0])})


def valid():
    """Convolutions without padding: results come late, and what goes round them waits."""
    return make([conv("x", "w1", "a"), ("Sigmoid", "a", "b", None), conv("b", "w2", "c", strides=[2]),
                 conv("x", "w3", "d", strides=[2]), ("Slice", "d two end axis", "e", None), ("Mul", "c e", "y", None)],
                {"x": [1, 4, "T"]}, {"y": [1, 4, "U"]},
                {"w1": random(6, 4, 3), "w2": random(4, 6, 5), "w3": random(4, 4, 3), "two": np.array([2]), "end": np.array([1 << 40]),
                 "axis": np.array([2])})


def flat():
    """Samples are cut into frames, and frames become samples again."""
    return make([("Reshape", "x frames", "a", None), ("MatMul", "a w1", "b", None), ("LSTM", "b w r", "c", {"hidden_size": 8, "layout": 0}),
                 ("Reshape", "c samples", "y", None)],
                {"x": ["T"]}, {"y": ["T"]},
                {"frames": np.array([-1, 1, 8]), "samples": np.array([-1]), "w1": random(8, 5), "w": random(1, 32, 5), "r": random(1, 32, 8)})


def last():
    """A class for what has been heard so far."""
    return make([conv("x", "w1", "a", pads=[2, 0]), ("Transpose", "a", "b", {"perm": [2, 0, 1]}), ("GRU", "b w r", "c", {"hidden_size": 6}),
                 ("Gather", "c at", "d", {"axis": 0}), ("Squeeze", "d zero", "e", None), ("Gemm", "e w2", "f", None),
                 ("Softmax", "f", "y", {"axis": -1})],
                {"x": [1, 4, "T"]}, {"y": [1, 3]},
                {"w1": random(5, 4, 3), "w": random(1, 18, 5), "r": random(1, 18, 6), "at": np.array(-1), "zero": np.array([0]),
                 "w2": random(6, 3)})


def quantised():
    """Convolutions of bytes: what is kept of the past is bytes, and zero is their zero point."""
    r = np.random.default_rng(3)
    weights = {"zx": np.int8(-7), "sx": np.float32(0.03), "za": np.int8(-128), "sa": np.float32(0.02), "zy": np.int8(11),
               "sy": np.float32(0.05), "sw": np.float32(0.01), "zw": np.int8(0)}
    weights |= {f"q{k}": r.integers(-127, 127, s, np.int8) for k, s in ((1, (6, 4, 3)), (2, (6, 1, 5)), (3, (3, 6, 1)))}
    nodes = [("QuantizeLinear", "x sx zx", "a0", None)]
    scales = [("sx zx", "sa za"), ("sa za", "sa za"), ("sa za", "sy zy")]
    for k, (how, (before, behind)) in enumerate(zip((dict(pads=[2, 0]), dict(pads=[4, 0], group=6, strides=[1]),
                                                     dict(strides=[2])), scales), 1):
        nodes += [("DequantizeLinear", f"a{k - 1} {before}", f"b{k}", None), ("DequantizeLinear", f"q{k} sw zw", f"w{k}", None),
                  conv(f"b{k}", f"w{k}", f"c{k}", **how), *([("Relu", f"c{k}", f"d{k}", None)] if k < 3 else []),
                  ("QuantizeLinear", f"{'d' if k < 3 else 'c'}{k} {behind}", f"a{k}", None)]
    return make([*nodes, ("DequantizeLinear", "a3 sy zy", "y", None)], {"x": [1, 4, "T"]}, {"y": [1, 3, "U"]}, weights)


# Builder, axis, and by output the axis of its rows; None: it is what the last frame made of it.
SEQUENCES = {
    "causal": (causal, "T", [1]),
    "images": (images, "T", [0]),
    "layers": (layers, "T", [0, None]),
    "chomped": (chomped, "x.2", [2]),
    "valid": (valid, "T", [2]),
    "flat": (flat, "T", [0]),
    "last": (last, "T", [None]),
    "quantised": (quantised, "T", [2]),
}


# ------------------------------------------------------------------------------------------------- windows, by --window

def spotter():
    """Padded on both sides, with a residual, strides along both axes, and a mean over all of it."""
    return make([conv("x", "w1", "a", pads=[4, 1, 5, 1], strides=[2, 2]), ("Relu", "a", "b", None),
                 conv("b", "w2", "c", pads=[1, 1, 1, 1], group=6), ("Add", "b c", "d", None), conv("d", "w3", "e"),
                 ("GlobalAveragePool", "e", "f", None), ("Flatten", "f", "g", None), ("Gemm", "g w4", "y", None)],
                {"x": [1, 1, 25, 8]}, {"y": [1, 3]},
                {"w1": random(6, 1, 10, 3), "w2": random(6, 1, 3, 3), "w3": random(8, 6, 1, 1), "w4": random(8, 3)})


def ends():
    """A pool that pads; rows of an output; a recurrent layer that begins anew in each window."""
    return make([("MaxPool", "x", "a", {"kernel_shape": [3], "pads": [1, 1]}), conv("a", "w1", "b", pads=[3, 2], dilations=[2]),
                 conv("b", "w2", "y", pads=[2, 0], strides=[3]), ("Transpose", "b", "c", {"perm": [2, 0, 1]}),
                 ("GRU", "c wg rg", "d last", {"hidden_size": 5})],
                {"x": [1, 4, 24]}, {"y": [1, 3, 8], "last": [1, 1, 5]},
                {"w1": random(6, 4, 3), "w2": random(3, 6, 4), "wg": random(1, 15, 6), "rg": random(1, 15, 5)})


def short():
    """So few frames that no row is without padding."""
    return make([conv("x", "w1", "a", pads=[2, 2]), conv("a", "w2", "b", pads=[2, 2]), ("Flatten", "b", "c", None),
                 ("Gemm", "c w3", "y", None)], {"x": [1, 2, 5]}, {"y": [1, 3]},
                {"w1": random(4, 2, 5), "w2": random(4, 4, 5), "w3": random(20, 3)})


def samples():
    """Samples cut into frames, of which a step takes an even number though a window has an odd one."""
    return make([("Reshape", "x frames", "a", None), conv("a", "w1", "b", pads=[1, 0, 2, 0], strides=[2, 1]),
                 ("Reshape", "b flat", "c", None), ("Gemm", "c w2", "y", None)], {"x": [1, 54]}, {"y": [1, 3]},
                {"frames": np.array([1, 1, 9, 6]), "w1": random(4, 1, 4, 1), "flat": np.array([1, -1]), "w2": random(120, 3)})


WINDOWS = {
    "spotter": (spotter, "x.2"),
    "ends": (ends, "x.2"),
    "short": (short, "x.2"),
    "samples": (samples, "x.1"),
}
SHARED_WINDOWS = [("tflm-micro-speech", "qdq", "input.1")]


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
    work = hold_share(stream, target, ties, macs(header), {})  # a run is of one frame: all of it is new
    with open(header, encoding="utf-8") as f:
        sizes = dict(re.findall(r"define M_(ARENA|STATE)_BYTES (\d+)", f.read()))
    return "{0}, states of {STATE} bytes in an arena of {ARENA}".format(work, **sizes)


class Sequence:
    """A model over a whole sequence, and what --stream makes of it."""

    def __init__(self, path, kind, axis, rows):
        self.path, self.kind, self.axis, self.rows = path, kind, axis, rows
        self.proto = onnx.load(path)
        value = self.proto.graph.input[0]
        self.name = value.name
        self.dtype = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        dims = value.type.tensor_type.shape.dim
        self.at = next(k for k, d in enumerate(dims) if axis in (d.dim_param, f"{value.name}.{k}"))
        self.shape = [d.dim_value for d in dims]
        self.session = onnxruntime.InferenceSession(path)

    def draw(self, frames):
        r = np.random.default_rng(frames)
        shape = [frames if k == self.at else d for k, d in enumerate(self.shape)]
        if self.dtype.kind == "f":
            return r.standard_normal(shape).astype(self.dtype)
        return r.integers(np.iinfo(self.dtype).min, np.iinfo(self.dtype).max, shape, self.dtype, endpoint=True)

    def whole(self, x):
        """Plain and exact outputs of a whole run."""
        evaluate = check.by_integers if self.kind == "qdq" else check.exact
        return self.session.run(None, {self.name: x}), evaluate(self.proto, [x])

    def part(self, x, begin, end, axis):
        return x[tuple(slice(begin, end) if k == axis else slice(None) for k in range(x.ndim))]


def differs(kind, got, plain, exact):
    return check.same_bits(got, exact) if kind == "qdq" else promise.fp32_promise(got, plain, exact)


def macs(header):
    with open(header[:-1] + "c", encoding="utf-8") as f:
        return int(re.search(r"multiply-accumulates +([0-9,]+)", f.read())[1].replace(",", ""))


def check_work(s, target, folder, header, step):
    """A step multiplies no more than its part of a whole run, but for what of it is to come."""
    frames = 64 * step
    os.makedirs(folder)
    dim = s.proto.graph.input[0].type.tensor_type.shape.dim[s.at].dim_param
    whole = macs(generated.compile_model(s.path, folder, "whole", target, ["--dim", f"{dim}={frames}"]))
    if macs(header) * frames > MARK * step * whole:
        raise Failure("wrong", f"{macs(header)} multiply-accumulates for {step} frames, {whole} for {frames}")


def run_sequence(s, target, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    header = generated.compile_model(s.path, folder, "m", target, [f"--stream={s.axis}"])
    with open(header, encoding="utf-8") as f:
        text = f.read()
    numbers = {n: int(v) for n, v in re.findall(r"define M_(\w+) (\d+)", text)}
    step = numbers["STEP_FRAMES"]
    check_work(s, target, os.path.join(folder, "whole"), header, step)
    program = generated.build(folder, "m", target, f"-O1 -DRESET_EVERY={FRAMES}")
    x = s.draw(step * FRAMES)
    plain, exact = s.whole(x)
    outputs, late = program.prototype.of("output"), []
    shapes = []
    for o, p, axis in zip(outputs, plain, s.rows):
        shapes.append([o.elements * p.shape[axis] // p.size if k == axis else d for k, d in enumerate(p.shape)]
                      if axis is not None else list(p.shape))
        late.append(numbers.get(f"OUTPUT_{o.name.upper()}_LATE", 0))
    calls = [Call([s.part(x, k * step, (k + 1) * step, s.at)], [(p.dtype, d) for p, d in zip(plain, shapes)], {})
             for k in range(FRAMES)]
    answers = program.run(calls + calls)
    if any(a.status for a in answers):
        raise Failure("wrong", f"the function returned {[a.status for a in answers]}")
    for j, axis in enumerate(s.rows):
        got = [a.outputs[j] for a in answers]
        if any(check.same_bits(b, a) for a, b in zip(got[:FRAMES], got[FRAMES:])):
            raise Failure("wrong", f"output {j}: another sequence after a reset")
        if axis is None:
            for k in range(FRAMES):
                some, more = s.whole(s.part(x, 0, (k + 1) * step, s.at))
                bad = differs(s.kind, got[k], some[j], more[j])
                if bad:
                    raise Failure("wrong", f"output {j} after step {k}: {bad}")
            continue
        rows = np.concatenate(got[:FRAMES], axis)
        n = rows.shape[axis] - late[j]
        if n < FRAMES // 2 or n > plain[j].shape[axis]:
            raise Failure("wrong", f"output {j}: {n} rows, {plain[j].shape[axis]} in a whole run")
        bad = differs(s.kind, s.part(rows, late[j], None, axis), s.part(plain[j], 0, n, axis), s.part(exact[j], 0, n, axis))
        if bad:
            raise Failure("wrong", f"output {j}: {bad}")
    return "{STEP_FRAMES} frames a step, states of {STATE_BYTES} bytes in an arena of {ARENA_BYTES}".format(**numbers)


def run_window(s, target, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    header = generated.compile_model(s.path, folder, "m", target, [f"--window={s.axis}"])
    whole = macs(generated.compile_model(s.path, folder, "whole", target))
    os.remove(os.path.join(folder, "whole.c"))
    with open(header, encoding="utf-8") as f:
        numbers = {n: int(v) for n, v in re.findall(r"define M_(\w+) (\d+)", f.read())}
    step, frames = numbers["STEP_FRAMES"], s.shape[s.at]
    first = -(-frames // step) - 1
    steps = first + FRAMES
    program = generated.build(folder, "m", target, f"-O1 -DRESET_EVERY={steps}")
    if any(numbers.get(f"OUTPUT_{o.name.upper()}_LATE", 0) != first for o in program.prototype.of("output")):
        raise Failure("wrong", f"the header does not say that {first} steps are of no whole window")
    x = s.draw(step * steps)
    plain = s.session.run(None, {s.name: s.part(x, 0, frames, s.at)})
    calls = [Call([s.part(x, k * step, (k + 1) * step, s.at)], [(p.dtype, p.shape) for p in plain], {}) for k in range(steps)]
    answers = program.run(calls + calls)
    if any(a.status for a in answers):
        raise Failure("wrong", f"the function returned {[a.status for a in answers]}")
    for k in range(first, steps):
        plain, exact = s.whole(s.part(x, (k + 1) * step - frames, (k + 1) * step, s.at))
        for j, (p, e) in enumerate(zip(plain, exact)):
            bad = differs(s.kind, answers[k].outputs[j], p, e) or check.same_bits(answers[k + steps].outputs[j],
                                                                                 answers[k].outputs[j])
            if bad:
                raise Failure("wrong", f"output {j} after step {k}: {bad}")
    windows = [s.part(x, (k + 1) * step - frames, (k + 1) * step, s.at) for k in (first, first + 1)]
    work = hold_share(s, target, [f"--window={s.axis}"], macs(header), window_share.of_nodes(s.proto, s.name, *windows))
    return (f"{step} of {frames} frames a step, {work}, {whole} multiply-accumulates a run, states of "
            "{STATE_BYTES} bytes in an arena of {ARENA_BYTES}".format(**numbers))


def hold_share(s, target, options, step_macs, parts):
    """A step does little more than the new parts of a run's nodes, in multiply-accumulates; on the M4 also in
    instructions."""
    new = window_share.share("inspect", "macs", s.path, target, parts)
    said = f"{step_macs} multiply-accumulates where {new:.0f} are new"
    if step_macs < LARGE:
        return said
    if step_macs > MARK * new:
        raise Failure("wrong", said)
    if target.name != "cortex-m4":
        return said
    took = window_share.asked("bench", s.path, f"--target={target.name}", *options)["instructions"]
    new = window_share.share("bench", "instructions", s.path, target, parts)
    said += f", {took} instructions where {new:.0f} are"
    if took > MARK * new:
        raise Failure("wrong", said)
    return said


def subjects(report, names):
    """Name and how to run it, of all that are there."""
    folder = os.path.join(generated.work_folder(), "streams-made")
    os.makedirs(folder, exist_ok=True)

    def made(name, builder):
        path = os.path.join(folder, name + ".onnx")
        onnx.save(builder(), path)
        return path

    def kind(name):
        return "qdq" if name == "quantised" else "float"

    found = [(n, lambda t, f, n=n, b=b, s=s: run(Stream(made(n, b), "float", s, {}), t, f)) for n, (b, s) in STATES.items()]
    found += [(n, lambda t, f, n=n, b=b, a=a, r=r: run_sequence(Sequence(made(n, b), kind(n), a, r), t, f))
              for n, (b, a, r) in SEQUENCES.items()]
    found += [(n, lambda t, f, n=n, b=b, a=a: run_window(Sequence(made(n, b), kind(n), a, None), t, f))
              for n, (b, a) in WINDOWS.items()]
    shared = [(n, lambda t, f, p=shared_path(n), r=r: run(Stream(p, *r), t, f)) for n, *r in SHARED]
    shared += [(n, lambda t, f, p=shared_path(n), r=r: run_window(Sequence(p, *r, None), t, f)) for n, *r in SHARED_WINDOWS]
    for name, how in found + shared:
        if names and name not in names:
            continue
        if (name, how) in shared and not os.path.exists(shared_path(name)):
            report.skip(name, cases.NOT_THERE)
        else:
            yield name, how


def shared_path(name):
    return os.path.join(cases.SHARED, "models", name, "model.onnx")


def main():
    p = on_target.parser(__doc__, "generic")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "streams")
    for name, how in subjects(report, a.names):
        try:
            report.ok(name, how(target, os.path.join(generated.work_folder(), f"streams-{target.name}", name)))
        except Failure as e:
            report.failed(name, f"{e.kind}: {e}")
    report.exit()


if __name__ == "__main__":
    main()
