"""Random models of one Fourier transform, for layers.py: (model, values of its inputs)."""
import numpy as np

from drawn import Graph


def dft(r, numbers):
    """Of few elements, which stay loops, and of so many that a product is made of them."""
    dtype = r.choice([np.float32, np.float32, np.float64, np.float16])
    rank, parts, many = r.choice([2, 3, 4]), r.choice([1, 2]), r.random() < 0.4
    shape = [r.choice([1, 2, 3, 5]) for _ in range(rank - 1)] + [parts]
    axis = r.randrange(rank - 1)
    shape[axis] = r.choice([32, 45, 64, 96, 128]) if many else r.choice([1, 2, 3, 7, 8])
    inverse, one_sided, opset = r.choice([0, 1]), r.choice([0, 1]), r.choice([17, 20])
    if inverse and one_sided:
        shape[-1], shape[axis] = 2, max(2, shape[axis])
    elif one_sided:
        shape[-1] = 1
    if many:
        shape[0 if axis else rank - 2] = 33 if rank > 2 else shape[0 if axis else rank - 2]
    g = Graph(numbers, dtype)
    g.add("X", shape, False)
    if r.random() < 0.5:
        g.add_value("length", np.array(max(1, shape[axis] + r.choice([-2, 0, 1, 3])), np.int64), True)
    else:
        g.names.append("")
    attributes = {"inverse": inverse, "onesided": one_sided}
    written = axis - rank if r.random() < 0.5 else axis
    if opset == 17:
        attributes["axis"] = written
    elif written != -2 or r.random() < 0.5:
        g.add_value("axis", np.array(written, np.int64), True)
    return g.model("DFT", ["Y"], (rank,), attributes, opset), g.values


def stft(r, numbers):
    dtype = r.choice([np.float32, np.float32, np.float64, np.float16])
    length, step, parts = r.choice([1, 4, 5, 16, 50, 80]), r.choice([1, 2, 5, 16]), r.choice([1, 1, 2])
    g = Graph(numbers, dtype)
    g.add("X", [r.choice([1, 2]), length + r.choice([0, 1, 7, 90]), parts], False)
    g.add_value("step", np.array(step, np.int64), True)
    windowed = r.random() < 0.6
    g.add("window", [length], r.random() < 0.5, windowed)
    if not windowed or r.random() < 0.5:
        g.add_value("length", np.array(length, np.int64), True)
    return g.model("STFT", ["Y"], (4,), {"onesided": 1 if parts == 1 and r.random() < 0.6 else 0}, 17), g.values


# Each with the oracle that it is for.
DRAWS = [(dft, "float64"), (stft, "float64")]
