"""What the PSUR and the PMS report say alike: exposure, events, trends, actions, searches.

Each function gives blocks; the documents number the sections. Nothing here judges.
"""

from __future__ import annotations

from dataclasses import replace

from regulatory.documents.blocks import Block, ComputedText, Gap, Heading, Paragraph, Table
from regulatory.documents.figures import counts_bar
from regulatory.documents.surveillance_facts import Events, SurveillanceFacts
from regulatory.documents.surveillance_places import CLINICAL, QUALITY, RA
from regulatory.documents.surveillance_tables import (
    by_period,
    columns,
    known,
    lacking,
    listed,
    named,
)
from regulatory.documents.wording import cell, span

TRENDS = columns(
    ("Look", 0.8), ("Period", 1.1), ("Question", 1.1), ("Terms of IMDRF Annex A", 1.3),
    ("Count of exposure", 1), ("Rate (95 % CI)", 1.3), ("Baseline", 1.4), ("Ratio (95 % CI)", 1.3),
    ("Test", 0.9), ("Verdict by the plan", 1.2), ("Decision", 2.2),
)  # fmt: skip


def exposure_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """T1 to T3, how each figure was counted, studies read here, and what rates are related to."""
    used = facts.exposure
    return (
        Heading("Volume of sales"),
        *by_period(
            "T1: Volume of sales by region", ("Region", "Unit"), used.sales,
            note="EEA+TR+XI: European Economic Area, Türkiye and Northern Ireland. Worldwide "
            "includes it. In brackets: how it was counted.",
            missing="Volume of sales of each 12 months and region (T1)",
            clause="EU MDR Art. 86(1)(c)",
        ),
        listed(
            "Volume of sales on record of other days", columns(
                ("Record", 0.8), ("Region", 1), ("From", 0.9), ("To", 0.9), ("Unit", 1),
                ("Number", 0.7), ("How counted", 2),
            ), used.other_sales.rows, none="Of other days no volume of sales is on record (0).",
        ),
        Heading("Population"),
        *by_period(
            "T2: Estimated population by region", ("Region", "Counted"), used.population,
            missing="Estimated size of the population of each 12 months and region (T2)",
            clause="EU MDR Art. 86(1)(c)",
        ),
        listed(
            "Population estimated for other days", columns(
                ("Record", 0.8), ("Region", 1), ("From", 0.9), ("To", 0.9), ("Patients", 0.8),
                ("Studies", 0.8), ("Method", 2),
            ), used.other_estimates.rows, none="Of other days no estimate is on record (0).",
        ),
        *by_period(
            "T3: Characteristics of the population",
            ("Characteristic", "Group", "Region", "Counted"), used.characteristics,
            none="No characteristic of the population is recorded for these periods.",
            missing="Characteristics of the population by region (T3)",
            clause="EU MDR Art. 86(1)(c)",
        ),
        listed(
            "How the population was estimated", columns(
                ("Record", 0.8), ("Region", 0.9), ("Of whom", 1.2), ("Period", 1.2),
                ("Method", 2.2), ("Limits", 1.8), ("Source", 1.3),
            ), used.methods.rows, none="No estimate of the population is recorded.",
        ),
        Heading("Frequency of use"),
        listed(
            f"Studies read for care in {_period(facts)} by site",
            columns(("Site record", 0.8), ("Site", 2), ("Studies read", 1)), used.usage.rows,
            none="The device returned no result to care in the period at a site on record here "
            "(0 sites).",
            note="Counted here, from the predictions that were returned to care. A shadow returns "
            "none.",
        ),
        *_usage_picture(facts),
        *by_period(
            "Studies that rates of events are related to", ("Region",), used.denominators,
            note="Worldwide: the recorded estimate of studies where there is one for the 12 "
            "months, else the studies counted here. A rate says nothing of sites that are not on "
            "record.",
        ),
    )


def _period(facts: SurveillanceFacts) -> str:
    return span(facts.edition.period)


