"""Refusals as problem+json (RFC 9457): a code and words that hold no value of the request."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gateway.answers import Problem

log = logging.getLogger(__name__)
Message = MutableMapping[str, Any]


class Refusal(Exception):
    """A request that gets no answer: status, code and words; ``headers`` say when to come again."""

    def __init__(
        self, status: int, code: str, title: str, detail: str = "", *,
        reasons: dict[str, int] | None = None, headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.problem = Problem(
            title=title, status=status, code=code, detail=detail, reasons=reasons or {}
        )
        self.headers = headers or {}


def problem_response(refusal: Refusal) -> JSONResponse:
    """The refusal as it goes out."""
    return JSONResponse(
        refusal.problem.model_dump(), refusal.problem.status, headers=refusal.headers,
        media_type="application/problem+json",
    )


def answer_refusals(app: FastAPI) -> None:
    """Every refusal of the application speaks problem+json; none quotes the request."""

    def refused(_request: Request, failure: Exception) -> JSONResponse:
        assert isinstance(failure, Refusal)
        return problem_response(failure)

    def invalid(_request: Request, failure: Exception) -> JSONResponse:
        assert isinstance(failure, RequestValidationError)
        fields = ", ".join(sorted({str(one["loc"][-1]) for one in failure.errors()}))
        return problem_response(
            Refusal(400, "bad_request", "The request is not valid", f"Not usable: {fields}.")
        )

    def plain(_request: Request, failure: Exception) -> JSONResponse:
        assert isinstance(failure, HTTPException)
        code = {404: "not_found", 405: "method_not_allowed"}.get(failure.status_code, "refused")
        return problem_response(
            Refusal(
                failure.status_code, code, "There is nothing here",
                headers=dict(failure.headers or {}),
            )
        )

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, plain)


class Unquoted:
    """Around the application: what breaks is logged by its kind; a trace could quote a file."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """One request."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as wrong:
            log.error("a request broke: %s", type(wrong).__name__)
            if scope["type"] == "http" and not begun:
                refusal = Refusal(500, "failed", "Something unexpected happened")
                await problem_response(refusal)(scope, receive, send)
