"""Which simulated studies a device can be shown with: its patients, and how their truth is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from imaging.sources.base import SimulatedStudy, StudyPlan
from imaging.sources.cases import PNEUMONIA, PNEUMOTHORAX
from imaging.sources.ct_studies import CtOrder, simulate_ct
from imaging.sources.dose_pairs import write_pairs
from imaging.sources.knobs import NEUTRAL, Knobs
from imaging.sources.simulated_boxes import BOXES, simulated_boxes
from imaging.sources.simulated_courses import FACTS, write_followed_set
from imaging.sources.simulated_outlines import write_outlined_set
from imaging.sources.sites import DEVELOPMENT_SITES, EXTERNAL_SITE
from records.definition import TaskDefinition
from records.errors import InvalidInput
from records.finding_states import states_text

_One = TypeVar("_One")


@dataclass(frozen=True)
class Scale:
    """How long and how large a demonstration is.

    days: of operation. change_day: the day, counted from 1, on which one site's detector gets new
    software. development_per_site, daily_per_site: simulated studies.
    """

    days: int = 60
    change_day: int = 35
    development_per_site: int = 560
    daily_per_site: int = 20


@dataclass(frozen=True)
class Subject:
    """The studies of one device.

    knobs: how its patients differ from the usual ones. outlined: the truth is an outline of the
    lungs. scale: how many studies are enough to train, release and watch it.
    """

    patients: str
    knobs: Knobs = NEUTRAL
    outlined: bool = False
    scale: Scale = field(default_factory=Scale)

    @property
    def description(self) -> str:
        """Where the studies come from, in a line."""
        return f"simulated radiographs (DX) of three sites{self.patients}"

    def planned(self, plans: list[StudyPlan]) -> list[StudyPlan]:
        """The same plans, with the outlines asked for where the truth is one."""
        return [replace(one, outlined=True) for one in plans] if self.outlined else plans


SUBJECTS: Final[Mapping[str, Subject]] = MappingProxyType({
    "chest-radiograph-pneumonia": Subject(""),
    "lung-fields": Subject(
        ": children of 1 to 5 years, with the true outlines of their lungs",
        Knobs(children=True), outlined=True,
        scale=Scale(development_per_site=300, daily_per_site=12),
    ),
    "chest-triage": Subject(
        ": adults, some with a pneumothorax", Knobs(prevalence=0.16, pneumothorax=0.16)
    ),
    "chest-findings": Subject(
        ": adults, some with pneumonia, some with a pneumothorax, some with both",
        Knobs(prevalence=0.22, pneumothorax=0.20, together=True),
    ),
})
"""By the name of the device that comes with Radvigil; others are shown with real images."""


@dataclass(frozen=True)
class TableSubject:
    """The studies of a device whose truth a list of findings cannot hold, and which is not
    operated: a folder with a table, which is taken in as anybody's is.

    write: writes so many studies of each site below a folder, from a seed. beside: by the name that
    :class:`imaging.sources.columns.ColumnMapping` has for it, a second table in that folder.
    """

    patients: str
    write: Callable[[Path, int, int], object]
    scale: Scale
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def description(self) -> str:
        """Where the studies come from, in a line."""
        return f"simulated radiographs of three sites{self.patients}"

    def columns(self, folder: Path) -> dict[str, Any]:
        """How the table in a folder is read."""
        return {name: folder / file for name, file in self.beside.items()}


@dataclass(frozen=True)
class SeriesSubject:
    """The studies of a device that reads series and is not operated: files of each site, and a
    truth list that names their outlines.

    write: writes so many studies of each site, and as many as told of the second institution, below
    a folder, from a seed, the list as ``truth.csv``.
    """

    patients: str
    write: Callable[[Path, int, int], object]
    scale: Scale

    @property
    def description(self) -> str:
        """Where the studies come from, in a line."""
        return f"simulated CT series of three sites{self.patients}"


def _series(folder: Path, seed: int, per_site: int) -> None:
    orders = [
        CtOrder(seed, site, per_site // 3 if site == EXTERNAL_SITE else per_site)
        for site in DEVELOPMENT_SITES
    ]
    simulate_ct(orders, folder)


def _boxed(folder: Path, seed: int, per_site: int) -> None:
    simulated_boxes(folder, per_site=per_site, seed=seed, held_out=True).write(folder)


TABLE_SUBJECTS: Final[Mapping[str, TableSubject]] = MappingProxyType({
    "pneumonia-opacities": TableSubject(
        ": adults, each opacity in a box", _boxed, Scale(0, 0, 280, 0), {"boxes": BOXES}
    ),
    "chest-prognosis": TableSubject(
        ": adults, with clinical facts and follow-up",
        lambda folder, seed, per_site: write_followed_set(folder, per_site=per_site, seed=seed),
        Scale(0, 0, 500, 0), {"facts": FACTS},
    ),
    "pneumonia-lung-radiomics": TableSubject(
        ": adults, with the true outlines of their lungs",
        lambda folder, seed, per_site: write_outlined_set(folder, per_site=per_site, seed=seed),
        Scale(0, 0, 300, 0),
    ),
    "low-dose-chest": TableSubject(
        ": each chest exposed twice, at full dose and at 5 to 25 % of it, half with nodules",
        lambda folder, seed, per_site: write_pairs(
            folder, seed=seed, per_site=per_site, fractions=(0.05, 0.25)
        ),
        Scale(0, 0, 160, 0),
    ),
})  # fmt: skip
"""By the name of the device that comes with Radvigil and ends at a signed validation report."""


SERIES_SUBJECTS: Final[Mapping[str, SeriesSubject]] = MappingProxyType({
    "chest-ct-nodule": SeriesSubject(
        ": chests with none to four nodules, each outlined", _series, Scale(0, 0, 120, 0)
    ),
})
"""The same, of devices that read series."""


def subject_of(device: str) -> Subject:
    """The simulated studies of a device that is operated.

    Raises:
        InvalidInput: There are none for it; the devices that have some are named.
    """
    return _known(SUBJECTS, device)


def reported_subject_of(device: str) -> TableSubject | SeriesSubject:
    """The simulated studies of a device that is not operated.

    Raises:
        InvalidInput: There are none for it; the devices that have some are named.
    """
    every: Mapping[str, TableSubject | SeriesSubject] = {**TABLE_SUBJECTS, **SERIES_SUBJECTS}
    return _known(every, device)


def _known(subjects: Mapping[str, _One], device: str) -> _One:
    if device not in subjects:
        names = sorted({*SUBJECTS, *TABLE_SUBJECTS, *SERIES_SUBJECTS})
        raise InvalidInput(
            f"There are no simulated studies for the device '{device}'.",
            hint=f"Name real images with --data; simulated ones: {', '.join(names)}.",
        )
    return subjects[device]


def named_truth(study: SimulatedStudy, task: TaskDefinition) -> SimulatedStudy:
    """The study with its truth in the words of the device: which of its classes it is, or which of
    its findings it shows.

    Raises:
        InvalidInput: It shows what is no class of the device.
    """
    if study.truth is None or not task.classes:
        return study
    none, *findings = task.classes
    name = states_text([int(one in study.findings) for one in findings], findings, none)
    if not set(study.findings) <= set(findings):
        raise InvalidInput(
            f"The simulator draws {PNEUMONIA} and {PNEUMOTHORAX}; a device of its studies needs "
            f"the classes that they show, not {', '.join(task.classes[1:])}.",
        )
    return replace(study, truth=replace(study.truth, class_name=name))
