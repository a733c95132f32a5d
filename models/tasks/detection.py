"""Where are the lesions: marks with scores in one picture, judged lesion by lesion."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import BoxedPicture
from measures.clusters import Resampling
from measures.comparison import independent_difference
from measures.detection import ImageMarks, Matched, MatchRule, match
from measures.estimate import Estimate
from measures.froc import (
    froc_curve,
    froc_score,
    lesion_sensitivity,
    sensitivity_at_false_positives,
)
from measures.study_means import mean_over_studies
from models.tasks.base import (
    EVERY_DEGRADATION,
    Calibration,
    Column,
    Decoded,
    Failure,
    Known,
    Outcomes,
    OutputField,
    Said,
    Unjudged,
)
from models.tasks.classification import ClassificationTask
from models.tasks.two_classes import TwoClasses, paired_differences

MATCHING = MatchRule("centre inside", repeats="not counted")
"""A mark is on a lesion where its centre lies in the lesion's box; a further mark on a lesion that
is found already counts neither way (as in LUNA16)."""
MATCHING_IN_WORDS = (
    "a mark is on a lesion where its centre lies in the lesion's box; a further mark on a lesion "
    "that is found already is not counted"
)
RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False positives per image at which the free-response curve is read (Setio et al. 2017)."""
SMALL = 0.02
"""Share of the picture's area below which a lesion's box counts as small."""

_HOW = Resampling(seed=1)
_STUDY = ClassificationTask()
_OF_STUDY = ("auc", "sensitivity", "specificity")
_OF_LESION = ("lesion_sensitivity", "small_lesion_sensitivity", "large_lesion_sensitivity")
_AT_RATES = tuple(f"lesion_sensitivity_at_{rate:g}_false_positives" for rate in RATES)


