"""Which of several exclusive findings a study shows, or none of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from measures import binary, calibration, multiclass
from measures.clustered import clustered
from measures.comparison import independent_difference
from measures.estimate import Estimate
from models.tasks.base import (
    EVERY_DEGRADATION,
    Calibration,
    Column,
    Decoded,
    Failure,
    Known,
    Numbers,
    Outcomes,
    OutputField,
    Said,
    Share,
    Unjudged,
)
from models.tasks.classification import ClassificationTask
from models.tasks.two_classes import paired_differences, paired_share, shares_of

_ANY_FINDING = ClassificationTask()
_OF_CLASSES = ("macro_auc", "accuracy")
OF_EACH_CLASS = ("class_auc", "class_sensitivity", "class_ppv")
"""Measures of one class against the rest; each stands under the class, never under 'all'."""


class MulticlassTask:
    """One of several exclusive classes in one study; class 0 is 'none of these'.

    Score and yes-or-no decision speak of any finding against none, so that a study is ranked,
    listed and watched as by a device of one finding. Which finding it is says the decided class.
    """

    name = "multiclass"
    fields = (
        OutputField("score", "number", "probability", "calibrated probability of any finding"),
        OutputField("decision", "yes or no", "", "a finding is named, and not 'none of these'"),
        OutputField("probabilities", "number a class", "probability", "adding up to 1"),
    )
    watched = ("score",)
    columns: tuple[str, ...] = ("probabilities",)
    two_classes = False
    main_measure = "macro_auc"
    followed: tuple[str, ...] = ("macro_auc", "accuracy", "auc", "sensitivity", "specificity")
    headline: tuple[str, ...] = ("macro_auc", "sensitivity", "specificity")
    truth_forms: tuple[str, ...] = ()
    degraded_by: tuple[str, ...] = EVERY_DEGRADATION
    not_operated = ""
    gives_maps = False
    averaged = True
    reads_outline = False
    not_asked: Mapping[str, str] = {
        "net benefit": "the operating point cuts the share of the likeliest finding against none, "
        "which is no probability of a finding",
    }
    measures = (
        *_OF_CLASSES,
        *OF_EACH_CLASS,
        *(one for one in _ANY_FINDING.measures if one != "accuracy"),
    )

    def decode(self, logit: Column, calibration: Calibration) -> Decoded:
        """The calibrated probability of each class; yes where a finding is named.

        Probabilities are the softmax of slope * logit (temperature scaling, Guo, ICML 2017). A
        finding is named where, of the likeliest finding and none, the finding's share reaches the
        operating point: at 0.5 the likeliest class decides, below it findings are named sooner.

        logit: raw network outputs, shape (studies, classes), any finite scale.
        Raises ValueError when an output is not finite, or there are not three classes or more.

        >>> decoded = MulticlassTask().decode([[0., 2., 1.], [2., 0., 0.]], Calibration(1., 0., .5))
        >>> decoded.more["probabilities"].round(2).tolist()
        [[0.09, 0.67, 0.24], [0.79, 0.11, 0.11]]
        >>> decoded.score.round(2).tolist(), decoded.decision.tolist()
        ([0.91, 0.21], [True, False])
        """
        chance = class_probabilities(logit, calibration.slope, least=3)
        return Decoded(
            score=chance[:, 1:].sum(axis=1),
            decision=finding_share(chance) >= calibration.operating_point,
            more={"probabilities": chance},
        )

    def estimates(
        self,
        outcomes: Outcomes,
        *,
        level: float = 0.95,
        minimum_n: int = 20,
    ) -> list[Estimate]:
        """How well the device did on these studies: all together, then each subgroup.

        *macro_auc*: mean over the classes of each against the rest; *accuracy*: studies put into
        their class; *class_auc*, *class_sensitivity*, *class_ppv*: each class against the rest,
        under 'class=NAME' (or 'field=label, class=NAME'); the others: any finding against none,
        as :class:`ClassificationTask`. Not estimable, with n and the reason, as there, and where
        a class that is compared is missing. Where a patient of the group has several studies,
        intervals allow for their likeness.

        outcomes: with classes, and ``more["probabilities"]`` of shape (studies, classes).
        Raises ValueError for malformed columns; an empty column gives 'not estimable'.
        """
        found: list[Estimate] = []
        for name, group in outcomes.groups(minimum_n):
            if isinstance(group, Unjudged):
                found += _refused(name, group, outcomes.classes)
            else:
                found += _of_group(group, name, level)
        return found


    def answered(self, said: Said, known: Known) -> dict[str, Any]:
        """The probability of each class by number."""
        return {"probabilities": by_number(said.outputs, known.classes)}

    def paired(
        self, first: Outcomes, second: Outcomes, *, level: float = 0.95
    ) -> list[Estimate]:
        """Differences of the macro AUC and the accuracy, then of any finding against none."""
        truth, several = _numbers(first), _several(first)
        macro = multiclass.paired_macro_auc_difference(
            truth, _chance(first), _chance(second), range(len(first.classes)), patients=several,
            level=level,
        )
        right = paired_share(_right(first), _right(second), level=level)
        return [macro, right, *paired_differences(first, second, level=level)]

    def apart(self, first: Outcomes, second: Outcomes, *, level: float = 0.95) -> Estimate:
        """Difference of the macro AUC, from the two single intervals."""
        return independent_difference(*(_macro_auc(one, level) for one in (first, second)))

    def cut(self, outcomes: Outcomes) -> Column | None:
        """Of the likeliest finding and none, the finding's share."""
        return finding_share(_chance(outcomes))

    def shares(self, outcomes: Outcomes) -> tuple[Share, ...]:
        """Accuracy; sensitivity and specificity of any finding; sensitivity for each class."""
        truth, named = _numbers(outcomes), _named(outcomes)
        return (
            _right(outcomes), *shares_of(outcomes),
            *(Share(f"sensitivity_for_{name}", truth == code, named == code)
              for code, name in enumerate(outcomes.classes)),
        )

    def further(self, outcomes: Outcomes) -> list[Estimate]:
        """Calibration of each class against the rest, under 'class=NAME': Brier score, slope,
        and calibration in the large."""
        truth, chance = _numbers(outcomes), _chance(outcomes)
        return [
            measure((truth == code).astype(int), chance[:, code]).for_subgroup(
                of_class("all", name)
            )
            for code, name in enumerate(outcomes.classes)
            for measure in (
                calibration.brier, calibration.calibration_slope,
                calibration.calibration_in_the_large,
            )
        ]

    def failures(self, outcomes: Outcomes, most: int) -> dict[str, list[Failure]]:
        """Studies put into a wrong class, the surest first."""
        truth, named, chance = _numbers(outcomes), _named(outcomes), _chance(outcomes)
        sure = chance[np.arange(len(truth)), named]
        wrong = np.flatnonzero(named != truth)
        worst = wrong[np.argsort(-sure[wrong], kind="stable")][:most].tolist()
        names = outcomes.classes
        return {"confusion": [
            Failure(at, float(sure[at]), "probability of the class named",
                    f"{names[truth[at]]}, named {names[named[at]]}")
            for at in worst
        ]}  # fmt: skip


