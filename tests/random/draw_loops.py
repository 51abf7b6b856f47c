"""Random graphs of Loop, Scan and If, for loops.py.

All numbers are whole and small (sums are clipped), so that float32 is exact, every order of additions gives the same,
and no condition hangs on a rounding: outputs must be equal to the bit.
"""
import random

import numpy as np
from onnx import TensorProto, helper, numpy_helper

F, I, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
NUMPY = {F: np.float32, I: np.int64, B: np.bool_}
SHAPES = [(), (1,), (2,), (3,), (4,), (2, 3), (3, 2), (3, 4), (2, 2, 3)]
MOST = 50.0  # of any number
MAX_DEPTH = 3


class Value:
    """A tensor by name, type and shape."""

    def __init__(self, name, dtype, shape):
        self.name, self.dtype, self.shape = name, dtype, tuple(shape)


class Scope:
    """A graph being drawn: its own values, and those of the graphs around it."""

    def __init__(self, draw, outer=None):
        self.draw, self.outer, self.depth = draw, outer, outer.depth + 1 if outer else 0
        self.nodes, self.constants, self.values = [], [], []

    def all_values(self):
        """The nearer ones more often."""
        values = self.values * (3 if self.outer else 1)
        return values + (self.outer.all_values() if self.outer else [])

    def some(self, dtype, shape=None, rank=None):
        """A value of that type, or None."""
        fits = [v for v in self.all_values() if v.dtype == dtype and (shape is None or v.shape == tuple(shape)) and
                (rank is None or len(v.shape) >= rank)]
        return self.draw.r.choice(fits) if fits else None

    def add(self, op, inputs, dtype, shape, keep=True, **attributes):
        out = Value(self.draw.name(), dtype, shape)
        self.nodes.append(helper.make_node(op, [i if isinstance(i, str) else i.name for i in inputs], [out.name],
                                           **attributes))
        if keep:
            self.values.append(out)
        return out

    def constant(self, array, keep=False):
        array = np.asarray(array)
        value = Value(self.draw.name(), helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        self.constants.append(numpy_helper.from_array(array, value.name))
        if keep:
            self.values.append(value)
        return value

    def random_constant(self, dtype, shape, keep=False):
        r = self.draw.numbers
        array = r.integers(0, 2, shape) if dtype == B else r.integers(-4, 5, shape)
        return self.constant(np.asarray(array).astype(NUMPY[dtype]), keep)

    def clipped(self, value):
        return self.add("Clip", [value, self.constant(np.float32(-MOST)), self.constant(np.float32(MOST))], F, value.shape)

    def fitting(self, dtype, shape):
        """A value of that type and shape: one that is there, or one made now."""
        value = self.some(dtype, shape)
        if value and self.draw.r.random() < 0.8:
            return value
        if dtype == F and self.draw.r.random() < 0.5:
            source = self.some(F, rank=0)
            if source:
                total = self.add("ReduceMax", [source], F, (), keep=False, keepdims=0)
                return self.add("Expand", [total, self.constant(np.array(shape, np.int64))], F, shape)
        return self.random_constant(dtype, shape)

    def graph(self, name, inputs, outputs):
        def infos(values):
            return [helper.make_tensor_value_info(v.name, v.dtype, v.shape) for v in values]

        return helper.make_graph(self.nodes, name, infos(inputs), infos(outputs), self.constants)


class Drawing:
    def __init__(self, seed):
        self.r, self.numbers = random.Random(seed), np.random.default_rng(seed)
        self.n_names = 0
        self.inputs, self.arrays = [], []

    def name(self):
        self.n_names += 1
        return f"t{self.n_names}"

    def input(self, scope, array):
        value = Value(self.name(), helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        self.inputs.append(value)
        self.arrays.append(array)
        scope.values.append(value)
        return value

    # --- nodes without sub-graphs -----------------------------------------------------------------------------------------

    def unary(self, s):
        x = s.some(F)
        if x:
            s.add(self.r.choice(["Neg", "Abs", "Relu", "Identity", "Sign"]), [x], F, x.shape)

    def binary(self, s):
        x = s.some(F)
        if not x:
            return
        y = s.some(F, x.shape) if self.r.random() < 0.7 else s.some(F, ())
        op = self.r.choice(["Add", "Sub", "Max", "Min", "Mul"])
        z = s.add(op, [x, y or s.random_constant(F, x.shape)], F, x.shape, keep=False)
        s.clipped(z)

    def matmul(self, s):
        x = s.some(F, rank=2)
        if x and len(x.shape) == 2:
            n = self.r.choice([2, 3, 4])
            w = s.constant(self.numbers.integers(-1, 2, (x.shape[1], n)).astype(np.float32))
            s.clipped(s.add("MatMul", [x, w], F, (x.shape[0], n), keep=False))

    def transpose(self, s):
        x = s.some(F, rank=2)
        if x:
            perm = list(range(len(x.shape)))
            self.r.shuffle(perm)
            s.add("Transpose", [x], F, [x.shape[p] for p in perm], perm=perm)

    def reshape(self, s):
        x = s.some(F)
        if x:
            n = int(np.prod(x.shape, dtype=np.int64))
            shape = self.r.choice([t for t in [*SHAPES, (n,)] if int(np.prod(t, dtype=np.int64)) == n])
            s.add("Reshape", [x, s.constant(np.array(shape, np.int64))], F, shape)

    def slice(self, s):
        x = s.some(F, rank=1)
        if x:
            axis = self.r.randrange(len(x.shape))
            n = x.shape[axis]
            begin = self.r.randrange(n)
            end = self.r.randrange(begin + 1, n + 1)
            shape = [*x.shape[:axis], end - begin, *x.shape[axis + 1:]]
            s.add("Slice", [x, *(s.constant(np.array([k], np.int64)) for k in (begin, end, axis))], F, shape)

    def concat(self, s):
        x = s.some(F, rank=1)
        if not x:
            return
        axis, parts = self.r.randrange(len(x.shape)), [x]
        for _ in range(self.r.choice([1, 1, 2])):
            parts.append(s.some(F, x.shape))
        n = x.shape[axis] * len(parts)
        if n <= 12:
            s.add("Concat", parts, F, [*x.shape[:axis], n, *x.shape[axis + 1:]], axis=axis)

    def split(self, s):
        x = s.some(F, rank=1)
        axis = self.r.randrange(len(x.shape)) if x else 0
        if not x or x.shape[axis] < 2:
            return
        first = self.r.randrange(1, x.shape[axis])
        sizes = [first, x.shape[axis] - first]
        outs = [Value(self.name(), F, [*x.shape[:axis], n, *x.shape[axis + 1:]]) for n in sizes]
        s.nodes.append(helper.make_node("Split", [x.name, s.constant(np.array(sizes, np.int64)).name],
                                        [o.name for o in outs], axis=axis))
        s.values += outs

    def reduce(self, s):
        x = s.some(F, rank=1)
        if x:
            axis = self.r.randrange(len(x.shape))
            op = self.r.choice(["ReduceMax", "ReduceMin"])
            s.add(op, [x], F, [*x.shape[:axis], *x.shape[axis + 1:]], axes=[axis], keepdims=0)

    def where(self, s):
        x, c = s.some(F), s.some(B, ())
        if x and c:
            s.add("Where", [c, x, s.fitting(F, x.shape)], F, x.shape)

    def gather(self, s):
        x, i = s.some(F, rank=1), s.some(I, ())
        if x and i:
            axis = self.r.randrange(len(x.shape))
            index = s.add("Mod", [i, s.constant(np.int64(x.shape[axis]))], I, (), keep=False)
            s.add("Gather", [x, index], F, [*x.shape[:axis], *x.shape[axis + 1:]], axis=axis)

    def compare(self, s):
        """A condition."""
        x = s.some(F)
        if x:
            total = s.add("ReduceMax", [x], F, (), keep=False, keepdims=0)
            limit = s.constant(np.float32(self.r.choice([-2, 0, 3, 10, 49])))
            s.add(self.r.choice(["Less", "Greater"]), [total, limit], B, ())

    def logic(self, s):
        a, b = s.some(B, ()), s.some(B, ())
        if a and b:
            s.add(self.r.choice(["And", "Or", "Xor"]), [a, b], B, ())

    def count(self, s):
        """Whole numbers, kept small."""
        a, b = s.some(I, ()), s.some(I, ())
        if a and b:
            total = s.add(self.r.choice(["Add", "Sub", "Max", "Min"]), [a, b], I, (), keep=False)
            s.add("Mod", [total, s.constant(np.int64(self.r.choice([5, 17])))], I, ())

    def cast(self, s):
        x = self.r.choice([s.some(I), s.some(B)])
        if x:
            s.add("Cast", [x], F, x.shape, to=F)

    # --- If ---------------------------------------------------------------------------------------------------------------

    def condition(self, s):
        c = s.some(B, ())
        if c and self.r.random() < 0.85:
            return c
        return s.random_constant(B, ())

    def branches(self, s):
        wanted = [(v.dtype, v.shape) for v in (s.some(F), s.some(F), s.some(I), s.some(B, ())) if v]
        self.r.shuffle(wanted)
        wanted = wanted[:self.r.choice([1, 1, 2, 3])]
        if not wanted:
            return
        graphs = []
        for name in ("then", "else"):
            inner = Scope(self, s)
            self.nodes(inner, self.r.randrange(4))
            outs = [self.own(inner, *w) for w in wanted]
            graphs.append(inner.graph(f"{name}{self.name()}", [], outs))
        outs = [Value(self.name(), *w) for w in wanted]
        s.nodes.append(helper.make_node("If", [self.condition(s).name], [o.name for o in outs], then_branch=graphs[0],
                                        else_branch=graphs[1]))
        s.values += outs

    def own(self, s, dtype, shape):
        """A result of graph s. Outer values and constants go through an Identity: some readers of models want that."""
        value = s.fitting(dtype, shape)
        mine = {o for n in s.nodes for o in n.output}
        return value if value.name in mine else s.add("Identity", [value], dtype, shape)

    # --- Loop and Scan ----------------------------------------------------------------------------------------------------

    def carried(self, s, most):
        """First values; some twice, some read by others as well."""
        inits = []
        for _ in range(self.r.randrange(most + 1)):
            kind = self.r.choice([F, F, F, F, I, B])
            v = s.some(kind, None if kind == F else ())
            inits.append(v or s.random_constant(kind, self.r.choice(SHAPES) if kind == F else ()))
        if inits and self.r.random() < 0.4:  # two that can be swapped
            inits.append(s.fitting(inits[0].dtype, inits[0].shape))
        return inits

    def next_values(self, inner, variables):
        """What each variable becomes: computed, another variable (two may be swapped), itself, an outer value."""
        outs = []
        for v in variables:
            others = [o for o in variables if (o.dtype, o.shape) == (v.dtype, v.shape)]
            if self.r.random() < 0.3:
                value = self.r.choice(others)
            else:
                value = inner.fitting(v.dtype, v.shape)
            outs.append(value)
        return [self.result(inner, v, variables) for v in outs]

    def result(self, inner, value, inputs, as_it_is=1.0):
        """An output of a body: its own value or an input of it as it is, others through an Identity. An input that is
        stacked is so in a part of the graphs alone: onnxruntime never writes it."""
        if self.r.random() >= as_it_is:
            inputs = []
        mine = {o for n in inner.nodes for o in n.output} | {i.name for i in inputs}
        return value if value.name in mine else inner.add("Identity", [value], value.dtype, value.shape)

    def parts(self, inner, most):
        """What is stacked."""
        values = [v for v in inner.values if v.dtype in (F, I)]
        return [self.r.choice(values) for _ in range(self.r.randrange(most + 1))] if values else []

    @staticmethod
    def distinct(inner, outs):
        """An output's name may stand once among the outputs of a graph."""
        seen, result = set(), []
        for v in outs:
            result.append(inner.add("Identity", [v], v.dtype, v.shape) if v.name in seen else v)
            seen.add(result[-1].name)
        return result

    def ends(self, inner, counter, how):
        """The body's condition: the constant, a computed one, one that holds for so many turns at most."""
        if how == "count":
            return self.result(inner, inner.constant(np.bool_(True)), [])
        drawn = self.condition(inner)
        if how == "condition":      # no number of turns: this one has to become false
            few = inner.add("Less", [counter, inner.constant(np.int64(self.r.choice([0, 2, 5])))], B, ())
            drawn = few if self.r.random() < 0.5 else inner.add("And", [few, drawn], B, ())
        return self.result(inner, drawn, [])

    def turns(self, s, how):
        """(name of the number of turns, of the first condition)."""
        n = np.int64(self.r.choice([0, 1, 2, 3, 3, 5]))
        if how == "condition":
            limit = "" if self.r.random() < 0.7 else s.constant(np.int64(2**63 - 1)).name
        elif how == "both" and self.r.random() < 0.4 and s.some(I, ()):
            limit = s.some(I, ()).name
        else:
            limit = s.constant(n).name
        if how == "count":
            first = self.r.choice(["", s.constant(np.bool_(True)).name])
        else:
            first = self.r.choice(["", self.condition(s).name])
        return limit, first, int(n)

    def loop(self, s):
        how = self.r.choice(["count", "count", "both", "condition"])
        limit, first, n = self.turns(s, how)
        inits = self.carried(s, 3)
        inner = Scope(self, s)
        counter, go = Value(self.name(), I, ()), Value(self.name(), B, ())
        variables = [Value(self.name(), v.dtype, v.shape) for v in inits]
        inner.values = [counter, go, *variables]
        self.nodes(inner, self.r.randrange(1, 7))
        ends = self.ends(inner, counter, how)
        nexts = self.next_values(inner, variables)
        parts = self.parts(inner, 2) if how == "count" else []
        parts = [self.result(inner, p, [counter, go, *variables], 0.1) for p in parts]
        results = self.distinct(inner, [ends, *nexts, *parts])
        body = inner.graph("body" + self.name(), [counter, go, *variables], results)
        outs = [Value(self.name(), v.dtype, v.shape) for v in variables]
        outs += [Value(self.name(), p.dtype, (n, *p.shape)) for p in parts]
        if not outs:
            return
        s.nodes.append(helper.make_node("Loop", [limit, first, *(v.name for v in inits)], [o.name for o in outs], body=body))
        s.values += [o for o in outs if 0 not in o.shape]

    def scan(self, s):
        x = s.some(F, rank=1)
        if not x:
            return
        inits = self.carried(s, 2)
        inner = Scope(self, s)
        variables = [Value(self.name(), v.dtype, v.shape) for v in inits]
        axis = self.r.randrange(len(x.shape))
        n = x.shape[axis]
        sources, axes = [x], [axis]
        for _ in range(self.r.choice([0, 0, 1])):
            y = s.some(F, rank=1)
            fits = [k for k, d in enumerate(y.shape) if d == n]
            if fits:
                sources.append(y)
                axes.append(self.r.choice(fits))
        slices = [Value(self.name(), F, [d for k, d in enumerate(v.shape) if k != a]) for v, a in zip(sources, axes)]
        inner.values = [*variables, *slices]
        self.nodes(inner, self.r.randrange(1, 6))
        nexts = self.next_values(inner, variables)
        parts = [self.result(inner, p, [*variables, *slices], 0.1) for p in self.parts(inner, 2)]
        if not parts and not variables:
            return
        results = self.distinct(inner, [*nexts, *parts])
        body = inner.graph("body" + self.name(), [*variables, *slices], results)
        out_axes = [self.r.randrange(len(p.shape) + 1) for p in parts]
        outs = [Value(self.name(), v.dtype, v.shape) for v in variables]
        outs += [Value(self.name(), p.dtype, (*p.shape[:a], n, *p.shape[a:])) for p, a in zip(parts, out_axes)]
        attributes = {"num_scan_inputs": len(sources), "scan_input_axes": axes,
                      "scan_input_directions": [self.r.randrange(2) for _ in sources]}
        if parts:
            attributes["scan_output_axes"] = [a - len(p.shape) - 1 if self.r.random() < 0.3 else a
                                              for p, a in zip(parts, out_axes)]
            attributes["scan_output_directions"] = [self.r.randrange(2) for _ in parts]
        s.nodes.append(helper.make_node("Scan", [v.name for v in [*inits, *sources]], [o.name for o in outs], body=body,
                                        **attributes))
        s.values += outs

    # --- graphs -----------------------------------------------------------------------------------------------------------

    def nodes(self, s, n):
        plain = [self.unary, self.binary, self.binary, self.binary, self.matmul, self.transpose, self.reshape, self.slice,
                 self.concat, self.split, self.reduce, self.where, self.gather, self.compare, self.logic, self.count,
                 self.cast]
        for _ in range(n):
            if s.depth < MAX_DEPTH and self.r.random() < (0.35 if s.depth == 0 else 0.2):
                self.r.choice([self.loop, self.loop, self.scan, self.branches])(s)
            else:
                self.r.choice(plain)(s)


def draw(seed):
    """A model and its inputs. There is at least one Loop or Scan in it."""
    d = Drawing(seed)
    s = Scope(d)
    for _ in range(d.r.choice([1, 2, 3])):
        d.input(s, d.numbers.integers(-5, 6, d.r.choice(SHAPES)).astype(np.float32))
    d.input(s, d.numbers.integers(0, 6, ()).astype(np.int64))
    d.input(s, np.asarray(d.numbers.integers(0, 2, ()).astype(np.bool_)))
    d.nodes(s, d.r.randrange(2, 6))
    while not any(n.op_type in ("Loop", "Scan") for n in s.nodes):
        d.r.choice([d.loop, d.scan])(s)
    d.nodes(s, d.r.randrange(5))
    made = [v for v in s.values if v not in d.inputs]
    last = [v for v in made if v.name in s.nodes[-1].output]
    outs = {v.name: v for v in d.r.sample(made, min(len(made), d.r.choice([1, 2, 3, 5]))) + last}
    graph = s.graph("g", d.inputs, list(outs.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8), d.arrays
