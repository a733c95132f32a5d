"""What every document states of itself, as the records stand at its freeze."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from measures.estimate import Estimate
from records.asked_once import record_digest, records_digest
from records.audit import SOFTWARE, head
from records.base import Record
from records.definition import DeviceDefinition
from records.market_facts import DeviceIdentifier
from records.product import Device, ModelVersion
from records.quality import Signature
from records.required_signatures import BY_KIND
from records.signatures import signatures_on
from records.surveillance import EvaluationResult
from records.vault import Vault
from records.zones import local_instant
from regulatory.documents.blocks import RecordRef, Signed
from regulatory.documents.content import Freeze, Trace
from regulatory.documents.facts import Edition, Measured, ModelName, Signer
from regulatory.documents.registry import DOCUMENTS

SIGNERS: tuple[tuple[str, str], ...] = (("engineer", "author"), ("regulatory", "approval"))
"""Who signs a document of this version, and what the signature means."""


@dataclass(frozen=True)
class Basis:
    """What a document is compiled about: the device, the period, the freeze, and its number."""

    device: Device
    definition: DeviceDefinition
    versions: tuple[ModelVersion, ...]
    freeze_at: datetime
    freeze_sequence: int
    freeze_head: str
    period: tuple[date, date] | None
    number: str
    version: int
    status: str
    marking: str
    signed: tuple[Signed, ...] = ()
    requested_by: str = ""
    reason: str = ""
    vault: Vault | None = None
    """Where images and filled forms lie that a document shows; without it they are named only."""
    subject: str = ""
    """The record that it is about, where its kind is about one."""
    identifiers: tuple[DeviceIdentifier, ...] = ()
    """The UDI-DI facts in force on the day of the freeze."""


def freeze_now(session: Session, *, now: datetime) -> tuple[datetime, int, str]:
    """The instant, sequence number and chain head that a compile reads as of."""
    sequence, digest = head(session)
    return now, sequence, digest


def signed_line(signature: Signature) -> Signed:
    """A signature as a document shows it."""
    return Signed(
        name=signature.printed_name, role=signature.role, meaning=signature.meaning,
        at=signature.signed_at, digest=signature.subject_digest, record=signature.label,
        local=local_instant(signature.signed_at, signature.zone), comment=signature.comment,
    )


def signed_on(session: Session, record: Record) -> tuple[Signed, ...]:
    """The signatures on a record."""
    return tuple(signed_line(one) for one in signatures_on(session, record))


def edition_of(kind: str, basis: Basis) -> Edition:
    """Number, version, status, device, freeze and signature lines of a document."""
    definition = basis.definition
    maker = definition.manufacturer
    by_meaning = {one.meaning: one for one in basis.signed}
    return Edition(
        number=basis.number, version=str(basis.version), status=basis.status,
        device=definition.trade_name,
        udi=_identified(definition, basis.identifiers),
        risk_class_eu=definition.risk_class.eu, risk_class_us=definition.risk_class.us,
        manufacturer=f"{maker.name}, {maker.address}; SRN {maker.single_registration_number}",
        model_versions=tuple(name_of(version) for version in basis.versions),
        period=basis.period,
        freeze=Freeze(basis.freeze_at, basis.freeze_sequence, basis.freeze_head),
        prepared_by=f"compiled by {SOFTWARE} from the records",
        generator=f"{SOFTWARE}, {DOCUMENTS[kind].code}",
        signers=tuple(
            Signer(role, meaning, by_meaning.get(meaning)) for role, meaning in _signers(kind)
        ),
        marking=basis.marking,
    )


def _identified(definition: DeviceDefinition, facts: Iterable[DeviceIdentifier]) -> str:
    """Basic UDI-DI and UDI-DI by each fact in force, with its label, else by the definition."""
    defined = definition.udi
    said = "; ".join(
        f"Basic UDI-DI {one.basic_udi_di or defined.basic_udi_di}; UDI-DI {one.udi_di} "
        f"({one.label}{f', version {one.of_version}' if one.of_version else ''})" for one in facts
    )  # fmt: skip
    return said or f"Basic UDI-DI {defined.basic_udi_di}; UDI-DI {defined.udi_di}"


def _signers(kind: str) -> tuple[tuple[str, str], ...]:
    """The lines of every document, and one for each signature more that the kind needs."""
    asked = {meaning for _, meaning in SIGNERS}
    more = (
        (one.printed, one.meaning.value) for one in BY_KIND.get(kind, ())
        if one.meaning.value not in asked
    )
    return (*SIGNERS, *more)


def name_of(version: ModelVersion) -> ModelName:
    """A model version as documents name it."""
    return ModelName(version.label, version.name, version.weights_hash)


def estimate_of(result: EvaluationResult) -> Estimate:
    """A stored estimate as measures know it."""
    return Estimate(
        measure=result.measure, n=result.n, value=result.value, low=result.low, high=result.high,
        level=result.level, method=result.method, subgroup=result.subgroup,
        numerator=result.numerator, denominator=result.denominator, reason=result.reason,
    )


def measured(result: EvaluationResult, *, split: str = "", site: str = "") -> Measured:
    """A stored estimate with the record that it stands in."""
    return Measured(estimate_of(result), result.label, split=split, site=site)


def trace(section: str, query: str, records: Iterable[Record]) -> Trace:
    """Which records stand behind a section, each with the digest of its content.

    More than a hundred are given as first, last and one digest over all of them.
    """
    found: Sequence[Record] = list(records)
    if len(found) <= 100:
        return Trace(
            section, query,
            tuple(RecordRef(one.label, record_digest(one)) for one in found),
        )
    whole = records_digest(found)
    return Trace(
        section, query,
        (RecordRef(f"{found[0].label} to {found[-1].label} ({len(found)} records)", whole),),
    )


