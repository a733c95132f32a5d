"""Radiomic features by MIRP, an independent implementation: cases in, its numbers out.

    MIRP_PYTHON benchmarks/radiomics_mirp.py CASES.npz FOUND.json

Run by :mod:`benchmarks.radiomics` with the interpreter of an environment of its own that holds mirp
(``pip install mirp``); it imports nothing of Radvigil.
"""

import importlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np


def main(cases: str, found: str) -> None:
    """A mapping of MIRP's column names to values for each case, by the case's name."""
    mirp: Any = importlib.import_module("mirp")
    with np.load(cases) as stored, tempfile.TemporaryDirectory() as folder:
        orders = json.loads(str(stored["orders"]))
        rows = {
            name: _features(mirp, Path(folder), stored[f"{name}/image"], stored[f"{name}/mask"],
                            order)
            for name, order in orders.items()
        }  # fmt: skip
    Path(found).write_text(json.dumps(rows), encoding="utf-8")


def _features(mirp: Any, folder: Path, image: Any, mask: Any, order: dict[str, Any]) -> Any:
    paths = [str(folder / "image.nrrd"), str(folder / "mask.nrrd")]
    for path, array in zip(paths, (image, mask.astype(np.uint8)), strict=True):
        _write(path, array, order["spacing"])
    tables = mirp.extract_features(
        image=paths[0], mask=paths[1], base_feature_families="all", anti_aliasing=False,
        no_approximation=True, **order["mirp"],
    )  # fmt: skip
    row = tables[0].iloc[0]
    found = {
        column: float(value)
        for column, value in row.items()
        if isinstance(value, int | float | np.number) and np.isfinite(value)
    }
    return found | (_flat_shape(mask[0], order["spacing"][1:]) if order["mirp"]["by_slice"] else {})


def _flat_shape(mask: Any, spacing: list[float]) -> dict[str, float]:
    """What MIRP has not: the shape of a picture's mask, by scikit-image (which MIRP brings)."""
    measure: Any = importlib.import_module("skimage.measure")
    outlines = [
        one * spacing
        for one in measure.find_contours(np.pad(mask, 1).astype(float), 0.5, fully_connected="high")
    ]
    steps = [(one[:-1], one[1:]) for one in outlines]
    points = np.concatenate(outlines)
    major, minor = _axes(measure, mask, spacing)
    return {
        "shape2d_area": abs(sum(
            float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / 2 for a, b in steps
        )),
        "shape2d_perimeter": sum(
            float(np.linalg.norm(b - a, axis=1).sum()) for a, b in steps
        ),
        "shape2d_diameter": max(
            float(np.linalg.norm(points - one, axis=1).max()) for one in points
        ),
        "shape2d_major_axis": major,
        "shape2d_minor_axis": minor,
    }  # fmt: skip


def _axes(measure: Any, mask: Any, spacing: list[float]) -> tuple[float, float]:
    """Four standard deviations along the principal axes, from scikit-image's central moments."""
    moments = measure.moments_central(mask.astype(float), spacing=spacing, order=2)
    n = mask.sum() - 1
    spread = np.array([[moments[2, 0], moments[1, 1]], [moments[1, 1], moments[0, 2]]])
    least, most = np.linalg.eigvalsh(spread / (moments[0, 0] / mask.sum()) / n)
    return float(4 * np.sqrt(most)), float(4 * np.sqrt(least))


def _write(path: str, array: Any, spacing: list[float]) -> None:
    itk: Any = importlib.import_module("itk")
    stored = itk.image_from_array(np.ascontiguousarray(array))
    stored.SetSpacing(spacing[::-1])  # itk counts columns, rows, slices
    itk.imwrite(stored, path)


if __name__ == "__main__":
    main(*sys.argv[1:])
