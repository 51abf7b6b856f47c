"""The networks of train.py, each twice: as Vars to train, as ONNX nodes to write. `forward` maps parameters and a batch to
scores, `nodes` names the same parameters as constants. The inputs keep a symbolic batch, the texts a symbolic length."""
import numpy as np
from onnx import TensorProto, helper

from gradients import Var, concat

SIDE, CLASSES = 8, 10  # of scikit-learn's digits


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs, [output] if isinstance(output, str) else output, output if isinstance(output, str)
                            else output[0], **attributes)


def drawn(rng, *shape, fan=None):
    return (rng.standard_normal(shape) / np.sqrt(fan or shape[0])).astype(np.float32)


class Gru:
    """The rows of a picture, one after the other, through a GRU whose last state is classified."""

    name, hidden, dims = "digits-gru", 24, ["batch", SIDE, SIDE]

    def start(self, rng):
        h = self.hidden
        return {"W": drawn(rng, 1, 3 * h, SIDE, fan=SIDE), "R": drawn(rng, 1, 3 * h, h, fan=h),
                "B": np.zeros((1, 6 * h), np.float32), "Wo": drawn(rng, h, CLASSES), "bo": np.zeros(CLASSES, np.float32)}

    def forward(self, p, x):
        h, state = self.hidden, Var(np.zeros((len(x), self.hidden), np.float32))
        w, r, b = p["W"][0].transpose(1, 0), p["R"][0].transpose(1, 0), p["B"][0]
        for t in range(SIDE):
            a, c = Var(x[:, t]) @ w + b[:3 * h], state @ r + b[3 * h:]
            z, reset = (a[:, :h] + c[:, :h]).sigmoid(), (a[:, h:2 * h] + c[:, h:2 * h]).sigmoid()
            new = (a[:, 2 * h:] + reset * c[:, 2 * h:]).tanh()
            state = new + z * (state - new)
        return state @ p["Wo"] + p["bo"]

    def nodes(self):
        return [node("Transpose", ["x"], "steps", perm=[1, 0, 2]),
                node("GRU", ["steps", "W", "R", "B"], ["", "last"], hidden_size=self.hidden, linear_before_reset=1),
                node("Squeeze", ["last", "zero"], "state"), node("Gemm", ["state", "Wo", "bo"], "scores")]

    constants = {"zero": np.array([0])}


class Lstm:
    """The rows forwards and backwards; both last states are classified."""

    name, hidden, dims = "digits-bilstm", 12, ["batch", SIDE, SIDE]
    constants = {"flat": np.array([-1, 24])}

    def start(self, rng):
        h = self.hidden
        b = np.zeros((2, 8 * h), np.float32)
        b[:, 2 * h:3 * h] = 1  # the forget gate starts open
        return {"W": drawn(rng, 2, 4 * h, SIDE, fan=SIDE), "R": drawn(rng, 2, 4 * h, h, fan=h), "B": b,
                "Wo": drawn(rng, 2 * h, CLASSES), "bo": np.zeros(CLASSES, np.float32)}

    def direction(self, p, x, d):
        h = self.hidden
        state = cell = Var(np.zeros((len(x), h), np.float32))
        w, r, b = p["W"][d].transpose(1, 0), p["R"][d].transpose(1, 0), p["B"][d]
        for t in range(SIDE)[::-1 if d else 1]:
            a = Var(x[:, t]) @ w + b[:4 * h] + state @ r + b[4 * h:]
            i, o, f = ((a[:, k * h:(k + 1) * h]).sigmoid() for k in range(3))
            cell = f * cell + i * a[:, 3 * h:].tanh()
            state = o * cell.tanh()
        return state

    def forward(self, p, x):
        return concat([self.direction(p, x, 0), self.direction(p, x, 1)], 1) @ p["Wo"] + p["bo"]

    def nodes(self):
        return [node("Transpose", ["x"], "steps", perm=[1, 0, 2]),
                node("LSTM", ["steps", "W", "R", "B"], ["", "last"], hidden_size=self.hidden, direction="bidirectional"),
                node("Transpose", ["last"], "both", perm=[1, 0, 2]), node("Reshape", ["both", "flat"], "state"),
                node("Gemm", ["state", "Wo", "bo"], "scores")]


