"""DOC-19, the risk management report: the plan and what was done, what is left, what was observed.

ISO 14971:2019, 9 and 10. Verdicts are those of the matrix of the risk file, which people signed;
whether what is left is acceptable is said by people only.
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
    Signed,
    Table,
    Tone,
)
from regulatory.documents.content import Content
from regulatory.documents.facts import Note
from regulatory.documents.places import RISK
from regulatory.documents.registry import RISK_REPORT
from regulatory.documents.risk_report_facts import (
    ObservedEntry,
    ReviewEntry,
    RiskEntry,
    RiskReportFacts,
)
from regulatory.documents.trace_matrix import controls_table, no_risk_file
from regulatory.documents.wording import (
    cell,
    digest_cell,
    grouped,
    meant,
    one_of,
    plainly,
    signed_at,
    span,
)

TEMPLATE = ("risk_report.py", "risk_report_facts.py", "trace_matrix.py", "trace_facts.py")
TONES: dict[str, Tone] = {"acceptable": "good", "unacceptable": "bad", "above": "bad",
                          "not estimable": "unknown"}  # fmt: skip


def build(facts: RiskReportFacts) -> Content:
    """The report for these facts; every section names the risk file where none is in force.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _plan(facts), _risks(facts), _residual(facts), _observed(facts), _production(facts),
        _versions(facts), _conclusion(facts),
    )
    return assemble(RISK_REPORT, facts, sections, template=TEMPLATE)


def _person(note: Note) -> HumanText:
    return HumanText(note.text, note.author, note.role, note.at, note.record)


def _plan(facts: RiskReportFacts) -> Section:
    title = "Risk management plan and what was done of it"
    done = from_person(facts.notes, RISK["plan_done"])
    if facts.file is None:
        return Section("1", title, (no_risk_file(facts.why_not), done))
    file = facts.file
    items = (
        ("Risk file in force", cell(f"{file.record}, version {file.version}", file.record)),
        ("In force since", cell(file.in_force_at, file.record)),
        ("Digest of its content", digest_cell(file.digest, file.record)),
        ("Scope", cell(facts.scope, file.record)),
        ("Policy for acceptability", cell(facts.policy, file.record)),
    )
    severities = Table(
        "Severities", (Column("Severity", width=1), Column("Means", width=3)),
        tuple((cell(name, file.record), cell(means, file.record))
              for name, means in facts.severities),
    )  # fmt: skip
    columns = (
        Column("Probability", width=1), Column("From", unit="events a study read", width=1.2),
        *(Column(f"Severity {number}", width=1) for number in range(1, 6)),
    )  # fmt: skip
    matrix = Table(
        "Which combinations are acceptable, as the risk file has it", columns,
        tuple((cell(name, file.record), cell(rate, file.record),
               *(_verdict(one, file.record) for one in verdicts))
              for name, rate, verdicts in facts.matrix),
        note="'reduce': as far as possible, and weighed against the benefit.",
    )  # fmt: skip
    signed = _signatures(file.signed, f"{file.record}: signatures")
    return Section("1", title, (Definitions(items), severities, matrix, signed, done))


def _verdict(said: str, record: str) -> Cell:
    return Cell(said, (record,), tone=TONES.get(said, "plain"))


def _signatures(signed: tuple[Signed, ...], caption: str) -> Block:
    if not signed:
        return ComputedText(f"{caption}: none on record (0).")
    columns = (Column("Name", width=1.4), Column("Role", width=1.1), Column("Meaning", width=1.6),
               Column("Signed at", width=1.5), Column("Record", width=0.8))  # fmt: skip
    rows = tuple(
        (cell(one.name, one.record), cell(one.role, one.record), Cell(meant(one), (one.record,)),
         Cell(signed_at(one), (one.record,)), cell(one.record, one.record))
        for one in signed
    )  # fmt: skip
    return Table(caption, columns, rows)


def _risks(facts: RiskReportFacts) -> Section:
    title = "Hazards, risks and controls"
    if facts.file is None:
        return Section("2", title, (no_risk_file(facts.why_not),))
    columns = (
        Column("Risk", width=0.5), Column("Kind", width=0.9), Column("Hazard", width=1.4),
        Column("Sequence and situation", width=2.4), Column("Harm", width=1.1),
        Column("Severity", width=0.8), Column("Before controls", width=1),
        Column("Controls", width=0.7), Column("With controls", width=1),
    )  # fmt: skip
    table = Table(
        "Each hazard with its estimates before and with controls", columns,
        tuple(_row(one) for one in facts.items),
        note="Probabilities are estimates of harmful events a study read; what each rests on "
        "stands in the table below.",
    )  # fmt: skip
    basis = Table(
        "What the estimates rest on", (Column("Risk", width=0.5), Column("Basis", width=6)),
        tuple((cell(one.code, one.record), cell(one.basis, one.record)) for one in facts.items),
    )  # fmt: skip
    blocks: list[Block] = [table, basis, controls_table(facts.controls)]
    blocks += _control_gaps(facts)
    return Section("2", title, tuple(blocks), wide=True)


