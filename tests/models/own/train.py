#!/usr/bin/env python3
"""Trains the tests' own models on data that scikit-learn ships, and writes them with inputs and outputs.

    train.py [NAME ...]       writes NAME/model.onnx and NAME/case_K beside this file, and prints how often each is right

    digits-gru, digits-bilstm   recurrent layers over the rows of handwritten digits
    digits-attention            a transformer block over the same rows
    text-cnn                    which data set a piece of scikit-learn's own descriptions is about, of any length
    cancer-mlp, wine-mlp-int8   tables: standardised and classified, in float and as QDQ of int8
    digits-cnn, digits-cnn-int8 cases alone, for the models of examples/digits

The expected outputs are onnxruntime's without optimisations. The seeds are fixed: a second run on the same machine writes
the same files. Needs numpy, scikit-learn, onnx and onnxruntime.
"""
import importlib.util
import os
import shutil
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import networks
from gradients import Adam, Var, backward, cross_entropy

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, "..", "..", "..", "examples", "digits")
BATCH, RATE, EPOCHS = 32, 4e-3, 30
SNIPPET = 64  # letters of a text


def parts_of(x, y):
    """Trained on, tested on."""
    return train_test_split(x, y, test_size=0.2, random_state=1, stratify=y)


def train(network, x, y):
    rng = np.random.default_rng(1)
    p = network.start(rng)
    adam = Adam(p, RATE)
    for epoch in range(EPOCHS):
        order = rng.permutation(len(x))
        for at in range(0, len(x), BATCH):
            i = order[at:at + BATCH]
            held = {k: Var(v) for k, v in p.items()}
            backward(cross_entropy(network.forward(held, x[i]), y[i]))
            adam.update({k: v.grad for k, v in held.items()}, 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS)))
    return p


def texts():
    """Pieces of the descriptions as ASCII codes, and which they are of."""
    x, y = [], []
    for k, load in enumerate((datasets.load_iris, datasets.load_wine, datasets.load_breast_cancer, datasets.load_diabetes,
                              datasets.load_digits)):
        text = np.frombuffer(load().DESCR.encode("ascii", "replace"), np.uint8).astype(np.int64)
        starts = range(0, len(text) - SNIPPET, 7)
        x += [text[s:s + SNIPPET] for s in starts]
        y += [k] * len(starts)
    return np.stack(x), np.array(y)