class Attention:
    """The rows as eight tokens through one transformer block, its mean classified."""

    name, dims, width, heads, inner = "digits-attention", ["batch", SIDE, SIDE], 16, 2, 32
    constants = {"split": np.array([0, 0, 2, 8]), "joined": np.array([0, 0, 16]),
                 "scale": np.float32(1 / np.sqrt(8))}

    def start(self, rng):
        w, h = self.width, self.inner
        p = {k: drawn(rng, w, w) for k in ("Wq", "Wk", "Wv", "Wr")}
        return p | {"We": drawn(rng, SIDE, w), "place": drawn(rng, SIDE, w, fan=4), "W1": drawn(rng, w, h),
                    "b1": np.zeros(h, np.float32), "W2": drawn(rng, h, w), "b2": np.zeros(w, np.float32),
                    "s1": np.ones(w, np.float32), "t1": np.zeros(w, np.float32), "s2": np.ones(w, np.float32),
                    "t2": np.zeros(w, np.float32), "Wo": drawn(rng, w, CLASSES), "bo": np.zeros(CLASSES, np.float32)}

    @staticmethod
    def norm(x, scale, shift):
        d = x - x.mean(-1)
        return d * ((d * d).mean(-1) + 1e-5).power(-0.5) * scale + shift

    def forward(self, p, x):
        n, w, heads = len(x), self.width, self.heads
        x = Var(x) @ p["We"] + p["place"]
        y = self.norm(x, p["s1"], p["t1"])
        q, k, v = ((y @ p[m]).reshape(n, SIDE, heads, w // heads).transpose(0, 2, 1, 3) for m in ("Wq", "Wk", "Wv"))
        a = ((q @ k.transpose(0, 1, 3, 2)) * self.constants["scale"]).softmax() @ v
        x = x + a.transpose(0, 2, 1, 3).reshape(n, SIDE, w) @ p["Wr"]
        y = (self.norm(x, p["s2"], p["t2"]) @ p["W1"] + p["b1"]).tanh() @ p["W2"] + p["b2"]
        return (x + y).mean(1).reshape(n, w) @ p["Wo"] + p["bo"]

    def nodes(self):
        made = [node("MatMul", ["x", "We"], "embedded"), node("Add", ["embedded", "place"], "x0"),
                node("LayerNormalization", ["x0", "s1", "t1"], "y0")]
        for m in "qkv":
            made += [node("MatMul", ["y0", f"W{m}"], f"{m}0"), node("Reshape", [f"{m}0", "split"], f"{m}1"),
                     node("Transpose", [f"{m}1"], m, perm=[0, 2, 3, 1] if m == "k" else [0, 2, 1, 3])]
        return made + [
            node("MatMul", ["q", "k"], "products"), node("Mul", ["products", "scale"], "logits"),
            node("Softmax", ["logits"], "weights"), node("MatMul", ["weights", "v"], "heads"),
            node("Transpose", ["heads"], "turned", perm=[0, 2, 1, 3]), node("Reshape", ["turned", "joined"], "attended"),
            node("MatMul", ["attended", "Wr"], "projected"), node("Add", ["x0", "projected"], "x1"),
            node("LayerNormalization", ["x1", "s2", "t2"], "y1"), node("MatMul", ["y1", "W1"], "h0"),
            node("Add", ["h0", "b1"], "h1"), node("Tanh", ["h1"], "h2"), node("MatMul", ["h2", "W2"], "h3"),
            node("Add", ["h3", "b2"], "h4"), node("Add", ["x1", "h4"], "x2"),
            node("ReduceMean", ["x2"], "mean", axes=[1], keepdims=0), node("Gemm", ["mean", "Wo", "bo"], "scores")]


class Text:
    """Which of scikit-learn's data sets a piece of text describes: bytes, embedded, convolved, their greatest values
    classified."""

    name, dims, input_type, kernel, width, channels = "text-cnn", ["batch", "length"], TensorProto.INT64, 5, 8, 24
    constants = {}
    classes = 5

    def start(self, rng):
        return {"E": drawn(rng, 128, self.width, fan=1),
                "K": drawn(rng, self.channels, self.width, self.kernel, fan=self.width * self.kernel),
                "kb": np.zeros(self.channels, np.float32), "Wo": drawn(rng, self.channels, self.classes),
                "bo": np.zeros(self.classes, np.float32)}

    def forward(self, p, x):
        places = np.arange(x.shape[1] - self.kernel + 1)[:, None] + np.arange(self.kernel)
        windows = p["E"][x[:, places]]  # (batch, places, kernel, width)
        n, m = windows.value.shape[:2]
        kernel = p["K"].transpose(2, 1, 0).reshape(self.kernel * self.width, self.channels)
        y = (windows.reshape(n, m, self.kernel * self.width) @ kernel + p["kb"]).relu().max(1)
        return y.reshape(n, self.channels) @ p["Wo"] + p["bo"]

    def nodes(self):
        return [node("Gather", ["E", "x"], "embedded"), node("Transpose", ["embedded"], "channels", perm=[0, 2, 1]),
                node("Conv", ["channels", "K", "kb"], "c", kernel_shape=[self.kernel]), node("Relu", ["c"], "r"),
                node("GlobalMaxPool", ["r"], "m"), node("Flatten", ["m"], "flat"),
                node("Gemm", ["flat", "Wo", "bo"], "scores")]
