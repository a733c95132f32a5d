"""DOC-06, the report of a trend to the authorities (MDR Art. 88): one signed decision to report."""

from __future__ import annotations

from regulatory.documents.assembly import assemble
from regulatory.documents.blocks import Block, ComputedText, Definitions, Section
from regulatory.documents.content import Content
from regulatory.documents.figures import forest_plot
from regulatory.documents.places import PLACES
from regulatory.documents.pms_plan_facts import TrendReportFacts
from regulatory.documents.registry import TREND_REPORT
from regulatory.documents.surveillance_places import RA
from regulatory.documents.surveillance_sections import TRENDS
from regulatory.documents.surveillance_tables import columns, is_wide, known, listed, person
from regulatory.documents.wording import cell, span

TEMPLATE = (
    "pms_plan_facts.py",
    "surveillance_facts.py",
    "surveillance_places.py",
    "surveillance_sections.py",
    "surveillance_tables.py",
    "trend_report.py",
)
HERE = PLACES[TREND_REPORT]


def build(facts: TrendReportFacts) -> Content:
    """The trend report for these facts.

    Raises Refused when the report does not fit the device's class.
    """
    def section(number: str, title: str, place: str, *blocks: Block) -> Section:
        whole = (*blocks, *(person(facts.notes, HERE, place) if place else ()))
        return Section(number, title, whole, wide=is_wide(whole))

    sections = (
        section("1", "Administrative information", "submission", *_administrative(facts)),
        section("2", "Device, versions and markets", "", *_device(facts)),
        section("3", "The trend", "description", *_trend(facts)),
        section("4", "Denominators, method and events reported one by one", "denominator",
                *_denominators(facts)),
        section("5", "Effect on benefit and risk", "benefit_risk", *_benefit_risk(facts)),
        section("6", "Cause, actions and schedule", "cause", *_actions(facts)),
    )  # fmt: skip
    return assemble(TREND_REPORT, facts, sections, template=TEMPLATE)


def _administrative(facts: TrendReportFacts) -> tuple[Block, ...]:
    return (
        *known(
            "Manufacturer, representatives and contact", columns(
                ("Record", 0.8), ("Role", 1.4), ("Name", 1.5), ("Address", 1.8), ("Country", 0.6),
                ("Registration", 1.3), ("Contact", 1.5),
            ), facts.organisations, none="No organisation is recorded (0 on record).",
            missing="Manufacturer, responsible person and contact", who=RA,
            clause="EU MDR Art. 88(1)",
        ),
        listed(
            "Filled forms of the trend, and where they were sent", columns(
                ("Form record", 0.9), ("About", 0.8), ("Version", 0.7), ("Filled", 0.9),
                ("Fields missing", 0.8), ("Submissions", 2),
            ), facts.forms.rows, none="No form of the trend was filled (0 on record).",
        ),
    )


def _device(facts: TrendReportFacts) -> tuple[Block, ...]:
    return (
        Definitions((
            ("Device", cell(facts.edition.device, facts.device_record)),
            ("Identifiers by the definition", cell(facts.edition.udi, facts.device_record)),
        )),
        *known(
            "Identifiers in use", columns(
                ("Record", 0.8), ("UDI-DI", 1.4), ("Basic UDI-DI", 1.4), ("Issuer", 0.8),
                ("Software version", 1), ("EMDN", 0.8), ("FDA product code", 0.9),
            ), facts.identifiers, none="No UDI-DI is recorded (0 on record).",
            missing="UDI-DI and Basic UDI-DI of each version", who=RA, clause="EU MDR Art. 88(1)",
        ),
        listed(
            "Model versions that ran in the period", columns(
                ("Record", 0.8), ("Version", 1.6), ("Weights, first 16 digits", 1.3),
                ("Status", 0.9), ("Deployments", 0.8), ("First", 0.9), ("Last", 0.9),
            ), facts.versions.rows, none="No version ran in the period (0 deployments on record).",
        ),
        listed(
            "Where each version ran in the period", columns(
                ("Record", 0.8), ("Site", 1.4), ("Version", 1.6), ("Mode", 0.8), ("From", 0.9),
                ("To", 0.9),
            ), facts.deployments.rows, none="The device ran at no site in the period (0).",
        ),
        *known(
            "Countries where the device is on the market", columns(
                ("Record", 0.8), ("Country", 0.8), ("Since", 0.9), ("Until", 0.9),
                ("Languages", 1.2), ("Registered as", 1.2),
            ), facts.markets, none="No country is recorded (0 on record).",
            missing="Countries where the device is on the market", who=RA,
            clause="EU MDR Art. 88(1)",
        ),
    )  # fmt: skip


