#!/usr/bin/env python3
"""Random graphs of Loop, Scan and If against an interpreter of our own and onnxruntime, equal to the bit.

    loops.py [--target T] [--count N] [--first SEED] [--jobs N] [--sanitize] [SEED ...]

What is drawn is in draw_loops.py. interpreter.py decides, and says why that is needed; where onnxruntime refuses a graph or
says otherwise the line of the seed tells so, and that it does for more than half of them is a failure. See running.py for
what a failure leaves.
"""
import numpy as np
import onnx

import draw_loops
import drawing
import interpreter
import judging
import running

SECONDS = 5  # for onnxruntime, which may count turns up to a number that it never wrote
ALONE = "the interpreter alone says so"


def difference(have, want):
    """None, or what differs."""
    for k, (a, b) in enumerate(zip(have, want)):
        if a.shape != b.shape or not np.array_equal(a, b):
            return f"output {k}: {a.ravel()[:6]}, expected {b.ravel()[:6]}"
    return None


class Judge:
    """Knows the right outputs of one call."""

    def __init__(self, model, inputs):
        try:
            onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        except onnx.shape_inference.InferenceError as e:
            raise judging.Invalid(str(e)) from e
        self.right = interpreter.evaluate(model, inputs)
        self.outputs = [(v.dtype, v.shape) for v in self.right]
        for v, info in zip(self.right, model.graph.output):
            if list(v.shape) != interpreter.shape_of(info):
                raise judging.Invalid(f"{info.name} has the shape {v.shape}")
        try:
            agree = difference(judging.run_onnxruntime(model, inputs, SECONDS), self.right) is None
        except judging.Invalid:
            agree = False
        self.remarks = [] if agree else [ALONE]

    @staticmethod
    def values(model, inputs):
        return interpreter.values(model.graph, inputs, {})

    def difference(self, actual):
        return difference(actual, self.right)


def draw(seed):
    model, arrays = draw_loops.draw(seed)
    return drawing.Case(model, [arrays], [{}], {})


if __name__ == "__main__":
    running.main(running.Test("loops", draw, Judge, doubt=ALONE), __doc__)
