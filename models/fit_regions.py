"""Second stage for radiomics: which features hold, which are kept, and their weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.roc import auc
from models.artefacts import FEATURE_REFERENCE, TRAINING, Columns, read_json, write_json
from models.decode import load_decoded
from models.epochs import CURVE, write_curve
from models.familiarity import learn_reference
from models.params import LINEAR, Params
from models.progress import Report, nobody_watches
from models.radiomics.catalogue import features
from models.radiomics.classifier import (
    INNER_FOLDS,
    FeatureTable,
    fitted_recipe,
    require_patients,
    usable_features,
)
from models.radiomics.linear import LinearModel, write_onnx
from models.radiomics.outline_changes import CHANGES, Stability, changed_outline, stability_of
from models.radiomics.region_features import KEYS, Mask, region_features, why_unread
from models.training_cost import COST, Meter
from models.true_masks import Spacing, pictures_of, spacings, true_masks
from models.weights import load_weights, save_weights
from records.errors import InvalidInput
from records.radiomics_rules import RadiomicsRules

Numbers = NDArray[np.float64]
_PACKAGES = ("scikit-learn", "numpy", "scipy", "pydicom")
_MOST_REDRAWN = 200  # training regions whose outline is changed: enough for a narrow interval


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Outlined pictures of a decoded dataset, in the order of the rows that were asked for."""

    pictures: Sequence[NDArray[np.float32]]
    masks: Sequence[Mask]
    spacings: Sequence[Spacing]

    def measured(self, rules: RadiomicsRules) -> Numbers:
        """Their features (regions, features), NaN where not estimable."""
        found = [
            region_features(*one, rules)
            for one in zip(self.pictures, self.masks, self.spacings, strict=True)
        ]
        return np.stack(found) if found else np.empty((0, len(KEYS)))


def load_regions(
    decoded: Path, index: Columns, rows: Sequence[int], rules: RadiomicsRules
) -> Regions:
    """The outlined pictures of these rows of the index.

    Raises InvalidInput where the dataset has no outlines, or one cannot be read with its picture;
    IntegrityBroken for what the decode stage did not write.
    """
    if "region" not in index:
        raise InvalidInput(
            f"The dataset holds no outlines of {rules.region}.",
            hint="Train on a table with a column of masks: radvigil model train --data.",
        )
    pictures = list(pictures_of(decoded, [str(index["digest"][row]) for row in rows]))
    masks = list(true_masks(decoded, [str(index["region"][row]) for row in rows]))
    for row, picture, mask in zip(rows, pictures, masks, strict=True):
        if why := why_unread(mask, picture.shape, rules):
            raise InvalidInput(f"Image {index['instance_uid'][row]}: {why}.")
    apart = spacings(decoded, [str(index["instance_uid"][row]) for row in rows])
    if len({one is None for one in apart}) > 1:
        raise InvalidInput("Some images state the spacing of their pixels and some do not: their "
                           "lengths cannot be compared.")  # fmt: skip
    return Regions(pictures, masks, apart)


def fit_regions(
    decoded: Path,
    model: Path,
    *,
    params: Params,
    report: Report | None = None,
    checkpoints: Path | None = None,  # noqa: ARG001  (nothing to go on from: it takes seconds)
) -> str:
    """Fit logistic regression on the features of the training regions and return its weights' hash.

    Of the training split alone: which features hold under other outlines (the device's rule), gaps,
    scaling, how many features and which penalty (four folds of patients). The tuning split is only
    watched. Writes the same files as :func:`models.fit.fit_model`; ``training.json`` also tells
    each feature's stability and weight.

    Raises InvalidInput when a class has too few patients, no feature may be used, or fit.network
    names a network.
    """
    if params.fit.network != LINEAR or params.task.radiomics is None:
        raise InvalidInput(
            f"The network {params.fit.network!r} reads no radiomic features.",
            hint=f"Set fit.network to {LINEAR} in the device's parameters.",
        )
    rules, say, meter = params.task.radiomics, report or nobody_watches, Meter("cpu")
    training, regions = _part(decoded, "train", rules)
    tuning, _ = _part(decoded, "tuning", rules)
    say(f"{len(training.truth)} training regions measured")
    held = _stability(regions, training.values, rules)
    table, left_out = _usable(training, held)
    say(f"{len(table.keys)} of {len(KEYS)} features may be used")
    linear = _fitted(table, params.seed)
    say(f"{len(linear.keys)} features kept: {', '.join(linear.keys)}")
    places = [KEYS.index(key) for key in linear.keys]
    seen, held_out = (
        linear.standardised(one.values[:, places]) for one in (training, tuning)
    )
    learn_reference(seen, held_out).save(model / FEATURE_REFERENCE)
    _write_curve(model, linear, (training, tuning), places)
    name = save_weights(model, linear.state)
    write_json(model / TRAINING, {
        "weights_hash": name,
        "studies": {"train": len(training.truth), "tuning": len(tuning.truth)},
        "software": {package: version(package) for package in _PACKAGES},
        "cpu_capability": "not used",
        "trained_on": "processor",
        "features": _told(linear, held),
        "left_out": left_out,
        "outlines_changed": min(len(training.truth), _MOST_REDRAWN),
    })  # fmt: skip
    write_json(model / COST, {"weights_hash": name, **meter.so_far()})
    return name


