"""Plan and replay at the command line: what is printed is what the schema in docs says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from records.settings import REPOSITORY
from tests.cli.conftest import Run
from tests.monitoring.foreign_table import table, written

SCHEMA = json.loads((REPOSITORY / "docs" / "monitor-replay.schema.json").read_text())


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    reference = written(table(4000, "2026-01-05", 126, seed=1), tmp_path / "reference.csv")
    frame = table(900, "2026-07-06", 42, seed=2)
    frame.loc[frame["time"] >= "2026-07-27", "tube_voltage"] += 15.0
    frame.loc[frame["site"] == "North", "age"] = np.nan
    return reference, written(frame, tmp_path / "current.parquet"), tmp_path / "new" / "plan.json"


def test_a_table_never_seen_is_planned_and_replayed_by_the_schema(
    run: Run, files: tuple[Path, Path, Path]
) -> None:
    reference, current, plan = files
    made = run("monitor", "plan", "--reference", reference, "--out", plan, "--budget", 2)
    assert made.exit_code == 0, made.output
    assert "fact tube_voltage" in made.stdout
    words = ("monitor", "replay", "--plan", plan, "--reference", reference, "--current", current)
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(said, SCHEMA)
    states = {one["state"] for one in said["points"]}
    assert states >= {"quiet", "alert", "not estimable", "underpowered"}
    assert {"fact tube_voltage", "fact age"} <= {one["chart"] for one in said["alerts"]}
    assert "False alerts a year, on average: at most 2" in done.stderr
    shown = run(*words)
    assert "tube_voltage lies higher" in shown.stdout
    assert "likely cause: acquisition change: tube_voltage" in shown.stdout


def test_a_wrong_column_ends_with_2_and_names_it(run: Run, files: tuple[Path, Path, Path]) -> None:
    reference, _, plan = files
    words = ("--reference", reference, "--out", plan, "--time-column", "when")
    refused = run("monitor", "plan", *words)
    assert refused.exit_code == 2
    assert "reference.csv: there is no column 'when'. It has: time, site" in refused.stderr
    assert not plan.exists()


def test_the_example_of_the_page_runs_and_prints_what_stands_there(
    run: Run, tmp_path: Path
) -> None:
    page = (REPOSITORY / "docs" / "monitor-replay.md").read_text()
    script = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    told = re.search(r"```\n\$ (.*?)```", page, re.DOTALL)
    assert script is not None and told is not None
    (tmp_path / "exports.py").write_text(script[1])
    subprocess.run([sys.executable, "exports.py"], check=True, cwd=tmp_path)
    first, second, *printed = told[1].splitlines()
    for line in (first, second.removeprefix("$ ")):
        done = run(*line.split()[1:])
        assert done.exit_code == 0, done.output
    assert [line.strip() for line in done.output.splitlines() if line.strip()] == [
        line.strip() for line in printed if line.strip()
    ]


def test_a_drill_tells_its_shifts_and_what_a_plan_makes_of_one(
    run: Run, files: tuple[Path, Path, Path]
) -> None:
    reference, _, plan = files
    assert run("monitor", "plan", "--reference", reference, "--out", plan).exit_code == 0
    told = json.loads(run("monitor", "drill", "--list", "--json").stdout)
    assert len(told) > 20
    words = ("monitor", "drill", "--plan", plan, "--reference", reference, "--shift", "missing",
             "--size", "0.9", "--repeats", "1", "--before", "7", "--after", "14",
             "--at", "North")  # fmt: skip
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    found = {one["chart"]: one["detected"]["value"] for one in said["charts"]}
    assert found["fact tube_voltage"] == 1.0
    assert found["fact age"] == 0.0
    assert said["shift"]["site"] == "North"
    shown = run(*words)
    assert "entries of a column are missing (tube_voltage): 0.9 share at North" in shown.stdout
    assert shown.stdout.count("for a median") == 1  # said once below the table, not in each row
    assert "too few" in shown.stdout
    folder = run("monitor", "drill", "--plan", plan.parent)
    assert folder.exit_code == 2
    assert f"{plan.parent.name} is a folder; a plan is a file" in folder.stderr.replace("\n", "")
    refused = run("monitor", "drill", "--plan", plan, "--shift", "fog")
    assert refused.exit_code == 1
    assert "There is no shift 'fog'. Known: none, brightness" in refused.stderr.replace("\n", " ")