def _usage_picture(facts: SurveillanceFacts) -> tuple[Block, ...]:
    counts = [(str(one.values[0]), int(str(one.values[1]))) for one in facts.exposure.usage.rows]
    if not any(count for _, count in counts):
        return ()
    return (replace(counts_bar(
        counts, caption=f"Studies read for care in {_period(facts)} by site, counted from the "
        f"predictions returned (n = {sum(count for _, count in counts)})",
        axis="studies read", records=tuple(one.record for one in facts.exposure.usage.rows),
    ), width=0.6),)  # fmt: skip


def incident_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """T4 to T6 of serious incidents, the log of the period, and what is not decided."""
    found = facts.events
    return (
        ComputedText(
            f"Incidents opened in {_period(facts)}: {len(found.log.rows)}, of which serious: "
            f"{found.serious}. Serious ones known to have happened in EEA+TR+XI without a report "
            f"on record: {', '.join(found.unreported) or 'none'}.",
            tuple(one.record for one in found.log.rows),
        ),
        *_undecided(found),
        *by_period(
            "T4: Serious incidents by device problem (IMDRF Annex A, level 2)",
            ("Device problem", "Region"), found.problems, note=_counted_how(facts),
        ),
        *by_period(
            "T5: Serious incidents by cause (IMDRF Annex C, level 2)", ("Finding", "Region"),
            found.causes, note="An incident of several codes counts in each.",
        ),
        *by_period(
            "T6: Serious incidents by health impact (IMDRF Annex F) and conclusion of the "
            "investigation (IMDRF Annex D)", ("Health impact (F)", "Conclusion (D)", "Region"),
            found.impacts, note="Shares are of the serious incidents of the region in the period.",
        ),
        *lacking(
            tuple(f"{one} has no code of every annex." for one in found.uncoded),
            missing="IMDRF codes of serious incidents (Annexes A, C, D and F)", who=RA,
            clause="MDCG 2022-21",
        ),
        listed(
            "Incidents of the period as the vigilance log holds them", columns(
                ("Record", 0.8), ("Opened", 0.9), ("Site", 1), ("Country", 0.7),
                ("Seriousness by the EU rules", 1), ("Device problem", 1.6),
                ("Decisions by jurisdiction", 1.4), ("Reports", 1.5), ("Status", 0.7),
            ), found.log.rows, none="No incident was opened in the period (0 on record).",
        ),
        ComputedText(
            "Kinds of serious incidents that the periods before did not have: "
            f"{'; '.join(found.new_kinds) or 'none'}."
        ),
    )  # fmt: skip


def _counted_how(facts: SurveillanceFacts) -> str:
    return (
        "Rates are for 1,000 studies, with the exact 95 % interval of a Poisson count. Codes are "
        "those of the filled report form; without one the own category stands (vocabulary, version "
        f"{facts.vocabulary}). An incident of several kinds counts in each. EEA+TR+XI counts those "
        "that are known to have happened there; one of a third country counts worldwide only."
    )


def _undecided(found: Events) -> tuple[Block, ...]:
    """What could still become a serious incident, and what cannot be put in a region."""
    said: list[Block] = []
    waiting = [f"Not decided whether serious: {named(found.open_ones, 'incident')}."] if (
        found.open_ones) else []  # fmt: skip
    if found.unscreened:
        waiting.append(f"Not screened yet, so that each may be an incident: "
                       f"{named(found.unscreened, 'event')}.")  # fmt: skip
    said += lacking(
        tuple(waiting), missing="Decision on every event of the period (serious or not)", who=RA,
        clause="EU MDR Art. 87",
    )
    said += lacking(
        (f"Counted worldwide only, since it is not recorded where it happened: "
         f"{named(found.unplaced, 'incident')}.",) if found.unplaced else (),
        missing="Country of each incident (record of its site, or fact country_of_incident of its "
        "EU assessment)", who=RA, clause="MDCG 2022-21",
    )  # fmt: skip
    said += lacking(
        tuple(f"{one}: what was told counts." for one in found.otherwise),
        missing="One country of each incident: two records say otherwise", who=RA,
        clause="MDCG 2022-21",
    )
    if found.duplicates:
        said.append(ComputedText(
            "Left out, since another incident tells of the same: "
            f"{named(found.duplicates, 'incident')}.",
            found.duplicates,
        ))  # fmt: skip
    return tuple(said)


