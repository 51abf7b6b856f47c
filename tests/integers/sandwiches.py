#!/usr/bin/env python3
"""One quantised sandwich a model, every kind of runtime_min/INTEGERS.md, random parameters: equal to the oracle.

    sandwiches.py [--target T] [--turns N]

Each model is DequantizeLinear -> operator -> [Relu or Clip] -> QuantizeLinear on int8 or uint8. Convolutions and matrix
products that ONNX can say in one operator, QLinearConv or QLinearMatMul, must be the same in that form, by the same kernel.
"""
import os
import re
import shutil
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", d) for d in ("python", "oracle")]

import numpy as np
import onnx
from onnx import helper, numpy_helper

import generated
import integers
import on_target
import together
from generated import Call, Failure

F32 = np.float32


class Builder:
    """A graph with one quantised input after the other."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.extreme = seed % 3 == 2  # products of least values are where sums of 16 bits end
        self.nodes, self.constants, self.inputs, self.arrays = [], [], [], []

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def byte_type(self):
        return self.rng.choice([np.int8, np.uint8])

    def bytes(self, shape, dtype):
        info = np.iinfo(dtype)
        if self.extreme and shape:
            return self.rng.choice([info.min, info.max], shape).astype(dtype)
        return self.rng.integers(info.min, info.max + 1, shape).astype(dtype)

    def parameters(self, name, dtype, scale=None):
        scale = F32(self.rng.uniform(0.005, 0.1)) if scale is None else scale
        return [self.constant(name + "_scale", F32(scale)), self.constant(name + "_zero", self.bytes((), dtype))], scale

    def quantised(self, name, shape, same_as=None):
        """A float tensor dequantised from a new input; its scale."""
        dtype = self.byte_type() if same_as is None else same_as[0]
        self.arrays.append(self.bytes(shape, dtype))
        onnx_type = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self.inputs.append(helper.make_tensor_value_info(name + "_q", onnx_type, shape))
        (params, scale) = self.parameters(name, dtype) if same_as is None else (same_as[1], None)
        self.nodes.append(helper.make_node("DequantizeLinear", [name + "_q", *params], [name]))
        return dtype, params, scale

    def weights(self, name, shape, axis):
        dtype, channels = self.byte_type(), shape[axis]
        per_axis = self.rng.integers(2)
        scale = self.rng.uniform(0.002, 0.02, channels if per_axis else ()).astype(F32)
        shifted = dtype == np.uint8 and self.rng.integers(2)
        zero = self.bytes(scale.shape, dtype) if shifted else np.zeros(scale.shape, dtype)
        self.constant(name + "_q", self.bytes(shape, dtype))
        self.constant(name + "_scale", scale)
        self.constant(name + "_zero", zero.astype(dtype))
        names = [name + "_q", name + "_scale", name + "_zero"]
        self.nodes.append(helper.make_node("DequantizeLinear", names, [name], axis=axis))
        return scale

    def bias(self, name, step):
        steps = self.rng.integers(-2000, 2000, step.shape).astype(np.int32)
        if self.rng.integers(3) == 0:
            self.constant(name, (steps.astype(F32) * step).astype(F32))
        else:
            self.constant(name + "_q", steps)
            self.constant(name + "_scale", step)
            self.nodes.append(helper.make_node("DequantizeLinear", [name + "_q", name + "_scale"], [name], axis=0))
        return name

    def finish(self, value, scale=None, same_as=None):
        """Tail and QuantizeLinear; the model."""
        if same_as is None:
            tail = self.rng.integers(4)
            if tail == 1:
                self.nodes.append(helper.make_node("Relu", [value], ["tail"]))
            elif tail == 2:
                self.nodes.append(helper.make_node(
                    "Clip", [value, self.constant("low", F32(-0.3)), self.constant("high", F32(6))], ["tail"]))
            value = "tail" if tail in (1, 2) else value
        dtype = self.byte_type() if same_as is None else same_as[0]
        params = self.parameters("y", dtype, scale)[0] if same_as is None else same_as[1]
        self.nodes.append(helper.make_node("QuantizeLinear", [value, *params], ["y"]))
        out = helper.make_tensor_value_info("y", helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), None)
        graph = helper.make_graph(self.nodes, "sandwich", self.inputs, [out], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def conv(b):
    r = b.rng
    group = int(r.choice([1, 1, 2, 6]))
    ic, oc = group * int(r.integers(1, 4)), group * int(r.integers(1, 12))
    if r.integers(3) == 0:
        group = ic = oc = int(r.integers(2, 20))
    scale = b.quantised("x", (int(r.integers(1, 3)), ic, 9, 8))[2]
    k = [int(v) for v in r.integers(1, 4, 2)]
    w = b.weights("w", (oc, ic // group, *k), 0)
    step = np.broadcast_to((scale * w).astype(F32), (oc,)).copy()
    names = ["x", "w"] + ([b.bias("b", step)] if r.integers(3) else [])
    b.nodes.append(helper.make_node("Conv", names, ["v"], group=group, pads=[int(v) for v in r.integers(0, 3, 4)],
                                    strides=[int(v) for v in r.integers(1, 3, 2)],
                                    dilations=[int(v) for v in r.integers(1, 3, 2)]))
    return b.finish("v")


def gemm(b):
    m, k, n = (int(v) for v in b.rng.integers(1, 40, 3))
    t = int(b.rng.integers(2))
    scale = b.quantised("x", (m, k))[2]
    w = b.weights("w", (n, k) if t else (k, n), 0 if t else 1)
    step = np.broadcast_to((scale * w).astype(F32), (n,)).copy()
    b.nodes.append(helper.make_node("Gemm", ["x", "w", b.bias("b", step)], ["v"], transB=t))
    return b.finish("v")


def matmul(b):
    k, n = (int(v) for v in b.rng.integers(1, 40, 2))
    b.quantised("x", (2, 3, k))
    b.weights("w", (k, n), 1)
    b.nodes.append(helper.make_node("MatMul", ["x", "w"], ["v"]))
    return b.finish("v")


def two(b):
    shape = [int(v) for v in b.rng.integers(1, 6, 4)]
    shape[3] *= int(b.rng.choice([1, 9]))
    other = [shape, shape, [1, shape[1], 1, 1], [1, 1, 1, shape[3]]][b.rng.integers(4)]
    b.quantised("x", shape)
    b.quantised("z", other)
    b.nodes.append(helper.make_node(str(b.rng.choice(["Add", "Mul", "Sub", "Max"])), ["x", "z"], ["v"]))
    return b.finish("v")


def channels(b):
    """A constant for each of the channels, which lie beside each other."""
    n, kind = int(b.rng.integers(1, 50)), str(b.rng.choice(["Norm", "Norm", "Add", "Sub", "Mul", "Div"]))
    draw = lambda name, low, high: b.constant(name, b.rng.uniform(low, high, n).astype(F32))
    b.quantised("x", (3, n) if kind == "Norm" else (2, 3, n))
    if kind == "Norm":
        names = ["x", draw("s", -2, 2), draw("b", -3, 3), draw("mean", -1, 1), draw("var", 0, 2)]
        b.nodes.append(helper.make_node("BatchNormalization", names, ["v"]))
    else:
        b.nodes.append(helper.make_node(kind, ["x", draw("c", 0.1, 3)] if b.rng.integers(2) or kind == "Div" else
                                        [draw("c", -3, 3), "x"], ["v"]))
    return b.finish("v")


def table(b):
    b.quantised("x", (2, 5, 3))
    kind = b.rng.integers(4)
    if kind == 0:
        b.nodes.append(helper.make_node("LeakyRelu", ["x"], ["v"], alpha=0.125))
    elif kind == 1:
        b.nodes.append(helper.make_node("Mul", ["x", b.constant("c", F32(0.75))], ["v"]))
    elif kind == 2:
        b.nodes += [helper.make_node("HardSigmoid", ["x"], ["h"], alpha=0.125, beta=0.5),
                    helper.make_node("Mul", ["x", "h"], ["v"])]
    else:
        b.nodes.append(helper.make_node("Abs", ["x"], ["v"]))
    return b.finish("v")


def pool(b):
    b.quantised("x", (1, 5, 7, 6))
    kind = str(b.rng.choice(["AveragePool", "MaxPool", "GlobalAveragePool", "ReduceMean"]))
    attributes = {}
    if kind in ("AveragePool", "MaxPool"):
        attributes = {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]}
    if kind == "ReduceMean":
        attributes = {"axes": [int(a) for a in b.rng.permutation(4)[:2]], "keepdims": int(b.rng.integers(2))}
    b.nodes.append(helper.make_node(kind, ["x"], ["v"], **attributes))
    return b.finish("v")


def move(b):
    kind = b.rng.integers(5)
    like = b.quantised("x", (2, 3, 4))
    if kind == 0:
        b.nodes.append(helper.make_node("Transpose", ["x"], ["v"], perm=[1, 2, 0]))
    elif kind == 1:
        b.nodes.append(helper.make_node("Reshape", ["x", b.constant("s", np.array([4, 6]))], ["v"]))
    elif kind == 2:
        pads = b.constant("s", np.array([0, 1, 2, 1, 0, 1]))
        b.nodes.append(helper.make_node("Pad", ["x", pads, b.constant("c", F32(0))], ["v"]))
    elif kind == 3:
        b.quantised("z", (2, 2, 4), like if b.rng.integers(2) else None)
        b.nodes.append(helper.make_node("Concat", ["x", "z"], ["v"], axis=1))
    else:
        names = [b.constant(n, np.array([v])) for n, v in (("from", 1), ("to", 3), ("axis", 2))]
        b.nodes.append(helper.make_node("Slice", ["x", *names], ["v"]))
    return b.finish("v", same_as=like if b.rng.integers(2) else None)


def softmax(b):
    b.quantised("x", (3, 11))
    b.nodes.append(helper.make_node("Softmax", ["x"], ["v"], axis=-1))
    return b.finish("v", scale=F32(1 / 256))


def resize(b):
    b.quantised("x", (1, 3, 5, 4))
    scales = b.constant("s", np.array([1, 1, *b.rng.choice([0.5, 1, 2, 3], 2)], F32))
    b.nodes.append(helper.make_node("Resize", ["x", "", scales], ["v"], mode=str(b.rng.choice(["nearest", "linear"])),
                                    coordinate_transformation_mode=str(b.rng.choice(["asymmetric", "half_pixel"])),
                                    nearest_mode="floor"))
    return b.finish("v")


def smooth(b):
    b.quantised("x", (2, 9, 7))
    kind = str(b.rng.choice(["Sigmoid", "Tanh", "Exp", "Erf", "Softplus", "HardSwish", "Silu"]))
    if kind == "Silu":
        b.nodes += [helper.make_node("Sigmoid", ["x"], ["h"]), helper.make_node("Mul", ["x", "h"], ["v"])]
    else:
        b.nodes.append(helper.make_node(kind, ["x"], ["v"]))
    return b.finish("v")


KINDS = (conv, gemm, matmul, two, table, pool, move, softmax, resize, smooth, channels)


def one_operator(model):
    """The sandwich as QLinearConv or QLinearMatMul; None where these have no place for its tail or bias."""
    makers = {n.output[0]: n for n in model.graph.node}
    quantize = makers["y"]
    core = makers[quantize.input[0]]
    bias = [makers[name].input[0] if name in makers else None for name in core.input[2:]]
    if core.op_type not in ("Conv", "MatMul") or None in bias:
        return None
    names = [*makers[core.input[0]].input, *makers[core.input[1]].input, *quantize.input[1:], *bias]
    node = helper.make_node("QLinear" + core.op_type, names, ["y"])
    node.attribute.extend(core.attribute)
    twin = onnx.ModelProto()
    twin.CopyFrom(model)
    del twin.graph.node[:], twin.graph.value_info[:]
    twin.graph.node.append(node)
    return twin


def run_model(model, arrays, wanted, target, folder):
    """Compiles it into the folder and compares; the kernels that are called. A generator, see together.py."""
    os.makedirs(folder)
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    generated.compile_model(path, folder, "m", target)
    program = yield folder
    answer = program.run([Call(arrays, [(w.dtype, w.shape) for w in wanted], {})])[0]
    if answer.status:
        raise Failure("wrong", f"the function returned {answer.status}")
    wrong = int((answer.outputs[0] != wanted[0]).sum())
    if wrong:
        raise Failure("wrong", f"{wrong} of {wanted[0].size} bytes differ: {path}")
    with open(os.path.join(folder, "m.c"), encoding="utf-8") as f:
        return sorted(re.findall(r"^\t(nnrt_\w+int8\w*)\(&", f.read(), re.M))


def run(kind, turn, target):
    b = Builder(1000 * KINDS.index(kind) + turn)
    model = onnx.shape_inference.infer_shapes(kind(b))
    folder = os.path.join(generated.work_folder(), f"sandwiches-{target.name}", f"{kind.__name__}-{turn}")
    shutil.rmtree(folder, ignore_errors=True)
    wanted = integers.Evaluator(model).run(b.arrays)
    called = yield from run_model(model, b.arrays, wanted, target, os.path.join(folder, "sandwich"))
    twin = one_operator(model)
    if twin:
        others = yield from run_model(twin, b.arrays, wanted, target, os.path.join(folder, "one"))
        if others != called:
            raise Failure("wrong", f"one operator calls {others}, its sandwich {called}")
    shutil.rmtree(folder)


def run_one(kind, turn, target):
    """Name, and None or what is wrong."""
    name = f"sandwich-{kind.__name__}-{turn}"
    try:
        yield from run(kind, turn, target)
    except Failure as e:
        return name, f"{e.kind}: {e}"
    return name, None


def main():
    p = on_target.parser(__doc__, "generic")
    p.add_argument("--turns", type=int, default=6)
    a = p.parse_args()
    target, report = on_target.begin(a, "sandwiches")
    warnings.simplefilter("ignore")
    tests = (run_one(kind, turn, target) for kind in KINDS for turn in range(a.turns))
    for name, wrong in together.results(tests, target):
        report.failed(name, wrong) if wrong else report.ok(name)
    report.exit()


if __name__ == "__main__":
    main()
