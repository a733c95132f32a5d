"""DOC-15, the release record: which version, from what, what changed, what was shown, who decided.

IEC 62304:2006+A1, 5.8. What users are told stands in the release notes (DOC-27U), named here.
"""

from __future__ import annotations

from collections.abc import Iterable

from regulatory.documents.anomaly_facts import DecisionEntry, ReleaseFacts
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
from regulatory.documents.content import Content
from regulatory.documents.known_anomalies import anomaly_table
from regulatory.documents.places import RELEASE
from regulatory.documents.registry import RELEASE_RECORD
from regulatory.documents.trace_matrix import run_blocks
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    NOT_RECORDED,
    cell,
    digest_cell,
    estimate_cell,
    grouped,
    meant,
    measure_name,
    number,
    signed_at,
    spaced,
    verdict_cell,
)

TEMPLATE = (
    "release_record.py", "anomaly_facts.py", "known_anomalies.py", "trace_matrix.py",
    "trace_facts.py",
)  # fmt: skip
TITLES = (
    "Version and configuration", "Changes by type", "Verification", "Anomalies",
    "What stands in the way of a release", "Reproducible build", "Archive and delivery",
    "Unique device identification", "Decision, approvals and sites", "Notes for users",
    "Other decisions",
)  # fmt: skip


def build(facts: ReleaseFacts) -> Content:
    """The record for these facts; without a version each section but the last is a gap.

    Raises Refused when the document does not fit the device's class.
    """
    blocks = (
        _version(facts), _changes(facts), _verification(facts), _anomalies(facts), _gate(facts),
        _build(facts), _archive(facts), _udi(facts), _decision(facts), _users(facts),
        _others(facts),
    )
    sections = tuple(
        Section(str(place), title, tuple(made), wide=title == "Anomalies")
        for place, (title, made) in enumerate(zip(TITLES, blocks, strict=True), start=1)
    )
    return assemble(RELEASE_RECORD, facts, sections, template=TEMPLATE)


def _no_version() -> Block:
    return Gap("Version to release", "the device has no model version on record", "engineering",
               "IEC 62304 5.8")  # fmt: skip


def _value(value: str, record: str) -> Cell:
    hexadecimal = len(value) >= 32 and not set(value) - set("0123456789abcdef")
    if hexadecimal:
        return digest_cell(value, record)
    return cell(value, record, absent=NOT_RECORDED)


def _version(facts: ReleaseFacts) -> Iterable[Block]:
    if facts.version is None:
        return (_no_version(),)
    one = facts.version
    items = (("Version", cell(f"{one.name} ({one.record})", one.record)),
             *((name, _value(value, record)) for name, value, record in facts.configuration))
    return (Definitions(items),)


def _changes(facts: ReleaseFacts) -> Iterable[Block]:
    if facts.version is None:
        return (_no_version(),)
    blocks: list[Block] = []
    if facts.change_record:
        record = facts.change_record
        blocks.append(Definitions((
            ("Change request", cell(record, record)),
            *((name, cell(value, record)) for name, value in facts.change_lines),
        )))  # fmt: skip
    else:
        blocks.append(Gap("Change request of the version", "none is on record", "engineering",
                          "IEC 62304 8.2"))  # fmt: skip
    if not facts.replaces:
        blocks.append(ComputedText("No version was released before: there is nothing to compare "
                                   "with."))  # fmt: skip
        return blocks
    columns = (Column("Type of item", width=1.2), Column("Item", width=2),
               Column("Against the version before", width=1.4))  # fmt: skip
    known = facts.version.record
    blocks.append(Table(
        f"Differences from {facts.replaces}", columns,
        tuple((cell(kind, known), cell(spaced(what), known), cell(said, known))
              for kind, what, said in facts.changes),
    ))  # fmt: skip
    return blocks


