#!/usr/bin/env python3
"""--input and --output: what comes from the caller is converted in the program, what goes to him too. The oracle converts with numpy
and runs the model as it is, in onnxruntime; quantised models must also give the very bytes that nnc gives for what numpy converted.

    edge_words.py [NAME ...]
"""
import os
import re

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from place import DIGITS, F32, Wrong, expect, main, picture, test

# Beside the plain C, what has fewer and more instructions for bytes.
TARGETS = ("generic", "x86-64-v3", "cortex-m4")


# ------------------------------------------------------------------------------------------------------------- the oracle

def resized(x, height, width, rows):
    """Bilinear with half-pixel centres, of axes rows and rows + 1, in double precision."""
    for axis, n in ((rows, height), (rows + 1, width)):
        at = np.clip((np.arange(n) + 0.5) * x.shape[axis] / n - 0.5, 0, x.shape[axis] - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, x.shape[axis] - 1)
        part = (at - low).reshape([-1 if k == axis else 1 for k in range(x.ndim)])
        x = x.take(low, axis) * (1 - part) + x.take(high, axis) * part
    return x


def numbers(words, name, default):
    for w in words:
        if w.startswith(name + "="):
            return np.array([eval(v, {}) for v in w[len(name) + 1:].split(":")], np.float32)  # pylint: disable=eval-used
    return np.float32([default])


def converted(x, words, shape):
    """What the model, with an input of that shape, NCHW or NHWC, must get for x that comes as the words say."""
    last = shape[1] > 4 and shape[-1] <= 4                  # where the model has its channels
    comes_last = ("nhwc" in words) or (last and "nchw" not in words)
    x = x.astype(np.float64)
    if not comes_last:
        x = x.transpose(0, 2, 3, 1)
    if any(w.startswith("size=") for w in words):
        x = resized(x, *((shape[1], shape[2]) if last else (shape[2], shape[3])), 1).astype(np.float32)
    if "bgr" in words:
        x = x[..., ::-1]
    scale = numbers(words, "scale", 1) / numbers(words, "std", 1).astype(np.float64)
    x = (x.astype(np.float32) - numbers(words, "mean", 0)) * scale.astype(np.float32)
    return np.ascontiguousarray(x if last else x.transpose(0, 3, 1, 2))


def coming(words, shape, rng):
    """Random elements as the words say that they come."""
    last = shape[1] > 4 and shape[-1] <= 4
    n, h, w, c = shape if last else (shape[0], shape[2], shape[3], shape[1])
    for word in words:
        if word.startswith("size="):
            h, w = (int(v) for v in word[5:].split("x"))
    dtype = next((np.dtype(v) for v in words if v in ("uint8", "int8", "int16", "uint16")), np.dtype(np.float32))
    x = rng.integers(0, 256, (n, h, w, c)) if dtype.itemsize == 4 else rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1,
                                                                                    (n, h, w, c))
    comes_last = ("nhwc" in words) or (last and "nchw" not in words)
    return np.ascontiguousarray(x if comes_last else x.transpose(0, 3, 1, 2)).astype(dtype)


def quantised(x, scale, zero, dtype):
    limits = np.iinfo(dtype)
    return np.clip(np.round(x / np.float32(scale)) + zero, limits.min, limits.max).astype(dtype)


def reference(path, *inputs):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {i.name: x for i, x in zip(session.get_inputs(), inputs)})


# ------------------------------------------------------------------------------------------------------------- the models

