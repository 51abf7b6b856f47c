"""Bodies of operators for float64.py, from the operators' definitions: slow loops over numpy slices, any type.

They stand where the onnx package's reference has no answer or a wrong one: convolution with groups and dilation,
transposed convolution with groups, pooling, batch normalisation (which takes the momentum for epsilon in old opsets),
gathering by smaller indices, flattening of no elements, broadcasting means, negative padding, short-time transforms,
interpolation by Upsample, Scan and the recurrent layers (float64_scan.py, float64_recurrent.py), and the quantising pair
before opset 19.
"""
import itertools
import math

import numpy as np
from onnx.reference.op_run import OpRun
from onnx.reference.ops import op_resize

from float64_recurrent import GRU, LSTM, RNN
from float64_scan import Scan


def window(size, kernel, stride, dilation, auto_pad, pads):
    """(begin, end) padding of one axis, and the number of outputs."""
    reach = dilation * (kernel - 1) + 1
    if auto_pad in (None, "NOTSET", b"NOTSET"):
        begin, end = pads
    elif auto_pad == "VALID":
        begin = end = 0
    else:
        total = max((math.ceil(size / stride) - 1) * stride + reach - size, 0)
        begin = total // 2 if auto_pad == "SAME_UPPER" else total - total // 2
        end = total - begin
    return begin, end, (size + begin + end - reach) // stride + 1


def geometry(shape, kernel, strides, dilations, auto_pad, pads):
    n = len(kernel)
    pads = pads or [0] * 2 * n
    return [window(shape[i], kernel[i], strides[i], dilations[i], auto_pad, (pads[i], pads[n + i])) for i in range(n)]


def taps(x, kernel, strides, dilations, counts):
    """For each kernel position: its index and the strided slice of x (padded) that it meets."""
    for position in itertools.product(*map(range, kernel)):
        cut = tuple(slice(p * d, p * d + (n - 1) * s + 1, s) for p, d, n, s in zip(position, dilations, counts, strides))
        yield position, x[(slice(None), slice(None), *cut)]


