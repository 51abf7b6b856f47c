#!/usr/bin/env python3
"""nnc's generated C against onnxruntime and others: one thread each, same inputs, interleaved rounds, best of the rounds.

    compare.py [--rounds N] [--target T]... [--cc CC] [--peers] [MODEL ...]

nnc is timed inside a shared object by bench/timing.c. onnxruntime is timed as its Python users call it, through a bound
session (run_with_iobinding): the floor of such a call, measured on an Identity of one number, is printed below the table.
The outputs of both are compared first; a model whose outputs differ is listed as wrong, not as fast. With --peers so do
the engines of bench/peers.py, with a `-` where one does not take a model or gives other outputs.

Columns: ratio is onnxruntime's time over that of nnc's last target; least is the fastest engine's over the same; spread is
the greatest median over best among all that ran; of peak is what nnc's last target reaches of this core's fused
multiply-adds (bench/peak.c); code is the text of its object without constants; load is what onnxruntime takes to make
its session, where a program of nnc's takes nothing but the system's paging.
"""
import argparse
import ctypes
import hashlib
import math
import os
import statistics
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
import peers
from generated import Failure, execute, one_line
from report import Report
from targets import TARGETS, best_host, missing

ZOO = ("resnet50", "resnet18", "mobilenetv2", "squeezenet1_1", "vit_tiny_patch16_224", "yolov5n_320", "bert_mini",
       "tiny_resnet8", "mnasnet0_5", "lstm_speech")
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
        self.object = shared_object(folder, [cc, *target.cflags.split(), "-fPIC", "-shared", "-I", folder], sources)
        self.function = ctypes.CDLL(self.object).nnc_time
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

    def code_bytes(self):
        """Of .text, without constants."""
        sections = subprocess.run(["size", "-A", self.object], check=True, capture_output=True, text=True).stdout
        return next(int(line.split()[1]) for line in sections.splitlines() if line.startswith(".text "))


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


def measure_spread(engines, rounds):
    """Best and median seconds per engine, the rounds interleaved."""
    repeats = [repeats_for(e) for e in engines]
    seconds = [[] for _ in engines]
    for _ in range(rounds):
        for k, engine in enumerate(engines):
            seconds[k].append(engine.seconds(repeats[k]))
    return [(min(s), statistics.median(s)) for s in seconds]


def measure(engines, rounds):
    """Best seconds per engine, the rounds interleaved."""
    return [best for best, _ in measure_spread(engines, rounds)]


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


def peak(target, cc):
    """Multiply-accumulates a second that this core reaches with the target's instructions."""
    folder = os.path.join(generated.work_folder(), "bench", target.name)
    os.makedirs(folder, exist_ok=True)
    library = os.path.join(folder, "peak.so")
    code, text = execute([cc, *target.cflags.split(), "-fPIC", "-shared", "-I", ROOT, "-o", library,
                          os.path.join(HERE, "peak.c")], 60)
    if code != 0:
        raise Failure("cc", one_line(text))
    function = ctypes.CDLL(library).nnc_peak
    function.restype = ctypes.c_double
    return function()


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


