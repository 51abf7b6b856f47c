#!/usr/bin/env python3
"""ONNX's own node tests and small models, each compiled by nnc, built with warnings as errors and run on the target.

    node_tests.py [--target T] [--shard I/N] [--record] [--keep] [NAME ...]

The cases come from the installed onnx package, data and tolerances included, and, for what it leaves out, from
own_cases.py; integers and booleans must be equal.
A test may end in three ways: ok; skip, when nnc ends with exit 3 and names the reason; not ok otherwise. A name
in expected_passes.txt must pass: what once worked must go on working. --record adds the names that pass now.

Some cases feed sizes at run time whose bounds follow from nothing in the model: --dim gives them. Where nnc wants to know
the values themselves when it compiles, the case is tried again with those inputs as constants of the model, the way
exporters write them, under the name TEST/constants.

A result of floats of up to 32 bits that misses the test's tolerance gets a second look, because some tests ask for the
roundings of one implementation more closely than the type can hold a result: see nearer.py.
"""
import collections
import dataclasses
import fcntl
import glob
import itertools
import os
import pickle
import re
import shutil
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "python"))

import numpy as np
import onnx

import generated
import on_target
import together
from generated import Call, Failure
from nearer import Exact, is_narrow, not_nearer
from own_cases import OPTIONS, REFUSED, own_cases

CONSTANTS = "/constants"
EXPECTED = os.path.join(HERE, "expected_passes.txt")


def expected_passes():
    if not os.path.exists(EXPECTED):
        return set()
    with open(EXPECTED, encoding="utf-8") as f:
        return {line.strip() for line in f if line.strip() and not line.startswith("#")}


def record(names):
    """Adds names to the list that must pass; nothing is ever taken from it here."""
    with open(EXPECTED, "w", encoding="utf-8") as f:
        f.write("# ONNX node tests that must pass, one a line; node_tests.py --record adds to it.\n")
        f.writelines(f"{name}\n" for name in sorted(expected_passes_before | names))


expected_passes_before = expected_passes()


def all_cases():
    return sorted([*package_cases(), *own_cases()], key=lambda c: c.name)


