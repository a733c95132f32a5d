"""What other devices learnt from must not stand in a test that their output comes into."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from imaging.dataset_checks.elsewhere import (
    IN_TESTS,
    IN_TRAINING,
    LEARNT,
    TESTED,
    Elsewhere,
    seen_elsewhere,
)
from imaging.dataset_checks.pictures import SmallPictures, pictures_in_vault
from imaging.dataset_checks.report import ChecksReport, refusal_words
from imaging.dataset_diff import read_manifest
from imaging.datasets import record_check
from records.cases import Instance
from records.dataset_rules import DatasetRules, Rule
from records.definition import DeviceDefinition
from records.deletions import deleted_digests
from records.errors import Refused
from records.held_definition import definition_of
from records.product import DatasetVersion, Device, ModelVersion
from records.store import Store
from records.vault import Vault


def images_elsewhere(
    reader: Session, vault: Vault, device: str, definition: DeviceDefinition, *,
    feeding_alone: bool = False,
) -> list[Elsewhere]:  # fmt: skip
    """The images of all other devices' frozen datasets that this device's dataset is held against.

    What they learnt from, against its tests: by the rule of ``fed_by`` where the device takes
    their output in, else as a limitation. What they are tested with, against its training, where
    they take in the output of this device. feeding_alone: only the devices that feed this one.

    Raises:
        IntegrityBroken: A manifest or an image is not what was frozen.
    """
    found: list[Elsewhere] = []
    fed = definition.fed_by
    for other in _newest_of_others(reader, device):
        feeds = fed is not None and other.name in fed.devices
        if feeding_alone and not feeds:
            continue
        severity: Rule = fed.training_in_tests if fed is not None and feeds else "warn"
        found += _of(reader, vault, other, (IN_TESTS, severity))
        takes = definition_of(other).fed_by
        if not feeding_alone and takes is not None and device in takes.devices:
            found += _of(reader, vault, other, (IN_TRAINING, takes.training_in_tests))
    return found


def require_tests_apart(
    store: Store, dataset: DatasetVersion, definition: DeviceDefinition, *, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    """Refuse to evaluate on tests with images that a device which feeds this one learnt from.

    The dataset may be older than that device's training, or than the declaration that it feeds
    this one. Costs nothing where no device does. What is found is on record as an acceptance check.

    Raises:
        Refused: Such images stand in the tests, and the rule is to refuse.
    """
    if definition.fed_by is None:
        return
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        own = reader.get_one(Device, dataset.device_id).name
        others = images_elsewhere(reader, vault, own, definition, feeding_alone=True)
        rows = list(_rows(reader, vault, dataset, TESTED))
    if not others:
        return
    import pandas as pd

    rules = definition.dataset_rules or DatasetRules()
    found = seen_elsewhere(
        pd.DataFrame(rows, columns=["record", "split"]), pictures_in_vault(vault, rows), others,
        rules.near_duplicate,
    )
    report = ChecksReport(tuple(found), rules, len(rows))
    with store.transaction(actor, "hold the tests against feeding devices", now=now) as tx:
        label = record_check(
            tx, report.gate(), scope=f"tests of dataset {dataset.vault_path}", now=now
        ).label
    if report.refusing:
        raise Refused(
            f"{dataset.label} is no test: {refusal_words(report.refusing)}. Recorded as {label}.",
            hint="Freeze a dataset without these images, or train the other device without them.",
        )


def pictures_learnt_from(store: Store, version: ModelVersion) -> SmallPictures | None:
    """What a version learnt from and was tuned on, as small pictures; None where it was trained
    elsewhere and nobody here knows.

    Raises:
        IntegrityBroken: The manifest or an image is not what was frozen.
    """
    if version.made_elsewhere:
        return None
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        dataset = reader.get_one(DatasetVersion, version.dataset_version_id)
        rows = list(_rows(reader, vault, dataset, LEARNT))
    return pictures_in_vault(vault, rows)


def _newest_of_others(reader: Session, name: str) -> list[Device]:
    """The newest revision of every other device."""
    every = reader.exec(select(Device).order_by(Device.id)).all()  # type: ignore[arg-type]
    return [one for one in {one.name: one for one in every}.values() if one.name != name]


def _of(
    reader: Session, vault: Vault, other: Device, how: tuple[str, Rule]
) -> Iterator[Elsewhere]:
    """Its images of one kind, each once, of all its datasets."""
    rule, severity = how
    splits = LEARNT if rule == IN_TESTS else TESTED
    datasets = reader.exec(
        select(DatasetVersion).join(Device).where(Device.name == other.name)
    ).all()
    rows = {
        row["digest"]: row
        for dataset in datasets for row in _rows(reader, vault, dataset, splits)
    }
    if rows:
        pictures = pictures_in_vault(vault, list(rows.values()))
        records = tuple(row["record"] for row in rows.values())
        yield Elsewhere(other.name, rule, severity, records, pictures)


def _rows(
    reader: Session, vault: Vault, dataset: DatasetVersion, splits: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    """Rows of a frozen manifest as :func:`pictures_in_vault` needs them; deleted images are gone.

    A dataset of older days does not name the records of its images and is held against by none.
    """
    gone = deleted_digests(reader, "image")
    for row in read_manifest(vault, dataset):
        if row["split"] in splits and row.get("record") and row["digest"] not in gone:
            yield {
                "record": row["record"], "digest": row["digest"], "split": row["split"],
                "instance_id": int(str(row["record"]).removeprefix(f"{Instance.PREFIX}-")),
            }
