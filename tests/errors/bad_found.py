"""Cases of bad_models.py with operators whose results have as many elements as the program finds."""
import numpy as np
from onnx import TensorProto, helper

from refused import MODEL, UNSUPPORTED, USAGE, add, model, of_zeros, value

BOXES, SCORES, MOST = [1, 6, 4], [1, 2, 6], np.array([3])

CASES = {
    "compress-axis": (MODEL, "Compress", [[4, 3], ("?", [4])], 11, {"axis": 2}),
    "compress-of-a-scalar": (MODEL, "Compress", [[], ("?", [1])], 11, {"axis": 0}),
    "compress-by-a-matrix": (MODEL, "Compress", [[4, 3], ("?", [4, 3])], 11, {}),
    "compress-by-numbers": (UNSUPPORTED, "Compress", [[4], ("i8", [4])], 11, {}),
    "unique-axis": (MODEL, "Unique", [[4, 3]], 11, {"axis": -3}),
    "unique-order": (MODEL, "Unique", [[4, 3]], 11, {"sorted": 2}),
    "unique-of-a-scalar": (MODEL, "Unique", [[]], 11, {"axis": 0}),
    "boxes-of-five": (MODEL, "NonMaxSuppression", [[1, 6, 5], SCORES, MOST], 11, {}),
    "boxes-of-rank-2": (MODEL, "NonMaxSuppression", [[6, 4], SCORES, MOST], 11, {}),
    "boxes-without-scores": (MODEL, "NonMaxSuppression", [BOXES, [1, 2, 5], MOST], 11, {}),
    "boxes-of-other-images": (MODEL, "NonMaxSuppression", [BOXES, [2, 2, 6], MOST], 11, {}),
    "boxes-of-two-limits": (MODEL, "NonMaxSuppression", [BOXES, SCORES, np.array([3, 3])], 11, {}),
    "boxes-in-no-form": (MODEL, "NonMaxSuppression", [BOXES, SCORES, MOST], 11, {"center_point_box": 2}),
    "axes-of-an-unsaid-shape": (UNSUPPORTED, "ReduceSum", [[2, 3], ("i8", [1])], 13, {}),
    "more-axes-than-there-are": (UNSUPPORTED, "ReduceSum", [[2, 3], ("i8", [3])], 13, {}),
    "many-axes": (UNSUPPORTED, "Unsqueeze", [[2, 3], ("i8", [1 << 10])], 13, {}),
    "axis-of-a-scalar": (UNSUPPORTED, "CumSum", [[], ("i8", [])], 14, {}),
    "shape-unsaid": (UNSUPPORTED, "Reshape", [[4], ("i8", [2])], 13, {}),
    "lengths-unsaid": (UNSUPPORTED, "Split", [[4], ("i8", [2])], 13, {"outputs": 2}),
    "two-counts": (MODEL, "TopK", [[4], ("i8", [2])], 13, {"outputs": 2}),
    "count-along-no-axis": (MODEL, "TopK", [[4], ("i8", [1])], 13, {"outputs": 2, "axis": 1}),
    "slice-of-more-axes": (MODEL, "Slice", [[4], ("i8", [2]), ("i8", [2])], 13, {}),
}

for name, (status, op, inputs, opset, more) in CASES.items():
    add("found-" + name, status,
        lambda op=op, inputs=inputs, opset=opset, more=more: of_zeros(op, inputs, opset, **more))


def stacked():
    """Turns that stack as many columns as each finds."""
    body = helper.make_graph([helper.make_node("NonZero", ["row"], ["found"])], "body", [value("row", [4])],
                             [value("found", None, TensorProto.INT64)])
    return model([helper.make_node("Scan", ["x"], ["y"], "scan", body=body, num_scan_inputs=1)],
                 inputs=[value("x", [3, 4])])


add("found-stacked", UNSUPPORTED, stacked)
CASES["stacked"] = None


# --------------------------------------------------------------------------------------------------------------------- n-grams

def grams(**changes):
    return {"mode": "TF", "min_gram_length": 1, "max_gram_length": 2, "max_skip_count": 0, "ngram_counts": [0, 1],
            "ngram_indexes": [0, 1], "pool_int64s": [2, 2, 3]} | changes


GRAMS = {
    "counts-that-fall": (MODEL, grams(ngram_counts=[2, 1])),
    "counts-beyond": (MODEL, grams(ngram_counts=[0, 5])),
    "part-of-a-gram": (MODEL, grams(ngram_counts=[0, 2])),
    "fewer-indexes": (MODEL, grams(ngram_indexes=[0])),
    "index-twice": (MODEL, grams(ngram_indexes=[1, 1])),
    "index-below": (MODEL, grams(ngram_indexes=[0, -1])),
    "index-huge": (MODEL, grams(ngram_indexes=[0, 1 << 62])),
    "more-weights": (MODEL, grams(weights=[1., 2., 3.])),
    "many-skips": (UNSUPPORTED, grams(max_skip_count=1 << 19)),
    "lengths-that-fall": (UNSUPPORTED, grams(min_gram_length=3)),
    "of-strings": (UNSUPPORTED, {k: v for k, v in grams(pool_strings=["a"]).items() if k != "pool_int64s"}),
}

for name, (status, attributes) in GRAMS.items():
    add("grams-" + name, status,
        lambda attributes=attributes: of_zeros("TfIdfVectorizer", [("i8", [4])], 13, **attributes))


# --------------------------------------------------------------------------------------------------------- inputs made constant

FIXED = {
    "input-that-is-not-there": (USAGE, "z=1"),
    "too-few-numbers": (USAGE, "x1=1"),
    "numbers-of-another-type": (USAGE, "x1=1,0.5"),
    "number-beyond-its-type": (USAGE, "x1=1,9223372036854775808"),
    "position-beyond": (MODEL, "x1=1,4"),
    "no-number": (USAGE, "x1=1,"),
    "no-value": (USAGE, "x1="),
}

for name, (status, text) in FIXED.items():
    add("fixed-" + name, status, lambda: of_zeros("Gather", [[4], ("i8", [2])], 13), "--fix", text)