def package_cases():
    """The package's cases. It computes them anew in a quarter of a minute; so they are kept, by its version."""
    path = os.path.join(generated.work_folder(), f"onnx-cases-{onnx.__version__}")
    with open(path + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another group may be at it
        if not os.path.exists(path):
            with open(path + ".part", "wb") as f:
                pickle.dump(collected_cases(), f)
            os.rename(path + ".part", path)
    with open(path, "rb") as f:
        return pickle.load(f)


def collected_cases():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case import model, node
        small = [c for c in model.collect_testcases() if c.model]  # the others are to be downloaded
        return [*node.collect_testcases(None), *small, *stored_cases()]


def stored_cases():
    """PyTorch's operators as its early exporters wrote them: files of the package."""
    from onnx.backend.test import loader
    for kind in ("pytorch-converted", "pytorch-operator"):
        for c in loader.load_model_tests(kind=kind):
            sets = [[numbered(folder, part) for part in ("input", "output")]
                    for folder in sorted(glob.glob(os.path.join(c.model_dir, "test_data_set_*")))]
            yield dataclasses.replace(c, model=onnx.load(os.path.join(c.model_dir, "model.onnx")), data_sets=sets)


def numbered(folder, part):
    """The tensors of part_0.pb, part_1.pb and on."""
    paths = (os.path.join(folder, f"{part}_{i}.pb") for i in itertools.count())
    return [onnx.load_tensor(path) for path in itertools.takewhile(os.path.exists, paths)]


def unexpanded(name):
    """test_X for test_X_expanded and test_X_expanded_ver18, where the operator is replaced by its function body."""
    return re.sub(r"_expanded(_ver\d+)?$", "", name)


def graph_inputs(model):
    constant = {t.name for t in model.graph.initializer}
    return [i for i in model.graph.input if i.name not in constant]


def dim_options(model, inputs):
    """--dim for every symbolic dimension of an input."""
    for info in graph_inputs(model):
        value = inputs.get(info.name)
        for axis, d in enumerate(info.type.tensor_type.shape.dim):
            if not d.HasField("dim_value"):
                yield from ("--dim", f"{d.dim_param or f'{info.name}.{axis}'}={value.shape[axis]}")


def as_array(value):
    """The case's value as an array; None if it is no tensor."""
    if isinstance(value, onnx.TensorProto) and value.data_type != onnx.TensorProto.STRING:
        return onnx.numpy_helper.to_array(value)
    if isinstance(value, (np.ndarray, np.generic)) and np.asarray(value).dtype != object:
        return np.asarray(value)
    return None


def strings_of(value):
    """The strings of a case's value as an array of bytes objects; None if it holds none."""
    if isinstance(value, onnx.TensorProto) and value.data_type == onnx.TensorProto.STRING:
        value = onnx.numpy_helper.to_array(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "OSU":
        return None
    return np.vectorize(lambda s: s if isinstance(s, bytes) else str(s).encode(), otypes=[object])(value)


def as_text(strings, length):
    """Strings as nnc lays them out: an axis of bytes more, padded with NULs."""
    padded = [np.frombuffer(s.ljust(length, b"\0"), np.uint8) for s in strings.reshape(-1)]
    return np.array(padded, np.uint8).reshape(*strings.shape, length)


def text_length(case):
    """Bytes enough for every string of the case."""
    values = (strings_of(v) for data in case.data_sets for part in data for v in part)
    return 1 + max((len(s) for v in values if v is not None for s in v.reshape(-1)), default=0)


def parts_of(case, info, value):
    """(name, array) of what nnc makes of an input or output: of a sequence its tensors, of an optional whether it is
    given first."""
    kind = info.type.WhichOneof("value")
    if kind == "optional_type":
        inner = onnx.ValueInfoProto(name=info.name, type=info.type.optional_type.elem_type)
        yield f"{info.name}_given", np.array(value is not None)
        if inner.type.WhichOneof("value") == "tensor_type":
            inner.name += "_0"
        if value is not None:
            yield from parts_of(case, inner, value)
        elif inner.type.tensor_type.HasField("shape"):
            shape = [d.dim_value for d in inner.type.tensor_type.shape.dim]
            yield inner.name, np.zeros(shape, onnx.helper.tensor_dtype_to_np_dtype(inner.type.tensor_type.elem_type))
    elif kind == "sequence_type":
        yield from ((f"{info.name}_{k}", as_array(v)) for k, v in enumerate(value))
    elif info.type.tensor_type.elem_type == onnx.TensorProto.STRING and strings_of(value) is not None:
        joins = any(n.op_type == "StringConcat" for n in case.model.graph.node) and info in case.model.graph.output
        yield info.name, as_text(strings_of(value), text_length(case) * (2 if joins else 1))
    else:
        yield info.name, as_array(value)


def parts_options(case, inputs):
    """--parts for every input that is a sequence or optional, --dim for one of strings."""
    for info, value in zip(graph_inputs(case.model), inputs):
        if info.type.tensor_type.elem_type == onnx.TensorProto.STRING:
            yield from ("--dim", f"{info.name}.bytes={text_length(case)}")
        if info.type.WhichOneof("value") == "tensor_type" or value is None:
            continue
        shapes = ["x".join(map(str, v.shape)) or "scalar" for v in (value if isinstance(value, list) else [value])]
        yield from ("--parts", f"{info.name}={','.join(shapes) or 'none'}")


def sources_of(graph):
    """For every tensor that is computed, sub-graphs' included: what it is computed from, sizes aside."""
    sources = {}
    for node in graph.node:
        inner = [a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]
        read = [] if node.op_type in ("Shape", "Size") else [*node.input, *(o.name for g in inner for o in g.output)]
        sources |= {name: read for name in node.output}
        for g in inner:
            sources |= sources_of(g)
    return sources


def wanted_constants(model, reason):
    """The inputs that the tensor is computed from which nnc wants to know."""
    found = re.search(r'"([^"]*)" must be known at compile time', reason)
    queue, seen, sources = [found[1]] if found else [], set(), sources_of(model.graph)
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            queue += sources.get(name, [])
    return [i for i in graph_inputs(model) if i.name in seen]


def bound_options(constants, left):
    """--dim that bounds the elements of integer inputs by twice what they are."""
    for i in constants:
        v = left.get(i.name)
        if v is not None and v.dtype.kind in "iu" and v.size and v.min() >= 0:
            yield from ("--dim", f"{i.name}[]=0..{2 * int(v.max())}")


def compile_case(case, inputs, given, target, folder):
    """The inputs that are left after those that had to become constants. inputs: arrays by name, given: the case's."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    left, parts = dict(inputs), list(parts_options(case, given))
    constants, bounds = [], []
    while True:
        path = os.path.join(folder, "model.onnx")
        onnx.save(model, path)
        dims = list(dim_options(model, left)) if all(v is not None for v in left.values()) else []
        try:
            options, fixed = OPTIONS.get(case.name, ([], []))
            generated.compile_model(path, folder, "m", target, [*dims, *bounds, *parts, *options], timeout=30)
            return {name: value for name, value in left.items() if name not in fixed}
        except Failure as e:
            if e.kind != "unsupported" or len(case.data_sets) != 1:
                raise
            wanted = constants if bounds else wanted_constants(model, str(e))
            if not wanted or any(left.get(i.name) is None for i in wanted):
                raise
            constants, bounds = wanted, [] if bounds else list(bound_options(wanted, left))
            if bounds:
                continue
            for i in constants:
                model.graph.initializer.append(onnx.numpy_helper.from_array(left.pop(i.name), i.name))
                model.graph.input.remove(i)


def compare(actual, expected, rtol, atol):
    """None, or how they differ."""
    if expected.dtype.kind in "biu":
        wrong = actual != expected
        if not wrong.any():
            return None
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        return f"{int(wrong.sum())} of {wrong.size} differ, first at {at}: {actual[at]}, expected {expected[at]}"
    try:
        np.testing.assert_allclose(actual.astype(np.float64), expected.astype(np.float64), rtol=rtol, atol=atol)
    except AssertionError as e:
        return " ".join(str(e).split())[:200]
    return None


def check_outputs(case, exact, actual, expected):
    """Raises Failure unless every output of one data set is right; returns how one is that missed the tolerance."""
    remark = ""
    for k, (ours, theirs) in enumerate(zip(actual, expected)):
        difference = compare(ours, theirs, case.rtol, case.atol)
        if difference and is_narrow(theirs):
            difference = not_nearer(ours, theirs, exact.outputs()[k])
            remark = remark or "nearer to float64 than the expected output"
        if difference:
            raise Failure("wrong", f"output {k}: {difference}")
    return remark


def check_refused(program, call):
    """The function returns 2, and leaves the outputs as they are."""
    answer = program.run([call], timeout=60)[0]
    if answer.status != 2:
        raise Failure("wrong", f"m_run returned {answer.status} for what it must refuse")
    if any(np.unique(v.view(np.uint8)).size > 1 for v in answer.outputs):
        raise Failure("wrong", "an output was written before the run was refused")


def check_case(case, base, target, folder):
    """Raises Failure unless the case passes; whether inputs became constants, and a remark. base: the case as an
    operator where this is its expansion. A generator, see together.py."""
    os.makedirs(folder, exist_ok=True)
    infos = graph_inputs(case.model), case.model.graph.output
    data_sets = [[part if part == REFUSED else dict(p for i, v in zip(info, part) for p in parts_of(case, i, v))
                  for info, part in zip(infos, data)] for data in case.data_sets]
    left = compile_case(case, data_sets[0][0], case.data_sets[0][0], target, folder)
    if any(v is None for data in data_sets for part in data if part != REFUSED for v in part.values()):
        raise Failure("wrong", "nnc: status 0 for a model whose inputs or outputs are no tensors")
    program = yield folder
    remark = ""
    for inputs, outputs in data_sets:
        given = [v for name, v in inputs.items() if name in left]
        if outputs == REFUSED:
            check_refused(program, Call(given, [(o.dtype, o.shape) for o in data_sets[0][1].values()], {}))
            continue
        inputs, outputs = list(inputs.values()), list(outputs.values())
        call = Call(given, [(o.dtype, o.shape) for o in outputs], {})
        answer = program.run([call], timeout=60)[0]
        if answer.status != 0:
            raise Failure("wrong", f"m_run returned {answer.status}")
        answer.check_sizes(outputs)
        remark = check_outputs(case, Exact(base, inputs), answer.outputs, outputs) or remark
    return len(left) < len(data_sets[0][0]) and case.name not in OPTIONS, remark


def run_one(case, base, target, root, keep):
    """(name, kind, reason): pass and a remark, or the kind of the Failure. A generator, see together.py."""
    folder = os.path.join(root, case.name)
    try:
        constants, remark = yield from check_case(case, base, target, folder)
        return case.name + CONSTANTS if constants else case.name, "pass", remark
    except Failure as e:
        return case.name, e.kind, str(e)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def main():
    p = on_target.parser(__doc__, "generic")
    p.add_argument("--shard", default="1/1")
    p.add_argument("--record", action="store_true")
    p.add_argument("--keep", action="store_true", help="leave the generated files in the work folder")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    target, report = on_target.begin(a, "onnx")
    shard, shards = (int(n) for n in a.shard.split("/"))
    known = {c.name: c for c in all_cases()}
    cases = [c for c in known.values() if not a.names or c.name in a.names][shard - 1::shards]
    root = os.path.join(generated.work_folder(), f"onnx-{target.name}")
    passed, kinds, must = set(), collections.Counter(), expected_passes_before
    tests = (run_one(c, known.get(unexpanded(c.name), c), target, root, a.keep) for c in cases)
    for name, kind, reason in together.results(tests, target):
        kinds[kind] += 1
        if kind == "pass" and not (name.endswith(CONSTANTS) and name.removesuffix(CONSTANTS) in must):
            passed.add(name)
            report.ok(name, reason)
        elif kind == "unsupported" and not must & {name, name + CONSTANTS}:
            report.skip(name, f"unsupported: {reason}")
        else:
            report.failed(name, f"{kind}: {reason or 'needs constants now'}")
    print(f"# {target.name}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()))
    if a.record:
        record(passed)
    report.exit()


if __name__ == "__main__":
    main()
