"""The validation package of this software: purpose, functions, requirement to test to result.

ISO 13485:2016, 4.1.6; 21 CFR 11.10(a); FDA guidance on computer software assurance. It shows what
the makers tested. Whether the software is fit for an organisation's own use is said by its people.
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
from regulatory.documents.places import PACKAGE
from regulatory.documents.product_validation_facts import FunctionEntry, PackageFacts
from regulatory.documents.registry import PRODUCT_VALIDATION
from regulatory.documents.trace_facts import RequirementEntry
from regulatory.documents.trace_matrix import (
    NO_TEST_RUN,
    WHOLE_COUNT,
    run_blocks,
    tests_cell,
    tests_table,
)
from regulatory.documents.wording import cell, digest_cell, grouped, one_of, share

TEMPLATE = ("product_validation.py", "product_validation_facts.py", "trace_matrix.py",
            "trace_facts.py", "soup_facts.py")  # fmt: skip
PROPOSED = (
    "Qualification, class and process risk are a proposal of those who write the software. The "
    "organisation that uses it decides, below."
)


def build(facts: PackageFacts) -> Content:
    """The package for these facts.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _purpose(facts), _functions(facts), _requirements(facts), _tests(facts),
        _installation(facts),
        Section("6", "Performance in use", (
            Paragraph("Trials with the organisation's own data and procedures. Drills of the "
                      "monitoring are told by DOC-31."),
            from_person(facts.notes, PACKAGE["performance"]),
        )),
        _supplied(facts), _acceptance(facts),
    )  # fmt: skip
    return assemble(PRODUCT_VALIDATION, facts, sections, template=TEMPLATE)


def _purpose(facts: PackageFacts) -> Section:
    items = (
        ("Software", cell(facts.software)), ("Intended purpose", cell(facts.purpose)),
        ("Not for", cell(facts.not_for)),
        ("Digest of the list of functions", digest_cell(facts.functions_digest)),
        ("Digest of the catalogue of requirements", digest_cell(facts.catalogue_digest)),
    )
    return Section("1", "Software and intended purpose", (
        Definitions(items), Heading("Use in this organisation"),
        from_person(facts.notes, PACKAGE["intended_use"]),
    ))  # fmt: skip


def _functions(facts: PackageFacts) -> Section:
    does = Table(
        "Functions of the software, with the proposed qualification and safety class",
        (Column("Function", width=1.2), Column("What it does", width=1.8),
         Column("Where", width=1.3), Column("Qualification, proposed", width=1),
         Column("Because", width=2), Column("IEC 62304 class, proposed", width=1),
         Column("Because", width=1.4)),
        tuple(_function(one) for one in facts.functions),
    )  # fmt: skip
    verified = {
        one.id: one.verified for _, rows in facts.sections for one in rows
    }
    risk = Table(
        "What a failure does, what shows it, and how its requirements were tested",
        (Column("Function", width=1.2), Column("A failure", width=1.8),
         Column("Shown by", width=2), Column("Process risk, proposed", width=0.8),
         Column("Requirements", width=1.4), Column("Verified by the last run", width=1.2)),
        tuple(
            (cell(f"{one.id} {one.name}"), cell(one.failure), cell(one.seen_by),
             cell(one.process_risk), cell(one_of(one.requirements)),
             Cell("no results", tone="unknown") if facts.run is None
             else Cell(share(sum(verified.get(name, False) for name in one.requirements),
                             len(one.requirements)), (facts.run.record,)))
            for one in facts.functions
        ),
        note=WHOLE_COUNT,
    )  # fmt: skip
    return Section("2", "Functions, qualification and safety class", (
        Paragraph(PROPOSED), does, risk, from_person(facts.notes, PACKAGE["qualification"]),
    ), wide=True)  # fmt: skip


def _function(one: FunctionEntry) -> tuple[Cell, ...]:
    return (
        cell(f"{one.id} {one.name}"), cell(one.does), cell(one.rooms), cell(one.qualification),
        cell(one.because), cell(one.software_class), cell(one.class_because),
    )


