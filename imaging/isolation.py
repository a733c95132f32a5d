"""Work on many items in other processes, so that no single file can crash or hang the rest.

A codec written in C can kill its process; a hostile file can keep it busy for ever. Each item is
answered one by one: when a process dies or falls silent, the item it was on is given up with the
reason, the process is replaced, and the work goes on. (The process pools of the standard library
lose the whole pool instead.)
"""

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

import numpy as np

from records.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")
_READY = "ready"
_SECONDS_TO_START = 120.0
_ADAPTS_UP_TO = 32 * 2**20  # bytes: the largest block that moves the C library's limits


class Loss(StrEnum):
    """Why an item has no answer."""

    CRASHED = "crashed"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Isolation:
    """How many processes, how many items each is handed at once, how long one item may take."""

    workers: int
    chunk: int = 16
    seconds_per_item: float = 60.0


@dataclass(slots=True)
class _Lane(Generic[T]):
    process: BaseProcess
    connection: Connection
    waiting: deque[tuple[int, T]] = field(default_factory=deque)
    deadline: float = float("inf")

    def close(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def isolated(
    work: Callable[[T], R],
    items: Iterable[T],
    *,
    give_up: Callable[[T, Loss], R],
    isolation: Isolation,
    standing: "Standing[T, R] | None" = None,
) -> Iterator[R]:
    """The answer to every item, in the order of the items, whatever happens to a process.

    work: picklable; give_up: called here for an item whose process died or fell silent. At most
    two chunks a worker are held in memory ahead of what was taken. ``standing`` keeps its processes
    for the next call, unless one of them still has work. Raises Unavailable where a process cannot
    be started at all.
    """
    lanes: list[_Lane[T]] = [] if standing is None else standing.lanes
    queue: deque[tuple[int, T]] = deque()
    source = enumerate(items)
    answers: dict[int, R] = {}
    at = 0
    window = 2 * isolation.workers * isolation.chunk
    exhausted = False
    try:
        while True:
            while (
                not exhausted
                and len(queue) + sum(len(x.waiting) for x in lanes) + len(answers) < window
            ):
                following = next(source, None)
                exhausted = following is None
                if following is not None:
                    queue.append(following)
            _hand_out(work, lanes, queue, isolation, deaf=standing is not None)
            if at not in answers:
                if not any(lane.waiting for lane in lanes):
                    return
                answers.update(_collect(lanes, queue, give_up, isolation))
            while at in answers:
                yield answers.pop(at)
                at += 1
    finally:
        for lane in list(lanes):
            if standing is None or lane.waiting:
                lane.close()
                lanes.remove(lane)


class Standing(Generic[T, R]):
    """Processes that stay between calls, for a service that is asked again and again.

    One call at a time. What dies while nothing is asked of it is replaced, and no item is blamed.
    """

    def __init__(
        self, work: Callable[[T], R], *, give_up: Callable[[T, Loss], R], isolation: Isolation
    ) -> None:
        self._work, self._give_up, self._isolation = work, give_up, isolation
        self.lanes: list[_Lane[T]] = []

    def start(self) -> None:
        """Have all the processes there before the first item comes.

        Raises:
            Unavailable: A process cannot be started.
        """
        while len(self.lanes) < self._isolation.workers:
            self.lanes.append(_start(self._work, deaf=True))

    def answers(self, items: Iterable[T]) -> Iterator[R]:
        """As :func:`isolated` gives them."""
        for lane in [one for one in self.lanes if not one.process.is_alive()]:
            lane.close()
            self.lanes.remove(lane)
        return isolated(
            self._work, items, give_up=self._give_up, isolation=self._isolation, standing=self
        )

    def close(self) -> None:
        """End the processes."""
        while self.lanes:
            self.lanes.pop().close()


@cache
def keep_freed_memory() -> None:
    """Let this process keep some 60 MB that an image needed for the next one.

    The C library gives a freed image back to the system and takes the pages anew for the next, a
    quarter of the time of an intake. It adapts its limits to the largest block that was freed
    (mallopt(3), M_MMAP_THRESHOLD), so one block is taken and freed, of which no page is touched;
    once a process, since from then on such a block would be touched.
    """
    block = np.empty(_ADAPTS_UP_TO - 2**20, dtype=np.uint8)  # a bytearray would be filled
    del block


def _hand_out(
    work: Callable[[T], R], lanes: list[_Lane[T]], queue: deque[tuple[int, T]],
    isolation: Isolation, *, deaf: bool = False,
) -> None:
    while queue:
        free = next((lane for lane in lanes if not lane.waiting), None)
        if free is None:
            if len(lanes) >= isolation.workers:
                return
            free = _start(work, deaf=deaf)
            lanes.append(free)
        for _ in range(min(isolation.chunk, len(queue))):
            free.waiting.append(queue.popleft())
        free.deadline = time.monotonic() + isolation.seconds_per_item
        with suppress(OSError):  # a process that died meanwhile is found when it is listened to
            free.connection.send([item for _, item in free.waiting])


def _collect(
    lanes: list[_Lane[T]],
    queue: deque[tuple[int, T]],
    give_up: Callable[[T, Loss], R],
    isolation: Isolation,
) -> dict[int, R]:
    busy = {lane.connection: lane for lane in lanes if lane.waiting}
    patience = max(0.0, min(lane.deadline for lane in busy.values()) - time.monotonic())
    ready = wait(list(busy), timeout=patience)
    answers: dict[int, R] = {}
    for connection, lane in busy.items():
        loss = None
        if connection in ready:
            try:
                answers[lane.waiting[0][0]] = connection.recv()
                lane.waiting.popleft()
                lane.deadline = time.monotonic() + isolation.seconds_per_item
            except (EOFError, OSError):
                loss = Loss.CRASHED
        elif time.monotonic() >= lane.deadline:
            loss = Loss.TIMED_OUT
        if loss is not None:
            index, item = lane.waiting.popleft()
            answers[index] = give_up(item, loss)
            queue.extendleft(reversed(lane.waiting))
            lane.close()
            lanes.remove(lane)
    return answers


def _start(work: Callable[[T], R], *, deaf: bool) -> _Lane[T]:
    """A process that has said it is ready; one that cannot start is not the fault of any item.

    deaf: Ctrl+C does not reach it: who started it finishes its work first.
    """
    context = multiprocessing.get_context("forkserver")
    # what a first call names stays preloaded for all later ones; this module serves each of them
    context.set_forkserver_preload([__name__, _home_of(work)])
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(work, there, deaf), daemon=True)
    process.start()
    there.close()
    lane: _Lane[T] = _Lane(process=process, connection=here)
    try:
        started = here.poll(_SECONDS_TO_START) and here.recv() == _READY
    except (EOFError, OSError):
        started = False
    if not started:
        lane.close()
        raise Unavailable(
            "A worker process did not start.",
            hint="Guard the starting script with if __name__ == '__main__', or use one worker.",
        )
    return lane


def _home_of(work: Callable[[T], R]) -> str:
    function = getattr(work, "func", work)
    return str(getattr(function, "__module__", type(work).__module__))


def _serve(work: Callable[[T], R], connection: Connection, deaf: bool) -> None:
    if deaf:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    with suppress(EOFError, KeyboardInterrupt, BrokenPipeError):
        connection.send(_READY)
        while True:
            for item in connection.recv():
                connection.send(work(item))
