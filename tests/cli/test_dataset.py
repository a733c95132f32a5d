"""Dataset versions at the command line: compared, and frozen only with their basis stated."""

import json

import pytest

from records.product import DatasetVersion
from records.store import Store
from records.vault import Vault
from tests.cli.conftest import Run
from tests.dashboards.conftest import PASSWORD, TODAY, populate
from tests.imaging.test_dataset_diff import packed


@pytest.fixture
def run_here(run: Run, store: Store) -> Run:
    """A workspace with three dataset versions, two of them with a manifest."""
    populate(store)
    vault = Vault(store.workspace.vault)
    digest = vault.put(b"image")
    row = {"instance_uid": "2.25.1", "split": "train", "finding": 0, "digest": digest,
           "record": "INS-0001"}
    made = [
        packed(vault, str(number), rows, TODAY)
        for number, rows in ((2, [row]), (3, [row | {"split": "tuning"}]))
    ]
    with store.transaction("service:training", "freeze", now=TODAY) as tx:
        for one in made:
            tx.add(DatasetVersion(**one.model_dump()))
    store.close()
    return lambda *words: run("--home", store.workspace.home, *words, password=PASSWORD)


@pytest.mark.requirement("REG-046")
def test_two_versions_are_compared_as_table_and_as_json(run_here: Run) -> None:
    said = run_here("dataset", "diff", "DSV-0002", "DSV-0003")
    assert said.exit_code == 0, said.output
    assert "DSV-0002 to DSV-0003: 0 items added, 0 removed, 1 changed, 0 unchanged." in said.stdout
    assert all(word in said.stdout for word in ("2.25.1", "split", "train", "tuning"))
    found = json.loads(run_here("dataset", "diff", "DSV-0002", "DSV-0003", "--json").stdout)
    assert found["changed"] == [
        {"item": "2.25.1", "field": "split", "before": "train", "after": "tuning"}
    ]
    same = run_here("dataset", "diff", "DSV-0002", "DSV-0002")
    assert "The two versions hold the same items." in same.stdout
    lost = run_here("dataset", "diff", "DSV-0001", "DSV-0002")
    assert (lost.exit_code, "manifest.parquet is missing" in lost.stderr) == (3, True)


@pytest.mark.requirement("REG-046")
def test_a_dataset_without_a_stated_basis_is_refused(run_here: Run) -> None:
    words = ("dataset", "freeze", "--source", "north")
    assert run_here(*words, "--consent", "waived").exit_code == 2
    blank = run_here(*words, "--legal-basis", " ", "--consent", "waived")
    assert (blank.exit_code, "The legal basis of the studies" in blank.stderr) == (2, True)
