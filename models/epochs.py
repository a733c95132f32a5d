"""The loop in which every network learns: epochs, learning rate, checkpoints, and its curve."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.artefacts import replaced
from models.checkpoint import Checkpoints, draw_on, drawn_so_far
from models.params import FitParams
from models.progress import Report, nobody_watches
from models.training_cost import Meter

if TYPE_CHECKING:
    from torch import Tensor

CURVE = "curve.csv"
_COLUMNS = (
    "member", "epoch", "train", "tuning", "tuning_auc", "tuning_dice", "tuning_c", "learning_rate",
)
_TOLD = {"tuning": "tuning loss", "tuning_auc": "AUC", "tuning_dice": "Dice", "tuning_c": "C"}
_WARM_UP = 0.25  # share of the steps in which the learning rate rises

Curve = list[dict[str, float]]


class Lesson(Protocol):
    """What a network learns from: the training pictures and their truth, and the tuning ones."""

    @property
    def count(self) -> int:
        """Training pictures."""
        ...

    def loss(self, network: Any, rows: NDArray[np.int64], rng: np.random.Generator) -> "Tensor":
        """The loss of these training pictures, varied by draws from ``rng`` alone."""
        ...

    def held_out(self, network: Any) -> Mapping[str, float]:
        """``tuning``, the loss on the tuning split, and how good the answers are there."""
        ...


@dataclass(slots=True)
class Watch:
    """Who follows a training, and where it can go on after it was killed.

    curve: the CSV that grows by a row an epoch. member: which of the members of an ensemble learns,
    the first being 0.
    """

    meter: Meter
    report: Report = nobody_watches
    checkpoints: Checkpoints | None = None
    curve: Path | None = None
    members: int = 1
    member: int = 0
    rows: Curve = field(default_factory=list)

    @property
    def who(self) -> str:
        """The network that learns, where there are several."""
        return f"member {self.member + 1}, " if self.members > 1 else ""

    def tell(self, epoch: int, epochs: int) -> None:
        """The curve for programs, and then a line for people."""
        row = self.rows[-1]
        if self.curve is not None:
            write_curve(self.curve, self.rows)
        more = "".join(
            f", {words} {row[name]:.3f}" for name, words in _TOLD.items() if name in row
        )
        self.report(f"{self.who}epoch {epoch} of {epochs}: loss {row['train']:.3f}{more}")


def learn(network: Any, lesson: Lesson, fit: FitParams, *, seed: int, watch: Watch) -> None:
    """Train the network in place; the number of epochs is fixed and the last one is the model.

    Nothing is chosen by the tuning split, which calibration needs unspent: its loss is only
    watched. A checkpoint of the very same training is gone on from, bit for bit; any other is left
    alone. To be called where torch is :func:`models.arithmetic.repeatable`.
    """
    import torch

    rng = np.random.default_rng(seed)
    size, epochs = min(fit.batch_size, lesson.count), fit.epochs(lesson.count)
    batches = lesson.count // size
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=fit.weight_decay)
    for epoch in range(_stands_at(network, optimizer, rng, watch), epochs):
        network.train()
        order, total = rng.permutation(lesson.count), 0.0
        for batch in range(batches):
            rows = order[batch * size : (batch + 1) * size]
            share = rate_share(epoch * batches + batch, epochs * batches)
            optimizer.param_groups[0]["lr"] = fit.learning_rate * share
            loss = lesson.loss(network, rows, rng)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += float(loss.detach())
        rate = optimizer.param_groups[0]["lr"]
        measured = {"train": total / batches, **lesson.held_out(network), "learning_rate": rate}
        numbers = {name: round(value, 6) for name, value in measured.items()}
        watch.rows.append({"member": watch.member + 1, "epoch": epoch + 1, **numbers})
        if watch.checkpoints is not None and watch.checkpoints.due(epoch + 1, epochs):
            watch.checkpoints.save(watch.member, _state(network, optimizer, rng, watch))
        watch.tell(epoch + 1, epochs)


def rate_share(step: int, steps: int) -> float:
    """Learning rate at a step, as a share: up along a cosine, then down (Smith, 2018)."""
    top = max(1.0, _WARM_UP * steps)
    if step < top:
        return float(0.04 + 0.96 * (1 - np.cos(np.pi * step / top)) / 2)
    return float((1 + np.cos(np.pi * (step - top) / max(1.0, steps - top))) / 2)


def write_curve(path: Path, rows: Curve) -> None:
    """The curve so far as CSV, a row an epoch; columns that no row has are left out,
    and the member where there is one only."""
    names = [name for name in _COLUMNS if any(name in row for row in rows)]
    if all(row["member"] == 1 for row in rows):
        names.remove("member")
    lines = [",".join(names)]
    lines += [",".join(f"{row[name]:g}" if name in row else "" for name in names) for row in rows]
    with replaced(path) as part:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_curve(path: Path) -> Curve:
    """What :func:`write_curve` wrote, also while the training goes on; nothing without a file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {name: float(value) for name, value in row.items() if value}
            for row in csv.DictReader(file)
        ]


def _state(network: Any, optimizer: Any, rng: np.random.Generator, watch: Watch) -> dict[str, Any]:
    own = [row for row in watch.rows if row["member"] == watch.member + 1]
    return {
        "network": network.state_dict(), "optimizer": optimizer.state_dict(),
        "drawn": drawn_so_far(rng), "curve": json.dumps(own),
        "cost": json.dumps(watch.meter.so_far()),
    }  # fmt: skip


def _stands_at(network: Any, optimizer: Any, rng: np.random.Generator, watch: Watch) -> int:
    """Epochs that are behind: 0, or where the checkpoint stands that was loaded."""
    if watch.checkpoints is None:
        return 0
    state, why = watch.checkpoints.load(watch.member)
    if state is None:
        if why:
            watch.report(f"a checkpoint lies here and is not used: {why}")
        return 0
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    draw_on(rng, state["drawn"])
    watch.meter.goes_on(json.loads(state["cost"]))
    own: Curve = json.loads(state["curve"])
    watch.rows.extend(own)
    watch.report(f"{watch.who}goes on after epoch {len(own)}")
    return len(own)
