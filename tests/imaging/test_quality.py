import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from imaging.pixels import Pixels, read_pixels
from imaging.quality import measure_quality


def test_every_image_has_the_six_finite_measures(make_radiograph: Callable[..., Any]) -> None:
    found = measure_quality(read_pixels(make_radiograph()))
    assert set(found) == {"brightness", "contrast", "sharpness", "noise", "entropy", "saturation"}
    assert all(math.isfinite(value) for value in found.values())


def test_inverting_the_grey_scale_only_turns_the_brightness(
    make_radiograph: Callable[..., Any],
) -> None:
    upright = measure_quality(read_pixels(make_radiograph()))
    inverse = measure_quality(read_pixels(make_radiograph(PhotometricInterpretation="MONOCHROME1")))
    assert inverse["brightness"] == pytest.approx(1 - upright["brightness"], abs=1e-6)
    assert inverse["contrast"] == pytest.approx(upright["contrast"], abs=1e-6)


def test_a_picture_too_small_to_measure_is_refused() -> None:
    with pytest.raises(ValueError):
        measure_quality(Pixels(np.zeros((2, 2), np.float32), None))
