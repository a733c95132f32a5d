"""Decoding that a file can kill or stall, in the place of the real one."""

import os
import signal
import time
from functools import partial

from imaging.examining import SentFile
from imaging.headers import ScopeRequirements
from imaging.isolation import Isolation, Loss, Standing
from imaging.reception import Reason, Received, Rejection, examine
from records.vault import file_digest

KILLS, STALLS = b"this kills", b"this stalls"
TRIED = ".tried"
"""Ends the name of the file beside one that stalls: a sign for each time that it was tried."""


def standing_prey(
    requirements: ScopeRequirements | None, *, workers: int, seconds_per_file: float
) -> Standing[SentFile, Received | Rejection]:
    """As the real one, but for what the two marks do."""
    return Standing(
        partial(_examined, requirements=requirements), give_up=_given_up,
        isolation=Isolation(workers, chunk=1, seconds_per_item=seconds_per_file),
    )


def _examined(
    sent: SentFile, requirements: ScopeRequirements | None
) -> Received | Rejection:
    content = sent[0].read_bytes()
    if KILLS in content:
        os.kill(os.getpid(), signal.SIGKILL)
    if STALLS in content:
        with sent[0].with_suffix(TRIED).open("a") as tried:
            tried.write("x")
        time.sleep(600)
    return examine(sent[0], sent[1], requirements, prepare=sent[2])


def _given_up(sent: SentFile, loss: Loss) -> Rejection:
    return Rejection(Reason(loss), "", file_digest(sent[0]), sent[0].stat().st_size)
