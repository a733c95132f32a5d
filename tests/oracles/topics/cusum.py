"""CUSUM and EWMA: series summed against a baseline, run lengths, limits, delays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from measures.baseline_cusum import cusum_against_baseline
from measures.cusum import cusum_allowance, cusum_delay, cusum_limit, cusum_run_length
from measures.ewma import ewma_limit, ewma_run_length
from tests.oracles.case import Case, Comparison, Key

Leaf = tuple[tuple[Key, ...], list[float]]
HEADSTARTS = ("headstart", "head_start", "fir", "fast_initial_response", "hs")
PUBLISHED = "digits as printed; the same numbers stand beside it, computed again in full"
RELEASED = "the case calls it informative: the tool rounds its sums before it compares them"


def compare(case: Case, comparison: Comparison) -> None:
    """Whatever of series, AIM-CU tables and run lengths the case holds."""
    for key in case.expected:
        if str(key).startswith("published"):
            comparison.informative(key, why=PUBLISHED)
    if comparison.has("results"):
        compare_series(case, comparison)
    if comparison.has("k_for_ARL0"):
        compare_tables(case, comparison)
    for key in case.expected:
        if re.match(r"ARL0?(_(?!1)|$)", str(key)) and isinstance(case.expected[key], dict):
            compare_run_lengths(case, comparison, str(key))
    for key in case.expected:
        named = re.fullmatch(r"([hkL])_for_(?:(one|two)_sided_)?ARL0?_?(\d+)?", str(key))
        if named and not (key == "k_for_ARL0" and comparison.has("h")):
            compare_constants(case, comparison, key, *named.groups())


def compare_series(case: Case, comparison: Comparison) -> None:
    """Both sums of every configuration, unrounded, and where they signal."""
    table = case.table(next(iter(case.inputs["files"])))
    axis = ("x", "t", "day", "date", "time", "index", "observation", "month", "week", "batch")
    measured = [name for name in table if str(name).lower() not in axis]
    values = table["y"] if "y" in table else table[measured[-1]]
    for number, row in enumerate(comparison.expected("results")):
        given, at = row["parameters"], ("results", number)
        baseline = int(given["baseline_observations"])
        found = cusum_against_baseline(
            values.to_numpy(), baseline=baseline, allowance=given["k"], limit=given["h"]
        )
        series = found.series
        sample_sd = found.sd * np.sqrt(baseline / (baseline - 1))
        for key, number_found, tolerance in (
            ("in_control_mean", found.mean, 1e-10),
            ("in_control_sd_population", found.sd, 1e-10),
            ("in_control_sd_sample", sample_sd, 1e-10),
            ("reference_value_K", found.allowance, 1e-10),
            ("threshold_H", found.limit, 1e-10),
            ("S_hi", series.high, 1e-9),
            ("S_lo", series.low, 1e-9),
        ):
            if key in row:
                comparison.near(*at, key, found=number_found, absolute=tolerance)
        silent = row.get("first_alarm_direction") if not series.direction else series.direction
        for key, exact in (
            ("parameters", given),
            ("first_alarm_index_zero_based", series.first_signal),
            ("first_alarm_direction", silent if silent in ("", None, "none") else series.direction),
            ("change_point_estimate_zero_based", series.onset),
        ):
            if key in row:
                comparison.same(*at, key, found=exact)
        comparison.informative(*at, "aimcu_as_released", why=RELEASED)


def compare_tables(case: Case, comparison: Comparison) -> None:
    """AIM-CU's design tables: k for a one-sided run length, then the delays it leads to."""
    if not comparison.has("h"):
        return
    h, said = float(comparison.expected("h")), str(case.inputs.get("conventions", ""))
    comparison.same("h", found=case.inputs.get("h", comparison.expected("h")))
    sides = 2 if re.search(r"solves two-sided", said) else 1
    allowances = {
        length: cusum_allowance(h, run_length=float(length), sides=sides)
        for length in comparison.expected("k_for_ARL0")
    }
    rounded = {length: round(k, 4) for length, k in allowances.items()}
    for length in allowances:
        comparison.near("k_for_ARL0", length, found=allowances[length], absolute=5e-5)
        if comparison.has("k_rounded4", length):
            comparison.near("k_rounded4", length, found=rounded[length], absolute=5e-5)
        for key in ("true_in_control_ARL_of_two_sided_chart", "true_in_control"):
            if comparison.has(key, length):
                truth = cusum_run_length(rounded[length], h)
                comparison.near(key, length, found=truth, relative=1e-3)
    # the tables are R spc's Markov chain, whose number of states a side the case names
    cells = re.search(r"xcusum\.ad,? \(?r ?= ?(\d+)", json.dumps(case.asked))
    for number, row in enumerate(case.expected.get("ARL1_steady_state_two_sided", [])):
        at, shift = ("ARL1_steady_state_two_sided", number), row["shift"]
        comparison.same(*at, "shift", found=shift)
        for length in (key for key in row if key != "shift"):
            delay = cusum_delay(
                rounded[length], h, shift=shift, cells=int(cells[1]) if cells else 20
            )
            comparison.near(*at, length, found=delay, relative=0.002)