class Table:
    """The lines that main() prints, one model each."""

    def __init__(self, targets, a):
        self.targets, self.cc, self.rounds = targets, a.cc, a.rounds
        self.peers = [n for n in peers.ENGINES if a.peers and peers.version(n)]
        self.notes, self.ratios, self.leads = Notes(), [], []
        self.peak = peak(targets[-1], a.cc)
        for name in peers.ENGINES if a.peers else ():
            if name not in self.peers:
                self.notes.lines.append(f"{name}: is not installed here")

    def head(self):
        ours = [f"nnc {t.name} us" for t in self.targets]
        columns = ["model", "MMAC", "onnxruntime us", *(f"{n} us" for n in self.peers), *ours, "spread", "ratio",
                   *(["least"] if self.peers else []), "GMAC/s", "of peak", "code KB", "load ms"]
        return f"| {' | '.join(columns)} |\n|---{'|---:' * (len(columns) - 1)}|"

    def _peers_of(self, entry, expected):
        """An engine or None for each that was asked for."""
        found = []
        for name in self.peers:
            try:
                with peers.silent():
                    engine = peers.ENGINES[name](entry.path, entry.inputs)
                    outputs = engine.outputs()
                same = len(outputs) == len(expected) and all(a.size == b.size for a, b in zip(outputs, expected))
                if not same or not agree([a.reshape(b.shape) for a, b in zip(outputs, expected)], expected):
                    raise Failure("wrong", "outputs differ from onnxruntime's")
                found.append(engine)
            except Failure as e:
                self.notes.lines.append(f"{entry.name}: {name}: {e.kind}: {e}")
                found.append(None)
        return found

    def row(self, entry):
        began = time.perf_counter()
        theirs = Onnxruntime(entry.path, entry.inputs)
        load = time.perf_counter() - began
        expected = theirs.outputs()
        ours = [Nnc(entry, t, self.cc, expected) for t in self.targets]
        for engine in ours:
            if not agree(engine.outputs(), expected):
                raise Failure("wrong", "outputs differ from onnxruntime's")
        others = self._peers_of(entry, expected)
        engines = [theirs, *(e for e in others if e), *ours]
        times = dict(zip(map(id, engines), measure_spread(engines, self.rounds)))
        best = {k: least for k, (least, _) in times.items()}
        spread = max(median / least for least, median in times.values())
        nnc, work = best[id(ours[-1])], macs(entry.path)
        self.ratios.append(best[id(theirs)] / nnc)
        self.leads.append(min(best[id(e)] for e in engines if e not in ours) / nnc)
        cells = [entry.name, f"{work:.2f}", *(number(1e6 * best[id(e)]) if e else "-" for e in [theirs, *others, *ours]),
                 f"{spread:.2f}", f"{self.ratios[-1]:.2f}", *([f"{self.leads[-1]:.2f}"] if self.peers else []),
                 f"{1e-3 * work / nnc:.1f}", f"{1e6 * work / nnc / self.peak:.2f}",
                 f"{ours[-1].code_bytes() / 1024:.0f}", f"{1e3 * load:.0f}"]
        return f"| {' | '.join(cells)} |"

    def print_sums(self):
        if not self.ratios:
            return
        means = f"geometric means of {len(self.ratios)}: ratio {geometric_mean(self.ratios):.2f}, least one " \
                f"{min(self.ratios):.2f}"
        if self.peers:
            means += f"; over the fastest of all engines {geometric_mean(self.leads):.2f}, least {min(self.leads):.2f}"
        print(f"\n**{means}**. Floor of an onnxruntime call from Python: {1e6 * call_floor():.1f} us.")


def targets_of(names):
    """Those asked for; else x86-64-v3 where it is not all that this machine has, and the widest that it has."""
    runs = [n for n in names or ["host"] if not avx512_skipped(n) or n == "host"]
    if names:
        return [best_host() if n == "host" else TARGETS[n] for n in runs]
    best = best_host()
    return [TARGETS["x86-64-v3"], best] if best.name.startswith("x86-64-v4") else [best]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--target", action="append", help="default: x86-64-v3 and the widest that this processor runs")
    p.add_argument("--cc", default="gcc")
    p.add_argument("--peers", action="store_true", help="time OpenVINO, ncnn and MNN too, those that are installed")
    p.add_argument("names", nargs="*")
    a = p.parse_intermixed_args()
    targets = targets_of(a.target or ())
    if not targets:
        return
    table = Table(targets, a)
    others = "".join(f", {n} {peers.version(n)}" for n in table.peers)
    print(f"{a.cc}: {'; '.join(f'{t.name} {t.cflags}' for t in targets)}; onnxruntime {onnxruntime.__version__}{others}; "
          f"one thread, best of {a.rounds} interleaved rounds. {targets[-1].name} reaches {1e-9 * table.peak:.1f} GMAC/s "
          f"here.\n")
    print(table.head(), flush=True)
    # Our own are so small that they say more of the call than of the kernels.
    names = a.names or [*(name for name, kind, _, path in cases.rows() if kind == "float" and not path), *ZOO]
    for entry in entries(names, KINDS, table.notes):
        try:
            print(table.row(entry), flush=True)
            table.notes.ok(entry.name)
        except Failure as e:
            table.notes.failed(entry.name, f"{e.kind}: {e}")
    table.print_sums()
    for line in table.notes.lines:
        print(f"not measured: {line}")
    sys.exit(1 if table.notes.counts["not ok"] or not table.ratios else 0)


if __name__ == "__main__":
    main()
