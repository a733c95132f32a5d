"""From incidents to a look at the period, owed work, and a decision that a person signs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from journeys.look_at_trends import look_at_trends, owed_trends
from journeys.my_work import SOURCES
from records.errors import InvalidInput, NotAllowed, Refused
from records.incidents import Incident, correct_incident
from records.lookup import list_records
from records.people import find_actor
from records.settings import Workspace
from records.signatures import signatures_on
from records.store import Store, open_store
from records.trends import TrendDecision, TrendLook
from regulatory.trend_decisions import decide_trend
from regulatory.trend_standing import trend_standing
from regulatory.trends import closed_periods
from tests.dashboards.small_workspace import PASSWORD, SITES, populate
from tests.journeys.trend_workspace import (
    JULY,
    add_incident,
    add_quarter,
    assess,
    link_as_duplicates,
)

DEVICE = "chest-radiograph-pneumonia"


@pytest.fixture
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A quarter with seven findings missed in 40 studies, where 0.8 are expected."""
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(store)
    with store.transaction("setup", "a quarter", now=JULY) as tx:
        add_quarter(tx, missed=7)
        add_incident(tx, said={"incident": True, "serious_incident": True}, harm="DEATH")
        link_as_duplicates(tx, add_incident(tx), list_records(tx, Incident)[0])
    yield store
    store.close()


def look(store: Store) -> list[TrendLook]:
    return look_at_trends(store, DEVICE, actor="service:surveillance", now=JULY)


def decide(store: Store, label: TrendLook, who: str = "demo.regulatory", *, gates: tuple[
    bool | None, bool | None] = (None, None), questions: tuple[str, ...] = (),
    grounds: str = "we looked at each") -> TrendDecision:  # fmt: skip
    with store.transaction(who, grounds or "a test", now=JULY) as tx:
        return decide_trend(
            tx, tx.get_one(TrendLook, label.id), questions=questions, benefit_risk=gates[0],
            unacceptable_risk=gates[1], grounds=grounds, by=find_actor(tx, who),
            password=PASSWORD, now=JULY,
        )


def owed(store: Store) -> list[tuple[str, str, str]]:
    with store.reader() as reader:
        return [(one.label, one.step, str(one.due)) for one in owed_trends(reader, JULY)]


@pytest.mark.requirement("REG-068", "REG-036")
def test_a_period_is_looked_at_without_being_asked_and_decided_by_a_person(opened: Store) -> None:
    assert owed_trends in SOURCES
    assert owed(opened) == [(f"{DEVICE} 2026-04-01 to 2026-06-30", "look", "2026-07-01")]
    (made,) = look(opened)
    assert look(opened) == []
    assert {one["question"]: one["verdict"] for one in made.rows} == {
        "missed": "trend", "severity": "no trend"
    }
    assert (made.rows[0]["count"], made.rows[0]["exposure"]) == (7, 40)
    assert made.counts["silent"] == [SITES[1]]
    assert len(made.counts["serious"]) == len(made.counts["duplicates"]) == 1
    assert (made.alpha_spent, made.alpha_year) == (0.0125, 0.05)
    assert owed(opened) == [("TLK-0001", "trend", "2026-07-30"),
                            ("TLK-0001", "the rest", "2026-07-30")]  # fmt: skip
    none = decide(opened, made)
    assert (none.outcome, list(none.proposed), none.against_rules) == (
        "NO_TREND", ["severity"], False
    )
    assert [one[1] for one in owed(opened)] == ["trend"]
    trend = decide(opened, made, gates=(True, True), questions=("missed",))
    assert (trend.outcome, trend.internal_due, trend.next_look_on) == (
        "REPORT_TREND", date(2026, 7, 17), date(2026, 10, 1)
    )
    assert owed(opened) == []
    with opened.reader() as reader:
        assert len(signatures_on(reader, trend)) == 1
        found = trend_standing(reader, DEVICE, until=date(2026, 7, 1))
        assert found.decisions["missed"].label == trend.label
        assert found.spent == pytest.approx(0.0125)
        assert found.running is not None
        assert {one["verdict"] for one in found.running.rows} == {"not estimable"}


