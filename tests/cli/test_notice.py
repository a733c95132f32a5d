"""``radvigil notice``: what waits for an administrator, and the answer."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.mark.requirement("R-P11-300")
def test_found_damage_waits_until_an_administrator_has_answered(run_as: Run, home: Path) -> None:
    assert "No notice waits" in run_as("notice", "list").stdout
    with sqlite3.connect(home / "radvigil.db") as raw:
        raw.execute("UPDATE actor SET full_name = 'Mallory'")
    for _ in range(2):
        assert run_as("audit", "verify").exit_code == 3
    told = json.loads(run_as("notice", "list", "--json").stdout)
    assert [(one["notice"], one["kind"]) for one in told] == [("NTC-0001", "damage found")]
    assert run_as("notice", "acknowledge", "NTC-0001", "--reason", "?").exit_code == 2
    done = run_as("notice", "acknowledge", "ntc-1", "--reason", "kept as evidence, restored")
    assert done.exit_code == 0, done.output
    assert json.loads(run_as("notice", "list", "--json").stdout) == []
    told = json.loads(run_as("notice", "list", "--all", "--json").stdout)
    assert (told[0]["acknowledged_by"], told[0]["answer"]) == ("ada", "kept as evidence, restored")
