"""Cases of bad_models.py with operators of com.microsoft on quantised tensors."""
import numpy as np
from onnx import TensorProto, helper

from refused import MODEL, UNSUPPORTED, add, case, model, of_zeros, value

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

L, R = ("u1", [2, 5]), ("u1", [5, 3])
GEMM = [L, ONE, ZERO, R, ONE, ZERO]
CASES |= {
    "gemm-of-rank-3": (MODEL, "QGemm", [("u1", [1, 2, 5]), *GEMM[1:]], {}),
    "gemm-scales-of-rows": (MODEL, "QGemm", [*GEMM[:4], np.ones(2, np.float32), ZERO], {}),
    "gemm-zeros-of-rows": (MODEL, "QGemm", [*GEMM[:5], np.zeros(2, np.uint8)], {}),
    "gemm-zero-without-scale": (MODEL, "QGemm", [*GEMM, "", "", ZERO], {}),
    "gemm-bias-beyond": (MODEL, "QGemm", [*GEMM, np.zeros(4, np.int32), ONE, ZERO], {}),
    "gemm-bias-of-more-rows": (MODEL, "QGemm", [*GEMM, np.zeros((4, 3), np.int32), ONE, ZERO], {}),
    "gemm-bias-of-rank-3": (MODEL, "QGemm", [*GEMM, np.zeros((1, 1, 3), np.int32), ONE, ZERO], {}),
    "gemm-inner-axis": (MODEL, "QGemm", [*GEMM, "", ONE, ZERO], {"transB": 1}),
    "gemm-to-16-bits": (UNSUPPORTED, "QGemm", [*GEMM, "", ONE, np.uint16(0)], {}),
    "to-float-scales-of-rows": (MODEL, "MatMulIntegerToFloat", [L, R, np.ones(2, np.float32), ONE], {}),
    "to-float-bias-of-another-size": (MODEL, "MatMulIntegerToFloat", [L, R, ONE, ONE, "", "", np.ones(2, np.float32)],
                                      {}),
    "dynamic-zeros-of-another-size": (MODEL, "DynamicQuantizeMatMul", [[2, 5], R, ONE, np.zeros(2, np.uint8)], {}),
    "dynamic-of-scalars": (MODEL, "DynamicQuantizeMatMul", [[], R, ONE], {}),
}

LSTM = {"x": [5, 2, 3], "w": ("u1", [1, 3, 16]), "r": ("u1", [1, 4, 16]), "b": "", "lengths": "", "h": "", "c": "",
        "p": "", "w_scale": np.ones(1, np.float32), "w_zero": np.zeros(1, np.uint8),
        "r_scale": np.ones((1, 16), np.float32), "r_zero": np.zeros((1, 16), np.uint8)}


def lstm(attributes=(), status=UNSUPPORTED, **changes):
    return status, "DynamicQuantizeLSTM", list((LSTM | changes).values()), dict(attributes)


CASES |= {
    "lstm-activations": lstm({"activations": ["Relu", "Tanh", "Tanh"]}),
    "lstm-activations-of-two-directions": lstm({"activations": ["Sigmoid", "Tanh"] * 3}),
    "lstm-clip": lstm({"clip": 3.0}),
    "lstm-input-forget": lstm({"input_forget": 1}),
    "lstm-lengths": lstm(lengths=("i4", [2])),
    "lstm-peepholes": lstm(p=[1, 12]),
    "lstm-directions": lstm({"direction": "bidirectional"}, MODEL),
    "lstm-hidden-size": lstm({"hidden_size": 5}, MODEL),
    "lstm-hidden-none": lstm(status=MODEL, r=("u1", [1, 0, 0])),
    "lstm-weights-of-the-standard": lstm(status=MODEL, w=("u1", [1, 16, 3])),
    "lstm-weights-of-rank-2": lstm(status=MODEL, r=("u1", [4, 16])),
    "lstm-weights-of-16-bits": lstm(w=("u2", [1, 3, 16])),
    "lstm-bias": lstm(status=MODEL, b=[1, 16]),
    "lstm-state": lstm(status=MODEL, h=[1, 3, 4]),
    "lstm-scales": lstm(status=MODEL, w_scale=np.ones(2, np.float32)),
    "lstm-scale-of-rank-0": lstm(status=MODEL, w_scale=ONE),
    "lstm-without-scale": lstm(status=MODEL, r_scale=""),
}

ATTENTION = {"x": ("u1", [2, 5, 3]), "w": ("u1", [3, 12]), "bias": np.zeros(12, np.float32), "x_scale": ONE,
             "w_scale": ONE, "mask": "", "x_zero": "", "w_zero": "", "past": ""}


def attention(attributes=(), status=MODEL, **changes):
    return status, "QAttention", list((ATTENTION | changes).values()), {"num_heads": 2} | dict(attributes)


