"""A dataset's split is by patient, whatever the patients; its bytes depend on its rows only."""

import tarfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging import shards
from imaging.datasets import SHARES, assign_splits, count_splits, manifest_rows, pack
from imaging.datasets import patient_overlap as overlap
from imaging.shards import NONE_YET, Shards, shards_of
from records.vault import Vault

ROW = st.fixed_dictionaries(
    {
        "patient": st.integers(0, 40).map(lambda number: f"P{number:02d}"),
        "site": st.sampled_from(["a", "b"]),
        "purpose": st.sampled_from(["development", "development", "development", "external"]),
        "truth": st.sampled_from([True, False, None]),
    }
)


def full(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    facts = {"age_years": None, "sex": "", "view": "", "manufacturer": ""}
    return [
        facts
        | row
        | {"instance_id": k, "instance_uid": f"2.25.{k}", "study_uid": f"2.25.9{k}"}
        | {"digest": f"{k:064d}"}
        for k, row in enumerate(rows)
    ]


@pytest.mark.requirement("REG-047")
@given(st.lists(ROW, max_size=120), st.integers(0, 1000))
@settings(deadline=None)
def test_no_patient_is_in_two_splits(rows: list[dict[str, Any]], seed: int) -> None:
    kept, excluded = manifest_rows(full(rows), seed=seed)
    assert overlap(kept) == 0
    assert len(kept) + sum(excluded.values()) == len(rows)
    assert all(row["split"] == "external_test" for row in kept if row["patient"] in {
        one["patient"] for one in rows if one["purpose"] == "external"
    })


@given(st.lists(ROW, min_size=1, max_size=60), st.integers(0, 50))
@settings(deadline=None)
def test_the_same_seed_deals_the_same_splits(rows: list[dict[str, Any]], seed: int) -> None:
    assert assign_splits(full(rows), seed=seed) == assign_splits(full(rows), seed=seed)


def test_every_site_is_in_every_split_in_its_share() -> None:
    rows = full([
        {"patient": f"P{k}", "site": "ab"[k % 2], "purpose": "development", "truth": k % 3 == 0}
        for k in range(400)
    ])
    kept, _ = manifest_rows(rows, seed=3)
    counts = count_splits(kept)
    for split, share in SHARES.items():
        assert counts[split]["sites"] == {site: round(200 * share) for site in "ab"}
    assert sum(one["studies"] for one in counts.values()) == 400


@pytest.mark.requirement("REG-046")
def test_packing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    rows = full([
        {"patient": f"P{k}", "site": "a", "purpose": "development", "truth": True}
        for k in range(5)
    ])
    for row in rows:
        row["digest"] = vault.put(f"image {row['instance_uid']}".encode())
    kept, _ = manifest_rows(rows, seed=1)
    digests = [pack(vault, [dict(row) for row in kept], tmp_path / name) for name in ("a", "b")]
    assert digests[0] == digests[1]
    for name in ("shard-0000.tar", "manifest.parquet"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def packed(tmp_path: Path, name: str, numbers: range, earlier: Shards = NONE_YET) -> Path:
    """A folder with the shards and the manifest of these images of 1,000 bytes."""
    vault, folder = Vault(tmp_path / "vault"), tmp_path / name
    rows = full([
        {"patient": f"P{k}", "site": "a", "purpose": "development", "truth": True} for k in numbers
    ])
    for k, row in zip(numbers, rows, strict=True):
        row["instance_uid"], row["digest"] = f"2.25.{k}", vault.put(f"{k:1000d}".encode())
    kept, _ = manifest_rows(rows, seed=1)
    pack(vault, kept, folder, earlier=earlier)
    return folder


def members_of(folder: Path) -> dict[str, list[str]]:
    """The files in each shard, and the proof that the manifest names just these."""
    found = {}
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as archive:
            found[path.name] = archive.getnames()
    rows = pq.read_table(folder / "manifest.parquet").to_pylist()
    named = {(row["shard"], row["member"]) for row in rows}
    assert named == {(shard, name) for shard, names in found.items() for name in names}
    return found


@pytest.mark.requirement("REG-046")
def test_adding_cases_adds_shards_and_shares_the_earlier_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 16 * 1024)  # three images of two blocks and a head
    first = packed(tmp_path, "first", range(7))
    assert [len(one) for one in members_of(first).values()] == [4, 3]
    assert all(path.stat().st_size <= 16 * 1024 for path in first.glob("*.tar"))
    second = packed(tmp_path, "second", range(9), earlier=shards_of(first))
    assert [len(one) for one in members_of(second).values()] == [4, 3, 2]
    for name in ("shard-0000.tar", "shard-0001.tar"):
        assert (second / name).samefile(first / name)


@pytest.mark.requirement("REG-046")
def test_a_shard_with_a_case_that_left_is_packed_anew_under_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 16 * 1024)
    first = packed(tmp_path, "first", range(7))
    second = packed(tmp_path, "second", range(1, 8), earlier=shards_of(first))
    found = members_of(second)
    assert list(found) == ["shard-0001.tar", "shard-0002.tar"]
    assert (second / "shard-0001.tar").samefile(first / "shard-0001.tar")
    assert len(found["shard-0002.tar"]) == 4
