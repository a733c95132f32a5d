"""How a model is made: the content of ``params.yaml``, read once, checked, and frozen."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from models.tasks import MultilabelTask, task_named
from records.errors import InvalidInput
from records.radiomics_rules import RadiomicsRules, why_no_radiomics

_Section = TypeVar("_Section")

RULES = (
    "declared_range", "dice", "false_positives", "fixed_sensitivity", "likeliest", "prevalence",
    "youden",
)  # fmt: skip
"""How a device may declare that its decision threshold is chosen; see models.calibrate."""

LINEAR = "linear"
"""Named under ``fit.network`` of a task without a network: logistic regression on features."""

# A parameter that older model versions do not name: its default is how they were made.
_LATER = MappingProxyType({"later": True})


@dataclass(frozen=True, slots=True)
class DecodeParams:
    """Side of the network's input in pixels, and how many processes decode."""

    input_size: int = 64
    processes: int = 2

    def __post_init__(self) -> None:
        if self.input_size < 16 or self.processes < 1:
            raise InvalidInput("decode: input_size is at least 16 and processes at least 1")


@dataclass(frozen=True, slots=True)
class FitParams:
    """Network, length of training and augmentation; ``params.yaml`` explains each."""

    network: str = "residual"
    width: int = 16
    image_passes: int = 12000
    min_epochs: int = 8
    max_epochs: int = 16
    batch_size: int = 32
    learning_rate: float = 0.004
    weight_decay: float = 0.02
    label_smoothing: float = 0.04
    flip: float = 0.0
    shift: float = 0.08
    contrast: float = 0.2
    brightness: float = 0.1
    rotation: float = field(default=0.0, metadata=_LATER)
    scale: float = field(default=0.0, metadata=_LATER)
    shear: float = field(default=0.0, metadata=_LATER)
    gamma: float = field(default=0.0, metadata=_LATER)
    balanced: bool = field(default=False, metadata=_LATER)
    ensemble: int = field(default=1, metadata=_LATER)
    test_time_augmentation: bool = field(default=False, metadata=_LATER)
    encoder: str = field(default="", metadata=_LATER)
    fact_dropout: float = field(default=0.0, metadata=_LATER)
    context: int = field(default=0, metadata=_LATER)

    def __post_init__(self) -> None:
        counts = (self.width, self.image_passes, self.min_epochs, self.batch_size, self.ensemble)
        if min(counts) < 1 or self.max_epochs < self.min_epochs:
            raise InvalidInput(
                "fit: width, image_passes, epochs, batch_size and ensemble are at least 1, and "
                "max_epochs is not below min_epochs"
            )
        if self.encoder and not re.fullmatch("[0-9a-f]{64}", self.encoder):
            raise InvalidInput(
                "fit: encoder is the SHA-256 of an encoder that is kept here, or empty",
                hint="List them with 'radvigil model encoders'.",
            )
        if self.test_time_augmentation and not self.shift:
            raise InvalidInput(
                "fit: test_time_augmentation moves pictures by half of shift, and shift is 0"
            )
        if not 0 <= self.context <= 4:
            raise InvalidInput("fit: context is from 0 to 4 slices on each side")
        if not 0 <= self.fact_dropout < 1:
            raise InvalidInput("fit: fact_dropout is a chance from 0 to below 1")

    @property
    def architecture(self) -> str:
        """The network in words; another one is another model.

        >>> FitParams().architecture, FitParams(ensemble=5).architecture
        ('residual', 'ensemble of 5 residual')
        >>> FitParams(test_time_augmentation=True).architecture
        'residual with test-time augmentation'
        """
        if self.network == LINEAR:
            return "logistic regression on radiomic features"
        views = " with test-time augmentation" if self.test_time_augmentation else ""
        members = f"ensemble of {self.ensemble} " if self.ensemble > 1 else ""
        return f"{members}{self.network}{views}"

    @property
    def tells_uncertainty(self) -> bool:
        """Whether several answers are joined, whose spread is told.

        >>> FitParams().tells_uncertainty, FitParams(ensemble=5).tells_uncertainty
        (False, True)
        """
        return self.ensemble > 1 or self.test_time_augmentation

    def epochs(self, images: int) -> int:
        """Times that training sees each of this many images.

        >>> FitParams().epochs(500), FitParams().epochs(100), FitParams().epochs(9000)
        (16, 16, 8)
        """
        wanted = self.image_passes // max(images, 1)
        return max(self.min_epochs, min(self.max_epochs, wanted))


@dataclass(frozen=True, slots=True)
class OperatingRule:
    """How the device declares that its decision threshold is chosen, on the tuning split."""

    rule: str = "fixed_sensitivity"
    target: float | None = 0.90

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            known = ", ".join(RULES)
            raise InvalidInput(f"unknown operating-point rule {self.rule!r}; known: {known}")
        if self.rule == "fixed_sensitivity" and not (self.target and 0 < self.target < 1):
            raise InvalidInput("the rule fixed_sensitivity needs a target between 0 and 1")
        if self.rule == "false_positives" and not (self.target and 0 < self.target <= 8):
            raise InvalidInput("the rule false_positives needs a target above 0, at most 8")


