"""A radiograph in, a prediction out: what a deployed model does all day."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artefacts import FEATURE_REFERENCE, MODEL, read_json
from models.engine import (
    ONNX,
    Engine,
    FeatureEngine,
    OnnxEngine,
    OutputDeclared,
    TorchEngine,
    own_engine,
)
from models.facts import Facts, Known, fact_names, fact_rows, missing_of
from models.familiarity import FeatureReference
from models.networks import build_network
from models.params import Params
from models.picture_features import picture_features
from models.prediction_facts import Outputs, PredictionFacts
from models.preprocessing import Pictures, Prepared, Preprocessing, own_preprocessing
from models.radiomics.linear import LinearModel
from models.radiomics.region_features import ChosenFeatures, Mask, why_unread
from models.tasks import (
    Calibration,
    DetectionTask,
    EnhancementTask,
    MultilabelTask,
    SegmentationTask,
    task_named,
)
from models.tasks.multilabel import ranked_findings
from models.tasks.segmentation import Spacing
from models.weights import WeightsAltered, load_weights
from records.vault import file_digest

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """A model that was checked against its name and is ready to answer.

    params: how it was trained; None for a model that was trained elsewhere.
    """

    weights_hash: str
    description: Mapping[str, Any]
    params: Params | None
    calibration: Calibration
    reference: FeatureReference
    preprocessing: Preprocessing
    engine: Engine

    @classmethod
    def load(cls, folder: Path, *, weights_hash: str) -> "Predictor":
        """The model in a folder, if it is the one asked for.

        weights_hash: the name under which the model was released. Served by ONNX Runtime, without
        torch; a version made before models were exported by torch, as it was released. Raises
        WeightsAltered when model, description or feature reference are not those of that model,
        NotFound when a file is missing.
        """
        description = read_json(folder / MODEL)
        if description.get("weights_hash") != weights_hash:
            raise WeightsAltered(
                f"{MODEL} describes {str(description.get('weights_hash'))[:12]}…, "
                f"expected {weights_hash[:12]}…."
            )
        stored = folder / FEATURE_REFERENCE
        if stored.is_file() and file_digest(stored) != description["feature_reference_digest"]:
            raise WeightsAltered(f"{FEATURE_REFERENCE} is not the one the model was made with.")
        reference = FeatureReference.load(stored)
        made_here = "params" in description
        params = Params.from_mapping(description["params"]) if made_here else None
        preprocessing = _preprocessing(description)
        engine = (
            _served(folder, description, preprocessing)
            if "onnx_digest" in description
            else _in_torch(folder, weights_hash, Params.from_mapping(description["params"]))
        )
        fitted = description["calibration"]
        calibration = Calibration(
            fitted["slope"], fitted["intercept"], description["operating_point"],
            tuple(description.get("urgency", ())), _each(description),
        )
        return cls(
            weights_hash, description, params, calibration, reference, preprocessing, engine
        )

    def predict(
        self, arrays: Sequence[NDArray[Any]], spacings: Sequence[Spacing] = (),
        known: Sequence[Known] = (), outlines: Sequence[Mask | None] = (),
    ) -> list[PredictionFacts]:  # fmt: skip
        """One prediction for each radiograph, in the order given.

        arrays: 2-D, in [0, 1], bone bright, any size. spacings: of each in mm (rows, columns), or
        None; without them sizes are told in pixels. known: of each the clinical facts that are
        known, of a prognosis; without them all are missing. outlines: of each the outlined region,
        bool, shape of the picture, for a version that reads one. Raises ValueError for a picture
        that cannot be read, naming its place in the batch; nothing of the batch is then predicted.
        """
        prepared = []
        for at, array in enumerate(arrays):
            try:
                prepared.append(self.preprocessing.prepared(array))
            except ValueError as wrong:
                raise ValueError(f"picture {at} of the batch: {wrong}") from wrong
        return self.predict_prepared(prepared, spacings, known, outlines)

    def predict_prepared(
        self, prepared: Sequence[Prepared], spacings: Sequence[Spacing] = (),
        known: Sequence[Known] = (), outlines: Sequence[Mask | None] = (),
    ) -> list[PredictionFacts]:  # fmt: skip
        """The same for radiographs that :attr:`preprocessing` prepared, here or elsewhere."""
        if not prepared:
            return []
        begun = time.perf_counter() - sum(one.seconds for one in prepared)
        if self.enhances:
            return self._enhanced([one.picture for one in prepared], begun)
        if self.features is not None:
            apart = spacings or [None] * len(prepared)
            return self._measured(prepared, apart, outlines or [None] * len(prepared), begun)
        pictures: Any = np.stack([one.picture for one in prepared])
        if self.outlines:
            shapes = [one.shape for one in prepared]
            apart = spacings or [None] * len(prepared)
            return self._outlined(pictures, shapes, apart, begun)
        if self.marks:
            return self._marked(pictures, [one.shape for one in prepared], begun)
        told = known or [{}] * len(prepared)
        found = self.outputs(
            pictures, fact_rows(self.fact_columns, told) if self.fact_columns else None
        )
        latency = 1000 * (time.perf_counter() - begun) / len(prepared)
        columns = (found.score, found.decision, found.out_of_distribution, found.places)
        more = (
            [self._known(one) for one in told] if self.fact_columns else self._ranked(found)
        )
        return [
            PredictionFacts(
                float(score), bool(decision), float(strange), latency, outputs, embedding=place
            )
            for score, decision, strange, place, outputs in zip(*columns, more, strict=True)
        ]

    def outputs(self, pictures: Pictures, facts: Facts | None = None) -> Outputs:
        """The outputs for prepared pictures (studies, rows, columns); scoring uses it too.

        facts: (studies, columns) of a prognosis, NaN where missing.
        Strangeness is by the network's features; by the picture's own where it gives none.
        """
        logit, features, spread = self.engine.with_uncertainty(pictures, facts)
        decoded = task_named(self.description["task"]).decode(logit, self.calibration)
        seen = picture_features(pictures) if features is None else features
        strange = self.reference.out_of_distribution(seen)
        return Outputs(
            logit, decoded.score, decoded.decision, strange, decoded.more, spread,
            self.reference.coordinates(seen),
        )

    def _ranked(self, found: Outputs) -> list[dict[str, Any]]:
        """The probability of each class, likeliest first, where the task has classes, or each
        finding in rank where they may be present together; and the uncertainty of an ensemble."""
        if not self.classes:
            return found.spread
        if self.coexisting:
            points = [one.operating_point for one in self.calibration.each]
            return [
                {"findings": ranked_findings(self.classes[1:], chance, named, points)}
                for chance, named in zip(found.more["probabilities"], found.more["named"],
                                         strict=True)
            ]  # fmt: skip
        pairs = (
            sorted(zip(self.classes, row.tolist(), strict=True), key=lambda pair: -pair[1])
            for row in found.more["probabilities"]
        )
        return [dict(one) | more for one, more in zip(pairs, found.spread, strict=True)]

    @property
    def fact_columns(self) -> tuple[str, ...]:
        """The columns of clinical facts that the model takes in; none of most tasks."""
        return () if self.params is None else self.params.task.facts

    def _known(self, known: Known) -> dict[str, Any]:
        """Of a prognosis, how many facts it rests on, and which were missing."""
        missing = missing_of(self.fact_columns, known)
        count = len(fact_names(self.fact_columns)) - len(missing)
        return {"facts_known": count, "facts_missing": missing}

    @property
    def features(self) -> ChosenFeatures | None:
        """The radiomic features that the model reads, where it reads an outlined region."""
        if not task_named(self.description["task"]).reads_outline:
            return None
        return ChosenFeatures(tuple(one["key"] for one in self.description["features"]))

    def why_unread(self, outline: Mask | None, shape: tuple[int, ...]) -> str:
        """Why a picture of that shape cannot be answered about with that outline; empty where it
        can, and of a version that reads none."""
        rules = None if self.params is None else self.params.task.radiomics
        return "" if rules is None else why_unread(outline, shape, rules)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes by number; none where the task has no classes."""
        return tuple(self.description.get("classes", ()))

    @property
    def coexisting(self) -> bool:
        """Whether the model tells findings of which several may be present in one study."""
        return bool(self.description["task"] == MultilabelTask.name)

    @property
    def outlines(self) -> bool:
        """Whether the model says where a structure lies, with a mask."""
        return bool(self.description["task"] == SegmentationTask.name)

    @property
    def marks(self) -> bool:
        """Whether the model says where lesions lie, with boxes."""
        return bool(self.description["task"] == DetectionTask.name)

    @property
    def enhances(self) -> bool:
        """Whether the model gives a picture back."""
        return bool(self.description["task"] == EnhancementTask.name)

    @property
    def reader_threshold(self) -> float:
        """Of a model that enhances: from where on the fixed reader calls a picture positive."""
        return float(self.description["reader"]["threshold"])

    def _enhanced(self, pictures: Sequence[Pictures], begun: float) -> list[PredictionFacts]:
        from models.enhancing import enhanced

        found = list(enhanced(self, pictures))
        latency = 1000 * (time.perf_counter() - begun) / len(pictures)
        return [
            PredictionFacts(
                one.score, one.decision, one.out_of_distribution, latency, one.outputs,
                embedding=one.embedding, picture=one.picture,
            )
            for one in found
        ]

    def _measured(
        self, prepared: Sequence[Prepared], spacings: Sequence[Spacing],
        outlines: Sequence[Mask | None], begun: float,
    ) -> list[PredictionFacts]:  # fmt: skip
        from models.measuring import measured

        return _answers(measured(self, prepared, spacings, outlines), begun)

    def _marked(
        self, pictures: Pictures, shapes: Sequence[tuple[int, int]], begun: float
    ) -> list[PredictionFacts]:
        from models.marking import marked

        return _answers(list(marked(self, pictures, shapes)), begun)

    def _outlined(
        self, pictures: Pictures, shapes: Sequence[tuple[int, int]], spacings: Sequence[Spacing],
        begun: float,
    ) -> list[PredictionFacts]:
        from models.outlining import TASK, outlined

        found = [
            (one, TASK.measured(one.mask, spacing) | one.spread)
            for one, spacing in zip(outlined(self, pictures, shapes), spacings, strict=True)
        ]
        latency = 1000 * (time.perf_counter() - begun) / len(shapes)
        return [
            PredictionFacts(
                one.score, one.decision, one.out_of_distribution, latency, sizes, one.mask,
                one.embedding,
            )
            for one, sizes in found
        ]


