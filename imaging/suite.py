"""The rules of an acceptance check, read from a file under change control.

A file holds a Great Expectations suite as that library stores it (``ExpectationSuite
.to_json_dict()``), every limit written out: a rule whose limits would come from the library's or a
subclass's defaults is refused, because those vanish from the file. Its SHA-256 goes with each
result.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from records.errors import InvalidInput

SUITES: Final = Path(__file__).parent / "suites"
"""The suites that come with Radvigil: batch (a day's header table), dataset and dataset_of_classes
(before freezing)."""

_RANGE: Final = ("min_value", "max_value")
_LIMITS: Final[Mapping[str, tuple[str, ...]]] = {
    "expect_table_row_count_to_be_between": _RANGE,
    "expect_column_values_to_be_between": _RANGE,
    "expect_column_values_to_be_in_set": ("value_set",),
    "expect_column_values_to_match_regex": ("regex",),
    "expect_column_values_to_not_be_null": (),
    "expect_column_values_to_be_unique": (),
}
"""The kinds of rules, and which limits each needs at least one of."""
_OF_TABLE: Final = frozenset(("expect_table_row_count_to_be_between",))


class Severity(StrEnum):
    """What follows from an unmet expectation: critical stops, a warning is shown."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One rule: its name in Great Expectations, the column (empty for the table), the limits."""

    kind: str
    column: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Suite:
    """All rules of one check; a rule is found by its kind and column. ``digest``: of its file."""

    name: str
    expectations: tuple[Expectation, ...]
    digest: str = ""

    def __post_init__(self) -> None:
        keys = {(one.kind, one.column) for one in self.expectations}
        if len(keys) != len(self.expectations):
            raise ValueError(f"suite {self.name} holds one kind of rule twice for a column")


def load_suite(name: str, folder: Path = SUITES) -> Suite:
    """The suite of this name, from its file.

    Raises:
        InvalidInput: There is none, it is no suite, or a rule is unknown, stands twice or leaves a
            limit out; the file and the rule are named.
    """
    path = folder / f"{name}.json"
    try:
        content = path.read_bytes()
        stored = json.loads(content)
        rules = [_rule(path, number, one) for number, one in enumerate(stored["expectations"], 1)]
        if stored["name"] != name:
            raise _wrong(path, f"it names the suite '{stored['name']}'")
        return Suite(name, tuple(rules), hashlib.sha256(content).hexdigest())
    except OSError as failed:
        raise _wrong(path, f"it cannot be read: {failed.strerror}") from failed
    except (ValueError, KeyError, TypeError) as wrong:
        raise _wrong(path, f"it is no suite: {wrong}") from wrong


def _rule(path: Path, number: int, stored: Mapping[str, Any]) -> Expectation:
    kind, limits = str(stored["type"]), dict(stored["kwargs"])
    column = str(limits.pop("column", ""))
    where = f"rule {number} ({kind}{' of ' + column if column else ''})"
    if kind not in _LIMITS:
        raise _wrong(path, f"{where} is of no kind known here: {', '.join(sorted(_LIMITS))}")
    if bool(column) is (kind in _OF_TABLE):
        raise _wrong(path, f"{where} {'is of the table' if column else 'needs a column'}")
    needed = _LIMITS[kind]
    if needed and not set(needed) & set(limits):
        raise _wrong(path, f"{where} leaves its limit out: write {' or '.join(needed)}")
    severities = [str(one) for one in Severity]
    if stored.get("severity") not in severities:
        raise _wrong(path, f"{where} needs a severity: {' or '.join(severities)}")
    return Expectation(kind, column, limits, Severity(stored["severity"]))


def _wrong(path: Path, words: str) -> InvalidInput:
    return InvalidInput(
        f"The suite {path.name}: {words}.", hint="Restore the file from version control."
    )
