"""What the device's output does to the reader: better together, or led astray.

Automation bias is counted against the same reader's unaided reading of the same study. The device
alone is set beside readers by :func:`with_standalone`, aided beside unaided readings by
:func:`measures.reader_variance.reader_difference`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import Numbers, binary_column, number_column, refuse_unequal
from measures.proportions import normal_quantile, wilson_limits
from measures.readers import Codes, Readings, name_codes

__all__ = ["AutomationBias", "automation_bias", "with_standalone"]


@dataclass(frozen=True, slots=True)
class AutomationBias:
    """How often a reader who was right alone is wrong with the device.

    to_wrong: moved to the device's wrong answer, of the readings right alone where the device was
    wrong. from_right: moved away from the device's right answer, of those where it was right.
    """

    to_wrong: Estimate
    from_right: Estimate


def automation_bias(
    truth: ArrayLike,
    device: ArrayLike,
    unaided: ArrayLike,
    aided: ArrayLike,
    *,
    reader: ArrayLike,
    study: ArrayLike,
    experience: ArrayLike | None = None,
    level: float = 0.95,
) -> dict[str, AutomationBias]:
    """How often readers are moved to the device's wrong answer, and away from its right one.

    For all readers ("all") and for each level of experience. The second share says how often right
    readings turn wrong where the device cannot be blamed: the background beside which the first is
    read (Goddard, Roudsari and Wyatt, JAMIA 2012;19:121). Readings of one reader, and of one study,
    resemble each other: the variance counts both (two-way clusters: Miglioretti and Heagerty 2007;
    Cameron, Gelbach and Miller 2011), Wilson's limits are formed at the effective number of
    readings and widened by Student's t for few readers or studies.

    truth, device, unaided, aided: 0/1; reader, study, experience: names; one entry a reading, all
    of the same length. n is the number of readings that count. Not estimable without any, or with
    fewer than two readers or studies among them. Raises ValueError if malformed, for a reader who
    read a study twice, a study with two truths, or a reader of two levels of experience.

    >>> reader, study = np.repeat(["a", "b", "c"], 4), np.tile(list("wxyz"), 3)
    >>> truth, device = np.tile([1, 1, 0, 0], 3), np.tile([1, 0, 1, 0], 3)
    >>> aided = [1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0]
    >>> found = automation_bias(truth, device, truth, aided, reader=reader, study=study)
    >>> print(found["all"].to_wrong)
    moved_to_wrong 0.333 (95 % interval 0.025 to 0.906, n = 6)
    """
    columns = {
        "truth": binary_column("truth", truth), "device": binary_column("device", device),
        "unaided": binary_column("unaided", unaided), "aided": binary_column("aided", aided),
    }  # fmt: skip
    _, who = name_codes("reader", reader)
    studies, what = name_codes("study", study)
    groups, group = name_codes("experience", who * 0 if experience is None else experience)
    refuse_unequal(**columns, reader=who, study=what, experience=group)
    if np.unique(who * max(len(studies), 1) + what).size < who.size:
        raise ValueError("study: a reader read a study twice; keep one reading")
    _refuse_changing("truth: a study", columns["truth"], what)
    _refuse_changing("experience: a reader", group, who)
    right = columns["truth"] == columns["device"]
    well = columns["truth"] == columns["unaided"]
    moved = (columns["truth"] != columns["aided"]).astype(np.float64)
    chosen = {"all": np.ones(who.size, dtype=bool)}
    if experience is not None:
        chosen |= {name: group == at for at, name in enumerate(groups)}
    found = {}
    for name, of in chosen.items():
        both = []
        for measure, kept in (("moved_to_wrong", ~right), ("moved_from_right", right)):
            rows = of & well & kept
            share = _crossed_share(measure, moved[rows], (who[rows], what[rows]), level)
            both.append(share.for_subgroup(name))
        found[name] = AutomationBias(both[0], both[1])
    return found


def with_standalone(
    readings: Readings, study: ArrayLike, score: ArrayLike, *, arm: str = "standalone"
) -> Readings:
    """The reader study with the device alone as one more arm, for a fair comparison with readers.

    Each reader carries the device's score on the studies that he or she read: the readers' spread
    in that arm is then nought, and what the studies share between device and readers is counted
    (:func:`measures.reader_variance.reader_difference`). Where readers read different studies, the
    device is thus weighed as they are.

    study, score: one entry a study of the readings; others are left aside. arm: its name, not yet
    taken. Raises ValueError for a study without a score or with two, or a malformed score.

    >>> from measures.readers import gather_readings
    >>> block = gather_readings(["a", "b"], ["s", "s"], [1, 1], [0.5, 0.7], arm=["alone", "alone"])
    >>> with_standalone(block, ["s", "t"], [0.9, 0.1]).arms
    ('alone', 'standalone')
    """
    if arm in readings.arms:
        raise ValueError(f"arm: {arm!r} is in the readings already")
    names, codes = name_codes("study", study)
    marks = number_column("score", score)
    refuse_unequal(study=codes, score=marks)
    if len(names) < codes.size:
        raise ValueError("study: a study has two scores; keep one")
    known = dict(zip((names[code] for code in codes), marks.tolist(), strict=True))
    without = [name for name in readings.studies if name not in known]
    if without:
        raise ValueError(f"score: missing for {len(without)} of {len(readings.studies)} studies")
    read = ~np.isnan(readings.ratings).all(axis=0)
    own = np.array([known[name] for name in readings.studies])
    added = np.where(read, own[None, :], np.nan)[None]
    return Readings(
        (*readings.arms, arm), readings.readers, readings.studies, readings.diseased,
        np.concatenate([readings.ratings, added]),
    )  # fmt: skip


def _crossed_share(
    measure: str, hits: Numbers, clusters: tuple[Codes, Codes], level: float
) -> Estimate:
    from scipy.special import stdtrit

    n = hits.size
    counted = [np.unique(codes).size for codes in clusters]
    if n == 0:
        return Estimate.not_estimable(measure, "no reading of that kind", n=0)
    if min(counted) < 2:
        reason = f"needs two of each: {counted[0]} readers, {counted[1]} studies"
        return Estimate.not_estimable(measure, reason, n=n)
    total = int(hits.sum())
    share = total / n
    off = hits - share
    single = float(off @ off)
    sums = [np.bincount(codes, weights=off) for codes in clusters]
    parts = [float(one @ one) * size / (size - 1) for one, size in zip(sums, counted, strict=True)]
    variance = max(parts[0] + parts[1] - single, *parts, single) / n**2
    fewest = min(counted)
    if variance <= 1e-15:
        effective = float(fewest)
    else:
        widened = -float(stdtrit(fewest - 1, (1.0 - level) / 2.0)) / normal_quantile(level)
        effective = max(min(share * (1.0 - share) / variance, n) / widened**2, 1.0)
    low, high = wilson_limits(share * effective, effective, level=level)
    method = (
        f"Wilson at the effective number of readings, {counted[0]} readers, {counted[1]} studies"
    )
    return Estimate(
        measure, n, share, float(low), float(high), level, method, numerator=total, denominator=n
    )


def _refuse_changing(
    what: str, values: np.ndarray[tuple[int], np.dtype[np.generic]], of: Codes
) -> None:
    """One value a name is needed, such as one truth a study."""
    if of.size == 0:
        return
    first = np.zeros(int(of.max()) + 1, dtype=np.intp)
    first[of[::-1]] = np.arange(of.size)[::-1]
    if np.any(values != values[first[of]]):
        raise ValueError(f"{what} has two values")
