"""What is owed is read from records and clock alone: schedule, alerts, and what decided nothing."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from monitoring.quiet_week import WeekFacts, week_text
from monitoring.revalidation_schedule import Owed, next_due
from records.revalidation_rules import (
    INFERIOR,
    NOT_DECIDED,
    NOT_REPRODUCED,
    PASSED,
    RevalidationRules,
)

RULES = RevalidationRules(every_days=80, recent_days=80)
BEGIN = date(2026, 1, 1)


def day(number: int) -> date:
    return BEGIN + timedelta(days=number)


@pytest.mark.parametrize(
    ("made", "due"),
    [
        ([], 80),
        ([(80, PASSED)], 160),
        ([(30, INFERIOR)], 110),
        ([(30, NOT_REPRODUCED), (90, PASSED)], 170),
        ([(80, NOT_DECIDED)], 100),
        ([(80, NOT_DECIDED), (100, NOT_DECIDED)], 120),
        ([(80, NOT_DECIDED), (95, PASSED)], 175),
        ([(30, NOT_DECIDED)], 50),  # on an alert: tried again before the schedule asks
        ([(70, NOT_DECIDED)], 80),  # it never puts off what is due
    ],
)
def test_the_next_one_is_due_by_the_last_that_decided(
    made: list[tuple[int, str]], due: int
) -> None:
    found, why = next_due(RULES, since=BEGIN, made=[(day(at), verdict) for at, verdict in made])
    assert found == day(due)
    assert ("decided nothing" in why) is (bool(made) and made[-1][1] == NOT_DECIDED and due != 80)


def test_a_week_is_waited_at_least() -> None:
    rules = RevalidationRules(every_days=8, recent_days=8)
    assert next_due(rules, since=BEGIN, made=[(day(8), NOT_DECIDED)])[0] == day(15)


def test_overdue_is_what_lies_behind_and_it_is_said_with_the_last_one() -> None:
    owed = Owed("north", day(80), "every 80 days", last="RVL-0001, passed")
    assert not owed.overdue(day(80))
    assert owed.overdue(day(81))
    assert "north: revalidation due on 2026-03-22 (every 80 days); last: RVL-0001" in owed.words
    assert "none was made yet" in Owed("north", day(80), "every 80 days").words


def test_a_week_with_something_open_is_not_called_quiet() -> None:
    words = Owed("north", day(80), "every 80 days").words
    quiet = WeekFacts("chest", day(84), day(90), (), (), (), (), (), 3, (), (), ())
    assert quiet.verdict == "All quiet."
    owing = replace(quiet, owed=(words,))
    assert owing.verdict == "Nothing was raised. 1 matter of revalidation open."
    assert f"## Suspended, or revalidation overdue\n\n- {words}" in week_text(owing)
