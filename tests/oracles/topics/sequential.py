"""Anytime-valid bounds, Poisson MaxSPRT, and detectors that read a stream value by value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from measures.adwin import Adwin
from measures.confidence_sequences import (
    bernoulli_confidence_sequence,
    mixture_rho,
    normal_mixture_bound,
)
from measures.hoeffding_streams import HddmA, HddmW
from measures.mixture_bounds import (
    beta_binomial_bound,
    gamma_exponential_bound,
    gamma_poisson_bound,
    poly_stitching_bound,
)
from measures.page_hinkley import PageHinkley
from measures.poisson_sprt import maxsprt_critical_value, maxsprt_evidence
from measures.streams import Ddm, Detector, Eddm, signals_of
from tests.oracles.case import Case, Comparison, Key

PUBLISHED = "digits as printed; the same numbers stand beside it, computed again in full"
ANOTHER = "another library's positions: the case notes that the libraries place it differently"
DETECTORS: dict[str, tuple[Callable[..., Detector], dict[str, str]]] = {
    "PageHinkley": (PageHinkley, {"min_instances": "least"}),
    "DDM": (
        Ddm,
        {"warm_start": "least", "warning_threshold": "warning", "drift_threshold": "alarm"},
    ),
    "EDDM": (Eddm, {"warm_start": "least"}),
    "HDDM_A": (HddmA, {"drift_confidence": "alarm", "warning_confidence": "warning",
                       "two_sided_test": "two_sided"}),
    "HDDM_W": (HddmW, {"drift_confidence": "alarm", "warning_confidence": "warning",
                       "lambda_val": "weight", "two_sided_test": "two_sided"}),
    "ADWIN": (Adwin, {"max_buckets": "buckets", "min_window_length": "least",
                      "grace_period": "grace"}),
}  # fmt: skip
"""Our detector by the name in river, and what its parameters are called here."""


def compare(case: Case, comparison: Comparison) -> None:
    """Whatever of bounds, intervals, critical values and streams the case holds."""
    for key, values in case.expected.items():
        if str(key).startswith("published"):
            comparison.informative(key, why=PUBLISHED)
        elif key == "bernoulli":
            compare_intervals(case, comparison)
        elif key == "other_mixtures_optional":
            compare_mixtures(case, comparison)
        elif key == "normal" and isinstance(values, list):
            for at, row in enumerate(values):
                for name in row:
                    compare_normal(case, comparison, (key, at, name), row)
        elif isinstance(case.inputs.get("normal"), dict) and isinstance(values, (int, float)):
            compare_normal(case, comparison, (key,), {})
        elif "critical" in str(key).lower() or str(key).lower().startswith("cv"):
            compare_critical_values(case, comparison, key)
        elif "llr" in str(key).lower():
            compare_evidence(case, comparison, key)
        elif "frouros" in str(key):
            comparison.informative(key, why=ANOTHER)
        elif isinstance(values, dict) or str(key).startswith(tuple(DETECTORS)):
            compare_stream(case, comparison, key)


def compare_normal(
    case: Case, comparison: Comparison, path: tuple[Key, ...], row: dict[str, Any]
) -> None:
    """The normal mixture's bound, one- or two-sided, and its tuning constant."""
    alpha, tuned = _alphas(case)
    asked, key = case.inputs["normal"], str(path[-1])
    given = {**(asked[int(path[1])] if isinstance(asked, list) else asked), **row}
    if key in ("v", "v_opt"):
        comparison.same(*path, found=given[key])
        return
    if len(path) > 1 and not re.search("rho|sided", key):
        return
    sides = 1 if "one_sided" in key else 2
    if "rho" in key:
        found = mixture_rho(given["v_opt"], alpha=tuned * (2 if sides == 1 else 1))
    else:
        found = normal_mixture_bound(
            given["v"], alpha=alpha, v_opt=given["v_opt"], sides=sides, alpha_opt=tuned
        )
    comparison.near(*path, found=found, absolute=2e-5)


def compare_mixtures(case: Case, comparison: Comparison) -> None:
    """The optional mixtures, whose parameters stand in their names."""
    alpha, _ = _alphas(case)
    for key in comparison.expected("other_mixtures_optional"):
        numbers = [float(one.replace("_", ".")) for one in re.findall(r"\d+(?:_\d+)?", key)]
        v, v_opt = case.inputs["normal"]["v"], case.inputs["normal"]["v_opt"]
        if key.startswith("gamma_exponential"):
            found = gamma_exponential_bound(v, alpha=alpha, v_opt=v_opt, scale=numbers[0])
        elif key.startswith("gamma_poisson"):
            found = gamma_poisson_bound(v, alpha=alpha, v_opt=v_opt, scale=numbers[0])
        elif key.startswith("beta_binomial_two_sided"):
            g, h = numbers
            found = beta_binomial_bound(v, alpha=alpha, v_opt=v_opt, below=g, above=h)
        elif key.startswith("poly_stitching"):
            found = poly_stitching_bound(
                numbers[0], alpha=alpha, v_min=numbers[1], scale=numbers[2]
            )
        else:
            comparison.informative(
                "other_mixtures_optional", key, why="the case calls further mixtures optional"
            )
            continue
        comparison.near("other_mixtures_optional", key, found=found, absolute=2e-5)


