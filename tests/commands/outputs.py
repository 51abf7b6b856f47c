#!/usr/bin/env python3
"""What nnc writes, what it was made from, and the limits that it may not exceed.

    outputs.py [NAME ...]
"""
import json
import os
import re
import shutil
import subprocess
import time

import numpy as np
import onnx
from onnx import helper, numpy_helper

from place import F32, MODEL, NNC, Wrong, expect, main, test


# ----------------------------------------------------------------------------------------------------------- processor

@test
def flushing_subnormals_ends_with_the_run(place):
    """x * 1e-20 is subnormal: 0 with the mode. The program then finds the processor as it was."""
    graph = helper.make_graph([helper.make_node("Mul", ["x", "w"], ["y"])], "g",
                              [helper.make_tensor_value_info("x", F32, [16])],
                              [helper.make_tensor_value_info("y", F32, [16])],
                              [numpy_helper.from_array(np.full(16, 1e-20, np.float32), "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("m.onnx"))
    with open(place.path("main.c"), "w") as f:
        f.write("""#include <stdio.h>
#include "m.h"
int main(void)
{
	float x[16], y[16];
	volatile float small = 1e-20f;

	for (int i = 0; i < 16; i++)
		x[i] = 1e-20f;
	m_run(x, y);
	printf("%d %d\\n", y[3] != 0, small * small != 0);
	return 0;
}
""")
    for options, want in (([], "1 1\n"), (["--flush-subnormals"], "0 1\n")):
        place.nnc(0, "m.onnx", "-o", "m.c", "--target=x86-64-v3", *options)
        subprocess.run(["gcc", "-O2", "-march=x86-64-v3", "main.c", "m.c", "-o", "m", "-lm"], cwd=place.folder, check=True)
        got = subprocess.run(["./m"], cwd=place.folder, capture_output=True, text=True).stdout
        if got != want:
            raise Wrong(f"{options}: {got!r}, expected {want!r}")
    place.nnc(3, "m.onnx", "-o", "m.c", "--target=generic", "--flush-subnormals")


# ----------------------------------------------------------------------------------------------------------------- files

def outside_model(place):
    """y = x w, with w in a file of its own beside the model."""
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g",
                              [helper.make_tensor_value_info("x", F32, [2, 64])],
                              [helper.make_tensor_value_info("y", F32, [2, 64])],
                              [numpy_helper.from_array(np.eye(64, dtype=np.float32), "w")])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    os.makedirs(place.path("my models"))
    onnx.save(made, place.path("my models/m.onnx"), save_as_external_data=True, location="w.bin", size_threshold=0)


@test
def make_knows_every_file(place):
    outside_model(place)
    place.nnc(0, "my models/m.onnx", "-o", "m.c", "-MD")
    with open(place.path("m.d")) as f:
        if re.findall(r"my\\ models/[\w.]+", f.read()) != [r"my\ models/m.onnx", r"my\ models/w.bin"]:
            raise Wrong("m.d")
    with open(place.path("Makefile"), "w") as f:
        f.write(f"all: m.c\nm.c: ; {NNC} 'my models/m.onnx' -o m.c -MD\n-include m.d\n")
    for name, makes in ((None, False), ("my models/m.onnx", True), ("my models/w.bin", True), ("m.c", False)):
        if name:
            later = time.time() + 10 * len(name)
            os.utime(place.path(name), (later, later))
        p = subprocess.run(["make", "-q"], cwd=place.folder, capture_output=True)
        if (p.returncode != 0) != makes:
            raise Wrong(f"make after a change of {name}: {p.returncode}")
        os.utime(place.path("m.c"))
        for source in ("my models/m.onnx", "my models/w.bin"):
            os.utime(place.path(source), (0, 0))


@test
def files_are_called_what_includes_can_name(place):
    outside_model(place)
    for name in ('a"b.c', "a\\b.c", "a\nb.c", "a\x7fb.c", "a??'b.c", "sub folder/\"b.c"):
        _, said = place.nnc(2, "my models/m.onnx", "-o", name)
        expect(said, r"-o: \".*\": it cannot stand in an #include line")
    os.mkdir(place.path('a"b'))
    for name in ("a b.c", "a'b.c", "a%sb.c", "größe.c", "*.c", "b" * 230 + ".c", 'a"b/c.c'):
        for weights in ("text", "incbin"):
            place.nnc(0, "my models/m.onnx", "-o", name, "--target=generic", f"--weights={weights}")
            subprocess.run(["gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", os.path.basename(name),
                            "-o", place.path("m.o")], cwd=os.path.dirname(place.path(name)), check=True)


@test
def outputs_spare_the_models_files(place):
    outside_model(place)
    before = open(place.path("my models/w.bin"), "rb").read()
    place.nnc(2, "my models/m.onnx", "-o", "my models/w.c", "--weights=incbin")
    place.nnc(2, "my models/m.onnx", "-o", "my models/m.onnx")
    if open(place.path("my models/w.bin"), "rb").read() != before or os.path.exists(place.path("my models/w.c")):
        raise Wrong("written over")


@test
def taps_see_tensors_that_are_complete(place):
    """What is concatenated in place is written by the steps of its parts; the whole is told of after the last of them."""
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Tanh", ["x"], ["b"]),
                               helper.make_node("Concat", ["a", "b", "x"], ["c"], axis=0),
                               helper.make_node("MatMul", ["c", "w"], ["y"])], "g",
                              [helper.make_tensor_value_info("x", F32, [2, 8])],
                              [helper.make_tensor_value_info("y", F32, [6, 8])],
                              [numpy_helper.from_array(np.eye(8, dtype=np.float32), "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("m.onnx"))
    place.nnc(0, "m.onnx", "-o", "m.c", "--taps")
    with open(place.path("m.c")) as f:
        told = re.findall(r'm_tap\(\d+, "[^"]*", "(\w+)"', f.read())
    if sorted(told) != ["a", "b", "c", "y"] or told.index("c") < max(told.index("a"), told.index("b")):
        raise Wrong(f"taps of {told}")
    expect(place.nnc(0, "m.onnx", "-o", "m.c", "--taps", "--optimize=ram")[1], r"--taps: results are kept whole")


# ---------------------------------------------------------------------------------------------------------------- limits

@test
def limits_name_who_needs_it_and_write_nothing(place):
    place.nnc(0, MODEL, "-o", "m.c", "--ram-limit=1M", "--flash-limit=1M")
    for limit, *patterns in (("--ram-limit=100", r"arena: \d+ bytes, limit 100; at its peak"),
                             ("--flash-limit=1K", r"constants: \d+ bytes, limit 1024; of them \d+ for (Conv|Gemm) \"")):
        for arguments in ((MODEL, "-o", "none.c"), ("inspect", MODEL)):
            expect(place.nnc(5, *arguments, limit)[1], *patterns)
    if os.path.exists(place.path("none.c")) or os.path.exists(place.path("none.h")):
        raise Wrong("beyond its limit, and written")


@test
def stack_is_what_the_compiler_reports(place):
    if not shutil.which("gcc"):
        return
    place.nnc(0, MODEL, "-o", "m.c")
    with open(place.path("m.h")) as f:
        if "STACK" in f.read():
            raise Wrong("a figure for the stack without a compiler")
    place.nnc(0, MODEL, "-o", "m.c", "--cc=gcc", "--cflags=-O1")
    with open(place.path("m.h")) as f:
        text = f.read()
    expect(text, r"as gcc -O1 compiles it", r"#define M_STACK_BYTES \d+\n")
    bytes = int(re.search(r"M_STACK_BYTES (\d+)", text)[1])
    data = json.loads(place.nnc(0, "inspect", MODEL, "--json", "--cc=gcc", "--cflags=-O1")[0])["stack"]
    if data["bytes"] != bytes or sum(c["bytes"] for c in data["calls"]) != bytes or data["calls"][0]["function"] != "model_run":
        raise Wrong(f"{bytes} in the header, {data}")
    place.nnc(0, MODEL, "-o", "m.c", "--cc=gcc", "--cflags=-O1", f"--stack-limit={bytes}")
    for arguments in ((MODEL, "-o", "none.c"), ("inspect", MODEL)):
        _, err = place.nnc(5, *arguments, "--cc=gcc", "--cflags=-O1", f"--stack-limit={bytes - 1}")
        expect(err, rf"stack: {bytes} bytes, limit {bytes - 1}: model_run \d+")
    place.nnc(4, MODEL, "-o", "none.c", "--cc=no-such-compiler")
    place.nnc(4, MODEL, "-o", "none.c", "--cc=true")
    if os.path.exists(place.path("none.c")):
        raise Wrong("no figure, and written")


if __name__ == "__main__":
    main()
