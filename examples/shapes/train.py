#!/usr/bin/env python3
"""Trains three small networks on pictures that drawing.py draws, and writes them as ONNX with pictures to try them on.

    train.py [classify] [scenes]     writes classify.onnx, or detect.onnx and segment.onnx, beside this file; both without

    classify  image 1x3x48x48 -> three times (Conv 3x3, Relu, MaxPool 2) -> Conv, Relu -> greatest -> Gemm -> Softmax: 8 kinds
    detect    image 1x3x48x48 -> the same: features 6x6 -> Conv: of each cell the 4 kinds, place and size
              -> peaks among neighbours -> TopK: 8 scores, kinds and boxes
    segment   image 1x3x48x48 -> the same features, going up again to 24x24 beside those on the way -> Conv -> Resize 48x48
              -> ArgMax: of each pixel the kind, 0 where there is none

The latter two are trained together and share the features. Images are 0 to 1. The seed is fixed: a second run on the
same machine writes the same files. Needs numpy, onnx, onnxruntime and pillow; takes half an hour. That
is a short training: classify is right for 89 of 100, detect finds two shapes of three, segment has 96 % of the pixels.
"""
import importlib.util
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tests", "models", "own"))

from drawing import NAMES, draw_scene
from gradients import Adam, Var, backward, cross_entropy, softmax

SIDE, CELL, TOP = 48, 8, 8
KINDS, FEW = len(NAMES), 4  # of scenes only circles, squares, triangles and rings
WIDTHS = (3, 8, 16, 32)
RATE, EPSILON = 4e-3, np.float32(1e-4)
SEEN = {}  # of each normalised layer, means and variances


