"""What is asked about flags: which arriving images broke a check of their device, and how many."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import String, cast, literal_column
from sqlalchemy import select as columns_of
from sqlmodel import Session, col, func, select

from records.cases import Instance, Study
from records.day_counts import (
    ALL_DEVICES,
    IMAGES,
    CountMark,
    Stored,
    put_down,
    standing_mark,
    stored_counts,
)  # fmt: skip
from records.product import Site

RULE: Final = "1"
"""What is counted and how; another number has everything counted anew."""

_FLAGGED = cast(Instance.flags, String) != literal_column("'[]'")
"""As the index of such images says it, not as a value that is filled in: it would not be used."""


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
    broken: Counter[tuple[str, str]] = Counter()
    names = dict(reader.exec(select(Site.id, Site.name)).all())
    for (number, _), counts in _day_images(reader, since, until).items():
        site = names[number]
        images[site] += counts["images"]
        broken.update({(site, check): n for check, n in counts["broken"].items()})
    return [FlagCount(site, check, n, images[site]) for (site, check), n in sorted(broken.items())]


def recount_images(tx: Session, *, anew: bool = False) -> int:
    """Count again what no longer holds, or all of it, and put it down; how many days that were."""
    mark = None if anew else standing_mark(tx, ALL_DEVICES, IMAGES, RULE)
    days = _days_touched(tx, mark) if mark else None
    counts = _counted(tx, days=days)
    put_down(tx, ALL_DEVICES, IMAGES, RULE, counts, days=days)
    return len({day for _, day in counts} if days is None else days)


def _day_images(reader: Session, since: date | None, until: date | None) -> Stored:
    """By site and day of arrival, images and the checks that they broke: stored, and the rest."""
    mark = standing_mark(reader, ALL_DEVICES, IMAGES, RULE)
    if mark is None:
        return _counted(reader, since=since, until=until)
    found = stored_counts(reader, ALL_DEVICES, IMAGES, since=since, until=until)
    changed = _days_touched(reader, mark)
    kept = {key: one for key, one in found.items() if key[1] not in changed and one}
    return kept | _counted(reader, days=changed, since=since, until=until)


def _days_touched(session: Session, mark: CountMark) -> set[date]:
    query = select(col(Study.arrived_on)).join(Instance, col(Instance.study_id) == Study.id)
    return set(session.exec(query.where(col(Instance.id) > mark.image_id)))


def _counted(
    session: Session, *, days: Collection[date] | None = None, since: date | None = None,
    until: date | None = None,
) -> Stored:  # fmt: skip
    """The same from the rows."""
    arrived: Any = (
        select(col(Study.site_id), col(Study.arrived_on), func.count(col(Instance.id)))
        .join(Instance, col(Instance.study_id) == Study.id)
        .group_by(col(Study.site_id), col(Study.arrived_on))
    )
    flagged: Any = (
        select(col(Study.site_id), col(Study.arrived_on), col(Instance.flags))
        .join(Instance, col(Instance.study_id) == Study.id).where(_FLAGGED)
    )  # fmt: skip
    if days is not None:
        on_days = col(Study.arrived_on).in_(days)
        arrived, flagged = arrived.where(on_days), flagged.where(on_days)
    found: Stored = {
        (site, day): {"images": n, "broken": {}}
        for site, day, n in session.exec(_within(arrived, since, until))
    }
    for site, day, flags in session.exec(_within(flagged, since, until)):
        broken = found[site, day]["broken"]
        for one in flags:
            broken[str(one["check"])] = broken.get(str(one["check"]), 0) + 1
    return found


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
    query = query.where(_FLAGGED).order_by(col(Instance.id).desc())
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