@dataclass(frozen=True, slots=True)
class TaskParams:
    """What the device declares of its task: the kind, its classes by number, 0 for none, and of
    a task that ranks by urgency the weight of each class; of a prognosis the columns of its facts
    (:func:`records.clinical_facts.fact_columns`) and its horizon in days; of a task that reads an
    outline what it declares of its features.
    """

    kind: str = field(default="classification", metadata=_LATER)
    classes: tuple[str, ...] = field(default=(), metadata=_LATER)
    urgency: tuple[float, ...] = field(default=(), metadata=_LATER)
    facts: tuple[str, ...] = field(default=(), metadata=_LATER)
    horizon_days: float | None = field(default=None, metadata=_LATER)
    radiomics: RadiomicsRules | None = field(default=None, metadata=_LATER)

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))  # YAML and JSON give lists
        object.__setattr__(self, "urgency", tuple(self.urgency))
        object.__setattr__(self, "facts", tuple(self.facts))
        if isinstance(self.radiomics, Mapping):
            object.__setattr__(self, "radiomics", _rules(self.radiomics))
        task_named(self.kind)
        if why := why_no_radiomics(self.kind, self.radiomics):
            raise InvalidInput(f"{why}.")
        if self.urgency and len(self.urgency) != len(self.classes):
            raise InvalidInput("task: urgency needs a weight for each class.")
        if (self.kind == "prognosis") != bool(self.facts and self.horizon_days):
            raise InvalidInput("task: facts and horizon_days belong to prognosis, which needs both")

    @property
    def outputs(self) -> int:
        """Raw outputs of the network: one a class, or one; none for 'none of these' where findings
        may be present together.

        >>> both = ("no finding", "pneumonia", "pneumothorax")
        >>> TaskParams("multiclass", both).outputs, TaskParams("multilabel", both).outputs
        (3, 2)
        """
        return len(self.classes) - self.coexisting or 1

    @property
    def coexisting(self) -> bool:
        """Whether several findings may be present in one study."""
        return self.kind == MultilabelTask.name


@dataclass(frozen=True, slots=True)
class Params:
    """Everything that decides how a model comes out, apart from the data and the code."""

    seed: int = 20261
    threads: int = 2
    decode: DecodeParams = field(default_factory=DecodeParams)
    fit: FitParams = field(default_factory=FitParams)
    operating_point: OperatingRule = field(default_factory=OperatingRule)
    task: TaskParams = field(default_factory=TaskParams, metadata=_LATER)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Params":
        """Parameters from the plain values of a YAML or JSON file.

        Raises InvalidInput naming a section or a parameter that is unknown or missing.

        >>> Params.from_mapping(Params().to_mapping()) == Params()
        True
        """
        return cls(
            **_checked(cls, "params.yaml", values)
            | {
                "decode": _section(DecodeParams, "decode", values),
                "fit": _section(FitParams, "fit", values),
                "operating_point": _section(OperatingRule, "operating_point", values),
                "task": _section(TaskParams, "task", {"task": {}} | dict(values)),
            }
        )

    def to_mapping(self) -> dict[str, Any]:
        """The parameters as plain values, for YAML and JSON."""
        values = dataclasses.asdict(self)
        values["task"]["classes"] = list(self.task.classes)
        for name in ("urgency", "facts"):
            values["task"][name] = list(values["task"][name])
        if self.task.radiomics is not None:
            values["task"]["radiomics"] = self.task.radiomics.model_dump(mode="json")
        if self.fit.network == LINEAR:  # the rest of the section is about networks
            values["fit"] = {"network": LINEAR}
        for section, name in _ABSENT:  # others keep the bytes that they had
            if not values[section].get(name, True):
                del values[section][name]
        return values


_ABSENT = (
    ("task", "urgency"), ("task", "facts"), ("task", "horizon_days"), ("task", "radiomics"),
    ("fit", "fact_dropout"), ("fit", "context"),
)


def _rules(said: Mapping[str, Any]) -> RadiomicsRules:
    try:
        return RadiomicsRules.model_validate(said)
    except ValueError as wrong:
        raise InvalidInput(f"params.yaml, task, radiomics: {wrong}") from wrong


def load_params(path: Path) -> Params:
    """The parameters in a ``params.yaml``.

    Raises InvalidInput when the file is missing, is no mapping, or holds a wrong parameter.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(f"There is no {path.name} in {path.parent.name}.") from None
    except YAMLError as wrong:
        raise InvalidInput(f"{path.name} cannot be read: {wrong}") from wrong
    if not isinstance(content, dict):
        raise InvalidInput(f"{path.name} is not a mapping of parameters.")
    return Params.from_mapping(content)


def params_text(params: Params) -> str:
    """The same parameters as YAML text: same parameters, same bytes."""
    import io

    from ruamel.yaml import YAML

    writer = YAML()
    writer.default_flow_style = False
    text = io.StringIO()
    writer.dump(params.to_mapping(), text)
    return text.getvalue()


def _section(kind: type[_Section], name: str, values: Mapping[str, Any]) -> _Section:
    section = values[name]
    if not isinstance(section, Mapping):
        raise InvalidInput(f"params.yaml: {name} is not a section of parameters.")
    if kind is FitParams and dict(section) == {"network": LINEAR}:
        return kind(**section)
    return kind(**_checked(kind, f"params.yaml, {name}", section))


def _checked(kind: type[Any], where: str, values: Mapping[str, Any]) -> dict[str, Any]:
    known = {item.name for item in dataclasses.fields(kind)}
    needed = {item.name for item in dataclasses.fields(kind) if not item.metadata.get("later")}
    unknown, missing = sorted(set(values) - known), sorted(needed - set(values))
    if unknown or missing:
        raise InvalidInput(f"{where}: unknown parameters {unknown}, missing {missing}.")
    return dict(values)
