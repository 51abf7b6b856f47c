"""A slow evaluation of QDQ graphs by runtime_min/INTEGERS.md, exact to the last bit.

Every node is evaluated literally in its own types, except the sandwiches: a Conv, Gemm or MatMul whose data inputs come
from DequantizeLinear and whose result, possibly through Relu or Clip, goes into QuantizeLinear alone. Such a group is
  acc = sum (x - zx) * (w - zw) + bias            exact, bias already in steps of sx * sw
  q   = saturate(round_half_even(float32(acc) * ((sx * sw) / sy)) + zy)      all float32, one multiplication
Relu and Clip inside fold into the limits of saturation: QuantizeLinear is monotone. A Softmax between the two takes its powers
from a table. Reductions sum from zero in row-major order, so do the samples of an interpolation; a function is rounded to float32
once. outside.py judges these readings by onnxruntime and float64.
"""
import collections
import itertools

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from onnx.reference.op_run import OpRun

import float64_ops
from float64_ops import OPERATORS, Conv, along, quantize
from in_order import REDUCTIONS
from qdq_form import qdq_form

HEAVY = ("Conv", "Gemm", "MatMul")
# Operators that are one function, whose result is the float32 nearest to its value.
FUNCTIONS = set("""Acos Acosh Asin Asinh Atan Atanh Cos Cosh Erf Exp Log Pow Sigmoid Sin Sinh Sqrt Tan Tanh""".split())
F32 = np.float32


class Softplus(OpRun):
    op_domain = ""

    def _run(self, x):
        power = np.exp(-np.abs(x).astype(np.float64)).astype(x.dtype)
        return (np.maximum(x, 0) + np.log((1 + power).astype(np.float64)).astype(x.dtype),)


# Where the element at y, counted from 0, of an axis lies among the input's elements.
COORDINATES = {"asymmetric": lambda y, scale, size: y / scale,
               "half_pixel": lambda y, scale, size: (y + 0.5) / scale - 0.5,
               "pytorch_half_pixel": lambda y, scale, size: (y + 0.5) / scale - 0.5 if len(y) > 1 else y,
               "align_corners": lambda y, scale, size: y * (size - 1) / max(scale * size - 1, 1)}


def interpolated(x, scales, sizes, coordinates):
    """Linear interpolation of x: the sum of its samples in row-major order of the axes, each times the product of the
    axes' weights; all is float32 but the coordinates."""
    axes = [a for a in range(x.ndim) if scales[a] != 1]
    samples = []
    for a in axes:
        at = COORDINATES[coordinates](np.arange(sizes[a], dtype=np.float64), scales[a], x.shape[a])
        low = np.floor(at)
        samples.append([((low + k).clip(0, x.shape[a] - 1).astype(int), along(w.astype(x.dtype), a, x.ndim))
                        for k, w in enumerate((1 - (at - low), at - low))])
    total = x.dtype.type(0)
    for taps in itertools.product(*samples):
        part, weight = x, x.dtype.type(1)
        for a, (index, w) in zip(axes, taps):
            part, weight = np.take(part, index, a), weight * w
        total = total + part * weight
    return total


class Resize(float64_ops.Resize):
    op_domain = ""

    def _run(self, x, *given, mode=None, coordinate_transformation_mode=None, **more):
        if mode != "linear":
            return super()._run(x, *given, mode=mode, coordinate_transformation_mode=coordinate_transformation_mode, **more)
        if any(more.get(name) for name in ("antialias", "axes", "exclude_outside")):
            raise NotImplementedError(f"a linear Resize with {more}")
        scales, sizes = ([*given, None, None, None][k] for k in (1, 2))
        if scales is None or not len(scales):
            scales = [n / m for n, m in zip(sizes, x.shape)]
        else:
            scales = [float(s) for s in scales]
            sizes = [int(n * s) for n, s in zip(x.shape, scales)]
        return (interpolated(x, scales, sizes, coordinate_transformation_mode),)


class Upsample(float64_ops.Upsample):
    op_domain = ""

    def _run(self, x, scales=None, mode=None):
        if mode == "nearest":
            return super()._run(x, scales, mode)
        sizes = [int(n * float(s)) for n, s in zip(x.shape, scales)]
        return (interpolated(x, [float(s) for s in scales], sizes, "asymmetric"),)


class BatchNormalization(OpRun):
    op_domain = ""

    def _run(self, x, scale, bias, mean, var, epsilon=None, **more):
        if more.get("training_mode"):
            raise NotImplementedError("training")
        c = lambda v: along(v, 1, x.ndim)
        factor = scale / np.sqrt(var + var.dtype.type(epsilon))
        return ((x - c(mean)) * c(factor) + c(bias),)


