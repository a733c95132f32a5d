from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, roc_auc_score

from measures.binary import specificity
from measures.verification_bias import corrected_sensitivity, corrected_specificity
from measures.weighted_accuracy import (
    DrawnStudies,
    union_probability,
    weighted_auc,
    weighted_share,
)

SHARES = ("accuracy", "npv", "ppv", "prevalence", "sensitivity", "specificity")


def clinic(seed: int, n: int, *, rate: float = 0.1, least: int = 50) -> dict[str, Any]:
    """Sensitivity 0.85 and specificity 0.9 at prevalence 0.1; drawn in four strata of decision and
    band of the score, at least so many from each."""
    rng = np.random.default_rng(seed)
    sick = rng.random(n) < 0.1
    score = rng.normal(size=n) + sick * (1.2816 + 1.0364)
    stratum = np.digitize(score, [0.2816, 1.2816, 2.2816])
    verified, chance = np.zeros(n, dtype=bool), np.zeros(n)
    for one in range(4):
        there = np.flatnonzero(stratum == one)
        many = min(there.size, max(least, int(np.ceil(rate * there.size))))
        verified[rng.permutation(there)[:many]] = True
        chance[there] = many / there.size
    return {
        "truth": np.where(verified, sick, np.nan), "decision": score >= 1.2816, "score": score,
        "verified": verified, "probability": chance, "strata": stratum.astype(str), "sick": sick,
    }  # fmt: skip


def drawn(**columns: Any) -> DrawnStudies:
    columns.pop("sick", None)
    return DrawnStudies(**columns)


def test_weights_give_what_an_independent_package_gives() -> None:
    """scikit-learn's weighted confusion matrix and area under the curve."""
    columns = clinic(1, 3000)
    seen = columns["verified"]
    truth, said = columns["truth"][seen].astype(int), columns["decision"][seen].astype(int)
    weight = 1.0 / columns["probability"][seen]
    (tn, fp), (fn, tp) = confusion_matrix(truth, said, sample_weight=weight)
    studies = drawn(**columns)
    for measure, right in (
        ("sensitivity", tp / (tp + fn)), ("specificity", tn / (tn + fp)), ("ppv", tp / (tp + fp)),
        ("npv", tn / (tn + fn)), ("accuracy", (tp + tn) / weight.sum()),
        ("prevalence", (tp + fn) / weight.sum()),
    ):  # fmt: skip
        assert weighted_share(measure, studies).value == pytest.approx(right, abs=1e-12)  # type: ignore[arg-type]
    area = roc_auc_score(truth, columns["score"][seen], sample_weight=weight)
    assert weighted_auc(studies).value == pytest.approx(area, abs=1e-9)


def test_horvitz_and_thompson_by_hand() -> None:
    # 20 flagged all verified, 12 of them diseased; 30 of 300 others verified, 3 of them diseased.
    truth = np.r_[np.ones(12), np.zeros(8), np.ones(3), np.zeros(27), np.full(270, np.nan)]
    decision = np.r_[np.ones(20), np.zeros(300)]
    verified = np.r_[np.ones(50), np.zeros(270)]
    chance = np.r_[np.ones(20), np.full(300, 0.1)]
    studies = DrawnStudies(truth, decision, decision, verified, chance)
    found = weighted_share("sensitivity", studies)
    assert found.value == pytest.approx(12 / (12 + 3 * 10)) and found.n == 15
    # Linear terms: 12 of (1 - R) / 42 and 3 of -10 R / 42, squared and summed.
    share = 12 / 42
    square = 12 * ((1 - share) / 42) ** 2 + 3 * (10 * share / 42) ** 2
    fourth = 12 * ((1 - share) / 42) ** 4 + 3 * (10 * share / 42) ** 4
    from scipy.stats import t

    half = t.ppf(0.975, square**2 / fourth) * square**0.5 / (share * (1 - share))
    assert found.low is not None and found.high is not None
    assert np.log(found.low / (1 - found.low)) == pytest.approx(np.log(share / (1 - share)) - half)
    assert "50 verified of 320, effective n 5.7" in found.method  # 42^2 / (12 + 3 * 100)


def test_drawn_in_strata_it_is_begg_and_greenes_within_them() -> None:
    columns = clinic(2, 4000)
    studies, strata = drawn(**columns), columns["strata"]
    for measure, corrected in (
        ("sensitivity", corrected_sensitivity), ("specificity", corrected_specificity),
    ):  # fmt: skip
        theirs = corrected(
            columns["truth"], columns["decision"], columns["verified"], strata=strata
        )
        ours = weighted_share(measure, studies)  # type: ignore[arg-type]
        assert ours.value == pytest.approx(theirs.value, abs=1e-9)
        assert ours.high is not None and ours.low is not None and theirs.high is not None
        assert theirs.low is not None
        assert ours.high - ours.low == pytest.approx(theirs.high - theirs.low, rel=0.5)


