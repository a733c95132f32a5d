"""A cleaner picture of a noisy one: how close it comes, and what a reader of it loses or gains."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from measures.clusters import Resampling
from measures.comparison import independent_difference, paired_proportion_difference
from measures.estimate import Estimate
from measures.event_rate import events_per_image
from measures.study_means import LEFT_OUT, mean_over_studies
from models.full_dose import compared
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
    Share,
    Unjudged,
)
from models.tasks.multiclass import share
from models.tasks.two_classes import paired_share

CLOSENESS: Final = ("psnr", "ssim", "rmse_lesion", "rmse_background", "cnr")
"""What is measured of the picture as it came and as it was enhanced, against full dose."""
READ: Final = ("full_dose", "input", "enhanced")
READ_IN_WORDS: Final = (
    "a fixed matched filter for round shadows of 2.0 and 2.8 pixels (of 160) in the middle of the "
    "picture, positive from the response on that Youden's index chose on the full-dose pictures of "
    "the tuning part"
)
SPOTS: Final = tuple(
    f"{what}_{size}" for what in ("hallucinated", "erased") for size in ("small", "large")
)
_PICTURES: Final = ("input", "enhanced")
_HOW: Final = Resampling(seed=1)
_MAD: Final = 1.4826  # makes a standard deviation of a median deviation, of normal noise
_IMAGE_MEASURES: Final = (
    *(f"{name}_{suffix}" for name in CLOSENESS for suffix in (*_PICTURES, "gain")),
    "cnr_full_dose",
)
_READING_MEASURES: Final = tuple(
    f"{name}_{of}" for name in ("sensitivity", "specificity") for of in (*READ, "change")
)
_SPOT_MEASURES: Final = tuple(
    f"{what}{size}_per_image{of}"
    for of in ("", "_input")
    for what in ("hallucinated", "erased")
    for size in ("", "_small", "_large")
)
NOT_SHARES: Final = frozenset((*_IMAGE_MEASURES, *_SPOT_MEASURES)) | {
    "sensitivity_change", "specificity_change",
}
"""Measures that do not lie between 0 and 1."""


class EnhancementTask:
    """One picture at low dose, given back cleaner, in its own size and depth.

    Score and yes-or-no decision speak of the picture that came, not of a finding: how much noise
    the network finds in it, and whether that is more than the device was made for.
    """

    name = "enhancement"
    fields = (
        OutputField("score", "number", "share of the grey range", "noise found in the input"),
        OutputField("decision", "yes or no", "", "noisier than the declared range of dose"),
        OutputField("largest_change", "number", "share of the grey range", "of any one pixel"),
    )
    watched = ("score", "largest_change")
    columns: tuple[str, ...] = (
        *(f"{name}_{of}" for name in CLOSENESS for of in _PICTURES), "cnr_full_dose",
        *(f"read_{of}" for of in READ), *(f"{one}_{of}" for one in SPOTS for of in _PICTURES),
    )
    two_classes = False
    main_measure = "psnr_enhanced"
    followed: tuple[str, ...] = (
        "psnr_enhanced", "psnr_gain", "ssim_enhanced", "sensitivity_enhanced",
        "sensitivity_change", "specificity_enhanced", "specificity_change",
        "hallucinated_per_image", "erased_per_image",
    )
    measures = (*_IMAGE_MEASURES, *_READING_MEASURES, *_SPOT_MEASURES)
    headline: tuple[str, ...] = (
        "psnr_enhanced", "psnr_gain", "ssim_enhanced", "sensitivity_change",
    )
    truth_forms: tuple[str, ...] = ("boxes", "full-dose picture")
    degraded_by: tuple[str, ...] = ("noise",)
    not_operated = (
        "enhanced pictures are not sent to a site, and in operation no picture at full dose is "
        "there to judge them by"
    )
    gives_maps = True
    averaged = False
    reads_outline = False
    not_asked: Mapping[str, str] = {
        "thresholds": "the operating point cuts the noise of the input, and no finding",
        "other prevalences": "the device says of no study whether a finding is there",
        "calibration": "the score is a measure of noise, and no probability",
        "net benefit": "no decision about the patient is cut from the score",
        **dict.fromkeys(
            [f"degraded: {kind}" for kind in EVERY_DEGRADATION if kind != "noise"],
            "the picture at full dose has none of it, so that its distance would measure the "
            "degradation and not the device",
        ),
    }

    def decode(self, logit: Sequence[Any] | Column, calibration: Calibration) -> Decoded:
        """The noise in each picture, and whether it is above the declared range.

        logit: raw outputs, one map of noise a study (maps may differ in shape). The noise is 1.4826
        times the median of its size, so that edges hardly count: a standard deviation in shares of
        the grey range. Raises ValueError when an output is not finite.

        >>> decoded = EnhancementTask().decode([[[0.02, -0.02], [0.02, 0.9]]],
        ...                                    Calibration(1.0, 0.0, 0.02))
        >>> decoded.score.round(4).tolist(), decoded.decision.tolist()
        ([0.0297], [True])
        """
        score = np.array([_noise(one) for one in logit], dtype=np.float64)
        return Decoded(score=score, decision=score > calibration.operating_point)

    def answered(self, said: Said, known: Known) -> dict[str, Any]:
        """The picture that came and the one given back beside the same anatomy at full dose."""
        assert known.came is not None and known.full_dose is not None
        assert said.picture is not None and known.reader_threshold is not None
        return compared(
            known.full_dose, known.came, said.picture,
            known.lesions.boxes if known.lesions else (), known.reader_threshold,
        )

    def paired(
        self, first: Outcomes, second: Outcomes, *, level: float = 0.95
    ) -> list[Estimate]:
        """Mean difference of the PSNR of the enhanced pictures, whole patients drawn; then that of
        the fixed reader's sensitivity and specificity on them, by Newcombe's interval."""
        apart = _psnr(first) - _psnr(second)
        nearer = mean_over_studies(
            f"{self.main_measure}_difference", apart.tolist(), patients=first.patient,
            resampling=_HOW, level=level,
        )
        shares = zip(self.shares(first), self.shares(second), strict=True)
        return [nearer, *(paired_share(one, other, level=level) for one, other in shares)]

    def apart(self, first: Outcomes, second: Outcomes, *, level: float = 0.95) -> Estimate:
        """Difference of the mean PSNR of the enhanced pictures, from the two single intervals."""
        return independent_difference(*(
            mean_over_studies(
                self.main_measure, _psnr(one).tolist(), patients=one.patient, resampling=_HOW,
                level=level,
            )
            for one in (first, second)
        ), bounds=None)  # fmt: skip

    def cut(self, outcomes: Outcomes) -> Column | None:  # noqa: ARG002
        """None: the noise of the input is cut, and no answer about the patient."""
        return None

    def shares(self, outcomes: Outcomes) -> tuple[Share, ...]:
        """Sensitivity and specificity of the fixed reader on the enhanced pictures."""
        present = np.asarray(outcomes.truth) > 0
        read = np.asarray(outcomes.more["read_enhanced"]).astype(int) == 1
        return (
            Share("sensitivity_enhanced", present, read),
            Share("specificity_enhanced", ~present, ~read),
        )

    def further(self, outcomes: Outcomes) -> list[Estimate]:  # noqa: ARG002
        """Nothing beside the estimates."""
        return []

    def failures(self, outcomes: Outcomes, most: int) -> dict[str, list[Failure]]:
        """The pictures in which the fixed reader loses a lesion that it finds at full dose, those
        in which it finds one that nobody has, and those that came out further from full dose than
        they came in; the worst first."""
        came = np.asarray(outcomes.more["psnr_input"], dtype=np.float64)
        gain = _psnr(outcomes) - came
        present = np.asarray(outcomes.truth) > 0
        full, read = (
            np.asarray(outcomes.more[f"read_{of}"]).astype(int) == 1
            for of in ("full_dose", "enhanced")
        )
        erased, hallucinated = (
            sum(np.asarray(outcomes.more[f"{what}_{size}_enhanced"]).astype(int)
                for size in ("small", "large"))
            for what in ("erased", "hallucinated")
        )  # fmt: skip
        return {
            "lesion_lost": _worst_of(
                present & full & ~read, erased, "erased_marks", most,
                "the fixed reader finds a lesion at full dose, and none in the enhanced picture",
            ),
            "lesion_made_up": _worst_of(
                ~present & ~full & read, hallucinated, "hallucinated_marks", most,
                "the fixed reader finds a lesion in the enhanced picture, and none at full dose",
            ),
            "made_worse": _worst_of(
                gain < 0, -gain, "psnr_lost", most, "further from full dose than it came"
            ),
        }

    def estimates(
        self,
        outcomes: Outcomes,
        *,
        level: float = 0.95,
        minimum_n: int = 20,
    ) -> list[Estimate]:
        """How close, how readable, and what was made up: all studies together, then each subgroup.

        *psnr*, *ssim*, *rmse_lesion*, *rmse_background*, *cnr*: of the input and of the enhanced
        picture, and the gain, enhanced less input of the same study; means over studies, with an
        interval that draws whole patients. Studies without a lesion have no CNR and no error there,
        and n says how many had one. *sensitivity*, *specificity* of one fixed reader
        (:mod:`models.spot_finder`) on the three pictures, and their *change*: enhanced less full
        dose, on the same studies (Newcombe's interval for pairs; by cluster bootstrap where a
        patient has several). *hallucinated*, *erased*: spots per image that are in the enhanced
        picture and not at full dose, and the reverse, by size; the same of the input. Not
        estimable, with n and the reason, where the label was not recorded and below ``minimum_n``
        studies.

        outcomes: with the columns of :attr:`columns`. Raises ValueError for malformed columns.
        """
        found: list[Estimate] = []
        for name, group in outcomes.groups(minimum_n):
            if isinstance(group, Unjudged):
                found += group.of(self.measures, name)
            else:
                found += [one.for_subgroup(name) for one in _of_group(group, level)]
        return found


def _worst_of(failed: Any, by: Any, measure: str, most: int, words: str) -> list[Failure]:
    """The studies that failed, those with the highest number first."""
    places = np.flatnonzero(failed)
    order = places[np.argsort(-np.asarray(by, dtype=np.float64)[places], kind="stable")]
    return [Failure(int(at), float(by[at]), measure, words) for at in order[:most]]


def _psnr(outcomes: Outcomes) -> NDArray[np.float64]:
    return np.asarray(outcomes.more["psnr_enhanced"], dtype=np.float64)


def _noise(raw: Any) -> float:
    noise = np.asarray(raw, dtype=np.float64)
    if not np.isfinite(noise).all():
        raise ValueError("the network's output is not finite for every pixel")
    return float(_MAD * np.median(np.abs(noise)))


def _of_group(group: Outcomes, level: float) -> Iterator[Estimate]:
    common: dict[str, Any] = {
        "patients": np.asarray(group.patient), "resampling": _HOW, "level": level
    }
    for name in CLOSENESS:
        came, went = (_values(group, f"{name}_{of}") for of in _PICTURES)
        gain = [None if a is None or b is None else b - a for a, b in zip(came, went, strict=True)]
        ends = (-1.0, 1.0) if name == "ssim" else None
        for suffix, values, bounds in (
            ("input", came, ends), ("enhanced", went, ends), ("gain", gain, None)
        ):
            yield mean_over_studies(
                f"{name}_{suffix}", values, undefined=LEFT_OUT, bounds=bounds, **common
            )
    yield mean_over_studies(
        "cnr_full_dose", _values(group, "cnr_full_dose"), undefined=LEFT_OUT, **common
    )
    yield from _reading(group, level)
    for suffix, of in (("", "enhanced"), ("_input", "input")):
        for what in ("hallucinated", "erased"):
            small, large = (
                np.asarray(group.more[f"{what}_{size}_{of}"], dtype=np.int64)
                for size in ("small", "large")
            )
            for size, counts in (("", small + large), ("_small", small), ("_large", large)):
                yield events_per_image(
                    f"{what}{size}_per_image{suffix}", counts.tolist(), **common
                )


def _reading(group: Outcomes, level: float) -> Iterator[Estimate]:
    """What one fixed reader makes of the three pictures of the same studies."""
    present = np.asarray(group.truth) > 0
    whose = np.asarray(group.patient)
    read = {of: np.asarray(group.more[f"read_{of}"]).astype(int) for of in READ}
    for name, rows, right in (("sensitivity", present, 1), ("specificity", ~present, 0)):
        several = whose[rows] if np.unique(whose[rows]).size < rows.sum() else None
        for of in READ:
            hits = (read[of][rows] == right).astype(int)
            if not rows.any():
                yield Estimate.not_estimable(f"{name}_{of}", _NONE[name], n=0)
                continue
            found = share("sensitivity", np.ones(hits.size), hits, several, level)
            yield replace(found, measure=f"{name}_{of}")
        yield _change(
            f"{name}_change", (read["enhanced"][rows] == right).astype(int),
            (read["full_dose"][rows] == right).astype(int), several, level, why=_NONE[name],
        )


_NONE = {"sensitivity": "no study with a lesion", "specificity": "no study without a lesion"}


def _change(
    measure: str, new: NDArray[np.int_], old: NDArray[np.int_], several: Column | None,
    level: float, *, why: str,
) -> Estimate:
    if new.size == 0:
        return Estimate.not_estimable(measure, why, n=0)
    if several is None:
        return paired_proportion_difference(new, old, measure=measure, level=level).difference
    return mean_over_studies(
        measure, (new - old).astype(float).tolist(), patients=several, resampling=_HOW, level=level
    )


def _values(group: Outcomes, name: str) -> list[float | None]:
    return [
        None if value is None or value != value else float(value)
        for value in np.asarray(group.more[name], dtype=object)
    ]
