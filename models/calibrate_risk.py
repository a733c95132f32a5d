"""Fourth stage for a prognosis: risks become chances by the horizon, and where high risk begins."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.clinical_course import ClinicalCourse
from measures.follow_up import accepted_follow_up, kaplan_meier
from measures.hazard_fit import baseline_hazard, hazard_slope
from measures.operating_points import just_below
from models.artefacts import MODEL, write_json
from models.calibrate import description, tuning_outputs
from models.decode import load_decoded
from models.fit_risk import COURSE, clinical_columns
from models.params import OperatingRule, Params
from models.tasks import Calibration, PrognosisTask
from records.errors import InvalidInput

Numbers = NDArray[np.float64]


def calibrate_risk(decoded: Path, model: Path, *, params: Params) -> Calibration:
    """Slope and baseline of Cox's model and the operating point, all from the tuning split alone.

    The rule ``fixed_sensitivity`` is the highest threshold that flags at least the target share of
    those with the event by the horizon, weighed for those who were not followed that long
    (:func:`threshold_of_risk`). Writes ``model.json``.

    Raises InvalidInput where the tuning studies were not followed to the horizon or cannot tell the
    slope; NotFound when the exported model is missing, IntegrityBroken when it is of another fit.
    """
    _, whole = load_decoded(decoded)
    facts, _, _ = clinical_columns(whole, params)
    risk, index, digest = tuning_outputs(decoded, model, params=params, facts=facts)
    courses = [ClinicalCourse.of(text) for text in index[COURSE].tolist()]
    days = np.array([one.followed_days for one in courses])
    event = np.array([one.event for one in courses], dtype=bool)
    horizon = float(params.task.horizon_days or 0)
    found = choose_for_risk(risk, (days, event), horizon=horizon, rule=params.operating_point)
    write_json(model / MODEL, description(model, found, params, digest))
    return found


def choose_for_risk(
    risk: Numbers, followed: tuple[Numbers, NDArray[np.bool_]], *, horizon: float,
    rule: OperatingRule,
) -> Calibration:  # fmt: skip
    """Calibration and threshold from raw risks of tuning studies, days followed, and events.

    Raises InvalidInput as :func:`calibrate_risk`.
    """
    days, event = followed
    try:
        slope = hazard_slope(days, event, risk)
        baseline = baseline_hazard(days, event, slope * risk, horizon=horizon)
    except ValueError as wrong:
        raise InvalidInput(
            f"The tuning split cannot calibrate chances by day {horizon:g}: {wrong}.",
            hint="Add studies that were followed longer, or declare an earlier horizon.",
        ) from wrong
    fitted = Calibration(slope, float(np.log(baseline)), 0.5)
    score = PrognosisTask().decode(risk, fitted).score
    point = threshold_of_risk(score, followed, horizon=horizon, target=float(rule.target or 1))
    return Calibration(slope, fitted.intercept, point)


def threshold_of_risk(
    score: Numbers, followed: tuple[Any, Any], *, horizon: float, target: float
) -> float:
    """The highest threshold that flags at least the target share of those with the event by then,
    halfway to the next lower score, so that rounding decides of no study.

    Each is weighed by the inverse chance of still being under observation just before the event
    (Uno et al., JASA 2007;102:527). Raises InvalidInput without such a study.
    """
    seen = accepted_follow_up(*followed)
    early = seen.event & (seen.time <= horizon)
    if not early.any():
        raise InvalidInput(f"No tuning study has the event by day {horizon:g}.")
    watched = kaplan_meier(seen, censoring=True).just_before(seen.time[early])
    order = np.argsort(-score[early], kind="stable")
    share = np.cumsum(1.0 / watched[order])
    reached = np.flatnonzero(share >= target * share[-1] - 1e-12)
    return just_below(float(score[early][order][reached[0]]), score)
