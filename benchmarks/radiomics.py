"""Radiomic features beside those of MIRP: real lung masks, lesions of a simulated CT, rough blobs.

    python -m benchmarks.radiomics MIRP_PYTHON [DATA_FOLDER] [CASES]

MIRP_PYTHON: interpreter of an environment with mirp (``pip install mirp``; 1.8 GB with ITK, so it
is not one of ours). DATA_FOLDER: holds ``cxr-kermany-224`` with its lung masks; without it only the
simulated regions are compared. Prints, family by family, the feature that differs most over all
cases, relative to the larger of the two values.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.sources.masks import read_mask
from imaging.sources.pictures import read_grey
from imaging.sources.slices import CtPlan, draw_ct
from models.radiomics import RadiomicsSettings, features, measure_radiomics
from records.radiomics_settings import AGGREGATIONS, FIXED_BIN_SIZE

_MIRP_METHOD = {
    "2D averaged": ("2d_average", "2d"), "2D merged": ("2d_slice_merge", "2d"),
    "2.5D averaged": ("2.5d_direction_merge", "2.5d"), "2.5D merged": ("2.5d_volume_merge", "2.5d"),
    "3D averaged": ("3d_average", "3d"), "3D merged": ("3d_volume_merge", "3d"),
}  # fmt: skip
FROM_OTHERS = frozenset({
    "shape2d_area_pixels", "shape2d_perimeter_to_area", "shape2d_circularity",
    "shape2d_centre_shift", "shape2d_elongation", "shape2d_box_density", "shape2d_solidity",
    "shape2d_convexity",
})  # fmt: skip
"""IBSI and MIRP have no shape in two dimensions. Area, perimeter, diameter and axes are compared
with scikit-image; these follow from them, or from SciPy's convex hull, and are proved in
tests/models/radiomics on regions that are known in closed form."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A region, and how both are to prepare it."""

    name: str
    image: NDArray[Any]
    mask: NDArray[np.bool_]
    spacing: tuple[float, ...]
    settings: RadiomicsSettings


