#!/usr/bin/env python3
"""The operators of com.microsoft on quantised tensors, one a model, random parameters: held to float64 and to onnxruntime.

    qoperators.py [--target T] [--turns N] [KIND ...]

A kind makes a model and says what its results are in real numbers, computed by numpy in float64 from the definition. Of
a quantised result every element must be the nearest step to it; where that lies as close to the middle between two steps as
the roundings of float32 reach, either. onnxruntime's own result must be the same, but there again; a kind that is a sum of
integer products, scaled once, has no such middles: it must be equal. A float result must be within the roundings of its terms.
"""
import os
import shutil
import warnings

import sandwiches  # first: it says where the others are

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

import generated
import on_target
import together
from generated import Call, Failure

F32, F64 = np.float32, np.float64
ROUNDINGS = 16  # of float32 between the bytes and the result, beside one for each term of a sum
KINDS = {}


def kind(make):
    KINDS[make.__name__] = make
    return make


class Builder:
    """One node whose operands are inputs of the model, or constants."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.type = self.rng.choice([np.int8, np.uint8])
        self.names, self.inputs, self.arrays, self.constants, self.terms = [], [], [], [], 1
        self.absent, self.instead = [], {}  # zero points that nnc is not given; what onnxruntime is given for a constant
        self.threads = 1
        self.wraps = False  # onnxruntime does not saturate: 128 becomes -128
        self.has_peer = True  # onnxruntime computes what the operator's text says

    def name(self):
        return f"i{len(self.names)}"

    def constant(self, value):
        self.constants.append(numpy_helper.from_array(np.asarray(value), self.name()))
        self.names.append(self.name())
        return np.asarray(value)

    def input(self, value):
        value = np.asarray(value)
        onnx_type = helper.np_dtype_to_tensor_dtype(value.dtype)
        self.inputs.append(helper.make_tensor_value_info(self.name(), onnx_type, value.shape))
        self.names.append(self.name())
        self.arrays.append(value)
        return value

    def bytes(self, shape, dtype=None):
        info = np.iinfo(dtype or self.type)
        return self.rng.integers(info.min, info.max + 1, shape).astype(dtype or self.type)

    def packed(self, onnx_type, values, raw):
        t = helper.make_tensor(self.name(), onnx_type, values.shape, values.reshape(-1))
        if raw:
            t.raw_data = bytes(t.int32_data)
            t.ClearField("int32_data")
        self.constants.append(t)
        self.names.append(self.name())

    def weights(self, shape, dtype, value=None):
        """A constant of bytes, drawn or all the same. onnxruntime adds pairs of products of uint8 and int8 in 16 bits on
        processors without VNNI, where they may not fit: it is given weights of int8 as uint8, with zero points alike."""
        value = np.broadcast_to(self.bytes(shape, dtype) if value is None else value, shape)
        if self.type == np.uint8 and dtype == np.int8:
            self.instead[self.name()] = (value.astype(np.int64) + 128).astype(np.uint8)
        return self.constant(value)

    def scale(self, low=0.005, high=0.1, shape=()):
        return self.constant(self.rng.uniform(low, high, shape).astype(F32))

    def zero(self, required=False):
        if not required and self.rng.integers(4) == 0:
            self.absent.append(self.name())
            return self.constant(self.type(0))
        return self.constant(self.bytes(()))

    def operand(self, shape, required=False):
        """The numbers that three inputs mean, in float64."""
        q = self.input(self.bytes(shape))
        scale = self.scale()
        return (q.astype(F64) - self.zero(required)) * scale

    def result(self, low=0.005, high=0.1, required=False):
        self.y_scale, self.y_zero = self.scale(low, high), self.zero(required)

    def model(self, op, outputs=1, out_type=None, **attributes):
        names = [f"y{i}" for i in range(outputs)]
        node = helper.make_node(op, self.names, names, "node", domain="com.microsoft", **attributes)
        out_type = helper.np_dtype_to_tensor_dtype(np.dtype(self.type if out_type is None else out_type))
        out = [helper.make_tensor_value_info(n, out_type, None) for n in names]
        graph = helper.make_graph([node], "g", self.inputs, out, self.constants)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


@kind
def add(b):
    shape = [int(v) for v in b.rng.integers(1, 16, 3)]
    real = b.operand(shape) + b.operand(shape if b.rng.integers(2) else [shape[1], 1])
    b.result()
    return b.model("QLinearAdd"), real


@kind
def mul(b):
    shape = [int(v) for v in b.rng.integers(1, 16, 3)]
    real = b.operand(shape) * b.operand(shape if b.rng.integers(2) else [1])
    b.result()
    return b.model("QLinearMul"), real


@kind
def where(b):
    choice = b.input(b.rng.integers(0, 2, (3, 4)).astype(bool))
    real = np.where(choice, b.operand((3, 4), True), b.operand((4,), True))
    b.result(required=True)
    return b.model("QLinearWhere"), real


@kind
def sigmoid(b):
    real = 1 / (1 + np.exp(-b.operand((7, 40))))
    b.result(1 / 300, 1 / 200)
    return b.model("QLinearSigmoid"), real


@kind
def leaky_relu(b):
    x, alpha = b.operand((7, 40)), F32(b.rng.uniform(0, 0.5))
    b.result()
    return b.model("QLinearLeakyRelu", alpha=float(alpha)), np.where(x < 0, alpha * x, x)


def image(b, required):
    """Operand of a pool: N x C x H x W or N x H x W x C, and the first form of it."""
    last = int(b.rng.integers(2))
    x = b.operand((2, 5, 7, 3), required)
    return last, x.transpose(0, 3, 1, 2) if last else x


def as_given(y, last):
    return y.transpose(0, 2, 3, 1) if last else y


@kind
def global_average_pool(b):
    last, x = image(b, True)
    b.result(required=True)
    b.terms = 35
    return b.model("QLinearGlobalAveragePool", channels_last=last), as_given(x.mean((2, 3), keepdims=True), last)


@kind
def average_pool(b):
    last, x = image(b, False)
    b.result()
    kernel, strides = [2, 3], [int(v) for v in b.rng.integers(1, 3, 2)]
    pads, padding = [1, 1, 0, 2], int(b.rng.integers(2))
    b.terms = 6
    wide = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    inside = np.pad(np.ones_like(x), ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    window = lambda v: np.lib.stride_tricks.sliding_window_view(
        v, kernel, (2, 3))[:, :, ::strides[0], ::strides[1]].sum((4, 5))
    y = window(wide) / (6 if padding else window(inside))
    return b.model("QLinearAveragePool", kernel_shape=kernel, strides=strides, pads=pads, count_include_pad=padding,
                   channels_last=last), as_given(y, last)


@kind
def softmax(b):
    opset, axis = (13, int(b.rng.integers(-3, 3))) if b.rng.integers(2) else (12, int(b.rng.integers(0, 3)))
    x = b.operand((3, 4, 5))
    b.has_peer = bool(b.rng.integers(2))  # onnxruntime's multiplies by floor(1 / scale), which loses parts of it
    scale = 1 / 256 if b.has_peer else b.rng.uniform(1 / 300, 1 / 200)
    b.result(scale, scale, True)
    b.terms, b.wraps = 60, b.type == np.int8
    flat = x.reshape(x.shape[:axis] + (-1,)) if opset < 13 else x
    power = np.exp(flat - flat.max(-1 if opset < 13 else axis, keepdims=True))
    y = (power / power.sum(-1 if opset < 13 else axis, keepdims=True)).reshape(x.shape)
    return b.model("QLinearSoftmax", axis=axis, opset=opset), y


@kind
def concat(b):
    b.result(required=True)
    axis = int(b.rng.integers(-3, 3))
    shapes = [np.array([2, 3, 4]) for _ in range(3)]
    for s in shapes:
        s[axis] = b.rng.integers(1, 5)
    real = np.concatenate([b.operand(s, True) for s in shapes], axis)
    return b.model("QLinearConcat", axis=axis), real


def products(x, w, group, strides, pads):
    """The convolution of integers as a sum of products; x: N x C x H x W."""
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    view = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))[:, :, ::strides[0], ::strides[1]]
    n, c = w.shape[0] // group, w.shape[1]
    return np.concatenate([np.einsum("nchwij,ocij->nohw", view[:, g * c:(g + 1) * c], w[g * n:(g + 1) * n])
                           for g in range(group)], 1)


@kind
def conv(b):
    """An exact sum, (sx * sw) / sy and one product in float32: no freedom."""
    group = int(b.rng.choice([1, 3]))
    last, ic, oc = int(b.rng.integers(2)), group * 2, group * int(b.rng.integers(1, 5))
    shape = (1, 6, 5, ic) if last else (1, ic, 6, 5)
    q, sx = b.input(b.bytes(shape)), b.scale()
    zx = b.constant(b.bytes(()))
    channels = (oc,) if b.rng.integers(2) else ()
    w_type = np.int8 if b.type == np.int8 else b.rng.choice([np.int8, np.uint8])
    w, sw = b.weights((oc, 2, 3, 2), w_type), b.scale(0.002, 0.02, channels)
    zw = b.weights(channels, w_type, b.bytes((), w_type))
    sy, zy = b.scale(0.02, 0.2), b.constant(b.bytes(()))
    bias = b.constant(b.rng.integers(-2000, 2000, oc).astype(np.int32)) if b.rng.integers(2) else np.zeros(oc, np.int32)
    strides, pads = [int(v) for v in b.rng.integers(1, 3, 2)], [1, 0, 2, 1]
    x = q.astype(np.int64) - zx
    total = products(x.transpose(0, 3, 1, 2) if last else x, w.astype(np.int64) - np.int64(zw.flat[0]), group, strides,
                     pads) + bias[:, None, None]
    m = np.broadcast_to((sx * sw) / sy, (oc,))[:, None, None]
    y = np.clip(np.rint(total.astype(F32) * m).astype(np.int64) + zy, np.iinfo(b.type).min, np.iinfo(b.type).max)
    return b.model("QLinearConv", channels_last=last, group=group, strides=strides, pads=pads,
                   kernel_shape=[3, 2]), as_given(y, last).astype(b.type)


@kind
def qgemm(b):
    """An exact sum, (alpha * sa) * sb / sy and one product in float32; or the float32 product without sy."""
    m, k, n = (int(v) for v in b.rng.integers(1, 20, 3))
    ta, tb, alpha = int(b.rng.integers(2)), int(b.rng.integers(2)), F32(b.rng.choice([1, 1, 0.375]))
    a, sa, za = b.input(b.bytes((k, m) if ta else (m, k))), b.scale(), b.constant(b.bytes(()))
    w_type = np.int8 if b.type == np.int8 else b.rng.choice([np.int8, np.uint8])
    shape = (n,) if b.rng.integers(2) else ()
    w, sw, zw = b.weights((n, k) if tb else (k, n), w_type), b.scale(shape=shape), b.weights(shape, w_type)
    x, y = a.astype(np.int64) - za, w.astype(np.int64) - (zw[:, None] if tb and shape else zw)
    total = (x.T if ta else x) @ (y.T if tb else y)
    c_shape = [(n,), (1, n), (m, n), (m, 1), None][b.rng.integers(5)]
    if c_shape:
        total = total + b.constant(b.rng.integers(-2000, 2000, c_shape).astype(np.int32))
    else:
        b.names.append("")
    step = (alpha * sa) * sw
    more = {"transA": ta, "transB": tb, "alpha": float(alpha)}
    if b.rng.integers(4) == 0:
        return b.model("QGemm", out_type=F32, **more), total.astype(F32) * step
    sy, zy = b.scale(0.05, 0.5), b.constant(b.bytes(()))
    steps = np.rint(total.astype(F32) * (step / sy)).astype(np.int64) + zy
    return b.model("QGemm", **more), np.clip(steps, np.iinfo(b.type).min, np.iinfo(b.type).max).astype(b.type)


@kind
def to_float(b):
    k, n = (int(v) for v in b.rng.integers(1, 20, 2))
    a = b.input(b.bytes((2, 3, k)))
    w_type, shape = (np.int8 if b.type == np.int8 else np.uint8), (n,) if b.rng.integers(2) else ()
    w = b.weights((k, n), w_type)
    sa, sw, za, zw = b.scale(), b.scale(shape=shape), b.constant(b.bytes(())), b.weights(shape, w_type)
    bias = b.constant(b.rng.standard_normal(n).astype(F32)) if b.rng.integers(2) else np.zeros(n)
    real = ((a.astype(np.int64) - za) @ (w.astype(np.int64) - zw)) * (sa * sw).astype(F64) + bias
    b.bound = 4 * 2.0 ** -24 * (np.abs(real - bias) + np.abs(real) + np.abs(bias)).max()
    return b.model("MatMulIntegerToFloat", out_type=F32), real


def dynamically(x):
    """x as the float32 numbers that DynamicQuantizeLinear makes of it."""
    low, high = min(F32(0), x.min()), max(F32(0), x.max())
    scale = (high - low) / F32(255) if high > low else F32(1)
    zero = np.clip(np.rint(-low / scale), 0, 255)
    return (np.clip(np.rint(x / scale) + zero, 0, 255) - zero).astype(F64) * scale


@kind
def dynamic_matmul(b):
    k, n = (int(v) for v in b.rng.integers(1, 20, 2))
    x = b.input(((b.rng.standard_normal((2, 3, k)) + b.rng.integers(-2, 3)) * b.rng.integers(0, 4)).astype(F32))
    w_type, shape = b.type, (n,) if b.rng.integers(2) else ()
    b.type = np.uint8  # of what x becomes
    w, sw, zw = b.weights((k, n), w_type), b.scale(shape=shape), b.weights(shape, w_type)
    bias = b.constant(b.rng.standard_normal(n).astype(F32)) if b.rng.integers(2) else np.zeros(n)
    real = dynamically(x) @ ((w.astype(np.int64) - zw) * sw.astype(F64)) + bias
    b.bound = 4 * 2.0 ** -24 * (np.abs(real - bias) + np.abs(real) + np.abs(bias)).max()
    return b.model("DynamicQuantizeMatMul", out_type=F32), real


def lstm_direction(x, w, r, bias, h, c):
    """All states of one direction, and the last cell."""
    sigmoid = lambda v: 1 / (1 + np.exp(-v))
    states = []
    for g in dynamically(x) @ w + bias:
        rows = np.stack([dynamically(row) for row in h.astype(F32)])
        i, o, f, cell = np.split(g + rows @ r, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(cell)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states), c


@kind
def dynamic_lstm(b):
    steps, batch, size, hidden = (int(v) for v in b.rng.integers(1, 5, 4))
    direction = str(b.rng.choice(["forward", "reverse", "bidirectional"]))
    n = 1 + (direction == "bidirectional")
    w_type, b.type, b.threads = b.type, np.uint8, batch  # of what the inputs become; a thread for each sequence
    x = b.input(b.rng.standard_normal((steps, batch, size)).astype(F32))
    w, r = b.weights((n, size, 4 * hidden), w_type), b.weights((n, hidden, 4 * hidden), w_type)
    bias, first = np.zeros((n, 8 * hidden)), np.zeros((2, n, batch, hidden))
    if b.rng.integers(2):
        bias = b.constant(b.rng.standard_normal((n, 8 * hidden)).astype(F32))
    else:
        b.names.append("")
    b.names.append("")
    if b.rng.integers(2):
        first = [b.input(b.rng.uniform(-1, 1, (n, batch, hidden)).astype(F32)) for _ in range(2)]
    else:
        b.names += ["", ""]
    b.names.append("")
    shape, parts = (n, 4 * hidden) if b.rng.integers(2) else (n,), []
    for q in (w, r):
        scale = b.scale(0.001, 0.01, shape).reshape(n, 1, -1)
        zero = b.weights(shape, w_type, b.bytes((), w_type)).reshape(n, 1, -1)
        parts.append((q.astype(np.int64) - zero) * scale.astype(F64))
    outs = [[], [], []]
    for d in range(n):
        back = -1 if d or direction == "reverse" else 1
        y, c = lstm_direction(x[::back], parts[0][d], parts[1][d], bias[d].reshape(2, -1).sum(0, dtype=F64),
                              first[0][d].astype(F64), first[1][d].astype(F64))
        for made, part in zip(outs, (y[::back], y[-1], c)):
            made.append(part)
    b.bound = 1e-5
    model = b.model("DynamicQuantizeLSTM", outputs=3, out_type=F32, direction=direction, hidden_size=hidden)
    return model, np.stack(outs[0], 1), np.stack(outs[1]), np.stack(outs[2])


@kind
def attention(b):
    b.type = np.uint8
    batch, steps, size, heads, n = (int(v) for v in b.rng.integers(1, 6, 5))
    hidden, causal = heads * n, int(b.rng.integers(2))
    x, w_type, shape = b.input(b.bytes((batch, steps, size))), b.rng.choice([np.int8, np.uint8]), ()
    if b.rng.integers(2):
        shape = (3 * hidden,)
    w, bias = b.weights((size, 3 * hidden), w_type), b.constant(b.rng.standard_normal(3 * hidden).astype(F32))
    sx, sw = b.scale(0.001, 0.01), b.scale(0.001, 0.01, shape)
    mask = [None, "2-d", "1-d"][b.rng.integers(3)]
    allowed = np.ones((batch, 1, 1, steps), bool)
    if mask == "2-d":
        given = b.rng.integers(0, 2, (batch, steps)).astype(np.int32)
        given[:, 0] = 1  # of a row without any key nothing is said
        allowed = b.input(given)[:, None, None] > 0
    elif mask == "1-d":
        allowed = np.arange(steps) < b.input(b.rng.integers(1, steps + 1, batch).astype(np.int32))[:, None, None, None]
    else:
        b.names.append("")
    if causal:
        allowed = allowed & np.tri(steps, dtype=bool)
    zx, zw = b.constant(b.bytes(())), b.weights(shape, w_type)
    qkv = ((x.astype(np.int64) - zx) @ (w.astype(np.int64) - zw)) * (sx * sw).astype(F64) + bias
    q, k, v = (part.reshape(batch, steps, heads, n).transpose(0, 2, 1, 3) for part in np.split(qkv, 3, -1))
    more = {"scale": 0.25} if b.rng.integers(2) else {}
    scores = q @ k.transpose(0, 1, 3, 2) * more.get("scale", n ** -0.5)
    power = np.where(allowed, np.exp(scores - scores.max(-1, keepdims=True)), 0)
    y = power / power.sum(-1, keepdims=True) @ v
    b.bound = 1e-5 * np.abs(v).max()
    model = b.model("QAttention", out_type=F32, num_heads=heads, unidirectional=causal, **more)
    return model, y.transpose(0, 2, 1, 3).reshape(batch, steps, hidden)


def blocks_of(b, n, k, block, bits, middle):
    """Inputs 1 to 3 of MatMulNBits, and the weights that they mean, n x k."""
    blocks = -(-k // block)
    per_byte = 8 // bits

    def packed(v):
        v = np.pad(v, [(0, 0)] * (v.ndim - 1) + [(0, -v.shape[-1] % per_byte)])
        return sum(v[..., i::per_byte] << (bits * i) for i in range(per_byte)).astype(np.uint8)

    q = b.rng.integers(0, 1 << bits, (n, blocks, block))
    zero = np.full((n, blocks), 1 << (bits - 1)) if middle else b.rng.integers(0, 1 << bits, (n, blocks))
    b.constant(packed(q))
    scale = b.scale(0.01, 0.1, n * blocks).reshape(n, blocks, 1)
    if middle:
        b.names.append("")
    else:
        b.constant(packed(zero).reshape(-1))
    return ((q - zero[..., None]) * scale.astype(F64)).reshape(n, -1)[:, :k]


@kind
def matmul_nbits(b):
    bits, block = int(b.rng.choice([2, 4, 4, 8])), int(b.rng.choice([16, 32]))
    n, k = (int(v) for v in b.rng.integers(1, 80, 2))
    a = b.input(b.rng.standard_normal((2, 3, k)).astype(F32)).astype(F64)
    w = blocks_of(b, n, k, block, bits, b.rng.integers(2))
    bias = np.zeros(n)
    if b.rng.integers(2):
        b.names.append("")
        bias = b.constant(b.rng.standard_normal(n).astype(F32))
    b.bound = (k + 4) * 2.0 ** -23 * (np.abs(a) @ np.abs(w.T) + np.abs(bias))
    return b.model("MatMulNBits", out_type=F32, N=n, K=k, bits=bits, block_size=block), a @ w.T + bias


WORDS = (np.int8, np.uint8, np.int16, np.uint16)


@kind
def quantize(b):
    axis, b.type = int(b.rng.integers(0, 3)), b.rng.choice(WORDS)
    x = b.input((3 * b.rng.standard_normal((4, 5, 6))).astype(F32))
    shape = (x.shape[axis],) if b.rng.integers(2) else ()
    along = lambda v: v.reshape([-1 if k == axis else 1 for k in range(3)] if shape else ())
    scale = b.scale(0.001, 0.1, shape)
    b.y_scale, b.y_zero = along(scale), along(b.constant(b.bytes(shape)))
    return b.model("QuantizeLinear", axis=axis), x.astype(F64)


@kind
def dequantize(b):
    """(q - zero) * scale: one rounding."""
    axis, b.type = int(b.rng.integers(0, 3)), b.rng.choice(WORDS)
    q = b.input(b.bytes((4, 5, 6)))
    shape = (q.shape[axis],) if b.rng.integers(2) else ()
    along = lambda v: v.reshape([-1 if k == axis else 1 for k in range(3)] if shape else ())
    scale, zero = along(b.scale(0.001, 0.1, shape)), along(b.constant(b.bytes(shape)))
    return b.model("DequantizeLinear", out_type=F32, axis=axis), (q.astype(F32) - zero) * scale


@kind
def dequantize_packed(b):
    """Constants of four bits, an odd number of them."""
    number, low = [(onnx.TensorProto.UINT4, 0), (onnx.TensorProto.INT4, -8)][b.rng.integers(2)]
    axis = int(b.rng.integers(0, 2))
    scale_shape = (5,) if axis == 0 else (7,)
    q, zero = b.rng.integers(low, low + 16, (5, 7)), b.rng.integers(low, low + 16, scale_shape)
    raw = bool(b.rng.integers(2))
    b.packed(number, q, raw)
    scale = b.scale(0.001, 0.1, scale_shape)
    b.packed(number, zero, raw)
    along = lambda v: v[:, None] if axis == 0 else v
    return b.model("DequantizeLinear", out_type=F32, axis=axis), ((q - along(zero)).astype(F32) * along(scale))


def run_onnxruntime(model, arrays, instead, threads):
    twin = onnx.ModelProto()
    twin.CopyFrom(model)
    for t in twin.graph.initializer:
        if t.name in instead:
            t.CopyFrom(numpy_helper.from_array(instead[t.name], t.name))
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = ort.InferenceSession(twin.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip([i.name for i in session.get_inputs()], arrays)))


def without(model, absent):
    """The model with zero points of 0 left out, for onnxruntime finds the types of some operators by them."""
    twin = onnx.ModelProto()
    twin.CopyFrom(model)
    names = ["" if name in absent else name for name in twin.graph.node[0].input]
    while not names[-1]:
        names.pop()
    twin.graph.node[0].input[:] = names
    for t in [t for t in twin.graph.initializer if t.name in absent]:
        twin.graph.initializer.remove(t)
    return twin


def run_nnc(model, arrays, like, target, folder):
    """The outputs. A generator, see together.py."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    generated.compile_model(path, folder, "m", target)
    program = yield folder
    answer = program.run([Call(arrays, [(w.dtype, w.shape) for w in like], {})])[0]
    if answer.status:
        raise Failure("wrong", f"the function returned {answer.status}")
    return answer.outputs


