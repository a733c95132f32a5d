"""The kinds of document whose outline is data, each with its outline and its builder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regulatory.documents import submission_outlines, technical_outlines
from regulatory.documents.content import Content
from regulatory.documents.listed import FileFacts
from regulatory.documents.outline import Outline, builder
from regulatory.documents.registry import (
    AI_ACT_DOCUMENTATION,
    AI_ACT_MONITORING_PLAN,
    CLINICAL_PERFORMANCE_SUMMARY,
    FDA_MONITORING_PLAN,
    FDA_SUBMISSION,
    GSPR_CHECKLIST,
    PMCF_EVALUATION,
    PMCF_PLAN,
    PMS_TECHNICAL_DOCUMENTATION,
    TECHNICAL_DOCUMENTATION,
)

_TECHNICAL: Final[dict[str, Outline]] = {
    TECHNICAL_DOCUMENTATION: technical_outlines.TECHNICAL,
    GSPR_CHECKLIST: technical_outlines.GSPR,
    PMS_TECHNICAL_DOCUMENTATION: technical_outlines.SURVEILLANCE,
    PMCF_PLAN: technical_outlines.FOLLOW_UP_PLAN,
    PMCF_EVALUATION: technical_outlines.FOLLOW_UP_REPORT,
    CLINICAL_PERFORMANCE_SUMMARY: technical_outlines.CLINICAL,
}
_SUBMISSIONS: Final[dict[str, Outline]] = {
    FDA_SUBMISSION: submission_outlines.SUBMISSION,
    FDA_MONITORING_PLAN: submission_outlines.MONITORING,
    AI_ACT_DOCUMENTATION: submission_outlines.ANNEX_IV,
    AI_ACT_MONITORING_PLAN: submission_outlines.ARTICLE_72,
}
OUTLINES: Final[dict[str, Outline]] = {**_TECHNICAL, **_SUBMISSIONS}
BUILDERS: Final[dict[str, Callable[[FileFacts], Content]]] = {
    **{kind: builder(kind, outline, technical_outlines.SOURCE)
       for kind, outline in _TECHNICAL.items()},
    **{kind: builder(kind, outline, submission_outlines.SOURCE)
       for kind, outline in _SUBMISSIONS.items()},
}  # fmt: skip


def builder_of(kind: str) -> Callable[[FileFacts], Content]:
    """The builder of a kind whose outline is data."""
    return BUILDERS[kind]
