"""Words on pages: numbers never travel alone; missing, zero and not estimable are different."""

import doctest
from datetime import UTC, date, datetime

from dashboards import cells, downloads, look


def test_the_examples_in_the_docstrings_hold() -> None:
    assert all(doctest.testmod(one).failed == 0 for one in (cells, downloads, look))


def test_zero_missing_and_not_estimable_are_different_words() -> None:
    assert cells.shown(0) == "0"
    assert "not recorded" in cells.shown(None)
    assert "not recorded" in cells.shown("")
    assert look.estimate(0.0, 0.0, 0.1, n=30) == "0.000 (95 % CI 0.000 to 0.100, n = 30)"
    assert look.estimate(None, None, None, n=0).startswith("not estimable")


def test_a_verdict_is_told_by_word_and_sign() -> None:
    assert "✓" in cells.shown(look.mark("met"))
    assert "▲" in cells.shown(look.mark("not met"))
    assert "○" in cells.shown(look.mark("not estimable"))


def test_texts_are_escaped_and_digests_kept_whole_in_the_tooltip() -> None:
    assert "<b>" not in cells.shown("<b>")
    assert "<b>" not in cells.shown(look.Mark("<b>", small="<b>"))
    assert f'title="{"a" * 64}"' in cells.shown(look.Code("a" * 64))


def test_instants_say_their_zone() -> None:
    assert look.instant(datetime(2026, 3, 6, 18, tzinfo=UTC)) == "2026-03-06 18:00 UTC"
    assert look.span(None, None) == "not applicable"
    assert look.span(date(2026, 1, 1), date(2026, 1, 2)) == "2026-01-01 to 2026-01-02"
