"""What a new day of surveillance costs beside the history that stands on record.

    python -m benchmarks.day_cost                    after 10,000 and after 1,000,000 predictions
    python -m benchmarks.day_cost 10000 100000       after so many each, 10,000 at least

Three sites of 333 studies a day each, with image facts, predictions and truths 2 to 10 days later,
written without their audit events (nothing of a day reads those); baselines and charts of the plan
that comes with the device. Then two days are watched, the second is measured: which studies wait to
be read, the charts prepared and stepped, the day recorded, and the studies read that an alert of
one site would be explained by. SQLite's steps (in thousands of instructions of its machine) do not
depend on what else the machine does; the seconds do.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import event, func, insert, select
from sqlmodel import Session

from journeys.define import draft_device, load_device
from journeys.watch_day import Watch, run_charts, watch_of
from monitoring.alert_cases import site_cases
from monitoring.baselines import prepare_baselines, record_baselines
from monitoring.drill_studies import SimulatedSites
from monitoring.run import prepare_day, study_rows
from records.base import Record, digest_of
from records.cases import Instance, Prediction, ReferenceStandard, Study
from records.definition import find_definition
from records.product import DatasetVersion, Deployment, ModelVersion, Site
from records.queries import case_rows, prediction_rows, studies_awaiting_prediction
from records.settings import Workspace
from records.store import Store, open_store
from records.surveillance import MonitoringPlan
from records.vault import Vault

NAME, FINDING = "chest-radiograph-pneumonia", "pneumonia"
SITES, DAILY, HELD_OUT = ("East", "North", "South"), 333, 400
LAST = date(2026, 10, 1)
"""The day that is measured."""
BLOCK = 50
"""Days that are put on record together."""
QUALITY = ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation")
SOURCE = SimulatedSites(SITES, daily_n=DAILY, reference_n=HELD_OUT)


def started(store: Store, began: date) -> None:
    """Device, plan, sites, the version that runs at all three, held-out studies and baselines."""
    now = _at(began - timedelta(days=1))
    definition = load_device(find_definition(NAME))
    with store.transaction("service:benchmark", "a device", now=now) as tx:
        device = draft_device(tx, definition, revision=1, now=now)
        plan = definition.monitoring_plan
        tx.add(MonitoringPlan(device_id=device.id or 0, content=plan,
                              content_digest=digest_of(plan), effective_at=now))  # fmt: skip
        dataset = DatasetVersion(
            device_id=device.id or 0, name="none", manifest_digest="0", content_digest="0",
            vault_path="none", commit="0", studies=0, patients=0, splits={}, datasheet={},
            frozen_at=now,
        )
        tx.add(dataset)
        tx.add_all(Site(name=site, registered_at=now) for site in SITES)
        tx.flush()
        version = ModelVersion(
            device_id=device.id or 0, dataset_version_id=dataset.id or 0, name="one",
            version_digest="0", weights_hash="0", architecture="none", model={},
            operating_point=0.5, params={}, dvc_lock_digest="0", code_digest="0", commit="0",
            vault_path="none", trained_at=now,
        )
        tx.add(version)
        tx.flush()
        tx.add_all(
            Deployment(model_version_id=version.id or 0, site_id=number, mode="shadow",
                       started_at=_at(began)) for number in (1, 2, 3)
        )  # fmt: skip
        put_on_record(tx, began - timedelta(days=40), 1, HELD_OUT, "external", seed=1)
    with store.reader() as reader:
        watch = watch_of(reader, NAME)
        said = {row["study_id"]: row["score"]
                for row in prediction_rows(reader, version, purposes=("external",))}  # fmt: skip
        rows = [
            row | {"split": "external_test", "score": said[row["study_id"]]}
            for row in case_rows(reader, purposes=("external",))
        ]
    found = prepare_baselines(
        watch.definition, watch.parsed, rows, daily_n=dict.fromkeys(SITES, DAILY),
        watched_sites=len(SITES), seed=1,
    )
    with store.transaction("service:benchmark", "baselines", now=now) as tx:
        record_baselines(tx, watch.plan, watch.version, found, now=now)


def put_on_record(
    tx: Session, first: date, days: int, daily: int, purpose: str, *, seed: int
) -> None:
    """The studies of these days at all sites with all that is known of them by LAST."""
    last = int(tx.connection().execute(select(func.max(Study.id))).scalar() or 0)
    n = days * daily
    for number, site in enumerate(SITES, start=1):
        rng = np.random.default_rng([seed, number, first.toordinal()])
        values = SOURCE.draw(site, n, rng)
        drawn = {name: one.tolist() for name, one in values.items()}
        day = [first + timedelta(days=at // daily) for at in range(n)]
        own = range(last + 1, last + n + 1)
        last += n
        rows: dict[type[Record], list[dict[str, Any]]] = {
            Study: [_study(study, number, day[at], purpose, drawn, at)
                    for at, study in enumerate(own)],
            Instance: [_image(study, drawn, at) for at, study in enumerate(own)],
            Prediction: [
                {"study_id": study, "model_version_id": 1, "score": drawn["score"][at],
                 "decision": bool(drawn["decision"][at]), "out_of_distribution": 0.1,
                 "deployment_id": number if purpose == "clinical" else None,
                 "returned_to_care": False, "predicted_at": _at(day[at]), "outputs": {}}
                for at, study in enumerate(own)
            ],
            ReferenceStandard: [
                {"study_id": study, "finding": FINDING, "present": bool(drawn["truth"][at]),
                 "source": "consensus", "reader": "a+b", "known_on": told,
                 "received_at": _at(told)}
                for at, study in enumerate(own) if np.isfinite(drawn["truth_delay"][at])
                for told in [day[at] + timedelta(days=int(drawn["truth_delay"][at]))]
                if told <= LAST
            ],
        }  # fmt: skip
        for table, content in rows.items():
            if content:
                tx.connection().execute(insert(table), content)


def _study(
    number: int, site: int, day: date, purpose: str, drawn: Any, at: int
) -> dict[str, Any]:
    key = f"{day.toordinal()}.{site}.{at}"
    return {
        "id": number, "study_uid": f"2.25.{key}", "patient": f"P{key}", "site_id": site,
        "purpose": purpose, "arrived_on": day, "invalid_tags": [], "assigned": [],
        "received_at": _at(day), "modality": "DX", "body_part": "CHEST",
        "view": drawn["view"][at], "age_years": drawn["age"][at], "sex": drawn["sex"][at],
        "manufacturer": "Maker", "model_name": "DX-1",
        "tube_voltage_kv": drawn["tube_voltage"][at], "rows": 160, "columns": 160,
    }  # fmt: skip


def _image(study: int, drawn: Any, at: int) -> dict[str, Any]:
    quality = {name: drawn[name][at] for name in QUALITY}
    return {"study_id": study, "instance_uid": f"2.25.9.{study}", "digest": f"image {study}",
            "source_digest": f"source {study}", "deidentification": {}, "flags": [],
            **quality}  # fmt: skip


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC)


class Steps:
    """Thousands of instructions that SQLite's machine has done on this store."""

    def __init__(self, store: Store) -> None:
        self.done = 0
        event.listen(store.engine, "checkout", self._count)

    def _count(self, connection: Any, *_rest: object) -> None:
        connection.set_progress_handler(self._another, 1000)

    def _another(self) -> int:
        self.done += 1
        return 0


