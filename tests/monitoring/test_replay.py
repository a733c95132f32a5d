"""The watch on a table from outside: what it finds, what it says where it cannot know."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitoring.detectors import DETECTORS
from monitoring.detectors.base import SiteDay
from monitoring.plan import parse_plan
from monitoring.replay_files import plan_file, replay_files
from monitoring.replay_plan import read_replay_plan
from monitoring.replay_tables import Roles, read_table
from monitoring.site_charts import step_site
from records.errors import InvalidInput
from tests.monitoring.example_plan import MONDAY, context, defaults
from tests.monitoring.foreign_table import replayed, signals, states, table, written

SHIFT = "2026-08-17"


@pytest.fixture(scope="module")
def reference() -> pd.DataFrame:
    return table(8000, "2026-01-05", 182, seed=1)


@pytest.fixture
def current() -> pd.DataFrame:
    return table(4000, "2026-07-06", 91, seed=2)


def test_a_quiet_table_raises_nothing_and_every_window_has_its_point(
    tmp_path: Path, reference: pd.DataFrame, current: pd.DataFrame
) -> None:
    found = replayed(tmp_path, reference, current)
    assert found.alerts == []
    assert not any(one["state"] == "failed" for one in found.points)
    assert len(states(found, "fact age", "North")) == 13
    assert set(states(found, "fact view", "East")) == {"quiet"}


def test_a_shift_that_persists_is_found_in_every_later_window_and_nowhere_else(
    tmp_path: Path, reference: pd.DataFrame, current: pd.DataFrame
) -> None:
    late = current["time"] >= SHIFT
    current.loc[late & (current["site"] == "East"), "tube_voltage"] += 8.0
    some = np.random.default_rng(3).random(len(current)) < 0.2
    current.loc[late & (current["site"] == "North") & some, "manufacturer"] = "Fuji"
    found = replayed(tmp_path, reference, current)
    for chart, site in (("fact tube_voltage", "East"), ("fact manufacturer", "North")):
        signalled = [one == "alert" for one in states(found, chart, site)]
        assert signalled == [False] * 6 + [True] * 7
    by_chart = {one["chart"]: one for one in found.alerts}
    assert set(by_chart) == {"fact tube_voltage", "fact manufacturer"}
    voltage = by_chart["fact tube_voltage"]
    assert (voltage["site"], voltage["since"]) == ("East", SHIFT)
    assert voltage["columns"] == ["tube_voltage"]
    assert voltage["cause"] == "acquisition change: tube_voltage"
    assert by_chart["fact manufacturer"]["evidence"]["unseen"] == ["Fuji"]


def test_missing_values_scores_calls_and_volume_are_each_found(
    tmp_path: Path, reference: pd.DataFrame, current: pd.DataFrame
) -> None:
    late = current["time"] >= SHIFT
    some = np.random.default_rng(4).random(len(current))
    current.loc[late & (some < 0.3), "age"] = np.nan
    current.loc[late, "score"] = current.loc[late, "score"] ** 0.3
    current.loc[late & (some > 0.4), "decision"] = 1
    gone = late & (current["site"] == "North") & (current["time"] >= "2026-09-07")
    found = replayed(tmp_path, reference, current[~gone])
    assert {("fact age", "East"), ("scores", "East"), ("positive rate", "East"),
            ("silence", "North")} <= signals(found)  # fmt: skip
    age = next(one for one in found.alerts if one["chart"] == "fact age")
    assert age["evidence"]["changed"] == "missing"
    assert age["cause"].startswith("recording: age")
    rate = next(one for one in found.alerts if one["chart"] == "positive rate")
    assert "scores" in {one["chart"] for one in rate["evidence"]["also"]}
    assert "age" not in rate["columns"]  # not recorded in some, and higher in all: two causes
    assert states(found, "volume", "North")[-1] == "not estimable"


def test_a_fall_of_performance_is_found_as_the_truth_arrives(
    tmp_path: Path, reference: pd.DataFrame, current: pd.DataFrame
) -> None:
    rng = np.random.default_rng(5)
    late = current["time"] >= SHIFT
    current.loc[late, "score"] = rng.random(int(late.sum()))
    current.loc[late, "decision"] = (rng.random(int(late.sum())) < 0.1).astype(int)
    found = replayed(tmp_path, reference, current, budget=4.0)
    assert {("sensitivity", "East"), ("auc", "East"), ("positive rate", "East")} <= signals(found)
    (alert,) = [one for one in found.alerts if one["site"] == "East"]  # one cause
    (fall,) = [
        one for one in alert["evidence"]["also"]
        if one["chart"] == "sensitivity" and one["raised_on"] > SHIFT
    ]
    assert fall["direction"] == "down"


def test_a_new_site_has_no_reference_and_a_small_window_says_what_would_have_shown(
    tmp_path: Path, reference: pd.DataFrame
) -> None:
    current = table(400, "2026-07-06", 28, seed=6, sites=("North", "West"))
    found = replayed(tmp_path, reference, current)
    assert set(states(found, "fact age", "West")) == {"not estimable"}
    assert "no study of this site" in next(
        one["reason"] for one in found.points if one["site"] == "West"
    )
    few = [one for one in found.points if one["chart"] == "fact age" and one["site"] == "North"]
    assert {one["state"] for one in few} == {"underpowered"}
    assert "would have shown; 0.2 is worth finding" in few[0]["reason"]


def test_values_of_a_column_are_watched_apart(tmp_path: Path, reference: pd.DataFrame) -> None:
    current = table(4000, "2026-07-06", 91, seed=7)
    hit = (current["manufacturer"] == "GE") & (current["time"] >= SHIFT)
    current.loc[hit, "tube_voltage"] += 8.0
    found = replayed(tmp_path, reference, current, by="manufacturer")
    assert {(one["chart"], one["site"]) for one in found.alerts} == {("fact tube_voltage", "GE")}
    assert {one["site"] for one in found.points} == {"GE", "Siemens", "Philips"}


def test_a_chart_that_breaks_is_failed_and_stops_no_other() -> None:
    plan = parse_plan({
        "horizon_days": 60, "false_alarm_budget": 0.1, "minimum_n": 5,
        "charts": [{"name": "broken", "detector": "positive_rate"},
                   {"name": "silence", "detector": "silent_days"}],
    })  # fmt: skip
    silent = DETECTORS["silent_days"].prepare(
        {}, context=context("silence"), parameters=defaults("silent_days")
    )
    prepared = {"broken": {"limit": 1.0, "window": "fortnight"}, "silence": silent}
    found = step_site(plan, prepared, {}, SiteDay("North", MONDAY, {"x": np.zeros(3)}))
    assert [str(one.status) for one in found] == ["failed", "in control"]
    assert found[0].reason.startswith("the chart failed: KeyError in ")
    assert not found[0].signal


def test_a_week_given_day_by_day_is_judged_as_a_week_given_at_once() -> None:
    detector = DETECTORS["fact_distribution"]
    rng = np.random.default_rng(8)
    names = {"maker": np.array(rng.choice(["a", "b", "c"], 900), object)}
    parameters = defaults("fact_distribution") | {
        "column": "maker", "kind": "names", "window": "week",
    }  # fmt: skip
    prepared = detector.prepare(names, context=context("maker"), parameters=parameters)
    week = [np.array(rng.choice(["a", "b", None], 30), object) for _ in range(7)]
    state = None
    for offset, day in enumerate(week):
        today = SiteDay("North", MONDAY + timedelta(days=offset), {"maker": day})
        result = detector.step(prepared, state, today)
        assert (result.reason == "the week ends on 2026-01-11") is (offset < 6)
        state = json.loads(json.dumps(result.state))
    sunday = MONDAY + timedelta(days=6)
    whole = detector.step(prepared, None, SiteDay("North", sunday, {"maker": np.concatenate(week)}))
    assert result == whole
    assert whole.signal


def test_a_window_that_no_day_ended_is_judged_on_the_next_step() -> None:
    detector = DETECTORS["study_volume"]
    days = np.repeat(np.arange(70) + MONDAY.toordinal() - 70.0, 20)
    prepared = detector.prepare(
        {"day": days}, context=context("volume"),
        parameters=defaults("study_volume") | {"window": "week"},
    )
    first = detector.step(prepared, None, SiteDay("North", MONDAY, {"x": np.zeros(140)}))
    later = MONDAY + timedelta(days=8)
    found = detector.step(prepared, first.state, SiteDay("North", later, {"x": np.zeros(9)}))
    assert (found.n, found.details["window_start"]) == (140, "2026-01-05")
    assert found.state["pending"]["studies"] == [9.0]


def test_charts_that_go_on_from_day_to_day_run_on_tables_too(
    tmp_path: Path, reference: pd.DataFrame, current: pd.DataFrame
) -> None:
    late = current["time"] >= SHIFT
    current.loc[late, "tube_voltage"] += 8.0
    current.loc[late, "decision"] = 0
    plan = {
        "bounds": {"sensitivity": 0.6},
        "monitoring_plan": {
            "horizon_days": 30, "false_alarm_budget": 0.2, "minimum_n": 5,
            "reference": {"maximum_n": 100},
            "charts": [
                {"name": "voltage", "detector": "rank_cusum",
                 "parameters": {"columns": ["tube_voltage"], "smallest_shift": 1.0}},
                {"name": "scores", "detector": "conformal_test"},
                {"name": "claim", "detector": "claimed_performance"},
            ],
        },
    }  # fmt: skip
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    tables = written(reference, tmp_path / "a.csv"), written(current, tmp_path / "b.csv")
    found = replay_files(path, *tables, columns={})
    assert signals(found) == {
        (chart, site) for chart in ("voltage", "claim") for site in ("North", "East")
    }
    assert len(found.alerts) == 2  # one a site
    assert not any(one["state"] == "failed" for one in found.points)


def test_the_plan_of_a_table_leaves_out_what_is_no_fact_and_says_why(tmp_path: Path) -> None:
    frame = table(3000, "2026-01-05", 60, seed=9)
    frame["accession"] = [f"A{row}" for row in range(len(frame))]
    frame["number"] = np.arange(len(frame))
    frame["empty"] = np.nan
    frame["read"] = frame["time"]
    frame["born"] = [f"19{40 + row % 50}-01-{1 + row % 28:02d}" for row in range(len(frame))]
    frame["order"] = np.arange(len(frame)) // 3
    path = written(frame, tmp_path / "t.parquet")
    planned = plan_file(path, tmp_path / "p.json", columns={}, by="", alerts_per_year=2.0)
    assert set(planned.left_out) == {"accession", "number", "empty", "read", "born", "order"}
    read = read_replay_plan(tmp_path / "p.json")
    assert read.plan.false_alarm_budget * 365 / read.plan.horizon_days == pytest.approx(2, abs=0.02)
    assert read.kinds() == {"tube_voltage": "numbers", "age": "numbers", "manufacturer": "names",
                            "view": "names"}  # fmt: skip
    with pytest.raises(InvalidInput, match=r"--budget: 99 false alerts a year"):
        plan_file(path, tmp_path / "p.json", columns={}, by="", alerts_per_year=99.0)


def test_several_studies_of_a_patient_in_a_window_count_once(tmp_path: Path) -> None:
    frame = table(3000, "2026-01-05", 60, seed=10)
    again = frame.iloc[np.repeat(np.arange(100), 30)].copy()
    again["time"] += pd.to_timedelta(np.tile(np.arange(30), 100) + 1, unit="s")
    read = read_table(written(again, tmp_path / "t.csv"), Roles())
    from monitoring.replay_days import TableDays

    days = TableDays(read, read.sites[0], 365)
    window = type("W", (), {"first": days.first, "last": days.last})()
    assert days.during(window, thinned=True, by="week").n < days.during(
        window, thinned=False, by="week"
    ).n / 10


def test_a_small_shift_that_lasts_is_an_alert_with_since_and_its_interval(
    tmp_path: Path, reference: pd.DataFrame
) -> None:
    """0.2 SD of 150 studies a week: no week of them shows it."""
    current = table(4000, "2026-07-06", 91, seed=4)
    current.loc[current["time"] >= "2026-07-20", "tube_voltage"] += 1.6
    found = replayed(tmp_path, reference, current)
    assert {(one["chart"], one["site"]) for one in found.alerts} == {
        ("fact tube_voltage", "North"), ("fact tube_voltage", "East"),
    }  # fmt: skip
    for one in found.alerts:
        evidence = one["evidence"]
        assert evidence["windows"] > 1
        assert evidence["since_low"] <= "2026-07-20" <= evidence["since_high"]
        assert "windows together since about" in evidence["summary"]
        assert states(found, "fact tube_voltage", one["site"])[-1] == "alert"


def test_days_of_the_week_that_differ_are_not_judged_apart(tmp_path: Path) -> None:
    frame = table(12_000, "2026-01-05", 42, seed=12, sites=("North",))
    plans = {}
    for name in ("alike", "apart"):
        if name == "apart":
            sunday = pd.to_datetime(frame["time"]).dt.dayofweek == 6
            frame.loc[sunday, "age"] += 25
        path = written(frame, tmp_path / f"{name}.parquet")
        planned = plan_file(path, tmp_path / "p.json", columns={}, by="", alerts_per_year=2.0)
        charts = planned.content["monitoring_plan"]["charts"]
        plans[name] = {
            one["parameters"]["window"] for one in charts if one["name"].startswith("fact")
        }
        assert {"adds_up": "windows"}.items() <= charts[0]["parameters"].items()
    assert plans["alike"] == {"day"}
    assert plans["apart"] == {"week"}


def test_a_table_held_against_itself_is_said(
    tmp_path: Path, reference: pd.DataFrame, current: pd.DataFrame
) -> None:
    assert replayed(tmp_path, reference, current).remarks == ()
    one, two = (written(current, tmp_path / name) for name in ("one.csv", "two.csv"))
    found = replay_files(tmp_path / "plan.json", one, two, columns={})
    assert found.remarks[0].startswith("one.csv and two.csv are the same table")


def test_a_field_beside_the_plan_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"monitoring_plan": {}, "colums": {"time": "when"}}))
    with pytest.raises(InvalidInput, match=r"plan\.json: unknown field colums beside") as refused:
        read_replay_plan(plan)
    assert "columns" in refused.value.hint
