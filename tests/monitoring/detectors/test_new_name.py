"""A name that was never seen is told of once, by its name; what was closed is known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartResult, ChartStatus, SiteDay, State
from monitoring.detectors.new_name import NewName
from monitoring.plan import parse_plan
from monitoring.site_charts import restarted_states
from tests.monitoring.example_plan import MONDAY, context, defaults, example_content

CHART = DETECTORS["new_name"]
OLD = {"model_name": np.array(["DX-1"] * 60 + ["DX-2"] * 5, object)}


def prepared(**parameters: Any) -> dict[str, Any]:
    given = defaults("new_name") | {"column": "model_name", "learning": 0} | parameters
    return CHART.prepare(OLD, context=context("scanner"), parameters=given)


def stepped(
    frozen: dict[str, Any], *days: list[str | None], state: State | None = None,
    first: date = MONDAY,
) -> list[ChartResult]:  # fmt: skip
    found: list[ChartResult] = []
    for number, names in enumerate(days):
        values = {"model_name": np.array(names, object)}
        found.append(
            CHART.step(frozen, state, SiteDay("North", first + timedelta(days=number), values))
        )
        state = found[-1].state
    return found


def test_the_first_study_of_a_new_scanner_is_an_event_with_its_name_and_day() -> None:
    quiet, new, later = stepped(prepared(), ["DX-1", "DX-2"], ["DX-1", "ZX-9"], ["DX-1"])
    assert (quiet.status, quiet.value) == (ChartStatus.IN_CONTROL, 0.0)
    assert new.signal and new.details["unseen"] == ["ZX-9"]
    assert new.details["onset"] == (MONDAY + timedelta(days=1)).isoformat()
    assert CHART.sentence(new) == "model_name: never seen here before: ZX-9 (1 time)"
    assert later.signal  # nobody has answered it


def test_a_name_must_come_as_often_as_the_plan_says_and_missing_names_are_none() -> None:
    found = stepped(prepared(least=3), ["ZX-9", None], ["ZX-9"], ["ZX-9", "YY-1"])
    assert [one.signal for one in found] == [False, False, True]
    assert found[-1].details["new"] == {"ZX-9": 3}


def test_listed_names_and_the_first_entries_are_ordinary() -> None:
    assert not stepped(prepared(known=["ZX-9"]), ["ZX-9"])[0].signal
    assert not stepped(prepared(known=["out_of_scope"]), ["out_of_scope:view"])[0].signal
    learning = prepared(learning=3)
    first, second, third = stepped(learning, ["ZX-9", "DX-1"], ["YY-1"], ["ZX-9", "YY-1", "AA-3"])
    assert first.status is ChartStatus.NO_DATA and "1 to come" in first.reason
    assert not second.signal
    assert third.details["unseen"] == ["AA-3"]


def test_where_the_reference_names_nothing_the_first_entries_do_and_the_only_scanner_is_not_new(
) -> None:
    given = defaults("new_name") | {"column": "model_name", "learning": 0}
    empty = {"model_name": np.array([None] * 60, object)}
    frozen = CHART.prepare(empty, context=context("scanner"), parameters=given)
    first, second, third = stepped(frozen, ["DX-1"] * 60, ["DX-1"], ["DX-1", "ZX-9"])
    assert (first.signal, second.signal) == (False, False)
    assert third.details["unseen"] == ["ZX-9"]


def test_what_an_alert_told_of_is_known_once_it_is_closed() -> None:
    content = example_content()
    content["charts"].append({"name": "scanner", "detector": "new_name"})
    frozen, plan = prepared(), parse_plan(content)
    told = stepped(frozen, ["ZX-9"])[0]
    states = {("scanner", "North"): told.state, ("silence", "North"): {"run": 3, "since": None}}
    kept = restarted_states(plan, states, set(states))
    assert set(kept) == {("scanner", "North")}  # other charts start afresh
    again, other = stepped(frozen, ["ZX-9"], ["YY-1"], state=kept["scanner", "North"])
    assert not again.signal
    assert other.details["unseen"] == ["YY-1"]
    assert isinstance(CHART, NewName)


def test_a_thousand_ordinary_days_are_quiet() -> None:
    rng = np.random.default_rng(4)
    days = [rng.choice(["DX-1", "DX-2"], 30).tolist() for _ in range(1000)]
    assert not any(one.signal for one in stepped(prepared(), *days))


@pytest.mark.parametrize("names", [[], [None, None]])
def test_a_day_without_a_name_signals_nothing(names: list[str | None]) -> None:
    assert not stepped(prepared(), names)[0].signal
