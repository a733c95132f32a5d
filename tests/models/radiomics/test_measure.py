"""What cannot be measured is refused or not estimable with its reason; nothing is guessed."""

import numpy as np
import pytest

from models.radiomics import Radiomics, RadiomicsSettings, features, measure_radiomics
from models.radiomics.measure import CONSTANT, NO_INTENSITY, NO_REGION, ONE_VOXEL
from records.errors import InvalidInput
from records.radiomics_settings import FIXED_BIN_SIZE
from tests.models.radiomics.phantom import IMAGE, MASK, SPACING

OWN = RadiomicsSettings()
STEPS = RadiomicsSettings(discretisation=FIXED_BIN_SIZE, bin_size=1.0)


def reasons(found: Radiomics) -> set[str]:
    return {one.reason for one in found.features if one.value is None}


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"mask: its shape \(3, 3\)"):
        measure_radiomics(np.ones((4, 4)), np.ones((3, 3), bool), (1, 1), OWN)


@pytest.mark.parametrize(
    ("image", "mask", "spacing", "named"),
    [
        (np.array([[1.0, np.nan], [1, 1]]), np.ones((2, 2), bool), (1, 1), "image: it holds"),
        (np.ones((2, 2)), np.full((2, 2), 2), (1, 1), "mask: it holds"),
        (np.ones((2, 2)), np.ones((2, 2), bool), (1, 0), "spacing"),
        (np.ones((2, 2)), np.ones((2, 2), bool), (1, 1, 1), "spacing"),
        (np.ones(4), np.ones(4, bool), (1,), "image: it has rows"),
    ],
)
def test_what_cannot_be_read_together_is_refused(
    image: np.ndarray, mask: np.ndarray, spacing: tuple[float, ...], named: str
) -> None:
    with pytest.raises(InvalidInput, match=named):
        measure_radiomics(image, mask, spacing, OWN)


def test_of_an_empty_mask_nothing_is_estimable() -> None:
    found = measure_radiomics(IMAGE, np.zeros_like(MASK), SPACING, STEPS)
    assert reasons(found) == {NO_REGION}
    assert len(found.features) == 158
    assert {one.n for one in found.features} == {0}


def test_without_a_voxel_in_the_intensity_range_only_shape_is_estimable() -> None:
    settings = RadiomicsSettings(intensity_range=(100.0, 200.0))
    found = measure_radiomics(IMAGE, MASK, SPACING, settings)
    assert reasons(found) == {NO_INTENSITY}
    assert found.values["morph_vol_approx"] == 592.0
    assert found.values["morph_integ_int"] is None
    assert found.values["stat_mean"] is None


def test_equal_intensities_have_no_bins_of_a_fixed_number() -> None:
    found = measure_radiomics(np.full(IMAGE.shape, 7.0), MASK, SPACING, OWN)
    assert reasons(found) == {CONSTANT}
    assert found.values["stat_mean"] == 7.0
    assert found.values["stat_skew"] is None
    assert found.values["ih_mean"] is None


def test_equal_intensities_in_bins_of_a_fixed_size_leave_correlations_undefined() -> None:
    found = measure_radiomics(np.full(IMAGE.shape, 7.0), MASK, SPACING, STEPS)
    missing = {one.name.key for one in found.features if one.value is None}
    assert reasons(found) == {CONSTANT}
    assert {"cm_corr", "cm_info_corr1", "ngt_coarseness", "ngt_contrast"} <= missing
    assert found.values["cm_joint_max"] == 1.0
    assert found.values["szm_lze"] == 74.0**2


def test_a_single_voxel_has_no_axes_and_no_neighbours() -> None:
    one = np.zeros_like(MASK)
    one[1, 1, 1] = True
    found = measure_radiomics(IMAGE, one, SPACING, STEPS)
    assert reasons(found) == {ONE_VOXEL}
    assert found.values["morph_pca_maj_axis"] is None
    assert found.values["cm_contrast"] is None
    assert found.values["morph_vol_approx"] == 8.0


