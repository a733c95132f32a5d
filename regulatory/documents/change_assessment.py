"""DOC-11 (FDA, letter to file) and DOC-30 (EU): a change assessed, question by question."""

from __future__ import annotations

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
)
from regulatory.documents.change_assessment_facts import (
    AssessedRegime,
    ChangeAssessmentFacts,
    Compared,
)  # fmt: skip
from regulatory.documents.content import Content
from regulatory.documents.wording import (
    cell,
    estimate_cell,
    meant,
    one_of,
    signed_at,
    verdict_cell,
)  # fmt: skip

TEMPLATE = ("change_assessment.py", "change_assessment_facts.py", "regime_words.py")
CLAUSE = "21 CFR 807.81(a)(3); EU MDR Annex IX 2.4 and 4.10"


def build(facts: ChangeAssessmentFacts) -> Content:
    """The assessment for these facts: the change, what it is compared with, one section a regime
    with every question, and what follows.

    Raises Refused when the document does not fit the device's class.
    """
    regimes = tuple(_regime(place, one) for place, one in enumerate(facts.regimes, start=4))
    outcome = _outcome(len(facts.regimes) + 4, facts)
    parts = (_change(facts), _reference(facts), _risk(facts), *regimes, outcome)
    return assemble(facts.kind, facts, parts, template=TEMPLATE)


def _change(facts: ChangeAssessmentFacts) -> Section:
    items = (
        ("Change", cell(f"{facts.record}: {facts.title}", facts.record)),
        ("What changes", cell(facts.description, facts.record)),
        ("Why", cell(facts.reason, facts.record)),
        ("Affected items", cell(one_of(facts.affected_items), facts.record)),
        ("Candidate", cell(facts.candidate, facts.candidate)),
        ("Compared with, cleared or certified last",
         cell(facts.compared_with, facts.compared_with)),
        ("Released since then", cell(one_of(facts.since_then, absent="none"))),
    )
    blocks: list[Block] = [Definitions(items)]
    blocks += [
        from_person(facts.stated, name, missing=f"{facts.record}: {name}", who="quality",
                    clause="ISO 13485 7.3.9") for name in ("risk review", "verification plan")
    ]  # fmt: skip
    columns = (Column("Criterion", width=3), Column("Found", align="right", width=0.8),
               Column("Verdict", width=0.8), Column("Record", width=0.9))  # fmt: skip
    rows = tuple(
        (Cell(name), cell(found, record, absent="not estimable"), verdict_cell(verdict, record),
         cell(record, record))
        for name, found, verdict, record in facts.criteria
    )  # fmt: skip
    if rows:
        blocks.append(Table("Acceptance criteria", columns, rows,
                            note="What was found is the estimate or the limit that the criterion "
                            "names; section 2 gives estimates with their intervals and n."))
    return Section("1", "The change", tuple(blocks))


def _reference(facts: ChangeAssessmentFacts) -> Section:
    """What the change is compared with, each change since, each difference, both performances."""
    title, one = "Reference version, cumulative changes and performance", facts.compared
    if one is None:
        gap = Gap("The version that the change is compared with",
                  f"'{facts.compared_with}' is not on record", "regulatory affairs", CLAUSE)
        return Section("2", title, (gap,))
    decided = tuple((cell(record, record), Cell(who), Cell(number), Cell(on))
                    for record, who, number, on in one.decided)  # fmt: skip
    columns = (Column("Record", width=0.9), Column("Authority or regime", width=1.2),
               Column("Number", width=1.4), Column("On", width=0.9))  # fmt: skip
    blocks: list[Block] = [
        Table(f"By which {one.version} was cleared or certified", columns, decided) if decided else
        Gap(f"By which decision {one.version} was cleared or certified",
            "no clearance or certificate of this version is on record (0)", "regulatory affairs",
            CLAUSE),
        *_since(one), *_performance(one),
    ]  # fmt: skip
    return Section("2", title, tuple(blocks))


def _since(one: Compared) -> tuple[Block, ...]:
    changes = (Column("Change", width=0.9), Column("Version", width=0.9),
               Column("Why", width=3), Column("Status", width=0.9))  # fmt: skip
    made = tuple((cell(record, record), cell(version, version), Cell(why), Cell(status))
                 for record, version, why, status in one.changes)  # fmt: skip
    apart = (Column("What", width=1.2), Column("Before", width=2), Column("After", width=2))
    differ = tuple((Cell(what), Cell(before), Cell(after))
                   for what, before, after in one.differences)  # fmt: skip
    return (
        Table(f"Every change since {one.version}, this one included", changes, made) if made else
        ComputedText(f"No change since {one.version} is on record (0)."),
        Table("What is not the same", apart, differ) if differ else
        ComputedText("Nothing on record differs (0 differences)."),
    )


