#!/usr/bin/env python3
"""The edge of a model: what model.h says of its bytes, --io=quantized, --io-memory and --stream-input.

    edges.py [NAME ...]
"""
import os
import re
import subprocess

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from place import DIGITS, F32, MODEL, Wrong, expect, main, picture, small_model, test

SCALES = {"x": (0.05, 10, np.uint8), "w": (0.01, 0, np.int8), "y": (0.125, -3, np.int8)}


def quantise(x, name):
    scale, zero, dtype = SCALES[name]
    limits = np.iinfo(dtype)
    return np.clip(np.round(x / np.float32(scale)) + zero, limits.min, limits.max).astype(dtype)


def dequantise(q, name):
    scale, zero, _ = SCALES[name]
    return (q.astype(np.float32) - np.float32(zero)) * np.float32(scale)


def write_model(path, straight=False, twice=False):
    """Channels-last pictures through transposes and a convolution of bytes: y; and z = f + 1, which are floats. Or with
    an interface of bytes, `straight`; with the input quantised `twice` alike."""
    constants, nodes = {}, []
    for name, (scale, zero, dtype) in SCALES.items():
        constants |= {name + "_s": np.float32(scale), name + "_z": dtype(zero)}
    constants["w_q"] = np.random.default_rng(1).integers(-127, 128, (4, 3, 3, 3)).astype(np.int8)
    constants["one"] = np.float32(1)

    def add(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], op + "_" + output, **attributes))

    first, last = ("x", "y") if straight else ("x_q", "y_q")
    if straight:
        add("Transpose", ["x"], "x_t", perm=[0, 3, 1, 2])
    else:
        add("Transpose", ["x"], "x_f", perm=[0, 3, 1, 2])
        add("QuantizeLinear", ["x_f", "x_s", "x_z"], "x_t")
    add("DequantizeLinear", ["x_t", "x_s", "x_z"], "x_d")
    add("DequantizeLinear", ["w_q", "w_s", "w_z"], "w_d")
    add("Conv", ["x_d", "w_d"], "c")
    if twice:
        add("QuantizeLinear", ["x_f", "x_s", "x_z"], "x_t2")
        add("DequantizeLinear", ["x_t2", "x_s", "x_z"], "x_d2")
        add("ReduceMax", ["x_d2"], "top", keepdims=0)
        add("Add", ["f", "top"], "z")
    else:
        add("Add", ["f", "one"], "z")
    add("QuantizeLinear", ["c", "y_s", "y_z"], "y_t")
    if straight:
        add("Transpose", ["y_t"], "y", perm=[0, 2, 3, 1])
    else:
        add("DequantizeLinear", ["y_t", "y_s", "y_z"], "y_f")
        add("Transpose", ["y_f"], "y", perm=[0, 2, 3, 1])
    types = (TensorProto.UINT8, TensorProto.INT8) if straight else (F32, F32)
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", types[0], [1, 8, 8, 3]),
                                           helper.make_tensor_value_info("f", F32, [2])],
                              [helper.make_tensor_value_info("y", types[1], [1, 6, 6, 4]),
                               helper.make_tensor_value_info("z", F32, [2])],
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def data(place):
    """A picture in which some elements lie beyond the bytes."""
    x = np.random.default_rng(2).uniform(-1, 14, (1, 8, 8, 3)).astype(np.float32)
    return x, place.save("x.npy", x), place.save("f.npy", np.ones(2, np.float32))


def expect_macros(header, name, scale, zero):
    found = re.search(rf"#define M_{name}_SCALE (\S+)f\n#define M_{name}_ZERO_POINT (\S+)\n", header)
    if not found or np.float32(found[1]) != np.float32(scale) or int(found[2].strip("()")) != zero:
        raise Wrong(f"{name}: {found and found.groups()}, expected {scale} and {zero}")


@test
def bytes_have_their_meaning_in_the_header(place):
    write_model(place.path("m.onnx"), straight=True)
    place.nnc(0, "m.onnx", "-o", "m.c", "--target=generic")
    with open(place.path("m.h"), encoding="utf-8") as f:
        header = f.read()
    expect(header, r"const uint8_t x\[1\*8\*8\*3\], const float f\[2\], int8_t y\[1\*6\*6\*4\], float z\[2\]")
    expect_macros(header, "INPUT_X", *SCALES["x"][:2])
    expect_macros(header, "OUTPUT_Y", *SCALES["y"][:2])
    if re.search("_[FZ]_SCALE", header):
        raise Wrong(f"floats have a scale: {header}")
    place.nnc(0, os.path.join(DIGITS, "digits-int8.onnx"), "-o", "two.c", "--target=generic", "--name=m")
    with open(place.path("two.h"), encoding="utf-8") as f:
        expect(f.read(), r"M_INPUT_IMAGE_SCALE", r"M_OUTPUT_SCORES_ZERO_POINT")


