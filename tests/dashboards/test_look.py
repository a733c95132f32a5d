"""Words on pages: numbers never travel alone; missing, zero and not estimable are different."""

import doctest
from datetime import UTC, date, datetime

from dashboards import look


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(look).failed == 0


def test_zero_missing_and_not_estimable_are_different_words() -> None:
    assert look._cell(0) == "0"
    assert "not recorded" in look._cell(None)
    assert "not recorded" in look._cell("")
    assert look.estimate(0.0, 0.0, 0.1, n=30) == "0.000 (95 % CI 0.000 to 0.100, n = 30)"
    assert look.estimate(None, None, None, n=0).startswith("not estimable")


def test_a_verdict_is_told_by_word_and_sign() -> None:
    assert "✓" in look._cell(look.mark("met"))
    assert "▲" in look._cell(look.mark("not met"))
    assert "○" in look._cell(look.mark("not estimable"))


def test_texts_are_escaped_and_digests_kept_whole_in_the_tooltip() -> None:
    assert "<b>" not in look._cell("<b>")
    assert "<b>" not in look._cell(look.Mark("<b>", small="<b>"))
    assert f'title="{"a" * 64}"' in look._cell(look.Code("a" * 64))


def test_instants_say_their_zone() -> None:
    assert look.instant(datetime(2026, 3, 6, 18, tzinfo=UTC)) == "2026-03-06 18:00 UTC"
    assert look.span(None, None) == "not applicable"
    assert look.span(date(2026, 1, 1), date(2026, 1, 2)) == "2026-01-01 to 2026-01-02"
