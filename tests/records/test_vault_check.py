"""Bytes that a record names and that are gone or changed are found, and the record is named."""

import hashlib
from datetime import date, datetime
from pathlib import Path

import pytest

from records.cases import Instance, Quarantine, Study
from records.keys import workspace_key
from records.named_bytes import NAMED_BYTES
from records.product import DatasetVersion, Device, ModelVersion
from records.queries import register_site
from records.store import Store
from records.vault import Vault
from records.vault_check import verify_bytes


def take_in(store: Store, contents: list[bytes], now: datetime) -> list[str]:
    vault = Vault(store.workspace.vault)
    digests = [vault.put(content) for content in contents]
    with store.transaction("service:intake", now=now) as tx:
        site = register_site(tx, "north", origin="reported", now=now)
        assert site.id is not None
        study = Study(
            study_uid="2.25.1", patient="P1", site_id=site.id, purpose="clinical",
            arrived_on=date(2026, 1, 5), received_at=now, rows=1, columns=1,
        )
        tx.add(study)
        tx.flush()
        assert study.id is not None
        for number, digest in enumerate(digests):
            tx.add(
                Instance(
                    study_id=study.id, instance_uid=f"2.25.1.{number}", digest=digest,
                    source_digest=f"{number}", deidentification={}, brightness=0, contrast=0,
                    sharpness=0, noise=0, entropy=0, saturation=0,
                )
            )
    return digests


@pytest.mark.requirement("R-P11-10a", "R-P11-10c")
def test_whole_bytes_are_counted_and_bad_ones_named(store: Store, now: datetime) -> None:
    vault = Vault(store.workspace.vault)
    digests = take_in(store, [b"one", b"two", b"three"], now)
    with store.reader() as reader:
        assert verify_bytes(reader, store) == (3, [])
        vault.path_of(digests[1]).write_bytes(b"twO")
        vault.path_of(digests[2]).unlink()
        count, findings = verify_bytes(reader, store)
    assert count == 3
    assert sorted(finding.split(" ")[0] for finding in findings) == ["INS-0002", "INS-0003"]


def test_a_missing_or_altered_file_in_quarantine_is_named(store: Store, now: datetime) -> None:
    contents = (b"kept", b"altered", b"missing")
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    with store.transaction("service:intake", now=now) as tx:
        site = register_site(tx, "north", origin="reported", now=now)
        assert site.id is not None
        for digest in (*digests, "unread-1"):
            tx.add(
                Quarantine(
                    source_digest=digest, site_id=site.id, reason="not_dicom", size_bytes=4,
                    arrived_on=date(2026, 1, 5), received_at=now,
                )
            )
    (store.workspace.quarantine / digests[0]).write_bytes(b"kept")
    (store.workspace.quarantine / digests[1]).write_bytes(b"other")
    with store.reader() as reader:
        assert verify_bytes(reader, store) == (
            3,
            [
                "QUA-0002: its file in quarantine was altered",
                "QUA-0003: its file in quarantine is missing",
            ],
        )


def test_a_lost_key_is_found(store: Store) -> None:
    workspace_key(store, "identity")
    (store.workspace.keys / "identity.key").unlink()
    with store.reader() as reader:
        assert verify_bytes(reader, store)[1] == ["KEY-0001: the key file identity.key is missing"]


def test_every_column_that_names_vault_bytes_exists() -> None:
    for table, columns in NAMED_BYTES.items():
        assert set(columns) <= set(table.model_fields)


def frozen_dataset(store: Store, now: datetime) -> Path:
    vault = Vault(store.workspace.vault)
    folder = store.workspace.home / "made"
    (folder / "deep").mkdir(parents=True)
    for name in ("manifest.parquet", "shard-0000.tar", "deep/a b.txt"):
        (folder / name).write_bytes(name.encode() * 1000)
    frozen = vault.freeze(folder, "datasets/d-1", message="Freeze d-1")
    with store.transaction("setup", now=now) as tx:
        device = Device(
            name="a-device", revision=1, trade_name="A", definition={}, definition_digest="0",
            defined_at=now,
        )
        tx.add(device)
        tx.flush()
        assert device.id is not None
        dataset = DatasetVersion(
            device_id=device.id, name="d-1", manifest_digest="0", vault_path=frozen.path,
            content_digest=frozen.content_digest, files=frozen.files, commit=frozen.commit,
            studies=0, patients=0, splits={}, datasheet={}, frozen_at=now,
        )
        tx.add(dataset)
        tx.flush()
        assert dataset.id is not None
        tx.add(
            ModelVersion(
                device_id=device.id, dataset_version_id=dataset.id, name="m", version_digest="0",
                weights_hash="0", architecture="x", model={}, operating_point=0.5, params={},
                dvc_lock_digest="0", code_digest="0", commit="0", vault_path=frozen.path,
                files=frozen.files, trained_at=now,
            )
        )
    return vault.folder / frozen.path


@pytest.mark.requirement("REG-045", "REG-046")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # DVC's own
def test_one_altered_byte_of_a_frozen_folder_is_found(store: Store, now: datetime) -> None:
    folder = frozen_dataset(store, now)
    with store.reader() as reader:
        assert verify_bytes(reader, store) == (2, [])
        shard = folder / "shard-0000.tar"
        content = shard.read_bytes()
        shard.unlink()
        shard.write_bytes(content[:-1] + b"?")
        _, findings = verify_bytes(reader, store)
        altered = "the frozen file datasets/d-1/shard-0000.tar was altered"
        assert findings == [f"DSV-0001: {altered}", f"MDV-0001: {altered}"]
        shard.write_bytes(content)
        assert verify_bytes(reader, store) == (2, [])
        (folder / "manifest.parquet").unlink()
        (folder / "more").touch()
        said = [finding.rsplit("/")[-1] for finding in verify_bytes(reader, store)[1]]
    assert said == ["manifest.parquet is missing", "more was added"] * 2
