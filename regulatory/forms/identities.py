"""What is submitted names no patient: each text of a filled form is looked through beforehand.

The names of those who answer for the maker, of facilities and of reporters belong into a form: in
fields for them only what is known of patients, and dates of birth, are refused. It is a help and no
guarantee, like every such search (docs/typed-text.md).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from records.errors import Refused
from records.written_identities import NAME, written_identities
from regulatory.forms.filling import FilledForm

Look = Callable[[str], Iterator[str]]
"""The kinds of identities in a text, in words."""

_OF_CONTACTS: Final = frozenset({NAME, "an e-mail address", "a telephone number"})


def written_kinds(text: str) -> Iterator[str]:
    """The kinds of identities that are written in a text; nobody is looked up."""
    for one in written_identities(text):
        yield one.kind


def refuse_identities(filled: FilledForm, look: Look = written_kinds) -> None:
    """No text of the form names a patient, as far as that can be told.

    Raises:
        Refused: One seems to: the number of the field and the kind of identity, never the words.
    """
    for cell in filled.cells:
        texts = [*_texts(cell.value), cell.reason, *cell.attempts]
        for kind in (kind for text in texts if text for kind in look(text)):
            if cell.field.contact and kind in _OF_CONTACTS:
                continue
            raise Refused(
                f"{cell.field.number} {cell.field.name} seems to hold {kind}; nothing was written.",
                hint="What is submitted names no patient: write the pseudonym or the study.",
            )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
