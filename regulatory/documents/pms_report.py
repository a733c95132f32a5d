"""DOC-03, the report on post-market surveillance of a class I device (MDR Art. 85)."""

from __future__ import annotations

from regulatory.documents import surveillance_findings as findings
from regulatory.documents import surveillance_sections as parts
from regulatory.documents.assembly import assemble
from regulatory.documents.blocks import Block, Definitions, Heading, Section
from regulatory.documents.content import Content
from regulatory.documents.places import PLACES
from regulatory.documents.psur import held_against, methods_text
from regulatory.documents.registry import PMS_REPORT
from regulatory.documents.surveillance_facts import SurveillanceFacts
from regulatory.documents.surveillance_tables import (
    columns,
    is_wide,
    issued_before,
    known,
    listed,
    person,
    timeliness,
)
from regulatory.documents.wording import cell, instant, span

TEMPLATE = (
    "performance_measured.py",
    "performance_monitoring_report.py",
    "pms_report.py",
    "psur.py",
    "surveillance_facts.py",
    "surveillance_findings.py",
    "surveillance_places.py",
    "surveillance_sections.py",
    "surveillance_tables.py",
    "truth_facts.py",
)
HERE = PLACES[PMS_REPORT]


def build(facts: SurveillanceFacts) -> Content:
    """The PMS report for these facts.

    Raises Refused when the report does not fit the device's class.
    """
    def section(number: str, title: str, blocks: tuple[Block, ...], *places: str) -> Section:
        whole = (*blocks, *person(facts.notes, HERE, *places))
        return Section(number, title, whole, wide=is_wide(whole))

    body = (
        section("1", "Scope, period and plan", _scope(facts), "period"),
        section("2", "Results of each source", _results(facts), "interpretation"),
        section("3", "Conclusions against the thresholds of the plan", _thresholds(facts),
                "conclusion"),
        section("4", "Preventive and corrective actions", _actions(facts), "rationale"),
        section("5", "Updates that are needed", findings.action_blocks(facts), "updates"),
    )  # fmt: skip
    last = Section("A", "Methods and figures of the last report",
                   (*methods_text(facts), *held_against(facts, body, HERE)), wide=True)  # fmt: skip
    return assemble(PMS_REPORT, facts, (*body, last), template=TEMPLATE)


def _scope(facts: SurveillanceFacts) -> tuple[Block, ...]:
    edition = facts.edition
    items = (
        ("Report", cell(f"{edition.number}, version {edition.version}")),
        ("Period", cell(span(edition.period))),
        ("Data freeze", cell(instant(edition.freeze.at))),
        ("Period by the plan", cell(facts.schedule.says)),
        ("Issued by", cell(facts.schedule.issue_due, absent="when necessary (EU MDR Art. 85)")),
        *((("In time", cell(timeliness(facts.schedule.issue_due, edition.freeze.at.date()))),)
          if facts.schedule.issue_due else ()),
        ("Device", cell(edition.device, facts.device_record)),
        ("Manufacturer by the definition", cell(edition.manufacturer, facts.device_record)),
    )
    return (
        Definitions(items), *issued_before(facts.schedule.issued_through, edition.period),
        *known(
            "Sources of the plan", columns(
                ("Record", 0.8), ("For", 1.6), ("Source", 1.3), ("Looked at each", 0.8),
                ("Owner", 0.9), ("Method", 1.6), ("Proactive", 0.7), ("Limits", 1.2),
            ), facts.sources, none="No source of the PMS plan is recorded (0 on record).",
            missing="Sources of the PMS plan", who="regulatory affairs",
            clause="EU MDR Annex III 1.1(a)",
        ),
        listed(
            "Model versions that ran in the period", columns(
                ("Record", 0.8), ("Version", 1.6), ("Weights, first 16 digits", 1.3),
                ("Status", 0.9), ("Deployments", 0.8), ("First", 0.9), ("Last", 0.9),
            ), facts.versions.rows, none="No version ran in the period (0 deployments on record).",
        ),
    )  # fmt: skip


def _results(facts: SurveillanceFacts) -> tuple[Block, ...]:
    return (
        Heading("Volume of sales, population and use"), *parts.exposure_blocks(facts),
        Heading("Serious incidents"), *parts.incident_blocks(facts),
        Heading("Trends"), *parts.trend_blocks(facts),
        Heading("Feedback and complaints"), *parts.complaint_blocks(facts),
        *parts.searched_blocks(facts),
        Heading("Post-market clinical follow-up"), *parts.follow_up_blocks(facts),
        Heading("Performance of the AI function in the field"), *findings.performance_blocks(facts),
        Heading("Validity and completeness"), *findings.completeness_blocks(facts),
    )  # fmt: skip


def _thresholds(facts: SurveillanceFacts) -> tuple[Block, ...]:
    return (
        *known(
            "Indicators and thresholds of the plan", findings.INDICATORS, facts.indicators,
            none="No indicator is recorded (0 on record).",
            missing="Indicators and thresholds of the PMS plan", who="regulatory affairs",
            clause="EU MDR Annex III 1.1(b)",
            note="What was observed stands in section 2 and, by item of the risk file, below. An "
            "indicator is held against its threshold by a person.",
        ),
        *findings.risk_blocks(facts),
    )


def _actions(facts: SurveillanceFacts) -> tuple[Block, ...]:
    return (*parts.field_action_blocks(facts), *parts.capa_blocks(facts))
