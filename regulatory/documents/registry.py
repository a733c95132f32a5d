"""Which documents exist, on what legal basis, and for which risk class of device."""

from __future__ import annotations

from collections.abc import Iterable

from records.errors import NotFound, Refused
from regulatory.documents.kinds import RISK_CLASSES, Kind
from regulatory.documents.vigilance_kinds import VIGILANCE_KINDS

VALIDATION_REPORT = "validation_report"
PERFORMANCE_MONITORING_REPORT = "performance_monitoring_report"
CHANGE_LOG = "change_log"
RELEASE_NOTES = "release_notes"
INTERNAL_CHANGE_LOG = "internal_change_log"
AUDIT_EXPORT = "audit_export"
MONITORING_VERIFICATION = "monitoring_verification"
FDA_CHANGE_ASSESSMENT = "fda_change_assessment"
EU_CHANGE_ASSESSMENT = "eu_change_assessment"
PMS_REPORT = "pms_report"
PSUR = "psur"
TECHNICAL_DOCUMENTATION = "technical_documentation"
GSPR_CHECKLIST = "gspr_checklist"
PMS_TECHNICAL_DOCUMENTATION = "pms_technical_documentation"
PMCF_PLAN = "pmcf_plan"
PMCF_EVALUATION = "pmcf_evaluation_report"
CLINICAL_PERFORMANCE_SUMMARY = "clinical_performance_summary"
FDA_SUBMISSION = "fda_submission_sections"
FDA_MONITORING_PLAN = "fda_performance_monitoring_plan"
AI_ACT_DOCUMENTATION = "ai_act_technical_documentation"
AI_ACT_MONITORING_PLAN = "ai_act_monitoring_plan"

_MDR = "Regulation (EU) 2017/745 (EU MDR)"
_AI_ACT = "Regulation (EU) 2024/1689 (AI Act)"
_AI_GUIDANCE = "FDA draft guidance on AI-enabled device software functions (2025)"
PMS_PLAN = "pms_plan"
TREND_REPORT = "trend_report"
CHANGE_CONTROL_PLAN = "change_control_plan"
MODEL_CARD = "model_card"
DATASET_DATASHEET = "dataset_datasheet"
REVALIDATION_REPORT = "revalidation_report"
TRACE_MATRIX = "trace_matrix"
SOUP_LIST = "soup_list"
BILL_OF_MATERIALS = "bill_of_materials"
RELEASE_RECORD = "release_record"
KNOWN_ANOMALIES = "known_anomalies"
RISK_REPORT = "risk_report"
PRODUCT_VALIDATION = "product_validation"

