"""What the service says, in the words of its OpenAPI page; nothing here names a patient."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from records.cases import FindingSaid
from records.told import Told

FOR_REVIEW: Final = "for review by a physician"

READ_EXAMPLE: dict[str, Any] = {
    "status": "read", "study": "2.25.303185212573459713404105018171418398531",
    "record": "STU-0042", "why": "", "refused": {},
    "reading": {
        "record": "PRE-0042", "finding": "pneumonia", "score": 0.8731, "decision": True,
        "class_name": "", "probabilities": {}, "findings": [],
        "out_of_distribution": 0.12, "model_version": "MDV-0003",
        "model_name": "chest-radiograph-pneumonia-3", "weights_hash": "2e" * 32,
        "operating_point": 0.4321, "latency_ms": 11.4, "read_at": "2026-05-25T08:00:04Z",
        "statement": FOR_REVIEW,
    },
}  # fmt: skip
WAITING_EXAMPLE: dict[str, Any] = {
    "status": "waiting", "study": None, "record": None, "reading": None, "refused": {},
    "why": "it is kept and waits to be read",
}
PROBLEM_EXAMPLE: dict[str, Any] = {
    "type": "about:blank", "title": "The study was refused", "status": 422, "code": "truncated",
    "detail": "Every file went to quarantine.", "reasons": {"truncated": 1},
}


class Reading(BaseModel):
    """What a released version said of the study; the decision about the patient is a physician's.

    score: probability of the finding. decision: score at or above the operating point.
    class_name: what the study was put into, and probabilities: of each class, likeliest first; both
    empty of a device that tells no classes apart. Where findings may be present together,
    class_name names all that are, or none of them; findings says of each its probability, its
    operating point and whether it is named, in rank by how far it exceeds its operating point, and
    the score, which is no probability then, tells that of the first. out_of_distribution: 0 to 1,
    higher is stranger than what the model was made with. latency_ms: of the model, without transfer
    and intake.
    """

    record: str
    finding: str
    score: float = Field(ge=0, le=1)
    decision: bool
    class_name: str = ""
    probabilities: dict[str, float] = Field(default_factory=dict)
    findings: list[FindingSaid] = Field(default_factory=list)
    out_of_distribution: float = Field(ge=0, le=1)
    model_version: str
    model_name: str
    weights_hash: str
    operating_point: float
    latency_ms: float | None
    read_at: datetime
    statement: Literal["for review by a physician"] = FOR_REVIEW


class StudyAnswer(BaseModel):
    """A study under its pseudonym: read, taken in and not read (``why``), or still waiting."""

    status: Literal["read", "not_read", "waiting"]
    study: str | None = None
    record: str | None = None
    reading: Reading | None = None
    why: str = ""
    refused: dict[str, int] = Field(default_factory=dict)
    """Files of it that went to quarantine, by reason."""


class Problem(BaseModel):
    """RFC 9457: why a request has no answer, with a code for programs."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    reasons: dict[str, int] = Field(default_factory=dict)


def answered(told: Told, refused: dict[str, int]) -> StudyAnswer:
    """The answer in these words."""
    found = StudyAnswer(
        status="not_read", study=told.study.study_uid, record=told.study.label, why=told.why,
        refused=refused,
    )
    one, version = told.reading, told.version
    if one is None or version is None:
        return found
    reading = Reading(
        record=one.label, finding=told.finding, score=one.score, decision=one.decision,
        class_name=told.class_name, probabilities=dict(told.probabilities),
        findings=list(told.findings),
        out_of_distribution=one.out_of_distribution, model_version=version.label,
        model_name=version.name, weights_hash=version.weights_hash,
        operating_point=version.operating_point, latency_ms=one.latency_ms,
        read_at=one.predicted_at,
    )
    return found.model_copy(update={"status": "read", "reading": reading})
