"""What the OpenAPI page says of each answer, with examples."""

from typing import Any

from gateway.answers import PROBLEM_EXAMPLE, READ_EXAMPLE, WAITING_EXAMPLE, Problem, StudyAnswer

SUMMARY = "A study in, what the released version of the device said of it out."
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/dicom": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "array", "items": {"type": "string", "format": "binary"}}
                    },
                }
            },
        },
    }
}


def said(example: dict[str, Any], words: str, kind: str = "application/json") -> dict[str, Any]:
    """An answer of the page: what it means, and how it looks."""
    return {"description": words, "content": {kind: {"example": example}}}


_OF_ONE: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, **said(
        PROBLEM_EXAMPLE | {"status": status, "code": code, "reasons": {}, "detail": "",
                           "title": words}, words, "application/problem+json",
    )}
    for status, code, words in (
        (400, "no_study", "There is no study in the body"),
        (401, "unauthorised", "The token is missing or does not count"),
        (408, "too_slow", "The study did not come in time"),
        (411, "length_required", "The size of the body is not declared"),
        (413, "too_large", "The study is too large"),
        (415, "media_type", "The body is of a kind that is not read"),
        (500, "failed", "Something unexpected happened"),
        (503, "full", "Too many studies wait, or no version runs; see Retry-After"),
    )
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    **_OF_ONE,
    422: {"model": Problem, **said(
        PROBLEM_EXAMPLE, "Every file of the study was refused", "application/problem+json"
    )},
}  # fmt: skip

ASKED: dict[int | str, dict[str, Any]] = {
    200: said(READ_EXAMPLE, "What is known of it"),
    202: {"model": StudyAnswer, **said(WAITING_EXAMPLE, "It waits to be read; ask again")},
    **{status: PROBLEMS[status] for status in (401, 422, 503)},
}
SENT: dict[int | str, dict[str, Any]] = {
    200: said(READ_EXAMPLE, "Read, or taken in with the reason why it was not read"),
    202: {"model": StudyAnswer, **said(WAITING_EXAMPLE, "Kept; ask again at Location")},
    **PROBLEMS,
}
