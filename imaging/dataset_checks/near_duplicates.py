"""Pictures that are the same to the eye: other size, other compression, other grey scale.

A 64-bit hash of the low frequencies (DCT, each above or below the median; Zauner 2010, pHash) is
compared by bit operations, and the few pairs that are close are held against the correlation of
their pixels. The hash is own code: it is ten lines, and its library has no comparison of all pairs
and brings a wavelet package along. Pictures that were turned, mirrored or cropped are not found.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from records.dataset_rules import NearDuplicateLimits

Small = NDArray[np.uint8]
Hashes = NDArray[np.uint64]
Pairs = NDArray[np.intp]

_KEPT = 8  # the 8 x 8 lowest frequencies are 64 bits
_BITS = 64
_AT_ONCE = 4_096  # pictures hashed, pairs correlated, and rows of a block of hashes at once


def picture_hashes(pixels: Small) -> Hashes:
    """64 bits a picture: which of its 8 × 8 lowest frequencies lie above their median.

    pixels: (pictures, side, side). Equal for a picture and its copy in another size, brightness
    or gain, but for a few bits.
    """
    from scipy.fft import dctn

    found = np.zeros(len(pixels), dtype=np.uint64)
    for start in range(0, len(pixels), _AT_ONCE):
        part = pixels[start : start + _AT_ONCE].astype(np.float32)
        low = dctn(part, axes=(1, 2), norm="ortho")[:, :_KEPT, :_KEPT].reshape(len(part), -1)
        middle = np.median(low[:, 1:], axis=1, keepdims=True)  # without the mean of the picture
        bits = np.packbits(low > middle, axis=1)
        found[start : start + _AT_ONCE] = np.ascontiguousarray(bits).view(np.uint64)[:, 0]
    return found


def near_groups(pixels: Small, limits: NearDuplicateLimits) -> NDArray[np.intp]:
    """The group of each picture: those within both limits, also over others, are one group.

    pixels: (pictures, side, side). A picture of one grey has nothing to compare and stands alone.
    No pair within the limits is missed. Pairs whose pictures are in one group by others already
    are not looked at again: a thousand near copies cost no more than a thousand comparisons.
    """
    textured = np.flatnonzero(pixels.max(axis=(1, 2), initial=0) > 0)
    groups, found, waiting = np.arange(len(pixels), dtype=np.intp), [], 0
    for close in _batched(_close(picture_hashes(pixels[textured]), limits.bits)):
        pairs = textured[close]
        pairs = pairs[groups[pairs[:, 0]] != groups[pairs[:, 1]]]
        first, second = _patterns(pixels[pairs[:, 0]]), _patterns(pixels[pairs[:, 1]])
        alike = pairs[np.einsum("ij,ij->i", first, second) >= limits.correlation]
        found.append(alike)
        waiting += len(alike)
        if waiting >= _AT_ONCE // 4:
            groups, waiting = groups_of(len(pixels), np.concatenate(found)), 0
    return groups_of(len(pixels), np.concatenate(found)) if found else groups


def groups_of(count: int, pairs: Pairs) -> NDArray[np.intp]:
    """The group of each picture: pictures joined by pairs, also over others, are one group.

    >>> groups_of(4, np.array([[0, 2], [2, 3]])).tolist()
    [0, 1, 0, 0]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    groups: NDArray[np.intp] = connected_components(links, directed=False)[1].astype(np.intp)
    return groups


def _patterns(pixels: Small) -> NDArray[np.float32]:
    """Pictures of mean 0 and length 1, so that a product of two is their correlation."""
    flat = pixels.reshape(len(pixels), math.prod(pixels.shape[1:])).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    patterns: NDArray[np.float32] = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    return patterns


def _batched(parts: Iterator[Pairs]) -> Iterator[Pairs]:
    """The same pairs in larger parts."""
    held: list[Pairs] = []
    room = _AT_ONCE
    for part in parts:
        held.append(part)
        room -= len(part)
        if room <= 0:
            yield np.concatenate(held)
            held, room = [], _AT_ONCE
    if held:
        yield np.concatenate(held)


def _close(hashes: Hashes, bits: int) -> Iterator[Pairs]:
    """Pairs that differ in so many bits at most.

    Of bits + 1 bands of the hash such a pair has at least one in common, so only hashes with an
    equal band are compared, and a pair counts at its first (Manku, WWW 2007).
    """
    masks = _bands(bits + 1)
    for number, mask in enumerate(masks):
        order = np.argsort(hashes & mask, kind="stable")
        sizes = np.unique(hashes[order] & mask, return_counts=True)[1]
        for bucket in np.split(order, np.cumsum(sizes)[:-1]):
            if len(bucket) > 1:
                yield from _close_in(hashes, bucket, bits, masks[:number])


def _bands(count: int) -> list[np.uint64]:
    edges = [round(at * _BITS / count) for at in range(count + 1)]
    return [np.uint64(2**high - 2**low) for low, high in pairwise(edges)]


def _close_in(
    hashes: Hashes, bucket: Pairs, bits: int, earlier: list[np.uint64]
) -> Iterator[Pairs]:
    for start in range(0, len(bucket), _AT_ONCE):
        rows, others = bucket[start : start + _AT_ONCE], bucket[start:]
        step = max(1, 4_000_000 // len(others))
        for at in range(0, len(rows), step):
            apart = np.bitwise_count(hashes[rows[at : at + step], None] ^ hashes[others])
            first, second = np.nonzero(apart <= bits)
            once = second > first + at
            pairs = np.column_stack([rows[first[once] + at], others[second[once]]])
            differ = hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]
            fresh = pairs[np.all([(differ & one) != 0 for one in earlier] or [differ == differ], 0)]
            fresh.sort(axis=1)
            for part in range(0, len(fresh), _AT_ONCE):
                yield fresh[part : part + _AT_ONCE]