def lungs(folder: Path, count: int) -> Iterator[Case]:
    """The lungs of radiographs, chosen evenly over the folder; 224 x 224 pixels of 1 mm."""
    paths = sorted((folder / "masks").glob("**/*.png"))
    images = {path.stem: path for path in folder.glob("**/*.jp*g")}
    for at, path in enumerate(paths[:: max(1, len(paths) // count)][:count]):
        picture = read_grey(images[path.stem], where=path.name)
        mask = read_mask(path, picture.shape, where=path.name)
        bins = (16, 32, 64)[at % 3]
        way = ("2D averaged", "2D merged")[at % 2]
        settings = RadiomicsSettings(bins=bins, picture_aggregation=way)
        yield Case(f"lungs {at}, {bins} bins, {way}", picture, mask, (1.0, 1.0), settings)


def lesions(count: int) -> Iterator[Case]:
    """Each lesion of simulated CT series in its surroundings, every way of aggregating in turn."""
    ways = list(AGGREGATIONS)
    for at in range(count):
        contrast = 700.0 + 40.0 * at
        volume = draw_ct(CtPlan(seed=1, index=at, lesions=1, slices=20, pixels=128,
                                contrast_hu=contrast, dose_mgy=0.8))  # fmt: skip
        mask = volume.lesions == 1
        box = tuple(
            slice(max(0, int(where.min()) - 3), int(where.max()) + 4)
            for where in np.nonzero(mask)
        )  # fmt: skip
        resampled, middle = 2.5 if at % 2 else None, contrast - 850.0
        settings = RadiomicsSettings(
            discretisation=FIXED_BIN_SIZE, bin_size=12.5,
            intensity_range=(middle - 75.0, middle + 75.0),
            resample_mm=resampled, round_intensities=resampled is not None,
            outlier_sigma=3.0 if at % 3 == 0 else None, volume_aggregation=ways[at % len(ways)],
        )  # fmt: skip
        name = f"lesion {at}, {settings.volume_aggregation}, grid {resampled or 'its own'}"
        yield Case(name, volume.hounsfield[box], mask[box], volume.spacing_mm, settings)


def blobs() -> Iterator[Case]:
    """Masks that no anatomy has: smooth and rough, with holes and voxels that touch at an edge."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(4)
    for smooth in (3.0, 1.5, 1.0):
        mask = gaussian_filter(rng.normal(size=(20, 24, 28)), smooth) > 0.02
        image = np.rint(rng.normal(100.0, 20.0, size=mask.shape))  # MIRP rounds a CT
        yield Case(f"blobs, smoothed by {smooth}", image.astype(np.float32), mask, (2.0, 1.0, 1.5),
                   RadiomicsSettings(bins=16))  # fmt: skip


def mirp_order(case: Case) -> dict[str, Any]:
    """The same preparation in MIRP's words."""
    settings, flat = case.settings, case.image.ndim == 2
    way, zones = _MIRP_METHOD[
        settings.picture_aggregation if flat else settings.volume_aggregation
    ]  # fmt: skip
    order: dict[str, Any] = {
        "by_slice": flat, "glcm_spatial_method": way, "glrlm_spatial_method": way,
        "glszm_spatial_method": zones, "gldzm_spatial_method": zones,
        "ngtdm_spatial_method": zones, "ngldm_spatial_method": zones,
        "base_discretisation_method": settings.discretisation.replace(" ", "_"),
        "base_discretisation_n_bins": settings.bins, "spline_order": 1, "roi_spline_order": 1,
    }  # fmt: skip
    if not flat:
        order["image_modality"] = "ct"
    if settings.bin_size is not None:
        order["base_discretisation_bin_width"] = settings.bin_size
    if settings.resample_mm is not None:
        order["new_spacing"] = settings.resample_mm
    ways = []
    if settings.intensity_range is not None:
        order["resegmentation_intensity_range"] = list(settings.intensity_range)
        ways.append("range")
    if settings.outlier_sigma is not None:
        order["resegmentation_sigma"] = settings.outlier_sigma
        ways.append("outlier")
    if ways:
        order["resegmentation_method"] = ways
    spacing = (1.0, *case.spacing) if flat else case.spacing
    return {"spacing": list(spacing), "mirp": order}


def by_mirp(cases: list[Case], python: str) -> dict[str, dict[str, float]]:
    """MIRP's numbers for each case, from a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        stored: dict[str, Any] = {
            "orders": json.dumps({case.name: mirp_order(case) for case in cases})
        }
        for case in cases:
            flat = case.image.ndim == 2
            image = case.image.astype(np.float32)
            stored[f"{case.name}/image"] = image[None] if flat else image
            stored[f"{case.name}/mask"] = case.mask[None] if flat else case.mask
        paths = Path(folder) / "cases.npz", Path(folder) / "found.json"
        np.savez(paths[0], **stored)
        script = Path(__file__).with_name("radiomics_mirp.py")
        subprocess.run([python, str(script), *map(str, paths)], check=True,
                       stdout=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"})  # fmt: skip
        found: dict[str, dict[str, float]] = json.loads(paths[1].read_text(encoding="utf-8"))
    return found


def differences(
    case: Case, theirs: dict[str, float]
) -> Iterator[tuple[str, str, float | None, float | None]]:
    """Family, key, our value and theirs; MIRP's column is the key and what was done."""
    found = measure_radiomics(case.image, case.mask, case.spacing, case.settings).values
    for key, value in found.items():
        name = features()[key]
        if key in FROM_OTHERS:
            continue
        at = [
            theirs[one] for one in theirs
            if one == key or (one.startswith(f"{key}_") and _rest(one[len(key) :]))
        ]  # fmt: skip
        yield name.family, key, value, at[0] if len(at) == 1 else None


def _rest(text: str) -> bool:
    """Whether what follows a key only says how it was computed: distance, way, bins."""
    known = ("_d1", "_2d", "_2.5d", "_3d", "_fbn", "_fbs", "_a0", "_s_mrg", "_v_mrg", "_avg")
    return text.startswith(known)


def relative(one: float, other: float) -> float:
    """Difference as a share of the larger; nothing below 1e-9 counts as a difference."""
    largest = max(abs(one), abs(other))
    return 0.0 if largest < 1e-9 else abs(one - other) / largest


def main(python: str, data: str | None = None, count: int = 12) -> None:
    """Print the largest difference of each family, and every feature that MIRP did not give."""
    cases = [*lesions(count), *blobs()]
    if data:
        cases += lungs(Path(data) / "cxr-kermany-224", count)
    theirs = by_mirp(cases, python)
    worst: dict[str, dict[str, tuple[float, str]]] = {}
    pairs, lacking = 0, set()
    for case in cases:
        for family, key, ours, mirp in differences(case, theirs[case.name]):
            if ours is None or mirp is None:
                lacking.add((key, ours is None, mirp is None))
                continue
            pairs += 1
            far = relative(ours, mirp)
            known = worst.setdefault(family, {}).get(key, (-1.0, ""))
            worst[family][key] = max(known, (far, f"{case.name}: {ours:.7g}, MIRP {mirp:.7g}"))
    print(f"{pairs:,} values in {len(cases)} regions")
    for family, keys in worst.items():
        key, (far, where) = max(keys.items(), key=lambda item: item[1][0])
        print(f"{family:22} {len(keys):3} features; largest {far:.0e} {key} ({where})")
        for one, (value, at) in keys.items():
            if value > 1e-6:
                print(f"    {one:28} {value:.1e}  {at}")
    for key, not_ours, not_mirp in sorted(lacking):
        print("not compared:", key, "ours not estimable" * not_ours, "none of MIRP" * not_mirp)


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:4]))
