"""How far it is from voxels of one outline to the nearest of another, quickly and exactly.

Three ways to the same distances: look around each voxel (most lie close), search a tree, or map
the nearest voxel of a whole box. Which is quickest depends on how many voxels are left and how far
they are; the choice never changes a result.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from measures.inputs import Numbers
from measures.masks import Mask

__all__ = ["nearest_distances"]

Voxels = NDArray[np.intp]
_NEAR = 3  # voxels around a point that are looked at first
_LEAF = 16
# Seconds, to weigh one way against the other: a step through a box, a search, a leaf looked at.
_PER_BOX_VOXEL, _PER_SEARCH, _PER_LEAF = 1.5e-7, 2e-6, 1e-7


def nearest_distances(here: Mask, there: Mask, spacing: tuple[float, ...]) -> Numbers:
    """For each voxel of `here`, in array order, the distance in mm to the nearest of `there`.

    here, there: masks of one shape. spacing: mm per axis. Infinite when `there` is empty.

    >>> row = np.array([[1, 1, 0, 0, 0, 0, 0, 1]], dtype=bool)
    >>> one = np.array([[0, 1, 0, 0, 0, 0, 0, 0]], dtype=bool)
    >>> nearest_distances(row, one, (1.0, 0.5)).tolist()
    [0.5, 0.0, 3.0]
    """
    distance = np.zeros(np.count_nonzero(here))
    if not there.any():
        distance[:] = np.inf
        return distance
    alone = np.flatnonzero(~there[here])  # a voxel of both outlines is 0 apart
    points = np.argwhere(here & ~there)
    near, left = _nearby(points, there, spacing)
    distance[alone] = near
    if left.size:
        others = np.argwhere(there)
        search = _cost_of_search(points[left], others, spacing)
        if search < _PER_BOX_VOXEL * here.size:
            distance[alone[left]] = _by_search(points[left], others, spacing)
        else:
            distance[alone[left]] = _by_map(points[left], there, spacing)
    return distance


def _nearby(points: Voxels, there: Mask, spacing: tuple[float, ...]) -> tuple[Numbers, Voxels]:
    """Distances of the points that have one of the others within a few voxels, and which have none:
    the voxels around are asked in the order of their distance.
    """
    steps = np.array(list(itertools.product(range(-_NEAR, _NEAR + 1), repeat=there.ndim)))
    lengths = np.sqrt(((steps * spacing) ** 2).sum(axis=1))
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] < (_NEAR + 1) * min(spacing)]  # beyond, some are not listed
    padded = np.pad(there, _NEAR).ravel()
    strides = np.cumprod([1, *(length + 2 * _NEAR for length in there.shape[:0:-1])])[::-1]
    flat, moves = (points + _NEAR) @ strides, steps @ strides
    distance, left = np.zeros(len(points)), np.arange(len(points))
    for one in order[1:]:
        if not left.size:
            break
        hit = padded[flat[left] + moves[one]]
        distance[left[hit]] = lengths[one]
        left = left[~hit]
    return distance, left


def _cost_of_search(points: Voxels, others: Voxels, spacing: tuple[float, ...]) -> float:
    """About how long a search takes: each point looks into the leaves that a ball of its distance
    touches, and the leaves fill the box of the others, empty room too. From samples.
    """
    some = points[:: -(-len(points) // 50)] * spacing
    thinned = others[:: -(-len(others) // 4000)] * spacing
    squares = ((some[:, None, :] - thinned[None, :, :]) ** 2).sum(axis=2).min(axis=1)
    reach = np.sqrt(squares)[:, None]
    lower, upper = others.min(axis=0) * spacing, others.max(axis=0) * spacing
    met = np.minimum(some + reach, upper) - np.maximum(some - reach, lower) + spacing
    touched = np.prod(np.clip(met / (upper - lower + spacing), 0.0, 1.0), axis=1)
    leaves = len(others) / _LEAF * float(touched.mean())
    return len(points) * (_PER_SEARCH + _PER_LEAF * leaves)


def _by_search(points: Voxels, others: Voxels, spacing: tuple[float, ...]) -> Numbers:
    from scipy.spatial import cKDTree

    tree = cKDTree(others * spacing, leafsize=_LEAF, balanced_tree=False, compact_nodes=False)
    return np.asarray(tree.query(points * spacing)[0], dtype=np.float64)


def _by_map(points: Voxels, there: Mask, spacing: tuple[float, ...]) -> Numbers:
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(
        ~there, sampling=spacing, return_distances=False, return_indices=True
    )
    steps = (nearest[(slice(None), *points.T)].T - points) * spacing
    distances: Numbers = np.sqrt((steps**2).sum(axis=1))
    return distances
