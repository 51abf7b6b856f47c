#!/usr/bin/env python3
"""The commands of nnc as a user meets them: what they print, their exit status, what they leave behind.

    commands.py [NAME ...]
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "python"))

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from generated import NNC, ROOT
from report import Report
from targets import TARGETS, missing

DIGITS = os.path.join(ROOT, "examples", "digits")
MODEL = os.path.join(DIGITS, "digits.onnx")
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
F32 = TensorProto.FLOAT
TESTS = {}


class Wrong(Exception):
    pass


def test(f):
    TESTS[f.__name__.replace("_", "-")] = f
    return f


class Place:
    """A folder of its own for one test, which is also TMPDIR's parent: nothing may stay in it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="nnc-test-")
        self.temporary = os.path.join(self.folder, "tmp")
        os.mkdir(self.temporary)

    def path(self, name):
        return os.path.join(self.folder, name)

    def save(self, name, array):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        np.save(self.path(name), array)
        return self.path(name)

    def environment(self):
        return {**os.environ, "TMPDIR": self.temporary}

    def nnc(self, status, *arguments, stdout=subprocess.PIPE):
        """Runs nnc; its outputs. Anything but `status`, or more than one line for bad usage, is wrong."""
        p = subprocess.run([NNC, *arguments], stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True,
                           errors="replace", cwd=self.folder, env=self.environment(), timeout=300)
        if p.returncode != status:
            raise Wrong(f"nnc {' '.join(arguments)}: status {p.returncode}, not {status}: {p.stderr.strip()[-300:]}")
        if status == 2 and p.stderr.count("\n") != 1:
            raise Wrong(f"nnc {' '.join(arguments)}: not one line: {p.stderr!r}")
        self.check_clean()
        return p.stdout or "", p.stderr

    def holds(self, ending):
        """Whether a file in the temporary folders ends so."""
        return any(f.endswith(ending) for _, _, files in os.walk(self.temporary) for f in files)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def check_clean(self):
        left = os.listdir(self.temporary)
        if left:
            raise Wrong(f"left behind: {left}")


def expect(text, *patterns):
    for pattern in patterns:
        if not re.search(pattern, text):
            raise Wrong(f"no {pattern!r} in {text.strip()[-400:]!r}")


def picture(digit):
    return os.path.join(DIGITS, "pictures", f"digit-{digit}.png")


def small_model(path, shape=(1, 4), dtype=F32):
    """y = relu(x) * 2 + 1, in three nodes."""
    nodes = [helper.make_node("Relu", ["x"], ["a"], "first"), helper.make_node("Mul", ["a", "two"], ["b"], "second"),
             helper.make_node("Add", ["b", "one"], ["y"], "third")]
    element = helper.tensor_dtype_to_np_dtype(dtype)
    constants = [numpy_helper.from_array(np.asarray(2, element), "two"), numpy_helper.from_array(np.asarray(1, element), "one")]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", dtype, shape)],
                              [helper.make_tensor_value_info("y", dtype, None), helper.make_tensor_value_info("b", dtype, None)],
                              constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 8
    onnx.save(made, path)
    return path


def answer(x):
    return np.maximum(x, 0) * 2 + 1, np.maximum(x, 0) * 2


# ------------------------------------------------------------------------------------------------------------------- run

@test
def run_reads_pictures(place):
    for digit in (3, 8):
        out, _ = place.nnc(0, "run", MODEL, picture(digit), "--top", "2", "--labels", os.path.join(DIGITS, "labels.txt"))
        expect(out, r"scores: float32 \[1, 10\]", rf"1\. +\S+ +\[0, {digit}\]  {WORDS[digit]}")


@test
def run_scales_pictures_and_says_so(place):
    from PIL import Image
    for ending in ("png", "jpg"):
        big = place.path("big." + ending)
        Image.open(picture(3)).convert("RGB").resize((64, 64), Image.NEAREST).save(big)
        out, err = place.nnc(0, "run", MODEL, big, "--top=1")
        expect(out, r"\[0, 3\]")
        expect(err, r"64 x 64 pixels, scaled to 8 x 8")


