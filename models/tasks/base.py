"""What every task gives: its output fields, how raw outputs become decisions, how good they are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import BoxedPicture
from imaging.clinical_course import ClinicalCourse
from measures.estimate import Estimate

NOT_RECORDED = "not recorded"
EVERY_DEGRADATION = ("noise", "blur", "gain", "motion", "compression", "rotation")
"""What can make an image worse, whatever is asked of it."""

Column = NDArray[Any]
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OutputField:
    """One number or answer that a prediction holds, with its unit and meaning."""

    name: str
    kind: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a network's raw output becomes a probability, and where yes begins.

    Probability = 1 / (1 + exp(-(slope * logit + intercept))); yes when it reaches
    ``operating_point``, a probability between 0 and 1. urgency: of a task that ranks by urgency
    the weight of each class by number, 0 for none of the findings.
    """

    slope: float
    intercept: float
    operating_point: float
    urgency: tuple[float, ...] = ()
    each: tuple["Calibration", ...] = ()
    """Of a task whose findings may be present together, that of each finding."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Scores (probabilities, shape (studies,)) and yes-or-no decisions of the same studies."""

    score: Numbers
    decision: Flags
    more: Mapping[str, Numbers] = field(default_factory=dict)
    """The further columns that the task asks for (:attr:`Task.columns`), by name."""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A group of studies of which nothing can be said: why, and how many they are."""

    reason: str
    n: int

    def of(self, measures: Iterable[str], subgroup: str) -> list[Estimate]:
        """Each measure of the group as 'not estimable', with the reason."""
        return [
            Estimate.not_estimable(measure, self.reason, n=self.n, subgroup=subgroup)
            for measure in measures
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What the device said beside the truth, one entry per study in every column.

    truth: 0/1, or the number of the class, 0 for none; score: probability; decision: 0/1;
    patient: pseudonyms, none empty. classes: their names by number, where the task has classes, 0
    for none of the findings. Where findings may be present together, truth is 1 where any is known
    to be present; which, and what is not known, says ``more["states"]``.
    subgroups: for each field (such as "sex") one label per study; "" where not recorded.
    more: the further columns that the task asks for (:attr:`Task.columns`), by name.

    Raises ValueError when a column has another length than ``truth``.
    """

    truth: Column
    score: Column
    decision: Column
    patient: Column
    subgroups: Mapping[str, Column] = field(default_factory=dict)
    more: Mapping[str, Column] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        own = {"score": self.score, "decision": self.decision, "patient": self.patient}
        for name, column in {**own, **self.subgroups, **self.more}.items():
            if len(column) != len(self.truth):
                raise ValueError(f"{name} has {len(column)} entries, truth has {len(self.truth)}")

    def __len__(self) -> int:
        return len(self.truth)

    def where(self, rows: Flags) -> "Outcomes":
        """The same columns for the chosen studies only (without their subgroups)."""
        truth, score, decision, patient = (
            np.asarray(column)[rows]
            for column in (self.truth, self.score, self.decision, self.patient)
        )
        more = {name: np.asarray(column)[rows] for name, column in self.more.items()}
        return Outcomes(truth, score, decision, patient, more=more, classes=self.classes)

    def groups(self, minimum_n: int) -> Iterator[tuple[str, "Outcomes | Unjudged"]]:
        """All studies, then each subgroup as 'field=label', fields in the order given.

        Of a group below ``minimum_n`` studies, of one without any, and of the studies whose value
        was not recorded only why nothing is said of them.
        """
        yield "all", self._judged(minimum_n)
        for name, labels in self.subgroups.items():
            found = np.asarray(labels).astype(str)
            for label in sorted(set(found.tolist()) - {"", NOT_RECORDED}):
                yield f"{name}={label}", self.where(found == label)._judged(minimum_n)
            missing = int(np.isin(found, ["", NOT_RECORDED]).sum())
            if missing:
                yield f"{name}={NOT_RECORDED}", Unjudged("the value is not recorded", missing)

    def _judged(self, minimum_n: int) -> "Outcomes | Unjudged":
        if len(self) >= max(minimum_n, 1):
            return self
        return Unjudged(f"fewer than {minimum_n} studies" if len(self) else "no study", len(self))


