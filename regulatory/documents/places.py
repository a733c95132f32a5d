"""Where a document of each kind waits for the words of a person: what, who writes it, by which
clause. Builders ask for these places, and a text for another one is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from regulatory.documents.file_places import FILE_PLACES
from regulatory.documents.registry import (
    BILL_OF_MATERIALS,
    CHANGE_CONTROL_PLAN,
    DATASET_DATASHEET,
    KNOWN_ANOMALIES,
    MODEL_CARD,
    PERFORMANCE_MONITORING_REPORT,
    PRODUCT_VALIDATION,
    RELEASE_RECORD,
    REVALIDATION_REPORT,
    RISK_REPORT,
    SOUP_LIST,
    TRACE_MATRIX,
    VALIDATION_REPORT,
)
from regulatory.documents.surveillance_places import SURVEILLANCE_PLACES
from regulatory.documents.vigilance_places import VIGILANCE_PLACES

NOT_SUPPLIED: Final = "not supplied by a person before the data freeze"


@dataclass(frozen=True, slots=True)
class Place:
    """A place that only a person may fill: its key within the kind, and what the gap says.

    reason: why it is missing, where that is more than that nobody wrote it yet.
    """

    key: str
    section: str
    missing: str
    who: str
    clause: str = ""
    reason: str = NOT_SUPPLIED


def place_of(subject: str, place: Place) -> Place:
    """The place of one record, in a kind of document that is about one: its key names both."""
    return replace(place, key=f"{subject}.{place.key}")


def _by_key(*places: Place) -> dict[str, Place]:
    return {one.key: one for one in places}


VALIDATION: Final = _by_key(
    Place("clinical_role", "1", "Clinical role and study hypothesis", "clinical lead",
          "CLAIM 2024, introduction"),
    Place("sample_size", "5", "Sample size or power for the main endpoint and subgroups",
          "statistician", "STARD-AI, sample size"),
    Place("clinical_interpretation", "8", "Clinical interpretation of the results",
          "clinical lead", "CLAIM 2024, results"),
    Place("reader_study", "9", "Reader study", "clinical lead"),
    Place("limits", "10", "Limits, bias and generalisability", "clinical lead",
          "CLAIM 2024, discussion"),
    Place("verdict", "12", "Statement on the verdict by a person independent of development",
          "quality manager", "EU MDR Annex II 6.1"),
    Place("guideline_items", "A", "Items of reporting guidelines that are open",
          "regulatory author", "CLAIM 2024; STARD-AI; TRIPOD+AI",
          reason="no record answers them; a person writes each answer, or why it does not apply"),
)  # fmt: skip
PERFORMANCE: Final = _by_key(
    Place("interpretation", "3", "Interpretation of output and performance", "clinical lead",
          "EU MDR Art. 83(3)"),
    Place("comparison", "5", "Assessment of the comparison", "quality manager"),
    Place("decision", "6", "Decision for the period (none, investigate, complaint, CAPA, retrain, "
          "restrict or stop)", "quality manager", "EU MDR Art. 83(4)"),
)  # fmt: skip
PLAN: Final = _by_key(
    Place("scope", "1", "What the plan does not cover", "regulatory author", "FD&C Act 515C"),
    Place("modifications", "2", "Rationale of each modification, and whether it touches input, "
          "output or performance", "regulatory author", "FD&C Act 515C"),
    Place("data_methods", "3.1", "Methods of collecting, labelling and setting apart data",
          "data steward", "FD&C Act 515C"),
    Place("retraining_methods", "3.2", "Methods of retraining, and limits of its parameters",
          "model developer", "FD&C Act 515C"),
    Place("evaluation", "3.3", "Justification of criteria, subgroups and sample size, and what "
          "follows where a criterion is not met", "statistician", "FD&C Act 515C"),
    Place("update", "3.4", "Verification, installation, way back and monitoring of a version made "
          "under the plan", "quality manager", "FD&C Act 515C"),
    Place("impact", "4", "Benefits and risks of each modification, alone and together, and their "
          "mitigation", "risk manager", "FD&C Act 515C; ISO 14971"),
    Place("labelling", "6", "What the labelling says of the plan", "regulatory author",
          "FD&C Act 515C"),
    Place("execution", "E", "Assessment of what was done under the plan", "quality manager"),
)  # fmt: skip
CARD: Final = _by_key(
    Place("reading", "3", "How the output is read and who watches over it", "clinical lead",
          "AI Act Art. 13(3) and 14"),
    Place("model", "5", "Why the model is built as it is, in words for users", "model developer"),
    Place("bias", "7", "Known limits, failure modes, bias, its mitigation, and ethics",
          "clinical lead", "AI Act Art. 13(3)(b)"),
    Place("transparency", "9", "Funding, review by third parties, security and protection of data",
          "regulatory author", "GMLP, principle 9"),
)  # fmt: skip
DATASHEET: Final = _by_key(
    Place("motivation", "2", "Why the data were collected, owner, funding, licence and ethics "
          "approval", "data steward", "AI Act Art. 10(2)(b)"),
    Place("collection", "4", "Reasons for what was included and left out", "data steward",
          "AI Act Art. 10(2)(a)"),
    Place("labels", "5", "Experience of the readers, how they were blinded, and what is uncertain",
          "clinical lead", "CLAIM 2024, reference standard"),
    Place("representativeness", "8", "Argument that the data stand for the intended population",
          "clinical lead", "AI Act Art. 10(3) and 10(4)"),
    Place("maintenance", "10", "Maintenance, and what follows where a consent is withdrawn",
          "data steward", "GDPR Art. 7(3) and 17"),
)  # fmt: skip
REVALIDATION: Final = _by_key(
    Place("decision", "1", "Why it was decided to revalidate", "quality manager",
          "EU MDR Art. 83(3)"),
    Place("interpretation", "4", "Interpretation of the results", "clinical lead",
          "EU MDR Annex II 6.1"),
    Place("change", "5", "What follows for risks, plan of changes and the change itself",
          "quality manager", "ISO 13485 7.3.9; ISO 14971"),
    Place("outcome", "6", "Outcome (accept, reject, restrict or roll back) and how it is watched "
          "from then on", "quality manager", "EU MDR Art. 83(4)"),
)  # fmt: skip
TRACE: Final = _by_key(
    Place("waivers", "7", "Why each gap of the matrix may stay open, or by when it is closed",
          "quality manager", "IEC 62304 5.1.1; ISO 14971 7.2"),
)  # fmt: skip
SOUP: Final = _by_key(
    Place("functional_requirements", "2", "Functional and performance requirements of each "
          "component beyond its purpose", "engineering", "IEC 62304 5.3.3"),
    Place("hardware_and_software", "2", "Hardware and system software that the components need",
          "engineering", "IEC 62304 5.3.4"),
    Place("evaluation", "8", "Evaluation of the published anomalies of the components",
          "quality manager", "IEC 62304 7.1.2 and 7.1.3"),
)  # fmt: skip
BILL: Final = _by_key(
    Place("support", "4", "Supplier, level of support and end of support of the components whose "
          "makers state none", "engineering", "FD&C Act 524B(b)(3)"),
)  # fmt: skip
RELEASE: Final = _by_key(
    Place("reproducibility", "6", "How it was shown that the release can be made again",
          "engineering", "IEC 62304 5.8.5"),
    Place("delivery", "7", "How it is made sure that what is delivered is what was released",
          "quality manager", "IEC 62304 5.8.8"),
    Place("user_notes", "10", "What users are told of changes, limits and required actions, in "
          "their words", "clinical and regulatory affairs", "EU MDR Annex I 23.4"),
)  # fmt: skip
ANOMALIES: Final = _by_key(
    Place("hazard_links", "2", "The hazard of the risk file that each anomaly can lead to, or that "
          "it can lead to none", "quality manager", "IEC 62304 5.8.2"),
    Place("workarounds", "2", "What users can do about each anomaly that stays",
          "clinical and regulatory affairs", "IEC 62304 5.8.2"),
    Place("rationale", "6", "Why the anomalies that stay may stay, all of them together",
          "quality manager", "IEC 62304 5.8.3"),
)  # fmt: skip
RISK: Final = _by_key(
    Place("plan_done", "1", "That the risk management plan was carried out, and what was not",
          "quality manager", "ISO 14971 9"),
    Place("overall_residual", "3", "Statement on the overall residual risk for this report",
          "clinical and regulatory affairs", "ISO 14971 8"),
    Place("post_production", "5", "That information of production and use is collected and "
          "reviewed, and what follows from it", "quality manager", "ISO 14971 10"),
    Place("conclusion", "7", "Conclusion on acceptability", "quality manager", "ISO 14971 9"),
)  # fmt: skip
PACKAGE: Final = _by_key(
    Place("intended_use", "1", "What this organisation uses the software for, and what it does not "
          "use", "quality manager", "ISO 13485 4.1.6"),
    Place("qualification", "2", "Decision on qualification and software safety class of each "
          "function as used here", "regulatory affairs", "EU MDR Art. 2(1); IEC 62304 4.3"),
    Place("performance", "6", "What was tried in this organisation's own use, with the outcome",
          "quality manager", "ISO 13485 4.1.6"),
    Place("procedures", "8", "Procedures and training under which the software is used",
          "quality manager", "21 CFR 11.10(i) and 11.10(j)"),
    Place("acceptance", "8", "Acceptance for use by this organisation", "quality manager",
          "ISO 13485 4.1.6"),
)  # fmt: skip
PLACES: Final[dict[str, dict[str, Place]]] = {
    VALIDATION_REPORT: VALIDATION,
    PERFORMANCE_MONITORING_REPORT: PERFORMANCE,
    TRACE_MATRIX: TRACE,
    SOUP_LIST: SOUP,
    BILL_OF_MATERIALS: BILL,
    RELEASE_RECORD: RELEASE,
    KNOWN_ANOMALIES: ANOMALIES,
    RISK_REPORT: RISK,
    PRODUCT_VALIDATION: PACKAGE,
    **{kind: _by_key(*(Place(*one) for one in rows)) for kind, rows in FILE_PLACES.items()},
    **{kind: _by_key(*(Place(*one) for one in rows)) for kind, rows in SURVEILLANCE_PLACES.items()},
    **{kind: _by_key(*(Place(*one) for one in rows)) for kind, rows in VIGILANCE_PLACES.items()},
    CHANGE_CONTROL_PLAN: PLAN,
    MODEL_CARD: CARD,
    DATASET_DATASHEET: DATASHEET,
    REVALIDATION_REPORT: REVALIDATION,
}
"""By kind of document, then by key. What people write of a change or an export stands in the record
of that, and is asked for there."""
