"""What a device declares of its features is whole, finite, and belongs to its task."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from records.errors import InvalidInput
from records.radiomics_rules import RadiomicsRules, why_no_radiomics
from records.radiomics_settings import RadiomicsSettings

GOOD: dict[str, Any] = {
    "region": "lungs", "settings": {"version": 1}, "outline_change": 0.02, "least_icc": 0.75,
    "least_pixels": 100,
}  # fmt: skip
FIELDS = tuple(RadiomicsSettings().to_mapping())


def test_settings_that_were_left_out_stand_in_the_declaration() -> None:
    made = RadiomicsRules(**GOOD)
    assert made.settings == RadiomicsSettings().to_mapping()
    assert made.prepared == RadiomicsSettings()
    assert RadiomicsRules.model_validate(made.model_dump(mode="json")) == made


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"settings": {"bins": 32}}, "missing"), ({"settings": {"version": 1, "bin": 3}}, "bin"),
        ({"outline_change": float("nan")}, "outline_change"), ({"least_icc": 1.0}, "least_icc"),
        ({"least_pixels": 2}, "least_pixels"), ({"regions": "lungs"}, "regions"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_by_its_field(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        RadiomicsRules(**GOOD | wrong)


def test_rules_belong_to_kind_radiomics_and_that_kind_needs_them() -> None:
    rules = RadiomicsRules(**GOOD)
    assert why_no_radiomics("radiomics", rules) == why_no_radiomics("classification", None) == ""
    assert "needs the section" in why_no_radiomics("radiomics", None)
    assert "not classification" in why_no_radiomics("classification", rules)


@settings(max_examples=50)
@given(
    name=st.sampled_from(FIELDS),
    value=st.one_of(
        st.floats(), st.integers(), st.booleans(), st.text(max_size=3), st.none(),
        st.lists(st.floats(), max_size=3), st.just(10**400), st.just(float("nan")),
    ),
)  # fmt: skip
def test_any_value_of_a_setting_is_taken_or_refused_by_name(name: str, value: Any) -> None:
    try:
        made = RadiomicsSettings.from_mapping({"version": 1, name: value})
    except InvalidInput as refused:
        assert name in refused.message
    else:
        assert RadiomicsSettings.from_mapping(made.to_mapping()) == made
