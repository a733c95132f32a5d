"""From requirement to control to test: which rows are covered, which wait, and for what.

The rows are data (``requirements.yaml``), the tests say by a marker which row they show, and the
page is written from both: a row whose test disappears becomes a fault (21 CFR 11.10(a)).
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from records.errors import InvalidInput
from records.vault import file_digest
from records.yaml_source import read_yaml

CATALOGUE = Path(__file__).parent / "requirements.yaml"
PART_11 = "R-P11"
"""The section of the rows of 21 CFR Part 11."""

MARK = "requirement"


class Standing(StrEnum):
    """How far a row is covered."""

    SHOWN = "shown by a test"
    PARTLY = "partly"
    DUE = "due"


class Requirement(BaseModel):
    """One row: what is asked, by which clause, and how this product does it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^(REG-\d{3}|R-P11-\d+[a-k]?)$")
    title: str = Field(min_length=8)
    citation: str = Field(min_length=3)
    control: str = ""
    """How this product does it, with the module; empty while nothing does it."""
    due_with: str = ""
    """What the row waits for, where there is no control or it is not whole."""
    missing: str = ""
    """What is not there yet."""


class Section(BaseModel):
    """Rows about one subject."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    rows: tuple[Requirement, ...] = Field(min_length=1)


class Catalogue(BaseModel):
    """All rows, as of a version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    sections: tuple[Section, ...]

    @property
    def rows(self) -> tuple[Requirement, ...]:
        """Every row, in the order of the sections."""
        return tuple(row for section in self.sections for row in section.rows)


@dataclass(frozen=True, slots=True, order=True)
class Tag:
    """A test that says it shows a row: ``tests/records/test_store.py::test_name``."""

    test: str
    requirement: str


def read_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """The rows as they are written down.

    Raises:
        InvalidInput: With a line for each fault: file, line number, field, what is wrong.
    """
    return _catalogue(path, file_digest(path) if path.is_file() else "")


@lru_cache(maxsize=4)
def _catalogue(path: Path, _digest: str) -> Catalogue:
    """Read once as long as the file says the same: a page asks at every click."""
    source = read_yaml(path)
    try:
        return Catalogue.model_validate(source.content)
    except ValidationError as wrong:
        raise source.refusal(
            [(error["loc"], error["msg"]) for error in wrong.errors()]
        ) from wrong


def find_tags(root: Path, folder: str = "tests") -> list[Tag]:
    """The tags of all tests below a folder, by file and line; no test is imported.

    Raises:
        InvalidInput: A tag that is not plain text: nobody could find it.
    """
    return [
        tag
        for path in sorted((root / folder).rglob("test_*.py"))
        for tag in _tags_of(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
    ]


def _tags_of(source: str, name: str) -> Iterator[Tag]:
    if f"mark.{MARK}(" not in source:
        return
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if not (
                isinstance(decorator, ast.Call)
                and ast.unparse(decorator.func) == f"pytest.mark.{MARK}"
            ):
                continue
            for argument in decorator.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    raise InvalidInput(
                        f"{name}, line {argument.lineno}: a tag is not plain text.",
                        hint="Write the row's id out.",
                    )
                yield Tag(f"{name}::{node.name}", argument.value)


def shown_by(row: Requirement, tags: Iterable[Tag]) -> list[str]:
    """The tests that show a row, in the order of their files."""
    return [tag.test for tag in tags if tag.requirement == row.id]


def standing_of(row: Requirement, tests: Sequence[str]) -> Standing:
    """How far a row is covered by these tests."""
    if not tests:
        return Standing.DUE
    return Standing.PARTLY if row.due_with else Standing.SHOWN


def faults(catalogue: Catalogue, tags: Sequence[Tag]) -> list[str]:
    """A sentence for each row that contradicts itself or its tests, and each tag of no row."""
    found = [
        f"{name} is listed {times} times"
        for name, times in Counter(row.id for row in catalogue.rows).items()
        if times > 1
    ]
    for row in catalogue.rows:
        tests = shown_by(row, tags)
        if not tests and not row.due_with:
            found.append(f"{row.id} has no test and is not due with anything")
        if tests and not row.control:
            found.append(f"{row.id} has a test and no control that it could show")
        if bool(row.due_with) != bool(row.missing):
            found.append(f"{row.id} needs both 'due_with' and 'missing', or neither")
    known = {row.id for row in catalogue.rows}
    return found + [
        f"{tag.test} is tagged {tag.requirement}, which is no row"
        for tag in tags
        if tag.requirement not in known
    ]