@test
def pictures_of_every_depth_are_equally_bright(place):
    """A model that hands its input through: what the pixels became."""
    from PIL import Image
    grey = np.arange(0, 256, 4, dtype=np.uint8).reshape(8, 8)
    colour = np.random.default_rng(3).integers(0, 256, (8, 8, 3), np.uint8)
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g",
                              [helper.make_tensor_value_info("x", F32, [1, 1, 8, 8])],
                              [helper.make_tensor_value_info("y", F32, [1, 1, 8, 8])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("m.onnx"))
    pictures = {"L": Image.fromarray(grey), "I;16": Image.fromarray(grey.astype(np.uint16) * 257),
                "RGB": Image.fromarray(grey).convert("RGB"), "RGBA": Image.fromarray(grey).convert("RGBA"),
                "LA": Image.fromarray(grey).convert("LA"), "P": Image.fromarray(grey).convert("P"),
                "colour": Image.fromarray(colour)}
    for name, made in pictures.items():
        made.save(place.path("p.png"))
        place.nnc(0, "run", place.path("m.onnx"), place.path("p.png"), "--pixels=raw", "--save", place.path("out"))
        wanted = np.asarray(Image.fromarray(colour).convert("L")) if name == "colour" else grey
        if not np.array_equal(np.load(place.path("out/output_0.npy")).reshape(8, 8), wanted):
            raise Wrong(f"{name}: {np.load(place.path('out/output_0.npy')).reshape(8, 8)}, expected {wanted}")


@test
def run_saves_what_numpy_reads(place):
    model = small_model(place.path("m.onnx"), (2, 3))
    x = np.array([[-1, 0, 1], [2, 3, 4]], np.float32)
    place.nnc(0, "run", model, place.save("x.npy", x), "--save", place.path("out"))
    for k, wanted in enumerate(answer(x)):
        if not np.array_equal(np.load(place.path(f"out/output_{k}.npy")), wanted):
            raise Wrong(f"output_{k} differs")


@test
def run_takes_every_form_of_data(place):
    model = small_model(place.path("m.onnx"), (2, 3))
    x = np.array([[-1, 0, 1], [2, 3, 4]], np.float32)
    np.savez(place.path("named.npz"), x=x)
    np.savez_compressed(place.path("packed.npz"), np.asfortranarray(x))
    x.tofile(place.path("raw.bin"))
    with open(place.path("x.pb"), "wb") as f:
        f.write(numpy_helper.from_array(x, "anything").SerializeToString())
    place.save("big.npy", x.astype(">f8"))
    place.save("ints.npy", x.astype(np.int16))
    place.save("folder/input_0.npy", x)
    wanted = place.nnc(0, "run", model, place.save("x.npy", x))[0]
    expect(wanted, r"y: float32 \[2, 3\]\n  min 1, max 9")
    for data in (["named.npz"], ["packed.npz"], ["raw.bin"], ["x.pb"], ["big.npy"], ["ints.npy"], ["x=x.npy"], ["x=packed.npz"],
                 ["--data", "folder"]):
        if place.nnc(0, "run", model, *data)[0] != wanted:
            raise Wrong(f"{data}: another answer")


@test
def run_fixes_symbolic_dimensions(place):
    model = small_model(place.path("m.onnx"), ("n", 3))
    x = np.ones((5, 3), np.float32)
    data = place.save("x.npy", x)
    expect(place.nnc(0, "run", model, data)[0], r"y: float32 \[5, 3\]")
    expect(place.nnc(0, "run", model, data, "--dim", "n=1..8")[0], r"y: float32 \[5, 3\]")
    expect(place.nnc(1, "run", model, data, "--dim", "n=1..4")[1], r"dimension n is 5, elsewhere 4 at most")
    expect(place.nnc(0, "run", model, place.save("one.npy", x[:1]), "--dim", "n=1..8")[0], r"y: float32 \[1, 3\]")


