"""Which simulated studies a device can be shown with: its patients, and how their truth is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from imaging.sources.base import SimulatedStudy, StudyPlan
from imaging.sources.cases import PNEUMONIA, PNEUMOTHORAX
from imaging.sources.knobs import NEUTRAL, Knobs
from records.definition import TaskDefinition
from records.errors import InvalidInput
from records.finding_states import states_text


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


def subject_of(device: str) -> Subject:
    """The simulated studies of a device.

    Raises:
        InvalidInput: There are none for it; the devices that have some are named.
    """
    if device not in SUBJECTS:
        raise InvalidInput(
            f"There are no simulated studies for the device '{device}'.",
            hint=f"Name real images with --data; simulated ones: {', '.join(sorted(SUBJECTS))}.",
        )
    return SUBJECTS[device]


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
