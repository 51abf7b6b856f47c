"""Random nodes between DequantizeLinear and QuantizeLinear: every kind of group of runtime_min/INTEGERS.md.

Each function takes a draft and draws what it reads from the quantised values known so far; `quantised()` ends it with a
tail and a QuantizeLinear whose scale fits the values, or lets them saturate now and then.
"""
import numpy as np

import heavy_nodes
from drawing import Redraw

F32 = np.float32
TYPES = (np.int8, np.uint8)


def per_tensor(d, scale, dtype=None):
    """Scale and zero point of one tensor."""
    dtype = dtype or d.r.choice(TYPES)
    info = np.iinfo(dtype)
    zero = d.r.choice([0, 0, info.min, d.r.randint(info.min, info.max)]) if dtype == np.int8 else d.r.choice(
        [0, 128, d.r.randint(0, 255)])
    return F32(scale), dtype(zero)


def quantised(d, value):
    """The value through a tail and a QuantizeLinear."""
    tail = d.r.randrange(6)
    if tail == 0:
        value = d.node("Relu", [value])
    elif tail == 1:
        low, high = sorted(d.r.uniform(-4, 8) for _ in range(2))
        value = d.node("Clip", [value, d.r.choice([None, F32(low), F32(0)]), d.r.choice([F32(high), F32(6)])])
    elif tail == 2:
        value = d.node("Clip", [d.node("Relu", [value]), None, F32(6)])
    return quantised_as(d, value, *parameters_of(d, value))


def parameters_of(d, value):
    """Parameters that fit the value; one time in five too narrow, so that it saturates."""
    largest = float(np.abs(value.array).max(initial=0.0)) or 1.0
    return per_tensor(d, largest / 127 * d.r.choice([0.3, 1.0, 1.0, 1.1, 2.0]))


def quantised_as(d, value, scale, zero):
    """What d.bytes remembers of a quantised value are the parameters to read it by."""
    q = d.node("QuantizeLinear", [value, scale, zero])
    d.bytes[q.name] = (scale, zero)
    return q


def floats(d, wanted=lambda v: True):
    """A quantised value of the graph, dequantised anew or once more where it was already."""
    q = d.pick(lambda v: v.name in d.bytes and wanted(v), floats=False)
    known = [v for v in d.known() if d.dequantised.get(v.name) == q.name]
    if known and d.r.randrange(3):
        return known[0]
    x = d.node("DequantizeLinear", [q, *d.bytes[q.name]])
    d.dequantised[x.name] = q.name
    return x


def same_parameters(d, value):
    """Whether the result takes over the parameters of what was read, as exporters do for movement."""
    return d.bytes[d.dequantised[value.name]] if d.r.randrange(2) else None


def weights(d, shape, axis, terms):
    """Constant weights, their scale for each index of the axis or one for all: (value, scales)."""
    dtype, channels = d.r.choice(TYPES), shape[axis]
    many = d.r.randrange(2)
    scale = (d.numbers.uniform(0.3, 1.0, channels if many else ()) / 127 / np.sqrt(max(terms, 1))).astype(F32)
    info = np.iinfo(dtype)
    if dtype == np.uint8 and d.r.randrange(2):
        zero = d.numbers.integers(0, 256, scale.shape).astype(dtype)
        w = d.numbers.integers(0, 256, shape).astype(dtype)
    else:
        zero = np.zeros(scale.shape, dtype) if dtype == np.int8 else np.full(scale.shape, 128, dtype)
        w = d.numbers.integers(info.min, info.max + 1, shape).astype(dtype)
    return d.node("DequantizeLinear", [w, scale, zero], axis=axis), scale


def bias(d, x, scale, channels):
    """None, or int32 steps of the product of both scales, dequantised or float32 numbers of whole steps."""
    kind = d.r.randrange(4)
    if kind == 0:
        return None
    step = np.broadcast_to((d.bytes[d.dequantised[x.name]][0] * scale).astype(F32), (channels,)).copy()
    steps = d.numbers.integers(-20000, 20000, channels).astype(np.int32)
    if kind == 1:
        return (steps.astype(F32) * step).astype(F32)
    return d.node("DequantizeLinear", [steps, step, np.zeros(channels, np.int32) if d.r.randrange(2) else None], axis=0)


# --- kernels ----------------------------------------------------------------------------------------------------------

