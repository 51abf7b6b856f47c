#!/usr/bin/env python3
"""nnc quantize: models of bytes made of float models and samples, held to onnx's checker and to onnxruntime.

    quantize.py [NAME ...]
"""
import contextlib
import io
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "commands"))

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization import calibrate
from onnxruntime.quantization.quant_utils import compute_scale_zp
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from place import F32, MODEL, NNC, ROOT, TESTS, Wrong, expect, main, test

TESTS.clear()


def digits():
    """Pictures that the model was trained on, and held-out ones with what they are (examples/digits/train.py)."""
    data = load_digits()
    x = (data.images[:, None] / 16).astype(np.float32)
    train, held = train_test_split(np.arange(len(x)), test_size=360, random_state=1, stratify=data.target)
    return x[train], x[held], data.target[held]


def session(model):
    """Without VNNI onnxruntime adds products of uint8 and int8 in int16, which saturates; asked for precision it does not."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(model, options)


def answers(model, x):
    """What onnxruntime makes of each row."""
    s = session(model)
    return np.concatenate([s.run(None, {s.get_inputs()[0].name: x[i:i + 1]})[0] for i in range(len(x))])


def load(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    return model


def opsets(model):
    return [(o.domain, o.version) for o in model.opset_import]


def count(model, op):
    return sum(n.op_type == op for n in model.graph.node)


@test
def digits_as_right_as_in_float(place):
    """onnx's checker, onnxruntime, nnc itself, and how often each is right on held-out pictures."""
    x, held, y = digits()
    place.save("samples/x.npy", x[:200])
    right = (answers(MODEL, held).argmax(1) == y).mean()
    for options in ([], ["--activations=int8"], ["--symmetric"], ["--activations=int8", "--symmetric"]):
        out, _ = place.nnc(0, "quantize", MODEL, "-o", "q.onnx", "--calibrate", "samples", *options)
        expect(out, r"200 samples, \d+ tensors and \d+ nodes quantised")
        model = load(place.path("q.onnx"))
        if opsets(model) != opsets(onnx.load(MODEL)) or not count(model, "QuantizeLinear"):
            raise Wrong(f"{options}: opsets {model.opset_import}")
        seen = answers(place.path("q.onnx"), held)
        if (seen.argmax(1) == y).mean() < right - 0.005:
            raise Wrong(f"{options}: right {(seen.argmax(1) == y).mean():.4f}, in float {right:.4f}")
        place.save("case/input_0.npy", held[:1])
        place.save("case/output_0.npy", seen[:1])
        step = max(numpy_helper.to_array(t) for t in model.graph.initializer if t.name.startswith("scores") and "scale" in t.name)
        place.nnc(0, "verify", "q.onnx", "--data", "case", f"--atol={step * 1.01}")
        expect(place.nnc(0, "inspect", "q.onnx")[0], "2 IntegerConv", "1 IntegerMatMul")


@test
def the_same_bytes_by_any_number_of_processes(place):
    x = digits()[0]
    for k in range(10):
        place.save(f"samples/{k}.npy", x[20 * k:20 * k + 20])
    written = set()
    for threads in (1, 2, 3):
        place.nnc(0, "quantize", MODEL, "-o", "q.onnx", "--calibrate", "samples", f"--threads={threads}")
        with open(place.path("q.onnx"), "rb") as f:
            written.add(f.read())
    if len(written) != 1:
        raise Wrong("the number of processes changes the model")