def by_number(outputs: Mapping[str, Any], classes: Sequence[str]) -> list[float]:
    """The probability of each class in the order of the classes, from those by name."""
    return [float(outputs[name]) for name in classes]


def class_probabilities(logit: Column, slope: float, *, least: int) -> Numbers:
    """Softmax of slope * logit, shape (studies, classes); ``least``: so many classes, or more.

    Raises ValueError when an output is not finite, or there are fewer classes.
    """
    raw = np.asarray(logit, dtype=np.float64)
    if raw.ndim != 2 or raw.shape[1] < least:
        words = {2: "two", 3: "three"}[least]
        raise ValueError(f"{words} classes or more are needed, not outputs of shape {raw.shape}")
    if not np.isfinite(raw).all():
        raise ValueError("the network's output is not finite for every study")
    scaled = slope * raw
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    chance: Numbers = odds / odds.sum(axis=1, keepdims=True)
    return chance


def finding_share(probabilities: Numbers) -> Numbers:
    """Of the likeliest finding and none, the finding's share: (classes) to one number a study.

    probabilities: shape (studies, classes), none first.
    """
    top = probabilities[:, 1:].max(axis=1, initial=0.0)
    both = top + probabilities[:, 0]
    share: Numbers = np.divide(top, both, out=np.full(len(top), 0.5), where=both > 0)
    return share


