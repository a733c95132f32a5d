"""One cause, one alert: what belongs together, what does not, and that no signal is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from monitoring.alerts import Severity
from monitoring.merging import OpenAlert, merge_signals, signals_of
from tests.monitoring.explaining.site_tables import CHANGE, late, scored, signal, site


def test_charts_of_one_change_of_the_scanner_are_one_alert_with_each_ones_evidence() -> None:
    cases, _ = site(1)
    rows, columns = late(cases), cases.watched.columns
    columns["sharpness"][rows] -= 1.5
    columns["tube_voltage_kv"][rows] += 1.5
    columns["score"][rows] = columns["score"][rows] ** 3
    found = merge_signals(
        [signal("scores", "score", "conformal_test"), signal("image", "sharpness"),
         replace(signal("voltage", "tube_voltage_kv"), severity=Severity.HIGH)],
        [], {"North": cases},
    )  # fmt: skip
    (alert,) = found.raise_now
    assert alert.chart == "image"  # a cause leads, not its effect
    assert {one["chart"] for one in alert.evidence["also"]} == {"voltage", "scores"}
    assert all(one["moved"]["value"] for one in alert.evidence["also"])
    assert alert.severity is Severity.HIGH
    assert "With it: North: tube_voltage_kv moved" in alert.summary
    assert alert.evidence["explanation"]["cause"] == "acquisition change"


def test_changes_of_other_days_or_other_kinds_stay_apart() -> None:
    cases, _ = site(2)
    columns = cases.watched.columns
    columns["sharpness"][late(cases, CHANGE - timedelta(days=15))] -= 1.5
    columns["tube_voltage_kv"][late(cases)] += 1.5
    apart = merge_signals(
        [signal("image", "sharpness"), signal("voltage", "tube_voltage_kv")], [],
        {"North": cases},
    )
    assert len(apart.raise_now) == 2
    cases, _ = site(3)
    rows, columns = late(cases), cases.watched.columns
    columns["sharpness"][rows] -= 1.5
    columns["age_years"][rows] -= 25.0  # the same day, and neither explains the other
    both = merge_signals(
        [signal("image", "sharpness"), signal("age", "age_years")], [], {"North": cases}
    )
    assert [one.chart for one in both.raise_now] == ["image", "age"]


def test_scores_join_the_patients_who_explain_them_and_not_a_change_that_does_not() -> None:
    cases, rng = site(4)
    rows, columns = late(cases), cases.watched.columns
    columns["age_years"][rows] -= 25.0
    follow = scored(rng, cases.watched.truth, columns["age_years"])["score"]
    columns["score"][rows] = follow[rows]
    signals = [signal("age", "age_years"), signal("scores", "score", "conformal_test")]
    assert len(merge_signals(signals, [], {"North": cases}).raise_now) == 1
    columns["score"][rows] = np.clip(follow[rows] ** 0.15, 0.0, 1.0)  # and another change beside it
    assert len(merge_signals(signals, [], {"North": cases}).raise_now) == 2


def test_a_later_chart_joins_the_open_alert_and_a_cause_explains_it_anew() -> None:
    cases, _ = site(5)
    rows, columns = late(cases), cases.watched.columns
    columns["score"][rows] = columns["score"][rows] ** 3
    columns["sharpness"][rows] -= 1.5
    cases_by_site = {"North": cases}
    (first,) = merge_signals(
        [signal("scores", "score", "conformal_test")], [], cases_by_site
    ).raise_now
    known = OpenAlert(
        "ALT-0001", "North", first.day, signals_of(first.chart, first.evidence)
    )
    found = merge_signals([signal("image", "sharpness")], [known], cases_by_site)
    assert found.raise_now == ()
    (joined,) = found.joined
    evidence = joined.added_to(first.evidence)
    assert [one["chart"] for one in signals_of("scores", evidence)] == ["scores", "image"]
    assert evidence["explanation"]["cause"] == "acquisition change"
    assert evidence["explained_before"] == [first.evidence["explanation"]]


def test_sites_are_not_merged_but_name_each_other_and_no_signal_is_lost() -> None:
    north, east = site(6)[0], site(7)[0]
    for cases in (north, east):
        cases.watched.columns["sharpness"][late(cases)] -= 1.5
    there = replace(signal("image", "sharpness"), site="East")
    silence = signal("silence", "", "silent_days")
    found = merge_signals(
        [signal("image", "sharpness"), there, silence], [], {"North": north, "East": east}
    )
    raised = {(one.chart, one.site): one.evidence["elsewhere"] for one in found.raise_now}
    assert raised == {
        ("image", "North"): ["East"], ("image", "East"): ["North"], ("silence", "North"): [],
    }


def test_without_a_table_of_studies_kind_and_time_decide() -> None:
    found = merge_signals(
        [signal("image", "sharpness"), signal("scores", "score", "conformal_test"),
         signal("silence", "", "silent_days"), signal("volume", "", "study_volume")],
        [], {},
    )  # fmt: skip
    grouped = [[str(one["chart"]) for one in signals_of(alert.chart, alert.evidence)]
               for alert in found.raise_now]  # fmt: skip
    assert grouped == [["image", "scores"], ["silence", "volume"]]
