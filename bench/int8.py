#!/usr/bin/env python3
"""nnc's C over bytes against its own over float32 and onnxruntime over bytes: one thread each, interleaved rounds.

    int8.py [--rounds N] [--target T] [--cc CC] [--signed] [MODEL ...]

MODEL is an int8 model of ../shared/models or of tests/models/models.def, or a network of ../shared/zoo, which onnxruntime's
quantiser makes of it: NAME, QDQ with uint8 images and int8 weights by channel (U8S8); NAME:signed, with int8 images (S8S8);
NAME:uint8 and NAME:int8, operators on quantised tensors; NAME:dynamic. Default: the networks that issue figures are stated
for, the int8 models of ../shared/models and our own. `--signed` (and the default) times S8S8 of each U8S8 network beside it.

float is nnc's time for the float32 original; of a QDQ model without one for the same network without its QuantizeLinear and
DequantizeLinear. Ratios are that, and onnxruntime's time, over nnc's for bytes.
onnxruntime takes the widest instructions of the machine whatever the target is. What was made is kept in the work folder.
"""
import argparse
import json
import logging
import math
import os
import subprocess
import sys
import warnings
from typing import NamedTuple

from compare import HERE, Entry, Nnc, Notes, Onnxruntime, avx512_skipped, measure, number, zoo_entries

sys.path.append(os.path.join(HERE, "..", "tests", "integers"))

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

import cases
import generated
from generated import Failure
from targets import TARGETS, best_host

ZOO = ("resnet50", "resnet18", "mobilenetv2", "squeezenet1_1", "mnasnet0_5", "tiny_resnet8")
FORMS = ("signed", "uint8", "int8", "dynamic")
ORIGINALS = {"-int8": ("-fp32", ""), "-qdq": ("-fp32",), "-qoperator": ("-fp32",), "-convinteger": ("",)}
FAR = 0.1  # of the outputs' range, on the mean: another rounding in a deep network is within, another function is not


class Row(NamedTuple):
    name: str
    bytes: Entry
    float: Entry | None
    signed: Entry | None


def folder(*parts):
    path = os.path.join(generated.work_folder(), *parts)
    os.makedirs(path, exist_ok=True)
    return path


def zoo_script():
    return os.path.join(cases.SHARED, "zoo", "make_zoo.py")


def zoo_names():
    if not os.path.exists(zoo_script()):
        return set()
    listed = subprocess.run([sys.executable, zoo_script(), "--list"], check=True, capture_output=True, text=True).stdout
    return {line.split()[0] for line in listed.splitlines()[1:]}


def quantised(name, activations):
    """A network of the zoo as QDQ."""
    out = folder("zoo-quantised", activations)
    path = os.path.join(out, f"{name}-qdq")
    if not os.path.exists(os.path.join(path, "input_0.npy")):
        subprocess.run([sys.executable, zoo_script(), "--out", out, "--activations", activations, "--quantize", name],
                       check=True, capture_output=True)
    label = name if activations == "uint8" else f"{name}:signed"
    return Entry(label, os.path.join(path, "model.onnx"), [], cases.load_numbered(path, "input"), [])


def in_form(original, form):
    """As quantised_models.py of the tests makes it."""
    import quantised_models
    path = os.path.join(folder("zoo-quantised", form), f"{original.name}.onnx")
    if not os.path.exists(path):
        made, prepared = path + ".new", path + ".float"
        quantised_models.quant_pre_process(original.path, prepared, skip_symbolic_shape=True)
        names = [i.name for i in onnxruntime.InferenceSession(prepared).get_inputs()]
        quantised_models.FORMS[form](prepared, made, [dict(zip(names, original.inputs))])
        os.remove(prepared)
        os.rename(made, path)
    return original._replace(name=f"{original.name}:{form}", path=path)


def zoo_row(name, signed):
    network, _, form = name.partition(":")
    original, = zoo_entries([network])
    if form == "signed":
        return Row(name, quantised(network, "int8"), original, None)
    if form:
        return Row(name, in_form(original, form), original, None)
    return Row(name, quantised(network, "uint8"), original, quantised(network, "int8") if signed else None)


