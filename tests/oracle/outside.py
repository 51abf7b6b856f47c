"""What others say of a quantised group: onnxruntime, and float64. For judging integers.py; taken from there is only
what a group is, the steps of its bias and the limits that Relu and Clip are.

A group is a QuantizeLinear with what lies between it and the DequantizeLinear nodes before it. A convolution or matrix
product is held to onnxruntime's QLinearConv, QLinearMatMul or QGemm, bit for bit; everything else to the group's own
nodes run one by one in float32 by onnxruntime without optimisations. There the standard leaves open the order of a sum
and the last bit of exp: groups with such operators may differ where the float64 value lies as close to the middle
between two steps as float32 roundings can reach.
"""
import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

import float64
import integers

ROUNDED_FREELY = ("AveragePool", "GlobalAveragePool", "ReduceMean", "ReduceSum", "Softmax", "Resize", "Upsample", "Exp",
                  "Sigmoid", "Softplus", "Tanh", "Erf", "Gelu", "HardSigmoid", "HardSwish", "Log", "Pow", "Sqrt",
                  "InstanceNormalization", "BatchNormalization")
OTHER_ROUNDINGS = 8  # beside those of a sum: D and Q have two each, a table's formula four or fewer


def run_onnxruntime(model, feeds):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)[0]


def as_type(q, zero, dtype):
    """Bytes and zero point moved by 128 where the type is the other one: their difference stays."""
    shift = np.iinfo(dtype).min - np.iinfo(q.dtype).min
    return (q.astype(np.int64) + shift).astype(dtype), (zero.astype(np.int64) + shift).astype(dtype)


def zero_of(constants, node):
    if len(node.input) > 2 and node.input[2]:
        return constants[node.input[2]].reshape(-1)[0] if node.op_type == "QuantizeLinear" else constants[node.input[2]]
    return np.zeros((), np.uint8)


class Heavy:
    """A Conv, Gemm or MatMul group as onnxruntime's one operator on bytes."""

    DOMAIN = "com.microsoft"

    def __init__(self, graph, middle, tail, last, values):
        self.graph, self.middle, self.tail, self.last = graph, middle, tail, last
        self.constants = {}
        self.feed, w = (values[graph.dequantize(i).input[0]] for i in middle.input[:2])
        zx, zw = (zero_of(graph.constants, graph.dequantize(i)) for i in middle.input[:2])
        zy = zero_of(graph.constants, last)
        # There is no operator for signed data and unsigned weights, and pairs of products the other way round are added
        # in 16 bits on x86 processors without VNNI, where they may not fit.
        self.feed, zx = as_type(self.feed, zx, w.dtype)
        zy = as_type(np.zeros((), zy.dtype), zy, self.feed.dtype)[1]
        sx, sw = (graph.constants[graph.dequantize(i).input[1]] for i in middle.input[:2])
        zx = zx.astype(self.feed.dtype)
        self.arguments = [self.constant("sx", sx.reshape(())), self.constant("zx", zx.reshape(())),
                          self.constant("w", w), self.constant("sw", sw), self.constant("zw", zw.astype(w.dtype))]
        self.result = [self.constant("sy", graph.constants[last.input[1]].reshape(())),
                       self.constant("zy", zy.reshape(()))]

    def constant(self, name, array):
        self.constants[name] = np.asarray(array)
        return name

    def node(self):
        kind, attributes = self.middle.op_type, list(self.middle.attribute)
        bias = []
        if len(self.middle.input) > 2 and self.middle.input[2]:
            steps = integers.bias_steps(self.graph, self.middle)
            bias = [self.constant("bias", np.asarray(steps).reshape(-1).astype(np.int32))]
        if kind == "Conv":
            made = helper.make_node("QLinearConv", ["x", *self.arguments, *self.result, *bias], ["y"])
        elif kind == "MatMul":
            return helper.make_node("QLinearMatMul", ["x", *self.arguments, *self.result], ["y"])
        else:
            inputs = ["x", *self.arguments, *(bias or [""]), *self.result]
            made = helper.make_node("QGemm", inputs, ["y"], domain=self.DOMAIN)
            attributes = [a for a in attributes if a.name in ("alpha", "transA", "transB")]
        made.attribute.extend(attributes)
        return made

    def run(self):
        """The bytes, or None where onnxruntime has no such operator: zero points of weights that differ."""
        if np.unique(self.constants["zw"]).size > 1:
            return None
        kind = helper.np_dtype_to_tensor_dtype(self.feed.dtype)
        graph = helper.make_graph([self.node()], "heavy", [helper.make_tensor_value_info("x", kind, self.feed.shape)],
                                  [helper.make_tensor_value_info("y", kind, None)],
                                  [numpy_helper.from_array(v, n) for n, v in self.constants.items()])
        model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 15),
                                                                      helper.make_opsetid(self.DOMAIN, 1)])
        zero = zero_of(self.graph.constants, self.last)
        y = as_type(run_onnxruntime(model, {"x": self.feed}), zero, zero.dtype)[0]
        scale = self.graph.constants[self.last.input[1]].reshape(())
        low, high = integers.tail_limits(self.graph, self.tail, scale, int(zero.reshape(-1)[0]), zero.dtype)
        return np.clip(y, low, high).astype(zero.dtype)


