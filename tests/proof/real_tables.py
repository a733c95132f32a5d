"""Tables of the real data sets as a hospital would export them: facts in order, dealt over days.

The data sets have no clock of their own (or a shifted one), so studies are dealt over days in the
order that a shift needs. Pictures are measured by :mod:`measures.image_quality`. Nothing is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imaging.sources.pictures import read_grey
from measures.image_quality import clipping, quality

REFERENCE_STARTS = "2025-01-06"
WATCH_STARTS = "2026-01-05"


def dealt(frame: pd.DataFrame, start: str, *, a_day: int) -> pd.DataFrame:
    """The rows in their order, so many a day over its 24 hours; no day in part."""
    frame = frame.iloc[: len(frame) // a_day * a_day]
    at = np.arange(len(frame)) * (86_400 / a_day)
    time = pd.Timestamp(start) + pd.to_timedelta(at.astype(np.int64), unit="s")
    return frame.reset_index(drop=True).assign(time=time)


def shuffled(frame: pd.DataFrame, seed: int, *, by: str = "") -> pd.DataFrame:
    """The rows in random order; all rows of one value of `by` stay together."""
    rng = np.random.default_rng(seed)
    if not by:
        return frame.iloc[rng.permutation(len(frame))]
    codes, levels = pd.factorize(frame[by])
    return frame.iloc[np.argsort(rng.permutation(len(levels))[codes], kind="stable")]


def resized(picture: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """The picture as a square of so many pixels (Lanczos), between 0 and 1."""
    from PIL import Image

    kept = Image.fromarray(picture.astype(np.float32))
    made = kept.resize((side, side), Image.Resampling.LANCZOS)
    return np.clip(np.asarray(made, np.float32), 0.0, 1.0)


def measured(
    folder: Path, files: Sequence[str], *, side: int, through: int = 0
) -> pd.DataFrame:
    """The product's picture facts of each file at one size; `through`: made as small first."""
    rows = []
    for file in files:
        picture = read_grey(folder / file, where=file).astype(np.float32)
        if picture.max() > 1.0:
            picture = picture / 255.0
        if through:
            picture = resized(picture, through)
        picture = resized(picture, side)
        rows.append(quality(picture) | {"clipping": clipping(picture)})
    return pd.DataFrame(rows)


@cache
def pictures(
    folder: Path, *, side: int, most: int = 0, through: int = 0, seed: int = 0
) -> pd.DataFrame:
    """A data set's pictures as facts, a random part where `most` says how many."""
    listed = pd.read_csv(folder / "manifest.csv")
    if most and most < len(listed):
        listed = listed.sample(most, random_state=seed).sort_index()
    kept = [one for one in ("patient_id", "follow_up", "age", "sex", "view") if one in listed]
    facts = measured(folder, listed["file"].tolist(), side=side, through=through)
    listed = listed[kept].reset_index(drop=True).rename(columns={"patient_id": "patient"})
    return pd.concat([listed, facts], axis=1)


def nih_entries(data: Path) -> pd.DataFrame:
    """The entries of NIH ChestX-ray14 with what a header would say."""
    frame = pd.read_parquet(data / "tables" / "nih_cxr14_entries.parquet")
    frame = frame.rename(columns={"patient_id": "patient", "orig_width": "columns",
                                  "orig_height": "rows", "spacing_x": "pixel_spacing"})  # fmt: skip
    frame[["sex", "view"]] = frame[["sex", "view"]].astype(str)
    return frame[["patient", "follow_up", "age", "sex", "view", "rows", "columns", "pixel_spacing"]]


def idc_series(data: Path) -> pd.DataFrame:
    """The series of the Imaging Data Commons, dirt and all, in their order of arrival."""
    frame = pd.read_parquet(data / "tables" / "idc_series.parquet")
    names = ["modality", "manufacturer", "body_part", "sex", "photometric", "transfer_syntax"]
    frame[names] = frame[names].astype(object).where(frame[names].notna(), None)
    kept = ["idc_version_added", "patient", "study", *names, "age_years", "n_instances"]
    return frame[kept].sort_values("idc_version_added", kind="stable")
