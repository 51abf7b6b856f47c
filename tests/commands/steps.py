#!/usr/bin/env python3
"""model_step() gives with options that change its memory, its order or its edge what it gives without them, and again
after model_reset(): states, frames of a sequence and windows.

    steps.py [NAME ...]
"""
import os
import re
import subprocess
import sys

import numpy as np
import onnx

from place import Wrong, expect, main, test

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "models"))
import streams  # noqa: E402

STEPS = 16
RAM, ARENA, ROWS = ["--optimize=ram"], ["--io-memory=arena"], ["--stream-input=x"]
POOLS = ["--pool", "fast:64:4", "--pool", "slow:1000000:1"]
TOGETHER = (RAM + ARENA + POOLS, ARENA + ROWS, RAM + ROWS + POOLS)
BYTES = {"float32": 4, "int8": 1, "uint8": 1}
PROGRAM = """#include <stdio.h>
#include <string.h>
#include "m.h"
static unsigned char frames[STEPS][X_BYTES];
static union { float align; unsigned char bytes[X_BYTES]; } x;
@outputs@
#ifdef BY_ROWS
static void row_of(void *from, int row, void *to)
{
	memcpy(to, (const unsigned char *)from + row * (X_BYTES / ROWS), X_BYTES / ROWS);
}
#endif
int main(void)
{
	FILE *f = fopen("in", "rb");
	if (!f || fread(frames, 1, sizeof frames, f) != sizeof frames) return 9;
	fclose(f);
	f = fopen("out", "wb");
	for (int k = 0; k < 2 * STEPS; k++) {
		memcpy(x.bytes, frames[k % STEPS], sizeof x);
		if (k % STEPS == 0) m_reset();
@step@
	}
	fclose(f);
	return 0;
}
"""


def tensors(header):
    """Name -> its bytes and all but its last axis, of a step: the input x first, then the outputs."""
    found = re.findall(r"^ \*   (\w+) (\w+) \[([\d, ]+)\]", header, re.M)
    shapes = {name: [int(d) for d in dims.split(", ")] for name, _, dims in found}
    return {name: (int(np.prod(shapes[name])) * BYTES[dtype], int(np.prod(shapes[name][:-1]))) for name, dtype, _ in found}


def steps(place, model, frames, options):
    """What comes out, step by step, as bytes."""
    place.nnc(0, model, "-o", "m.c", "--target=generic", *options)
    with open(place.path("m.h"), encoding="utf-8") as f:
        header = f.read()
    sizes = tensors(header)
    outputs = [n for n in sizes if n != "x"]
    in_arena = "--io-memory=arena" in options
    by_rows = "--stream-input=x" in options
    rows = int(re.search(r"for each row 0 to (\d+)", header)[1]) + 1 if by_rows else 1
    frames = frames.reshape(STEPS, -1)
    if frames[0].nbytes != sizes["x"][0]:
        raise Wrong(f"{options}: a step takes {sizes['x'][0]} bytes")
    frames.tofile(place.path("in"))
    arguments = (["row_of, x.bytes"] if by_rows else [] if in_arena else ["(void *)x.bytes"])
    lines = ["\t\tmemcpy(m_input_x(), x.bytes, sizeof x);"] if in_arena and not by_rows else []
    lines.append(f"\t\tif (m_step({', '.join(arguments + ['(void *)' + n + '.bytes' for n in outputs if not in_arena])})) return 8;")
    for n in outputs:
        at = f"m_output_{n}()" if in_arena else n + ".bytes"
        lines.append(f"\t\tfwrite({at}, 1, {sizes[n][0]}, f);")
    text = PROGRAM.replace("@step@", "\n".join(lines)).replace("@outputs@", "" if in_arena else "\n".join(
        f"static union {{ float align; unsigned char bytes[{sizes[n][0]}]; }} {n};" for n in outputs))
    with open(place.path("main.c"), "w", encoding="utf-8") as f:
        f.write(text)
    flags = [f"-DSTEPS={STEPS}", f"-DX_BYTES={sizes['x'][0]}", f"-DROWS={rows}"] + ["-DBY_ROWS"] * by_rows
    for command in (["gcc", "-std=c11", "-O0", "-Wall", "-Wextra", "-Werror", *flags, "-o", "m",
                     "main.c", "m.c", "-lm"], ["./m"]):
        ran = subprocess.run(command, cwd=place.folder, capture_output=True, text=True)
        if ran.returncode:
            raise Wrong(f"{options}: {command[0]}: {ran.returncode} {ran.stderr[:500]}")
    out = np.fromfile(place.path("out"), np.uint8).reshape(2, -1)
    if not np.array_equal(*out):
        raise Wrong(f"{options}: another sequence after a reset")
    return out[0]


def same_with_all(place, build, how, step_shape):
    model = place.path("stream.onnx")
    onnx.save(build(), model)
    frames = np.random.default_rng(1).standard_normal((STEPS, *step_shape)).astype(np.float32)
    plain = steps(place, model, frames, how)
    for options in TOGETHER:
        seen = steps(place, model, frames, [*how, *options])
        if not np.allclose(seen.view(np.float32), plain.view(np.float32), 1e-5, 1e-6):
            raise Wrong(f"{how} {options}: other frames")
    return model, frames, plain.view(np.float32)


@test
def states(place):
    same_with_all(place, streams.STATES["lstm"][0], ["--state", "h=h_out", "--state", "c=c_out"], (1, 1, 4))


@test
def delay_lines(place):
    same_with_all(place, streams.STATES["delay-line"][0], ["--state", "s=s_out"], (1, 3, 1, 2))


@test
def windows(place):
    same_with_all(place, streams.WINDOWS["spotter"][0], ["--window=x.2"], (1, 1, 2, 8))


@test
def frames_of_floats(place):
    same_with_all(place, streams.SEQUENCES["causal"][0], ["--stream=T"], (1, 4, 2))


@test
def frames_of_bytes(place):
    model, frames, plain = same_with_all(place, streams.SEQUENCES["quantised"][0], ["--stream=T"], (1, 4, 2))
    given = np.clip(np.rint(frames / np.float32(0.03)) - 7, -128, 127).astype(np.int8)
    for options in ([], RAM + ARENA):
        seen = steps(place, model, given, ["--stream=T", "--io=quantized", *options]).view(np.int8)
        if not np.array_equal((seen.astype(np.float32) - 11) * np.float32(0.05), plain):
            raise Wrong(f"--io=quantized {options}: other frames")


@test
def one_kind_of_stream_at_a_time(place):
    model = place.path("stream.onnx")
    onnx.save(streams.SEQUENCES["causal"][0](), model)
    _, err = place.nnc(2, model, "-o", "m.c", "--stream=T", "--window=x.2")
    expect(err, "--stream, --window and --state: allowed: one of them")


if __name__ == "__main__":
    main()
