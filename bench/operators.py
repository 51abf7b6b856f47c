#!/usr/bin/env python3
"""One row an operator family: nnc's generated C against onnxruntime, one thread each, interleaved, best of the rounds.

    operators.py [--rounds N] [--target T] [ROW ...]

A row is a model of one node over shapes that take both long enough for the call not to count. Ratio is onnxruntime's time
over nnc's; rows below 0.5 are marked and end with status 1. What onnxruntime has no kernel for is left out and told below.
"""
import argparse
import os
import sys

import compare
import numpy as np
import onnx
from compare import Entry, Nnc, Onnxruntime, agree, measure
from generated import Failure, work_folder
from onnx import helper, numpy_helper
from targets import TARGETS, best_host

LEAST = 0.5
rng = np.random.default_rng(0)


def floats(*shape, kind=np.float32):
    return rng.standard_normal(shape).astype(kind)


def positive(*shape):
    return np.abs(floats(*shape)) + np.float32(.1)


def indices(n, *shape):
    return rng.integers(0, n, shape)


BIG = (1, 32, 56, 56)  # 100,352 elements


class Fixed:
    """An operand that is a constant of the model."""

    def __init__(self, array):
        self.array = np.asarray(array)


ROWS = {}


def row(name, op, *operands, outputs=1, opset=18, domain="", **attributes):
    ROWS[name] = op, operands, outputs, opset, domain, attributes


# Rows that are judged by their own formula: onnxruntime's sums of uint8 by int8 saturate where there is no VNNI.
EXACT = {"MatMulInteger": lambda a, b: [(a.astype(np.int64) @ b.astype(np.int64)).astype(np.int32)]}


for op in ("Sigmoid", "Tanh", "Erf", "Elu", "Selu", "Celu", "Exp", "Softplus", "Softsign", "HardSwish", "HardSigmoid", "Mish",
           "LeakyRelu", "ThresholdedRelu", "Sin", "Cos", "Tan", "Atan", "Sinh", "Asinh", "Abs", "Neg", "Sign", "Round",
           "Floor", "Ceil", "Reciprocal", "Relu", "IsNaN", "IsInf"):
    row(op, op, floats(*BIG))
for op in ("Log", "Sqrt"):
    row(op, op, positive(*BIG))
for op in ("Asin", "Acos", "Atanh"):
    row(op, op, np.tanh(floats(*BIG)) * np.float32(.9))
row("Acosh", "Acosh", positive(*BIG) + np.float32(1))
row("Gelu", "Gelu", floats(*BIG), opset=20)
row("PRelu", "PRelu", floats(*BIG), Fixed(floats(32, 1, 1)))
row("Clip", "Clip", floats(*BIG), Fixed(np.float32(-.5)), Fixed(np.float32(.5)))
row("Pow", "Pow", positive(*BIG), floats(*BIG))
row("Pow-by-a-constant", "Pow", positive(*BIG), Fixed(np.float32(1.7)))
for op in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Greater", "Equal"):
    row(op, op, floats(*BIG), floats(*BIG))
row("Add-a-channel", "Add", floats(*BIG), floats(1, 32, 1, 1))
row("Add-rows", "Add", floats(64, 1, 40), floats(1, 40, 40))
row("Sum", "Sum", floats(*BIG), floats(*BIG), floats(*BIG))
row("Mod", "Mod", floats(*BIG), positive(*BIG), fmod=1)
row("And", "And", floats(*BIG) > 0, floats(*BIG) > 0)
row("Where", "Where", floats(1, 1, 56, 56) > 0, floats(*BIG), floats(*BIG))
row("Where-a-scalar", "Where", floats(*BIG) > 0, floats(*BIG), Fixed(np.float32(0)))
for kind in (np.int32, np.int64, np.uint8):
    name = np.dtype(kind).name
    a, b = indices(100, *BIG).astype(kind), (1 + indices(100, *BIG)).astype(kind)
    for op in ("Add", "Mul", "Div") if kind != np.uint8 else ("Add", "Mul"):
        row(f"{op}-{name}", op, a, b)
    row(f"Cast-{name}", "Cast", a, to=1)
row("Cast-to-int64", "Cast", floats(*BIG) * np.float32(9), to=7)
row("Cast-float16", "Cast", floats(*BIG, kind=np.float16), to=1)
row("Cast-to-float16", "Cast", floats(*BIG), to=10)
row("Add-float16", "Add", floats(*BIG, kind=np.float16), floats(*BIG, kind=np.float16))
row("MatMul-float16", "MatMul", floats(64, 64, kind=np.float16), floats(64, 64, kind=np.float16))
row("Sigmoid-float16", "Sigmoid", floats(*BIG, kind=np.float16))
for axes in ([1], [2, 3], [3], [0, 2]):
    for op in ("ReduceMean", "ReduceMax") if axes != [1] else ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceL2",
                                                               "ReduceLogSumExp", "ReduceProd"):
        row(f"{op}-{''.join(map(str, axes))}", op, floats(4, 32, 28, 28), Fixed(np.array(axes)))
