#!/usr/bin/env python3
"""What the fuzzers begin with: small models of every kind, from the onnx package's node tests, the repository's own
models and, where they are, ../shared/cases. A copy of each has outputs without shapes, so that changes upstream are
not refused for what the outputs say.

    seeds.py FOLDER [BYTES]         the greatest file that is taken, 8192
"""
import glob
import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "onnx"))

import numpy as np
import onnx

import node_tests

ROOT = os.path.dirname(os.path.dirname(HERE))
FOUND = ("tests/models/own/*/model.onnx", "examples/digits/*.onnx", "../shared/cases/*/model.onnx")
SMALL = 64  # elements of an input that is made a constant


def with_constants(case):
    """The model with its small integer inputs, which are mostly axes, sizes and indices, as constants."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    for info, value in zip(list(model.graph.input), case.data_sets[0][0] if case.data_sets else []):
        array = node_tests.as_array(value)
        if array is not None and array.size <= SMALL and np.issubdtype(array.dtype, np.integer):
            model.graph.initializer.append(onnx.numpy_helper.from_array(array, info.name))
            model.graph.input.remove(info)
    return model


def made():
    for case in node_tests.all_cases():
        yield case.model
        yield with_constants(case)


def files(limit):
    for pattern in FOUND:
        for path in sorted(glob.glob(os.path.join(ROOT, pattern))):
            if os.path.getsize(path) <= limit:
                yield onnx.load(path, load_external_data=False)


def forms(model):
    yield model
    if any(v.type.tensor_type.HasField("shape") for v in model.graph.output):
        for v in model.graph.output:
            v.type.tensor_type.ClearField("shape")
        del model.graph.value_info[:]
        yield model


def main():
    folder, limit = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 8192
    os.makedirs(folder, exist_ok=True)
    n = 0
    for models in (made(), files(2 * limit)):
        for model in models:
            model.ClearField("doc_string")
            for form in forms(model):
                data = form.SerializeToString()
                if len(data) <= 2 * limit:
                    with open(os.path.join(folder, hashlib.sha256(data).hexdigest()[:16]), "wb") as f:
                        f.write(data)
                    n += 1
    print(f"{n} seeds in {folder}")


if __name__ == "__main__":
    main()
