"""Complaints that tell of the same event: one of each group represents it, and none vanish."""

from datetime import timedelta
from typing import Any

import pytest

from records.complaint_likeness import likely_duplicates
from records.complaints import Complaint, ComplaintLink, link_complaints, told_again
from records.errors import Refused
from records.incidents import Incident, open_incident
from records.product import Device
from records.similar_incidents import similar_incidents
from records.trend_counts import duplicates_among
from tests.regulatory.event_team import (
    EU,
    NOW,
    Team,
    assessed,
    aware,
    received,
    screened,
    team,
    template,
)

__all__ = ["team", "template"]


def complaint(team: Team, words: str) -> Complaint:
    return screened(team, received(team, words=words))


def incident(team: Team, one: Complaint, *, days: int = 0) -> Incident:
    return open_incident(team.tx, one, words="", by=team.regulatory, now=NOW + timedelta(days=days))


def links(team: Team, *pairs: tuple[Complaint, Complaint], kind: str = "duplicate") -> None:
    """As older releases let them be: nothing refused a ring."""
    team.tx.add_all(
        ComplaintLink(complaint_id=one.id or 0, other_id=other.id or 0, kind=kind, grounds="x",
                      linked_by="ada", linked_at=NOW) for one, other in pairs
    )  # fmt: skip
    team.tx.flush()


@pytest.mark.requirement("REG-068")
def test_a_ring_of_duplicates_keeps_the_incidents_of_exactly_one(team: Team) -> None:
    a, b, c, other = (complaint(team, words) for words in "abcd")
    second, first, third = incident(team, a, days=2), incident(team, b, days=1), incident(team, c)
    third.opened_at = NOW + timedelta(days=3)
    links(team, (a, b), (b, c), (c, a))
    apart = incident(team, other)
    found = [first, second, third, apart]
    assert duplicates_among(team.tx, found) == {second.id, third.id}
    assert duplicates_among(team.tx, [third, apart]) == {third.id}
    assert duplicates_among(team.tx, [apart]) == set()


@pytest.mark.requirement("REG-068")
def test_a_follow_up_tells_of_the_same_event_wherever_events_are_counted(team: Team) -> None:
    a, b = (complaint(team, words) for words in "ab")
    first, more = incident(team, a), incident(team, b, days=1)
    links(team, (b, a), kind="follow-up")
    assert told_again(team.tx) == {b.id}
    assert duplicates_among(team.tx, [first, more]) == {more.id}
    assert sum(similar_incidents(team.tx, first, on=NOW.date()).rows[0].incidents.values()) == 1


@pytest.mark.requirement("REG-067")
def test_a_mir_leaves_out_what_was_decided_to_be_no_incident(team: Team) -> None:
    first, none = (incident(team, complaint(team, words)) for words in "ab")

    def counted() -> int:
        now = similar_incidents(team.tx, first, on=NOW.date()).rows[0]
        return sum(now.incidents.values())

    assert counted() == 2
    aware(team, none, NOW)
    made = assessed(team, none, "EU", EU | {"malfunction_or_inadequacy": False})
    assert made.answer["incident"] is False
    assert counted() == 1


@pytest.mark.requirement("REG-067", "REG-068")
def test_an_event_is_not_lost_where_what_told_of_it_first_was_decided_to_be_no_incident(
    team: Team,
) -> None:
    a, b = (complaint(team, words) for words in "ab")
    none, real = incident(team, a), incident(team, b, days=1)
    links(team, (b, a), kind="follow-up")
    assert duplicates_among(team.tx, [none, real]) == {real.id}
    aware(team, none, NOW)
    assessed(team, none, "EU", EU | {"malfunction_or_inadequacy": False})
    assert duplicates_among(team.tx, [none, real]) == {none.id}
    now = similar_incidents(team.tx, real, on=NOW.date() + timedelta(days=1)).rows[0]
    assert sum(now.incidents.values()) == 1


@pytest.mark.requirement("REG-068")
def test_all_incidents_of_a_duplicate_are_left_out_and_none_of_what_represents(
    team: Team,
) -> None:
    a, between, c = (complaint(team, words) for words in "abc")
    links(team, (a, between), (between, c))
    twice = [incident(team, a), incident(team, a, days=1)]
    assert duplicates_among(team.tx, twice) == set(), "no other has an incident"
    kept = [incident(team, c, days=4), incident(team, c, days=5)]
    assert duplicates_among(team.tx, [*twice, *kept]) == {one.id for one in twice}


@pytest.mark.requirement("REG-067")
def test_a_mir_counts_what_was_told_twice_once(team: Team) -> None:
    a, b, c = (complaint(team, words) for words in "abc")
    first, _, _ = incident(team, a), incident(team, b), incident(team, c)
    links(team, (b, a))
    now = similar_incidents(team.tx, first, on=NOW.date()).rows[0]
    assert sum(now.incidents.values()) == 2


@pytest.mark.requirement("REG-075")
def test_a_duplicate_that_leads_back_is_refused(team: Team) -> None:
    a, b, c = (complaint(team, words) for words in "abc")

    def link(one: Complaint, other: Complaint, kind: str = "duplicate") -> None:
        link_complaints(team.tx, one, other, kind, grounds="same study", by=team.quality, now=NOW)

    link(a, b)
    link(b, c)
    with pytest.raises(Refused, match=f"{a.label} is said to be a duplicate of {c.label} already"):
        link(c, a)
    link(c, a, "follow-up")


def test_complaints_of_two_revisions_of_a_device_are_linked_and_of_two_devices_not(
    team: Team,
) -> None:
    first = complaint(team, "It missed a nodule in the left lung.")
    device = team.tx.get_one(Device, first.device_id)
    told: dict[str, Any] = device.model_dump(exclude={"id"}) | {"status": "draft"}
    later = Device(**told | {"revision": device.revision + 1})
    other = Device(**told | {"name": "another-device"})
    team.tx.add_all([later, other])
    team.tx.flush()
    again, apart = complaint(team, first.words), complaint(team, first.words)
    again.device_id, apart.device_id = later.id or 0, other.id or 0
    assert [one.label for one in likely_duplicates(team.tx, again)] == [first.label]
    grounds: dict[str, Any] = {"grounds": "same study", "by": team.quality, "now": NOW}
    link_complaints(team.tx, again, first, "duplicate", **grounds)
    with pytest.raises(Refused, match="are of two devices"):
        link_complaints(team.tx, apart, first, "duplicate", **grounds)
