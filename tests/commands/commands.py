#!/usr/bin/env python3
"""The commands of nnc as a user meets them: what they print, their exit status, what they leave behind.

    commands.py [NAME ...]
"""
import json
import os
import re
import shutil
import signal
import subprocess

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from place import DIGITS, F32, MODEL, NNC, WORDS, Wrong, answer, expect, main, picture, small_model, test, wait_for
from targets import TARGETS, missing


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
def data_may_have_a_name_that_ends_a_comment(place):
    model = small_model(place.path("m.onnx"), (2, 3))
    with open(place.path("x.pb"), "wb") as f:
        f.write(numpy_helper.from_array(np.ones((2, 3), np.float32), "x*/\n").SerializeToString())
    expect(place.nnc(0, "run", model, "x.pb")[0], r"y: float32 \[2, 3\]")


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
def passes_may_be_left_out(place):
    """Nodes that only make known shapes stay without dce, and must not write into constants (-O0 writes what is said)."""
    nodes = [helper.make_node("Shape", ["x"], ["shape"]), helper.make_node("Gather", ["shape", "zero"], ["n"]),
             helper.make_node("Unsqueeze", ["n", "zero_axis"], ["n1"]),
             helper.make_node("Concat", ["n1", "rest"], ["to"], axis=0), helper.make_node("Conv", ["x", "w"], ["c"]),
             helper.make_node("Relu", ["c"], ["r"]), helper.make_node("Reshape", ["r", "to"], ["y"])]
    constants = {"zero": np.array(0), "zero_axis": np.array([0]), "rest": np.array([-1]),
                 "w": np.random.default_rng(1).standard_normal((4, 3, 3, 3)).astype(np.float32)}
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", F32, [2, 3, 6, 6])],
                              [helper.make_tensor_value_info("y", F32, [2, 64])],
                              [numpy_helper.from_array(v, k) for k, v in constants.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("m.onnx"))
    x = place.save("x.npy", np.random.default_rng(2).standard_normal((2, 3, 6, 6)).astype(np.float32))
    _, err = place.nnc(2, "m.onnx", "--dump=none")
    names = [n for n in dict.fromkeys(re.search(r"there are (.*), import", err)[1].split(", ")) if n not in ("infer", "words", "edges")]
    wanted = None
    for skipped in ([], ["dce"], ["layout"], ["views"], [n for n in names if n != "views"], names):
        place.nnc(0, "run", "m.onnx", x, "--save", "out", "--cflags=-O0", *[f"--skip-pass={','.join(skipped)}"] * bool(skipped))
        got = np.load(place.path("out/output_0.npy"))
        wanted = got if wanted is None else wanted
        if not np.allclose(got, wanted, rtol=1e-5, atol=1e-5):
            raise Wrong(f"without {skipped}: {got}, expected {wanted}")


@test
def run_takes_one_element_for_a_scalar(place):
    model = small_model(place.path("m.onnx"), ())
    for shape in ((), (1,), (1, 1)):
        out, _ = place.nnc(0, "run", model, place.save("x.npy", np.full(shape, 3, np.float32)))
        expect(out, r"y: float32 \[\]\n.*\n +7\n")
    place.nnc(1, "run", model, place.save("x.npy", np.ones(2, np.float32)))


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


@test
def targets_are_those_of_the_readme(place):
    stated = {t["base"] for t in json.loads(place.nnc(0, "targets", "--json")[0])["targets"]}
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "README.md"), encoding="utf-8") as f:
        table = f.read().split("## Targets")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall("`(.*?)`", row)} - {"--target="}
    if told != stated:
        raise Wrong(f"the README's table: {sorted(told ^ stated)} are on one side alone")


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
def bench_gives_no_times_of_an_emulator(place):
    out, err = place.nnc(3, "bench", MODEL, "--runner=nice /opt/bin/simavr -f 8000000")
    expect(err, r"times of target \S+ by \".*simavr.*\" would be an emulator's; give a --runner that takes")
    if out:
        raise Wrong(out)


@test
def bench_counts_the_instructions_of_an_emulator(place):
    """The same every time; the steps and what is round them are the whole; the estimate is one of cores with timings."""
    for name, model in (("cortex-m4", MODEL), ("cortex-m0", os.path.join(DIGITS, "digits-int8.onnx")), ("armv8", MODEL)):
        if missing(TARGETS[name]) is not None:
            continue
        data = json.loads(place.nnc(0, "bench", model, f"--target={name}", "--json")[0])
        if data["instructions"] != sum(s["instructions"] for s in data["steps"]) + data["outside"]["instructions"]:
            raise Wrong(f"{name}: the steps' instructions do not add up: {data}")
        if not all(s["passages"] == 1 and s["instructions"] >= s["macs"] / 64 for s in data["steps"]):
            raise Wrong(f"{name}: {data['steps']}")
        if ("estimated_cycles" in data) != name.startswith("cortex"):
            raise Wrong(f"{name}: {data.keys()}")
        if name == "cortex-m4":
            out, _ = place.nnc(0, "bench", model, f"--target={name}", "--wait-states=3")
            expect(out, r"cycles are an estimate by the timings of Arm DDI 0439, 3 wait", r" 0 +\d+ .* Conv \"conv1\"",
                   rf"whole +{data['instructions']} ")
            if not data["instructions"] < data["estimated_cycles"] < int(re.search(r"whole .* (\d+)\n", out)[1]):
                raise Wrong(f"{data['estimated_cycles']} cycles without wait states: {out[-200:]}")
    expect(place.nnc(4, "bench", MODEL, "--runner=qemu-absent")[1], r"cannot run qemu-absent")


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
    if "--rtol" in out or "-o OUT" in out:
        raise Wrong("run lists options that it does not take")
    expect(place.nnc(0, "verify", "--help")[0], r"--rtol", r"DIR holds input_0")


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


def take_interrupts():
    """In the child: what a shell runs behind & ignores them, and so would all that these tests start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@test
def interrupts_leave_nothing(place):
    # While the C compiler runs, and while the program runs, which tail never lets end.
    for number, sign in ((signal.SIGINT, ".c"), (signal.SIGINT, "request.bin"), (signal.SIGTERM, ".c"),
                         (signal.SIGKILL, "request.bin")):
        p = subprocess.Popen([NNC, "run", MODEL, picture(3), "--runner=tail -f /dev/null"], cwd=place.folder,
                             env=place.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, preexec_fn=take_interrupts)
        wait_for(lambda sign=sign: place.holds(sign), f"no file {sign}")
        p.send_signal(number)
        if p.wait(30) != -number:
            raise Wrong(f"signal {number}: status {p.returncode}")
        wait_for(lambda: not os.listdir(place.temporary), f"signal {number}: left behind")


if __name__ == "__main__":
    main()
