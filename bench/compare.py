#!/usr/bin/env python3
"""nnc's generated C against onnxruntime: one thread each, same inputs, interleaved rounds, best of the rounds.

    compare.py [--rounds N] [--target T] [--cc CC] [MODEL ...]

nnc is timed inside a shared object by bench/timing.c. onnxruntime is timed as its Python users call it, through a bound
session (run_with_iobinding): the floor of such a call, measured on an Identity of one number, is printed below the table.
The outputs of both are compared first; a model whose outputs differ is listed as wrong, not as fast.
"""
import argparse
import ctypes
import hashlib
import math
import os
import subprocess
import sys
import time
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path += [os.path.join(ROOT, "tests", "python"), os.path.join(ROOT, "tests", "models")]

import numpy as np
import onnx
import onnxruntime
from onnx import helper

import cases
import generated
from generated import Failure, execute, one_line
from report import Report
from targets import TARGETS, best_host, missing

ZOO = ("resnet50", "resnet18", "mobilenetv2", "squeezenet1_1", "vit_tiny_patch16_224", "lstm_speech")
SECONDS = 0.15  # of one measurement


KINDS = ("float", "qdq", "other")  # of models.def


class Entry(NamedTuple):
    """A model with one set of inputs, and outputs of their shapes."""
    name: str
    path: str
    dims: list
    inputs: list
    outputs: list


class Notes(Report):
    """What is left out is told below a table."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def _line(self, kind, name, reason=""):
        self.counts[kind] += 1
        if kind != "ok":
            self.lines.append(f"{name}: {reason}")


def zoo_entries(names):
    """Makes the networks that are not there yet."""
    folder = os.path.join(generated.work_folder(), "zoo")
    script = os.path.join(cases.SHARED, "zoo", "make_zoo.py")
    for name in names:
        path = os.path.join(folder, name)
        if not os.path.exists(os.path.join(path, "model.onnx")):
            subprocess.run([sys.executable, script, "--out", folder, "--samples", name], check=True,
                           stdout=subprocess.DEVNULL)
        yield Entry(name, os.path.join(path, "model.onnx"), [],
                    *(cases.load_numbered(path, what) for what in ("input", "output")))


def entries(names, kinds, notes, bound=None):
    """The models asked for, or all of these kinds that `bound` (tests/models/bounds.py) takes."""
    ours = [n for n in names if n not in ZOO]
    if ours or not names:
        for model in cases.models(notes, ours, kinds, bound):
            yield Entry(model.name, model.path, model.dims, *model.case(0))
    yield from zoo_entries([n for n in ZOO if n in names])


class Onnxruntime:
    def __init__(self, path, inputs):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        for info, value in zip(self.session.get_inputs(), inputs):
            self.binding.bind_cpu_input(info.name, value)
        for info in self.session.get_outputs():
            self.binding.bind_output(info.name)

    def outputs(self):
        self.session.run_with_iobinding(self.binding)
        return self.binding.copy_outputs_to_cpu()

    def seconds(self, repeats):
        run, session, binding = self.session.run_with_iobinding, self.session, self.binding
        began = time.perf_counter()
        for _ in range(repeats):
            run(binding)
        return (time.perf_counter() - began) / repeats


class Nnc:
    """The model compiled into a shared object, which is kept for as long as the C and the command are the same."""

    def __init__(self, entry, target, cc, like):
        folder = os.path.join(generated.work_folder(), "bench", target.name, entry.name.replace(":", "-"))
        os.makedirs(folder, exist_ok=True)
        for old in generated.sources(folder, "m"):
            os.remove(old)
        generated.compile_model(entry.path, folder, "m", target, entry.dims)
        prototype = generated.Prototype(os.path.join(folder, "m.h"), "m")
        with open(os.path.join(folder, "call.c"), "w", encoding="utf-8") as f:
            f.write(prototype.caller())
        sources = [*generated.sources(folder, "m"), os.path.join(folder, "call.c"), os.path.join(HERE, "timing.c")]
        library = shared_object(folder, [cc, *target.cflags.split(), "-fPIC", "-shared", "-I", folder], sources)
        self.function = ctypes.CDLL(library).nnc_time
        self.function.restype = ctypes.c_double
        self.arrays = [aligned(v) for v in entry.inputs], [aligned(np.zeros_like(v)) for v in like]
        self.arguments = (None, *(pointers(a) for a in self.arrays), (ctypes.c_int * 64)())

    def seconds(self, repeats):
        total = self.function(*self.arguments, repeats)
        if total < 0:
            raise Failure("wrong", "m_run failed")
        return total / repeats

    def outputs(self):
        self.seconds(1)
        return self.arrays[1]


def shared_object(folder, command, sources):
    """The path of what the command makes of the sources in a folder that keeps one such object."""
    digest = hashlib.sha256("\0".join(command).encode())
    for path in [*sources, os.path.join(folder, "m.h")]:
        with open(path, "rb") as f:
            digest.update(f.read())
    library = os.path.join(folder, f"m-{digest.hexdigest()[:16]}.so")
    if not os.path.exists(library):
        for old in os.listdir(folder):
            if old.endswith(".so"):
                os.remove(os.path.join(folder, old))
        code, text = execute([*command, "-o", library, *sources, "-lm"], 600)
        if code != 0:
            raise Failure("cc", one_line(text))
    return library


def aligned(value, bytes_=64):
    """A copy on a 64-byte boundary."""
    block = np.empty(value.nbytes + bytes_, np.uint8)
    at = -block.ctypes.data % bytes_
    out = block[at:at + value.nbytes].view(value.dtype).reshape(value.shape)
    out[...] = value
    return out


def pointers(arrays):
    return (ctypes.c_void_p * max(len(arrays), 1))(*(a.ctypes.data for a in arrays))


def macs(path):
    """Multiply-accumulates of Conv, ConvTranspose, Gemm, MatMul and the recurrent operators, in millions."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    shapes = {t.name: list(t.dims) for t in model.graph.initializer}
    for info in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        shapes.setdefault(info.name, [max(d.dim_value, 1) for d in info.type.tensor_type.shape.dim])
    total = 0
    for n in model.graph.node:
        a, b, y = (shapes.get(name) for name in (n.input[0] if n.input else "", n.input[1] if len(n.input) > 1 else "",
                                                 n.output[0]))
        if n.op_type == "Conv" and y and b:
            total += math.prod(y) * math.prod(b[1:])
        elif n.op_type == "ConvTranspose" and a and b:
            total += math.prod(a) * math.prod(b[1:])
        elif n.op_type in ("Gemm", "MatMul") and y and a:
            trans_a = any(t.name == "transA" and t.i for t in n.attribute)
            total += math.prod(y) * (a[0] if trans_a else a[-1])
        elif n.op_type in ("LSTM", "GRU", "RNN") and a and b:
            total += a[0] * a[1] * (math.prod(b) + math.prod(shapes[n.input[2]]))
    return total / 1e6


