from pathlib import Path

import numpy as np
import pytest

from models.familiarity import FeatureReference, learn_reference
from records.errors import NotFound

RNG = np.random.default_rng(8)
REFERENCE = learn_reference(RNG.normal(size=(600, 12)), RNG.normal(size=(200, 12)))


def test_familiar_studies_are_spread_evenly_from_zero_to_one() -> None:
    share = REFERENCE.out_of_distribution(RNG.normal(size=(4000, 12)))
    assert share.min() >= 0 and share.max() < 1
    for level in (0.1, 0.5, 0.9):
        assert np.mean(share < level) == pytest.approx(level, abs=0.06)


def test_strange_studies_are_farther_out_than_nearly_all_familiar_ones() -> None:
    assert REFERENCE.out_of_distribution(RNG.normal(5, 1, (50, 12))).min() > 0.99


def test_the_reference_is_read_back_and_its_bytes_are_the_same(tmp_path: Path) -> None:
    features = RNG.normal(size=(5, 12))
    for name in ("a.npz", "b.npz"):
        REFERENCE.save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    found = FeatureReference.load(tmp_path / "a.npz").out_of_distribution(features)
    assert np.array_equal(found, REFERENCE.out_of_distribution(features))


def test_without_studies_there_is_no_reference(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs training and tuning"):
        learn_reference(np.empty((0, 3)), np.empty((0, 3)))
    with pytest.raises(NotFound):
        FeatureReference.load(tmp_path / "missing.npz")
