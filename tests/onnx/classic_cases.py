"""Cases of ai.onnx.ml in the form of ONNX's node tests; expected values by onnxruntime, whose operators these were."""
import functools

import numpy as np
import onnx.reference
import onnxruntime
from onnx import helper

CASES = {}
ML = {"ai.onnx.ml": 3}


def by_onnxruntime(function, reference=False):
    """function returns (nodes, inputs, outputs as dictionaries of element types)."""
    @functools.wraps(function)
    def made():
        nodes, inputs, types = function()
        infos = [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
                 for k, v in inputs.items()]
        graph = helper.make_graph(nodes, "g", infos, [helper.make_tensor_value_info(k, t, None)
                                                      for k, t in types.items()])
        model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17),
                                                                      helper.make_opsetid("ai.onnx.ml", 3)])
        session = onnx.reference.ReferenceEvaluator(model) if reference else \
            onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return nodes, inputs, dict(zip(types, session.run(None, inputs))), 17, {"domains": ML}
    CASES["own_classic_" + function.__name__] = made
    return function


def rows(n=23, features=5, seed=0):
    x = np.random.default_rng(seed).integers(-8, 9, (n, features)).astype(np.float32) / 4
    return x


def ml(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, domain="ai.onnx.ml", **attributes)


# -------------------------------------------------------------------------------------------------------------------- trees

def forest(leaf, targets, trees=7, depth=4, features=5, modes=("LEQ",), missing=False, seed=1, weights=None):
    """Attributes of trees drawn at random, thresholds among the rows' numbers; `weights` draws a leaf's pairs."""
    rng = np.random.default_rng(seed)
    a = {f"nodes_{k}": [] for k in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids",
                                    "falsenodeids", "missing_value_tracks_true")}
    a |= {f"{leaf}_{k}": [] for k in ("treeids", "nodeids", "ids", "weights")}

    def add(tree, level, ids):
        me = ids[0]
        ids[0] += 1
        at = len(a["nodes_nodeids"])
        inner = level < depth and (level == 0 or rng.random() < .8)
        for k, v in (("treeids", tree), ("nodeids", me), ("featureids", int(rng.integers(features))),
                     ("values", float(rng.integers(-8, 9)) / 4), ("truenodeids", 0), ("falsenodeids", 0),
                     ("modes", "BRANCH_" + str(rng.choice(modes)) if inner else "LEAF"),
                     ("missing_value_tracks_true", int(missing and rng.random() < .5))):
            a[f"nodes_{k}"].append(v)
        if inner:
            a["nodes_truenodeids"][at] = add(tree, level + 1, ids)
            a["nodes_falsenodeids"][at] = add(tree, level + 1, ids)
        else:
            for target, weight in weights(rng) if weights else [(int(rng.integers(targets)), float(rng.normal()))]:
                for k, v in (("treeids", tree), ("nodeids", me), ("ids", target), ("weights", weight)):
                    a[f"{leaf}_{k}"].append(v)
        return me

    for tree in range(trees):
        add(tree, 0, [0])
    return a


@by_onnxruntime
def regressor():
    return ([ml("TreeEnsembleRegressor", ["x"], ["y"], n_targets=3, base_values=[1., -2., .5],
                **forest("target", 3))], {"x": rows()}, {"y": 1})


@by_onnxruntime
def regressor_of_all_modes():
    x = rows()
    x[::3, 1] = np.nan
    return ([ml("TreeEnsembleRegressor", ["x"], ["y"], n_targets=2, aggregate_function="AVERAGE",
                **forest("target", 2, modes=("LEQ", "LT", "GTE", "GT", "EQ", "NEQ"), missing=True))], {"x": x}, {"y": 1})


@by_onnxruntime
def regressor_of_doubles():
    """Thresholds that float32 does not tell from the rows' numbers."""
    a = forest("target", 2, modes=("LEQ", "LT", "GTE", "GT"))
    values = [v + 1e-12 * (i % 3 - 1) for i, v in enumerate(a.pop("nodes_values"))]
    weights = [float(v) for v in a.pop("target_weights")]
    return ([ml("TreeEnsembleRegressor", ["x"], ["y"], n_targets=2,
                nodes_values_as_tensor=helper.make_tensor("v", onnx.TensorProto.DOUBLE, [len(values)], values),
                target_weights_as_tensor=helper.make_tensor("w", onnx.TensorProto.DOUBLE, [len(weights)], weights), **a)],
            {"x": rows().astype(np.float64)}, {"y": 1})


