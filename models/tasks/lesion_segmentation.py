"""Where are the lesions of a volume, and how large is each: none, one or several, measured."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.clusters import Resampling
from measures.comparison import independent_difference
from measures.detection import ImageMarks, MatchRule, match
from measures.estimate import Estimate
from measures.lesion_sizes import LesionSize, box_around, lesion_sizes, numbered_lesions
from measures.repeatability import bland_altman
from measures.segmentation import overlap
from measures.study_means import LEFT_OUT, mean_over_studies
from models.tasks.base import (
    EVERY_DEGRADATION,
    Calibration,
    Column,
    Decoded,
    Failure,
    Flags,
    Known,
    Outcomes,
    OutputField,
    Said,
    Unjudged,
)
from models.tasks.classification import ClassificationTask
from models.tasks.multiclass import share
from models.tasks.two_classes import TwoClasses, paired_differences

Volume = NDArray[np.bool_]
VolumeSpacing = tuple[float, float, float]
"""Millimetres between slices, rows and columns."""

MATCHING = MatchRule("mask overlap", 0.1, repeats="not counted")
"""An outline is on a lesion where they share a tenth of what either covers (as in nnDetection:
Baumgartner et al., MICCAI 2021); a further outline on a lesion that is found counts neither way."""
MATCHING_IN_WORDS = (
    "an outline is on a lesion where they share at least a tenth of the volume that either covers; "
    "a further outline on a lesion that is found already is not counted"
)
LEAST_ML = 0.05
"""Outlines below it are left out: the volume of a ball of 4.6 mm, less than the least lesion that
is to be found, of 6 mm (Fleischner Society: MacMahon et al., Radiology 2017;284:228)."""

_HOW = Resampling(seed=1)
_STUDY = ClassificationTask()
_OF_STUDY = ("auc", "sensitivity", "specificity")
_OF_SIZE = ("volume_bias_percent", "volume_error_percent", "longest_error_mm",
            "longest_absolute_error_mm")  # fmt: skip
NOT_SHARES = frozenset({"false_positives_per_study", *_OF_SIZE})
"""Measures that do not lie between 0 and 1."""


@dataclass(frozen=True, slots=True)
class TrueLesion:
    """A true lesion and the outline on it: sizes, their Dice, the outline's highest probability.

    The latter four are None, and dice 0, of a lesion that was missed.
    """

    volume_ml: float
    longest_mm: float
    dice: float
    score: float | None
    said_ml: float | None
    said_mm: float | None


@dataclass(frozen=True, slots=True)
class Judged:
    """The outlines of one study beside its true lesions.

    dice: of all of them together, None without a true lesion, where it has no meaning. false: the
    volumes in ml of the outlines on no lesion.
    """

    dice: float | None
    true: tuple[TrueLesion, ...]
    false: tuple[float, ...]

    @property
    def text(self) -> str:
        """As a table keeps it."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def of(cls, text: str) -> "Judged":
        """The study in the text."""
        read = json.loads(text)
        return cls(
            read["dice"], tuple(TrueLesion(**one) for one in read["true"]), tuple(read["false"])
        )


