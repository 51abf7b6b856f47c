"""Cases of bad_models.py with states."""
from onnx import TensorProto, helper

from refused import USAGE, add, model, value

CASES = {
    "without-an-output": ["s"],
    "without-a-name": ["=t"],
    "of-no-input": ["q=t"],
    "of-no-output": ["s=q"],
    "of-two-types": ["x=n"],
    "of-two-shapes": ["s=y"],
    "of-two-outputs": ["s=t", "s=u"],
    "of-two-inputs": ["s=t", "x=t"],
    "of-any-size": ["r=v"],
}


def states():
    """x + s in sums of several shapes and types."""
    nodes = [helper.make_node("Add", ["x", "s"], ["t"], "add"), helper.make_node("Relu", ["t"], ["u"], "relu"),
             helper.make_node("ReduceMax", ["t"], ["y"], "max"), helper.make_node("Cast", ["t"], ["n"], "cast", to=TensorProto.INT64),
             helper.make_node("Neg", ["r"], ["v"], "neg")]
    return model(nodes, inputs=[value("x", [4]), value("s", [4]), value("r", ["N"])],
                 outputs=[value("t", [4]), value("u", [4]), value("y", [1]), value("v", ["N"]),
                          value("n", [4], TensorProto.INT64)])


for case, ties in CASES.items():
    add("state-" + case, USAGE, states, "--dim", "N=1..8", *(word for tie in ties for word in ("--state", tie)))
