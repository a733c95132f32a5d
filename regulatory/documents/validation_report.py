"""DOC-22, the model validation report: is the model as good as promised on data it never saw?

Sections 0 to 2, 4, 6 and 7 are here; the data, the criteria, the results and the verdict are in the
files named after them. Nothing is computed: every number is a stored estimate.
"""

from __future__ import annotations

from regulatory.documents.assembly import assemble, from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.content import Content
from regulatory.documents.places import VALIDATION
from regulatory.documents.registry import VALIDATION_REPORT
from regulatory.documents.validation_criteria import (
    criteria_fixed,
    criteria_table,
    require_consistent,
)
from regulatory.documents.validation_data import data_section, partition_section
from regulatory.documents.validation_facts import (
    ModelFacts,
    ReferenceFacts,
    ValidationFacts,
)
from regulatory.documents.validation_features import feature_tables
from regulatory.documents.validation_guidelines import guideline_annex
from regulatory.documents.validation_results import results_section
from regulatory.documents.validation_verdict import closing_sections
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    NOT_RECORDED,
    cell,
    digest_cell,
    estimate_cell,
    estimate_text,
    measure_name,
    number,
    one_of,
    spaced,
)

TEMPLATE = (
    "validation_report.py",
    "beyond_facts.py",
    "condensed.py",
    "failure_figure.py",
    "guideline_items.py",
    "validation_beyond.py",
    "validation_checks.py",
    "validation_criteria.py",
    "validation_data.py",
    "validation_facts.py",
    "validation_further.py",
    "validation_guidelines.py",
    "validation_results.py",
    "validation_verdict.py",
)


def build(facts: ValidationFacts) -> Content:
    """The validation report for these facts.

    Raises Refused when the report does not fit the device's class, ValueError when the
    stored overall verdict contradicts the stored verdicts on the criteria.
    """
    require_consistent(facts)
    sections: tuple[Section, ...] = (
        _abstract(facts),
        _intended_use(facts),
        _design(facts),
        data_section(facts),
        _reference_standard(facts),
        partition_section(facts),
        _model(facts),
        _methods(facts),
        results_section(facts),
        *closing_sections(facts),
    )
    sections += (guideline_annex(facts),)
    return assemble(VALIDATION_REPORT, facts, sections, template=TEMPLATE)


def _abstract(facts: ValidationFacts) -> Section:
    blocks: list[Block] = []
    for result in facts.results:
        if result.unavailable:
            said = f"{spaced(result.split).capitalize()}: not available; {result.unavailable}."
            blocks.append(ComputedText(said))
            continue
        main = next((m for m in result.measures if m.estimate.measure == facts.main_measure), None)
        found = estimate_text(main.estimate) if main else NOT_RECORDED
        said = (
            f"{spaced(result.split).capitalize()}: {measure_name(facts.main_measure)} {found}, "
            f"measured with model version {facts.model.version.name} on dataset "
            f"{facts.dataset.name}."
        )
        blocks.append(ComputedText(said, tuple(filter(None, (main.record if main else "",)))))
    met = sum(one.verdict == "met" for one in facts.plan.criteria)
    blocks.append(
        ComputedText(
            f"Acceptance criteria met: {met} of {len(facts.plan.criteria)}. Overall: "
            f"{facts.verdict.outcome}. {facts.verdict.recommendation}",
            tuple(filter(None, (facts.verdict.record,))),
        )
    )
    blocks.append(criteria_table(facts.plan, "Main result by criterion"))
    return Section("0", "Abstract", tuple(blocks))


def _intended_use(facts: ValidationFacts) -> Section:
    use = facts.intended
    items = (
        ("Intended purpose", cell(use.purpose, use.record)),
        ("Users", cell(one_of(use.users), use.record)),
        ("Population", cell(use.population, use.record)),
        ("Indications", cell(use.indications, use.record)),
        ("Contraindications", cell("; ".join(use.contraindications) or NOT_RECORDED, use.record)),
    )
    claims = Table(
        "Claimed performance",
        (Column("Measure"), Column("Claimed", align="right"), Column("Margin", align="right"),
         Column("Measured on")),
        tuple(
            (cell(measure_name(one.measure), use.record), Cell(number(one.value)),
             Cell(number(one.margin)), Cell(spaced(one.split)))
            for one in use.claims
        ),
    )  # fmt: skip
    blocks: tuple[Block, ...] = (
        Definitions(items),
        from_person(facts.notes, VALIDATION["clinical_role"]),
        Heading("Input requirements"),
        Definitions(tuple((name, cell(text)) for name, text in use.input_requirements)),
        Heading("Performance claimed"),
        claims,
        Heading("Acceptance criteria, fixed before the evaluation"),
        *criteria_fixed(facts.plan),
    )  # fmt: skip
    return Section("1", "Intended use and acceptance criteria", blocks)


