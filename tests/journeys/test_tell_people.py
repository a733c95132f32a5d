"""People are told: by real servers on loopback, again where one was down, never twice."""

import socket
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from journeys.set_routes import set_route
from journeys.tell_people import escalate_alerts, tell_people
from journeys.try_alert import Trial, try_alert
from monitoring.channels import scheme_of
from records.alert_overview import alerts_by_urgency
from records.audit import read_events
from records.errors import InvalidInput, Refused
from records.message_routes import MessageRoute, Wanted, address_file, withdraw_route
from records.messages import PAUSES, Message
from records.notices import open_notices
from records.people import find_actor
from records.store import Store
from records.surveillance import Alert
from records.verify import verify_records
from tests.journeys.servers import hook_server, mail_server, running
from tests.records.alert_workspace import DEVICE, SITE, raised, watched

SECRET = "s3cretword"


def routed(store: Store, now: datetime, address: str, wanted: Wanted) -> MessageRoute:
    return set_route(
        store, wanted, address=lambda: address, actor="demo.quality", reason="told so", now=now
    )


def told(store: Store, now: datetime) -> dict[str, str]:
    report = tell_people(store, actor="service:surveillance", clock=lambda: now)
    return report.faults


def states(reader: Session) -> list[tuple[str, str, int]]:
    return [(one.kind, one.status, one.attempts) for one in reader.exec(select(Message))]


@pytest.mark.requirement("REG-063")
def test_an_alert_reaches_people_by_mail_and_webhook_once_and_without_secrets(
    store: Store, now: datetime
) -> None:
    watched(store, now)
    with running(mail_server()) as mail, running(hook_server()) as hook:
        at = f"127.0.0.1:{mail.server_address[1]}"
        routed(store, now, f"mailto://{at}/?from=r@ward.example&to=q@ward.example&mode=insecure",
               Wanted("quality"))  # fmt: skip
        routed(store, now, f"json://127.0.0.1:{hook.server_address[1]}/{SECRET}",
               Wanted("demo.regulatory", classes=("input",)))  # fmt: skip
        routed(store, now, f"json://127.0.0.1:{hook.server_address[1]}/{SECRET}",
               Wanted("regulatory", classes=("performance",)))  # fmt: skip
        with store.transaction("service:surveillance", "watch", now=now) as tx:
            raised(tx, now)
        assert told(store, now) == {}
        assert told(store, now + timedelta(hours=1)) == {}
        (letter, _), (posted, *more) = mail.taken, hook.taken
    assert [one["title"] for one in more] == ["Radvigil: ALT-0002, moderate: north hospital"]
    assert "To: q@ward.example" in letter
    for words in ("ALT-0001", "noise is 0.8 SD higher", "Due: acknowledgement by 2026-01-12"):
        assert words in posted["title"] + posted["message"]
    with store.reader() as reader:
        assert {one.outcome for one in reader.exec(select(Message))} == {"taken by the server"}
        everything = str([dict(one) for one in read_events(reader)])
        assert verify_records(reader).whole
    assert SECRET not in everything
    assert "ward.example" not in everything


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_message_waits_while_its_server_is_down_and_is_given_up_with_a_notice(
    store: Store, now: datetime
) -> None:
    watched(store, now)
    port = closed_port()
    route = routed(store, now, f"json://127.0.0.1:{port}/{SECRET}", Wanted("quality"))
    faults = told(store, now)
    assert "Connection error" in faults["MSG-0001"]
    assert SECRET not in str(faults)
    with store.reader() as reader:
        assert states(reader) == [("alert", "waiting", 1)]
    with running(hook_server(503)) as hook:
        hook_address = f"json://127.0.0.1:{hook.server_address[1]}/{SECRET}"
        address_file(store, route).unlink()
        assert "is missing" in told(store, now + PAUSES[1])["MSG-0001"]
        with store.transaction("demo.quality", "moved", now=now) as tx:
            withdraw_route(tx, tx.get_one(MessageRoute, route.id),
                           by=find_actor(tx, "demo.quality"), now=now)  # fmt: skip
        routed(store, now, hook_address, Wanted("quality"))
        faults = told(store, now + timedelta(hours=1))
        assert "503" in faults["MSG-0002"]
        assert told(store, now + timedelta(hours=2)) == {}
        assert len(hook.taken) == 1
    with store.reader() as reader:
        assert states(reader) == [("alert", "undeliverable", 3), ("alert", "delivered", 2)]
        (notice,) = open_notices(reader)
    assert notice.words.startswith("MSG-0001 (Radvigil: ALT-0001")


