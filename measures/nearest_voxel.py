"""How far it is from voxels of one outline to the nearest of another, quickly and exactly.

Three ways to the same distances: look around each voxel (most lie close), search a tree, or map
the nearest voxel of a whole box. Which is quickest depends on how many voxels are left and how far
they are; the choice never changes a result.
"""

from __future__ import annotations

import itertools
import time

import numpy as np
from numpy.typing import NDArray

from measures.inputs import Numbers
from measures.masks import Mask

__all__ = ["nearest_distances"]

Voxels = NDArray[np.intp]
_NEAR = 3  # voxels around a point that are looked at first
_LEAF = 64  # outlines are thin: leaves are crossed more often than searched to the end
_SAMPLE = 100  # points that are tried before all are
_PER_BOX_VOXEL = 1.0e-7  # seconds of a step through a box


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
    left = np.arange(len(points))
    sample = points[:: -(-len(points) // _SAMPLE)] if len(points) else points
    if 2 * _nearby(sample, there, spacing)[1].size < len(sample):  # else a search finds them too
        distance[alone], left = _nearby(points, there, spacing)
    if left.size:
        distance[alone[left]] = _far(points[left], there, spacing)
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


def _far(points: Voxels, there: Mask, spacing: tuple[float, ...]) -> Numbers:
    """Distances of points that lie far from all others: a search takes long where many of them are
    about as far, which a sample of the points shows before all are searched.
    """
    from scipy.spatial import cKDTree

    others = np.argwhere(there) * spacing
    tree = cKDTree(others, leafsize=_LEAF, balanced_tree=False, compact_nodes=False)
    if len(points) > 2 * _SAMPLE:
        some = points[:: -(-len(points) // _SAMPLE)] * spacing
        began = time.thread_time()
        tree.query(some)
        search = (time.thread_time() - began) * len(points) / len(some)
        if search > _PER_BOX_VOXEL * there.size:
            return _by_map(points, there, spacing)
    return np.asarray(tree.query(points * spacing)[0], dtype=np.float64)


def _by_map(points: Voxels, there: Mask, spacing: tuple[float, ...]) -> Numbers:
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(
        ~there, sampling=spacing, return_distances=False, return_indices=True
    )
    steps = (nearest[(slice(None), *points.T)].T - points) * spacing
    distances: Numbers = np.sqrt((steps**2).sum(axis=1))
    return distances
