"""A stored document read back: from its JSON and its pictures to the very tree it was written from.

The final edition of a signed document is set from this, never from records that have moved on.
"""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from records.errors import InvalidInput
from regulatory.documents.blocks import Figure, Section
from regulatory.documents.content import Attachment, Content, Header, Provenance
from regulatory.documents.writers.json import PICTURE, SCHEMA


def read_content(data: bytes, *, pictures: Callable[[str], bytes]) -> Content:
    """The document that ``write_json`` wrote; written again, it gives the same bytes.

    pictures: gives the SVG that a SHA-256 (hex) names. Raises InvalidInput for any other bytes.
    """
    try:
        tree = json.loads(data)
        if tree["schema"] != SCHEMA:
            raise ValueError(f"schema {tree['schema']}, expected {SCHEMA}")
        for section in tree["sections"]:
            for block in section["blocks"]:
                if block["block"] == Figure.__name__:
                    block["svg"] = pictures(block["svg"].removeprefix(PICTURE)).decode()
        header = _made(Header, tree["header"])
        look = header.appearance
        return Content(
            kind=tree["kind"],
            header=header,
            sections=tuple(_made(Section, one) for one in tree["sections"]),
            provenance=_made(Provenance, tree["provenance"]),
            marking=tree["marking"],
            assets=tuple(pictures(one) for one in look.named) if look else (),
            attachments=tuple(
                Attachment(one["ending"], pictures(one["content"].removeprefix(PICTURE)))
                for one in tree.get("attachments", ())
            ),
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise InvalidInput(f"These bytes are no document that Radvigil wrote: {wrong}.") from wrong


_hints = cache(get_type_hints)


def _made(kind: Any, written: dict[str, Any]) -> Any:
    """A dataclass from its fields; one that was left out was empty."""
    hints = _hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    return kind(
        **{
            name: _value(hints[name], written[name]) if name in written else _empty(hints[name])
            for name in names
        }
    )


def _empty(kind: Any) -> Any:
    if kind is str:
        return ""
    if get_origin(kind) is tuple:
        return ()
    if type(None) in get_args(kind):
        return None
    raise ValueError(f"a value is missing ({kind})")


def _value(kind: Any, written: Any) -> Any:
    if written is None:
        return None
    if get_origin(kind) in (Union, types.UnionType):
        return _one_of(get_args(kind), written)
    if get_origin(kind) is tuple:
        return _several(get_args(kind), written)
    if dataclasses.is_dataclass(kind):
        return _made(kind, written)
    if kind in (date, datetime):
        return kind.fromisoformat(written)
    return written


def _one_of(kinds: tuple[Any, ...], written: Any) -> Any:
    """A value of one of several kinds: a block names its own, another may only be absent."""
    if isinstance(written, dict) and "block" in written:
        return _made({one.__name__: one for one in kinds}[written["block"]], written)
    present = [one for one in kinds if one is not type(None)]
    return _value(present[0], written) if len(present) == 1 else written


def _several(kinds: tuple[Any, ...], written: list[Any]) -> tuple[Any, ...]:
    if kinds[-1] is Ellipsis:
        return tuple(_value(kinds[0], one) for one in written)
    return tuple(_value(kind, one) for kind, one in zip(kinds, written, strict=True))
