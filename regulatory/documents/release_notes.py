"""DOC-27U, release notes for users: what a version changes for them, what to do, what is known.

IEC 62304 5.8.2, 5.8.4; EU MDR Annex I 23.1, 23.4. No record numbers, digests, people or reasons of
the maker stand in its sections: those are in the change log (DOC-27), made by the same query.
"""

from __future__ import annotations

from regulatory.documents.assembly import assemble
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.change_facts import NotedRelease, ReleaseNotesFacts
from regulatory.documents.content import Content
from regulatory.documents.registry import RELEASE_NOTES
from regulatory.documents.wording import cell, grouped, instant

TEMPLATE = ("release_notes.py", "change_facts.py")


def build(facts: ReleaseNotesFacts) -> Content:
    """The release notes: the newest release first, what is known of it, and what it fits.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _changes(facts), _actions(facts), _anomalies(facts), _compatibility(facts), _label(facts),
    )
    return assemble(RELEASE_NOTES, facts, sections, template=TEMPLATE)


def _changes(facts: ReleaseNotesFacts) -> Section:
    blocks: list[Block] = [
        Paragraph("For those who use the device. Read together with the instructions for use.")
    ]
    if not facts.releases:
        blocks.append(ComputedText("No version of the device was released (0 releases on record)."))
    for place, one in enumerate(facts.releases):
        blocks += _release(one, newest=place == 0)
    return Section("1", "What changes", tuple(blocks))


def _release(one: NotedRelease, *, newest: bool) -> list[Block]:
    items = (
        ("Released", cell(instant(one.at))),
        ("Takes the place of", cell(one.replaces, absent="none: the first version")),
    )
    said = " ".join(one.changes) or (
        "Nothing that is compared differs: intended purpose, inputs, claims, and how an answer "
        "comes about are as before."
    )  # fmt: skip
    blocks: list[Block] = [
        Heading(f"Version {one.name}"), Definitions(items), ComputedText(said),
    ]
    if newest and one.replaces:
        blocks.append(Gap(
            f"what version {one.name} means for users, in their words", "no person has written it",
            "clinical and regulatory affairs", "EU MDR Annex I 23.1(a)",
        ))  # fmt: skip
    return blocks


def _actions(facts: ReleaseNotesFacts) -> Section:
    newest = facts.releases[0] if facts.releases else None
    said: list[Block] = [ComputedText(one) for one in (newest.actions if newest else ())]
    if not said:
        said.append(ComputedText("The records name no action of users (0 on record)."))
    if newest:
        said.append(Gap(
            "what users must do before and after the change, or that nothing is to be done",
            "no person has written it", "regulatory affairs", "EU MDR Annex I 23.4",
        ))  # fmt: skip
    return Section("2", "What you must do", tuple(said))


def _anomalies(facts: ReleaseNotesFacts) -> Section:
    columns = (
        Column("No.", width=0.4), Column("As it was reported", width=3),
        Column("Severity", width=0.9), Column("Seen in version", width=1.2),
        Column("State", width=1.3),
    )  # fmt: skip
    rows = tuple(
        (Cell(str(place)), cell(one.words), cell(one.severity), cell(one.version), cell(one.state))
        for place, one in enumerate(facts.anomalies, start=1)
    )
    known: Block = (
        Table("Known anomalies that may affect safety", columns, rows)
        if rows else ComputedText("No problem report with a possible effect on safety is on record "
                                  "(0).")
    )  # fmt: skip
    blocks: list[Block] = [known]
    if facts.open_corrections:
        blocks.append(Gap(
            "what users must know of faults that are being corrected",
            f"{grouped(facts.open_corrections)} corrective action"
            f"{'' if facts.open_corrections == 1 else 's'} of an incident with the device not "
            "closed yet", "quality manager", "IEC 62304 5.8.2",
        ))  # fmt: skip
    if facts.without_effect:
        blocks.append(ComputedText(
            f"Anomalies that the maker has evaluated as without effect on safety, and that are not "
            f"listed: {grouped(facts.without_effect)}."
        ))  # fmt: skip
    if facts.corrected:
        listed = tuple((cell(one.words), cell(one.severity), cell(one.version))
                       for one in facts.corrected)  # fmt: skip
        blocks.append(Table("Corrected in the newest version", columns[1:4], listed))
    return Section("3", "Known anomalies", tuple(blocks))


def _compatibility(facts: ReleaseNotesFacts) -> Section:
    items = tuple((name, cell(value)) for name, value in facts.compatibility)
    return Section("4", "What it fits", (
        Paragraph("A study that does not fit is not read. What the device must receive:"),
        Definitions(items),
    ))  # fmt: skip


def _label(facts: ReleaseNotesFacts) -> Section:
    columns = (Column("Claim", width=2.4), Column("At least", width=1, align="right"))
    rows = tuple((cell(name[:1].upper() + name[1:]), cell(f"{value:g}"))
                 for name, value in facts.claims)  # fmt: skip
    barred = "; ".join(facts.contraindications) or "none is stated"
    return Section("5", "Intended purpose and claims", (
        Definitions((
            ("Intended purpose", cell(facts.purpose)), ("For", cell(facts.indications)),
            ("Not to be used for", cell(barred)),
        )),
        Table("What is claimed", columns, rows),
    ))  # fmt: skip