@test
def run_refuses_wrong_data(place):
    model = small_model(place.path("m.onnx"), (2, 3))
    x = np.full((2, 3), 0.1)
    inexact = place.save("inexact.npy", x)
    expect(place.nnc(1, "run", model, inexact)[1], r"float64 has element \[0, 0\] = 0\.1\d*, which is no float32: --convert")
    place.nnc(0, "run", model, inexact, "--convert")
    expect(place.nnc(1, "run", model, place.save("long.npy", np.ones((2, 4), np.float32)))[1],
           r'shape \[2, 4\], input "x" has \[2, 3\]')
    expect(place.nnc(2, "run", model)[1], r'no data for input "x", float32 \[2, 3\]')
    expect(place.nnc(2, "run", model, inexact, inexact, "--convert")[1], r"have data already")
    place.nnc(4, "run", model, "absent.npy")
    place.nnc(1, "run", model, os.path.join(DIGITS, "labels.txt"))


@test
def run_shows_the_compiler_s_words(place):
    _, err = place.nnc(4, "run", MODEL, picture(3), "--cflags=-DNNC_MODEL -include absent.h")
    expect(err, r"absent\.h", r"C compiler: \S+ ended with status 1")
    expect(place.nnc(4, "run", MODEL, picture(3), "--cc=absent-cc")[1], r"cannot run absent-cc: No such file")
    expect(place.nnc(4, "run", MODEL, picture(3), "--runner=false")[1], r"the compiled model: false ended with status 1")


@test
def run_on_other_targets(place):
    wanted = place.nnc(0, "run", MODEL, picture(3), "--target=generic", "--fp=strict")[0]
    for name in ("armv8", "generic-be", "cortex-m4"):
        if missing(TARGETS[name]) is None and \
                place.nnc(0, "run", MODEL, picture(3), f"--target={name}", "--top=1")[0].count("[0, 3]") != 1:
            raise Wrong(f"{name}: another answer than {wanted!r}")


# ---------------------------------------------------------------------------------------------------------------- verify

def write_case(place, name, x, outputs):
    place.save(f"{name}/input_0.npy", x)
    for k, y in enumerate(outputs):
        place.save(f"{name}/output_{k}.npy", y)


@test
def verify_all_cases(place):
    model = small_model(place.path("m.onnx"), ("n", 3))
    for k, n in enumerate((2, 2, 5)):
        x = np.arange(3 * n, dtype=np.float32).reshape(n, 3) - 4
        write_case(place, f"cases/case_{k}", x, answer(x))
    out, _ = place.nnc(0, "verify", model, "--data", "cases")
    expect(out, r"cases/case_0: output \"y\" float32 \[2, 3\]: equal: ok", r"case_2.*\[5, 3\]", r"3 cases, all within tolerance")
    place.nnc(0, "verify", model, "--data", "cases/case_1", "--exact")


@test
def verify_names_the_worst_element(place):
    model = small_model(place.path("m.onnx"), (2, 3))
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    y, b = answer(x)
    y[1, 2] += 0.5
    y[0, 1] += 0.25
    write_case(place, "case", x, (y, b))
    out, err = place.nnc(5, "verify", model, "--data", "case")
    expect(out, r'"y".*greatest difference 0\.5 at \[1, 2\].*DIFFERS', r'"b".*equal: ok')
    expect(err, r'output "y": 2 of 6 elements differ; the worst, \[1, 2\], is 11, expected 11\.5')
    place.nnc(0, "verify", model, "--data", "case", "--atol=0.5")
    place.nnc(5, "verify", model, "--data", "case", "--atol=0.4", "--rtol=0.001")


@test
def verify_by_the_default_tolerance(place):
    model = small_model(place.path("m.onnx"), (1, 4))
    x = np.array([[1, 10, 100, 1000]], np.float32)
    for error, status in ((0.01, 0), (0.1, 5)):
        y, b = answer(x)
        y[0, 0] += error    # of a range of 2001: 5e-6 and 5e-5
        write_case(place, f"case{status}", x, (y, b))
        place.nnc(status, "verify", model, "--data", f"case{status}")


