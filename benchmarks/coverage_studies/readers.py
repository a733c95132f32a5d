"""Reader studies simulated after Roe and Metz (Acad Radiol 1997;4:298), and automation bias."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.comparison import limits_of
from benchmarks.coverage_studies.study import Intervals, Study
from measures.aided_reading import automation_bias
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.obuchowski_rockette import obuchowski_rockette
from measures.reader_variance import Endpoint, reader_average, reader_difference
from measures.readers import Readings

Limits = tuple[Numbers, Numbers]
Figure = Callable[[Readings], Estimate]


@dataclass(frozen=True)
class RoeMetz:
    """Variances of a reader study, total over studies 1: of readers and readers within arm; of
    studies, studies within arm, studies within reader, and the rest. apart: mean of the diseased in
    the two arms. blocks: groups of readers, each with its own studies (split plot).
    """

    apart: tuple[float, float]
    readers: int
    diseased: int
    healthy: int
    reader: float = 0.02
    study: tuple[float, float, float, float] = (0.3, 0.2, 0.2, 0.3)
    blocks: int = 1
    names: tuple[str, str] = field(default=("aided", "alone"))

    def area(self, arm: int) -> float:
        """True AUC of an average reader."""
        from scipy.special import ndtr

        return float(ndtr(self.apart[arm] / math.sqrt(2.0 * (1.0 + 2.0 * self.reader))))

    def sensitivity(self, arm: int, cut: float) -> float:
        """True share of the diseased above a cut."""
        from scipy.special import ndtr

        return float(ndtr((self.apart[arm] - cut) / math.sqrt(1.0 + 2.0 * self.reader)))

    def draw(self, random: Generator) -> Readings:
        """One reader study."""
        r, n = self.readers, self.diseased + self.healthy
        sick = np.arange(n) < self.diseased
        c, tc, rc, e = (math.sqrt(one) for one in self.study)
        marks = c * random.normal(size=(1, 1, n)) + tc * random.normal(size=(2, 1, n))
        marks = marks + rc * random.normal(size=(1, r, n)) + e * random.normal(size=(2, r, n))
        for of in (sick, ~sick):
            offset = random.normal(size=(1, r, 1)) + random.normal(size=(2, r, 1))
            marks[:, :, of] += math.sqrt(self.reader) * offset
        marks[:, :, sick] += np.array(self.apart)[:, None, None]
        if self.blocks > 1:
            own = np.arange(r)[:, None] % self.blocks == np.arange(n)[None, :] % self.blocks
            marks = np.where(own[None], marks, np.nan)
        readers, studies = (tuple(str(i) for i in range(size)) for size in (r, n))
        return Readings(self.names, readers, studies, sick, marks)


def drawn(model: RoeMetz, figure: Figure) -> Intervals:
    """A figure of new reader studies, again and again."""

    def intervals(random: Generator, repeats: int) -> Limits:
        return limits_of(figure(model.draw(random)) for _ in range(repeats))

    return intervals


def decisions(readings: Readings, cut: float) -> Readings:
    """Recalled above the cut."""
    marks = np.where(np.isnan(readings.ratings), np.nan, readings.ratings > cut)
    return Readings(
        readings.arms, readings.readers, readings.studies, readings.diseased, marks
    )  # fmt: skip


def moved(readers: int, studies: int, spread: tuple[float, float]) -> Study:
    """Readers differ, and studies differ, in how often a wrong device is followed."""
    base = -1.4
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    total = math.sqrt(spread[0] ** 2 + spread[1] ** 2)
    chances = 1.0 / (1.0 + np.exp(-(base + total * nodes)))
    truth = float(weights @ chances / weights.sum())

    def one(random: Generator) -> Estimate:
        who, what = np.divmod(np.arange(readers * studies), studies)
        leaning = base + spread[0] * random.normal(size=readers)[who]
        leaning = leaning + spread[1] * random.normal(size=studies)[what]
        followed = random.random(who.size) < 1.0 / (1.0 + np.exp(-leaning))
        sick = np.ones(who.size)
        found = automation_bias(sick, 1 - sick, sick, 1 - followed, reader=who, study=what)
        return found["all"].to_wrong

    def intervals(random: Generator, repeats: int) -> Limits:
        return limits_of(one(random) for _ in range(repeats))

    few = min(readers, studies) < 10
    return Study(
        "Automation bias, moved to wrong", "Wilson, two-way clusters",
        f"{readers} readers x {studies} studies, spread {spread[0]:g} and {spread[1]:g}", truth,
        intervals, (0.93, 1.0) if few else (0.93, 0.97),
        "fewer than ten readers: wide rather than short" if few else "",
    )  # fmt: skip


def _models() -> Iterator[tuple[str, RoeMetz]]:
    yield "no effect, 5 readers, 50 + 50", RoeMetz((1.5, 1.5), 5, 50, 50)
    yield "effect, 5 readers, 30 + 120", RoeMetz((1.9, 1.5), 5, 30, 120)
    yield "effect, 10 readers, 60 + 60", RoeMetz((1.9, 1.5), 10, 60, 60, reader=0.05)
    yield "no effect, 3 readers, 25 + 25", RoeMetz((2.2, 2.2), 3, 25, 25)


def _studies() -> Iterator[Study]:
    for said, model in _models():
        gain = model.area(0) - model.area(1)
        small = model.readers < 5
        claimed = (0.93, 1.0) if small else (0.93, 0.98)
        note = "three readers: wide rather than short" if small else ""
        figures: list[tuple[str, str, float, Figure]] = [
            ("Reader AUC difference", "U-statistics, BDG", gain,
             lambda block: reader_difference(block, "aided", "alone").estimate),
            ("Reader AUC difference", "Obuchowski-Rockette, Hillis", gain,
             lambda block: obuchowski_rockette(block).difference("aided", "alone").estimate),
            ("Reader AUC", "U-statistics, BDG", model.area(1),
             lambda block: reader_average(block, arm="alone").estimate),
            ("Reader AUC", "Obuchowski-Rockette, Hillis", model.area(1),
             lambda block: obuchowski_rockette(block).arm("alone").estimate),
        ]  # fmt: skip
        for measure, method, truth, figure in figures:
            yield Study(measure, method, said, truth, drawn(model, figure), claimed, note)
    yield from _designs()
    for readers, studies, spread in (
        (6, 40, (0.5, 0.5)),
        (12, 30, (0.5, 1.0)),
        (20, 60, (0.8, 0.5)),
    ):
        yield moved(readers, studies, spread)


def _designs() -> Iterator[Study]:
    split = RoeMetz((1.9, 1.5), 8, 80, 80, blocks=2)
    yield Study(
        "Reader AUC difference", "U-statistics, BDG", "split plot, 2 x 4 readers, 40 + 40 each",
        split.area(0) - split.area(1),
        drawn(split, lambda block: reader_difference(block, "aided", "alone").estimate),
        (0.93, 0.98),
    )  # fmt: skip
    for endpoint, at in (("sensitivity", 0.9), ("specificity", 0.9)):
        model = RoeMetz((1.9, 1.5), 6, 60, 80)
        kind: Endpoint = endpoint  # type: ignore[assignment]
        truth = (
            model.sensitivity(0, at) - model.sensitivity(1, at)
            if endpoint == "sensitivity"
            else 0.0
        )
        yield Study(
            f"Reader {endpoint} difference", "U-statistics, BDG", "6 readers, 60 + 80", truth,
            drawn(model, lambda block, k=kind, c=at: reader_difference(  # type: ignore[misc]
                decisions(block, c), "aided", "alone", k
            ).estimate),
            (0.93, 0.98),
        )  # fmt: skip


STUDIES: list[Study] = list(_studies())