def load_digits_example():
    """../digits/train.py, which has convolutions and pools with their gradients."""
    spec = importlib.util.spec_from_file_location("digits_train", os.path.join(HERE, "..", "digits", "train.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


digits = load_digits_example()


# -------------------------------------------------------------------------------------------------------- layers as Vars

def conv(x, w, b):
    y, kept = digits.conv_forward(x.value, w.value, b.value)
    grads = {}

    def back(i):
        def one(g):
            if "all" not in grads:
                grads["all"] = digits.conv_backward(g, kept, w.value, x.value.shape[1])
            return grads["all"][i]
        return one
    return Var(y, [(x, back(0)), (w, back(1)), (b, back(2))])


def pool(x):
    y, chosen = digits.pool_forward(x.value)
    return Var(y, [(x, lambda g: digits.pool_backward(g, chosen))])


def normalise(x, gain, shift, seen):
    """Every channel of a batch with mean 0 and deviation 1, then gain and shift; `seen` follows mean and variance."""
    axes, column = (0, 2, 3), (1, -1, 1, 1)
    mean, var = x.value.mean(axes), x.value.var(axes)
    for k, v in (("mean", mean), ("var", var)):
        seen[k] = v if k not in seen else seen[k] * .95 + v * .05
    scale = 1 / np.sqrt(var + EPSILON)
    plain = (x.value - mean.reshape(column)) * scale.reshape(column)

    def back(g):
        g = g * (gain.value * scale).reshape(column)
        return g - g.mean(axes, keepdims=True) - plain * (g * plain).mean(axes, keepdims=True)
    return Var(plain * gain.value.reshape(column) + shift.value.reshape(column),
               [(x, back), (gain, lambda g: (g * plain).sum(axes)), (shift, lambda g: g.sum(axes))])


def layer(p, k, x):
    """Convolution, normalised, and Relu."""
    return normalise(conv(x, p[f"w{k}"], Var(p[f"b{k}"].value * 0)), p[f"g{k}"], p[f"b{k}"], SEEN.setdefault(k, {})).relu()


def start_layer(r, k, outputs, inputs):
    return {f"w{k}": drawn(r, outputs, inputs, 3, 3), f"g{k}": np.ones(outputs, np.float32), f"b{k}": np.zeros(outputs, np.float32)}


def folded(p):
    """The parameters with normalisation inside the convolutions."""
    p = dict(p)
    for k, seen in SEEN.items():
        scale = p.pop(f"g{k}") / np.sqrt(seen["var"] + EPSILON)
        p[f"w{k}"] = (p[f"w{k}"] * scale.reshape(-1, 1, 1, 1)).astype(np.float32)
        p[f"b{k}"] = (p[f"b{k}"] - seen["mean"] * scale).astype(np.float32)
    return p


def double(x):
    n, c, h, w = x.value.shape
    return Var(x.value.repeat(2, 2).repeat(2, 3), [(x, lambda g: g.reshape(n, c, h, 2, w, 2).sum((3, 5)))])


def squared(x, target, weight):
    """Sum of weight * (x - target) ** 2."""
    d = x.value - target
    return Var((weight * d * d).sum(), [(x, lambda g: g * 2 * weight * d)])


def surprise(x, target, weight):
    """Sum of weighted cross entropies of sigmoids."""
    p = 1 / (1 + np.exp(-x.value))
    value = -(weight * (target * np.log(p + 1e-9) + (1 - target) * np.log(1 - p + 1e-9))).sum()
    return Var(value, [(x, lambda g: g * weight * (p - target))])


def drawn(r, *shape):
    return (r.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)


def trunk(p, x):
    """What each level sees: 8 features of half the size, 16 of a quarter, 32 of an eighth, and those with more around."""
    levels = []
    for k in "123":
        x = pool(layer(p, k, x))
        levels.append(x)
    return [*levels, layer(p, "4", x)]


def start_trunk(r):
    p = start_layer(r, "4", WIDTHS[3], WIDTHS[3])
    for k in (1, 2, 3):
        p |= start_layer(r, str(k), WIDTHS[k], WIDTHS[k - 1])
    return p


def as_input(pictures):
    return (np.stack(pictures).transpose(0, 3, 1, 2) / 255).astype(np.float32)


def train(p, steps, batch, draw, loss_of):
    """Fresh pictures in every step; `loss_of` maps parameters and what `draw` drew to a Var."""
    r, adam = np.random.default_rng(1), Adam(p, RATE)
    for step in range(steps):
        held = {k: Var(v) for k, v in p.items()}
        loss = loss_of(held, [draw(r) for _ in range(batch)])
        backward(loss)
        adam.update({k: v.grad for k, v in held.items()}, 0.5 * (1 + np.cos(np.pi * step / steps)))
        if step % 100 == 0:
            print(f"step {step} of {steps}: loss {float(loss.value):.4f}", flush=True)


# -------------------------------------------------------------------------------------------------------------- classify

def draw_one(r):
    while True:
        picture, shapes, _ = draw_scene(r, SIDE, 1, 1, (9, 22))
        if shapes:
            return picture, shapes[0][0]


def classify_loss(p, drawings):
    features = trunk(p, Var(as_input([d[0] for d in drawings])))[3]
    most = features.reshape(len(drawings), WIDTHS[3], -1).max(2).reshape(len(drawings), WIDTHS[3])
    return cross_entropy(most @ p["w"] + p["b"], [d[1] for d in drawings])


def write_classify():
    r = np.random.default_rng(2)
    p = start_trunk(r) | {"w": drawn(r, KINDS, WIDTHS[3]).T.copy(), "b": np.zeros(KINDS, np.float32)}
    train(p, 1000, 24, draw_one, classify_loss)
    nodes = [*trunk_nodes(), node("GlobalMaxPool", ["r4"], "most"), node("Flatten", ["most"], "flat"),
             node("Gemm", ["flat", "w", "b"], "scores"), node("Softmax", ["scores"], "kinds")]
    save("classify", nodes, folded(p), SIDE, [("kinds", TensorProto.FLOAT, ["batch", KINDS])], "batch")
    session = session_of("classify")
    r = np.random.default_rng(3)
    tests = [draw_one(r) for _ in range(500)]
    right = np.mean([session.run(None, {"image": as_input([x])})[0].argmax() == kind for x, kind in tests])
    print(f"classify.onnx: {right:.3f} of 500 right")
    with open(os.path.join(HERE, "labels.txt"), "w", encoding="utf-8") as f:
        f.writelines(f"{name}\n" for name in NAMES)
    for kind, name in enumerate(NAMES):
        picture, _ = next(t for t in tests if t[1] == kind)
        save_picture(picture, name)


# ---------------------------------------------------------------------------------------------------------------- scenes

def draw_many(r):
    return draw_scene(r, SIDE, 1, 3, (7, 13), FEW)


def cells_of(shapes):
    """Of a 6x6 grid: 1 for the kind of the cell with a shape's middle, what weighs how much, and the box there: its
    middle from the cell's corner in cells, and its sides in fourfold cells."""
    n = SIDE // CELL
    kinds, boxes, weight = np.zeros((FEW, n, n), np.float32), np.zeros((4, n, n), np.float32), np.ones((n, n), np.float32)
    present = np.zeros((n, n), np.float32)
    for kind, (x0, y0, x1, y1) in shapes:
        x, y = (x0 + x1) / 2 / CELL, (y0 + y1) / 2 / CELL
        i, j = int(y), int(x)
        weight[max(i - 1, 0):i + 2, max(j - 1, 0):j + 2] *= .3
        kinds[kind, i, j], present[i, j] = 1, 1
        boxes[:, i, j] = x - j, y - i, (x1 - x0) / 4 / CELL, (y1 - y0) / 4 / CELL
    return kinds, np.where(present > 0, np.float32(3), weight), boxes, present


def scenes_loss(p, drawings):
    x = Var(as_input([d[0] for d in drawings]))
    first, second, _, deep = trunk(p, x)
    cells = conv(deep, p["wd"], p["bd"])
    kinds, weight, boxes, present = (np.stack(part) for part in zip(*(cells_of(d[1]) for d in drawings)))
    loss = surprise(cells[:, :FEW], kinds, np.broadcast_to(weight[:, None], kinds.shape))
    loss = loss + squared(cells[:, FEW:], boxes, 4 * present[:, None])
    up = layer(p, "5", double(deep) + conv(second, p["l2"], p["c2"]))
    up = layer(p, "6", double(up) + conv(first, p["l1"], p["c1"]))
    logits = conv(up, p["w7"], p["b7"])
    half = np.stack([d[2][::2, ::2] for d in drawings]).ravel()
    flat = logits.transpose(0, 2, 3, 1).reshape(-1, FEW + 1)
    pixels = cross_entropy(flat, half)
    return loss * np.float32(1 / len(drawings)) + pixels * 20


def start_scenes(r):
    p = start_trunk(r)
    for k, shape in {"5": (16, 32), "6": (16, 16)}.items():
        p |= start_layer(r, k, *shape)
    for w, b, *shape in (("wd", "bd", FEW + 4, 32), ("w7", "b7", FEW + 1, 16), ("l2", "c2", 32, 16), ("l1", "c1", 16, 8)):
        p |= {w: drawn(r, *shape, 3, 3), b: np.zeros(shape[0], np.float32)}
    p["bd"][:FEW] = -4
    return p


def write_scenes():
    p = start_scenes(np.random.default_rng(4))
    train(p, 1000, 8, draw_many, scenes_loss)
    p = folded(p)
    write_detect(p)
    write_segment(p)
    r = np.random.default_rng(5)
    tests = [draw_many(r) for _ in range(200)]
    print(f"detect.onnx: {detected(tests)}")
    print(f"segment.onnx: {segmented(tests):.3f} of the pixels right")
    for k in range(3):
        save_picture(tests[k][0], f"scene-{k}")


def write_detect(p):
    n = SIDE // CELL
    grid = np.mgrid[:n, :n][::-1].reshape(2, -1).astype(np.float32)  # x, y of each cell
    constants = {"grid": grid, "half": np.float32(CELL / 2 * 4), "cell": np.float32(CELL), "top": np.array([TOP]),
                 "cells_n": np.array(n * n), "flat": np.array([-1]), "parts": np.array([FEW, 2, 2])}
    constants["places"] = np.array([2, n * n])
    nodes = [*trunk_nodes(), node("Conv", ["r4", "wd", "bd"], "cells", pads=[1] * 4),
             node("Split", ["cells", "parts"], ["raw", "middle", "side"], axis=1),
             node("Sigmoid", ["raw"], "heat"), node("ReduceMax", ["heat"], "most", axes=[1]),
             node("MaxPool", ["most"], "around", kernel_shape=[3, 3], pads=[1] * 4),
             node("Equal", ["heat", "around"], "is_peak"), node("Cast", ["is_peak"], "peak", to=TensorProto.FLOAT),
             node("Mul", ["heat", "peak"], "peaks"), node("Reshape", ["peaks", "flat"], "all"),
             node("TopK", ["all", "top"], ["scores", "at"]), node("Div", ["at", "cells_n"], "kinds"),
             node("Mod", ["at", "cells_n"], "cell_at"),
             node("Reshape", ["middle", "places"], "offset"), node("Add", ["offset", "grid"], "in_cells"),
             node("Mul", ["in_cells", "cell"], "centre"), node("Reshape", ["side", "places"], "sides"),
             node("Mul", ["sides", "half"], "reach"), node("Sub", ["centre", "reach"], "low"), node("Add", ["centre", "reach"], "high"),
             node("Concat", ["low", "high"], "corners", axis=0), node("Gather", ["corners", "cell_at"], "chosen", axis=1),
             node("Transpose", ["chosen"], "boxes", perm=[1, 0])]
    used = {k: v for k, v in p.items() if k in ("w1", "b1", "w2", "b2", "w3", "b3", "w4", "b4", "wd", "bd")}
    save("detect", nodes, used | constants, SIDE, [("scores", TensorProto.FLOAT, [TOP]), ("kinds", TensorProto.INT64, [TOP]),
                                                    ("boxes", TensorProto.FLOAT, [TOP, 4])])


def write_segment(p):
    def up(source, beside, weights, k):
        return [node("Resize", [source, "", "twice"], f"up{k}", mode="nearest", coordinate_transformation_mode="asymmetric",
                     nearest_mode="floor"),
                node("Conv", [beside, *weights], f"side{k}", pads=[1] * 4), node("Add", [f"up{k}", f"side{k}"], f"both{k}"),
                *conv_nodes(f"both{k}", k)]
    nodes = [*trunk_nodes(), *up("r4", "m2", ["l2", "c2"], "5"), *up("r5", "m1", ["l1", "c1"], "6"),
             node("Conv", ["r6", "w7", "b7"], "logits", pads=[1] * 4),
             node("Resize", ["logits", "", "twice"], "full", mode="linear", coordinate_transformation_mode="asymmetric"),
             node("ArgMax", ["full"], "best", axis=1, keepdims=0), node("Cast", ["best"], "mask", to=TensorProto.UINT8)]
    used = {k: v for k, v in p.items() if k not in ("wd", "bd")}
    save("segment", nodes, used | {"twice": np.array([1, 1, 2, 2], np.float32)}, SIDE, [("mask", TensorProto.UINT8, [1, SIDE, SIDE])])


def overlap(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def detected(tests):
    """What part of the shapes is found with kind and half of the box, and how many boxes are of nothing."""
    session, found, shapes, wrong = session_of("detect"), 0, 0, 0
    for picture, there, _ in tests:
        scores, kinds, boxes = session.run(None, {"image": as_input([picture])})
        said = [(k, b) for s, k, b in zip(scores, kinds, boxes) if s > .4]
        hits = sum(any(k == kind and overlap(b, box) > .5 for k, b in said) for kind, box in there)
        found, shapes, wrong = found + hits, shapes + len(there), wrong + max(len(said) - hits, 0)
    return f"{found} of {shapes} shapes found, {wrong} boxes wrong"


def segmented(tests):
    session = session_of("segment")
    return np.mean([session.run(None, {"image": as_input([x])})[0][0] == mask for x, _, mask in tests])


# --------------------------------------------------------------------------------------------------------------- as ONNX

def node(op, inputs, outputs, **attributes):
    outputs = [outputs] if isinstance(outputs, str) else outputs
    return helper.make_node(op, inputs, outputs, outputs[0], **attributes)


def conv_nodes(x, k):
    return [node("Conv", [x, f"w{k}", f"b{k}"], f"a{k}", pads=[1] * 4), node("Relu", [f"a{k}"], f"r{k}")]


def trunk_nodes():
    nodes, x = [], "image"
    for k in "123":
        nodes += [*conv_nodes(x, k), node("MaxPool", [f"r{k}"], f"m{k}", kernel_shape=[2, 2], strides=[2, 2])]
        x = f"m{k}"
    return [*nodes, *conv_nodes(x, "4")]


def save(name, nodes, constants, size, outputs, batch=1):
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, size, size])
    graph = helper.make_graph(nodes, name, [image], [helper.make_tensor_value_info(*o) for o in outputs],
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="train.py", ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, os.path.join(HERE, f"{name}.onnx"))


def session_of(name):
    return onnxruntime.InferenceSession(os.path.join(HERE, f"{name}.onnx"), providers=["CPUExecutionProvider"])


def save_picture(picture, name):
    """Each pixel four: the reader scales it back."""
    os.makedirs(os.path.join(HERE, "pictures"), exist_ok=True)
    image = Image.fromarray(picture)
    image.resize((2 * image.width, 2 * image.height), Image.NEAREST).save(os.path.join(HERE, "pictures", f"{name}.png"))


def main():
    for name, write in (("classify", write_classify), ("scenes", write_scenes)):
        if not sys.argv[1:] or name in sys.argv[1:]:
            write()


if __name__ == "__main__":
    main()