class Said(Protocol):
    """What a version said of one picture, as :class:`models.predict.PredictionFacts` holds it."""

    @property
    def outputs(self) -> Mapping[str, Any]:
        """What the task gives beside score and decision, by its field."""
        ...

    @property
    def mask(self) -> Flags | None:
        """The outline, shape of the picture; of a volume numbered by lesion."""
        ...

    @property
    def picture(self) -> NDArray[np.float32] | None:
        """The picture given back, shape of the one that came, 0 to 1."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of a picture beside the answer to it; a task takes from it what it needs.

    classes: their names by number. lesions: the true ones. mask: the true outline, bool, shape of
    the picture. spacing: mm between rows and between columns; None where it is not stated. course:
    the facts before the study and the follow-up after it. horizon: days by which an event is
    predicted. states: of each finding that may be present beside others, 1 present, 0 absent, -1
    not known. came, full_dose: the picture that was asked about and the same anatomy at full dose,
    (rows, columns) from 0 to 1. reader_threshold: of the fixed reader of the two.
    """

    classes: tuple[str, ...] = ()
    lesions: BoxedPicture | None = None
    mask: Flags | None = None
    spacing: tuple[float, float] | None = None
    course: ClinicalCourse | None = None
    horizon: float | None = None
    states: tuple[int, ...] = ()
    came: NDArray[np.float32] | None = None
    full_dose: NDArray[np.float32] | None = None
    reader_threshold: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """A share of studies that may differ between groups: right, of those that are counted."""

    measure: str
    counted: Flags
    right: Flags


@dataclass(frozen=True, slots=True)
class Failure:
    """A study in which the device failed: its place, how badly (value, and of what), and words."""

    at: int
    value: float
    measure: str
    words: str = ""


class Task(Protocol):
    """A kind of question: predictions in, estimates out; no network, no records."""

    @property
    def name(self) -> str:
        """The word used under ``task.kind`` in a device definition."""
        ...

    @property
    def fields(self) -> tuple[OutputField, ...]:
        """What one prediction of this task holds."""
        ...

    @property
    def watched(self) -> tuple[str, ...]:
        """Names of the fields whose distribution is worth a control chart."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of what :meth:`estimates` needs of a study beside truth, score and decision."""
        ...

    @property
    def two_classes(self) -> bool:
        """Whether truth and decision are present or absent, so that a two-by-two table exists."""
        ...

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures that :meth:`estimates` gives, in order."""
        ...

    @property
    def main_measure(self) -> str:
        """The measure that stands for the others where there is room for one."""
        ...

    @property
    def followed(self) -> tuple[str, ...]:
        """The measures that tell how the figures fall as images get worse, the main one first."""
        ...

    @property
    def headline(self) -> tuple[str, ...]:
        """The few measures that a summary prints, the main one first."""
        ...

    @property
    def truth_forms(self) -> tuple[str, ...]:
        """The forms in which the truth says more than which finding is there, by the words of
        :mod:`records.cases`: outline, boxes, full-dose picture, course; none of most tasks."""
        ...

    @property
    def degraded_by(self) -> tuple[str, ...]:
        """The degradations (:mod:`imaging.degradations`) that a validation tries on images."""
        ...

    @property
    def not_operated(self) -> str:
        """Why no version of this task runs at a site: its life ends at a signed validation report.
        '' where versions run, are watched and are returned to care."""
        ...

    @property
    def gives_maps(self) -> bool:
        """Whether a network of our own answers with maps of the picture, not a number a class."""
        ...

    @property
    def averaged(self) -> bool:
        """Whether raw outputs have a mean probability (:mod:`models.networks.ensemble`)."""
        ...

    @property
    def reads_outline(self) -> bool:
        """Whether a prediction needs the outline of a region beside the picture."""
        ...

    @property
    def not_asked(self) -> Mapping[str, str]:
        """Parts of a validation that make no sense for the task, each with the reason."""
        ...

    def decode(self, logit: Column, calibration: Calibration) -> Decoded:
        """Raw network outputs, shape (studies,) or (studies, classes), as scores and decisions."""
        ...

    def estimates(
        self,
        outcomes: Outcomes,
        *,
        level: float = 0.95,
        minimum_n: int = 20,
    ) -> list[Estimate]:
        """Every measure for all studies and for each subgroup, each with n and interval."""
        ...

    def answered(self, said: Said, known: Known) -> dict[str, Any]:
        """Of one study what :meth:`estimates` needs for :attr:`followed`, by name of the column."""
        ...

    def paired(
        self, first: Outcomes, second: Outcomes, *, level: float = 0.95
    ) -> list[Estimate]:
        """How much better the first answers to the same studies are than the second, in the same
        order: differences, that of :attr:`main_measure` first."""
        ...

    def apart(self, first: Outcomes, second: Outcomes, *, level: float = 0.95) -> Estimate:
        """The main measure on some studies less that on others, of other patients."""
        ...

    def cut(self, outcomes: Outcomes) -> Column | None:
        """Of each study the number that the operating point cuts; None where it cuts none."""
        ...

    def shares(self, outcomes: Outcomes) -> tuple[Share, ...]:
        """The shares by which groups of patients are held against each other."""
        ...

    def further(self, outcomes: Outcomes) -> list[Estimate]:
        """What a validation tells beside :meth:`estimates`; outcomes: one study a patient."""
        ...

    def failures(self, outcomes: Outcomes, most: int) -> dict[str, list[Failure]]:
        """By kind, the studies in which the device failed most, the worst first."""
        ...
