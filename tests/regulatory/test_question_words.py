"""Every fact that a form asks people for is asked in words."""

from regulatory.correction_proposals import FACTS
from regulatory.question_words import WORDS
from regulatory.reportability import QUESTIONS


def test_every_fact_that_is_asked_has_words_and_no_other() -> None:
    asked = {name for names in QUESTIONS.values() for name in names} | set(FACTS)
    assert set(WORDS) == asked