@by_onnxruntime
def one_row():
    return ([ml("LinearClassifier", ["i"], ["l", "p"], classlabels_ints=[3, 1], coefficients=[1., 2., 3., -.5],
                intercepts=[1., 0.])],
            {"i": np.array([2, -1])}, {"l": 7, "p": 1})


@by_onnxruntime
def regressor_by_least_and_greatest():
    return ([ml("TreeEnsembleRegressor", ["x"], [how], n_targets=1, aggregate_function=how, **forest("target", 1))
             for how in ("MIN", "MAX")], {"x": rows()}, {"MIN": 1, "MAX": 1})


def votes(classes):
    def draw(rng):
        p = rng.random(classes)
        return [(k, float(p[k] / p.sum() / 7)) for k in range(classes)]
    return draw


@by_onnxruntime
def classifier_of_three():
    return ([ml("TreeEnsembleClassifier", ["x"], ["l", "p"], classlabels_int64s=[5, 9, -1],
                **forest("class", 3, weights=votes(3)))], {"x": rows()}, {"l": 7, "p": 1})


@by_onnxruntime
def classifier_by_softmax():
    return ([ml("TreeEnsembleClassifier", ["x"], ["l", "p"], classlabels_int64s=[0, 1, 2], post_transform="SOFTMAX",
                **forest("class", 3, weights=lambda rng: [(k, float(rng.normal())) for k in range(3)]))], {"x": rows()}, {"l": 7, "p": 1})


@by_onnxruntime
def classifier_by_softmax_zero_and_probit():
    part = dict(classlabels_int64s=[0, 1, 2], **forest("class", 3, weights=lambda rng: [(int(rng.integers(3)), .125)]))
    return ([ml("TreeEnsembleClassifier", ["x"], ["l", "p"], post_transform="SOFTMAX_ZERO", **part),
             ml("LinearRegressor", ["z"], ["q"], targets=2, coefficients=[.125, .25, .5, .125], post_transform="PROBIT")],
            {"x": rows(), "z": np.random.default_rng(5).uniform(.1, .8, (9, 2)).astype(np.float32)}, {"l": 7, "p": 1, "q": 1})


@by_onnxruntime
def classifier_of_one_score_and_base():
    return ([ml("TreeEnsembleClassifier", ["x"], ["l", "p"], classlabels_int64s=[0, 1], post_transform="LOGISTIC",
                base_values=[.25], **forest("class", 1))], {"x": rows()}, {"l": 7, "p": 1})


@by_onnxruntime
def classifier_of_one_score():
    return ([ml("TreeEnsembleClassifier", ["x"], ["l", "p"], classlabels_int64s=[0, 1], post_transform="LOGISTIC",
                **forest("class", 1))], {"x": rows()}, {"l": 7, "p": 1})


@by_onnxruntime
def classifier_of_one_part():
    return ([ml("TreeEnsembleClassifier", ["x"], ["l", "p"], classlabels_int64s=[7, 3],
                **forest("class", 1, weights=lambda rng: [(0, float(rng.random() / 7))]))], {"x": rows()},
            {"l": 7, "p": 1})


def by_reference(function):
    """By ONNX's own evaluator, where onnxruntime takes the second of two classes whenever it has a vote at all."""
    return by_onnxruntime(function, reference=True)


@by_reference
def classifier_of_two_votes():
    return ([ml("TreeEnsembleClassifier", ["x"], ["l", "p"], classlabels_int64s=[0, 1],
                **forest("class", 2, weights=votes(2)))], {"x": rows()}, {"l": 7, "p": 1})


# ------------------------------------------------------------------------------------------------------- everything beside

