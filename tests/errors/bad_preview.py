"""Cases of bad_models.py with operators of ai.onnx.preview and its training."""
from onnx import helper

from refused import MODEL, UNSUPPORTED, add, of_zeros, value

TRAINING = "ai.onnx.preview.training"
Q, K = [1, 4, 2, 8], [1, 2, 3, 8]
R, T = [], ("i8", [])


def modifier(inputs=1, outputs=1):
    return helper.make_graph([helper.make_node("Neg", ["a0"], [f"b{k}"]) for k in range(outputs)], "modifier",
                             [value(f"a{k}", None) for k in range(inputs)],
                             [value(f"b{k}", None) for k in range(outputs)])


CASES = {
    "attention-of-rank-3": (MODEL, "FlexAttention", [[1, 2, 8], K, K], {}),
    "attention-heads": (MODEL, "FlexAttention", [[1, 3, 2, 8], K, K], {}),
    "attention-heads-of-values": (MODEL, "FlexAttention", [Q, K, [1, 4, 3, 8]], {}),
    "attention-precision": (UNSUPPORTED, "FlexAttention", [Q, K, K], {"softmax_precision": 7}),
    "attention-modifier-of-two": (MODEL, "FlexAttention", [Q, K, K], {"score_mod": modifier(inputs=2)}),
    "attention-modifier-to-two": (MODEL, "FlexAttention", [Q, K, K], {"prob_mod": modifier(outputs=2)}),
    "adam-without-state": (MODEL, "Adam", [R, T, [2], [2], [2]], {"domain": TRAINING}),
    "adam-outputs": (MODEL, "Adam", [R, T, [2], [2], [2], [2]], {"domain": TRAINING, "outputs": 2}),
    "adagrad-rates": (MODEL, "Adagrad", [[2], T, [2], [2], [2]], {"domain": TRAINING, "outputs": 2}),
    "adagrad-of-another-type": (MODEL, "Adagrad", [R, T, ("f8", [2]), [2], [2]],
                                {"domain": TRAINING, "outputs": 2}),
    "momentum-mode": (MODEL, "Momentum", [R, T, [2], [2], [2]],
                      {"domain": TRAINING, "outputs": 2, "alpha": .5, "beta": .5, "norm_coefficient": 0., "mode": "heavy"}),
}

for name, (status, op, operands, attributes) in CASES.items():
    add("preview-" + name, status, lambda op=op, operands=operands, attributes=attributes:
        of_zeros(op, operands, 17, **{"domain": "ai.onnx.preview"} | attributes))
