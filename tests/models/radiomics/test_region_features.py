"""One row of features a region, measured alike in training and in service."""

import numpy as np
import pytest

from models.radiomics.region_features import KEYS, ChosenFeatures, region_features, why_unread
from models.true_masks import grey_of, in_16_bits
from records.radiomics_rules import RadiomicsRules

RULES = RadiomicsRules(
    region="lungs", settings={"version": 1, "bins": 8}, outline_change=0.02, least_icc=0.75,
    least_pixels=20,
)  # fmt: skip
MASK = np.zeros((24, 20), dtype=bool)
MASK[4:16, 5:15] = True


def test_a_picture_and_what_a_dataset_keeps_of_it_give_the_same_numbers() -> None:
    picture = np.random.default_rng(1).random((24, 20)).astype(np.float32)
    kept = in_16_bits(picture).astype(np.float32) / np.float32(65535)
    one, other = (region_features(each, MASK, (0.5, 0.25), RULES) for each in (picture, kept))
    assert (one == other).all()
    assert one[KEYS.index("shape2d_area_pixels")] == pytest.approx(120 * 0.125)


def test_pictures_of_8_bits_come_back_from_16_as_they_were() -> None:
    import io

    grey = np.arange(256, dtype=np.float32).reshape(16, 16) / np.float32(255)
    stream = io.BytesIO()
    np.save(stream, in_16_bits(grey))
    assert np.abs(grey_of(stream.getvalue()) - grey).max() < 1e-7


def test_an_outline_that_is_missing_small_or_of_another_picture_is_refused_and_why() -> None:
    picture = np.ones((24, 20), dtype=np.float32)
    assert why_unread(MASK, picture.shape, RULES) == ""
    for mask, why in (
        (None, "no outline of the lungs comes with it"),
        (MASK[:, :10], "the outline has 24 x 10, the picture 24 x 20"),
        (np.eye(24, 20, dtype=bool) & (np.arange(20) < 5), "5 pixels, and 20 are needed"),
    ):
        assert why in why_unread(mask, picture.shape, RULES)
        with pytest.raises(ValueError, match=why):
            region_features(picture, mask, None, RULES)


def test_what_is_not_estimable_is_missing_by_name() -> None:
    flat = region_features(np.full((24, 20), 0.5, dtype=np.float32), MASK, None, RULES)
    chosen = ChosenFeatures(("stat_skew", "stat_mean", "cm_corr"))
    (row,) = chosen.rows([flat])
    assert chosen.missing(row) == ["stat_skew", "cm_corr"]
    assert chosen.rows([]).shape == (0, 3)
