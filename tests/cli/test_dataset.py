"""Dataset versions at the command line: compared, and frozen only with their basis stated."""

import json

import pytest

from records.cases import Study
from records.product import DatasetVersion
from records.store import Store
from records.study_corrections import record_merge
from records.vault import Vault
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.imaging.test_dataset_diff import packed
from tests.regulatory.gathering.small_store import add_study


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
    assert {"by": "part", "group": "tuning", "before": 0, "after": 1, "added": 0, "removed": 0,
            "changed": 1} in found["counts"]  # fmt: skip
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


@pytest.mark.requirement("REG-047")
def test_a_dataset_is_shown_in_words_and_warns_of_patients_merged_since(
    run: Run, store: Store
) -> None:
    populate(store)
    vault = Vault(store.workspace.vault)
    with store.transaction("service:intake", now=TODAY) as tx:
        made = [add_study(tx, number, site_id=1, purpose="development", day=TODAY)
                for number in (1, 2)]  # fmt: skip
    with store.reader() as reader:
        first, second = (reader.get_one(Study, number) for number in made)
    rows = [
        {"instance_uid": f"1.{one.id}", "study_uid": one.study_uid, "patient": one.patient,
         "split": split, "digest": vault.put(b"image"), "record": "INS-0001"}
        for one, split in ((first, "train"), (second, "external_test"))
    ]  # fmt: skip
    frozen = packed(vault, "2", rows, TODAY)
    with store.transaction("service:training", "freeze", now=TODAY) as tx:
        tx.add(DatasetVersion(**frozen.model_dump() | {
            "splits": {"train": {"studies": 1, "patients": 1, "positive": 0, "sites": {"a": 1}}},
            "datasheet": {"source": "here", "excluded": {"no reference standard": 2}},
        }))  # fmt: skip
    show = ("--home", store.workspace.home, "dataset", "show", "DSV-0002")
    said = run(*show)
    assert (said.exit_code, said.stderr) == (0, "")
    assert "{" not in said.stdout
    assert all(one in said.stdout for one in ("no reference standard: 2", "with the finding"))
    with store.transaction("service:ris", "HL7 A40", now=TODAY) as tx:
        record_merge(tx, first.patient, second.patient, by="ris", now=TODAY, source_digest="m")
    store.close()
    warned = run(*show)
    assert "1 patient stands in more than one part, as patients are known now" in warned.stderr
    assert "train and external test: 1; 2 studies" in warned.stderr
    now = json.loads(run(*show, "--json").stdout)["in_several_parts_now"]
    assert now == {"patients": 1, "studies": [first.label, second.label]}
