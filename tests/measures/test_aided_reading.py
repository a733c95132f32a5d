"""What the device does to the reader, counted on known readings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.aided_reading import automation_bias, with_standalone
from measures.reader_variance import reader_average, reader_difference
from measures.roc import auc
from tests.measures.reader_studies import simulated


def readings(seed: int, readers: int = 4, studies: int = 15) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    who, what = np.divmod(np.arange(readers * studies), studies)
    truth = random.integers(0, 2, studies)[what]
    columns = {
        name: np.where(random.random(who.size) < right, truth, 1 - truth)
        for name, right in (("unaided", 0.8), ("aided", 0.85))
    }
    device = np.where(random.random(studies) < 0.8, 1, 0)[what]
    columns["device"] = np.where(device == 1, truth, 1 - truth)
    return {"truth": truth, "reader": who, "study": what, **columns}


@given(seed=st.integers(0, 10_000))
def test_the_shares_are_the_counted_ones(seed: int) -> None:
    table = readings(seed)
    found = automation_bias(**table)["all"]
    truth = table["truth"]
    alone_right, wrong = table["unaided"] == truth, table["aided"] != truth
    for share, device_right in ((found.to_wrong, False), (found.from_right, True)):
        kept = alone_right & ((table["device"] == truth) == device_right)
        assert share.n == kept.sum()
        if share.value is not None and share.low is not None and share.high is not None:
            assert share.value == pytest.approx(wrong[kept].mean())
            assert share.numerator == wrong[kept].sum()
            assert 0.0 <= share.low <= share.value + 1e-12
            assert share.value - 1e-12 <= share.high <= 1.0
            assert share.high > share.low


@given(seed=st.integers(0, 10_000))
def test_neither_the_order_of_readings_nor_which_class_is_called_diseased_counts(seed: int) -> None:
    table = readings(seed)
    order = np.random.default_rng(seed).permutation(table["truth"].size)
    turned = {
        name: column if name in ("reader", "study") else 1 - column
        for name, column in table.items()
    }
    plain = automation_bias(**table)
    shuffled = automation_bias(**{name: column[order] for name, column in table.items()})
    for found in (shuffled, automation_bias(**turned)):
        one, two = plain["all"].to_wrong, found["all"].to_wrong
        assert (one.value, one.n) == (two.value, two.n)
        assert two.low == pytest.approx(one.low)


def test_experience_splits_the_readings() -> None:
    table = readings(3, readers=6)
    experience = np.where(table["reader"] < 3, "resident", "consultant")
    found = automation_bias(**table, experience=experience)
    assert list(found) == ["all", "consultant", "resident"]
    assert found["resident"].to_wrong.subgroup == "resident"
    parts = [found[name].to_wrong.n for name in ("consultant", "resident")]
    assert sum(parts) == found["all"].to_wrong.n


def test_readings_alike_within_readers_widen_the_interval() -> None:
    who, what = np.divmod(np.arange(10 * 30), 30)
    ones = np.ones(who.size)
    own = (who < 3).astype(float)  # three readers always follow, seven never
    mixed = (what < 9).astype(float)  # as many follow, on nine studies
    none = np.random.default_rng(1).permutation(own)
    width = {}
    for name, moved in (("reader", own), ("study", mixed), ("neither", none)):
        share = automation_bias(
            ones, 1 - ones, ones, 1 - moved, reader=who, study=what
        )["all"].to_wrong  # fmt: skip
        assert share.value == pytest.approx(0.3)
        assert share.low is not None
        assert share.high is not None
        width[name] = share.high - share.low
    assert width["reader"] > 2 * width["neither"]
    assert width["study"] > 1.5 * width["neither"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"truth": [1, 0, 0, 0]}, "truth: a study has two values"),
        ({"truth": [1, 2, 1, 0]}, "truth: entries must be 0 or 1"),
        ({"device": [1, float("nan"), 1, 0]}, "device: 1 of 4"),
        ({"aided": [1, 0, float("inf"), 0]}, "aided: 1 of 4"),
        ({"unaided": [1, 0]}, "unaided has 2"),
        ({"study": ["s", "s", "s", "t"], "truth": [1, 1, 1, 0]}, "read a study twice"),
        ({"experience": ["x", "y", "x", "x"]}, "experience: a reader has two values"),
        ({"reader": ["a", "a", "b", None]}, "reader: an entry is missing"),
    ],
)
def test_malformed_readings_are_refused_by_name(changed: dict[str, Any], words: str) -> None:
    table: dict[str, Any] = {
        "truth": [1, 0, 1, 0], "device": [1, 0, 0, 0], "unaided": [1, 0, 1, 0],
        "aided": [1, 0, 0, 0], "reader": ["a", "a", "b", "b"], "study": ["s", "t", "s", "t"],
    }  # fmt: skip
    with pytest.raises(ValueError, match=words):
        automation_bias(**(table | changed))


def test_too_little_is_not_estimable() -> None:
    empty = automation_bias([], [], [], [], reader=[], study=[])["all"]
    assert empty.to_wrong.reason == "no reading of that kind"
    one = automation_bias([1, 1], [0, 0], [1, 1], [0, 1], reader=["a", "a"], study=["s", "t"])
    assert "1 readers" in one["all"].to_wrong.reason
    assert one["all"].from_right.reason == "no reading of that kind"


def test_the_device_alone_is_one_more_arm() -> None:
    block = simulated(4, readers=5, diseased=20, healthy=25)
    score = np.random.default_rng(4).normal(size=45) + block.diseased
    both = with_standalone(block, block.studies, score)
    alone = auc(block.diseased, score)
    found = reader_average(both, arm="standalone")
    assert found.value == pytest.approx(alone.value)
    # All readers carry one score: what varies is the studies, as in the single AUC.
    assert alone.low is not None
    assert alone.high is not None
    assert found.estimate.low is not None
    assert found.estimate.high is not None
    single = alone.high - alone.low
    assert found.estimate.high - found.estimate.low == pytest.approx(single, rel=0.25)
    gap = reader_difference(both, "aided", "standalone")
    aided = reader_average(both, arm="aided").value
    assert aided is not None
    assert alone.value is not None
    assert gap.value == pytest.approx(aided - alone.value)


def test_a_device_score_must_be_there_once_for_each_study() -> None:
    block = simulated(4)
    with pytest.raises(ValueError, match="missing for 1 of 17"):
        with_standalone(block, block.studies[1:], np.zeros(16))
    with pytest.raises(ValueError, match="two scores"):
        with_standalone(block, [*block.studies, "s00"], np.zeros(18))
    with pytest.raises(ValueError, match="score: 1 of 17"):
        with_standalone(block, block.studies, [float("nan"), *np.zeros(16)])
    with pytest.raises(ValueError, match="in the readings already"):
        with_standalone(block, block.studies, np.zeros(17), arm="aided")
