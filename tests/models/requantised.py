#!/usr/bin/env python3
"""The integer lines by which cores without vectors requantise give what the float32 formula of INTEGERS.md gives, at
every sum that the channels of the real models can reach.

    requantised.py [--sums N] [MODEL ...]      of models with more sums than N it says so and skips them

The channels are read from the models by the evaluator of tests/oracle; requantised.c beside this file asks the
compiler for their lines and computes them as the kernels do.
"""
import argparse
import os
import subprocess
import sys

import numpy as np
import onnx

import subroutines

import generated
from generated import execute, one_line
from integers import Graph, Quantised, attribute, bias_steps, sandwich, tail_limits
from qdq_form import qdq_form
from report import Report
from targets import TARGETS

HERE = os.path.dirname(os.path.abspath(__file__))
REACH = 1 << 31  # of sums that are int32


def by_channel(node, w):
    """The weights of a node as a row a channel."""
    if node.op_type == "Conv":
        return w.reshape(len(w), -1)
    if node.op_type == "Gemm" and attribute(node, "transB", 0):
        return w
    return w.T if w.ndim == 2 else None


def scale_and_zero(graph, last):
    zero = graph.constants[last.input[2]] if len(last.input) > 2 and last.input[2] else np.zeros((), np.uint8)
    return graph.constants[last.input[1]].astype(np.float32).reshape(()), zero


def channels_of(graph, node, tail, last):
    """Lines of text for requantised.c; none where weights or scales are no constants of channels."""
    x, w = (graph.dequantize(i) for i in node.input[:2])
    scale_y, zero = scale_and_zero(graph, last)
    if w.input[0] not in graph.constants or zero.dtype not in (np.int8, np.uint8):
        return
    weights = Quantised(graph, w, graph.constants)
    rows = by_channel(node, weights.steps())
    x_scale = graph.constants[x.input[1]].astype(np.float32).reshape(-1)
    x_zero = graph.constants[x.input[2]].reshape(-1) if len(x.input) > 2 and x.input[2] else np.zeros(1, np.uint8)
    if rows is None or x_scale.size > 1 or x_zero.dtype not in (np.int8, np.uint8):
        return
    scales = np.broadcast_to((x_scale * weights.scale).astype(np.float32) / scale_y, len(rows))
    bias = bias_steps(graph, node) if len(node.input) > 2 and node.input[2] else np.zeros(1, np.int64)
    bounds = np.iinfo(x_zero.dtype)
    ends = [bounds.min - int(x_zero[0]), bounds.max - int(x_zero[0])]
    above, below = rows.clip(0).sum(axis=1), rows.clip(None, 0).sum(axis=1)
    least, most = (above * ends[k] + below * ends[1 - k] + bias for k in (0, 1))
    low, high = tail_limits(graph, tail, scale_y, int(zero.reshape(-1)[0]), zero.dtype)
    for k, scale in enumerate(scales):
        if scale > 0 and -REACH <= least[k] and most[k] < REACH:
            yield f"{float(scale).hex()} {least[k]} {most[k]} {int(zero.reshape(-1)[0])} {low} {high}"


def channels(proto):
    graph = Graph(qdq_form(proto))
    for node in graph.model.graph.node:
        if found := sandwich(graph, node):
            yield from channels_of(graph, node, *found)


def program():
    path = os.path.join(generated.work_folder(), "requantised")
    code, text = execute([TARGETS["generic"].cc, "-O3", "-march=native", "-ffp-contract=off", "-std=gnu11", "-I", generated.ROOT,
                          "-I", os.path.join(generated.ROOT, "compiler"), "-o", path, os.path.join(HERE, "requantised.c"),
                          os.path.join(generated.ROOT, "compiler", "lower", "requantise.c"), "-lm"], 120)
    if code != 0:
        sys.exit(f"requantised: cc: {one_line(text)}")
    return path


def sums_of(line):
    _, least, most, *_ = line.split()
    return int(most) - int(least) + 1


def check(report, path, model, most_sums):
    lines = sorted(set(channels(onnx.load(model.path))))
    if not lines:
        report.skip(model.name, "no channel is requantised by constants")
        return
    if (n_sums := sum(map(sums_of, lines))) > most_sums:
        report.skip(model.name, f"{n_sums:,} sums: only {most_sums:,} were asked for")
        return
    done = subprocess.run([path], input="\n".join(lines), capture_output=True, text=True, check=False)
    n, n_slopes, n_without, n_sums, n_wrong = map(int, done.stdout.split())
    print(f"# {model.name}: {n} channels, {n_slopes} with a slope alone, {n_without} without a line, {n_sums:,} sums")
    if n != len(lines) or n_wrong:
        report.failed(model.name, f"{n} of {len(lines)} channels read, {n_wrong} sums differ")
    else:
        report.ok(model.name)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--sums", type=int, default=1 << 62)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    report, path = Report(), program()
    for model in subroutines.models(report, a.names):
        check(report, path, model, a.sums)
    report.exit()


if __name__ == "__main__":
    main()
