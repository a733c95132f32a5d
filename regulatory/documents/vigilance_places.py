"""Where documents of vigilance and reviews of the system wait for the words of a person.

By kind, each place as :class:`regulatory.documents.places.Place` takes it: key, section, what is
missing, who writes it, clause. In a kind about one record the key stands behind the record's label.
"""

from __future__ import annotations

from typing import Final

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

VIGILANCE_PLACES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    INCIDENT_REPORT: (
        ("coding_review", "3.2", "Review of the IMDRF codes by a second person",
         "regulatory affairs", "MIR 7.3.1, 3.2"),
    ),
    FDA_EVENT_REPORT: (
        ("missing_data", "3500A-H", "Explanation of information that is missing or was not "
         "known, and of what was done to obtain it", "regulatory affairs",
         "21 CFR 803.52(f)(11)(iii)"),
    ),
    CORRECTION_REPORT: (
        ("health_hazard", "6", "Assessment of illness or injury with use of the device",
         "clinical lead", "21 CFR 806.10(c)(8)"),
    ),
    CORRECTION_RECORD: (
        ("conclusions", "806.20", "Conclusions and follow-up, by the designated person",
         "person responsible for regulatory compliance", "21 CFR 806.20(b)(4)"),
    ),
    FIELD_ACTION_REPORT: (
        ("progress_judgement", "F2", "Judgement of progress and effectiveness",
         "quality manager", "EU MDR Art. 89(5)"),
    ),
    FIELD_SAFETY_NOTICE: (
        ("patient_follow_up", "4", "Follow-up of patients who were examined before",
         "clinical lead", "EU MDR Art. 89(8)"),
        ("contact", "5", "Whom recipients ask: function, telephone number, mail address",
         "regulatory affairs", "EU MDR Art. 89(8)"),
    ),
    COMPLAINT_FILE: (
        ("narrative", "12", "Narrative of the case: how the output was used and what "
         "happened", "clinical lead", "21 CFR 820.35(a)"),
    ),
    EXCEPTIONS_REPORT: (
        ("assessment", "7", "Assessment of the exceptions of the period, and what follows",
         "quality manager", "ISO 13485:2016, 8.2.4"),
    ),
    TRAIL_REVIEW: (
        ("review", "6", "Finding of the review of the audit trail", "quality manager",
         "21 CFR 11.10(e)"),
    ),
    MANAGEMENT_REVIEW: (
        ("feedback", "1", "Feedback of users beyond complaints", "product owner",
         "ISO 13485:2016, 5.6.2 a"),
        ("audits", "4", "Results of audits of the period", "quality manager",
         "ISO 13485:2016, 5.6.2 d"),
        ("follow_up", "9", "What became of the actions of the last review",
         "quality manager", "ISO 13485:2016, 5.6.2 i"),
        ("improvements", "11", "Recommendations for improvement", "quality manager",
         "ISO 13485:2016, 5.6.2 k"),
        ("requirements", "12", "New or revised regulatory requirements that apply, and what "
         "follows", "regulatory affairs", "ISO 13485:2016, 5.6.2 l"),
        ("suitability", "13", "Suitability, adequacy and effectiveness of the system",
         "top management", "ISO 13485:2016, 5.6.1"),
    ),
}  # fmt: skip