def export_regions(model: Path, *, params: Params) -> str:  # noqa: ARG001
    """Write ``model.onnx`` from ``weights.pt``; returns the file's SHA-256.

    Raises WeightsAltered when the weights are not those that the fit stage named.
    """
    training = read_json(model / TRAINING)
    name = str(training["weights_hash"])
    keys = [one["key"] for one in training["features"]]
    return write_onnx(LinearModel.of_state(load_weights(model, name), keys), model,
                      weights_hash=name)  # fmt: skip


def _part(decoded: Path, name: str, rules: RadiomicsRules) -> tuple[FeatureTable, Regions]:
    _, index = load_decoded(decoded)
    rows = np.flatnonzero(index["split"] == name)
    truth = index["finding"][rows].astype(np.int64)
    if not 0 < truth.sum() < truth.size:
        raise InvalidInput(
            f"Of {truth.size} studies of the {name} split {int(truth.sum())} have the finding.",
            hint="Both kinds are needed in training and tuning.",
        )
    if name == "train":
        require_patients(
            truth, index["patient"][rows], INNER_FOLDS, hint="Add patients to the training part."
        )
    regions = load_regions(decoded, index, rows.tolist(), rules)
    return FeatureTable(KEYS, regions.measured(rules), truth, index["patient"][rows]), regions


def _stability(regions: Regions, drawn: Numbers, rules: RadiomicsRules) -> list[Stability]:
    """How each feature holds when the outlines of the first training regions are changed."""
    first = slice(0, _MOST_REDRAWN)
    changed = [
        _redrawn(regions, first, way, rules) for way in CHANGES
    ]
    return stability_of(KEYS, [drawn[first], *changed], least_icc=rules.least_icc)


def _redrawn(regions: Regions, first: slice, way: str, rules: RadiomicsRules) -> Numbers:
    rows = []
    for picture, mask, spacing in zip(
        regions.pictures[first], regions.masks[first], regions.spacings[first], strict=True
    ):
        other = changed_outline(mask, way, rules.outline_change)
        unread = why_unread(other, picture.shape, rules)
        rows.append(
            np.full(len(KEYS), np.nan) if unread
            else region_features(picture, other, spacing, rules)
        )
    return np.stack(rows)


def _usable(
    table: FeatureTable, held: Sequence[Stability]
) -> tuple[FeatureTable, dict[str, str]]:
    """The training table with the features that may be used, and why the others may not."""
    varies, constant = usable_features(table)
    left_out = dict.fromkeys(constant, "it has not two different values in training") | {
        one.key: _why_unstable(one) for one in held if not one.stable and one.key not in constant
    }
    use = varies & np.array([one.stable for one in held])
    if not use.any():
        raise InvalidInput(
            "No feature holds when the outlines are drawn a little otherwise.",
            hint="Look at outlines and settings; least_icc is for the device's maker to declare.",
        )
    keys = tuple(key for key, one in zip(table.keys, use, strict=True) if one)
    return FeatureTable(keys, table.values[:, use], table.truth, table.patients), left_out


def _why_unstable(one: Stability) -> str:
    if one.icc.value is None:
        return f"its stability is not estimable: {one.icc.reason}"
    return f"ICC {one.icc.value:.3f} ({one.icc.low:.3f} to {one.icc.high:.3f}, n = {one.icc.n})"


def _fitted(table: FeatureTable, seed: int) -> LinearModel:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        pipeline = fitted_recipe(table.values, table.truth, table.patients, seed=seed)
    return LinearModel.of(pipeline, table.keys)


def _write_curve(
    model: Path, linear: LinearModel, parts: Sequence[FeatureTable], places: Sequence[int]
) -> None:
    """One line where networks have one an epoch: mean cross-entropy of both parts, tuning AUC."""
    logits = [linear.outputs(one.values[:, places]) for one in parts]
    losses = [
        float(np.mean(np.logaddexp(0.0, logit) - one.truth * logit))
        for logit, one in zip(logits, parts, strict=True)
    ]
    found = auc(parts[1].truth, logits[1]).value
    row = {"member": 1, "epoch": 1, "train": losses[0], "tuning": losses[1]}
    write_curve(model / CURVE, [row | {"tuning_auc": 0.5 if found is None else found}])


def _told(linear: LinearModel, held: Sequence[Stability]) -> list[dict[str, Any]]:
    """Each kept feature by its IBSI name, with what the model does with it."""
    stable = {one.key: one.icc for one in held}
    columns = (linear.keys, linear.fill, linear.centre, linear.scale, linear.coefficients)
    return [
        {
            "key": key, "ibsi": features()[key].ibsi, "family": features()[key].family,
            "name": features()[key].name, "unit": features()[key].unit,
            "median": float(median), "mean": float(mean), "standard_deviation": float(spread),
            "coefficient": float(weight), "icc": stable[key].to_dict(),
        }
        for key, median, mean, spread, weight in zip(*columns, strict=True)
    ]  # fmt: skip
