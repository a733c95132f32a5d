"""Days are counted as the law counts them: holidays, leap days, year ends, zones, two countries."""

import re
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.errors import InvalidInput, Refused
from regulatory.rules.calendars import MEMBER_STATES, calendar, national
from regulatory.rules.clocks import Clock, eu_days, governing, us_calendar_days, us_work_days
from regulatory.rules.facts import FactsMissing
from tests.regulatory.rules.asking import SERIOUS, US_EVENT, ask, shows, without

DAY = st.dates(date(2024, 1, 1), date(2032, 9, 30))


@pytest.mark.requirement("REG-078")
@pytest.mark.parametrize(
    ("day0", "n", "legal", "target"),
    [
        ("2026-11-11", 30, "2026-12-11", "2026-12-11"),
        ("2026-03-13", 30, "2026-04-12", "2026-04-10"),  # a Sunday stays; Friday before
        ("2028-01-30", 30, "2028-02-29", "2028-02-29"),  # leap day
        ("2027-01-30", 30, "2027-03-01", "2027-03-01"),
        ("2026-12-02", 30, "2027-01-01", "2026-12-31"),  # New Year's Day stays
        ("2026-06-03", 30, "2026-07-03", "2026-07-02"),  # Independence Day observed on Friday
        ("2026-10-27", 30, "2026-11-26", "2026-11-25"),  # Thanksgiving
    ],
)
def test_calendar_days_of_the_us_do_not_move(day0: str, n: int, legal: str, target: str) -> None:
    found = us_calendar_days("x", date.fromisoformat(day0), n).row()
    shows(found, due_legal=legal, due_target=target)


@pytest.mark.requirement("REG-078")
@pytest.mark.parametrize(
    ("day0", "n", "legal", "strict"),
    [
        ("2026-11-23", 5, "2026-12-01", "2026-12-01"),
        ("2026-12-17", 10, "2027-01-04", "2027-01-04"),
        ("2026-06-29", 5, "2026-07-07", "2026-07-06"),  # 3 July is a day in lieu
        ("2027-12-20", 5, "2027-12-28", "2027-12-27"),  # 24 December 2027 in lieu
        ("2027-12-27", 5, "2028-01-04", "2028-01-03"),  # 31 December 2027 in lieu
        ("2026-11-28", 1, "2026-11-30", "2026-11-30"),  # day 0 on a Saturday
        ("2027-06-30", 5, "2027-07-08", "2027-07-07"),  # 5 July in lieu of Sunday
        ("2028-02-28", 1, "2028-02-29", "2028-02-29"),
    ],
)
def test_work_days_of_the_us_by_both_readings(day0: str, n: int, legal: str, strict: str) -> None:
    clock = us_work_days("x", date.fromisoformat(day0), n)
    shows(clock.row(), due_legal=legal, due_strict=strict)
    assert sum(" = " in line for line in clock.trace) == n
    assert clock.trace[-1].endswith(f"= {n}")


@pytest.mark.requirement("REG-078")
@pytest.mark.parametrize(
    ("day0", "n", "state", "target", "legal", "latest"),
    [
        ("2026-11-23", 15, "DE", "2026-12-08", "2026-12-08", "2026-12-08"),
        ("2026-12-16", 10, "DE", "2026-12-26", "2026-12-28", "2026-12-28"),
        ("2026-12-24", 2, "DE", "2026-12-26", "2026-12-28", "2026-12-29"),  # two working days
        ("2026-11-20", 2, "DE", "2026-11-22", "2026-11-23", "2026-11-24"),  # over a weekend
        ("2026-11-19", 2, "DE", "2026-11-21", "2026-11-23", "2026-11-23"),
        ("2026-04-02", 2, "DE", "2026-04-04", "2026-04-07", "2026-04-08"),  # Easter
        ("2026-07-04", 10, "FR", "2026-07-14", "2026-07-15", "2026-07-15"),
        ("2026-07-04", 10, "DE", "2026-07-14", "2026-07-14", "2026-07-14"),
        ("2026-10-16", 10, "AT", "2026-10-26", "2026-10-27", "2026-10-27"),
        ("2026-12-22", 10, "DE", "2027-01-01", "2027-01-04", "2027-01-04"),
        ("2028-02-14", 15, "DE", "2028-02-29", "2028-02-29", "2028-02-29"),
        ("2026-07-03", 10, "XI", "2026-07-13", "2026-07-14", "2026-07-14"),
    ],
)
def test_days_of_the_eu_roll_and_hold_two_working_days(
    day0: str, n: int, state: str, target: str, legal: str, latest: str
) -> None:
    found = eu_days("x", date.fromisoformat(day0), n, state).row()
    shows(found, due_target=target, due_legal=legal, due_legal_max=latest)


