"""A file that is no definition is refused by what is wrong with it, never by a traceback."""

from pathlib import Path

import pytest

from records.errors import InvalidInput
from records.yaml_source import read_yaml

BOMB = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB, "file.yaml, line 2: '\\*a' refers to another place"),
        ("a: \x00", "is not YAML"), ('a: 1\nb: "x\\0y"', "line 2: b: a text without control"),
        ("a: " + "[" * 3000 + "]" * 3000, "nested too deeply"), ("- a", "is a mapping of fields"),
        ("a: 1\na: 2", "line 2: found duplicate key"), ("a: !x y", "line 1: a: a text, a number"),
        ("", "is a mapping of fields"), ("a: " + "x" * 1_000_001, "1000004 bytes"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=message):
        read_yaml(path)


def test_a_folder_or_nothing_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is a folder"):
        read_yaml(tmp_path)
    with pytest.raises(InvalidInput, match="There is no file"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(InvalidInput, match="cannot be read: File name too long"):
        read_yaml(tmp_path / f"{'x' * 300}.yaml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        read_yaml(tmp_path / "a.yaml")
