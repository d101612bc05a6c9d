"""Writes src/rules/scoring/train.golden.json: what XGBoost's exact method makes of small data.

Run from the root with XGBoost 3.x installed: python training/train_golden.py
"""

import json

import numpy as np
import xgboost

CASES = {
    "plain": dict(rounds=8, maxDepth=3, eta=0.3, gamma=0, minChildWeight=1),
    "shrunk and pruned": dict(rounds=6, maxDepth=4, eta=0.1, gamma=0.7, minChildWeight=2),
    "with directions": dict(
        rounds=8, maxDepth=4, eta=0.3, gamma=0, minChildWeight=0.5, monotone=[1, 0, -1, 0, 0]
    ),
    "from a base score": dict(rounds=4, maxDepth=2, eta=0.5, gamma=0, minChildWeight=1, baseScore=0.2),
}


def people(seed, count=90):
    """Rows with ties, a constant column, gaps that carry meaning, and a step to be learned."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, 5)).round(2)
    rows[:, 3] = np.round(rows[:, 3])
    rows[:, 4] = 7
    rows[random.random(rows.shape) < 0.15] = np.nan
    push = 1.5 * np.nan_to_num(rows[:, 0]) - np.nan_to_num(rows[:, 2]) + 2 * np.isnan(rows[:, 1])
    labels = (random.random(count) < 1 / (1 + np.exp(-push))).astype(int)
    return rows, labels


def case(name, options, seed):
    rows, labels = people(seed)
    options = {**options, "lambda": 1, "baseScore": options.get("baseScore", float(labels.mean()))}
    parameters = {
        "objective": "binary:logistic",
        "tree_method": "exact",
        "nthread": 1,
        "max_depth": options["maxDepth"],
        "eta": options["eta"],
        "lambda": options["lambda"],
        "gamma": options["gamma"],
        "min_child_weight": options["minChildWeight"],
        "base_score": options["baseScore"],
    }
    if "monotone" in options:
        parameters["monotone_constraints"] = tuple(options["monotone"])
    data = xgboost.DMatrix(rows, labels)
    booster = xgboost.train(parameters, data, options["rounds"])
    return {
        "name": name,
        "options": options,
        "rows": [[None if np.isnan(v) else v for v in row] for row in rows.tolist()],
        "labels": labels.tolist(),
        "trees": [json.loads(tree) for tree in booster.get_dump(dump_format="json")],
        "predictions": [float(value) for value in booster.predict(data)],
    }


golden = {
    "xgboost": xgboost.__version__,
    "cases": [case(name, options, seed) for seed, (name, options) in enumerate(CASES.items())],
}
with open("src/rules/scoring/train.golden.json", "w", encoding="utf-8") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