@test
def floats_at_the_edge_become_bytes(place):
    """The same bytes inside: what comes out is what the float interface gives, before its DequantizeLinear."""
    for twice in (False, True):
        model = write_model(place.path("m.onnx"), twice=twice)
        x, *files = data(place)
        for target in ("generic", "host"):
            place.nnc(0, "run", model, *files, f"--target={target}", "--save", "floats")
            _, err = place.nnc(0, "run", model, *files, f"--target={target}", "--io=quantized", "--save", "bytes")
            expect(err, r'input "f" stays float32: Add "Add_z" reads its floats', r'output "z" stays float32: Add')
            place.nnc(0, "run", model, place.save("q.npy", quantise(x, "x")), files[1], "--io=quantized", "--save", "taken")
            floats, y, taken = (np.load(place.path(f"{f}/output_0.npy")) for f in ("floats", "bytes", "taken"))
            if y.dtype != np.int8 or np.unique(y).size < 20:
                raise Wrong(f"{y.dtype} {y}")
            if not np.array_equal(dequantise(y, "y"), floats) or not np.array_equal(y, taken):
                raise Wrong(f"twice {twice}, {target}: other bytes")
            if not np.array_equal(*(np.load(place.path(f"{f}/output_1.npy")) for f in ("floats", "bytes"))):
                raise Wrong(f"twice {twice}, {target}: another z")
    place.nnc(0, model, "-o", "m.c", "--target=generic", "--io=quantized")
    with open(place.path("m.h"), encoding="utf-8") as f:
        header = f.read()
    expect(header, r"--io=quantized", r"const uint8_t x\[1\*8\*8\*3\], const float f\[2\], int8_t y\[1\*6\*6\*4\], float z\[2\]")
    expect_macros(header, "INPUT_X", *SCALES["x"][:2])
    expect_macros(header, "OUTPUT_Y", *SCALES["y"][:2])


@test
def verify_compares_their_floats(place):
    model = write_model(place.path("m.onnx"))
    x, *_ = data(place)
    place.save("case/input_0.npy", x)
    place.save("case/input_1.npy", np.ones(2, np.float32))
    place.nnc(0, "run", model, "--data", "case", "--save", "case")
    for more in (["--exact"], ["--nodes"]):
        place.nnc(0, "verify", model, "--data", "case", "--io=quantized", *more)
    y = np.load(place.path("case/output_0.npy"))
    y[0, 2, 3, 1] += SCALES["y"][0]
    place.save("case/output_0.npy", y)
    expect(place.nnc(5, "verify", model, "--data", "case", "--io=quantized")[1], r"1 of 144 elements differ; the worst, \[0, 2, 3, 1\]")
    place.save("case/output_0.npy", quantise(y, "y"))
    expect(place.nnc(5, "verify", model, "--data", "case", "--io=quantized")[1], r"1 of 144 elements differ")


@test
def what_is_not_quantised_is_said(place):
    expect(place.nnc(1, MODEL, "-o", "m.c", "--io=quantized")[1], r"no input and no output of the model is quantised; input \"image\"")
    place.nnc(1, "run", MODEL, picture(3), "--io=quantized")
    if os.path.exists(place.path("m.c")):
        raise Wrong("something was written")
    expect(place.nnc(2, MODEL, "-o", "m.c", "--io=bytes")[1], r"--io: \"bytes\": must be model\|quantized")
    expect(place.nnc(2, MODEL, "-o", "m.c", "--skip-pass=edges")[1], r"cannot be left out")
    # An output that is given out twice, as floats and quantised, keeps its floats.
    nodes = [helper.make_node("QuantizeLinear", ["x", "s"], ["q"]), helper.make_node("DequantizeLinear", ["q", "s"], ["y"]),
             helper.make_node("Neg", ["y"], ["n"])]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", F32, [4])],
                              [helper.make_tensor_value_info(k, t, [4]) for k, t in (("q", TensorProto.UINT8), ("y", F32), ("n", F32))],
                              [numpy_helper.from_array(np.float32(0.5), "s")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("q.onnx"))
    _, err = place.nnc(0, "q.onnx", "-o", "q.c", "--io=quantized")
    expect(err, r'input "x" stays float32: what it is quantised to is an output', r'output "y" stays float32: its floats are read',
           r'output "n" stays float32: Neg')
    small_model(place.path("s.onnx"))
    place.nnc(1, "s.onnx", "-o", "s.c", "--io=quantized")


