"""What is asked about flags: which arriving images broke a check of their device, and how many."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import String, cast
from sqlalchemy import select as columns_of
from sqlmodel import Session, col, func, select

from records.cases import Instance, Study
from records.product import Site


@dataclass(frozen=True, slots=True)
class FlaggedImage:
    """One image with the checks that it broke, each as recorded."""

    image: str
    study: str
    site: str
    arrived_on: date
    flags: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class FlagCount:
    """How many of a site's images broke a check, of how many that arrived."""

    site: str
    check: str
    images: int
    of: int


def flag_words(flag: Mapping[str, Any]) -> str:
    """A recorded flag in one line: check, what was found, and the limit.

    >>> flag_words({"check": "polarity", "found": -0.31, "at_least": 0.0, "at_most": None,
    ...             "allowed": []})
    'polarity -0.31, at least 0'
    """
    limits = [
        f"{side} {flag[name]:g}"
        for side, name in (("at least", "at_least"), ("at most", "at_most"))
        if flag[name] is not None
    ]
    if flag["allowed"]:
        limits.append(f"allowed: {', '.join(flag['allowed'])}")
    found = flag["found"]
    shown = f"{found:.3g}" if isinstance(found, float) else str(found)
    return ", ".join([f"{str(flag['check']).replace('_', ' ')} {shown}", *limits])


def flagged_images(
    reader: Session,
    *,
    site: str | None = None,
    check: str | None = None,
    since: date | None = None,
    until: date | None = None,
    last: int = 50,
) -> list[FlaggedImage]:
    """The newest images that broke a check, the newest last; an option that is None lets all in."""
    found: list[FlaggedImage] = []
    for number, study, name, arrived_on, flags in _flagged(
        reader, site=site, since=since, until=until
    ):
        kept = tuple(one for one in flags if check is None or one["check"] == check)
        if kept:
            found.append(
                FlaggedImage(
                    Instance.label_of(number), Study.label_of(study), name, arrived_on, kept
                )
            )
        if len(found) == last:
            break
    return found[::-1]


def flag_counts(
    reader: Session, *, since: date | None = None, until: date | None = None
) -> list[FlagCount]:
    """Flags by site and check, with the number of images that arrived there; by name."""
    images: Counter[str] = Counter()
    arrived = select(Site.name, func.count(col(Instance.id)))
    arrived = arrived.join(Study, col(Study.site_id) == Site.id)
    arrived = arrived.join(Instance, col(Instance.study_id) == Study.id).group_by(Site.name)
    images.update(dict(reader.exec(_within(arrived, since, until)).all()))
    broken: Counter[tuple[str, str]] = Counter()
    for _, _, site, _, flags in _flagged(reader, since=since, until=until):
        broken.update((site, str(one["check"])) for one in flags)
    return [FlagCount(site, check, n, images[site]) for (site, check), n in sorted(broken.items())]


def _flagged(
    reader: Session, *, site: str | None = None, since: date | None, until: date | None
) -> Iterator[tuple[int, int, str, date, list[dict[str, Any]]]]:
    """Images with a flag, the newest first, read as they are asked for."""
    image: Any = Instance
    study: Any = Study
    place: Any = Site
    query: Any = columns_of(image.id, study.id, place.name, study.arrived_on, image.flags)
    query = query.join(Study, col(Study.id) == Instance.study_id)
    query = query.join(Site, col(Site.id) == Study.site_id)
    query = query.where(cast(Instance.flags, String) != "[]").order_by(col(Instance.id).desc())
    if site is not None:
        query = query.where(Site.name == site)
    bounded = _within(query, since, until).execution_options(yield_per=1000)
    for number, of_study, name, arrived_on, flags in reader.execute(bounded):
        yield int(number), int(of_study), str(name), arrived_on, flags


def _within(query: Any, since: date | None, until: date | None) -> Any:
    if since is not None:
        query = query.where(Study.arrived_on >= since)
    if until is not None:
        query = query.where(Study.arrived_on <= until)
    return query