def _performance(one: Compared) -> tuple[Block, ...]:
    columns = (Column("Test", width=0.9), Column("Measure", width=1.3), Column("Before", width=1.9),
               Column("After", width=1.9))  # fmt: skip
    rows = tuple(
        (Cell(split), Cell(measure), estimate_cell(before, old), estimate_cell(after, new))
        for split, measure, before, old, after, new in one.performance
    )
    if not rows:
        return (ComputedText("No estimate of either version on a locked test is on record (0)."),)
    return (Table("Both versions on the locked tests, all studies", columns, rows,
                  note="Stored estimates, each of the last evaluation of its version."),)


def _risk(facts: ChangeAssessmentFacts) -> Section:
    """Each risk item's estimate when the change was proposed, and as it was accepted last."""
    title, one = "Risk analysis before and after", facts.risk
    if one is None:
        return Section("3", title, (Gap("The risk file of the device", "none was ever in force",
                                        "risk manager", "ISO 14971:2019, 4.5"),))  # fmt: skip
    columns = (Column("Item", width=0.6), Column("Hazard", width=2.4),
               Column("When the change was proposed", width=1.5),
               Column("As accepted last", width=1.5), Column("Record", width=0.8))  # fmt: skip
    rows = tuple(
        (Cell(code), Cell(hazard), cell(before, record, absent="no such item"),
         cell(after, record, absent="no such item"), cell(record, record))
        for code, hazard, before, after, record in one.items
    )  # fmt: skip
    altered = sum(before != after for _, _, before, after, _ in one.items)
    said = ComputedText(
        f"In force when {facts.record} was proposed: {one.before or 'no risk file'}. Accepted "
        f"last: {one.after}. Items whose estimate differs: {altered} of {len(one.items)}. What a "
        "person wrote of the risk of this change stands in section 1."
    )
    return Section("3", title, (said, Table("Expected harmful events with all controls in place",
                                            columns, rows)))  # fmt: skip


def _outcome(place: int, facts: ChangeAssessmentFacts) -> Section:
    """The result under every regime, what was done about it, and what is open."""
    columns = (Column("Regime", width=1.4), Column("Result", width=1.7),
               Column("Record", width=0.9), Column("Settled by", width=2.2))  # fmt: skip
    rows = tuple(
        (Cell(one.title), cell(one.result, one.record), cell(one.record, one.record),
         cell(one.settled, one.record,
              absent="open" if one.unsettled else "nothing had to be settled"))
        for one in facts.regimes
    )  # fmt: skip
    blocks: list[Block] = [Table("What follows from each result", columns, rows)]
    blocks += [Gap(f"{one.record}: what was done about the result '{one.result}'", one.unsettled,
                   "regulatory affairs", CLAUSE) for one in facts.regimes if one.unsettled]
    return Section(str(place), "Result and follow-up", tuple(blocks))


def _regime(place: int, one: AssessedRegime) -> Section:
    items = (
        ("Result", cell(one.result, one.record)),
        ("Status", cell(one.status, one.record)),
        ("Rule", cell(one.rule or "declared not to apply", one.record)),
        ("Citation", cell(one.citation, absent="none")),
        ("What of the sources was read", cell(one.checked, absent="none")),
        ("Rules", cell(one.rule_version)),
        ("Approved for use", cell(one.rules_approved)),
        ("Rationale of the whole", cell(one.rationale, one.record,
                                        absent="none beside those of the questions below")),
        ("Overridden", cell(one.override, absent="no")),
        ("Settled by", cell(one.settled, one.record,
                            absent="open" if one.unsettled else "nothing had to be settled")),
    )
    blocks: list[Block] = [Definitions(items)]
    columns = (
        Column("No.", width=0.6), Column("Question", width=2.4), Column("Answer", width=0.9),
        Column("By", width=0.8), Column("Rationale, or why not reached", width=2.2),
        Column("Evidence", width=1),
    )  # fmt: skip
    rows = tuple(
        (Cell(said.id), Cell(said.ask), Cell(said.answer), cell(said.by, absent="nobody"),
         cell(said.why), cell(said.evidence, absent="the records named beside"
                              if said.by == "records" else "none named"))
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
