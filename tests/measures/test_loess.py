"""Local parabolas are those of loess (Cleveland's Fortran, by scikit-misc 0.5.3)."""

from __future__ import annotations

import numpy as np
import pytest

from measures.loess import local_parabolas


def fitted(places: list[float], values: list[float], at: list[float], span: float) -> list[float]:
    found, cell = np.unique(np.asarray(places), return_inverse=True)
    counts, sums = np.bincount(cell).astype(float), np.bincount(cell, weights=values)
    return local_parabolas(found, counts, sums, at=np.asarray(at), span=span).tolist()


PLACES = [0.05, 0.1, 0.15, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95]
SICK = [0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1]
AS_LOESS = {
    0.75: [0.185431928718, 0.575630127844, 0.986627093589],
    0.5: [0.230946661582, 0.453003756988, 1.006243746613],
}


@pytest.mark.parametrize("span", AS_LOESS)
def test_the_values_are_those_of_loess(span: float) -> None:
    assert fitted(PLACES, SICK, [0.1, 0.5, 0.93], span) == pytest.approx(AS_LOESS[span], abs=1e-9)


def test_studies_of_one_place_weigh_as_many() -> None:
    apart = fitted([*PLACES, *PLACES], [*SICK, *SICK], [0.42], 0.75)
    assert apart == pytest.approx(fitted(PLACES, SICK, [0.42], 0.75), abs=1e-12)


def test_a_parabola_is_found_again_and_few_places_give_a_line_or_a_mean() -> None:
    places = np.linspace(0, 1, 30)
    assert fitted(places.tolist(), (places**2).tolist(), [0.33], 0.5) == pytest.approx([0.33**2])
    assert fitted([0.2, 0.2, 0.8, 0.8], [0, 1, 1, 1], [0.2], 1.0) == pytest.approx([0.5])
    assert fitted([0.2] * 8 + [0.9], [0] * 4 + [1] * 5, [0.2], 0.75) == pytest.approx([0.5])
