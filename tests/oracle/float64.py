"""A slow, independent evaluation of a float ONNX graph in double precision.

`widen(model)` makes every float32 of a model a float64: constants, weights, declared types, Cast targets, sub-graphs; with
`narrow` the types named there instead.
`Evaluator` runs the result through the onnx package's reference implementation, with own bodies where that has none
for the case (all directions of the recurrent operators) or takes minutes (convolution, pooling).
"""
import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from float64_ops import OPERATORS

F16, F32, F64 = TensorProto.FLOAT16, TensorProto.FLOAT, TensorProto.DOUBLE
TYPE_ATTRIBUTES = ("to", "dtype", "softmax_precision")


def widen_tensor(tensor, narrow):
    if tensor.data_type in narrow:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))


def widen_type(info, narrow):
    if info.type.HasField("tensor_type") and info.type.tensor_type.elem_type in narrow:
        info.type.tensor_type.elem_type = F64


def widen_node(node, narrow):
    for a in node.attribute:
        if a.type == AttributeProto.TENSOR:
            widen_tensor(a.t, narrow)
        elif a.type == AttributeProto.GRAPH:
            widen_graph(a.g, narrow)
        elif a.type == AttributeProto.INT and a.name in TYPE_ATTRIBUTES and a.i in narrow:
            a.i = F64
    if F32 in narrow and node.op_type == "Constant" and node.attribute[0].name in ("value_float", "value_floats"):
        a = node.attribute[0]
        value = np.array(a.f if a.name == "value_float" else list(a.floats), np.float64)
        node.ClearField("attribute")
        node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(value)))
    if F32 in narrow and node.op_type == "ConstantOfShape" and not node.attribute:
        node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(np.zeros(1))))


def widen_graph(graph, narrow):
    for t in graph.initializer:
        widen_tensor(t, narrow)
    for info in [*graph.input, *graph.output, *graph.value_info]:
        widen_type(info, narrow)
    for node in graph.node:
        widen_node(node, narrow)


def widen(model, narrow=(F32,)):
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    for opset in wide.opset_import:
        opset.domain = "" if opset.domain == "ai.onnx" else opset.domain  # two names of one
    widen_graph(wide.graph, narrow)
    return wide


class Evaluator:
    """Outputs of a model with the types of `narrow` in double precision."""

    def __init__(self, model, narrow=(F32,), operators=OPERATORS):
        model = widen(model, narrow)
        self.widened = {helper.tensor_dtype_to_np_dtype(t) for t in narrow}
        self.names = [i.name for i in model.graph.input if i.name not in {t.name for t in model.graph.initializer}]
        self.reference = ReferenceEvaluator(model, new_ops=operators)

    def run(self, inputs):
        feeds = {n: v.astype(np.float64) if v.dtype in self.widened else v for n, v in zip(self.names, inputs)}
        with np.errstate(all="ignore"):
            return self.reference.run(None, feeds)
