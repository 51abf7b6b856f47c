"""Cases in the form of ONNX's node tests for what those leave out; expected values by numpy from the standard's text.

A function returns (nodes, inputs, outputs, opset): nodes of helper.make_node, dictionaries from name to array in the
model's order; constants are inputs whose name begins with "const". Lists of arrays are as many calls of one model, whose
outputs may differ in size; REFUSED in place of all outputs' arrays of a call says that it returns 2. It may end with a further dictionary of options of the model: its `domains`; `options` of nnc; inputs that those make constants, `fixed`.
"""
import ml_dtypes
import numpy as np
from onnx import helper, numpy_helper
from onnx.backend.test.case.test_case import TestCase

import classic_cases

CASES = dict(classic_cases.CASES)
REFUSED = "refused"
OPTIONS = {}  # by name of a case: options of nnc, and inputs that are none of the program's with them


def own(function):
    CASES["own_" + function.__name__] = function
    return function


def calls(values):
    """One list of arrays for each call."""
    n = max((len(v) for v in values.values() if isinstance(v, list)), default=1)
    made = [[v[k] if isinstance(v, list) else v for v in values.values()] for k in range(n)]
    return [REFUSED if any(isinstance(v, str) for v in call) else call for call in made]


def info(name, arrays):
    """Its type; sizes that differ from call to call have no number."""
    arrays = [a for a in arrays if not isinstance(a, str)] if isinstance(arrays, list) else [arrays]
    sizes = [s.pop() if len(s) == 1 else None for s in map(set, zip(*(a.shape for a in arrays)))]
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(arrays[0].dtype), sizes)


def own_cases():
    for name, function in CASES.items():
        nodes, inputs, outputs, opset, *more = function()
        held = {k: v for k, v in inputs.items() if k.startswith("const")}
        given = {k: v for k, v in inputs.items() if k not in held}
        graph = helper.make_graph(nodes, name, [info(*i) for i in given.items()], [info(*o) for o in outputs.items()],
                                  [numpy_helper.from_array(v, k) for k, v in held.items()])
        domains = {"": opset} | (more[0].get("domains", {}) if more else {})
        OPTIONS[name] = (more[0].get("options", []), more[0].get("fixed", [])) if more else ([], [])
        made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid(*d) for d in domains.items()])
        yield TestCase(name=name, model_name=name, url=None, model_dir=None, model=made, kind="node", rtol=1e-5,
                       atol=1e-6, data_sets=list(zip(calls(given), calls(outputs))))


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


# ------------------------------------------------------------------------------------------------- sizes that are found

def masks(*shape):
    """From nothing set to everything."""
    return [np.random.default_rng(k).random(shape) < k / 4 for k in range(5)]


@own
def found_rows_used():
    """What detectors do with a mask: rows taken, scaled, joined, summed, and their number."""
    x, mask = floats(6, 3), masks(6)
    rows = [x[m] for m in mask]
    return ([helper.make_node("NonZero", ["mask"], ["at"]),
             helper.make_node("Squeeze", ["at", "const_0"], ["place"]),
             helper.make_node("Gather", ["x", "place"], ["rows"]),
             helper.make_node("Mul", ["rows", "const_two"], ["twice"]),
             helper.make_node("Concat", ["twice", "rows"], ["y"], axis=1),
             helper.make_node("ReduceSum", ["rows", "const_0"], ["sum"], keepdims=0),
             helper.make_node("Shape", ["rows"], ["shape"])],
            {"x": [x] * 5, "mask": mask, "const_0": np.array([0]), "const_two": np.float32(2)},
            {"y": [np.concatenate([2 * r, r], 1) for r in rows], "sum": [r.sum(0) for r in rows],
             "shape": [np.array(r.shape) for r in rows]}, 13)


@own
def found_two_sizes():
    """Two sizes in one tensor, which is reshaped to their product."""
    x, mask, other = floats(5, 4), masks(5), masks(4)[::-1]
    parts = [x[m][:, o] for m, o in zip(mask, other)]
    return ([helper.make_node("Compress", ["x", "mask"], ["rows"], axis=0),
             helper.make_node("Compress", ["rows", "other"], ["part"], axis=1),
             helper.make_node("Reshape", ["part", "const_flat"], ["flat"]),
             helper.make_node("MatMul", ["rows", "const_w"], ["product"])],
            {"x": [x] * 5, "mask": mask, "other": other, "const_flat": np.array([-1]), "const_w": floats(4, 7, seed=3)},
            {"flat": [p.reshape(-1) for p in parts], "part": parts,
             "product": [x[m] @ floats(4, 7, seed=3) for m in mask]}, 13)


