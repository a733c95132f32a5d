"""From stored studies to recorded Predictions, beside what no reading can do without.

    python -m benchmarks.prediction [STUDIES] [SIDE OF THE IMAGES] [SIDE OF THE NETWORK]
    python -m benchmarks.prediction memory 10000

The product's path: the bytes of each image from controlled storage, verified by SHA-256, parsed
within limits, decoded, prepared, ONNX Runtime, and Prediction rows with their event in the audit
trail, committed. Its floors, over the same files: pydicom reads and decodes; the same ONNX file
answers prepared pictures in batches of 32. One process and one thread each, in turns, in one run;
medians of the rounds. Target: 0.7 of the rate of the slower floor. Half of the files are
uncompressed, half are JPEG Lossless; each half is shown alone too.

Beside them one study at a time, as a MONAI Deploy application works (:mod:`benchmarks.one_by_one`):
a process a study, as it is deployed; and, in its favour, the same in this process without start
and imports, its model loaded for each study. Target: 3 times its rate.

``memory`` reads many small studies and prints the memory of the process on the way.
"""

import gc
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import one_by_one
from benchmarks.ingest import SYNTAXES, Took, timed, write_files
from imaging.ingest import Arrival, ingest
from journeys.read_studies import read_studies
from journeys.serving_versions import load_verified
from journeys.watch_day import Watch, watch_of
from models.predict import Predictor, trained_engine
from records.cases import Prediction
from records.queries import studies_awaiting_prediction
from records.settings import REPOSITORY, Workspace
from records.store import Store, open_store
from records.vault import Vault
from tests.gateway.operation import ACTOR, DEVICE, SITE, in_operation
from tests.models.conftest import write_dataset
from tests.services.trained import BEGIN

ROUNDS, BATCH, PROCESSES = 3, 32, 2
DAY = date(2026, 1, 5)
MIX = ("uncompressed", "JPEG lossless")


def trained(folder: Path, side: int) -> Path:
    """A residual network of the reference device's width, trained on squares in noise."""
    from models.params import DecodeParams, FitParams, Params, params_text
    from models.train import STAGES, run_stage

    folder.mkdir()
    write_dataset(folder / "dataset")
    fit = replace(FitParams(), image_passes=72, min_epochs=1, max_epochs=1, batch_size=12)
    (folder / "params.yaml").write_text(params_text(Params(3, 1, DecodeParams(side, 1), fit)))
    for stage in STAGES:
        run_stage(stage, folder)
    return folder / "model"


@dataclass(frozen=True)
class Bench:
    """A live workspace in which the model runs at one site, and the same model for the others."""

    store: Store
    folder: Path
    watch: Watch
    predictor: Predictor
    traced: Path
    side: int

    def image(self, digest: str) -> Path:
        """Where the stored file of an image lies."""
        return Vault(self.store.workspace.vault).path_of(digest)


@contextmanager
def bench(side: int) -> Iterator[Bench]:
    """Everything that the arms share, made outside their time."""
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="radvigil-prediction-") as name:
        folder = Path(name)
        store = open_store(Workspace(folder / "workspace").create(), url="")
        model = trained(folder / "training", side)
        version = in_operation(store, folder, model)
        predictor = load_verified(store, version)
        network = trained_engine(model, predictor).network
        traced = folder / "model.ts"
        torch.jit.trace(network, torch.zeros(1, 1, side, side)).save(str(traced))
        with store.reader() as reader:
            watch = watch_of(reader, DEVICE)
        yield Bench(store, folder, watch, predictor, traced, side)
        store.close()


def stored(bench: Bench, paths: list[Path], workers: int = 1) -> list[tuple[int, int, str]]:
    """The files taken in; the studies that wait to be read."""
    arrival = Arrival(SITE, "clinical", DAY)
    taken = ingest(bench.store, paths, arrival, actor="intake", now=BEGIN, workers=workers)
    assert taken.stored == len(paths), taken.to_dict()
    with bench.store.reader() as reader:
        return studies_awaiting_prediction(
            reader, bench.watch.version, sites=bench.watch.sites
        )


def ours(bench: Bench, waiting: list[tuple[int, int, str]]) -> None:
    """Every study to a recorded Prediction."""
    new = read_studies(
        bench.store, bench.watch, waiting, load=lambda: bench.predictor, actor=ACTOR,
        reason="benchmark", now=BEGIN,
    )
    assert new == len(waiting)


def bare_decode(paths: list[Path]) -> None:
    """Pydicom reads and decodes, with the pinned decoders."""
    import pydicom

    from imaging.decoders import decoded

    for path in paths:
        decoded(pydicom.dcmread(path))


def bare_forward(session: Any, values: Any) -> None:
    """The ONNX file answers, in batches, what is ready in memory."""
    name = session.get_inputs()[0].name
    for at in range(0, len(values), BATCH):
        session.run(None, {name: values[at : at + BATCH]})


def values_of(bench: Bench, paths: list[Path]) -> Any:
    """The inputs of the network, as the product prepares them."""
    import numpy as np

    from imaging.pixels import read_file, read_pixels

    made = bench.predictor.preprocessing
    pictures: Any = np.stack([made.picture(read_pixels(read_file(one)).array) for one in paths])
    return made.values(pictures)


def one_at_a_time(bench: Bench, folders: list[Path]) -> None:
    """In this process, the model loaded for each study."""
    for folder in folders:
        model = one_by_one.loaded_model(bench.traced)
        one_by_one.answered(model, bench.side, bench.folder / "out" / folder.name, folder)


