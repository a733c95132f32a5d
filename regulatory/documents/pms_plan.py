"""DOC-02, the plan of post-market surveillance (MDR Art. 84, Annex III 1.1)."""

from __future__ import annotations

from regulatory.documents.assembly import assemble
from regulatory.documents.blocks import (
    Block,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    Paragraph,
    Section,
)
from regulatory.documents.content import Content
from regulatory.documents.places import PLACES
from regulatory.documents.pms_plan_facts import PmsPlanFacts
from regulatory.documents.registry import PMS_PLAN
from regulatory.documents.surveillance_findings import INDICATORS
from regulatory.documents.surveillance_places import QUALITY, RA
from regulatory.documents.surveillance_tables import columns, is_wide, known, listed, person
from regulatory.documents.wording import cell

TEMPLATE = (
    "pms_plan.py",
    "pms_plan_facts.py",
    "surveillance_facts.py",
    "surveillance_findings.py",
    "surveillance_places.py",
    "surveillance_tables.py",
)
HERE = PLACES[PMS_PLAN]


def build(facts: PmsPlanFacts) -> Content:
    """The PMS plan for these facts.

    Raises Refused when the plan does not fit the device's class.
    """
    def section(number: str, title: str, place: str, *blocks: Block) -> Section:
        whole = (*blocks, *(person(facts.notes, HERE, place) if place else ()))
        return Section(number, title, whole, wide=is_wide(whole))

    sections = (
        section("1", "Scope, device versions, markets and lifetime", "scope", *_scope(facts)),
        section("2", "Information that is collected", "", *_sources(facts)),
        section("3", "Proactive collection and surveillance of performance", "sampling",
                *_monitoring(facts)),
        section("4", "Assessment, indicators and thresholds", "thresholds", *_indicators(facts)),
        section("5", "Investigation of complaints and experience", "investigation"),
        section("6", "Trends", "trends", *_trend(facts)),
        section("7", "Communication", "communication", *_contacts(facts)),
        section("8", "Procedures and calendar", "procedures", *_calendar(facts)),
        section("9", "Corrective actions", "corrective_actions"),
        section("10", "Traceability of devices", "traceability", *_traceability(facts)),
        section("11", "Post-market clinical follow-up", "follow_up", *_follow_up(facts)),
        section("12", "Responsibilities, resources and limits of data", "responsibilities"),
    )  # fmt: skip
    return assemble(PMS_PLAN, facts, sections, template=TEMPLATE)


def _scope(facts: PmsPlanFacts) -> tuple[Block, ...]:
    items = tuple((name, cell(words, facts.device_record)) for name, words in facts.purpose)
    return (
        Definitions(items),
        listed(
            "Model versions", columns(
                ("Record", 0.8), ("Version", 1.6), ("Weights, first 16 digits", 1.3),
                ("Status", 0.9), ("Made", 0.9),
            ), facts.versions.rows, none="No model version is on record (0).",
        ),
        *known(
            "Countries where the device is on the market", columns(
                ("Record", 0.8), ("Country", 0.8), ("Since", 0.9), ("Until", 0.9),
                ("Languages", 1.2), ("Registered as", 1.2),
            ), facts.markets, none="No country is recorded (0 on record).",
            missing="Countries where the device is on the market", who=RA,
            clause="EU MDR Annex III 1.1",
        ),
        *known(
            "Sales and installations on record", columns(
                ("Record", 0.8), ("Region", 1), ("From", 0.9), ("To", 0.9), ("Unit", 1),
                ("Number", 0.7),
            ), facts.sales, none="No figure of sales is recorded (0 on record).",
            missing="Volume of sales", who=RA, clause="EU MDR Annex III 1.1",
        ),
    )  # fmt: skip


def _sources(facts: PmsPlanFacts) -> tuple[Block, ...]:
    return known(
        "Sources: what each is for, how often it is looked at, and whose it is", columns(
            ("Record", 0.8), ("For (Annex III 1.1(a))", 1.6), ("Source", 1.3),
            ("Looked at each", 0.8), ("Owner", 0.9), ("Method", 1.6), ("Proactive", 0.7),
            ("Limits", 1.2),
        ), facts.sources, none="No source is recorded (0 on record).",
        missing="A source for each kind of information of Annex III 1.1(a)", who=RA,
        clause="EU MDR Annex III 1.1(a)",
    )  # fmt: skip


