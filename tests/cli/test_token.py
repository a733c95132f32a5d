"""``radvigil token``: a program outside acts by RADVIGIL_TOKEN as its service, and only so."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

MAKE = ("--until", "2099-12-31", "--reason", "the bridge to the PACS")


@pytest.mark.requirement("REG-006")
def test_a_program_takes_in_studies_by_its_token_and_signs_nothing(
    run_as: Run, arrivals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run_as("token", "make", "pacs-bridge", "--may", "take-in", *MAKE)
    assert made.exit_code == 0, made.output
    (secret,) = [line for line in made.stdout.splitlines() if line.startswith("rvt_")]
    monkeypatch.setenv("RADVIGIL_TOKEN", secret)
    taken = run_as("study", "ingest", arrivals, "--site", "north")
    assert taken.exit_code == 0, taken.output
    for words in (
        ("monitor", "run", "--device", "x", "--day", "2026-01-05"),
        ("audit", "anchor"),
        ("user", "add", "eve", "--full-name", "Eve", "--role", "quality"),
        ("change", "sign", "CHR-0001", "--meaning", "approval", "--reason", "fine"),
        ("token", "make", "more", "--may", "take-in", *MAKE),
    ):
        refused = run_as(*words)
        assert refused.exit_code in (1, 2), (words, refused.output)
    monkeypatch.delenv("RADVIGIL_TOKEN")
    shown = run_as("audit", "show", "--actor", "service:pacs-bridge", "--json")
    events = json.loads(shown.stdout)
    assert {"start", "create", "token refused"} <= {
        "create" if "create" in one["action"] else one["action"] for one in events
    }
    assert len([one for one in events if one["action"] == "token refused"]) >= 3
    assert run_as("audit", "verify").exit_code == 0
    assert secret not in shown.stdout


def test_tokens_are_listed_without_their_secret_and_revoked(run_as: Run) -> None:
    made = run_as("token", "make", "mirror", "--may", "export-trail", "--may", "anchor", *MAKE)
    (listed,) = json.loads(run_as("token", "list", "--json").stdout)
    assert (listed["token"], listed["service"], listed["status"]) == (
        "TKN-0001", "service:mirror", "active"
    )  # fmt: skip
    assert made.stdout.strip() not in json.dumps(listed)
    assert run_as("token", "revoke", "TKN-0001", "--reason", "machine replaced").exit_code == 0
    (listed,) = json.loads(run_as("token", "list", "--json").stdout)
    assert listed["status"] == "revoked"
    assert run_as("token", "revoke", "TKN-0001", "--reason", "again").exit_code == 1