def test_both_forms_find_the_truth_where_the_plain_share_does_not() -> None:
    columns = clinic(3, 60_000, rate=0.1)
    studies = drawn(**columns)
    for measure, right in (("sensitivity", 0.85), ("specificity", 0.9)):
        for form in ("weighted", "augmented"):
            found = weighted_share(measure, studies, form=form)  # type: ignore[arg-type]
            assert found.value == pytest.approx(right, abs=0.05)
    columns = clinic(3, 5000, least=100)
    seen = columns["verified"]
    naive = specificity(columns["truth"][seen], columns["decision"][seen])
    mended = weighted_share("specificity", drawn(**columns), form="augmented")
    assert naive.value is not None and naive.value < 0.85
    assert mended.low is not None and mended.high is not None and mended.low < 0.9 < mended.high


def test_the_score_narrows_the_interval() -> None:
    columns = clinic(4, 5000)
    columns.pop("strata")
    plain, steadied = (
        weighted_share("specificity", drawn(**columns), form=form)  # type: ignore[arg-type]
        for form in ("weighted", "augmented")
    )
    assert plain.high and plain.low and steadied.high and steadied.low
    assert steadied.high - steadied.low < 0.8 * (plain.high - plain.low)


def test_studies_of_one_patient_count_as_one() -> None:
    columns = clinic(5, 3000)
    twice = {name: np.repeat(column, 2) for name, column in columns.items()}
    alone = weighted_share("ppv", drawn(**columns))
    apart = weighted_share("ppv", drawn(**twice))
    together = weighted_share("ppv", drawn(**twice, patients=np.repeat(np.arange(3000), 2)))
    assert alone.low and apart.low and together.low and alone.value and together.value
    assert together.value == pytest.approx(alone.value)
    assert together.low == pytest.approx(alone.low, abs=0.005)
    assert apart.low > together.low


def test_a_stratum_without_a_chance_is_said_and_few_against_are_not_enough() -> None:
    columns = clinic(6, 1000)
    columns["probability"][columns["strata"] == "0"] = 0.0
    columns["verified"] = columns["verified"] & (columns["strata"] != "0")
    for found in (weighted_share("npv", drawn(**columns)), weighted_auc(drawn(**columns))):
        assert "had no chance of being drawn and told: 0" in found.reason
    truth, decision = np.r_[np.ones(9), 1, np.zeros(20)], np.r_[np.ones(9), np.zeros(21)]
    one = DrawnStudies(truth, decision, decision, np.ones(30), np.ones(30))
    assert weighted_share("sensitivity", one).reason == (
        "1 verified studies are diseased and not flagged, at least 2 are needed"
    )
    with pytest.raises(ValueError, match="cannot have had the probability 0"):
        weighted_share("npv", DrawnStudies(truth, decision, decision, np.ones(30), np.zeros(30)))
    with pytest.raises(ValueError, match="measure must be one of"):
        weighted_share("dice", one)  # type: ignore[arg-type]


@given(data=st.data(), n=st.integers(2, 40))
def test_any_draw_gives_an_interval_or_a_reason(data: st.DataObject, n: int) -> None:
    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return data.draw(st.lists(values, min_size=n, max_size=n))

    bits = st.integers(0, 1)
    studies = DrawnStudies(
        column(bits), column(bits), column(st.sampled_from([0.1, 0.4, 0.9])), column(bits),
        column(st.sampled_from([0.05, 0.3, 1.0])), patients=column(st.sampled_from("abcdefgh")),
        strata=column(st.sampled_from("xy")),
    )
    for form in ("weighted", "augmented"):
        for found in (
            *(weighted_share(one, studies, form=form) for one in SHARES),  # type: ignore[arg-type]
            weighted_auc(studies, form=form),  # type: ignore[arg-type]
        ):
            assert found.estimable or found.reason
            if found.value is not None:
                assert found.low is not None and found.high is not None
                assert 0.0 <= found.low <= found.value <= found.high <= 1.0


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_the_chance_of_being_in_either_sample(pairs: list[tuple[float, float]]) -> None:
    first, second = np.array(pairs).T
    either = union_probability(first, second)
    assert np.allclose(either, union_probability(second, first))
    assert (either >= np.maximum(first, second) - 1e-12).all() and (either <= 1.0).all()
