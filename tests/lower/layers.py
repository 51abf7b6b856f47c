#!/usr/bin/env python3
"""Random single operators of many attributes against onnxruntime, onnx's own evaluator or a float64 evaluation.

    layers.py [--target T] [--turns N] [--first SEED] [NAME ...]

Every turn draws sizes, attributes, optional inputs and outputs (draw_*.py); every third leaves a size to run time. What
onnxruntime refuses is drawn again, and told; where its reading differs from the standard's (see the functions) nothing is
drawn.
Sums of at most 60 products of values about 1 are compared, so 2e-5 of the greatest value leaves room for another order
of additions and other polynomials in float32, and 1e-12 in float64. Half precision is computed in float32: one rounding
to 11 bits at the end.
"""
import os
import random
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("python", "oracle"):
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), folder))

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator

import draw_attention
import draw_orders
import draw_places
import draw_recurrent
import draw_samples
import draw_signals
import draw_windows
import float64
import generated
import on_target
import together
from generated import Call, Failure

DRAWS = [*draw_recurrent.DRAWS, *draw_windows.DRAWS, *draw_samples.DRAWS, *draw_signals.DRAWS, *draw_places.DRAWS,
         *draw_attention.DRAWS, *draw_orders.DRAWS]
# Axes of inputs that every third turn leaves to run time, as one dimension.
AT_RUN_TIME = {
    "recurrent": [("X", 1), ("lens", 0), ("h", 1), ("c", 1)], "convolution": [("X", 2)], "integer_convolution": [("X", 2)],
    "transposed_of_any_kind": [("X", 2)], "pool_of_any_kind": [("X", 2)], "global_pool": [("X", 2)],
    "unpool": [("X", 0), ("I", 0)], "grid_sample": [("X", 0), ("grid", 0)], "stft": [("X", 1)],
    "deform_conv": [("X", 0), ("offset", 0), ("mask", 0)], "roi_align": [("rois", 0), ("batch", 0)],
    "max_roi_pool": [("rois", 0)],
}
MOST_REFUSED = 30  # models in a row
TOLERANCE = {"float64": 1e-12, "float32": 2e-5, "float16": 2e-3}


def without_halves(model):
    """The model with float32 for float16, for the evaluator widens no other type."""
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    for t in wide.graph.initializer:
        if t.data_type == TensorProto.FLOAT16:
            t.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(t).astype(np.float32), t.name))
    for info in [*wide.graph.input, *wide.graph.output]:
        if info.type.tensor_type.elem_type == TensorProto.FLOAT16:
            info.type.tensor_type.elem_type = TensorProto.FLOAT
    return wide


class Refused(Exception):
    """onnxruntime does not take the model."""


