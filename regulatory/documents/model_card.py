"""DOC-20, the model card: what users and reviewers are told of the version in use, on few pages
(GMLP, principle 9)."""

from __future__ import annotations

from collections.abc import Sequence

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
from regulatory.documents.card_facts import CardFacts, Named
from regulatory.documents.content import Content
from regulatory.documents.places import CARD
from regulatory.documents.registry import MODEL_CARD
from regulatory.documents.validation_criteria import criteria_table
from regulatory.documents.validation_data import parts_table, site_table
from regulatory.documents.validation_facts import ModelFacts, SplitResult
from regulatory.documents.validation_results import (
    measures_table,
    subgroup_blocks,
    two_by_two_table,
)
from regulatory.documents.wording import (
    cell,
    digest_cell,
    measure_name,
    number,
    one_of,
    spaced,
)

TEMPLATE = ("model_card.py", "card_facts.py", "condensed.py", "validation_criteria.py",
            "validation_data.py", "validation_results.py")  # fmt: skip


def build(facts: CardFacts) -> Content:
    """The model card for these facts.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _identity(facts), _use(facts), _handling(facts), _data(facts), _model(facts),
        _performance(facts), _limits(facts), _maintenance(facts), _transparency(facts),
    )  # fmt: skip
    return assemble(MODEL_CARD, facts, sections, template=TEMPLATE)


def _unmade(facts: CardFacts, what: str) -> Gap:
    return Gap(what, facts.unmade or "not recorded", "model developer", "AI Act Art. 13(3)")


def _rows(caption: str, found: Sequence[Named], name: str = "What") -> Table:
    columns = (Column(name, width=1.3), Column("As recorded", width=3), Column("Record", width=0.8))
    return Table(caption, columns, tuple(
        (Cell(one.name), cell(one.said, one.record), cell(one.record, one.record)) for one in found
    ))  # fmt: skip


def _identity(facts: CardFacts) -> Section:
    edition = facts.edition
    blocks: list[Block] = []
    if facts.version_record:
        model = facts.model
        blocks.append(Definitions((
            ("Device", cell(edition.device, facts.intended.record)),
            ("Version", model_cell(model.version) if model
             else cell(f"{facts.version} ({facts.version_record})", facts.version_record)),
            ("Made at", cell(facts.made_at, facts.version_record)),
            ("Status", cell(facts.status, facts.version_record)),
            ("Developer", cell(edition.manufacturer, facts.intended.record)),
            ("Class", cell(f"EU: {edition.risk_class_eu}; US: {edition.risk_class_us}",
                           facts.intended.record)),
            ("UDI", cell(edition.udi, facts.intended.record)),
        )))  # fmt: skip
    else:
        blocks.append(_unmade(facts, "Name, version and date of the model"))
    if facts.organisations:
        blocks.append(_rows("Who acts for the device", facts.organisations, "Role"))
    if facts.certificates:
        blocks.append(_rows("Regulatory status: certificates, clearances, declarations",
                            facts.certificates, "Kind"))  # fmt: skip
    blocks += [Gap(one.rstrip("."), "so the facts stand that were entered", "regulatory author",
                   "AI Act Art. 13(3)(a)") for one in facts.lacking]  # fmt: skip
    return Section("1", "Name, version, developer and regulatory status", tuple(blocks))


def _use(facts: CardFacts) -> Section:
    use = facts.intended
    items = (
        ("Intended purpose", cell(use.purpose, use.record)),
        ("Indications", cell(use.indications, use.record)),
        ("Population", cell(use.population, use.record)),
        ("Users", cell(one_of(use.users), use.record)),
        ("Not to be used for", cell("; ".join(use.contraindications), use.record,
                                    absent="none declared")),
    )  # fmt: skip
    blocks: list[Block] = [Definitions(items)]
    if facts.conditions:
        blocks.append(Definitions(tuple(
            (one.name, cell(one.said, one.record)) for one in facts.conditions
        )))  # fmt: skip
        blocks.append(Table("Cautions", (Column("Kind", width=1), Column("Words", width=4)), (
            *((Cell("Warning"), cell(one, use.record)) for one in facts.warnings),
            *((Cell("Remaining risk"), cell(one, use.record)) for one in facts.residual_risks),
        )))  # fmt: skip
    else:
        blocks.append(Gap("Setting, cautions and remaining risks",
                          f"{use.record} declares no conditions of use", "regulatory author",
                          "EU MDR Annex I 23.4"))  # fmt: skip
    return Section("2", "Intended use, users, setting and cautions", tuple(blocks))


def _handling(facts: CardFacts) -> Section:
    use = facts.intended
    blocks: list[Block] = [
        Table("What a study must be to be read", (Column("Requirement"), Column("Declared")),
              tuple((Cell(name), cell(said, use.record)) for name, said in use.input_requirements)),
    ]  # fmt: skip
    model = facts.model
    if model is None:
        blocks.append(_unmade(facts, "Input, output and operating point of the model"))
    else:
        record = model.version.record
        blocks.append(Definitions((
            ("Input", cell(model.inputs, record)), ("Output", cell(model.outputs, record)),
            ("Operating point", cell(f"{number(model.operating_point, 4)}: {model.operating_rule}",
                                     record)),
            ("Chosen on", cell(f"the {spaced(model.operating_split)} split"
                               if model.operating_split else "given at registration", record)),
            ("Calibration", cell(model.calibration, record, absent="not applicable")),
        )))  # fmt: skip
    blocks.append(from_person(facts.notes, CARD["reading"]))
    return Section("3", "Inputs, outputs, reading and human oversight", tuple(blocks))


def _data(facts: CardFacts) -> Section:
    data, truth = facts.data, facts.reference
    if data is None or truth is None:
        return Section("4", "Development data", (_unmade(facts, "Development data"),))
    record = data.record
    items = (
        ("Dataset version", cell(f"{data.name} ({record})", record)),
        ("Digest", digest_cell(data.digest, record)),
        ("Frozen at", cell(data.frozen_at, record)),
        ("Source", cell(data.source, record)),
        ("Design", cell(data.design, record)),
        ("Reference standard", cell(truth.definition, record)),
        ("Established by", cell(truth.source, record)),
        ("Readers of each study", cell(truth.readers, record)),
    )
    equipment = sorted({name for one in data.sites for name in one.equipment})
    scanners = ComputedText(
        f"Equipment: {one_of(tuple(equipment))}. All of it is told in the datasheet (DOC-21).",
        (record,),
    )
    return Section("4", "Development data", (Definitions(items), parts_table(data),
                                             site_table(data), scanners))  # fmt: skip


def _model(facts: CardFacts) -> Section:
    model = facts.model
    blocks: list[Block] = []
    if model is None:
        blocks.append(_unmade(facts, "Type and training of the model"))
    else:
        blocks += _made(model)
    blocks.append(from_person(facts.notes, CARD["model"]))
    return Section("5", "Model and training", tuple(blocks))


def _made(model: ModelFacts) -> list[Block]:
    record = model.version.record
    kept = ("Architecture", "Served by", "Trained at", "Seed", "Trained on", "Encoder",
            "Time of the training", "Energy of the training", "Registered at",
            "Maker's statement")  # fmt: skip
    rows = tuple(
        (Cell(name), cell(said, record)) for name, said in (*model.details, *model.training)
        if name.startswith(kept)
    )
    columns = (Column("What", width=1.4), Column("As recorded", width=3))
    blocks: list[Block] = [Table("How the model was made", columns, rows,
                                 note="All parameters stand in the validation report (DOC-22).")]
    blocks += [
        Gap(f"Model: {spaced(name)}", "the maker does not state it", "regulatory author",
            "AI Act Annex IV(2)")
        for name in model.unstated
    ]  # fmt: skip
    return blocks


def _performance(facts: CardFacts) -> Section:
    use = facts.intended
    claims = Table(
        "Performance claimed", (Column("Measure"), Column("Claimed", align="right"),
                                Column("Margin in use", align="right")),
        tuple((cell(measure_name(one.measure), use.record), cell(number(one.value), use.record),
               cell(number(one.margin), use.record)) for one in use.claims),
    )  # fmt: skip
    blocks: list[Block] = [claims]
    if not facts.results:
        blocks.append(_unmade(facts, "Performance on locked tests"))
    if facts.plan is not None:
        blocks.append(criteria_table(facts.plan, "Acceptance criteria, as judged"))
    for result in facts.results:
        blocks.append(Heading(spaced(result.split).capitalize()))
        blocks += _split(result, facts)
    blocks.append(Heading("With readers"))
    blocks.append(_readers(facts))
    return Section("6", "Performance", tuple(blocks))


def _split(result: SplitResult, facts: CardFacts) -> list[Block]:
    if result.unavailable:
        return [ComputedText(f"Not available: {result.unavailable}.")]
    name, version = spaced(result.split), facts.version_record
    blocks: list[Block] = [ComputedText(
        f"Found by {result.record} with {version} on studies that it never learnt from.",
        (result.record, version),
    )]  # fmt: skip
    if result.counts is not None:
        blocks.append(two_by_two_table(name, result.counts, result.record))
    blocks.append(measures_table(f"Measures on the {name}", result.measures))
    return blocks + (subgroup_blocks(result, facts.main_measure) if result.subgroups else [])


def _readers(facts: CardFacts) -> Block:
    if not facts.readers:
        return ComputedText("No study of readers with and without the device is on record (0).")
    columns = (
        Column("Study", width=1.6), Column("Design", width=1), Column("Readers", "n", "right", 0.6),
        Column("Cases, of them diseased", width=1), Column("Endpoint", width=1.4),
        Column("Result", width=1.6),
    )  # fmt: skip
    return Table("Studies of readers with and without the device", columns, tuple(
        (cell(one.title, one.record), cell(one.design, one.record), cell(one.readers, one.record),
         cell(f"{one.cases}, {one.diseased}", one.record), cell(one.endpoint, one.record),
         one.result)
        for one in facts.readers
    ))  # fmt: skip


def _limits(facts: CardFacts) -> Section:
    blocks: list[Block] = []
    silent = [
        (result.split, one) for result in facts.results for one in result.subgroups
        if not one.estimate.estimable and one.estimate.measure == facts.main_measure
    ]
    if silent:
        blocks.append(Table("Groups for which nothing can be said", (
            Column("Group", width=1.6), Column("Test", width=1.2), Column("n", align="right"),
            Column("Why", width=2.6),
        ), tuple(
            (cell(one.estimate.subgroup, one.record), Cell(spaced(split)),
             cell(one.estimate.n, one.record), cell(one.estimate.reason, one.record))
            for split, one in silent
        )))  # fmt: skip
    elif facts.results:
        blocks.append(ComputedText("Declared subgroups without an estimate of the main measure: "
                                   "0."))  # fmt: skip
    if facts.problems:
        blocks.append(Table("Known problems that are not corrected", (
            Column("Record", width=0.8), Column("Version", width=1),
            Column("As reported", width=2.4), Column("Severity", width=0.8),
            Column("State", width=1),
        ), tuple(
            (cell(one.record, one.record), cell(one.version), cell(one.words, one.record),
             cell(one.severity, one.record), cell(one.state, one.record))
            for one in facts.problems
        )))  # fmt: skip
    else:
        blocks.append(ComputedText("Known problems that are not corrected: none on record (0)."))
    if facts.risks:
        columns = (Column("Hazard", width=1.8), Column("Harm", width=1.5),
                   Column("What remains after controls", width=2))  # fmt: skip
        blocks.append(Table(f"Failure modes by the risk file, {facts.risk_file}", columns, tuple(
            (cell(one.hazard, one.record), cell(one.harm, one.record),
             cell(one.residual, one.record)) for one in facts.risks
        )))  # fmt: skip
    else:
        blocks.append(Gap("Failure modes by the risk file", "no risk file is on record",
                          "risk manager", "AI Act Art. 13(3)(b)"))  # fmt: skip
    blocks.append(from_person(facts.notes, CARD["bias"]))
    return Section("7", "Limits, failure modes and bias", tuple(blocks))


def _maintenance(facts: CardFacts) -> Section:
    blocks: list[Block] = [_rows("What is watched in use", facts.monitoring)] \
        if facts.monitoring else [Gap("Monitoring in use", "the definition declares no chart",
                                      "quality manager", "AI Act Art. 13(3)(e)")]  # fmt: skip
    if facts.policy:
        blocks.append(_rows("Changes foreseen by the plan (PCCP), see DOC-09", facts.policy))
    else:
        blocks.append(ComputedText("No predetermined change control plan is declared.",
                                   (facts.intended.record,)))  # fmt: skip
    if not facts.history:
        blocks.append(ComputedText("Versions on record: 0."))
        return Section("8", "Monitoring, maintenance and versions", tuple(blocks))
    columns = (
        Column("Version", width=1.6), Column("Record", width=0.9), Column("Made at", width=1.4),
        Column("Status", width=0.9), Column("Released at", width=1.4), Column("Change", width=0.9),
        Column("Runs at", width=1.8),
    )  # fmt: skip
    blocks.append(Table("Versions, newest first", columns, tuple(
        (Cell(one.version), cell(one.record, one.record), cell(one.made_at, one.record),
         cell(one.status, one.record), cell(one.released_at, one.change, absent="not released"),
         cell(one.change, one.change, absent="none"), cell(one_of(one.sites, absent="nowhere")))
        for one in facts.history
    )))  # fmt: skip
    return Section("8", "Monitoring, maintenance and versions", tuple(blocks))


def _transparency(facts: CardFacts) -> Section:
    blocks: list[Block] = []
    if facts.disclosure:
        blocks.append(Definitions(tuple(
            (one.name, cell(one.said, one.record)) for one in facts.disclosure
        )))  # fmt: skip
    else:
        blocks.append(Gap("Contact for weaknesses of security", f"{facts.intended.record} names "
                          "none", "regulatory author", "FD&C Act 524B(b)(1)"))  # fmt: skip
    if facts.data is not None:
        blocks.append(Definitions((
            ("Legal basis of the data", cell(facts.data.legal_basis, facts.data.record)),
            ("Consent", cell(facts.data.consent, facts.data.record)),
        )))  # fmt: skip
    blocks.append(from_person(facts.notes, CARD["transparency"]))
    return Section("9", "Transparency", tuple(blocks))