def named_class(probabilities: Column, decision: Column) -> Column:
    """The class that each study is put into: the likeliest finding where one is named, else 0."""
    chance = np.asarray(probabilities, dtype=np.float64)
    return np.where(np.asarray(decision).astype(bool), 1 + chance[:, 1:].argmax(axis=1), 0)


def _chance(outcomes: Outcomes) -> Numbers:
    return np.asarray(outcomes.more["probabilities"], dtype=np.float64)


def _numbers(outcomes: Outcomes) -> Column:
    return np.asarray(outcomes.truth).astype(int)


def _named(outcomes: Outcomes) -> Column:
    return named_class(_chance(outcomes), outcomes.decision)


def _right(outcomes: Outcomes) -> Share:
    truth = _numbers(outcomes)
    return Share("accuracy", np.ones(len(truth), dtype=bool), _named(outcomes) == truth)


def _several(outcomes: Outcomes) -> Column | None:
    """The patients, where some have several studies."""
    patients = np.asarray(outcomes.patient)
    return patients if np.unique(patients).size < len(outcomes) else None


def _macro_auc(outcomes: Outcomes, level: float) -> Estimate:
    names = np.array(outcomes.classes, dtype=object)[_numbers(outcomes)]
    return multiclass.auc_one_against_rest(
        names, _chance(outcomes), outcomes.classes, patients=_several(outcomes), level=level
    )


def _of_group(group: Outcomes, name: str, level: float) -> Iterator[Estimate]:
    chance, truth = _chance(group), _numbers(group)
    said = named_class(chance, group.decision)
    if chance.shape[1] != len(group.classes) or truth.max() >= len(group.classes):
        raise ValueError(f"truth and probabilities do not have the classes {group.classes}")
    several = _several(group)
    numbers = range(len(group.classes))
    yield _macro_auc(group, level).for_subgroup(name)
    yield share("accuracy", np.ones(len(truth)), said == truth, several, level).for_subgroup(name)
    for measure in OF_EACH_CLASS:
        for code in numbers:
            column: Any = chance[:, code] if measure == "class_auc" else said == code
            one = share(measure.removeprefix("class_"), truth == code, column, several, level)
            yield replace(one, measure=measure, subgroup=of_class(name, group.classes[code]))
    present = Outcomes(truth > 0, group.score, group.decision, group.patient)
    for one in _ANY_FINDING.estimates(present, level=level, minimum_n=1):
        if one.measure != "accuracy":
            yield one.for_subgroup(name)


def share(
    measure: str, truth: Column, column: Column, patients: Column | None, level: float
) -> Estimate:
    """A measure of two classes, one class against the rest; not estimable where one is missing.

    patients: where some have several studies, so that intervals allow for their likeness.
    """
    present = np.asarray(truth).astype(int)
    if measure == "auc" and not 0 < present.sum() < len(present):
        why = "no study of the class" if not present.any() else "no study of another class"
        return Estimate.not_estimable(measure, why, n=len(present))
    if measure == "ppv" and not np.any(column):
        return Estimate.not_estimable(measure, "the device named the class in no study", n=0)
    if measure == "sensitivity" and not present.any():
        return Estimate.not_estimable(measure, "no study of the class", n=0)
    if patients is not None:
        return clustered(measure, present, column, patients=patients, level=level)
    function: Any = getattr(binary, measure)
    found: Estimate = function(present, column, level=level)
    return found


def of_class(group: str, name: str) -> str:
    """The subgroup of one class: 'class=NAME', or 'field=label, class=NAME'."""
    return f"class={name}" if group == "all" else f"{group}, class={name}"


def _refused(group: str, lacking: Unjudged, classes: Sequence[str]) -> list[Estimate]:
    return [
        one
        for measure in MulticlassTask.measures
        for subgroup in (
            [of_class(group, one) for one in classes] if measure in OF_EACH_CLASS else [group]
        )
        for one in lacking.of([measure], subgroup)
    ]
