"""The second look at floats of up to 32 bits: is a result nearer to the true value than the one expected?

Some of ONNX's node tests hold a computation of many steps, each rounded in an order that the standard does not state, to a
tolerance of a part of what the type resolves: attention in 16 bits, and a transform whose expected zeros are 2e-7, with
1e-7 allowed. A result that misses it passes only when its greatest error, against the same inputs evaluated in float64 by the onnx package's reference implementation, is no greater
than that of the expected output. Nothing of ours takes part: neither own operators nor the function bodies.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "oracle"))

import ml_dtypes
import numpy as np
from onnx import TensorProto

import float64

NARROW_ARRAYS = (np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16))
NARROW = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16)


def is_narrow(array):
    return array.dtype in NARROW_ARRAYS


class Exact:
    """The outputs in float64, evaluated when they are asked for."""

    def __init__(self, case, inputs):
        self.case, self.inputs, self.made = case, inputs, None

    def outputs(self):
        if self.made is None:
            self.made = float64.Evaluator(self.case.model, operators=(), narrow=NARROW).run(self.inputs)
        return self.made


def not_nearer(actual, expected, exact):
    """None, or how far actual is from exact when expected is nearer; what is not finite must be the same in both."""
    ours, theirs = actual.astype(np.float64), expected.astype(np.float64)
    if exact.dtype != np.float64 or exact.shape != ours.shape:
        return f"the reference gives {exact.dtype} {exact.shape}, expected float64 {ours.shape}"
    finite = np.isfinite(exact)
    if not np.array_equal(ours[~finite], exact[~finite], equal_nan=True) or not np.isfinite(ours[finite]).all():
        return "infinities or NaN are elsewhere than in float64"
    error, allowed = (np.abs(v[finite] - exact[finite]).max(initial=0) for v in (ours, theirs))
    if error <= allowed:
        return None
    return f"error against float64 {error:.3g}, that of the expected output is {allowed:.3g}"
