#!/usr/bin/env python3
"""What nnc says: to whoever looks on, of mistyped words, of files that are no models, when it cannot go on.

    words.py [NAME ...]
"""
import json
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import zipfile

import numpy as np
import onnx
from onnx import helper, numpy_helper

from place import MODEL, NNC, Wrong, expect, main, picture, small_model, test

GENERIC, PICTURE = "--target=generic", picture(3)


def on_terminal(place, *arguments):
    """What a terminal shows."""
    ours, theirs = pty.openpty()
    p = subprocess.Popen([NNC, *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, cwd=place.folder,
                         env=place.environment())
    os.close(theirs)
    text = b""
    try:
        while more := os.read(ours, 4096):
            text += more
    except OSError:  # how a terminal says that the other side is gone
        pass
    os.close(ours)
    if p.wait(60) != 0:
        raise Wrong(f"{arguments}: status {p.returncode}: {text}")
    return re.sub(r"\r(\x1b\[K)?(nnc: [^\r]*)?", "", text.decode())


@test
def success_is_five_lines_on_a_terminal(place):
    said = on_terminal(place, MODEL, "-o", "m.c", "--cc=gcc", GENERIC)
    lines = said.splitlines()
    if [line.split()[0] for line in lines] != ["work", "flash", "RAM", "stack", "wrote"]:
        raise Wrong(said)
    data = json.loads(place.nnc(0, "inspect", MODEL, "--json", "--cc=gcc", GENERIC)[0])
    expect(said, rf"flash +{data['constant_bytes']} bytes", rf"RAM +{data['arena']['bytes']} bytes",
           rf"stack +{data['stack']['bytes']} bytes, by gcc", r"wrote +m\.c, m\.h", rf"work +{data['macs'] / 1e6:.6g} MMAC")
    expect(on_terminal(place, MODEL, "--export=cmake", "d", GENERIC), r"wrote +\d+ files in d")
    for quiet in (on_terminal(place, MODEL, "-o", "m.c", "-q", GENERIC), *place.nnc(0, MODEL, "-o", "m.c", GENERIC)):
        if quiet:
            raise Wrong(f"not quiet: {quiet!r}")


@test
def every_spelling_of_options(place):
    place.nnc(0, MODEL, "-oa.c", GENERIC)
    place.nnc(0, MODEL, "-o", "b.c", "--target", "generic", "--name", "a")
    with open(place.path("a.c"), encoding="utf-8") as a, open(place.path("b.c"), encoding="utf-8") as b:
        if a.read().replace("a.c", "").replace("a.h", "") != b.read().replace("b.c", "").replace("b.h", ""):
            raise Wrong("-oa.c and -o b.c differ")
    for short, long in (("-h", "--help"), ("-V", "--version")):
        if place.nnc(0, short)[0] != place.nnc(0, long)[0]:
            raise Wrong(short)
    for command in ("run", "compile", "ops"):
        if place.nnc(0, "help", command)[0] != place.nnc(0, command, "--help")[0]:
            raise Wrong(f"help {command}")
    if place.nnc(0, "help")[0] != place.nnc(0, "--help")[0]:
        raise Wrong("help")
    place.nnc(2, "help", "run", "bench")
    for bad in ("--help=x", "-vx", "-MDx", "-", "-z"):
        place.nnc(2, MODEL, bad)


@test
def what_was_meant(place):
    for arguments, said in ((("inspct", "x"), "inspect"), (("bnech",), "bench"), (("help", "verfiy"), "verify"),
                            ((MODEL, "--targt=x"), "--target"), ((MODEL, "--optimise=ram"), "--optimize"),
                            (("run", MODEL, "--lables=x"), "--labels"),
                            ((MODEL, "--target=armv9", "-o", "x.c"), "armv[78]"), ((MODEL, "--target=cortex_m4", "-o", "x.c"), "cortex-m4"),
                            ((MODEL, "--target=x86-64-v4+vni", "-o", "x.c"), "vnni")):
        expect(place.nnc(2, *arguments)[1], rf"error: .*; did you mean \"{said}\"\?\n$")
    for arguments in (("frobnicate",), (MODEL, "--zzz"), (MODEL, "--target=z80", "-o", "x.c")):
        if "did you mean" in place.nnc(2, *arguments)[1]:
            raise Wrong(f"{arguments}: a guess")


@test
def attributes_that_were_meant(place):
    graph = helper.make_graph([helper.make_node("Elu", ["x"], ["y"], alfa=1.0)], "g",
                              [helper.make_tensor_value_info("x", 1, [2])], [helper.make_tensor_value_info("y", 1, [2])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("m.onnx"))
    expect(place.nnc(1, "m.onnx", "-o", "x.c")[1], r"^m\.onnx: error: node .*\"alfa\".*did you mean \"alpha\"\?")


@test
def files_of_other_kinds_are_named(place):
    def write(name, data):
        os.makedirs(os.path.dirname(place.path(name)), exist_ok=True)
        with open(place.path(name), "wb") as f:
            f.write(data)
    for name in ("m.pt", "m.keras"):
        with zipfile.ZipFile(place.path(name), "w") as z:
            z.writestr("archive/data.pkl", b"x")
    np.save(place.path("x.npy"), np.zeros(3))
    write("m.tflite", b"\x1c\0\0\0TFL3" + bytes(100))
    write("m.ort", b"\x1c\0\0\0ORTM" + bytes(100))
    write("m.h5", b"\x89HDF\r\n\x1a\n" + bytes(100))
    write("m.onnx", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    write("m.txt", b'{"a": 1}\nand more of it\n')
    write("saved/saved_model.pb", b"\x08\x01")
    for name, said in (("m.tflite", "TensorFlow Lite.*tf2onnx.convert --tflite m.tflite"), ("m.pt", "PyTorch.*torch.onnx.export"),
                       ("m.keras", "Keras"), ("m.ort", "onnxruntime's own"), ("m.h5", "HDF5.*--keras m.h5"), ("x.npy", "NumPy"),
                       ("m.onnx", "Git LFS.*git lfs pull"), ("m.txt", 'text.*"{"a": 1}"'),
                       ("saved", "SavedModel.*--saved-model saved")):
        for arguments in ((f"./{name}", "-o", "x.c"), ("inspect", name), ("run", name, "x.npy")):
            expect(place.nnc(1, *arguments)[1].replace("./", ""), rf"^{re.escape(name)}: error: it is .*{said}")


def limited(ignores):
    def begin():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN if ignores else signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 14, 1 << 14))
    return begin


@test
def no_room_is_said_and_nothing_stays(place):
    shutil.copy(MODEL, place.path("m.onnx"))
    before = sorted(os.listdir(place.folder))
    for ignores, status in ((True, 4), (False, -signal.SIGXFSZ)):
        p = subprocess.run([NNC, "m.onnx", "-o", "x.c", GENERIC], cwd=place.folder, stderr=subprocess.PIPE, text=True,
                           preexec_fn=limited(ignores), check=False)
        if p.returncode != status or sorted(os.listdir(place.folder)) != before:
            raise Wrong(f"status {p.returncode}: {p.stderr}: {os.listdir(place.folder)}")
        if ignores:
            expect(p.stderr, r"^m\.onnx: error: cannot write x\.c: File too large\n$")
    expect(place.nnc(4, "m.onnx", "-o", "/dev/full")[1], r"cannot write /dev/full: No space left on device")


@test
def help_files_are_what_their_readers_take(place):
    page = place.nnc(0, "help", "man")[0]
    for flag in re.findall(r"^  (?:-\w, )?(--?[\w-]+)", place.nnc(0, "help")[0], re.M):
        if "\\fB" + flag.replace("-", "\\-") + "\\fR" not in page:
            raise Wrong(f"the manual page lacks {flag}")
    if shutil.which("groff"):
        p = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True, text=True, check=False)
        if p.stderr or "ONNX" not in p.stdout:
            raise Wrong(p.stderr)
    for shell in ("bash", "zsh", "fish"):
        text = place.nnc(0, "help", shell)[0]
        expect(text, "target", "weights", "verify")
        if shutil.which(shell):
            p = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True, check=False)
            if p.returncode or p.stderr:
                raise Wrong(f"{shell}: {p.stderr}")
    with open(place.path("nnc.bash"), "w", encoding="utf-8") as f:
        f.write(place.nnc(0, "help", "bash")[0])
    asked = ("_init_completion() { cword=$COMP_CWORD; words=(${COMP_WORDS[@]}); cur=${words[cword]}; prev=${words[cword-1]}; }\n"
             "_filedir() { :; }\ncompopt() { :; }\n. ./nnc.bash\nCOMP_WORDS=(nnc %s); COMP_CWORD=%d; _nnc; echo ${COMPREPLY[@]}\n")
    for words, at, want in (("ins", 1, "inspect"), ("run --lab", 2, "--labels="), ("--optimize r", 2, "ram"), ("verify --exa", 2, "--exact")):
        p = subprocess.run(["bash", "-c", asked % (words, at)], capture_output=True, text=True, cwd=place.folder, check=False)
        if p.stdout.split() != [want]:
            raise Wrong(f"{words}: {p.stdout} {p.stderr}")


