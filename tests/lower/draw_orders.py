"""Random models of operators that go along an axis in order, for layers.py: (model, values of its inputs)."""
import numpy as np

from drawn import Graph


def sizes(r):
    return [r.choice([1, 2, 5, 9]) for _ in range(r.choice([1, 2, 3]))]


def running_sum(r, numbers):
    shape = sizes(r)
    g = Graph(numbers, r.choice([np.float32, np.float64, np.int32]))
    if g.dtype == np.int32:
        g.add_value("X", numbers.integers(-9, 10, shape).astype(np.int32), False)
    else:
        g.add("X", shape, False)
    g.add_value("axis", np.array(r.randrange(-len(shape), len(shape))), True)
    op, attributes = r.choice(["CumSum", "CumProd"]), {"exclusive": r.choice([0, 1]), "reverse": r.choice([0, 1])}
    return g.model(op, ["Y"], (len(shape),), attributes, 26), g.values


def greatest(r, numbers):
    """Of few different numbers, so that equal ones are among them: the first of those comes first."""
    shape, dtype = sizes(r), r.choice([np.float32, np.float64, np.int32, np.int64, np.float16, np.uint8])
    axis = r.randrange(len(shape))
    shape[axis] = r.choice([1, 4, 17, 100])
    k = r.choice([1, min(3, shape[axis]), shape[axis]])
    value = numbers.integers(0, 40, shape).astype(dtype)
    if np.issubdtype(dtype, np.floating):
        value = (value - 20) / dtype(4)
    g = Graph(numbers, dtype)
    g.add_value("X", value, False)
    g.add_value("k", np.array([k]), True)
    attributes = {"axis": r.choice([axis, axis - len(shape)]), "largest": r.choice([0, 1])}
    return g.model("TopK", ["V", "I"], (len(shape),) * 2, attributes, 11, [dtype, np.int64]), g.values


# Each with the oracle that it is for.
DRAWS = [(running_sum, "reference"), (greatest, "onnxruntime")]
