"""How a site turns a chest into pixels: beam, scatter, detector, noise, processing, marker."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.sources.cases import Case, stream
from imaging.sources.phantom import Chest, Image, Pose, grid, spline_weights, spread_lattice
from imaging.sources.sites import SITES, SiteProfile

FULL_SCALE: Final = 4095  # 12 bits stored
# The faulty software: blurs are standard deviations in pixels of a 160-pixel image. Together they
# move the image-quality measures by 1 to 2 standard deviations and cost a classifier 0.03 of AUC.
_RANGE_BLUR: Final = 10.0
_RANGE_SHARE: Final = 0.42
_NOISE_BLUR: Final = 0.9
_NOISE_SHARE: Final = 0.5
_STRETCH: Final = 1.33
_CURVE: Final = 0.9
# At the same mAs 15 % more kilovolts double what the detector gets (the 15 % rule): 1.15^5 = 2.
_KILOVOLT_POWER: Final = 5
_GLYPHS: Final = {
    "L": ("1....", "1....", "1....", "1....", "1....", "1....", "11111"),
    "R": ("1111.", "1...1", "1...1", "1111.", "1.1..", "1..1.", "1...1"),
}


@dataclass(frozen=True, slots=True)
class Exposure:
    """The settings of one exposure as they stand in the header, and what they did to it."""

    tube_voltage_kv: float
    exposure_mas: float
    relative_dose: float
    turn_degrees: float
    shift: tuple[float, float]
    zoom: float
    pose: Pose
    edges: tuple[float, float, float, float]


def draw_exposure(case: Case, site: SiteProfile, rng: np.random.Generator) -> Exposure:
    """How this patient was positioned and exposed at this site."""
    voltage = site.portable_voltage_kv if case.portable else site.tube_voltage_kv
    dose = float(np.exp(rng.normal(0, site.dose_spread))) * (0.85 if case.portable else 1.0)
    loose, breath = (1.6, 0.32) if case.portable else (1.0, 0.55)
    edges = np.maximum(0.0, rng.normal(0.0, 0.10, 4)) * site.collimation
    edges = np.maximum(edges, case.plan.knobs.collimation)
    anatomy = case.patient.anatomy
    usual = SITES[site.name]
    lowered = voltage / (usual.portable_voltage_kv if case.portable else usual.tube_voltage_kv)
    return Exposure(
        tube_voltage_kv=float(np.round(voltage + rng.normal(0, 2.5))),
        exposure_mas=float(np.round(2.4 * dose * anatomy.build**2 * (site.dose / 2000), 2)),
        relative_dose=dose * lowered**_KILOVOLT_POWER,
        turn_degrees=float(rng.normal(0, 2.0 * loose)),
        shift=(float(rng.normal(0, 0.022 * loose)), float(rng.normal(0, 0.03 * loose))),
        zoom=1.17 * anatomy.size * (1.045 if case.portable else 1.0) * float(rng.normal(1.0, 0.02)),
        pose=Pose(float(np.clip(rng.normal(breath, 0.16), 0, 1)), case.portable),
        edges=(float(edges[0]), float(edges[1]), float(edges[2]), float(edges[3])),
    )


def expose(
    chest: Chest, case: Case, exposure: Exposure, site: SiteProfile, rng: np.random.Generator
) -> Image:
    """Line integrals as the detector measures them: blurred, scattered and noisy.

    Photon counts scatter as Poisson does, in its normal approximation (good above 20 photons,
    and the darkest pixels count more), with electronic noise added in quadrature.
    """
    from scipy import ndimage

    pixels = chest.attenuation.shape[0]
    quality = 100.0 / exposure.tube_voltage_kv
    path = chest.attenuation * np.float32(quality**0.30) + chest.bone * np.float32(quality**1.0)
    path = positioned(path, exposure, case.patient.anatomy.width)
    full = site.dose * exposure.relative_dose
    primary = np.exp(-path) * np.float32(full)
    blur = site.blur * pixels / 160
    primary = ndimage.gaussian_filter(primary, blur, mode="nearest", truncate=3.0)
    scattered = primary + np.float32(site.scatter) * _wide_blur(primary)
    spread = np.sqrt(scattered + np.float32(site.electronic_noise**2))
    counts = scattered + spread * rng.standard_normal(scattered.shape, dtype=np.float32)
    counts *= _gain(site, pixels)
    _bridge_dead_columns(counts, site)
    return np.log(np.float32(full) / np.maximum(counts, 2.0))


def develop(
    path: Image, site: SiteProfile, rng: np.random.Generator, *, windowed_by: Image | None = None
) -> Image:
    """The site's picture processing: window, unsharp mask and curve; values 0 to 1, bone bright.

    windowed_by: another exposure of the same chest whose window this one is given; None: its own.
    """
    from scipy import ndimage

    pixels = path.shape[0]
    shown_by = path if windowed_by is None else windowed_by
    inner = shown_by[pixels // 10 : -pixels // 10 : 2, pixels // 10 : -pixels // 10 : 2]
    low, high = np.percentile(inner, [site.low_percentile, site.high_percentile])
    width = max(float(high - low), 0.3)
    low += rng.normal(0, 0.035) * width
    width *= float(np.exp(rng.normal(0, 0.08)))
    shown = (path - np.float32(low)) * np.float32(1 / width)
    smooth = ndimage.gaussian_filter(shown, 3.2 * pixels / 160, mode="nearest", truncate=2.5)
    shown = shown + np.float32(site.unsharp * np.exp(rng.normal(0, 0.12))) * (shown - smooth)
    curve = np.float32(site.gamma * np.exp(rng.normal(0, 0.05)))
    bent = np.clip(shown, 0, 1.1) * np.float32(2.0) / (np.clip(shown, 0, 1.1) + np.float32(1.0))
    whole: Image = np.power(np.clip(bent, 0, 1), curve)
    return whole


def degrade(array: NDArray[Any]) -> NDArray[Any]:
    """The picture after the faulty detector software: fine detail and broad shadows both weakened.

    Takes and gives a greyscale array of shape (rows, columns), uint8 or uint16, or float in 0 to 1.
    Noise reduction smooths; range compression takes part of the wide differences away, hazy
    opacities among them, and stretches what is left.
    """
    from scipy import ndimage

    top = 1.0 if array.dtype.kind == "f" else 255.0
    if array.dtype == np.uint16:
        top = float(max(int(array.max()), 1))
    image = array.astype(np.float32) / np.float32(top)
    scale = min(array.shape) / 160
    wide = ndimage.gaussian_filter(image, _RANGE_BLUR * scale, mode="nearest", truncate=2.5)
    flat = image - np.float32(_RANGE_SHARE) * (wide - np.float32(0.5))
    fine = max(0.45, _NOISE_BLUR * scale)
    smooth = ndimage.gaussian_filter(flat, fine, mode="nearest", truncate=3.0)
    mixed = np.float32(_NOISE_SHARE) * smooth + np.float32(1 - _NOISE_SHARE) * flat
    stretched = np.float32(0.5) + np.float32(_STRETCH) * (mixed - np.float32(0.5))
    shown = np.power(np.clip(stretched, 0, 1), np.float32(_CURVE))
    if array.dtype.kind == "f":
        return shown.astype(array.dtype)
    return np.round(shown * np.float32(top)).astype(array.dtype)


def finish(shown: Image, case: Case, exposure: Exposure, site: SiteProfile) -> NDArray[np.uint16]:
    """Stored values: shutters black, side marker burned in, 12 bits, inverted for MONOCHROME1."""
    pixels = shown.shape[0]
    picture = np.where(shuttered(exposure, pixels), np.float32(0), shown)
    _burn_marker(picture, case, site)
    _leave_markers(picture, case)
    stored = np.round(picture * np.float32(FULL_SCALE)).astype(np.uint16)
    return (FULL_SCALE - stored).astype(np.uint16) if site.monochrome1 else stored


def shuttered(exposure: Exposure, pixels: int) -> NDArray[np.bool_]:
    """Where the shutters lie on the picture, shape (pixels, pixels)."""
    gu, gv = grid(pixels)
    left, right, top, bottom = exposure.edges
    whole: NDArray[np.bool_] = (gu < -1 + left) | (gu > 1 - right) | (gv < -1 + top) | (
        gv > 1 - bottom
    )
    return whole


def positioned(path: Image, exposure: Exposure, width: float) -> Image:
    """What was drawn upright and in the middle, as the patient stood: turned, moved and scaled."""
    from scipy import ndimage

    pixels = path.shape[0]
    turn = np.radians(exposure.turn_degrees)
    rotate = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    matrix = rotate @ np.diag([1 / exposure.zoom, 1 / (exposure.zoom * width)])
    centre = (pixels - 1) / 2
    moved = np.array([exposure.shift[1], exposure.shift[0]]) * pixels / 2
    offset = centre - matrix @ (centre + moved)
    return ndimage.affine_transform(path, matrix, offset=offset, order=1, mode="nearest")


def _wide_blur(primary: Image) -> Image:
    """Scatter: means over large cells, spread out again without edges."""
    weights = spline_weights(12, primary.shape[0])
    gather = weights.T / weights.sum(axis=0)[:, None]
    spread = weights / weights.sum(axis=1, keepdims=True)
    halves = np.array_split(primary, 4, axis=1)  # small products: see spread_lattice
    rows = np.hstack([gather @ half for half in halves])
    return spread_lattice(rows @ gather.T, spread)


@cache
def _gain(site: SiteProfile, pixels: int) -> Image:
    """What is left of column and row gain after flat-fielding: fixed for a detector."""
    rng = np.random.default_rng(np.random.SeedSequence([_fixed(site), pixels]))
    columns = 1 + site.gain_stripes * rng.standard_normal((1, pixels))
    rows = 1 + 0.4 * site.gain_stripes * rng.standard_normal((pixels, 1))
    return (columns * rows).astype(np.float32)


def _bridge_dead_columns(counts: Image, site: SiteProfile) -> None:
    pixels = counts.shape[1]
    rng = np.random.default_rng(np.random.SeedSequence([_fixed(site), 1]))
    for share in rng.uniform(0.1, 0.9, site.dead_columns):
        column = int(share * pixels)
        counts[:, column] = 0.48 * (counts[:, column - 1] + counts[:, column + 1])


def _fixed(site: SiteProfile) -> int:
    return int.from_bytes(site.name.encode()[:8], "big")


def _burn_marker(picture: Image, case: Case, site: SiteProfile) -> None:
    """The letter that radiographers place at the patient's side; the patient's left is right."""
    pixels = picture.shape[0]
    glyph = np.array([[c == "1" for c in row] for row in _GLYPHS[site.marker]])
    scale = max(1, pixels // 110)
    letter = np.kron(glyph, np.ones((scale, scale), dtype=bool))
    across = int(pixels * stream(case.plan, "marker").uniform(0.045, 0.075))
    row, column = int(pixels * 0.06), across
    if site.marker == "L":
        column = pixels - across - letter.shape[1]
    patch = picture[row : row + letter.shape[0], column : column + letter.shape[1]]
    patch[letter] = 0.97


def _leave_markers(picture: Image, case: Case) -> None:
    """Letters three times as large that lie anywhere on the picture, as a drill asks for."""
    if not case.plan.knobs.extra_markers:
        return
    pixels = picture.shape[0]
    rng = stream(case.plan, "extra markers")
    for number in range(case.plan.knobs.extra_markers):
        glyph = np.array([[c == "1" for c in row] for row in _GLYPHS["LR"[number % 2]]])
        scale = max(1, round(3 * pixels / 160))
        letter = np.kron(glyph, np.ones((scale, scale), dtype=bool))
        row, column = (int(rng.integers(0, pixels - size)) for size in letter.shape)
        patch = picture[row : row + letter.shape[0], column : column + letter.shape[1]]
        patch[letter] = 0.97
