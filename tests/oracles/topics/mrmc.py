"""Multi-reader multi-case studies: averages over readers by U-statistics, and Obuchowski-Rockette.

Declared conventions: real-valued degrees of freedom; `*_as_released` are informative. With readers
fixed, Cov2 - Cov3 below zero is taken as zero unless a key names MRMCaov.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

import pandas as pd

from measures.binary import sensitivity, specificity
from measures.obuchowski_rockette import CovarianceFrom, ReaderAnova, Sampled, obuchowski_rockette
from measures.reader_variance import (
    Endpoint,
    VarianceForm,
    reader_auc,
    reader_average,
    reader_difference,
)
from measures.readers import ReaderAverage, Readings, gather_readings
from tests.oracles.case import Case, Comparison, Key
from tests.oracles.columns import plain, zero_one

_AS_RELEASED = "*_as_released: truncated degrees of freedom, normal above 50 (informative)"
_ARTEFACT = "the tool tests a single sensitivity or specificity against 0.5 (artefact, ignore)"
_COLUMNS = {"readerid": "reader", "modalityid": "treatment", "modality": "treatment",
            "test": "treatment", "arm": "treatment", "treatmentid": "treatment",
            "caseid": "case", "patient": "case", "patientid": "case",
            "score": "rating", "confidence": "rating", "response": "rating",
            "y": "truth", "label": "truth", "gt": "truth", "status": "truth",
            "groundtruth": "truth", "disease": "truth", "decision": "recall"}  # fmt: skip
_BEFORE_ARM = (
    r"treatment|modality|arm|test|auc|diff(?:erence)?|rrrc|frrc|rrfc"
    r"|(?:random|fixed)_?(?:readers?|cases?)"
)


class _Study:
    """The case's table as readings: ratings for AUC, recalls for decisions."""

    def __init__(self, case: Case) -> None:
        table = case.table(next(file for file in case.inputs["files"] if ".csv" in file))
        table.columns = pd.Index([_COLUMNS.get(plain(c), plain(c)) for c in table.columns])
        if "treatment" not in table:
            table["treatment"] = "all"
        for name in {"truth", "recall"} & set(table.columns):
            table[name] = zero_one(table[name])
        self.table = table

    def readings(self, endpoint: Endpoint) -> Readings:
        return self.ratings if endpoint == "auc" else self.recalls

    @cached_property
    def ratings(self) -> Readings:
        return self._gathered(self.table["rating"])

    @cached_property
    def recalls(self) -> Readings:
        return self._gathered((self.table["recall"] == 1).astype(float))

    def _gathered(self, marks: pd.Series[Any]) -> Readings:
        kept, t = marks.notna(), self.table
        columns = (t["reader"], t["case"], t["truth"], marks)
        arm = t["treatment"][kept].astype(str)
        return gather_readings(*(column[kept] for column in columns), arm=arm)

    def arm(self, said: str) -> str | None:
        """The arm of exactly that name, also where what it is stands before it ("treatment 1")."""
        bare = re.sub(rf"^(?:(?:{_BEFORE_ARM})[\s_:=]+)+", "", said, flags=re.IGNORECASE)
        arms = self.ratings.arms
        for name in (said, bare):
            if name in arms:
                return name
            alike = [arm for arm in arms if arm.lower() == name.lower()]
            if len(alike) == 1:
                return alike[0]
        return None

    def pair(self, said: str) -> tuple[str, ...]:
        """The arm, or the first and the second of a difference; empty where a name fits none."""
        whole = self.arm(said)
        if whole is not None:
            return (whole,)
        for between in re.finditer(r"\s+(?:minus|vs\.?|-)\s+|_(?:minus|vs)_|-", said):
            first, second = self.arm(said[: between.start()]), self.arm(said[between.end() :])
            if first is not None and second is not None:
                return first, second
        return ()


def compare(case: Case, comparison: Comparison) -> None:
    """Every block of expected.json, by what its name says."""
    study = _Study(case)
    for key, block in case.expected.items():
        name = key.lower()
        if name.startswith("pooled"):
            _pooled(study, comparison, key)
        elif "per_reader" in name:
            _per_reader(study, comparison, key)
        elif isinstance(block, list):
            _u_statistics(study, comparison, key)
        elif isinstance(block, dict) and name.startswith("auc"):
            _areas(study, comparison, key)
        elif isinstance(block, dict):
            _anova(study, comparison, key)


def _tolerance(comparison: Comparison, method: str, quantity: str) -> dict[str, float]:
    stated = comparison.case.asked["tolerance"]
    of = stated.get(method, stated) if isinstance(stated, dict) else stated
    text = of.get(quantity, "abs 1e-9") if isinstance(of, dict) else str(of)
    found = {kind: float(size) for kind, size in re.findall(r"(abs|rel) ([0-9.]+e?-?\d*)", text)}
    return {"absolute": found.get("abs", 1e-12), "relative": found.get("rel", 0.0)}


