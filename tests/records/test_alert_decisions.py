"""Only a person answers an alert, with words, in the right role and the right order."""

from datetime import datetime

import pytest

from records.alert_decisions import DISPOSITIONS, acknowledge_alert, close_alert
from records.errors import InvalidInput, NotAllowed, TransitionRefused
from records.people import Actor, Role
from records.surveillance import Alert


class Tx:
    """Stands for a session: takes what is added."""

    def add(self, row: object) -> None:
        """Nothing is kept."""

    def flush(self) -> None:
        """Nothing is written."""


def _alert(now: datetime, status: str = "open") -> Alert:
    return Alert(
        id=7, plan_id=1, chart_point_id=1, chart="noise", site="north", severity="high",
        summary="noise", raised_on=now.date(), raised_at=now, status=status,
    )


def _person(now: datetime, *roles: Role, active: bool = True, kind: str = "person") -> Actor:
    return Actor(
        id=1, name="anna", full_name="Anna", kind=kind, roles=list(roles), active=active,
        registered_at=now,
    )


def test_an_acknowledged_alert_says_by_whom_when_and_what_was_found(now: datetime) -> None:
    alert = acknowledge_alert(
        Tx(), _alert(now), by=_person(now, Role.CLINICIAN), finding=" new detector ", now=now  # type: ignore[arg-type]
    )
    assert (alert.status, alert.acknowledged_by, alert.acknowledged_at, alert.disposition) == (
        "acknowledged", "anna", now, "new detector",
    )  # fmt: skip


@pytest.mark.requirement("REG-036", "REG-063")
@pytest.mark.parametrize("disposition", DISPOSITIONS)
def test_a_closed_alert_keeps_disposition_and_conclusion(now: datetime, disposition: str) -> None:
    alert = close_alert(
        Tx(), _alert(now, "acknowledged"), by=_person(now, Role.QUALITY),  # type: ignore[arg-type]
        disposition=disposition, conclusion="as reported by the vendor", now=now,
    )  # fmt: skip
    assert alert.status == "closed"
    assert alert.disposition == f"{disposition}: as reported by the vendor"
    assert alert.closed_at == now


@pytest.mark.requirement("REG-036", "REG-063")
def test_roles_words_and_dispositions_are_required(now: datetime) -> None:
    tx: Tx = Tx()
    for nobody in (
        _person(now, Role.ADMINISTRATOR), _person(now, Role.QUALITY, active=False),
        _person(now, Role.QUALITY, kind="service"),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            acknowledge_alert(tx, _alert(now), by=nobody, finding="seen", now=now)  # type: ignore[arg-type]
    quality = _person(now, Role.QUALITY)
    with pytest.raises(InvalidInput, match="Nothing was written"):
        acknowledge_alert(tx, _alert(now), by=quality, finding="  ", now=now)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="is no disposition"):
        close_alert(tx, _alert(now), by=quality, disposition="?", conclusion="why", now=now)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed, match="may not close alerts"):
        close_alert(
            tx, _alert(now), by=_person(now, Role.ENGINEER), disposition="false alarm",  # type: ignore[arg-type]
            conclusion="no cause", now=now,
        )  # fmt: skip


@pytest.mark.requirement("REG-063")
def test_an_alert_is_answered_once(now: datetime) -> None:
    anna = _person(now, Role.QUALITY)
    with pytest.raises(TransitionRefused):
        acknowledge_alert(Tx(), _alert(now, "acknowledged"), by=anna, finding="again", now=now)  # type: ignore[arg-type]
    with pytest.raises(TransitionRefused):
        close_alert(
            Tx(), _alert(now, "closed"), by=anna, disposition="false alarm",  # type: ignore[arg-type]
            conclusion="again", now=now,
        )  # fmt: skip
