"""Random models of one recurrent layer, for layers.py: (model, values of its inputs)."""
import numpy as np

from drawn import Graph

WITH_ALPHA = ("Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu")
WITH_BETA = ("Affine", "ScaledTanh", "HardSigmoid")
# ThresholdedRelu: the standard lets x through from alpha on, onnxruntime above it. Softplus: overflows there.
ACTIVATIONS = ("Relu", "Tanh", "Sigmoid", "Softsign", "Affine", "LeakyRelu", "ScaledTanh", "HardSigmoid", "Elu")


def recurrent_attributes(r, op, directions, known):
    functions = {"RNN": 1, "GRU": 2, "LSTM": 3}[op] * directions
    attributes = {}
    if r.random() < 0.5:
        names = [r.choice(known) for _ in range(functions)]
        alphas, betas = (sum(n in those for n in names) for those in (WITH_ALPHA, WITH_BETA))
        attributes["activations"] = names
        if alphas:
            attributes["activation_alpha"] = [r.choice([0.1, 0.3, 0.5]) for _ in range(alphas)]
        if betas:
            attributes["activation_beta"] = [r.choice([0.1, 0.2, 0.6]) for _ in range(betas)]
    if r.random() < 0.3:
        attributes["clip"] = r.choice([0.1, 0.5, 2.0])
    if op == "LSTM" and r.random() < 0.2:
        attributes["input_forget"] = 1
    if op == "GRU" and r.random() < 0.5:
        attributes["linear_before_reset"] = 1
    return attributes


def recurrent(r, numbers, dtype=np.float32, known=ACTIVATIONS, layout=0):
    op = r.choice(["RNN", "GRU", "LSTM", "LSTM"])
    rows = {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    steps, batch, width, hidden = r.choice([1, 2, 5]), r.choice([1, 2, 3]), r.choice([1, 3, 17]), r.choice([1, 4, 16, 19, 40])
    direction = r.choice(["forward", "reverse", "bidirectional"])
    both = 2 if direction == "bidirectional" else 1
    constant = r.random() < 0.6
    # Weights that were quantised, which machines without a cache keep as bytes.
    of_bytes = constant and r.random() < 0.5
    g = Graph(numbers, dtype)
    g.add("X", (batch, steps, width) if layout else (steps, batch, width), False)
    for name, n in (("W", width), ("R", hidden)):
        if of_bytes:
            scale = (numbers.random((both, rows * hidden, 1)) * 0.01).astype(dtype)
            g.add_value(name, numbers.integers(-128, 128, (both, rows * hidden, n)).astype(dtype) * scale, True)
        else:
            g.add(name, (both, rows * hidden, n), constant)
    g.add("B", (both, 2 * rows * hidden), constant, r.random() < 0.7)
    if r.random() < 0.3:
        g.add_value("lens", numbers.integers(1, steps + 1, batch).astype(np.int32), False)
    else:
        g.names.append("")
    state = (batch, both, hidden) if layout else (both, batch, hidden)
    g.add("h", state, False, r.random() < 0.5)
    if op == "LSTM":
        g.add("c", state, False, r.random() < 0.5)
        g.add("P", (both, 3 * hidden), constant, r.random() < 0.3)
    outputs = [name if r.random() < 0.7 else "" for name in ["Y", "Y_h", "Y_c"][:3 if op == "LSTM" else 2]]
    if not any(outputs):
        outputs[0] = "Y"
    attributes = {"hidden_size": hidden, "direction": direction, "layout": layout,
                  **recurrent_attributes(r, op, both, known)}
    return g.model(op, outputs, (4, 3, 3), attributes), g.values


def recurrent_of_any_type(r, numbers):
    """What onnxruntime has not: float64, float16, the batch first, Softplus, and ThresholdedRelu where a sum near its step is
    not moved across it by rounding."""
    dtype = r.choice([np.float32, np.float64, np.float64, np.float64, np.float16])
    known = ACTIVATIONS + ("Softplus",) + (("ThresholdedRelu",) if dtype == np.float64 else ())
    return recurrent(r, numbers, dtype, known, r.choice([0, 1]))


# Each with the oracle that it is for.
DRAWS = [(recurrent, "onnxruntime"), (recurrent_of_any_type, "float64")]
