"""Many arriving files examined: one after the other here, some ahead, or in processes apart."""

import multiprocessing
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from imaging.deidentify import Deidentifier
from imaging.headers import ScopeRequirements
from imaging.isolation import Isolation, Loss, Standing, isolated, keep_freed_memory
from imaging.pixels import SizeLimits
from imaging.reception import Prepare, Reason, Received, Rejection, examine
from records.vault import file_digest

SentFile = tuple[Path, Deidentifier, Prepare | None]
"""A file with the de-identifier of its site, and what is to be made of its picture."""


def examine_many(
    paths: Iterable[Path],
    deidentifier: Deidentifier,
    requirements: ScopeRequirements | None = None,
    *,
    limits: SizeLimits | None = None,
    prepare: Prepare | None = None,
    workers: int = 1,
    seconds_per_file: float = 60.0,
) -> Iterator[Received | Rejection]:
    """The answer to every path, in order. With more than one worker, in processes of their own.

    One worker works here, fastest for small batches of files one trusts; with several, a file
    that kills or stalls a decoder is itself refused and the others go on. A daemonic process, which
    may have no children, works alone.
    """
    work = partial(
        examine, deidentifier=deidentifier, requirements=requirements, limits=limits,
        prepare=prepare,
    )
    if workers <= 1 or multiprocessing.current_process().daemon:
        keep_freed_memory()
        return map(work, paths)
    isolation = Isolation(workers=workers, seconds_per_item=seconds_per_file)
    return isolated(work, paths, give_up=_given_up, isolation=isolation)


def examine_ahead(
    files: Iterable[tuple[Path, Deidentifier]], requirements: ScopeRequirements | None
) -> Iterator[Received | Rejection]:
    """The answer to every file, in order, from a process beside this one that works some ahead.

    Each file comes with the de-identifier of its site. At most 64 files are ahead.
    """
    if multiprocessing.current_process().daemon:
        return (examine(path, one, requirements) for path, one in files)
    return isolated(
        partial(_examine_sent, requirements=requirements),
        ((path, one, None) for path, one in files),
        give_up=_sent_given_up, isolation=Isolation(workers=1, chunk=32),
    )


def standing_reception(
    requirements: ScopeRequirements | None, *, workers: int, seconds_per_file: float
) -> Standing[SentFile, Received | Rejection]:
    """Processes that examine what a service is sent.

    A file that kills or stalls one is refused (crashed, timed_out) and the others go on.
    """
    return Standing(
        partial(_examine_sent, requirements=requirements), give_up=_sent_given_up,
        isolation=Isolation(workers, chunk=1, seconds_per_item=seconds_per_file),
    )


def _examine_sent(
    sent: SentFile, requirements: ScopeRequirements | None
) -> Received | Rejection:
    path, deidentifier, prepare = sent
    return examine(path, deidentifier, requirements, prepare=prepare)


def _sent_given_up(sent: SentFile, loss: Loss) -> Rejection:
    return _given_up(sent[0], loss)


def _given_up(path: Path, loss: Loss) -> Rejection:
    try:
        return Rejection(Reason(loss), "", file_digest(path), path.stat().st_size)
    except OSError:
        return Rejection(Reason(loss), "", "", 0)
