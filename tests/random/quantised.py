#!/usr/bin/env python3
"""Random quantised graphs, equal to the last bit to the slow evaluator of runtime_min/INTEGERS.md.

    quantised.py [--target T] [--count N] [--first SEED] [--jobs N] [--sanitize] [SEED ...]

Every operator of a graph stands between DequantizeLinear and QuantizeLinear, of int8 or uint8; values are read several times,
inputs are bytes or float32, outputs too. The evaluator itself is held to onnxruntime's own operators, group by group
(oracle/outside.py), on every graph. See running.py for what a failure leaves. What once failed is in kept/quantised/, reduced,
and runs first.
"""
import glob
import os

import numpy as np
import onnx

import drawing
import integers
import judging
import outside
import quantised_nodes
import running

OPSETS = (13, 14, 17, 18, 20)


def floats_are_quantised(model):
    """Whether float32 comes in only to be quantised and goes out only as it was dequantised: bits are promised of no
    other float32 number."""
    makers = {o: n.op_type for n in model.graph.node for o in n.output}
    came_in, went_out = ({i.name for i in infos if i.type.tensor_type.elem_type == onnx.TensorProto.FLOAT}
                         for infos in (model.graph.input, model.graph.output))
    return (all(n.op_type == "QuantizeLinear" for n in model.graph.node if came_in.intersection(n.input)) and
            all(makers.get(name) == "DequantizeLinear" for name in went_out))


class Judge:
    """Knows the right outputs of one call."""

    def __init__(self, model, inputs):
        if not floats_are_quantised(model):
            raise judging.Invalid("float32 that is neither about to be quantised nor dequantised")
        judging.run_onnxruntime(model, inputs)  # refuses what is no model
        self.right = [np.asarray(v) for v in integers.Evaluator(model).run(inputs)]
        self.outputs = [(v.dtype, v.shape) for v in self.right]
        near = {}
        for kind, _, unlike, steps, wrong in outside.judge(onnx.shape_inference.infer_shapes(model), inputs):
            if wrong:
                raise AssertionError(f"the oracle's {kind} is wrong: {unlike} elements unlike onnxruntime's by {steps}")
            if unlike:
                near[kind] = near.get(kind, 0) + unlike
        self.remarks = [f"{n} elements of {kind} unlike onnxruntime's, next to a middle" for kind, n in near.items()]

    @staticmethod
    def values(model, inputs):
        return integers.Evaluator(model).values(inputs)

    def difference(self, actual):
        """None, or what is wrong with the outputs."""
        for j, (a, r) in enumerate(zip(actual, self.right)):
            wrong = sum(x != y for x, y in zip(a.tobytes(), r.tobytes()))
            if wrong:
                return f"output {j}: {wrong} of {r.nbytes} bytes differ"
        return None


def draw_input(d):
    rank = d.r.choice([1, 2, 2, 3, 3, 4, 4, 4])
    shape = [d.r.choice([1, 1, 2]), *(d.r.randint(1, 12) for _ in range(rank - 1))] if rank > 1 else [d.r.randint(1, 40)]
    scale, zero = quantised_nodes.per_tensor(d, d.r.uniform(0.005, 0.1))
    if d.r.randrange(3) == 0:
        return quantised_nodes.quantised_as(d, d.input(d.floats(shape, 3)), scale, zero)
    info = np.iinfo(zero.dtype)
    value = d.input(d.numbers.integers(info.min, info.max + 1, shape).astype(zero.dtype))
    d.bytes[value.name] = (scale, zero)
    return value


def draw(seed):
    if isinstance(seed, str):
        return drawing.kept(seed, 1, (1,))
    d = drawing.Draft(f"quantised {seed}")
    d.opset = d.r.choice(OPSETS)
    d.bytes, d.dequantised = {}, {}
    for _ in range(d.r.randint(1, 3)):
        draw_input(d)
    functions, weights = zip(*quantised_nodes.NODES)
    n_groups, made = d.r.randint(1, 12), 0
    while made < n_groups:
        made += d.attempt(d.r.choices(functions, weights)[0])
    outputs = d.leaves()
    if d.r.randrange(4) == 0:
        outputs.append(quantised_nodes.floats(d))
    return d.case(list({v.name: v for v in outputs}.values()))


if __name__ == "__main__":
    kept = glob.glob(os.path.join(drawing.HERE, "kept", "quantised", "*.onnx"))
    running.main(running.Test("quantised", draw, Judge, kept), __doc__)