def compare_run_lengths(case: Case, comparison: Comparison, block: str) -> None:
    """ARL tables: keys are whatever the inputs leave open (k, h or lambda, L), then the shift."""
    first, second, of_ewma = _names(case)
    for path, open_keys in _leaves(comparison.expected(block), (block,)):
        fixed = [case.inputs.get(name) for name in (first, second)]
        numbers = [one for one in fixed if isinstance(one, (int, float))]
        *constants, shift = open_keys
        given = constants if len(constants) == 2 else _joined(fixed, numbers, constants)
        if of_ewma:
            found = ewma_run_length(given[0], given[1], shift=shift)
        else:
            head = _headstart(case, path, given[1])
            sides = 1 if "one_sided" in block else 2 if "two_sided" in block else _sides(case)
            found = cusum_run_length(*given, shift=shift, sides=sides, headstart=head)
        comparison.near(*path, found=found, relative=1e-4)


def compare_constants(
    case: Case, comparison: Comparison, key: str, name: str, sides: str | None, length: str | None
) -> None:
    """h for k, k for h or L for lambda, at a wanted run length."""
    watched = {"one": 1, "two": 2}.get(str(sides), _sides(case))
    solve: dict[str, Callable[[float, float], float]] = {
        "h": lambda x, arl: cusum_limit(x, run_length=arl, sides=watched),
        "k": lambda x, arl: cusum_allowance(x, run_length=arl, sides=watched),
        "L": lambda x, arl: ewma_limit(x, run_length=arl),
    }
    for path, keys in _leaves(comparison.expected(key), (key,)):
        arl, x = (float(length), keys[0]) if length else (keys[0], keys[1])
        comparison.near(*path, found=solve[name](x, arl), absolute=0.005)


def _headstart(case: Case, path: tuple[Key, ...], limit: float) -> float:
    """In SD; a case gives a number, or half of the limit in words, or only the name of a block."""
    said = next((case.inputs[name] for name in HEADSTARTS if case.inputs.get(name)), None)
    named = re.search(r"fir\b|_fir|head_?start", "_".join(map(str, path)).lower())
    without = re.search(r"no_?(fir|head)|without|zero_state", "_".join(map(str, path)).lower())
    if without or (said is None and not named):
        return 0.0
    if isinstance(said, list):
        limits = case.inputs.get("h")
        said = said[limits.index(limit)] if isinstance(limits, list) else said[0]
    return float(said) if isinstance(said, (int, float)) and said is not True else limit / 2.0


def _names(case: Case) -> tuple[str, str, bool]:
    weight = next((name for name in ("lambda", "weight") if name in case.inputs), None)
    return (weight, "L" if "L" in case.inputs else "limit", True) if weight else ("k", "h", False)


def _joined(fixed: list[Any], numbers: list[float], constants: list[float]) -> list[float]:
    """The open constant in its place beside the fixed one; lists of one pair go together."""
    if len(numbers) == 1 and constants:
        return [numbers[0], *constants] if fixed[0] in numbers else [*constants, numbers[0]]
    if len(numbers) == 2:
        return numbers
    pairs = dict(zip(map(float, fixed[0]), map(float, fixed[1]), strict=True))
    return [constants[0], pairs[constants[0]]]


def _sides(case: Case) -> int:
    said = str(case.inputs.get("conventions", "")) + str(case.inputs.get("sided", ""))
    return 1 if "one" in said and "two-sided" not in said else 2


def _leaves(values: Any, path: tuple[Key, ...]) -> Iterator[Leaf]:
    """Every leaf with the numbers in its keys, in the order in which they are nested."""
    if isinstance(values, dict):
        for key, below in values.items():
            for found, numbers in _leaves(below, (*path, key)):
                named = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", str(key))]
                yield found, [*named, *numbers]
    else:
        yield path, []
