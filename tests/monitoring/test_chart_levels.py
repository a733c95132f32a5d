"""Charts by subgroup: levels known beforehand, one budget, nothing left out without its reason."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from monitoring.chart_levels import ChartLevel, day_of_level, with_subgroups
from monitoring.detectors.base import SiteDay
from monitoring.drill import Arrangement, streams
from monitoring.drill_shifts import Shift
from monitoring.drill_studies import SimulatedSites
from monitoring.plan import allocate, parse_plan
from monitoring.replay import Replayed, replay
from monitoring.replay_plan import ReplayPlan, read_replay_plan
from monitoring.replay_tables import WatchTable
from records.alert_rules import read_alert_rules
from records.errors import InvalidInput
from records.settings import REPOSITORY

SEX = {"name": "sex", "field": "sex", "values": ["F", "M"]}
AGE = {"name": "age", "field": "age", "bins": [18, 65, 120]}
IN_USE = {"name": "sensitivity in use", "detector": "claimed_performance",
          "parameters": {"measure": "sensitivity"}, "subgroups": ["sex", "age"]}  # fmt: skip
GAP = {"name": "sensitivity gap", "detector": "subgroup_gap",
       "parameters": {"measure": "sensitivity"}, "subgroups": ["sex"]}  # fmt: skip
SILENCE = {"name": "silence", "detector": "silent_days"}


def content(*charts: dict[str, Any], subgroups: Any = (SEX, AGE)) -> dict[str, Any]:
    return {"horizon_days": 90, "false_alarm_budget": 0.06, "minimum_n": 5,
            "charts": list(charts), "subgroups": list(subgroups)}  # fmt: skip


@pytest.mark.requirement("REG-062")
def test_the_levels_share_what_their_chart_may_spend_and_the_whole_keeps_half() -> None:
    plan = parse_plan(content(IN_USE, GAP, SILENCE))
    allocation = allocate(plan, sites=2)
    spent = {one.name: allocation.alpha_of(one) for one in plan.charts}
    assert allocation.charts == 3
    assert spent["silence"] == pytest.approx(0.01)
    assert spent["sensitivity in use"] == pytest.approx(0.005)
    assert spent["sensitivity in use [sex=F]"] == pytest.approx(0.005 / 4)
    assert spent["sensitivity gap [sex=M]"] == pytest.approx(0.005)
    assert "sensitivity gap" not in spent  # levels are compared: there is none of the whole site
    assert sum(spent.values()) * 2 == pytest.approx(0.06)
    assert "6 charts of levels" in allocation.sentence()


def test_a_plan_without_subgroups_is_shared_out_as_before() -> None:
    plan = parse_plan(content({**IN_USE, "subgroups": None}, SILENCE, subgroups=()))
    assert [one.name for one in plan.charts] == ["sensitivity in use", "silence"]
    assert allocate(plan, sites=1).alpha_of(plan.charts[0]) == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("chart", "subgroups", "message"),
    [
        (IN_USE, (SEX,), "no subgroup 'age' is declared"),
        ({**SILENCE, "subgroups": ["sex"]}, (SEX,), "silent_days is not watched by subgroup"),
        ({**GAP, "subgroups": None}, (SEX,), "compares the levels"),
        ({**IN_USE, "subgroups": "sex"}, (SEX,), "a list of different subgroups"),
        ({**GAP, "subgroups": ["site"]}, ({"name": "site", "field": "site"},), "names sites"),
        ({**GAP, "subgroups": ["maker"]}, ({"name": "maker", "field": "manufacturer"},),
         "not known beforehand"),
        ({**SILENCE, "name": "x [sex=F]"}, (SEX,), "how a level of a subgroup is named"),
        ({**GAP, "subgroups": ["age"]}, ({"name": "age", "field": "age", "bins": [18, 18]},),
         "two or more rising numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_watched_by_subgroup_is_refused_with_field_and_remedy(
    chart: dict[str, Any], subgroups: Any, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        parse_plan(content(chart, subgroups=subgroups))
    assert refused.value.message.startswith("monitoring_plan.charts[0]")


def test_the_subgroups_that_charts_name_are_frozen_with_the_plan() -> None:
    plan = {"charts": [IN_USE, SILENCE]}
    frozen = with_subgroups(plan, [SEX, AGE, {"name": "view", "field": "view"}])
    assert [one["name"] for one in frozen["subgroups"]] == ["sex", "age"]
    assert with_subgroups({"charts": [SILENCE]}, [SEX]) == {"charts": [SILENCE]}


def test_an_alert_of_a_level_is_answered_as_its_chart_is() -> None:
    rules = read_alert_rules(content({**IN_USE, "alert": {"close_days": 9}}, GAP))
    assert rules.class_of("sensitivity in use [age=18 to under 65]") == "performance"
    assert rules.rule_of("sensitivity in use [sex=F]").close_days == 9
    assert rules.class_of("sensitivity gap [sex=F]") == "performance"


def test_a_day_of_a_level_holds_its_studies_and_the_cases_of_the_others_beside_them() -> None:
    sex = np.array(["F", "M", None, "F"], object)
    today = SiteDay(
        "North", date(2026, 1, 5), {"sex": sex, "score": np.arange(4.0)},
        np.array([1, 1, 1, 0], np.int8), np.array([1, 0, 1, 0], np.int8),
        overruled=np.array([1], np.int8), truth_facts={"sex": sex},
    )  # fmt: skip
    found = day_of_level(ChartLevel("sex", "F", "sex", "F"), today)
    assert found.values["score"].tolist() == [0.0, 3.0]
    assert found.truth.tolist() == [1, 0]
    assert found.rest_decision.tolist() == [0]  # a case of unknown sex is on neither side
    assert len(found.overruled) == 0


@cache
def studies() -> tuple[WatchTable, WatchTable]:
    """Reference and 100 quiet days of one site, 40 a day."""
    return streams(SimulatedSites(("North",), daily_n=40), Shift.of("none"),
                   Arrangement(0, 100), seed=1)  # fmt: skip


def missing(who: str, *, share: float = 0.45, since: int = 25) -> Replayed:
    """The device misses findings of one sex (or of all) from a day on; the scores stay."""
    reference, watched = studies()
    hit = np.random.default_rng(5).random(watched.n) < share
    hit &= (watched.day >= watched.day.min() + since) & (watched.truth == 1.0)
    if who:
        hit &= watched.facts["sex"] == who
    assert watched.decision is not None
    changed = replace(watched, decision=np.where(hit, 0.0, watched.decision))
    plan = parse_plan(content(IN_USE, GAP, subgroups=(SEX, AGE)))
    return replay(ReplayPlan(plan, {"sensitivity": 0.75}), reference, changed)


@pytest.mark.requirement("REG-064")
def test_a_fall_in_one_level_is_one_alert_that_names_the_level_as_its_place() -> None:
    found = missing("F")
    first = found.alerts[0]
    assert first["chart"] in ("sensitivity gap [sex=F]", "sensitivity in use [sex=F]")
    told = first["evidence"]["explanation"]["where"]
    assert told["group"] == {"sex": "F"}
    assert told["inside"]["value"] < -0.25
    assert abs(told["outside"]["value"]) < 0.1
    assert "North, studies of sex F:" in first["evidence"]["summary"]
    assert first["evidence"]["of"]["value"] == "F"
    assert not any("sex=M" in one["chart"] for one in found.alerts)


@pytest.mark.requirement("REG-064")
def test_a_fall_in_all_levels_is_one_alert_of_the_site() -> None:
    (alert,) = missing("", share=0.6).alerts
    assert alert["chart"] == "sensitivity in use"
    covered = {one["chart"] for one in alert["evidence"]["also"]}
    assert {"sensitivity in use [sex=F]", "sensitivity in use [sex=M]"} <= covered
    assert not alert["evidence"]["explanation"]["where"]["group"]


def test_quiet_studies_raise_nothing_and_every_point_says_of_whom_it_is() -> None:
    found = missing("", share=0.0)
    assert found.alerts == []
    of = {one["chart"]: one["subgroup"] for one in found.points}
    assert of["sensitivity in use"] == ""
    assert of["sensitivity in use [age=65 to under 120]"] == "age=65 to under 120"
    schema = json.loads((REPOSITORY / "docs" / "monitor-replay.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(found.to_dict())


def test_a_level_too_small_for_a_reference_is_listed_with_the_reason() -> None:
    reference, watched = studies()
    old = {"name": "age", "field": "age", "bins": [18, 90, 120]}
    scores = {"name": "scores", "detector": "conformal_test", "parameters": {"column": "score"},
              "subgroups": ["age"]}  # fmt: skip
    plan = parse_plan(content(scores, subgroups=(old,)))
    points = [
        one for one in replay(ReplayPlan(plan), reference, watched).points
        if one["subgroup"] == "age=90 to under 120"
    ]
    assert len(points) >= 100
    assert {one["state"] for one in points} == {"not estimable"}
    assert "held-out studies" in points[0]["reason"]
    assert "age=90 to under 120 at North" in points[0]["reason"]


def test_a_table_that_lacks_the_subgroups_column_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(json.dumps(content(GAP)), "utf-8")
    assert read_replay_plan(path).kinds() == {"sex": "names"}
    declared = {"subgroups": [SEX], "monitoring_plan": content(GAP, subgroups=())}
    path.write_text(json.dumps(declared), "utf-8")
    assert read_replay_plan(path).plan.charts[0].name == "sensitivity gap [sex=F]"
