"""A phantom of the chest in Hounsfield units, seeded: body, lungs, vessels, ribs, nodules.

Plain geometry in millimetres from the middle of the chest: z to the head, y to the back, x to the
patient's left. It is drawn on any grid, each voxel holding the mean of what lies in it, so that a
second scan of the same person sees the same body otherwise sampled. No anatomy of a patient went
in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.sources.base import SourceRefused

AIR, LUNG, FAT, TISSUE, BONE = -1000.0, -850.0, -100.0, 40.0, 450.0
"""Hounsfield units."""
LARGEST_BODY_MM: Final = 175.0
_BODY_MM: Final = (160.0, 116.0)  # half axes, left-right and front-back
_FAT_MM: Final = 14.0
_LUNG_MM: Final = (130.0, 82.0, 54.0)  # half axes along z, y, x
_LUNG_FROM_MIDDLE_MM: Final = 74.0
_HEART: Final = ((-45.0, -22.0, 26.0), (60.0, 44.0, 52.0))  # centre and half axes along z, y, x
_BRANCHINGS: Final = 7
_APART_MM: Final = 6.0  # between the surfaces of two nodules, so that they are told apart

Grid = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
"""Millimetres along z, y and x, each of a shape that broadcasts with the others."""


@dataclass(frozen=True, slots=True)
class Vessel:
    """A piece of a vessel: a round rod from one point to another (z, y, x), with its radius."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: float


@dataclass(frozen=True, slots=True)
class Nodule:
    """A solid nodule: an ellipsoid with a lobulated edge.

    centre: (z, y, x). axes: half axes in mm along its own axes, which ``turn`` (3 x 3, flat) turns
    into those of the body. lobes: height of the lobes as a share of the radius; phases: of the
    waves around the edge. beside_vessel: it touches a vessel.
    """

    centre: tuple[float, float, float]
    axes: tuple[float, float, float]
    turn: tuple[float, ...]
    lobes: float
    phases: tuple[float, float, float]
    beside_vessel: bool

    @property
    def reach(self) -> float:
        """Millimetres from the centre beyond which nothing of it lies."""
        return max(self.axes) * (1 + self.lobes)

    def grown(self, volume: float) -> "Nodule":
        """The same nodule with that many times its volume."""
        return replace(self, axes=tuple(one * volume ** (1 / 3) for one in self.axes))

    def inside(self, grid: Grid) -> NDArray[np.bool_]:
        """Whether each point of a grid lies in it."""
        apart = np.stack(np.broadcast_arrays(
            *(axis - middle for axis, middle in zip(grid, self.centre, strict=True))
        ))  # fmt: skip
        turn = np.asarray(self.turn).reshape(3, 3)
        own = np.tensordot(turn, apart, axes=1) / np.asarray(self.axes)[:, None, None, None]
        radius = np.sqrt(np.square(own).sum(axis=0))
        unit = own / np.maximum(radius, 1e-6)
        waves = sum(
            np.cos(4.0 * unit[axis] + phase) for axis, phase in enumerate(self.phases)
        ) / 3.0
        return np.asarray(radius < 1 + self.lobes * waves)