@pytest.mark.requirement("REG-078")
@settings(max_examples=60, deadline=None)
@given(day=DAY, n=st.integers(1, 40), state=st.sampled_from(("DE", "FR", "IE", "SE")))
def test_what_is_worked_towards_is_never_later_than_the_law(day: date, n: int, state: str) -> None:
    there = national(state)
    clock = eu_days("x", day, n, state)
    assert clock.due_target == day + timedelta(days=n)
    assert clock.due_legal_max is not None
    assert clock.due_target <= clock.due_legal <= clock.due_legal_max
    assert there.is_working_day(clock.due_legal)
    inside = [day + timedelta(days=k) for k in range(1, (clock.due_legal_max - day).days + 1)]
    assert n < 2 or sum(there.is_working_day(one) for one in inside) >= 2
    for us in (us_calendar_days("x", day, n), us_work_days("x", day, n)):
        assert us.work_by <= us.due_legal
        assert us.due_legal >= day + timedelta(days=n)
    assert us_work_days("x", day, n).due_strict <= us_work_days("x", day, n).due_legal  # type: ignore[operator]


@pytest.mark.requirement("REG-078", "REG-126")
@settings(max_examples=60, deadline=None)
@given(day=DAY, n=st.integers(1, 40), state=st.sampled_from(MEMBER_STATES))
def test_working_days_are_those_that_numpy_counts(day: date, n: int, state: str) -> None:
    found = us_work_days("x", day, n)
    for name, due in (("OBSERVED", found.due_legal), ("STATUTORY", found.due_strict)):
        free = [np.datetime64(one) for one in calendar(f"US-FED-{name}").holidays]
        theirs = np.busday_offset(np.datetime64(day), n, roll="backward", holidays=free)
        assert due == theirs.astype(date), name
    free = [np.datetime64(one) for one in national(state).holidays]
    target = np.datetime64(day + timedelta(days=n))
    rolled = np.busday_offset(target, 0, roll="forward", holidays=free)
    latest = max(rolled, np.busday_offset(np.datetime64(day), min(n, 2), roll="backward",
                                          holidays=free))  # fmt: skip
    clock = eu_days("x", day, n, state)
    assert clock.due_legal == rolled.astype(date)
    assert clock.due_legal_max == latest.astype(date)


@pytest.mark.requirement("REG-078")
@settings(max_examples=60, deadline=None)
@given(day=DAY, n=st.integers(1, 40), state=st.sampled_from(("DE", "FR", "IE")))
def test_a_later_day_0_or_more_days_never_make_a_date_earlier(
    day: date, n: int, state: str
) -> None:
    later = day + timedelta(days=1)
    for count in (us_calendar_days, us_work_days):
        assert count("x", day, n).due_legal <= count("x", later, n).due_legal
        assert count("x", day, n).due_legal <= count("x", day, n + 1).due_legal
        assert count("x", day, n).work_by <= count("x", later, n).work_by
    assert eu_days("x", day, n, state).due_legal <= eu_days("x", later, n, state).due_legal
    assert eu_days("x", day, n, state).due_legal <= eu_days("x", day, n + 1, state).due_legal