def write_model(path, kind, shape=(1, 3, 9, 8), channels_last=False, weights_seed=3):
    """A convolution with padding, then scores of 7 classes. kind: float; qdq: float at the edge, bytes inside; uint8, int8: bytes."""
    rng, nodes, constants = np.random.default_rng(weights_seed), [], {}

    def add(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def bytes_of(x, name, scale, zero, dtype, both=True):
        constants[name + "_s"], constants[name + "_z"] = np.float32(scale), dtype(zero)
        if both:
            x = add("QuantizeLinear", [x, name + "_s", name + "_z"], name + "_q")
        return add("DequantizeLinear", [x, name + "_s", name + "_z"], name + "_d")

    zero, dtype = (-128, np.int8) if kind == "int8" else (0, np.uint8)
    constants["w"] = rng.normal(0, 0.2, (5, 3, 3, 3)).astype(np.float32)
    constants["fc"] = rng.normal(0, 0.5, (5, 7)).astype(np.float32)
    x = "x"
    if channels_last:
        x = add("Transpose", [x], "x_t", perm=[0, 3, 1, 2])
    w, fc = "w", "fc"
    if kind != "float":
        x = bytes_of(x, "x8", 1 / 255, zero, dtype, kind == "qdq")
        for name in ("w", "fc"):
            q = quantised(constants.pop(name), 0.008, 0, np.int8)
            constants |= {name + "_q": q, name + "_s": np.float32(0.008), name + "_z": np.int8(0)}
        w, fc = (add("DequantizeLinear", [n + "_q", n + "_s", n + "_z"], n + "_d") for n in ("w", "fc"))
    y = add("Conv", [x, w], "c", pads=[1, 1, 1, 1], strides=[2, 2])
    y = add("Relu", [y], "r")
    if kind != "float":
        y = bytes_of(y, "r8", 0.01, 0, np.uint8)
    y = add("MaxPool", [y], "p", kernel_shape=[5, 4])
    if kind != "float":
        y = bytes_of(y, "p8", 0.01, 0, np.uint8)
    y = add("Flatten", [y], "f")
    if kind != "float":
        y = bytes_of(y, "f8", 0.01, 0, np.uint8)
    y = add("MatMul", [y, fc], "y" if kind == "float" else "m")
    if kind != "float":
        constants["y_s"], constants["y_z"] = np.float32(0.02), dtype(zero + 120)
        y = add("QuantizeLinear", [y, "y_s", "y_z"], "y_q" if kind == "qdq" else "y")
        if kind == "qdq":
            add("DequantizeLinear", [y, "y_s", "y_z"], "y")
    n, c, h, b = shape
    types = (F32, F32) if kind in ("float", "qdq") else (helper.np_dtype_to_tensor_dtype(np.dtype(dtype)),) * 2
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", types[0], [n, h, b, c] if channels_last else list(shape))],
                              [helper.make_tensor_value_info("y", types[1], [n, 7])],
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def taken(place, model, words, x, target, *more):
    place.nnc(0, "run", model, place.save("come.npy", x), f"--target={target}", f"--input=x={','.join(words)}", "--save", "seen", *more)
    return np.load(place.path("seen/output_0.npy"))


def check_input(place, kind, words, channels_last, targets=TARGETS):
    model = write_model(place.path("m.onnx"), kind, channels_last=channels_last)
    shape = (1, 9, 8, 3) if channels_last else (1, 3, 9, 8)
    come = coming(words, shape, np.random.default_rng(len(",".join(words))))
    x = converted(come, words, shape)
    if kind in ("int8", "uint8"):
        x = quantised(x, 1 / 255, *((-128, np.int8) if kind == "int8" else (0, np.uint8)))
    wanted = reference(model, x)[0]
    place.nnc(0, "run", model, place.save("x.npy", x), "--target=generic", "--save", "own")
    own = np.load(place.path("own/output_0.npy"))
    if not np.unique(own).size > 3:
        raise Wrong(f"{kind} {words}: the answer says nothing: {own}")
    step = {"float": 0, "qdq": 0.02}.get(kind, 1)           # onnxruntime may round a sum otherwise
    for target in targets:
        seen = taken(place, model, words, come, target)
        for other, bound in ((wanted, 1.001 * step + 1e-5 * np.abs(wanted).max()), (own, None)):
            # Rounding in Resize and Sub may move an element that is quantised next to a middle.
            exact = bound is None and kind != "float" and not any(w.startswith("size=") for w in words)
            limit = 0 if exact else bound if bound is not None else 1.001 * step + 1e-5 * np.abs(wanted).max()
            worst = np.abs(seen.astype(np.float64) - other.astype(np.float64)).max()
            if seen.dtype != other.dtype or seen.shape != other.shape or not worst <= limit:
                raise Wrong(f"{kind} {words} {target}: {seen.dtype}{seen.shape} {worst} beyond {limit}: {seen} {other}")


UNIT = "scale=1/255"
COLOURS = ("mean=123.675:116.28:103.53", "std=58.395:57.12:57.375")


@test
def each_kind_of_input_is_converted(place):
    """Types, layouts, orders of colours, numbers by channel, sizes; on models of floats and bytes, channels first and last."""
    for kind in ("float", "qdq", "int8", "uint8"):
        check_input(place, kind, ("uint8", "nhwc", "bgr", *COLOURS), kind == "uint8")
        check_input(place, kind, ("uint8", "nhwc", UNIT), True, TARGETS[:1])
    for kind in ("float", "int8"):
        for words in (("uint8", "nchw", "bgr", UNIT), ("int8", "mean=-128", UNIT), ("int16", "scale=1/65536", "mean=-32768"),
                      ("uint16", "nhwc", "scale=1.5e-5:1e-5:2e-5"), ("uint8", "size=5x13", "nhwc", UNIT)):
            check_input(place, kind, words, False, TARGETS[:1])
    check_input(place, "qdq", ("nhwc", "bgr", UNIT), False, TARGETS[:1])


# ------------------------------------------------------------------------------------------------------------- what it costs

def steps_of(place, model, *options, target="cortex-m4"):
    """The operators of the program's steps."""
    place.nnc(0, model, "-o", "s.c", f"--target={target}", *options)
    with open(place.path("s.c"), encoding="utf-8") as f:
        return re.findall(r"^\t/\* \d+: (\w+)", f.read(), re.M)


@test
def what_does_nothing_is_no_step(place):
    """Bytes that are the model's already, other orders of channels and axes; what is of one type apart is a step of bytes."""
    plain = steps_of(place, write_model(place.path("l.onnx"), "int8", channels_last=True))
    write_model(place.path("m.onnx"), "int8")
    for words, more in (("int8,mean=-128,scale=1/255,nhwc", []), ("int8,mean=-128,scale=1/255,nhwc,bgr", []),
                        ("uint8,scale=1/255,nhwc,bgr", ["IntegerFlip"]), (f"uint8,nhwc,{','.join(COLOURS)}", ["IntegerTable"])):
        seen = steps_of(place, "m.onnx", f"--input=x={words}")
        if seen != more + plain:
            raise Wrong(f"{words}: {seen}, without {plain}")
    bare = steps_of(place, write_model(place.path("b.onnx"), "qdq", channels_last=True), "--io=quantized")
    write_model(place.path("q.onnx"), "qdq")
    seen = steps_of(place, "q.onnx", "--input=x=uint8,scale=1/255,nhwc,bgr", "--io=quantized")
    if seen != bare or "DequantizeLinear" in steps_of(place, "q.onnx", "--input=x=uint8,scale=1/255", "--output=y=argmax"):
        raise Wrong(f"{seen}, without {bare}")
    plain = steps_of(place, write_model(place.path("l.onnx"), "float", channels_last=True))
    write_model(place.path("f.onnx"), "float")
    seen = steps_of(place, "f.onnx", f"--input=x=uint8,nhwc,bgr,{','.join(COLOURS)}")
    if len(seen) != len(plain) + 1:
        raise Wrong(f"a float model: {seen}, without {plain}")


# ------------------------------------------------------------------------------------------------------------- outputs

def scores(path, kind="float"):
    """A model of one step: y is x by channels, N x C x H x W, C 5; of bytes with a scale where kind says so."""
    nodes, constants = [helper.make_node("Relu", ["x"], ["r"])], {"s": np.float32(0.5), "z": np.int8(-4)}
    nodes += [helper.make_node("Identity", ["r"], ["y"])] if kind == "float" else [
        helper.make_node("QuantizeLinear", ["r", "s", "z"], ["y" if kind == "int8" else "q"])]
    nodes += [helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"])] if kind == "qdq" else []
    kinds = TensorProto.INT8 if kind == "int8" else F32
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", F32, [2, 5, 3, 4])],
                              [helper.make_tensor_value_info("y", kinds, [2, 5, 3, 4])],
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@test
def each_kind_of_output_is_given(place):
    x = np.random.default_rng(7).uniform(-20, 60, (2, 5, 3, 4)).astype(np.float32)
    for kind in ("float", "qdq", "int8"):
        model = scores(place.path("m.onnx"), kind)
        y = reference(model, x)[0]
        real = (y.astype(np.float32) + 4) * 0.5 if kind == "int8" else y
        powers = np.exp(real - real.max(1, keepdims=True))
        soft = powers / powers.sum(1, keepdims=True)
        order = np.argsort(-y.astype(np.float32), axis=1, kind="stable")
        for words, wanted in (
                ("argmax", [order[:, 0].astype(np.int64)]), ("argmax,uint8", [order[:, 0].astype(np.uint8)]),
                ("top3", [np.take_along_axis(y, order[:, :3], 1), order[:, :3].astype(np.int64)]),
                ("top2,int16", [np.take_along_axis(y, order[:, :2], 1), order[:, :2].astype(np.int16)]),
                ("softmax", [soft]), ("softmax,nhwc", [soft.transpose(0, 2, 3, 1)]), ("nhwc", [y.transpose(0, 2, 3, 1)]),
                ("nchw", [y]), ("argmax,axis=2,int32", [np.argmax(y, 2).astype(np.int32)])):
            place.nnc(0, "run", model, place.save("x.npy", x), "--target=generic", f"--output=y={words}", "--save", "seen")
            for k, v in enumerate(wanted):
                seen = np.load(place.path(f"seen/output_{k}.npy"))
                worst = 0 if seen.shape != v.shape else np.abs(seen.astype(np.float64) - v.astype(np.float64)).max()
                if seen.dtype != v.dtype or seen.shape != v.shape or worst > (1e-6 if "softmax" in words else 0):
                    raise Wrong(f"{kind} {words}: {seen.dtype}{seen.shape}, wanted {v.dtype}{v.shape}; {worst}")
    place.nnc(0, model, "-o", "m.c", "--output=y=top2")
    with open(place.path("m.h"), encoding="utf-8") as f:
        expect(f.read(), r"--output y=top2", r"int8_t y_values\[2\*2\*3\*4\], int64_t y_indices\[2\*2\*3\*4\]")


# ------------------------------------------------------------------------------------------------------------- the rest

@test
def other_options_work_on_it(place):
    """Pictures, folders of data, rows one by one, a caller's arena, sizes at run time, a folder for another world."""
    model = os.path.join(DIGITS, "digits.onnx")
    image = ("--input=image=uint8,nhwc,scale=1/255", "--target=generic")
    plain = place.nnc(0, "run", model, picture(3), "--top=3", "--target=generic")[0]
    seen = place.nnc(0, "run", model, picture(3), "--top=3", *image)[0]
    if [line.split()[-1] for line in seen.splitlines()[-3:]] != [line.split()[-1] for line in plain.splitlines()[-3:]]:
        raise Wrong(f"{seen}, without {plain}")
    place.nnc(0, "run", model, picture(3), *image, "--save", "case")
    place.save("case/input_0.npy", np.random.default_rng(1).integers(0, 256, (1, 8, 8, 1)).astype(np.uint8))
    place.nnc(0, "run", model, "--data", "case", *image, "--save", "case")
    for more in (["--optimize=ram"], ["--nodes"], ["--target=x86-64-v3"]):
        place.nnc(0, "verify", model, "--data", "case", *image, *more)
    place.nnc(0, model, "-o", "m.c", *image, "--stream-input=image", "--optimize=ram", "--arena=caller", "--report=m.json")
    place.nnc(0, model, "--export=cpp", "cpp", *image)
    path = write_model(place.path("d.onnx"), "float")
    m = onnx.load(path)
    m.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "h"
    del m.graph.output[0].type.tensor_type.shape.dim[:]
    m.graph.node[2].op_type = "GlobalAveragePool"
    del m.graph.node[2].attribute[:]
    onnx.save(m, path)
    x = np.random.default_rng(5).integers(0, 256, (1, 7, 8, 3)).astype(np.uint8)
    place.nnc(0, "run", path, place.save("d.npy", x), "--input=x=uint8,nhwc,scale=1/255", "--dim=h=1..9", "--save", "d",
              "--target=generic")
    wanted = reference(path, converted(x, ("uint8", "nhwc", UNIT), (1, 3, 7, 8)))[0]
    if not np.allclose(np.load(place.path("d/output_0.npy")), wanted, 1e-5, 1e-6):
        raise Wrong("a bounded size: another answer")


@test
def what_is_no_recipe_is_said(place):
    model = write_model(place.path("m.onnx"), "float")
    for option, message in (
            ("--input=z=uint8", r'--input z: the model has no such input, allowed: "x"'),
            ("--output=z=argmax", r'--output z: the model has no such output, allowed: "y"'),
            ("--input=x=uint8,nwhc", r'--input x: "nwhc" is no word of it, allowed: uint8 .* size=HxW; did you mean "nhwc"\?'),
            ("--input=x=argmax", r'--input x: "argmax" is no word of it'),
            ("--output=y=bgr", r'--output y: "bgr" is no word of it, allowed: uint8 .* topK'),
            ("--input=x=uint8,int8", r'--input x: "int8" beside "uint8", allowed: one of them'),
            ("--input=x=scale=2,std=2", r'--input x: "std=2" beside "scale=2"'),
            ("--input=x=mean=1:2", r"--input x: 2 numbers of mean=, allowed: 1, or one for each of its 3 channels"),
            ("--input=x=mean=1:", r'"mean=1:": must be mean=A\[:B\.\.\.\]'), ("--input=x=std=0", r'"std=0": must be std='),
            ("--input=x=scale=1/0", r'"scale=1/0": must be'), ("--input=x=mean=nan", r'"mean=nan": must be'),
            ("--input=x=size=3", r'"size=3": must be size=HxW'), ("--input=x=size=0x4", r'"size=0x4": must be'),
            ("--input=x=hwc", r"--input x: a layout of 3 axes for a tensor of rank 4, allowed: nhwc nchw"),
            ("--output=y=nhwc", r"--output y: a layout of 4 axes for a tensor of rank 2, allowed: none"),
            ("--output=y=top9", r"--output y: top9 of 7 elements"), ("--output=y=top0", r'"top0": must be topK'),
            ("--input=x=axis=4", r"axis=4 of a tensor of rank 4"), ("--input=x=axis=x", r'"axis=x": must be axis=K'),
            ("--output=y=argmax,nhwc", r'"nhwc" beside "argmax"'),
            ("--output=y=uint8", r'"uint8" is the type of what argmax and topK give'),
            ("--input=x", r'--input: "x": must be NAME=WORD')):
        expect(place.nnc(2, model, "-o", "m.c", option)[1], message)
    expect(place.nnc(2, model, "-o", "m.c", "--input=x=uint8", "--input=x=nhwc")[1], r"--input x is given twice, allowed: all words")
    expect(place.nnc(2, "run", model, "none.npy", "--input=x=uin8")[1], r'did you mean "uint8"')
    write_model(place.path("q.onnx"), "int8")
    expect(place.nnc(0, "q.onnx", "-o", "q.c", "--input=x=uint8")[1], r"--input x: without mean= and scale= .* quantises 0 to 1$")
    one = scores(place.path("one.onnx"))
    expect(place.nnc(2, one, "-o", "m.c", "--input=x=bgr")[1], r"--input x: bgr for an input without 3 channels")
    expect(place.nnc(2, model, "-o", "m.c", "--skip-pass=words")[1], r"cannot be left out")
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", [helper.make_tensor_value_info("x", TensorProto.INT32, [300])],
                              [helper.make_tensor_value_info("y", TensorProto.INT32, [300])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("i.onnx"))
    for option, message in (("--input=x=int16,scale=2", r"--input x: the model takes int32 and says of no scale what they mean"),
                            ("--output=y=softmax", r"--output y: softmax of int32, of which the model does not say"),
                            ("--output=y=argmax,uint8", r"--output y: uint8 for places up to 299"),
                            ("--input=x=size=2x2", r"size= for an input of rank 1, allowed: 3 or 4")):
        expect(place.nnc(2, "i.onnx", "-o", "m.c", option)[1], message)


if __name__ == "__main__":
    main()
