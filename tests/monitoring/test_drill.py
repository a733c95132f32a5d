"""A small drill: quiet without a shift, and with one the right site is named within days; what is
counted, and that each shift does what it says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from monitoring.drill import Arrangement, DrillAlert, Repeat, drill, streams
from monitoring.drill_files import DrillFiles, drill_files, simulated_for
from monitoring.drill_report import drill_report
from monitoring.drill_shifts import KINDS, Shift
from monitoring.drill_studies import SimulatedSites, TableResamples
from monitoring.plan import parse_plan
from monitoring.replay_files import plan_file
from monitoring.replay_plan import ReplayPlan
from monitoring.replay_tables import Roles, read_table
from monitoring.shift_changes import Usual
from records.errors import InvalidInput, NotFound
from tests.monitoring.example_plan import BOUNDS, example_content
from tests.monitoring.foreign_table import table, written

PLAN = ReplayPlan(parse_plan(example_content() | {"horizon_days": 60}), BOUNDS)
TWO = SimulatedSites(("East", "North"), reference_n=150)
SHORT = Arrangement(before=7, after=8, site="North")
NONE = Shift.of("none")


def test_a_drill_without_a_shift_is_quiet_and_finds_nothing() -> None:
    repeats = drill(PLAN, TWO, NONE, Arrangement(30, 10), seeds=range(2))
    found = drill_report(PLAN, repeats, Arrangement(30, 10), sites=TWO.sites, shifted=False)
    assert found.whole.false_alerts.value == 0.0
    assert found.whole.false_alerts.n == 80, "all days count where nothing changes"
    assert found.whole.detected.reason == "nothing was changed"


def test_a_shift_is_found_in_days_at_its_site_by_the_right_chart() -> None:
    repeats = drill(PLAN, TWO, Shift.of("blur"), SHORT, seeds=range(2))
    found = drill_report(PLAN, repeats, SHORT, sites=TWO.sites, shifted=True)
    charts = {one.name: one for one in found.charts}
    assert charts["input_appearance"].detected.value == 1.0
    assert max(one.day for repeat in repeats for one in repeat.alerts) < SHORT.before + 5
    assert "2 of 2 repeats: too few" in charts["input_appearance"].days.reason
    assert charts["silence"].detected.value == 0.0
    assert found.elsewhere == 0
    assert {one.site for repeat in repeats for one in repeat.alerts} == {"North"}
    assert drill(PLAN, TWO, Shift.of("blur"), SHORT, seeds=[0]) == repeats[:1]


def test_alerts_before_the_shift_are_false_and_those_elsewhere_count_for_nothing() -> None:
    """Two repeats of 7 + 8 days. One alert before; found on the third day of one repeat."""
    studies = (*[0.0] * 7, *[20.0 * day for day in range(1, 9)])
    states = {chart.name: Counter(quiet=15) for chart in PLAN.plan.charts}
    alerts = (
        DrillAlert(3, "East", "silence", ""), DrillAlert(9, "North", "silence", "a"),
        DrillAlert(12, "North", "silence", "a"), DrillAlert(8, "East", "sensitivity", "b"),
    )  # fmt: skip
    repeats = [Repeat(alerts, studies, states), Repeat((), studies, states)]
    found = drill_report(PLAN, repeats, SHORT, sites=TWO.sites, shifted=True)
    silence = next(one for one in found.charts if one.name == "silence")
    assert silence.false_alerts.value == pytest.approx(365 / 14)
    assert (silence.detected.numerator, silence.detected.n) == (1, 2)
    assert silence.days.reason
    assert found.elsewhere == 1
    assert found.causes == {"a": 2}
    sure = drill_report(PLAN, repeats[:1] * 9, SHORT, sites=TWO.sites, shifted=True).whole
    assert (sure.days.value, sure.studies.value) == (3.0, 60.0)
    assert sure.budget == pytest.approx(0.05 * 365 / 60)


def test_a_chart_that_was_merged_into_another_alert_is_counted_on_its_own_day() -> None:
    """Led by the appearance on day 8; the scores joined on day 10, the silence before the shift."""
    alert = DrillAlert(
        8, "North", "input_appearance", "",
        ((8, "input_appearance"), (10, "score_distribution"), (3, "silence")),
    )  # fmt: skip
    studies = (*[0.0] * 7, *[20.0 * day for day in range(1, 9)])
    repeats = [Repeat((alert,), studies)] * 9
    found = drill_report(PLAN, repeats, SHORT, sites=TWO.sites, shifted=True)
    charts = {one.name: one for one in found.charts}
    assert charts["input_appearance"].days.value == 2.0
    assert charts["score_distribution"].days.value == 4.0
    assert charts["score_distribution"].detected.numerator == 9
    assert charts["silence"].detected.numerator == 0
    assert charts["silence"].false_alerts.value == pytest.approx(365 / 7)
    assert found.whole.days.value == 2.0
    assert found.whole.false_alerts.value == 0.0, "one alert, raised after the shift"


def test_each_signal_of_a_merged_alert_is_told_by_a_drill() -> None:
    """Two charts of one column, by the day and by the week, are one alert from the first on."""
    charts = [
        {"name": window, "detector": "fact_distribution",
         "parameters": {"column": "tube_voltage", "window": window}}
        for window in ("day", "week")
    ]  # fmt: skip
    plan = ReplayPlan(parse_plan(example_content() | {"charts": charts}))
    arranged = Arrangement(3, 14, "North")
    (repeat,) = drill(plan, TWO, Shift.of("tube_voltage", size=12.0), arranged, seeds=[0])
    (alert,) = repeat.alerts
    assert alert.signals[0] == (alert.day, alert.chart)
    assert {chart for _, chart in alert.signals} == {"day", "week"}
    assert alert.days_of("week")[0] >= alert.day


@pytest.mark.parametrize("name", [one for one in KINDS if one != "none"])
def test_every_shift_changes_its_site_from_its_day_on_and_nothing_at_its_neutral_size(
    name: str,
) -> None:
    arrangement = Arrangement(before=3, after=4, site="North")
    _, quiet = streams(TWO, NONE, arrangement, seed=5)
    _, shifted = streams(TWO, Shift.of(name, ramp_days=0), arrangement, seed=5)
    elsewhere = quiet.rows_of("East")
    first = quiet.day[0] + 3
    for column, values in shifted.values().items():
        before = quiet.values()[column]
        assert (values[elsewhere] == before[elsewhere]).all()
        here = elsewhere.stop
        early = slice(here, here + int((quiet.day[here:] < first).sum()))
        assert (values[early] == before[early]).all()
    rows = TWO.draw("North", 400, np.random.default_rng(1))
    usual, rng = Usual.of(rows), np.random.default_rng(2)
    shift = Shift.of(name)
    if shift.kind.who:
        weights = shift.kind.who(rows, shift.size, usual)
        assert weights.max() > 1.2 * weights.min() > 0
        return
    after = shift.changed(rows, np.ones(400), usual=usual, rng=rng)
    assert _unlike(rows, after)
    still = shift.changed(rows, np.zeros(400), usual=usual, rng=rng)
    assert not _unlike(rows, still)


def _unlike(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return any(
        len(other[name]) != len(values)
        or (not np.allclose(other[name], values, equal_nan=True) if values.dtype != object
            else (other[name] != values).any())
        for name, values in one.items()
    )  # fmt: skip


def test_a_size_a_name_or_a_column_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidInput, match="goes from 1 to 40 times"):
        Shift.of("noise", size=0.5)
    with pytest.raises(NotFound, match="no shift 'fog'"):
        Shift.of("fog")
    with pytest.raises(InvalidInput, match="columns of its own"):
        Shift.of("blur", column="age")
    with pytest.raises(InvalidInput, match="every alert would be true"):
        simulated_for(ReplayPlan(PLAN.plan, {"sensitivity": 0.99}))


def test_studies_drawn_from_a_table_keep_its_sites_weekdays_and_columns(tmp_path: Path) -> None:
    frame = table(1400, "2026-01-05", 70, seed=3)
    frame = frame[frame["time"].dt.dayofweek < 5]
    path = written(frame, tmp_path / "year.csv")
    source = TableResamples(read_table(path, Roles()))
    before, after = streams(source, Shift.of("column", size=2.0), Arrangement(10, 14), seed=1)
    assert before.sites == after.sites == ("East", "North")
    assert set(after.day % 7) == set((np.arange(5) + 1) % 7), "no study at weekends"
    assert set(before.facts) == {"tube_voltage", "age", "manufacturer", "view"}
    moved = after.facts["tube_voltage"][after.day >= after.day[0] + 10][:100].mean()
    assert moved - before.facts["tube_voltage"].mean() > 10
    with pytest.raises(InvalidInput, match="shift blur needs brightness or"):
        streams(source, Shift.of("blur"), Arrangement(14, 14), seed=1)


def test_a_drill_from_files_says_all_that_runs_it_again(tmp_path: Path) -> None:
    path = written(table(1400, "2026-01-05", 70, seed=3), tmp_path / "year.csv")
    plan_file(path, tmp_path / "plan.json", columns={}, by="", alerts_per_year=2.0)
    asked = DrillFiles(
        tmp_path / "plan.json", Shift.of("new_level", size=0.5), Arrangement(7, 14), 1, 4, path
    )
    found = drill_files(asked)
    assert found == drill_files(asked)
    assert found["shift"]["site"] == "East"
    assert len(found["plan"]["sha256"]) == 64
    by_chart = {one["chart"]: one for one in found["charts"]}
    assert by_chart["fact manufacturer"]["detected"]["value"] == 1.0
    assert by_chart["fact age"]["detected"]["value"] == 0.0
    plan_file(path, tmp_path / "names.json", columns={"patient": "age", "site": "view"}, by="",
              alerts_per_year=2.0)  # fmt: skip
    with pytest.raises(InvalidInput, match="'site' as names, which the simulated"):
        drill_files(DrillFiles(tmp_path / "names.json", NONE, SHORT, 1, 4))