@test
def what_is_not_quantised_stays_as_it_is(place):
    model = onnx.load(MODEL)
    model.doc_string, model.producer_name, model.model_version = "what it is for", "its maker", 7
    helper.set_model_props(model, {"author": "somebody", "labels": "0,1,2"})
    model.graph.doc_string = "layers"
    model.graph.node[0].doc_string = "the first"
    onnx.save(model, place.path("m.onnx"))
    place.save("samples/x.npy", digits()[0][:20])
    place.nnc(0, "quantize", "m.onnx", "-o", "q.onnx", "--calibrate", "samples", "--keep=Gemm")
    q = load(place.path("q.onnx"))
    for part in ("doc_string", "producer_name", "model_version", "metadata_props", "ir_version"):
        if getattr(q, part) != getattr(model, part):
            raise Wrong(f"{part}: {getattr(q, part)}")
    if opsets(q) != opsets(model) or q.graph.doc_string != "layers" or q.graph.input != model.graph.input or q.graph.output != model.graph.output:
        raise Wrong("the graph's edges changed")
    kept = {n.name: n for n in q.graph.node}
    for n in model.graph.node:
        if kept[n.name].attribute != n.attribute or kept[n.name].doc_string != n.doc_string:
            raise Wrong(f"node {n.name} changed")
        if n.op_type == "Gemm" and list(kept[n.name].input)[1:] != list(n.input)[1:]:
            raise Wrong("--keep=Gemm quantised its weights")
    expect(place.nnc(2, "quantize", "m.onnx", "-o", "q2.onnx", "--calibrate", "samples", "--keep=Gemn")[1], '"Gemn"')


@test
def pictures_and_cases_are_samples(place):
    x = digits()[0]
    os.makedirs(place.path("pictures"))
    for k in range(8):
        Image.fromarray(np.rint(x[k, 0] * 255).astype(np.uint8)).save(place.path(f"pictures/{k}.png"))
        place.save(f"cases/{k}/input_0.npy", x[k:k + 1])
    for folder in ("pictures", "cases"):
        expect(place.nnc(0, "quantize", MODEL, "-o", "q.onnx", "--calibrate", folder)[0], "^8 samples")
        load(place.path("q.onnx"))


