from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from imaging.sources.base import SimulatedStudy, SourceRefused, TruthRow
from imaging.sources.truth import read_truth_csv, write_truth_csv


def test_a_truth_list_reads_back_as_it_was_written(
    development: list[SimulatedStudy], tmp_path: Path
) -> None:
    path = tmp_path / "truth.csv"
    write_truth_csv(development, path)
    rows = read_truth_csv(path)
    good = [study for study in development if study.defect is None]
    assert rows == [
        (replace(study.truth, kind="consensus"), study.reading) for study in good if study.truth
    ]
    once = path.read_bytes()
    write_truth_csv(development, path)
    assert path.read_bytes() == once


def test_the_day_on_which_the_truth_is_known_is_the_delay_later() -> None:
    truth = TruthRow("2.25.1", "a", date(2026, 6, 28), 1, "consensus", (), 5)
    assert truth.known_on == date(2026, 7, 3)
    never = TruthRow("2.25.1", "a", date(2026, 6, 28), 1, "consensus", (), None)
    assert never.known_on is None


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (1, "", "missing"),
        (3, "maybe", "line 2: column finding holds 'maybe'"),
        (2, "12.6.26", "line 2: column study_date"),
        (6, "soon", "line 2: column delay_days"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(
    tmp_path: Path, column: int, cell: str, said: str
) -> None:
    header = "study_uid,site,study_date,finding,source,readers,delay_days,reader,reader_finding"
    cells = ["2.25.1", "a", "2026-06-28", "1", "consensus", "x;y", "4", "r", "0"]
    if said == "missing":
        header = header.replace("site", "place")
    cells[column] = cell
    path = tmp_path / "truth.csv"
    path.write_text(f"{header}\n{','.join(cells)}\n")
    with pytest.raises(SourceRefused, match=said):
        read_truth_csv(path)


def test_a_class_goes_there_and_back_in_a_column_of_its_own(tmp_path: Path) -> None:
    @dataclass
    class Study:
        truth: TruthRow
        reading: None = None

    day = date(2026, 6, 28)
    truths = [TruthRow(f"2.25.{at}", "a", day, int(at > 0), "table", (), 5, name)
              for at, name in enumerate(("normal", "benign"))]  # fmt: skip
    write_truth_csv([Study(one) for one in truths], tmp_path / "truth.csv")
    assert [truth for truth, _ in read_truth_csv(tmp_path / "truth.csv")] == truths
