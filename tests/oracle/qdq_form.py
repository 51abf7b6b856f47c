"""A model with operators on quantised tensors (QLinearConv and its kin) as one with DequantizeLinear, operator and
QuantizeLinear, which is what they mean, for integers.py to evaluate. Scales and zero points are constants."""
import numpy as np
import onnx
from onnx import helper, numpy_helper

# Operator -> its quantised operands.
OPERANDS = {"QLinearAdd": 2, "QLinearMul": 2, "QLinearSigmoid": 1, "QLinearLeakyRelu": 1, "QLinearAveragePool": 1,
            "QLinearGlobalAveragePool": 1, "QLinearSoftmax": 1}
OWN_ATTRIBUTES = ("channels_last", "opset")


class Form:
    def __init__(self, model):
        self.model = model
        self.constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        self.added, self.nodes = [], []

    def name(self):
        return f"qdq_form_{len(self.nodes)}_{len(self.added)}"

    def constant(self, value):
        self.added.append(numpy_helper.from_array(value, self.name()))
        return self.added[-1].name

    def node(self, op, inputs, output=None, **attributes):
        output = output or self.name()
        self.nodes.append(helper.make_node(op, inputs, [output], output, **attributes))
        return output

    def dequantized(self, inputs, axis=1):
        return self.node("DequantizeLinear", [i for i in inputs if i], axis=axis)

    def core(self, node, op, inputs):
        made = self.node(op, inputs)
        self.nodes[-1].attribute.extend(a for a in node.attribute if a.name not in OWN_ATTRIBUTES)
        return made

    def attribute(self, node, name, default):
        return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)

    def heavy(self, node):
        """QLinearConv, QLinearMatMul."""
        conv = node.op_type == "QLinearConv"
        axis = 0 if conv else self.constants[node.input[3]].ndim - 1
        inputs = [self.dequantized(node.input[:3]), self.dequantized(node.input[3:6], axis)]
        if len(node.input) > 8:
            step = self.constants[node.input[1]] * self.constants[node.input[4]]
            inputs.append(self.dequantized([node.input[8], self.constant(step.astype(np.float32))], 0))
        self.node("QuantizeLinear", [self.core(node, node.op_type[7:], inputs), *node.input[6:8]], node.output[0])

    def simple(self, node):
        n = OPERANDS[node.op_type]
        if self.attribute(node, "channels_last", 0):
            raise NotImplementedError("channels_last")
        inputs = [self.dequantized(node.input[3 * i:3 * i + 3]) for i in range(n)]
        self.node("QuantizeLinear", [self.core(node, node.op_type[7:], inputs), *node.input[3 * n:]], node.output[0])

    def run(self):
        for node in self.model.graph.node:
            if node.op_type in ("QLinearConv", "QLinearMatMul"):
                self.heavy(node)
            elif node.op_type in OPERANDS:
                self.simple(node)
            else:
                self.nodes.append(node)
        form = onnx.ModelProto()
        form.CopyFrom(self.model)
        del form.graph.node[:], form.graph.value_info[:]
        form.graph.node.extend(self.nodes)
        form.graph.initializer.extend(self.added)
        return form


def qdq_form(model):
    """The model itself where it has no such operators."""
    if not any(n.op_type.startswith("QLinear") for n in model.graph.node):
        return model
    return onnx.shape_inference.infer_shapes(Form(model).run())
