"""Makes a case that fails small: the same failure from fewer outputs, nodes, inputs and elements.

`reduce(case, fails, values)` tries one change after the other and keeps those after which fails(case) still holds; a
changed model that the oracle refuses does not fail. values(model, inputs) gives the values by name that can be inputs
instead. Ends when no change helps, or after TRIALS of them.
"""
import itertools

import numpy as np
import onnx
from onnx import helper, numpy_helper

import drawing

TRIALS = 400


def copied(model):
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def without_dead(case):
    """Only the nodes, constants and inputs that the outputs need."""
    model = copied(case.model)
    graph, needed, kept = model.graph, {o.name for o in case.model.graph.output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(drawing.names_read(node))
    nodes = [onnx.NodeProto.FromString(n.SerializeToString()) for n in reversed(kept)]
    del graph.node[:]
    graph.node.extend(nodes)
    constants = [t for t in case.model.graph.initializer if t.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(constants)
    keep = [k for k, i in enumerate(case.model.graph.input) if i.name in needed]
    inputs = [case.model.graph.input[k] for k in keep]
    del graph.input[:]
    graph.input.extend(inputs)
    return case._replace(model=model, calls=[[call[k] for k in keep] for call in case.calls])


def one_call(case):
    """The calls one by one: with their sizes bounded as they are, and fixed."""
    for inputs, sizes in zip(case.calls, case.sizes):
        if sizes:
            yield drawing.fixed(case._replace(calls=[inputs]))
    if len(case.calls) > 1:
        for inputs, sizes in zip(case.calls, case.sizes):
            yield case._replace(calls=[inputs], sizes=[sizes])


def one_output(case):
    """One output alone; else any value as the only output, the earliest first."""
    outputs = list(case.model.graph.output)
    names = [o.name for o in outputs]
    made = [n for node in case.model.graph.node for n in node.output if n]
    if len(outputs) == 1:
        made = made[:max(0, len(made) - 1)]
    for name in [*(names if len(names) > 1 else []), *(n for n in made if n not in names)]:
        model = copied(case.model)
        del model.graph.output[:]
        known = [o for o in outputs if o.name == name]
        model.graph.output.extend(known or [onnx.ValueInfoProto(name=name)])
        yield without_dead(case._replace(model=typed(model)))


def typed(model):
    """Outputs without a type get the one that inference finds."""
    bare = [o for o in model.graph.output if not o.HasField("type")]
    if bare:
        inferred = onnx.shape_inference.infer_shapes(model)
        types = {i.name: i.type for i in [*inferred.graph.value_info, *inferred.graph.input]}
        for o in bare:
            if o.name in types:
                o.type.CopyFrom(types[o.name])
    return model


def cut(case, evaluate):
    """A node's results as inputs of the graph, the last first."""
    if any(case.sizes):
        return
    values = [evaluate(case.model, inputs) for inputs in case.calls]
    outputs = {o.name for o in case.model.graph.output}
    for k in reversed(range(len(case.model.graph.node))):
        names = [n for n in case.model.graph.node[k].output if n]
        if outputs.intersection(names) or not values[0].keys() >= set(names):
            continue
        model = copied(case.model)
        del model.graph.node[k]
        arrays = [[v[n].astype(drawing.declared(v[n])) for n in names] for v in values]
        model.graph.input.extend(drawing.info_of(n, a) for n, a in zip(names, arrays[0]))
        yield without_dead(case._replace(model=model, calls=[[*c, *a] for c, a in zip(case.calls, arrays)]))


def graphs_of(graph):
    yield graph
    for node in graph.node:
        for a in node.attribute:
            if a.type == onnx.AttributeProto.GRAPH:
                yield from graphs_of(a.g)


def bypass(case):
    """A node's first result is one of its operands, in any body."""
    n_graphs = len(list(graphs_of(case.model.graph)))
    for g in range(n_graphs):
        for k, node in enumerate(list(graphs_of(case.model.graph))[g].node):
            for operand in dict.fromkeys(n for n in node.input if n):
                model = copied(case.model)
                graph = list(graphs_of(model.graph))[g]
                identity = helper.make_node("Identity", [operand], [node.output[0]])
                if node.op_type == "Identity":
                    break
                graph.node[k].CopyFrom(identity)
                yield without_dead(case._replace(model=model))


def shrink(case):
    """Every axis of one size, of inputs and constants, cut to 1 or to half; then single axes."""
    if any(case.sizes):
        return
    arrays = {i.name: v for i, v in zip(case.model.graph.input, case.calls[0])}
    arrays |= {t.name: numpy_helper.to_array(t) for t in case.model.graph.initializer}
    places = [(n, axis, size) for n, v in arrays.items() for axis, size in enumerate(v.shape) if size > 1]
    groups = [[p for p in places if p[2] == size] for size in sorted({p[2] for p in places}, reverse=True)]
    groups += [list(pair) for pair in itertools.combinations(places, 2) if pair[0][2] == pair[1][2]]
    for group in [*groups, *([p] for p in places)]:
        for smaller in dict.fromkeys((1, (group[0][2] + 1) // 2)):
            yield resized(case, {(name, axis): smaller for name, axis, _ in group})


def resized(case, sizes):
    def small(name, array):
        for axis in range(array.ndim):
            if (name, axis) in sizes:
                array = np.take(array, range(sizes[name, axis]), axis)
        return np.ascontiguousarray(array)

    model = copied(case.model)
    calls = [[small(i.name, v) for i, v in zip(model.graph.input, call)] for call in case.calls]
    for info, array in zip(model.graph.input, calls[0]):
        info.CopyFrom(drawing.info_of(info.name, array))
    for t in model.graph.initializer:
        t.CopyFrom(numpy_helper.from_array(small(t.name, numpy_helper.to_array(t)), t.name))
    return case._replace(model=model, calls=calls)


def smaller(case, values):
    yield from one_call(case)
    yield from one_output(case)
    yield from cut(case, values)
    yield from bypass(case)
    yield from shrink(case)


def weight(case):
    """What a reduction makes less."""
    nodes = sum(2 if n.op_type != "Identity" else 1 for g in graphs_of(case.model.graph) for n in g.node)
    elements = sum(v.size for v in case.calls[0]) + sum(np.prod(t.dims) for t in case.model.graph.initializer)
    return len(case.bounds), len(case.calls), nodes, len(case.model.graph.output), int(elements)


def reduce(case, fails, values):
    trials, again = 0, True
    while again:
        again = False
        for candidate in smaller(case, values):
            if weight(candidate) >= weight(case):
                continue
            trials += 1
            if trials > TRIALS:
                return case
            if fails(candidate):
                case, again = candidate, True
                break
    return case
