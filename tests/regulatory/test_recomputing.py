"""Clocks that other rules gave: owed, computed anew on an act, the old instance kept."""

from typing import Any

import pytest

from records.errors import NotAllowed, Refused
from records.reportabilities import (
    Reportability,
    instances_of,
    record_instance,
)
from regulatory.recomputing import outdated, owed_recomputing, recompute_clocks
from regulatory.rule_sets import approve_rule_set, rule_sets
from tests.dashboards.small_workspace import PASSWORD
from tests.regulatory.event_team import (
    NOW,
    US,
    Team,
    assessed,
    incident_of,
    team,
    template,
)

__all__ = ["team", "template"]


def by_older_rules(team: Team, one: Any) -> Any:
    """An instance as other rules gave it: the days of the US are others."""
    row = team.tx.get_one(Reportability, one.reportability_id)
    clocks = [{**each, "due_legal": "2026-12-24"} for each in one.clocks]
    return record_instance(
        team.tx, row, rule_ids=one.rule_ids, facts=one.facts, clocks=clocks, grounds="as known",
        answer=one.answer | {"rule_version": "0.9+0"}, reportable=one.reportable,
        by=team.regulatory, now=NOW,
    )


@pytest.mark.requirement("REG-078", "REG-124")
def test_a_clock_of_other_rules_is_owed_and_computed_anew_on_an_act(team: Team) -> None:
    tx, one = team.tx, incident_of(team)
    us = assessed(team, one, "US", US)
    assert outdated(tx) == owed_recomputing(tx, NOW) == []
    old = by_older_rules(team, us)
    jp = by_older_rules(team, assessed(team, one, "JP", {}))
    assert [each.label for each in owed_recomputing(tx, NOW)] == [old.label, jp.label]
    by = {"by": team.regulatory, "now": NOW}
    with pytest.raises(Refused, match="Not approved for use: rules, question-trees, calendars"):
        recompute_clocks(tx, grounds="new calendar", **by)
    for kind in rule_sets():
        approve_rule_set(tx, kind, remarks="compared", password=PASSWORD, **by)
    with pytest.raises(NotAllowed):
        recompute_clocks(tx, grounds="new calendar", by=team.engineer, now=NOW)
    first, second = recompute_clocks(tx, grounds="new calendar", **by)
    assert (first.before, first.rules_before, first.jurisdiction) == (old.label, "0.9+0", "US")
    assert first.changes == ("803.50_30CD: due legal 2026-12-24, now 2026-12-10",)
    assert (second.changes, second.why_not) == ((), "")
    row = tx.get_one(Reportability, us.reportability_id)
    assert [str(each.due_legal) for each in instances_of(tx, row)] == [
        "2026-12-10", "2026-12-24", "2026-12-10"
    ]
    assert instances_of(tx, row)[-1].grounds.startswith("new calendar (rules 0.9+0, now ")
    with pytest.raises(Refused, match="Every open clock rests on the rules in use"):
        recompute_clocks(tx, grounds="new calendar", **by)


def test_rules_that_ask_for_a_fact_nobody_told_leave_the_clock_and_say_so(team: Team) -> None:
    tx, one = team.tx, incident_of(team)
    us = assessed(team, one, "US", US)
    row = tx.get_one(Reportability, us.reportability_id)
    lacking = {name: said for name, said in us.facts.items() if name != "fda_5day_request"}
    record_instance(tx, row, rule_ids=us.rule_ids, facts=lacking, clocks=us.clocks, grounds="x",
                    answer=us.answer | {"rule_version": "0.9+0"}, reportable=us.reportable,
                    by=team.regulatory, now=NOW)  # fmt: skip
    for kind in rule_sets():
        approve_rule_set(tx, kind, remarks="compared", password=PASSWORD, by=team.regulatory,
                         now=NOW)  # fmt: skip
    (made,) = recompute_clocks(tx, grounds="new rules", by=team.regulatory, now=NOW)
    assert made.after == "" and "Missing facts: fda_5day_request" in made.why_not
    assert len(instances_of(tx, row)) == 2
