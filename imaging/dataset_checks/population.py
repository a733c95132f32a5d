"""Do the data show the patients that the device is for, and enough of them for its claims?

Two questions, a part of the population at a time, in each split. Shares against what the device
declares. And on the tests the cases with and without the finding, against the number that makes a
claim's interval no wider than its margin: what is missing is named as a number to collect.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from imaging.dataset_checks.outcome import CheckOutcome
from measures.proportions import wilson
from measures.sample_size import precise_share_size
from records.counting import counted
from records.dataset_rules import PopulationGroup
from records.definition import DeviceDefinition, Subgroup
from records.performance_claims import Claim

if TYPE_CHECKING:
    import pandas as pd

Chosen = NDArray[np.bool_]

TESTS: Final = ("internal_test", "external_test")
"""The splits that carry claims."""
_WIDEST: Final = 0.49  # half of an interval of a share says nothing from 0.5 on
_CASES: Final = {"sensitivity": (1, "with the finding"), "specificity": (0, "without the finding")}


def population(facts: "pd.DataFrame", definition: DeviceDefinition) -> list[CheckOutcome]:
    """Each declared share in each split, then each group's cases on the tests for each claim.

    facts: a row a picture with split, finding, and where recorded sex, age_years, view, site and
    manufacturer. What is not recorded is of no group and of no share.
    """
    declared = definition.expected_population or []
    found = [
        _share(facts[facts["split"] == split], str(split), group)
        for split in sorted(facts["split"].unique()) for group in declared
    ]
    for split in TESTS:
        rows = facts[facts["split"] == split]
        found += [
            _cases(rows[chosen], f"{split}: {name}", definition.overall_claims, shortfall)
            for name, chosen, shortfall in _groups(rows, declared, definition.subgroups)
        ] if len(rows) else []
    return found


def _share(rows: "pd.DataFrame", split: str, group: PopulationGroup) -> CheckOutcome:
    """The share of one declared group; broken where it lies outside what was declared."""
    name = _name(group)
    recorded = _recorded(rows, group.field)
    hits, n = int((_members(rows, group) & recorded).sum()), int(recorded.sum())
    share = wilson("share", hits, n)
    low, high = group.at_least, group.at_most
    below = share.value is not None and low is not None and share.value < low
    above = share.value is not None and high is not None and share.value > high
    more = _to_reach(hits, n, low) if below and low is not None else 0
    expected = " and ".join(
        f"{word} {100 * one:g} %" for word, one in (("at least", low), ("at most", high))
        if one is not None
    )
    if share.value is None:
        said = "share not estimable, the field is recorded for no study"
    else:
        said = f"{100 * share.value:.1f} % of {n}, declared {expected}"
    if below:
        said += "; " + _follows(group.shortfall, f"{counted(more, 'more study', 'more studies')}")
    elif above:
        said += "; limitation: results lean towards this group"
    return CheckOutcome(
        "population", f"{split}: {name}", "warn", share.value is not None and not (below or above),
        n, hits, "study", said, estimate=share,
        limits={"at_least": low, "at_most": high, "more_needed": more},
    )


def _cases(
    rows: "pd.DataFrame", subject: str, claims: Sequence[Claim], shortfall: str
) -> CheckOutcome:
    """Whether a test holds as many cases of a group as each claim's planned interval needs."""
    needs, missing, limits = [], [], {}
    for claim in claims:
        if claim.measure not in _CASES:
            continue
        wanted, words = _CASES[claim.measure]
        there = int((rows["finding"] == wanted).sum())
        needed = precise_share_size(claim.value, min(claim.margin, _WIDEST)).n
        needs.append(
            f"{there} {words}, {needed} needed for {claim.measure} {claim.value:g} to within ± "
            f"{claim.margin:g}"
        )
        if there < needed:
            missing.append(f"{needed - there} more {words}")
        limits[claim.measure] = {"needed": needed, "there": there, "half_width": claim.margin}
    said = "; ".join(needs) or "no claim of sensitivity or specificity, no number planned"
    if missing:
        said += "; " + _follows(shortfall, " and ".join(missing))
    return CheckOutcome(
        "population", subject, "warn", not missing, len(rows), len(missing), "claim", said,
        limits=limits,
    )


def _follows(shortfall: str, missing: str) -> str:
    if shortfall == "collect":
        return f"to collect: {missing}"
    return f"limitation: {missing} would be needed"


def _to_reach(hits: int, n: int, share: float) -> int:
    """Studies of the group to add until it has the share: (hits + x) / (n + x) = share."""
    if share >= 1.0:
        return n - hits  # all others would have to go
    return int(np.ceil((share * n - hits) / (1.0 - share) - 1e-9))


def _groups(
    facts: "pd.DataFrame", declared: list[PopulationGroup], subgroups: list[Subgroup]
) -> Iterator[tuple[str, Chosen, str]]:
    """All studies, the declared groups, and the subgroups that every analysis reports; a subgroup
    of the same studies as a declared group is that group, whose shortfall counts."""
    yield "all", np.ones(len(facts), dtype=bool), "collect"
    before: list[Chosen] = []
    for group in declared:
        if group.field != "finding":
            before.append(_members(facts, group))
            yield _name(group), before[-1], group.shortfall
    for name, chosen in _subgroups(facts, subgroups):
        if not any(chosen.any() and np.array_equal(chosen, one) for one in before):
            yield name, chosen, "limit"


def _subgroups(
    facts: "pd.DataFrame", subgroups: list[Subgroup]
) -> Iterator[tuple[str, Chosen]]:
    for subgroup in subgroups:
        if subgroup.field not in facts.columns:
            continue
        column = facts[subgroup.field]
        if subgroup.bins:
            for low, high in pairwise(subgroup.bins):
                inside = ((column >= low) & (column < high)).to_numpy(dtype=bool)
                yield f"{subgroup.name} {low:g} to under {high:g}", inside
            continue
        found = sorted(set(column.dropna().astype(str)) - {""})
        for value in subgroup.values or found:
            yield f"{subgroup.name} {value}", (column == value).to_numpy(dtype=bool)


def _name(group: PopulationGroup) -> str:
    if group.field == "finding":
        return "prevalence"
    if group.field != "age_years":
        return f"{group.field} {group.value}"
    oldest = "" if group.to_years is None else f" to under {group.to_years:g}"
    return f"age {group.from_years or 0:g}{oldest or ' and older'}"


def _members(rows: "pd.DataFrame", group: PopulationGroup) -> Chosen:
    if group.field not in rows.columns:
        return np.zeros(len(rows), dtype=bool)
    column = rows[group.field]
    if group.field == "finding":
        return (column == 1).to_numpy(dtype=bool)
    if group.field == "age_years":
        inside = column >= (group.from_years or 0.0)
        if group.to_years is not None:
            inside &= column < group.to_years
        return inside.to_numpy(dtype=bool)
    return (column == group.value).to_numpy(dtype=bool)


def _recorded(rows: "pd.DataFrame", field: str) -> Chosen:
    if field not in rows.columns:
        return np.zeros(len(rows), dtype=bool)
    column = rows[field]
    return (column.notna() & (column != "")).to_numpy(dtype=bool)
