"""Where a document of each kind waits for the words of a person: what, who writes it, by which
clause. Builders ask for these places, and a text for another one is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from regulatory.documents.registry import PERFORMANCE_MONITORING_REPORT, VALIDATION_REPORT
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
    Place("guideline_items", "A", "CLAIM 2024 and STARD-AI, item by item", "regulatory author",
          reason="the published item lists are not part of this version, so no item numbers are "
          "claimed"),
)  # fmt: skip
PERFORMANCE: Final = _by_key(
    Place("interpretation", "3", "Interpretation of output and performance", "clinical lead",
          "EU MDR Art. 83(3)"),
    Place("comparison", "5", "Assessment of the comparison", "quality manager"),
    Place("decision", "6", "Decision for the period (none, investigate, complaint, CAPA, retrain, "
          "restrict or stop)", "quality manager", "EU MDR Art. 83(4)"),
)  # fmt: skip
VIGILANCE: Final[dict[str, dict[str, Place]]] = {
    INCIDENT_REPORT: _by_key(
        Place("coding_review", "3.2", "Review of the IMDRF codes by a second person",
              "regulatory affairs", "MIR 7.3.1, 3.2"),
    ),
    FDA_EVENT_REPORT: _by_key(
        Place("missing_data", "3500A-H", "Explanation of information that is missing or was not "
              "known, and of what was done to obtain it", "regulatory affairs",
              "21 CFR 803.52(f)(11)(iii)"),
    ),
    CORRECTION_REPORT: _by_key(
        Place("health_hazard", "6", "Assessment of illness or injury with use of the device",
              "clinical lead", "21 CFR 806.10(c)(8)"),
    ),
    CORRECTION_RECORD: _by_key(
        Place("conclusions", "806.20", "Conclusions and follow-up, by the designated person",
              "person responsible for regulatory compliance", "21 CFR 806.20(b)(4)"),
    ),
    FIELD_ACTION_REPORT: _by_key(
        Place("progress_judgement", "F2", "Judgement of progress and effectiveness",
              "quality manager", "EU MDR Art. 89(5)"),
    ),
    FIELD_SAFETY_NOTICE: _by_key(
        Place("patient_follow_up", "4", "Follow-up of patients who were examined before",
              "clinical lead", "EU MDR Art. 89(8)"),
        Place("contact", "5", "Whom recipients ask: function, telephone number, mail address",
              "regulatory affairs", "EU MDR Art. 89(8)"),
    ),
    COMPLAINT_FILE: _by_key(
        Place("narrative", "12", "Narrative of the case: how the output was used and what "
              "happened", "clinical lead", "21 CFR 820.35(a)"),
    ),
    EXCEPTIONS_REPORT: _by_key(
        Place("assessment", "7", "Assessment of the exceptions of the period, and what follows",
              "quality manager", "ISO 13485:2016, 8.2.4"),
    ),
    TRAIL_REVIEW: _by_key(
        Place("review", "6", "Finding of the review of the audit trail", "quality manager",
              "21 CFR 11.10(e)"),
    ),
    MANAGEMENT_REVIEW: _by_key(
        Place("feedback", "1", "Feedback of users beyond complaints", "product owner",
              "ISO 13485:2016, 5.6.2 a"),
        Place("audits", "4", "Results of audits of the period", "quality manager",
              "ISO 13485:2016, 5.6.2 d"),
        Place("follow_up", "9", "What became of the actions of the last review",
              "quality manager", "ISO 13485:2016, 5.6.2 i"),
        Place("improvements", "11", "Recommendations for improvement", "quality manager",
              "ISO 13485:2016, 5.6.2 k"),
        Place("requirements", "12", "New or revised regulatory requirements that apply, and what "
              "follows", "regulatory affairs", "ISO 13485:2016, 5.6.2 l"),
        Place("suitability", "13", "Suitability, adequacy and effectiveness of the system",
              "top management", "ISO 13485:2016, 5.6.1"),
    ),
}  # fmt: skip
PLACES: Final[dict[str, dict[str, Place]]] = {
    VALIDATION_REPORT: VALIDATION,
    PERFORMANCE_MONITORING_REPORT: PERFORMANCE,
    **VIGILANCE,
}
"""By kind of document, then by key. What people write of a change or an export stands in the record
of that, and is asked for there."""
