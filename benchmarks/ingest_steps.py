"""Where the processor time of an intake goes, measured in place while whole batches are taken in.

    python -m benchmarks.ingest_steps [files] [side]

Each step without what it calls that is a step itself, in milliseconds an image, least of three
batches, each thread by its own clock; the rest is what no step covers. The clock costs some
microseconds a step.
"""

import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.ingest import SYNTAXES, bare, ours, timed, write_files
from records.quiet import switch_off_usage_statistics

BATCHES = 3
SHOWN = ("uncompressed", "RLE", "JPEG-LS")


class Steps:
    """Functions that are clocked while they stand in for themselves."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._own = threading.local()

    def clock(self, home: Any, name: str, step: str) -> None:
        """Put the time of a function of a module or class down to a step."""
        function: Callable[..., Any] = getattr(home, name)

        def clocked(*args: Any, **more: Any) -> Any:
            inner: list[float] = self._own.__dict__.setdefault("inner", [])
            began = time.thread_time()
            inner.append(0.0)
            try:
                return function(*args, **more)
            finally:
                took = time.thread_time() - began
                self.spent[step] += took - inner.pop()
                if inner:
                    inner[-1] += took

        setattr(home, name, clocked)


def clock_all(steps: Steps) -> None:
    """The steps of an intake, from the file to the records."""
    from imaging import examining, ingest, pixels, reception
    from imaging.deidentify import Deidentifier
    from records import store
    from records.store import WriteSession
    from records.vault import Vault

    for home, name, step in (
        (examining, "examine", "read, put together"), (reception.hashlib, "sha256", "SHA-256"),
        (reception, "parse_file", "structure checked"), (pixels.pydicom, "dcmread", "parsed"),
        (reception, "study_header", "header facts"), (reception, "read_pixels", "limits, scaled"),
        (pixels, "decoded", "decoded"), (reception, "measure_quality", "quality measures"),
        (Deidentifier, "deidentify", "de-identified"),
        (reception, "encode_file", "written as a file in memory"),
        (Vault, "put", "kept with fsync"), (ingest, "identity_store", "identity mapping"),
        (ingest, "keep_identities", "identity mapping"), (ingest, "record_ingest", "records"),
        (ingest, "sent_again", "records"), (WriteSession, "commit", "records"),
        (store, "seal", "records"),
    ):  # fmt: skip
        steps.clock(home, name, step)


def main() -> None:
    """Print a table for each transfer syntax."""
    switch_off_usage_statistics()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    side = int(sys.argv[2]) if len(sys.argv) > 2 else 512
    steps = Steps()
    with tempfile.TemporaryDirectory() as folder:
        made = {one: write_files(Path(folder), SYNTAXES[one], count, side) for one in SHOWN}
        ours(made["uncompressed"], 1)
        clock_all(steps)
        for name, paths in made.items():
            best: dict[str, float] = {}
            for _ in range(BATCHES):
                steps.spent.clear()
                whole = ours(paths, 1).processor
                found = {**steps.spent, "all else": whole - sum(steps.spent.values()),
                         "the intake as a whole": whole}  # fmt: skip
                best = {step: min(took, best.get(step, took)) for step, took in found.items()}
            alone = min(timed(partial(bare, paths)).processor for _ in range(BATCHES))
            print(f"{name}: pydicom reads and decodes {1e3 * alone / count:.2f} ms")
            for step, took in best.items():
                print(f"  {step}: {1e3 * took / count:.2f}", flush=True)


if __name__ == "__main__":
    main()
