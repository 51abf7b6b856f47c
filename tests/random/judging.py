"""What a drawn float model must answer: onnxruntime's float32, and double precision for the tolerance.

The promise (oracle/promise.py) is ten times the error of plain float32 arithmetic. On a tensor of a few elements one
plain evaluation may be right by luck; here its error is the greatest of onnxruntime's and of three double evaluations
that round every result, as any float32 evaluation does, in their own way.
"""
import numpy as np
import onnx
import onnxruntime

import drawing
from promise import fp32_promise

ROUNDED = 3  # evaluations
NEVER_EMPTY = ("Conv", "MaxPool", "AveragePool", "Resize")  # of what is not: a window or scale that does not fit is an error
ULP = 2.0 ** -23  # what one float32 operation may be off by, relatively

onnxruntime.set_default_logger_severity(4)


class Invalid(Exception):
    """onnxruntime refuses the model, or takes what the standard leaves open."""


def run_onnxruntime(model, inputs):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, {i.name: v for i, v in zip(model.graph.input, inputs)})
    except Exception as e:  # its exceptions share no class of their own; the message goes on
        raise Invalid(str(e)) from e


def evaluate(model, inputs, rounding=None):
    """All values of a model in double precision by name; each inexact one is disturbed by up to an ulp where `rounding`, a
    generator of random numbers, is given."""
    opset = next(o.version for o in model.opset_import if not o.domain)
    values = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    values |= {i.name: v for i, v in zip(model.graph.input, inputs)}
    values = {n: v.astype(np.float64) if v.dtype == np.float32 else v for n, v in values.items()}
    exact = set(values)
    for node in model.graph.node:
        results = dict(zip([o for o in node.output if o], drawing.evaluate_node(node, values, opset)))
        if node.op_type in NEVER_EMPTY and values[node.input[0]].size and not all(v.size for v in results.values()):
            raise Invalid(f"{node.op_type} leaves nothing of its input")
        if node.op_type in drawing.EXACT and all(n in exact for n in drawing.names_read(node)):
            exact.update(results)
        elif rounding is not None:
            results = {n: v * (1 + ULP * rounding.uniform(-1, 1, v.shape)) if v.dtype.kind == "f" else v
                       for n, v in results.items()}
        values |= results
    return values


class FloatJudge:
    """Knows the right outputs of one call."""

    def __init__(self, model, inputs):
        self.plain = run_onnxruntime(model, inputs)
        names = [o.name for o in model.graph.output]
        runs = [evaluate(model, inputs, None if n == 0 else np.random.default_rng(n)) for n in range(1 + ROUNDED)]
        self.exact, *self.rounded = ([run[n] for n in names] for run in runs)
        self.outputs = [(p.dtype, p.shape) for p in self.plain]

    def difference(self, actual):
        """None, or what is wrong with the outputs."""
        for j, (a, p, e) in enumerate(zip(actual, self.plain, self.exact)):
            wrong = fp32_promise(a, p, e, [run[j] for run in self.rounded])
            if wrong:
                return f"output {j}: {wrong}"
        return None
