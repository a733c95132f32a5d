"""Every locked component is answered for; an advisory names versions as OSV evaluates them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulatory.advisories import matches
from regulatory.soup import components, list_gaps, read_list, read_lock, soup_components

ROW: dict[str, Any] = {"supplier": "x", "hazard": "h", "risk_item": "R-13"}


@pytest.mark.requirement("REG-102")
def test_what_is_locked_and_not_listed_is_a_gap() -> None:
    locked = {"a": "1", "b": "2", "c": "3"}
    found = components(locked, {"a": ROW, "z": ROW}, {"a": ("b",)})
    assert [(one.name, one.direct, one.through) for one in found] == [
        ("a", True, ""), ("b", False, "a"), ("c", False, ""),
    ]  # fmt: skip
    assert list_gaps(found, {"a": ROW, "z": ROW}) == [
        "c 3 is locked, and neither listed nor brought by a listed component",
        "z is listed and not locked",
    ]


@pytest.mark.requirement("REG-102")
def test_the_shipped_list_answers_for_the_whole_lock() -> None:
    assert list_gaps(soup_components(), read_list()) == []
    assert len(soup_components()) == len(read_lock())


def advisory(*events: dict[str, str], **more: Any) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}]
    return {
        "id": "X", "affected": [{"package": {"ecosystem": "PyPI", "name": "A"}, "ranges": ranges}],
    } | more  # fmt: skip


@pytest.mark.requirement("REG-104")
@pytest.mark.parametrize(
    ("version", "hit"),
    [("1.0", False), ("1.1", True), ("1.2rc1", True), ("1.2", False), ("2.0", True),
     ("2.1", True), ("2.2", False), ("1.1+cpu", True)],
)  # fmt: skip
def test_a_range_holds_the_versions_between_its_events(version: str, hit: bool) -> None:
    said = advisory({"introduced": "1.1"}, {"fixed": "1.2"}, {"introduced": "2.0"},
                    {"last_affected": "2.1"})  # fmt: skip
    assert bool(matches(said, {"a": version})) is hit


def test_a_version_that_cannot_be_compared_is_told_of_and_a_withdrawn_advisory_is_not() -> None:
    (found,) = matches(advisory({"introduced": "1"}), {"a": "not a version"})
    assert "decide by hand" in found.affected_range
    assert matches(advisory({"introduced": "0"}, withdrawn="2026-01-01"), {"a": "1"}) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 9))
def test_one_span_is_half_open(since: int, length: int, version: int) -> None:
    said = advisory({"fixed": str(since + length)}, {"introduced": str(since)})
    assert bool(matches(said, {"a": str(version)})) is (since <= version < since + length)
