#!/usr/bin/env python3
"""Models that are valid and odd: no input, no node, no element, names that C knows, names that become one. Each is compiled
for the host with warnings as errors, run, and compared with ONNX's reference evaluator.

    odd_models.py [NAME ...]
"""
import os
import re
import subprocess

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from place import Wrong, main

F32 = TensorProto.FLOAT
CFLAGS = "-O1 -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror"
SANITIZE = "-O0 -std=c99 -fsanitize=address,undefined -fno-sanitize-recover=all"
LONG = "a" * 200


def node(op, inputs, outputs, name="", **attributes):
    return helper.make_node(op, inputs.split() if isinstance(inputs, str) else inputs,
                            outputs.split() if isinstance(outputs, str) else outputs, name, **attributes)


def value(name, shape=(3,), dtype=F32):
    return helper.make_tensor_value_info(name, dtype, shape)


def ones(name, *shape):
    return numpy_helper.from_array(np.ones(shape, np.float32), name)


def model(nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(constants))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 8
    return made


def chain_of_names(*names):
    """Add of the first two is the third, Exp of it the fourth; all are parameters."""
    a, b, c, d = names
    return model([node("Add", [a, b], [c]), node("Exp", [c], [d])], [value(a), value(b)], [value(c), value(d)])


def zeros():
    """Tensors without elements."""
    yield "zero-relu", model([node("Relu", "x", "z")], [value("x", (0, 3))], [value("z", (0, 3))])
    yield "zero-concat", model([node("Concat", "x y", "z", axis=0)], [value("x", (0, 3)), value("y", (2, 3))],
                               [value("z", (2, 3))])
    yield "zero-sum", model([node("ReduceSum", "x", "z", keepdims=0)], [value("x", (0, 3))], [value("z", ())])
    yield "zero-matmul", model([node("MatMul", "x y", "z")], [value("x", (2, 0)), value("y", (0, 3))],
                               [value("z", (2, 3))])
    yield "zero-row-matmul", model([node("MatMul", "x y", "z")], [value("x", (1, 0)), value("y", (0, 8))],
                                   [value("z", (1, 8))])
    yield "zero-conv", model([node("Conv", "x w", "z")], [value("x", (0, 3, 5, 5))], [value("z", (0, 2, 3, 3))],
                             [ones("w", 2, 3, 3, 3)])
    yield "zero-k", model([node("TopK", "x k", "v i", axis=-1)], [value("x", (4,))],
                          [value("v", (0,)), value("i", (0,), TensorProto.INT64)],
                          [numpy_helper.from_array(np.zeros(1, np.int64), "k")])
    yield "zero-argmax", model([node("ArgMax", "x", "z", axis=1)], [value("x", (0, 4))],
                               [value("z", (0, 1), TensorProto.INT64)])
    yield "zero-rows", model([node("MatMul", "x y", "p"), node("Mul", "p s", "z")],
                             [value("x", (0, 2)), value("y", (2, 0)), value("s", (1, 0))], [value("z", (0, 0))])


def interfaces():
    """Inputs and outputs that are unused, shared, constant, or all there is."""
    yield "scalars", model([node("Add", "x y", "z")], [value("x", ()), value("y", ())], [value("z", ())])
    yield "scalar-and-row", model([node("Mul", "x y", "z")], [value("x", ()), value("y")], [value("z")])
    yield "no-input", model([node("Neg", "c", "z")], [], [value("z")], [ones("c", 3)])
    yield "output-twice", model([node("Relu", "x", "z")], [value("x")], [value("z"), value("z")])
    yield "input-is-output", model([node("Relu", "x", "z")], [value("x")], [value("x"), value("z")])
    yield "no-node", model([], [value("x")], [value("x")])
    yield "unnamed-outputs", model([node("QuantizeLinear", "x s", [""]), node("Constant", [], [""], value_float=1.0),
                                    node("Relu", "x", [""]), node("Split", "x", ["z", "", ""], axis=0),
                                    node("RNN", "y w w", ["", "h"], hidden_size=1), node("RNN", "y w w", "l", hidden_size=1)],
                                   [value("x"), value("y", (2, 1, 1))], [value("z", (1,)), value("h", (1, 1, 1))],
                                   [ones("s"), ones("w", 1, 1, 1)])
    yield "sign-of-nan", model([node("Sub", "x x", "o"), node("Div", "o o", "n"), node("Sign", "n", "z")],
                               [value("x")], [value("z")])
    yield "unused-input", model([node("Relu", "x", "z")], [value("x"), value("u", (2, 2))], [value("z")])
    yield "constant-is-input", model([node("Add", "x w", "z")], [value("x"), value("w")], [value("z")], [ones("w", 3)])
    yield "constant-is-output", model([node("Relu", "x", "z")], [value("x")], [value("w"), value("z")], [ones("w", 3)])
    yield "rank-8", model([node("Relu", "x", "z")], [value("x", (1, 2) * 4)], [value("z", (1, 2) * 4)])
    yield "nameless-nodes", model([node("Relu", "x", "y"), node("Exp", "y", "z")], [value("x")], [value("z")])


