"""The five stages of ``dvc.yaml``, by name: from a dataset folder to a scored model folder."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from models.calibrate import calibrate_model
from models.calibrate_lesions import calibrate_lesions
from models.calibrate_marks import calibrate_marks
from models.calibrate_masks import calibrate_masks
from models.calibrate_pairs import calibrate_pairs
from models.calibrate_regions import calibrate_regions
from models.calibrate_risk import calibrate_risk
from models.checkpoint import CHECKPOINTS
from models.decode import decode_dataset
from models.decode_volumes import decode_volumes
from models.dose_pairs import unpack_pairs
from models.export import export_model
from models.fit import fit_model
from models.fit_lesions import fit_lesions
from models.fit_marks import fit_marks
from models.fit_masks import fit_masks
from models.fit_pairs import fit_pairs
from models.fit_regions import export_regions, fit_regions
from models.fit_risk import fit_risk
from models.params import Params, load_params
from models.progress import Report, nobody_watches
from models.score_lesions import score_lesions
from models.score_marks import score_marks
from models.score_masks import score_masks
from models.score_pairs import score_pairs
from models.score_regions import score_regions
from models.score_risk import score_risk
from models.scoring import score_model
from models.tasks import (
    DetectionTask,
    EnhancementTask,
    LesionSegmentationTask,
    PrognosisTask,
    RadiomicsTask,
    SegmentationTask,
)
from models.true_masks import unpack_masks
from records.errors import InvalidInput

DATASET, DECODED, MODEL_FOLDER = "dataset", "decoded", "model"
PARAMS = "params.yaml"
_OUTLINES, _MARKS, _PAIRS = SegmentationTask.name, DetectionTask.name, EnhancementTask.name
_RISKS, _LESIONS = PrognosisTask.name, LesionSegmentationTask.name
_REGIONS = RadiomicsTask.name
UNPACK: Mapping[str, Callable[[Path, Path], int]] = {
    _PAIRS: unpack_pairs, _REGIONS: partial(unpack_masks, pictures=True),
}
FIT = {
    _OUTLINES: fit_masks, _MARKS: fit_marks, _PAIRS: fit_pairs, _RISKS: fit_risk,
    _REGIONS: fit_regions, _LESIONS: fit_lesions,
}
EXPORT = {_REGIONS: export_regions}
CALIBRATE = {
    _OUTLINES: calibrate_masks, _MARKS: calibrate_marks, _PAIRS: calibrate_pairs,
    _RISKS: calibrate_risk, _REGIONS: calibrate_regions, _LESIONS: calibrate_lesions,
}
SCORE = {
    _OUTLINES: score_masks, _MARKS: score_marks, _PAIRS: score_pairs, _RISKS: score_risk,
    _REGIONS: score_regions, _LESIONS: score_lesions,
}
"""The stages of tasks that answer otherwise than with a number a picture, or ask for more."""


def _decode(folder: Path, params: Params, report: Report) -> None:
    if params.task.kind == _LESIONS:
        count = decode_volumes(
            folder / DATASET, folder / DECODED, params=params.decode, context=params.fit.context
        )
    else:
        count = decode_dataset(folder / DATASET, folder / DECODED, params=params.decode)
    UNPACK.get(params.task.kind, unpack_masks)(folder / DATASET, folder / DECODED)
    report(f"decoded {count} studies")


def _fit(folder: Path, params: Params, report: Report) -> None:
    fit = FIT.get(params.task.kind, fit_model)
    name = fit(
        folder / DECODED, folder / MODEL_FOLDER, params=params, report=report,
        checkpoints=folder / CHECKPOINTS,
    )
    report(f"weights {name}")


def _export(folder: Path, params: Params, report: Report) -> None:
    export = EXPORT.get(params.task.kind, export_model)
    digest = export(folder / MODEL_FOLDER, params=params)
    report(f"exported {digest}")


def _calibrate(folder: Path, params: Params, report: Report) -> None:
    calibrate = CALIBRATE.get(params.task.kind, calibrate_model)
    found = calibrate(folder / DECODED, folder / MODEL_FOLDER, params=params)
    report(f"operating point {found.operating_point:.4f}")


def _score(folder: Path, params: Params, report: Report) -> None:
    measured = SCORE.get(params.task.kind, score_model)(folder / DECODED, folder / MODEL_FOLDER)
    for split, numbers in measured.items():
        report(f"{split}: {numbers['studies']} studies scored")


STAGES: Mapping[str, Callable[[Path, Params, Report], None]] = {
    "decode": _decode,
    "fit": _fit,
    "export": _export,
    "calibrate": _calibrate,
    "score": _score,
}


def run_stage(stage: str, folder: Path, *, report: Report | None = None) -> None:
    """Run one stage of ``dvc.yaml`` in a training folder: files in, files out, no records.

    folder: holds ``params.yaml`` and ``dataset/``; the stage writes ``decoded/`` or ``model/``.
    report: receives a line of text now and then.
    Raises InvalidInput for an unknown stage, and what the stage itself raises.
    """
    if stage not in STAGES:
        raise InvalidInput(f"unknown stage {stage!r}; known: {', '.join(STAGES)}")
    STAGES[stage](folder, load_params(folder / PARAMS), report or nobody_watches)


__all__ = [
    "STAGES",
    "calibrate_model",
    "decode_dataset",
    "export_model",
    "fit_model",
    "run_stage",
    "score_model",
]