class DetectionTask(TwoClasses):
    """One kind of lesion, any number of them in one picture.

    Score and yes-or-no decision speak of the study: the highest score of a mark, and whether any
    mark reaches the operating point. A mark's score is the calibrated probability that it is on a
    lesion.
    """

    name = "detection"
    fields = (
        OutputField("score", "number", "probability", "highest score of a mark"),
        OutputField("decision", "yes or no", "", "a mark reaches the operating point"),
        OutputField("marked", "number", "", "marks at or above the operating point"),
        OutputField("marks", "boxes", "pixels", "x, y, width, height, score, shown; best first"),
    )
    watched = ("score", "marked")
    columns: tuple[str, ...] = ("marks", "lesions")
    two_classes = True
    main_measure = "lesion_sensitivity"
    followed: tuple[str, ...] = ("lesion_sensitivity", "false_positives_per_image", "auc")
    measures = (
        *_OF_LESION, "false_positives_per_image", "froc_score", *_AT_RATES, *_OF_STUDY
    )
    headline: tuple[str, ...] = ("lesion_sensitivity", "false_positives_per_image", "froc_score")
    truth_forms: tuple[str, ...] = ("boxes",)
    degraded_by: tuple[str, ...] = EVERY_DEGRADATION
    not_operated = (
        "the true boxes of studies in operation are not taken in, so that what it misses there "
        "could not be judged against its claim"
    )
    gives_maps = True
    averaged = False
    reads_outline = False
    not_asked: Mapping[str, str] = {
        "calibration": "the score of a study is that of its best mark, and no probability of it",
        "net benefit": "it takes the score as a probability, and that of a study is none",
    }

    def decode(self, logit: Sequence[Any] | Column, calibration: Calibration) -> Decoded:
        """Of each study the highest probability of a mark, and whether any mark is shown.

        logit: raw outputs, one stack of maps a study, the first of which tells of centres.
        Raises ValueError when an output is not finite.

        >>> maps = [[[[-9., 0.], [2., -9.]]] * 5]
        >>> decoded = DetectionTask().decode(maps, Calibration(1., 0., 0.6))
        >>> decoded.score.round(3).tolist(), decoded.decision.tolist()
        ([0.881], [True])
        """
        highest = np.array([np.asarray(one, dtype=np.float64)[0].max() for one in logit])
        if not all(np.isfinite(np.asarray(one)).all() for one in logit):
            raise ValueError("the network's output is not finite for every cell")
        score = probability(highest, calibration)
        return Decoded(score=score, decision=score >= calibration.operating_point)

    def estimates(
        self,
        outcomes: Outcomes,
        *,
        level: float = 0.95,
        minimum_n: int = 20,
    ) -> list[Estimate]:
        """How well lesions are found: all studies together, then each subgroup.

        *lesion_sensitivity*: share of true lesions with a mark at the operating point, of all, of
        those below 2 % of the picture's area (*small*) and of the others (*large*); intervals allow
        for lesions of one patient being alike. *false_positives_per_image* at the operating point.
        *froc_score*, and the share found at 1/8 to 8 false positives per image: all studies only.
        *auc*, *sensitivity*, *specificity* of whole studies. n is the number of lesions, or of
        studies. Matching: :data:`MATCHING`. Not estimable, with n and the reason, where the label
        was not recorded, below ``minimum_n`` studies, or without a lesion.

        outcomes: with the columns ``marks`` and ``lesions``, the texts of
        :func:`marks_text` and :class:`BoxedPicture`. Raises ValueError for malformed columns.
        """
        found: list[Estimate] = []
        for name, group in outcomes.groups(minimum_n):
            if isinstance(group, Unjudged):
                left = ("froc_score", *_AT_RATES) if name != "all" else ()
                found += group.of([one for one in self.measures if one not in left], name)
            else:
                found += [one.for_subgroup(name) for one in _of_group(group, name, level)]
        return found


    def answered(self, said: Said, known: Known) -> dict[str, Any]:
        """The marks, and the true lesions where the picture has them."""
        assert known.lesions is not None
        return {"marks": marks_text(said.outputs["marks"]), "lesions": known.lesions.text}

    def paired(
        self, first: Outcomes, second: Outcomes, *, level: float = 0.95
    ) -> list[Estimate]:
        """Difference of the share of lesions found, lesion by lesion, patients drawn whole; then of
        AUC, sensitivity and specificity of studies.

        A picture of which the two hold different numbers of lesions (one was turned out of it) is
        left out of the first.
        """
        counts = [
            np.array([len(BoxedPicture.of(str(text)).boxes) for text in one.more["lesions"]])
            for one in (first, second)
        ]
        same = counts[0] == counts[1]
        read, other = (_read(one.where(same)) for one in (first, second))
        change = _lesions_found(read) - _lesions_found(other).astype(float)
        found = mean_over_studies(
            "lesion_sensitivity_difference", change.tolist(),
            patients=np.repeat(np.asarray(first.patient)[same], counts[0][same]),
            resampling=_HOW, level=level,
        )
        return [found, *paired_differences(first, second, level=level)]

    def apart(self, first: Outcomes, second: Outcomes, *, level: float = 0.95) -> Estimate:
        """Difference of the share of lesions found, from the two single intervals."""
        return independent_difference(*(_of_all_lesions(one, level) for one in (first, second)))

    def failures(self, outcomes: Outcomes, most: int) -> dict[str, list[Failure]]:
        """Lesions without a mark at the operating point, the largest first; and marks on no lesion,
        the highest score first. One of each a picture."""
        read = _read(outcomes)
        missed = _one_a_picture(
            read.matched.lesion_image, read.share, ~_lesions_found(read), most
        )
        false = _one_a_picture(
            read.matched.image, read.matched.score,
            (read.matched.lesion < 0) & (read.matched.score >= read.threshold), most,
        )
        return {
            "missed_lesion": [
                Failure(int(read.matched.lesion_image[at]), float(read.share[at]),
                        "share of the picture", _best_mark(float(read.matched.found_at[at])))
                for at in missed
            ],
            "false_mark": [
                Failure(int(read.matched.image[at]), float(read.matched.score[at]),
                        "score of the mark")
                for at in false
            ],
        }  # fmt: skip


def probability(logit: Column, calibration: Calibration) -> NDArray[np.float64]:
    """Calibrated probability of each mark that it is on a lesion."""
    odds = calibration.slope * np.asarray(logit, dtype=np.float64) + calibration.intercept
    return np.asarray(np.exp(-np.logaddexp(0.0, -odds)))


