"""Real models as tests: kinds, cases and what their outputs must be. `models.def` beside this file says what each model is.

Our own (own/, made by own/train.py, and those of examples/) are committed with inputs and outputs in own/NAME/case_K, so
that a clone proves itself. The cases of ../shared/models are made by make_cases.py there, once per work folder; where that
folder is missing its models are skipped, each with that reason.
"""
import fcntl
import functools
import glob
import hashlib
import json
import os
import subprocess
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path += [os.path.join(TESTS, "python"), os.path.join(TESTS, "oracle")]

import numpy as np
import onnx
import onnxruntime

import generated
from generated import Call

SHARED = os.path.join(os.path.dirname(generated.ROOT), "shared")
OWN = os.path.join(HERE, "own")
N_CASES = 2
NOT_THERE = "../shared/models is not there"


class Model:
    """One row of models.def with its cases."""

    def __init__(self, name, kind, bounded, path, data):
        """data: the folder of case_0, case_1…"""
        self.name, self.kind, self.bounded, self.path, self.data = name, kind, bounded, path, data
        self.n_cases = len(glob.glob(os.path.join(data, "case_*")))
        self.folder = os.path.join(case_folder(), name)
        self.has_maps = any(not o.type.HasField("tensor_type") for o in self.load().graph.output)
        self.dims = dim_options(self.load(), self.case(0)[0])

    def load(self):
        return onnx.load(self.path)

    def case(self, k):
        folder = os.path.join(self.data, f"case_{k}")
        inputs, outputs = load_numbered(folder, "input"), load_numbered(folder, "output")
        if self.has_maps:
            outputs = maps_as_arrays(self.path, inputs)
        return inputs, outputs

    def wanted(self, k, what, evaluate):
        """Outputs of an oracle for case k, kept in the work folder until the oracle's text or the model changes."""
        folder = os.path.join(self.folder, f"wanted_{k}", f"{what}-{oracle_version()}-{file_version(self.path)}")
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, "lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(os.path.join(folder, "done")):
                os.makedirs(folder, exist_ok=True)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    values = evaluate(self.load(), self.case(k)[0])
                for j, value in enumerate(values):
                    np.save(os.path.join(folder, f"output_{j}.npy"), np.asarray(value))
                open(os.path.join(folder, "done"), "w").close()
        return load_numbered(folder, "output")


def maps_as_arrays(path, inputs):
    """onnxruntime's outputs; of a sequence of maps from class to score the scores, as nnc gives them. Cases leave it out."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # it warns of every batch, which the model says is 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {i.name: x for i, x in zip(session.get_inputs(), inputs)})
    return [np.array([list(row.values()) for row in o], np.float32) if isinstance(o, list) else o for o in outputs]


def dim_options(proto, inputs):
    """The options that fix every symbolic dimension to its size in the inputs."""
    constant, sizes = {t.name for t in proto.graph.initializer}, {}
    for info, array in zip([i for i in proto.graph.input if i.name not in constant], inputs):
        for axis, (d, size) in enumerate(zip(info.type.tensor_type.shape.dim, array.shape)):
            if not (d.HasField("dim_value") and d.dim_value > 0):
                sizes.setdefault(d.dim_param or f"{info.name}.{axis}", size)
    return [word for name, size in sizes.items() for word in ("--dim", f"{name}={size}")]


def load_numbered(folder, what):
    paths = glob.glob(os.path.join(folder, f"{what}_*.npy"))
    paths.sort(key=lambda p: int(p.rsplit("_", 1)[1][:-len(".npy")]))
    return [np.load(p, allow_pickle=False) for p in paths]


@functools.cache
def file_version(*paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()[:12]


def oracle_version():
    return file_version(*sorted(glob.glob(os.path.join(TESTS, "oracle", "*.py"))))


def case_folder():
    return os.path.join(generated.work_folder(), "cases")


def rows():
    """(name, kind, bounded, path) of models.def; the path is empty for a model of ../shared."""
    with open(os.path.join(HERE, "models.def"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                yield [part.strip() for part in (line + "|||").split("|")[:4]]


def made(folder):
    """Names of the models that have cases there."""
    index = os.path.join(folder, "cases.json")
    if not os.path.exists(index):
        return set()
    with open(index, encoding="utf-8") as f:
        return {e["name"] for e in json.load(f)}


def make():
    """Writes the cases of ../shared if they are not there; False where it is missing."""
    script = os.path.join(SHARED, "models", "make_cases.py")
    if not os.path.exists(script):
        return False
    folder, names = case_folder(), [name for name, _, _, path in rows() if not path]
    with open(folder + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not set(names) <= made(folder):
            command = [sys.executable, script, "--out", folder, "--cases", str(N_CASES), *names]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return True


def models(report, names=(), kinds=("float", "qdq", "other"), bound=None):
    """The models of models.def that are asked for and that `bound` (bounds.py) takes. Those that are left out are skipped
    with the reason; when in the end nothing was tried, that is a failure."""
    index = {}
    if make():
        with open(os.path.join(case_folder(), "cases.json"), encoding="utf-8") as f:
            index = {e["name"]: e for e in json.load(f)}
    known = list(rows())
    unknown = set(names) - {name for name, *_ in known}
    if unknown:
        raise SystemExit(f"models.def has no {', '.join(sorted(unknown))}")
    for name, kind, bounded, path in known:
        if kind not in kinds or names and name not in names:
            continue
        if path:
            model = Model(name, kind, bounded, os.path.join(generated.ROOT, path), os.path.join(OWN, name))
        elif not index:
            report.skip(name, NOT_THERE)
            continue
        elif name not in index:
            report.failed(name, "make_cases.py made no case")
            continue
        else:
            model = Model(name, kind, bounded, index[name]["model"], os.path.join(case_folder(), name))
        reason = bound.reason(model) if bound and not names else None
        if reason:
            report.skip(name, reason)
        else:
            yield model
    if not (report.counts["ok"] or report.counts["not ok"]):
        report.failed("models", "no model was run")


def tell(report, name, model, failure):
    """A model of kind other may be refused; everything else is a failure."""
    if failure.kind == "unsupported" and getattr(model, "kind", "") == "other":
        report.skip(name, f"unsupported: {failure}")
    else:
        report.failed(name, f"{failure.kind}: {failure}")


def call_of(inputs, outputs, dims=None):
    return Call(inputs, [(o.dtype, o.shape) for o in outputs], dims or {})
