"""A dataset's datasheet says how the parts were made, so that the split can be made again."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from imaging.datasets import PARTITION, SHARES, DatasetFacts, record_dataset
from records.product import Device
from records.store import Store
from records.vault import Frozen


def test_the_datasheet_names_method_and_seed_of_the_split(store: Store, now: datetime) -> None:
    gate: Any = SimpleNamespace(suite="dataset", passed=True, to_list=list)
    frozen = cast(
        Frozen,
        SimpleNamespace(path="datasets/d-1", content_digest="0.dir", commit="c0ffee", files={}),
    )
    facts = DatasetFacts(frozen, "0", [], {}, gate, seed=7)
    with store.transaction("test", "a dataset", now=now) as tx:
        device = Device(
            name="a-device", revision=1, trade_name="A", definition={}, definition_digest="0",
            defined_at=now,
        )
        tx.add(device)
        tx.flush()
        sheet = record_dataset(tx, device, facts, source="nowhere", now=now).datasheet
    assert sheet["partition"] == {"method": PARTITION, "seed": 7}
    for split, share in SHARES.items():
        assert f"{100 * share:.0f} % {split.replace('_', ' ')}" in PARTITION