def one_a_process(bench: Bench, folders: list[Path]) -> Took:
    """A process a study; processor time is that of the processes."""
    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    began, before = time.perf_counter(), spent()
    for folder in folders:
        out = bench.folder / "out" / f"{folder.name}-process"
        subprocess.run(
            [sys.executable, "-m", "benchmarks.one_by_one", bench.traced, str(bench.side), out,
             folder],
            check=True, cwd=REPOSITORY,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
    return Took(time.perf_counter() - began, spent() - before)


def in_turns(bench: Bench, paths: dict[str, list[Path]]) -> None:
    """All arms over one kind of files after the other, rounds in turns; a line an arm."""
    for name, files in paths.items():
        arms: dict[str, list[Took]] = {}
        share = len(files) // ROUNDS
        for turn in range(ROUNDS):
            some = files[turn * share : (turn + 1) * share]
            waiting = stored(bench, some)
            images = [bench.image(digest) for _, _, digest in waiting]
            values, folders = values_of(bench, images), apart(bench, images)
            gc.collect()
            work: dict[str, Callable[[], Took]] = {
                "bare decode": partial(timed, partial(bare_decode, images)),
                "bare forward": partial(
                    timed, partial(bare_forward, bench.predictor.engine.session, values)
                ),
                "ours": partial(timed, partial(ours, bench, waiting)),
                "one at a time": partial(timed, partial(one_at_a_time, bench, folders)),
            }
            for arm, run in work.items():
                arms.setdefault(arm, []).append(run())
            if name == "mixed":
                few = one_a_process(bench, folders[:PROCESSES])
                scale = share / PROCESSES
                arms.setdefault("a process a study", []).append(
                    Took(few.clock * scale, few.processor * scale)
                )
        report(name, share, arms)


def apart(bench: Bench, images: list[Path]) -> list[Path]:
    """Each image in a folder of its own, as such an application is handed a study."""
    folders = []
    for image in images:
        folder = bench.folder / "studies" / image.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(image, folder / "1.dcm")
        folders.append(folder)
    return folders


def report(name: str, studies: int, arms: dict[str, list[Took]]) -> None:
    """Milliseconds a study of every arm, and the ratios of their rates."""
    middle = {
        arm: Took(
            statistics.median(one.clock for one in took),
            statistics.median(one.processor for one in took),
        )
        for arm, took in arms.items()
    }
    print(f"{name}, {studies} studies a round: ms a study by the clock, by processor time")
    for arm, took in middle.items():
        print(f"  {arm:<18} {1000 * took.clock / studies:8.2f} "
              f"{1000 * took.processor / studies:8.2f}")  # fmt: skip
    floor = [
        max(getattr(middle[arm], kind) for arm in ("bare decode", "bare forward"))
        / getattr(middle["ours"], kind)
        for kind in ("clock", "processor")
    ]
    print(f"  of the slower floor: {floor[0]:.2f} by the clock, {floor[1]:.2f} by processor time")
    for arm in ("one at a time", "a process a study"):
        if arm in middle:
            print(f"  {arm}: ours {middle[arm].clock / middle['ours'].clock:.1f} times as fast by "
                  f"the clock, {middle[arm].processor / middle['ours'].processor:.1f} by processor "
                  "time")  # fmt: skip
    sys.stdout.flush()


def compare(count: int, image_side: int, side: int) -> None:
    """Both halves of the files and their mix, at one side of the network."""
    print(f"images of {image_side} x {image_side} x 12 bits, network of {side} x {side}")
    with bench(side) as ready:
        source = ready.folder / "in"
        halves = []
        paths: dict[str, list[Path]] = {}
        for name in MIX:
            folder = source / name
            folder.mkdir(parents=True)
            written = write_files(folder, SYNTAXES[name], 2 * count * ROUNDS, image_side)
            paths[name] = written[: count * ROUNDS]
            halves.append(written[count * ROUNDS :])
        paths["mixed"] = [one for pair in zip(*halves, strict=True) for one in pair]
        in_turns(ready, paths)
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def memory(count: int) -> None:
    """Print the resident memory of the process while many studies are read."""
    import psutil

    me = psutil.Process()
    with bench(64) as ready:
        folder = ready.folder / "in"
        folder.mkdir()
        paths = write_files(folder, SYNTAXES["uncompressed"], count, 64)
        waiting = stored(ready, paths, workers=2)
        gc.collect()
        began, done = time.perf_counter(), 0
        print(f"  before: {me.memory_info().rss / 1e6:.0f} MB")
        for until in (1000, 2000, 5000, 10_000, 20_000):
            if done >= count:
                break
            ours(ready, waiting[done:until])
            done = min(until, count)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
            print(f"  {done} studies read: {me.memory_info().rss / 1e6:.0f} MB, at most "
                  f"{peak:.0f} MB, {time.perf_counter() - began:.0f} s", flush=True)  # fmt: skip
        with ready.store.reader() as reader:
            from sqlmodel import func, select

            assert reader.exec(select(func.count()).select_from(Prediction)).one() == count


def main() -> None:
    """Compare, or measure memory."""
    if sys.argv[1:2] == ["memory"]:
        memory(int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
        return
    given = [int(one) for one in sys.argv[1:]]
    compare(*(given + [20, 1024, 64][len(given) :]))


if __name__ == "__main__":
    main()
