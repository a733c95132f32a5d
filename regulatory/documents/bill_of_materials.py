"""DOC-18, the software bill of materials for people; the CycloneDX JSON goes with it as a file.

FD&C Act 524B(b)(3). Every line is read from that file, so that the two say the same.
"""

from __future__ import annotations

from dataclasses import replace

from regulatory.documents.assembly import assemble, from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.content import BILL as ENDING
from regulatory.documents.content import Attachment, Content
from regulatory.documents.places import BILL
from regulatory.documents.registry import BILL_OF_MATERIALS
from regulatory.documents.soup_facts import BillFacts
from regulatory.documents.soup_list import advisory_blocks
from regulatory.documents.wording import NOT_RECORDED, cell, digest_cell, grouped, share

TEMPLATE = ("bill_of_materials.py", "soup_list.py", "soup_facts.py")
NOT_STATED = "not stated by the package"


def build(facts: BillFacts) -> Content:
    """The readable bill, with the machine-readable one attached.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _about(facts), _completeness(facts), _model(facts), _components(facts),
        Section("5", "Advisories and exploitability (VEX)", advisory_blocks(facts.advisories),
                wide=True),
    )  # fmt: skip
    content = assemble(BILL_OF_MATERIALS, facts, sections, template=TEMPLATE)
    if not facts.bill:
        return content
    return replace(content, attachments=(Attachment(ENDING, facts.bill.encode()),))


def _no_version() -> Gap:
    return Gap("Bill of materials", "the device has no model version on record", "engineering",
               "FD&C Act 524B(b)(3)")  # fmt: skip


def _about(facts: BillFacts) -> Section:
    if facts.version is None:
        return Section("1", "The bill", (_no_version(),))
    known = facts.version.record
    items = (
        ("Of version", cell(f"{facts.version.name} ({known})", known)),
        ("Standing of the version", Cell(
            "released" if facts.released else "not released: no version of the device is",
            (known,), tone="plain" if facts.released else "unknown")),
        ("Format", cell(facts.schema)),
        ("Serial number", cell(facts.serial)),
        ("Timestamp", cell(facts.at)),
        ("Author of the data", cell(facts.author)),
        ("Supplier", cell(facts.supplier)),
        ("Contact for weaknesses that others find", cell(facts.contact)),
        ("Attached file", Cell(f"the name of this document, ending in .{ENDING}")),
        ("SHA-256 of the attached file", digest_cell(facts.bill_digest)),
    )  # fmt: skip
    blocks: list[Block] = [Definitions(items)]
    if not facts.contact:
        blocks.append(Gap("Contact for weaknesses that others find",
                          "the definition names none (manufacturer.disclosure)", "engineering",
                          "FD&C Act 524B(b)(1)"))  # fmt: skip
    return Section("1", "The bill", tuple(blocks))


def _completeness(facts: BillFacts) -> Section:
    """The minimum elements of NTIA (2021), each with how many components state it."""
    if facts.version is None:
        return Section("2", "Minimum elements", (_no_version(),))
    found = facts.components
    counted = (
        ("Supplier name", sum(bool(one.supplier) for one in found)),
        ("Component name", sum(bool(one.name) for one in found)),
        ("Version", sum(bool(one.version) for one in found)),
        ("Other unique identifier (package URL)", sum(bool(one.purl) for one in found)),
        ("Licence", sum(bool(one.licence) for one in found)),
        ("Digest of what is installed", sum(bool(one.digest) for one in found)),
        ("End of support", sum(bool(one.support_end) for one in found)),
    )
    rows = tuple((Cell(name), Cell(share(number, len(found)))) for name, number in counted)
    table = Table(
        "Elements stated, of all components",
        (Column("Element", width=2.4), Column("Stated for", width=1.6)),
        (*rows, (Cell("Dependency relations"), Cell(f"{grouped(facts.relations)} in the file")),
         (Cell("Author of the data, timestamp"), Cell("both stated: section 1"))),
        note="Elements of the NTIA minimum, with licence, digest and support. Counts of the whole "
        "list, no sample: no interval applies.",
    )  # fmt: skip
    return Section("2", "Minimum elements", (table, Paragraph(
        "Listed are the Python packages that are locked, and the model. Packages of an operating "
        "system are not listed. The digest is over the digests of a package's installed files."
    )))  # fmt: skip


def _model(facts: BillFacts) -> Section:
    if facts.version is None:
        return Section("3", "The model", (_no_version(),))
    known = facts.version.record
    items = tuple(
        (name, digest_cell(value, known) if len(value) == 64
         else cell(value, known, absent=NOT_RECORDED))
        for name, value in facts.model_lines
    )  # fmt: skip
    return Section("3", "The model", (Definitions(items),))


def _components(facts: BillFacts) -> Section:
    if facts.version is None:
        return Section("4", "Components", (_no_version(),), wide=True)
    columns = (
        Column("Component", width=1.3), Column("Version", width=0.8),
        Column("Supplier", width=1.4), Column("Licence", width=1.4),
        Column("Brought by", width=1), Column("Package URL", width=2),
        Column("Digest", width=1), Column("Support ends", width=0.8),
    )  # fmt: skip
    rows = tuple(
        (cell(one.name), cell(one.version), cell(one.supplier, absent=NOT_STATED),
         cell(one.licence, absent=NOT_STATED), cell(one.through, absent="named directly"),
         Cell(one.purl, code=True), digest_cell(one.digest, absent="not installed here"),
         cell(one.support_end, absent="not stated"))
        for one in facts.components
    )  # fmt: skip
    block: Block = (Table("Components", columns, rows) if rows
                    else ComputedText("No package is locked (0)."))  # fmt: skip
    return Section("4", "Components", (block, from_person(facts.notes, BILL["support"])),
                   wide=True)  # fmt: skip
