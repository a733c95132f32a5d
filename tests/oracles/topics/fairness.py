"""Fairness: rates by group with intervals, gaps and ratios between groups and to one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measures.balanced import balanced_accuracy
from measures.binary import f1, npv, two_by_two
from measures.comparison import newcombe_difference, unpaired_auc_difference
from measures.estimate import Estimate
from measures.fairness import equalised_odds, gap, parities, ratio, share_ratio
from measures.inputs import Numbers
from measures.proportions import clopper_pearson_limits, wilson_limits
from measures.roc import auc, placements
from measures.subgroups import GROUP_RATES, by_group, intersections
from tests.oracles.case import Case, Comparison, Key
from tests.oracles.columns import DECISION, SCORE, TRUTH, column, plain, zero_one

_NOBODY = "not recorded"
_RATES = {
    "selection_rate": "selection_rate",
    "true_positive_rate": "sensitivity",
    "tpr": "sensitivity",
    "sensitivity": "sensitivity",
    "recall": "sensitivity",
    "true_negative_rate": "specificity",
    "tnr": "specificity",
    "specificity": "specificity",
    "false_positive_rate": "false_positive_rate",
    "fpr": "false_positive_rate",
    "false_negative_rate": "false_negative_rate",
    "fnr": "false_negative_rate",
    "precision": "ppv",
    "ppv": "ppv",
    "accuracy": "accuracy",
}
_MEASURES: dict[str, Callable[..., Estimate]] = {
    **{name: GROUP_RATES[ours] for name, ours in _RATES.items()},
    **dict.fromkeys(("negative_predictive_value", "npv"), npv),
    **dict.fromkeys(("f1", "f1_score"), f1),
    "balanced_accuracy": balanced_accuracy,
}


@dataclass(frozen=True)
class _Groups:
    truth: Numbers
    decision: Numbers
    score: Numbers | None
    label: NDArray[np.str_]

    def rates(self, rate: str) -> dict[str, Estimate]:
        return by_group(GROUP_RATES[rate], self.truth, self.decision, self.label, minimum=1)

    def only(self, names: set[str]) -> _Groups:
        """Without studies of no group, where the case has none of that name."""
        here = np.isin(self.label, sorted(names)) | (self.label != _NOBODY)
        score = None if self.score is None else self.score[here]
        return _Groups(self.truth[here], self.decision[here], score, self.label[here])

    def of(self, name: str) -> _Groups:
        here = self.label == name
        if not here.any():
            raise ValueError(f"no group is called {name!r}; there are {sorted(set(self.label))}")
        score = None if self.score is None else self.score[here]
        return _Groups(self.truth[here], self.decision[here], score, self.label[here])


def compare(case: Case, comparison: Comparison) -> None:
    """Compare what a case says of all studies, of its groups and between them."""
    table = case.table(next(iter(case.inputs["files"])))
    names = _expected_groups(comparison.expected(), ())
    for path, block in _blocks(comparison.expected(), ()):
        here = set(map(str, block)) if str(path[-1]).startswith("by_") else names
        groups = _grouped(table, path, here)
        if groups is None:
            continue
        told = str(path[-1])
        if told == "overall":
            _group(comparison, path, groups)
        elif told.startswith("by_"):
            for name in sorted(set(map(str, block)) & set(groups.label.tolist())):
                _group(comparison, (*path, name), groups.of(str(name)))
        elif told == "between_groups":
            _between(comparison, path, groups.only(names))
        elif told.startswith("parity_ratio_to"):
            reference = str(block.get("reference", case.inputs.get("reference_group")))
            comparison.informative(*path, "reference", why="a name of the input, not a result")
            _ratios(comparison, path, groups, reference)
        elif told.startswith("difference_to"):
            _differences(comparison, path, groups, str(case.inputs.get("reference_group")))


def _blocks(values: Any, path: tuple[Key, ...]) -> list[tuple[tuple[Key, ...], dict[Key, Any]]]:
    """Blocks by name, wherever a case puts them: at the top, or below the name of a column."""
    found: list[tuple[tuple[Key, ...], dict[Key, Any]]] = []
    for name, below in values.items():
        if not isinstance(below, dict):
            continue
        known = ("overall", "by_", "between_groups", "parity_ratio_to", "difference_to")
        if str(name).startswith(known):
            found.append(((*path, name), below))
        else:
            found += _blocks(below, (*path, name))
    return found


def _expected_groups(values: Any, path: tuple[Key, ...]) -> set[str]:
    return {
        str(name)
        for where, block in _blocks(values, path)
        if str(where[-1]).startswith("by_")
        for name in block
    }


def _grouped(table: pd.DataFrame, path: tuple[Key, ...], names: set[str]) -> _Groups | None:
    truth = column(table, TRUTH)
    decision = column(table, DECISION, {truth})
    scores = [name for name in table if plain(name) in SCORE and name not in (truth, decision)]
    taken = {truth, decision, *scores}
    columns = [name for name in table.columns if name not in taken]
    named = [name for name in columns if any(str(of).endswith(name) for of in path)] or columns
    label = _labels(table, named, columns, names)
    return _Groups(
        zero_one(table[truth]),
        zero_one(table[decision]),
        table[scores[0]].to_numpy(float) if scores else None,
        label,
    )


def _labels(
    table: pd.DataFrame, named: list[str], columns: list[str], names: set[str]
) -> NDArray[np.str_]:
    """The column, or the intersection of columns, whose groups bear the names that are expected."""
    table = table.assign(**{name: _texts(table[name]) for name in columns})
    if len(named) == 1:
        return table[named[0]].to_numpy(dtype=str)
    tried = [intersections({name: table[name] for name in columns})]
    for sign in ("|", "/", "_", "-", ",", ", ", " ", "&", " & ", ":", "+", "x"):
        joined = table[columns].astype(str).agg(sign.join, axis=1)
        tried.append(joined.to_numpy(dtype=str))
        tried.append(
            "('" + table[columns].astype(str).agg("', '".join, axis=1).to_numpy(str) + "')"
        )
    tried += [table[name].astype(str).to_numpy(dtype=str) for name in columns]
    return next((label for label in tried if names <= set(label.tolist())), tried[0])


def _texts(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.astype(str).where(values.notna(), _NOBODY)


def _group(comparison: Comparison, path: tuple[Key, ...], group: _Groups) -> None:
    table = two_by_two(group.truth, group.decision)
    counts = {
        "tp": table.true_positive,
        "fp": table.false_positive,
        "fn": table.false_negative,
        "tn": table.true_negative,
    }
    for key, wanted in comparison.expected(*path).items():
        here, name = (*path, key), str(key)
        if name in ("count", "n"):
            comparison.same(*here, found=float(table.n))
        elif name == "counts":
            comparison.same(*here, found={one: counts[one.lower()] for one in wanted})
        elif name.lower() in counts:
            comparison.same(*here, found=counts[name.lower()])
        elif name in _MEASURES:
            found = _MEASURES[name](group.truth, group.decision).value
            comparison.near(*here, found=found, absolute=1e-9)
        elif name.startswith(("auc", "roc_auc")):
            _area(comparison, here, group)
        elif interval := re.fullmatch(r"(\w+)_(wilson|clopper\w*?)_?(?:ci)?_?(?:95)?", name):
            _share_limits(comparison, here, group, *interval.groups())


def _share_limits(
    comparison: Comparison, here: tuple[Key, ...], group: _Groups, measure: str, method: str
) -> None:
    if measure not in _RATES:
        return
    rate = GROUP_RATES[_RATES[measure]](group.truth, group.decision)
    limits = wilson_limits if method == "wilson" else clopper_pearson_limits
    found = [np.nan, np.nan]
    if rate.denominator:  # none of the kind that the rate counts: no limits either
        found = [float(one) for one in limits(rate.numerator or 0, rate.denominator)]
    comparison.near(*here, found=found, absolute=1e-9)


def _area(comparison: Comparison, here: tuple[Key, ...], group: _Groups) -> None:
    if group.score is None:
        return
    name = str(here[-1])
    found = auc(group.truth, group.score)
    if name in ("auc", "roc_auc"):
        comparison.near(*here, found=found.value, absolute=1e-9)
        return
    placed = placements(group.truth, group.score)
    if "var" in name:
        comparison.near(*here, found=placed.variance, absolute=1e-9)
    elif "se" in name.split("_"):
        comparison.near(*here, found=placed.variance**0.5, absolute=1e-9)
    elif "logit" in name:
        comparison.near(*here, found=_limits(found), absolute=1e-9)
    elif "ci" in name or "95" in name:
        half = 1.959963984540054 * placed.variance**0.5
        comparison.near(*here, found=[placed.area - half, placed.area + half], absolute=1e-9)


def _between(comparison: Comparison, path: tuple[Key, ...], groups: _Groups) -> None:
    odds = equalised_odds(groups.rates("sensitivity"), groups.rates("false_positive_rate"))
    together = parities(groups.truth, groups.decision, groups.label, minimum=1)
    of: dict[str, Callable[[dict[str, Estimate]], Estimate]] = {"difference": gap, "ratio": ratio}
    for key in comparison.expected(*path):
        name = str(key).replace("equalized", "equalised")
        rate, _, kind = name.rpartition("_")
        if name in together:
            value = together[name].value
        elif rate == "equalised_odds":
            value = odds[kind == "ratio"].value
        elif rate in ("auc", "roc_auc") and kind in of and groups.score is not None:
            each = [groups.of(one) for one in sorted(set(groups.label.tolist()))]
            areas = [auc(one.truth, one.score).value for one in each if one.score is not None]
            known = [area for area in areas if area is not None]
            low, high = min(known, default=np.nan), max(known, default=np.nan)
            value = high - low if kind == "difference" else low / high
            value = value if len(known) == len(areas) else None
        elif rate in _RATES and kind in of:
            value = of[kind](groups.rates(_RATES[rate])).value
        else:
            continue
        comparison.near(*path, key, found=value, absolute=1e-9)


def _ratios(comparison: Comparison, path: tuple[Key, ...], groups: _Groups, reference: str) -> None:
    below = (*path, "ratios") if comparison.has(*path, "ratios") else path
    for name, wanted in comparison.expected(*below).items():
        for key in wanted if isinstance(wanted, dict) else ():
            if key in _RATES:
                rates = groups.rates(_RATES[key])
                found = share_ratio(rates[str(name)], rates[reference])
                comparison.near(*below, name, key, found=found.value, absolute=1e-9)


def _differences(
    comparison: Comparison, path: tuple[Key, ...], groups: _Groups, reference: str
) -> None:
    for name, wanted in comparison.expected(*path).items():
        for key in wanted:
            here, measure = (*path, name, key), str(key).removesuffix("_difference")
            if measure in _RATES:
                rates = groups.rates(_RATES[measure])
                found = newcombe_difference(rates[str(name)], rates[reference])
            elif measure in ("auc", "roc_auc") and groups.score is not None:
                one, other = groups.of(str(name)), groups.of(reference)
                assert one.score is not None and other.score is not None
                found = unpaired_auc_difference(
                    (one.truth, one.score), (other.truth, other.score)
                ).difference
            else:
                continue
            comparison.near(*here, "estimate", found=found.value, absolute=1e-9)
            if comparison.has(*here, "newcombe95"):
                comparison.near(*here, "newcombe95", found=_limits(found), absolute=1e-6)


def _limits(found: Estimate) -> Numbers:
    return np.array([found.low, found.high], dtype=np.float64)