@by_onnxruntime
def linear():
    w = [float(v) for v in np.random.default_rng(2).normal(size=15)]
    return ([ml("LinearRegressor", ["x"], ["y"], targets=3, coefficients=w, intercepts=[1., 2., 3.]),
             ml("LinearClassifier", ["x"], ["l", "p"], classlabels_ints=[3, 1, 2], coefficients=w,
                intercepts=[1., 0., -1.], post_transform="SOFTMAX"),
             ml("LinearClassifier", ["x"], ["m", "q"], classlabels_ints=[3, 1, 2], coefficients=w,
                intercepts=[1., 0., -1.], post_transform="LOGISTIC")],
            {"x": rows()}, {"y": 1, "l": 7, "p": 1, "m": 7, "q": 1})


@by_onnxruntime
def rows_scaled():
    x = rows()
    x[3] = 0
    return ([ml("Scaler", ["x"], ["s"], offset=[.5, 1., 0., -1., 2.], scale=[2., 1., .5, 3., -1.]),
             ml("Scaler", ["x"], ["t"], offset=[.5], scale=[2.]),
             *[ml("Normalizer", ["x"], [norm], norm=norm) for norm in ("L1", "L2")],
             ml("Binarizer", ["x"], ["b"], threshold=.25)],
            {"x": x}, {"s": 1, "t": 1, "L1": 1, "L2": 1, "b": 1})


@by_onnxruntime
def rows_imputed():
    x = rows()
    x[::2, 1] = np.nan
    return ([ml("Imputer", ["x"], ["y"], imputed_value_floats=[1., 2., 3., 4., 5.], replaced_value_float=float("nan")),
             ml("Imputer", ["i"], ["z"], imputed_value_int64s=[7], replaced_value_int64=-1)],
            {"x": x, "i": np.array([[1, -1], [-1, 5]])}, {"y": 1, "z": 7})


@by_onnxruntime
def columns():
    return ([ml("ArrayFeatureExtractor", ["x", "k"], ["y"]),
             ml("FeatureVectorizer", ["x", "z"], ["v"], inputdimensions=[5, 2])],
            {"x": rows(), "k": np.array([4, 0]), "z": rows(features=2)}, {"y": 1, "v": 1})


@by_onnxruntime
def encoders():
    return ([ml("OneHotEncoder", ["i"], ["h"], cats_int64s=[3, 1, 4]),
             ml("LabelEncoder", ["i"], ["a"], keys_int64s=[1, 3, 5], values_floats=[.5, 1.5, 2.5], default_float=-1.),
             ml("LabelEncoder", ["i"], ["b"], keys_int64s=[1, 3, 5], values_int64s=[10, 30, 50], default_int64=99),
             ml("LabelEncoder", ["f"], ["c"], keys_floats=[.5, 2.], values_int64s=[1, 2])],
            {"i": np.array([[1, 3, 5], [4, 0, 1]]), "f": np.array([.5, .25, 2.], np.float32)},
            {"h": 1, "a": 1, "b": 7, "c": 7})


@by_onnxruntime
def labels_of_keys():
    """Far apart, close together, floats in no order; keys twice, and what is no key beside each."""
    rng = np.random.default_rng(4)
    far, close = rng.integers(-2 ** 62, 2 ** 62, 37), rng.integers(-9, 60, 40)
    far[:3] = 2 ** 63 - 1, -2 ** 63, far[5]
    decimals = rng.permutation(np.float32([k / 4 for k in range(-8, 9)] + [np.inf, -np.inf, .5]))
    near = np.concatenate([far, far[2:] + 1, far[2:] - 1, close, [-10, 61, 0]])
    return ([ml("LabelEncoder", ["i"], ["a"], keys_int64s=far.tolist(), values_floats=[k + .5 for k in range(37)]),
             ml("LabelEncoder", ["i"], ["b"], keys_int64s=close.tolist(), values_int64s=list(range(40)), default_int64=-7),
             ml("LabelEncoder", ["f"], ["c"], keys_floats=decimals.tolist(), values_int64s=list(range(20)))],
            {"i": near, "f": np.concatenate([decimals, decimals + np.float32(.125), np.float32([np.nan, -0.])])},
            {"a": 1, "b": 7, "c": 7})


