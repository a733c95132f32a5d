"""Does each claim still hold, by the lower confidence limit, and were there studies enough to tell?

One row a measure and group, on the locked studies and on recent truth apart: the two are never
pooled. The locked studies are the same each time and show whether the installation answers as it
did; recent truth is another population with a truth that came later and in part, and shows whether
the device still does what it claims. A pooled figure would let the larger of them hide the other.

Non-inferior: the one-sided exact (or interval) test at alpha lies above the claim less its margin,
with studies enough by the plan. Overall rows need no adjustment, as all of them must hold
(intersection-union test: Berger, Technometrics 1982;24:295); subgroups are tested only after them,
by Holm's method within a basis. Inferior: the test from the other side, by Holm's method at half of
alpha over the overall rows and at the other half over the subgroups, so that a basis falls short by
chance with at most alpha.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

import numpy as np

from measures.estimate import Estimate
from measures.fixed_bound import (
    auc_above_size,
    interval_above_size,
    p_above,
    p_below,
    share_above_size,
)
from measures.multiplicity import holm
from measures.planning import SampleSize
from measures.proportions import clopper_pearson
from models.tasks import TASKS
from models.tasks.base import Outcomes
from records.definition import DeviceDefinition
from records.revalidation_rules import (
    INFERIOR,
    NOT_DECIDED,
    NOT_REPRODUCED,
    PASSED,
    Bound,
    RevalidationRules,
)

__all__ = [
    "NON_INFERIOR", "Basis", "ClaimRow", "Judgement", "Reproduction", "judge_basis", "judgement_of",
]  # fmt: skip

NON_INFERIOR = "non-inferior"
SHARES = frozenset({"sensitivity", "specificity", "accuracy", "ppv", "npv"})
"""Measures whose size is known before there is any study."""
ALL = "all"


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One measure of one group on one basis, beside the bound that it must keep.

    needed, had: studies by class, of rows of all studies. p_above, p_below: adjusted as the module
    says; None where not tested.
    """

    measure: str
    subgroup: str
    n: int
    value: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    claim: float
    bound: float
    needed: Mapping[str, int]
    had: Mapping[str, int]
    p_above: float | None
    p_below: float | None
    verdict: str
    reason: str

    @property
    def enough(self) -> bool:
        """Whether the plan's power is reached; True of a subgroup, which has a minimum instead."""
        return all(self.had.get(name, 0) >= n for name, n in self.needed.items())

    @property
    def words(self) -> str:
        """The row in a sentence."""
        where = "" if self.subgroup == ALL else f" in {self.subgroup}"
        if self.value is None or self.low is None or self.high is None:
            return f"{self.measure}{where} not estimable ({self.reason}, n = {self.n})"
        return (
            f"{self.measure}{where} {self.value:.3f} ({100 * self.level:g} % CI {self.low:.3f} to "
            f"{self.high:.3f}, n = {self.n}) against {self.bound:g}: {self.verdict}"
            + (f", {self.reason}" if self.reason else "")
        )


@dataclass(frozen=True, slots=True)
class Basis:
    """The rows of one set of studies; ``missing``: what could not be judged of it at all."""

    name: str
    studies: int
    patients: int
    rows: tuple[ClaimRow, ...]
    missing: str = ""

    @property
    def overall(self) -> tuple[ClaimRow, ...]:
        """The rows of all studies together."""
        return tuple(one for one in self.rows if one.subgroup == ALL)


