"""The card of a model as a page that people read."""


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def percent(share):
    return "–" if share is None else f"{100 * share:.1f} %"


def bullets(sentences):
    return "\n".join(f"- {sentence}" for sentence in sentences)


def readable(card):
    training, metrics, platt = card["training"], card["metrics"], card["calibration"]
    bands = table(
        ["band", "from", "rows", "label 1", "precision (95 %)", "caught by it or above"],
        [
            [
                band["risk_level"],
                f"{band['from']:.2f}",
                band["rows"],
                band["positives"],
                percent(band["precision"])
                if band["precision"] is None
                else f"{percent(band['precision'])} ({percent(band['precision_low'])} to "
                f"{percent(band['precision_high'])})",
                percent(band["recall"]),
            ]
            for band in card["bands"]
        ],
    )
    ways = {1: "rises", -1: "falls"}
    importance = sorted(card["importance"].items(), key=lambda entry: (-entry[1], entry[0]))
    typical = card["typical"]
    features = table(
        ["feature", "mean effect on the log-odds", "score with the feature", "middle value"],
        [
            [
                f"`{name}`",
                f"{size:.3f}",
                ways.get(training["directions"].get(name), "free"),
                "–" if typical[name] is None else f"{typical[name]:.6f}".rstrip("0").rstrip("."),
            ]
            for name, size in importance
        ],
    )
    parameters = ", ".join(f"{name} {value}" for name, value in training["parameters"].items())
    calibration = (
        f"Platt, log-odds = {platt['slope']:.4f} × margin {platt['offset']:+.4f}"
        if platt
        else "none"
    )
    return f"""# {card["version"]}

{card["predicts"]}

## Meant for

{bullets(card["intended_use"])}

## Not to be used for

{bullets(card["forbidden_use"])}

## Known limits

{bullets(card["limits"])}

## How good it is

Out of fold: every row is scored by a model and a calibration that never saw its customer
({training["folds"]} folds by hash of the customer's id). Intervals are of 95 % and take rows as
independent, which several rows of one customer are not.

AUC **{metrics["auc"]:.3f}** ({metrics["auc_low"]:.3f} to {metrics["auc_high"]:.3f}), log loss
{metrics["log_loss"]:.4f}, Brier {metrics["brier"]:.4f}.

{bands}

## What it was trained on

{training["description"]}

{training["rows"]} rows of {training["customers"]} customers, {training["positives"]} with label 1,
as of {training["from"]} to {training["to"]}.

{training["trainer"]}: {parameters}.
Calibration: {calibration}.

## What it looks at

{features}

## Identity

File `{card["name"]}.json`, SHA-256 `{card["hash"]}`, feature set {card["feature_set"]}.
"""
