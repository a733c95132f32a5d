"""A device in use whose studies change: small pictures with a bright square, read by a real model.

Everything is real but the pictures and the people: the dataset is frozen, two small networks are
trained in this process (the stages of dvc.yaml, without its five programs), the charts run.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from imaging.origin import simulated_origin
from journeys.demonstration_setup import (
    DEMO_PASSWORD,
    SIGNERS,
    define_and_accept,
    prepare_workspace,
    sign_as,
)  # fmt: skip
from journeys.freeze_dataset import freeze_dataset
from journeys.release import evaluate_version, propose_version, release_change
from journeys.retrain import freeze_model
from journeys.start_watch import start_watch
from journeys.watch_day import predict_day, run_charts, watch_of
from models.artefacts import MODEL, read_json
from models.params import DecodeParams, FitParams, OperatingRule, Params, TaskParams, params_text
from models.train import STAGES, run_stage
from records.alert_decisions import acknowledge_alert
from records.base import digest_of
from records.batches import add_batch
from records.cases import Instance, ReferenceStandard, Study
from records.clock import advance_clock
from records.definition import find_definition
from records.frozen_files import frozen_folder
from records.people import find_actor
from records.product import DatasetVersion, ModelVersion, Site
from records.queries import find_device
from records.store import Store
from records.surveillance import Alert
from records.vault import Vault
from records.versions import register_version
from tests.models.conftest import dicom_bytes, picture

DEVICE = "chest-radiograph-pneumonia"
BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
DEVELOPED, DAILY = 280, 44
SITES = ("north", "south")
FIT = FitParams(width=4, image_passes=900, min_epochs=1, max_epochs=7, batch_size=16)


def definition(
    folder: Path, *, margin: float = 0.6, attempts: int = 3, plan: dict[str, Any] | None = None
) -> Path:
    """The device that comes with Radvigil, with bounds that a small model meets. plan: sections of
    the monitoring plan that are others."""
    content = yaml.safe_load(find_definition(DEVICE).read_text())
    for one in content["acceptance_criteria"]:
        one["at_least"] = 0.02
    for one in content["subgroups"]:
        if one["name"] == "site":
            one["values"] = list(SITES)
    content["minimum_n"] = 5
    content["monitoring_plan"]["charts"] = [
        one for one in content["monitoring_plan"]["charts"] if one["name"] != "silence"
    ]
    content["monitoring_plan"] |= plan or {}
    rules = content["retraining"]
    rules["triggers"]["minimum_new_cases"] = 60
    rules["stop"]["failed_attempts"] = attempts
    for one in rules["regression"]:
        one["margin"] = margin
    path = folder / f"{DEVICE}-{margin}.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def in_use(store: Store, folder: Path, **changes: Any) -> ModelVersion:
    """A version is trained, released at two sites, and watched."""
    prepare_workspace(store, {"seed": 3, "data": ""}, now=BEGIN)
    device = define_and_accept(store, definition(folder, **changes), now=BEGIN)
    with store.transaction("demo.quality", "sites that take part", now=BEGIN) as tx:
        tx.add_all([Site(name=one, registered_at=BEGIN, status="confirmed") for one in SITES])
    take_in(store, DEVELOPED, first=0, day=BEGIN, purpose="development")
    freeze_dataset(
        store, DEVICE, seed=3, origin=simulated_origin("squares", real_images=False),
        actor="service:training", now=BEGIN,
    )
    version = train(store, DEVICE, seed=3, actor="service:training", now=BEGIN)
    evaluate_version(store, version, actor="service:training", now=BEGIN)
    change = propose_version(
        store, version, reason="first release", actor="demo.engineer", now=BEGIN
    )
    for name, meaning in SIGNERS:
        sign_as(store, change, name, meaning, reason="read", now=BEGIN)
    release_change(
        store, change.id or 0, sites=list(SITES), decided_by="demo.quality",
        password=DEMO_PASSWORD, reason="met", now=BEGIN,
    )
    start_watch(
        store, DEVICE, daily_n=DAILY // 2, seed=3, actor="service:surveillance", now=BEGIN
    )
    assert device.name == DEVICE
    return version


def train(
    store: Store, device_name: str, *, seed: int, actor: str, now: datetime,
    dataset: DatasetVersion | None = None, report: Any = None, fit: FitParams = FIT,
) -> ModelVersion:  # fmt: skip
    """As the journey does, but every stage in this process, and a network of width 4."""
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        device = find_device(reader, device_name)
        dataset = dataset or reader.get_one(DatasetVersion, 1)
    params = Params(
        seed=seed, threads=1, decode=DecodeParams(32, 1), fit=fit, task=TaskParams(),
        operating_point=OperatingRule(rule="fixed_sensitivity", target=0.8),
    )
    with vault.work() as work:
        (work / "dataset").symlink_to(frozen_folder(vault, dataset))
        (work / "params.yaml").write_text(params_text(params))
        for stage in STAGES:
            run_stage(stage, work)
        model = read_json(work / "model" / MODEL)
        weights = str(model["weights_hash"])
        frozen = freeze_model(vault, work / "model", f"{device_name}-{weights[:8]}")
    assert device.id is not None and dataset.id is not None
    with store.transaction(actor, "train a candidate", now=now) as tx:
        return register_version(tx, ModelVersion(
            device_id=device.id, dataset_version_id=dataset.id, name=f"small-{weights[:8]}",
            version_digest=digest_of(model), weights_hash=weights,
            architecture=str(model["architecture"]),
            model={key: value for key, value in model.items() if key != "params"},
            operating_point=float(model["operating_point"]), params=params.to_mapping(),
            dvc_lock_digest="0", code_digest="0", commit="0", vault_path=frozen.path,
            files=frozen.files, trained_at=now,
        ))  # fmt: skip


def take_in(
    store: Store, count: int, *, first: int, day: datetime, purpose: str, changed: bool = False,
    patient: str = "",
) -> None:  # fmt: skip
    """One study of another patient for each number, every fifth of development external; half of
    them diseased. changed: a detector that shows the square dark on bright. patient: of them all.
    """
    vault = Vault(store.workspace.vault)
    rng = np.random.default_rng([first, changed])
    numbers = range(first, first + count)
    arrays = [picture(rng, number // 2 % 2) for number in numbers]
    if changed:
        arrays = [np.clip(4095 - array * 1.2, 0, 4095).astype(np.uint16) for array in arrays]
    digests = [
        vault.put(dicom_bytes(array, f"2.25.{5000 + number}"))
        for number, array in zip(numbers, arrays, strict=True)
    ]
    with store.transaction("service:intake", "arrivals", now=day) as tx:
        studies = add_batch(tx, Study, [
            _study(number, day, "external" if purpose == "development" and number % 5 == 0
                   else purpose) | ({"patient": patient} if patient else {})
            for number in numbers
        ])  # fmt: skip
        add_batch(tx, Instance, [
            _instance(number, of, digest, array)
            for number, of, digest, array in zip(numbers, studies, digests, arrays, strict=True)
        ])  # fmt: skip
        add_batch(tx, ReferenceStandard, [
            {"study_id": of, "finding": "pneumonia", "present": number // 2 % 2 == 1,
             "source": "consensus", "known_on": day.date(), "received_at": day}
            for number, of in zip(numbers, studies, strict=True)
        ])  # fmt: skip


def _study(number: int, day: datetime, purpose: str) -> dict[str, Any]:
    return {
        "study_uid": f"2.25.{5000 + number}.1", "patient": f"P{number:04d}",
        "site_id": number % 2 + 1, "purpose": purpose, "view": ("PA", "AP")[number // 4 % 2],
        "sex": "FM"[number // 3 % 2], "age_years": 20.0 + number % 70, "manufacturer": "Maker",
        "modality": "DX", "arrived_on": day.date(), "received_at": day, "rows": 40, "columns": 40,
    }  # fmt: skip


def _instance(number: int, study: int, digest: str, array: np.ndarray) -> dict[str, Any]:
    scaled = array / 4095
    measured = dict.fromkeys(("sharpness", "noise", "entropy", "saturation"), 0.5)
    return {
        "study_id": study, "instance_uid": f"2.25.{5000 + number}", "digest": digest,
        "source_digest": str(number), "deidentification": {}, **measured,
        "brightness": float(scaled.mean()), "contrast": float(scaled.std()),
    }


def operate_until_alert(store: Store, *, most: int = 8) -> tuple[Alert, datetime]:
    """The changed detector's days, read and watched, until a chart raises an alert; one more day
    after it. The alert, acknowledged by a person, and the last day."""
    found: list[Alert] = []
    left = 1
    for number in range(most):
        day = BEGIN + timedelta(days=20 + number, hours=10)
        with store.transaction("radvigil", "the clock moves on", now=day) as tx:
            advance_clock(tx, day)
        take_in(store, DAILY, first=1000 + number * DAILY, day=day, purpose="clinical",
                changed=True)  # fmt: skip
        with store.reader() as reader:
            watch = watch_of(reader, DEVICE)
        predict_day(store, watch, day.date(), actor="service:surveillance", now=day)
        found += run_charts(
            store, watch, day.date(), actor="service:surveillance", now=day
        )[0]
        left -= bool(found)
        if left < 0:
            with store.transaction("demo.quality", "seen", now=day) as tx:
                alert = acknowledge_alert(
                    tx, tx.get_one(Alert, found[0].id), by=find_actor(tx, "demo.quality"),
                    finding="a new detector at both sites", now=day,
                )
            return alert, day
    raise AssertionError(f"no chart signalled in {most} days")
