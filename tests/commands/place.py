"""What the tests of the commands share: a folder of its own for each, nnc run there, small models."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "python"))

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from generated import NNC, ROOT
from report import Report

DIGITS = os.path.join(ROOT, "examples", "digits")
MODEL = os.path.join(DIGITS, "digits.onnx")
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
F32 = TensorProto.FLOAT
TESTS = {}


class Wrong(Exception):
    pass


class Skipped(Exception):
    pass


def test(f):
    TESTS[f.__name__.replace("_", "-")] = f
    return f


class Place:
    """A folder of its own for one test, which is also TMPDIR's parent: nothing may stay in it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="nnc-test-")
        self.temporary = os.path.join(self.folder, "tmp")
        os.mkdir(self.temporary)

    def path(self, name):
        return os.path.join(self.folder, name)

    def save(self, name, array):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        np.save(self.path(name), array)
        return self.path(name)

    def environment(self):
        return {**os.environ, "TMPDIR": self.temporary}

    def nnc(self, status, *arguments, stdout=subprocess.PIPE):
        """Runs nnc; its outputs. Anything but `status`, or more than one line for bad usage, is wrong."""
        p = subprocess.run([NNC, *arguments], stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True,
                           errors="replace", cwd=self.folder, env=self.environment(), timeout=300)
        if p.returncode != status:
            raise Wrong(f"nnc {' '.join(arguments)}: status {p.returncode}, not {status}: {p.stderr.strip()[-300:]}")
        if status == 2 and p.stderr.count("\n") != 1:
            raise Wrong(f"nnc {' '.join(arguments)}: not one line: {p.stderr!r}")
        self.check_clean()
        return p.stdout or "", p.stderr

    def holds(self, ending):
        """Whether a file in the temporary folders ends so."""
        return any(f.endswith(ending) for _, _, files in os.walk(self.temporary) for f in files)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def check_clean(self):
        left = os.listdir(self.temporary)
        if left:
            raise Wrong(f"left behind: {left}")


def expect(text, *patterns):
    for pattern in patterns:
        if not re.search(pattern, text):
            raise Wrong(f"no {pattern!r} in {text.strip()[-400:]!r}")


def picture(digit):
    return os.path.join(DIGITS, "pictures", f"digit-{digit}.png")


def small_model(path, shape=(1, 4), dtype=F32):
    """y = relu(x) * 2 + 1, in three nodes."""
    nodes = [helper.make_node("Relu", ["x"], ["a"], "first"), helper.make_node("Mul", ["a", "two"], ["b"], "second"),
             helper.make_node("Add", ["b", "one"], ["y"], "third")]
    element = helper.tensor_dtype_to_np_dtype(dtype)
    constants = [numpy_helper.from_array(np.asarray(2, element), "two"), numpy_helper.from_array(np.asarray(1, element), "one")]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", dtype, shape)],
                              [helper.make_tensor_value_info("y", dtype, None), helper.make_tensor_value_info("b", dtype, None)],
                              constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 8
    onnx.save(made, path)
    return path


def answer(x):
    return np.maximum(x, 0) * 2 + 1, np.maximum(x, 0) * 2


def wait_for(holds, what):
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise Wrong(what)


def main(tests=None):
    """Runs the tests that the command line names, or all: (name, function of a Place) each, those of @test by default."""
    report = Report()
    for name, run in TESTS.items() if tests is None else tests:
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        place = Place()
        try:
            run(place)
            report.ok(name)
        except Skipped as e:
            report.skip(name, e)
        except (Wrong, subprocess.TimeoutExpired) as e:
            report.failed(name, e)
        finally:
            place.remove()
    report.exit()
