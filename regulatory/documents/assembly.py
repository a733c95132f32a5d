"""From a builder's sections to a whole document: blocks H and V, and what only people may fill."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Protocol

from regulatory.documents.blocks import (
    Block,
    Cell,
    Figure,
    Gap,
    HumanText,
    Section,
    SignatureBlock,
    SignatureLine,
    Signed,
    Table,
)
from regulatory.documents.canonical import digest_of
from regulatory.documents.content import Content, Header, Provenance, Trace
from regulatory.documents.facts import Edition, ModelName, Notes
from regulatory.documents.lists import LISTS
from regulatory.documents.places import NOT_SUPPLIED, Place
from regulatory.documents.registry import require_applicable
from regulatory.documents.wording import NOT_RECORDED

PACKAGE = "regulatory.documents"
LAYOUT = "templates/document.typ"
COMMON = (LAYOUT, *LISTS, "annexes.py", "control.py")
"""What shapes every document, whatever its kind."""


class Facts(Protocol):
    """What every document's facts have in common."""

    @property
    def edition(self) -> Edition:
        """Number, version, status, device and freeze of this document."""

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The records behind each section."""


def assemble(
    kind: str,
    facts: Facts,
    sections: tuple[Section, ...],
    *,
    template: tuple[str, ...],
    exclusions: tuple[str, ...] = (),
) -> Content:
    """A whole document of this kind for this device, with its header and provenance.

    template: file names of the builder within the package, hashed into the template digest
    together with the page layout. Raises Refused when the kind does not fit the device's
    risk class.
    """
    edition = facts.edition
    require_applicable(kind, edition.risk_class_eu)
    provenance = Provenance(
        template=kind,
        template_digest=template_digest(template),
        generator=edition.generator,
        facts_digest=digest_of(facts),
        traces=facts.traces,
        exclusions=exclusions,
    )
    turned = tuple(map(_upright_without_table, sections))
    return Content(kind, _header(kind, edition), turned, provenance, edition.marking)


def _upright_without_table(section: Section) -> Section:
    """A page is turned for what is wide: a sentence or a gap alone stands on an upright one."""
    wide = section.wide and any(isinstance(one, Table | Figure) for one in section.blocks)
    return section if wide == section.wide else replace(section, wide=wide)


@cache
def template_digest(files: tuple[str, ...]) -> str:
    """SHA-256 over the named source files of a document and the page layout."""
    total = hashlib.sha256()
    for name in sorted({*files, *COMMON}):
        data = resources.files(PACKAGE).joinpath(name).read_bytes()
        total.update(f"{name}\0{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()


def _header(kind: str, edition: Edition) -> Header:
    found = require_applicable(kind, edition.risk_class_eu)
    lines = tuple(SignatureLine(one.role, one.meaning, one.signed) for one in edition.signers)
    return Header(
        number=edition.number,
        title=found.title,
        version=edition.version,
        status=edition.status,
        device=edition.device,
        device_versions=tuple(model_cell(one) for one in edition.model_versions)
        or (Cell("none: the records name no model version in scope"),),
        risk_class=f"EU: {edition.risk_class_eu}; US: {edition.risk_class_us or NOT_RECORDED}",
        udi=edition.udi or NOT_RECORDED,
        manufacturer=edition.manufacturer,
        legal_basis=found.legal_basis,
        period=edition.period,
        freeze=edition.freeze,
        prepared_by=edition.prepared_by or NOT_RECORDED,
        signatures=lines,
        confidentiality=edition.confidentiality,
    )


def model_cell(model: ModelName) -> Cell:
    """A model version by name, record and the beginning of its weights hash."""
    bare = model.weights_hash.removeprefix("sha256:")
    if not bare:
        return Cell(f"{model.name} ({model.record}, no weights here: seen from outside)",
                    (model.record,))  # fmt: skip
    short = f"{bare[:12]}…" if len(bare) > 16 else bare
    return Cell(
        f"{model.name} ({model.record}, weights {short})", (model.record,), full=model.weights_hash
    )


def with_signatures(content: Content, *, status: str, signed: tuple[Signed, ...]) -> Content:
    """The same document with its signature lines filled in; no fact and no figure is touched.

    Every signature is printed: one that no line asks for has a line of its own behind them.
    """

    def filled(lines: tuple[SignatureLine, ...]) -> tuple[SignatureLine, ...]:
        left = list(signed)
        done = []
        for line in lines:
            given = next((one for one in left if one.meaning == line.meaning), None)
            if given is not None:
                left.remove(given)
            done.append(replace(line, signed=given))
        return (*done, *(SignatureLine(one.role, one.meaning, one) for one in left))

    sections = tuple(
        replace(
            section,
            blocks=tuple(
                SignatureBlock(filled(block.lines)) if isinstance(block, SignatureBlock) else block
                for block in section.blocks
            ),
        )
        for section in content.sections
    )
    header = replace(
        content.header, status=status, signatures=filled(content.header.signatures)
    )
    return replace(content, header=header, sections=sections)


def from_person(
    notes: Notes, place: Place | str, *, missing: str = "", who: str = "", clause: str = ""
) -> Block:
    """What a person wrote for this place, or the gap it leaves: software never judges.

    place: one of `regulatory.documents.places`; a bare key where the words are those of another
    record, which says `missing`, `who` and `clause` itself.
    """
    if isinstance(place, Place):
        return written_at(notes, place)
    note = notes.get(place)
    if note is None:
        return Gap(missing, NOT_SUPPLIED, who, clause)
    return HumanText(note.text, note.author, note.role, note.at, note.record)


def written_at(notes: Notes, place: Place) -> Block:
    """The text of a declared place, or its gap; both name the place."""
    note = notes.get(place.key)
    if note is None:
        return Gap(place.missing, place.reason, place.who, place.clause, place.key)
    return HumanText(note.text, note.author, note.role, note.at, note.record, place.key)
