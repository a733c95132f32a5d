"""Clinical facts from FHIR R4 Observations: the few fields that say whose, what, how much, when.

HL7 FHIR R4, Observation: status, code, subject, effectiveDateTime, and valueQuantity or
valueCodeableConcept. Nothing else of a resource is read.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from imaging.sources.base import SourceRefused
from imaging.sources.fact_lines import FactLine, moment, value_of
from records.clinical_facts import SYSTEMS, DeclaredFact

UCUM: Final = "http://unitsofmeasure.org"
_FINAL: Final = frozenset({"final", "amended", "corrected"})


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Coding(_Read):
    system: str = ""
    code: str = ""


class _Concept(_Read):
    coding: list[_Coding] = Field(default_factory=list)


class _Quantity(_Read):
    value: float
    system: str = ""
    code: str = ""
    comparator: str | None = None


class _Reference(_Read):
    reference: str


class _Observation(_Read):
    status: str
    code: _Concept
    subject: _Reference
    effectiveDateTime: str = ""  # noqa: N815 - the name that FHIR gives it
    valueQuantity: _Quantity | None = None  # noqa: N815
    valueCodeableConcept: _Concept | None = None  # noqa: N815


def read_observations(path: Path, declared: Sequence[DeclaredFact]) -> list[FactLine]:
    """The facts of a bundle of Observations, or of Observations one a line.

    The patient is the last part of the subject's reference ("Patient/17" is "17"). Other resources
    of a bundle are not read.

    Raises SourceRefused naming file and resource: as :func:`read_facts`, and for a status that is
    not final, amended or corrected, a comparator ("<5"), and a quantity that is not in UCUM.
    """
    return [_line(one, declared, where=where) for one, where in _resources(path)]


def _resources(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.casefold() == ".ndjson":
            found = [
                (json.loads(line), f"{path}, line {number}")
                for number, line in enumerate(text.splitlines(), start=1) if line.strip()
            ]
        else:
            bundle = json.loads(text)
            entries = bundle.get("entry", []) if bundle.get("resourceType") == "Bundle" else [
                {"resource": bundle}
            ]
            found = [
                (one.get("resource", {}), f"{path}, entry {number}")
                for number, one in enumerate(entries, start=1)
            ]
    except (ValueError, AttributeError, UnicodeDecodeError):
        raise SourceRefused(
            "cannot be read as FHIR", where=str(path),
            hint="Give a Bundle as .json, or one Observation a line as .ndjson",
        ) from None
    chosen = [
        (one, where) for one, where in found
        if isinstance(one, dict) and one.get("resourceType") == "Observation"
    ]
    if not chosen:
        raise SourceRefused(
            "holds no Observation", where=str(path), hint="Give a Bundle with Observations"
        )
    yield from chosen


def _line(resource: dict[str, Any], declared: Sequence[DeclaredFact], *, where: str) -> FactLine:
    try:
        seen = _Observation.model_validate(resource)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise SourceRefused(
            f"{field}: {first['msg']}", where=where, hint="Give Observations of FHIR R4"
        ) from None
    if seen.status not in _FINAL:
        raise SourceRefused(
            f"its status is {seen.status!r}", where=where,
            hint="Leave out what is preliminary, cancelled or entered in error",
        )
    fact = _fact(seen.code, declared, where)
    said, unit = _said(seen, fact, where)
    return FactLine(
        seen.subject.reference.rpartition("/")[2], False, fact.name,
        value_of(fact, said, unit, where=where), moment(seen.effectiveDateTime, where=where), None,
        where,
    )


def _fact(code: _Concept, declared: Sequence[DeclaredFact], where: str) -> DeclaredFact:
    said = {(one.system, one.code) for one in code.coding}
    for one in declared:
        if (SYSTEMS[one.system], one.code) in said:
            return one
    shown = ", ".join(sorted(f"{system}|{name}" for system, name in said)) or "no code"
    raise SourceRefused(
        f"{shown} is no fact that the device declares", where=where,
        hint="Declared are " + ", ".join(f"{one.system} {one.code} ({one.name})"
                                         for one in declared),
    )  # fmt: skip


def _said(seen: _Observation, fact: DeclaredFact, where: str) -> tuple[str, str]:
    """The value and its unit as a table would write them."""
    if fact.values is not None:
        coded = seen.valueCodeableConcept.coding if seen.valueCodeableConcept else []
        known = [one.code for one in coded if one.code in fact.values]
        return (known or [one.code for one in coded] or [""])[0], ""
    quantity = seen.valueQuantity
    if quantity is None:
        raise SourceRefused(
            f"{fact.name} has no valueQuantity", where=where,
            hint="Leave out an Observation without a result",
        )
    if quantity.comparator:
        raise SourceRefused(
            f"{fact.name} is only known to be {quantity.comparator} a value", where=where,
            hint="Leave it out: what was not measured exactly is missing here",
        )
    if quantity.system and quantity.system != UCUM:
        raise SourceRefused(
            f"the unit of {fact.name} is of {quantity.system!r}, not UCUM", where=where,
            hint=f"Write the UCUM code {fact.unit!r}",
        )
    return repr(quantity.value), quantity.code