DOCUMENTS: dict[str, Kind] = {
    VALIDATION_REPORT: Kind(
        code="DOC-22",
        title="Model validation report",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Annex I 17.2 and Annex II 6.1",
            "IEC 62304:2006+A1:2015, 5.7 and 5.8",
            "ISO 13485:2016, 7.3.7",
        ),
    ),
    PERFORMANCE_MONITORING_REPORT: Kind(
        code="DOC-26",
        title="Periodic performance-monitoring report",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Art. 83 and Annex III 1.1",
            "Regulation (EU) 2024/1689 (AI Act), Art. 72",
            "ISO 13485:2016, 8.2.1 and 8.4",
        ),
        periodic=True,
    ),
    CHANGE_LOG: Kind(
        code="DOC-27",
        title="Change log",
        legal_basis=(
            "IEC 62304:2006+A1:2015, 8.2 and 8.3",
            "Regulation (EU) 2024/1689 (AI Act), Annex IV(6)",
            "ISO 13485:2016, 7.3.9",
        ),
    ),
    RELEASE_NOTES: Kind(
        code="DOC-27U",
        title="Release notes for users",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Annex I 23.1 and 23.4",
            "IEC 62304:2006+A1:2015, 5.8.2 and 5.8.4",
        ),
    ),
    INTERNAL_CHANGE_LOG: Kind(
        code="DOC-27I",
        title="Change log, internal, with problem reports",
        legal_basis=(
            "IEC 62304:2006+A1:2015, 8.2, 8.3 and 9",
            "ISO 13485:2016, 7.3.9 and 8.2.1",
        ),
    ),
    AUDIT_EXPORT: Kind(
        code="DOC-28",
        title="Audit-trail export",
        legal_basis=("21 CFR 11.10(b) and 11.10(e)", "ISO 13485:2016, 4.2.5"),
    ),
    MONITORING_VERIFICATION: Kind(
        code="DOC-31",
        title="Monitoring verification",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Annex III 1.1(b)",
            "Regulation (EU) 2024/1689 (AI Act), Art. 72",
            "ISO 13485:2016, 4.1.6 and 8.2.1",
        ),
    ),
    FDA_CHANGE_ASSESSMENT: Kind(
        code="DOC-11",
        title="FDA change assessment / letter to file",
        legal_basis=(
            "21 CFR 807.81(a)(3)",
            "FDA guidances on deciding when to submit a 510(k) (2017)",
            "FD&C Act 515C",
        ),
    ),
    EU_CHANGE_ASSESSMENT: Kind(
        code="DOC-30",
        title="EU change assessment",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Annex IX 2.4 and 4.10; Art. 120(3c)",
            "Regulation (EU) 2017/745 (EU MDR), Annex VI Part C 6.5",
            "Regulation (EU) 2024/1689 (AI Act), Art. 3(23) and 43(4)",
        ),
    ),
    PMS_REPORT: Kind(
        code="DOC-03",
        title="Post-market surveillance report",
        legal_basis=("Regulation (EU) 2017/745 (EU MDR), Art. 85 and Annex III 1.1",),
        risk_classes=("I",),
        periodic=True,
        instead="psur",
    ),
    PSUR: Kind(
        code="DOC-04",
        title="Periodic safety update report (PSUR)",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Art. 86, Art. 83(4) and Annex III 1.1",
            "MDCG 2022-21",
        ),
        risk_classes=("IIa", "IIb", "III"),
        periodic=True,
        instead="pms_report",
    ),
    TECHNICAL_DOCUMENTATION: Kind(
        "DOC-01", "EU technical documentation", (f"{_MDR}, Art. 10(4) and Annex II",)
    ),
    GSPR_CHECKLIST: Kind(
        "DOC-01G", "Checklist of the general safety and performance requirements",
        (f"{_MDR}, Annex I and Annex II 4",),
    ),
    PMS_TECHNICAL_DOCUMENTATION: Kind(
        "DOC-01P", "Technical documentation on post-market surveillance",
        (f"{_MDR}, Art. 83 and Annex III",),
    ),
    CLINICAL_PERFORMANCE_SUMMARY: Kind(
        "DOC-01C", "Clinical performance summary",
        (f"{_MDR}, Art. 61 and Annex XIV part A", "MDCG 2020-1"),
    ),
    PMCF_PLAN: Kind(
        "DOC-05P", "Plan of post-market clinical follow-up (PMCF)",
        (f"{_MDR}, Annex XIV part B", "MDCG 2020-7"),
    ),
    PMCF_EVALUATION: Kind(
        "DOC-05", "Evaluation report of post-market clinical follow-up (PMCF)",
        (f"{_MDR}, Annex XIV part B 7", "MDCG 2020-8"),
    ),
    FDA_SUBMISSION: Kind(
        "DOC-10", "FDA submission: software and performance sections",
        ("21 CFR 807.87 and 807.92", _AI_GUIDANCE), jurisdictions=("US",),
    ),
    FDA_MONITORING_PLAN: Kind(
        "DOC-10M", "FDA performance monitoring plan", (f"{_AI_GUIDANCE}, XI",),
        jurisdictions=("US",),
    ),
    AI_ACT_DOCUMENTATION: Kind(
        "DOC-24", "AI Act technical documentation", (f"{_AI_ACT}, Art. 11, Art. 18 and Annex IV",)
    ),
    AI_ACT_MONITORING_PLAN: Kind(
        "DOC-25", "AI Act post-market monitoring plan", (f"{_AI_ACT}, Art. 72",)
    ),
    PMS_PLAN: Kind(
        code="DOC-02",
        title="Post-market surveillance plan",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Art. 83 and 84, Annex III 1.1",
            "MDCG 2025-10",
            "ISO/TR 20416:2020",
        ),
    ),
    TREND_REPORT: Kind(
        code="DOC-06",
        title="Trend report",
        legal_basis=("Regulation (EU) 2017/745 (EU MDR), Art. 88",),
    ),
    CHANGE_CONTROL_PLAN: Kind(
        code="DOC-09",
        title="Predetermined change control plan",
        legal_basis=(
            "FD&C Act 515C",
            "Regulation (EU) 2024/1689 (AI Act), Art. 43(4) and Annex IV(2)(f)",
        ),
    ),
    MODEL_CARD: Kind(
        code="DOC-20",
        title="Model card",
        legal_basis=(
            "Regulation (EU) 2024/1689 (AI Act), Art. 13",
            "Regulation (EU) 2017/745 (EU MDR), Annex I 23.4",
            "GMLP, principle 9",
        ),
    ),
    DATASET_DATASHEET: Kind(
        code="DOC-21",
        title="Dataset datasheet",
        legal_basis=(
            "Regulation (EU) 2024/1689 (AI Act), Art. 10 and Annex IV(2)(d)",
            "GMLP, principles 3 to 5",
        ),
    ),
    REVALIDATION_REPORT: Kind(
        code="DOC-23",
        title="Revalidation report",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Art. 83 and Annex II 6.1",
            "ISO 13485:2016, 7.3.7, 7.3.9 and 8.2.6",
            "Regulation (EU) 2024/1689 (AI Act), Art. 72",
        ),
    ),
    TRACE_MATRIX: Kind(code="DOC-16", title="Traceability matrix", legal_basis=(
        "IEC 62304:2006+A1:2015, 5.1.1 and 7.3.3",
        "ISO 14971:2019, 7.2",
        "Regulation (EU) 2017/745 (EU MDR), Annex II 6.1(b)",
    )),
    SOUP_LIST: Kind(code="DOC-14", title="Software of unknown provenance (SOUP)", legal_basis=(
        "IEC 62304:2006+A1:2015, 5.3.3, 5.3.4, 7.1.2, 7.1.3 and 8.1.2",
    )),
    BILL_OF_MATERIALS: Kind(code="DOC-18", title="Software bill of materials", legal_basis=(
        "FD&C Act 524B(b)(3)",
        "Regulation (EU) 2017/745 (EU MDR), Annex I 17.2",
    )),
    RELEASE_RECORD: Kind(code="DOC-15", title="Release record", legal_basis=(
        "IEC 62304:2006+A1:2015, 5.8",
        "ISO 13485:2016, 7.3.9",
        "Regulation (EU) 2017/745 (EU MDR), Annex I 23.4",
    )),
    KNOWN_ANOMALIES: Kind(code="DOC-17", title="Known anomalies", legal_basis=(
        "IEC 62304:2006+A1:2015, 5.8.2, 5.8.3 and 9",
    )),
    RISK_REPORT: Kind(code="DOC-19", title="Risk management report", legal_basis=(
        "ISO 14971:2019, 9 and 10",
        "Regulation (EU) 2017/745 (EU MDR), Annex I 3 and Annex II 5",
    )),
    PRODUCT_VALIDATION: Kind(code="DOC-39", title="Validation package of Radvigil", legal_basis=(
        "ISO 13485:2016, 4.1.6",
        "21 CFR 11.10(a)",
        "Regulation (EU) 2017/745 (EU MDR), Art. 2(1)",
    )),
    **VIGILANCE_KINDS,
}