@own
def found_condition_shorter_and_longer():
    x, shorter, longer = floats(3, 4), np.array([True, False, True]), np.array([True] * 14)
    return ([helper.make_node("Compress", ["x", "shorter"], ["y"]), helper.make_node("Compress", ["x", "longer"], ["z"])],
            {"x": x, "shorter": shorter, "longer": longer}, {"y": x.reshape(-1)[[0, 2]], "z": x.reshape(-1)}, 11)


@own
def found_non_zero_of_types():
    x = [np.array(v).reshape(2, 3) for v in ([0., -0., 1, np.nan, 0, -2], [0] * 6, [1] * 6)]
    x = [v.astype(np.float16) for v in x]
    return ([helper.make_node("NonZero", ["x"], ["y"])], {"x": x}, {"y": [np.array(np.nonzero(v)) for v in x]}, 13)


@own
def found_unique_rows_and_turns():
    """Distinct rows and values in either order; as many turns of a loop as there are."""
    x = [np.random.default_rng(k).integers(0, 2, (6, 2)).astype(np.int64) for k in range(4)]
    wanted = [np.unique(v, axis=0, return_index=True, return_inverse=True, return_counts=True) for v in x]
    values = [np.array(list(dict.fromkeys(v.reshape(-1).tolist()))) for v in x]
    turn = helper.make_graph(
        [helper.make_node("Add", ["v", "i"], ["w"]), helper.make_node("Identity", ["go"], ["on"])], "turn",
        [helper.make_tensor_value_info("i", 7, []), helper.make_tensor_value_info("go", 9, []),
         helper.make_tensor_value_info("v", 7, [])],
        [helper.make_tensor_value_info("on", 9, []), helper.make_tensor_value_info("w", 7, []),
         helper.make_tensor_value_info("w", 7, [])])
    return ([helper.make_node("Unique", ["x"], ["y", "first", "number", "times"], axis=0),
             helper.make_node("Unique", ["x"], ["values"], sorted=0),
             helper.make_node("Size", ["first"], ["n"]),
             helper.make_node("Loop", ["n", "", "const_v"], ["v", "sums"], body=turn)],
            {"x": x, "const_v": np.array(3)},
            {"y": [w[0] for w in wanted], "first": [w[1] for w in wanted], "number": [w[2].reshape(-1) for w in wanted],
             "times": [w[3] for w in wanted], "values": values,
             "v": [np.array(3 + sum(range(len(w[1])))) for w in wanted],
             "sums": [3 + np.cumsum(range(len(w[1]))) for w in wanted]}, 13)


@own
def found_boxes_limits_at_run_time():
    """Detectors hand on the rows that stay; limits of size 0 and beyond."""
    rng = np.random.default_rng(5)
    boxes = np.round(rng.random((1, 8, 2)) * 8).astype(np.float32)
    boxes = np.concatenate([boxes, boxes + 4], 2)
    scores = rng.permutation(16).reshape(1, 2, 8).astype(np.float32)
    most, limit, above = [np.array([k]) for k in (0, 1, 3, 99)], np.float32(.3), np.float32(4)

    def overlap(a, b):
        sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        both = sides.prod() if (sides > 0).all() else 0
        return both / (32 - both)

    def kept(m):
        for c in range(2):
            stay = []
            for b in np.argsort(-scores[0, c]):
                if scores[0, c, b] > above and len(stay) < m and all(overlap(boxes[0, b], boxes[0, s]) <= limit
                                                                     for s in stay):
                    stay.append(b)
            yield from ((0, c, b) for b in stay)

    rows = [np.array(list(kept(int(m[0]))), np.int64).reshape(-1, 3) for m in most]
    return ([helper.make_node("NonMaxSuppression", ["boxes", "scores", "most", "limit", "above"], ["rows"]),
             helper.make_node("Gather", ["rows", "const_2"], ["b"], axis=1),
             helper.make_node("Squeeze", ["boxes", "const_0"], ["all"]), helper.make_node("Gather", ["all", "b"], ["y"])],
            {"boxes": [boxes] * 4, "scores": [scores] * 4, "most": most, "limit": [limit] * 4, "above": [above] * 4,
             "const_2": np.array(2), "const_0": np.array([0])},
            {"rows": rows, "y": [boxes[0][r[:, 2]] for r in rows]}, 13)


