#!/usr/bin/env python3
"""Networks that onnxruntime's quantiser makes of float ones, in operators on quantised tensors and dynamically: every such
operator of nnc, given onnxruntime's own tensors, gives onnxruntime's result.

    quantised_models.py [--target T] [NAME ...]

The float networks are our own of models.def and, where ../shared/zoo is there, some that are made there. All links
between operators are cut: each reads what onnxruntime's operators put out, as an input, and its results are outputs, so that
one difference stays one. Integers must be equal; those that are rounded from more than one scaled sum may be a step off where
the float64 value lies next to the middle between two steps. A recurrent layer that quantises its state in every step may
differ by the weight of two such steps. Images and weights have one type, for products of uint8 and int8 saturate in
onnxruntime on x86 processors without VNNI.
"""
import collections
import logging
import os
import shutil
import subprocess
import sys
import warnings

import qoperators  # first: it says where the others are

sys.path.insert(0, os.path.join(qoperators.sandwiches.HERE, "..", "models"))

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

import cases
import float64
import generated
import on_target
import qdq_form
import together
from generated import Failure
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

ZOO = ("mobilenetv3_small", "lstm_speech")
NODES_AT_ONCE = 60
STANDARD = ("QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear", "QuantizeLinear",
            "DequantizeLinear")
FREE = ("QLinearAdd", "QLinearMul", "QLinearSigmoid", "QLinearAveragePool", "QLinearGlobalAveragePool", "QLinearSoftmax")


class Reader(CalibrationDataReader):
    def __init__(self, feeds):
        self.feeds = iter(feeds)

    def get_next(self):
        return next(self.feeds, None)


def in_operators(kind):
    def quantise(source, path, feeds):
        quantize_static(source, path, Reader(feeds), quant_format=QuantFormat.QOperator, activation_type=kind,
                        weight_type=kind, per_channel=kind == QuantType.QInt8)
    return quantise


def dynamically(source, path, feeds):
    quantize_dynamic(source, path, weight_type=QuantType.QUInt8)
    model = onnx.load(path)
    for t in model.graph.initializer:  # recurrent layers have int8 whatever is asked for
        if t.data_type == onnx.TensorProto.INT8:
            t.CopyFrom(numpy_helper.from_array((numpy_helper.to_array(t).astype(np.int64) + 128).astype(np.uint8), t.name))
    onnx.save(model, path)


FORMS = {"uint8": in_operators(QuantType.QUInt8), "int8": in_operators(QuantType.QInt8), "dynamic": dynamically}


def float_models(report, names):
    """(name, path, lists of inputs)"""
    for model in cases.models(report, kinds=("float",)):
        if model.path.startswith(generated.ROOT + os.sep) and (not names or model.name in names):
            yield model.name, model.path, [model.case(k)[0] for k in range(model.n_cases)]
    script = os.path.join(cases.SHARED, "zoo", "make_zoo.py")
    folder = os.path.join(generated.work_folder(), "zoo")
    for name in ZOO:
        if names and name not in names:
            continue
        if not os.path.exists(script):
            report.skip(name, "../shared/zoo is not there")
            continue
        subprocess.run([sys.executable, script, "--out", folder, "--samples", name], check=True, capture_output=True)
        yield name, os.path.join(folder, name, "model.onnx"), [cases.load_numbered(os.path.join(folder, name), "input")]


def all_tensors(model, feeds):
    """What onnxruntime's operators put out, by name."""
    twin = onnx.ModelProto()
    twin.CopyFrom(model)
    del twin.graph.output[:]
    twin.graph.output.extend(onnx.ValueInfoProto(name=o) for n in twin.graph.node for o in n.output if o)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.intra_op_num_threads = max(1, max(v.shape[0] if v.ndim else 1 for v in feeds.values()))
    session = ort.InferenceSession(twin.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return {**feeds, **dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds)))}


class Cut:
    """Some nodes of a model, no link between them left."""

    def __init__(self, model, nodes, values, constants):
        self.nodes, self.arrays, self.names, self.wanted = nodes, [], {}, []
        inputs, outputs, weights, copies = [], [], {}, []
        for k, node in enumerate(nodes):
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            for i, name in enumerate(node.input):
                if name in constants:
                    weights[name] = numpy_helper.from_array(constants[name], name)
                elif name:
                    if name not in self.names:
                        self.names[name] = f"in_{len(self.names)}"
                        inputs.append(self.info(self.names[name], values[name]))
                        self.arrays.append(values[name])
                    copy.input[i] = self.names[name]
            for i, name in enumerate(node.output):
                if name:
                    copy.output[i] = f"out_{k}_{i}"
                    outputs.append(self.info(copy.output[i], values[name]))
                    self.wanted.append((node, values[name]))
            copies.append(copy)
        graph = helper.make_graph(copies, "cut", inputs, outputs, list(weights.values()))
        self.model = helper.make_model(graph, opset_imports=model.opset_import, ir_version=8)

    @staticmethod
    def info(name, value):
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)


