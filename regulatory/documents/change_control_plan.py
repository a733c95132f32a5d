"""DOC-09, the predetermined change control plan: what may change without a new submission, by which
protocol, with what impact; and, beside it, what was done under it."""

from __future__ import annotations

from records.counting import counted
from regulatory.documents.assembly import assemble, from_person, model_cell
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    Section,
    Table,
)
from regulatory.documents.content import Content
from regulatory.documents.places import PLAN
from regulatory.documents.plan_execution import execution_section
from regulatory.documents.plan_facts import PlanFacts, PlannedCriterion
from regulatory.documents.registry import CHANGE_CONTROL_PLAN
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    cell,
    digest_cell,
    grouped,
    one_of,
)

TEMPLATE = ("change_control_plan.py", "plan_execution.py", "plan_facts.py")
CLAUSE = "FD&C Act 515C"
_MATRIX = (
    Column("Modification", width=0.9), Column("Protocol: steps", width=1.8),
    Column("Protocol: acceptance", width=1.2), Column("Protocol: limits", width=1.3),
    Column("Update", width=1.2), Column("Impact", width=1.3), Column("Done under it", width=1.1),
)  # fmt: skip


def build(facts: PlanFacts) -> Content:
    """The plan for these facts: modifications, protocol, impact, and the record of what was done.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _device(facts), _modifications(facts), _data(facts), _retraining(facts),
        _evaluation(facts), _update(facts), _impact(facts), _matrix(facts), _labelling(facts),
        execution_section(facts),
    )  # fmt: skip
    return assemble(CHANGE_CONTROL_PLAN, facts, sections, template=TEMPLATE)


def _known(
    facts: PlanFacts, rows: tuple[tuple[str, str], ...], what: str
) -> tuple[Block, ...]:
    """What the plan says by name, and one gap for all that it leaves out."""
    silent = [name for name, said in rows if not said]
    blocks: list[Block] = []
    if len(silent) < len(rows):
        blocks.append(Definitions(tuple((name, cell(said, facts.record)) for name, said in rows)))
    if silent:
        blocks.append(Gap(f"{what}: {one_of(tuple(silent))}", f"{facts.record} does not say it",
                          "regulatory author", CLAUSE))  # fmt: skip
    return tuple(blocks)


def _device(facts: PlanFacts) -> Section:
    none = Cell("none: no version was released")
    items = (
        ("Plan declared in", cell(facts.record, facts.record)),
        ("Digest of the definition", digest_cell(facts.digest, facts.record)),
        ("Current version", model_cell(facts.current) if facts.current else none),
        ("Version cleared last", model_cell(facts.cleared) if facts.cleared else none),
        ("Cleared by", Cell("; ".join(f"{said} ({record})" for said, record in facts.cleared_by)
                            or "the first version: no clearance of a version is on record",
                            tuple(record for _, record in facts.cleared_by))
         if facts.cleared else none),
    )
    blocks: list[Block] = [Definitions(items), *_known(facts, facts.pathway, "Pathway")]
    blocks.append(Heading("Authorisation"))
    if facts.authorization:
        blocks.append(Definitions(tuple(
            (name, cell(said, facts.record)) for name, said in facts.authorization
        )))  # fmt: skip
    else:
        blocks.append(Gap("Authorisation of the plan", f"{facts.record} names none: no candidate "
                          "is in its bounds", "regulatory author", CLAUSE))  # fmt: skip
    if facts.lineage:
        columns = (Column("Version", width=2), Column("Released at", width=1.4),
                   Column("Change", width=0.9), Column("By the plan", width=1.8))  # fmt: skip
        rows = tuple(
            (model_cell(one.version), cell(one.released_at, one.change),
             cell(one.change, one.change), cell(one.by_plan, one.change, absent="not assessed"))
            for one in facts.lineage
        )  # fmt: skip
        blocks.append(Table("Released versions, the first one first", columns, rows))
    else:
        blocks.append(ComputedText("No version was released (0 on record)."))
    blocks.append(from_person(facts.notes, PLAN["scope"]))
    return Section("1", "Device, versions and scope of the plan", tuple(blocks))


def _modifications(facts: PlanFacts) -> Section:
    blocks: list[Block] = []
    columns = (
        Column("Modification", width=0.9), Column("What may change", width=2.4),
        Column("Bounds", width=2), Column("Bounds of parameters", width=1.5),
        Column("How often", width=1.5), Column("Where", width=1.1),
        Column("Intended use", width=1.1),
    )  # fmt: skip
    where = f"{facts.scope}{f': {one_of(facts.sites)}' if facts.sites else ''}"
    rows = tuple(
        (cell(one.id, facts.record), cell(one.description, facts.record),
         cell("; ".join(one.bounds), facts.record, absent="none declared"),
         cell("; ".join(one.parameters), facts.record, absent="none declared"),
         cell(facts.frequency, facts.record, absent="no retraining is declared"),
         cell(where, facts.record, absent="not said"),
         cell("unchanged: checked of each candidate (R-PCCP-01)", facts.record))
        for one in facts.modifications
    )  # fmt: skip
    if rows:
        blocks.append(Table("Modifications that the plan allows", columns, rows,
                            note="All sites: one version everywhere (global). Named sites: a "
                            "version of their own there (local)."))  # fmt: skip
    else:
        blocks.append(Gap("Modifications", f"{facts.record} lists none: every change is outside "
                          "of the plan", "regulatory author", CLAUSE))  # fmt: skip
    blocks.append(from_person(facts.notes, PLAN["modifications"]))
    return Section("2", "Description of modifications", tuple(blocks), wide=bool(rows))


def _parts(facts: PlanFacts, caption: str, rows: tuple[tuple[str, str], ...]) -> Block:
    columns = (Column("Part", width=1.2), Column("As declared", width=3.4))
    return Table(caption, columns,
                 tuple((Cell(name), cell(said, facts.record)) for name, said in rows))  # fmt: skip


def _data(facts: PlanFacts) -> Section:
    blocks: list[Block] = [_parts(facts, "How data are managed", facts.data_plan)]
    blocks.append(
        Definitions((("Practice", cell(facts.data_practice, facts.record)),))
        if facts.data_practice else
        ComputedText(f"{facts.record} states no practice in words; the table says what is "
                     "declared.", (facts.record,))
    )  # fmt: skip
    limit = cell(facts.attempts, facts.record, absent="no limit is stated")
    blocks.append(Definitions((
        ("Sequestration of tests", cell("studies and patients of a locked test are never learnt "
                                        "from, in any later dataset", facts.record)),
        ("Versions that may be seen on the same locked tests", limit),
    )))  # fmt: skip
    blocks.append(from_person(facts.notes, PLAN["data_methods"]))
    return Section("3.1", "Protocol: data management", tuple(blocks))


def _retraining(facts: PlanFacts) -> Section:
    blocks: list[Block] = []
    if facts.retraining:
        blocks.append(_parts(facts, "Retraining protocol", facts.retraining))
    else:
        blocks.append(Gap("Retraining protocol", f"{facts.record} declares none",
                          "model developer", CLAUSE))  # fmt: skip
    if facts.retraining_practice:
        blocks.append(Definitions((("Practice", cell(facts.retraining_practice, facts.record)),)))
    rows = tuple(
        (cell(one.id, facts.record), cell(said, facts.record))
        for one in facts.modifications for said in one.parameters
    )  # fmt: skip
    blocks.append(
        Table("Limits of training parameters",
              (Column("Modification", width=1), Column("Limit", width=3)), rows)
        if rows else ComputedText("The plan bounds no parameter of training (0 declared).",
                                  (facts.record,))
    )  # fmt: skip
    blocks.append(from_person(facts.notes, PLAN["retraining_methods"]))
    return Section("3.2", "Protocol: retraining", tuple(blocks))


def _evaluation(facts: PlanFacts) -> Section:
    blocks: list[Block] = []
    if facts.criteria:
        blocks.append(_criteria(facts))
    else:
        blocks.append(Gap("Acceptance criteria", f"{facts.record} declares none", "statistician",
                          CLAUSE))  # fmt: skip
    if facts.subgroups:
        blocks.append(Table(
            f"Subgroups reported for each candidate; below {facts.minimum_n} studies one is not "
            "estimable", (Column("Subgroup", width=1), Column("Values", width=3)),
            tuple((Cell(name), cell(said, facts.record)) for name, said in facts.subgroups),
        ))  # fmt: skip
    if facts.cumulative:
        blocks.append(Table(
            "How far a measure may have moved since the version cleared last",
            (Column("Measure", width=3), Column("At most", align="right", width=1)),
            tuple((Cell(name), cell(most, facts.record)) for name, most in facts.cumulative),
        ))  # fmt: skip
    else:
        blocks.append(Gap("Limit of cumulative change", f"{facts.record} states none",
                          "statistician", CLAUSE))  # fmt: skip
    blocks.append(
        Definitions((("Steps that records must show", cell("; ".join(facts.steps), facts.record)),))
        if facts.steps else Gap("Steps of the evaluation protocol", f"{facts.record} names none",
                                "regulatory author", CLAUSE)
    )  # fmt: skip
    blocks.append(ComputedText(
        "Compared with the version cleared last by R-PCCP-01, and with every version released "
        "before by the limits of the retraining protocol (section 3.2). Any line that is broken "
        "or not known keeps a candidate out of the plan.", (facts.record,),
    ))  # fmt: skip
    blocks.append(from_person(facts.notes, PLAN["evaluation"]))
    return Section("3.3", "Protocol: performance evaluation", tuple(blocks))


def _criteria(facts: PlanFacts) -> Block:
    columns = (
        Column("Criterion", width=0.8), Column("Requirement", width=2.2),
        Column("Studies counted", width=0.9), Column("Needed", "n", "right", 0.7),
        Column("In the locked test in use", "n", "right", 0.9), Column("Assumed", width=1.5),
    )  # fmt: skip
    note = (
        "Needed: studies for a power of 80 % to show that the share lies above the bound, by the "
        "exact binomial test, one-sided 2.5 %, where the assumed value is true."
    )
    rows = tuple(_criterion(one, facts.record) for one in facts.criteria)
    return Table("Acceptance criteria of a version made under the plan", columns, rows, note=note)


def _criterion(one: PlannedCriterion, record: str) -> tuple[Cell, ...]:
    short = one.needed is not None and one.had is not None and one.had < one.needed
    return (
        cell(one.id, record), cell(one.statement, record), Cell(one.counts),
        cell(one.needed, record, absent="not estimable"),
        Cell(grouped(one.had), (one.record,), tone="bad" if short else "plain")
        if one.had is not None else Cell("not available"),
        cell(one.assumed, record),
    )  # fmt: skip


def _update(facts: PlanFacts) -> Section:
    blocks = (*_known(facts, facts.update, "Update of a version"),
              from_person(facts.notes, PLAN["update"]))  # fmt: skip
    return Section("3.4", "Protocol: update", blocks)


def _impact(facts: PlanFacts) -> Section:
    blocks: list[Block] = []
    if not facts.risk_file:
        blocks.append(Gap("Risks that a modification may touch", "no risk file is on record",
                          "risk manager", "ISO 14971"))  # fmt: skip
    else:
        columns = (
            Column("Item", width=0.7), Column("Hazard", width=1.6), Column("Harm", width=1.3),
            Column("Before controls", "studies read", width=0.9),
            Column("After controls", "studies read", width=0.9),
            Column("Estimated from", width=1.6), Column("Residual", width=1.4),
        )  # fmt: skip
        rows = tuple(
            (Cell(one.code, (one.record,)), cell(one.hazard, one.record),
             cell(one.harm, one.record), cell(one.before, one.record),
             cell(one.after, one.record), cell(one.basis, one.record),
             cell(one.residual, one.record))
            for one in facts.risks
        )  # fmt: skip
        blocks.append(ComputedText(
            f"Risk file {facts.risk_file} is '{facts.risk_status}' and holds "
            f"{counted(len(facts.risks), 'item')}.", (facts.risk_file,),
        ))  # fmt: skip
        blocks.append(Table("Items of the risk file", columns, rows,
                            note="Estimates of the risk file: events expected of so many studies "
                            "read, without interval."))  # fmt: skip
    blocks.append(from_person(facts.notes, PLAN["impact"]))
    return Section("4", "Impact assessment", tuple(blocks), wide=bool(facts.risks))


def _matrix(facts: PlanFacts) -> Section:
    if not facts.modifications:
        gap = Gap("Modification by protocol and impact", f"{facts.record} lists no modification",
                  "regulatory author", CLAUSE)  # fmt: skip
        return Section("5", "Traceability", (gap,))
    impact = facts.notes.get("impact")
    told = next((said for name, said in facts.update if name == "By"), "")
    rows = tuple(
        (cell(one.id, facts.record),
         cell("; ".join(facts.steps), facts.record, absent="none named"),
         cell(one_of(one.criteria or tuple(each.id for each in facts.criteria), absent="none"),
              facts.record),
         cell(f"{len(facts.cumulative)} of cumulative change, {len(one.parameters)} of parameters",
              facts.record),
         cell(told, facts.record, absent="not said"),
         cell(f"section 4, {impact.record}", impact.record) if impact
         else Cell("not supplied: section 4"),
         _done(facts, one.id))
        for one in facts.modifications
    )  # fmt: skip
    return Section("5", "Traceability", (
        Table("Each modification, the protocol that it follows, its impact", _MATRIX, rows),
    ))  # fmt: skip


def _done(facts: PlanFacts, modification: str) -> Cell:
    found = tuple(one.record for one in facts.executions if one.modification == modification)
    return cell(one_of(found, absent="nothing so far"), *found)


def _labelling(facts: PlanFacts) -> Section:
    blocks: list[Block] = []
    if facts.releases:
        columns = (Column("Version", width=1.2), Column("Released at", width=1.4),
                   Column("What changed, as users are told", width=3.4))  # fmt: skip
        blocks.append(Table("Version history for users", columns, tuple(
            (Cell(one.name), cell(one.at), cell(" ".join(one.changes), absent=NOT_APPLICABLE))
            for one in facts.releases
        )))  # fmt: skip
    else:
        blocks.append(ComputedText("Version history for users: no version was released."))
    blocks.append(from_person(facts.notes, PLAN["labelling"]))
    return Section("6", "Labelling", tuple(blocks))