class Literal:
    """Any other group as its own nodes."""

    def __init__(self, graph, last, values, opsets):
        self.last, self.values, self.opsets = last, values, opsets
        wanted, made = [last.input[0]], set()
        self.inner, self.feeds = [], {}
        self.constants = {i: graph.constants[i] for i in last.input[1:] if i}
        while wanted:
            name = wanted.pop()
            node = graph.maker.get(name)
            if name in graph.constants:
                self.constants[name] = graph.constants[name]
            elif node is None or node.op_type in ("QuantizeLinear", *integers.HEAVY):
                self.feeds[name] = values[name]
            elif node.output[0] not in made:
                made.add(node.output[0])
                self.inner += [] if node.op_type == "DequantizeLinear" else [node]
                wanted += [i for i in node.input if i]
        self.nodes = [n for n in graph.model.graph.node if n.output and n.output[0] in made and n.op_type != "Constant"]

    def model(self, nodes, output):
        infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
                 for n, v in self.feeds.items()]
        graph = helper.make_graph(nodes, "literal", infos, [onnx.ValueInfoProto(name=output)],
                                  [numpy_helper.from_array(v, n) for n, v in self.constants.items()])
        return helper.make_model(graph, opset_imports=self.opsets, ir_version=8)

    def kind(self):
        kinds = list(dict.fromkeys(n.op_type for n in self.inner))
        return "+".join(kinds[::-1]) or "QuantizeLinear"

    def run(self):
        return run_onnxruntime(self.model([*self.nodes, self.last], self.last.output[0]), self.feeds)

    def terms(self, node):
        """How many values a node adds up."""
        kernel = integers.attribute(node, "kernel_shape", None)
        if kernel:
            return int(np.prod(kernel))
        x, y = (self.values[name] for name in (node.input[0], node.output[0]))
        if node.op_type == "Softmax":
            return x.shape[integers.attribute(node, "axis", -1)]
        return max(1, x.size // max(1, y.size))

    def is_free(self):
        return any(n.op_type in ROUNDED_FREELY for n in self.inner)

    def beyond_a_middle(self, ours):
        """How many of our steps are neither the nearest to the float64 value nor as near to the middle between two as
        float32 can tell."""
        scale = np.float64(self.constants[self.last.input[1]].reshape(()))
        zero = zero_of(self.constants, self.last).astype(np.float64)
        made = self.model(self.nodes, self.last.input[0])
        exact = float64.Evaluator(made).run(list(self.feeds.values()))[0]
        limits = np.iinfo(ours.dtype)
        steps = np.clip(exact / scale + zero, limits.min, limits.max)
        roundings = OTHER_ROUNDINGS + sum(self.terms(n) for n in self.inner)
        largest = max([1.0] + [float(np.abs(self.values[n.output[0]]).max(initial=0)) for n in self.nodes])
        allowed = 0.5 + roundings * 2.0 ** -24 * largest / scale
        return int((np.abs(ours.astype(np.float64) - steps) > allowed).sum())


def judge(model, inputs):
    """(kind of group, elements, elements unlike onnxruntime's, greatest difference in steps, wrong elements) for each
    group of a model; None elements where onnxruntime has no such operator."""
    evaluator = integers.Evaluator(model)
    graph, values = evaluator.graph, evaluator.values(inputs)
    model = graph.model
    heavy = {found[1].output[0]: (node, *found) for node in model.graph.node
             for found in [integers.sandwich(graph, node)] if found}
    for last in model.graph.node:
        if last.op_type != "QuantizeLinear":
            continue
        ours = values[last.output[0]]
        if last.output[0] in heavy:
            group = Heavy(graph, *heavy[last.output[0]], values)
            kind, theirs = group.middle.op_type, group.run()
        else:
            group = Literal(graph, last, values, model.opset_import)
            kind, theirs = group.kind(), group.run()
        if theirs is None:
            yield kind, None, 0, 0, 0
            continue
        difference = np.abs(ours.astype(np.int64) - theirs.astype(np.int64))
        unlike = int((difference > 0).sum())
        wrong = group.beyond_a_middle(ours) if isinstance(group, Literal) and group.is_free() else unlike
        yield kind, ours.size, unlike, int(difference.max(initial=0)), wrong