def save(name, nodes, constants, inputs, outputs):
    """inputs, outputs: (name, type, dims)."""
    infos = [[helper.make_tensor_value_info(*part) for part in parts] for parts in (inputs, outputs)]
    graph = helper.make_graph(nodes, name, *infos, [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="train.py", ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    path = os.path.join(HERE, name, "model.onnx")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    onnx.save(model, path)
    return path


def run(path, x):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def finish(name, path, batches, x, y):
    """Writes a case for each batch, prints the share of right answers."""
    for old in [f for f in os.listdir(os.path.join(HERE, name)) if f.startswith("case_")]:
        shutil.rmtree(os.path.join(HERE, name, old))
    for k, batch in enumerate(batches):
        folder = os.path.join(HERE, name, f"case_{k}")
        os.makedirs(folder)
        np.save(os.path.join(folder, "input_0.npy"), batch)
        np.save(os.path.join(folder, "output_0.npy"), run(path, batch))
    right = np.mean([run(path, one[None])[0].argmax() == t for one, t in zip(x, y)])
    print(f"{name:18} {os.path.getsize(path):7} bytes, {right:.4f} of {len(y)} right")


def write_network(network):
    if network.name == "text-cnn":
        x, y = texts()
    else:
        digits = datasets.load_digits()
        x, y = (digits.images / 16).astype(np.float32), digits.target
    x, x_test, y, y_test = parts_of(x, y)
    p = train(network, x, y)
    kind = getattr(network, "input_type", TensorProto.FLOAT)
    path = save(network.name, network.nodes(), {**p, **network.constants}, [("x", kind, network.dims)],
                [("scores", TensorProto.FLOAT, ["batch", getattr(network, "classes", networks.CLASSES)])])
    finish(network.name, path, (x_test[:2], x_test[2:4]), x_test, y_test)


def standard(data):
    """A table, its parts, and the mean and deviation that standardise it."""
    parts = parts_of(data.data.astype(np.float32), data.target)
    return *parts, parts[0].mean(0), parts[0].std(0)


def write_cancer():
    """x -> (x - mean) / deviation -> Gemm -> Relu -> Gemm -> Relu -> Gemm -> Softmax"""
    x, x_test, y, y_test, mean, deviation = standard(datasets.load_breast_cancer())
    mlp = MLPClassifier((16, 8), random_state=1, max_iter=400).fit((x - mean) / deviation, y)
    nodes = [networks.node("Sub", ["x", "mean"], "centred"), networks.node("Div", ["centred", "deviation"], "a0")]
    constants = {"mean": mean, "deviation": deviation}
    for k, (w, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_)):
        last = k == len(mlp.coefs_) - 1
        if last:  # one score of the positive class: two, of which the other is 0
            w, b = np.hstack([np.zeros_like(w), w]), np.hstack([[0], b])
        constants |= {f"w{k}": w.astype(np.float32), f"b{k}": b.astype(np.float32)}
        nodes.append(networks.node("Gemm", [f"a{k}", f"w{k}", f"b{k}"], f"g{k}"))
        nodes.append(networks.node("Softmax" if last else "Relu", [f"g{k}"], "scores" if last else f"a{k + 1}"))
    path = save("cancer-mlp", nodes, constants, [("x", TensorProto.FLOAT, ["batch", x.shape[1]])],
                [("scores", TensorProto.FLOAT, ["batch", 2])])
    finish("cancer-mlp", path, (x_test[:2], x_test[2:4]), x_test, y_test)


def example():
    """examples/digits/train.py, which has the quantiser; it is called as this file is."""
    spec = importlib.util.spec_from_file_location("digits_train", os.path.join(EXAMPLES, "train.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_wine():
    """x, standardised -> QuantizeLinear -> Gemm, Relu -> Gemm -> DequantizeLinear: floats outside, int8 weights, uint8 and
    int8 activations whose ranges are the greatest values that the trained rows give."""
    x, x_test, y, y_test, mean, deviation = standard(datasets.load_wine())
    mlp = MLPClassifier((16,), random_state=1, max_iter=1000).fit((x - mean) / deviation, y)
    (w1, w2), (b1, b2) = mlp.coefs_, mlp.intercepts_
    hidden = np.maximum((x - mean) / deviation @ w1 + b1, 0)
    s0, s1, s2 = (np.float32(np.abs(v).max() / n) for v, n in (((x - mean) / deviation, 127), (hidden, 255),
                                                               (hidden @ w2 + b2, 127)))
    q, i8, u8 = example().Quantizer(), np.int8(0), np.uint8(0)
    q.constants |= {"mean": mean, "deviation": deviation}
    v = q.node("Div", [q.node("Sub", ["x", "mean"], "centred"), "deviation"], "standard")
    v = q.activation(v, "q0", s0, i8)
    v = q.node("Gemm", [v, *q.weights("w1", w1.T.astype(np.float32), b1, s0)], "g1", transB=1)
    v = q.activation(q.node("Relu", [v], "r1"), "q1", s1, u8)
    v = q.node("Gemm", [v, *q.weights("w2", w2.T.astype(np.float32), b2, s1)], "g2", transB=1)
    v = q.activation(v, "q2", s2, i8)
    path = save("wine-mlp-int8", q.nodes, q.constants, [("x", TensorProto.FLOAT, ["batch", x.shape[1]])],
                [(v, TensorProto.FLOAT, ["batch", 3])])
    finish("wine-mlp-int8", path, (x_test[:2], x_test[2:4]), x_test, y_test)


def write_digits_cnn(name, file, kind):
    digits = datasets.load_digits()
    x = (digits.images[:, None] / 16).astype(np.float32)
    if kind == np.uint8:
        x = np.rint(digits.images[:, None] * 255 / 16).astype(np.uint8)
    _, test = train_test_split(np.arange(len(x)), test_size=360, random_state=1, stratify=digits.target)
    os.makedirs(os.path.join(HERE, name), exist_ok=True)
    finish(name, os.path.join(EXAMPLES, file), (x[test[:1]], x[test[1:2]]), x[test], digits.target[test])


WRITERS = {**{n.name: (lambda n=n: write_network(n())) for n in (networks.Gru, networks.Lstm, networks.Attention,
                                                                 networks.Text)},
           "cancer-mlp": write_cancer, "wine-mlp-int8": write_wine,
           "digits-cnn": lambda: write_digits_cnn("digits-cnn", "digits.onnx", np.float32),
           "digits-cnn-int8": lambda: write_digits_cnn("digits-cnn-int8", "digits-int8.onnx", np.uint8)}


def main():
    for name in sys.argv[1:] or WRITERS:
        WRITERS[name]()


if __name__ == "__main__":
    main()