# ----------------------------------------------------------------------------------------------- in the arena (--io-memory)

def in_arena(place, model, inputs, *options, compiler="gcc"):
    """The outputs of a program that writes its inputs into the arena and reads the outputs there, twice."""
    place.nnc(0, model, "-o", "m.c", "--target=generic", "--io-memory=arena", *options)
    with open(place.path("m.h"), encoding="utf-8") as f:
        header = f.read()
    caller, memory = "--arena=caller" in options, "memory" if "--arena=caller" in options else ""
    ins, outs = (re.findall(rf"\bm_({what}_\w+)\((?:void|void \*arena)\);", header) for what in ("input", "output"))
    lines = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>", '#include "m.h"', "int main(void)", "{", "\tFILE *f;"]
    if caller:
        lines.append("\tvoid *memory = aligned_alloc(M_ARENA_ALIGN, (M_ARENA_BYTES / M_ARENA_ALIGN + 1) * M_ARENA_ALIGN);")
    lines.append("\tfor (int turn = 0; turn < 2; turn++) {")
    for k, name in enumerate(ins):
        inputs[k].tofile(place.path(f"in{k}"))
        lines.append(f'\t\tf = fopen("in{k}", "rb");\n\t\tif (fread(m_{name}({memory}), 1, M_{name.upper()}_BYTES, f) != '
                     f'M_{name.upper()}_BYTES) return 9;\n\t\tfclose(f);')
    lines.append(f"\t\tif (m_run({memory})) return 8;\n\t}}")
    for k, name in enumerate(outs):
        lines.append(f'\tf = fopen("out{k}", "wb");\n\tfwrite(m_{name}({memory}), 1, M_{name.upper()}_BYTES, f);\n\tfclose(f);')
    lines += ["\tfree(memory);"] * caller + ["\treturn 0;", "}"]
    with open(place.path("main.c"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    standard = ["-x", "c++", "-std=c++11"] if compiler == "g++" else ["-std=c11"]
    flags = [*standard, "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-fsanitize=address,undefined"]
    made = subprocess.run([compiler, *flags, "-o", "m", "main.c", "m.c", "-lm"], cwd=place.folder, capture_output=True, text=True)
    if made.returncode:
        raise Wrong(made.stderr[:500])
    ran = subprocess.run(["./m"], cwd=place.folder, capture_output=True, text=True)
    if ran.returncode:
        raise Wrong(f"status {ran.returncode}: {ran.stderr[:500]}")
    return [np.fromfile(place.path(f"out{k}"), np.uint8) for k in range(len(outs))], header


def expect_same(place, model, inputs, *options, **more):
    files = [place.save(f"i{k}.npy", x) for k, x in enumerate(inputs)]
    place.nnc(0, "run", model, *files, "--target=generic", "--save", "wanted", *[o for o in options if o.startswith(("--io=", "--optimize="))])
    seen, header = in_arena(place, model, inputs, *options, **more)
    for k, y in enumerate(seen):
        wanted = np.load(place.path(f"wanted/output_{k}.npy"))
        if not np.array_equal(np.frombuffer(wanted.tobytes(), np.uint8), y):
            raise Wrong(f"{model} {options}: output {k} differs")
    return header


@test
def inputs_and_outputs_may_lie_in_the_arena(place):
    model = write_model(place.path("m.onnx"))
    x, *_ = data(place)
    f = np.array([3, 4], np.float32)
    for options in ([], ["--arena=caller"], ["--optimize=size"]):
        header = expect_same(place, model, [x, f], *options)
        expect(header, r"int m_run\((void|void \*arena)\);", r"float \*m_input_x\(", r"#define M_INPUT_X_BYTES 768")
    expect_same(place, model, [quantise(x, "x"), f], "--io=quantized")
    expect_same(place, model, [x, f], compiler="g++")
    image = np.random.default_rng(4).integers(0, 256, (1, 1, 8, 8)).astype(np.uint8)
    expect_same(place, os.path.join(DIGITS, "digits-int8.onnx"), [image])
    expect_same(place, os.path.join(DIGITS, "digits-int8.onnx"), [image], "--optimize=ram")
    expect_same(place, small_model(place.path("s.onnx"), (3, 5)), [np.arange(-7, 8, dtype=np.float32).reshape(3, 5)])


@test
def every_kind_of_output_lies_in_the_arena(place):
    """An input, a constant, a part of another tensor, nothing, and one thing twice; an input that nothing reads."""
    nodes = [helper.make_node("Neg", ["x"], ["n"]), helper.make_node("Split", ["n"], ["a", "b"], axis=0),
             helper.make_node("Identity", ["n"], ["again"]), helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(
                 np.arange(3, dtype=np.float32))), helper.make_node("Slice", ["n", "zero", "zero"], ["empty"])]
    outputs = {"n": [4, 3], "a": [2, 3], "b": [2, 3], "again": [4, 3], "c": [3], "x": [4, 3], "empty": [0, 3]}
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", F32, [4, 3]),
                                           helper.make_tensor_value_info("unread", F32, [5])],
                              [helper.make_tensor_value_info(k, F32, v) for k, v in outputs.items()],
                              [numpy_helper.from_array(np.array([0]), "zero")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), place.path("k.onnx"))
    inputs = [np.arange(12, dtype=np.float32).reshape(4, 3), np.ones(5, np.float32)]
    expect_same(place, "k.onnx", inputs)
    expect_same(place, "k.onnx", inputs, "--arena=caller")


