import json
from pathlib import Path

from models.artefacts import read_columns


def test_all_splits_but_the_training_one_are_scored(model_folder: Path) -> None:
    scored = read_columns(model_folder / "predictions.parquet")
    assert set(scored["split"].tolist()) == {"tuning", "internal_test", "external_test"}
    assert list(scored) == [
        "instance_uid", "study_uid", "patient", "site", "split", "finding",
        "logit", "score", "decision", "out_of_distribution", "embedding",
    ]  # fmt: skip


def test_numbers_of_the_tuning_split_are_marked(model_folder: Path) -> None:
    measured = json.loads((model_folder / "metrics.json").read_text())
    assert measured["tuning"]["use"] == "chosen on this split"
    assert measured["internal_test"]["use"] == "held out"
    for split in measured.values():
        assert split["studies"] == 12
        auc = split["auc"]
        assert auc["n"] == 12
        assert auc["low"] <= auc["value"] <= auc["high"]
