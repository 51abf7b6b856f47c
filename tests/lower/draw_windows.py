"""Random models of one convolution or pool, for layers.py: (model, values of its inputs)."""
import numpy as np

from drawn import Graph


def one_each(r, axes, choice):
    return [r.choice(choice) for _ in range(axes)]


def padding(r, kernel):
    """pads that leave no window outside, auto_pad, or nothing."""
    kind = r.choice(["none", "pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID"])
    if kind == "none":
        return {}
    if kind == "pads":
        return {"pads": [r.randrange(k) for k in kernel + kernel]}
    return {"auto_pad": kind}


def convolution(r, numbers, dtype=np.float32):
    axes, group = r.choice([1, 2, 2, 3]), r.choice([1, 1, 2, 6])
    channels = 1 if group == 6 else r.choice([1, 3, 8])
    outputs = r.choice([1, 2, 5]) * group
    kernel, stride, dilation = (one_each(r, axes, c) for c in ([1, 2, 3, 4], [1, 1, 2, 3], [1, 1, 2, 3]))
    sizes = [d * (k - 1) + 1 + r.choice([0, 1, 4, 7]) for k, d in zip(kernel, dilation)]
    attributes = {"strides": stride, "dilations": dilation, "group": group, **padding(r, kernel)}
    if r.random() < 0.5:
        attributes["kernel_shape"] = kernel
    g = Graph(numbers, dtype)
    constant = r.random() < 0.8
    g.add("X", [r.choice([1, 2]), channels * group] + sizes, False)
    g.add("W", [outputs, channels] + kernel, constant)
    g.add("B", [outputs], constant, r.random() < 0.5)
    return g.model("Conv", ["Y"], (axes + 2,), attributes), g.values


def winograd(r, numbers):
    """3x3 with stride 1 on images large enough for Winograd's tiles, whose last ones are rarely full. Sums of at most 300
    products of values about 0.25."""
    group, channels, outputs = r.choice([1, 1, 1, 2]), r.choice([16, 21, 32]), r.choice([16, 32, 41])
    g = Graph(numbers)
    g.add("X", [r.choice([1, 2]), channels * group, r.choice([37, 50, 64]), r.choice([37, 50, 64])], False)
    g.add("W", [outputs * group, channels, 3, 3], True)
    g.add("B", [outputs * group], True, r.random() < 0.5)
    return g.model("Conv", ["Y"], (4,), {"group": group, "pads": [r.choice([0, 1, 1, 2]) for _ in range(4)]}), g.values


def convolution_of_any_type(r, numbers):
    return convolution(r, numbers, r.choice([np.float64, np.float16]))


def integer_convolution(r, numbers):
    """Fewer than 256 products a sum, which float32 holds exactly."""
    axes, group = r.choice([1, 2, 2, 3]), r.choice([1, 1, 2])
    kernel, stride, dilation = (one_each(r, axes, c) for c in ([1, 2, 3], [1, 1, 2], [1, 1, 2]))
    sizes = [d * (k - 1) + 1 + r.choice([0, 1, 4]) for k, d in zip(kernel, dilation)]
    attributes = {"strides": stride, "dilations": dilation, "group": group, **padding(r, kernel)}
    g, types = Graph(numbers), [r.choice([np.uint8, np.int8]) for _ in range(2)]
    limits = [(np.iinfo(t).min, np.iinfo(t).max + 1) for t in types]
    g.add_value("X", numbers.integers(*limits[0], [1, 2 * group] + sizes).astype(types[0]), False)
    g.add_value("W", numbers.integers(*limits[1], [3 * group, 2] + kernel).astype(types[1]), True)
    if r.random() < 0.6:
        g.add_value("x0", np.asarray(numbers.integers(*limits[0]), types[0]), r.random() < 0.5)
    if len(g.names) == 3 and r.random() < 0.6:
        g.add_value("w0", np.asarray(numbers.integers(*limits[1]), types[1]), r.random() < 0.5)
    return g.model("ConvInteger", ["Y"], (axes + 2,), attributes, types=[np.int32]), g.values


