"""A device's definition: read from YAML, checked, refused with the line and the reason."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)  # fmt: skip

from records.change_control_plan import Pccp
from records.clinical_facts import DeclaredFact, fact_columns
from records.conditions_of_use import ConditionsOfUse
from records.dataset_rules import DatasetRules, FedBy, PopulationGroup, without_absent
from records.errors import InvalidInput
from records.external_product import ExternalProduct, why_not_external
from records.finding_states import States, read_states
from records.go_live_rules import GoLiveRules
from records.input_requirements import InputRequirements
from records.market_regulation import MarketRegulation
from records.operating_rules import OperatingPointRule, why_not_of_task
from records.performance_claims import AcceptanceCriterion, Claim
from records.periodic_facts import PeriodicReports
from records.product_identity import Manufacturer, RiskClass, Udi
from records.radiomics_rules import RadiomicsRules
from records.reading_room import DeclaredRoom
from records.reference_kinds import ReferenceRules
from records.retraining_rules import FOLLOWED, RetrainingRules
from records.series_selection import SeriesSelection
from records.settings import REPOSITORY
from records.site_names import SITE_NAME_IN_WORDS, is_site_name
from records.yaml_source import read_yaml

ACCELERATORS = frozenset({"cpu", "cuda", "mps", "gpu", "xpu", "tpu"})
"""Names that --device must never mean: a device is the medical device."""
DEVICE_NAME = r"^[a-z0-9][a-z0-9-]{2,60}$"
CLASS_NAME = r"[A-Za-z][A-Za-z0-9 _-]{0,59}"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TaskDefinition(_Part):
    """What the model answers, and what counts as true."""

    kind: Literal["classification", "detection", "enhancement", "lesion_segmentation",
                  "multiclass", "multilabel", "prognosis", "radiomics", "segmentation",
                  "triage"]  # fmt: skip
    finding: str
    definition: str
    findings: list[str] | None = None
    """Findings of a device that tells several, in the order of its classes: exclusive ones, or of
    kind multilabel such as may be present together."""
    none: str | None = None
    """What it calls studies that show none of them."""
    urgency: dict[str, float] | None = None
    """Of a triage device what each finding weighs, above 0; 1 for what must be read first."""
    horizon_days: float | None = Field(default=None, gt=0)
    """Of a prognosis, by when after the study the event (finding) is predicted."""
    facts: list[DeclaredFact] | None = None
    radiomics: RadiomicsRules | None = None
    reference_standard: ReferenceRules | None = None
    """Which kinds of truth figures rest on, the strongest first; None: the default order."""

    @property
    def fact_columns(self) -> tuple[str, ...]:
        """The numbers by which a network is told the declared facts."""
        return fact_columns(self.facts)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes by number, 0 for none of the findings; none where the task has no classes.
        They exclude each other unless the findings are :attr:`coexisting`."""
        return (self.none, *self.findings) if self.none and self.findings else ()

    @property
    def truth_names(self) -> tuple[str, ...]:
        """What the truth of a study is called, by its number; also of a task without classes."""
        return self.classes or (f"no {self.finding}", self.finding)

    @property
    def coexisting(self) -> bool:
        """Whether several of the findings may be present in one study."""
        return self.kind == "multilabel"

    @property
    def weights(self) -> tuple[float, ...]:
        """The weight of each class by number, 0 for none; empty but of a triage device."""
        return (0.0, *(self.urgency[one] for one in self.findings or ())) if self.urgency else ()

    def class_number(self, finding: str, *, of: str) -> int:
        """The number of a recorded class; ``of``: the study, by its pseudonym, for the refusal.

        Raises:
            InvalidInput: It is no class of the device: the definition changed, or the truth is of
                another device.
        """
        if finding not in self.classes:
            raise InvalidInput(
                f"The truth of study {of} is {finding!r}, no class of this device: "
                f"{', '.join(self.classes)}.",
                hint="Take the study out, or declare the class in a new revision.",
            )
        return self.classes.index(finding)

    def states(self, truth: str, *, of: str) -> States:
        """Which of the findings that may be present together a recorded truth names.

        Raises:
            InvalidInput: It names another finding; the study is named by its pseudonym, ``of``.
        """
        try:
            return read_states(truth, self.classes[1:], self.classes[0])
        except InvalidInput as wrong:
            raise InvalidInput(f"Study {of}: {wrong.message}", hint=wrong.hint) from None

    @model_validator(mode="after")
    def _classes_are_told_apart(self) -> "TaskDefinition":
        if self.kind not in ("multiclass", "multilabel", "triage"):
            if self.findings is not None or self.none is not None:
                raise ValueError("findings and none belong to the kinds multiclass, multilabel and "
                                 f"triage, not {self.kind}")
            return self
        least, words = (1, "one or more findings") if self.kind == "triage" else (
            2, "two or more findings"
        )
        if not self.none or len(self.findings or ()) < least:
            raise ValueError(f"kind {self.kind} needs {words}, and none, a name for studies that "
                             "show none of them")
        for name in self.classes:
            if not re.fullmatch(CLASS_NAME, name):
                raise ValueError(f"{name!r} is no name of a class: use up to 60 letters, digits, "
                                 "spaces, _ and -, a letter first")
        if len({re.sub(r"[^a-z0-9]", "", one.casefold()) for one in self.classes}) < len(
            self.classes
        ):
            raise ValueError("findings and none: two classes have the same name")
        return self

    @model_validator(mode="after")
    def _each_finding_has_a_weight(self) -> "TaskDefinition":
        if (self.kind == "triage") != (self.urgency is not None):
            raise ValueError("urgency, a weight for each finding, belongs to kind triage, which "
                             "needs it, and to no other")
        if self.urgency is None:
            return self
        if set(self.urgency) != set(self.findings or ()):
            raise ValueError(f"urgency: a weight is needed for each of {self.findings}, and for "
                             "nothing else; a finding that can wait is no finding of this device")
        if not all(0 < one <= 1 for one in self.urgency.values()) or max(
            self.urgency.values()
        ) < 1:
            raise ValueError("urgency: weights are above 0 and at most 1, and the most urgent is 1")
        return self

    @model_serializer(mode="wrap")
    def _without_classes_as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A task without classes keeps the digest that it had before there were any."""
        later = ("findings", "none", "urgency", "horizon_days", "facts", "radiomics",
                 "reference_standard")  # fmt: skip
        return without_absent(write(self), later)


class Worklist(_Part):
    """How studies are moved up the reading worklist, and when that ends.

    A study is moved up where its score reaches ``urgent_score``; by default the version's own
    operating point. It is never moved down, and one that has waited ``longest_wait_minutes``
    stands before everything that came after it.
    """

    urgent_score: float | None = Field(default=None, gt=0, lt=1)
    longest_wait_minutes: float = Field(gt=0, le=24 * 60)
    reading_room: DeclaredRoom | None = None
    """Where it is declared, an evaluation says how much waiting the device saves there."""

    @model_serializer(mode="wrap")
    def _without_room_as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_absent(write(self), ("reading_room",))


class Subgroup(_Part):
    """A subgroup analysed everywhere: by listed values, by age bins, or by all values found."""

    name: str
    field: Literal["sex", "age_years", "view", "site", "manufacturer"]
    values: list[str] | None = None
    bins: list[float] | None = None

    @model_validator(mode="after")
    def _bins_rise(self) -> "Subgroup":
        if self.bins is not None and (
            len(self.bins) < 2 or any(low >= high for low, high in pairwise(self.bins))
        ):
            raise ValueError("bins: two or more edges are needed, each above the one before")
        return self

    @model_validator(mode="after")
    def _sites_have_names_of_sites(self) -> "Subgroup":
        wrong = [
            one for one in (self.values or ()) if self.field == "site" and not is_site_name(one)
        ]
        if wrong:
            raise ValueError(f"values: {wrong[0]!r} is no site: a name has {SITE_NAME_IN_WORDS}")
        return self


class DeviceDefinition(_Part):
    """Everything that is promised about a device."""

    name: str = Field(pattern=DEVICE_NAME)
    trade_name: str
    manufacturer: Manufacturer
    risk_class: RiskClass
    udi: Udi
    intended_purpose: str = Field(min_length=20)
    indications: str
    population: str
    expected_population: list[PopulationGroup] | None = None
    users: list[str] = Field(min_length=1)
    contraindications: list[str]
    input_requirements: InputRequirements
    series_selection: SeriesSelection | None = None
    dataset_rules: DatasetRules | None = None
    fed_by: FedBy | None = None
    task: TaskDefinition
    operating_point: OperatingPointRule
    worklist: Worklist | None = None
    subgroups: list[Subgroup]
    minimum_n: int = Field(ge=2)
    claims: list[Claim] = Field(min_length=1)
    acceptance_criteria: list[AcceptanceCriterion]
    monitoring_plan: dict[str, Any]
    pccp: Pccp
    retraining: RetrainingRules | None = None
    external: ExternalProduct | None = None
    regulation: MarketRegulation | None = None
    traceability: Literal["required"] | None = None
    """Whether a release needs a matrix and a list of software of others without gaps."""
    go_live: GoLiveRules | None = None
    conditions_of_use: ConditionsOfUse | None = None
    periodic_reports: PeriodicReports | None = None
    """What the days of periodic reports rest on; what is left out is not known."""

    @property
    def overall_claims(self) -> list[Claim]:
        """What is claimed of all studies: charts and revalidations watch that."""
        return [one for one in self.claims if one.subgroup is None]

    @property
    def markets(self) -> tuple[str, ...] | None:
        """The jurisdictions where the device is placed; None where the definition does not say."""
        return None if self.regulation is None else tuple(self.regulation.jurisdictions)

    @model_serializer(mode="wrap")
    def _without_rules_as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A definition without rules keeps the digest that it had before there were any."""
        return without_absent(
            write(self),
            ("series_selection", "dataset_rules", "expected_population", "fed_by", "retraining",
             "external", "regulation", "traceability", "go_live",
             "conditions_of_use", "periodic_reports"),
        )

    @property
    def volume(self) -> SeriesSelection | None:
        """How the series is chosen that is read as one volume; None where an image is read."""
        return self.series_selection and self.series_selection.as_volume

    @field_validator("name")
    @classmethod
    def _no_accelerator(cls, name: str) -> str:
        if name in ACCELERATORS:
            raise ValueError("this is an accelerator, and no name of a medical device")
        return name

    @model_validator(mode="after")
    def _operating_point_of_task(self) -> "DeviceDefinition":
        rule, made_here = self.operating_point.rule, self.retraining is not None
        wrong = why_not_of_task(self.task, rule, self.worklist, self.volume) or why_not_external(
            self.external, self.task.kind, rule, criteria=len(self.acceptance_criteria),
            retraining=made_here,
        )
        if wrong:
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _claims_told_apart(self) -> "DeviceDefinition":
        named = [(one.measure, one.group) for one in self.claims]
        if len(set(named)) != len(named):
            raise ValueError("claims: a measure may be claimed once of all studies, and once of a "
                             "subgroup")
        return self

    @model_validator(mode="after")
    def _criteria_reachable(self) -> "DeviceDefinition":
        identifiers = [criterion.id for criterion in self.acceptance_criteria]
        if len(set(identifiers)) != len(identifiers):
            raise ValueError("acceptance_criteria: every id may be used once")
        if unknown := set(self.pccp.acceptance or ()) - set(identifiers):
            raise ValueError("pccp acceptance names criteria that are not declared: "
                             + ", ".join(sorted(unknown)))
        for modification in self.pccp.modifications:
            unknown = set(modification.bounds.get("acceptance_criteria", [])) - set(identifiers)
            if unknown:
                raise ValueError(f"pccp {modification.id} names acceptance criteria that are not "
                                 f"declared: {', '.join(sorted(unknown))}")
            if FOLLOWED in modification.bounds and self.retraining is None:
                raise ValueError(f"pccp {modification.id} is bound by {FOLLOWED}, but no "
                                 "retraining is declared")
        return self