def filled(folder: Path, rows: int) -> Store:
    """A workspace with so many predictions before the two days that are watched."""
    store = open_store(Workspace(folder).create(), url="")
    days = max(round(rows / (len(SITES) * DAILY)), 1)
    began = LAST - timedelta(days=days + 1)
    started(store, began)
    for start in range(0, days + 2, BLOCK):
        first, n = began + timedelta(days=start), min(BLOCK, days + 2 - start)
        with store.transaction("service:benchmark", "history", now=_at(first)) as tx:
            put_on_record(tx, first, n, DAILY, "clinical", seed=2)
    return store


def measured(store: Store) -> Iterator[tuple[str, float, int]]:
    """Each part of the day: its name, seconds (the least of three where it can be repeated) and
    thousands of SQLite's steps."""
    steps = Steps(store)
    with store.reader() as reader:
        watch = watch_of(reader, NAME)
    acting: dict[str, Any] = {"actor": "service:surveillance", "now": _at(LAST)}
    run_charts(store, watch, LAST - timedelta(days=1), **acting)
    parts: list[tuple[str, int, Callable[[], Any]]] = [
        ("which studies wait to be read", 3, lambda: _waiting(store, watch)),
        ("charts prepared and stepped", 3, lambda: _prepared(store, watch)),
        ("the day watched and recorded", 1, lambda: run_charts(store, watch, LAST, **acting)),
        ("studies behind an alert of one site", 1, lambda: _behind(store, watch)),
    ]
    for name, times, part in parts:
        took, before = [], steps.done
        for _ in range(times):
            start = time.perf_counter()
            part()
            took.append(time.perf_counter() - start)
        yield name, min(took), (steps.done - before) // times


def _waiting(store: Store, watch: Watch) -> None:
    with store.reader() as reader:
        assert studies_awaiting_prediction(reader, watch.version, day=LAST, sites=(1, 2, 3)) == []


def _prepared(store: Store, watch: Watch) -> None:
    with store.reader() as reader:
        found = prepare_day(reader, Vault(store.workspace.vault), watch.plan, watch.parsed,
                            watch.running, day=LAST)  # fmt: skip
    assert found is not None
    assert found.studies == len(SITES) * DAILY
    assert all(one["truth_received"] > DAILY / 2 for one in found.counts.values())


def _behind(store: Store, watch: Watch) -> None:
    began = min(one.started_at for one in watch.deployments).date()
    with store.reader() as reader:
        site_cases(
            reader, watch.version, SITES[0], began=began, day=LAST,
            studies=lambda **asked: study_rows(reader, watch.version, **asked),
        )


def main() -> int:
    """Fill, measure and print a table of all sizes."""
    sizes = [int(one) for one in sys.argv[1:]] or [10_000, 1_000_000]
    found: dict[str, list[str]] = {}
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            store = filled(Path(folder) / "workspace", rows)
            print(f"{rows:,} on record in {time.perf_counter() - start:.0f} s", file=sys.stderr)
            for name, took, steps in measured(store):
                found.setdefault(name, []).append(f"{took:.2f} s, {steps:,}")
            store.close()
    print("| after | " + " | ".join(f"{rows:,} predictions" for rows in sizes) + " |")
    print("|---|" + "---|" * len(sizes))
    for name, cells in found.items():
        print(f"| {name} | " + " | ".join(cells) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
