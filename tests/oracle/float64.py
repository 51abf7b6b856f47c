"""A slow, independent evaluation of a float ONNX graph in double precision.

`widen(model)` makes every float32 of a model a float64: constants, weights, declared types, Cast targets, sub-graphs.
`Evaluator` runs the result through the onnx package's reference implementation, with own bodies where that has none
for the case (all directions of the recurrent operators) or takes minutes (convolution, pooling).
"""
import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from float64_ops import OPERATORS

F32, F64 = TensorProto.FLOAT, TensorProto.DOUBLE
# Operators whose float32 input is a parameter, not data: its type must stay.
KEEP_INPUTS = {"Resize": (1, 2), "Upsample": (1,)}


def widen_tensor(tensor):
    if tensor.data_type == F32:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))


def widen_type(info):
    for kind in ("tensor_type", "sequence_type", "optional_type"):
        if info.type.HasField(kind) and kind == "tensor_type" and info.type.tensor_type.elem_type == F32:
            info.type.tensor_type.elem_type = F64


def widen_node(node):
    for a in node.attribute:
        if a.type == AttributeProto.TENSOR:
            widen_tensor(a.t)
        elif a.type == AttributeProto.GRAPH:
            widen_graph(a.g)
        elif a.type == AttributeProto.INT and a.name in ("to", "dtype") and a.i == F32:
            a.i = F64
    if node.op_type == "Constant" and node.attribute[0].name in ("value_float", "value_floats"):
        a = node.attribute[0]
        value = np.array(a.f if a.name == "value_float" else list(a.floats), np.float64)
        node.ClearField("attribute")
        node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(value)))
    if node.op_type == "ConstantOfShape" and not node.attribute:
        node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(np.zeros(1))))


def widen_graph(graph):
    for t in graph.initializer:
        widen_tensor(t)
    for info in [*graph.input, *graph.output, *graph.value_info]:
        widen_type(info)
    for node in graph.node:
        widen_node(node)


def widen(model):
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    widen_graph(wide.graph)
    return wide


class Evaluator:
    """Outputs of a model in double precision, or in the types as they are with wide=False."""

    def __init__(self, model, wide=True, operators=OPERATORS):
        self.wide = wide
        model = widen(model) if wide else model
        self.names = [i.name for i in model.graph.input if i.name not in {t.name for t in model.graph.initializer}]
        self.reference = ReferenceEvaluator(model, new_ops=operators)

    def run(self, inputs):
        feeds = {n: v.astype(np.float64) if self.wide and v.dtype == np.float32 else v
                 for n, v in zip(self.names, inputs)}
        with np.errstate(all="ignore"):
            return self.reference.run(None, feeds)
