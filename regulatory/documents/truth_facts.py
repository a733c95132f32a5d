"""How much of the truth has come back, as documents and pages quote it; and its tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from measures.estimate import Estimate
from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Paragraph, Table
from regulatory.documents.wording import cell, estimate_cell, grouped


@dataclass(frozen=True, slots=True)
class SiteTruth:
    """The studies of a site by what is known of them, and how long the truth took.

    states: each state with its number of studies, all of them together ``studies``. kinds: by what
    the known ones are known. median_days, most_days: from the study to its first truth that
    counts, for half and for 90 % of the studies; those that wait are allowed for (Kaplan-Meier).
    """

    site: str
    studies: int
    states: tuple[tuple[str, int], ...]
    kinds: tuple[tuple[str, int], ...]
    known: Estimate
    late: Estimate
    median_days: Estimate
    most_days: Estimate


@dataclass(frozen=True, slots=True)
class KindsApart:
    """Two kinds of truth of the same studies: how many say otherwise, and kappa."""

    stronger: str
    weaker: str
    disagree: Estimate
    kappa: Estimate


@dataclass(frozen=True, slots=True)
class TruthFacts:
    """What is known by a day, by which rule, and from how many days on a truth is late."""

    by: date
    rule: str
    late_after_days: int
    late_from: str
    sites: tuple[SiteTruth, ...]
    apart: tuple[KindsApart, ...]


def truth_blocks(facts: TruthFacts) -> tuple[Block, ...]:
    """The rule in force, and three tables: states, delays, disagreement."""
    return (
        ComputedText(facts.rule),
        Paragraph(
            "Known: a truth that counts. Partial: preliminary, or not told of the finding. Weak "
            "only: of a kind that is in no figure. Late: nothing, more than "
            f"{facts.late_after_days} days after the study ({facts.late_from}). Waiting: nothing "
            "yet."
        ),
        _states(facts),
        _delays(facts),
        _disagreement(facts),
    )


def _states(facts: TruthFacts) -> Table:
    names = [name for name, _ in facts.sites[0].states] if facts.sites else []
    columns = (
        Column("Site", width=1.3), Column("Studies", align="right", width=0.9),
        *(Column(name.capitalize(), align="right", width=0.9) for name in names),
        Column("Known by", width=1.6),
    )
    rows = tuple(
        (Cell(one.site), cell(one.studies), *(cell(count) for _, count in one.states),
         Cell(", ".join(f"{kind} {grouped(count)}" for kind, count in one.kinds) or "none"))
        for one in facts.sites
    )  # fmt: skip
    return Table(f"Studies by what is known of them on {facts.by}", columns, rows)


def _delays(facts: TruthFacts) -> Table:
    columns = (
        Column("Site", width=1.2), Column("Share known", width=2), Column("Share late", width=2),
        Column("Days until known, half of the studies", width=2),
        Column("Days until known, 90 % of the studies", width=2),
    )
    rows = tuple(
        (Cell(one.site), *(estimate_cell(each, "") for each in (one.known, one.late)),
         *(_days_cell(each) for each in (one.median_days, one.most_days)))
        for one in facts.sites
    )  # fmt: skip
    return Table(
        "How much of the truth has come, and after how many days", columns, rows,
        note="Days by Kaplan-Meier: studies that still wait count as long as they have waited.",
    )


def _days_cell(days: Estimate) -> Cell:
    """Days are counted whole, so that decimals would say more than is known."""
    found = estimate_cell(days, "")
    if days.value is None or days.low is None or days.high is None:
        return found
    return replace(found, text=(
        f"{days.value:g} ({100 * days.level:g} % CI {days.low:g} to {days.high:g}; "
        f"n = {grouped(days.n)})"
    ))  # fmt: skip


def _disagreement(facts: TruthFacts) -> Table:
    columns = (
        Column("Stronger", width=1.3), Column("Beside it", width=1.3),
        Column("Studies", align="right", width=0.8), Column("Share that disagrees", width=2.2),
        Column("Kappa", width=2.2),
    )
    rows = tuple(
        (Cell(one.stronger), Cell(one.weaker), cell(one.disagree.n),
         estimate_cell(one.disagree, ""), estimate_cell(one.kappa, ""))
        for one in facts.apart
    )  # fmt: skip
    return Table(
        "Studies of which two sources say something final", columns, rows,
        note="" if rows else "No study has two sources.",
    )
