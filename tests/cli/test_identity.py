"""Identities at the command line: granted, asked for, reported, and destroyed by two people."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from records.settings import Workspace
from tests.cli.conftest import OWN, WORD, Run

WHY = ("--reason", "recall 3")


@pytest.mark.requirement("REG-007", "REG-111", "REG-018")
def test_from_a_grant_to_a_name_to_a_report_and_to_the_end_of_the_mapping(
    run: Run, run_as: Run, home: Path, arrivals: Path
) -> None:
    assert run_as("study", "ingest", arrivals, "--site", "north").exit_code == 0
    patient = json.loads(run_as("study", "list", "--json").stdout)[0]["patient"]
    run_as("user", "add", "regina", "--full-name", "Regina Law", "--role", "regulatory")
    run_as("user", "qualify", "regina", "--for", "approval", "--until", "2099-12-31",
           "--evidence", "course 2", "--reason", "trained")
    run_as("user", "verify-identity", "regina", "--way", "document-seen", "--on", "2026-01-05",
           "--evidence", "form 2", "--reason", "checked")
    alone = run_as("identity", "reveal", patient, "--purpose", "recall 3")
    assert (alone.exit_code, "nobody has granted it" in alone.stderr) == (1, True)
    today = datetime.now(UTC).date()
    days = ("--from", str(today - timedelta(days=1)), "--to", str(today + timedelta(days=1)))
    granted = run_as("identity", "grant", "regina", *days, "--purpose", "recall 3", *WHY)
    assert "IDG-0001" in granted.stdout, granted.output
    assert run_as("identity", "destroy", "--reason", "the study is over").exit_code == 0
    assert run("user", "login", "regina", "--home", home, password=WORD, new=OWN).exit_code == 0
    here = ("--home", home, "identity")
    told = run(*here, "reveal", patient, "--purpose", "to call back", "--json")
    assert json.loads(told.stdout)["PatientName"] == "Zwetschkenbaum^Ottilie"
    rows = json.loads(run(*here, "report", patient, "--json").stdout)
    assert [(row["by"], row["purpose"]) for row in rows] == [
        ("ada", "recall 3"), ("regina", "to call back")
    ]
    trail = run("--home", home, "audit", "show", "--json").stdout
    assert "Zwetschkenbaum" not in trail
    assert json.loads(run(*here, "grants", "--json").stdout)[0]["holder"] == "regina"
    read = run("--home", home, "user", "acknowledge", "--reason", "read", password=OWN)
    assert read.exit_code == 0, read.output
    gone = run(*here, "confirm", "DEL-0001", "--reason", "agreed", password=OWN)
    assert "the identity mapping is destroyed" in gone.stdout, gone.output
    assert not Workspace(home).identity.exists()
    after = run(*here, "reveal", patient, "--purpose", "to call back")
    assert (after.exit_code, "not in the identity mapping" in after.stderr) == (1, True)
    whole = run("--home", home, "audit", "verify", "--json")
    assert whole.exit_code == 0, whole.output


def test_a_breach_is_recorded_with_its_clocks_and_closed_when_everybody_was_told(
    run_as: Run,
) -> None:
    said = run_as("breach", "record", "a disk was lost", "--aware", "2026-01-02T09:30",
                  "--categories", "images under pseudonym", "--risk", "risk", "--law", "EU",
                  "--people", "12", "--reason", "found by IT")  # fmt: skip
    assert "supervisory authority by 2026-01-05 09:30 UTC (GDPR Art. 33(1))" in said.stdout
    early = run_as("breach", "close", "BRC-0001", "--reason", "it was found")
    assert (early.exit_code, "was not told" in early.stderr) == (1, True)
    higher = run_as("breach", "assess", "BRC-0001", "--risk", "unlikely", "--reason", "encrypted")
    assert higher.exit_code == 0, higher.output
    (row,) = json.loads(run_as("breach", "list", "--json").stdout)
    assert (row["to_tell"], row["people"]) == ([], None)
    run_as("breach", "assess", "BRC-0001", "--risk", "risk", "--reason", "it was not encrypted")
    told = run_as("breach", "notify", "BRC-0001", "supervisory authority", "--at",
                  "2026-01-03T10:00", "--evidence", "no. 7", "--reason", "told")  # fmt: skip
    assert told.exit_code == 0, told.output
    assert run_as("breach", "close", "BRC-0001", "--reason", "it was found").exit_code == 0
    wrong = run_as("breach", "record", "a disk", "--aware", "yesterday", "--categories", "images",
                   "--risk", "risk", "--law", "EU", "--reason", "found")  # fmt: skip
    assert (wrong.exit_code, "is no instant" in wrong.stderr) == (2, True)


def test_two_patients_are_made_one_on_record_and_one_study_is_taken_back(
    run_as: Run, arrivals: Path
) -> None:
    assert run_as("study", "ingest", arrivals, "--site", "north").exit_code == 0
    first, second = sorted(one["patient"] for one in json.loads(
        run_as("study", "list", "--json").stdout
    ))  # fmt: skip
    same = run_as("identity", "merge", first, "--into", first, *WHY)
    assert (same.exit_code, "the same patient" in same.stderr) == (2, True)
    done = run_as("identity", "merge", first, "--into", second, "--reason", "call of 3 May")
    assert f"1 study of {first} moved to {second}" in done.stdout, done.output
    patients = {one["patient"] for one in json.loads(run_as("study", "list", "--json").stdout)}
    assert patients == {second}
    (row,) = (
        one for one in json.loads(run_as("identity", "report", second, "--json").stdout)
        if one["what"].startswith("correct STU-")
    )
    assert (row["by"], f"{first} is {second}" in row["purpose"]) == ("ada", True)
    label = row["what"].removeprefix("correct ")
    back = run_as("identity", "merge", second, "--into", first, "--study", label, *WHY)
    assert back.exit_code == 0, back.output
    explained = run_as("study", "explain", label)
    assert f"it is of {first}, not {second}" in explained.stdout
    assert run_as("audit", "verify").exit_code == 0
