"""What of a model's work is new from one window of a stream to the next, found without the compiler: onnxruntime runs
two windows that overlap, and a row of a tensor is new unless the window before had the same values some rows later. So
rows that see padding where there were frames are new, and so is all that is made of the whole window."""
import json

import numpy as np
import onnx
import onnxruntime

import generated
from generated import Failure, execute, one_line


def runs(proto, name, windows):
    """Results of every node of the graph, for each of the windows."""
    known = {o.name for o in proto.graph.output}
    probe = onnx.ModelProto()
    probe.CopyFrom(proto)
    outputs = [o for node in proto.graph.node for o in node.output if o]
    probe.graph.output.extend(onnx.helper.make_empty_tensor_value_info(o) for o in outputs if o not in known)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(probe.SerializeToString(), options)
    return [dict(zip(outputs, session.run(outputs, {name: w}))) for w in windows]


def new_part(old, new):
    """Of the rows along whichever axis shows most of them again."""
    best = 0.0
    for axis in range(old.ndim if old.shape == new.shape else 0):
        n = old.shape[axis]
        a, b = np.moveaxis(old, axis, 0).reshape(n, -1), np.moveaxis(new, axis, 0).reshape(n, -1)
        for shift in range(1, n):
            best = max(best, np.mean(np.isclose(a[shift:], b[:-shift], 1e-4, 1e-5).all(1)) * (n - shift) / n)
    return 1.0 - best


def of_nodes(proto, name, one, two):
    """Node -> the part of its result that is new in window two, by the node's name."""
    old, new = runs(proto, name, (one, two))
    return {node.name: new_part(old[node.output[0]], new[node.output[0]]) for node in proto.graph.node if node.output[0]}


def asked(*words):
    code, text = execute([generated.NNC, *words, "--json"], 300)
    if code != 0:
        raise Failure("nnc", one_line(text))
    return json.loads(text[text.index("{"):])


def share(command, what, path, target, parts):
    """The new part of a whole run's multiply-accumulates or instructions, step by step by its node's name."""
    return sum(step[what] * parts.get(step["node"], 1.0)
               for step in asked(command, path, f"--target={target.name}")["steps"])
