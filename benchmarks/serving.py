"""Images a second of processor time: torch and ONNX Runtime answering, one by one and in batches.

``python -m benchmarks.serving [SIDE]``: a network of our own (params.yaml, untrained) exported as
in training; prepared pictures in, logits and features out, one thread each. The arms take turns in
one run, and count processor time, so that a busy machine slows both alike.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from models.arithmetic import network_outputs, repeatable
from models.artefacts import TRAINING, write_json
from models.engine import ONNX, OnnxEngine
from models.export import export_model
from models.networks import build_network
from models.params import DecodeParams, Params, load_params
from models.preprocessing import own_preprocessing
from models.weights import save_weights
from records.settings import REPOSITORY
from records.vault import file_digest

ROUNDS, SECONDS = 7, 0.7


def rate(answer: Callable[[], object], images: int) -> float:
    """Images a second of processor time, over at least SECONDS of it."""
    begun, done = time.process_time(), 0
    while (spent := time.process_time() - begun) < SECONDS:
        answer()
        done += images
    return done / spent


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    params: Params = replace(load_params(REPOSITORY / "params.yaml"), decode=DecodeParams(side))
    pictures = np.random.default_rng(1).integers(0, 256, (32, side, side), dtype=np.uint8)
    network = build_network(params.fit).eval()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        name = save_weights(folder, network.state_dict())
        write_json(folder / TRAINING, {"weights_hash": name})
        export_model(folder, params=params)
        engine = OnnxEngine.load(
            folder / ONNX, digest=file_digest(folder / ONNX),
            preprocessing=own_preprocessing(side),
        )
    print(f"{side} x {side} pixels, medians of {ROUNDS} rounds")
    print("| batch | torch images/s | ONNX Runtime images/s | ratio |")
    with repeatable(threads=1):
        for batch in (1, 32):
            some = pictures[:batch]
            arms: tuple[Callable[[], object], ...] = (
                lambda some=some: network_outputs(network, some),  # type: ignore[misc]
                lambda some=some: engine.outputs(some),  # type: ignore[misc]
            )
            rounds = [[rate(arm, batch) for arm in arms] for _ in range(ROUNDS)]
            torch, runtime = (median(column) for column in zip(*rounds, strict=True))
            print(f"| {batch} | {torch:,.0f} | {runtime:,.0f} | {runtime / torch:.2f} |")


if __name__ == "__main__":
    main()
