"""DOC-27, the change log: what changed in each version, why, on whose decision, where it ran."""

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
    Section,
    Table,
)
from regulatory.documents.change_facts import (
    ChangeEntry,
    ChangeLogFacts,
    ProblemEntry,
    VersionEntry,
)
from regulatory.documents.content import Content
from regulatory.documents.registry import CHANGE_LOG, INTERNAL_CHANGE_LOG
from regulatory.documents.retraining import retraining_section
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    NOT_RECORDED,
    cell,
    digest_cell,
    instant,
    meant,
    one_of,
    signed_at,
    verdict_cell,
)

TEMPLATE = ("change_log.py", "change_facts.py", "retraining.py", "retraining_facts.py")


def build(facts: ChangeLogFacts) -> Content:
    """The change log for these facts: one section for the overview, then one a version, the
    definitions, and the retraining protocol with its runs where the device has one.

    Raises Refused when the document does not fit the device's class.
    """
    versions = tuple(_version(place, one) for place, one in enumerate(facts.versions, start=2))
    after = len(facts.versions) + 2
    retraining = (retraining_section(facts.retraining, after + 1),) if facts.retraining else ()
    sections = (_overview(facts), *versions, _definitions(facts, after), *retraining)
    if facts.problems is None:
        return assemble(CHANGE_LOG, facts, sections, template=TEMPLATE)
    problems = _problems(facts.problems, after + 1 + len(retraining))
    return assemble(INTERNAL_CHANGE_LOG, facts, (*sections, problems), template=TEMPLATE)


def _problems(problems: tuple[ProblemEntry, ...], section: int) -> Section:
    columns = (
        Column("Record", width=0.8), Column("Version", width=1), Column("As reported", width=2.2),
        Column("Severity", width=0.8), Column("State", width=0.9), Column("Risk", width=1.6),
        Column("Why", width=1.6), Column("Reported", width=1.2), Column("Decided", width=1.2),
    )  # fmt: skip
    rows = tuple(
        (cell(one.record, one.record), cell(one.version), cell(one.words), cell(one.severity),
         cell(one.state + (f", in {one.fixed_in}" if one.fixed_in else "")),
         cell(one.risk, absent="not evaluated"), cell(one.rationale, absent="not decided"),
         cell(one.reported), cell(one.decided, absent="not decided"))
        for one in problems
    )  # fmt: skip
    said = ComputedText("No problem was reported (0 on record).")
    block: Block = Table("Problem reports", columns, rows) if rows else said
    return Section(str(section), "Problem reports", (block,), wide=True)


def _overview(facts: ChangeLogFacts) -> Section:
    changes = [change for one in facts.versions for change in one.changes]
    refused = sum(change.outcome == "refused" for change in changes)
    said = ComputedText(
        f"Model versions on record: {len(facts.versions)}. Change requests: {len(changes)}, of "
        f"which refused: {refused}. Revisions of the device definition: {len(facts.definitions)}."
    )
    columns = (
        Column("Version", width=1.4),
        Column("Record", width=1),
        Column("Weights", width=1.5),
        Column("Made", width=1.3),
        Column("Status", width=1),
        Column("Changes", width=1.4),
        Column("Runs or ran at", width=1.8),
    )
    rows = tuple(
        (
            Cell(one.version.name),
            cell(one.version.record, one.version.record),
            digest_cell(
                one.version.weights_hash, one.version.record, absent="no weights here"
            ),
            cell(one.made_at),
            cell(one.status),
            cell(one_of(tuple(change.record for change in one.changes), absent="none")),
            cell(one_of(tuple(f"{at.site} ({at.mode})" for at in one.deployments), absent="none")),
        )
        for one in facts.versions
    )
    return Section("1", "Overview", (said, Table("Model versions, newest first", columns, rows)))


