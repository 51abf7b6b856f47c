"""Large graphs of every shape that could make a pass do more than its share: one function a shape, n its size.

A node is computed on few elements, so that the compiler's work is that of the graph.
"""
import os

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

WIDTH = 8
JOINED = 20_000
F32 = np.float32


class Builder:
    """A graph of float32 rows of WIDTH elements, nodes appended one after the other."""

    def __init__(self):
        self.model = ModelProto(ir_version=8)
        self.model.opset_import.add(domain="", version=17)
        self.graph = self.model.graph
        self.graph.name = "large"
        self.n = 0

    def input(self, shape=(1, WIDTH), kind=TensorProto.FLOAT):
        name = f"x{len(self.graph.input)}"
        self.graph.input.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def constant(self, value):
        name = f"c{len(self.graph.initializer)}"
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, op, inputs, graph=None, outputs=1, **attributes):
        """The result's name, or a list of names."""
        node = (self.graph if graph is None else graph).node.add(op_type=op, name=f"n{self.n}", input=inputs)
        names = [f"t{self.n}"] if outputs == 1 else [f"t{self.n}_{i}" for i in range(outputs)]
        node.output.extend(names)
        for key, value in attributes.items():
            node.attribute.append(helper.make_attribute(key, value))
        self.n += 1
        return names[0] if outputs == 1 else names

    def join(self, op, names, **attributes):
        """One result of all of them, JOINED at a time: more than 65,536 inputs nnc refuses."""
        while len(names) > 1:
            names = [self.node(op, names[i:i + JOINED], **attributes) for i in range(0, len(names), JOINED)]
        return names[0]

    def finish(self, *values, kind=TensorProto.FLOAT):
        for value in values:
            self.graph.output.append(helper.make_tensor_value_info(value, kind, None))
        return self.model


def chain(n):
    """x -> Relu -> Add -> Mul -> Sigmoid -> ..."""
    b = Builder()
    t, one = b.input(), b.constant(np.full((1, WIDTH), 0.5, F32))
    for i in range(n):
        t = b.node(("Relu", "Add", "Mul", "Sigmoid")[i % 4], [t, one] if i % 4 in (1, 2) else [t])
    return b.finish(t)


def constants_chain(n):
    """As chain, each node with a constant of its own."""
    b = Builder()
    t = b.input()
    for i in range(n):
        t = b.node(("Add", "Mul")[i % 2], [t, b.constant(np.full((1, WIDTH), 0.5 + i, F32))])
    return b.finish(t)