def shared_manifest():
    path = os.path.join(cases.SHARED, "models", "MANIFEST.json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as f:
        return {e["name"]: e for e in json.load(f)["models"]}


def shared_entry(name):
    """A model of ../shared/models with its sample."""
    out = folder("bench-cases", name)
    if not os.path.exists(os.path.join(out, "cases.json")):
        script = os.path.join(cases.SHARED, "models", "make_cases.py")
        subprocess.run([sys.executable, script, "--out", out, "--cases", "1", name], check=True, capture_output=True)
    with open(os.path.join(out, "cases.json"), encoding="utf-8") as f:
        case = json.load(f)[0]
    path = os.path.join(cases.SHARED, "models", name, "model.onnx")
    return Entry(name, path, case["args"], cases.load_numbered(os.path.join(out, name, "case_0"), "input"), [])


def own_entry(name):
    model, = cases.models(Notes(), [name])
    return Entry(name, model.path, model.dims, model.case(0)[0], [])


def without_bytes(entry):
    """The model in float32: QuantizeLinear and DequantizeLinear do nothing, constants aside; None if bytes remain."""
    model = onnx.load(entry.path)
    graph, constants = model.graph, {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    if any(n.domain or "Integer" in n.op_type or n.op_type in ("QLinearConv", "Scan", "Loop", "If") for n in graph.node):
        return None
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in constants:
            value, scale, zero = [constants[n] for n in node.input] + [np.uint8(0)] * (3 - len(node.input))
            axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
            along = lambda v: v if v.size == 1 else v.reshape([-1 if k == axis % value.ndim else 1 for k in range(value.ndim)])
            real = (value.astype(np.float32) - along(zero.astype(np.float32))) * along(scale)
            graph.initializer.append(numpy_helper.from_array(real.reshape(value.shape), node.output[0]))
        elif node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            del node.input[1:], node.attribute[:]
            node.op_type = "Identity"
    made = {t.name for t in graph.initializer}
    for node in [n for n in graph.node if n.output[0] in made]:
        graph.node.remove(node)
    del graph.value_info[:]
    for info in [*graph.input, *graph.output]:
        if info.type.tensor_type.elem_type in (onnx.TensorProto.INT8, onnx.TensorProto.UINT8):
            info.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    path = os.path.join(folder("bench-cases", entry.name), "float.onnx")
    onnx.save(model, path)
    inputs = [v.astype(np.float32) / 128 if v.dtype.itemsize == 1 else v for v in entry.inputs]
    return Entry(f"{entry.name}-float", path, entry.dims, inputs, [])


def original_of(name, known):
    for tail, others in ORIGINALS.items():
        for other in others:
            if name.endswith(tail) and name[:-len(tail)] + other in known:
                return name[:-len(tail)] + other
    return None


def rows_of(names, signed):
    zoo, shared = zoo_names(), shared_manifest()
    own = {name: kind for name, kind, _, path in cases.rows() if path}
    if not names:
        names = [*(n for n in ZOO if n in zoo),
                 *(n for n, e in shared.items() if e["flags"]["quantized"]),
                 *(n for n, kind in own.items() if kind == "qdq")]
    for name in names:
        if name.partition(":")[0] in zoo:
            yield zoo_row(name, signed)
            continue
        known, entry = (shared, shared_entry) if name in shared else (own, own_entry)
        if name not in known:
            raise SystemExit(f"no model {name}")
        original = original_of(name, known)
        model = entry(name)
        yield Row(name, model, entry(original) if original else without_bytes(model), None)


def far(ours, theirs):
    """Whether the outputs are those of another function."""
    for a, b in zip(ours, theirs):
        span = float(np.ptp(b.astype(np.float64))) if b.size else 0
        if np.abs(a.astype(np.float64) - b).mean() > FAR * max(span, 1e-6):
            return True
    return False


def engines(entry, target, cc, theirs=True):
    """nnc's and, if asked for, onnxruntime's; a Failure where they compute something else."""
    session = Onnxruntime(entry.path, entry.inputs)
    expected = session.outputs()
    ours = Nnc(entry, target, cc, expected)
    if far(ours.outputs(), expected):
        raise Failure("wrong", f"{entry.name}: outputs are not onnxruntime's")
    return [ours, session] if theirs else [ours]


def print_row(row, times, ratios):
    own, signed = ("float" if row.float else None), ("signed" if row.signed else None)
    cells = [number(1e6 * times[k]) if k else "-" for k in ("bytes", own, "onnxruntime", signed, signed and "their signed")]
    for column, (top, bottom) in {"float / int8": (own, "bytes"), "onnxruntime / int8": ("onnxruntime", "bytes"),
                                  "S8S8": (signed and "their signed", signed)}.items():
        cells.append(f"{times[top] / times[bottom]:.2f}" if top else "-")
        if top:
            ratios.setdefault(column, []).append(times[top] / times[bottom])
    print(f"| {row.name} | {' | '.join(cells)} |", flush=True)


def time_row(row, target, a, ratios):
    timed = dict(zip(("bytes", "onnxruntime"), engines(row.bytes, target, a.cc)))
    if row.float:
        timed["float"], = engines(row.float, target, a.cc, False)
    if row.signed:
        timed |= zip(("signed", "their signed"), engines(row.signed, target, a.cc))
    print_row(row, dict(zip(timed, measure(list(timed.values()), a.rounds))), ratios)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--target", default="host", help="default: the widest that this processor runs")
    p.add_argument("--cc", default="gcc")
    p.add_argument("--signed", action="store_true")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    target = best_host() if a.target == "host" else TARGETS[a.target]
    if avx512_skipped(a.target) and a.target != "host":
        return
    print(f"Target {target.name}, {a.cc} {target.cflags}, onnxruntime {onnxruntime.__version__}, one thread, "
          f"microseconds, best of {a.rounds} interleaved rounds.\n")
    print("| model | int8 | float | onnxruntime | S8S8 | onnxruntime S8S8 | float / int8 | onnxruntime / int8 | S8S8 |\n"
          "|---|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    ratios, notes = {}, Notes()
    for row in rows_of(a.names, a.signed or not a.names):
        try:
            time_row(row, target, a, ratios)
            notes.ok(row.name)
        except Failure as e:
            notes.failed(row.name, f"{e.kind}: {e}")
    if ratios:
        print()
    for column, values in ratios.items():
        mean = math.exp(sum(map(math.log, values)) / len(values))
        print(f"{column}: geometric mean of {len(values)} {mean:.2f}, least {min(values):.2f}")
    for line in notes.lines:
        print(f"not measured: {line}")
    sys.exit(1 if notes.counts["not ok"] or not ratios else 0)


if __name__ == "__main__":
    main()