@pytest.mark.requirement("REG-063")
def test_an_unattended_alert_goes_from_role_to_role_and_stands_first(
    store: Store, now: datetime
) -> None:
    number = watched(store, now, {"acknowledge_days": 2, "close_days": 9})
    with store.transaction("service:surveillance", "watch", now=now) as tx:
        raised(tx, now + timedelta(days=2))
    seen: list[tuple[str, str, str]] = []

    def send(_address: str, title: str, body: str) -> str:
        seen.append((title, body, _address))
        return ""

    routed(store, now + timedelta(hours=1), "json://127.0.0.1:9/role",
           Wanted("regulatory", about=("escalation",)))  # fmt: skip
    routed(store, now + timedelta(hours=1), "json://127.0.0.1:9/other",
           Wanted("quality", about=("escalation",)))  # fmt: skip
    for days, steps in ((1, 0), (2, 1), (3, 0), (6, 2), (6.5, 0)):
        later = now + timedelta(days=days)
        report = tell_people(store, actor="service:surveillance", clock=lambda: later, send=send)  # noqa: B023
        assert len(report.escalated) == steps, days
    with store.reader() as reader:
        first = alerts_by_urgency(reader, now=now + timedelta(days=6))
        assert [(one.id, one.overdue) for one in first] == [
            (number, "not acknowledged by 2026-01-07, escalated 2 times"),
            (number + 1, "not acknowledged by 2026-01-09, escalated 1 time"),
        ]
        # nobody has the second role: administrators are told, and every route of escalations
        assert [one.words.split(", and")[1] for one in open_notices(reader)] == [
            " nobody has the role responsible-person."
        ]
    assert [address.rsplit("/", 1)[1] for _, _, address in seen] == [
        "role", "role", "other", "role"
    ]
    assert "was not acknowledged by 2026-01-07 08:00 UTC. It goes to the role regulatory" in (
        seen[0][1]
    )
    assert escalate_alerts(store, actor="x", now=now + timedelta(days=7)) == []


def test_the_test_of_an_alert_takes_the_whole_way_and_leaves_no_alert(
    store: Store, now: datetime
) -> None:
    watched(store, now)
    trial = Trial(DEVICE, "appearance", SITE)
    with pytest.raises(Refused, match="nobody would be told"):
        try_alert(store, trial, actor="demo.quality", clock=lambda: now)
    with running(hook_server()) as hook:
        routed(store, now, f"json://127.0.0.1:{hook.server_address[1]}/x", Wanted("quality"))
        routed(store, now, f"json://127.0.0.1:{closed_port()}/x", Wanted("regulatory"))
        found = try_alert(store, trial, actor="demo.quality", clock=lambda: now)
        (posted,) = hook.taken
    assert posted["title"] == "Radvigil: TEST, no alert: north hospital"
    assert "No alert was raised" in posted["message"]
    assert [(one.recipient, one.status) for one in found] == [
        ("quality", "delivered"), ("regulatory", "waiting")
    ]
    with store.reader() as reader:
        assert len(reader.exec(select(Alert)).all()) == 1
        assert [one.kind for one in reader.exec(select(Message))] == ["test", "test"]


@pytest.mark.parametrize(
    "address", ["file:///tmp/x", "exec://x", "json://", "slack://only", "nothing", "json://a b"]
)
def test_an_address_of_no_known_kind_is_refused_without_being_told(
    address: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput) as refused:
        scheme_of(address)
    assert address not in str(refused.value)
