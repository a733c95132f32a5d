"""Cases with expected values from tools nobody in the project wrote, read where they are kept.

They stay outside the repository (their data have licences of their own). The folder is named by
RADVIGIL_ORACLES, or lies beside the checkout as ``shared/oracles``; without it the tests that need
a case are skipped, and say so.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


@dataclass(frozen=True)
class OracleCase:
    """One case: its question, its expected values and its input columns, as text."""

    asked: dict[str, Any]
    expected: dict[str, Any]
    columns: dict[str, list[str]]

    def numbers(self, column: str) -> NDArray[np.float64]:
        return np.array(self.columns[column], dtype=np.float64)


def oracle_folder() -> Path:
    named = os.environ.get("RADVIGIL_ORACLES")
    return Path(named) if named else Path(__file__).parents[3] / "shared" / "oracles"


def oracle_case(name: str) -> OracleCase:
    folder = oracle_folder() / name
    if not (folder / "case.json").is_file():
        pytest.skip(f"oracle case {name} is not at hand (set RADVIGIL_ORACLES to its folder)")
    with (folder / "data.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return OracleCase(
        asked=json.loads((folder / "case.json").read_text()),
        expected=json.loads((folder / "expected.json").read_text()),
        columns={key: [row[key] for row in rows] for key in rows[0]},
    )