def _monitoring(facts: PmsPlanFacts) -> tuple[Block, ...]:
    if facts.why_no_plan:
        return (Gap("Surveillance of the performance of the AI function", facts.why_no_plan,
                    QUALITY, "EU MDR Annex III 1.1(b)"),)  # fmt: skip
    record = facts.plan_record
    return (
        Paragraph(
            "The AI function is watched by the monitoring plan in force. Each chart has a "
            "reference that is frozen before its first day, and a limit solved for the plan's "
            "budget of false alarms."
        ),
        Definitions(tuple((name, cell(words, record)) for name, words in facts.monitoring)),
        listed(
            "Charts", columns(("Plan", 0.8), ("Chart", 1.2), ("Question", 1.9), ("Method", 2),
                              ("Parameters", 1.8)),
            facts.charts.rows, none="The plan names no chart.",
        ),
        listed(
            "Groups that are looked at apart",
            columns(("Device", 0.8), ("Group", 1.2), ("By", 1.2), ("Levels", 2)),
            facts.subgroups.rows, none="The device definition names no subgroup.",
        ),
        listed(
            "How alerts are answered", columns(("Plan", 0.8), ("Class of alerts", 1.2),
                                               ("Answered", 2.6)),
            facts.answering.rows, none="The plan says nothing of how alerts are answered.",
        ),
    )  # fmt: skip


def _indicators(facts: PmsPlanFacts) -> tuple[Block, ...]:
    return known(
        "Indicators of benefit and risk, with thresholds and what follows", INDICATORS,
        facts.indicators, none="No indicator is recorded (0 on record).",
        missing="Indicators and thresholds for the analysis of benefit and risk", who=RA,
        clause="EU MDR Annex III 1.1(b)",
    )


def _trend(facts: PmsPlanFacts) -> tuple[Block, ...]:
    if facts.why_no_trend:
        return (Gap("Method, baseline, observation period and severity scale of trends",
                    facts.why_no_trend, RA, "EU MDR Art. 88(1)"),)  # fmt: skip
    record = facts.plan_record
    return (
        Definitions(tuple((name, cell(words, record)) for name, words in facts.trend)),
        listed(
            "Categories that are counted", columns(
                ("Plan", 0.8), ("Category", 1.2), ("Events", 1.8), ("Terms of IMDRF Annex A", 1.8),
                ("Baseline", 1.8),
            ), facts.categories.rows, none="The plan names no category.",
        ),
    )  # fmt: skip


def _contacts(facts: PmsPlanFacts) -> tuple[Block, ...]:
    return known(
        "Who is told, and who tells", columns(
            ("Record", 0.8), ("Role", 1.4), ("Name", 1.5), ("Address", 1.8), ("Country", 0.6),
            ("Registration", 1.3), ("Contact", 1.5),
        ), facts.organisations, none="No organisation is recorded (0 on record).",
        missing="Manufacturer, responsible person and contact", who=RA,
        clause="EU MDR Annex III 1.1(b)",
    )  # fmt: skip


def _calendar(facts: PmsPlanFacts) -> tuple[Block, ...]:
    late = ComputedText(
        "Past the day by which they were to be issued, and not on record as issued: "
        f"{'; '.join(facts.overdue) or 'none'}.", (facts.device_record,),
    )  # fmt: skip
    return (late, *known(
        "Reports that the rules and the plan ask for", columns(
            ("Device", 0.8), ("Report", 1), ("Period", 1.4), ("Preparation, days", 0.8),
            ("Issued by", 0.9), ("In words", 2.2), ("Basis", 1.6),
        ), facts.calendar, none="No periodic report is known of this device.",
        missing="Facts from which the days of periodic reports follow", who=RA,
        clause="EU MDR Art. 85 and 86",
    ))  # fmt: skip


def _traceability(facts: PmsPlanFacts) -> tuple[Block, ...]:
    return (
        ComputedText(
            "Every deployment is on record by site and version, from when to when: whoever has an "
            f"affected version is found by it. Versions that ran: {len(facts.ran.rows)}.",
            tuple(one.record for one in facts.ran.rows),
        ),
        Heading("Where versions run or ran"),
        listed(
            "Deployments by version", columns(
                ("Record", 0.8), ("Version", 1.4), ("Deployments", 0.8), ("Sites", 2),
                ("Still running", 0.9),
            ), facts.ran.rows, none="No version has run anywhere (0 deployments on record).",
        ),
    )  # fmt: skip


def _follow_up(facts: PmsPlanFacts) -> tuple[Block, ...]:
    return known(
        "Activities of post-market clinical follow-up (PMCF)", columns(
            ("Record", 0.8), ("Aim", 1.4), ("Method", 1.3), ("Endpoint", 1.2), ("State", 0.7),
            ("Planned n", 0.6), ("Reached n", 0.6), ("From", 0.8), ("To", 0.8), ("Result", 1.5),
            ("Conclusion", 1.4), ("Deviations", 1),
        ), facts.follow_up, none="No PMCF activity is recorded (0 on record).",
        missing="PMCF activities, or that there are none and why", who="clinical lead",
        clause="EU MDR Annex III 1.1(b)",
    )  # fmt: skip
