"""Which columns hold what people type, in their own words: where somebody could be named."""

from typing import Any, Final

TYPED: Final[dict[str, tuple[str, ...]]] = {
    "Absence": ("reason",),
    "AdjudicationReading": ("comment",),
    "Alert": ("disposition", "root_cause", "action"),
    "AuditGrant": ("purpose",),
    "Breach": ("what", "categories", "risk", "notified", "conclusion"),
    "CAPA": (
        "problem", "containment", "root_cause", "correction", "corrective_action",
        "preventive_action", "effectiveness_criterion", "implementation", "effectiveness_result",
        "external_number",
    ),
    "ChangeRequest": (
        "title", "description", "reason", "assessment", "affected_items", "risk_review",
        "verification_plan",
    ),
    "CandidateScreening": ("grounds",),
    "ChecklistAnswer": ("remark",),
    "ClockInstance": ("grounds", "facts"),
    "Complaint": (
        "words", "harm_grounds", "investigation", "elements", "conclusion", "received_by",
        "old_number",
    ),
    "ComplaintLink": ("grounds",),
    "Clearance": ("authority", "number"),
    "CorrectionAssessment": ("words", "answers"),
    "AwarenessFact": ("person", "how"),
    "DayOverride": ("grounds",),
    "Deletion": ("grounds",),
    "Document": ("title", "gaps"),
    "DocumentText": ("text",),
    "FieldAction": (
        "reason", "risk", "actions", "advice", "timetable", "notice", "criterion",
    ),
    "FieldActionCheck": ("words",),
    "Site": ("address",),
    "FieldNotice": ("channel", "addressee", "words"),
    "FormDraft": ("fields",),
    "FormVersion": ("reference", "unknown"),
    "GoverningFact": ("grounds",),
    "IdentityCheck": ("evidence", "certification"),
    "IdentityGrant": ("purpose",),
    "Incident": ("words", "conclusion"),
    "InformationRequest": ("asked", "channel", "question", "answer"),
    "IncidentReplay": ("cause",),
    "InstallationDeclaration": ("words", "evidence"),
    "LegalHold": ("reason", "lifted_because"),
    "NoCAPA": ("grounds",),
    "Notice": ("answer",),
    "PlannedChange": ("description", "reason"),
    "ProblemReport": ("words", "risk_evaluation", "rationale", "fixed_in"),
    "Qualification": ("evidence",),
    "RegimeDecision": ("facts", "said", "override", "settled", "rationale"),
    "RegulatoryReport": ("changed", "content"),
    "Release": ("reason",),
    "ReportabilityDecision": ("grounds",),
    "Resumption": ("grounds",),
    "RetentionFact": ("evidence",),
    "RuleSetApproval": ("remarks",),
    "RiskFile": ("content",),
    "RiskItem": (
        "hazard", "sequence", "situation", "harm", "basis", "controls", "residual", "benefit_risk",
    ),
    "RiskReview": ("conclusion",),
    "ReviewComment": ("words", "answer"),
    "Rollback": ("grounds",),
    "Rollout": ("way_back", "halted_because"),
    "SecurityScreening": ("grounds",),
    "Signature": ("reason", "comment"),
    "SoupReview": ("conclusion",),
    "Submission": ("authority", "channel", "attempts", "reference"),
    "Suspension": ("grounds",),
    "TrendDecision": ("grounds",),
    "VulnerabilityTriage": ("words",),
    "Organisation": (
        "key", "name", "address", "registration", "source", "because",
    ),
    "Supplier": (
        "key", "name", "supplies", "control", "address", "outcome", "source", "because",
    ),
    "Certificate": (
        "key", "number", "issued_by", "scope", "source", "because",
    ),
    "DeviceIdentifier": (
        "key", "of_version", "emdn", "source", "because",
    ),
    "MarketPlacing": (
        "key", "languages", "registered_as", "source", "because",
    ),
    "LabelClaim": (
        "key", "item", "claim", "language", "measure", "grounds", "source", "because",
    ),
    "SafetyRequirement": (
        "key", "why_not", "solution", "grounds", "source", "because",
    ),
    "AppliedStandard": (
        "key", "designation", "title", "left_out", "source", "because",
    ),
    "Sales": (
        "key", "counting", "source", "because",
    ),
    "ExposureEstimate": (
        "key", "group", "method", "limits", "source", "because",
    ),
    "LiteratureSearch": (
        "key", "database", "words", "left_out", "conclusion", "source", "because",
    ),
    "LiteratureFinding": (
        "key", "search", "citation", "identifier", "finding", "assessment", "source", "because",
    ),
    "RegisterSearch": (
        "key", "database", "words", "events", "devices", "assessment", "source", "because",
    ),
    "SimilarDevice": (
        "key", "name", "maker", "number", "compared", "source", "because",
    ),
    "FollowUpActivity": (
        "key", "aim", "method", "endpoint", "owner", "result", "conclusion", "deviations", "source",
        "because",
    ),
    "ReaderStudy": (
        "key", "title", "experience", "arms", "endpoint", "method", "of_version", "report",
        "source", "because",
    ),
    "PlanSource": (
        "key", "name", "owner", "method", "limits", "source", "because",
    ),
    "PlanIndicator": (
        "key", "name", "measure", "unit", "period", "action", "owner", "risk_item", "justification",
        "source", "because",
    ),
    "Nonconformity": (
        "key", "requirement", "description", "effect", "correction", "no_action", "source",
        "because",
    ),
}
"""By class of record. A column of text that is new is put here, or named in
tests/records/test_typed_text.py as one that nobody types. What programs write is none of them: its
figures may look like somebody's number, and a judgement must not be refused for that."""

SAID_AS: Final = {
    ("Alert", "disposition"): "finding or conclusion", ("Alert", "action"): "reason why not",
    ("Document", "gaps"): "answer", ("Breach", "what"): "description",
}  # fmt: skip
"""Columns whose name is not what the forms and options call it."""

BY_KEY: Final = {("ClockInstance", "facts"): "fact"}
"""Columns of facts whose keys are a fixed list: a refusal says which fact it is."""

IN_EVENTS: Final = ("purpose",)
"""What people type into an event that no row stands for."""


def typed_texts(kind: str, columns: dict[str, Any]) -> list[tuple[str, str]]:
    """Field and text of all that a person typed into a record, nested texts too.

    >>> typed_texts("Alert", {"status": "open", "disposition": "new detector"})
    [('finding or conclusion', 'new detector')]
    """
    return [
        (place, text) for name in TYPED.get(kind, ()) if columns.get(name)
        for place, value in _places(kind, name, columns[name]) for text in _texts(value)
    ]


def _places(kind: str, name: str, value: Any) -> list[tuple[str, Any]]:
    """Where a text stands: the column, and of facts the one that holds it."""
    if (kind, name) in BY_KEY and isinstance(value, dict):
        return [(f"{BY_KEY[kind, name]} {key}", one) for key, one in value.items()]
    return [(SAID_AS.get((kind, name), name), value)]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return []
