#!/usr/bin/env python3
"""Trains a small network on scikit-learn's handwritten digits and writes it as ONNX, in float and in int8.

    train.py            writes digits.onnx, digits-int8.onnx, labels.txt and pictures/ beside this file,
                        and one of the pictures as an array for ../firmware

    image 1x1x8x8 -> Conv 3x3, 12 -> Relu -> MaxPool 2 -> Conv 3x3, 24 -> Relu -> MaxPool 2 -> Gemm 10

The float model takes grey values from 0 to 1. The int8 model (QDQ: per-channel int8 weights, uint8 activations) takes
the bytes of the picture, 0 to 255, and gives ten int8 scores. Plain numpy and Adam; the seed is fixed: a second run on the
same machine writes the same files. Needs numpy, scikit-learn, onnx and pillow.
"""
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = os.path.dirname(os.path.abspath(__file__))
CHANNELS = (12, 24)
EPOCHS, BATCH, RATE = 60, 32, 2e-3
FIRMWARE_DIGIT = 3


# ------------------------------------------------------------------------------------------------ the network in numpy

def patches(x):
    """The 3x3 neighbourhoods of x (n, c, h, w), zero outside: (n, h, w, c * 9)."""
    n, c, h, w = x.shape
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    views = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    return views.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * 9)


def conv_forward(x, w, b):
    p = patches(x)
    return (p @ w.reshape(len(w), -1).T + b).transpose(0, 3, 1, 2), p


def conv_backward(grad, p, w, c):
    """Gradients of the input, the weights and the bias."""
    g = grad.transpose(0, 2, 3, 1)
    gw = (g.reshape(-1, len(w)).T @ p.reshape(-1, p.shape[-1])).reshape(w.shape)
    gp = (g @ w.reshape(len(w), -1)).reshape(*g.shape[:3], c, 3, 3)
    gx = np.zeros((g.shape[0], c, g.shape[1] + 2, g.shape[2] + 2), grad.dtype)
    for i in range(3):
        for j in range(3):
            gx[:, :, i:i + g.shape[1], j:j + g.shape[2]] += gp[..., i, j].transpose(0, 3, 1, 2)
    return gx[:, :, 1:-1, 1:-1], gw, g.sum((0, 1, 2))