def _design(facts: ValidationFacts) -> Section:
    data = facts.dataset
    items = (
        ("Design", cell(data.design, data.record)),
        ("Dataset version", cell(f"{data.name} ({data.record})", data.record)),
        ("Digest of the dataset", digest_cell(data.digest, data.record)),
        ("Frozen at", cell(data.frozen_at, data.record)),
        ("Source of the studies", cell(data.source, data.record)),
        ("Legal basis", cell(data.legal_basis, data.record)),
        ("Consent", cell(data.consent, data.record)),
        ("Facts assigned, not recorded at the source", cell(one_of(data.assigned, absent="none"))),
        ("Eligibility", cell("; ".join(data.eligibility) or NOT_RECORDED, data.record)),
    )
    return Section("2", "Design and setting", (Definitions(items),))


def _reference_standard(facts: ValidationFacts) -> Section:
    truth: ReferenceFacts = facts.reference
    none = f"{NOT_APPLICABLE}: {truth.unread}" if truth.unread else ""
    items = (
        ("Definition", cell(truth.definition, truth.record)),
        ("Source", cell(truth.source, truth.record)),
        ("Readers", cell(none or truth.readers, truth.record)),
        ("Blinded to the device's output", cell(truth.blinded, truth.record)),
        ("Adjudication", cell(truth.adjudication, truth.record)),
        ("Agreement between readers",
         estimate_cell(truth.agreement.estimate, truth.agreement.record)
         if truth.agreement else Cell(none or NOT_RECORDED, tone="plain" if none else "unknown")),
    )  # fmt: skip
    blocks: list[Block] = [Definitions(items)]
    if not none and (truth.readers is None or truth.agreement is None):
        missing = " and ".join(
            name
            for name, absent in (
                ("number and experience of the readers", truth.readers is None),
                ("agreement between readers", truth.agreement is None),
            )
            if absent
        )
        blocks.append(
            Gap(f"Reference standard: {missing}", "the source of the truth does not record it",
                "data steward", "CLAIM 2024, reference standard")
        )  # fmt: skip
    return Section("4", "Reference standard", tuple(blocks))


def _model(facts: ValidationFacts) -> Section:
    model = facts.model
    items = (
        ("Model version", cell(f"{model.version.name} ({model.version.record})",
                               model.version.record)),
        ("Weights hash", digest_cell(model.version.weights_hash, model.version.record)),
        ("Inputs", cell(model.inputs, model.version.record)),
        ("Outputs", cell(model.outputs, model.version.record)),
        ("Operating point", cell(f"{number(model.operating_point, 4)}: {model.operating_rule}"
                                 + (f", chosen on the {spaced(model.operating_split)} split"
                                    if model.operating_split else ""), model.version.record)),
        ("Calibration", cell(model.calibration, model.version.record, absent=NOT_APPLICABLE)),
        ("Trained on dataset version", cell(model.dataset_record, model.dataset_record)
         if model.dataset_record else Cell("none of this workspace: made elsewhere")),
    )  # fmt: skip
    return Section(
        "6",
        "Model",
        (
            Definitions(items),
            _pairs("How the model is built and was trained", (*model.details, *model.training),
                   model.version.record),
            _pairs("Software the model was made with", model.software, model.version.record),
            *feature_tables(model),
            *_unstated(model),
        ),
    )


def _unstated(model: ModelFacts) -> tuple[Gap, ...]:
    """A gap for each fact that the maker of a registered model does not state."""
    if model.dataset_record:
        return ()
    reason = "the maker does not state it, and a file does not tell it"
    known = tuple(
        Gap(f"Model: {spaced(name)}", reason, "regulatory affairs, from the maker of the model",
            "MDR Annex II 3; CLAIM 2024, model")
        for name in model.unstated
    )  # fmt: skip
    if "training_data" not in model.unstated:
        return known
    overlap = Gap(
        "Model: whether studies of the test sets were among its training data",
        "the training data is not stated, so that overlap cannot be looked for",
        "regulatory affairs, from the maker of the model", "MDCG 2020-1, clinical performance",
    )
    return (*known, overlap)


def _pairs(caption: str, pairs: tuple[tuple[str, str], ...], record: str) -> Table:
    columns = (Column("Item", width=1.3), Column("Value", width=2.7))
    rows = tuple((Cell(name), cell(text, record)) for name, text in pairs)
    return Table(caption, columns, rows)


def _methods(facts: ValidationFacts) -> Section:
    table = Table(
        "Measures and how their intervals are formed",
        (Column("Measure", width=1.5), Column("Definition", width=2.4),
         Column("Interval", width=2)),
        tuple(
            (Cell(measure_name(one.measure)), Cell(one.definition), Cell(one.interval))
            for one in facts.methods
        ),
    )
    items = (
        ("Several studies of a patient", cell(facts.clustering)),
        ("Several endpoints", cell(facts.multiplicity)),
        ("Threshold", cell(f"fixed on the {spaced(facts.model.operating_split)} split before any "
                           "test set was read" if facts.model.operating_split
                           else "given with the model, before any test set here was read")),
    )  # fmt: skip
    paragraph = Paragraph(
        "Every estimate carries its interval and the number n that it rests on: of studies, or of "
        "lesions where a measure is of lesions. A measure that the data cannot support is reported "
        "as not estimable, with the reason."
    )
    return Section("7", "Evaluation methods", (paragraph, table, Definitions(items)))
