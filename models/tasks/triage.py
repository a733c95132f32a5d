"""How urgent is a study, and is it to be read before its turn: an urgency on top of findings."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

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
from models.tasks.classification import ClassificationTask
from models.tasks.multiclass import by_number, class_probabilities, of_class, share
from models.tasks.two_classes import TwoClasses, missed_and_false_alarms

_ANY_FINDING = ClassificationTask()
_OF_URGENCY = ("auc", "sensitivity", "specificity", "ppv", "npv", "f1", "accuracy")
OF_EACH_FINDING = ("finding_sensitivity",)
"""Measures of one finding, which stand under it; each finding has to be moved up on its own."""


class TriageTask(TwoClasses):
    """One or several exclusive findings that cannot wait, and how much sooner each is to be read.

    The urgency of a study is what it is expected to weigh: the probability of each finding times
    the weight that the device declares for it, added up. It ranks; it is no probability, so
    nothing is said of its calibration. Yes is 'urgent': the worklist moves the study up. Class 0
    is 'nothing that cannot wait'. What FDA asks of such a device stands in 21 CFR 892.2080:
    sensitivity and specificity of the device alone, for each finding, and the time that is saved
    (:mod:`monitoring.time_to_read`).
    """

    name = "triage"
    fields = (
        OutputField("score", "number", "weight", "urgency, 0 to 1: expected weight of the study"),
        OutputField("decision", "yes or no", "", "urgent: urgency at or above the operating point"),
        OutputField("probabilities", "number a class", "probability", "adding up to 1"),
    )
    watched = ("score",)
    columns: tuple[str, ...] = ("probabilities",)
    two_classes = True
    main_measure = "auc"
    followed: tuple[str, ...] = ("auc", "sensitivity", "specificity", *OF_EACH_FINDING)
    measures = (*_OF_URGENCY, *OF_EACH_FINDING)
    headline: tuple[str, ...] = ("auc", "sensitivity", "specificity")
    truth_forms: tuple[str, ...] = ()
    degraded_by: tuple[str, ...] = EVERY_DEGRADATION
    not_operated = ""
    gives_maps = False
    averaged = True
    reads_outline = False
    not_asked: Mapping[str, str] = {
        "calibration": "the urgency ranks studies and is no probability",
        "net benefit": "it takes the score as a probability, and the urgency is none",
    }

    def decode(self, logit: Column, calibration: Calibration) -> Decoded:
        """The urgency of each study, and whether it is to be read before its turn.

        logit: raw network outputs, shape (studies, classes), any finite scale.
        calibration: with the weight of each class. Raises ValueError when an output is not finite,
        or there is not one weight a class.

        >>> weights = Calibration(1.0, 0.0, 0.5, (0.0, 0.4, 1.0))
        >>> said = TriageTask().decode([[4.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]], weights)
        >>> said.score.round(2).tolist(), said.decision.tolist()
        ([0.02, 0.41, 0.93], [False, False, True])
        """
        chance = class_probabilities(logit, calibration.slope, least=2)
        if len(calibration.urgency) != chance.shape[1]:
            raise ValueError(
                f"{chance.shape[1]} classes need a weight each, not {len(calibration.urgency)}"
            )
        urgency = np.clip(chance @ np.asarray(calibration.urgency), 0.0, 1.0)
        return Decoded(
            score=urgency, decision=urgency >= calibration.operating_point,
            more={"probabilities": chance},
        )

    def estimates(
        self,
        outcomes: Outcomes,
        *,
        level: float = 0.95,
        minimum_n: int = 20,
    ) -> list[Estimate]:
        """How well urgent studies are told from others: all together, then each subgroup.

        A study is truly urgent where it shows any finding; *auc* is of the urgency, the others of
        the decision, as :class:`ClassificationTask` has them. *finding_sensitivity*: moved up
        among the studies of one finding, under 'class=NAME'. Not estimable, with n and the reason,
        as there, and where no study shows the finding.

        outcomes: truth is the number of the class. Raises ValueError for malformed columns.
        """
        any_finding = replace(outcomes, truth=np.asarray(outcomes.truth) > 0)
        found = [
            one
            for one in _ANY_FINDING.estimates(any_finding, level=level, minimum_n=minimum_n)
            if one.measure in _OF_URGENCY
        ]
        for name, group in outcomes.groups(minimum_n):
            found += _of_findings(name, group, outcomes.classes[1:], level)
        return found

    def answered(self, said: Said, known: Known) -> dict[str, Any]:
        """The probability of each class by number."""
        return {"probabilities": by_number(said.outputs, known.classes)}

    def failures(self, outcomes: Outcomes, most: int) -> dict[str, list[Failure]]:
        """Findings that are not moved up, and studies without one that are, by the urgency."""
        return missed_and_false_alarms(
            outcomes, most, measure="urgency", words=lambda code: outcomes.classes[code]
        )


def _of_findings(
    name: str, group: Outcomes | Unjudged, findings: tuple[str, ...], level: float
) -> Iterator[Estimate]:
    (measure,) = OF_EACH_FINDING
    for code, finding in enumerate(findings, start=1):
        subgroup = of_class(name, finding)
        if isinstance(group, Unjudged):
            yield from group.of([measure], subgroup)
            continue
        whose = np.asarray(group.patient)
        several = whose if np.unique(whose).size < len(group) else None
        truth = np.asarray(group.truth) == code
        one = share("sensitivity", truth, np.asarray(group.decision), several, level)
        yield replace(one, measure=measure, subgroup=subgroup)
