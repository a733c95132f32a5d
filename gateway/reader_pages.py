"""The application behind the links in results: GET shows a page, only its button records.

A token in the address is what a reader has; whatever follows links by itself (a mail scanner, a
prefetch, HEAD) sees a page and changes nothing. A form counts only with what its own page said.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qs, urlsplit

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from gateway.calling_rate import Allowed, CallingRate
from gateway.reader_words import ENDED, STYLE_SOURCE, answer_page, plain_page
from journeys.answer_results import ANSWERS, ResultShown, answer_result, result_of
from records.errors import InvalidInput, RadvigilError, Refused
from records.reader_link_acts import LinkAnswer, Standing, digest_of_token
from records.store import Store

MOST_BYTES: Final = 4096
"""Of a form; a browser sends a few hundred."""
HEADERS: Final = {
    "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {STYLE_SOURCE}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}  # fmt: skip
_STATUS: Final = {Standing.UNKNOWN: 404}


def make_reader_pages(
    store: Store, *, actor: str, allowed: Allowed | None = None
) -> FastAPI:
    """The application over a workspace; ``actor``: the service as which answers are recorded."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    rate, secret = CallingRate(allowed or Allowed()), secrets.token_bytes(32)
    _guard(app, rate)

    @app.api_route(f"{ANSWERS}{{token}}", methods=["GET", "HEAD"])
    async def show(token: str) -> Response:
        """The page of a link. Nothing is recorded."""
        try:
            found = await to_thread.run_sync(result_of, store, token)
        except RadvigilError:
            return _page(*_AWAY, 503)
        return _shown(found, token, secret)

    @app.post(f"{ANSWERS}{{token}}")
    async def answer(token: str, request: Request) -> Response:
        """The answer that the button sent."""
        if _from_elsewhere(request):
            return _page("This answer came from another page",
                         "Nothing was recorded. Open the link in the result.", 403)  # fmt: skip
        fields = await _fields(request)
        if fields is None:
            return _page("This is no answer", "Nothing was recorded. Open the link again.", 400)
        if not hmac.compare_digest(fields.get("seen", ""), _seen(secret, token)):
            return _page("This page is too old", "Nothing was recorded. Open the link again.", 403)
        given = LinkAnswer(
            fields.get("response", ""), fields.get("choice", ""), fields.get("reason", ""),
            fields.get("reading_order", ""),
        )
        return await to_thread.run_sync(_answered, store, token, given, actor, secret)

    return app


_AWAY: Final = (
    "The records cannot be reached", "Nothing was recorded. Open the link again in some minutes.",
)  # fmt: skip


def _answered(
    store: Store, token: str, given: LinkAnswer, actor: str, secret: bytes
) -> Response:
    try:
        recorded = answer_result(store, token, given, actor=actor)
    except InvalidInput as wrong:
        found = result_of(store, token)
        return _shown(found, token, secret, wrong=f"Nothing was recorded: {wrong}", status=422)
    except Refused:
        return _shown(result_of(store, token), token, secret)
    except RadvigilError:
        return _page(*_AWAY, 503)
    return _page(
        "Thank you: your answer is recorded",
        f"The output was {recorded.response}. You can close this page; the link is used up.",
    )


def _shown(
    found: ResultShown | Standing, token: str, secret: bytes, *, wrong: str = "", status: int = 200
) -> Response:
    if isinstance(found, Standing):
        title, words = ENDED[found]
        return _page(title, words, _STATUS.get(found, 410))
    body = answer_page(found, _seen(secret, token), action=f"{ANSWERS}{token}", wrong=wrong)
    return HTMLResponse(body, status)


def _page(title: str, words: str, status: int = 200) -> Response:
    return HTMLResponse(plain_page(title, words), status)


def _seen(secret: bytes, token: str) -> str:
    """What the page of this link says and nobody knows who did not see it."""
    return hmac.digest(secret, digest_of_token(token).encode(), "sha256").hex()


def _from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page sent the form.

    Under 'no-referrer' a browser calls the origin of its own form 'null' (Fetch, 3.2).
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    same = origin == "null" or urlsplit(origin).netloc == request.headers.get("host", "")
    return site != "same-origin" or not same


async def _fields(request: Request) -> dict[str, str] | None:
    """The fields of a form, each once; None where the body is none of ours."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    try:
        found = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=8,
                         errors="strict")  # fmt: skip
    except ValueError:
        return None
    if any(len(values) != 1 for values in found.values()):
        return None
    return {name: values[0] for name, values in found.items()}


def _guard(app: FastAPI, rate: CallingRate) -> None:
    """Headers on everything, and no more requests than allowed."""

    @app.middleware("http")
    async def guarded(
        request: Request, go_on: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        address = request.client.host if request.client else ""
        if rate.admits(address):
            answer = await go_on(request)
        else:
            answer = _page("Too many requests", "Wait a minute, then open the link again.", 429)
            answer.headers["Retry-After"] = "60"
        for name, value in HEADERS.items():
            answer.headers[name] = value
        return answer

    async def nothing(_request: Request, _failure: Exception) -> Response:
        title, words = ENDED[Standing.UNKNOWN]
        return _page(title, words, 404)

    async def other(_request: Request, _failure: Exception) -> Response:
        return _page("This is no answer", "Nothing was recorded. Open the link again.", 405)

    app.add_exception_handler(404, nothing)
    app.add_exception_handler(405, other)
