"""Chest CT studies of simulated hospitals with known nodules, as a site would hand them over.

Below a folder: each site's series, a file a slice; ``truth.csv``, which study shows nodules; and
``outlines``, a DICOM segmentation of the nodules of each study that has some.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from imaging.pixels import read_file
from imaging.sources.base import SourceRefused, TruthRow
from imaging.sources.lesion_outlines import write_outlines
from imaging.sources.slices import CtPlan, CtStudy, uid_of, write_ct
from imaging.sources.truth import write_truth_csv

FINDING: Final = "pulmonary nodule"
OUTLINES, TRUTH = "outlines", "truth.csv"
MOST_NODULES: Final = 4
_SHARES: Final = (0.25, 0.30, 0.25, 0.12, 0.08)  # of studies with 0, 1, ... nodules
_RADIUS_MM: Final = (4.0, 13.0)
SCANNERS: Final[dict[str, dict[str, Any]]] = {
    "northfield": {"kernel": "standard", "dose_mgy": 4.0, "thickness_mm": 4.0},
    "eastbrook": {"kernel": "sharp", "dose_mgy": 8.0, "thickness_mm": 4.0},
    "westhaven": {"kernel": "standard", "dose_mgy": 1.5, "thickness_mm": 3.0, "interval_mm": 3.0},
}
"""How each hospital scans; westhaven, low dose and thin slices, is the second institution."""
_LOG_GROWTH: Final = (-0.7, 1.1)  # log of times the volume between visits: a half to three times
_STABLE: Final = 0.5  # of nodules


@dataclass(frozen=True, slots=True)
class CtOrder:
    """How many studies to make of one site: ``patients``, each scanned at ``visits`` visits half a
    year apart and ``takes`` times at each. Slices and pixels as in :class:`CtPlan`.

    Raises SourceRefused for a site that is not known, and for less than one of anything.
    """

    seed: int
    site: str
    patients: int
    visits: int = 1
    takes: int = 1
    slices: int = 48
    pixels: int = 160

    def __post_init__(self) -> None:
        if self.site not in SCANNERS:
            raise SourceRefused(
                f"unknown site {self.site!r}", where="order of CT studies",
                hint=f"Known: {', '.join(SCANNERS)}",
            )
        if min(self.patients, self.visits, self.takes) < 1:
            raise SourceRefused(
                f"{self.patients} patients, {self.visits} visits, {self.takes} takes",
                where="order of CT studies", hint="Ask for at least one of each",
            )

    @property
    def count(self) -> int:
        """How many studies that makes."""
        return self.patients * self.visits * self.takes


@dataclass(frozen=True, slots=True)
class _Known:
    truth: TruthRow
    reading: None = None


def plans_of(order: CtOrder) -> Iterator[CtPlan]:
    """The plan of each study, patient by patient."""
    for index in range(order.patients):
        site = list(SCANNERS).index(order.site)
        rng = np.random.default_rng(np.random.SeedSequence([order.seed, 11, site, index]))
        count = int(rng.choice(MOST_NODULES + 1, p=_SHARES))
        rates = np.exp(rng.uniform(*_LOG_GROWTH, MOST_NODULES))
        rates[rng.random(MOST_NODULES) < _STABLE] = 1.0
        for visit in range(order.visits):
            growth = tuple((rates[:count] ** visit).tolist())
            for take in range(order.takes):
                yield CtPlan(
                    order.seed, index, lesions=count, slices=order.slices, pixels=order.pixels,
                    radius_mm=_RADIUS_MM, contrast_hu=float(rng.normal(880.0, 20.0)), take=take,
                    visit=visit, growth=growth, site=order.site, **SCANNERS[order.site],
                )


def simulate_ct(
    orders: list[CtOrder], folder: Path, *, progress: Callable[[int], None] | None = None
) -> int:
    """Write the studies of all orders and their truth below ``folder``; how many there are.

    progress: told of each study when it is done. The same orders give the same bytes. Raises
    SourceRefused where a truth list lies there already: it names studies that another call made.
    """
    if (folder / TRUTH).exists():
        raise SourceRefused(
            f"there is a {TRUTH} already", where=str(folder), hint="Name an empty folder"
        )
    (folder / OUTLINES).mkdir(parents=True, exist_ok=True)
    known: list[_Known] = []
    for plan in (plan for order in orders for plan in plans_of(order)):
        place = folder / plan.site / f"{plan.index:05d}-{plan.visit}-{plan.take}"
        known.append(_Known(_truth(plan, write_ct(plan, place), folder)))
        if progress is not None:
            progress(1)
    write_truth_csv(known, folder / TRUTH)
    return len(known)


def _truth(plan: CtPlan, study: CtStudy, folder: Path) -> TruthRow:
    lesions, name = study.volume.lesions, ""
    if lesions.any():
        name = f"{OUTLINES}/{uid_of(plan, 'outlines')[5:]}.dcm"
        write_outlines(
            [read_file(path) for path in study.paths], lesions, folder / name, finding=FINDING,
            uids={
                "series": uid_of(plan, "outlines series"), "instance": uid_of(plan, "outlines"),
                "dimensions": uid_of(plan, "outlines dimensions"),
            },
            day=plan.day,
        )
    return TruthRow(
        study.study_uid, plan.site, plan.day, int(lesions.any()), "simulation", ("simulator",), 1,
        outline=name,
    )