def pool_forward(x):
    n, c, h, w = x.shape
    tiles = x.reshape(n, c, h // 2, 2, w // 2, 2)
    y = tiles.max((3, 5))
    return y, tiles == y[:, :, :, None, :, None]


def pool_backward(grad, chosen):
    g = chosen * grad[:, :, :, None, :, None]
    return g.reshape(*g.shape[:2], g.shape[2] * 2, -1)


def forward(p, x):
    """Scores, and what the way back needs."""
    a1, p1 = conv_forward(x, p["w1"], p["b1"])
    m1, c1 = pool_forward(np.maximum(a1, 0))
    a2, p2 = conv_forward(m1, p["w2"], p["b2"])
    m2, c2 = pool_forward(np.maximum(a2, 0))
    flat = m2.reshape(len(x), -1)
    return flat @ p["w3"].T + p["b3"], (a1, p1, c1, m1, a2, p2, c2, m2, flat)


def backward(p, kept, grad):
    a1, p1, c1, m1, a2, p2, c2, m2, flat = kept
    g = {"w3": grad.T @ flat, "b3": grad.sum(0)}
    back = pool_backward((grad @ p["w3"]).reshape(m2.shape), c2) * (a2 > 0)
    back, g["w2"], g["b2"] = conv_backward(back, p2, p["w2"], m1.shape[1])
    back = pool_backward(back, c1) * (a1 > 0)
    _, g["w1"], g["b1"] = conv_backward(back, p1, p["w1"], 1)
    return g


def softmax(v):
    e = np.exp(v - v.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def shifted(rng, x):
    """Each picture moved by up to one pixel: the network then knows digits that are not centred."""
    out = np.empty_like(x)
    for i, (dy, dx) in enumerate(rng.integers(-1, 2, (len(x), 2))):
        out[i] = np.roll(x[i], (dy, dx), (1, 2)) if rng.random() < 0.5 else x[i]
    return out


def train(x, y):
    rng = np.random.default_rng(1)

    def he(*shape):
        return (rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)

    c1, c2 = CHANNELS
    p = {"w1": he(c1, 1, 3, 3), "b1": np.zeros(c1, np.float32), "w2": he(c2, c1, 3, 3), "b2": np.zeros(c2, np.float32),
         "w3": he(10, c2 * 4), "b3": np.zeros(10, np.float32)}
    first = {k: np.zeros_like(v) for k, v in p.items()}
    second = {k: np.zeros_like(v) for k, v in p.items()}
    step = 0
    for epoch in range(EPOCHS):
        order = rng.permutation(len(x))
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        for at in range(0, len(x), BATCH):
            i = order[at:at + BATCH]
            scores, kept = forward(p, shifted(rng, x[i]))
            grads = backward(p, kept, (softmax(scores) - np.eye(10, dtype=np.float32)[y[i]]) / len(i))
            step += 1
            for k, g in grads.items():
                first[k] = 0.9 * first[k] + 0.1 * g
                second[k] = 0.999 * second[k] + 0.001 * g * g
                p[k] -= (rate * (first[k] / (1 - 0.9 ** step)) / (np.sqrt(second[k] / (1 - 0.999 ** step)) + 1e-8)
                         ).astype(np.float32)
    return p


# ------------------------------------------------------------------------------------------------------------- as ONNX

def save(path, nodes, constants, image_type, scores_type):
    image = helper.make_tensor_value_info("image", image_type, [1, 1, 8, 8])
    scores = helper.make_tensor_value_info("scores", scores_type, [1, 10])
    graph = helper.make_graph(nodes, "digits", [image], [scores],
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="digits")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def float_model(path, p):
    node = helper.make_node
    save(path, [
        node("Conv", ["image", "w1", "b1"], ["a1"], "conv1", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", ["a1"], ["r1"], "relu1"),
        node("MaxPool", ["r1"], ["m1"], "pool1", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["m1", "w2", "b2"], ["a2"], "conv2", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", ["a2"], ["r2"], "relu2"),
        node("MaxPool", ["r2"], ["m2"], "pool2", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["m2"], ["flat"], "flatten"),
        node("Gemm", ["flat", "w3", "b3"], ["scores"], "fc", transB=1),
    ], p, TensorProto.FLOAT, TensorProto.FLOAT)


class Quantizer:
    """Collects the nodes and constants of the QDQ graph."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def scale_and_zero(self, name, scale, zero):
        self.constants[f"{name}_scale"] = np.asarray(scale, np.float32)
        self.constants[f"{name}_zero"] = np.asarray(zero)
        return [f"{name}_scale", f"{name}_zero"]

    def dequantize(self, name, parameters, **attributes):
        self.nodes.append(helper.make_node("DequantizeLinear", [name, *parameters], [f"{name}_f"], f"{name}_dq",
                                           **attributes))
        return f"{name}_f"

    def activation(self, value, name, scale, zero):
        """QuantizeLinear and DequantizeLinear behind `value`."""
        parameters = self.scale_and_zero(name, scale, zero)
        self.nodes.append(helper.make_node("QuantizeLinear", [value, *parameters], [name], f"{name}_q"))
        return self.dequantize(name, parameters)

    def weights(self, name, w, b, input_scale):
        """Int8 weights per output channel, int32 bias in steps of input scale times weight scale."""
        scale = np.abs(w.reshape(len(w), -1)).max(1) / 127
        steps = np.rint(w / scale.reshape(-1, *[1] * (w.ndim - 1))).astype(np.int8)
        self.constants[name] = steps
        bias_scale = (scale * input_scale).astype(np.float32)
        self.constants[f"{name}_bias"] = np.rint(b / bias_scale).astype(np.int32)
        w_name = self.dequantize(name, self.scale_and_zero(name, scale, np.zeros(len(w), np.int8)), axis=0)
        b_name = self.dequantize(f"{name}_bias", self.scale_and_zero(f"{name}_bias", bias_scale, np.zeros(len(w), np.int32)),
                                 axis=0)
        return [w_name, b_name]

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], output, **attributes))
        return output


def quantized_model(path, p, calibration):
    """Ranges are the greatest values that the calibration pictures give: all activations here are >= 0 but the scores."""
    scores, (a1, _, _, _, a2, *_) = forward(p, calibration)
    s1, s2 = np.float32(a1.max() / 255), np.float32(a2.max() / 255)
    q, u8 = Quantizer(), np.uint8(0)
    x = q.dequantize("image", q.scale_and_zero("image", 1 / 255, u8))
    x = q.node("Conv", [x, *q.weights("w1", p["w1"], p["b1"], np.float32(1 / 255))], "a1", kernel_shape=[3, 3],
               pads=[1, 1, 1, 1])
    x = q.activation(q.node("Relu", [x], "r1"), "q1", s1, u8)
    x = q.node("MaxPool", [x], "m1", kernel_shape=[2, 2], strides=[2, 2])
    x = q.activation(x, "q2", s1, u8)
    x = q.node("Conv", [x, *q.weights("w2", p["w2"], p["b2"], s1)], "a2", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    x = q.activation(q.node("Relu", [x], "r2"), "q3", s2, u8)
    x = q.node("MaxPool", [x], "m2", kernel_shape=[2, 2], strides=[2, 2])
    x = q.activation(x, "q4", s2, u8)
    x = q.activation(q.node("Flatten", [x], "flat"), "q5", s2, u8)
    x = q.node("Gemm", [x, *q.weights("w3", p["w3"], p["b3"], s2)], "fc", transB=1)
    parameters = q.scale_and_zero("scores", np.abs(scores).max() / 127, np.int8(0))
    q.nodes.append(helper.make_node("QuantizeLinear", [x, *parameters], ["scores"], "scores_q"))
    save(path, q.nodes, q.constants, TensorProto.UINT8, TensorProto.INT8)


def accuracy(path, pictures, y):
    """Share of right answers by the onnx package's own evaluation."""
    from onnxruntime import InferenceSession
    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    return float(np.mean([session.run(None, {"image": x[None]})[0].argmax() == t for x, t in zip(pictures, y)]))


def save_array(picture):
    """The picture as a C array, for a core without files."""
    rows = "\n".join("\t" + " ".join(f"{v}," for v in row) for row in picture)
    with open(os.path.join(HERE, "..", "firmware", "picture.h"), "w", encoding="utf-8") as f:
        f.write(f"/* digits/pictures/digit-{FIRMWARE_DIGIT}.png, written by digits/train.py. */\n"
                f"#include <stdint.h>\n\nstatic const uint8_t picture[8 * 8] = {{\n{rows}\n}};\n")


def main():
    digits = load_digits()
    x = (digits.images[:, None] / 16).astype(np.float32)
    grey = np.rint(digits.images[:, None] * 255 / 16).astype(np.uint8)
    train_i, test_i = train_test_split(np.arange(len(x)), test_size=360, random_state=1, stratify=digits.target)
    p = train(x[train_i], digits.target[train_i])
    float_model(os.path.join(HERE, "digits.onnx"), p)
    quantized_model(os.path.join(HERE, "digits-int8.onnx"), p, x[train_i])
    with open(os.path.join(HERE, "labels.txt"), "w", encoding="utf-8") as f:
        f.writelines(f"{n}\n" for n in ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
    os.makedirs(os.path.join(HERE, "pictures"), exist_ok=True)
    for digit in range(10):
        i = next(i for i in test_i if digits.target[i] == digit)
        Image.fromarray(grey[i, 0], "L").save(os.path.join(HERE, "pictures", f"digit-{digit}.png"))
        if digit == FIRMWARE_DIGIT:
            save_array(grey[i, 0])
    y = digits.target[test_i]
    print(f"test pictures: {len(y)}")
    print(f"digits.onnx:      {accuracy(os.path.join(HERE, 'digits.onnx'), x[test_i], y):.4f} right")
    print(f"digits-int8.onnx: {accuracy(os.path.join(HERE, 'digits-int8.onnx'), grey[test_i], y):.4f} right")


if __name__ == "__main__":
    main()
