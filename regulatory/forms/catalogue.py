"""The forms as data: each field with its number on the form, its type and when it is needed.

``data`` holds one file a form. Each says of which edition it is, what of the primary text was seen,
and what its numbers are; a data set carries the file's digest, so that it is read years later by
the form that it was filled by.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from records.errors import InvalidInput
from records.yaml_source import read_yaml

DATA: Final = Path(__file__).parent / "data"
VOCABULARY: Final = "imdrf.yaml"
TYPES: Final = frozenset({
    "text", "texts", "date", "number", "count", "yes_no", "choice", "choices", "codes", "country",
    "countries", "table",
})  # fmt: skip
"""What a field may hold; count is a whole number from 0."""

Condition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form; several may share a number."""

    number: str
    key: str
    """The name of the fact that fills it."""
    name: str
    type: str
    needed: bool | Condition
    """True: always; False: never; else when the condition holds."""
    unknown: str | None
    """None: 'unknown' is no answer; '': it is, and the form stays empty; else what is written."""
    unknown_when: Condition | None
    may_not_apply: bool
    """Whether 'does not apply', with its reason, answers a field that is always needed."""
    most: int | None
    """Characters of a text, or entries of a list, at most."""
    pattern: str
    annex: str
    columns: tuple[str, ...]
    choices: tuple[str, ...]
    contact: bool
    """Whether it names somebody of the maker, an authority or a facility: no patient."""
    source: str
    """The record that it is taken from; '' where a person must supply it."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form in one edition."""

    id: str
    title: str
    authority: str
    edition: str
    version: int
    basis: str
    source: str
    primary_text_checked: bool
    numbers: str
    reference: str
    """The field that holds the number of the report, which a follow-up keeps."""
    kind: str
    """The field that tells an initial report from a follow-up; '' where there are none."""
    first: tuple[str, ...]
    """Its values that begin a report."""
    unknown_is_written: str
    unknown_needs_attempts: bool
    xml: str
    groups: Mapping[str, tuple[str, ...]]
    in_order: tuple[tuple[str, str], ...]
    fields: tuple[FormField, ...]
    digest: str

    def field(self, key: str) -> FormField:
        """The field of this name. Raises InvalidInput where there is none."""
        for one in self.fields:
            if one.key == key:
                return one
        raise InvalidInput(
            f"Form {self.id} has no field '{key}'.",
            hint=f"See 'radvigil submission fields {self.id}'.",
        )


def choice_words(code: str) -> str:
    """A coded answer as people read it; classes and letters stay as they are.

    >>> choice_words("FINAL_NOT_REPORTABLE"), choice_words("RESPONSE_TO_FDA_REQUEST")
    ('final not reportable', 'response to FDA request')
    >>> choice_words("IIb"), choice_words("III"), choice_words("C")
    ('IIb', 'III', 'C')
    """
    if not code.isupper() or len(code) <= 3:
        return code
    return code.replace("_", " ").lower().replace("fda", "FDA")


@cache
def forms() -> Mapping[str, Form]:
    """Every form by its id."""
    found = [_form(path) for path in sorted(DATA.glob("*.yaml")) if path.name != VOCABULARY]
    return {one.id: one for one in found}


def find_form(form_id: str) -> Form:
    """A form by its id, in any case. Raises InvalidInput with those there are."""
    for name, form in forms().items():
        if name.casefold() == form_id.strip().casefold():
            return form
    raise InvalidInput(f"There is no form '{form_id}'.", hint=f"There are {', '.join(forms())}.")


def _form(path: Path) -> Form:
    said = read_yaml(path).content
    choices = said["choices"]
    return Form(
        said["form"], said["title"], said["authority"], str(said["edition"]), said["version"],
        said["basis"], said["source"], said["primary_text_checked"], said["numbers"],
        said["reference"], said["kind"], tuple(said["first"]), said["unknown_is_written"],
        said["unknown_needs_attempts"], said["xml"],
        {name: tuple(group) for name, group in said.get("groups", {}).items()},
        tuple((first, then) for first, then in said["in_order"]),
        tuple(_field(one, choices) for one in said["fields"]),
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )  # fmt: skip


def _field(said: Mapping[str, Any], choices: Mapping[str, Any]) -> FormField:
    needed = said.get("needed", False)
    return FormField(
        str(said["number"]), said["key"], said["name"], said.get("type", "text"),
        needed == "always" if isinstance(needed, str) else needed, said.get("unknown"),
        said.get("unknown_when"), said.get("may_not_apply", False), said.get("most"),
        said.get("pattern", ""), said.get("annex", ""), tuple(said.get("columns", ())),
        tuple(choices.get(said["key"], ())), said.get("contact", False), said.get("from", ""),
    )  # fmt: skip
