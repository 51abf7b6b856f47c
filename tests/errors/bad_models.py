#!/usr/bin/env python3
"""Models and command lines that must be refused: the right exit status, one clear line, nothing written.

    bad_models.py [NAME ...]

Each case also asks for: no sanitizer report (run.sh uses the sanitized nnc), an end within seconds, an old output left
as it was, no temporary file. messages.txt holds the exact message of each case, {model} standing for its path. Statuses
are those of compiler/support/diag.h; neither they nor the messages come from what nnc says.
"""
import argparse
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "python"))

import numpy as np
import onnx
from onnx import TensorProto, helper

import bad_classic  # its cases
import bad_early  # and its
import bad_found  # and its
import bad_operators  # and its
import bad_preview  # and its
import bad_quantised  # and its
import bad_states  # and its
import bad_streams  # and its
import generated
from generated import execute
from refused import (CASES, ENVIRONMENT, F32, LIMIT, MODEL, UNSUPPORTED, USAGE, case, constant, model, of_zeros,
                     value)
from report import Report

MESSAGES = os.path.join(HERE, "messages.txt")


def conv(**attributes):
    w = constant("w", np.zeros((6, 4, 3, 3), np.float32))
    return model([helper.make_node("Conv", ["x", "w"], ["y"], "conv", **attributes)], weights=[w])


def relu():
    return model([helper.make_node("Relu", ["x"], ["y"], "relu")])


# -------------------------------------------------------------------------------------------------- bytes that are no model

@case(MODEL)
def empty_file():
    return b""


for seed in range(4):
    @case(MODEL)
    def random_bytes(seed=seed):
        return np.random.default_rng(seed).integers(0, 256, 4096, np.uint8).tobytes()
    CASES[f"random-bytes-{seed}"] = CASES.pop("random-bytes")