def transposed(r, numbers):
    """auto_pad only with kernels as long as the stride: onnxruntime gives fewer outputs than the standard says else."""
    axes, group = r.choice([1, 2, 2]), r.choice([1, 1, 2, 6])
    channels = 1 if group == 6 else r.choice([1, 3, 17])
    stride = [r.choice([1, 2, 3]) for _ in range(axes)]
    attributes = {"strides": stride, "dilations": [r.choice([1, 1, 2, 3]) for _ in range(axes)], "group": group}
    if r.random() < 0.3:
        kernel = [s + r.choice([0, 1]) for s in stride]
        attributes["auto_pad"] = r.choice(["SAME_UPPER", "SAME_LOWER"])
    else:
        kernel = [r.choice([1, 2, 3, 4]) for _ in range(axes)]
        attributes["pads"] = [r.choice([0, 0, 1, 2]) for _ in range(2 * axes)]
        attributes["output_padding"] = [r.randrange(s) for s in stride]
    g = Graph(numbers)
    g.add("X", [r.choice([1, 2]), 6] + [r.choice([3, 6, 9]) for _ in range(axes)], False)
    g.add("W", [6, channels] + kernel, True)
    g.add("B", [channels * group], True, r.random() < 0.5)
    return g.model("ConvTranspose", ["Y"], (axes + 2,), {"kernel_shape": kernel, **attributes}), g.values


def pool(r, numbers):
    axes, kernel = r.choice([1, 2, 2]), r.choice([2, 3])
    attributes = {"kernel_shape": [kernel] * axes, "strides": [r.choice([1, 2]) for _ in range(axes)],
                  "pads": [r.randrange(kernel) for _ in range(2 * axes)]}
    op = r.choice(["MaxPool", "AveragePool"])
    if op == "AveragePool":
        attributes["count_include_pad"] = r.choice([0, 1])
    g = Graph(numbers)
    g.add("X", [r.choice([1, 2]), r.choice([1, 5, 16, 37])] + [r.choice([3, 6, 9]) for _ in range(axes)], False)
    return g.model(op, ["Y"], (axes + 2,), attributes), g.values


def transposed_of_any_kind(r, numbers):
    """Three axes, other types, output_shape."""
    axes, group, dtype = r.choice([1, 2, 3]), r.choice([1, 2]), r.choice([np.float32, np.float64, np.float16])
    kernel, stride, dilation = (one_each(r, axes, c) for c in ([1, 2, 3, 4], [1, 2, 3], [1, 1, 2]))
    sizes = one_each(r, axes, [1, 3, 5])
    attributes = {"strides": stride, "dilations": dilation, "group": group}
    if r.random() < 0.5:
        whole = [s * (i - 1) + d * (k - 1) + 1 for s, i, d, k in zip(stride, sizes, dilation, kernel)]
        attributes["output_shape"] = [max(1, w - r.choice([0, 0, 1, 2])) for w in whole]
        if r.random() < 0.3:  # as some exporters have it
            attributes["output_shape"] = [1, 1] + attributes["output_shape"]
        attributes["auto_pad"] = r.choice(["NOTSET", "SAME_UPPER", "SAME_LOWER"])
    else:
        attributes["output_padding"] = [r.randrange(max(s, d)) for s, d in zip(stride, dilation)]
    g = Graph(numbers, dtype)
    constant = r.random() < 0.7
    g.add("X", [r.choice([1, 2]), 2 * group] + sizes, False)
    g.add("W", [2 * group, r.choice([1, 3])] + kernel, constant)
    return g.model("ConvTranspose", ["Y"], (axes + 2,), attributes), g.values


