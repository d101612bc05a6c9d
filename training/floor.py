"""Plain XGBoost out of fold, to compare with: reads one JSON object from standard input, with
features, rows (null is missing), labels, folds and parameters, and prints XGBoost's version and a
score for each row by a model that has not seen the row's fold."""

import json
import sys

import numpy as np
import xgboost as xgb


def out_of_fold(given):
    rows = np.array(given["rows"], dtype=np.float64)
    labels = np.array(given["labels"])
    folds = np.array(given["folds"])
    parameters = {"objective": "binary:logistic", "seed": 1, **given["parameters"]}
    rounds = parameters.pop("rounds")
    scores = np.zeros(len(labels))
    for fold in sorted(set(given["folds"])):
        rest = folds != fold
        booster = xgb.train(parameters, xgb.DMatrix(rows[rest], labels[rest]), rounds)
        scores[~rest] = booster.predict(xgb.DMatrix(rows[~rest]))
    return scores


found = out_of_fold(json.load(sys.stdin))
json.dump({"version": xgb.__version__, "scores": [float(score) for score in found]}, sys.stdout)
