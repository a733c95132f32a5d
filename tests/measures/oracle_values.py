"""Oracle cases that have no table of inputs, or one of their own name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.measures.oracle_cases import oracle_folder


@dataclass(frozen=True)
class OracleValues:
    """What a case asks and expects, and the folder where its tables lie."""

    asked: dict[str, Any]
    expected: dict[str, Any]
    folder: Path


def oracle_values(name: str) -> OracleValues:
    """The case, or a skip that says how to bring it to hand."""
    folder = oracle_folder() / name
    if not (folder / "case.json").is_file():
        pytest.skip(f"oracle case {name} is not at hand (set RADVIGIL_ORACLES to its folder)")
    asked = json.loads((folder / "case.json").read_text())
    expected = json.loads((folder / "expected.json").read_text())
    return OracleValues(asked, expected, folder)
