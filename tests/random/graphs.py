#!/usr/bin/env python3
"""Random float graphs over most operators against onnxruntime and a float64 evaluation.

    graphs.py [--target T] [--count N] [--first SEED] [--jobs N] [--sanitize] [SEED ...]

A graph has one to three inputs and up to 16 nodes, values are read several times, some sizes are 0, and every third graph
leaves a size to run time: it is then called with several sizes of the bound. See running.py for what a failure leaves.
What once failed is in kept/, reduced, and runs first.
"""
import glob
import os

import drawing
import float_nodes
import heavy_nodes
import judging
import running

NODES = [*float_nodes.NODES, *heavy_nodes.NODES]
OPSETS = (12, 13, 15, 17, 18, 20, 22)
RUN_TIME = 7  # the size, while a graph is drawn, of the dimension that is left to run time: no other axis has it
BOUND = 8
CALLED = (1, 2, 5, 8)  # the sizes within the bound that a graph is called with, of all that it must allow
SIZES = (1, 2, 3, 4, 5, 6, 8)


def draw_input(d):
    rank = d.r.choice([0, 1, 2, 2, 3, 3, 4, 4, 4, 5])
    shape = [d.r.choice(SIZES) if rank < 5 else d.r.randint(1, 3) for _ in range(rank)]
    if rank and d.r.random() < 0.03:
        shape[d.r.randrange(rank)] = 0
    dims = {}
    if d.run_time and rank:
        axis = d.r.randrange(rank) if d.r.random() < 0.5 else 0
        shape[axis], dims[axis] = d.run_time, "N"
    d.input(d.floats(shape), dims)


def draw(seed):
    if isinstance(seed, str):
        return drawing.kept(seed, BOUND, CALLED)
    d = drawing.Draft(f"graph {seed}")
    d.opset, d.run_time = d.r.choice(OPSETS), RUN_TIME if d.r.random() < 0.33 else None
    for _ in range(d.r.randint(1, 3)):
        draw_input(d)
    functions, weights = zip(*NODES)
    n_nodes = d.r.randint(1, 16)
    while len(d.nodes) < n_nodes:
        d.attempt(d.r.choices(functions, weights)[0])
    outputs = d.leaves()
    outputs += [v for v in d.values if v not in outputs and d.r.random() < 0.1]
    return bounded(d, outputs) if d.run_time else d.case(outputs)


def bounded(d, outputs):
    """The case called with several sizes, or with none but the drawn one where the graph does not allow all of them."""
    case = d.case(outputs)
    calls = {}
    for n in range(1, BOUND + 1):
        inputs = [d.floats([n if k == "N" else k for k in dims]) for _, dims in d.inputs]
        try:
            judging.run_onnxruntime(case.model, inputs)
            judging.evaluate(case.model, inputs)
        except (judging.Invalid, ValueError):  # numpy's, of shapes that onnxruntime lets pass: empty ones of a Concat
            return drawing.fixed(case)
        calls[n] = inputs
    return drawing.Case(case.model, [calls[n] for n in CALLED], [{"N": n} for n in CALLED], {"N": BOUND})


if __name__ == "__main__":
    running.main(running.Test("graphs", draw, kept=glob.glob(os.path.join(drawing.HERE, "kept", "*.onnx"))), __doc__)
