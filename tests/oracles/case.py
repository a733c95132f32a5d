"""One oracle case and the account of its expected values: each is compared or named, none passed
over.

A case is a folder with case.json (the question, the conventions, the tolerance), expected.json and
its input tables. They stay outside the repository, for their data have licences of their own.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

__all__ = ["Case", "Comparison", "cases_below"]

Key = str | int


@dataclass(frozen=True)
class Case:
    """A case folder, read when it is asked for. `asked` is case.json, `inputs` its inputs."""

    folder: Path

    @cached_property
    def asked(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "case.json").read_text())
        return found

    @cached_property
    def expected(self) -> Any:
        return json.loads((self.folder / "expected.json").read_text())

    @property
    def inputs(self) -> dict[str, Any]:
        found: dict[str, Any] = self.asked["inputs"]
        return found

    @property
    def topic(self) -> str:
        return str(self.asked.get("topic") or self.folder.parent.name)

    @property
    def name(self) -> str:
        return f"{self.topic}/{self.folder.name}"

    def table(self, file: str) -> pd.DataFrame:
        """An input table, as pandas reads it; its digest must be the one that the case states."""
        path = self.folder / file
        stated = self.asked.get("input_sha256", {}).get(file)
        if stated and hashlib.sha256(path.read_bytes()).hexdigest() != stated:
            raise ValueError(f"{path}: not the file that case.json describes (SHA-256 differs)")
        return pd.read_csv(path)

    def file_with(self, *columns: str) -> pd.DataFrame:
        """The first input table that has these columns."""
        for file in self.inputs["files"]:
            found = self.table(file)
            if set(columns) <= set(found.columns):
                return found
        raise ValueError(f"{self.name}: no input table has the columns {columns}")


@dataclass
class Comparison:
    """What was found beside what was expected, value by value.

    Every leaf of expected.json must be compared (:meth:`near`, :meth:`same`) or be named as
    informative with a reason; what is left is a failure, so no value passes by being overlooked.
    """

    case: Case
    failures: list[str] = field(default_factory=list)
    _seen: set[tuple[Key, ...]] = field(default_factory=set)

    @property
    def compared(self) -> int:
        return len(self._seen)

    def expected(self, *path: Key) -> Any:
        """The expected value, or table of values, below a path of keys."""
        found = self.case.expected
        for key in path:
            found = found[key]
        return found

    def has(self, *path: Key) -> bool:
        """Whether this case expects anything there."""
        try:
            self.expected(*path)
        except (KeyError, IndexError, TypeError):
            return False
        return True

    def near(
        self, *path: Key, found: ArrayLike | None, absolute: float = 0.0, relative: float = 0.0
    ) -> None:
        """Each number below the path is within the absolute or the relative tolerance.

        A null or "NaN" that is expected wants None or NaN found: 'not estimable'.
        """
        wanted = self.expected(*path)
        self._account(path, wanted)
        one = np.atleast_1d(np.asarray(_numbers(wanted), dtype=np.float64))
        other = np.atleast_1d(np.asarray(_numbers(found), dtype=np.float64))
        if one.shape != other.shape:
            self._fail(path, f"shape {other.shape}, expected {one.shape}")
            return
        with np.errstate(invalid="ignore"):
            apart = np.abs(one - other)
            close = (one == other) | (np.isnan(one) & np.isnan(other))
            close |= (apart <= absolute) | (apart <= relative * np.abs(one))
        if not close.all():
            at = tuple(int(i) for i in np.argwhere(~close)[0])
            where = "" if one.size == 1 else f" at {at} ({int((~close).sum())} of {one.size} off)"
            self._fail(path, f"{other[at]!r}, expected {one[at]!r}{where}")

    def same(self, *path: Key, found: Any) -> None:
        """Exactly equal: indices, names, truth values."""
        wanted = self.expected(*path)
        self._account(path, wanted)
        if wanted != found:
            self._fail(path, f"{found!r}, expected {wanted!r}")

    def informative(self, *path: Key, why: str) -> None:
        """Values that the case itself calls informative, such as quirks of a tool as released."""
        if not why:
            raise ValueError(f"{self.case.name}: {path} is left out without a reason")
        if self.has(*path):
            self._account(path, self.expected(*path))

    def close(self) -> None:
        """Count what nobody looked at as failed."""
        left = [leaf for leaf in _leaves(self.case.expected, ()) if leaf not in self._seen]
        for leaf in left[:5]:
            self._fail(leaf, "expected, but not compared")
        if len(left) > 5:
            self.failures.append(f"and {len(left) - 5} more not compared")

    def _account(self, path: tuple[Key, ...], below: Any) -> None:
        self._seen.update(_leaves(below, path))

    def _fail(self, path: tuple[Key, ...], what: str) -> None:
        self.failures.append(f"{'.'.join(map(str, path))}: {what}")


def cases_below(folder: Path) -> list[Case]:
    """Every case folder below a folder, by name."""
    return [Case(path.parent) for path in sorted(folder.rglob("case.json"))]


def _leaves(values: Any, path: tuple[Key, ...]) -> Iterator[tuple[Key, ...]]:
    if isinstance(values, dict):
        for key, below in values.items():
            yield from _leaves(below, (*path, key))
    elif isinstance(values, list):
        for key, below in enumerate(values):
            yield from _leaves(below, (*path, key))
    else:
        yield path


def _numbers(values: Any) -> Any:
    if isinstance(values, (list, tuple)):
        return [_numbers(value) for value in values]
    return math.nan if values is None else float(values) if isinstance(values, str) else values
