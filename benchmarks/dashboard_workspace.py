"""A workspace of a million predictions: a demonstration, and two more years after it.

The studies that came to its sites come again, each at its own site, day after day, drawn anew; who
reads them is the version that runs there. Studies, images and truths of a week are batches, each
prediction an audit event of its own, as the product records them. The charts
are stepped by the product's own day, so points, alerts and what follows them are its own; they
count a tenth of the studies, the others of the same days are put beside them after.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, insert, text
from sqlmodel import Session, col, select

from journeys.count_days import count_days
from journeys.watch_day import Watch, run_charts, watch_of
from records.audit import CREATE, note
from records.base import Record, recorded
from records.batches import add_batch
from records.cases import Instance, Prediction, ReferenceStandard, Study
from records.clock import advance_clock, now_in
from records.product import Device, ModelVersion
from records.settings import Workspace
from records.store import Store, open_store

DEVICE, ACTOR = "chest-radiograph-pneumonia", "service:benchmark"
DAYS, SITES = 730, 3
POOL = 1000
"""Studies of a site that are drawn from: those of the demonstration."""
WATCHED = 46
"""Studies a site and day that the charts count; to step them over all would take an hour."""
BLOCK = 7
"""Days that are put on record in one transaction."""


@dataclass(frozen=True)
class Seen:
    """A study that came once, with its image, what was said of it, and its truth if any."""

    study: Mapping[str, Any]
    image: Mapping[str, Any]
    prediction: Mapping[str, Any]
    truth: Mapping[str, Any] | None


def make_workspace(folder: Path, predictions: int, *, demonstration: Path | None) -> Path:
    """The workspace in this folder with so many more predictions; made once, then used again.

    demonstration: a finished one of two years to begin with; it is made where none is named.
    """
    home, done = folder / f"with-{predictions}", folder / f"with-{predictions}.done"
    if done.exists():
        return home
    shutil.rmtree(home, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    if demonstration is None:
        command = [sys.executable, "-m", "cli", "--home", str(home), "demo"]
        subprocess.run([*command, "--scenario", "two-years"], check=True)
    else:
        shutil.copytree(demonstration, home)
    store = open_store(Workspace(home))
    daily = round(predictions / DAYS / SITES)
    continue_operation(store, min(daily, WATCHED))
    fill_up(store, round(daily / WATCHED) - 1)
    with store.reader() as reader:
        now = now_in(reader)
    count_days(store, DEVICE, actor=ACTOR, now=now)
    store.close()
    done.touch()
    return home


def continue_operation(store: Store, daily: int, days: int = DAYS) -> None:
    """So many studies a site and day after the demonstration's clock, each day watched."""
    with store.reader() as reader:
        watch = watch_of(reader, DEVICE)
        seen = {site: _seen(reader, site) for site in watch.sites}
        first = now_in(reader).date() + timedelta(days=1)
    last = first + timedelta(days=days - 1)
    for block in _blocks(first, last):
        with store.transaction(ACTOR, "studies of a week", now=_at(block[-1])) as tx:
            _put_on_record(tx, watch, seen, block, daily, last)
            advance_clock(tx, _at(block[-1]))
        for day in block:
            run_charts(store, watch, day, actor=ACTOR, now=_at(day))
        print(f"watched until {block[-1]}", file=sys.stderr)


