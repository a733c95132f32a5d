"""Fourth stage: outputs become probabilities, and the device's declared rule sets the threshold."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.binary import threshold_at_sensitivity, threshold_youden
from measures.recalibration import class_temperature, platt_fit
from models.artefacts import (
    FEATURE_REFERENCE,
    MODEL,
    TRAINING,
    Columns,
    read_json,
    write_json,
)
from models.decode import load_decoded
from models.engine import ONNX, FeatureEngine, OnnxEngine, own_engine
from models.facts import Facts
from models.objectives import objective_of
from models.params import OperatingRule, Params
from models.preprocessing import (
    Preprocessing,
    full_size,
    own_preprocessing,
    volume_preprocessing,
)
from models.tasks import (
    Calibration,
    ClassificationTask,
    EnhancementTask,
    LesionSegmentationTask,
    MulticlassTask,
    TriageTask,
    task_named,
)
from models.tasks.multiclass import finding_share
from models.tasks.multilabel import EVEN
from records.errors import IntegrityBroken, NotFound
from records.finding_states import UNKNOWN
from records.vault import file_digest


def calibrate_model(decoded: Path, model: Path, *, params: Params) -> Calibration:
    """Platt's calibration and the operating point, both from the tuning split alone.

    The rule comes from the device definition: ``fixed_sensitivity`` is the highest threshold that
    flags at least the target share of the diseased tuning studies, ``youden`` the best sum of
    sensitivity and specificity on them, ``prevalence`` the share of diseased among them. The
    outputs are those of the exported model, which will serve: a threshold that lies on a study's
    own score must meet that very score again. Writes ``model.json``, which completes the model.

    Raises NotFound when the exported model is missing, IntegrityBroken when it is of another fit.
    """
    logit, index, digest = tuning_outputs(decoded, model, params=params)
    truth = objective_of(params.task).truth(index)
    rule = params.operating_point
    if params.task.coexisting:
        found = choose_for_findings(logit, truth, rule=rule)
    elif params.task.urgency:
        found = choose_for_urgency(logit, truth, rule=rule, urgency=params.task.urgency)
    else:
        choose = choose_for_classes if params.task.classes else choose_calibration
        found = choose(logit, truth, rule=rule)
    write_json(model / MODEL, description(model, found, params, digest))
    return found


def tuning_outputs(
    decoded: Path, model: Path, *, params: Params, facts: Facts | None = None
) -> tuple[NDArray[np.float64], Columns, str]:
    """Raw outputs of the exported model for the tuning studies, their facts, and its SHA-256.

    facts: of every study, the clinical ones, of a network that takes them.

    Raises NotFound when the exported model is missing, IntegrityBroken when it is of another fit.
    """
    arrays, index = load_decoded(decoded)
    rows = index["split"] == "tuning"
    engine, digest = exported_engine(model, params)
    logit, _ = engine.outputs(arrays[rows], None if facts is None else facts[rows])
    return logit, {name: column[rows] for name, column in index.items()}, digest


def exported_engine(model: Path, params: Params) -> tuple[OnnxEngine | FeatureEngine, str]:
    """The exported model of a folder, ready to answer, and its SHA-256.

    Raises NotFound when it is missing, IntegrityBroken when it is of another fit.
    """
    if not (model / ONNX).is_file():
        raise NotFound(f"There is no {ONNX} in {model.name}.", hint="Run the export stage first.")
    digest = file_digest(model / ONNX)
    engine = own_engine(
        model / ONNX, digest=digest, preprocessing=preprocessing_of(params), task=params.task.kind
    )
    if engine.made_from != read_json(model / TRAINING)["weights_hash"]:
        raise IntegrityBroken(f"{ONNX} was exported from other weights than {TRAINING} names.")
    return engine, digest


def choose_calibration(
    logit: NDArray[np.float64], truth: NDArray[Any], *, rule: OperatingRule
) -> Calibration:
    """Calibration and threshold from the raw outputs and the truth of tuning studies.

    Rule ``prevalence``: yes where the calibrated probability reaches the share of diseased tuning
    studies, that is, where the result is likelier in diseased than in healthy studies. It is
    Youden's point as the calibration sees it (Freeman & Moisen, Ecol Model 2008;217:48), and
    moves less from sample to sample than the best of the observed cuts.

    logit, truth: shape (studies,). Raises ValueError when one class is missing.
    """
    slope, intercept = platt_fit(logit, truth)
    plain = Calibration(slope, intercept, 0.5)
    score = ClassificationTask().decode(logit, plain).score
    if rule.rule == "prevalence":
        return Calibration(slope, intercept, float(np.mean(truth)))
    if rule.rule == "youden" or rule.target is None:
        return Calibration(slope, intercept, threshold_youden(truth, score))
    return Calibration(slope, intercept, threshold_at_sensitivity(truth, score, rule.target))


def choose_for_classes(
    logit: NDArray[np.float64], truth: NDArray[Any], *, rule: OperatingRule
) -> Calibration:
    """The same for exclusive classes: one temperature, and where a finding is named.

    The operating point is a share, of the likeliest finding against none (:func:`finding_share`).
    Rule ``likeliest``: 0.5, the likeliest class is the decision. The other rules choose it as they
    choose a threshold of a score, counting any finding as diseased.

    logit: shape (studies, classes). Raises ValueError for the rule ``prevalence``.
    """
    if rule.rule == "prevalence":
        raise ValueError("the rule prevalence is about one finding, not about several classes")
    slope = class_temperature(logit, truth)
    decoded = MulticlassTask().decode(logit, Calibration(slope, 0.0, 0.5))
    share, present = finding_share(decoded.more["probabilities"]), np.asarray(truth) > 0
    if rule.rule == "likeliest":
        return Calibration(slope, 0.0, 0.5)
    if rule.rule == "youden" or rule.target is None:
        return Calibration(slope, 0.0, threshold_youden(present, share))
    return Calibration(slope, 0.0, threshold_at_sensitivity(present, share, rule.target))


def choose_for_urgency(
    logit: NDArray[np.float64], truth: NDArray[Any], *, rule: OperatingRule,
    urgency: tuple[float, ...],
) -> Calibration:
    """The same for a task that ranks by urgency: one temperature, and from where on it is urgent.

    The operating point is an urgency; ``fixed_sensitivity`` and ``youden`` choose it as they
    choose a threshold of a score, counting every finding as urgent, whatever its weight.

    logit: shape (studies, classes). Raises ValueError for another rule.
    """
    if rule.rule not in ("fixed_sensitivity", "youden"):
        raise ValueError(f"the rule {rule.rule} chooses no urgency")
    slope, present = class_temperature(logit, truth), np.asarray(truth) > 0
    score = TriageTask().decode(logit, Calibration(slope, 0.0, 0.5, urgency)).score
    chosen = (
        threshold_youden(present, score) if rule.target is None or rule.rule == "youden"
        else threshold_at_sensitivity(present, score, rule.target)
    )
    return Calibration(slope, 0.0, chosen, urgency)


def choose_for_findings(
    logit: NDArray[np.float64], states: NDArray[Any], *, rule: OperatingRule
) -> Calibration:
    """The same for findings that may be present together: of each its own calibration and operating
    point, by the same rule, from the tuning studies of which it is known.

    logit, states: shape (studies, findings), states as :data:`records.finding_states.States`.
    Raises ValueError when a finding is known to be present, or to be absent, in no study.
    """
    each = tuple(
        choose_calibration(logit[known, at], states[known, at], rule=rule)
        for at in range(logit.shape[1])
        for known in (states[:, at] != UNKNOWN,)
    )
    return Calibration(1.0, 0.0, EVEN, each=each)


def preprocessing_of(params: Params) -> Preprocessing:
    """How a picture becomes the network's input: a small square, of a task that gives a picture
    back, or measures an outlined region of it, the picture itself, of one that reads volumes slices
    beside their neighbours."""
    kind = params.task.kind
    if kind == EnhancementTask.name or task_named(kind).reads_outline:
        return full_size()
    if params.task.kind == LesionSegmentationTask.name:
        return volume_preprocessing(params.decode.input_size, params.fit.context)
    return own_preprocessing(params.decode.input_size)


def _of_one(finding: str, found: Calibration) -> dict[str, Any]:
    return {
        "finding": finding, "slope": found.slope, "intercept": found.intercept,
        "operating_point": found.operating_point,
    }


def description(
    model: Path, found: Calibration, params: Params, onnx_digest: str
) -> dict[str, Any]:
    """The content of ``model.json``: all that names a model, and how its outputs are read.

    Raises IntegrityBroken without the fit stage's feature reference.
    """
    training = read_json(model / TRAINING)
    if not (model / FEATURE_REFERENCE).is_file():
        raise IntegrityBroken(f"{FEATURE_REFERENCE} of the fit stage is missing.")
    rule = params.operating_point
    return {
        "task": params.task.kind,
        "classes": list(params.task.classes),
        **({"urgency": list(found.urgency)} if found.urgency else {}),
        **({"each": [_of_one(name, one) for name, one in zip(
            params.task.classes[1:], found.each, strict=True)]} if found.each else {}),
        "architecture": params.fit.architecture,
        "input_size": params.decode.input_size,
        "preprocessing": preprocessing_of(params).to_mapping(),
        "engine": "ONNX Runtime",
        "precision": "float32",
        "onnx_digest": onnx_digest,
        "calibration": {"slope": found.slope, "intercept": found.intercept},
        "operating_point": found.operating_point,
        "operating_rule": {"rule": rule.rule, "target": rule.target},
        "weights_hash": training["weights_hash"],
        "feature_reference_digest": file_digest(model / FEATURE_REFERENCE),
        "seed": params.seed,
        "threads": params.threads,
        "params": params.to_mapping(),
        "software": training["software"],
        "cpu_capability": training["cpu_capability"],
        "trained_on": training["trained_on"],
        **({"encoder": training["encoder"]} if "encoder" in training else {}),
    }
