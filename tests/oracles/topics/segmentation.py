"""Masks drawn as boxes: overlap, and distances under both conventions, pair by pair."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from measures.binary import specificity
from measures.masks import Mask
from measures.segmentation import Overlap, overlap
from measures.surface_distance import CONVENTIONS, Outline, SurfaceDistances, surface_distances
from tests.oracles.case import Case, Comparison

BLOCKS = {f"{convention.replace(' ', '_')}_convention": convention for convention in CONVENTIONS}
OVERLAP: dict[str, Callable[[Overlap], float | None]] = {
    "n_ref": lambda found: found.reference,
    "n_pred": lambda found: found.predicted,
    "n_both": lambda found: found.both,
    "dice": lambda found: found.dice,
    "jaccard": lambda found: found.jaccard,
    "sensitivity": lambda found: found.sensitivity,
    "precision": lambda found: found.precision,
    "size_ref": lambda found: found.reference_size,
    "size_pred": lambda found: found.predicted_size,
    "volume_difference_mm3": lambda found: found.volume_difference_ml * 1000.0,
    "volume_difference_ml": lambda found: found.volume_difference_ml,
    "volume_similarity": lambda found: found.volume_similarity,
}

SHARES = ("nsd", "surface_dice", "overlap_ref", "overlap_pred")
_UNKNOWN = object()  # a name that is not read: what is expected there fails by name


def compare(case: Case, comparison: Comparison) -> None:
    boxes = case.file_with("pair", "mask", "z0", "z1", "y0", "y1", "x0", "x1")
    digits = case.asked["tolerance"]
    overlaps, distances = _absolute(digits["overlap"]), _absolute(digits["distances"])
    for pair, asked in case.inputs["pairs"].items():
        masks = _mask(boxes, pair, "ref", asked), _mask(boxes, pair, "pred", asked)
        both = overlap(*masks, asked["spacing"])
        if comparison.has(pair, "overlap"):
            for key in comparison.expected(pair, "overlap"):
                if key in OVERLAP:
                    figure = OVERLAP[key](both)
                    comparison.near(pair, "overlap", key, found=figure, absolute=overlaps)
                elif key == "specificity":
                    here = specificity(masks[0].ravel(), masks[1].ravel()).value
                    comparison.near(pair, "overlap", key, found=here, absolute=overlaps)
        for block, convention in BLOCKS.items():
            found = surface_distances(*masks, asked["spacing"], convention=convention)
            if comparison.has(pair, block):
                _distances(comparison, (pair, block), found, asked["tolerance"], distances)
            _published(comparison, pair, both, found, asked["tolerance"])
        if not masks[0].any() or not masks[1].any():
            _empty(comparison, masks, asked)


def _distances(
    comparison: Comparison,
    path: tuple[str, str],
    found: SurfaceDistances,
    tolerance: float | list[float],
    absolute: float,
) -> None:
    for key, value in comparison.expected(*path).items():
        if isinstance(value, dict):  # a value at each tolerance, which its key names
            for told in value:
                share = key.removesuffix("_at_tolerance")
                if share in SHARES and re.fullmatch(r"\d+(\.\d+)?", str(told)):
                    at = _figure(share, found, float(told))
                    comparison.near(*path, key, told, found=at, absolute=absolute)
            continue
        figure = _figure(key, found, tolerance)
        if figure is _UNKNOWN:
            continue
        if value in ("Infinity", "NaN", None) and figure is None:  # rule of empty masks: not 0
            comparison.same(*path, key, found=value)
        else:
            comparison.near(*path, key, found=figure, absolute=absolute)


def _figure(key: str, found: SurfaceDistances, tolerance: float | list[float]) -> Any:
    """The figure that the oracle calls by this name; at each tolerance where it lists several."""
    percent = re.fullmatch(r"hd(\d+)(_pooled|_max_of_directed)?", key)
    if percent and percent[2] == "_pooled":
        return found.hausdorff_percentile_pooled(float(percent[1]))
    if percent:
        return found.hausdorff_percentile(float(percent[1]))
    plain: dict[str, Callable[[], float | None]] = {
        "hd": found.hausdorff,
        "hd_ref_to_pred": lambda: _furthest(found, found.reference),
        "hd_pred_to_ref": lambda: _furthest(found, found.predicted),
        "asd_pred_to_ref": found.average_from_predicted,
        "average_pred_to_ref": found.average_from_predicted,
        "asd_ref_to_pred": found.average_from_reference,
        "average_ref_to_pred": found.average_from_reference,
        "assd_pooled": found.assd,
        "assd": found.assd,
        "masd_mean_of_directed": found.masd,
        "masd": found.masd,
        "n_border_ref": lambda: found.reference.size.size,
        "n_border_pred": lambda: found.predicted.size.size,
    }
    shares = {
        "nsd": found.surface_dice,
        "surface_dice": found.surface_dice,
        "overlap_ref": found.reference_within,
        "overlap_pred": found.predicted_within,
    }
    if key in shares and isinstance(tolerance, list):
        return [shares[key](one) for one in tolerance]
    if key in shares and not isinstance(tolerance, list):
        return shares[key](tolerance)
    return plain[key]() if key in plain else _UNKNOWN


def _furthest(found: SurfaceDistances, one: Outline) -> float | None:
    return float(one.distance.max()) if found.defined else None


def _published(
    comparison: Comparison, pair: str, both: Overlap, found: SurfaceDistances, tolerance: float
) -> None:
    """Printed values, at their printed precision: MetricsReloaded counts border voxels, DeepMind
    surface elements (which of the two, the names of the figures say).
    """
    if not comparison.has("published", pair):
        return
    printed: dict[str, Any] = comparison.expected("published", pair)
    elements = bool({"surface_dice", "average", "overlap"} & set(printed))
    for key, value in printed.items():
        if key in OVERLAP:
            figure: Any = OVERLAP[key](both)
        elif elements != (found.convention == "surface element"):
            continue
        elif key == "average":
            figure = [found.average_from_reference(), found.average_from_predicted()]
        elif key == "overlap":
            figure = [found.reference_within(tolerance), found.predicted_within(tolerance)]
        else:
            figure = _figure(key, found, tolerance)
        if figure is _UNKNOWN:
            continue
        last = min(10.0 ** -len(str(one).partition(".")[2]) for one in np.atleast_1d(value))
        comparison.near("published", pair, key, found=figure, absolute=0.51 * last)


def _empty(comparison: Comparison, masks: tuple[Mask, Mask], asked: dict[str, Any]) -> None:
    """Our rule is held to the case's; what two tools print is informative, for they differ."""
    rule = "both_empty" if not masks[0].any() and not masks[1].any() else "one_empty"
    if not comparison.has("empty_mask_rules", rule):
        return
    both = overlap(*masks, asked["spacing"])
    assert both.dice == (None if rule == "both_empty" else 0.0)
    for convention in CONVENTIONS:
        found = surface_distances(*masks, asked["spacing"], convention=convention)
        figures = (found.hausdorff, found.hausdorff_percentile, found.assd, found.masd)
        assert all(figure() is None for figure in figures), "a distance to nothing"
        dice = found.surface_dice(float(np.min(asked["tolerance"])))
        assert dice == (None if rule == "both_empty" else 0.0)
    for key, value in comparison.expected("empty_mask_rules", rule).items():
        if key.startswith("published"):
            why = "MetricsReloaded and DeepMind disagree on empty masks: the product states its own"
            comparison.informative("empty_mask_rules", rule, key, why=why)
        elif isinstance(value, str):
            comparison.same("empty_mask_rules", rule, key, found=value)  # held by the asserts above
        else:
            comparison.near("empty_mask_rules", rule, key, found=both.dice)


def _mask(boxes: pd.DataFrame, pair: str, which: str, asked: dict[str, Any]) -> Mask:
    shape = tuple(asked["shape"])
    mask = np.zeros(shape if len(shape) == 3 else (1, *shape), dtype=bool)
    rows = boxes[(boxes["pair"] == pair) & (boxes["mask"] == which)]
    for z0, z1, y0, y1, x0, x1 in rows[["z0", "z1", "y0", "y1", "x0", "x1"]].to_numpy():
        mask[z0:z1, y0:y1, x0:x1] = True
    return mask if len(shape) == 3 else mask[0]


def _absolute(said: str) -> float:
    found = re.search(r"abs ([\d.e+-]+)", said)
    if found is None:
        raise ValueError(f"no absolute tolerance in {said!r}")
    return float(found[1])
