"""Labels planted wrong head the list where the pictures tell the finding; else nothing is said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.dataset_checks.suspect_labels import suspect_labels, suspicion
from records.dataset_rules import DatasetRules
from tests.imaging.dataset_checks.made import dataset, small

RULES = DatasetRules()


def test_planted_wrong_labels_are_found_and_lead_the_list() -> None:
    facts, pictures = dataset(400)
    wrong = np.random.default_rng(1).choice(400, 30, replace=False)
    facts.loc[wrong, "finding"] = 1 - facts.loc[wrong, "finding"]
    found = suspect_labels(facts, small(pictures), RULES)
    named = [one["record"] for one in found.listed]
    planted = set(facts.loc[wrong, "record"])
    assert len(planted & set(named[:30])) >= 25
    assert (found.state, found.passed) == ("limitation", False)
    first = found.listed[0]
    assert (first["given"], first["likely"]) in ((0, 1), (1, 0))
    assert first["margin"] > found.listed[-1]["margin"]


def test_right_labels_are_left_alone() -> None:
    found = suspect_labels(*_dataset(300), RULES)
    assert found.state == "met"
    assert found.estimate is not None
    assert (found.estimate.n, found.count) == (300, found.estimate.numerator)


def test_where_the_picture_does_not_tell_the_finding_nothing_is_claimed() -> None:
    facts, pictures = dataset(300)
    facts["finding"] = np.random.default_rng(2).permutation(facts["finding"])
    found = suspect_labels(facts, small(pictures), RULES)
    assert (found.state, found.passed) == ("not estimable", True)
    assert "separates too little (auc 0." in found.said


def test_too_few_patients_are_said() -> None:
    found = suspect_labels(*_dataset(30), RULES)
    assert found.state == "not estimable"
    assert "15 patients with the finding, and 20 are needed" in found.said


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 1), st.floats(0, 1)), min_size=1))
@settings(deadline=None)
def test_a_suspect_has_another_likely_class_at_its_threshold(
    drawn: list[tuple[int, float, float]],
) -> None:
    given_labels = np.array([0, 1, 2] + [one[0] for one in drawn], dtype=np.intp)
    parts = np.array([[1, 1, 1]] * 3 + [[a, b, 2 - a - b + 1e-9] for _, a, b in drawn], dtype=float)
    probability = parts / parts.sum(axis=1, keepdims=True)
    found = suspicion(given_labels, probability)
    for at in np.flatnonzero(found.suspect):
        likely = found.likely[at]
        assert likely != given_labels[at]
        assert probability[at, likely] >= found.thresholds[likely]
    ranked = found.suspect[found.order]
    assert (np.diff(ranked.astype(int)) <= 0).all(), "the suspect ones come first"
    assert sorted(found.order.tolist()) == list(range(len(given_labels)))


def test_malformed_input_is_refused() -> None:
    with pytest.raises(ValueError, match="one label from 0 to 1 for each of 2 cases"):
        suspicion(np.array([0, 2]), np.full((2, 2), 0.5))
    with pytest.raises(ValueError, match="every class needs a case"):
        suspicion(np.array([0, 0]), np.full((2, 2), 0.5))


def _dataset(n: int) -> tuple:  # type: ignore[type-arg]
    facts, pictures = dataset(n)
    return facts, small(pictures)