@test
def verify_wants_equal_integers(place):
    model = small_model(place.path("m.onnx"), (1, 4), TensorProto.INT32)
    x = np.array([[1 << 29, -5, 0, 7]], np.int32)
    y, b = (v.astype(np.int32) for v in answer(x))
    write_case(place, "same", x, (y, b))
    place.nnc(0, "verify", model, "--data", "same")
    y[0, 0] += 1
    write_case(place, "other", x, (y, b))
    expect(place.nnc(5, "verify", model, "--data", "other")[1], r"1 of 4 elements differ; the worst, \[0, 0\]")


@test
def verify_nodes_names_the_node(place):
    model = small_model(place.path("m.onnx"), (2, 3))
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    y, b = answer(x)
    write_case(place, "right", x, (y, b))
    expect(place.nnc(0, "verify", model, "--data", "right", "--nodes")[0], r"\d+ results of nodes agree")
    b[0, 2] = 99
    write_case(place, "wrong", x, (y, b))
    expect(place.nnc(5, "verify", model, "--data", "wrong", "--nodes")[1],
           r'node "second" \(Mul-17\): .*"b".*the worst, \[0, 2\], is 4, expected: 99')


@test
def verify_wants_outputs(place):
    model = small_model(place.path("m.onnx"), (2, 3))
    place.save("half/input_0.npy", np.ones((2, 3), np.float32))
    expect(place.nnc(1, "verify", model, "--data", "half")[1], r"no output_0")
    place.nnc(2, "verify", model)
    place.nnc(4, "verify", model, "--data", "absent")
    os.mkdir(place.path("empty"))
    place.nnc(1, "verify", model, "--data", "empty")


# ----------------------------------------------------------------------------------------------------- bench and inspect

@test
def bench_as_text_and_json(place):
    out, _ = place.nnc(0, "bench", MODEL, "--repeat=20", "--nodes")
    expect(out, r"target \S+, 20 runs", r"median +[\d.]+ us", r"Conv \"conv1\"", r"GMAC/s")
    data = json.loads(place.nnc(0, "bench", MODEL, "--repeat=20", "--nodes", "--json")[0])
    if data["repeats"] != 20 or not 0 < data["min_s"] <= data["median_s"] or abs(sum(s["share"] for s in data["steps"]) - 1) > 1e-6:
        raise Wrong(f"{data}")
    if sum(s["macs"] for s in data["steps"]) != data["macs"]:
        raise Wrong("the steps' work does not add up to the model's")


@test
def inspect_adds_up(place):
    data = json.loads(place.nnc(0, "inspect", MODEL, "--json")[0])
    weights = onnx.load(MODEL).graph.initializer
    if data["macs"] != 12 * 64 * 9 + 24 * 16 * 9 * 12 + 96 * 10:
        raise Wrong(f"macs {data['macs']}")
    if data["constant_bytes"] < sum(numpy_helper.to_array(w).nbytes for w in weights if w.data_type == F32):
        raise Wrong(f"constants {data['constant_bytes']}")
    arena = data["arena"]
    if max(b["offset"] + b["bytes"] for b in arena["buffers"]) > arena["bytes"] or arena["bytes"] < arena["lower_bound_bytes"]:
        raise Wrong(f"arena {arena}")
    if max(s["live_bytes"] for s in data["steps"]) > arena["bytes"]:
        raise Wrong("more lives than fits")
    expect(place.nnc(0, "inspect", MODEL)[0], r"image: float32 \[1, 1, 8, 8\]", r"2 Conv", r"at the peak", r"offset +step 0 to")


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
def outputs_spare_the_models_files(place):
    outside_model(place)
    before = open(place.path("my models/w.bin"), "rb").read()
    place.nnc(2, "my models/m.onnx", "-o", "my models/w.c", "--weights=incbin")
    place.nnc(2, "my models/m.onnx", "-o", "my models/m.onnx")
    if open(place.path("my models/w.bin"), "rb").read() != before or os.path.exists(place.path("my models/w.c")):
        raise Wrong("written over")


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


