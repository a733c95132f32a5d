"""IMDRF codes: their shape is always held, the codes themselves against a list that was loaded.

The official lists are not part of this program: whoever holds them gives a CSV file with the
columns ``code,term`` and, where a code was withdrawn, ``until``. Without it a code is held to its
shape only.
"""

import csv
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Final

from records.errors import InvalidInput
from records.yaml_source import read_yaml
from regulatory.forms.catalogue import DATA, VOCABULARY

_SHAPE: Final = re.compile(r"[A-G]\d{2}(?:\d{2}){0,2}")
_COLUMNS: Final = frozenset({"code", "term", "until"})
_MOST_BYTES: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class CodeList:
    """A release of the codes as it was loaded."""

    release: str
    digest: str
    terms: Mapping[str, str] = field(default_factory=dict)
    until: Mapping[str, date] = field(default_factory=dict)

    @property
    def is_loaded(self) -> bool:
        """Whether codes can be looked up in it."""
        return bool(self.terms)


NOT_LOADED: Final = CodeList("none was loaded", "")


def why_no_code(code: str, annex: str, codes: CodeList, *, on: date | None = None) -> str:
    """Why this is no code of an annex, in words; '' where it is one, as far as can be told.

    on: the day for which it must be in use.

    >>> why_no_code("B01", "A", NOT_LOADED)
    'B01 is no code of Annex A'
    >>> why_no_code("A0101", "A", NOT_LOADED)
    ''
    """
    if not _SHAPE.fullmatch(code) or not code.startswith(annex):
        return f"{code} is no code of Annex {annex}"
    if not codes.is_loaded:
        return ""
    if code not in codes.terms:
        return f"{code} is not in the list '{codes.release}'"
    last = codes.until.get(code)
    if last and on and on > last:
        return f"{code} was withdrawn after {last.isoformat()}"
    return ""


def read_codes(path: Path) -> CodeList:
    """The codes of a CSV file; its name is the name of the release.

    Raises:
        InvalidInput: It cannot be read, or a row is wrong: its line is said.
    """
    try:
        raw = path.read_bytes()
    except OSError as failed:
        raise InvalidInput(f"{path.name} cannot be read: {failed.strerror}.") from failed
    if len(raw) > _MOST_BYTES:
        raise InvalidInput(f"{path.name} has {len(raw)} bytes; a list of codes has far fewer.")
    try:
        rows = csv.DictReader(StringIO(raw.decode("utf-8-sig")), strict=True)
        names = set(rows.fieldnames or ())
        if not {"code", "term"} <= names or names - _COLUMNS:
            raise InvalidInput(f"{path.name}: the columns code, term and, if any, until.")
        terms: dict[str, str] = {}
        until: dict[str, date] = {}
        for row in rows:
            _read_row(row, f"{path.name}, line {rows.line_num}", terms, until)
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise InvalidInput(f"{path.name} is no CSV file in UTF-8: {wrong}.") from wrong
    if not terms:
        raise InvalidInput(f"{path.name} holds no code.")
    return CodeList(path.stem, hashlib.sha256(raw).hexdigest(), terms, until)


def _read_row(
    row: Mapping[str, str | None], where: str, terms: dict[str, str], until: dict[str, date]
) -> None:
    code, term, last = ((row.get(name) or "").strip() for name in ("code", "term", "until"))
    if None in row or not _SHAPE.fullmatch(code) or not term:
        raise InvalidInput(f"{where}: a code such as A0101 and its term are needed.")
    if code in terms:
        raise InvalidInput(f"{where}: {code} stands there twice.")
    terms[code] = term
    if last:
        try:
            until[code] = date.fromisoformat(last)
        except ValueError as wrong:
            raise InvalidInput(f"{where}: until is a day such as 2026-12-31.") from wrong


@cache
def starter_terms() -> Mapping[str, tuple[str, ...]]:
    """By own category of event, the terms of Annex A to look up; no code numbers."""
    said = read_yaml(DATA / VOCABULARY).content["terms"]
    return {name: tuple(terms) for name, terms in said.items()}
