"""Bytes go to controlled storage while the next file is looked at, and lie there in time."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from records.vault import Vault

AT_ONCE: Final = 4
"""Files that are on their way to the disk together; so many are in memory at most."""


class Keeping:
    """A block at whose end everything that was put is on the disk.

    A disk answers several files hardly later than one, and who examines the next file meanwhile
    does not wait for it at all.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="keeping")
        self._waiting: deque[Future[str]] = deque()

    def put(self, content: bytes, digest: str) -> None:
        """Begin to keep these bytes under their SHA-256 (:meth:`records.vault.Vault.put`).

        Raises:
            Unavailable: The disk took no more of what was put before.
        """
        self._waiting.append(self._threads.submit(self._vault.put, content, digest=digest))
        if len(self._waiting) >= AT_ONCE:
            self._waiting.popleft().result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Wait for all; raises Unavailable where the disk takes no more."""
        self._threads.shutdown(cancel_futures=kind is not None)
        if kind is None:
            while self._waiting:
                self._waiting.popleft().result()
