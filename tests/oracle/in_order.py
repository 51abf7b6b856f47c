"""Reductions as the plainest program computes them: in the operand's own type, one term after the other, in row-major order
of the axes that vanish. The package's reference adds up in pairs along some axes, which rounds less.
"""
import numpy as np
from onnx import helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from float64_ops import OPERATORS


def total(x, axes, keepdims, add=np.add):
    """What add makes of all terms, from its identity."""
    axes = sorted(a % x.ndim for a in axes)
    rest = [a for a in range(x.ndim) if a not in axes]
    rows = np.transpose(x, (*axes, *rest)).reshape(-1, *(x.shape[a] for a in rest))
    value = np.full(rows.shape[1:], add.identity, x.dtype)
    for row in rows:
        value = add(value, row)
    return np.expand_dims(value, tuple(axes)) if keepdims else value


def mean(x, axes, keepdims):
    return total(x, axes, keepdims) / x.dtype.type(np.prod([x.shape[a] for a in axes]))


def log_sum_exp(x, axes, keepdims):
    greatest = x.max(axis=tuple(axes), keepdims=True)
    return np.log(total(np.exp(x - greatest), axes, keepdims)) + (greatest if keepdims else greatest.squeeze(tuple(axes)))


class Reduction(OpRun):
    op_domain = ""

    def _run(self, x, given=None, axes=None, keepdims=1, noop_with_empty_axes=0):
        axes = axes if given is None else [int(a) for a in given]
        if not axes and noop_with_empty_axes:
            return (x,)
        return (np.asarray(self.reduced(x, list(axes or range(x.ndim)), 1 if keepdims is None else keepdims)),)


class ReduceSum(Reduction):
    reduced = staticmethod(total)


class ReduceMean(Reduction):
    reduced = staticmethod(mean)


class ReduceL1(Reduction):
    reduced = staticmethod(lambda x, axes, keepdims: total(np.abs(x), axes, keepdims))


class ReduceL2(Reduction):
    reduced = staticmethod(lambda x, axes, keepdims: np.sqrt(total(x * x, axes, keepdims)))


class ReduceSumSquare(Reduction):
    reduced = staticmethod(lambda x, axes, keepdims: total(x * x, axes, keepdims))


class ReduceLogSum(Reduction):
    reduced = staticmethod(lambda x, axes, keepdims: np.log(total(x, axes, keepdims)))


class ReduceLogSumExp(Reduction):
    reduced = staticmethod(log_sum_exp)


class ReduceProd(Reduction):
    reduced = staticmethod(lambda x, axes, keepdims: total(x, axes, keepdims, np.multiply))


class GlobalAveragePool(OpRun):
    op_domain = ""

    def _run(self, x):
        return (mean(x, range(2, x.ndim), 1),)


REDUCTIONS = [ReduceSum, ReduceMean, ReduceL1, ReduceL2, ReduceSumSquare, ReduceLogSum, ReduceLogSumExp, ReduceProd,
              GlobalAveragePool]
NAMES = {c.__name__ for c in REDUCTIONS}


class Evaluator:
    """Outputs of a model in its own types, from inputs that are rounded to them."""

    def __init__(self, model):
        self.types = {i.name: helper.tensor_dtype_to_np_dtype(i.type.tensor_type.elem_type) for i in model.graph.input}
        self.reference = ReferenceEvaluator(model, new_ops=[*REDUCTIONS, *OPERATORS])

    def run(self, inputs):
        with np.errstate(all="ignore"):
            return self.reference.run(None, {n: np.asarray(v).astype(t) for (n, t), v in zip(self.types.items(), inputs)})
