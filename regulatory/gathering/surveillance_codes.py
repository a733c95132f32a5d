"""How incidents are coded and where they happened, as far as records tell: for tables T4 to T6.

Codes are those of the newest filled MIR of an incident, else of its 3500A. Where neither holds one,
the own category stands with the terms of IMDRF Annex A, and it is said that no code is on record.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session, col, select

from records.form_versions import FormVersion
from records.incidents import CLOSED, Incident
from records.reportabilities import ClockInstance, Reportability
from records.vault import Vault
from regulatory.rules.applying import apply_rules

ANNEXES: Final = ("A", "C", "D", "F")
_FORMS: Final = ("MIR", "3500A")
NOT_CODED: Final = "not coded"
PENDING: Final = "investigation not concluded"
NOT_AT_HAND: Final = "not read: the filled form's bytes are not at hand"
LEVEL_TWO: Final = 5
"""Letters of a code of level 2, such as A0101."""


@dataclass(frozen=True, slots=True)
class Coded:
    """What is known of one incident beside its record: country, seriousness, codes by annex.

    inside: whether it happened in EEA, Türkiye or Northern Ireland; None where that is not told.
    """

    incident: Incident
    seriousness: str
    country: str
    inside: bool | None
    codes: Mapping[str, tuple[str, ...]]
    records: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Its device problems: codes of Annex A at level 2, else the category with its terms."""
        if self.codes["A"]:
            return self.codes["A"]
        return tuple(dict.fromkeys(map(_without_code, self.incident.codes))) or (NOT_CODED,)

    def of(self, annex: str) -> tuple[str, ...]:
        """Its codes of an annex; without one, why there is none yet."""
        closed = self.incident.status == CLOSED
        return self.codes[annex] or ((NOT_CODED,) if closed or annex == "F" else (PENDING,))


def coded(
    session: Session, incidents: Sequence[Incident], seriousness: Mapping[int, str],
    vault: Vault | None,
) -> list[Coded]:
    """Each incident with where it happened and its codes; three queries, whatever their number."""
    countries = _countries(session, incidents)
    forms = _forms(session, incidents)
    found = []
    for one in incidents:
        country, inside, clock = countries.get(one.id or 0, ("", None, ""))
        form = forms.get(one.label)
        found.append(Coded(
            one, seriousness.get(one.id or 0, "not assessed"), country, inside,
            _codes(form, vault),
            tuple(filter(None, (one.label, clock, form.label if form else ""))),
        ))  # fmt: skip
    return found


def _without_code(said: Mapping[str, Any]) -> str:
    terms = ", ".join(said.get("annex_a_terms") or ())
    own = f"no code on record: {said['category']}"
    return f"{own} (term of Annex A: {terms})" if terms else own


def _countries(
    session: Session, incidents: Iterable[Incident]
) -> dict[int, tuple[str, bool | None, str]]:
    """Country, whether inside, and the record that says so: what the EU rules were told last."""
    query = (
        select(Reportability.incident_id, ClockInstance)
        .join(Reportability, col(Reportability.id) == ClockInstance.reportability_id)
        .where(col(Reportability.incident_id).in_([one.id for one in incidents]),
               Reportability.jurisdiction == "EU")
        .order_by(col(ClockInstance.version))
    )  # fmt: skip
    return {number: _placed(one) for number, one in session.exec(query)}


def _placed(one: ClockInstance) -> tuple[str, bool | None, str]:
    told = one.facts.get("country_of_incident") or ""
    states = one.facts.get("member_states") or one.facts.get("member_state")
    if not told and states:  # Art. 87(1) reports to the state where it happened
        return states if isinstance(states, str) else ", ".join(states), True, one.label
    if not told:
        return "", None, one.label
    columns = apply_rules(["R-PSUR-04"], {"country_of_incident": told})["columns"]
    return told, len(columns) > 1, one.label


def _forms(session: Session, incidents: Iterable[Incident]) -> dict[str, FormVersion]:
    """The newest filled MIR of each incident, else its newest 3500A."""
    query = select(FormVersion).where(
        col(FormVersion.about).in_([one.label for one in incidents]),
        col(FormVersion.form).in_(_FORMS),
    )
    found: dict[str, FormVersion] = {}
    for one in session.exec(query.order_by(col(FormVersion.id))):
        known = found.get(one.about)
        if known is None or one.form == "MIR" or known.form != "MIR":
            found[one.about] = one
    return found


def _codes(form: FormVersion | None, vault: Vault | None) -> dict[str, tuple[str, ...]]:
    if form is None:
        return dict.fromkeys(ANNEXES, ())
    if vault is None:
        return dict.fromkeys(ANNEXES, (NOT_AT_HAND,))
    told = json.loads(vault.fetch(form.digest, of=form.label))["fields"]
    values = {one["key"]: one.get("value") for one in told}
    return {
        annex: tuple(dict.fromkeys(
            code[:LEVEL_TWO] for code in values.get(f"imdrf_{annex.lower()}") or ()
        )) for annex in ANNEXES
    }  # fmt: skip
