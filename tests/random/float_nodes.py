"""Random nodes over float tensors: one function a family, each adds to a Draft what it finds operands for.

NODES lists them with how often they are drawn. What is ill-conditioned is kept off by its operands (no division by
numbers near 0), for the judge measures a promise relative to the rounding error.
"""
import numpy as np

SMOOTH = {"Sigmoid": {}, "Tanh": {}, "Erf": {}, "Softplus": {}, "Softsign": {}, "Sin": {}, "Cos": {}, "Atan": {}, "Asinh": {},
          "Elu": {"alpha": 0.5}, "Selu": {}, "Celu": {"alpha": 0.75}, "LeakyRelu": {"alpha": 0.125},
          "HardSigmoid": {"alpha": 0.25}, "HardSwish": {}, "Relu": {}, "Neg": {}, "Abs": {}, "Identity": {},
          "Mish": {}, "Gelu": {"approximate": "tanh"}, "Swish": {"alpha": 1.5}}
SINCE = {"Mish": 18, "Gelu": 20, "Swish": 24, "HardSwish": 14}
STEPPED = ("Floor", "Ceil", "Round", "Sign")


def smooth(d):
    op, x = d.r.choice([op for op in SMOOTH if SINCE.get(op, 1) <= d.opset]), d.pick(empty=True)
    return None if op == "Softsign" and not x.rank else d.node(op, [x], **SMOOTH[op])  # onnx's own fails on scalars


def kept_off(d):
    """Functions with a pole or an edge, on operands that stay away from it."""
    x = d.pick()
    away = d.node("Add", [d.node("Abs", [x]), np.float32(d.r.choice([0.25, 0.5, 1.5]))])
    op = d.r.choice(["Sqrt", "Log", "Reciprocal", "Div", "Pow"])
    if op == "Div":
        return d.node("Div", [like(d, x), away])
    if op == "Pow":
        return d.node("Pow", [away, np.float32(d.r.choice([0.5, 2, -1, 1.5, 3]))])
    return d.node(op, [away])


def like(d, x):
    """A value or constant that broadcasts with x."""
    others = [v for v in d.known() if v.is_float and v.name != x.name and broadcast(v.shape, x.shape)]
    if others and d.r.random() < 0.7:
        return d.r.choice(others)
    rank = d.r.randint(0, x.rank)
    return d.constant(d.floats([n if d.r.random() < 0.6 and n != d.run_time else 1 for n in x.shape[x.rank - rank:]]))


def broadcast(a, b):
    try:
        return np.prod(np.broadcast_shapes(a, b)) <= 2000
    except ValueError:
        return False


def binary(d):
    x = d.pick(empty=True)
    pair = [x, like(d, x)]
    d.r.shuffle(pair)
    into_first = np.broadcast_shapes(pair[0].shape, pair[1].shape) == pair[0].shape  # as PRelu's slope must
    return d.node(d.r.choice(["Add", "Sub", "Mul", "Mul", "Max", "Min", *(["PRelu"] if into_first else [])]), pair)


def many(d):
    x = d.pick()
    return d.node(d.r.choice(["Sum", "Mean", "Max", "Min"]), [x, like(d, x), x])


def clip(d):
    bounds = [np.float32(-0.75), np.float32(1.25)]
    bounds[d.r.randrange(2)] = d.r.choice([None, np.float32(0.5) if bounds[0] is None else np.float32(1)])
    if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
        bounds.reverse()
    return d.node("Clip", [d.pick(empty=True), *bounds])


def stepped(d):
    return d.node(d.r.choice(STEPPED), [d.pick(lambda v: v.exact, empty=True)])


def compared(d):
    """Where on a comparison of exact values."""
    x = d.pick(lambda v: v.exact)
    test = d.node(d.r.choice(["Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal"]),
                  [x, np.float32(d.r.choice([0, 0.25, -0.5]))])
    if d.r.random() < 0.3:
        test = d.node("Not", [test])
    if d.r.random() < 0.3:
        return d.node("Cast", [test], to=1)
    y = like(d, x)
    return d.node("Where", [test, x, y] if d.r.random() < 0.5 else [test, y, x])


def axes_of(d, x, most=None):
    n = d.r.randint(1, min(x.rank, most or x.rank))
    axes = sorted(d.r.sample(range(x.rank), n))
    return [a - x.rank if d.r.random() < 0.3 else a for a in axes]