# --------------------------------------------------------------------------------------------- types of 8 bits and less

FLOATS = {"float8_e4m3fn": 17, "float8_e4m3fnuz": 18, "float8_e5m2": 19, "float8_e5m2fnuz": 20, "float4_e2m1fn": 23}
INTEGERS = {"uint4": 21, "int4": 22, "uint2": 25, "int2": 26}


@own
def narrow_from_float():
    """Numbers of all sizes, and those halfway between two others."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.integers(0, 1 << 32, 4000, np.uint32).view(np.float32),
                        (rng.integers(0, 1 << 12, 4000, np.uint32) << 20).view(np.float32),
                        np.exp2(rng.uniform(-20, 17, 4000)).astype(np.float32), np.arange(-9, 9, 0.125, np.float32)])
    nodes = [helper.make_node("Cast", ["x"], [name], to=to, saturate=0) for name, to in FLOATS.items()]
    with np.errstate(all="ignore"):
        return nodes, {"x": x}, {name: x.astype(getattr(ml_dtypes, name)) for name in FLOATS}, 25


@own
def narrow_to_float():
    """Every code, moved about before it is a number."""
    codes = {name: np.arange(16 if "4_" in name else 256, dtype=np.uint8).view(getattr(ml_dtypes, name))
             for name in [*FLOATS, "float8_e8m0fnu"]}
    nodes = []
    for name in codes:
        nodes += [helper.make_node("Reshape", [name, "const_shape"], [name + "r"]),
                  helper.make_node("Transpose", [name + "r"], [name + "t"]),
                  helper.make_node("Concat", [name + "t", name + "t"], [name + "c"], axis=0),
                  helper.make_node("Cast", [name + "c"], [name + "y"], to=1)]
    return (nodes, codes | {"const_shape": np.array([-1, 4])},
            {name + "y": np.concatenate(2 * [v.reshape(-1, 4).T]).astype(np.float32) for name, v in codes.items()}, 25)


@own
def narrow_integers():
    x = np.arange(-40, 40, dtype=np.int32)
    nodes = [helper.make_node("Cast", ["x"], [name], to=to) for name, to in INTEGERS.items()]
    nodes += [helper.make_node("Cast", [name], [name + "_y"], to=7) for name in INTEGERS]
    made = {name: x.astype(getattr(ml_dtypes, name)) for name in INTEGERS}
    return nodes, {"x": x}, made | {name + "_y": v.astype(np.int64) for name, v in made.items()}, 25


# ------------------------------------------------------------------------------------ axes, sizes and counts that are data

@own
def data_axes():
    """Every pair of axes with one and the same shape of the result, from the end and twisted; others are refused."""
    x = floats(3, 3, 3, 2)
    axes = [np.array(v) for v in ([0, 1], [-3, -4], [2, 0], [-2, 1], [3, 0], [1, 1], [0, 4])]
    return ([helper.make_node("ReduceSum", ["x", "axes"], ["y"], keepdims=0)], {"x": [x] * 7, "axes": axes},
            {"y": [x.sum(tuple(a)) for a in axes[:4]] + [REFUSED] * 3}, 13)


@own
def data_axis_of_norm():
    """The shape is said of the root's result alone."""
    x = np.abs(floats(2, 3, 4))
    axes = [np.array([v]) for v in (1, -2, 0, 9)]
    return ([helper.make_node("ReduceSumSquare", ["x", "axes"], ["s"]), helper.make_node("Sqrt", ["s"], ["y"])],
            {"x": [x] * 4, "axes": axes},
            {"y": [np.sqrt((x * x).sum(1, keepdims=True))] * 2 + [REFUSED] * 2}, 18)


