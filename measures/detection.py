"""Which of a device's marks are lesions: candidates matched to true lesions by a declared rule.

What is declared beforehand: when a candidate counts as on a lesion (the rule and its bound), and
what a second candidate on a lesion that is already found counts as. Candidates are taken by score,
highest first, each on the best lesion that is still free, so the pairs above any threshold are the
same as if the lower candidates did not exist. Curves and shares are in :mod:`measures.froc`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.inputs import Numbers, number_column

__all__ = ["RULES", "ImageMarks", "MatchRule", "Matched", "match"]

Kind = Literal["box overlap", "centre inside", "distance", "mask overlap"]
RULES: tuple[Kind, ...] = ("box overlap", "centre inside", "distance", "mask overlap")
Repeats = Literal["false positive", "not counted"]


@dataclass(frozen=True, slots=True)
class MatchRule:
    """When a candidate counts as on a lesion, declared before anybody looks.

    *box overlap*, *mask overlap*: intersection over union at least `bound`, above 0 and at most 1.
    *distance*: centres at most `bound` apart, in the unit of the coordinates (mm, if they are mm).
    *centre inside*: the candidate's centre lies in the lesion's box, edges included; no bound.
    repeats: a further candidate on a lesion already found is a false positive (as in PASCAL VOC)
    or is not counted at all (as in LUNA16). Raises ValueError for anything else.

    >>> MatchRule("box overlap", 0.3).repeats
    'false positive'
    """

    kind: Kind
    bound: float | None = None
    repeats: Repeats = "false positive"

    def __post_init__(self) -> None:
        if self.kind not in RULES:
            raise ValueError(f"unknown rule {self.kind!r}; known: {', '.join(RULES)}")
        if self.repeats not in ("false positive", "not counted"):
            raise ValueError(f"repeats: 'false positive' or 'not counted', not {self.repeats!r}")
        if self.kind == "centre inside":
            if self.bound is not None:
                raise ValueError("centre inside has no bound")
        elif self.bound is None or not 0.0 <= self.bound < float("inf"):
            raise ValueError(f"{self.kind}: needs a finite bound, not {self.bound!r}")
        elif self.kind != "distance" and not 0.0 < self.bound <= 1.0:
            raise ValueError(f"{self.kind}: bound must be above 0 and at most 1, not {self.bound}")


@dataclass(frozen=True, slots=True)
class ImageMarks:
    """The candidates and the true lesions of one image; either may be none.

    candidates, lesions: boxes of shape (marks, 2 axes), lower corner then upper corner; points of
    shape (marks, axes) for *distance*, and for candidates under *centre inside*; masks of shape
    (marks, rows, columns) or (marks, slices, rows, columns). An empty list is no mark.
    scores: one per candidate, higher is more suspicious.
    """

    candidates: ArrayLike
    scores: ArrayLike
    lesions: ArrayLike


@dataclass(frozen=True, slots=True)
class Matched:
    """Candidates and lesions of all images after matching.

    score, image: per counted candidate, shape (candidates,). lesion: the lesion that it is on, or
    -1 for a false positive. found_at: per lesion, the score of the candidate on it, minus infinity
    when missed. lesion_image: the image of each lesion. images: how many, empty ones included.
    """

    score: Numbers
    image: NDArray[np.intp]
    lesion: NDArray[np.intp]
    found_at: Numbers
    lesion_image: NDArray[np.intp]
    images: int


def match(marks: Sequence[ImageMarks], rule: MatchRule) -> Matched:
    """Match every image's candidates to its lesions.

    marks: one entry per image, also for images with neither. Equal scores are taken in the order
    given. Raises ValueError, naming the image by its position, for marks of the wrong shape,
    missing coordinates, a box upside down, an empty mask, or scores that do not fit.

    >>> image = ImageMarks([[0, 0, 2, 2], [0, 0, 2, 3], [8, 8, 9, 9]], [0.6, 0.9, 0.3],
    ...                    [[0, 0, 2, 2], [5, 5, 7, 7]])
    >>> found = match([image], MatchRule("box overlap", 0.5))
    >>> found.lesion.tolist(), found.found_at.tolist()
    ([-1, 0, -1], [0.9, -inf])
    """
    columns: list[tuple[Numbers, NDArray[np.intp], NDArray[np.intp]]] = []
    found, lesion_images, before = [], [], 0
    for position, one in enumerate(marks):
        try:
            scores, hit, fits = _match_one(one, rule)
        except ValueError as problem:
            raise ValueError(f"image {position}: {problem}") from problem
        lesions = fits.shape[1]
        at = np.full(lesions, -np.inf)
        at[hit[hit >= 0]] = scores[hit >= 0]
        kept = hit != _REPEAT
        on = np.where(hit[kept] >= 0, hit[kept] + before, -1)
        columns.append((scores[kept], np.full(on.size, position), on))
        found.append(at)
        lesion_images.append(np.full(lesions, position))
        before += lesions
    none = np.zeros(0, dtype=np.intp)
    score, image, lesion = (
        np.concatenate([np.zeros(0) if part == 0 else none, *(column[part] for column in columns)])
        for part in range(3)
    )
    return Matched(
        score, image.astype(np.intp), lesion.astype(np.intp), np.concatenate([np.zeros(0), *found]),
        np.concatenate([none, *lesion_images]), len(marks),
    )  # fmt: skip


_FALSE, _REPEAT = -1, -2


def _match_one(one: ImageMarks, rule: MatchRule) -> tuple[Numbers, NDArray[np.intp], Numbers]:
    scores = number_column("scores", one.scores)
    fits = _fits(one, rule)
    if fits.shape[0] != scores.size:
        raise ValueError(f"{fits.shape[0]} candidates and {scores.size} scores")
    hit = np.full(scores.size, _FALSE, dtype=np.intp)
    free = np.ones(fits.shape[1], dtype=bool)
    for candidate in np.argsort(-scores, kind="stable"):
        fit = fits[candidate]
        open_to = np.where(free, fit, -np.inf)
        if open_to.size and open_to.max() > -np.inf:
            best = int(np.argmax(open_to))
            hit[candidate], free[best] = best, False
        elif rule.repeats == "not counted" and (fit > -np.inf).any():
            hit[candidate] = _REPEAT
    return scores, hit, fits


def _fits(one: ImageMarks, rule: MatchRule) -> Numbers:
    """How well each candidate fits each lesion, minus infinity where the rule says it does not."""
    bound = rule.bound or 0.0
    if rule.kind == "mask overlap":
        shares = _mask_iou(_masks("candidates", one.candidates), _masks("lesions", one.lesions))
        return np.where(shares >= bound, shares, -np.inf)
    candidates, lesions = _rows("candidates", one.candidates), _rows("lesions", one.lesions)
    if not (len(candidates) and len(lesions)):
        return np.zeros((len(candidates), len(lesions)))
    if rule.kind == "box overlap":
        shares = _box_iou(_boxes("candidates", candidates), _boxes("lesions", lesions))
        return np.where(shares >= bound, shares, -np.inf)
    if rule.kind == "distance":
        _refuse_axes(candidates, lesions, 1)
        apart = np.sqrt(((candidates[:, None, :] - lesions[None, :, :]) ** 2).sum(axis=2))
        return np.where(apart <= bound * (1.0 + 1e-9), -apart, -np.inf)
    _refuse_axes(candidates, lesions, 2)
    lower, upper = _boxes("lesions", lesions)
    centre = candidates[:, None, :]
    inside = ((centre >= lower) & (centre <= upper)).all(axis=2)
    off = np.sqrt(((centre - (lower + upper) / 2.0) ** 2).sum(axis=2))
    return np.where(inside, -off, -np.inf)


def _rows(name: str, marks: ArrayLike) -> Numbers:
    try:
        rows = np.asarray(marks, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{name}: needs one row of numbers per mark") from problem
    if rows.size == 0:
        return np.zeros((0, 1))
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise ValueError(f"{name}: needs one row of finite numbers per mark, got {rows.shape}")
    return rows


def _boxes(name: str, rows: Numbers) -> tuple[Numbers, Numbers]:
    if rows.shape[1] not in (4, 6):
        raise ValueError(f"{name}: a box has 4 or 6 numbers, got {rows.shape[1]}")
    lower, upper = np.split(rows, 2, axis=1)
    if not (upper > lower).all():
        raise ValueError(f"{name}: a box's upper corner must lie above its lower corner")
    return lower, upper


def _refuse_axes(candidates: Numbers, lesions: Numbers, times: int) -> None:
    if candidates.shape[1] not in (2, 3) or lesions.shape[1] != times * candidates.shape[1]:
        raise ValueError(
            f"candidates have {candidates.shape[1]} and lesions {lesions.shape[1]} numbers: "
            f"points need 2 or 3, {'lesion boxes twice as many' if times == 2 else 'both as many'}"
        )


def _box_iou(one: tuple[Numbers, Numbers], other: tuple[Numbers, Numbers]) -> Numbers:
    if one[0].shape[1] != other[0].shape[1]:
        raise ValueError("candidates and lesions must both be flat boxes or both boxes in space")
    lower = np.maximum(one[0][:, None], other[0][None])
    upper = np.minimum(one[1][:, None], other[1][None])
    both = np.clip(upper - lower, 0.0, None).prod(axis=2)
    sizes = [(high - low).prod(axis=1) for low, high in (one, other)]
    shares: Numbers = both / (sizes[0][:, None] + sizes[1][None] - both)
    return shares


def _masks(name: str, marks: ArrayLike) -> NDArray[np.bool_]:
    masks = np.asarray(marks)
    if masks.size == 0:
        return np.zeros((0, 0), dtype=bool)
    if masks.ndim not in (3, 4) or not np.isin(masks, (0, 1)).all():
        raise ValueError(f"{name}: needs one 0/1 mask per mark, got shape {masks.shape}")
    flat: NDArray[np.bool_] = masks.reshape(len(masks), -1).astype(bool)
    if not flat.any(axis=1).all():
        raise ValueError(f"{name}: a mark's mask is empty")
    return flat


def _mask_iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> Numbers:
    if not (len(one) and len(other)):
        return np.zeros((len(one), len(other)))
    if one.shape[1] != other.shape[1]:
        raise ValueError("candidates and lesions must be masks of one shape")
    both = one.astype(np.float64) @ other.astype(np.float64).T
    shares: Numbers = both / (one.sum(axis=1)[:, None] + other.sum(axis=1)[None] - both)
    return shares
