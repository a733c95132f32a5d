"""Which clinical facts a device takes in beside the image: each with its code, unit and limits."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SYSTEMS = {
    "LOINC": "http://loinc.org", "SNOMED CT": "http://snomed.info/sct",
}  # fmt: skip
"""Code systems by the name used in a definition, with the URI that FHIR gives them."""


class DeclaredFact(BaseModel):
    """A fact known by the time of the study: a number in a unit, or one of several codes.

    unit: as UCUM writes it; a value in another unit is refused, never converted. least, most: a
    value outside cannot be of a living patient and is a mistake. oldest_days: before the study;
    an older value counts as missing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    code: str = Field(min_length=1)
    system: Literal["LOINC", "SNOMED CT"]
    unit: str | None = None
    least: float | None = None
    most: float | None = None
    values: dict[str, str] | None = None
    """Of a coded fact what each code means."""
    oldest_days: float = Field(gt=0)

    @model_validator(mode="after")
    def _number_or_coded(self) -> "DeclaredFact":
        limits = (self.unit, self.least, self.most)
        if self.values is not None:
            if any(one is not None for one in limits):
                raise ValueError(f"{self.name}: a coded fact has values, and no unit and limits")
            if len(self.values) < 2:
                raise ValueError(f"{self.name}: values: a coded fact has two codes or more")
            if any("=" in code for code in self.values):
                raise ValueError(f"{self.name}: values: a code holds no =")
        elif self.unit is None or self.least is None or self.most is None:
            raise ValueError(f"{self.name}: a number needs unit, least and most; a coded fact, "
                             "values")
        elif self.least >= self.most:
            raise ValueError(f"{self.name}: least is below most")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The numbers by which a network is told the fact: its own, or one a code.

        >>> DeclaredFact(name="oxygen", code="3151-8", system="LOINC", oldest_days=1,
        ...              values={"0": "no", "1": "yes"}).columns
        ('oxygen=0', 'oxygen=1')
        """
        if self.values is None:
            return (self.name,)
        return tuple(f"{self.name}={code}" for code in self.values)


def fact_columns(facts: list[DeclaredFact] | None) -> tuple[str, ...]:
    """The numbers of all facts, in the order of the definition."""
    return tuple(column for one in facts or () for column in one.columns)


def why_no_prognosis(
    kind: str, horizon_days: float | None, facts: list[DeclaredFact] | None
) -> str:
    """What of a task's horizon and facts does not belong to its kind; empty where all does."""
    if kind != "prognosis":
        return "" if horizon_days is None and facts is None else (
            f"task: horizon_days and facts belong to kind prognosis, not {kind}"
        )
    if horizon_days is None or not facts:
        return ("task: kind prognosis needs horizon_days, by when the event is predicted, and "
                "facts, one or more")  # fmt: skip
    for said in ("name", "code"):
        found = [getattr(one, said) for one in facts]
        twice = next((one for one in found if found.count(one) > 1), None)
        if twice is not None:
            return f"task: two facts have the {said} {twice!r}"
    return ""
