"""DOC-11 (FDA, letter to file) and DOC-30 (EU): a change assessed, question by question."""

from __future__ import annotations

from regulatory.documents.assembly import assemble, from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    Definitions,
    Section,
    Table,
)
from regulatory.documents.change_assessment_facts import (
    AssessedRegime,
    ChangeAssessmentFacts,
)  # fmt: skip
from regulatory.documents.content import Content
from regulatory.documents.wording import (
    NOT_RECORDED,
    cell,
    meant,
    one_of,
    signed_at,
    verdict_cell,
)  # fmt: skip

TEMPLATE = ("change_assessment.py", "change_assessment_facts.py")


def build(facts: ChangeAssessmentFacts) -> Content:
    """The assessment for these facts: the change, then one section a regime with every question.

    Raises Refused when the document does not fit the device's class.
    """
    regimes = tuple(_regime(place, one) for place, one in enumerate(facts.regimes, start=2))
    return assemble(facts.kind, facts, (_change(facts), *regimes), template=TEMPLATE)


def _change(facts: ChangeAssessmentFacts) -> Section:
    items = (
        ("Change", cell(f"{facts.record}: {facts.title}", facts.record)),
        ("What changes", cell(facts.description, facts.record)),
        ("Why", cell(facts.reason, facts.record)),
        ("Affected items", cell(one_of(facts.affected_items), facts.record)),
        ("Candidate", cell(facts.candidate, facts.candidate)),
        ("Compared with, cleared last", cell(facts.compared_with, facts.compared_with)),
        ("Released since then", cell(one_of(facts.since_then, absent="none"))),
    )
    blocks: list[Block] = [Definitions(items)]
    blocks += [
        from_person(facts.stated, name, missing=f"{facts.record}: {name}", who="quality",
                    clause="ISO 13485 7.3.9") for name in ("risk review", "verification plan")
    ]  # fmt: skip
    columns = (Column("Criterion", width=3), Column("Verdict", width=1), Column("Record", width=1))
    rows = tuple(
        (Cell(name), verdict_cell(verdict, record), cell(record))
        for name, verdict, record in facts.criteria
    )
    if rows:
        blocks.append(Table("Acceptance criteria", columns, rows))
    return Section("1", "The change", tuple(blocks))


def _regime(place: int, one: AssessedRegime) -> Section:
    items = (
        ("Result", cell(one.result, one.record)),
        ("Status", cell(one.status, one.record)),
        ("Rule", cell(one.rule or "declared not to apply", one.record)),
        ("Citation", cell(one.citation, absent="none")),
        ("What of the sources was read", cell(one.checked, absent="none")),
        ("Rules", cell(one.rule_version)),
        ("Approved for use", cell(one.rules_approved)),
        ("Rationale", cell(one.rationale, absent=NOT_RECORDED)),
        ("Overridden", cell(one.override, absent="no")),
        ("Settled by", cell(one.settled, absent="nothing was needed or is on record")),
    )
    blocks: list[Block] = [Definitions(items)]
    columns = (
        Column("No.", width=0.6), Column("Question", width=2.4), Column("Answer", width=0.9),
        Column("By", width=0.8), Column("Rationale, or why not reached", width=2.2),
        Column("Evidence", width=1),
    )  # fmt: skip
    rows = tuple(
        (Cell(said.id), Cell(said.ask), Cell(said.answer), cell(said.by, absent="nobody"),
         cell(said.why), cell(said.evidence, absent="none named"))
        for said in one.questions
    )  # fmt: skip
    if rows:
        blocks.append(Table(f"{one.record}: every question", columns, rows))
    signed = (Column("Name", width=1.4), Column("Role", width=1.1), Column("Meaning", width=1.1),
              Column("Signed at", width=1.5), Column("Record", width=1))  # fmt: skip
    given = tuple(
        (Cell(by.name), cell(by.role), Cell(meant(by)), Cell(signed_at(by)), cell(by.record))
        for by in one.approvals
    )
    if given:
        blocks.append(Table(f"{one.record}: signatures", signed, given))
    return Section(str(place), one.title, tuple(blocks))
