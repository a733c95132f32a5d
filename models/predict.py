"""A radiograph in, a prediction out: what a deployed model does all day."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.arithmetic import PREDICTING_THREADS, network_outputs, repeatable
from models.artefacts import FEATURE_REFERENCE, MODEL, read_json
from models.calibrate import file_digest
from models.familiarity import FeatureReference
from models.networks import build_network
from models.params import Params
from models.preparation import Picture, network_input
from models.tasks import Calibration, task_named
from models.weights import WeightsAltered, load_weights

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PredictionFacts:
    """What the device said about one study.

    score: probability of the finding; decision: score at or above the operating point;
    out_of_distribution: 0 to 1, higher is stranger, see FeatureReference; latency_ms: wall time
    of the whole batch, preparation included, divided by its studies.
    """

    score: float
    decision: bool
    out_of_distribution: float
    latency_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """Columns of one entry a study: raw output, probability, decision, strangeness."""

    logit: Numbers
    score: Numbers
    decision: NDArray[np.bool_]
    out_of_distribution: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """A model that was checked against its name and is ready to answer."""

    weights_hash: str
    description: Mapping[str, Any]
    params: Params
    calibration: Calibration
    reference: FeatureReference
    network: Any

    @classmethod
    def load(cls, folder: Path, *, weights_hash: str) -> "Predictor":
        """The model in a folder, if it is the one asked for.

        weights_hash: the name under which the model was released. Raises WeightsAltered when
        weights, description or feature reference are not those of that model, NotFound when a
        file is missing.
        """
        description = read_json(folder / MODEL)
        if description.get("weights_hash") != weights_hash:
            raise WeightsAltered(
                f"{MODEL} describes {str(description.get('weights_hash'))[:12]}…, "
                f"expected {weights_hash[:12]}…."
            )
        state = load_weights(folder, weights_hash)
        stored = folder / FEATURE_REFERENCE
        if stored.is_file() and file_digest(stored) != description["feature_reference_digest"]:
            raise WeightsAltered(f"{FEATURE_REFERENCE} is not the one the model was made with.")
        reference = FeatureReference.load(stored)
        params = Params.from_mapping(description["params"])
        network = build_network(params.fit)
        network.load_state_dict(state)
        network.eval()
        fitted = description["calibration"]
        calibration = Calibration(
            fitted["slope"], fitted["intercept"], description["operating_point"]
        )
        return cls(weights_hash, description, params, calibration, reference, network)

    def predict(self, arrays: Sequence[NDArray[Any]]) -> list[PredictionFacts]:
        """One prediction for each radiograph, in the order given.

        arrays: 2-D, in [0, 1], bone bright, any size. Raises ValueError for a picture that cannot
        be read, naming its place in the batch; nothing of the batch is then predicted.
        """
        if not arrays:
            return []
        begun = time.perf_counter()
        found = self.outputs(self._pictures(arrays))
        latency = 1000 * (time.perf_counter() - begun) / len(arrays)
        columns = (found.score, found.decision, found.out_of_distribution)
        return [
            PredictionFacts(float(score), bool(decision), float(strange), latency)
            for score, decision, strange in zip(*columns, strict=True)
        ]

    def outputs(self, pictures: NDArray[np.uint8] | list[Picture]) -> Outputs:
        """The outputs for prepared pictures, uint8 (studies, side, side); scoring uses it too."""
        with repeatable(threads=PREDICTING_THREADS):
            logit, features = network_outputs(self.network, pictures)
        decoded = task_named(self.description["task"]).decode(logit, self.calibration)
        strange = self.reference.out_of_distribution(features)
        return Outputs(logit, decoded.score, decoded.decision, strange)

    def _pictures(self, arrays: Sequence[NDArray[Any]]) -> list[Picture]:
        pictures = []
        for at, array in enumerate(arrays):
            try:
                pictures.append(network_input(array, self.params.decode.input_size))
            except ValueError as wrong:
                raise ValueError(f"picture {at} of the batch: {wrong}") from wrong
        return pictures