@dataclass(frozen=True, slots=True)
class Reproduction:
    """The locked studies asked again: whether every answer and figure is that of the evaluation.

    differing: studies with another score or decision; largest: of the scores' differences.
    figures: measures whose estimate is another. reproduced: None where it could not be tried.
    """

    split: str
    studies: int
    evaluation: str
    differing: int = 0
    decisions_changed: int = 0
    largest: float = 0.0
    figures: tuple[str, ...] = ()
    reproduced: bool | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of a revalidation, why, and all that it rests on."""

    verdict: str
    conclusion: str
    bases: tuple[Basis, ...]
    reproductions: tuple[Reproduction, ...]
    notes: tuple[str, ...] = field(default_factory=tuple)

    def to_dict(self, rules: RevalidationRules) -> dict[str, Any]:
        """As it is kept with the revalidation."""
        return {
            "alpha": rules.alpha, "power": rules.power, "minimum_n": rules.minimum_n,
            "bases": [asdict(one) for one in self.bases],
            "reproductions": [
                asdict(one) | {"figures": list(one.figures)} for one in self.reproductions
            ],
            "notes": list(self.notes),
        }


def judge_basis(
    definition: DeviceDefinition, rules: RevalidationRules, outcomes: Outcomes, *, name: str
) -> Basis:
    """Hold every claim against its bound, for all studies and by declared subgroup.

    outcomes: what was said beside the truth, one entry a study (:func:`monitoring.evaluate.
    outcomes_of`). name: what the studies are, such as 'recent truth at north'.
    """
    bounds = {one.measure: one for one in rules.bounds(definition.overall_claims)}
    found = [
        _exact(one) for one in TASKS[definition.task.kind].estimates(
            outcomes, level=rules.level, minimum_n=rules.minimum_n
        ) if one.measure in bounds
    ]  # fmt: skip
    overall = [one for one in found if one.subgroup == ALL]
    groups = [one for one in found if one.subgroup != ALL]
    below = {
        **_holm(overall, bounds, p_below), **_holm(groups, bounds, p_below),
    }  # fmt: skip
    rows = [
        _overall_row(one, bounds[one.measure], rules, outcomes, below.get(_key(one)))
        for one in overall
    ]
    held = bool(rows) and all(one.verdict == NON_INFERIOR for one in rows)
    tested = [one for one in groups if one.estimable and one.n >= rules.minimum_n]
    above = _holm(tested, bounds, p_above) if held else {}
    rows += [
        _group_row(one, bounds[one.measure], rules, below.get(_key(one)), above.get(_key(one)),
                   held=held)
        for one in groups
    ]  # fmt: skip
    patients = len(set(np.asarray(outcomes.patient).tolist()))
    return Basis(name, len(outcomes), patients, tuple(rows), _unjudged(bounds, overall))


def _unjudged(bounds: Mapping[str, Bound], overall: Sequence[Estimate]) -> str:
    """What the plan asks for and the task does not give; nothing asked is nothing shown."""
    if not bounds:
        return "no measure is claimed and the plan names none"
    left = sorted(set(bounds) - {one.measure for one in overall})
    return f"the task gives no {', '.join(left)}" if left else ""


def judgement_of(
    bases: Sequence[Basis], reproductions: Sequence[Reproduction], *, notes: Sequence[str] = ()
) -> Judgement:
    """The verdict: not reproduced before inferior before not decided before passed.

    Passed needs every basis judged, every overall row non-inferior, no subgroup inferior, and every
    locked test answered as before. What could not be tried or told leaves it not decided.
    """
    changed = [one for one in reproductions if one.reproduced is False]
    rows = [(basis, row) for basis in bases for row in basis.rows]
    worse = [(basis, row) for basis, row in rows if row.verdict == INFERIOR]
    open_ends = [
        *(f"{one.split.replace('_', ' ')} not asked again: {one.reason}"
          for one in reproductions if one.reproduced is None),
        *(f"{one.name}: {one.missing}" for one in bases if one.missing),
        *(f"{basis.name}: {row.words}" for basis in bases for row in basis.overall
          if row.verdict != NON_INFERIOR),
    ]  # fmt: skip
    said = [_changed(one) for one in changed]
    said += [f"{basis.name}: {row.words}" for basis, row in worse]
    if said:
        verdict = NOT_REPRODUCED if changed else INFERIOR
    elif open_ends or not bases:
        verdict, said = NOT_DECIDED, open_ends or ["nothing could be judged"]
    else:
        verdict = PASSED
        said = [f"{basis.name}: {row.words}" for basis in bases for row in basis.overall]
        said += _undecided_groups(bases)
    conclusion = f"{verdict}: {'; '.join(said)}."
    return Judgement(verdict, conclusion, tuple(bases), tuple(reproductions), tuple(notes))


def _changed(one: Reproduction) -> str:
    parts = [
        f"{one.differing} of {one.studies} studies of the {one.split.replace('_', ' ')} are "
        f"answered otherwise than in {one.evaluation} ({one.decisions_changed} decisions, largest "
        f"difference of a score {one.largest:.2g})"
    ]
    if one.figures:
        parts.append(f"other figures: {', '.join(one.figures)}")
    return ", ".join(parts) + ": the installation is not as it was"


def _undecided_groups(bases: Sequence[Basis]) -> list[str]:
    left = sorted({
        f"{row.measure} in {row.subgroup}" for basis in bases for row in basis.rows
        if row.subgroup != ALL and row.verdict == NOT_DECIDED
    })  # fmt: skip
    return [f"of subgroups not decided: {', '.join(left)}"] if left else []


def _key(one: Estimate) -> tuple[str, str]:
    return one.measure, one.subgroup


def _exact(one: Estimate) -> Estimate:
    """A share of independent studies with the exact interval, on which a claim can rest."""
    if one.method != "Wilson" or one.numerator is None or one.denominator is None:
        return one
    found = clopper_pearson(one.measure, one.numerator, one.denominator, level=one.level)
    return found.for_subgroup(one.subgroup)


def _holm(
    estimates: Sequence[Estimate], bounds: Mapping[str, Bound], test: Any
) -> dict[tuple[str, str], float]:
    known = [one for one in estimates if one.estimable]
    if not known:
        return {}
    values = holm([test(one, bounds[one.measure].least) for one in known])
    return {_key(one): float(p) for one, p in zip(known, values, strict=True)}


def _overall_row(
    one: Estimate, bound: Bound, rules: RevalidationRules, outcomes: Outcomes, below: float | None
) -> ClaimRow:
    needed, had, why = _sizes(one, bound, rules, outcomes)
    above = p_above(one, bound.least) if one.estimable else None
    if below is not None and below <= rules.alpha / 2:
        return _row(one, bound, rules, needed, had, above, below, INFERIOR, "")
    if above is None:
        return _row(one, bound, rules, needed, had, None, below, NOT_DECIDED, one.reason)
    if why:
        return _row(one, bound, rules, needed, had, above, below, NOT_DECIDED, why)
    if above < rules.alpha:
        return _row(one, bound, rules, needed, had, above, below, NON_INFERIOR, "")
    return _row(one, bound, rules, needed, had, above, below, NOT_DECIDED,
                "the interval reaches the bound")  # fmt: skip


def _group_row(
    one: Estimate, bound: Bound, rules: RevalidationRules, below: float | None,
    above: float | None, *, held: bool,
) -> ClaimRow:
    few = f"fewer than {rules.minimum_n} studies count"
    if below is not None and one.n >= rules.minimum_n and below <= rules.alpha / 2:
        return _row(one, bound, rules, {}, {}, above, below, INFERIOR, "")
    if not one.estimable or one.n < rules.minimum_n:
        return _row(one, bound, rules, {}, {}, None, None, NOT_DECIDED, one.reason or few)
    if not held:
        return _row(one, bound, rules, {}, {}, None, below, NOT_DECIDED,
                    "subgroups are tested after all studies together")  # fmt: skip
    if above is not None and above < rules.alpha:
        return _row(one, bound, rules, {}, {}, above, below, NON_INFERIOR, "")
    return _row(one, bound, rules, {}, {}, above, below, NOT_DECIDED,
                "the interval, widened for the number of subgroups, reaches the bound")  # fmt: skip


def _row(
    one: Estimate, bound: Bound, rules: RevalidationRules, needed: Mapping[str, int],
    had: Mapping[str, int], above: float | None, below: float | None, verdict: str, reason: str,
) -> ClaimRow:
    return ClaimRow(
        one.measure, one.subgroup, one.n, one.value, one.low, one.high, rules.level, one.method,
        bound.claim, bound.least, dict(needed), dict(had), above, below, verdict, reason,
    )


@cache
def _share_size(share: float, bound: float, alpha: float, power: float) -> SampleSize:
    return share_above_size(share, bound, alpha=alpha, power=power)


def _sizes(
    one: Estimate, bound: Bound, rules: RevalidationRules, outcomes: Outcomes
) -> tuple[dict[str, int], dict[str, int], str]:
    """Studies needed and had, and why they do not suffice; '' where they do."""
    how = {"alpha": rules.alpha, "power": rules.power}
    if one.measure == "auc":
        diseased = int((np.asarray(outcomes.truth) > 0).sum())
        had = {"diseased": diseased, "healthy": len(outcomes) - diseased}
        if not all(had.values()):
            return {}, had, "" if one.estimable else one.reason
        ratio = had["healthy"] / had["diseased"]
        size = auc_above_size(bound.assumed, bound.least, healthy_per_diseased=ratio, **how)
        needed = dict(size.groups)
    elif one.denominator is not None or one.measure in SHARES:
        size = _share_size(bound.assumed, bound.least, rules.alpha, rules.power)
        needed, had = {"studies": size.n}, {"studies": one.denominator or one.n}
    elif not one.estimable:
        return {}, {"studies": one.n}, one.reason
    else:
        size = interval_above_size(one, bound.assumed, bound.least, **how)
        needed, had = {"studies": size.n}, {"studies": one.n}
    if one.denominator is None and one.estimable and one.measure in SHARES:
        # several studies of a patient: the spread that was seen counts, not the binomial one
        size = interval_above_size(one, bound.assumed, bound.least, **how)
        needed, had = {"studies": size.n}, {"studies": one.n}
    short = [f"{had.get(name, 0)} of {n} {name}" for name, n in needed.items() if had[name] < n]
    assumed = f"assumed true {bound.assumed:g}, power {rules.power:g}"
    why = f"too few: {' and '.join(short)} needed ({assumed})" if short else ""
    return needed, had, why