def _verification(facts: ReleaseFacts) -> Iterable[Block]:
    if facts.version is None:
        return (_no_version(),)
    blocks: list[Block] = []
    if facts.criteria:
        columns = (
            Column("Criterion", width=0.8), Column("Statement", width=3),
            Column("Verdict", width=0.9), Column("Found", width=0.8, align="right"),
            Column("Limit", width=0.8, align="right"), Column("Record", width=0.8),
        )  # fmt: skip
        blocks.append(Table("Acceptance criteria of the version", columns, tuple(
            (cell(one.criterion, one.record), cell(one.statement, one.record),
             verdict_cell(one.verdict, one.record),
             cell(None if one.observed is None else number(one.observed), one.record,
                  absent="not estimable"),
             cell(number(one.bound), one.record), cell(one.record, one.record))
            for one in facts.criteria
        )))  # fmt: skip
    if facts.not_judged or not facts.criteria:
        named = ", ".join(facts.not_judged) or "no criterion is declared"
        blocks.append(Gap("Verdict on each declared acceptance criterion",
                          f"none is on record: {named}", "engineering",
                          "IEC 62304 5.8.1"))  # fmt: skip
    if facts.measured:
        blocks.append(Table(
            "Figures of the newest look at each locked test, all studies",
            (Column("Test", width=1), Column("Measure", width=1.8), Column("Value", width=3)),
            tuple((cell(spaced(one.split), one.record), cell(measure_name(one.estimate.measure),
                                                             one.record),
                   estimate_cell(one.estimate, one.record)) for one in facts.measured),
        ))  # fmt: skip
    return (*blocks, Paragraph("Automated tests of this software:"), *run_blocks(facts.run))


def _anomalies(facts: ReleaseFacts) -> Iterable[Block]:
    if facts.version is None:
        return (_no_version(),)
    if not facts.anomalies:
        return (ComputedText("No problem of this version was reported (0 on record)."),)
    waiting = [one.record for one in facts.anomalies if one.status == "open"]
    table = anomaly_table("Problem reports of this version", facts.anomalies)
    if not waiting:
        return (table, ComputedText("Each of them was evaluated."))
    return (table, Gap("Evaluation of each anomaly before release",
                       f"{', '.join(waiting)}: nobody has evaluated it", "quality manager",
                       "IEC 62304 5.8.2"))  # fmt: skip


def _gate(facts: ReleaseFacts) -> Iterable[Block]:
    if facts.version is None:
        return (_no_version(),)
    said = Paragraph("What the gate before a release finds at the data freeze, beside the criteria "
                     "of section 3. It is asked anew for each version.")  # fmt: skip
    if not facts.gate:
        return (said, ComputedText("Nothing is found (0 lines)."))
    table = Table(
        "Found at the data freeze", (Column("No.", width=0.4), Column("What", width=6)),
        tuple((Cell(str(place)), Cell(one)) for place, one in enumerate(facts.gate, start=1)),
    )  # fmt: skip
    return (said, table, Gap(
        "What the gate before a release finds", f"{grouped(len(facts.gate))} lines above are open",
        "engineering", "IEC 62304 5.8.1 to 5.8.4",
    ))  # fmt: skip


def _build(facts: ReleaseFacts) -> Iterable[Block]:
    if facts.version is None:
        return (_no_version(),)
    said = Paragraph("Code, parameters, data and seed are fixed by the digests of section 1; the "
                     "components by the lock that the bill of materials (DOC-18) names.")
    return (said, from_person(facts.notes, RELEASE["reproducibility"]))


def _archive(facts: ReleaseFacts) -> Iterable[Block]:
    if facts.version is None:
        return (_no_version(),)
    known = facts.version.record
    blocks: list[Block] = []
    if facts.archive:
        blocks.append(Table(
            f"Frozen files, in the vault under {facts.archive_record}",
            (Column("File", width=3), Column("SHA-256", width=1.4)),
            tuple((Cell(name, (known,), code=True), digest_cell(str(digest), known))
                  for name, digest in facts.archive),
        ))  # fmt: skip
    elif facts.archive_record:
        blocks.append(ComputedText(
            f"The version is frozen in the vault under {facts.archive_record}; its record names "
            "no file by itself (0).", (known,),
        ))  # fmt: skip
    else:
        blocks.append(ComputedText("Not applicable: another maker's product, of which no file "
                                   "lies here."))  # fmt: skip
    return (*blocks, from_person(facts.notes, RELEASE["delivery"]))


