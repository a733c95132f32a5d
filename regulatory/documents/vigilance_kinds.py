"""Documents of vigilance, field actions and quality: each about one record, or about a period."""

from __future__ import annotations

from typing import Final

from regulatory.documents.kinds import Kind

INCIDENT_REPORT: Final = "incident_report"
FDA_EVENT_REPORT: Final = "fda_event_report"
CORRECTION_REPORT: Final = "correction_report"
CORRECTION_RECORD: Final = "correction_record"
FIELD_ACTION_REPORT: Final = "field_action_report"
FIELD_SAFETY_NOTICE: Final = "field_safety_notice"
COMPLAINT_FILE: Final = "complaint_file"
TRAIL_REVIEW: Final = "trail_review"
EXCEPTIONS_REPORT: Final = "exceptions_report"
MANAGEMENT_REVIEW: Final = "management_review"

_EU_MDR: Final = "Regulation (EU) 2017/745 (EU MDR)"

VIGILANCE_KINDS: Final[dict[str, Kind]] = {
    INCIDENT_REPORT: Kind(
        "DOC-07", "Manufacturer incident report",
        (f"{_EU_MDR}, Art. 87", "MIR 7.3.1", "MDCG 2023-3"), subjects=("INC",),
    ),
    FDA_EVENT_REPORT: Kind(
        "DOC-12", "FDA MDR (803): report of one event, Form 3500A",
        ("21 CFR 803.12, 803.50, 803.52, 803.53 and 803.56",), subjects=("INC",),
    ),
    CORRECTION_REPORT: Kind(
        "DOC-13", "Report of a correction or removal",
        ("21 CFR 806.10(b) and 806.10(c)",), subjects=("FSA", "COA"),
    ),
    CORRECTION_RECORD: Kind(
        "DOC-13R", "Record of a correction or removal that is not reported",
        ("21 CFR 806.20",), subjects=("FSA", "COA"),
    ),
    FIELD_ACTION_REPORT: Kind(
        "DOC-08", "Field safety corrective action, report and notice",
        (f"{_EU_MDR}, Art. 87(1)(b), 87(8), 89(8) and 89(9)",), subjects=("FSA",),
    ),
    FIELD_SAFETY_NOTICE: Kind(
        "DOC-08N", "Field safety notice", (f"{_EU_MDR}, Art. 89(8)",), subjects=("FSA",),
    ),
    COMPLAINT_FILE: Kind(
        "DOC-29", "Complaint and CAPA file",
        ("21 CFR 820.35(a)", "21 CFR 803.18", "ISO 13485:2016, 8.2.2 and 8.5.2"),
        subjects=("CMP", "INC", "CAPA"),
    ),
    TRAIL_REVIEW: Kind(
        "DOC-32", "Review of the audit trail",
        ("21 CFR 11.10(e)", "ISO 13485:2016, 4.2.5"),
    ),
    EXCEPTIONS_REPORT: Kind(
        "DOC-33", "Exceptions report",
        ("21 CFR 11.10(e) and 11.70", "ISO 13485:2016, 8.2.4")
    ),
    MANAGEMENT_REVIEW: Kind(
        "DOC-34", "Input to the management review", ("ISO 13485:2016, 5.6.2",)
    ),
}  # fmt: skip
