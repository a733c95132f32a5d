"""A vault of many images stays small for DVC: frozen in steps, verified, collected beside."""

import hashlib
import os
import resource
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from imaging.origin import Origin
from imaging.shards import SHARD_BYTES
from journeys.freeze_dataset import freeze_dataset
from records.base import digest_of
from records.batches import add_batch
from records.cases import Instance, ReferenceStandard, Study
from records.collection import collect
from records.definition import find_definition, load_definition
from records.dvc_files import stored_files
from records.product import Device, Site
from records.store import Store
from records.vault import Vault, run_git
from records.vault_check import verify_bytes
from tests.journeys.tiny_images import IMAGE_BYTES, image
from tests.proof.writer import NOW

pytestmark = [pytest.mark.proof, pytest.mark.timeout(7200)]

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
IMAGES, VERSIONS, AT_ONCE = (1_000_000, 4, 25_000) if FULL else (4_000, 2, 2_000)
def take_in(store: Store, first: int, count: int) -> None:
    """So many studies of one image with known truth: bytes first, then the records.

    The bytes are written as the vault would, without waiting for the disk each time.
    """
    vault = Vault(store.workspace.vault)
    for start in range(first, first + count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, first + count))
        digests = [keep(vault, image(k)) for k in numbers]
        with store.transaction("service:intake", now=NOW) as tx:
            studies = add_batch(tx, Study, [study(k) for k in numbers])
            add_batch(tx, Instance, [
                instance(k, of, digest)
                for k, of, digest in zip(numbers, studies, digests, strict=True)
            ])  # fmt: skip
            add_batch(tx, ReferenceStandard, [
                {"study_id": of, "finding": "pneumonia", "present": k % 3 == 0, "source": "readers",
                 "known_on": date(2026, 1, 5), "received_at": NOW}
                for k, of in zip(numbers, studies, strict=True)
            ])  # fmt: skip


def keep(vault: Vault, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    path = vault.path_of(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return digest


def study(k: int) -> dict[str, Any]:
    return {
        "study_uid": f"2.25.9{k}", "patient": f"P{k}", "site_id": k % 2 + 1,
        "purpose": "external" if k % 7 == 0 else "development", "view": "PA", "sex": "F",
        "manufacturer": "Maker", "age_years": 50.0, "arrived_on": date(2026, 1, 5),
        "received_at": NOW, "rows": 64, "columns": 64,
    }  # fmt: skip


def instance(k: int, study_id: int, digest: str) -> dict[str, Any]:
    measured = dict.fromkeys(
        ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation"), 0.5
    )
    return {
        "study_id": study_id, "instance_uid": f"2.25.{k}", "digest": digest,
        "source_digest": str(k), "deidentification": {}, **measured,
    }


def dvc_files(vault: Vault) -> int:
    """Every file that DVC knows: those in its cache, and those by which git knows the folders."""
    stored = len(list(stored_files(vault.folder / ".dvc" / "cache")))
    return stored + len(list(vault.folder.glob("datasets/*.dvc")))


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.fixture
def begun(store: Store) -> Iterator[Store]:
    with store.transaction("setup", now=NOW) as tx:
        tx.add_all([Site(name=name, registered_at=NOW) for name in ("north", "south")])
        declared = load_definition(find_definition("chest-radiograph-pneumonia"))
        content = declared.model_dump(mode="json")
        tx.add(Device(name="d", revision=1, trade_name="D", definition=content,
                      definition_digest=digest_of(content), defined_at=NOW))  # fmt: skip
    yield store


ORIGIN = Origin("proof", "none needed: made for a proof", "none needed: nobody was examined")


@pytest.mark.requirement("REG-046")
def test_many_images_are_few_files_for_dvc_and_each_lies_there_once(begun: Store) -> None:
    vault, shards = Vault(begun.workspace.vault), set[Path]()
    each, taking, freezing = IMAGES // VERSIONS, 0.0, []
    for version in range(VERSIONS):
        began = time.monotonic()
        take_in(begun, version * each, each)
        taking += time.monotonic() - began
        began = time.monotonic()
        frozen = freeze_dataset(
            begun, "d", seed=1, origin=ORIGIN, actor="service:training", now=NOW
        )
        freezing.append(time.monotonic() - began)
        assert frozen.studies == (version + 1) * each
        here = {path.name for path in (vault.folder / frozen.vault_path).glob("*.tar")}
        assert {path.name for path in shards} <= here, "the earlier shards are shared"
        shards = set((vault.folder / frozen.vault_path).glob("*.tar"))
    sizes = [path.stat().st_size for path in shards]
    assert max(sizes) <= SHARD_BYTES
    members = 512 + -(-IMAGE_BYTES // 512) * 512
    assert sum(sizes) <= IMAGES * members + len(sizes) * 10_240, "an image lies there twice"
    files = dvc_files(vault)
    assert files <= len(sizes) + 4 * VERSIONS, "a manifest, its list and its .dvc a version"
    memory, began = peak_mb(), time.monotonic()
    with begun.reader() as reader:
        count, findings = verify_bytes(reader, begun)
    verified = time.monotonic() - began
    assert (count, findings) == (IMAGES + VERSIONS, [])
    after, began = peak_mb(), time.monotonic()
    vault.put(b"an orphan")
    time.sleep(0.02)
    done = collect(begun, before=datetime.now(UTC), actor="service:collection", now=NOW)
    assert [one.size for one in done.taken] == [9]
    collected = time.monotonic() - began
    assert run_git(vault.folder, "status", "--porcelain") == ""
    print(
        f"{IMAGES} images in {len(sizes)} shards, {files} files for DVC; taken in {taking:.0f} s, "
        f"{VERSIONS} freezes {sum(freezing):.0f} s (the last {freezing[-1]:.1f} s), verified "
        f"{verified:.1f} s, collected {collected:.1f} s; peak memory {memory} MB after freezing, "
        f"{after} MB after verifying, {peak_mb()} MB after collecting"
    )
