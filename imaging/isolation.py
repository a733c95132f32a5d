"""Work on many items in other processes, so that no single file can crash or hang the rest.

A codec written in C can kill its process; a hostile file can keep it busy for ever. Each item is
answered one by one: when a process dies or falls silent, the item it was on is given up with the
reason, the process is replaced, and the work goes on. (The process pools of the standard library
lose the whole pool instead.)
"""

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

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
) -> Iterator[R]:
    """The answer to every item, in the order of the items, whatever happens to a process.

    work: picklable; give_up: called here for an item whose process died or fell silent. At most
    two chunks a worker are held in memory ahead of what was taken. Raises Unavailable where a
    process cannot be started at all.
    """
    lanes: list[_Lane[T]] = []
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
            _hand_out(work, lanes, queue, isolation)
            if at not in answers:
                if not any(lane.waiting for lane in lanes):
                    return
                answers.update(_collect(lanes, queue, give_up, isolation))
            while at in answers:
                yield answers.pop(at)
                at += 1
    finally:
        for lane in lanes:
            lane.close()


def keep_freed_memory() -> None:
    """Let this process keep some 60 MB that an image needed for the next one.

    The C library gives a freed image back to the system and takes the pages anew for the next, a
    quarter of the time of an intake. It adapts its limits to the largest block that was freed
    (mallopt(3), M_MMAP_THRESHOLD), so one block is taken and freed, of which no page is touched.
    """
    block = bytearray(_ADAPTS_UP_TO - 2**20)
    del block


def _hand_out(
    work: Callable[[T], R], lanes: list[_Lane[T]], queue: deque[tuple[int, T]], isolation: Isolation
) -> None:
    while queue:
        free = next((lane for lane in lanes if not lane.waiting), None)
        if free is None:
            if len(lanes) >= isolation.workers:
                return
            free = _start(work)
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


def _start(work: Callable[[T], R]) -> _Lane[T]:
    """A process that has said it is ready; one that cannot start is not the fault of any item."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_home_of(work)])
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(work, there), daemon=True)
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


def _serve(work: Callable[[T], R], connection: Connection) -> None:
    keep_freed_memory()
    with suppress(EOFError, KeyboardInterrupt, BrokenPipeError):
        connection.send(_READY)
        while True:
            for item in connection.recv():
                connection.send(work(item))