def convolution(d):
    x = floats(d, lambda v: v.rank in (3, 4) and v.shape[1] <= 40)
    geometry, ic = heavy_nodes.window(d, x), x.shape[1]
    if not geometry:
        raise Redraw("no window fits")
    group = d.r.choice([1, 1, 1, ic, *(g for g in (2, 3) if ic % g == 0)])
    oc = group * d.r.choice([1, 1, 2, 5] if group > 1 else [1, 3, 8, 17, 33])
    shape = [oc, ic // group, *geometry["kernel_shape"]]
    w, scale = weights(d, shape, 0, np.prod(shape[1:]))
    return quantised(d, d.node("Conv", [x, w, bias(d, x, scale, oc)], group=group, **geometry))


def gemm(d):
    x = floats(d, lambda v: v.rank == 2)
    k, n, across = x.shape[1], d.r.choice([1, 3, 8, 20, 40]), d.r.randrange(2)
    w, scale = weights(d, [n, k] if across else [k, n], 0 if across else 1, k)
    return quantised(d, d.node("Gemm", [x, w, bias(d, x, scale, n)], transB=across))


def matmul(d):
    x = floats(d, lambda v: v.rank >= 2)
    k, n = x.shape[-1], d.r.choice([1, 3, 8, 20, 40])
    return quantised(d, d.node("MatMul", [x, weights(d, [k, n], 1, k)[0]]))


def softmax(d):
    x = floats(d, lambda v: v.rank >= 1)
    y = d.node("Softmax", [x], axis=d.r.randrange(-x.rank, x.rank))
    if d.r.randrange(3):
        return quantised_as(d, y, *d.r.choice([(F32(1 / 256), np.uint8(0)), (F32(1 / 256), np.int8(-128))]))
    return quantised_as(d, y, *parameters_of(d, y))


# --- the literal formula ----------------------------------------------------------------------------------------------

def pair(d):
    x = floats(d)
    other = floats(d, lambda v: v.shape == x.shape or (v.rank <= x.rank and all(
        n in (1, m) for n, m in zip(v.shape[::-1], x.shape[::-1]))))
    if d.r.randrange(5) == 0:
        other = d.floats(d.r.choice([x.shape, x.shape[-1:], [1] * x.rank]))
    inputs = [x, other]
    d.r.shuffle(inputs)
    return quantised(d, d.node(d.r.choice(["Add", "Add", "Mul", "Mul", "Sub", "Max", "Min"]), inputs))


def pool(d):
    x = floats(d, lambda v: v.rank == 4)
    op = d.r.choice(["MaxPool", "AveragePool", "AveragePool", "GlobalAveragePool"])
    if op == "GlobalAveragePool":
        return quantised(d, d.node(op, [x]))
    geometry = heavy_nodes.window(d, x)
    if not geometry:
        raise Redraw("no window fits")
    if d.opset < 19 or op == "AveragePool":
        geometry.pop("dilations")
    if any(p >= k for p, k in zip(geometry["pads"], geometry["kernel_shape"] * 2)):
        raise Redraw("windows of padding alone")
    if op == "AveragePool":
        geometry["count_include_pad"] = d.r.randrange(2)
        return quantised(d, d.node(op, [x], **geometry))
    return moved(d, x, op, [], **geometry)


def mean(d):
    x = floats(d, lambda v: v.rank >= 2)
    axes = sorted(d.r.sample(range(x.rank), d.r.randint(1, min(x.rank, 2))))
    keep = d.r.randrange(2)
    if d.opset >= 18:
        return quantised(d, d.node("ReduceMean", [x, np.array(axes)], keepdims=keep))
    return quantised(d, d.node("ReduceMean", [x], axes=axes, keepdims=keep))


def resize(d):
    x = floats(d, lambda v: v.rank == 4)
    scales = np.array([1, 1, *(d.r.choice([0.5, 1, 2, 3]) for _ in range(2))], F32)
    if any(int(n * s) < 1 for n, s in zip(x.shape, scales)):
        raise Redraw("nothing is left")
    return quantised(d, d.node("Resize", [x, None, scales], mode=d.r.choice(["nearest", "linear"]), nearest_mode="floor",
                               coordinate_transformation_mode=d.r.choice(["asymmetric", "half_pixel"])))


# --- tables -----------------------------------------------------------------------------------------------------------

def unary(d):
    x = floats(d)
    op = d.r.choice(["Relu", "Clip", "LeakyRelu", "Abs", "Neg", "HardSigmoid", "Sigmoid", "Tanh", "Mul", "Add", "Silu",
                     "HardSwish" if d.opset >= 14 else "Relu"])
    if op in ("Mul", "Add"):
        return quantised(d, d.node(op, [x, F32(d.r.choice([0.75, 0.1, -1.5, 3]))]))
    if op == "Silu":
        return quantised(d, d.node("Mul", [x, d.node("Sigmoid", [x])]))
    if op == "Clip":
        return quantised(d, d.node(op, [x, F32(-0.5), F32(d.r.uniform(0, 3))]))
    attributes = {"LeakyRelu": dict(alpha=0.125), "HardSigmoid": dict(alpha=0.125, beta=0.5)}
    return quantised(d, d.node(op, [x], **attributes.get(op, {})))


def norm(d):
    x = floats(d, lambda v: v.rank >= 2)
    one = lambda low, high: d.numbers.uniform(low, high, x.shape[1]).astype(F32)
    return quantised(d, d.node("BatchNormalization", [x, one(-2, 2), one(-1, 1), one(-1, 1), one(0.1, 2)]))


def rescale(d):
    """Bytes with other parameters, and no operator between."""
    return quantised(d, floats(d))


# --- movement ---------------------------------------------------------------------------------------------------------

def moved(d, x, op, further, n_outputs=1, **attributes):
    """An operator that moves what x dequantises; its results keep the parameters or get others."""
    same = same_parameters(d, x)
    made = d.node(op, [x, *further], n_outputs=n_outputs, **attributes)
    for y in made if n_outputs > 1 else [made]:
        if not y.size:
            raise Redraw("nothing is left")
        if same:
            quantised_as(d, y, *same)
        else:
            quantised(d, y)


def transpose(d):
    x = floats(d, lambda v: v.rank >= 2)
    moved(d, x, "Transpose", [], perm=d.r.sample(range(x.rank), x.rank))


def reshape(d):
    x = floats(d)
    if x.rank >= 2 and d.r.randrange(3) == 0:
        return moved(d, x, "Flatten", [], axis=d.r.randrange(x.rank))
    factors = [p for p in (2, 3, 4, 5, 7) if x.size % p == 0]
    shape = d.r.choice([[-1], [1, -1], *([f, -1] for f in factors), *([1, f, -1, 1] for f in factors)])
    return moved(d, x, "Reshape", [np.array(shape)])


def squeeze(d):
    x = floats(d, lambda v: v.rank <= 4)
    ones = [k for k, n in enumerate(x.shape) if n == 1]
    if ones and d.r.randrange(2):
        return moved(d, x, "Squeeze", [np.array(ones[:1])])
    return moved(d, x, "Unsqueeze", [np.array([d.r.randint(0, x.rank)])])


def pad(d):
    x = floats(d, lambda v: 1 <= v.rank <= 4)
    pads = np.array([d.r.choice([0, 0, 1, 2]) for _ in range(2 * x.rank)])
    mode = d.r.choice(["constant", "constant", "edge", "reflect"])
    if mode == "reflect" and any(n < 3 for n in x.shape):
        raise Redraw("no reflection fits")
    return moved(d, x, "Pad", [pads, d.r.choice([None, F32(0), F32(0.5)]) if mode == "constant" else None], mode=mode)


def slices(d):
    x = floats(d, lambda v: v.rank >= 1 and max(v.shape) >= 2)
    axis = max(range(x.rank), key=lambda k: x.shape[k])
    begin = d.r.randrange(x.shape[axis])
    end = d.r.randint(begin + 1, x.shape[axis])
    return moved(d, x, "Slice", [np.array([begin]), np.array([end]), np.array([axis]), np.array([d.r.choice([1, 1, 2])])])


def gather(d):
    x = floats(d, lambda v: 1 <= v.rank <= 4)
    axis = d.r.randrange(x.rank)
    return moved(d, x, "Gather", [d.numbers.integers(0, x.shape[axis], d.r.choice([1, 2, 3]))], axis=axis)


def split(d):
    x = floats(d, lambda v: v.rank >= 1 and any(n % 2 == 0 for n in v.shape))
    axis = d.r.choice([k for k, n in enumerate(x.shape) if n % 2 == 0])
    parts = [] if d.opset < 18 else [np.array([x.shape[axis] // 2] * 2)]
    return moved(d, x, "Split", parts, n_outputs=2, axis=axis)


def concat(d):
    x = floats(d, lambda v: v.rank >= 1)
    axis = d.r.randrange(x.rank)
    parts = [x] + [floats(d, lambda v: v.rank == x.rank and all(
        n == m or k == axis for k, (n, m) in enumerate(zip(v.shape, x.shape)))) for _ in range(d.r.randint(1, 3))]
    same = same_parameters(d, x)
    y = d.node("Concat", parts, axis=axis)
    return quantised_as(d, y, *same) if same else quantised(d, y)


NODES = [(convolution, 8), (gemm, 4), (matmul, 3), (softmax, 2), (pair, 8), (pool, 4), (mean, 2), (resize, 2), (unary, 4),
         (rescale, 1), (norm, 2), (transpose, 2), (reshape, 3), (squeeze, 1), (pad, 2), (slices, 2), (gather, 1), (split, 1), (concat, 4)]
