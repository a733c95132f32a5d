"""Where the surface of a mask runs between voxels, and how large each element of it is.

At every corner where four pixels (2D) or eight voxels (3D) meet, the mask occupies some of them.
Whenever it is neither none nor all, the surface passes there, halfway between voxel centres, and
the patch that marching cubes puts there has a length or an area (Lorensen and Cline, SIGGRAPH
1987). This is the convention of Nikolov et al. (J Med Internet Res 2021;23:e26151), in whose
tables each of the 256 patches is listed; here they follow from one rule of geometry.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
from numpy.typing import NDArray

from measures.inputs import Numbers

__all__ = ["corner_codes", "element_sizes"]

Codes = NDArray[np.uint8]
_Corner = tuple[int, ...]
_Normals = list[tuple[float, ...]]  # a triangle's normal, as long as its area, on unit voxels


def corner_codes(mask: NDArray[np.bool_]) -> Codes:
    """Which of the voxels around each corner belong to the mask, one bit a voxel.

    mask: 2D or 3D; outside of it is background. The answer is one longer on each axis: entry i
    lies half a voxel before voxel i. 0 and 2^(2^dimensions) - 1 are no surface.

    >>> corner_codes(np.array([[True]])).tolist()
    [[8, 4], [2, 1]]
    """
    codes: Codes = np.zeros([length + 1 for length in mask.shape], dtype=np.uint8)
    bits = mask.view(np.uint8)
    for position, corner in enumerate(itertools.product((0, 1), repeat=mask.ndim)):
        where = tuple(
            slice(1 - step, 1 - step + length)
            for step, length in zip(corner, mask.shape, strict=True)
        )
        codes[where] |= bits << position
    return codes


def element_sizes(spacing: tuple[float, ...]) -> Numbers:
    """The length (2D, mm) or area (3D, mm²) of the surface at a corner, by its code.

    spacing: mm between voxel centres, per axis. Shape (16,) or (256,).

    The fewer of inside and outside corners are split into groups joined by voxel edges, and each
    group is cut off by its own patch: so two parts that only touch diagonally stay apart.

    >>> element_sizes((2.0, 1.0)).round(3).tolist()[:7]
    [0.0, 1.118, 1.118, 1.0, 1.118, 2.0, 2.236]
    """
    codes, normals = _patches(len(spacing))
    across = np.prod(spacing) / np.asarray(spacing)  # a unit of each axis' normal, in mm or mm²
    sizes = np.sqrt(((normals * across) ** 2).sum(axis=1))
    return np.bincount(codes, weights=sizes, minlength=1 << (1 << len(spacing))).astype(np.float64)


@functools.cache
def _patches(dimensions: int) -> tuple[NDArray[np.intp], Numbers]:
    """Every segment or triangle: the code that it belongs to, and its normal on unit voxels."""
    corners = list(itertools.product((0, 1), repeat=dimensions))
    codes, normals = [0], [(0.0,) * dimensions]
    for code in range(1 << len(corners)):
        inside = [corner for bit, corner in enumerate(corners) if code >> bit & 1]
        outside = [corner for corner in corners if corner not in inside]
        for group in _joined(inside if len(inside) <= len(outside) else outside):
            cut = _cut_off(group)
            codes += [code] * len(cut)
            normals += cut
    return np.array(codes, dtype=np.intp), np.array(normals, dtype=np.float64)


def _joined(corners: list[_Corner]) -> list[list[_Corner]]:
    """Groups of corners that hang together by edges."""
    left, groups = list(corners), []
    while left:
        group = [left.pop()]
        for reached in group:  # grows while it is walked
            new = [corner for corner in left if _apart(reached, corner) == 1]
            left = [corner for corner in left if corner not in new]
            group += new
        groups.append(group)
    return groups


def _apart(one: _Corner, other: _Corner) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def _cut_off(group: list[_Corner]) -> _Normals:
    """Normals of the segments or triangles between a group of corners and the rest.

    Only the size of each component counts, not its sign, since axes are at right angles.
    """
    constant = [float(len(set(values)) == 1) for values in zip(*group, strict=True)]
    if len(constant) == 2:
        return [(0.5, 0.5)] if len(group) == 1 else [tuple(constant)]
    if len(group) == 1:
        return [(0.125, 0.125, 0.125)]
    if len(group) == 2:
        return [tuple(0.25 * axis for axis in constant)] * 2
    if any(constant):  # in one face: three corners, or all four
        face = tuple(0.5 * axis for axis in constant)
        return [face, face] if len(group) == 4 else [face, (0.25,) * 3, (0.125,) * 3]
    degrees = [sum(_apart(one, other) == 1 for other in group) for one in group]
    if max(degrees) == 3:  # a corner and its three neighbours
        return [(0.125,) * 3, (0.125,) * 3, (0.25,) * 3, (0.25,) * 3]
    middle, other = (corner for corner, degree in zip(group, degrees, strict=True) if degree == 2)
    turn = next(axis for axis in range(3) if middle[axis] != other[axis])
    bent = [tuple(0.25 * (axis != flat) for axis in range(3)) for flat in range(3) if flat != turn]
    return [(0.125,) * 3, (0.375,) * 3, *bent]  # a path of four corners, along all three axes
