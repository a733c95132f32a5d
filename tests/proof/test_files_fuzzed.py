"""Hostile files: each is accepted or refused with a code; none crashes, hangs or swells."""

import os
import resource
import time
from collections import Counter
from dataclasses import dataclass

import pytest

from imaging.deidentify import Deidentifier
from imaging.frames import read_frames
from imaging.isolation import Isolation, Loss, isolated
from imaging.overlays import overlays
from imaging.pixels import PixelRefusal, PixelsRefused, parse_file
from imaging.reception import Reason, Received, examine_bytes
from imaging.rendering import rendered
from tests.imaging.conftest import KEY
from tests.proof.mutations import mutated, seeds

pytestmark = [pytest.mark.proof, pytest.mark.timeout(4 * 3600)]

FILES = 20_000 if os.environ.get("RADVIGIL_PROOF") == "full" else 500
MOST_SECONDS = 5.0  # of processor time for one file, by both ways of reading
MOST_MEGABYTES = 1000  # of a process that reads nothing but such files
FRAMES_LOOKED_AT = 4


@dataclass(frozen=True)
class Answer:
    """What became of one file; ``frames`` is the general reading, ``device`` the device's."""

    index: int
    device: str
    frames: str
    seconds: float
    megabytes: float


def read_both_ways(index: int) -> Answer:
    """What the device's reading and the general one say of the file of this number."""
    content = mutated(index)
    began = time.process_time()
    found = examine_bytes(content, Deidentifier(KEY))
    device = "accepted" if isinstance(found, Received) else str(Reason(found.reason))
    frames = general(content)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Answer(index, device, frames, seconds, peak)


def general(content: bytes) -> str:
    """The general reading, as a viewer would do it."""
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frames = read_frames(parse_file(content))
            for index in range(min(len(frames), FRAMES_LOOKED_AT)):
                rendered(frames, index)
                overlays(frames, index)
    except PixelsRefused as refused:
        return str(PixelRefusal(refused.reason))
    except Exception as error:  # what a caller would not expect
        return f"raised {type(error).__name__}"
    return "accepted"


def given_up(index: int, loss: Loss) -> Answer:
    """A file that ended or stalled its process."""
    return Answer(index, str(loss), str(loss), 60.0, 0.0)


def test_every_file_is_accepted_or_refused_with_a_code() -> None:
    assert len(seeds()) > 100
    isolation = Isolation(workers=2, chunk=8, seconds_per_item=120.0)
    answers = list(isolated(read_both_ways, range(FILES), give_up=given_up, isolation=isolation))
    assert [one.index for one in answers] == list(range(FILES))
    lost = [one for one in answers if one.device in ("crashed", "timed_out")]
    assert not lost, lost
    raised = [one for one in answers if one.frames.startswith("raised")]
    assert not raised, raised
    slowest = max(answers, key=lambda one: one.seconds)
    largest = max(answers, key=lambda one: one.megabytes)
    print(
        f"\n{FILES} files; device {dict(Counter(one.device for one in answers))}; "
        f"frames {dict(Counter(one.frames for one in answers))}; slowest {slowest.seconds:.2f} s "
        f"(file {slowest.index}); most memory {largest.megabytes:.0f} MB (by file {largest.index})"
    )
    assert slowest.seconds < MOST_SECONDS, slowest
    assert largest.megabytes < MOST_MEGABYTES, largest
    codes = {one.device for one in answers} | {one.frames for one in answers}
    assert len(codes) >= 8, "the changes reach too few of the ways to be broken"
    assert "accepted" in codes