def in_floats(model, values):
    """A ConvInteger as a Conv of float32 over what is left of the zero points: where sums stay below 2^24 it is exact.
    onnxruntime's own adds pairs of products in 16 bits on x86 processors without VNNI, where they may not fit."""
    node, given = model.graph.node[0], dict(zip([i.name for i in model.graph.input], values))
    given.update((t.name, numpy_helper.to_array(t)) for t in model.graph.initializer)
    operands = [given[name].astype(np.float32) if name else np.float32(0) for name in node.input]
    x, w, x_zero, w_zero = operands + [np.float32(0)] * (4 - len(operands))
    inputs = {"x": x - x_zero, "w": w - w_zero}
    infos = [onnx.helper.make_tensor_value_info(n, TensorProto.FLOAT, v.shape) for n, v in inputs.items()]
    conv = onnx.helper.make_node("Conv", list(inputs), ["y"])
    conv.attribute.extend(node.attribute)
    graph = onnx.helper.make_graph([conv], "g", infos, [onnx.helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    twin = onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return [y.astype(np.int32) for y in expected(twin, list(inputs.values()), "onnxruntime")]


def expected(model, values, oracle):
    """The oracle's outputs."""
    if oracle == "floats":
        return in_floats(model, values)
    if oracle == "float64":
        single = [v.astype(np.float32) if v.dtype == np.float16 else v for v in values]
        outputs = float64.Evaluator(without_halves(model)).run(single)
        types = [onnx.helper.tensor_dtype_to_np_dtype(o.type.tensor_type.elem_type) for o in model.graph.output]
        return [np.asarray(o).astype(t) for o, t in zip(outputs, types)]
    if oracle == "reference":
        return ReferenceEvaluator(model).run(None, {i.name: v for i, v in zip(model.graph.input, values)})
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, {i.name: v for i, v in zip(model.graph.input, values)})
    except Exception as e:  # its exceptions share no class of their own
        raise Refused(generated.one_line(str(e))) from e


def drawn(draw, oracle, seed):
    """A model, its inputs, its outputs, and why models before it were refused. An oracle that takes none of MOST_REFUSED
    has nothing to say of this kind."""
    r, numbers, refusals = random.Random(f"{draw.__name__} {seed}"), np.random.default_rng(seed), []
    while len(refusals) < MOST_REFUSED:
        model, values = draw(r, numbers)
        try:
            return model, values, expected(model, values, oracle), refusals
        except Refused as e:
            refusals.append(str(e))
    raise Failure("oracle", f"refused {MOST_REFUSED} times: {refusals[-1]}")


def leave_to_run_time(model, axes):
    """Makes one dimension of the axes; its size by name, empty where it is 0."""
    sizes = {}
    for info in model.graph.input:
        dims = info.type.tensor_type.shape.dim
        for axis in [axis for name, axis in axes if name == info.name and dims[axis].dim_value]:
            sizes["N"] = dims[axis].dim_value
            dims[axis].dim_param = "N"
    return sizes


def check(model, values, outputs, target, folder, axes):
    """A generator, see together.py."""
    sizes = leave_to_run_time(model, axes)
    bounds = [word for name, size in sizes.items() for word in ("--dim", f"{name}={size}..{size + 3}")]  # fewer may be too few
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    generated.compile_model(path, folder, "m", target, bounds, timeout=30)
    program = yield folder
    answer = program.run([Call(values, [(o.dtype, o.shape) for o in outputs], sizes)], timeout=60)[0]
    if answer.status != 0:
        raise Failure("wrong", f"m_run returned {answer.status}")
    for k, (actual, wanted) in enumerate(zip(answer.outputs, outputs)):
        if wanted.dtype.kind != "f":
            if (actual != wanted).any():
                raise Failure("wrong", f"output {k} differs: {actual}, expected {wanted}")
            continue
        difference = np.abs(actual.astype(np.float64) - wanted).max(initial=0.0)
        if not difference <= TOLERANCE[wanted.dtype.name] * max(1.0, np.abs(wanted).max(initial=0.0)):
            raise Failure("wrong", f"output {k} differs by {difference}")


def run_one(draw, oracle, seed, target):
    """Name, whether it passed, and what there is to say."""
    name, model = f"lower/{target.name}/{draw.__name__}/{seed}", None
    folder = os.path.join(generated.work_folder(), f"lower-{target.name}", f"{draw.__name__}-{seed}")
    try:
        model, values, outputs, refusals = drawn(draw, oracle, seed)
        axes = AT_RUN_TIME.get(draw.__name__, []) if seed % 3 == 0 else []
        yield from check(model, values, outputs, target, folder, axes)
        shutil.rmtree(folder)
        return name, True, f"drawn again {len(refusals)} times: {refusals[0]}" if refusals else ""
    except Failure as e:
        return name, False, f"{e.kind}: {e} in {onnx.printer.to_text(model.graph.node[0]) if model else 'none'}"


def main():
    p = on_target.parser(__doc__, "host")
    p.add_argument("--turns", type=int, default=10)
    p.add_argument("--first", type=int, default=0)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "lower")
    onnxruntime.set_default_logger_severity(4)
    tests = (run_one(draw, oracle, seed, target) for draw, oracle in DRAWS if not a.names or draw.__name__ in a.names
             for seed in range(a.first, a.first + a.turns))
    for name, passed, text in together.results(tests, target):
        (report.ok if passed else report.failed)(name, text)
    report.exit()


if __name__ == "__main__":
    main()