@dataclass(frozen=True, slots=True)
class Thorax:
    """One person: the size of the body and its parts."""

    size: float
    vessels: tuple[Vessel, ...]
    nodules: tuple[Nodule, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """How many nodules, of which radius (smallest, largest, mm), within which height (mm)."""

    nodules: int
    radius_mm: tuple[float, float]
    height_mm: float


def draw_person(asked: Asked, rng: np.random.Generator, *, where: str) -> Thorax:
    """A person with that many nodules, apart from each other, each wholly within a lung.

    Four in ten touch a vessel. Raises SourceRefused, naming ``where``, where they have no room.
    """
    size = float(np.clip(rng.normal(1.0, 0.05), 0.88, 1.09))
    vessels = tuple(one for side in (-1, 1) for one in _tree(side, size, rng))
    found: list[Nodule] = []
    for _ in range(4000):
        if len(found) == asked.nodules:
            return Thorax(size, vessels, tuple(found))
        one = _nodule(asked, vessels, rng)
        if _has_room(one, found, asked.height_mm, size):
            found.append(one)
    raise SourceRefused(
        f"only {len(found)} of {asked.nodules} lesions have room", where=where,
        hint="Ask for fewer or smaller lesions",
    )


def draw_body(person: Thorax, grid: Grid, voxel_mm: tuple[float, float, float]) -> Any:
    """Hounsfield units of everything but the nodules, float32 (slices, rows, columns).

    voxel_mm: how far a voxel reaches along z, y and x; edges are as soft as that.
    """
    z, y, x = grid
    soft = voxel_mm[2]
    out = np.hypot(x / (_BODY_MM[0] * person.size), y / (_BODY_MM[1] * person.size))
    rim = (1 - out) * _BODY_MM[1] * person.size  # about the mm below the skin
    flat = AIR + (FAT - AIR) * _share(rim, soft) + (TISSUE - FAT) * _share(rim - _FAT_MM, soft)
    values = np.repeat(flat[0][None].astype(np.float32), z.shape[0], axis=0)
    _blend(values, _lungs(person, grid, soft), LUNG)
    for vessel in person.vessels:
        _draw_rod(values, vessel, grid, voxel_mm)
    _blend(values, _ellipsoid(grid, *_HEART, soft=soft), TISSUE)
    _blend(values, _share(11.0 - np.hypot(x - 14.0, y - 46.0), soft), TISSUE + 5)  # aorta
    windpipe = _share(7.5 - np.hypot(x, y + 4.0), soft) * _share(z - 15.0, voxel_mm[0])
    _blend(values, windpipe, AIR)
    _blend(values, _share(19.0 - np.hypot(x, y - 78.0), soft), BONE)  # spine
    wall = np.abs(rim - _FAT_MM - 7.0)
    _blend(values, _share(3.5 - wall, soft) * (np.cos(z / 6.0 + np.abs(x) / 40.0) > 0.3), BONE)
    return values


def _share(depth: NDArray[Any], soft: float) -> NDArray[np.float32]:
    """How much of a voxel lies inside a surface that is ``depth`` mm behind its middle."""
    return np.clip(0.5 + depth / soft, 0.0, 1.0).astype(np.float32)


def _blend(values: NDArray[np.float32], share: NDArray[Any], hounsfield: float) -> None:
    values += share * (np.float32(hounsfield) - values)


def lung_depth(z: Any, y: Any, x: Any, size: float) -> Any:
    """Above 0 inside the nearer lung, 1 in its middle."""
    down, back, aside = (one * size for one in _LUNG_MM)
    from_middle = (np.abs(x) - _LUNG_FROM_MIDDLE_MM * size) / aside
    return 1 - from_middle**2 - (y / back) ** 2 - (z / down) ** 2


def _lungs(person: Thorax, grid: Grid, soft: float) -> NDArray[np.float32]:
    return _share(lung_depth(*grid, person.size) * 0.5 * _LUNG_MM[2] * person.size, soft)


def _ellipsoid(
    grid: Grid, centre: tuple[float, ...], axes: tuple[float, ...], *, soft: float
) -> NDArray[np.float32]:
    parts = zip(grid, centre, axes, strict=True)
    squared = sum(((line - middle) / half) ** 2 for line, middle, half in parts)
    return _share((1 - np.sqrt(squared)) * min(axes), soft)


def _tree(side: int, size: float, rng: np.random.Generator) -> Iterator[Vessel]:
    """Vessels of one lung, from its root outwards, each branch thinner than the one before."""
    ends = [(np.array([0.0, 5.0, side * 30.0 * size]), np.array([0.0, 0.0, float(side)]), 4.5)]
    for level in range(_BRANCHINGS):
        further = []
        for start, along, radius in ends:
            for _ in range(3 if level == 0 else 2):
                turned = along + rng.normal(0.0, 0.5, 3)
                turned /= np.linalg.norm(turned)
                end = start + turned * rng.uniform(20.0, 34.0) * 0.92**level
                if lung_depth(end[0], end[1], end[2], size) < 0.05 and level > 0:
                    continue
                yield Vessel(tuple(start.tolist()), tuple(end.tolist()), radius)
                further.append((end, turned, radius * 0.76))
        ends = further


def _draw_rod(
    values: NDArray[np.float32], one: Vessel, grid: Grid, voxel_mm: tuple[float, float, float]
) -> None:
    start, end = np.asarray(one.start), np.asarray(one.end)
    reach = one.radius + max(voxel_mm)
    box = _box(grid, np.minimum(start, end) - reach, np.maximum(start, end) + reach)
    if box is None:
        return
    apart = [axis[part] - at for axis, part, at in zip(grid, _parts(box), start, strict=True)]
    whole = end - start
    along = sum(one * step for one, step in zip(apart, whole, strict=True)) / (whole @ whole)
    along = np.clip(along, 0.0, 1.0)
    squared = sum((one - along * step) ** 2 for one, step in zip(apart, whole, strict=True))
    share = _share(one.radius - np.sqrt(squared), (voxel_mm[0] + 2 * voxel_mm[2]) / 3)
    inside = values[box]
    inside += share * (np.float32(TISSUE) - inside) * (inside < -200)  # within the lung alone


def _box(
    grid: Grid, low: NDArray[Any], high: NDArray[Any]
) -> tuple[slice, slice, slice] | None:
    """The part of a grid between two corners; None where there is none."""
    found = []
    for axis, least, most in zip(grid, low, high, strict=True):
        inside = np.flatnonzero((axis.ravel() >= least) & (axis.ravel() <= most))
        if not inside.size:
            return None
        found.append(slice(int(inside[0]), int(inside[-1]) + 1))
    return found[0], found[1], found[2]


def _parts(box: tuple[slice, slice, slice]) -> tuple[Any, Any, Any]:
    every = slice(None)
    return (box[0], every, every), (every, box[1], every), (every, every, box[2])


def nodule_share(
    one: Nodule, grid: Grid, voxel_mm: tuple[float, float, float]
) -> tuple[tuple[slice, slice, slice], NDArray[np.float32]] | None:
    """Where a nodule lies on a grid, and how much of each voxel there it fills; None outside.

    Each voxel is looked at in 4 places across, 4 down, and one a millimetre through its thickness.
    """
    centre = np.asarray(one.centre)
    reach = one.reach + np.asarray(voxel_mm)
    box = _box(grid, centre - reach, centre + reach)
    if box is None:
        return None
    places = [max(4, round(voxel_mm[0])), 4, 4]
    lines = []
    for axis, part, size, count in zip(grid, _parts(box), voxel_mm, places, strict=True):
        middle = axis[part].ravel()
        steps = (np.arange(count) + 0.5) / count - 0.5
        lines.append((middle[:, None] + steps[None, :] * size).ravel())
    fine = one.inside((lines[0][:, None, None], lines[1][None, :, None], lines[2][None, None, :]))
    rows = [len(line) // count for line, count in zip(lines, places, strict=True)]
    blocks = fine.reshape(rows[0], places[0], rows[1], places[1], rows[2], places[2])
    return box, blocks.mean(axis=(1, 3, 5), dtype=np.float32)


def _nodule(
    asked: Asked, vessels: tuple[Vessel, ...], rng: np.random.Generator
) -> Nodule:
    radius = float(rng.uniform(*asked.radius_mm))
    stretch = np.exp(rng.normal(0.0, 0.12, 3))
    axes = radius * stretch / np.prod(stretch) ** (1 / 3)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    beside = bool(rng.random() < 0.4)
    if beside:
        vessel = vessels[int(rng.integers(len(vessels)))]
        away = rng.normal(size=3)
        away /= np.linalg.norm(away)
        share = rng.uniform(0.3, 1.0)
        along = (1 - share) * np.asarray(vessel.start) + share * np.asarray(vessel.end)
        centre = along + away * (radius + 0.5 * vessel.radius)
    else:
        reach = asked.height_mm / 2
        centre = np.array([
            rng.uniform(-reach, reach), rng.uniform(-75.0, 75.0),
            rng.choice([-1, 1]) * rng.uniform(30.0, 125.0),
        ])  # fmt: skip
    one, other, third = rng.uniform(0, 2 * np.pi, 3).tolist()
    return Nodule(
        tuple(centre.tolist()), tuple(axes.tolist()), tuple(turn.ravel().tolist()),
        float(rng.uniform(0.02, 0.12)), (one, other, third), beside,
    )


def _has_room(
    one: Nodule, others: list[Nodule], height_mm: float, size: float
) -> bool:
    centre, reach = np.asarray(one.centre), one.reach
    if abs(centre[0]) + reach > height_mm / 2:
        return False
    around = centre + reach * np.concatenate([np.eye(3), -np.eye(3)])
    if lung_depth(around[:, 0], around[:, 1], around[:, 2], size).min() < 0.05:
        return False
    middle, half = np.asarray(_HEART[0]), np.asarray(_HEART[1])
    if np.sqrt(np.square((around - middle) / half).sum(axis=1)).min() < 1.1:
        return False
    return all(
        np.linalg.norm(centre - other.centre) > reach + other.reach + _APART_MM
        for other in others
    )
