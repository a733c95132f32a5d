"""Sign and decide at the command line: who is signed in, the password asked for again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cli.opening import acting_person, ask_password, now_of

if TYPE_CHECKING:
    from records.people import Meaning
    from records.quality import Release
    from records.store import Store


def sign_label(
    store: "Store", table: Any, label: str, *, meaning: str, reason: str, comment: str = ""
) -> str:
    """Sign the record that the label means; a sentence to print."""
    from records.accounts import sign_record
    from records.lookup import find_record

    meant = meaning_named(meaning)
    person = acting_person(store)
    with store.reader() as reader:
        record = find_record(reader, table, label)
    signature = sign_record(
        store, record, signer=person, password=password_of(person.name), meaning=meant,
        reason=reason, now=now_of(store), comment=comment,
    )
    return f"{record.label} is signed by {signature.printed_name} ({meaning}): {signature.label}."


def meaning_named(name: str) -> "Meaning":
    """The meaning of a signature that the word stands for, or InvalidInput with all of them."""
    from records.errors import InvalidInput
    from records.people import Meaning

    try:
        return Meaning(name)
    except ValueError as unknown:
        known = ", ".join(one.value for one in Meaning)
        raise InvalidInput(f"'{name}' is no meaning.", hint=f"Known: {known}.") from unknown


def decide(
    store: "Store", label: str, decision: Callable[..., "Release"], *, reason: str
) -> "Release":
    """Carry out a decision about the change request that the label means."""
    from records.lookup import find_record
    from records.quality import ChangeRequest

    person = acting_person(store)
    with store.reader() as reader:
        change = find_record(reader, ChangeRequest, label)
    return decision(
        store, change.id, decided_by=person.name, password=password_of(person.name),
        reason=reason, now=now_of(store),
    )


def password_of(name: str) -> str:
    """The password of the person who signs or decides, asked for at every one."""
    return ask_password(f"Password of {name}")
