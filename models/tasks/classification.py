"""Is the finding there, yes or no: one score per study, one decision at the operating point."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from measures import binary, calibration
from measures.clustered import clustered
from measures.estimate import Estimate
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
    Unjudged,
)
from models.tasks.two_classes import TwoClasses, missed_and_false_alarms

Measure = Callable[..., Estimate]

# In the order in which they are reported; True: of the decision, False: of the score.
_MEASURES: dict[str, tuple[Measure, bool]] = {
    "auc": (binary.auc, False),
    "sensitivity": (binary.sensitivity, True),
    "specificity": (binary.specificity, True),
    "ppv": (binary.ppv, True),
    "npv": (binary.npv, True),
    "f1": (binary.f1, True),
    "brier": (calibration.brier, False),
    "calibration_slope": (calibration.calibration_slope, False),
    "calibration_intercept": (calibration.calibration_intercept, False),
    "accuracy": (binary.accuracy, True),
}
# What studies of one class alone can show. PPV and F1 would be 1 or 0 there, NPV likewise, whatever
# the device does; AUC and calibration compare the classes.
NO_SCORE = "the product states no score"
"""Why nothing is made of scores that another maker's product does not state (NaN)."""

_OF_DISEASED_ALONE = frozenset({"sensitivity", "brier", "accuracy"})
_OF_HEALTHY_ALONE = frozenset({"specificity", "brier", "accuracy"})


class ClassificationTask(TwoClasses):
    """One finding, present or absent, in one study."""

    name = "classification"
    fields: tuple[OutputField, ...] = (
        OutputField("score", "number", "probability", "calibrated probability of the finding"),
        OutputField("decision", "yes or no", "", "score at or above the operating point"),
    )
    watched = ("score",)
    columns: tuple[str, ...] = ()
    two_classes = True
    measures = tuple(_MEASURES)
    main_measure = "auc"
    followed: tuple[str, ...] = ("auc", "sensitivity", "specificity")
    headline: tuple[str, ...] = ("auc", "sensitivity", "specificity")
    truth_forms: tuple[str, ...] = ()
    degraded_by: tuple[str, ...] = EVERY_DEGRADATION
    not_operated = ""
    gives_maps = False
    averaged = True
    reads_outline = False
    not_asked: Mapping[str, str] = {}

    def decode(self, logit: Column, calibration: Calibration) -> Decoded:
        """The calibrated probability of the finding, and yes where it reaches the operating point.

        logit: raw network output, shape (studies,), any finite scale.
        Raises ValueError when an output is not finite: no study is silently called negative.

        >>> decoded = ClassificationTask().decode([0.0, 2.0], Calibration(1.0, 0.0, 0.6))
        >>> decoded.score.round(3).tolist(), decoded.decision.tolist()
        ([0.5, 0.881], [False, True])
        """
        raw = np.asarray(logit, dtype=np.float64)
        if not np.isfinite(raw).all():
            raise ValueError("the network's output is not finite for every study")
        odds = calibration.slope * raw + calibration.intercept
        score = np.exp(-np.logaddexp(0.0, -odds))
        return Decoded(score=score, decision=score >= calibration.operating_point)

    def estimates(
        self,
        outcomes: Outcomes,
        *,
        level: float = 0.95,
        minimum_n: int = 20,
    ) -> list[Estimate]:
        """How well the device did on these studies: all together, then each subgroup.

        Ten measures a subgroup, named 'all' or 'field=label' (fields in the order given, labels
        sorted). Not estimable, with n and the reason, where the label was not recorded
        ('sex=not recorded'), below ``minimum_n`` studies, or where the class that the measure is
        about is missing: diseased studies alone show sensitivity, healthy ones specificity.
        Where a patient of the group has several studies, intervals allow for their likeness
        (:mod:`measures.clustered`); otherwise they are DeLong, Wilson and Wald.

        Raises ValueError for malformed columns; an empty column gives 'not estimable'.
        """
        found: list[Estimate] = []
        for name, group in outcomes.groups(minimum_n):
            if isinstance(group, Unjudged):
                found += group.of(_MEASURES, name)
            else:
                found += self._of_group(group, name, level)
        return found

    def answered(self, said: Said, known: Known) -> dict[str, Any]:  # noqa: ARG002
        """Nothing beside score and decision."""
        return {}

    def failures(self, outcomes: Outcomes, most: int) -> dict[str, list[Failure]]:
        """Missed studies and false alarms, by the probability."""
        return missed_and_false_alarms(outcomes, most)

    def _of_group(self, outcomes: Outcomes, name: str, level: float) -> list[Estimate]:
        n = len(outcomes)
        diseased = int(np.asarray(outcomes.truth).sum())
        several = np.unique(np.asarray(outcomes.patient)).size < n
        shown, reason = _shown(diseased, n)
        unscored = int(np.isnan(np.asarray(outcomes.score, dtype=np.float64)).sum())
        found = []
        for each, (_, of_decision) in _MEASURES.items():
            if unscored and not of_decision:
                why = NO_SCORE if unscored == n else f"{unscored} of {n} results state no score"
                found.append(Estimate.not_estimable(each, why, n=n, subgroup=name))
            elif each in shown:
                found.append(_one(each, outcomes, level, several).for_subgroup(name))
            else:
                found.append(Estimate.not_estimable(each, reason, n=n, subgroup=name))
        return found


def _shown(diseased: int, n: int) -> tuple[Collection[str], str]:
    """The measures that these studies can show, and why not the others."""
    if diseased == 0:
        return _OF_HEALTHY_ALONE, "no diseased study"
    if diseased == n:
        return _OF_DISEASED_ALONE, "no study without the finding"
    return _MEASURES, ""


def _one(name: str, outcomes: Outcomes, level: float, several: bool) -> Estimate:
    function, of_decision = _MEASURES[name]
    column: Any = outcomes.decision if of_decision else outcomes.score
    if several:
        return clustered(name, outcomes.truth, column, patients=outcomes.patient, level=level)
    return function(outcomes.truth, column, level=level)
