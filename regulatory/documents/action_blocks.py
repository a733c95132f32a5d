"""Blocks about field actions, corrections and CAPAs: scope, recipients, answers, steps."""

from __future__ import annotations

from collections.abc import Sequence

from regulatory.documents.action_facts import ActionEntry, CapaEntry, CorrectionEntry, NoCapaEntry
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    HumanText,
    Table,
)
from regulatory.documents.case_blocks import NOT_CHECKED, signatures, table_or
from regulatory.documents.case_references import REGIMES
from regulatory.documents.wording import NOT_RECORDED, cell, instant, meant, one_of


def said_by(one: ActionEntry, title: str, words: str) -> list[Block]:
    """A text of the action as the words of who opened it."""
    return [Heading(title), HumanText(words, one.opened_by, "who opened the action",
                                      one.opened_at, one.record)]  # fmt: skip


def action_items(one: ActionEntry) -> Definitions:
    """An action in short."""
    named = one_of(tuple(f"{name} ({label})" for label, name in one.versions))
    labels = tuple(label for label, _ in one.versions)
    return Definitions((
        ("Field action", cell(one.record, one.record)),
        ("Kind", cell(one.kind, one.record)),
        ("Affected versions", cell(named, *labels)),
        ("Deployments since", cell(one.since, one.record, absent="every one there ever was")),
        ("Status", cell(one.status, one.record)),
        ("Opened", cell(one.opened, one.record)),
        ("In force since", cell(one.in_force, one.record, absent="not in force: nobody is told")),
        ("Ended", cell(one.ended, one.record, absent="not ended")),
        ("Recipients act by", cell(one.act_by, one.record, absent="no day is set")),
        ("Reminder owed after", cell(f"{one.remind_after} days without an answer", one.record)),
        ("Related incidents", cell(one_of(one.incidents, absent="none is named"),
                                   *one.incidents)),
        ("Tied to", cell(one_of(one.ties, absent="no record"), *one.ties)),
        ("Criterion, fixed before anybody was told", cell(one.criterion, one.record)),
    ))  # fmt: skip


def scope(one: ActionEntry) -> list[Block]:
    """Installations as the ledger said when the action was opened, and sites not covered since."""
    on = f"{one.opened_at:%Y-%m-%d}"
    columns = (Column("Site", width=1.4), Column("Version", width=1.4),
               Column("Record", width=0.9), Column("Mode", width=1),
               Column("From", width=0.9), Column("Until", width=0.9))  # fmt: skip
    rows = (
        (Cell(row.site), Cell(row.name), cell(row.version, row.version), cell(row.modes),
         cell(row.since), cell(row.until, absent=f"ran on {on}"))
        for row in one.scope
    )  # fmt: skip
    found: list[Block] = [
        table_or(f"{one.record}: installations by the ledger of deployments on {on}, when the "
                 "action was opened", columns, rows,
                 f"{one.record}: no installation (0)."),
        ComputedText(f"{one.record}: {len(one.scope)} installations at {len(one.consignees)} "
                     "sites; an installation is one version at one site.", (one.record,)),
    ]  # fmt: skip
    if one.not_covered and one.status not in ("closed", "withdrawn"):
        found.append(Gap(f"{one.record}: a field action for {', '.join(one.not_covered)}",
                         "an affected version runs there by the ledger, and no action covers it",
                         "quality", "EU MDR Art. 89(8); 21 CFR 806.10(c)(11)"))  # fmt: skip
    return found


def ledger(one: ActionEntry) -> list[Block]:
    """Where each recipient stands, and the totals."""
    columns = (Column("Recipient", width=1.3), Column("Installations", align="right", width=0.8),
               Column("Status", width=0.9), Column("Notified", width=0.9),
               Column("Reminded", width=1), Column("Answered", width=0.9),
               Column("Done", width=0.9), Column("Corrected", align="right", width=0.7),
               Column("Last words", width=1.8))  # fmt: skip
    rows = (
        (Cell(here.site), cell(here.installations, one.record), Cell(here.status),
         cell(here.notified, *here.records), cell(here.reminded, *here.records),
         cell(here.answered, *here.records), cell(here.done, *here.records),
         cell(here.corrected, *here.records),
         cell(here.words, *here.records, absent="no answer yet"))
        for here in one.consignees
    )  # fmt: skip
    return [
        table_or(f"{one.record}: where each recipient stands", columns, rows,
                 f"{one.record}: no recipient (0)."),
        ComputedText(f"{one.record}: {one.totals}.", (one.record,)),
    ]  # fmt: skip


def steps(one: ActionEntry) -> Block:
    """Every step with every recipient as it was recorded; none is ever changed."""
    columns = (Column("Record", width=0.8), Column("Recipient", width=1.2),
               Column("Step", width=0.8), Column("On", width=0.9), Column("Channel", width=0.8),
               Column("Told to", width=0.9), Column("Words", width=1.8),
               Column("Corrected", align="right", width=0.8), Column("Recorded", width=1.5))
    rows = (
        (cell(each.record, each.record), Cell(each.site), Cell(each.step), cell(each.on),
         cell(each.channel, absent="not asked"), cell(each.addressee, absent="not asked"),
         cell(each.words, absent="none"), cell(each.installations, absent="not asked"),
         Cell(each.recorded))
        for each in one.steps
    )  # fmt: skip
    return table_or(f"{one.record}: steps with recipients", columns, rows,
                    f"{one.record}: nobody was told yet (0 steps on record).")  # fmt: skip


