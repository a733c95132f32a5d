"""A dataset that breaks a refusing rule is not frozen, and that is on record; else it says all."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from imaging.dataset_diff import read_manifest
from imaging.datasets import SPLITS, DatasetFacts, record_dataset
from imaging.origin import Origin
from imaging.patients_apart import patients_now
from journeys.freeze_dataset import freeze_dataset
from records.cases import GateResult, Study
from records.dataset_rules import DatasetRules
from records.definition import find_definition, load_definition
from records.errors import Refused
from records.lookup import list_records
from records.product import DatasetVersion, Device
from records.store import Store
from records.study_corrections import record_merge
from records.vault import Frozen, Vault
from regulatory.gathering.validation_data import collect, recorded_checks
from regulatory.gathering.validation_truth import partition_facts
from tests.journeys.tiny_images import HEAD, NOW, image, register, take_in
from tests.regulatory.gathering.conftest import basis_in

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
    told = {(one["rule"], one["subject"], one["said"]): one["said"] for one in found["outcomes"]}
    assert [one.said for one in quoted] == list(told.values()), "what is declared twice, once"
    assert freeze(store).id == frozen.id, "the same studies, the same version"
    require_no_second_record(store, frozen)
    require_merged_patients_counted(store, frozen)


def require_no_second_record(store: Store, frozen: DatasetVersion) -> None:
    """Who freezes the same content beside another gets the other's record."""
    checks: Any = None  # nothing of them is looked at
    place = Frozen(frozen.vault_path, frozen.content_digest, frozen.commit, frozen.files)
    late = DatasetFacts(place, frozen.manifest_digest, [], {}, checks, checks, 3)
    with store.transaction("service:training", now=NOW) as tx:
        device = tx.get_one(Device, frozen.device_id)
        assert record_dataset(tx, device, late, origin=ORIGIN, now=NOW).id == frozen.id
    assert len(checks_on_record(store)) == 2


def require_merged_patients_counted(store: Store, frozen: DatasetVersion) -> None:
    """Two patients who turn out to be one stand on both sides of the split: the report says so, and
    the same studies are dealt anew."""
    vault = Vault(store.workspace.vault)
    part = {row["patient"]: row["split"] for row in read_manifest(vault, frozen)}
    learnt, tested = (next(who for who, its in part.items() if its == name)
                      for name in ("train", "internal_test"))  # fmt: skip
    with store.reader() as reader:
        assert patients_now(reader, vault, frozen).warning == ""
    with store.transaction("service:ris", "HL7 A40", now=NOW + timedelta(days=1)) as tx:
        record_merge(
            tx, tested, learnt, by="service:ris", now=NOW + timedelta(days=1), source_digest="m"
        )
    with store.reader() as reader:
        now = patients_now(reader, vault, frozen)
        basis = replace(basis_in(reader), vault=vault)
        data = collect(reader, frozen)
        said = partition_facts(reader, data, basis, attempts=[1])
    [both] = now.shared
    assert (both.first, both.second, both.patients) == ("train", "internal_test", 1)
    assert both.studies == now.studies == tuple(
        sorted(Study.label_of(int(who[1:]) + 1) for who in (learnt, tested))
    )
    assert (now.moved, now.at_freeze, now.patients) == (1, 0, 1)
    assert "train and internal test: 1; 2 studies" in now.warning
    assert [(one.first, one.known, one.patients) for one in said.overlaps] == [
        ("any part", "at the freeze", 0), ("train", "now", 1),
    ]  # fmt: skip
    assert sum(data.included()[one.id][1] is not None for one in data.studies) == COUNT
    anew = freeze(store)
    assert anew.id != frozen.id
    assert (anew.patients, anew.datasheet["patient_overlap"]) == (COUNT - 1, 0)
    assert freeze(store).id == anew.id
    with store.reader() as reader:
        assert patients_now(reader, vault, anew).warning == ""
