"""What the PSUR and the PMS report conclude from: field performance, completeness, risks, actions.

Each function gives blocks; the documents number the sections. Nothing here judges.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from regulatory.documents import performance_measured as field
from regulatory.documents.blocks import Block, ComputedText, Figure, Gap, Paragraph
from regulatory.documents.performance_monitoring_report import sites_table
from regulatory.documents.surveillance_facts import Risks, SurveillanceFacts, Trends
from regulatory.documents.surveillance_places import PRRC, QUALITY
from regulatory.documents.surveillance_tables import columns, listed
from regulatory.documents.truth_facts import truth_blocks

INDICATORS = columns(
    ("Record", 0.8), ("Indicator", 1.4), ("Measure", 1.5), ("Baseline", 0.7), ("Passed when", 0.7),
    ("Threshold", 0.7), ("Unit", 0.9), ("Over", 0.8), ("Risk item", 0.6), ("Action", 1.5),
    ("Owner", 0.8),
)  # fmt: skip


def performance_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """How the AI function did in the field: subgroups, sites, and what is known of the truth."""
    found = facts.performance
    if found is None:
        return (Gap("Performance of the AI function in the field", facts.why_no_performance,
                    QUALITY, "EU MDR Art. 83(3)"),)  # fmt: skip
    return (
        sites_table(found),
        *(truth_blocks(found.truth) if found.truth else ()),
        *field.measured_blocks(found),
        field.performance_table(found),
        *(replace(one, width=0.6) if isinstance(one, Figure) else one
          for one in field.by_site(found)),
        Paragraph(
            "Figures rest on studies whose truth is known only. Where the truth is sought more "
            "often after a flag than without one, sensitivity looks better than it is, and "
            "specificity worse (verification bias)."
        ),
    )


def completeness_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """Sites without data, events without a site, and how much of the period is covered."""
    silent = facts.exposure.silent
    found = facts.events
    said: list[Block] = [ComputedText(
        "Sites where the device ran in the period and of which no study that it read for care is "
        f"on record: {', '.join(silent) or 'none'}. Nothing is said of a site without data, and it "
        "is no site with 0 events."
    )]  # fmt: skip
    if facts.performance is not None:
        rows = facts.performance.sites
        read, truth = sum(one.predictions for one in rows), sum(one.truth_known for one in rows)
        said.append(ComputedText(
            f"Predictions in the period: {read}, of which the truth is known of {truth}. Files "
            f"refused: {sum(one.quarantined for one in rows)}.",
            tuple(one.record for one in rows if one.record),
        ))  # fmt: skip
    said.append(ComputedText(
        f"Events without a decision: {len(found.open_ones)}; not screened: "
        f"{len(found.unscreened)}; without a country: {len(found.unplaced)}; left out as "
        f"duplicates: {len(found.duplicates)}."
    ))  # fmt: skip
    return tuple(said)


def risk_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """The estimates of the risk file beside what was observed, item by item, and new hazards."""
    found = facts.risks
    if found.why_none:
        return (Gap("Observed frequency of each risk item against its estimate", found.why_none,
                    PRRC, "EU MDR Art. 86(1)(a); ISO 14971"),)  # fmt: skip
    return (
        listed(
            "Risk reviews of the period", columns(
                ("Record", 0.8), ("Risk file", 0.9), ("Version", 0.6), ("Reviewed", 1.3),
                ("Studies", 0.8), ("Items", 0.6), ("New hazards", 0.8), ("Made by", 1),
            ), found.reviews.rows, none="none",
        ),
        listed(
            "Observed against estimated, by risk item", columns(
                ("Review", 0.8), ("Period", 1.2), ("Item", 0.7), ("Hazard", 1.8),
                ("Estimate per 1,000", 1), ("Events", 1.4), ("Observed per 1,000", 1.9),
                ("Verdict", 0.8), ("Reason", 1.8),
            ), found.rows, none="The reviewed risk file holds no item.",
            note="Above or below only where the whole interval is; within proves nothing.",
        ),
        listed(
            "Events that point to no item of the risk file",
            columns(("Review", 0.8), ("Period", 1.2), "Source", ("Kind", 1.5), ("Events", 0.6)),
            found.new_hazards, none="The reviews found no event that points to no item (0).",
        ),
        ComputedText(risks_said(found), tuple(one.record for one in found.reviews.rows)),
    )  # fmt: skip


def risks_said(found: Risks) -> str:
    """Which items of the risk file were observed above their estimate, by the reviews."""
    if found.why_none:
        return f"Observed against the estimates of the risk file: {found.why_none}."
    by_verdict: dict[str, list[str]] = {}
    for one in found.rows:
        by_verdict.setdefault(str(one.values[6]), []).append(str(one.values[1]))
    above = ", ".join(by_verdict.get("above", ())) or "none"
    reviewed = "; ".join(str(one.values[2]) for one in found.reviews.rows)
    return (
        f"Risk items observed above the estimate of the risk file: {above}; not estimable: "
        f"{len(by_verdict.get('not estimable', ()))} of {len(found.rows)} judged. Reviewed: "
        f"{reviewed}; events that point to no item: {len(found.new_hazards)}."
    )


def verdicts_said(found: Trends) -> str:
    """How the questions of trends were judged, where any was."""
    counts = Counter(str(one.values[6]).split(":")[0] for one in found.rows)
    said = ", ".join(f"{verdict} {n}" for verdict, n in sorted(counts.items()))
    return f" ({said})" if said else ""


def action_blocks(facts: SurveillanceFacts) -> tuple[Block, ...]:
    """What is open or was closed in the period, with owner and day."""
    return (listed(
        "Actions that were open on a day of the period", columns(
            ("Record", 0.8), ("What", 2.4), ("Status", 1.2), ("Owner", 1.1), ("Due", 0.9),
            ("Opened", 1),
        ), facts.actions.rows, none="No action was open on a day of the period (0 on record).",
        note="Opened before the period: an open action of the time of the last report. Changes "
        "that were released or refused are no open actions; they stand with the changes.",
    ),)  # fmt: skip
