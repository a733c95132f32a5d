"""How fast the prediction service answers over HTTP, beside the same work without HTTP.

    python -m benchmarks.gateway [STUDIES] [SIDE]

Both arms decode in two processes, read with the same small model and record in the same workspace,
in turns. Without HTTP: files on disk to recorded Predictions, 16 studies a batch. Over HTTP: the
service as an operator starts it, asked by 32 programs at once from a process of their own on the
same machine; every study is on disk (fsync) before it is read. Target: 0.8 of the rate. Processor
seconds are those of the service and what it started, without its callers. The latencies are what a
program waits when 32 ask at once, and when one asks alone.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil

from imaging.examining import standing_reception
from journeys.answer_studies import Answer, Outcome, Sent, answer_studies, examine_sent
from journeys.serving_versions import ServingVersions
from journeys.watch_day import scope_of
from records.settings import Workspace
from records.store import Store, open_store
from records.vault import file_digest
from tests.cli.conftest import write_radiograph
from tests.gateway.operation import ACTOR, DEVICE, SITE, in_operation, running, token
from tests.models.conftest import write_dataset

ROUNDS, AT_ONCE, BATCH = 3, 32, 16

CALLERS = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import local
address, secret, at_once, *paths = sys.argv[1:]
contents = [Path(one).read_bytes() for one in paths]
mine = local()
def send(content):
    if not hasattr(mine, "connection"):
        mine.connection = HTTPConnection(address.removeprefix("http://"), timeout=120)
    began = time.perf_counter()
    mine.connection.request("POST", "/studies", content, {
        "Authorization": "Bearer " + secret, "Content-Type": "application/dicom"})
    answer = mine.connection.getresponse().read()
    assert json.loads(answer)["status"] == "read", answer
    return time.perf_counter() - began
began = time.perf_counter()
with ThreadPoolExecutor(int(at_once)) as pool:
    seconds = list(pool.map(send, contents))
print(json.dumps([time.perf_counter() - began, seconds]))
"""


def trained(folder: Path) -> Path:
    """A small residual network, trained on squares in noise."""
    from dataclasses import replace

    from models.params import DecodeParams, FitParams, Params, params_text
    from models.train import STAGES, run_stage

    folder.mkdir()
    write_dataset(folder / "dataset")
    fit = replace(FitParams(), image_passes=400, min_epochs=1, max_epochs=3, batch_size=12)
    (folder / "params.yaml").write_text(params_text(Params(3, 1, DecodeParams(64, 1), fit)))
    for stage in STAGES:
        run_stage(stage, folder)
    return folder / "model"


@contextmanager
def workspace() -> Iterator[tuple[Store, Path]]:
    """A live workspace in which the model runs at one site."""
    with tempfile.TemporaryDirectory(prefix="radvigil-gateway-") as name:
        place = Workspace(Path(name) / "workspace").create()
        store = open_store(place, url="")
        in_operation(store, Path(name), trained(Path(name) / "training"))
        yield store, Path(name)
        store.close()


def radiographs(folder: Path, first: int, count: int, side: int) -> list[Path]:
    """Files of 12 bits, each of a study of its own."""
    folder.mkdir()
    return [
        write_radiograph(
            folder / f"{number}.dcm", number, Rows=side, Columns=side,
            PixelData=np.random.default_rng(number).integers(0, 4096, (side, side), np.uint16)
            .tobytes(),
        )
        for number in range(first, first + count)
    ]  # fmt: skip


def processor(number: int) -> float:
    """Seconds of processor of a process and all that it started and that runs."""
    whole = psutil.Process(number)
    times = [one.cpu_times() for one in (whole, *whole.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def without_http(store: Store, paths: list[Path]) -> tuple[float, float]:
    """(studies a second, processor seconds a study), once the processes that decode are there."""
    versions = ServingVersions(store, DEVICE, actor=ACTOR)
    versions.refresh()
    post = versions.posts[SITE]
    reception = standing_reception(
        scope_of(post.watch.definition), workers=2, seconds_per_file=20
    )
    sent = [Sent(((file_digest(path), path),)) for path in paths]
    warm, rest = sent[:4], sent[4:]

    def answered(some: list[Sent]) -> list[Answer]:
        examined = examine_sent(store, post, some, reception, site=SITE)
        return answer_studies(store, post, some, examined, site=SITE, actor=ACTOR)

    answered(warm)
    began, spent = time.perf_counter(), processor(os.getpid())
    for at in range(0, len(rest), BATCH):
        assert all(one.outcome is Outcome.READ for one in answered(rest[at : at + BATCH]))
    seconds, spent = time.perf_counter() - began, processor(os.getpid()) - spent
    reception.close()
    return len(rest) / seconds, spent / len(rest)


def called(address: str, secret: str, paths: list[Path], at_once: int) -> tuple[float, list[float]]:
    """(studies a second, seconds that each waited)."""
    found = subprocess.run(
        [sys.executable, "-c", CALLERS, address, secret, str(at_once), *map(str, paths)],
        capture_output=True, text=True, check=True,
    )
    whole, seconds = json.loads(found.stdout)
    return len(paths) / whole, seconds


def main(count: int, side: int) -> None:
    """Both arms in turns; rates, their ratios, latencies, and how busy the machine was."""
    rates: list[float] = []
    work: list[float] = []
    busy: list[float] = []
    alone: list[float] = []
    with workspace() as (store, folder):
        secret = token(store)
        first = 1
        for turn in range(ROUNDS):
            paths = radiographs(folder / f"in{turn}", first, 2 * count + 20, side)
            first += len(paths)
            bare, spent = without_http(store, paths[: count + 4])
            warm, some, single = paths[-16:-12], paths[count + 4 : -16], paths[-12:]
            with running(store.workspace.home, "--workers", "2") as (address, server):
                called(address, secret, warm, 2)  # its processes have started
                before = processor(server.pid)
                rate, seconds = called(address, secret, some, AT_ONCE)
                over = (processor(server.pid) - before) / len(some)
                alone += called(address, secret, single, 1)[1]
            rates.append(rate / bare)
            work.append(spent / over)
            busy += seconds
            print(f"round {turn + 1}: {bare:.1f} studies/s without HTTP, {rate:.1f} over HTTP; "
                  f"{1000 * spent:.0f} and {1000 * over:.0f} ms of processor a study",
                  flush=True)  # fmt: skip
    for words, ratios in (("clock", rates), ("processor", work)):
        shown = ", ".join(f"{one:.2f}" for one in ratios)
        print(f"ratio ({words}): median {statistics.median(ratios):.2f} of {shown}")
    for words, found in ((f"{AT_ONCE} at once", busy), ("one alone", alone)):
        p50, p99 = np.percentile(found, [50, 99])
        print(f"{words}: p50 {1000 * p50:.0f} ms, p99 {1000 * p99:.0f} ms of {len(found)}")
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(*(given + [100, 512][len(given) :]))
