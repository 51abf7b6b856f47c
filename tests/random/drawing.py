"""Random graphs, drawn node by node and evaluated in double precision as they grow.

A `Draft` holds the graph so far; `node()` adds one and returns its results as `Value`s, so that whoever draws knows every
shape and value. What is of no use (infinite, huge or NaN results; no value that an operator could take) raises Redraw and
is taken back by `attempt()`. Floats are float32 in the model and float64 here.

A Value is exact when float32 arithmetic cannot round it: inputs, constants and what merely moves or selects them. Only
exact values may go through a discontinuity (Floor, comparisons, TopK), for there the last bit decides the result.

A child draft (`child()`) is the body of a Loop, Scan or If: it sees the values of its parents, and evaluates its nodes on
the values that its inputs have in the first turn.
"""
import os
import random
import sys
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", d) for d in ("python", "oracle")]

import numpy as np
import onnx
from onnx import helper, numpy_helper

import float64

LARGEST = 1e4  # of any value: far from where float32 ends
ELEMENTS = 4096  # of any tensor
# Operators whose results are exact when their operands are.
EXACT = set("""Abs ArgMax ArgMin Cast Ceil Clip Compress Concat ConstantOfShape DepthToSpace Equal Expand Flatten Floor Gather
    GatherElements GatherND Greater GreaterOrEqual Identity LeakyReluOfPowers Less LessOrEqual Max MaxPool Min Neg Not Pad
    Range ReduceMax ReduceMin Relu Reshape ReverseSequence Round ScatterElements ScatterND Shape Sign Size Slice
    SpaceToDepth Split Squeeze Tile TopK Transpose Trilu Unsqueeze Where And Or Xor GlobalMaxPool OneHot EyeLike""".split())


class Redraw(Exception):
    """The node is of no use here."""


class Value(NamedTuple):
    name: str
    array: np.ndarray
    exact: bool

    @property
    def shape(self):
        return self.array.shape

    @property
    def rank(self):
        return self.array.ndim

    @property
    def size(self):
        return self.array.size

    @property
    def is_float(self):
        return self.array.dtype.kind == "f"


class Case(NamedTuple):
    """A model and the calls that it is to answer: inputs of each, and the sizes of the bounded dimensions in each."""
    model: onnx.ModelProto
    calls: list
    sizes: list
    bounds: dict


def declared(array):
    """The type that a value has in the model."""
    return np.dtype(np.float32) if array.dtype == np.float64 else array.dtype


def info_of(name, array, dims=None):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(declared(array)), dims or array.shape)


def fixed(case):
    """The case with the sizes of its first call for the bounded ones."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    for info, array in zip(model.graph.input, case.calls[0]):
        info.CopyFrom(info_of(info.name, array))
    return Case(model, case.calls[:1], [{}], {})


def kept(path, bound, sizes):
    """The case of a model that was kept, on numbers that its name decides. Symbolic dimensions are bounded and called with
    the sizes, all alike."""
    model, numbers = onnx.load(path), np.random.default_rng(list(os.path.basename(path).encode()))
    dims = [[d.dim_param or d.dim_value for d in i.type.tensor_type.shape.dim] for i in model.graph.input]
    names = {d for shape in dims for d in shape if isinstance(d, str)}
    calls = [[numbers.standard_normal([n if d in names else d for d in shape]).astype(np.float32) for shape in dims]
             for n in (sizes if names else sizes[:1])]
    return Case(model, calls, [dict.fromkeys(names, n) for n in sizes[:len(calls)]], dict.fromkeys(names, bound))


def names_read(node):
    """What a node reads, its bodies' captured values included."""
    names = [n for n in node.input if n]
    for a in node.attribute:
        if a.type == onnx.AttributeProto.GRAPH:
            made = {i.name for i in [*a.g.input, *a.g.initializer]}
            for inner in a.g.node:
                names += [n for n in names_read(inner) if n not in made]
                made.update(inner.output)
            names += [o.name for o in a.g.output if o.name not in made]
    return list(dict.fromkeys(names))


def evaluate_node(node, values, opset, evaluator=float64.Evaluator):
    """The node's results, in double precision unless the evaluator is another, from values by name."""
    names = names_read(node)
    graph = helper.make_graph([node], "node", [info_of(n, values[n]) for n in names],
                              [onnx.ValueInfoProto(name=o) for o in node.output if o])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return [np.asarray(v) for v in evaluator(model).run([values[n] for n in names])]


