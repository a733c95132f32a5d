"""Lists of what the device's definition promises: identity, purpose, inputs, claims, criteria."""

from collections.abc import Iterable
from typing import Final

from sqlmodel import Session, col, select

from records.product import Device
from regulatory.documents.listed import Listed, Row, Value
from regulatory.documents.wording import NOT_RECORDED, measure_name, spaced
from regulatory.gathering.edition import Basis
from regulatory.gathering.listed_facts import Read, Reading
from regulatory.gathering.phrases import group_words, listed
from regulatory.gathering.task_words import output_words
from regulatory.gathering.validation_data import input_requirements

ACCEPTED: Final = "definition of the device"


def pairs(items: tuple[tuple[str, Value], ...], *records: str) -> tuple[Row, ...]:
    """Names with values; an empty one is not recorded."""
    kept = tuple(filter(None, records))
    return tuple(Row({"item": name, "said": said}, kept) for name, said in items)


def _told(basis: Basis, *items: tuple[str, Value], lacking: tuple[str, ...] = ()) -> Read:
    return Read(Listed(pairs(items, basis.device.label), lacking), ACCEPTED, (basis.device,))


def identity(_session: Session, basis: Basis) -> Read:
    """Names, numbers, class and status of the revision that the document is about."""
    one, device = basis.definition, basis.device
    maker, told = one.manufacturer, basis.identifiers
    read = _told(
        basis,
        ("Trade name", one.trade_name), ("Name in the records", device.name),
        ("Revision of the definition", f"{device.revision} ({device.label}), {device.status}"),
        ("Manufacturer", f"{maker.name}, {maker.address}"),
        ("Single registration number", maker.single_registration_number),
        ("Basic UDI-DI", _numbers((each.basic_udi_di for each in told), one.udi.basic_udi_di)),
        ("UDI-DI", _numbers((each.udi_di for each in told), one.udi.udi_di)),
        ("Risk class, EU", one.risk_class.eu), ("Risk class, US", one.risk_class.us),
        ("Kind of task", spaced(one.task.kind)),
    )  # fmt: skip
    return Read(read.listed, read.words, (device, *told))


def _numbers(recorded: Iterable[str], defined: str) -> str:
    """The numbers of the identifiers in use; the definition's where none is on record."""
    return ", ".join(dict.fromkeys(filter(None, recorded))) or defined


def purpose(_session: Session, basis: Basis) -> Read:
    """What it is for, for whom, and when it must not be used."""
    one = basis.definition
    return _told(
        basis,
        ("Intended purpose", one.intended_purpose), ("Indications", one.indications),
        ("Population", one.population), ("Users", ", ".join(one.users)),
        ("Contraindications", "; ".join(one.contraindications) or "none declared"),
    )  # fmt: skip


def conditions(_session: Session, basis: Basis) -> Read:
    """Environment, warnings, remaining risks, accessories, expected life."""
    one = basis.definition.conditions_of_use
    if one is None:
        lacking = ("Environment, warnings, remaining risks, accessories and expected life: the "
                   "definition has no section conditions_of_use.",)  # fmt: skip
        return Read(Listed(lacking=lacking), ACCEPTED, (basis.device,))
    life = one.expected_life_years
    return _told(
        basis,
        ("Environment", one.environment), ("Warnings", "; ".join(one.warnings)),
        ("Remaining risks that users are told of",
         "; ".join(one.residual_risks) or "none declared"),
        ("Accessories", "; ".join(one.accessories) or "none declared"),
        ("Expected life", NOT_RECORDED if life is None else f"{life:g} years"),
        lacking=("The expected life of the device.",) if life is None else (),
    )  # fmt: skip


def inputs(_session: Session, basis: Basis) -> Read:
    """Which studies it reads."""
    required = basis.definition.input_requirements.required_tags
    return _told(basis, *input_requirements(basis),
                 ("Attributes that must be there", ", ".join(required) or "none"))  # fmt: skip


