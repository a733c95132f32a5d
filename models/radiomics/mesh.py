"""Surface and volume of a mask by marching cubes, perimeter and area by marching squares.

Lorensen, Cline: SIGGRAPH 1987;21:163. The surface runs midway between a voxel inside and one
outside, so each cube of eight voxels has one of 256 shapes; the table of shapes is built here.
Where a face's inside corners stand diagonally they are joined, on both sides of the face alike,
so the surface is closed.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Spacing = Sequence[float]
Corner = tuple[float, float, float]

_CORNERS = tuple(product((0, 1), repeat=3))
_SQUARE = (0, 1, 3, 2)  # corners of a square cell (row, column), in order round it


def surface_and_volume(inside: NDArray[np.bool_], spacing: Spacing) -> tuple[float, float]:
    """Area of the surface in mm² and enclosed volume in mm³ of a mask (slices, rows, columns).

    >>> surface, volume = surface_and_volume(np.ones((1, 1, 1), dtype=bool), (1, 1, 1))
    >>> round(surface, 4), round(volume, 4)  # an octahedron of half a voxel
    (1.7321, 0.1667)
    """
    sides = np.asarray(spacing, dtype=np.float64)
    shapes = _shapes(inside, 3)
    counts = np.bincount(shapes.ravel(), minlength=256)
    x_sums = np.bincount(
        shapes.ravel(), weights=np.broadcast_to(np.arange(shapes.shape[2]), shapes.shape).ravel(),
        minlength=256,
    )
    surface = volume = 0.0
    for shape in np.flatnonzero(counts):
        triangles = np.asarray(_triangles(int(shape)), dtype=np.float64).reshape(-1, 3, 3) * sides
        normal = np.cross(
            triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
        ) / 2  # fmt: skip
        surface += counts[shape] * float(np.linalg.norm(normal, axis=1).sum())
        # divergence theorem: the volume is the integral of x over the surface's x component
        own = float((triangles[:, :, 2].mean(axis=1) * normal[:, 2]).sum())
        volume += counts[shape] * own + x_sums[shape] * sides[2] * float(normal[:, 2].sum())
    return float(surface), float(abs(volume))


def perimeter_and_area(inside: NDArray[np.bool_], spacing: Spacing) -> tuple[float, float]:
    """Perimeter in mm and enclosed area in mm² of a mask (rows, columns).

    >>> perimeter, area = perimeter_and_area(np.ones((2, 3), dtype=bool), (1, 1))
    >>> round(perimeter, 4), area  # a rectangle of 2 by 3 without its four corners
    (8.8284, 5.5)
    """
    sides = np.asarray(spacing, dtype=np.float64)
    shapes = _shapes(inside, 2)
    counts = np.bincount(shapes.ravel(), minlength=16)
    x_sums = np.bincount(
        shapes.ravel(), weights=np.broadcast_to(np.arange(shapes.shape[1]), shapes.shape).ravel(),
        minlength=16,
    )
    perimeter = area = 0.0
    for shape in np.flatnonzero(counts):
        pieces = np.asarray(_pieces(int(shape)), dtype=np.float64).reshape(-1, 2, 2) * sides
        along = pieces[:, 1] - pieces[:, 0]
        perimeter += counts[shape] * float(np.linalg.norm(along, axis=1).sum())
        own = float((pieces[:, :, 1].mean(axis=1) * along[:, 0]).sum())
        area += counts[shape] * own + x_sums[shape] * sides[1] * float(along[:, 0].sum())
    return float(perimeter), float(abs(area))


def surface_points(inside: NDArray[np.bool_], spacing: Spacing) -> Points:
    """The corners of that surface (or perimeter), in mm, shape (points, sides)."""
    padded = np.pad(inside, 1)
    found = []
    for axis in range(padded.ndim):
        crossed = np.argwhere(np.diff(padded, axis=axis)).astype(np.float64)
        crossed[:, axis] += 0.5
        found.append(crossed)
    return np.concatenate(found) * np.asarray(spacing, dtype=np.float64)


def _shapes(inside: NDArray[np.bool_], sides: int) -> NDArray[np.int64]:
    """By cell between voxels, which of its corners are inside, as bits in the order of product."""
    padded = np.pad(inside, 1).astype(np.int64)
    cells: NDArray[np.int64] = np.zeros([side - 1 for side in padded.shape], dtype=np.int64)
    for bit, corner in enumerate(product((0, 1), repeat=sides)):
        part = tuple(
            slice(at, at + side) for at, side in zip(corner, cells.shape, strict=True)
        )
        cells += padded[part] << bit
    return cells


def _segments(round_it: Sequence[int], shape: int) -> Iterator[tuple[int, int]]:
    """The pieces of outline across one square, from crossed side to crossed side.

    round_it: the square's corners in order; a side is named by the place of its first corner.
    """
    inside = [bool(shape >> corner & 1) for corner in round_it]
    for side in range(4):
        if not inside[side] and inside[(side + 1) % 4]:  # the outline enters here
            back = next(
                step for step in range(1, 4)
                if inside[(side - step) % 4] and not inside[(side - step + 1) % 4]
            )  # fmt: skip
            yield side, (side - back) % 4


@cache
def _pieces(shape: int) -> tuple[tuple[tuple[float, ...], ...], ...]:
    corners = tuple(product((0.0, 1.0), repeat=2))

    def middle(side: int) -> tuple[float, ...]:
        pair = corners[_SQUARE[side]], corners[_SQUARE[(side + 1) % 4]]
        return tuple((one + other) / 2 for one, other in zip(*pair, strict=True))

    return tuple((middle(a), middle(b)) for a, b in _segments(_SQUARE, shape))


@cache
def _faces() -> tuple[tuple[int, int, int, int], ...]:
    """The corners of each face of a cube, in order round it, the same way seen from outside."""
    faces = []
    for axis, high in product(range(3), (0, 1)):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        if not high:
            one, other = other, one
        order = []
        for along, across in ((0, 0), (1, 0), (1, 1), (0, 1)):
            place = [0, 0, 0]
            place[axis], place[one], place[other] = high, along, across
            order.append(_CORNERS.index((place[0], place[1], place[2])))
        faces.append((order[0], order[1], order[2], order[3]))
    return tuple(faces)


@cache
def _triangles(shape: int) -> tuple[tuple[Corner, Corner, Corner], ...]:
    """The surface through a cube with these corners inside, as triangles facing one way."""
    onward: dict[frozenset[int], frozenset[int]] = {}
    for face in _faces():
        for entry, leave in _segments(face, shape):
            start = frozenset((face[entry], face[(entry + 1) % 4]))
            onward[start] = frozenset((face[leave], face[(leave + 1) % 4]))
    triangles: list[tuple[Corner, Corner, Corner]] = []
    while onward:
        loop = [next(iter(onward))]
        while (following := onward.pop(loop[-1])) != loop[0]:
            loop.append(following)
        ring = [_middle(edge) for edge in loop]
        triangles += [(ring[a], ring[b], ring[c]) for a, b, c in _spanned(ring)]
    return tuple(triangles)


def _middle(edge: frozenset[int]) -> Corner:
    one, other = (_CORNERS[corner] for corner in edge)
    return ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2, (one[2] + other[2]) / 2)


def _spanned(ring: Sequence[Corner]) -> tuple[tuple[int, int, int], ...]:
    """The ring as triangles of the largest area together: that is what usual tables hold.

    A ring that is not flat has several; the choice moves the surface of a sphere by 0.5 %.
    """
    points = np.asarray(ring)

    @cache
    def best(first: int, last: int) -> tuple[float, tuple[tuple[int, int, int], ...]]:
        if last - first < 2:
            return 0.0, ()
        found = []
        for between in range(first + 1, last):
            one, two = best(first, between), best(between, last)
            sides = points[between] - points[first], points[last] - points[first]
            area = float(np.linalg.norm(np.cross(*sides))) / 2
            whole = round(area + one[0] + two[0], 9)  # equal but for rounding: the first
            found.append((whole, (*one[1], *two[1], (first, between, last))))
        return max(found, key=lambda one: one[0])

    return best(0, len(ring) - 1)[1]
