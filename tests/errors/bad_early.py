"""Cases of bad_models.py with operators of opsets before 7."""
import numpy as np

from refused import MODEL, UNSUPPORTED, add, of_zeros

X, CHANNEL = [2, 3, 4, 4], [3]
ROW = [3, 4, 4]

CASES = {
    "add-axis-beyond": (MODEL, "Add", [X, CHANNEL], 6, {"broadcast": 1, "axis": 4}),
    "add-axis-of-no-room": (MODEL, "Add", [X, [4, 4]], 6, {"broadcast": 1, "axis": 3}),
    "add-of-more-axes": (MODEL, "Add", [CHANNEL, X], 6, {"broadcast": 1}),
    "add-without-broadcast": (MODEL, "Add", [X, [2, 3, 4, 1]], 6, {}),
    "add-axis-of-another-size": (MODEL, "Add", [X, CHANNEL], 6, {"broadcast": 1, "axis": 2}),
    "slopes-of-another-size": (MODEL, "PRelu", [X, [4]], 6, {}),
    "gemm-without-broadcast": (MODEL, "Gemm", [[2, 3], [3, 4], [4]], 6, {}),
    "gemm-of-rank-3": (MODEL, "Gemm", [[1, 2, 3], [3, 4], [4]], 6, {"broadcast": 1}),
    "norm-for-training": (UNSUPPORTED, "BatchNormalization", [X] + 4 * [CHANNEL], 6, {}),
    "norm-of-rows-by-channel": (MODEL, "BatchNormalization", [X] + 4 * [CHANNEL], 8, {"spatial": 0}),
    "norm-of-rows-and-statistics": (UNSUPPORTED, "BatchNormalization", [X] + 4 * [ROW], 8,
                                    {"spatial": 0, "outputs": 2}),
    "norm-of-scalars": (MODEL, "BatchNormalization", 5 * [[]], 8, {"spatial": 0}),
    "dropout-for-training": (UNSUPPORTED, "Dropout", [X], 6, {}),
    "cast-to-no-type": (MODEL, "Cast", [X], 5, {"to": "float"}),
    "cast-to-strings": (UNSUPPORTED, "Cast", [X], 5, {"to": "STRING"}),
    "pool-of-half-a-norm": (UNSUPPORTED, "GlobalLpPool", [X], 1, {"p": 0.5}),
    "pool-of-no-norm": (UNSUPPORTED, "LpPool", [X], 1, {"p": float("nan"), "kernel_shape": [2, 2]}),
    "pads-of-half": (MODEL, "Pad", [X], 1, {"paddings": [1, 1, 1]}),
    "reshape-to-more": (MODEL, "Reshape", [X], 4, {"shape": [7, -1]}),
    "split-into-less": (MODEL, "Split", [[6], np.array([2, 3, 1], np.float32)], 1, {"outputs": 2}),
    "split-of-no-number": (MODEL, "Split", [[6], np.array([np.nan, 6], np.float32)], 1, {"outputs": 2}),
    "split-at-run-time": (UNSUPPORTED, "Split", [[6], [2]], 1, {"outputs": 2}),
    "tile-axis": (MODEL, "Tile", [[2, 3], np.float32(2), np.float32(2)], 5, {}),
    "tile-half-an-axis": (MODEL, "Tile", [[2, 3], np.float32(2), np.float32(.5)], 5, {}),
    "tile-huge": (MODEL, "Tile", [[2, 3], np.float32(1e30), np.float32(0)], 5, {}),
    "tile-two-axes": (MODEL, "Tile", [[2, 3], np.float32(1), np.zeros(2, np.float32)], 5, {}),
    "upsample-of-rows": (MODEL, "Upsample", [[2, 3]], 1, {"height_scale": 2., "width_scale": 2.}),
}

for name, (status, op, inputs, opset, more) in CASES.items():
    add("early-" + name, status,
        lambda op=op, inputs=inputs, opset=opset, more=more: of_zeros(op, inputs, opset, **more))
