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
    ),
    "ChangeRequest": ("title", "description", "reason", "assessment"),
    "Clearance": ("authority", "number"),
    "CorrectionAssessment": ("words", "answers"),
    "Deletion": ("grounds",),
    "Document": ("title", "gaps"),
    "IdentityCheck": ("evidence", "certification"),
    "IdentityGrant": ("purpose",),
    "IncidentReplay": ("cause",),
    "InstallationDeclaration": ("words", "evidence"),
    "LegalHold": ("reason", "lifted_because"),
    "Notice": ("answer",),
    "PlannedChange": ("description", "reason"),
    "Qualification": ("evidence",),
    "Release": ("reason",),
    "Resumption": ("grounds",),
    "RetentionFact": ("evidence",),
    "Rollback": ("grounds",),
    "Rollout": ("way_back", "halted_because"),
    "Signature": ("reason", "comment"),
    "Suspension": ("grounds",),
}
"""By class of record. A column of text that is new is put here, or named in
tests/records/test_typed_text.py as one that nobody types. What programs write is none of them: its
figures may look like somebody's number, and a judgement must not be refused for that."""

SAID_AS: Final = {
    ("Alert", "disposition"): "finding or conclusion", ("Alert", "action"): "reason why not",
    ("Document", "gaps"): "answer", ("Breach", "what"): "description",
}  # fmt: skip
"""Columns whose name is not what the forms and options call it."""

IN_EVENTS: Final = ("purpose",)
"""What people type into an event that no row stands for."""


def typed_texts(kind: str, columns: dict[str, Any]) -> list[tuple[str, str]]:
    """Field and text of all that a person typed into a record, nested texts too.

    >>> typed_texts("Alert", {"status": "open", "disposition": "new detector"})
    [('finding or conclusion', 'new detector')]
    """
    return [
        (SAID_AS.get((kind, name), name), text) for name in TYPED.get(kind, ()) if columns.get(name)
        for text in _texts(columns[name])
    ]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return []
