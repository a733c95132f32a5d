"""Options of the form name=value are read by one function, and a wrong one is said."""

from pathlib import Path

import pytest
import typer

from cli.options import named_value


@pytest.mark.parametrize(("text", "read"), [
    ("root_cause=a wrong table", ("root_cause", "a wrong table")),
    (" 21 CFR 806 = no: as CAPA-0001 = none ", ("21 CFR 806", "no: as CAPA-0001 = none")),
])  # fmt: skip
def test_a_name_and_its_value_without_spaces_around(text: str, read: tuple[str, str]) -> None:
    assert named_value(text) == read


def test_a_blank_value_and_the_last_sign_where_they_are_meant() -> None:
    assert named_value("since=", blank=True) == ("since", "")
    assert named_value("site=north=DE", last=True) == ("site=north", "DE")


@pytest.mark.parametrize("text", ["nothing", "=DE", " = ", "north=", "north= "])
def test_another_form_is_refused_with_how_it_looks(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not of the form site=DE"):
        named_value(text, "site=DE")


def test_no_command_reads_the_form_by_itself() -> None:
    folder = Path(__file__).parents[2] / "cli"
    texts = {one.name: one.read_text() for one in folder.glob("*.py") if one.name != "options.py"}
    assert [name for name, text in texts.items() if 'partition("=")' in text] == []