@test
def quiet_is_what_was_asked_for(place):
    model = small_model(place.path("m.onnx"), (2, 3))
    out, err = place.nnc(0, "run", model, place.save("x.npy", np.ones((2, 3), np.float32)), "-q")
    expect(out, r"^y: float32 \[2, 3\]\n")
    if err:
        raise Wrong(err)


# --------------------------------------------------------------------------------------------------- for programs to read

def as_json(place, status, *arguments):
    return json.loads(place.nnc(status, *arguments, "--json")[0])


@test
def run_as_json(place):
    model = small_model(place.path("m.onnx"), (2, 3))
    x = np.array([[np.nan, 0, 1], [2, np.inf, 4]], np.float32)
    y, b = as_json(place, 0, "run", model, place.save("x.npy", x), "--top=2")["outputs"]
    if (y["name"], y["type"], y["shape"], y["nan"]) != ("y", "float32", [2, 3], int(np.isnan(y["values"][0] or np.nan))) or \
            y["values"][1:4] != [1, 3, 5] or y["values"][4] is not None or y["max"] is not None or [t["element"] for t in y["top"]] != [4, 5]:
        raise Wrong(f"{y}")
    if b["values"][5] != 8:
        raise Wrong(f"{b}")


@test
def verify_counts_steps(place):
    nodes = [helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
             helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["y"])]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", 1, [1, 4])],
                              [helper.make_tensor_value_info("y", 1, [1, 4]), helper.make_tensor_value_info("q", 3, [1, 4])],
                              [numpy_helper.from_array(np.float32(0.25), "scale"), numpy_helper.from_array(np.int8(3), "zero")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("m.onnx"))
    x = np.array([[0, 0.3, -1, 2]], np.float32)
    q = np.array([[3, 4, -1, 11]], np.int8)
    for steps in (0, 1, 3):
        moved = q.copy()
        moved[0, 2] += steps
        for name, value in (("input_0", x), ("output_0", (moved.astype(np.float32) - 3) / 4), ("output_1", moved)):
            place.save(f"case/{name}.npy", value)
        for options in ((), ("--io=quantized",)):
            status = 5 if steps else 0
            seen = as_json(place, status, "verify", "m.onnx", "--data", "case", *options)
            if seen["ok"] != (not steps) or [o["steps"] for o in seen["cases"][0]["outputs"]] != [steps, steps]:
                raise Wrong(f"{options}: {seen}")
            if steps:
                word = f"{steps} step{'s' if steps > 1 else ''}"
                out, _ = place.nnc(5, "verify", "m.onnx", "--data", "case", *options)
                expect(out, rf'"y" .* at \[0, 2\] \({word}\)', rf'"q" .* at \[0, 2\] \({word}\)')
                place.nnc(0, "verify", "m.onnx", "--data", "case", f"--steps={steps}", *options)
                place.nnc(5, "verify", "m.onnx", "--data", "case", f"--steps={steps - 0.5}", *options)
    place.nnc(2, "verify", "m.onnx", "--data", "case", "--nodes", "--json")


