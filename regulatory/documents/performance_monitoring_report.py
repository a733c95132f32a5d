"""DOC-26, the periodic performance-monitoring report: does the device in use still do what it did?

It quotes the numbers that surveillance acted on and computes none of its own.
"""

from __future__ import annotations

from records.counting import counted
from regulatory.documents import performance_alerts
from regulatory.documents.assembly import assemble, from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Heading,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.content import Content
from regulatory.documents.figures import counts_bar
from regulatory.documents.performance_charts import chart_blocks
from regulatory.documents.performance_facts import PerformanceFacts
from regulatory.documents.performance_measured import (
    by_site,
    measured_blocks,
    performance_table,
)
from regulatory.documents.places import PERFORMANCE
from regulatory.documents.registry import PERFORMANCE_MONITORING_REPORT
from regulatory.documents.truth_facts import truth_blocks
from regulatory.documents.wording import (
    cell,
    digest_cell,
    estimate_cell,
    grouped,
    share,
)

TEMPLATE = (
    "performance_monitoring_report.py",
    "performance_alerts.py",
    "performance_charts.py",
    "performance_facts.py",
    "performance_measured.py",
    "truth_facts.py",
)


def build(facts: PerformanceFacts) -> Content:
    """The performance-monitoring report for these facts.

    Raises Refused when the report does not fit the device's class.
    """
    sections = (
        _scope(facts),
        _inputs(facts),
        _outputs(facts),
        performance_alerts.alerts_section(facts),
        performance_alerts.comparison_section(facts),
        performance_alerts.decisions_section(facts),
    )
    return assemble(PERFORMANCE_MONITORING_REPORT, facts, sections, template=TEMPLATE)


def _scope(facts: PerformanceFacts) -> Section:
    plan = facts.plan
    studies = sum(one.studies for one in facts.sites)
    predicted = sum(one.predictions for one in facts.sites)
    known = sum(one.truth_known for one in facts.sites)
    sites = len({one.site for one in facts.sites})
    first = ComputedText(
        f"{counted(sites, 'site')}, {grouped(studies)} {'study' if studies == 1 else 'studies'}, "
        f"{grouped(predicted)} {'prediction' if predicted == 1 else 'predictions'}; "
        f"the truth is known for {share(known, predicted)} of the predictions. Alerts raised in "
        f"the period: {len(facts.alerts)}.",
        tuple(one.record for one in facts.sites if one.record),
    )
    items = (
        ("Monitoring plan", cell(plan.record, plan.record)),
        ("Digest of the plan", digest_cell(plan.digest, plan.record)),
        ("In force since", cell(plan.effective_at, plan.record)),
        ("False-alarm budget", cell(plan.budget, plan.record)),
        ("Error control over charts and sites", cell(plan.error_control, plan.record)),
        ("Smallest number of studies", cell(plan.minimum_n, plan.record)),
        ("Delay of the truth", cell(plan.truth_delay, plan.record)),
        ("Responsibility", cell(plan.responsibility, plan.record)),
        ("Report of the period before", cell(facts.previous_report, absent="none on record")),
    )
    picture = counts_bar(
        [(f"{one.site}, {one.version.record or one.version.name}, {one.mode}", one.studies)
         for one in facts.sites],
        caption="Studies in the period by site, version and mode",
        axis="studies in the period",
        records=tuple(one.record for one in facts.sites if one.record),
    )
    outside = (ComputedText(facts.seen_from_outside),) if facts.seen_from_outside else ()
    blocks = (
        first, *outside, sites_table(facts), picture, Heading("Monitoring plan"),
        Definitions(items), _plan_table(facts), *_answering(facts),
    )
    return Section("1", "Period, versions, sites and coverage", blocks)


def sites_table(facts: PerformanceFacts) -> Table:
    """Where which version ran in the period, and how many studies it was given and read."""
    columns = (
        Column("Site", width=1.4),
        Column("Model version", width=1.2),
        Column("Mode", width=0.9),
        Column("From", width=1.25),
        Column("To", width=1.25),
        Column("Studies", align="right", width=1),
        Column("Predicted", align="right", width=1.1),
        Column("Quaran\N{SOFT HYPHEN}tined", align="right", width=1.1),
        Column("Truth known", "of predicted", "right", 1.9),
    )
    rows = tuple(
        (
            Cell(one.site),
            Cell(one.version.record or one.version.name, (one.version.record,)),
            Cell(one.mode),
            cell(one.started),
            cell(one.ended, absent="still running"),
            cell(one.studies, one.record),
            cell(one.predictions, one.record),
            cell(one.quarantined, one.record),
            cell(share(one.truth_known, one.predictions), one.record),
        )
        for one in facts.sites
    )
    return Table("Sites, versions and coverage in the period", columns, rows)


