"""Review documents: people's texts, comments and answers, the difference of two revisions, what is
not ready yet."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from functools import partial
from typing import Any

from sqlmodel import Session, select

from journeys.tell import Written, watched_period, write_at_one_freeze
from records.accounts import acting_on
from records.audit import SOFTWARE
from records.document_texts import DocumentText, ReviewComment, add_comment, answer_comment
from records.errors import InvalidInput, NotFound
from records.form_drafts import empty_draft, form_of_text
from records.people import find_actor
from records.product import Device
from records.quality import Document
from records.queries import find_device
from records.store import Store
from records.vault import Vault
from regulatory.compile import Request
from regulatory.document_texts import TextsRead, import_texts, write_text
from regulatory.documents.appearance import read_stationery
from regulatory.documents.content import Content
from regulatory.documents.difference import Difference, build, differences
from regulatory.documents.identified import identify, places
from regulatory.documents.reading import read_content
from regulatory.documents.registry import DOCUMENTS, require_known
from regulatory.gaps import assign_gap, with_declarations
from regulatory.gathering.subjects import subjects_of
from regulatory.readiness import Clause, readiness


def write(
    store: Store, device: str, kind: str, place: str, text: str, *, by: str, now: datetime
) -> DocumentText:
    """A person writes the text of a place; the next version of the document prints it.

    Raises:
        NotAllowed: No role that may; the trail says so.
        NotFound: No such device, kind or place.
        InvalidInput: The text says nothing.
        Refused: It says the same as the newest one.
    """
    with store.reader() as reader:
        person = find_actor(reader, by)
    why = f"text for {place} of {kind}"
    with acting_on(store, person, "text of a document", actor=by, reason=why, now=now) as tx:
        writer = find_actor(tx, by)
        made = write_text(tx, find_device(tx, device), kind, place, text, by=writer, now=now)
        empty_draft(tx, form_of_text(device, kind, place), by=writer, now=now)
        return made


def write_all(
    store: Store, device: str, rows: Sequence[tuple[int, Mapping[str, Any]]], *, by: str,
    now: datetime, accept_good: bool = False,
) -> TextsRead:
    """Texts of a table, each row one; every wrong row is named, and none taken in beside one.

    Raises:
        NotAllowed, Refused: As `regulatory.document_texts.import_texts`.
    """
    with store.reader() as reader:
        person = find_actor(reader, by)
    with acting_on(store, person, "import of texts", actor=by, reason="texts of a table",
                   now=now) as tx:  # fmt: skip
        return import_texts(tx, find_device(tx, device), rows, by=find_actor(tx, by), now=now,
                            accept_good=accept_good)  # fmt: skip


def comment(
    store: Store, document_id: int, place: str, words: str, *, by: str, now: datetime
) -> ReviewComment:
    """A reviewer comments on a place of a document; until it is answered nobody approves it.

    Raises:
        NotAllowed: No role that may; the trail says so.
        NotFound: The document has no such place; near ones are named.
        InvalidInput: The comment says nothing.
        Refused: The document is neither a draft nor in review.
    """
    with store.reader() as reader:
        document = reader.get_one(Document, document_id)
    key = _require_key(stored_content(store, document), place)
    with acting_on(store, document, "comment", actor=by, reason=f"review of {key}",
                   now=now) as tx:  # fmt: skip
        return add_comment(tx, tx.get_one(Document, document_id), key, words,
                           by=find_actor(tx, by), now=now)  # fmt: skip


def answer(store: Store, comment_id: int, words: str, *, by: str, now: datetime) -> ReviewComment:
    """A comment is answered: what was done about it, or why nothing.

    Raises:
        NotAllowed: No role that may; the trail says so.
        InvalidInput: The answer says nothing.
        Refused: It is answered already.
    """
    with store.reader() as reader:
        known = reader.get_one(ReviewComment, comment_id)
    with acting_on(store, known, "answer", actor=by, reason=f"answer to {known.label}",
                   now=now) as tx:  # fmt: skip
        return answer_comment(tx, tx.get_one(ReviewComment, comment_id), words,
                              by=find_actor(tx, by), now=now)  # fmt: skip


def assign(
    store: Store, document_id: int, number: int, *, owner: str, due: date, by: str, now: datetime
) -> Document:
    """Say which account supplies what a gap of a draft lacks, and until when.

    Raises:
        NotAllowed: No role that may; the trail says so.
        NotFound: No such gap, or no such account.
        Refused: The document is no draft, or the day has passed.
    """
    with store.reader() as reader:
        draft = reader.get_one(Document, document_id)
    with acting_on(store, draft, "assignment", actor=by, reason=f"who supplies gap {number}",
                   now=now) as tx:  # fmt: skip
        return assign_gap(tx, tx.get_one(Document, document_id), number,
                          owner=find_actor(tx, owner), due=due, by=find_actor(tx, by), now=now)


def _require_key(content: Content, place: str) -> str:
    known = {one.casefold(): one for one in places(identify(content))}
    wanted = place.strip().casefold().removeprefix("section ")
    if wanted in known:
        return known[wanted]
    near = get_close_matches(wanted, known, n=4, cutoff=0.3)
    near = near or [one for one in known if "/" not in one]
    raise NotFound(
        f"{content.header.number} has no place '{place}'.",
        hint=f"Such as: {'; '.join(known[one] for one in near[:12])}.",
    )


def stored_content(store: Store, document: Document) -> Content:
    """A recorded version as it stands: its newest edition, with what was declared of its gaps.

    Raises:
        IntegrityBroken: Its bytes are lost or altered.
    """
    fetch = partial(Vault(store.workspace.vault).fetch, of=document.label)
    stored = fetch(document.json_digest or document.draft_json_digest)
    return with_declarations(read_content(stored, pictures=fetch), document)


def difference(
    store: Store, number: str, earlier: int, later: int
) -> tuple[tuple[Difference, ...], Content]:
    """What the later version of a document says otherwise than the earlier one, and as a paper.

    number: the document's number, or the label of one of its versions.

    Raises:
        NotFound: No such document or version; those on record are named.
        InvalidInput: The same version twice.
    """
    if earlier == later:
        raise InvalidInput("Both versions are the same.", hint="Name two different ones.")
    with store.reader() as reader:
        known = {one.version: one for one in _versions(reader, number)}
    contents = []
    for wanted in sorted((earlier, later)):
        if wanted not in known:
            raise NotFound(
                f"{number} has no version {wanted}.",
                hint=f"On record: {', '.join(map(str, known))}.",
            )
        contents.append(stored_content(store, known[wanted]))
    before, after = contents
    return differences(before, after), build(before, after, software=SOFTWARE)


def _versions(reader: Session, number: str) -> list[Document]:
    from records.lookup import find_record

    found = list(reader.exec(select(Document).where(Document.number == number)))
    if not found:
        try:
            labelled = find_record(reader, Document, number)
        except InvalidInput as why:
            raise NotFound(f"There is no document '{number}'.",
                           hint="See 'radvigil document list'.") from why  # fmt: skip
        found = list(reader.exec(select(Document).where(Document.number == labelled.number)))
    return sorted(found, key=lambda one: one.version)


def what_is_ready(
    store: Store, device: str | None, *, kinds: Sequence[str] = (), now: datetime
) -> dict[str, list[Clause]]:
    """Clause by clause, what each document would answer as of now, by device.

    Raises:
        NotFound: No such device or kind.
    """
    for one in kinds:
        require_known(one)
    vault = Vault(store.workspace.vault)
    stationery = read_stationery(store.workspace.appearance)
    found = {}
    for name in _devices(store, device):
        period = watched_period(store, name)
        with store.reader() as reader:
            found[name] = readiness(reader, name, tuple(kinds) or tuple(DOCUMENTS), period=period,
                                    now=now, vault=vault, stationery=stationery)  # fmt: skip
    return found


def compile_every_kind(
    store: Store, device: str | None, *, actor: str, reason: str = "", now: datetime
) -> dict[str, Written]:
    """A draft of every kind that applies, by device, and the reason for each that does not.

    What nobody supplied yet is a gap of the draft, and stops none. All drafts have one data freeze.

    Raises:
        NotFound: No such device, or no device at all.
    """
    names = _devices(store, device)
    periods = {name: watched_period(store, name) for name in names}
    requests = [
        Request(kind, name, periods[name], requested_by=actor, reason=reason, subject=subject)
        for name in names for kind, subject in _all_that_applies(store, name)
    ]
    drafts = write_at_one_freeze(store, requests, actor=actor, now=now)
    made = {name: Written([], {}) for name in names}
    for request, draft in zip(requests, drafts, strict=True):
        written = made[request.device]
        if isinstance(draft, Document):
            written.documents.append(draft)
        elif isinstance(draft, ValueError):
            why = f"The records do not make a whole document: {draft}."
            written.skipped[_about(request)] = why
        else:
            written.skipped[_about(request)] = f"{draft.message} {draft.hint}".strip()
    return made


def _about(request: Request) -> str:
    return f"{request.kind} {request.subject}".strip()


def _all_that_applies(store: Store, device: str) -> list[tuple[str, str]]:
    """Every kind of document, and of one that is about a record each such record.

    Where there is none the kind is named without one, so that the reason is told.
    """
    with store.reader() as reader:
        own = find_device(reader, device)
        return [
            (kind, subject) for kind in DOCUMENTS
            for subject in (subjects_of(reader, kind, own) or [""])
        ]


def _devices(store: Store, device: str | None) -> list[str]:
    with store.reader() as reader:
        if device is not None:
            return [find_device(reader, device).name]
        names = sorted(reader.exec(select(Device.name).distinct()))
    if not names:
        raise NotFound("No device is defined here yet.",
                       hint="Define one with 'radvigil device define FILE'.")  # fmt: skip
    return names
