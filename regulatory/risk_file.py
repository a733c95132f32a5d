"""A risk file as a person writes it (YAML): severities, bands, matrix, user needs, items.

ISO 14971:2019, 4.4 (plan and criteria), 5 to 8; hazards of learning software after AAMI TIR34971.
Which combinations are acceptable is data of the file, signed with it; nothing here is a default.
"""

from collections import Counter
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from records.base import digest_of
from records.dataset_rules import without_absent
from records.errors import InvalidInput
from records.risk import RiskItem
from records.settings import REPOSITORY
from records.yaml_source import YamlSource, read_yaml

CATEGORIES: Final[dict[str, str]] = {
    "bias": "the device is worse for some patients",
    "drift": "images, patients or prevalence are others than those it was made with",
    "automation bias": "the reader follows the device against own judgement",
    "out-of-scope input": "it reads what it is not made for",
    "data leakage": "its figures promise more than it does, as tests were learnt from",
    "silent failure": "it gives no answer, or none in time, and nobody sees that",
    "wrong-patient result": "an answer stands beside another patient's study",
    "false negative": "a finding is not flagged",
    "false positive": "something is flagged that is no finding",
    "security": "data or software are altered or cannot be reached",
    "supplied software": "a component of others fails",
    "use error": "the answer is misunderstood",
}
"""The kinds of hazards, each with what it means."""

VERDICTS: Final = ("acceptable", "reduce", "unacceptable")

Probability = float


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Severity(_Part):
    """A step of severity with its words."""

    value: int = Field(ge=1, le=5)
    name: str
    meaning: str


class Band(_Part):
    """A band of probability: from this many events a study read on."""

    name: str
    from_rate: float = Field(ge=0, le=1)
    by_severity: tuple[Literal["acceptable", "reduce", "unacceptable"], ...] = Field(
        min_length=5, max_length=5
    )
    """The verdict for severity 1 to 5."""


class UserNeed(_Part):
    """What a user needs of the device, and the requirements that it became."""

    id: str = Field(pattern=r"^UN-\d{2}$")
    text: str = Field(min_length=10)
    requirements: tuple[str, ...]


class Control(_Part):
    """A risk control (ISO 14971, 7.1), the requirement that it became, and what verifies it."""

    id: str = Field(pattern=r"^RC-\d{2}[a-z]$")
    kind: Literal["inherently safe design", "protective measure", "information for safety"]
    text: str = Field(min_length=10)
    implements: str = ""
    """Where it is done: module, page or document."""
    requirements: tuple[str, ...] = ()
    verified_by: tuple[str, ...] = ()
    """Tests (file::name), 'criterion AC-1', 'chart NAME' or 'document NAME'."""


