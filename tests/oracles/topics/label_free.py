"""Performance without truth: expected, realised, limits, alerts and sampling errors, by batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from measures.clusters import Resampling
from measures.inputs import Numbers
from measures.label_free import (
    LabelledReference,
    expected_counts,
    expected_performance,
    labelled_reference,
    performance_limits,
    realised_performance,
    sampling_errors,
)
from measures.label_free_checks import calibration_helps
from measures.recalibration import IsotonicCurve
from tests.oracles.case import Case, Comparison, Key
from tests.oracles.columns import DECISION, SCORE, TRUTH, column, zero_one

_OURS = {"roc_auc": "auc", "precision": "ppv", "recall": "sensitivity"}
_SPLITS = 42  # the tool's own seed for its hold-outs
_OTHER_ERROR = "the case: depends on the tool's tie order, a documented alternative is acceptable"


@dataclass(frozen=True)
class _Columns:
    score: Numbers
    decision: Numbers
    truth: Numbers

    @classmethod
    def of(cls, table: pd.DataFrame) -> _Columns:
        score = column(table, SCORE)
        decision = column(table, DECISION, {score})
        truth = column(table, TRUTH, {score, decision})
        return cls(
            table[score].to_numpy(float), zero_one(table[decision]), zero_one(table[truth])
        )

    def batches(self, size: int) -> list[_Columns]:
        cuts = [slice(start, start + size) for start in range(0, self.score.size, size)]
        return [_Columns(self.score[c], self.decision[c], self.truth[c]) for c in cuts]


def compare(case: Case, comparison: Comparison) -> None:
    """Learn from the reference, judge each batch, and compare block by block."""
    files = list(case.inputs["files"])
    reference = _Columns.of(case.table(next(f for f in files if "reference" in f)))
    current = _Columns.of(case.table(next(f for f in files if "reference" not in f)))
    size = int(case.inputs["chunk_size"])
    helps = calibration_helps(reference.truth, reference.score, seed=_SPLITS)
    if comparison.has("calibration_applied"):
        comparison.same("calibration_applied", found=helps)
    learnt = _learnt(reference, helps)
    batches = current.batches(size)
    estimates = [expected_performance(learnt, batch.score, batch.decision) for batch in batches]
    truths = [realised_performance(b.truth, b.score, b.decision) for b in batches]
    columns = (reference.truth, reference.score, reference.decision)
    limits = performance_limits(*columns, size=size)
    errors = [sampling_errors(*columns, size=batch.score.size) for batch in batches]
    for name in comparison.expected("estimated"):
        ours = _OURS.get(name, name)
        found = [estimate[ours].value for estimate in estimates]
        # The tool leaves tied scores in the order of the rows.
        apart = 2e-3 if name == "average_precision" else 1e-6
        low, high = limits[ours]
        _near(comparison, ("estimated", name), found, apart)
        _near(comparison, ("realised", name), [truth[ours] for truth in truths], 1e-9)
        _near(comparison, ("lower_threshold", name), low, 1e-6)
        _near(comparison, ("upper_threshold", name), high, 1e-6)
        alerts = [value is not None and not low <= value <= high for value in found]
        if comparison.has("alert", name):
            comparison.same("alert", name, found=alerts)
        if comparison.has("realised_alert", name):
            real = [truth[ours] for truth in truths]
            outside = [value is not None and not low <= value <= high for value in real]
            comparison.same("realised_alert", name, found=outside)
        _errors(comparison, name, [error[ours] for error in errors])
        _bands(comparison, name, found, [error[ours] for error in errors])
    _counts(comparison, learnt, batches)
    _published(comparison, estimates)


def _learnt(reference: _Columns, helps: bool) -> LabelledReference:
    few = Resampling(seed=1, replicates=200)
    if helps:
        return labelled_reference(reference.truth, reference.score, resampling=few)
    as_it_is = IsotonicCurve((0.0, 1.0), (0.0, 1.0))
    return LabelledReference(as_it_is, (), 0.0, 1.0, reference.score.size)


def _errors(comparison: Comparison, name: str, found: Any) -> None:
    if name in ("accuracy", "precision", "recall", "specificity"):
        if comparison.has("sampling_error", name):
            comparison.near("sampling_error", name, found=found, relative=0.02)
    else:
        comparison.informative("sampling_error", name, why=_OTHER_ERROR)


def _bands(comparison: Comparison, name: str, estimates: Any, errors: Any) -> None:
    """Three sampling errors to either side, within 0 and 1; the errors are held to 2 per cent."""
    for block, side in (("upper_confidence_band", 3.0), ("lower_confidence_band", -3.0)):
        if not comparison.has(block, name):
            continue
        if name not in ("accuracy", "precision", "recall", "specificity"):
            comparison.informative(block, name, why=_OTHER_ERROR)
            continue
        width = np.array(errors, dtype=float)
        band = np.clip(np.array(estimates, dtype=float) + side * width, 0.0, 1.0)
        comparison.near(block, name, found=band, absolute=1e-6 + 0.06 * float(np.nanmax(width)))


def _counts(comparison: Comparison, learnt: LabelledReference, batches: list[_Columns]) -> None:
    block = "estimated_confusion_counts"
    for at, batch in enumerate(batches):
        found = expected_counts(learnt, batch.score, batch.decision)
        for key in found:
            if comparison.has(block, at, key):
                comparison.near(block, at, key, found=found[key], relative=1e-9, absolute=1e-6)


def _published(comparison: Comparison, estimates: list[Any]) -> None:
    for key, wanted in comparison.expected().items():
        name = str(key).removeprefix("published_docs_").removesuffix("_first_values")
        if str(key).startswith("published_docs_"):
            found = [one[_OURS.get(name, name)].value for one in estimates[: len(wanted)]]
            comparison.near(key, found=np.round(np.array(found, dtype=float), 6), absolute=1.001e-6)


def _near(comparison: Comparison, path: tuple[Key, ...], found: Any, absolute: float) -> None:
    if comparison.has(*path):
        comparison.near(*path, found=found, absolute=absolute)
