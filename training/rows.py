"""Reads what the export wrote; the format is described in README.md."""

import csv
import json
from dataclasses import dataclass

import numpy as np


class Refused(Exception):
    """Input that cannot be learned from; the message says what is wrong and the cure."""


@dataclass
class Rows:
    customers: list
    times: list
    labels: np.ndarray
    values: np.ndarray


def read_features(path):
    """The description of the features: their order, directions, and what the rows mean."""
    with open(path, encoding="utf-8") as file:
        about = json.load(file)
    for field in ("feature_set", "predicts", "description", "features"):
        if not about.get(field):
            raise Refused(f'{path} has no "{field}": export the features again')
    names = [feature.get("id") for feature in about["features"]]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise Refused(f"{path}: every feature needs an id of its own")
    for feature in about["features"]:
        if feature.get("direction", 0) not in (-1, 0, 1):
            raise Refused(f"{path}: the direction of {feature['id']} must be -1, 0 or 1")
    aside = [f for f in about["features"] if f.get("for_models") is False]
    learned = [f for f in about["features"] if f not in aside]
    return {**about, "features": learned, "aside": [f["id"] for f in aside]}


def number(value, name, where):
    """A finite number in the range of float32; empty and null are missing."""
    if value is None or value == "":
        return float("nan")
    try:
        if isinstance(value, bool):
            raise ValueError
        result = float(value)
    except (TypeError, ValueError):
        raise Refused(f"{where}: {name} is no number; leave it out if it is not known") from None
    if not abs(result) <= 3.4e38:
        raise Refused(f"{where}: {name} is not finite; use null or an empty cell if it is missing")
    return result


def examples(path):
    """(where, example) of each line, from NDJSON or, if the name ends in .csv, from CSV."""
    with open(path, encoding="utf-8", newline="") as file:
        if path.endswith(".csv"):
            fixed = ("customer_id", "as_of", "label")
            for line, row in enumerate(csv.DictReader(file), 2):
                features = {name: row[name] for name in row if name not in fixed}
                yield f"{path}, line {line}", {**row, "features": features}
        else:
            for line, text in enumerate(file, 1):
                if not text.strip():
                    continue
                try:
                    yield f"{path}, line {line}", json.loads(text)
                except json.JSONDecodeError:
                    raise Refused(f"{path}, line {line} is not one JSON object") from None


def read_rows(path, names, aside=()):
    """All examples with a label, ordered by customer and time so that the order of the file does not
    matter. Features that are set aside may stand there and are passed over."""
    known = {name: at for at, name in enumerate(names)}
    found = []
    for where, example in examples(path):
        for field in ("customer_id", "as_of"):
            if not isinstance(example.get(field), str) or not example[field]:
                raise Refused(f'{where} has no "{field}"')
        if example.get("label", "") is None:
            continue
        if str(example.get("label")) not in ("0", "1"):
            raise Refused(f"{where}: label must be 0 or 1")
        features = example.get("features")
        if not isinstance(features, dict):
            raise Refused(f'{where} has no object "features"')
        values = [float("nan")] * len(names)
        for name, value in features.items():
            if name in aside:
                continue
            if name not in known:
                raise Refused(f"{where}: {name} is not among the described features")
            values[known[name]] = number(value, name, where)
        found.append((example["customer_id"], example["as_of"], int(example["label"]), values))
    if not found:
        raise Refused(f"{path} holds no examples with a label")
    found.sort(key=lambda row: (row[0], row[1], row[2], str(row[3])))
    customers, times, labels, values = zip(*found)
    return Rows(list(customers), list(times), np.array(labels), np.array(values, dtype=np.float64))
