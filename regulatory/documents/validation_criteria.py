"""The acceptance criteria of a validation report: as declared, as observed, as judged."""

from __future__ import annotations

from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Table,
)
from regulatory.documents.validation_facts import CriteriaPlan, CriterionResult, ValidationFacts
from regulatory.documents.wording import (
    cell,
    digest_cell,
    estimate_cell,
    instant,
    measure_name,
    number,
    spaced,
    verdict_cell,
)


def require_consistent(facts: ValidationFacts) -> None:
    """Refuse an overall 'met' while a criterion is not: a report must not contradict itself."""
    verdicts = [one.verdict for one in facts.plan.criteria]
    unmet = [one.id for one in facts.plan.criteria if one.verdict != "met"]
    if facts.verdict.outcome == "met" and (unmet or not verdicts):
        raise ValueError(
            f"overall verdict 'met' contradicts the criteria: {', '.join(unmet) or 'none declared'}"
        )


def requirement(criterion: CriterionResult) -> str:
    """What a criterion asks for, in words, such as 'lower bound of the 95 % CI at least 0.800'."""
    bounds = [
        f"{word} {number(limit)}"
        for word, limit in (("at least", criterion.at_least), ("at most", criterion.at_most))
        if limit is not None
    ]
    subject = {"low": "lower bound of the 95 % CI", "high": "upper bound of the 95 % CI"}.get(
        criterion.basis, "estimate"
    )
    return f"{subject} {' and '.join(bounds) or 'reported, no limit'}"


def criteria_table(plan: CriteriaPlan, caption: str) -> Table:
    """Each declared criterion beside what was observed and the stored verdict."""
    columns = (
        Column("Criterion", width=1.5),
        Column("Measure and test set", width=2),
        Column("Requirement", width=1.9),
        Column("Observed", width=2.3),
        Column("Verdict", width=1.1),
    )
    rows = tuple(
        (
            Cell(one.id),
            Cell(f"{measure_name(one.measure)}, {spaced(one.split)}, {one.subgroup}"),
            Cell(requirement(one)),
            estimate_cell(one.observed, one.record, absent="not available"),
            verdict_cell(one.verdict, one.record),
        )
        for one in plan.criteria
    )
    return Table(caption, columns, rows)


def criteria_fixed(plan: CriteriaPlan) -> tuple[Block, ...]:
    """When, by whom and before what the criteria were fixed, with the criteria as declared."""
    items = (
        ("Record of the criteria", cell(plan.record)),
        ("Digest of what was fixed", digest_cell(plan.digest, plan.record)),
        ("Fixed at", cell(plan.declared_at)),
        ("First evaluation on a test set", cell(plan.first_evaluated_at)),
        ("Signed by", cell("; ".join(f"{one.name}, {one.role}, {instant(one.at)}"
                                     for one in plan.signed))),
    )  # fmt: skip
    return (Definitions(items), *_order_checked(plan), _declared_table(plan))


def _order_checked(plan: CriteriaPlan) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if plan.first_evaluated_at is None:
        blocks.append(ComputedText("The records hold no evaluation on a test set."))
    elif plan.declared_at < plan.first_evaluated_at:
        said = "The criteria were fixed before the first evaluation on a test set, by the records."
        blocks.append(ComputedText(said, (plan.record,)))
    else:
        blocks.append(
            Gap("Proof that the criteria were fixed before the test results were known",
                "the criteria's record is not older than the first evaluation", "quality manager",
                "CLAIM 2024, study design")
        )  # fmt: skip
    if not plan.signed:
        blocks.append(
            Gap("Signature on the acceptance criteria", "the criteria's record carries none",
                "quality manager")
        )  # fmt: skip
    return tuple(blocks)


def _declared_table(plan: CriteriaPlan) -> Table:
    return Table(
        "Acceptance criteria as declared",
        (Column("Criterion", width=1.2), Column("Measure", width=2.2),
         Column("Test set", width=1.4), Column("Group", width=1.2),
         Column("Requirement", width=2.6)),
        tuple(
            (cell(one.id, plan.record), Cell(measure_name(one.measure)), Cell(spaced(one.split)),
             Cell(one.subgroup), Cell(requirement(one)))
            for one in plan.criteria
        ),
    )  # fmt: skip