def check_name(name: str) -> str:
    """The name, where a device may have it.

    Raises:
        InvalidInput: It is a path or an accelerator, or has other signs than it may.
    """
    if name in ACCELERATORS:
        raise InvalidInput(
            f"'{name}' is an accelerator, and no name of a medical device.",
            hint="Name it for what it does.",
        )
    if not re.fullmatch(DEVICE_NAME, name):
        raise InvalidInput(
            f"{name!r} is no name of a device.",
            hint="Use 3 to 61 lower-case letters, digits and hyphens; no hyphen comes first.",
        )
    return name


def load_definition(path: Path) -> DeviceDefinition:
    """The definition in a YAML file, checked.

    Raises:
        InvalidInput: With one line for each fault: file, line number, field, what is wrong.
    """
    source = read_yaml(path)
    try:
        return DeviceDefinition.model_validate(source.content)
    except ValidationError as wrong:
        raise source.refusal(
            [(error["loc"], error["msg"]) for error in wrong.errors()]
        ) from wrong


def find_definition(name_or_path: str) -> Path:
    """The YAML file meant: a path, or the name of a definition that comes with Radvigil."""
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        return path
    known = {file.stem: file for file in (REPOSITORY / "devices").glob("*.yaml")}
    if name_or_path not in known:
        raise InvalidInput(
            f"There is no device '{name_or_path}'.",
            hint=f"Known: {', '.join(sorted(known))}. A file's name ends in .yaml.",
        )
    return known[name_or_path]
