"""What lies in the lungs: pneumonia from obvious to barely visible, and what only looks like it."""

from typing import Final

import numpy as np

from imaging.sources.cases import Case
from imaging.sources.phantom import Image, blob, clouds, grid, step

# Added attenuation of a consolidation, from an obvious to a barely visible one.
OBVIOUS: Final = 1.6
BARELY: Final = 0.24


def pneumonia(case: Case, lungs: Image, rng: np.random.Generator) -> Image:
    """Attenuation that pneumonia adds inside the lungs: lobar, patchy or interstitial."""
    draw = (_lobar, _patchy, _interstitial)[int(rng.choice(3, p=[0.42, 0.40, 0.18]))]
    strength = float(OBVIOUS * (BARELY / OBVIOUS) ** case.subtlety)
    return np.float32(strength) * draw(case.subtlety, lungs, rng) * lungs


def confounders(case: Case, lungs: Image, rng: np.random.Generator) -> Image:
    """Attenuation of harmless things: vessels end-on, calcified spots, scars, plates, haze, leads.

    They come with and without pneumonia alike; more of them with age and with portable views.
    """
    pixels = lungs.shape[0]
    old = np.clip((case.age_years - 40) / 50, 0, 1)
    total = np.zeros_like(lungs)
    for _ in range(int(rng.poisson(2.0))):
        total += rng.uniform(0.06, 0.22) * _spot(lungs, rng, 0.012, 0.024, pixels=pixels)
    if rng.random() < 0.05 + 0.14 * old:
        total += rng.uniform(0.5, 1.1) * _spot(lungs, rng, 0.012, 0.022, pixels=pixels)
    if rng.random() < 0.10 + 0.14 * old:
        total += rng.uniform(0.10, 0.25) * _plate(rng, pixels=pixels)
    if rng.random() < 0.10:
        total += rng.uniform(0.08, 0.22) * _blunted_angle(rng, pixels=pixels)
    if rng.random() < 0.12 + 0.15 * old:
        total += rng.uniform(0.03, 0.08) * np.abs(clouds(rng, 16, pixels=pixels))
    total += rng.uniform(0.0, 0.06) * np.maximum(clouds(rng, 3, pixels=pixels), 0)
    inside = total.astype(np.float32) * lungs
    return inside + _leads(rng, pixels=pixels) if case.portable and rng.random() < 0.6 else inside


def haze(rng: np.random.Generator, *, pixels: int) -> Image:
    """Uneven density from a patient who is turned a little: one side darker than the other."""
    gu, gv = grid(pixels)
    return (rng.normal(0, 0.05) * gu + rng.normal(0, 0.04) * gv).astype(np.float32)


def _lobar(subtlety: float, lungs: Image, rng: np.random.Generator) -> Image:
    """One large consolidation with air in its bronchi."""
    pixels = lungs.shape[0]
    u, v = _place(lungs, rng, low=0.05)
    shrink = 1.0 - 0.30 * subtlety
    across, down = rng.uniform(0.13, 0.21) * shrink, rng.uniform(0.12, 0.21) * shrink
    shape = blob(u, v, across, down, pixels=pixels)
    edge = step(shape + 0.10 * clouds(rng, 9, pixels=pixels) - 0.42, 0.7)
    return edge * (0.9 + 0.18 * clouds(rng, 26, pixels=pixels))


def _patchy(subtlety: float, lungs: Image, rng: np.random.Generator) -> Image:
    """Several smaller infiltrates, in one lung or both."""
    pixels = lungs.shape[0]
    total = np.zeros_like(lungs)
    for _ in range(int(rng.integers(2, 6)) - (subtlety > 0.6)):
        u, v = _place(lungs, rng, low=-0.3)
        radius = rng.uniform(0.065, 0.125)
        total += blob(u, v, radius, radius * rng.uniform(0.8, 1.25), pixels=pixels)
    whole: Image = np.minimum(total, 1.1) * (0.85 + 0.25 * clouds(rng, 18, pixels=pixels))
    return whole


def _interstitial(subtlety: float, lungs: Image, rng: np.random.Generator) -> Image:
    """Fine net-like and hazy density over a field that is smaller where subtle."""
    pixels = lungs.shape[0]
    wide = 1.08 - 0.2 * subtlety
    u, v = _place(lungs, rng, low=-0.1)
    field = blob(u, v, 0.24 * wide, 0.30 * wide, pixels=pixels)
    field = field + 0.45 * blob(-u, v, 0.22, 0.28, pixels=pixels)
    net = np.abs(clouds(rng, 24, pixels=pixels)) + 0.5 * np.abs(clouds(rng, 40, pixels=pixels))
    return np.minimum(field, 1.0) * (0.30 + 0.42 * net)


def _place(lungs: Image, rng: np.random.Generator, *, low: float) -> tuple[float, float]:
    """A point well inside a lung, at or below the height ``low``."""
    pixels = lungs.shape[0]
    first = int((low + 1) / 2 * pixels)
    rows, columns = np.nonzero(lungs[first::2, ::2] > 0.9)
    if rows.size == 0:
        return 0.35, 0.1
    chosen = int(rng.integers(rows.size))
    u = (columns[chosen] * 2 + 0.5) / pixels * 2 - 1
    v = (first + rows[chosen] * 2 + 0.5) / pixels * 2 - 1
    return float(u), float(v)


def _spot(
    lungs: Image, rng: np.random.Generator, small: float, large: float, *, pixels: int
) -> Image:
    u, v = _place(lungs, rng, low=-0.8)
    radius = float(rng.uniform(small, large))
    return blob(u, v, radius, radius, pixels=pixels)


def _plate(rng: np.random.Generator, *, pixels: int) -> Image:
    """Plate-like collapse: a thin slanting line in a lower field."""
    gu, gv = grid(pixels)
    u, v = float(rng.choice([-1, 1]) * rng.uniform(0.25, 0.5)), float(rng.uniform(0.1, 0.4))
    slant = float(rng.normal(0, 0.3))
    line = np.exp(-0.5 * ((gv - v - slant * (gu - u)) / np.float32(0.014)) ** 2)
    whole: Image = line * np.exp(-0.5 * ((gu - np.float32(u)) / np.float32(0.12)) ** 2)
    return whole


def _blunted_angle(rng: np.random.Generator, *, pixels: int) -> Image:
    """A little old fluid or scar in one costophrenic angle."""
    return blob(float(rng.choice([-0.62, 0.62])), 0.46, 0.10, 0.10, pixels=pixels)


def _leads(rng: np.random.Generator, *, pixels: int) -> Image:
    """Monitoring leads that lie on a patient imaged in bed."""
    gu, gv = grid(pixels)
    total = np.zeros((pixels, pixels), dtype=np.float32)
    for _ in range(int(rng.integers(1, 4))):
        start, bend, lean = rng.uniform(-0.7, 0.7), rng.normal(0, 0.35), rng.normal(0, 0.4)
        path = np.float32(start) + np.float32(lean) * gv + np.float32(bend) * gv**2
        ends = float(rng.uniform(0.1, 0.8))
        total += 0.45 * step(0.008 - np.abs(gu - path), 0.016) * step(ends - gv, 0.02)
        at = start + lean * ends + bend * ends**2
        total += 0.8 * blob(float(at), ends, 0.022, 0.022, pixels=pixels)
    return total
