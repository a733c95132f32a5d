"""A model folder from a file that was made elsewhere: described, referenced and scored as ours."""

from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from models.artefacts import FEATURE_REFERENCE, MODEL, replaced, write_json
from models.declaration import MAKER_FACTS, NOT_STATED, Declaration
from models.decode import decode_with, load_decoded
from models.engine import ONNX, OnnxEngine
from models.familiarity import learn_reference
from models.onnx_file import OnnxFacts
from models.picture_features import BASIS, picture_features
from models.scoring import score_model
from models.tasks import Calibration, task_named
from records.vault import file_digest

REGISTERED = "registered"
GIVEN = "given at registration"


@dataclass(frozen=True, slots=True)
class Registered:
    """What is taken in: a file that was looked through, what its maker declares, and how it is
    read: calibration and operating point, a probability."""

    facts: OnnxFacts
    declaration: Declaration
    calibration: Calibration
    task: str


def make_model_folder(
    order: Registered, dataset: Path, work: Path, *, processes: int = 1
) -> Path:
    """Describe the model, learn what studies of this dataset look like to it, and score it.

    dataset: folder of a frozen dataset version. Nothing is learned that changes an answer: its
    training and tuning studies, which the model may never have seen, only say what is familiar.
    Returns ``work/model`` with ``model.onnx``, ``model.json``, ``feature_reference.npz``,
    ``predictions.parquet`` and ``metrics.json``.

    Raises IntegrityBroken when a frozen file cannot be read.
    """
    decoded, model = work / "decoded", work / "model"
    preprocessing = order.declaration.preprocessing
    decode_with(preprocessing, dataset, decoded, processes=processes)
    with replaced(model / ONNX) as part:
        part.write_bytes(order.facts.content)
    engine = OnnxEngine.load(
        model / ONNX, digest=order.facts.digest, preprocessing=preprocessing,
        output=order.declaration.output,
    )
    arrays, index = load_decoded(decoded)
    seen = []
    for split in ("train", "tuning"):
        pictures = arrays[index["split"] == split]
        features = engine.outputs(pictures)[1] if order.declaration.output.features else None
        seen.append(picture_features(pictures) if features is None else features)
    learn_reference(*seen).save(model / FEATURE_REFERENCE)
    write_json(model / MODEL, _description(order, model))
    score_model(decoded, model)
    return model


def _description(order: Registered, model: Path) -> dict[str, Any]:
    declaration, facts = order.declaration, order.facts
    preprocessing, fitted = declaration.preprocessing, order.calibration
    by_features = bool(declaration.output.features)
    return {
        "origin": REGISTERED,
        "task": task_named(order.task).name,
        # never equal to another's by not being stated: a change plan compares architectures
        "architecture": declaration.maker.get("architecture")
        or f"{NOT_STATED} (ONNX file {facts.digest[:12]})",
        "preprocessing": preprocessing.to_mapping(),
        "output": asdict(declaration.output),
        "engine": "ONNX Runtime",
        "precision": facts.precision,
        "onnx": {
            "opset": facts.opset, "producer": facts.producer, "parameters": facts.parameters,
        },
        "onnx_digest": facts.digest,
        "weights_hash": facts.digest,
        "calibration": {"slope": fitted.slope, "intercept": fitted.intercept},
        "operating_point": fitted.operating_point,
        "operating_rule": {"rule": GIVEN, "target": None, "value": fitted.operating_point},
        "feature_reference_digest": file_digest(model / FEATURE_REFERENCE),
        "out_of_distribution": "features of the network" if by_features else BASIS,
        "maker": {name: declaration.maker.get(name, NOT_STATED) for name in MAKER_FACTS},
        "not_stated": list(declaration.unstated),
        "software": {"onnxruntime": version("onnxruntime"), "numpy": np.__version__},
    }  # fmt: skip