# ----------------------------------------------------------------------------------------------------------------- usage

@test
def wrong_usage_is_one_line(place):
    for arguments in ([], ["run"], ["frobnicate"], ["run", MODEL, "--flarp"], ["run", MODEL, "--top"], ["run", MODEL, "--top=x"],
                      ["run", MODEL, "--arena=caller", picture(1)], ["inspect", MODEL, MODEL], [MODEL], ["verify", MODEL],
                      [MODEL, "-o", "-"], [MODEL, "-o", "x.h"], [MODEL, "-o", "x.d", "-MD"], ["targets", "x"], ["ops", "x"],
                      [MODEL, "-o", "x.c", "--skip-pass=none"], [MODEL, "-o", "x.c", "--skip-pass=cse,infer"],
                      [MODEL, "--dump=none"], ["run", MODEL, "scores=" + picture(1)], ["run", MODEL, "--target=none", picture(1)], ["run", MODEL, "--data", "x", picture(1)]):
        place.nnc(2, *arguments)
    shutil.copy(MODEL, place.path("m.onnx"))
    place.nnc(2, "m.onnx", "-o", "m.onnx")
    place.nnc(2, "m.onnx", "-o", "./m.onnx")
    if sorted(os.listdir(place.folder)) != ["m.onnx", "tmp"] or \
            os.path.getsize(place.path("m.onnx")) != os.path.getsize(MODEL):
        raise Wrong(f"written: {os.listdir(place.folder)}")


@test
def help_of_each_command(place):
    expect(place.nnc(0, "--help")[0], r"nnc run", r"nnc verify", r"nnc bench", r"nnc inspect", r"Exit status")
    out = place.nnc(0, "run", "--help")[0]
    expect(out, r"nnc run MODEL\.onnx", r"--top", r"DATA is")
    if "--rtol" in out or "-o OUT.c" in out:
        raise Wrong("run lists options that it does not take")
    expect(place.nnc(0, "verify", "--help")[0], r"--rtol")


@test
def bad_files_and_full_disks(place):
    open(place.path("empty.onnx"), "w").close()
    place.nnc(1, "run", place.path("empty.onnx"))
    place.nnc(4, "run", place.folder)
    place.nnc(4, "inspect", place.path("absent.onnx"))
    place.nnc(4, MODEL, "-o", place.path("absent/x.c"))
    place.nnc(4, MODEL, "-o", "/dev/full")
    with open("/dev/full", "w") as full:
        place.nnc(4, "inspect", MODEL, stdout=full)
    place.nnc(4, "run", MODEL, picture(1), "--save", "/proc/absent")
    place.nnc(4, "run", MODEL, picture(1), "--top=1", "--labels", place.folder)


@test
def interrupts_leave_nothing(place):
    # While the C compiler runs, and while the program runs, which tail never lets end.
    for number, sign in ((signal.SIGINT, ".c"), (signal.SIGINT, "request.bin"), (signal.SIGTERM, ".c"),
                         (signal.SIGKILL, "request.bin")):
        p = subprocess.Popen([NNC, "run", MODEL, picture(3), "--runner=tail -f /dev/null"], cwd=place.folder,
                             env=place.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        wait_for(lambda sign=sign: place.holds(sign), f"no file {sign}")
        p.send_signal(number)
        if p.wait(30) != -number:
            raise Wrong(f"signal {number}: status {p.returncode}")
        wait_for(lambda: not os.listdir(place.temporary), f"signal {number}: left behind")


def wait_for(holds, what):
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise Wrong(what)


def main():
    report = Report()
    for name, run in TESTS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        place = Place()
        try:
            run(place)
            report.ok(name)
        except (Wrong, subprocess.TimeoutExpired) as e:
            report.failed(name, e)
        finally:
            place.remove()
    report.exit()


if __name__ == "__main__":
    main()
