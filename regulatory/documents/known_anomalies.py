"""DOC-17, known anomalies: what was found, its effect, why it stays, and what users can do."""

from __future__ import annotations

from regulatory.documents.anomaly_facts import AnomalyEntry, KnownAnomaliesFacts
from regulatory.documents.assembly import assemble, from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Section,
    Table,
    Tone,
)
from regulatory.documents.content import Content
from regulatory.documents.places import ANOMALIES
from regulatory.documents.registry import KNOWN_ANOMALIES
from regulatory.documents.soup_list import advisory_blocks
from regulatory.documents.wording import cell, grouped, meant, signed_at

TEMPLATE = ("known_anomalies.py", "anomaly_facts.py", "soup_list.py", "soup_facts.py")
CLAUSE = "IEC 62304 5.8.2"
NONE_REPORTED = (
    "No problem of the device was reported (0 on record). What nobody reported is not known here."
)


def build(facts: KnownAnomaliesFacts) -> Content:
    """The anomalies for these facts: those that stay, who decided, those gone, and why.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _scope(facts), _staying(facts), _decisions(facts), _gone(facts),
        Section("5", "Anomalies of software of others", advisory_blocks(facts.advisories),
                wide=True),
        _rationale(facts),
    )  # fmt: skip
    return assemble(KNOWN_ANOMALIES, facts, sections, template=TEMPLATE)


def _scope(facts: KnownAnomaliesFacts) -> Section:
    newest = facts.newest
    items = (
        ("Version", cell(f"{newest.name} ({newest.record}), {facts.newest_words}", newest.record)
         if newest else cell("none: the device has no model version on record")),
        *((f"Problem reports: {said}", cell(number)) for said, number in facts.counted.items()),
    )  # fmt: skip
    gap = () if newest else (Gap(
        "Version whose anomalies are listed", "the device has no model version on record",
        "engineering", CLAUSE,
    ),)  # fmt: skip
    return Section("1", "Scope", (Definitions(items), ComputedText(
        "Problem reports of every version of the device are listed, each with the version in "
        "which it was seen."
    ), *gap))  # fmt: skip


def _staying(facts: KnownAnomaliesFacts) -> Section:
    title = "Anomalies that are not fixed"
    if not facts.anomalies:
        said = NONE_REPORTED if not facts.fixed else "Each reported problem is fixed (0 stay)."
        return Section("2", title, (ComputedText(said),), wide=True)
    blocks: list[Block] = [anomaly_table("Anomalies that are not fixed", facts.anomalies)]
    waiting = [one.record for one in facts.anomalies if one.status == "open"]
    if waiting:
        blocks.append(Gap(
            "Evaluation of the risk of each anomaly",
            f"{', '.join(waiting)}: nobody has evaluated it ('radvigil problem decide')",
            "quality manager", CLAUSE,
        ))  # fmt: skip
    blocks += [from_person(facts.notes, ANOMALIES[one]) for one in ("hazard_links", "workarounds")]
    return Section("2", title, tuple(blocks), wide=True)


def anomaly_table(caption: str, anomalies: tuple[AnomalyEntry, ...]) -> Table:
    """Anomalies as reported, with effect, evaluation and the reason why they stay."""
    columns = (
        Column("Record", width=0.8), Column("Seen in", width=1),
        Column("As it was reported", width=2.2), Column("Severity", width=0.8),
        Column("Reported", width=1.3), Column("State", width=1),
        Column("Evaluation of the risk", width=1.8), Column("Why it stays", width=1.8),
    )  # fmt: skip
    tones: dict[str, Tone] = {"open": "unknown"}
    rows = tuple(
        (cell(one.record, one.record),
         cell(f"{one.version} ({one.version_record})", one.version_record),
         cell(one.words, one.record), cell(one.severity, one.record),
         cell(one.reported, one.record),
         Cell(one.status, (one.record,), tone=tones.get(one.status, "plain")),
         cell(one.risk, one.record, absent="not evaluated"),
         cell(one.rationale, one.record, absent="not decided"))
        for one in anomalies
    )  # fmt: skip
    return Table(caption, columns, rows)


def _decisions(facts: KnownAnomaliesFacts) -> Section:
    columns = (
        Column("Anomaly", width=0.8), Column("Decided", width=1.5), Column("Signed by", width=1.2),
        Column("Role", width=0.9), Column("Meaning", width=1.6), Column("Signed at", width=1.5),
        Column("Record", width=0.8),
    )  # fmt: skip
    rows = tuple(
        (cell(one.record, one.record), cell(one.decided, one.record), cell(by.name, by.record),
         cell(by.role, by.record), Cell(meant(by), (by.record,)),
         Cell(signed_at(by), (by.record,)), cell(by.record, by.record))
        for one in (*facts.anomalies, *facts.fixed) for by in one.signed
    )  # fmt: skip
    block: Block = (Table("Signatures on decisions about anomalies", columns, rows) if rows
                    else ComputedText("No decision about an anomaly is signed (0 on record)."))
    return Section("3", "Who decided", (block,))


def _gone(facts: KnownAnomaliesFacts) -> Section:
    if not facts.fixed:
        return Section("4", "Anomalies that are gone", (
            ComputedText("No anomaly is recorded as fixed (0 on record)."),
        ))  # fmt: skip
    columns = (
        Column("Record", width=0.8), Column("Seen in", width=1), Column("As it was reported",
        width=2.4), Column("Severity", width=0.8), Column("Fixed in", width=1),
        Column("Decided", width=1.5),
    )  # fmt: skip
    rows = tuple(
        (cell(one.record, one.record),
         cell(f"{one.version} ({one.version_record})", one.version_record),
         cell(one.words, one.record), cell(one.severity, one.record),
         cell(one.fixed_in, one.record), cell(one.decided, one.record))
        for one in facts.fixed
    )  # fmt: skip
    return Section("4", "Anomalies that are gone", (Table("Fixed", columns, rows),))


def _rationale(facts: KnownAnomaliesFacts) -> Section:
    title = "Why the anomalies that stay may stay"
    if not facts.anomalies and not facts.advisories:
        return Section("6", title, (
            ComputedText(f"No anomaly stays ({grouped(0)}): there is nothing to decide on."),
        ))  # fmt: skip
    return Section("6", title, (from_person(facts.notes, ANOMALIES["rationale"]),))
