"""Shares and cases are held against what the device declares; what is missing is a number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.dataset_checks.population import _to_reach, population
from measures.sample_size import precise_share_size
from records.base import digest_of
from records.dataset_rules import DatasetRules, PopulationGroup
from records.definition import DeviceDefinition, find_definition, load_definition
from tests.imaging.dataset_checks.made import dataset

SHIPPED = load_definition(find_definition("chest-radiograph-pneumonia"))


def declared(*groups: PopulationGroup) -> DeviceDefinition:
    return SHIPPED.model_copy(update={"expected_population": list(groups)})


def test_a_share_too_small_names_the_studies_to_collect() -> None:
    facts, _ = dataset(400)
    facts["sex"] = np.where(np.arange(400) % 10 == 0, "F", "M")
    women = PopulationGroup(field="sex", value="F", at_least=0.3)
    found = {one.subject: one for one in population(facts, declared(women))}
    train = found["train: sex F"]
    assert (train.n, train.count, train.state) == (100, 10, "limitation")
    assert train.estimate is not None
    assert train.estimate.low == pytest.approx(0.055, abs=0.002)
    assert train.limits["more_needed"] == 29  # (10 + 29) / (100 + 29) > 0.3
    assert "10.0 % of 100, declared at least 30 %; to collect: 29 more studies" in train.said


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (PopulationGroup(field="finding", at_most=0.3), "limitation: results lean towards"),
        (PopulationGroup(field="age_years", to_years=18, at_least=0.1, shortfall="limit"),
         "0.0 % of 100, declared at least 10 %; limitation: 12 more studies would be needed"),
        (PopulationGroup(field="view", value="LL", at_least=0.1), "to collect: 12 more studies"),
    ],
)  # fmt: skip
def test_each_field_is_compared(group: PopulationGroup, said: str) -> None:
    found = population(dataset(400)[0], declared(group))
    assert said in found[0].said
    assert not found[0].passed


def test_what_is_not_recorded_is_not_estimable_and_no_share() -> None:
    facts, _ = dataset(400)
    facts["sex"] = ""
    facts.loc[::2, "age_years"] = np.nan
    women = PopulationGroup(field="sex", value="F", at_least=0.3)
    adults = PopulationGroup(field="age_years", from_years=18, at_least=0.9)
    found = {one.subject: one for one in population(facts, declared(women, adults))}
    assert found["train: sex F"].state == "not estimable"
    assert found["train: age 18 and older"].state == "met"
    assert found["train: age 18 and older"].n == 50


def test_the_cases_of_each_test_are_held_against_the_planned_interval() -> None:
    facts, _ = dataset(400)
    found = {one.subject: one for one in population(facts, declared())}
    whole = found["internal_test: all"]
    sick = int((facts[facts["split"] == "internal_test"]["finding"] == 1).sum())
    needed = precise_share_size(0.80, 0.10).n
    assert whole.limits["sensitivity"] == {"needed": needed, "there": sick, "half_width": 0.1}
    assert f"to collect: {needed - sick} more with the finding" in whole.said
    assert not any(name.startswith("train") for name in found)
    large, _ = dataset(2000)
    assert {one.subject: one for one in population(large, declared())}["internal_test: all"].passed


def test_a_group_that_is_declared_and_analysed_is_told_once_with_its_own_consequence() -> None:
    facts, _ = dataset(400)
    facts["sex"] = np.where(np.arange(400) % 2 == 0, "F", "M")
    women = PopulationGroup(field="sex", value="F", at_least=0.3)
    found = population(facts, declared(women))
    cases = [one for one in found
             if "internal_test: sex" in one.subject and "sensitivity" in one.limits]  # fmt: skip
    assert [one.subject for one in cases] == ["internal_test: sex F", "internal_test: sex M"]
    assert "to collect" in cases[0].said
    assert "limitation" in cases[1].said


@given(st.integers(0, 200), st.integers(1, 200), st.floats(0.01, 0.99))
@settings(deadline=None)
def test_the_number_to_add_is_the_smallest_that_reaches_the_share(
    hits: int, others: int, share: float
) -> None:
    n = hits + others
    if hits / n >= share:
        return
    more = _to_reach(hits, n, share)
    assert (hits + more) / (n + more) >= share - 1e-6
    assert (hits + more - 1) / (n + more - 1) < share + 1e-6


def test_a_definition_without_rules_keeps_its_digest_and_the_rules_as_written() -> None:
    plain = SHIPPED.model_copy(update={"expected_population": None, "dataset_rules": None})
    content = plain.model_dump(mode="json")
    assert not {"expected_population", "dataset_rules"} & set(content)
    assert digest_of(DeviceDefinition.model_validate(content).model_dump(mode="json")) == digest_of(
        content
    )
    assert SHIPPED.dataset_rules == DatasetRules()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"field": "sex", "at_least": 0.1}, "value: sex needs one"),
        ({"field": "finding", "value": "x", "at_least": 0.1}, "value: finding takes none"),
        ({"field": "sex", "value": "F"}, "give at_least, at_most or both"),
        ({"field": "sex", "value": "F", "at_least": 0.5, "at_most": 0.1}, "lies above at_most"),
        ({"field": "age_years", "at_least": 0.1}, "needed for age_years"),
        ({"field": "age_years", "from_years": 9, "to_years": 9, "at_least": 0.1}, "must lie below"),
    ],
)
def test_a_group_that_says_nothing_is_refused(wrong: dict, said: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match=said):
        PopulationGroup.model_validate(wrong)