@pytest.mark.requirement("REG-079")
def test_beyond_a_calendar_there_is_no_date() -> None:
    with pytest.raises(Refused, match=r"DE-NATIONAL \(version 1\) holds 2024 to 2032"):
        ask("EU87-02", SERIOUS, awareness_local_date="2032-12-30")
    with pytest.raises(Refused, match="US-FED-OBSERVED"):
        ask("803-03", US_EVENT, awareness_local_date="2033-05-01")
    with pytest.raises(Refused):
        ask("803-03", US_EVENT, awareness_local_date="2023-05-01")


@pytest.mark.parametrize("state", MEMBER_STATES)
def test_every_member_state_has_a_calendar_of_every_year(state: str) -> None:
    found = national(state)
    assert found.id == f"{state}-NATIONAL"
    for year in range(found.years[0], found.years[1] + 1):
        held = [day for day in found.holidays if day.year == year]
        assert len(held) >= 7, year
        assert date(year, 1, 1) in held
        assert date(year, 12, 25) in held


def test_the_two_calendars_of_the_us_differ_by_days_in_lieu_alone() -> None:
    observed, statutory = calendar("US-FED-OBSERVED"), calendar("US-FED-STATUTORY")
    for day in set(observed.holidays) ^ set(statutory.holidays):
        if day in observed.holidays:
            moved = {day + timedelta(days=1), day - timedelta(days=1)}
            assert day.weekday() in (0, 4)
            assert moved & set(statutory.holidays) or day == date(2032, 12, 31)
        else:
            assert day.weekday() >= 5


def test_the_earliest_date_governs_and_ties_go_to_what_is_worked_towards_first() -> None:
    day = date(2026, 3, 2)
    one = Clock(clock="a", day0=day, due_legal=date(2026, 3, 17), due_target=date(2026, 3, 17))
    two = Clock(clock="b", day0=day, due_legal=date(2026, 3, 17), due_target=date(2026, 3, 15))
    assert governing([one, two]).clock == "b"
    rows = [{"clock": "a", "due_legal": "2026-03-17", "due_strict": "2026-03-10"},
            {"clock": "b", "due_legal": "2026-03-16", "due_target": "2026-03-14"}]  # fmt: skip
    shows(ask("TIME-05", {"clocks": rows}), governing="b", governing_due="2026-03-16",
          governing_target="2026-03-10")  # fmt: skip


AT = "2026-03-02T00:30:00+01:00"
BERLIN = {"at": AT, "tz": "Europe/Berlin", "person_class": "ANY_EMPLOYEE"}


@pytest.mark.requirement("REG-078")
def test_day_0_is_where_the_person_was_and_the_alarm_is_by_the_earlier_zone() -> None:
    facts = without(US_EVENT, "awareness_local_date", "awareness_person_class")
    there = ask("803-03 TIME-04", facts, awareness_facts=[BERLIN], hq_tz="America/New_York")
    shows(there, day0="2026-03-02", alternative_day0="2026-03-01", due_legal="2026-04-01",
          due_target="2026-04-01", conservative_target="2026-03-31")  # fmt: skip
    same = ask("803-03 TIME-04", facts, awareness_facts=[BERLIN], hq_tz="Europe/Paris")
    assert "alternative_day0" not in same
    assert "conservative_target" not in same
    east = ask("TIME-04", {"awareness_facts": [BERLIN], "hq_tz": "Asia/Tokyo"})
    assert east["day0"] == "2026-03-02"
    late = BERLIN | {"at": "2026-03-01T23:30:00+01:00"}
    tokyo = ask("803-03", facts, awareness_facts=[late], hq_tz="Asia/Tokyo")
    shows(tokyo, day0="2026-03-01", alternative_day0="2026-03-02", due_target="2026-03-31")
    assert "conservative_target" not in tokyo  # the other date is later
    boss = BERLIN | {"person_class": "RA_OR_MANAGEMENT"}
    five = ask("803-04 803-01", facts, awareness_facts=[boss], hq_tz="America/New_York",
               remedial_action_needed=True)  # fmt: skip
    shows(five, due_strict="2026-03-09", conservative_target="2026-03-06",
          governing_target="2026-03-06", governing_due="2026-03-09")  # fmt: skip
    german = without(SERIOUS, "awareness_local_date")
    eu = ask("EU87-02", german, awareness_facts=[BERLIN], authority_tz="Europe/Lisbon")
    shows(eu, day0="2026-03-02", alternative_day0="2026-03-01", due_target="2026-03-17",
          conservative_target="2026-03-16")  # fmt: skip


