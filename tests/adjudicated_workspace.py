"""A workspace whose device has read studies at two sites, and clinicians who may adjudicate."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from pydicom.uid import generate_uid
from sqlmodel import select

from records.adjudication import AdjudicationCase
from records.adjudication_queue import ABSENT, PRESENT, next_case, read_case
from records.batches import add_batch
from records.cases import Instance, Prediction, Study
from records.held_definition import definition_of
from records.people import Role, find_actor, register_person
from records.product import Device, ModelVersion
from records.store import Store
from records.vault import Vault
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.imaging.conftest import radiograph, written

SINCE, UNTIL = date(2026, 2, 1), date(2026, 2, 28)
READERS = ("demo.reader1", "demo.reader2", "demo.reader3")
FOURTH = "demo.reader4"
"""A clinician who reads only what is read again."""
WHY = "audit sample of February"


def populate_read(store: Store, *, studies: int = 200, seed: int = 3) -> dict[int, bool]:
    """Write it; gives the simulated truth of each study by number.

    Prevalence 0.2; the device has sensitivity 0.85 and specificity 0.9 at its operating point.
    """
    populate(store)
    rng = np.random.default_rng(seed)
    sick = rng.random(studies) < 0.2
    latent = rng.normal(size=studies) + sick * (1.2816 + 1.0364)
    with store.transaction("setup", "read studies", now=TODAY) as tx:
        version = tx.get_one(ModelVersion, 1)
        shift = np.log(version.operating_point / (1 - version.operating_point)) - 1.2816
        score = 1.0 / (1.0 + np.exp(-(latent + shift)))
        for name in (*READERS, FOURTH):
            register_person(tx, name, full_name=name.title(), roles=[Role.CLINICIAN],
                            password=PASSWORD, now=TODAY)  # fmt: skip
        numbers = add_batch(tx, Study, [
            {
                "study_uid": f"2.25.7{at}", "patient": f"P{at:016x}", "site_id": 1 + at % 2,
                "purpose": "clinical", "arrived_on": SINCE + timedelta(days=int(at % 28)),
                "received_at": TODAY, "rows": 64, "columns": 64, "modality": "DX",
                "age_years": 61.0, "sex": "F", "view": "PA",
            }
            for at in range(studies)
        ])  # fmt: skip
        add_batch(tx, Prediction, [
            {
                "study_id": number, "model_version_id": 1, "deployment_id": 1 + at % 2,
                "score": float(score[at]), "decision": bool(latent[at] >= 1.2816),
                "out_of_distribution": 0.1, "returned_to_care": True, "predicted_at": TODAY,
            }
            for at, number in enumerate(numbers)
        ])  # fmt: skip
    return dict(zip(numbers, sick.tolist(), strict=True))


def keep_pictures(store: Store) -> None:
    """One and the same radiograph for each study that is drawn."""
    digest = Vault(store.workspace.vault).put(written(radiograph()))
    with store.transaction("setup", "pictures", now=TODAY) as tx:
        drawn = set(tx.exec(select(AdjudicationCase.study_id)))
        add_batch(tx, Instance, [
            {
                "study_id": one, "instance_uid": generate_uid(), "digest": digest,
                "source_digest": f"{one:064x}", "deidentification": {"verdict": "clean"},
                "brightness": 0.5, "contrast": 0.2, "sharpness": 0.1, "noise": 0.01,
                "entropy": 5.0, "saturation": 0.0,
            }
            for one in sorted(drawn)
        ])  # fmt: skip


def read_queue(
    store: Store, truth: Mapping[int, bool], *, slips: Mapping[str, float] | None = None,
    seed: int = 5, most: int = 10_000,
) -> int:
    """Each reader answers what is true, but for his or her share of slips; at most so many each.
    Gives how many answers."""
    rng, many = np.random.default_rng(seed), 0
    with store.transaction("setup", "read", now=TODAY) as tx:
        device = tx.get_one(Device, 1)
        task = definition_of(device).task
        for name in READERS:
            reader = find_actor(tx, name)
            for _ in range(most):
                if (case := next_case(tx, device, reader)) is None:
                    break
                right = truth[case.study_id] != (rng.random() < (slips or {}).get(name, 0.0))
                read_case(
                    tx, case, PRESENT if right else ABSENT, task=task, by=reader, now=TODAY
                )
                many += 1
    return many
