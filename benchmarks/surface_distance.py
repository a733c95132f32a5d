"""HD95 of two masks beside one distance transform of SciPy on their common box, in one run.

    python -m benchmarks.surface_distance [rounds]

Masks of 256 x 256 x 128 voxels of 1 x 1 x 2 mm: an organ, an organ with a missed satellite, many
lesions, thin vessels, outlines that lie far apart, and noise (no outline of anatomy, the worst).
The target is at most 2. The least processor time of the rounds, which alternate: what others do on
the machine only adds to it.
"""

import functools
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from measures.masks import common_box
from measures.surface_distance import CONVENTIONS, Convention, surface_distances

Mask = NDArray[np.bool_]
SHAPE, SPACING = (128, 256, 256), (2.0, 1.0, 1.0)


def ball(centre: tuple[float, ...], radius: tuple[float, ...]) -> Mask:
    """An ellipsoid; centre and radius in voxels."""
    axes = np.ogrid[tuple(slice(0, length) for length in SHAPE)]
    squares = np.zeros(SHAPE)
    for axis, middle, half in zip(axes, centre, radius, strict=True):
        squares = squares + (axis - middle) ** 2 / half**2
    found: Mask = squares <= 1.0
    return found


def vessels(rng: np.random.Generator) -> Mask:
    """Tubes of two voxels' radius along all axes."""
    mask = np.zeros(SHAPE, dtype=bool)
    for _ in range(40):
        z, y = rng.integers(5, 120), rng.integers(5, 250)
        mask[z : z + 4, y : y + 4, :] = True
        mask[:, y : y + 4, 2 * z - 4 : 2 * z] = True
    return mask


def pairs() -> dict[str, tuple[Mask, Mask]]:
    """Reference and predicted masks by name."""
    rng = np.random.default_rng(3)
    organ, shifted = ball((64, 128, 128), (40, 80, 90)), ball((66, 131, 127), (41, 79, 88))
    dots = [tuple(float(rng.integers(10, length - 10)) for length in SHAPE) for _ in range(60)]
    lesions = np.logical_or.reduce([ball(dot, (3, 6, 6)) for dot in dots])
    fewer = np.logical_or.reduce([ball(dot, (3, 5, 7)) for dot in dots[:50]])
    thin = vessels(rng)
    return {
        "organ": (organ, shifted),
        "organ, satellite missed": (organ | ball((10, 20, 20), (4, 8, 8)), shifted),
        "60 lesions, 10 missed": (lesions, fewer),
        "vessels, one voxel off": (thin, np.roll(thin, 1, axis=1)),
        "far apart": (ball((30, 60, 60), (20, 40, 40)), ball((100, 200, 200), (20, 40, 40))),
        "whole field against a centre": (np.ones(SHAPE, bool), ball((64, 128, 128), (8, 16, 16))),
        "organ against its middle": (organ, ball((64, 128, 128), (20, 40, 45))),
        "noise": (rng.random(SHAPE) < 0.5, rng.random(SHAPE) < 0.5),
    }


def percentile(reference: Mask, predicted: Mask, convention: Convention) -> float | None:
    """HD95 of a pair."""
    found = surface_distances(reference, predicted, SPACING, convention=convention)
    return found.hausdorff_percentile()


def seconds(task: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    began = time.process_time()
    task()
    return time.process_time() - began


def main() -> int:
    """Print a line a pair; 1 when a ratio of HD95 is above 2."""
    from scipy.ndimage import distance_transform_edt

    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    worst = 0.0
    for name, (reference, predicted) in pairs().items():
        boxed = common_box(reference, predicted)
        assert boxed is not None
        outside = ~boxed[0]

        def floor(outside: Mask = outside) -> object:
            return distance_transform_edt(outside, sampling=SPACING)

        times: dict[str, list[float]] = {"floor": [], **{name: [] for name in CONVENTIONS}}
        for _ in range(rounds):
            times["floor"].append(seconds(floor))
            for convention in CONVENTIONS:
                hd95 = functools.partial(percentile, reference, predicted, convention)
                times[convention].append(seconds(hd95))
        least = {key: min(values) for key, values in times.items()}
        ratios = {key: least[key] / least["floor"] for key in CONVENTIONS}
        worst = max(worst, ratios["border voxel"])
        shown = ", ".join(
            f"{key} {1000 * least[key]:.0f} ms ({ratio:.2f})" for key, ratio in ratios.items()
        )
        print(f"{name}: distance transform {1000 * least['floor']:.0f} ms, {shown}", flush=True)
    print(f"largest ratio of HD95 (border voxel): {worst:.2f}, at most 2")
    return int(worst > 2.0)


if __name__ == "__main__":
    sys.exit(main())
