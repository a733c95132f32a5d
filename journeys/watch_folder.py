"""Take files from a folder into the day's arrivals of a site, until told to stop."""

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

from filelock import FileLock, Timeout

from imaging.node.arrivals import keep_arrival
from imaging.node.watching import Memory, Patience, Round, WatchedFolder
from records.clock import now_in, require_no_demonstration
from records.errors import InvalidInput, RadvigilError, Unavailable
from records.keys import workspace_key
from records.site_names import check_site_name
from records.store import Store

MEMORY = ".taken.sqlite"
"""In the folder of arrivals; hidden, so that nothing takes it for one."""


def watch_folder(
    store: Store, folder: Path, site: str, *, stop: Event, patience: Patience,
    every_seconds: float, remove: bool, tell: Callable[[str], None],
) -> int:
    """Look through the folder every few seconds and keep what is whole; how many were kept.

    What is wrong is told once, and again when it changes; it ends nothing.

    Raises:
        Refused: A demonstration takes in nothing from outside.
        InvalidInput: The folder is none, or lies in the workspace or around it.
        Unavailable: Another watcher looks through it, or what was taken cannot be remembered.
    """
    check_site_name(site)
    with store.reader() as reader:
        require_no_demonstration(reader)
    _require_apart(folder, store)
    incoming = store.workspace.incoming
    key = workspace_key(store, "pseudonym")

    def name_of(path: Path) -> str:
        place = site.encode() + b"\0" + os.fsencode(path.absolute())
        return hmac.new(key, place, hashlib.sha256).hexdigest()

    def keep(content: bytes) -> None:
        name = f"{hashlib.sha256(content).hexdigest()}.dcm"
        if any((incoming / site).glob(f"*/{name}")):  # before midnight, and killed before it knew
            return
        with store.reader() as reader:
            day = now_in(reader).date()
        keep_arrival(incoming, site, day, content)

    watched = WatchedFolder(
        folder, Memory(incoming / MEMORY, name_of), keep, patience=patience, remove=remove
    )
    taken, told = 0, ""
    with _alone(incoming, hmac.new(key, os.fsencode(folder.resolve()), hashlib.sha256).hexdigest()):
        while not stop.is_set():
            words, some = _one_round(watched, stop)
            taken += some.taken
            if words != told:
                tell(words or "What was wrong is over.")
                told = words
            stop.wait(every_seconds)
    return taken


@contextmanager
def _alone(incoming: Path, folder: str) -> Iterator[None]:
    """One watcher a folder: two would both take what is in it. A kill ends the lock."""
    lock = FileLock(incoming / f".watching-{folder[:16]}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise Unavailable(
            "Another watcher looks through this folder.", hint="End that one first."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _one_round(watched: WatchedFolder, stop: Event) -> tuple[str, Round]:
    """A look at the folder, and what is wrong in words that name no file."""
    try:
        found = watched.look(monotonic(), stopped=stop.is_set)
    except RadvigilError as wrong:
        return wrong.message, Round()
    words = [f"{n} {why}" for why, n in sorted(found.faults.items())]
    return "; ".join([*words, found.ended] if found.ended else words), found


def _require_apart(folder: Path, store: Store) -> None:
    """The workspace's own files are no arrivals."""
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder {folder}.", hint="Make it, or mount it, first.")
    here, home = folder.resolve(), store.workspace.home
    if here.is_relative_to(home) or home.is_relative_to(here):
        raise InvalidInput(
            "The folder lies in the workspace, or the workspace in it.",
            hint="Name a folder apart from it.",
        )
