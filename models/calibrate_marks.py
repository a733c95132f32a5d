"""Fourth stage for marks: how likely a mark is right, and from where on it is shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import BoxedPicture
from measures.detection import Matched, match
from measures.froc import froc_curve
from measures.operating_points import just_below
from measures.recalibration import platt_fit
from models.artefacts import MODEL, write_json
from models.calibrate import description, tuning_outputs
from models.marking import Peaks, peaks, scored
from models.params import OperatingRule, Params
from models.tasks import Calibration
from models.tasks.detection import MATCHING, marks_text, read_marks
from records.errors import InvalidInput

_EVERY = Calibration(1.0, 0.0, 0.0)


def calibrate_marks(decoded: Path, model: Path, *, params: Params) -> Calibration:
    """Platt's calibration of the marks and the operating point, both from the tuning split alone.

    A mark's probability is that it is on a lesion; marks that count neither way are left out. The
    rule comes from the device definition: ``false_positives`` is the lowest threshold with no more
    than the target of false positives per image, ``fixed_sensitivity`` the highest one that finds
    at least the target share of the lesions; half-way to the next lower mark, so that rounding in
    another engine moves none across it. Writes ``model.json``.

    Raises InvalidInput where the marks of the tuning studies are all wrong, all right, or find too
    few lesions at any threshold; NotFound when the exported model is missing, IntegrityBroken when
    it is of another fit.
    """
    maps, index, digest = tuning_outputs(decoded, model, params=params)
    lesions = index["lesions"].tolist()
    shapes = [(one.rows, one.columns) for one in map(BoxedPicture.of, lesions)]
    candidates = [peaks(one, shape) for one, shape in zip(maps, shapes, strict=True)]
    found = choose_point(candidates, lesions, rule=params.operating_point)
    write_json(model / MODEL, description(model, found, params, digest))
    return found


def choose_point(
    candidates: Sequence[Peaks], lesions: Sequence[str], *, rule: OperatingRule
) -> Calibration:
    """Calibration and threshold from the candidates of tuning pictures and their true lesions.

    Raises InvalidInput as :func:`calibrate_marks`.
    """
    raw = _matched(candidates, lesions, _EVERY)
    logit = _log_odds(raw.score)
    right = raw.lesion >= 0
    if not right.any() or right.all():
        raise InvalidInput(
            f"Of {right.size} marks in the tuning studies {int(right.sum())} are on a lesion: "
            "nothing tells right from wrong ones.",
            hint="Train longer or on more lesions.",
        )
    slope, intercept = platt_fit(logit, right.astype(int))
    fitted = Calibration(slope, intercept, 0.0)
    point = _threshold(_matched(candidates, lesions, fitted), rule)
    return Calibration(slope, intercept, point)


def _matched(
    candidates: Sequence[Peaks], lesions: Sequence[str], fitted: Calibration
) -> Matched:
    marks = [marks_text(scored(one, fitted)) for one in candidates]
    return match(read_marks(marks, lesions), MATCHING)


def _log_odds(score: NDArray[Any]) -> NDArray[np.float64]:
    inside = np.clip(score, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _threshold(matched: Matched, rule: OperatingRule) -> float:
    curve, target = froc_curve(matched), float(rule.target or 0)
    if rule.rule == "fixed_sensitivity":
        reached = np.flatnonzero(curve.sensitivity >= target)
        if reached.size == 0:
            raise InvalidInput(
                f"All marks together find {curve.sensitivity[-1]:.3f} of the lesions of the tuning "
                f"studies; the device declares {target:g}.",
                hint="Declare a lower sensitivity, or false positives per image, in a new revision "
                "of the device; or train on more lesions.",
            )
        return just_below(float(curve.threshold[reached[0]]), matched.score)
    allowed = np.flatnonzero(curve.false_positives <= target)
    point = float(curve.threshold[allowed[-1]])
    if np.isfinite(point):
        return just_below(point, matched.score)
    raise InvalidInput(
        f"The best mark alone gives more than {target:g} false positives per image.",
        hint="Declare more in a new revision of the device, or train on more lesions.",
    )


