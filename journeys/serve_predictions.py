"""Studies that programs send wait here, in one bounded queue, are read in small batches, answered.

While the answers of one batch are recorded, the files of the next are examined.
What was accepted is on disk before it waits, among the day's arrivals: whatever ends this process,
the day's surveillance takes it in.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from threading import Condition, Thread
from time import monotonic

from imaging.examining import standing_reception
from imaging.headers import ScopeRequirements
from imaging.node.arrivals import keep_arrival
from journeys.answer_studies import (
    SEVERAL_STUDIES,
    Answer,
    Examined,
    Outcome,
    Reception,
    Sent,
    answer_studies,
    examine_sent,
)
from journeys.serving_versions import Post, ServingVersions
from journeys.watch_day import scope_of
from records.clock import now_in, require_no_demonstration
from records.errors import Refused, Unavailable
from records.store import Store

log = logging.getLogger(__name__)

DAY_SECONDS = 5.0
_PARTS = 2
"""A batch is examined in so many parts, and so many lie examined ahead: a file in memory is large,
and recording one study costs nearly what recording a batch does."""


@dataclass(frozen=True, slots=True)
class DeskLimits:
    """What the desk takes on.

    queue: studies accepted and not answered; batch: of them read at once; workers: processes that
    decode; seconds_per_file: after which a file that is being decoded is given up; bytes_at_once:
    of all studies whose files are being received.
    """

    queue: int = 64
    batch: int = 16
    workers: int = 2
    seconds_per_file: float = 20.0
    bytes_at_once: int = 1024 * 1024 * 1024


class DeskFull(Unavailable):
    """Too many studies wait, or the desk closes: send it again later."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A study in the queue: who sent it, of which site, and who waits for its answer."""

    caller: str
    site: str
    sent: Sent
    answer: "Future[Answer]"


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Studies of one caller and site, examined for the version that answers them."""

    waiting: list[Waiting]
    post: Post
    examined: dict[str, Examined] = field(repr=False)

    def like(self, other: "_Part") -> bool:
        """Whether both can be answered at once."""
        one, two = self.waiting[0], other.waiting[0]
        return self.post is other.post and (one.caller, one.site) == (two.caller, two.site)


class PredictionDesk:
    """One queue, a thread that has files examined in processes apart, and one that answers.

    About one batch is examined ahead of the one that is answered.
    """

    def __init__(
        self, store: Store, versions: ServingVersions, limits: DeskLimits, *,
        receive: Callable[..., Reception] = standing_reception,
    ) -> None:
        with store.reader() as reader:
            require_no_demonstration(reader)
        self._store, self.versions, self.limits = store, versions, limits
        self._receive = receive
        self._day = date.min, float("-inf")
        self._ready = Condition()
        self._queue: deque[Waiting] = deque()
        self._held, self._bytes, self._closing = 0, 0, False
        self._paths: dict[str, int] = {}
        self._scope: ScopeRequirements | None = None
        self._reception: Reception | None = None
        self._examined: deque[_Part] = deque()
        self._ended = False
        self._threads = (
            Thread(target=self._examine, name="prediction-examiner"),
            Thread(target=self._work, name="prediction-desk"),
        )

    @property
    def waiting(self) -> int:
        """Studies accepted and not answered, those whose files are still coming included."""
        return self._held

    def start(self) -> None:
        """Begin to answer, with the processes that decode at hand where a version runs.

        Raises:
            Unavailable: A process cannot be started.
        """
        for post in list(self.versions.posts.values())[:1]:
            self._standing(post)
        for one in self._threads:
            one.start()

    def close(self) -> None:
        """Take nothing more, answer all that waits, and end."""
        with self._ready:
            self._closing = True
            self._ready.notify_all()
        for one in self._threads:
            if one.is_alive():
                one.join()
        if self._reception is not None:
            self._reception.close()

    def reserve(self, size: int) -> None:
        """Take a place in the queue for a study of so many bytes, before they are received.

        Raises:
            DeskFull: There is none now.
        """
        with self._ready:
            if self._closing:
                raise DeskFull("The service is closing.")
            if self._held >= self.limits.queue or (
                self._held and self._bytes + size > self.limits.bytes_at_once
            ):
                raise DeskFull("Too many studies wait.")
            self._held += 1
            self._bytes += size

    def received(self, size: int) -> None:
        """Its bytes are on disk, or will not come: they hold no memory any more."""
        with self._ready:
            self._bytes -= size

    def release(self) -> None:
        """Give the place back of a study that did not come."""
        with self._ready:
            self._held -= 1

    def keep(self, site: str, contents: Sequence[bytes]) -> Sent:
        """Keep the files of a study among the day's arrivals of the site, on disk for good.

        Raises:
            OSError: They could not be kept.
        """
        day = self._today()
        files = []
        for content in contents:
            path = keep_arrival(self._store.workspace.incoming, site, day, content)
            files.append((path.stem, path))  # its name is the SHA-256 of its bytes
        return Sent(tuple(dict(files).items()))

    def submit(self, caller: str, site: str, sent: Sent) -> "Future[Answer]":
        """Let a study that was kept wait for its answer; its place is given back with it."""
        one = Waiting(caller, site, sent, Future())
        with self._ready:
            for digest, _ in sent.files:
                self._paths[digest] = self._paths.get(digest, 0) + 1
            self._queue.append(one)
            self._ready.notify_all()
        return one.answer

    def awaits(self, digest: str) -> bool:
        """Whether a file with this SHA-256 waits to be answered about."""
        return digest in self._paths

    def _today(self) -> date:
        """The day by the workspace's clock, asked of the records every few seconds."""
        day, asked = self._day
        if monotonic() - asked > DAY_SECONDS:
            with self._store.reader() as reader:
                day = now_in(reader).date()
            self._day = day, monotonic()
        return day

    def _examine(self) -> None:
        while waiting := self._next():
            for part in self._parts_of(waiting):
                with self._ready:
                    self._ready.wait_for(lambda: len(self._examined) < _PARTS)
                    self._examined.append(part)
                    self._ready.notify_all()
        with self._ready:
            self._ended = True
            self._ready.notify_all()

    def _work(self) -> None:
        while parts := self._together():
            self._answer(_Part(
                [one for part in parts for one in part.waiting], parts[0].post,
                {digest: one for part in parts for digest, one in part.examined.items()},
            ))  # fmt: skip

    def _together(self) -> "list[_Part]":
        """What is examined and can be recorded at once; nothing when all is done."""
        with self._ready:
            self._ready.wait_for(lambda: self._examined or self._ended)
            taken: list[_Part] = []
            while self._examined and len(taken) < _PARTS:
                if taken and not self._examined[0].like(taken[0]):
                    break
                taken.append(self._examined.popleft())
            self._ready.notify_all()
            return taken

    def _next(self) -> list[Waiting]:
        """Those that wait of one caller and site, in their order; none when all is done."""
        with self._ready:
            self._ready.wait_for(lambda: self._queue or (self._closing and not self._held))
            most = max(1, self.limits.batch // _PARTS)
            taken: list[Waiting] = []
            while self._queue and len(taken) < most:
                first = taken[0] if taken else self._queue[0]
                if (self._queue[0].caller, self._queue[0].site) != (first.caller, first.site):
                    break
                taken.append(self._queue.popleft())
            return taken

    def _parts_of(self, waiting: list[Waiting]) -> list[_Part]:
        """Those that wait, examined; where that fails as a whole, each alone."""
        site = waiting[0].site
        try:
            post = self.versions.posts.get(site)
            if post is None:
                raise Refused("No version runs at the site.")
            sent = [one.sent for one in waiting]
            found = examine_sent(self._store, post, sent, self._standing(post), site=site)
            return [_Part(waiting, post, found)]
        except Exception as wrong:
            if len(waiting) > 1 and not isinstance(wrong, Unavailable):
                return [part for one in waiting for part in self._parts_of([one])]
            self._fail(waiting, wrong)
            return []

    def _answer(self, batch: _Part) -> None:
        """Answer a batch; where it fails as a whole, each alone, so that one spoils no other."""
        waiting = batch.waiting
        try:
            answers = answer_studies(
                self._store, batch.post, [one.sent for one in waiting], batch.examined,
                site=waiting[0].site, actor=waiting[0].caller,
            )
        except Exception as wrong:
            if len(waiting) > 1 and not isinstance(wrong, Unavailable):
                for one in waiting:
                    self._answer(_Part([one], batch.post, batch.examined))
                return
            self._fail(waiting, wrong)
            return
        for one, answer in zip(waiting, answers, strict=True):
            self._settle(one, answer)

    def _fail(self, waiting: list[Waiting], wrong: Exception) -> None:
        log.error("a study was not answered: %s", type(wrong).__name__)
        for one in waiting:
            self._settle(one, Answer(Outcome.FAILED, why=type(wrong).__name__))

    def _standing(self, post: Post) -> Reception:
        """The processes that decode, by what the device in force can read."""
        scope = scope_of(post.watch.definition)
        if self._reception is None or scope != self._scope:
            if self._reception is not None:
                self._reception.close()
            self._scope = scope
            self._reception = self._receive(
                scope, workers=self.limits.workers, seconds_per_file=self.limits.seconds_per_file
            )
            self._reception.start()
        return self._reception

    def _settle(self, one: Waiting, answer: Answer) -> None:
        with self._ready:
            for digest, path in one.sent.files:
                self._paths[digest] -= 1
                if not self._paths[digest]:
                    del self._paths[digest]
                    if SEVERAL_STUDIES in answer.refused:  # refused here: not to be taken in later
                        path.unlink(missing_ok=True)
            self._held -= 1
            self._ready.notify_all()
        with suppress(Exception):  # whoever waited may have gone
            one.answer.set_result(answer)