def _version(place: int, entry: VersionEntry) -> Section:
    items = (
        ("Record", cell(entry.version.record, entry.version.record)),
        ("Weights hash", digest_cell(
            entry.version.weights_hash, entry.version.record, absent="no weights here"
        )),
        ("Status", cell(entry.status, entry.version.record)),
        ("Made at", cell(entry.made_at, entry.version.record)),
        ("Trained on", cell(entry.dataset, entry.dataset)),
        ("Version before", cell(entry.predecessor, absent="none: first version on record")),
    )
    blocks: list[Block] = [Definitions(items)]
    if not entry.changes:
        blocks.append(ComputedText("The records hold no change request for this version."))
    for change in entry.changes:
        blocks += _change(change)
    columns = (
        Column("Record", width=0.9),
        Column("Site", width=1.4),
        Column("Mode", width=1),
        Column("From", width=1.5),
        Column("To", width=1.5),
    )
    rows = tuple(
        (cell(at.record, at.record), cell(at.site), cell(at.mode), cell(at.started),
         cell(at.ended, absent="still running"))
        for at in entry.deployments
    )  # fmt: skip
    blocks.append(
        Table(f"Deployments of {entry.version.name}", columns, rows)
        if rows
        else ComputedText("The version has run nowhere (0 deployments on record).")
    )
    return Section(str(place), f"Version {entry.version.name}", tuple(blocks))


def _change(change: ChangeEntry) -> list[Block]:
    decided = None
    if change.decided_at is not None:
        decided = f"{instant(change.decided_at)} by {change.decided_by or NOT_RECORDED}"
    pending = NOT_APPLICABLE if decided else "not decided"
    release = change.release_record
    items = (
        ("What changes", cell(change.description, change.record)),
        ("Why", cell(change.reason, change.record)),
        ("Proposed", cell(f"{instant(change.proposed_at)} by {change.proposed_by}", change.record)),
        ("Status", cell(change.status, change.record)),
        ("Outcome", verdict_cell(change.outcome or "not decided", release)),
        ("Reason for the outcome", cell(change.outcome_reason, release, absent=pending)),
        ("Decided", cell(decided, release, absent="not decided")),
        ("Release record", cell(release, absent=pending)),
        ("Risk review of the change", cell(change.risk_review, change.record,
                                           absent="none was written")),
        ("Evidence", cell(one_of(change.evidence, absent="no record is named"),
                          *change.evidence)),
    )
    heading = Heading(f"{change.record}: {change.title}")
    parts = (_criteria(change), _regimes(change), _approvals(change))
    return [heading, Definitions(items), *parts]


def _criteria(change: ChangeEntry) -> Block:
    if not change.criteria:
        return ComputedText(f"{change.record}: no acceptance criterion is judged (0 on record).")
    columns = (Column("Criterion", width=3), Column("Verdict", width=1), Column("Record", width=1))
    rows = tuple(
        (Cell(name), verdict_cell(verdict, record), cell(record))
        for name, verdict, record in change.criteria
    )
    return Table(f"{change.record}: acceptance criteria", columns, rows)


def _regimes(change: ChangeEntry) -> Block:
    if not change.regimes:
        return Gap(
            f"{change.record}: decision on the significance of the change under each regime",
            "the change request records none",
            "regulatory affairs",
            "EU MDR Annex IX 2.4 and 4.10; 21 CFR 807.81(a)(3)",
        )
    columns = (Column("Regime", width=1), Column("Decision", width=1.6), Column("Basis", width=2.4))
    rows = tuple((Cell(one.regime), cell(one.decision), cell(one.basis)) for one in change.regimes)
    return Table(f"{change.record}: decisions by regime", columns, rows)


def _approvals(change: ChangeEntry) -> Block:
    if not change.approvals:
        return ComputedText(f"{change.record}: nobody has signed (0 signatures on record).")
    columns = (
        Column("Name", width=1.4),
        Column("Role", width=1.1),
        Column("Meaning", width=1.1),
        Column("Signed at", width=1.5),
        Column("Over digest", width=1.2),
        Column("Record", width=1),
    )
    rows = tuple(
        (Cell(one.name), cell(one.role), Cell(meant(one)), Cell(signed_at(one)),
         digest_cell(one.digest, one.record), cell(one.record))
        for one in change.approvals
    )  # fmt: skip
    return Table(f"{change.record}: signatures", columns, rows)


def _definitions(facts: ChangeLogFacts, section: int) -> Section:
    columns = (
        Column("Revision", width=0.8),
        Column("Record", width=1),
        Column("Digest", width=1.3),
        Column("Status", width=1),
        Column("Defined at", width=1.4),
        Column("What changed", width=2.2),
    )
    rows = tuple(
        (Cell(one.revision), cell(one.record, one.record), digest_cell(one.digest, one.record),
         cell(one.status), cell(one.at),
         cell(one.summary or ("first revision" if place == 1 else "")))
        for place, one in enumerate(facts.definitions, start=1)
    )  # fmt: skip
    table = Table("Revisions of the device definition", columns, rows)
    return Section(str(section), "Device definition", (table,))
