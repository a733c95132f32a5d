"""``radvigil device``: begin a file, define it, sign it, put it into force."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import OWN, WORD, Run

SHIPPED = "chest-radiograph-pneumonia"


def test_new_writes_a_commented_valid_file_and_never_over_one(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "wrist.yaml"
    words = ("device", "new", "wrist-fracture", "--like", SHIPPED, "--out", out)
    done = run(*words)
    assert done.exit_code == 0, done.output
    assert f"radvigil device define {out}" in done.stdout
    assert "#" in out.read_text()
    assert run(*words).exit_code == 1
    assert run("device", "new", "x-y-z", "--like", "nothing", "--out", "z.yaml").exit_code == 2
    for name in ("Bad Name", "cuda", "../evil"):
        refused = run("device", "new", name, "--like", SHIPPED)
        assert (refused.exit_code, "name of a" in refused.stderr) == (2, True)


def test_new_writes_into_the_workspace_where_no_file_is_named(run: Run, home: Path) -> None:
    done = run("device", "new", "wrist-fracture", "--like", SHIPPED, "--home", home)
    assert done.exit_code == 0, done.output
    assert (home / "devices" / "wrist-fracture.yaml").is_file()


def test_an_invalid_file_is_refused_with_line_and_reason_and_records_nothing(
    run_as: Run, tmp_path: Path
) -> None:
    out = tmp_path / "bad.yaml"
    assert run_as("device", "new", "wrist-fracture", "--like", SHIPPED, "--out", out).exit_code == 0
    text = out.read_text().replace("  eu: IIa ", "  eu: IIx ")
    out.write_text(text)
    line = text.splitlines().index(next(x for x in text.splitlines() if "IIx" in x)) + 1
    refused = run_as("device", "define", out, "--reason", "first")
    assert refused.exit_code == 2
    assert f"bad.yaml, line {line}: risk_class.eu" in refused.stderr
    assert json.loads(run_as("device", "list", "--json").stdout) == []


def test_a_folder_or_a_plan_that_does_not_parse_is_refused_as_invalid_input(
    run_as: Run, tmp_path: Path
) -> None:
    folder = run_as("device", "define", tmp_path / "x", "--reason", "first")
    assert (folder.exit_code, "There is no file" in folder.stderr) == (2, True)
    out = tmp_path / "bad.yaml"
    assert run_as("device", "new", "wrist-fracture", "--like", SHIPPED, "--out", out).exit_code == 0
    out.write_text(out.read_text().replace("horizon_days: 90", "horizon_days: 1"))
    refused = run_as("device", "define", out, "--reason", "first")
    assert refused.exit_code == 2
    assert "bad.yaml, line " in refused.stderr
    assert "monitoring_plan.horizon_days" in refused.stderr


def test_define_needs_somebody_signed_in(run: Run, home: Path) -> None:
    refused = run("--home", home, "device", "define", SHIPPED, "--reason", "first")
    assert refused.exit_code == 1
    assert "user login" in refused.stderr


@pytest.fixture
def defined(run_as: Run) -> Run:
    """A draft that Ada made; Eve and Rosa, qualified to sign as its author and to approve it."""
    assert run_as("device", "define", SHIPPED, "--reason", "first").exit_code == 0
    for name, role, meaning in (
        ("eve", "engineer", "author"), ("rosa", "regulatory", "approval")
    ):
        words = ("user", "add", name, "--full-name", f"{name.title()} Signer", "--role", role)
        assert run_as(*words).exit_code == 0
        words = ("user", "qualify", name, "--for", meaning, "--until", "2099-12-31")
        done = run_as(*words, "--evidence", "course 1", "--reason", "trained")
        assert done.exit_code == 0, done.output
        words = ("user", "verify-identity", name, "--way", "document-seen", "--on", "2026-01-05")
        done = run_as(*words, "--evidence", "passport, form 7", "--reason", "before signing")
        assert done.exit_code == 0, done.output
    return run_as


def test_a_definition_is_in_force_after_two_people_signed(
    defined: Run, run: Run, home: Path
) -> None:
    again = defined("device", "define", SHIPPED, "--reason", "again")
    assert "DEV-0001" in again.stdout
    early = defined("device", "accept", "DEV-0001", "--reason", "go")
    assert early.exit_code == 1
    assert "two people" in early.stderr
    sign = ("device", "sign", "DEV-0001", "--reason", "read")
    assert defined(*sign, "--meaning", "applause").exit_code == 2
    assert run("--home", home, "user", "login", "rosa", password=WORD, new=OWN).exit_code == 0
    early = run("--home", home, *sign, "--meaning", "approval", password=OWN)
    assert (early.exit_code, "not acknowledged version 1" in early.stderr) == (1, True)
    answer = ("user", "acknowledge", "--reason", "read")
    assert run("--home", home, *answer, password=OWN).exit_code == 0
    assert run("--home", home, *answer, password=OWN).exit_code == 1
    approved = run("--home", home, *sign, "--meaning", "approval", password=OWN)
    assert approved.exit_code == 0, approved.output
    assert run("--home", home, "user", "login", "eve", password=WORD, new=OWN).exit_code == 0
    assert run("--home", home, *answer, password=OWN).exit_code == 0
    wrong = run("--home", home, *sign, "--meaning", "author", password="not hers at all")
    assert wrong.exit_code == 1
    signed = run("--home", home, *sign, "--meaning", "author", password=OWN)
    assert signed.exit_code == 0, signed.output
    refused = defined("device", "accept", "dev-1", "--reason", "go")
    assert (refused.exit_code, "may not put a device" in refused.stderr) == (1, True)
    assert run("--home", home, "user", "login", "ada", password=WORD).exit_code == 0
    done = defined("device", "accept", "dev-1", "--reason", "go")
    assert done.exit_code == 0, done.output
    shown = json.loads(defined("device", "show", SHIPPED, "--json").stdout)
    assert (shown["status"], shown["revision"]) == ("accepted", 1)
    actions = [e["action"] for e in json.loads(defined("audit", "show", "--json").stdout)]
    assert {"signature refused", "acceptance refused"} <= set(actions)
    assert defined("audit", "verify").exit_code == 0
