#!/usr/bin/env python3
"""Fits scikit-learn's random forest on its iris data and converts it with skl2onnx, as anyone would.

    train.py            writes iris.onnx and flowers.csv, thirty flowers that the forest has not seen, beside this file

The model takes four lengths in centimetres and gives the name of the species, as a string, and the probability of each.
The seed is fixed. Needs numpy, scikit-learn and skl2onnx.
"""
import os

import numpy as np
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    iris = load_iris()
    names = iris.target_names[iris.target]
    x, x_test, y, y_test = train_test_split(iris.data.astype(np.float32), names, test_size=30, random_state=1, stratify=names)
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(10, max_depth=4, random_state=1)).fit(x, y)
    model = to_onnx(forest, x[:1], options={"zipmap": False}, target_opset={"": 17, "ai.onnx.ml": 3})
    with open(os.path.join(HERE, "iris.onnx"), "wb") as f:
        f.write(model.SerializeToString())
    with open(os.path.join(HERE, "flowers.csv"), "w", encoding="utf-8") as f:
        f.writelines(",".join(f"{v:g}" for v in row) + f",{name}\n" for row, name in zip(x_test, y_test))
    print(f"iris.onnx: {np.mean(forest.predict(x_test) == y_test):.3f} of {len(y_test)} right")


if __name__ == "__main__":
    main()
