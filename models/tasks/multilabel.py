"""Which findings a study shows, of several that may be present together, or none of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from measures.calibration import calibration_in_the_large
from measures.comparison import independent_difference
from measures.estimate import Estimate
from measures.multilabel import auc_over_findings, paired_auc_over_findings_difference
from models.tasks.base import (
    EVERY_DEGRADATION,
    Calibration,
    Column,
    Decoded,
    Failure,
    Flags,
    Known,
    Numbers,
    Outcomes,
    OutputField,
    Said,
    Share,
    Unjudged,
)
from models.tasks.classification import ClassificationTask
from models.tasks.multiclass import of_class, share
from models.tasks.two_classes import (
    paired_differences,
    paired_share,
    settled,
    shares_of,
    worst,
)

_ONE_FINDING = ClassificationTask()
_OF_ALL = ("macro_auc", "subset_accuracy")
_OF_ONE = (
    "auc", "sensitivity", "specificity", "ppv", "npv", "brier", "calibration_slope",
    "calibration_intercept",
)  # fmt: skip
OF_EACH_FINDING = tuple(f"finding_{one}" for one in _OF_ONE)
"""Measures of one finding, of the studies of which it is known; they stand under the finding."""
_OF_ANY = ("auc", "sensitivity", "specificity", "ppv", "npv", "f1", "accuracy")
_EDGE = 1e-12
EVEN = 0.5
"""The score from which on any finding is named: its odds are those of its operating point."""


class MultilabelTask:
    """Several findings, each present or absent in one study, whatever the others are.

    Each finding has a calibration and an operating point of its own. By how much the log odds of a
    finding exceed those of its operating point ranks the findings of a study: the prior odds
    cancel in that difference, and what is left is how much more the picture speaks for the finding
    than one in which it is just named; a common finding does not stand before a rare one because
    it is common. The score of a study is that of its first finding, brought to 0 to 1: it is one
    half where a finding is just named, and no probability. Where no finding is named, the answer is
    'none of these'.
    """

    name = "multilabel"
    fields = (
        OutputField("score", "number", "", "odds of the first finding over those of its operating "
                    "point, 0 to 1; one half where it is just named"),
        OutputField("decision", "yes or no", "", "any finding is named, and not 'none of these'"),
        OutputField("findings", "list", "probability", "each finding with its probability, its "
                    "operating point and whether it is named, the first in rank first"),
    )  # fmt: skip
    watched = ("score",)
    columns: tuple[str, ...] = ("probabilities", "named", "states")
    two_classes = True
    main_measure = "macro_auc"
    followed: tuple[str, ...] = (
        "macro_auc", "finding_auc", "finding_sensitivity", "finding_specificity", "auc",
        "sensitivity", "specificity",
    )  # fmt: skip
    measures = (*_OF_ALL, *OF_EACH_FINDING, *_OF_ANY)
    headline: tuple[str, ...] = (
        "macro_auc", "finding_auc", "finding_sensitivity", "finding_specificity", "sensitivity",
        "specificity",
    )
    truth_forms: tuple[str, ...] = ()
    degraded_by: tuple[str, ...] = EVERY_DEGRADATION
    not_operated = ""
    gives_maps = False
    averaged = False
    reads_outline = False
    not_asked: Mapping[str, str] = {
        "calibration": "the score ranks studies and is no probability; the calibration of each "
        "finding is told",
        "net benefit": "it takes the score as a probability, and the score is none",
    }

    def decode(self, logit: Column, calibration: Calibration) -> Decoded:
        """The probability of each finding, which are named, and score and decision of the study.

        logit: raw network outputs, shape (studies, findings), any finite scale. calibration: with
        that of each finding. Raises ValueError when an output is not finite, or there is not one
        calibration a finding.

        >>> each = (Calibration(1.0, 0.0, 0.5), Calibration(1.0, 0.0, 0.1))
        >>> both = Calibration(1.0, 0.0, 0.5, each=each)
        >>> decoded = MultilabelTask().decode([[0., -1.], [-1., -3.]], both)
        >>> decoded.more["probabilities"].round(2).tolist(), decoded.more["named"].tolist()
        ([[0.5, 0.27], [0.27, 0.05]], [[1, 1], [0, 0]])
        >>> decoded.score.round(2).tolist(), decoded.decision.tolist()
        ([0.77, 0.31], [True, False])
        """
        raw, each = np.asarray(logit, dtype=np.float64), calibration.each
        if raw.ndim != 2 or raw.shape[1] != len(each):
            raise ValueError(f"outputs of shape {raw.shape} for {len(each)} calibrated findings")
        found = [_ONE_FINDING.decode(raw[:, at], one) for at, one in enumerate(each)]
        chance = np.column_stack([one.score for one in found])
        named = np.column_stack([one.decision for one in found])
        decision: Flags = np.asarray(named.any(axis=1), dtype=bool)
        margin = log_odds_above(chance, [one.operating_point for one in each]).max(axis=1)
        score = np.exp(-np.logaddexp(0.0, -margin))
        # rounding must not put a study on the other side of one half than its findings are
        below = np.nextafter(EVEN, 0.0)
        score = np.where(decision, np.maximum(score, EVEN), np.minimum(score, below))
        return Decoded(score, decision, {"probabilities": chance, "named": named.astype(np.int8)})

    def estimates(
        self,
        outcomes: Outcomes,
        *,
        level: float = 0.95,
        minimum_n: int = 20,
    ) -> list[Estimate]:
        """How well the device did on these studies: all together, then each subgroup.

        *macro_auc*: mean over the findings of the AUC of each; *subset_accuracy*: studies in which
        every finding is answered rightly, of those of which all findings are known;
        :data:`OF_EACH_FINDING`: one finding, present against absent, under 'class=NAME' (or
        'field=label, class=NAME'), of the studies of which it is known; the others: any finding
        against none, of the studies of which that is known. Not estimable, with n and the reason,
        as :class:`ClassificationTask` has it. Where a patient of the group has several studies,
        intervals allow for their likeness.

        outcomes: with classes, none first, and of shape (studies, findings) in ``more`` the
        probabilities, which findings are named (0/1), and their true states (1, 0, -1 not known).
        Raises ValueError for malformed columns; an empty column gives 'not estimable'.
        """
        found: list[Estimate] = []
        for name, group in outcomes.groups(minimum_n):
            if isinstance(group, Unjudged):
                found += _refused(name, group, outcomes.classes[1:])
            else:
                found += _of_group(group, name, level, minimum_n)
        return found

    def answered(self, said: Said, known: Known) -> dict[str, Any]:
        """Probability and decision of each finding, and its true state."""
        return by_number(said.outputs, known.classes[1:]) | {"states": list(known.states)}

    def paired(
        self, first: Outcomes, second: Outcomes, *, level: float = 0.95
    ) -> list[Estimate]:
        """Differences of the macro AUC and of the subset accuracy, then of any finding against
        none."""
        macro = paired_auc_over_findings_difference(
            _states(first), _chance(first), _chance(second), first.classes[1:],
            patients=_several(first), level=level,
        )
        subset = paired_share(_right(first), _right(second), level=level)
        known = settled(first)
        return [
            macro, subset, *paired_differences(first.where(known), second.where(known), level=level)
        ]

    def apart(self, first: Outcomes, second: Outcomes, *, level: float = 0.95) -> Estimate:
        """Difference of the macro AUC, from the two single intervals."""
        return independent_difference(*(_macro_auc(one, level) for one in (first, second)))

    def cut(self, outcomes: Outcomes) -> Column | None:
        """The score: another cut moves all operating points by the same odds."""
        return outcomes.score

    def shares(self, outcomes: Outcomes) -> tuple[Share, ...]:
        """Sensitivity and specificity of any finding, then of each finding; subset accuracy."""
        known = settled(outcomes)
        found = [
            replace(one, counted=one.counted & known) for one in shares_of(outcomes)
        ]
        states, named = _states(outcomes), _named(outcomes)
        for at, name in enumerate(outcomes.classes[1:]):
            said = named[:, at]
            found.append(Share(f"sensitivity_for_{name}", states[:, at] == 1, said))
            found.append(Share(f"specificity_for_{name}", states[:, at] == 0, ~said))
        return (*found, _right(outcomes))

    def further(self, outcomes: Outcomes) -> list[Estimate]:
        """Calibration in the large of each finding, under 'class=NAME'."""
        states, chance = _states(outcomes), _chance(outcomes)
        return [
            calibration_in_the_large(
                states[known, at], chance[known, at]
            ).for_subgroup(of_class("all", name))
            for at, name in enumerate(outcomes.classes[1:])
            for known in (states[:, at] >= 0,)
        ]

    def failures(self, outcomes: Outcomes, most: int) -> dict[str, list[Failure]]:
        """Findings that were not named, the least probable first, and named ones that are absent,
        the likeliest first; of a study the worst of each."""
        states, named, chance = _states(outcomes), _named(outcomes), _chance(outcomes)
        names = outcomes.classes[1:]
        kinds = {
            "false_negative": ((states == 1) & ~named, chance),
            "false_positive": ((states == 0) & named, -chance),
        }
        found = {}
        for kind, (wrong, by) in kinds.items():
            ranked = np.where(wrong, by, np.inf)
            which = ranked.argmin(axis=1) if len(outcomes) else np.zeros(0, dtype=int)
            least = ranked.min(axis=1, initial=np.inf)
            found[kind] = [
                Failure(at, float(chance[at, which[at]]), "probability", names[which[at]])
                for at in worst(np.flatnonzero(wrong.any(axis=1)), least, most)
            ]
        return found


def log_odds_above(probabilities: Column, points: Sequence[float]) -> Numbers:
    """By how much the log odds of each finding exceed those of its operating point.

    probabilities: shape (..., findings).

    >>> log_odds_above([[0.5, 0.5]], [0.5, 0.2]).round(2).tolist()
    [[0.0, 1.39]]
    """
    chance, cut = (
        np.clip(np.asarray(one, dtype=np.float64), _EDGE, 1.0 - _EDGE)
        for one in (probabilities, points)
    )
    above: Numbers = np.log(chance) - np.log1p(-chance) - np.log(cut) + np.log1p(-cut)
    return above


def ranked_findings(
    names: Sequence[str], probabilities: Column, named: Column, points: Sequence[float]
) -> list[dict[str, Any]]:
    """The findings of one study as they stand on record, the first in rank first.

    points: the operating point of each.

    >>> said = ranked_findings(["a", "b"], [0.4, 0.2], [0, 1], [0.5, 0.1])
    >>> [(one["finding"], one["probability"], one["present"]) for one in said]
    [('b', 0.2, True), ('a', 0.4, False)]
    """
    order = np.argsort(-log_odds_above(probabilities, points), kind="stable")
    return [
        {
            "finding": names[at], "probability": float(probabilities[at]),
            "operating_point": points[at], "present": bool(named[at]),
        }
        for at in order.tolist()
    ]  # fmt: skip


def by_number(outputs: Mapping[str, Any], findings: Sequence[str]) -> dict[str, list[Any]]:
    """Of a stored answer the probability of each finding, and whether it is named, in the order of
    the findings. Raises KeyError where the answer is of other findings."""
    told = {one["finding"]: one for one in outputs["findings"]}
    return {
        "probabilities": [float(told[name]["probability"]) for name in findings],
        "named": [int(told[name]["present"]) for name in findings],
    }


def _chance(outcomes: Outcomes) -> Numbers:
    return _of_findings(outcomes, "probabilities").astype(np.float64)


def _named(outcomes: Outcomes) -> Flags:
    return _of_findings(outcomes, "named").astype(bool)


def _states(outcomes: Outcomes) -> Column:
    return _of_findings(outcomes, "states").astype(np.int8)


def _of_findings(outcomes: Outcomes, name: str) -> Column:
    shape = (len(outcomes), len(outcomes.classes) - 1)
    found = np.asarray(outcomes.more[name])
    if found.size == 0:
        return found.reshape(shape)
    if found.shape != shape:
        raise ValueError(f"{name} has shape {found.shape}, {shape} is needed")
    return found


def _right(outcomes: Outcomes) -> Share:
    states, named = _states(outcomes), _named(outcomes)
    known: Flags = np.asarray((states >= 0).all(axis=1), dtype=bool)
    right: Flags = np.asarray((named == (states == 1)).all(axis=1), dtype=bool)
    return Share("subset_accuracy", known, right)


def _several(outcomes: Outcomes) -> Column | None:
    """The patients, where some have several studies."""
    patients = np.asarray(outcomes.patient)
    return patients if np.unique(patients).size < len(outcomes) else None


def _macro_auc(outcomes: Outcomes, level: float) -> Estimate:
    return auc_over_findings(
        _states(outcomes), _chance(outcomes), outcomes.classes[1:], patients=_several(outcomes),
        level=level,
    )


def _of_group(group: Outcomes, name: str, level: float, minimum_n: int) -> Iterator[Estimate]:
    yield _macro_auc(group, level).for_subgroup(name)
    yield _subset_accuracy(group, level).for_subgroup(name)
    findings = {
        finding: _of_one_finding(group, at, level, minimum_n)
        for at, finding in enumerate(group.classes[1:])
    }
    for measure in _OF_ONE:
        for finding, found in findings.items():
            yield replace(
                found[measure], measure=f"finding_{measure}", subgroup=of_class(name, finding)
            )
    known = settled(group)
    if known.sum() < max(minimum_n, 1):
        reason = f"fewer than {minimum_n} studies of which any finding or none is known"
        yield from Unjudged(reason, int(known.sum())).of(_OF_ANY, name)
        return
    for one in _ONE_FINDING.estimates(_plain(group.where(known)), level=level, minimum_n=1):
        if one.measure in _OF_ANY:
            yield one.for_subgroup(name)


def _plain(outcomes: Outcomes) -> Outcomes:
    """Any finding against none, as a task of one finding takes it."""
    return Outcomes(outcomes.truth, outcomes.score, outcomes.decision, outcomes.patient)


def _of_one_finding(
    group: Outcomes, at: int, level: float, minimum_n: int
) -> dict[str, Estimate]:
    truth = _states(group)[:, at]
    known = truth >= 0
    if known.sum() < max(minimum_n, 1):
        reason = f"fewer than {minimum_n} studies of which the finding is known"
        return {one.measure: one for one in Unjudged(reason, int(known.sum())).of(_OF_ONE, "all")}
    alone = Outcomes(
        truth[known], _chance(group)[known, at], _named(group)[known, at].astype(int),
        np.asarray(group.patient)[known],
    )
    return {
        one.measure: one for one in _ONE_FINDING.estimates(alone, level=level, minimum_n=1)
    }


def _subset_accuracy(group: Outcomes, level: float) -> Estimate:
    asked = _right(group)
    if not asked.counted.any():
        reason = "of no study all findings are known"
        return Estimate.not_estimable(asked.measure, reason, n=0)
    chosen, right = group.where(asked.counted), asked.right[asked.counted]
    one = share("accuracy", np.ones(len(right)), right, _several(chosen), level)
    return replace(one, measure=asked.measure)


def _refused(group: str, lacking: Unjudged, findings: Sequence[str]) -> list[Estimate]:
    return [
        one
        for measure in MultilabelTask.measures
        for subgroup in (
            [of_class(group, one) for one in findings] if measure in OF_EACH_FINDING else [group]
        )
        for one in lacking.of([measure], subgroup)
    ]