OWN = [*REDUCTIONS, Softplus, Resize, Upsample, BatchNormalization, *OPERATORS]  # of two with one name the first counts


class Graph:
    """Who makes and who reads each tensor, and the constants."""

    def __init__(self, model):
        self.model = model
        self.maker = {o: n for n in model.graph.node for o in n.output}
        self.readers = collections.defaultdict(list)
        for n in model.graph.node:
            for i in n.input:
                self.readers[i].append(n)
        self.outputs = {o.name for o in model.graph.output}
        self.constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        for n in model.graph.node:
            if n.op_type == "Constant":
                self.constants[n.output[0]] = numpy_helper.to_array(helper.get_attribute_value(n.attribute[0]))

    def only_reader(self, name):
        readers = self.readers[name]
        return readers[0] if len(readers) == 1 and name not in self.outputs else None

    def dequantize(self, name):
        """The DequantizeLinear that makes this tensor, if its parameters are constants."""
        node = self.maker.get(name)
        if node is None or node.op_type != "DequantizeLinear":
            return None
        return node if all(i in self.constants for i in node.input[1:] if i) else None


def attribute(node, name, default):
    for a in node.attribute:
        if a.name == name:
            return helper.get_attribute_value(a)
    return default


def sandwich(graph, node):
    """(tail nodes, QuantizeLinear) if the node is the middle of a group, else None."""
    if node.op_type not in HEAVY:
        return None
    data = [graph.dequantize(i) for i in node.input[:2]]
    if None in data:
        return None
    if len(node.input) > 2 and node.input[2] and bias_steps(graph, node) is None:
        return None
    tail, at = [], graph.only_reader(node.output[0])
    while at is not None and at.op_type in ("Relu", "Clip"):
        tail.append(at)
        at = graph.only_reader(at.output[0])
    if at is None or at.op_type != "QuantizeLinear":
        return None
    return tail, at


def bias_steps(graph, node):
    """The bias as int64 steps of sx * sw, or None when it is no constant of whole steps: see INTEGERS.md."""
    sx, sw = (graph.constants[graph.dequantize(i).input[1]].astype(F32).reshape(-1) for i in node.input[:2])
    step = (sx * sw).astype(F32)
    made = graph.dequantize(node.input[2])
    if made is None:
        if node.input[2] not in graph.constants:
            return None
        value = graph.constants[node.input[2]].reshape(-1)
        steps = np.rint(value / step)
        return steps.astype(np.int64) if (steps.astype(F32) * step == value).all() else None
    if made.input[0] not in graph.constants:
        return None
    scale = graph.constants[made.input[1]].astype(F32).reshape(-1)
    tiny = (scale < 1e-30) & (step < 1e-30)
    if (~tiny & ~(np.abs(scale / step - 1) <= 1e-3)).any():
        return None
    return Quantised(graph, made, graph.constants).steps().reshape(-1)


class Quantised:
    """What a DequantizeLinear says of its input: steps, scale, zero point."""

    def __init__(self, graph, node, values):
        self.q = values[node.input[0]]
        rank = self.q.ndim
        axis = attribute(node, "axis", 1)
        zero = graph.constants[node.input[2]] if len(node.input) > 2 and node.input[2] else np.zeros((), np.int64)
        self.zero = along(zero.astype(np.int64), axis, rank)
        self.scale = graph.constants[node.input[1]].astype(F32).reshape(-1)

    def steps(self):
        return self.q.astype(np.int64) - self.zero


def accumulate(node, x, w, bias):
    """Exact sums, bias included."""
    if node.op_type == "MatMul":
        return np.matmul(x, w)
    if node.op_type == "Gemm":
        x = x.T if attribute(node, "transA", 0) else x
        w = w.T if attribute(node, "transB", 0) else w
        return x @ w + (0 if bias is None else bias)
    conv = ReferenceEvaluator(helper.make_model(helper.make_graph(
        [node_like(node)], "conv", [helper.make_tensor_value_info(n, 7, None) for n in ("x", "w")],
        [helper.make_tensor_value_info("y", 7, None)]), opset_imports=[helper.make_opsetid("", 17)]), new_ops=[Conv])
    out = conv.run(None, {"x": x, "w": w})[0]
    return out if bias is None else out + bias.reshape(-1, *[1] * (out.ndim - 2))


def node_like(node):
    copy = onnx.NodeProto()
    copy.op_type = "Conv"
    copy.input.extend(["x", "w"])
    copy.output.append("y")
    copy.attribute.extend(node.attribute)
    return copy


