"""The chest that X-rays pass through: body, lungs, ribs, spine, heart and what lies in the lungs.

Everything is drawn on a square grid, u from the patient's right (-1) to left (+1) as seen on a
frontal view, v from the neck (-1) to the abdomen (+1). Values are attenuation line integrals at
100 kV (no unit): about 0 in air, 1 behind lung, 3 behind the heart.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imaging.sources.cases import Anatomy

Image: TypeAlias = NDArray[np.floating[Any]]  # float32 in fact, which NumPy cannot state


@dataclass(frozen=True, slots=True)
class Chest:
    """Attenuation of the chest, and where its lungs are (0 outside to 1 inside)."""

    attenuation: Image
    bone: Image
    lungs: Image


@dataclass(frozen=True, slots=True)
class Pose:
    """How deeply the patient breathed in and which side the beam came from."""

    inspiration: float
    portable: bool


@cache
def grid(pixels: int) -> tuple[Image, Image]:
    """Coordinates u (1, n) and v (n, 1) of the pixel centres."""
    line = (np.arange(pixels, dtype=np.float32) + 0.5) / pixels * 2 - 1
    return line[None, :], line[:, None]


def step(distance: Image, softness: float) -> Image:
    """0 well below zero, 1 well above, smooth over ``softness`` in between."""
    s = np.clip(distance * np.float32(1 / softness) + np.float32(0.5), 0, 1)
    smooth: Image = s * s * (3 - 2 * s)
    return smooth


def blob(u: float, v: float, ru: float, rv: float, *, pixels: int) -> Image:
    """A soft elliptical spot, 1 in its middle; separable, therefore cheap."""
    gu, gv = grid(pixels)
    across = np.exp(np.float32(-0.5) * ((gu - np.float32(u)) / np.float32(ru)) ** 2)
    whole: Image = across * np.exp(np.float32(-0.5) * ((gv - np.float32(v)) / np.float32(rv)) ** 2)
    return whole


def clouds(rng: np.random.Generator, cells: int, *, pixels: int) -> Image:
    """Smooth random structure with about ``cells`` lumps a side, mean 0 and deviation about 1."""
    coarse = rng.standard_normal((cells + 3, cells + 3), dtype=np.float32)
    return spread_lattice(coarse, spline_weights(cells, pixels))


def spread_lattice(coarse: Image, weights: Image) -> Image:
    """Values of a coarse lattice at every pixel: weights @ coarse @ weights.T.

    Done in strips, small enough that BLAS stays on one thread: with two, the workers fight for
    the cores (twice the time was measured) and the last bit could depend on their number.
    """
    across = np.ascontiguousarray(weights.T)
    down = weights @ coarse
    picture = np.empty((weights.shape[0], weights.shape[0]), dtype=np.float32)
    strip = max(1, 200_000 // (across.size + 1))
    for top in range(0, picture.shape[0], strip):
        np.matmul(down[top : top + strip], across, out=picture[top : top + strip])
    return picture


def draw_chest(anatomy: Anatomy, pose: Pose, rng: np.random.Generator, *, pixels: int) -> Chest:
    """A healthy frontal chest of this patient in this pose, shape (pixels, pixels)."""
    gu, gv = grid(pixels)
    side = np.abs(gu)
    lungs, cage = lung_outline(anatomy, pose, pixels=pixels)
    body = _body(anatomy, pixels=pixels)
    soft = 2.75 * anatomy.build * body
    air = np.sqrt(np.clip(1.15 - ((side - 0.36) * 2.4) ** 2, 0.2, 1)) * lungs
    soft = soft - 1.62 * air * (0.93 + 0.07 * anatomy.build)
    soft += _mediastinum(anatomy, pose, pixels=pixels)
    soft += _vessels(rng, lungs, pixels=pixels)
    if anatomy.breast > 0:
        for centre in (-0.42, 0.42):
            away = ((gu - centre) / 0.36) ** 2 + ((gv - 0.36) / 0.33) ** 2
            soft += anatomy.breast * step(1 - away, 0.5)
    bubble = blob(0.34, 0.80, 0.12, 0.07, pixels=pixels)
    soft -= float(rng.uniform(0.0, 0.7)) * bubble
    return Chest(np.maximum(soft, 0), _bones(anatomy, cage, body, pixels=pixels), lungs)


@cache
def spline_weights(cells: int, pixels: int) -> Image:
    """Cubic B-spline interpolation from a coarse lattice to the pixels, one axis."""
    at = (np.arange(pixels) + 0.5) / pixels * cells + 1.0
    distance = np.abs(at[:, None] - np.arange(cells + 3)[None, :])
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = (2 - distance) ** 3 / 6
    weights = np.where(distance < 1, near, np.where(distance < 2, far, 0.0))
    size = np.sqrt((weights**2).sum(axis=1).mean())
    whole: Image = (weights / size).astype(np.float32)
    return whole


def lung_outline(anatomy: Anatomy, pose: Pose, *, pixels: int) -> tuple[Image, Image]:
    """Where the two lungs are, and the rib cage around them."""
    gu, gv = grid(pixels)
    side = np.abs(gu)
    apex = -0.80
    down = np.clip((gv - apex) / 1.25, 0, 1)
    lateral = 0.74 * np.power(down, 0.42) * (1 - 0.08 * down) + anatomy.asymmetry * np.sign(gu)
    left = gu > 0
    medial = 0.10 + 0.05 * np.exp(-8 * (gv + 0.05) ** 2) + 0.05 * np.clip(gv + 0.1, 0, 1)
    height = (0.42 + 0.16 * (pose.inspiration - 0.5)) * anatomy.lung_height
    dome = np.float32(height) + np.float32(0.045) * left
    floor = dome + 1.15 * np.maximum(side - 0.30, 0) ** 2 + 0.25 * np.maximum(0.30 - side, 0)
    inside = step(lateral - side, 0.05) * step(side - medial, 0.05)
    lungs = inside * step(floor - gv, 0.05) * step(gv - apex, 0.05)
    cage = step(lateral + 0.035 - side, 0.03) * step(gv - apex + 0.04, 0.06) * step(0.95 - gv, 0.3)
    return lungs.astype(np.float32), cage.astype(np.float32)


def _body(anatomy: Anatomy, *, pixels: int) -> Image:
    """Relative thickness of the trunk with neck and shoulders."""
    gu, gv = grid(pixels)
    rows = np.interp(
        gv[:, 0], [-1, -0.9, -0.78, -0.6, -0.35, 0.2, 1],
        [0.24, 0.27, 0.55, 0.93, 0.99, 0.93, 0.90],
    )  # fmt: skip
    half = (rows * (0.96 + 0.05 * anatomy.build)).astype(np.float32)[:, None]
    inside = np.clip(1.02 - (gu / half) ** 2, 0, 1)
    deep = np.interp(gv[:, 0], [-1, -0.75, -0.4, 0.3, 1], [0.8, 0.84, 0.94, 1.0, 1.12])
    whole: Image = np.sqrt(np.sqrt(inside) * inside) * deep.astype(np.float32)[:, None]
    return whole


def _mediastinum(anatomy: Anatomy, pose: Pose, *, pixels: int) -> Image:
    """Heart, great vessels and windpipe; wider when the beam comes from the front."""
    gu, gv = grid(pixels)
    wide = anatomy.heart * (1.13 if pose.portable else 1.0)
    turn = 0.60
    x = (gu - 0.075) * np.float32(np.cos(turn)) + (gv - 0.25) * np.float32(np.sin(turn))
    y = -(gu - 0.075) * np.float32(np.sin(turn)) + (gv - 0.25) * np.float32(np.cos(turn))
    short = np.float32(0.255 * wide) * (1 + 0.45 * np.clip(x, -0.4, 0.4))
    heart = step(1 - (x / np.float32(0.37 * wide)) ** 2 - (y / short) ** 2, 0.6)
    trunk = step(0.145 * wide + 0.02 - np.abs(gu - 0.01), 0.07) * step(gv + 0.45, 0.9)
    knob = anatomy.aortic_knob * blob(0.155, -0.24, 0.055, 0.07, pixels=pixels)
    total = 0.70 * heart * step(gv - 0.02, 0.6) + 0.30 * trunk + 0.40 * knob
    for hilum, v in ((-0.19, 0.02), (0.22, -0.03)):
        total = total + 0.33 * blob(hilum, v, 0.06, 0.10, pixels=pixels)
    windpipe = step(0.030 - np.abs(gu + 0.01), 0.03) * step(-0.22 - gv, 0.25)
    return total.astype(np.float32) - np.float32(0.24) * windpipe


def _vessels(rng: np.random.Generator, lungs: Image, *, pixels: int) -> Image:
    """Vessels fanning out of each hilum, thinner and fainter towards the pleura."""
    angle_index, radius = _fan(pixels)
    twist = clouds(rng, 5, pixels=pixels)
    index = (angle_index + (9 * twist).astype(np.int32)) % 720
    fan = rng.standard_normal(720).astype(np.float32)
    thick = np.convolve(np.tile(fan, 3), np.hanning(15), "same")[720:1440].astype(np.float32)
    thin = np.convolve(np.tile(fan[::-1], 3), np.hanning(7), "same")[720:1440].astype(np.float32)
    near = np.maximum(thick, 0)[index] * np.exp(-radius * 5.0) * 0.20
    far = np.maximum(thin, 0)[index] * np.exp(-((radius - 0.28) ** 2) * 16) * 0.035
    grain = 0.030 * clouds(rng, 30, pixels=pixels) + 0.035 * clouds(rng, 14, pixels=pixels)
    whole: Image = (near + far + grain).astype(np.float32) * lungs
    return whole


@cache
def _fan(pixels: int) -> tuple[NDArray[np.int32], Image]:
    """Half-degree direction and distance of each pixel, seen from the nearer hilum."""
    gu, gv = grid(pixels)
    du = np.where(gu < 0, gu + 0.19, gu - 0.22)
    dv = np.broadcast_to(gv + 0.0, (pixels, pixels))
    angle = (np.degrees(np.arctan2(dv, du)) * 2 + 720) % 720
    return angle.astype(np.int32), np.hypot(du, dv).astype(np.float32)


def _bones(anatomy: Anatomy, cage: Image, body: Image, *, pixels: int) -> Image:
    """Spine, ribs (posterior strong, anterior faint), clavicles and shoulder blades."""
    gu, gv = grid(pixels)
    side = np.abs(gu)
    behind = side * anatomy.rib_slope * (side - 0.30) * 2.2
    posterior = _rib_rows(gv - behind, anatomy.rib_spacing, anatomy.rib_phase, 0.21)
    posterior = posterior * step(side - 0.07, 0.05) * (1 + 0.9 * np.clip((side - 0.45) * 2, 0, 1))
    before = -0.80 * (side - 0.2) - 0.5 * np.maximum(side - 0.5, 0)
    anterior = _rib_rows(gv - before, anatomy.rib_spacing * 1.18, anatomy.rib_phase * 0.7, 0.24)
    anterior = anterior * np.clip((side - 0.24) * 3.5, 0, 1)
    ribs = (0.25 * posterior + 0.13 * anterior) * cage
    wave = np.sin(gv * np.float32(2 * np.pi / 0.165) + anatomy.rib_phase * 6).astype(np.float32)
    vertebrae = step(0.075 - side, 0.04) * (0.22 + 0.08 * np.clip(wave * 2, -1, 1))
    collar_v = -0.64 - 0.17 * np.clip(side - 0.1, 0, 1) + 0.30 * np.clip(side - 0.1, 0, 1) ** 2
    collar = step(0.032 - np.abs(gv - collar_v), 0.03) * step(side - 0.09, 0.04)
    blade_v = (gv + 0.32) - 1.6 * (side - 0.78)
    blade = step(0.10 - np.abs(side - 0.80 + 0.12 * gv), 0.05) * step(blade_v + 0.5, 0.3)
    blade = blade * step(0.12 - gv, 0.2) * step(gv + 0.68, 0.1)
    total = ribs + vertebrae + 0.42 * collar * step(0.72 - side, 0.1) + 0.20 * blade
    whole: Image = (anatomy.bone * total * (body > 0)).astype(np.float32)
    return whole


def _rib_rows(height: Image, spacing: float, phase: float, half: float) -> Image:
    """Evenly spaced bands along ``height`` with brighter (cortical) edges."""
    turn = height * np.float32(1 / spacing) + np.float32(phase)
    distance = np.abs(turn - np.round(turn))
    inner = step(np.float32(half) - distance, 0.12)
    whole: Image = inner * (0.75 + 0.25 * np.clip(distance * np.float32(1 / half), 0, 1) ** 2)
    return whole