@test
def samples_as_a_camera_gives_them(place):
    """--input: the ranges are those of the floats that the model gets of pictures and of arrays of bytes."""
    rng = np.random.default_rng(6)
    pictures = rng.integers(0, 200, (6, 12, 12, 3)).astype(np.uint8)
    pictures[..., 0] //= 2
    mean, std = np.array([100, 40, 7]), np.array([50, 60, 20])
    weights = rng.normal(0, 0.3, (2, 3, 3, 3)).astype(np.float32)
    graph = helper.make_graph([helper.make_node("Conv", ["x", "w"], ["y"])], "m", [helper.make_tensor_value_info("x", F32, [1, 3, 12, 12])],
                              [helper.make_tensor_value_info("y", F32, [1, 2, 10, 10])], [numpy_helper.from_array(weights, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("m.onnx"))
    os.makedirs(place.path("png"))
    for k, picture in enumerate(pictures):
        Image.fromarray(picture).save(place.path(f"png/{k}.png"))
    place.save("arrays/x.npy", pictures[..., ::-1])
    words = "x=uint8,nhwc,bgr,mean={}:{}:{},std={}:{}:{}".format(*mean, *std)
    low, high = (f(((pictures - mean) / std).astype(np.float32)) for f in (np.min, np.max))
    zero, scale = compute_scale_zp(np.array(low), np.array(high), np.array(0, np.uint8), np.array(255, np.uint8), False)
    written = set()
    for folder in ("png", "arrays"):
        place.nnc(0, "quantize", "m.onnx", "-o", "q.onnx", "--calibrate", folder, "--method=minmax", "--input", words)
        model = load(place.path("q.onnx"))
        seen = scales(model)["x"]
        if abs(seen[0] - scale) > 1e-5 * scale or seen[1] != zero or model.graph.input[0].type.tensor_type.elem_type != F32:
            raise Wrong(f"{folder}: {seen}, expected {scale}, {zero}")
        written.add(model.SerializeToString())
    if len(written) != 1:
        raise Wrong("pictures and their bytes give two models")
    expect(place.nnc(2, "quantize", "m.onnx", "-o", "r.onnx", "--calibrate", "png", "--input", "z=uint8")[1], "z")


@test
def how_good_models_are(place):
    """verify --metric of the float and the quantised model, against numpy on what onnxruntime answers."""
    x, held, y = digits()
    place.save("samples/x.npy", x[:200])
    place.nnc(0, "quantize", MODEL, "-o", "q.onnx", "--calibrate", "samples")
    ours, theirs = answers(MODEL, held), answers(place.path("q.onnx"), held)

    def figures(metric, folder):
        out = place.nnc(0, "verify", MODEL, "q.onnx", f"--metric={metric}", "--data", folder)[0]
        return [float(v) for v in re.findall(rf"360 samples, {metric} ([0-9.]+)", out.replace("infinite", "1000000000"))]

    place.save("held/input_0.npy", held)
    seen = figures("psnr", "held")
    psnr = 10 * np.log10(np.abs(ours).max() ** 2 / ((ours - theirs) ** 2).mean())
    # One step of the output, where a sum falls between two.
    if seen[0] != 1e9 or abs(seen[1] - psnr) > 0.1:
        raise Wrong(f"psnr {seen}, expected {psnr}")
    cosine = ((ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)).mean()
    if np.abs(np.array(figures("cosine", "held")) - (1, cosine)).max() > 1e-4:
        raise Wrong(f"cosine is not {cosine}")
    for truth in (y, np.eye(10, dtype=np.float32)[y]):
        place.save("held/output_0.npy", truth)
        seen = figures("top1", "held")
        if np.abs(np.array(seen) - [(v.argmax(1) == y).mean() for v in (ours, theirs)]).max() > 1 / 360:
            raise Wrong(f"top1 {seen}")
    place.save("held/output_0.npy", y[:9])
    expect(place.nnc(1, "verify", MODEL, "--metric=top1", "--data", "held")[1], "9 rows")


@test
def a_table_of_tensors(place):
    """Ranges and ratios of every tensor against onnxruntime's results in both models."""
    x = digits()[0][:20]
    place.save("samples/x.npy", x)
    out = place.nnc(0, "quantize", MODEL, "-o", "q.onnx", "--calibrate", "samples", "--method=minmax", "--table")[0]
    rows = [line.split() for line in out.split("the worst")[0].splitlines() if len(line.split()) == 7]
    names = [row[6] for row in rows if row[6] != "tensor"]
    if names != ["image", "r1", "m1", "r2", "m2", "flat", "scores"] or out.split("the worst")[1].count("\n") != 8:
        raise Wrong(f"tensors {names}")
    models = []
    for path in (MODEL, place.path("q.onnx")):
        model = onnx.load(path)
        del model.graph.output[:]
        model.graph.output.extend(helper.make_empty_tensor_value_info(n if path == MODEL or n == "scores" else f"{n}_dequantized")
                                  for n in names if n != "image")
        s = session(model.SerializeToString())
        models.append([np.stack(v) for v in zip(*(s.run(None, {"image": one[None]}) for one in x))])
    for row, a, b in zip(rows[1:], *models):
        db = 10 * np.log10((a ** 2).sum() / ((a - b) ** 2).sum())
        if abs(float(row[0]) - db) > 0.3 or abs(float(row[2]) - a.max()) > 1e-3 * a.max():
            raise Wrong(f"{row}: {db:.1f} dB, greatest {a.max()}")
    expect(place.nnc(2, "quantize", MODEL, "--merge", "x", "-o", "q.onnx", "--table")[1], "--table")


@test
def biases_make_up_for_what_is_lost_in_the_mean(place):
    """Over the samples the first convolution, which has no bias, is nowhere off in the mean; the scores are nearer on others."""
    x, held, _ = digits()
    place.save("samples/x.npy", x[:100])
    model = onnx.load(MODEL)
    conv = model.graph.node[0]
    del conv.input[2:]
    onnx.save(model, place.path("m.onnx"))
    off, ratios = [], []
    for options in ([], ["--bias-correction"]):
        place.nnc(0, "quantize", "m.onnx", "-o", "q.onnx", "--calibrate", "samples", "--method=minmax", *options)
        q = load(place.path("q.onnx"))
        means = []
        for made in (onnx.load(place.path("m.onnx")), q):
            made.graph.output.append(helper.make_empty_tensor_value_info(conv.output[0]))
            s = session(made.SerializeToString())
            means.append(np.mean([s.run([conv.output[0]], {"image": one[None]})[0][0] for one in x[:100]], (0, 2, 3), np.float64))
        off.append(np.abs(means[0] - means[1]).max())
        a, b = answers(place.path("m.onnx"), held), answers(place.path("q.onnx"), held)
        ratios.append(10 * np.log10((a ** 2).sum() / ((a - b) ** 2).sum()))
    step = max(numpy_helper.to_array(t).max() for t in q.graph.initializer if t.name.startswith(conv.output[0]) and t.name.endswith("shifted_scale"))
    if off[1] > step or off[0] < 4 * step or ratios[1] < ratios[0] + 1:
        raise Wrong(f"off by {off}, a step is {step}; {ratios} dB")
    expect(place.nnc(2, "quantize", MODEL, "--merge", "x", "-o", "q.onnx", "--bias-correction")[1], "--bias-correction")


@test
def what_loses_most_stays_in_float(place):
    """A weight whose one scale for all of a row of channels ruins it is left in float, and no more than needed."""
    rng = np.random.default_rng(5)
    x = rng.normal(0, 1, (40, 2, 6, 6)).astype(np.float32)
    place.save("samples/x.npy", x)
    # Of the second convolution's inputs, one is 1,000 times as large as the others, which its weights make up for.
    gain = np.array([1000, 1, 1, 1], np.float32)
    constants = {"a": rng.normal(0, 0.4, (4, 2, 3, 3)) * gain[:, None, None, None], "b": rng.normal(0, 0.4, (4, 4, 3, 3)) / gain[:, None, None],
                 "c": rng.normal(0, 0.4, (3, 4, 1, 1)), "d": rng.normal(0, 0.4, (3, 3, 1, 1))}
    nodes = [helper.make_node("Conv", [f, w], [f + w], name=w) for f, w in (("x", "a"), ("xa", "b"), ("xab", "c"), ("xabc", "d"))]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "m", [info("x", F32, [1, 2, 6, 6])], [info("xabcd", F32, [1, 3, 2, 2])],
                              [numpy_helper.from_array(c.astype(np.float32), n) for n, c in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, place.path("m.onnx"))

    def ratio():
        a, b = answers(place.path("m.onnx"), x[:32]), answers(place.path("q.onnx"), x[:32])
        return 10 * np.log10((a ** 2).sum() / ((a - b) ** 2).sum())

    place.nnc(0, "quantize", "m.onnx", "-o", "q.onnx", "--calibrate", "samples", "--method=minmax")
    if ratio() > 20:
        raise Wrong(f"{ratio():.1f} dB without the search")
    out = place.nnc(0, "quantize", "m.onnx", "-o", "q.onnx", "--calibrate", "samples", "--method=minmax", "--min-snr=30")[0]
    expect(out, r"[1-9] nodes quantised, \d results left in float")
    if ratio() < 29.7:
        raise Wrong(f"{ratio():.1f} dB with the search")
    load(place.path("q.onnx"))
    expect(place.nnc(2, "quantize", "m.onnx", "--merge", "x", "-o", "q.onnx", "--min-snr=3")[1], "--min-snr")

    # As the float model answers, or as a file says; which of the 12 outputs is greatest is what bytes get wrong first.
    drop = ("--metric=top1", "--max-drop=0.05")
    greatest = answers(place.path("m.onnx"), x).reshape(40, -1).argmax(1)
    for labels in (None, np.where(np.arange(40) < 30, greatest, (greatest + 1) % 12)):
        if labels is not None:
            place.save("samples/output_0.npy", labels)
        out = place.nnc(0, "quantize", "m.onnx", "-o", "q.onnx", "--calibrate", "samples", "--method=minmax", *drop)[0]
        expect(out, r"[1-9] nodes quantised, \d results left in float")
        labels = greatest if labels is None else labels
        right = [(answers(place.path(m), x).reshape(40, -1).argmax(1) == labels).mean() for m in ("m.onnx", "q.onnx")]
        if right[1] < right[0] - 0.05 - 1 / 40:
            raise Wrong(f"right {right}")
    place.save("samples/output_0.npy", greatest[:7])
    os.remove(place.path("q.onnx"))
    expect(place.nnc(1, "quantize", "m.onnx", "-o", "q.onnx", "--calibrate", "samples", *drop)[1], "output_0.npy has 7 rows")
    if os.path.exists(place.path("q.onnx")):
        raise Wrong("a model was written")
    expect(place.nnc(2, "quantize", "m.onnx", "-o", "q.onnx", "--calibrate", "samples", "--max-drop=0.1")[1], "--metric=top1")


def old_model(opset, unknown=False):
    """With what opset 13 says differently."""
    rng = np.random.default_rng(3)
    constants = {"w": rng.normal(0, 0.4, (6, 2, 3, 3)) * 10.0 ** np.arange(-3, 3)[:, None, None, None], "b": rng.normal(0, 1, 6),
                 "fw": rng.normal(0, 0.3, (16, 5)), "fb": rng.normal(0, 1, 5)}
    node = helper.make_node
    nodes = [node("Pad", ["x"], ["p"], pads=[0, 0, 1, 1, 0, 0, 1, 1], value=0.25), node("Conv", ["p", "w", "b"], ["c"]),
             node("Clip", ["c"], ["k"], min=-1.0, max=3.0), node("Clip", ["k"], ["k2"], max=2.5),
             node("Split", ["k2"], ["s", "t"], axis=1, split=[2, 4]), node("Unsqueeze", ["t"], ["u"], axes=[0]),
             node("Squeeze", ["u"], ["q"], axes=[0]), node("Slice", ["q"], ["l"], starts=[1, 0], ends=[5, 9], axes=[2, 3]),
             node("Dropout", ["l"], ["d"], ratio=0.4), node("ReduceSum", ["d"], ["r"], axes=[3], keepdims=0),
             node("Flatten", ["r"], ["f"]), node("Relu", ["f"], ["g"]), node("Gemm", ["g", "fw", "fb"], ["h"])]
    if unknown:
        nodes += [node("Upsample" if opset < 10 else "Softmax", ["s", "scales"] if opset < 10 else ["s"], ["z"])]
        constants["scales"] = np.array([1, 1, 2, 2])
    else:
        nodes += [node("Softmax", ["h"], ["y"]), node("ReduceSum", ["s"], ["z"])]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "old", [info("x", F32, [1, 2, 6, 6])] + [info(n, F32, list(c.shape)) for n, c in constants.items()],
                              [info("h" if unknown else "y", F32, [1, 5]), info("z", F32, ["a", "b", "c", "d"])],
                              [numpy_helper.from_array(c.astype(np.float32), n) for n, c in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=3)


@test
def opsets_before_scales_for_channels(place):
    """Models of opset 7 and 9 are raised to 13 where it is known how; else each weight has one scale, or there is no model."""
    x = np.random.default_rng(4).normal(0, 1, (40, 2, 6, 6)).astype(np.float32)
    place.save("samples/x.npy", x)
    for opset in (7, 9):
        model = old_model(opset)
        onnx.save(model, place.path("m.onnx"))
        expect(place.nnc(0, "quantize", "m.onnx", "-o", "q.onnx", "--calibrate", "samples", "--keep=Softmax,ReduceSum")[1],
               f"opset {opset} is raised to 13")
        q = load(place.path("q.onnx"))
        if opsets(q) != [("", 13)]:
            raise Wrong(f"opset {opsets(q)}")
        floats, bytes_ = session(model.SerializeToString()), session(q.SerializeToString())
        for k in range(2):
            a, b = (np.stack([s.run(None, {"x": one[None]})[k] for one in x]) for s in (floats, bytes_))
            if ((a - b) ** 2).sum() > 1e-2 * (a ** 2).sum():
                raise Wrong(f"opset {opset}: output {k} differs")
    for opset, status, words in ((9, 3, "opset 9: .*Upsample"), (10, 0, "opset 10: .*Softmax: each weight has one")):
        model = old_model(9, True) if opset == 9 else onnx.load(MODEL)
        if opset == 10:
            model.opset_import[0].version = opset
            model.graph.node.append(helper.make_node("Softmax", [model.graph.node[0].output[0]], ["soft"]))
            model.graph.output.append(helper.make_tensor_value_info("soft", F32, ["a", "b", "c", "d"]))
            place.save("samples/x.npy", digits()[0][:20])
        onnx.save(model, place.path("m.onnx"))
        if os.path.exists(place.path("q.onnx")):
            os.remove(place.path("q.onnx"))
        expect(place.nnc(status, "quantize", "m.onnx", "-o", "q.onnx", "--calibrate", "samples")[1], words)
        if os.path.exists(place.path("q.onnx")) != (status == 0):
            raise Wrong(f"opset {opset} wrote or did not write")
    if opsets(load(place.path("q.onnx"))) != [("", 10)]:
        raise Wrong("opset 10 did not stay")


@test
def data_that_are_none(place):
    """One clear line, and nothing written."""
    x = digits()[0][:4]
    os.makedirs(place.path("empty"))
    place.save("nan/a.npy", x)
    place.save("nan/b.npy", np.where(np.arange(64).reshape(1, 1, 8, 8) == 9, np.nan, x[:1]).astype(np.float32))
    place.save("size/a.npy", x[:, :, :5])
    place.save("double/a.npy", x.astype(np.float64) + 1e-12)
    os.makedirs(place.path("cut"))
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(place.path("cut/a.png"))
    with open(place.path("cut/a.png"), "r+b") as f:
        f.truncate(60)
    with open(place.save("short/a.npy", x), "r+b") as f:
        f.truncate(300)
    os.makedirs(place.path("jpeg"))
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(place.path("jpeg/a.jpg"))
    with open(place.path("jpeg/a.jpg"), "r+b") as f:
        f.truncate(200)
    with open(place.save("hollow/a.npy", x), "wb"):
        pass
    for folder, words in (("empty", "empty: no samples"), ("none", "none"), ("nan", r"nan/b\.npy: element \[0, 0, 1, 1\] is nan"),
                          ("size", r"size/a\.npy.*\[1, 1, 5, 8\].*\[1, 1, 8, 8\]"), ("cut", r"cut/a\.png"), ("short", r"short/a\.npy"),
                          ("jpeg", r"jpeg/a\.jpg"),
                          ("hollow", r"hollow/a\.npy: .*the file is empty"),
                          ("double", r"double/a\.npy")):
        for threads in (1, 2):
            status = {"none": 4}.get(folder, 1)
            err = place.nnc(status, "quantize", MODEL, "-o", "q.onnx", "--calibrate", folder, f"--threads={threads}")[1]
            expect(err, words)
            if err.count("\n") != 1 or os.path.exists(place.path("q.onnx")):
                raise Wrong(f"{folder}: {err!r}")
    place.nnc(2, "quantize", MODEL, "--calibrate", "empty")
    place.nnc(2, "quantize", MODEL, "-o", "q.onnx")


FARM = os.path.join(ROOT, "examples", "farm")
SBATCH = """#!/bin/sh
# In the place of Slurm's: does what --wrap says, for each number of --array, before it returns; not where a job that it waits for
# failed.
for o; do case $o in
--array=*) last=${o##*-} ;;
--wrap=*) job=${o#--wrap=} ;;
--output=*) log=${o#--output=} ;;
--dependency=*) [ -e "${o##*:}.ended" ] || last=-1 ;;
esac; done
echo $$
for k in $(seq 0 ${last-0}); do
	SLURM_ARRAY_TASK_ID=$k sh -c "$job" >"${log%%%*}$$.$k" 2>&1 || exit 0
done
[ "${last-0}" = -1 ] || touch $$.ended
"""


def farm(place, *command, status=0):
    """Jobs of examples/farm; under Slurm where it answers, else under what calls them in its order. Its messages."""
    own = os.path.join(place.folder, "bin")
    if not os.path.exists(own) and subprocess.run("sinfo", shell=True, capture_output=True, check=False).returncode:
        os.mkdir(own)
        with open(os.path.join(own, "sbatch"), "w", encoding="utf-8") as f:
            f.write(SBATCH)
        os.chmod(f.name, 0o755)
    p = subprocess.run(command, cwd=place.folder, env={**place.environment(), "NNC": NNC, "PATH": f"{own}:{os.environ['PATH']}"},
                       capture_output=True, text=True, timeout=600, check=False)
    if p.returncode != status:
        raise Wrong(f"{' '.join(command)}: status {p.returncode}, not {status}: {p.stderr.strip()[-300:]}")
    return p.stderr


@test
def four_jobs_and_a_merge(place):
    """The statistics and the model are byte for byte those of one run, with ranges alone and with histograms."""
    x = digits()[0][:200]
    x[::37, :, 3, 4] *= 9
    place.save("all/x.npy", x)
    for k in range(4):
        place.save(f"parts/{k}/x.npy", x[k * 40:(k + 1) * 40 if k < 3 else 200])

    def same(a, b):
        """Byte for byte."""
        with open(place.path(a), "rb") as f, open(place.path(b), "rb") as g:
            if f.read() != g.read():
                raise Wrong(f"{a} and {b} differ")

    def jobs(name, *options):
        for k in range(4):
            place.nnc(0, "quantize", MODEL, "--calibrate", f"parts/{k}", "--statistics", f"{name}{k}", *options)
        place.nnc(0, "quantize", MODEL, "--statistics", name, "--merge", *(f"{name}{k}" for k in (2, 0, 3, 1)))

    place.nnc(0, "quantize", MODEL, "-o", "one.onnx", "--calibrate", "all", "--statistics", "one", "--method=minmax")
    jobs("ranges")
    same("one", "ranges")
    place.nnc(0, "quantize", MODEL, "-o", "merged.onnx", "--merge", "ranges", "--method=minmax")
    same("one.onnx", "merged.onnx")
    place.nnc(0, "quantize", MODEL, "-o", "one.onnx", "--calibrate", "all", "--statistics", "one")
    farm(place, "make", "-s", "-j2", "-f", os.path.join(FARM, "farm.mk"), f"MODEL={MODEL}", "SAMPLES=parts", "OUT=merged.onnx")
    same("one.onnx", "merged.onnx")
    counts = [f"merged.onnx.parts/counts.{k}" for k in (2, 0, 3, 1)]
    place.nnc(0, "quantize", MODEL, "--statistics", "bins", "--merge", *counts)
    same("one", "bins")
    farm(place, os.path.join(FARM, "slurm.sh"), MODEL, "parts", "merged.onnx")
    same("one.onnx", "merged.onnx")
    place.save("parts/4/x.npy", x[:1, :, :5])
    if "parts/4/x.npy" not in farm(place, os.path.join(FARM, "slurm.sh"), MODEL, "parts", "merged.onnx", status=1):
        raise Wrong("a job that failed is not named")

    expect(place.nnc(2, "quantize", MODEL, "-o", "q.onnx", "--merge", "ranges")[1], "--ranges")
    place.nnc(0, "quantize", MODEL, "--calibrate", "parts/0", "--statistics", "other", "--ranges=ranges0")
    expect(place.nnc(1, "quantize", MODEL, "-o", "q.onnx", "--merge", "bins", "other")[1], "another range")
    expect(place.nnc(1, "quantize", MODEL, "-o", "q.onnx", "--merge", "bins", "ranges")[1], "ranges: ")
    with open(place.path("bins"), "rb") as f:
        whole = f.read()
    for k, cut in enumerate((b"", whole[:20], whole[:-9], whole.replace(b"tensor ", b"tensor -", 1), whole.replace(b":", b" ", 1),
                             whole.replace(b"0x1", b"nan", 1), whole.replace(b"tensors 7", b"tensors 8"))):
        with open(place.path("cut"), "wb") as f:
            f.write(cut)
        err = place.nnc(1, "quantize", MODEL, "-o", "q.onnx", "--merge", "cut", "--method=mse")[1]
        if err.count("\n") != 1 or "cut: " not in err or os.path.exists(place.path("q.onnx")):
            raise Wrong(f"damage {k}: {err!r}")


def scales(model):
    """Scale and zero point of every tensor that becomes bytes, by its name in the float model."""
    value = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    return {n.name[:-len("_QuantizeLinear")]: (float(value[n.input[1]]), int(value[n.input[2]])) for n in model.graph.node
            if n.op_type == "QuantizeLinear"}


class Rows(calibrate.CalibrationDataReader):
    def __init__(self, x):
        self.rows = iter([{"image": x[i:i + 1]} for i in range(len(x))])

    def get_next(self):
        return next(self.rows, None)


def their_ranges(place, x, method, **options):
    """What onnxruntime's calibrator makes of the same samples."""
    with contextlib.redirect_stdout(io.StringIO()):
        c = calibrate.create_calibrator(MODEL, ["Conv", "Gemm", "MaxPool", "Relu", "Flatten"], place.path("augmented.onnx"), method,
                                        extra_options=options)
        c.collect_data(Rows(x))
        found = {name: data.range_value for name, data in c.compute_data().items()}
    return found, c.collector.histogram_dict if hasattr(c, "collector") else None


def divergence(hist, half):
    """onnxruntime's divergence of the middle 2 half + 1 parts, in double precision."""
    middle = len(hist) // 2
    start, end = middle - half, min(middle + half + 1, len(hist))
    p = hist[start:end].astype(np.float64)
    step = len(p) // 128
    sums = [hist[start + k * step:start + (k + 1) * step if k < 127 else end].sum() for k in range(128)]
    p[0] += hist[:start].sum()
    p[-1] += hist[end:].sum()
    q = np.zeros(len(p))
    for k in range(128):
        filled = np.count_nonzero(p[k * step:(k + 1) * step])
        if filled:
            q[k * step:(k + 1) * step] = int(sums[k] / filled)
    for v in (p, q):
        zeros = v == 0
        v += np.where(zeros, 1e-4, -1e-4 * zeros.sum() / max(1, (~zeros).sum()))
        v /= v.sum()
    return (p * np.log(p / q)).sum()


def equally_good(seen, histogram):
    """Ranges of divergences that differ by less than their rounding: onnxruntime sums in single precision."""
    hist, edges = histogram[:2]
    best = min(divergence(hist, half) for half in range(64, len(hist) // 2 + 1))
    ours = [divergence(hist, half) for half in range(64, len(hist) // 2 + 1)
            if abs(edges[min(len(hist) // 2 + half + 1, len(hist))] - seen) < 1e-4 * seen]
    return bool(ours) and ours[0] <= best * (1 + 1e-5)


@test
def the_ranges_of_onnxruntime(place):
    """Each calibrator on the same samples; and once more on what is skewed, where methods differ more."""
    x = digits()[0][:200]
    # A few pixels far out, so that methods have something to cut off.
    skewed = x.copy()
    skewed[::37, :, 3, 4] *= 9
    place.save("plain/x.npy", x)
    place.save("skewed/x.npy", skewed)
    method = calibrate.CalibrationMethod
    for folder, data in (("plain", x), ("skewed", skewed)):
        for ours, theirs, options in (
                (["--method=minmax"], method.MinMax, {}),
                (["--method=percentile"], method.Percentile, {"num_bins": 2048, "percentile": 99.999, "symmetric": False}),
                (["--method=percentile", "--percentile=99"], method.Percentile, {"num_bins": 2048, "percentile": 99, "symmetric": False}),
                (["--method=percentile", "--percentile=99.9", "--symmetric"], method.Percentile,
                 {"num_bins": 2048, "percentile": 99.9, "symmetric": True}),
                (["--method=entropy", "--bins=512"], method.Entropy, {"num_bins": 512, "symmetric": False})):
            symmetric = "--symmetric" in ours
            place.nnc(0, "quantize", MODEL, "-o", "q.onnx", "--calibrate", folder, *ours)
            wanted, histograms = their_ranges(place, data, theirs, **options)
            for name, (scale, zero) in scales(load(place.path("q.onnx"))).items():
                if name.startswith(("m1", "m2", "flat")):       # moved bytes have the range of what they come from
                    continue
                low, high = (np.array(np.ravel(v)[0], np.float32) for v in wanted[name])
                z, s = (float(v) for v in compute_scale_zp(low, high, np.array(0, np.uint8), np.array(255, np.uint8), symmetric))
                if (abs(scale - s) > 1e-5 * s or zero != z) and not (
                        "entropy" in ours[0] and equally_good(scale * (255 - zero), histograms[name])):
                    raise Wrong(f"{folder} {ours}: {name} has scale {scale}, zero {zero}; onnxruntime's are {s}, {z}")


if __name__ == "__main__":
    main()
