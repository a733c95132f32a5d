"""Where the simulator put its lesions: boxes around the parts of the region that it drew."""

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box
from imaging.sources.cases import Case
from imaging.sources.simulator import region_of

_JOINED = 4  # pixels of 160: parts nearer than twice this are one lesion
_LEAST = 0.1  # of the largest part's area; what is smaller is an edge of it


def lesion_boxes(case: Case) -> tuple[Box, ...]:
    """One box around each lesion of a simulated case, as its image is stored; none without one.

    A lesion is a connected part of the region that holds at least half of the strongest added
    attenuation, with gaps of some pixels (bronchi, meshes of a net) closed.
    """
    region = region_of(case)
    if not region.any():
        return ()
    return tuple(_parts(region, wide=max(1, round(_JOINED * case.plan.pixels / 160))))


def _parts(region: NDArray[np.bool_], *, wide: int) -> list[Box]:
    from scipy import ndimage

    inside = (slice(3 * wide, -3 * wide), slice(3 * wide, -3 * wide))
    closed = ndimage.binary_closing(np.pad(region, 3 * wide), iterations=wide)[inside]
    labels, _ = ndimage.label(closed | region, np.ones((3, 3)))
    areas = np.bincount(labels.ravel())[1:]
    return [
        Box(right.start, down.start, right.stop - right.start, down.stop - down.start)
        for (down, right), area in zip(ndimage.find_objects(labels), areas, strict=True)
        if area >= _LEAST * areas.max()
    ]