def judge_steps(b, ours, theirs, real):
    """Quantised by b.y_scale and b.y_zero; how many are unlike onnxruntime's."""
    limits, scale = np.iinfo(b.type), F64(b.y_scale)
    unbounded = real / scale + F64(b.y_zero)
    steps = np.clip(unbounded, limits.min, limits.max)
    reach = (ROUNDINGS + b.terms) * 2.0 ** -24 * max(1, np.abs(real).max(initial=0)) / scale
    wrong = np.abs(ours.astype(F64) - steps) > 0.5 + reach
    if wrong.any():
        raise Failure("wrong", f"{wrong.sum()} of {wrong.size} elements are not the nearest step")
    unlike = ours != theirs
    middle = np.abs(np.abs(steps - np.floor(steps)) - 0.5) <= reach
    middle |= b.wraps & (unbounded > limits.max + 0.5 - reach) & (theirs == limits.min)
    if b.has_peer and (unlike & ~middle).any():
        raise Failure("wrong", f"{(unlike & ~middle).sum()} of {unlike.size} elements are unlike onnxruntime's")
    return int(unlike.sum()) if b.has_peer else 0


def judge_floats(b, ours, theirs, real):
    """Both are within b.bound of the real numbers."""
    for who, what in (("ours", ours), ("onnxruntime's", theirs)):
        wrong = ~(np.abs(what.astype(F64) - real) <= b.bound)
        if wrong.any():
            raise Failure("wrong", f"{wrong.sum()} of {wrong.size} elements of {who} are beyond the roundings")
    return 0


