"""Trains a scoring model on exported features and writes it with its card.

    python3 -m venv .bellwether/python
    .bellwether/python/bin/pip install -r training/requirements.txt
    .bellwether/python/bin/python training/train.py --rows rows.ndjson --features features.json \
        --name delinquency --version delinquency-1

README.md describes the files that are read and written. The same input gives the same bytes.
"""

import argparse
import hashlib
import json
import os
import sys

import numpy as np
import xgboost as xgb

from card import readable
from evaluation import auc, bands_of, fit_platt, log_loss, logistic
from folds import fold_of
from rows import Refused, read_features, read_rows

LEVELS = ("CRITICAL", "HIGH", "MEDIUM", "LOW")


def options():
    parser = argparse.ArgumentParser(description="Trains a scoring model and writes its card.")
    parser.add_argument("--rows", required=True, help="examples: NDJSON, or CSV if it ends in .csv")
    parser.add_argument("--features", required=True, help="description of the features, JSON")
    parser.add_argument("--name", required=True, help="the model is <out>/<name>.json")
    parser.add_argument("--version", required=True, help="what scores name, such as delinquency-1")
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--uses", default=os.path.join(here, "uses.json"), help="uses and limits")
    parser.add_argument("--out", default="models", help="folder of the model (default: models)")
    parser.add_argument("--predictions", help="where to write out-of-fold predictions, NDJSON")
    parser.add_argument("--bands", default="0.8,0.6,0.4", help="where CRITICAL, HIGH, MEDIUM start")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=100, help="trees")
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--eta", type=float, default=0.1)
    parser.add_argument("--min-child-weight", type=float, default=1)
    parser.add_argument("--lambda", type=float, default=1, dest="l2")
    parser.add_argument("--gamma", type=float, default=0)
    return parser.parse_args()


def parameters_of(given):
    return {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_depth": given.depth,
        "eta": given.eta,
        "min_child_weight": given.min_child_weight,
        "lambda": given.l2,
        "gamma": given.gamma,
        "seed": given.seed,
        "nthread": 1,
    }


def fit(parameters, rounds, about, values, labels):
    names = [feature["id"] for feature in about["features"]]
    directions = tuple(feature.get("direction", 0) for feature in about["features"])
    settings = {**parameters, "monotone_constraints": directions}
    return xgb.train(settings, xgb.DMatrix(values, labels, feature_names=names), rounds)


def margins_of(booster, values):
    data = xgb.DMatrix(values, feature_names=booster.feature_names)
    return booster.predict(data, output_margin=True).astype(np.float64)


def out_of_fold(given, about, rows, folds):
    """Margins of each row by a model that has not seen its customer, and scores calibrated by a
    fit that has not seen it either."""
    margins, scores = np.zeros(len(folds)), np.zeros(len(folds))
    for fold in range(given.folds):
        rest = folds != fold
        if (~rest).any():
            booster = fit(
                parameters_of(given), given.rounds, about, rows.values[rest], rows.labels[rest]
            )
            margins[~rest] = margins_of(booster, rows.values[~rest])
    for fold in range(given.folds):
        rest = folds != fold
        slope, offset = fit_platt(margins[rest], rows.labels[rest]) or (1.0, 0.0)
        scores[~rest] = logistic(slope * margins[~rest] + offset)
    return margins, scores


def check(given, rows, folds):
    if given.folds < 2:
        raise Refused("--folds must be at least 2")
    if len(set(rows.labels)) < 2:
        raise Refused(f"All {len(rows.labels)} labels are the same: export rows of both outcomes")
    for fold in range(given.folds):
        if len(set(rows.labels[folds != fold])) < 2:
            raise Refused(f"Without fold {fold} only one label is left: use fewer folds")


def thresholds_of(text):
    try:
        starts = [float(part) for part in text.split(",")]
    except ValueError:
        starts = []
    if len(starts) != 3 or not 1 >= starts[0] > starts[1] > starts[2] > 0:
        raise Refused("--bands needs three falling numbers between 1 and 0, such as 0.8,0.6,0.4")
    return list(zip(LEVELS, [*starts, 0.0]))