@test
def verify_counts_floats_between(place):
    model = small_model(place.path("m.onnx"), (2, 3))
    x = np.array([[-1, 0, 1], [2, 3, 4]], np.float32)
    y, b = np.maximum(x, 0) * 2 + 1, np.maximum(x, 0) * 2
    y[1, 1] = np.nextafter(y[1, 1], np.float32(np.inf))
    for name, value in (("input_0", x), ("output_0", y), ("output_1", b)):
        place.save(f"case/{name}.npy", value)
    expect(place.nnc(0, "verify", model, "--data", "case")[0], r" at \[1, 1\] \(1 ULP\)")
    place.nnc(5, "verify", model, "--data", "case", "--exact")
    if as_json(place, 0, "verify", model, "--data", "case")["cases"][0]["outputs"][0]["ulps"] != 1:
        raise Wrong("ulps")


@test
def operators_are_a_table(place):
    rows = as_json(place, 0, "ops")["operators"]
    known = {(r["domain"], r["name"]) for r in rows}
    text = place.nnc(0, "ops")[0]
    lines = {tuple(line.split()[:2]) for line in text.splitlines()[1:] if line and not line.startswith("Not")}
    if lines - known - {("tensors;", "attributes")} or known - lines or ("ai.onnx", "Conv") not in known:
        raise Wrong(f"{sorted(lines ^ known)[:10]}")
    expect(text, r"ai\.onnx +Conv +1.*float32", r"ai\.onnx +Pad +.*; mode: constant")
    conv = [r for r in rows if r["name"] == "Conv"][-1]
    if "group" not in [a["name"] for a in conv["attributes"]] or not conv["types"][0].startswith("float32"):
        raise Wrong(f"{conv}")


@test
def times_are_compared_with_saved_ones(place):
    place.nnc(0, "bench", MODEL, "--repeat=20", "--save", "t.json")
    with open(place.path("t.json"), encoding="utf-8") as f:
        saved = json.load(f)
    if saved["model"] != "digits.onnx" or not saved["min_s"] <= saved["median_s"] <= saved["max_s"]:
        raise Wrong(f"{saved}")
    expect(place.nnc(0, "bench", MODEL, "--repeat=20", "--against", "t.json")[0], r"against t\.json: [\d.]+ times its median of")
    for factor, word in ((100, "faster"), (0.01, "SLOWER")):
        for key in ("median_s", "quartile1_s", "quartile3_s"):
            saved[key] *= factor
        with open(place.path("u.json"), "w", encoding="utf-8") as f:
            json.dump(saved, f, indent=1)
        expect(place.nnc(0, "bench", MODEL, "--repeat=20", "--against=u.json")[0], word)
        for key in ("median_s", "quartile1_s", "quartile3_s"):
            saved[key] /= factor
    place.nnc(1, "bench", MODEL, "--against", MODEL)
    place.nnc(4, "bench", MODEL, "--against", "none.json")


if __name__ == "__main__":
    main()
