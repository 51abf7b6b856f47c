"""Cases of bad_models.py with operators of com.microsoft on quantised tensors."""
import numpy as np

from refused import MODEL, UNSUPPORTED, add, of_zeros

ONE, ZERO = np.float32(1), np.uint8(0)
X = ("u1", [1, 4, 6, 8])

CASES = {
    "of-16-bits": (UNSUPPORTED, "QLinearAdd", [("i2", [4]), ONE, "", ("i2", [4]), ONE, "", ONE], {}),
    "of-floats": (UNSUPPORTED, "QLinearSigmoid", [[4], ONE, "", ONE], {}),
    "without-scale": (MODEL, "QLinearAdd", [X, "", "", X, ONE, "", ONE], {}),
    "without-operand": (MODEL, "QLinearMul", [X, ONE, "", "", ONE, "", ONE], {}),
    "of-empty-scale": (MODEL, "QLinearLeakyRelu", [X, np.zeros(0, np.float32), "", ONE], {}),
    "of-scales-beyond-the-axis": (MODEL, "QLinearSigmoid", [X, np.ones(3, np.float32), ZERO, ONE], {}),
    "of-a-zero-point-of-rank-2": (MODEL, "QLinearSigmoid", [X, ONE, np.zeros((2, 2), np.uint8), ONE], {}),
    "of-a-scale-of-integers": (UNSUPPORTED, "QLinearSigmoid", [X, np.int32(1), ZERO, ONE], {}),
    "not-broadcast": (MODEL, "QLinearAdd", [X, ONE, "", ("u1", [5]), ONE, "", ONE], {}),
    "concat-of-a-part": (MODEL, "QLinearConcat", [ONE, ZERO, X, ONE, ZERO, X], {"axis": 0}),
    "concat-without-scale": (MODEL, "QLinearConcat", [ONE, ZERO, X, "", ZERO, X, ONE, ZERO], {"axis": 0}),
    "concat-axis": (MODEL, "QLinearConcat", [ONE, ZERO, X, ONE, ZERO], {"axis": 4}),
    "pool-of-rows": (MODEL, "QLinearAveragePool", [("u1", [4, 4]), ONE, "", ONE], {"kernel_shape": [2, 2]}),
    "pool-without-kernel": (MODEL, "QLinearAveragePool", [X, ONE, "", ONE], {}),
    "pool-beyond-its-input": (MODEL, "QLinearAveragePool", [X, ONE, "", ONE],
                              {"kernel_shape": [7, 5], "channels_last": 1}),
    "pool-channels-neither": (MODEL, "QLinearGlobalAveragePool", [X, ONE, ZERO, ONE, ZERO], {"channels_last": 2}),
    "softmax-axis": (MODEL, "QLinearSoftmax", [X, ONE, ZERO, ONE, ZERO], {"opset": 13, "axis": -5}),
    "softmax-without-opset": (MODEL, "QLinearSoftmax", [X, ONE, ZERO, ONE, ZERO], {}),
    "conv-channels-last": (MODEL, "QLinearConv", [X, ONE, ZERO, ("u1", [6, 4, 3, 3]), ONE, ZERO, ONE, ZERO],
                           {"channels_last": 1}),
}

for name, (status, op, operands, attributes) in CASES.items():
    add(f"quantised-{name}", status, lambda op=op, operands=operands, attributes=attributes:
        of_zeros(op, operands, 17, domain="com.microsoft", **attributes))
