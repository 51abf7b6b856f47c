"""What a model's outputs must be: the fp32 promise for float models, the integer reading for quantised ones."""
import numpy as np

import cases
import float64
import integers
from generated import Failure
from promise import fp32_promise


def exact(model, inputs):
    """In double precision, halves too. What the evaluator raises goes on: without an oracle there is no test."""
    return float64.Evaluator(model, (float64.F32, float64.F16)).run(inputs)


def by_integers(model, inputs):
    return integers.Evaluator(model).run(inputs)


def same_bits(actual, expected):
    """None, or where the first difference is."""
    if actual.dtype != expected.dtype or actual.shape != expected.shape:
        return f"{actual.dtype}{actual.shape}, expected {expected.dtype}{expected.shape}"
    bits = f"u{actual.dtype.itemsize}" if actual.dtype.itemsize > 0 else "u1"
    wrong = actual.view(bits) != expected.view(bits) if actual.ndim else actual.reshape(1).view(bits) != \
        expected.reshape(1).view(bits)
    if not wrong.any():
        return None
    at = int(np.argmax(wrong.reshape(-1)))
    return (f"{int(wrong.sum())} of {wrong.size} differ, first at flat index {at}: {actual.reshape(-1)[at]}, "
            f"expected {expected.reshape(-1)[at]}")


def check_answer(model, k, answer):
    """Raises Failure unless the answer to case k holds."""
    if answer.status != 0:
        raise Failure("wrong", f"the function returned {answer.status}")
    plain = model.case(k)[1]
    answer.check_sizes(plain)
    if model.kind == "qdq":
        wanted = model.wanted(k, "integers", by_integers)
        differences = [same_bits(a, w) for a, w in zip(answer.outputs, wanted)]
    else:
        wanted = model.wanted(k, "float64", exact)
        differences = [fp32_promise(a, p, w) for a, p, w in zip(answer.outputs, plain, wanted)]
    for j, difference in enumerate(differences):
        if difference:
            raise Failure("wrong", f"case {k}, output {j}: {difference}")


def calls(model, dims=None):
    return [cases.call_of(*model.case(k), dims) for k in range(model.n_cases)]
