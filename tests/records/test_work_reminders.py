"""Who is reminded of what when: data by kind, once a step, stand-ins for those who are away."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from journeys.my_work import SOURCES, owed_work
from records.absences import record_absence
from records.capas import assign_capa, open_capa
from records.people import find_actor
from records.reminder_rules import kinds_with_rules, reminder_rule
from records.settings import Workspace
from records.store import Store, open_store
from records.surveillance import Alert
from records.work_reminders import due_reminders, record_reminder
from tests.dashboards.small_workspace import TODAY, populate

DAY = TODAY.date()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(store)
    yield store
    store.close()


@pytest.fixture
def tx(template: Store) -> Iterator[Any]:
    with pytest.raises(ZeroDivisionError), template.transaction("x", "x", now=TODAY) as tx:
        yield tx
        raise ZeroDivisionError  # nothing of a test stays


def a_capa(tx: Any, due: date, owner: str = "") -> str:
    quality = find_actor(tx, "demo.quality")
    capa = open_capa(tx, device_id=1, source=tx.get_one(Alert, 1), problem="it fell", by="x",
                     now=TODAY)  # fmt: skip
    assign_capa(tx, capa, by=quality, owner=owner or None, due={"investigated": due},
                now=TODAY - timedelta(days=60))  # fmt: skip
    return capa.label


def steps(tx: Any, label: str, on: date) -> list[tuple[str, tuple[str, ...]]]:
    found = due_reminders(tx, owed_work(tx, TODAY), on=on)
    return [(one.step.name, one.holders) for one in found if one.work.label == label]


def test_each_step_comes_on_its_day_and_late_work_goes_up_role_by_role() -> None:
    rule, due = reminder_rule("capa"), date(2026, 3, 20)
    come = [rule.step_on(due, due + timedelta(days=days)) for days in (-15, -14, -3, 0, 6, 7, 14)]
    assert [one and one.name for one in come] == [
        None, "14 days before", "3 days before", "on the day", "on the day", "overdue, step 1",
        "overdue, step 2",
    ]  # fmt: skip
    assert [one and one.escalates_to for one in come[-2:]] == ["quality", "responsible-person"]
    assert reminder_rule("a kind without one") == reminder_rule("complaint")


def test_a_rule_is_of_a_kind_that_there_is() -> None:
    from pathlib import Path

    written = "".join(
        Path(source.__code__.co_filename).read_text() for source in SOURCES
    ) + Path("records/security_screenings.py").read_text() + Path("records/overview.py").read_text()
    for kind in kinds_with_rules():
        if kind != "periodic report":
            assert f'"{kind}"' in written, kind


def test_a_step_is_told_once_to_the_owner_or_to_who_stands_in(tx: Any) -> None:
    label = a_capa(tx, DAY + timedelta(days=3), owner="demo.engineer")
    assert steps(tx, label, DAY - timedelta(days=12)) == []
    assert steps(tx, label, DAY) == [("3 days before", ("demo.engineer",))]
    engineer, quality = find_actor(tx, "demo.engineer"), find_actor(tx, "demo.quality")
    record_absence(tx, engineer, substitute=quality, first_day=DAY, last_day=DAY, reason="away",
                   by=engineer, now=TODAY)  # fmt: skip
    assert steps(tx, label, DAY) == [("3 days before", ("demo.quality",))]
    (one,) = [one for one in due_reminders(tx, owed_work(tx, TODAY), on=DAY)
              if one.work.label == label]  # fmt: skip
    kept = record_reminder(tx, one, routes=[], now=TODAY)
    assert (kept.key, kept.step, kept.holders) == (
        f"{label}:investigated", "3 days before", ["demo.quality"])  # fmt: skip
    assert steps(tx, label, DAY) == []
    assert steps(tx, label, DAY + timedelta(days=3)) == [("on the day", ("demo.engineer",))]
    assert steps(tx, label, DAY + timedelta(days=10)) == [
        ("overdue, step 1", ("demo.engineer", "demo.quality"))]  # fmt: skip


def test_what_nobody_was_given_waits_for_the_roles_and_another_day_begins_anew(tx: Any) -> None:
    label = a_capa(tx, DAY + timedelta(days=3))
    everybody = ("demo.engineer", "demo.quality", "demo.regulatory")
    assert steps(tx, label, DAY) == [("3 days before", everybody)]
    (one,) = [one for one in due_reminders(tx, owed_work(tx, TODAY), on=DAY)
              if one.work.label == label]  # fmt: skip
    assert one.roles == ("engineer", "quality", "regulatory")
    record_reminder(tx, one, routes=["RTE-0001"], now=TODAY)
    from records.capas import CAPA
    from records.lookup import find_record

    assign_capa(tx, find_record(tx, CAPA, label), by=find_actor(tx, "demo.quality"), now=TODAY,
                due={"investigated": DAY + timedelta(days=2)})  # fmt: skip
    assert steps(tx, label, DAY) == [("3 days before", everybody)]
