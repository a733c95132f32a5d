"""How each version did in a period: how many readings were judged, the table, the picture.

The performance-monitoring report, the PSUR and the PMS report show the same.
"""

from __future__ import annotations

from records.counting import counted
from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Gap, Table
from regulatory.documents.figures import forest_plot
from regulatory.documents.performance_facts import PerformanceFacts, VersionMeasured
from regulatory.documents.wording import (
    cell,
    counts_cell,
    estimate_cell,
    grouped,
    measure_name,
    rests_on,
    span,
)

CLAUSE = "EU MDR Art. 83(3)"


def measured_blocks(facts: PerformanceFacts) -> tuple[Block, ...]:
    """The readings judged beside the truths known; a version or a difference that nothing
    explains is a gap."""
    if not facts.measured:
        return ()
    known = sum(one.known for one in facts.measured)
    judged = sum(one.judged or 0 for one in facts.measured)
    shadow = (
        f" Of {grouped(facts.in_shadow)} more the version ran in shadow beside another; they are "
        "not judged here." if facts.in_shadow else ""
    )
    said = ComputedText(
        f"Versions that ran in care in the period: {len(facts.measured)}; each is measured alone "
        f"and none is pooled with another. Readings for care whose truth is known at the data "
        f"freeze: {grouped(known)}; judged: {grouped(judged)} "
        f"({'; '.join(_of_version(one) for one in facts.measured)}).{shadow}",
        tuple(one.record for one in facts.measured),
    )
    return (said, *(gap for one in facts.measured for gap in _gaps(one)))


def _of_version(one: VersionMeasured) -> str:
    if one.judged is None:
        return f"{one.name}, {one.record}: not measured, {grouped(one.known)} known"
    since = f", {grouped(one.since)} known only since it was measured" if one.since else ""
    return f"{one.name}, {one.record}: {grouped(one.judged)} of {grouped(one.known)}{since}"


def _gaps(one: VersionMeasured) -> tuple[Gap, ...]:
    called = f"{one.name} ({one.record})"
    who = "quality manager"
    if one.judged is None:
        return (Gap(
            f"Performance of {called} in the period",
            "it ran in care and no evaluation of this period is on record; a period is measured "
            "once it has ended", who, CLAUSE,
        ),)  # fmt: skip
    found = [
        Gap(f"Performance of {called} at {site} in the period",
            "truths are known and no evaluation of this version there is on record", who, CLAUSE)
        for site in one.unmeasured_sites
    ]  # fmt: skip
    left = one.known - one.since - one.judged
    if left:
        found.append(Gap(
            f"Why {called} was judged on {counted(abs(left), 'reading')} "
            f"{'fewer' if left > 0 else 'more'} than have a known truth",
            "the records do not explain the difference", who, CLAUSE,
        ))  # fmt: skip
    return tuple(found)


def performance_table(facts: PerformanceFacts) -> Table:
    """Every stored estimate of the period, version by version, with its interval and counts."""
    columns = (
        Column("Model version", width=0.9),
        Column("Site", width=1),
        Column("Group", width=1.1),
        Column("Measure", width=1.6),
        Column("Estimate", width=2.4),
        Column("Counts", width=1.2),
        Column("Record", width=0.9),
    )
    rows = tuple(
        (
            cell(one.version, absent="not told"),
            cell(one.site, absent="all its sites"),
            Cell(one.estimate.subgroup),
            Cell(measure_name(one.estimate.measure)),
            estimate_cell(one.estimate, one.record),
            counts_cell(one.estimate),
            cell(one.record),
        )
        for one in facts.performance
    )
    return Table(
        "Performance in the period by model version, overall, by site and by group", columns, rows,
        note="Each row is of one version, at the sites where it ran; nothing is pooled over "
        "versions.",
    )


def by_site(facts: PerformanceFacts) -> tuple[Block, ...]:
    """The main measure by version, site and group as a picture; nothing where there is only one."""
    measure = facts.main_measure
    shown = [one for one in facts.performance if one.estimate.measure == measure]
    several = len({one.version for one in shown}) > 1
    rows = [
        (
            (f"{one.version}, " if several else "")
            + (one.site or (one.estimate.subgroup if one.estimate.subgroup != "all"
                            else "all sites")),
            one.estimate,
        )
        for one in shown
    ]  # fmt: skip
    if len(rows) < 2:
        return ()
    overall = next(
        (one.estimate for one in shown
         if not several and not one.site and one.estimate.subgroup == "all"), None
    )  # fmt: skip
    name = measure_name(measure)
    return (
        forest_plot(
            rows,
            caption=f"{name} in the period by {'version, ' if several else ''}site and group; "
            + rests_on([one for _, one in rows], span(facts.edition.period)),
            axis=name,
            overall=overall,
            records=tuple(one.record for one in shown if one.record),
        ),
    )
