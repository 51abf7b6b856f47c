"""The estimators of converted.py: name -> function that trains one and gives it with rows to predict."""
import functools

import lightgbm
import numpy as np
import xgboost
from sklearn import (calibration, cluster, compose, cross_decomposition, datasets, decomposition, discriminant_analysis,
                     ensemble, feature_selection, gaussian_process, linear_model, mixture, multiclass, naive_bayes,
                     neighbors, neural_network, pipeline, preprocessing, svm, tree)
from sklearn.impute import SimpleImputer

ALL = {}


@functools.cache
def data(name):
    """Rows in an order of their own, float32, and targets."""
    x, y = getattr(datasets, "load_" + name)(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))[:400]
    return x[order].astype(np.float32), y[order]


def add(name, model, rows="iris", change=lambda x: x, label=lambda y: y):
    def make():
        x, y = data(rows)
        x = change(x)
        return model.fit(x, label(y)), x
    ALL[name] = make


def named(y):
    return np.array(["setosa", "versi color", 'virg"inica'])[y]


def with_holes(x):
    x = x.copy()
    x[::7, 1] = np.nan
    return x


def counted(x):
    return np.round(x).astype(np.int64) % 5


scaled = functools.partial(pipeline.make_pipeline, preprocessing.StandardScaler())

# ------------------------------------------------------------------------------------------------------------- regressors
for name, model in {
        "LinearRegression": linear_model.LinearRegression(), "Ridge": linear_model.Ridge(), "Lasso": linear_model.Lasso(),
        "ElasticNet": linear_model.ElasticNet(), "BayesianRidge": linear_model.BayesianRidge(),
        "HuberRegressor": linear_model.HuberRegressor(max_iter=1000), "SVR": svm.SVR(C=100), "NuSVR": svm.NuSVR(kernel="poly"),
        "LinearSVR": svm.LinearSVR(random_state=0), "KNeighborsRegressor": neighbors.KNeighborsRegressor(),
        "DecisionTreeRegressor": tree.DecisionTreeRegressor(random_state=0),
        "RandomForestRegressor": ensemble.RandomForestRegressor(30, random_state=0),
        "ExtraTreesRegressor": ensemble.ExtraTreesRegressor(30, random_state=0),
        "GradientBoostingRegressor": ensemble.GradientBoostingRegressor(n_estimators=30, random_state=0),
        "HistGradientBoostingRegressor": ensemble.HistGradientBoostingRegressor(max_iter=30, random_state=0),
        "AdaBoostRegressor": ensemble.AdaBoostRegressor(n_estimators=10, random_state=0),
        "MLPRegressor": neural_network.MLPRegressor(hidden_layer_sizes=(20,), random_state=0, max_iter=300),
        "PLSRegression": cross_decomposition.PLSRegression(2),
        "GaussianProcessRegressor": gaussian_process.GaussianProcessRegressor(alpha=1.0),
        "LGBMRegressor": lightgbm.LGBMRegressor(n_estimators=30, verbose=-1, n_jobs=1),
        "XGBRegressor": xgboost.XGBRegressor(n_estimators=30, n_jobs=1)}.items():
    add(name, model, "diabetes")

# ------------------------------------------------------------------------------------------------------------ classifiers
for name, model in {
        "LogisticRegression": linear_model.LogisticRegression(max_iter=1000),
        "SGDClassifier": linear_model.SGDClassifier(random_state=0), "Perceptron": linear_model.Perceptron(random_state=0),
        "LinearSVC": svm.LinearSVC(random_state=0), "SVC": svm.SVC(), "NuSVC": svm.NuSVC(kernel="poly"),
        "KNeighborsClassifier": neighbors.KNeighborsClassifier(), "GaussianNB": naive_bayes.GaussianNB(),
        "DecisionTreeClassifier": tree.DecisionTreeClassifier(random_state=0),
        "RandomForestClassifier": ensemble.RandomForestClassifier(20, random_state=0),
        "ExtraTreesClassifier": ensemble.ExtraTreesClassifier(20, random_state=0),
        "GradientBoostingClassifier": ensemble.GradientBoostingClassifier(n_estimators=10, random_state=0),
        "HistGradientBoostingClassifier": ensemble.HistGradientBoostingClassifier(max_iter=10, random_state=0),
        "AdaBoostClassifier": ensemble.AdaBoostClassifier(n_estimators=10, random_state=0),
        "BaggingClassifier": ensemble.BaggingClassifier(n_estimators=5, random_state=0),
        "VotingClassifier": ensemble.VotingClassifier([("a", linear_model.LogisticRegression(max_iter=1000)),
                                                       ("b", tree.DecisionTreeClassifier(random_state=0))], voting="soft",
                                                      flatten_transform=False),
        "MLPClassifier": neural_network.MLPClassifier((20,), random_state=0, max_iter=500),
        "LinearDiscriminantAnalysis": discriminant_analysis.LinearDiscriminantAnalysis(),
        "QuadraticDiscriminantAnalysis": discriminant_analysis.QuadraticDiscriminantAnalysis(),
        "OneVsRestClassifier": multiclass.OneVsRestClassifier(linear_model.LogisticRegression()),
        "CalibratedClassifierCV": calibration.CalibratedClassifierCV(svm.LinearSVC(random_state=0)),
        "LGBMClassifier": lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1),
        "XGBClassifier": xgboost.XGBClassifier(n_estimators=10, n_jobs=1)}.items():
    add(name, model)
