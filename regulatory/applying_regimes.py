"""Which regimes a change of a device is held against, by what its definition says of its market."""

from dataclasses import dataclass
from typing import Final

from records.definition import DeviceDefinition
from records.regime_decisions import Regime

JURISDICTION: Final[dict[Regime, str]] = {
    Regime.PCCP: "US", Regime.FDA_LABELLING: "US", Regime.FDA_SOFTWARE: "US",
    Regime.EU_CHANGE: "EU", Regime.UDI: "", Regime.AI_ACT: "EU",
}  # fmt: skip
"""'' where the regime is of both."""

RULES: Final[dict[Regime, str]] = {
    Regime.PCCP: "R-PCCP-01", Regime.FDA_LABELLING: "R-CHG-FDA-LBL",
    Regime.FDA_SOFTWARE: "R-CHG-FDA-SW", Regime.EU_CHANGE: "R-CHG-EU-MDR",
    Regime.UDI: "R-CHG-UDI", Regime.AI_ACT: "R-AIA-MOD",
}  # fmt: skip
LEGACY_RULE: Final = "R-CHG-EU-LEG"


@dataclass(frozen=True, slots=True)
class Applies:
    """A regime, whether a decision is needed, and what that rests on."""

    regime: Regime
    needed: bool
    because: str


def regimes_of(definition: DeviceDefinition) -> list[Applies]:
    """Every regime; one that the definition says nothing about is needed, never left out."""
    regulation = definition.regulation
    found = []
    for regime in Regime:
        place = JURISDICTION[regime]
        if regulation is None:
            because = "the definition does not say where the device is on the market"
            found.append(Applies(regime, True, because))
        elif not place or place in regulation.jurisdictions:
            named = ", ".join(regulation.jurisdictions)
            found.append(Applies(regime, True, f"the definition names {named}"))
        else:
            named = ", ".join(regulation.jurisdictions)
            found.append(Applies(
                regime, False, f"the signed definition names {named} and not {place}"
            ))  # fmt: skip
    return found


def rule_for(regime: Regime, definition: DeviceDefinition, *, legacy: bool | None) -> str:
    """The rule of a regime; of the MDR the chart by the certificate, or as a person says."""
    if regime is not Regime.EU_CHANGE:
        return RULES[regime]
    route = definition.regulation.eu if definition.regulation else None
    is_legacy = route.certificate == "legacy" if route else legacy
    return LEGACY_RULE if is_legacy else RULES[regime]