def checks(one: ActionEntry) -> list[Block]:
    """The signed checks whether the action worked, each as its finder's words."""
    columns = (Column("Record", width=0.8), Column("Result", width=0.9),
               Column("Found", width=2), Column("The ledger on that day", width=2),
               Column("Decided", width=1.4), Column("Signed", width=1.6))  # fmt: skip
    rows = tuple(
        (cell(each.record, each.record), Cell(each.result), Cell(each.words), Cell(each.totals),
         Cell(each.decided),
         cell("; ".join(f"{by.name}, {meant(by)}, {instant(by.at)}" for by in each.signatures),
              absent="nobody has signed"))
        for each in one.checks
    )  # fmt: skip
    if rows:
        return [Table(f"{one.record}: checks whether it worked", columns, rows)]
    return [ComputedText(f"{one.record}: the action is '{one.status}', and no check whether it "
                         "worked is on record (0). It is owed when every recipient has done what "
                         "was asked (EU MDR Art. 89(5); 21 CFR 7.53).", (one.record,))]


def corrections(found: Sequence[CorrectionEntry]) -> list[Block]:
    """Whether each correction is reported, under each regime: the answer, why, who, by when."""
    if not found:
        return [ComputedText("No question whether a correction is reported was opened (0 on "
                             "record).")]  # fmt: skip
    blocks: list[Block] = []
    for one in found:
        blocks += [Heading(f"{one.record}: is it reported?"), _asked(one), *_answers(one),
                   signatures(one.record, one.signatures)]  # fmt: skip
    return blocks


def _asked(one: CorrectionEntry) -> Definitions:
    return Definitions((
        ("Assessment", cell(one.record, one.record)),
        ("Opened by", cell(one.source, one.source or one.record, absent="a person")),
        ("Sites", cell(one.site, one.record)),
        ("What was done, as it stands in the record", cell(one.words, one.record)),
        ("Known since", cell(one.aware_at, one.record)),
        ("Initiated, day 0 of 21 CFR 806.10(b)", cell(one.initiated_at, one.record)),
        ("Last day of a report under 21 CFR 806, R-806-02",
         cell(one.due, one.record, absent="no day")),
        ("Version of the rules", cell(one.rule_version, one.record)),
        ("Cited", cell(one.citation, one.record)),
        ("Primary text checked", cell("yes" if one.checked else NOT_CHECKED, one.record)),
        ("Status", cell(one.status, one.record)),
        ("Assessed", cell(one.assessed, one.record, absent="not assessed")),
    ))  # fmt: skip


def _answers(one: CorrectionEntry) -> list[Block]:
    columns = (Column("Regime", width=1.4), Column("Answer", width=1), Column("Why", width=3))
    rows = tuple((Cell(REGIMES.get(regime, regime)), cell(said, one.record), cell(why, one.record))
                 for regime, said, why in one.answers)  # fmt: skip
    found: list[Block] = []
    if rows:
        found.append(Table(f"{one.record}: answers by regime", columns, rows))
    told = {regime for regime, _, _ in one.answers}
    found += [
        Gap(f"{one.record}: whether it is reported under {words}",
            f"{one.record} is '{one.status}', and nobody answered", "regulatory affairs", words)
        for regime, words in REGIMES.items() if regime not in told
    ]  # fmt: skip
    return found


def capas(found: Sequence[CapaEntry], none: Sequence[NoCapaEntry]) -> list[Block]:
    """Every CAPA step by step, and every decision that none is needed."""
    blocks: list[Block] = []
    for one in found:
        blocks += [Heading(f"{one.record}: {one.status}"), _capa(one),
                   signatures(one.record, one.signatures)]  # fmt: skip
    for decided in none:
        blocks += [
            Heading(f"{decided.record}: no CAPA is needed for {decided.source}"),
            Definitions((
                ("Decided for", cell(decided.source, decided.source)),
                ("Grounds", cell(decided.grounds, decided.record)),
                ("Decided", cell(decided.decided, decided.record)),
            )),
            signatures(decided.record, decided.signatures),
        ]  # fmt: skip
    return blocks or [ComputedText("No CAPA was opened, and nobody decided that none is needed "
                                   "(0 on record).")]  # fmt: skip


def _capa(one: CapaEntry) -> Definitions:
    due = "; ".join(f"{step} by {day}" for step, day in one.due)
    return Definitions((
        ("CAPA", cell(one.record, one.record)),
        ("Number elsewhere", cell(one.external_number, one.record, absent="none")),
        ("Opened for", cell(one.source, one.source)),
        ("Problem", cell(one.problem, one.record)),
        *((name, cell(words, one.record, absent="not said yet")) for name, words in one.steps),
        ("Structured criterion", cell(one.criterion, one.record, absent="none was set")),
        ("What the check said", cell(one.effectiveness, one.record, absent="no check was made")),
        ("Who answers for it", cell(one.owner, one.record, absent="nobody is named")),
        ("Due", cell(due, one.record, absent="no day is set")),
        ("Belongs to", cell(one_of(one.links, absent="no further record"), *one.links)),
        ("Opened", cell(one.opened, one.record)),
        ("Implemented", cell(one.implemented, one.record, absent="not implemented")),
        ("Closed", cell(one.closed, one.record, absent="not closed")),
        ("Closed as", cell(one.closed_as, one.record,
                           absent="not closed" if not one.closed else NOT_RECORDED)),
    ))  # fmt: skip