class Observed(_Part):
    """Records by which the event shows in use."""

    source: str
    of: tuple[str, ...] = ()
    """Which of them: classes of alerts, reasons of refusal, categories; empty for all."""
    rate: bool | None = None
    """False: they are told beside the rate and not added, as complaints of what is counted by the
    truth already."""

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A file that does not say it keeps the digest that it had before it could."""
        return without_absent(write(self), ("rate",))


class Probabilities(_Part):
    """Expected harmful events a study read; both are estimates."""

    before: Probability = Field(gt=0, le=1)
    after: Probability = Field(gt=0, le=1)
    basis: str = Field(min_length=15)


class Item(_Part):
    """A way in which the device may harm."""

    code: str = Field(pattern=r"^R-\d{2}$")
    category: str
    hazard: str = Field(min_length=10)
    sequence: str = Field(min_length=10)
    situation: str = Field(min_length=10)
    harm: str = Field(min_length=5)
    severity: int = Field(ge=1, le=5)
    probability: Probabilities
    controls: tuple[Control, ...] = Field(min_length=1)
    observed: tuple[Observed, ...] = ()
    estimate_in_use: float | None = Field(default=None, gt=0, le=1)
    residual: str = Field(min_length=10)
    benefit_risk: str = ""

    @model_validator(mode="after")
    def _sound(self) -> "Item":
        if self.category not in CATEGORIES:
            raise ValueError(f"category '{self.category}' is unknown: {', '.join(CATEGORIES)}")
        if self.probability.after > self.probability.before:
            raise ValueError("controls do not raise the probability: after is above before")
        if self.estimate_in_use is not None and all(one.rate is False for one in self.observed):
            raise ValueError("estimate_in_use without a source that it is compared with")
        return self


class RiskFileText(_Part):
    """A whole risk file."""

    device: str
    scope: str
    policy: str
    severities: tuple[Severity, ...] = Field(min_length=5, max_length=5)
    bands: tuple[Band, ...] = Field(min_length=3)
    user_needs: tuple[UserNeed, ...]
    overall: str
    """The overall residual risk, as the people judge it who sign (ISO 14971, 8)."""
    items: tuple[Item, ...] = Field(min_length=1)

    def verdict(self, severity: int, probability: float) -> str:
        """acceptable, reduce (as far as possible, weighed against the benefit) or unacceptable."""
        return self.band_of(probability).by_severity[severity - 1]

    def band_of(self, probability: float) -> Band:
        """The band that a probability lies in."""
        return next(one for one in self.bands if probability >= one.from_rate)

    @model_validator(mode="after")
    def _whole(self) -> "RiskFileText":
        if [one.value for one in self.severities] != [1, 2, 3, 4, 5]:
            raise ValueError("severities: state 1 to 5, in this order")
        rates = [one.from_rate for one in self.bands]
        if rates != sorted(rates, reverse=True) or rates[-1] != 0:
            raise ValueError("bands: the highest rate first, and the last from 0")
        for kind, names in (
            ("items", [one.code for one in self.items]),
            ("controls", [own.id for one in self.items for own in one.controls]),
            ("user needs", [one.id for one in self.user_needs]),
        ):
            twice = [name for name, times in Counter(names).items() if times > 1]
            if twice:
                raise ValueError(f"{kind}: used twice: {', '.join(twice)}")
        for item in self.items:
            left = self.verdict(item.severity, item.probability.after)
            if left != VERDICTS[0] and not item.benefit_risk:
                raise ValueError(
                    f"{item.code}: what is left is '{left}': state the benefit that outweighs it "
                    "(benefit_risk), or control it further"
                )
        return self


def read_risk_file(path: Path) -> RiskFileText:
    """The risk file that a person wrote.

    Raises:
        InvalidInput: With a line for each fault: file, line number, field, what is wrong.
    """
    source: YamlSource = read_yaml(path)
    try:
        return RiskFileText.model_validate(source.content)
    except ValidationError as wrong:
        raise source.refusal(
            [(error["loc"], error["msg"]) for error in wrong.errors()]
        ) from wrong


def find_risk_file(name_or_path: str) -> Path:
    """The file meant: a path, or the name of a device whose risk file comes with Radvigil.

    Raises:
        InvalidInput: There is none of that name.
    """
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        return path
    found = REPOSITORY / "devices" / "risk" / f"{name_or_path}.yaml"
    if not found.is_file():
        raise InvalidInput(
            f"No risk file of '{name_or_path}' comes with Radvigil.",
            hint="Name a file that ends in .yaml; devices/risk/ holds an example.",
        )
    return found


def as_records(text: RiskFileText) -> tuple[dict[str, Any], str, list[RiskItem]]:
    """The content, the digest over all of it, and the items, as they are kept."""
    whole = text.model_dump(mode="json")
    digest = digest_of(whole)
    content = {name: value for name, value in whole.items() if name != "items"}
    items = [
        RiskItem(
            risk_file_id=0, code=one.code, category=one.category, hazard=one.hazard,
            sequence=one.sequence, situation=one.situation, harm=one.harm, severity=one.severity,
            probability_before=one.probability.before, probability_after=one.probability.after,
            basis=one.probability.basis,
            controls=[own.model_dump(mode="json") for own in one.controls],
            observed=[own.model_dump(mode="json") for own in one.observed],
            estimate_in_use=one.estimate_in_use, residual=one.residual,
            benefit_risk=one.benefit_risk,
        )
        for one in text.items
    ]
    return content | {"items_digest": digest_of(whole["items"])}, digest, items


def matrix_verdict(content: dict[str, Any], severity: int, probability: float) -> tuple[str, str]:
    """Band and verdict of a kept risk file for a severity and a probability."""
    band = next(one for one in content["bands"] if probability >= one["from_rate"])
    return str(band["name"]), str(band["by_severity"][severity - 1])


def one_in(rate: float) -> str:
    """A small rate of events a study as people read it.

    >>> one_in(0.00005)
    '5 in 100,000'
    """
    return f"{rate * 100_000:.3g} in 100,000"
