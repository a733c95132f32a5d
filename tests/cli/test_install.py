"""An installation at the command line: an older workspace is told of, and migrated by its verb."""

import json
from datetime import datetime

import pytest

from records.settings import Workspace
from records.store import SCHEMA, Store, make_engine
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
