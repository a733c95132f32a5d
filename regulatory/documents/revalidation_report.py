"""DOC-23, the revalidation report: does the version in use still do what is claimed, site by site?

Quotes the newest revalidation of each site; nothing is judged or computed here. The results are in
revalidation_results.py.
"""

from __future__ import annotations

from records.counting import counted
from regulatory.documents.assembly import assemble, from_person, model_cell
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
from regulatory.documents.content import Content
from regulatory.documents.places import REVALIDATION
from regulatory.documents.registry import REVALIDATION_REPORT
from regulatory.documents.revalidation_facts import (
    Consequence,
    RevalidationFacts,
    SiteRevalidation,
)
from regulatory.documents.revalidation_results import (
    differing_share,
    results_section,
    site_heading,
)
from regulatory.documents.wording import (
    NOT_RECORDED,
    cell,
    estimate_cell,
    instant,
    meant,
    measure_name,
    share,
    signed_at,
    spaced,
    verdict_cell,
)

TEMPLATE = ("revalidation_report.py", "revalidation_facts.py", "revalidation_results.py",
            "condensed.py")  # fmt: skip
NOTHING = "no revalidation of the device is on record (0)"
CLAUSE = "ISO 13485 8.2.6"


def build(facts: RevalidationFacts) -> Content:
    """The report for these facts.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _triggers(facts), _versions(facts), _protocol(facts), results_section(facts),
        _links(facts), _outcome(facts),
    )  # fmt: skip
    return assemble(REVALIDATION_REPORT, facts, sections, template=TEMPLATE)


def _missing(what: str) -> Gap:
    return Gap(what, NOTHING, "quality manager", CLAUSE)


def _triggers(facts: RevalidationFacts) -> Section:
    blocks: list[Block] = []
    if facts.all:
        blocks.append(ComputedText(
            f"Revalidations on record: {len(facts.all)}, at {counted(len(facts.sites), 'site')}. "
            "This report tells the newest of each site.", tuple(one.record for one in facts.all),
        ))  # fmt: skip
        columns = (
            Column("Record", width=0.9), Column("Site", width=1.1), Column("Trigger", width=2.8),
            Column("Alert", width=0.9), Column("Studies since the onset, of", width=1.3),
            Column("Version", width=1.4), Column("Made at", width=1.4), Column("Verdict", width=1),
            Column("Told here", width=0.6),
        )  # fmt: skip
        blocks.append(Table("Revalidations, newest first", columns, tuple(
            (cell(one.record, one.record), cell(one.site, one.record),
             cell(one.trigger, one.record), cell(one.alert, one.alert, absent="none"),
             cell(f"{one.period[0]} to {one.period[1]}", one.record), Cell(one.version),
             cell(one.at, one.record), verdict_cell(one.verdict or NOT_RECORDED, one.record),
             cell(one.latest))
            for one in facts.all
        )))  # fmt: skip
    else:
        blocks.append(_missing("Trigger of a revalidation"))
    blocks.append(from_person(facts.notes, REVALIDATION["decision"]))
    return Section("1", "Trigger and decision to revalidate", tuple(blocks), wide=True)


def _versions(facts: RevalidationFacts) -> Section:
    if not facts.sites:
        return Section("2", "Versions", (_missing("Version that was judged, beside others"),))
    columns = (
        Column("Site", width=1), Column("Judged", width=2), Column("In use there now", width=2),
        Column("Cleared last", width=2),
    )  # fmt: skip
    none = Cell("none: no version runs there")
    cleared = model_cell(facts.cleared) if facts.cleared else Cell("none: no version was released")
    rows = tuple(
        (cell(one.entry.site, one.entry.record), model_cell(one.model),
         model_cell(one.current) if one.current else none, cleared)
        for one in facts.sites
    )
    blocks: list[Block] = [Table("Version judged, in use, and cleared last", columns, rows)]
    if facts.locked:
        blocks.append(_locked(facts))
    else:
        blocks.append(Gap("Results of the versions on the locked tests",
                          "no evaluation of them on a locked test is on record",
                          "model developer", CLAUSE))  # fmt: skip
    others = {one.model.record for one in facts.sites} - (
        {facts.cleared.record} if facts.cleared else set()
    )
    if facts.paired:
        blocks.append(_paired(facts))
    elif facts.cleared is None:
        blocks.append(ComputedText("No version was released (0 on record): there is none that the "
                                   "version judged could be paired with."))  # fmt: skip
    elif not others:
        blocks.append(ComputedText(
            "The version judged is the version cleared last at every site: there is no earlier "
            "cleared version to pair it with.",
            (facts.cleared.record,),
        ))  # fmt: skip
    else:
        blocks.append(Gap("Paired comparison with the version cleared last",
                          "no paired comparison of the version judged is on record; the table "
                          "above is not paired", "model developer", CLAUSE))  # fmt: skip
    return Section("2", "Versions", tuple(blocks))


def _locked(facts: RevalidationFacts) -> Block:
    columns = (
        Column("Test", width=1), Column("Measure", width=1.5), Column("Version", width=1.6),
        Column("Attempt", "count of looks", "right", 0.7), Column("Estimate", width=2.2),
        Column("Record", width=0.8),
    )  # fmt: skip
    return Table("On the locked tests, all studies, each version's newest look", columns, tuple(
        (Cell(spaced(one.measured.split)), Cell(measure_name(one.measured.estimate.measure)),
         Cell(one.version), cell(one.attempt, one.measured.record),
         estimate_cell(one.measured.estimate, one.measured.record),
         cell(one.measured.record, one.measured.record))
        for one in facts.locked
    ))  # fmt: skip


def _paired(facts: RevalidationFacts) -> Block:
    columns = (
        Column("Limit (non-inferiority margin)", width=2.2), Column("Group, against", width=1.6),
        Column("Difference, paired", width=2), Column("By", width=1.2),
        Column("Verdict", width=0.8), Column("Record", width=0.8),
    )  # fmt: skip
    return Table("Version judged minus each version released before it", columns, tuple(
        (Cell(one.statement), Cell(f"{one.group}, {one.against}"),
         estimate_cell(one.difference, one.record),
         cell(one.difference.method, absent="not applicable"),
         verdict_cell(one.verdict, one.record), cell(one.record, one.record))
        for one in facts.paired
    ))  # fmt: skip


def _protocol(facts: RevalidationFacts) -> Section:
    blocks: list[Block] = []
    if facts.rules:
        blocks.append(Table(
            "Rules of the monitoring plan for revalidation",
            (Column("Rule", width=1.4), Column("As planned", width=3)),
            tuple((Cell(name), cell(said, facts.plan_record)) for name, said in facts.rules),
        ))  # fmt: skip
    else:
        blocks.append(Gap("Protocol of revalidation", f"{facts.plan_record} has no section "
                          "'revalidation': alerts are judged by point estimates",
                          "quality manager", CLAUSE))  # fmt: skip
    for one in facts.sites:
        blocks.append(site_heading(one))
        blocks += _asked(one)
    if not facts.sites:
        blocks.append(_missing("Test set and field data of a revalidation"))
    return Section("3", "Protocol, test sets and field data", tuple(blocks))


def _asked(one: SiteRevalidation) -> list[Block]:
    blocks: list[Block] = []
    record = one.entry.record
    since = next((each for each in one.field_data if each.when == "since"), None)
    known = None if since is None or one.without_truth is None else share(
        since.studies, since.studies + one.without_truth
    )
    blocks.append(Definitions((
        ("Judged by", cell("the rules of the plan" if one.by_rules else
                           "point estimates: the plan had no rules for it", record)),
        ("Errors allowed", cell(one.level, record, absent="not applicable")),
        ("Plan in force then, since", cell(
            f"{one.plan}, {instant(one.plan_since)}" if one.plan_since else None, one.plan
        )),
        ("Judged at", cell(one.entry.at, record)),
        ("Studies since the onset with known truth", cell(known, record)),
        ("Weighting of field data", cell("none: each study with known truth counts once", record)),
    )))  # fmt: skip
    if one.repeated:
        blocks.append(_repeated(one))
    else:
        blocks.append(ComputedText(
            "No locked test was asked again (0 on record): the judgement rests on field data.",
            (record,),
        ))  # fmt: skip
    if one.remarks:
        columns = (Column("No.", align="right", width=0.3), Column("Remark", width=4))
        blocks.append(Table(f"{record}: remarks of the judgement", columns, tuple(
            (Cell(str(place)), cell(words, record))
            for place, words in enumerate(one.remarks, start=1)
        )))  # fmt: skip
    return blocks


def _repeated(one: SiteRevalidation) -> Block:
    record = one.entry.record
    columns = (
        Column("Locked test", width=1.1), Column("Evaluation", width=0.9),
        Column("Answered otherwise", "of the studies", "right", 1.2),
        Column("Decisions changed", "n", "right", 0.8),
        Column("Largest difference of a score", width=1), Column("Other figures", width=1.2),
        Column("Reproduced", width=1.3),
    )  # fmt: skip
    rows = []
    for test in one.repeated:
        tried = test.reproduced is not None
        none = Cell("not tried", (record,), tone="unknown")
        rows.append((
            Cell(spaced(test.split)), cell(test.evaluation, test.evaluation),
            cell(differing_share(test), record) if tried else none,
            cell(test.decisions_changed, record) if tried else none,
            cell(f"{test.largest:.2g}", record) if tried else none,
            cell(", ".join(test.figures), record, absent="none") if tried else none,
            cell(test.reproduced, record) if tried
            else Cell(f"not tried: {test.reason}", (record,), tone="unknown"),
        ))  # fmt: skip
    return Table(f"{record}: locked tests asked again", columns, tuple(rows))


def _links(facts: RevalidationFacts) -> Section:
    blocks: list[Block] = []
    if facts.risk_file:
        blocks.append(Definitions((
            ("Newest risk file", cell(facts.risk_file, facts.risk_file.split(" ")[0])),
        )))  # fmt: skip
    else:
        blocks.append(Gap("Risk file", "none is on record", "risk manager", "ISO 14971"))
    for one in facts.sites:
        blocks.append(site_heading(one))
        blocks.append(_followed(
            f"What was recorded because of {one.entry.record}", one.consequences,
            "No suspension, resumption, CAPA or alert is tied to it (0 on record).",
            one.entry.record,
        ))  # fmt: skip
    if not facts.sites:
        blocks.append(_missing("What followed from a revalidation"))
    blocks.append(Heading("Changes of the versions judged"))
    blocks.append(_followed(
        "Changes, and what each is under each regime and the plan (PCCP)", facts.decisions,
        "No change request of the versions judged is on record (0).", "",
    ))  # fmt: skip
    blocks.append(from_person(facts.notes, REVALIDATION["change"]))
    return Section("5", "Risk, plan of changes and decisions", tuple(blocks))


def _followed(
    caption: str, found: tuple[Consequence, ...], none: str, record: str
) -> Block:
    if not found:
        return ComputedText(none, (record,) if record else ())
    columns = (
        Column("Record", width=0.9), Column("Kind", width=1.4), Column("As recorded", width=3),
        Column("Status", width=1), Column("When", width=1.4),
    )  # fmt: skip
    return Table(caption, columns, tuple(
        (cell(one.record, one.record), Cell(one.kind), cell(one.said, one.record),
         cell(one.status, one.record), cell(one.at, one.record))
        for one in found
    ))  # fmt: skip


def _outcome(facts: RevalidationFacts) -> Section:
    blocks: list[Block] = []
    for one in facts.sites:
        record = one.entry.record
        blocks += [site_heading(one), Definitions((
            ("Verdict", verdict_cell(one.entry.verdict or NOT_RECORDED, record)),
            ("By point estimates", cell(one.outcome, record)),
            ("Conclusion of the record", cell(one.conclusion, record)),
            ("Watched by", cell(f"{facts.charts} charts of {facts.plan_record}",
                                facts.plan_record)),
            ("Next revalidation is due", cell(one.next_due, facts.plan_record,
                                              absent="after an alert that demands it; the plan "
                                              "sets no schedule")),
        )), _signed(one)]  # fmt: skip
    if not facts.sites:
        blocks.append(_missing("Outcome of a revalidation"))
    blocks.append(from_person(facts.notes, REVALIDATION["outcome"]))
    return Section("6", "Outcome", tuple(blocks))


def _signed(one: SiteRevalidation) -> Block:
    if not one.signed:
        return Gap(f"Signature on {one.entry.record}", "the revalidation carries none",
                   "quality manager", CLAUSE)  # fmt: skip
    columns = (Column("Name", width=1.4), Column("Role", width=1.1), Column("Meaning", width=1.4),
               Column("Signed at", width=1.5), Column("Record", width=1))  # fmt: skip
    return Table(f"{one.entry.record}: signatures", columns, tuple(
        (Cell(by.name), cell(by.role), Cell(meant(by)), Cell(signed_at(by)),
         cell(by.record, by.record))
        for by in one.signed
    ))  # fmt: skip
