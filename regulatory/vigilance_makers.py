"""How the documents of vigilance, field actions and quality are made."""

from typing import Final

from regulatory.documents import (
    complaint_file,
    correction_report,
    exceptions_report,
    field_action_report,
    incident_report,
    management_review,
    trail_review,
)  # fmt: skip
from regulatory.documents.vigilance_kinds import (
    COMPLAINT_FILE,
    CORRECTION_RECORD,
    CORRECTION_REPORT,
    EXCEPTIONS_REPORT,
    FDA_EVENT_REPORT,
    FIELD_ACTION_REPORT,
    FIELD_SAFETY_NOTICE,
    INCIDENT_REPORT,
    MANAGEMENT_REVIEW,
    TRAIL_REVIEW,
)
from regulatory.gathering.case_facts import (
    gather_complaint_file,
    gather_correction_record,
    gather_correction_report,
    gather_fda_event_report,
    gather_field_action_report,
    gather_field_safety_notice,
    gather_incident_report,
)
from regulatory.gathering.exceptions import gather_exceptions
from regulatory.gathering.management_review import gather_management_review
from regulatory.gathering.trail_review import gather_trail_review
from regulatory.maker import Maker

VIGILANCE_MAKERS: Final[dict[str, Maker]] = {
    INCIDENT_REPORT: Maker(gather_incident_report, incident_report.build_mir),
    FDA_EVENT_REPORT: Maker(gather_fda_event_report, incident_report.build_fda),
    CORRECTION_REPORT: Maker(gather_correction_report, correction_report.build_report),
    CORRECTION_RECORD: Maker(gather_correction_record, correction_report.build_record),
    FIELD_ACTION_REPORT: Maker(gather_field_action_report, field_action_report.build_report),
    FIELD_SAFETY_NOTICE: Maker(gather_field_safety_notice, field_action_report.build_notice),
    COMPLAINT_FILE: Maker(gather_complaint_file, complaint_file.build),
    TRAIL_REVIEW: Maker(gather_trail_review, trail_review.build),
    EXCEPTIONS_REPORT: Maker(gather_exceptions, exceptions_report.build),
    MANAGEMENT_REVIEW: Maker(gather_management_review, management_review.build),
}
