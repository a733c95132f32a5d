"""An installation at the command line: an older workspace is told of, and migrated by its verb."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cli import opening
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
