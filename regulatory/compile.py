"""Compile a document: facts as of a freeze, set in type, recorded as a draft.

The draft is compiled once; what becomes of it is told in `regulatory.document_states`.
"""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from sqlmodel import Session

from records.audit import head
from records.cited import digests_cited
from records.clock import marking
from records.errors import NotFound
from records.held_definition import definition_of
from records.known_facts import identifiers_on
from records.product import Device
from records.quality import Document
from records.queries import find_device
from records.vault import Vault
from regulatory.document_texts import notes_of
from regulatory.documents.appearance import HOUSE_STYLE, Stationery
from regulatory.documents.blocks import RecordRef
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.facts import Notes
from regulatory.documents.identified import Identified, identify
from regulatory.documents.registry import (
    DOCUMENTS,
    PMS_REPORT,
    PSUR,
    require_applicable,
    require_placed,
)
from regulatory.documents.rendering import Rendered, render
from regulatory.forbidden_claims import with_claims_as_gaps
from regulatory.gaps import inherited
from regulatory.gathering.edition import Basis, freeze_now
from regulatory.gathering.subjects import require_subject, subject_in
from regulatory.gathering.versions_in_scope import versions_about
from regulatory.makers import MAKERS
from regulatory.report_period import period_of_report
from regulatory.revisions import revision_history, revisions_of, this_revision, what_changed
from regulatory.rule_sets import rule_set_words

ROUTINE_REASON = "compile a document"
"""Why a document is compiled where nobody said."""


@dataclass(frozen=True)
class Compiled:
    """A compiled document before it is recorded: its basis, content and bytes."""

    kind: str
    basis: Basis
    content: Content
    rendered: Rendered

    def without_bytes(self) -> "Compiled":
        """The same, once its bytes are kept: their digests tell which they are."""
        return replace(self, rendered=Rendered(b"", b"", (), self.rendered.digests))


@dataclass(frozen=True)
class Request:
    """Which document is wanted, about what, by whom and why."""

    kind: str
    device: str
    period: tuple[date, date] | None = None
    requested_by: str = ""
    reason: str = ""
    stationery: Stationery = HOUSE_STYLE
    """How the organisation's documents look, and the pattern of their numbers."""
    subject: str = ""
    """The record that it is about, such as INC-0001, where the kind is about one."""


def set_in_type(kind: str, basis: Basis, content: Content) -> Compiled:
    """A document in its formats, ready to be kept and recorded; it asks no record.

    Raises:
        ValueError: A number in it is not finite.
    """
    return Compiled(kind, basis, content, render(content))


def content_now(
    reader: Session, request: Request, *, now: datetime, vault: Vault | None = None
) -> tuple[Basis, Content]:
    """What the next version of a document would say as of now, before it is set in type.

    vault: where the images lie that it shows; without it they are named only.

    Raises:
        NotFound: No such kind of document, or no such record for it to be about.
        Refused: The kind does not fit the device's class or markets, or is about one record and
            none is named.
    """
    device = find_device(reader, request.device)
    definition = definition_of(device)
    kind = require_applicable(request.kind, definition.risk_class.eu)
    require_placed(request.kind, definition.markets)
    subject = require_subject(reader, request.kind, device, request.subject)
    number = request.stationery.numbering.format(code=kind.code, device=device.name)
    number = f"{number}-{subject}" if subject else number
    known = revisions_of(reader, number)
    freeze_at, sequence, digest = freeze_now(reader, now=now)
    basis = Basis(
        device=device, definition=definition, versions=versions_about(reader, device, subject),
        freeze_at=freeze_at, freeze_sequence=sequence, freeze_head=digest,
        period=period_asked(reader, request, now=now) if kind.periodic else None,
        number=number, version=len(known) + 1,
        status="draft",
        marking=marking(reader), requested_by=request.requested_by,
        identifiers=identifiers_on(reader, device.name, freeze_at.date()).facts,
        reason=request.reason, vault=vault, subject=subject,
    )
    content = _content(reader, request.kind, basis, known)
    return basis, _in_stationery(content, request.stationery)


def period_asked(
    reader: Session, request: Request, *, now: datetime
) -> tuple[date, date] | None:
    """What a periodic document is about: the days that were watched, or those that rules set.

    Raises:
        NotFound: No such device.
    """
    if request.kind not in (PSUR, PMS_REPORT):
        return request.period
    device = find_device(reader, request.device)
    return period_of_report(
        reader, device, definition_of(device), on=now.date(), watched=request.period
    )


def _content(reader: Session, kind: str, basis: Basis, known: list[Document]) -> Content:
    maker = MAKERS[kind]
    facts = maker.facts(reader, basis)
    if "notes" in {one.name for one in fields(facts)}:
        facts = replace(facts, notes=_notes(reader, basis, kind))
    content = with_claims_as_gaps(maker.content(facts))
    if basis.subject:
        title = f"{content.header.title}: {basis.subject}"
        content = replace(content, header=replace(content.header, title=title))
    found = identify(content)
    return with_cited(reader, _with_control(reader, basis, content, known, found), found)