@own
def data_running_sum():
    x, axis = floats(3, 4), [np.array(v) for v in (0, 1, -1, -2, 2, -3)]
    return ([helper.make_node("CumSum", ["x", "axis"], ["y"])], {"x": [x] * 6, "axis": axis},
            {"y": [x.cumsum(int(a)) for a in axis[:4]] + [REFUSED] * 2}, 14)


@own
def data_shapes():
    x = floats(2, 6)
    shape = [np.array(v) for v in ([3, 4], [-1, 4], [3, -1], [4, 3], [0, 4])]
    return ([helper.make_node("Reshape", ["x", "shape"], ["y"]),
             helper.make_node("Expand", ["y", "wide"], ["z"]), helper.make_node("Tile", ["x", "times"], ["t"])],
            {"x": [x] * 5, "shape": shape, "wide": [np.array(v) for v in ([2, 1, 4], [2, 3, 1], [2, 3, 4], [2, 3, 4],
                                                                           [2, 3, 4])],
             "times": [np.array([1, 2])] * 5},
            {"y": [x.reshape(3, 4)] * 3 + [REFUSED] * 2, "z": [np.stack([x.reshape(3, 4)] * 2)] * 3 + [REFUSED] * 2,
             "t": [np.tile(x, (1, 2))] * 3 + [REFUSED] * 2}, 13)


@own
def data_count_of_greatest():
    """Nobody says how many: any number up to the axis."""
    x, k = floats(2, 5), [np.array([v]) for v in (0, 1, 3, 5, 6, -1)]
    order = [np.argsort(-x, 1, kind="stable")[:, :int(v[0])] for v in k[:4]]
    return ([helper.make_node("TopK", ["x", "k"], ["v", "i"]), helper.make_node("ReduceSum", ["v", "const_1"], ["s"])],
            {"x": [x] * 6, "k": k, "const_1": np.array([1])},
            {"v": [np.take_along_axis(x, o, 1) for o in order] + [REFUSED] * 2, "i": order + [REFUSED] * 2,
             "s": [np.take_along_axis(x, o, 1).sum(1, keepdims=True) for o in order] + [REFUSED] * 2}, 13)


@own
def data_slices():
    x = floats(6, 3)
    pairs = [(0, 6), (2, 4), (-3, 99), (4, 2), (-99, -1), (1 << 62, 1 << 62), (-(1 << 62), 3)]
    return ([helper.make_node("Slice", ["x", "from", "to"], ["y"]),
             helper.make_node("Concat", ["y", "x"], ["z"], axis=0)],
            {"x": [x] * 7, "from": [np.array([p[0]]) for p in pairs], "to": [np.array([p[1]]) for p in pairs]},
            {"y": [x[p[0]:p[1]] for p in pairs], "z": [np.concatenate([x[p[0]:p[1]], x]) for p in pairs]}, 13)


@own
def data_sizes():
    x = floats(1, 1, 2, 2)
    sizes = [np.array([1, 1, 4, 6]), np.array([1, 1, 4, 5])]
    return ([helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="nearest", nearest_mode="floor",
                              coordinate_transformation_mode="asymmetric"),
             helper.make_node("Split", ["x", "lengths"], ["a", "b"], axis=3)],
            {"x": [x] * 2, "sizes": sizes, "lengths": [np.array([1, 1])] * 2},
            {"y": [x.repeat(2, 2).repeat(3, 3), REFUSED], "a": [x[..., :1], REFUSED], "b": [x[..., 1:], REFUSED]}, 13)


@own
def data_scales():
    """Scales that make other sizes, or are no numbers, are refused; one of a range that makes the same is another."""
    x = floats(1, 1, 4, 4)
    scales = [np.float32([1, 1, a, b]) for a, b in ((2, 1.5), (2.2, 1.5), (2.25, 1.5), (2, 1.25), (np.nan, 1.5), (-2, 1))]
    nearest = [x[:, :, [min(int(k / a), 3) for k in range(8)]][..., [int(k / 1.5) for k in range(6)]] for a in (2, 2.2)]
    return ([helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="nearest", nearest_mode="floor",
                              coordinate_transformation_mode="asymmetric")],
            {"x": [x] * 6, "scales": scales}, {"y": nearest + [REFUSED] * 4}, 13)


