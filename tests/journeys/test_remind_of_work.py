"""Reminders over real channels: label, kind and day, once, resumed after a failure."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from journeys.my_work import owed_work
from journeys.remind_of_work import remind_of_work
from journeys.set_routes import set_route
from journeys.tell_people import TellReport, send_messages
from records.capas import assign_capa, open_capa
from records.message_routes import Wanted
from records.messages import Message
from records.notices import NoticeKind, open_notices
from records.owed_work import OwedWork
from records.people import find_actor
from records.store import Store
from records.surveillance import Alert
from records.work_reminders import WorkReminder
from tests.journeys.servers import hook_server, running
from tests.journeys.test_tell_people import closed_port
from tests.records.alert_workspace import raised, watched

ACTOR = "service:surveillance"
SECRET = "the detector of Dr Quincke"


def owing(store: Store, now: datetime) -> None:
    """A CAPA of the engineer that is due in three days."""
    watched(store, now)
    with store.transaction(ACTOR, "watch", now=now) as tx:
        raised(tx, now)
    with store.transaction("demo.quality", "open", now=now) as tx:
        capa = open_capa(tx, device_id=1, source=tx.get_one(Alert, 1), problem=SECRET,
                         by="demo.quality", now=now)  # fmt: skip
        assign_capa(tx, capa, by=find_actor(tx, "demo.quality"), owner="demo.quality", now=now,
                    due={"investigated": now.date() + timedelta(days=3)})  # fmt: skip


def route(store: Store, now: datetime, port: int, recipient: str) -> None:
    set_route(store, Wanted(recipient, about=("work",)), address=lambda: f"json://127.0.0.1:{port}",
              actor="demo.quality", reason="told so", now=now)  # fmt: skip


def sent(store: Store, now: datetime) -> TellReport:
    report = TellReport()
    send_messages(store, report, actor=ACTOR, clock=lambda: now)
    return report


def test_people_are_reminded_once_a_step_without_words_of_a_record(
    store: Store, now: datetime
) -> None:
    owing(store, now)
    with running(hook_server()) as hook:
        route(store, now, hook.server_address[1], "demo.quality")
        first = remind_of_work(store, actor=ACTOR, now=now)
        assert [(one.record, one.step) for one in first.reminders if one.kind == "capa"] == [
            ("CAPA-0001", "3 days before")]  # fmt: skip
        assert remind_of_work(store, actor=ACTOR, now=now + timedelta(hours=1)).reminders == []
        assert sent(store, now).delivered == 1
        later = remind_of_work(store, actor=ACTOR, now=now + timedelta(days=3))
        assert ("CAPA-0001", "on the day") in [(one.record, one.step) for one in later.reminders]
        assert sent(store, now + timedelta(days=3)).delivered == 1
        told = [one["message"] for one in hook.taken]
    day = now.date() + timedelta(days=3)
    assert f"CAPA-0001 (capa): due {day}, 3 days before" in told[0]
    assert not [one for one in told if "Quincke" in one or "detector" in one]


def test_what_is_owed_is_gathered_once_a_run(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    owing(store, now)
    asked: list[datetime] = []

    def gathered(reader: Session, at: datetime) -> list[OwedWork]:
        asked.append(at)
        return owed_work(reader, at)

    monkeypatch.setattr("journeys.remind_of_work.owed_work", gathered)
    assert remind_of_work(store, actor=ACTOR, now=now).reminders
    assert asked == [now]


def test_a_reminder_waits_while_its_server_is_down_and_is_not_written_twice(
    store: Store, now: datetime
) -> None:
    owing(store, now)
    route(store, now, closed_port(), "administrator")
    done = remind_of_work(store, actor=ACTOR, now=now)
    assert done.reminders
    assert done.messages == 0, "no route leads to whom it waits for"
    route(store, now, closed_port(), "demo.quality")
    late = remind_of_work(store, actor=ACTOR, now=now + timedelta(days=3))
    assert late.messages == 1
    assert sent(store, now + timedelta(days=3)).faults
    assert remind_of_work(store, actor=ACTOR, now=now + timedelta(days=3)).messages == 0
    with store.reader() as reader:
        (message,) = reader.exec(select(Message))
        assert (message.kind, message.status, message.attempts) == ("work", "waiting", 1)


def test_late_work_that_waits_for_nobody_is_told_to_administrators(
    store: Store, now: datetime
) -> None:
    owing(store, now)
    with store.transaction("demo.administrator", "left", now=now) as tx:
        find_actor(tx, "demo.quality").active = False
        find_actor(tx, "demo.regulatory").active = False
    remind_of_work(store, actor=ACTOR, now=now + timedelta(days=10))
    with store.reader() as reader:
        kept = reader.exec(select(WorkReminder).where(WorkReminder.kind == "capa")).one()
        assert (kept.step, kept.role, kept.holders) == ("overdue, step 1", "quality", [])
        kinds = {one.kind for one in open_notices(reader)}
    assert NoticeKind.WORK_UNATTENDED.value in kinds
