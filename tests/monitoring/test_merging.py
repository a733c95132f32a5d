"""One cause, one alert: what belongs together, what does not, and that no signal is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from monitoring.alerts import ProposedAlert, Severity
from monitoring.explaining.explanation import SiteCases
from monitoring.likely_causes import cause_in_words
from monitoring.merging import OpenAlert, merge_signals, signals_of
from tests.monitoring.explaining.site_tables import CHANGE, START, late, scored, signal, site


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


def raised_early(cases: SiteCases, column: str, days: int) -> tuple[OpenAlert, dict[str, Any]]:
    """An alert raised of a column so many days after the watch began, from what was known then."""
    until = START + timedelta(days=days)
    known = cases.watched.where(cases.watched.day <= until.toordinal())
    one = replace(signal(column, column), day=until)
    (alert,) = merge_signals([one], [], {"North": replace(cases, watched=known)}).raise_now
    opened = OpenAlert("ALT-0001", "North", until, signals_of(alert.chart, alert.evidence))
    return opened, alert.evidence


def test_a_real_change_after_a_false_alert_is_an_alert_of_its_own() -> None:
    """The false alert stands open, and the same column moves again with the real change."""
    cases, _ = site(21)
    columns, day = cases.watched.columns, cases.watched.day - START.toordinal()
    columns["sharpness"][(day >= 6) & (day <= 10)] += 1.0  # five odd days
    columns["sharpness"][late(cases)] -= 1.0
    columns["tube_voltage_kv"][late(cases)] += 1.5
    opened, evidence = raised_early(cases, "sharpness", 10)
    found = merge_signals([signal("voltage", "tube_voltage_kv")], [opened], {"North": cases})
    assert found.joined == ()
    (alert,) = found.raise_now
    assert alert.onset_estimate is not None
    assert abs((alert.onset_estimate - CHANGE).days) <= 1
    assert alert.evidence["explanation"]["column"] == "tube_voltage_kv"
    assert evidence["explanation"]["since"]["day"] < CHANGE.isoformat()


@pytest.mark.parametrize(("voltage", "own"), [(0.7, False), (3.0, True)])
def test_what_comes_with_a_change_that_grew_joins_it_and_much_more_is_an_alert_of_its_own(
    voltage: float, own: bool
) -> None:
    cases, _ = site(22)
    columns, day = cases.watched.columns, cases.watched.day - START.toordinal()
    columns["sharpness"][day >= 6] += 0.6  # it lasts, and grows
    columns["sharpness"][late(cases)] += 1.6
    columns["tube_voltage_kv"][late(cases)] += voltage
    opened, evidence = raised_early(cases, "sharpness", 12)
    found = merge_signals([signal("voltage", "tube_voltage_kv")], [opened], {"North": cases})
    assert (len(found.raise_now), len(found.joined)) == ((1, 0) if own else (0, 1))
    if own:
        return
    after = found.joined[0].added_to(evidence)
    assert after["explanation"]["column"] == "sharpness"  # the larger one
    assert after["explanation"]["since"]["day"] >= (CHANGE - timedelta(days=1)).isoformat()
    assert after["explained_before"] == [evidence["explanation"]]
    assert cause_in_words(after, ["sharpness", "tube_voltage_kv"]).endswith("sharpness")


def test_what_leads_is_the_largest_change_of_what_goes_in() -> None:
    cases, rng = site(23)
    rows, columns = late(cases), cases.watched.columns
    siemens = rows & (rng.random(cases.watched.n) < 0.9)
    columns["manufacturer"][siemens] = "Siemens"  # from half to nearly all
    columns["sharpness"][rows] += 0.4
    signals = [
        signal("a sharpness", "sharpness"),
        signal("maker", "manufacturer", "fact_distribution", level="Siemens", changed="mix"),
    ]
    (alert,) = merge_signals(signals, [], {"North": cases}).raise_now
    assert alert.chart == "maker"
    assert alert.evidence["explanation"]["where"]["group"] == {"manufacturer": "Siemens"}


def several(cases: SiteCases, rows: Any) -> list[ProposedAlert]:
    """Patients, acquisition and recording change together, as with another source of studies."""
    columns = cases.watched.columns
    columns["sharpness"][rows] -= 1.5
    columns["age_years"][rows] -= 20.0
    columns["tube_voltage_kv"][rows & (np.arange(len(rows)) % 2 == 0)] = np.nan
    voltage = signal("voltage", "tube_voltage_kv", "fact_distribution", changed="missing")
    return [signal("image", "sharpness"), signal("age", "age_years"), voltage]


def test_changes_of_three_kinds_on_one_day_are_one_source_and_one_alert() -> None:
    cases, _ = site(24)
    signals = several(cases, late(cases))
    (alert,) = merge_signals(signals, [], {"North": cases}).raise_now
    assert len(alert.evidence["also"]) == 2
    assert alert.evidence["explanation"]["cause"] == "new source"
    two = merge_signals(signals[:2], [], {"North": cases})
    assert len(two.raise_now) == 2  # two kinds may be two causes


def test_a_source_whose_scanner_was_never_seen_is_a_new_scanner() -> None:
    cases, _ = site(25)
    rows = late(cases)
    signals = several(cases, rows)
    cases.watched.columns["manufacturer"][rows & (np.arange(len(rows)) % 3 == 0)] = "Fuji"
    (alert,) = merge_signals(signals, [], {"North": cases}).raise_now
    causes = [one["cause"] for one in alert.evidence["explanation"]["causes"]]
    assert causes[0] == "new scanner"
    assert "new source" not in causes


def test_a_later_kind_joins_the_open_alert_of_its_source() -> None:
    cases, _ = site(26)
    image, age, voltage = several(cases, late(cases))
    first = merge_signals([image], [], {"North": cases}).raise_now[0]
    known = OpenAlert("ALT-0001", "North", first.day, signals_of(first.chart, first.evidence))
    found = merge_signals([age, voltage], [known], {"North": cases})
    assert found.raise_now == ()
    assert [one.signal.chart for one in found.joined] == ["voltage", "age"]
    told = found.joined[-1].explanation
    assert told is not None and told["cause"] == "new source"
    assert found.joined[0].explanation is None


def test_what_no_later_study_can_tell_apart_from_a_replaced_population_is_part_of_it() -> None:
    """Every patient is younger than any before: nothing says that the image changed by itself."""
    cases, _ = site(27)
    rows, columns = late(cases), cases.watched.columns
    columns["age_years"][rows] = 2.0 + np.arange(int(rows.sum())) % 3
    columns["sharpness"][rows] -= 0.7
    signals = [signal("image", "sharpness"), signal("age", "age_years")]
    (alert,) = merge_signals(signals, [], {"North": cases}).raise_now
    assert (alert.chart, alert.evidence["explanation"]["cause"]) == ("age", "patient mix")


def test_a_small_change_beside_a_large_one_is_told_with_it() -> None:
    cases, _ = site(33)
    rows, columns = late(cases), cases.watched.columns
    columns["sharpness"][rows] -= 1.5
    columns["age_years"][rows] -= 1.8
    signals = [signal("image", "sharpness"), signal("age", "age_years")]
    (alert,) = merge_signals(signals, [], {"North": cases}).raise_now
    assert alert.chart == "image"
    assert [one["chart"] for one in alert.evidence["also"]] == ["age"]
