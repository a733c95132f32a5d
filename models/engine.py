"""What answers in service: ONNX Runtime on the processor, no torch; torch for older versions."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.facts import Facts
from models.networks import UNCERTAINTY
from models.preprocessing import Pictures, Preprocessing
from models.tasks import task_named
from models.weights import WeightsAltered
from records.errors import InvalidInput, NotFound

ONNX = "model.onnx"
PICTURES, FACTS = "pictures", "facts"
"""Inputs of a network of our own."""
WEIGHTS_HASH = "radvigil.weights_hash"
"""In the metadata of a file that was exported here: which weights it was made from."""
BATCH = 32
# One thread: a batch of a few pictures gains little from two, and loses a lot where other programs
# keep the machine busy. Fixed, so that every process adds in the same order.
THREADS = 1
_SURE = 1e-7  # a probability nearer to 0 or 1 has no 32-bit logit worth the name

Numbers = NDArray[np.float64]


class Engine(Protocol):
    """Prepared pictures in, and of a network that takes them clinical facts; raw outputs out.

    facts: (n, columns), NaN where missing; None of a network that takes none.
    """

    def outputs(
        self, pictures: Pictures, facts: Facts | None = None
    ) -> tuple[Numbers, Numbers | None]:
        """Logits (n,) or (n, classes), and features (n, channels) where the network gives them."""
        ...

    def with_uncertainty(
        self, pictures: Pictures, facts: Facts | None = None
    ) -> tuple[Numbers, Numbers | None, Numbers | None]:
        """The same, and of an ensemble how far its members disagree, (n,)."""
        ...


@dataclass(frozen=True, slots=True)
class OutputDeclared:
    """Which output of the file says how likely the finding is, and in what form.

    kind: 'logit' or 'probability' of a picture, or 'map', a logit of each pixel. name, features: of
    outputs; "" is the first one, and none.
    column: which class, where there is a column a class.
    """

    kind: str = "logit"
    name: str = ""
    column: int = 0
    features: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("logit", "probability", "map"):
            raise InvalidInput(f"output, kind: {self.kind!r} is neither logit nor probability.")
        if self.column < 0:
            raise InvalidInput("output, column: it is 0 or more.")


OWN_OUTPUT = OutputDeclared("logit", "logit", 0, "features")
_OWN_MAP = OutputDeclared("map", "logit", 0, "features")


def own_output(task: str) -> OutputDeclared:
    """What a network of our own gives for a task: a logit of the picture, or maps of it."""
    return _OWN_MAP if task_named(task).gives_maps else OWN_OUTPUT


@dataclass(frozen=True, slots=True, eq=False)
class OnnxEngine:
    """A verified ONNX file, run by ONNX Runtime on one processor thread."""

    session: Any
    preprocessing: Preprocessing
    output: OutputDeclared = field(default=OWN_OUTPUT)

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        digest: str,
        preprocessing: Preprocessing,
        output: OutputDeclared = OWN_OUTPUT,
    ) -> "OnnxEngine":
        """The file, if its SHA-256 is the one that is expected.

        Raises NotFound without the file, WeightsAltered when a byte of it is another one.
        """
        return cls(session_of(verified_bytes(path, digest)), preprocessing, output)

    def outputs(
        self, pictures: Pictures, facts: Facts | None = None
    ) -> tuple[Numbers, Numbers | None]:
        """See :class:`Engine`. Raises ValueError for a probability outside 0 to 1."""
        return self.with_uncertainty(pictures, facts)[:2]

    def with_uncertainty(
        self, pictures: Pictures, facts: Facts | None = None
    ) -> tuple[Numbers, Numbers | None, Numbers | None]:
        """See :class:`Engine`. Raises ValueError for a probability outside 0 to 1."""
        joined = self._own and UNCERTAINTY in self._given()
        wanted = [self.output.name or self._given()[0]]
        wanted += [self.output.features] if self.output.features else []
        wanted += [UNCERTAINTY] if joined else []
        name, size = self._input()
        found: list[list[Any]] = [
            self.session.run(wanted, {
                name: self.preprocessing.values(pictures[at : at + size]),
                **({} if facts is None else {FACTS: facts[at : at + size]}),
            })
            for at in range(0, len(pictures), size)
        ]
        if not found:
            none = np.empty((0, 1)) if self.output.features else None
            return np.empty(0), none, np.empty(0) if joined else None
        raw = np.concatenate([self._logits(one[0]) for one in found])
        features = (
            np.concatenate([one[1].reshape(len(one[1]), -1) for one in found]).astype(np.float64)
            if self.output.features else None
        )
        spread = np.concatenate([one[-1] for one in found]).astype(np.float64) if joined else None
        return (_log_odds(raw) if self.output.kind == "probability" else raw), features, spread

    @property
    def made_from(self) -> str:
        """The weights that the file says it was exported from; "" of a file made elsewhere."""
        return _made_from(self.session)

    def _logits(self, values: NDArray[Any]) -> Numbers:
        """Of our own networks every output, a class or a pixel; of others' the declared column."""
        if self._own:
            return np.asarray(values, dtype=np.float64)
        return _column(values, self.output.column)

    @property
    def _own(self) -> bool:
        return self.output is OWN_OUTPUT or self.output is _OWN_MAP

    def _given(self) -> list[str]:
        return [one.name for one in self.session.get_outputs()]

    def _input(self) -> tuple[str, int]:
        """Name of the picture's input, and how many it takes at once: a fixed batch is 1."""
        asked = self.session.get_inputs()[0]
        return str(asked.name), 1 if asked.shape[0] == 1 else BATCH


