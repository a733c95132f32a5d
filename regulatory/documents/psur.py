"""DOC-04, the periodic safety update report: a summary of the period that stands alone.

Tables T1 to T8 of MDCG 2022-21. The verdict on benefit and risk is a person's, in sections 1 and 9.
"""

from __future__ import annotations

from typing import Final

from records.counting import counted
from regulatory.documents import surveillance_findings as findings
from regulatory.documents import surveillance_sections as parts
from regulatory.documents.assembly import assemble
from regulatory.documents.blocks import (
    Block,
    ComputedText,
    Definitions,
    Heading,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.content import Content
from regulatory.documents.places import PLACES, Place
from regulatory.documents.registry import PSUR
from regulatory.documents.surveillance_facts import Listed, SurveillanceFacts
from regulatory.documents.surveillance_tables import (
    columns,
    is_wide,
    issued_before,
    known,
    listed,
    period_figures,
    person,
    timeliness,
)
from regulatory.documents.wording import cell, instant, spaced, span

TEMPLATE = (
    "performance_measured.py",
    "performance_monitoring_report.py",
    "psur.py",
    "surveillance_facts.py",
    "surveillance_findings.py",
    "surveillance_places.py",
    "surveillance_sections.py",
    "surveillance_tables.py",
    "truth_facts.py",
)
HERE = PLACES[PSUR]


def build(facts: SurveillanceFacts) -> Content:
    """The PSUR for these facts.

    Raises Refused when the report does not fit the device's class.
    """
    body = tuple(_body(facts))
    sections = (
        Section("0", "Cover", _cover(facts), wide=True), _summary(facts), *body,
        Section("A", "Methods and figures of the last report",
                (*methods_text(facts), *held_against(facts, body, HERE)), wide=True),
    )  # fmt: skip
    return assemble(PSUR, facts, sections, template=TEMPLATE)


def _body(facts: SurveillanceFacts) -> tuple[Section, ...]:
    def section(number: str, title: str, blocks: tuple[Block, ...], *places: str) -> Section:
        whole = (*blocks, *person(facts.notes, HERE, *places))
        return Section(number, title, whole, wide=is_wide(whole))

    return (
        section("2", "Devices covered", _devices(facts), "grouping"),
        section("3", "Volume of sales, population and frequency of use",
                parts.exposure_blocks(facts), "exposure"),
        section("4a", "Serious incidents", parts.incident_blocks(facts), "serious_incidents"),
        section("4b", "Trend reporting", parts.trend_blocks(facts), "trends"),
        section("4c", "Field safety corrective actions", parts.field_action_blocks(facts),
                "field_actions"),
        section("4d", "Corrective and preventive actions", parts.capa_blocks(facts), "capas"),
        section("5a", "Feedback and complaints", parts.complaint_blocks(facts), "complaints"),
        section("5b", "Literature, databases, similar devices and other sources",
                parts.searched_blocks(facts), "literature"),
        section("6", "Post-market clinical follow-up", parts.follow_up_blocks(facts), "follow_up"),
        section("7", "Performance of the AI function in the field",
                findings.performance_blocks(facts), "performance"),
        section("8", "Validity and completeness of the data", findings.completeness_blocks(facts),
                "completeness"),
        section("9", "Overall conclusion on benefit and risk", findings.risk_blocks(facts),
                "conclusion"),
        section("10", "Actions taken and planned", findings.action_blocks(facts), "actions"),
    )  # fmt: skip


SUBMISSION: Final = {
    "CA_ON_REQUEST": "to the competent authority on request",
    "MAKE_AVAILABLE_TO_NB": "made available to the notified body, and to the competent authority "
    "on request",
    "SUBMIT_TO_NB_DIRECT": "submitted to the notified body directly",
    "SUBMIT_VIA_EUDAMED": "submitted to the notified body through EUDAMED",
}
"""The answers of R-PSUR-03 in words."""


def _cover(facts: SurveillanceFacts) -> tuple[Block, ...]:
    edition, plan = facts.edition, facts.schedule
    frozen = edition.freeze.at.date()
    running = edition.period is not None and edition.period[1] > frozen
    items = (
        ("Report", cell(f"{edition.number}, version {edition.version}")),
        ("Data collection period", cell(span(edition.period))),
        ("Data freeze", cell(instant(edition.freeze.at))),
        ("Period by the rules", cell(plan.says)),
        ("Cadence", cell(f"{plan.cadence_months} months ({plan.citation})"
                         if plan.cadence_months else None)),
        ("Issued by", cell(plan.issue_due, absent="not known: no period is set by the rules")),
        ("In time", cell(timeliness(plan.issue_due, frozen))),
        ("Way of submission",
         cell(SUBMISSION.get(plan.submission, spaced(plan.submission).lower()))),
        ("Device", cell(edition.device, facts.device_record)),
        ("Basic UDI-DI and UDI-DI by the definition", cell(edition.udi, facts.device_record)),
        ("Risk class", cell(f"EU {edition.risk_class_eu}", facts.device_record)),
        ("Manufacturer by the definition", cell(edition.manufacturer, facts.device_record)),
    )  # fmt: skip
    late = (ComputedText(
        f"The data freeze lies before the end of the period, {edition.period[1]}: this is a report "
        "on a part of it."
    ),) if running and edition.period else ()  # fmt: skip
    asked = () if plan.fits else person(facts.notes, HERE, "period")
    issued = issued_before(plan.issued_through, edition.period)
    return (Definitions(items), *issued, *late, *asked, *_numbers(facts))


def _numbers(facts: SurveillanceFacts) -> tuple[Block, ...]:
    who, clause = "regulatory affairs", "MDCG 2022-21"
    return (
        *known(
            "Manufacturer, representatives and notified body", columns(
                ("Record", 0.8), ("Role", 1.4), ("Name", 1.5), ("Address", 1.8), ("Country", 0.6),
                ("Registration (SRN or number)", 1.3), ("Contact", 1.5),
            ), facts.organisations, none="No organisation is recorded (0 on record).",
            missing="Manufacturer, responsible person and contact", who=who, clause=clause,
        ),
        *known(
            "Certificates and declarations", columns(
                ("Record", 0.8), ("What", 1.8), ("Number", 1.2), ("Issued by", 1.6),
                ("Issued", 0.9), ("Valid until", 0.9), ("State", 0.8),
            ), facts.certificates, none="No certificate is recorded (0 on record).",
            missing="Certificate of the device", who=who, clause=clause,
        ),
        *known(
            "Identifiers in use on the last day of the period", columns(
                ("Record", 0.8), ("UDI-DI", 1.4), ("Basic UDI-DI", 1.4), ("Issuer", 0.8),
                ("Software version", 1), ("EMDN", 0.8), ("FDA product code", 0.9),
            ), facts.identifiers, none="No UDI-DI is recorded (0 on record).",
            missing="UDI-DI and Basic UDI-DI of each version", who=who, clause=clause,
        ),
    )  # fmt: skip


def _summary(facts: SurveillanceFacts) -> Section:
    found = facts.events
    latest = [one for one in facts.exposure.sales.rows if one.periods[0].value is not None]
    sold = "; ".join(
        f"{one.periods[0].value} {one.labels[1]} in {one.labels[0]}" for one in latest
    ) or "not recorded"  # fmt: skip
    last = facts.exposure.sales.periods[0]
    lines = (
        f"Period {span(facts.edition.period)}. Volume of sales, {span(last)}: {sold}.",
        f"{counted(found.serious, 'serious incident')}, of "
        f"{counted(len(found.log.rows), 'incident')} opened in the period; not decided: "
        f"{len(found.open_ones)}.",
        f"Questions of trends judged: {len(facts.trends.rows)}"
        f"{findings.verdicts_said(facts.trends)}; not decided: {len(facts.trends.undecided)}.",
        findings.risks_said(facts.risks),
        f"Field safety corrective actions: {len(facts.field_actions.rows)}. CAPAs: "
        f"{len(facts.capas.rows)}. Alerts of surveillance: {len(facts.alerts.rows)}.",
        f"Model versions that ran: {len(facts.versions.rows)}, at "
        f"{counted(len({one.values[0] for one in facts.deployments.rows}), 'site')}. Sites without "
        f"data: {len(facts.exposure.silent)}.",
        _last_report(facts),
    )
    figures = tuple(ComputedText(one) for one in lines)
    return Section(
        "1", "Executive summary", (*person(facts.notes, HERE, "verdict"), *figures,
                                   *person(facts.notes, HERE, "last_review")),
    )  # fmt: skip


def _last_report(facts: SurveillanceFacts) -> str:
    last = facts.previous
    if not last.label:
        return f"Last report: {last.why_none}."
    return f"Last report: {last.label}, {span(last.period)}."


def _devices(facts: SurveillanceFacts) -> tuple[Block, ...]:
    items = tuple((name, cell(words, facts.device_record)) for name, words in facts.purpose)
    return (
        Definitions(items),
        listed(
            "Revisions of the device definition, intended use included",
            columns(("Record", 0.8), ("Revision", 0.8), ("Status", 1), ("Defined", 1)),
            facts.definitions.rows, none="none",
        ),
        listed(
            "Model versions that ran in the period", columns(
                ("Record", 0.8), ("Version", 1.6), ("Weights, first 16 digits", 1.3),
                ("Status", 0.9), ("Deployments", 0.8), ("First", 0.9), ("Last", 0.9),
            ), facts.versions.rows, none="No version ran in the period (0 deployments on record).",
        ),
        listed(
            "Where each version ran", columns(
                ("Record", 0.8), ("Site", 1.4), ("Version", 1.6), ("Mode", 0.8), ("From", 0.9),
                ("To", 0.9),
            ), facts.deployments.rows, none="The device ran at no site in the period (0).",
        ),
        *known(
            "Countries where the device is on the market on the last day of the period", columns(
                ("Record", 0.8), ("Country", 0.8), ("Since", 0.9), ("Until", 0.9),
                ("Languages", 1.2), ("Registered as", 1.2),
            ), facts.markets, none="No country is recorded (0 on record).",
            missing="Countries where the device is on the market", who="regulatory affairs",
            clause="MDCG 2022-21",
        ),
        Heading("Changes since the last report"),
        listed(
            "Changes proposed or decided in the period", columns(
                ("Record", 0.8), ("Change", 1.8), ("Version", 1.4), ("Why", 1.8), ("Proposed", 0.9),
                ("Status", 0.9), ("Decision", 1.2),
            ), facts.changes.rows, none="No change was proposed or decided in the period (0).",
        ),
    )  # fmt: skip


def methods_text(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """How periods, seriousness and codes are meant, and as of when all of it was read."""
    periods = facts.exposure.sales.periods
    return (
        Paragraph(
            "N is the last 12 months of the period, N\N{MINUS SIGN}1 to N\N{MINUS SIGN}3 are the "
            "12 months before each. An incident counts in the period in which it was opened (UTC), "
            "a complaint by the day of its receipt. Serious and not serious are what the EU rules "
            "said last of each incident. A figure that is not recorded is not 0."
        ),
        ComputedText(
            f"Periods: {'; '.join(span(one) for one in periods)}. Data freeze "
            f"{instant(facts.edition.freeze.at)}, audit event {facts.edition.freeze.sequence}. "
            f"Vocabulary of events, version {facts.vocabulary}: terms of IMDRF Annex A; codes are "
            "those of the filled report forms."
        ),
    )


def held_against(
    facts: SurveillanceFacts, body: tuple[Section, ...], places: dict[str, Place]
) -> tuple[Block, ...]:
    """The figures of the last report found again, and each that is stated otherwise now."""
    last = facts.previous
    if last.why_none:
        said = f"Figures of an earlier report: not compared, since {last.why_none}."
        return (ComputedText(said),)
    now = figures_of(body)
    both = [(one, now[_key(one)]) for one in last.rows if _key(one) in now]
    restated = tuple(
        Listed(one.record, (*one.values, said)) for one, said in both if said != one.values[3]
    )
    again = ComputedText(
        f"Figures of {last.label} that this report holds again: {len(both)}, of which stated "
        f"otherwise: {len(restated)}.", tuple(dict.fromkeys(one.record for one in last.rows)),
    )  # fmt: skip
    if not restated:
        return (again,)
    table = listed("Figures stated otherwise than in the last report", columns(
        ("Last report", 0.8), ("Table", 1.6), ("Row", 1.6), ("Period", 1.2), ("Then", 1.6),
        ("Now", 1.6),
    ), restated, none="none")  # fmt: skip
    return (again, table, *person(facts.notes, places, "restatements"))


def _key(one: Listed) -> tuple[str, str, str]:
    table, row, period, _ = one.values
    return str(table), str(row), str(period)


def figures_of(sections: tuple[Section, ...]) -> dict[tuple[str, str, str], str]:
    """By table, row and period the text of each cell below a period."""
    return {
        (caption, row, period): text
        for section in sections for block in section.blocks if isinstance(block, Table)
        for caption, row, period, text in period_figures(
            block.caption, [one.title for one in block.columns],
            [[one.text for one in row] for row in block.rows],
        )
    }  # fmt: skip