def reduction(d):
    x = d.pick(lambda v: v.rank)
    op = d.r.choice(["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare",
                     "ReduceLogSumExp", "ReduceProd"])
    axes, keep = axes_of(d, x), d.r.randrange(2)
    if d.r.random() < 0.15:
        return d.node(op, [x], keepdims=keep)
    if d.opset >= (13 if op == "ReduceSum" else 18):
        return d.node(op, [x, np.array(axes)], keepdims=keep)
    return d.node(op, [x], axes=axes, keepdims=keep)


def arg_reduction(d):
    x = d.pick(lambda v: v.exact and v.rank)
    found = d.node(d.r.choice(["ArgMax", "ArgMin"]), [x], axis=d.r.randrange(-x.rank, x.rank), keepdims=d.r.randrange(2))
    return d.node("Cast", [found], to=1) if d.r.random() < 0.7 else found


def cumulated(d):
    x = d.pick(lambda v: v.rank)
    return d.node("CumSum", [x, np.int64(d.r.randrange(x.rank))], exclusive=d.r.randrange(2), reverse=d.r.randrange(2))


def top(d):
    x = d.pick(lambda v: v.exact and v.rank)
    axis = d.r.randrange(x.rank)
    k = d.r.randint(0 if d.r.random() < 0.1 else 1, x.shape[axis])
    values, places = d.node("TopK", [x, np.array([k])], 2, axis=axis, largest=d.r.randrange(2), sorted=1)
    return values if d.r.random() < 0.5 else d.node("Cast", [places], to=1)


def transpose(d):
    x = d.pick(lambda v: v.rank > 1, empty=True)
    return d.node("Transpose", [x], perm=d.r.sample(range(x.rank), x.rank) if d.r.random() < 0.9 else None)


def reshape(d):
    x = d.pick(lambda v: v.rank)
    kind = d.r.randrange(4)
    if kind == 0:
        return d.node("Flatten", [x], axis=d.r.randint(0, x.rank))
    if kind == 1 and x.rank > 1:  # two neighbours into one
        at = d.r.randrange(x.rank - 1)
        return d.node("Reshape", [x, np.array([0] * at + [-1] + [*x.shape[at + 2:]])])
    if kind == 2:  # one axis into two
        at = d.r.randrange(x.rank)
        factors = [f for f in range(1, x.shape[at] + 1) if x.shape[at] % f == 0 and x.shape[at] != d.run_time] or [1]
        return d.node("Reshape", [x, np.array([0] * at + [-1, d.r.choice(factors)] + [*x.shape[at + 1:]])])
    return d.node("Reshape", [x, np.array([-1])])


def squeeze(d):
    if d.r.random() < 0.5:
        x = d.pick(lambda v: v.rank < 5, empty=True)
        axes = sorted(d.r.sample(range(x.rank + 1), 1))
        return d.node("Unsqueeze", [x, np.array(axes)]) if d.opset >= 13 else d.node("Unsqueeze", [x], axes=axes)
    x = d.pick(lambda v: 1 in v.shape, empty=True)
    axes = [d.r.choice([a for a, n in enumerate(x.shape) if n == 1])]
    return d.node("Squeeze", [x, np.array(axes)]) if d.opset >= 13 else d.node("Squeeze", [x], axes=axes)


def cut(d):
    x = d.pick(lambda v: v.rank, empty=True)
    axes = sorted(d.r.sample(range(x.rank), d.r.randint(1, min(2, x.rank))))
    starts, ends, steps = [], [], []
    for a in axes:
        step = d.r.choice([1, 1, 1, 2, -1, -2])
        low, high = sorted((d.r.randint(-1, x.shape[a]), d.r.randint(0, x.shape[a] + 2)))
        starts.append(low if step > 0 else high)
        ends.append(high if step > 0 else d.r.choice([low, -100]))
        steps.append(step)
    return d.node("Slice", [x, *map(np.array, (starts, ends, axes, steps))])


def concat(d):
    x = d.pick(lambda v: v.rank, empty=True)
    axis = d.r.randrange(x.rank)
    fit = [v for v in d.known() if v.is_float and v.rank == x.rank and
           all(a == b for k, (a, b) in enumerate(zip(v.shape, x.shape)) if k != axis)]
    parts = [d.r.choice(fit) for _ in range(d.r.randint(1, 3))]
    if d.r.random() < 0.2 and d.run_time not in x.shape:
        parts.append(d.constant(d.floats(x.shape)))
    parts.insert(d.r.randint(0, len(parts)), x)
    return d.node("Concat", parts, axis=axis - x.rank if d.r.random() < 0.2 else axis)


