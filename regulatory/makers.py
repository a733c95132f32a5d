"""How each kind of document is made: one row a kind."""

from __future__ import annotations

from typing import Final

from regulatory.documents import registry as kinds
from regulatory.documents import vigilance_kinds as vigilance
from regulatory.maker import Maker


def _maker(gather: str, build: str) -> Maker:
    return Maker(f"regulatory.gathering.{gather}", f"regulatory.documents.{build}")


def _of_outline(kind: str) -> Maker:
    return Maker("regulatory.gathering.device_file:gather_file",
                 "regulatory.documents.file_builders:builder_of", of=kind)  # fmt: skip


MAKERS: Final[dict[str, Maker]] = {
    kinds.VALIDATION_REPORT: _maker("validation:gather_validation", "validation_report:build"),
    kinds.PERFORMANCE_MONITORING_REPORT: _maker(
        "performance:gather_performance", "performance_monitoring_report:build"
    ),
    kinds.CHANGE_LOG: _maker("change_log:gather_change_log", "change_log:build"),
    kinds.RELEASE_NOTES: _maker("release_notes:gather_release_notes", "release_notes:build"),
    kinds.INTERNAL_CHANGE_LOG: _maker("change_log:gather_internal_log", "change_log:build"),
    kinds.AUDIT_EXPORT: _maker("audit:gather_audit", "audit_export:build"),
    kinds.FDA_CHANGE_ASSESSMENT: _maker(
        "change_assessment:gather_fda_assessment", "change_assessment:build"
    ),
    kinds.EU_CHANGE_ASSESSMENT: _maker(
        "change_assessment:gather_eu_assessment", "change_assessment:build"
    ),
    kinds.MONITORING_VERIFICATION: _maker(
        "monitoring_verification:gather_verification", "monitoring_verification:build"
    ),
    kinds.PSUR: _maker("surveillance:gather_psur", "psur:build"),
    kinds.PMS_REPORT: _maker("surveillance:gather_pms_report", "pms_report:build"),
    kinds.PMS_PLAN: _maker("pms_plan:gather_pms_plan", "pms_plan:build"),
    kinds.TREND_REPORT: _maker("trend_report:gather_trend_report", "trend_report:build"),
    kinds.CHANGE_CONTROL_PLAN: _maker(
        "change_control_plan:gather_change_control_plan", "change_control_plan:build"
    ),
    kinds.MODEL_CARD: _maker("model_card:gather_model_card", "model_card:build"),
    kinds.DATASET_DATASHEET: _maker(
        "dataset_datasheet:gather_datasheet", "dataset_datasheet:build"
    ),
    kinds.REVALIDATION_REPORT: _maker(
        "revalidations:gather_revalidations", "revalidation_report:build"
    ),
    kinds.TRACE_MATRIX: _maker("trace_matrix:gather_trace_matrix", "trace_matrix:build"),
    kinds.SOUP_LIST: _maker("soup_list:gather_soup_list", "soup_list:build"),
    kinds.BILL_OF_MATERIALS: _maker("bill_of_materials:gather_bill", "bill_of_materials:build"),
    kinds.RELEASE_RECORD: _maker("release_record:gather_release_record", "release_record:build"),
    kinds.KNOWN_ANOMALIES: _maker("known_anomalies:gather_anomalies", "known_anomalies:build"),
    kinds.RISK_REPORT: _maker("risk_report:gather_risk_report", "risk_report:build"),
    kinds.PRODUCT_VALIDATION: _maker("product_validation:gather_own", "product_validation:build"),
    **{
        kind: _of_outline(kind)
        for kind in (
            kinds.TECHNICAL_DOCUMENTATION, kinds.GSPR_CHECKLIST,
            kinds.PMS_TECHNICAL_DOCUMENTATION, kinds.PMCF_PLAN, kinds.PMCF_EVALUATION,
            kinds.CLINICAL_PERFORMANCE_SUMMARY, kinds.FDA_SUBMISSION, kinds.FDA_MONITORING_PLAN,
            kinds.AI_ACT_DOCUMENTATION, kinds.AI_ACT_MONITORING_PLAN,
        )
    },
    vigilance.INCIDENT_REPORT: _maker(
        "case_facts:gather_incident_report", "incident_report:build_mir"
    ),
    vigilance.FDA_EVENT_REPORT: _maker(
        "case_facts:gather_fda_event_report", "incident_report:build_fda"
    ),
    vigilance.CORRECTION_REPORT: _maker(
        "case_facts:gather_correction_report", "correction_report:build_report"
    ),
    vigilance.CORRECTION_RECORD: _maker(
        "case_facts:gather_correction_record", "correction_report:build_record"
    ),
    vigilance.FIELD_ACTION_REPORT: _maker(
        "case_facts:gather_field_action_report", "field_action_report:build_report"
    ),
    vigilance.FIELD_SAFETY_NOTICE: _maker(
        "case_facts:gather_field_safety_notice", "field_action_report:build_notice"
    ),
    vigilance.COMPLAINT_FILE: _maker("case_facts:gather_complaint_file", "complaint_file:build"),
    vigilance.TRAIL_REVIEW: _maker("trail_review:gather_trail_review", "trail_review:build"),
    vigilance.EXCEPTIONS_REPORT: _maker("exceptions:gather_exceptions", "exceptions_report:build"),
    vigilance.MANAGEMENT_REVIEW: _maker(
        "management_review:gather_management_review", "management_review:build"
    ),
}
