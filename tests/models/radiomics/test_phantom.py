"""Every IBSI feature that is offered gives the published value on the IBSI digital phantom."""

import math

import pytest

from models.radiomics import RadiomicsSettings, features, measure_radiomics
from records.radiomics_settings import AGGREGATIONS, FIXED_BIN_SIZE
from tests.models.radiomics.phantom import IMAGE, MASK, SPACING, published


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_features_of_the_digital_phantom_are_the_published_ones(aggregation: str) -> None:
    settings = RadiomicsSettings(
        discretisation=FIXED_BIN_SIZE, bin_size=1.0, volume_aggregation=aggregation
    )
    found = measure_radiomics(IMAGE, MASK, SPACING, settings).values
    wrong = [
        (key, found[key], value)
        for key, of, value, tolerance in published()
        if of in ("", aggregation) and not _agrees(found[key], value, tolerance)
    ]
    assert not wrong


def test_every_ibsi_feature_of_a_volume_has_a_published_value_in_the_test() -> None:
    proved = {key for key, _, _, _ in published()}
    assert {one.key for one in features().values() if one.ibsi} == proved


def _agrees(found: float | None, printed: str, tolerance: float) -> bool:
    """Within the published tolerance; without one, equal to the digits that are printed."""
    if found is None:
        return False
    value = float(printed)
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value else 0.0
    return abs(found - value) <= max(tolerance, 0.5000001 * step, 1e-12)