class Conv(OpRun):
    op_domain = ""

    def _run(self, x, w, b=None, auto_pad=None, dilations=None, group=None, kernel_shape=None, pads=None, strides=None):
        kernel, n = w.shape[2:], w.ndim - 2
        strides, dilations, group = strides or [1] * n, dilations or [1] * n, group or 1
        sides = geometry(x.shape[2:], kernel, strides, dilations, auto_pad, pads)
        padded = np.pad(x, [(0, 0), (0, 0), *((g[0], g[1]) for g in sides)])
        counts = [g[2] for g in sides]
        out = np.zeros((x.shape[0], group, w.shape[0] // group, *counts), x.dtype)
        wg = w.reshape(group, w.shape[0] // group, *w.shape[1:])
        for position, part in taps(padded, kernel, strides, dilations, counts):
            part = part.reshape(x.shape[0], group, w.shape[1], math.prod(counts))
            out += np.matmul(wg[(..., *position)], part).reshape(out.shape)
        out = out.reshape(x.shape[0], w.shape[0], *counts)
        return (out if b is None else out + b.reshape(-1, *[1] * n),)


class ConvTranspose(OpRun):
    op_domain = ""

    def _run(self, x, w, b=None, auto_pad=None, dilations=None, group=None, kernel_shape=None, output_padding=None,
             output_shape=None, pads=None, strides=None):
        kernel, n = w.shape[2:], w.ndim - 2
        strides, dilations, group = strides or [1] * n, dilations or [1] * n, group or 1
        extra, pads = output_padding or [0] * n, list(pads or [0] * 2 * n)
        whole = [s * (i - 1) + e + d * (k - 1) + 1
                 for s, i, e, d, k in zip(strides, x.shape[2:], extra, dilations, kernel)]
        if output_shape or auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            shape = list(output_shape)[-n:] if output_shape else [i * s for i, s in zip(x.shape[2:], strides)]
            for i in range(n):
                total = max(whole[i] - shape[i], 0)
                small, large = total // 2, total - total // 2
                pads[i], pads[n + i] = (small, large) if auto_pad == "SAME_UPPER" else (large, small)
        out = np.zeros((x.shape[0], group, w.shape[1], *whole), x.dtype)
        xg = x.reshape(x.shape[0], group, x.shape[1] // group, math.prod(x.shape[2:]))
        wg = w.reshape(group, w.shape[0] // group, *w.shape[1:])
        for position in itertools.product(*map(range, kernel)):
            part = np.matmul(np.swapaxes(wg[(..., *position)], 1, 2), xg)
            cut = tuple(slice(p * d, p * d + (i - 1) * s + 1, s)
                        for p, d, i, s in zip(position, dilations, x.shape[2:], strides))
            out[(..., *cut)] += part.reshape(*out.shape[:3], *x.shape[2:])
        out = out.reshape(x.shape[0], group * w.shape[1], *whole)
        cut = tuple(slice(pads[i], whole[i] - pads[n + i]) for i in range(n))
        out = out[(..., *cut)]
        return (out if b is None else out + b.reshape(-1, *[1] * n),)


def pooled(x, kernel, strides, dilations, auto_pad, pads, ceil_mode, fill):
    """x padded so that every window fits, the slices, and the geometry; ceil_mode adds a last window that begins
    inside the data or its leading padding."""
    n = len(kernel)
    strides, dilations = strides or [1] * n, dilations or [1] * n
    sides = geometry(x.shape[2:], kernel, strides, dilations, auto_pad, pads)
    if ceil_mode and auto_pad in (None, "NOTSET"):
        for i, (begin, end, _) in enumerate(sides):
            reach = dilations[i] * (kernel[i] - 1) + 1
            count = -(-(x.shape[2 + i] + begin + end - reach) // strides[i]) + 1
            count -= (count - 1) * strides[i] >= x.shape[2 + i] + begin
            sides[i] = begin, max((count - 1) * strides[i] + reach - x.shape[2 + i] - begin, end), count
    padded = np.pad(x, [(0, 0), (0, 0), *((g[0], g[1]) for g in sides)], constant_values=fill)
    return taps(padded, kernel, strides, dilations, [g[2] for g in sides]), sides


class MaxPool(OpRun):
    op_domain = ""

    def _run(self, x, auto_pad=None, ceil_mode=None, dilations=None, kernel_shape=None, pads=None, storage_order=None,
             strides=None):
        low = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
        slices, _ = pooled(x, kernel_shape, strides, dilations, auto_pad, pads, ceil_mode, low)
        return (np.max(np.stack([part for _, part in slices]), axis=0),)


class AveragePool(OpRun):
    op_domain = ""

    def _run(self, x, auto_pad=None, ceil_mode=None, count_include_pad=None, dilations=None, kernel_shape=None,
             pads=None, strides=None):
        arguments = kernel_shape, strides, dilations, auto_pad, pads, ceil_mode
        slices, sides = pooled(x, *arguments, 0)
        total = sum(part for _, part in slices)
        counted = np.ones((1, 1, *x.shape[2:]), x.dtype)
        if count_include_pad:  # the declared padding counts, what ceil_mode adds does not
            n = len(kernel_shape)
            given = pads or [0] * 2 * n
            ends = [given[n + i] if auto_pad in (None, "NOTSET") else sides[i][1] for i in range(n)]
            counted = np.pad(counted, [(0, 0), (0, 0), *((sides[i][0], ends[i]) for i in range(n))], constant_values=1)
            inner = [(0, sides[i][1] - ends[i]) for i in range(n)]
            counted = np.pad(counted, [(0, 0), (0, 0), *inner])
            counts = [g[2] for g in sides]
            slices = taps(counted, kernel_shape, strides or [1] * n, dilations or [1] * n, counts)
        else:
            slices, _ = pooled(counted, *arguments, 0)
        return (total / np.maximum(sum(part for _, part in slices), 1),)  # dilated taps may all lie in the padding


class BatchNormalization(OpRun):
    op_domain = ""

    def _run(self, x, scale, bias, mean, var, epsilon=None, momentum=None, spatial=None, training_mode=None):
        epsilon = 1e-5 if epsilon is None else epsilon
        scale, bias, mean, var = (v.reshape(-1, *[1] * (x.ndim - 2)) for v in (scale, bias, mean, var))
        return (scale * (x - mean) / np.sqrt(var + epsilon) + bias,)


class ZipMap(OpRun):
    """The scores alone, in the order of the classes, as nnc gives them."""
    op_domain = "ai.onnx.ml"

    def _run(self, x, classlabels_int64s=None, classlabels_strings=None):
        return (x,)


class GlobalMaxPool(OpRun):
    op_domain = ""

    def _run(self, x):
        return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


class GatherElements(OpRun):
    op_domain = ""

    def _run(self, x, indices, axis=None):
        places = list(np.indices(indices.shape, sparse=True))  # indices may be smaller than x along every axis
        places[axis or 0] = indices
        return (x[tuple(places)],)


class Flatten(OpRun):
    op_domain = ""

    def _run(self, x, axis=None):
        axis = 1 if axis is None else axis if axis >= 0 else axis + x.ndim
        return (x.reshape(math.prod(x.shape[:axis]), math.prod(x.shape[axis:])),)


class Mean(OpRun):
    op_domain = ""

    def _run(self, *args):
        return (sum(args[1:], args[0]) / len(args),)


class Pad(OpRun):
    op_domain = ""

    def _run(self, x, given=None, fill=None, axes=None, pads=None, value=None, mode=None):
        """Attributes before opset 11, inputs since; what is negative is cut off first."""
        pads, fill = (pads, value) if given is None else (given, fill)
        axes = range(x.ndim) if axes is None else [int(a) % x.ndim for a in axes]
        sides = np.zeros((x.ndim, 2), np.int64)
        sides[list(axes)] = np.asarray(pads).reshape(2, -1).T
        cuts = [slice(max(-b, 0), n - max(-e, 0)) for n, (b, e) in zip(x.shape, sides)]
        how = mode.decode() if isinstance(mode, bytes) else mode or "constant"
        extra = {"constant_values": 0 if fill is None else np.asarray(fill).item()} if how == "constant" else {}
        return (np.pad(x[tuple(cuts)], np.maximum(sides, 0), how, **extra),)


class STFT(OpRun):
    op_domain = ""

    def _run(self, x, step, window=None, length=None, onesided=None):
        """x is (batch, samples, 1 or 2), or has no last axis; frames of the window's length, or of `length` without one."""
        signal = x if x.ndim == 2 else x[..., 0] + 1j * x[..., 1] if x.shape[-1] == 2 else x[..., 0]
        size, step = int(window.size if window is not None else length), int(step)
        starts = range(0, signal.shape[1] - size + 1, step)
        frames = np.stack([signal[:, s:s + size] for s in starts], 1) * (1 if window is None else window)
        bins = size // 2 + 1 if onesided in (None, 1) else size
        y = np.fft.fft(frames.astype(np.complex128))[..., :bins]
        return (np.stack([y.real, y.imag], -1).astype(x.dtype),)


class Upsample(OpRun):
    op_domain = ""

    def _run(self, x, scales=None, mode=None):
        for axis, scale in enumerate(scales):
            if scale != 1:
                x = upsampled(x, axis, float(scale), mode == "nearest")
        return (x,)


def upsampled(x, axis, scale, nearest):
    size = x.shape[axis]
    at = np.arange(math.floor(size * scale)) / scale
    low = np.floor(at).astype(int)
    if nearest:
        return np.take(x, np.minimum(low, size - 1), axis)
    part = (at - low).reshape([-1 if a == axis else 1 for a in range(x.ndim)])
    below, above = (np.take(x, np.minimum(i, size - 1), axis) for i in (low, low + 1))
    return below * (1 - part) + above * part


class Resize(op_resize.Resize):
    """The package's own, with a coefficient that does not make its weights float32."""
    op_domain = ""

    def _run(self, *args, cubic_coeff_a=None, **kwargs):
        return super()._run(*args, cubic_coeff_a=float(cubic_coeff_a), **kwargs)


def along(value, axis, rank):
    """A per-axis parameter, shaped to broadcast."""
    value = np.asarray(value)
    if value.size == 1:
        return value.reshape(())
    return value.reshape([-1 if a == axis % rank else 1 for a in range(rank)])


def quantize(value, scale, zero, dtype):
    """saturate(round_half_even(value / scale) + zero), the division in the values' own type."""
    limits = np.iinfo(dtype)
    return np.clip(np.rint(value / scale).astype(np.float64) + zero, limits.min, limits.max).astype(dtype)


class QuantizeLinear(OpRun):
    op_domain = ""

    def _run(self, x, scale, zero=None, axis=None, **_):
        axis = 1 if axis is None else axis
        dtype = np.uint8 if zero is None else zero.dtype
        zero = np.zeros(1, np.int64) if zero is None else zero.astype(np.int64)
        return (quantize(x, along(scale, axis, x.ndim), along(zero, axis, x.ndim), dtype),)


class DequantizeLinear(OpRun):
    op_domain = ""

    def _run(self, x, scale, zero=None, axis=None, **_):
        axis = 1 if axis is None else axis
        zero = np.zeros(1, np.int64) if zero is None else zero.astype(np.int64)
        return ((x.astype(np.int64) - along(zero, axis, x.ndim)).astype(scale.dtype) * along(scale, axis, x.ndim),)


OPERATORS = [QuantizeLinear, DequantizeLinear, Conv, ConvTranspose, MaxPool, AveragePool, BatchNormalization,
             GlobalMaxPool, GatherElements, Flatten, Mean, Pad, Upsample, Resize, RNN, LSTM, GRU,
             STFT, Scan, ZipMap]
