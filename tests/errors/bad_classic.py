"""Cases of bad_models.py with operators of ai.onnx.ml."""
from onnx import TensorProto, helper

from refused import MODEL, UNSUPPORTED, add, of_zeros

X = [4, 3]


def tree(leaf="target", **changes):
    """A stump and its two leaves."""
    a = {"nodes_treeids": [0] * 3, "nodes_nodeids": [0, 1, 2], "nodes_featureids": [1, 0, 0],
         "nodes_values": [.5, 0., 0.], "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"], "nodes_truenodeids": [1, 0, 0],
         "nodes_falsenodeids": [2, 0, 0], f"{leaf}_treeids": [0, 0], f"{leaf}_nodeids": [1, 2], f"{leaf}_ids": [0, 0],
         f"{leaf}_weights": [1., 2.]}
    return a | changes


def ensemble(**changes):
    """The same as TreeEnsemble-5 has it."""
    def floats(name, *values):
        return helper.make_tensor(name, TensorProto.FLOAT, [len(values)], values)
    a = {"nodes_featureids": [1], "nodes_splits": floats("s", .5), "nodes_truenodeids": [0], "nodes_trueleafs": [1],
         "nodes_modes": helper.make_tensor("m", TensorProto.UINT8, [1], [0]), "nodes_falsenodeids": [1],
         "nodes_falseleafs": [1], "leaf_targetids": [0, 0], "leaf_weights": floats("w", 1., 2.), "tree_roots": [0]}
    return {k: v for k, v in (a | changes).items() if v is not None}


def svm(**changes):
    return {"classlabels_ints": [0, 1], "coefficients": [1., -1.], "support_vectors": [1.] * 6, "rho": [0.],
            "vectors_per_class": [1, 1], "kernel_type": "RBF", "outputs": 2} | changes


def classes(**changes):
    return "TreeEnsembleClassifier", [X], tree("class", classlabels_int64s=[0, 1, 2], outputs=2, **changes)