@pytest.mark.requirement("REG-068")
def test_what_becomes_known_later_is_looked_at_again_and_owed_anew(opened: Store) -> None:
    (first,) = look(opened)
    decide(opened, first)
    decide(opened, first, gates=(True, False), questions=("missed",))
    assert owed(opened) == []
    with opened.transaction("demo.quality", "it was looked into", now=JULY) as tx:
        by = find_actor(tx, "demo.quality")
        correct_incident(tx, list_records(tx, Incident)[1], by=by, harm="TEMPORARY")
        assess(tx, add_incident(tx, said={}, codes=[]), {})
    (again,) = look(opened)
    assert (again.version, again.label) == (2, "TLK-0002")
    assert [one[:2] for one in owed(opened)] == [("TLK-0002", "trend"), ("TLK-0002", "the rest")]
    with pytest.raises(Refused, match="TLK-0001 was followed by TLK-0002"):
        decide(opened, first)


@pytest.mark.requirement("REG-068")
def test_a_decision_needs_its_person_its_answers_and_its_grounds(opened: Store) -> None:
    (made,) = look(opened)
    with pytest.raises(NotAllowed):
        decide(opened, made, "demo.engineer")
    with pytest.raises(InvalidInput, match="Not answered: benefit risk significant, unaccept"):
        decide(opened, made, questions=("missed",))
    with pytest.raises(InvalidInput, match="asks nothing of 'x'"):
        decide(opened, made, questions=("x",))
    with pytest.raises(InvalidInput, match="A trend and what is none"):
        decide(opened, made, questions=("missed", "severity"), gates=(True, True))
    with pytest.raises(InvalidInput, match="no grounds"):
        decide(opened, made, grounds=" . ")
    against = decide(opened, made, questions=("severity",), gates=(True, True))
    assert (against.outcome, against.against_rules) == ("REPORT_TREND", True)
    with pytest.raises(Refused, match="Nothing of that waits") as wrong:
        decide(opened, made)
    assert wrong.value.hint == "Name the trend: missed."
    inside = decide(opened, made, questions=("missed",), gates=(True, False))
    assert (inside.outcome, inside.answer) == ("SIGNAL_INTERNAL_ACTION", {})


def test_patients_are_counted_once_over_sites_and_a_plan_without_trends_asks_nothing(
    opened: Store
) -> None:
    with opened.transaction("setup", "by patients", now=JULY) as tx:
        add_quarter(tx, missed=0, studies=0, plan={"exposure": "patients"})
    with opened.reader() as reader:
        found = trend_standing(reader, DEVICE, until=date(2026, 6, 30))
        assert found.closed is not None
        assert (found.closed.counts.exposure, found.closed.rows[0]["unit"]) == (20, "patients")
        early = trend_standing(reader, DEVICE, until=date(2026, 6, 29))
        assert (early.closed, early.why_none) == (
            None, "no period is over that began after the plan came into force, 2026-01-06"
        )


def test_a_new_plan_begins_where_the_period_of_the_one_before_ends(opened: Store) -> None:
    middle = datetime(2026, 5, 10, tzinfo=UTC)
    with opened.transaction("setup", "by months", now=JULY) as tx:
        add_quarter(tx, missed=0, studies=0, plan={"period_months": 1}, effective=middle)
    with opened.reader() as reader:
        for until, periods in (
            (date(2026, 6, 29), []), (date(2026, 6, 30), ["2026-04-01 to 2026-06-30"]),
            (date(2026, 8, 31), ["2026-04-01 to 2026-06-30", "2026-07-01 to 2026-07-31",
                                 "2026-08-01 to 2026-08-31"]),
        ):  # fmt: skip
            found = closed_periods(reader, DEVICE, until=until)
            assert [str(one) for _, _, one in found] == periods