class LesionSegmentationTask(TwoClasses):
    """Lesions of one kind in a volume, each outlined and measured.

    Score and yes-or-no decision speak of the study: the highest probability of a voxel, and whether
    any lesion is outlined, which needs more than a voxel: :data:`LEAST_ML`.
    """

    name = "lesion_segmentation"
    fields = (
        OutputField("score", "number", "probability", "highest probability of any voxel"),
        OutputField("decision", "yes or no", "", "a lesion is outlined"),
        OutputField("lesions", "number", "", "outlined lesions"),
        OutputField("volume_ml", "number", "ml", "volume of all of them"),
        OutputField("longest_mm", "number", "mm", "longest diameter in a slice, of all of them"),
        OutputField("each", "list", "", "of each: volume_ml, longest_mm, across_mm, slice, score"),
    )
    watched = ("score", "volume_ml")
    columns: tuple[str, ...] = ("judged",)
    two_classes = True
    main_measure = "dice"
    followed: tuple[str, ...] = ("dice", "lesion_sensitivity", "false_positives_per_study")
    measures = (
        "dice", "lesion_dice", "lesion_sensitivity", "false_positives_per_study", *_OF_SIZE,
        *_OF_STUDY,
    )  # fmt: skip
    headline: tuple[str, ...] = (
        "dice", "lesion_sensitivity", "false_positives_per_study", "volume_error_percent",
    )  # fmt: skip
    truth_forms: tuple[str, ...] = ("outline",)
    degraded_by: tuple[str, ...] = EVERY_DEGRADATION
    not_operated = (
        "reading whole series day by day at a site was not run from end to end in this version"
    )
    reads_outline = False
    gives_maps = True
    averaged = True
    not_asked: Mapping[str, str] = {
        "thresholds": "the operating point cuts the probability of a voxel, and of a study the "
        "outlines are kept, not the probability of each voxel",
        "calibration": "the probability is of a voxel, not of a study",
        "net benefit": "it takes the score as a probability, and that of a study is none",
    }

    def decode(self, logit: Sequence[Any] | Column, calibration: Calibration) -> Decoded:
        """Of each study the highest probability of a voxel, and whether it reaches the point.

        logit: raw outputs, of each study in any shape. Raises ValueError when one is not finite.

        >>> task = LesionSegmentationTask()
        >>> decoded = task.decode([[[-9., 0.], [2., -9.]]], Calibration(1., 0., 0.6))
        >>> decoded.score.round(3).tolist(), decoded.decision.tolist()
        ([0.881], [True])
        """
        each = [np.asarray(one, dtype=np.float64) for one in logit]
        if not all(np.isfinite(one).all() for one in each):
            raise ValueError("the network's output is not finite for every voxel")
        odds = calibration.slope * np.array([one.max() for one in each]) + calibration.intercept
        score = np.exp(-np.logaddexp(0.0, -odds))
        return Decoded(score=score, decision=score >= calibration.operating_point)

    def measured(
        self, numbered: NDArray[np.uint16], scores: Sequence[float], spacing: VolumeSpacing
    ) -> dict[str, Any]:
        """The sizes of the outlines by the names of :attr:`fields`; no diameter without a lesion.

        numbered: of :func:`measures.lesion_sizes.numbered_lesions`; scores: of each lesion the
        highest probability of its voxels.
        """
        sizes = lesion_sizes(numbered, spacing)
        each = [asdict(one) | {"score": at} for one, at in zip(sizes, scores, strict=True)]
        return {
            "lesions": len(sizes), "volume_ml": float(sum(one.volume_ml for one in sizes)),
            "longest_mm": max((one.longest_mm for one in sizes), default=None), "each": each,
        }

    def compared(
        self, truth: Volume, numbered: NDArray[np.uint16], said: Sequence[Mapping[str, Any]],
        spacing: VolumeSpacing,
    ) -> Judged:
        """The outlines of one study beside the true lesions, each of which counts by itself.

        truth: bool (slices, rows, columns); numbered: the outlines on the same grid; said: of each
        what :meth:`measured` gave.
        """
        true = numbered_lesions(truth)
        sizes = lesion_sizes(true, spacing)
        inside = box_around(truth | (numbered > 0))
        true, drawn = true[inside], numbered[inside]
        outlines = [drawn == number for number in range(1, len(said) + 1)]
        lesions = [true == number for number in range(1, len(sizes) + 1)]
        # matched by rank, not by score: a rank names its outline
        ranked = sorted(range(len(said)), key=lambda at: (float(said[at]["score"]), -at))
        ranks = [float(ranked.index(at)) for at in range(len(said))]
        found = match([ImageMarks(outlines, ranks, lesions)], MATCHING)
        false = sorted(ranked[int(rank)] for rank in found.score[found.lesion < 0])
        whole = overlap(truth, numbered > 0, spacing)
        return Judged(
            whole.dice if lesions else None,
            tuple(
                _beside(size, lesion, None if rank < 0 else ranked[int(rank)], outlines, said)
                for size, lesion, rank in zip(sizes, lesions, found.found_at, strict=True)
            ),
            tuple(float(said[at]["volume_ml"]) for at in false),
        )

    def answered(self, said: Said, known: Known) -> dict[str, Any]:
        """The outlines beside the true lesions: masks are of volumes, that of what is said
        numbered by lesion."""
        assert said.mask is not None and known.mask is not None and known.spacing is not None
        spacing: Any = known.spacing
        numbered = np.asarray(said.mask).astype(np.uint16)
        return {"judged": self.compared(known.mask, numbered, said.outputs["each"], spacing).text}

    def paired(
        self, first: Outcomes, second: Outcomes, *, level: float = 0.95
    ) -> list[Estimate]:
        """Mean difference of the Dice of studies with a lesion, of the false outlines of a study,
        and of AUC, sensitivity and specificity; whole patients are drawn."""
        one, other = _read(first), _read(second)
        dice = [
            None if a.dice is None or b.dice is None else a.dice - b.dice
            for a, b in zip(one, other, strict=True)
        ]
        false = [len(a.false) - float(len(b.false)) for a, b in zip(one, other, strict=True)]
        common: dict[str, Any] = {
            "patients": np.asarray(first.patient), "resampling": _HOW, "level": level
        }
        return [
            _mean("dice_difference", dice, **common),
            _mean("false_positives_per_study_difference", false, **common),
            *paired_differences(first, second, level=level),
        ]

    def apart(self, first: Outcomes, second: Outcomes, *, level: float = 0.95) -> Estimate:
        """Difference of the mean Dice, from the two single intervals."""
        return independent_difference(*(
            _dice(_read(one), np.asarray(one.patient), level) for one in (first, second)
        ))

    def cut(self, outcomes: Outcomes) -> Column | None:  # noqa: ARG002
        """None: voxels are cut, not studies."""
        return None

    def further(self, outcomes: Outcomes) -> list[Estimate]:
        """Limits of agreement of the volume (Bland and Altman 1986), in per cent of the true one:
        of the largest lesion of each study that was found.

        On the log scale, because the error grows with the volume; the limits are turned back.
        """
        largest = [
            max(found, key=lambda one: one.volume_ml)
            for study in _read(outcomes)
            if (found := [one for one in study.true if one.said_ml is not None])
        ]
        ratios = np.log([one.said_ml / one.volume_ml for one in largest])  # type: ignore[operator]
        limits = bland_altman(ratios, np.zeros(ratios.size))
        return [
            _in_percent(one, f"volume_{one.measure}_percent")
            for one in (limits.lower, limits.upper)
        ]

    def failures(self, outcomes: Outcomes, most: int) -> dict[str, list[Failure]]:
        """Lesions that were missed, the largest first, and outlines on no lesion, the largest
        first; one of each a study."""
        missed, false = [], []
        for at, study in enumerate(_read(outcomes)):
            gone = max((one.volume_ml for one in study.true if one.score is None), default=0.0)
            if gone:
                missed.append(Failure(at, gone, "ml", f"missed: a lesion of {gone:.2f} ml"))
            if study.false:
                worst = max(study.false)
                false.append(Failure(at, worst, "ml", f"an outline of {worst:.2f} ml on no lesion"))
        return {
            name: sorted(some, key=lambda one: (-one.value, one.at))[:most]
            for name, some in (("missed_lesion", missed), ("false_outline", false))
        }

    def estimates(
        self,
        outcomes: Outcomes,
        *,
        level: float = 0.95,
        minimum_n: int = 20,
    ) -> list[Estimate]:
        """How well lesions are found and measured: all studies together, then each subgroup.

        *dice*: of all voxels of a study, the mean over the studies that show a lesion; without one
        it has no meaning, and *specificity* and false outlines speak of those studies.
        *lesion_dice*: of each lesion and the outline on it, 0 where it was missed.
        *lesion_sensitivity*: share of lesions found (:data:`MATCHING`);
        *false_positives_per_study*: outlines on no lesion.
        Of the lesions found, *volume_bias_percent*: the volume said over the true one (geometric
        mean, less 100 %), *volume_error_percent*: the same whichever way it is off;
        *longest_error_mm*, *longest_absolute_error_mm*: the longest diameter in a slice, said less
        true. *auc*, *sensitivity*, *specificity* of studies with and without a lesion. Every
        interval draws whole patients. n is the number of studies or lesions. Not estimable, with n
        and the reason, where the label was not recorded, below ``minimum_n`` studies, without a
        lesion.

        outcomes: with the column ``judged``, the text of :class:`Judged`.
        """
        found: list[Estimate] = []
        for name, group in outcomes.groups(minimum_n):
            if isinstance(group, Unjudged):
                found += group.of(self.measures, name)
            else:
                found += [one.for_subgroup(name) for one in _of_group(group, level)]
        return found


