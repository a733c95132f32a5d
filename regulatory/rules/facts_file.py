"""A file of facts: which rules are asked, and the facts by name, as JSON."""

import json
from pathlib import Path
from typing import Any, Final, NoReturn

from records.errors import InvalidInput

MOST_BYTES: Final = 1_000_000


def read_facts_file(path: Path) -> tuple[list[str], dict[str, Any]]:
    """The rules and the facts of a file ``{"rule_ids": [...], "input": {...}}``.

    Other fields beside the two are left alone, so that a worked case is such a file too.

    Raises:
        InvalidInput: It cannot be read, is no JSON, or lacks one of the two.
    """
    content = read_json_object(path, wanted='{"rule_ids": [...], "input": {...}}')
    rule_ids, given = content.get("rule_ids"), content.get("input")
    if not isinstance(rule_ids, list) or not all(isinstance(one, str) for one in rule_ids):
        raise InvalidInput(f"{path.name}: rule_ids is no list of rules such as R-803-03.")
    if not isinstance(given, dict):
        raise InvalidInput(f"{path.name}: input is no object of facts.")
    return rule_ids, given


def read_json_object(path: Path, *, wanted: str) -> dict[str, Any]:
    """The object of a JSON file that a person or a program wrote; no name stands in it twice.

    wanted: the form of it, in words.

    Raises:
        InvalidInput: It cannot be read, or is no JSON object.
    """
    text = _text_of(path)
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except ValueError as wrong:
        raise InvalidInput(f"{path.name} is no JSON: {wrong}.") from wrong
    except RecursionError as deep:
        raise InvalidInput(f"{path.name} is nested too deeply.") from deep
    if not isinstance(content, dict):
        raise InvalidInput(f"{path.name}: an object {wanted} is needed.")
    return content


def _text_of(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as failed:
        raise InvalidInput(f"{path.name} cannot be read: {failed.strerror}.") from failed
    if len(raw) > MOST_BYTES:
        raise InvalidInput(f"{path.name} has {len(raw)} bytes; a file of facts has some thousand.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise InvalidInput(f"{path.name} is not UTF-8 text.") from wrong


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"The file tells '{twice}' twice.", hint="Leave one out.")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
