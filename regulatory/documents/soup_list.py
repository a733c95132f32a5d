"""DOC-14, the list of software of unknown provenance (SOUP): what is used, why, and who judged it.
"""

from __future__ import annotations

from regulatory.documents.assembly import assemble, from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    HumanText,
    Paragraph,
    Section,
    Table,
    Tone,
)
from regulatory.documents.content import Content
from regulatory.documents.places import SOUP
from regulatory.documents.registry import SOUP_LIST
from regulatory.documents.soup_facts import AdvisoryEntry, SoupListFacts, SoupReviewEntry
from regulatory.documents.wording import cell, digest_cell, grouped, meant, share, signed_at

TEMPLATE = ("soup_list.py", "soup_facts.py")
NOT_STATED = "not stated"


def build(facts: SoupListFacts) -> Content:
    """The list for these facts: scope, components, anomaly lists, advisories, reviews.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _scope(facts), _components(facts), _anomalies(facts), _brought(facts),
        Section("5", "Advisories", advisory_blocks(facts.advisories), wide=True),
        _reviews(facts), _installed(facts),
        Section("8", "Evaluation", (from_person(facts.notes, SOUP["evaluation"]),)),
    )
    return assemble(SOUP_LIST, facts, sections, template=TEMPLATE)


def _scope(facts: SoupListFacts) -> Section:
    named, brought = len(facts.components), len(facts.brought)
    blocks: list[Block] = [
        Paragraph(
            "Listed are the packages that this software names itself. What these bring is locked "
            "in its version too and takes over the row of the component that brings it."
        ),
        Definitions((
            ("Locked components", cell(named + brought)),
            ("of which named by the list", Cell(share(named, named + brought))),
            ("of which brought by a named one", Cell(share(brought, named + brought))),
            ("Digest of the lock (requirements.txt)", digest_cell(facts.lock_digest)),
            ("Digest of the list (soup.yaml)", digest_cell(facts.list_digest)),
        )),
    ]  # fmt: skip
    if facts.gaps:
        blocks += [
            Table("What stands between lock, list and review",
                  (Column("No.", width=0.4), Column("What", width=6)),
                  tuple((Cell(str(place)), Cell(one))
                        for place, one in enumerate(facts.gaps, start=1))),
            Gap("A reviewed list for this lock", f"open lines above: {grouped(len(facts.gaps))}",
                "engineering", "IEC 62304 8.1.2"),
        ]  # fmt: skip
    else:
        blocks.append(ComputedText("Each locked component is answered for, and a review of this "
                                   "lock and this list is on record."))  # fmt: skip
    return Section("1", "Scope", tuple(blocks))


def _components(facts: SoupListFacts) -> Section:
    columns = (
        Column("Title", width=1), Column("Version", width=0.8), Column("Manufacturer", width=1.3),
        Column("Purpose", width=1.6), Column("Needs", width=0.9),
        Column("What its failure does", width=2), Column("Risk item", width=0.6),
        Column("Support ends", width=0.8),
    )  # fmt: skip
    rows = tuple(
        (cell(one.name), cell(one.version), cell(one.supplier, absent=NOT_STATED),
         cell(one.purpose), cell(one.needs, absent=NOT_STATED), cell(one.hazard),
         cell(one.risk_item), cell(one.support_end, absent=NOT_STATED))
        for one in facts.components
    )  # fmt: skip
    block: Block = (
        Table("Components that the list names", columns, rows,
              note="Needs: the Python that the package itself asks for.")
        if rows else ComputedText("The list names no component (0).")
    )  # fmt: skip
    return Section("2", "Components", (
        block, from_person(facts.notes, SOUP["functional_requirements"]),
        from_person(facts.notes, SOUP["hardware_and_software"]),
    ), wide=True)  # fmt: skip


def _anomalies(facts: SoupListFacts) -> Section:
    columns = (
        Column("Title", width=1.1), Column("Version", width=0.9),
        Column("Published list of anomalies", width=3), Column("Last check", width=1),
        Column("Evaluated items", width=1.6),
    )  # fmt: skip
    rows = tuple(
        (cell(one.name), cell(one.version), cell(one.anomalies, absent=NOT_STATED),
         Cell(one.last_check or "never", tone="plain" if one.last_check else "unknown"),
         Cell(one.evaluation or "not evaluated", tone="plain" if one.evaluation else "unknown"))
        for one in facts.components
    )  # fmt: skip
    open_ones = sum(not one.evaluation for one in facts.components)
    blocks: list[Block] = [Table("Where anomalies are published, and who looked", columns, rows)]
    if open_ones:
        blocks.append(Gap(
            "Evaluation of the published anomalies of each component",
            f"the list holds none for {share(open_ones, len(facts.components))}",
            "engineering", "IEC 62304 7.1.3",
        ))  # fmt: skip
    return Section("3", "Published anomalies", tuple(blocks), wide=True)


def _brought(facts: SoupListFacts) -> Section:
    columns = (Column("Title", width=1.6), Column("Version", width=1),
               Column("Brought by", width=1.6))  # fmt: skip
    rows = tuple(
        (cell(name), cell(version),
         Cell(through or "nothing that is listed", tone="plain" if through else "bad"))
        for name, version, through in facts.brought
    )  # fmt: skip
    block: Block = (Table("Components that others bring", columns, rows) if rows
                    else ComputedText("No component is brought by another (0)."))  # fmt: skip
    return Section("4", "Components brought by others", (block,))


def advisory_blocks(advisories: tuple[AdvisoryEntry, ...]) -> tuple[Block, ...]:
    """The advisories with what was decided, and a gap where one waits."""
    if not advisories:
        return (ComputedText(
            "No advisory that names a locked component is on record (0). Advisories are files that "
            "a person brings: what nobody brought is not known here."
        ),)  # fmt: skip
    columns = (
        Column("Record", width=0.7), Column("Component", width=0.9), Column("Version", width=0.7),
        Column("Advisory", width=1.2), Column("Affected", width=1.1),
        Column("Severity", width=1), Column("Status", width=0.8), Column("Why", width=2),
        Column("Decided", width=1.2),
    )  # fmt: skip
    tones: dict[str, Tone] = {"open": "unknown", "affected": "bad"}
    rows = tuple(
        (cell(one.record, one.record), cell(one.component, one.record),
         cell(one.version, one.record), cell(one.advisory, one.record),
         cell(one.affected_range, one.record), cell(one.severity, one.record, absent="not given"),
         Cell(one.status, (one.record,), tone=tones.get(one.status, "plain")),
         cell(": ".join(filter(None, (one.justification, one.words))), one.record,
              absent="not decided"),
         cell(one.decided, one.record, absent=f"open, due {one.due.isoformat()}"))
        for one in advisories
    )  # fmt: skip
    waiting = [one.record for one in advisories if one.status == "open"]
    gap = (Gap("Decision on each advisory", f"{', '.join(waiting)}: not decided", "engineering",
               "FD&C Act 524B(b)(1)"),) if waiting else ()  # fmt: skip
    return (Table("Advisories and what was decided", columns, rows), *gap)


def _reviews(facts: SoupListFacts) -> Section:
    if not facts.reviews:
        return Section("6", "Reviews", (Gap(
            "Review of the list", "none is on record ('radvigil soup review')", "engineering",
            "IEC 62304 8.1.2",
        ),))  # fmt: skip
    return Section("6", "Reviews", tuple(
        block for one in facts.reviews for block in _review(one)
    ))  # fmt: skip


def _review(one: SoupReviewEntry) -> tuple[Block, ...]:
    of = " and ".join(
        f"{'this' if same else 'another'} {name}"
        for name, same in (("lock", one.of_lock), ("list", one.of_list))
    )
    signed = "; ".join(f"{by.name} ({by.role}), {meant(by)}, {signed_at(by)}" for by in one.signed)
    note = one.conclusion
    return (
        Heading(f"{one.record}"),
        Definitions((
            ("Of", cell(of, one.record)), ("Components", cell(one.components, one.record)),
            ("Gaps then", cell(len(one.gaps), one.record)),
            ("Signed", cell(signed, one.record, absent="nobody has signed")),
        )),
        HumanText(note.text, note.author, note.role, note.at, note.record),
    )  # fmt: skip


def _installed(facts: SoupListFacts) -> Section:
    title = "Verification of what is installed"
    if facts.installed is None:
        return Section("7", title, (Gap(
            "That the installed versions are the locked ones",
            "no check of the installation is on record ('radvigil install verify')",
            "administrator", "IEC 62304 5.3.3 and 5.6",
        ),))  # fmt: skip
    found = facts.installed
    return Section("7", title, (Definitions((
        ("Check", cell(found.record, found.record)), ("At", cell(found.at, found.record)),
        ("Outcome", cell(found.state, found.record)), ("Found", cell(found.words, found.record)),
    )),))  # fmt: skip
