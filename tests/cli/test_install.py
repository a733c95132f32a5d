"""An installation at the command line: an older workspace is told of, and migrated by its verb."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cli import opening
from records.installation import PLACES
from records.settings import Workspace
from records.store import SCHEMA, Store, make_engine
from records.vault import Vault
from tests.cli.conftest import Run
from tests.records.older_workspace import FIRST, make_older


@pytest.fixture
def older(workspace: Workspace, now: datetime) -> Workspace:
    store = Store(workspace, make_engine(workspace))
    make_older(store, now)
    store.close()
    return workspace


def test_an_older_workspace_is_migrated_by_its_verb(run: Run, older: Workspace) -> None:
    refused = run("--home", older.home, "audit", "show")
    assert refused.exit_code == 1
    assert "older version" in refused.stderr
    assert "radvigil install migrate" in refused.stderr
    done = run("--home", older.home, "install", "migrate", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["schema"], said["migrated"]["before"]) == (SCHEMA, FIRST)
    assert (older.before_migration / said["migrated"]["copy"]).is_file()
    again = run("--home", older.home, "install", "migrate")
    assert "of this version already" in again.stdout
    whole = run("--home", older.home, "audit", "verify", "--records-only")
    assert whole.exit_code == 0, whole.output


def test_orphan_bytes_are_listed_first_and_taken_away_on_demand(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = opening.wall_clock
    assert run("--home", home, "audit", "show").exit_code == 0
    digest = Vault(home / "vault").put(b"an orphan")
    none = run("--home", home, "install", "collect")
    assert "Every byte that is old enough is named by a record." in none.stdout
    monkeypatch.setattr(opening, "wall_clock", lambda: clock() + timedelta(hours=30))
    listed = json.loads(run("--home", home, "install", "collect", "--json").stdout)
    path = f"vault/objects/{digest[:2]}/{digest[2:]}"
    assert listed == {
        "state": "would go", "count": 1, "bytes": 9,
        "orphans": [{"kind": "content without a record", "bytes": 9, "path": path}],
    }
    assert (home / path).is_file()
    assert "1 would go, 9 bytes." in run("--home", home, "install", "collect").stdout
    done = run("--home", home, "install", "collect", "--yes")
    assert done.exit_code == 0, done.output
    assert "1 taken away, 9 bytes." in done.stdout
    assert not (home / path).exists()
    told = run("--home", home, "audit", "show", "--action", "collect bytes", "--json")
    assert digest in told.stdout
    assert run("--home", home, "install", "collect", "--older-than", "0").exit_code == 2


@pytest.mark.requirement("R-P11-30")
def test_an_installation_is_verified_vouched_for_and_said_to_be_sound(
    run_as: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_ANCHORS", str(tmp_path / "anchors"))
    Workspace(home).database.chmod(0o600)
    first = run_as("install", "verify", "--json")
    said = json.loads(first.stdout)
    assert (first.exit_code == 0) is said["sound"]
    assert said["check"] == "ICK-0001"
    points = [f"--point={name}" for name in (*PLACES, "clock")]
    done = run_as("install", "declare", *points, "--words", "the hypervisor's disk",
                  "--evidence", "contract 12", "--until", "2099-01-01", "--reason", "no LUKS here")
    assert done.exit_code == 0, done.output
    assert "DCL-0001: 'home' is vouched for until 2099-01-01." in done.stdout
    sound = run_as("install", "verify")
    assert sound.exit_code == 0, sound.output
    assert "ICK-0002: sound." in sound.stdout
    assert not [line for line in run_as("audit", "verify").stderr.splitlines() if "disk" in line]
    assert run_as("install", "withdraw", "DCL-0001", "--reason", "it ended").exit_code == 0
    assert '"withdrawn"' in run_as("install", "declarations", "--json").stdout
