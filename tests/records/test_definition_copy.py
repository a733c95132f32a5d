"""A new device's file keeps the comments of the one that it was begun from."""

from pathlib import Path

import pytest

from records.definition import find_definition, load_definition
from records.definition_copy import copy_definition
from records.errors import InvalidInput, Refused

SOURCE = "chest-radiograph-pneumonia"


def test_the_copy_is_valid_renamed_and_otherwise_the_same_text(tmp_path: Path) -> None:
    source = find_definition(SOURCE)
    target = tmp_path / "deep" / "wrist-fracture.yaml"
    copy_definition(source, target, name="wrist-fracture", trade_name='Wrist: "fast" # 1')
    made = load_definition(target)
    assert (made.name, made.trade_name) == ("wrist-fracture", 'Wrist: "fast" # 1')
    before, after = (path.read_text().splitlines() for path in (source, target))
    (given,) = [line for line in before if line.startswith("  authorization:")]
    before.remove(given)
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [line.split(":")[0] for line in changed] == ["name", "trade_name"]
    expected = load_definition(source).model_dump(exclude={"name", "trade_name"})
    assert expected["pccp"].pop("authorization")["document"] == "simulated (demonstration)"
    assert made.model_dump(exclude={"name", "trade_name"}) == expected


def test_an_authorization_on_several_lines_is_left_out_whole(tmp_path: Path) -> None:
    source = tmp_path / "source.yaml"
    text = find_definition(SOURCE).read_text()
    (given,) = [line for line in text.splitlines() if line.startswith("  authorization:")]
    source.write_text(text.replace(given, given.replace(": {", ":\n    {", 1)))
    copy_definition(source, tmp_path / "a-b-c.yaml", name="a-b-c", trade_name="T")
    made = load_definition(tmp_path / "a-b-c.yaml")
    assert made.pccp is not None
    assert made.pccp.authorization is None


def test_a_comment_behind_the_name_stays(tmp_path: Path) -> None:
    source = tmp_path / "source.yaml"
    text = find_definition(SOURCE).read_text()
    source.write_text(text.replace(f"name: {SOURCE}", f"name: {SOURCE}   # unique", 1))
    copy_definition(source, tmp_path / "a-b-c.yaml", name="a-b-c", trade_name="T")
    assert "name: a-b-c # unique\n" in (tmp_path / "a-b-c.yaml").read_text()


def test_nothing_is_written_over_and_nothing_invalid_is_written(tmp_path: Path) -> None:
    source, target = find_definition(SOURCE), tmp_path / "x.yaml"
    with pytest.raises(InvalidInput, match="name"):
        copy_definition(source, target, name="Not A Name", trade_name="T")
    assert not target.exists()
    target.write_text("mine")
    with pytest.raises(Refused, match="exists"):
        copy_definition(source, target, name="a-b-c", trade_name="T")
    assert target.read_text() == "mine"
    with pytest.raises(InvalidInput, match="There is no file"):
        copy_definition(tmp_path / "none.yaml", tmp_path / "y.yaml", name="a-b-c", trade_name="T")
    (tmp_path / "odd.yaml").write_text("  name: x\n")
    with pytest.raises(InvalidInput, match="'name'"):
        copy_definition(
            tmp_path / "odd.yaml", tmp_path / "y.yaml", name="a-b-c", trade_name="T"
        )


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidInput, match="cannot be written"):
        copy_definition(
            find_definition(SOURCE), tmp_path / "file" / "x.yaml", name="a-b-c", trade_name="T"
        )
