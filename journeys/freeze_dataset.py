"""Freeze the studies with known truth as a dataset version, under version control."""

import tempfile
from datetime import datetime
from pathlib import Path

from sqlmodel import col, func, select

from imaging.datasets import prepare_dataset, record_dataset
from imaging.origin import Origin
from records.base import digest_of
from records.product import DatasetVersion
from records.queries import case_rows, find_device
from records.store import Store
from records.vault import Vault


def freeze_dataset(
    store: Store, device_name: str, *, seed: int, origin: Origin, actor: str, now: datetime
) -> DatasetVersion:
    """Split the development and external studies by patient, check, pack, freeze and record.

    The same studies give the same version: it is found, not made again.

    Raises:
        Refused: Too few studies, or the dataset fails its acceptance check.
    """
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        device = find_device(reader, device_name)
        rows = case_rows(reader, purposes=("development", "external"))
        basis = digest_of(
            [seed, [[row["digest"], row["purpose"], row["truth"], row["site"]] for row in rows]]
        )[:8]
        query = select(DatasetVersion).where(
            DatasetVersion.device_id == device.id, col(DatasetVersion.name).endswith(basis)
        )
        known = reader.exec(query).first()
        if known is not None:
            return known
        count = reader.exec(
            select(func.count()).where(DatasetVersion.device_id == device.id)
        ).one()
    name = f"{device_name}-{count + 1:02d}-{basis}"
    with tempfile.TemporaryDirectory(dir=store.workspace.vault) as work:
        facts = prepare_dataset(vault, rows, name=name, seed=seed, work=Path(work))
    with store.transaction(actor, "freeze a dataset version", now=now) as tx:
        return record_dataset(tx, device, facts, origin=origin, now=now)
