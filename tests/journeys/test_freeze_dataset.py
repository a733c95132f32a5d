"""A dataset that breaks a refusing rule is not frozen, and that is on record; else it says all."""

import json

import pytest

from imaging.datasets import SPLITS
from imaging.origin import Origin
from journeys.freeze_dataset import freeze_dataset
from records.cases import GateResult
from records.dataset_rules import DatasetRules
from records.definition import find_definition, load_definition
from records.errors import Refused
from records.lookup import list_records
from records.product import DatasetVersion
from records.store import Store
from records.vault import Vault
from regulatory.gathering.validation_data import recorded_checks
from tests.journeys.tiny_images import HEAD, NOW, image, register, take_in

DECLARED = load_definition(find_definition("chest-radiograph-pneumonia"))
ORIGIN = Origin("tests", "none needed: made for a test", "none needed: nobody was examined")
COUNT = 300


def copied(k: int, like: int) -> list[bytes]:
    """Different pictures, but for one that another patient has too, in a file of other bytes."""
    files = [image(number) for number in range(COUNT)]
    files[k] = HEAD.replace(b"2.25.1", b"2.25.2") + image(like)[len(HEAD) :]
    assert files[k] != files[like]
    return files


def freeze(store: Store) -> DatasetVersion:
    return freeze_dataset(
        store, "d", seed=3, origin=ORIGIN, actor="service:training", now=NOW
    )  # fmt: skip


def checks_on_record(store: Store) -> list[GateResult]:
    with store.reader() as reader:
        return list_records(reader, GateResult)


@pytest.mark.requirement("REG-047")
def test_an_equal_picture_in_two_splits_refuses_the_freeze_and_is_on_record(store: Store) -> None:
    register(store, DECLARED)
    take_in(store, copied(1, like=7))  # 7 is in the external test
    with pytest.raises(Refused, match=r"duplicates across splits .* INS-0002, INS-0008") as refused:
        freeze(store)
    assert "Recorded as GTE-0001" in str(refused.value)
    assert "'join' or 'warn' under dataset_rules" in str(refused.value)
    [kept] = checks_on_record(store)
    assert (kept.suite, kept.passed, kept.n) == ("dataset-rules", False, COUNT)
    assert kept.scope.startswith("refused dataset datasets/d-01-")
    broken = [one for one in kept.expectations if not one["passed"]
              and one["severity"] == "critical"]  # fmt: skip
    assert [one["expectation"] for one in broken] == ["duplicates_across_splits"]
    assert broken[0]["unexpected_records"] == ["INS-0002", "INS-0008"]
    with store.reader() as reader:
        assert list_records(reader, DatasetVersion) == []
    assert not list(Vault(store.workspace.vault).folder.glob("datasets/d-*"))


@pytest.mark.requirement("REG-047")
def test_patients_who_share_a_picture_can_be_dealt_as_one(store: Store) -> None:
    rules = DatasetRules(duplicates_across_splits="join")
    register(store, DECLARED.model_copy(update={"dataset_rules": rules}))
    take_in(store, copied(1, like=7))
    frozen = freeze(store)
    assert frozen.datasheet["excluded"] == {"picture also in the external test": 1}
    assert frozen.studies == COUNT - 1


@pytest.mark.requirement("REG-047")
def test_what_was_checked_stands_in_datasheet_record_and_document(store: Store) -> None:
    register(store, DECLARED)
    take_in(store, [image(k) for k in range(COUNT)])
    frozen = freeze(store)
    found = frozen.datasheet["checks"]
    json.dumps(found)
    assert found["n"] == COUNT
    assert found["rules"] == DatasetRules().model_dump()
    rules = {one["rule"] for one in found["outcomes"]}
    assert rules == {
        "patients_across_splits", "duplicates_across_splits", "near_duplicates_across_splits",
        "duplicates_within_split", "conflicting_labels", "shortcuts", "suspect_labels",
        "population",
    }  # fmt: skip
    shares = {one["subject"] for one in found["outcomes"] if one["rule"] == "population"}
    assert {f"{split}: prevalence" for split in SPLITS} <= shares
    assert any("age 0 to under 18: 0.0 %" in one for one in found["limitations"])
    assert any("to collect" in one for one in found["limitations"])
    assert [one.suite for one in checks_on_record(store)] == ["dataset", "dataset-rules"]
    assert all(one.passed for one in checks_on_record(store))
    quoted = recorded_checks(frozen)
    assert [one.said for one in quoted] == [one["said"] for one in found["outcomes"]]
    assert freeze(store).id == frozen.id, "the same studies, the same version"
