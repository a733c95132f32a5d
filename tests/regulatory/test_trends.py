"""Each question of a period: against scipy's exact tests, and never less for graver facts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact, poisson

from records.trend_counts import EventFact, PeriodCounts, tallied
from records.trend_rules import Period, TrendRules, read_trend_rules
from regulatory.trend_standing import (
    TrendStanding,
    decided_words,
    p_words,
    running_words,
    spent_words,
)
from regulatory.trends import NONE, TREND, TrendFacts, judge_trends, trends_asked_in
from tests.records.test_trend_rules import PLAN

NOW, BEFORE = Period(date(2026, 7, 1), date(2026, 9, 30)), Period(date(2025, 1, 1),
                                                                  date(2025, 12, 31))  # fmt: skip
EFFECTIVE = date(2026, 5, 1)
EVENT = EventFact("INC-0001", "north", "NONE", ("finding missed",), "not serious")
FAILED = replace(EVENT, categories=("data lost",))


def rules_of(**changes: Any) -> TrendRules:
    found = read_trend_rules({"trend": PLAN | changes})
    assert found is not None
    return found


RULES = rules_of()


def counts(period: Period, facts: Sequence[EventFact], exposure: int, **more: Any) -> PeriodCounts:
    return tallied(RULES, period, facts, sites={"north": exposure}, exposure=exposure, **more)


def judged(
    facts: Sequence[EventFact], *, exposure: int = 50_000, before: Sequence[EventFact] = (),
    effective: date = EFFECTIVE, markets: tuple[str, ...] = ("EU",), **more: Any,
) -> dict[str, dict[str, Any]]:
    told = TrendFacts("MPL-0001", effective, RULES, counts(NOW, facts, exposure, **more),
                      {BEFORE: counts(BEFORE, before, 200_000)})  # fmt: skip
    return {one["question"]: one for one in judge_trends(told, markets=markets)}


@pytest.mark.requirement("REG-068")
@pytest.mark.parametrize("missed", [0, 10, 18, 21, 30])
@pytest.mark.parametrize("failed", [0, 4, 14])
def test_numbers_are_those_of_independent_exact_tests(missed: int, failed: int) -> None:
    found = judged([EVENT] * missed + [FAILED] * failed, before=[FAILED] * 8)
    ours, counted_ones = found["missed"], found["failures"]
    assert ours["p_value"] == pytest.approx(poisson.sf(missed - 1, 10), rel=1e-9)
    theirs = binomtest(failed, failed + 8, 0.2, alternative="greater").pvalue
    assert counted_ones["p_value"] == pytest.approx(theirs, rel=1e-9)
    # Holm at 2/3 of a quarter of 0.05, by hand
    family = 0.05 / 4 * 2 / 3
    p = sorted([ours["p_value"], theirs])
    first = p[0] <= family / 2
    for one in (ours, counted_ones):
        level = family if first and one["p_value"] == p[1] and p[0] != p[1] else family / 2
        enough = one["count"] >= 3 and (one["ratio"]["value"] or 9) >= 1.5
        assert (one["verdict"] == TREND) == (one["p_value"] <= level and enough)


@pytest.mark.requirement("REG-068")
@pytest.mark.parametrize(("grave", "verdict"), [(3, NONE), (12, TREND)])
def test_graver_events_at_an_equal_count_are_a_trend(grave: int, verdict: str) -> None:
    harmed = replace(FAILED, harm="TEMPORARY")
    found = judged([harmed] * grave + [FAILED] * (30 - grave), before=[FAILED] * 120)
    theirs = fisher_exact([[grave, 30 - grave], [4, 36]], alternative="greater").pvalue
    assert found["severity"]["p_value"] == pytest.approx(theirs, rel=1e-9)
    assert (found["failures"]["verdict"], found["severity"]["verdict"]) == (NONE, verdict)


def test_what_nobody_decided_is_neither_zero_nor_an_event() -> None:
    not_assessed = replace(EVENT, seriousness="not assessed")
    found = judged([EVENT] * 12 + [not_assessed] * 12)["missed"]
    assert (found["verdict"], found["count"], found["undecided"]) == ("not estimable", 12, 12)
    words = "12 events not screened, coded or assessed: with them it could be a trend"
    assert found["reason"] == words
    assert judged([EVENT] * 10 + [not_assessed])["missed"]["verdict"] == NONE
    uncoded = replace(EVENT, categories=())
    assert judged([EVENT] * 12 + [uncoded] * 12)["missed"]["verdict"] == "not estimable"
    assert judged([EVENT] * 12, unscreened=12)["missed"]["verdict"] == "not estimable"
    unknown = replace(FAILED, harm="UNKNOWN")
    severity = judged([unknown] * 30)["severity"]
    assert (severity["verdict"], "30 events of unknown harm" in severity["reason"]) == (
        "not estimable", True
    )


def test_serious_ones_stand_apart_and_what_is_no_incident_counts_nowhere() -> None:
    serious, nothing = (replace(EVENT, seriousness=one) for one in ("serious", "no incident"))
    found = judged([EVENT] * 12 + [serious] * 12 + [nothing] * 50)["missed"]
    assert (found["count"], found["serious"], found["verdict"]) == (12, 12, "watch")
    assert "reported one by one" in found["reason"]


@pytest.mark.requirement("REG-068")
def test_nothing_is_decided_without_a_plan_exposure_and_a_rule() -> None:
    late = judged([EVENT] * 30, effective=date(2026, 7, 2))["missed"]
    assert (late["verdict"], late["reason"]) == (
        "not estimable", "the plan came into force after the period had begun"
    )
    few = judged([EVENT] * 30, exposure=999)["missed"]
    assert few["reason"] == "999 studies read, and the plan asks for 1000"
    elsewhere = judged([EVENT] * 30, markets=("US",))
    assert {one["verdict"] for one in elsewhere.values()} == {"rule not loaded"}
    assert elsewhere["missed"]["count"] == 30
    assert judged([])["severity"]["reason"] == "a period without events has no share of grave ones"


def test_a_baseline_is_over_before_the_period_and_has_exposure() -> None:
    told = TrendFacts("MPL-0001", EFFECTIVE, RULES, counts(BEFORE, [FAILED] * 9, 50_000),
                      {BEFORE: counts(BEFORE, [], 200_000)})  # fmt: skip
    found = {one["question"]: one for one in judge_trends(told)}
    assert found["failures"]["verdict"] == "not estimable"
    thin = TrendFacts("MPL-0001", EFFECTIVE, RULES, counts(NOW, [FAILED] * 9, 50_000),
                      {BEFORE: counts(BEFORE, [], 10)})  # fmt: skip
    found = {one["question"]: one for one in judge_trends(thin)}
    assert "10 studies read in the baseline" in found["failures"]["reason"]


EVENTS = st.lists(
    st.builds(
        EventFact, st.just("INC-0001"), st.just("north"),
        st.sampled_from(["NONE", "UNKNOWN", "TEMPORARY", "PERMANENT_IMPAIRMENT"]),
        st.sampled_from([("finding missed",), ("data lost",), (), ("finding missed", "data lost"),
                         ("other software",)]),
        st.sampled_from(["not serious", "not serious", "serious", "open", "not assessed"]),
    ), max_size=60,
)  # fmt: skip
WORSE = {"NONE": "TEMPORARY", "UNKNOWN": "TEMPORARY", "TEMPORARY": "DEATH"}


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.lists(st.booleans(), min_size=60, max_size=60),
       st.sampled_from(["harm", "serious", "decided", "more"]))  # fmt: skip
def test_graver_facts_never_turn_a_trend_into_none(
    facts: list[EventFact], chosen: list[bool], way: str
) -> None:
    base = facts + [EVENT] * 14 + [replace(FAILED, harm="TEMPORARY")] * 6
    worse = [_worse(one, way) if picked else one
             for one, picked in zip(facts, chosen, strict=False)] + base[len(facts):]  # fmt: skip
    if way == "more":
        worse = base + [replace(EVENT, harm="TEMPORARY")] * sum(chosen[: len(facts)])
    old, new = judged(base, before=[FAILED] * 6), judged(worse, before=[FAILED] * 6)
    for question, before in old.items():
        if before["verdict"] == TREND:
            assert new[question]["verdict"] != NONE, (question, way)


def _worse(one: EventFact, way: str) -> EventFact:
    if way == "harm":
        return replace(one, harm=WORSE.get(one.harm, "DEATH"))
    if way == "serious":
        return replace(one, seriousness="serious")
    return replace(one, seriousness="not serious" if one.seriousness != "serious" else "serious",
                   harm="TEMPORARY" if one.harm == "UNKNOWN" else one.harm)  # fmt: skip


@pytest.mark.parametrize(("markets", "asked"), [
    (("EU",), True), (("US", "EU"), True), (("US",), False), ((), False),
])  # fmt: skip
def test_one_rule_says_in_which_markets_trends_are_asked(
    markets: tuple[str, ...], asked: bool
) -> None:
    assert trends_asked_in(markets) is asked


def test_the_words_of_a_standing_are_the_same_for_page_and_command() -> None:
    nothing = TrendStanding("chest", date(2026, 7, 1), why_none="no period is over")
    assert spent_words(nothing) == "chest: not estimable, no period is over."
    assert running_words(nothing) == ""
    assert p_words({"p_value": None, "alpha": 0.0125}) == ("none", "0.0125")
    assert decided_words(nothing, {"question": "missed"}, closed=True) == ("by nobody", "")
    assert decided_words(nothing, {"question": "missed"}, closed=False) == ("period runs", "")
