"""Kappa and AC1, ICC, limits of agreement and the repeatability coefficient."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.comparison import limits_of
from benchmarks.coverage_studies.study import Intervals, Study
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.intraclass import IccForm, icc
from measures.kappa import Weights, cohen_kappa, fleiss_kappa, gwet_ac1
from measures.repeatability import bland_altman, repeatability

Limits = tuple[Numbers, Numbers]


def drawn(estimate: Callable[[Generator], Estimate]) -> Intervals:
    """An estimate of new data, again and again."""

    def intervals(random: Generator, repeats: int) -> Limits:
        return limits_of(estimate(random) for _ in range(repeats))

    return intervals


def joint(common: Numbers, agreed: float) -> Numbers:
    """Two readers' categories: the same with chance `agreed`, else independent."""
    found: Numbers = agreed * np.diag(common) + (1.0 - agreed) * np.outer(common, common)
    return found


def near_misses(common: Numbers, agreed: float) -> Numbers:
    """Disagreement mostly with the next category."""
    q = common.size
    near = np.exp(-0.7 * np.abs(np.subtract.outer(np.arange(q), np.arange(q))))
    table = agreed * np.diag(common) + (1.0 - agreed) * np.outer(common, common) * near
    found: Numbers = table / table.sum()
    return found


def cohen(table: Numbers, n: int, weights: Weights) -> tuple[float, Intervals]:
    """True kappa and its interval."""
    q = table.shape[0]
    apart = np.abs(np.subtract.outer(np.arange(q), np.arange(q))) / (q - 1)
    w = np.eye(q) if weights == "none" else 1.0 - apart ** (1 if weights == "linear" else 2)
    chance = float(table.sum(axis=1) @ w @ table.sum(axis=0))
    truth = (float((w * table).sum()) - chance) / (1.0 - chance)
    first, second = np.divmod(np.arange(q * q), q)

    def one(random: Generator) -> Estimate:
        counts = random.multinomial(n, table.ravel())
        columns = (np.repeat(names, counts) for names in (first, second))
        return cohen_kappa(*columns, categories=list(range(q)), weights=weights)

    return truth, drawn(one)


def several(share: float, alike: float, n: int, readers: int, ac1: bool) -> tuple[float, Intervals]:
    """Each study is called positive by its own share of readers, beta distributed with the mean
    `share`; `alike` is then Fleiss's kappa itself.
    """
    total = 1.0 / alike - 1.0
    a, b = share * total, (1.0 - share) * total
    both = share * share + share * (1 - share) * alike
    observed, chance = 1.0 - 2.0 * (share - both), 2.0 * share * (1.0 - share)
    truth = (observed - chance) / (1.0 - chance) if ac1 else alike

    def one(random: Generator) -> Estimate:
        yes = random.binomial(readers, random.beta(a, b, n))
        counts = np.stack([yes, readers - yes], axis=1)
        return (gwet_ac1 if ac1 else fleiss_kappa)(counts)

    return truth, drawn(one)


def intraclass(form: IccForm, sds: tuple[float, float, float], size: tuple[int, int]) -> Study:
    """sds: of patients, readers and error."""
    patient, reader, error = (sd * sd for sd in sds)
    offset = 0.0 if form[0] == "C" else reader
    single = patient / (patient + offset + error)
    truth = single if form[2] == "1" else size[1] * single / (1 + (size[1] - 1) * single)

    def one(random: Generator) -> Estimate:
        values = sds[0] * random.normal(size=(size[0], 1)) + sds[2] * random.normal(size=size)
        if form[0] == "1":
            values = values + sds[1] * random.normal(size=size)
        else:
            values = values + sds[1] * random.normal(size=(1, size[1]))
        return icc(values, form=form)

    few = form[0] == "A" and size[1] < 5 and sds[1] >= sds[0]
    setting = f"SD {sds[0]:g} patients, {sds[1]:g} readers, {sds[2]:g} error; {size[0]} x {size[1]}"
    return Study(
        f"ICC({form})", "F (McGraw and Wong)", setting, truth, drawn(one),
        None if few else (0.93, 0.97),
        "too short: few readers who differ as much as patients do" if few else "",
    )  # fmt: skip


def limit_of_agreement(n: int) -> Intervals:
    """The upper limit of standard normal differences."""

    def one(random: Generator) -> Estimate:
        return bland_altman(random.normal(size=n), np.zeros(n)).upper

    return drawn(one)


def coefficient(n: int, repeats: int) -> Intervals:
    """Repeats with within-patient standard deviation 1."""

    def one(random: Generator) -> Estimate:
        patients = 5.0 * random.normal(size=(n, 1))
        return repeatability(patients + random.normal(size=(n, repeats))).coefficient

    return drawn(one)


def _kappas() -> Iterator[Study]:
    short = "too short: of so few studies hardly any falls into the rare category"
    for share, agreed in ((0.5, 0.4), (0.5, 0.8), (0.1, 0.6)):
        for n in (30, 60, 150, 500):
            truth, intervals = cohen(joint(np.array([share, 1 - share]), agreed), n, "none")
            rare = share < 0.2 and n < 50
            yield Study(
                "Cohen kappa", "Fleiss-Cohen-Everitt, Fisher scale",
                f"{share:g} positive, n = {n}", truth, intervals,
                None if rare else (0.93, 0.97), short if rare else "",
            )  # fmt: skip
            for ac1 in (False, True):
                truth, intervals = several(share, agreed, n, 4, ac1)
                rare = share < 0.2 and n < 100 and not ac1
                yield Study(
                    "Gwet AC1" if ac1 else "Fleiss kappa", "Gwet, t, Fisher scale",
                    f"{share:g} positive, kappa {agreed:g}, 4 readers, n = {n}", truth, intervals,
                    None if rare else (0.93, 0.97), short if rare else "",
                )  # fmt: skip
    for weights in ("linear", "quadratic"):
        for n in (50, 200):
            table = near_misses(np.array([0.4, 0.3, 0.2, 0.1]), 0.2)
            truth, intervals = cohen(table, n, weights)
            few = weights == "quadratic" and n < 100
            yield Study(
                f"Weighted kappa, {weights}", "Fleiss-Cohen-Everitt, Fisher scale",
                f"4 ordered categories, n = {n}", truth, intervals,
                None if few else (0.93, 0.97),
                "slightly short: few studies lie far off the diagonal" if few else "",
            )  # fmt: skip


def _measurements() -> Iterator[Study]:
    forms: list[IccForm] = ["1,1", "A,1", "C,1", "1,k", "A,k", "C,k"]
    for form in forms:
        for size in ((15, 3), (40, 6)):
            yield intraclass(form, (1.0, 0.3, 0.5), size)
    yield intraclass("A,1", (1.0, 1.0, 0.5), (15, 3))
    for n in (10, 30, 200):
        yield Study(
            "Limit of agreement", "exact, non-central t", f"normal differences, n = {n}",
            1.959963984540054, limit_of_agreement(n),
        )  # fmt: skip
    for n, repeats in ((10, 2), (35, 2), (12, 4)):
        yield Study(
            "Repeatability coefficient", "chi-squared", f"{n} patients, {repeats} repeats",
            1.959963984540054 * math.sqrt(2.0), coefficient(n, repeats),
        )  # fmt: skip


STUDIES: list[Study] = [*_kappas(), *_measurements()]
