"""DICOM files of a few hundred bytes, and studies of one such image on record, with their truth."""

import hashlib
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset

from records.base import digest_of
from records.batches import add_batch
from records.cases import Instance, ReferenceStandard, Study
from records.definition import DeviceDefinition
from records.product import Device, Site
from records.store import Store
from records.vault import Vault

SIDE = 16
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


def _tiny_file() -> bytes:
    """A DICOM file whose last bytes are the pixels of a picture of 16 × 16."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.1"
    made.Rows = made.Columns = SIDE
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    made.PixelData = bytes(SIDE * SIDE)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    written = io.BytesIO()
    made.save_as(written, enforce_file_format=True)
    return written.getvalue()


HEAD = _tiny_file()[: -SIDE * SIDE]
IMAGE_BYTES = len(HEAD) + SIDE * SIDE


def image(k: int) -> bytes:
    """The file of an image, another picture for each number."""
    return HEAD + hashlib.shake_256(str(k).encode()).digest(SIDE * SIDE)


def register(store: Store, declared: DeviceDefinition) -> Device:
    """The device and two sites."""
    content = declared.model_dump(mode="json")
    device = Device(
        name="d", revision=1, trade_name="D", definition=content,
        definition_digest=digest_of(content), defined_at=NOW,
    )
    with store.transaction("setup", now=NOW) as tx:
        tx.add_all([Site(name=name, registered_at=NOW) for name in ("north", "south")])
        tx.add(device)
    return device


def take_in(store: Store, files: Sequence[bytes]) -> None:
    """One study of another patient for each file: every seventh external, every third diseased."""
    vault = Vault(store.workspace.vault)
    digests = [vault.put(content) for content in files]
    with store.transaction("service:intake", now=NOW) as tx:
        studies = add_batch(tx, Study, [_study(k) for k in range(len(files))])
        add_batch(tx, Instance, [
            _instance(k, of, digest)
            for k, (of, digest) in enumerate(zip(studies, digests, strict=True))
        ])  # fmt: skip
        add_batch(tx, ReferenceStandard, [
            {"study_id": of, "finding": "pneumonia", "present": k % 3 == 0, "source": "readers",
             "known_on": date(2026, 1, 5), "received_at": NOW}
            for k, of in enumerate(studies)
        ])  # fmt: skip


def _study(k: int) -> dict[str, Any]:
    return {
        "study_uid": f"2.25.9{k}", "patient": f"P{k}", "site_id": k % 2 + 1,
        "purpose": "external" if k % 7 == 0 else "development", "view": "PA",
        "sex": "FM"[k // 2 % 2],
        "manufacturer": "Maker", "age_years": 50.0, "arrived_on": date(2026, 1, 5),
        "received_at": NOW, "rows": SIDE, "columns": SIDE,
    }  # fmt: skip


def _instance(k: int, study_id: int, digest: str) -> dict[str, Any]:
    measured = dict.fromkeys(
        ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation"), 0.5
    )
    return {
        "study_id": study_id, "instance_uid": f"2.25.{k}", "digest": digest,
        "source_digest": str(k), "deidentification": {}, **measured,
    }
