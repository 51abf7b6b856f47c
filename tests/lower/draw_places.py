"""Random models of operators that move, weigh and mix elements by place, for layers.py: (model, values of inputs)."""
import numpy as np

from drawn import Graph


def loss(r, numbers):
    op = r.choice(["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"])
    classes, batch = r.choice([1, 2, 5, 33]), r.choice([1, 3])
    more = [r.choice([1, 2, 5]) for _ in range(r.choice([0, 0, 1, 2, 3]))]
    attributes = {"reduction": r.choice(["none", "sum", "mean"])}
    labels = numbers.integers(0, classes, (batch, *more)).astype(r.choice([np.int32, np.int64]))
    if r.random() < 0.5:
        attributes["ignore_index"] = r.choice([0, classes - 1, -1, classes + 3])
        labels[numbers.random(labels.shape) < 0.3] = attributes["ignore_index"]
        labels.flat[0] = classes // 2  # were all ignored, the mean would be no number
        if attributes["ignore_index"] == classes // 2:
            attributes["reduction"] = "sum"
    g = Graph(numbers)
    g.add("X", (batch, classes, *more), False)
    g.add_value("T", labels, False)
    if r.random() < 0.5:
        g.add_value("W", numbers.random(classes).astype(np.float32) + np.float32(0.5), r.random() < 0.5)
    rank = len(more) + 1 if attributes["reduction"] == "none" else 0
    shows = op.startswith("S") and r.random() < 0.5
    return g.model(op, ["Y", "P"][: 1 + shows], (rank, len(more) + 2), attributes, 13), g.values


def blocks_to_image(r, numbers):
    """For the standard's own evaluator: onnxruntime mixes up the blocks of volumes."""
    axes = r.choice([2, 2, 3])
    block, strides, dilations = ([r.choice(c) for _ in range(axes)] for c in ([1, 2, 3], [1, 1, 2, 3], [1, 1, 2]))
    image = [r.choice([5, 6, 8, 11]) for _ in range(axes)]
    pads = [r.choice([0, 0, 1, 2]) for _ in range(2 * axes)]
    padded = [image[k] + pads[k] + pads[axes + k] for k in range(axes)]
    count = [(padded[k] - dilations[k] * (block[k] - 1) - 1) // strides[k] + 1 for k in range(axes)]
    g = Graph(numbers)
    g.add("X", (r.choice([1, 2]), r.choice([1, 3]) * int(np.prod(block)), int(np.prod(count))), False)
    g.add_value("image", np.array(image, np.int64), True)
    g.add_value("block", np.array(block, np.int64), True)
    attributes = {"strides": strides, "dilations": dilations, "pads": pads}
    return g.model("Col2Im", ["Y"], (axes + 2,), attributes, 18), g.values


def rotary(r, numbers):
    batch, heads, length, half = r.choice([1, 2]), r.choice([1, 3]), r.choice([1, 5]), r.choice([1, 2, 8, 16])
    size = 2 * half + r.choice([0, 0, 2, 6])
    attributes = {"interleaved": r.choice([0, 1])}
    if size != 2 * half:
        attributes["rotary_embedding_dim"] = 2 * half
    flat, listed = r.random() < 0.5, r.random() < 0.5
    if flat:
        attributes["num_heads"] = heads
    g = Graph(numbers)
    g.add("X", (batch, length, heads * size) if flat else (batch, heads, length, size), False)
    angles = numbers.random((9, half) if listed else (batch, length, half)) * 6
    constant = r.random() < 0.5
    g.add_value("cos", np.cos(angles).astype(np.float32), constant)
    g.add_value("sin", np.sin(angles).astype(np.float32), constant)
    if listed:
        g.add_value("positions", numbers.integers(0, 9, (batch, length)), False)
    return g.model("RotaryEmbedding", ["Y"], (3 if flat else 4,), attributes, 23), g.values


def grid(r, numbers):
    """Of more than one pixel an axis: onnxruntime has a single one at the other end than the standard's function."""
    axes, batch = r.choice([2, 3]), r.choice([1, 3])
    g = Graph(numbers)
    g.add("theta", (batch, axes, axes + 1), False)
    g.add_value("size", np.array([batch, 1, *(r.choice([2, 3, 9]) for _ in range(axes))], np.int64), True)
    return g.model("AffineGrid", ["Y"], (axes + 2,), {"align_corners": r.choice([0, 1])}, 20), g.values


def cache_update(r, numbers):
    rank, batch = r.choice([3, 4]), r.choice([1, 3])
    shape = [batch, *(r.choice([1, 2, 5]) for _ in range(rank - 1))]
    axis = r.randrange(1, rank)
    shape[axis] = r.choice([4, 9])
    fresh = r.choice([1, 3])
    circular = r.random() < 0.5
    g = Graph(numbers)
    g.add("X", shape, False)
    g.add("U", [*shape[:axis], fresh, *shape[axis + 1 :]], False)
    if r.random() < 0.7:
        g.add_value("begin", numbers.integers(0, 20 if circular else shape[axis] - fresh + 1, batch), False)
    attributes = {"axis": r.choice([axis, axis - rank]), "mode": "circular" if circular else "linear"}
    return g.model("TensorScatter", ["Y"], (rank,), attributes, 24), g.values


def determinant(r, numbers):
    size, batch = r.choice([1, 2, 3, 4, 7]), [r.choice([1, 2, 3]) for _ in range(r.choice([0, 1, 2]))]
    g = Graph(numbers)
    value = numbers.standard_normal((*batch, size, size)).astype(np.float32)
    if size > 1 and r.random() < 0.3:
        value[..., 1, :] = value[..., 0, :]  # no inverse
    if size > 1 and r.random() < 0.3:
        value[..., 0, 0] = 0
    g.add_value("X", value, False)
    return g.model("Det", ["Y"], (len(batch),), {}, 22), g.values


# Each with the oracle that it is for.
DRAWS = [(loss, "onnxruntime"), (blocks_to_image, "reference"), (rotary, "onnxruntime"), (grid, "onnxruntime"),
         (cache_update, "onnxruntime"), (determinant, "onnxruntime")]