for axis in (1, 3):
    row(f"ArgMax-{axis}", "ArgMax", floats(4, 32, 28, 28), axis=axis)
    row(f"Softmax-{axis}", "Softmax", floats(4, 32, 28, 28), axis=axis)
    row(f"CumSum-{axis}", "CumSum", floats(4, 32, 28, 28), Fixed(np.int64(axis)))
row("LogSoftmax", "LogSoftmax", floats(128, 1000))
row("Hardmax", "Hardmax", floats(128, 1000))
for perm in ([0, 2, 3, 1], [0, 3, 1, 2], [3, 2, 1, 0], [0, 2, 1, 3]):
    row(f"Transpose-{''.join(map(str, perm))}", "Transpose", floats(1, 48, 56, 40), perm=perm)
row("Concat", "Concat", floats(*BIG), floats(*BIG), axis=1)
row("Split", "Split", floats(4, 32, 28, 28), outputs=2, axis=1, num_outputs=2)
row("Slice", "Slice", floats(4, 32, 28, 28), Fixed([1, 1]), Fixed([27, 27]), Fixed([2, 3]), Fixed([2, 1]))
row("Pad", "Pad", floats(*BIG), Fixed([0, 0, 2, 2, 0, 0, 2, 2]))
row("Pad-reflect", "Pad", floats(*BIG), Fixed([0, 0, 2, 2, 0, 0, 2, 2]), mode="reflect")
row("Tile", "Tile", floats(8, 32, 28), Fixed([2, 2, 3]))
row("Expand", "Expand", floats(32, 1, 56), Fixed([4, 32, 28, 56]))
row("DepthToSpace", "DepthToSpace", floats(1, 64, 40, 40), blocksize=2)
row("Gather-rows", "Gather", floats(1000, 64), indices(1000, 512))
row("Gather-columns", "Gather", floats(256, 500), indices(500, 128), axis=1)
row("GatherElements", "GatherElements", floats(256, 300), indices(256, 256, 300))
row("GatherND", "GatherND", floats(64, 64, 32), indices(64, 1000, 2))
row("ScatterND", "ScatterND", floats(1000, 64), indices(1000, 300, 1), floats(300, 64))
row("ScatterElements", "ScatterElements", floats(256, 300), indices(256, 256, 300), floats(256, 300))
row("OneHot", "OneHot", indices(100, 1000), Fixed(np.int64(100)), Fixed(np.float32([0, 1])))
row("TopK", "TopK", floats(16, 4000), Fixed([10]), outputs=2)
row("TopK-all", "TopK", floats(64, 500), Fixed([500]), outputs=2)
row("NonZero", "NonZero", floats(200, 300) > 0)
row("Compress", "Compress", floats(1000, 64), floats(1000) > 0, axis=0)
row("Unique", "Unique", indices(500, 4000), outputs=1)
row("Range-of-Trilu", "Trilu", floats(8, 128, 128))
row("NonMaxSuppression", "NonMaxSuppression", np.sort(positive(1, 1000, 4), -1), floats(1, 4, 1000), Fixed([20]),
    Fixed(np.float32([.5])), Fixed(np.float32([.1])))
for mode in ("nearest", "linear", "cubic"):
    row(f"Resize-{mode}", "Resize", floats(1, 8, 48, 48), Fixed(np.zeros(0, np.float32)),
        Fixed(np.float32([1, 1, 2, 2])), mode=mode)
row("Resize-down", "Resize", floats(1, 16, 96, 96), Fixed(np.zeros(0, np.float32)), Fixed(np.float32([1, 1, .6, .6])),
    mode="linear")
