"""What an alert says of its change: how far, since when, where, why, and which studies show it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np

from monitoring.explaining.explanation import SiteCases, explain, trace_signal
from monitoring.explaining.onset import estimate_onset
from tests.monitoring.explaining.site_tables import CHANGE, DAYS, START, late, site

LAST = START + timedelta(days=DAYS - 1)


def explained(cases: SiteCases | None, column: str, **details: Any) -> dict[str, Any]:
    detector = details.pop("detector", "rank_cusum")
    trace = trace_signal(detector, {"column": column, **details}, cases, day=LAST, since=None)
    return json.loads(json.dumps(explain(trace, column, cases)))  # JSON values throughout


def test_a_change_of_one_maker_is_found_there_with_size_onset_and_examples() -> None:
    cases, _ = site()
    columns = cases.watched.columns
    hit = late(cases) & (columns["manufacturer"] == "GE")
    columns["sharpness"][hit] -= 2.0
    told = explained(cases, "sharpness")
    assert told["moved"]["high"] < -0.6
    assert told["since"]["first"] <= CHANGE.isoformat() <= told["since"]["last"]
    place = told["where"]
    assert place["group"] == {"manufacturer": "GE"}
    assert place["inside"]["high"] < -1.5 < place["outside"]["low"]
    assert place["carried"] > 0.9
    assert place["p_value"] < 0.001
    assert told["cause"] == "acquisition change"
    assert told["next_steps"]
    of_ge = {cases.watched.label[row] for row in np.flatnonzero(hit)}
    assert set(told["examples"]["since"]) <= of_ge
    assert len(told["examples"]["before"]) == 3


def test_a_change_of_everything_is_put_to_no_group() -> None:
    cases, _ = site(2)
    cases.watched.columns["sharpness"][late(cases)] += 1.0
    told = explained(cases, "sharpness")
    assert told["where"]["group"] == {}
    assert told["where"]["sentence"].startswith("At the whole site: no group changed otherwise")


def test_a_scanner_never_seen_is_named_as_one_even_where_the_image_chart_found_it() -> None:
    cases, rng = site(3)
    columns = cases.watched.columns
    new = late(cases) & (rng.random(cases.watched.n) < 0.5)
    columns["manufacturer"][new] = "Fuji"
    columns["sharpness"][new] += 2.0
    told = explained(cases, "sharpness")
    assert (told["cause"], told["where"]["group"]) == ("new scanner", {"manufacturer": "Fuji"})
    assert told["new"] == {"manufacturer": {"Fuji": int(new.sum())}}


def test_ages_that_a_new_scanner_does_not_fill_in_are_put_to_the_scanner() -> None:
    cases, rng = site(9)
    rows = late(cases) & (rng.random(cases.watched.n) < 0.5)
    cases.watched.columns["age_years"][rows] = np.nan
    told = []
    for name in ("GE", "Fuji"):
        cases.watched.columns["manufacturer"][rows] = name
        found = explained(cases, "age_years", detector="fact_distribution", changed="missing")
        told.append([one["cause"] for one in found["causes"]])
    assert told == [["recording"], ["new scanner", "recording"]]


def test_a_group_that_moved_against_the_site_is_not_its_place() -> None:
    cases, _ = site(10)
    columns, rows = cases.watched.columns, late(cases)
    small = np.arange(cases.watched.n) % 10 == 0
    columns["manufacturer"][small] = "Canon"
    cases.reference.columns["manufacturer"][::10] = "Canon"
    columns["sharpness"][rows] -= 0.6
    columns["sharpness"][rows & small] += 3.0
    place = explained(cases, "sharpness")["where"]
    assert place["group"].get("manufacturer") != "Canon", place["sentence"]


def test_scores_that_follow_the_patients_are_put_to_the_patients() -> None:
    from tests.monitoring.explaining.site_tables import scored

    cases, rng = site(4)
    rows, columns = late(cases), cases.watched.columns
    columns["age_years"][rows] -= 25.0
    again = scored(rng, cases.watched.truth, columns["age_years"])
    for name, values in again.items():
        columns[name][rows] = values[rows]
    told = explained(cases, "score", detector="conformal_test")
    assert told["cause"] == "patient mix"
    assert "age_years" in {one["column"] for one in told["moved_too"]}


def test_the_expected_effect_comes_from_truth_else_scores_else_is_not_estimable() -> None:
    cases, _ = site(5)
    cases.watched.columns["decision"][late(cases)] = 0.0
    fall = explained(cases, "decision", detector="positive_rate")["expected"]["sensitivity"]
    assert fall["basis"] == "truth known so far"
    assert fall["difference"]["high"] < -0.5
    cases.watched.truth[:] = np.nan
    cases.watched.columns["decision"][np.flatnonzero(late(cases))[::3]] = 1.0
    guess = explained(cases, "decision", detector="positive_rate")["expected"]["sensitivity"]
    assert guess["basis"] == "estimated from the scores, without truth"
    assert guess["since"]["low"] <= guess["since"]["value"] <= guess["since"]["high"]
    cases.reference.truth[:] = np.nan
    none = explained(cases, "decision", detector="positive_rate")["expected"]["sensitivity"]
    assert none["basis"] == "not estimable"
    assert "0 studies before with truth and score, 200 needed" in none["reason"]


def test_an_alert_whose_studies_show_no_change_says_so_and_names_no_day() -> None:
    cases, _ = site(8)
    cases.watched.columns["sharpness"][:] = np.tile([-0.6, 0.6], cases.watched.n // 2)
    told = explained(cases, "sharpness")
    assert (told["cause"], told["since"]["day"]) == ("chance", None)
    assert "no change against the studies before is seen" in told["where"]["sentence"]
    low = explained(cases, "specificity", detector="claimed_performance", bound=0.99)
    assert low["cause"] == "device"
    assert "was no better before" in low["causes"][0]["for"][0]


def test_a_chart_of_volume_and_a_site_without_a_table_say_why_nothing_is_estimated() -> None:
    silent = explained(site(6)[0], "studies", detector="silent_days")
    assert silent["cause"] == "flow"
    assert silent["since"]["reason"] == "the change is one of numbers of studies"
    assert explained(None, "sharpness")["moved"]["reason"] == "no table of studies"


def test_the_set_of_onset_days_covers_the_true_one_as_often_as_it_says() -> None:
    covered = []
    for seed in range(60):
        rng = np.random.default_rng([9, seed])
        day = np.repeat(np.arange(60), 10) + 738000
        marks = rng.normal(size=600) + 0.7 * (day >= 738045)
        found = estimate_onset(rng.normal(size=200), marks, day)
        assert found.first is not None and found.last is not None
        covered.append(found.first <= date.fromordinal(738045) <= found.last)
    assert np.mean(covered) >= 0.9
