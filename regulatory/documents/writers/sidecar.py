"""The file beside a PDF or DOCX that leads each of its statements to question, records, digests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulatory.documents.canonical import canonical_json, plain
from regulatory.documents.content import Content
from regulatory.documents.identified import NUMBER, Identified, Item, identify

SCHEMA = "radvigil-trace/1"


def write_sidecar(content: Content, identified: Identified | None = None) -> bytes:
    """Each statement by its identifier: its words, number, place, question and records.

    ``records`` gives the digest of each record that a statement names, as it was at the freeze.
    ``by`` of a statement says whose records these are: its own ('cell'), its row's ('row'), those
    of the question of its section ('section'), or none but the freeze's ('document').
    """
    found = identified or identify(content)
    header, source = content.header, content.provenance
    return canonical_json(
        {
            "schema": SCHEMA,
            "document": {
                "kind": content.kind, "number": header.number, "version": header.version,
                "title": header.title, "status": header.status, "device": header.device,
                "freeze": plain(header.freeze), "facts_digest": source.facts_digest,
                "template": source.template, "template_digest": source.template_digest,
                "generator": source.generator,
            },
            "queries": [plain(one) for one in source.traces],
            "records": {one.id: one.digest for one in source.cited},
            "cells": {key: _cell(one) for key, one in found.items.items()},
        }
    )  # fmt: skip


def _cell(item: Item) -> Mapping[str, Any]:
    estimate = item.cell.estimate if item.cell else None
    said: dict[str, Any] = {
        "is": item.kind, "text": item.text, "section": item.section, "place": item.place,
        "records": list(item.records), "by": item.nearest,
    }
    if item.cell and item.cell.full:
        said["full"] = item.cell.full
    if estimate is not None:
        said["estimate"] = plain(estimate)
    elif item.kind in ("cell", "number") and (number := number_in(item.text)) is not None:
        said["number"] = number
    return said


def number_in(text: str) -> float | int | None:
    """The number that a text is, such as '3,591'; None of any other text.

    >>> number_in("3,591"), number_in("\N{MINUS SIGN}0.5"), number_in("3 of 12")
    (3591, -0.5, None)
    """
    if not NUMBER.fullmatch(text):
        return None
    bare = text.replace(",", "").replace("\N{MINUS SIGN}", "-")
    return float(bare) if "." in bare else int(bare)