def reshape_chain(n):
    """Movements that are views, one of the other."""
    b = Builder()
    t, tall, flat = b.input(), b.constant(np.array([WIDTH, 1])), b.constant(np.array([1, WIDTH]))
    for i in range(n // 2):
        t = b.node("Reshape", [t, tall if i % 2 == 0 else flat])
        t = b.node("Relu", [t]) if i % 3 == 0 else b.node("Transpose", [t], perm=[0, 1])
    return b.finish(t)


def transpose_chain(n):
    """Transposes that undo each other round element-wise nodes."""
    b = Builder()
    t = b.input((2, WIDTH))
    for i in range(n // 4):
        t = b.node("Transpose", [t], perm=[1, 0])
        t = b.node("Sigmoid", [t])
        t = b.node("Transpose", [t], perm=[1, 0])
        t = b.node("Softmax", [t])
    return b.finish(t)


def tree(n):
    """A binary tree of sums over n / 2 scaled copies of the input."""
    b = Builder()
    x = b.input()
    level = [b.node("Mul", [x, b.constant(np.full((1, WIDTH), 1 + i, F32))]) for i in range(n // 2)]
    while len(level) > 1:
        joined = [b.node("Add", level[i:i + 2]) for i in range(0, len(level) - 1, 2)]
        level = joined + level[2 * len(joined):]
    return b.finish(level[0])


def dense(n):
    """Each node reads the one before and one drawn from the last thousand."""
    b, draw = Builder(), np.random.default_rng(1)
    made = [b.input()]
    for i in range(n):
        other = made[-1 - int(draw.integers(0, min(len(made), 1000)))]
        made.append(b.node(("Add", "Mul", "Max")[i % 3], [made[-1], other]))
    return b.finish(made[-1])


def matmul_chain(n):
    """Small products with weights of their own, an activation behind each."""
    b, draw = Builder(), np.random.default_rng(2)
    t = b.input()
    for _ in range(n // 2):
        t = b.node("MatMul", [t, b.constant(draw.normal(size=(WIDTH, WIDTH)).astype(F32))])
        t = b.node("Relu", [t])
    return b.finish(t)


def conv_chain(n):
    """Residual blocks of convolutions."""
    b, draw = Builder(), np.random.default_rng(3)
    t = b.input((1, 4, 4, 4))
    for _ in range(n // 4):
        w = b.constant(draw.normal(size=(4, 4, 3, 3)).astype(F32))
        v = b.node("Relu", [b.node("Conv", [t, w], pads=[1, 1, 1, 1])])
        t = b.node("Relu", [b.node("Add", [v, t])])
    return b.finish(t)


def quantised_chain(n):
    """Residual blocks of quantised convolutions: DequantizeLinear and QuantizeLinear round each operator."""
    b, draw = Builder(), np.random.default_rng(4)
    scale, zero = b.constant(F32(0.05)), b.constant(np.int8(3))
    w_scale, w_zero = b.constant(F32(0.01)), b.constant(np.int8(0))
    q = b.input((1, 4, 4, 4), TensorProto.INT8)
    for _ in range(n // 9):
        x = b.node("DequantizeLinear", [q, scale, zero])
        w = b.constant(draw.integers(-127, 128, (4, 4, 1, 1)).astype(np.int8))
        w = b.node("DequantizeLinear", [w, w_scale, w_zero])
        v = b.node("Relu", [b.node("Conv", [x, w])])
        v = b.node("DequantizeLinear", [b.node("QuantizeLinear", [v, scale, zero]), scale, zero])
        q = b.node("QuantizeLinear", [b.node("Add", [v, x]), scale, zero])
    return b.finish(q, kind=TensorProto.INT8)


def quantised_tables(n):
    """Element-wise operators between QuantizeLinear and DequantizeLinear."""
    b = Builder()
    scale, zero = b.constant(F32(0.05)), b.constant(np.uint8(128))
    q = b.input((1, WIDTH), TensorProto.UINT8)
    for i in range(n // 3):
        x = b.node("DequantizeLinear", [q, scale, zero])
        q = b.node("QuantizeLinear", [b.node(("Sigmoid", "Tanh")[i % 2], [x]), scale, zero])
    return b.finish(q, kind=TensorProto.UINT8)


def inputs(n):
    """n / 2 inputs, summed at once and one after the other."""
    b = Builder()
    names = [b.input() for _ in range(n // 2)]
    t = b.node("Sum", names)
    for x in names:
        t = b.node("Add", [t, x])
    return b.finish(t)


def outputs(n):
    """n outputs of one input."""
    b = Builder()
    x = b.input()
    return b.finish(*[b.node("Mul", [x, b.constant(F32(1 + i))]) for i in range(n)])


def fan_out(n):
    """One value read by n nodes, which a Concat joins."""
    b = Builder()
    x = b.node("Relu", [b.input()])
    return b.finish(b.join("Concat", [b.node("Add", [x, b.constant(F32(i))]) for i in range(n)], axis=0))


def concat(n):
    """A Concat of n / 4 computed parts, read by as many slices, which another Concat joins."""
    b = Builder()
    x, n = b.input(), n // 4
    parts = [b.node("Sin", [b.node("Add", [x, b.constant(F32(i))])]) for i in range(n)]
    joined = b.node("Concat", parts, axis=0)
    axis, ends = b.constant(np.array([0])), [b.constant(np.array([i])) for i in range(n + 1)]
    readers = [b.node("Softmax", [b.node("Slice", [joined, ends[i], ends[i + 1], axis])]) for i in range(n)]
    return b.finish(b.node("Concat", readers, axis=0))


def split(n):
    """A Split in n / 2 parts, each computed on, joined again."""
    b, n = Builder(), n // 2
    parts = b.node("Split", [b.node("Relu", [b.input((n, WIDTH))])], outputs=n, axis=0)
    return b.finish(b.node("Concat", [b.node("Softmax", [p]) for p in parts], axis=0))


def equal(n):
    """n equal nodes over equal constants: all are one."""
    b = Builder()
    x = b.input()
    return b.finish(b.join("Sum", [b.node("Add", [x, b.constant(np.ones((1, WIDTH), F32))]) for _ in range(n)]))


def dead(n):
    """n nodes, none of which any output needs, and one that is."""
    b = Builder()
    x = t = b.input()
    for _ in range(n):
        t = b.node("Softmax", [t])
    return b.finish(b.node("Relu", [x]))


def folded(n):
    """Shape arithmetic and constants: nothing is left of n nodes but the sum of one."""
    b = Builder()
    x, t = b.input(), b.constant(np.ones((1, WIDTH), F32))
    for i in range(n):
        t = b.node(("Sqrt", "Neg", "Abs")[i % 3], [t])
    return b.finish(b.node("Add", [x, t]))


def _body(b, name, n, before, value, after=()):
    """A sub-graph of n nodes over `value`."""
    model = ModelProto()
    graph = model.graph
    graph.name = name
    graph.input.extend(before)
    t = value
    for i in range(n):
        t = b.node(("Softmax", "Relu", "Add")[i % 3], [t, value] if i % 3 == 2 else [t], graph=graph)
    if after:
        graph.node.add(op_type="Identity", input=["going"], output=["goes_on"])
        graph.output.append(helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []))
    graph.output.append(helper.make_tensor_value_info(t, TensorProto.FLOAT, None))
    return graph


def branches(n):
    """An If of two long branches."""
    b = Builder()
    x, condition = b.input(), b.input((), TensorProto.BOOL)
    return b.finish(b.node("If", [condition], then_branch=_body(b, "then", n // 2, [], x),
                           else_branch=_body(b, "else", n // 2, [], x)))


def many_branches(n):
    """Ifs one after the other."""
    b = Builder()
    t, condition = b.input(), b.input((), TensorProto.BOOL)
    for i in range(n // 7):
        t = b.node("If", [condition], then_branch=_body(b, f"then{i}", 3, [], t),
                   else_branch=_body(b, f"else{i}", 3, [], t))
    return b.finish(t)


def loop(n):
    """A Loop of a long body."""
    b = Builder()
    x, turns = b.input(), b.constant(np.array(5))
    before = [helper.make_tensor_value_info("turn", TensorProto.INT64, []),
              helper.make_tensor_value_info("going", TensorProto.BOOL, []),
              helper.make_tensor_value_info("state", TensorProto.FLOAT, [1, WIDTH])]
    body = _body(b, "body", n, before, "state", ("going",))
    return b.finish(b.node("Loop", [turns, b.constant(np.array(True)), x], body=body))


def dynamic(n):
    """Attention over a bounded number of rows, block after block: sizes are variables."""
    b, draw = Builder(), np.random.default_rng(5)
    t = b.input(("rows", WIDTH))
    for _ in range(n // 5):
        w = b.constant(draw.normal(size=(WIDTH, WIDTH)).astype(F32))
        q = b.node("MatMul", [t, w])
        scores = b.node("Softmax", [b.node("MatMul", [q, b.node("Transpose", [t], perm=[1, 0])])])
        t = b.node("MatMul", [scores, t])
    return b.finish(t)


def write_weights(megabytes, path):
    """Products with so many MB of weights, in a file beside the model's."""
    b, side, data = Builder(), 2500, f"{path}.data"
    block = np.random.default_rng(6).random((side, side), F32)
    t = b.input((1, side))
    with open(data, "wb") as f:
        for i in range(megabytes * 10**6 // block.nbytes):
            tensor = b.graph.initializer.add(name=f"c{i}", data_type=TensorProto.FLOAT, dims=block.shape,
                                             data_location=TensorProto.EXTERNAL)
            place = {"location": os.path.basename(data), "offset": str(f.tell()), "length": str(block.nbytes)}
            for key, value in place.items():
                tensor.external_data.add(key=key, value=value)
            f.write((block + F32(i)).tobytes())
            t = b.node("MatMul", [t, tensor.name])
    with open(path, "wb") as f:
        f.write(b.finish(t).SerializeToString())
