"""A table of a page was taken along as a file: that it left is an event (21 CFR 11.10(b), (e))."""

import hashlib

from records.audit import note
from records.clock import now_in
from records.people import find_actor
from records.permissions import Action, require
from records.store import Store

COPIED = "export table"


def note_table_copy(store: Store, account: str, *, page: str, file: str, content: bytes) -> None:
    """Write down who took which table along, by the digest of the file.

    Raises:
        NotAllowed: The account may not look at records any more.
    """
    with store.reader() as reader:
        now = now_in(reader)
    with store.transaction(account, now=now) as tx:
        person = find_actor(tx, account)
        require(person, Action.LOOK)
        digest = hashlib.sha256(content).hexdigest()
        note(tx, COPIED, person.subject, new={"page": page, "file": file, "sha256": digest})
