"""The revisions of a document: by whom, when and why each was made, and what it changed."""

from datetime import datetime
from functools import partial

from sqlmodel import Session, col, select

from records.audit import AuditEvent
from records.errors import IntegrityBroken, InvalidInput, NotFound
from records.people import Actor, Meaning
from records.quality import Document, Signature
from records.vault import Vault
from regulatory.documents.content import Content, Revision
from regulatory.documents.difference import differences, in_short
from regulatory.documents.identified import Identified
from regulatory.documents.reading import read_content

FIRST = "first revision"


def revisions_of(session: Session, number: str) -> list[Document]:
    """Every recorded version of the document of that number, the first one first."""
    query = select(Document).where(Document.number == number)
    return list(session.exec(query.order_by(col(Document.version))))


def revision_history(session: Session, known: list[Document]) -> tuple[Revision, ...]:
    """The recorded revisions as a document prints them; its author is who signed as such."""
    subjects = [one.subject for one in known]
    made = {
        event.subject: event
        for event in session.exec(
            select(AuditEvent).where(
                col(AuditEvent.subject).in_(subjects), AuditEvent.action == "create"
            )
        )
    }
    signed = {
        one.subject_name: one.printed_name
        for one in session.exec(
            select(Signature).where(
                col(Signature.subject_name).in_(subjects),
                Signature.meaning == Meaning.AUTHOR.value,
            ).order_by(col(Signature.id))
        )
    }
    names = {one.name: one.full_name for one in session.exec(select(Actor))}
    return tuple(
        Revision(
            version=str(one.version), at=one.compiled_at,
            author=signed.get(one.subject) or _author(made.get(one.subject), names),
            reason=made[one.subject].reason if one.subject in made else "",
            changed=one.changed, status=one.status,
        )
        for one in known
    )


def _author(event: AuditEvent | None, names: dict[str, str]) -> str:
    return names.get(event.actor) or event.actor if event else ""


def this_revision(
    session: Session, content: Content, *, requested_by: str, reason: str, changed: str,
    now: datetime,
) -> Revision:
    """The revision that is being compiled."""
    found = session.exec(select(Actor).where(Actor.name == requested_by)).first()
    author = (found.full_name if found else "") or requested_by
    return Revision(content.header.version, now, author, reason, changed)


def what_changed(
    content: Content, known: list[Document], vault: Vault | None, found: Identified
) -> str:
    """What the content changes against the newest recorded revision, counted, in words.

    found: its statements.
    """
    if not known:
        return FIRST
    before = known[-1]
    against = f"against revision {before.version}: "
    if vault is None:
        return f"{against}not compared, as the stored revisions were not at hand"
    try:
        earlier = stored_draft(before, vault)
    except (IntegrityBroken, InvalidInput, NotFound) as why:
        return f"{against}not compared: {why.message}"
    return against + in_short(differences(earlier, content, named=found))


def stored_draft(document: Document, vault: Vault) -> Content:
    """A recorded revision as it was compiled.

    Raises:
        IntegrityBroken: Its bytes are lost or altered.
        InvalidInput: They are no document that this version reads.
    """
    fetch = partial(vault.fetch, of=document.label)
    return read_content(fetch(document.draft_json_digest), pictures=fetch)
