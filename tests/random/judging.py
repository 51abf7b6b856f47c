"""What a drawn float model must answer: onnxruntime's float32, and double precision for the tolerance.

The promise (oracle/promise.py) is ten times the error of plain float32 arithmetic. On a tensor of a few elements
onnxruntime may be right by luck, and it adds up in ways that round less than a loop does. What breaks the promise by it
alone is judged once more, and remarked, by the greatest error of it and of three plain evaluations: reductions take in one
float32 term after the other (oracle/in_order.py), and every result, exact else, is off by at most half a unit in the last
place. No float32 evaluation can be held to less.
"""
import threading

import numpy as np
import onnx
import onnxruntime

import drawing
import float64
import in_order
from promise import fp32_promise

PLAIN = 3  # evaluations beside onnxruntime's
NEVER_EMPTY = ("Conv", "MaxPool", "AveragePool", "Resize")  # of what is not: a window or scale that does not fit is an error
UNIT_ROUNDOFF = 2.0 ** -24  # what a float32 may be off by, relatively, from the number that it was rounded from

onnxruntime.set_default_logger_severity(4)


class Invalid(Exception):
    """onnxruntime refuses the model, or takes what the standard leaves open."""


def run_onnxruntime(model, inputs, seconds=60):
    """Its outputs without optimisations. It is stopped after so many seconds, which refuses the model too."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        run = onnxruntime.RunOptions()
        stop = threading.Timer(seconds, setattr, (run, "terminate", True))
        stop.start()
        try:
            return session.run(None, {i.name: v for i, v in zip(model.graph.input, inputs)}, run)
        finally:
            stop.cancel()
    except Exception as e:  # its exceptions share no class of their own; the message goes on
        raise Invalid(str(e)) from e


def evaluate(model, inputs, rounding=None):
    """All values of a model by name, in double precision; plainly where `rounding`, a generator of random numbers, is
    given."""
    opset = next(o.version for o in model.opset_import if not o.domain)
    values = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    values |= {i.name: v for i, v in zip(model.graph.input, inputs)}
    values = {n: v.astype(np.float64) if v.dtype == np.float32 else v for n, v in values.items()}
    exact = set(values)
    for node in model.graph.node:
        evaluator = in_order.Evaluator if rounding and node.op_type in in_order.NAMES else float64.Evaluator
        results = dict(zip([o for o in node.output if o], drawing.evaluate_node(node, values, opset, evaluator)))
        if node.op_type in NEVER_EMPTY and values[node.input[0]].size and not all(v.size for v in results.values()):
            raise Invalid(f"{node.op_type} leaves nothing of its input")
        if node.op_type in drawing.EXACT and all(n in exact for n in drawing.names_read(node)):
            exact.update(results)
        elif rounding is not None:
            results = {n: v * (1 + UNIT_ROUNDOFF * rounding.uniform(-1, 1, v.shape)) if v.dtype.kind == "f" else v
                       for n, v in results.items()}
        values |= results
    return values


class FloatJudge:
    """Knows the right outputs of one call."""

    def __init__(self, model, inputs):
        self.model, self.inputs, self.remarks = model, inputs, []
        self.by_onnxruntime, self.exact = run_onnxruntime(model, inputs), self.evaluated()
        self.outputs = [(v.dtype, v.shape) for v in self.by_onnxruntime]

    values = staticmethod(evaluate)

    def evaluated(self, rounding=None):
        values = evaluate(self.model, self.inputs, rounding)
        return [values[o.name] for o in self.model.graph.output]

    def difference(self, actual):
        """None, or what is wrong with the outputs."""
        for j, (a, o, e) in enumerate(zip(actual, self.by_onnxruntime, self.exact)):
            by_one = fp32_promise(a, o, e)
            if not by_one:
                continue
            wrong = fp32_promise(a, o, e, [self.evaluated(np.random.default_rng(n))[j] for n in range(PLAIN)])
            if wrong:
                return f"output {j}: {wrong}"
            self.remarks.append(f"output {j} by plain evaluations: {by_one}")
        return None
