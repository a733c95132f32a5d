"""Every oracle case at hand, and that the account of expected values lets nothing slip through."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from records.settings import REPOSITORY
from tests.oracles.__main__ import main
from tests.oracles.case import Case, Comparison, cases_below
from tests.oracles.run import run_case

FOLDER = Path(os.environ.get("RADVIGIL_ORACLES", REPOSITORY.parent / "shared" / "oracles"))
AT_HAND = cases_below(FOLDER) if FOLDER.is_dir() else []


@pytest.mark.parametrize("case", AT_HAND, ids=[case.name for case in AT_HAND])
def test_every_expected_value_is_met(case: Case) -> None:
    verdict = run_case(case)
    assert verdict.state == "passed", str(verdict)


def test_the_oracle_folder_is_at_hand() -> None:
    if not AT_HAND:
        pytest.skip(f"no oracle cases in {FOLDER} (set RADVIGIL_ORACLES to their folder)")
    assert len({case.topic for case in AT_HAND}) >= 11


def written(folder: Path, topic: str, expected: Any) -> Case:
    folder.mkdir(parents=True)
    (folder / "case.json").write_text(json.dumps({"topic": topic, "inputs": {}}))
    (folder / "expected.json").write_text(json.dumps(expected))
    return Case(folder)


def test_a_value_nobody_compared_fails_the_case(tmp_path: Path) -> None:
    comparison = Comparison(written(tmp_path / "a", "roc", {"auc": 0.5, "se": [0.1, 0.2]}))
    comparison.near("auc", found=0.5)
    comparison.close()
    assert comparison.failures == [
        "se.0: expected, but not compared", "se.1: expected, but not compared",
    ]  # fmt: skip


def test_not_estimable_is_told_from_a_number(tmp_path: Path) -> None:
    comparison = Comparison(written(tmp_path / "a", "roc", {"a": "NaN", "b": 1.0, "c": [1, 2]}))
    comparison.near("a", found=None)
    assert not comparison.failures
    comparison.near("a", found=0.0, absolute=1.0)
    comparison.near("b", found=None, absolute=1.0)
    comparison.near("c", found=[1, 2, 3], absolute=1.0)
    assert len(comparison.failures) == 3


def test_the_tolerance_is_absolute_or_relative(tmp_path: Path) -> None:
    comparison = Comparison(written(tmp_path / "a", "roc", {"a": 1000.0}))
    comparison.near("a", found=1000.5, relative=1e-3)
    comparison.near("a", found=1000.5, absolute=0.5)
    assert not comparison.failures
    comparison.near("a", found=1000.5, absolute=0.4, relative=1e-4)
    assert comparison.failures


def test_an_unknown_topic_is_skipped_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "astrology" / "stars", "astrology", {"sign": 1})
    assert main(str(tmp_path)) == 1, "nothing passed"
    printed = capsys.readouterr().out
    assert "skipped astrology/stars: unknown topic 'astrology'" in printed
    assert printed.endswith("0 passed, 0 failed, 1 skipped\n")


def test_a_changed_input_is_refused(tmp_path: Path) -> None:
    case = written(tmp_path / "a", "roc", {})
    (tmp_path / "a" / "data.csv").write_text("y,score\n1,2\n")
    case.asked["input_sha256"] = {"data.csv": "0" * 64}
    with pytest.raises(ValueError, match="SHA-256"):
        case.table("data.csv")