def test_every_feature_says_how_many_voxels_it_is_from() -> None:
    settings = RadiomicsSettings(
        discretisation=FIXED_BIN_SIZE, bin_size=1.0, intensity_range=(1.0, 4.0)
    )
    found = measure_radiomics(IMAGE, MASK, SPACING, settings)
    counts = {one.name.family: one.n for one in found.features}
    assert counts["morphology"] == 74
    assert counts["GLCM"] == found.voxels == int((IMAGE[MASK] <= 4).sum())


def test_bins_that_are_too_small_for_a_region_are_refused() -> None:
    settings = RadiomicsSettings(discretisation=FIXED_BIN_SIZE, bin_size=0.001)
    with pytest.raises(InvalidInput, match="5,001 grey levels"):
        measure_radiomics(IMAGE, MASK, SPACING, settings)


def test_a_mirrored_region_has_the_same_features() -> None:
    straight = measure_radiomics(IMAGE, MASK, SPACING, STEPS).values
    turned = measure_radiomics(IMAGE[:, ::-1], MASK[:, ::-1], SPACING, STEPS).values
    assert turned == pytest.approx(straight, rel=1e-9)


def test_brightness_and_contrast_of_the_picture_do_not_change_its_texture() -> None:
    one = measure_radiomics(IMAGE[0], MASK[0], (1, 1), OWN).values
    other = measure_radiomics(3.0 * IMAGE[0] + 100, MASK[0], (1, 1), OWN).values
    texture = [key for key, name in features().items() if name.family.startswith(("GL", "NG"))]
    assert [other[key] for key in texture] == pytest.approx([one[key] for key in texture])


def test_outliers_leave_the_intensities_and_not_the_shape() -> None:
    image = np.random.default_rng(1).normal(size=(20, 20))
    image[3, 3] = 50.0
    mask = np.ones((20, 20), dtype=bool)
    found = measure_radiomics(image, mask, (1, 1), RadiomicsSettings(outlier_sigma=3.0))
    assert found.voxels == 399
    assert found.values["shape2d_area_pixels"] == 400.0
    assert (found.values["stat_max"] or 99.0) < 5.0


def test_a_finer_grid_keeps_size_and_mean() -> None:
    rows, columns = np.mgrid[:30, :30]
    ramp = 2.0 * rows + columns
    disc = (rows - 14.5) ** 2 + (columns - 14.5) ** 2 < 10**2
    own = measure_radiomics(ramp, disc, (2, 2), OWN).values
    fine = measure_radiomics(ramp, disc, (2, 2), RadiomicsSettings(resample_mm=1.0)).values
    for key in ("shape2d_area", "shape2d_major_axis", "stat_mean"):
        assert fine[key] == pytest.approx(own[key], rel=0.02)
    assert fine["stat_mean"] == pytest.approx(own["stat_mean"], abs=1e-6)


def test_settings_are_one_declared_object_and_come_back_the_same() -> None:
    settings = RadiomicsSettings(
        resample_mm=1.0, round_intensities=True, intensity_range=(-500, 400), outlier_sigma=3,
        discretisation=FIXED_BIN_SIZE, bin_size=25, volume_aggregation="2.5D merged",
    )  # fmt: skip
    again = RadiomicsSettings.from_mapping(settings.to_mapping())
    assert again.digest == settings.digest
    assert again.digest != OWN.digest


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"version": 2}, "version"),
        ({"bins": 8}, "missing"),
        ({"version": 1, "bin": 8}, "unknown fields"),
        ({"version": 1, "bins": 1}, "bins"),
        ({"version": 1, "bins": True}, "bins"),
        ({"version": 1, "bins": 8.5}, "bins"),
        ({"version": 1, "discretisation": "auto"}, "discretisation"),
        ({"version": 1, "discretisation": FIXED_BIN_SIZE}, "bin_size"),
        ({"version": 1, "intensity_range": [4, 1]}, "intensity_range"),
        ({"version": 1, "resample_mm": 0}, "resample_mm"),
        ({"version": 1, "picture_aggregation": "3D merged"}, "picture_aggregation"),
        ({"version": 1, "volume_aggregation": "4D"}, "volume_aggregation"),
    ],
)
def test_settings_that_are_wrong_name_their_field(said: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        RadiomicsSettings.from_mapping(said)
