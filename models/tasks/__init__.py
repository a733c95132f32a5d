"""What a device's model can be asked; one task a file, listed here, none needs torch."""

from collections.abc import Mapping

from models.tasks.base import NOT_RECORDED, Calibration, Decoded, Outcomes, OutputField, Task
from models.tasks.classification import ClassificationTask
from models.tasks.detection import DetectionTask
from models.tasks.enhancement import EnhancementTask
from models.tasks.lesion_segmentation import LesionSegmentationTask
from models.tasks.multiclass import OF_EACH_CLASS as _OF_EACH_CLASS
from models.tasks.multiclass import MulticlassTask
from models.tasks.multilabel import OF_EACH_FINDING as _OF_COEXISTING
from models.tasks.multilabel import MultilabelTask
from models.tasks.prognosis import PrognosisTask
from models.tasks.radiomics import RadiomicsTask
from models.tasks.segmentation import SegmentationTask
from models.tasks.triage import OF_EACH_FINDING, TriageTask

TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        ClassificationTask(), MulticlassTask(), SegmentationTask(), DetectionTask(), TriageTask(),
        EnhancementTask(), PrognosisTask(), MultilabelTask(), LesionSegmentationTask(),
        RadiomicsTask(),
    )
}
OF_EACH_CLASS = tuple(dict.fromkeys((*_OF_EACH_CLASS, *OF_EACH_FINDING, *_OF_COEXISTING)))
"""Measures of one class or finding; each stands under 'class=NAME', never under 'all'."""


def task_named(name: str) -> Task:
    """The task a device definition names under ``task.kind``.

    Raises ValueError, listing the known tasks, for any other name.

    >>> task_named("classification").name
    'classification'
    """
    try:
        return TASKS[name]
    except KeyError:
        raise ValueError(f"unknown task {name!r}; known: {', '.join(sorted(TASKS))}") from None


__all__ = [
    "NOT_RECORDED",
    "OF_EACH_CLASS",
    "TASKS",
    "Calibration",
    "ClassificationTask",
    "Decoded",
    "DetectionTask",
    "EnhancementTask",
    "LesionSegmentationTask",
    "MulticlassTask",
    "MultilabelTask",
    "Outcomes",
    "OutputField",
    "PrognosisTask",
    "RadiomicsTask",
    "SegmentationTask",
    "Task",
    "TriageTask",
    "task_named",
]
