"""Random nodes of the operators that kernels compute: products, windows, norms, recurrent layers, and control flow."""
import numpy as np


def product(d):
    x = d.pick(lambda v: v.rank >= 1, empty=True)
    if x.rank == 2 and d.r.random() < 0.4 and d.run_time not in x.shape:
        return gemm(d, x)
    fit = [v for v in d.known() if v.is_float and v.rank >= 2 and v.shape[-2] == x.shape[-1] and
           v.shape[:-2] in ((), x.shape[:-2])]
    if fit and d.r.random() < 0.5:
        return d.node("MatMul", [x, d.r.choice(fit)])
    if x.shape[-1] == d.run_time:
        return None
    return d.node("MatMul", [x, weights(d, [x.shape[-1], d.r.choice([1, 2, 5, 8, 17])], x.shape[-1])])


def weights(d, shape, terms):
    return d.floats(shape, 1 / np.sqrt(max(terms, 1)))


def gemm(d, x):
    turned, across = d.r.randrange(2), d.r.randrange(2)
    k, n = x.shape[0 if turned else 1], d.r.choice([1, 3, 8, 20])
    m = x.shape[1 if turned else 0]
    bias = d.r.choice([None, d.floats(n), d.floats((m, 1)), d.floats((m, n))])
    return d.node("Gemm", [x, weights(d, [n, k] if across else [k, n], k), bias], transA=turned, transB=across,
                  alpha=d.r.choice([1.0, 0.5]), beta=d.r.choice([1.0, 2.0]))


def window(d, x, largest=3):
    """kernel_shape, strides, dilations and pads that leave at least one place."""
    n = x.rank - 2
    kernel = [d.r.randint(1, largest) for _ in range(n)]
    strides, dilations = ([d.r.choice([1, 1, 2]) for _ in range(n)] for _ in range(2))
    pads = [d.r.randint(0, (kernel[k % n] - 1) * dilations[k % n]) if d.r.random() < 0.6 else 0 for k in range(2 * n)]
    for k, size in enumerate(x.shape[2:]):
        if (kernel[k] - 1) * dilations[k] + 1 > size + pads[k] + pads[k + n]:
            return None
    return dict(kernel_shape=kernel, strides=strides, dilations=dilations, pads=pads)


def spatial(d):
    return d.pick(lambda v: v.rank in (3, 4, 5) and v.shape[1] != d.run_time and v.shape[1] <= 20)