def _notes(reader: Session, basis: Basis, kind: str) -> Notes:
    """What people wrote for a document; of one about a record, only what was written for that."""
    return {
        place: one for place, one in notes_of(reader, basis.device, kind).items()
        if not basis.subject or place.startswith(f"{basis.subject}.")
    }


def _in_stationery(content: Content, stationery: Stationery) -> Content:
    if stationery.appearance == HOUSE_STYLE.appearance:
        return content
    look, header = stationery.appearance, content.header
    header = replace(header, appearance=look,
                     confidentiality=look.confidentiality or header.confidentiality)  # fmt: skip
    return replace(content, header=header, assets=stationery.assets)


def _with_control(
    reader: Session, basis: Basis, content: Content, known: list[Document], found: Identified
) -> Content:
    """The same document with its revisions and the rule sets in use in its header."""
    this = this_revision(
        reader, content, requested_by=basis.requested_by, reason=basis.reason or ROUTINE_REASON,
        changed=what_changed(content, known, basis.vault, found), now=basis.freeze_at,
    )
    header = replace(
        content.header, revisions=(*revision_history(reader, known), this),
        rule_sets=rule_set_words(reader),
    )  # fmt: skip
    return replace(content, header=header)


def with_cited(reader: Session, content: Content, found: Identified) -> Content:
    """The same document with the digest of each record that one of its statements names.

    found: its statements before its header told of its revisions; those of its sections are these.
    """
    header = identify(replace(content, sections=()))
    named = {label for part in (found, header) for one in part.items.values()
             for label in one.records}  # fmt: skip
    cited = tuple(
        RecordRef(label, digest) for label, digest in sorted(digests_cited(reader, named).items())
    )
    return replace(content, provenance=replace(content.provenance, cited=cited))


def compile_again(
    reader: Session, document: Document, *, asked: tuple[str, str] = ("", ""),
    vault: Vault | None = None,
) -> Content:
    """The draft of a recorded document anew, from the records as they stood at its freeze.

    reader: a session on the records of that moment (records.as_of), and on nothing later.
    asked: who asked for it, and why. vault: where the images lie that it shows; without it they are
    named only.

    Raises:
        NotFound: This version cannot make that kind of document.
        Refused: The records of that moment do not give such a document.
    """
    if document.kind not in MAKERS:
        raise NotFound(f"This version makes no document of the kind '{document.kind}'.")
    device = reader.get_one(Device, document.device_id)
    sequence, digest = head(reader)
    period = document.period_from, document.period_to
    subject = subject_in(DOCUMENTS[document.kind], document.number)
    basis = Basis(
        device=device, definition=definition_of(device),
        versions=versions_about(reader, device, subject),
        freeze_at=document.freeze_at, freeze_sequence=sequence, freeze_head=digest,
        period=(period[0], period[1]) if period[0] and period[1] else None,
        number=document.number, version=document.version, status="draft",
        marking=marking(reader), requested_by=asked[0], reason=asked[1], vault=vault,
        identifiers=identifiers_on(reader, device.name, document.freeze_at.date()).facts,
        subject=subject,
    )
    known = [one for one in revisions_of(reader, document.number) if one.version < document.version]
    return _content(reader, document.kind, basis, known)


def record_draft(tx: Session, compiled: Compiled, *, now: datetime) -> Document:
    """Record a compiled draft; its bytes lie in the vault already."""
    basis, provenance = compiled.basis, compiled.content.provenance
    assert basis.device.id is not None
    known = revisions_of(tx, basis.number)
    former = known[-1].gaps if known else []
    document = Document(
        device_id=basis.device.id, kind=compiled.kind, number=basis.number,
        version=basis.version, title=compiled.content.header.title,
        period_from=basis.period[0] if basis.period else None,
        period_to=basis.period[1] if basis.period else None, freeze_at=basis.freeze_at,
        freeze_sequence=basis.freeze_sequence, facts_digest=provenance.facts_digest,
        template_digest=provenance.template_digest,
        draft_json_digest=compiled.rendered.digests["json"],
        json_digest=compiled.rendered.digests["json"],
        pdf_digest=compiled.rendered.digests["pdf"],
        gaps=inherited(gaps_of(compiled.content), former), compiled_at=now,
        changed=compiled.content.header.revisions[-1].changed,
    )
    tx.add(document)
    tx.flush()
    return document


def gaps_of(content: Content) -> list[dict[str, str]]:
    """What only a person can supply and nobody has yet."""
    return [
        {"section": section, "missing": gap.missing, "reason": gap.reason, "who": gap.who}
        | {name: said for name, said in (("clause", gap.clause), ("place", gap.place)) if said}
        for section, gap in placed_gaps(content)
    ]
