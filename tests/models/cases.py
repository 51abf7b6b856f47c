"""The real models of ../shared/models as tests: kinds, cases and what their outputs must be.

The cases are made by make_cases.py there, once per work folder. `models.def` beside this file says what each model is.
"""
import fcntl
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

import generated
from generated import Call, Failure

SHARED = os.path.join(os.path.dirname(generated.ROOT), "shared")
N_CASES = 2


class Model:
    """One row of models.def with its cases."""

    def __init__(self, name, kind, bounded, index):
        self.name, self.kind, self.bounded = name, kind, bounded
        self.path, self.dims = index["model"], index["args"]
        self.folder = os.path.join(case_folder(), name)
        self.n_cases = index["cases"]

    def load(self):
        return onnx.load(self.path)

    def case(self, k):
        folder = os.path.join(self.folder, f"case_{k}")
        return load_numbered(folder, "input"), load_numbered(folder, "output")

    def wanted(self, k, what, evaluate):
        """Outputs of an oracle for case k, kept beside the case until the oracle's text changes."""
        folder = os.path.join(self.folder, f"case_{k}", f"{what}-{oracle_version()}")
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


def load_numbered(folder, what):
    paths = glob.glob(os.path.join(folder, f"{what}_*.npy"))
    paths.sort(key=lambda p: int(p.rsplit("_", 1)[1][:-len(".npy")]))
    return [np.load(p, allow_pickle=False) for p in paths]


def oracle_version():
    digest = hashlib.sha256()
    for path in sorted(glob.glob(os.path.join(TESTS, "oracle", "*.py"))):
        with open(path, "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()[:12]


def case_folder():
    return os.path.join(generated.work_folder(), "cases")


def rows():
    with open(os.path.join(HERE, "models.def"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                yield [part.strip() for part in (line + "|").split("|")[:3]]


def make():
    """Writes the cases if they are not there; False where ../shared is missing."""
    script = os.path.join(SHARED, "models", "make_cases.py")
    if not os.path.exists(script):
        return False
    folder = case_folder()
    with open(folder + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(folder, "cases.json")):
            command = [sys.executable, script, "--out", folder, "--cases", str(N_CASES), *(r[0] for r in rows())]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return True


def absent():
    """Why there are no cases, or None once they are made."""
    return None if make() else "../shared/models is not there"


def models(names=(), kinds=("float", "qdq", "other")):
    """The models of models.def that are asked for."""
    with open(os.path.join(case_folder(), "cases.json"), encoding="utf-8") as f:
        index = {e["name"]: e for e in json.load(f)}
    for name, kind, bounded in rows():
        if (not names or name in names) and kind in kinds:
            if name not in index:
                raise Failure("wrong", f"{name}: make_cases.py made no case")
            yield Model(name, kind, bounded, index[name])


def call_of(inputs, outputs, dims=None):
    return Call(inputs, [(o.dtype, o.shape) for o in outputs], dims or {})
