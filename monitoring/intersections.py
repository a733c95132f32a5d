"""Where two characteristics of a patient meet: how good is the version there, and is it worse?

A fault may sit in an intersection, such as young women at one site, although every single
characteristic looks even (Buolamwini and Gebru, FAT 2018). Pure: outcomes in, estimates out.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from measures.estimate import Estimate
from measures.fairness import worst_group
from models.tasks.base import NOT_RECORDED, Column, Outcomes, Task
from monitoring.group_differences import Asked, group_differences, share_by_group

INTERSECTIONS = "intersections of subgroups"
"""The part of a validation, as its list of what was not made names it."""
MEETS = " and "
"""Between the names of two characteristics that meet."""
ONE_FIELD = "the device declares fewer than two characteristics to look at together"
NOT_TOGETHER = "no test set has two groups of two characteristics on record"
_CLAIMED = 0.05


def pairs_of(outcomes: Outcomes) -> dict[str, Column]:
    """For each pair of declared characteristics one label a study, such as '40 to under 65, F';
    '' where either was not recorded. A characteristic that all studies share meets none.

    >>> columns = {"sex": np.array(["F", "M"]), "site": np.array(["north", ""])}
    >>> two = Outcomes(np.zeros(2), np.zeros(2), np.zeros(2), np.array(["a", "b"]), columns)
    >>> pairs_of(replace(two, subgroups=columns | {"view": np.array(["AP", "PA"])}))
    {'sex and view': array(['F, AP', 'M, PA'], dtype=object)}
    """
    found = {}
    varying = {
        name: column for name, column in outcomes.subgroups.items()
        if len(set(np.asarray(column).astype(str).tolist()) - {"", NOT_RECORDED}) > 1
    }
    for (first, one), (second, two) in combinations(varying.items(), 2):
        labels = np.array(
            [
                "" if {"", NOT_RECORDED} & {str(left), str(right)} else f"{left}, {right}"
                for left, right in zip(one, two, strict=True)
            ],
            dtype=object,
        )
        if (labels != "").any():
            found[f"{first}{MEETS}{second}"] = labels
    return found


def intersections(
    task: Task, parts: Mapping[str, Outcomes], asked: Asked
) -> tuple[list[Estimate], list[dict[str, Any]], str]:
    """The main measure and the task's shares in each intersection of two characteristics, whether
    they differ by more than chance, and which is the worst; or the reason why there is none.

    parts: by name of the test set its outcomes, one study a patient. Intersections below the
    minimum of studies are counted, not listed. Estimates stand under names such as
    'internal test: sex and age=F, 40 to under 65'.
    """
    found: list[Estimate] = []
    told: list[dict[str, Any]] = []
    for part, outcomes in parts.items():
        pairs = pairs_of(outcomes)
        if not pairs:
            continue
        meeting = replace(outcomes, subgroups=pairs)
        listed, counts = _listed(task, meeting, asked.minimum_n)
        between, tests = group_differences(task, meeting, asked)
        worst = _worst_of_all(task, meeting, asked.minimum_n)
        found += [
            one.for_subgroup(f"{part}: {one.subgroup}") for one in (*listed, *between, *worst)
        ]
        told.append({
            "part": part, **counts,
            "shown": [[one.measure, f"{part}: {one.subgroup}"] for one in listed],
            "tests": [one | {"worst": one["worst"] and f"{part}: {one['worst']}"} for one in tests],
            "worst": [[one.measure, f"{part}: {one.subgroup}"] for one in worst],
            "conclusion": _conclusion(tests, worst),
        })  # fmt: skip
    if told:
        return found, told, ""
    several = any(len(one.subgroups) > 1 for one in parts.values())
    return [], [], NOT_TOGETHER if several else ONE_FIELD


def _listed(
    task: Task, meeting: Outcomes, minimum_n: int
) -> tuple[list[Estimate], dict[str, int]]:
    """The estimates of the intersections that are large enough, and how many are not."""
    wanted = {task.main_measure, *(one.measure for one in task.shares(meeting))}
    by_group: dict[str, list[Estimate]] = {}
    for one in task.estimates(meeting, minimum_n=minimum_n):
        pair, _, label = one.subgroup.partition("=")
        if one.measure in wanted and pair in meeting.subgroups and label != NOT_RECORDED:
            by_group.setdefault(one.subgroup, []).append(one)
    large = {
        name: some for name, some in by_group.items() if any(one.estimable for one in some)
    }
    listed = [one for some in large.values() for one in some]
    return listed, {
        "groups": len(by_group), "too_small": len(by_group) - len(large),
        "estimates": len(listed), "not_estimable": sum(not one.estimable for one in listed),
    }


def _worst_of_all(task: Task, meeting: Outcomes, minimum_n: int) -> list[Estimate]:
    """Of each share the worst intersection of all pairs, with an interval that allows for the
    choice among all of them (Bonferroni)."""
    found = []
    for share in task.shares(meeting):
        every: dict[str, Estimate] = {}
        for pair, column in meeting.subgroups.items():
            labels = np.asarray(column, dtype=object)
            known = labels != ""
            every |= {
                f"{pair}={label}": one
                for label, one in share_by_group(share, known, labels[known], minimum_n).items()
            }
        worst = worst_group(every)
        found.append(replace(
            worst, measure=f"{share.measure}_worst_intersection",
            subgroup=worst.subgroup if worst.estimable else "all pairs",
        ))  # fmt: skip
    return found


def _conclusion(tests: list[dict[str, Any]], worst: list[Estimate]) -> str:
    """What a reader may say, once all questions are allowed for, and where each share is lowest."""
    asked = [one for one in tests if one["holm"] is not None]
    if not asked:
        return "Whether they differ could not be tested: too few studies in each, or no variation."
    lowest = "; ".join(
        f"{one.measure.removesuffix('_worst_intersection').replace('_', ' ')} lowest in "
        f"{one.subgroup.partition('=')[2]}" for one in worst if one.estimable
    )  # fmt: skip
    differ = [
        f"{one['measure'].replace('_', ' ')} by {one['characteristic']}"
        for one in asked if one["holm"] < _CLAIMED
    ]  # fmt: skip
    said = (
        f"Differs by more than chance, Holm over {len(asked)} questions: {'; '.join(differ)}."
        if differ else
        f"No difference between intersections is shown (Holm over {len(asked)} questions); small "
        "groups can hide one."
    )
    return f"{said} {lowest[:1].upper()}{lowest[1:]}." if lowest else said