def outputs(_session: Session, basis: Basis) -> Read:
    """What it says, and when it flags."""
    one = basis.definition
    rule = one.operating_point
    target = "" if rule.target is None else f", target {rule.target:g}"
    items: tuple[tuple[str, Value], ...] = (
        ("Finding", one.task.finding), ("What counts as present", one.task.definition),
        ("Output", output_words(one.task)), ("Operating point", f"{spaced(rule.rule)}{target}"),
    )
    if one.worklist is not None:
        items += (("Longest wait on the worklist",
                   f"{one.worklist.longest_wait_minutes:g} minutes"),)  # fmt: skip
    return _told(basis, *items)


def routes(_session: Session, basis: Basis) -> Read:
    """Jurisdictions and the way to each."""
    one = basis.definition.regulation
    if one is None:
        lacking = ("Jurisdictions and routes to the market: the definition has no section "
                   "regulation.",)  # fmt: skip
        return Read(Listed(lacking=lacking), ACCEPTED, (basis.device,))
    items: list[tuple[str, Value]] = [("Jurisdictions", ", ".join(one.jurisdictions))]
    if one.eu is not None:
        held = "held" if one.eu.technical_documentation_certificate else "not held"
        items += [("EU certificate", "EU MDR" if one.eu.certificate == "mdr" else "legacy"),
                  ("EU technical documentation certificate", held)]  # fmt: skip
    if one.us is not None:
        codes = _numbers((each.product_code for each in basis.identifiers), "")
        items += [("US pathway", one.us.pathway),
                  ("US product code", one.us.product_code or codes or None)]  # fmt: skip
    return _told(basis, *items)


def claimed(_session: Session, basis: Basis) -> Read:
    """The performance that is claimed, with the margin allowed."""
    label = basis.device.label
    return Read(Listed(tuple(
        Row({"measure": measure_name(one.measure), "group": group_words(one.group),
             "value": one.value, "margin": one.margin, "record": label}, (label,))
        for one in basis.definition.claims
    )), ACCEPTED, (basis.device,))  # fmt: skip


def subgroups(_session: Session, basis: Basis) -> Read:
    """The groups that every analysis looks at."""
    label = basis.device.label
    return Read(Listed(tuple(
        Row({"name": one.name, "field": spaced(one.field),
             "levels": ", ".join(one.values) if one.values
             else "from " + listed(f"{edge:g}" for edge in one.bins) if one.bins
             else "each value that is found", "record": label}, (label,))
        for one in basis.definition.subgroups
    )), ACCEPTED, (basis.device,))  # fmt: skip


def declared_criteria(_session: Session, basis: Basis) -> Read:
    """The criteria for a release, as declared before an evaluation."""
    label = basis.device.label
    basis_words = {"value": "estimate", "low": "lower limit", "high": "upper limit"}
    return Read(Listed(tuple(
        Row({"id": one.id, "split": spaced(one.split), "measure": measure_name(one.measure),
             "group": group_words(one.subgroup),
             "limit": f"{basis_words[one.basis]} "
             f"{'at least' if one.at_least is not None else 'at most'} {one.bound:g}",
             "record": label}, (label,))
        for one in basis.definition.acceptance_criteria
    )), ACCEPTED, (basis.device,))  # fmt: skip


def revisions(session: Session, basis: Basis) -> Read:
    """Every revision of the definition."""
    query = select(Device).where(Device.name == basis.device.name).order_by(col(Device.revision))
    found = tuple(session.exec(query))
    return Read(Listed(tuple(
        Row({"revision": one.revision, "status": one.status, "at": one.defined_at,
             "digest": one.definition_digest, "record": one.label}, (one.label,))
        for one in found
    )), "revisions of the definition", found)  # fmt: skip


DEFINITION_READINGS: Final[dict[str, Reading]] = {
    "identity": identity, "purpose": purpose, "conditions": conditions, "inputs": inputs,
    "outputs": outputs, "routes": routes, "claimed": claimed, "subgroups": subgroups,
    "declared_criteria": declared_criteria, "revisions": revisions,
}  # fmt: skip