def code_of(kind: str) -> str:
    """The code of a kind, such as DOC-22; a paper that is no controlled document has its name."""
    return DOCUMENTS[kind].code if kind in DOCUMENTS else kind


def require_known(kind: str) -> Kind:
    """The kind of document of that name.

    Raises:
        NotFound: There is none; each known one is listed by code and title.

    >>> require_known("validation_report").title
    'Model validation report'
    """
    if kind in DOCUMENTS:
        return DOCUMENTS[kind]
    known = sorted((one.code, name, one.title) for name, one in DOCUMENTS.items())
    listed = "; ".join(f"{name} ({code}, {title})" for code, name, title in known)
    raise NotFound(f"There is no document '{kind}'.", hint=f"Known: {listed}.")


def require_applicable(kind: str, risk_class: str) -> Kind:
    """The document's type, if a device of this EU risk class has it.

    Raises:
        NotFound: No such document or risk class.
        Refused: The type does not fit the class (EU MDR Art. 85: a PMS report for class I;
            Art. 86: a PSUR from class IIa on).

    >>> require_applicable("validation_report", "IIa").code
    'DOC-22'
    """
    found = require_known(kind)
    if risk_class not in RISK_CLASSES:
        known = ", ".join(RISK_CLASSES)
        raise NotFound(f"There is no EU risk class {risk_class!r}.", hint=f"Known: {known}.")
    if risk_class not in found.risk_classes:
        right = DOCUMENTS[found.instead]
        raise Refused(
            f"The {found.title} ({found.code}) is for class {' and '.join(found.risk_classes)} and "
            f"the device is class {risk_class} ({found.legal_basis[0]}).",
            hint=f"Its report is the {right.title} ({right.code}).",
        )
    return found


def require_placed(kind: str, markets: Iterable[str] | None) -> None:
    """Refuse a document that only markets ask for on which the device is not placed.

    markets: the jurisdictions of the definition; None where it does not say.

    Raises:
        NotFound: No such document.
        Refused: None of the jurisdictions that ask for it is among them.

    >>> require_placed("fda_submission_sections", ("EU", "US"))
    """
    found = require_known(kind)
    if not found.placed(markets):
        raise Refused(
            f"The {found.title} ({found.code}) is asked for in {', '.join(found.jurisdictions)}, "
            f"and the device is placed in {', '.join(markets or ())} only.",
            hint="The definition's section regulation says where it is placed.",
        )