def _trend(facts: TrendReportFacts) -> tuple[Block, ...]:
    items = tuple((name, cell(words, facts.look)) for name, words in facts.thresholds)
    rows = [(label, one) for label, one, _ in facts.history]
    picture: tuple[Block, ...] = ()
    if rows:
        period = span(facts.edition.period)
        picture = (forest_plot(
            rows, caption="Rate of each reported question by period looked at, up to "
            f"{period}; exact 95 % CI, n is the exposure",
            axis="events for each unit of exposure",
            records=tuple(record for _, _, record in facts.history),
        ),)  # fmt: skip
    return (
        Definitions(items),
        listed("What is reported", TRENDS, facts.reported.rows, none="none"),
        *picture,
    )


def _denominators(facts: TrendReportFacts) -> tuple[Block, ...]:
    return (
        listed(
            "Exposure of the period by site",
            columns(("Look", 0.8), ("Site", 1.8), ("Exposure", 0.9), ("Events, not serious", 0.9)),
            facts.exposure.rows, none="No site had exposure in the period (0).",
        ),
        Definitions(tuple((name, cell(words, facts.look)) for name, words in facts.beside)),
        ComputedText(
            "Counts are worldwide: of all sites on record here, wherever they are. Serious "
            "incidents are reported one by one (EU MDR Art. 87) and are not counted in the trend."
        ),
        listed(
            "Incidents of the period with their reports", columns(
                ("Record", 0.8), ("Opened", 0.9), ("Site", 1), ("Country", 0.7),
                ("Seriousness by the EU rules", 1), ("Device problem", 1.6),
                ("Decisions by jurisdiction", 1.4), ("Reports", 1.5), ("Status", 0.7),
            ), facts.individual.rows, none="No incident was opened in the period (0 on record).",
        ),
    )  # fmt: skip


def _benefit_risk(facts: TrendReportFacts) -> tuple[Block, ...]:
    return (
        listed(
            "The signed decision", columns(
                ("Record", 0.8), ("Effect on benefit-risk may be significant", 1.2),
                ("Risks may be unacceptable", 1), ("Outcome", 1.3), ("Against the numbers", 0.8),
                ("Grounds", 2.2), ("Decided by", 0.9), ("On", 0.8), ("Report by, own day", 0.9),
            ), facts.decision.rows, none="none",
        ),
        *known(
            "Items of the risk file in force that these events would show", columns(
                ("Record", 0.8), ("Item", 0.7), ("Hazard", 1.6), ("Harm", 1.4), ("Severity", 0.7),
                ("Estimate in use per 1,000", 1), ("What is left", 1),
            ), facts.risks, none="No item of the risk file names these events.",
            missing="Item of the risk file that the trend bears on", who="risk manager",
            clause="EU MDR Art. 88(1); ISO 14971",
        ),
    )  # fmt: skip


def _actions(facts: TrendReportFacts) -> tuple[Block, ...]:
    return (listed(
        "CAPAs, field actions and changes on record for the trend", columns(
            ("Record", 0.8), ("What", 2.2), ("Status", 1.2), ("Owner", 1), ("Due", 1),
        ), facts.measures.rows, none="No action names the look or its decision (0 on record).",
    ),)  # fmt: skip
