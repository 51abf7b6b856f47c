"""If, Loop and Scan by the standard's text, over numpy: what decides where onnxruntime and nnc differ.

Needed because onnxruntime leaves outputs of a Scan or Loop unwritten when the body returns an input of its own as it is,
and onnx's evaluator knows neither axes nor directions of Scan. Knows the operators that draw_loops.py draws.
"""
import numpy as np
from onnx import helper, numpy_helper


def axis_of(a):
    return tuple(a["axes"]) if "axes" in a else None


def slice_of(a, x, begin, end, axis):
    index = [slice(None)] * x.ndim
    index[int(axis[0])] = slice(int(begin[0]), int(end[0]))
    return x[tuple(index)]


OPERATORS = {
    "Identity": lambda a, x: x, "Neg": lambda a, x: -x, "Abs": lambda a, x: np.abs(x),
    "Relu": lambda a, x: np.maximum(x, 0), "Sign": lambda a, x: np.sign(x), "Add": lambda a, x, y: x + y,
    "Sub": lambda a, x, y: x - y, "Mul": lambda a, x, y: x * y, "Max": lambda a, x, y: np.maximum(x, y),
    "Min": lambda a, x, y: np.minimum(x, y), "Clip": lambda a, x, lo, hi: np.clip(x, lo, hi),
    "Mod": lambda a, x, y: np.mod(x, y), "MatMul": lambda a, x, y: x @ y, "And": lambda a, x, y: x & y,
    "Or": lambda a, x, y: x | y, "Xor": lambda a, x, y: x ^ y, "Less": lambda a, x, y: x < y,
    "Greater": lambda a, x, y: x > y, "Where": lambda a, c, x, y: np.where(c, x, y),
    "Transpose": lambda a, x: np.transpose(x, a["perm"]), "Reshape": lambda a, x, shape: x.reshape(shape),
    "Expand": lambda a, x, shape: np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(shape))), "Slice": slice_of,
    "Concat": lambda a, *x: np.concatenate(x, a["axis"]),
    "Split": lambda a, x, sizes: np.split(x, np.cumsum(sizes)[:-1], a["axis"]),
    "ReduceMax": lambda a, x: np.max(x, axis_of(a)), "ReduceMin": lambda a, x: np.min(x, axis_of(a)),
    "Gather": lambda a, x, i: np.take(x, i, a.get("axis", 0)),
    "Cast": lambda a, x: x.astype(helper.tensor_dtype_to_np_dtype(a["to"])),
}


def shape_of(info):
    return [d.dim_value for d in info.type.tensor_type.shape.dim]


def stacked(parts, info, axis=0):
    """The parts along a new axis; of none, what the graph says of a part."""
    if parts:
        return np.stack(parts, axis)
    shape = shape_of(info)
    shape.insert(axis, 0)
    return np.zeros(shape, helper.tensor_dtype_to_np_dtype(info.type.tensor_type.elem_type))


def run_if(a, env, condition):
    return run(a["then_branch"] if condition else a["else_branch"], [], env)


def run_loop(a, env, limit=None, condition=None, *variables):
    body, variables = a["body"], list(variables)
    stacks = [[] for _ in body.output[1 + len(variables):]]
    turn, go = 0, condition is None or bool(condition)
    while go and (limit is None or turn < limit):
        results = run(body, [np.int64(turn), np.bool_(True), *variables], env)
        go, variables, turn = bool(results[0]), results[1:1 + len(variables)], turn + 1
        for stack, part in zip(stacks, results[1 + len(variables):]):
            stack.append(part)
    return variables + [stacked(s, info) for s, info in zip(stacks, body.output[1 + len(variables):])]


def run_scan(a, env, *inputs):
    n = a["num_scan_inputs"]
    body, variables, sources = a["body"], list(inputs[:-n]), inputs[-n:]
    n_parts = len(body.output) - len(variables)
    sources = [np.moveaxis(x, k, 0) for x, k in zip(sources, a.get("scan_input_axes", [0] * n))]
    sources = [x[::-1] if back else x for x, back in zip(sources, a.get("scan_input_directions", [0] * n))]
    stacks = [[] for _ in range(n_parts)]
    for turn in range(len(sources[0])):
        results = run(body, variables + [x[turn] for x in sources], env)
        variables = results[:len(variables)]
        for stack, part in zip(stacks, results[len(variables):]):
            stack.append(part)
    backwards = a.get("scan_output_directions", [0] * n_parts)
    axes = a.get("scan_output_axes", [0] * n_parts)
    stacks = [s[::-1] if back else s for s, back in zip(stacks, backwards)]
    return variables + [stacked(s, info, axis if axis >= 0 else axis + len(shape_of(info)) + 1)
                        for s, info, axis in zip(stacks, body.output[len(variables):], axes)]


CONTROL = {"If": run_if, "Loop": run_loop, "Scan": run_scan}


def values(graph, inputs, outer):
    """All values of a graph by name; `outer` has those of the graphs around it."""
    env = dict(outer)
    env.update((t.name, numpy_helper.to_array(t)) for t in graph.initializer)
    env.update(zip((i.name for i in graph.input), inputs))
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        operands = [env[i] if i else None for i in node.input]
        if node.op_type in CONTROL:
            outputs = CONTROL[node.op_type](attributes, env, *operands)
        else:
            outputs = OPERATORS[node.op_type](attributes, *operands)
            outputs = outputs if node.op_type == "Split" else [outputs]
        env.update((name, np.asarray(value)) for name, value in zip(node.output, outputs))
    return env


def run(graph, inputs, outer):
    """Outputs of a graph."""
    env = values(graph, inputs, outer)
    return [env[o.name] for o in graph.output]


def evaluate(model, inputs):
    return run(model.graph, inputs, {})
