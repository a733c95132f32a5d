"""Random samples: drawn before looking, on record, and drawn again by anybody."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from records.audit_grants import grant_access
from records.clock import mark_workspace
from records.errors import InvalidInput, NotAllowed, NotFound
from records.kinds import Scope
from records.lookup import find_events
from records.notices import Notice
from records.people import Role, find_actor
from records.product import Site, WorkspaceKind
from records.sampling import Sample, draw_sample
from records.store import Store
from tests.people import add_people

PASSWORD = "correct horse battery"
YEAR = Scope(since=date(2026, 1, 1), until=date(2026, 12, 31))


@pytest.fixture
def forty(store: Store, now: datetime) -> Store:
    """A live workspace with 40 notices of 2026, 10 of the year before, and two sites."""
    with store.transaction("setup", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=now)
        add_people(tx, (("quentin", Role.QUALITY), ("olga", Role.AUDITOR), ("ed", Role.ENGINEER)),
                   PASSWORD, now)  # fmt: skip
        last_year = datetime(2025, 12, 31, 23, tzinfo=UTC)
        for number in range(50):
            at = last_year if number < 10 else now + timedelta(hours=number)
            tx.add(Notice(kind="?", about="?", words=str(number), raised_at=at))
        tx.add_all([Site(name=name, registered_at=now) for name in ("north", "south")])
    return store


def draw(
    store: Store, now: datetime, *, by: str = "quentin", kind: str = "notice", count: int = 5,
    period: Scope = YEAR, seed: int | None = None,
) -> Sample:
    with store.transaction(by, "random sample", now=now) as tx:
        return draw_sample(tx, kind, count, period=period, seed=seed, by=find_actor(tx, by),
                           on=now.date())  # fmt: skip


def draws(store: Store) -> list[tuple[str, str, dict[str, Any]]]:
    with store.reader() as reader:
        return [(one.actor, one.subject, json.loads(one.new))
                for one in find_events(reader, action="draw sample")]  # fmt: skip


@pytest.mark.requirement("R-P11-10b", "R-P11-10g")
def test_five_of_2026_are_drawn_and_the_draw_is_an_event_that_draws_them_again(
    forty: Store, now: datetime
) -> None:
    first = draw(forty, now)
    assert (first.population, len(set(first.drawn))) == (40, 5)
    ((actor, subject, said),) = draws(forty)
    assert (actor, subject) == ("quentin", "Notice:all")
    assert said["seed_chosen_by_person"] is False
    assert (said["seed"], said["drawn"]) == (first.seed, list(first.drawn))
    again = draw(forty, now, seed=said["seed"])
    assert again.drawn == first.drawn
    labels = [f"NTC-{one:04d}" for one in range(11, 51)]
    outsider = sorted(
        labels, key=lambda one: hashlib.sha256(f"{first.seed}:{one}".encode()).hexdigest()
    )
    assert list(first.drawn) == outsider[:5]


def test_each_record_is_drawn_about_as_often_as_any_other(forty: Store, now: datetime) -> None:
    from records.sampling import ranked

    labels = [f"NTC-{one:04d}" for one in range(1, 41)]
    counts = dict.fromkeys(labels, 0)
    for seed in range(2000):
        for one in ranked(labels, seed)[:5]:
            counts[one] += 1
    assert all(185 < count < 320 for count in counts.values())  # 250 expected, 15 a deviation


@pytest.mark.requirement("R-P11-10g")
def test_an_auditor_draws_from_what_was_granted_only(forty: Store, now: datetime) -> None:
    with pytest.raises(NotFound, match="no record of the kind 'site'"):
        draw(forty, now, by="olga", kind="site")
    with forty.transaction("quentin", "audit", now=now) as tx:
        grant_access(tx, find_actor(tx, "olga"), Scope(sites=("north",)), purpose="audit 7",
                     first_day=now.date(), last_day=now.date(), by=find_actor(tx, "quentin"),
                     now=now)  # fmt: skip
    assert draw(forty, now, by="olga", kind="site").drawn == ("SIT-0001",)
    with pytest.raises(NotFound):
        draw(forty, now, by="olga")
    assert draws(forty)[-1][2]["within_grants"] is True


def test_what_cannot_be_drawn_is_refused(forty: Store, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="'ed' may not draw random samples"):
        draw(forty, now, by="ed")
    with pytest.raises(InvalidInput, match="no kind of record"):
        draw(forty, now, kind="complaints")
    for count, seed in ((0, 1), (1001, 1), (5, -1), (5, 2**31)):
        with pytest.raises(InvalidInput, match="Draw 1 to 1000"):
            draw(forty, now, count=count, seed=seed)
    assert len(draw(forty, now, count=1000, seed=3).drawn) == 40
    assert draw(forty, now, seed=3, period=Scope()).population == 50