CASES |= {
    "attention-heads-none": attention({"num_heads": 0}),
    "attention-heads-that-do-not-divide": attention({"num_heads": 3}),
    "attention-of-rank-2": attention(x=("u1", [5, 3])),
    "attention-weights-of-others": attention(w=("u1", [4, 12])),
    "attention-bias": attention(bias=np.zeros(4, np.float32)),
    "attention-scales": attention(w_scale=np.ones(3, np.float32)),
    "attention-zeros": attention(x_zero=np.zeros(2, np.uint8)),
    "attention-mask-of-other-steps": attention(mask=("i4", [2, 4])),
    "attention-mask-of-ends-and-starts": attention(mask=("i4", [4])),
    "attention-mask-of-rank-3": attention(mask=("i4", [2, 5, 5])),
    "attention-mask-of-64-bits": attention(status=UNSUPPORTED, mask=("i8", [2, 5])),
    "attention-past": attention(status=UNSUPPORTED, past=[2, 2, 2, 1, 2]),
    "attention-rotary": attention({"do_rotary": 1}, UNSUPPORTED),
    "attention-of-many-steps": attention({"unidirectional": 1}, UNSUPPORTED, x=("u1", [1, 1 << 20, 3])),
}

A, B, SCALES = [2, 40], np.zeros((3, 2, 16), np.uint8), np.ones(6, np.float32)
NBITS = {"N": 3, "K": 40, "block_size": 32}


def nbits(changes=(), a=A, b=B, scales=SCALES, **more):
    operands = {"a": a, "b": b, "scales": scales, "zeros": "", "groups": ""} | more
    return UNSUPPORTED, "MatMulNBits", list(operands.values()), NBITS | dict(changes)


def wrong_nbits(*arguments, **more):
    return (MODEL, *nbits(*arguments, **more)[1:])


CASES |= {
    "nbits-of-3": nbits({"bits": 3}),
    "nbits-packed-otherwise": nbits({"weight_prepacked": 1}),
    "nbits-weights-at-run-time": nbits(b=("u1", [3, 2, 16])),
    "nbits-with-groups": nbits(groups=np.zeros(40, np.int32)),
    "nbits-zeros-of-floats": nbits(zeros=SCALES),
    "nbits-blocks-of-8": wrong_nbits({"block_size": 8}),
    "nbits-blocks-of-48": wrong_nbits({"block_size": 48}),
    "nbits-rows-none": wrong_nbits({"N": 0}),
    "nbits-weights-too-few": wrong_nbits(b=B[:2]),
    "nbits-scales-too-few": wrong_nbits(scales=SCALES[:5]),
    "nbits-zeros-too-many": wrong_nbits(zeros=np.zeros(4, np.uint8)),
    "nbits-inner-axis": wrong_nbits(a=[2, 39]),
    "nbits-inner-axis-none": wrong_nbits(a=[]),
}


def product(op, *operands):
    """Whose result has whatever type it may have."""
    made = of_zeros(op, operands, 17)
    made.graph.output[0].ClearField("type")
    return made


THREE = np.ones(3, np.float32)
add("product-zeros-of-another-size", MODEL, lambda: product("MatMulInteger", L, R, ZERO, np.zeros(2, np.uint8)))
add("product-zeros-of-another-rank", MODEL, lambda: product("MatMulInteger", L, R, np.zeros((2, 2), np.uint8), ZERO))
add("product-scales-of-another-size", MODEL, lambda: product("QLinearMatMul", L, THREE, ZERO, *GEMM[3:], ONE, ZERO))
add("product-result-of-another-size", MODEL, lambda: product("QLinearMatMul", *GEMM, THREE, ZERO))


def packed(op, number, count, elements, *operands, **attributes):
    """An operator on a constant of packed elements, of so many bytes."""
    made = of_zeros(op, ["", *operands], 21, **attributes)
    made.graph.node[0].input[0] = "p"
    made.graph.initializer.append(TensorProto(name="p", data_type=number, dims=[elements], raw_data=bytes(count)))
    return made


add("packed-too-short", MODEL, lambda: packed("DequantizeLinear", TensorProto.INT4, 2, 5, ONE))
add("packed-read-as-bytes", UNSUPPORTED, lambda: packed("Abs", TensorProto.UINT4, 3, 5))
add("packed-added", UNSUPPORTED, lambda: packed("Add", TensorProto.INT2, 1, 4, np.int8(1)))


@case(UNSUPPORTED)
def packed_result():
    made = of_zeros("QuantizeLinear", [[4], ONE], 21)
    made.graph.node[0].input.append("p")
    made.graph.initializer.append(TensorProto(name="p", data_type=TensorProto.INT4, raw_data=bytes(1)))
    return made


for name, (status, op, operands, attributes) in CASES.items():
    add(f"quantised-{name}", status, lambda op=op, operands=operands, attributes=attributes:
        of_zeros(op, operands, 17, domain="com.microsoft", **attributes))


def of_narrow(op, number, **attributes):
    """An operator on an input of a type of 8 bits or less."""
    return model([helper.make_node(op, ["x"], ["y"], "n", **attributes)], inputs=[value("x", [4], number)], opset=25)


add("narrow-integers-negated", UNSUPPORTED, lambda: of_narrow("Neg", TensorProto.INT4))
add("narrow-floats-summed", UNSUPPORTED, lambda: of_narrow("ReduceSum", TensorProto.FLOAT8E4M3FN))
add("narrow-rounding", MODEL, lambda: of_narrow("Cast", TensorProto.FLOAT8E8M0, to=1, round_mode="even"))
