"""The people who take in a complaint, open an incident and assess it, in one transaction."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from records.complaints import (
    Complaint,
    receive_complaint,
    screen_complaint,
)
from records.incidents import (
    Incident,
    add_awareness,
    open_incident,
)
from records.lookup import list_records
from records.people import find_actor
from records.product import Device
from records.reportabilities import (
    Reportability,
    decide_reportability,
)
from records.settings import Workspace
from records.store import Store, open_store
from regulatory.reportability import (
    assess_incident,
    examine_completeness,
)
from tests.dashboards.small_workspace import PASSWORD, SITES, populate

US = {
    "serious_injury": False, "death": False, "device_may_have_caused_or_contributed": True,
    "fails_performance_spec_or_labeling_claim": True,
    "recurrence_likely_to_cause_death_or_serious_injury": True, "remedial_action_needed": False,
    "fda_5day_request": False,
}  # fmt: skip
EU = {
    "malfunction_or_inadequacy": True, "harm_occurred": False, "causality": "REASONABLY_POSSIBLE",
    "could_have_led_to_serious_deterioration": True, "death": False,
    "unanticipated_serious_deterioration": False, "public_health_threat": False,
    "member_states": ["DE", "FR"],
}  # fmt: skip
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
KNOWN = datetime(2026, 11, 9, 23, 30, tzinfo=UTC)
ELEMENTS = {
    "device_identification": "version 1.0", "complainant": "radiologist of the site",
    "correction": {"unknown": True, "reason": "nothing was corrected yet"}, "reply": "we look",
}  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(store)
    yield store
    store.close()


class Team:
    """The people in one transaction."""

    def __init__(self, tx: Any) -> None:
        self.tx = tx
        self.engineer, self.quality, self.regulatory = (
            find_actor(tx, f"demo.{name}") for name in ("engineer", "quality", "regulatory")
        )


@pytest.fixture
def team(template: Store) -> Iterator[Team]:
    """A transaction of which nothing stays."""
    class Undone(Exception):
        pass

    try:
        with template.transaction("demo.regulatory", "a test", now=NOW) as tx:
            yield Team(tx)
            raise Undone
    except Undone:
        pass


def received(team: Team, **more: Any) -> Complaint:
    device = list_records(team.tx, Device)[-1]
    values: dict[str, Any] = {
        "words": "The device missed a pneumothorax.", "channel": "telephone", "site": SITES[0],
        "received_at": NOW - timedelta(hours=2), "by": team.engineer, "now": NOW,
    } | more  # fmt: skip
    return receive_complaint(team.tx, device=device, **values)


def screened(team: Team, one: Complaint, **more: Any) -> Complaint:
    values: dict[str, Any] = {
        "harm": "NONE", "harm_grounds": "the radiologist saw it", "categories": ["finding missed"],
        "investigated": True, "investigation": "the score was 0.2", "elements": ELEMENTS,
        "by": team.quality,
    } | more  # fmt: skip
    made = screen_complaint(team.tx, one, **values)
    examine_completeness(team.tx, made)
    return made


def incident_of(team: Team, *, known: datetime = KNOWN, zone: str = "Europe/Berlin") -> Incident:
    one = open_incident(team.tx, screened(team, received(team)), words="", by=team.quality, now=NOW)
    aware(team, one, known, zone)
    return one


def aware(team: Team, one: Incident, at: datetime, zone: str = "UTC", **more: Any) -> Any:
    return add_awareness(
        team.tx, one, person="support", known_at=at, zone=zone, how="a call", by=team.engineer,
        now=NOW, **{"person_class": "ANY_EMPLOYEE"} | more,
    )  # fmt: skip


def assessed(team: Team, one: Incident, place: str, told: dict[str, Any]) -> Any:
    return assess_incident(team.tx, one, place, told, grounds="as known", by=team.regulatory,
                           now=NOW)  # fmt: skip


def decided(team: Team, row: Reportability, word: str, **more: Any) -> Any:
    return decide_reportability(team.tx, row, word, grounds="by the rules", by=team.regulatory,
                                password=PASSWORD, now=NOW, **more)  # fmt: skip
