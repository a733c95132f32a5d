"""The parts refuse what would mislead a reader."""

from __future__ import annotations

from datetime import datetime

import pytest

from measures.estimate import Estimate
from regulatory.documents.blocks import Cell, Column, Figure, HumanText, Table
from regulatory.documents.canonical import canonical_json, digest_of
from regulatory.documents.content import Freeze, id_ranges
from regulatory.documents.wording import (
    cell,
    counts_cell,
    digest_cell,
    estimate_cell,
    estimate_text,
    number,
    share,
)
from tests.regulatory.documents.samples import share_of


@pytest.mark.requirement("REG-035")
def test_a_blank_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="read as zero"):
        Cell(" ")


@pytest.mark.requirement("REG-035")
def test_zero_missing_and_not_applicable_are_three_statements() -> None:
    no_counts = Estimate("auc", n=9, value=0.7, low=0.5, high=0.9, method="DeLong")
    shown = {cell(0).text, cell(None).text, counts_cell(no_counts).text}
    assert shown == {"0", "not recorded", "not applicable"}


@pytest.mark.requirement("REG-128")
def test_a_picture_without_a_description_is_refused() -> None:
    with pytest.raises(ValueError, match="alt text"):
        Figure("caption", "", "<svg/>")


def test_words_of_nobody_and_instants_without_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="UTC"):
        HumanText("words", "Demo Clinician", "clinician", datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="UTC"):
        Freeze(datetime(2026, 1, 1), 1)  # noqa: DTZ001


def test_a_row_with_a_missing_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1: 1 cells for 2 columns"):
        Table("caption", (Column("a"), Column("b")), ((Cell("1"),),))


@pytest.mark.requirement("REG-061")
def test_an_estimate_is_shown_with_interval_and_n_or_with_its_reason() -> None:
    text = estimate_text(share_of("sensitivity", 9, 10))
    assert text == "0.900 (95 % CI 0.596 to 0.982; n = 10)"
    none = Estimate.not_estimable("ppv", "no study was flagged", n=0)
    assert estimate_cell(none, "EVR-0001").text == "not estimable: no study was flagged (n = 0)"
    assert estimate_cell(None).text == "not recorded"


def test_no_negative_zero_and_no_bare_percentage() -> None:
    assert number(-0.0001) == "0.000"
    assert number(-0.25, 2) == "−0.25"
    assert share(0, 0) == "0 of 0"


def test_short_digests_are_shown_in_full_and_long_ones_keep_their_full_form() -> None:
    assert digest_cell("abc").full == ""
    long = digest_cell("ab" * 32)
    assert (long.text, long.full) == ("abababababab…", "ab" * 32)


def test_record_runs_are_shortened_without_losing_the_count() -> None:
    ids = ("EVR-0003", "EVR-0001", "EVR-0002", "EVR-0009", "DSV-0001", "odd")
    assert id_ranges(ids) == "DSV-0001, EVR-0001 to EVR-0003, EVR-0009, odd (6 records)"
    assert id_ranges(()) == "none (0 records)"


def test_facts_that_json_cannot_hold_are_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        canonical_json({"a": object()})
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"a": float("nan")})
    assert digest_of({"a": 1, "b": (1, 2)}) == digest_of({"b": [1, 2], "a": 1})
