"""Which questions about a change the records answer: version and promise side by side.

What records do not show is left to people; only what they show is filled in, each with its grounds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from records.base import digest_of
from records.definition import DeviceDefinition
from records.held_definition import definition_of
from records.product import Device, ModelVersion
from records.regime_decisions import Regime

Found = dict[str, dict[str, Any]]
"""By fact the value and because."""

_PURPOSE = ("intended_purpose", "indications", "population", "users")
_LABEL = (*_PURPOSE, "contraindications", "claims", "conditions_of_use")


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between the version cleared last and the candidate."""

    cleared: str
    candidate: str
    weights: bool
    architecture: bool
    precision: bool
    operating_rule: bool
    inputs: bool
    purpose: tuple[str, ...]
    label: tuple[str, ...]
    indications: tuple[str, ...]
    added: tuple[str, ...]
    deleted: tuple[str, ...]

    @property
    def algorithm(self) -> list[str]:
        """What differs in how an output comes about, in words."""
        named = {
            "weights": self.weights, "architecture": self.architecture,
            "precision": self.precision, "rule of the operating point": self.operating_rule,
            "input requirements": self.inputs,
        }  # fmt: skip
        return [name for name, differs in named.items() if differs]


def _precision(version: ModelVersion) -> str:
    return str(version.model.get("precision", "float32"))


def difference(session: Session, cleared: ModelVersion, candidate: ModelVersion) -> Difference:
    """The two versions and the definitions that they were made under, side by side."""
    before, after = (
        definition_of(session.get_one(Device, one.device_id)) for one in (cleared, candidate)
    )
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")

    def differing(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.replace("_", " ") for name in names if old[name] != new[name])

    return Difference(
        cleared.label, candidate.label,
        weights=cleared.weights_hash != candidate.weights_hash,
        architecture=cleared.architecture != candidate.architecture,
        precision=_precision(cleared) != _precision(candidate),
        operating_rule=(cleared.model.get("operating_rule"), old["operating_point"])
        != (candidate.model.get("operating_rule"), new["operating_point"]),
        inputs=old["input_requirements"] != new["input_requirements"],
        purpose=differing(_PURPOSE), label=differing(_LABEL),
        indications=differing(("indications", "intended_purpose", "population")),
        added=tuple(sorted(set(after.contraindications) - set(before.contraindications))),
        deleted=tuple(sorted(set(before.contraindications) - set(after.contraindications))),
    )


def found_answers(
    regime: Regime, seen: Difference, definition: DeviceDefinition, *, pccp: str | None
) -> Found:
    """The facts of a regime that the records answer, each with its grounds.

    pccp: the result of the plan's check, where there is one.
    """
    both = f"{seen.candidate} beside {seen.cleared}, cleared last"
    changed = seen.algorithm
    equal = "weights, architecture, precision, rule of the operating point and inputs are equal"
    by_version = f"{both}: " + (f"{', '.join(changed)} differ" if changed else equal)
    by_label = f"{both}: " + (f"{', '.join(seen.label)} differ" if seen.label else
                             "what the definitions promise is equal")  # fmt: skip
    facts: dict[Regime, dict[str, tuple[Any, str]]] = {
        Regime.PCCP: {},
        Regime.FDA_LABELLING: _labelling(seen, by_label),
        Regime.FDA_SOFTWARE: _software(seen, by_version, by_label, pccp),
        Regime.EU_CHANGE: _european(seen, definition, by_version, by_label),
        Regime.UDI: _identification(seen, by_version, by_label),
        Regime.AI_ACT: (
            {"affects_compliance_or_intended_purpose": (True, by_label)} if seen.purpose else {}
        ),
    }
    return {
        name: {"value": value, "because": because}
        for name, (value, because) in facts[regime].items()
    }


def _labelling(seen: Difference, because: str) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {
        "indications_changed": (bool(seen.indications), because),
        "contraindication_added": (bool(seen.added), because),
        "contraindication_deleted": (bool(seen.deleted), because),
    }
    return found


def _software(
    seen: Difference, by_version: str, by_label: str, pccp: str | None
) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {}
    if pccp is not None:
        in_bounds = {"IN_BOUNDS": True, "BLOCKED": None}.get(pccp, False)
        found["pccp_in_bounds"] = (in_bounds, f"the decision on the plan is {pccp}")
    if seen.label:
        found["labeling_change"] = (True, by_label)
    if seen.algorithm:
        found |= {
            "q1_security_only": (False, by_version),
            "q4_clinical_functionality_or_performance": (True, by_version),
        }
    if seen.weights:
        found["q2_restore_to_spec_only"] = (False, by_version)
    if seen.architecture or seen.precision:
        found["q5_other_factors"] = (True, by_version)
    return found


def _european(
    seen: Difference, definition: DeviceDefinition, by_version: str, by_label: str
) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {
        "intended_purpose_change": (bool(seen.purpose), by_label),
        "software_change": (True, "a model version is software"),
        "class_": (definition.risk_class.eu, "the class in the signed definition"),
    }
    route = definition.regulation.eu if definition.regulation else None
    if route is not None:
        words = "the certificate named in the signed definition"
        found["legacy_device"] = (route.certificate == "legacy", words)
        found["td_assessment_certificate"] = (route.technical_documentation_certificate, words)
    if seen.algorithm:
        found["could_affect_safety_performance_or_conditions"] = (True, by_version)
        found["C2"] = (True, by_version)
        found["architecture_or_database_change"] = (
            seen.architecture or seen.precision, by_version
        )
    return found


def _identification(
    seen: Difference, by_version: str, by_label: str
) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {}
    if seen.algorithm:
        found["changes_original_performance"] = (True, by_version)
        found["minor_revision"] = (False, by_version)
    if seen.purpose:
        found["changes_safety_or_intended_use"] = (True, by_label)
    return found


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names under which two collections hold something else, in order."""
    return sorted(
        name for name in {*before, *after}
        if name not in before or name not in after
        or digest_of(before[name]) != digest_of(after[name])
    )
