#!/usr/bin/env python3
"""Sums of up to ten million terms against double precision: the error must not grow with their number.

    long_sums.py --target NAME

All terms have one sign and one size, the worst case for a single accumulator. A result may be off by 4e-6 of the
greatest: half a unit in the last place for each of the few hundred terms that one accumulator takes in.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/python"))
from report import Report  # noqa: E402

NNC = ROOT / "build/compiler/nnc"
BOUND = 4e-6


def cases():
    """Name, operator, its attributes, its inputs, the result in float64."""
    random = numpy.random.default_rng(1)
    image = (5 + random.random((1, 2, 3000, 307))).astype(numpy.float32)
    line = (5 + random.random(10**7)).astype(numpy.float32)
    wide, long = image.astype(float), line.astype(float)
    mean, variance = wide.mean((2, 3), keepdims=True), wide.var((2, 3), keepdims=True)
    ones, zeros = numpy.ones(2, numpy.float32), numpy.zeros(2, numpy.float32)

    yield ("instance-norm", "InstanceNormalization", {}, [image, ones, zeros],
           (wide - mean) / numpy.sqrt(variance + 1e-5))
    for axes in (2, 3), (0, 2), (3,):
        yield (f"mean-{axes}".replace(" ", ""), "ReduceMean", {"keepdims": 0}, [image, numpy.array(axes)],
               wide.mean(axes))
    yield "l2", "ReduceL2", {"keepdims": 0}, [line], numpy.sqrt((long**2).sum())
    yield "log-sum-exp", "ReduceLogSumExp", {"keepdims": 0}, [line], numpy.log(numpy.exp(long).sum())
    powers = numpy.exp(long).reshape(-1, 10)
    yield "softmax", "Softmax", {"axis": 0}, [line.reshape(-1, 10)], powers / powers.sum(0)
    yield "global-pool", "GlobalAveragePool", {}, [image], mean
    yield "lp-normalization", "LpNormalization", {"axis": 0, "p": 1}, [line], long / long.sum()


def answer(folder, op, attributes, inputs, target):
    """What nnc's program gives. Integer inputs are constants."""
    constants = [numpy_helper.from_array(v, f"x{i}") for i, v in enumerate(inputs) if v.dtype.kind == "i"]
    data = [(f"x{i}", v) for i, v in enumerate(inputs) if v.dtype.kind == "f"]
    node = helper.make_node(op, [f"x{i}" for i in range(len(inputs))], ["y"], **attributes)
    graph = helper.make_graph([node], op, [helper.make_tensor_value_info(n, TensorProto.FLOAT, v.shape) for n, v in data],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9),
              folder / "model.onnx")
    arguments = []
    for name, value in data:
        numpy.save(folder / f"{name}.npy", value)
        arguments.append(f"{name}={folder / name}.npy")
    subprocess.run([NNC, "run", folder / "model.onnx", *arguments, f"--target={target}", "--save", folder], check=True,
                   capture_output=True, text=True)
    return numpy.load(folder / "output_0.npy").astype(float)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="host")
    target = parser.parse_args().target
    report = Report()
    for name, op, attributes, inputs, want in cases():
        with tempfile.TemporaryDirectory() as folder:
            try:
                got = answer(pathlib.Path(folder), op, attributes, inputs, target)
            except subprocess.CalledProcessError as error:
                report.failed(name, error.stderr.strip())
                continue
        off = numpy.abs(got - want).max() / numpy.abs(want).max()
        if off <= BOUND:
            report.ok(name, f"off by {off:.1e} of the greatest")
        else:
            report.failed(name, f"off by {off:.1e} of the greatest, allowed: {BOUND:.0e}")
    report.exit()


if __name__ == "__main__":
    main()
