"""HL7 messages over MLLP (HL7 Implementation Guide, appendix C; IHE ITI TF-2 C.2), in, and answers.

python-hl7's streams on a thread of their own; messages are answered one after the other.
"""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, Protocol

from imaging.ris.faults import Fault
from records.errors import Unavailable

log = logging.getLogger(__name__)
_START, _END = b"\x0b", b"\x1c\r"
_CLOSING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a message may be (bytes), how many may call at once, how long a message may take
    from its first to its last byte, and how long a connection may be silent (seconds)."""

    message_bytes: int = 4 * 1024 * 1024
    connections: int = 20
    message_seconds: float = 30.0
    idle_seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where it listens, with TLS or without."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back (an HL7 message), its code, and whether the connection may go on."""

    content: bytes = field(repr=False)
    code: str
    goes_on: bool


@dataclass
class Listener:
    """A running listener: its port, and how many answers of which code it gave.

    refused: connections beyond the limit. broken: messages that did not end.
    """

    port: int
    answers: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    broken: int = 0


class MessageAnswering(Protocol):
    """What the listener asks: an answer to a message, and to one that is not whole."""

    def answer(self, content: bytes, address: str) -> Answer:
        """The answer to a whole message from this address."""
        ...

    def refuse(self, content: bytes, address: str, fault: Fault) -> Answer:
        """The answer to what is no whole message."""
        ...


@contextmanager
def listening(endpoint: Endpoint, desk: MessageAnswering) -> Iterator[Listener]:
    """Answer messages until the block ends; what was read whole by then is answered first.

    Raises:
        Unavailable: The address or port cannot be had.
    """
    listener, begun, stop = Listener(endpoint.port), Event(), _Stop()
    failed: list[OSError] = []

    def serve() -> None:
        try:
            asyncio.run(_Serving(endpoint, desk, listener).run(begun, stop))
        except OSError as busy:
            failed.append(busy)
        finally:
            begun.set()

    thread = Thread(target=serve, name="hl7", daemon=True)
    thread.start()
    begun.wait()
    if failed:
        raise Unavailable(
            f"HL7 cannot be listened for on {endpoint.host}:{endpoint.port}: "
            f"{failed[0].strerror}.",
            hint="Name another --port or --host, or end what listens there.",
        )
    try:
        yield listener
    finally:
        stop.now()
        thread.join(2 * _CLOSING_SECONDS)


class _Stop:
    """Tells the loop of another thread to end."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.event: asyncio.Event | None = None

    def now(self) -> None:
        if self.loop is not None and self.event is not None:
            with suppress(RuntimeError):  # it has ended
                self.loop.call_soon_threadsafe(self.event.set)


class _Serving:
    def __init__(self, endpoint: Endpoint, desk: MessageAnswering, listener: Listener) -> None:
        self._endpoint, self._limits = endpoint, endpoint.limits
        self._desk, self._listener = desk, listener
        self._calls: set[asyncio.Task[None]] = set()
        self._busy: set[asyncio.Task[None]] = set()
        self._writers: set[Any] = set()
        self._ending = False
        self._pool = ThreadPoolExecutor(1, "hl7-applying")

    async def run(self, begun: Event, stop: _Stop) -> None:
        """Listen until told to stop."""
        from hl7.mllp import start_hl7_server

        stop.loop, stop.event = asyncio.get_running_loop(), asyncio.Event()
        more: dict[str, Any] = (
            {"ssl": self._endpoint.tls, "ssl_handshake_timeout": 10.0} if self._endpoint.tls else {}
        )
        server = await start_hl7_server(
            self._called, self._endpoint.host, self._endpoint.port,
            limit=self._limits.message_bytes, **more,
        )
        self._listener.port = int(server.sockets[0].getsockname()[1])
        begun.set()
        try:
            await stop.event.wait()
        finally:
            self._ending = True
            for one in server.sockets:  # closed at once, it would leave open what it just accepted
                stop.loop.remove_reader(one.fileno())
            await asyncio.sleep(0.05)
            server.close()
            await self._finish()
            self._pool.shutdown()

    async def _finish(self) -> None:
        """Messages that are being answered come to their end; the rest is cut off."""
        if self._busy:
            await asyncio.wait(set(self._busy), timeout=_CLOSING_SECONDS)
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        for writer in self._writers:  # a call that was cut off before it began has closed nothing
            writer.transport.abort()
        await asyncio.sleep(0)

    def _called(self, reader: Any, writer: Any) -> None:
        self._writers.add(writer)
        if self._ending or len(self._calls) >= self._limits.connections:
            self._listener.refused += 1
            writer.transport.abort()
            self._writers.discard(writer)
            return
        call = asyncio.get_running_loop().create_task(self._call(reader, writer))
        self._calls.add(call)  # the loop itself holds a task only weakly
        call.add_done_callback(self._calls.discard)

    async def _call(self, reader: Any, writer: Any) -> None:
        address = str((writer.get_extra_info("peername") or [""])[0])
        try:
            while await self._exchange(reader, writer, address):
                pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # it went away, or was silent for too long
        except Exception as failed:
            log.error("an HL7 connection was cut off: %s", type(failed).__name__)
        finally:
            writer.close()
            with suppress(Exception):
                await writer.wait_closed()
            self._writers.discard(writer)

    async def _exchange(self, reader: Any, writer: Any, address: str) -> bool:
        """One message and its answer; whether the connection goes on."""
        first = await asyncio.wait_for(reader.readexactly(1), self._limits.idle_seconds)
        if first in (b"\r", b"\n"):  # some senders end a block with one more
            return True
        whole = first == _START
        fault, block = await self._block(reader) if whole else (Fault.NOT_HL7, b"")
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            if fault is None:
                answer = await self._asked(self._desk.answer, block, address)
            else:
                self._listener.broken += 1
                answer = await self._asked(self._desk.refuse, block, address, fault)
            self._listener.answers[answer.code] += 1
            writer.writeblock(answer.content)
            await asyncio.wait_for(writer.drain(), self._limits.message_seconds)
        finally:
            self._busy.discard(task)
        return answer.goes_on and fault is None

    async def _block(self, reader: Any) -> tuple[Fault | None, bytes]:
        try:
            reading = reader.readuntil(_END)
            block = await asyncio.wait_for(reading, self._limits.message_seconds)
        except asyncio.LimitOverrunError:
            return Fault.TOO_LARGE, await reader.read(4096)  # its header, for the answer
        except (TimeoutError, asyncio.IncompleteReadError):
            return Fault.HALF, b""
        return None, block[: -len(_END)]

    async def _asked(self, ask: Callable[..., Answer], *given: Any) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._pool, ask, *given)