def _of_group(group: Outcomes, level: float) -> Iterator[Estimate]:
    studies, whose = _read(group), np.asarray(group.patient)
    yield _dice(studies, whose, level)
    lesions = [one for study in studies for one in study.true]
    of_lesion = np.repeat(whose, [len(study.true) for study in studies])
    common: dict[str, Any] = {"resampling": _HOW, "level": level}
    yield _mean(
        "lesion_dice", [one.dice for one in lesions], patients=of_lesion, bounds=(0.0, 1.0),
        **common,
    )
    yield _found(lesions, of_lesion, level)
    yield _mean(
        "false_positives_per_study", [float(len(one.false)) for one in studies], patients=whose,
        **common,
    )
    yield from _of_sizes(lesions, of_lesion, common)
    plain = Outcomes(group.truth, group.score, group.decision, group.patient)
    for one in _STUDY.estimates(plain, level=level, minimum_n=1):
        if one.measure in _OF_STUDY:
            yield one


def _dice(studies: Sequence[Judged], whose: Column, level: float) -> Estimate:
    return _mean(
        "dice", [one.dice for one in studies], patients=whose, resampling=_HOW, bounds=(0.0, 1.0),
        level=level,
    )


def _found(lesions: Sequence[TrueLesion], whose: Column, level: float) -> Estimate:
    if not lesions:
        return Estimate.not_estimable("lesion_sensitivity", "no true lesion", n=0)
    several = whose if np.unique(whose).size < len(lesions) else None
    seen = np.array([one.score is not None for one in lesions])
    said = share("sensitivity", np.ones(len(lesions)), seen, several, level)
    return replace(said, measure="lesion_sensitivity")