def middle(column):
    """The median of a feature; None where it is mostly missing."""
    known = column[~np.isnan(column)]
    return round(float(np.median(known)), 6) if 2 * len(known) > len(column) else None


def card_of(given, about, rows, booster, digest, margins, scores):
    names = booster.feature_names
    value, low, high = auc(margins, rows.labels)
    platt = fit_platt(margins, rows.labels)
    data = xgb.DMatrix(rows.values, feature_names=names)
    sizes = np.abs(booster.predict(data, pred_contribs=True)[:, :-1]).mean(axis=0)
    directions = {f["id"]: f["direction"] for f in about["features"] if f.get("direction", 0)}
    with open(given.uses, encoding="utf-8") as file:
        uses = json.load(file)
    return {
        "name": given.name,
        "version": given.version,
        "hash": digest,
        "feature_set": str(about["feature_set"]),
        "features": names,
        "objective": "binary:logistic",
        "predicts": about["predicts"],
        "calibration": platt and {"method": "platt", "slope": platt[0], "offset": platt[1]},
        "training": {
            "description": about["description"],
            "rows": len(rows.labels),
            "positives": int(rows.labels.sum()),
            "customers": len(set(rows.customers)),
            "from": min(rows.times),
            "to": max(rows.times),
            "folds": given.folds,
            "seed": given.seed,
            "trainer": f"XGBoost {xgb.__version__}",
            "parameters": {**parameters_of(given), "rounds": given.rounds},
            "directions": directions,
        },
        "metrics": {
            "auc": value,
            "auc_low": low,
            "auc_high": high,
            "log_loss": log_loss(scores, rows.labels),
            "brier": float(((scores - rows.labels) ** 2).mean()),
        },
        "bands": bands_of(scores, rows.labels, thresholds_of(given.bands)),
        "importance": {name: round(float(size), 6) for name, size in zip(names, sizes)},
        "typical": {name: middle(column) for name, column in zip(names, rows.values.T)},
        **{field: uses[field] for field in ("intended_use", "forbidden_use", "limits")},
    }


def write_predictions(path, rows, folds, margins, scores):
    with open(path, "w", encoding="utf-8") as file:
        for at, customer in enumerate(rows.customers):
            line = {
                "customer_id": customer,
                "as_of": rows.times[at],
                "label": int(rows.labels[at]),
                "fold": int(folds[at]),
                "margin": float(margins[at]),
                "score": float(scores[at]),
            }
            file.write(json.dumps(line) + "\n")


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"wrote {path}")


def main():
    given = options()
    thresholds_of(given.bands)
    about = read_features(given.features)
    rows = read_rows(given.rows, [f["id"] for f in about["features"]], about["aside"])
    folds = np.array([fold_of(customer, given.folds) for customer in rows.customers])
    check(given, rows, folds)
    margins, scores = out_of_fold(given, about, rows, folds)
    booster = fit(parameters_of(given), given.rounds, about, rows.values, rows.labels)
    os.makedirs(given.out, exist_ok=True)
    stem = os.path.join(given.out, given.name)
    booster.save_model(f"{stem}.json")
    print(f"wrote {stem}.json")
    with open(f"{stem}.json", "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    card = card_of(given, about, rows, booster, digest, margins, scores)
    write(f"{stem}.card.json", json.dumps(card, indent=2, ensure_ascii=False) + "\n")
    write(f"{stem}.md", readable(card))
    if given.predictions:
        write_predictions(given.predictions, rows, folds, margins, scores)
        print(f"wrote {given.predictions}")
    metrics = card["metrics"]
    print(
        f"{len(rows.labels)} rows, {int(rows.labels.sum())} with label 1; out of fold: AUC "
        f"{metrics['auc']:.3f} ({metrics['auc_low']:.3f} to {metrics['auc_high']:.3f})"
    )


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"{refused}.")
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}.")
