"""The application behind a calendar's address: GET gives the calendar, or 304, or nothing.

The token in the address is all that a calendar program has. What is unknown, revoked, or of an
account that may no longer have one is answered alike; nothing of the address is logged.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

from anyio import to_thread
from fastapi import FastAPI, Request, Response

from gateway.calling_rate import Allowed, CallingRate
from gateway.problems import Refusal, answer_refusals, problem_response
from journeys.calendar_feed import CALENDAR, feed_of
from records.errors import RadvigilError
from records.store import Store

HEADERS: Final = {
    "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Resource-Policy": "same-origin", "Content-Security-Policy": "default-src 'none'",
}  # fmt: skip


def make_calendar_feed(store: Store, *, allowed: Allowed | None = None) -> FastAPI:
    """The application over a workspace."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    answer_refusals(app)
    rate = CallingRate(allowed or Allowed())

    @app.middleware("http")
    async def guarded(
        request: Request, go_on: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        if rate.admits(request.client.host if request.client else ""):
            answer = await go_on(request)
        else:
            answer = problem_response(Refusal(429, "too_many", "Too many requests",
                                              headers={"Retry-After": "60"}))  # fmt: skip
        for name, value in HEADERS.items():
            answer.headers[name] = value
        return answer

    @app.api_route(f"{CALENDAR}{{token}}.ics", methods=["GET", "HEAD"])
    async def calendar(token: str, request: Request) -> Response:
        """The days and tasks that wait for the person of this address."""
        try:
            content = await to_thread.run_sync(feed_of, store, token)
        except RadvigilError:
            raise Refusal(503, "unavailable", "The records cannot be reached",
                          headers={"Retry-After": "60"}) from None  # fmt: skip
        if content is None:
            raise Refusal(404, "not_found", "There is nothing here")
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        if _known(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers={"ETag": tag})
        return Response(content, media_type="text/calendar; charset=utf-8", headers={
            "ETag": tag, "Content-Disposition": 'inline; filename="work.ics"',
        })  # fmt: skip

    return app


def _known(asked: str, tag: str) -> bool:
    """Whether the program has this calendar already (RFC 9110, 13.1.2: compared weakly).

    >>> _known('W/"a", "b"', '"a"'), _known("*", '"a"'), _known("", '"a"')
    (True, True, False)
    """
    tags = [one.strip().removeprefix("W/") for one in asked.split(",")]
    return tags == ["*"] or tag in tags