for tenths in range(1, 10):
    @case(MODEL)
    def truncated(tenths=tenths):
        whole = conv(kernel_shape=[3, 3]).SerializeToString()
        return whole[:len(whole) * tenths // 10]
    CASES[f"truncated-at-{tenths}0-percent"] = CASES.pop("truncated")


def field(number, payload):
    """A length-delimited protobuf field."""
    size, head = len(payload), bytearray([number << 3 | 2])
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    return bytes(head) + bytes([size]) + payload


@case(MODEL)
def nested_10000_deep():
    graph = b""
    for _ in range(10000):  # graph { node { attribute { g { … } } } }
        graph = field(1, field(5, field(6, graph)))
    return b"\x08\x08" + field(7, graph)


@case(MODEL)
def no_graph():
    return onnx.ModelProto(ir_version=8, opset_import=[helper.make_opsetid("", 17)])


@case(MODEL)
def no_outputs():
    return model([helper.make_node("Relu", ["x"], ["y"])], outputs=[])


@case(MODEL)
def no_opset():
    m = relu()
    m.ClearField("opset_import")
    return m


@case(MODEL)
def operator_whose_domain_is_not_imported():
    m = relu()
    m.opset_import[0].domain = "org.example"
    return m


@case(UNSUPPORTED)
def operator_that_is_unknown_and_whose_domain_is_not_imported():
    return model([helper.make_node("Fancy", ["x"], ["y"], "fancy", domain="org.example")])


@case(MODEL)
def functions_that_double_25_times():
    """One message, though every function finds that there are too many nodes."""
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    made = model([helper.make_node("F0", ["x"], ["y"], "call", domain="f")])
    made.opset_import.append(opsets[1])
    for k in range(25):
        callee = {"op_type": f"F{k + 1}", "domain": "f"} if k < 24 else {"op_type": "Relu"}
        nodes = [helper.make_node(inputs=[a], outputs=[b], **callee) for a, b in (("a", "t"), ("t", "b"))]
        made.functions.append(helper.make_function("f", f"F{k}", ["a"], ["b"], nodes, opsets))
    return made


@case(UNSUPPORTED)
def opset_of_the_future():
    m = relu()
    m.opset_import[0].version = 999
    return m


# ------------------------------------------------------------------------------------------------------------ graphs

@case(MODEL)
def cycle():
    return model([helper.make_node("Add", ["x", "b"], ["a"], "first"), helper.make_node("Relu", ["a"], ["b"], "second"),
                  helper.make_node("Relu", ["b"], ["y"], "third")])


@case(MODEL)
def loop_that_never_ends():
    inputs = [value("i", [], TensorProto.INT64), value("go", [], TensorProto.BOOL), value("v", [1, 4, 8, 8])]
    outputs = [value("on", [], TensorProto.BOOL), value("w", [1, 4, 8, 8])]
    nodes = [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Neg", ["v"], ["w"])]
    body = helper.make_graph(nodes, "body", inputs, outputs)
    return model([helper.make_node("Loop", ["", "", "x"], ["y"], "loop", body=body)])


@case(MODEL)
def tensor_nobody_makes():
    return model([helper.make_node("Add", ["x", "missing"], ["y"], "add")])


@case(MODEL)
def output_nobody_makes():
    return model([helper.make_node("Relu", ["x"], ["a"], "relu")])


@case(MODEL)
def name_made_twice():
    return model([helper.make_node("Relu", ["x"], ["y"], "one"), helper.make_node("Neg", ["x"], ["y"], "two")])


@case(UNSUPPORTED)
def unknown_operator():
    return model([helper.make_node("Frobnicate", ["x"], ["y"], "node")])


@case(UNSUPPORTED)
def unknown_operator_in_a_branch_that_may_be_taken():
    branches = [helper.make_graph([helper.make_node(op, ["x"], [op], op.lower())], "g", [], [value(op, None)])
                for op in ("Relu", "Frobnicate")]
    return model([helper.make_node("If", ["c"], ["y"], "if", then_branch=branches[0], else_branch=branches[1])],
                 inputs=[value("x", [3]), value("c", [], TensorProto.BOOL)])


@case(UNSUPPORTED)
def unknown_domain():
    m = model([helper.make_node("Relu", ["x"], ["y"], "node", domain="com.example")])
    m.opset_import.append(helper.make_opsetid("com.example", 1))
    return m


# ------------------------------------------------------------------------------------------------------------- names

# What names may be is odd_names.py's.
EVIL = "evil */ int main(void) {} /* \n #error"


@case(UNSUPPORTED)
def operator_name_that_ends_a_comment():
    return model([helper.make_node(EVIL, ["x"], ["y"], "node")])


@case(MODEL)
def attribute_name_that_ends_a_comment():
    return model([helper.make_node("Relu", ["x"], ["y"], "relu", **{EVIL: 1})])


@case(MODEL)
def tensor_name_that_ends_a_comment():
    return model([helper.make_node("Relu", [EVIL], ["y"], EVIL)])


@case(MODEL)
def name_with_a_byte_of_0():
    return model([helper.make_node("Relu", ["x"], ["a\0b"]), helper.make_node("Neg", ["a\0b"], ["y"])])


@case(MODEL)
def name_that_is_no_text():
    whole = model([helper.make_node("Relu", ["x"], ["y"], "caf\u00e9")]).SerializeToString()
    return whole.replace("\u00e9".encode(), b"\xe9\xe9")   # Latin-1


@case(MODEL)
def name_of_5000_bytes():
    return model([helper.make_node("Relu", ["x"], ["y"], "n" * 5000)])


# -------------------------------------------------------------------------------------------------------- inputs, types

@case(MODEL)
def too_few_inputs():
    return model([helper.make_node("Conv", ["x"], ["y"], "conv")])


@case(MODEL)
def too_many_inputs():
    return model([helper.make_node("Relu", ["x", "x"], ["y"], "relu")])


@case(USAGE)
def string_input():
    return model([helper.make_node("Identity", ["x"], ["y"], "id")], inputs=[value("x", [2], TensorProto.STRING)],
                 outputs=[value("y", [2], TensorProto.STRING)])


@case(UNSUPPORTED, "--dim", "x.bytes=8")
def string_where_a_number_belongs():
    return model([helper.make_node("Transpose", ["x"], ["y"], "turn")], inputs=[value("x", [2], TensorProto.STRING)],
                 outputs=[value("y", [2], TensorProto.STRING)])


@case(UNSUPPORTED)
def sequence_input():
    info = helper.make_tensor_sequence_value_info("x", F32, None)
    return model([helper.make_node("SequenceLength", ["x"], ["y"], "length")], inputs=[info],
                 outputs=[value("y", [], TensorProto.INT64)])


def sequence_model(*nodes, shape=None):
    info = helper.make_tensor_sequence_value_info("x", F32, None)
    return model([*nodes], inputs=[info], outputs=[value("y", shape)])


@case(USAGE, "--parts", "x=2x")
def sequence_parts_that_are_no_shapes():
    return sequence_model(helper.make_node("SequenceAt", ["x", "k"], ["y"], "at"))


@case(USAGE, "--parts", "z=2", "--parts", "x=2")
def sequence_parts_of_nothing():
    return sequence_model(helper.make_node("ConcatFromSequence", ["x"], ["y"], "join", axis=0))


@case(MODEL, "--parts", "x=2")
def sequence_place_outside():
    m = sequence_model(helper.make_node("SequenceAt", ["x", "k"], ["y"], "at"))
    m.graph.initializer.append(onnx.numpy_helper.from_array(np.array(1), "k"))
    return m


@case(MODEL, "--parts", "x=none")
def sequence_of_nothing_joined():
    return sequence_model(helper.make_node("ConcatFromSequence", ["x"], ["y"], "join", axis=0))


@case(UNSUPPORTED, "--parts", "x=2,2")
def sequence_where_a_tensor_belongs():
    return sequence_model(helper.make_node("Abs", ["x"], ["y"], "abs"))


def loop_with_a_sequence(name, *nodes, carried):
    """The body of a Loop that hands `carried` on."""
    info = [helper.make_tensor_sequence_value_info(n, F32, None) for n in (f"{name}.in", carried)]
    return helper.make_graph([*nodes, helper.make_node("Identity", [f"{name}.go"], [f"{name}.on"])], name,
                             [value(f"{name}.i", [], TensorProto.INT64), value(f"{name}.go", [], TensorProto.BOOL), info[0]],
                             [value(f"{name}.on", [], TensorProto.BOOL), info[1]])


@case(UNSUPPORTED, "--parts", "x=2")
def sequence_turns_inside_turns():
    """Loops that carry sequences are written out: a million turns of one node each."""
    inner = loop_with_a_sequence("b", helper.make_node("Identity", ["b.in"], ["b.out"]), carried="b.out")
    outer = loop_with_a_sequence("a", helper.make_node("Loop", ["turns", "", "a.in"], ["a.out"], "inner", body=inner),
                                 carried="a.out")
    m = sequence_model(helper.make_node("Loop", ["turns", "", "x"], ["s"], "outer", body=outer),
                       helper.make_node("ConcatFromSequence", ["s"], ["y"], "join", axis=0))
    m.graph.initializer.append(onnx.numpy_helper.from_array(np.array(1024), "turns"))
    return m


@case(USAGE, "--dim", "x1[1]=0..4")
def some_elements_bounded():
    return model([helper.make_node("Reshape", ["x", "x1"], ["y"], "n")],
                 inputs=[value("x", [4]), value("x1", [2], TensorProto.INT64)], outputs=[value("y", None)])


@case(MODEL)
def input_of_unknown_type():
    return model([helper.make_node("Identity", ["x"], ["y"], "id")], inputs=[value("x", [2], 999)])


@case(MODEL)
def input_without_type():
    return model([helper.make_node("Identity", ["x"], ["y"], "id")], inputs=[value("x", [2], TensorProto.UNDEFINED)])


@case(MODEL)
def tensor_of_unknown_type():
    m = model([helper.make_node("Identity", ["x"], ["z"], "one"), helper.make_node("Identity", ["z"], ["y"], "two")])
    m.graph.value_info.append(value("z", [1, 4, 8, 8], 999))
    return m


@case(MODEL)
def cast_to_an_unknown_type():
    return model([helper.make_node("Cast", ["x"], ["y"], "cast", to=999)])


@case(UNSUPPORTED)
def cast_to_string():
    return model([helper.make_node("Cast", ["x"], ["y"], "cast", to=TensorProto.STRING)])


# ------------------------------------------------------------------------------------------------------ dimensions, data

@case(MODEL)
def absurd_dimension():
    return model([helper.make_node("Relu", ["x"], ["y"], "relu")], inputs=[value("x", [1 << 62])])


@case(MODEL)
def dimensions_that_overflow():
    return model([helper.make_node("Relu", ["x"], ["y"], "relu")], inputs=[value("x", [1 << 31, 1 << 31, 1 << 31])])


@case(MODEL)
def negative_dimension():
    return model([helper.make_node("Relu", ["x"], ["y"], "relu")], inputs=[value("x", [-3, 4])])


@case(MODEL)
def negative_dimension_between():
    m = model([helper.make_node("Relu", ["x"], ["z"], "one"), helper.make_node("Relu", ["z"], ["y"], "two")])
    m.graph.value_info.append(value("z", [1, 4, -8, 8]))
    return m


@case(USAGE)  # what some exporters write for a size that is not known
def dimension_of_minus_one():
    return model([helper.make_node("Relu", ["x"], ["y"], "relu")], inputs=[value("x", [-1, 4])])


MANY = 35  # inputs of two sizes each: more sizes than one number had room for when an example was looked for


@case(MODEL, *(word for k in range(MANY) for size in "ab" for word in ("--dim", f"{size}{k}=1..9")))
def window_over_a_sum_of_many_sizes():
    nodes = [helper.make_node("Flatten", [f"x{k}"], [f"f{k}"], axis=0) for k in range(MANY)]
    nodes += [helper.make_node("Concat", [f"f{k}" for k in range(MANY)], ["row"], axis=1),
              helper.make_node("Reshape", ["row", "shape"], ["image"]),
              helper.make_node("MaxPool", ["image"], ["y"], "pool", kernel_shape=[1000])]
    return model(nodes, inputs=[value(f"x{k}", [f"a{k}", f"b{k}"]) for k in range(MANY)],
                 weights=[constant("shape", np.array([1, 1, -1]))])


@case(MODEL, "--target=x86-64-v3")
def packed_operand_beyond_any_tensor():
    return model([helper.make_node("Gemm", ["x", "w"], ["y"], "gemm", transB=1)],
                 inputs=[value("x", [4, 1 << 38]), value("w", [4, 1 << 38])])


def with_weight(edit):
    w = constant("w", np.zeros((4, 1, 1), np.float32))
    edit(w)
    return model([helper.make_node("Add", ["x", "w"], ["y"], "add")], weights=[w])


@case(MODEL)
def raw_data_too_short():
    return with_weight(lambda w: setattr(w, "raw_data", b"\0" * 15))


@case(MODEL)
def raw_data_too_long():
    return with_weight(lambda w: setattr(w, "raw_data", b"\0" * 20))


@case(MODEL)
def weight_without_data():
    return with_weight(lambda w: w.ClearField("raw_data"))


@case(MODEL)
def weight_with_negative_dimension():
    return with_weight(lambda w: w.dims.__setitem__(0, -4))


@case(MODEL)
def weight_of_2_to_the_62():
    return with_weight(lambda w: w.dims.__setitem__(0, 1 << 62))


@case(MODEL)
def weight_of_minus_one():
    return with_weight(lambda w: w.dims.__setitem__(0, -1))


@case(MODEL)
def weight_of_unknown_type():
    return with_weight(lambda w: setattr(w, "data_type", 999))


@case(UNSUPPORTED)
def weight_of_complex_numbers():
    return with_weight(lambda w: setattr(w, "data_type", TensorProto.COMPLEX64))


@case(MODEL)
def raw_data_beside_float_data():
    return with_weight(lambda w: w.float_data.extend([0] * 4))


@case(MODEL)
def int32_data_beside_float_data():
    def edit(w):
        w.ClearField("raw_data")
        w.float_data.extend([0] * 4)
        w.int32_data.append(1)
    return with_weight(edit)


@case(MODEL)
def raw_data_beside_external_data():
    def edit(w):
        w.data_location = TensorProto.EXTERNAL
        w.external_data.add(key="location", value="model.onnx")
    return with_weight(edit)


def external(**entries):
    def edit(w):
        w.ClearField("raw_data")
        w.data_location = TensorProto.EXTERNAL
        for key, text in entries.items():
            w.external_data.add(key=key, value=text)
    return with_weight(edit)


@case(MODEL)
def external_data_above_the_folder():
    return external(location="../../../../etc/passwd")


@case(MODEL)
def external_data_by_absolute_path():
    return external(location="/etc/passwd")


@case(ENVIRONMENT)
def external_data_that_is_not_there():
    return external(location="weights.bin")


@case(MODEL)
def external_data_beyond_its_file():
    return external(location="model.onnx", offset="1000000")


@case(MODEL)
def external_data_with_a_word_as_offset():
    return external(location="model.onnx", offset="many")


# ---------------------------------------------------------------------------------------------------------- attributes

@case(MODEL)
def pads_as_text():
    return conv(pads="SAME")


@case(MODEL)
def pads_of_wrong_length():
    return conv(pads=[1, 1, 1])


@case(MODEL)
def stride_zero():
    return conv(strides=[0, 1])


@case(MODEL)
def stride_of_2_to_the_62():
    return conv(strides=[1 << 62, 1])


@case(MODEL)
def dilation_negative():
    return conv(dilations=[-1, 1])


@case(MODEL)
def group_that_does_not_divide():
    return conv(group=3)


@case(MODEL)
def kernel_shape_unlike_the_weights():
    return conv(kernel_shape=[5, 5])


@case(MODEL)
def bias_of_wrong_size():
    m = conv()
    m.graph.node[0].input.append("b")
    m.graph.initializer.append(constant("b", np.zeros(7, np.float32)))
    return m


@case(MODEL)
def pads_of_2_to_the_40():
    return conv(pads=[0, 1 << 40, 0, 0])


@case(MODEL)
def addend_that_does_not_broadcast():
    weights = [constant("w", np.zeros((8, 5), np.float32)), constant("c", np.zeros((5, 5), np.float32))]
    return model([helper.make_node("Gemm", ["x", "w", "c"], ["y"], "gemm")], inputs=[value("x", [2, 8])], weights=weights)


@case(MODEL)
def auto_pad_unknown():
    return conv(auto_pad="SAME_SIDEWAYS")


@case(MODEL)
def attribute_unknown():
    return conv(colour=3)


@case(MODEL)
def attribute_without_type():
    m = conv(group=1)
    m.graph.node[0].attribute[0].type = onnx.AttributeProto.UNDEFINED
    return m


@case(MODEL)
def attribute_of_two_kinds():
    m = conv(group=1)
    m.graph.node[0].attribute[0].floats.append(1)
    return m


@case(MODEL)
def attribute_of_another_kind():
    m = conv(group=1)
    m.graph.node[0].attribute[0].ClearField("i")
    m.graph.node[0].attribute[0].f = 1
    return m


@case(MODEL)
def constant_of_two_kinds():
    m = model([helper.make_node("Constant", [], ["y"], "c", value_int=3)], inputs=[])
    m.graph.node[0].attribute[0].s = b"three"
    return m


@case(MODEL)
def attribute_twice():
    m = conv(group=1)
    m.graph.node[0].attribute.append(helper.make_attribute("group", 2))
    return m


@case(MODEL)
def shapes_that_do_not_broadcast():
    return model([helper.make_node("Add", ["x", "w"], ["y"], "add")], weights=[constant("w", np.zeros(3, np.float32))])


@case(MODEL)
def reshape_to_another_size():
    return model([helper.make_node("Reshape", ["x", "s"], ["y"], "reshape")], weights=[constant("s", np.array([7, 5]))])


@case(MODEL)
def reshape_with_two_unknown_sizes():
    return model([helper.make_node("Reshape", ["x", "s"], ["y"], "reshape")], weights=[constant("s", np.array([-1, 4, -1]))])


@case(MODEL)
def reshape_to_rows_that_do_not_divide():
    return model([helper.make_node("Reshape", ["x", "s"], ["y"], "reshape")], weights=[constant("s", np.array([-1, 7]))])


@case(MODEL)
def split_into_another_number():
    return model([helper.make_node("Split", ["x", "s"], ["y", "z"], "split", axis=1)],
                 weights=[constant("s", np.array([1, 1, 2]))])


@case(MODEL)
def range_of_no_step():
    weights = [constant(n, np.array(v, np.int64)) for n, v in (("from", 0), ("to", 9), ("delta", 0))]
    return model([helper.make_node("Range", ["from", "to", "delta"], ["y"], "range")], inputs=[], weights=weights)


@case(MODEL)
def scatter_of_other_shapes():
    weights = [constant("i", np.zeros((1, 2), np.int64)), constant("u", np.zeros((1, 3), np.float32))]
    return model([helper.make_node("ScatterElements", ["x", "i", "u"], ["y"], "scatter")], inputs=[value("x", [4, 4])],
                 weights=weights)


@case(MODEL)
def resize_by_nothing():
    return model([helper.make_node("Resize", ["x", "", "s"], ["y"], "resize")],
                 weights=[constant("s", np.array([1, 1, 0, 2], np.float32))])


@case(MODEL)
def transpose_with_an_axis_twice():
    return model([helper.make_node("Transpose", ["x"], ["y"], "t", perm=[0, 1, 1, 3])])


@case(MODEL)
def bits_of_another_width():
    return of_zeros("BitCast", [[2, 3]], 26, to=TensorProto.INT64)


@case(MODEL)
def gates_that_would_broadcast():
    return of_zeros("SwiGLU", [[2, 3], [1, 3]], 28)


@case(MODEL)
def classes_of_another_shape():
    return of_zeros("SoftmaxCrossEntropyLoss", [[2, 5, 3], np.zeros((2, 4), np.int64)], 13)


@case(MODEL)
def determinant_of_a_rectangle():
    return of_zeros("Det", [[7, 2, 3]], 22)


@case(MODEL)
def window_of_negative_size():
    return of_zeros("HannWindow", [np.array(-5)], 17)


@case(MODEL)
def blocks_that_do_not_fill_the_image():
    return of_zeros("Col2Im", [[1, 4, 5], np.array([3, 3]), np.array([2, 2])], 18)


@case(MODEL)
def cache_updated_along_the_batch():
    return of_zeros("TensorScatter", [[2, 8, 4], [2, 1, 4]], 24, axis=0)


@case(MODEL)
def heads_that_do_not_divide():
    return of_zeros("RotaryEmbedding", [[1, 6, 10], [1, 6, 2], [1, 6, 2]], 23, num_heads=3)


@case(MODEL)
def attention_window_below_minus_one():
    return of_zeros("Attention", [[1, 1, 2, 4]] * 3, 25, left_window_size=-2)


@case(MODEL)
def attention_to_keys_of_another_size():
    return of_zeros("Attention", [[1, 1, 2, 4], [1, 1, 2, 3], [1, 1, 2, 4]], 24)


@case(UNSUPPORTED)
def range_stashed_in_halves():
    return of_zeros("Range", [np.float16(0), np.float16(9), np.float16(1)], 27, stash_type=10)


@case(MODEL)
def concat_axis_out_of_range():
    return model([helper.make_node("Concat", ["x", "x"], ["y"], "c", axis=9)])


@case(MODEL)
def types_that_do_not_match():
    return model([helper.make_node("Add", ["x", "w"], ["y"], "add")], weights=[constant("w", np.zeros(8, np.int64))])


@case(MODEL)
def product_of_wrong_sizes():
    return model([helper.make_node("MatMul", ["x", "w"], ["y"], "m")], weights=[constant("w", np.zeros((5, 5), np.float32))])


@case(USAGE)
def symbolic_dimension_not_given():
    return model([helper.make_node("Relu", ["x"], ["y"], "relu")], inputs=[value("x", ["N", 4])])


# -------------------------------------------------------------------------------------------- command lines, environment

@case(USAGE, "--frobnicate")
def unknown_option():
    return relu()


@case(USAGE, "--target=pdp11")
def unknown_target():
    return relu()


@case(USAGE, "--dim", "N=many")
def dimension_that_is_no_number():
    return relu()


@case(USAGE, "--dim", "N=9..1")
def dimension_range_reversed():
    return relu()


@case(USAGE, "--name=1 2")
def name_that_is_no_identifier():
    return relu()


@case(LIMIT, "--ram-limit=16")
def ram_limit_exceeded():
    return model([helper.make_node("Relu", ["x"], ["a"], "relu"), helper.make_node("Softmax", ["a"], ["b"], "softmax"),
                  helper.make_node("ReduceSum", ["b"], ["y"], "sum")])


@case(ENVIRONMENT)
def model_that_is_not_there():
    return None


# ----------------------------------------------------------------------------------------------------------------- running

def read_messages():
    with open(MESSAGES, encoding="utf-8") as f:
        return dict(line.rstrip("\n").split(": ", 1) for line in f if ": " in line and not line.startswith("#"))


def run_case(name, folder):
    """(what is wrong or None, the message)."""
    status, make, options = CASES[name]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path, output, header = (os.path.join(folder, n) for n in ("model.onnx", "out.c", "out.h"))
    content = make()
    if content is not None:
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.SerializeToString())
    for old in (output, header):
        with open(old, "w", encoding="utf-8") as f:
            f.write("old\n")
    before = sorted(os.listdir(folder))
    code, text = execute([generated.NNC, path, "-o", output, *(options if any("--target" in o for o in options)
                                                               else ("--target=generic", *options))], 30)
    lines = [line for line in text.replace(path, "{model}").replace(folder, "{folder}").splitlines() if line.strip()]
    begin = re.match(r"((?:\{model\}|nnc): )error: ", lines[0]) if lines else None
    message = (begin[1].replace("nnc: ", "") + lines[0][begin.end():] if begin else lines[0]) if lines else ""
    if "Sanitizer" in text or "runtime error" in text:
        return "sanitizer: " + next(line for line in lines if "anitizer" in line or "runtime error" in line), message
    if code != status:
        return f"status {code}, expected {status}: {message[:200]}", message
    if len(lines) != 1:
        return f"{len(lines)} lines instead of one: {lines[:3]}", message
    if not begin:
        return f"neither \"FILE: error: \" nor \"nnc: error: \" begins it: {message}", message
    if any(ord(c) < 32 or ord(c) == 127 for c in message):
        return f"control characters in the message: {message!r}", message
    if sorted(os.listdir(folder)) != before:
        return f"left behind: {sorted(set(os.listdir(folder)) - set(before))}", message
    for old in (output, header):
        with open(old, encoding="utf-8", errors="replace") as f:
            if f.read() != "old\n":
                return f"{os.path.basename(old)} was overwritten", message
    return None, message


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    report, messages = Report(), read_messages()
    for name in a.names or CASES:
        wrong, message = run_case(name, os.path.join(generated.work_folder(), "errors", name))
        if not wrong and name not in messages:
            wrong = f"messages.txt has no message for it; seen: {message}"
        elif not wrong and messages[name] != message:
            wrong = f"message: {message}; expected: {messages[name]}"
        if wrong:
            report.failed(name, wrong)
        else:
            report.ok(name)
    report.exit()


if __name__ == "__main__":
    main()