def agree(ours, theirs):
    """Whether both computed the same thing at all: the tests hold the exact promise."""
    for a, b in zip(ours, theirs):
        if a.dtype.kind == "f":
            span = float(np.abs(b).max()) if b.size else 0
            if not np.allclose(a, b, rtol=0, atol=max(1e-3 * span, 1e-6), equal_nan=True):
                return False
        elif not np.array_equal(a, b):
            return False
    return True


def repeats_for(engine):
    """So many calls that one measurement takes about SECONDS."""
    engine.seconds(1)
    return max(1, int(SECONDS / max(engine.seconds(2), 1e-7)))


def measure(engines, rounds):
    """Best seconds per engine, the rounds interleaved."""
    repeats = [repeats_for(e) for e in engines]
    best = [math.inf] * len(engines)
    for _ in range(rounds):
        for k, engine in enumerate(engines):
            best[k] = min(best[k], engine.seconds(repeats[k]))
    return best


def call_floor():
    node = helper.make_node("Identity", ["x"], ["y"])
    info = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in ("x", "y")]
    model = helper.make_model(helper.make_graph([node], "floor", info[:1], info[1:]),
                              opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    engine = Onnxruntime(model.SerializeToString(), [np.zeros(1, np.float32)])
    return measure([engine], 3)[0]


def avx512_skipped(name):
    """Whether timing target `name` leaves out x86-64-v4 because this machine cannot run it; says so. Its kernels are
    proved through SIMDe by tests/kernels all the same."""
    if not (name == "host" or name.startswith("x86-64-v4")) or missing(TARGETS["x86-64-v4"]) is None:
        return False
    print("skip: timing of x86-64-v4 kernels: this machine has no AVX-512\n")
    return True


def number(us):
    return f"{us:.2f}" if us < 10 else f"{us:.1f}" if us < 1000 else f"{us:.0f}"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--target", default="host", help="default: the widest that this processor runs")
    p.add_argument("--cc", default="gcc")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target = best_host() if a.target == "host" else TARGETS[a.target]
    if avx512_skipped(a.target) and a.target != "host":
        return
    print(f"Target {target.name}, {a.cc} {target.cflags}, onnxruntime {onnxruntime.__version__}, one thread, best of "
          f"{a.rounds} interleaved rounds.\n")
    print("| model | MMAC | onnxruntime us | nnc us | ratio |\n|---|---:|---:|---:|---:|", flush=True)
    ratios, notes = [], Notes()
    # Our own are so small that they say more of the call than of the kernels.
    names = a.names or [*(name for name, kind, _, path in cases.rows() if kind == "float" and not path), *ZOO]
    for entry in entries(names, KINDS, notes):
        try:
            theirs = Onnxruntime(entry.path, entry.inputs)
            expected = theirs.outputs()
            ours = Nnc(entry, target, a.cc, expected)
            if not agree(ours.outputs(), expected):
                raise Failure("wrong", "outputs differ from onnxruntime's")
            ort, nnc = measure([theirs, ours], a.rounds)
        except Failure as e:
            notes.failed(entry.name, f"{e.kind}: {e}")
            continue
        notes.ok(entry.name)
        ratios.append(ort / nnc)
        print(f"| {entry.name} | {macs(entry.path):.2f} | {number(1e6 * ort)} | {number(1e6 * nnc)} | {ort / nnc:.2f} |",
              flush=True)
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        print(f"| **geometric mean of {len(ratios)}** | | | | **{mean:.2f}** |")
        print(f"\nratio: onnxruntime's time over nnc's; least {min(ratios):.2f}. Floor of an onnxruntime call from Python: "
              f"{1e6 * call_floor():.1f} us.")
    for line in notes.lines:
        print(f"not measured: {line}")
    sys.exit(1 if notes.counts["not ok"] or not ratios else 0)


if __name__ == "__main__":
    main()
