"""Cases in the form of ONNX's node tests for what those leave out; expected values by numpy from the standard's text.

A function returns (nodes, inputs, outputs, opset): nodes of helper.make_node, dictionaries from name to array in the
model's order; constants are inputs whose name begins with "const". It may end with a further dictionary of options of the
model: its `domains`.
"""
import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.backend.test.case.test_case import TestCase

CASES = {}


def own(function):
    CASES["own_" + function.__name__] = function
    return function


def info(name, array):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def own_cases():
    for name, function in CASES.items():
        nodes, inputs, outputs, opset, *more = function()
        held = {k: v for k, v in inputs.items() if k.startswith("const")}
        given = {k: v for k, v in inputs.items() if k not in held}
        graph = helper.make_graph(nodes, name, [info(*i) for i in given.items()], [info(*o) for o in outputs.items()],
                                  [numpy_helper.from_array(v, k) for k, v in held.items()])
        domains = {"": opset} | (more[0].get("domains", {}) if more else {})
        made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid(*d) for d in domains.items()])
        yield TestCase(name=name, model_name=name, url=None, model_dir=None, model=made, kind="node", rtol=1e-5,
                       atol=1e-6, data_sets=[(list(given.values()), list(outputs.values()))])


def floats(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


# --------------------------------------------------------------------------------------------------------- opsets before 7

@own
def early_add_axis():
    a, b = floats(2, 3, 4, 5), floats(3, 4, seed=1)
    return ([helper.make_node("Add", ["a", "b"], ["y"], broadcast=1, axis=1)], {"a": a, "b": b},
            {"y": a + b[:, :, None]}, 6)


@own
def early_sub_suffix():
    a, b = floats(2, 3, 4), floats(3, 4, seed=1)
    return ([helper.make_node("Sub", ["a", "b"], ["y"], broadcast=1, consumed_inputs=[0, 0])], {"a": a, "b": b},
            {"y": a - b}, 1)


@own
def early_less_one_element():
    a, b = floats(2, 3), floats(1, 1, 1, 1, seed=1)
    return ([helper.make_node("Less", ["a", "b"], ["y"], broadcast=1)], {"a": a, "b": b},
            {"y": (a < b).reshape(1, 1, 2, 3)}, 1)


@own
def early_prelu_channels():
    x, slope = floats(2, 3, 4, 5), floats(3, seed=1)
    return ([helper.make_node("PRelu", ["x", "s"], ["y"])], {"x": x, "s": slope},
            {"y": np.where(x < 0, x * slope[:, None, None], x)}, 6)


@own
def early_norm_of_rows():
    x, scale, bias, mean = floats(2, 3, 4), *(floats(3, 4, seed=k) for k in (1, 2, 3))
    var = np.abs(floats(3, 4, seed=4))
    return ([helper.make_node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"], spatial=0)],
            {"x": x, "s": scale, "b": bias, "m": mean, "v": var},
            {"y": (x - mean) / np.sqrt(var + np.float32(1e-5)) * scale + bias}, 7)


@own
def early_shapes():
    x = floats(2, 6)
    return ([helper.make_node("Reshape", ["x"], ["r"], shape=[0, 3, -1]),
             helper.make_node("Pad", ["r"], ["p"], paddings=[0, 1, 0, 0, 0, 1], value=2.),
             helper.make_node("Tile", ["p", "const_tiles", "const_axis"], ["t"]),
             helper.make_node("Split", ["t", "const_split"], ["s", "u"], axis=1),
             helper.make_node("Cast", ["s"], ["y"], to="INT32"), helper.make_node("Concat", ["u", "u"], ["z"])],
            {"x": x, "const_tiles": np.float32(2), "const_axis": np.float32(2), "const_split": np.float32([1, 3])},
            {"y": (t := np.tile(np.pad(x.reshape(2, 3, 2), ((0, 0), (1, 0), (0, 1)), constant_values=2),
                                (1, 1, 2)))[:, :1].astype(np.int32), "z": np.concatenate([t[:, 1:], t[:, 1:]], 1)}, 1)


@own
def early_upsample():
    x = floats(1, 2, 3, 2)
    return ([helper.make_node("Upsample", ["x"], ["y"], height_scale=2., width_scale=3.)], {"x": x},
            {"y": x.repeat(2, 2).repeat(3, 3)}, 1)


@own
def early_pools():
    x = np.abs(floats(1, 2, 4, 4))
    windows = x.reshape(1, 2, 2, 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(1, 2, 2, 2, 4)
    return ([helper.make_node("LpPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2], p=3.),
             helper.make_node("GlobalLpPool", ["x"], ["z"], p=1.),
             helper.make_node("AveragePool", ["x"], ["w"], kernel_shape=[2, 2], strides=[2, 2])], {"x": x},
            {"y": (windows ** 3).sum(-1) ** np.float32(1 / 3), "z": x.sum((2, 3), keepdims=True),
             "w": windows.mean(-1)}, 1)