def convolution(d):
    x = spatial(d)
    geometry, ic = window(d, x), x.shape[1]
    if not geometry:
        return None
    group = d.r.choice([1, 1, 1, ic, *(g for g in (2, 3) if ic % g == 0)])
    oc = group * d.r.choice([1, 1, 2, 5] if group > 1 else [1, 3, 8, 17])
    shape = [oc, ic // group, *geometry["kernel_shape"]]
    w = weights(d, shape, np.prod(shape[1:]))
    if d.r.random() < 0.2:
        geometry.pop("pads")
        geometry.pop("dilations")  # onnxruntime has no automatic padding of dilated windows
        geometry["auto_pad"] = d.r.choice(["SAME_UPPER", "SAME_LOWER"])
    y = d.node("Conv", [x, w, d.r.choice([None, d.floats(oc)])], group=group, **geometry)
    if d.r.random() < 0.4:
        y = d.node(d.r.choice(["Relu", "Sigmoid", "Tanh", "HardSwish" if d.opset >= 14 else "Relu"]), [y])
    return y


def transposed(d):
    x = spatial(d)
    ic, n = x.shape[1], x.rank - 2
    group = d.r.choice([1, 1, ic])
    kernel = [d.r.randint(1, 3) for _ in range(n)]
    strides = [d.r.choice([1, 2]) for _ in range(n)]
    shape = [ic, d.r.choice([1, 2, 5]), *kernel]
    pads = [min(d.r.randrange(2), (k - 1) // 2) for k in kernel] * 2
    return d.node("ConvTranspose", [x, weights(d, shape, np.prod(shape[2:])), None], group=group, strides=strides, pads=pads)


def pool(d):
    x = d.pick(lambda v: v.rank in (3, 4, 5))
    op = d.r.choice(["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"])
    if op.startswith("Global"):
        return d.node(op, [x])
    geometry = window(d, x)
    if not geometry:
        return None
    n = x.rank - 2
    geometry["pads"] = [min(p, geometry["kernel_shape"][k % n] - 1) for k, p in enumerate(geometry["pads"])]
    if op == "AveragePool":
        geometry["count_include_pad"] = d.r.randrange(2)
        if d.opset < 19:
            geometry.pop("dilations")
    else:
        geometry["dilations"] = [1] * n
    if any((k - 1) * e + 1 > s + a + b for k, e, s, a, b in
           zip(geometry["kernel_shape"], geometry.get("dilations", [1] * n), x.shape[2:], geometry["pads"],
               geometry["pads"][n:])):
        return None
    return d.node(op, [x], **geometry)


def norm(d):
    kind = d.r.choice(["softmax", "softmax", "layer", "batch", "instance", "lp"])
    x = d.pick(lambda v: v.rank >= 2)
    if kind == "softmax":
        return d.node(d.r.choice(["Softmax", "LogSoftmax"]), [x], axis=d.r.randrange(-x.rank, x.rank))
    if kind == "lp":
        away = d.node("Add", [d.node("Abs", [x]), np.float32(0.25)])
        return d.node("LpNormalization", [away], axis=d.r.randrange(x.rank), p=d.r.choice([1, 2]))
    if kind == "layer":
        axis = d.r.randrange(x.rank)
        if d.opset < 17 or d.run_time in x.shape[axis:]:
            return None
        shape = x.shape[axis:]
        return d.node("LayerNormalization", [x, d.floats(shape), d.r.choice([None, d.floats(shape)])], axis=axis,
                      epsilon=0.03125)
    c = x.shape[1]
    if c == d.run_time or (kind == "instance" and x.rank < 3):
        return None
    if kind == "instance":
        return d.node("InstanceNormalization", [x, d.floats(c), d.floats(c)], epsilon=0.03125)
    return d.node("BatchNormalization", [x, d.floats(c), d.floats(c), d.floats(c), np.abs(d.floats(c)) + np.float32(0.5)])


def resize(d):
    x = d.pick(lambda v: v.rank in (3, 4) and v.size <= 600)
    mode = d.r.choice(["nearest", "linear", "cubic"])
    scales = [1.0, 1.0, *(d.r.choice([0.5, 1.0, 2.0, 3.0]) for _ in x.shape[2:])]
    if any(int(n * s) < 1 for n, s in zip(x.shape, scales)) or (mode == "cubic" and x.rank != 4):
        return None
    how = d.r.choice(["asymmetric", "half_pixel", "align_corners"])
    region = np.zeros(0, np.float32) if d.opset < 13 else None
    return d.node("Resize", [x, region, np.array(scales, np.float32)], mode=mode,
                  coordinate_transformation_mode=how, nearest_mode="floor" if mode == "nearest" else None)


def recurrent(d):
    x = d.pick(lambda v: v.rank == 3 and v.shape[2] != d.run_time and v.shape[0] * v.shape[1] <= 60)
    op = d.r.choice(["LSTM", "GRU", "RNN"])
    gates, hidden = {"LSTM": 4, "GRU": 3, "RNN": 1}[op], d.r.choice([1, 3, 6])
    direction = d.r.choice(["forward", "reverse", "bidirectional"])
    n = 2 if direction == "bidirectional" else 1
    inputs = [x, weights(d, [n, gates * hidden, x.shape[2]], x.shape[2]), weights(d, [n, gates * hidden, hidden], hidden),
              d.r.choice([None, d.floats([n, 2 * gates * hidden], 0.3)])]
    extra = {"linear_before_reset": d.r.randrange(2)} if op == "GRU" else {}
    results = d.node(op, inputs, 3 if op == "LSTM" else 2, hidden_size=hidden, direction=direction, **extra)
    return results[0]


def einsum(d):
    x = d.pick(lambda v: v.rank == 3 and v.size <= 300)
    equation = d.r.choice(["abc->ca", "abc,abd->cd", "abc->b", "abc,adc->abd"])
    return d.node("Einsum", [x, x] if "," in equation else [x], equation=equation)


def shape_of(d):
    """A shape computed at run time: reshaped to what another value has, or filled."""
    x = d.pick(lambda v: v.rank)
    shape = d.node("Shape", [x])
    fit = [v for v in d.known() if v.is_float and v.size == x.size and v.name != x.name]
    if fit and d.r.random() < 0.7:
        return d.node("Reshape", [d.r.choice(fit), shape])
    return d.node("Expand", [np.float32(d.r.choice([0.5, -1])), shape])


def branch(d):
    """An If on an exact value: both branches compute one result of one shape from what lies outside."""
    x = d.pick(lambda v: v.exact and v.size == 1)
    flat = d.node("Reshape", [x, np.array([1])])
    test = d.node("Greater", [flat, np.float32(0.1)])
    y, bodies = d.pick(), []
    for _ in range(2):
        body = d.child()
        result = y
        for _ in range(d.r.randint(1, 3)):
            result = body.node(d.r.choice(["Tanh", "Neg", "Relu", "Sigmoid"]), [result]) if d.r.random() < 0.6 else \
                body.node(d.r.choice(["Add", "Mul"]), [result, np.float32(d.r.choice([0.5, 2]))])
        bodies.append(body.body([result], "branch"))
    return d.node("If", [test], then_branch=bodies[0], else_branch=bodies[1])


NODES = [(product, 6), (convolution, 7), (transposed, 2), (pool, 3), (norm, 5), (resize, 2), (recurrent, 2), (einsum, 1),
         (shape_of, 2), (branch, 2)]
