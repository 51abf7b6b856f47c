"""Other engines beside nnc, as bench/run.sh --peers installs them: OpenVINO, ncnn and MNN, one thread and float32 each.

An engine is a class with a name, made of a model and its inputs; outputs() and seconds() as compare.py's own. What an
engine cannot load or convert raises `Failure`. Converted models lie in the work folder beside their original's digest.
"""
import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import time

import numpy as np
import onnx

import generated
from generated import Failure, one_line

# Not by the wrapper in MNN.tools, which installs a package by itself and sends what was converted to its makers.
CONVERT = "import sys, _tools; _tools.mnnconvert(sys.argv)"
PACKAGES = {"OpenVINO": "openvino", "ncnn": "ncnn", "MNN": "MNN"}  # as pip names them; ncnn reads what pnnx converts


def version(engine):
    """Of the engine's package; None where it is not installed."""
    try:
        return importlib.metadata.version(PACKAGES[engine])
    except importlib.metadata.PackageNotFoundError:
        return None


@contextlib.contextmanager
def silent():
    """What libraries write to standard output by themselves goes nowhere."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def timed(call, repeats):
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - began) / repeats


def converted(path, suffix, command):
    """The path of what command(model, to) makes of a model, kept for as long as the model is the same."""
    with open(path, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()[:16]
    folder = os.path.join(generated.work_folder(), "peers", digest)
    to = os.path.join(folder, f"m{suffix}")
    if not os.path.exists(to):
        os.makedirs(folder, exist_ok=True)
        try:
            done = subprocess.run(command(os.path.abspath(path), to), cwd=folder, capture_output=True, text=True,
                                  timeout=300, check=False)
        except (OSError, subprocess.TimeoutExpired) as e:
            raise Failure("unsupported", one_line(str(e))) from e
        if not os.path.exists(to):
            raise Failure("unsupported", f"not converted: {one_line((done.stderr or done.stdout)[-200:])}")
    return to


class OpenVINO:
    def __init__(self, path, inputs):
        import openvino
        try:
            compiled = openvino.Core().compile_model(path, "CPU", {
                "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": "1", "INFERENCE_PRECISION_HINT": "f32",
                "PERFORMANCE_HINT": "LATENCY"})
            self.request = compiled.create_infer_request()
            self.arrays = [np.ascontiguousarray(v) for v in inputs]
            for k, value in enumerate(self.arrays):
                self.request.set_input_tensor(k, openvino.Tensor(value, shared_memory=True))
        except RuntimeError as e:
            raise Failure("unsupported", one_line(str(e))) from e
        self.n_outputs = len(compiled.outputs)

    def _run(self):
        self.request.start_async()
        self.request.wait()

    def outputs(self):
        self._run()
        return [self.request.get_output_tensor(k).data.copy() for k in range(self.n_outputs)]

    def seconds(self, repeats):
        return timed(self._run, repeats)


class MNN:
    def __init__(self, path, inputs):
        import MNN as mnn
        to = converted(path, ".mnn", lambda model, out: [
            sys.executable, "-c", CONVERT, "-f", "ONNX", "--modelFile", model,
            "--MNNModel", out, "--bizCode", "bench"])
        graph = onnx.load(path, load_external_data=False).graph
        constants = {t.name for t in graph.initializer}
        names = [i.name for i in graph.input if i.name not in constants]
        self.net = mnn.Interpreter(to)
        self.session = self.net.createSession({"backend": "CPU", "precision": "high", "numThread": 1})
        self.names = [o.name for o in graph.output]
        self.mnn, kinds = mnn, {"f": mnn.Halide_Type_Float, "i": mnn.Halide_Type_Int}
        self.inputs = []
        for name, value in zip(names, inputs):
            if value.dtype.kind not in kinds:
                raise Failure("unsupported", f"input of {value.dtype}")
            tensor = self.net.getSessionInput(self.session, name)
            if tuple(tensor.getShape()) != value.shape:
                self.net.resizeTensor(tensor, value.shape)
            flat = np.ascontiguousarray(value, np.float32 if value.dtype.kind == "f" else np.int32)
            self.inputs.append((name, mnn.Tensor(value.shape, kinds[value.dtype.kind], flat,
                                                 mnn.Tensor_DimensionType_Caffe)))
        self.net.resizeSession(self.session)
        for name, value in self.inputs:
            self.net.getSessionInput(self.session, name).copyFrom(value)

    def _run(self):
        for name, value in self.inputs:
            self.net.getSessionInput(self.session, name).copyFrom(value)
        self.net.runSession(self.session)

    def outputs(self):
        self._run()
        found = []
        for name in self.names:
            tensor = self.net.getSessionOutput(self.session, name)
            shape = tensor.getShape()
            to = self.mnn.Tensor(shape, tensor.getDataType(), np.zeros(shape, np.float32),
                                 self.mnn.Tensor_DimensionType_Caffe)
            tensor.copyToHostTensor(to)
            found.append(np.array(to.getNumpyData()).reshape(shape))
        return found

    def seconds(self, repeats):
        return timed(self._run, repeats)


class Ncnn:
    """Its images have no batch axis."""

    def __init__(self, path, inputs):
        import ncnn
        if not importlib.util.find_spec("pnnx"):
            raise Failure("unsupported", "pnnx, which converts for it, is not installed")
        if any(v.dtype != np.float32 or v.ndim > 4 or (v.ndim > 1 and v.shape[0] != 1) for v in inputs):
            raise Failure("unsupported", "an input is no single image or vector of float32")
        shapes = ",".join("[" + ",".join(map(str, v.shape)) + "]" for v in inputs)
        to = converted(path, ".ncnn.param", lambda model, out: [
            os.path.join(next(iter(importlib.util.find_spec("pnnx").submodule_search_locations)), "pnnx"), model, f"inputshape={shapes}", "fp16=0",
            f"ncnnparam={out}", f"ncnnbin={out[:-len('param')]}bin", "pnnxparam=m.pnnx.param", "pnnxbin=m.pnnx.bin",
            "pnnxpy=m.py", "ncnnpy=m_ncnn.py", "pnnxonnx=m.pnnx.onnx"])
        self.net = ncnn.Net()
        self.net.opt.num_threads = 1
        self.net.opt.use_fp16_packed = self.net.opt.use_fp16_storage = self.net.opt.use_fp16_arithmetic = False
        self.net.opt.use_bf16_storage = False
        if self.net.load_param(to) or self.net.load_model(to[:-len("param")] + "bin"):
            raise Failure("unsupported", "not loaded")
        self.arrays = [np.ascontiguousarray(v[0] if v.ndim > 1 else v) for v in inputs]
        self.inputs = [ncnn.Mat(v) for v in self.arrays]
        self.names = list(self.net.input_names()), list(self.net.output_names())

    def _run(self):
        extractor = self.net.create_extractor()
        for name, value in zip(self.names[0], self.inputs):
            extractor.input(name, value)
        return [extractor.extract(name)[1] for name in self.names[1]]

    def outputs(self):
        return [np.array(m)[np.newaxis] for m in self._run()]

    def seconds(self, repeats):
        return timed(self._run, repeats)


ENGINES = {"OpenVINO": OpenVINO, "ncnn": Ncnn, "MNN": MNN}
