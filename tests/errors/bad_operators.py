"""Cases of bad_models.py whose operator is given what it cannot have: positions outside, windows that do not fit."""
import numpy as np

from refused import MODEL, UNSUPPORTED, add, of_zeros

LOWEST = -(1 << 63)


def ints(*v):
    return np.array(v, np.int64)


def floats(*shape):
    return np.zeros(shape, np.float32)


# ---------------------------------------------------------------------------------- constant positions outside of their axis

POSITIONS = {
    "gather": ("Gather", [[4], ints(0, 99)], 17, {}),
    "gather-scalar": ("Gather", [[4], np.array(99)], 17, {}),
    "gather-lowest": ("Gather", [[4], np.array(LOWEST)], 17, {}),
    "gather-from-nothing": ("Gather", [[0], ("i8", [2])], 17, {}),
    "gather-axis": ("Gather", [[4, 2], ints(0, 2)], 17, {"axis": -1}),
    "gather-elements": ("GatherElements", [[2, 3], ints([0, -4, 1])], 17, {"axis": 1}),
    "gather-nd": ("GatherND", [[2, 9], ints([1, 8], [2, 0])], 17, {}),
    "gather-nd-batch": ("GatherND", [[2, 3, 4], ints([3], [0])], 17, {"batch_dims": 1}),
    "scatter": ("Scatter", [[4], ints(4), [1]], 9, {}),
    "scatter-elements": ("ScatterElements", [[4], ints(-5), [1]], 17, {}),
    "scatter-nd": ("ScatterND", [[4, 2], ints([3, 0], [0, 2]), [2]], 17, {}),
    "tensor-scatter": ("TensorScatter", [[2, 8, 4], [2, 3, 4], ints(5, 6)], 24, {}),
    "tensor-scatter-circular": ("TensorScatter", [[2, 8, 4], [2, 3, 4], ints(9, -1)], 24, {"mode": "circular"}),
    "loss-class": ("NegativeLogLikelihoodLoss", [[3, 5], ints(0, 5, -1)], 13, {"ignore_index": -1}),
    "rotary-position": ("RotaryEmbedding", [[1, 2, 2, 4], [6, 2], [6, 2], ints([0, 6])], 23, {}),
    "reverse-length": ("ReverseSequence", [[4, 2], ints(4, 5)], 17, {}),
    "gru-length": ("GRU", [[4, 2, 3], [1, 6, 3], [1, 6, 2], [1, 12], np.array([1, 5], np.int32)], 17,
                   {"hidden_size": 2}),
    "nonpad-length": ("Attention", [[2, 1, 3, 4]] * 3 + ["", "", "", ints(3, 4)], 24, {}),
    "roi-image": ("RoiAlign", [[2, 1, 4, 4], [1, 4], ints(2)], 16, {}),
    "roi-pool-image": ("MaxRoiPool", [[2, 1, 4, 4], np.array([[3, 0, 0, 9, 9]], np.float32)], 17,
                       {"pooled_shape": [1, 1]}),
    "unpool-position": ("MaxUnpool", [[1, 1, 1, 2], ints([[[1, 8]]])], 17, {"kernel_shape": [2, 2], "strides": [2, 2]}),
    "one-hot-depth": ("OneHot", [[3], np.array(-2), floats(2)], 17, {}),
    "top-k": ("TopK", [[4], ints(5)], 17, {"outputs": 2}),
    "top-k-negative": ("TopK", [[4], ints(-1)], 17, {"outputs": 2}),
    "split-negative": ("Split", [[4], ints(5, -1)], 17, {"outputs": 2}),
    "split-negative-unread": ("Split", [[4], ints(5, -1)], 17, {"outputs": ["y", ""]}),
    "slice-axis": ("Slice", [[4], ints(0), ints(1), ints(1)], 17, {}),
    "unsqueeze-axis": ("Unsqueeze", [[4], ints(3)], 17, {}),
    "squeeze-axis": ("Squeeze", [[4, 1], ints(-3)], 17, {}),
    "reduce-axis": ("ReduceSum", [[4], ints(1)], 17, {}),
    "cumsum-axis": ("CumSum", [[4], np.array(2)], 17, {}),
    "tile-negative": ("Tile", [[4], ints(-1)], 17, {}),
    "expand-negative": ("Expand", [[1], ints(-2)], 17, {}),
    "pad-axis": ("Pad", [[4], ints(0, 1), np.float32(0), ints(1)], 18, {}),
    "pad-away": ("Pad", [[4], ints(-3, -2)], 17, {}),
    "crop-negative": ("CenterCropPad", [[4], ints(-1)], 18, {}),
    "fill-negative": ("ConstantOfShape", [ints(2, -1)], 17, {}),
    "resize-negative": ("Resize", [[1, 4], "", "", ints(1, -3)], 17, {}),
    "dft-axis": ("DFT", [[1, 4, 1], "", np.array(5)], 20, {}),
    "depth-block": ("DepthToSpace", [[1, 4, 2, 2]], 17, {"blocksize": 0}),
    "space-block": ("SpaceToDepth", [[1, 4, 2, 2]], 17, {"blocksize": -2}),
    "affine-grid-size": ("AffineGrid", [[1, 2, 3], ints(1, 1, -2, 3)], 20, {}),
}

