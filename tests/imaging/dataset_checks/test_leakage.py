"""Each planted leak is found, named by its records, and nothing else is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.dataset_checks.freezing import patients_together
from imaging.dataset_checks.leakage import leakage
from imaging.dataset_checks.outcome import CheckOutcome
from imaging.datasets import assign_splits, manifest_rows
from records.dataset_rules import DatasetRules
from tests.imaging.dataset_checks.made import Picture, dataset, small

RULES = DatasetRules()


def found_in(
    facts: pd.DataFrame, pictures: list[Picture], rules: DatasetRules = RULES
) -> dict[tuple[str, str], CheckOutcome]:
    return {(one.rule, one.subject): one for one in leakage(facts, small(pictures), rules)}


def brighter(one: Picture) -> Picture:
    return np.clip(one * 0.8 + 20, 0, 255).astype(np.uint8)


def test_clean_data_break_no_rule() -> None:
    found = found_in(*dataset(120))
    assert all(one.passed and not one.count and not one.groups for one in found.values())
    assert {one.n for key, one in found.items() if key[1] in ("split", "finding")} == {120}


def test_a_patient_in_two_splits_refuses_and_is_named_by_the_records() -> None:
    facts, pictures = dataset(120)
    facts.loc[119, "patient"] = facts.loc[0, "patient"]
    one = found_in(facts, pictures)["patients_across_splits", "split"]
    assert (one.count, one.refuses, one.state) == (1, True, "refused")
    assert one.groups == (("INS-0000", "INS-0119"),)
    assert one.said == "1 patient in more than one split (external_test and train: 1)"


def test_equal_pictures_across_and_within_splits_are_counted_apart() -> None:
    facts, pictures = dataset(120)
    pictures[118] = pictures[1]  # train and external test
    pictures[3] = pictures[4] = pictures[2]  # two copies in train
    for at, like in ((118, 1), (3, 2), (4, 2)):
        facts.loc[at, "finding"] = facts.loc[like, "finding"]
    found = found_in(facts, pictures)
    across = found["duplicates_across_splits", "split"]
    assert (across.count, across.refuses, across.groups) == (1, True, (("INS-0001", "INS-0118"),))
    train = found["duplicates_within_split", "train"]
    assert (train.count, train.state) == (2, "limitation")
    assert train.groups == (("INS-0002", "INS-0003", "INS-0004"),)
    assert found["duplicates_within_split", "tuning"].passed
    assert found["near_duplicates_across_splits", "split"].passed, "equal ones count once"
    assert found["conflicting_labels", "finding"].passed


def test_a_near_duplicate_warns_or_refuses_by_rule_and_shows_conflicting_labels() -> None:
    facts, pictures = dataset(120)
    pictures[119] = brighter(pictures[0])
    facts.loc[119, "finding"] = 1 - facts.loc[0, "finding"]
    found = found_in(facts, pictures)
    near = found["near_duplicates_across_splits", "split"]
    assert (near.count, near.state) == (1, "limitation")
    assert near.groups == (("INS-0000", "INS-0119"),)
    assert found["conflicting_labels", "finding"].groups == (("INS-0000", "INS-0119"),)
    strict = RULES.model_copy(update={"near_duplicates_across_splits": "refuse"})
    assert found_in(facts, pictures, strict)["near_duplicates_across_splits", "split"].refuses


def test_a_row_too_many_is_refused() -> None:
    facts, pictures = dataset(20)
    with pytest.raises(ValueError, match="20 rows and 19 pictures"):
        leakage(facts, small(pictures[:-1]), RULES)


JOIN = DatasetRules(duplicates_across_splits="join", near_duplicates_across_splits="join")


@given(
    st.integers(0, 500), st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), max_size=12)
)
@settings(deadline=None, max_examples=20)
def test_joined_patients_are_never_parted(seed: int, copies: list[tuple[int, int]]) -> None:
    facts, pictures = dataset(60, seed=1)
    for source, target in copies:
        pictures[target] = brighter(pictures[source])
    rows = [
        {"patient": one.patient, "site": one.site, "truth": True,
         "purpose": "external" if k % 9 == 0 else "development"}
        for k, one in enumerate(facts.itertuples())
    ]  # fmt: skip
    together = patients_together(rows, small(pictures), JOIN)
    splits = assign_splits(rows, seed=seed, together=together)
    kept = [k for k, split in enumerate(splits) if split != "excluded"]
    dealt = facts.assign(split=splits).iloc[kept].reset_index(drop=True)
    found = found_in(dealt, [pictures[k] for k in kept])
    assert found["near_duplicates_across_splits", "split"].count == 0
    assert found["duplicates_across_splits", "split"].count == 0


def test_nobody_is_joined_unless_the_rules_say_so() -> None:
    facts, pictures = dataset(20)
    pictures[19] = pictures[0]
    rows = [{"patient": one} for one in facts["patient"]]
    assert patients_together(rows, small(pictures), RULES) == {}
    joined = patients_together(rows, small(pictures), JOIN)
    assert joined["P19"] == joined["P0"]
    assert len(set(joined.values())) == 19


def test_a_picture_of_the_external_test_leaves_development_with_the_reason() -> None:
    facts = {"age_years": None, "sex": "", "view": "", "manufacturer": "", "digest": "0"}
    rows = [
        facts | {"instance_id": k, "instance_uid": str(k), "study_uid": str(k), "patient": f"P{k}",
                 "site": "a", "truth": True, "purpose": "external" if k == 0 else "development"}
        for k in range(4)
    ]  # fmt: skip
    kept, excluded = manifest_rows(rows, seed=1, together={"P0": "P0", "P1": "P0"})
    assert excluded == {"picture also in the external test": 1}
    assert {row["patient"] for row in kept} == {"P0", "P2", "P3"}
