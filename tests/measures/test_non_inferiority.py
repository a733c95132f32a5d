"""The claim follows from the interval alone, and says what it rests on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.estimate import Estimate
from measures.non_inferiority import MarginAim, claim_within_margin

REASON = "agreed in the plan, section 4"


def difference(low: float, high: float, level: float = 0.95) -> Estimate:
    return Estimate("auc_difference", 200, (low + high) / 2, low, high, level, "DeLong, paired")


@given(
    ends=st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=2).map(sorted),
    margin=st.floats(0.01, 0.4),
)
def test_the_decision_is_the_intervals(ends: list[float], margin: float) -> None:
    found = difference(ends[0], ends[1])
    common: dict[str, Any] = {"margin": margin, "alpha": 0.025, "reason": REASON}
    worse = claim_within_margin(found, aim="non-inferiority", **common)
    assert worse.shown is (ends[0] > -margin)
    lower = claim_within_margin(found, aim="non-inferiority", higher_is_better=False, **common)
    assert lower.shown is (ends[1] < margin)
    same = claim_within_margin(found, aim="equivalence", **common)
    assert same.shown is (worse.shown and lower.shown)
    for claim in (worse, lower, same):
        assert ("not shown" in claim.statement) is (not claim.shown)
        assert (claim.margin, claim.alpha, claim.reason) == (margin, 0.025, REASON)


@pytest.mark.parametrize("aim", ["non-inferiority", "equivalence"])
def test_a_limit_on_the_margin_shows_nothing(aim: MarginAim) -> None:
    claim = claim_within_margin(
        difference(-0.05, 0.05), aim=aim, margin=0.05, alpha=0.025, reason=REASON
    )
    assert claim.shown is False


def test_what_is_not_estimable_cannot_be_decided() -> None:
    nothing = Estimate.not_estimable("auc_difference", "one class only", n=4)
    claim = claim_within_margin(nothing, aim="equivalence", margin=0.05, alpha=0.05, reason=REASON)
    assert claim.shown is None
    assert claim.statement == "equivalence cannot be decided: one class only"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"aim": "superiority"}, "aim"),
        ({"margin": 0.0}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"margin": float("inf")}, "margin"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 0.5}, "alpha"),
        ({"reason": " "}, "reason: say why"),
        ({"alpha": 0.05}, "needs the 90 % interval, not one of 95 %"),
    ],
)
def test_an_undeclared_claim_is_refused(changed: dict[str, Any], words: str) -> None:
    claim: dict[str, Any] = {
        "aim": "non-inferiority", "margin": 0.05, "alpha": 0.025, "reason": REASON,
    }  # fmt: skip
    with pytest.raises(ValueError, match=words):
        claim_within_margin(difference(-0.01, 0.02), **(claim | changed))