# --------------------------------------------------------------------------------------------------- windows that do not fit

X = [1, 4, 2, 8]
WINDOWS = {
    "conv-beyond-its-input": ("Conv", [X, [6, 4, 3, 3]], 17, {}),
    "conv-cropped-away": ("Conv", [X, [6, 4, 1, 1]], 17, {"pads": [-1, 0, -1, 0]}),
    "conv-cropped-beyond": ("Conv", [X, [6, 4, 1, 1]], 17, {"pads": [-3, 0, 9, 0]}),
    "conv-kernel-shape-negative": ("Conv", [X, [6, 4, 1, 3]], 17, {"kernel_shape": [-1, -1]}),
    "conv-kernel-empty": ("Conv", [X, [6, 4, 0, 3]], 17, {}),
    "conv-integer-beyond": ("ConvInteger", [("u1", X), ("u1", [6, 4, 3, 3])], 17, {}),
    "conv-qlinear-beyond": ("QLinearConv", [("u1", X), np.float32(1), np.uint8(0), ("u1", [6, 4, 3, 3]), np.float32(1),
                                            np.uint8(0), np.float32(1), np.uint8(0)], 17, {}),
    "conv-transpose-to-nothing": ("ConvTranspose", [X, [4, 6, 1, 1]], 17, {"pads": [1, 0, 1, 0]}),
    "conv-transpose-kernel-shape": ("ConvTranspose", [X, [4, 6, 1, 1]], 17, {"kernel_shape": [-1, 1]}),
    "conv-deformed-beyond": ("DeformConv", [X, [6, 4, 3, 3], [1, 18, 0, 6]], 19, {}),
    "max-pool-beyond": ("MaxPool", [X], 17, {"kernel_shape": [3, 3]}),
    "max-pool-dilated-beyond": ("MaxPool", [X], 17, {"kernel_shape": [2, 2], "dilations": [2, 1]}),
    "max-pool-kernel-negative": ("MaxPool", [X], 17, {"kernel_shape": [-1, 3]}),
    "max-pool-of-padding": ("MaxPool", [X], 17, {"kernel_shape": [2, 2], "pads": [0, 2, 0, 0]}),
    "average-pool-beyond": ("AveragePool", [X], 17, {"kernel_shape": [3, 3]}),
    "lp-pool-beyond": ("LpPool", [X], 17, {"kernel_shape": [3, 3]}),
    "unpool-to-nothing": ("MaxUnpool", [X, ("i8", X)], 17, {"kernel_shape": [1, 1], "pads": [2, 0, 0, 0]}),
    "unpool-kernel-huge": ("MaxUnpool", [X, ("i8", X)], 17, {"kernel_shape": [1 << 62, 1]}),
    "unpool-to-negative": ("MaxUnpool", [X, ("i8", X), ints(1, 4, -2, 8)], 17, {"kernel_shape": [1, 1]}),
    "col2im-block-beyond": ("Col2Im", [[1, 9, 1], ints(2, 3), ints(3, 3)], 18, {}),
    "col2im-image-negative": ("Col2Im", [[1, 9, 1], ints(-2, 3), ints(1, 1)], 18, {}),
    "frames-beyond-the-signal": ("STFT", [[1, 8, 1], np.array(2), "", np.array(9)], 17, {}),
    "causal-kernel-empty": ("CausalConvWithState", [[1, 2, 4], [2, 1, 0]], 27, {}),
}

