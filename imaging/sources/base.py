"""What every source of studies speaks: plans, written studies, their truth, and refusals."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from imaging.sources.knobs import NEUTRAL, Knobs
from records.errors import InvalidInput
from records.reference_kinds import FINAL


class SourceRefused(InvalidInput):
    """An input that cannot be read as it stands; the text says where and what to do."""

    def __init__(self, what: str, *, where: str, hint: str) -> None:
        super().__init__(f"{where}: {what}.", hint=f"{hint}.")
        self.what = what
        self.where = where


class Phase(StrEnum):
    """Whether a study was collected to make the model, or arrives while it is in use."""

    DEVELOPMENT = "development"
    OPERATION = "operation"


class Defect(StrEnum):
    """What is wrong with a file that the gate must turn away."""

    TRUNCATED = "truncated"
    NOT_DICOM = "not_dicom"
    LATERAL = "lateral"
    WRONG_BODY_PART = "wrong_body_part"
    EMPTY_PIXELS = "empty_pixels"


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """One study that the simulator is to write; everything about it follows from these facts.

    ``day_index`` counts days of operation from 0 and is -1 in development.
    ``pixels`` is the side of the square image, at least 128. ``knobs``: what a drill turned.
    ``outlined``: the true outline of the lungs is written beside the file.
    """

    seed: int
    site: str
    phase: Phase
    day: date
    day_index: int
    index: int
    degraded: bool = False
    defect: Defect | None = None
    pixels: int = 160
    knobs: Knobs = NEUTRAL
    outlined: bool = False

    def __post_init__(self) -> None:
        if self.pixels < 128:
            raise SourceRefused(
                f"an image side of {self.pixels} pixels is too small",
                where=f"plan {self.site}/{self.index}",
                hint="Ask for at least 128 pixels",
            )


@dataclass(frozen=True, slots=True)
class TruthRow:
    """The truth about one study, and the number of days until a site would know it.

    ``delay_days`` is None where the truth never arrives. ``study_uid`` is the original UID,
    as the site's own systems know it. ``class_name``: which of several exclusive classes it is,
    or which findings are present or not known (:mod:`records.finding_states`), where the list says
    so. ``outline``: the PNG of the true mask, seen from the list's folder. ``kind``, ``state``: as
    the list says (:mod:`records.reference_kinds`); of a list that says no kind, the source's name
    where it is one. ``evidence``: the record or file that it was read from. ``line``:
    where it stands in the list.
    """

    study_uid: str
    site: str
    study_date: date
    finding: int
    source: str
    readers: tuple[str, ...]
    delay_days: int | None
    class_name: str = ""
    outline: str = ""
    kind: str = ""
    state: str = FINAL
    evidence: str = ""
    line: int = field(default=0, compare=False)

    @property
    def known_on(self) -> date | None:
        """First day on which the site knows the truth, or None if it never does."""
        if self.delay_days is None:
            return None
        return self.study_date + timedelta(days=self.delay_days)


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """What one clinician said about a study before seeing any output of the device."""

    study_uid: str
    reader: str
    finding: int


@dataclass(frozen=True, slots=True)
class SimulatedStudy:
    """A file that the simulator wrote, with the truth that only the simulator knows.

    ``truth`` and ``reading`` are None for a defective file: nobody could read it.
    ``subtlety`` is "obvious", "moderate", "subtle" or "none" (no finding). ``findings``: all that
    it shows.
    """

    path: Path
    site: str
    phase: Phase
    day: date
    study_uid: str
    truth: TruthRow | None
    reading: ReaderRow | None
    subtlety: str = "none"
    findings: tuple[str, ...] = ()
    defect: Defect | None = None
