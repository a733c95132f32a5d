"""Where does a structure lie, and how large is it: one outline per study, measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.clusters import Resampling
from measures.comparison import independent_difference
from measures.estimate import Estimate
from measures.mask_size import mask_size
from measures.repeatability import bland_altman
from measures.segmentation import overlap
from measures.study_means import mean_over_studies
from measures.study_quantile import value_of_lowest
from measures.surface_distance import surface_distances
from models.tasks.base import (
    EVERY_DEGRADATION,
    Calibration,
    Column,
    Decoded,
    Failure,
    Known,
    Outcomes,
    OutputField,
    Said,
    Share,
    Unjudged,
)
from models.tasks.multiclass import share

Mask = NDArray[np.bool_]
Spacing = tuple[float, float] | None

MM, PIXELS = "mm", "pixel"
"""In what a study is measured: never in mm where its image does not state the spacing."""

_HOW = Resampling(seed=1)
_LOWEST = 0.05
_SHARES = ("dice", "dice_lowest_5", "jaccard", "found", "fitting")
FITS = 0.90
"""The Dice from which on an outline counts as fitting: it can be watched study by study."""
_OF_UNIT = ("hd95", "assd", "area_difference")
_SUFFIX = {
    (name, unit): f"{name}_{short}{'2' if name == 'area_difference' and unit == MM else ''}"
    for unit, short in ((MM, "mm"), (PIXELS, "px"))
    for name in _OF_UNIT
}


class SegmentationTask:
    """One structure, outlined in one picture.

    An outline is compared on the picture's own grid. Score and yes-or-no decision say whether
    anything was outlined, so that a study is recorded and watched as by any other device.
    """

    name = "segmentation"
    fields = (
        OutputField("score", "number", "probability", "highest probability of any pixel"),
        OutputField("decision", "yes or no", "", "a pixel reaches the operating point"),
        OutputField("unit", "word", "", "mm, or pixel where the image states no spacing"),
        OutputField("area", "number", "mm² or pixels", "area of the outline"),
        OutputField("longest", "number", "mm or pixels", "longest diameter of the largest part"),
        OutputField("across", "number", "mm or pixels", "its extent at right angles to that"),
        OutputField("parts", "number", "", "connected parts of the outline"),
        OutputField("share", "number", "share", "share of the picture that is outlined"),
    )
    watched = ("score", "share")
    columns: tuple[str, ...] = ("unit", "dice", "jaccard", "hd95", "assd", "area_difference")
    two_classes = False
    main_measure = "dice"
    followed: tuple[str, ...] = ("dice", "dice_lowest_5", "fitting")
    measures = (*_SHARES, *_SUFFIX.values())
    headline: tuple[str, ...] = ("dice", "dice_lowest_5", "fitting")
    truth_forms: tuple[str, ...] = ("outline",)
    degraded_by: tuple[str, ...] = EVERY_DEGRADATION
    not_operated = ""
    gives_maps = True
    averaged = True
    reads_outline = False
    not_asked: Mapping[str, str] = {
        "thresholds": "the operating point cuts the probability of a pixel, and of a study the "
        "outline is kept, not the probability of each pixel",
        "other prevalences": "every study shows the structure: none is without it",
        "calibration": "the probability is of a pixel, not of a study",
        "net benefit": "the device outlines, and no decision about the patient is cut from it",
    }

    def decode(self, logit: Sequence[Any] | Column, calibration: Calibration) -> Decoded:
        """Of each study the highest probability of a pixel, and whether it is outlined.

        logit: raw outputs, one map a study on the picture's own grid (maps may differ in shape).
        Raises ValueError when an output is not finite: no outline is drawn around nothing known.

        >>> decoded = SegmentationTask().decode([[[-9., 0.], [2., -9.]]], Calibration(1., 0., 0.6))
        >>> decoded.score.round(3).tolist(), decoded.decision.tolist()
        ([0.881], [True])
        """
        highest = np.array([_finite(one).max() for one in logit], dtype=np.float64)
        odds = calibration.slope * highest + calibration.intercept
        score = np.exp(-np.logaddexp(0.0, -odds))
        return Decoded(score=score, decision=score >= calibration.operating_point)

    def outline(self, logit: Column, calibration: Calibration) -> Mask:
        """The pixels of one map whose probability reaches the operating point, bool, its shape."""
        odds = calibration.slope * _finite(logit) + calibration.intercept
        return np.asarray(np.exp(-np.logaddexp(0.0, -odds)) >= calibration.operating_point)

    def measured(self, mask: Mask, spacing: Spacing) -> dict[str, Any]:
        """The size of one outline, by the names of :attr:`fields`; diameters None where empty.

        spacing: mm between rows and between columns; None: in pixels, and the unit says so.
        """
        found = mask_size(mask, spacing or (1.0, 1.0))
        return {
            "unit": MM if spacing else PIXELS, "area": found.area, "longest": found.longest,
            "across": found.across, "parts": found.parts,
            "share": float(np.count_nonzero(mask)) / mask.size,
        }

    def compared(self, truth: Mask, mask: Mask, spacing: Spacing) -> dict[str, Any]:
        """The outline of one study beside the true one: what :attr:`columns` names.

        truth is not empty. A structure that was not found has Dice 0, and as distance the
        picture's diagonal, so that missing it never makes a mean distance smaller. hd95, assd:
        mm, or pixels without a spacing; area_difference: predicted less true, in their square.
        """
        apart = spacing or (1.0, 1.0)
        shared = overlap(truth, mask, apart)
        outlines = surface_distances(truth, mask, apart)
        missed = float(np.hypot(truth.shape[0] * apart[0], truth.shape[1] * apart[1]))
        hd95, assd = outlines.hausdorff_percentile(), outlines.assd()
        return {
            "unit": MM if spacing else PIXELS, "dice": shared.dice, "jaccard": shared.jaccard,
            "hd95": missed if hd95 is None else hd95, "assd": missed if assd is None else assd,
            "area_difference": shared.predicted_size - shared.reference_size,
        }

    def answered(self, said: Said, known: Known) -> dict[str, Any]:
        """Overlap with the true outline; distances are left out, which cost most of the time."""
        assert said.mask is not None and known.mask is not None
        shared = overlap(known.mask, said.mask, known.spacing or (1.0, 1.0))
        return {
            "unit": MM if known.spacing else PIXELS, "dice": shared.dice, "jaccard": shared.jaccard
        }

    def paired(
        self, first: Outcomes, second: Outcomes, *, level: float = 0.95
    ) -> list[Estimate]:
        """Mean differences of the Dice, and of the share that fits; whole patients are drawn."""
        dice, other = _column(first, "dice"), _column(second, "dice")
        fits = (dice >= FITS).astype(float) - (other >= FITS)
        return [
            mean_over_studies(
                name, values.tolist(), patients=first.patient, resampling=_HOW, level=level
            )
            for name, values in (("dice_difference", dice - other), ("fitting_difference", fits))
        ]

    def apart(self, first: Outcomes, second: Outcomes, *, level: float = 0.95) -> Estimate:
        """Difference of the mean Dice, from the two single intervals."""
        return independent_difference(*(_mean_dice(one, level) for one in (first, second)))

    def cut(self, outcomes: Outcomes) -> Column | None:  # noqa: ARG002
        """None: pixels are cut, not studies."""
        return None

    def shares(self, outcomes: Outcomes) -> tuple[Share, ...]:
        """The share of outlines that fit."""
        every = np.ones(len(outcomes), dtype=bool)
        return (Share("fitting", every, _column(outcomes, "dice") >= FITS),)

    def further(self, outcomes: Outcomes) -> list[Estimate]:
        """Agreement of the areas: bias and 95 % limits (Bland and Altman 1986), outlined less true,
        of the studies in mm² and of those in pixels."""
        found = []
        units = np.asarray(outcomes.more["unit"]).astype(str)
        for unit, suffix in ((MM, "mm2"), (PIXELS, "px")):
            rows = units == unit
            off = _column(outcomes, "area_difference")[rows]
            limits = bland_altman(off, np.zeros(off.size))
            for one in (limits.bias, limits.lower, limits.upper):
                measure = f"area_{one.measure}_{suffix}"
                found.append(
                    replace(one, measure=measure) if rows.any()
                    else Estimate.not_estimable(measure, _NONE_IN[unit], n=0)
                )
        return found

    def failures(self, outcomes: Outcomes, most: int) -> dict[str, list[Failure]]:
        """The outlines that do not fit, the lowest Dice first."""
        dice, said = _column(outcomes, "dice"), np.asarray(outcomes.decision).astype(bool)
        bad = np.flatnonzero(dice < FITS)
        worst = bad[np.argsort(dice[bad], kind="stable")][:most].tolist()
        return {"outline": [
            Failure(at, float(dice[at]), "dice",
                    _how_far_off(outcomes, at) if said[at] else "nothing outlined")
            for at in worst
        ]}  # fmt: skip

    def estimates(
        self,
        outcomes: Outcomes,
        *,
        level: float = 0.95,
        minimum_n: int = 20,
    ) -> list[Estimate]:
        """How well the outlines fit: all studies together, then each subgroup.

        *dice*, *jaccard*, and in mm (``hd95_mm``...) and pixels (``hd95_px``...) the 95th
        percentile of the distance of the outlines, their average distance and the difference of
        the areas: means over studies, with an interval that draws whole patients. A study counts
        in mm where its image states the spacing, else in pixels; n says how many.
        *dice_lowest_5*: what the worst 5 % of studies do not exceed. *found*: share of studies
        with any outline; *fitting*: with an outline of a Dice of 0.90 or more. Not estimable, with
        n and the reason, where the label was not recorded and below ``minimum_n`` studies.

        outcomes: with the columns of :attr:`columns`. Raises ValueError for malformed columns.
        """
        found: list[Estimate] = []
        for name, group in outcomes.groups(minimum_n):
            if isinstance(group, Unjudged):
                found += group.of(self.measures, name)
            else:
                found += [one.for_subgroup(name) for one in _of_group(group, level)]
        return found


def _finite(logit: Any) -> NDArray[np.float64]:
    raw = np.asarray(logit, dtype=np.float64)
    if not np.isfinite(raw).all():
        raise ValueError("the network's output is not finite for every pixel")
    return raw


def _of_group(group: Outcomes, level: float) -> Iterator[Estimate]:
    whose = np.asarray(group.patient)
    dice = _column(group, "dice")
    common: dict[str, Any] = {"patients": whose, "resampling": _HOW, "level": level}
    shares: dict[str, Any] = common | {"bounds": (0.0, 1.0)}
    yield _mean_dice(group, level)
    yield value_of_lowest("dice_lowest_5", dice, share=_LOWEST, **common)
    yield mean_over_studies("jaccard", _column(group, "jaccard").tolist(), **shares)
    said = np.asarray(group.decision).astype(float)
    yield mean_over_studies("found", said.tolist(), **shares)
    several = whose if np.unique(whose).size < len(group) else None
    fits = share("sensitivity", np.ones(len(group)), dice >= FITS, several, level)
    yield replace(fits, measure="fitting")
    units = np.asarray(group.more["unit"]).astype(str)
    for (name, unit), measure in _SUFFIX.items():
        if name not in group.more:  # of degraded images and training studies
            continue
        rows = units == unit
        if not rows.any():
            yield Estimate.not_estimable(measure, _NONE_IN[unit], n=0)
            continue
        values = _column(group, name)[rows].tolist()
        yield mean_over_studies(measure, values, **(common | {"patients": whose[rows]}))


def _mean_dice(group: Outcomes, level: float) -> Estimate:
    return mean_over_studies(
        "dice", _column(group, "dice").tolist(), patients=np.asarray(group.patient),
        resampling=_HOW, bounds=(0.0, 1.0), level=level,
    )


def _how_far_off(outcomes: Outcomes, at: int) -> str:
    """Distance and area of one outline against the true one, in its unit."""
    unit = str(outcomes.more["unit"][at])
    far, area = (float(outcomes.more[name][at]) for name in ("hd95", "area_difference"))
    square = "mm²" if unit == MM else "pixels"
    return f"HD95 {far:.1f} {unit}, area {area:+.0f} {square}"


_NONE_IN = {
    MM: "no image states the spacing of its pixels",
    PIXELS: "every image states the spacing of its pixels: measured in mm",
}


def _column(group: Outcomes, name: str) -> NDArray[np.float64]:
    return np.asarray(group.more[name], dtype=np.float64)