for name, model in {
        "LogisticRegression": scaled(linear_model.LogisticRegression()), "SVC": scaled(svm.SVC(C=10)),
        "SVC-probability": scaled(svm.SVC(probability=True, random_state=0)),
        "GradientBoostingClassifier": ensemble.GradientBoostingClassifier(n_estimators=20, random_state=0),
        "RandomForestClassifier": ensemble.RandomForestClassifier(20, random_state=0),
        "HistGradientBoostingClassifier": ensemble.HistGradientBoostingClassifier(max_iter=20, random_state=0),
        "LGBMClassifier": lightgbm.LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1),
        "XGBClassifier": xgboost.XGBClassifier(n_estimators=20, n_jobs=1)}.items():
    add(name + "-of-two", model, "breast_cancer")
add("SVC-of-digits", svm.SVC(gamma=0.001), "digits")
add("SVC-probability", svm.SVC(probability=True, random_state=0))
add("MultinomialNB", naive_bayes.MultinomialNB())  # sums of many counts lose what float32 has no room for
add("BernoulliNB", naive_bayes.BernoulliNB(binarize=8), "digits")
add("LogisticRegression-named", linear_model.LogisticRegression(max_iter=1000), label=named)
add("RandomForestClassifier-named", ensemble.RandomForestClassifier(10, random_state=0), label=named)

# ------------------------------------------------------------------------------------- clusters, what is far, and mixtures
add("KMeans", cluster.KMeans(3, n_init=1, random_state=0))
add("MiniBatchKMeans", cluster.MiniBatchKMeans(4, n_init=1, random_state=0))
add("GaussianMixture", mixture.GaussianMixture(3, random_state=0))
add("IsolationForest", ensemble.IsolationForest(n_estimators=20, random_state=0))
add("OneClassSVM", svm.OneClassSVM(nu=0.2))
add("LocalOutlierFactor", neighbors.LocalOutlierFactor(10, novelty=True))

# ---------------------------------------------------------------------------------------------------------- preprocessing
for name, model in {
        "StandardScaler": preprocessing.StandardScaler(), "MinMaxScaler": preprocessing.MinMaxScaler((-1, 1)),
        "MaxAbsScaler": preprocessing.MaxAbsScaler(), "RobustScaler": preprocessing.RobustScaler(),
        "Normalizer-l1": preprocessing.Normalizer("l1"), "Normalizer-l2": preprocessing.Normalizer(),
        "Normalizer-max": preprocessing.Normalizer("max"), "Binarizer": preprocessing.Binarizer(threshold=2.5),
        "PolynomialFeatures": preprocessing.PolynomialFeatures(2), "PowerTransformer": preprocessing.PowerTransformer(),
        "KBinsDiscretizer": preprocessing.KBinsDiscretizer(4, encode="ordinal", quantile_method="averaged_inverted_cdf"),
        "PCA": decomposition.PCA(2), "TruncatedSVD": decomposition.TruncatedSVD(2), "KernelPCA": decomposition.KernelPCA(2),
        "SelectKBest": feature_selection.SelectKBest(k=2)}.items():
    add(name, model)
add("SimpleImputer", SimpleImputer(), change=with_holes)
add("OneHotEncoder", preprocessing.OneHotEncoder(sparse_output=False, handle_unknown="ignore"), change=counted)
add("OrdinalEncoder", preprocessing.OrdinalEncoder(), change=counted)
add("a-pipeline", pipeline.make_pipeline(
    compose.ColumnTransformer([("a", preprocessing.StandardScaler(), [0, 1]), ("b", preprocessing.MinMaxScaler(), [2, 3])]),
    decomposition.PCA(3), svm.SVC()))
