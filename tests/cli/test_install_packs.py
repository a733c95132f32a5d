"""``radvigil install push`` and ``fetch``: frozen files go elsewhere sealed and come back whole."""

import json
from pathlib import Path

import pytest

from records.settings import Workspace
from records.store import open_store
from tests.cli.conftest import Run
from tests.records.test_packs import alter, frozen, keep_a_device, sealed


@pytest.fixture
def manifest(home: Path) -> Path:
    """The frozen manifest of a version on record."""
    store = open_store(Workspace(home), url="")
    keep_a_device(store)
    folder = frozen(store, "first", manifest=b"manifest of the first", shard=b"images" * 500)
    store.close()
    return folder / "manifest.tar"


@pytest.mark.requirement("R-P11-30")
def test_from_here_to_elsewhere_and_back_each_with_its_exit_code(
    run_as: Run, manifest: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    absent = run_as("install", "push", "--to", elsewhere)
    assert (absent.exit_code, "Mount it, or make it first" in absent.stderr) == (1, True)
    elsewhere.mkdir()
    pushed = run_as("install", "push", "--to", elsewhere, "--json")
    assert pushed.exit_code == 0, pushed.output
    assert json.loads(pushed.stdout)["sent"] == 2
    assert "0 packs sealed" in run_as("install", "push", "--to", elsewhere).stdout
    assert run_as("install", "fetch", "--from", elsewhere, "--check").exit_code == 0
    whole = manifest.read_bytes()
    manifest.unlink()
    assert run_as("audit", "verify").exit_code == 3
    fetched = run_as("install", "fetch", "--from", elsewhere)
    assert "Fetched: datasets/first/manifest.tar of DSV-0001" in fetched.stdout, fetched.output
    assert manifest.read_bytes() == whole
    assert "Every frozen file is here" in run_as("install", "fetch", "--from", elsewhere).stdout
    rotated = run_as("install", "rotate-key", "remote", "--reason", "once a year")
    assert "Version 2 of the remote key counts." in rotated.stdout, rotated.output
    assert "2 sealed anew" in run_as("install", "push", "--to", elsewhere).stdout
    first, second = sealed(elsewhere)
    alter(first)
    checked = run_as("install", "fetch", "--from", elsewhere, "--check")
    assert (checked.exit_code, "DSV-0001: the pack of datasets/first/" in checked.stdout) == (
        3, True
    )  # fmt: skip
    first.unlink()
    assert run_as("install", "fetch", "--from", elsewhere, "--check").exit_code == 1
    assert second.is_file()