@own
def data_slices_by_axes_and_steps():
    x = floats(6, 5)
    rows = [([1], [5], [0], [2]), ([4], [-99], [-1], [-3]), ([-1], [0], [1], [-1]), ([0], [9], [0], [99]),
            ([0], [9], [0], [0]), ([0], [9], [2], [1])]
    lists = {name: [np.array(r[k]) for r in rows] for k, name in enumerate(["from", "to", "axes", "steps"])}

    def taken(start, end, axis, step):
        at = [slice(None)] * 2
        at[axis[0]] = slice(start[0], end[0] if end[0] > -99 else None, step[0])
        return x[tuple(at)]

    return ([helper.make_node("Slice", ["x", *lists], ["y"])], {"x": [x] * 6} | lists,
            {"y": [taken(*r) for r in rows[:4]] + [REFUSED] * 2}, 13)


@own
def data_pads():
    """The sums are those that the sizes of the result say, or the run is refused."""
    x, mode = floats(3, 4), "reflect"
    pads = [np.array(v) for v in ([1, 0, 1, 2], [2, 2, 0, 0], [0, 3, 2, -1], [3, 0, 1, 2], [5, 0, -4, 2])]
    def padded(p):
        whole = np.pad(x, [(max(p[k], 0), max(p[k + 2], 0)) for k in range(2)], mode)
        return whole[:, :whole.shape[1] + min(p[3], 0)]
    return ([helper.make_node("Pad", ["x", "pads"], ["y"], mode=mode)], {"x": [x] * 5, "pads": pads},
            {"y": [padded(p) for p in pads[:3]] + [REFUSED] * 2}, 19)


@own
def data_ranges():
    numbers = [(0, 6, 2), (5, -1, -2), (1, 3, 1), (0, 6, 0), (0, 2 ** 60, 2 ** 60 // 3)]
    inputs = {name: [np.array(v[k]) for v in numbers] for k, name in enumerate(["start", "limit", "step"])}
    return ([helper.make_node("Range", [*inputs], ["r"]), helper.make_node("Add", ["r", "const_1"], ["y"])],
            inputs | {"const_1": np.array(1)},
            {"y": [np.arange(*v) + 1 for v in numbers[:2]] + [REFUSED] * 3}, 13)


@own
def data_bounded():
    """--dim bounds numbers that nothing in the model does."""
    x, shape = floats(4, 1), [np.array(v) for v in ([4, 3], [1, 5], [4, 0], [4, 9], [-1, 3])]
    made = [np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(v))) * 2 for v in shape[:3]]
    return ([helper.make_node("Expand", ["x", "shape"], ["y"]), helper.make_node("Add", ["y", "y"], ["z"])],
            {"x": [x] * 5, "shape": shape}, {"z": made + [REFUSED] * 2}, 13,
            {"options": ["--dim", "shape[]=0..8", "--dim", "shape[0]=1..4"]})


@own
def data_fixed():
    """--fix makes constants of inputs, of what type they are."""
    x, k = floats(2, 3), np.array([1, 0])
    return ([helper.make_node("Gather", ["x", "k"], ["g"], axis=0), helper.make_node("Mul", ["g", "by"], ["h"]),
             helper.make_node("Where", ["flag", "h", "x"], ["y"])],
            {"x": x, "k": k, "by": np.float32([.5, -2, 1e3]), "flag": np.array(True)},
            {"y": x[k] * np.float32([.5, -2, 1e3])}, 13,
            {"options": ["--fix", "k=1,0", "--fix", "by=0.5,-2,1e3", "--fix", "flag=1"], "fixed": ["k", "by", "flag"]})


# ---------------------------------------------------------------------------------------------- sequences and optionals