@pytest.mark.parametrize(
    ("at", "zone", "day0"),
    [
        ("2026-03-29T01:59:59+01:00", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T03:00:00+02:00", "Europe/Berlin", "2026-03-29"),
        ("2026-10-25T02:30:00+01:00", "Europe/Berlin", "2026-10-25"),
        ("2026-03-29T22:30:00+00:00", "Europe/Berlin", "2026-03-30"),
        ("2026-03-28T23:30:00+00:00", "Europe/Berlin", "2026-03-29"),
        ("2026-11-01T05:30:00+00:00", "America/New_York", "2026-11-01"),
        ("2026-11-01T03:59:00+00:00", "America/New_York", "2026-10-31"),
        ("2026-12-31T23:59:59-05:00", "America/New_York", "2026-12-31"),
        ("2028-02-29T23:00:00-08:00", "America/Los_Angeles", "2028-02-29"),
    ],
)
def test_day_0_across_daylight_saving_and_year_ends(at: str, zone: str, day0: str) -> None:
    fact = {"at": at, "tz": zone, "person_class": "RA_OR_MANAGEMENT"}
    assert ask("TIME-04", {"awareness_facts": [fact]})["day0"] == day0


@pytest.mark.parametrize("lacks", ["at", "tz", "person_class"])
def test_an_awareness_fact_is_whole(lacks: str) -> None:
    with pytest.raises(FactsMissing, match=rf"awareness_facts\[0\].{lacks}"):
        ask("TIME-04", {"awareness_facts": [without(BERLIN, lacks)]})
    with pytest.raises(FactsMissing):
        ask("TIME-04", {"awareness_facts": []})
    for wrong in ({"at": "2026-03-02T00:30:00"}, {"tz": "Berlin"}, {"person_class": "NURSE"}):
        with pytest.raises(InvalidInput):
            ask("TIME-04", {"awareness_facts": [BERLIN | wrong]})


def test_the_rules_of_time_alone_count_from_a_day() -> None:
    shows(ask("TIME-01", {"day0": "2026-11-11", "n": 30}), due_legal="2026-12-11")
    shows(ask("TIME-02", {"day0": "2026-11-23", "n": 5}), due_legal="2026-12-01")
    both = ask("TIME-03", {"day0": "2026-12-16", "n": 10, "member_state": "DE"})
    shows(both, due_target="2026-12-26", due_legal="2026-12-28", calendars={"DE-NATIONAL": 1})
    with pytest.raises(FactsMissing, match="day0"):
        ask("TIME-01", {"n": 30})


@pytest.mark.parametrize(
    "rules", ["TIME-02", "803-01", "803-01 TIME-02", "803-04", "803-01 803-04"]
)
@pytest.mark.parametrize(
    ("changes", "trigger"),
    [({"fda_5day_request": True}, "803.53(b)"),
     ({"remedial_action_needed": True, "awareness_person_class": "RA_OR_MANAGEMENT"}, "803.53(a)")],
)  # fmt: skip
def test_where_five_days_run_they_lead_whichever_rule_is_asked(
    rules: str, changes: dict[str, Any], trigger: str
) -> None:
    found = ask(rules, US_EVENT, **changes)
    shows(found, clock="803.53_5WD", trigger=trigger, due_legal="2026-12-01",
          due_strict="2026-12-01", governing="803.53_5WD", replaces="803.50_30CD")  # fmt: skip
    assert [one["clock"] for one in found["clocks"]] == ["803.50_30CD", "803.53_5WD"]


def test_who_is_aware_tells_when_the_five_days_start() -> None:
    for rule in ("803-01", "803-04"):
        waits = ask(rule, US_EVENT, remedial_action_needed=True)
        assert waits["clock"] == "803.50_30CD"
        assert "RA_OR_MANAGEMENT" in waits["five_days_start"]
        assert ask(rule, US_EVENT, fda_5day_request=None)["open_facts"] == ["fda_5day_request"]


def test_the_rules_of_time_alone_count_the_clock_of_an_event() -> None:
    for rules in ("TIME-01", "803-01", "803-03"):
        shows(ask(rules, US_EVENT), clock="803.50_30CD", day0="2026-11-23",
              due_legal="2026-12-23", due_target="2026-12-23")  # fmt: skip
    shows(ask("TIME-03", SERIOUS, death=True), clock="MDR87_10D", due_legal="2026-12-03")
    known = {"kind": "DEATH", "awareness_local_date": "2026-11-25"}
    for rules in ("TIME-05", "EU87-02 TIME-05"):
        shows(ask(rules, SERIOUS, escalation=known), governing="MDR87_10D",
              governing_due="2026-12-07", conservative_target="2026-12-03")  # fmt: skip
    infringed = {"event_date": "2028-10-02", "device_regime": "MDR", "harm": "NONE",
                 "notified_body_required": True, "fundamental_rights_infringement": True,
                 "member_state": "DE", "awareness_local_date": "2028-10-02"}  # fmt: skip
    for rules in ("TIME-03", "AIA-73 TIME-03"):
        shows(ask(rules, infringed), clock="AIA73_15D", due_legal="2028-10-17")
    zoned = without(US_EVENT, "awareness_local_date") | {
        "awareness_facts": [BERLIN], "hq_tz": "America/New_York"}  # fmt: skip
    shows(ask("TIME-04", zoned), day0="2026-03-02", alternative_day0="2026-03-01",
          due_legal="2026-04-01", due_target="2026-04-01")  # fmt: skip
    none = ask("TIME-04", zoned, classification="NOT_REPORTABLE")
    assert none["day0"] == "2026-03-02"
    assert "due_legal" not in none
    shows(ask("TIME-01", US_EVENT, n=10), clock="US_CALENDAR_DAYS", due_legal="2026-12-03")


@pytest.mark.requirement("REG-078")
@pytest.mark.parametrize(("day0", "n"), [("2026-12-01", 1_000_000_000), ("9999-12-31", 10)])
def test_days_beyond_the_year_9999_are_refused(day0: str, n: int) -> None:
    with pytest.raises(Refused, match="beyond the year 9999"):
        ask("TIME-03", {"jurisdiction": "EU", "member_state": "DE"}, day0=day0, n=n)


@pytest.mark.requirement("REG-078")
@pytest.mark.parametrize(
    ("at", "zone", "own"),
    [
        ("2026-07-20T23:30:00-05:00", "America/New_York", "-04:00"),
        ("2026-03-29T03:00:00+01:00", "Europe/Berlin", "+02:00"),
        ("2026-01-05T10:00:00+01:00", "UTC", "+00:00"),
    ],
)
def test_an_offset_that_the_zone_has_not_then_is_refused(at: str, zone: str, own: str) -> None:
    fact = {"at": at, "tz": zone, "person_class": "ANY_EMPLOYEE"}
    with pytest.raises(InvalidInput, match=rf"\[0\]\.at: {re.escape(at)} contradicts {zone}.* "
                                           rf"{re.escape(own)}"):  # fmt: skip
        ask("TIME-04", {"awareness_facts": [fact]})
    utc = fact | {"at": "2026-07-20T23:30:00Z"}
    assert ask("TIME-04", {"awareness_facts": [utc]})["day0"]