def _plan_table(facts: PerformanceFacts) -> Table:
    columns = (
        Column("Chart", width=1.3),
        Column("Question", width=2.2),
        Column("Method", width=1.5),
        Column("In control means", width=2),
        Column("False-alarm budget", width=1.4),
    )
    rows = tuple(
        (cell(one.name, *one.records), cell(one.question), cell(one.detector),
         cell(one.in_control), cell(one.budget))
        for one in facts.charts
    )  # fmt: skip
    return Table("Charts of the monitoring plan", columns, rows)


def _answering(facts: PerformanceFacts) -> tuple[Table, ...]:
    """By when and how each class of alerts is answered; none where the facts do not say."""
    if not facts.plan.answering:
        return ()
    columns = (
        Column("Class of alerts", width=1), Column("Charts", width=2),
        Column("Answered", width=2.6),
    )
    record = facts.plan.record
    rows = tuple(tuple(cell(one, record) for one in row) for row in facts.plan.answering)
    return (Table("How alerts are answered", columns, rows),)


def _inputs(facts: PerformanceFacts) -> Section:
    charts = [one for one in facts.charts if one.group == "input"]
    quarantined = Table(
        "Studies not accepted, by site and reason",
        (Column("Site", width=1), Column("Reason", width=3), Column("Files", "n", "right", 0.6)),
        tuple((Cell(site), cell(why), cell(count)) for site, why, count in facts.quarantine),
        note="A site without a row had 0 files refused.",
    )
    blocks: tuple[Block, ...] = (
        *chart_blocks(facts, charts, "Charts of the inputs"),
        Heading("Out-of-scope and refused inputs"),
        quarantined,
        Heading("Evidently reports"),
        Paragraph(
            "Evidently compares whole tables, all sites together, with pinned methods and limits. "
            "It is a second voice: alerts rest on the error-controlled charts above."
        ),
        _drift_table(facts),
    )
    return Section("2", "Input quality and drift", blocks)


def _drift_table(facts: PerformanceFacts) -> Table:
    columns = (
        Column("Day", width=1.1),
        Column("Occasion", width=0.9),
        Column("Reference", "rows", "right", 1),
        Column("Current", "rows", "right", 1),
        Column("Columns drifted", align="right", width=1),
        Column("Which", width=2.2),
        Column("Kept report", width=1.2),
    )
    rows = tuple(
        (
            cell(one.day),
            cell(one.occasion),
            cell(one.reference_rows, one.record),
            cell(one.current_rows, one.record),
            cell(f"{len(one.drifted)} of {one.columns}", one.record),
            Cell(", ".join(one.drifted) or "none"),
            digest_cell(one.html_digest, one.record),
        )
        for one in facts.drift_reports
    )
    return Table("Evidently reports of the period", columns, rows)


def _outputs(facts: PerformanceFacts) -> Section:
    outputs = [one for one in facts.charts if one.group == "output"]
    watched = [one for one in facts.charts if one.group == "performance"]
    blocks: tuple[Block, ...] = (
        Heading("Output of the device"),
        _output_table(facts),
        *chart_blocks(facts, outputs, "Charts of the output"),
        *((Heading("Reference standards"), *truth_blocks(facts.truth)) if facts.truth else ()),
        Heading("Performance where the truth is known"),
        *measured_blocks(facts),
        performance_table(facts),
        *by_site(facts),
        *(chart_blocks(facts, watched, "Charts of performance") if watched else ()),
        from_person(facts.notes, PERFORMANCE["interpretation"]),
    )  # fmt: skip
    return Section("3", "Output and performance", blocks)


def _output_table(facts: PerformanceFacts) -> Table:
    scored = any(one.score.estimable for one in facts.outputs)
    limited = any(one.out_of_distribution.estimable for one in facts.outputs)
    columns = (
        Column("Site", width=1),
        Column("Share flagged", width=2),
        *((Column(f"Mean {facts.score_words}", width=2),) if scored else ()),
        *((Column("Share out of distribution", width=2),) if limited else ()),
    )
    rows = tuple(
        (
            Cell(one.site),
            estimate_cell(one.flagged, one.record),
            *((estimate_cell(one.score, one.record),) if scored else ()),
            *((estimate_cell(one.out_of_distribution, one.record),) if limited else ()),
        )
        for one in facts.outputs
    )
    limit = (
        "which is not known of another maker's product" if facts.seen_from_outside
        else "the plan sets no limit for it"
    )
    left_out = (
        *(() if scored else (f"the mean {facts.score_words} (it is watched by its charts below)",)),
        *(() if limited else (f"a share out of distribution ({limit})",)),
    )
    note = f"Not part of the monitoring plan: {'; '.join(left_out)}." if left_out else ""
    return Table("Output of the device by site", columns, rows, note=note)
