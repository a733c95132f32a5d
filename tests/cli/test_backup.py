"""``radvigil backup`` and ``radvigil restore``: from one workspace to another, or not at all."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "backup.key"
    path.write_bytes(bytes(range(32)))
    return path


@pytest.fixture
def archive(run_as: Run, tmp_path: Path, key_file: Path) -> Path:
    path = tmp_path / "monday.backup"
    result = run_as("backup", "--to", path, "--key-file", key_file)
    assert result.exit_code == 0, result.output
    assert f"written to {path}" in result.stdout
    return path


def test_a_backup_is_checked_and_restored_and_both_trails_tell_of_it(
    run: Run, run_as: Run, archive: Path, key_file: Path, tmp_path: Path
) -> None:
    checked = run("backup", "--check", archive, "--key-file", key_file)
    assert checked.exit_code == 0
    assert checked.stdout.startswith("Unaltered: ")
    again = tmp_path / "again"
    result = run("restore", archive, "--home", again, "--key-file", key_file, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    report = json.loads(Path(found["report"]).read_text())
    assert report["head"] == found["head"]
    assert report["backup"] == "monday.backup"
    assert run("audit", "verify", "--home", again).exit_code == 0
    told = json.loads(run("audit", "show", "--json", "--home", again).stdout)
    assert "restore" in {event["action"] for event in told}
    told = json.loads(run_as("audit", "show", "--json").stdout)
    assert "back up" in {event["action"] for event in told}


def test_what_cannot_be_restored_ends_with_the_right_exit_code(
    run: Run, home: Path, archive: Path, key_file: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    full = run("restore", archive, "--home", home, "--key-file", key_file)
    assert (full.exit_code, "not empty" in full.stderr) == (1, True)
    other = tmp_path / "other.key"
    other.write_bytes(bytes(32))
    wrong = run("restore", archive, "--home", again, "--key-file", other)
    assert (wrong.exit_code, "does not open with this key" in wrong.stderr) == (2, True)
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 4
    archive.write_bytes(content)
    for words in (("restore", archive, "--home", again), ("backup", "--check", archive)):
        altered = run(*words, "--key-file", key_file)
        assert (altered.exit_code, "altered or cut off" in altered.stderr) == (3, True)
    assert not list(tmp_path.glob("again*"))


def test_a_passphrase_comes_from_the_environment_and_one_act_is_named(
    run: Run, run_as: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.backup"
    assert run_as("backup").exit_code == 2
    assert "RADVIGIL_BACKUP_PASSPHRASE" in run_as("backup", "--to", path).stderr
    monkeypatch.setenv("RADVIGIL_BACKUP_PASSPHRASE", "too short")
    assert run_as("backup", "--to", path).exit_code == 2
    monkeypatch.setenv("RADVIGIL_BACKUP_PASSPHRASE", "correct horse battery staple")
    assert run_as("backup", "--to", path).exit_code == 0
    assert run("backup", "--check", path).exit_code == 0
