"""Writes src/rules/scoring/goldens: small models of each kind, and what XGBoost itself says of rows.

Run from the root in an environment of 1.7.6 and of 3.4.1 (which needs Python 3.12); of 2.1.4, 3.0.5
and 3.2.0 with the kinds whose layout changed: categorical dart early_softprob gamma softprob targets

    python3 -m venv .bellwether/xgboost
    .bellwether/xgboost/bin/pip install xgboost==1.7.6 numpy scipy
    .bellwether/xgboost/bin/python training/goldens.py [kind...]

A file holds the text of the model, rows (null is a missing value), and the margin, prediction and
contributions of each row: a list by class where the model has several outputs. Data are drawn.
"""

import gzip
import json
import os
import sys
import tempfile

import numpy as np
import xgboost as xgb

FOLDER = "src/rules/scoring/goldens"
ROWS = 24
TYPES = ["q", "c", "q", "c", "q"]


def draw(count, seed):
    """Two features of codes (0 to 3 and 0 to 11), three of numbers, one value in ten missing."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 5)).round(3)
    x[:, 1] = random.integers(0, 4, count)
    x[:, 3] = random.integers(0, 12, count)
    push = x[:, 0] + (x[:, 1] == 2) + np.sin(2.5 * x[:, 3]) - x[:, 2] * x[:, 4]
    signal = push + random.normal(size=count) / 2
    x[random.random(x.shape) < 0.1] = np.nan
    return x, signal


def text_of(booster):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.json")
        booster.save_model(path)
        with open(path, encoding="utf-8") as file:
            return file.read()


def edges():
    """All missing; codes that no training row had, too large, negative, not whole."""
    strange = [[0, 99, 0, 99, 0], [0, -1, 0, -3, 0], [0, 2.7, 0, 7.3, 0], [0, 1e9, 0, 2**24, 0]]
    return np.array([[np.nan] * 5, *strange], dtype=float)


def write(kind, text, rows, said):
    os.makedirs(FOLDER, exist_ok=True)
    golden = {
        "xgboost": xgb.__version__,
        "model": text,
        "rows": [[None if np.isnan(v) else v for v in row] for row in rows.tolist()],
        **{name: np.asarray(values, "f4").astype("f8").tolist() for name, values in said.items()},
    }
    path = os.path.join(FOLDER, f"{kind}_{xgb.__version__}.json.gz")
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as packed:
        packed.write(json.dumps(golden, separators=(",", ":")).encode())


def golden(kind, parameters, label, rounds=6, types=None, early=False):
    if sys.argv[1:] and kind not in sys.argv[1:]:
        return
    settings = {"nthread": 1, "seed": 7, "max_depth": 3, "eta": 0.3, **parameters}
    settings = {"tree_method": "hist" if types else "exact", **settings}
    x, signal = draw(300, 1)
    random = np.random.default_rng(3)
    data = lambda rows, labels=None: xgb.DMatrix(
        rows, labels, feature_types=types, enable_categorical=types is not None
    )
    train = data(x, label(signal, random))
    watch = {}
    if early:
        other, told = draw(120, 4)
        watch = dict(
            evals=[(data(other, label(told, random)), "other")],
            early_stopping_rounds=4,
            verbose_eval=False,
        )
    booster = xgb.train(settings, train, rounds, **watch)
    if early and booster.best_iteration + 1 >= booster.num_boosted_rounds():
        sys.exit(f"{kind}: nothing is left out after the best round, so it shows nothing")
    rows = np.vstack([draw(ROWS, 2)[0], edges()])
    used = {"iteration_range": (0, booster.best_iteration + 1)} if early else {}
    test = data(rows)
    said = {
        "margin": booster.predict(test, output_margin=True, **used),
        "prediction": booster.predict(test, **used),
        "contributions": booster.predict(test, pred_contribs=True, **used),
    }
    write(kind, text_of(booster), rows, said)


def version():
    return tuple(int(part) for part in xgb.__version__.split(".")[:2])


number = lambda signal, random: signal
yes = lambda signal, random: (signal > 0.5).astype(int)
share = lambda signal, random: 1 / (1 + np.exp(-signal))
positive = lambda signal, random: np.exp(signal / 2)
count = lambda signal, random: random.poisson(np.exp(signal / 2))
of_three = lambda signal, random: np.digitize(signal, [-0.3, 1])
pair = lambda signal, random: np.stack([signal, signal**2 - 40], axis=1)

golden("squarederror", {"objective": "reg:squarederror"}, lambda s, r: 1000 * s)
golden("squarederror_based", {"objective": "reg:squarederror", "base_score": -2.3}, number)
golden("squaredlogerror", {"objective": "reg:squaredlogerror"}, positive)
golden("pseudohuber", {"objective": "reg:pseudohubererror"}, number)
golden("absolute", {"objective": "reg:absoluteerror"}, number)
golden("reglogistic", {"objective": "reg:logistic"}, share)
golden("logitraw", {"objective": "binary:logitraw"}, yes)
golden("hinge", {"objective": "binary:hinge"}, yes)
golden("gamma", {"objective": "reg:gamma"}, positive)
golden("tweedie", {"objective": "reg:tweedie", "tweedie_variance_power": 1.3}, count)
golden("poisson", {"objective": "count:poisson"}, count)
golden("softprob", {"objective": "multi:softprob", "num_class": 3}, of_three)
golden("softmax", {"objective": "multi:softmax", "num_class": 3, "base_score": 0.7}, of_three, 4)
golden("targets", {"objective": "reg:squarederror", "tree_method": "hist"}, pair)
logistic = {"objective": "binary:logistic"}
dart = {"booster": "dart", "rate_drop": 0.4, "max_depth": 2}
golden("dart", {**logistic, **dart}, yes, 8)
golden("dart_softprob", {"objective": "multi:softprob", "num_class": 3, **dart}, of_three, 4)
forest = {"num_parallel_tree": 3, "subsample": 0.6, "max_depth": 2, "eta": 1}
golden("early", {**logistic, "eta": 1}, yes, 60, early=True)
golden("early_softprob", {"objective": "multi:softprob", "num_class": 3}, of_three, 40, early=True)
golden("early_forest", {**logistic, **forest}, yes, 40, early=True)
early_dart = {**dart, "rate_drop": 0.1, "max_depth": 4, "eta": 1}
golden("early_dart", {**logistic, **early_dart}, yes, 40, early=True)
golden("categorical", {**logistic, "max_cat_to_onehot": 1}, yes, types=TYPES)
golden("onehot", {**logistic, "max_cat_to_onehot": 100}, yes, types=TYPES)
deep = {"objective": "reg:squarederror", "max_depth": 9, "max_cat_to_onehot": 5}
golden("categorical_deep", deep, number, 2, types=TYPES)
golden("categorical_softprob", {"objective": "multi:softprob", "num_class": 3}, of_three, 3, TYPES)
if version() >= (2, 0):
    quantiles = {"objective": "reg:quantileerror", "quantile_alpha": [0.2, 0.8]}
    golden("quantiles", {**quantiles, "tree_method": "hist"}, number)
