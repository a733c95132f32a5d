"""What a table says of its parts is kept; a patient who is in the test is in nothing else."""

import pytest

from imaging.datasets import DECLARED, TUNING_OF_TRAINING, assign_splits, manifest_rows
from imaging.sources.base import SourceRefused
from imaging.sources.rows import TableRow
from journeys.take_in_table import keep_once


def rows(*parts: tuple[str, str | None]) -> list[TableRow]:
    return [
        TableRow(file=f"{number}.png", number=number, patient=patient, label=0, split=part)
        for number, (patient, part) in enumerate(parts)
    ]


def test_a_patient_in_training_and_test_stays_in_the_test_only() -> None:
    table = rows(("A", "train"), ("A", "test"), ("B", "train"), ("A", "val"), ("C", "val"))
    kept, notes = keep_once(table)
    assert [(row.patient, row.split) for row in kept] == [
        ("A", "test"), ("B", "train"), ("C", "val")
    ]  # fmt: skip
    assert notes[0].startswith("2 images left out")


def test_a_table_without_parts_is_kept_whole() -> None:
    table = rows(("A", None), ("A", None), ("B", None))
    assert keep_once(table) == (table, [])


def test_a_part_that_nobody_knows_is_refused_by_row_and_name() -> None:
    with pytest.raises(SourceRefused, match="'holdback' is no part"):
        keep_once(rows(("A", "train"), ("B", "holdback")))


def studies(count: int) -> list[dict[str, object]]:
    return [
        {
            "instance_uid": str(n), "study_uid": f"s{n}", "patient": f"p{n // 2}", "site": "a",
            "purpose": "development", "truth": n % 2, "age_years": None, "sex": "", "view": "",
            "manufacturer": "", "digest": str(n), "instance_id": n,
        }
        for n in range(count)
    ]  # fmt: skip


def test_a_declared_split_is_kept_and_gives_the_tuning_part_by_patient() -> None:
    cases = studies(200)
    declared = {f"s{n}": "train" if n < 160 else "internal_test" for n in range(200)}
    splits = assign_splits(cases, seed=1, declared=declared)
    assert splits[160:] == ["internal_test"] * 40
    tuned = {case["patient"] for case, split in zip(cases, splits, strict=True)
             if split == "tuning"}  # fmt: skip
    trained = {case["patient"] for case, split in zip(cases, splits, strict=True)
               if split == "train"}  # fmt: skip
    assert len(tuned) == round(TUNING_OF_TRAINING * 80)
    assert not tuned & trained
    assert splits == assign_splits(cases, seed=1, declared=declared)
    assert "15 %" in DECLARED.format(tuning=100 * TUNING_OF_TRAINING)


def test_a_declared_tuning_part_is_left_alone_and_other_studies_are_left_out() -> None:
    cases = studies(6)
    declared = {"s0": "train", "s1": "train", "s2": "tuning", "s3": "tuning", "s4": "external_test"}
    assert assign_splits(cases, seed=1, declared=declared) == [
        "train", "train", "tuning", "tuning", "external_test", "excluded"
    ]  # fmt: skip
    kept, excluded = manifest_rows(cases, seed=1, declared=declared)
    assert len(kept) == 5
    assert excluded == {"not in the table": 1}