def names():
    yield "collide", chain_of_names("a.b", "a_b", "a/b", "a:b")
    yield "c-words", chain_of_names("int", "return", "while", "restrict")
    yield "c++-words", chain_of_names("class", "new", "template", "this")
    yield "library", chain_of_names("memcpy", "NULL", "expf", "errno")
    yield "types", chain_of_names("int8_t", "size_t", "ptrdiff_t", "uint8_t")
    yield "macros", chain_of_names("linux", "unix", "I", "INFINITY")
    yield "own", chain_of_names("model_0_s0", "x0", "i0", "nnrt_exp_f32")
    yield "own-2", chain_of_names("model_0_run", "model_0_arena", "MODEL_0_ARENA_BYTES", "memory")
    yield "own-3", chain_of_names("none", "acc", "n", "p")
    yield "long", chain_of_names(LONG + "1", LONG + "2", LONG + "3", LONG + "4")
    yield "unicode", chain_of_names("größe", "尺寸", "выход", "\u202egnp.c")
    yield "digits", chain_of_names("0", "1", "2", "3")


def branches():
    """(name, model, a model that computes the same): an operator that nobody knows, in the branch that is not taken."""
    taken = helper.make_graph([node("Relu", "x", "t")], "taken", [], [value("t")])
    other = helper.make_graph([node("Unknown", "x", "u", domain="org.example", depth=3), node("Exp", "u", "v")], "other",
                              [], [value("v")])
    same = model([node("Relu", "x", "z")], [value("x")], [value("z")])
    count = [node("Size", "x", "n"), node("Greater", "n two", "c")]
    two = numpy_helper.from_array(np.int64(2), "two")
    made = model([*count, node("If", "c", "z", then_branch=taken, else_branch=other)], [value("x")], [value("z")], [two])
    made.opset_import.append(helper.make_opsetid("org.example", 1))
    yield "unknown-operator", made, same
    made = onnx.ModelProto.FromString(made.SerializeToString())
    del made.opset_import[1]
    yield "unknown-domain", made, same


def dynamic():
    """(name, model, sizes that are tried)"""
    row = ["n", 3]
    mean = model([node("Softmax", "x", "y", axis=-1), node("ReduceMean", "y", "z", axes=[0])], [value("x", ["n", "m"])],
                 [value("z", None), value("y", None)])
    yield "softmax", mean, ["n=1..4", "m=1..7"], [{"n": 1, "m": 1}, {"n": 4, "m": 7}, {"n": 3, "m": 2}]
    for name, made in (("relu", model([node("Relu", "x", "z")], [value("x", row)], [value("z", None)])),
                       ("matmul", model([node("MatMul", "x w", "z")], [value("x", row)], [value("z", None)], [ones("w", 3, 5)])),
                       ("conv", model([node("Conv", "x w", "z")], [value("x", ["n", 3, 5, 5])], [value("z", None)],
                                      [ones("w", 4, 3, 3, 3)])),
                       ("concat", model([node("Concat", "x x", "z", axis=0)], [value("x", row)], [value("z", None)])),
                       ("int", model([node("Relu", "n", "z")], [value("n", row)], [value("z", None)]))):
        yield name, made, ["n=0..4"], [{"n": 0}, {"n": 1}, {"n": 4}]
    made = model([node("Add", "x y", "z")], [value("x", ["n", 1]), value("y", ["n", 3])], [value("z", None)])
    yield "row-or-none", made, ["n=0..1"], [{"n": 0}, {"n": 1}]
    made = model([node("ArgMax", "x", "y", axis=1, keepdims=0)], [value("x", ["n", 4])], [value("y", None, TensorProto.INT64)])
    yield "argmax", made, ["n=0..2"], [{"n": 0}, {"n": 2}]


def alike():
    """(name, model, most functions): steps that differ in constants alone, more than are specialised."""
    nodes, constants = [], []
    for k in range(20):
        nodes += [node("Mul", f"t{k} c{k}", f"u{k}"), node("Softmax", f"u{k}", f"t{k + 1}")]
        constants.append(numpy_helper.from_array(np.float32(1 + k / 10), f"c{k}"))
    yield "scales", model(nodes, [value("t0", (4, 8))], [value("t20", (4, 8))], constants), 2
    nodes, constants = [], []
    for k in range(20):     # products whose epilogue clips
        nodes += [node("Gemm", f"t{k} w b", f"u{k}"), node("Clip", f"u{k} low{k} high{k}", f"t{k + 1}")]
        constants += [numpy_helper.from_array(np.float32(v), f"{n}{k}") for n, v in (("low", -1 - k), ("high", 2 + k / 3))]
    rng = np.random.default_rng(1)
    constants += [numpy_helper.from_array(np.float32(rng.standard_normal((6, 6)) / 4), "w"), ones("b", 6)]
    yield "clips", model(nodes, [value("t0", (3, 6))], [value("t20", (3, 6))], constants), 1