def trend_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """Each question of each look of the period, by the plan's own threshold, with its decision."""
    found = facts.trends
    if not found.rows:
        return (Gap("Judgement of trends in the period", found.why_none, RA,
                    "EU MDR Art. 88(1); Annex III 1.1(b)"),)  # fmt: skip
    return (
        Paragraph(
            "Each category is judged by method, baseline, period and level that the plan set "
            "beforehand: exact Poisson or conditional binomial test, Fisher's test of severity, "
            "Holm's procedure over the questions. Exposure is the denominator, so that a growth of "
            "use alone makes no trend. Serious incidents are reported one by one and stand beside."
        ),
        ComputedText(
            f"Looked at of {_period(facts)}: {'; '.join(span(one) for one in found.days)}. Nothing "
            "is judged of other days.", tuple(dict.fromkeys(one.record for one in found.rows)),
        ),
        Table(
            "Questions of trends, as the plan fixed them beforehand", columns(
                ("Question", 1.1), ("Terms of IMDRF Annex A", 2.6), ("Baseline", 2.2),
                ("Level of the test", 0.7),
            ), tuple(tuple(cell(value, *one.records) for value in one.values)
                     for one in found.questions),
        ),
        listed(
            "Trends by look and question, with verdict and decision", columns(
                ("Look", 0.7), ("Period", 1.3), ("Question", 1.1), ("Count of exposure", 1.2),
                ("Rate (95 % CI)", 1.2), ("Ratio to the baseline (95 % CI)", 1.3), ("p", 0.6),
                ("Verdict by the plan", 1.3), ("Decision", 1.2),
            ), found.rows, none="none",
        ),
        listed(
            "Decisions on trends", columns(
                ("Record", 0.7), ("Look", 0.7), ("Questions", 1.2), ("Outcome", 1),
                ("Answered", 2), ("Decided by", 1), ("On", 0.8), ("Grounds", 2.2),
            ), found.decisions, none="No question of trends was decided (0 decisions on record).",
        ),
        *lacking(
            tuple(f"Not decided: {one}." for one in found.undecided),
            missing="Signed decision on each question of trends", who=RA,
            clause="EU MDR Art. 88(1)",
        ),
    )


def field_action_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """T7."""
    return (listed(
        "T7: Field safety corrective actions", columns(
            ("Manufacturer's reference", 0.9), ("Type", 0.8), ("Issued", 0.9),
            ("Scope: versions and sites", 1.6), ("Status", 1.6), ("Rationale and action", 2),
            ("Incidents", 0.9), ("Effectiveness", 1.4),
        ), facts.field_actions.rows,
        none="No field safety corrective action was opened in the period or open at its beginning "
        "(0 on record).",
        note="Regions: the countries of the sites of the scope, by their records.",
    ),)  # fmt: skip


def capa_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """T8, and what a CAPA lacks that is not closed."""
    return known(
        "T8: Corrective and preventive actions", columns(
            ("Manufacturer's reference", 0.9), ("Type", 0.9), ("Started", 0.9),
            ("Scope: opened for", 0.9), ("Status", 1.3), ("Problem", 1.8), ("Root cause", 1.6),
            ("Effectiveness", 1.6),
        ), facts.capas, missing="Owner and day of each CAPA that is not closed", who=QUALITY,
        clause="EU MDR Annex III 1.1(b); ISO 13485 8.5.2",
        none="No CAPA was opened in the period or open at its beginning (0 on record).",
        note="All CAPAs of the device that were open on a day of the period; which of them bear on "
        "safety a person says.",
    )  # fmt: skip