row("LRN", "LRN", floats(1, 64, 28, 28), size=5)
row("InstanceNormalization", "InstanceNormalization", floats(*BIG), floats(32), floats(32))
row("BatchNormalization", "BatchNormalization", floats(*BIG), *(Fixed(positive(32)) for _ in range(4)))
row("LayerNormalization", "LayerNormalization", floats(128, 384), Fixed(floats(384)), Fixed(floats(384)))
row("GroupNormalization", "GroupNormalization", floats(*BIG), Fixed(floats(32)), Fixed(floats(32)), opset=21, num_groups=4)
row("LpNormalization", "LpNormalization", floats(128, 384))
row("MeanVarianceNormalization", "MeanVarianceNormalization", floats(*BIG))
row("Einsum-product", "Einsum", floats(8, 64, 32), floats(8, 32, 64), equation="bij,bjk->bik")
row("Einsum-heads", "Einsum", floats(4, 48, 6, 32), floats(4, 48, 6, 32), equation="bqhd,bkhd->bhqk")
row("MatMul", "MatMul", floats(128, 128), floats(128, 128))
row("MatMul-batch", "MatMul", floats(12, 64, 32), floats(12, 32, 64))
row("Gemm", "Gemm", floats(64, 256), Fixed(floats(128, 256)), Fixed(floats(128)), transB=1)
row("MatMul-float64", "MatMul", floats(64, 64, kind=np.float64), floats(64, 64, kind=np.float64))
row("MatMulInteger", "MatMulInteger", indices(255, 64, 128).astype(np.uint8), Fixed(indices(127, 128, 64).astype(np.int8)))
row("Conv", "Conv", floats(*BIG), Fixed(floats(32, 32, 3, 3)), pads=[1] * 4)
row("Conv-1d", "Conv", floats(1, 64, 400), Fixed(floats(64, 64, 5)))
row("Conv-3d", "Conv", floats(1, 8, 16, 16, 16), Fixed(floats(8, 8, 3, 3, 3)))
row("ConvTranspose", "ConvTranspose", floats(1, 16, 28, 28), Fixed(floats(16, 16, 4, 4)), strides=[2, 2])
row("MaxPool", "MaxPool", floats(*BIG), kernel_shape=[3, 3], strides=[2, 2])
row("AveragePool", "AveragePool", floats(*BIG), kernel_shape=[3, 3])
row("LpPool", "LpPool", floats(*BIG), kernel_shape=[3, 3])
row("GlobalAveragePool", "GlobalAveragePool", floats(*BIG))
row("MaxPool-1d", "MaxPool", floats(1, 64, 2000), kernel_shape=[3])
row("GridSample", "GridSample", floats(1, 8, 48, 48), np.tanh(floats(1, 64, 64, 2)))
row("RoiAlign", "RoiAlign", floats(1, 16, 50, 50), np.sort(positive(20, 4) * 15, -1), Fixed(np.zeros(20, np.int64)),
    output_height=7, output_width=7)
row("QuantizeLinear", "QuantizeLinear", floats(*BIG), Fixed(np.float32(.05)), Fixed(np.uint8(128)))
row("DequantizeLinear", "DequantizeLinear", indices(255, *BIG).astype(np.uint8), Fixed(np.float32(.05)),
    Fixed(np.uint8(128)))
row("DynamicQuantizeLinear", "DynamicQuantizeLinear", floats(*BIG), outputs=3)
row("LSTM", "LSTM", floats(16, 1, 64), Fixed(floats(1, 256, 64) / 8), Fixed(floats(1, 256, 64) / 8), hidden_size=64)
row("GRU", "GRU", floats(16, 1, 64), Fixed(floats(1, 192, 64) / 8), Fixed(floats(1, 192, 64) / 8), hidden_size=64)
row("RNN", "RNN", floats(16, 1, 64), Fixed(floats(1, 64, 64) / 8), Fixed(floats(1, 64, 64) / 8), hidden_size=64)
row("ReverseSequence", "ReverseSequence", floats(64, 16, 64), indices(64, 16) + 1)
row("DFT", "DFT", floats(4, 256, 1), opset=17, axis=1)
row("BitShift", "BitShift", indices(255, *BIG).astype(np.uint8), Fixed(np.uint8(2)), direction="RIGHT")
row("Det", "Det", floats(200, 4, 4), opset=11)


def classic(name, op, *operands, outputs=1, **attributes):
    row(name, op, *operands, outputs=outputs, domain="ai.onnx.ml", **attributes)


def drawn(*shape):
    return [float(v) for v in floats(*shape).ravel()]


classic("LinearRegressor", "LinearRegressor", floats(256, 100), coefficients=drawn(10, 100), intercepts=drawn(10), targets=10)
classic("LinearClassifier", "LinearClassifier", floats(256, 100), outputs=2, coefficients=drawn(10, 100),
        intercepts=drawn(10), classlabels_ints=list(range(10)), post_transform="SOFTMAX")
for kernel in ("LINEAR", "POLY", "RBF", "SIGMOID"):
    classic(f"SVMRegressor-{kernel}", "SVMRegressor", floats(16, 32), kernel_type=kernel, n_supports=400,
            support_vectors=drawn(400, 32), coefficients=drawn(400), rho=[.5], kernel_params=[.03, .1, 3.])
classic("SVMClassifier", "SVMClassifier", floats(16, 32), outputs=2, kernel_type="RBF", vectors_per_class=[100] * 4,
        support_vectors=drawn(400, 32), coefficients=drawn(3, 400), rho=drawn(6), kernel_params=[.03, .1, 3.],
        classlabels_ints=[0, 1, 2, 3], prob_a=[-1.] * 6, prob_b=[0.] * 6)
