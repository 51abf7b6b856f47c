#!/usr/bin/env python3
"""Estimators of scikit-learn, LightGBM and XGBoost, trained here on the data sets that scikit-learn ships, converted by
skl2onnx and onnxmltools, compiled by nnc: what the library itself predicts is what must come.

    converted.py [--target T] [-j N] [NAME ...]

Labels must be equal, of strings the string that the table of the header names. Numbers must be within ROUNDING of the
library's, relative to the greatest of that output: the models hold float32 where the libraries compute in float64.
onnxruntime says only of which shapes and types the outputs are. What a converter itself refuses is skipped.
"""
import concurrent.futures
import functools
import os
import re
import shutil
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "python"))

import numpy as np
import onnx

import generated
import on_target
from generated import Call, Failure

ROUNDING = 2e-5
ROWS = 40
MISSING = None
try:
    import onnxruntime
    import skl2onnx
    from onnxmltools import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType as OtherFloats
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType
    import lightgbm
    import xgboost
    from sklearn import svm
    import estimators
except ImportError as e:
    MISSING = str(e)

OPSETS = {"": 17, "ai.onnx.ml": 3}


def convert(model, x):
    """The ONNX model of a trained one, for rows like x."""
    kind = type(model).__module__.split(".")[0]
    shape = [None, x.shape[1]]
    if kind == "lightgbm":
        return convert_lightgbm(model, initial_types=[("x", OtherFloats(shape))], target_opset=15, zipmap=False)
    if kind == "xgboost":
        return convert_xgboost(model, initial_types=[("x", OtherFloats(shape))], target_opset=15)
    types = [("x", (FloatTensorType if x.dtype.kind == "f" else Int64TensorType)(shape))]
    options = {"zipmap": False} if hasattr(model, "classes_") else {}
    try:
        return skl2onnx.to_onnx(model, initial_types=types, target_opset=OPSETS, options=options)
    except NameError:  # a converter without that option
        return skl2onnx.to_onnx(model, initial_types=types, target_opset=OPSETS)


def predictions(model, x):
    """What the library says, in the order of the converted model's outputs."""
    if hasattr(model, "predict_proba"):
        return [model.predict(x), model.predict_proba(x)]
    if hasattr(model, "classes_") and hasattr(model, "decision_function"):
        scores = model.decision_function(x)
        if scores.ndim == 1:  # of two classes; support vector machines count for the first one
            sign = -1 if isinstance(getattr(model, "steps", [(None, model)])[-1][1], svm.SVC) else 1
            scores = np.stack([-sign * scores, sign * scores], 1)
        return [model.predict(x), scores]
    if hasattr(model, "predict") and hasattr(model, "transform") and hasattr(model, "cluster_centers_"):
        return [model.predict(x), model.transform(x)]
    if hasattr(model, "predict") and hasattr(model, "decision_function"):
        return [model.predict(x), model.decision_function(x)]
    return [model.predict(x) if hasattr(model, "predict") else model.transform(x)]


def quiet(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def as_numbers(theirs, header):
    """Labels that are strings as the numbers of their lines in the header's table."""
    if theirs.dtype.kind not in "UO":
        return theirs
    table = re.search(r"_LABELS \\?\s*\{(.*?)\}", header, re.S)
    if not table:
        raise Failure("wrong", "the header has no table of labels")
    names = [re.sub(r"\\(\d{3})", lambda d: chr(int(d[1], 8)), n) for n in re.findall(r'"([^"]*)"', table[1])]
    return np.array([names.index(str(v)) for v in theirs])


def distance(ours, theirs):
    """The greatest difference over the greatest of what the library says."""
    theirs = np.asarray(theirs, np.float64).reshape(ours.shape)
    span = max(np.abs(theirs).max(), 1e-30)
    return float(np.abs(ours.astype(np.float64) - theirs).max() / span)


def batch_of(path):
    """What nnc calls the number of rows."""
    info = onnx.load(path).graph.input[0]
    return info.type.tensor_type.shape.dim[0].dim_param or f"{info.name}.0"


def check(name, model, x, target, folder):
    """The greatest distance of all outputs."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = os.path.join(folder, "model.onnx")
    with open(path, "wb") as f:
        f.write(convert(model, x).SerializeToString())
    others = quiet(path).run(None, {"x": x})
    header = generated.compile_model(path, folder, "m", target, ["--dim", f"{batch_of(path)}={len(x)}"])
    with open(header, encoding="utf-8") as f:
        text = f.read()
    wanted = [as_numbers(np.asarray(v), text) for v in predictions(model, x)]
    declared = [np.zeros(np.shape(o), np.int64) if o.dtype.kind in "UO" else o for o in others]
    call = Call([x], [(o.dtype, o.shape) for o in declared], {})
    answer = generated.build(folder, "m", target).run([call], timeout=60)[0]
    if answer.status:
        raise Failure("wrong", f"m_run returned {answer.status}")
    worst = 0.0
    for k, (ours, theirs) in enumerate(zip(answer.outputs, wanted)):
        if ours.dtype.kind in "iu":
            if not np.array_equal(ours.ravel(), theirs.ravel()):
                raise Failure("wrong", f"output {k}: {int((ours.ravel() != theirs.ravel()).sum())} labels differ")
            continue
        far = distance(ours, theirs)
        if not far <= ROUNDING:
            raise Failure("wrong", f"output {k}: {far:.2g} of its greatest away, allowed {ROUNDING:.2g}")
        worst = max(worst, far)
    return worst


def run_one(item, target, root):
    name, make = item
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model, x = make()
            return name, "pass", f"{check(name, model, x[:ROWS], target, os.path.join(root, name)):.1e} of the greatest"
    except Failure as e:
        return name, e.kind, str(e)
    except Exception as e:  # of a converter
        return name, "unsupported", f"does not convert: {generated.one_line(str(e))}"


def main():
    p = on_target.parser(__doc__, "generic")
    p.add_argument("-j", type=int, default=2)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "converted")
    if MISSING:
        report.skip("converted", f"{MISSING}: tests/requirements.txt has the packages")
        report.exit()
    items = [(n, f) for n, f in estimators.ALL.items() if not a.names or n in a.names]
    root = os.path.join(generated.work_folder(), f"converted-{target.name}")
    generated.runner_object(target)
    with concurrent.futures.ThreadPoolExecutor(a.j) as pool:
        for name, kind, reason in pool.map(functools.partial(run_one, target=target, root=root), items):
            if kind == "pass":
                report.ok(name, reason)
            elif kind == "unsupported":
                report.skip(name, f"unsupported: {reason}")
            else:
                report.failed(name, f"{kind}: {reason}")
    report.exit()


if __name__ == "__main__":
    main()