def complaint_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """Complaints and incidents that are not serious, by category and rate; complaints by site."""
    found = facts.events
    never = () if found.ever_complained else (Gap(
        "Feedback and complaints of the period", "no complaint about the device was ever taken in "
        "here: whether they are kept elsewhere is not known", QUALITY, "EU MDR Annex III 1.1(a)",
    ),)  # fmt: skip
    return (
        *never,
        *by_period(
            "Complaints by category", ("Category", "Region"), found.complaints,
            note="By the day of receipt. What several tell of counts once; one that was decided to "
            "be no complaint does not count. EEA+TR+XI counts those of sites that are recorded to "
            "lie there. Rates are for 1,000 studies, with the exact 95 % interval of a Poisson "
            "count.",
        ),
        *lacking(
            (f"Counted worldwide only, since the country of their site is not recorded: "
             f"{named(found.unplaced_complaints, 'complaint')}.",)
            if found.unplaced_complaints else (),
            missing="Country of the site of each complaint", who=RA, clause="MDCG 2022-21",
        ),
        *by_period(
            "Incidents that are not serious, by device problem", ("Device problem", "Region"),
            found.not_serious, note=_counted_how(facts),
        ),
        listed(
            "Complaints of the period by site and status",
            columns(("Records", 2), ("Site", 1.4), ("Status", 1), ("Complaints", 0.8)),
            found.complaint_sites.rows,
            none="No complaint was received in the period (0 on record).",
        ),
    )  # fmt: skip


def searched_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """Searches as they can be repeated, what they found, similar devices, and alerts."""
    found = facts.searched
    return (
        Heading("Literature"),
        *known(
            "Searches of literature", columns(
                ("Record", 0.8), ("Database", 0.9), ("Words of the search", 2), ("Searched", 0.9),
                ("From", 0.9), ("To", 0.9), ("Hits", 0.5), ("Read", 0.5), ("Kept", 0.5),
                ("Left out", 1.6), ("Conclusion recorded", 1.6),
            ), found.literature, none="No search of literature was made in the period (0 on "
            "record).", missing="Search of literature in the period", who=RA,
            clause="EU MDR Annex III 1.1(a)",
        ),
        *known(
            "What the publications say", columns(
                ("Record", 0.8), ("Search", 0.8), ("Publication", 2), ("Identifier", 1),
                ("Finding", 2), ("Relevance", 1), ("For this device", 1.6),
            ), found.findings, none="No publication was kept (0 on record).",
            missing="What each publication says that was kept", who=RA,
            clause="EU MDR Annex III 1.1(a)",
        ),
        Heading("Public databases and registers"),
        *known(
            "Searches of databases and registers", columns(
                ("Record", 0.8), ("Database", 0.9), ("Words of the search", 1.4), ("Searched", 0.9),
                ("From", 0.9), ("To", 0.9), ("Hits", 0.5), ("Relevant", 0.6), ("Events", 1.4),
                ("Devices", 1.2), ("Recorded assessment", 1.6),
            ), found.registers, none="No database was searched in the period (0 on record).",
            missing="Search of databases and registers in the period", who=RA,
            clause="EU MDR Annex III 1.1(a)",
        ),
        Heading("Similar devices"),
        *known(
            "Similar devices", columns(
                ("Record", 0.8), ("Device", 1.2), ("Maker", 1.2), ("Likeness", 0.9),
                ("Number", 0.9), ("Compared", 2.4), ("On", 0.9),
            ), found.similar, none="No similar device is recorded (0 on record).",
            missing="Similar devices on the market", who=RA, clause="EU MDR Annex III 1.1(a)",
        ),
        Heading("Surveillance of performance"),
        listed(
            "Alerts raised in the period", columns(
                ("Record", 0.8), ("Raised", 0.9), ("Site", 1), ("Charts", 1.8), ("Severity", 0.8),
                ("Status", 0.9), ("Disposition", 1.4),
            ), facts.alerts.rows, none="No alert was raised in the period (0 on record).",
        ),
    )


def follow_up_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """PMCF activities with aim, method, status and result."""
    return known(
        "Activities of post-market clinical follow-up (PMCF)", columns(
            ("Record", 0.8), ("Aim", 1.4), ("Method", 1.3), ("Endpoint", 1.2), ("State", 0.7),
            ("Planned n", 0.6), ("Reached n", 0.6), ("From", 0.8), ("To", 0.8), ("Result", 1.5),
            ("Conclusion", 1.4), ("Deviations", 1),
        ), facts.follow_up, none="No PMCF activity is recorded for the period (0 on record).",
        missing="PMCF activities of the period, or that there are none and why", who=CLINICAL,
        clause="EU MDR Art. 86(1)(b)",
    )  # fmt: skip
