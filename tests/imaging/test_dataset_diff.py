"""Two dataset versions are compared item by item; what was altered is not compared at all."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.dataset_diff import ItemChange, compare_datasets, compare_items
from imaging.datasets import pack
from records.errors import IntegrityBroken
from records.product import DatasetVersion
from records.vault import Vault, file_digests

VALUES = {"split": st.sampled_from(["train", "tuning"]), "finding": st.integers(0, 1),
          "digest": st.sampled_from(["a", "b"]), "shard": st.sampled_from(["0", "1"])}  # fmt: skip
MANIFEST = st.dictionaries(st.sampled_from("abcdefgh"), st.fixed_dictionaries(VALUES))


def rows_of(manifest: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"instance_uid": uid, **row} for uid, row in manifest.items()]


@pytest.mark.requirement("REG-046")
@given(MANIFEST, MANIFEST)
@settings(deadline=None)
def test_added_removed_and_changed_items_lead_from_one_version_to_the_other(
    old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]
) -> None:
    found = compare_items(rows_of(old), rows_of(new), "DSV-0001", "DSV-0002")
    led = {uid: dict(row) for uid, row in old.items() if uid not in found.removed}
    for change in found.changed:
        field = {"bytes": "digest", "label": "finding"}.get(change.field, change.field)
        assert led[change.item][field] == change.before
        led[change.item][field] = change.after
    led |= {uid: dict(new[uid]) for uid in found.added}
    shown = ("split", "finding", "digest")
    assert {uid: [row[one] for one in shown] for uid, row in led.items()} == {
        uid: [row[one] for one in shown] for uid, row in new.items()
    }
    assert found.unchanged + len({one.item for one in found.changed}) == len(old.keys() & new)


def packed(vault: Vault, name: str, rows: list[dict[str, Any]], now: datetime) -> DatasetVersion:
    """A version whose folder lies in the vault as freezing leaves it."""
    folder = vault.folder / "datasets" / name
    digest = pack(vault, [dict(row) for row in rows], folder)
    return DatasetVersion(
        id=int(name), device_id=1, name=name, manifest_digest=digest, content_digest="",
        vault_path=f"datasets/{name}", files=file_digests(folder), commit="", studies=len(rows),
        patients=len(rows), splits={}, datasheet={}, frozen_at=now,
    )


@pytest.mark.requirement("REG-046")
def test_frozen_manifests_are_compared_and_an_altered_one_is_refused(
    tmp_path: Path, now: datetime
) -> None:
    vault = Vault(tmp_path)
    image = {name: vault.put(name.encode()) for name in ("one", "two", "three")}
    row = {"study_uid": "s", "patient": "p", "site": "north", "split": "train", "finding": 0,
           "age_years": float("nan"), "sex": "", "view": "PA", "manufacturer": "m",
           "record": "INS-0001"}  # fmt: skip
    before = [row | {"instance_uid": "2.25.1", "digest": image["one"]},
              row | {"instance_uid": "2.25.2", "digest": image["two"]}]  # fmt: skip
    after = [before[0] | {"split": "tuning", "finding": 1, "digest": image["three"]},
             row | {"instance_uid": "2.25.3", "digest": image["two"]}]  # fmt: skip
    first, second = packed(vault, "1", before, now), packed(vault, "2", after, now)
    assert first.manifest_digest != second.manifest_digest, "one changed item, another version"
    found = compare_datasets(vault, first, second)
    assert (found.added, found.removed, found.unchanged) == (("2.25.3",), ("2.25.2",), 0)
    assert found.changed == (
        ItemChange("2.25.1", "bytes", image["one"], image["three"]),
        ItemChange("2.25.1", "label", 0, 1), ItemChange("2.25.1", "split", "train", "tuning"),
    )  # fmt: skip
    assert compare_datasets(vault, first, first).changed == ()
    manifest = vault.folder / "datasets/1/manifest.parquet"
    manifest.chmod(0o600)
    manifest.write_bytes(manifest.read_bytes() + b"\0")
    with pytest.raises(IntegrityBroken, match=r"frozen file .*manifest\.parquet was altered"):
        compare_datasets(vault, first, second)