def _row(one: RiskEntry) -> tuple[Cell, ...]:
    return (
        cell(one.code, one.record), cell(one.category, one.record), cell(one.hazard, one.record),
        cell(f"{one.sequence} {one.situation}", one.record), cell(one.harm, one.record),
        cell(one.severity, one.record),
        Cell(f"{one.before}; {one.before_verdict}", (one.record,)),
        cell(one_of(one.controls, absent="none"), one.record),
        Cell(f"{one.after}; {one.after_verdict}", (one.record,),
             tone=TONES.get(one.after_verdict, "plain")),
    )  # fmt: skip


def _control_gaps(facts: RiskReportFacts) -> list[Block]:
    """Controls whose verification is not shown, as one gap: only work closes it."""
    if not facts.control_gaps:
        return [ComputedText("Each control is verified by what it names (0 gaps).")]
    found = facts.control_gaps
    table = Table(
        "Controls whose implementation or effect is not shown",
        (Column("No.", width=0.4), Column("What", width=6)),
        tuple((Cell(str(place)), Cell(one)) for place, one in enumerate(found, start=1)),
    )  # fmt: skip
    return [table, Gap(
        "Verification of risk controls", f"{grouped(len(found))} lines of the table above are open",
        "engineering", "ISO 14971 7.2",
    )]  # fmt: skip


def _residual(facts: RiskReportFacts) -> Section:
    title = "Residual risks"
    statement = from_person(facts.notes, RISK["overall_residual"])
    if facts.file is None or facts.overall is None:
        return Section("3", title, (no_risk_file(facts.why_not), statement))
    counted = "; ".join(f"{name}: {grouped(number)}" for name, number in facts.verdicts.items())
    said = ComputedText(
        f"Of {grouped(len(facts.items))} risks, by the matrix of the file and with all controls: "
        f"{counted}.", (facts.file.record,),
    )  # fmt: skip
    columns = (Column("Risk", width=0.5), Column("Verdict", width=0.9),
               Column("What is left", width=2.6),
               Column("Benefit it is weighed against", width=2.6))  # fmt: skip
    rows = tuple(
        (cell(one.code, one.record), _verdict(one.after_verdict, one.record),
         cell(one.residual, one.record),
         cell(one.benefit_risk, one.record, absent="not needed by the matrix"))
        for one in facts.items
    )  # fmt: skip
    return Section("3", title, (
        said, Table("What each risk leaves", columns, rows),
        Heading("Overall residual risk, as the signed risk file says it"), _person(facts.overall),
        Heading("Statement for this report"), statement,
    ))  # fmt: skip


def _observed(facts: RiskReportFacts) -> Section:
    title = "Estimated and observed"
    if facts.file is None:
        return Section("4", title, (no_risk_file(facts.why_not),))
    if facts.review is None:
        return Section("4", title, (Gap(
            f"Observed rates beside the estimates of {facts.file.record}",
            "no period was reviewed under the version in force ('radvigil risk review')",
            "quality", "ISO 14971 10; EU MDR Annex III 1.1(b)",
        ), *_earlier(facts)), wide=True)  # fmt: skip
    review = facts.review
    items = (
        ("Review", cell(review.record, review.record)),
        ("Of the risk file", cell(review.file, review.record)),
        ("Period", cell(span(review.period), review.record)),
        ("Studies read and returned to care", cell(review.studies, review.record)),
    )
    return Section("4", title, (
        Definitions(items), _rates(review), Heading("Conclusion of the reviewer"),
        _person(review.conclusion), _signatures(review.signed, f"{review.record}: signatures"),
        *_earlier(facts),
    ), wide=True)  # fmt: skip


def _rates(review: ReviewEntry) -> Table:
    columns = (
        Column("Risk", width=0.5), Column("Hazard", width=1.6),
        Column("Estimated in use", unit="a unit", width=0.8), Column("Events", width=0.9),
        Column("Observed, with 95 % interval", width=1.7), Column("Method", width=0.9),
        Column("Verdict", width=0.8), Column("Why", width=1.6),
        Column("Counted beside it", width=1.4),
    )  # fmt: skip
    return Table(
        f"Each risk: estimate and observation, {span(review.period)}", columns,
        tuple(_rate_row(one, review.record) for one in review.rows),
        note="'above' and 'below' only where the whole interval lies there. 'within' means that "
        "the interval holds the estimate, and does not show that they agree: see its width. The "
        "rows are looked at without correction for many looks.",
    )  # fmt: skip