def _u_statistics(study: _Study, comparison: Comparison, key: str) -> None:
    name = key.lower()
    endpoint: Endpoint = (
        "sensitivity" if "sens" in name or "tpf" in name
        else "specificity" if "spec" in name or "tnf" in name else "auc"
    )  # fmt: skip
    form: VarianceForm = "mle" if name.startswith("v_") or "mle" in name else "unbiased"
    for at, row in enumerate(comparison.expected(key)):
        arms, readings = study.pair(str(row["comparison"])), study.readings(endpoint)
        if not arms:
            continue
        found = (
            reader_average(readings, endpoint, arm=arms[0], variance=form) if len(arms) == 1
            else reader_difference(readings, arms[0], arms[1], endpoint, variance=form)
        )  # fmt: skip
        comparison.informative(key, at, "comparison", why="a name, used to find the arms")
        artefact = endpoint != "auc" and len(arms) == 1
        _row(comparison, (key, at), found, artefact)


def _row(
    comparison: Comparison, path: tuple[Key, ...], found: ReaderAverage, artefact: bool
) -> None:
    normal, own = (math.inf, found.freedom)
    quantities: dict[tuple[Key, ...], tuple[str, Callable[[], Any]]] = {
        ("estimate",): ("estimate", lambda: found.value),
        ("variance",): ("variance", lambda: _variance(comparison, (*path, "variance"), found)),
        ("se",): ("variance", lambda: found.se),
        ("null_value",): ("estimate", lambda: found.null),
        ("normal", "p"): ("p_ci", lambda: found.p_with(normal)),
        ("normal", "ci95"): ("p_ci", lambda: found.limits(freedom=normal)),
        ("bdg", "df"): ("df", lambda: own),
        ("bdg", "p_t_with_real_valued_df"): ("p_ci", lambda: found.p_value),
        ("bdg", "ci95_t_with_real_valued_df"): ("p_ci", lambda: found.limits()),
    }
    for released in ("p_as_released", "ci95_as_released"):
        comparison.informative(*path, "bdg", released, why=_AS_RELEASED)
    for below, (quantity, get) in quantities.items():
        where = (*path, *below)
        if not comparison.has(*where):
            continue
        if artefact and below[-1] in ("p", "p_t_with_real_valued_df", "null_value"):
            comparison.informative(*where, why=_ARTEFACT)
            continue
        none = [math.nan] * 2 if isinstance(comparison.expected(*where), list) else None
        known = found.se is not None or below[-1] in ("estimate", "variance", "null_value")
        comparison.near(
            *where, found=get() if known else none, **_tolerance(comparison, "U", quantity)
        )


def _variance(comparison: Comparison, path: tuple[Key, ...], found: ReaderAverage) -> float | None:
    """A negative variance is quoted by some cases and left out as not available by others."""
    missing = comparison.expected(*path) in (None, "NaN", "NA")
    return None if missing and found.se is None else found.variance


def _per_reader(study: _Study, comparison: Comparison, key: str) -> None:
    arms = study.ratings.arms
    for at, row in enumerate(comparison.expected(key)):
        name = next(k for k in row if k.lower() in ("readerid", "reader"))
        comparison.informative(key, at, name, why="a name, used to find the reader")
        for letter, standard in (("A", 0), ("B", 1)):
            said = row.get(f"modality{letter}")
            if said is not None:
                comparison.informative(key, at, f"modality{letter}", why="the arm's name")
            arm = said if said in arms else arms[min(standard, len(arms) - 1)]
            area, variance = reader_auc(study.ratings, arm=arm)[str(row[name])]
            for quantity, found in ((f"AUC{letter}", area), (f"varAUC{letter}", variance)):
                if quantity in row:
                    which = "variance" if quantity.startswith("var") else "estimate"
                    comparison.near(
                        key, at, quantity, found=found, **_tolerance(comparison, "U", which)
                    )


def _areas(study: _Study, comparison: Comparison, key: str) -> None:
    """Each reader's AUC, the cells named arm|reader or nested."""
    for cell, below in comparison.expected(key).items():
        nested = isinstance(below, dict)
        for arm, reader in [(cell, one) for one in below] if nested else [cell.split("|")]:
            path = (key, cell, reader) if nested else (key, cell)
            known = study.arm(str(arm))
            if known is None:
                continue
            area = reader_auc(study.ratings, arm=known)[reader][0]
            comparison.near(*path, found=area, **_tolerance(comparison, "U", "estimate"))


def _pooled(study: _Study, comparison: Comparison, key: str) -> None:
    share = specificity if "specificity" in key else sensitivity
    for arm in comparison.expected(key):
        if study.arm(arm) is None:
            continue
        rows = study.table[study.table["treatment"].astype(str) == study.arm(arm)]
        found = share(rows["truth"], rows["recall"] == 1).value
        comparison.near(key, arm, found=found, **_tolerance(comparison, "U", "estimate"))


