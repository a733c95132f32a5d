"""Sites that send studies, and another maker's product that answers about them in its own ways."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from imaging.deidentify import Deidentifier
from journeys.define import draft_device
from records.base import digest_of
from records.batches import add_batch
from records.cases import Instance, ReferenceStandard, Study
from records.definition import DeviceDefinition, find_definition, load_definition
from records.keys import workspace_key
from records.queries import register_site
from records.store import Store
from records.surveillance import MonitoringPlan
from tests.imaging.external.dialects import oru, vendor, written

DEVICE = "other-maker-chest-pneumonia"
FIRST = date(2026, 3, 2)
HEADER = "study,version,score,decision,said_at\n"
QUALITY = ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation")


@dataclass(frozen=True)
class Case:
    """A study as the hospital knows it, with its truth and what the product says of it."""

    uid: str
    site: str
    day: date
    present: bool
    score: float
    version: str = "2.1.0"

    @property
    def at(self) -> datetime:
        return datetime.combine(self.day, time(9), UTC)


def at(day: int, hour: int = 20) -> datetime:
    return datetime.combine(FIRST + timedelta(days=day), time(hour), UTC)


def definition(**external: object) -> DeviceDefinition:
    """The definition that comes with Radvigil, as a product that reads in another way has it."""
    content = load_definition(find_definition(DEVICE)).model_dump(mode="json")
    content["external"] |= external
    return DeviceDefinition.model_validate(content)


def accept(store: Store, declared: DeviceDefinition) -> None:
    """The definition in force, as two people's signatures would put it there."""
    with store.transaction("demo.quality", "in force", now=at(-1)) as tx:
        device = draft_device(tx, declared, revision=1, now=at(-1))
        device.status = "accepted"
        plan = declared.monitoring_plan
        tx.add_all([device, MonitoringPlan(
            device_id=device.id or 0, content=plan, content_digest=digest_of(plan),
            effective_at=at(-1),
        )])  # fmt: skip


def draw(sites: Iterable[str], days: Iterable[int], *, daily: int, seed: int, shifted: str = "",
         since: int = 0, version: str = "2.1.0") -> list[Case]:  # fmt: skip
    """Cases; from a day on the product loses what tells the sick from the healthy at one site."""
    random = np.random.default_rng(seed)
    found = []
    for day in days:
        for site in sites:
            for number in range(daily):
                present = bool(random.random() < 0.4)
                broken = site == shifted and day >= since
                mean = 0.0 if broken else (1.6 if present else -1.6)
                score = 1 / (1 + np.exp(-random.normal(mean + 1.5 * broken, 1.0)))
                uid = f"1.2.840.{1 + len(site)}.{seed}.{day}.{number}.{sum(site.encode())}"
                found.append(Case(uid, site, FIRST + timedelta(days=day), present,
                                  round(100 * float(score), 2), version))  # fmt: skip
    return found


def take_in(store: Store, cases: list[Case], *, truth: bool = True) -> None:
    """The studies of these cases, as intake records them, and what they truly show."""
    names = Deidentifier(workspace_key(store, "pseudonym"))
    random = np.random.default_rng(len(cases))
    with store.transaction("service:intake", "intake", now=at(0, 6)) as tx:
        sites = {one.site: register_site(tx, one.site, origin="reported", now=at(0, 6)).id
                 for one in cases}  # fmt: skip
        numbers = add_batch(tx, Study, [
            {
                "study_uid": names.study_pseudonym(one.uid), "patient": f"P{one.uid}",
                "site_id": sites[one.site], "purpose": "clinical", "arrived_on": one.day,
                "received_at": one.at, "modality": "DX", "body_part": "CHEST", "view": "PA",
                "age_years": 50.0, "sex": "F" if place % 2 else "M", "rows": 160, "columns": 160,
            }
            for place, one in enumerate(cases)
        ])  # fmt: skip
        add_batch(tx, Instance, [
            {
                "study_id": number, "instance_uid": f"2.25.{number}", "digest": digest_of(number),
                "source_digest": digest_of(["source", number]), "deidentification": {},
            } | {name: float(random.normal(0.5, 0.05)) for name in QUALITY}
            for number in numbers
        ])  # fmt: skip
        add_batch(tx, ReferenceStandard, [
            {
                "study_id": number, "finding": "pneumonia", "present": one.present,
                "source": "consensus", "known_on": one.day + timedelta(days=1),
                "received_at": one.at,
            }
            for number, one in zip(numbers, cases, strict=True) if truth
        ])  # fmt: skip


def as_table(cases: list[Case], path: Path, *, scores: bool = True) -> Path:
    """The product's table of these cases."""
    rows = (
        f"{one.uid},{one.version},{one.score if scores else ''},{int(one.score >= 50)},"
        f"{one.at.isoformat()}\n"
        for one in cases
    )
    path.write_text(HEADER + "".join(rows))
    return path


def as_reports(cases: list[Case], folder: Path) -> list[Path]:
    """The product's structured reports of these cases, a file a study."""
    folder.mkdir(exist_ok=True)
    return [
        written(
            vendor(one.uid, score=one.score, present=one.score >= 50, version=one.version,
                   at=one.at, others=False),
            folder / f"{place}.dcm",
        )
        for place, one in enumerate(cases)
    ]  # fmt: skip


def as_message(one: Case, path: Path, **more: str) -> Path:
    """The product's message about a case."""
    path.write_bytes(oru(
        one.uid, score=one.score, answer="present" if one.score >= 50 else "absent",
        version=one.version, at=one.at, **more,
    ))  # fmt: skip
    return path
