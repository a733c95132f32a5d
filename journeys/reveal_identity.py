"""A permitted person asks who is behind a pseudonym: first on record, then from the mapping."""

from datetime import datetime

from imaging.identity import identity_store
from records.accounts import acting_on
from records.errors import InvalidInput
from records.identity_access import REVEALED, is_known, note_reveal, subject_of
from records.people import find_actor
from records.store import Store


def reveal_identity(
    store: Store, pseudonym: str, *, by: str, purpose: str, now: datetime
) -> dict[str, str]:
    """The original identifiers behind the pseudonym of a patient, a study or an image.

    The event names pseudonym, grant and purpose, never the identity, and is committed before
    anything is read; a refusal leaves one on the pseudonym too.

    Raises:
        NotAllowed: No role of the person may, or nobody has granted it for today.
        InvalidInput: No purpose.
        NotFound: No record knows the pseudonym, or the mapping was destroyed.
        IntegrityBroken: The mapping is damaged, or its key is lost.
    """
    if not any(one.isalnum() for one in purpose):
        raise InvalidInput("No purpose was given.", hint="Say what the identity is needed for.")
    with store.reader() as reader:
        person, known = find_actor(reader, by), is_known(reader, pseudonym)
    refused = {"purpose": purpose} | ({"about": subject_of(pseudonym)} if known else {})
    with acting_on(
        store, person, REVEALED, actor=by, reason=purpose, now=now, refused=refused
    ) as tx:
        note_reveal(tx, find_actor(tx, by), pseudonym, purpose=purpose, now=now)
    return identity_store(store).reveal(pseudonym)
