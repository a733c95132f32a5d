"""The checks of a dataset at the command line: those on record, and those of a folder."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imaging.dataset_checks.folders import check_folders
from imaging.sources.columns import ColumnMapping
from records.product import DatasetVersion
from records.store import Store
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.imaging.dataset_checks.made import dataset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """120 pictures with their table; a picture of the tuning part stands in training too."""
    facts, pictures = dataset(120)
    pictures[119] = pictures[0]
    made = tmp_path / "images"
    made.mkdir()
    with (made / "manifest.csv").open("w", newline="") as table:
        write = csv.writer(table)
        write.writerow(["file", "label", "patient_id", "split", "sex", "age"])
        for one, picture in zip(facts.itertuples(), pictures, strict=True):
            Image.fromarray(picture).save(made / f"{one.record}.png")
            write.writerow([f"{one.record}.png", facts["finding"][0] if one.record == "INS-0119"
                            else one.finding, one.order, one.split, one.sex,
                            round(one.age_years)])  # fmt: skip
    return made


def test_a_folder_is_checked_and_a_refusing_rule_ends_with_one(run: Run, folder: Path) -> None:
    found = run("dataset", "check", folder, "--finding", "pneumonia", "--json")
    assert found.exit_code == 1, found.output
    outcomes = {(one["rule"], one["subject"]): one for one in json.loads(found.stdout)["outcomes"]}
    across = outcomes["duplicates_across_splits", "split"]
    assert (across["state"], across["count"], across["n"]) == ("refused", 1, 120)
    assert across["groups"] == [["INS-0000.png", "INS-0119.png"]]
    assert ("shortcuts", "patient_number") in outcomes
    table = run("dataset", "check", folder, "--finding", "pneumonia", "--rules",
                "chest-radiograph-pneumonia")  # fmt: skip
    assert table.exit_code == 1
    assert "1 equal picture in more than one split" in table.stdout
    assert "INS-0000.png, INS-0119.png" in table.stdout
    assert "prevalence" in table.stdout


def test_a_missing_column_is_named(run: Run, folder: Path) -> None:
    found = run("dataset", "check", folder, "--finding", "x", "--label-column", "y")
    assert found.exit_code == 2
    assert "there is no column 'y' for label" in found.stderr


def test_the_recorded_checks_are_shown_and_an_older_version_says_so(
    run: Run, store: Store, folder: Path
) -> None:
    populate(store)
    report = check_folders([folder], finding="pneumonia", columns=ColumnMapping())
    with store.transaction("service:training", "freeze", now=TODAY) as tx:
        tx.add(
            DatasetVersion(
                device_id=1, name="d-2", manifest_digest="2", content_digest="2.dir",
                vault_path="datasets/d-2", commit="0", studies=120, patients=120, splits={},
                datasheet={"checks": report.to_dict()}, frozen_at=TODAY,
            )
        )
    store.close()

    def here(*words: str) -> Any:
        return run("--home", store.workspace.home, *words, password=PASSWORD)

    shown = here("dataset", "checks", "DSV-0002")
    assert shown.exit_code == 0, shown.output
    assert "120 images" in shown.stdout
    found = json.loads(here("dataset", "checks", "DSV-0002", "--json").stdout)
    assert found == json.loads(json.dumps(report.to_dict()))
    older = here("dataset", "checks", "DSV-0001")
    assert older.exit_code == 1
    assert "was frozen before datasets were checked this way" in older.stderr