# ------------------------------------------------------------------------------------------------ by rows (--stream-input)

CALLER = """#include <stdio.h>
#include <string.h>
#include "m.h"

static unsigned char image[1 << 20], y[1 << 16];
static int next;

/* Rows come in their order, each once. */
static void row(void *from, int r, void *to)
{
    if (from != image || r != next++ % ROWS)
        next = -1000;
    memcpy(to, image + r * (BYTES / ROWS), BYTES / ROWS);
}

int main(void)
{
    FILE *f = fopen("in0", "rb");
    int status = fread(image, 1, sizeof image, f) != BYTES;

    fclose(f);
    for (int turn = 0; turn < 2; turn++)
        status |= m_run(row, image, (void *)y);
    f = fopen("out0", "wb");
    fwrite(y, 1, OUT, f);
    fclose(f);
    return status || next != 2 * ROWS;
}
"""


def arena_of(place):
    with open(place.path("m.h"), encoding="utf-8") as f:
        return int(re.search(r"M_ARENA_BYTES (\d+)", f.read()).group(1))


@test
def inputs_come_row_by_row(place):
    """With few rows kept and with all."""
    image = np.random.default_rng(4).integers(0, 256, (1, 1, 8, 8)).astype(np.uint8)
    arenas = []
    _, err = place.nnc(2, os.path.join(DIGITS, "digits.onnx"), "-o", "m.c", "--stream-input", "none")
    expect(err, r'--stream-input: no input "none" has rows, allowed: "image"')
    for model, x in (("digits-int8", image), ("digits", image.astype(np.float32))):
        path = os.path.join(DIGITS, model + ".onnx")
        place.nnc(0, "run", path, place.save("i.npy", x), "--target=generic", "--save", "wanted")
        wanted = np.load(place.path("wanted/output_0.npy"))
        x.tofile(place.path("in0"))
        with open(place.path("main.c"), "w", encoding="utf-8") as f:
            f.write(CALLER)
        for optimize in ("speed", "ram"):
            place.nnc(0, path, "-o", "m.c", "--target=generic", "--stream-input=image", f"--optimize={optimize}")
            arenas.append(arena_of(place))
            command = ["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", f"-DBYTES={x.nbytes}", "-DROWS=8",
                       f"-DOUT={wanted.nbytes}", "-o", "m", "main.c", "m.c", "-lm"]
            for step in (command, ["./m"]):
                ran = subprocess.run(step, cwd=place.folder, capture_output=True, text=True)
                if ran.returncode:
                    raise Wrong(f"{model}, {optimize}: {step[0]}: {ran.returncode} {ran.stderr[:500]}")
            if not np.array_equal(np.fromfile(place.path("out0"), np.uint8), np.frombuffer(wanted.tobytes(), np.uint8)):
                raise Wrong(f"{model}, {optimize}: output differs")
    if not (arenas[1] < arenas[0] and arenas[3] < arenas[2]):
        raise Wrong(f"arenas {arenas}")


if __name__ == "__main__":
    main()