def marks_text(marks: Sequence[Mapping[str, Any]]) -> str:
    """Marks as a table keeps them: the same marks in the same letters."""
    return json.dumps(list(marks), sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """The marks and lesions of some images, matched; the scores' threshold; sizes of lesions as
    shares of their pictures; false marks of each image."""

    matched: Matched
    threshold: float
    share: NDArray[np.float64]
    false: NDArray[np.float64]

    @property
    def small(self) -> NDArray[np.bool_]:
        return self.share < SMALL


def read_marks(marks: Sequence[str], lesions: Sequence[str]) -> list[ImageMarks]:
    """Marks and true lesions of each image for matching: the marks by their centres."""
    found = []
    for said, true in zip(marks, lesions, strict=True):
        boxes, picture = json.loads(said), BoxedPicture.of(true)
        found.append(ImageMarks(
            [[one["x"] + one["width"] / 2, one["y"] + one["height"] / 2] for one in boxes],
            [one["score"] for one in boxes],
            [[box.x, box.y, box.x + box.width, box.y + box.height] for box in picture.boxes],
        ))  # fmt: skip
    return found


def _read(group: Outcomes) -> _Read:
    marks, lesions = (list(map(str, group.more[name])) for name in DetectionTask.columns)
    matched = match(read_marks(marks, lesions), MATCHING)
    shown = [one["score"] for text in marks for one in json.loads(text) if one["shown"]]
    threshold = min(shown, default=np.inf)
    wrong = (matched.lesion < 0) & (matched.score >= threshold)
    share = [
        box.width * box.height / (picture.rows * picture.columns)
        for picture in map(BoxedPicture.of, lesions) for box in picture.boxes
    ]
    false = np.bincount(matched.image[wrong], minlength=matched.images).astype(np.float64)
    return _Read(matched, threshold, np.array(share, dtype=np.float64), false)


def _lesions_found(read: _Read) -> NDArray[np.bool_]:
    """Whether each lesion has a mark at the operating point."""
    return np.asarray(read.matched.found_at >= read.threshold)


def _of_all_lesions(group: Outcomes, level: float) -> Estimate:
    read = _read(group)
    every = np.ones(read.share.size, dtype=bool)
    return _found("lesion_sensitivity", read, every, np.asarray(group.patient), level)


def _one_a_picture(
    picture: NDArray[Any], size: NDArray[Any], chosen: NDArray[np.bool_], most: int
) -> list[int]:
    """The places of the largest of the chosen, one a picture."""
    found: dict[int, int] = {}
    for at in sorted(np.flatnonzero(chosen).tolist(), key=lambda one: -float(size[one])):
        found.setdefault(int(picture[at]), at)
    return list(found.values())[:most]


def _best_mark(score: float) -> str:
    if not np.isfinite(score):
        return "no mark on it"
    return f"best mark on it {score:.3f}, below the operating point"


def froc_points(outcomes: Outcomes) -> dict[str, Any] | None:
    """The free-response curve up to 8 false positives per image, as plain numbers, and the point at
    which the device works; None without a lesion. At most 200 points."""
    read = _read(outcomes)
    if read.small.size == 0:
        return None
    curve = froc_curve(read.matched)
    inside = np.flatnonzero(curve.false_positives <= RATES[-1])
    thinned = np.linspace(0, inside.size - 1, min(200, inside.size)).round().astype(int)
    kept = inside[np.unique(thinned)]
    found = float(np.mean(_lesions_found(read)))
    return {
        "false_positives": np.round(curve.false_positives[kept], 6).tolist(),
        "sensitivity": np.round(curve.sensitivity[kept], 6).tolist(),
        "operating_point": [float(read.false.mean()), found],
    }


def _of_group(group: Outcomes, name: str, level: float) -> Iterator[Estimate]:
    read, whose = _read(group), np.asarray(group.patient)
    every = np.ones(read.small.size, dtype=bool)
    for measure, chosen in zip(_OF_LESION, (every, read.small, ~read.small), strict=True):
        yield _found(measure, read, chosen, whose, level)
    common: dict[str, Any] = {"patients": whose, "resampling": _HOW, "level": level}
    yield mean_over_studies("false_positives_per_image", read.false.tolist(), **common)
    if name == "all":
        yield froc_score(read.matched, RATES, **common)
        yield from sensitivity_at_false_positives(read.matched, RATES, **common)
    studies = Outcomes(group.truth, group.score, group.decision, group.patient)
    for one in _STUDY.estimates(studies, level=level, minimum_n=1):
        if one.measure in _OF_STUDY:
            yield one


def _found(
    measure: str, read: _Read, chosen: NDArray[np.bool_], whose: Column, level: float
) -> Estimate:
    """Share of some of the lesions that have a mark at the operating point."""
    whole = read.matched
    part = Matched(
        whole.score, whole.image, whole.lesion, whole.found_at[chosen],
        whole.lesion_image[chosen], whole.images,
    )  # fmt: skip
    found = lesion_sensitivity(part, read.threshold, patients=whose, level=level)
    if not chosen.any() and read.small.size:
        return Estimate.not_estimable(measure, "no true lesion of that size", n=0)
    return replace(found, measure=measure)
