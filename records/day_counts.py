"""What stands counted of the studies of each day and site, so that no page reads them one by one.

A day's counts follow from rows that are on record and are no record themselves: they are made again
from the rows at any time ('radvigil monitor recount', which says what stood otherwise). The mark
says up to which rows they hold. Readings and truths only ever come to the end of their tables, so
what came after the mark names the days whose counts no longer hold; these are counted from their
rows until the day's surveillance has put them down again.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import JSON, func, insert, update
from sqlmodel import Field, Session, SQLModel, col, select

from records.cases import Instance, Prediction, ReferenceStandard, Study
from records.product import Device, ModelVersion

TRUTH, READ, IMAGES, ANSWERS = "truth", "read", "images", "answers"
KINDS: Final = (TRUTH, READ, IMAGES, ANSWERS)
ALL_DEVICES: Final = ""
"""What images are counted for: they arrive for no device."""

Counts = dict[str, Any]
Stored = dict[tuple[int, date], Counts]
"""By site and day."""


class DayCount(SQLModel, table=True):
    """What was counted of a site's studies of one day: by day of arrival, or of reading."""

    __tablename__ = "day_count"

    device_name: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    site_id: int = Field(primary_key=True, foreign_key="site.id")
    day: date = Field(primary_key=True)
    counts: Counts = Field(sa_type=JSON)


class CountMark(SQLModel, table=True):
    """Up to which readings, truths and images the counts of a device hold, and by which rule."""

    __tablename__ = "count_mark"

    device_name: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    rule: str
    prediction_id: int
    truth_id: int
    image_id: int


def versions_of(session: Session, device_name: str) -> list[int]:
    """The versions of all revisions of a device."""
    query = (
        select(ModelVersion.id).join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device_name)
    )  # fmt: skip
    return [one for one in session.exec(query) if one is not None]


def standing_mark(session: Session, device_name: str, kind: str, rule: str) -> CountMark | None:
    """The mark, where counts were stored by the rule that is in force; None: count from rows."""
    found = session.get(CountMark, (device_name, kind))
    return found if found is not None and found.rule == rule else None


def stored_counts(
    session: Session, device_name: str, kind: str, *, since: date | None = None,
    until: date | None = None, site: int | None = None,
) -> Stored:  # fmt: skip
    """The counts of the days of a period, both days included; site: of one only, by its number."""
    query = select(col(DayCount.site_id), col(DayCount.day), col(DayCount.counts)).where(
        DayCount.device_name == device_name, DayCount.kind == kind
    )
    if since is not None:
        query = query.where(col(DayCount.day) >= since)
    if until is not None:
        query = query.where(col(DayCount.day) <= until)
    if site is not None:
        query = query.where(col(DayCount.site_id) == site)
    return {(site, day): counts for site, day, counts in session.exec(query)}


def held(session: Session, device_name: str) -> dict[tuple[str, int, date], Counts]:
    """All counts of a device and of images, by kind, site and day."""
    return {
        (kind, *place): counts
        for kind in KINDS
        for place, counts in stored_counts(
            session, ALL_DEVICES if kind == IMAGES else device_name, kind
        ).items()
    }


def days_touched(session: Session, mark: CountMark) -> set[date]:
    """The days of arrival of studies of which something came after the mark."""
    versions = versions_of(session, mark.device_name)
    read = (
        select(col(Study.arrived_on)).join(Prediction, col(Prediction.study_id) == Study.id)
        .where(col(Prediction.id) > mark.prediction_id,
               col(Prediction.model_version_id).in_(versions))
    )  # fmt: skip
    told = (
        select(col(Study.arrived_on))
        .join(ReferenceStandard, col(ReferenceStandard.study_id) == Study.id)
        .where(col(ReferenceStandard.id) > mark.truth_id)
    )
    # not DISTINCT: SQLite would then read all days by their index, and not what is after the mark
    return {*session.exec(read), *session.exec(told)}


def put_down(
    tx: Session, device_name: str, kind: str, rule: str,
    found: Mapping[tuple[int, date], Counts], *, days: Collection[date] | None = None,
) -> None:  # fmt: skip
    """Store what was counted, and that it holds up to the rows that are on record now.

    days: those counted again; None: all of them. A day of which nothing is left counts nothing.
    """
    stored = stored_counts(tx, device_name, kind)
    gone = {key for key in stored if days is None or key[1] in days} - found.keys()
    empty: Stored = {key: {} for key in gone}
    rows = [(key, counts) for key, counts in {**empty, **found}.items()]
    place = {"device_name": device_name, "kind": kind}
    new = [
        {**place, "site_id": site, "day": day, "counts": counts}
        for (site, day), counts in rows if (site, day) not in stored
    ]
    if new:
        tx.connection().execute(insert(DayCount), new)
    for (site, day), counts in rows:
        if (site, day) in stored and stored[site, day] != counts:
            tx.connection().execute(
                update(DayCount).where(
                    col(DayCount.device_name) == device_name, col(DayCount.kind) == kind,
                    col(DayCount.site_id) == site, col(DayCount.day) == day,
                ).values(counts=counts)
            )  # fmt: skip
    _mark(tx, device_name, kind, rule)


def _mark(tx: Session, device_name: str, kind: str, rule: str) -> None:
    values = {
        "rule": rule, "prediction_id": _last(tx, Prediction),
        "truth_id": _last(tx, ReferenceStandard), "image_id": _last(tx, Instance),
    }
    if tx.get(CountMark, (device_name, kind)) is None:
        row = {"device_name": device_name, "kind": kind, **values}
        tx.connection().execute(insert(CountMark), [row])
        return
    tx.connection().execute(
        update(CountMark)
        .where(col(CountMark.device_name) == device_name, col(CountMark.kind) == kind)
        .values(**values)
    )


def _last(session: Session, table: Any) -> int:
    return int(session.exec(select(func.max(table.id))).one() or 0)


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Sums by name.

    >>> added([{"known": 1}, {"known": 2, "weak only": 1}])
    {'known': 3, 'weak only': 1}
    """
    found: dict[str, int] = {}
    for one in counts:
        for name, n in one.items():
            found[name] = found.get(name, 0) + n
    return found
