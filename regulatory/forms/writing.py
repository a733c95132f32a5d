"""A filled form as a data set: JSON with field numbers, the list of what is missing, and digests.

The JSON is this program's own (docs/submission-data.schema.json); no authority takes it as it is.
No XML is made: the schemas of the authorities were not at hand, and an XML that nobody takes is
worse than none.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from records.base import canonical_json, digest_of
from records.errors import InvalidInput, Refused
from regulatory.forms.catalogue import find_form
from regulatory.forms.checking import validate
from regulatory.forms.codes import NOT_LOADED, CodeList
from regulatory.forms.filling import (
    EMPTY,
    UNKNOWN,
    Cell,
    FilledForm,
    fill_form,
    missing_fields,
    written,
)

DATA_SET: Final = "radvigil.submission-data.1"
"""The version of the JSON itself."""


def data_set(
    filled: FilledForm, *, codes: CodeList = NOT_LOADED, follows: Mapping[str, Any] | None = None,
    sources: Mapping[str, Sequence[str]] | None = None,
    contradictions: Mapping[str, str] | None = None, otherwise: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The data set of a filled form: fields by number, missing ones, faults, digests.

    follows: the data set of the version before; the fields that changed since are listed. sources:
    by field the labels of the records that filled it. contradictions: by field what records say
    that do not say the same; '' where they do. otherwise: by field what records say against a fact
    that a person told: it stands, and the contradiction with it.

    Raises:
        Refused: It follows a data set of another form or another report.
    """
    form = filled.form
    told, against = sources or {}, otherwise or {}
    fields = [
        _field(one) | ({"from": list(told[one.field.key])} if told.get(one.field.key) else {})
        for one in filled.cells if one.state != EMPTY
    ]
    return {
        "data_set": DATA_SET,
        "form": form.id, "title": form.title, "edition": form.edition,
        "form_version": form.version, "form_digest": form.digest,
        "primary_text_checked": form.primary_text_checked,
        "reference": filled.reference,
        "sequence": (follows["sequence"] + 1) if follows else 1,
        "fields": fields,
        "missing": [
            {"number": one.number, "key": one.key, "name": one.name, "why": one.why}
            for one in missing_fields(filled)
        ],
        "faults": [
            {"number": one.number, "key": one.key, "words": one.words}
            for one in validate(filled, codes)
        ] + [
            {"number": cell.field.number, "key": cell.field.key,
             "words": f"{cell.field.name}: the records contradict each other: {words}."}
            for cell in filled.cells if (words := (contradictions or {}).get(cell.field.key))
        ],
        "changed": changed_fields(follows, filled) if follows else None,
        "unknown_is_written": form.unknown_is_written,
        "codes": {"release": codes.release, "digest": codes.digest},
        "facts_digest": digest_of(fields),
    } | ({"told_otherwise": [
        {"number": cell.field.number, "key": cell.field.key, "words": words}
        for cell in filled.cells if (words := against.get(cell.field.key))
    ]} if any(against.values()) else {})  # fmt: skip


def _field(cell: Cell) -> dict[str, Any]:
    said: dict[str, Any] = {
        "number": cell.field.number, "key": cell.field.key, "name": cell.field.name,
        "state": cell.state, "written": written(cell),
    }  # fmt: skip
    if cell.reason:
        said["reason"] = cell.reason
    if cell.state == UNKNOWN:
        said["attempts"] = list(cell.attempts)
    return said


def changed_fields(before: Mapping[str, Any], filled: FilledForm) -> list[dict[str, Any]]:
    """Which fields are new, changed or gone since a data set (21 CFR 803.56(c)), by number, with
    what stood there and what stands there now.

    Whether it is the first or a follow-up always changes, and is listed like any other.

    Raises:
        Refused: That data set is of another form, or of a report with another number.
    """
    form = filled.form
    if before.get("form") != form.id:
        raise Refused(f"A {form.id} cannot follow a data set of form {before.get('form')}.")
    if before.get("reference") != filled.reference:
        raise Refused(
            f"A follow-up keeps the number of its report, '{before.get('reference')}': this one "
            f"says '{filled.reference}'.",
            hint=f"Correct {form.field(form.reference).number}, or begin a report of its own.",
        )
    if form.kind and filled.values.get(form.kind) in form.first:
        raise Refused(
            f"{form.field(form.kind).number} {form.field(form.kind).name} says "
            f"{filled.values[form.kind]}, and this follows an earlier report.",
            hint="Say that it is a follow-up, or that it is final.",
        )
    told = {
        one["key"]: {name: said for name, said in one.items() if name != "from"}
        for one in before["fields"]
    }
    now = {one.field.key: _field(one) for one in filled.cells if one.state != EMPTY}
    return [
        {"number": one.number, "key": one.key, "name": one.name,
         "change": "new" if one.key not in told else "gone" if one.key not in now else "changed",
         "was": _standing(told.get(one.key)), "is": _standing(now.get(one.key))}
        for one in form.fields
        if told.get(one.key) != now.get(one.key)
    ]  # fmt: skip


def _standing(said: Mapping[str, Any] | None) -> Any:
    """What stands in a field: its value, 'unknown' or 'not applicable' with the reason, or None."""
    if said is None or said["state"] == "value":
        return None if said is None else said["written"]
    return {said["state"]: said.get("reason", "")}


def as_json(content: Mapping[str, Any]) -> bytes:
    """The bytes of a data set: the same facts give the same bytes."""
    return canonical_json(content).encode() + b"\n"


def write_new(path: Path, content: bytes) -> None:
    """Write a data set to a file that is not there yet, for its owner alone.

    Raises:
        InvalidInput: It is there, or cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError as there:
        raise InvalidInput(f"{path} is there already.", hint="Name a new file.") from there
    except OSError as failed:
        raise InvalidInput(f"{path} cannot be written: {failed.strerror}.") from failed


def as_xml(filled: FilledForm) -> NoReturn:
    """No XML is made, and the form says why.

    Raises:
        Refused: Always.
    """
    raise Refused(f"No XML is made of form {filled.form.id}: {filled.form.xml}")


def facts_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that a data set was filled with.

    Raises:
        InvalidInput: It is no data set of a form that is known here.
    """
    try:
        if content["data_set"] != DATA_SET:
            raise InvalidInput(f"This is no data set '{DATA_SET}'.")
        find_form(content["form"])
        return {one["key"]: _fact(one) for one in content["fields"]}
    except (KeyError, TypeError) as wrong:
        raise InvalidInput(f"This is no data set '{DATA_SET}': {wrong} is missing.") from wrong


def _fact(said: Mapping[str, Any]) -> Any:
    if said["state"] == "value":
        return said["written"]
    if said["state"] == UNKNOWN:
        return {"unknown": said.get("reason", ""), "attempts": said["attempts"]}
    return {"not_applicable": said.get("reason", "")}


def refilled(content: Mapping[str, Any]) -> FilledForm:
    """The filled form of a data set, by the form as it is now."""
    return fill_form(content["form"], facts_of(content))
