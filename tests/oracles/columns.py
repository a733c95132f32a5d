"""Which column of a case's table is the truth, the score or the decision: by name, else by what it
holds; cases name them as their tools do.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import pandas as pd

from measures.inputs import Numbers

__all__ = ["DECISION", "IDENTITY", "SCORE", "TRUTH", "column", "plain", "zero_one"]

TRUTH = (
    "y", "truth", "ytrue", "label", "labels", "target", "outcome", "event", "disease", "diseased",
    "actual", "class", "groundtruth", "gt", "reference", "repaid", "employed", "status",
)  # fmt: skip
SCORE = (
    "p", "proba", "prob", "probability", "score", "yscore", "yprob", "yproba", "ypredproba",
    "proba1", "probaclass1", "predictedprobability", "predictedproba", "riskscore", "risk", "phat",
    "prediction", "predicted", "pred", "ypred",
)  # fmt: skip
DECISION = (
    "pred", "ypred", "yhat", "decision", "prediction", "predicted", "predictedlabel",
    "predictedclass", "flag", "flagged", "output", "device", "test", "model",
)  # fmt: skip
IDENTITY = ("id", "patient", "patientid", "case", "caseid", "study", "index", "row", "subject")
_YES = (
    "1", "1.0", "pos", "positive", "true", "yes", "y", "diseased", "disease", "abnormal", "+",
    "present", "malignant", "case", "event", "dead", "died", "poor",
)  # fmt: skip
_NO = (
    "0", "0.0", "neg", "negative", "false", "no", "n", "healthy", "normal", "-",
    "absent", "benign", "control", "no event", "alive", "survived", "good",
)  # fmt: skip


def plain(name: object) -> str:
    """A column's name without case, spaces and signs."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def column(table: pd.DataFrame, names: tuple[str, ...], taken: Collection[str] = ()) -> str:
    """The column of a role. Truth and decision hold two values, a score more.

    Raises ValueError, naming the columns, where none fits.
    """
    left = [name for name in table.columns if name not in taken and plain(name) not in IDENTITY]
    fit = [name for name in left if _two(table[name]) != (names is SCORE)]
    if names is SCORE:
        fit = [name for name in fit if pd.api.types.is_numeric_dtype(table[name])]
    named = {plain(name): str(name) for name in reversed(fit)}
    found = next((named[name] for name in names if name in named), fit[0] if fit else None)
    if found is None:
        raise ValueError(f"no column fits {names[0]!r} among {', '.join(map(str, table.columns))}")
    return str(found)


def zero_one(values: pd.Series) -> Numbers:  # type: ignore[type-arg]
    """0 and 1 from numbers, truth values or words; missing ones stay missing."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=np.float64)
    words = values.astype(str).str.strip().str.lower()
    known = {**dict.fromkeys(_YES, 1.0), **dict.fromkeys(_NO, 0.0)}
    found = words.map(known).to_numpy(dtype=np.float64)
    strange = sorted(set(words[np.isnan(found) & values.notna().to_numpy()]))
    if strange:
        raise ValueError(f"column {values.name!r}: which is 1, which 0, of {strange[:4]}?")
    return found


def _two(values: pd.Series) -> bool:  # type: ignore[type-arg]
    known = set(values.dropna().astype(str).str.strip().str.lower())
    return known <= {*_YES, *_NO}
