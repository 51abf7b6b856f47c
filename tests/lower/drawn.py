"""A model of one operator with random inputs, as the draw_*.py build them."""
import numpy as np
from onnx import helper, numpy_helper


class Graph:
    """One operator with its inputs, some of them constants."""

    def __init__(self, numbers, dtype=np.float32):
        self.numbers, self.dtype = numbers, dtype
        self.names, self.inputs, self.constants, self.values = [], [], [], []

    def add(self, name, shape, constant, present=True):
        if present:
            self.add_value(name, (self.numbers.standard_normal(shape) * 0.5).astype(self.dtype), constant)
        else:
            self.names.append("")

    def add_value(self, name, value, constant):
        self.names.append(name)
        if constant:
            self.constants.append(numpy_helper.from_array(value, name))
        else:
            kind = helper.np_dtype_to_tensor_dtype(value.dtype)
            self.inputs.append(helper.make_tensor_value_info(name, kind, value.shape))
            self.values.append(value)

    def model(self, op, outputs, rank, attributes, opset=14, types=None):
        """rank: of each output; types: of each, by default that of the inputs."""
        while self.names[-1] == "":
            self.names.pop()
        types = [helper.np_dtype_to_tensor_dtype(np.dtype(t)) for t in types or [self.dtype] * len(outputs)]
        infos = [helper.make_tensor_value_info(o, types[i], [None] * rank[i]) for i, o in enumerate(outputs) if o]
        node = helper.make_node(op, self.names, outputs, **attributes)
        graph = helper.make_graph([node], "g", self.inputs, infos, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