classic("Normalizer", "Normalizer", floats(256, 100), norm="L2")
classic("Scaler", "Scaler", floats(256, 100), offset=drawn(100), scale=drawn(100))
classic("ArrayFeatureExtractor", "ArrayFeatureExtractor", floats(256, 100), Fixed(indices(100, 50)))
classic("LabelEncoder", "LabelEncoder", indices(50, 4000), keys_int64s=list(range(50)), values_floats=drawn(50))
classic("OneHotEncoder", "OneHotEncoder", indices(50, 400, 1), cats_int64s=list(range(50)))


def forest(trees, depth, features):
    """Full trees with one target."""
    inner, n = 2 ** depth - 1, 2 ** (depth + 1) - 1
    ids, leaves = list(range(n)), list(range(inner, n))
    return dict(nodes_treeids=[t for t in range(trees) for _ in ids], nodes_nodeids=ids * trees,
                nodes_featureids=[int(v) for v in indices(features, trees * n)], nodes_values=drawn(trees * n),
                nodes_modes=(["BRANCH_LEQ"] * inner + ["LEAF"] * len(leaves)) * trees,
                nodes_truenodeids=[2 * i + 1 if i < inner else 0 for i in ids] * trees,
                nodes_falsenodeids=[2 * i + 2 if i < inner else 0 for i in ids] * trees,
                target_treeids=[t for t in range(trees) for _ in leaves], target_nodeids=leaves * trees,
                target_ids=[0] * (trees * len(leaves)), target_weights=drawn(trees * len(leaves)))


classic("Trees-500-of-depth-8", "TreeEnsembleRegressor", floats(1, 30), n_targets=1, **forest(500, 8, 30))


def model_of(name):
    """The model of a row and its inputs."""
    op, operands, outputs, opset, domain, attributes = ROWS[name]
    names = [f"x{i}" for i in range(len(operands))]
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], domain=domain, **attributes)
    inputs = {n: v for n, v in zip(names, operands) if not isinstance(v, Fixed)}
    graph = helper.make_graph(
        [node], name, [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
                       for n, v in inputs.items()], [onnx.ValueInfoProto(name=n) for n in node.output],
        [numpy_helper.from_array(v.array, n) for n, v in zip(names, operands) if isinstance(v, Fixed)])
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, ir_version=9, opset_imports=imports)
    with_types = onnx.shape_inference.infer_shapes(model)
    for out in with_types.graph.output:
        if not out.type.tensor_type.elem_type:
            out.type.tensor_type.elem_type = 1
    return with_types, list(inputs.values())


def measure_row(name, target, rounds):
    """Seconds of onnxruntime and of nnc."""
    model, inputs = model_of(name)
    folder = os.path.join(work_folder(), "bench", "operators")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{name}.onnx")
    onnx.save(model, path)
    try:
        theirs = Onnxruntime(path, inputs)
        expected = theirs.outputs()
    except Exception as e:  # onnxruntime's are of many classes
        raise Failure("unsupported", f"onnxruntime: {str(e).splitlines()[0][:150]}") from e
    ours = Nnc(Entry(f"operators-{name}", path, [], inputs, []), target, "gcc", expected)
    if name in EXACT:
        expected = EXACT[name](*(v.array if isinstance(v, Fixed) else v for v in ROWS[name][1]))
    if not agree(ours.outputs(), expected):
        raise Failure("wrong", f"outputs differ from {'the exact ones' if name in EXACT else 'those of onnxruntime'}")
    return measure([theirs, ours], rounds)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--target", default="host")
    p.add_argument("rows", nargs="*")
    a = p.parse_args()
    target = best_host() if a.target == "host" else TARGETS[a.target]
    slow, left_out = [], []
    print(f"| row | onnxruntime us | nnc {target.name} us | ratio | |\n|---|---:|---:|---:|---|")
    for name in a.rows or ROWS:
        try:
            theirs, ours = measure_row(name, target, a.rounds)
        except Failure as e:
            left_out.append(f"{name}: {e.kind}: {e}")
            continue
        is_slow = theirs < LEAST * ours
        slow += [name] if is_slow else []
        print(f"| {name} | {compare.number(1e6 * theirs)} | {compare.number(1e6 * ours)} | {theirs / ours:.2f} | "
              f"{'slow' if is_slow else ''} |", flush=True)
    print(f"\n{len(slow)} rows below {LEAST}: {' '.join(slow) or 'none'}. Floor of an onnxruntime call: "
          f"{1e6 * compare.call_floor():.1f} us.")
    for line in left_out:
        print(f"not measured: {line}")
    sys.exit(1 if slow or any(": wrong:" in line for line in left_out) else 0)


if __name__ == "__main__":
    main()