def check_alike(place, made, most, optimize):
    check(place, made, options=[f"--optimize={optimize}"])
    place.nnc(0, place.path("m.onnx"), "-o", place.path("m.c"), f"--optimize={optimize}")
    with open(place.path("m.c"), encoding="utf-8") as f:
        functions = len(re.findall(r"^static .*void m_s\d+\(", f.read(), re.M))
    if functions > most:
        raise Wrong(f"{functions} functions for steps that are alike, not {most}")


def make_inputs(made, sizes):
    """By graph order, initializers left out: they have values."""
    given = {c.name for c in made.graph.initializer}
    rng = np.random.default_rng(1)
    for i in made.graph.input:
        if i.name not in given:
            shape = [d.dim_value if d.HasField("dim_value") else sizes[d.dim_param] for d in i.type.tensor_type.shape.dim]
            yield i.name, np.asarray(rng.standard_normal(shape) * 2, np.float32)


def check(place, made, dims=(), sizes=None, cflags=CFLAGS, options=(), same=None):
    path, data = place.path("m.onnx"), place.path("data")
    onnx.save(made, path)
    inputs = dict(make_inputs(made, sizes or {}))
    os.makedirs(data, exist_ok=True)
    for k, array in enumerate(inputs.values()):
        np.save(os.path.join(data, f"input_{k}.npy"), array)
    place.nnc(0, "run", path, "--data", data, "--save", place.path("out"), f"--cflags={cflags}",
              *[f"--dim={d}" for d in dims], *options)
    for k, wanted in enumerate(ReferenceEvaluator(same or made).run(None, inputs)):
        got = np.load(place.path(f"out/output_{k}.npy"))
        if got.shape != np.shape(wanted) or not np.allclose(got, wanted, rtol=1e-5, atol=1e-6, equal_nan=True):
            raise Wrong(f"output {k}: {got}, expected {wanted}")


def refuses_sizes(place, made, dims):
    """Sizes outside the bounds: an error of the data."""
    onnx.save(made, place.path("m.onnx"))
    np.save(place.path("x.npy"), np.zeros((5, 3), np.float32))
    place.nnc(1, "run", place.path("m.onnx"), place.path("x.npy"), *[f"--dim={d}" for d in dims])


def cpp_and_clang(place, made):
    """The same text through other compilers."""
    onnx.save(made, place.path("m.onnx"))
    place.nnc(0, place.path("m.onnx"), "-o", place.path("m.c"), "--target=generic", "--name=m")
    for cc in ("g++ -x c++ -std=c++17", "clang-14 -std=c99", "gcc -std=c99 -O3"):
        command = [*cc.split(), *CFLAGS.split()[2:], "-c", "-o", place.path("m.o"), place.path("m.c")]
        try:
            p = subprocess.run(command, capture_output=True, text=True, timeout=100)
        except FileNotFoundError:
            continue
        if p.returncode:
            raise Wrong(f"{cc}: {p.stderr.strip()[:300]}")


def tests():
    for make in (zeros, interfaces, names):
        for name, made in make():
            yield f"{make.__name__}/{name}", lambda place, made=made: check(place, made)
    for name, made, same in branches():
        yield f"branches/{name}", lambda place, made=made, same=same: check(place, made, same=same)
    for name, made, most in alike():
        for optimize in ("speed", "size"):
            yield (f"alike/{name}-{optimize}", lambda place, made=made, most=most, optimize=optimize:
                   check_alike(place, made, most, optimize))
    for name, made in zeros():
        yield f"sanitized/{name}", lambda place, made=made: check(place, made, cflags=SANITIZE)
    for name, made in names():
        yield f"compilers/{name}", lambda place, made=made: cpp_and_clang(place, made)
    for name, made, dims, sizes in dynamic():
        for s in sizes:
            yield (f"dynamic/{name}-" + "-".join(map(str, s.values())),
                   lambda place, made=made, dims=dims, s=s: check(place, made, dims, s))
            if not all(s.values()):
                yield (f"sanitized/{name}", lambda place, made=made, dims=dims, s=s:
                       check(place, made, dims, s, SANITIZE))
        if name == "relu":
            yield f"dynamic/{name}-beyond", lambda place, made=made, dims=dims: refuses_sizes(place, made, dims)


if __name__ == "__main__":
    main(tests())
