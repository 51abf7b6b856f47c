"""Cases of bad_models.py with --stream: what reads frames that have not come, by operator."""
import numpy as np
from onnx import helper

from refused import UNSUPPORTED, USAGE, add, constant, model, value


def frames(*nodes, weights=(), x=(1, 4, "T"), opset=17):
    """Nodes (operator, inputs, outputs, attributes) over frames x to y."""
    made = [helper.make_node(op, i.split(" "), o.split(" "), o, **a) for op, i, o, a in nodes]
    return lambda: model(made, inputs=[value("x", list(x))], outputs=[value("y", None)],
                         weights=[constant(n, w) for n, w in dict(weights).items()], opset=opset)


def zeros(*shape):
    return np.zeros(shape, np.float32)


W3 = {"w": zeros(4, 4, 3)}
LSTM = {"w": zeros(1, 24, 4), "r": zeros(1, 24, 6)}
TWO = {"w": zeros(2, 24, 4), "r": zeros(2, 24, 6)}
PAD = {"p": np.array([0, 0, 2, 0, 0, 0])}

CASES = {
    "padded-at-the-end": frames(("Conv", "x w", "y", {"pads": [1, 1]}), weights=W3),
    "padded-at-the-end-inside": frames(("Conv", "x w", "a", {"pads": [1, 1]}), ("Conv", "a w", "y", {"pads": [2, 0]}), weights=W3),
    "cut-too-little": frames(("Conv", "x w", "a", {"pads": [2, 2]}), ("Slice", "a b e two", "y", {}),
                             weights={**W3, "b": np.array([0]), "e": np.array([-1]), "two": np.array([2])}),
    "padded-behind-late-rows": frames(("Conv", "x w", "a", {}), ("Conv", "a w", "y", {"pads": [2, 0]}), weights=W3),
    "padded-pool": frames(("MaxPool", "x", "y", {"kernel_shape": [3], "pads": [2, 0]})),
    "mean-over-time": frames(("GlobalAveragePool", "x", "y", {})),
    "softmax-over-time": frames(("Softmax", "x", "y", {"axis": 2})),
    "reversed": frames(("Slice", "x b e two s", "y", {}),
                       weights={"b": np.array([-1]), "e": np.array([-1 << 40]), "two": np.array([2]), "s": np.array([-1])}),
    "backwards": frames(("LSTM", "x w r", "y", {"hidden_size": 6, "direction": "reverse"}), weights=LSTM, x=("T", 1, 4)),
    "both-ways": frames(("LSTM", "x w r", "y", {"hidden_size": 6, "direction": "bidirectional"}), weights=TWO, x=("T", 1, 4)),
    "recurrent-behind-late-rows": frames(("Conv", "x w", "a", {}), ("Transpose", "a", "b", {"perm": [2, 0, 1]}),
                                         ("LSTM", "b u r", "y", {"hidden_size": 6}),
                                         weights={**W3, "u": LSTM["w"], "r": LSTM["r"]}),
    "from-a-state-of-its-own": frames(("RNN", "x w r   h", "y", {"hidden_size": 2}), x=("T", 1, 4),
                                      weights={"w": zeros(1, 2, 4), "r": zeros(1, 2, 2), "h": zeros(1, 1, 2) + 1}),
    "positions": frames(("Add", "x c", "y", {}), weights={"c": np.arange(40, dtype=np.float32).reshape(1, 4, 10)}, x=(1, 4, 10)),
    "padding-computed-with": frames(("Pad", "x p", "a", {}), ("Sigmoid", "a", "y", {}), weights=PAD),
    "padding-given-out": frames(("Pad", "x p", "y", {}), weights=PAD),
    "two-rates": frames(("Conv", "x w", "a", {"pads": [1, 0], "strides": [2]}), ("Mul", "x a", "y", {}), weights=W3, x=(1, 4, 2)),
    "attention": frames(("Transpose", "x", "a", {"perm": [0, 2, 1]}), ("MatMul", "a x", "y", {})),
    "joined-with-the-last": frames(("Gather", "x i", "a", {"axis": 2}), ("Add", "x a", "y", {}), weights={"i": np.array([-1])}),
    "flattened": frames(("Reshape", "x s", "y", {}), weights={"s": np.array([1, -1])}),
    "channels": frames(("Conv", "x w", "y", {}), weights={"w": zeros(2, 10, 1)}, x=(1, 10, 4)),
}
AXIS = {"positions": "x.2", "two-rates": "x.2", "channels": "x.1"}

for name, make in CASES.items():
    add("stream-" + name, UNSUPPORTED, make, f"--stream={AXIS.get(name, 'T')}")

add("stream-of-no-axis", USAGE, frames(("Relu", "x", "y", {}), x=(1, 4, 10)), "--stream=T")
add("stream-of-one-frame", USAGE, frames(("Relu", "x", "y", {}), x=(1, 4, 1)), "--stream=x.2")
add("stream-of-any-size", USAGE, frames(("Relu", "x", "y", {})), "--stream=T", "--dim", "T=1..8")
add("stream-with-states", USAGE, frames(("Relu", "x", "y", {}), x=(1, 4, 10)), "--stream=x.2", "--state", "x=y")
add("stream-with-a-window", USAGE, frames(("Relu", "x", "y", {}), x=(1, 4, 10)), "--stream=x.2", "--window=x.2")
add("window-of-any-size", USAGE, frames(("Relu", "x", "y", {})), "--window=T")
add("window-of-one-frame", USAGE, frames(("Relu", "x", "y", {}), x=(1, 4, 1)), "--window=x.2")
add("window-less-than-a-step", UNSUPPORTED, frames(("Conv", "x w", "a", {"strides": [4], "pads": [2, 2]}), ("ReduceMean", "a", "y", {}),
                                                   weights=W3, x=(1, 4, 3)), "--window=x.2")
add("window-nobody-looks-at", USAGE, frames(("Relu", "x", "a", {}), ("Neg", "c", "y", {}), weights={"c": zeros(1)}, x=(1, 4, 3)),
    "--window=x.2")