def _udi(facts: ReleaseFacts) -> Iterable[Block]:
    if facts.version is None:
        return (_no_version(),)
    return (Definitions(tuple((name, cell(value, record)) for name, value, record in facts.udi)),)


def _decision(facts: ReleaseFacts) -> Iterable[Block]:
    if facts.version is None:
        return (_no_version(),)
    blocks: list[Block] = []
    if facts.decision is None:
        blocks.append(Gap("Decision on the release", "none is on record for this version",
                          "regulatory affairs", "IEC 62304 5.8"))  # fmt: skip
    else:
        one = facts.decision
        blocks.append(Definitions((
            ("Decision", Cell(one.outcome, (one.record,),
                              tone="good" if one.outcome == "released" else "bad")),
            ("Record", cell(one.record, one.record)), ("Reason", cell(one.reason, one.record)),
            ("Decided by", cell(one.decided_by, one.record)),
            ("Decided at", cell(one.decided_at, one.record)),
        )))  # fmt: skip
    columns = (Column("Name", width=1.4), Column("Role", width=1), Column("Meaning", width=1.6),
               Column("Signed at", width=1.6), Column("Record", width=0.8))  # fmt: skip
    blocks.append(
        Table(f"Signatures on {facts.change_record}", columns, tuple(
            (cell(by.name, by.record), cell(by.role, by.record), Cell(meant(by), (by.record,)),
             Cell(signed_at(by), (by.record,)), cell(by.record, by.record))
            for by in facts.approvals
        ))
        if facts.approvals
        else ComputedText("Nobody has signed the change (0 signatures on record).")
    )  # fmt: skip
    ran = (Column("Record", width=0.8), Column("Site", width=1.6), Column("Mode", width=0.9),
           Column("From", width=1.5), Column("To", width=1.2))  # fmt: skip
    blocks.append(
        Table("Where the version runs or ran", ran, tuple(
            (cell(record, record), cell(site, record), cell(mode, record), cell(since, record),
             cell(until, record))
            for record, site, mode, since, until in facts.sites
        ))
        if facts.sites
        else ComputedText("The version has run nowhere (0 deployments on record).")
    )  # fmt: skip
    return blocks


def _users(facts: ReleaseFacts) -> Iterable[Block]:
    named, status, record = facts.notes_document
    return (
        Definitions((
            ("Release notes for users", cell(named, record, absent="none is compiled (DOC-27U)")),
            ("Status", cell(status, record, absent=NOT_APPLICABLE)),
        )),
        from_person(facts.notes, RELEASE["user_notes"]),
    )  # fmt: skip


def _others(facts: ReleaseFacts) -> Iterable[Block]:
    if not facts.earlier:
        return (ComputedText("No decision on another version is on record (0)."),)
    columns = (
        Column("Record", width=0.8), Column("Change", width=0.8), Column("Version", width=1.4),
        Column("Outcome", width=0.8), Column("Reason", width=2), Column("Decided by", width=1.1),
        Column("Decided at", width=1.4),
    )  # fmt: skip
    return (Table("Releases and refusals of other versions", columns,
                  tuple(_row(one) for one in facts.earlier)),)  # fmt: skip


def _row(one: DecisionEntry) -> tuple[Cell, ...]:
    return (
        cell(one.record, one.record), cell(one.change, one.change), cell(one.version, one.record),
        verdict_cell(one.outcome, one.record), cell(one.reason, one.record),
        cell(one.decided_by, one.record), cell(one.decided_at, one.record),
    )
