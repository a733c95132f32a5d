"""What a validation asks of answers that are yes or no: shared by the tasks that give them."""

from collections.abc import Callable

import numpy as np

from measures.comparison import (
    paired_auc_difference,
    paired_proportion_difference,
    unpaired_auc_difference,
)
from measures.estimate import Estimate
from models.tasks.base import Column, Failure, Flags, Outcomes, Share

SCORE = "score"


def _no_words(_code: int) -> str:
    return ""


def present(outcomes: Outcomes) -> Flags:
    """Whether each study shows any finding."""
    return np.asarray(outcomes.truth).astype(int) > 0


def settled(outcomes: Outcomes) -> Flags:
    """Of which studies it is known whether they show any finding; of all, unless findings may be
    present together and some of them are not known."""
    states = outcomes.more.get("states")
    if states is None:
        return np.ones(len(outcomes), dtype=bool)
    known = np.asarray(states).reshape(len(outcomes), -1)
    found: Flags = (known == 1).any(axis=1) | (known >= 0).all(axis=1)
    return found


def said(outcomes: Outcomes) -> Flags:
    """Whether the device said yes."""
    return np.asarray(outcomes.decision).astype(bool)


def shares_of(outcomes: Outcomes) -> tuple[Share, ...]:
    """Sensitivity and specificity of the decision."""
    ill, yes = present(outcomes), said(outcomes)
    return Share("sensitivity", ill, yes), Share("specificity", ~ill, ~yes)


def paired_differences(first: Outcomes, second: Outcomes, *, level: float) -> list[Estimate]:
    """AUC by DeLong's paired test, then sensitivity and specificity by Newcombe's interval."""
    truth = present(first).astype(int)
    found = [paired_auc_difference(truth, first.score, second.score, level=level).difference]
    for one, other in zip(shares_of(first), shares_of(second), strict=True):
        found.append(paired_share(one, other, level=level))
    return found


def paired_share(first: Share, second: Share, *, level: float) -> Estimate:
    """A share of the first answers less that of the second, on the same studies."""
    measure = f"{first.measure}_difference"
    if not first.counted.any():
        words = {"sensitivity": "no diseased study", "specificity": "no healthy study"}
        return Estimate.not_estimable(measure, words.get(first.measure, "no study"), n=0)
    right = (one.right[first.counted] for one in (first, second))
    return paired_proportion_difference(*right, measure=measure, level=level).difference


def auc_apart(first: Outcomes, second: Outcomes, *, level: float) -> Estimate:
    """The AUC on some studies less that on others."""
    columns = [(present(one).astype(int), one.score) for one in (first, second)]
    return unpaired_auc_difference(*columns, level=level).difference


def missed_and_false_alarms(
    outcomes: Outcomes, most: int, *, measure: str = SCORE, words: Callable[[int], str] = _no_words
) -> dict[str, list[Failure]]:
    """The missed diseased studies with the lowest scores, the false alarms with the highest.

    words: of a missed study by the number of its class.
    """
    ill, yes, score = present(outcomes), said(outcomes), np.asarray(outcomes.score, dtype=float)
    truth = np.asarray(outcomes.truth).astype(int)
    missed = worst(np.flatnonzero(ill & ~yes), score, most)
    alarms = worst(np.flatnonzero(~ill & yes), -score, most)
    return {
        "false_negative": [
            Failure(at, float(score[at]), measure, words(int(truth[at]))) for at in missed
        ],
        "false_positive": [Failure(at, float(score[at]), measure) for at in alarms],
    }


def worst(places: np.ndarray, by: np.ndarray, most: int) -> list[int]:
    """The places with the smallest numbers; of equal ones the first."""
    found: list[int] = places[np.argsort(by[places], kind="stable")][:most].tolist()
    return found


class TwoClasses:
    """What tasks have in common that cut one score of a study into yes and no."""

    def paired(
        self, first: Outcomes, second: Outcomes, *, level: float = 0.95
    ) -> list[Estimate]:
        """Differences of AUC, sensitivity and specificity."""
        return paired_differences(first, second, level=level)

    def apart(self, first: Outcomes, second: Outcomes, *, level: float = 0.95) -> Estimate:
        """Difference of the AUC, by DeLong's variances."""
        return auc_apart(first, second, level=level)

    def cut(self, outcomes: Outcomes) -> Column | None:
        """The score."""
        return outcomes.score

    def shares(self, outcomes: Outcomes) -> tuple[Share, ...]:
        """Sensitivity and specificity."""
        return shares_of(outcomes)

    def further(self, outcomes: Outcomes) -> list[Estimate]:  # noqa: ARG002
        """Nothing."""
        return []
