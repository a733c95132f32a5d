"""From files to stored studies, beside a bare read and decode of the same files by pydicom.

    python -m benchmarks.ingest [files] [side]
    python -m benchmarks.ingest memory 20000

Radiographs of 12 bits, each with its own patient, in the transfer syntaxes in which a hospital
archives; both arms use the pinned decoders and one process, in turns. With two processes beside it
the first one only keeps bytes and records: its share of the work says how far more would help, also
on a machine that is too busy to show it. A third arm does nothing but what no intake can leave out:
the same read and decode, people taken out, SHA-256 of what came and of what is kept, one file
written and synced, one audited row. Its ratio is the best that an intake could reach that cost
nothing else. ``memory`` takes many small images in and prints the memory of the process on the way.
"""

import gc
import hashlib
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.decoders import compressed, picture
from imaging.ingest import Arrival, ingest
from records.quiet import switch_off_usage_statistics
from records.settings import Workspace
from records.store import Store, open_store

ROUNDS = 3
ROOT = "1.2.826.0.1.3680043.2.1125"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SYNTAXES = {
    "uncompressed": "1.2.840.10008.1.2.1", "RLE": "1.2.840.10008.1.2.5",
    "JPEG-LS": "1.2.840.10008.1.2.4.80", "JPEG lossless": "1.2.840.10008.1.2.4.70",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
}  # fmt: skip


def write_files(folder: Path, syntax: str, count: int, side: int) -> list[Path]:
    """Files of one transfer syntax, each of another patient."""
    one = picture(side, 12)
    one.Modality, one.BodyPartExamined, one.ViewPosition = "DX", "CHEST", "PA"
    one.Manufacturer, one.KVP, one.ImagerPixelSpacing = "Example Imaging", "120", ["0.2", "0.2"]
    one.PatientSex, one.PatientAge, one.StudyDate = "F", "064Y", "20260103"
    one.PatientID = one.StudyInstanceUID = one.SeriesInstanceUID = "2.25.1"
    if syntax != SYNTAXES["uncompressed"]:
        one = compressed(one, syntax)
    root = f"{ROOT}.{syntax.rpartition('.')[2]}"
    paths = []
    for number in range(count):
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"{root}.9.{number}"
        one.StudyInstanceUID, one.SeriesInstanceUID = f"{root}.8.{number}", f"{root}.7.{number}"
        one.PatientID, one.PatientName = f"PAT{number:07d}", f"Zwetschkenbaum{number}^Ottilie"
        path = folder / f"{syntax}.{number}"
        one.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of this process's processor time."""

    clock: float
    processor: float


def timed(work: Callable[[], object]) -> Took:
    """What a piece of work takes."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - clock, time.process_time() - processor)


def bare(paths: list[Path]) -> None:
    """Pydicom reads and decodes."""
    import pydicom

    from imaging.decoders import decoded

    for path in paths:
        decoded(pydicom.dcmread(path))


def ours(paths: list[Path], workers: int) -> Took:
    """To stored studies, in an empty workspace, which is made and closed outside the time."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace").create()
        store = open_store(workspace, url="")
        try:
            took = timed(lambda: taken_in(store, paths, workers))
        finally:
            store.close()
    return took


