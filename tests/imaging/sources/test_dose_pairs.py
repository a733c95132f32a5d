"""Two exposures of one chest: the anatomy stays, the noise grows as physics says."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from imaging.sources.base import Phase, SourceRefused, StudyPlan
from imaging.sources.dose_pairs import TABLE, dose_pair, write_pairs
from imaging.sources.table import read_table


def plan(index: int) -> StudyPlan:
    return StudyPlan(3, "northfield", Phase.DEVELOPMENT, date(2026, 1, 5), -1, index)


def noise(index: int, fraction: float) -> float:
    """Of the difference of the pair, where neither picture is cut off at an end of the range."""
    pair = dose_pair(plan(index), (fraction, fraction))
    low, full = (np.asarray(one, dtype=np.float64) / 65535 for one in (pair.low, pair.full))
    inside = (full > 0.2) & (full < 0.7)
    return float(np.std((low - full)[inside]))


def test_noise_grows_with_the_root_of_what_is_missing() -> None:
    ratios = [noise(index, 0.05) / noise(index, 0.25) for index in range(4)]
    # of a difference of two exposures: sqrt((1/0.05 + 1) / (1/0.25 + 1)) without electronic noise
    assert np.mean(ratios) == pytest.approx(np.sqrt(21 / 5), rel=0.1)


def test_the_full_dose_picture_and_the_lesions_do_not_depend_on_the_share() -> None:
    one, other = (dose_pair(plan(1), (share, share)) for share in (0.05, 0.5))
    assert np.array_equal(one.full, other.full)
    assert one.boxes == other.boxes
    assert not np.array_equal(one.low, other.low)
    assert one.dose_fraction == pytest.approx(0.05)


def test_a_nodule_is_brighter_than_what_lies_around_it_in_its_box() -> None:
    pairs = [dose_pair(plan(index), (0.2, 0.2)) for index in range(12)]
    found = [(pair, box) for pair in pairs for box in pair.boxes]
    assert found and any(not pair.boxes for pair in pairs)
    brighter = []
    for pair, box in found:
        row, column = int(box.y + box.height / 2), int(box.x + box.width / 2)
        assert pair.mask[row, column]
        rows, columns = (
            slice(max(0, int(at) - 4), int(at + size) + 4)
            for at, size in ((box.y, box.height), (box.x, box.width))
        )
        mask, grey = pair.mask[rows, columns], pair.full[rows, columns].astype(float)
        brighter.append(grey[mask].mean() > grey[~mask].mean())
    assert np.mean(brighter) > 0.7


def test_shares_that_are_none_are_refused() -> None:
    for wrong in ((0.0, 0.5), (0.5, 0.2), (0.5, 1.5)):
        with pytest.raises(SourceRefused, match="dose fractions"):
            dose_pair(plan(0), wrong)


def test_written_pairs_are_taken_in_again_with_their_boxes_and_full_dose(tmp_path: Path) -> None:
    for folder in (tmp_path / "one", tmp_path / "two"):
        assert write_pairs(folder, seed=3, per_site=2, fractions=(0.1, 0.2)) == 6
    files = sorted(one.name for one in (tmp_path / "one").iterdir())
    assert len(files) == 13
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    source = read_table(tmp_path / "one", finding="nodule", paired=True)
    assert len(source.rows) == 6
    for row in source.rows:
        assert source.clean(row).shape == source.array(row).shape
        assert bool(source.boxes(row).boxes) == bool(row.label)
    (tmp_path / "two" / source.rows[0].clean).unlink()
    with pytest.raises(SourceRefused, match="there is no file"):
        read_table(tmp_path / "two", finding="nodule", paired=True)
    table = tmp_path / "one" / TABLE
    table.write_text(table.read_text().replace("full_dose", "other"))
    with pytest.raises(SourceRefused, match="no column names the pictures at full dose"):
        read_table(tmp_path / "one", finding="nodule", paired=True)
