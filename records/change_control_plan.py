"""The predetermined change control plan of a device as data (FD&C Act 515C).

Each part that a definition leaves out is not known, which is never in bounds: a candidate is held
against what the plan says, and what it does not say blocks.
"""

from datetime import date
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)  # fmt: skip

from records.dataset_rules import without_absent

ProtocolStep = Literal[
    "dataset_checked", "internal_test_evaluated", "external_test_evaluated", "criteria_judged",
    "retraining_protocol_followed",
]  # fmt: skip
"""Steps of an evaluation protocol that the records themselves show to be done."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ParameterBound(_Part):
    """Between which values a parameter of the training lies, by its path in params.yaml."""

    parameter: str = Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$")
    at_least: float | None = None
    at_most: float | None = None
    one_of: list[str] | None = None

    @model_validator(mode="after")
    def _bounds_it(self) -> "ParameterBound":
        if self.at_least is None and self.at_most is None and self.one_of is None:
            raise ValueError("give at_least, at_most or one_of")
        return self

    def holds(self, value: Any) -> bool:
        """Whether a value lies inside; a number is no text and a text no number.

        >>> ParameterBound(parameter="fit.width", at_most=8).holds(16)
        False
        """
        if self.one_of is not None and str(value) not in self.one_of:
            return False
        if self.at_least is None and self.at_most is None:
            return True
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        low, high = self.at_least, self.at_most
        return (low is None or value >= low) and (high is None or value <= high)


class Modification(_Part):
    """A change that the predetermined change control plan allows, with its bounds."""

    id: str
    description: str
    bounds: dict[str, Any]
    parameters: list[ParameterBound] | None = None

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_absent(write(self), ("parameters",))


class Authorization(_Part):
    """By which document, in which version, and when an authority authorized the plan."""

    document: str = Field(min_length=2)
    version: str = Field(min_length=1)
    authorized_on: date
    authority: str = Field(min_length=2)


class CumulativeLimit(_Part):
    """How far a measure may have moved since the version cleared last, whatever came between."""

    measure: str
    split: Literal["internal_test", "external_test"]
    subgroup: str = "all"
    largest_change: float = Field(gt=0, le=1)


class Rollout(_Part):
    """Where a version made under the plan may run; no sites named: at every site alike."""

    scope: Literal["all_sites", "named_sites"]
    sites: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_them(self) -> "Rollout":
        if (self.scope == "named_sites") != bool(self.sites):
            raise ValueError("sites: needed for the scope named_sites, and only there")
        return self


class Communication(_Part):
    """Who is told of a version made under the plan, by what, and how many days before."""

    audience: list[str] = Field(min_length=1)
    by: str = Field(min_length=3)
    days_before: int = Field(ge=0, le=365)


class Pccp(_Part):
    """Predetermined change control plan (FD&C Act 515C).

    data_practice, retraining_practice: how data are managed and versions re-trained, in words.
    acceptance: ids of the acceptance criteria, of all studies and of subgroups, that a version made
    under the plan must meet; None means every declared one. test_set_attempts: how many versions
    may be evaluated on the same locked tests.
    """

    modifications: list[Modification] = Field(default_factory=list)
    authorization: Authorization | None = None
    data_practice: str | None = None
    retraining_practice: str | None = None
    protocol: list[ProtocolStep] | None = None
    acceptance: list[str] | None = None
    test_set_attempts: int | None = Field(default=None, ge=1, le=100)
    cumulative: list[CumulativeLimit] | None = None
    rollout: Rollout | None = None
    communication: Communication | None = None

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A plan without the later parts keeps the digest that it had before there were any."""
        return without_absent(write(self), tuple(
            name for name in type(self).model_fields if name != "modifications"
        ))  # fmt: skip
