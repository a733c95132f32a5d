"""Opening a workspace: nothing is made by looking, a loss is exit code 3, leftovers stay so."""

from pathlib import Path

import pytest

from records.settings import Workspace
from tests.cli.conftest import Run

LOOKING = (
    ("audit", "verify"), ("audit", "show"), ("document", "list"), ("study", "list"), ("serve",),
    ("monitor", "show"),
)  # fmt: skip


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_a_lost_database_is_exit_code_3_and_stays_lost(
    run_as: Run, home: Path, words: tuple[str, ...]
) -> None:
    database = Workspace(home).database
    database.unlink()
    result = run_as(*words)
    assert result.exit_code == 3, result.output
    assert "missing or empty" in result.stderr
    assert not database.exists()


def test_taking_in_never_replaces_a_lost_database(run_as: Run, home: Path, arrivals: Path) -> None:
    Workspace(home).database.unlink()
    result = run_as("study", "ingest", arrivals, "--site", "north")
    assert result.exit_code == 3, result.output
    assert not Workspace(home).database.exists()


def test_leftovers_of_a_demonstration_do_not_become_live(
    run: Run, home: Path, arrivals: Path
) -> None:
    key = Workspace(home).keys / "pseudonym.key"
    key.write_bytes(b"made from a seed")
    result = run("--home", home, "study", "ingest", arrivals, "--site", "north")
    assert result.exit_code == 1
    assert "keys" in result.stderr
    Workspace(home).marker.unlink()
    result = run("--home", home, "study", "ingest", arrivals, "--site", "north")
    assert result.exit_code == 1
    assert "not empty" in result.stderr
    assert not Workspace(home).exists


def test_taking_in_with_a_lost_key_is_exit_code_3(run: Run, home: Path, arrivals: Path) -> None:
    words = ("--home", home, "study", "ingest", arrivals, "--site", "north")
    assert run(*words).exit_code == 0
    key = Workspace(home).keys / "pseudonym.key"
    key.unlink()
    result = run(*words)
    assert result.exit_code == 3, result.output
    assert "pseudonym.key is missing" in result.stderr
    assert not key.exists()