def pool_of_any_kind(r, numbers):
    """Every attribute of every pool, the greatest element's place included. No dilation with SAME: onnxruntime's padding forgets
    it."""
    op = r.choice(["MaxPool", "MaxPool", "AveragePool", "LpPool"])
    axes = r.choice([1, 2, 3])
    kernel, stride, dilation = (one_each(r, axes, c) for c in ([1, 2, 3], [1, 2, 3], [1, 1, 2]))
    sizes = [d * (k - 1) + 1 + r.choice([0, 1, 4, 7]) for k, d in zip(kernel, dilation)]
    attributes = {"kernel_shape": kernel, "strides": stride, "dilations": dilation, "ceil_mode": r.choice([0, 1]),
                  **padding(r, kernel)}
    if "auto_pad" in attributes:
        del attributes["ceil_mode"], attributes["dilations"]
    outputs, types = ["Y"], [np.float32]
    if op == "AveragePool":
        attributes["count_include_pad"] = r.choice([0, 1])
    elif op == "LpPool":
        attributes["p"] = r.choice([1, 2, 3])
    elif r.random() < 0.6:
        outputs, types = ["Y", "I"], [np.float32, np.int64]
        attributes["storage_order"] = r.choice([0, 1])
    g = Graph(numbers)
    if op == "MaxPool" and r.random() < 0.4:
        types[0] = r.choice([np.float64, np.int8, np.uint8])
        g.add_value("X", numbers.integers(0, r.choice([2, 100]), [1, 2] + sizes).astype(types[0]), False)
    else:
        g.add("X", [r.choice([1, 2]), r.choice([1, 3])] + sizes, False)
    return g.model(op, outputs, (axes + 2,) * 2, attributes, 22, types), g.values


def global_pool(r, numbers):
    op, axes = r.choice(["GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool"]), r.choice([1, 2, 3])
    attributes = {"p": r.choice([1, 2, 3])} if op == "GlobalLpPool" else {}
    g = Graph(numbers)
    g.add("X", [r.choice([1, 2]), r.choice([1, 3, 17])] + one_each(r, axes, [1, 2, 5]), False)
    return g.model(op, ["Y"], (axes + 2,), attributes), g.values


def unpool(r, numbers):
    """Every place different, the output as large as the window undoes, or larger and then given."""
    axes, kernel, stride = 2, one_each(r, 2, [2, 3]), one_each(r, 2, [1, 2])
    pads = [r.choice([0, 0, 1]) for _ in range(2 * axes)]
    sizes = one_each(r, axes, [2, 3, 5])
    whole = [(i - 1) * s + k - pads[j] - pads[axes + j] for j, (i, s, k) in enumerate(zip(sizes, stride, kernel))]
    n, channels = r.choice([1, 2]), r.choice([1, 2])
    places = n * channels * whole[0] * whole[1]
    if places < n * channels * sizes[0] * sizes[1]:
        stride, pads = [2, 2], [0] * 4
        whole = [(i - 1) * s + k for i, s, k in zip(sizes, stride, kernel)]
        places = n * channels * whole[0] * whole[1]
    g = Graph(numbers)
    g.add("X", [n, channels] + sizes, False)
    each = whole[0] * whole[1]
    index = np.stack([numbers.permutation(each)[:sizes[0] * sizes[1]] + i * each for i in range(n * channels)])
    g.add_value("I", index.reshape(n, channels, *sizes).astype(np.int64), False)
    return g.model("MaxUnpool", ["Y"], (4,), {"kernel_shape": kernel, "strides": stride, "pads": pads}), g.values


# Each with the oracle that it is for.
DRAWS = [(convolution, "onnxruntime"), (winograd, "onnxruntime"),
         (convolution_of_any_type, "float64"), (integer_convolution, "floats"),
         (transposed, "onnxruntime"), (transposed_of_any_kind, "float64"), (pool, "onnxruntime"),
         (pool_of_any_kind, "onnxruntime"), (global_pool, "onnxruntime"), (unpool, "onnxruntime")]