def _requirements(facts: PackageFacts) -> Section:
    rows = tuple(one for _, found in facts.sections for one in found)
    whole = [one for one in rows if one.design and not one.missing]
    blocks: list[Block] = [
        Definitions((
            ("Version of the catalogue", cell(facts.catalogue_version)),
            ("Requirements", cell(len(rows))),
            ("with a control that is whole", Cell(share(len(whole), len(rows)))),
            ("with something missing", Cell(share(len(rows) - len(whole), len(rows)))),
            ("verified: a test passed and none failed",
             Cell("no results", tone="unknown") if facts.run is None
             else Cell(share(sum(one.verified for one in rows), len(rows)),
                       (facts.run.record,))),
        )),
    ]  # fmt: skip
    columns = (
        Column("Requirement", width=0.8), Column("In words", width=1.8),
        Column("Asked by", width=1.4), Column("Control", width=3.2),
        Column("Not there yet", width=1.4), Column("Tests", width=0.9),
    )  # fmt: skip
    for title, found in facts.sections:
        blocks.append(Table(title, columns, tuple(
            (cell(one.id), cell(one.title), cell(one.citation),
             cell(one.design, absent="not built"), cell(one.missing, absent="nothing is named"),
             tests_cell(one, facts.run) if facts.run else Cell("no results", tone="unknown"))
            for one in found
        )))  # fmt: skip
    lacking = [one.id for one in rows if one.missing or not one.design]
    if lacking:
        blocks.append(Gap(
            "Requirements whose control is not whole, or a decision that this use does not need it",
            f"{grouped(len(lacking))} of {grouped(len(rows))}: {', '.join(lacking)}",
            "quality manager", "ISO 13485 4.1.6",
        ))  # fmt: skip
    return Section("3", "Requirements and controls", tuple(blocks), wide=True)


def _tests(facts: PackageFacts) -> Section:
    title = "Automated tests and their last result"
    if facts.run is None:
        return Section("4", title, (NO_TEST_RUN,), wide=True)
    rows: tuple[RequirementEntry, ...] = tuple(one for _, found in facts.sections for one in found)
    blocks: list[Block] = [*run_blocks(facts.run)]
    if facts.failed:
        blocks += [
            Table("Tests that failed, tagged or not",
                  (Column("No.", width=0.4), Column("Test", width=6)),
                  tuple((Cell(str(place)), Cell(one, (facts.run.record,), code=True))
                        for place, one in enumerate(facts.failed, start=1))),
            Gap("Evaluation of each failed test", f"{grouped(len(facts.failed))} failed",
                "engineering", "IEC 62304 5.7.2"),
        ]  # fmt: skip
    else:
        blocks.append(ComputedText(f"No test of {facts.run.record} failed (0).",
                                   (facts.run.record,)))  # fmt: skip
    blocks.append(tests_table(rows, facts.run))
    return Section("4", title, tuple(blocks), wide=True)


def _installation(facts: PackageFacts) -> Section:
    title = "Installation"
    check = facts.check
    if check is None:
        return Section("5", title, (Gap(
            "Check of the installation", "none is on record ('radvigil install verify')",
            "administrator", "ISO 13485 4.1.6",
        ),))  # fmt: skip
    tones: dict[str, Tone] = {"sound": "good", "fault": "bad", "unknown": "unknown"}
    items = (
        ("Check", cell(check.record, check.record)), ("At", cell(check.at, check.record)),
        ("By", cell(check.by, check.record)),
        ("Outcome", Cell("every point sound or declared" if check.sound
                         else "a point is at fault or unknown", (check.record,),
                         tone="good" if check.sound else "bad")),
    )  # fmt: skip
    table = Table(
        "Point by point",
        (Column("Point", width=1.2), Column("State", width=0.8), Column("Found", width=4)),
        tuple((cell(name, check.record), Cell(state, (check.record,),
                                              tone=tones.get(state, "plain")),
               cell(words, check.record)) for name, state, words in check.points),
    )  # fmt: skip
    gap = () if check.sound else (Gap(
        "A sound installation, or what makes up for it", f"{check.record} found a point at fault "
        "or unknown", "administrator", "ISO 13485 4.1.6",
    ),)  # fmt: skip
    return Section("5", title, (Definitions(items), table, *gap))


def _supplied(facts: PackageFacts) -> Section:
    title = "Software of others"
    lock = Definitions((("Digest of the lock", digest_cell(facts.lock_digest)),))
    said = Paragraph("Components are listed in DOC-14 and in the bill of materials (DOC-18).")
    if facts.review is None:
        return Section("7", title, (said, lock, Gap(
            "Review of the software of others for this lock", "none is on record "
            "('radvigil soup review')", "engineering", "IEC 62304 8.1.2",
        )))  # fmt: skip
    one, note = facts.review, facts.review.conclusion
    return Section("7", title, (
        said, lock,
        Definitions((("Review", cell(one.record, one.record)),
                     ("Components", cell(one.components, one.record)),
                     ("Gaps then", cell(len(one.gaps), one.record)))),
        HumanText(note.text, note.author, note.role, note.at, note.record),
    ))  # fmt: skip


def _acceptance(facts: PackageFacts) -> Section:
    return Section("8", "Procedures and acceptance", (
        Paragraph("A validation of software holds for an intended use, an installation and the "
                  "procedures around it. What follows is written by people of the organisation."),
        from_person(facts.notes, PACKAGE["procedures"]),
        from_person(facts.notes, PACKAGE["acceptance"]),
    ))  # fmt: skip
