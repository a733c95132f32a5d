"""Retention at the command line: look, hold, say what is known, and delete by two people."""

import json
from pathlib import Path

import pytest

from records.settings import Workspace
from tests.cli.conftest import OWN, WORD, Run


@pytest.mark.requirement("REG-120", "REG-113")
def test_from_a_study_taken_in_to_its_images_gone_by_two_people(
    run: Run, run_as: Run, home: Path, arrivals: Path
) -> None:
    assert run_as("study", "ingest", arrivals, "--site", "north").exit_code == 0
    told = json.loads(run_as("retention", "due", "--json").stdout)
    images = told["bytes"][0]
    assert (images["kind"], images["here"], images["not_known"]) == ("image", 2, 2)
    assert {one["records"] for one in told["records"]} >= {"Study", "Signature", "Deletion"}
    shown = json.loads(run_as("retention", "show", "INS-0001", "--json").stdout)
    assert shown["reasons"] == ["last_unit_placed is not known"]
    early = run_as("retention", "propose", "--kind", "image", "--reason", "too early")
    assert early.exit_code == 1
    assert "legal_basis_ends is not known" in early.stderr
    fact = run_as("retention", "fact", "legal_basis_ends", "north", "2020-01-01", "--evidence",
                  "contract 7", "--reason", "it ended")
    assert fact.exit_code == 0, fact.output
    assert run_as("retention", "hold", "--site", "north", "--reason", "a claim").exit_code == 0
    held = run_as("retention", "propose", "--kind", "image", "--reason", "it ended")
    assert "held by HLD-0001" in held.stderr
    assert '"site north"' in run_as("retention", "holds", "--json").stdout
    assert run_as("retention", "lift", "HLD-0001", "--reason", "settled").exit_code == 0
    done = run_as("retention", "propose", "--kind", "image", "--reason", "it ended")
    assert "DEL-0001: 2 files proposed (GDPR Art. 5(1)(e)" in done.stdout, done.output
    own = run_as("retention", "confirm", "DEL-0001", "--reason", "checked")
    assert own.exit_code == 1
    vault = list((Workspace(home).vault / "objects").rglob("*"))
    run_as("user", "add", "regina", "--full-name", "Regina Law", "--role", "regulatory")
    run_as("user", "qualify", "regina", "--for", "approval", "--until", "2099-12-31",
           "--evidence", "course 2", "--reason", "trained")
    run_as("user", "verify-identity", "regina", "--way", "document-seen", "--on", "2026-01-05",
           "--evidence", "form 2", "--reason", "checked")
    entered = run("user", "login", "regina", "--home", home, password=WORD, new=OWN)
    assert entered.exit_code == 0, entered.output
    read = run("--home", home, "user", "acknowledge", "--reason", "read", password=OWN)
    assert read.exit_code == 0, read.output
    gone = run("--home", home, "retention", "confirm", "DEL-0001", "--reason", "checked",
               password=OWN)
    assert "DEL-0001 is done: 2 files deleted." in gone.stdout, gone.output
    assert len(list((Workspace(home).vault / "objects").rglob("*"))) == len(vault) - 2
    assert "No deletion broke off" in run("--home", home, "retention", "resume").stdout
    (listed,) = json.loads(run("--home", home, "retention", "deletions", "--json").stdout)
    assert (listed["proposed_by"], listed["decided_by"], listed["status"]) == (
        "ada", "regina", "done"
    )
    again = run("--home", home, "retention", "withdraw", "DEL-0001", "--reason", "too late")
    assert again.exit_code == 1
    whole = run("--home", home, "audit", "verify", "--json")
    assert whole.exit_code == 0, whole.output
    assert '"legal_basis_ends"' in run("--home", home, "retention", "facts", "--json").stdout
