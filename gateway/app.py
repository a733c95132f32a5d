"""The application: who calls, is there room, the bytes to the desk, the answer back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from gateway.answers import StudyAnswer, answered
from gateway.body import boundary_of, declared_size, drain, read_files
from gateway.figures import Figures
from gateway.page import ASKED, BODY, PROBLEMS, SENT, SUMMARY
from gateway.problems import Refusal, answer_refusals
from journeys.answer_studies import Answer, Outcome, Sent
from journeys.callers import Callers
from journeys.serve_predictions import DeskFull, PredictionDesk
from records.errors import RadvigilError
from records.store import Store
from records.told import SHA256, find_told

AGAIN_SECONDS = "2"
bearer = HTTPBearer(auto_error=False, description="A token that may 'predict': radvigil token make")


@dataclass(frozen=True, slots=True)
class Waits:
    """How large a study may be (bytes), how long its bytes and its answer may take (seconds)."""

    max_bytes: int = 256 * 1024 * 1024
    body_seconds: float = 60.0
    answer_seconds: float = 30.0


def make_app(store: Store, desk: PredictionDesk, waits: Waits) -> FastAPI:
    """The application over a desk that runs."""
    app = FastAPI(
        title="Radvigil predictions", summary=SUMMARY, version="1", docs_url=None, redoc_url=None
    )  # the pages of FastAPI load their scripts from elsewhere
    answer_refusals(app)
    figures, callers = Figures(desk), Callers(store)
    caller = _asking(callers, figures)
    _studies(app, store, desk, waits, figures, caller)
    _standing(app, store, desk, figures)
    return app


def _asking(callers: Callers, figures: Figures) -> Callable[..., Any]:
    """Who calls; whoever has no token that counts is refused before anything is read."""

    async def caller(
        request: Request,
        shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> str:
        secret = shown.credentials if shown else ""
        name = callers.remembered(secret)
        if not name and secret:
            try:
                name = await to_thread.run_sync(callers.admit, secret)
            except RadvigilError:
                raise _full(figures, "unavailable", "The records cannot be asked") from None
        if not name:
            figures.requests.labels("unauthorised").inc()
            await drain(request)
            raise Refusal(401, "unauthorised", "The token is missing or does not count",
                          headers={"WWW-Authenticate": "Bearer"})  # fmt: skip
        return name

    return caller


def _full(figures: Figures, code: str, title: str) -> Refusal:
    figures.requests.labels("full").inc()
    return Refusal(503, code, title, headers={"Retry-After": AGAIN_SECONDS})


def _studies(
    app: FastAPI, store: Store, desk: PredictionDesk, waits: Waits, figures: Figures,
    caller: Callable[..., Any],
) -> None:
    @app.post("/studies", response_model=StudyAnswer, openapi_extra=BODY, responses=SENT)
    async def send_study(
        request: Request, name: Annotated[str, Depends(caller)], site: str = ""
    ) -> Response:
        """Send the files of one study; the same study again gets the same answer."""
        began = perf_counter()
        try:
            where = _site(desk, site, figures)
            size, boundary = declared_size(request, waits.max_bytes), boundary_of(request)
            try:
                desk.reserve(size)
            except DeskFull:
                raise _full(figures, "full", "Too many studies wait") from None
        except Refusal as refusal:
            if refusal.problem.status < 500:
                figures.requests.labels("bad_request").inc()
            if refusal.problem.status != 413:
                await drain(request)
            raise
        sent = await _received(request, boundary, size, where, desk, waits, figures)
        future = asyncio.wrap_future(desk.submit(name, where, sent))
        try:
            answer = await asyncio.wait_for(asyncio.shield(future), waits.answer_seconds)
        except TimeoutError:
            figures.requests.labels("waiting").inc()
            return _waiting(sent.files[0][0])
        figures.seconds.observe(perf_counter() - began)
        figures.requests.labels(str(answer.outcome)).inc()
        return _answer(answer)

    @app.get("/studies/{study}", response_model=StudyAnswer, responses=ASKED)
    async def ask_study(study: str, name: Annotated[str, Depends(caller)]) -> Response:  # noqa: ARG001
        """A study by its pseudonymous UID, or by the SHA-256 of a file that was sent of it."""
        if SHA256.fullmatch(study) and desk.awaits(study):
            return _waiting(study)
        told = await to_thread.run_sync(_told, store, study)
        if told is None:
            raise Refusal(404, "not_found", "No such study is known")
        if isinstance(told, dict):
            raise _refused(told)
        return JSONResponse(answered(told, {}).model_dump(mode="json"))


def _told(store: Store, study: str) -> Any:
    with store.reader() as reader:
        return find_told(reader, study)


def _site(desk: PredictionDesk, site: str, figures: Figures) -> str:
    """The site that is meant: the one named, or the only one that is served."""
    posts = desk.versions.posts
    if not posts:
        raise _full(figures, "no_version", "No version of the device answers")
    if not site and len(posts) == 1:
        return next(iter(posts))
    if site not in posts:
        raise Refusal(400, "site", "The site is missing or not served",
                      f"Name one with ?site=: {', '.join(sorted(posts))}.")  # fmt: skip
    return site


async def _received(
    request: Request, boundary: bytes | None, size: int, site: str, desk: PredictionDesk,
    waits: Waits, figures: Figures,
) -> Sent:
    """The files on disk; the place in the queue is given back where they do not come."""
    kept = False
    try:
        contents = await read_files(request, boundary, waits.body_seconds)
        sent = await to_thread.run_sync(desk.keep, site, contents)
        kept = True
        return sent
    except Refusal:
        figures.requests.labels("bad_request").inc()
        raise
    except OSError:
        figures.requests.labels("failed").inc()
        raise Refusal(507, "no_room", "The study could not be kept",
                      headers={"Retry-After": AGAIN_SECONDS}) from None  # fmt: skip
    finally:
        desk.received(size)
        if not kept:
            desk.release()


def _waiting(digest: str) -> Response:
    words = StudyAnswer(status="waiting", why="it is kept and waits to be read")
    headers = {"Location": f"/studies/{digest}", "Retry-After": AGAIN_SECONDS}
    return JSONResponse(words.model_dump(mode="json"), 202, headers=headers)


def _answer(answer: Answer) -> Response:
    if answer.told is not None:
        return JSONResponse(answered(answer.told, answer.refused).model_dump(mode="json"))
    if answer.outcome is Outcome.REFUSED:
        raise _refused(answer.refused)
    raise Refusal(503 if answer.why == "Unavailable" else 500, "failed",
                  "The study is kept and could not be read", "Send it again.",
                  headers={"Retry-After": AGAIN_SECONDS})  # fmt: skip


def _refused(reasons: dict[str, int]) -> Refusal:
    return Refusal(422, next(iter(reasons), "refused"), "The study was refused",
                   "No file of it was taken in.", reasons=reasons)  # fmt: skip


def _standing(app: FastAPI, store: Store, desk: PredictionDesk, figures: Figures) -> None:
    @app.get("/health")
    async def health() -> dict[str, str]:
        """The process is alive."""
        return {"status": "alive"}

    @app.get("/ready", responses={503: PROBLEMS[503]})
    async def ready() -> dict[str, Any]:
        """A verified version is loaded and the records can be reached."""
        try:
            await to_thread.run_sync(_reach, store)
        except RadvigilError:
            raise Refusal(503, "unavailable", "The records cannot be reached") from None
        posts = desk.versions.posts
        if not posts:
            raise Refusal(503, "no_version", "No version of the device answers",
                          desk.versions.fault)  # fmt: skip
        sites = {site: one.watch.version.label for site, one in sorted(posts.items())}
        return {"status": "ready", "sites": sites, "fault": desk.versions.fault}

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """The figures of the service for Prometheus."""
        return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)


def _reach(store: Store) -> None:
    with store.reader() as reader:
        reader.execute(text("SELECT 1"))