def _answers(found: Sequence[Any], begun: float) -> list[PredictionFacts]:
    """What was measured or marked, as predictions; begun: when the batch was taken up."""
    latency = 1000 * (time.perf_counter() - begun) / len(found)
    return [
        PredictionFacts(
            one.score, one.decision, one.out_of_distribution, latency, one.outputs,
            embedding=one.embedding,
        )
        for one in found
    ]


def trained_engine(folder: Path, predictor: Predictor) -> TorchEngine:
    """The network as it was trained, in torch, to compare with what serves.

    Raises WeightsAltered when the weights are not those of the predictor.
    """
    assert predictor.params is not None
    return _in_torch(folder, predictor.weights_hash, predictor.params)


def trained_outputs(
    folder: Path, predictor: Predictor, pictures: Any, facts: Facts | None
) -> Numbers:
    """Raw outputs of the model as it was trained: by torch, or of radiomic features by
    scikit-learn.

    facts: clinical ones or measured features. Raises WeightsAltered as :func:`trained_engine`.
    """
    if predictor.features is None:
        return trained_engine(folder, predictor).outputs(pictures, facts)[0]
    state = load_weights(folder, predictor.weights_hash)
    linear = LinearModel.of_state(state, predictor.features.keys)
    return linear.outputs(np.asarray(facts, dtype=np.float64))


