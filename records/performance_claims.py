"""What a device is said to reach: claims of its label, and criteria for a release."""

from typing import Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from records.dataset_rules import without_absent

Split = Literal["internal_test", "external_test"]
LOCKED_SPLITS: Final = ("internal_test", "external_test")
"""The tests that are looked at once a version, and never learnt from."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Claim(_Part):
    """A performance claim and how far it may fall in use before it is no longer true."""

    measure: str
    value: float = Field(ge=0, le=1)
    margin: float = Field(gt=0, lt=1)
    subgroup: str | None = None
    """Of whom it is said; None: of all studies."""
    evidence: Split | None = None
    """The locked test that carries it; None: each that there is."""

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A claim that names neither keeps the digest that it had before it could."""
        return without_absent(write(self), ("subgroup", "evidence"))

    @property
    def group(self) -> str:
        """The subgroup as estimates name it."""
        return self.subgroup or "all"

    @property
    def what(self) -> str:
        """The measure, and of whom where not of all."""
        return self.measure if self.subgroup is None else f"{self.measure} in {self.subgroup}"

    @property
    def bound(self) -> float:
        """The claim less its margin."""
        return round(self.value - self.margin, 10)

    @property
    def statement(self) -> str:
        """The claim as a sentence."""
        return f"{self.what} is {self.value:g}"


class AcceptanceCriterion(_Part):
    """Measure, split, subgroup and bound, declared before the evaluation."""

    id: str
    split: Split
    measure: str
    subgroup: str = "all"
    basis: Literal["value", "low", "high"] = "value"
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> "AcceptanceCriterion":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give either at_least or at_most")
        return self

    @property
    def bound(self) -> float:
        """The number that must be reached or not be passed."""
        bound = self.at_least if self.at_least is not None else self.at_most
        assert bound is not None
        return bound

    @property
    def statement(self) -> str:
        """The criterion as a sentence."""
        side = "at least" if self.at_least is not None else "at most"
        basis = {"value": "", "low": "lower 95 % limit of ", "high": "upper 95 % limit of "}
        where = "" if self.subgroup == "all" else f" in {self.subgroup}"
        split = self.split.replace("_", " ")
        return f"{basis[self.basis]}{self.measure}{where} on the {split} {side} {self.bound:g}"
