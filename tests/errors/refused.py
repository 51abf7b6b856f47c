"""What the cases of bad_models.py are made with: the register, statuses, small models."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

MODEL, USAGE, UNSUPPORTED, ENVIRONMENT, LIMIT = 1, 2, 3, 4, 5
CASES = {}
F32 = TensorProto.FLOAT


def add(name, status, make, *options):
    CASES[name] = (status, make, options)


def case(status, *options):
    """Registers a function that returns a model, or its bytes, under its own name."""
    def register(make):
        add(make.__name__.replace("_", "-"), status, make, *options)
        return make
    return register


def value(name, shape, dtype=F32):
    return helper.make_tensor_value_info(name, dtype, shape)


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def model(nodes, inputs=None, outputs=None, weights=(), opset=17):
    inputs = [value("x", [1, 4, 8, 8])] if inputs is None else inputs
    outputs = [value("y", None)] if outputs is None else outputs
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(weights))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    made.ir_version = 8
    return made


def of_zeros(op, operands, version, /, outputs=1, **attributes):
    """One operator. An operand is the shape of a float input, a pair of an integer's type and shape, the array of a
    constant, or "", which is none. outputs: their number or names. attributes: with `domain`, the operator's."""
    inputs, weights, names = [], [], []
    for i, x in enumerate(operands):
        names.append("" if isinstance(x, str) else f"x{i}")
        if isinstance(x, list):
            inputs.append(value(names[i], x))
        elif isinstance(x, tuple):
            inputs.append(value(names[i], x[1], helper.np_dtype_to_tensor_dtype(np.dtype(x[0]))))
        elif names[i]:
            weights.append(constant(names[i], x))
    outputs = ["y", "z"][:outputs] if isinstance(outputs, int) else outputs
    made = model([helper.make_node(op, names, outputs, "n", **attributes)], inputs=inputs, weights=weights,
                 opset=version)
    if "domain" in attributes:
        made.opset_import.append(helper.make_opsetid(attributes["domain"], 1))
    return made