@dataclass(frozen=True, slots=True, eq=False)
class FeatureEngine:
    """A verified ONNX file that answers from measured features alone, in 64 bits."""

    session: Any

    @classmethod
    def load(cls, path: Path, *, digest: str) -> "FeatureEngine":
        """See :meth:`OnnxEngine.load`."""
        return cls(session_of(verified_bytes(path, digest)))

    def outputs(
        self, pictures: Pictures, facts: Facts | None = None
    ) -> tuple[Numbers, Numbers | None]:
        """See :class:`Engine`; facts: (n, features) in 64 bits. The pictures are not looked at."""
        return self.with_uncertainty(pictures, facts)[:2]

    def with_uncertainty(
        self, pictures: Pictures, facts: Facts | None = None  # noqa: ARG002
    ) -> tuple[Numbers, Numbers | None, Numbers | None]:
        """See :class:`Engine`; a linear model is no ensemble."""
        told = np.asarray(facts, dtype=np.float64)
        logit, features = self.session.run([OWN_OUTPUT.name, OWN_OUTPUT.features], {FACTS: told})
        return logit, features, None

    @property
    def made_from(self) -> str:
        """See :attr:`OnnxEngine.made_from`."""
        return _made_from(self.session)


def own_engine(
    path: Path, *, digest: str, preprocessing: Preprocessing, task: str
) -> OnnxEngine | FeatureEngine:
    """What answers for a model that was exported here, as its task is asked.

    Raises NotFound without the file, WeightsAltered when a byte of it is another one.
    """
    if task_named(task).reads_outline:
        return FeatureEngine.load(path, digest=digest)
    output = own_output(task)
    return OnnxEngine.load(path, digest=digest, preprocessing=preprocessing, output=output)


@dataclass(frozen=True, slots=True, eq=False)
class TorchEngine:
    """A network of our own in torch: versions made before models were served by ONNX Runtime."""

    network: Any

    def outputs(
        self, pictures: Pictures, facts: Facts | None = None
    ) -> tuple[Numbers, Numbers | None]:
        """See :class:`Engine`."""
        from models.arithmetic import PREDICTING_THREADS, network_outputs, repeatable

        with repeatable(threads=PREDICTING_THREADS):
            return network_outputs(self.network, np.asarray(pictures, dtype=np.uint8), facts)

    def with_uncertainty(
        self, pictures: Pictures, facts: Facts | None = None
    ) -> tuple[Numbers, Numbers | None, Numbers | None]:
        """See :class:`Engine`; none of these versions is an ensemble."""
        return (*self.outputs(pictures, facts), None)


def verified_bytes(path: Path, digest: str) -> bytes:
    """The content of a file, if its SHA-256 is the one that is expected.

    Raises NotFound without the file, WeightsAltered when a byte of it is another one.
    """
    if not path.is_file():
        raise NotFound(f"There is no {path.name} in the model folder {path.parent.name}.")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise WeightsAltered(
            f"{path.name} on disk is {found[:12]}…, expected {digest[:12]}….",
            hint="Fetch the model from the vault again and report this.",
        )
    return content


def session_of(content: bytes) -> Any:
    """A session of ONNX Runtime: processor only, fixed threads, no operators of others.

    Raises InvalidInput when the runtime refuses the model.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = THREADS
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
    except Exception as refused:  # the runtime's errors have no common, public parent
        raise InvalidInput(f"ONNX Runtime refuses the model: {refused}") from refused


def _made_from(session: Any) -> str:
    return str(session.get_modelmeta().custom_metadata_map.get(WEIGHTS_HASH, ""))


def _column(values: NDArray[Any], column: int) -> Numbers:
    whole = np.asarray(values, dtype=np.float64)
    return whole if whole.ndim == 1 else whole.reshape(len(whole), -1)[:, column]


def _log_odds(probability: Numbers) -> Numbers:
    if not ((probability >= 0) & (probability <= 1)).all():
        raise ValueError("an output that is declared a probability lies outside 0 to 1")
    inside = np.clip(probability, _SURE, 1 - _SURE)
    return np.asarray(np.log(inside) - np.log1p(-inside), dtype=np.float64)
