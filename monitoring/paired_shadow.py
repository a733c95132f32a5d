"""A shadow beside the live version on the same studies: agreement, differences, and when to stop.

Differences are the shadow's minus the live version's. The stopping rule may be asked at any time:
its intervals hold at all looks together (Waudby-Smith and Ramdas 2024), each measure with its part
of alpha (Bonferroni), so that a version that keeps every margin is ever stopped with at most alpha.
Studies enter in the order in which their truth became known, so that a look never reorders what
another look has seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from measures.comparison import paired_auc_difference, paired_proportion_difference
from measures.confidence_sequences import (
    bernoulli_confidence_sequence,
    bounded_mean_confidence_sequence,
)
from measures.estimate import Estimate
from measures.proportions import wilson
from records.rollouts import FAILED, GOING_ON, NOT_WORSE, StoppingRule

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Tested:
    """A measure under the stopping rule: its anytime-valid interval beside the bound."""

    measure: str
    n: int
    value: float | None
    low: float | None
    high: float | None
    level: float
    bound: float
    verdict: str

    @property
    def words(self) -> str:
        """In a sentence."""
        if self.value is None:
            return f"{self.measure} not estimable (n = {self.n})"
        return (
            f"{self.measure} {self.value:+.3f} ({100 * self.level:g} % anytime-valid interval "
            f"{self.low:+.3f} to {self.high:+.3f}, n = {self.n}) against {self.bound:+g}: "
            f"{self.verdict}"
        )


@dataclass(frozen=True, slots=True)
class PairedLook:
    """One look: how many studies both read, what they say of them, and the rule's verdict."""

    studies: int
    with_truth: int
    verdict: str
    tested: tuple[Tested, ...]
    differences: tuple[Estimate, ...]
    changed: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "with_truth": self.with_truth, "tested": [asdict(one) for one in self.tested],
            "differences": [
                {"measure": one.measure, "n": one.n, "value": one.value, "low": one.low,
                 "high": one.high, "level": one.level, "method": one.method, "reason": one.reason}
                for one in self.differences
            ],
            "changed": dict(self.changed),
        }  # fmt: skip


def compare_shadow(live: Rows, shadow: Rows, rule: StoppingRule) -> PairedLook:
    """Compare on the studies that both read; rows as of :func:`records.queries.prediction_rows`."""
    other = {row["study_id"]: row for row in live}
    pairs = [(row, other[row["study_id"]]) for row in shadow if row["study_id"] in other]
    known = [
        pair for pair in pairs if pair[0]["truth"] is not None and pair[0]["known_on"] is not None
    ]
    known.sort(key=lambda pair: (pair[0]["known_on"], pair[0]["study_id"]))
    truth = np.array([int(bool(one["truth"])) for one, _ in known], dtype=int)
    ours = np.array([int(bool(one["decision"])) for one, _ in known], dtype=int)
    theirs = np.array([int(bool(one["decision"])) for _, one in known], dtype=int)
    changed = np.array([bool(one["decision"]) != bool(two["decision"]) for one, two in pairs])
    tested = _tested(rule, truth, ours, theirs, int(changed.sum()), len(pairs))
    return PairedLook(
        len(pairs), len(known), _verdict(tested), tuple(tested),
        tuple(_differences(truth, ours, theirs, known)),
        _changed(pairs, known),
    )


def _tested(
    rule: StoppingRule, truth: Any, ours: Any, theirs: Any, changed: int, pairs: int
) -> list[Tested]:
    asked = len(rule.margins) + (rule.most_changed is not None)
    alpha = rule.alpha / max(asked, 1)
    found = []
    for measure, margin in sorted(rule.margins.items()):
        of = truth == (1 if measure == "sensitivity" else 0)
        right = 1 if measure == "sensitivity" else 0
        steps = (ours[of] == right).astype(float) - (theirs[of] == right).astype(float)
        # two-sided at twice alpha: each side, worse or not worse, has its alpha
        one = bounded_mean_confidence_sequence(
            f"difference of {measure}", steps, low=-1.0, high=1.0, alpha=2 * alpha
        )
        found.append(_row(one, -margin, worse_above=False))
    if rule.most_changed is not None:
        share = bernoulli_confidence_sequence(
            "share decided otherwise", changed, pairs, alpha=2 * alpha
        )
        found.append(_row(share, rule.most_changed, worse_above=True))
    return found


def _row(one: Estimate, bound: float, *, worse_above: bool) -> Tested:
    if one.value is None or one.low is None or one.high is None:
        verdict = GOING_ON
    elif worse_above:
        verdict = FAILED if one.low > bound else NOT_WORSE if one.high < bound else GOING_ON
    else:
        verdict = FAILED if one.high < bound else NOT_WORSE if one.low > bound else GOING_ON
    return Tested(one.measure, one.n, one.value, one.low, one.high, one.level, bound, verdict)


def _verdict(tested: Sequence[Tested]) -> str:
    if any(one.verdict == FAILED for one in tested):
        return FAILED
    return NOT_WORSE if tested and all(one.verdict == NOT_WORSE for one in tested) else GOING_ON


def _differences(
    truth: Any, ours: Any, theirs: Any, known: Sequence[tuple[Any, Any]]
) -> list[Estimate]:
    """Ordinary 95 % intervals of this look alone, for the reader; they decide nothing."""
    found = [
        paired_proportion_difference(
            ours[truth == of] == of, theirs[truth == of] == of, measure=f"{measure}_difference"
        ).difference
        for measure, of in (("sensitivity", 1), ("specificity", 0))
    ]
    scores = [(one["score"], two["score"]) for one, two in known]
    if scores and all(one is not None and two is not None for one, two in scores):
        first, second = zip(*scores, strict=True)
        found.append(paired_auc_difference(truth, first, second).difference)
    else:
        found.append(Estimate.not_estimable("auc_difference", "no scores with truth", n=0))
    return found


def _changed(
    pairs: Sequence[tuple[Any, Any]], known: Sequence[tuple[Any, Any]]
) -> dict[str, Any]:
    same = sum(bool(one["decision"]) == bool(two["decision"]) for one, two in pairs)
    agreement = wilson("agreement", same, len(pairs))
    flagged = sum(bool(one["decision"]) and not two["decision"] for one, two in pairs)
    right = sum(
        bool(one["decision"]) == bool(one["truth"]) != bool(two["decision"]) for one, two in known
    )
    differ = sum(bool(one["decision"]) != bool(two["decision"]) for one, two in known)
    return {
        "agreement": {"n": agreement.n, "value": agreement.value, "low": agreement.low,
                      "high": agreement.high, "reason": agreement.reason},
        "decided otherwise": len(pairs) - same, "flagged by the shadow only": flagged,
        "flagged by the live version only": len(pairs) - same - flagged,
        "of those with truth: shadow right": right, "of those with truth: live right":
        differ - right,
    }  # fmt: skip