def _preprocessing(description: Mapping[str, Any]) -> Preprocessing:
    declared = description["preprocessing"]
    if "version" in declared:
        return Preprocessing.from_mapping(declared)
    return own_preprocessing(int(description["input_size"]))  # versions before it was declared


def _served(
    folder: Path, description: Mapping[str, Any], preprocessing: Preprocessing
) -> OnnxEngine | FeatureEngine:
    output = OutputDeclared(**description["output"]) if "output" in description else None
    digest = str(description["onnx_digest"])
    path = folder / ONNX
    if output is not None:
        return OnnxEngine.load(path, digest=digest, preprocessing=preprocessing, output=output)
    task = str(description["task"])
    engine = own_engine(path, digest=digest, preprocessing=preprocessing, task=task)
    if engine.made_from != description["weights_hash"]:
        raise WeightsAltered(f"{ONNX} was not made from the weights that {MODEL} names.")
    return engine


def _each(description: Mapping[str, Any]) -> tuple[Calibration, ...]:
    """The calibration of each finding, of a model whose findings may be present together."""
    return tuple(
        Calibration(one["slope"], one["intercept"], one["operating_point"])
        for one in description.get("each", ())
    )


def _in_torch(folder: Path, weights_hash: str, params: Params) -> TorchEngine:
    state = load_weights(folder, weights_hash)
    network = build_network(params.fit, params.task.outputs, len(params.task.facts))
    network.load_state_dict(state)
    network.eval()
    return TorchEngine(network)