# ------------------------------------------------------------------------------------------------------------ other values

VALUES = {
    "hidden-size-0": ("GRU", [[4, 2, 3], [1, 0, 3], [1, 0, 0]], 17, {"hidden_size": 0}),
    "block-huge": ("DepthToSpace", [[1, 4, 2, 2]], 17, {"blocksize": 1 << 32}),
    "neighbours-negative": ("LRN", [[1, 4, 2, 2]], 17, {"size": -1}),
    "neighbours-huge": ("LRN", [[1, 4, 2, 2]], 17, {"size": 1 << 40}),
}

# --------------------------------------------------------------------------------------------- types that do not go together

X = [1, 1, 2, 4]
QUANTISED = ("u1", [1, 1, 2, 2]), np.float32(1), np.uint8(0)
TYPES = {
    "attention-keys": ("Attention", [X, ("f2", X), X], 23, {}),
    "attention-past-keys": ("Attention", [X, X, X, "", ("f2", X), X], 23, {}),
    "attention-past-values": ("Attention", [X, X, X, "", X, ("f2", X)], 23, {}),
    "quantise-to-int64": ("QuantizeLinear", [[4], np.float32(1), np.array(0)], 21, {}),
    "quantise-to-int64-as-said": ("QuantizeLinear", [[4], np.float32(1)], 21, {"output_dtype": 7}),
    "quantise-doubles": ("DynamicQuantizeLinear", [("f8", [4])], 17, {"outputs": ["y", "scale", "zero"]}),
    "dequantise-int64": ("DequantizeLinear", [("i8", [4]), np.float32(1)], 21, {}),
    "conv-scale-of-doubles": ("QLinearConv", [*QUANTISED, *QUANTISED, np.float64(1), np.uint8(0)], 17, {}),
    "conv-to-int64": ("QLinearConv", [*QUANTISED, *QUANTISED, np.float32(1), np.int64(0)], 17, {}),
    "conv-bias-of-int64": ("QLinearConv", [*QUANTISED, *QUANTISED, *QUANTISED[1:], ints(0)], 17, {}),
    "matmul-to-int64": ("QLinearMatMul", [*QUANTISED, *QUANTISED, np.float32(1), np.int64(0)], 17, {}),
    "matmul-of-int64": ("MatMulInteger", [("i8", [2, 2]), ("u1", [2, 2])], 17, {}),
}
OF_THE_MODEL = ("attention-keys", "attention-past-keys", "attention-past-values", "quantise-to-int64-as-said")

for kind, of_kind in (("position-", POSITIONS), ("window-", WINDOWS), ("", VALUES), ("types-", TYPES)):
    for name, (op, inputs, opset, more) in of_kind.items():
        add(kind + name, UNSUPPORTED if of_kind is TYPES and name not in OF_THE_MODEL else MODEL,
            lambda op=op, inputs=inputs, opset=opset, more=more: of_zeros(op, inputs, opset, **more))


def pool_of_run_time_size():
    return of_zeros("MaxPool", [[1, 1, "N"]], 17, kernel_shape=[3])


add("window-beyond-the-least-size", MODEL, pool_of_run_time_size, "--dim", "N=2..9")