@by_onnxruntime
def grams_weighted():
    pool = dict(pool_int64s=[2, 3, 5, 4, 5, 6, 7, 8, 6, 7, 1, 2, 3, 3, 2, 1], ngram_counts=[0, 4, 10],
                ngram_indexes=[0, 9, 2, 3, 8, 5, 6, 1, 4], weights=[.5, 1., 2., 3., .25, 7., 1.5, -1., 4.])
    x = np.random.default_rng(3).integers(1, 9, (6, 12))
    return ([helper.make_node("TfIdfVectorizer", ["x"], [mode], mode=mode, min_gram_length=1, max_gram_length=3,
                              max_skip_count=2, **pool) for mode in ("TF", "IDF", "TFIDF")],
            {"x": x}, {"TF": 1, "IDF": 1, "TFIDF": 1})


# -------------------------------------------------------------------------------------------------- support vector machines

KERNELS = ("LINEAR", "POLY", "RBF", "SIGMOID")


def draws(*shape, seed=4, scale=1.0):
    return [float(v) for v in np.random.default_rng(seed).normal(size=shape).ravel() * scale]


def machine(classes, kernel, platt=False, per_class=3, features=5, **more):
    """Attributes of a classifier whose support vectors are drawn."""
    n, pairs = classes * per_class, classes * (classes - 1) // 2
    a = dict(classlabels_ints=list(range(10, 10 + classes)), vectors_per_class=[per_class] * classes, kernel_type=kernel,
             support_vectors=draws(n, features, seed=5), coefficients=draws(classes - 1, n, seed=6), rho=draws(pairs, seed=7),
             kernel_params=[.25, .5, 3.], **more)
    if platt:
        a |= dict(prob_a=[-abs(v) for v in draws(pairs, seed=8)], prob_b=draws(pairs, seed=9, scale=.1))
    return a


@by_onnxruntime
def svm_of_pairs():
    return ([ml("SVMClassifier", ["x"], [f"l{k}", f"p{k}"], **machine(4, k)) for k in KERNELS], {"x": rows()},
            {f"{what}{k}": t for k in KERNELS for what, t in (("l", 7), ("p", 1))})


@by_onnxruntime
def svm_of_probabilities():
    return ([ml("SVMClassifier", ["x"], [f"l{n}", f"p{n}"], **machine(n, "RBF", True)) for n in (2, 3, 7)],
            {"x": rows()}, {f"{what}{n}": t for n in (2, 3, 7) for what, t in (("l", 7), ("p", 1))})


@by_onnxruntime
def svm_of_two_classes():
    hows = ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO")
    return ([ml("SVMClassifier", ["x"], [f"l{how}", f"p{how}"], **machine(2, "POLY", post_transform=how)) for how in hows],
            {"x": rows()}, {f"{what}{how}": t for how in hows for what, t in (("l", 7), ("p", 1))})


@by_onnxruntime
def svm_without_vectors():
    return ([ml("SVMClassifier", ["x"], [f"l{n}", f"p{n}"], classlabels_ints=list(range(n)), coefficients=draws(n, 5),
                rho=[.25], kernel_params=[0., 0., 0.], post_transform="SOFTMAX") for n in (2, 3)],
            {"x": rows()}, {f"{what}{n}": t for n in (2, 3) for what, t in (("l", 7), ("p", 1))})


@by_onnxruntime
def svm_regressors():
    a = dict(n_supports=6, support_vectors=draws(6, 5, seed=5), coefficients=draws(6, seed=6), rho=[.125],
             kernel_params=[.25, .5, 2.])
    return ([*(ml("SVMRegressor", ["x"], [k], kernel_type=k, **a) for k in KERNELS),
             ml("SVMRegressor", ["x"], ["one"], kernel_type="RBF", one_class=1, **a),
             ml("SVMRegressor", ["x"], ["line"], n_supports=0, coefficients=draws(5), rho=[.5], kernel_params=[0., 0., 0.])],
            {"x": rows()}, dict.fromkeys([*KERNELS, "one", "line"], 1))