def steps_of(model, node, values, constants):
    """The result of a QLinear operator in steps, in float64, and how far float32 may be from it."""
    cut = Cut(model, [node], values, constants)
    form = qdq_form.qdq_form(cut.model)
    last = form.graph.node[-1]
    given = {**constants, **dict(zip((i.name for i in form.graph.input), cut.arrays))}
    del form.graph.node[-1], form.graph.output[:]
    form.graph.output.append(onnx.ValueInfoProto(name=last.input[0]))
    real = float64.Evaluator(form).run(cut.arrays)[0]
    scale, zero = given[last.input[1]].astype(np.float64), given[last.input[2]].astype(np.float64)
    terms = max(v.size for v in cut.arrays) // max(1, real.size)
    reach = (qoperators.ROUNDINGS + terms) * 2.0 ** -24 * max(1, np.abs(real).max(initial=0)) / scale
    return real / scale + zero, reach


def state_step(node, constants):
    """Of DynamicQuantizeLSTM: what two steps of the state can change."""
    r, scale, zero = (constants[node.input[i]].astype(np.float64) for i in (2, 10, 11))
    along = lambda v: v.reshape(len(r), 1, -1)
    return 2 / 255 * np.abs((r - along(zero)) * along(scale)).max()


def judge(model, node, ours, theirs, values, constants):
    """The elements unlike onnxruntime's; raises Failure where they may not be."""
    if node.op_type == "DynamicQuantizeLSTM":
        if not np.abs(ours - theirs).max(initial=0) <= state_step(node, constants):
            raise Failure("wrong", f"{node.op_type} \"{node.name}\": {np.abs(ours - theirs).max()} off")
        return 0
    unlike = ours != theirs
    if not unlike.any():
        return 0
    if node.op_type not in FREE:
        raise Failure("wrong", f"{node.op_type} \"{node.name}\": {unlike.sum()} of {unlike.size} elements differ")
    steps, reach = steps_of(model, node, values, constants)
    far = unlike & (np.abs(ours - steps) > 0.5 + reach)
    if far.any():
        raise Failure("wrong", f"{node.op_type} \"{node.name}\": {far.sum()} elements are not the nearest step")
    return int(unlike.sum())


def constants_of(model):
    found = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            found[node.output[0]] = numpy_helper.to_array(helper.get_attribute_value(node.attribute[0]))
    return found


def check(path, feeds, target, folder):
    model = onnx.load(path)
    constants, values = constants_of(model), all_tensors(model, feeds)
    nodes = [n for n in model.graph.node if n.domain == "com.microsoft" or n.op_type in STANDARD]
    if not nodes:
        return None
    elements = unlike = 0
    kinds = collections.Counter(n.op_type for n in nodes)
    for k in range(0, len(nodes), NODES_AT_ONCE):
        cut = Cut(model, nodes[k:k + NODES_AT_ONCE], values, constants)
        test = qoperators.run_nnc(cut.model, cut.arrays, [w for _, w in cut.wanted], target, folder)
        results, = together.results([test], target)
        for (node, theirs), ours in zip(cut.wanted, results):
            elements += ours.size
            unlike += judge(model, node, ours, theirs, values, constants)
    shutil.rmtree(folder)
    return f"{elements} elements, {unlike} unlike onnxruntime's, next to a middle: " + ", ".join(
        f"{n} {name}" for name, n in sorted(kinds.items()))


def main():
    p = on_target.parser(__doc__, "host")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "quantised-models")
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    for name, path, inputs in float_models(report, a.names):
        names = [i.name for i in onnx.load(path).graph.input]
        feeds = [dict(zip(names, arrays)) for arrays in inputs]
        for form, quantise in FORMS.items():
            folder = os.path.join(generated.work_folder(), "quantised-models", f"{name}-{form}")
            os.makedirs(folder, exist_ok=True)
            quant_pre_process(path, os.path.join(folder, "float.onnx"), skip_symbolic_shape=True)
            made = os.path.join(folder, "model.onnx")
            quantise(os.path.join(folder, "float.onnx"), made, feeds)
            try:
                text = check(made, feeds[0], target, os.path.join(folder, "cut"))
                report.ok(f"{name}-{form}", text) if text else report.skip(f"{name}-{form}", "nothing is quantised")
            except Failure as e:
                report.failed(f"{name}-{form}", f"{e.kind}: {e}")
    report.exit()


if __name__ == "__main__":
    main()