@own
def sequence_grown_in_a_loop():
    """Scan outputs beside a sequence that each turn adds to; erased, joined, counted."""
    x = floats(3, 4)
    turn = helper.make_graph(
        [helper.make_node("Gather", ["x", "i"], ["row"]), helper.make_node("Mul", ["v", "row"], ["w"]),
         helper.make_node("SequenceInsert", ["s", "row", "const_front"], ["t"]),
         helper.make_node("Identity", ["go"], ["on"])], "turn",
        [helper.make_tensor_value_info("i", 7, []), helper.make_tensor_value_info("go", 9, []),
         helper.make_tensor_sequence_value_info("s", 1, None), helper.make_tensor_value_info("v", 1, [4])],
        [helper.make_tensor_value_info("on", 9, []), helper.make_tensor_sequence_value_info("t", 1, None),
         helper.make_tensor_value_info("w", 1, [4]), helper.make_tensor_value_info("w", 1, [4])])
    return ([helper.make_node("SequenceEmpty", [], ["none"]),
             helper.make_node("Loop", ["const_turns", "", "none", "const_ones"], ["s", "v", "vs"], body=turn),
             helper.make_node("ConcatFromSequence", ["s"], ["y"], axis=0, new_axis=1),
             helper.make_node("SequenceErase", ["s", "const_last"], ["short"]),
             helper.make_node("ConcatFromSequence", ["short"], ["z"], axis=-1),
             helper.make_node("SequenceLength", ["short"], ["n"])],
            {"x": x, "const_turns": np.array(3), "const_ones": np.ones(4, np.float32), "const_front": np.array(0),
             "const_last": np.array(-1)},
            {"v": x.prod(0), "vs": x.cumprod(0), "y": x[::-1], "z": np.concatenate([x[2], x[1]]), "n": np.array(2)}, 13)


@own
def sequence_of_either_branch():
    x, condition = floats(2, 3), [np.array(True), np.array(False)]

    def branch(first, second):
        return helper.make_graph([helper.make_node(first, ["x"], ["a"]), helper.make_node(second, ["x"], ["b"]),
                                  helper.make_node("SequenceConstruct", ["a", "b"], ["s"])], first, [],
                                 [helper.make_tensor_sequence_value_info("s", 1, None)])

    return ([helper.make_node("If", ["c"], ["s"], then_branch=branch("Abs", "Neg"), else_branch=branch("Neg", "Relu")),
             helper.make_node("SequenceAt", ["s", "const_1"], ["y"]),
             helper.make_node("SequenceAt", ["s", "const_0"], ["z"])],
            {"x": [x] * 2, "c": condition, "const_0": np.array(0), "const_1": np.array(-1)},
            {"y": [-x, np.maximum(x, 0)], "z": [np.abs(x), -x]}, 13)


# --------------------------------------------------------------------------------------------------------------- strings

@own
def strings_of_all_lengths():
    """Up to the last byte of the room that there is; words that are longer than that; other bytes than ASCII."""
    a = [np.array(v, object) for v in (["", "abcdefg", "Hello", "x"], ["", "bcdefgh", "hello", "\u00e9"])]
    b = [np.array(v, object) for v in ([["abcdefg"], ["hello"]], [[""], ["HELLO"]])]
    return ([helper.make_node("Equal", ["a", "b"], ["same"]), helper.make_node("StringConcat", ["a", "b"], ["joined"])],
            {"a": a, "b": b}, {"same": [x == y for x, y in zip(a, b)], "joined": [x + y for x, y in zip(a, b)]}, 20)


@own
def strings_normalised():
    words = [np.array(v, object) for v in (["Mo", "di", "DI", "mo"], ["mo"] * 4, ["a", "", "Z[", "@{"],
                                           ["a", "b", "c", "\u00e9"])]
    kept = [["DI"], [""], ["A", "", "Z[", "@{"], REFUSED]
    return ([helper.make_node("StringNormalizer", ["x"], ["y"], case_change_action="UPPER", is_case_sensitive=1,
                              stopwords=["mo", "Mo", "di", "toolongforthis"])], {"x": words},
            {"y": [k if k == REFUSED else np.array(k, object) for k in kept]}, 13)


# -------------------------------------------------------------------------------------------------------------- training

@own
def training_or_not():
    """Which is data: the drawn elements of 700 are twice as many numbers as the generator keeps, or all of them."""
    x, train, ratio = floats(7, 100), [np.array(True), np.array(False)], np.float32(.25)
    stays = np.random.RandomState(7).uniform(size=x.shape) >= ratio
    return ([helper.make_node("Dropout", ["x", "ratio", "train"], ["y", "mask"], seed=7)],
            {"x": [x] * 2, "ratio": [ratio] * 2, "train": train},
            {"y": [np.where(stays, x / np.float32(.75), 0).astype(np.float32), x],
             "mask": [stays, np.ones_like(stays)]}, 13)