def _rate_row(one: ObservedEntry, record: str) -> tuple[Cell, ...]:
    rate, tone = one.observed, TONES.get(one.verdict, "plain")
    if rate.value is None or rate.low is None or rate.high is None:
        said = Cell("not estimable", (record,), tone="unknown", estimate=rate)
    else:
        said = Cell(plainly(f"{rate.value:.3g} ({rate.low:.3g} to {rate.high:.3g})"), (record,),
                    estimate=rate)  # fmt: skip
    events = "not counted" if one.events is None or one.exposure is None else (
        f"{grouped(one.events)} on {grouped(one.exposure)} {one.unit}")
    estimated = "no estimate" if one.estimated is None else plainly(f"{one.estimated:.3g}")
    return (
        cell(one.code, record), cell(one.hazard, record), Cell(estimated, (record,)),
        Cell(events, (record,)), said, cell(rate.method, record, absent="none"),
        Cell(one.verdict, (record,), tone=tone), cell(plainly(one.reason), record),
        cell("; ".join(one.beside), record, absent="nothing"),
    )  # fmt: skip


def _earlier(facts: RiskReportFacts) -> tuple[Block, ...]:
    if not facts.earlier_reviews:
        return ()
    columns = (Column("Record", width=0.7), Column("Of the risk file", width=1.2),
               Column("Period", width=1.3), Column("Conclusion", width=3))  # fmt: skip
    rows = tuple(
        (cell(record, record), cell(file, record), cell(period, record), cell(words, record))
        for record, file, period, words in facts.earlier_reviews
    )
    return (Table("Earlier reviews", columns, rows),)


def _production(facts: RiskReportFacts) -> Section:
    title = "Production and post-production information"
    statement = from_person(facts.notes, RISK["post_production"])
    if facts.file is None:
        return Section("5", title, (no_risk_file(facts.why_not), statement))
    blocks: list[Block] = [Paragraph(
        "Events are counted from the records of use: alerts, unread studies, refused files, "
        "readers' answers, wrong answers by the truth known so far, corrected studies, complaints "
        "and incidents. What no item of the risk file names is a new hazard."
    )]  # fmt: skip
    review = facts.review
    if review and review.new_hazards:
        columns = (Column("Source", width=1.4), Column("Kind", width=2),
                   Column("Events in the period", width=1, align="right"))  # fmt: skip
        blocks.append(Table(
            f"New hazards that {review.record} found", columns,
            tuple((cell(source, review.record), cell(kind, review.record),
                   cell(events, review.record)) for source, kind, events in review.new_hazards),
        ))  # fmt: skip
    elif review:
        blocks.append(ComputedText(f"{review.record} found 0 kinds of events that no item names.",
                                   (review.record,)))  # fmt: skip
    if facts.open_hazards:
        blocks += [
            Table("New hazards that wait for the risk file",
                  (Column("Record", width=0.8), Column("What is owed", width=5)),
                  tuple((cell(record, record), Cell(words, (record,)))
                        for record, words in facts.open_hazards)),
            Gap("Evaluation of new hazards",
                f"{grouped(len(facts.open_hazards))} kinds of events point to no item of the file",
                "quality", "ISO 14971 10.3"),
        ]  # fmt: skip
    else:
        blocks.append(ComputedText("New hazards that wait for the risk file: none on record (0)."))
    return Section("5", title, (*blocks, statement))


def _versions(facts: RiskReportFacts) -> Section:
    title = "Versions of the risk file"
    if not facts.versions:
        return Section("6", title, (ComputedText("No risk file was recorded (0 on record)."),))
    columns = (
        Column("Record", width=0.8), Column("Version", width=0.6), Column("Status", width=0.9),
        Column("Digest", width=1.1), Column("Recorded by", width=1.1),
        Column("Recorded at", width=1.4), Column("In force since", width=1.4),
    )  # fmt: skip
    rows = tuple(
        (cell(one.record, one.record), cell(one.version, one.record), cell(one.status, one.record),
         digest_cell(one.digest, one.record), cell(one.recorded_by, one.record),
         cell(one.recorded_at, one.record),
         cell(one.in_force_at, one.record, absent="not put into force"))
        for one in facts.versions
    )  # fmt: skip
    return Section("6", title, (Table("Versions of the risk file", columns, rows),))


def _conclusion(facts: RiskReportFacts) -> Section:
    return Section("7", "Conclusion of the risk management review", (
        Paragraph("What follows is a person's judgement; software draws no conclusion here."),
        from_person(facts.notes, RISK["conclusion"]),
    ))  # fmt: skip