def _of_sizes(
    lesions: Sequence[TrueLesion], whose: Column, common: dict[str, Any]
) -> Iterator[Estimate]:
    seen = [at for at, one in enumerate(lesions) if one.said_ml is not None]
    some, patients = [lesions[at] for at in seen], whose[seen]
    ratios = [float(np.log(one.said_ml / one.volume_ml)) for one in some]  # type: ignore[operator]
    off = [one.said_mm - one.longest_mm for one in some]  # type: ignore[operator]
    for measure, values in (
        ("volume_bias_percent", ratios), ("volume_error_percent", [abs(one) for one in ratios]),
    ):
        yield _in_percent(_mean(measure, values, patients=patients, **common), measure)
    yield _mean("longest_error_mm", off, patients=patients, **common)
    yield _mean(
        "longest_absolute_error_mm", [abs(one) for one in off], patients=patients, **common
    )


def _mean(measure: str, values: Sequence[float | None], **how: Any) -> Estimate:
    """The mean over those that have a value; the reason where none has."""
    if all(one is None for one in values):
        why = "no study shows a lesion" if "dice" in measure else "no lesion was found"
        return Estimate.not_estimable(measure, why, n=0)
    return mean_over_studies(measure, values, undefined=LEFT_OUT, **how)


def _in_percent(one: Estimate, measure: str) -> Estimate:
    """A mean or limit of logarithms of ratios, turned back: by how many per cent it is off."""
    if one.value is None or one.low is None or one.high is None:
        return replace(one, measure=measure)
    value, low, high = (float(100 * np.expm1(at)) for at in (one.value, one.low, one.high))
    return replace(one, measure=measure, value=value, low=low, high=high)


def _read(outcomes: Outcomes) -> list[Judged]:
    return [Judged.of(str(text)) for text in outcomes.more["judged"]]


def _beside(
    size: LesionSize, lesion: Flags, partner: int | None, outlines: Sequence[Flags],
    said: Sequence[Mapping[str, Any]],
) -> TrueLesion:  # fmt: skip
    if partner is None:
        return TrueLesion(size.volume_ml, size.longest_mm, 0.0, None, None, None)
    dice, drawn = overlap(lesion, outlines[partner], (1, 1, 1)).dice, said[partner]
    return TrueLesion(
        size.volume_ml, size.longest_mm, float(dice or 0.0), float(drawn["score"]),
        float(drawn["volume_ml"]), float(drawn["longest_mm"]),
    )