class Draft:
    def __init__(self, seed, opset=18, parent=None):
        self.parent, self.opset = parent, opset
        self.run_time = parent.run_time if parent else None  # the size that stands for one left to run time
        self.r = parent.r if parent else random.Random(seed)
        self.numbers = parent.numbers if parent else np.random.default_rng(self.r.randrange(2 ** 32))
        self.counts = parent.counts if parent else {}
        self.inputs, self.constants, self.nodes, self.values = [], [], [], []

    def child(self):
        return Draft(None, self.opset, self)

    def name(self, letter):
        self.counts[letter] = self.counts.get(letter, 0) + 1
        return f"{letter}{self.counts[letter]}"

    def known(self):
        """Values in sight, the oldest first."""
        return [*(self.parent.known() if self.parent else []), *self.values]

    def floats(self, shape, spread=1.0):
        """Normally distributed float32 numbers."""
        return (self.numbers.standard_normal(shape) * spread).astype(np.float32)

    def input(self, array, dims=None):
        """A graph input; dims: names of bounded dimensions by axis."""
        array = np.asarray(array)
        value = Value(self.name("x"), array.astype(np.float64) if array.dtype == np.float32 else array, True)
        self.inputs.append((value, [(dims or {}).get(i, n) for i, n in enumerate(array.shape)]))
        self.values.append(value)
        return value

    def constant(self, array):
        array = np.asarray(array)
        value = Value(self.name("c"), array.astype(np.float64) if array.dtype == np.float32 else array, True)
        self.constants.append(numpy_helper.from_array(array, value.name))
        return value

    def node(self, op, inputs, n_outputs=1, **attributes):
        """Adds a node; arrays among its inputs become constants, None is one left out. One Value, or a list of several."""
        operands = [i if i is None or isinstance(i, Value) else self.constant(i) for i in inputs]
        while operands and operands[-1] is None:
            operands.pop()
        node = helper.make_node(op, [i.name if i else "" for i in operands], [self.name("v") for _ in range(n_outputs)],
                                **{k: v for k, v in attributes.items() if v is not None})
        everything = {v.name: v for v in [*self.known(), *(i for i in operands if i)]}
        results = evaluate_node(node, {n: v.array for n, v in everything.items()}, self.opset)
        for v in results:
            if v.size > ELEMENTS or (v.dtype.kind == "f" and not (np.abs(v) <= LARGEST).all()):
                raise Redraw(f"{op}: results of no use")
        exact = op in EXACT and all(everything[n].exact for n in names_read(node))
        made = [Value(n, v, exact) for n, v in zip(node.output, results)]
        self.nodes.append(node)
        self.values += made
        return made[0] if n_outputs == 1 else made

    def attempt(self, draw):
        """Whether draw(self) added to the graph; all that it did is taken back when it raised Redraw."""
        lists = self.inputs, self.constants, self.nodes, self.values
        lengths = [len(x) for x in lists]
        try:
            draw(self)
            return True
        except Redraw:
            for x, n in zip(lists, lengths):
                del x[n:]
            return False

    def pick(self, wanted=lambda v: True, floats=True, empty=False):
        """One of the values that can be read, rather a young one."""
        fit = [v for v in self.known() if (v.is_float or not floats) and (v.size or empty) and wanted(v)]
        if not fit:
            raise Redraw("no such value")
        return fit[max(self.r.randrange(len(fit)), self.r.randrange(len(fit)))]

    def body(self, outputs, name="body"):
        """The graph of a child, for an attribute."""
        infos = [helper.make_tensor_value_info(v.name, helper.np_dtype_to_tensor_dtype(declared(v.array)), None)
                 for v in outputs]
        return helper.make_graph(self.nodes, name, [info_of(v.name, v.array, d) for v, d in self.inputs], infos,
                                 self.constants)

    def leaves(self):
        """Values of this draft that no node of it reads."""
        read = {n for node in self.nodes for n in names_read(node)}
        return [v for v in self.values if v.name not in read and v.name not in {i.name for i, _ in self.inputs}]

    def model(self, outputs):
        """The finished model. Outputs are declared by type and rank alone, so that sizes may be left to run time."""
        infos = [info_of(v.name, v.array, [None] * v.rank) for v in outputs]
        graph = helper.make_graph(self.nodes, "drawn", [info_of(v.name, v.array, d) for v, d in self.inputs], infos,
                                  self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)

    def case(self, outputs):
        return Case(self.model(outputs), [[v.array.astype(declared(v.array)) for v, _ in self.inputs]], [{}], {})
