"""Periodic reports: days by rule from the definition's facts, or the facts that are missing."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from journeys.my_work import owed_work
from records.base import digest_of
from records.definition import DeviceDefinition, find_definition, load_definition
from records.errors import NotFound
from records.product import Device
from records.quality import Document
from records.settings import Workspace
from records.store import Store, open_store
from regulatory.periodic_schedule import ScheduledReport, device_in_force, schedule_of

ON = date(2026, 4, 1)
CLASS_2B = {"certificate_issued": "2025-03-15", "implantable": False, "preparation_days": 60}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    yield store
    store.close()


@pytest.fixture
def tx(template: Store, now: datetime) -> Iterator[Any]:
    with pytest.raises(ZeroDivisionError), template.transaction("x", "x", now=now) as tx:
        yield tx
        raise ZeroDivisionError  # nothing of a test stays


def defined(tx: Any, now: datetime, told: dict[str, Any] | None, **changed: Any) -> Device:
    content = load_definition(find_definition("chest-radiograph-pneumonia")).model_dump(mode="json")
    content |= {"risk_class": {"eu": "IIb", "us": "II"}} | changed
    if told is not None:
        content["periodic_reports"] = told
    content = DeviceDefinition.model_validate(content).model_dump(mode="json")
    device = Device(name=content["name"], revision=1, trade_name="T", definition=content,
                    definition_digest=digest_of(content), defined_at=now)  # fmt: skip
    tx.add(device)
    tx.flush()
    device.status = "accepted"
    tx.add(device)
    tx.flush()
    return device


def psur(tx: Any, device: Device, on: date = ON) -> list[ScheduledReport]:
    return [one for one in schedule_of(tx, device, on=on) if one.report == "PSUR"]


def owed(tx: Any, on: date) -> list[tuple[str, date | None, bool]]:
    at = datetime(on.year, on.month, on.day, 8).astimezone()
    return [(one.key, one.due, one.legal) for one in owed_work(tx, at)
            if one.kind == "periodic report"]  # fmt: skip


def test_the_psur_of_class_iib_is_that_of_the_worked_case(tx: Any, now: datetime) -> None:
    """CASE-050: certificate on 15 March 2025, 12 months, 60 days to prepare."""
    device = defined(tx, now, CLASS_2B)
    first, second = psur(tx, device)
    assert (first.period_no, first.period_start, first.period_end, first.issue_due) == (
        1, date(2025, 3, 15), date(2026, 3, 14), date(2026, 5, 13))  # fmt: skip
    assert (first.submission, first.cadence_months) == ("MAKE_AVAILABLE_TO_NB", 12)
    assert [one.state(ON) for one in (first, second)] == ["IN_PREPARATION", "RUNNING"]
    assert (second.period_start, first.primary_text_checked) == (date(2026, 3, 15), False)
    assert "R-PSUR-02, R-PSUR-03: read: summary; by the author of the" in first.checked
    assert owed(tx, ON) == [("DEV-0001:psur-1", date(2026, 5, 13), True)]
    told = first.as_told(ON)
    assert {"period_no", "period_start", "period_end", "issue_due", "submission", "missing",
            "primary_text_checked", "rule_version"} <= set(told)  # fmt: skip
    assert first.state(date(2026, 5, 14)) == "OVERDUE"
    assert ("DEV-0001:psur-1", date(2026, 5, 13), True) in owed(tx, date(2026, 6, 1))


def test_a_document_in_force_or_what_was_issued_before_ends_a_period(
    tx: Any, now: datetime
) -> None:
    device = defined(tx, now, CLASS_2B | {"issued_through": "2026-03-14"})
    assert [one.period_no for one in psur(tx, device)] == [2]
    written = Document(device_id=device.id or 0, kind="psur", number="N", version=1, title="t",
                       period_from=date(2026, 3, 15), period_to=date(2027, 3, 14), freeze_at=now,
                       freeze_sequence=1, facts_digest="0" * 64, template_digest="0" * 64,
                       draft_json_digest="0" * 64, compiled_at=now)  # fmt: skip
    tx.add(written)
    tx.flush()
    at = date(2027, 4, 1)
    assert [one.period_no for one in psur(tx, device, at)] == [2, 3], "a draft reports nothing"
    for status in ("in review", "approved", "effective"):
        written.status = status
        tx.flush()
    assert [one.period_no for one in psur(tx, device, at)] == [3]
    written.period_from, written.period_to = date(2027, 3, 15), date(2028, 3, 14)
    tx.flush()
    assert [one.period_no for one in psur(tx, device, at)] == [2], "a later report is not of it"


def test_what_is_not_known_is_named_and_gives_no_day(tx: Any, now: datetime) -> None:
    device = defined(tx, now, {"first_placed_on_market": "2025-03-15"})
    (one,) = psur(tx, device)
    assert one.says == (
        "unknown: cannot be computed, needs periodic_reports.certificate_issued, "
        "periodic_reports.preparation_days"
    )
    assert one.submission == (
        "unknown: needs periodic_reports.implantable or periodic_reports.eudamed_mandatory"
    )
    assert (one.issue_due, one.state(ON)) == (None, "UNKNOWN")
    assert owed(tx, ON) == [("DEV-0001:psur", None, False)]
    with pytest.raises(NotFound):
        device_in_force(tx, "nothing")


def test_a_device_that_says_nothing_of_the_market_owes_nothing(tx: Any, now: datetime) -> None:
    device = defined(tx, now, None, regulation=None)
    assert psur(tx, device)[0].missing
    assert owed(tx, ON) == []


def test_own_cadences_and_class_i_are_the_plans(tx: Any, now: datetime) -> None:
    device = defined(
        tx, now, {"first_placed_on_market": "2025-01-01",
                  "trend_review": {"every_months": 3, "preparation_days": 14,
                                   "issued_through": "2025-12-31"},
                  "management_review": {"every_months": 12, "preparation_days": 30,
                                        "counted_from": "2025-07-01"}},
        risk_class={"eu": "I", "us": "I"},
    )  # fmt: skip
    rows = schedule_of(tx, device, on=ON)
    assert [(one.report, one.period_no, one.issue_due) for one in rows] == [
        ("TREND_REVIEW", 5, date(2026, 4, 14)), ("TREND_REVIEW", 6, date(2026, 7, 14)),
        ("MANAGEMENT_REVIEW", 1, date(2026, 7, 30)), ("PMS_REPORT", None, None),
    ]  # fmt: skip
    assert rows[-1].state(ON) == "WHEN_NECESSARY"
    assert rows[-1].submission == "CA_ON_REQUEST"
    assert owed(tx, ON) == [("DEV-0001:trend_review-5", date(2026, 4, 14), False)]
    without = defined_cadence(tx, device)
    assert without.says.startswith("unknown: cannot be computed, needs periodic_reports.trend")


def defined_cadence(tx: Any, device: Device) -> ScheduledReport:
    content = dict(device.definition)
    content["periodic_reports"] = {"trend_review": {"every_months": 3, "preparation_days": 14}}
    device.definition, device.definition_digest = content, digest_of(content)
    return next(one for one in schedule_of(tx, device, on=ON) if one.report == "TREND_REVIEW")