def tail_limits(graph, tail, scale, zero, dtype):
    """The saturation limits after Relu and Clip, in steps."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    for node in tail:
        bounds = [0, None] if node.op_type == "Relu" else clip_bounds(graph, node)
        if bounds[0] is not None:
            low = max(low, int(quantize(F32(bounds[0]), scale, zero, dtype)))
        if bounds[1] is not None:
            high = min(high, int(quantize(F32(bounds[1]), scale, zero, dtype)))
    return low, high


def clip_bounds(graph, node):
    bounds = [attribute(node, "min", None), attribute(node, "max", None)]
    for k, name in enumerate(node.input[1:3]):
        if name:
            bounds[k] = float(graph.constants[name])
    return bounds


def run_group(graph, node, tail, last, values):
    """The steps that the group's QuantizeLinear puts out."""
    x, w = (Quantised(graph, graph.dequantize(i), values) for i in node.input[:2])
    bias = None
    if len(node.input) > 2 and node.input[2]:
        bias = bias_steps(graph, node)
    acc = accumulate(node, x.steps(), w.steps(), bias)
    scale_y = graph.constants[last.input[1]].astype(F32).reshape(())
    zero = graph.constants[last.input[2]] if len(last.input) > 2 and last.input[2] else np.zeros((), np.uint8)
    combined = (x.scale * w.scale).astype(F32) / scale_y
    if node.op_type == "Conv" and combined.size > 1:
        combined = combined.reshape(-1, *[1] * (acc.ndim - 2))
    scaled = np.rint(acc.astype(np.int32).astype(F32) * combined.astype(F32)).astype(np.int64)
    low, high = tail_limits(graph, tail, scale_y, int(zero.reshape(-1)[0]), zero.dtype)
    return np.clip(scaled + zero.astype(np.int64).reshape(-1)[0], low, high).astype(zero.dtype)


def quantised_softmax(graph, node, values):
    """The float32 result of a Softmax over dequantised bytes: powers from a table, sums in rising order."""
    x = Quantised(graph, graph.dequantize(node.input[0]), values)
    axis = attribute(node, "axis", -1)
    q = np.moveaxis(x.q.astype(np.int64), axis, 0)
    powers = np.exp(-np.arange(256, dtype=np.float64) * float(x.scale[0])).astype(F32)[q.max(axis=0) - q]
    total = np.zeros(powers.shape[1:], F32)
    for row in powers:
        total = total + row
    return np.moveaxis(powers / total, 0, axis)


class Evaluator:
    """Outputs of a QDQ model, or one of QLinearConv and its kin, by the integer reading."""

    def __init__(self, model):
        model = qdq_form(model)
        self.graph = Graph(model)
        self.opsets = list(model.opset_import)
        constant = set(self.graph.constants)
        self.names = [i.name for i in model.graph.input if i.name not in constant]

    def run(self, inputs):
        values = self.values(inputs)
        return [values[o.name] for o in self.graph.model.graph.output]

    def values(self, inputs):
        """Every tensor by name, but for those inside a convolution's or matrix product's group."""
        graph, values = self.graph, {**self.graph.constants, **dict(zip(self.names, inputs))}
        inside, groups = set(), {}
        for node in graph.model.graph.node:
            found = sandwich(graph, node)
            if found:
                inside.update(n.output[0] for n in (node, *found[0]))
                groups[found[1].output[0]] = (node, *found)
        for node in graph.model.graph.node:
            if node.output[0] in groups:
                middle, tail, last = groups[node.output[0]]
                values[node.output[0]] = run_group(graph, middle, tail, last, values)
            elif self.is_quantised_softmax(node):
                values[node.output[0]] = quantised_softmax(graph, node, values)
            elif node.output[0] not in inside and node.op_type != "Constant":
                self.literal(node, values)
        return values

    def is_quantised_softmax(self, node):
        if node.op_type != "Softmax" or self.graph.dequantize(node.input[0]) is None:
            return False
        last = self.graph.only_reader(node.output[0])
        return last is not None and last.op_type == "QuantizeLinear"

    def literal(self, node, values):
        """One node as it stands, in its own types."""
        given = {n: values[n] for n in node.input if n}
        if node.op_type in FUNCTIONS:
            given = {n: v.astype(np.float64) if v.dtype == F32 else v for n, v in given.items()}
        infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
                 for n, v in given.items()]
        outs = [onnx.ValueInfoProto(name=o) for o in node.output]
        model = helper.make_model(helper.make_graph([node], "one", infos, outs), opset_imports=self.opsets)
        results = [np.asarray(r) for r in ReferenceEvaluator(model, new_ops=OWN).run(None, given)]
        if node.op_type in FUNCTIONS:
            results = [r.astype(F32) for r in results]
        values.update(zip(node.output, results))
