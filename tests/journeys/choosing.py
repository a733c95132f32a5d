"""A site where a version runs whose definition has rules of selection, and what arrives there."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from imaging.arriving_files import find_files
from imaging.ingest import Arrival, IngestReport, ingest
from journeys.demonstration_setup import define_and_accept, prepare_workspace
from journeys.watch_day import scope_of
from models.artefacts import MODEL, read_json
from records.definition import find_definition, load_definition
from records.product import DatasetVersion, Deployment, ModelVersion
from records.queries import register_site
from records.store import Store
from records.vault import Vault, file_digest
from tests.cli.conftest import write_radiograph

SITE = "north"
RULES: dict[str, Any] = {
    "rules": [
        {"name": "frontal, not a scout", "views": ["PA", "AP"], "not_description": "scout"},
    ],
    "prefer": ["most_images"],
    "image": "newest",
}


def with_rules(
    store: Store, folder: Path, model: Path, now: datetime, rules: dict[str, Any] | None = RULES
) -> ModelVersion:
    """A workspace in operation with the rules, or without any, and a trained version."""
    content = yaml.safe_load(find_definition("chest-radiograph-pneumonia").read_text())
    for check in content["input_requirements"]["checks"]:
        check["refuse"] = False
    file = folder / "device.yaml"
    file.write_text(yaml.safe_dump({**content, "series_selection": rules}))
    prepare_workspace(store, {"seed": 1, "data": ""}, now=now)
    device = define_and_accept(store, file, now=now)
    vault = Vault(store.workspace.vault)
    shutil.copytree(model, vault.folder / "models" / "m")
    files = {one.name: file_digest(one) for one in model.iterdir()}
    with store.transaction("setup", now=now) as tx:
        dataset = DatasetVersion(
            device_id=device.id or 0, name="d", manifest_digest="0", content_digest="0",
            vault_path="d", commit="0", studies=0, patients=0, splits={}, datasheet={},
            frozen_at=now,
        )
        tx.add(dataset)
        tx.flush()
        version = ModelVersion(
            device_id=device.id or 0, dataset_version_id=dataset.id or 0, name="m",
            version_digest="0", weights_hash=read_json(model / MODEL)["weights_hash"],
            architecture="residual", model={}, operating_point=0.5, params={},
            dvc_lock_digest="0", code_digest="0", commit="0", vault_path="models/m",
            files=files, trained_at=now,
        )
        tx.add(version)
        tx.flush()
        site = register_site(tx, SITE, origin="reported", now=now)
        tx.add(Deployment(
            model_version_id=version.id or 0, site_id=site.id or 0, mode="live", started_at=now
        ))  # fmt: skip
    return version


def image(folder: Path, number: int, *, study: int, series: int, **changes: Any) -> Path:
    """A radiograph of a series of a study."""
    folder.mkdir(parents=True, exist_ok=True)
    return write_radiograph(
        folder / f"{number}.dcm", number, StudyInstanceUID=f"1.2.3.{study}",
        SeriesInstanceUID=f"1.2.3.{study}.{series}", SeriesNumber=series, InstanceNumber=number,
        PatientID=f"QX-{study}", AccessionNumber=f"ACC-{study}", **changes,
    )


def three_studies(folder: Path) -> None:
    """The first has a scout, a pair and a lateral; the second a tie; the third only a lateral."""
    image(folder, 11, study=1, series=1, SeriesDescription="Scout Fr. Huber")
    image(folder, 12, study=1, series=2, SeriesDescription="Thorax p.a.")
    image(folder, 13, study=1, series=2, SeriesDescription="Thorax p.a.")
    image(folder, 14, study=1, series=3, ViewPosition="LL")
    image(folder, 21, study=2, series=1)
    image(folder, 22, study=2, series=2)
    image(folder, 31, study=3, series=1, ViewPosition="LL")


def taken_in(store: Store, folder: Path, now: datetime) -> IngestReport:
    """The files as the day's intake takes them."""
    definition = load_definition(folder.parent / "device.yaml")
    return ingest(
        store, find_files(folder).paths, Arrival(SITE, "clinical", now.date()),
        actor="service:intake", now=now, requirements=scope_of(definition),
    )
