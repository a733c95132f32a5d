"""A dataset's datasheet says how the parts were made, so that the split can be made again."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from imaging.dataset_checks.report import ChecksReport
from imaging.datasets import PARTITION, SHARES, DatasetFacts, record_dataset
from imaging.origin import Origin
from records.dataset_rules import DatasetRules
from records.errors import InvalidInput
from records.product import Device
from records.store import Store
from records.vault import Frozen

ORIGIN = Origin("nowhere", "GDPR Art. 9(2)(j)", "broad consent, version 3")


@pytest.mark.requirement("REG-046")
@pytest.mark.parametrize("blank", ["source", "legal_basis", "consent"])
def test_no_dataset_is_frozen_without_saying_on_what_basis(blank: str) -> None:
    stated = {"source": "a", "legal_basis": "b", "consent": "c"}
    with pytest.raises(InvalidInput, match=f"The {blank.replace('_', ' ')} of the studies was not"):
        Origin(**stated | {blank: " "})


@pytest.mark.requirement("REG-046")
def test_the_datasheet_names_basis_method_and_seed_of_the_split(
    store: Store, now: datetime
) -> None:
    gate: Any = SimpleNamespace(suite="dataset", digest="d0", n=0, passed=True, to_list=list)
    frozen = cast(
        Frozen,
        SimpleNamespace(path="datasets/d-1", content_digest="0.dir", commit="c0ffee", files={}),
    )
    facts = DatasetFacts(frozen, "0", [], {}, gate, ChecksReport((), DatasetRules(), 0), seed=7)
    with store.transaction("test", "a dataset", now=now) as tx:
        device = Device(
            name="a-device", revision=1, trade_name="A", definition={}, definition_digest="0",
            defined_at=now,
        )
        tx.add(device)
        tx.flush()
        sheet = record_dataset(tx, device, facts, origin=ORIGIN, now=now).datasheet
    assert (sheet["source"], sheet["legal_basis"], sheet["consent"]) == (
        "nowhere", "GDPR Art. 9(2)(j)", "broad consent, version 3"
    )  # fmt: skip
    assert sheet["partition"] == {"method": PARTITION, "seed": 7}
    for split, share in SHARES.items():
        assert f"{100 * share:.0f} % {split.replace('_', ' ')}" in PARTITION