def split(d):
    x = d.pick(lambda v: any(n > 1 and n != d.run_time for n in v.shape))
    axis = d.r.choice([a for a, n in enumerate(x.shape) if n > 1 and n != d.run_time])
    n = d.r.randint(2, min(3, x.shape[axis]))
    at = sorted(d.r.sample(range(1, x.shape[axis]), n - 1))
    sizes = np.diff([0, *at, x.shape[axis]])
    return d.node("Split", [x, sizes], n, axis=axis) if d.opset >= 13 else \
        d.node("Split", [x], n, axis=axis, split=[int(s) for s in sizes])


def expand(d):
    x = d.pick(lambda v: v.size <= 200, empty=True)
    if d.r.random() < 0.5:
        repeats = [d.r.choice([1, 1, 2, 3]) for _ in range(x.rank)]
        return d.node("Tile", [x, np.array(repeats, np.int64)])
    shape = [d.r.randint(1, 4) if n == 1 and d.r.random() < 0.7 else 1 for n in x.shape]
    return d.node("Expand", [x, np.array([d.r.randint(1, 3)] * d.r.randrange(2) + shape, np.int64)])


def pad(d):
    x = d.pick(lambda v: v.rank)
    mode = d.r.choice(["constant", "constant", "reflect", "edge"])
    room = [min(2, n - 1) if mode == "reflect" else 2 for n in x.shape]
    pads = [d.r.randint(0, m) if d.r.random() < 0.6 else 0 for m in [*room, *room]]
    if mode == "constant" and d.r.random() < 0.3:
        pads[d.r.randrange(x.rank)] = -1
        if any(n + pads[k] + pads[k + x.rank] <= 0 for k, n in enumerate(x.shape)):
            return None
    return d.node("Pad", [x, np.array(pads), np.float32(0.5) if mode == "constant" else None], mode=mode)


def gather(d):
    x = d.pick(lambda v: v.rank)
    axis = d.r.randrange(x.rank)
    n = x.shape[axis]
    kind = d.r.randrange(3)
    if kind == 0:
        shape = d.r.choice([(), (2,), (3,), (2, 2)])
        return d.node("Gather", [x, indices(d, 1 if n == d.run_time else n, shape)], axis=axis)
    if kind == 1 and d.run_time not in x.shape:
        shape = [d.r.randint(1, m) for m in x.shape]
        return d.node("GatherElements", [x, indices(d, n, shape)], axis=axis)
    if kind == 2 and d.run_time not in x.shape:
        last = d.r.randint(1, x.rank)
        places = np.stack([indices(d, m, (3,)) for m in x.shape[:last]], -1).astype(np.int64)
        return d.node("GatherND", [x, places])
    return None


def indices(d, n, shape):
    return np.asarray(d.numbers.integers(-n, n, shape), d.r.choice([np.int64, np.int64, np.int32]))


def scatter(d):
    x = d.pick(lambda v: v.rank and d.run_time not in v.shape)
    axis = d.r.randrange(x.rank)
    shape = [d.r.randint(1, m) for m in x.shape]
    lines = np.argsort(d.numbers.random([x.shape[axis] if a == axis else m for a, m in enumerate(shape)]), axis)
    places = np.take(lines, range(shape[axis]), axis)  # no place twice on a line
    return d.node("ScatterElements", [x, places, d.floats(shape)], axis=axis)


def triangle(d):
    x = d.pick(lambda v: v.rank >= 2)
    return None if d.opset < 14 else d.node("Trilu", [x, np.int64(d.r.randint(-1, 1))], upper=d.r.randrange(2))


def shuffle(d):
    x = d.pick(lambda v: v.rank == 4)
    if x.shape[1] % 4 == 0 and d.r.random() < 0.5 and d.opset >= 11:
        return d.node("DepthToSpace", [x], blocksize=2, mode=d.r.choice(["DCR", "CRD"]))
    if x.shape[2] % 2 or x.shape[3] % 2 or d.run_time in x.shape[2:]:
        return None
    return d.node("SpaceToDepth", [x], blocksize=2)


NODES = [(smooth, 8), (kept_off, 3), (binary, 10), (many, 2), (clip, 2), (stepped, 1), (compared, 3), (reduction, 5),
         (arg_reduction, 1), (cumulated, 1), (top, 1), (transpose, 5), (reshape, 5), (squeeze, 3), (cut, 5), (concat, 5),
         (split, 3), (expand, 3), (pad, 3), (gather, 4), (scatter, 1), (triangle, 1), (shuffle, 1)]