def indispensable(paths: list[Path]) -> dict[str, float]:
    """Processor seconds of each part that no intake can leave out, in an empty workspace."""
    import pydicom

    from imaging.decoders import decoded
    from imaging.deidentify import Deidentifier
    from imaging.encoding import encode_file
    from records.private import write_private

    spent: dict[str, float] = {}

    def part(name: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        found = work()
        spent[name] = spent.get(name, 0.0) + time.process_time() - began
        return found

    deidentifier = Deidentifier(bytes(32))
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            dataset = part("read", lambda path=path: pydicom.dcmread(path))
            part("decode", lambda dataset=dataset: decoded(dataset))
            content = path.read_bytes()
            kept = part("de-identify", lambda dataset=dataset: encode_file(
                deidentifier.deidentify(dataset).dataset
            ))  # fmt: skip
            for one in (content, kept):
                part("SHA-256 twice", lambda one=one: hashlib.sha256(one).hexdigest())
            target = Path(folder) / path.name
            part("write and sync", lambda target=target, kept=kept: write_private(target, kept))
        store = open_store(Workspace(Path(folder) / "workspace").create(), url="")
        audited_rows(store, 1)  # what the first transaction of a process makes ready is left out
        part("audited row", lambda: audited_rows(store, len(paths)))
        store.close()
    return spent


def audited_rows(store: Store, count: int) -> None:
    """So many studies in one transaction."""
    from records.cases import Study
    from records.queries import register_site

    with store.transaction("intake", now=NOW) as tx:
        site = register_site(tx, "northfield", origin="reported", now=NOW)
        tx.add_all(
            Study(study_uid=f"2.25.{count}.{number}", patient=f"P{number}", site_id=site.id or 0,
                  purpose="clinical", arrived_on=NOW.date(), received_at=NOW, modality="DX",
                  rows=512, columns=512)
            for number in range(count)
        )  # fmt: skip


def taken_in(store: Store, paths: list[Path], workers: int) -> None:
    """Every file to a stored study."""
    arrival = Arrival("northfield", "clinical", date(2026, 1, 5))
    report = ingest(store, paths, arrival, actor="intake", now=NOW, workers=workers)
    assert report.stored == len(paths), report.to_dict()


def compare(count: int, side: int) -> None:
    """Print images a second of both arms, and the ratio, by transfer syntax and for the mix."""
    print(f"{count} files of {side} x {side} x 12 bits a syntax; images a second")
    with tempfile.TemporaryDirectory() as folder:
        everything: list[Path] = []
        for name, syntax in SYNTAXES.items():
            paths = write_files(Path(folder), syntax, count, side)
            everything += paths
            report(name, paths)
        report("all of them, mixed", everything)


def report(name: str, paths: list[Path]) -> None:
    """One line: medians of the rounds."""
    arms: tuple[list[Took], ...] = ([], [], [])
    parts: list[dict[str, float]] = []
    for _ in range(ROUNDS):
        gc.collect()
        for arm, took in zip(
            arms, (timed(lambda: bare(paths)), ours(paths, 1), ours(paths, 2)), strict=True
        ):
            arm.append(took)
        parts.append(indispensable(paths))
    alone, one, two = (len(paths) / statistics.median(t.clock for t in arm) for arm in arms)
    processor = [statistics.median(took.processor for took in arm) for arm in arms]
    print(
        f"  {name}: pydicom {alone:.0f}, ours {one:.0f} (ratio {one / alone:.2f} by the clock, "
        f"{processor[0] / processor[1]:.2f} by processor time), on two processes {two:.0f} "
        f"({two / one:.2f} times; the first process then has {processor[2] / processor[1]:.2f} of "
        "the work of one alone)",
        flush=True,
    )
    least = {name: statistics.median(part[name] for part in parts) for name in parts[0]}
    each = ", ".join(f"{name} {1e3 * took / len(paths):.2f}" for name, took in least.items())
    print(
        f"    processor ms an image: pydicom {1e3 * processor[0] / len(paths):.2f}, ours "
        f"{1e3 * processor[1] / len(paths):.2f}; indispensable {each}: at best a ratio of "
        f"{processor[0] / sum(least.values()):.2f}",
        flush=True,
    )


def memory(count: int) -> None:
    """Print the resident memory of the process while many images are taken in."""
    import psutil

    me = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder), SYNTAXES["uncompressed"], count, 64)
        workspace = Workspace(Path(folder) / "workspace").create()
        store = open_store(workspace, url="")
        began = time.perf_counter()
        for start in range(0, count, 2000):
            taken_in(store, paths[start : start + 2000], 1)
            used: Any = me.memory_info().rss / 1e6
            done = min(start + 2000, count)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
            print(
                f"  {done} images: {used:.0f} MB, at most {peak:.0f} MB, "
                f"{time.perf_counter() - began:.0f} s",
                flush=True,
            )
        store.close()


def main() -> None:
    """Compare, or measure memory."""
    switch_off_usage_statistics()
    if sys.argv[1:2] == ["memory"]:
        memory(int(sys.argv[2]) if len(sys.argv) > 2 else 20_000)
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    compare(count, int(sys.argv[2]) if len(sys.argv) > 2 else 512)


if __name__ == "__main__":
    main()