def judge(b, ours, theirs, real):
    """Raises Failure, or says how many elements are unlike onnxruntime's."""
    if real.dtype == theirs.dtype:
        for who, what in (("ours", ours), ("onnxruntime's", theirs)):
            if (what != real).any():
                raise Failure("wrong", f"{(what != real).sum()} of {real.size} elements of {who} are wrong")
        return 0
    return judge_floats(b, ours, theirs, real) if theirs.dtype == F32 else judge_steps(b, ours, theirs, real)


def run(name, turn, target):
    b = Builder(1000 * list(KINDS).index(name) + turn)
    model, *reals = KINDS[name](b)
    folder = os.path.join(generated.work_folder(), f"qoperators-{target.name}", f"{name}-{turn}")
    theirs = run_onnxruntime(model, b.arrays, b.instead, b.threads)
    ours = yield from run_nnc(without(model, b.absent), b.arrays, theirs, target, folder)
    unlike = sum(judge(b, *results) for results in zip(ours, theirs, reals))
    shutil.rmtree(folder)
    return f"{sum(r.size for r in reals)} elements" + (
        f", {unlike} unlike onnxruntime's, next to a middle" if unlike else "")


def run_one(name, turn, target):
    """Name, whether it passed, and what there is to say."""
    try:
        remark = yield from run(name, turn, target)
        return f"{name}-{turn}", True, remark
    except Failure as e:
        return f"{name}-{turn}", False, f"{e.kind}: {e}"


def main():
    p = on_target.parser(__doc__, "generic")
    p.add_argument("--turns", type=int, default=4)
    p.add_argument("kinds", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "qoperators")
    warnings.simplefilter("ignore")
    tests = (run_one(name, turn, target) for name in a.kinds or KINDS for turn in range(a.turns))
    for name, passed, text in together.results(tests, target):
        (report.ok if passed else report.failed)(name, text)
    report.exit()


if __name__ == "__main__":
    main()
