"""An export that leaves sealed, at the command line: one file, nothing plain, and on record."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

WORDS = "seven kinds of weather"


@pytest.mark.requirement("R-P11-30", "REG-018")
def test_the_trail_leaves_sealed_for_somebody_and_opens(
    run_as: Run, run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_EXPORT_PASSPHRASE", WORDS)
    out = tmp_path / "outbox"
    done = run_as("audit", "export", "--out", out, "--encrypt-for", "Example Hospital", "--pdf")
    assert done.exit_code == 0, done.output
    assert [one.name for one in out.iterdir()] == ["audit-trail.sealed"]
    assert not list(home.glob(".export-*"))
    opened = run("open-sealed", out / "audit-trail.sealed", "--out", tmp_path / "opened", "--json")
    assert opened.exit_code == 0, opened.output
    names = set(json.loads(opened.stdout)["files"])
    assert {"audit.jsonl", "audit.csv", "audit-extract.pdf"} <= names
    (told,) = json.loads(run_as("audit", "show", "--action", "seal export", "--json").stdout)
    said = json.loads(told["new"])
    assert (said["for"], said["with"]) == ("Example Hospital", "a passphrase")
    assert "audit.jsonl" in said["holds"]
    assert WORDS not in told["new"]
    again = run_as("audit", "export", "--out", out, "--encrypt-for", "Example Hospital")
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    key = tmp_path / "new.key"
    key.write_bytes(bytes(range(32)))
    monkeypatch.setenv("RADVIGIL_BACKUP_PASSPHRASE", WORDS)
    new = tmp_path / "b.sealed"
    sealed = run("reseal", out / "audit-trail.sealed", "--to", new, "--new-key-file", key)
    assert sealed.exit_code == 0, sealed.output
    opened = run("open-sealed", new, "--out", tmp_path / "second", "--key-file", key)
    assert opened.exit_code == 0, opened.output


def test_a_key_without_somebody_to_encrypt_for_is_a_mistake(run_as: Run, tmp_path: Path) -> None:
    done = run_as("audit", "export", "--out", tmp_path, "--key-file", tmp_path / "k")
    assert done.exit_code == 2
    assert "--encrypt-for" in done.stderr
