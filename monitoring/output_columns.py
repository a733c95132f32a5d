"""What charts watch of an output beside its score: how unsure, how strange, how large, how fast."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from monitoring.detectors.embedding_drift import EMBEDDING_COLUMNS

__all__ = ["OUTPUT_COLUMNS", "output_columns", "output_entropy"]

ENTROPY, SPREAD = "output_entropy", "uncertainty"
SIZES: Final = ("share", "parts", "longest", "across", "largest_change")
OUTPUT_COLUMNS: Final = (
    *SIZES, "out_of_distribution", ENTROPY, SPREAD, "latency_ms", *EMBEDDING_COLUMNS
)  # fmt: skip
"""Columns of numbers: outlined share, number of parts, longest and across diameter of an outline,
largest change of an enhanced picture; strangeness, entropy (bits), spread of an ensemble, time."""
TOLERANCE = 0.02


def output_columns(
    score: float | None, outputs: Mapping[str, Any], *, strange: float | None = None,
    latency_ms: float | None = None, embedding: Sequence[float] | None = None,
) -> dict[str, float | None]:  # fmt: skip
    """One study's numbers by the names of :data:`OUTPUT_COLUMNS`; None where there is none."""
    found: dict[str, float | None] = {name: _number(outputs.get(name)) for name in SIZES}
    held = list(embedding or ())
    return found | {
        "out_of_distribution": strange, "latency_ms": latency_ms,
        ENTROPY: output_entropy(score, outputs), SPREAD: _number(outputs.get(SPREAD)),
        **{name: _number(held[at]) if at < len(held) else None
           for at, name in enumerate(EMBEDDING_COLUMNS)},
    }  # fmt: skip


def output_entropy(score: float | None, outputs: Mapping[str, Any]) -> float | None:
    """How undecided an output is, in bits: 0 certain, 1 an even chance of two.

    Of classes the entropy of their probabilities; of findings that may be present together the mean
    of each one's; else that of the score. None where the score is no probability.

    >>> output_entropy(0.5, {}), output_entropy(1.0, {})
    (1.0, 0.0)
    >>> output_entropy(0.5, {"a": 0.25, "b": 0.25, "c": 0.5})
    1.5
    """
    listed = outputs.get("findings")
    if isinstance(listed, Sequence) and not isinstance(listed, str) and listed:
        each = [_two(_number(one.get("probability"))) for one in listed]
        known = [one for one in each if one is not None]
        return sum(known) / len(known) if known else None
    classes = [
        float(value) for name, value in outputs.items()
        if name != SPREAD and isinstance(value, float) and 0.0 <= value <= 1.0
    ]
    if len(classes) > 1 and abs(sum(classes) - 1.0) <= TOLERANCE:
        return abs(sum(-p * math.log2(p) for p in classes if p > 0.0))
    return _two(score)


def _two(chance: float | None) -> float | None:
    if chance is None or not 0.0 <= chance <= 1.0:
        return None
    return abs(sum(-p * math.log2(p) for p in (chance, 1.0 - chance) if p > 0.0))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
