"""Events per image: never 'exactly none', and by whole patients where there are some."""

import pytest
from scipy.stats import poisson

from measures.clusters import Resampling
from measures.event_rate import events_per_image

HOW = Resampling(seed=1)


@pytest.mark.parametrize(("patients", "level"), [(10, 0.95), (60, 0.90)])
def test_without_an_event_the_upper_limit_is_the_rate_that_would_hide_itself(
    patients: int, level: float
) -> None:
    found = events_per_image("erased", [0] * patients, patients=range(patients), resampling=HOW,
                             level=level)  # fmt: skip
    assert (found.value, found.low, found.n) == (0.0, 0.0, patients)
    assert found.high is not None
    assert poisson.cdf(0, found.high * patients) == pytest.approx((1 - level) / 2)


def test_images_of_one_patient_say_less_than_those_of_several() -> None:
    alone = events_per_image("erased", [0] * 40, patients=range(40), resampling=HOW)
    shared = events_per_image("erased", [0] * 40, patients=[at // 4 for at in range(40)],
                              resampling=HOW)  # fmt: skip
    assert alone.high is not None and shared.high is not None
    assert shared.high == pytest.approx(4 * alone.high)


def test_events_are_averaged_over_images_with_an_interval() -> None:
    found = events_per_image("erased", [0, 3, 1, 0, 2] * 8, patients=range(40), resampling=HOW)
    assert found.value == pytest.approx(1.2)
    assert found.low is not None and found.high is not None
    assert 0 < found.low < 1.2 < found.high


def test_what_is_no_count_is_refused_and_no_image_gives_no_number() -> None:
    for wrong in ([-1, 2], [0.5, 1]):
        with pytest.raises(ValueError, match="whole numbers"):
            events_per_image("erased", wrong, patients=[1, 2], resampling=HOW)  # type: ignore[arg-type]
    assert not events_per_image("erased", [], patients=[], resampling=HOW).estimable
