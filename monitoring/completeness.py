"""How complete is what subgroups and charts rest on: facts that studies came with.

Counted by the database in one question: no study is looked at alone, and no prediction at all.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import String, case, cast, func
from sqlmodel import Session, col, select

from measures.estimate import Estimate
from measures.proportions import wilson
from records.cases import Study
from records.product import Site

WEEKS_SHOWN = 26
"""Weeks that are counted where no period is chosen."""
FACTS = (
    "modality", "body_part", "view", "age_years", "sex", "manufacturer", "model_name",
    "software_version", "tube_voltage_kv", "exposure_mas", "spacing_mm",
)  # fmt: skip
"""Facts of acquisition and patient that a study may come without."""


@dataclass(frozen=True, slots=True)
class FactShare:
    """Of the clinical studies of a site, how many came with a fact of their own."""

    site: str
    fact: str
    recorded: Estimate


def days_counted(first: date | None, last: date | None, *, by: date) -> tuple[date, date]:
    """The days that are counted: those chosen, else the last half year.

    >>> days_counted(None, None, by=date(2026, 7, 1))
    (datetime.date(2025, 12, 31), datetime.date(2026, 7, 1))
    """
    until = min(last or by, by)
    return first or until - timedelta(weeks=WEEKS_SHOWN), until


def facts_by_site(
    session: Session, *, first: date, last: date, site: str = ""
) -> list[FactShare]:
    """Of each fact the share of studies that came with it, by site.

    A fact that the source lacked and that was assigned does not count as recorded.
    """
    there = {name: col(getattr(Study, name)) for name in FACTS}
    empty = {name: one.is_(None) if name in _NUMBERS else one == "" for name, one in there.items()}
    assigned = cast(col(Study.assigned), String)
    query: Any = (
        select(
            Site.name, assigned, func.count(),
            *(func.sum(case((empty[name], 0), else_=1)) for name in FACTS),
        )
        .join(Site, col(Site.id) == col(Study.site_id))
        .where(*_clinical(first, last, site))
        .group_by(Site.name, assigned)
    )
    studies: Counter[str] = Counter()
    recorded: dict[str, Counter[str]] = defaultdict(Counter)
    for name, told, n, *counts in session.execute(query):
        lacked = set(json.loads(told or "[]"))
        studies[name] += n
        for fact, count in zip(FACTS, counts, strict=True):
            recorded[name][fact] += 0 if fact in lacked else int(count)
    return [
        FactShare(name, fact, wilson("recorded", recorded[name][fact], studies[name]))
        for name in sorted(studies) for fact in FACTS
    ]


_NUMBERS = ("age_years", "tube_voltage_kv", "exposure_mas", "spacing_mm")


def _clinical(first: date, last: date, site: str) -> list[Any]:
    asked = [Study.purpose == "clinical", col(Study.arrived_on) >= first,
             col(Study.arrived_on) <= last]  # fmt: skip
    return [*asked, *([Site.name == site] if site else [])]