@dataclasses.dataclass(frozen=True)
class _Context:
    """What the keys above a value have said so far."""

    arms: tuple[str, ...] = ()
    sampled: Sampled = "readers and studies"
    keeps: bool | None = None  # None: below zero is zero, as the Iowa program has it

    def below(self, key: str, study: _Study) -> tuple[_Context, str]:
        """What a key adds, and what is left of it."""
        name, sampled, keeps, arms = key.lower(), self.sampled, self.keeps, self.arms
        if re.search(r"fixed_?readers?|frrc", name):
            sampled = "studies"
        elif re.search(r"fixed_?cases?|rrfc", name):
            sampled = "readers"
        elif "rrrc" in name or "random" in name:
            sampled = "readers and studies"
        if re.search(r"mrmcaov|no_trunc|untrunc", name):
            keeps = True
        elif re.search(r"iowa|or_?dbm|trunc", name):
            keeps = False
        between = study.pair(key)
        if len(between) == 2 or re.search(r" minus |_minus_| - | vs\.? |_vs_", key):
            arms = between or (key,)  # a name that fits no arm stays, and is not compared
        elif "difference" in name:
            every = study.ratings.arms
            arms = every if len(every) == 2 else (key,)  # of three, it does not say which
        elif key in study.ratings.arms:
            arms = (key,)
        rest = re.sub(r"^(random|fixed)_?(readers?|cases?)_?|_?(mrmcaov|iowa)\w*$", "", name)
        return _Context(arms, sampled, keeps), rest


def _anova(study: _Study, comparison: Comparison, key: str) -> None:
    source: CovarianceFrom = "delong" if "delong" in key.lower() else "jackknife"
    kept = {
        keeps: obuchowski_rockette(study.ratings, covariance=source, keeps_negative=keeps)
        for keeps in (False, True)
    }

    def walk(path: tuple[Key, ...], context: _Context, name: str) -> None:
        wanted = comparison.expected(*path)
        if isinstance(wanted, dict):
            for below in wanted:
                walk((*path, below), *context.below(str(below), study))
        elif isinstance(wanted, list) and wanted and isinstance(wanted[0], dict):
            for at, row in enumerate(wanted):
                said = row.get("comparison", row.get("treatment", row.get("modality")))
                arms = context.arms
                if said is not None:
                    arms = study.pair(str(said)) or (str(said),)
                walk((*path, at), dataclasses.replace(context, arms=arms), name)
        elif name in ("comparison", "treatment", "modality"):
            comparison.informative(*path, why="a name, used to find the arms")
        elif set(context.arms) <= set(study.ratings.arms):
            below_zero = bool(context.keeps) and context.sampled == "studies"
            found = _quantity(kept[below_zero], name, context)
            if found is not _UNKNOWN:
                comparison.near(*path, found=found, **_tolerance(comparison, "OR", name))

    walk((key,), _Context().below(key, study)[0], "")


_UNKNOWN = object()


def _quantity(anova: ReaderAnova, name: str, context: _Context) -> Any:
    """A value of the analysis by the name that a case gives it."""
    squares = anova.mean_squares
    parts = {re.sub(r"\W", "_", k): v for k, v in dataclasses.asdict(anova.components).items()}
    parts |= {"treatment_reader": parts["arm_reader"], "var": parts["error"]}
    parts |= {"ms_t": squares["arm"], "ms_r": squares["reader"], "ms_tr": squares["arm_reader"]}
    name = re.sub(r"\W", "_", name)
    if not context.arms and name in parts:
        return parts[name]
    if context.arms:
        one = (
            anova.arm(context.arms[0], context.sampled) if len(context.arms) == 1
            else anova.difference(context.arms[0], context.arms[1], context.sampled)
        )  # fmt: skip
        return _of_average(anova, one, context, name)
    test = anova.equal_arms(context.sampled)
    if test is None:
        return _UNKNOWN
    return {
        "f": test.f, "df1": test.freedom[0], "df2": test.freedom[1], "p": test.p_value,
        "p_value": test.p_value, "chi2": test.chi_squared, "x2": test.chi_squared,
        "df": test.freedom[0] if context.sampled == "studies" else test.freedom[1],
    }.get(name, _UNKNOWN)  # fmt: skip


def _of_average(anova: ReaderAnova, one: ReaderAverage, context: _Context, name: str) -> Any:
    """A figure of an arm or a difference."""
    known = one.se is not None and one.value is not None
    limits = one.limits() if known else (math.nan, math.nan)
    found = {
        "estimate": one.value, "auc": one.value, "mean": one.value, "se": one.se,
        "stderr": one.se, "variance": one.variance, "df": one.freedom, "p": one.p_value,
        "p_value": one.p_value, "ci95": limits, "ci_lower": limits[0], "ci_upper": limits[1],
    }  # fmt: skip
    if one.value is not None and one.se is not None:
        found |= dict.fromkeys(("t", "z"), (one.value - (one.null or 0.0)) / one.se)
    if len(context.arms) == 1:
        found |= zip(("ms_r", "error", "cov2"), anova.within_arm(context.arms[0]), strict=True)
        found["var"] = found["error"]
    return found.get(name, _UNKNOWN)
