"""One fit from its network's first weights to what is written of it, for every task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.accelerator import described, training_device
from models.arithmetic import PREDICTING_THREADS, network_outputs, repeatable
from models.artefacts import FEATURE_REFERENCE, TRAINING, write_json
from models.checkpoint import PACKAGES, Checkpoints, training_identity
from models.encoders import ENCODER, read_encoder, take_over
from models.epochs import CURVE, Lesson, Watch, learn
from models.familiarity import learn_reference
from models.networks import build_member, joined_network
from models.params import Params
from models.progress import Report, nobody_watches
from models.tasks import TASKS
from models.training_cost import COST, Meter
from models.weights import save_weights
from records.errors import InvalidInput

Pictures = NDArray[np.uint8]
Features = Callable[[Any, Pictures], NDArray[np.float64]]


def last_features(network: Any, pictures: Pictures) -> NDArray[np.float64]:
    """The features before the network's last layer, (n, features)."""
    return network_outputs(network, pictures)[1]


def _as_built(network: Any) -> Any:
    return network


@dataclass(slots=True)
class TrainingRun:
    """Where a fit reads and writes. decoded: the pictures; model: the folder of what is made.

    checkpoints: a folder in which a killed fit of the same data, parameters, code and seed is gone
    on from; None keeps nothing.
    """

    decoded: Path
    model: Path
    params: Params
    report: Report | None = None
    checkpoints: Path | None = None
    device: str = field(default_factory=training_device)
    prepare: Callable[[Any], Any] = _as_built
    """What a new network is told of the training part before it learns."""
    _watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        if self.params.fit.ensemble > 1 and not _averaged(self.params.task.kind):
            raise InvalidInput(
                f"An ensemble is not defined for the task {self.params.task.kind!r}.",
                hint="Set fit.ensemble to 1 in the device's parameters.",
            )
        if self.params.fit.test_time_augmentation and not _seen_anew(self.params.task.kind):
            raise InvalidInput(
                f"Test-time augmentation is not defined for the task {self.params.task.kind!r}, "
                "whose outputs have no mean probability of their own: they lie at places of the "
                "picture, rest on clinical facts, or are of findings present together.",
                hint="Set fit.test_time_augmentation to false in the device's parameters.",
            )
        kept = None
        if self.checkpoints is not None:
            digest = training_identity(self.decoded, self.params, self.device)
            kept = Checkpoints(self.checkpoints, digest)
        self._watch = Watch(
            Meter(self.device), self.report or nobody_watches, kept, self.model / CURVE,
            self.params.fit.ensemble,
        )

    def trained(self, lesson: Lesson) -> Any:
        """The network after its last epoch, on the processor; an ensemble one after the other.

        To be called where torch is :func:`models.arithmetic.repeatable` by the run's seed, which is
        the first member's too.
        """
        import torch

        fit, members = self.params.fit, []
        for member in range(fit.ensemble):
            seed = self.params.seed
            if member:
                seed = member_seed(seed, member)
                torch.manual_seed(seed)
            task = self.params.task
            network = self.prepare(build_member(fit, task.outputs, len(task.facts)))
            if fit.encoder:
                take_over(network, self._encoder(), digest=fit.encoder)
            network = network.to(self.device)
            self._watch.member = member
            learn(network, lesson, fit, seed=seed, watch=self._watch)
            members.append(network.to("cpu"))
        return members[0] if fit.ensemble == 1 else joined_network(members)

    def _encoder(self) -> bytes:
        """The encoder's file beside the decoded pictures' folder. Raises InvalidInput without."""
        file = self.decoded.parent / ENCODER
        if not file.is_file():
            raise InvalidInput(f"fit.encoder names an encoder, and {ENCODER} is not here.")
        return file.read_bytes()

    def completed(
        self, lesson: Lesson, training: Pictures, tuning: Pictures, *, features: Features
    ) -> str:
        """Train, learn from the pictures' features what is familiar, write all of it, and return
        the weights' hash. features: what the finished network sees in pictures, one row each."""
        with repeatable(threads=self.params.threads, seed=self.params.seed):
            network = self.trained(lesson)
            seen = features(network, training)
        with repeatable(threads=PREDICTING_THREADS):
            held_out = features(network, tuning)
        learn_reference(seen, held_out).save(self.model / FEATURE_REFERENCE)
        return self.record(network, {"train": len(training), "tuning": len(tuning)})

    def _learnt_elsewhere(self) -> dict[str, Any]:
        """What is known of the encoder that the network began with, where it did."""
        digest = self.params.fit.encoder
        if not digest:
            return {}
        facts = {name: one for name, one in read_encoder(self._encoder()).facts.items()
                 if name != "learnt_from"}  # fmt: skip
        return {"encoder": {"digest": digest, **facts}}

    def record(self, network: Any, studies: Mapping[str, int]) -> str:
        """Write ``weights.pt``, ``training.json``, ``curve.csv`` and ``cost.json``, and take the
        checkpoints away; returns the weights' hash. studies: how many of each split."""
        import torch

        name = save_weights(self.model, network.state_dict())
        write_json(self.model / TRAINING, {
            "weights_hash": name,
            "epochs": self._watch.rows,
            "studies": dict(studies),
            "software": {package: version(package) for package in PACKAGES},
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "trained_on": described(self.device),
            **self._learnt_elsewhere(),
        })  # fmt: skip
        write_json(self.model / COST, {"weights_hash": name, **self._watch.meter.so_far()})
        if self._watch.checkpoints is not None:
            self._watch.checkpoints.clear()
        return name


def _averaged(kind: str) -> bool:
    """Whether raw outputs of the task have a mean probability."""
    return kind in TASKS and TASKS[kind].averaged


def _seen_anew(kind: str) -> bool:
    """Whether raw outputs stay the same where the picture is moved a little, and have a mean
    probability: no map of places."""
    return _averaged(kind) and not TASKS[kind].gives_maps


def member_seed(seed: int, member: int) -> int:
    """The seed of a further member: far from those that anybody would choose next to ``seed``.

    >>> member_seed(1, 1) != member_seed(2, 1) != member_seed(1, 2)
    True
    """
    return int(np.random.SeedSequence([seed, member]).generate_state(1)[0])
