"""In which area of work each type of document stands, as people look for it."""

from __future__ import annotations

from typing import Final

from regulatory.documents import registry, vigilance_kinds

TECHNICAL, CLINICAL, SOFTWARE, CHANGES, SURVEILLANCE, VIGILANCE, RECORDS = (
    "Technical documentation and submissions", "Clinical evaluation and PMCF",
    "Model, risk and software", "Changes and releases", "Post-market surveillance",
    "Vigilance, complaints and field actions", "Audit trail and management review",
)  # fmt: skip

AREAS: Final[dict[str, tuple[str, ...]]] = {
    TECHNICAL: (
        registry.TECHNICAL_DOCUMENTATION, registry.PMS_TECHNICAL_DOCUMENTATION,
        registry.GSPR_CHECKLIST, registry.FDA_SUBMISSION, registry.FDA_MONITORING_PLAN,
        registry.AI_ACT_DOCUMENTATION, registry.AI_ACT_MONITORING_PLAN,
    ),
    CLINICAL: (
        registry.CLINICAL_PERFORMANCE_SUMMARY, registry.PMCF_PLAN, registry.PMCF_EVALUATION,
    ),
    SOFTWARE: (
        registry.VALIDATION_REPORT, registry.MODEL_CARD, registry.DATASET_DATASHEET,
        registry.RISK_REPORT, registry.TRACE_MATRIX, registry.SOUP_LIST,
        registry.BILL_OF_MATERIALS, registry.KNOWN_ANOMALIES, registry.PRODUCT_VALIDATION,
    ),
    CHANGES: (
        registry.CHANGE_CONTROL_PLAN, registry.FDA_CHANGE_ASSESSMENT,
        registry.EU_CHANGE_ASSESSMENT, registry.RELEASE_RECORD, registry.RELEASE_NOTES,
        registry.CHANGE_LOG, registry.INTERNAL_CHANGE_LOG,
    ),
    SURVEILLANCE: (
        registry.PMS_PLAN, registry.PSUR, registry.PMS_REPORT,
        registry.PERFORMANCE_MONITORING_REPORT, registry.TREND_REPORT,
        registry.REVALIDATION_REPORT, registry.MONITORING_VERIFICATION,
    ),
    VIGILANCE: (
        vigilance_kinds.COMPLAINT_FILE, vigilance_kinds.INCIDENT_REPORT,
        vigilance_kinds.FDA_EVENT_REPORT, vigilance_kinds.CORRECTION_REPORT,
        vigilance_kinds.CORRECTION_RECORD, vigilance_kinds.FIELD_ACTION_REPORT,
        vigilance_kinds.FIELD_SAFETY_NOTICE,
    ),
    RECORDS: (
        registry.AUDIT_EXPORT, vigilance_kinds.TRAIL_REVIEW, vigilance_kinds.EXCEPTIONS_REPORT,
        vigilance_kinds.MANAGEMENT_REVIEW,
    ),
}
"""By area of work the types of document, each in one."""

AREA_OF: Final[dict[str, str]] = {
    kind: area for area, kinds in AREAS.items() for kind in kinds
}