def compare_intervals(case: Case, comparison: Comparison) -> None:
    """The anytime-valid interval of a share, from counts or along a stream."""
    alpha, tuned = _alphas(case)
    asked = case.inputs.get("bernoulli")
    for number, row in enumerate(comparison.expected("bernoulli")):
        at = ("bernoulli", number)
        given = asked[number] if isinstance(asked, list) else {**(asked or {}), **row}
        n, t_opt = int(given["n"]), float(given.get("t_opt", 100.0))
        x = int(given["x"]) if "x" in given else _successes(case, n)
        found = bernoulli_confidence_sequence(
            "share", x, n, alpha=given.get("alpha", alpha), t_opt=t_opt, alpha_opt=tuned
        )
        limits: dict[str, Any] = {"ci": [found.low, found.high]}
        limits |= dict.fromkeys(("low", "lower"), found.low)
        limits |= dict.fromkeys(("high", "upper"), found.high)
        for key, told in row.items():
            if key in limits:
                comparison.near(*at, key, found=limits[key], absolute=2e-5)
            else:
                known: dict[str, Any] = {"x": x, "n": n, "t_opt": t_opt, "case": told}
                comparison.same(*at, key, found=known.get(key))


def compare_critical_values(case: Case, comparison: Comparison, key: str) -> None:
    """MaxSPRT's critical values, by the upper limit T (and M) in the keys or rows."""
    alpha, tolerance = float(case.inputs.get("alpha", 0.05)), _tolerance(case)
    for path, named in _named_numbers(comparison.expected(key), (key,)):
        if path[-1] in ("T", "M", "alpha", "D"):
            comparison.same(*path, found=named[str(path[-1])])
            continue
        upper = float(named["T"] if "T" in named else case.inputs["T"])
        least = int(named.get("M", case.inputs.get("M", 1)))
        found = maxsprt_critical_value(
            upper=upper, alpha=float(named.get("alpha", alpha)), least=least
        )
        comparison.near(*path, found=found, absolute=tolerance)


def compare_evidence(case: Case, comparison: Comparison, key: str) -> None:
    """The log likelihood ratio of so many events where so many were expected."""
    for path, named in _named_numbers(comparison.expected(key), (key,)):
        of = {"c": "events", "n": "events", "observed": "events", "mu": "mean", "expected": "mean"}
        if str(path[-1]) in of:
            comparison.same(*path, found=named[str(path[-1])])
        else:
            given = {of[name]: number for name, number in named.items() if name in of}
            found = maxsprt_evidence([given["events"]], [given["mean"]])[0]
            comparison.near(*path, found=found, absolute=_tolerance(case))


def compare_stream(case: Case, comparison: Comparison, key: str) -> None:
    """Every detector on a stream; without a file of that name, the key is itself a detector."""
    files = {str(file).split(".")[0]: file for file in case.inputs.get("files", ())}
    if not files:
        return
    if key in files:
        for detector in comparison.expected(key):
            _compare_detector(case, comparison, (key, detector), files[key])
    else:
        _compare_detector(case, comparison, (key,), next(iter(files.values())))


def _compare_detector(case: Case, comparison: Comparison, path: tuple[Key, ...], file: str) -> None:
    named, given = str(path[-1]), case.inputs.get("parameters", {})
    kind = max((name for name in DETECTORS if named.startswith(name)), key=len, default=None)
    if kind is None:
        return  # a detector that we do not have: what is expected of it fails by name
    parameters = given.get(named, given.get(kind, {}))
    table = case.table(file)
    values = table["value"] if "value" in table else table.iloc[:, -1]
    make, names = DETECTORS[kind]
    told: dict[str, Any] = parameters if isinstance(parameters, dict) else {}
    found = signals_of(make(**{names.get(one, one): x for one, x in told.items()}), values)
    wanted = comparison.expected(*path)
    if not isinstance(wanted, dict):
        first = found.alarms[0] if found.alarms else None
        comparison.same(*path, found=list(found.alarms) if isinstance(wanted, list) else first)
        return
    known: dict[str, Any] = {
        "alarms": list(found.alarms), "river": list(found.alarms),
        "warnings": list(found.warnings),
        "first_warning": found.first_warning, "n_alarms": len(found.alarms),
        "first_alarm": found.alarms[0] if found.alarms else None,
    }  # fmt: skip
    for key in wanted:
        if key in known:
            comparison.same(*path, key, found=known[key])
        elif "frouros" in str(key):
            comparison.informative(*path, key, why=ANOTHER)


def _alphas(case: Case) -> tuple[float, float]:
    alpha = float(case.inputs.get("alpha", 0.05))
    return alpha, float(case.inputs.get("alpha_opt", alpha))


def _successes(case: Case, n: int) -> int:
    table = case.table(next(iter(case.inputs["files"])))
    return int(np.sum(table.iloc[:n, -1]))


def _tolerance(case: Case) -> float:
    stated = re.search(r"abs (\d[\d.e-]*)", str(case.asked.get("tolerance", "")))
    return float(stated[1]) if stated else 2e-5


def _named_numbers(
    values: Any, path: tuple[Key, ...], named: dict[str, float] | None = None
) -> Iterator[tuple[tuple[Key, ...], dict[str, float]]]:
    """Every leaf with the numbers said of it: in keys such as "T=10,M=1" or "10", or in its row."""
    named = named or {}
    if isinstance(values, list):
        for number, below in enumerate(values):
            yield from _named_numbers(below, (*path, number), named)
    elif isinstance(values, dict):
        beside = {k: float(x) for k, x in values.items() if isinstance(x, (int, float))}
        for key, below in values.items():
            said = dict(re.findall(r"([A-Za-z]+)_?=?_?(\d+(?:\.\d+)?)", str(key)))
            if re.fullmatch(r"\d+(?:\.\d+)?", str(key)):
                said = {"M" if "T" in named else "T": key}
            numbers = {name: float(x) for name, x in said.items()}
            yield from _named_numbers(below, (*path, key), {**named, **beside, **numbers})
    else:
        yield path, named
