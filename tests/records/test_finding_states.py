"""A truth of several findings, in words and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.errors import InvalidInput
from records.finding_states import UNKNOWN, any_is_known, any_present, read_states, states_text

FINDINGS, NONE = ["pneumonia", "pleural effusion", "mass-2"], "no finding"
STATES = st.tuples(*[st.sampled_from([1, 0, -1])] * 3).filter(lambda one: set(one) != {UNKNOWN})


@given(STATES)
def test_states_survive_being_written_down(states: tuple[int, ...]) -> None:
    text = states_text(states, FINDINGS, NONE)
    assert read_states(text, FINDINGS, NONE) == states
    assert any_present(text, FINDINGS, NONE) == (1 in states)
    assert any_is_known(text) == (1 in states or UNKNOWN not in states)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pneumonia|oedema", "'oedema' is no finding"), ("pneumonia|pneumonia?", "stands twice"),
        ("no finding|pneumonia", "'no finding' is no finding"), ("", "'' is no finding"),
        ("pneumonia?|pleural effusion?|mass-2?", "says nothing of any finding"),
    ],
)  # fmt: skip
def test_words_that_say_nothing_or_too_much_are_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why.replace("?", r"\?")):
        read_states(text, FINDINGS, NONE)