CASES = {
    "tree-without-nodes": (MODEL, "TreeEnsembleRegressor", [X], {}),
    "tree-of-other-lengths": (MODEL, "TreeEnsembleRegressor", [X], tree(nodes_values=[.5])),
    "tree-of-fewer-modes": (MODEL, "TreeEnsembleRegressor", [X], tree(nodes_modes=["LEAF"])),
    "tree-mode": (MODEL, "TreeEnsembleRegressor", [X], tree(nodes_modes=["BRANCH", "LEAF", "LEAF"])),
    "tree-feature": (MODEL, "TreeEnsembleRegressor", [X], tree(nodes_featureids=[3, 0, 0])),
    "tree-feature-below": (MODEL, "TreeEnsembleRegressor", [X], tree(nodes_featureids=[-1, 0, 0])),
    "tree-in-a-circle": (MODEL, "TreeEnsembleRegressor", [X], tree(nodes_truenodeids=[0, 0, 0])),
    "tree-that-joins": (MODEL, "TreeEnsembleRegressor", [X], tree(nodes_truenodeids=[2, 0, 0])),
    "tree-to-nowhere": (MODEL, "TreeEnsembleRegressor", [X], tree(nodes_falsenodeids=[7, 0, 0])),
    "tree-of-two-roots": (MODEL, "TreeEnsembleRegressor", [X],
                          tree(nodes_modes=["LEAF"] * 3, target_nodeids=[1, 2])),
    "tree-node-twice": (MODEL, "TreeEnsembleRegressor", [X], tree(nodes_nodeids=[0, 1, 1])),
    "tree-weight-of-a-branch": (MODEL, "TreeEnsembleRegressor", [X], tree(target_nodeids=[0, 1])),
    "tree-target": (MODEL, "TreeEnsembleRegressor", [X], tree(target_ids=[0, 1])),
    "tree-base-values": (MODEL, "TreeEnsembleRegressor", [X], tree(base_values=[1., 2.])),
    "tree-of-rank-3": (MODEL, "TreeEnsembleRegressor", [[4, 3, 1]], tree()),
    "tree-aggregate": (MODEL, "TreeEnsembleRegressor", [X], tree(aggregate_function="MEDIAN")),
    "ensemble-feature": (MODEL, "TreeEnsemble", [X], ensemble(nodes_featureids=[3])),
    "ensemble-without-features": (MODEL, "TreeEnsemble", [X], ensemble(nodes_featureids=None)),
    "ensemble-of-other-lengths": (MODEL, "TreeEnsemble", [X], ensemble(nodes_trueleafs=[1, 1])),
    "ensemble-without-splits": (MODEL, "TreeEnsemble", [X], ensemble(nodes_splits=None)),
    "ensemble-mode": (MODEL, "TreeEnsemble", [X],
                      ensemble(nodes_modes=helper.make_tensor("m", TensorProto.UINT8, [1], [7]))),
    "ensemble-of-other-types": (MODEL, "TreeEnsemble", [("f8", X)], ensemble()),
    "ensemble-member-without-values": (MODEL, "TreeEnsemble", [X],
                                       ensemble(nodes_modes=helper.make_tensor("m", TensorProto.UINT8, [1], [6]))),
    "ensemble-leaf": (MODEL, "TreeEnsemble", [X], ensemble(nodes_falsenodeids=[2])),
    "ensemble-in-a-circle": (MODEL, "TreeEnsemble", [X], ensemble(nodes_trueleafs=[0])),
    "ensemble-target": (MODEL, "TreeEnsemble", [X], ensemble(leaf_targetids=[0, 1])),
    "ensemble-root": (MODEL, "TreeEnsemble", [X], ensemble(tree_roots=[1])),
    "svm-of-one-class": (MODEL, "SVMClassifier", [X], svm(classlabels_ints=[1])),
    "svm-coefficients": (MODEL, "SVMClassifier", [X], svm(coefficients=[1.])),
    "svm-vectors": (MODEL, "SVMClassifier", [X], svm(support_vectors=[1.] * 5)),
    "svm-params": (MODEL, "SVMClassifier", [X], svm(kernel_params=[1.])),
    "svm-probabilities": (MODEL, "SVMClassifier", [X], svm(prob_a=[1., 2.], prob_b=[1.])),
    "svm-vectors-of-a-class": (MODEL, "SVMClassifier", [X], svm(vectors_per_class=[1, 1, 0])),
    "svm-without-rho": (MODEL, "SVMRegressor", [X], {"coefficients": [1.] * 3}),
    "svm-supports": (MODEL, "SVMRegressor", [X], {"coefficients": [1.] * 2, "rho": [0.], "n_supports": 2,
                                                  "support_vectors": [1.] * 5}),
    "classes-without-labels": (MODEL, "TreeEnsembleClassifier", [X], tree("class", outputs=2)),
    "classes-of-two-labels": (MODEL, *classes(classlabels_strings=["a", "b", "c"])),
    "linear-coefficients": (MODEL, "LinearRegressor", [X], {"coefficients": [1., 2.]}),
    "linear-targets": (MODEL, "LinearRegressor", [X], {"coefficients": [1., 2., 3.], "targets": 2}),
    "linear-intercepts": (MODEL, "LinearRegressor", [X], {"coefficients": [1., 2., 3.], "intercepts": [1., 2.]}),
    "linear-labels": (MODEL, "LinearClassifier", [X],
                      {"coefficients": [1.] * 6, "classlabels_ints": [1, 2, 3], "outputs": 2}),
    "scaler-offsets": (MODEL, "Scaler", [X], {"offset": [1., 2.]}),
    "normalizer-of-rank-3": (MODEL, "Normalizer", [[1, 2, 3]], {}),
    "normalizer-norm": (MODEL, "Normalizer", [X], {"norm": "L3"}),
    "imputer-of-nothing": (MODEL, "Imputer", [X], {"imputed_value_int64s": [1]}),
    "imputer-values": (MODEL, "Imputer", [X], {"imputed_value_floats": [1., 2.]}),
    "vectorizer-of-other-sizes": (UNSUPPORTED, "FeatureVectorizer", [X], {"inputdimensions": [2]}),
    "encoder-of-strings": (UNSUPPORTED, "OneHotEncoder", [("i8", [2])], {"cats_strings": ["a"]}),
    "labels-without-values": (UNSUPPORTED, "LabelEncoder", [("i8", [2])], {"keys_int64s": [1]}),
    "labels-of-more-values": (MODEL, "LabelEncoder", [("i8", [2])], {"keys_int64s": [1], "values_int64s": [1, 2]}),
}


def made(op, operands, attributes):
    m = of_zeros(op, operands, 17, domain="ai.onnx.ml", **attributes)
    m.opset_import[1].version = 5 if op == "TreeEnsemble" else 3
    return m


for name, (status, op, operands, attributes) in CASES.items():
    add("classic-" + name, status,
        lambda op=op, operands=operands, attributes=attributes: made(op, operands, attributes))
