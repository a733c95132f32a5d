"""A new device's file, begun from another's, with the comments that explain each field."""

import json
import re
import tempfile
from pathlib import Path

from records.definition import check_name, load_definition
from records.errors import InvalidInput, Refused
from records.yaml_source import read_yaml

_AUTHORIZATION = r"^  authorization:[^\n]*(?:\n|\Z)(?: {3}[^\n]*(?:\n|\Z))*"
"""The field with what is indented below it, also where the file ends with it."""


def copy_definition(source: Path, target: Path, *, name: str, trade_name: str) -> Path:
    """Write the source's text under a new name and trade name, comments kept, once it is valid.

    An authorization of the source's plan of changes is left out: it was given to that device.

    Raises:
        Refused: There is a file at the target: a definition is never written over.
        InvalidInput: The name is not one of a device, or the source is not valid.
    """
    check_name(name)
    read_yaml(source)
    if target.exists():
        raise Refused(f"{target} exists; a definition is never written over.", hint="Use --out.")
    text = source.read_text(encoding="utf-8")
    text = _with_field(text, "name", name, source)
    text = _with_field(text, "trade_name", json.dumps(trade_name, ensure_ascii=False), source)
    text = re.sub(_AUTHORIZATION, "", text, flags=re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / target.name
        draft.write_text(text, encoding="utf-8")
        load_definition(draft)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as failed:
        raise InvalidInput(f"{target} cannot be written: {failed.strerror}.") from failed
    return target


def _with_field(text: str, field: str, value: str, source: Path) -> str:
    """The text with one top-level field's value replaced; what follows a # stays."""
    found = re.search(rf"^{field}:[^#\n]*", text, flags=re.MULTILINE)
    if found is None:
        raise InvalidInput(f"{source.name} has no field '{field}' at the beginning of a line.")
    gap = " " if text[found.end() : found.end() + 1] == "#" else ""
    return f"{text[: found.start()]}{field}: {value}{gap}{text[found.end() :]}"
