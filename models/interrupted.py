"""What a killed training run leaves behind: processes that go on without it, and DVC's lock."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

_LOCK = Path(".dvc") / "tmp" / "rwlock"
_PATIENCE = 10.0  # seconds a process is given to end by itself


def end_interrupted_run(folder: Path) -> None:
    """End what an interrupted training run left in ``folder``, so that the next one can begin.

    To be called by the holder of the run's lock only: whoever wrote here before it is then gone,
    and a process of DVC that still works in the folder has lost its parent. DVC's list of files
    in use outlives a killed run, and DVC believes it while the process number exists, also as a
    zombie or given to another program.
    """
    orphans = [one for one in psutil.process_iter() if _works_in(one, folder)]
    for process in orphans:
        _signal(process, hard=False)
    for process in psutil.wait_procs(orphans, timeout=_PATIENCE)[1]:
        _signal(process, hard=True)
    psutil.wait_procs(orphans, timeout=_PATIENCE)
    (folder / _LOCK).unlink(missing_ok=True)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    """Whether this is a run's own process: DVC, or a stage of ``dvc.yaml``, in this folder."""
    if process.pid == os.getpid():
        return False
    try:
        if process.status() == psutil.STATUS_ZOMBIE or Path(process.cwd()) != folder.resolve():
            return False
        return any(_is_a_run(words) for words in _pairs(process.cmdline()))
    except (psutil.Error, OSError):
        return False  # of another user, or ended while it was looked at


def _pairs(command: list[str]) -> Iterator[tuple[str, str]]:
    words = " ".join(command).split()
    return itertools.pairwise(words)


def _is_a_run(words: tuple[str, str]) -> bool:
    program, argument = Path(words[0]).name, words[1]
    if Path(words[0]).parts[-2:] == ("dvc", "__main__.py"):
        program = "dvc"
    return (program, argument) in {("dvc", "repro"), ("radvigil", "model")}


def _signal(process: psutil.Process, *, hard: bool) -> None:
    try:
        if hard:
            process.kill()
        else:
            process.terminate()
    except psutil.Error:
        pass  # it has ended
