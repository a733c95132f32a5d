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
from records.product import Site
from records.reportabilities import ClockInstance, Reportability
from records.vault import Vault
from regulatory.event_places import counts_inside, otherwise_by_record, told_countries

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

    inside: whether it happened in EEA, Türkiye or Northern Ireland; None where that is not known.
    otherwise: what the record of its site says against the place that was told; '' where nothing.
    """

    incident: Incident
    seriousness: str
    country: str
    inside: bool | None
    codes: Mapping[str, tuple[str, ...]]
    records: tuple[str, ...]
    otherwise: str = ""

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
    """Each incident with where it happened and its codes; four queries, whatever their number."""
    places = _places(session, incidents)
    forms = _forms(session, incidents)
    found = []
    for one in incidents:
        place, form = places[one.id or 0], forms.get(one.label)
        found.append(Coded(
            one, seriousness.get(one.id or 0, "not assessed"), ", ".join(place.countries),
            any(map(counts_inside, place.countries)) if place.countries else None,
            _codes(form, vault),
            tuple(filter(None, (one.label, *place.records, form.label if form else ""))),
            place.otherwise,
        ))  # fmt: skip
    return found


def _without_code(said: Mapping[str, Any]) -> str:
    terms = ", ".join(said.get("annex_a_terms") or ())
    own = f"no code on record: {said['category']}"
    return f"{own} (term of Annex A: {terms})" if terms else own


@dataclass(frozen=True, slots=True)
class _Place:
    countries: tuple[str, ...]
    records: tuple[str, ...]
    otherwise: str = ""


def _places(session: Session, incidents: Iterable[Incident]) -> dict[int, _Place]:
    """Where each happened: what the EU rules were told last (Art. 87(1) reports to the state where
    it happened), else where its site lies by its record."""
    known = list(incidents)
    query = (
        select(Reportability.incident_id, ClockInstance)
        .join(Reportability, col(Reportability.id) == ClockInstance.reportability_id)
        .where(col(Reportability.incident_id).in_([one.id for one in known]),
               Reportability.jurisdiction == "EU")
        .order_by(col(ClockInstance.version))
    )  # fmt: skip
    assessed = dict(session.exec(query).all())
    placed = select(Site).where(
        col(Site.name).in_({one.site for one in known}), col(Site.country) != ""
    )
    sites = {one.name: one for one in session.exec(placed)}
    return {one.id or 0: _place(one, assessed.get(one.id or 0), sites.get(one.site))
            for one in known}  # fmt: skip


def _place(one: Incident, clock: ClockInstance | None, site: Site | None) -> _Place:
    told = told_countries(clock.facts) if clock is not None else ()
    if clock is not None and told:
        recorded = site.country if site is not None else ""
        otherwise = otherwise_by_record(recorded, clock.facts, one.site)
        return _Place(told, (clock.label,), otherwise)
    records = tuple(each.label for each in (clock, site) if each is not None)
    return _Place((site.country,) if site is not None else (), records)


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
