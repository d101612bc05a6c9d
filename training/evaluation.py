"""How good scores are: AUC with its interval, calibration, precision of bands."""

from math import exp, log, sqrt

import numpy as np

Z95 = 1.959963984540054


def mid_ranks(values):
    """Ranks from 1, the same mean rank for equal values."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[place]


def auc(scores, labels):
    """(value, low, high): DeLong's (1988) variance from ranks after Sun and Xu (2014), 95 % on the
    logit scale. Where the scores part the labels without error, the bound of Clopper and Pearson
    on as many pairs as share no row."""
    ones, zeros = scores[labels == 1], scores[labels == 0]
    n, m = len(ones), len(zeros)
    ranks = mid_ranks(np.concatenate([ones, zeros]))
    above = (ranks[:n] - mid_ranks(ones)) / m
    below = 1 - (ranks[n:] - mid_ranks(zeros)) / n
    value = float(above.mean())
    if value in (0.0, 1.0):
        bound = 0.025 ** (1 / min(n, m))
        return (1.0, bound, 1.0) if value else (0.0, 0.0, 1 - bound)
    spread = (above.var(ddof=1) / n if n > 1 else 0) + (below.var(ddof=1) / m if m > 1 else 0)
    logit, reach = log(value / (1 - value)), Z95 * sqrt(spread) / (value * (1 - value))
    return value, 1 / (1 + exp(reach - logit)), 1 / (1 + exp(-reach - logit))


def wilson(hits, rows):
    """(share, low, high) with Wilson's (1927) interval of 95 %; Nones without rows."""
    if rows == 0:
        return None, None, None
    share, squared = hits / rows, Z95 * Z95
    middle = (share + squared / (2 * rows)) / (1 + squared / rows)
    inside = share * (1 - share) / rows + squared / (4 * rows * rows)
    reach = Z95 * sqrt(inside) / (1 + squared / rows)
    return share, max(0.0, middle - reach), min(1.0, middle + reach)


def logistic(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def log_loss(scores, labels):
    of_truth = np.where(labels == 1, scores, 1 - scores)
    return float(-np.log(np.maximum(of_truth, 1e-15)).mean())


def fit_platt(margins, labels):
    """(slope, offset) of the calibrated log-odds, by Platt (1999) with softened labels and the
    halved Newton steps of Lin, Lin and Weng (2007). None if the margins do not rise with the
    labels: a calibration may not turn the order of customers around."""
    ones = int(labels.sum())
    zeros = len(labels) - ones
    if ones == 0 or zeros == 0:
        return None
    target = np.where(labels == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))

    def loss(slope, offset):
        x = slope * margins + offset
        return float((np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))) - x * target).sum())

    slope, offset = 0.0, log((ones + 1) / (zeros + 1))
    best = loss(slope, offset)
    for _ in range(100):
        p = logistic(slope * margins + offset)
        error, weight = p - target, p * (1 - p)
        gs, go = float((error * margins).sum()), float(error.sum())
        if max(abs(gs), abs(go)) < 1e-9 * len(labels):
            break
        hss = float((weight * margins * margins).sum()) + 1e-12
        hso = float((weight * margins).sum())
        hoo = float(weight.sum()) + 1e-12
        determinant = hss * hoo - hso * hso
        ds, do = (hoo * gs - hso * go) / determinant, (hss * go - hso * gs) / determinant
        size = 1.0
        while size > 1e-10 and not loss(slope - size * ds, offset - size * do) < best:
            size /= 2
        if size <= 1e-10:
            break
        slope, offset = slope - size * ds, offset - size * do
        best = loss(slope, offset)
    return (slope, offset) if slope > 0 else None


def bands_of(scores, labels, thresholds):
    """What happened to the rows of each band; `thresholds` is [(name, from)], highest first."""
    bands, below = [], float("inf")
    for name, start in thresholds:
        inside = (scores >= start) & (scores < below)
        rows, positives = int(inside.sum()), int(labels[inside].sum())
        precision, low, high = wilson(positives, rows)
        caught = int(labels[scores >= start].sum())
        bands.append(
            {
                "risk_level": name,
                "from": start,
                "rows": rows,
                "positives": positives,
                "precision": precision,
                "precision_low": low,
                "precision_high": high,
                "recall": caught / int(labels.sum()) if labels.any() else None,
            }
        )
        below = start
    return bands