def fill_up(store: Store, times: int, days: int = DAYS) -> None:
    """Each study of the last days so many times more, by the database alone.

    To chain their events would take an hour: they are there, and stand for as many, but the trail
    is not whole any more. No page reads more of an event than it holds.
    """
    columns = {f"{table.__tablename__}": [*table.model_fields]
               for table in (Study, Instance, Prediction, ReferenceStandard)}
    with store.engine.begin() as connection:
        def one(query: str) -> Any:
            return connection.execute(text(query)).scalar()

        connection.execute(text("PRAGMA cache_size=-500000"))
        last = {name: int(one(f"SELECT max(id) FROM {name}")) for name in columns}  # noqa: S608
        first = int(one(
            "SELECT min(id) FROM study WHERE purpose = 'clinical' AND arrived_on > "  # noqa: S608
            f"date((SELECT max(arrived_on) FROM study), '-{days} days')"
        ))  # fmt: skip
        for k in range(1, times + 1):
            new = {"id": "id + {}", "study_id": f"study_id + {k * last['study']}",
                   "study_uid": f"study_uid || '.{k}'", "patient": f"patient || '.{k}'",
                   "instance_uid": f"instance_uid || '.{k}'"}  # fmt: skip
            for name, own in columns.items():
                key = "id" if name == "study" else "study_id"
                named = ", ".join(f'"{each}"' for each in own)
                values = ", ".join(
                    new.get(each, f'"{each}"').format(k * last[name]) for each in own
                )
                connection.execute(text(
                    f"INSERT INTO {name} ({named}) SELECT {values} FROM {name} "  # noqa: S608
                    f"WHERE {key} BETWEEN {first} AND {last['study']} AND id <= {last[name]}"
                ))  # fmt: skip
            print(f"each {k} times more", file=sys.stderr)
        connection.execute(text(
            "INSERT INTO audit_event SELECT (SELECT max(sequence) FROM audit_event) + "  # noqa: S608
            "row_number() OVER (ORDER BY id), (SELECT max(at) FROM audit_event), "
            "'service:benchmark', 'create', "
            "'Prediction:' || id, 'filled up', '{}', '{}', 'benchmark', "
            "printf('%064d', id - 1), printf('%064d', id) FROM prediction "
            f"WHERE id > {last['prediction']}"
        ))  # fmt: skip


def _blocks(first: date, last: date) -> Iterator[list[date]]:
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    yield from (days[start : start + BLOCK] for start in range(0, len(days), BLOCK))


def _seen(reader: Session, site: int) -> list[Seen]:
    """What came to a site in operation and was read by a version of the device, once each."""
    rows: Any = reader.exec(
        select(Study, Instance, Prediction, ReferenceStandard)
        .join(Instance, col(Instance.study_id) == Study.id)
        .join(Prediction, col(Prediction.study_id) == Study.id)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .outerjoin(ReferenceStandard, col(ReferenceStandard.study_id) == Study.id)
        .where(Study.site_id == site, Study.purpose == "clinical", Device.name == DEVICE)
        .order_by(col(Study.id), col(Prediction.id)).limit(POOL)
    )
    found = {
        study.id: Seen(_columns(study), _columns(image), _columns(said),
                       _columns(truth) if truth else None)
        for study, image, said, truth in rows
    }  # fmt: skip
    return list(found.values())


def _columns(row: Record) -> dict[str, Any]:
    return row.model_dump(exclude={"id"})


def _put_on_record(
    tx: Session, watch: Watch, seen: Mapping[int, list[Seen]], days: list[date], daily: int,
    last_day: date,
) -> None:  # fmt: skip
    """The studies of these days at all sites, with all that becomes known of them by the last."""
    drawn: list[tuple[Any, date, Seen]] = []
    for running in watch.deployments:
        own = seen[running.site_id]
        rng = np.random.default_rng([daily, running.site_id, days[0].toordinal()])
        for day in days:
            drawn += [(running, day, own[at]) for at in rng.integers(0, len(own), daily)]
    studies = add_batch(tx, Study, [
        {**one.study, "study_uid": f"2.25.{day.toordinal()}.{daily}.{at}",
         "patient": f"P{day.toordinal()}.{daily}.{at}", "arrived_on": day, "received_at": _at(day)}
        for at, (running, day, one) in enumerate(drawn)
    ])  # fmt: skip
    add_batch(tx, Instance, [
        {**one.image, "study_id": study, "instance_uid": f"2.25.9.{study}"}
        for study, (_running, _day, one) in zip(studies, drawn, strict=True)
    ])  # fmt: skip
    add_batch(tx, ReferenceStandard, [
        {**one.truth, "study_id": study, "known_on": known, "received_at": _at(known)}
        for study, (_running, day, one) in zip(studies, drawn, strict=True)
        if one.truth is not None
        for known in [day + (one.truth["known_on"] - one.study["arrived_on"])]
        if known <= last_day
    ])  # fmt: skip
    last = int(tx.connection().execute(select(func.max(Prediction.id))).scalar() or 0)
    said = [
        {**one.prediction, "id": number, "study_id": study, "deployment_id": running.id,
         "model_version_id": running.model_version_id, "predicted_at": _at(day)}
        for number, (study, (running, day, one))
        in enumerate(zip(studies, drawn, strict=True), start=last + 1)
    ]  # fmt: skip
    tx.connection().execute(insert(Prediction), said)
    for row in said:
        note(tx, CREATE, f"Prediction:{row['id']}", new=recorded(Prediction, row))


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
