"""Random models of one recurrent layer, convolution or pool, for layers.py: (model, values of its inputs)."""
import numpy as np
from onnx import helper, numpy_helper

WITH_ALPHA = ("Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu")
WITH_BETA = ("Affine", "ScaledTanh", "HardSigmoid")
# ThresholdedRelu: the standard lets x through from alpha on, onnxruntime above it. Softplus: overflows there.
ACTIVATIONS = ("Relu", "Tanh", "Sigmoid", "Softsign", "Affine", "LeakyRelu", "ScaledTanh", "HardSigmoid", "Elu")


class Graph:
    """One operator with its inputs, some of them constants."""

    def __init__(self, numbers, dtype=np.float32):
        self.numbers, self.dtype = numbers, dtype
        self.names, self.inputs, self.constants, self.values = [], [], [], []

    def add(self, name, shape, constant, present=True):
        if present:
            self.add_value(name, (self.numbers.standard_normal(shape) * 0.5).astype(self.dtype), constant)
        else:
            self.names.append("")

    def add_value(self, name, value, constant):
        self.names.append(name)
        if constant:
            self.constants.append(numpy_helper.from_array(value, name))
        else:
            kind = helper.np_dtype_to_tensor_dtype(value.dtype)
            self.inputs.append(helper.make_tensor_value_info(name, kind, value.shape))
            self.values.append(value)

    def model(self, op, outputs, rank, attributes, opset=14, types=None):
        """rank: of each output; types: of each, by default that of the inputs."""
        while self.names[-1] == "":
            self.names.pop()
        types = [helper.np_dtype_to_tensor_dtype(np.dtype(t)) for t in types or [self.dtype] * len(outputs)]
        infos = [helper.make_tensor_value_info(o, types[i], [None] * rank[i]) for i, o in enumerate(outputs) if o]
        node = helper.make_node(op, self.names, outputs, **attributes)
        graph = helper.make_graph([node], "g", self.inputs, infos, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


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
    g = Graph(numbers, dtype)
    g.add("X", (batch, steps, width) if layout else (steps, batch, width), False)
    g.add("W", (both, rows * hidden, width), constant)
    g.add("R", (both, rows * hidden, hidden), constant)
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


def transposed(r, numbers):
    """auto_pad only with kernels as long as the stride: onnxruntime gives fewer outputs than the standard says else."""
    axes, group = r.choice([1, 2, 2]), r.choice([1, 1, 2, 6])
    channels = 1 if group == 6 else r.choice([1, 3, 17])
    stride = [r.choice([1, 2, 3]) for _ in range(axes)]
    attributes = {"strides": stride, "dilations": [r.choice([1, 1, 2, 3]) for _ in range(axes)], "group": group}
    if r.random() < 0.3:
        kernel = [s + r.choice([0, 1]) for s in stride]
        attributes["auto_pad"] = r.choice(["SAME_UPPER", "SAME_LOWER"])
    else:
        kernel = [r.choice([1, 2, 3, 4]) for _ in range(axes)]
        attributes["pads"] = [r.choice([0, 0, 1, 2]) for _ in range(2 * axes)]
        attributes["output_padding"] = [r.randrange(s) for s in stride]
    g = Graph(numbers)
    g.add("X", [r.choice([1, 2]), 6] + [r.choice([3, 6, 9]) for _ in range(axes)], False)
    g.add("W", [6, channels] + kernel, True)
    g.add("B", [channels * group], True, r.random() < 0.5)
    return g.model("ConvTranspose", ["Y"], (axes + 2,), {"kernel_shape": kernel, **attributes}), g.values


def pool(r, numbers):
    axes, kernel = r.choice([1, 2, 2]), r.choice([2, 3])
    attributes = {"kernel_shape": [kernel] * axes, "strides": [r.choice([1, 2]) for _ in range(axes)],
                  "pads": [r.randrange(kernel) for _ in range(2 * axes)]}
    op = r.choice(["MaxPool", "AveragePool"])
    if op == "AveragePool":
        attributes["count_include_pad"] = r.choice([0, 1])
    g = Graph(numbers)
    g.add("X", [r.choice([1, 2]), r.choice([1, 5, 16, 37])] + [r.choice([3, 6, 9]) for _ in range(axes)], False)
    return g.model(op, ["Y"], (axes + 2,), attributes), g.values


# Each with the oracle that it is for.
DRAWS = [(recurrent, "onnxruntime"), (recurrent_of_any_type, "float64"), (transposed, "onnxruntime"), (pool, "onnxruntime")]
