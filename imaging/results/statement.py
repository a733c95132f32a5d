"""What a result says about itself, whatever its form: what read, how, and with which limits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from imaging.boxes import Box
from records.cases import FindingSaid, Prediction, findings_in, named_in, ranked
from records.clock import is_demonstration
from records.counting import counted
from records.definition import DeviceDefinition
from records.errors import Refused
from records.held_definition import definition_of
from records.product import Device, ModelVersion

FOR_REVIEW: Final = "For review by a physician. Not a diagnosis."
DEMONSTRATION: Final = "DEMONSTRATION"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that is shown: its box in the image that was read, and how likely it is a lesion."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Lesion:
    """A lesion outlined in a volume: its size, and the probability of its likeliest voxel."""

    volume_ml: float
    longest_mm: float
    score: float


@dataclass(frozen=True, slots=True)
class Statement:
    """One reading of a study by one version of the device.

    score: probability of the finding, 0 to 1; decision: score at or above the operating point;
    version: the digest of the ModelVersion; limits: sentences of the device's definition;
    explained: how its heat maps were made and what they do not say, in lines of 70 letters or less.
    classes: the probability of each, likeliest first, where the device tells several apart, and
    the one that is named; score and decision speak of any finding against none then. findings: what
    is said of each that may be present beside others, the first in rank first. urgent: the
    device ranks by urgency, which the score is.
    regions: of a device that marks lesions, the marks at or above the operating point, best first;
    they are of the one image that was read. None of a device that marks none.
    lesions: of a device that outlines lesions in a volume, each of them, by its number in the
    masks; None of any other.
    enhanced: the device gives a picture back; score is the noise of the one that came, and decision
    says that it is more than the device was made for.
    """

    trade_name: str
    manufacturer: str
    finding: str
    model: str
    version: str
    operating_point: float
    score: float
    decision: bool
    limits: tuple[str, ...]
    read_at: datetime
    demonstration: bool
    explained: tuple[str, ...] = ()
    named: str = ""
    classes: tuple[tuple[str, float], ...] = ()
    urgent: bool = False
    regions: tuple[Mark, ...] | None = None
    enhanced: bool = False
    findings: tuple[FindingSaid, ...] = ()
    lesions: tuple[Lesion, ...] | None = None

    @property
    def model_version(self) -> str:
        """The version as a physician reads it: name of the model and the start of its digest.

        At most 64 characters, as the attributes that hold it allow (LO).
        """
        return f"{self.model[:40]} {self.version[:12]}"

    @property
    def answer(self) -> str:
        """The answer in one line."""
        if self.enhanced:
            side = "above" if self.decision else "inside"
            return (
                f"enhanced image; noise of the image as it came {self.score:.4f} of the grey "
                f"range, {side} the declared range, which ends at {self.operating_point:.4f}"
            )
        if self.findings:
            each = "; ".join(one.words for one in self.findings)
            return f"{self.finding}: {self.named}; probabilities: {each}"
        if self.classes:
            ranked = ", ".join(f"{name} {chance:.3f}" for name, chance in self.classes)
            if self.urgent:
                side = "at or above" if self.decision else "below"
                return (
                    f"{self.finding}: urgency {self.score:.3f}, {side} the operating point "
                    f"{self.operating_point:.3f}; {self.named}; probabilities {ranked}"
                )
            return f"{self.finding}: {self.named}; probabilities {ranked}"
        if self.regions is not None:
            count = counted(len(self.regions), "mark")
            return (
                f"{self.finding}: {count} at or above the operating point "
                f"{self.operating_point:.3f}; highest probability of a mark {self.score:.3f}"
            )
        if self.lesions is not None:
            each = "; ".join(
                f"{number}: {one.volume_ml:.2f} ml, longest diameter {one.longest_mm:.0f} mm"
                for number, one in enumerate(self.lesions, start=1)
            )
            return f"{self.finding}: {len(self.lesions)} outlined{'; ' if each else ''}{each}"
        side = "at or above" if self.decision else "below"
        return (
            f"{self.finding}: probability {self.score:.3f}, {side} the operating point "
            f"{self.operating_point:.3f}"
        )

    @property
    def operating(self) -> str:
        """What the operating point is, as a parameter of the algorithm."""
        if self.urgent:
            return f"urgency {self.operating_point:.6g}"
        if self.findings:
            return "probability " + ", ".join(
                f"of {one.finding} {one.operating_point:.6g}" for one in self.findings
            )
        if self.classes:
            return f"share {self.operating_point:.6g} of the likeliest finding against none"
        of = " of a mark" if self.regions is not None else ""
        of = " of a voxel" if self.lesions is not None else of
        return f"probability{of} {self.operating_point:.6g}"

    @property
    def marks(self) -> tuple[str, ...]:
        """What must stand on everything that is shown to a reader, most important first."""
        return (*((DEMONSTRATION,) if self.demonstration else ()), FOR_REVIEW)

    @property
    def comment(self) -> str:
        """All of it in one paragraph, for an object that has one field for text."""
        return " ".join((*self.marks, f"{self.answer}.", f"{self.model_version}.", *self.limits))


def statement_of(reader: Session, prediction: Prediction) -> Statement:
    """What is to be said of a prediction, from the records.

    Raises:
        Refused: The version that made it was never released, or it enhances images.
    """
    version = reader.get_one(ModelVersion, prediction.model_version_id)
    if version.status not in ("released", "retired"):
        raise Refused(
            f"{version.label} is '{version.status}': its readings are no results for care.",
            hint="Results are made of what a released version says.",
        )
    definition = definition_of(reader.get_one(Device, version.device_id))
    if definition.task.kind == "enhancement":
        raise Refused(
            f"{definition.name} enhances images and reads none: it has no result to return.",
            hint="Its images are written by 'radvigil model predict --enhanced'.",
        )
    return Statement(
        trade_name=definition.trade_name, manufacturer=definition.manufacturer.name,
        finding=definition.task.finding, model=version.name, version=version.version_digest,
        operating_point=version.own_operating_point, score=prediction.own_score,
        decision=prediction.decision,
        limits=limits_of(definition),
        read_at=prediction.predicted_at, demonstration=is_demonstration(reader),
        named=named_in(prediction, definition.task.classes),
        classes=tuple(ranked(prediction)) if definition.task.classes else (),
        urgent=definition.task.kind == "triage", findings=findings_in(prediction),
        regions=_regions(prediction) if definition.task.kind == "detection" else None,
        lesions=_lesions(prediction) if definition.volume else None,
    )  # fmt: skip


def _regions(prediction: Prediction) -> tuple[Mark, ...]:
    return tuple(
        Mark(Box(one["x"], one["y"], one["width"], one["height"]), one["score"])
        for one in prediction.outputs.get("marks", []) if one["shown"]
    )


def _lesions(prediction: Prediction) -> tuple[Lesion, ...]:
    return tuple(
        Lesion(one["volume_ml"], one["longest_mm"], one["score"])
        for one in prediction.outputs.get("each", [])
    )


def limits_of(definition: DeviceDefinition) -> tuple[str, ...]:
    """What the device is for and what it is not for, in sentences."""
    return (
        definition.intended_purpose,
        *(f"Not for: {one}." for one in definition.contraindications),
    )
